#include "fcgi/process.h"

#include <malloc.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fcgi/dispatch.h"
#include "fcgi/gateway.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "lib/account/keysets.h"
#include "lib/account/tenant.h"
#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/db/db.h"

#define ARENA_MAX (1024 * 1024) /* bytes a request may use */
#define TOKENS 512		/* verified tokens that are remembered */
#define PAUSE_MS 100		/* when there are no descriptors left */

/* A worker: the objects it makes before its loop and keeps. */
struct worker {
	const struct ptn_child *child;
	struct ptn_env env;
	struct ptn_gateway *gateway[PTN_SIDE__MAX];
	struct ptn_score *score;
	struct ptn_score own_score; /* without a supervisor */
	int waiter;
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
	if (ptn_env_keys(env, true) != PTN_OK)
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
	env->courier_fd = child->wake_fd[1];
	env->sc.db = ptn_db_new(child->cf, PTN_DB_SERVE);
	env->sc.arena = ptn_arena_new(ARENA_MAX);
	env->sc.tokens = ptn_token_cache_new(TOKENS);
	env->tenants = ptn_tenants_new(child->cf);
	if (env->sc.db == NULL || env->sc.arena == NULL ||
	    env->sc.tokens == NULL || env->tenants == NULL)
		return PTN_E_NOMEM;
	r = ptn_keysets_new(env->sc.keys, child->cf, child->secrets);
	if (r == PTN_OK)
		try_database(env);
	return r;
}

static void
env_close(struct ptn_env *env)
{
	ptn_keysets_free(env->sc.keys);
	ptn_token_cache_free(&env->sc.tokens);
	ptn_tenants_free(&env->tenants);
	ptn_db_free(&env->sc.db);
	ptn_arena_free(&env->sc.arena);
}

static enum ptn_err
worker_open(struct worker *w, const struct ptn_child *child)
{
	enum ptn_err r;
	size_t i;

	w->child = child;
	w->score = child->score != NULL ? child->score : &w->own_score;
	w->waiter = -1;
	r = env_open(&w->env, child);
	for (i = 0; i < PTN_SIDE__MAX && r == PTN_OK; i++) {
		if (child->listen_fd[i] >= 0)
			r = ptn_gateway_new(&w->gateway[i], child->listen_fd[i],
			    i == PTN_AUTHORIZER);
	}
	if (r == PTN_OK)
		r = ptn_waiter_open(child->listen_fd, PTN_SIDE__MAX,
		    &w->waiter);
	return r;
}

static void
worker_close(struct worker *w)
{
	size_t i;

	if (w->waiter >= 0)
		close(w->waiter);
	for (i = 0; i < PTN_SIDE__MAX; i++)
		ptn_gateway_free(&w->gateway[i]);
	env_close(&w->env);
}

/* Descriptors or memory ran out: do not spin on the readable socket. */
static void
pause_shortly(void)
{
	const struct timespec t = { 0, PAUSE_MS * 1000000L };

	nanosleep(&t, NULL);
}

/* One request, from first byte to wiped arena. */
static void
serve_one(struct worker *w, size_t side)
{
	struct ptn_request req = { .env = &w->env,
		.sc = w->env.sc,
		.side = (enum ptn_side)side };
	struct ptn_reply rep;
	enum ptn_err r;

	r = ptn_gateway_accept(w->gateway[side], &req);
	if (r == PTN_OK) {
		ptn_reply_init(&rep, w->env.sc.arena);
		ptn_dispatch(&req, &rep);
		ptn_gateway_send(w->gateway[side], &req, &rep);
		atomic_fetch_add(&w->score->requests, 1);
	} else if (r == PTN_E_UNAVAILABLE) {
		pause_shortly();
	}
	ptn_arena_reset(w->env.sc.arena);
}

/* Without a courier of our own: the reply is out, now the mail. */
static void
drain_outbox(struct worker *w)
{
	if (!w->child->alone || !w->env.mail_queued)
		return;
	w->env.mail_queued = false;
	if (ptn_courier_once(w->env.sc.cf, w->env.sc.secrets, false) != PTN_OK)
		ptn_warn("mail stays in the outbox");
}

/*
 * Busy from the first sign of a request.  The supervisor watches the score;
 * without one, the alarm clock ends us when the request takes too long, and
 * the web server starts another.
 */
static void
serve_watched(struct worker *w, size_t side)
{
	if (w->child->alone)
		alarm((unsigned int)w->env.sc.cf->request_deadline_s);
	atomic_store(&w->score->busy_since_ms, ptn_clock_mono_ms());
	serve_one(w, side);
	atomic_store(&w->score->busy_since_ms, 0);
	if (w->child->alone)
		alarm(0);
	drain_outbox(w);
}

static enum ptn_err
serve_loop(struct worker *w)
{
	enum ptn_err r = PTN_OK;
	size_t side;

	atomic_store(&w->score->ready, 1);
	while (atomic_load(&ptn_signals.leave) == 0) {
		r = ptn_waiter_wait(w->waiter, -1, &side);
		if (r == PTN_OK)
			serve_watched(w, side);
		else if (r != PTN_E_NOT_FOUND)
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
