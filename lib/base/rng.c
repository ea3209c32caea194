#include "lib/base/rng.h"

#include <sys/random.h>

#include <errno.h>
#include <stdlib.h>

void
ptn_rng(void *p, size_t len)
{
	uint8_t *at = p;
	ssize_t n;

	while (len > 0) {
		n = getrandom(at, len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			abort();
		at += n;
		len -= (size_t)n;
	}
}

uint32_t
ptn_rng_below(uint32_t bound)
{
	uint32_t v, skip;

	if (bound == 0)
		abort();
	/*
	 * The last 2^32 mod bound values are drawn again: they would make some
	 * results more likely than others.
	 */
	skip = -bound % bound;
	do {
		ptn_rng(&v, sizeof(v));
	} while (v < skip);
	return v % bound;
}
