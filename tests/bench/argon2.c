/*
 * The floor of a password login: verify one hash over and over, on as many
 * threads as the gate has slots: by the library with its own defaults, by the
 * kernel that verifies in the server, in memory as the gate's slots are or on
 * huge pages, or by libsodium.
 *
 * usage: argon2 hash KIB PASSES LANES PASSWORD	a PHC string
 *        argon2 library|kernel|huge|sodium THREADS SECONDS PHC PASSWORD
 *			hashes per second, and microseconds of a processor that
 *			each took
 *        argon2 name	that of the kernel
 */
#include <sys/mman.h>

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <argon2.h>
#include <sodium.h>

#include "lib/base/array.h"
#include "lib/crypto/argon_own.h"

#define SALT_LEN 16
#define TAG_LEN 32
#define PHC_MAX 256
#define THREADS_MAX 256

#define HUGE ((size_t)2 << 20)

struct runner {
	pthread_t thread;
	bool (*verify)(struct runner *r);
	struct ptn_hashgate_slot slot;
	struct ptn_argon hash;
	int pages; /* how the slot is mapped */
	const char *phc;
	const char *password;
	double seconds;
	double rate; /* per second, of this thread */
	unsigned long n;
};

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "argon2: %s\n", what);
	exit(1);
}

static double
now(clockid_t which)
{
	struct timespec t;

	(void)clock_gettime(which, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool
by_library(struct runner *r)
{
	return argon2id_verify(r->phc, r->password, strlen(r->password)) ==
	    ARGON2_OK;
}

static bool
by_sodium(struct runner *r)
{
	return crypto_pwhash_str_verify(r->phc, r->password,
		   strlen(r->password)) == 0;
}

static const struct ptn_kernel *
fastest(void)
{
	const struct ptn_kernel *k;
	size_t i = 0;

	while ((k = ptn_kernel_at(i)) != NULL && !k->runs())
		i++;
	if (k == NULL)
		die("no kernel runs here");
	return k;
}

static bool
by_kernel(struct runner *r)
{
	struct ptn_argon got = r->hash;

	memset(got.tag, 0, sizeof(got.tag));
	return ptn_argon_own_compute(fastest(), &r->slot,
		   ptn_bytes_of(r->password), &got) == PTN_OK &&
	    memcmp(got.tag, r->hash.tag, got.tag_len) == 0;
}

/* As a slot of the gate: mapped once, kept. */
static void
map_slot(struct runner *r)
{
	const char *s = r->phc;
	uint8_t *p;

	if (!ptn_argon_read(&s, UINT32_MAX, false, &r->hash))
		die("no PHC string");
	r->slot.len =
	    ((size_t)r->hash.m_kib * 1024 + HUGE - 1) / HUGE * HUGE;
	p = mmap(NULL, r->slot.len + HUGE, PROT_READ | PROT_WRITE,
	    MAP_ANONYMOUS | r->pages, -1, 0);
	if (p == MAP_FAILED)
		die("no memory");
	r->slot.mem = p + (HUGE - (uintptr_t)p % HUGE);
	(void)madvise(r->slot.mem, r->slot.len, MADV_HUGEPAGE);
	memset(r->slot.mem, 1, r->slot.len);
}

static const struct {
	const char *name;
	bool (*verify)(struct runner *r);
	int pages;
} ways[] = {
	{ "library", by_library, 0 },
	{ "kernel", by_kernel, MAP_SHARED },
	{ "huge", by_kernel, MAP_PRIVATE },
	{ "sodium", by_sodium, 0 },
};

/* Whole hashes over their own time: nothing is lost at the end. */
static void *
run(void *arg)
{
	struct runner *r = arg;
	double began, at;

	if (r->pages != 0)
		map_slot(r);
	began = now(CLOCK_MONOTONIC);
	do {
		if (!r->verify(r))
			die("the password does not match");
		r->n++;
		at = now(CLOCK_MONOTONIC);
	} while (at - began < r->seconds);
	r->rate = (double)r->n / (at - began);
	return NULL;
}

static void
run_all(size_t way, int threads, double seconds, const char *phc,
    const char *password)
{
	static struct runner r[THREADS_MAX];
	double rate = 0, hashes = 0;
	int i;

	if (threads < 1 || threads > THREADS_MAX)
		die("THREADS is out of range");
	for (i = 0; i < threads; i++) {
		r[i].verify = ways[way].verify;
		r[i].pages = ways[way].pages;
		r[i].phc = phc;
		r[i].password = password;
		r[i].seconds = seconds;
		if (pthread_create(&r[i].thread, NULL, run, &r[i]) != 0)
			die("no thread");
	}
	for (i = 0; i < threads; i++) {
		(void)pthread_join(r[i].thread, NULL);
		rate += r[i].rate;
		hashes += (double)r[i].n;
	}
	printf("%.3f %.0f\n", rate,
	    now(CLOCK_PROCESS_CPUTIME_ID) * 1e6 / hashes);
}

static void
make_hash(uint32_t kib, uint32_t passes, uint32_t lanes, const char *password)
{
	uint8_t salt[SALT_LEN];
	char phc[PHC_MAX];

	if (getrandom(salt, sizeof(salt), 0) != sizeof(salt) ||
	    argon2id_hash_encoded(passes, kib, lanes, password,
		strlen(password), salt, SALT_LEN, TAG_LEN, phc,
		sizeof(phc)) != ARGON2_OK)
		die("no hash");
	printf("%s\n", phc);
}

int
main(int argc, char **argv)
{
	size_t way = 0;

	if (sodium_init() < 0)
		die("libsodium");
	while (argc == 6 && way < PTN_ARRAY_LEN(ways) &&
	    strcmp(argv[1], ways[way].name) != 0)
		way++;
	if (argc == 6 && strcmp(argv[1], "hash") == 0)
		make_hash((uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[3]),
		    (uint32_t)atoi(argv[4]), argv[5]);
	else if (argc == 6 && way < PTN_ARRAY_LEN(ways))
		run_all(way, atoi(argv[2]), atof(argv[3]), argv[4], argv[5]);
	else if (argc == 2 && strcmp(argv[1], "name") == 0)
		printf("%s\n", fastest()->name);
	else
		die("usage: argon2 hash|library|kernel|huge|sodium|name ...");
	return 0;
}
