#include "fcgi/process.h"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fcgi/generation.h"
#include "fcgi/routes.h"
#include "lib/base/clock.h"
#include "lib/base/count.h"
#include "lib/base/log.h"
#include "lib/base/peek.h"
#include "lib/conf/conf.h"

#define TICK_MS 1000	/* how often the watchdog looks */
#define START_TICK_MS 5 /* how often while workers start */
#define START_DEATHS 3	/* a generation that fails to start */

struct supervisor {
	const struct ptn_start *start;
	struct ptn_tally *tally;
	struct ptn_generation *all; /* newest first */
	bool leaving;
	int64_t watchdog_ms; /* tell systemd that often; 0: never */
	int64_t told_ms;     /* monotonic, when it was told last */
	int status;	     /* to exit with */
};

/* The generation that serves now, or NULL. */
static struct ptn_generation *
serving(const struct supervisor *sv)
{
	struct ptn_generation *g;

	for (g = sv->all; g != NULL; g = g->next) {
		if (g->state == PTN_GEN_SERVING)
			return g;
	}
	return NULL;
}

static enum ptn_err
add_generation(struct supervisor *sv, struct ptn_conf *cf,
    struct ptn_secrets *secrets)
{
	struct ptn_generation *g;
	enum ptn_err r;

	r = ptn_generation_new(&g, sv->start, serving(sv), cf, secrets,
	    sv->tally);
	if (r != PTN_OK)
		return r;
	g->next = sv->all;
	sv->all = g;
	ptn_generation_fill(g, sv->all);
	return PTN_OK;
}

static void
drop_empty(struct supervisor *sv)
{
	struct ptn_generation **link = &sv->all;
	struct ptn_generation *g;

	while ((g = *link) != NULL) {
		if (g->state != PTN_GEN_DRAINING || !ptn_generation_empty(g)) {
			link = &g->next;
			continue;
		}
		*link = g->next;
		ptn_generation_free(&g);
	}
}

/* All that the loader said, each line a line of the log. */
static void
log_lines(enum ptn_log_level level, char *text)
{
	char *line, *rest = NULL;

	for (line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		ptn_log(level, "%s", line);
}

static enum ptn_err
load_again(const struct supervisor *sv, struct ptn_conf **cf,
    struct ptn_secrets **secrets)
{
	char *text = NULL;
	size_t len = 0;
	enum ptn_err r;
	FILE *err;

	err = open_memstream(&text, &len);
	if (err == NULL)
		return PTN_E_NOMEM;
	r = ptn_process_load(sv->start, err, cf, secrets);
	fclose(err);
	log_lines(r == PTN_OK ? PTN_LOG_WARN : PTN_LOG_ERROR, text);
	free(text);
	return r;
}

static void
notify_reloading(void)
{
	char text[64];
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000);
	ptn_process_notify(text);
}

static void
refuse_reload(void)
{
	ptn_count(PTN_COUNT_RELOAD_REFUSED);
	ptn_error("reload refused: the old configuration stays");
	ptn_process_notify("READY=1");
}

/* HUP: nothing happens to the old generation before the new one serves. */
static void
reload(struct supervisor *sv)
{
	struct ptn_secrets *secrets = NULL;
	struct ptn_conf *cf = NULL;

	notify_reloading();
	if (load_again(sv, &cf, &secrets) != PTN_OK ||
	    add_generation(sv, cf, secrets) != PTN_OK) {
		refuse_reload();
		return;
	}
	ptn_info("reload: starting new workers");
}

static void
leave(struct supervisor *sv)
{
	struct ptn_generation *g;
	size_t i;

	sv->leaving = true;
	ptn_info("leaving");
	ptn_process_notify("STOPPING=1");
	for (g = sv->all; g != NULL; g = g->next) {
		for (i = 0; i < PTN_SIDE__MAX; i++) {
			if (g->listener[i].address != NULL)
				ptn_listen_close(&g->listener[i]);
		}
		if (g->state != PTN_GEN_DRAINING)
			ptn_generation_drain(g);
	}
}

/* One of ours, or what one of ours has left behind. */
static void
note(struct supervisor *sv, pid_t pid, int status)
{
	struct ptn_generation *g;

	for (g = sv->all; g != NULL; g = g->next) {
		if (ptn_generation_reap(g, pid, status))
			return;
	}
	if (!WIFEXITED(status) && !WIFSIGNALED(status))
		return;
	for (g = sv->all; g != NULL; g = g->next)
		ptn_orphans_note(&g->board->deliveries.orphans, pid, status);
}

/*
 * Who has died, and who was stopped: neither can say so itself.  It is noted
 * before it is gone (orphan.h).
 */
static void
reap(struct supervisor *sv)
{
	const int how = WNOHANG | WUNTRACED | WCONTINUED;
	int status;
	pid_t pid;

	while ((pid = ptn_peek(-1, how, &status)) > 0) {
		note(sv, pid, status);
		(void)waitpid(pid, &status, how);
	}
}

/* The new workers are ready: now the old ones may go. */
static void
take_over(struct supervisor *sv, struct ptn_generation *g)
{
	struct ptn_generation *old = serving(sv);

	g->state = PTN_GEN_SERVING;
	ptn_log_init((enum ptn_log_level)g->cf->log_level, "supervisor");
	if (old != NULL) {
		ptn_generation_inherit(g, old);
		ptn_generation_drain(old);
		ptn_count(PTN_COUNT_RELOAD_OK);
	}
	ptn_info("serving with %zu workers", g->nworkers);
	ptn_process_notify("READY=1");
}

/* A generation that cannot start goes; the first one takes us with it. */
static void
give_up(struct supervisor *sv, struct ptn_generation *g)
{
	ptn_error("the new workers do not start");
	ptn_generation_drain(g);
	if (serving(sv) == NULL) {
		sv->status = 1;
		leave(sv);
		return;
	}
	refuse_reload();
}

static void
tend(struct supervisor *sv, struct ptn_generation *g)
{
	int64_t now = ptn_clock_mono_ms();

	ptn_generation_watch(g);
	ptn_generation_fill(g, sv->all);
	switch (g->state) {
	case PTN_GEN_STARTING:
		if (ptn_generation_ready(g))
			take_over(sv, g);
		else if (now > g->deadline_ms || g->deaths >= START_DEATHS)
			give_up(sv, g);
		break;
	case PTN_GEN_DRAINING:
		if (now > g->deadline_ms) {
			ptn_warn("the drain deadline has passed: killing");
			ptn_generation_kill(g, SIGKILL);
			g->deadline_ms = now + TICK_MS;
		}
		break;
	case PTN_GEN_SERVING:
		break;
	}
}

/* A reload while another one starts waits until that one is decided. */
static bool
is_starting(const struct supervisor *sv)
{
	return sv->all != NULL && sv->all->state == PTN_GEN_STARTING;
}

/* How long to sleep at most. */
static int
next_tick_ms(const struct supervisor *sv)
{
	const struct ptn_generation *g;
	int64_t tick = TICK_MS, due;

	for (g = sv->all; g != NULL; g = g->next) {
		due = ptn_generation_due_ms(g);
		if (due >= 0 && due < tick)
			tick = due;
	}
	if (is_starting(sv) && tick > START_TICK_MS)
		tick = START_TICK_MS;
	if (sv->watchdog_ms > 0 && tick > sv->watchdog_ms)
		tick = sv->watchdog_ms;
	return (int)tick;
}

/* That this loop goes round is what systemd's watchdog wants to hear. */
static void
reassure(struct supervisor *sv)
{
	int64_t now = ptn_clock_mono_ms();

	if (sv->watchdog_ms == 0 || now < sv->told_ms + sv->watchdog_ms)
		return;
	sv->told_ms = now;
	ptn_process_notify("WATCHDOG=1");
}

static void
heed_signals(struct supervisor *sv)
{
	if (atomic_exchange(&ptn_signals.child, 0) != 0)
		reap(sv);
	if (atomic_load(&ptn_signals.leave) != 0 && !sv->leaving)
		leave(sv);
	if (!is_starting(sv) && !sv->leaving &&
	    atomic_exchange(&ptn_signals.reload, 0) != 0)
		reload(sv);
}

/* Until nobody is left. */
static void
supervise(struct supervisor *sv)
{
	struct ptn_generation *g, *next;

	while (sv->all != NULL) {
		if (ptn_wait_fds(NULL, 0, next_tick_ms(sv), NULL) ==
		    PTN_E_INTERNAL)
			sv->status = 1;
		reassure(sv);
		heed_signals(sv);
		for (g = sv->all; g != NULL; g = next) {
			next = g->next;
			tend(sv, g);
		}
		drop_empty(sv);
	}
}

int
ptn_supervisor_run(const struct ptn_start *start, struct ptn_conf *cf,
    struct ptn_secrets *secrets)
{
	struct supervisor sv = { .start = start,
		.watchdog_ms = ptn_process_watchdog_ms() };

	/* To be told how a mail went whose courier has died. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if ((sv.tally = ptn_tally_new(ptn_routes, ptn_routes_n)) == NULL) {
		ptn_secrets_free(&secrets);
		ptn_conf_free(&cf);
		return 1;
	}
	ptn_tally_join(sv.tally, 0);
	if (add_generation(&sv, cf, secrets) != PTN_OK)
		sv.status = 1;
	supervise(&sv);
	ptn_tally_free(&sv.tally);
	return sv.status;
}
