#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/path.h"

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
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		path = NULL;
		print_message("# %s under '%s'\n", cases[i].uri, cases[i].base);
		assert_int_equal(
		    ptn_path(*state, cases[i].uri, cases[i].base, &path),
		    cases[i].r);
		if (cases[i].r == PTN_OK)
			assert_string_equal(path, cases[i].path);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
	};

	return cmocka_run_group_tests_name("path", tests, setup, teardown);
}
