#include "lib/account/addresses.h"

#include <string.h>

#include "lib/account/limit.h"
#include "lib/account/membership.h"
#include "lib/account/policy.h"
#include "lib/account/signin.h"
#include "lib/account/user.h"
#include "lib/event/actor.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

struct change {
	const struct ptn_uuid *user;
	const struct ptn_uuid *id; /* of an address; NULL: a new one */
	const char *address;
	bool last; /* it may be the primary one: there is no other */
	bool verified;
	struct ptn_email *email;
	enum ptn_addresses_result what;
};

/* Refuse, and undo what was begun. */
static enum ptn_err
deny(struct change *c, enum ptn_addresses_result why)
{
	c->what = why;
	return PTN_E_DENIED;
}

/* By ptn_tx(), or as a part of the caller's transaction. */
static enum ptn_err
run(ptn_tx_runner how, const struct ptn_scope *sc, ptn_tx_fn fn,
    struct change *c, enum ptn_addresses_result *what)
{
	enum ptn_err r = how(sc, fn, c);

	if (r == PTN_OK)
		*what = PTN_ADDRESSES_DONE;
	else
		*what = r == PTN_E_DENIED ? c->what : PTN_ADDRESSES_UNKNOWN;
	return r == PTN_E_DENIED || r == PTN_E_NOT_FOUND ? PTN_OK : r;
}

static enum ptn_err
room_for_one(const struct ptn_scope *sc, const struct ptn_uuid *user,
    bool logged_in, enum ptn_verdict *verdict)
{
	int64_t n;
	enum ptn_err r;

	*verdict = PTN_DENY;
	if ((r = ptn_email_count(sc, user, &n)) != PTN_OK)
		return r;
	if (n < ptn_policy_addresses(sc->cf, logged_in))
		*verdict = PTN_ALLOW;
	return PTN_OK;
}

/* One that nobody proves is kept for a day: not any number of them. */
static enum ptn_err
count_claim(const struct ptn_scope *sc, const struct change *c)
{
	char user[PTN_UUID_STR];
	const struct ptn_limit_on on = { .account = user };

	ptn_uuid_format(c->user, user);
	return c->email->is_new ? ptn_limit_take(sc, PTN_LIMIT_CLAIM, &on)
				: PTN_OK;
}

/* Theirs at once.  Whoever had another address before is told there. */
static enum ptn_err
take(const struct ptn_scope *sc, const struct change *c,
    struct ptn_membership *before)
{
	enum ptn_err r = ptn_membership_get(sc, c->user, before);

	if (r == PTN_OK)
		r = ptn_email_own(sc, c->email, c->user, false);
	return r == PTN_OK
	    ? ptn_event_signal(sc, PTN_EVENT_EMAIL_OWNED, c->user)
	    : r;
}

/*
 * Nothing is recorded of a claim that was there already, and still is one; and
 * it is told when it is proved.
 */
static enum ptn_err
add(const struct ptn_scope *sc, void *arg)
{
	struct change *c = arg;
	struct ptn_membership before = { .registered = false };
	enum ptn_verdict room;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, c->user)) != PTN_OK ||
	    (r = room_for_one(sc, c->user, true, &room)) != PTN_OK)
		return r;
	if (room != PTN_ALLOW)
		return deny(c, PTN_ADDRESSES_FULL);
	if ((r = ptn_email_claim(sc, c->address, c->email)) != PTN_OK)
		return r;
	if (!ptn_uuid_is_nil(&c->email->user_id))
		return deny(c, PTN_ADDRESSES_OWNED);
	if ((r = count_claim(sc, c)) != PTN_OK)
		return r;
	if (!ptn_policy_verification(sc->cf))
		r = take(sc, c, &before);
	if (r != PTN_OK)
		return r;
	ptn_actor_is(sc, NULL, c->address);
	if (!c->email->is_new && ptn_uuid_is_nil(&c->email->user_id))
		return PTN_OK;
	return ptn_event_tell(sc, PTN_EVENT_EMAIL_CREATED, &before.tell);
}

enum ptn_err
ptn_addresses_add(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char *address, struct ptn_email *out, enum ptn_addresses_result *what)
{
	struct change c = { .user = user, .address = address, .email = out };

	return run(ptn_tx, sc, add, &c, what);
}

enum ptn_err
ptn_addresses_add_in(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char *address, struct ptn_email *out, enum ptn_addresses_result *what)
{
	struct change c = { .user = user, .address = address, .email = out };

	return run(ptn_tx_part, sc, add, &c, what);
}

/* Without a proof, and without a limit on how many are new. */
static enum ptn_err
give(const struct ptn_scope *sc, void *arg)
{
	struct change *c = arg;
	struct ptn_membership before;
	enum ptn_verdict room;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, c->user)) != PTN_OK ||
	    (r = ptn_membership_get(sc, c->user, &before)) != PTN_OK)
		return r;
	if (before.service)
		return deny(c, PTN_ADDRESSES_SERVICE);
	if ((r = room_for_one(sc, c->user, true, &room)) != PTN_OK)
		return r;
	if (room != PTN_ALLOW)
		return deny(c, PTN_ADDRESSES_FULL);
	if ((r = ptn_email_claim(sc, c->address, c->email)) != PTN_OK)
		return r;
	if (!ptn_uuid_is_nil(&c->email->user_id))
		return deny(c, PTN_ADDRESSES_OWNED);
	if ((r = ptn_email_own(sc, c->email, c->user, c->verified)) != PTN_OK ||
	    (r = ptn_event_signal(sc, PTN_EVENT_EMAIL_OWNED, c->user)) !=
		PTN_OK)
		return r;
	return ptn_event_tell(sc, PTN_EVENT_EMAIL_CREATED, &before.tell);
}

enum ptn_err
ptn_addresses_give(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char *address, bool verified, struct ptn_email *out,
    enum ptn_addresses_result *what)
{
	struct change c = { .user = user,
		.address = address,
		.verified = verified,
		.email = out };

	return run(ptn_tx, sc, give, &c, what);
}

enum ptn_err
ptn_addresses_onboard(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char *address, bool proved, enum ptn_addresses_result *what)
{
	struct ptn_email made;
	struct change c = { .user = user, .address = address, .email = &made };
	struct ptn_addresses_proof p = { .user_id = *user, .by = user };

	if (proved)
		return ptn_addresses_prove_new(sc, &p, address, what);
	return run(ptn_tx_here, sc, add, &c, what);
}

static enum ptn_err
take_away(const struct ptn_scope *sc, void *arg)
{
	struct change *c = arg;
	struct ptn_membership m;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, c->user)) != PTN_OK ||
	    (r = ptn_membership_get(sc, c->user, &m)) != PTN_OK)
		return r;
	if (!ptn_policy_remove_address(sc->cf, &m, c->id))
		return deny(c, PTN_ADDRESSES_GUARDED);
	r = ptn_email_remove(sc, c->user, c->id, c->last);
	if (r == PTN_E_CONFLICT)
		return deny(c, PTN_ADDRESSES_PRIMARY);
	if (r != PTN_OK)
		return r;
	return ptn_event_tell(sc, PTN_EVENT_EMAIL_DELETED, &m.tell);
}

static enum ptn_err
remove_by(ptn_tx_runner how, const struct ptn_scope *sc, struct change *c,
    enum ptn_addresses_result *what)
{
	enum ptn_err r = run(how, sc, take_away, c, what);

	if (r == PTN_OK && *what == PTN_ADDRESSES_GUARDED)
		ptn_membership_guarded(sc, "address");
	return r;
}

enum ptn_err
ptn_addresses_remove(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *id, enum ptn_addresses_result *what)
{
	struct change c = { .user = user, .id = id };

	return remove_by(ptn_tx, sc, &c, what);
}

enum ptn_err
ptn_addresses_remove_in(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *id, bool last, enum ptn_addresses_result *what)
{
	struct change c = { .user = user, .id = id, .last = last };

	return remove_by(ptn_tx_part, sc, &c, what);
}

static enum ptn_err
make_primary(const struct ptn_scope *sc, void *arg)
{
	struct change *c = arg;
	struct ptn_membership m;
	bool changed;
	enum ptn_err r;

	/* The one that was is told, not the one that is. */
	if ((r = ptn_user_lock(sc, c->user)) != PTN_OK ||
	    (r = ptn_membership_get(sc, c->user, &m)) != PTN_OK)
		return r;
	r = ptn_email_set_primary(sc, c->user, c->id, &changed);
	if (r != PTN_OK || !changed)
		return r;
	return ptn_event_tell(sc, PTN_EVENT_PRIMARY_EMAIL_CHANGED, &m.tell);
}

enum ptn_err
ptn_addresses_make_primary(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *id,
    enum ptn_addresses_result *what)
{
	struct change c = { .user = user, .id = id };

	return run(ptn_tx, sc, make_primary, &c, what);
}

enum ptn_err
ptn_addresses_make_primary_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *id,
    enum ptn_addresses_result *what)
{
	struct change c = { .user = user, .id = id };

	return run(ptn_tx_part, sc, make_primary, &c, what);
}

/* DONE: nothing speaks against it but that there may be no room. */
static enum ptn_addresses_result
judge_proof(const struct ptn_addresses_proof *p)
{
	const struct ptn_uuid *owner = &p->email.user_id;

	if (!ptn_uuid_is_nil(owner) && !ptn_uuid_equal(owner, &p->user_id))
		return PTN_ADDRESSES_OWNED;
	return ptn_signin_foreign(p->by, &p->user_id) ? PTN_ADDRESSES_FOREIGN
						      : PTN_ADDRESSES_DONE;
}

static enum ptn_err
check_room(const struct ptn_scope *sc, const struct ptn_addresses_proof *p,
    enum ptn_addresses_result *what)
{
	enum ptn_verdict room;
	enum ptn_err r;

	r = room_for_one(sc, &p->user_id, p->by != NULL, &room);
	*what = room == PTN_ALLOW ? PTN_ADDRESSES_DONE : PTN_ADDRESSES_FULL;
	return r;
}

/*
 * Take the ownership that was proved.  Whoever had another address before is
 * told there; it is no news that the first one is the primary one.
 */
static enum ptn_err
own(const struct ptn_scope *sc, struct ptn_addresses_proof *p)
{
	static const struct ptn_notice_to nobody = { .address = NULL };
	struct ptn_membership m;
	enum ptn_err r;

	if (p->email.verified)
		return PTN_OK;
	if ((r = ptn_membership_get(sc, &p->user_id, &m)) != PTN_OK)
		return r;
	r = ptn_email_own(sc, &p->email, &p->user_id, true);
	if (r == PTN_OK)
		r = ptn_event_signal(sc, PTN_EVENT_EMAIL_OWNED, &p->user_id);
	if (r == PTN_OK && p->email.is_primary)
		r = ptn_event_tell(sc, PTN_EVENT_PRIMARY_EMAIL_CHANGED,
		    &nobody);
	if (r != PTN_OK)
		return r;
	return ptn_event_tell(sc, PTN_EVENT_EMAIL_VERIFIED, &m.tell);
}

static enum ptn_err
prove(const struct ptn_scope *sc, struct ptn_addresses_proof *p)
{
	ptn_actor_is(sc, NULL, p->email.address);
	return own(sc, p);
}

enum ptn_err
ptn_addresses_prove(const struct ptn_scope *sc, struct ptn_addresses_proof *p,
    enum ptn_addresses_result *what)
{
	enum ptn_err r;

	*what = PTN_ADDRESSES_UNKNOWN;
	r = ptn_email_lock(sc, &p->email_id, &p->email);
	if (r == PTN_E_NOT_FOUND)
		return PTN_OK;
	if (r != PTN_OK)
		return r;
	*what = judge_proof(p);
	if (*what == PTN_ADDRESSES_DONE && ptn_uuid_is_nil(&p->email.user_id))
		r = check_room(sc, p, what);
	return r == PTN_OK && *what == PTN_ADDRESSES_DONE ? prove(sc, p) : r;
}

enum ptn_err
ptn_addresses_prove_new(const struct ptn_scope *sc,
    struct ptn_addresses_proof *p, const char *address,
    enum ptn_addresses_result *what)
{
	enum ptn_err r;

	memset(&p->email, 0, sizeof(p->email));
	if ((*what = judge_proof(p)) != PTN_ADDRESSES_DONE)
		return PTN_OK;
	if ((r = check_room(sc, p, what)) != PTN_OK ||
	    *what != PTN_ADDRESSES_DONE)
		return r;
	if ((r = ptn_email_claim(sc, address, &p->email)) != PTN_OK)
		return r;
	p->email_id = p->email.id;
	*what = judge_proof(p);
	return *what == PTN_ADDRESSES_DONE ? prove(sc, p) : PTN_OK;
}
