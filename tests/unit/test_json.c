/* What is JSON and what is not, and that nothing of it stays in memory. */
#define _GNU_SOURCE /* RTLD_NEXT */

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json_object.h>

#include "tests/unit/json.h"

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
	{ T("{\"\xc3\xa9\":\"\xe2\x82\xac\"}"), PTN_JSON_OBJECT },
	{ T("{\"\\n\\u00e9\":1}"), PTN_JSON_OBJECT },
	{ T("[\"\",[],{},null,true,false,0]"), PTN_JSON_ARRAY },
	{ T("[ [ ] , { } ]\n"), PTN_JSON_ARRAY },
	{ T("{ \"a\" : [ 1 , 2 ] , \"b\" : { } }"), PTN_JSON_OBJECT },
	{ T("-0.0"), PTN_JSON_DOUBLE },
	{ T("0e1"), PTN_JSON_DOUBLE },
	{ T("0E+01"), PTN_JSON_DOUBLE },
	{ T("-0e-0"), PTN_JSON_DOUBLE },
	{ T("-123e99999999999999999999"), PTN_JSON_DOUBLE },
	{ T("0.00000000000000000000000000000001"), PTN_JSON_DOUBLE },
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
	/* A value where none may be, or one half. */
	{ T("[\"a\"") }, { T("[\"\",") }, { T("[[1]") }, { T("[1]x") },
	{ T("[1[2]]") }, { T("[1{}]") }, { T("{\"a\":{}{}}") },
	{ T("{\"a\":}") }, { T("{\"a\"}") }, { T("{[]:1}") },
	{ T("{true:1}") }, { T("{\"a\":1]") }, { T("[1}") }, { T("[,]") },
	{ T("{\"a\":1,,\"b\":2}") }, { T("{\"a\":b}") }, { T("[a]") },
	{ T("null,") }, { T("1,2") }, { T("\"a\":1") }, { T("][") },
	{ T("*") }, { T("[*]") }, { T("<null>") }, { T("{}#") },
	{ T("[nul]") }, { T("[tru e]") }, { T("[fals]") }, { T("nulll") },
	/* White space that is none here. */
	{ T("[\f]") }, { T("[\v1]") }, { T("[\xe2\x81\xa0]") },
	{ T("\xe2\x80\xa8[]") }, { T("[1\x1f]") }, { T("[\0]") },
	{ T("\xc2\x85[]") },
	/* Numbers, in more places than one. */
	{ T("[-]") }, { T("[- 1]") }, { T("[+1]") }, { T("[++1]") },
	{ T("[-.5]") }, { T("[.-1]") }, { T("[.5e1]") }, { T("[0.]") },
	{ T("[0.e1]") }, { T("[1.5e]") }, { T("[1.5e+]") }, { T("[0e+-1]") },
	{ T("[1eE2]") }, { T("[1e1.5]") }, { T("[1 000]") }, { T("[1,000.]") },
	{ T("[-012]") }, { T("[012.5]") }, { T("[1e0x1]") }, { T("[0x0]") },
	{ T("[0b1]") }, { T("[1L]") }, { T("[1f]") }, { T("[-foo]") },
	{ T("[Inf]") }, { T("[-Inf]") }, { T("[\xef\xbc\x91]") },
	{ T("[1+2]") }, { T("[1-]") }, { T("[-2.]") },
	/* Strings, in more places than one. */
	{ T("[\"\\\\\\\"]") }, { T("[\"\\x00\"]") }, { T("[\"\\a\"]") },
	{ T("[\"\\ \"]") }, { T("[\"\\\t\"]") }, { T("[\"\\\xc3\xa9\"]") },
	{ T("[\"\\u 041\"]") }, { T("[\"\\u+041\"]") },
	{ T("[\"\\u00\\u41\"]") }, { T("[\\n]") }, { T("[\"a") },
	{ T("{\"a") }, { T("{\"a\tb\":1}") }, { T("{\"a\\qb\":1}") },
	{ T("{\"\\ud800\":1}") }, { T("[\"\\ud800\\") }, { T("[\"\\ud800\\u") },
	{ T("[\"\\udbff\\ue000\"]") }, { T("[\"\\ud800\\udbff\"]") },
	/* UTF-8, at its edges, and what is not UTF-8 at all. */
	{ T("\"\xc1\xbf\"") }, { T("\"\xe0\x9f\xbf\"") },
	{ T("\"\xf0\x8f\xbf\xbf\"") }, { T("\"\xed\xbf\xbf\"") },
	{ T("\"\xf5\x80\x80\x80\"") }, { T("\"\xfe\"") },
	{ T("\"\xc3(\"") }, { T("\"\xe9\"") }, { T("\"\xf0\x9f\x98") },
	{ T("\xe9") }, { T("[\xe9]") }, { T("\xff\xfe[\0]\0") },
	{ T("\0[\0]") }, { T("\xef\xbb[]") },
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

/*
 * The library's own release, replaced: nothing may be left in what goes back
 * to the allocator.
 */
static size_t strings_released;

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
		"{\"correct horse\":{\"battery\":{\"staple\":12345.5}}}",
		"\"correct horse",
	};
	const size_t before = released;
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
	assert_int_equal(released - before, N(texts));
}

static void
test_no_memory(void **state)
{
	struct ptn_json *v;
	const char *why;

	(void)state;
	no_memory = true;
	assert_int_equal(ptn_json_parse(ptn_bytes_of("{}"), 1, &v, &why),
	    PTN_E_NOMEM);
	no_memory = false;
	assert_null(v);
	assert_null(why);
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
		cmocka_unit_test(test_wiped),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_no_text),
		cmocka_unit_test(test_many_members),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
