#include "lib/webauthn/attest.h"

#include "lib/crypto/crypto.h"
#include "lib/format/der.h"

#define OID_NONCE "1.2.840.113635.100.8.2"

/* SEQUENCE { [1] EXPLICIT OCTET STRING } */
static bool
read_nonce(const struct ptn_x509 *c, struct ptn_bytes *nonce)
{
	const struct ptn_x509_ext *ext = ptn_x509_ext(c, OID_NONCE);
	struct ptn_bytes seq, one;

	return ext != NULL &&
	    ptn_der_only(ext->value, PTN_DER_CONSTRUCTED, PTN_DER_SEQUENCE,
		&seq) &&
	    ptn_der_only(seq, PTN_DER_CONTEXT | PTN_DER_CONSTRUCTED, 1, &one) &&
	    ptn_der_only(one, PTN_DER_UNIVERSAL, PTN_DER_OCTETS, nonce);
}

/*
 * Devices also send the algorithm of the key, as drafts of the format had it.
 * Nothing is signed with it: it must not be another one, and says no more.
 */
static bool
well_formed(const struct ptn_attest *in)
{
	int32_t alg;

	if (!ptn_cbor_has(in->stmt, "alg"))
		return in->stmt->n == 1;
	return in->stmt->n == 2 && ptn_attest_alg(in, &alg) &&
	    alg == in->key->alg;
}

enum ptn_err
ptn_attest_apple(const struct ptn_attest *in, struct ptn_finding *out)
{
	const struct ptn_cbor *x5c = ptn_attest_x5c(in);
	uint8_t hash[PTN_SHA256_LEN];
	struct ptn_x509 cert;
	struct ptn_bytes nonce;
	enum ptn_err r;

	/* Step 1. */
	if (x5c == NULL || !well_formed(in))
		return ptn_attest_deny(out, "apple: malformed statement");
	r = ptn_x509_parse(in->a, x5c->v[0].b, &cert);
	if (r == PTN_E_INPUT)
		return ptn_attest_deny(out, "apple: malformed certificate");
	if (r != PTN_OK)
		return r;
	/* Steps 2 and 3. */
	ptn_crypto_sha256(in->to_be_signed, hash);
	/* Step 4. */
	if (!read_nonce(&cert, &nonce) ||
	    !ptn_bytes_equal(nonce, PTN_BYTES(hash, sizeof(hash))))
		return ptn_attest_deny(out, "apple: another nonce");
	/* Step 5. */
	if (!ptn_pubkey_equal(&cert.key, &in->key->key))
		return ptn_attest_deny(out, "apple: another key");
	return ptn_finding_allow(out);
}
