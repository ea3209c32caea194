#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/path.h"
#include "tests/unit/arena.h"

/* clang-format off */
static const struct {
	const char *uri, *base;
	enum ptn_err r;
	const char *path;
} cases[] = {
	{ "/me", "", PTN_OK, "/me" },
	{ "/", "", PTN_OK, "/" },
	{ "/me?x=/../y", "", PTN_OK, "/me" },
	{ "/me/", "", PTN_OK, "/me/" },
	{ "/%6de", "", PTN_OK, "/me" },
	{ "/users/%7e%41", "", PTN_OK, "/users/~A" },
	{ "/a:b@c", "", PTN_OK, "/a:b@c" },
	{ "/id/me", "/id", PTN_OK, "/me" },
	{ "/id", "/id", PTN_OK, "/" },
	{ "/id/", "/id", PTN_OK, "/" },
	{ "/identity", "/id", PTN_E_NOT_FOUND, NULL },
	{ "/me", "/id", PTN_E_NOT_FOUND, NULL },
	{ "", "", PTN_E_INPUT, NULL },
	{ "me", "", PTN_E_INPUT, NULL },
	{ "http://x/me", "", PTN_E_INPUT, NULL },
	{ "//me", "", PTN_E_INPUT, NULL },
	{ "/a//b", "", PTN_E_INPUT, NULL },
	{ "/./me", "", PTN_E_INPUT, NULL },
	{ "/x/../me", "", PTN_E_INPUT, NULL },
	{ "/..", "", PTN_E_INPUT, NULL },
	{ "/%2e%2e/me", "", PTN_E_INPUT, NULL },
	{ "/a%2Fb", "", PTN_E_INPUT, NULL },
	{ "/a%5Cb", "", PTN_E_INPUT, NULL },
	{ "/a%25b", "", PTN_E_INPUT, NULL },
	{ "/a%3Fb", "", PTN_E_INPUT, NULL },
	{ "/a%00", "", PTN_E_INPUT, NULL },
	{ "/a%0a", "", PTN_E_INPUT, NULL },
	{ "/a%", "", PTN_E_INPUT, NULL },
	{ "/a%4", "", PTN_E_INPUT, NULL },
	{ "/a%zz", "", PTN_E_INPUT, NULL },
	{ "/a\\b", "", PTN_E_INPUT, NULL },
	{ "/a b", "", PTN_E_INPUT, NULL },
	{ "/a\nb", "", PTN_E_INPUT, NULL },
	{ "/\xc3\xa9", "", PTN_E_INPUT, NULL },
	{ "/%c3%a9", "", PTN_E_INPUT, NULL },
};
/* clang-format on */

static void
test_path(void **state)
{
	const char *path;
	enum ptn_err r;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		path = NULL;
		print_message("# %s under '%s'\n", cases[i].uri, cases[i].base);
		r = ptn_path(*state, cases[i].uri, &path);
		if (r == PTN_OK)
			r = ptn_path_below(cases[i].base, &path);
		assert_int_equal(r, cases[i].r);
		if (cases[i].r == PTN_OK)
			assert_string_equal(path, cases[i].path);
	}
}

/* clang-format off */
static const struct {
	const char *uri;
	enum ptn_err r;
	const char *path;
} pages[] = {
	{ "/members/?x=/../y#z", PTN_OK, "/members/" },
	{ "/%61cme/caf%C3%A9%20%25%3F%23.html", PTN_OK, "/acme/caf\xc3\xa9 %?#.html" },
	{ "/acme/\xc3\xa9|\"<x>", PTN_OK, "/acme/\xc3\xa9|\"<x>" },
	{ "", PTN_E_INPUT, NULL },
	{ "http://x/acme", PTN_E_INPUT, NULL },
	{ "//acme", PTN_E_INPUT, NULL },
	{ "/beta/../acme", PTN_E_INPUT, NULL },
	{ "/beta/%2e%2E/acme", PTN_E_INPUT, NULL },
	{ "/beta%2F..%2Facme", PTN_E_INPUT, NULL },
	{ "/beta\\..\\acme", PTN_E_INPUT, NULL },
	{ "/beta%5C..", PTN_E_INPUT, NULL },
	{ "/beta/#/../acme", PTN_E_INPUT, NULL },
	{ "/acme%00", PTN_E_INPUT, NULL },
	{ "/acme%0a", PTN_E_INPUT, NULL },
	{ "/acme%7F", PTN_E_INPUT, NULL },
	{ "/acme%", PTN_E_INPUT, NULL },
	{ "/acme x", PTN_E_INPUT, NULL },
};
/* clang-format on */

static void
test_site(void **state)
{
	const char *path;
	size_t i;

	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		path = NULL;
		print_message("# %s\n", pages[i].uri);
		assert_int_equal(ptn_path_of_site(*state, pages[i].uri, &path),
		    pages[i].r);
		if (pages[i].r == PTN_OK)
			assert_string_equal(path, pages[i].path);
	}
}

/* RFC 9112 section 3.2: origin-form, absolute-form, and what is neither. */
static void
test_target(void **state)
{
	/* clang-format off */
	static const struct {
		const char *target, *authority, *uri;
	} targets[] = {
		{ "/me", NULL, "/me" },
		{ "/http://x/me", NULL, "/http://x/me" },
		{ "http://example.org/me?a=b", "example.org", "/me?a=b" },
		{ "HTTPS://example.org:8443/id/me", "example.org:8443", "/id/me" },
		{ "http://[::1]:80/", "[::1]:80", "/" },
		{ "http://example.org", "example.org", "/" },
		{ "http://example.org?a=/b", "example.org", "/?a=/b" },
		{ "http://u@example.org/me", "u@example.org", "/me" },
		{ "http:///me", "", "/me" },
		{ "http://example.org//me", "example.org", "//me" },
		{ "ftp://example.org/me", NULL, "ftp://example.org/me" },
		{ "http:/me", NULL, "http:/me" },
		{ "//example.org/me", NULL, "//example.org/me" },
		{ "example.org:443", NULL, "example.org:443" },
		{ "*", NULL, "*" },
		{ "", NULL, "" },
	};
	/* clang-format on */
	const char *authority, *uri;
	size_t i;

	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		assert_int_equal(ptn_path_target(*state, targets[i].target,
				     &authority, &uri),
		    PTN_OK);
		assert_string_equal(uri, targets[i].uri);
		if (targets[i].authority == NULL)
			assert_null(authority);
		else
			assert_string_equal(authority, targets[i].authority);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_site),
	};

	return cmocka_run_group_tests_name("path", tests, arena_setup,
	    arena_teardown);
}
