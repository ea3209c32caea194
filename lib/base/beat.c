#include "lib/base/beat.h"

#include <stddef.h>

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
	const int before = atomic_exchange(&own->step, (int)step);

	atomic_fetch_add(&own->count, 1);
	return (enum ptn_beat_step)before;
}
