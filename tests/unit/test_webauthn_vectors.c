/*
 * The test vectors of W3C Web Authentication Level 3, section 16, through the
 * functions that the endpoints call; and libfido2's opinion of each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/format/json.h"
#include "lib/webauthn/attestation.h"
#include "lib/webauthn/clientdata.h"
#include "lib/webauthn/webauthn.h"
#include "tests/unit/authenticator.h"
#include "tests/unit/oracle.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define FILE_MAX ((size_t)256 * 1024)
#define PREFIX "sctn-test-vectors-"

static const int32_t offered[] = { PTN_COSE_ES256, PTN_COSE_EDDSA,
	PTN_COSE_ES384, PTN_COSE_RS256 };
static const int32_t every[] = { PTN_COSE_ES256, PTN_COSE_EDDSA, PTN_COSE_ES384,
	PTN_COSE_RS256, PTN_COSE_ES512, PTN_COSE_ED448 };

static const struct vector {
	const char *anchor;
	int32_t alg;
	const char *fmt;
	enum ptn_finding_reason reason; /* as this server is configured */
	bool oracle;		       /* libfido2 knows it */
} vectors[] = {
	// clang-format off
	{ "none-es256", PTN_COSE_ES256, "none", PTN_REASON_NONE, true },
	{ "packed-self-es256", PTN_COSE_ES256, "packed", PTN_REASON_NONE, true },
	/* Cross-origin without naming the page: always refused. */
	{ "none-es256-crossOrigin", PTN_COSE_ES256, "none", PTN_REASON_CROSS_ORIGIN, true },
	{ "none-es256-topOrigin", PTN_COSE_ES256, "none", PTN_REASON_NONE, true },
	{ "none-es256-long-credential-id", PTN_COSE_ES256, "none", PTN_REASON_NONE, true },
	{ "packed-es256", PTN_COSE_ES256, "packed", PTN_REASON_NONE, true },
	{ "packed-es384", PTN_COSE_ES384, "packed", PTN_REASON_NONE, true },
	{ "packed-es512", PTN_COSE_ES512, "packed", PTN_REASON_ALGORITHM, false },
	/* libfido2 has room for moduli of 2048 bits only. */
	{ "packed-rs256", PTN_COSE_RS256, "packed", PTN_REASON_NONE, false },
	{ "packed-eddsa", PTN_COSE_EDDSA, "packed", PTN_REASON_NONE, true },
	{ "packed-ed448", PTN_COSE_ED448, "packed", PTN_REASON_ALGORITHM, false },
	/* Its TPM statements are of RS1 and RS256 keys only. */
	{ "tpm-es256", PTN_COSE_ES256, "tpm", PTN_REASON_NONE, false },
	{ "android-key-es256", PTN_COSE_ES256, "android-key", PTN_REASON_NONE, false },
	{ "apple-es256", PTN_COSE_ES256, "apple", PTN_REASON_NONE, false },
	{ "fido-u2f-es256", PTN_COSE_ES256, "fido-u2f", PTN_REASON_NONE, true },
	// clang-format on
};

static struct ptn_json *doc;
static struct ptn_webauthn_rp rp;
static char *origins[1], *tops[1];

/* One vector, decoded. */
struct loaded {
	struct ptn_webauthn_creation creation;
	struct ptn_bytes creation_challenge;
	struct ptn_webauthn_assertion assertion;
	struct ptn_bytes assertion_challenge;
};

static int
setup(void **state)
{
	const char *src = getenv("srcdir"), *why;
	char path[512], *text = malloc(FILE_MAX);
	FILE *f;
	size_t len;

	if (auth_setup(state) != 0 || text == NULL)
		return 1;
	snprintf(path, sizeof(path),
	    "%s/tests/vectors/webauthn-l3-vectors.json",
	    src != NULL ? src : ".");
	if ((f = fopen(path, "re")) == NULL) {
		fprintf(stderr, "%s is missing\n", path);
		return 1;
	}
	len = fread(text, 1, FILE_MAX, f);
	fclose(f);
	if (ptn_json_parse(PTN_BYTES(text, len), 8, &doc, &why) != PTN_OK) {
		fprintf(stderr, "%s: %s\n", path, why);
		return 1;
	}
	free(text);
	return 0;
}

static int
teardown(void **state)
{
	ptn_json_free(&doc);
	return auth_teardown(state);
}

static int
each(void **state)
{
	(void)state;
	ptn_arena_reset(auth_arena);
	rp.id = ptn_json_text(auth_arena, ptn_json_get(doc, "rp_id"));
	origins[0] = (char *)(uintptr_t)ptn_json_text(auth_arena,
	    ptn_json_get(doc, "origin"));
	tops[0] = (char *)(uintptr_t)ptn_json_text(auth_arena,
	    ptn_json_get(doc, "top_origin"));
	rp.origins = (struct ptn_strs){ origins, 1 };
	rp.top_origins = (struct ptn_strs){ tops, 1 };
	return 0;
}

static struct ptn_bytes
hex_of(const struct ptn_json *v, const char *name)
{
	const char *hex = ptn_json_text(auth_arena, ptn_json_get(v, name));

	assert_non_null(hex);
	return auth_unhex(hex);
}

static void
load(const char *anchor, struct loaded *l)
{
	const struct ptn_json *list = ptn_json_get(doc, "vectors"), *v = NULL;
	const char *name;
	size_t i;

	for (i = 0; i < ptn_json_len(list); i++) {
		v = ptn_json_at(list, i);
		name = ptn_json_text(auth_arena, ptn_json_get(v, "anchor"));
		if (strcmp(name + strlen(PREFIX), anchor) == 0)
			break;
	}
	assert_true(i < ptn_json_len(list));
	const struct ptn_json *reg = ptn_json_get(v, "registration");
	const struct ptn_json *get = ptn_json_get(v, "authentication");

	l->creation_challenge = hex_of(reg, "challenge");
	l->creation.client_data_json = hex_of(reg, "clientDataJSON");
	l->creation.attestation_object = hex_of(reg, "attestationObject");
	l->assertion_challenge = hex_of(get, "challenge");
	l->assertion.client_data_json = hex_of(get, "clientDataJSON");
	l->assertion.authenticator_data = hex_of(get, "authenticatorData");
	l->assertion.signature = hex_of(get, "signature");
}

/* Every vector of the file is one of the table. */
static void
test_all(void **state)
{
	(void)state;
	/* The first is the root certificate. */
	assert_int_equal(ptn_json_len(ptn_json_get(doc, "vectors")),
	    N(vectors) + 1);
}

static enum ptn_finding_reason
ceremonies(const struct vector *v, const struct loaded *l,
    struct ptn_webauthn_want *want, struct ptn_webauthn_attested *made)
{
	struct ptn_webauthn_stored stored;
	struct ptn_finding f;
	struct ptn_webauthn_asserted out;

	want->challenge = l->creation_challenge;
	assert_int_equal(ptn_webauthn_register(auth_arena, &rp, want,
			     &l->creation, made, &f),
	    PTN_OK);
	if (f.verdict != PTN_ALLOW)
		return f.reason;
	assert_int_equal(made->alg, v->alg);
	stored = (struct ptn_webauthn_stored){ .cose_key = made->cose_key,
		.sign_count = made->sign_count,
		.be = made->be };
	want->challenge = l->assertion_challenge;
	assert_int_equal(ptn_webauthn_assert(auth_arena, &rp, want, &stored,
			     &l->assertion, &out, &f),
	    PTN_OK);
	assert_int_equal(out.be, f.verdict == PTN_ALLOW && made->be);
	return f.reason;
}

/* As they come: attestation is not looked at. */
static void
test_unverified(void **state)
{
	struct ptn_webauthn_want want = { .algs = offered,
		.n_algs = N(offered),
		.now_s = AUTH_NOW_S };
	struct ptn_webauthn_attested made;
	struct loaded l;
	size_t i;

	(void)state;
	for (i = 0; i < N(vectors); i++) {
		print_message("# %s\n", vectors[i].anchor);
		load(vectors[i].anchor, &l);
		assert_int_equal(ceremonies(&vectors[i], &l, &want, &made),
		    vectors[i].reason);
		if (vectors[i].reason != PTN_REASON_NONE)
			continue;
		assert_string_equal(made.attestation, "none");
		assert_false(made.verified);
	}
}

static void
test_verified(void **state)
{
	struct ptn_webauthn_want want = { .algs = offered,
		.n_algs = N(offered),
		.now_s = AUTH_NOW_S,
		.attestation = PTN_ATTESTATION_VERIFY };
	struct ptn_webauthn_attested made;
	struct loaded l;
	size_t i;

	(void)state;
	for (i = 0; i < N(vectors); i++) {
		print_message("# %s\n", vectors[i].anchor);
		load(vectors[i].anchor, &l);
		assert_int_equal(ceremonies(&vectors[i], &l, &want, &made),
		    vectors[i].reason);
		if (vectors[i].reason != PTN_REASON_NONE)
			continue;
		assert_string_equal(made.attestation, vectors[i].fmt);
		assert_int_equal(made.verified,
		    strcmp(vectors[i].fmt, "none") != 0);
	}
}

/* Without our policy on algorithms, those hold that it refused. */
static void
test_other_algorithms(void **state)
{
	struct ptn_webauthn_want want = { .algs = every,
		.n_algs = N(every),
		.now_s = AUTH_NOW_S,
		.attestation = PTN_ATTESTATION_VERIFY };
	struct ptn_webauthn_attested made;
	struct loaded l;
	size_t i;

	(void)state;
	for (i = 0; i < N(vectors); i++) {
		if (vectors[i].reason != PTN_REASON_ALGORITHM)
			continue;
		print_message("# %s\n", vectors[i].anchor);
		load(vectors[i].anchor, &l);
		assert_int_equal(ceremonies(&vectors[i], &l, &want, &made),
		    PTN_REASON_NONE);
		assert_true(made.verified);
	}
}

/* The signature of the cross-origin vector, which policy refused, is right. */
static void
test_cross_origin(void **state)
{
	struct ptn_attestation object;
	struct ptn_authdata ad;
	struct ptn_clientdata client;
	struct ptn_cose_key key;
	struct ptn_bytes msg;
	enum ptn_verdict verdict;
	struct loaded l;

	(void)state;
	load("none-es256-crossOrigin", &l);
	assert_int_equal(ptn_attestation_parse(auth_arena,
			     l.creation.attestation_object, &object),
	    PTN_OK);
	assert_int_equal(ptn_authdata_parse(auth_arena, object.auth_data, &ad),
	    PTN_OK);
	assert_int_equal(ptn_cose_read(&ad.key, &key), PTN_OK);
	msg = auth_cat(l.assertion.authenticator_data,
	    auth_sha256(l.assertion.client_data_json));
	assert_int_equal(ptn_pubkey_verify(&key.key, key.alg, msg,
			     l.assertion.signature, &verdict),
	    PTN_OK);
	assert_int_equal(verdict, PTN_ALLOW);
	assert_int_equal(ptn_clientdata_parse(auth_arena,
			     l.assertion.client_data_json, &client),
	    PTN_OK);
	assert_true(client.cross_origin);
	assert_null(client.top_origin);
}

/* The value under a key of the attestation object, as it was encoded. */
static struct ptn_bytes
raw_member(struct ptn_bytes object, const char *name)
{
	struct ptn_cbor key, value;
	size_t used;

	object.p++; /* the head of the map */
	object.len--;
	while (object.len > 0) {
		assert_int_equal(
		    ptn_cbor_parse(auth_arena, object, 6, &key, &used), PTN_OK);
		object.p += used;
		object.len -= used;
		assert_int_equal(
		    ptn_cbor_parse(auth_arena, object, 6, &value, &used),
		    PTN_OK);
		if (ptn_bytes_equal(key.b, ptn_bytes_of(name)))
			return PTN_BYTES(object.p, used);
		object.p += used;
		object.len -= used;
	}
	fail();
	return object;
}

static void
test_oracle(void **state)
{
	struct ptn_attestation object;
	struct ptn_authdata ad;
	struct ptn_cose_key key;
	struct oracle_creation c;
	struct oracle_assertion a;
	struct loaded l;
	size_t i;

	(void)state;
	for (i = 0; i < N(vectors); i++) {
		if (!vectors[i].oracle)
			continue;
		print_message("# %s\n", vectors[i].anchor);
		load(vectors[i].anchor, &l);
		assert_int_equal(ptn_attestation_parse(auth_arena,
				     l.creation.attestation_object, &object),
		    PTN_OK);
		assert_int_equal(
		    ptn_authdata_parse(auth_arena, object.auth_data, &ad),
		    PTN_OK);
		assert_int_equal(ptn_cose_read(&ad.key, &key), PTN_OK);
		c = (struct oracle_creation){ object.fmt,
			raw_member(l.creation.attestation_object, "attStmt"),
			object.auth_data,
			auth_sha256(l.creation.client_data_json), rp.id,
			key.alg, false };
		assert_int_equal(oracle_create(&c),
		    strcmp(object.fmt, "none") == 0 ? ORACLE_DECODES
						    : ORACLE_YES);
		a = (struct oracle_assertion){
			.auth_data = l.assertion.authenticator_data,
			.signature = l.assertion.signature,
			.hash = auth_sha256(l.assertion.client_data_json),
			.rp_id = rp.id
		};
		assert_int_equal(ptn_cose_encode(auth_arena, &key, &a.cose_key),
		    PTN_OK);
		assert_int_equal(oracle_assert(&a), ORACLE_YES);
	}
}

/* A change of any byte of what is signed is noticed. */
static void
test_flipped(void **state)
{
	struct ptn_webauthn_want want = { .algs = offered,
		.n_algs = N(offered),
		.now_s = AUTH_NOW_S,
		.attestation = PTN_ATTESTATION_VERIFY };
	struct ptn_webauthn_attested made;
	struct loaded l, bad;
	size_t i, at;

	(void)state;
	for (i = 0; i < N(vectors); i++) {
		if (vectors[i].reason != PTN_REASON_NONE)
			continue;
		load(vectors[i].anchor, &l);
		for (at = 0; at < l.assertion.authenticator_data.len; at++) {
			bad = l;
			bad.assertion.authenticator_data =
			    auth_flip(l.assertion.authenticator_data, at);
			assert_int_not_equal(
			    ceremonies(&vectors[i], &bad, &want, &made),
			    PTN_REASON_NONE);
		}
		for (at = 0; at < l.assertion.client_data_json.len; at += 5) {
			bad = l;
			bad.assertion.client_data_json =
			    auth_flip(l.assertion.client_data_json, at);
			assert_int_not_equal(
			    ceremonies(&vectors[i], &bad, &want, &made),
			    PTN_REASON_NONE);
		}
		each(state);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_all, each),
		cmocka_unit_test_setup(test_unverified, each),
		cmocka_unit_test_setup(test_verified, each),
		cmocka_unit_test_setup(test_other_algorithms, each),
		cmocka_unit_test_setup(test_cross_origin, each),
		cmocka_unit_test_setup(test_oracle, each),
		cmocka_unit_test_setup(test_flipped, each),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
