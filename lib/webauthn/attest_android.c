#include "lib/webauthn/attest.h"

#include "lib/format/der.h"

#define OID_KEY_DESCRIPTION "1.3.6.1.4.1.11129.2.1.17"

/* AuthorizationList, and values of Keymaster. */
#define TAG_PURPOSE 1
#define TAG_ALL_APPLICATIONS 600
#define TAG_ORIGIN 702
#define KM_ORIGIN_GENERATED 0
#define KM_PURPOSE_SIGN 2

/* The members of KeyDescription that count. */
struct description {
	struct ptn_bytes challenge;
	struct ptn_bytes software;
	struct ptn_bytes tee;
};

static bool
read_description(const struct ptn_x509 *c, struct description *d)
{
	const struct ptn_x509_ext *ext = ptn_x509_ext(c, OID_KEY_DESCRIPTION);
	struct ptn_bytes seq, skip;

	return ext != NULL &&
	    ptn_der_only(ext->value, PTN_DER_CONSTRUCTED, PTN_DER_SEQUENCE,
		&seq) &&
	    ptn_der_expect(&seq, 0, PTN_DER_INTEGER, &skip) &&
	    ptn_der_expect(&seq, 0, PTN_DER_ENUMERATED, &skip) &&
	    ptn_der_expect(&seq, 0, PTN_DER_INTEGER, &skip) &&
	    ptn_der_expect(&seq, 0, PTN_DER_ENUMERATED, &skip) &&
	    ptn_der_expect(&seq, 0, PTN_DER_OCTETS, &d->challenge) &&
	    ptn_der_expect(&seq, 0, PTN_DER_OCTETS, &skip) &&
	    ptn_der_sequence(&seq, &d->software) &&
	    ptn_der_sequence(&seq, &d->tee);
}

static bool
is_integer(struct ptn_bytes *in, uint8_t want)
{
	struct ptn_bytes v;

	return ptn_der_expect(in, 0, PTN_DER_INTEGER, &v) && v.len == 1 &&
	    v.p[0] == want;
}

/* SET OF INTEGER with KM_PURPOSE_SIGN among them. */
static bool
may_sign(struct ptn_bytes in)
{
	struct ptn_bytes set, v;

	if (!ptn_der_only(in, PTN_DER_CONSTRUCTED, PTN_DER_SET, &set))
		return false;
	while (ptn_der_expect(&set, 0, PTN_DER_INTEGER, &v))
		if (v.len == 1 && v.p[0] == KM_PURPOSE_SIGN)
			return true;
	return false;
}

/*
 * Every member that is there says what it must; one that is absent says
 * nothing, be it from both lists: those of the W3C's own test vector are
 * empty.
 */
static const char *
list_problem(struct ptn_bytes list)
{
	struct ptn_der d;

	while (ptn_der_next(&list, &d)) {
		if (d.form != (PTN_DER_CONTEXT | PTN_DER_CONSTRUCTED))
			return "android-key: malformed authorization list";
		if (d.number == TAG_ALL_APPLICATIONS)
			return "android-key: a key of all applications";
		if (d.number == TAG_ORIGIN &&
		    (!is_integer(&d.value, KM_ORIGIN_GENERATED) ||
			d.value.len != 0))
			return "android-key: a key made elsewhere";
		if (d.number == TAG_PURPOSE && !may_sign(d.value))
			return "android-key: a key of another purpose";
	}
	return list.len == 0 ? NULL
			     : "android-key: malformed authorization list";
}

enum ptn_err
ptn_attest_android_key(const struct ptn_attest *in, struct ptn_finding *out)
{
	const struct ptn_cbor *x5c = ptn_attest_x5c(in);
	struct description d;
	struct ptn_x509 cert;
	struct ptn_bytes sig;
	enum ptn_verdict verdict;
	const char *why;
	int32_t alg;
	enum ptn_err r;

	/* First point: the syntax. */
	if (x5c == NULL || in->stmt->n != 3 || !ptn_attest_alg(in, &alg) ||
	    !ptn_attest_sig(in, &sig))
		return ptn_attest_deny(out, "android-key: malformed statement");
	r = ptn_x509_parse(in->a, x5c->v[0].b, &cert);
	if (r == PTN_E_INPUT)
		return ptn_attest_deny(out,
		    "android-key: malformed certificate");
	if (r != PTN_OK)
		return r;
	/* Second: the signature. */
	r = ptn_pubkey_verify(&cert.key, alg, in->to_be_signed, sig, &verdict);
	if (r != PTN_OK)
		return r;
	if (verdict != PTN_ALLOW)
		return ptn_attest_deny(out, "android-key: wrong signature");
	/* Third: it is the credential's own key. */
	if (!ptn_pubkey_equal(&cert.key, &in->key->key))
		return ptn_attest_deny(out, "android-key: another key");
	/* Fourth: made for this ceremony. */
	if (!read_description(&cert, &d))
		return ptn_attest_deny(out,
		    "android-key: malformed key description");
	if (!ptn_bytes_equal(d.challenge, in->client_data_hash))
		return ptn_attest_deny(out, "android-key: another challenge");
	/* Fifth: the authorization lists. */
	if ((why = list_problem(d.software)) != NULL ||
	    (why = list_problem(d.tee)) != NULL)
		return ptn_attest_deny(out, why);
	return ptn_finding_allow(out);
}
