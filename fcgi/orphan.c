#include "fcgi/orphan.h"

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/clock.h"

void
ptn_orphans_note(struct ptn_orphans *o, pid_t pid, int status)
{
	const unsigned int at = atomic_fetch_add(&o->n, 1) % PTN_ORPHANS_MAX;

	/* Whoever finds the pid, before and after the rest, has all of one. */
	atomic_store(&o->one[at].pid, 0);
	atomic_store(&o->one[at].status, status);
	atomic_store(&o->one[at].at_ms, ptn_clock_mono_ms());
	atomic_store(&o->one[at].pid, (int)pid);
}

/* Is it the one at this place, and is that one's status what was read? */
static bool
is_at(const struct ptn_orphans *o, size_t i, pid_t pid, int64_t since_ms,
    int *status)
{
	int64_t at_ms;

	if (atomic_load(&o->one[i].pid) != (int)pid ||
	    (at_ms = atomic_load(&o->one[i].at_ms)) < since_ms)
		return false;
	*status = atomic_load(&o->one[i].status);
	return atomic_load(&o->one[i].at_ms) == at_ms &&
	    atomic_load(&o->one[i].pid) == (int)pid;
}

enum ptn_orphan
ptn_orphans_find(const struct ptn_orphans *o, pid_t pid, int64_t since_ms,
    int *status)
{
	int64_t at_ms, oldest_ms = INT64_MAX;
	size_t i;

	for (i = 0; i < PTN_ORPHANS_MAX; i++)
		if (is_at(o, i, pid, since_ms, status))
			return PTN_ORPHAN_ENDED;
	for (i = 0; i < PTN_ORPHANS_MAX; i++) {
		at_ms = atomic_load(&o->one[i].at_ms); /* 0: there is none */
		if (at_ms < oldest_ms)
			oldest_ms = at_ms;
	}
	return oldest_ms >= since_ms ? PTN_ORPHAN_LOST : PTN_ORPHAN_UNSEEN;
}
