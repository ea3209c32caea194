#include "fcgi/process.h"

#include <malloc.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fcgi/arrival.h"
#include "fcgi/dispatch.h"
#include "fcgi/gateway.h"
#include "fcgi/handover.h"
#include "fcgi/intake.h"
#include "fcgi/memory.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "lib/account/keysets.h"
#include "lib/account/tenant.h"
#include "lib/account/token_cache.h"
#include "lib/base/arena.h"
#include "lib/base/beat.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/db/db.h"

#define ARENA_MAX (1024 * 1024) /* bytes a request may use */
#define TOKENS 512		/* verified tokens that are remembered */
#define PAUSE_MS 100		/* when there are no descriptors left */
#define HANDOVER_MS 200		/* when the receiver does not keep up */
#define ALONE_S 3		/* a request has, with nobody to receive it */
#define WHOLE PTN_SIDE__MAX	/* what waits: behind the sockets, the way */

/* A worker: the objects it makes before its loop and keeps. */
struct worker {
	const struct ptn_child *child;
	struct ptn_env env;
	struct ptn_gateway *gateway;
	struct ptn_score *score;
	struct ptn_score own_score; /* without a supervisor */
	int waiter;
	bool closed; /* told to leave: nothing is accepted any more */
};

/* One malloc arena is enough for one thread, and free pages go back. */
static void
tune_malloc(void)
{
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_TRIM_THRESHOLD, 128 * 1024);
}

/*
 * From here on the library overwrites what is freed, so that the buffers of
 * libfcgi and others do not keep a password or a token until their next use.
 */
static void
settle_malloc(void)
{
	(void)malloc_trim(0);
	(void)mallopt(M_PERTURB, 0xa5);
}

/*
 * What needs the database.  All of it can wait for a database that is away:
 * whether we live is answered without one, the rest gets 503 meanwhile.
 */
static void
try_database(struct ptn_env *env)
{
	struct ptn_tenant tenant;

	if (ptn_db_connect(env->sc.db) != PTN_OK ||
	    ptn_tenants_get(env->tenants, &env->sc, NULL, &tenant) != PTN_OK) {
		ptn_warn("starting without a database");
		return;
	}
	if (ptn_keysets_refresh(&env->sc, true) != PTN_OK)
		ptn_warn("starting without signing keys");
	ptn_arena_reset(env->sc.arena);
}

static enum ptn_err
env_open(struct ptn_env *env, const struct ptn_child *child)
{
	enum ptn_err r;

	env->sc.cf = child->cf;
	env->sc.secrets = child->secrets;
	env->sc.gate = child->gate;
	env->child = child;
	env->courier_fd = child->wake_fd[1];
	env->sc.db = ptn_db_new(child->cf, PTN_DB_SERVE);
	env->sc.arena = ptn_arena_new(ARENA_MAX);
	env->sc.tokens = ptn_token_cache_new(TOKENS);
	env->tenants = ptn_tenants_new(child->cf);
	if (env->sc.db == NULL || env->sc.arena == NULL ||
	    env->sc.tokens == NULL || env->tenants == NULL)
		return PTN_E_NOMEM;
	r = ptn_keysets_new(&env->sc.keys, child->cf, child->secrets);
	if (r == PTN_OK)
		try_database(env);
	return r;
}

static void
env_close(struct ptn_env *env)
{
	ptn_keysets_free(&env->sc.keys);
	ptn_token_cache_free(&env->sc.tokens);
	ptn_tenants_free(&env->tenants);
	ptn_db_free(&env->sc.db);
	ptn_arena_free(&env->sc.arena);
}

static enum ptn_err
worker_open(struct worker *w, const struct ptn_child *child)
{
	int fds[PTN_SIDE__MAX + 1];
	enum ptn_err r;
	size_t i;

	w->child = child;
	w->score = child->score != NULL ? child->score : &w->own_score;
	w->waiter = -1;
	for (i = 0; i < PTN_SIDE__MAX; i++)
		fds[i] = child->listen_fd[i];
	fds[WHOLE] = child->whole_fd;
	r = env_open(&w->env, child);
	if (r == PTN_OK)
		r = ptn_gateway_new(&w->gateway);
	if (r == PTN_OK)
		r = ptn_waiter_open(fds, PTN_SIDE__MAX + 1, &w->waiter);
	return r;
}

static void
worker_close(struct worker *w)
{
	if (w->waiter >= 0)
		close(w->waiter);
	ptn_gateway_free(&w->gateway);
	env_close(&w->env);
}

/* Descriptors or memory ran out: do not spin on the readable socket. */
static void
pause_shortly(void)
{
	const struct timespec t = { 0, PAUSE_MS * 1000000L };

	nanosleep(&t, NULL);
}

/*
 * A request that is not whole goes to the receiver.  That is quick to take
 * it, or dead and soon replaced: what was sent waits for its successor.
 */
static enum ptn_err
pass_on(const struct worker *w, const struct ptn_arrival *a)
{
	const struct timespec pause = { 0, 1000000L };
	const int64_t until = ptn_clock_mono_ms() + HANDOVER_MS;
	enum ptn_err r;

	for (;;) {
		r = ptn_handover_send(w->child->receive_fd, a);
		if (r != PTN_E_BUSY || ptn_clock_mono_ms() > until)
			break;
		nanosleep(&pause, NULL);
	}
	if (r != PTN_OK)
		ptn_warn_seldom(
		    "the receiver does not take a request: dropped");
	return r;
}

/* Nobody else is there to receive it: it has a short time. */
static enum ptn_err
receive_here(const struct worker *w, struct ptn_arrival *a)
{
	const int64_t time_s = w->env.sc.cf->receive_deadline_s;
	struct ptn_intake in;
	enum ptn_err r;

	ptn_intake_init(&in);
	r = ptn_intake_receive(&in, a->conn,
	    1000 * (int)(time_s < ALONE_S ? time_s : ALONE_S));
	if (r == PTN_OK)
		r = ptn_intake_finish(&in, a);
	if (r != PTN_OK) {
		ptn_info_seldom("a request is not received: %s",
		    ptn_err_name(r));
		ptn_intake_refuse(&in, a->conn, r);
	}
	ptn_intake_free(&in);
	return r;
}

/* Accept on a socket; PTN_OK with a request that is whole. */
static enum ptn_err
accept_one(struct worker *w, size_t side, struct ptn_arrival *a)
{
	enum ptn_err r;

	r = ptn_arrival_accept(a, w->child->listen_fd[side],
	    (enum ptn_side)side);
	if (r != PTN_OK)
		return r;
	r = ptn_arrival_look(a);
	if (r == PTN_E_BUSY && w->child->alone)
		r = receive_here(w, a);
	else if (r == PTN_E_BUSY)
		(void)pass_on(w, a);
	if (r != PTN_OK)
		ptn_arrival_close(a);
	return r == PTN_OK ? PTN_OK : PTN_E_NOT_FOUND;
}

/* One request, from first byte to wiped arena. */
static void
serve(struct worker *w, struct ptn_arrival *a)
{
	struct ptn_request req = { .env = &w->env,
		.sc = w->env.sc,
		.side = a->side };
	struct ptn_reply rep;

	if (ptn_gateway_take(w->gateway, a, &req) == PTN_OK) {
		ptn_reply_init(&rep, w->env.sc.arena);
		ptn_dispatch(&req, &rep);
		ptn_gateway_send(w->gateway, &req, &rep);
		atomic_fetch_add(&w->score->requests, 1);
	}
	ptn_arena_reset(w->env.sc.arena);
}

/* PTN_E_GONE: nothing will come by that way any more. */
static enum ptn_err
serve_one(struct worker *w, size_t which)
{
	struct ptn_arrival a;
	enum ptn_err r;

	r = which == WHOLE ? ptn_handover_take(w->child->whole_fd, &a)
			   : accept_one(w, which, &a);
	if (r == PTN_OK)
		serve(w, &a);
	else if (r == PTN_E_UNAVAILABLE)
		pause_shortly();
	return r;
}

/*
 * Without a courier of our own: the reply is out, now the mail.  The programs
 * that send it have a use for more memory than we.
 */
static void
drain_outbox(struct worker *w)
{
	const struct ptn_conf *cf = w->env.sc.cf;

	if (!w->child->alone || !w->env.mail_queued)
		return;
	w->env.mail_queued = false;
	ptn_process_bound(0);
	if (ptn_courier_once(cf, w->env.sc.secrets, false) != PTN_OK)
		ptn_warn("mail stays in the outbox");
	ptn_process_bound(ptn_process_headroom(cf, PTN_ALONE));
}

/*
 * Busy from the first sign of a request.  The supervisor watches the score;
 * without one, the alarm clock ends us when the request takes too long, and
 * the web server starts another.
 */
static enum ptn_err
serve_watched(struct worker *w, size_t which)
{
	const enum ptn_beat_step before = ptn_beat(PTN_STEP_REQUEST);
	enum ptn_err r;

	if (w->child->alone)
		alarm((unsigned int)w->env.sc.cf->request_deadline_s + ALONE_S);
	atomic_store(&w->score->busy_since_ms, ptn_clock_mono_ms());
	r = serve_one(w, which);
	atomic_store(&w->score->busy_since_ms, 0);
	(void)ptn_beat(before);
	ptn_memory_note(w->child->score);
	if (w->child->alone)
		alarm(0);
	drain_outbox(w);
	return r;
}

/*
 * Accept no more.  When nobody of us can send to the receiver any more, it
 * leaves after what it holds, and that is the end of what can come from it.
 */
static void
close_doors(struct worker *w)
{
	size_t i;

	for (i = 0; i < PTN_SIDE__MAX; i++) {
		if (w->child->listen_fd[i] >= 0)
			ptn_waiter_remove(w->waiter, w->child->listen_fd[i]);
	}
	close(w->child->receive_fd);
	w->closed = true;
}

/* Whether to leave: not before the receiver, if all of us are to. */
static bool
may_leave(struct worker *w)
{
	if (w->closed || atomic_load(&ptn_signals.leave) == 0)
		return false;
	if (!ptn_child_drains(w->child))
		return true;
	close_doors(w);
	return false;
}

static enum ptn_err
serve_loop(struct worker *w)
{
	enum ptn_err r = PTN_OK;
	size_t which;

	(void)ptn_beat(PTN_STEP_WAIT);
	ptn_memory_note(w->child->score);
	atomic_store(&w->score->ready, 1);
	while (!may_leave(w)) {
		r = ptn_waiter_wait(w->waiter, -1, &which);
		if (r == PTN_OK && serve_watched(w, which) == PTN_E_GONE)
			return PTN_OK;
		if (r != PTN_OK && r != PTN_E_NOT_FOUND)
			return r;
	}
	return PTN_OK;
}

int
ptn_worker_run(const struct ptn_child *child)
{
	struct worker w = { 0 };
	enum ptn_err r;

	tune_malloc();
	r = worker_open(&w, child);
	if (r == PTN_OK) {
		settle_malloc();
		r = serve_loop(&w);
	}
	if (r != PTN_OK)
		ptn_error("the worker cannot run: %s", ptn_err_name(r));
	worker_close(&w);
	return r == PTN_OK ? 0 : 1;
}
