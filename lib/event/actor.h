#ifndef PTN_EVENT_ACTOR_H
#define PTN_EVENT_ACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/api.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/event/audit.h"
#include "lib/event/event.h"

/*
 * Events of one request or command.  There are three at most today: of one too
 * many the line is lost, and the row too if it is of what changed nothing; the
 * log says so.
 */
#define PTN_EVENTS_MAX 8

/* Sessions that one request brings. */
#define PTN_ACTOR_BROUGHT_MAX 4

#define PTN_AGENT_MAX 255 /* bytes; columns of sessions.user_agent */

struct ptn_device;

/* The limit that counted a request last (lib/account/limit.h). */
struct ptn_actor_limit {
	const char *what; /* NULL: none did */
	int64_t limit;
	int64_t remaining;
	int64_t reset_s;
};

/*
 * Who acts, and what came of it so far.  One a request or command, filled in
 * as it is found out; its texts live as long as the scope's arena.
 */
struct ptn_actor {
	/* nil: nobody is known; of an operator, who has a user of their own */
	struct ptn_uuid user_id;
	const char *email;	   /* canonical, or NULL */
	/*
	 * Who gave the command, or whose key or session a request of the Admin
	 * API came with; NULL: a request of anybody else.
	 */
	const char *operator_name;
	struct ptn_uuid about; /* whom an operator deals with; or nil */
	enum ptn_api api;	   /* of a request */
	const char *request_id;	   /* of a request; NULL: a command */
	const char *ip;
	const char *network;	  /* for limits: ip, or its /64; or NULL */
	const char *network_wide; /* the /24 or /48 around it; or NULL */
	/* A browser that is known, by its cookies, each the next; or NULL. */
	const struct ptn_device *device;
	const struct ptn_uuid *session_of; /* whose session; NULL: none */
	/* Sessions that a log-in ends, if they are of who logs in. */
	struct ptn_actor_session {
		struct ptn_uuid user_id;
		struct ptn_uuid id;
	} brought[PTN_ACTOR_BROUGHT_MAX];
	size_t brought_n;
	/* Whose browser it is from now on, in which epoch (asker.h). */
	struct {
		struct ptn_uuid user_id; /* nil: nobody's */
		int64_t epoch;
	} remembered;
	struct ptn_actor_limit limit;
	const char *user_agent;
	const char *accept_language; /* for notices; or NULL */
	bool mail_queued; /* in the outbox: the courier is to be woken */
	struct {
		enum ptn_event event;
		struct ptn_audit entry;
		bool written; /* its row is there */
	} log[PTN_EVENTS_MAX];
	size_t n;
};

/*
 * It has been found out who acts, or for which address: what happens from now
 * on says so.  An operator stays one, and what happens is about that user.
 *
 * user_id	NULL: it stays as it was.
 * email	canonical, as long-lived as the scope's arena; NULL: likewise.
 */
void ptn_actor_is(const struct ptn_scope *sc, const struct ptn_uuid *user_id,
    const char *email);

#endif
