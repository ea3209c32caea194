#ifndef PTN_EVENT_EVENT_H
#define PTN_EVENT_EVENT_H

#include "lib/base/err.h"
#include "lib/db/scope.h"
#include "lib/event/notice.h"

/*
 * What happens is an event, a row of event.def: what hangs on it (the audit
 * log, a notice to the owner) is written where it happens, by these calls and
 * nowhere else.
 */
enum ptn_event {
	PTN_EVENT_NONE = 0,
#define PTN_EVENT(name, kind, type, notice, told, webhook, metric)             \
	PTN_EVENT_##name,
#include "lib/event/event.def"
#undef PTN_EVENT
	PTN_EVENT__MAX
};

/*
 * Something was changed, in this transaction: write its row, if
 * audit_log.storage.enabled.  Its line is written after COMMIT, by
 * ptn_events_settle(), once, however often the transaction was run.
 *
 * e		of the kind CHANGE, without a notice.
 * detail	a short text of ours, or NULL; never input.  Borrowed until the
 *		events are settled.
 *
 * Texts that do not fit their columns are cut: none of them makes this fail.
 * Errors are the database's.
 */
enum ptn_err ptn_event(const struct ptn_scope *sc, enum ptn_event e,
    const char *detail) PTN_MUST_USE;

/*
 * The same of what was done to somebody, the subject of it, by others: a
 * command, or a request of nobody that is known.
 */
enum ptn_err ptn_event_about(const struct ptn_scope *sc, enum ptn_event e,
    const struct ptn_uuid *subject) PTN_MUST_USE;

/*
 * The same of an event with a notice, which is queued for its owner; and with a
 * detail for the record, which is not in the mail.
 */
enum ptn_err ptn_event_tell(const struct ptn_scope *sc, enum ptn_event e,
    const struct ptn_notice_to *to) PTN_MUST_USE;
enum ptn_err ptn_event_tell_with(const struct ptn_scope *sc, enum ptn_event e,
    const struct ptn_notice_to *to, const char *detail) PTN_MUST_USE;

/*
 * Something was changed that the record has otherwise, or not at all: webhooks
 * are told of it, in this transaction.  e is of the kind SIGNAL.
 *
 * user		it is told of them as they are now
 * session	of a session, before it is deleted or after it began
 */
enum ptn_err ptn_event_signal(const struct ptn_scope *sc, enum ptn_event e,
    const struct ptn_uuid *user) PTN_MUST_USE;
enum ptn_err ptn_event_session(const struct ptn_scope *sc, enum ptn_event e,
    const struct ptn_uuid *user, const struct ptn_uuid *session) PTN_MUST_USE;
/* Of all sessions of a user but one, or NULL. */
enum ptn_err ptn_event_sessions(const struct ptn_scope *sc, enum ptn_event e,
    const struct ptn_uuid *user, const struct ptn_uuid *but) PTN_MUST_USE;

/*
 * Nothing was changed: e is of the kind NOTED.  Outside of transactions.  Its
 * row is of the tenant that the scope has when the events are settled.
 */
void ptn_event_note(const struct ptn_scope *sc, enum ptn_event e,
    const char *detail);

/*
 * The answer is settled: write the rows of what was noted, and the lines of
 * all, if audit_log.console_output.enabled.  Needs an actor.
 * PTN_E_UNAVAILABLE and others if a row cannot be written: then the answer is
 * that.
 */
enum ptn_err ptn_events_settle(const struct ptn_scope *sc) PTN_MUST_USE;

#endif
