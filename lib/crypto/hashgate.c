#define _GNU_SOURCE /* memfd_create, sched_getaffinity */

#include "lib/crypto/hashgate.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/beat.h"
#include "lib/base/clock.h"
#include "lib/base/count.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"

/*
 * Bytes of the lock file: 0.. are the slots.  Whoever is inside, holder or
 * waiter, has one of INSIDE_BASE.., and a waiter one of QUEUE_BASE.. as well.
 */
#define INSIDE_BASE 4096
#define QUEUE_BASE 8192
#define FILE_LEN 4096

#define MEM_ALIGN ((size_t)2 << 20) /* so that huge pages fit a slot */

/* A holder that was killed rings no bell: look again after this long. */
#define LOOK_MS 20

struct ptn_hashgate {
	int fd;
	int slots;
	int places;
	int64_t wait_ms;
	size_t slot_len;
	uint8_t *mem; /* of all slots, or of this process's one */
	bool shared;
	bool held;
	int inside; /* our byte, while held */
	enum ptn_beat_step before;
	int64_t since_us; /* monotonic, while held */
	/* Counts the slots given back; the waiters sleep on it (futex(2)). */
	_Atomic uint32_t *bell;
};

static int64_t
cores(void)
{
	cpu_set_t set;
	long n;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return CPU_COUNT(&set);
	n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n;
}

int64_t
ptn_hashgate_workers(const struct ptn_conf *cf)
{
	int64_t n = 2 * cores() + 2;

	if (cf->workers > 0)
		return cf->workers;
	return n < 6 ? 6 : n;
}

int64_t
ptn_hashgate_kib(const struct ptn_conf *cf)
{
	return cf->argon2_max_kib > cf->argon2_memory_kib
	    ? cf->argon2_max_kib
	    : cf->argon2_memory_kib;
}

static int64_t
clamp(int64_t v, int64_t min, int64_t max)
{
	if (v > max)
		v = max;
	return v < min ? min : v;
}

/* Slots + places < workers, though there is always one slot. */
static void
size_gate(struct ptn_hashgate *g, const struct ptn_conf *cf)
{
	int64_t workers = ptn_hashgate_workers(cf);
	int64_t slots = cf->hash_slots > 0 ? cf->hash_slots : cores();
	int64_t places;

	slots = clamp(slots, 1, workers - 1 > 1 ? workers - 1 : 1);
	places = cf->hash_queue >= 0 ? cf->hash_queue : workers - slots - 2;
	places = clamp(places, 0, INT_MAX);
	if (places > 0 && slots + places >= workers) {
		places = clamp(workers - slots - 1, 0, INT_MAX);
		ptn_warn("gate: hashing.queue cut to %d: a worker stays free",
		    (int)places);
	}
	g->slots = (int)slots;
	g->places = (int)places;
}

static enum ptn_err
gate_fail(const char *what)
{
	ptn_error("gate: %s: %s", what, strerror(errno));
	return PTN_E_INTERNAL;
}

/* The lock file of a directory: ours, plain, and closed to others. */
static enum ptn_err
open_in(struct ptn_hashgate *g, const char *dir)
{
	char path[PATH_MAX];
	struct stat st;
	int n;

	n = snprintf(path, sizeof(path), "%s/gate", dir);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		ptn_error("gate: server.state_dir is too long");
		return PTN_E_CONFIG;
	}
	g->fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (g->fd < 0 || fstat(g->fd, &st) != 0) {
		ptn_error("gate: %s: %s", path, strerror(errno));
		return PTN_E_CONFIG;
	}
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 077) != 0) {
		ptn_error("gate: %s: not a file of ours alone", path);
		return PTN_E_CONFIG;
	}
	return PTN_OK;
}

static enum ptn_err
open_file(struct ptn_hashgate *g, const char *dir)
{
	enum ptn_err r = PTN_OK;

	if (dir != NULL)
		r = open_in(g, dir);
	else if ((g->fd = memfd_create("gate", MFD_CLOEXEC)) < 0)
		r = gate_fail("memfd_create");
	if (r != PTN_OK)
		return r;
	if (ftruncate(g->fd, FILE_LEN) != 0)
		return gate_fail("ftruncate");
	g->bell =
	    mmap(NULL, FILE_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, g->fd, 0);
	if (g->bell == MAP_FAILED) {
		g->bell = NULL;
		return gate_fail("mmap");
	}
	return PTN_OK;
}

static size_t
mem_len(const struct ptn_hashgate *g)
{
	return g->shared ? g->slot_len * (size_t)g->slots : g->slot_len;
}

/* Pages cost nothing before a hash touches them. */
static enum ptn_err
map_memory(struct ptn_hashgate *g, const struct ptn_conf *cf)
{
	const uint64_t most = SIZE_MAX / (size_t)g->slots - MEM_ALIGN;
	const uint64_t want = (uint64_t)ptn_hashgate_kib(cf) * 1024;
	int flags = MAP_ANONYMOUS | MAP_NORESERVE;
	void *p;

	if (want == 0 || want > most) {
		ptn_error("gate: this processor has no addresses for %d slots "
			  "of %lld KiB",
		    g->slots, (long long)ptn_hashgate_kib(cf));
		return PTN_E_CONFIG;
	}
	g->slot_len = (size_t)(want + MEM_ALIGN - 1) / MEM_ALIGN * MEM_ALIGN;
	flags |= g->shared ? MAP_SHARED : MAP_PRIVATE;
	p = mmap(NULL, mem_len(g), PROT_READ | PROT_WRITE, flags, -1, 0);
	if (p == MAP_FAILED) {
		ptn_error("gate: no memory for %d slots: %s", g->slots,
		    strerror(errno));
		return PTN_E_NOMEM;
	}
	g->mem = p;
	/*
	 * Faster where the system lets this memory have them; best effort.
	 * Memory of a worker's own may have them more often, but must go back
	 * after each hash, and zeroing it anew takes what they spare.
	 */
	(void)madvise(p, mem_len(g), MADV_HUGEPAGE);
	(void)madvise(p, mem_len(g), MADV_DONTDUMP);
	return PTN_OK;
}

enum ptn_err
ptn_hashgate_open(struct ptn_hashgate **out, const struct ptn_conf *cf,
    const char *dir)
{
	struct ptn_hashgate *g;
	enum ptn_err r;

	*out = NULL;
	if ((g = calloc(1, sizeof(*g))) == NULL)
		return PTN_E_NOMEM;
	g->fd = -1;
	g->shared = dir == NULL;
	g->wait_ms = cf->hash_wait_s * 1000;
	size_gate(g, cf);
	if ((r = open_file(g, dir)) == PTN_OK)
		r = map_memory(g, cf);
	if (r != PTN_OK)
		ptn_hashgate_close(&g);
	*out = g;
	return r;
}

void
ptn_hashgate_close(struct ptn_hashgate **g)
{
	if (*g == NULL)
		return;
	if ((*g)->mem != NULL)
		(void)munmap((*g)->mem, mem_len(*g));
	if ((*g)->bell != NULL)
		(void)munmap((void *)(*g)->bell, FILE_LEN);
	if ((*g)->fd >= 0)
		(void)close((*g)->fd);
	free(*g);
	*g = NULL;
}

int
ptn_hashgate_slots(const struct ptn_hashgate *g)
{
	return g->slots;
}

int
ptn_hashgate_places(const struct ptn_hashgate *g)
{
	return g->places;
}

/* How many of n bytes others have.  Our own do not count. */
static int
locked(const struct ptn_hashgate *g, int base, int n)
{
	struct flock fl;
	int i, count = 0;

	for (i = 0; i < n; i++) {
		fl = (struct flock){ .l_type = F_WRLCK,
			.l_whence = SEEK_SET,
			.l_start = base + i,
			.l_len = 1 };
		count +=
		    fcntl(g->fd, F_GETLK, &fl) == 0 && fl.l_type != F_UNLCK;
	}
	return count;
}

/* Try one byte.  PTN_E_BUSY: another process has it. */
static enum ptn_err
lock_byte(const struct ptn_hashgate *g, int byte)
{
	struct flock fl = { .l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = byte,
		.l_len = 1 };

	if (fcntl(g->fd, F_SETLK, &fl) == 0)
		return PTN_OK;
	if (errno == EACCES || errno == EAGAIN || errno == EINTR)
		return PTN_E_BUSY;
	return gate_fail("lock");
}

static void
unlock_byte(const struct ptn_hashgate *g, int byte)
{
	struct flock fl = { .l_type = F_UNLCK,
		.l_whence = SEEK_SET,
		.l_start = byte,
		.l_len = 1 };

	if (fcntl(g->fd, F_SETLK, &fl) != 0)
		(void)gate_fail("unlock");
}

/* The first free of n bytes, beginning anywhere so that few tries collide. */
static enum ptn_err
lock_any(const struct ptn_hashgate *g, int base, int n, int *which)
{
	enum ptn_err r = PTN_E_BUSY;
	int first = n > 0 ? (int)(getpid() % n) : 0;
	int i;

	for (i = 0; i < n && r == PTN_E_BUSY; i++) {
		*which = base + (first + i) % n;
		r = lock_byte(g, *which);
	}
	return r;
}

static int
inside_max(const struct ptn_hashgate *g)
{
	return g->slots + g->places;
}

/* Does anybody wait?  Then a newcomer does not overtake. */
static bool
queue_used(const struct ptn_hashgate *g)
{
	struct flock fl = { .l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = QUEUE_BASE,
		.l_len = inside_max(g) };

	return fcntl(g->fd, F_GETLK, &fl) == 0 && fl.l_type != F_UNLCK;
}

/* Sleep until the bell moves on from seen, or ms have passed. */
static void
sleep_on_bell(struct ptn_hashgate *g, uint32_t seen, int64_t ms)
{
	struct timespec ts = { .tv_sec = 0, .tv_nsec = ms * 1000000 };

	(void)syscall(SYS_futex, g->bell, FUTEX_WAIT, seen, &ts, NULL, 0);
}

static void
ring_bell(struct ptn_hashgate *g)
{
	atomic_fetch_add(g->bell, 1);
	(void)syscall(SYS_futex, g->bell, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* In the queue: look, sleep, look again. */
static enum ptn_err
wait_for_slot(struct ptn_hashgate *g, int *number)
{
	int64_t end_ms = ptn_clock_mono_ms() + g->wait_ms;
	int64_t left_ms;
	uint32_t seen;
	enum ptn_err r;

	for (;;) {
		/* Read before looking, so that no bell is missed between. */
		seen = atomic_load(g->bell);
		r = lock_any(g, 0, g->slots, number);
		if (r != PTN_E_BUSY)
			return r;
		left_ms = end_ms - ptn_clock_mono_ms();
		if (left_ms <= 0)
			return PTN_E_BUSY;
		sleep_on_bell(g, seen, left_ms < LOOK_MS ? left_ms : LOOK_MS);
	}
}

/* Only as many are inside as there are places to wait in: one is free. */
static enum ptn_err
queue_up(struct ptn_hashgate *g, int *number)
{
	enum ptn_err r;
	int place;

	r = lock_any(g, QUEUE_BASE, inside_max(g), &place);
	if (r != PTN_OK)
		return r;
	r = wait_for_slot(g, number);
	unlock_byte(g, place);
	return r;
}

/*
 * Holders and waiters are counted together.  Counted apart, a newcomer would
 * be refused in the moment between one's leaving and the next one's waking,
 * when a slot is free and every place is still taken.
 */
static enum ptn_err
get_in(struct ptn_hashgate *g, int *number)
{
	enum ptn_err r;

	r = lock_any(g, INSIDE_BASE, inside_max(g), &g->inside);
	if (r != PTN_OK)
		return r;
	g->before = ptn_beat(PTN_STEP_HASH);
	r = queue_used(g) ? PTN_E_BUSY : lock_any(g, 0, g->slots, number);
	if (r == PTN_E_BUSY)
		r = queue_up(g, number);
	if (r != PTN_OK) {
		unlock_byte(g, g->inside);
		(void)ptn_beat(g->before);
	}
	return r;
}

enum ptn_err
ptn_hashgate_enter(struct ptn_hashgate *g, struct ptn_hashgate_slot *slot)
{
	const int64_t began_us = ptn_clock_mono_us();
	enum ptn_err r;
	int number = 0;

	memset(slot, 0, sizeof(*slot));
	if (g->held) /* its own lock would not stop it */
		return PTN_E_INTERNAL;
	if ((r = get_in(g, &number)) != PTN_OK) {
		if (r == PTN_E_BUSY)
			ptn_count(PTN_COUNT_HASH_REFUSED);
		return r;
	}
	g->held = true;
	g->since_us = ptn_clock_mono_us();
	ptn_count_time(PTN_SPREAD_HASH_WAIT, g->since_us - began_us);
	slot->number = number;
	slot->mem = g->shared ? g->mem + (size_t)number * g->slot_len : g->mem;
	slot->len = g->slot_len;
	return PTN_OK;
}

void
ptn_hashgate_leave(struct ptn_hashgate *g, struct ptn_hashgate_slot *slot)
{
	if (!g->held)
		return;
	/* Memory of our own goes back, or slots x cost would not hold. */
	if (!g->shared)
		(void)madvise(g->mem, g->slot_len, MADV_DONTNEED);
	g->held = false;
	unlock_byte(g, slot->number);
	unlock_byte(g, g->inside);
	ring_bell(g);
	(void)ptn_beat(g->before);
	ptn_count_time(PTN_SPREAD_HASH_TIME, ptn_clock_mono_us() - g->since_us);
	memset(slot, 0, sizeof(*slot));
}

void
ptn_hashgate_look(const struct ptn_hashgate *g, int *used, int *waiting)
{
	*used = locked(g, 0, g->slots);
	*waiting = locked(g, QUEUE_BASE, inside_max(g));
}
