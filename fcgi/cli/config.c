#include "fcgi/cli/cli.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fcgi/family.h"
#include "fcgi/routes.h"
#include "lib/account/org.h"
#include "lib/base/arena.h"
#include "lib/conf/conf.h"
#include "lib/crypto/pwhash.h"
#include "lib/db/db.h"
#include "lib/format/mount.h"
#include "lib/mail/mail.h"

#define ARENA_MAX 65536

static int
usage(void)
{
	(void)fputs("usage: postern [--config FILE] [--set KEY=VALUE]... "
		    "config init [PATH] | check | print\n",
	    stderr);
	return 2;
}

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
	(void)printf("# Argon2: %s\n", ptn_pwhash_kernel());
	ptn_conf_print(cf, stdout);
	return fflush(stdout) == 0 ? 0 : 1;
}

/* An endpoint of the default tenant that a path would hide, or NULL. */
static const char *
hidden_by(const struct ptn_conf *cf, struct ptn_arena *a,
    const struct ptn_mount *p)
{
	const char *path;
	size_t i;

	for (i = 0; i < ptn_routes_n; i++) {
		if (ptn_routes[i].family->side != PTN_PUBLIC)
			continue;
		path = ptn_arena_printf(a, "%s%s", cf->base_path,
		    ptn_routes[i].path);
		if (path != NULL && ptn_mount_has_path(p, path))
			return ptn_routes[i].path;
	}
	return NULL;
}

/* Its organisation must exist, and its path hide no endpoint. */
static bool
mount_ok(const struct ptn_scope *sc, const struct ptn_strs *l,
    const char *element)
{
	const struct ptn_mount p = ptn_mount_of(element);
	const char *hidden = hidden_by(sc->cf, sc->arena, &p);
	struct ptn_org_row org;
	enum ptn_err r;

	if (hidden != NULL) {
		ptn_conf_complain(sc->cf, l, stderr,
		    "\"%.80s\" hides %s of the API", element, hidden);
		return false;
	}
	r = ptn_org_find(sc, p.org, &org);
	if (r == PTN_E_NOT_FOUND)
		ptn_conf_complain(sc->cf, l, stderr,
		    "\"%.80s\" is no organisation (\"postern org list\")",
		    p.org);
	else if (r != PTN_OK)
		ptn_conf_complain(sc->cf, l, stderr,
		    "\"%.80s\" could not be looked up", p.org);
	return r == PTN_OK;
}

static bool
mounts_ok(const struct ptn_conf *cf, struct ptn_db *db)
{
	const struct ptn_strs *const lists[] = { &cf->tenant_hosts,
		&cf->tenant_paths };
	struct ptn_scope sc = { .cf = cf,
		.db = db,
		.arena = ptn_arena_new(ARENA_MAX) };
	bool ok = sc.arena != NULL;
	size_t i, j;

	for (i = 0; i < 2; i++)
		for (j = 0; sc.arena != NULL && j < lists[i]->n; j++) {
			ok = mount_ok(&sc, lists[i], lists[i]->v[j]) && ok;
			ptn_arena_reset(sc.arena);
		}
	if (sc.arena != NULL)
		ptn_arena_free(&sc.arena);
	return ok;
}

/* Everything that would stop a worker from starting. */
static int
config_check(const struct ptn_conf *cf)
{
	struct ptn_mailer *mailer = NULL;
	struct ptn_db *db;
	int status = 0;

	if (ptn_mailer_new(&mailer, cf) != PTN_OK) {
		(void)fputs("mail templates: not usable\n", stderr);
		status = 1;
	}
	ptn_mailer_free(&mailer);
	db = ptn_db_new(cf, PTN_DB_SERVE);
	if (db == NULL || ptn_db_prepare(db) != PTN_OK) {
		(void)fputs("database: cannot be connected to, or its schema "
			    "is not this program's (\"postern migrate\")\n",
		    stderr);
		status = 1;
	} else if (!mounts_ok(cf, db)) {
		status = 1;
	}
	ptn_db_free(&db);
	if (status == 0)
		(void)puts("configuration ok");
	return status;
}

int
ptn_cli_config(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	struct ptn_conf *cf = NULL;
	int status;

	if (argc >= 2 && argc <= 3 && strcmp(argv[1], "init") == 0) {
		return config_init(
		    ptn_conf_place(argc == 3 ? argv[2] : conf_path));
	}
	if (argc != 2 ||
	    (strcmp(argv[1], "check") != 0 && strcmp(argv[1], "print") != 0))
		return usage();
	if (ptn_conf_load(&cf, conf_path, set, stderr) != PTN_OK)
		return 1;
	status =
	    strcmp(argv[1], "check") == 0 ? config_check(cf) : config_print(cf);
	ptn_conf_free(&cf);
	return status;
}
