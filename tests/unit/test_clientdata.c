#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/webauthn/clientdata.h"
#include "tests/unit/authenticator.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define START "{\"type\":\"t\",\"challenge\":\"c\",\"origin\":\"o\""

static int
each(void **state)
{
	(void)state;
	ptn_arena_reset(auth_arena);
	return 0;
}

static void
test_accepted(void **state)
{
	static const struct {
		const char *json;
		bool cross;
		const char *top;
	} cases[] = {
		{ START "}", false, NULL },
		{ "\xef\xbb\xbf" START "}", false, NULL },
		{ " \n" START "}\n", false, NULL },
		{ START ",\"crossOrigin\":false}", false, NULL },
		{ START ",\"crossOrigin\":true}", true, NULL },
		{ START ",\"crossOrigin\":null,\"topOrigin\":null}", false,
		    NULL },
		{ START ",\"crossOrigin\":true,\"topOrigin\":\"p\"}", true,
		    "p" },
		{ START ",\"tokenBinding\":null}", false, NULL },
		{ START ",\"tokenBinding\":{\"status\":\"not-supported\"}}",
		    false, NULL },
		{ START ",\"tokenBinding\":{\"status\":\"present\",\"id\":"
			"\"x\"}}",
		    false, NULL },
		{ START ",\"hashAlgorithm\":\"SHA-256\",\"clientExtensions\":"
			"{},\"other_keys_can_be_added_here\":1}",
		    false, NULL },
		{ "{\"challenge\":\"\\u0063\",\"origin\":\"o\",\"type\":"
		  "\"t\"}",
		    false, NULL },
	};
	struct ptn_clientdata c;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		print_message("# %zu\n", i);
		assert_int_equal(ptn_clientdata_parse(auth_arena,
				     auth_text(cases[i].json), &c),
		    PTN_OK);
		assert_string_equal(c.type, "t");
		assert_string_equal(c.challenge, "c");
		assert_string_equal(c.origin, "o");
		assert_int_equal(c.cross_origin, cases[i].cross);
		if (cases[i].top == NULL)
			assert_null(c.top_origin);
		else
			assert_string_equal(c.top_origin, cases[i].top);
	}
}

static void
test_refused(void **state)
{
	static const char *const cases[] = {
		"",
		" ",
		"\xef\xbb\xbf",
		"null",
		"true",
		"1",
		"\"t\"",
		"[]",
		"{}",
		"{",
		START,
		START "}x",
		START "}" START "}",
		"\xef\xbb\xbf\xef\xbb\xbf" START "}",
		"\xfe\xff" START "}",
		"//\n" START "}",
		"{\"type\":\"t\",\"challenge\":\"c\"}",
		"{\"type\":\"t\",\"origin\":\"o\"}",
		"{\"challenge\":\"c\",\"origin\":\"o\"}",
		"{\"type\":null,\"challenge\":\"c\",\"origin\":\"o\"}",
		"{\"type\":1,\"challenge\":\"c\",\"origin\":\"o\"}",
		"{\"type\":\"t\",\"challenge\":[],\"origin\":\"o\"}",
		"{\"type\":\"t\",\"challenge\":\"c\",\"origin\":{}}",
		"{\"type\":\"t\\u0000\",\"challenge\":\"c\",\"origin\":\"o\"}",
		"{\"type\":\"\xc3(\",\"challenge\":\"c\",\"origin\":\"o\"}",
		"{\"type\":\"\\ud800\",\"challenge\":\"c\",\"origin\":\"o\"}",
		START ",\"type\":\"t\"}",
		START ",\"t\\u0079pe\":\"t\"}",
		START ",\"x\":1,\"x\":1}",
		START ",}",
		START ",\"crossOrigin\":\"true\"}",
		START ",\"crossOrigin\":1}",
		START ",\"topOrigin\":true}",
		START ",\"topOrigin\":[\"p\"]}",
		START ",\"tokenBinding\":\"present\"}",
		START ",\"tokenBinding\":{}}",
		START ",\"tokenBinding\":{\"status\":\"other\"}}",
		START ",\"tokenBinding\":{\"status\":1}}",
		START ",\"x\":[[[[[[[[[[]]]]]]]]]]}",
	};
	struct ptn_clientdata c;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		print_message("# %zu\n", i);
		assert_int_equal(
		    ptn_clientdata_parse(auth_arena, auth_text(cases[i]), &c),
		    PTN_E_INPUT);
	}
	/* A NUL behind it is something behind it. */
	assert_int_equal(ptn_clientdata_parse(auth_arena,
			     PTN_BYTES(START "}", sizeof(START "}")), &c),
	    PTN_E_INPUT);
}

static void
test_arena_full(void **state)
{
	struct ptn_arena *small = ptn_arena_new(4096);
	struct ptn_clientdata c;
	size_t room;

	(void)state;
	for (room = 0; room <= 64; room += 16) {
		ptn_arena_reset(small);
		if (room < 4096)
			assert_non_null(ptn_arena_alloc(small, 4096 - room));
		assert_int_equal(ptn_clientdata_parse(small,
				     auth_text(START ",\"topOrigin\":\"p\"}"),
				     &c),
		    room < 64 ? PTN_E_NOMEM : PTN_OK);
	}
	ptn_arena_free(&small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_accepted, each),
		cmocka_unit_test_setup(test_refused, each),
		cmocka_unit_test_setup(test_arena_full, each),
	};

	return cmocka_run_group_tests(tests, auth_setup, auth_teardown);
}
