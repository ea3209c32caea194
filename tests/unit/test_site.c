#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/conf/site.h"
#include "tests/unit/arena.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* Where a site is, and all that follows. */
static void
test_what_follows(void **state)
{
	static const struct {
		const char *url;
		struct ptn_site site;
	} cases[] = {
		{ "https://www.example.org/id",
		    { "https://www.example.org", "example.org", "/id",
			"__Host-hanko", "true", "noreply@example.org" } },
		{ "https://example.org/",
		    { "https://example.org", "example.org", "", "__Host-hanko",
			"true", "noreply@example.org" } },
		{ "https://ID.Example.ORG:443/a/b/",
		    { "https://id.example.org", "id.example.org", "/a/b",
			"__Host-hanko", "true", "noreply@id.example.org" } },
		{ "https://shop.example:8443",
		    { "https://shop.example:8443", "shop.example", "",
			"__Host-hanko", "true", "noreply@shop.example" } },
		{ "https://www.org/id",
		    { "https://www.org", "www.org", "/id", "__Host-hanko",
			"true", "noreply@www.org" } },
		{ "http://localhost:8080/id",
		    { "http://localhost:8080", "localhost", "/id", "hanko",
			"false", "noreply@localhost" } },
		{ "http://shop.localhost:80",
		    { "http://shop.localhost", "shop.localhost", "", "hanko",
			"false", "noreply@shop.localhost" } },
		{ "https://localhost",
		    { "https://localhost", "localhost", "", "__Host-hanko",
			"true", "noreply@localhost" } },
	};
	struct ptn_site s;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		assert_null(ptn_site_of(arena, cases[i].url, &s));
		assert_string_equal(s.origin, cases[i].site.origin);
		assert_string_equal(s.rp_id, cases[i].site.rp_id);
		assert_string_equal(s.base_path, cases[i].site.base_path);
		assert_string_equal(s.cookie_name, cases[i].site.cookie_name);
		assert_string_equal(s.cookie_secure,
		    cases[i].site.cookie_secure);
		assert_string_equal(s.mail_from, cases[i].site.mail_from);
	}
}

static void
test_refused(void **state)
{
	static const struct {
		const char *url, *why;
	} cases[] = {
		{ "", "is not https://" },
		{ "www.example.org/id", "is not https://" },
		{ "ftp://example.org", "is not https://" },
		{ "http://example.org/id", "must begin with https://" },
		{ "http://localhost.example.org", "must begin with https://" },
		{ "http://notlocalhost", "needs a whole name" },
		{ "https://", "needs the name of a host" },
		{ "https://192.0.2.1/id", "names an address" },
		{ "https://[2001:db8::1]/id", "needs the name of a host" },
		{ "https://b\xc3\xbc"
		  "cher.example",
		    "xn--" },
		{ "https://shop/id", "needs a whole name" },
		{ "https://me@example.org/", "must not have a user" },
		{ "https://me:pw@example.org/", "must not have a user" },
		{ "https://example.org:0/", "has a bad port" },
		{ "https://example.org:/", "has a bad port" },
		{ "https://example.org:65536/", "has a bad port" },
		{ "https://example.org/id?x=1", "must end with its path" },
		{ "https://example.org?x=1", "must end with its path" },
		{ "https://example.org/id#x", "must end with its path" },
		{ "https://example.org/a//b", "one such as /id" },
		{ "https://example.org/../b", "one such as /id" },
		{ "https://example.org/a%20b", "one such as /id" },
	};
	struct ptn_site s;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		why = ptn_site_of(arena, cases[i].url, &s);
		if (why == NULL || strstr(why, cases[i].why) == NULL)
			fail_msg("%s: %s", cases[i].url,
			    why != NULL ? why : "accepted");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_follows),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
