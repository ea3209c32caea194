#include "tests/unit/oracle.h"

#include <stdlib.h>
#include <string.h>

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/es384.h>
#include <fido/rs256.h>

#include "lib/crypto/cose.h"
#include "tests/unit/authenticator.h"

#define RS256_N_LEN 256 /* the only size that it has room for */
#define RS256_E_LEN 3

bool
oracle_blind(enum ptn_finding_reason reason)
{
	switch (reason) {
	case PTN_REASON_CLIENT_DATA:
	case PTN_REASON_TYPE:
	case PTN_REASON_CHALLENGE:
	case PTN_REASON_ORIGIN:
	case PTN_REASON_CROSS_ORIGIN:
	case PTN_REASON_TOP_ORIGIN:
	case PTN_REASON_RESERVED:
	case PTN_REASON_BACKUP:
	case PTN_REASON_BE_CHANGED:
	case PTN_REASON_ALGORITHM:
	case PTN_REASON_FORMAT:
	case PTN_REASON_CREDENTIAL_ID:
	case PTN_REASON_COUNTER:
		return true;
	case PTN_REASON_NONE:
	case PTN_REASON_ATTESTATION_OBJECT:
	case PTN_REASON_AUTH_DATA:
	case PTN_REASON_RP_ID:
	case PTN_REASON_UP:
	case PTN_REASON_UV:
	case PTN_REASON_KEY:
	case PTN_REASON_ATTESTATION:
	case PTN_REASON_SIGNATURE:
	/* The others are not of WebAuthn. */
	case PTN_REASON_OTHER_CREDENTIAL:
	case PTN_REASON_KIND:
	case PTN_REASON_USER_HANDLE:
	case PTN_REASON_CODE:
	case PTN_REASON_PASSWORD:
	case PTN_REASON__MAX:
	default:
		return false;
	}
}

static enum oracle
verify_creation(fido_cred_t *cred, const struct oracle_creation *in)
{
	int r;

	if (fido_cred_set_rp(cred, in->rp_id, NULL) != FIDO_OK ||
	    fido_cred_set_clientdata_hash(cred, in->hash.p, in->hash.len) !=
		FIDO_OK ||
	    fido_cred_set_uv(cred,
		in->require_uv ? FIDO_OPT_TRUE : FIDO_OPT_OMIT) != FIDO_OK)
		abort();
	if (fido_cred_set_authdata_raw(cred, in->auth_data.p,
		in->auth_data.len) != FIDO_OK)
		return ORACLE_NO;
	if (fido_cred_set_fmt(cred, in->fmt) != FIDO_OK)
		return ORACLE_UNKNOWN;
	if (strcmp(in->fmt, "none") == 0)
		return ORACLE_DECODES;
	/* It knows one kind of TPM: RSA keys, attested with SHA-1. */
	if (strcmp(in->fmt, "tpm") == 0 && in->alg != PTN_COSE_RS256)
		return ORACLE_UNKNOWN;
	if (fido_cred_set_attstmt(cred, in->stmt.p, in->stmt.len) != FIDO_OK)
		return ORACLE_NO;
	r = fido_cred_x5c_ptr(cred) != NULL ? fido_cred_verify(cred)
					    : fido_cred_verify_self(cred);
	return r == FIDO_OK ? ORACLE_YES : ORACLE_NO;
}

enum oracle
oracle_create(const struct oracle_creation *in)
{
	fido_cred_t *cred;
	enum oracle answer = ORACLE_UNKNOWN;

	fido_init(0);
	if ((cred = fido_cred_new()) == NULL)
		abort();
	/* Must be set before authenticator data, or that is refused. */
	if (fido_cred_set_type(cred, in->alg) == FIDO_OK)
		answer = verify_creation(cred, in);
	fido_cred_free(&cred);
	return answer;
}

/* The union of what fido_assert_verify() takes. */
struct keys {
	es256_pk_t *es256;
	es384_pk_t *es384;
	rs256_pk_t *rs256;
	eddsa_pk_t *eddsa;
};

static const void *
load_key(struct keys *k, const struct ptn_cose_key *key)
{
	struct ptn_bytes xy = auth_cat(key->key.x, key->key.y);
	struct ptn_bytes ne = auth_cat(key->key.n, key->key.e);

	switch (key->alg) {
	case PTN_COSE_ES256:
		k->es256 = es256_pk_new();
		return es256_pk_from_ptr(k->es256, xy.p, xy.len) == FIDO_OK
		    ? k->es256
		    : NULL;
	case PTN_COSE_ES384:
		k->es384 = es384_pk_new();
		return es384_pk_from_ptr(k->es384, xy.p, xy.len) == FIDO_OK
		    ? k->es384
		    : NULL;
	case PTN_COSE_RS256:
		k->rs256 = rs256_pk_new();
		return rs256_pk_from_ptr(k->rs256, ne.p, ne.len) == FIDO_OK
		    ? k->rs256
		    : NULL;
	default:
		k->eddsa = eddsa_pk_new();
		return eddsa_pk_from_ptr(k->eddsa, xy.p, xy.len) == FIDO_OK
		    ? k->eddsa
		    : NULL;
	}
}

static enum oracle
verify_assertion(fido_assert_t *a, const struct oracle_assertion *in,
    const struct ptn_cose_key *key)
{
	struct keys k = { NULL, NULL, NULL, NULL };
	const void *pk = load_key(&k, key);
	enum oracle answer = ORACLE_NO;

	if (fido_assert_set_count(a, 1) != FIDO_OK ||
	    fido_assert_set_rp(a, in->rp_id) != FIDO_OK ||
	    fido_assert_set_clientdata_hash(a, in->hash.p, in->hash.len) !=
		FIDO_OK ||
	    fido_assert_set_up(a, FIDO_OPT_TRUE) != FIDO_OK ||
	    fido_assert_set_uv(a,
		in->require_uv ? FIDO_OPT_TRUE : FIDO_OPT_OMIT) != FIDO_OK)
		abort();
	if (pk != NULL &&
	    fido_assert_set_authdata_raw(a, 0, in->auth_data.p,
		in->auth_data.len) == FIDO_OK &&
	    fido_assert_set_sig(a, 0, in->signature.p, in->signature.len) ==
		FIDO_OK &&
	    fido_assert_verify(a, 0, key->alg, pk) == FIDO_OK)
		answer = ORACLE_YES;
	es256_pk_free(&k.es256);
	es384_pk_free(&k.es384);
	rs256_pk_free(&k.rs256);
	eddsa_pk_free(&k.eddsa);
	return answer;
}

enum oracle
oracle_assert(const struct oracle_assertion *in)
{
	struct ptn_cose_key key;
	fido_assert_t *a;
	enum oracle answer;

	fido_init(0);
	if (ptn_cose_parse(auth_arena, in->cose_key, &key) != PTN_OK)
		return ORACLE_UNKNOWN;
	if (key.alg != PTN_COSE_ES256 && key.alg != PTN_COSE_ES384 &&
	    key.alg != PTN_COSE_EDDSA &&
	    (key.alg != PTN_COSE_RS256 || key.key.n.len != RS256_N_LEN ||
		key.key.e.len != RS256_E_LEN))
		return ORACLE_UNKNOWN;
	if ((a = fido_assert_new()) == NULL)
		abort();
	answer = verify_assertion(a, in, &key);
	fido_assert_free(&a);
	return answer;
}
