/*
 * The floor of a password login: verify one hash over and over, on as many
 * threads as the gate has slots, with the library's own defaults.
 *
 * usage: argon2 hash KIB PASSES LANES PASSWORD	a PHC string
 *        argon2 run THREADS SECONDS PHC PASSWORD	hashes per second, and
 *						microseconds of a processor
 *						that each took
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <argon2.h>

#define SALT_LEN 16
#define TAG_LEN 32
#define PHC_MAX 256
#define THREADS_MAX 256

struct runner {
	pthread_t thread;
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

/* Whole hashes over their own time: nothing is lost at the end. */
static void *
run(void *arg)
{
	struct runner *r = arg;
	size_t len = strlen(r->password);
	double began = now(CLOCK_MONOTONIC), at;

	do {
		if (argon2id_verify(r->phc, r->password, len) != ARGON2_OK)
			die("the password does not match");
		r->n++;
		at = now(CLOCK_MONOTONIC);
	} while (at - began < r->seconds);
	r->rate = (double)r->n / (at - began);
	return NULL;
}

static void
run_all(int threads, double seconds, const char *phc, const char *password)
{
	static struct runner r[THREADS_MAX];
	double rate = 0, hashes = 0;
	int i;

	if (threads < 1 || threads > THREADS_MAX)
		die("THREADS is out of range");
	for (i = 0; i < threads; i++) {
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
	if (argc == 6 && strcmp(argv[1], "hash") == 0)
		make_hash((uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[3]),
		    (uint32_t)atoi(argv[4]), argv[5]);
	else if (argc == 6 && strcmp(argv[1], "run") == 0)
		run_all(atoi(argv[2]), atof(argv[3]), argv[4], argv[5]);
	else
		die("usage: argon2 hash|run ...");
	return 0;
}
