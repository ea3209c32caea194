#ifndef PTN_FUZZ_SCARCE_H
#define PTN_FUZZ_SCARCE_H

#include <stdbool.h>

/*
 * Memory that runs out: malloc(), calloc() and realloc() of the whole
 * program, of its libraries too, as far as they take it from there.  For one
 * thread.
 */

/* The n-th request from now on fails, and only that; 0: none. */
void scarce_begin(unsigned n);

/* What is asked for meanwhile neither fails nor counts. */
void scarce_pause(bool pause);

/* How many there have been since.  From now on none fails. */
unsigned scarce_end(void);

#endif
