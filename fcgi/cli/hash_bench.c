#define _GNU_SOURCE /* sched_getaffinity */

#include "fcgi/cli/cli.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "fcgi/cli/hashing.h"
#include "fcgi/cli/option.h"
#include "fcgi/cli/print.h"
#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/conf/conf.h"
#include "lib/crypto/argon_verify.h"
#include "lib/crypto/pwhash.h"

#define ARENA_MAX 65536
#define RATE_MS 1000
#define TRIAL_KIB 65536 /* what one is tried with, for how fast it is */
#define TRIAL_PASSES 3
#define MIB_KIB 1024
#define PASSES_MAX 64
#define ROUNDS 4 /* of trying a recommendation until it fits */

static const int64_t targets_ms[] = { 250, 500, 1000 };

/* What to write for a log-in that takes at most so long. */
struct choice {
	int64_t target_ms, measured_us;
	int64_t memory_kib, iterations;
	const char *as; /* who asks for at least that; NULL: it is less */
};

struct bench {
	struct ptn_conf cf; /* borrows what it points to */
	const char *kernel; /* or NULL: the library verifies, too */
	int cores, slots; /* no more cores than leave half of the memory */
	int64_t rate[PTN_CLI_HASHING__MAX][2]; /* one core, all cores */
	int64_t limit_kib; /* so that all slots leave half of the memory */
	struct choice choice[PTN_ARRAY_LEN(targets_ms)];
};

static int
count_cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	return CPU_COUNT(&set);
}

static enum ptn_err
measure_rates(struct bench *b)
{
	enum ptn_cli_hashing what;
	enum ptn_err r = PTN_OK;
	int all;

	for (what = 0; what < PTN_CLI_HASHING__MAX; what++)
		for (all = 0; all < 2 && r == PTN_OK; all++)
			r = ptn_cli_hashing_rate(&b->cf, what,
			    all == 0 ? 1 : b->cores, RATE_MS,
			    &b->rate[what][all]);
	return r;
}

/* Costs, of one lane: a slot of the gate is one core. */
static enum ptn_err
log_in_us(const struct bench *b, int64_t kib, int64_t passes, int64_t *us)
{
	struct ptn_conf cf = b->cf;

	cf.argon2_memory_kib = kib;
	cf.argon2_iterations = passes;
	cf.argon2_parallelism = 1;
	cf.argon2_max_kib = kib;
	return ptn_cli_hashing_us(&cf, PTN_CLI_HASHING_VERIFY, 2, us);
}

/*
 * Of so many KiB and passes, multiplied.  RFC 9106 (section 4) asks for three
 * passes over 64 MiB at least; OWASP (Password Storage Cheat Sheet) is content
 * with one of a few pairs, each of them some 40 MiB and passes.
 */
static void
choose(const struct bench *b, int64_t work, struct choice *c)
{
	static const struct {
		const char *as;
		int64_t memory_kib, iterations;
	} least[] = {
		{ "RFC 9106", 65536, 3 },
		{ "OWASP", 19456, 2 },
		{ "OWASP", 12288, 3 },
		{ "OWASP", 9216, 4 },
	};
	const size_t last = PTN_ARRAY_LEN(least) - 1;
	size_t i = 0;

	c->as = NULL;
	if (b->limit_kib < least[last].memory_kib)
		return;
	while (i < last &&
	    (work < least[i].memory_kib * least[i].iterations ||
		b->limit_kib < least[i].memory_kib))
		i++;
	c->iterations = least[i].iterations;
	c->memory_kib = work / c->iterations / MIB_KIB * MIB_KIB;
	if (c->memory_kib > b->limit_kib) {
		c->memory_kib = b->limit_kib / MIB_KIB * MIB_KIB;
		c->iterations = work / c->memory_kib;
	}
	if (c->iterations > PASSES_MAX)
		c->iterations = PASSES_MAX;
	c->as = c->memory_kib >= least[i].memory_kib ? least[i].as : NULL;
}

/* More memory is slower, each KiB of it: what was chosen is tried. */
static enum ptn_err
recommend(const struct bench *b, int64_t trial_us, struct choice *c)
{
	const int64_t target_us = c->target_ms * PTN_US_PER_MS;
	int64_t work = TRIAL_KIB * TRIAL_PASSES * target_us / trial_us;
	enum ptn_err r = PTN_OK;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		choose(b, work, c);
		if (c->as == NULL)
			return PTN_OK;
		r = log_in_us(b, c->memory_kib, c->iterations,
		    &c->measured_us);
		if (r != PTN_OK || c->measured_us <= target_us)
			return r;
		work = work * target_us / c->measured_us;
	}
	return r;
}

/* What may be asked of this host, which others work on. */
static enum ptn_err
set_limits(struct bench *b)
{
	const int64_t half_kib =
	    (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / 2048;
	const int64_t fit = half_kib / b->cf.argon2_memory_kib;
	enum ptn_err r = ptn_cli_hashing_slots(&b->cf, &b->slots);

	b->cores = count_cores();
	if (b->cores > fit)
		b->cores = fit > 1 ? (int)fit : 1;
	if (r != PTN_OK)
		return r;
	b->limit_kib = half_kib / b->slots;
	if (b->limit_kib > 4194304)
		b->limit_kib = 4194304;
	return PTN_OK;
}

static enum ptn_err
measure(struct bench *b)
{
	int64_t trial_us = 0;
	enum ptn_err r;
	size_t i;

	r = set_limits(b);
	if (r == PTN_OK)
		r = measure_rates(b);
	if (r == PTN_OK)
		r = log_in_us(b, TRIAL_KIB, TRIAL_PASSES, &trial_us);
	for (i = 0; i < PTN_ARRAY_LEN(targets_ms) && r == PTN_OK; i++) {
		b->choice[i].target_ms = targets_ms[i];
		r = recommend(b, trial_us, &b->choice[i]);
	}
	return r;
}

/* ------------------------------------------------------------------ telling */

static const char *const words[PTN_CLI_HASHING__MAX] = {
	[PTN_CLI_HASHING_MAKE] = "made",
	[PTN_CLI_HASHING_VERIFY] = "verified",
};

static const char *
by(const struct bench *b, enum ptn_cli_hashing what)
{
	return what == PTN_CLI_HASHING_VERIFY && b->kernel != NULL
	    ? b->kernel
	    : "libargon2";
}

static void
print_rate(int64_t per_1000_s)
{
	(void)printf("  %7lld.%lld", (long long)(per_1000_s / 1000),
	    (long long)(per_1000_s / 100 % 10));
}

static void
print_choice(const struct choice *c)
{
	(void)printf("  %4lld ms  ", (long long)c->target_ms);
	if (c->as == NULL)
		(void)puts("less than OWASP asks for");
	else
		(void)printf("%10lld  %10lld  %5lld ms  %s\n",
		    (long long)c->memory_kib, (long long)c->iterations,
		    (long long)(c->measured_us / PTN_US_PER_MS), c->as);
}

static void
print_all(const struct bench *b)
{
	enum ptn_cli_hashing what;
	size_t i;

	(void)printf("hashes a second, with memory_kib %lld, iterations %lld, "
		     "parallelism %lld:\n\n  %-22s  %9s  %6d cores\n",
	    (long long)b->cf.argon2_memory_kib,
	    (long long)b->cf.argon2_iterations,
	    (long long)b->cf.argon2_parallelism, "", "1 core", b->cores);
	for (what = 0; what < PTN_CLI_HASHING__MAX; what++) {
		(void)printf("  %-8s by %-10s", words[what], by(b, what));
		print_rate(b->rate[what][0]);
		print_rate(b->rate[what][1]);
		(void)putchar('\n');
	}
	(void)printf("\npassword.argon2 for a log-in that takes at most so "
		     "long, with parallelism 1,\nso that %d at a time leave "
		     "half of the memory:\n\n"
		     "  LOG-IN   MEMORY_KIB  ITERATIONS  MEASURED  AS ASKED BY\n",
	    b->slots);
	for (i = 0; i < PTN_ARRAY_LEN(b->choice); i++)
		print_choice(&b->choice[i]);
}

static void
write_choice(struct ptn_jsonw *w, const struct choice *c)
{
	ptn_jsonw_object(w, NULL);
	ptn_jsonw_int(w, "target_ms", c->target_ms);
	if (c->as != NULL) {
		ptn_jsonw_int(w, "memory_kib", c->memory_kib);
		ptn_jsonw_int(w, "iterations", c->iterations);
		ptn_jsonw_int(w, "parallelism", 1);
		ptn_jsonw_int(w, "measured_us", c->measured_us);
	}
	ptn_jsonw_str(w, "as_asked_by", c->as);
	ptn_jsonw_end_object(w);
}

static void
write_all(struct ptn_jsonw *w, const struct bench *b)
{
	enum ptn_cli_hashing what;
	size_t i;

	ptn_jsonw_object(w, NULL);
	ptn_jsonw_int(w, "memory_kib", b->cf.argon2_memory_kib);
	ptn_jsonw_int(w, "iterations", b->cf.argon2_iterations);
	ptn_jsonw_int(w, "parallelism", b->cf.argon2_parallelism);
	ptn_jsonw_int(w, "cores", b->cores);
	ptn_jsonw_int(w, "slots", b->slots);
	for (what = 0; what < PTN_CLI_HASHING__MAX; what++) {
		ptn_jsonw_object(w, words[what]);
		ptn_jsonw_str(w, "by", by(b, what));
		ptn_jsonw_double(w, "per_second",
		    (double)b->rate[what][0] / 1000);
		ptn_jsonw_double(w, "per_second_all_cores",
		    (double)b->rate[what][1] / 1000);
		ptn_jsonw_end_object(w);
	}
	ptn_jsonw_array(w, "recommended");
	for (i = 0; i < PTN_ARRAY_LEN(b->choice); i++)
		write_choice(w, &b->choice[i]);
	ptn_jsonw_end_array(w);
	ptn_jsonw_end_object(w);
}

static enum ptn_err
tell(const struct bench *b, bool json)
{
	struct ptn_arena *a;
	struct ptn_jsonw w;
	enum ptn_err r;

	if (!json) {
		print_all(b);
		return PTN_OK;
	}
	if ((a = ptn_arena_new(ARENA_MAX)) == NULL)
		return PTN_E_NOMEM;
	ptn_jsonw_init(&w, a);
	write_all(&w, b);
	r = ptn_cli_print_json(&w);
	ptn_arena_free(&a);
	return r;
}

void
ptn_cli_hash_bench_help(FILE *out)
{
	(void)fputs("  --json  one object, for machines\n", out);
}

int
ptn_cli_hash_bench(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	bool json = false;
	const struct ptn_cli_option option = { "--json", NULL, &json, NULL, 0 };
	struct ptn_conf *cf = NULL;
	struct bench b = { 0 };
	enum ptn_err r;

	if (ptn_cli_options("hash-bench", &option, 1, &argc, argv) >= 0 ||
	    ptn_cli_words("hash-bench", "", 0, 0, argc, argv) >= 0)
		return 2;
	if (ptn_conf_load(&cf, conf_path, set, stderr) != PTN_OK)
		return 1;
	ptn_cli_log_begin("hash-bench");
	ptn_pwhash_begin(cf);
	b.kernel = ptn_argon_verify_kernel();
	b.cf = *cf;
	if ((r = measure(&b)) == PTN_OK)
		r = tell(&b, json);
	if (r != PTN_OK)
		ptn_cli_failed("hash-bench", r, NULL);
	ptn_conf_free(&cf);
	return r == PTN_OK ? 0 : 1;
}
