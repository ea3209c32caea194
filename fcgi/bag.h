#ifndef PTN_BAG_H
#define PTN_BAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/slot.h"
#include "lib/db/scope.h"
#include "lib/mail/mail.h"

/* What one look at the outbox found to deliver, and how it leaves. */
struct ptn_bag {
	const struct ptn_scope *sc;
	struct ptn_mailer *mailer;
	struct ptn_slot *slot;	      /* PTN_SLOTS of them */
	struct ptn_receipt *receipts; /* PTN_SLOT_MAILS a slot */
	int receipts_fd;
	int64_t begun_ms; /* when the last program was started; monotonic */
	const struct ptn_outbox_item *item[PTN_SLOT_MAILS];
	size_t n;
};

/* Do programs take several at once?  Ours does, and says how each ended. */
bool ptn_bag_several(const struct ptn_bag *b);

/* The receipts of a slot. */
struct ptn_receipt *ptn_bag_receipts(const struct ptn_bag *b,
    const struct ptn_slot *s);

/*
 * Write the messages and start their delivery, all by one program if it takes
 * several, codes before notices: there is a free slot for each program.  What
 * fails is judged when the slot is looked at.  The bag is empty then.
 */
void ptn_bag_start(struct ptn_bag *b);

#endif
