#include "lib/account/signin_passcode.h"

#include <stdbool.h>

#include "lib/account/addresses.h"
#include "lib/account/limit.h"
#include "lib/account/signin.h"
#include "lib/conf/conf.h"
#include "lib/event/actor.h"
#include "lib/event/webhook.h"
#include "lib/format/locale.h"

struct sending {
	struct ptn_passcode *pc;
	struct ptn_outbox_mail mail;
	struct ptn_limit_on on; /* whose mailbox */
	bool locked; /* no mail goes to somebody who is kept out */
	char code[PTN_PASSCODE_TEXT];
};

enum ptn_err
ptn_signin_passcode_mail(const struct ptn_scope *sc,
    const struct ptn_limit_on *on, bool told, bool *held)
{
	enum ptn_err r;

	*held = false;
	if (!sc->cf->mail_enabled)
		return PTN_OK;
	if (told)
		return ptn_limit_take(sc, PTN_LIMIT_MAIL, on);
	r = ptn_limit_take_mail(sc, on, "a passcode is not mailed");
	*held = r == PTN_E_RATE;
	return *held ? PTN_OK : r;
}

/*
 * A stranger is not told, neither now nor by what becomes of the passcode: all
 * is done as ever, with a code that nobody can enter, and a mail that is not
 * sent; but the older code stays good.
 */
static enum ptn_err
store_and_queue(const struct ptn_scope *sc, struct sending *s)
{
	const bool known = s->on.asker.kind != PTN_ASKER_STRANGER;
	bool held;
	enum ptn_err r;

	if ((r = ptn_signin_passcode_mail(sc, &s->on, known, &held)) != PTN_OK)
		return r;
	held = held || s->locked;
	s->pc->held_back = held;
	if (held)
		ptn_passcode_draw_none(s->code);
	else
		ptn_passcode_draw(s->code);
	if ((r = ptn_passcode_put(sc, s->code, s->pc)) != PTN_OK)
		return r;
	if (sc->cf->mail_enabled &&
	    (r = ptn_webhook_mail(sc,
		 held ? PTN_OUTBOX_UNSENT : PTN_OUTBOX_MAIL, &s->mail)) !=
		PTN_OK)
		return r;
	return ptn_event(sc,
	    held ? PTN_EVENT_PASSCODE_HELD_BACK : PTN_EVENT_PASSCODE_INIT_OK,
	    NULL);
}

static enum ptn_err
draw_and_send(const struct ptn_scope *sc, struct ptn_passcode *pc,
    const struct ptn_passcode_target *to)
{
	const struct ptn_actor *actor = sc->actor;
	struct sending s = { .pc = pc,
		.on = { .mailbox = to->address },
		.locked = to->locked,
		.mail = { .template = "passcode",
		    .to = to->address,
		    .ttl_s = pc->ttl_s,
		    .service = sc->cf->service_name,
		    .locale = ptn_locale_match(
			actor != NULL ? actor->accept_language : NULL) } };
	enum ptn_err r;

	/* To the mailbox of somebody else, everybody is a stranger. */
	if (ptn_uuid_equal(&to->owner_id, &pc->user_id) &&
	    (r = ptn_asker_of(sc, &pc->user_id, &to->known_epoch,
		 &s.on.asker)) != PTN_OK)
		return r;
	pc->asker = s.on.asker.kind;
	s.mail.code = s.code;
	r = store_and_queue(sc, &s);
	ptn_wipe(s.code, sizeof(s.code));
	return r;
}

/* Somebody else's address gets no code of this user, nor the other way. */
static enum ptn_signin_passcode_sent
may_have_one(const struct ptn_signin_passcode_ask *ask,
    const struct ptn_passcode_target *to)
{
	if (to->address == NULL)
		return PTN_SIGNIN_PASSCODE_NO_ADDRESS;
	if (ptn_signin_foreign(ask->by, &ask->user_id) ||
	    (!ptn_uuid_is_nil(&to->owner_id) &&
		!ptn_uuid_equal(&to->owner_id, &ask->user_id)))
		return PTN_SIGNIN_PASSCODE_FOREIGN;
	return PTN_SIGNIN_PASSCODE_SENT;
}

struct asking {
	struct ptn_signin_passcode_ask *ask;
	enum ptn_signin_passcode_sent what;
};

static enum ptn_err
send(const struct ptn_scope *sc, void *arg)
{
	struct asking *a = arg;
	struct ptn_signin_passcode_ask *ask = a->ask;
	struct ptn_passcode_target to;
	enum ptn_err r;

	a->what = PTN_SIGNIN_PASSCODE_NO_USER;
	ptn_db_soon(sc->db);
	r = ptn_passcode_find_target(sc, &ask->user_id, &ask->email_id, &to);
	if (r != PTN_OK)
		return r == PTN_E_NOT_FOUND ? PTN_OK : r;
	a->what = may_have_one(ask, &to);
	if (a->what != PTN_SIGNIN_PASSCODE_SENT)
		return PTN_OK;
	ptn_actor_is(sc, NULL, to.address);
	ask->passcode = (struct ptn_passcode){ .user_id = ask->user_id,
		.email_id = to.email_id,
		.ttl_s = sc->cf->passcode_ttl_s,
		.created_at_us = to.now_us };
	return draw_and_send(sc, &ask->passcode, &to);
}

/* Why there is none, as it is noted; NULL: it is not. */
static const char *const none_sent[PTN_SIGNIN_PASSCODE__MAX] = {
	[PTN_SIGNIN_PASSCODE_NO_USER] = "unknown user",
	[PTN_SIGNIN_PASSCODE_NO_ADDRESS] = NULL,
	[PTN_SIGNIN_PASSCODE_FOREIGN] = "not authorised",
	[PTN_SIGNIN_PASSCODE_SENT] = NULL,
};

enum ptn_err
ptn_signin_passcode_send(const struct ptn_scope *sc,
    struct ptn_signin_passcode_ask *ask, enum ptn_signin_passcode_sent *what)
{
	struct asking a = { .ask = ask };
	enum ptn_err r;

	ptn_actor_is(sc, &ask->user_id, NULL);
	r = ptn_tx(sc, send, &a);
	*what = a.what;
	if (r == PTN_OK && none_sent[a.what] != NULL)
		ptn_event_note(sc, PTN_EVENT_PASSCODE_INIT_FAILED,
		    none_sent[a.what]);
	return r;
}

/* The audit log's words for what became of a code. */
static const char *const reasons[PTN_PASSCODE__MAX] = {
	[PTN_PASSCODE_WRONG] = "passcode invalid",
	[PTN_PASSCODE_UNKNOWN] = "unknown passcode",
	[PTN_PASSCODE_EXPIRED] = "timed out passcode",
	[PTN_PASSCODE_USED_UP] = "max attempts reached",
	[PTN_PASSCODE_CLAIMED] = "claimed address",
	[PTN_PASSCODE_UNFIT] = "not authorised",
	[PTN_PASSCODE_NOBODY] = "user kept out, or gone",
	[PTN_PASSCODE_HALF] = "second factor missing",
	[PTN_PASSCODE_RIGHT] = "none",
};

/* What a right code is worth, by what it proves of its address. */
static const enum ptn_passcode_result worth[PTN_ADDRESSES__MAX] = {
	[PTN_ADDRESSES_UNKNOWN] = PTN_PASSCODE_UNKNOWN, /* it went meanwhile */
	[PTN_ADDRESSES_FULL] = PTN_PASSCODE_UNFIT,
	[PTN_ADDRESSES_OWNED] = PTN_PASSCODE_CLAIMED,
	[PTN_ADDRESSES_FOREIGN] = PTN_PASSCODE_UNFIT,
	[PTN_ADDRESSES_PRIMARY] = PTN_PASSCODE_UNFIT,
	[PTN_ADDRESSES_GUARDED] = PTN_PASSCODE_UNFIT,
	[PTN_ADDRESSES_SERVICE] = PTN_PASSCODE_UNFIT,
	[PTN_ADDRESSES_DONE] = PTN_PASSCODE_RIGHT,
};

struct logging_in {
	struct ptn_addresses_proof proof;
	enum ptn_addresses_result proved;
	struct ptn_email_claim primary;
};

static enum ptn_err
prove(const struct ptn_scope *sc, void *arg)
{
	struct logging_in *l = arg;
	enum ptn_err r;

	if ((r = ptn_addresses_prove(sc, &l->proof, &l->proved)) != PTN_OK)
		return r;
	if (l->proved != PTN_ADDRESSES_DONE)
		return PTN_E_DENIED;
	return ptn_email_primary(sc, &l->proof.user_id, &l->primary);
}

typedef enum ptn_err (
    *signer)(const struct ptn_scope *sc, struct ptn_signin *in);

/* Whoever proves another address of theirs is in already. */
static bool
is_complete(const struct ptn_signin_passcode *p)
{
	return p->complete ||
	    (p->by != NULL && ptn_uuid_equal(p->by, &p->passcode.user_id));
}

/*
 * With a right code, which is gone by now, in a transaction of its own: on
 * purpose.  Were it given back when what follows fails, somebody who can make
 * it fail could try a code as often as they like.  So a database that fails in
 * between costs its user another code; what is retried here (ptn_tx()) seldom
 * lets that happen.
 */
static enum ptn_err
log_in(const struct ptn_scope *sc, struct ptn_signin_passcode *p, signer sign,
    enum ptn_passcode_result *what)
{
	struct logging_in l = { .proof = { .user_id = p->passcode.user_id,
				    .email_id = p->passcode.email_id,
				    .by = p->by } };
	struct ptn_signin in = { .api = p->api,
		.user_id = p->passcode.user_id,
		.complete = is_complete(p),
		.epoch = p->epoch,
		.prove = prove,
		.arg = &l,
		.email = &l.primary,
		.amr = PTN_AMR_OTP,
		.event = PTN_EVENT_PASSCODE_FINAL_OK };
	enum ptn_err r;

	*what = PTN_PASSCODE_UNFIT;
	r = sign(sc, &in);
	if (r == PTN_E_NOT_FOUND) {
		*what = PTN_PASSCODE_NOBODY;
		return PTN_OK;
	}
	if (r != PTN_E_DENIED && r != PTN_E_FORBIDDEN && r != PTN_OK)
		return r;
	*what = r == PTN_E_FORBIDDEN ? PTN_PASSCODE_HALF : worth[l.proved];
	p->claims = in.claims;
	return PTN_OK;
}

enum ptn_err
ptn_signin_passcode(const struct ptn_scope *sc, struct ptn_signin_passcode *p,
    enum ptn_passcode_result *what)
{
	enum ptn_err r;

	r = ptn_passcode_check(sc, &p->id, p->code, &p->passcode, what);
	if (r != PTN_OK)
		return r;
	ptn_actor_is(sc, &p->passcode.user_id, NULL);
	if (*what == PTN_PASSCODE_RIGHT &&
	    (r = log_in(sc, p, ptn_signin, what)) != PTN_OK)
		return r;
	if (*what != PTN_PASSCODE_RIGHT)
		ptn_event_note(sc, PTN_EVENT_PASSCODE_FINAL_FAILED,
		    reasons[*what]);
	return PTN_OK;
}

enum ptn_err
ptn_signin_passcode_in(const struct ptn_scope *sc,
    struct ptn_signin_passcode *p, enum ptn_passcode_result *what)
{
	ptn_actor_is(sc, &p->passcode.user_id, NULL);
	return log_in(sc, p, ptn_signin_lock_in, what);
}
