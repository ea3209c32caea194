#include "lib/db/db.h"

#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/rng.h"
#include "lib/conf/conf.h"
#include "lib/db/conn.h"
#include "lib/db/dberr.h"
#include "lib/db/handle.h"

#include "lib/db/sql.h"

#define TRIES_MAX 5	/* runs of a transaction or statement that lost */
#define TRIES_MS 10000	/* no further run after this */
#define TRY_PAUSE_MS 4	/* doubles from run to run */
#define LAG_MAX_MS 1000 /* how old at most what lags may be */

bool
ptn_db_in_tx(const struct ptn_db *db)
{
	return db->in_tx;
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

/*
 * On a cluster, what may lag does not wait as long as this connection has
 * waited for something less than a second ago: older than that, what it reads
 * never is.  What is not there at once may only not have arrived.
 */
static enum ptn_dberr
run_caught_up(struct ptn_db *db, int stmt, const void *in,
    struct ptn_conn_result *res)
{
	const bool may_lag = ptn_sql_stmts[stmt].lags &&
	    db->cf->db_sync_wait == PTN_DB_SYNC_WAIT_MOST;
	const int64_t now = ptn_clock_mono_ms();
	enum ptn_dberr f;

	if (may_lag && now - db->waited_at_ms < LAG_MAX_MS) {
		db->count++;
		f = ptn_conn_run_at_once(db->conn, stmt, in, res);
		if (f != PTN_DBERR_NONE || res->n > 0)
			return f;
	}
	db->count++;
	f = ptn_conn_run(db->conn, stmt, in, res);
	if (f == PTN_DBERR_NONE && ptn_sql_stmts[stmt].reads)
		db->waited_at_ms = now;
	return f;
}

/* A statement that no transaction has begun for. */
static enum ptn_dberr
run_by_itself(struct ptn_db *db, int stmt, const void *in,
    struct ptn_conn_result *res)
{
	if (ptn_conn_waits(db->conn))
		return run_caught_up(db, stmt, in, res);
	db->count++;
	return ptn_conn_run(db->conn, stmt, in, res);
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
		if ((r = ptn_handle_ready(db)) != PTN_OK)
			return r;
		f = run_by_itself(db, stmt, in, res);
		if (f == PTN_DBERR_NONE)
			return PTN_OK;
		if (f == PTN_DBERR_RETRY && again(++n, start))
			continue;
		ptn_handle_note(db, def->name, f);
		if (f == PTN_DBERR_NODE && again(++n, start))
			continue;
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
	case PTN_DBERR_NODE:
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
	db->begun = true;
	db->count++;
	return ptn_conn_run(db->conn, PTN_STMT_DB_BEGIN, NULL, NULL);
}

/*
 * What a SELECT without a lock finds is what is committed when it is run
 * (READ COMMITTED), inside of a transaction or before it; and a transaction of
 * one statement is what every statement is by itself.
 */
static bool
goes_alone(const struct ptn_db *db, const struct ptn_sql_stmt *def)
{
	return !db->begun &&
	    (db->last || (def->reads && !def->locks && !db->soon));
}

/*
 * A statement inside the transaction, with BEGIN before it if it is the first.
 * If that is a SELECT both are sent at once: a BEGIN that is refused leaves no
 * more behind then than one that was not sent.
 */
static enum ptn_dberr
run_begun(struct ptn_db *db, int stmt, const void *in,
    struct ptn_conn_result *res)
{
	enum ptn_dberr f;

	db->count++;
	if (!db->begun && ptn_sql_stmts[stmt].reads) {
		db->begun = true;
		db->count++;
		return ptn_conn_run_behind(db->conn, PTN_STMT_DB_BEGIN, stmt,
		    in, res);
	}
	if ((f = begin(db)) != PTN_DBERR_NONE)
		return f;
	return ptn_conn_run(db->conn, stmt, in, res);
}

/* A fault of a statement in a transaction. */
static enum ptn_err
fail_in_tx(struct ptn_db *db, const struct ptn_sql_stmt *def, bool alone,
    enum ptn_dberr f)
{
	if (f != PTN_DBERR_RETRY)
		ptn_handle_note(db, def->name, f);
	/* Like a COMMIT it may have taken place: it must not be run again. */
	if (f == PTN_DBERR_LOST && alone && !def->reads)
		f = PTN_DBERR_AWAY;
	/* A key that exists, or a full arena, ends the statement only. */
	if (f != PTN_DBERR_CONFLICT && f != PTN_DBERR_NOMEM)
		db->broken = f;
	return err_in_tx(f);
}

static enum ptn_err
run_in_tx(struct ptn_db *db, int stmt, const void *in,
    struct ptn_conn_result *res)
{
	const struct ptn_sql_stmt *def = &ptn_sql_stmts[stmt];
	const bool alone = goes_alone(db, def);
	enum ptn_dberr f;

	if (db->ended && db->broken == PTN_DBERR_NONE) {
		ptn_error("database: %s: behind the last one", def->name);
		db->broken = PTN_DBERR_OTHER;
	}
	if (db->broken == PTN_DBERR_NONE && !db->begun &&
	    ptn_handle_ready(db) != PTN_OK)
		db->broken = PTN_DBERR_AWAY; /* logged already */
	if (db->broken != PTN_DBERR_NONE)
		return err_in_tx(db->broken);
	if (alone)
		f = run_by_itself(db, stmt, in, res);
	else
		f = run_begun(db, stmt, in, res);
	if (f != PTN_DBERR_NONE)
		return fail_in_tx(db, def, alone, f);
	db->ended = db->last;
	db->kept = db->last && alone && !def->reads && res->affected > 0;
	return PTN_OK;
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
		return ptn_handle_ready(db);
	if (db->broken == PTN_DBERR_NONE && !db->begun &&
	    ptn_handle_ready(db) != PTN_OK)
		db->broken = PTN_DBERR_AWAY; /* logged already */
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
	ptn_handle_note(db, "COMMIT, outcome unknown", f);
	/* It may have taken place: it must not be run again. */
	return f == PTN_DBERR_LOST ? PTN_DBERR_AWAY : f;
}

/* One run.  A fault here is about the run; *r is what fn said. */
static enum ptn_dberr
run_tx(struct ptn_db *db, ptn_db_tx_fn fn, void *arg, enum ptn_err *r)
{
	enum ptn_dberr f;

	db->begun = db->soon = db->last = db->ended = db->kept = false;
	db->broken = PTN_DBERR_NONE;
	*r = fn(db, arg);
	f = db->broken;
	if (*r != PTN_OK && db->kept)
		ptn_error("database: the last statement stands");
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
	ptn_handle_say(db, "transaction", f);
	return ptn_dberr_err(f);
}

void
ptn_db_soon(struct ptn_db *db)
{
	db->soon = db->in_tx;
}

void
ptn_db_last(struct ptn_db *db)
{
	db->last = db->in_tx;
}

/* Undo what a part did, which had begun the transaction, or not. */
static enum ptn_err
undo_part(struct ptn_db *db, bool saved)
{
	if (saved)
		return ptn_db_exec(db, PTN_STMT_DB_PART_UNDO, NULL, NULL, NULL);
	roll_back(db);
	db->begun = false;
	return PTN_OK;
}

enum ptn_err
ptn_db_part(struct ptn_db *db, ptn_db_tx_fn fn, void *arg)
{
	const bool saves = db->begun;
	enum ptn_err r = PTN_OK, undone;

	if (!db->in_tx || db->in_part) {
		ptn_error("database: a part of no transaction, or of a part");
		return PTN_E_INTERNAL;
	}
	if (saves)
		r = ptn_db_exec(db, PTN_STMT_DB_PART, NULL, NULL, NULL);
	if (r != PTN_OK)
		return r;
	db->in_part = true;
	r = fn(db, arg);
	db->in_part = false;
	if (r == PTN_OK || db->broken != PTN_DBERR_NONE) /* undone whole */
		return r;
	undone = undo_part(db, saves);
	return undone == PTN_OK ? r : undone;
}
