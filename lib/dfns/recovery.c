#include "lib/dfns/recovery.h"

#include <string.h>

#include "lib/account/pats.h"
#include "lib/account/session.h"
#include "lib/account/user.h"
#include "lib/base/base64.h"
#include "lib/base/finding.h"
#include "lib/dfns/code.h"
#include "lib/dfns/password.h"
#include "lib/dfns/signers.h"
#include "lib/dfns/verify.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

/* Of one who is not known somebody else's are read, and none is chosen. */
enum ptn_err
ptn_dfns_recovery_prepare(const struct ptn_scope *sc,
    struct ptn_dfns_recovery_start *s)
{
	const struct ptn_scope at = ptn_scope_at(sc, &s->who.org.id);
	struct ptn_dfns_signers keys, chosen = { .n = 0 };
	enum ptn_err r;
	size_t i;

	s->start = (struct ptn_dfns_enrolment_start){ .who = &s->who,
		.kind = PTN_DFNS_TOKEN_RECOVERY,
		.c = { .kind = PTN_DFNS_CEREMONY_RECOVERY } };
	s->key = NULL;
	r = ptn_dfns_signers_recovery(&at, &s->who.read_as, &keys);
	if (r != PTN_OK)
		return r;
	for (i = 0; i < keys.n && chosen.n == 0; i++)
		if (s->who.known &&
		    ptn_cred_id_same(ptn_bytes_of(keys.cred[i].cred_id),
			s->credential_id))
			chosen = (struct ptn_dfns_signers){ &keys.cred[i], 1 };
	s->key = chosen.cred;
	return ptn_dfns_signers_allow(sc, &chosen, true, &s->start.c.state);
}

/* Some configurations say at once that there is no such user. */
static enum ptn_err
disclose(const struct ptn_scope *sc, struct ptn_dfns_recovery_start *s)
{
	if (s->who.member.active || !ptn_dfns_denial_discloses(sc))
		return PTN_OK;
	return ptn_dfns_denial_of_member(&s->denial, &s->who.member);
}

static enum ptn_err
check_code(const struct ptn_scope *sc, struct ptn_dfns_recovery_start *s)
{
	const struct ptn_member *m = &s->who.member;
	const bool able = s->who.known && ptn_member_usable(m);

	return ptn_dfns_code_use(sc, able ? &m->id : &s->who.decoy.nobody,
	    PTN_CODE_RECOVERY, s->code,
	    s->key != NULL ? PTN_CODE_USE_UP : PTN_CODE_SPOILT, &s->denial);
}

enum ptn_err
ptn_dfns_recovery_start(struct ptn_scope *sc, struct ptn_dfns_recovery_start *s)
{
	enum ptn_err r;

	memset(&s->denial, 0, sizeof(s->denial));
	if ((r = ptn_dfns_lookup(sc, s->org, s->username, &s->who)) != PTN_OK ||
	    (r = ptn_dfns_recovery_prepare(sc, s)) != PTN_OK ||
	    (r = disclose(sc, s)) != PTN_OK ||
	    (r = check_code(sc, s)) != PTN_OK)
		return r;
	if (s->key == NULL)
		return ptn_dfns_denial_set(&s->denial, PTN_DFNS_NO_RECOVERY,
		    "no recovery key");
	return ptn_dfns_enrolment_start(sc, &s->start);
}

/* The recovery key of the ceremony, if it is still there and active. */
static enum ptn_err
verify_key(const struct ptn_scope *sc, struct ptn_dfns_recovery *k)
{
	const struct ptn_dfns_ceremony *c = &k->creds.c;
	struct ptn_dfns_signers keys;
	struct ptn_finding finding;
	enum ptn_err r;

	if ((r = ptn_dfns_signers_recovery(sc, &c->user_id, &keys)) != PTN_OK)
		return r;
	ptn_dfns_signers_allowed(&c->state, &keys);
	r = ptn_dfns_verify_recovery(sc, &k->factor, k->json, keys.cred, keys.n,
	    &finding);
	if (r == PTN_OK && finding.verdict != PTN_ALLOW)
		return ptn_dfns_denial_set(&k->denial, PTN_DFNS_NOT_PROVED,
		    ptn_finding_word(finding.reason));
	return r;
}

static enum ptn_err
recover(const struct ptn_scope *sc, void *arg)
{
	struct ptn_dfns_recovery *k = arg;
	struct ptn_dfns_enrolment *n = &k->creds;
	const struct ptn_uuid *user = &n->c.user_id;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, user)) != PTN_OK ||
	    (r = ptn_member_by_id(sc, user, &k->member)) != PTN_OK ||
	    (r = verify_key(sc, k)) != PTN_OK ||
	    (r = ptn_dfns_enrolment_verify(sc, n, &k->denial)) != PTN_OK)
		return r;
	if (!ptn_member_usable(&k->member))
		return ptn_dfns_denial_of_member(&k->denial, &k->member);
	if ((r = ptn_pats_end(sc, user)) != PTN_OK ||
	    (r = ptn_dfns_enrolment_put(sc, n, true, &k->denial)) != PTN_OK ||
	    (r = ptn_member_notify(sc, PTN_EVENT_DFNS_RECOVERY_OK,
		 n->org.rp_name, &k->member)) != PTN_OK)
		return r;
	r = ptn_session_end_all(sc, user, PTN_EVENT_SESSION_REVOKED);
	return r == PTN_E_NOT_FOUND ? PTN_OK : r;
}

/*
 * Where passwords are allowed, one of the new credentials signs nevertheless:
 * the others do not show that they were made for this recovery.
 */
static enum ptn_err
check_new(const struct ptn_scope *sc, struct ptn_dfns_recovery *k)
{
	enum ptn_err r;

	r = ptn_dfns_enrolment_check(sc, &k->creds, &k->denial);
	if (r != PTN_OK)
		return r;
	if (ptn_dfns_password_on(sc) && !ptn_dfns_enrolment_signs(&k->creds))
		return ptn_dfns_denial_set(&k->denial, PTN_DFNS_NOTHING_SIGNS,
		    NULL);
	return PTN_OK;
}

enum ptn_err
ptn_dfns_recovery_finish(const struct ptn_scope *sc,
    struct ptn_dfns_recovery *k)
{
	enum ptn_err r;

	memset(&k->denial, 0, sizeof(k->denial));
	r = check_new(sc, k);
	if (r == PTN_OK)
		r = ptn_dfns_enrolment_find(sc, PTN_DFNS_CEREMONY_RECOVERY,
		    &k->ceremony, &k->creds);
	if (r == PTN_OK)
		r = ptn_dfns_enrolment_hash(sc, &k->creds);
	if (r == PTN_OK)
		r = ptn_tx(sc, recover, k);
	if (r == PTN_E_NOT_FOUND)
		return ptn_dfns_denial_set(&k->denial, PTN_DFNS_BAD_TOKEN,
		    NULL);
	return r;
}
