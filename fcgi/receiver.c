/*
 * The receiver: one process that takes the requests that are not whole when a
 * worker looks at them, and waits for the rest of all of them at once.  Slow
 * peers, and those that never end, hold nobody else.
 */
#include "fcgi/process.h"

#include <sys/resource.h>

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "fcgi/arrival.h"
#include "fcgi/handover.h"
#include "fcgi/intake.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"

#define TICK_MS 100 /* how often deadlines are looked at */
#define RETRY_MS 5  /* while no worker takes what is whole */
#define CREDIT 4096 /* bytes that everybody is taken to have sent */

enum held_state {
	HELD_NONE = 0,
	HELD_COMING, /* more is to come */
	HELD_WHOLE   /* a worker is to take it */
};

struct held {
	enum held_state state;
	struct ptn_arrival a;
	struct ptn_intake in;
	int64_t since_ms;
};

struct receiver {
	const struct ptn_child *child;
	struct held *held; /* max of them */
	size_t max;
	size_t n;      /* that are somebody's */
	size_t nwhole; /* of these */
	size_t memory; /* bytes that they hold */
	int waiter;
	bool ended;	 /* nobody is left who could send us one */
	int64_t look_ms; /* when to look at deadlines */
	size_t late;	 /* dropped since the last look: too slow, */
	size_t crowded;	 /* or the slowest when there were too many */
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
		rc->nwhole--;
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
 * True if a is slower than b: fewer bytes in the time it has been here.  Who
 * has just come, and could not send much yet, is not slow for that.
 */
static bool
is_slower(const struct held *a, const struct held *b, int64_t now)
{
	const uint64_t bytes_a = a->in.records.total + CREDIT;
	const uint64_t bytes_b = b->in.records.total + CREDIT;
	const uint64_t age_a = (uint64_t)(now - a->since_ms) + 1;
	const uint64_t age_b = (uint64_t)(now - b->since_ms) + 1;

	return bytes_a * age_b < bytes_b * age_a;
}

/* Who is whole is not slow; and whoever comes must get a place. */
static void
drop_slowest(struct receiver *rc)
{
	const int64_t now = ptn_clock_mono_ms();
	struct held *h, *slowest = NULL;

	for (h = rc->held; h < rc->held + rc->max; h++) {
		if (h->state == HELD_COMING &&
		    (slowest == NULL || is_slower(h, slowest, now)))
			slowest = h;
	}
	if (slowest == NULL)
		return;
	drop(rc, slowest, PTN_E_BUSY);
	rc->crowded++;
}

/* Give it to a worker, if one takes it now. */
static void
hand_on(struct receiver *rc, struct held *h)
{
	enum ptn_err r = PTN_OK;

	if (h->a.source == h->a.conn)
		r = ptn_intake_finish(&h->in, &h->a);
	if (r == PTN_OK)
		r = ptn_handover_send(rc->child->whole_fd, &h->a);
	if (r == PTN_OK)
		release(rc, h);
	else if (r == PTN_E_GONE)
		drop(rc, h, r);
}

static void
read_some(struct receiver *rc, struct held *h)
{
	const size_t before = ptn_intake_memory(&h->in);
	enum ptn_err r;

	r = ptn_intake_read(&h->in, h->a.conn);
	count_memory(rc, before, h);
	if (r == PTN_OK) {
		ptn_waiter_remove(rc->waiter, h->a.conn);
		h->state = HELD_WHOLE;
		rc->nwhole++;
		hand_on(rc, h);
	} else if (r != PTN_E_NOT_FOUND) {
		ptn_info("a request was broken off or malformed: %s",
		    ptn_err_name(r));
		drop(rc, h, r);
	}
	while (rc->memory > memory_max(rc) && rc->n > rc->nwhole)
		drop_slowest(rc);
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
	h->state = HELD_COMING;
	rc->n++;
	if (ptn_waiter_add(rc->waiter, a->conn, (size_t)(h - rc->held)) !=
	    PTN_OK)
		drop(rc, h, PTN_E_UNAVAILABLE);
	else
		read_some(rc, h);
}

static void
take_one(struct receiver *rc)
{
	const struct timespec pause = { 0, RETRY_MS * 1000000L };
	struct ptn_arrival a;
	enum ptn_err r;

	if (rc->n == rc->max)
		drop_slowest(rc);
	if (rc->n == rc->max) {
		/* All are whole: the workers are behind. */
		nanosleep(&pause, NULL);
		return;
	}
	r = ptn_handover_take(rc->child->receive_fd, &a);
	if (r == PTN_OK)
		admit(rc, &a);
	else if (r == PTN_E_GONE) {
		ptn_waiter_remove(rc->waiter, rc->child->receive_fd);
		rc->ended = true;
	}
}

/* One line a look, however many there are. */
static void
log_dropped(struct receiver *rc)
{
	if (rc->late > 0)
		ptn_info("not whole after %lld s: %zu requests dropped",
		    (long long)rc->child->cf->receive_deadline_s, rc->late);
	if (rc->crowded > 0)
		ptn_warn("too many requests that are not whole: the slowest "
			 "dropped, %zu",
		    rc->crowded);
	rc->late = rc->crowded = 0;
}

/* Who is whole has the same time again to find a worker. */
static void
look_at(struct receiver *rc, struct held *h, int64_t now)
{
	const int64_t time_ms = rc->child->cf->receive_deadline_s * 1000;
	const int64_t age_ms = now - h->since_ms;

	if (h->state == HELD_WHOLE && age_ms > 2 * time_ms) {
		drop(rc, h, PTN_E_BUSY);
	} else if (h->state == HELD_WHOLE) {
		hand_on(rc, h);
	} else if (h->state == HELD_COMING && age_ms > time_ms) {
		drop(rc, h, PTN_E_EXPIRED);
		rc->late++;
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
	log_dropped(rc);
	rc->look_ms = now + (rc->nwhole > 0 ? RETRY_MS : TICK_MS);
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
	int64_t left = rc->look_ms - ptn_clock_mono_ms();

	if (rc->n == 0 && rc->late == 0 && rc->crowded == 0)
		return -1;
	if (rc->nwhole > 0 && left > RETRY_MS)
		return RETRY_MS;
	return left > 0 ? (int)left : 0;
}

static enum ptn_err
receive_loop(struct receiver *rc)
{
	struct ptn_score *score = rc->child->score;
	enum ptn_err r;
	size_t which;

	atomic_store(&score->ready, 1);
	while (!may_leave(rc)) {
		r = ptn_waiter_wait(rc->waiter, time_to_wait(rc), &which);
		if (r == PTN_E_INTERNAL)
			return r;
		atomic_store(&score->busy_since_ms, ptn_clock_mono_ms());
		if (r == PTN_OK && which == rc->max)
			take_one(rc);
		else if (r == PTN_OK && rc->held[which].state == HELD_COMING)
			read_some(rc, &rc->held[which]);
		look_at_all(rc);
		atomic_store(&score->busy_since_ms, 0);
	}
	return PTN_OK;
}

/* As many as configured, if we may have as many descriptors. */
static size_t
places(const struct ptn_child *child)
{
	size_t n = (size_t)child->cf->receive_connections;
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 &&
	    l.rlim_cur < n + PTN_FILES_SPARE)
		n = l.rlim_cur > 2 * PTN_FILES_SPARE
		    ? (size_t)l.rlim_cur - PTN_FILES_SPARE
		    : PTN_FILES_SPARE;
	return n;
}

static enum ptn_err
receiver_open(struct receiver *rc, const struct ptn_child *child)
{
	enum ptn_err r;

	rc->child = child;
	rc->max = places(child);
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
