/* What is asked of a text that was JSON. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/json.h"

static const struct {
	const char *text;
	bool exact;
	int64_t value;
} ints[] = {
	{ "0", true, 0 },
	{ "-0", true, 0 },
	{ "-7", true, -7 },
	{ "9223372036854775807", true, INT64_MAX },
	{ "-9223372036854775808", true, INT64_MIN },
	{ "-9223372036854775807", true, -INT64_MAX },
	{ "9223372036854775808", false, 0 },
	{ "18446744073709551615", false, 0 },
	{ "18446744073709551616", false, 0 },
	{ "-9223372036854775809", false, 0 },
	{ "-10000000000000000000", false, 0 },
	{ "-99999999999999999999999999999", false, 0 },
	{ "9223372036854775806", true, INT64_MAX - 1 },
	{ "9223372036854775809", false, 0 },
	{ "9223372036854775810", false, 0 },
	{ "92233720368547758070", false, 0 },
	{ "-9223372036854775810", false, 0 },
	{ "-92233720368547758080", false, 0 },
	{ "18446744073709551617", false, 0 },
	{ "1000000000000000000", true, 1000000000000000000 },
	{ "1.0", false, 0 },
	{ "1e3", false, 0 },
	{ "\"1\"", false, 0 },
	{ "true", false, 0 },
	{ "null", false, 0 },
	{ "[1]", false, 0 },
};

static void
test_int(void **state)
{
	struct ptn_json *v;
	int64_t n;
	size_t i;

	(void)state;
	for (i = 0; i < N(ints); i++) {
		assert_int_equal(
		    parse(ints[i].text, strlen(ints[i].text), 4, &v), PTN_OK);
		n = 99;
		assert_int_equal(ptn_json_int(v, &n), ints[i].exact);
		assert_int_equal(n, ints[i].value);
		ptn_json_free(&v);
	}
}

/* Inside a larger text too, one beside the other, and without harm to its
 * neighbours. */
static void
test_int_edges(void **state)
{
	static const char text[] =
	    "[-9223372036854775809,-1.5,-5,-9223372036854775808,"
	    "{\"a\":9223372036854775808,\"b\":9223372036854775807}]";
	struct ptn_json *v;
	int64_t n;

	(void)state;
	assert_int_equal(parse(T(text), 4, &v), PTN_OK);
	assert_false(ptn_json_int(ptn_json_at(v, 0), &n));
	assert_true(ptn_json_int(ptn_json_at(v, 2), &n));
	assert_int_equal(n, -5);
	assert_true(ptn_json_int(ptn_json_at(v, 3), &n));
	assert_true(n == INT64_MIN);
	assert_false(ptn_json_int(ptn_json_get(ptn_json_at(v, 4), "a"), &n));
	assert_true(ptn_json_int(ptn_json_get(ptn_json_at(v, 4), "b"), &n));
	assert_true(n == INT64_MAX);
	ptn_json_free(&v);
}

static void
test_long_numbers(void **state)
{
	static char text[65536];
	struct ptn_json *v;
	int64_t n;
	size_t len;

	(void)state;
	memset(text, '9', sizeof(text));
	for (len = 1; len <= sizeof(text); len *= 4) {
		assert_int_equal(parse(text, len, 1, &v), PTN_OK);
		assert_int_equal(ptn_json_int(v, &n), len < 19);
		ptn_json_free(&v);
	}
}

/* What strings mean; the edges are those of the lengths of UTF-8. */
static const struct {
	const char *text;
	const char *means;
	size_t len;
} strings[] = {
	{ "\"\"", T("") },
	{ "\"a b\"", T("a b") },
	{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", T("\"\\/\b\f\n\r\t") },
	{ "\"\\u0000\\u001F\"", T("\0\x1f") },
	{ "\"\\u007f\\u0080\"", T("\x7f\xc2\x80") },
	{ "\"\\u07ff\\u0800\"", T("\xdf\xbf\xe0\xa0\x80") },
	{ "\"\\ud7ff\\uE000\"", T("\xed\x9f\xbf\xee\x80\x80") },
	{ "\"\\uFDD0\\uffff\"", T("\xef\xb7\x90\xef\xbf\xbf") },
	{ "\"\\ud800\\udc00\"", T("\xf0\x90\x80\x80") },
	{ "\"\\uDBFF\\uDFFF\"", T("\xf4\x8f\xbf\xbf") },
	{ "\"\\ud834\\udd1ex\"", T("\xf0\x9d\x84\x9ex") },
	{ "\"\\ufeffa\"", T("\xef\xbb\xbf\x61") },
	{ "\"\\\\u0041\"", T("\\u0041") },
	{ "\"\xc3\xa9\xe2\x80\xa8\x7f\"", T("\xc3\xa9\xe2\x80\xa8\x7f") },
	{ "\"\xf4\x8f\xbf\xbf\xef\xbf\xbe\"",
	    T("\xf4\x8f\xbf\xbf\xef\xbf\xbe") },
};

static void
test_strings(void **state)
{
	struct ptn_bytes s;
	struct ptn_json *v;
	size_t i;

	(void)state;
	for (i = 0; i < N(strings); i++) {
		assert_int_equal(
		    parse(strings[i].text, strlen(strings[i].text), 0, &v),
		    PTN_OK);
		s = ptn_json_string(v);
		assert_int_equal(s.len, strings[i].len);
		assert_memory_equal(s.p, strings[i].means, s.len);
		ptn_json_free(&v);
	}
}

/* A name means what a string does. */
static void
test_names(void **state)
{
	static const char text[] =
	    "{\"caf\\u00e9\":1,\"\xe2\x82\xac\":2,\"\\ud83d\\ude00\":3,"
	    "\"\":4,\"{\\\"a\\\":1}\":{\"b\":5}}";
	const struct ptn_json *inner;
	struct ptn_json *v;
	int64_t n[5];

	(void)state;
	assert_int_equal(parse(T(text), 2, &v), PTN_OK);
	inner = ptn_json_get(v, "{\"a\":1}");
	assert_true(ptn_json_int(ptn_json_get(v, "caf\xc3\xa9"), &n[0]));
	assert_true(ptn_json_int(ptn_json_get(v, "\xe2\x82\xac"), &n[1]));
	assert_true(ptn_json_int(ptn_json_get(v, "\xf0\x9f\x98\x80"), &n[2]));
	assert_true(ptn_json_int(ptn_json_get(v, ""), &n[3]));
	assert_true(ptn_json_int(ptn_json_get(inner, "b"), &n[4]));
	assert_memory_equal(n, ((int64_t[]){ 1, 2, 3, 4, 5 }), sizeof(n));
	ptn_json_free(&v);
}

static const struct {
	const char *text;
	double value;
} doubles[] = {
	{ "1.5", 1.5 },
	{ "-1.5E-3", -1.5e-3 },
	{ "1e3", 1000 },
	{ "1E+3", 1000 },
	{ "0.1", 0.1 },
	{ "-0.0", 0 },
	{ "9007199254740993.0", 9007199254740992.0 },
	{ "1.7976931348623157e308", 1.7976931348623157e308 },
	{ "5e-324", 5e-324 },
	{ "1e-400", 0 },
	{ "1e400", INFINITY },
	{ "-1e400", -INFINITY },
};

static void
test_doubles(void **state)
{
	struct ptn_json *v;
	size_t i;
	double d;

	(void)state;
	for (i = 0; i < N(doubles); i++) {
		assert_int_equal(
		    parse(doubles[i].text, strlen(doubles[i].text), 0, &v),
		    PTN_OK);
		assert_true(ptn_json_double(v, &d));
		assert_true(d >= doubles[i].value && d <= doubles[i].value);
		ptn_json_free(&v);
	}
}

static bool
join_names(void *arg, const char *name, const struct ptn_json *value)
{
	(void)value;
	strcat(arg, name);
	return strcmp(name, "c") != 0;
}

/* In their order, until there is enough. */
static void
test_each(void **state)
{
	struct ptn_json *v;
	char names[8] = "";

	(void)state;
	assert_int_equal(parse(T("{\"z\":1,\"a\":2,\"c\":3,\"b\":4}"), 1, &v),
	    PTN_OK);
	assert_false(ptn_json_each(v, join_names, names));
	assert_string_equal(names, "zac");
	ptn_json_free(&v);
	assert_int_equal(parse(T("{\"b\":{},\"a\":2}"), 2, &v), PTN_OK);
	assert_true(ptn_json_each(v, join_names, names));
	assert_string_equal(names, "zacba");
	assert_true(ptn_json_each(ptn_json_get(v, "b"), join_names, names));
	assert_true(ptn_json_each(ptn_json_get(v, "a"), join_names, names));
	assert_true(ptn_json_each(NULL, join_names, names));
	assert_string_equal(names, "zacba");
	ptn_json_free(&v);
}

static void
test_access(void **state)
{
	static const char text[] =
	    "{\"s\":\"x\\u0000y\",\"t\":\"abc\",\"n\":null,"
	    "\"b\":true,\"f\":false,\"l\":[1,null,\"z\"]}";
	struct ptn_json *v;
	const struct ptn_json *l;

	(void)state;
	assert_int_equal(parse(T(text), 4, &v), PTN_OK);
	assert_int_equal(ptn_json_string(ptn_json_get(v, "s")).len, 3);
	assert_memory_equal(ptn_json_string(ptn_json_get(v, "s")).p, "x\0y", 3);
	assert_null(ptn_json_text(arena, ptn_json_get(v, "s")));
	assert_string_equal(ptn_json_text(arena, ptn_json_get(v, "t")), "abc");
	assert_null(ptn_json_text(arena, ptn_json_get(v, "b")));
	assert_true(ptn_json_has(v, "n"));
	assert_null(ptn_json_get(v, "n"));
	assert_false(ptn_json_has(v, "absent"));
	assert_null(ptn_json_get(v, "absent"));
	assert_true(ptn_json_bool(ptn_json_get(v, "b")));
	assert_false(ptn_json_bool(ptn_json_get(v, "f")));
	assert_false(ptn_json_bool(ptn_json_get(v, "t")));
	l = ptn_json_get(v, "l");
	assert_int_equal(ptn_json_len(l), 3);
	assert_null(ptn_json_at(l, 1));
	assert_null(ptn_json_at(l, 3));
	assert_null(ptn_json_at(l, SIZE_MAX));
	assert_string_equal(ptn_json_text(arena, ptn_json_at(l, 2)), "z");
	ptn_json_free(&v);
}

/* No question about the wrong type, or about nothing, is a fault. */
static void
test_access_wrong_type(void **state)
{
	struct ptn_json *v;
	int64_t n;

	(void)state;
	assert_int_equal(parse(T("[{}]"), 4, &v), PTN_OK);
	assert_null(ptn_json_get(v, "a"));
	assert_false(ptn_json_has(v, "a"));
	assert_null(ptn_json_string(v).p);
	assert_int_equal(ptn_json_len(ptn_json_at(v, 0)), 0);
	assert_null(ptn_json_at(ptn_json_at(v, 0), 0));
	ptn_json_free(&v);
	assert_int_equal(ptn_json_type(NULL), PTN_JSON_NULL);
	assert_null(ptn_json_get(NULL, "a"));
	assert_false(ptn_json_has(NULL, "a"));
	assert_int_equal(ptn_json_len(NULL), 0);
	assert_null(ptn_json_at(NULL, 0));
	assert_null(ptn_json_string(NULL).p);
	assert_null(ptn_json_text(arena, NULL));
	assert_false(ptn_json_int(NULL, &n));
	assert_false(ptn_json_bool(NULL));
}

/* The empty string is a string. */
static void
test_empty_string(void **state)
{
	struct ptn_json *v;

	(void)state;
	assert_int_equal(parse(T("\"\""), 1, &v), PTN_OK);
	assert_non_null(ptn_json_string(v).p);
	assert_int_equal(ptn_json_string(v).len, 0);
	assert_string_equal(ptn_json_text(arena, v), "");
	ptn_json_free(&v);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_int),
		cmocka_unit_test(test_int_edges),
		cmocka_unit_test(test_long_numbers),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_doubles),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_access_wrong_type),
		cmocka_unit_test(test_empty_string),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
