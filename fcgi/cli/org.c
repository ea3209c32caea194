#include "fcgi/cli/cli.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/codemail.h"
#include "lib/conf.h"
#include "lib/crypto.h"
#include "lib/db.h"
#include "lib/dfnsid.h"
#include "lib/err.h"
#include "lib/locale.h"
#include "lib/log.h"
#include "lib/member.h"
#include "lib/org.h"

#define ARENA_MAX ((size_t)1 << 20)

/* What both sub-commands work with. */
struct desk {
	struct ptn_conf *cf;
	struct ptn_secrets *secrets;
	struct ptn_db *db;
	struct ptn_arena *arena;
};

static enum ptn_err
desk_open(struct desk *d, const char *conf_path, const char *const *set)
{
	enum ptn_err r;

	r = ptn_conf_load(&d->cf, conf_path, set, stderr);
	if (r != PTN_OK)
		return r;
	ptn_log_init((enum ptn_log_level)d->cf->log_level, "org");
	if ((r = ptn_secrets_new(&d->secrets, &d->cf->secrets)) != PTN_OK)
		return r;
	d->db = ptn_db_new(d->cf, PTN_DB_SERVE);
	d->arena = ptn_arena_new(ARENA_MAX);
	return d->db == NULL || d->arena == NULL ? PTN_E_NOMEM : PTN_OK;
}

static void
desk_close(struct desk *d)
{
	ptn_db_free(&d->db);
	if (d->arena != NULL)
		ptn_arena_free(&d->arena);
	ptn_secrets_free(&d->secrets);
	ptn_conf_free(&d->cf);
}

/* One line an organisation, oldest first. */
static enum ptn_err
list(struct desk *d)
{
	struct ptn_org_row *o;
	char id[PTN_DFNSID_STR];
	enum ptn_err r;
	size_t i, n;

	if ((r = ptn_orgs(d->db, d->arena, &o, &n)) != PTN_OK)
		return r;
	for (i = 0; i < n; i++) {
		ptn_dfnsid_format(PTN_DFNSID_ORG, &o[i].id, id);
		(void)printf("%-33s  %-8s  %-24s  %s\n", id,
		    o[i].active ? "active" : "inactive",
		    o[i].rp_id != NULL ? o[i].rp_id : d->cf->rp_id, o[i].name);
	}
	return PTN_OK;
}

/* An organisation, and whom it begins with. */
struct founding {
	struct desk *d;
	struct ptn_org_new org;
	const char *address;
	struct ptn_member m;
};

static enum ptn_err
found(struct ptn_db *db, void *arg)
{
	struct founding *f = arg;
	struct ptn_arena *a = f->d->arena;
	struct ptn_codemail w = { .purpose = PTN_CODE_REGISTRATION,
		.username = f->address,
		.locale = ptn_locale_match(NULL) };
	enum ptn_err r;

	if ((r = ptn_org_put(db, &f->org)) != PTN_OK)
		return r;
	r = ptn_member_invite(db, a, &f->org.id, f->address, "CustomerEmployee",
	    &f->m);
	if (r != PTN_OK)
		return r;
	w.tenant_id = f->org.id;
	return ptn_codemail_want(db, a, f->d->secrets, &w);
}

/* The words behind the fourth, with a space between them. */
static const char *
join(struct ptn_arena *a, char *const *words)
{
	struct ptn_buf b;

	ptn_buf_init(&b, a);
	for (; *words != NULL; words++)
		ptn_buf_printf(&b, "%s%s", b.len > 0 ? " " : "", *words);
	return b.bad ? NULL : b.p;
}

/*
 * The courier sends the registration code; its own mail is the only place
 * where it is ever seen.
 */
static enum ptn_err
create(struct desk *d, int argc, char *const *argv)
{
	struct founding f = { .d = d, .address = argv[3] };
	char id[PTN_DFNSID_STR];
	enum ptn_err r;

	f.org.name = argv[2];
	if (argc > 4) {
		f.org.rp_id = argv[4];
		if ((f.org.origins = join(d->arena, argv + 5)) == NULL)
			return PTN_E_NOMEM;
	}
	if ((r = ptn_db_tx(d->db, found, &f)) != PTN_OK)
		return r;
	ptn_dfnsid_format(PTN_DFNSID_ORG, &f.org.id, id);
	(void)printf("%s\n", id);
	return PTN_OK;
}

static const char *
explain(enum ptn_err r)
{
	if (r == PTN_E_CONFLICT)
		return "there is an organisation of that name";
	if (r == PTN_E_INPUT)
		return "that is no e-mail address";
	return ptn_err_name(r);
}

int
ptn_cli_org(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	struct desk d = { NULL, NULL, NULL, NULL };
	const bool listing = argc == 2 && strcmp(argv[1], "list") == 0;
	enum ptn_err r;

	if (argc > 1 && strcmp(argv[1], "service-account") == 0)
		return ptn_cli_service_account(argc - 1, argv + 1, conf_path,
		    set);
	if (!listing &&
	    (argc < 4 || argc == 5 || strcmp(argv[1], "create") != 0)) {
		(void)fputs("usage: postern [--config FILE] [--set "
			    "KEY=VALUE]... org create NAME ADDRESS [RP_ID "
			    "ORIGIN...] | list\n",
		    stderr);
		return 2;
	}
	r = desk_open(&d, conf_path, set);
	if (r == PTN_OK)
		r = listing ? list(&d) : create(&d, argc, argv);
	if (r != PTN_OK)
		(void)fprintf(stderr, "postern: org %s: %s\n", argv[1],
		    explain(r));
	desk_close(&d);
	return r == PTN_OK && fflush(stdout) == 0 ? 0 : 1;
}
