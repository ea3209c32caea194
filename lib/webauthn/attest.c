#include "lib/webauthn/attest.h"

#include "lib/format/der.h"

#define OID_AAGUID "1.3.6.1.4.1.45724.1.1.4"

enum ptn_err
ptn_attest_deny(struct ptn_finding *out, const char *why)
{
	return ptn_finding_deny_why(out, PTN_REASON_ATTESTATION, why);
}

bool
ptn_attest_alg(const struct ptn_attest *in, int32_t *alg)
{
	const struct ptn_cbor *v;

	v = ptn_cbor_get(in->stmt, "alg", PTN_CBOR_INT);
	if (v == NULL || v->i < INT32_MIN || v->i > INT32_MAX)
		return false;
	*alg = (int32_t)v->i;
	return true;
}

bool
ptn_attest_sig(const struct ptn_attest *in, struct ptn_bytes *sig)
{
	const struct ptn_cbor *v;

	v = ptn_cbor_get(in->stmt, "sig", PTN_CBOR_BYTES);
	if (v == NULL || v->b.len == 0)
		return false;
	*sig = v->b;
	return true;
}

const struct ptn_cbor *
ptn_attest_x5c(const struct ptn_attest *in)
{
	const struct ptn_cbor *v;
	size_t i;

	v = ptn_cbor_get(in->stmt, "x5c", PTN_CBOR_ARRAY);
	if (v == NULL || v->n == 0)
		return NULL;
	for (i = 0; i < v->n; i++)
		if (v->v[i].type != PTN_CBOR_BYTES)
			return NULL;
	return v;
}

/* WebAuthn L3 section 8.2.1: wrapped in two OCTET STRINGs. */
bool
ptn_attest_aaguid_ok(const struct ptn_attest *in, const struct ptn_x509 *cert)
{
	const struct ptn_x509_ext *ext = ptn_x509_ext(cert, OID_AAGUID);
	struct ptn_bytes aaguid;

	if (ext == NULL)
		return true;
	return !ext->critical &&
	    ptn_der_only(ext->value, PTN_DER_UNIVERSAL, PTN_DER_OCTETS,
		&aaguid) &&
	    ptn_bytes_equal(aaguid, in->authdata->aaguid);
}
