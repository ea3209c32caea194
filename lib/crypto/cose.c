#include "lib/crypto/cose.h"

#include <string.h>

/* Labels: RFC 9052 section 7.1, RFC 9053 section 7, RFC 8230 section 4. */
enum { LABEL_KTY = 1, LABEL_ALG = 3 };
enum { LABEL_CRV = -1, LABEL_X = -2, LABEL_Y = -3 };
enum { LABEL_N = -1, LABEL_E = -2 };

enum ptn_err
ptn_cose_alg(const struct ptn_cbor *map, int32_t *alg)
{
	const struct ptn_cbor *v;

	v = ptn_cbor_get_label(map, LABEL_ALG, PTN_CBOR_INT);
	if (v == NULL || v->i < INT32_MIN || v->i > INT32_MAX)
		return PTN_E_INPUT;
	*alg = (int32_t)v->i;
	return PTN_OK;
}

static bool
read_bytes(const struct ptn_cbor *map, int64_t label, struct ptn_bytes *out)
{
	const struct ptn_cbor *v;

	if ((v = ptn_cbor_get_label(map, label, PTN_CBOR_BYTES)) == NULL)
		return false;
	*out = v->b;
	return true;
}

static bool
read_crv(const struct ptn_cbor *map, enum ptn_crv *crv)
{
	const struct ptn_cbor *v;

	v = ptn_cbor_get_label(map, LABEL_CRV, PTN_CBOR_INT);
	if (v == NULL || v->i <= PTN_CRV_NONE || v->i > PTN_CRV_ED448)
		return false;
	*crv = (enum ptn_crv)v->i;
	return ptn_pubkey_coord_len(*crv) > 0;
}

/* The members that a kty demands; the count excludes all others. */
static bool
read_members(const struct ptn_cbor *map, struct ptn_pubkey *k)
{
	switch (k->kty) {
	case PTN_KTY_OKP:
		return map->n == 4 && read_crv(map, &k->crv) &&
		    read_bytes(map, LABEL_X, &k->x) &&
		    k->x.len == ptn_pubkey_coord_len(k->crv);
	case PTN_KTY_EC2:
		return map->n == 5 && read_crv(map, &k->crv) &&
		    read_bytes(map, LABEL_X, &k->x) &&
		    read_bytes(map, LABEL_Y, &k->y) &&
		    k->x.len == ptn_pubkey_coord_len(k->crv) &&
		    k->y.len == ptn_pubkey_coord_len(k->crv);
	case PTN_KTY_RSA:
		return map->n == 4 && read_bytes(map, LABEL_N, &k->n) &&
		    read_bytes(map, LABEL_E, &k->e);
	case PTN_KTY_UNSET:
	default:
		return false;
	}
}

enum ptn_err
ptn_cose_read(const struct ptn_cbor *map, struct ptn_cose_key *out)
{
	const struct ptn_cbor *kty;

	memset(out, 0, sizeof(*out));
	kty = ptn_cbor_get_label(map, LABEL_KTY, PTN_CBOR_INT);
	if (kty == NULL || kty->i <= PTN_KTY_UNSET || kty->i > PTN_KTY_RSA ||
	    ptn_cose_alg(map, &out->alg) != PTN_OK)
		return PTN_E_INPUT;
	out->key.kty = (enum ptn_kty)kty->i;
	if (!read_members(map, &out->key) ||
	    out->alg == PTN_COSE_RS1 || /* SHA-1 */
	    !ptn_pubkey_fits(&out->key, out->alg))
		return PTN_E_INPUT;
	return PTN_OK;
}

enum ptn_err
ptn_cose_parse(struct ptn_arena *a, struct ptn_bytes in,
    struct ptn_cose_key *out)
{
	struct ptn_cbor map;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	r = ptn_cbor_parse(a, in, PTN_CBOR_DEPTH, &map, NULL);
	return r == PTN_OK ? ptn_cose_read(&map, out) : r;
}

enum ptn_err
ptn_cose_encode(struct ptn_arena *a, const struct ptn_cose_key *k,
    struct ptn_bytes *out)
{
	struct ptn_buf b;
	bool rsa = k->key.kty == PTN_KTY_RSA;

	ptn_buf_init(&b, a);
	ptn_cbor_add_map(&b, k->key.kty == PTN_KTY_EC2 ? 5 : 4);
	ptn_cbor_add_int(&b, LABEL_KTY);
	ptn_cbor_add_int(&b, k->key.kty);
	ptn_cbor_add_int(&b, LABEL_ALG);
	ptn_cbor_add_int(&b, k->alg);
	ptn_cbor_add_int(&b, LABEL_CRV); /* or LABEL_N */
	if (rsa)
		ptn_cbor_add_bytes(&b, k->key.n);
	else
		ptn_cbor_add_int(&b, k->key.crv);
	ptn_cbor_add_int(&b, LABEL_X); /* or LABEL_E */
	ptn_cbor_add_bytes(&b, rsa ? k->key.e : k->key.x);
	if (k->key.kty == PTN_KTY_EC2) {
		ptn_cbor_add_int(&b, LABEL_Y);
		ptn_cbor_add_bytes(&b, k->key.y);
	}
	*out = PTN_BYTES(b.p, b.len);
	return b.bad ? PTN_E_NOMEM : PTN_OK;
}
