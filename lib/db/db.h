#ifndef PTN_DB_H
#define PTN_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

struct ptn_conf;
struct ptn_place;

/*
 * The database: one connection a process, the statements of sql/queries/
 * prepared once a connection and run by number with typed binds.  The typed
 * calls themselves are generated into sql.h: for "-- name: user_by_id" there
 * are struct ptn_user_by_id_in, struct ptn_user_by_id_out and
 * ptn_sql_user_by_id().
 *
 * A statement is prepared when it is first run.  Preparing all of them at
 * once costs a worker some 8 KiB of memory a statement and two or three
 * milliseconds when it starts, for statements that it may never run.
 */
struct ptn_db;

/*
 * For how long a server that serves may say nothing, and how long a statement
 * or a connection can then take at most: to be sent and answered; or to find
 * the server's address (resolv.conf(5)), to reach it, and four answers.
 */
#define PTN_DB_ANSWER_S 10
#define PTN_DB_REACH_S 2
#define PTN_DB_STATEMENT_MAX_S (2 * PTN_DB_ANSWER_S)
#define PTN_DB_CONNECT_MAX_S (30 + PTN_DB_REACH_S + 4 * PTN_DB_ANSWER_S)

/*
 * Whose rights to use: what serves, or what may change the schema.  Or what
 * reads the database of another program: MySQL will do then, no schema is asked
 * for, and nothing can be written.
 */
enum ptn_db_role { PTN_DB_SERVE, PTN_DB_MIGRATE, PTN_DB_READ };

/*
 * A handle that is not connected yet.  cf is borrowed for its whole life.
 * Never share one across fork(2).  NULL when out of memory.
 */
struct ptn_db *ptn_db_new(const struct ptn_conf *cf, enum ptn_db_role role);
void ptn_db_free(struct ptn_db **db);

/*
 * For whoever looks at each server that the configuration names: how many, and
 * a handle to one of them alone, from 0.  That one is not passed over if it is
 * read-only.
 */
size_t ptn_db_servers(const struct ptn_conf *cf);
struct ptn_db *ptn_db_new_at(const struct ptn_conf *cf, enum ptn_db_role role,
    size_t i);

/* Where the first server is that a handle tries. */
const struct ptn_place *ptn_db_place(const struct ptn_db *db);

/*
 * Connect if there is no connection, and compare the schema with what this
 * program knows (PTN_DB_SERVE).  The first statement of a request or
 * transaction does this by itself; after a failure it is not tried again for
 * 100 ms, doubling to 2 s, with jitter: requests in between get
 * PTN_E_UNAVAILABLE at once, so that a database that comes back is not
 * stormed.
 *
 * Returns PTN_OK; PTN_E_UNAVAILABLE; PTN_E_CONFIG if the schema is older
 * ("postern migrate up") or newer than the program, or the server is MySQL or
 * too old a MariaDB.  Requests see the latter as PTN_E_UNAVAILABLE.
 */
enum ptn_err ptn_db_connect(struct ptn_db *db) PTN_MUST_USE;

/*
 * Prepare every statement now, and check what each takes and returns against
 * its declaration: what "postern config check" does.  A statement is otherwise
 * prepared when it is first run on a connection.
 */
enum ptn_err ptn_db_prepare(struct ptn_db *db) PTN_MUST_USE;

/*
 * Run fn inside a transaction.  PTN_OK from fn commits; anything else rolls
 * back and is returned.  When a deadlock, a lock wait or a Galera
 * certification is lost (1213, 1205, 1020, 1047), or the connection before
 * COMMIT was sent, all is run again from the start, at most 5 times: fn must
 * therefore keep no trace of a failed run outside the database.  fn never
 * computes a password hash (which fails if ptn_db_in_tx()).
 *
 * BEGIN goes before the first statement that writes or locks: a SELECT before
 * that reads what is committed (READ COMMITTED), in a transaction or not, and a
 * fn that does no more costs neither BEGIN nor COMMIT.  A statement that failed
 * for good keeps failing until the end of the run, so that nothing is ever
 * written outside the transaction it belongs to.
 *
 * Returns what fn returned, or PTN_E_UNAVAILABLE; also when the connection was
 * lost during COMMIT, and nobody can tell whether it took place.
 */
typedef enum ptn_err (*ptn_db_tx_fn)(struct ptn_db *db, void *arg);
enum ptn_err ptn_db_tx(struct ptn_db *db, ptn_db_tx_fn fn,
    void *arg) PTN_MUST_USE;
bool ptn_db_in_tx(const struct ptn_db *db);

/*
 * There will be something to write: BEGIN goes with the next statement, be it a
 * SELECT without a lock.  It costs no round trip then, where the library can
 * send two statements at once (Connector/C 3.2), and one before what writes.
 */
void ptn_db_soon(struct ptn_db *db);

/*
 * The next statement is the last of its transaction, and fn returns PTN_OK
 * behind it unless it changed nothing.  If it is the first one as well that
 * writes or locks, it goes without BEGIN and COMMIT: every statement is a
 * transaction by itself.  One behind it is refused.  Nothing outside of
 * transactions.
 */
void ptn_db_last(struct ptn_db *db);

/*
 * Run fn as a part of the transaction that is under way: PTN_OK keeps what it
 * did; anything else undoes that alone and is returned, and the transaction
 * goes on (its locks stay, if there were any before).  A part has no parts of
 * its own.  One round trip more than fn makes, two where it is undone; one and
 * none less where it begins the transaction.
 */
enum ptn_err ptn_db_part(struct ptn_db *db, ptn_db_tx_fn fn,
    void *arg) PTN_MUST_USE;

/*
 * Microseconds since the epoch, UTC, by the clock of the database that this is
 * connected to; those of several have to agree.  It is this host's, and how far
 * the two were apart when the connection was made, if that is a second or more.
 * For what one host dates and another judges.  db may be NULL, for this host's.
 */
int64_t ptn_db_clock_us(const struct ptn_db *db);

/*
 * Statements so far, with BEGIN and COMMIT, for tests and logs; without those
 * of connecting and preparing, which happen once a connection.
 */
uint64_t ptn_db_count(const struct ptn_db *db);

/*
 * Statements so far that changed a row.  A transaction without one is ended
 * without waiting for the disk, which can be told by the time.
 */
uint64_t ptn_db_writes(const struct ptn_db *db);

/* What an operator can do about a fault: a column of the table in dberr.c. */
enum ptn_db_fault {
	PTN_DB_FAULT_NONE = 0, /* no fault, or no more is known of it */
	PTN_DB_FAULT_HOST,     /* there is no host of that name */
	PTN_DB_FAULT_SILENT,   /* nobody answers there */
	PTN_DB_FAULT_SHUT,     /* it lets nobody in who comes from here */
	PTN_DB_FAULT_FOREIGN,  /* it is no MariaDB that we know */
	PTN_DB_FAULT_USER,     /* no such user, or not with that password */
	PTN_DB_FAULT_MISSING,  /* there is no such database */
	PTN_DB_FAULT_DATABASE, /* the user may not use it */
	PTN_DB_FAULT_TABLE,    /* nor do that to what is in it */
	PTN_DB_FAULT_TAKEN     /* what it makes is there, or it has gone */
};

/* The last fault. */
enum ptn_db_fault ptn_db_fault(const struct ptn_db *db);

/* Is it that the user lacks a privilege? */
bool ptn_db_denied(enum ptn_db_fault fault);

/* One column or parameter, as compile.awk describes it. */
enum ptn_sql_type {
	PTN_SQL_ID,    /* struct ptn_uuid  <-> BINARY(16); nil is NULL */
	PTN_SQL_STR,   /* const char *     <-> text; NULL is NULL */
	PTN_SQL_BYTES, /* struct ptn_bytes <-> binary; p NULL is NULL */
	PTN_SQL_I64,   /* int64_t; a NULL column reads as 0 */
	PTN_SQL_TIME   /* int64_t microseconds <-> DATETIME(6); 0 is NULL */
};

struct ptn_sql_col {
	enum ptn_sql_type type;
	uint16_t offset; /* in the statement's struct */
};

#define PTN_DB_COLS_MAX 32 /* inputs, or outputs, of one statement */

/* A statement of sql/queries/; the table of all is generated. */
struct ptn_sql_stmt {
	const char *name;
	const char *text;
	const struct ptn_sql_col *in;
	const struct ptn_sql_col *out;
	uint8_t nin;
	uint8_t nout;
	uint16_t out_size; /* bytes of a row's struct */
	bool reads;	   /* a SELECT: may be run again when it may have run */
	bool locks;	   /* what it reads */
	bool plain;	   /* sent as text, never prepared */
	bool other;	   /* on tables of another program */
	bool lags;	   /* may read what is a moment old: ptn_db_one() */
};
extern const struct ptn_sql_stmt ptn_sql_stmts[];
extern const size_t ptn_sql_stmts_n;

/*
 * What the typed calls of sql.h are made of; call those instead.
 *
 * Errors: PTN_E_NOT_FOUND (one: no row), PTN_E_CONFLICT (a unique or a foreign
 * key), PTN_E_UNAVAILABLE, PTN_E_NOMEM (the arena is full), PTN_E_INTERNAL (a
 * second row where one was promised, a value that does not fit, any other
 * complaint of the server), and in a transaction PTN_E_RETRY, which fn
 * returns.
 */
enum ptn_err ptn_db_exec(struct ptn_db *db, int stmt, const void *in,
    uint64_t *affected, uint64_t *insert_id) PTN_MUST_USE;
enum ptn_err ptn_db_one(struct ptn_db *db, struct ptn_arena *a, int stmt,
    const void *in, void *out) PTN_MUST_USE;
enum ptn_err ptn_db_many(struct ptn_db *db, struct ptn_arena *a, int stmt,
    const void *in, size_t row_size, void **rows, size_t *n) PTN_MUST_USE;

/*
 * Run one statement of a migration, of len bytes.  For PTN_DB_MIGRATE
 * handles only.  What the server says about a failure is logged whole.  In a
 * transaction it is a part of that, but for one that changes the schema, which
 * the server commits at once, with all before it; a statement that is refused
 * ends alone.
 */
enum ptn_err ptn_db_script(struct ptn_db *db, const char *sql,
    size_t len) PTN_MUST_USE;

#endif
