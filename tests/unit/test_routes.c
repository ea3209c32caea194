#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/admin/admin.h"
#include "fcgi/dfns/dfns.h"
#include "fcgi/routes.h"
#include "lib/base/array.h"
#include "tests/unit/arena.h"
#include "tests/unit/request.h"

static void
test_table(void **state)
{
	(void)state;
	assert_int_equal(ptn_routes_check(ptn_routes, ptn_routes_n), PTN_OK);
}

/* ---------------------------------------------------------- wrong tables */

static enum ptn_err
handler(struct ptn_request *req, struct ptn_reply *rep)
{
	(void)req;
	(void)rep;
	return PTN_OK;
}

static const struct ptn_family stranger;
static const struct ptn_input nothing = { NULL, 0 };

static const struct ptn_field hole[] = {
	[1] = { "user_id", PTN_F_UUID, true, 64, NULL, PTN_OK },
};
static const struct ptn_field user[] = { { "user_id", PTN_F_UUID, true, 64,
    NULL, PTN_OK } };
static const struct ptn_field any_user[] = { { "user_id", PTN_F_UUID, false, 64,
    NULL, PTN_OK } };
static const struct ptn_field text[] = { { "user_id", PTN_F_TEXT, true, 64,
    NULL, PTN_OK } };
static const struct ptn_field late[] = {
	{ "password", PTN_F_SECRET, true, 64, NULL, PTN_OK },
	{ "user_id", PTN_F_UUID, true, 64, NULL, PTN_OK },
};
static const struct ptn_field name[] = {
	{ "username", PTN_F_TEXT, false, 64, NULL, PTN_OK },
	{ "orgId", PTN_F_TEXT, true, 64, NULL, PTN_OK },
};
static const struct ptn_field no_org[] = {
	{ "username", PTN_F_TEXT, true, 64, NULL, PTN_OK },
	{ "orgId", PTN_F_TEXT, false, 64, NULL, PTN_OK },
};
static const struct ptn_field number[] = {
	{ "username", PTN_F_BOOL, true, 64, NULL, PTN_OK },
	{ "orgId", PTN_F_TEXT, true, 64, NULL, PTN_OK },
};

#define INPUT(fields)                                                          \
	static const struct ptn_input in_##fields = { fields,                  \
		PTN_ARRAY_LEN(fields) }

INPUT(hole);
INPUT(user);
INPUT(any_user);
INPUT(text);
INPUT(late);
INPUT(name);
INPUT(no_org);
INPUT(number);

/* clang-format off */
#define GOOD .family = &ptn_public_family, .method = PTN_POST, .path = "/x", \
	.auth = &ptn_public_auth_session, .need = PTN_NEED_DB, \
	.rate = PTN_RATE_NONE, .input = &nothing, \
	.on = ptn_feature_always, .handler = handler
#define GOOD_DFNS .family = &ptn_dfns_family, .method = PTN_POST, \
	.path = "/x", .auth = &ptn_dfns_auth_member, .need = PTN_NEED_DB, \
	.rate = PTN_RATE_NONE, .input = &nothing, \
	.on = ptn_feature_always, .handler = handler

/* A good line, but for the members that come behind it. */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct {
	const char *what;
	enum ptn_err r;
	struct ptn_route route;
} lines[] = {
	{ "as it should be", PTN_OK, { GOOD } },
	{ "the same of another family", PTN_OK, { GOOD_DFNS } },
	{ "no family", PTN_E_CONFIG, { GOOD, .family = NULL } },
	{ "no method", PTN_E_CONFIG, { GOOD, .method = PTN_METHOD_UNSET } },
	{ "no path", PTN_E_CONFIG, { GOOD, .path = NULL } },
	{ "nobody may call", PTN_E_CONFIG, { GOOD, .auth = NULL } },
	{ "no need", PTN_E_CONFIG, { GOOD, .need = PTN_NEED_UNSET } },
	{ "no limit", PTN_E_CONFIG, { GOOD, .rate = PTN_RATE_UNSET } },
	{ "no input", PTN_E_CONFIG, { GOOD, .input = NULL } },
	{ "no switch", PTN_E_CONFIG, { GOOD, .on = NULL } },
	{ "no handler", PTN_E_CONFIG, { GOOD, .handler = NULL } },
	{ "a family that nobody knows", PTN_E_CONFIG, { GOOD, .family = &stranger } },
	{ "who may call, of another family", PTN_E_CONFIG, { GOOD, .auth = &ptn_dfns_auth_member } },
	{ "the same the other way round", PTN_E_CONFIG, { GOOD_DFNS, .auth = &ptn_public_auth_session } },
	{ "anybody, of either family", PTN_OK, { GOOD_DFNS, .auth = &ptn_auth_anybody } },
	{ "a limit of another family", PTN_E_CONFIG, { GOOD, .rate = PTN_RATE_CODE } },
	{ "the same the other way round", PTN_E_CONFIG, { GOOD_DFNS, .rate = PTN_RATE_PASSWORD, .input = &in_user } },
	{ "a session without a database", PTN_E_CONFIG, { GOOD, .need = PTN_NEED_KEYS } },
	{ "a limit without a database", PTN_E_CONFIG, { GOOD_DFNS, .auth = &ptn_auth_anybody, .rate = PTN_RATE_CODE, .need = PTN_NEED_NOTHING } },
	{ "neither of them", PTN_OK, { GOOD, .auth = &ptn_auth_anybody, .need = PTN_NEED_NOTHING } },
	{ "a hole in the input", PTN_E_CONFIG, { GOOD, .input = &in_hole } },
	{ "guesses of a user", PTN_OK, { GOOD, .rate = PTN_RATE_PASSWORD, .input = &in_user } },
	{ "guesses of nobody", PTN_E_CONFIG, { GOOD, .rate = PTN_RATE_PASSWORD } },
	{ "codes of nobody", PTN_E_CONFIG, { GOOD, .rate = PTN_RATE_PASSCODE } },
	{ "guesses of whoever is named", PTN_E_CONFIG, { GOOD, .rate = PTN_RATE_PASSWORD, .input = &in_any_user } },
	{ "guesses of a text", PTN_E_CONFIG, { GOOD, .rate = PTN_RATE_PASSWORD, .input = &in_text } },
	{ "guesses of a user who stands second", PTN_E_CONFIG, { GOOD, .rate = PTN_RATE_PASSWORD, .input = &in_late } },
	{ "tries of a name", PTN_OK, { GOOD_DFNS, .rate = PTN_RATE_LOGIN, .input = &in_name } },
	{ "tries of nobody", PTN_E_CONFIG, { GOOD_DFNS, .rate = PTN_RATE_LOGIN } },
	{ "tries of a name that stands alone", PTN_E_CONFIG, { GOOD_DFNS, .rate = PTN_RATE_LOGIN, .input = &in_text } },
	{ "tries of a name in whatever organisation", PTN_E_CONFIG, { GOOD_DFNS, .rate = PTN_RATE_LOGIN, .input = &in_no_org } },
	{ "tries of what is no text", PTN_E_CONFIG, { GOOD_DFNS, .rate = PTN_RATE_LOGIN, .input = &in_number } },
	{ "what a network asks for", PTN_OK, { GOOD_DFNS, .rate = PTN_RATE_CODE } },
	{ "what the handler counts", PTN_OK, { GOOD_DFNS, .rate = PTN_RATE_FACTOR } },
};

static const struct {
	const char *what;
	enum ptn_err r;
	struct ptn_route route[2];
} pairs[] = {
	{ "two paths", PTN_OK, { { GOOD }, { GOOD, .path = "/y" } } },
	{ "two methods", PTN_OK, { { GOOD }, { GOOD, .method = PTN_GET } } },
	{ "one line twice", PTN_E_CONFIG, { { GOOD }, { GOOD } } },
	{ "a path of two families", PTN_E_CONFIG, { { GOOD }, { GOOD_DFNS, .method = PTN_GET } } },
	{ "the second is wrong", PTN_E_CONFIG, { { GOOD }, { GOOD, .path = "/y", .handler = NULL } } },
};
/* clang-format on */

static void
test_wrong_lines(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(lines); i++) {
		print_message("# %s\n", lines[i].what);
		assert_int_equal(ptn_routes_check(&lines[i].route, 1),
		    lines[i].r);
	}
}

static void
test_wrong_pairs(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(pairs); i++) {
		print_message("# %s\n", pairs[i].what);
		assert_int_equal(ptn_routes_check(pairs[i].route, 2),
		    pairs[i].r);
	}
}

/* --------------------------------------------------------------- matching */

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
	{ PTN_PUT, "/auth/logout", PTN_E_NOT_FOUND, NULL, NULL, NULL },
};
/* clang-format on */

static void
test_match(void **state)
{
	struct test_request t;
	struct ptn_route_match m;
	size_t i;

	test_request_init(&t, *state);
	t.cf.session_list = t.cf.session_revocation = true;
	for (i = 0; i < PTN_ARRAY_LEN(cases); i++) {
		print_message("# %s %s\n", ptn_method_name(cases[i].method),
		    cases[i].path);
		assert_int_equal(ptn_routes_match(&t.cf, *state, PTN_PUBLIC,
				     cases[i].method, cases[i].path, &m),
		    cases[i].r);
		if (cases[i].r == PTN_OK)
			assert_string_equal(m.route->path, cases[i].route);
		if (cases[i].arg != NULL)
			assert_string_equal(m.arg, cases[i].arg);
		if (cases[i].allow != NULL)
			assert_string_equal(m.allow, cases[i].allow);
	}
}

/* Every route is found on the side of its family, and on no other. */
static void
test_sides(void **state)
{
	static char origin[] = "https://admin.example.com";
	static char *origins[] = { origin };
	const struct ptn_route *rt;
	struct test_request t;
	struct ptn_route_match m;
	enum ptn_err r;
	size_t i, side;

	test_request_init(&t, *state);
	t.cf.dfns_enabled = t.cf.mail_enabled = true;
	t.cf.email_enabled = t.cf.email_auth = true;
	t.cf.password_enabled = t.cf.passkey_enabled = true;
	t.cf.allow_deletion = true;
	t.cf.session_list = t.cf.session_revocation = true;
	t.cf.admin_origins = (struct ptn_strs){ origins, 1 };
	for (i = 0; i < ptn_routes_n; i++) {
		rt = &ptn_routes[i];
		for (side = 0; side < PTN_SIDE__MAX; side++) {
			r = ptn_routes_match(&t.cf, *state, (enum ptn_side)side,
			    rt->method, rt->path, &m);
			if (side == rt->family->side)
				assert_int_equal(r, PTN_OK);
			if (r == PTN_OK)
				assert_int_equal(m.route->family->side, side);
		}
		ptn_arena_reset(*state);
	}
}

/* ---------------------------------------------------------------- families */

/* clang-format off */
static const struct {
	const char *path;
	bool dfns; /* is that API switched on */
	const struct ptn_family *family;
} owners[] = {
	{ "/me", true, &ptn_public_family },
	{ "/", true, &ptn_public_family },
	{ "", true, &ptn_public_family },
	{ "/nothing/here", true, &ptn_public_family },
	{ "/auth/login", true, &ptn_dfns_family },
	{ "/auth/login", false, &ptn_public_family },
	{ "/auth/nothing", true, &ptn_dfns_family },
	{ "/auth/nothing", false, &ptn_public_family },
	{ "/auth/%", true, &ptn_dfns_family },
	{ "/auth", true, &ptn_public_family },
	/* mail is off: no route, so by its prefix */
	{ "/auth/login/code", true, &ptn_dfns_family },
};
/* clang-format on */

/* A side that has no families of its own answers in the public one's words. */
static void
test_families(void **state)
{
	struct test_request t;
	size_t i;

	test_request_init(&t, *state);
	for (i = 0; i < PTN_ARRAY_LEN(owners); i++) {
		print_message("# %s\n", owners[i].path);
		t.cf.dfns_enabled = owners[i].dfns;
		assert_ptr_equal(
		    ptn_routes_family(&t.cf, PTN_PUBLIC, owners[i].path),
		    owners[i].family);
		assert_ptr_equal(
		    ptn_routes_family(&t.cf, PTN_AUTHORIZER, owners[i].path),
		    owners[i].family);
		assert_ptr_equal(
		    ptn_routes_family(&t.cf, PTN_ADMIN, owners[i].path),
		    &ptn_admin_family);
	}
	assert_non_null(ptn_routes_site()->site);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_wrong_lines),
		cmocka_unit_test(test_wrong_pairs),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_sides),
		cmocka_unit_test(test_families),
	};

	return cmocka_run_group_tests_name("routes", tests, arena_setup,
	    arena_teardown);
}
