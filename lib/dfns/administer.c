#include "lib/dfns/administer.h"

#include "lib/account/email.h"
#include "lib/account/org.h"
#include "lib/account/passcode.h"
#include "lib/account/user.h"
#include "lib/conf/conf.h"
#include "lib/dfns/codemail.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/member.h"
#include "lib/dfns/pat.h"
#include "lib/dfns/service.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"
#include "lib/format/address.h"
#include "lib/format/locale.h"

/* Somebody new, or somebody who was invited and has not registered yet. */
static enum ptn_err
admit(const struct ptn_scope *sc, const struct ptn_administer_invitation *i,
    struct ptn_member *m)
{
	enum ptn_err r;

	r = ptn_member_by_name(sc, i->address, m);
	if (r == PTN_E_NOT_FOUND)
		return ptn_member_invite(sc, i->address, PTN_EMPLOYEE,
		    i->external_id, m);
	if (r == PTN_OK &&
	    (!i->again || m->registered || !m->active || m->archived ||
		ptn_member_is_end_user(m)))
		return PTN_E_CONFLICT;
	return r;
}

/* The courier makes the code, and only the mail shows it. */
enum ptn_err
ptn_administer_invite_in(const struct ptn_scope *sc,
    struct ptn_administer_invitation *i)
{
	const struct ptn_codemail wish = { .kind = PTN_CODE_REGISTRATION,
		.username = i->address,
		.locale = ptn_locale_match(NULL) };
	struct ptn_member m;
	struct ptn_org org;
	enum ptn_err r;

	if ((r = ptn_org_get(sc, &sc->tenant_id, &org)) != PTN_OK)
		return r;
	if (!org.active)
		return PTN_E_FORBIDDEN;
	if ((r = admit(sc, i, &m)) != PTN_OK)
		return r;
	i->user = m.id;
	if (i->owner && (r = ptn_member_set_owner(sc, &m.id, true)) != PTN_OK)
		return r;
	if ((r = ptn_codemail_want(sc, &wish)) != PTN_OK)
		return r;
	return ptn_event_about(sc, PTN_EVENT_MEMBER_INVITED, &m.id);
}

static enum ptn_err
invite(const struct ptn_scope *sc, void *arg)
{
	return ptn_administer_invite_in(sc, arg);
}

enum ptn_err
ptn_administer_invite(const struct ptn_scope *sc, const char *address,
    struct ptn_uuid *user)
{
	struct ptn_administer_invitation i = { .address = address,
		.again = true };
	enum ptn_err r;

	if (!sc->cf->mail_enabled)
		return PTN_E_CONFIG;
	if ((r = ptn_tx(sc, invite, &i)) == PTN_OK)
		*user = i.user;
	return r;
}

struct founding {
	struct ptn_org_row *org;
	struct ptn_administer_invitation first;
};

static enum ptn_err
found(const struct ptn_scope *sc, void *arg)
{
	struct founding *f = arg;
	struct ptn_scope at;
	enum ptn_err r;

	if ((r = ptn_org_put(sc, f->org)) != PTN_OK)
		return r;
	at = ptn_scope_at(sc, &f->org->id);
	if ((r = ptn_event(&at, PTN_EVENT_ORG_CREATED, NULL)) != PTN_OK)
		return r;
	return ptn_administer_invite_in(&at, &f->first);
}

enum ptn_err
ptn_administer_found(const struct ptn_scope *sc, struct ptn_org_row *org,
    const char *address)
{
	struct founding f = { .org = org,
		.first = { .address = address, .again = true, .owner = true } };

	if (!sc->cf->mail_enabled)
		return PTN_E_CONFIG;
	return ptn_tx(sc, found, &f);
}

static enum ptn_err
set_rp(const struct ptn_scope *sc, void *arg)
{
	bool changed;
	enum ptn_err r;

	r = ptn_org_set_rp(sc, arg, &changed);
	if (r != PTN_OK || !changed)
		return r;
	return ptn_event(sc, PTN_EVENT_ORG_CHANGED, NULL);
}

enum ptn_err
ptn_administer_rp(const struct ptn_scope *sc, const struct ptn_org_row *org)
{
	struct ptn_org_row row = *org;

	return ptn_tx(sc, set_rp, &row);
}

struct switching {
	const char *username; /* NULL: the organisation */
	bool active;
};

/* Find the member and read them again under their lock. */
static enum ptn_err
lock_member(const struct ptn_scope *sc, const char *username,
    struct ptn_member *m)
{
	enum ptn_err r;

	r = ptn_member_find(sc, username, m);
	if (r == PTN_OK)
		r = ptn_user_lock(sc, &m->id);
	if (r == PTN_OK)
		r = ptn_member_by_id(sc, &m->id, m);
	return r == PTN_OK && m->archived ? PTN_E_NOT_FOUND : r;
}

static enum ptn_err
switch_org(const struct ptn_scope *sc, void *arg)
{
	const struct switching *s = arg;
	struct ptn_org org;
	enum ptn_err r;

	r = ptn_org_get(sc, &sc->tenant_id, &org);
	if (r == PTN_OK && org.active == s->active)
		return PTN_OK; /* nothing happens */
	if (r == PTN_OK)
		r = ptn_org_set_active(sc, &sc->tenant_id, s->active);
	if (r != PTN_OK)
		return r;
	return ptn_event(sc,
	    s->active ? PTN_EVENT_ORG_ACTIVATED : PTN_EVENT_ORG_DEACTIVATED,
	    NULL);
}

static enum ptn_err
set_active(const struct ptn_scope *sc, const struct ptn_member *m, bool active)
{
	enum ptn_err r;

	if (m->switched_on == active)
		return PTN_OK;
	if ((r = ptn_member_set_active(sc, m, active)) != PTN_OK)
		return r;
	return ptn_event_about(sc,
	    active ? PTN_EVENT_MEMBER_ACTIVATED : PTN_EVENT_MEMBER_DEACTIVATED,
	    &m->id);
}

static enum ptn_err
switch_member(const struct ptn_scope *sc, void *arg)
{
	const struct switching *s = arg;
	struct ptn_member m;
	enum ptn_err r;

	r = lock_member(sc, s->username, &m);
	return r == PTN_OK ? set_active(sc, &m, s->active) : r;
}

enum ptn_err
ptn_administer_switch_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user, bool active)
{
	struct ptn_member m;
	enum ptn_err r;

	r = ptn_member_by_id(sc, user, &m);
	return r == PTN_OK ? set_active(sc, &m, active) : r;
}

enum ptn_err
ptn_administer_archive_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user)
{
	struct ptn_member m;
	enum ptn_err r;

	if ((r = ptn_member_by_id(sc, user, &m)) != PTN_OK ||
	    (r = ptn_member_set_active(sc, &m, false)) != PTN_OK ||
	    (r = ptn_member_archive(sc, user)) != PTN_OK)
		return r;
	return ptn_event_about(sc, PTN_EVENT_MEMBER_ARCHIVED, user);
}

/*
 * While it is off no session is good, however many are there still; none may be
 * left when it is on again, also if whoever switched it off was cut short.
 */
static enum ptn_err
switch_whole(const struct ptn_scope *sc, struct switching *s)
{
	struct ptn_org org;
	enum ptn_err r;

	r = ptn_org_get(sc, &sc->tenant_id, &org);
	if (r == PTN_OK && s->active && !org.active)
		r = ptn_org_end_sessions(sc, &sc->tenant_id);
	if (r == PTN_OK)
		r = ptn_tx(sc, switch_org, s);
	if (r == PTN_OK && !s->active)
		r = ptn_org_end_sessions(sc, &sc->tenant_id);
	return r;
}

enum ptn_err
ptn_administer_switch(const struct ptn_scope *sc, const char *username,
    bool active)
{
	struct switching s = { username, active };

	return username == NULL ? switch_whole(sc, &s)
				: ptn_tx(sc, switch_member, &s);
}

struct appointing {
	const char *username;
	bool owner;
};

/* End users are customers of the organisation, and never manage it. */
static enum ptn_err
appoint(const struct ptn_scope *sc, void *arg)
{
	const struct appointing *a = arg;
	struct ptn_member m;
	enum ptn_err r;

	if ((r = lock_member(sc, a->username, &m)) != PTN_OK)
		return r;
	if (ptn_member_is_end_user(&m))
		return PTN_E_CONFLICT;
	if (m.owner == a->owner)
		return PTN_OK;
	if ((r = ptn_member_set_owner(sc, &m.id, a->owner)) != PTN_OK)
		return r;
	return ptn_event_about(sc, PTN_EVENT_MEMBER_ROLE_CHANGED, &m.id);
}

enum ptn_err
ptn_administer_appoint(const struct ptn_scope *sc, const char *username,
    bool owner)
{
	struct appointing a = { username, owner };

	return ptn_tx(sc, appoint, &a);
}

/* What was done to a member, and a notice of it to them. */
static enum ptn_err
tell(const struct ptn_scope *sc, enum ptn_event e, const struct ptn_member *m)
{
	struct ptn_notice_to to;
	struct ptn_org org;
	enum ptn_err r;

	if ((r = ptn_org_get(sc, &sc->tenant_id, &org)) != PTN_OK)
		return r;
	to = ptn_member_notice(m, org.rp_name);
	to.subject = m->id;
	return ptn_event_tell(sc, e, &to);
}

/*
 * The same for a person who is registered, by their row.  A service account
 * must never get an address: nobody logs in as one.
 */
static enum ptn_err
lock_registered(const struct ptn_scope *sc, const char *username,
    struct ptn_member *m)
{
	enum ptn_err r = lock_member(sc, username, m);

	if (r == PTN_OK && m->service_account)
		return PTN_E_NOT_FOUND;
	return r == PTN_OK && !m->recorded ? PTN_E_CONFLICT : r;
}

struct admitting {
	const char *username;
	const struct ptn_uuid *credential;
};

/* Nobody is told of a key that was admitted already. */
static enum ptn_err
admit_credential(const struct ptn_scope *sc, void *arg)
{
	const struct admitting *a = arg;
	struct ptn_dfns_cred *c;
	struct ptn_member m;
	enum ptn_err r;
	bool changed;
	size_t i, n;

	if ((r = lock_registered(sc, a->username, &m)) != PTN_OK ||
	    (r = ptn_dfns_creds_of(sc, &m.id, &c, &n)) != PTN_OK)
		return r;
	for (i = 0; i < n; i++)
		if (ptn_uuid_equal(&c[i].id, a->credential))
			break;
	if (i == n || c[i].kind != PTN_CRED_FIDO2)
		return PTN_E_UNPROCESSABLE;
	r = ptn_dfns_cred_admit(sc, &c[i], &changed);
	if (r != PTN_OK || !changed)
		return r;
	return tell(sc, PTN_EVENT_CREDENTIAL_ADMITTED, &m);
}

enum ptn_err
ptn_administer_admit(const struct ptn_scope *sc, const char *username,
    const struct ptn_uuid *credential)
{
	struct admitting a = { username, credential };

	return ptn_tx(sc, admit_credential, &a);
}

struct ending {
	const char *username;
	const struct ptn_uuid *token;
};

static enum ptn_err
end_pat(const struct ptn_scope *sc, void *arg)
{
	const struct ending *a = arg;
	struct ptn_member m;
	enum ptn_err r;

	if ((r = lock_member(sc, a->username, &m)) != PTN_OK)
		return r;
	if ((r = ptn_pat_end(sc, &m.id, a->token)) != PTN_OK)
		return r == PTN_E_NOT_FOUND ? PTN_E_UNPROCESSABLE : r;
	return tell(sc, PTN_EVENT_PAT_ARCHIVED, &m);
}

enum ptn_err
ptn_administer_end_pat(const struct ptn_scope *sc, const char *username,
    const struct ptn_uuid *token_id)
{
	struct ending a = { username, token_id };

	return ptn_tx(sc, end_pat, &a);
}

struct moving {
	const char *username;
	const char *address; /* canonical */
};

/* The address, which is the member's from now on if it was nobody's. */
static enum ptn_err
take_address(const struct ptn_scope *sc, const struct ptn_member *m,
    struct ptn_email *email)
{
	if (!ptn_uuid_is_nil(&email->user_id) &&
	    !ptn_uuid_equal(&email->user_id, &m->id))
		return PTN_E_FORBIDDEN;
	return email->verified ? PTN_OK
			       : ptn_email_own(sc, email, &m->id, true);
}

static enum ptn_err
move(const struct ptn_scope *sc, void *arg)
{
	const struct moving *a = arg;
	struct ptn_email email;
	struct ptn_member m;
	enum ptn_err r;

	if ((r = lock_registered(sc, a->username, &m)) != PTN_OK ||
	    (r = ptn_email_claim(sc, a->address, &email)) != PTN_OK)
		return r;
	if (email.verified && ptn_uuid_equal(&email.id, &m.email_id))
		return PTN_OK;
	if ((r = take_address(sc, &m, &email)) != PTN_OK ||
	    (r = ptn_member_set_address(sc, &m.id, &email.id)) != PTN_OK ||
	    (r = ptn_code_delete(sc, &m.id, PTN_CODE_LOGIN)) != PTN_OK ||
	    (r = ptn_code_delete(sc, &m.id, PTN_CODE_RECOVERY)) != PTN_OK)
		return r;
	return tell(sc, PTN_EVENT_MEMBER_MOVED, &m);
}

enum ptn_err
ptn_administer_move(const struct ptn_scope *sc, const char *username,
    const char *address)
{
	struct moving a = { .username = username };
	char *canonical;
	enum ptn_err r;

	r = ptn_address_canonical(sc->arena, address, &canonical);
	if (r != PTN_OK)
		return r;
	a.address = canonical;
	return ptn_tx(sc, move, &a);
}

static enum ptn_err
put_service(const struct ptn_scope *sc, void *arg)
{
	struct ptn_service_new *s = arg;
	enum ptn_err r;

	if ((r = ptn_service_put(sc, s)) != PTN_OK)
		return r;
	return ptn_event_about(sc, PTN_EVENT_SERVICE_ACCOUNT_CREATED, &s->id);
}

enum ptn_err
ptn_administer_service(const struct ptn_scope *sc, struct ptn_service_new *s)
{
	return ptn_tx(sc, put_service, s);
}

enum ptn_err
ptn_administer_end_in(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	const enum ptn_err r = ptn_service_end(sc, user);

	if (r != PTN_OK)
		return r;
	return ptn_event_about(sc, PTN_EVENT_SERVICE_ACCOUNT_REVOKED, user);
}

static enum ptn_err
revoke(const struct ptn_scope *sc, void *arg)
{
	struct ptn_uuid user;
	enum ptn_err r;

	if ((r = ptn_service_owner(sc, arg, &user)) != PTN_OK ||
	    (r = ptn_user_lock(sc, &user)) != PTN_OK)
		return r;
	return ptn_administer_end_in(sc, &user);
}

enum ptn_err
ptn_administer_revoke(const struct ptn_scope *sc,
    const struct ptn_uuid *token_id)
{
	struct ptn_uuid id = *token_id;

	return ptn_tx(sc, revoke, &id);
}
