#include "lib/base/count.h"

#include <stddef.h>

/* Few: each is a line of every endpoint. */
const int64_t ptn_count_bounds_us[PTN_COUNT_BOUNDS] = { 5000, 25000, 100000,
	250000, 500000, 1000000, 2500000, 10000000 };

static struct ptn_counts nobodys;
static struct ptn_counts *own = &nobodys;

static void
add(_Atomic uint64_t *cell, uint64_t n)
{
	/* Cells stand for themselves: there is no order to keep. */
	(void)atomic_fetch_add_explicit(cell, n, memory_order_relaxed);
}

void
ptn_counts_at(struct ptn_counts *counts)
{
	own = counts != NULL ? counts : &nobodys;
}

void
ptn_count(enum ptn_count what)
{
	if (what != PTN_COUNT_NULL)
		add(&own->count[what], 1);
}

void
ptn_count_into(struct ptn_count_histogram *h, int64_t us)
{
	size_t i = 0;

	if (us < 0)
		us = 0;
	while (i < PTN_COUNT_BOUNDS && us > ptn_count_bounds_us[i])
		i++;
	add(&h->bucket[i], 1);
	add(&h->sum_us, (uint64_t)us);
}

void
ptn_count_time(enum ptn_count_spread what, int64_t us)
{
	ptn_count_into(&own->spread[what], us);
}
