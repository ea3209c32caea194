#define _GNU_SOURCE /* POLLRDHUP */

#include "lib/db/conn.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mysql.h>

#include "lib/base/beat.h"
#include "lib/base/bytes.h"
#include "lib/base/count.h"
#include "lib/base/uuid.h"
#include "lib/crypto/ossl.h"

#include "lib/db/bind.h"
#include "lib/db/connect.h"
#include "lib/db/pair.h"
#include "lib/db/sql.h"

#define ROWS_FIRST 8 /* what an array of rows begins with */

/* What a column of the current row is fetched into. */
struct cell {
	union {
		int64_t i64;
		MYSQL_TIME time;
		uint8_t id[sizeof(struct ptn_uuid)];
	} v;
	unsigned long len;
	my_bool null;
	my_bool error;
};

/*
 * One set of bind structures serves all statements: only one runs at a time,
 * and the library keeps copies of the pointers, which stay the same.
 */
struct ptn_conn {
	MYSQL *my;
	MYSQL_STMT **stmt; /* by slot; NULL: not prepared */
	bool waits;	   /* ptn_conn_wait() */
	MYSQL_BIND bind[PTN_DB_COLS_MAX];
	MYSQL_TIME time[PTN_DB_COLS_MAX];
	struct cell cell[PTN_DB_COLS_MAX];
	unsigned int number;
	char message[256];
};

/*
 * A statement has two slots: its number, and for one that may lag, where the
 * connection waits otherwise, the same behind those of all.
 */
static int
lagging(int stmt)
{
	return stmt + (int)ptn_sql_stmts_n;
}

static const struct ptn_sql_stmt *
def_of(int slot)
{
	return &ptn_sql_stmts[(size_t)slot % ptn_sql_stmts_n];
}

struct ptn_conn *
ptn_conn_new(void)
{
	struct ptn_conn *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->stmt = calloc(2 * ptn_sql_stmts_n, sizeof(MYSQL_STMT *));
	if (c->stmt == NULL)
		ptn_conn_free(&c);
	return c;
}

void
ptn_conn_free(struct ptn_conn **c)
{
	if (*c == NULL)
		return;
	ptn_conn_close(*c);
	free((*c)->stmt);
	free(*c);
	*c = NULL;
}

/* What is counted of a fault; a key, or a stale statement, is none. */
static enum ptn_count
count_of(enum ptn_dberr f)
{
	switch ((int)f) {
	case PTN_DBERR_RETRY:
		return PTN_COUNT_DB_RETRY;
	case PTN_DBERR_UNSENT:
	case PTN_DBERR_LOST:
		return PTN_COUNT_DB_LOST;
	case PTN_DBERR_NODE:
	case PTN_DBERR_AWAY:
		return PTN_COUNT_DB_AWAY;
	case PTN_DBERR_OTHER:
		return PTN_COUNT_DB_OTHER;
	default:
		return PTN_COUNT_NULL;
	}
}

static enum ptn_dberr
failed(struct ptn_conn *c, unsigned int number, const char *message)
{
	enum ptn_dberr f;
	const char *what;

	c->number = number;
	(void)snprintf(c->message, sizeof(c->message), "%s", message);
	f = ptn_dberr_of(number, &what);
	ptn_count(count_of(f));
	return f;
}

static enum ptn_dberr
conn_failed(struct ptn_conn *c)
{
	return failed(c, mysql_errno(c->my), mysql_error(c->my));
}

/*
 * What goes wrong between two rows of an answer, the library says of the
 * connection alone.
 */
static enum ptn_dberr
stmt_failed(struct ptn_conn *c, MYSQL_STMT *st)
{
	if (mysql_stmt_errno(st) == 0)
		return conn_failed(c);
	return failed(c, mysql_stmt_errno(st), mysql_stmt_error(st));
}

unsigned int
ptn_conn_number(const struct ptn_conn *c)
{
	return c->number;
}

const char *
ptn_conn_message(const struct ptn_conn *c)
{
	return c->message;
}

bool
ptn_conn_is_open(const struct ptn_conn *c)
{
	return c->my != NULL;
}

bool
ptn_conn_is_alive(const struct ptn_conn *c)
{
	struct pollfd p = { .events = POLLRDHUP };

	p.fd = mysql_get_socket(c->my);
	return poll(&p, 1, 0) == 0;
}

/* -------------------------------------------------------------- connecting */

enum ptn_dberr
ptn_conn_open(struct ptn_conn *c, const struct ptn_conf *cf,
    const struct ptn_place *at, enum ptn_db_role role)
{
	const enum ptn_beat_step before = ptn_beat(PTN_STEP_CONNECT);
	struct ptn_connect to;

	ptn_connect(&to, cf, at, role);
	(void)ptn_beat(before);
	c->my = to.my;
	c->waits = false;
	if (to.my == NULL)
		return failed(c, to.number, to.message);
	ptn_count(PTN_COUNT_DB_CONNECTS);
	return PTN_DBERR_NONE;
}

void
ptn_conn_close(struct ptn_conn *c)
{
	size_t i;

	if (c->my == NULL)
		return;
	/* First the connection: then closing a statement costs no message. */
	mysql_close(c->my);
	c->my = NULL;
	for (i = 0; i < 2 * ptn_sql_stmts_n; i++) {
		if (c->stmt[i] != NULL)
			mysql_stmt_close(c->stmt[i]);
		c->stmt[i] = NULL;
	}
	(void)ptn_ossl_settle(); /* as in connect.c */
}

enum ptn_dberr
ptn_conn_text(struct ptn_conn *c, const char *sql, size_t len)
{
	const enum ptn_beat_step before = ptn_beat(PTN_STEP_STATEMENT);
	const bool ok = mysql_real_query(c->my, sql, len) == 0;

	(void)ptn_beat(before);
	if (!ok)
		return conn_failed(c);
	if (mysql_field_count(c->my) != 0)
		return failed(c, 0, "rows from a statement sent as text");
	return PTN_DBERR_NONE;
}

/* --------------------------------------------------------------- preparing */

static enum ptn_dberr
mismatch(struct ptn_conn *c, const char *what, unsigned int i)
{
	char text[sizeof(c->message)];

	(void)snprintf(text, sizeof(text), "not as declared: %s %u", what, i);
	return failed(c, 0, text);
}

static enum ptn_dberr
check_outputs(struct ptn_conn *c, MYSQL_STMT *st,
    const struct ptn_sql_stmt *def)
{
	MYSQL_RES *meta;
	unsigned int i;
	enum ptn_dberr f = PTN_DBERR_NONE;

	if (mysql_stmt_field_count(st) != def->nout)
		return mismatch(c, "columns", mysql_stmt_field_count(st));
	if (def->nout == 0)
		return PTN_DBERR_NONE;
	if ((meta = mysql_stmt_result_metadata(st)) == NULL)
		return stmt_failed(c, st);
	for (i = 0; i < def->nout && f == PTN_DBERR_NONE; i++) {
		if (!ptn_bind_fits(def->out[i].type,
			mysql_fetch_field_direct(meta, i)->type))
			f = mismatch(c, "type of column", i + 1);
	}
	mysql_free_result(meta);
	return f;
}

/*
 * Texts and bytes are bound with no room: the fetch then tells their length,
 * and mysql_stmt_fetch_column() copies them once, to where they stay.
 */
static void
bind_output(MYSQL_BIND *b, struct cell *cell, enum ptn_sql_type type)
{
	memset(b, 0, sizeof(*b));
	b->buffer = &cell->v;
	b->length = &cell->len;
	b->is_null = &cell->null;
	b->error = &cell->error;
	b->buffer_type = MYSQL_TYPE_BLOB;
	if (type == PTN_SQL_ID) {
		b->buffer_length = sizeof(cell->v.id);
	} else if (type == PTN_SQL_I64) {
		b->buffer_type = MYSQL_TYPE_LONGLONG;
	} else if (type == PTN_SQL_TIME) {
		b->buffer_type = MYSQL_TYPE_DATETIME;
		b->buffer_length = sizeof(cell->v.time);
	}
}

static enum ptn_dberr
bind_outputs(struct ptn_conn *c, MYSQL_STMT *st, const struct ptn_sql_stmt *def)
{
	unsigned int i;

	for (i = 0; i < def->nout; i++)
		bind_output(&c->bind[i], &c->cell[i], def->out[i].type);
	if (mysql_stmt_bind_result(st, c->bind) != 0)
		return stmt_failed(c, st);
	return PTN_DBERR_NONE;
}

/* Hand the text of a slot to the server. */
static int
send_text(MYSQL_STMT *st, int slot)
{
	const char *text = def_of(slot)->text;
	char own[1024];
	int n;

	if (slot < (int)ptn_sql_stmts_n)
		return mysql_stmt_prepare(st, text, strlen(text));
	n = snprintf(own, sizeof(own), "%s %s",
	    ptn_sql_stmts[PTN_STMT_DB_AT_ONCE].text, text);
	if (n < 0 || (size_t)n >= sizeof(own))
		return mysql_stmt_prepare(st, text, strlen(text));
	return mysql_stmt_prepare(st, own, (size_t)n);
}

static enum ptn_dberr
prepare(struct ptn_conn *c, int slot)
{
	const struct ptn_sql_stmt *def = def_of(slot);
	MYSQL_STMT *st;
	enum ptn_dberr f;

	if (c->stmt[slot] != NULL || def->plain)
		return PTN_DBERR_NONE;
	if ((st = mysql_stmt_init(c->my)) == NULL)
		return conn_failed(c);
	if (send_text(st, slot) != 0)
		f = stmt_failed(c, st);
	else if (mysql_stmt_param_count(st) != def->nin)
		f = mismatch(c, "inputs",
		    (unsigned int)mysql_stmt_param_count(st));
	else if ((f = check_outputs(c, st, def)) == PTN_DBERR_NONE &&
	    def->nout > 0)
		f = bind_outputs(c, st, def);
	if (f != PTN_DBERR_NONE) {
		mysql_stmt_close(st);
		return f;
	}
	c->stmt[slot] = st;
	return PTN_DBERR_NONE;
}

enum ptn_dberr
ptn_conn_prepare(struct ptn_conn *c, int stmt)
{
	return prepare(c, stmt);
}

/* ----------------------------------------------------------------- outputs */

/* Copy a text or bytes into the arena, with a NUL behind it. */
static enum ptn_dberr
take_long(struct ptn_conn *c, MYSQL_STMT *st, unsigned int i,
    struct ptn_arena *a, uint8_t **out)
{
	unsigned long len = c->cell[i].len;
	MYSQL_BIND b;

	if ((*out = ptn_arena_alloc(a, len + 1)) == NULL)
		return PTN_DBERR_NOMEM;
	memset(&b, 0, sizeof(b));
	b.buffer_type = MYSQL_TYPE_BLOB;
	b.buffer = *out;
	b.buffer_length = len;
	if (len > 0 && mysql_stmt_fetch_column(st, &b, i, 0) != 0)
		return stmt_failed(c, st);
	return PTN_DBERR_NONE;
}

static enum ptn_dberr
take_column(struct ptn_conn *c, MYSQL_STMT *st, unsigned int i,
    const struct ptn_sql_col *col, const struct ptn_conn_result *res, void *row)
{
	void *p = (uint8_t *)row + col->offset;
	const struct cell *cell = &c->cell[i];
	static const char unfit[] = "a value is not as declared";
	uint8_t *copy;
	enum ptn_dberr f;

	if (cell->null)
		return PTN_DBERR_NONE; /* the row is zero already */
	switch (col->type) {
	case PTN_SQL_ID:
		if (cell->len != sizeof(struct ptn_uuid))
			return failed(c, 0, unfit);
		memcpy(p, cell->v.id, sizeof(struct ptn_uuid));
		return PTN_DBERR_NONE;
	case PTN_SQL_I64:
		if (cell->error)
			return failed(c, 0, unfit);
		*(int64_t *)p = cell->v.i64;
		return PTN_DBERR_NONE;
	case PTN_SQL_TIME:
		if (cell->error || cell->v.time.month == 0)
			return failed(c, 0, unfit);
		*(int64_t *)p = ptn_bind_time(&cell->v.time);
		return PTN_DBERR_NONE;
	case PTN_SQL_STR:
	case PTN_SQL_BYTES:
		break;
	}
	if ((f = take_long(c, st, i, res->a, &copy)) != PTN_DBERR_NONE)
		return f;
	if (col->type == PTN_SQL_BYTES)
		*(struct ptn_bytes *)p = PTN_BYTES(copy, cell->len);
	else if (memchr(copy, '\0', cell->len) != NULL)
		return failed(c, 0, unfit);
	else
		*(const char **)p = (const char *)copy;
	return PTN_DBERR_NONE;
}

/* Room for one more row, or NULL. */
static void *
next_row(struct ptn_conn_result *res)
{
	size_t cap = res->cap == 0 ? ROWS_FIRST : res->cap * 2;
	void *more;

	if (res->one)
		return res->rows;
	if (res->n == res->cap) {
		if ((more = ptn_arena_calloc(res->a, cap, res->row_size)) ==
		    NULL)
			return NULL;
		if (res->n > 0)
			memcpy(more, res->rows, res->n * res->row_size);
		res->rows = more;
		res->cap = cap;
	}
	return (uint8_t *)res->rows + res->n * res->row_size;
}

static enum ptn_dberr
take_row(struct ptn_conn *c, MYSQL_STMT *st, const struct ptn_sql_stmt *def,
    struct ptn_conn_result *res)
{
	void *row;
	unsigned int i;
	enum ptn_dberr f;

	if (res->one && res->n > 0)
		return PTN_DBERR_MANY;
	if ((row = next_row(res)) == NULL)
		return PTN_DBERR_NOMEM;
	memset(row, 0, res->row_size);
	for (i = 0; i < def->nout; i++) {
		f = take_column(c, st, i, &def->out[i], res, row);
		if (f != PTN_DBERR_NONE)
			return f;
	}
	res->n++;
	return PTN_DBERR_NONE;
}

static enum ptn_dberr
take_rows(struct ptn_conn *c, MYSQL_STMT *st, const struct ptn_sql_stmt *def,
    struct ptn_conn_result *res)
{
	enum ptn_dberr f = PTN_DBERR_NONE;
	int rc;

	/*
	 * The library sets the error flag of a cell, but never clears it for
	 * numbers and times.  Texts are reported as truncated: take_long()
	 * fetches them whole.
	 */
	do {
		memset(c->cell, 0, def->nout * sizeof(c->cell[0]));
		rc = mysql_stmt_fetch(st);
		if (rc == 0 || rc == MYSQL_DATA_TRUNCATED)
			f = take_row(c, st, def, res);
		else if (rc != MYSQL_NO_DATA)
			f = stmt_failed(c, st);
	} while (rc != MYSQL_NO_DATA && f == PTN_DBERR_NONE);
	/* Reads what was left after a fault. */
	(void)mysql_stmt_free_result(st);
	return f;
}

static enum ptn_dberr
bind_inputs(struct ptn_conn *c, MYSQL_STMT *st, const struct ptn_sql_stmt *def,
    const void *in)
{
	unsigned int i;

	for (i = 0; i < def->nin; i++)
		ptn_bind_input(&c->bind[i], &c->time[i], &def->in[i], in);
	if (def->nin > 0 && mysql_stmt_bind_param(st, c->bind) != 0)
		return stmt_failed(c, st);
	return PTN_DBERR_NONE;
}

#define ALONE (-1) /* no other statement goes ahead */

static enum ptn_dberr
execute(struct ptn_conn *c, int first, MYSQL_STMT *st)
{
	const char *ahead =
	    first == ALONE ? NULL : ptn_sql_stmts[first].text;
	struct ptn_pair_fault fault;

	switch (ptn_pair_execute(c->my, ahead, st, &fault)) {
	case PTN_PAIR_WELL:
		return PTN_DBERR_NONE;
	case PTN_PAIR_FIRST:
		return failed(c, fault.number, fault.message);
	case PTN_PAIR_SECOND:
		break;
	}
	return stmt_failed(c, st);
}

static enum ptn_dberr
run_prepared(struct ptn_conn *c, int first, int slot, const void *in,
    struct ptn_conn_result *res)
{
	const struct ptn_sql_stmt *def = def_of(slot);
	MYSQL_STMT *st = c->stmt[slot];
	enum ptn_dberr f;

	if ((f = bind_inputs(c, st, def, in)) != PTN_DBERR_NONE ||
	    (f = execute(c, first, st)) != PTN_DBERR_NONE)
		return f;
	if (def->nout > 0)
		return take_rows(c, st, def, res);
	res->affected = mysql_stmt_affected_rows(st);
	res->insert_id = mysql_stmt_insert_id(st);
	return PTN_DBERR_NONE;
}

static enum ptn_dberr
run_once(struct ptn_conn *c, int first, int slot, const void *in,
    struct ptn_conn_result *res)
{
	const enum ptn_beat_step before = ptn_beat(PTN_STEP_STATEMENT);
	enum ptn_dberr f;

	if ((f = prepare(c, slot)) == PTN_DBERR_NONE) {
		(void)ptn_beat(PTN_STEP_STATEMENT);
		f = run_prepared(c, first, slot, in, res);
	}
	(void)ptn_beat(before);
	return f;
}

static enum ptn_dberr
run_behind(struct ptn_conn *c, int first, int slot, const void *in,
    struct ptn_conn_result *res)
{
	enum ptn_dberr f;

	ptn_count(PTN_COUNT_DB_STATEMENTS);
	res->n = 0;
	res->cap = 0;
	if ((f = run_once(c, first, slot, in, res)) != PTN_DBERR_STALE)
		return f;
	/* It was refused before it did anything: prepare it anew. */
	if (c->stmt[slot] != NULL)
		mysql_stmt_close(c->stmt[slot]);
	c->stmt[slot] = NULL;
	return run_once(c, ALONE, slot, in, res);
}

enum ptn_dberr
ptn_conn_run(struct ptn_conn *c, int stmt, const void *in,
    struct ptn_conn_result *res)
{
	if (!ptn_sql_stmts[stmt].plain)
		return run_behind(c, ALONE, stmt, in, res);
	ptn_count(PTN_COUNT_DB_STATEMENTS);
	return ptn_conn_text(c, ptn_sql_stmts[stmt].text,
	    strlen(ptn_sql_stmts[stmt].text));
}

enum ptn_dberr
ptn_conn_run_behind(struct ptn_conn *c, int first, int stmt, const void *in,
    struct ptn_conn_result *res)
{
	ptn_count(PTN_COUNT_DB_STATEMENTS);
	return run_behind(c, first, stmt, in, res);
}

/* ---------------------------------------------------------------- clusters */

enum ptn_dberr
ptn_conn_wait(struct ptn_conn *c)
{
	enum ptn_dberr f;

	f = ptn_conn_run(c, PTN_STMT_DB_SESSION_CLUSTER, NULL, NULL);
	c->waits = f == PTN_DBERR_NONE;
	return f;
}

bool
ptn_conn_waits(const struct ptn_conn *c)
{
	return c->waits;
}

enum ptn_dberr
ptn_conn_run_at_once(struct ptn_conn *c, int stmt, const void *in,
    struct ptn_conn_result *res)
{
	return run_behind(c, ALONE, lagging(stmt), in, res);
}
