#include "tests/unit/authenticator.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "lib/base/base64.h"
#include "lib/crypto/crypto.h"

#define ARENA_MAX ((size_t)16 << 20)
#define N(a) (sizeof(a) / sizeof((a)[0]))

struct ptn_arena *auth_arena;

const uint8_t auth_aaguid[PTN_AAGUID_LEN] = "authenticator 01";
const uint8_t auth_cred_id[32] = "the credential of the unit tests";

static void
must(bool ok)
{
	if (!ok)
		abort();
}

/* ------------------------------------------------------------------ keys */

static struct auth_key keys[2][5];

static EVP_PKEY *
generate(int32_t alg)
{
	switch (alg) {
	case PTN_COSE_ES256:
		return EVP_EC_gen("P-256");
	case PTN_COSE_ES384:
		return EVP_EC_gen("P-384");
	case PTN_COSE_ES512:
		return EVP_EC_gen("P-521");
	case PTN_COSE_EDDSA:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	default:
		return EVP_RSA_gen(2048);
	}
}

static const struct auth_key *
key_of(struct auth_key *set, int32_t alg)
{
	size_t i;

	for (i = 0; set[i].pkey != NULL; i++)
		if (set[i].alg == alg)
			return &set[i];
	must(i < N(keys[0]));
	set[i].alg = alg;
	set[i].pkey = generate(alg);
	must(set[i].pkey != NULL);
	return &set[i];
}

const struct auth_key *
auth_key(int32_t alg)
{
	return key_of(keys[0], alg);
}

const struct auth_key *
auth_other_key(int32_t alg)
{
	return key_of(keys[1], alg);
}

int
auth_setup(void **state)
{
	(void)state;
	auth_arena = ptn_arena_new(ARENA_MAX);
	return auth_arena == NULL || ptn_crypto_init() != PTN_OK;
}

int
auth_teardown(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N(keys[0]); i++) {
		EVP_PKEY_free(keys[0][i].pkey);
		EVP_PKEY_free(keys[1][i].pkey);
	}
	memset(keys, 0, sizeof(keys));
	ptn_arena_free(&auth_arena);
	return 0;
}

/* ----------------------------------------------------------------- bytes */

struct ptn_bytes
auth_unhex(const char *hex)
{
	size_t i, len = strlen(hex) / 2;
	uint8_t *p = ptn_arena_alloc(auth_arena, len + 1);
	char pair[3] = "";

	must(p != NULL);
	for (i = 0; i < len; i++) {
		memcpy(pair, hex + 2 * i, 2);
		p[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return PTN_BYTES(p, len);
}

struct ptn_bytes
auth_cat(struct ptn_bytes a, struct ptn_bytes b)
{
	uint8_t *p = ptn_arena_alloc(auth_arena, a.len + b.len);

	must(p != NULL);
	if (a.len > 0)
		memcpy(p, a.p, a.len);
	if (b.len > 0)
		memcpy(p + a.len, b.p, b.len);
	return PTN_BYTES(p, a.len + b.len);
}

struct ptn_bytes
auth_flip(struct ptn_bytes b, size_t at)
{
	struct ptn_bytes copy = auth_cat(b, PTN_BYTES(NULL, 0));

	must(at < b.len);
	((uint8_t *)(uintptr_t)copy.p)[at] ^= 0x01;
	return copy;
}

struct ptn_bytes
auth_text(const char *s)
{
	return ptn_bytes_of(s);
}

struct ptn_bytes
auth_sha256(struct ptn_bytes b)
{
	uint8_t hash[PTN_SHA256_LEN];

	ptn_crypto_sha256(b, hash);
	return auth_cat(PTN_BYTES(hash, sizeof(hash)), PTN_BYTES(NULL, 0));
}

void
auth_head(struct ptn_buf *b, unsigned major, uint64_t arg)
{
	if (arg < 24) {
		ptn_buf_char(b, (char)(major << 5 | arg));
	} else if (arg < 0x100) {
		ptn_buf_char(b, (char)(major << 5 | 24));
		ptn_buf_char(b, (char)arg);
	} else {
		must(arg < 0x10000);
		ptn_buf_char(b, (char)(major << 5 | 25));
		ptn_buf_char(b, (char)(arg >> 8));
		ptn_buf_char(b, (char)arg);
	}
}

void
auth_put_text(struct ptn_buf *b, const char *s)
{
	auth_head(b, 3, strlen(s));
	ptn_buf_str(b, s);
}

void
auth_put_bytes(struct ptn_buf *b, struct ptn_bytes bytes)
{
	auth_head(b, 2, bytes.len);
	ptn_buf_add(b, bytes.p, bytes.len);
}

void
auth_put_int(struct ptn_buf *b, int64_t i)
{
	if (i < 0)
		auth_head(b, 1, (uint64_t)(-1 - i));
	else
		auth_head(b, 0, (uint64_t)i);
}

/* ------------------------------------------------------------ signatures */

static struct ptn_bytes
param(const struct auth_key *key, const char *name, size_t len)
{
	uint8_t buf[512];
	BIGNUM *bn = NULL;

	must(EVP_PKEY_get_bn_param(key->pkey, name, &bn) == 1);
	if (len == 0)
		len = (size_t)BN_num_bytes(bn);
	must(BN_bn2binpad(bn, buf, (int)len) == (int)len);
	BN_free(bn);
	return auth_cat(PTN_BYTES(buf, len), PTN_BYTES(NULL, 0));
}

static void
put_ec(struct ptn_buf *b, const struct auth_key *key, int crv, size_t len)
{
	auth_head(b, 5, 5);
	auth_put_int(b, 1);
	auth_put_int(b, PTN_KTY_EC2);
	auth_put_int(b, 3);
	auth_put_int(b, key->alg);
	auth_put_int(b, -1);
	auth_put_int(b, crv);
	auth_put_int(b, -2);
	auth_put_bytes(b, param(key, OSSL_PKEY_PARAM_EC_PUB_X, len));
	auth_put_int(b, -3);
	auth_put_bytes(b, param(key, OSSL_PKEY_PARAM_EC_PUB_Y, len));
}

static void
put_rsa(struct ptn_buf *b, const struct auth_key *key)
{
	auth_head(b, 5, 4);
	auth_put_int(b, 1);
	auth_put_int(b, PTN_KTY_RSA);
	auth_put_int(b, 3);
	auth_put_int(b, key->alg);
	auth_put_int(b, -1);
	auth_put_bytes(b, param(key, OSSL_PKEY_PARAM_RSA_N, 0));
	auth_put_int(b, -2);
	auth_put_bytes(b, param(key, OSSL_PKEY_PARAM_RSA_E, 0));
}

static void
put_ed25519(struct ptn_buf *b, const struct auth_key *key)
{
	uint8_t x[32];
	size_t len = sizeof(x);

	must(EVP_PKEY_get_raw_public_key(key->pkey, x, &len) == 1);
	auth_head(b, 5, 4);
	auth_put_int(b, 1);
	auth_put_int(b, PTN_KTY_OKP);
	auth_put_int(b, 3);
	auth_put_int(b, key->alg);
	auth_put_int(b, -1);
	auth_put_int(b, PTN_CRV_ED25519);
	auth_put_int(b, -2);
	auth_put_bytes(b, PTN_BYTES(x, len));
}

struct ptn_bytes
auth_cose(const struct auth_key *key)
{
	struct ptn_buf b;

	ptn_buf_init(&b, auth_arena);
	switch (key->alg) {
	case PTN_COSE_ES256:
		put_ec(&b, key, PTN_CRV_P256, 32);
		break;
	case PTN_COSE_ES384:
		put_ec(&b, key, PTN_CRV_P384, 48);
		break;
	case PTN_COSE_ES512:
		put_ec(&b, key, PTN_CRV_P521, 66);
		break;
	case PTN_COSE_EDDSA:
		put_ed25519(&b, key);
		break;
	default:
		put_rsa(&b, key);
		break;
	}
	must(!b.bad);
	return PTN_BYTES(b.p, b.len);
}

static const char *
digest_of(int32_t alg)
{
	switch (alg) {
	case PTN_COSE_ES384:
		return "SHA384";
	case PTN_COSE_ES512:
		return "SHA512";
	case PTN_COSE_EDDSA:
		return NULL;
	case PTN_COSE_RS1:
		return "SHA1";
	default:
		return "SHA256";
	}
}

struct ptn_bytes
auth_sign(const struct auth_key *key, struct ptn_bytes msg)
{
	uint8_t sig[512];
	size_t len = sizeof(sig);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	must(ctx != NULL &&
	    EVP_DigestSignInit_ex(ctx, NULL, digest_of(key->alg), NULL, NULL,
		key->pkey, NULL) == 1 &&
	    EVP_DigestSign(ctx, sig, &len, msg.p, msg.len) == 1);
	EVP_MD_CTX_free(ctx);
	return auth_cat(PTN_BYTES(sig, len), PTN_BYTES(NULL, 0));
}

/* ------------------------------------------------------------- responses */

struct ptn_bytes
auth_challenge(void)
{
	return ptn_bytes_of("thirty-two bytes that were random");
}

const int32_t auth_offered[4] = { PTN_COSE_ES256, PTN_COSE_EDDSA,
	PTN_COSE_ES384, PTN_COSE_RS256 };

void
auth_expect(struct ptn_webauthn_rp *rp, struct ptn_webauthn_want *want)
{
	static char *origins[] = { (char *)(uintptr_t)AUTH_ORIGIN };

	ptn_arena_reset(auth_arena);
	*rp = (struct ptn_webauthn_rp){ .id = AUTH_RP_ID,
		.origins = { origins, N(origins) } };
	*want = (struct ptn_webauthn_want){ .challenge = auth_challenge(),
		.algs = auth_offered,
		.n_algs = N(auth_offered),
		.now_s = AUTH_NOW_S };
}

static struct ptn_bytes
client_data(const struct auth_client *c, const char *type)
{
	const char *challenge = c->challenge, *json = c->json;

	if (challenge == NULL)
		challenge = ptn_b64url_encode(auth_arena, auth_challenge());
	if (json == NULL)
		json = ptn_arena_printf(auth_arena,
		    "{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":\"%s\"%s}",
		    c->type != NULL ? c->type : type, challenge,
		    c->origin != NULL ? c->origin : AUTH_ORIGIN,
		    c->more != NULL ? c->more : "");
	must(json != NULL);
	return ptn_bytes_of(json);
}

static void
put_attested(struct ptn_buf *b, const struct auth_data *d,
    const struct auth_key *key)
{
	struct ptn_bytes id = PTN_BYTES(auth_cred_id, sizeof(auth_cred_id));
	struct ptn_bytes cose = d->cose.p != NULL ? d->cose : auth_cose(key);
	size_t len;

	if (d->cred_id.p != NULL)
		id = d->cred_id;
	if (d->empty_id)
		id.len = 0;
	len = d->id_len != 0 ? d->id_len : id.len;
	ptn_buf_add(b, auth_aaguid, sizeof(auth_aaguid));
	ptn_buf_char(b, (char)(len >> 8));
	ptn_buf_char(b, (char)len);
	ptn_buf_add(b, id.p, id.len);
	ptn_buf_add(b, cose.p, cose.len);
}

static struct ptn_bytes
auth_data(const struct auth_data *d, uint8_t flags, const struct auth_key *key)
{
	struct ptn_bytes hash;
	struct ptn_buf b;
	int shift;

	hash =
	    auth_sha256(ptn_bytes_of(d->rp_id != NULL ? d->rp_id : AUTH_RP_ID));
	flags = (uint8_t)((flags | d->set) & ~d->clear);
	ptn_buf_init(&b, auth_arena);
	ptn_buf_add(&b, hash.p, hash.len);
	ptn_buf_char(&b, (char)flags);
	for (shift = 24; shift >= 0; shift -= 8)
		ptn_buf_char(&b, (char)(d->count >> shift));
	if ((flags & PTN_AUTHDATA_AT) != 0)
		put_attested(&b, d, key);
	ptn_buf_add(&b, d->behind.p, d->behind.len);
	must(!b.bad && d->cut <= b.len);
	return PTN_BYTES(b.p, b.len - d->cut);
}

void
auth_create(struct auth_creation *c)
{
	struct ptn_buf stmt, object;

	if (c->key == NULL)
		c->key = auth_key(PTN_COSE_ES256);
	if (c->fmt == NULL)
		c->fmt = "none";
	c->out.client_data_json = client_data(&c->client, "webauthn.create");
	c->hash = auth_sha256(c->out.client_data_json);
	c->raw_data = auth_data(&c->data,
	    PTN_AUTHDATA_UP | PTN_AUTHDATA_UV | PTN_AUTHDATA_AT, c->key);
	ptn_buf_init(&stmt, auth_arena);
	if (c->statement != NULL)
		c->statement(&stmt, c);
	else
		auth_head(&stmt, 5, 0);
	must(!stmt.bad);
	c->raw_stmt = PTN_BYTES(stmt.p, stmt.len);
	ptn_buf_init(&object, auth_arena);
	auth_head(&object, 5, 3);
	auth_put_text(&object, "fmt");
	auth_put_text(&object, c->fmt);
	auth_put_text(&object, "attStmt");
	ptn_buf_add(&object, stmt.p, stmt.len);
	auth_put_text(&object, "authData");
	auth_put_bytes(&object, c->raw_data);
	must(!object.bad);
	c->out.attestation_object =
	    c->object.p != NULL ? c->object : PTN_BYTES(object.p, object.len);
}

void
auth_assert(struct auth_assertion *c)
{
	if (c->key == NULL)
		c->key = auth_key(PTN_COSE_ES256);
	c->out.client_data_json = client_data(&c->client, "webauthn.get");
	c->hash = auth_sha256(c->out.client_data_json);
	c->out.authenticator_data =
	    auth_data(&c->data, PTN_AUTHDATA_UP | PTN_AUTHDATA_UV, c->key);
	c->out.signature = c->signature;
	if (c->signature.p == NULL)
		c->out.signature = auth_sign(c->key,
		    auth_cat(c->out.authenticator_data, c->hash));
	c->out.signature = auth_cat(c->out.signature, c->sig_behind);
}

/* ---------------------------------------------------------- certificates */

static void
put_name(X509_NAME *name, const char *field, const char *value,
    const char *honest)
{
	if (value == NULL)
		value = honest;
	if (value[0] != '\0')
		must(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
			 (const unsigned char *)value, -1, -1, 0) == 1);
}

static void
put_ext(X509 *x, const char *oid, struct ptn_bytes value, bool critical)
{
	ASN1_OBJECT *obj = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *os = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext;

	must(obj != NULL && os != NULL &&
	    ASN1_OCTET_STRING_set(os, value.p, (int)value.len) == 1);
	ext = X509_EXTENSION_create_by_OBJ(NULL, obj, critical, os);
	must(ext != NULL && X509_add_ext(x, ext, -1) == 1);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(os);
	ASN1_OBJECT_free(obj);
}

static void
put_exts(X509 *x, const struct auth_cert *spec)
{
	size_t i;

	if (!spec->no_constraints)
		put_ext(x, "2.5.29.19",
		    auth_unhex(spec->ca ? "30030101ff" : "3000"), true);
	for (i = 0; i < N(spec->exts) && spec->exts[i].oid != NULL; i++)
		put_ext(x, spec->exts[i].oid, spec->exts[i].value,
		    spec->exts[i].critical);
}

/*
 * X509_sign() names the algorithm, and OpenSSL 3.5 makes it a v3, whatever it
 * was, if it has extensions: so the version is set once more, and what has it
 * is signed.
 */
static void
sign_cert(X509 *x, int version, const struct auth_key *key)
{
	union {
		const ASN1_BIT_STRING *in;
		ASN1_BIT_STRING *out;
	} signature;
	unsigned char *tbs = NULL;
	struct ptn_bytes sig;
	int len;

	must(X509_sign(x, key->pkey, EVP_sha256()) > 0 &&
	    X509_set_version(x, version) == 1);
	len = i2d_re_X509_tbs(x, &tbs);
	must(len > 0);
	sig = auth_sign(key, PTN_BYTES(tbs, (size_t)len));
	X509_get0_signature(&signature.in, NULL, x);
	must(ASN1_STRING_set(signature.out, sig.p, (int)sig.len) == 1);
	OPENSSL_free(tbs);
}

struct ptn_bytes
auth_make_cert(const struct auth_cert *spec)
{
	const struct auth_key *key = spec->key;
	X509 *x = X509_new();
	X509_NAME *name;
	unsigned char *der = NULL;
	struct ptn_bytes out;
	int len;

	if (key == NULL)
		key = auth_key(PTN_COSE_ES256);
	must(x != NULL && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
	    X509_set_pubkey(x, key->pkey) == 1);
	must(ASN1_TIME_set(X509_getm_notBefore(x), spec->not_before) != NULL &&
	    ASN1_TIME_set(X509_getm_notAfter(x), spec->not_after) != NULL);
	name = X509_get_issuer_name(x);
	put_name(name, "CN", NULL, "Nobody in particular");
	name = X509_get_subject_name(x);
	if (!spec->no_subject) {
		put_name(name, "C", spec->c, "AA");
		put_name(name, "O", spec->o, "Makers of software keys");
		put_name(name, "OU", spec->ou, "Authenticator Attestation");
		put_name(name, "CN", spec->cn, "Unit test");
	}
	put_exts(x, spec);
	sign_cert(x, spec->version, auth_other_key(PTN_COSE_ES256));
	len = i2d_X509(x, &der);
	must(len > 0);
	out = auth_cat(PTN_BYTES(der, (size_t)len), PTN_BYTES(NULL, 0));
	OPENSSL_free(der);
	X509_free(x);
	return out;
}
