#include "lib/base/beat.h"

#include <stddef.h>

#define STEP_BITS 8
#define STEP_MASK ((UINT64_C(1) << STEP_BITS) - 1)

_Static_assert(PTN_STEP__MAX <= STEP_MASK, "a step must fit its bits");

static struct ptn_beat nobodys;
static struct ptn_beat *own = &nobodys;

void
ptn_beat_at(struct ptn_beat *beat)
{
	own = beat != NULL ? beat : &nobodys;
}

enum ptn_beat_step
ptn_beat(enum ptn_beat_step step)
{
	/* Nobody else writes it. */
	const uint64_t before = atomic_load(&own->word);
	const uint64_t count = (before >> STEP_BITS) + 1;

	atomic_store(&own->word, count << STEP_BITS | (uint64_t)step);
	return ptn_beat_step_of(before);
}

enum ptn_beat_step
ptn_beat_step_of(uint64_t word)
{
	const uint64_t step = word & STEP_MASK;

	return step < PTN_STEP__MAX ? (enum ptn_beat_step)step : PTN_STEP_START;
}
