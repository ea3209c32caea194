#include "fcgi/slot.h"

#include <stdatomic.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/rng.h"

#define DELAY_FIRST_S 5
#define DELAY_FACTOR 3
#define DELAY_MAX_S 3600
#define LEFT_MAX_MS (PTN_SLOT_LEFT_MAX_S * INT64_C(1000))

void
ptn_slot_take(struct ptn_slot *s, const struct ptn_outbox_item *item)
{
	memset(s, 0, sizeof(*s));
	s->id = item->id;
	s->kind = item->kind;
	memcpy(s->source, item->mail.source.p, sizeof(s->source));
	s->attempts = item->attempts;
	s->dead_ms = ptn_clock_mono_ms() + item->left_s * 1000;
	s->job.err_fd = -1;
	ptn_uuid_format(&s->id, s->name);
	/* Whoever comes after us finds it whole, or not at all. */
	atomic_signal_fence(memory_order_seq_cst);
	s->used = 1;
}

bool
ptn_slot_adopt(struct ptn_slot *s)
{
	const int64_t dead_max = ptn_clock_mono_ms() + LEFT_MAX_MS;

	if (s->used != 1 ||
	    (s->kind != PTN_OUTBOX_MAIL && s->kind != PTN_OUTBOX_NOTICE) ||
	    s->attempts < 0 || s->attempts >= INT32_MAX || s->dead_ms < 0 ||
	    s->dead_ms > dead_max ||
	    (unsigned int)s->what > PTN_DELIVERY_DONE ||
	    !ptn_deliver_adopt(&s->job)) {
		memset(s, 0, sizeof(*s));
		return false;
	}
	ptn_uuid_format(&s->id, s->name);
	return true;
}

/* Give or take a fifth. */
int64_t
ptn_slot_delay(int64_t attempts)
{
	int64_t d = DELAY_FIRST_S;

	for (; attempts > 0 && d < DELAY_MAX_S; attempts--)
		d *= DELAY_FACTOR;
	if (d > DELAY_MAX_S)
		d = DELAY_MAX_S;
	return d * 4 / 5 + (int64_t)ptn_rng_below((uint32_t)(d * 2 / 5 + 1));
}

size_t
ptn_slot_count(const struct ptn_slot *slot, size_t n,
    const uint8_t source[PTN_OUTBOX_SOURCE_LEN])
{
	size_t i, found = 0;

	for (i = 0; i < n; i++)
		found += slot[i].used &&
		    memcmp(slot[i].source, source, PTN_OUTBOX_SOURCE_LEN) == 0;
	return found;
}

bool
ptn_slot_delivering(const struct ptn_slot *slot, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (slot[i].used && slot[i].job.pid != 0)
			return true;
	return false;
}
