#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/cors.h"
#include "tests/unit/arena.h"
#include "tests/unit/request.h"

/* clang-format off */
static const struct {
	const char *pattern, *origin;
	bool match;
} cases[] = {
	{ "https://a.example", "https://a.example", true },
	{ "https://*.example", "https://a.b.example", true },
	{ "https://?.example", "https://a.example", true },
	{ "*", "https://evil.test", true },
	{ "https://*:84?3", "https://x:8443", true },
	{ "https://a.example", "https://A.example", false },
	{ "https://a.example", "https://a.example.evil", false },
	{ "https://a.example", "https://a.exampl", false },
	{ "https://a.example", "http://a.example", false },
	{ "https://a.example", "https://a.example:443", false },
	{ "https://?.example", "https://.example", false },
	{ "https://*.example", "https://a.example.evil", false },
	{ "", "https://a.example", false },
};
/* clang-format on */

/* May a page of that origin call, where one pattern is configured? */
static bool
may_call(struct ptn_arena *a, const char *pattern, const char *origin)
{
	char *list[] = { (char *)(uintptr_t)pattern };
	struct test_request t;

	ptn_arena_reset(a);
	test_request_init(&t, a);
	t.cf.cors_origins = (struct ptn_strs){ list, 1 };
	t.req.method = PTN_GET;
	t.req.origin = origin;
	assert_false(ptn_cors(&t.req, &t.rep));
	return test_reply_header(&t.rep, "Access-Control-Allow-Origin", 0) !=
	    NULL;
}

static void
test_match(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s ~ %s\n", cases[i].pattern, cases[i].origin);
		assert_int_equal(
		    may_call(*state, cases[i].pattern, cases[i].origin),
		    cases[i].match);
	}
}

/* Many stars cost no more than length times length. */
static void
test_match_is_bounded(void **state)
{
	char origin[8192];

	memset(origin, 'a', sizeof(origin) - 1);
	origin[sizeof(origin) - 1] = '\0';
	assert_false(may_call(*state, "*a*a*a*a*a*a*a*a*a*a*b", origin));
}

static void
test_own_page(void **state)
{
	char *rp[] = { (char *)"https://login.example" };
	static const struct {
		const char *origin, *host;
		bool own;
	} own[] = {
		{ NULL, "x", true },
		{ "https://login.example", "x", true },
		{ "https://x", "x", true },
		{ "http://X:8080", "x:8080", true },
		{ "http://x:8080", "x", false },
		{ "https://evil.test", "x", false },
		{ "https://x.evil.test", "x", false },
		{ "null", "x", false },
		{ "https://x", NULL, false },
	};
	struct test_request t;
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		test_request_init(&t, *state);
		t.cf.rp_origins = (struct ptn_strs){ rp, 1 };
		t.req.origin = own[i].origin;
		t.req.host = own[i].host;
		assert_int_equal(ptn_cors_own_page(&t.req), own[i].own);
	}
}

static void
test_headers(void **state)
{
	char *list[] = { (char *)"https://a.example" };
	struct test_request t;

	test_request_init(&t, *state);
	t.cf.cors_origins = (struct ptn_strs){ list, 1 };
	t.req.method = PTN_GET;
	t.req.origin = "https://b.example";
	assert_false(ptn_cors(&t.req, &t.rep));
	assert_string_equal(test_reply_header(&t.rep, "Vary", 0), "Origin");
	assert_null(
	    test_reply_header(&t.rep, "Access-Control-Allow-Origin", 0));

	ptn_reply_init(&t.rep, *state);
	t.req.method = PTN_OPTIONS;
	t.req.origin = "https://a.example";
	test_request_param(&t, "HTTP_ACCESS_CONTROL_REQUEST_HEADERS",
	    "content-type,authorization");
	assert_true(ptn_cors(&t.req, &t.rep));
	assert_string_equal(
	    test_reply_header(&t.rep, "Access-Control-Allow-Origin", 0),
	    "https://a.example");
	assert_string_equal(
	    test_reply_header(&t.rep, "Access-Control-Allow-Headers", 0),
	    "content-type,authorization");
	assert_string_equal(
	    test_reply_header(&t.rep, "Access-Control-Max-Age", 0), "7200");
}

/* What is echoed cannot carry a control, whatever the web server let by. */
static void
test_controls(void **state)
{
	char *list[] = { (char *)"https://*.example" };
	struct test_request t;

	test_request_init(&t, *state);
	t.cf.cors_origins = (struct ptn_strs){ list, 1 };
	t.req.method = PTN_OPTIONS;
	t.req.origin = "https://a.example";
	test_request_param(&t, "HTTP_ACCESS_CONTROL_REQUEST_HEADERS",
	    "x\r\nSet-Cookie: y");
	assert_true(ptn_cors(&t.req, &t.rep));
	assert_null(
	    test_reply_header(&t.rep, "Access-Control-Allow-Headers", 0));
	assert_false(t.rep.bad);

	ptn_reply_init(&t.rep, *state);
	t.req.origin = "https://a\r\nb.example";
	assert_true(ptn_cors(&t.req, &t.rep));
	assert_null(
	    test_reply_header(&t.rep, "Access-Control-Allow-Origin", 0));
	assert_false(t.rep.bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_match_is_bounded),
		cmocka_unit_test(test_own_page),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_controls),
	};

	return cmocka_run_group_tests_name("cors", tests, arena_setup,
	    arena_teardown);
}
