#include "fcgi/cli/cli.h"

#include <stdbool.h>
#include <stdio.h>

#include "fcgi/cli/option.h"
#include "lib/account/migrate.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/crypto.h"
#include "lib/db/db.h"

#define ARENA_MAX ((size_t)1024 * 1024)

static enum ptn_err
run(const struct ptn_conf *cf, struct ptn_db *db, struct ptn_arena *a, bool up,
    bool *pending)
{
	enum ptn_err r;

	if (db == NULL || a == NULL)
		return PTN_E_NOMEM;
	if ((r = ptn_crypto_init()) != PTN_OK)
		return r;
	ptn_log_init((enum ptn_log_level)cf->log_level, "migrate");
	if (up)
		return ptn_migrate_up(db, a, stdout, stderr);
	return ptn_migrate_status(db, a, stdout, stderr, pending);
}

/* The user that serves need not be the one that changes tables. */
static void
name_user(const struct ptn_conf *cf)
{
	const bool two = cf->db_migrate_user[0] != '\0';

	(void)fprintf(stderr,
	    "the database's user \"%s\" may not change the schema: grant "
	    "that, or name one who may in database.migrate_user (\"postern "
	    "setup --database-admin\" makes one)\n",
	    two ? cf->db_migrate_user : cf->db_user);
}

int
ptn_cli_migrate(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	struct ptn_conf *cf = NULL;
	struct ptn_db *db;
	struct ptn_arena *a;
	bool pending = false;
	static const char *const verbs[] = { "status", "up" };
	static const char *const titles[] = { "migrate status", "migrate up" };
	const int up = ptn_cli_verb("migrate", verbs, 2, argc, argv);
	enum ptn_err r;

	if (up < 0 || ptn_cli_options(titles[up], NULL, 0, &argc, argv) >= 0 ||
	    ptn_cli_words(titles[up], "", 0, 0, argc - 1, argv + 1) >= 0)
		return 2;
	ptn_cli_log_begin(titles[up]);
	if (ptn_conf_load(&cf, conf_path, set, stderr) != PTN_OK)
		return 1;
	db = ptn_db_new(cf, PTN_DB_MIGRATE);
	a = ptn_arena_new(ARENA_MAX);
	if ((r = run(cf, db, a, up == 1, &pending)) != PTN_OK)
		ptn_cli_failed(titles[up], r, NULL);
	if (r != PTN_OK && up == 1 && db != NULL && ptn_db_denied(db))
		name_user(cf);
	ptn_arena_free(&a);
	ptn_db_free(&db);
	ptn_conf_free(&cf);
	return r != PTN_OK || pending ? 1 : 0;
}
