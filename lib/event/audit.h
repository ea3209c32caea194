#ifndef PTN_EVENT_AUDIT_H
#define PTN_EVENT_AUDIT_H

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * The audit log, as rows and as JSON lines: what event.c writes of an event,
 * with who acts (sc->actor, or NULL for nobody).  Every text is made to fit:
 * at most as many bytes as its column has characters, and well-formed UTF-8.
 * Addresses are masked if audit_log.mask.
 */
struct ptn_audit {
	const char *type;   /* of event.def */
	const char *detail; /* why it failed, or what it was about; or NULL */
	struct ptn_uuid tenant_id;
	struct ptn_uuid subject_id; /* whom a command is about; or nil */
};

/* A row, in the transaction that is under way if one is. */
enum ptn_err ptn_audit_row(const struct ptn_scope *sc,
    const struct ptn_audit *entry) PTN_MUST_USE;

/* A line; one that is lost is logged.  A command's go to standard error. */
void ptn_audit_line(const struct ptn_scope *sc, const struct ptn_audit *entry);

#endif
