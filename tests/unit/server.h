#ifndef TEST_SERVER_H
#define TEST_SERVER_H

/*
 * A real server, with an empty database for this test alone
 * (with-mariadb.sh, $POSTERN_TEST_DB).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/account/migrate.h"
#include "lib/base/arena.h"
#include "lib/conf/conf.h"
#include "lib/db/db.h"

static struct ptn_conf conf;
static struct ptn_arena *arena;
static struct ptn_db *admin; /* may do anything */
static struct ptn_db *db;    /* as a worker has it */

#define SERVER_ARENA_MAX ((size_t)4 << 20)

/* false: there is none. */
static inline bool
server_setup(void)
{
	conf.db_host = "localhost";
	conf.db_port = 3306;
	conf.db_socket = getenv("POSTERN_TEST_DB_SOCKET");
	conf.db_name = getenv("POSTERN_TEST_DB_NAME");
	conf.db_user = "root";
	conf.db_password = conf.db_migrate_user = conf.db_migrate_password = "";
	if (conf.db_socket == NULL || conf.db_name == NULL) {
		(void)fputs("run me by with-mariadb.sh\n", stderr);
		return false;
	}
	arena = ptn_arena_new(SERVER_ARENA_MAX);
	admin = ptn_db_new(&conf, PTN_DB_MIGRATE);
	db = ptn_db_new(&conf, PTN_DB_SERVE);
	return arena != NULL && admin != NULL && db != NULL;
}

static inline void
server_teardown(void)
{
	ptn_db_free(&db);
	ptn_db_free(&admin);
	ptn_arena_free(&arena);
}

/* As the program does it, and nothing is said. */
static inline enum ptn_err
server_migrate(struct ptn_db *d)
{
	FILE *null = fopen("/dev/null", "w");
	enum ptn_err r;

	if (null == NULL)
		return PTN_E_INTERNAL;
	r = ptn_migrate_up(d, arena, null, null);
	(void)fclose(null);
	return r;
}

/* What no statement of ours does. */
static inline void
server_script(const char *sql)
{
	assert_int_equal(ptn_db_script(admin, sql, strlen(sql)), PTN_OK);
}

#endif
