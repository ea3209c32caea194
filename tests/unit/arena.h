#ifndef TEST_ARENA_H
#define TEST_ARENA_H

/*
 * An arena for the tests of a file, as setup and teardown of all of them or of
 * each.  It is the state, too.
 */

#include "lib/base/arena.h"

static struct ptn_arena *arena;

static inline int
arena_setup(void **state)
{
	*state = arena = ptn_arena_new((size_t)4 << 20);
	return arena != NULL ? 0 : -1;
}

static inline int
arena_teardown(void **state)
{
	(void)state;
	ptn_arena_free(&arena);
	return 0;
}

#endif
