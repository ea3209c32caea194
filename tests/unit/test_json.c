#define _GNU_SOURCE /* RTLD_NEXT */

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json_object.h>
#include <json-c/json_tokener.h>
#include <json-c/printbuf.h>

#include "lib/format/json.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define T(s) s, sizeof(s) - 1

static struct ptn_arena *arena;

static int
setup(void **state)
{
	(void)state;
	return (arena = ptn_arena_new(1024 * 1024)) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	ptn_arena_free(&arena);
	return 0;
}

/*
 * The text is copied to memory of exactly its size, so that the sanitizer
 * sees a read behind its end.
 */
static enum ptn_err
parse(const char *text, size_t len, int depth, struct ptn_json **v)
{
	const char *why;
	char *copy = malloc(len + (len == 0));
	enum ptn_err r;

	memcpy(copy, text, len);
	r = ptn_json_parse(PTN_BYTES(copy, len), depth, v, &why);
	free(copy);
	if (r == PTN_OK)
		assert_null(why);
	else
		assert_true(*v == NULL && why != NULL && why[0] != '\0');
	return r;
}

static const struct {
	const char *text;
	size_t len;
	enum ptn_json_type type;
} taken[] = {
	{ T("{}"), PTN_JSON_OBJECT },
	{ T("[]"), PTN_JSON_ARRAY },
	{ T(" \t\r\n{ } \t\r\n"), PTN_JSON_OBJECT },
	{ T("\"\""), PTN_JSON_STRING },
	{ T("null"), PTN_JSON_NULL },
	{ T("true"), PTN_JSON_BOOL },
	{ T("false "), PTN_JSON_BOOL },
	{ T("0"), PTN_JSON_INT },
	{ T("-0"), PTN_JSON_INT },
	{ T("12"), PTN_JSON_INT },
	{ T("1.5"), PTN_JSON_DOUBLE },
	{ T("1e3"), PTN_JSON_DOUBLE },
	{ T("-1.5E-3"), PTN_JSON_DOUBLE },
	{ T("1E+3"), PTN_JSON_DOUBLE },
	{ T("1e400"), PTN_JSON_DOUBLE },
	{ T("99999999999999999999999999"), PTN_JSON_INT },
	{ T("[1,[2,[3]]]"), PTN_JSON_ARRAY },
	{ T("{\"a\":{\"a\":{\"a\":1}}}"), PTN_JSON_OBJECT },
	{ T("[{\"a\":1},{\"a\":1}]"), PTN_JSON_ARRAY },
	{ T("{\"a\":1,\"A\":2,\"\":3}"), PTN_JSON_OBJECT },
	{ T("{\"a:b\":\":,{}[]\"}"), PTN_JSON_OBJECT },
	{ T("{\"a\":null,\"b\":null}"), PTN_JSON_OBJECT },
	{ T("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\""), PTN_JSON_STRING },
	{ T("\"\\ud83d\\ude00\""), PTN_JSON_STRING },
	{ T("\"\\uD83D\\uDE00\""), PTN_JSON_STRING },
	{ T("\"\xc3\xa9\xf0\x9f\x98\x80\x7f\""), PTN_JSON_STRING },
	{ T("\"a\\u0000b\""), PTN_JSON_STRING },
	{ T("\"\xef\xbf\xbf\""), PTN_JSON_STRING },
};

/* clang-format off */
static const struct {
	const char *text;
	size_t len;
} refused[] = {
	{ T("") }, { T(" ") }, { T("{") }, { T("[") }, { T("[1") },
	{ T("[1,") }, { T("{\"a\"") }, { T("{\"a\":") }, { T("{\"a\":1") },
	{ T("{\"a\":1,") }, { T("\"abc") }, { T("\"") }, { T("\"\\") },
	{ T("\"\\\"") }, { T("tru") }, { T("nul") }, { T("-") },
	/* Trailing and glued. */
	{ T("{} x") }, { T("{}{}") }, { T("1 2") }, { T("[1]]") }, { T("}") },
	{ T("{]") }, { T("[}") }, { T("truefalse") }, { T("nullnull") },
	{ T("1true") }, { T("\"a\"\"b\"") }, { T("{}\0") }, { T("\0") },
	{ T("1\0") }, { T("{}\xef\xbb\xbf") }, { T("\xef\xbb\xbf{}") },
	/* Commas and colons. */
	{ T("[1,]") }, { T("[,1]") }, { T("[1,,2]") }, { T("[1 2]") },
	{ T("[:]") }, { T("[\"a\":1]") }, { T("{\"a\":1,}") }, { T("{,}") },
	{ T("{\"a\" 1}") }, { T("{\"a\",1}") }, { T("{\"a\":1 \"b\":2}") },
	{ T("{\"a\"::1}") }, { T("{1:2}") }, { T("{null:2}") }, { T(":") },
	{ T(",") },
	/* What other notations allow. */
	{ T("{a:1}") }, { T("{'a':1}") }, { T("'a'") }, { T("[1]//x") },
	{ T("/**/[1]") }, { T("[1/**/]") }, { T("NaN") }, { T("nan") },
	{ T("-NaN") }, { T("Infinity") }, { T("-Infinity") }, { T("[NaN]") },
	{ T("True") }, { T("NULL") }, { T("undefined") }, { T("\v1") },
	{ T("\f1") }, { T("\xc2\xa0" "1") },
	/* Numbers. */
	{ T("01") }, { T("-01") }, { T("00") }, { T("+1") }, { T(".5") },
	{ T("1.") }, { T("1.e3") }, { T("1e") }, { T("1e+") }, { T("1.5.5") },
	{ T("--1") }, { T("0x10") }, { T("1_000") }, { T("1a") },
	/* Strings. */
	{ T("\"a\tb\"") }, { T("\"a\nb\"") }, { T("\"a\0b\"") },
	{ T("\"\x1f\"") }, { T("\"\\q\"") }, { T("\"\\'\"") },
	{ T("\"\\0\"") }, { T("\"\\\0\"") }, { T("\"\\u12\"") },
	{ T("\"\\u12g4\"") }, { T("\"\\u\"") }, { T("\"\\u123") },
	{ T("\"\\U0041\"") },
	/* Surrogates. */
	{ T("\"\\ud800\"") }, { T("\"\\udc00\"") },
	{ T("\"\\ud800\\ud800\"") }, { T("\"\\ud800\\u0041\"") },
	{ T("\"\\ud800x\"") }, { T("\"\\ud800\\n\"") },
	{ T("\"\\udc00\\ud800\"") },
	/* UTF-8. */
	{ T("\"\xff\"") }, { T("\"\xc0\xaf\"") }, { T("\"\xed\xa0\x80\"") },
	{ T("\"\xf4\x90\x80\x80\"") }, { T("\"\xc3\"") },
	{ T("\"\xe2\x82\"") }, { T("\"\x80\"") }, { T("{\"\xff\":1}") },
	/* One name twice. */
	{ T("{\"a\":1,\"a\":2}") }, { T("{\"a\":1,\"\\u0061\":2}") },
	{ T("{\"a\":1,\"b\":2,\"a\":null}") },
	{ T("{\"a\":null,\"a\":null}") }, { T("{\"\":1,\"\":2}") },
	{ T("{\"x\":{\"a\":1,\"a\":1}}") }, { T("[[{\"a\":1,\"a\":1}]]") },
	{ T("{\"a\":{\"b\":1,\"c\":2},\"a\":{\"d\":1,\"e\":2}}") },
	{ T("{\"\xc3\xa9\":1,\"\\u00e9\":2}") },
	{ T("{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}") },
	{ T("{\"a/b\":1,\"a\\/b\":2}") },
	/* NUL in a name. */
	{ T("{\"a\\u0000b\":1}") }, { T("{\"\\u0000\" :1}") },
};
/* clang-format on */

static void
test_taken(void **state)
{
	struct ptn_json *v;
	size_t i;

	(void)state;
	for (i = 0; i < N(taken); i++) {
		assert_int_equal(parse(taken[i].text, taken[i].len, 16, &v),
		    PTN_OK);
		assert_int_equal(ptn_json_type(v), taken[i].type);
		ptn_json_free(&v);
		assert_null(v);
		ptn_json_free(&v);
	}
}

static void
test_refused(void **state)
{
	struct ptn_json *v;
	size_t i;

	(void)state;
	for (i = 0; i < N(refused); i++)
		if (parse(refused[i].text, refused[i].len, 16, &v) !=
		    PTN_E_INPUT)
			fail_msg("taken: %s", refused[i].text);
}

/* Every text that is cut off is refused, and nothing is read behind it. */
static void
test_truncated(void **state)
{
	static const char text[] =
	    "{\"a\":[1,-2.5e+3,true,null,{\"b\\u00e9\":\"\\ud83d\\ude00\"}],"
	    "\"c\":\"\xf0\x9f\x98\x80\\n\"}";
	struct ptn_json *v;
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(text) - 1; len++)
		assert_int_equal(parse(text, len, 16, &v), PTN_E_INPUT);
	assert_int_equal(parse(text, len, 16, &v), PTN_OK);
	ptn_json_free(&v);
}

static enum ptn_err
parse_nested(size_t levels, int depth, const char *open, const char *close)
{
	char text[600] = "";
	struct ptn_json *v;
	enum ptn_err r;
	size_t i;

	for (i = 0; i < levels; i++)
		strcat(text, open);
	strcat(text, "1");
	for (i = 0; i < levels; i++)
		strcat(text, close);
	r = parse(text, strlen(text), depth, &v);
	ptn_json_free(&v);
	return r;
}

static void
test_depth(void **state)
{
	struct ptn_json *v;
	static char deep[65536];
	int depth;

	(void)state;
	for (depth = 1; depth <= 32; depth++) {
		size_t d = (size_t)depth;

		assert_int_equal(parse_nested(d, depth, "[", "]"), PTN_OK);
		assert_int_equal(parse_nested(d, depth, "{\"a\":", "}"),
		    PTN_OK);
		assert_int_equal(parse_nested(d + 1, depth, "[", "]"),
		    PTN_E_INPUT);
		assert_int_equal(parse_nested(d + 1, depth, "{\"a\":", "}"),
		    PTN_E_INPUT);
	}
	memset(deep, '[', sizeof(deep));
	assert_int_equal(parse(deep, sizeof(deep), 16, &v), PTN_E_INPUT);
}

static void
test_why(void **state)
{
	struct ptn_json *v;
	const char *why;

	(void)state;
	assert_int_equal(
	    ptn_json_parse(ptn_bytes_of("{\"secret\":hunter2}"), 16, &v, &why),
	    PTN_E_INPUT);
	assert_string_equal(why, "unexpected character at byte 10");
	assert_int_equal(ptn_json_parse(ptn_bytes_of("[[1]]"), 1, &v, &why),
	    PTN_E_INPUT);
	assert_string_equal(why, "nested too deeply at byte 1");
}

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

/* Inside a larger text too, and without harm to its neighbours. */
static void
test_int_below(void **state)
{
	static const char text[] = "[-9223372036854775809,-1.5,-5]";
	struct ptn_json *v;
	int64_t n;

	(void)state;
	assert_int_equal(parse(T(text), 4, &v), PTN_OK);
	assert_false(ptn_json_int(ptn_json_at(v, 0), &n));
	assert_true(ptn_json_int(ptn_json_at(v, 2), &n));
	assert_int_equal(n, -5);
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

/*
 * The library's own releases, replaced: nothing may be left in what goes back
 * to the allocator.
 */
static size_t strings_released, buffers_released;

int
json_object_put(struct json_object *o)
{
	union {
		void *p;
		int (*fn)(struct json_object *);
	} real = { .p = dlsym(RTLD_NEXT, "json_object_put") };
	const char *s;
	int i;

	if (json_object_is_type(o, json_type_string)) {
		s = json_object_get_string(o);
		for (i = 0; i < json_object_get_string_len(o); i++)
			assert_int_equal(s[i], 0);
		strings_released++;
	}
	return real.fn(o);
}

void
json_tokener_free(struct json_tokener *tok)
{
	union {
		void *p;
		void (*fn)(struct json_tokener *);
	} real = { .p = dlsym(RTLD_NEXT, "json_tokener_free") };
	int i;

	for (i = 0; i < tok->pb->size; i++)
		assert_int_equal(tok->pb->buf[i], 0);
	buffers_released++;
	real.fn(tok);
}

static void
test_wiped(void **state)
{
	static const char *const texts[] = {
		"\"correct horse\"",
		"\"correct\\u0020horse with a tail that needs more room than "
		"a string which is kept inside of its object\"",
		"{\"password\":\"correct horse\",\"l\":[\"battery\",[\"staple\"]]}",
		"{\"password\":\"correct horse\",\"password\":\"battery\"}",
		"[\"correct horse\" \"battery\"]",
	};
	const size_t before = buffers_released;
	struct ptn_json *v;
	size_t i;

	(void)state;
	for (i = 0; i < N(texts); i++) {
		if (parse(texts[i], strlen(texts[i]), 4, &v) == PTN_OK &&
		    ptn_json_type(v) == PTN_JSON_STRING) {
			strings_released = 0;
			ptn_json_free(&v);
			assert_int_equal(strings_released, 1);
		}
		ptn_json_free(&v);
	}
	assert_int_equal(buffers_released - before, N(texts));
}

/* No memory at all is an empty text. */
static void
test_no_text(void **state)
{
	struct ptn_json *v;
	const char *why;

	(void)state;
	assert_int_equal(ptn_json_parse(PTN_BYTES(NULL, 0), 1, &v, &why),
	    PTN_E_INPUT);
	assert_string_equal(why, "unexpected end at byte 0");
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

static void
test_many_members(void **state)
{
	struct ptn_jsonw w;
	struct ptn_json *v;
	char name[16];
	int i;

	(void)state;
	ptn_jsonw_init(&w, arena);
	ptn_jsonw_object(&w, NULL);
	for (i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "k%d", i);
		ptn_jsonw_int(&w, name, i);
	}
	ptn_jsonw_end_object(&w);
	assert_false(w.buf.bad);
	assert_int_equal(parse(w.buf.p, w.buf.len, 1, &v), PTN_OK);
	assert_true(ptn_json_has(v, "k4999"));
	ptn_json_free(&v);
	/* The last name again. */
	w.buf.len--;
	ptn_jsonw_int(&w, "k0", 1);
	ptn_jsonw_end_object(&w);
	assert_int_equal(parse(w.buf.p, w.buf.len, 1, &v), PTN_E_INPUT);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_why),
		cmocka_unit_test(test_int),
		cmocka_unit_test(test_int_below),
		cmocka_unit_test(test_long_numbers),
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_access_wrong_type),
		cmocka_unit_test(test_wiped),
		cmocka_unit_test(test_no_text),
		cmocka_unit_test(test_empty_string),
		cmocka_unit_test(test_many_members),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
