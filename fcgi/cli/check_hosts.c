/*
 * Each of several servers of the database, of which one will do: so one that is
 * away is no error, and nobody notices until the other is away, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/cli/check.h"
#include "lib/db/db.h"
#include "lib/db/migrations.h"
#include "lib/db/sql.h"
#include "lib/format/place.h"

#define NODES_MIN 3	/* two go on without the third */
#define PAUSED_MAX 0.05 /* of the time */

/* --------------------------------------------------------- one of a cluster */

/* What is asked of a node, by its name in the tables of the server. */
enum fact { ON, STATE, SIZE, CLUSTER, PAUSED, AUTOINC, FORMAT, FACT__MAX };

static const char *const names[FACT__MAX] = {
	[ON] = "WSREP_ON",
	[STATE] = "WSREP_LOCAL_STATE_COMMENT",
	[SIZE] = "WSREP_CLUSTER_SIZE",
	[CLUSTER] = "WSREP_CLUSTER_STATE_UUID",
	[PAUSED] = "WSREP_FLOW_CONTROL_PAUSED",
	[AUTOINC] = "INNODB_AUTOINC_LOCK_MODE",
	[FORMAT] = "BINLOG_FORMAT",
};

/* False if it is none, or does not say. */
static bool
read_facts(struct ptn_check *c, struct ptn_db *db, const char *out[FACT__MAX])
{
	struct ptn_doctor_node_out *row;
	size_t i, f, n;

	for (f = 0; f < FACT__MAX; f++)
		out[f] = "";
	if (ptn_sql_doctor_node(db, c->a, &row, &n) != PTN_OK)
		return false; /* the log said why */
	for (i = 0; i < n; i++)
		for (f = 0; f < FACT__MAX; f++)
			if (strcmp(row[i].name, names[f]) == 0 &&
			    row[i].value != NULL)
				out[f] = row[i].value;
	return strcmp(out[ON], "ON") == 0;
}

static void
on_size(struct ptn_check *c, const char *size)
{
	const long n = strtol(size, NULL, 10);

	if (n < NODES_MIN || n % 2 == 0)
		ptn_check_say(c, PTN_CHECK_WARNING,
		    "nodes of the cluster: %ld; when half of them are lost, or "
		    "cut off, the others stop as well: let them be three, or "
		    "another odd number",
		    n);
	if (n < (long)ptn_db_servers(c->cf))
		ptn_check_say(c, PTN_CHECK_WARNING,
		    "nodes of the cluster: %ld, of %zu in database.hosts", n,
		    ptn_db_servers(c->cf));
}

static void
on_state(struct ptn_check *c, const char *const fact[FACT__MAX], char *cluster)
{
	if (strcmp(fact[STATE], "Synced") == 0)
		ptn_check_say(c, PTN_CHECK_OK, "node of a cluster of %s, %s",
		    fact[SIZE], fact[STATE]);
	else
		ptn_check_say(c, PTN_CHECK_WARNING,
		    "node of a cluster of %s, which is not Synced but %s: it "
		    "lags behind, or does not serve",
		    fact[SIZE], fact[STATE]);
	if (cluster[0] == '\0')
		(void)snprintf(cluster, PTN_CHECK_CLUSTER_MAX, "%s",
		    fact[CLUSTER]);
	else if (strcmp(cluster, fact[CLUSTER]) != 0)
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "is a node of another cluster than the first: what is "
		    "written at one is not at the other; take it out of "
		    "database.hosts");
}

static void
on_settings(struct ptn_check *c, const char *const fact[FACT__MAX])
{
	const double paused = strtod(fact[PAUSED], NULL);

	if (strcmp(fact[AUTOINC], "2") != 0)
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "innodb_autoinc_lock_mode is %s: a node needs 2",
		    fact[AUTOINC]);
	if (strcmp(fact[FORMAT], "ROW") != 0)
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "binlog_format is %s: a node needs ROW", fact[FORMAT]);
	if (paused > PAUSED_MAX)
		ptn_check_say(c, PTN_CHECK_WARNING,
		    "flow control has stopped the cluster for %d %% of the "
		    "time: a node is slower than the others; see its disk, and "
		    "wsrep_slave_threads",
		    (int)(paused * 100));
}

static void
on_keys(struct ptn_check *c, struct ptn_db *db)
{
	struct ptn_doctor_keyless_out *row;
	size_t n;

	if (ptn_sql_doctor_keyless(db, c->a, &row, &n) == PTN_OK && n > 0)
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "%zu tables have no primary key, such as %.64s: on a "
		    "cluster no row can be deleted from one; add it",
		    n, row[0].name);
}

void
ptn_check_node(struct ptn_check *c, struct ptn_db *db, char *cluster)
{
	const char *fact[FACT__MAX];

	if (!read_facts(c, db, fact))
		return;
	on_state(c, fact, cluster);
	on_size(c, fact[SIZE]);
	on_settings(c, fact);
	on_keys(c, db);
}

/* -------------------------------------------------------- each of several */

/* Whether requests are served there; says why not. */
static bool
serves(struct ptn_check *c, struct ptn_db *db)
{
	struct ptn_doctor_server_out s;
	const size_t before = c->n[PTN_CHECK_WARNING];

	if (ptn_db_connect(db) != PTN_OK) {
		if (c->n[PTN_CHECK_WARNING] == before)
			ptn_check_say(c, PTN_CHECK_WARNING, "does not serve");
		return false;
	}
	if (ptn_sql_doctor_server(db, c->a, &s) != PTN_OK)
		return false;
	ptn_check_say(c, s.read_only != 0 ? PTN_CHECK_WARNING : PTN_CHECK_OK,
	    "schema version %d%s", ptn_migrations_n,
	    s.read_only != 0 ? "; read-only: passed over until it is not" : "");
	return s.read_only == 0;
}

/* Takes db: it is c->db from now on, or nobody's. */
static void
settle(struct ptn_check *c, struct ptn_db *db, bool use)
{
	if (use)
		ptn_db_free(&c->db);
	if (use)
		c->db = db;
	else
		ptn_db_free(&db);
}

void
ptn_check_each(struct ptn_check *c,
    void (*more)(struct ptn_check *c, struct ptn_db *db))
{
	const size_t n = ptn_db_servers(c->cf);
	char name[PTN_PLACE_NAME_MAX], cluster[PTN_CHECK_CLUSTER_MAX] = "";
	struct ptn_db *db;
	bool any = false, good;
	size_t i;

	c->mild = true;
	for (i = 0; n > 1 && i < n; i++) {
		db = ptn_db_new_at(c->cf, PTN_DB_SERVE, i);
		if (db == NULL)
			break;
		c->about = ptn_place_name(ptn_db_place(db), name);
		good = serves(c, db);
		if (good || ptn_db_connect(db) == PTN_OK) {
			ptn_check_node(c, db, cluster);
			more(c, db);
		}
		ptn_arena_reset(c->a);
		c->about = NULL;
		settle(c, db, good && !any);
		any = any || good;
	}
	c->mild = false;
}

static void
no_more(struct ptn_check *c, struct ptn_db *db)
{
	(void)c;
	(void)db;
}

void
ptn_check_hosts(struct ptn_check *c)
{
	ptn_check_each(c, no_more);
}
