#include "lib/webauthn/attest.h"

/*
 * Step 5: 0x00 || rpIdHash || clientDataHash || credentialId || publicKeyU2F,
 * the key as 0x04 || x || y.
 */
static enum ptn_err
verification_data(const struct ptn_attest *in, struct ptn_bytes *out)
{
	const struct ptn_authdata *ad = in->authdata;
	const struct ptn_pubkey *k = &in->key->key;
	struct ptn_buf b;

	ptn_buf_init(&b, in->a);
	ptn_buf_char(&b, 0x00);
	ptn_buf_add(&b, ad->rp_id_hash.p, ad->rp_id_hash.len);
	ptn_buf_add(&b, in->client_data_hash.p, in->client_data_hash.len);
	ptn_buf_add(&b, ad->cred_id.p, ad->cred_id.len);
	ptn_buf_char(&b, 0x04);
	ptn_buf_add(&b, k->x.p, k->x.len);
	ptn_buf_add(&b, k->y.p, k->y.len);
	*out = PTN_BYTES(b.p, b.len);
	return b.bad ? PTN_E_NOMEM : PTN_OK;
}

enum ptn_err
ptn_attest_fido_u2f(const struct ptn_attest *in, struct ptn_finding *out)
{
	const struct ptn_cbor *x5c = ptn_attest_x5c(in);
	struct ptn_x509 cert;
	struct ptn_bytes sig, msg;
	enum ptn_verdict verdict;
	enum ptn_err r;

	/* Step 1. */
	if (x5c == NULL || !ptn_attest_sig(in, &sig) || in->stmt->n != 2)
		return ptn_attest_deny(out, "fido-u2f: malformed statement");
	/* Step 2: one certificate, with a key on P-256. */
	if (x5c->n != 1)
		return ptn_attest_deny(out, "fido-u2f: not one certificate");
	r = ptn_x509_parse(in->a, x5c->v[0].b, &cert);
	if (r == PTN_E_INPUT)
		return ptn_attest_deny(out, "fido-u2f: malformed certificate");
	if (r != PTN_OK)
		return r;
	if (!ptn_pubkey_fits(&cert.key, PTN_COSE_ES256))
		return ptn_attest_deny(out,
		    "fido-u2f: the certificate's key is not on P-256");
	/* Steps 3 and 4: coordinates of 32 bytes are what ES256 has. */
	if (in->key->alg != PTN_COSE_ES256)
		return ptn_attest_deny(out, "fido-u2f: not an ES256 key");
	/* Steps 5 and 6. */
	if ((r = verification_data(in, &msg)) != PTN_OK)
		return r;
	r = ptn_pubkey_verify(&cert.key, PTN_COSE_ES256, msg, sig, &verdict);
	if (r != PTN_OK)
		return r;
	if (verdict != PTN_ALLOW)
		return ptn_attest_deny(out, "fido-u2f: wrong signature");
	return ptn_finding_allow(out);
}
