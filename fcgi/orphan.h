#ifndef PTN_ORPHAN_H
#define PTN_ORPHAN_H

#include <stdatomic.h>
#include <stdbool.h>
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

/* status as of waitpid(2). */
void ptn_orphans_note(struct ptn_orphans *o, pid_t pid, int status);

/*
 * False if it was not seen to end.  A number may have been another program's
 * before since_ms (monotonic), when this one was started.
 */
bool ptn_orphans_find(const struct ptn_orphans *o, pid_t pid, int64_t since_ms,
    int *status);

#endif
