#ifndef PTN_ACCOUNT_RATELIMIT_H
#define PTN_ACCOUNT_RATELIMIT_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/db/scope.h"

/*
 * Fixed windows that begin with the first request of a bucket, as rows shared
 * by all hosts and workers.  A denied request costs nothing.
 */
struct ptn_ratelimit {
	int64_t limit; /* tokens a window */
	int64_t interval_s;
	/* filled in: */
	int64_t remaining; /* tokens left */
	int64_t reset_s;   /* whole seconds until the window ends */
	enum ptn_verdict verdict;
};

/*
 * Take a token from the bucket that a text names, of what, whom and where:
 * one statement, one commit.  The row has a MAC of the text, so that the table
 * tells nothing about who tried to log in from where.
 *
 * text	as ptn_arena_printf() returned it: NULL is PTN_E_NOMEM
 */
enum ptn_err ptn_ratelimit_take(const struct ptn_scope *sc, const char *text,
    struct ptn_ratelimit *rate) PTN_MUST_USE;

#endif
