#include "lib/account/signin_passkey.h"

#include <string.h>

#include "lib/account/email.h"
#include "lib/account/policy.h"
#include "lib/account/signin.h"
#include "lib/account/user.h"
#include "lib/conf/conf.h"
#include "lib/event/actor.h"
#include "lib/format/dfnsid.h"

static enum ptn_err
find_allowed(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_signin_passkey_options *out)
{
	struct ptn_user found;
	enum ptn_err r;

	ptn_actor_is(sc, user, NULL);
	if ((r = ptn_user_get(sc, user, &found)) != PTN_OK)
		return r;
	r = ptn_credentials_of(sc, user, &out->allowed, &out->n);
	out->n = ptn_credentials_passkeys(out->allowed, out->n);
	if (out->n > 0)
		out->challenge.user_id = *user;
	return r;
}

enum ptn_err
ptn_signin_passkey_begin(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_signin_passkey_options *out,
    enum ptn_passkey_ceremony_result *what)
{
	enum ptn_err r = PTN_OK;

	*what = PTN_PASSKEY_NO_USER;
	memset(out, 0, sizeof(*out));
	if (user != NULL)
		r = find_allowed(sc, user, out);
	if (r == PTN_E_NOT_FOUND) {
		ptn_event_note(sc, PTN_EVENT_AUTHENTICATION_INIT_FAILED,
		    "user not found");
		return PTN_OK;
	}
	if (r != PTN_OK)
		return r;
	out->uv = (enum ptn_user_verification)sc->cf->passkey_uv;
	out->timeout_ms = sc->cf->webauthn_login_ms;
	out->challenge.ceremony = PTN_WEBAUTHN_AUTHENTICATION;
	r = ptn_passkey_ceremony_begin(sc, &out->challenge,
	    PTN_EVENT_AUTHENTICATION_INIT_OK);
	if (r == PTN_OK)
		*what = PTN_PASSKEY_DONE;
	return r;
}

static enum ptn_err
deny(struct ptn_passkey_ceremony_outcome *out,
    enum ptn_passkey_ceremony_result what, const char *why)
{
	out->what = what;
	out->why = why;
	return PTN_OK;
}

/* 16 bytes; or a text, for passkeys that the Dfns API has made. */
static bool
read_handle(struct ptn_bytes handle, struct ptn_uuid *id)
{
	if (handle.len == sizeof(id->b)) {
		memcpy(id->b, handle.p, sizeof(id->b));
		return true;
	}
	return ptn_dfnsid_parse(PTN_DFNSID_USER, handle, id) == PTN_OK;
}

/*
 * Whom the handle names: it is their id, or what the passkey was registered
 * with before it came here.  PTN_E_NOT_FOUND.
 */
static enum ptn_err
handle_owner(const struct ptn_scope *sc, const struct ptn_signin_passkey *p,
    const struct ptn_webauthn_challenge *ch, struct ptn_uuid *id)
{
	const bool discoverable = ptn_uuid_is_nil(&ch->user_id);

	return read_handle(p->user_handle, id) &&
		(discoverable || ptn_uuid_equal(id, &ch->user_id))
	    ? PTN_OK
	    : ptn_credential_by_handle(sc, p->id, p->user_handle, id);
}

/*
 * WebAuthn L3 7.2, steps 5 and 6: whose passkey this is.  A challenge for a
 * user allows all of theirs and no other's; one for nobody wants a user
 * handle.
 */
static enum ptn_err
find_user(const struct ptn_scope *sc, struct ptn_signin_passkey *p,
    const struct ptn_webauthn_challenge *ch,
    struct ptn_passkey_ceremony_outcome *out)
{
	const struct ptn_bytes handle = p->user_handle;
	const bool discoverable = ptn_uuid_is_nil(&ch->user_id);
	struct ptn_uuid id = ch->user_id;
	enum ptn_err r = PTN_OK;

	if (handle.len > 0)
		r = handle_owner(sc, p, ch, &id);
	if (r != PTN_OK && r != PTN_E_NOT_FOUND)
		return r;
	if ((r != PTN_OK && (discoverable || !read_handle(handle, &id))) ||
	    (discoverable && handle.len == 0))
		return deny(out,
		    discoverable ? PTN_PASSKEY_NO_HANDLE : PTN_PASSKEY_DENIED,
		    "no usable user handle");
	if (!discoverable && !ptn_uuid_equal(&id, &ch->user_id))
		return deny(out, PTN_PASSKEY_DENIED,
		    "user handle of another user");
	p->user_id = id;
	ptn_actor_is(sc, &id, NULL);
	out->what = PTN_PASSKEY_DONE;
	return PTN_OK;
}

/* The rest of 7.2, under the lock of the user and of the credential. */
static enum ptn_err
assert_credential(const struct ptn_scope *sc, struct ptn_signin_passkey *p,
    const struct ptn_webauthn_challenge *ch, struct ptn_credential *c,
    struct ptn_passkey_ceremony_outcome *out)
{
	const struct ptn_webauthn_rp rp =
	    ptn_passkey_ceremony_rp(sc->cf, ch);
	const struct ptn_webauthn_want want =
	    ptn_passkey_ceremony_want(sc->cf, ch);
	const struct ptn_webauthn_stored stored = {
		.cose_key = c->public_key,
		.sign_count = (uint32_t)c->sign_count,
		.be = c->backup_eligible,
		.be_unknown = c->backup_unknown,
	};
	struct ptn_finding finding;
	struct ptn_webauthn_asserted asserted;
	enum ptn_err r;

	r = ptn_webauthn_assert(sc->arena, &rp, &want, &stored, &p->response,
	    &asserted, &finding);
	if (r != PTN_OK)
		return r;
	*out = ptn_passkey_ceremony_outcome(&finding);
	if (out->what != PTN_PASSKEY_DONE)
		return PTN_OK;
	if (c->mfa_only && !ch->second_factor)
		return deny(out, PTN_PASSKEY_MFA_ONLY,
		    "a security key lets nobody in");
	c->sign_count = asserted.sign_count;
	c->backup_eligible = asserted.be;
	c->backup_state = asserted.bs;
	return ptn_credential_used(sc, c);
}

static bool
is_on(const struct ptn_conf *cf, const struct ptn_credential *c)
{
	return c->mfa_only || ptn_policy_passkeys(cf);
}

static enum ptn_err
lock_owner(const struct ptn_scope *sc, struct ptn_signin_passkey *p,
    struct ptn_credential *c)
{
	struct ptn_credential_owner owner;
	enum ptn_err r;

	r = ptn_credential_lock_owner(sc, &p->user_id, p->id, &owner, c);
	if (r == PTN_OK) {
		p->user = owner.user;
		p->email = owner.email;
	}
	return r;
}

/* Somebody else's passkey, which was registered with that handle elsewhere. */
static bool
came_with(const struct ptn_signin_passkey *p, const struct ptn_credential *c)
{
	return c->id.p != NULL && c->user_handle.len > 0 &&
	    !ptn_uuid_equal(&c->user_id, &p->user_id) &&
	    ptn_bytes_equal(c->user_handle, p->user_handle);
}

/*
 * A handle that looks like an id may be an older one, be that id somebody's
 * here or nobody's.  A passkey that is none of whose id it is costs no more
 * than a wrong one, unless it is right.
 */
static enum ptn_err
lock_both(const struct ptn_scope *sc, struct ptn_signin_passkey *p,
    const struct ptn_webauthn_challenge *ch, struct ptn_credential *c)
{
	enum ptn_err r = lock_owner(sc, p, c);

	if (!ptn_uuid_is_nil(&ch->user_id))
		return r;
	if (r == PTN_OK && came_with(p, c))
		p->user_id = c->user_id;
	else if (r != PTN_E_NOT_FOUND)
		return r;
	else if ((r = ptn_credential_by_handle(sc, p->id, p->user_handle,
		      &p->user_id)) != PTN_OK)
		return r;
	ptn_actor_is(sc, &p->user_id, NULL);
	return lock_owner(sc, p, c);
}

/* Of nobody, and of a credential that there is not, c is zero. */
static enum ptn_err
lock(const struct ptn_scope *sc, struct ptn_signin_passkey *p,
    const struct ptn_webauthn_challenge *ch, struct ptn_credential *c)
{
	enum ptn_err r = lock_both(sc, p, ch, c);

	if (r == PTN_E_NOT_FOUND)
		memset(c, 0, sizeof(*c));
	return r == PTN_E_NOT_FOUND ? PTN_OK : r;
}

static enum ptn_err
prove(const struct ptn_scope *sc, struct ptn_signin_passkey *p,
    const struct ptn_webauthn_challenge *ch, struct ptn_credential *c,
    struct ptn_passkey_ceremony_outcome *out)
{
	enum ptn_err r;

	if (c->id.p == NULL || !ptn_uuid_equal(&c->user_id, &p->user_id) ||
	    !is_on(sc->cf, c))
		return deny(out, PTN_PASSKEY_DENIED, "unknown credential");
	r = assert_credential(sc, p, ch, c, out);
	if (r == PTN_OK && out->what == PTN_PASSKEY_DONE)
		ptn_actor_is(sc, NULL, p->email.address);
	return r;
}

enum ptn_err
ptn_signin_passkey_judge_in(const struct ptn_scope *sc,
    struct ptn_signin_passkey *p, const struct ptn_webauthn_challenge *ch,
    struct ptn_passkey_ceremony_outcome *out)
{
	struct ptn_credential c;
	enum ptn_err r;

	r = find_user(sc, p, ch, out);
	if (r != PTN_OK || out->what != PTN_PASSKEY_DONE ||
	    (r = lock(sc, p, ch, &c)) != PTN_OK)
		return r;
	return prove(sc, p, ch, &c, out);
}

enum ptn_err
ptn_signin_passkey_in(const struct ptn_scope *sc, struct ptn_signin_passkey *p)
{
	struct ptn_signin in = { .api = p->api,
		.user_id = p->user_id,
		.user = p->user,
		.complete = true, /* what one has, and knows or is */
		.epoch = p->epoch,
		.email = &p->email,
		.amr = PTN_AMR_PASSKEY,
		.event = PTN_EVENT_AUTHENTICATION_FINAL_OK };
	enum ptn_err r = ptn_signin_in(sc, &in);

	p->claims = in.claims;
	return r;
}

static enum ptn_err
find_address(const struct ptn_scope *sc, struct ptn_signin_passkey *p)
{
	enum ptn_err r = ptn_email_primary(sc, &p->user_id, &p->email);

	if (r == PTN_OK)
		ptn_actor_is(sc, NULL, p->email.address);
	return r;
}

enum ptn_err
ptn_signin_passkey_lock(const struct ptn_scope *sc,
    struct ptn_signin_passkey *p, struct ptn_bytes digest)
{
	enum ptn_err r;

	ptn_actor_is(sc, &p->user_id, NULL);
	r = ptn_user_lock_state(sc, &p->user_id, &p->user);
	if (r != PTN_OK ||
	    (r = ptn_credential_alive(sc, &p->user_id, digest)) != PTN_OK)
		return r;
	return find_address(sc, p);
}

struct logging_in {
	struct ptn_signin_passkey *p;
	struct ptn_webauthn_challenge ch;
	struct ptn_passkey_ceremony_outcome out;
	bool spent;
};

/* Whatever is refused here is done so behind the challenge, which is spent. */
static enum ptn_err
log_in(const struct ptn_scope *sc, void *arg)
{
	struct logging_in *l = arg;
	struct ptn_credential c;
	enum ptn_err r;

	if ((r = lock(sc, l->p, &l->ch, &c)) != PTN_OK)
		return r;
	r = ptn_webauthn_challenge_spend(sc, &l->ch);
	if (r == PTN_E_NOT_FOUND) /* by another request, meanwhile */
		return deny(&l->out, PTN_PASSKEY_NO_CHALLENGE,
		    "unknown challenge");
	if (r != PTN_OK || (r = prove(sc, l->p, &l->ch, &c, &l->out)) != PTN_OK)
		return r;
	return l->out.what == PTN_PASSKEY_DONE ? ptn_signin_passkey_in(sc, l->p)
					       : PTN_OK;
}

static enum ptn_err
judge(const struct ptn_scope *sc, struct logging_in *l)
{
	struct ptn_signin_passkey *p = l->p;
	enum ptn_err r;

	r = ptn_passkey_ceremony_find(sc, PTN_WEBAUTHN_AUTHENTICATION,
	    p->response.client_data_json, &l->ch, &l->out);
	if (r == PTN_OK && l->out.what == PTN_PASSKEY_DONE)
		r = find_user(sc, p, &l->ch, &l->out);
	if (r != PTN_OK || l->out.what != PTN_PASSKEY_DONE)
		return r;
	r = ptn_tx(sc, log_in, l);
	l->spent = r == PTN_OK;
	return r;
}

/* What did not get as far, or was undone, has spent it nevertheless. */
static enum ptn_err
spend_alone(const struct ptn_scope *sc, const struct logging_in *l)
{
	enum ptn_err r;

	if (l->spent || l->out.what == PTN_PASSKEY_MALFORMED)
		return PTN_OK;
	r = ptn_webauthn_challenge_spend(sc, &l->ch);
	return r == PTN_E_NOT_FOUND ? PTN_OK : r;
}

enum ptn_err
ptn_signin_passkey(const struct ptn_scope *sc, struct ptn_signin_passkey *p,
    enum ptn_passkey_ceremony_result *what)
{
	struct logging_in l = { .p = p };
	enum ptn_err r, spent;

	*what = PTN_PASSKEY_DENIED;
	r = judge(sc, &l);
	spent = spend_alone(sc, &l);
	if (r != PTN_OK || spent != PTN_OK)
		return r != PTN_OK ? r : spent;
	if (l.out.what != PTN_PASSKEY_DONE)
		ptn_event_note(sc, PTN_EVENT_AUTHENTICATION_FINAL_FAILED,
		    l.out.why);
	*what = l.out.what;
	return PTN_OK;
}
