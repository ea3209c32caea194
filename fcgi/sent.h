#ifndef PTN_SENT_H
#define PTN_SENT_H

#include <stdint.h>

#include "fcgi/slot.h"
#include "lib/db/scope.h"

/*
 * What becomes of mails: who is told of it, and what is written down.
 */

/* What the mail server makes of us. */
enum ptn_sent_relay {
	PTN_SENT_UNKNOWN = 0,
	PTN_SENT_TAKES,
	PTN_SENT_REFUSES
};

struct ptn_sent {
	const struct ptn_scope *sc;
	int64_t record_ms; /* the database was away: not before */
	enum ptn_sent_relay relay;
	int64_t refused_ms; /* when it was told last */
};

/* Of one mail, to the log, the metrics and who asks how we are: a told(). */
void ptn_sent_told(void *sent, const struct ptn_slot_mail *m, const char *said);

/*
 * Write down what is known of the mails of a slot, in one transaction; it is
 * free once that is done and its program has ended.  True: some of them may be
 * claimed again at once.
 */
bool ptn_sent_record(struct ptn_sent *t, struct ptn_slot *s);

#endif
