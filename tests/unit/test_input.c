#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/input.h"
#include "lib/format/json.h"
#include "tests/unit/arena.h"
#include "tests/unit/request.h"

enum { ID, CODE, EMAIL, NOTE, LAX, THING, ITEMS, FIELD__MAX };

static const struct ptn_field fields[FIELD__MAX] = {
	[ID] = { "id", PTN_F_UUID4, true, 64, NULL, PTN_OK },
	[CODE] = { "code", PTN_F_DIGITS, true, 6, NULL, PTN_OK },
	[EMAIL] = { "email", PTN_F_EMAIL, false, 1024, NULL, PTN_OK },
	[NOTE] = { "note", PTN_F_TEXT, false, 8, NULL, PTN_OK },
	[LAX] = { "lax", PTN_F_UUID_LAX, false, 64, "no such id", PTN_OK },
	[THING] = { "thing", PTN_F_JSON, false, 0, NULL, PTN_OK },
	[ITEMS] = { "items", PTN_F_ARRAY, false, 0, NULL, PTN_OK },
};

static const struct ptn_input input = { fields, FIELD__MAX };

#define GOOD                                                                   \
	"\"id\":\"c339547d-e17d-4ba7-8a1d-b3d5a4d17c1c\","                     \
	"\"code\":\"012345\""

static enum ptn_err
decode(struct test_request *t, struct ptn_arena *a, const char *type,
    const char *body)
{
	test_request_init(t, a);
	if (type != NULL)
		test_request_param(t, "CONTENT_TYPE", type);
	t->req.body = ptn_bytes_of(body);
	return ptn_input(&t->req, &t->rep, &input);
}

static void
test_good(void **state)
{
	struct test_request t;

	assert_int_equal(decode(&t, *state, "Application/JSON ; charset=x",
			     "{" GOOD ",\"email\":\"A@Example.COM\","
			     "\"lax\":\"C339547D-E17D-4BA7-8A1D-B3D5A4D17C1C\","
			     "\"other\":[1,{}],\"note\":null,"
			     "\"thing\":{},\"items\":[1,{}]}"),
	    PTN_OK);
	assert_string_equal(t.req.in[CODE].s, "012345");
	assert_string_equal(t.req.in[EMAIL].s, "a@example.com");
	assert_false(t.req.in[NOTE].set);
	assert_true(ptn_uuid_equal(&t.req.in[ID].id, &t.req.in[LAX].id));
	assert_true(t.req.in[THING].set);
	assert_int_equal(ptn_json_len(t.req.in[ITEMS].json), 2);
	ptn_json_free(&t.req.json);
}

/* As long as may be is meant in characters, not in bytes. */
static void
test_length(void **state)
{
	static const char eight[] = "\xc3\xbc\xe6\xbc\xa2\xf0\x9f\x98\x80"
				    "45678";
	struct test_request t;

	assert_int_equal(decode(&t, *state, "application/json",
			     "{" GOOD ",\"note\":\"\xc3\xbc\xe6\xbc\xa2"
			     "\xf0\x9f\x98\x80"
			     "45678\"}"),
	    PTN_OK);
	assert_string_equal(t.req.in[NOTE].s, eight);
	ptn_json_free(&t.req.json);
}

/* clang-format off */
static const struct {
	const char *body, *message;
} bad[] = {
	{ "", "id is a required field and code is a required field" },
	{ "null", "id is a required field and code is a required field" },
	{ "{}", "id is a required field and code is a required field" },
	{ "[]", "the body must be a JSON object" },
	{ "\"x\"", "the body must be a JSON object" },
	{ "{\"id\":\"\",\"code\":\"012345\"}", "id is a required field" },
	{ "{\"id\":1,\"code\":\"012345\"}", "id must be a string" },
	{ "{\"id\":\"c339547d-e17d-1ba7-8a1d-b3d5a4d17c1c\",\"code\":\"012345\"}", "id must be a valid uuid4" },
	{ "{\"id\":\"C339547D-E17D-4BA7-8A1D-B3D5A4D17C1C\",\"code\":\"012345\"}", "id must be a valid uuid4" },
	{ "{\"id\":\"c339547d-e17d-4ba7-8a1d-b3d5a4d17c1c\",\"code\":\"12345\"}", "code must be a six-digit code" },
	{ "{\"id\":\"c339547d-e17d-4ba7-8a1d-b3d5a4d17c1c\",\"code\":\"1234567\"}", "code must be a six-digit code" },
	{ "{\"id\":\"c339547d-e17d-4ba7-8a1d-b3d5a4d17c1c\",\"code\":\"12345a\"}", "code must be a six-digit code" },
	{ "{" GOOD ",\"email\":\"nobody\"}", "email must be a valid email address" },
	{ "{" GOOD ",\"note\":\"123456789\"}", "note is too long" },
	{ "{" GOOD ",\"note\":\"\xc3\xbc\xe6\xbc\xa2\xf0\x9f\x98\x80" "456789\"}", "note is too long" },
	{ "{" GOOD ",\"note\":\"a\\u0000b\"}", "note must not contain a NUL character" },
	{ "{" GOOD ",\"lax\":\"x\"}", "no such id" },
	{ "{" GOOD ",\"thing\":[]}", "thing must be an object" },
	{ "{" GOOD ",\"items\":{}}", "items must be an array" },
	{ "{" GOOD ",\"items\":\"x\"}", "items must be an array" },
};
/* clang-format on */

static void
test_bad(void **state)
{
	struct test_request t;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		print_message("# %s\n", bad[i].body);
		assert_int_equal(
		    decode(&t, *state, "application/json", bad[i].body),
		    PTN_E_INPUT);
		assert_string_equal(t.rep.message, bad[i].message);
	}
}

static enum ptn_err
decode_time(struct test_request *t, struct ptn_arena *a, const char *body)
{
	static const struct ptn_field when[] = {
		{ "at", PTN_F_TIME, true, 0, NULL, PTN_OK },
	};
	static const struct ptn_input one = { when, 1 };

	test_request_init(t, a);
	test_request_param(t, "CONTENT_TYPE", "application/json");
	t->req.body = ptn_bytes_of(body);
	return ptn_input(&t->req, &t->rep, &one);
}

/* A text, seconds, or milliseconds from 10^11 on. */
static void
test_time(void **state)
{
	static const struct {
		const char *body;
		int64_t us;
	} good[] = {
		{ "{\"at\":\"1970-01-01T00:00:01.5Z\"}", 1500000 },
		{ "{\"at\":0}", 0 },
		{ "{\"at\":-1}", -1000000 },
		{ "{\"at\":1.5}", 1500000 },
		{ "{\"at\":1704110400}", INT64_C(1704110400000000) },
		{ "{\"at\":1704110400123}", INT64_C(1704110400123000) },
		{ "{\"at\":99999999999}", INT64_C(99999999999000000) },
		{ "{\"at\":100000000000}", INT64_C(100000000000000) },
	};
	static const char *const none[] = { "{\"at\":\"\"}", "{\"at\":\"1\"}",
		"{\"at\":true}", "{\"at\":[1]}", "{\"at\":{}}", "{\"at\":1e15}",
		"{\"at\":-1e15}", "{\"at\":1e300}",
		"{\"at\":9223372036854775807}" };
	struct test_request t;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(decode_time(&t, *state, good[i].body), PTN_OK);
		assert_true(t.req.in[0].set);
		assert_int_equal(t.req.in[0].us, good[i].us);
	}
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_int_equal(decode_time(&t, *state, none[i]), PTN_E_INPUT);
		assert_string_equal(t.rep.message, "at must be a time");
	}
	assert_int_equal(decode_time(&t, *state, "{\"at\":null}"), PTN_E_INPUT);
	assert_string_equal(t.rep.message, "at is a required field");
}

static void
test_malformed(void **state)
{
	static const char *const bodies[] = { "{", "{" GOOD, "{" GOOD "} x",
		"{'id':1}", "{" GOOD ",\"id\":\"x\"}", "\xff", "{\"a\":NaN}",
		"[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]" };
	struct test_request t;
	size_t i;

	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		print_message("# malformed %zu\n", i);
		assert_int_equal(
		    decode(&t, *state, "application/json", bodies[i]),
		    PTN_E_INPUT);
		assert_memory_equal(t.rep.message, "Syntax error: ", 14);
	}
}

static void
test_media(void **state)
{
	static const char *const types[] = { NULL, "", "text/plain",
		"application/x-www-form-urlencoded", "application/jsonp",
		"application/json5", "text/application/json" };
	struct test_request t;
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_int_equal(decode(&t, *state, types[i], "{" GOOD "}"),
		    PTN_E_MEDIA);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_media),
	};

	return cmocka_run_group_tests_name("input", tests, arena_setup,
	    arena_teardown);
}
