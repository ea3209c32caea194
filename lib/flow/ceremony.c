#include "lib/flow/ceremony.h"

#include <assert.h>
#include <string.h>

#include "lib/account/policy.h"
#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/rng.h"
#include "lib/conf/conf.h"
#include "lib/event/event.h"
#include "lib/webauthn/response.h"

#define UNVERIFIED_MS 120000

/* What is asked of credentials of either kind. */
struct terms {
	bool on;
	bool second_factor;
	bool require_uv;
	enum ptn_user_verification uv;
	const char *off; /* why there is none, where it is not on */
};

static struct terms
terms_of(const struct ptn_conf *cf, enum ptn_flow_ceremony what)
{
	return what == PTN_FLOW_CEREMONY_FACTOR || what == PTN_FLOW_CEREMONY_KEY
	    ? (struct terms){ ptn_policy_security_keys(cf), true,
		      ptn_policy_security_key_uv(cf),
		      (enum ptn_user_verification)cf->mfa_key_uv,
		      "security keys are switched off" }
	    : (struct terms){ ptn_policy_passkeys(cf), false, ptn_policy_uv(cf),
		      (enum ptn_user_verification)cf->passkey_uv,
		      "passkeys are switched off" };
}

/* WebAuthn L3 section 15.1: less, where no PIN is typed. */
static int64_t
timeout(int64_t ms, enum ptn_user_verification uv)
{
	return uv == PTN_UV_DISCOURAGED ? UNVERIFIED_MS : ms;
}

enum ptn_flow_ceremony
ptn_flow_ceremony_of(const struct ptn_flow_step *step)
{
	const int64_t what = step->flow->stash.ceremony;

	return what > 0 && what < PTN_FLOW_CEREMONY__MAX
	    ? (enum ptn_flow_ceremony)what
	    : PTN_FLOW_CEREMONY_NONE;
}

static void
draw(struct ptn_flow_step *step, enum ptn_flow_ceremony what,
    int64_t timeout_ms, struct ptn_webauthn_challenge *ch)
{
	struct ptn_flow_stash *stash = &step->flow->stash;

	ptn_rng(ch->value, sizeof(ch->value));
	memcpy(stash->challenge, ch->value, sizeof(stash->challenge));
	stash->ceremony = what;
	stash->challenge_until_us =
	    step->flow->now_us + timeout_ms * PTN_US_PER_MS;
}

/* Of what is switched off none will do. */
static enum ptn_err
list_theirs(struct ptn_flow_step *step, bool second_factor,
    struct ptn_signin_passkey_options *o)
{
	const bool passkeys = ptn_policy_passkeys(step->sc->cf);
	size_t n;
	enum ptn_err r;

	r = ptn_credentials_of(step->sc, &step->flow->stash.user_id,
	    &o->allowed, &o->n);
	n = ptn_credentials_passkeys(o->allowed, o->n);
	if (!second_factor)
		o->n = n;
	else if (!passkeys && n > 0) {
		o->allowed += n;
		o->n -= n;
	}
	return r;
}

enum ptn_err
ptn_flow_ceremony_request(struct ptn_flow_step *step,
    enum ptn_flow_ceremony what, bool listed)
{
	const struct ptn_conf *cf = step->sc->cf;
	const struct terms t = terms_of(cf, what);
	struct ptn_signin_passkey_options *o;
	enum ptn_err r = PTN_OK;

	if ((o = ptn_arena_calloc(step->sc->arena, 1, sizeof(*o))) == NULL)
		return PTN_E_NOMEM;
	o->uv = t.uv;
	o->timeout_ms = timeout(cf->webauthn_login_ms, t.uv);
	o->transports = true;
	if (listed)
		r = list_theirs(step, t.second_factor, o);
	draw(step, what, o->timeout_ms, &o->challenge);
	step->request = o;
	return r;
}

void
ptn_flow_ceremony_creation(struct ptn_flow_step *step,
    enum ptn_flow_ceremony what, struct ptn_passkey_options *o)
{
	const struct ptn_conf *cf = step->sc->cf;
	const struct terms t = terms_of(cf, what);

	o->security_key = t.second_factor;
	o->uv = t.uv;
	o->timeout_ms = timeout(cf->webauthn_registration_ms, t.uv);
	draw(step, what, o->timeout_ms, &o->challenge);
	step->creation = o;
}

/* The challenge that is out for it: NULL, or why there is none any more. */
static const char *
find(const struct ptn_flow_step *step, enum ptn_flow_ceremony what,
    struct ptn_webauthn_challenge *ch)
{
	const struct terms t = terms_of(step->sc->cf, what);
	const struct ptn_flow *flow = step->flow;

	memset(ch, 0, sizeof(*ch));
	memcpy(ch->value, flow->stash.challenge, sizeof(ch->value));
	ch->require_uv = t.require_uv;
	ch->second_factor = t.second_factor;
	if (!t.on)
		return t.off;
	return flow->stash.ceremony == what &&
		flow->now_us <= flow->stash.challenge_until_us
	    ? NULL
	    : "unknown challenge";
}

static enum ptn_err
deny(struct ptn_flow_step *step, enum ptn_event e, const char *why)
{
	ptn_event_note(step->sc, e, why);
	step->error = PTN_FLOW_E_PASSKEY;
	return PTN_OK;
}

static void
spend(struct ptn_flow_step *step)
{
	struct ptn_flow_stash *stash = &step->flow->stash;

	stash->ceremony = PTN_FLOW_CEREMONY_NONE;
	memset(stash->challenge, 0, sizeof(stash->challenge));
	stash->challenge_until_us = 0;
}

enum ptn_err
ptn_flow_ceremony_assert(struct ptn_flow_step *step,
    enum ptn_flow_ceremony what, struct ptn_signin_passkey **p)
{
	static const enum ptn_event failed =
	    PTN_EVENT_AUTHENTICATION_FINAL_FAILED;
	struct ptn_passkey_ceremony_outcome out;
	struct ptn_webauthn_challenge ch;
	struct ptn_response_got got;
	const char *why;
	enum ptn_err r;

	if ((why = find(step, what, &ch)) != NULL)
		return deny(step, failed, why);
	ch.ceremony = PTN_WEBAUTHN_AUTHENTICATION;
	ch.user_id = step->flow->stash.user_id;
	r = ptn_response_read_got(step->sc->arena, step->in[0].json, &got);
	if (r == PTN_E_INPUT)
		return deny(step, failed, "malformed assertion");
	if (r != PTN_OK)
		return r;
	if ((*p = ptn_arena_alloc(step->sc->arena, sizeof(**p))) == NULL)
		return PTN_E_NOMEM;
	**p = (struct ptn_signin_passkey){ .api = PTN_API_HANKO,
		.id = got.id,
		.response = got.response,
		.user_handle = got.user_handle };
	r = ptn_signin_passkey_judge_in(step->sc, *p, &ch, &out);
	if (r == PTN_OK && out.what != PTN_PASSKEY_DONE) {
		r = deny(step, failed, out.why);
		if (out.what == PTN_PASSKEY_MFA_ONLY)
			step->error = PTN_FLOW_E_MFA_ONLY;
		return r;
	}
	if (r == PTN_OK)
		spend(step);
	return r;
}

enum ptn_err
ptn_flow_ceremony_attest(struct ptn_flow_step *step,
    enum ptn_flow_ceremony what, const struct ptn_uuid *user,
    struct ptn_credential *c)
{
	static const enum ptn_event failed =
	    PTN_EVENT_REGISTRATION_FINAL_FAILED;
	struct ptn_passkey_ceremony_outcome out;
	struct ptn_webauthn_challenge ch;
	struct ptn_response_created made;
	struct ptn_passkey_new new = { .user_id = *user };
	const char *why;
	enum ptn_err r;

	if ((why = find(step, what, &ch)) != NULL)
		return deny(step, failed, why);
	ch.ceremony = PTN_WEBAUTHN_REGISTRATION;
	ch.user_id = *user;
	r = ptn_response_read_created(step->sc->arena, step->in[0].json, &made);
	if (r == PTN_E_INPUT)
		return deny(step, failed, "malformed attestation");
	if (r != PTN_OK)
		return r;
	new.id = made.id;
	new.response = made.response;
	new.transports = made.transports;
	r = ptn_passkey_judge(step->sc, &new, &ch, c, &out);
	if (r == PTN_OK && out.what != PTN_PASSKEY_DONE)
		return deny(step, failed, out.why);
	if (r == PTN_OK)
		spend(step);
	return r;
}

static void
pack_text(const char *text, char out[PTN_FLOW_CRED_TEXT])
{
	if (text != NULL && strlen(text) < PTN_FLOW_CRED_TEXT)
		strcpy(out, text);
}

static uint16_t
pack_bytes(struct ptn_bytes in, uint8_t out[PTN_FLOW_CRED_BYTES])
{
	assert(in.len <= PTN_FLOW_CRED_BYTES);
	memcpy(out, in.p, in.len);
	return (uint16_t)in.len;
}

void
ptn_flow_ceremony_pack(const struct ptn_credential *c,
    struct ptn_flow_cred *out)
{
	memset(out, 0, sizeof(*out));
	out->id_len = pack_bytes(c->id, out->id);
	out->key_len = pack_bytes(c->public_key, out->key);
	out->aaguid = c->aaguid;
	out->sign_count = c->sign_count;
	out->backup_eligible = c->backup_eligible;
	out->backup_state = c->backup_state;
	pack_text(c->attestation, out->attestation);
	pack_text(c->transports, out->transports);
	pack_text(c->name, out->name);
}

void
ptn_flow_ceremony_unpack(const struct ptn_flow_cred *in,
    const struct ptn_uuid *user, struct ptn_credential *c)
{
	*c = (struct ptn_credential){
		.id = PTN_BYTES(in->id, in->id_len),
		.user_id = *user,
		.name = in->name[0] != '\0' ? in->name : NULL,
		.public_key = PTN_BYTES(in->key, in->key_len),
		.attestation = in->attestation,
		.aaguid = in->aaguid,
		.sign_count = in->sign_count,
		.backup_eligible = in->backup_eligible,
		.backup_state = in->backup_state,
		.transports = in->transports,
		.api = PTN_API_HANKO,
	};
}
