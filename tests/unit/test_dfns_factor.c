#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/base64.h"
#include "lib/base/hex.h"
#include "lib/dfns/factor.h"
#include "tests/unit/dfns.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void
test_kinds(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < PTN_CRED__MAX; i++)
		assert_int_equal(
		    ptn_dfns_cred_kind_of(ptn_bytes_of(
			ptn_dfns_cred_kind_name((enum ptn_dfns_cred_kind)i))),
		    i);
	assert_int_equal(ptn_dfns_cred_kind_of(ptn_bytes_of("key")),
	    PTN_CRED_UNSET);
	assert_int_equal(ptn_dfns_cred_kind_of(PTN_BYTES("Key\0", 4)),
	    PTN_CRED_UNSET);
	assert_int_equal(ptn_dfns_cred_kind_of(PTN_BYTES(NULL, 0)),
	    PTN_CRED_UNSET);
}

// clang-format off
#define ASSERTION(more) \
	",\"credentialAssertion\":{\"credId\":\"ab+/\",\"clientData\":\"e30\"," \
	"\"signature\":\"AAE\"" more "}}"
#define KEY(members) "{\"kind\":\"Key\",\"credentialAssertion\":{" members "}}"
#define NEW(kind, members)                                                     \
	"{\"credentialKind\":\"" kind "\",\"credentialInfo\":{" members "}}"
#define FIDO ",\"authenticatorData\":\"AAECAw\""
// clang-format on

static const struct {
	const char *text;
	enum ptn_dfns_factor_place place;
	const char *why; /* NULL: taken */
} factors[] = {
	// clang-format off
	{ "{\"kind\":\"Key\"" ASSERTION(""), PTN_FACTOR_FIRST, NULL },
	{ "{\"kind\":\"Key\"" ASSERTION(""), PTN_FACTOR_SECOND, NULL },
	{ "{\"kind\":\"Key\"" ASSERTION(",\"algorithm\":\"SHA512\""), PTN_FACTOR_FIRST, NULL },
	{ "{\"kind\":\"Key\"" ASSERTION(",\"algorithm\":null"), PTN_FACTOR_FIRST, NULL },
	{ "{\"kind\":\"Key\"" ASSERTION(",\"x\":1"), PTN_FACTOR_FIRST, NULL },
	{ "{\"kind\":\"PasswordProtectedKey\"" ASSERTION(""), PTN_FACTOR_FIRST, NULL },
	{ "{\"kind\":\"RecoveryKey\"" ASSERTION(""), PTN_FACTOR_RECOVERY, NULL },
	{ "{\"kind\":\"Fido2\"" ASSERTION(FIDO), PTN_FACTOR_FIRST, NULL },
	{ "{\"kind\":\"Fido2\"" ASSERTION(FIDO ",\"userHandle\":null"), PTN_FACTOR_FIRST, NULL },
	{ "{\"kind\":\"Fido2\"" ASSERTION(FIDO ",\"userHandle\":\"\""), PTN_FACTOR_FIRST, NULL },
	{ "{\"kind\":\"Fido2\"" ASSERTION(FIDO ",\"userHandle\":\"YWI=\""), PTN_FACTOR_FIRST, NULL },
	{ "{\"kind\":\"Password\",\"password\":\"x\"}", PTN_FACTOR_FIRST, NULL },
	{ "{\"kind\":\"Totp\",\"otpCode\":\"287082\"}", PTN_FACTOR_SECOND, NULL },
	{ "null", PTN_FACTOR_FIRST, "kind" },
	{ "[]", PTN_FACTOR_FIRST, "kind" },
	{ "{}", PTN_FACTOR_FIRST, "kind" },
	{ "{\"kind\":\"key\"" ASSERTION(""), PTN_FACTOR_FIRST, "kind" },
	{ "{\"kind\":1" ASSERTION(""), PTN_FACTOR_FIRST, "kind" },
	{ "{\"kind\":\"RecoveryKey\"" ASSERTION(""), PTN_FACTOR_FIRST, "kind" },
	{ "{\"kind\":\"RecoveryKey\"" ASSERTION(""), PTN_FACTOR_SECOND, "kind" },
	{ "{\"kind\":\"Key\"" ASSERTION(""), PTN_FACTOR_RECOVERY, "kind" },
	{ "{\"kind\":\"Password\",\"password\":\"x\"}", PTN_FACTOR_SECOND, "kind" },
	{ "{\"kind\":\"Totp\",\"otpCode\":\"287082\"}", PTN_FACTOR_FIRST, "kind" },
	{ "{\"kind\":\"Key\"}", PTN_FACTOR_FIRST, "credentialAssertion" },
	{ "{\"kind\":\"Key\",\"credentialAssertion\":[]}", PTN_FACTOR_FIRST, "credentialAssertion" },
	{ KEY(""), PTN_FACTOR_FIRST, "credentialAssertion/credId" },
	{ KEY("\"credId\":\"a b\""), PTN_FACTOR_FIRST, "credentialAssertion/credId" },
	{ KEY("\"credId\":\"==\""), PTN_FACTOR_FIRST, "credentialAssertion/credId" },
	{ KEY("\"credId\":\"a\\u0000\""), PTN_FACTOR_FIRST, "credentialAssertion/credId" },
	{ KEY("\"credId\":\"a\",\"clientData\":\"e\""), PTN_FACTOR_FIRST, "credentialAssertion/clientData" },
	{ KEY("\"credId\":\"a\",\"clientData\":\"e3 0\""), PTN_FACTOR_FIRST, "credentialAssertion/clientData" },
	{ KEY("\"credId\":\"a\",\"clientData\":\"e30\""), PTN_FACTOR_FIRST, "credentialAssertion/signature" },
	{ "{\"kind\":\"Key\"" ASSERTION(",\"algorithm\":\"MD5\""), PTN_FACTOR_FIRST, "credentialAssertion/algorithm is none of SHA-256, SHA-512 and EdDSA" },
	{ "{\"kind\":\"Key\"" ASSERTION(",\"algorithm\":\"sha-256\""), PTN_FACTOR_FIRST, NULL },
	{ "{\"kind\":\"Key\"" ASSERTION(",\"algorithm\":\"\""), PTN_FACTOR_FIRST, NULL },
	{ "{\"kind\":\"Key\"" ASSERTION(",\"algorithm\":1"), PTN_FACTOR_FIRST, "credentialAssertion/algorithm" },
	{ "{\"kind\":\"Fido2\"" ASSERTION(""), PTN_FACTOR_FIRST, "credentialAssertion/authenticatorData" },
	{ "{\"kind\":\"Fido2\"" ASSERTION(FIDO ",\"userHandle\":7"), PTN_FACTOR_FIRST, "credentialAssertion/userHandle" },
	{ "{\"kind\":\"Fido2\"" ASSERTION(FIDO ",\"userHandle\":\"?\""), PTN_FACTOR_FIRST, "credentialAssertion/userHandle" },
	{ "{\"kind\":\"Password\"}", PTN_FACTOR_FIRST, "password" },
	{ "{\"kind\":\"Password\",\"password\":\"\"}", PTN_FACTOR_FIRST, "password" },
	{ "{\"kind\":\"Totp\",\"otpCode\":287082}", PTN_FACTOR_SECOND, "otpCode" },
	{ "{\"kind\":\"Totp\",\"otpCode\":\"00000000000287082\"}", PTN_FACTOR_SECOND, "otpCode" },
	// clang-format on
};

static void
test_factors(void **state)
{
	struct ptn_dfns_factor f, none = { 0 };
	struct ptn_json *v;
	const char *why;
	enum ptn_err r;
	size_t i;

	(void)state;
	for (i = 0; i < N(factors); i++) {
		v = dfns_parse(ptn_bytes_of(factors[i].text));
		r = ptn_dfns_factor_read(arena, v, factors[i].place, &f, &why);
		ptn_json_free(&v);
		if (factors[i].why == NULL) {
			assert_int_equal(r, PTN_OK);
			assert_null(why);
			continue;
		}
		assert_int_equal(r, PTN_E_INPUT);
		assert_string_equal(why, factors[i].why);
		assert_memory_equal(&f, &none, sizeof(f));
	}
}

static void
test_factor_members(void **state)
{
	struct ptn_json *v = dfns_parse(ptn_bytes_of(
	    "{\"kind\":\"Fido2\"" ASSERTION(FIDO ",\"userHandle\":\"YWI=\"")));
	struct ptn_dfns_factor f;
	const char *why;

	(void)state;
	assert_int_equal(
	    ptn_dfns_factor_read(arena, v, PTN_FACTOR_FIRST, &f, &why), PTN_OK);
	ptn_json_free(&v);
	assert_int_equal(f.kind, PTN_CRED_FIDO2);
	assert_string_equal(f.cred_id, "ab+/"); /* verbatim */
	assert_true(ptn_bytes_equal(f.client_data, ptn_bytes_of("{}")));
	assert_true(ptn_bytes_equal(f.signature, PTN_BYTES("\0\1", 2)));
	assert_true(ptn_bytes_equal(f.user_handle, ptn_bytes_of("ab")));
	assert_int_equal(f.authenticator_data.len, 4);
	assert_int_equal(f.digest, PTN_KEYASSERT_UNSET);
}

#define INFO                                                                   \
	"\"credentialInfo\":{\"credId\":\"a\",\"clientData\":\"e30\","         \
	"\"attestationData\":\"e30\"}"

static const struct {
	const char *text;
	enum ptn_dfns_factor_place place;
	const char *why;
	bool blob; /* an encrypted key was taken */
} fresh[] = {
	// clang-format off
	{ "{\"credentialKind\":\"Key\"," INFO "}", PTN_FACTOR_FIRST, NULL, false },
	{ "{\"credentialKind\":\"Key\",\"encryptedPrivateKey\":\"x\"," INFO "}", PTN_FACTOR_FIRST, NULL, false },
	{ "{\"kind\":\"Key\"," INFO "}", PTN_FACTOR_ANY, NULL, false },
	{ "{\"credentialKind\":\"Key\",\"credentialName\":\"\xc3\xa9\"," INFO "}", PTN_FACTOR_FIRST, NULL, false },
	{ "{\"credentialKind\":\"Fido2\"," INFO "}", PTN_FACTOR_SECOND, NULL, false },
	{ "{\"credentialKind\":\"PasswordProtectedKey\",\"encryptedPrivateKey\":\"x\"," INFO "}", PTN_FACTOR_FIRST, NULL, true },
	{ "{\"credentialKind\":\"RecoveryKey\",\"encryptedPrivateKey\":\"x\"," INFO "}", PTN_FACTOR_RECOVERY, NULL, true },
	{ "{\"credentialKind\":\"RecoveryKey\"," INFO "}", PTN_FACTOR_RECOVERY, NULL, false },
	{ "{\"credentialKind\":\"RecoveryKey\"," INFO "}", PTN_FACTOR_ANY, NULL, false },
	{ NEW("Password", "\"password\":\"x\""), PTN_FACTOR_FIRST, NULL, false },
	{ NEW("Totp", "\"otpCode\":\"1\""), PTN_FACTOR_SECOND, NULL, false },
	{ "{}", PTN_FACTOR_FIRST, "credentialKind", false },
	{ "{\"credentialKind\":\"RecoveryKey\"," INFO "}", PTN_FACTOR_FIRST, "credentialKind", false },
	{ "{\"credentialKind\":\"Key\"," INFO "}", PTN_FACTOR_RECOVERY, "credentialKind", false },
	{ "{\"credentialKind\":null,\"kind\":\"Key\"," INFO "}", PTN_FACTOR_FIRST, "credentialKind", false },
	{ "{\"kind\":\"Kex\"," INFO "}", PTN_FACTOR_FIRST, "kind", false },
	{ "{\"credentialKind\":\"PasswordProtectedKey\"," INFO "}", PTN_FACTOR_FIRST, "encryptedPrivateKey", false },
	{ "{\"credentialKind\":\"PasswordProtectedKey\",\"encryptedPrivateKey\":{}," INFO "}", PTN_FACTOR_FIRST, "encryptedPrivateKey", false },
	{ "{\"credentialKind\":\"Key\",\"credentialName\":1," INFO "}", PTN_FACTOR_FIRST, "credentialName", false },
	{ "{\"credentialKind\":\"Key\"}", PTN_FACTOR_FIRST, "credentialInfo", false },
	{ NEW("Key", "\"credId\":\"a\",\"clientData\":\"e30\""), PTN_FACTOR_FIRST, "credentialInfo/attestationData", false },
	{ NEW("Password", ""), PTN_FACTOR_FIRST, "credentialInfo/password", false },
	{ NEW("Totp", ""), PTN_FACTOR_SECOND, "credentialInfo/otpCode", false },
	// clang-format on
};

static void
test_new_credentials(void **state)
{
	struct ptn_dfns_factor_new c;
	struct ptn_json *v;
	const char *why;
	enum ptn_err r;
	size_t i;

	(void)state;
	for (i = 0; i < N(fresh); i++) {
		v = dfns_parse(ptn_bytes_of(fresh[i].text));
		r = ptn_dfns_factor_read_new(arena, v, fresh[i].place, &c,
		    &why);
		ptn_json_free(&v);
		if (fresh[i].why == NULL) {
			assert_int_equal(r, PTN_OK);
		} else {
			assert_int_equal(r, PTN_E_INPUT);
			assert_string_equal(why, fresh[i].why);
		}
		assert_int_equal(c.encrypted_private_key != NULL,
		    fresh[i].blob);
	}
}

/* The stored text comes back byte for byte. */
static void
test_blob_vector(void **state)
{
	const char *blob =
	    dfns_text(arena, dfns_vector("encryptedPrivateKey_example_scheme"),
		"encryptedPrivateKey");
	struct ptn_dfns_factor_new c;
	struct ptn_json *v;
	const char *why;

	(void)state;
	v = dfns_parse(ptn_bytes_of(ptn_arena_printf(arena,
	    "{\"credentialKind\":\"PasswordProtectedKey\","
	    "\"encryptedPrivateKey\":\"%s\"," INFO "}",
	    blob)));
	assert_int_equal(
	    ptn_dfns_factor_read_new(arena, v, PTN_FACTOR_FIRST, &c, &why),
	    PTN_OK);
	assert_string_equal(c.encrypted_private_key, blob);
	ptn_json_free(&v);
}

static void
test_pick(void **state)
{
	static const struct ptn_dfns_factor_allowed list[] = {
		{ "a-_b", PTN_CRED_KEY },
		{ "a+/b", PTN_CRED_PASSWORD_PROTECTED_KEY },
		{ "abc", PTN_CRED_FIDO2 },
	};
	static const struct {
		const char *id;
		enum ptn_dfns_cred_kind kind;
		size_t at;
		enum ptn_finding_reason reason;
	} cases[] = {
		{ "a-_b", PTN_CRED_KEY, 0, PTN_REASON_NONE },
		{ "a+/b", PTN_CRED_PASSWORD_PROTECTED_KEY, 1, PTN_REASON_NONE },
		{ "a+_b", PTN_CRED_KEY, 0, PTN_REASON_NONE },
		{ "abc=", PTN_CRED_FIDO2, 2, PTN_REASON_NONE },
		{ "a-_b", PTN_CRED_PASSWORD_PROTECTED_KEY, 0, PTN_REASON_KIND },
		{ "a+/b", PTN_CRED_KEY, 0, PTN_REASON_KIND },
		{ "ABC", PTN_CRED_FIDO2, 0, PTN_REASON_OTHER_CREDENTIAL },
		{ "abcd", PTN_CRED_FIDO2, 0, PTN_REASON_OTHER_CREDENTIAL },
		{ NULL, PTN_CRED_PASSWORD, 0, PTN_REASON_OTHER_CREDENTIAL },
	};
	struct ptn_dfns_factor f = { 0 };
	struct ptn_finding finding;
	size_t i, at;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		f.cred_id = cases[i].id;
		f.kind = cases[i].kind;
		ptn_dfns_factor_pick(&f, list, N(list), &at, &finding);
		assert_int_equal(finding.reason, cases[i].reason);
		assert_int_equal(finding.verdict == PTN_ALLOW,
		    cases[i].reason == PTN_REASON_NONE);
		assert_int_equal(at, cases[i].at);
	}
	f.cred_id = "abc";
	ptn_dfns_factor_pick(&f, NULL, 0, &at, &finding);
	assert_int_equal(finding.verdict, PTN_DENY);
}

static const struct {
	const char *text;
	const char *out; /* NULL: refused */
} codings[] = {
	{ "", "" },
	{ "Zg", "f" },
	{ "Zg==", "f" },
	{ "Zm9v", "foo" },
	{ "Zm8=", "fo" },
	{ "-_-_", "\xfb\xff\xbf" },
	{ "+/+/", "\xfb\xff\xbf" },
	{ "+/-_", "\xfb\xff\xbf" },
	{ "Zg=", NULL },
	{ "Zg===", NULL },
	{ "Zm9v====", NULL },
	{ "=", NULL },
	{ "====", NULL },
	{ "Zh", NULL },
	{ "Z=g=", NULL },
	{ "Zm9v\n", NULL },
	{ " Zm9v", NULL },
	{ "Zm9v.", NULL },
	{ "Z", NULL },
};

static void
test_codings(void **state)
{
	struct ptn_bytes out;
	enum ptn_err r;
	size_t i;

	(void)state;
	for (i = 0; i < N(codings); i++) {
		r = ptn_b64any_decode(arena, ptn_bytes_of(codings[i].text),
		    &out);
		assert_int_equal(r,
		    codings[i].out == NULL ? PTN_E_INPUT : PTN_OK);
		if (r == PTN_OK)
			assert_true(
			    ptn_bytes_equal(out, ptn_bytes_of(codings[i].out)));
	}
	assert_string_equal(
	    ptn_b64std_encode(arena, ptn_bytes_of("\xfb\xff\xbf\xfb")),
	    "+/+/+w");
	assert_int_equal(ptn_hex_decode(arena, ptn_bytes_of("00fFaB"), &out),
	    PTN_OK);
	assert_true(ptn_bytes_equal(out, PTN_BYTES("\0\xff\xab", 3)));
	assert_int_equal(ptn_hex_decode(arena, ptn_bytes_of("0"), &out),
	    PTN_E_INPUT);
	assert_int_equal(ptn_hex_decode(arena, ptn_bytes_of("0x"), &out),
	    PTN_E_INPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_kinds, dfns_each),
		cmocka_unit_test_setup(test_factors, dfns_each),
		cmocka_unit_test_setup(test_factor_members, dfns_each),
		cmocka_unit_test_setup(test_new_credentials, dfns_each),
		cmocka_unit_test_setup(test_blob_vector, dfns_each),
		cmocka_unit_test_setup(test_pick, dfns_each),
		cmocka_unit_test_setup(test_codings, dfns_each),
	};

	return cmocka_run_group_tests(tests, dfns_setup, dfns_teardown);
}
