#ifndef TEST_ROWS_H
#define TEST_ROWS_H

/*
 * What a noun of rows is tested with: a database of its own, brought up to
 * date ($POSTERN_TEST_DB, with-mariadb.sh), users to own things, and others
 * who want the same at the same time.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mysql.h>

#include "lib/account/org.h"
#include "lib/account/tenant.h"
#include "lib/account/user.h"
#include "lib/base/hex.h"
#include "lib/base/log.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/secrets.h"
#include "lib/db/scope.h"
#include "lib/db/sql.h"
#include "lib/event/tx.h"
#include "tests/unit/server.h"

#define ROWS_SQL_MAX 1024
#define ROWS_RACERS 8

static char rows_secret_old[] = "0123456789abcdefghij";
static char rows_secret_new[] = "klmnopqrstuvwxyz9876";
static char *rows_one[] = { rows_secret_old };
static char *rows_both[] = { rows_secret_new, rows_secret_old };

static struct ptn_secrets *secrets;
static struct ptn_secrets *rotated; /* with one in front that is new */
static struct ptn_uuid tenant;	    /* the default one */
static struct ptn_scope scope;	    /* of all this */

static inline int
rows_setup(void **state)
{
	const struct ptn_strs one = { rows_one, 1 }, both = { rows_both, 2 };
	struct ptn_org_row t;

	(void)state;
	conf.rp_id = "example.co";
	conf.rp_name = "Example";
	conf.notice_password = conf.notice_primary = true;
	conf.notice_email_created = conf.notice_email_deleted = true;
	conf.notice_passkey = conf.notice_mfa_created = true;
	conf.notice_mfa_deleted = true;
	conf.notice_operator = true;
	ptn_log_init(PTN_LOG_ERROR, "test");
	if (!server_setup())
		return -1;
	scope = (struct ptn_scope){ .cf = &conf, .db = db, .arena = arena };
	if (ptn_crypto_init() != PTN_OK ||
	    ptn_secrets_new(&secrets, &one) != PTN_OK ||
	    ptn_secrets_new(&rotated, &both) != PTN_OK)
		return -1;
	scope.secrets = secrets;
	if (server_migrate(admin) != PTN_OK || ptn_db_connect(db) != PTN_OK ||
	    ptn_org_find(&scope, PTN_TENANT_DEFAULT, &t) != PTN_OK)
		return -1;
	scope.tenant_id = tenant = t.id;
	return 0;
}

static inline int
rows_teardown(void **state)
{
	(void)state;
	ptn_secrets_free(&secrets);
	ptn_secrets_free(&rotated);
	server_teardown();
	return 0;
}

static inline int
rows_each(void **state)
{
	(void)state;
	ptn_arena_reset(arena);
	return 0;
}

/* The same of another tenant. */
static inline const struct ptn_scope *
rows_at(const struct ptn_uuid *id)
{
	struct ptn_scope *at = ptn_arena_alloc(arena, sizeof(*at));

	assert_non_null(at);
	*at = ptn_scope_at(&scope, id);
	return at;
}

/* What no statement of ours does. */
__attribute__((format(printf, 1, 2))) static inline void
rows_sql(const char *fmt, ...)
{
	char sql[ROWS_SQL_MAX];
	va_list ap;

	va_start(ap, fmt);
	assert_in_range(vsnprintf(sql, sizeof(sql), fmt, ap), 1,
	    sizeof(sql) - 1);
	va_end(ap);
	server_script(sql);
}

/* A row's line: a tab between columns, "NULL" for NULL. */
static inline void
rows_line(struct ptn_buf *b, MYSQL_RES *res, MYSQL_ROW row)
{
	const unsigned long *len = mysql_fetch_lengths(res);
	unsigned int i, n = mysql_num_fields(res);

	for (i = 0; i < n; i++) {
		ptn_buf_add(b, row[i] != NULL ? row[i] : "NULL",
		    row[i] != NULL ? len[i] : strlen("NULL"));
		ptn_buf_char(b, i + 1 < n ? '\t' : '\n');
	}
}

static inline const char *
rows_select(const char *sql)
{
	MYSQL *my = mysql_init(NULL);
	MYSQL_RES *res = NULL;
	MYSQL_ROW row;
	struct ptn_buf b;

	ptn_buf_init(&b, arena);
	(void)mysql_options(my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	(void)mysql_options(my, MYSQL_INIT_COMMAND,
	    ptn_sql_stmts[PTN_STMT_DB_SESSION].text);
	if (mysql_real_connect(my, NULL, "root", "", conf.db_name, 0,
		conf.db_socket, 0) == NULL ||
	    mysql_query(my, sql) != 0 || (res = mysql_store_result(my)) == NULL)
		fail_msg("%s: %s", sql, mysql_error(my));
	while ((row = mysql_fetch_row(res)) != NULL)
		rows_line(&b, res, row);
	mysql_free_result(res);
	mysql_close(my);
	assert_false(b.bad);
	return b.p != NULL ? b.p : "";
}

/* What no statement of ours asks: what a SELECT returns, in the arena. */
__attribute__((format(printf, 1, 2))) static inline const char *
rows_text(const char *fmt, ...)
{
	char sql[ROWS_SQL_MAX];
	va_list ap;

	va_start(ap, fmt);
	assert_in_range(vsnprintf(sql, sizeof(sql), fmt, ap), 1,
	    sizeof(sql) - 1);
	va_end(ap);
	return rows_select(sql);
}

/* The same of a SELECT that returns one number. */
__attribute__((format(printf, 1, 2))) static inline int64_t
rows_number(const char *fmt, ...)
{
	char sql[ROWS_SQL_MAX], *end;
	const char *text;
	va_list ap;
	int64_t n;

	va_start(ap, fmt);
	assert_in_range(vsnprintf(sql, sizeof(sql), fmt, ap), 1,
	    sizeof(sql) - 1);
	va_end(ap);
	text = rows_select(sql);
	n = strtoll(text, &end, 10);
	if (end == text || (strcmp(end, "\n") != 0 && *end != '.'))
		fail_msg("%s: %s", sql, text);
	return n;
}

/* The time by the database's clock. */
static inline int64_t
rows_now_us(void)
{
	return rows_number("SELECT 1000000 * UNIX_TIMESTAMP(NOW(6))");
}

static inline const char *
rows_hex(const struct ptn_uuid *id)
{
	char *hex = ptn_arena_alloc(arena, 2 * sizeof(id->b) + 1);

	assert_non_null(hex);
	ptn_hex_encode(PTN_BYTES(id->b, sizeof(id->b)), hex);
	return hex;
}

struct rows_signing_up {
	const char *address;
	struct ptn_user_ref user;
};

static inline enum ptn_err
rows_sign_up(const struct ptn_scope *sc, void *arg)
{
	struct rows_signing_up *s = arg;

	return ptn_user_sign_up(sc, s->address, PTN_USER_OWNS, &s->user);
}

/* Somebody new, of the tenant, with an address that is not proved. */
static inline struct ptn_user_ref
rows_user_of(const struct ptn_uuid *of, const char *address)
{
	struct rows_signing_up s = { address, { .verified = false } };

	assert_int_equal(ptn_tx(rows_at(of), rows_sign_up, &s), PTN_OK);
	return s.user;
}

static inline struct ptn_uuid
rows_user(void)
{
	static int n;

	return rows_user_of(&tenant,
	    ptn_arena_printf(arena, "user%d@example.org", ++n))
	    .id;
}

/* An organisation of its own. */
static inline struct ptn_uuid
rows_tenant(void)
{
	static int n;
	struct ptn_org_row org = { .active = true };

	org.name = ptn_arena_printf(arena, "other %d", ++n);
	assert_int_equal(ptn_org_put(&scope, &org), PTN_OK);
	return org.id;
}

/*
 * So many processes do it at once, each on a connection of its own; how many
 * got PTN_OK.  All others got lost, or the test fails.
 */
typedef enum ptn_err rows_racer(const struct ptn_scope *sc, void *arg);

static inline void
rows_run(rows_racer *fn, void *arg, int start)
{
	struct ptn_scope mine = scope;
	char c;

	mine.db = ptn_db_new(&conf, PTN_DB_SERVE);
	if (mine.db == NULL || ptn_db_connect(mine.db) != PTN_OK)
		_exit(PTN_E_UNAVAILABLE);
	(void)!read(start, &c, 1); /* until the last writer closes */
	_exit((int)fn(&mine, arg));
}

static inline void
rows_start(rows_racer *fn, void *arg, int gun[2])
{
	int i;

	assert_int_equal(pipe(gun), 0);
	for (i = 0; i < ROWS_RACERS; i++)
		if (fork() == 0) {
			(void)close(gun[1]);
			rows_run(fn, arg, gun[0]);
		}
	(void)close(gun[0]);
	(void)usleep(200000); /* they connect */
}

static inline int
rows_winners(enum ptn_err lost)
{
	int i, status, won = 0;

	for (i = 0; i < ROWS_RACERS; i++) {
		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) == PTN_OK)
			won++;
		else
			assert_int_equal(WEXITSTATUS(status), (int)lost);
	}
	return won;
}

static inline int
rows_race(rows_racer *fn, void *arg, enum ptn_err lost)
{
	int gun[2];

	rows_start(fn, arg, gun);
	(void)close(gun[1]);
	return rows_winners(lost);
}

/*
 * The same, but they meet: what an UPDATE locks they cannot have until all are
 * there, as far as they wait for locks at all.
 */
static inline int
rows_race_held(rows_racer *fn, void *arg, enum ptn_err lost, const char *sql)
{
	int gun[2];

	rows_start(fn, arg, gun);
	rows_sql("BEGIN");
	rows_sql("%s", sql);
	(void)close(gun[1]);
	(void)usleep(200000); /* they come as far as they can */
	rows_sql("COMMIT");
	return rows_winners(lost);
}

#endif
