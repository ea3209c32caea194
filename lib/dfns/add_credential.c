#include "lib/dfns/add_credential.h"

#include <string.h>

#include "lib/account/user.h"
#include "lib/base/clock.h"
#include "lib/base/finding.h"
#include "lib/dfns/action.h"
#include "lib/dfns/challenge.h"
#include "lib/dfns/credcode.h"
#include "lib/dfns/lookup.h"
#include "lib/dfns/member.h"
#include "lib/dfns/password.h"
#include "lib/dfns/token.h"
#include "lib/dfns/totp.h"
#include "lib/dfns/verify.h"
#include "lib/event/actor.h"
#include "lib/event/tx.h"

static bool
is_offered(const struct ptn_scope *sc, enum ptn_dfns_cred_kind kind)
{
	if (ptn_dfns_cred_kind_secret(kind))
		return ptn_dfns_password_on(sc);
	return kind == PTN_CRED_FIDO2 || kind == PTN_CRED_KEY ||
	    kind == PTN_CRED_PASSWORD_PROTECTED_KEY ||
	    kind == PTN_CRED_RECOVERY_KEY;
}

/* Store the ceremony.  Only who wants to add an app is offered a secret. */
static enum ptn_err
put_ceremony(const struct ptn_scope *sc,
    struct ptn_dfns_add_credential_start *s)
{
	struct ptn_dfns_ceremony *c = &s->c;
	enum ptn_err r;

	c->user_id = s->user_id;
	c->state.kind = s->kind;
	c->challenge = ptn_dfns_ceremony_challenge_new(sc->arena);
	s->otp_url = "";
	if (c->challenge == NULL)
		return PTN_E_NOMEM;
	if (s->kind == PTN_CRED_TOTP &&
	    (r = ptn_dfns_totp_offer(sc, &s->user_id, s->org.rp_name,
		 s->username, &c->sealed, &s->otp_url)) != PTN_OK)
		return r;
	return ptn_dfns_ceremony_put(sc, c);
}

static enum ptn_err
start(const struct ptn_scope *sc, struct ptn_dfns_add_credential_start *s)
{
	struct ptn_dfns_token t = { .kind = PTN_DFNS_TOKEN_CHALLENGE,
		.org = s->org.id };
	enum ptn_err r;

	if ((r = put_ceremony(sc, s)) != PTN_OK ||
	    (r = ptn_dfns_creds_of(sc, &s->user_id, &s->creds, &s->ncreds)) !=
		PTN_OK)
		return r;
	t.id = s->c.id;
	return ptn_dfns_token_issue(sc, &t, ptn_dfns_ceremony_ttl_s(s->c.kind),
	    &s->token);
}

enum ptn_err
ptn_dfns_add_credential_start(const struct ptn_scope *sc,
    struct ptn_dfns_add_credential_start *s)
{
	enum ptn_err r;

	if (!is_offered(sc, s->kind))
		return PTN_E_INPUT;
	s->c =
	    (struct ptn_dfns_ceremony){ .kind = PTN_DFNS_CEREMONY_CREDENTIAL };
	r = ptn_org_get(sc, &sc->tenant_id, &s->org);
	return r == PTN_OK ? start(sc, s) : r;
}

/*
 * The user of a code.  PTN_E_NOT_FOUND: the code is wrong, or the user cannot
 * log in any more; which of both, the statements do not tell.
 */
static enum ptn_err
find_user(struct ptn_scope *sc, struct ptn_bytes typed,
    struct ptn_credcode *code, struct ptn_dfns_add_credential_start *s)
{
	struct ptn_member m;
	struct ptn_scope at;
	enum ptn_err r;

	r = ptn_credcode_find(sc, typed, code);
	if (r == PTN_E_NOT_FOUND)
		code->tenant_id = code->user_id = ptn_uuid_new();
	else if (r != PTN_OK)
		return r;
	at = ptn_scope_at(sc, &code->tenant_id);
	if ((r = ptn_dfns_lookup_org(&at, &code->tenant_id, &s->org)) !=
		PTN_OK ||
	    (r = ptn_member_by_id(&at, &code->user_id, &m)) != PTN_OK)
		return r;
	sc->tenant_id = code->tenant_id;
	ptn_actor_is(sc, &code->user_id, NULL);
	s->user_id = m.id;
	s->username = m.username;
	return s->org.active && ptn_member_usable(&m) ? PTN_OK
						      : PTN_E_NOT_FOUND;
}

enum ptn_err
ptn_dfns_add_credential_start_by_code(struct ptn_scope *sc,
    struct ptn_bytes typed, struct ptn_dfns_add_credential_start *s)
{
	struct ptn_credcode code;
	enum ptn_err r;

	if (!is_offered(sc, s->kind))
		return PTN_E_INPUT;
	r = find_user(sc, typed, &code, s);
	if (r == PTN_E_NOT_FOUND)
		return ptn_dfns_denial_set(&s->denial, PTN_DFNS_BAD_CODE,
		    "wrong code");
	if (r != PTN_OK)
		return r;
	s->c = (struct ptn_dfns_ceremony){
		.kind = PTN_DFNS_CEREMONY_CREDENTIAL_CODE,
		.state = { .code = code.id },
	};
	return start(sc, s);
}

/*
 * The ceremony, which must be for a credential of this kind.  PTN_E_NOT_FOUND
 * for any fault of it.
 */
static enum ptn_err
take(struct ptn_scope *sc, struct ptn_dfns_add_credential *k,
    enum ptn_dfns_ceremony_kind kind)
{
	enum ptn_err r;

	memset(&k->denial, 0, sizeof(k->denial));
	if ((r = ptn_dfns_challenge_take(sc, k->identifier, kind, &k->c)) !=
		PTN_OK ||
	    (r = ptn_org_get(sc, &sc->tenant_id, &k->org)) != PTN_OK)
		return r;
	return k->c.state.kind == k->in.kind ? PTN_OK : PTN_E_NOT_FOUND;
}

/* Has it signed the challenge?  A password is hashed, too. */
static enum ptn_err
verify(const struct ptn_scope *sc, struct ptn_dfns_add_credential *k)
{
	const struct ptn_dfns_verify v = { &k->org, k->c.challenge,
		k->c.user_id, k->c.sealed };
	struct ptn_finding finding;
	enum ptn_err r;

	r = ptn_dfns_verify_new(sc, &v, &k->in, &k->cred, &finding);
	if (r != PTN_OK)
		return r;
	if (finding.verdict != PTN_ALLOW)
		return ptn_dfns_denial_of_new(&k->denial, &finding, k->in.kind);
	return ptn_dfns_password_hash(sc, &k->in, &k->cred.hash);
}

/* A password without an authenticator app could not be used. */
static enum ptn_err
check_totp(const struct ptn_scope *sc, struct ptn_dfns_add_credential *k)
{
	struct ptn_dfns_cred *all;
	enum ptn_err r;
	size_t n;

	if (k->in.kind != PTN_CRED_PASSWORD)
		return PTN_OK;
	if ((r = ptn_dfns_creds_of(sc, &k->c.user_id, &all, &n)) != PTN_OK)
		return r;
	return ptn_dfns_creds_have(all, n, PTN_CRED_TOTP)
	    ? PTN_OK
	    : ptn_dfns_denial_set(&k->denial, PTN_DFNS_NO_TOTP,
		  "a password without an app");
}

static enum ptn_err
notify(const struct ptn_scope *sc, const struct ptn_dfns_add_credential *k)
{
	struct ptn_member m;
	enum ptn_err r;

	if ((r = ptn_member_by_id(sc, &k->c.user_id, &m)) != PTN_OK)
		return r;
	return ptn_member_notify(sc, PTN_EVENT_DFNS_CREDENTIAL_CREATED,
	    k->org.rp_name, &m);
}

static enum ptn_err
put(const struct ptn_scope *sc, struct ptn_dfns_add_credential *k)
{
	enum ptn_err r;

	if ((r = check_totp(sc, k)) != PTN_OK)
		return r;
	r = ptn_dfns_cred_put(sc, &k->c.user_id, &k->cred);
	if (r == PTN_E_CONFLICT)
		return ptn_dfns_denial_set(&k->denial,
		    PTN_DFNS_CREDENTIAL_EXISTS, "credential exists");
	return r == PTN_OK ? notify(sc, k) : r;
}

/* A denial is committed: the action is used up all the same. */
static enum ptn_err
store(const struct ptn_scope *sc, void *arg)
{
	struct ptn_dfns_add_credential *k = arg;
	enum ptn_err r;

	memset(&k->denial, 0, sizeof(k->denial));
	if ((r = ptn_user_lock(sc, &k->c.user_id)) != PTN_OK ||
	    (r = ptn_dfns_action_use(sc, &k->action)) != PTN_OK)
		return r;
	r = put(sc, k);
	return r == PTN_E_DENIED ? PTN_OK : r;
}

enum ptn_err
ptn_dfns_add_credential_finish(const struct ptn_scope *sc,
    struct ptn_dfns_add_credential *k)
{
	struct ptn_scope at = *sc;
	enum ptn_err r;

	r = take(&at, k, PTN_DFNS_CEREMONY_CREDENTIAL);
	if (r == PTN_OK &&
	    (!ptn_uuid_equal(&at.tenant_id, &sc->tenant_id) ||
		!ptn_uuid_equal(&k->c.user_id, &k->user_id)))
		r = PTN_E_NOT_FOUND;
	if (r == PTN_E_NOT_FOUND)
		return ptn_dfns_denial_set(&k->denial, PTN_DFNS_BAD_CHALLENGE,
		    "unknown challenge");
	if (r != PTN_OK || (r = verify(sc, k)) != PTN_OK)
		return r;
	r = ptn_tx(sc, store, k);
	if (r == PTN_E_GONE)
		return ptn_dfns_denial_set(&k->denial, PTN_DFNS_ACTION_USED,
		    NULL);
	if (r == PTN_OK)
		k->cred.created_at_us = ptn_clock_us();
	return ptn_dfns_denial_after(&k->denial, r);
}

/* The code is used up with the credential: a second request finds none. */
static enum ptn_err
store_by_code(const struct ptn_scope *sc, void *arg)
{
	struct ptn_dfns_add_credential *k = arg;
	const struct ptn_credcode code = { .id = k->c.state.code,
		.tenant_id = k->org.id,
		.user_id = k->c.user_id };
	struct ptn_member m;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, &k->c.user_id)) != PTN_OK ||
	    (r = ptn_member_by_id(sc, &k->c.user_id, &m)) != PTN_OK)
		return r;
	if (!k->org.active || !ptn_member_usable(&m))
		return PTN_E_NOT_FOUND;
	if ((r = ptn_credcode_use(sc, &code)) != PTN_OK)
		return r;
	return put(sc, k);
}

enum ptn_err
ptn_dfns_add_credential_finish_by_code(struct ptn_scope *sc,
    struct ptn_dfns_add_credential *k)
{
	enum ptn_err r;

	r = take(sc, k, PTN_DFNS_CEREMONY_CREDENTIAL_CODE);
	if (r == PTN_OK) {
		ptn_actor_is(sc, &k->c.user_id, NULL);
		r = verify(sc, k);
	}
	if (r == PTN_OK)
		r = ptn_tx(sc, store_by_code, k);
	if (r == PTN_E_NOT_FOUND)
		return ptn_dfns_denial_set(&k->denial, PTN_DFNS_BAD_CHALLENGE,
		    "unknown challenge");
	if (r == PTN_OK)
		k->cred.created_at_us = ptn_clock_us();
	return r;
}
