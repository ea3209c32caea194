#ifndef PTN_ACCOUNT_PERSON_COUNT_H
#define PTN_ACCOUNT_PERSON_COUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/db/scope.h"

/* How many users there are, or were so long ago. */
struct ptn_person_count_total {
	int64_t n;
	int64_t age_s; /* 0: by now */
};

/*
 * More than PTN_PERSON_COUNTED_ONCE are counted once in PTN_PERSON_COUNT_S, and
 * those who ask meanwhile are told that number: to count rows, all of them are
 * read.  It is counted anew for who stands at their end.
 *
 * plain	without those who are operators (operator.h)
 * past		how many the caller has behind them, with the page that they
 *		ask for
 */
#define PTN_PERSON_COUNTED_ONCE 1000
#define PTN_PERSON_COUNT_S 60
enum ptn_err ptn_person_count(const struct ptn_scope *sc, bool plain,
    int64_t past, struct ptn_person_count_total *out) PTN_MUST_USE;

#endif
