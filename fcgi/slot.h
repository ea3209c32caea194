#ifndef PTN_SLOT_H
#define PTN_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/uuid.h"
#include "lib/event/outbox.h"
#include "lib/mail/deliver.h"

#define PTN_SLOT_LEFT_MAX_S (366 * 24 * 3600) /* no mail waits for longer */

/*
 * A mail on its way.  While job.pid is set it is being delivered; then its
 * outcome waits to be recorded, for as long as the database is away.
 *
 * It may lie in memory that outlives its courier (process.h).
 */
struct ptn_slot {
	unsigned char used; /* 1, written when all else is; 0 */
	struct ptn_uuid id;
	enum ptn_outbox_kind kind;
	uint8_t source[PTN_OUTBOX_SOURCE_LEN];
	int64_t attempts;
	int64_t dead_ms; /* monotonic: then the code is worth nothing */
	enum ptn_delivery what;
	struct ptn_deliver_job job;
	char name[PTN_UUID_STR]; /* of id */
};

/* It is for that mail from now on, and nothing is being delivered. */
void ptn_slot_take(struct ptn_slot *s, const struct ptn_outbox_item *item);

/*
 * Go on with a used slot of a courier that died.  The bytes are anybody's:
 * false if they make no mail on its way; then the slot is free.
 */
bool ptn_slot_adopt(struct ptn_slot *s) PTN_MUST_USE;

/* Is any of n slots being delivered? */
bool ptn_slot_delivering(const struct ptn_slot *slot, size_t n);

/* How many of n slots are used, for mail of that source. */
size_t ptn_slot_count(const struct ptn_slot *slot, size_t n,
    const uint8_t source[PTN_OUTBOX_SOURCE_LEN]);

/* How long to wait after so many tries: 5 s, 15 s ... an hour, or so. */
int64_t ptn_slot_delay(int64_t attempts);

#endif
