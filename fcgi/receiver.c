/*
 * The receiver: one process that takes the requests that are not whole when a
 * worker looks at them, and waits for the rest of all of them at once.  Slow
 * peers, and those that never end, hold nobody else.
 */
#include "fcgi/process.h"

#include <sys/queue.h>
#include <sys/resource.h>

#include <stdlib.h>
#include <unistd.h>

#include "fcgi/arrival.h"
#include "fcgi/handover.h"
#include "fcgi/intake.h"
#include "fcgi/memory.h"
#include "fcgi/pace.h"
#include "lib/base/beat.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"

#define TICK_MS 100   /* how often deadlines are looked at */
#define TELL_MS 10000 /* how often the log says how many were dropped */
#define PLACES_MIN 8  /* however few descriptors there are */

enum held_state {
	HELD_NONE = 0,
	HELD_COMING, /* more is to come */
	HELD_WHOLE   /* a worker is to take it */
};

struct held {
	enum held_state state;
	struct ptn_arrival a;
	struct ptn_intake in;
	struct ptn_pace pace;
	int64_t since_ms;
	TAILQ_ENTRY(held) link; /* of those that are whole */
};

/* Why requests were dropped, since the log said it last. */
struct dropped {
	size_t late;	/* not whole by their deadline */
	size_t crowded; /* the slowest, when there were too many */
	size_t behind;	/* whole, but the workers did not keep up */
};

/*
 * Each request that is held is one descriptor, its connection, and the memory
 * of what has come of it.  The file by which a whole one goes to a worker is
 * made when there is room for it on the way, and not kept.
 */
struct receiver {
	const struct ptn_child *child;
	struct held *held; /* max of them */
	size_t max;
	size_t n;		       /* that are somebody's */
	TAILQ_HEAD(whole, held) whole; /* of these; the oldest first */
	size_t memory;		       /* bytes that all of them hold */
	int waiter;
	bool waits_for_room; /* on the way to the workers */
	bool ended;	     /* nobody is left who could send us one */
	int64_t look_ms;     /* when to look at deadlines */
	int64_t tell_ms;     /* when the log may say again who was dropped */
	struct dropped dropped;
};

static size_t
memory_max(const struct receiver *rc)
{
	return (size_t)rc->child->cf->receive_memory_kib * 1024;
}

static void
count_memory(struct receiver *rc, size_t before, const struct held *h)
{
	rc->memory += ptn_intake_memory(&h->in);
	rc->memory -= before;
}

/* What we have of it goes; if a worker has it as well, that keeps its own. */
static void
release(struct receiver *rc, struct held *h)
{
	const size_t before = ptn_intake_memory(&h->in);

	if (h->state == HELD_COMING)
		ptn_waiter_remove(rc->waiter, h->a.conn);
	else
		TAILQ_REMOVE(&rc->whole, h, link);
	ptn_intake_free(&h->in);
	count_memory(rc, before, h);
	ptn_arrival_close(&h->a);
	h->state = HELD_NONE;
	rc->n--;
}

static void
drop(struct receiver *rc, struct held *h, enum ptn_err why)
{
	ptn_intake_refuse(&h->in, h->a.conn, why);
	release(rc, h);
}

/*
 * True if a has sent less lately than b; of two that have sent nothing, if it
 * has been here for longer.  Who has just come, and could not send much yet,
 * is not slow for that.
 */
static bool
is_slower(const struct held *a, const struct held *b, int64_t now)
{
	const uint64_t pace_a = ptn_pace_lately(&a->pace, now);
	const uint64_t pace_b = ptn_pace_lately(&b->pace, now);

	return pace_a < pace_b ||
	    (pace_a == pace_b && a->since_ms < b->since_ms);
}

/* Of those that are not whole; NULL: all are. */
static struct held *
slowest(const struct receiver *rc)
{
	const int64_t now = ptn_clock_mono_ms();
	struct held *h, *found = NULL;

	for (h = rc->held; h < rc->held + rc->max; h++) {
		if (h->state == HELD_COMING &&
		    (found == NULL || is_slower(h, found, now)))
			found = h;
	}
	return found;
}

/*
 * Hold one less.  Who is whole is not slow; but if all are, the workers are
 * behind, and who has come last is told to come again.
 */
static void
drop_one(struct receiver *rc)
{
	struct held *h = slowest(rc);

	if (h != NULL) {
		rc->dropped.crowded++;
	} else {
		h = TAILQ_LAST(&rc->whole, whole);
		rc->dropped.behind++;
	}
	drop(rc, h, PTN_E_BUSY);
}

/* As a file, which is ours for as long as this takes. */
static enum ptn_err
give(const struct receiver *rc, const struct held *h)
{
	struct ptn_arrival a = h->a;
	enum ptn_err r;

	r = ptn_intake_finish(&h->in, &a);
	if (r != PTN_OK)
		return r;
	r = ptn_handover_send(rc->child->whole_fd, &a);
	close(a.source);
	return r;
}

/* Be told of room on the way for as long as there is somebody to go. */
static void
wait_for_room(struct receiver *rc, bool on)
{
	const int way = rc->child->whole_fd;

	if (rc->waits_for_room == on)
		return;
	if (!on)
		ptn_waiter_remove(rc->waiter, way);
	else if (ptn_waiter_add_room(rc->waiter, way, rc->max + 1) != PTN_OK)
		return; /* they are looked at now and then as well */
	rc->waits_for_room = on;
}

/*
 * Give those that are whole to workers, who has waited longest first, as many
 * as there is room for.
 */
static void
hand_on(struct receiver *rc)
{
	struct held *h;

	while ((h = TAILQ_FIRST(&rc->whole)) != NULL &&
	    ptn_handover_has_room(rc->child->whole_fd)) {
		if (give(rc, h) == PTN_OK) {
			release(rc, h);
		} else {
			rc->dropped.behind++;
			drop(rc, h, PTN_E_UNAVAILABLE);
		}
	}
	wait_for_room(rc, h != NULL);
}

static void
read_some(struct receiver *rc, struct held *h)
{
	const size_t before = ptn_intake_memory(&h->in);
	const size_t had = h->in.records.total;
	enum ptn_err r;

	r = ptn_intake_read(&h->in, h->a.conn);
	ptn_pace_add(&h->pace, ptn_clock_mono_ms(), h->in.records.total - had);
	count_memory(rc, before, h);
	if (r == PTN_OK) {
		ptn_waiter_remove(rc->waiter, h->a.conn);
		h->state = HELD_WHOLE;
		TAILQ_INSERT_TAIL(&rc->whole, h, link);
		hand_on(rc);
	} else if (r == PTN_E_NOT_FOUND) {
		ptn_debug("a request is not whole: %u pieces so far",
		    h->in.pieces);
	} else {
		ptn_info_seldom("a request was broken off or malformed: %s",
		    ptn_err_name(r));
		drop(rc, h, r);
	}
	while (rc->memory > memory_max(rc))
		drop_one(rc);
}

/* A worker has sent us one. */
static void
admit(struct receiver *rc, const struct ptn_arrival *a)
{
	struct held *h = rc->held;

	while (h->state != HELD_NONE)
		h++;
	ptn_intake_init(&h->in);
	h->a = *a;
	h->since_ms = ptn_clock_mono_ms();
	ptn_pace_start(&h->pace, h->since_ms, PTN_PACE_MOST);
	h->state = HELD_COMING;
	rc->n++;
	if (ptn_waiter_add(rc->waiter, a->conn, (size_t)(h - rc->held)) !=
	    PTN_OK)
		drop(rc, h, PTN_E_UNAVAILABLE);
	else
		read_some(rc, h);
}

/* Whoever comes gets a place. */
static void
take_one(struct receiver *rc)
{
	struct ptn_arrival a;
	enum ptn_err r;

	if (rc->n == rc->max)
		drop_one(rc);
	r = ptn_handover_take(rc->child->receive_fd, &a);
	if (r == PTN_OK)
		admit(rc, &a);
	else if (r == PTN_E_GONE) {
		ptn_waiter_remove(rc->waiter, rc->child->receive_fd);
		rc->ended = true;
	}
}

static bool
has_dropped(const struct receiver *rc)
{
	return rc->dropped.late + rc->dropped.crowded + rc->dropped.behind > 0;
}

/* However many there are, and however long it goes on. */
static void
log_dropped(struct receiver *rc, int64_t now)
{
	const struct dropped *d = &rc->dropped;

	if (!has_dropped(rc) || now < rc->tell_ms)
		return;
	if (d->late > 0)
		ptn_info("not whole after %lld s: %zu requests dropped",
		    (long long)rc->child->cf->receive_deadline_s, d->late);
	if (d->crowded > 0)
		ptn_warn("too many requests that are not whole: the slowest "
			 "dropped, %zu",
		    d->crowded);
	if (d->behind > 0)
		ptn_warn("the workers are behind: %zu requests dropped",
		    d->behind);
	rc->dropped = (struct dropped){ 0 };
	rc->tell_ms = now + TELL_MS;
}

/* Who is whole has the same time again to find a worker. */
static void
look_at(struct receiver *rc, struct held *h, int64_t now)
{
	const int64_t time_ms = rc->child->cf->receive_deadline_s * 1000;
	const int64_t age_ms = now - h->since_ms;

	if (h->state == HELD_WHOLE && age_ms > 2 * time_ms) {
		rc->dropped.behind++;
		drop(rc, h, PTN_E_BUSY);
	} else if (h->state == HELD_COMING && age_ms > time_ms) {
		rc->dropped.late++;
		drop(rc, h, PTN_E_EXPIRED);
	}
}

static void
look_at_all(struct receiver *rc)
{
	const int64_t now = ptn_clock_mono_ms();
	struct held *h;

	if (now < rc->look_ms)
		return;
	for (h = rc->held; h < rc->held + rc->max; h++)
		look_at(rc, h, now);
	hand_on(rc);
	log_dropped(rc, now);
	rc->look_ms = now + TICK_MS;
}

/*
 * Told to leave with all others, stay for what is held and for what they may
 * send until they have heard of it.  Told alone, go: who was sent and not
 * taken waits for the next receiver.
 */
static bool
may_leave(const struct receiver *rc)
{
	if (rc->ended)
		return rc->n == 0;
	return atomic_load(&ptn_signals.leave) != 0 &&
	    !ptn_child_drains(rc->child);
}

static int
time_to_wait(const struct receiver *rc)
{
	const int64_t now = ptn_clock_mono_ms();
	int64_t until = rc->look_ms;

	if (rc->n == 0 && !has_dropped(rc))
		return -1;
	if (rc->n == 0 && rc->tell_ms > until)
		until = rc->tell_ms; /* the one thing left to do */
	return until > now ? (int)(until - now) : 0;
}

/* What the waiter said: a connection, or one of the two ways. */
static void
heed(struct receiver *rc, size_t which)
{
	if (which == rc->max)
		take_one(rc);
	else if (which > rc->max)
		hand_on(rc);
	else if (rc->held[which].state == HELD_COMING)
		read_some(rc, &rc->held[which]);
}

static enum ptn_err
receive_loop(struct receiver *rc)
{
	struct ptn_score *score = rc->child->score;
	enum ptn_err r;
	size_t which;

	(void)ptn_beat(PTN_STEP_WAIT);
	ptn_memory_note(score);
	atomic_store(&score->ready, 1);
	while (!may_leave(rc)) {
		r = ptn_waiter_wait(rc->waiter, time_to_wait(rc), &which);
		if (r == PTN_E_INTERNAL)
			return r;
		(void)ptn_beat(PTN_STEP_RECEIVE);
		atomic_store(&score->busy_since_ms, ptn_clock_mono_ms());
		if (r == PTN_OK)
			heed(rc, which);
		look_at_all(rc);
		atomic_store(&score->busy_since_ms, 0);
		ptn_memory_note(score);
	}
	return PTN_OK;
}

/* As many as configured, as far as there may be as many descriptors. */
static size_t
places(const struct ptn_child *child)
{
	const size_t want = (size_t)child->cf->receive_connections;
	struct rlimit l;
	size_t n = PLACES_MIN;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0 ||
	    l.rlim_cur >= want + PTN_FILES_SPARE)
		return want;
	if (l.rlim_cur > PTN_FILES_SPARE + PLACES_MIN)
		n = (size_t)l.rlim_cur - PTN_FILES_SPARE;
	ptn_warn("the limit of %llu descriptors leaves %zu of "
		 "server.receive_connections",
	    (unsigned long long)l.rlim_cur, n);
	return n;
}

static enum ptn_err
receiver_open(struct receiver *rc, const struct ptn_child *child)
{
	enum ptn_err r;

	rc->child = child;
	rc->max = places(child);
	TAILQ_INIT(&rc->whole);
	rc->held = calloc(rc->max, sizeof(*rc->held));
	if (rc->held == NULL)
		return PTN_E_NOMEM;
	r = ptn_waiter_open(NULL, 0, &rc->waiter);
	if (r == PTN_OK)
		r = ptn_waiter_add(rc->waiter, child->receive_fd, rc->max);
	return r;
}

static void
receiver_close(struct receiver *rc)
{
	size_t i;

	for (i = 0; rc->held != NULL && i < rc->max; i++) {
		if (rc->held[i].state != HELD_NONE)
			drop(rc, &rc->held[i], PTN_E_UNAVAILABLE);
	}
	free(rc->held);
	rc->tell_ms = 0;
	log_dropped(rc, ptn_clock_mono_ms());
	if (rc->waiter >= 0)
		close(rc->waiter);
}

int
ptn_receiver_run(const struct ptn_child *child)
{
	struct receiver rc = { .waiter = -1 };
	enum ptn_err r;

	r = receiver_open(&rc, child);
	if (r == PTN_OK)
		r = receive_loop(&rc);
	if (r != PTN_OK)
		ptn_error("the receiver cannot run: %s", ptn_err_name(r));
	receiver_close(&rc);
	return r == PTN_OK ? 0 : 1;
}
