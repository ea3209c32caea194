#include "fcgi/cli/cli.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fcgi/cli/context.h"
#include "fcgi/cli/print.h"
#include "fcgi/client.h"
#include "lib/account/limit.h"
#include "lib/account/ratelimit.h"
#include "lib/account/tenant.h"
#include "lib/base/array.h"
#include "lib/dfns/member.h"

/* Whose buckets: up to two texts, and the user if it is one. */
struct whom {
	const char *text[2];
	size_t n;
	struct ptn_uuid user;
};

/* A user, by any name: their buckets, and those of their mailbox. */
static enum ptn_err
find_user(struct ptn_cli_context *d, const char *name, struct whom *w)
{
	char id[PTN_UUID_STR];
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
	ptn_uuid_format(&m.id, id);
	w->text[w->n++] = ptn_arena_strdup(d->sc.arena, id);
	if (m.address != NULL)
		w->text[w->n++] = m.address;
	return w->text[0] != NULL ? PTN_OK : PTN_E_NOMEM;
}

static enum ptn_err
find(struct ptn_cli_context *d, const char *name, struct whom *w)
{
	const char *narrow = ptn_client_network_of(d->sc.arena, name, false);
	const char *wide = ptn_client_network_of(d->sc.arena, name, true);

	if (narrow == NULL || wide == NULL)
		return find_user(d, name, w);
	w->text[w->n++] = narrow;
	w->text[w->n++] = wide;
	return PTN_OK;
}

static void
show_row(const struct ptn_cli_context *d, const struct ptn_ratelimit_row *row)
{
	struct ptn_ratelimit rate;

	if (!ptn_limit_named(d->cf, row->what, &rate))
		return;
	(void)printf("%-24s  %6" PRId64 " of %-6" PRId64, row->what,
	    ptn_ratelimit_used(&rate, row), rate.limit);
	ptn_cli_print_time(row->expires_at_us);
	(void)putchar('\n');
}

/* limits show: one line a bucket that is not empty, and when it will be. */
static enum ptn_err
show(struct ptn_cli_context *d, struct whom *w)
{
	struct ptn_ratelimit_row *row;
	enum ptn_err r;
	size_t i, j, n;

	for (i = 0; i < w->n; i++) {
		r = ptn_ratelimits_of(&d->sc, w->text[i], &row, &n);
		if (r != PTN_OK)
			return r;
		for (j = 0; j < n; j++)
			show_row(d, &row[j]);
	}
	return PTN_OK;
}

/* limits clear: empty them, and say how many there were. */
static enum ptn_err
clear(struct ptn_cli_context *d, struct whom *w)
{
	uint64_t cleared;
	enum ptn_err r;

	r = ptn_limits_clear(&d->sc, w->text, w->n, &w->user, &cleared);
	if (r == PTN_OK)
		(void)printf("%" PRIu64 "\n", cleared);
	return r;
}

/* THE table of sub-commands. */
static const struct {
	const char *name;
	enum ptn_err (*run)(struct ptn_cli_context *d, struct whom *w);
} commands[] = { { "show", show }, { "clear", clear } };
#define COMMANDS PTN_ARRAY_LEN(commands)

static int
usage(void)
{
	(void)fputs("usage: postern [--config FILE] [--set KEY=VALUE]... "
		    "limits show | clear [--org ORG] WHOM\n\n"
		    "WHOM is the id of a user, a username or mail address, or "
		    "the address of a client.\n",
	    stderr);
	return 2;
}

static enum ptn_err
run(struct ptn_cli_context *d, size_t command, const char *org,
    const char *name)
{
	struct whom w = { .n = 0 };
	struct ptn_org_row row;
	enum ptn_err r;

	if ((r = ptn_cli_context_org(d, org, &row)) != PTN_OK ||
	    (r = find(d, name, &w)) != PTN_OK)
		return r;
	return commands[command].run(d, &w);
}

int
ptn_cli_limits(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	const bool placed = argc == 5 && strcmp(argv[2], "--org") == 0;
	const char *org = placed ? argv[3] : PTN_TENANT_DEFAULT;
	struct ptn_cli_context d;
	enum ptn_err r;
	size_t i = 0;

	while (i < COMMANDS &&
	    (argc < 2 || strcmp(argv[1], commands[i].name) != 0))
		i++;
	if (i == COMMANDS || (argc != 3 && !placed))
		return usage();
	r = ptn_cli_context_open(&d, "limits", PTN_API_DFNS, conf_path, set);
	if (r == PTN_OK)
		r = run(&d, i, org, argv[argc - 1]);
	if (r != PTN_OK)
		(void)fprintf(stderr, "postern: limits %s: %s\n", argv[1],
		    d.why != NULL ? d.why : ptn_err_name(r));
	ptn_cli_context_close(&d);
	return r == PTN_OK && fflush(stdout) == 0 ? 0 : 1;
}
