#ifndef PTN_WATCH_H
#define PTN_WATCH_H

#include <stdint.h>

#include "lib/base/beat.h"

struct ptn_conf;

/*
 * Whether a child goes on (lib/base/beat.h), by looks that the supervisor takes
 * once a second.  They are counted: where everything stands still for a while,
 * as in a suspended machine, nobody looks either.
 */
struct ptn_watch {
	uint64_t word;	   /* of the child, as last seen */
	unsigned int same; /* looks that saw no other */
};

/* Look.  For how many looks in a row it has not gone on. */
unsigned int ptn_watch_look(struct ptn_watch *w, const struct ptn_beat *beat);

/* What it did at the last look. */
enum ptn_beat_step ptn_watch_step(const struct ptn_watch *w);

/*
 * How many seconds a step may take: longer than the longest wait that it can
 * have, and never shorter than server.request_deadline, which whoever looks at
 * a process with a debugger sets.
 */
unsigned int ptn_watch_longest_s(const struct ptn_conf *cf,
    enum ptn_beat_step step);

/* What it does, as the log says it: "in a statement". */
const char *ptn_watch_word(enum ptn_beat_step step);

/* The name that a reader knows a signal by: "SIGSEGV". */
const char *ptn_watch_signal(int sig);

#endif
