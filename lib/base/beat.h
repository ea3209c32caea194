#ifndef PTN_BASE_BEAT_H
#define PTN_BASE_BEAT_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * That a process goes on, and what it does: a count in memory that another one
 * looks at (fcgi/watch.h), which goes up with every step.  What may take long
 * is a step of its own.
 */
enum ptn_beat_step {
	PTN_STEP_START = 0,
	PTN_STEP_WAIT,	     /* for something to do */
	PTN_STEP_REQUEST,    /* serves one */
	PTN_STEP_RECEIVE,    /* takes a piece of one */
	PTN_STEP_CONNECT,    /* to the database */
	PTN_STEP_STATEMENT,  /* one of SQL */
	PTN_STEP_HASH,	     /* waits for its turn, and hashes */
	PTN_STEP_MAIL,	     /* writes one, and starts who sends it */
	PTN_STEP_DELIVERIES, /* looks what became of them */
	PTN_STEP__MAX
};

/*
 * How many steps there were and which one is under way, in one word: whoever
 * looks sees both of the same moment.
 */
struct ptn_beat {
	_Atomic uint64_t word;
};

/* Count here from now on; it lives as long as the process.  NULL: nowhere. */
void ptn_beat_at(struct ptn_beat *beat);

/* A step begins.  Returns the one before, to go back to. */
enum ptn_beat_step ptn_beat(enum ptn_beat_step step);

/* The step of a word that was seen; PTN_STEP_START if it has none of ours. */
enum ptn_beat_step ptn_beat_step_of(uint64_t word);

#endif
