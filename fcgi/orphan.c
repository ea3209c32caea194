#include "fcgi/orphan.h"

#include <stddef.h>

#include "lib/base/clock.h"

void
ptn_orphans_note(struct ptn_orphans *o, pid_t pid, int status)
{
	const unsigned int at = atomic_fetch_add(&o->n, 1) % PTN_ORPHANS_MAX;

	/* Whoever finds the pid finds the rest. */
	atomic_store(&o->one[at].pid, 0);
	atomic_store(&o->one[at].status, status);
	atomic_store(&o->one[at].at_ms, ptn_clock_mono_ms());
	atomic_store(&o->one[at].pid, (int)pid);
}

bool
ptn_orphans_find(const struct ptn_orphans *o, pid_t pid, int64_t since_ms,
    int *status)
{
	size_t i;

	for (i = 0; i < PTN_ORPHANS_MAX; i++) {
		if (atomic_load(&o->one[i].pid) != (int)pid ||
		    atomic_load(&o->one[i].at_ms) < since_ms)
			continue;
		*status = atomic_load(&o->one[i].status);
		return true;
	}
	return false;
}
