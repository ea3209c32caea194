#include "lib/account/migrate.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

#include "lib/account/org.h"
#include "lib/account/tenant.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/hex.h"
#include "lib/base/log.h"
#include "lib/base/uuid.h"
#include "lib/crypto/crypto.h"
#include "lib/db/migrations.h"

#include "lib/db/sql.h"

#define WAIT_S 300	  /* for another host that is at it */
#define CLUSTER_IDLE_S 60 /* an unfinished one is taken over after this */

/* One run of a sub-command. */
struct run {
	struct ptn_db *db;
	struct ptn_arena *a;
	FILE *out;
	FILE *err;
	struct ptn_schema_list_out *row; /* what the database says it has */
	size_t nrows;
};

struct checksum {
	char hex[2 * PTN_SHA256_LEN + 1];
};

static struct checksum
checksum_of(const struct ptn_migration *m)
{
	struct checksum sum;
	uint8_t digest[PTN_SHA256_LEN];

	ptn_crypto_sha256(ptn_bytes_of(m->text), digest);
	ptn_hex_encode(PTN_BYTES(digest, sizeof(digest)), sum.hex);
	return sum;
}

/* The length of the first statement of a text, with its newline; 0: none. */
static size_t
statement_length(const char *text)
{
	const char *end = strstr(text, ";\n");

	return end == NULL ? 0 : (size_t)(end - text) + 2;
}

static int64_t
statement_count(const struct ptn_migration *m)
{
	const char *p = m->text;
	int64_t n = 0;
	size_t len;

	while ((len = statement_length(p)) > 0) {
		p += len;
		n++;
	}
	return n;
}

/* ------------------------------------------------------- what the rows say */

/* The history must be ours from its beginning, without a gap. */
static enum ptn_err
check_row(const struct run *run, size_t i)
{
	const struct ptn_schema_list_out *row = &run->row[i];
	const struct ptn_migration *m;
	struct checksum sum;

	if (row->version > ptn_migrations_n) {
		fprintf(run->err,
		    "the schema has version %lld, this program knows %d: "
		    "it is too old; install the version that migrated it\n",
		    (long long)row->version, ptn_migrations_n);
		return PTN_E_CONFIG;
	}
	if (row->version != (int64_t)i + 1) {
		fprintf(run->err, "schema_migrations has no version %zu\n",
		    i + 1);
		return PTN_E_CONFIG;
	}
	m = &ptn_migrations[i];
	sum = checksum_of(m);
	if (row->checksum == NULL || strcmp(row->checksum, sum.hex) != 0) {
		fprintf(run->err,
		    "%04d-%s: was applied with another text than this "
		    "program's\n",
		    m->version, m->name);
		return PTN_E_CONFIG;
	}
	return PTN_OK;
}

static enum ptn_err
read_rows(struct run *run)
{
	size_t i;
	enum ptn_err r;

	r = ptn_sql_schema_list(run->db, run->a, &run->row, &run->nrows);
	/* The newest first: a newer schema is the reason for all the rest. */
	for (i = run->nrows; r == PTN_OK && i > 0; i--)
		r = check_row(run, i - 1);
	return r;
}

static const struct ptn_schema_list_out *
row_of(const struct run *run, const struct ptn_migration *m)
{
	size_t i = (size_t)m->version - 1;

	return i < run->nrows ? &run->row[i] : NULL;
}

/* ---------------------------------------------------------------- applying */

static enum ptn_err
step(const struct run *run, const struct ptn_migration *m, int64_t done)
{
	const struct ptn_schema_step_in in = {
		.version = m->version,
		.done = done,
	};
	uint64_t matched;
	enum ptn_err r;

	r = ptn_sql_schema_step(run->db, &in, &matched);
	if (r == PTN_OK && matched != 1) {
		fprintf(run->err, "%04d-%s: another host is at it\n",
		    m->version, m->name);
		r = PTN_E_BUSY;
	}
	return r;
}

/* Say how far it came; one that never began leaves no row. */
static void
stopped(const struct run *run, const struct ptn_migration *m, int64_t done)
{
	const struct ptn_schema_abandon_in abandon = { .version = m->version };
	const struct ptn_schema_refuse_in refuse = { .version = m->version };
	uint64_t n;

	fprintf(run->err,
	    "%04d-%s: stopped at statement %lld of %lld; the log has the "
	    "reason\n",
	    m->version, m->name, (long long)done + 1,
	    (long long)statement_count(m));
	if (done == 0 &&
	    ptn_sql_schema_abandon(run->db, &abandon, &n) == PTN_OK)
		return;
	/* If the server is gone, it may have run the statement before. */
	if (ptn_sql_schema_refuse(run->db, &refuse, &n) != PTN_OK)
		ptn_warn("what became of the statement is not known");
	fprintf(run->err,
	    "the database has it in part; the next \"migrate up\" goes on "
	    "there\n");
}

/* A statement of a migration, on its way. */
struct attempt {
	const struct run *run;
	const struct ptn_migration *m;
	const char *sql;
	size_t len;
	int64_t i;
	bool ran;     /* it may have been run before, and not counted */
	bool refused; /* it was not run now */
};

/*
 * Run it, and count it.  What changes rows is undone if it cannot be counted.
 * What changes the schema is not: the second time the server says that it has
 * been changed, and changes nothing, since it does all of a statement or none.
 */
static enum ptn_err
run_and_count(struct ptn_db *db, void *arg)
{
	struct attempt *at = arg;
	enum ptn_err r;

	r = ptn_db_script(db, at->sql, at->len);
	if (r != PTN_OK && at->ran && ptn_db_fault(db) == PTN_DB_FAULT_TAKEN) {
		fprintf(at->run->out,
		    "%04d-%s: statement %lld had been run already\n",
		    at->m->version, at->m->name, (long long)at->i + 1);
		r = PTN_OK;
	}
	at->refused = r != PTN_OK;
	if (at->refused)
		return r;
	at->ran = true;
	return step(at->run, at->m, at->i);
}

/*
 * Run a migration's statements from number done on; ran: that one may have been
 * run already.
 */
static enum ptn_err
apply(const struct run *run, const struct ptn_migration *m, int64_t done,
    bool ran)
{
	const struct ptn_schema_finish_in in = { .version = m->version };
	struct attempt at = { .run = run, .m = m, .sql = m->text };
	uint64_t n;
	size_t len;
	enum ptn_err r;

	for (; (len = statement_length(at.sql)) > 0; at.i++, at.sql += len) {
		if (at.i < done)
			continue;
		at.len = len - 2; /* without its ";" and newline */
		at.ran = ran && at.i == done;
		r = ptn_db_tx(run->db, run_and_count, &at);
		if (r != PTN_OK && at.refused)
			stopped(run, m, at.i);
		if (r != PTN_OK)
			return r;
	}
	if ((r = ptn_sql_schema_finish(run->db, &in, &n)) != PTN_OK)
		return r;
	fprintf(run->out, "%04d-%s: applied\n", m->version, m->name);
	return PTN_OK;
}

/*
 * Go on with one that stopped at statement number done.  If nobody wrote down
 * that it was refused, who ran it may have ended before it was counted.
 */
static enum ptn_err
resume(const struct run *run, const struct ptn_migration *m, int64_t done)
{
	const struct ptn_schema_refused_in in = { .version = m->version };
	const struct ptn_schema_resume_in resume = { .version = m->version };
	struct ptn_schema_refused_out out;
	uint64_t n;
	enum ptn_err r;

	fprintf(run->out, "%04d-%s: was interrupted, going on\n", m->version,
	    m->name);
	r = ptn_sql_schema_refused(run->db, run->a, &in, &out);
	if (r == PTN_OK)
		r = ptn_sql_schema_resume(run->db, &resume, &n);
	return r == PTN_OK ? apply(run, m, done, out.refused == 0) : r;
}

/* The first table of a migration that is there already, or *table is NULL. */
static enum ptn_err
find_made(const struct run *run, const struct ptn_migration *m,
    const char **table)
{
	const char *p = m->tables;
	struct ptn_schema_has_table_in in;
	struct ptn_schema_has_table_out out;
	size_t len;
	enum ptn_err r;

	for (*table = NULL; *p != '\0'; p += len + strspn(p + len, " ")) {
		len = strcspn(p, " ");
		if ((in.name = ptn_arena_strndup(run->a, p, len)) == NULL)
			return PTN_E_NOMEM;
		r = ptn_sql_schema_has_table(run->db, run->a, &in, &out);
		if (r == PTN_OK && out.n > 0)
			*table = in.name;
		if (r != PTN_OK || *table != NULL)
			return r;
	}
	return PTN_OK;
}

/*
 * Before a migration begins none of its tables is there: one of that name is
 * somebody else's, and would be taken for ours by who goes on with a migration
 * that was cut short.  In a cluster another host may have begun meanwhile.
 */
static enum ptn_err
refuse_foreign(const struct run *run, const struct ptn_migration *m)
{
	const struct ptn_schema_refused_in in = { .version = m->version };
	struct ptn_schema_refused_out begun;
	const char *table;
	enum ptn_err r;

	if ((r = find_made(run, m, &table)) != PTN_OK || table == NULL)
		return r;
	r = ptn_sql_schema_refused(run->db, run->a, &in, &begun);
	if (r != PTN_E_NOT_FOUND)
		return r == PTN_OK ? PTN_E_BUSY : r;
	fprintf(run->err,
	    "%04d-%s: the database has a table \"%s\" that is not Postern's: "
	    "take another database; this migration has not begun\n",
	    m->version, m->name, table);
	return PTN_E_UNPROCESSABLE;
}

/*
 * Take a migration that has no row.  In a cluster the row itself is the lock
 * between hosts: only one can insert it.
 */
static enum ptn_err
claim(const struct run *run, const struct ptn_migration *m)
{
	struct checksum sum = checksum_of(m);
	const struct ptn_schema_begin_in in = {
		.version = m->version,
		.name = m->name,
		.checksum = sum.hex,
	};

	return ptn_sql_schema_begin(run->db, &in);
}

/*
 * Whether an unfinished migration may be in the hands of another host.  On
 * one server it cannot be: we hold the lock.
 */
static enum ptn_err
is_in_work(const struct run *run, const struct ptn_schema_list_out *row,
    bool *yes)
{
	struct ptn_schema_cluster_out cluster;
	enum ptn_err r;

	*yes = false;
	if ((r = ptn_sql_schema_cluster(run->db, run->a, &cluster)) != PTN_OK)
		return r;
	*yes = cluster.n > 0 && row->idle_s < CLUSTER_IDLE_S;
	return PTN_OK;
}

/*
 * Bring one migration forward.  PTN_E_BUSY: another host has it, look again
 * in a while.
 */
static enum ptn_err
advance(const struct run *run, const struct ptn_migration *m)
{
	const struct ptn_schema_list_out *row = row_of(run, m);
	bool in_work;
	enum ptn_err r;

	if (row == NULL) {
		if ((r = refuse_foreign(run, m)) != PTN_OK)
			return r;
		r = claim(run, m);
		if (r == PTN_E_CONFLICT)
			return PTN_E_BUSY;
		return r == PTN_OK ? apply(run, m, 0, false) : r;
	}
	if (row->applied_at != 0)
		return PTN_OK;
	if ((r = is_in_work(run, row, &in_work)) != PTN_OK)
		return r;
	if (in_work)
		return PTN_E_BUSY;
	return resume(run, m, row->done);
}

static enum ptn_err
advance_all(struct run *run)
{
	int64_t give_up_ms = ptn_clock_mono_ms() + (int64_t)WAIT_S * 1000;
	const struct timespec pause = { .tv_sec = 1 };
	enum ptn_err r;
	int i;

	if ((r = read_rows(run)) != PTN_OK)
		return r;
	for (i = 0; i < ptn_migrations_n;) {
		r = advance(run, &ptn_migrations[i]);
		if (r == PTN_OK) {
			i++;
			continue;
		}
		if (r != PTN_E_BUSY || ptn_clock_mono_ms() > give_up_ms)
			return r;
		(void)nanosleep(&pause, NULL);
		if ((r = read_rows(run)) != PTN_OK)
			return r;
	}
	return PTN_OK;
}

static enum ptn_err
add_default_tenant(const struct run *run)
{
	const struct ptn_tenant_put_in in = {
		.id = ptn_uuid_new(),
		.name = PTN_TENANT_DEFAULT,
	};
	const struct ptn_scope sc = { .db = run->db, .arena = run->a };
	struct ptn_org_row have;
	enum ptn_err r;

	r = ptn_org_find(&sc, PTN_TENANT_DEFAULT, &have);
	if (r != PTN_E_NOT_FOUND)
		return r;
	r = ptn_sql_tenant_put(run->db, &in);
	return r == PTN_E_CONFLICT ? PTN_OK : r; /* another host did */
}

static enum ptn_err
lock(const struct run *run)
{
	const struct ptn_schema_lock_in in = { .wait_s = WAIT_S };
	struct ptn_schema_lock_out out;
	enum ptn_err r;

	if ((r = ptn_sql_schema_lock(run->db, run->a, &in, &out)) != PTN_OK)
		return r;
	if (out.got != 1) {
		fprintf(run->err, "another host holds the lock for %d s\n",
		    WAIT_S);
		return PTN_E_BUSY;
	}
	return PTN_OK;
}

enum ptn_err
ptn_migrate_up(struct ptn_db *db, struct ptn_arena *a, FILE *out, FILE *err)
{
	struct run run = { .db = db, .a = a, .out = out, .err = err };
	struct ptn_schema_unlock_out released;
	enum ptn_err r;
	enum ptn_err unlocked;

	if ((r = ptn_db_connect(db)) != PTN_OK || (r = lock(&run)) != PTN_OK)
		return r;
	if ((r = ptn_sql_schema_table(db)) == PTN_OK &&
	    (r = ptn_sql_schema_table_refused(db)) == PTN_OK &&
	    (r = advance_all(&run)) == PTN_OK)
		r = add_default_tenant(&run);
	/* Closing the connection releases it as well. */
	unlocked = ptn_sql_schema_unlock(db, a, &released);
	if (r != PTN_OK)
		return r;
	fprintf(out, "the schema has version %d\n", ptn_migrations_n);
	return unlocked;
}

/* ------------------------------------------------------------------ status */

static bool
print_status(const struct run *run, const struct ptn_migration *m)
{
	const struct ptn_schema_list_out *row = row_of(run, m);
	char when[PTN_CLOCK_STR];

	fprintf(run->out, "%04d-%-24s ", m->version, m->name);
	if (row == NULL) {
		fprintf(run->out, "pending\n");
	} else if (row->applied_at == 0) {
		fprintf(run->out, "interrupted after %lld of %lld statements\n",
		    (long long)row->done, (long long)statement_count(m));
	} else {
		ptn_clock_format(row->applied_at, when);
		fprintf(run->out, "applied %s\n", when);
		return true;
	}
	return false;
}

enum ptn_err
ptn_migrate_status(struct ptn_db *db, struct ptn_arena *a, FILE *out, FILE *err,
    bool *pending)
{
	struct run run = { .db = db, .a = a, .out = out, .err = err };
	const struct ptn_schema_has_table_in in = {
		.name = "schema_migrations",
	};
	struct ptn_schema_has_table_out table;
	enum ptn_err r;
	int i;

	*pending = true;
	if ((r = ptn_db_connect(db)) != PTN_OK ||
	    (r = ptn_sql_schema_has_table(db, a, &in, &table)) != PTN_OK)
		return r;
	if (table.n > 0 && (r = read_rows(&run)) != PTN_OK)
		return r;
	*pending = false;
	for (i = 0; i < ptn_migrations_n; i++) {
		if (!print_status(&run, &ptn_migrations[i]))
			*pending = true;
	}
	return PTN_OK;
}
