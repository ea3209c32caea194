#include "fcgi/cli/org.h"

#include <stdio.h>
#include <string.h>

#include "fcgi/cli/cli.h"
#include "fcgi/cli/option.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/dfns/administer.h"
#include "lib/format/dfnsid.h"

/* org list: one line an organisation, oldest first. */
static enum ptn_err
list(struct ptn_cli_context *d, int argc, char *const *argv)
{
	struct ptn_org_row *o;
	char id[PTN_DFNSID_STR];
	enum ptn_err r;
	size_t i, n;

	(void)argc;
	(void)argv;
	if ((r = ptn_orgs(&d->sc, &o, &n)) != PTN_OK)
		return r;
	for (i = 0; i < n; i++) {
		ptn_dfnsid_format(PTN_DFNSID_ORG, &o[i].id, id);
		(void)printf("%-33s  %-8s  %-24s  %s\n", id,
		    o[i].active ? "active" : "inactive",
		    o[i].rp_id != NULL ? o[i].rp_id : d->sc.cf->rp_id,
		    o[i].name);
	}
	return PTN_OK;
}

/* Words with a space between them; NULL for none at all. */
static enum ptn_err
join(struct ptn_arena *a, char *const *words, const char **out)
{
	struct ptn_buf b;

	ptn_buf_init(&b, a);
	for (; *words != NULL; words++)
		ptn_buf_printf(&b, "%s%s", b.len > 0 ? " " : "", *words);
	*out = b.p;
	return b.bad ? PTN_E_NOMEM : PTN_OK;
}

/* org create NAME ADDRESS [RP_ID ORIGIN...]: print its id. */
static enum ptn_err
create(struct ptn_cli_context *d, int argc, char *const *argv)
{
	struct ptn_org_row org = { .name = argv[1], .rp_name = argv[1] };
	char id[PTN_DFNSID_STR];
	const char *problem;
	enum ptn_err r;

	d->misused = argc == 4;
	if (d->misused)
		return PTN_E_INPUT;
	org.rp_id = argv[3];
	if (argc > 4 &&
	    (r = join(d->sc.arena, argv + 4, &org.origins)) != PTN_OK)
		return r;
	if ((problem = ptn_org_problem(&org)) != NULL)
		return ptn_cli_context_fail(d, PTN_E_INPUT, problem);
	r = ptn_administer_found(&d->sc, &org, argv[2]);
	if (r == PTN_E_CONFLICT)
		return ptn_cli_context_fail(d, r,
		    "there is an organisation of that name");
	if (r != PTN_OK)
		return ptn_org_uninvited(d, r);
	ptn_dfnsid_format(PTN_DFNSID_ORG, &org.id, id);
	(void)printf("%s\n", id);
	return PTN_OK;
}

/*
 * The value of an option, "--name VALUE" or "--name=VALUE"; then *i is at its
 * last word.  NULL if it is another one, or lacks its value.
 */
static char *
option(const char *name, char *const *argv, int *i)
{
	const size_t len = strlen(name);

	if (strncmp(argv[*i], name, len) != 0)
		return NULL;
	if (argv[*i][len] == '=')
		return argv[*i] + len + 1;
	return argv[*i][len] == '\0' && argv[*i + 1] != NULL ? argv[++*i]
							     : NULL;
}

/* Set to nothing: what the configuration says holds again. */
static const char *
or_null(const char *s)
{
	return s != NULL && s[0] != '\0' ? s : NULL;
}

static enum ptn_err
read_options(struct ptn_cli_context *d, char *const *argv,
    struct ptn_org_row *org)
{
	char *origins[PTN_ORG_ORIGINS_MAX + 1] = { NULL };
	char *value;
	enum ptn_err r = PTN_OK;
	size_t n = 0;
	int i;

	for (i = 2; argv[i] != NULL; i++) {
		if ((value = option("--rp-id", argv, &i)) != NULL)
			org->rp_id = or_null(value);
		else if ((value = option("--rp-name", argv, &i)) != NULL)
			org->rp_name = or_null(value);
		else if ((value = option("--origin", argv, &i)) != NULL &&
		    n < PTN_ORG_ORIGINS_MAX)
			origins[n++] = value;
		else
			d->misused = true;
		if (d->misused)
			return PTN_E_INPUT;
	}
	if (n > 0 && (r = join(d->sc.arena, origins, &org->origins)) == PTN_OK)
		org->origins = or_null(org->origins);
	return r;
}

/* org set ORG [--rp-id ID] [--rp-name NAME] [--origin ORIGIN]... */
static enum ptn_err
set(struct ptn_cli_context *d, int argc, char *const *argv)
{
	struct ptn_org_row org;
	const char *problem;
	enum ptn_err r;

	(void)argc;
	if ((r = ptn_cli_context_org(d, argv[1], &org)) != PTN_OK ||
	    (r = read_options(d, argv, &org)) != PTN_OK)
		return r;
	if ((problem = ptn_org_problem(&org)) != NULL)
		return ptn_cli_context_fail(d, PTN_E_INPUT, problem);
	return ptn_administer_rp(&d->sc, &org);
}

#define ANY 1024 /* words */

/* THE table of sub-commands. */
static const struct {
	const char *name;
	int min; /* words behind it */
	int max;
	ptn_cli_org_fn run;
	const char *usage;
} commands[] = {
	/* clang-format off */
	{ "create",     2, ANY, create,             "NAME ADDRESS [RP_ID ORIGIN...]" },
	{ "list",       0, 0,   list,               "" },
	{ "set",        2, ANY, set,                "ORG [--rp-id ID] [--rp-name NAME] [--origin ORIGIN]..." },
	{ "members",    1, 1,   ptn_cli_org_members,    "ORG" },
	{ "invite",     2, 2,   ptn_cli_org_invite,     "ORG ADDRESS" },
	{ "credentials", 2, 2,  ptn_cli_org_credentials, "ORG USERNAME" },
	{ "admit",      3, 3,   ptn_cli_org_admit,      "ORG USERNAME CREDENTIAL" },
	{ "address",    3, 3,   ptn_cli_org_address,    "ORG USERNAME ADDRESS" },
	{ "activate",   1, 2,   ptn_cli_org_activate,   "ORG [USERNAME]" },
	{ "deactivate", 1, 2,   ptn_cli_org_deactivate, "ORG [USERNAME]" },
	{ "service-account", 2, ANY, ptn_cli_org_service_account,
	    "create ORG NAME --public-key FILE [--days N]\n"
	    "  service-account list ORG\n  service-account revoke ORG TOKEN-ID" },
	/* clang-format on */
};
#define COMMANDS (PTN_ARRAY_LEN(commands))

static int
usage(void)
{
	size_t i;

	(void)fputs("usage: postern [--config FILE] [--set KEY=VALUE]... "
		    "org COMMAND ...\n\ncommands:\n",
	    stderr);
	for (i = 0; i < COMMANDS; i++)
		(void)fprintf(stderr, "  %s %s\n", commands[i].name,
		    commands[i].usage);
	(void)fputs("\nORG is the name or the id of an organisation.\n",
	    stderr);
	return 2;
}

int
ptn_cli_org(int argc, char **argv, const char *conf_path,
    const char *const *set_keys)
{
	struct ptn_cli_context d;
	const char *bad = NULL;
	enum ptn_err r;
	size_t i = 0;

	while (i < COMMANDS &&
	    (argc < 2 || strcmp(argv[1], commands[i].name) != 0))
		i++;
	if (i < COMMANDS)
		bad = ptn_cli_option_unknown(commands[i].usage, argc - 2,
		    argv + 2);
	if (bad != NULL)
		(void)fprintf(stderr,
		    "postern: org %s: there is no option "
		    "%s\n",
		    argv[1], bad);
	if (bad != NULL)
		return usage();
	if (i == COMMANDS || argc - 2 < commands[i].min ||
	    argc - 2 > commands[i].max)
		return usage();
	r = ptn_cli_context_open(&d, "org", PTN_API_DFNS, conf_path, set_keys);
	if (r == PTN_OK)
		r = commands[i].run(&d, argc - 1, argv + 1);
	ptn_cli_context_close(&d);
	if (d.misused)
		return usage();
	if (r != PTN_OK)
		(void)fprintf(stderr, "postern: org %s: %s\n", argv[1],
		    d.why != NULL ? d.why : ptn_err_name(r));
	return r == PTN_OK && fflush(stdout) == 0 ? 0 : 1;
}
