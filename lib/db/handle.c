#include "lib/db/handle.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/db/migrations.h"

#include "lib/db/sql.h"

#define SAY_EVERY_MS 5000 /* the same complaint again */
#define NO_SUCH_TABLE 1146
#define NO_SUCH_VARIABLE 1193

struct ptn_db *
ptn_db_new(const struct ptn_conf *cf, enum ptn_db_role role)
{
	struct ptn_db *db;

	if ((db = calloc(1, sizeof(*db))) == NULL)
		return NULL;
	db->cf = cf;
	db->role = role;
	db->refusal = PTN_E_UNAVAILABLE;
	ptn_nodes_init(&db->nodes, cf);
	if ((db->conn = ptn_conn_new()) == NULL) {
		free(db);
		return NULL;
	}
	return db;
}

size_t
ptn_db_servers(const struct ptn_conf *cf)
{
	struct ptn_nodes ns;

	ptn_nodes_init(&ns, cf);
	return ns.n;
}

struct ptn_db *
ptn_db_new_at(const struct ptn_conf *cf, enum ptn_db_role role, size_t i)
{
	struct ptn_db *db = ptn_db_new(cf, role);

	if (db != NULL)
		ptn_nodes_only(&db->nodes, i);
	return db;
}

const struct ptn_place *
ptn_db_place(const struct ptn_db *db)
{
	return &db->nodes.node[db->nodes.order[0]].place;
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
	const bool leaves = f == PTN_DBERR_NODE && db->nodes.n > 1;

	ptn_handle_say(db, where, f);
	if (leaves)
		ptn_nodes_bad(&db->nodes);
	if (leaves || f == PTN_DBERR_LOST || f == PTN_DBERR_UNSENT)
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
	if (have.clock != 0)
		ptn_handle_clock(db, have.clock);
	return check_version(db, &have);
}

static void
say_unreached(struct ptn_db *db, const struct ptn_place *at)
{
	char name[PTN_PLACE_NAME_MAX];
	const char *what;

	(void)ptn_dberr_of(ptn_conn_number(db->conn), &what);
	if (!may_say(db, ptn_conn_number(db->conn)))
		return;
	if (what == NULL)
		what = "cannot connect";
	if (db->nodes.n > 1)
		ptn_error("database: %s: %s: %s", ptn_place_name(at, name),
		    what, ptn_conn_message(db->conn));
	else
		ptn_error("database: %s: %s", what, ptn_conn_message(db->conn));
}

/* Of a server that is one of several: whether it takes writes. */
static enum ptn_err
check_writes(struct ptn_db *db, const struct ptn_place *at)
{
	struct ptn_db_writes_out server = { 0 };
	struct ptn_conn_result res = {
		.row_size = sizeof(server),
		.one = true,
		.rows = &server,
	};
	char name[PTN_PLACE_NAME_MAX];

	if (ptn_conn_run(db->conn, PTN_STMT_DB_WRITES, NULL, &res) !=
	    PTN_DBERR_NONE)
		return PTN_E_UNAVAILABLE;
	if (server.read_only == 0)
		return PTN_OK;
	if (may_say(db, 3))
		ptn_warn("database: %s: the server is read-only",
		    ptn_place_name(at, name));
	return PTN_E_UNAVAILABLE;
}

/*
 * Of a node of a cluster: that what is read there is what was committed
 * elsewhere.
 */
static enum ptn_err
join_cluster(struct ptn_db *db)
{
	struct ptn_db_node_out node = { 0 };
	struct ptn_conn_result res = {
		.row_size = sizeof(node),
		.one = true,
		.rows = &node,
	};

	if (ptn_conn_run(db->conn, PTN_STMT_DB_NODE, NULL, &res) !=
	    PTN_DBERR_NONE)
		return ptn_conn_number(db->conn) == NO_SUCH_VARIABLE
		    ? PTN_OK
		    : PTN_E_UNAVAILABLE;
	if (node.cluster != 0 &&
	    db->cf->db_sync_wait != PTN_DB_SYNC_WAIT_NONE &&
	    ptn_conn_wait(db->conn) != PTN_DBERR_NONE)
		return PTN_E_UNAVAILABLE;
	return PTN_OK;
}

static enum ptn_err
open_checked(struct ptn_db *db, const struct ptn_place *at)
{
	enum ptn_dberr f;
	enum ptn_err r = PTN_OK;

	f = ptn_conn_open(db->conn, db->cf, at, db->role);
	if (f != PTN_DBERR_NONE) {
		say_unreached(db, at);
		return ptn_conn_number(db->conn) == PTN_DBERR_FOREIGN
		    ? PTN_E_CONFIG
		    : PTN_E_UNAVAILABLE;
	}
	if (db->nodes.n > 1 && db->role != PTN_DB_READ)
		r = check_writes(db, at);
	if (r != PTN_OK || db->role != PTN_DB_SERVE)
		return r;
	r = join_cluster(db);
	return r == PTN_OK ? check_schema(db) : r;
}

/* One after the other that may be tried, until one will do. */
static enum ptn_err
open_any(struct ptn_db *db)
{
	const struct ptn_place *at;
	enum ptn_err r;

	ptn_nodes_begin(&db->nodes);
	while ((at = ptn_nodes_next(&db->nodes)) != NULL) {
		if ((r = open_checked(db, at)) == PTN_OK) {
			ptn_nodes_good(&db->nodes);
			return PTN_OK;
		}
		ptn_conn_close(db->conn);
		ptn_nodes_bad(&db->nodes);
		db->refusal = r;
	}
	return db->refusal;
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
	if ((r = open_any(db)) != PTN_OK)
		return r;
	if (db->said != 0)
		ptn_info("database: connected again");
	db->said = 0;
	db->waited_at_ms = 0;
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

	if (ptn_conn_is_open(db->conn) &&
	    (!ptn_conn_is_alive(db->conn) ||
		(db->role == PTN_DB_SERVE &&
		    (ptn_nodes_go_back(&db->nodes) ||
			ptn_handle_clock_due(db)))))
		ptn_conn_close(db->conn);
	r = ptn_db_connect(db);
	return r == PTN_E_CONFIG ? PTN_E_UNAVAILABLE : r;
}
