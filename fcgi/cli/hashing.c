#include "fcgi/cli/hashing.h"

#include <sys/types.h>
#include <sys/wait.h>

#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/conf/conf.h"
#include "lib/crypto/hashgate.h"
#include "lib/crypto/pwhash.h"

static const char password[] = "correct horse battery staple";

static enum ptn_err
hash(const struct ptn_conf *cf, struct ptn_hashgate *g,
    enum ptn_cli_hashing what)
{
	const struct ptn_bytes pw = ptn_bytes_of(password);
	enum ptn_verdict verdict;
	char phc[PTN_PHC_MAX];
	bool stale;

	if (what == PTN_CLI_HASHING_MAKE)
		return ptn_pwhash_make(cf, g, pw, phc);
	return ptn_pwhash_verify(cf, g, NULL, pw, &verdict, &stale);
}

/* Of a processor: what else the host does just now is of no matter. */
static int64_t
spent_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * PTN_US_PER_S + t.tv_nsec / 1000;
}

enum ptn_err
ptn_cli_hashing_us(const struct ptn_conf *cf, enum ptn_cli_hashing what, int n,
    int64_t *us)
{
	struct ptn_hashgate *g = NULL;
	int64_t began, took, all = 0;
	enum ptn_err r;

	*us = INT64_MAX;
	r = ptn_hashgate_open(&g, cf, NULL);
	while (r == PTN_OK && n-- > 0 && all < PTN_US_PER_S) {
		began = spent_us();
		r = hash(cf, g, what);
		took = spent_us() - began;
		all += took;
		if (took < *us)
			*us = took > 0 ? took : 1;
	}
	ptn_hashgate_close(&g);
	return r;
}

enum ptn_err
ptn_cli_hashing_slots(const struct ptn_conf *cf, int *slots)
{
	struct ptn_hashgate *g = NULL;
	enum ptn_err r = ptn_hashgate_open(&g, cf, NULL);

	*slots = r == PTN_OK ? ptn_hashgate_slots(g) : 0;
	ptn_hashgate_close(&g);
	return r;
}

/* Whole hashes over their own time, of one process. */
static int64_t
rate_of_one(const struct ptn_conf *cf, struct ptn_hashgate *g,
    enum ptn_cli_hashing what, int64_t ms)
{
	int64_t began, took, n = 0;

	if (hash(cf, g, what) != PTN_OK) /* its pages are there now */
		return -1;
	began = ptn_clock_mono_us();
	do {
		if (hash(cf, g, what) != PTN_OK)
			return -1;
		n++;
		took = ptn_clock_mono_us() - began;
	} while (took < ms * PTN_US_PER_MS);
	return n * 1000 * PTN_US_PER_S / took;
}

/* Begin one; -1 if there is none. */
static pid_t
begin(const struct ptn_conf *cf, struct ptn_hashgate *g,
    enum ptn_cli_hashing what, int64_t ms, int out)
{
	const pid_t pid = fork();
	int64_t rate;

	if (pid != 0)
		return pid;
	rate = rate_of_one(cf, g, what, ms);
	_exit(write(out, &rate, sizeof(rate)) == sizeof(rate) ? 0 : 1);
}

/* The sum of what n processes say, or -1. */
static int64_t
gather(int in, int n)
{
	int64_t sum = 0, rate;

	while (n-- > 0) {
		if (read(in, &rate, sizeof(rate)) != sizeof(rate) || rate < 0)
			return -1;
		sum += rate;
	}
	return sum;
}

static enum ptn_err
rate_of_all(const struct ptn_conf *cf, struct ptn_hashgate *g,
    enum ptn_cli_hashing what, int processes, int64_t ms, int64_t *sum)
{
	int i, begun = 0, left, fd[2];

	if (pipe(fd) != 0)
		return PTN_E_INTERNAL;
	for (i = 0; i < processes; i++)
		begun += begin(cf, g, what, ms, fd[1]) > 0;
	(void)close(fd[1]);
	*sum = gather(fd[0], begun);
	(void)close(fd[0]);
	for (left = begun; left > 0; left--)
		(void)wait(NULL);
	return begun == processes && *sum > 0 ? PTN_OK : PTN_E_INTERNAL;
}

enum ptn_err
ptn_cli_hashing_rate(const struct ptn_conf *cf, enum ptn_cli_hashing what,
    int processes, int64_t ms, int64_t *per_1000_s)
{
	struct ptn_conf wide = *cf; /* a slot for each, and nobody waits */
	struct ptn_hashgate *g = NULL;
	enum ptn_err r;

	*per_1000_s = 0;
	wide.hash_slots = processes;
	wide.hash_queue = 0;
	wide.workers = processes + 2;
	r = ptn_hashgate_open(&g, &wide, NULL);
	if (r == PTN_OK)
		r = rate_of_all(&wide, g, what, processes, ms, per_1000_s);
	ptn_hashgate_close(&g);
	return r;
}
