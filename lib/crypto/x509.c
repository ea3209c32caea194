#include "lib/crypto/x509.h"

#include <string.h>
#include <time.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "lib/base/array.h"
#include "lib/crypto/ossl.h"
#include "lib/format/der.h"

#define OID_LEN 80
#define RSA_BYTES_MAX 512

#define OID_ALT_NAME "2.5.29.17"
#define OID_BASIC_CONSTRAINTS "2.5.29.19"
#define OID_EXT_KEY_USAGE "2.5.29.37"
#define DIRECTORY_NAME 4 /* GeneralName, RFC 5280 section 4.2.1.6 */

static bool
copy(struct ptn_arena *a, const unsigned char *p, int len,
    struct ptn_bytes *out)
{
	uint8_t *to;

	if (len < 0 || (to = ptn_arena_alloc(a, (size_t)len)) == NULL)
		return false;
	if (len > 0)
		memcpy(to, p, (size_t)len);
	*out = PTN_BYTES(to, (size_t)len);
	return true;
}

/* A number in len bytes, or in the fewest (0). */
static bool
number(struct ptn_arena *a, EVP_PKEY *pkey, const char *param, size_t len,
    struct ptn_bytes *out)
{
	uint8_t buf[RSA_BYTES_MAX];
	BIGNUM *bn = NULL;
	bool ok = false;

	if (EVP_PKEY_get_bn_param(pkey, param, &bn) == 1) {
		if (len == 0)
			len = (size_t)BN_num_bytes(bn);
		ok = len <= sizeof(buf) &&
		    BN_bn2binpad(bn, buf, (int)len) == (int)len &&
		    copy(a, buf, (int)len, out);
	}
	BN_free(bn);
	return ok;
}

static bool
read_ec(struct ptn_arena *a, EVP_PKEY *pkey, struct ptn_pubkey *k)
{
	static const struct {
		const char *group;
		enum ptn_crv crv;
	} groups[] = { { "prime256v1", PTN_CRV_P256 },
		{ "secp384r1", PTN_CRV_P384 }, { "secp521r1", PTN_CRV_P521 } };
	char group[32];
	size_t len, i;

	if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME,
		group, sizeof(group), NULL) != 1)
		return false;
	for (i = 0; i < PTN_ARRAY_LEN(groups); i++)
		if (strcmp(group, groups[i].group) == 0)
			k->crv = groups[i].crv;
	if ((len = ptn_pubkey_coord_len(k->crv)) == 0)
		return false;
	k->kty = PTN_KTY_EC2;
	return number(a, pkey, OSSL_PKEY_PARAM_EC_PUB_X, len, &k->x) &&
	    number(a, pkey, OSSL_PKEY_PARAM_EC_PUB_Y, len, &k->y);
}

static bool
read_okp(struct ptn_arena *a, EVP_PKEY *pkey, enum ptn_crv crv,
    struct ptn_pubkey *k)
{
	uint8_t buf[64];
	size_t len = sizeof(buf);

	k->kty = PTN_KTY_OKP;
	k->crv = crv;
	return EVP_PKEY_get_raw_public_key(pkey, buf, &len) == 1 &&
	    copy(a, buf, (int)len, &k->x);
}

/* What cannot be read stays unset, and then fits no algorithm. */
static void
read_key(struct ptn_arena *a, X509 *x, struct ptn_pubkey *k)
{
	EVP_PKEY *pkey = X509_get0_pubkey(x);
	bool ok = false;

	if (pkey == NULL)
		return;
	if (EVP_PKEY_is_a(pkey, "EC")) {
		ok = read_ec(a, pkey, k);
	} else if (EVP_PKEY_is_a(pkey, "RSA")) {
		k->kty = PTN_KTY_RSA;
		ok = number(a, pkey, OSSL_PKEY_PARAM_RSA_N, 0, &k->n) &&
		    number(a, pkey, OSSL_PKEY_PARAM_RSA_E, 0, &k->e);
	} else if (EVP_PKEY_is_a(pkey, "ED25519")) {
		ok = read_okp(a, pkey, PTN_CRV_ED25519, k);
	}
	if (!ok)
		memset(k, 0, sizeof(*k));
}

static bool
read_time(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = (int64_t)timegm(&tm);
	return true;
}

/* The only value of an attribute as UTF-8. */
static const char *
attribute(struct ptn_arena *a, const X509_NAME *name, int nid)
{
	int at = X509_NAME_get_index_by_NID(name, nid, -1), len;
	unsigned char *utf8 = NULL;
	char *text = NULL;

	if (at < 0 || X509_NAME_get_index_by_NID(name, nid, at) >= 0)
		return NULL;
	len = ASN1_STRING_to_UTF8(&utf8,
	    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (len >= 0 && memchr(utf8, '\0', (size_t)len) == NULL)
		text = ptn_arena_strndup(a, (char *)utf8, (size_t)len);
	OPENSSL_free(utf8);
	return text;
}

static enum ptn_err
read_ext(struct ptn_arena *a, X509_EXTENSION *from, struct ptn_x509_ext *to)
{
	const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(from);
	char oid[OID_LEN];
	int len;

	len = OBJ_obj2txt(oid, sizeof(oid), X509_EXTENSION_get_object(from), 1);
	if (len <= 0 || (size_t)len >= sizeof(oid))
		return PTN_E_INPUT;
	to->critical = X509_EXTENSION_get_critical(from) == 1;
	if ((to->oid = ptn_arena_strdup(a, oid)) == NULL ||
	    !copy(a, ASN1_STRING_get0_data(data), ASN1_STRING_length(data),
		&to->value))
		return PTN_E_NOMEM;
	return PTN_OK;
}

static enum ptn_err
read_exts(struct ptn_arena *a, X509 *x, struct ptn_x509 *c)
{
	int i, n = X509_get_ext_count(x);
	struct ptn_x509_ext *exts;
	enum ptn_err r;

	if (n > PTN_X509_EXTS_MAX)
		return PTN_E_INPUT;
	exts = ptn_arena_calloc(a, (size_t)n, sizeof(*exts));
	if (exts == NULL)
		return PTN_E_NOMEM;
	c->exts = exts;
	for (i = 0; i < n; i++) {
		r = read_ext(a, X509_get_ext(x, i), &exts[i]);
		if (r != PTN_OK)
			return r;
		/* Those before it only: n_exts counts them. */
		if (ptn_x509_ext(c, exts[i].oid) != NULL)
			return PTN_E_INPUT;
		c->n_exts++;
	}
	return PTN_OK;
}

static enum ptn_err
read_cert(struct ptn_arena *a, X509 *x, struct ptn_x509 *out)
{
	const X509_NAME *subject = X509_get_subject_name(x);

	if (!read_time(X509_get0_notBefore(x), &out->not_before) ||
	    !read_time(X509_get0_notAfter(x), &out->not_after))
		return PTN_E_INPUT;
	out->version = (int)X509_get_version(x) + 1;
	out->subject_empty = X509_NAME_entry_count(subject) == 0;
	out->country = attribute(a, subject, NID_countryName);
	out->organization = attribute(a, subject, NID_organizationName);
	out->unit = attribute(a, subject, NID_organizationalUnitName);
	out->common_name = attribute(a, subject, NID_commonName);
	read_key(a, x, &out->key);
	return read_exts(a, x, out);
}

enum ptn_err
ptn_x509_parse(struct ptn_arena *a, struct ptn_bytes der, struct ptn_x509 *out)
{
	const unsigned char *p = der.p;
	X509 *x;
	enum ptn_err r = PTN_E_INPUT;

	memset(out, 0, sizeof(*out));
	if (der.len > PTN_X509_MAX)
		return PTN_E_INPUT;
	x = d2i_X509(NULL, &p, (long)der.len);
	if (x != NULL && p == der.p + der.len)
		r = read_cert(a, x, out);
	X509_free(x);
	if (ptn_ossl_settle() != PTN_OK && r == PTN_E_INPUT)
		r = PTN_E_NOMEM;
	return r;
}

const struct ptn_x509_ext *
ptn_x509_ext(const struct ptn_x509 *c, const char *oid)
{
	size_t i;

	for (i = 0; i < c->n_exts; i++)
		if (strcmp(c->exts[i].oid, oid) == 0)
			return &c->exts[i];
	return NULL;
}

/* The elements of the SEQUENCE that an extension's value is. */
static bool
sequence_of(const struct ptn_x509 *c, const char *oid, struct ptn_bytes *seq)
{
	const struct ptn_x509_ext *ext = ptn_x509_ext(c, oid);

	return ext != NULL &&
	    ptn_der_only(ext->value, PTN_DER_CONSTRUCTED, PTN_DER_SEQUENCE,
		seq);
}

bool
ptn_x509_is_leaf(const struct ptn_x509 *c)
{
	struct ptn_bytes seq, ca;

	if (!sequence_of(c, OID_BASIC_CONSTRAINTS, &seq))
		return false;
	/* FALSE is the default; that some write it down does no harm. */
	if (seq.len > 0 &&
	    (!ptn_der_expect(&seq, PTN_DER_UNIVERSAL, PTN_DER_BOOLEAN, &ca) ||
		ca.len != 1 || ca.p[0] != 0))
		return false;
	return seq.len == 0;
}

bool
ptn_x509_has_usage(const struct ptn_x509 *c, struct ptn_bytes oid)
{
	struct ptn_bytes seq, one;

	if (!sequence_of(c, OID_EXT_KEY_USAGE, &seq))
		return false;
	while (ptn_der_expect(&seq, PTN_DER_UNIVERSAL, PTN_DER_OID, &one))
		if (ptn_bytes_equal(one, oid))
			return true;
	return false;
}

/* AttributeTypeAndValue of one RelativeDistinguishedName. */
static bool
in_rdn(struct ptn_bytes rdn, struct ptn_bytes oid, struct ptn_bytes *value)
{
	struct ptn_bytes pair, type;
	struct ptn_der d;

	while (ptn_der_sequence(&rdn, &pair)) {
		if (!ptn_der_expect(&pair, PTN_DER_UNIVERSAL, PTN_DER_OID,
			&type) ||
		    !ptn_der_next(&pair, &d))
			return false;
		if (ptn_bytes_equal(type, oid)) {
			*value = d.value;
			return true;
		}
	}
	return false;
}

bool
ptn_x509_alt_attribute(const struct ptn_x509 *c, struct ptn_bytes oid,
    struct ptn_bytes *value)
{
	struct ptn_bytes names, name, rdns, rdn;
	struct ptn_der d;

	if (!sequence_of(c, OID_ALT_NAME, &names))
		return false;
	while (ptn_der_next(&names, &d)) {
		name = d.value;
		if (d.form != (PTN_DER_CONTEXT | PTN_DER_CONSTRUCTED) ||
		    d.number != DIRECTORY_NAME ||
		    !ptn_der_sequence(&name, &rdns))
			continue;
		while (ptn_der_expect(&rdns, PTN_DER_CONSTRUCTED, PTN_DER_SET,
		    &rdn))
			if (in_rdn(rdn, oid, value))
				return true;
	}
	return false;
}
