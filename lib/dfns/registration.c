#include "lib/dfns/registration.h"

#include <string.h>

#include "lib/account/addresses.h"
#include "lib/account/passcode.h"
#include "lib/account/user.h"
#include "lib/dfns/code.h"
#include "lib/dfns/session.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"
#include "lib/format/address.h"

/* Some configurations say at once that nobody can register by this name. */
static enum ptn_err
disclose(const struct ptn_scope *sc, struct ptn_dfns_registration_start *s)
{
	if (!ptn_dfns_denial_discloses(sc))
		return PTN_OK;
	if (!s->who.known)
		return ptn_dfns_denial_of_member(&s->denial, &s->who.member);
	if (s->who.member.registered)
		return ptn_dfns_denial_set(&s->denial, PTN_DFNS_USER_EXISTS,
		    "registered already");
	return PTN_OK;
}

/*
 * The username of one who has no row yet is their primary address: it must be
 * the one that the code has proved.
 */
static bool
has_moved(const struct ptn_dfns_registration_start *s)
{
	const struct ptn_member *m = &s->who.member;

	return !m->stored &&
	    !ptn_uuid_equal(&m->email_id, &s->start.c.state.email);
}

static enum ptn_err
check_code(const struct ptn_scope *sc, struct ptn_dfns_registration_start *s)
{
	enum ptn_passcode_result what;
	enum ptn_err r;

	r = ptn_dfns_code_check(sc, &s->who.member.id, PTN_CODE_REGISTRATION,
	    s->code, PTN_CODE_KEEP, &s->start.c.state.email, &what);
	if (r != PTN_OK)
		return r;
	if (what == PTN_PASSCODE_EXPIRED)
		return ptn_dfns_denial_set(&s->denial, PTN_DFNS_CODE_EXPIRED,
		    "expired code");
	if (what != PTN_PASSCODE_RIGHT || !s->who.known || has_moved(s))
		return ptn_dfns_denial_set(&s->denial, PTN_DFNS_BAD_CODE,
		    "wrong code");
	return PTN_OK;
}

enum ptn_err
ptn_dfns_registration_start(struct ptn_scope *sc,
    struct ptn_dfns_registration_start *s)
{
	struct ptn_dfns_lookup *who = &s->who;
	enum ptn_err r;

	memset(&s->denial, 0, sizeof(s->denial));
	s->start = (struct ptn_dfns_enrolment_start){ .who = who,
		.kind = PTN_DFNS_TOKEN_REGISTRATION,
		.c = { .kind = PTN_DFNS_CEREMONY_REGISTRATION } };
	if ((r = ptn_dfns_lookup(sc, s->org, s->username, who)) != PTN_OK ||
	    (r = disclose(sc, s)) != PTN_OK)
		return r;
	who->known =
	    who->known && who->member.active && !who->member.registered;
	if ((r = check_code(sc, s)) != PTN_OK)
		return r;
	return ptn_dfns_enrolment_start(sc, &s->start);
}

/*
 * The registration code came by mail, which proves that the address is the
 * member's: the one that it was sent to, which need not be the primary one any
 * more.  From now on their codes go there.  An end user of a service account
 * had no code.
 */
static enum ptn_err
prove_address(const struct ptn_scope *sc, const struct ptn_uuid *email,
    struct ptn_member *m)
{
	struct ptn_addresses_proof proof = { .user_id = m->id,
		.email_id = *email };
	enum ptn_addresses_result what;
	enum ptn_err r;

	if (ptn_uuid_is_nil(email) ||
	    (m->verified && ptn_uuid_equal(&m->email_id, email)))
		return PTN_OK;
	r = ptn_addresses_prove(sc, &proof, &what);
	if (r != PTN_OK || what != PTN_ADDRESSES_DONE)
		return r == PTN_OK ? PTN_E_NOT_FOUND : r;
	m->email_id = *email;
	m->address = proof.email.address;
	m->verified = true;
	if (!m->stored) /* it was their primary address when this began */
		m->username = ptn_address_shown(sc->arena, m->address);
	return m->username != NULL ? PTN_OK : PTN_E_NOMEM;
}

static enum ptn_err
check_member(struct ptn_dfns_registration *k)
{
	const struct ptn_member *m = &k->member;

	if (k->end_user && !ptn_member_is_end_user(m))
		return PTN_E_NOT_FOUND;
	if (!m->active || m->archived)
		return ptn_dfns_denial_of_member(&k->denial, m);
	if (m->registered)
		return ptn_dfns_denial_set(&k->denial, PTN_DFNS_USER_EXISTS,
		    "registered already");
	return PTN_OK;
}

static enum ptn_err
complete(const struct ptn_scope *sc, void *arg)
{
	struct ptn_dfns_registration *k = arg;
	const struct ptn_uuid *user = &k->creds.c.user_id;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, user)) != PTN_OK ||
	    (r = ptn_member_by_id(sc, user, &k->member)) != PTN_OK ||
	    (r = check_member(k)) != PTN_OK ||
	    (r = ptn_code_delete(sc, user, PTN_CODE_REGISTRATION)) != PTN_OK ||
	    (r = ptn_dfns_enrolment_put(sc, &k->creds, false, &k->denial)) !=
		PTN_OK ||
	    (r = prove_address(sc, &k->creds.c.state.email, &k->member)) !=
		PTN_OK ||
	    (r = ptn_member_set_registered(sc, &k->member)) != PTN_OK)
		return r;
	r = ptn_member_notify(sc, PTN_EVENT_DFNS_REGISTRATION_OK,
	    k->creds.org.rp_name, &k->member);
	if (r != PTN_OK || !k->end_user)
		return r;
	return ptn_dfns_session_open(sc, &k->member, PTN_EVENT_NONE,
	    &k->claims);
}

enum ptn_err
ptn_dfns_registration_finish(const struct ptn_scope *sc,
    struct ptn_dfns_registration *k)
{
	struct ptn_dfns_enrolment *n = &k->creds;
	enum ptn_err r;

	memset(&k->denial, 0, sizeof(k->denial));
	r = ptn_dfns_enrolment_check(sc, n, &k->denial);
	if (r == PTN_OK)
		r = ptn_dfns_enrolment_find(sc, PTN_DFNS_CEREMONY_REGISTRATION,
		    &k->ceremony, n);
	if (r == PTN_OK)
		r = ptn_dfns_enrolment_verify(sc, n, &k->denial);
	if (r == PTN_OK)
		r = ptn_dfns_enrolment_hash(sc, n);
	if (r == PTN_OK)
		r = ptn_tx(sc, complete, k);
	if (r == PTN_E_NOT_FOUND)
		return ptn_dfns_denial_set(&k->denial, PTN_DFNS_BAD_TOKEN,
		    NULL);
	if (r != PTN_OK || !k->end_user)
		return r;
	return ptn_dfns_session_token(sc, &n->org.id, &k->member, &k->claims,
	    &k->token);
}
