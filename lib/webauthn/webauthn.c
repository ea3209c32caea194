#include "lib/webauthn/webauthn.h"

#include <string.h>

#include "lib/base/base64.h"
#include "lib/crypto/cose.h"
#include "lib/crypto/crypto.h"
#include "lib/format/url.h"
#include "lib/webauthn/attestation.h"
#include "lib/webauthn/clientdata.h"

/* A part that could not be read: a refusal, unless the failure is ours. */
static enum ptn_err
unreadable(struct ptn_finding *finding, enum ptn_err r,
    enum ptn_finding_reason reason)
{
	return r == PTN_E_INPUT ? ptn_finding_deny(finding, reason) : r;
}

static bool
has(const struct ptn_authdata *ad, uint8_t flag)
{
	return (ad->flags & flag) != 0;
}

static enum ptn_err
challenge_is(struct ptn_arena *a, const char *got, struct ptn_bytes want,
    bool *same)
{
	const char *text = ptn_b64url_encode(a, want);

	*same = false;
	if (text == NULL)
		return PTN_E_NOMEM;
	/* An expectation that was never set is met by nothing. */
	*same = want.len > 0 &&
	    ptn_bytes_equal(ptn_bytes_of(got), ptn_bytes_of(text));
	return PTN_OK;
}

/* What has no name cannot be one of the pages that may frame ours. */
static bool
frame_expected(const struct ptn_webauthn_rp *rp, const struct ptn_clientdata *c)
{
	return rp->top_origins.n > 0 && c->top_origin != NULL;
}

static bool
rp_id_is(const struct ptn_authdata *ad, const char *id)
{
	uint8_t hash[PTN_SHA256_LEN];

	ptn_crypto_sha256(ptn_bytes_of(id), hash);
	return ptn_bytes_equal(ad->rp_id_hash, PTN_BYTES(hash, sizeof(hash)));
}

static bool
is_offered(const struct ptn_webauthn_want *want, int32_t alg)
{
	size_t i;

	for (i = 0; i < want->n_algs; i++)
		if (want->algs[i] == alg)
			return true;
	return false;
}

/* a || b in the arena; NULL when it is full. */
static const uint8_t *
concat(struct ptn_arena *arena, struct ptn_bytes a, struct ptn_bytes b)
{
	uint8_t *p = ptn_arena_alloc(arena, a.len + b.len);

	if (p == NULL)
		return NULL;
	memcpy(p, a.p, a.len);
	memcpy(p + a.len, b.p, b.len);
	return p;
}

/* One registration on its way through the steps. */
struct creation {
	struct ptn_arena *a;
	const struct ptn_webauthn_rp *rp;
	const struct ptn_webauthn_want *want;
	const struct ptn_webauthn_creation *in;
	struct ptn_clientdata client;
	struct ptn_attestation object;
	struct ptn_authdata authdata;
	struct ptn_cose_key key;
	uint8_t hash[PTN_SHA256_LEN];
};

/* Section 7.1, steps 5 to 11; finding is untouched if all hold. */
static enum ptn_err
create_client_data(struct creation *c, struct ptn_finding *finding, bool *holds)
{
	enum ptn_err r;
	bool same;

	*holds = false;
	/* 7.1 steps 5, 6: client data is JSON in UTF-8. */
	r = ptn_clientdata_parse(c->a, c->in->client_data_json, &c->client);
	if (r != PTN_OK)
		return unreadable(finding, r, PTN_REASON_CLIENT_DATA);

	/* 7.1 step 7: type. */
	if (strcmp(c->client.type, "webauthn.create") != 0)
		return ptn_finding_deny(finding, PTN_REASON_TYPE);

	/* 7.1 step 8: challenge. */
	r = challenge_is(c->a, c->client.challenge, c->want->challenge, &same);
	if (r != PTN_OK)
		return r;
	if (!same)
		return ptn_finding_deny(finding, PTN_REASON_CHALLENGE);

	/* 7.1 step 9: origin. */
	if (!ptn_url_origin_is_of(c->rp->id, &c->rp->origins, c->client.origin))
		return ptn_finding_deny(finding, PTN_REASON_ORIGIN);

	/* 7.1 step 10: crossOrigin. */
	if (c->client.cross_origin && !frame_expected(c->rp, &c->client))
		return ptn_finding_deny(finding, PTN_REASON_CROSS_ORIGIN);

	/* 7.1 step 11: topOrigin. */
	if (c->client.top_origin != NULL &&
	    !ptn_url_origin_is_of(c->rp->id, &c->rp->top_origins,
		c->client.top_origin))
		return ptn_finding_deny(finding, PTN_REASON_TOP_ORIGIN);

	*holds = true;
	return PTN_OK;
}

/* Section 7.1, steps 13 to 20. */
static enum ptn_err
create_authdata(struct creation *c, struct ptn_finding *finding, bool *holds)
{
	struct ptn_authdata *ad = &c->authdata;
	enum ptn_verdict usable;
	int32_t alg;
	enum ptn_err r;

	*holds = false;
	/* 7.1 step 13: the attestation object, and what lies in it. */
	r = ptn_attestation_parse(c->a, c->in->attestation_object, &c->object);
	if (r != PTN_OK)
		return unreadable(finding, r, PTN_REASON_ATTESTATION_OBJECT);
	r = ptn_authdata_parse(c->a, c->object.auth_data, ad);
	if (r != PTN_OK)
		return unreadable(finding, r, PTN_REASON_AUTH_DATA);
	/* 6.1: an attestation includes attested credential data. */
	if (!has(ad, PTN_AUTHDATA_AT))
		return ptn_finding_deny(finding, PTN_REASON_AUTH_DATA);

	/* 7.1 step 14: rpIdHash. */
	if (!rp_id_is(ad, c->rp->id))
		return ptn_finding_deny(finding, PTN_REASON_RP_ID);

	/* 6.1: the RFU bits shall be zero. */
	if (has(ad, PTN_AUTHDATA_RFU1 | PTN_AUTHDATA_RFU2))
		return ptn_finding_deny(finding, PTN_REASON_RESERVED);

	/* 7.1 step 15: UP; conditional creation is not offered. */
	if (!has(ad, PTN_AUTHDATA_UP))
		return ptn_finding_deny(finding, PTN_REASON_UP);

	/* 7.1 step 16: UV. */
	if (c->want->require_uv && !has(ad, PTN_AUTHDATA_UV))
		return ptn_finding_deny(finding, PTN_REASON_UV);

	/* 7.1 step 17: BS only with BE. */
	if (has(ad, PTN_AUTHDATA_BS) && !has(ad, PTN_AUTHDATA_BE))
		return ptn_finding_deny(finding, PTN_REASON_BACKUP);

	/* 7.1 steps 18, 19: no policy on BE and BS. */

	/* 7.1 step 20: alg is one that was offered; and the key is one. */
	if (ptn_cose_alg(&ad->key, &alg) != PTN_OK)
		return ptn_finding_deny(finding, PTN_REASON_KEY);
	if (!is_offered(c->want, alg))
		return ptn_finding_deny(finding, PTN_REASON_ALGORITHM);
	if (ptn_cose_read(&ad->key, &c->key) != PTN_OK)
		return ptn_finding_deny(finding, PTN_REASON_KEY);
	if ((r = ptn_pubkey_check(&c->key.key, &usable)) != PTN_OK)
		return r;
	if (usable != PTN_ALLOW)
		return ptn_finding_deny(finding, PTN_REASON_KEY);

	*holds = true;
	return PTN_OK;
}

/* Section 7.1, steps 21 to 24. */
static enum ptn_err
create_attestation(struct creation *c, struct ptn_finding *finding, bool *holds)
{
	struct ptn_bytes hash = PTN_BYTES(c->hash, sizeof(c->hash));
	struct ptn_attest in = { .a = c->a,
		.stmt = &c->object.stmt,
		.authdata = &c->authdata,
		.key = &c->key,
		.client_data_hash = hash,
		.now_s = c->want->now_s };
	struct ptn_finding found;
	enum ptn_err r;

	/* The policy may be not to look: then any statement is "none". */
	*holds = c->want->attestation == PTN_ATTESTATION_NONE;
	if (*holds)
		return PTN_OK;

	/* 7.1 step 21: fmt is one that we know. */
	if (!ptn_attestation_known(c->object.fmt))
		return ptn_finding_deny(finding, PTN_REASON_FORMAT);

	/* 7.1 step 22: the statement is correct. */
	in.to_be_signed.p = concat(c->a, c->authdata.raw, hash);
	in.to_be_signed.len = c->authdata.raw.len + hash.len;
	if (in.to_be_signed.p == NULL)
		return PTN_E_NOMEM;
	if ((r = ptn_attestation_verify(c->object.fmt, &in, &found)) != PTN_OK)
		return r;
	if (found.verdict != PTN_ALLOW) {
		*finding = found;
		return PTN_OK;
	}

	/* 7.1 steps 23, 24: no trust anchors; none and self are acceptable. */
	*holds = true;
	return PTN_OK;
}

/* Section 7.1, step 27: what the credential record is made of. */
static enum ptn_err
create_record(const struct creation *c, struct ptn_webauthn_attested *out)
{
	const struct ptn_authdata *ad = &c->authdata;

	out->cred_id = ad->cred_id;
	out->alg = c->key.alg;
	memcpy(out->aaguid, ad->aaguid.p, sizeof(out->aaguid));
	out->sign_count = ad->sign_count;
	out->uv = has(ad, PTN_AUTHDATA_UV);
	out->be = has(ad, PTN_AUTHDATA_BE);
	out->bs = has(ad, PTN_AUTHDATA_BS);
	out->verified = c->want->attestation == PTN_ATTESTATION_VERIFY &&
	    strcmp(c->object.fmt, "none") != 0;
	out->attestation = out->verified ? c->object.fmt : "none";
	return ptn_cose_encode(c->a, &c->key, &out->cose_key);
}

enum ptn_err
ptn_webauthn_register(struct ptn_arena *a, const struct ptn_webauthn_rp *rp,
    const struct ptn_webauthn_want *want,
    const struct ptn_webauthn_creation *in, struct ptn_webauthn_attested *out,
    struct ptn_finding *finding)
{
	struct creation c = { .a = a, .rp = rp, .want = want, .in = in };
	bool holds;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	(void)ptn_finding_deny(finding, PTN_REASON_CLIENT_DATA);

	/* 7.1 steps 5 to 11. */
	r = create_client_data(&c, finding, &holds);
	if (r != PTN_OK || !holds)
		return r;

	/* 7.1 step 12: the hash of what was just read. */
	ptn_crypto_sha256(in->client_data_json, c.hash);

	/* 7.1 steps 13 to 20. */
	r = create_authdata(&c, finding, &holds);
	if (r != PTN_OK || !holds)
		return r;

	/* 7.1 steps 21 to 24. */
	r = create_attestation(&c, finding, &holds);
	if (r != PTN_OK || !holds)
		return r;

	/* 7.1 step 25: the length of the credential id. */
	if (c.authdata.cred_id.len == 0 ||
	    c.authdata.cred_id.len > PTN_CRED_ID_MAX)
		return ptn_finding_deny(finding, PTN_REASON_CREDENTIAL_ID);

	/* 7.1 step 26 is the caller's. */

	/* 7.1 step 27. */
	if ((r = create_record(&c, out)) != PTN_OK)
		return r;
	(void)ptn_finding_allow(finding);
	return PTN_OK;
}

/* Section 7.2, steps 8 to 14. */
static enum ptn_err
get_client_data(struct ptn_arena *a, const struct ptn_webauthn_rp *rp,
    struct ptn_bytes challenge, struct ptn_bytes json,
    struct ptn_finding *finding, bool *holds)
{
	struct ptn_clientdata c;
	enum ptn_err r;
	bool same;

	*holds = false;
	/* 7.2 steps 8, 9: client data is JSON in UTF-8. */
	if ((r = ptn_clientdata_parse(a, json, &c)) != PTN_OK)
		return unreadable(finding, r, PTN_REASON_CLIENT_DATA);

	/* 7.2 step 10: type. */
	if (strcmp(c.type, "webauthn.get") != 0)
		return ptn_finding_deny(finding, PTN_REASON_TYPE);

	/* 7.2 step 11: challenge. */
	if ((r = challenge_is(a, c.challenge, challenge, &same)) != PTN_OK)
		return r;
	if (!same)
		return ptn_finding_deny(finding, PTN_REASON_CHALLENGE);

	/* 7.2 step 12: origin. */
	if (!ptn_url_origin_is_of(rp->id, &rp->origins, c.origin))
		return ptn_finding_deny(finding, PTN_REASON_ORIGIN);

	/* 7.2 step 13: crossOrigin. */
	if (c.cross_origin && !frame_expected(rp, &c))
		return ptn_finding_deny(finding, PTN_REASON_CROSS_ORIGIN);

	/* 7.2 step 14: topOrigin. */
	if (c.top_origin != NULL &&
	    !ptn_url_origin_is_of(rp->id, &rp->top_origins, c.top_origin))
		return ptn_finding_deny(finding, PTN_REASON_TOP_ORIGIN);

	*holds = true;
	return PTN_OK;
}

/* Section 7.2, steps 15 to 19. */
static enum ptn_err
get_authdata(const struct ptn_webauthn_rp *rp,
    const struct ptn_webauthn_want *want,
    const struct ptn_webauthn_stored *stored, const struct ptn_authdata *ad,
    struct ptn_finding *finding, bool *holds)
{
	*holds = false;
	/* 6.1: an assertion includes no attested credential data. */
	if (has(ad, PTN_AUTHDATA_AT))
		return ptn_finding_deny(finding, PTN_REASON_AUTH_DATA);

	/* 7.2 step 15: rpIdHash. */
	if (!rp_id_is(ad, rp->id))
		return ptn_finding_deny(finding, PTN_REASON_RP_ID);

	/* 6.1: the RFU bits shall be zero. */
	if (has(ad, PTN_AUTHDATA_RFU1 | PTN_AUTHDATA_RFU2))
		return ptn_finding_deny(finding, PTN_REASON_RESERVED);

	/* 7.2 step 16: UP. */
	if (!has(ad, PTN_AUTHDATA_UP))
		return ptn_finding_deny(finding, PTN_REASON_UP);

	/* 7.2 step 17: UV. */
	if (want->require_uv && !has(ad, PTN_AUTHDATA_UV))
		return ptn_finding_deny(finding, PTN_REASON_UV);

	/* 7.2 step 18: BS only with BE. */
	if (has(ad, PTN_AUTHDATA_BS) && !has(ad, PTN_AUTHDATA_BE))
		return ptn_finding_deny(finding, PTN_REASON_BACKUP);

	/* 7.2 step 19: BE is what it was. */
	if (!stored->be_unknown && has(ad, PTN_AUTHDATA_BE) != stored->be)
		return ptn_finding_deny(finding, PTN_REASON_BE_CHANGED);

	*holds = true;
	return PTN_OK;
}

/* Section 7.2, steps 20 and 21. */
static enum ptn_err
get_signature(struct ptn_arena *a, struct ptn_bytes cose_key,
    const struct ptn_webauthn_assertion *in, struct ptn_finding *finding,
    bool *holds)
{
	uint8_t hash[PTN_SHA256_LEN];
	struct ptn_cose_key key;
	struct ptn_bytes msg;
	enum ptn_verdict verdict;
	enum ptn_err r;

	*holds = false;
	/* 7.2 step 20: the hash of client data. */
	ptn_crypto_sha256(in->client_data_json, hash);

	/* 7.2 step 21: the signature. */
	if ((r = ptn_cose_parse(a, cose_key, &key)) != PTN_OK)
		return unreadable(finding, r, PTN_REASON_KEY);
	msg.p =
	    concat(a, in->authenticator_data, PTN_BYTES(hash, sizeof(hash)));
	msg.len = in->authenticator_data.len + sizeof(hash);
	if (msg.p == NULL)
		return PTN_E_NOMEM;
	r = ptn_pubkey_verify(&key.key, key.alg, msg, in->signature, &verdict);
	if (r != PTN_OK)
		return r;
	if (verdict != PTN_ALLOW)
		return ptn_finding_deny(finding, PTN_REASON_SIGNATURE);

	*holds = true;
	return PTN_OK;
}

enum ptn_err
ptn_webauthn_assert(struct ptn_arena *a, const struct ptn_webauthn_rp *rp,
    const struct ptn_webauthn_want *want,
    const struct ptn_webauthn_stored *stored,
    const struct ptn_webauthn_assertion *in, struct ptn_webauthn_asserted *out,
    struct ptn_finding *finding)
{
	struct ptn_authdata ad;
	bool holds;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	(void)ptn_finding_deny(finding, PTN_REASON_CLIENT_DATA);

	/* 7.2 steps 8 to 14. */
	r = get_client_data(a, rp, want->challenge, in->client_data_json,
	    finding, &holds);
	if (r != PTN_OK || !holds)
		return r;

	/* 7.2 step 7, for authenticator data; then 15 to 19. */
	r = ptn_authdata_parse(a, in->authenticator_data, &ad);
	if (r != PTN_OK)
		return unreadable(finding, r, PTN_REASON_AUTH_DATA);
	r = get_authdata(rp, want, stored, &ad, finding, &holds);
	if (r != PTN_OK || !holds)
		return r;

	/* 7.2 steps 20 and 21. */
	r = get_signature(a, stored->cose_key, in, finding, &holds);
	if (r != PTN_OK || !holds)
		return r;

	/* 7.2 step 22: the counter grows, unless both are zero. */
	if ((ad.sign_count != 0 || stored->sign_count != 0) &&
	    ad.sign_count <= stored->sign_count)
		return ptn_finding_deny(finding, PTN_REASON_COUNTER);

	/* 7.2 step 24 is the caller's, with these. */
	out->sign_count = ad.sign_count;
	out->uv = has(&ad, PTN_AUTHDATA_UV);
	out->be = has(&ad, PTN_AUTHDATA_BE);
	out->bs = has(&ad, PTN_AUTHDATA_BS);
	(void)ptn_finding_allow(finding);
	return PTN_OK;
}
