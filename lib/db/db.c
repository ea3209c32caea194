#include "lib/db/db.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/rng.h"
#include "lib/db/conn.h"
#include "lib/db/dberr.h"
#include "lib/db/migrations.h"

#include "lib/db/sql.h"

#define TRIES_MAX 5	     /* runs of a transaction or statement that lost */
#define TRIES_MS 10000	     /* no further run after this */
#define TRY_PAUSE_MS 4	     /* doubles from run to run */
#define BACKOFF_FIRST_MS 100 /* between attempts to connect */
#define BACKOFF_MAX_MS 2000
#define SAY_EVERY_MS 5000 /* the same complaint again */
#define NO_SUCH_TABLE 1146

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
	enum ptn_dberr broken; /* this run can only be rolled back */

	/* Connecting. */
	int64_t retry_at_ms;
	uint32_t backoff_ms; /* 0: the last attempt went well */
	enum ptn_err refusal;

	/* The last complaint in the log. */
	unsigned int said;
	int64_t said_at_ms;
};

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

bool
ptn_db_in_tx(const struct ptn_db *db)
{
	return db->in_tx;
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

uint64_t
ptn_db_count(const struct ptn_db *db)
{
	return db->count;
}

uint64_t
ptn_db_writes(const struct ptn_db *db)
{
	return db->writes;
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
static void
say(struct ptn_db *db, const char *where, enum ptn_dberr f)
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
static void
note(struct ptn_db *db, const char *where, enum ptn_dberr f)
{
	say(db, where, f);
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
		note(db, "schema", f);
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
static enum ptn_err
ready(struct ptn_db *db)
{
	enum ptn_err r;

	if (ptn_conn_is_open(db->conn) && !ptn_conn_is_alive(db->conn))
		ptn_conn_close(db->conn);
	r = ptn_db_connect(db);
	return r == PTN_E_CONFIG ? PTN_E_UNAVAILABLE : r;
}

/* -------------------------------------------------------------- statements */

/* Wait a little before run number n + 1; false when there were enough. */
static bool
again(int n, int64_t since_ms)
{
	uint32_t ms = (uint32_t)TRY_PAUSE_MS << n;
	struct timespec t = { 0 };

	if (n >= TRIES_MAX || ptn_clock_mono_ms() - since_ms >= TRIES_MS)
		return false;
	ms = ms / 2 + ptn_rng_below(ms / 2 + 1);
	t.tv_nsec = (long)ms * 1000000;
	(void)nanosleep(&t, NULL);
	return true;
}

/* Outside a transaction: each statement is one of its own. */
static enum ptn_err
run_alone(struct ptn_db *db, int stmt, const void *in,
    struct ptn_conn_result *res)
{
	const struct ptn_sql_stmt *def = &ptn_sql_stmts[stmt];
	int64_t start = ptn_clock_mono_ms();
	bool reconnected = false;
	int n = 0;
	enum ptn_dberr f;
	enum ptn_err r;

	for (;;) {
		if ((r = ready(db)) != PTN_OK)
			return r;
		db->count++;
		f = ptn_conn_run(db->conn, stmt, in, res);
		if (f == PTN_DBERR_NONE)
			return PTN_OK;
		if (f == PTN_DBERR_RETRY && again(++n, start))
			continue;
		note(db, def->name, f);
		if (reconnected)
			return ptn_dberr_err(f);
		if (f != PTN_DBERR_UNSENT &&
		    !(f == PTN_DBERR_LOST && def->reads))
			return ptn_dberr_err(f);
		reconnected = true;
	}
}

/* fn is only told to give up; ptn_db_tx() decides whether to run it again. */
static enum ptn_err
err_in_tx(enum ptn_dberr f)
{
	switch ((int)f) {
	case PTN_DBERR_RETRY:
	case PTN_DBERR_STALE:
	case PTN_DBERR_UNSENT:
	case PTN_DBERR_LOST:
		return PTN_E_RETRY;
	default:
		return ptn_dberr_err(f);
	}
}

static enum ptn_dberr
begin(struct ptn_db *db)
{
	if (db->begun)
		return PTN_DBERR_NONE;
	if (ready(db) != PTN_OK)
		return PTN_DBERR_AWAY; /* logged already */
	db->begun = true;
	db->count++;
	return ptn_conn_run(db->conn, PTN_STMT_DB_BEGIN, NULL, NULL);
}

static enum ptn_err
run_in_tx(struct ptn_db *db, int stmt, const void *in,
    struct ptn_conn_result *res)
{
	enum ptn_dberr f;

	if (db->broken != PTN_DBERR_NONE)
		return err_in_tx(db->broken);
	f = begin(db);
	if (f == PTN_DBERR_AWAY && !db->begun) {
		db->broken = f;
		return ptn_dberr_err(f);
	}
	if (f == PTN_DBERR_NONE) {
		db->count++;
		f = ptn_conn_run(db->conn, stmt, in, res);
	}
	if (f == PTN_DBERR_NONE)
		return PTN_OK;
	if (f != PTN_DBERR_RETRY)
		note(db, ptn_sql_stmts[stmt].name, f);
	/* A key that exists, or a full arena, ends the statement only. */
	if (f != PTN_DBERR_CONFLICT && f != PTN_DBERR_NOMEM)
		db->broken = f;
	return err_in_tx(f);
}

static enum ptn_err
run(struct ptn_db *db, int stmt, const void *in, struct ptn_conn_result *res)
{
	if (db->in_tx)
		return run_in_tx(db, stmt, in, res);
	return run_alone(db, stmt, in, res);
}

enum ptn_err
ptn_db_exec(struct ptn_db *db, int stmt, const void *in, uint64_t *affected,
    uint64_t *insert_id)
{
	struct ptn_conn_result res = { 0 };
	enum ptn_err r;

	if ((r = run(db, stmt, in, &res)) != PTN_OK)
		return r;
	if (res.affected > 0)
		db->writes++;
	if (affected != NULL)
		*affected = res.affected;
	if (insert_id != NULL)
		*insert_id = res.insert_id;
	return PTN_OK;
}

enum ptn_err
ptn_db_one(struct ptn_db *db, struct ptn_arena *a, int stmt, const void *in,
    void *out)
{
	struct ptn_conn_result res = { .a = a, .one = true, .rows = out };
	enum ptn_err r;

	res.row_size = ptn_sql_stmts[stmt].out_size;
	if ((r = run(db, stmt, in, &res)) != PTN_OK)
		return r;
	return res.n == 0 ? PTN_E_NOT_FOUND : PTN_OK;
}

enum ptn_err
ptn_db_many(struct ptn_db *db, struct ptn_arena *a, int stmt, const void *in,
    size_t row_size, void **rows, size_t *n)
{
	struct ptn_conn_result res = { .a = a, .row_size = row_size };
	enum ptn_err r;

	*rows = NULL;
	*n = 0;
	if ((r = run(db, stmt, in, &res)) != PTN_OK)
		return r;
	*rows = res.rows;
	*n = res.n;
	return PTN_OK;
}

/* A connection for a script, in the transaction if there is one. */
static enum ptn_err
ready_for_script(struct ptn_db *db)
{
	if (!db->in_tx)
		return ready(db);
	if (db->broken == PTN_DBERR_NONE)
		db->broken = begin(db);
	return err_in_tx(db->broken);
}

enum ptn_err
ptn_db_script(struct ptn_db *db, const char *sql, size_t len)
{
	enum ptn_dberr f;
	enum ptn_err r;

	if ((r = ready_for_script(db)) != PTN_OK)
		return r;
	db->count++;
	if ((f = ptn_conn_text(db->conn, sql, len)) == PTN_DBERR_NONE)
		return PTN_OK;
	ptn_error("database: migration: %s (%u)", ptn_conn_message(db->conn),
	    ptn_conn_number(db->conn));
	if (f == PTN_DBERR_LOST || f == PTN_DBERR_UNSENT)
		ptn_conn_close(db->conn);
	if (!db->in_tx)
		return ptn_dberr_err(f);
	if (err_in_tx(f) == PTN_E_RETRY)
		db->broken = f;
	return err_in_tx(f);
}

/* ------------------------------------------------------------ transactions */

/* If ROLLBACK fails, closing the connection rolls back. */
static void
roll_back(struct ptn_db *db)
{
	enum ptn_dberr f;

	if (!db->begun || !ptn_conn_is_open(db->conn))
		return;
	db->count++;
	f = ptn_conn_run(db->conn, PTN_STMT_DB_ROLLBACK, NULL, NULL);
	/* Galera may report the lost certification here as well. */
	if (f != PTN_DBERR_NONE && f != PTN_DBERR_RETRY)
		ptn_conn_close(db->conn);
}

static enum ptn_dberr
commit(struct ptn_db *db)
{
	enum ptn_dberr f;

	db->count++;
	f = ptn_conn_run(db->conn, PTN_STMT_DB_COMMIT, NULL, NULL);
	if (f == PTN_DBERR_NONE || f == PTN_DBERR_RETRY)
		return f;
	note(db, "COMMIT, outcome unknown", f);
	/* It may have taken place: it must not be run again. */
	return f == PTN_DBERR_LOST ? PTN_DBERR_AWAY : f;
}

/* One run.  A fault here is about the run; *r is what fn said. */
static enum ptn_dberr
run_tx(struct ptn_db *db, ptn_db_tx_fn fn, void *arg, enum ptn_err *r)
{
	enum ptn_dberr f;

	db->begun = false;
	db->broken = PTN_DBERR_NONE;
	*r = fn(db, arg);
	f = db->broken;
	if (f == PTN_DBERR_NONE && *r == PTN_OK && db->begun)
		f = commit(db);
	if (f != PTN_DBERR_NONE || *r != PTN_OK)
		roll_back(db);
	return f;
}

enum ptn_err
ptn_db_tx(struct ptn_db *db, ptn_db_tx_fn fn, void *arg)
{
	int64_t start = ptn_clock_mono_ms();
	enum ptn_dberr f;
	enum ptn_err r;
	int n = 0;

	if (db->in_tx) {
		ptn_error("database: a transaction inside a transaction");
		return PTN_E_INTERNAL;
	}
	do {
		db->in_tx = true;
		f = run_tx(db, fn, arg, &r);
		db->in_tx = false;
		if (f == PTN_DBERR_NONE)
			return r;
	} while (err_in_tx(f) == PTN_E_RETRY && again(++n, start));
	say(db, "transaction", f);
	return ptn_dberr_err(f);
}

enum ptn_err
ptn_db_part(struct ptn_db *db, ptn_db_tx_fn fn, void *arg)
{
	enum ptn_err r, undone;

	if (!db->in_tx || db->in_part) {
		ptn_error("database: a part of no transaction, or of a part");
		return PTN_E_INTERNAL;
	}
	r = ptn_db_exec(db, PTN_STMT_DB_PART, NULL, NULL, NULL);
	if (r != PTN_OK)
		return r;
	db->in_part = true;
	r = fn(db, arg);
	db->in_part = false;
	if (r == PTN_OK || db->broken != PTN_DBERR_NONE) /* undone whole */
		return r;
	undone = ptn_db_exec(db, PTN_STMT_DB_PART_UNDO, NULL, NULL, NULL);
	return undone == PTN_OK ? r : undone;
}
