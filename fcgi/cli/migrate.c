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

static enum ptn_err
run(const struct ptn_conf *cf, struct ptn_db *db, bool up, bool *pending)
{
	struct ptn_arena *a = ptn_arena_new(ARENA_MAX);
	enum ptn_err r = PTN_E_NOMEM;

	ptn_log_init((enum ptn_log_level)cf->log_level, "migrate");
	if (db != NULL && a != NULL)
		r = ptn_crypto_init();
	if (r == PTN_OK)
		r = up ? ptn_migrate_up(db, a, stdout, stderr)
		       : ptn_migrate_status(db, a, stdout, stderr, pending);
	ptn_arena_free(&a);
	return r;
}

enum ptn_err
ptn_cli_migrate_up(const struct ptn_conf *cf, enum ptn_db_fault *fault)
{
	struct ptn_db *db = ptn_db_new(cf, PTN_DB_MIGRATE);
	bool pending;
	enum ptn_err r;

	r = run(cf, db, true, &pending);
	*fault =
	    r != PTN_OK && db != NULL ? ptn_db_fault(db) : PTN_DB_FAULT_NONE;
	if (r == PTN_E_UNPROCESSABLE)
		*fault = PTN_DB_FAULT_TAKEN;
	if (r != PTN_OK)
		ptn_cli_failed("migrate up", r, NULL);
	if (ptn_db_denied(*fault))
		name_user(cf);
	ptn_db_free(&db);
	return r;
}

static enum ptn_err
status(const struct ptn_conf *cf, bool *pending)
{
	struct ptn_db *db = ptn_db_new(cf, PTN_DB_MIGRATE);
	enum ptn_err r;

	if ((r = run(cf, db, false, pending)) != PTN_OK)
		ptn_cli_failed("migrate status", r, NULL);
	ptn_db_free(&db);
	return r;
}

int
ptn_cli_migrate(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	static const char *const titles[] = { "migrate status", "migrate up" };
	const int up = ptn_cli_verb("migrate", titles, 2, argc, argv);
	struct ptn_conf *cf = NULL;
	enum ptn_db_fault fault;
	bool pending = false;
	enum ptn_err r;

	if (up < 0 || ptn_cli_options(titles[up], NULL, 0, &argc, argv) >= 0 ||
	    ptn_cli_words(titles[up], "", 0, 0, argc - 1, argv + 1) >= 0)
		return 2;
	ptn_cli_log_begin(titles[up]);
	if (ptn_conf_load(&cf, conf_path, set, stderr) != PTN_OK)
		return 1;
	r = up == 1 ? ptn_cli_migrate_up(cf, &fault) : status(cf, &pending);
	ptn_conf_free(&cf);
	return r != PTN_OK || pending ? 1 : 0;
}
