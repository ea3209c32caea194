#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/routes.h"
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

static void
test_table(void **state)
{
	(void)state;
	assert_int_equal(ptn_routes_check(), PTN_OK);
}

/* clang-format off */
static const struct {
	enum ptn_method method;
	const char *path;
	enum ptn_err r;
	const char *route, *arg, *allow;
} cases[] = {
	{ PTN_GET, "/", PTN_OK, "/", NULL, NULL },
	{ PTN_HEAD, "/me", PTN_OK, "/me", NULL, NULL },
	{ PTN_GET, "/users/x", PTN_OK, "/users/{id}", "x", NULL },
	{ PTN_GET, "/sessions/validate", PTN_OK, "/sessions/validate", NULL, NULL },
	{ PTN_DELETE, "/sessions/abc", PTN_OK, "/sessions/{id}", "abc", NULL },
	{ PTN_DELETE, "/sessions", PTN_OK, "/sessions", NULL, NULL },
	{ PTN_GET, "/me/", PTN_E_NOT_FOUND, NULL, NULL, NULL },
	{ PTN_GET, "/users/", PTN_E_NOT_FOUND, NULL, NULL, NULL },
	{ PTN_GET, "/users/a/b", PTN_E_NOT_FOUND, NULL, NULL, NULL },
	{ PTN_GET, "/ME", PTN_E_NOT_FOUND, NULL, NULL, NULL },
	{ PTN_PUT, "/me", PTN_E_METHOD, NULL, NULL, "GET, HEAD, OPTIONS" },
	{ PTN_METHOD_OTHER, "/me", PTN_E_METHOD, NULL, NULL, "GET, HEAD, OPTIONS" },
	{ PTN_GET, "/logout", PTN_E_METHOD, NULL, NULL, "POST, OPTIONS" },
	/* switched off: as if it had never been there */
	{ PTN_DELETE, "/user", PTN_E_NOT_FOUND, NULL, NULL, NULL },
	{ PTN_GET, "/user", PTN_E_METHOD, NULL, NULL, "POST, OPTIONS" },
	{ PTN_POST, "/password/login", PTN_E_NOT_FOUND, NULL, NULL, NULL },
};
/* clang-format on */

static void
test_match(void **state)
{
	const struct ptn_route *route;
	const char *arg, *allow;
	struct test_request t;
	size_t i;

	test_request_init(&t, *state);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s %s\n", ptn_method_name(cases[i].method),
		    cases[i].path);
		assert_int_equal(ptn_routes_match(&t.cf, *state,
				     cases[i].method, cases[i].path, &route,
				     &arg, &allow),
		    cases[i].r);
		if (cases[i].r == PTN_OK)
			assert_string_equal(route->path, cases[i].route);
		if (cases[i].arg != NULL)
			assert_string_equal(arg, cases[i].arg);
		if (cases[i].allow != NULL)
			assert_string_equal(allow, cases[i].allow);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_match),
	};

	return cmocka_run_group_tests_name("routes", tests, setup, teardown);
}
