#include <string.h>

#include "lib/webauthn/attest.h"

#define UNIT "Authenticator Attestation"

/* Section 8.2.1: what an attestation certificate must be. */
static const char *
cert_problem(const struct ptn_x509 *c)
{
	if (c->version != 3)
		return "packed: the certificate is not of version 3";
	if (c->country == NULL || strlen(c->country) != 2)
		return "packed: the subject has no country";
	if (c->organization == NULL || c->organization[0] == '\0')
		return "packed: the subject has no organization";
	if (c->unit == NULL || strcmp(c->unit, UNIT) != 0)
		return "packed: the subject's unit is another";
	if (c->common_name == NULL || c->common_name[0] == '\0')
		return "packed: the subject has no common name";
	if (!ptn_x509_is_leaf(c))
		return "packed: the certificate may be a CA's";
	return NULL;
}

/* All that were sent: they are certificates, and within their time. */
static enum ptn_err
chain_in_time(const struct ptn_attest *in, const struct ptn_cbor *x5c, bool *ok)
{
	struct ptn_x509 c;
	size_t i;
	enum ptn_err r;

	*ok = false;
	for (i = 0; i < x5c->n; i++) {
		r = ptn_x509_parse(in->a, x5c->v[i].b, &c);
		if (r != PTN_OK)
			return r == PTN_E_INPUT ? PTN_OK : r;
		if (in->now_s < c.not_before || in->now_s > c.not_after)
			return PTN_OK;
	}
	*ok = true;
	return PTN_OK;
}

static enum ptn_err
with_x5c(const struct ptn_attest *in, int32_t alg, struct ptn_bytes sig,
    struct ptn_finding *out)
{
	const struct ptn_cbor *x5c = ptn_attest_x5c(in);
	struct ptn_x509 cert;
	enum ptn_verdict verdict;
	const char *why;
	bool ok;
	enum ptn_err r;

	if (x5c == NULL || in->stmt->n != 3)
		return ptn_attest_deny(out, "packed: malformed statement");
	r = ptn_x509_parse(in->a, x5c->v[0].b, &cert);
	if (r == PTN_E_INPUT)
		return ptn_attest_deny(out, "packed: malformed certificate");
	if (r != PTN_OK)
		return r;

	/* Step 2, first point: the signature. */
	r = ptn_pubkey_verify(&cert.key, alg, in->to_be_signed, sig, &verdict);
	if (r != PTN_OK)
		return r;
	if (verdict != PTN_ALLOW)
		return ptn_attest_deny(out, "packed: wrong signature");

	/* Step 2, second point: section 8.2.1. */
	if ((why = cert_problem(&cert)) != NULL)
		return ptn_attest_deny(out, why);
	if ((r = chain_in_time(in, x5c, &ok)) != PTN_OK)
		return r;
	if (!ok)
		return ptn_attest_deny(out,
		    "packed: a certificate is malformed or out of its time");

	/* Step 2, third point: the AAGUID. */
	if (!ptn_attest_aaguid_ok(in, &cert))
		return ptn_attest_deny(out, "packed: another AAGUID");
	return ptn_finding_allow(out);
}

static enum ptn_err
self(const struct ptn_attest *in, int32_t alg, struct ptn_bytes sig,
    struct ptn_finding *out)
{
	enum ptn_verdict verdict;
	enum ptn_err r;

	if (in->stmt->n != 2)
		return ptn_attest_deny(out, "packed: malformed statement");
	/* Step 3, first point: the algorithm. */
	if (alg != in->key->alg)
		return ptn_attest_deny(out, "packed: another algorithm");
	/* Step 3, second point: the signature. */
	r = ptn_pubkey_verify(&in->key->key, alg, in->to_be_signed, sig,
	    &verdict);
	if (r != PTN_OK)
		return r;
	if (verdict != PTN_ALLOW)
		return ptn_attest_deny(out, "packed: wrong signature");
	return ptn_finding_allow(out);
}

enum ptn_err
ptn_attest_packed(const struct ptn_attest *in, struct ptn_finding *out)
{
	struct ptn_bytes sig;
	int32_t alg;

	/* Step 1. */
	if (!ptn_attest_alg(in, &alg) || !ptn_attest_sig(in, &sig))
		return ptn_attest_deny(out, "packed: malformed statement");
	return ptn_cbor_has(in->stmt, "x5c") ? with_x5c(in, alg, sig, out)
					     : self(in, alg, sig, out);
}
