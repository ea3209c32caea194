#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/dfns.h"

/*
 * No worked example without a test: each case of dfns-vectors.json is named
 * here, with the test below tests/ that is about it.  The requests among them
 * go through the real server, too: http/dfns_vectors.test.mjs.
 */
#define N(a) (sizeof(a) / sizeof((a)[0]))
#define PATH_LEN 512

/* clang-format off */
static const struct {
	const char *path;
	const char *test;
} cases[] = {
	{ "description", "vectors/README" },
	{ "generatedWith", "vectors/README" },
	{ "keys/p256", "unit/test_pem.c" },
	{ "keys/p256_ppk", "unit/test_pem.c" },
	{ "keys/p256_recovery", "unit/test_pem.c" },
	{ "keys/p256_new", "unit/test_pem.c" },
	{ "keys/p256_fido", "unit/test_pem.c" },
	{ "keys/p384", "unit/test_pem.c" },
	{ "keys/secp256k1", "unit/test_pem.c" },
	{ "keys/ed25519", "unit/test_pem.c" },
	{ "keys/rsa2048", "unit/test_pem.c" },
	{ "keys/rsa2048_pkcs1", "unit/test_pem.c" },
	{ "keys/jwt_ed25519", "unit/test_pem.c" },
	{ "ids/encoding", "unit/test_dfnsid.c" },
	{ "ids/strict_regex", "unit/test_dfnsid.c" },
	{ "ids/documented_examples_that_do_not_match_strict_regex", "unit/test_dfnsid.c" },
	{ "ids/documented_examples_that_decode_to_uuid_v4", "unit/test_dfnsid.c" },
	{ "ids/map/org", "unit/test_dfnsid.c" },
	{ "ids/map/org2", "unit/test_dfnsid.c" },
	{ "ids/map/user", "unit/test_dfnsid.c" },
	{ "ids/map/credKey", "unit/test_dfnsid.c" },
	{ "ids/map/session", "unit/test_dfnsid.c" },
	{ "ids/map/zero", "unit/test_dfnsid.c" },
	{ "ids/map/ones", "unit/test_dfnsid.c" },
	{ "fixture", "http/dfns_vectors.test.mjs" },
	{ "challenges/registration", "http/dfns_vectors.test.mjs" },
	{ "challenges/login", "http/dfns_vectors.test.mjs" },
	{ "challenges/rule", "http/dfns_vectors.test.mjs" },
	{ "registration/key_p256_sdk_browser", "unit/test_dfns_keyvectors.c" },
	{ "registration/key_p256_documented_form", "unit/test_dfns_keyvectors.c" },
	{ "registration/key_ed25519", "unit/test_dfns_keyvectors.c" },
	{ "registration/key_p384", "unit/test_dfns_keyvectors.c" },
	{ "registration/key_secp256k1", "unit/test_dfns_keyvectors.c" },
	{ "registration/key_rsa2048", "unit/test_dfns_keyvectors.c" },
	{ "registration/key_rsa2048_pkcs1_pem", "unit/test_dfns_keyvectors.c" },
	{ "registration/password_protected_key", "unit/test_dfns_keyvectors.c" },
	{ "registration/recovery_key_double_encoded", "unit/test_dfns_keyvectors.c" },
	{ "registration/fido2_none_sdk", "unit/test_dfns_fido.c" },
	{ "registration/fido2_packed_self_sdk", "unit/test_dfns_fido.c" },
	{ "registration/fido2_native_single_encoding", "unit/test_dfns_fido.c" },
	{ "registration/documented_sample_raw_line_feeds", "unit/test_dfns_keyvectors.c" },
	{ "encryptedPrivateKey_example_scheme", "unit/test_dfns_factor.c" },
	{ "login/key_p256", "unit/test_dfns_keyvectors.c" },
	{ "login/key_ed25519", "unit/test_dfns_keyvectors.c" },
	{ "login/key_p384", "unit/test_dfns_keyvectors.c" },
	{ "login/key_secp256k1", "unit/test_dfns_keyvectors.c" },
	{ "login/key_rsa2048", "unit/test_dfns_keyvectors.c" },
	{ "login/key_rsa2048_pkcs1", "unit/test_dfns_keyvectors.c" },
	{ "login/key_p256_browser", "unit/test_dfns_keyvectors.c" },
	{ "login/key_p256_documented_form", "unit/test_dfns_keyvectors.c" },
	{ "login/password_protected_key", "unit/test_dfns_keyvectors.c" },
	{ "login/fido2_sdk", "unit/test_dfns_fido.c" },
	{ "login/password_totp", "unit/test_totp.c" },
	{ "user_action", "unit/test_dfns_useraction.c" },
	{ "recovery", "unit/test_dfns_keyvectors.c" },
	{ "negative/challenge", "unit/test_dfns_keyvectors.c" },
	{ "negative/key", "unit/test_dfns_keyvectors.c" },
	{ "negative/fido2_key", "unit/test_dfns_keyvectors.c" },
	{ "negative/cases/0", "unit/test_dfns_keyvectors.c" },
	{ "negative/cases/1", "unit/test_dfns_keyvectors.c" },
	{ "negative/cases/2", "unit/test_dfns_keyvectors.c" },
	{ "negative/cases/3", "unit/test_dfns_keyvectors.c" },
	{ "negative/cases/4", "unit/test_dfns_keyvectors.c" },
	{ "negative/cases/5", "unit/test_dfns_keyvectors.c" },
	{ "negative/cases/6", "unit/test_dfns_keyvectors.c" },
	{ "negative/cases/7", "unit/test_dfns_keyvectors.c" },
	{ "negative/fido2/0", "unit/test_dfns_fido.c" },
	{ "negative/fido2/1", "unit/test_dfns_fido.c" },
	{ "negative/fido2/2", "unit/test_dfns_fido.c" },
	{ "negative/fido2/3", "unit/test_dfns_fido.c" },
	{ "negative/fido2/4", "unit/test_dfns_fido.c" },
	{ "totp/secret_base32", "unit/test_totp.c" },
	{ "totp/otpUrl", "unit/test_totp.c" },
	{ "totp/codes/0", "unit/test_totp.c" },
	{ "totp/codes/1", "unit/test_totp.c" },
	{ "totp/codes/2", "unit/test_totp.c" },
	{ "totp/codes/3", "unit/test_totp.c" },
	{ "jwt/jwk", "unit/test_dfns_keyvectors.c" },
	{ "jwt/tokens/user_token", "unit/test_dfns_keyvectors.c" },
	{ "jwt/tokens/temporaryAuthenticationToken", "unit/test_dfns_keyvectors.c" },
	{ "jwt/tokens/challengeIdentifier", "unit/test_dfns_keyvectors.c" },
	{ "jwt/tokens/userAction", "unit/test_dfns_keyvectors.c" },
	{ "jwt/sdk_org_check", "http/dfns_vectors.test.mjs" },
	{ "legacy_nonce_header", "http/dfns_vectors.test.mjs" },
	{ "codes/login_code_example", "unit/test_dfns_code.c" },
	{ "codes/normalised", "unit/test_dfns_code.c" },
	{ "codes/stored_sha256_hex", "unit/test_dfns_code.c" },
	{ "codes/credential_code_example", "unit/test_dfns_code.c" },
	{ "http_captured/send_login_code", "http/dfns_vectors.test.mjs" },
	{ "http_captured/login_init", "http/dfns_vectors.test.mjs" },
	{ "http_captured/logout", "http/dfns_vectors.test.mjs" },
	{ "http_captured/list_credentials", "http/dfns_vectors.test.mjs" },
	{ "http_captured/deactivate_credential", "http/dfns_vectors.test.mjs" },
};
/* clang-format on */

static bool seen[N(cases)];

/* A leaf belongs to the case that it is, or stands below. */
static void
take(const char *path)
{
	size_t i, len;

	for (i = 0; i < N(cases); i++) {
		len = strlen(cases[i].path);
		if (strncmp(path, cases[i].path, len) != 0 ||
		    (path[len] != '\0' && path[len] != '/'))
			continue;
		seen[i] = true;
		return;
	}
	fail_msg("no test is about %s", path);
}

static void walk(const char *path, const struct ptn_json *v);

static void
walk_into(const char *path, const char *name, const struct ptn_json *v)
{
	char below[PATH_LEN];

	assert_in_range(strlen(path) + strlen(name), 1, PATH_LEN - 2);
	snprintf(below, sizeof(below), "%s%s%s", path,
	    path[0] == '\0' ? "" : "/", name);
	walk(below, v);
}

static bool
walk_member(void *arg, const char *name, const struct ptn_json *v)
{
	walk_into(arg, name, v);
	return true;
}

static void
walk(const char *path, const struct ptn_json *v)
{
	char name[24], copy[PATH_LEN];
	size_t i;

	if (ptn_json_type(v) == PTN_JSON_OBJECT) {
		snprintf(copy, sizeof(copy), "%s", path);
		assert_true(ptn_json_each(v, walk_member, copy));
	} else if (ptn_json_type(v) == PTN_JSON_ARRAY) {
		for (i = 0; i < ptn_json_len(v); i++) {
			snprintf(name, sizeof(name), "%zu", i);
			walk_into(path, name, ptn_json_at(v, i));
		}
	} else {
		take(path);
	}
}

static void
test_every_leaf(void **state)
{
	size_t i;

	(void)state;
	walk("", dfns_vectors);
	for (i = 0; i < N(cases); i++)
		if (!seen[i])
			fail_msg("no vector %s any more", cases[i].path);
}

static void
test_every_test(void **state)
{
	const char *top = getenv("srcdir");
	char path[PATH_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		snprintf(path, sizeof(path), "%s/tests/%s",
		    top == NULL ? "." : top, cases[i].test);
		if (access(path, R_OK) != 0)
			fail_msg("%s: no %s", cases[i].path, path);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_every_leaf, dfns_each),
		cmocka_unit_test_setup(test_every_test, dfns_each),
	};

	return cmocka_run_group_tests(tests, dfns_setup, dfns_teardown);
}
