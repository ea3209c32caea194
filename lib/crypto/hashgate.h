#ifndef PTN_CRYPTO_HASHGATE_H
#define PTN_CRYPTO_HASHGATE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

struct ptn_conf;

/*
 * The hashing gate: as many slots as cores, shared by all workers of a host.
 * A slot owns the memory a hash works in, so that hashing can never use more
 * than slots x cost.  Slots and places in the queue are record locks
 * (fcntl(2)), which the kernel gives back when their holder dies.
 *
 * Holders and waiters together are fewer than the workers: a login storm
 * never takes the last one.
 */
struct ptn_hashgate;

/* Filled by ptn_hashgate_enter(), cleared by ptn_hashgate_leave(). */
struct ptn_hashgate_slot {
	void *mem;
	size_t len; /* bytes */
	int number;
};

/*
 * Make the gate before forking (memory and lock file shared by the children)
 * or, with dir not NULL, as a lock file "gate" in that directory for
 * processes that a web server starts one by one (then each has memory of its
 * own, returned to the system when it leaves its slot).
 * PTN_E_NOMEM, PTN_E_CONFIG (dir is not usable), PTN_E_INTERNAL.
 */
enum ptn_err ptn_hashgate_open(struct ptn_hashgate **out,
    const struct ptn_conf *cf, const char *dir) PTN_MUST_USE;
void ptn_hashgate_close(struct ptn_hashgate **g);

/*
 * Wait for a slot: at most cf->hash_wait_s, and only if a place in the queue
 * is free.  PTN_E_BUSY otherwise.  One slot a process at a time.
 */
enum ptn_err ptn_hashgate_enter(struct ptn_hashgate *g,
    struct ptn_hashgate_slot *slot) PTN_MUST_USE;
void ptn_hashgate_leave(struct ptn_hashgate *g, struct ptn_hashgate_slot *slot);

/* How many workers there are: cf->workers, or as many as suit the cores. */
int64_t ptn_hashgate_workers(const struct ptn_conf *cf);

/* The most memory a hash may ask for, in KiB. */
int64_t ptn_hashgate_kib(const struct ptn_conf *cf);

/* How many slots are held by others than this process, and how many wait. */
void ptn_hashgate_look(const struct ptn_hashgate *g, int *used, int *waiting);

/* Slots, and places in the queue. */
int ptn_hashgate_slots(const struct ptn_hashgate *g);
int ptn_hashgate_places(const struct ptn_hashgate *g);

#endif
