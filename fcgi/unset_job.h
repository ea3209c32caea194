#ifndef PTN_UNSET_JOB_H
#define PTN_UNSET_JOB_H

#include <stdbool.h>

#include "fcgi/cli/setup_cause.h"
#include "lib/base/arena.h"

/* A set-up to be done, as the command line and standard input of setup. */
struct ptn_unset_job {
	int argc;
	char **argv;
	const char *secrets; /* less than a pipe holds */
	const char *conf_path;
	const char *const *set;
	/* Told in the process that does it, and in the one that watches it. */
	void (*placed)(const char *conf_path);
	void (*late)(enum ptn_setup_cause cause); /* nobody waits any more */
};

/* What became of it. */
struct ptn_unset_job_end {
	enum ptn_setup_cause cause;
	const char *said; /* in the arena */
};

/*
 * Do it in processes of their own, which outlive this one: web servers wait for
 * an answer for so long (mod_fcgid: 40 s), and then kill who owes it.  Of two,
 * one works, and the other one ends it when it takes too long, and removes what
 * it leaves when it is killed.
 *
 * Returns true if it has ended, with end set; false after 20 s, when it goes on
 * alone.
 */
bool ptn_unset_job_run(const struct ptn_unset_job *job, struct ptn_arena *a,
    struct ptn_unset_job_end *end) PTN_MUST_USE;

#endif
