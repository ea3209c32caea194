#include "fcgi/process.h"

#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "fcgi/memory.h"
#include "fcgi/slot.h"
#include "fcgi/tell.h"
#include "lib/account/expiry.h"
#include "lib/account/keysets.h"
#include "lib/account/notices.h"
#include "lib/base/arena.h"
#include "lib/base/beat.h"
#include "lib/base/clock.h"
#include "lib/base/count.h"
#include "lib/base/log.h"
#include "lib/base/rng.h"
#include "lib/conf/conf.h"
#include "lib/db/db.h"
#include "lib/db/scope.h"
#include "lib/dfns/codemail.h"
#include "lib/event/outbox.h"
#include "lib/format/address.h"
#include "lib/mail/mail.h"
#include "lib/mail/refused.h"

#define SLOTS 6 /* deliveries at once; with the pipe, what one wait takes */
#define SLOTS_CODES (SLOTS - 1)	 /* the last one is for notices */
#define SLOTS_SOURCE (SLOTS - 2) /* of one source: it may be a slow one */
#define REFUSED_MS (60 * 1000)	 /* between words that we are refused */
#define LOOK_MIN_MS 2000	 /* between looks at the outbox */
#define LOOK_JITTER_MS 3000
#define SOON_MS 20     /* a program that closed its output is about to end */
#define RECORD_MS 1000 /* between attempts to write down an outcome */
#define RECORD_GRACE_MS 5000 /* of one that leaves */
#define EXPIRE_MS (60 * 1000)
#define EXPIRE_MORE_MS 1000 /* while there is a backlog */
#define THOROUGH_ROUNDS (24 * 60) /* once a day */

/* What the mail server makes of us. */
enum relay { RELAY_UNKNOWN = 0, RELAY_TAKES, RELAY_REFUSES };

struct courier {
	struct ptn_scope sc; /* of no tenant: it serves all */
	struct ptn_mailer *mailer;
	struct ptn_score *score; /* NULL without a supervisor */
	int wake_fd;		 /* or -1 */
	int64_t look_ms;
	int64_t record_ms;
	int64_t expire_ms;
	unsigned int round;
	struct ptn_expiry expiry;
	bool more; /* there was more mail than free slots */
	enum relay relay;
	int64_t refused_ms;	     /* when it was told last */
	struct ptn_slot *slot;	     /* SLOTS of them */
	struct ptn_slot own[SLOTS];  /* where nobody comes after us */
	struct ptn_orphans *orphans; /* or NULL */
	pid_t supervisor;	     /* which notes them */
	struct ptn_tell tell;	     /* what webhooks are told */
};

_Static_assert(sizeof(struct ptn_slot) * SLOTS <= PTN_COURIER_MEMORY,
    "the slots must fit what is kept of them");

static void
courier_close(struct courier *c)
{
	ptn_mailer_free(&c->mailer);
	ptn_keysets_free(&c->sc.keys);
	ptn_db_free(&c->sc.db);
	ptn_arena_free(&c->sc.arena);
}

static enum ptn_err
courier_open(struct courier *c, const struct ptn_conf *cf,
    const struct ptn_secrets *secrets)
{
	enum ptn_err r;

	memset(c, 0, sizeof(*c));
	c->slot = c->own;
	c->sc.cf = cf;
	c->sc.secrets = secrets;
	c->wake_fd = -1;
	c->sc.arena = ptn_arena_new(SLOTS * PTN_MAIL_MEMORY);
	c->sc.db = ptn_db_new(cf, PTN_DB_SERVE);
	r = c->sc.arena != NULL && c->sc.db != NULL ? PTN_OK : PTN_E_NOMEM;
	if (r == PTN_OK)
		r = ptn_keysets_new(&c->sc.keys, cf, secrets);
	if (r == PTN_OK && cf->mail_enabled)
		r = ptn_mailer_new(&c->mailer, cf);
	if (r != PTN_OK)
		courier_close(c);
	return r;
}

static bool
leaving(void)
{
	return atomic_load(&ptn_signals.leave) != 0;
}

/* Never so late that the code has expired by then. */
static int64_t
retry_delay(const struct ptn_slot *s)
{
	const int64_t left = (s->dead_ms - ptn_clock_mono_ms()) / 1000;
	const int64_t d = ptn_slot_delay(s->attempts);

	if (left <= 0)
		return -1;
	return d > left / 2 ? left / 2 + 1 : d;
}

/* Write down what became of a mail; the slot is free once that is done. */
static void
slot_record(struct courier *c, struct ptn_slot *s)
{
	enum ptn_err r;

	if (s->what == PTN_DELIVERY_DONE)
		r = ptn_outbox_sent(&c->sc, &s->id);
	else if (s->what == PTN_DELIVERY_NEVER)
		r = ptn_outbox_failed(&c->sc, &s->id, -1);
	else
		r = ptn_outbox_failed(&c->sc, &s->id, retry_delay(s));
	if (r == PTN_OK || ptn_clock_mono_ms() >= s->dead_ms)
		s->used = 0;
	else
		c->record_ms = ptn_clock_mono_ms() + RECORD_MS;
}

/* Known to all who ask how we are, until a mail is taken. */
static void
relay_refuses(struct courier *c, const struct ptn_slot *s)
{
	const int64_t now = ptn_clock_mono_ms();

	if (c->relay != RELAY_REFUSES)
		ptn_error("mail waits: the mail server does not take us: %s",
		    s->job.said);
	else if (now - c->refused_ms < REFUSED_MS)
		return;
	c->relay = RELAY_REFUSES;
	c->refused_ms = now;
	if (ptn_refused_put(c->sc.db, c->sc.arena, s->job.said) != PTN_OK)
		ptn_warn("that mail waits is not told elsewhere");
}

static void
relay_takes(struct courier *c)
{
	if (c->relay == RELAY_TAKES || ptn_refused_clear(c->sc.db) != PTN_OK)
		return;
	if (c->relay == RELAY_REFUSES)
		ptn_info("the mail server takes us again");
	c->relay = RELAY_TAKES;
}

static void
relay_note(struct courier *c, const struct ptn_slot *s)
{
	if (s->what == PTN_DELIVERY_DONE)
		relay_takes(c);
	else if (s->what == PTN_DELIVERY_REFUSED)
		relay_refuses(c, s);
}

static void
slot_tell(const struct ptn_slot *s)
{
	static const enum ptn_count counts[] = {
		[PTN_DELIVERY_LATER] = PTN_COUNT_MAIL_LATER,
		[PTN_DELIVERY_REFUSED] = PTN_COUNT_MAIL_REFUSED,
		[PTN_DELIVERY_NEVER] = PTN_COUNT_MAIL_NEVER,
		[PTN_DELIVERY_DONE] = PTN_COUNT_MAIL_SENT,
	};
	const char *said = s->job.said[0] != '\0' ? s->job.said : "no reason";
	long long n = (long long)s->attempts + 1;

	ptn_count(counts[s->what]);
	if (s->what == PTN_DELIVERY_DONE)
		ptn_info("mail %s: sent (attempt %lld)", s->name, n);
	else if (s->what == PTN_DELIVERY_NEVER)
		ptn_error("mail %s: dropped: %s", s->name, said);
	else if (ptn_clock_mono_ms() >= s->dead_ms)
		ptn_error("mail %s: dropped: its code has expired: %s", s->name,
		    said);
	else
		ptn_warn("mail %s: attempt %lld failed: %s", s->name, n, said);
}

/* Write the message and start its delivery. */
static void
slot_start(struct courier *c, struct ptn_slot *s,
    const struct ptn_outbox_item *item)
{
	const enum ptn_beat_step before = ptn_beat(PTN_STEP_MAIL);
	struct ptn_bytes message;
	enum ptn_err r;

	ptn_slot_take(s, item);
	ptn_debug("mail %s: to %s", s->name,
	    ptn_address_mask(c->sc.arena, item->mail.to));
	r = ptn_mail_write(c->mailer, c->sc.arena, &item->mail, &message);
	if (r == PTN_OK)
		r = ptn_deliver_start(c->sc.cf, item->mail.to, message,
		    &s->job);
	(void)ptn_beat(before);
	if (r == PTN_OK)
		return;
	s->what = r == PTN_E_INPUT ? PTN_DELIVERY_NEVER : PTN_DELIVERY_LATER;
	ptn_warn("mail %s: not handed over (%s)", s->name, ptn_err_name(r));
	slot_tell(s);
	slot_record(c, s);
}

/*
 * The courier before us died.  What it was delivering goes on; what it had not
 * begun, or not yet written down, is written down now.
 */
static void
adopt(struct courier *c, const struct ptn_child *child)
{
	struct ptn_slot *s;

	c->slot = (struct ptn_slot *)child->deliveries->memory;
	c->orphans = &child->deliveries->orphans;
	c->supervisor = child->parent;
	for (s = c->slot; s < c->slot + SLOTS; s++) {
		if (s->used == 0)
			continue;
		if (!ptn_slot_adopt(s)) {
			ptn_error("what a courier that died kept of a mail "
				  "makes no sense: it is claimed anew");
			continue;
		}
		ptn_warn("mail %s: its courier died: %s", s->name,
		    s->job.pid != 0 ? "waiting for its end" : "noted");
	}
}

/* How the program of a job that was adopted has ended, if it has. */
static void
ask_orphans(const struct courier *c, struct ptn_deliver_job *job)
{
	const int64_t since =
	    job->deadline_ms - PTN_DELIVER_TIMEOUT_S * INT64_C(1000);
	enum ptn_orphan what;
	int status = 0;

	what = ptn_orphans_find(c->orphans, job->pid, since, &status);
	if (what == PTN_ORPHAN_ENDED)
		ptn_deliver_told(job, status);
	else if (what == PTN_ORPHAN_LOST || getppid() != c->supervisor)
		ptn_deliver_lost(job); /* nobody is left who would say */
}

static size_t
slots_free(const struct courier *c)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < SLOTS; i++)
		n += !c->slot[i].used;
	return n;
}

static struct ptn_slot *
free_slot(struct courier *c)
{
	struct ptn_slot *s = c->slot;

	while (s->used)
		s++;
	return s;
}

static enum ptn_err
serve_mail(struct courier *c, const struct ptn_outbox_item *item)
{
	slot_start(c, free_slot(c), item);
	return PTN_OK;
}

/* It is counted first: another row comes of that, or nothing. */
static enum ptn_err
serve_notice(struct courier *c, const struct ptn_outbox_item *item)
{
	if (item->mail.bucket == NULL)
		return serve_mail(c, item);
	c->more = true;
	return ptn_notices_count(&c->sc, item);
}

/* What comes of it is another row: a mail, or nothing. */
static enum ptn_err
serve_dfns_code(struct courier *c, const struct ptn_outbox_item *item)
{
	c->more = true;
	return ptn_codemail_serve(&c->sc, item);
}

/* THE list of who serves what waits in the outbox. */
static enum ptn_err (*const servers[PTN_OUTBOX__MAX])(struct courier *c,
    const struct ptn_outbox_item *item) = {
	[PTN_OUTBOX_MAIL] = serve_mail,
	[PTN_OUTBOX_DFNS_CODE] = serve_dfns_code,
	[PTN_OUTBOX_NOTICE] = serve_notice,
	[PTN_OUTBOX_UNSENT] = NULL,  /* goes when it has expired */
	[PTN_OUTBOX_WEBHOOK] = NULL, /* tell.h */
	[PTN_OUTBOX_PARKED] = NULL,
};

/* What can be taken without leaving nothing for others. */
static void
find_room(const struct courier *c, struct ptn_outbox_room *room)
{
	size_t i, codes = 0;

	memset(room, 0, sizeof(*room));
	room->all = slots_free(c);
	for (i = 0; i < SLOTS; i++) {
		if (!c->slot[i].used)
			continue;
		codes += c->slot[i].kind != PTN_OUTBOX_NOTICE;
		/* Two that have so many each do not fit. */
		if (ptn_slot_count(c->slot, SLOTS, c->slot[i].source) >=
		    SLOTS_SOURCE)
			room->busy = PTN_BYTES(c->slot[i].source,
			    sizeof(c->slot[i].source));
	}
	room->codes = codes < SLOTS_CODES ? SLOTS_CODES - codes : 0;
}

/* Fill the free slots from the outbox. */
static enum ptn_err
take_mail(struct courier *c, size_t *taken)
{
	struct ptn_outbox_claimed got = { .n = 0 };
	struct ptn_outbox_room room;
	enum ptn_err r;
	size_t i;

	*taken = 0;
	find_room(c, &room);
	if (c->mailer == NULL || room.all == 0)
		return PTN_OK;
	c->more = false;
	r = ptn_outbox_claim(&c->sc, &room, &got);
	for (i = 0; r == PTN_OK && i < got.n; i++)
		r = servers[got.items[i].kind](c, &got.items[i]);
	c->more = r == PTN_OK && (got.more || c->more);
	*taken = got.n;
	ptn_arena_reset(c->sc.arena);
	return r;
}

/* Webhooks have slots of their own, so that neither waits for the other. */
static enum ptn_err
take_all(struct courier *c, size_t *taken)
{
	enum ptn_err r = take_mail(c, taken), told;
	size_t n;

	told = ptn_tell_take(&c->tell, &c->sc, &n);
	ptn_arena_reset(c->sc.arena);
	*taken += n;
	return r == PTN_OK ? told : r;
}

/* See which deliveries have ended, and write down what is to be. */
static void
serve_slots(struct courier *c)
{
	bool record = ptn_clock_mono_ms() >= c->record_ms;
	struct ptn_slot *s;

	(void)ptn_beat(PTN_STEP_DELIVERIES);
	for (s = c->slot; s < c->slot + SLOTS; s++) {
		if (!s->used)
			continue;
		if (s->job.pid != 0) {
			if (s->job.adopted)
				ask_orphans(c, &s->job);
			if (!ptn_deliver_ended(&s->job, &s->what))
				continue;
			slot_tell(s);
			relay_note(c, s);
			slot_record(c, s);
		} else if (record) {
			slot_record(c, s);
		}
	}
	ptn_tell_serve(&c->tell, &c->sc);
}

/* How long nothing needs to be looked at. */
static int
time_to_wait(const struct courier *c)
{
	int64_t now = ptn_clock_mono_ms();
	int64_t until = c->look_ms;
	const struct ptn_slot *s;
	int64_t t;

	if (c->expire_ms < until)
		until = c->expire_ms;
	for (s = c->slot; s < c->slot + SLOTS; s++) {
		if (!s->used)
			continue;
		t = s->job.deadline_ms;
		if (s->job.pid == 0)
			t = c->record_ms;
		else if (s->job.err_fd < 0)
			t = now + SOON_MS;
		if (t < until)
			until = t;
	}
	t = ptn_tell_until(&c->tell, now + SOON_MS);
	if (t < until)
		until = t;
	return until > now ? (int)(until - now) : 0;
}

/* Called by a byte in the pipe.  At its end nobody is left who could call. */
static void
woken(struct courier *c)
{
	char buf[256];

	if (read(c->wake_fd, buf, sizeof(buf)) == 0)
		c->wake_fd = -1;
	c->look_ms = 0;
}

/*
 * Wait for a worker's call, the end of a delivery, a signal, or until
 * something is due.
 */
static void
courier_wait(struct courier *c)
{
	bool readable[SLOTS + PTN_TELL_SLOTS + 1] = { false };
	int fds[SLOTS + PTN_TELL_SLOTS + 1];
	size_t n = 0;
	size_t i;

	if (c->wake_fd >= 0)
		fds[n++] = c->wake_fd;
	for (i = 0; i < SLOTS; i++)
		if (c->slot[i].used && c->slot[i].job.pid != 0 &&
		    c->slot[i].job.err_fd >= 0)
			fds[n++] = c->slot[i].job.err_fd;
	n += ptn_tell_fds(&c->tell, fds + n);
	if (ptn_wait_fds(fds, n, time_to_wait(c), readable) == PTN_OK &&
	    c->wake_fd >= 0 && readable[0])
		woken(c);
}

static void
look_later(struct courier *c)
{
	c->look_ms = ptn_clock_mono_ms() + LOOK_MIN_MS +
	    (int64_t)ptn_rng_below(LOOK_JITTER_MS);
}

static enum ptn_err
expire(struct courier *c)
{
	enum ptn_err r;

	c->expiry.thorough |= c->round % THOROUGH_ROUNDS == 0;
	r = ptn_expiry_run(&c->sc, &c->expiry);
	ptn_arena_reset(c->sc.arena);
	c->expire_ms = ptn_clock_mono_ms() +
	    (r == PTN_OK && c->expiry.more ? EXPIRE_MORE_MS : EXPIRE_MS);
	if (r == PTN_OK && !c->expiry.more)
		c->round++;
	else
		ptn_warn("expiry: put off (%s)", ptn_err_name(r));
	return r;
}

/* One turn of a courier that stays. */
static void
turn(struct courier *c)
{
	size_t taken = 0;

	ptn_memory_note(c->score);
	serve_slots(c);
	if (ptn_clock_mono_ms() >= c->look_ms) {
		look_later(c);
		(void)take_all(c, &taken);
	}
	if ((c->more && slots_free(c) > 0) || ptn_tell_wants(&c->tell))
		c->look_ms = 0;
	if (ptn_clock_mono_ms() >= c->expire_ms)
		(void)expire(c);
	courier_wait(c);
}

/* Let the deliveries that have begun end; each is bounded by its deadline. */
static void
finish(struct courier *c)
{
	int64_t until = ptn_clock_mono_ms() + PTN_DELIVER_TIMEOUT_S * 1000;
	int64_t now;

	c->look_ms = c->expire_ms = INT64_MAX;
	for (;;) {
		serve_slots(c);
		now = ptn_clock_mono_ms();
		if (!ptn_slot_delivering(c->slot, SLOTS) &&
		    ptn_tell_idle(&c->tell) && until > now + RECORD_GRACE_MS)
			until = now + RECORD_GRACE_MS;
		if ((slots_free(c) == SLOTS && ptn_tell_idle(&c->tell)) ||
		    now >= until)
			break;
		courier_wait(c);
	}
}

static bool
is_idle(const struct courier *c)
{
	return slots_free(c) == SLOTS && ptn_tell_idle(&c->tell);
}

int
ptn_courier_run(const struct ptn_child *child)
{
	struct courier c;
	enum ptn_err r;

	r = courier_open(&c, child->cf, child->secrets);
	if (r != PTN_OK)
		return r == PTN_E_CONFIG ? EX_CONFIG : EX_TEMPFAIL;
	c.score = child->score;
	c.wake_fd = child->wake_fd[0];
	if (child->deliveries != NULL)
		adopt(&c, child);
	(void)ptn_beat(PTN_STEP_WAIT);
	ptn_memory_note(child->score);
	if (child->score != NULL)
		atomic_store(&child->score->ready, 1);
	while (!leaving())
		turn(&c);
	finish(&c);
	courier_close(&c);
	return EX_OK;
}

enum ptn_err
ptn_courier_once(const struct ptn_conf *cf, const struct ptn_secrets *secrets,
    bool expire_too)
{
	struct courier c;
	size_t taken = 0;
	enum ptn_err r;

	r = courier_open(&c, cf, secrets);
	if (r != PTN_OK)
		return r;
	c.round = 1; /* not the thorough kind */
	c.expiry.whole = true;
	c.look_ms = c.expire_ms = INT64_MAX;
	do {
		serve_slots(&c);
		r = take_all(&c, &taken);
		if (!is_idle(&c))
			courier_wait(&c);
	} while (r == PTN_OK && !leaving() && (taken > 0 || !is_idle(&c)));
	finish(&c);
	if (r == PTN_OK && expire_too && !leaving())
		r = expire(&c);
	courier_close(&c);
	return r;
}
