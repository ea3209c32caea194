#ifndef PTN_ACCOUNT_RATELIMIT_H
#define PTN_ACCOUNT_RATELIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/db/scope.h"

/*
 * Buckets, as rows shared by all hosts and workers.  A denied request costs
 * nothing.  THE table of what is counted is in limit.h; here is how.
 *
 * A fixed window begins with the first request of a bucket.  A bucket that
 * falls has no windows: what was taken falls evenly, limit tokens in
 * interval_s, so that within any time t at most limit + limit * t / interval_s
 * are had.
 */
struct ptn_ratelimit {
	int64_t limit; /* tokens a window, or at once */
	int64_t interval_s;
	bool falls;
	const char
	    *what; /* for an operator to read, at most 32 bytes; or NULL */
	const char
	    *whom; /* a text that says whose it is, for the same; or NULL */
	/* filled in: */
	int64_t remaining; /* tokens left */
	int64_t reset_s; /* whole seconds until the window ends; or until there
			    is a token again, or all are */
	enum ptn_verdict verdict;
};

/*
 * Take a token from the bucket that a text names, of what, whom and where:
 * one statement, one commit outside of transactions.  The row has MACs of the
 * texts, so that the table tells nothing about who tried to log in from where.
 *
 * text	as ptn_arena_printf() returned it: NULL is PTN_E_NOMEM
 */
enum ptn_err ptn_ratelimit_take(const struct ptn_scope *sc, const char *text,
    struct ptn_ratelimit *rate) PTN_MUST_USE;

/* Put back what was taken from a bucket that falls: of the same text. */
enum ptn_err ptn_ratelimit_give_back(const struct ptn_scope *sc,
    const char *text, const struct ptn_ratelimit *rate) PTN_MUST_USE;

/* A bucket that is not empty. */
struct ptn_ratelimit_row {
	const char *what;
	int64_t state;	 /* see rate_limits in postern-schema(7) */
	int64_t left_us; /* until it is empty */
	int64_t expires_at_us;
};

/* The buckets of "whom" in the tenant of the scope. */
enum ptn_err ptn_ratelimits_of(const struct ptn_scope *sc, const char *whom,
    struct ptn_ratelimit_row **out, size_t *n) PTN_MUST_USE;

/* Empty them. */
enum ptn_err ptn_ratelimits_clear(const struct ptn_scope *sc, const char *whom,
    uint64_t *n) PTN_MUST_USE;

/* How many tokens are used up in a row, by the figures of its limit. */
int64_t ptn_ratelimit_used(const struct ptn_ratelimit *rate,
    const struct ptn_ratelimit_row *row);

#endif
