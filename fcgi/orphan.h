#ifndef PTN_ORPHAN_H
#define PTN_ORPHAN_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#define PTN_ORPHANS_MAX 64

/*
 * How programs ended whose parent, a child of the supervisor, died before
 * them: the supervisor writes, in shared memory of zeros at first, and whoever
 * comes after that parent looks.  The last PTN_ORPHANS_MAX are kept.
 */
struct ptn_orphans {
	_Atomic unsigned int n; /* of all so far */
	struct {
		_Atomic int pid;
		_Atomic int status;
		_Atomic int64_t at_ms; /* monotonic */
	} one[PTN_ORPHANS_MAX];
};

/* What is known of one. */
enum ptn_orphan {
	PTN_ORPHAN_UNSEEN = 0, /* it has not ended */
	PTN_ORPHAN_ENDED,
	PTN_ORPHAN_LOST /* it may have: so many ended that some are forgotten */
};

/*
 * status as of waitpid(2).  To be called before the program is reaped: until
 * then its number is nobody else's, so that UNSEEN says whose it is, too.
 */
void ptn_orphans_note(struct ptn_orphans *o, pid_t pid, int status);

/*
 * Has it ended, and how?  A number may have been another program's before
 * since_ms (monotonic), when this one was started.  May be asked while the
 * supervisor writes.
 */
enum ptn_orphan ptn_orphans_find(const struct ptn_orphans *o, pid_t pid,
    int64_t since_ms, int *status);

#endif
