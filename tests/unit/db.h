#ifndef TEST_DB_H
#define TEST_DB_H

/*
 * What the database itself is tested with: a real server (with-mariadb.sh,
 * $POSTERN_TEST_DB), and a table and statements of the tests' own
 * (test_db.sql).
 */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/log.h"
#include "lib/crypto/crypto.h"
#include "lib/db/sql.h"
#include "tests/unit/server.h"

static inline struct ptn_uuid
id_of(unsigned char n)
{
	struct ptn_uuid id = { { 0 } };

	id.b[0] = n;
	id.b[15] = 0xfe; /* no UTF-8 */
	return id;
}

static inline void
put(unsigned char n)
{
	struct ptn_t_put_in in = { .id = id_of(n), .s = "x", .n = n };

	assert_int_equal(ptn_sql_t_put(db, &in), PTN_OK);
}

static inline int64_t
value_of(unsigned char n)
{
	struct ptn_t_get_in in = { .id = id_of(n) };
	struct ptn_t_get_out out;

	assert_int_equal(ptn_sql_t_get(db, arena, &in, &out), PTN_OK);
	return out.n;
}

static inline size_t
rows(void)
{
	struct ptn_t_all_out *all;
	size_t n;

	assert_int_equal(ptn_sql_t_all(db, arena, &all, &n), PTN_OK);
	return n;
}

static inline void
pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

/* Kill the connection of a handle behind its back. */
static inline void
kill_connection(struct ptn_db *victim)
{
	struct ptn_t_me_out me;
	char sql[64];

	assert_int_equal(ptn_sql_t_me(victim, arena, &me), PTN_OK);
	(void)snprintf(sql, sizeof(sql), "KILL CONNECTION %lld",
	    (long long)me.id);
	server_script(sql);
	pause_ms(100);
}

static inline int
each_begins(void **state)
{
	uint64_t n;

	(void)state;
	ptn_arena_reset(arena);
	return ptn_sql_t_clear(db, &n) == PTN_OK ? 0 : -1;
}

static inline int
all_begin(void **state)
{
	static const char table[] =
	    "CREATE TABLE t_values (id BINARY(16) NOT NULL PRIMARY KEY, "
	    "s MEDIUMTEXT, b MEDIUMBLOB, n BIGINT NOT NULL, t DATETIME(6), "
	    "other BINARY(16)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 "
	    "COLLATE=utf8mb4_bin";

	(void)state;
	ptn_log_init(PTN_LOG_INFO, "test");
	if (!server_setup() || ptn_crypto_init() != PTN_OK ||
	    server_migrate(admin) != PTN_OK)
		return -1;
	server_script(table);
	return ptn_db_connect(db) == PTN_OK ? 0 : -1;
}

static inline int
all_end(void **state)
{
	(void)state;
	ptn_db_free(&db);
	server_teardown(); /* which takes a cleared pointer */
	return 0;
}

#endif
