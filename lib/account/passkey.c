#include "lib/account/passkey.h"

#include <string.h>

#include "lib/account/asker.h"
#include "lib/account/credential.h"
#include "lib/account/email.h"
#include "lib/account/factors.h"
#include "lib/account/membership.h"
#include "lib/account/policy.h"
#include "lib/account/user.h"
#include "lib/conf/conf.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

enum ptn_err
ptn_passkey_add_begin(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_passkey_options *out, enum ptn_passkey_ceremony_result *what)
{
	struct ptn_email_claim primary;
	int64_t n;
	enum ptn_err r;

	*what = PTN_PASSKEY_NO_ADDRESS;
	memset(out, 0, sizeof(*out));
	if ((r = ptn_email_primary(sc, user, &primary)) != PTN_OK ||
	    (r = ptn_credential_count(sc, user, false, &n)) != PTN_OK)
		return r;
	if (primary.address == NULL) {
		ptn_event_note(sc, PTN_EVENT_REGISTRATION_INIT_FAILED,
		    "user has no primary email address");
		return PTN_OK;
	}
	if (!ptn_policy_passkey_room(sc->cf, n)) {
		ptn_event_note(sc, PTN_EVENT_REGISTRATION_INIT_FAILED,
		    "user has as many as they may");
		*what = PTN_PASSKEY_FULL;
		return PTN_OK;
	}
	out->name = out->shown_name = primary.address;
	out->uv = (enum ptn_user_verification)sc->cf->passkey_uv;
	out->timeout_ms = sc->cf->webauthn_registration_ms;
	out->challenge.ceremony = PTN_WEBAUTHN_REGISTRATION;
	out->challenge.user_id = *user;
	r = ptn_passkey_ceremony_begin(sc, &out->challenge,
	    PTN_EVENT_REGISTRATION_INIT_OK);
	if (r == PTN_OK)
		*what = PTN_PASSKEY_DONE;
	return r;
}

/* Spend the challenge, which must have been given to this user. */
static enum ptn_err
take_challenge(const struct ptn_scope *sc, const struct ptn_passkey_new *new,
    struct ptn_webauthn_challenge *ch, struct ptn_passkey_ceremony_outcome *out)
{
	enum ptn_err r;

	r = ptn_passkey_ceremony_take(sc, PTN_WEBAUTHN_REGISTRATION,
	    new->response.client_data_json, ch, out);
	if (r == PTN_OK && out->what == PTN_PASSKEY_DONE &&
	    !ptn_uuid_equal(&ch->user_id, &new->user_id)) {
		out->what = PTN_PASSKEY_NO_CHALLENGE;
		out->why = "unknown challenge";
	}
	return r;
}

static enum ptn_err
attest(const struct ptn_scope *sc, const struct ptn_passkey_new *new,
    const struct ptn_webauthn_challenge *ch, struct ptn_webauthn_attested *at,
    struct ptn_passkey_ceremony_outcome *out)
{
	const struct ptn_webauthn_rp rp =
	    ptn_passkey_ceremony_rp(sc->cf, ch);
	const struct ptn_webauthn_want want =
	    ptn_passkey_ceremony_want(sc->cf, ch);
	struct ptn_finding finding;
	enum ptn_err r;

	r = ptn_webauthn_register(sc->arena, &rp, &want, &new->response, at,
	    &finding);
	*out = ptn_passkey_ceremony_outcome(&finding);
	if (r == PTN_OK && out->what == PTN_PASSKEY_DONE &&
	    !ptn_bytes_equal(at->cred_id, new->id)) {
		out->what = PTN_PASSKEY_DENIED;
		out->why = "id differs";
	}
	return r;
}

enum ptn_err
ptn_passkey_judge(const struct ptn_scope *sc, const struct ptn_passkey_new *new,
    const struct ptn_webauthn_challenge *ch, struct ptn_credential *c,
    struct ptn_passkey_ceremony_outcome *out)
{
	struct ptn_webauthn_attested at;
	enum ptn_err r;

	r = attest(sc, new, ch, &at, out);
	if (r != PTN_OK || out->what != PTN_PASSKEY_DONE)
		return r;
	*c = (struct ptn_credential){
		.id = at.cred_id,
		.user_id = new->user_id,
		.public_key = at.cose_key,
		.attestation = at.attestation,
		.sign_count = at.sign_count,
		.backup_eligible = at.be,
		.backup_state = at.bs,
		.transports = new->transports,
		.api = PTN_API_HANKO,
		.mfa_only = ch->second_factor,
	};
	memcpy(c->aaguid.b, at.aaguid, sizeof(c->aaguid.b));
	c->name = ptn_credential_aaguid_name(sc->arena, sc->cf->aaguid_file,
	    &c->aaguid);
	return PTN_OK;
}

static bool
has_room(const struct ptn_conf *cf, const struct ptn_credential *c, int64_t n)
{
	return c->mfa_only ? ptn_policy_security_key_room(cf, n)
			   : ptn_policy_passkey_room(cf, n);
}

/* Browsers that do without a second factor are asked for the new one, too. */
static enum ptn_err
forget_browsers(const struct ptn_scope *sc, const struct ptn_uuid *user,
    bool mfa_only)
{
	return mfa_only ? ptn_asker_forget(sc, user) : PTN_OK;
}

enum ptn_err
ptn_passkey_keep(const struct ptn_scope *sc, const struct ptn_credential *c,
    bool tell)
{
	struct ptn_membership m = { .registered = false };
	int64_t n = 0;
	enum ptn_err r;

	if (tell &&
	    (r = ptn_credential_count(sc, &c->user_id, c->mfa_only, &n)) !=
		PTN_OK)
		return r;
	if (!has_room(sc->cf, c, n))
		return PTN_E_FORBIDDEN;
	if ((r = ptn_credential_put(sc, c)) != PTN_OK ||
	    (tell && (r = ptn_membership_get(sc, &c->user_id, &m)) != PTN_OK) ||
	    (r = forget_browsers(sc, &c->user_id, c->mfa_only)) != PTN_OK)
		return r;
	return ptn_event_tell(sc,
	    c->mfa_only ? PTN_EVENT_SECURITY_KEY_CREATED
			: PTN_EVENT_REGISTRATION_FINAL_OK,
	    &m.tell);
}

static enum ptn_err
keep(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_credential *c = arg;
	enum ptn_err r = ptn_user_lock(sc, &c->user_id);

	return r == PTN_OK ? ptn_passkey_keep(sc, c, true) : r;
}

enum ptn_err
ptn_passkey_add_finish(const struct ptn_scope *sc,
    const struct ptn_passkey_new *new, enum ptn_passkey_ceremony_result *what)
{
	struct ptn_passkey_ceremony_outcome out;
	struct ptn_webauthn_challenge ch;
	struct ptn_credential c;
	enum ptn_err r;

	*what = PTN_PASSKEY_DENIED;
	r = take_challenge(sc, new, &ch, &out);
	if (r == PTN_OK && out.what == PTN_PASSKEY_DONE)
		r = ptn_passkey_judge(sc, new, &ch, &c, &out);
	if (r == PTN_OK && out.what == PTN_PASSKEY_DONE)
		r = ptn_tx(sc, keep, &c);
	if (r == PTN_E_CONFLICT) {
		out.what = PTN_PASSKEY_DENIED;
		out.why = "id is registered";
	} else if (r == PTN_E_FORBIDDEN) {
		out.what = PTN_PASSKEY_FULL;
		out.why = "user has as many as they may";
	} else if (r != PTN_OK)
		return r;
	if (out.what != PTN_PASSKEY_DONE)
		ptn_event_note(sc, PTN_EVENT_REGISTRATION_FINAL_FAILED,
		    out.why);
	*what = out.what;
	return PTN_OK;
}

struct change {
	const struct ptn_uuid *user;
	struct ptn_bytes id;
	const char *name;
	bool by_operator; /* who is bound by no rule of the owner's */
	struct ptn_credential old; /* found */
	struct ptn_membership m;
};

/* Lock the user, and see whether it may be changed here. */
static enum ptn_err
begin_change(const struct ptn_scope *sc, struct change *c)
{
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, c->user)) != PTN_OK ||
	    (r = ptn_credential_find(sc, c->user, c->id, &c->old)) != PTN_OK ||
	    (r = ptn_membership_get(sc, c->user, &c->m)) != PTN_OK)
		return r;
	return c->by_operator ||
		ptn_policy_change_passkey(sc->cf, &c->m, c->old.admitted)
	    ? PTN_OK
	    : PTN_E_FORBIDDEN;
}

/* By ptn_tx(), or as a part of the caller's transaction. */
static enum ptn_err
change(ptn_tx_runner how, const struct ptn_scope *sc, ptn_tx_fn fn,
    struct change *c)
{
	enum ptn_err r = how(sc, fn, c);

	if (r == PTN_E_FORBIDDEN)
		ptn_membership_guarded(sc, "passkey");
	return r;
}

static enum ptn_err
rename_one(const struct ptn_scope *sc, void *arg)
{
	struct change *c = arg;
	enum ptn_err r;

	if ((r = begin_change(sc, c)) != PTN_OK || c->name == NULL ||
	    (c->old.name != NULL && strcmp(c->name, c->old.name) == 0))
		return r;
	r = ptn_credential_rename(sc, c->user, c->id, c->name);
	if (r != PTN_OK)
		return r;
	return ptn_event_tell(sc, PTN_EVENT_CREDENTIAL_UPDATED, &c->m.tell);
}

enum ptn_err
ptn_passkey_rename(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes id, const char *name)
{
	struct change c = { .user = user, .id = id, .name = name };

	return change(ptn_tx, sc, rename_one, &c);
}

enum ptn_err
ptn_passkey_rename_in(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes id, const char *name)
{
	struct change c = { .user = user, .id = id, .name = name };

	return change(ptn_tx_part, sc, rename_one, &c);
}

/* The last second factor of somebody who must have one stays. */
static enum ptn_err
may_go(const struct ptn_scope *sc, const struct change *c)
{
	struct ptn_factors left;
	enum ptn_err r;

	if (!c->old.mfa_only || c->by_operator)
		return PTN_OK;
	if ((r = ptn_factors_of(sc, c->user, &left)) != PTN_OK)
		return r;
	left.security_keys--;
	return ptn_policy_drop_factor(sc->cf, &left) ? PTN_OK
						     : PTN_E_UNPROCESSABLE;
}

static enum ptn_err
remove_one(const struct ptn_scope *sc, void *arg)
{
	struct change *c = arg;
	enum ptn_err r;

	if ((r = begin_change(sc, c)) != PTN_OK ||
	    (r = may_go(sc, c)) != PTN_OK ||
	    (r = ptn_credential_delete(sc, c->user, c->id)) != PTN_OK ||
	    (r = forget_browsers(sc, c->user, c->old.mfa_only)) != PTN_OK)
		return r;
	return ptn_event_tell(sc,
	    c->old.mfa_only ? PTN_EVENT_SECURITY_KEY_DELETED
			    : PTN_EVENT_CREDENTIAL_DELETED,
	    &c->m.tell);
}

enum ptn_err
ptn_passkey_remove(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes id)
{
	struct change c = { .user = user, .id = id };

	return change(ptn_tx, sc, remove_one, &c);
}

enum ptn_err
ptn_passkey_remove_in(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes id)
{
	struct change c = { .user = user, .id = id };

	return change(ptn_tx_part, sc, remove_one, &c);
}

enum ptn_err
ptn_passkey_take_away(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes id)
{
	struct change c = { .user = user, .id = id, .by_operator = true };

	return change(ptn_tx, sc, remove_one, &c);
}
