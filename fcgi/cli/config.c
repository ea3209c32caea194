#include "fcgi/cli/cli.h"

#include <stdio.h>

#include "fcgi/cli/check.h"
#include "fcgi/cli/option.h"
#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/crypto/argon.h"
#include "lib/db/db.h"

#define ARENA_MAX 65536

static int
config_init(const char *path)
{
	struct ptn_arena *a = ptn_arena_new(ARENA_MAX);
	const char *text = a != NULL ? ptn_conf_fresh(a) : NULL;
	enum ptn_err r = PTN_E_NOMEM;

	if (text != NULL)
		r = ptn_conf_write(path, text, false, stderr);
	else
		(void)fputs("out of memory\n", stderr);
	ptn_arena_free(&a);
	if (r != PTN_OK)
		return 1;
	(void)printf("%s: written; \"postern --config %s setup\" fills it in\n",
	    path, path);
	return 0;
}

static int
config_print(const struct ptn_conf *cf)
{
	(void)printf("# Argon2: %s\n", ptn_argon_kernel());
	ptn_conf_print(cf, stdout);
	return 0;
}

/* One finding, as the configuration reports its own. */
static void
tell(struct ptn_check *c, enum ptn_check_verdict verdict, const char *place,
    const char *text)
{
	(void)c;
	if (verdict != PTN_CHECK_OK)
		(void)fprintf(stderr, "%s%s%s%s\n", place != NULL ? place : "",
		    place != NULL ? ": " : "",
		    verdict == PTN_CHECK_WARNING ? "warning: " : "", text);
}

/* What needs no network but the database. */
static const ptn_check_fn checks[] = { ptn_check_advice, ptn_check_names,
	ptn_check_hashes, ptn_check_files, ptn_check_sockets, ptn_check_home,
	ptn_check_state, ptn_check_smtp, ptn_check_sendmail,
	ptn_check_templates, ptn_check_hosts, ptn_check_schema };

/* Everything that would stop a worker from starting, or be in its way. */
static int
config_check(const struct ptn_conf *cf)
{
	struct ptn_check c = { .cf = cf,
		.db = ptn_db_new(cf, PTN_DB_SERVE),
		.a = ptn_arena_new(ARENA_MAX),
		.tell = tell };
	size_t i;
	int status = 1;

	if (c.db == NULL || c.a == NULL) {
		(void)fputs("out of memory\n", stderr);
	} else {
		ptn_check_log_begin(&c);
		for (i = 0; i < PTN_ARRAY_LEN(checks); i++)
			checks[i](&c);
		if (ptn_db_connect(c.db) == PTN_OK)
			ptn_check_tenants(&c);
		ptn_check_log_end();
		status = c.n[PTN_CHECK_ERROR] > 0 ? 1 : 0;
	}
	ptn_db_free(&c.db);
	ptn_arena_free(&c.a);
	if (status == 0)
		(void)puts("configuration ok");
	return status;
}

int
ptn_cli_config(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	static const char *const titles[] = { "config check", "config init",
		"config print" };
	const int verb = ptn_cli_verb("config", titles, 3, argc, argv);
	struct ptn_conf *cf = NULL;
	int status;

	if (verb < 0 ||
	    ptn_cli_options(titles[verb], NULL, 0, &argc, argv) >= 0 ||
	    ptn_cli_words(titles[verb], "", 0, verb == 1 ? 1 : 0, argc - 1,
		argv + 1) >= 0)
		return 2;
	if (verb == 1)
		return config_init(
		    ptn_conf_home(argc == 3 ? argv[2] : conf_path));
	if (ptn_conf_load(&cf, conf_path, set, stderr) != PTN_OK)
		return 1;
	status = verb == 0 ? config_check(cf) : config_print(cf);
	ptn_conf_free(&cf);
	return status;
}
