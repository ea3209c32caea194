#include "fcgi/pace.h"

#define HALF_MS 1000
#define UNITS 1024 /* of a byte, so that single ones fade, too */

/* Halved for each whole time, and by a straight line between them. */
static uint64_t
fade(uint64_t n, int64_t ms)
{
	for (; ms >= HALF_MS && n > 0; ms -= HALF_MS)
		n /= 2;
	return n > 0 ? n - n * (uint64_t)ms / (2 * HALF_MS) : 0;
}

static uint64_t
capped(uint64_t units)
{
	const uint64_t most = (uint64_t)PTN_PACE_MOST * UNITS;

	return units < most ? units : most;
}

void
ptn_pace_start(struct ptn_pace *p, int64_t now_ms, size_t bytes)
{
	p->lately = capped((uint64_t)bytes * UNITS);
	p->at_ms = now_ms;
}

void
ptn_pace_add(struct ptn_pace *p, int64_t now_ms, size_t bytes)
{
	p->lately = capped(
	    fade(p->lately, now_ms - p->at_ms) + (uint64_t)bytes * UNITS);
	p->at_ms = now_ms;
}

uint64_t
ptn_pace_lately(const struct ptn_pace *p, int64_t now_ms)
{
	return fade(p->lately, now_ms - p->at_ms);
}
