#ifndef PTN_BASE_COUNT_H
#define PTN_BASE_COUNT_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * Counters that go up where something happens, in memory that another process
 * reads (fcgi/tally.h).  What there is to count is a row of metric.def.
 *
 * Nobody waits: a count is one addition that no other process can tear.
 */

/* PTN_COUNT_NULL counts nothing. */
enum ptn_count {
	PTN_COUNT_NULL = 0,
#define PTN_METRIC(name, type, text, help)
#define PTN_SERIES(name, labels) PTN_COUNT_##name,
#define PTN_SPREAD(name, labels)
#include "lib/base/metric.def"
#undef PTN_SPREAD
#undef PTN_SERIES
#undef PTN_METRIC
	PTN_COUNT__MAX
};

enum ptn_count_spread {
#define PTN_METRIC(name, type, text, help)
#define PTN_SERIES(name, labels)
#define PTN_SPREAD(name, labels) PTN_SPREAD_##name,
#include "lib/base/metric.def"
#undef PTN_SPREAD
#undef PTN_SERIES
#undef PTN_METRIC
	PTN_SPREAD__MAX
};

/* How long things took: how many up to each bound, and all together. */
#define PTN_COUNT_BOUNDS 8
extern const int64_t ptn_count_bounds_us[PTN_COUNT_BOUNDS];

struct ptn_count_histogram {
	_Atomic uint64_t
	    bucket[PTN_COUNT_BOUNDS + 1]; /* the last is of longer ones */
	_Atomic uint64_t sum_us;
};

struct ptn_counts {
	_Atomic uint64_t count[PTN_COUNT__MAX];
	struct ptn_count_histogram spread[PTN_SPREAD__MAX];
};

/* Count here from now on; it lives as long as the process.  NULL: nowhere. */
void ptn_counts_at(struct ptn_counts *counts);

void ptn_count(enum ptn_count what);
/* Something took us microseconds. */
void ptn_count_time(enum ptn_count_spread what, int64_t us);
void ptn_count_into(struct ptn_count_histogram *h, int64_t us);

#endif
