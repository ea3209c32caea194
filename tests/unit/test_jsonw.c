#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/format/json.h"
#include "tests/unit/arena.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void
test_write(void **state)
{
	struct ptn_jsonw w;

	(void)state;
	ptn_jsonw_init(&w, arena);
	ptn_jsonw_object(&w, NULL);
	ptn_jsonw_str(&w, "s", "x");
	ptn_jsonw_str(&w, "z", NULL);
	ptn_jsonw_int(&w, "min", INT64_MIN);
	ptn_jsonw_int(&w, "max", INT64_MAX);
	ptn_jsonw_bool(&w, "t", true);
	ptn_jsonw_bool(&w, "f", false);
	ptn_jsonw_null(&w, "n");
	ptn_jsonw_array(&w, "l");
	ptn_jsonw_int(&w, NULL, 1);
	ptn_jsonw_object(&w, NULL);
	ptn_jsonw_end_object(&w);
	ptn_jsonw_array(&w, NULL);
	ptn_jsonw_end_array(&w);
	ptn_jsonw_str(&w, NULL, "e");
	ptn_jsonw_end_array(&w);
	ptn_jsonw_bytes(&w, "b", PTN_BYTES("a\0b", 3));
	ptn_jsonw_end_object(&w);
	assert_false(w.buf.bad);
	assert_string_equal(w.buf.p,
	    "{\"s\":\"x\",\"z\":null,\"min\":-9223372036854775808,"
	    "\"max\":9223372036854775807,\"t\":true,\"f\":false,\"n\":null,"
	    "\"l\":[1,{},[],\"e\"],\"b\":\"a\\u0000b\"}");
}

static const struct {
	const char *in;
	const char *out;
} escapes[] = {
	{ "", "\"\"" },
	{ "plain", "\"plain\"" },
	{ "\"\\/", "\"\\\"\\\\/\"" },
	{ "\n\r\t", "\"\\n\\r\\t\"" },
	{ "\b\f\x01\x1f\x7f", "\"\\u0008\\u000c\\u0001\\u001f\x7f\"" },
	{ "</script>&amp;", "\"\\u003c/script\\u003e\\u0026amp;\"" },
	{ "\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xa7",
	    "\"\\u2028\\u2029\xe2\x80\xa7\"" },
	{ "\xc3\xa9\xf0\x9f\x98\x80", "\"\xc3\xa9\xf0\x9f\x98\x80\"" },
	{ "a\xff"
	  "b",
	    "\"a\\ufffdb\"" },
	{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
	{ "\xc3", "\"\\ufffd\"" },
};

static void
test_write_escapes(void **state)
{
	struct ptn_jsonw w;
	struct ptn_json *v;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < N(escapes); i++) {
		ptn_jsonw_init(&w, arena);
		ptn_jsonw_str(&w, NULL, escapes[i].in);
		assert_string_equal(w.buf.p, escapes[i].out);
		assert_int_equal(
		    ptn_json_parse(ptn_bytes_of(w.buf.p), 1, &v, &why), PTN_OK);
		ptn_json_free(&v);
	}
	/* Names are escaped by the same rule. */
	ptn_jsonw_init(&w, arena);
	ptn_jsonw_object(&w, NULL);
	ptn_jsonw_int(&w, "a\"<", 1);
	ptn_jsonw_end_object(&w);
	assert_string_equal(w.buf.p, "{\"a\\\"\\u003c\":1}");
}

static void
test_write_full(void **state)
{
	struct ptn_arena *small = ptn_arena_new(4096);
	struct ptn_jsonw w;
	int i;

	(void)state;
	ptn_jsonw_init(&w, small);
	ptn_jsonw_array(&w, NULL);
	for (i = 0; i < 1000; i++)
		ptn_jsonw_str(&w, NULL, "0123456789");
	ptn_jsonw_end_array(&w);
	assert_true(w.buf.bad);
	ptn_arena_free(&small);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_escapes),
		cmocka_unit_test(test_write_full),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
