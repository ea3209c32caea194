#ifndef PTN_DB_HANDLE_H
#define PTN_DB_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/db/conn.h"
#include "lib/db/db.h"
#include "lib/db/dberr.h"
#include "lib/db/nodes.h"

/*
 * What db.h is opaque about, and what its statements and transactions (db.c)
 * need of its connection (handle.c) and clock (dbclock.c): for these alone.
 */
struct ptn_db {
	const struct ptn_conf *cf;
	enum ptn_db_role role;
	struct ptn_conn *conn;
	uint64_t count;
	uint64_t writes;
	bool was_open;

	/* The transaction. */
	bool in_tx;
	bool in_part;
	bool begun;	       /* BEGIN was sent */
	bool soon;	       /* it is to be, with what is read next */
	bool last;	       /* the next statement is */
	bool ended;	       /* it was */
	bool kept;	       /* and has changed something, at once */
	enum ptn_dberr broken; /* this run can only be rolled back */

	/* Connecting. */
	struct ptn_nodes nodes;
	enum ptn_err refusal;  /* the last one */
	int64_t waited_at_ms; /* when what waited was sent last (conn.h) */

	/* Its clock, when it was connected to. */
	int64_t ahead_us;    /* of this host's; 0: less than a second */
	int64_t setting_us;  /* how that one was set then */
	int64_t clock_at_ms; /* 0: not asked */

	/* The last complaint in the log. */
	unsigned int said;
	int64_t said_at_ms;
};

/*
 * A connection for a statement: one that the server closed while it was idle is
 * found out here, before anything is sent that may or may not be run.  Says so
 * in the log if there is none.
 */
enum ptn_err ptn_handle_ready(struct ptn_db *db) PTN_MUST_USE;

/*
 * Log a fault with our own text for its number; the other one also lets go of a
 * connection that is of no use any more: as is one to a server that cannot take
 * it, where there are others.
 */
void ptn_handle_say(struct ptn_db *db, const char *where, enum ptn_dberr f);
void ptn_handle_note(struct ptn_db *db, const char *where, enum ptn_dberr f);

/*
 * What its clock says now.  Due when this host's was set since, and now and
 * then while the two are apart: connecting asks.
 */
void ptn_handle_clock(struct ptn_db *db, int64_t clock_us);
bool ptn_handle_clock_due(const struct ptn_db *db);

#endif
