#ifndef PTN_EVENT_ACTOR_H
#define PTN_EVENT_ACTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/event/event.h"

#define PTN_EVENTS_MAX 8 /* of one request or command */

/*
 * Who acts, and what came of it so far.  One a request or command, filled in
 * as it is found out; its texts live as long as the scope's arena.
 */
struct ptn_actor {
	struct ptn_uuid
	    user_id;	   /* who they are, or say they are; nil: nobody */
	const char *email; /* canonical, or NULL */
	struct ptn_uuid
	    subject_id;		/* whom an operator's act is about; or nil */
	const char *operator;	/* who gave the command; NULL: a request */
	const char *request_id; /* of a request; or NULL */
	const char *ip;
	const char *user_agent;
	const char *accept_language; /* for notices; or NULL */
	bool mail_queued; /* in the outbox: the courier is to be woken */
	struct {
		enum ptn_event event;
		const char *detail;
		bool written; /* its row is there */
	} log[PTN_EVENTS_MAX];
	size_t n;
};

/*
 * It has been found out who acts, or for which address: what happens from now
 * on says so.
 *
 * user_id	NULL: it stays as it was.
 * email	canonical, as long-lived as the scope's arena; NULL: likewise.
 */
void ptn_actor_is(const struct ptn_scope *sc, const struct ptn_uuid *user_id,
    const char *email);

#endif
