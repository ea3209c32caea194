#define _GNU_SOURCE /* pipe2(2) */

#include "fcgi/generation.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/handover.h"
#include "fcgi/slot.h"
#include "lib/base/beat.h"
#include "lib/base/clock.h"
#include "lib/base/count.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/pwhash.h"

#define LOOK_MS 1000   /* between looks at who goes on */
#define EARLY_MS 10000 /* a death before this age is an early one */
#define PAUSE_FIRST_MS 100
#define PAUSE_MAX_MS 5000

/* The roles of children, as logs and ps(1) name them. */
static const struct {
	const char *name;
	const char *title;
	int (*run)(const struct ptn_child *child);
} roles[PTN_ROLE__MAX] = {
	[PTN_WORKER] = { "worker", "postern-worker", ptn_worker_run },
	[PTN_COURIER] = { "courier", "postern-courier", ptn_courier_run },
	[PTN_RECEIVER] = { "receiver", "postern-receive", ptn_receiver_run },
	[PTN_ALONE] = { "worker", NULL, NULL }, /* nobody's child */
};

static enum ptn_process_role
role_of(const struct ptn_generation *g, size_t i)
{
	if (i < g->nworkers)
		return PTN_WORKER;
	return i == g->nworkers ? PTN_COURIER : PTN_RECEIVER;
}

static enum ptn_err
open_listeners(struct ptn_generation *g, const struct ptn_start *start,
    const struct ptn_generation *older)
{
	const char *address[PTN_SIDE__MAX] = {
		[PTN_PUBLIC] = g->cf->public_address,
		[PTN_ADMIN] = g->cf->admin_address,
		[PTN_AUTHORIZER] = g->cf->authorizer_address,
	};
	const struct ptn_listener *old;
	enum ptn_err r = PTN_OK;
	bool some = false;
	size_t i;

	for (i = 0; i < PTN_SIDE__MAX && r == PTN_OK; i++) {
		old = older != NULL ? &older->listener[i] : NULL;
		if (start->inherited[i] >= 0)
			g->listener[i].fd = start->inherited[i];
		else if (old != NULL && old->address != NULL &&
		    strcmp(old->address, address[i]) == 0)
			r = ptn_listen_share(&g->listener[i], old, g->cf);
		else if (address[i][0] != '\0')
			r = ptn_listen_open(&g->listener[i], g->cf, address[i]);
		some = some || g->listener[i].fd >= 0;
	}
	if (r == PTN_OK && !some) {
		ptn_error("server.public.address: nothing to listen on");
		r = PTN_E_CONFIG;
	}
	return r;
}

static size_t
board_len(const struct ptn_generation *g)
{
	return sizeof(*g->board) + g->nplaces * sizeof(g->board->score[0]);
}

static enum ptn_err
make_shared(struct ptn_generation *g)
{
	enum ptn_err r;
	void *p;

	g->nworkers = (size_t)ptn_hashgate_workers(g->cf);
	g->nplaces = g->nworkers + 2;
	g->place = calloc(g->nplaces, sizeof(*g->place));
	if (g->place == NULL)
		return PTN_E_NOMEM;
	p = mmap(NULL, board_len(g), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) {
		ptn_error("scoreboard: %s", strerror(errno));
		return PTN_E_NOMEM;
	}
	g->board = p;
	g->receipts = ptn_receipts_new(PTN_SLOTS_MAILS, &g->receipts_fd);
	if (g->receipts == NULL)
		return PTN_E_INTERNAL;
	if (pipe2(g->wake, O_CLOEXEC | O_NONBLOCK) < 0) {
		ptn_error("pipe: %s", strerror(errno));
		return PTN_E_INTERNAL;
	}
	r = ptn_handover_open(g->receive, 0);
	return r == PTN_OK ? ptn_handover_open(g->whole, g->nworkers) : r;
}

static void
close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The ways between workers and receiver, as far as they are ours. */
static void
close_ways(struct ptn_generation *g)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		close_one(&g->receive[i]);
		close_one(&g->whole[i]);
	}
}

enum ptn_err
ptn_generation_new(struct ptn_generation **out, const struct ptn_start *start,
    const struct ptn_generation *older, struct ptn_conf *cf,
    struct ptn_secrets *secrets, struct ptn_tally *tally)
{
	struct ptn_generation *g;
	enum ptn_err r;
	size_t i;

	*out = NULL;
	g = calloc(1, sizeof(*g));
	if (g == NULL) {
		ptn_secrets_free(&secrets);
		ptn_conf_free(&cf);
		return PTN_E_NOMEM;
	}
	g->cf = cf;
	g->secrets = secrets;
	g->tally = tally;
	g->wake[0] = g->wake[1] = g->receipts_fd = -1;
	g->receive[0] = g->receive[1] = g->whole[0] = g->whole[1] = -1;
	g->deadline_ms = ptn_clock_mono_ms() + PTN_START_MS;
	for (i = 0; i < PTN_SIDE__MAX; i++)
		g->listener[i] = PTN_LISTENER_NONE;
	r = ptn_process_identity(cf, &g->identity);
	if (r == PTN_OK)
		r = make_shared(g);
	if (r == PTN_OK)
		r = ptn_hashgate_open(&g->gate, cf, NULL);
	if (r == PTN_OK)
		r = open_listeners(g, start, older);
	/* What is refused here changes nothing for the generation at work. */
	if (r == PTN_OK)
		ptn_pwhash_begin(cf);
	else
		ptn_generation_free(&g);
	*out = g;
	return r;
}

/* Sockets that others bound are not ours to close: the next one needs them. */
static void
close_listeners(struct ptn_generation *g)
{
	size_t i;

	for (i = 0; i < PTN_SIDE__MAX; i++) {
		if (g->listener[i].address != NULL)
			ptn_listen_close(&g->listener[i]);
	}
}

void
ptn_generation_free(struct ptn_generation **gp)
{
	struct ptn_generation *g = *gp;
	size_t i;

	if (g == NULL)
		return;
	close_listeners(g);
	close_ways(g);
	for (i = 0; i < 2; i++)
		close_one(&g->wake[i]);
	close_one(&g->receipts_fd);
	ptn_receipts_unmap(g->receipts, PTN_SLOTS_MAILS);
	if (g->board != NULL)
		munmap(g->board, board_len(g));
	ptn_hashgate_close(&g->gate);
	ptn_secrets_free(&g->secrets);
	ptn_conf_free(&g->cf);
	free(g->place);
	free(g);
	*gp = NULL;
}

void
ptn_generation_inherit(struct ptn_generation *g, struct ptn_generation *older)
{
	struct ptn_listener *l, *old;
	size_t i;

	for (i = 0; i < PTN_SIDE__MAX; i++) {
		l = &g->listener[i];
		old = &older->listener[i];
		if (l->address == NULL || old->address == NULL ||
		    strcmp(l->address, old->address) != 0)
			continue;
		l->owned = old->owned;
		old->owned = false;
	}
}

/*
 * What a child of g must not keep open: a socket that nobody accepts from
 * would let clients wait for ever, a pipe or a way would hide that its writers
 * left.
 */
static void
forget_others(const struct ptn_generation *g, struct ptn_generation *all)
{
	struct ptn_generation *o;
	size_t i;

	for (o = all; o != NULL; o = o->next) {
		if (o == g)
			continue;
		for (i = 0; i < PTN_SIDE__MAX; i++)
			o->listener[i].owned = false;
		close_listeners(o);
		close_ways(o);
		close(o->wake[0]);
		close(o->wake[1]);
		close_one(&o->receipts_fd);
		ptn_hashgate_close(&o->gate);
		ptn_secrets_free(&o->secrets);
		ptn_conf_free(&o->cf);
	}
}

/* Only workers accept. */
static void
drop_listeners(struct ptn_child *c)
{
	size_t i;

	for (i = 0; i < PTN_SIDE__MAX; i++)
		close_one(&c->listen_fd[i]);
}

/* Each child keeps what is its own. */
static void
take_part(struct ptn_generation *g, struct ptn_child *c,
    enum ptn_process_role role)
{
	if (role != PTN_WORKER)
		drop_listeners(c);
	if (role != PTN_COURIER) {
		close_one(&c->wake_fd[0]);
		close_one(&c->receipts_fd);
	}
	if (role != PTN_WORKER)
		close_one(&c->wake_fd[1]);
	if (role == PTN_WORKER) {
		close_one(&g->receive[0]);
		close_one(&g->whole[1]);
		c->receive_fd = g->receive[1];
		c->whole_fd = g->whole[0];
	} else if (role == PTN_RECEIVER) {
		close_one(&g->receive[1]);
		close_one(&g->whole[0]);
		c->receive_fd = g->receive[0];
		c->whole_fd = g->whole[1];
	} else {
		close_ways(g);
	}
}

static _Noreturn void
child_main(struct ptn_generation *g, struct ptn_generation *all, size_t i,
    pid_t parent)
{
	struct ptn_child c = { .cf = g->cf,
		.secrets = g->secrets,
		.gate = g->gate,
		.score = &g->board->score[i],
		.deliveries = &g->board->deliveries,
		.receipts = g->receipts,
		.receipts_fd = g->receipts_fd,
		.tally = g->tally,
		.scores = g->board->score,
		.nworkers = g->nworkers,
		.listen_fd = { g->listener[PTN_PUBLIC].fd,
		    g->listener[PTN_ADMIN].fd, g->listener[PTN_AUTHORIZER].fd },
		.wake_fd = { g->wake[0], g->wake[1] },
		.receive_fd = -1,
		.whole_fd = -1,
		.parent = parent,
		.draining = &g->board->draining };
	enum ptn_process_role role = role_of(g, i);

	ptn_beat_at(&c.score->beat);
	ptn_tally_join(g->tally, 1 + i);
	ptn_signals_child();
	ptn_log_init((enum ptn_log_level)g->cf->log_level, roles[role].name);
	(void)prctl(PR_SET_NAME, roles[role].title, 0, 0, 0);
	forget_others(g, all);
	take_part(g, &c, role);
	if (ptn_process_confine(g->cf, &g->identity, role) != PTN_OK ||
	    ptn_process_follow(parent) != PTN_OK)
		_exit(1);
	exit(roles[role].run(&c));
}

static void
fork_one(struct ptn_generation *g, struct ptn_generation *all, size_t i)
{
	struct ptn_generation_place *p = &g->place[i];
	pid_t parent = getpid();
	int64_t now = ptn_clock_mono_ms();
	pid_t pid;

	memset(&g->board->score[i], 0, sizeof(g->board->score[i]));
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		child_main(g, all, i, parent);
	if (pid < 0) {
		ptn_error("fork: %s", strerror(errno));
		p->next_ms = now + PAUSE_MAX_MS;
		return;
	}
	p->pid = pid;
	p->since_ms = now;
	p->stopped_ms = 0;
	p->watch = (struct ptn_watch){ 0 };
	p->killed = false;
}

void
ptn_generation_fill(struct ptn_generation *g, struct ptn_generation *all)
{
	int64_t now = ptn_clock_mono_ms();
	size_t i;

	if (g->state == PTN_GEN_DRAINING)
		return;
	for (i = 0; i < g->nplaces; i++) {
		if (g->place[i].pid == 0 && g->place[i].next_ms <= now)
			fork_one(g, all, i);
	}
}

static void
log_death(const struct ptn_generation *g, size_t i, int status)
{
	const char *who = roles[role_of(g, i)].name;
	int pid = (int)g->place[i].pid;

	if (WIFSIGNALED(status))
		ptn_error("%s %d died of %s", who, pid,
		    ptn_watch_signal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		ptn_error("%s %d ended with status %d", who, pid,
		    WEXITSTATUS(status));
	else
		ptn_info("%s %d left", who, pid);
}

static void
count_death(const struct ptn_generation *g, size_t i, int status)
{
	static const enum ptn_count died[] = { PTN_COUNT_WORKER_DIED,
		PTN_COUNT_COURIER_DIED, PTN_COUNT_RECEIVER_DIED };
	static const enum ptn_count killed[] = { PTN_COUNT_WORKER_KILLED,
		PTN_COUNT_COURIER_KILLED, PTN_COUNT_RECEIVER_KILLED };
	const enum ptn_process_role role = role_of(g, i);

	if (g->place[i].killed)
		ptn_count(killed[role]);
	else if (WIFSIGNALED(status) || WEXITSTATUS(status) != 0)
		ptn_count(died[role]);
}

/*
 * True if pid has not ended: it was stopped, which it cannot tell itself, or
 * it goes on.
 */
static bool
note_stop(const struct ptn_generation *g, size_t i, int status)
{
	struct ptn_generation_place *p = &g->place[i];
	const char *who = roles[role_of(g, i)].name;

	if (WIFSTOPPED(status)) {
		ptn_warn("%s %d is stopped by %s", who, (int)p->pid,
		    ptn_watch_signal(WSTOPSIG(status)));
		p->stopped_ms = ptn_clock_mono_ms();
		return true;
	}
	if (WIFCONTINUED(status)) {
		ptn_info("%s %d goes on", who, (int)p->pid);
		p->stopped_ms = 0;
		return true;
	}
	return false;
}

/*
 * When the place is filled again: at once, but a child that keeps dying
 * young waits 100 ms, doubling to 5 s.
 */
static void
schedule(struct ptn_generation_place *p)
{
	int64_t now = ptn_clock_mono_ms();

	if (p->killed || now - p->since_ms >= EARLY_MS)
		p->pause_ms = 0;
	p->next_ms = now + p->pause_ms;
	if (p->pause_ms == 0)
		p->pause_ms = PAUSE_FIRST_MS;
	else if (p->pause_ms * 2 <= PAUSE_MAX_MS)
		p->pause_ms *= 2;
	else
		p->pause_ms = PAUSE_MAX_MS;
}

bool
ptn_generation_reap(struct ptn_generation *g, pid_t pid, int status)
{
	size_t i;

	for (i = 0; i < g->nplaces; i++) {
		if (g->place[i].pid == pid)
			break;
	}
	if (i == g->nplaces)
		return false;
	if (note_stop(g, i, status))
		return true;
	log_death(g, i, status);
	count_death(g, i, status);
	/* It is neither busy nor ready any more. */
	atomic_store(&g->board->score[i].busy_since_ms, 0);
	atomic_store(&g->board->score[i].ready, 0);
	if (g->state == PTN_GEN_STARTING)
		g->deaths++;
	g->place[i].pid = 0;
	schedule(&g->place[i]);
	return true;
}

void
ptn_generation_kill(const struct ptn_generation *g, int sig)
{
	size_t i;

	for (i = 0; i < g->nplaces; i++) {
		if (g->place[i].pid > 0)
			(void)kill(g->place[i].pid, sig);
	}
}

void
ptn_generation_drain(struct ptn_generation *g)
{
	g->state = PTN_GEN_DRAINING;
	g->deadline_ms = ptn_clock_mono_ms() + g->cf->drain_deadline_s * 1000;
	/*
	 * Nobody is replaced any more.  With our ends closed, the receiver sees
	 * when the last worker has stopped to accept, and the workers see when
	 * the receiver holds nothing more for them.
	 */
	atomic_store(&g->board->draining, 1);
	close_ways(g);
	ptn_generation_kill(g, SIGTERM);
}

static void
end_one(struct ptn_generation *g, size_t i, const char *how, int64_t ms)
{
	struct ptn_generation_place *p = &g->place[i];

	ptn_error("%s %d %s for %lld ms, %s: killed", roles[role_of(g, i)].name,
	    (int)p->pid, how, (long long)ms,
	    ptn_watch_word(ptn_watch_step(&p->watch)));
	p->killed = true;
	(void)kill(p->pid, SIGKILL);
}

/* KILL it if it has been like this for too long; since_ms 0: it is not. */
static void
watch_one(struct ptn_generation *g, size_t i, int64_t since_ms, const char *how)
{
	const struct ptn_generation_place *p = &g->place[i];
	int64_t age_ms = ptn_clock_mono_ms() - since_ms;

	if (since_ms != 0 && p->pid != 0 && !p->killed &&
	    age_ms >= g->cf->request_deadline_s * 1000)
		end_one(g, i, how, age_ms);
}

/* KILL who has not gone on for too many looks. */
static void
look_at(struct ptn_generation *g, size_t i)
{
	struct ptn_generation_place *p = &g->place[i];
	unsigned int looks;

	if (p->pid == 0 || p->killed)
		return;
	looks = ptn_watch_look(&p->watch, &g->board->score[i].beat);
	if (looks > ptn_watch_longest_s(g->cf, ptn_watch_step(&p->watch)))
		end_one(g, i, "does not go on", (int64_t)looks * LOOK_MS);
}

void
ptn_generation_watch(struct ptn_generation *g)
{
	const int64_t now = ptn_clock_mono_ms();
	const bool look = now >= g->look_ms;
	size_t i;

	if (look)
		g->look_ms = now + LOOK_MS;
	for (i = 0; i < g->nplaces; i++) {
		watch_one(g, i, g->place[i].stopped_ms, "is stopped");
		watch_one(g, i, atomic_load(&g->board->score[i].busy_since_ms),
		    "is busy with one request");
		if (look)
			look_at(g, i);
	}
}

bool
ptn_generation_ready(const struct ptn_generation *g)
{
	size_t i;

	for (i = 0; i < g->nplaces; i++) {
		if (atomic_load(&g->board->score[i].ready) == 0)
			return false;
	}
	return true;
}

bool
ptn_generation_empty(const struct ptn_generation *g)
{
	size_t i;

	for (i = 0; i < g->nplaces; i++) {
		if (g->place[i].pid != 0)
			return false;
	}
	return true;
}

int64_t
ptn_generation_due_ms(const struct ptn_generation *g)
{
	int64_t now = ptn_clock_mono_ms();
	int64_t due = -1, wait;
	size_t i;

	if (g->state == PTN_GEN_DRAINING)
		return -1;
	for (i = 0; i < g->nplaces; i++) {
		if (g->place[i].pid != 0)
			continue;
		wait = g->place[i].next_ms - now;
		if (wait < 0)
			wait = 0;
		if (due < 0 || wait < due)
			due = wait;
	}
	return due;
}
