#include "fcgi/cli/user.h"

#include <stdio.h>

#include "fcgi/cli/cli.h"
#include "fcgi/cli/option.h"
#include "lib/base/array.h"

#define TITLE_MAX 32 /* bytes of "user COMMAND" */

/* THE table of sub-commands. */
static const struct {
	const char *name;
	ptn_cli_user_fn run;
	const char *usage;
} commands[] = {
	/* clang-format off */
	{ "import", ptn_cli_user_import, "[--tenant ORG] [--dry-run] FILE" },
	{ "export", ptn_cli_user_export, "[--tenant ORG]" },
	{ "list", ptn_cli_user_list,
	    "[--tenant ORG] [--email PART] [--username PART] "
	    "[--name PART]\n      [--metadata JSON] [--page N] [--json]" },
	{ "show", ptn_cli_user_show, "[--tenant ORG] [--json] WHO" },
	{ "create", ptn_cli_user_create,
	    "[--tenant ORG] [--email ADDRESS]... [--verified] "
	    "[--username NAME]" },
	{ "metadata", ptn_cli_user_metadata,
	    "[--tenant ORG] [--patch JSON] WHO" },
	{ "add-email", ptn_cli_user_add_email,
	    "[--tenant ORG] [--verified] WHO ADDRESS" },
	{ "lock", ptn_cli_user_lock, "[--tenant ORG] WHO" },
	{ "unlock", ptn_cli_user_unlock, "[--tenant ORG] WHO" },
	{ "delete", ptn_cli_user_delete, "[--tenant ORG] WHO" },
	{ "set-password", ptn_cli_user_set_password, "[--tenant ORG] WHO" },
	{ "sessions", ptn_cli_user_sessions,
	    "[--tenant ORG] [--end ID|all] [--json] WHO" },
	/* clang-format on */
};
#define COMMANDS PTN_ARRAY_LEN(commands)

void
ptn_cli_user_help(FILE *out)
{
	size_t i;

	(void)fputs("commands:\n", out);
	for (i = 0; i < COMMANDS; i++)
		(void)fprintf(out, "  %s %s\n", commands[i].name,
		    commands[i].usage);
	(void)fputs("\nWHO is the id, an address or the username of a user.\n"
		    "ORG is the name or the id of an organisation; without "
		    "it, it is about the default one.\n",
	    out);
}

int
ptn_cli_user(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	const char *names[COMMANDS];
	char title[TITLE_MAX];
	struct ptn_cli_context d;
	enum ptn_err r;
	size_t i;
	int which;

	for (i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	if ((which = ptn_cli_verb("user", names, COMMANDS, argc, argv)) < 0)
		return 2;
	(void)snprintf(title, sizeof(title), "user %s", commands[which].name);
	r = ptn_cli_context_open(&d, "user", PTN_API_HANKO, conf_path, set);
	if (r == PTN_OK)
		r = commands[which].run(&d, argc - 1, argv + 1);
	ptn_cli_context_close(&d);
	if (d.misused)
		return 2;
	if (r != PTN_OK)
		ptn_cli_failed(title, r, d.why);
	return r == PTN_OK ? 0 : 1;
}
