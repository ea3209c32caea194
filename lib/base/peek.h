#ifndef PTN_BASE_PEEK_H
#define PTN_BASE_PEEK_H

#include <sys/types.h>

/*
 * What waitpid(2) would say of a child, -1 for any; it is left there to be said
 * again.  Whoever tells others first, and only then lets the child go, may die
 * between: nothing is lost, and nobody else has its number yet.
 *
 * how		as of waitpid(2)
 *
 * Returns the pid and its status; 0: nothing to say; -1 with errno.
 */
pid_t ptn_peek(pid_t pid, int how, int *status);

#endif
