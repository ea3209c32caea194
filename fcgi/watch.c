#include "fcgi/watch.h"

#include <signal.h>
#include <string.h>

#include "fcgi/process.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/db/db.h"
#include "lib/mail/deliver.h"

#define SPARE_S 10 /* for a machine that has much to do */

/*
 * The longest waits.  Those of REQUEST and RECEIVE are the deadline alone; a
 * hash waits for its turn as configured.
 */
static const struct {
	const char *word;
	unsigned int longest_s;
} steps[PTN_STEP__MAX] = {
	[PTN_STEP_START] = { "starting", PTN_START_MS / 1000 },
	[PTN_STEP_WAIT] = { "waiting", PTN_WAIT_BEAT_MS / 1000 },
	[PTN_STEP_REQUEST] = { "serving a request", 0 },
	[PTN_STEP_RECEIVE] = { "receiving a request", 0 },
	[PTN_STEP_CONNECT] = { "connecting to the database",
	    PTN_DB_CONNECT_MAX_S },
	[PTN_STEP_STATEMENT] = { "in a statement", PTN_DB_STATEMENT_MAX_S },
	[PTN_STEP_HASH] = { "hashing", 0 },
	[PTN_STEP_MAIL] = { "handing over a mail", PTN_DELIVER_STEP_S },
	[PTN_STEP_DELIVERIES] = { "looking after deliveries",
	    PTN_DELIVER_STEP_S },
};

unsigned int
ptn_watch_look(struct ptn_watch *w, const struct ptn_beat *beat)
{
	const uint64_t word = atomic_load(&beat->word);

	w->same = word == w->word ? w->same + 1 : 0;
	w->word = word;
	return w->same;
}

enum ptn_beat_step
ptn_watch_step(const struct ptn_watch *w)
{
	return ptn_beat_step_of(w->word);
}

unsigned int
ptn_watch_longest_s(const struct ptn_conf *cf, enum ptn_beat_step step)
{
	unsigned int s = steps[step].longest_s + SPARE_S;

	if (step == PTN_STEP_HASH)
		s += (unsigned int)cf->hash_wait_s;
	return s > cf->request_deadline_s
	    ? s
	    : (unsigned int)cf->request_deadline_s;
}

const char *
ptn_watch_word(enum ptn_beat_step step)
{
	return steps[step].word;
}

const char *
ptn_watch_signal(int sig)
{
	static const struct {
		int sig;
		const char *name;
	} names[] = { { SIGSEGV, "SIGSEGV" }, { SIGABRT, "SIGABRT" },
		{ SIGKILL, "SIGKILL" }, { SIGTERM, "SIGTERM" },
		{ SIGBUS, "SIGBUS" }, { SIGILL, "SIGILL" },
		{ SIGFPE, "SIGFPE" }, { SIGSYS, "SIGSYS" },
		{ SIGPIPE, "SIGPIPE" }, { SIGALRM, "SIGALRM" },
		{ SIGXCPU, "SIGXCPU" }, { SIGQUIT, "SIGQUIT" },
		{ SIGSTOP, "SIGSTOP" }, { SIGTSTP, "SIGTSTP" } };
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(names); i++) {
		if (names[i].sig == sig)
			return names[i].name;
	}
	return strsignal(sig);
}
