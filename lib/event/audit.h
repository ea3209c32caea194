#ifndef PTN_EVENT_AUDIT_H
#define PTN_EVENT_AUDIT_H

#include <stddef.h>
#include <stdint.h>

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

/* Which rows are asked for: all that is set has to fit. */
struct ptn_audit_query {
	int64_t since_us; /* strictly between them; 0: no bound */
	int64_t until_us;
	const char *types;     /* any of them, joined by ","; NULL: all */
	struct ptn_uuid actor; /* who acted; nil: anybody */
	/*
	 * Parts, in either case; NULL: any.  Of an address as it is written
	 * down, masked or not; a whole one is also that of its owner.  "any" is
	 * part of an address, so, or of an ip, or of the id of who acted
	 * or whom it was about.
	 */
	const char *email;
	const char *ip;
	const char *any;
	int64_t max;
	int64_t skip;
};

/* A row; a text that was not known is NULL, an id nil. */
struct ptn_audit_found {
	struct ptn_uuid id;
	const char *type;
	const char *error;
	const char *request_id;
	const char *ip;
	const char *user_agent;
	struct ptn_uuid user_id;
	const char *email;
	const char *operator_name;
	struct ptn_uuid subject_id;
	int64_t created_at_us;
};

/* At how many rows a query looks: the newest of that time and actor. */
#define PTN_AUDIT_WINDOW 10000

struct ptn_audit_page {
	struct ptn_audit_found *row; /* newest first, in the arena */
	size_t n;
	int64_t total; /* with those that max and skip leave out */
	/* until_us of a query for those before the window; 0: none are. */
	int64_t older_us;
};

/* Rows of this tenant.  Errors are the database's. */
enum ptn_err ptn_audit_list(const struct ptn_scope *sc,
    const struct ptn_audit_query *q, struct ptn_audit_page *out) PTN_MUST_USE;

#endif
