/* A PublicKeyCredential as JSON: read, and refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/format/json.h"
#include "lib/webauthn/authdata.h"
#include "lib/webauthn/response.h"
#include "tests/unit/arena.h"

static struct ptn_json *
parsed(const char *text)
{
	struct ptn_json *json;
	const char *why;

	assert_int_equal(ptn_json_parse(ptn_bytes_of(text), 8, &json, &why),
	    PTN_OK);
	return json;
}

static enum ptn_err
read_created(const char *text, struct ptn_response_created *out)
{
	struct ptn_json *json = parsed(text);
	enum ptn_err r = ptn_response_read_created(arena, json, out);

	ptn_json_free(&json);
	return r;
}

static enum ptn_err
read_got(const char *text, struct ptn_response_got *out)
{
	struct ptn_json *json = parsed(text);
	enum ptn_err r = ptn_response_read_got(arena, json, out);

	ptn_json_free(&json);
	return r;
}

static void
is(struct ptn_bytes got, const char *want)
{
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.p, want, got.len);
}

static void
a_new_one(void **state)
{
	struct ptn_response_created c;

	(void)state;
	assert_int_equal(
	    read_created("{\"type\":\"public-key\",\"id\":\"YWE\",\"rawId\":7,"
			 "\"response\":{\"clientDataJSON\":\"YmI=\","
			 "\"attestationObject\":\"Y2M\","
			 "\"transports\":[\"usb\",7,\"A\",\"ble\"]}}",
		&c),
	    PTN_OK);
	is(c.id, "aa");
	is(c.response.client_data_json, "bb");
	is(c.response.attestation_object, "cc");
	assert_string_equal(c.transports, "usb,ble");
}

#define GOT(handle)                                                            \
	"{\"type\":\"public-key\",\"id\":\"YWE\",\"response\":{"               \
	"\"clientDataJSON\":\"YmI\",\"authenticatorData\":\"Y2M\","            \
	"\"signature\":\"ZGQ\"" handle "}}"

static void
a_signature(void **state)
{
	struct ptn_response_got g;

	(void)state;
	assert_int_equal(read_got(GOT(",\"userHandle\":\"ZWU\""), &g), PTN_OK);
	is(g.id, "aa");
	is(g.response.client_data_json, "bb");
	is(g.response.authenticator_data, "cc");
	is(g.response.signature, "dd");
	is(g.user_handle, "ee");
	assert_int_equal(read_got(GOT(",\"userHandle\":null"), &g), PTN_OK);
	assert_int_equal(g.user_handle.len, 0);
	assert_int_equal(read_got(GOT(""), &g), PTN_OK);
	assert_int_equal(g.user_handle.len, 0);
}

static void
what_is_none(void **state)
{
	static const char *const texts[] = {
		"null",
		"{}",
		"[]",
		"7",
		"\"x\"",
		"{\"type\":\"public-key\"}",
		"{\"type\":\"public-key\",\"id\":\"YWE\"}",
		"{\"type\":\"public-key\",\"id\":\"YWE\",\"response\":\"x\"}",
		"{\"type\":\"public-key\",\"id\":\"YWE\",\"response\":"
		"{\"clientDataJSON\":\"YmI\"}}",
		"{\"type\":\"password\",\"id\":\"YWE\",\"response\":"
		"{\"clientDataJSON\":\"YmI\",\"attestationObject\":\"Y2M\","
		"\"authenticatorData\":\"Y2M\",\"signature\":\"ZGQ\"}}",
		"{\"type\":\"public-key\",\"id\":\"*\",\"response\":"
		"{\"clientDataJSON\":\"YmI\",\"attestationObject\":\"Y2M\","
		"\"authenticatorData\":\"Y2M\",\"signature\":\"ZGQ\"}}",
		"{\"type\":\"public-key\",\"id\":\"\",\"response\":"
		"{\"clientDataJSON\":\"YmI\",\"attestationObject\":\"Y2M\","
		"\"authenticatorData\":\"Y2M\",\"signature\":\"ZGQ\"}}",
		GOT(",\"userHandle\":7,\"attestationObject\":7"),
		GOT(",\"userHandle\":\"\",\"attestationObject\":\"\""),
	};
	struct ptn_response_created c;
	struct ptn_response_got g;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(read_created(texts[i], &c), PTN_E_INPUT);
		assert_int_equal(read_got(texts[i], &g), PTN_E_INPUT);
	}
}

/* A handle of so many bytes. */
static enum ptn_err
read_handle_of(size_t bytes)
{
	struct ptn_response_got g;
	char text[512], handle[256];

	assert_true(bytes % 3 == 0 && bytes / 3 * 4 < sizeof(handle));
	memset(handle, 'A', bytes / 3 * 4);
	handle[bytes / 3 * 4] = '\0';
	(void)snprintf(text, sizeof(text), GOT(",\"userHandle\":\"%s\""),
	    handle);
	return read_got(text, &g);
}

static void
what_is_too_long(void **state)
{
	(void)state;
	assert_int_equal(read_handle_of(PTN_WEBAUTHN_HANDLE_MAX - 1), PTN_OK);
	assert_int_equal(read_handle_of(PTN_WEBAUTHN_HANDLE_MAX + 2),
	    PTN_E_INPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_one),
		cmocka_unit_test(a_signature),
		cmocka_unit_test(what_is_none),
		cmocka_unit_test(what_is_too_long),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
