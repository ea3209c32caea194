#ifndef PTN_SLOT_H
#define PTN_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/uuid.h"
#include "lib/event/outbox.h"
#include "lib/mail/deliver.h"
#include "lib/mail/receipt.h"

#define PTN_SLOT_LEFT_MAX_S (366 * 24 * 3600) /* no mail waits for longer */
#define PTN_SLOTS 6	  /* programs that deliver, at once */
#define PTN_SLOT_MAILS 32 /* that one takes along, over one connection */
#define PTN_SLOTS_MAILS (PTN_SLOTS * PTN_SLOT_MAILS)

/* How far a mail is. */
enum ptn_slot_step {
	PTN_SLOT_NONE = 0, /* nothing more is to be done */
	PTN_SLOT_AWAY,	   /* given to the program */
	PTN_SLOT_JUDGED,   /* what became of it is to be recorded */
	PTN_SLOT_BACK	   /* and of this, that it was not tried */
};

struct ptn_slot_mail {
	struct ptn_uuid id;
	struct ptn_uuid claim;
	uint8_t source[PTN_OUTBOX_SOURCE_LEN];
	int64_t attempts;
	int64_t dead_ms; /* monotonic: then the code is worth nothing */
	enum ptn_outbox_kind kind;
	enum ptn_delivery what;
	unsigned char step;
};

/*
 * Mails on their way, by one program.  While job.pid is set it is at work; what
 * it has done waits to be recorded, for as long as the database is away.
 *
 * It may lie in memory that outlives its courier (process.h).
 */
struct ptn_slot {
	unsigned char used;    /* 1, written when all else is; 0 */
	unsigned char several; /* 1: it writes receipts; 0: it takes one mail */
	uint32_t n;
	uint32_t run; /* of the receipts */
	int64_t moved_ms; /* when it was last seen to have done something */
	int64_t noted_ms; /* from when on what it did is recorded */
	enum ptn_delivery what;
	struct ptn_deliver_job job;
	struct ptn_slot_mail mail[PTN_SLOT_MAILS];
};

/*
 * It is for those n mails from now on, and nothing is being delivered.
 *
 * receipts	PTN_SLOT_MAILS of them, for these alone; NULL: one mail.
 */
void ptn_slot_take(struct ptn_slot *s,
    const struct ptn_outbox_item *const *item, size_t n,
    struct ptn_receipt *receipts);

/*
 * Go on with a used slot of a courier that died.  The bytes are anybody's:
 * false if they make no mails on their way; then the slot is free.
 */
bool ptn_slot_adopt(struct ptn_slot *s) PTN_MUST_USE;

/* See how far its mails are, and call told() for each that was judged now. */
typedef void (*ptn_slot_told_fn)(void *arg, const struct ptn_slot_mail *m,
    const char *said);
void ptn_slot_look(struct ptn_slot *s, struct ptn_receipt *receipts,
    ptn_slot_told_fn told, void *arg);

/*
 * What its program has not begun, it will not.  All: else it keeps the first
 * one, which it may be about to begin.
 */
void ptn_slot_take_back(struct ptn_slot *s, struct ptn_receipt *receipts,
    bool all);

/* Is a code among what is not done yet? */
bool ptn_slot_has_code(const struct ptn_slot *s);

/* Is any of n slots being delivered? */
bool ptn_slot_delivering(const struct ptn_slot *slot, size_t n);

/* Whose mail its program is at, or will be next. */
const uint8_t *ptn_slot_source(const struct ptn_slot *s);

/* How many of n slots are used, for mail of that source. */
size_t ptn_slot_count(const struct ptn_slot *slot, size_t n,
    const uint8_t source[PTN_OUTBOX_SOURCE_LEN]);

/* How long to wait after so many tries: 5 s, 15 s ... an hour, or so. */
int64_t ptn_slot_delay(int64_t attempts);

#endif
