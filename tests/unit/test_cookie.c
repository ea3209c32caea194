#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/cookie.h"
#include "tests/unit/arena.h"
#include "tests/unit/request.h"

/* clang-format off */
static const struct {
	const char *first, *second, *values, *behind_apache;
} cases[] = {
	{ "hanko=a.b.c", NULL, "a.b.c|", NULL },
	{ "x=1; hanko=a; y=2", NULL, "a|", NULL },
	{ "x=1;hanko=a", NULL, "a|", NULL },
	{ " \thanko=a \t; x", NULL, "a|", NULL },
	{ "hanko=\"a\"", NULL, "a|", NULL },
	{ "hanko=\"", NULL, "\"|", NULL },
	{ "hanko=", NULL, "|", NULL },
	{ "hanko=a=b", NULL, "a=b|", NULL },
	{ "hanko= a b ", NULL, "a b|", NULL },
	/* several: in the order of the browser */
	{ "hanko=a; hanko=b", NULL, "a|b|", NULL },
	{ "hanko=a;hanko=a", NULL, "a|a|", NULL },
	{ "hanko=a", "hanko=b", "a|b|", NULL },		/* two parameters */
	{ "x=1", "hanko=a", "a|", NULL },
	{ "hanko=a; x=1", "y=2;hanko=b; hanko=c", "a|b|c|", NULL },
	/* a comma is part of a value, but where Apache joined two lines */
	{ "x=1, hanko=a", NULL, "", "a|" },
	{ "x=1,hanko=a", NULL, "", "" },
	{ "x=1,\thanko=a", NULL, "", "" },
	{ "x=1,  hanko=a", NULL, "", "" },
	{ "hanko=a, hanko=b", NULL, "a, hanko=b|", "a|b|" },
	{ "hanko=a, b; c=d", NULL, "a, b|", NULL },
	{ "hanko=a, b c=d", NULL, "a, b c=d|", NULL },
	{ "hanko=a, =d", NULL, "a, =d|", NULL },
	{ "x=\"1, hanko=a\"", NULL, "", "a\"|" },	/* nobody can tell */
	{ "hanko=a, x=1; hanko=b", NULL, "a, x=1|b|", "a|b|" },
	/* another name */
	{ "xhanko=a", NULL, "", NULL },
	{ "hankox=a", NULL, "", NULL },
	{ "Hanko=a", NULL, "", NULL },
	{ "hanko =a", NULL, "", NULL },
	{ "x=hanko=a", NULL, "", NULL },
	{ "", NULL, "", NULL },
	{ ";;,, ;", NULL, "", NULL },
	{ "hanko", NULL, "", NULL },
	{ "hanko;=a", NULL, "", NULL },
};
/* clang-format on */

static void
assert_values(size_t i, struct ptn_arena *a, const char *server,
    const char *want)
{
	const char *value[8];
	struct test_request t;
	struct ptn_buf b;
	size_t j, n;

	test_request_init(&t, a);
	if (server != NULL)
		test_request_param(&t, "SERVER_SOFTWARE", server);
	test_request_param(&t, "HTTP_COOKIE", cases[i].first);
	if (cases[i].second != NULL)
		test_request_param(&t, "HTTP_COOKIE", cases[i].second);
	n = ptn_cookie_values(&t.req, "hanko", value, 8);
	ptn_buf_init(&b, a);
	ptn_buf_str(&b, "");
	for (j = 0; j < n; j++)
		ptn_buf_printf(&b, "%s|", value[j]);
	if (strcmp(b.p != NULL ? b.p : "", want) != 0)
		fail_msg("%s, %s: %s", cases[i].first,
		    server != NULL ? server : "-", b.p);
	/* Never more than there is room for. */
	assert_int_equal(ptn_cookie_values(&t.req, "hanko", value, 1), n > 0);
	assert_int_equal(ptn_cookie_values(&t.req, "hanko", value, 0), 0);
}

static void
test_values(void **state)
{
	static const char *const others[] = { NULL, "", "lighttpd/1.4.69",
		"nginx/1.22.1", "Apachean/2" };
	static const char *const apache[] = { "Apache/2.4.62 (Debian)",
		"Apache" };
	const char *joined;
	size_t i, j;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		joined = cases[i].behind_apache != NULL ? cases[i].behind_apache
							: cases[i].values;
		for (j = 0; j < sizeof(others) / sizeof(others[0]); j++)
			assert_values(i, *state, others[j], cases[i].values);
		for (j = 0; j < sizeof(apache) / sizeof(apache[0]); j++)
			assert_values(i, *state, apache[j], joined);
	}
}

static void
test_set(void **state)
{
	struct test_request t;

	test_request_init(&t, *state);
	t.cf.session_lifespan_s = 43200;
	t.cf.cookie_http_only = t.cf.cookie_secure = true;
	ptn_cookie_set_session(&t.req, &t.rep, "J.W.T", true);
	assert_string_equal(test_reply_header(&t.rep, "Set-Cookie", 0),
	    "hanko=J.W.T; Path=/; Max-Age=43200; HttpOnly; Secure; "
	    "SameSite=Strict");
	assert_true(t.rep.no_store);
}

static void
test_set_until_closed(void **state)
{
	struct test_request t;

	test_request_init(&t, *state);
	t.cf.session_lifespan_s = 43200;
	ptn_cookie_set_session(&t.req, &t.rep, "J.W.T", false);
	assert_string_equal(test_reply_header(&t.rep, "Set-Cookie", 0),
	    "hanko=J.W.T; Path=/; SameSite=Strict");
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
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_set_until_closed),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_email_id),
	};

	return cmocka_run_group_tests_name("cookie", tests, arena_setup,
	    arena_teardown);
}
