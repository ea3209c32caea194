#include "fcgi/process.h"

#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "fcgi/bag.h"
#include "fcgi/memory.h"
#include "fcgi/sent.h"
#include "fcgi/slot.h"
#include "fcgi/tell.h"
#include "lib/account/expiry.h"
#include "lib/account/keysets.h"
#include "lib/account/notices.h"
#include "lib/base/arena.h"
#include "lib/base/beat.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/rng.h"
#include "lib/conf/conf.h"
#include "lib/db/db.h"
#include "lib/db/scope.h"
#include "lib/dfns/codemail.h"
#include "lib/event/outbox.h"
#include "lib/mail/mail.h"

#define SLOTS PTN_SLOTS		  /* with the pipe, what one wait takes */
#define SLOTS_CODES (SLOTS - 1)	  /* the last one is for notices */
#define SLOTS_NOTICES (SLOTS - 1) /* or for codes */
#define SLOTS_SOURCE (SLOTS - 2)  /* of one source: it may be a slow one */
#define BATCH_FIRST 8		  /* mails that one program takes along */
#define BATCH_MIN 4
#define QUICK_MS 500 /* it may take twice as many */
#define SLOW_MS 1000 /* half as many would have been better */
#define SPACE_MS 50  /* between two programs, for what comes meanwhile */
#define STUCK_MS 2000	 /* it is at one mail: the others go by another */
#define LOOK_AT_MS 100	 /* between looks at a program at work */
#define LOOK_MIN_MS 2000 /* between looks at the outbox */
#define LOOK_JITTER_MS 3000
#define SOON_MS 20 /* a program that closed its output is about to end */
#define RECORD_GRACE_MS 5000 /* of one that leaves */
#define EXPIRE_MS (60 * 1000)
#define EXPIRE_MORE_MS 1000 /* while there is a backlog */
#define THOROUGH_ROUNDS (24 * 60) /* once a day */
#define NICE 10			  /* requests go first */

struct courier {
	struct ptn_scope sc;	 /* of no tenant: it serves all */
	struct ptn_score *score; /* NULL without a supervisor */
	int wake_fd;		 /* or -1 */
	int64_t look_ms;
	int64_t expire_ms;
	unsigned int round;
	struct ptn_expiry expiry;
	bool more;    /* there was more mail than free slots */
	bool full;    /* there was more than the last program took along */
	bool barred;  /* some may not be taken while so many are under way */
	bool held;    /* what there is waits for the space between programs */
	size_t batch; /* how many mails one takes along */
	struct ptn_bag bag;
	struct ptn_sent sent;
	struct ptn_slot own[SLOTS];  /* where nobody comes after us */
	bool own_receipts;	     /* the same */
	struct ptn_orphans *orphans; /* or NULL */
	pid_t supervisor;	     /* which notes them */
	struct ptn_tell tell;	     /* what webhooks are told */
};

_Static_assert(sizeof(struct ptn_slot) * SLOTS <= PTN_COURIER_MEMORY,
    "the slots must fit what is kept of them");

static void
courier_close(struct courier *c)
{
	ptn_mailer_free(&c->bag.mailer);
	ptn_keysets_free(&c->sc.keys);
	ptn_db_free(&c->sc.db);
	ptn_arena_free(&c->sc.arena);
	if (c->own_receipts) {
		ptn_receipts_unmap(c->bag.receipts, PTN_SLOTS_MAILS);
		(void)close(c->bag.receipts_fd);
	}
}

static enum ptn_err
courier_open(struct courier *c, const struct ptn_conf *cf,
    const struct ptn_secrets *secrets)
{
	enum ptn_err r;

	memset(c, 0, sizeof(*c));
	c->bag.slot = c->own;
	c->sent.sc = c->bag.sc = &c->sc;
	c->batch = BATCH_FIRST;
	c->sc.cf = cf;
	c->sc.secrets = secrets;
	c->wake_fd = -1;
	c->sc.arena = ptn_arena_new(SLOTS * PTN_MAIL_MEMORY);
	c->sc.db = ptn_db_new(cf, PTN_DB_SERVE);
	r = c->sc.arena != NULL && c->sc.db != NULL ? PTN_OK : PTN_E_NOMEM;
	if (r == PTN_OK)
		r = ptn_keysets_new(&c->sc.keys, cf, secrets);
	if (r == PTN_OK && cf->mail_enabled)
		r = ptn_mailer_new(&c->bag.mailer, cf);
	if (r != PTN_OK)
		courier_close(c);
	return r;
}

/* Where nobody comes after us. */
static enum ptn_err
own_receipts(struct courier *c)
{
	c->bag.receipts =
	    ptn_receipts_new(PTN_SLOTS_MAILS, &c->bag.receipts_fd);
	c->own_receipts = c->bag.receipts != NULL;
	return c->own_receipts ? PTN_OK : PTN_E_INTERNAL;
}

static bool
leaving(void)
{
	return atomic_load(&ptn_signals.leave) != 0;
}

static void
tell_adopted(const struct ptn_slot *s)
{
	char name[PTN_UUID_STR];
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (s->mail[i].step == PTN_SLOT_NONE)
			continue;
		ptn_uuid_format(&s->mail[i].id, name);
		ptn_warn("mail %s: its courier died: %s", name,
		    s->job.pid != 0 ? "waiting for its end" : "noted");
	}
}

/*
 * The courier before us died.  What it was delivering goes on; what it had not
 * begun, or not yet written down, is written down now.
 */
static void
adopt(struct courier *c, const struct ptn_child *child)
{
	struct ptn_slot *s;

	c->bag.slot = (struct ptn_slot *)child->deliveries->memory;
	c->bag.receipts = child->receipts;
	c->bag.receipts_fd = child->receipts_fd;
	c->orphans = &child->deliveries->orphans;
	c->supervisor = child->parent;
	for (s = c->bag.slot; s < c->bag.slot + SLOTS; s++) {
		if (s->used == 0)
			continue;
		if (!ptn_slot_adopt(s)) {
			ptn_error("what a courier that died kept of a mail "
				  "makes no sense: it is claimed anew");
			continue;
		}
		tell_adopted(s);
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
		n += !c->bag.slot[i].used;
	return n;
}

static enum ptn_err
serve_mail(struct courier *c, const struct ptn_outbox_item *item)
{
	c->bag.item[c->bag.n++] = item;
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
	size_t i, codes = 0, notices = 0;
	const uint8_t *source;

	memset(room, 0, sizeof(*room));
	for (i = 0; i < SLOTS; i++) {
		if (!c->bag.slot[i].used)
			continue;
		codes += ptn_slot_has_code(&c->bag.slot[i]);
		notices += !ptn_slot_has_code(&c->bag.slot[i]);
		/* Two that have so many each do not fit. */
		source = ptn_slot_source(&c->bag.slot[i]);
		if (ptn_slot_count(c->bag.slot, SLOTS, source) >= SLOTS_SOURCE)
			room->busy = PTN_BYTES(source, PTN_OUTBOX_SOURCE_LEN);
	}
	room->all = slots_free(c);
	room->codes = codes < SLOTS_CODES ? SLOTS_CODES - codes : 0;
	room->no_notices = notices >= SLOTS_NOTICES;
	if (ptn_bag_several(&c->bag)) {
		room->all = room->all > 0 ? c->batch : 0;
		room->codes = room->codes > 0 ? c->batch : 0;
	}
}

/*
 * Not while the last program has hardly begun: it may take longer to start than
 * to deliver, and what comes meanwhile goes by one.
 */
static bool
too_soon(const struct courier *c)
{
	return ptn_bag_several(&c->bag) && !c->full &&
	    ptn_slot_delivering(c->bag.slot, SLOTS) &&
	    ptn_clock_mono_ms() < c->bag.begun_ms + SPACE_MS;
}

/* Fill a free slot, or several, from the outbox. */
static enum ptn_err
take_mail(struct courier *c, size_t *taken)
{
	struct ptn_outbox_claimed got = { .n = 0 };
	struct ptn_outbox_room room;
	enum ptn_err r;
	size_t i;

	*taken = 0;
	find_room(c, &room);
	if (c->bag.mailer == NULL || room.all == 0)
		return PTN_OK;
	c->more = false;
	if ((c->held = too_soon(c)))
		return PTN_OK;
	r = ptn_outbox_claim(&c->sc, &room, &got);
	for (i = 0; r == PTN_OK && i < got.n; i++)
		r = servers[got.items[i].kind](c, &got.items[i]);
	ptn_bag_start(&c->bag);
	c->barred =
	    room.busy.p != NULL || room.codes == 0 || room.no_notices;
	c->full = r == PTN_OK && got.more;
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

/* As many as it delivers in about the time that somebody likes to wait. */
static void
learn(struct courier *c, const struct ptn_slot *s)
{
	const int64_t lasted = ptn_clock_mono_ms() -
	    (s->job.deadline_ms - PTN_DELIVER_TIMEOUT_S * INT64_C(1000));

	if (lasted < QUICK_MS && s->n >= c->batch)
		c->batch = c->batch * 2 < PTN_SLOT_MAILS ? c->batch * 2
							 : PTN_SLOT_MAILS;
	else if (lasted > SLOW_MS && c->batch / 2 >= BATCH_MIN)
		c->batch /= 2;
}

/* Not where nobody looks any more, or at each turn. */
static void
look_now(struct courier *c)
{
	if (c->look_ms != INT64_MAX)
		c->look_ms = 0;
}

static void
serve_slot(struct courier *c, struct ptn_slot *s)
{
	struct ptn_receipt *receipts =
	    s->several ? ptn_bag_receipts(&c->bag, s) : NULL;

	if (s->job.pid != 0) {
		if (s->job.adopted)
			ask_orphans(c, &s->job);
		if (ptn_deliver_ended(&s->job, &s->what))
			learn(c, s);
		else if (ptn_clock_mono_ms() >= s->moved_ms + STUCK_MS)
			ptn_slot_take_back(s, receipts, false);
	}
	ptn_slot_look(s, receipts, ptn_sent_told, &c->sent);
	if (ptn_sent_record(&c->sent, s) || (!s->used && c->barred))
		look_now(c);
}

/* See what was delivered, and write down what is to be. */
static void
serve_slots(struct courier *c)
{
	struct ptn_slot *s;

	(void)ptn_beat(PTN_STEP_DELIVERIES);
	for (s = c->bag.slot; s < c->bag.slot + SLOTS; s++)
		if (s->used)
			serve_slot(c, s);
	ptn_tell_serve(&c->tell, &c->sc);
	if (c->held && !too_soon(c))
		look_now(c);
}

/* When a used slot is to be looked at again. */
static int64_t
slot_until(const struct courier *c, const struct ptn_slot *s, int64_t now)
{
	if (s->job.pid == 0)
		return c->sent.record_ms;
	if (s->job.err_fd < 0)
		return now + SOON_MS;
	return s->several ? now + LOOK_AT_MS : s->job.deadline_ms;
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
	for (s = c->bag.slot; s < c->bag.slot + SLOTS; s++)
		if (s->used && (t = slot_until(c, s, now)) < until)
			until = t;
	if (c->held && c->bag.begun_ms + SPACE_MS < until)
		until = c->bag.begun_ms + SPACE_MS;
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
	look_now(c);
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
		if (c->bag.slot[i].used && c->bag.slot[i].job.pid != 0 &&
		    c->bag.slot[i].job.err_fd >= 0)
			fds[n++] = c->bag.slot[i].job.err_fd;
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

	if (c->round % THOROUGH_ROUNDS == 0 && !c->expiry.more)
		c->expiry.thorough = true;
	r = ptn_expiry_run(&c->sc, &c->expiry);
	ptn_arena_reset(c->sc.arena);
	c->expire_ms = ptn_clock_mono_ms() +
	    (r == PTN_OK && c->expiry.more ? EXPIRE_MORE_MS : EXPIRE_MS);
	if (r != PTN_OK)
		ptn_warn("expiry: put off (%s)", ptn_err_name(r));
	else if (!c->expiry.more)
		c->round++;
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
	struct ptn_slot *s;
	int64_t now;

	c->look_ms = c->expire_ms = INT64_MAX;
	c->held = false;
	for (s = c->bag.slot; s < c->bag.slot + SLOTS; s++)
		if (s->used && s->several)
			ptn_slot_take_back(s, ptn_bag_receipts(&c->bag, s),
			    true);
	for (;;) {
		serve_slots(c);
		now = ptn_clock_mono_ms();
		if (!ptn_slot_delivering(c->bag.slot, SLOTS) &&
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
	else if (own_receipts(&c) != PTN_OK)
		return EX_TEMPFAIL;
	if (nice(NICE) == -1)
		ptn_debug("courier: it is as nice as can be");
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
	if (r == PTN_OK && (r = own_receipts(&c)) != PTN_OK)
		courier_close(&c);
	if (r != PTN_OK)
		return r;
	c.round = 1; /* not the thorough kind */
	c.expiry.whole = true;
	c.look_ms = c.expire_ms = INT64_MAX; /* it is looked in each turn */
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
