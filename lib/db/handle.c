#include "lib/db/handle.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/rng.h"
#include "lib/db/migrations.h"

#include "lib/db/sql.h"

#define BACKOFF_FIRST_MS 100 /* between attempts to connect */
#define BACKOFF_MAX_MS 2000
#define SAY_EVERY_MS 5000 /* the same complaint again */
#define NO_SUCH_TABLE 1146

struct ptn_db *
ptn_db_new(const struct ptn_conf *cf, enum ptn_db_role role)
{
	struct ptn_db *db;

	if ((db = calloc(1, sizeof(*db))) == NULL)
		return NULL;
	db->cf = cf;
	db->role = role;
	if ((db->conn = ptn_conn_new()) == NULL) {
		free(db);
		return NULL;
	}
	return db;
}

void
ptn_db_free(struct ptn_db **db)
{
	if (*db == NULL)
		return;
	ptn_conn_free(&(*db)->conn);
	free(*db);
	*db = NULL;
}

enum ptn_db_fault
ptn_db_fault(const struct ptn_db *db)
{
	return ptn_dberr_fault(ptn_conn_number(db->conn));
}

bool
ptn_db_denied(enum ptn_db_fault fault)
{
	return fault == PTN_DB_FAULT_DATABASE || fault == PTN_DB_FAULT_TABLE;
}

/* ------------------------------------------------------------------ faults */

/* Whether to log: a storm of one complaint is one line every few seconds. */
static bool
may_say(struct ptn_db *db, unsigned int number)
{
	int64_t now = ptn_clock_mono_ms();

	if (number == db->said && now - db->said_at_ms < SAY_EVERY_MS)
		return false;
	db->said = number;
	db->said_at_ms = now;
	return true;
}

/*
 * Log a fault with our own text for its number.  The server's may quote
 * values, and is only for where there are none.
 */
void
ptn_handle_say(struct ptn_db *db, const char *where, enum ptn_dberr f)
{
	unsigned int number = ptn_conn_number(db->conn);
	const char *what;

	(void)ptn_dberr_of(number, &what);
	switch ((int)f) {
	case PTN_DBERR_NONE:
	case PTN_DBERR_CONFLICT:
		return;
	case PTN_DBERR_NOMEM:
		ptn_error("database: %s: no memory left for its rows", where);
		return;
	case PTN_DBERR_MANY:
		ptn_error("database: %s: more than one row", where);
		return;
	case PTN_DBERR_OTHER:
		if (number == 0) /* our own text */
			ptn_error("database: %s: %s", where,
			    ptn_conn_message(db->conn));
		else
			ptn_error("database: %s: error %u", where, number);
		return;
	default:
		if (may_say(db, number))
			ptn_warn("database: %s: %s (%u)", where,
			    what != NULL ? what : "connection failed", number);
	}
}

/* Log it, and let go of a connection that is of no use any more. */
void
ptn_handle_note(struct ptn_db *db, const char *where, enum ptn_dberr f)
{
	ptn_handle_say(db, where, f);
	if (f == PTN_DBERR_LOST || f == PTN_DBERR_UNSENT)
		ptn_conn_close(db->conn);
}

/* -------------------------------------------------------------- connecting */

static enum ptn_err
check_version(struct ptn_db *db, const struct ptn_schema_version_out *have)
{
	/* 1 and 2 are no numbers of the server: they stand for what we say. */
	if (have->version > ptn_migrations_n) {
		if (may_say(db, 1))
			ptn_error("database: the schema has version %lld, "
				  "this program knows %d: it is too old; "
				  "install the version that migrated it",
			    (long long)have->version, ptn_migrations_n);
		return PTN_E_CONFIG;
	}
	if (have->version < ptn_migrations_n || have->unfinished > 0) {
		if (may_say(db, 2))
			ptn_error("database: the schema has version %lld%s, "
				  "this program needs %d: "
				  "run \"postern migrate up\"",
			    (long long)have->version,
			    have->unfinished > 0 ? " in part" : "",
			    ptn_migrations_n);
		return PTN_E_CONFIG;
	}
	return PTN_OK;
}

static enum ptn_err
check_schema(struct ptn_db *db)
{
	struct ptn_schema_version_out have = { 0 };
	struct ptn_conn_result res = {
		.row_size = sizeof(have),
		.one = true,
		.rows = &have,
	};
	enum ptn_dberr f;

	f = ptn_conn_run(db->conn, PTN_STMT_SCHEMA_VERSION, NULL, &res);
	if (f == PTN_DBERR_OTHER && ptn_conn_number(db->conn) == NO_SUCH_TABLE)
		f = PTN_DBERR_NONE; /* version 0 */
	if (f != PTN_DBERR_NONE) {
		ptn_handle_note(db, "schema", f);
		return ptn_dberr_err(f);
	}
	return check_version(db, &have);
}

static enum ptn_err
open_checked(struct ptn_db *db)
{
	enum ptn_dberr f;
	const char *what;

	f = ptn_conn_open(db->conn, db->cf, db->role);
	if (f != PTN_DBERR_NONE) {
		(void)ptn_dberr_of(ptn_conn_number(db->conn), &what);
		if (may_say(db, ptn_conn_number(db->conn)))
			ptn_error("database: %s: %s",
			    what != NULL ? what : "cannot connect",
			    ptn_conn_message(db->conn));
		return ptn_conn_number(db->conn) == PTN_DBERR_FOREIGN
		    ? PTN_E_CONFIG
		    : PTN_E_UNAVAILABLE;
	}
	return db->role == PTN_DB_SERVE ? check_schema(db) : PTN_OK;
}

/*
 * The next attempt is between half the back-off and all of it away, so that
 * many processes do not come back in step.
 */
static void
back_off(struct ptn_db *db)
{
	uint32_t ms = db->backoff_ms * 2;

	if (ms < BACKOFF_FIRST_MS)
		ms = BACKOFF_FIRST_MS;
	if (ms > BACKOFF_MAX_MS)
		ms = BACKOFF_MAX_MS;
	db->backoff_ms = ms;
	db->retry_at_ms =
	    ptn_clock_mono_ms() + ms / 2 + ptn_rng_below(ms / 2 + 1);
}

enum ptn_err
ptn_db_connect(struct ptn_db *db)
{
	enum ptn_err r;

	if (ptn_conn_is_open(db->conn))
		return PTN_OK;
	/* The lock that keeps other migrations out went with the connection. */
	if (db->role == PTN_DB_MIGRATE && db->was_open)
		return PTN_E_UNAVAILABLE;
	if (db->backoff_ms > 0 && ptn_clock_mono_ms() < db->retry_at_ms)
		return db->refusal;
	if ((r = open_checked(db)) != PTN_OK) {
		ptn_conn_close(db->conn);
		db->refusal = r;
		back_off(db);
		return r;
	}
	if (db->said != 0)
		ptn_info("database: connected again");
	db->said = 0;
	db->backoff_ms = 0;
	db->was_open = true;
	return PTN_OK;
}

enum ptn_err
ptn_db_prepare(struct ptn_db *db)
{
	const char *what;
	size_t i;
	enum ptn_dberr f;
	enum ptn_err r;

	if ((r = ptn_db_connect(db)) != PTN_OK)
		return r;
	for (i = 0; i < ptn_sql_stmts_n; i++) {
		if (ptn_sql_stmts[i].other)
			continue;
		f = ptn_conn_prepare(db->conn, (int)i);
		if (f == PTN_DBERR_NONE)
			continue;
		/* No values are bound yet that its text could quote. */
		(void)ptn_dberr_of(ptn_conn_number(db->conn), &what);
		ptn_error("database: statement %s: %s%s%s",
		    ptn_sql_stmts[i].name, what != NULL ? what : "",
		    what != NULL ? ": " : "", ptn_conn_message(db->conn));
		if (f == PTN_DBERR_LOST || f == PTN_DBERR_UNSENT)
			ptn_conn_close(db->conn);
		return ptn_dberr_err(f);
	}
	return PTN_OK;
}

/*
 * A connection for a statement.  One that the server closed while it was idle
 * is found out here, before anything is sent that may or may not be run.
 */
enum ptn_err
ptn_handle_ready(struct ptn_db *db)
{
	enum ptn_err r;

	if (ptn_conn_is_open(db->conn) && !ptn_conn_is_alive(db->conn))
		ptn_conn_close(db->conn);
	r = ptn_db_connect(db);
	return r == PTN_E_CONFIG ? PTN_E_UNAVAILABLE : r;
}
