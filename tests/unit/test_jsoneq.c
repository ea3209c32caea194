#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/format/jsoneq.h"
#include "tests/unit/arena.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct ptn_json *
parse(const char *text)
{
	struct ptn_json *v;
	const char *why;

	assert_int_equal(ptn_json_parse(ptn_bytes_of(text), 32, &v, &why),
	    PTN_OK);
	return v;
}

static const struct {
	const char *a;
	const char *b;
	bool same;
} pairs[] = {
	// clang-format off
	{ "null", "null", true },
	{ "null", "false", false },
	{ "true", "true", true },
	{ "true", "false", false },
	{ "1", "1", true },
	{ "1", "2", false },
	{ "-0", "0", true },
	{ "1", "\"1\"", false },
	{ "1", "true", false },
	{ "1", "1.0", false },
	{ "1.5", "1.50", true },
	{ "1.5", "15e-1", true },
	{ "1.5", "1.6", false },
	{ "1e999", "1e999", false },		/* infinite: not kept */
	{ "9223372036854775807", "9223372036854775807", true },
	{ "9223372036854775808", "9223372036854775808", false },
	{ "99999999999999999999", "99999999999999999998", false },
	{ "-9223372036854775808", "-9223372036854775808", true },
	{ "-9223372036854775809", "-9223372036854775808", false },
	{ "-9223372036854775809", "-9223372036854775810", false },
	{ "\"a\"", "\"\\u0061\"", true },
	{ "\"a\"", "\"A\"", false },
	{ "\"a\\u0000b\"", "\"a\\u0000b\"", true },
	{ "\"a\\u0000b\"", "\"a\\u0000c\"", false },
	{ "\"a\\u0000\"", "\"a\"", false },
	{ "\"\\u00e9\"", "\"e\\u0301\"", false },	/* no normalisation */
	{ "[]", "[]", true },
	{ "[]", "{}", false },
	{ "[]", "null", false },
	{ "[1,2]", "[1, 2]", true },
	{ "[1,2]", "[2,1]", false },
	{ "[1,2]", "[1,2,3]", false },
	{ "[null]", "[]", false },
	{ "{}", "{ }", true },
	{ "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true },
	{ "{\"a\":1,\"b\":2}", "{\"a\":1}", false },
	{ "{\"a\":1}", "{\"a\":1,\"b\":2}", false },
	{ "{\"a\":1,\"b\":2}", "{\"a\":1,\"c\":2}", false },
	{ "{\"a\":null}", "{}", false },
	{ "{\"a\":null}", "{\"b\":null}", false },
	{ "{\"a\":null}", "{\"a\":null}", true },
	{ "{\"a\":{\"b\":[1,{\"c\":\"d\"}]}}", "{\"a\":{\"b\":[1,{\"c\":\"d\"}]}}", true },
	{ "{\"a\":{\"b\":[1,{\"c\":\"d\"}]}}", "{\"a\":{\"b\":[1,{\"c\":\"e\"}]}}", false },
	{ "{\"__proto__\":1}", "{}", false },
	// clang-format on
};

static void
test_equal(void **state)
{
	struct ptn_json *a, *b;
	size_t i;

	(void)state;
	for (i = 0; i < N(pairs); i++) {
		a = parse(pairs[i].a);
		b = parse(pairs[i].b);
		if (ptn_json_equal(a, b) != pairs[i].same ||
		    ptn_json_equal(b, a) != pairs[i].same)
			fail_msg("%s and %s", pairs[i].a, pairs[i].b);
		ptn_json_free(&a);
		ptn_json_free(&b);
	}
}

static bool
add_name(void *arg, const char *name, const struct ptn_json *value)
{
	struct ptn_buf *b = arg;

	ptn_buf_str(b, name);
	return value != NULL;
}

static void
test_each(void **state)
{
	static const struct {
		const char *text;
		const char *names;
		bool all;
	} cases[] = {
		{ "{\"a\":1,\"b\":[],\"c\":\"\"}", "abc", true },
		{ "{\"a\":1,\"b\":null,\"c\":\"\"}", "ab", false },
		{ "{\"z\":1,\"a\":null}", "za", false },
	};
	struct ptn_json *v;
	struct ptn_buf b;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		v = parse(cases[i].text);
		ptn_buf_init(&b, arena);
		assert_int_equal(ptn_json_each(v, add_name, &b), cases[i].all);
		assert_string_equal(b.p, cases[i].names);
		ptn_json_free(&v);
	}
	/* What has no members calls nobody. */
	v = parse("[1]");
	assert_true(ptn_json_each(v, add_name, NULL));
	assert_true(ptn_json_each(NULL, add_name, NULL));
	ptn_json_free(&v);
}

static void
test_double(void **state)
{
	struct ptn_json *v = parse("[1.5,1,\"1.5\",1e3]");
	double d;

	(void)state;
	assert_true(ptn_json_double(ptn_json_at(v, 0), &d));
	assert_true(d > 1.4 && d < 1.6);
	assert_false(ptn_json_double(ptn_json_at(v, 1), &d));
	assert_false(ptn_json_double(ptn_json_at(v, 2), &d));
	assert_true(ptn_json_double(ptn_json_at(v, 3), &d));
	assert_false(ptn_json_double(NULL, &d));
	ptn_json_free(&v);
}

/* What JSON.stringify() says of each. */
static const char *const quoted[][2] = {
	{ "", "\"\"" },
	{ "plain /<>&'", "\"plain /<>&'\"" },
	{ "\"\\", "\"\\\"\\\\\"" },
	{ "\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\"" },
	{ "\x01\x0b\x1f\x7f", "\"\\u0001\\u000b\\u001f\x7f\"" },
	{ "\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80",
	    "\"\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80\"" },
};

static void
test_quote(void **state)
{
	struct ptn_buf b;
	size_t i;

	(void)state;
	for (i = 0; i < N(quoted); i++) {
		ptn_buf_init(&b, arena);
		ptn_json_quote(&b, ptn_bytes_of(quoted[i][0]));
		assert_string_equal(b.p, quoted[i][1]);
	}
	ptn_buf_init(&b, arena);
	ptn_json_quote(&b, PTN_BYTES("\0", 1));
	assert_string_equal(b.p, "\"\\u0000\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_double),
		cmocka_unit_test(test_quote),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
