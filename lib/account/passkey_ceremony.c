#include "lib/account/passkey_ceremony.h"

#include "lib/account/policy.h"
#include "lib/base/base64.h"
#include "lib/base/clock.h"
#include "lib/conf/conf.h"
#include "lib/event/tx.h"
#include "lib/webauthn/clientdata.h"

const int32_t ptn_passkey_algs[PTN_PASSKEY_ALGS] = { -7, -8, -35, -257 };

struct beginning {
	struct ptn_webauthn_challenge *ch;
	enum ptn_event e;
};

static enum ptn_err
begin(const struct ptn_scope *sc, void *arg)
{
	const struct beginning *b = arg;
	enum ptn_err r;

	r = ptn_webauthn_challenge_put(sc,
	    b->ch->ceremony == PTN_WEBAUTHN_REGISTRATION
		? sc->cf->webauthn_registration_ms
		: sc->cf->webauthn_login_ms,
	    b->ch);
	return r != PTN_OK ? r : ptn_event(sc, b->e, NULL);
}

enum ptn_err
ptn_passkey_ceremony_begin(const struct ptn_scope *sc,
    struct ptn_webauthn_challenge *ch, enum ptn_event e)
{
	struct beginning b = { ch, e };

	ch->require_uv = ch->require_uv || ptn_policy_uv(sc->cf);
	return ptn_tx_single(sc, begin, &b);
}

/* The challenge that is signed; an empty one is nobody's. */
static enum ptn_err
read_value(struct ptn_arena *a, struct ptn_bytes client_data,
    struct ptn_bytes *value, struct ptn_passkey_ceremony_outcome *out)
{
	struct ptn_clientdata cd;
	enum ptn_err r;

	*value = PTN_BYTES("", 0);
	r = ptn_clientdata_parse(a, client_data, &cd);
	if (r == PTN_E_INPUT) {
		out->what = PTN_PASSKEY_MALFORMED;
		out->why = "malformed client data";
		return PTN_OK;
	}
	if (r != PTN_OK)
		return r;
	r = ptn_b64url_decode(a, ptn_bytes_of(cd.challenge), value);
	return r == PTN_E_INPUT ? PTN_OK : r;
}

typedef enum ptn_err (*getter)(const struct ptn_scope *sc,
    enum ptn_webauthn_ceremony ceremony, struct ptn_bytes value,
    struct ptn_webauthn_challenge *ch);

static enum ptn_err
get(getter how, const struct ptn_scope *sc, enum ptn_webauthn_ceremony ceremony,
    struct ptn_bytes client_data, struct ptn_webauthn_challenge *ch,
    struct ptn_passkey_ceremony_outcome *out)
{
	struct ptn_bytes value;
	enum ptn_err r;

	out->what = PTN_PASSKEY_NO_CHALLENGE;
	out->why = "unknown challenge";
	r = read_value(sc->arena, client_data, &value, out);
	if (r != PTN_OK || out->what == PTN_PASSKEY_MALFORMED)
		return r;
	r = how(sc, ceremony, value, ch);
	if (r == PTN_OK)
		out->what = PTN_PASSKEY_DONE;
	if (r == PTN_E_EXPIRED) {
		out->what = PTN_PASSKEY_EXPIRED;
		out->why = "expired challenge";
	}
	return r == PTN_E_NOT_FOUND || r == PTN_E_EXPIRED ? PTN_OK : r;
}

enum ptn_err
ptn_passkey_ceremony_take(const struct ptn_scope *sc,
    enum ptn_webauthn_ceremony ceremony, struct ptn_bytes client_data,
    struct ptn_webauthn_challenge *ch, struct ptn_passkey_ceremony_outcome *out)
{
	return get(ptn_webauthn_challenge_take, sc, ceremony, client_data, ch,
	    out);
}

enum ptn_err
ptn_passkey_ceremony_find(const struct ptn_scope *sc,
    enum ptn_webauthn_ceremony ceremony, struct ptn_bytes client_data,
    struct ptn_webauthn_challenge *ch, struct ptn_passkey_ceremony_outcome *out)
{
	return get(ptn_webauthn_challenge_find, sc, ceremony, client_data, ch,
	    out);
}

struct ptn_webauthn_rp
ptn_passkey_ceremony_rp(const struct ptn_conf *cf,
    const struct ptn_webauthn_challenge *ch)
{
	struct ptn_webauthn_rp rp = {
		.id = cf->rp_id,
		.origins = cf->rp_origins,
		.top_origins = cf->rp_top_origins,
	};

	if (ch->ceremony == PTN_WEBAUTHN_OPERATOR) {
		rp.origins = cf->admin_origins;
		rp.top_origins = (struct ptn_strs){ NULL, 0 };
	}
	return rp;
}

struct ptn_webauthn_want
ptn_passkey_ceremony_want(const struct ptn_conf *cf,
    const struct ptn_webauthn_challenge *ch)
{
	const int64_t conveyance = ch->second_factor ? cf->mfa_key_attestation
						     : cf->passkey_attestation;

	return (struct ptn_webauthn_want){
		.challenge = PTN_BYTES(ch->value, sizeof(ch->value)),
		.require_uv = ch->require_uv,
		.attestation = conveyance == PTN_CONVEY_NONE
		    ? PTN_ATTESTATION_NONE
		    : PTN_ATTESTATION_VERIFY,
		.algs = ptn_passkey_algs,
		.n_algs = PTN_PASSKEY_ALGS,
		.now_s = ptn_clock_us() / PTN_US_PER_S,
	};
}

/* All other reasons get the same answer. */
static enum ptn_passkey_ceremony_result
result_of(enum ptn_finding_reason reason)
{
	if (reason == PTN_REASON_CLIENT_DATA ||
	    reason == PTN_REASON_ATTESTATION_OBJECT)
		return PTN_PASSKEY_MALFORMED;
	if (reason == PTN_REASON_AUTH_DATA)
		return PTN_PASSKEY_AUTH_DATA;
	if (reason == PTN_REASON_UV)
		return PTN_PASSKEY_UNVERIFIED;
	if (reason == PTN_REASON_COUNTER)
		return PTN_PASSKEY_COUNTER;
	return PTN_PASSKEY_DENIED;
}

struct ptn_passkey_ceremony_outcome
ptn_passkey_ceremony_outcome(const struct ptn_finding *f)
{
	struct ptn_passkey_ceremony_outcome out = { PTN_PASSKEY_DONE, NULL };

	if (f->verdict != PTN_ALLOW) {
		out.what = result_of(f->reason);
		out.why = f->why;
	}
	return out;
}
