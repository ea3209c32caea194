#ifndef PTN_GENERATION_H
#define PTN_GENERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fcgi/listen.h"
#include "fcgi/process.h"
#include "fcgi/watch.h"
#include "lib/base/err.h"
#include "lib/crypto/hashgate.h"
#include "lib/crypto/secrets.h"

struct ptn_conf;

/*
 * A generation: workers, courier and receiver that run with one configuration,
 * and all that they share.  A reload starts a new one beside the old.
 */

/* A place for a child; who dies is replaced in its place. */
struct ptn_generation_place {
	pid_t pid;	    /* 0: nobody */
	int64_t since_ms;   /* monotonic, when it was forked */
	int64_t next_ms;    /* nobody is forked before */
	int64_t pause_ms;   /* after the next early death */
	int64_t stopped_ms; /* monotonic, when a signal stopped it; 0: runs */
	bool killed;	    /* the watchdog's doing */
	struct ptn_watch watch;
};

/* What its children share with us. */
struct ptn_board {
	_Atomic int draining; /* 1: the generation leaves */
	struct ptn_deliveries deliveries;
	struct ptn_score score[]; /* one a place */
};

enum ptn_generation_state {
	PTN_GEN_STARTING = 0, /* not all workers are ready yet */
	PTN_GEN_SERVING,
	PTN_GEN_DRAINING /* told to leave, nobody is replaced */
};

struct ptn_generation {
	struct ptn_generation *next; /* an older one */
	enum ptn_generation_state state;
	struct ptn_conf *cf;
	struct ptn_secrets *secrets;
	struct ptn_identity identity;
	struct ptn_hashgate *gate;
	struct ptn_listener listener[PTN_SIDE__MAX];
	int wake[2];
	int receive[2]; /* to the receiver, and from it (handover.h) */
	int whole[2];
	struct ptn_board *board; /* shared memory */
	struct ptn_receipt *receipts; /* the same, with programs as well */
	int receipts_fd;
	struct ptn_tally *tally; /* the same, of all generations */
	size_t nworkers;
	struct ptn_generation_place *place; /* workers, courier, receiver */
	size_t nplaces;
	size_t deaths;	     /* of those that serve, while STARTING */
	int64_t deadline_ms; /* STARTING: give up; DRAINING: KILL */
	int64_t look_ms;     /* when to look again who goes on */
};

/*
 * Make a generation without children.
 *
 * older	where to take sockets from whose address did not change, or
 *		NULL; it keeps them too.
 * cf, secrets	taken over, also on failure.
 * tally	what its children count in; borrowed.
 *
 * PTN_E_CONFIG, PTN_E_CONFLICT, PTN_E_NOMEM, PTN_E_INTERNAL.  Logged.
 */
enum ptn_err ptn_generation_new(struct ptn_generation **out,
    const struct ptn_start *start, const struct ptn_generation *older,
    struct ptn_conf *cf, struct ptn_secrets *secrets,
    struct ptn_tally *tally) PTN_MUST_USE;

/* Close and release everything.  Its children must be gone. */
void ptn_generation_free(struct ptn_generation **g);

/* Take over the files of the unix sockets that both listen on. */
void ptn_generation_inherit(struct ptn_generation *g,
    struct ptn_generation *older);

/* Fork whoever is missing and due.  all: every generation there is. */
void ptn_generation_fill(struct ptn_generation *g, struct ptn_generation *all);

/*
 * Note what waitpid(2) says of pid: that it ended, was stopped or goes on.
 * False if it is not of this generation.
 */
bool ptn_generation_reap(struct ptn_generation *g, pid_t pid, int status);

/* Send a signal to every child; drain also stops replacing them. */
void ptn_generation_kill(const struct ptn_generation *g, int sig);
void ptn_generation_drain(struct ptn_generation *g);

/*
 * KILL who is busy with one request, or stopped by a signal, for longer than
 * the deadline, and who does not go on for longer than what it does can take
 * (watch.h).
 */
void ptn_generation_watch(struct ptn_generation *g);

/* Every worker, and the receiver, is in its loop. */
bool ptn_generation_ready(const struct ptn_generation *g);
/* No child is left. */
bool ptn_generation_empty(const struct ptn_generation *g);
/* Milliseconds until somebody is to be forked; -1: nobody is missing. */
int64_t ptn_generation_due_ms(const struct ptn_generation *g);

#endif
