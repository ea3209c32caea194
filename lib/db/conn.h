#ifndef PTN_DB_CONN_H
#define PTN_DB_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/db/db.h"
#include "lib/db/dberr.h"

struct ptn_conf;
struct ptn_place;

/*
 * One connection to the database, without any policy: what to do about a
 * fault is db.c's matter.  libmariadb lives in conn.c and connect.c alone.
 */
struct ptn_conn;

/* Not connected yet; NULL when out of memory. */
struct ptn_conn *ptn_conn_new(void);
void ptn_conn_free(struct ptn_conn **c);

/* Connect to the server there, for at most 2 s, as the user of that role. */
enum ptn_dberr ptn_conn_open(struct ptn_conn *c, const struct ptn_conf *cf,
    const struct ptn_place *at, enum ptn_db_role role) PTN_MUST_USE;
void ptn_conn_close(struct ptn_conn *c);
bool ptn_conn_is_open(const struct ptn_conn *c);

/* Whether the far end has not closed it: costs no round trip. */
bool ptn_conn_is_alive(const struct ptn_conn *c);

/* Send a statement that returns no rows as text. */
enum ptn_dberr ptn_conn_text(struct ptn_conn *c, const char *sql,
    size_t len) PTN_MUST_USE;

/*
 * Prepare statement number stmt if it is not, and hold it against its
 * declaration.
 */
enum ptn_dberr ptn_conn_prepare(struct ptn_conn *c, int stmt) PTN_MUST_USE;

/* Where the rows of a statement go, and what it did. */
struct ptn_conn_result {
	struct ptn_arena *a; /* NULL when the statement has no outputs */
	size_t row_size;
	bool one;   /* at most one row, into the caller's struct */
	void *rows; /* the caller's struct, or an array in the arena */
	size_t n;
	size_t cap;
	uint64_t affected; /* rows matched */
	uint64_t insert_id;
};

/*
 * Run a prepared statement and read all that it returns, so that the
 * connection is always free for the next one.
 */
enum ptn_dberr ptn_conn_run(struct ptn_conn *c, int stmt, const void *in,
    struct ptn_conn_result *res) PTN_MUST_USE;

/*
 * The same, with a statement ahead that is sent as text and returns no rows:
 * where the library can do that, the server gets both before it has answered
 * one.  Of two that fail the fault is that of the first; the second one is run
 * whatever becomes of it, and so may not be one that writes.
 */
enum ptn_dberr ptn_conn_run_behind(struct ptn_conn *c, int first, int stmt,
    const void *in, struct ptn_conn_result *res) PTN_MUST_USE;

/*
 * On a node of a cluster: from now on what is read, and a transaction that
 * begins, waits for all that was committed at any node before
 * (wsrep_sync_wait); so does a lone UPDATE or DELETE.  What is run at once does
 * not: only a SELECT.
 */
enum ptn_dberr ptn_conn_wait(struct ptn_conn *c) PTN_MUST_USE;
bool ptn_conn_waits(const struct ptn_conn *c);
enum ptn_dberr ptn_conn_run_at_once(struct ptn_conn *c, int stmt,
    const void *in, struct ptn_conn_result *res) PTN_MUST_USE;

/*
 * Number and text of the last fault.  The server's text may quote values:
 * it is for errors of connecting, preparing and migrating only.
 */
unsigned int ptn_conn_number(const struct ptn_conn *c);
const char *ptn_conn_message(const struct ptn_conn *c);

#endif
