#include "lib/dfns/fido.h"

#include <string.h>

#include "lib/base/array.h"
#include "lib/base/base64.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/pubkey.h"
#include "lib/format/dfnsid.h"
#include "lib/format/url.h"
#include "lib/webauthn/attestation.h"
#include "lib/webauthn/clientdata.h"

/* The algorithms that new passkeys may have, the best one first. */
static const int32_t algs[] = { PTN_COSE_ES256, PTN_COSE_RS256,
	PTN_COSE_EDDSA };

/* ---------------------------------------------------------------- ceremony */

enum ptn_err
ptn_dfns_fido_user(struct ptn_bytes handle, struct ptn_uuid *user)
{
	memset(user, 0, sizeof(*user));
	if (handle.len == sizeof(user->b)) {
		memcpy(user->b, handle.p, sizeof(user->b));
		return PTN_OK;
	}
	return ptn_dfnsid_parse(PTN_DFNSID_USER, handle, user) == PTN_OK
	    ? PTN_OK
	    : PTN_E_NOT_FOUND;
}

/* The arguments for webauthn.h, from a relying party and the client data. */
struct ceremony {
	struct ptn_webauthn_rp rp;
	struct ptn_webauthn_want want;
	char *origin[1]; /* of the client data */
};

/*
 * The origins that are allowed.  A rule is replaced by the origin in the client
 * data if it allows that, or else by none.  Client data that cannot be read
 * have no origin here; webauthn.h refuses them later.
 */
static enum ptn_err
set_rp(struct ptn_arena *a, const struct ptn_dfns_fido_rp *rp,
    const struct ptn_clientdata *cd, struct ceremony *c)
{
	c->rp.id = rp->id;
	if (cd->origin != NULL &&
	    (c->origin[0] = ptn_arena_strdup(a, cd->origin)) == NULL)
		return PTN_E_NOMEM;
	if (!ptn_url_origins_are_rule(&rp->origins))
		c->rp.origins = rp->origins;
	else if (cd->origin != NULL &&
	    ptn_url_origin_by_rule(rp->id, cd->origin))
		c->rp.origins = (struct ptn_strs){ c->origin, 1 };
	return PTN_OK;
}

/*
 * The challenge is a text in base64url.  Browsers sign the characters of that
 * text, which are then encoded a second time; native clients decode the text
 * first, and sign the bytes.
 */
static enum ptn_err
set_challenge(struct ptn_arena *a, const char *challenge,
    const struct ptn_clientdata *cd, struct ceremony *c)
{
	const char *twice = ptn_b64url_encode(a, ptn_bytes_of(challenge));
	enum ptn_err r;

	if (twice == NULL)
		return PTN_E_NOMEM;
	c->want.challenge = ptn_bytes_of(challenge);
	if (cd->challenge == NULL ||
	    ptn_bytes_equal(ptn_bytes_of(cd->challenge), ptn_bytes_of(twice)))
		return PTN_OK;
	r = ptn_b64url_decode(a, ptn_bytes_of(challenge), &c->want.challenge);
	return r == PTN_E_INPUT ? PTN_OK : r;
}

static enum ptn_err
prepare(struct ptn_arena *a, const struct ptn_dfns_fido *f,
    const struct ptn_dfns_fido_rp *rp, struct ptn_bytes client_data,
    struct ceremony *c)
{
	struct ptn_clientdata cd;
	enum ptn_err r;

	memset(c, 0, sizeof(*c));
	r = ptn_clientdata_parse(a, client_data, &cd);
	if (r == PTN_E_INPUT)
		memset(&cd, 0, sizeof(cd));
	else if (r != PTN_OK)
		return r;
	c->want.require_uv = true;
	c->want.attestation = f->attestation;
	c->want.algs = algs;
	c->want.n_algs = PTN_ARRAY_LEN(algs);
	c->want.now_s = f->now_s;
	if ((r = set_rp(a, rp, &cd, c)) != PTN_OK)
		return r;
	return set_challenge(a, f->challenge, &cd, c);
}

/* ---------------------------------------------------------------- creation */

static bool
is_hash_of(struct ptn_bytes hash, const char *id)
{
	uint8_t want[PTN_SHA256_LEN];

	ptn_crypto_sha256(ptn_bytes_of(id), want);
	return ptn_bytes_equal(hash, PTN_BYTES(want, sizeof(want)));
}

/*
 * The relying party that the client chose, known by the digest of its id.  If
 * it is none of ours, or the attestation cannot be read, the first one is
 * taken: the verification then finds what is wrong.
 */
static enum ptn_err
choose_rp(struct ptn_arena *a, const struct ptn_dfns_fido *f,
    struct ptn_bytes attestation, const struct ptn_dfns_fido_rp **rp)
{
	struct ptn_attestation att;
	struct ptn_authdata ad;
	enum ptn_err r;
	size_t i;

	*rp = &f->rps[0];
	r = ptn_attestation_parse(a, attestation, &att);
	if (r == PTN_OK)
		r = ptn_authdata_parse(a, att.auth_data, &ad);
	for (i = 0; r == PTN_OK && i < f->n_rps; i++)
		if (is_hash_of(ad.rp_id_hash, f->rps[i].id))
			*rp = &f->rps[i];
	return r == PTN_E_INPUT ? PTN_OK : r;
}

static enum ptn_err
id_check(struct ptn_arena *a, struct ptn_bytes text, struct ptn_bytes id,
    bool *same)
{
	struct ptn_bytes decoded;
	enum ptn_err r;

	r = ptn_b64any_decode(a, text, &decoded);
	*same = r == PTN_OK && ptn_bytes_equal(decoded, id);
	return r == PTN_E_INPUT ? PTN_OK : r;
}

static enum ptn_err
register_with(struct ptn_arena *a, struct ceremony *c,
    const struct ptn_dfns_fido_creation *in, struct ptn_dfns_fido_created *out,
    struct ptn_finding *finding)
{
	const struct ptn_webauthn_creation response = { in->client_data,
		in->attestation };
	bool same;
	enum ptn_err r;

	r = ptn_webauthn_register(a, &c->rp, &c->want, &response,
	    &out->attested, finding);
	if (r != PTN_OK || finding->verdict != PTN_ALLOW)
		return r;
	r = id_check(a, in->cred_id, out->attested.cred_id, &same);
	if (r != PTN_OK || !same)
		(void)ptn_finding_deny(finding, PTN_REASON_OTHER_CREDENTIAL);
	out->rp_id = c->rp.id;
	out->origin = c->origin[0];
	return r;
}

enum ptn_err
ptn_dfns_fido_create(struct ptn_arena *a, const struct ptn_dfns_fido *f,
    const struct ptn_dfns_fido_creation *in, struct ptn_dfns_fido_created *out,
    struct ptn_finding *finding)
{
	const struct ptn_dfns_fido_rp *rp;
	struct ceremony c;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	(void)ptn_finding_deny(finding, PTN_REASON_RP_ID);
	if (f->n_rps == 0)
		return PTN_OK;
	if ((r = choose_rp(a, f, in->attestation, &rp)) != PTN_OK ||
	    (r = prepare(a, f, rp, in->client_data, &c)) != PTN_OK)
		return r;
	r = register_with(a, &c, in, out, finding);
	if (finding->verdict != PTN_ALLOW)
		memset(out, 0, sizeof(*out));
	return r;
}

/* --------------------------------------------------------------- assertion */

/* WebAuthn L3 section 7.2 step 6: the user handle belongs to the user. */
static bool
handle_ok(const struct ptn_dfns_fido_stored *stored,
    const struct ptn_dfns_fido_assertion *in)
{
	struct ptn_uuid user;

	if (in->user_handle.p == NULL)
		return !in->by_handle;
	if (stored->handle.len > 0 &&
	    ptn_bytes_equal(in->user_handle, stored->handle))
		return true;
	return ptn_dfns_fido_user(in->user_handle, &user) == PTN_OK &&
	    ptn_uuid_equal(&user, &stored->user);
}

static const struct ptn_dfns_fido_rp *
find_rp(const struct ptn_dfns_fido *f, const char *id)
{
	size_t i;

	for (i = 0; i < f->n_rps; i++)
		if (strcmp(f->rps[i].id, id) == 0)
			return &f->rps[i];
	return NULL;
}

enum ptn_err
ptn_dfns_fido_assert(struct ptn_arena *a, const struct ptn_dfns_fido *f,
    const struct ptn_dfns_fido_stored *stored,
    const struct ptn_dfns_fido_assertion *in, struct ptn_webauthn_asserted *out,
    struct ptn_finding *finding)
{
	const struct ptn_webauthn_assertion response = { in->client_data,
		in->authenticator_data, in->signature };
	const struct ptn_dfns_fido_rp *rp = find_rp(f, stored->rp_id);
	struct ceremony c;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	if (rp == NULL)
		return ptn_finding_deny(finding, PTN_REASON_RP_ID);
	(void)ptn_finding_deny(finding, PTN_REASON_USER_HANDLE);
	if (!handle_ok(stored, in))
		return PTN_OK;
	if ((r = prepare(a, f, rp, in->client_data, &c)) != PTN_OK)
		return r;
	return ptn_webauthn_assert(a, &c.rp, &c.want, &stored->record,
	    &response, out, finding);
}
