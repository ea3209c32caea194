#include <string.h>

#include "lib/webauthn/attest.h"

/* TPM 2.0 Library, Part 2: Structures. */
#define TPM_GENERATED_VALUE 0xff544347 /* 6.2 */
#define TPM_ST_ATTEST_CERTIFY 0x8017   /* 6.9 */
enum {
	TPM_ALG_RSA = 0x0001,
	TPM_ALG_SHA256 = 0x000b,
	TPM_ALG_SHA384 = 0x000c,
	TPM_ALG_SHA512 = 0x000d,
	TPM_ALG_NULL = 0x0010,
	TPM_ALG_RSASSA = 0x0014,
	TPM_ALG_ECDSA = 0x0018,
	TPM_ALG_ECC = 0x0023
};				 /* 6.3 */
#define TPM_ECC_NIST_P256 0x0003 /* 6.4; P-384 and P-521 follow */
#define TPM_ECC_NIST_P521 0x0005
#define CLOCK_LEN 17  /* TPMS_CLOCK_INFO, 10.11.1 */
#define VERSION_LEN 8 /* firmwareVersion */

/* The contents of OIDs 2.23.133.8.3 and 2.23.133.2.1 to 2.23.133.2.3. */
static const uint8_t oid_aik[] = { 0x67, 0x81, 0x05, 0x08, 0x03 };
static const uint8_t oid_manufacturer[] = { 0x67, 0x81, 0x05, 0x02, 0x01 };
static const uint8_t oid_model[] = { 0x67, 0x81, 0x05, 0x02, 0x02 };
static const uint8_t oid_version[] = { 0x67, 0x81, 0x05, 0x02, 0x03 };

#define OID(o) PTN_BYTES(o, sizeof(o))

/* A reader that, once it ran past the end, stays bad and yields zeros. */
struct reader {
	struct ptn_bytes left;
	bool bad;
};

static struct ptn_bytes
take(struct reader *r, size_t len)
{
	struct ptn_bytes b = PTN_BYTES(r->left.p, len);

	if (r->bad || len > r->left.len) {
		r->bad = true;
		return PTN_BYTES(NULL, 0);
	}
	r->left.p += len;
	r->left.len -= len;
	return b;
}

static uint32_t
uint(struct reader *r, size_t len)
{
	struct ptn_bytes b = take(r, len);
	uint32_t v = 0;
	size_t i;

	for (i = 0; i < b.len; i++)
		v = v << 8 | b.p[i];
	return v;
}

/* TPM2B: two octets of length, and as many octets. */
static struct ptn_bytes
sized(struct reader *r)
{
	return take(r, uint(r, 2));
}

static bool
at_end(const struct reader *r)
{
	return !r->bad && r->left.len == 0;
}

/* Leading zeros do not count: a TPM may drop or keep them. */
static bool
number_equal(struct ptn_bytes a, struct ptn_bytes b)
{
	for (; a.len > 0 && a.p[0] == 0; a.p++)
		a.len--;
	for (; b.len > 0 && b.p[0] == 0; b.p++)
		b.len--;
	return a.len > 0 && ptn_bytes_equal(a, b);
}

/* A signing key has no symmetric part, and no scheme or the usual one. */
static bool
plain_scheme(struct reader *r, uint32_t usual)
{
	uint32_t symmetric = uint(r, 2), scheme = uint(r, 2);

	if (scheme == usual)
		(void)uint(r, 2); /* its hash */
	return symmetric == TPM_ALG_NULL &&
	    (scheme == TPM_ALG_NULL || scheme == usual);
}

/* TPMS_RSA_PARMS (12.2.3.5), and the modulus. */
static bool
rsa_is(struct reader *r, const struct ptn_pubkey *k)
{
	uint8_t e[4];
	uint32_t exponent;
	struct ptn_bytes n;
	bool plain = plain_scheme(r, TPM_ALG_RSASSA);
	size_t i;

	(void)uint(r, 2); /* keyBits: the modulus tells */
	exponent = uint(r, sizeof(e));
	n = sized(r);
	if (exponent == 0)
		exponent = 65537; /* the default of 12.2.3.5 */
	for (i = 0; i < sizeof(e); i++)
		e[i] = (uint8_t)(exponent >> (24 - 8 * i));
	return plain && at_end(r) && k->kty == PTN_KTY_RSA &&
	    number_equal(n, k->n) &&
	    number_equal(PTN_BYTES(e, sizeof(e)), k->e);
}

/* TPMS_ECC_PARMS (12.2.3.6), and the point. */
static bool
ecc_is(struct reader *r, const struct ptn_pubkey *k)
{
	bool plain = plain_scheme(r, TPM_ALG_ECDSA);
	uint32_t curve = uint(r, 2);
	struct ptn_bytes x, y;

	if (uint(r, 2) != TPM_ALG_NULL) /* kdf */
		return false;
	x = sized(r);
	y = sized(r);
	return plain && at_end(r) && k->kty == PTN_KTY_EC2 &&
	    curve >= TPM_ECC_NIST_P256 && curve <= TPM_ECC_NIST_P521 &&
	    curve - TPM_ECC_NIST_P256 + PTN_CRV_P256 == (uint32_t)k->crv &&
	    number_equal(x, k->x) && number_equal(y, k->y);
}

/* TPMT_PUBLIC (12.2.4): is it the credential's key? */
static bool
public_is(struct ptn_bytes pub_area, const struct ptn_pubkey *k)
{
	struct reader r = { pub_area, false };
	uint32_t type = uint(&r, 2);

	(void)uint(&r, 2); /* nameAlg: see name_is() */
	(void)uint(&r, 4); /* objectAttributes */
	(void)sized(&r);   /* authPolicy */
	if (type == TPM_ALG_RSA)
		return rsa_is(&r, k);
	return type == TPM_ALG_ECC && ecc_is(&r, k);
}

/* Part 1, section 16: nameAlg || its hash of the public area. */
static bool
name_is(struct ptn_bytes name, struct ptn_bytes pub_area)
{
	struct reader pub = { pub_area, false }, r = { name, false };
	uint8_t hash[PTN_DIGEST_MAX];
	uint32_t name_alg;
	int32_t alg;

	(void)uint(&pub, 2);
	name_alg = uint(&pub, 2);
	if (uint(&r, 2) != name_alg || r.bad)
		return false;
	switch (name_alg) {
	case TPM_ALG_SHA256:
		alg = PTN_COSE_ES256;
		break;
	case TPM_ALG_SHA384:
		alg = PTN_COSE_ES384;
		break;
	case TPM_ALG_SHA512:
		alg = PTN_COSE_ES512;
		break;
	default:
		return false;
	}
	/* Those algorithms for the hash that they use. */
	return ptn_bytes_equal(r.left,
	    PTN_BYTES(hash, ptn_pubkey_digest(alg, pub_area, hash)));
}

/* TPMS_ATTEST (10.12.8) with TPMS_CERTIFY_INFO (10.12.3). */
static const char *
cert_info_problem(const struct ptn_attest *in, int32_t alg,
    struct ptn_bytes cert_info, struct ptn_bytes pub_area)
{
	struct reader r = { cert_info, false };
	uint8_t hash[PTN_DIGEST_MAX];
	size_t hash_len = ptn_pubkey_digest(alg, in->to_be_signed, hash);
	struct ptn_bytes extra, name;

	if (uint(&r, 4) != TPM_GENERATED_VALUE)
		return "tpm: certInfo was not made by a TPM";
	if (uint(&r, 2) != TPM_ST_ATTEST_CERTIFY)
		return "tpm: certInfo is of another type";
	(void)sized(&r); /* qualifiedSigner */
	extra = sized(&r);
	(void)take(&r, CLOCK_LEN + VERSION_LEN);
	name = sized(&r);
	(void)sized(&r); /* qualifiedName */
	if (!at_end(&r))
		return "tpm: malformed certInfo";
	if (hash_len == 0 || !ptn_bytes_equal(extra, PTN_BYTES(hash, hash_len)))
		return "tpm: certInfo is of another ceremony";
	if (!name_is(name, pub_area))
		return "tpm: certInfo names another key";
	return NULL;
}

/* TCG EK profile, section 3.2.9: "id:" and eight hexadecimal digits. */
static bool
manufacturer_ok(struct ptn_bytes v)
{
	size_t i;

	if (v.len != 11 || memcmp(v.p, "id:", 3) != 0)
		return false;
	for (i = 3; i < v.len; i++)
		if (!(v.p[i] >= '0' && v.p[i] <= '9') &&
		    !(v.p[i] >= 'A' && v.p[i] <= 'F') &&
		    !(v.p[i] >= 'a' && v.p[i] <= 'f'))
			return false;
	return true;
}

/* Section 8.3.1. */
static const char *
cert_problem(const struct ptn_x509 *c)
{
	struct ptn_bytes manufacturer, model, version;

	if (c->version != 3)
		return "tpm: the certificate is not of version 3";
	if (!c->subject_empty)
		return "tpm: the certificate has a subject";
	if (!ptn_x509_alt_attribute(c, OID(oid_manufacturer), &manufacturer) ||
	    !ptn_x509_alt_attribute(c, OID(oid_model), &model) ||
	    !ptn_x509_alt_attribute(c, OID(oid_version), &version) ||
	    !manufacturer_ok(manufacturer))
		return "tpm: the certificate does not name the TPM";
	if (!ptn_x509_has_usage(c, OID(oid_aik)))
		return "tpm: the certificate is not an attestation key's";
	if (!ptn_x509_is_leaf(c))
		return "tpm: the certificate may be a CA's";
	return NULL;
}

static bool
version_ok(const struct ptn_cbor *stmt)
{
	const struct ptn_cbor *v = ptn_cbor_get(stmt, "ver", PTN_CBOR_TEXT);

	return v != NULL && v->b.len == 3 && memcmp(v->b.p, "2.0", 3) == 0;
}

/* "Verify integrity of certInfo": certificate and signature. */
static enum ptn_err
check_integrity(const struct ptn_attest *in, int32_t alg,
    struct ptn_bytes cert_info, struct ptn_finding *out)
{
	const struct ptn_cbor *x5c = ptn_attest_x5c(in);
	struct ptn_x509 cert;
	struct ptn_bytes sig;
	enum ptn_verdict verdict;
	const char *why;
	enum ptn_err r;

	if (x5c == NULL || !ptn_attest_sig(in, &sig))
		return ptn_attest_deny(out, "tpm: malformed statement");
	r = ptn_x509_parse(in->a, x5c->v[0].b, &cert);
	if (r == PTN_E_INPUT)
		return ptn_attest_deny(out, "tpm: malformed certificate");
	if (r != PTN_OK)
		return r;
	if ((why = cert_problem(&cert)) != NULL)
		return ptn_attest_deny(out, why);
	if (!ptn_attest_aaguid_ok(in, &cert))
		return ptn_attest_deny(out, "tpm: another AAGUID");
	r = ptn_pubkey_verify(&cert.key, alg, cert_info, sig, &verdict);
	if (r != PTN_OK)
		return r;
	if (verdict != PTN_ALLOW)
		return ptn_attest_deny(out, "tpm: wrong signature");
	return ptn_finding_allow(out);
}

enum ptn_err
ptn_attest_tpm(const struct ptn_attest *in, struct ptn_finding *out)
{
	const struct ptn_cbor *cert_info, *pub_area;
	struct ptn_finding integrity;
	const char *why;
	int32_t alg;
	enum ptn_err r;

	/* The syntax. */
	cert_info = ptn_cbor_get(in->stmt, "certInfo", PTN_CBOR_BYTES);
	pub_area = ptn_cbor_get(in->stmt, "pubArea", PTN_CBOR_BYTES);
	if (in->stmt->n != 6 || !version_ok(in->stmt) ||
	    !ptn_attest_alg(in, &alg) || cert_info == NULL || pub_area == NULL)
		return ptn_attest_deny(out, "tpm: malformed statement");
	/* pubArea is the credential's key. */
	if (!public_is(pub_area->b, &in->key->key))
		return ptn_attest_deny(out, "tpm: another key");
	/* Integrity of certInfo. */
	r = check_integrity(in, alg, cert_info->b, &integrity);
	if (r != PTN_OK)
		return r;
	if (integrity.verdict != PTN_ALLOW)
		return ptn_attest_deny(out, integrity.why);
	/* Validity of certInfo. */
	why = cert_info_problem(in, alg, cert_info->b, pub_area->b);
	if (why != NULL)
		return ptn_attest_deny(out, why);
	return ptn_finding_allow(out);
}
