#include "lib/account/signin_passkey.h"

#include <string.h>

#include "lib/account/email.h"
#include "lib/account/signin.h"
#include "lib/account/user.h"
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
	out->challenge.ceremony = PTN_WEBAUTHN_AUTHENTICATION;
	r = ptn_passkey_ceremony_begin(sc, &out->challenge,
	    PTN_EVENT_AUTHENTICATION_INIT_OK);
	if (r == PTN_OK)
		*what = PTN_PASSKEY_DONE;
	return r;
}

struct logging_in {
	struct ptn_signin_passkey *p;
	struct ptn_webauthn_challenge ch;
	struct ptn_passkey_ceremony_outcome out;
	struct ptn_email_claim primary;
};

static void
deny(struct logging_in *l, enum ptn_passkey_ceremony_result what,
    const char *why)
{
	l->out.what = what;
	l->out.why = why;
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
 * WebAuthn L3 7.2, steps 5 and 6: whose passkey this is.  A challenge for a
 * user allows all of theirs and no other's; one for nobody wants a user
 * handle, which is the user's id.
 */
static void
find_user(const struct ptn_scope *sc, struct logging_in *l)
{
	const struct ptn_bytes handle = l->p->user_handle;
	const bool discoverable = ptn_uuid_is_nil(&l->ch.user_id);
	struct ptn_uuid id = l->ch.user_id;

	if ((discoverable || handle.len > 0) && !read_handle(handle, &id))
		deny(l,
		    discoverable ? PTN_PASSKEY_NO_HANDLE : PTN_PASSKEY_DENIED,
		    "no usable user handle");
	if (l->out.what != PTN_PASSKEY_DONE)
		return;
	if (!discoverable && !ptn_uuid_equal(&id, &l->ch.user_id)) {
		deny(l, PTN_PASSKEY_DENIED, "user handle of another user");
		return;
	}
	l->p->user_id = id;
	ptn_actor_is(sc, &id, NULL);
}

/* The rest of 7.2, under the lock of the user and of the credential. */
static enum ptn_err
assert_credential(const struct ptn_scope *sc, struct logging_in *l,
    struct ptn_credential *c)
{
	const struct ptn_webauthn_rp rp = ptn_passkey_ceremony_rp(sc->cf);
	const struct ptn_webauthn_want want =
	    ptn_passkey_ceremony_want(sc->cf, &l->ch);
	const struct ptn_webauthn_stored stored = {
		.cose_key = c->public_key,
		.sign_count = (uint32_t)c->sign_count,
		.be = c->backup_eligible,
	};
	struct ptn_finding finding;
	struct ptn_webauthn_asserted asserted;
	enum ptn_err r;

	r = ptn_webauthn_assert(sc->arena, &rp, &want, &stored, &l->p->response,
	    &asserted, &finding);
	if (r != PTN_OK)
		return r;
	l->out = ptn_passkey_ceremony_outcome(&finding);
	if (l->out.what != PTN_PASSKEY_DONE)
		return PTN_E_DENIED;
	c->sign_count = asserted.sign_count;
	c->backup_state = asserted.bs;
	return ptn_credential_used(sc, c);
}

static enum ptn_err
prove(const struct ptn_scope *sc, void *arg)
{
	struct logging_in *l = arg;
	struct ptn_credential c;
	enum ptn_err r;

	deny(l, PTN_PASSKEY_DENIED, "unknown credential");
	if ((r = ptn_credential_lock(sc, l->p->id, &c)) != PTN_OK)
		return r;
	if (!ptn_uuid_equal(&c.user_id, &l->p->user_id))
		return PTN_E_DENIED;
	if ((r = assert_credential(sc, l, &c)) != PTN_OK ||
	    (r = ptn_email_primary(sc, &l->p->user_id, &l->primary)) != PTN_OK)
		return r;
	ptn_actor_is(sc, NULL, l->primary.address);
	return PTN_OK;
}

static enum ptn_err
log_in(const struct ptn_scope *sc, struct logging_in *l)
{
	struct ptn_signin in = { .api = l->p->api,
		.user_id = l->p->user_id,
		.prove = prove,
		.arg = l,
		.email = &l->primary,
		.event = PTN_EVENT_AUTHENTICATION_FINAL_OK };
	enum ptn_err r;

	r = ptn_signin(sc, &in);
	if (r == PTN_E_NOT_FOUND) /* no such credential, or no such user */
		deny(l, PTN_PASSKEY_DENIED, "unknown credential");
	l->p->claims = in.claims;
	return r == PTN_E_NOT_FOUND || r == PTN_E_DENIED ? PTN_OK : r;
}

enum ptn_err
ptn_signin_passkey(const struct ptn_scope *sc, struct ptn_signin_passkey *p,
    enum ptn_passkey_ceremony_result *what)
{
	struct logging_in l = { .p = p };
	enum ptn_err r;

	*what = PTN_PASSKEY_DENIED;
	r = ptn_passkey_ceremony_take(sc, PTN_WEBAUTHN_AUTHENTICATION,
	    p->response.client_data_json, &l.ch, &l.out);
	if (r == PTN_OK && l.out.what == PTN_PASSKEY_DONE)
		find_user(sc, &l);
	if (r == PTN_OK && l.out.what == PTN_PASSKEY_DONE)
		r = log_in(sc, &l);
	if (r != PTN_OK)
		return r;
	if (l.out.what != PTN_PASSKEY_DONE)
		ptn_event_note(sc, PTN_EVENT_AUTHENTICATION_FINAL_FAILED,
		    l.out.why);
	*what = l.out.what;
	return PTN_OK;
}
