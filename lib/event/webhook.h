#ifndef PTN_EVENT_WEBHOOK_H
#define PTN_EVENT_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/event/outbox.h"

/*
 * Who is told of what happens by a request of ours to them (postern-hooks(7)):
 * a row of the outbox for each of those who want it, inside the transaction of
 * what it tells of.  Nothing, and no statement, unless webhooks.enabled.
 */

/* How long one is tried, and how long what was given up is kept then. */
#define PTN_WEBHOOK_TRIED_S (24 * 3600)
#define PTN_WEBHOOK_KEPT_S (3 * 24 * 3600)

/* The id of one of the configuration follows from whom it calls. */
struct ptn_uuid ptn_webhook_config_id(const char *callback);

/* Whose turn a row of the outbox has: that of its hook. */
void ptn_webhook_source(const struct ptn_uuid *hook,
    uint8_t out[PTN_OUTBOX_SOURCE_LEN]);

/* event: a name of postern-hooks(7), as are the others. */
enum ptn_err ptn_webhook_user(const struct ptn_scope *sc, const char *event,
    const struct ptn_uuid *user) PTN_MUST_USE;

/* Before it is deleted; nothing, if there is no such session of the user. */
enum ptn_err ptn_webhook_session(const struct ptn_scope *sc, const char *event,
    const struct ptn_uuid *user, const struct ptn_uuid *session) PTN_MUST_USE;

/* All sessions of a user, but one of them (or NULL). */
enum ptn_err ptn_webhook_sessions(const struct ptn_scope *sc, const char *event,
    const struct ptn_uuid *user, const struct ptn_uuid *but) PTN_MUST_USE;

/*
 * Queue a mail, and tell of it.  Of UNSENT all is done as if, so that nobody
 * can tell by the time.
 */
enum ptn_err ptn_webhook_mail(const struct ptn_scope *sc,
    enum ptn_outbox_kind kind, const struct ptn_outbox_mail *mail) PTN_MUST_USE;

/* A row that was claimed, taken apart; in its own memory. */
struct ptn_webhook_told {
	struct ptn_uuid hook;
	const char *event;
	const char *json;
};

/* PTN_E_INPUT: it is none. */
enum ptn_err ptn_webhook_read(const struct ptn_scope *sc, struct ptn_bytes text,
    struct ptn_webhook_told *out) PTN_MUST_USE;

#endif
