#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/base64.h"
#include "lib/base/hex.h"
#include "lib/base/log.h"
#include "lib/dfns/factor.h"
#include "lib/dfns/keyassert.h"
#include "tests/unit/dfns.h"

/* The worked examples of key credentials, through what endpoints call. */

#define N(a) (sizeof(a) / sizeof((a)[0]))

static enum ptn_dfns_factor_place
place_of(const struct ptn_json *request)
{
	struct ptn_bytes kind =
	    ptn_json_string(ptn_json_get(request, "credentialKind"));

	return ptn_dfns_cred_kind_of(kind) == PTN_CRED_RECOVERY_KEY
	    ? PTN_FACTOR_RECOVERY
	    : PTN_FACTOR_FIRST;
}

/* Read and judge one new credential of the key kinds. */
static struct ptn_finding
verify_new(const struct ptn_json *request, const char *challenge,
    struct ptn_keyassert_created *out)
{
	struct ptn_dfns_factor_new c;
	struct ptn_keyassert_creation in;
	struct ptn_finding finding;
	const char *why;

	assert_int_equal(ptn_dfns_factor_read_new(arena, request,
			     place_of(request), &c, &why),
	    PTN_OK);
	in = (struct ptn_keyassert_creation){ c.client_data, c.attestation };
	assert_int_equal(
	    ptn_keyassert_create(arena, &in, challenge, out, &finding), PTN_OK);
	return finding;
}

static bool
check_registration(void *arg, const char *name, const struct ptn_json *v)
{
	const struct ptn_json *request = ptn_json_get(v, "request"), *key;
	struct ptn_keyassert_created made;
	struct ptn_finding finding;
	size_t *n = arg;

	if (strncmp(name, "fido2", 5) == 0 || request == NULL)
		return true;
	finding = verify_new(request, dfns_text(arena, v, "challenge"), &made);
	if (finding.verdict != PTN_ALLOW)
		fail_msg("%s: %s", name, ptn_finding_word(finding.reason));
	key = ptn_json_get(dfns_vector("keys"), dfns_text(arena, v, "key"));
	assert_string_equal(made.key.fingerprint,
	    dfns_text(arena, key, "spki_sha256_fingerprint"));
	/* Another challenge is refused, and leaves nothing. */
	finding = verify_new(request, "Y2gtb3RoZXI", &made);
	assert_int_equal(finding.verdict, PTN_DENY);
	assert_int_equal(finding.reason, PTN_REASON_CHALLENGE);
	assert_null(made.pem);
	(*n)++;
	return true;
}

static void
test_registration(void **state)
{
	size_t n = 0;

	(void)state;
	assert_true(
	    ptn_json_each(dfns_vector("registration"), check_registration, &n));
	assert_in_range(n, 9, 100);
}

static enum ptn_err
assert_with(const char *pem, const struct ptn_dfns_factor *f,
    const char *challenge, struct ptn_finding *finding)
{
	const struct ptn_keyassert_stored stored = { pem, PTN_KEYASSERT_UNSET };
	const struct ptn_keyassert_assertion in = { f->client_data,
		f->signature, f->digest };

	return ptn_keyassert_verify(arena, &stored, &in, challenge, finding);
}

static bool
check_login(void *arg, const char *name, const struct ptn_json *v)
{
	const char *challenge, *why;
	struct ptn_dfns_factor_allowed allowed;
	struct ptn_finding finding;
	struct ptn_dfns_factor f;
	size_t *n = arg, at;

	if (strncmp(name, "fido2", 5) == 0 ||
	    ptn_json_get(v, "firstFactor") == NULL)
		return true;
	challenge = dfns_text(arena, v, "challenge");
	assert_int_equal(ptn_dfns_factor_read(arena,
			     ptn_json_get(v, "firstFactor"), PTN_FACTOR_FIRST,
			     &f, &why),
	    PTN_OK);
	allowed = (struct ptn_dfns_factor_allowed){ f.cred_id, f.kind };
	ptn_dfns_factor_pick(&f, &allowed, 1, &at, &finding);
	assert_int_equal(finding.verdict, PTN_ALLOW);
	assert_int_equal(
	    assert_with(dfns_pem(arena, dfns_text(arena, v, "key")), &f,
		challenge, &finding),
	    PTN_OK);
	if (finding.verdict != PTN_ALLOW)
		fail_msg("%s: %s", name, ptn_finding_word(finding.reason));
	assert_int_equal(
	    assert_with(dfns_pem(arena, "p256_new"), &f, challenge, &finding),
	    PTN_OK);
	assert_int_equal(finding.reason, PTN_REASON_SIGNATURE);
	(*n)++;
	return true;
}

static void
test_login(void **state)
{
	size_t n = 0;

	(void)state;
	assert_true(ptn_json_each(dfns_vector("login"), check_login, &n));
	assert_in_range(n, 9, 100);
}

/* A case of "negative" has no factor around its assertion. */
static void
read_negative(const struct ptn_json *v, struct ptn_dfns_factor *f)
{
	static const char *const members[] = { "credId", "clientData",
		"signature" };
	const struct ptn_json *in = ptn_json_get(v, "credentialAssertion");
	struct ptn_json *factor;
	struct ptn_jsonw w;
	const char *why;
	size_t i;

	ptn_jsonw_init(&w, arena);
	ptn_jsonw_object(&w, NULL);
	ptn_jsonw_str(&w, "kind",
	    ptn_json_has(v, "kind") ? dfns_text(arena, v, "kind") : "Key");
	ptn_jsonw_object(&w, "credentialAssertion");
	for (i = 0; i < N(members); i++)
		ptn_jsonw_str(&w, members[i], dfns_text(arena, in, members[i]));
	ptn_jsonw_end_object(&w);
	ptn_jsonw_end_object(&w);
	assert_false(w.buf.bad);
	factor = dfns_parse(ptn_bytes_of(w.buf.p));
	assert_int_equal(
	    ptn_dfns_factor_read(arena, factor, PTN_FACTOR_FIRST, f, &why),
	    PTN_OK);
	ptn_json_free(&factor);
}

static void
check_negative(const struct ptn_json *v)
{
	struct ptn_dfns_factor_allowed allowed = { NULL, PTN_CRED_KEY };
	struct ptn_finding finding;
	struct ptn_dfns_factor f;
	size_t at;

	allowed.cred_id = dfns_text(arena, dfns_vector("login/key_p256"),
	    "firstFactor/credentialAssertion/credId");
	read_negative(v, &f);
	ptn_dfns_factor_pick(&f, &allowed, 1, &at, &finding);
	if (finding.verdict == PTN_ALLOW)
		assert_int_equal(
		    assert_with(dfns_pem(arena, "p256"), &f,
			dfns_text(arena, dfns_vector("negative"), "challenge"),
			&finding),
		    PTN_OK);
	assert_int_equal(finding.verdict, PTN_DENY);
	assert_string_equal(ptn_finding_word(finding.reason),
	    dfns_text(arena, v, "failing_check"));
}

static void
test_negative(void **state)
{
	const struct ptn_json *cases = dfns_vector("negative/cases");
	size_t i;

	(void)state;
	assert_in_range(ptn_json_len(cases), 8, 100);
	for (i = 0; i < ptn_json_len(cases); i++)
		check_negative(ptn_json_at(cases, i));
}

static struct ptn_finding
verify_recovery(const struct ptn_json *factor, const struct ptn_json *fresh)
{
	const struct ptn_keyassert_stored stored = {
		dfns_pem(arena, "p256_recovery"), PTN_KEYASSERT_UNSET
	};
	struct ptn_keyassert_assertion in;
	struct ptn_finding finding;
	struct ptn_dfns_factor f;
	const char *why;

	assert_int_equal(
	    ptn_dfns_factor_read(arena, factor, PTN_FACTOR_RECOVERY, &f, &why),
	    PTN_OK);
	in = (struct ptn_keyassert_assertion){ f.client_data, f.signature,
		f.digest };
	assert_int_equal(
	    ptn_keyassert_recover(arena, &stored, &in, fresh, &finding),
	    PTN_OK);
	return finding;
}

static void
test_recovery(void **state)
{
	const struct ptn_json *v = dfns_vector("recovery"), *fresh, *factor;
	struct ptn_keyassert_created made;
	struct ptn_finding finding;
	struct ptn_json *other;

	(void)state;
	fresh = dfns_at(v, "request/newCredentials");
	factor = dfns_at(v, "request/recovery");
	assert_int_equal(verify_recovery(factor, fresh).verdict, PTN_ALLOW);
	finding = verify_new(dfns_at(fresh, "firstFactorCredential"),
	    dfns_text(arena, v, "challenge"), &made);
	assert_int_equal(finding.verdict, PTN_ALLOW);
	/* Other credentials than those that were signed. */
	other = dfns_parse(ptn_bytes_of("{\"firstFactorCredential\":{}}"));
	finding = verify_recovery(factor, other);
	assert_int_equal(finding.verdict, PTN_DENY);
	assert_int_equal(finding.reason, PTN_REASON_CHALLENGE);
	assert_int_equal(verify_recovery(factor, NULL).verdict, PTN_DENY);
	ptn_json_free(&other);
}

/* Only the signed message is printed; the client data are lost. */
static void
test_raw_line_feeds(void **state)
{
	const struct ptn_json *v =
	    dfns_vector("registration/documented_sample_raw_line_feeds");
	enum ptn_verdict verdict;
	struct ptn_bytes sig;
	struct ptn_pem pem;

	(void)state;
	assert_int_equal(ptn_pem_read(arena,
			     ptn_json_string(ptn_json_get(v, "public_pem")),
			     &pem),
	    PTN_OK);
	assert_int_equal(ptn_hex_decode(arena,
			     ptn_json_string(ptn_json_get(v, "signature_hex")),
			     &sig),
	    PTN_OK);
	assert_int_equal(ptn_pubkey_verify_md(&pem.key, PTN_MD_SHA256,
			     ptn_json_string(ptn_json_get(v, "message_utf8")),
			     sig, &verdict),
	    PTN_OK);
	assert_int_equal(verdict, PTN_ALLOW);
}

static enum ptn_verdict
jwt_verdict(const struct ptn_pubkey *k, const char *token)
{
	const char *dot = strrchr(token, '.');
	enum ptn_verdict verdict;
	struct ptn_bytes sig;

	assert_int_equal(ptn_b64url_decode(arena, ptn_bytes_of(dot + 1), &sig),
	    PTN_OK);
	assert_int_equal(ptn_pubkey_verify(k, PTN_COSE_EDDSA,
			     PTN_BYTES(token, dot - token), sig, &verdict),
	    PTN_OK);
	return verdict;
}

static bool
check_token(void *arg, const char *name, const struct ptn_json *v)
{
	struct ptn_pubkey k = { .kty = PTN_KTY_OKP, .crv = PTN_CRV_ED25519 };
	char *token = ptn_arena_strdup(arena, dfns_text(arena, v, "token"));
	size_t *n = arg;

	(void)name;
	assert_int_equal(
	    ptn_b64url_decode(arena,
		ptn_json_string(dfns_at(dfns_vector("jwt"), "jwk/x")), &k.x),
	    PTN_OK);
	assert_int_equal(jwt_verdict(&k, token), PTN_ALLOW);
	token[30] ^= 1;
	assert_int_equal(jwt_verdict(&k, token), PTN_DENY);
	(*n)++;
	return true;
}

static void
test_jwt(void **state)
{
	size_t n = 0;

	(void)state;
	assert_true(ptn_json_each(dfns_vector("jwt/tokens"), check_token, &n));
	assert_int_equal(n, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_registration, dfns_each),
		cmocka_unit_test_setup(test_login, dfns_each),
		cmocka_unit_test_setup(test_negative, dfns_each),
		cmocka_unit_test_setup(test_recovery, dfns_each),
		cmocka_unit_test_setup(test_raw_line_feeds, dfns_each),
		cmocka_unit_test_setup(test_jwt, dfns_each),
	};

	return cmocka_run_group_tests(tests, dfns_setup, dfns_teardown);
}
