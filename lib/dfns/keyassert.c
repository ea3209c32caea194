#include "lib/dfns/keyassert.h"

#include <string.h>

#include "lib/base/array.h"
#include "lib/base/base64.h"
#include "lib/base/hex.h"
#include "lib/crypto/crypto.h"
#include "lib/format/jsoneq.h"

#define DATA_DEPTH 8 /* levels of client data and attestations */
#define CREDENTIALS_DEPTH 32

/*
 * Names in capitals, without "-" and "_"; the first of a digest is stored.
 * "RSA" and "ECDSA" in front of one say nothing that the key does not say
 * better: some libraries call the digest by that name whatever the key.
 */
static const struct {
	const char *name;
	enum ptn_keyassert_digest digest;
} digests[] = {
	{ "SHA256", PTN_KEYASSERT_SHA256 },
	{ "SHA512", PTN_KEYASSERT_SHA512 },
	{ "EDDSA", PTN_KEYASSERT_NONE },
	{ "RSASHA256", PTN_KEYASSERT_SHA256 },
	{ "RSASHA512", PTN_KEYASSERT_SHA512 },
	{ "ECDSASHA256", PTN_KEYASSERT_SHA256 },
	{ "ECDSASHA512", PTN_KEYASSERT_SHA512 },
	{ "ED25519", PTN_KEYASSERT_NONE },
};

/* Is a text this name, in any spelling? */
static bool
is_spelling(struct ptn_bytes text, const char *name)
{
	size_t i;
	int c;

	for (i = 0; i < text.len; i++) {
		c = text.p[i];
		if (c == '-' || c == '_')
			continue;
		if (c >= 'a' && c <= 'z')
			c = c - 'a' + 'A';
		if (c != *name++ || c == '\0')
			return false;
	}
	return *name == '\0';
}

enum ptn_keyassert_digest
ptn_keyassert_digest_of(struct ptn_bytes name)
{
	size_t i;

	if (name.p == NULL || name.len == 0)
		return PTN_KEYASSERT_UNSET;
	for (i = 0; i < PTN_ARRAY_LEN(digests); i++)
		if (is_spelling(name, digests[i].name))
			return digests[i].digest;
	return PTN_KEYASSERT_OTHER;
}

const char *
ptn_keyassert_digest_name(enum ptn_keyassert_digest d)
{
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(digests); i++)
		if (digests[i].digest == d)
			return digests[i].name;
	return "";
}

/* ------------------------------------------------------------ client data */

static bool
absent_or(const struct ptn_json *v, enum ptn_json_type type)
{
	return v == NULL || ptn_json_type(v) == type;
}

/*
 * One object with type and challenge.  Older clients add origin and
 * crossOrigin; these must have the right types, and are not used.
 */
static enum ptn_err
read_client_data(struct ptn_bytes in, struct ptn_json **v)
{
	const char *why;
	enum ptn_err r;

	*v = NULL;
	if (in.len > PTN_KEYASSERT_DATA_MAX)
		return PTN_E_INPUT;
	if ((r = ptn_json_parse(in, DATA_DEPTH, v, &why)) != PTN_OK)
		return r;
	if (ptn_json_type(*v) == PTN_JSON_OBJECT &&
	    ptn_json_string(ptn_json_get(*v, "type")).p != NULL &&
	    ptn_json_string(ptn_json_get(*v, "challenge")).p != NULL &&
	    absent_or(ptn_json_get(*v, "origin"), PTN_JSON_STRING) &&
	    absent_or(ptn_json_get(*v, "crossOrigin"), PTN_JSON_BOOL))
		return PTN_OK;
	ptn_json_free(v);
	return PTN_E_INPUT;
}

/* The challenge as the client got it, or encoded in base64url once more. */
static enum ptn_err
challenge_check(struct ptn_arena *a, struct ptn_bytes got, const char *want,
    bool *same)
{
	const char *norm = ptn_b64any_norm(a, got);
	const char *twice = ptn_b64url_encode(a, ptn_bytes_of(want));
	bool once_ok, twice_ok;

	if (norm == NULL || twice == NULL)
		return PTN_E_NOMEM;
	if (memchr(got.p, '\0', got.len) != NULL)
		return PTN_OK;
	got = ptn_bytes_of(norm);
	once_ok = ptn_bytes_equal(got, ptn_bytes_of(want));
	twice_ok = ptn_bytes_equal(got, ptn_bytes_of(twice));
	*same = once_ok || twice_ok;
	return PTN_OK;
}

/* Latin-1 to UTF-8: each byte is a code point. */
static enum ptn_err
from_latin1(struct ptn_arena *a, struct ptn_bytes in, struct ptn_bytes *out)
{
	struct ptn_buf b;
	size_t i;

	ptn_buf_init(&b, a);
	for (i = 0; i < in.len; i++) {
		if (in.p[i] >= 0x80)
			ptn_buf_char(&b, (char)(0xc0 | in.p[i] >> 6));
		ptn_buf_char(&b,
		    (char)(in.p[i] < 0x80 ? in.p[i] : 0x80 | (in.p[i] & 0x3f)));
	}
	*out = PTN_BYTES(b.p, b.len);
	return b.bad ? PTN_E_NOMEM : PTN_OK;
}

static enum ptn_err
text_equals(struct ptn_bytes text, const struct ptn_json *want, bool *same)
{
	struct ptn_json *v;
	const char *why;
	enum ptn_err r;

	r = ptn_json_parse(text, CREDENTIALS_DEPTH, &v, &why);
	*same = r == PTN_OK && ptn_json_equal(v, want);
	ptn_json_free(&v);
	return r == PTN_E_INPUT ? PTN_OK : r;
}

/* The text of the new credentials, in UTF-8 or in Latin-1. */
static enum ptn_err
credentials_check(struct ptn_arena *a, struct ptn_bytes encoded,
    const struct ptn_json *want, bool *same)
{
	struct ptn_bytes text;
	enum ptn_err r;

	if ((r = ptn_b64any_decode(a, encoded, &text)) == PTN_E_INPUT)
		return PTN_OK;
	if (r == PTN_OK)
		r = text_equals(text, want, same);
	if (r != PTN_OK || *same)
		return r;
	if ((r = from_latin1(a, text, &text)) != PTN_OK)
		return r;
	return text_equals(text, want, same);
}

/* What the client data must contain. */
struct expected {
	const char *type;
	const char *challenge;		    /* NULL: it is a recovery */
	const struct ptn_json *credentials; /* of a recovery */
};

/* Check type and challenge; reason is PTN_REASON_NONE if they are right. */
static enum ptn_err
members_check(struct ptn_arena *a, const struct ptn_json *v,
    const struct expected *want, enum ptn_finding_reason *reason)
{
	struct ptn_bytes type = ptn_json_string(ptn_json_get(v, "type"));
	struct ptn_bytes got = ptn_json_string(ptn_json_get(v, "challenge"));
	bool same = false;
	enum ptn_err r;

	*reason = PTN_REASON_TYPE;
	if (type.len != strlen(want->type) ||
	    memcmp(type.p, want->type, type.len) != 0)
		return PTN_OK;
	r = want->challenge != NULL
	    ? challenge_check(a, got, want->challenge, &same)
	    : credentials_check(a, got, want->credentials, &same);
	*reason = same ? PTN_REASON_NONE : PTN_REASON_CHALLENGE;
	return r;
}

static enum ptn_err
client_data_check(struct ptn_arena *a, struct ptn_bytes in,
    const struct expected *want, enum ptn_finding_reason *reason)
{
	struct ptn_json *v;
	enum ptn_err r;

	if ((r = read_client_data(in, &v)) == PTN_E_INPUT) {
		*reason = PTN_REASON_CLIENT_DATA;
		return PTN_OK;
	}
	if (r == PTN_OK)
		r = members_check(a, v, want, reason);
	ptn_json_free(&v);
	return r;
}

/* -------------------------------------------------------------- signatures */

/*
 * The digest of the assertion, or else that of the stored credential, or else
 * SHA-256.  Ed25519 needs none.  False: what was named does not fit the key.
 */
static bool
choose_digest(const struct ptn_pubkey *k, enum ptn_keyassert_digest own,
    enum ptn_keyassert_digest stored, enum ptn_md *md)
{
	*md = PTN_MD_SHA256;
	if (k->kty == PTN_KTY_OKP)
		return true;
	if (own == PTN_KEYASSERT_UNSET)
		own = stored;
	if (own == PTN_KEYASSERT_SHA512)
		*md = PTN_MD_SHA512;
	return own != PTN_KEYASSERT_NONE && own != PTN_KEYASSERT_OTHER;
}

const char *
ptn_keyassert_digest_used(const struct ptn_pubkey *k,
    enum ptn_keyassert_digest own, enum ptn_keyassert_digest stored)
{
	enum ptn_md md;

	if (k->kty == PTN_KTY_OKP || !choose_digest(k, own, stored, &md))
		return "";
	return ptn_keyassert_digest_name(
	    md == PTN_MD_SHA512 ? PTN_KEYASSERT_SHA512 : PTN_KEYASSERT_SHA256);
}

static enum ptn_err
signature_check(struct ptn_arena *a, const struct ptn_keyassert_stored *stored,
    const struct ptn_keyassert_assertion *in, struct ptn_finding *finding)
{
	enum ptn_verdict verdict;
	struct ptn_pem pem;
	enum ptn_md md;
	enum ptn_err r;

	r = ptn_pem_read(a, ptn_bytes_of(stored->pem), &pem);
	if (r == PTN_E_INPUT)
		return ptn_finding_deny(finding, PTN_REASON_KEY);
	if (r != PTN_OK)
		return r;
	if (!choose_digest(&pem.key, in->digest, stored->digest, &md))
		return ptn_finding_deny(finding, PTN_REASON_ALGORITHM);
	(void)ptn_finding_deny(finding, PTN_REASON_SIGNATURE);
	r = ptn_pubkey_verify_md(&pem.key, md, in->client_data, in->signature,
	    &verdict);
	return r == PTN_OK && verdict == PTN_ALLOW ? ptn_finding_allow(finding)
						   : r;
}

static enum ptn_err
assertion_check(struct ptn_arena *a, const struct ptn_keyassert_stored *stored,
    const struct ptn_keyassert_assertion *in, const struct expected *want,
    struct ptn_finding *finding)
{
	enum ptn_finding_reason reason = PTN_REASON_NONE;
	enum ptn_err r;

	(void)ptn_finding_deny(finding, PTN_REASON_NONE);
	r = client_data_check(a, in->client_data, want, &reason);
	if (r != PTN_OK)
		return r;
	if (reason != PTN_REASON_NONE)
		return ptn_finding_deny(finding, reason);
	return signature_check(a, stored, in, finding);
}

enum ptn_err
ptn_keyassert_verify(struct ptn_arena *a,
    const struct ptn_keyassert_stored *stored,
    const struct ptn_keyassert_assertion *in, const char *challenge,
    struct ptn_finding *finding)
{
	const struct expected want = { "key.get", challenge, NULL };

	return assertion_check(a, stored, in, &want, finding);
}

enum ptn_err
ptn_keyassert_recover(struct ptn_arena *a,
    const struct ptn_keyassert_stored *stored,
    const struct ptn_keyassert_assertion *in,
    const struct ptn_json *new_credentials, struct ptn_finding *finding)
{
	const struct expected want = { "key.get", NULL, new_credentials };

	return assertion_check(a, stored, in, &want, finding);
}

/* ---------------------------------------------------------------- creation */

/* The members of an attestation. */
struct proof {
	const char *pem;
	struct ptn_bytes signature;
	enum ptn_keyassert_digest digest;
};

static enum ptn_err
read_proof_members(struct ptn_arena *a, const struct ptn_json *v,
    struct proof *out)
{
	const struct ptn_json *algorithm = ptn_json_get(v, "algorithm");
	struct ptn_bytes pem = ptn_json_string(ptn_json_get(v, "publicKey"));
	struct ptn_bytes hex = ptn_json_string(ptn_json_get(v, "signature"));

	if (ptn_json_type(v) != PTN_JSON_OBJECT || pem.p == NULL ||
	    pem.len > PTN_PEM_MAX || memchr(pem.p, '\0', pem.len) != NULL ||
	    hex.p == NULL || !absent_or(algorithm, PTN_JSON_STRING))
		return PTN_E_INPUT;
	out->digest = ptn_keyassert_digest_of(ptn_json_string(algorithm));
	out->pem = ptn_arena_strndup(a, (const char *)pem.p, pem.len);
	if (out->pem == NULL)
		return PTN_E_NOMEM;
	return ptn_hex_decode(a, hex, &out->signature);
}

static enum ptn_err
read_proof(struct ptn_arena *a, struct ptn_bytes in, struct proof *out)
{
	struct ptn_json *v;
	const char *why;
	enum ptn_err r;

	if (in.len > PTN_KEYASSERT_DATA_MAX)
		return PTN_E_INPUT;
	r = ptn_json_parse(in, DATA_DEPTH, &v, &why);
	if (r == PTN_OK)
		r = read_proof_members(a, v, out);
	ptn_json_free(&v);
	return r;
}

/*
 * The text that the new key signs.
 *
 * raw	put the PEM text between quotes as it is, instead of quoting it
 */
static enum ptn_err
signed_text(struct ptn_arena *a, struct ptn_bytes client_data, const char *pem,
    bool raw, struct ptn_bytes *out)
{
	uint8_t hash[PTN_SHA256_LEN];
	char hex[2 * PTN_SHA256_LEN + 1];
	struct ptn_buf b;

	ptn_crypto_sha256(client_data, hash);
	ptn_hex_encode(PTN_BYTES(hash, sizeof(hash)), hex);
	ptn_buf_init(&b, a);
	ptn_buf_printf(&b, "{\"clientDataHash\":\"%s\",\"publicKey\":", hex);
	if (raw)
		ptn_buf_printf(&b, "\"%s\"", pem);
	else
		ptn_json_quote(&b, ptn_bytes_of(pem));
	ptn_buf_char(&b, '}');
	*out = PTN_BYTES(b.p, b.len);
	return b.bad ? PTN_E_NOMEM : PTN_OK;
}

static enum ptn_err
proof_check(struct ptn_arena *a, struct ptn_bytes client_data,
    const struct proof *p, const struct ptn_pubkey *k, enum ptn_md md,
    enum ptn_verdict *verdict)
{
	struct ptn_bytes text;
	enum ptn_err r = PTN_OK;
	int raw;

	for (raw = 0; r == PTN_OK && *verdict != PTN_ALLOW && raw < 2; raw++) {
		r = signed_text(a, client_data, p->pem, raw == 1, &text);
		if (r == PTN_OK)
			r = ptn_pubkey_verify_md(k, md, text, p->signature,
			    verdict);
	}
	return r;
}

/* Read the attestation and its key; PTN_E_INPUT, with finding, if it fails. */
static enum ptn_err
read_created(struct ptn_arena *a, struct ptn_bytes attestation, struct proof *p,
    struct ptn_pem *pem, struct ptn_finding *finding)
{
	enum ptn_err r;

	if ((r = read_proof(a, attestation, p)) == PTN_E_INPUT)
		(void)ptn_finding_deny(finding, PTN_REASON_ATTESTATION_OBJECT);
	if (r != PTN_OK)
		return r;
	if ((r = ptn_pem_read(a, ptn_bytes_of(p->pem), pem)) == PTN_E_INPUT)
		(void)ptn_finding_deny(finding, PTN_REASON_KEY);
	return r;
}

static enum ptn_err
creation_check(struct ptn_arena *a, const struct ptn_keyassert_creation *in,
    struct ptn_keyassert_created *out, struct ptn_finding *finding)
{
	enum ptn_verdict verdict = PTN_DENY;
	struct proof p = { 0 };
	struct ptn_pem pem;
	enum ptn_md md;
	enum ptn_err r;

	r = read_created(a, in->attestation, &p, &pem, finding);
	if (r != PTN_OK)
		return r == PTN_E_INPUT ? PTN_OK : r;
	if (!choose_digest(&pem.key, p.digest, PTN_KEYASSERT_UNSET, &md))
		return ptn_finding_deny(finding, PTN_REASON_ALGORITHM);
	(void)ptn_finding_deny(finding, PTN_REASON_SIGNATURE);
	r = proof_check(a, in->client_data, &p, &pem.key, md, &verdict);
	if (r != PTN_OK || verdict != PTN_ALLOW)
		return r;
	out->pem = p.pem;
	out->key = pem;
	out->digest =
	    pem.key.kty == PTN_KTY_OKP ? PTN_KEYASSERT_UNSET : p.digest;
	return ptn_finding_allow(finding);
}

enum ptn_err
ptn_keyassert_create(struct ptn_arena *a,
    const struct ptn_keyassert_creation *in, const char *challenge,
    struct ptn_keyassert_created *out, struct ptn_finding *finding)
{
	const struct expected want = { "key.create", challenge, NULL };
	enum ptn_finding_reason reason = PTN_REASON_NONE;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	(void)ptn_finding_deny(finding, PTN_REASON_NONE);
	r = client_data_check(a, in->client_data, &want, &reason);
	if (r != PTN_OK)
		return r;
	if (reason != PTN_REASON_NONE)
		return ptn_finding_deny(finding, reason);
	return creation_check(a, in, out, finding);
}
