#include "fcgi/cli/org.h"

#include <stdio.h>
#include <string.h>

#include "fcgi/cli/cli.h"
#include "fcgi/cli/option.h"
#include "fcgi/cli/print.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/dfns/administer.h"
#include "lib/format/dfnsid.h"

/* org list: one line an organisation, oldest first. */
static enum ptn_err
list(struct ptn_cli_context *d, int argc, char **argv)
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
		(void)printf("%-33s  %-8s  %-24s  ", id,
		    o[i].active ? "active" : "inactive",
		    o[i].rp_id != NULL ? o[i].rp_id : d->sc.cf->rp_id);
		ptn_cli_print_line(o[i].name);
	}
	return PTN_OK;
}

/* Words with a space between them; NULL for none at all. */
static enum ptn_err
join(struct ptn_arena *a, const char *const *words, const char **out)
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
create(struct ptn_cli_context *d, int argc, char **argv)
{
	struct ptn_org_row org = { .name = argv[1], .rp_name = argv[1] };
	char id[PTN_DFNSID_STR];
	const char *problem;
	enum ptn_err r;

	d->misused = argc == 4;
	if (d->misused) {
		(void)ptn_cli_complain("org create",
		    "a RP_ID needs the ORIGIN of its pages, too");
		return PTN_E_INPUT;
	}
	org.rp_id = argv[3];
	if (argc > 4 &&
	    (r = join(d->sc.arena, (const char *const *)(argv + 4),
		 &org.origins)) != PTN_OK)
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

/* Set to nothing: what the configuration says holds again. */
static const char *
or_null(const char *s)
{
	return s != NULL && s[0] != '\0' ? s : NULL;
}

/* org set ORG [--rp-id ID] [--rp-name NAME] [--origin ORIGIN]... */
static enum ptn_err
set(struct ptn_cli_context *d, int argc, char **argv)
{
	const char *id = NULL, *name = NULL;
	const char *origins[PTN_ORG_ORIGINS_MAX + 1] = { NULL };
	size_t n = 0;
	const struct ptn_cli_option options[] = {
		{ "--rp-id", &id, NULL, NULL, 0 },
		{ "--rp-name", &name, NULL, NULL, 0 },
		{ "--origin", origins, NULL, &n, PTN_ORG_ORIGINS_MAX },
	};
	struct ptn_org_row org;
	const char *problem;
	enum ptn_err r;

	d->misused = ptn_cli_options("org set", options, PTN_ARRAY_LEN(options),
			 &argc, argv) >= 0 ||
	    ptn_cli_words("org set", "ORG", 1, 1, argc, argv) >= 0;
	if (!d->misused && id == NULL && name == NULL && n == 0) {
		(void)ptn_cli_complain("org set", "what to set is missing");
		d->misused = true;
	}
	if (d->misused)
		return PTN_E_INPUT;
	if ((r = ptn_cli_context_org(d, argv[1], &org)) != PTN_OK)
		return r;
	if (id != NULL)
		org.rp_id = or_null(id);
	if (name != NULL)
		org.rp_name = or_null(name);
	if (n > 0 && (r = join(d->sc.arena, origins, &org.origins)) != PTN_OK)
		return r;
	org.origins = or_null(org.origins);
	if ((problem = ptn_org_problem(&org)) != NULL)
		return ptn_cli_context_fail(d, PTN_E_INPUT, problem);
	return ptn_administer_rp(&d->sc, &org);
}

#define ANY 1024     /* words */
#define TITLE_MAX 32 /* bytes of "org COMMAND" */

/* THE table of sub-commands. */
static const struct {
	const char *name;
	int min; /* words behind it */
	int max;
	ptn_cli_org_fn run;
	const char *usage;
	bool options; /* which it reads itself, and its words */
} commands[] = {
	/* clang-format off */
	{ "create",     2, ANY, create,             "NAME ADDRESS [RP_ID ORIGIN...]", false },
	{ "list",       0, 0,   list,               "", false },
	{ "set",        2, ANY, set,                "ORG [--rp-id ID] [--rp-name NAME] [--origin ORIGIN]...", true },
	{ "members",    1, 1,   ptn_cli_org_members,    "ORG", false },
	{ "invite",     2, 2,   ptn_cli_org_invite,     "ORG ADDRESS", false },
	{ "role",       3, 3,   ptn_cli_org_role,       "ORG USERNAME owner|member", false },
	{ "credentials", 2, 2,  ptn_cli_org_credentials, "ORG USERNAME", false },
	{ "admit",      3, 3,   ptn_cli_org_admit,      "ORG USERNAME CREDENTIAL", false },
	{ "tokens",     2, 2,   ptn_cli_org_tokens,     "ORG USERNAME", false },
	{ "revoke",     3, 3,   ptn_cli_org_revoke,     "ORG USERNAME TOKEN-ID", false },
	{ "address",    3, 3,   ptn_cli_org_address,    "ORG USERNAME ADDRESS", false },
	{ "activate",   1, 2,   ptn_cli_org_activate,   "ORG [USERNAME]", false },
	{ "deactivate", 1, 2,   ptn_cli_org_deactivate, "ORG [USERNAME]", false },
	{ "service-account", 2, ANY, ptn_cli_org_service_account,
	    "create ORG NAME --public-key FILE [--days N]\n"
	    "  service-account list ORG\n  service-account revoke ORG TOKEN-ID", true },
	/* clang-format on */
};
#define COMMANDS (PTN_ARRAY_LEN(commands))

void
ptn_cli_org_help(FILE *out)
{
	size_t i;

	(void)fputs("commands:\n", out);
	for (i = 0; i < COMMANDS; i++)
		(void)fprintf(out, "  %s %s\n", commands[i].name,
		    commands[i].usage);
	(void)fputs("\nORG is the name or the id of an organisation.\n", out);
}

/* Which one, and as many words as it takes; -1 if not. */
static int
choose(int *argc, char **argv, char title[TITLE_MAX])
{
	const char *names[COMMANDS];
	size_t i;
	int which;

	for (i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	if ((which = ptn_cli_verb("org", names, COMMANDS, *argc, argv)) < 0)
		return -1;
	(void)snprintf(title, TITLE_MAX, "org %s", commands[which].name);
	if (!commands[which].options &&
	    ptn_cli_options(title, NULL, 0, argc, argv) >= 0)
		return -1;
	if (!commands[which].options &&
	    ptn_cli_words(title, commands[which].usage, commands[which].min,
		commands[which].max, *argc - 1, argv + 1) >= 0)
		return -1;
	return which;
}

int
ptn_cli_org(int argc, char **argv, const char *conf_path,
    const char *const *set_keys)
{
	char title[TITLE_MAX];
	struct ptn_cli_context d;
	const int which = choose(&argc, argv, title);
	enum ptn_err r;

	if (which < 0)
		return 2;
	r = ptn_cli_context_open(&d, "org", PTN_API_DFNS, conf_path, set_keys);
	if (r == PTN_OK)
		r = commands[which].run(&d, argc - 1, argv + 1);
	ptn_cli_context_close(&d);
	if (d.misused)
		return 2;
	if (r != PTN_OK)
		ptn_cli_failed(title, r, d.why);
	return r == PTN_OK ? 0 : 1;
}
