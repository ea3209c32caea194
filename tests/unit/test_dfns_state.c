/* The state of ceremonies: what is written is read, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/array.h"
#include "lib/base/log.h"
#include "lib/dfns/state.h"
#include "tests/unit/arena.h"

#define ID "7b1f0a52-3c7e-4a57-9a0e-0d2f5f0e4a11"
#define NIL "00000000-0000-0000-0000-000000000000"

static int
setup(void **state)
{
	ptn_log_init(PTN_LOG_ERROR, "test");
	return arena_setup(state);
}

static struct ptn_dfns_state
again(const struct ptn_dfns_state *in)
{
	const char *json = ptn_dfns_state_write(arena, in);
	struct ptn_dfns_state out;

	assert_non_null(json);
	assert_int_equal(ptn_dfns_state_read(arena, json, &out), PTN_OK);
	return out;
}

static void
empty(void **state)
{
	const struct ptn_dfns_state none = { .n_allow = 0 };
	const struct ptn_dfns_state out = again(&none);

	(void)state;
	assert_true(ptn_uuid_is_nil(&out.account));
	assert_false(out.known);
	assert_int_equal(out.n_allow, 0);
	assert_false(out.any_passkey);
	assert_null(out.action.method);
	assert_int_equal(out.kind, PTN_CRED_UNSET);
	assert_true(ptn_uuid_is_nil(&out.code));
}

static void
round_trip(void **state)
{
	const struct ptn_uuid ids[] = { ptn_uuid_new(), ptn_uuid_new() };
	const struct ptn_dfns_state in = { .account = ptn_uuid_new(),
		.known = true,
		.allow = ids,
		.n_allow = PTN_ARRAY_LEN(ids),
		.any_passkey = true,
		.action = { "POST", "/a?b=%20\"<", ptn_bytes_of("{\"é\":1}") },
		.nonce = "00ff",
		.session = ptn_uuid_new(),
		.kind = PTN_CRED_RECOVERY_KEY,
		.code = ptn_uuid_new() };
	const struct ptn_dfns_state out = again(&in);

	(void)state;
	assert_true(ptn_uuid_equal(&out.account, &in.account));
	assert_true(out.known);
	assert_int_equal(out.n_allow, 2);
	assert_memory_equal(out.allow, ids, sizeof(ids));
	assert_true(out.any_passkey);
	assert_string_equal(out.action.method, "POST");
	assert_string_equal(out.action.path, "/a?b=%20\"<");
	assert_true(ptn_bytes_equal(out.action.payload, in.action.payload));
	assert_string_equal(out.nonce, "00ff");
	assert_true(ptn_uuid_equal(&out.session, &in.session));
	assert_int_equal(out.kind, PTN_CRED_RECOVERY_KEY);
	assert_true(ptn_uuid_equal(&out.code, &in.code));
}

/* A body that was not announced is the empty one. */
static void
no_payload(void **state)
{
	const struct ptn_dfns_state in = { .action = { "GET", "/", { 0 } },
		.nonce = "" };
	const struct ptn_dfns_state out = again(&in);

	(void)state;
	assert_string_equal(out.action.method, "GET");
	assert_int_equal(out.action.payload.len, 0);
	assert_true(ptn_uuid_is_nil(&out.session));
}

/* Rows that an earlier version wrote, during an upgrade. */
static void
older_rows(void **state)
{
	struct ptn_dfns_state out;

	(void)state;
	assert_int_equal(ptn_dfns_state_read(arena, "{}", &out), PTN_OK);
	assert_int_equal(ptn_dfns_state_read(arena,
			     "{\"kind\":\"Key\",\"code\":\"" NIL "\"}", &out),
	    PTN_OK);
	assert_int_equal(out.kind, PTN_CRED_KEY);
	assert_int_equal(ptn_dfns_state_read(arena,
			     "{\"account\":\"" ID "\",\"allow\":[\"" ID
			     "\"],\"x\":1}",
			     &out),
	    PTN_OK);
	assert_int_equal(out.n_allow, 1);
	assert_false(ptn_uuid_is_nil(&out.account));
}

#define ACTION(rest) "{\"action\":{" rest "}}"
#define REST                                                                   \
	"\"path\":\"/\",\"payload\":\"\",\"nonce\":\"\",\"token\":\"" ID "\""

static void
malformed(void **state)
{
	static const char *const rows[] = {
		"",
		"x",
		"null",
		"[]",
		"{\"account\":null}",
		"{\"account\":1}",
		"{\"account\":\"x\"}",
		"{\"account\":\"" ID "\\u0000\"}",
		"{\"account\":\"" ID "\",\"account\":\"" ID "\"}",
		"{\"nameless\":1}",
		"{\"known\":true}",
		"{\"known\":\"1\"}",
		"{\"nameless\":\"true\"}",
		"{\"allow\":{}}",
		"{\"allow\":\"" ID "\"}",
		"{\"allow\":[1]}",
		"{\"allow\":[null]}",
		"{\"allow\":[\"" ID "\",\"" ID "x\"]}",
		"{\"action\":1}",
		"{\"action\":[]}",
		ACTION(""),
		ACTION(REST),
		ACTION("\"method\":null," REST),
		ACTION("\"method\":\"GET\",\"path\":\"/\",\"payload\":\"\","
		       "\"nonce\":\"\""),
		ACTION("\"method\":\"GET\",\"path\":\"/\",\"payload\":\"\","
		       "\"nonce\":\"\",\"token\":\"\""),
		"{\"kind\":1,\"code\":\"" NIL "\"}",
		"{\"kind\":\"\",\"code\":\"" NIL "\"}",
		"{\"kind\":\"Unknown\",\"code\":\"" NIL "\"}",
		"{\"kind\":\"Key\"}",
		"{\"kind\":\"Key\",\"code\":\"\"}",
		"{\"allow\":[[[[[[]]]]]]}",
	};
	const struct ptn_dfns_state zero = { .n_allow = 0 };
	struct ptn_dfns_state out;
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(rows); i++) {
		memset(&out, 1, sizeof(out));
		if (ptn_dfns_state_read(arena, rows[i], &out) != PTN_E_INTERNAL)
			fail_msg("%s", rows[i]);
		assert_memory_equal(&out, &zero, sizeof(out));
	}
	assert_int_equal(ptn_dfns_state_read(arena,
			     ACTION("\"method\":\"GET\"," REST), &out),
	    PTN_OK);
}

static void
full_arena(void **state)
{
	const struct ptn_dfns_state in = { .kind = PTN_CRED_KEY };
	struct ptn_arena *small = ptn_arena_new(1);
	struct ptn_dfns_state out;

	(void)state;
	while (ptn_arena_alloc(small, 1) != NULL)
		continue;
	assert_null(ptn_dfns_state_write(small, &in));
	assert_int_equal(
	    ptn_dfns_state_read(small, "{\"account\":\"" ID "\"}", &out),
	    PTN_E_NOMEM);
	assert_int_equal(ptn_dfns_state_read(small, "{\"allow\":[]}", &out),
	    PTN_E_NOMEM);
	ptn_arena_free(&small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(no_payload),
		cmocka_unit_test(older_rows),
		cmocka_unit_test(malformed),
		cmocka_unit_test(full_arena),
	};

	return cmocka_run_group_tests(tests, setup, arena_teardown);
}
