#include "fcgi/cli/cli.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "fcgi/cli/context.h"
#include "fcgi/cli/option.h"
#include "fcgi/cli/print.h"
#include "fcgi/client.h"
#include "lib/account/limits.h"
#include "lib/account/ratelimit.h"
#include "lib/account/tenant.h"
#include "lib/base/array.h"
#include "lib/dfns/lookup.h"
#include "lib/dfns/member.h"

/* Whose buckets, and the user if it is one. */
struct whom {
	struct ptn_limit_key key[PTN_LIMIT_KEYS];
	size_t n;
	struct ptn_uuid user;
	struct ptn_uuid first; /* the default tenant */
};

/* A user, by any name. */
static enum ptn_err
find_user(struct ptn_cli_context *d, const char *name, struct whom *w)
{
	struct ptn_member m;
	struct ptn_uuid user;
	enum ptn_err r;

	r = ptn_uuid_parse(name, &user) ? ptn_member_by_id(&d->sc, &user, &m)
					: ptn_member_find(&d->sc, name, &m);
	if (r == PTN_E_NOT_FOUND)
		return ptn_cli_context_fail(d, r,
		    "there is no such user, address or network");
	if (r != PTN_OK)
		return r;
	w->user = m.id;
	return ptn_dfns_lookup_limits(&d->sc, &m, &w->first, w->key, &w->n);
}

static enum ptn_err
find(struct ptn_cli_context *d, const char *name, struct whom *w)
{
	const char *narrow = ptn_client_network_of(d->sc.arena, name, false);
	const char *wide = ptn_client_network_of(d->sc.arena, name, true);

	if (narrow == NULL || wide == NULL)
		return find_user(d, name, w);
	w->key[w->n++] = (struct ptn_limit_key){ d->sc.tenant_id, narrow };
	w->key[w->n++] = (struct ptn_limit_key){ d->sc.tenant_id, wide };
	return PTN_OK;
}

static bool
show_row(const struct ptn_cli_context *d, const struct ptn_ratelimit_row *row)
{
	struct ptn_ratelimit rate;

	if (!ptn_limit_named(d->cf, row->what, &rate))
		return false;
	(void)printf("%-24s  %6" PRId64 " of %-6" PRId64, row->what,
	    ptn_ratelimit_used(&rate, row), rate.limit);
	ptn_cli_print_time(row->expires_at_us);
	(void)putchar('\n');
	return true;
}

/* limits show: one line a bucket that is not empty, and when it will be. */
static enum ptn_err
show(struct ptn_cli_context *d, struct whom *w)
{
	struct ptn_ratelimit_row *row;
	struct ptn_scope at;
	enum ptn_err r;
	size_t i, j, n, shown = 0;

	for (i = 0; i < w->n; i++) {
		at = ptn_scope_at(&d->sc, &w->key[i].tenant_id);
		r = ptn_ratelimits_of(&at, w->key[i].whom, &row, &n);
		if (r != PTN_OK)
			return r;
		for (j = 0; j < n; j++)
			shown += show_row(d, &row[j]) ? 1 : 0;
	}
	if (shown == 0)
		(void)fputs("postern: limits show: nothing is counted\n",
		    stderr);
	return PTN_OK;
}

/* limits clear: empty them, and say how many there were. */
static enum ptn_err
clear(struct ptn_cli_context *d, struct whom *w)
{
	uint64_t cleared;
	enum ptn_err r;

	r = ptn_limits_clear(&d->sc, w->key, w->n, &w->user, &cleared);
	if (r == PTN_OK)
		(void)printf("%" PRIu64 "\n", cleared);
	return r;
}

/* THE table of sub-commands. */
static const struct {
	const char *title;
	enum ptn_err (*run)(struct ptn_cli_context *d, struct whom *w);
} commands[] = { { "limits show", show }, { "limits clear", clear } };
#define COMMANDS PTN_ARRAY_LEN(commands)

void
ptn_cli_limits_help(FILE *out)
{
	(void)fputs("WHOM is the id of a user, a username or mail address, or "
		    "the address of a client.\n",
	    out);
}

static enum ptn_err
run(struct ptn_cli_context *d, size_t command, const char *org,
    const char *name)
{
	struct whom w = { .n = 0 };
	struct ptn_org_row row;
	enum ptn_err r;

	if ((r = ptn_cli_context_org(d, PTN_TENANT_DEFAULT, &row)) != PTN_OK)
		return r;
	w.first = row.id;
	if ((r = ptn_cli_context_org(d, org, &row)) != PTN_OK ||
	    (r = find(d, name, &w)) != PTN_OK)
		return r;
	return commands[command].run(d, &w);
}

int
ptn_cli_limits(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	const char *org = PTN_TENANT_DEFAULT;
	const struct ptn_cli_option option = { "--org", &org, NULL, NULL, 0 };
	const char *titles[COMMANDS];
	struct ptn_cli_context d;
	enum ptn_err r;
	size_t n;
	int i;

	for (n = 0; n < COMMANDS; n++)
		titles[n] = commands[n].title;
	i = ptn_cli_verb("limits", titles, n, argc, argv);
	if (i < 0 ||
	    ptn_cli_options(commands[i].title, &option, 1, &argc, argv) >= 0 ||
	    ptn_cli_words(commands[i].title, "WHOM", 1, 1, argc - 1,
		argv + 1) >= 0)
		return 2;
	r = ptn_cli_context_open(&d, "limits", PTN_API_DFNS, conf_path, set);
	if (r == PTN_OK)
		r = run(&d, (size_t)i, org, argv[2]);
	if (r != PTN_OK)
		ptn_cli_failed(commands[i].title, r, d.why);
	ptn_cli_context_close(&d);
	return r == PTN_OK ? 0 : 1;
}
