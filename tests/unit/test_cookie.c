#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/cookie.h"
#include "tests/unit/request.h"

static int
setup(void **state)
{
	return (*state = ptn_arena_new(65536)) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	struct ptn_arena *a = *state;

	ptn_arena_free(&a);
	return 0;
}

/* clang-format off */
static const struct {
	const char *first, *second, *value;
} cases[] = {
	{ "hanko=a.b.c", NULL, "a.b.c" },
	{ "x=1; hanko=a; y=2", NULL, "a" },
	{ "x=1;hanko=a", NULL, "a" },
	{ "x=1, hanko=a", NULL, "a" },	/* joined by the web server */
	{ "x=1", "hanko=a", "a" },	/* two parameters */
	{ "hanko=\"a\"", NULL, "a" },
	{ "hanko=", NULL, "" },
	{ "hanko=a=b", NULL, "a=b" },
	{ "hanko=a; hanko=b", NULL, NULL },
	{ "hanko=a, hanko=a", NULL, NULL },
	{ "hanko=a", "hanko=b", NULL },
	{ "xhanko=a", NULL, NULL },
	{ "hankox=a", NULL, NULL },
	{ "Hanko=a", NULL, NULL },
	{ "x=hanko=a", NULL, NULL },
	{ "", NULL, NULL },
	{ ";;,, ;", NULL, NULL },
	{ "hanko", NULL, NULL },
};
/* clang-format on */

static void
test_get(void **state)
{
	struct test_request t;
	const char *value;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s | %s\n", cases[i].first,
		    cases[i].second ? cases[i].second : "");
		test_request_init(&t, *state);
		test_request_param(&t, "HTTP_COOKIE", cases[i].first);
		if (cases[i].second != NULL)
			test_request_param(&t, "HTTP_COOKIE", cases[i].second);
		value = ptn_cookie_get(&t.req, "hanko");
		if (cases[i].value == NULL)
			assert_null(value);
		else
			assert_string_equal(value, cases[i].value);
	}
}

static void
test_set(void **state)
{
	struct test_request t;

	test_request_init(&t, *state);
	t.cf.session_lifespan_s = 43200;
	t.cf.cookie_http_only = t.cf.cookie_secure = true;
	ptn_cookie_set_session(&t.req, &t.rep, "J.W.T");
	assert_string_equal(test_reply_header(&t.rep, "Set-Cookie", 0),
	    "hanko=J.W.T; Path=/; Max-Age=43200; HttpOnly; Secure; "
	    "SameSite=Strict");
	assert_true(t.rep.no_store);
}

/* Deleting repeats path, domain and flags exactly (CK-05). */
static void
test_clear(void **state)
{
	struct test_request t;

	test_request_init(&t, *state);
	t.cf.cookie_domain = ".example.com";
	t.cf.cookie_same_site = PTN_SAME_SITE_LAX;
	ptn_cookie_clear_session(&t.req, &t.rep);
	assert_string_equal(test_reply_header(&t.rep, "Set-Cookie", 0),
	    "hanko=; Path=/; Domain=example.com; Max-Age=0; SameSite=Lax");
}

static void
test_email_id(void **state)
{
	struct test_request t;

	test_request_init(&t, *state);
	t.cf.cookie_http_only = t.cf.cookie_secure = true;
	ptn_cookie_set_email_id(&t.req, &t.rep, "e");
	assert_string_equal(test_reply_header(&t.rep, "Set-Cookie", 0),
	    "hanko_email_id=e; HttpOnly; Secure; SameSite=None");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_email_id),
	};

	return cmocka_run_group_tests_name("cookie", tests, setup, teardown);
}
