#ifndef TEST_HASHING_H
#define TEST_HASHING_H

/* Passwords that are hashed at little cost, for tests that have rows. */

#include "lib/crypto/hashgate.h"
#include "tests/unit/rows.h"

static struct ptn_hashgate *gate;

static inline void
hashing_cheap(void)
{
	conf.password_max_bytes = 72;
	conf.argon2_memory_kib = 8192;
	conf.argon2_iterations = 1;
	conf.argon2_parallelism = 1;
	conf.argon2_max_kib = 16384;
	conf.hash_slots = 1;
	conf.hash_wait_s = 5;
	conf.workers = 4;
}

/* With what conf says by now. */
static inline int
hashing_open(void)
{
	if (ptn_hashgate_open(&gate, &conf, NULL) != PTN_OK)
		return -1;
	scope.gate = gate;
	return 0;
}

static inline int
hashing_setup(void **state)
{
	if (rows_setup(state) != 0)
		return -1;
	hashing_cheap();
	return hashing_open();
}

static inline int
hashing_teardown(void **state)
{
	ptn_hashgate_close(&gate);
	return rows_teardown(state);
}

#endif
