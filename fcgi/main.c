#include "config.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/cli/cli.h"
#include "fcgi/cli/option.h"
#include "fcgi/listen.h"
#include "fcgi/process.h"
#include "lib/base/array.h"
#include "lib/crypto/crypto.h"
#include "lib/format/near.h"

#define EXIT_USAGE 2

/* What the command line says, apart from the sub-command's own words. */
struct options {
	const char *conf_path; /* or NULL */
	const char **set;      /* NULL-terminated */
	size_t nset;
	char **rest; /* the sub-command and what it takes; NULL-terminated */
	int nrest;
};

typedef int (*command)(int argc, char **argv, const char *conf_path,
    const char *const *set);

static int cmd_serve(int argc, char **argv, const char *conf_path,
    const char *const *set);
static int cmd_version(int argc, char **argv, const char *conf_path,
    const char *const *set);
static int cmd_help(int argc, char **argv, const char *conf_path,
    const char *const *set);

/* THE table of sub-commands. */
static const struct {
	const char *name;
	command run;
	const char *usage; /* short: the words that complete it */
	const char *what;
	void (*more)(FILE *out); /* of its --help; or NULL */
} commands[] = {
	/* clang-format off */
	{ "setup",   ptn_cli_setup,   "setup [OPTION]...",   "take a fresh host to a server that can be started", ptn_cli_setup_help },
	{ "serve",   cmd_serve,       "serve",               "run the login server", NULL },
	{ "migrate", ptn_cli_migrate, "migrate up|status",   "bring the database schema up to date", NULL },
	{ "config",  ptn_cli_config,  "config init [FILE]|check|print", "write, check or show the configuration", NULL },
	{ "snippet", ptn_cli_snippet, "snippet apache|lighttpd|nginx [--into WHERE]", "print what the web server needs", ptn_cli_snippet_help },
	{ "backup",  ptn_cli_backup,  "backup check FILE|-", "say whether secrets.keys open a dump", NULL },
	{ "doctor",  ptn_cli_doctor,  "doctor [OPTION]...", "say what is wrong with an installation", ptn_cli_doctor_help },
	{ "hash-bench", ptn_cli_hash_bench, "hash-bench [--json]", "what hashing costs here, and what to write", ptn_cli_hash_bench_help },
	{ "jwk",     ptn_cli_jwk,     "jwk rotate [--now]|list [--tenant ORG] [--dfns]", "change or list the signing keys", NULL },
	{ "org",     ptn_cli_org,     "org COMMAND ...",     "organisations and their members", ptn_cli_org_help },
	{ "user",    ptn_cli_user,    "user COMMAND ...",    "import, export, list and change users", ptn_cli_user_help },
	{ "import-from", ptn_cli_from, "import-from PROGRAM ...", "bring users of another program along", ptn_cli_from_help },
	{ "admin-key", ptn_cli_admin_key, "admin-key create|list|revoke ...", "keys of the Admin API", ptn_cli_admin_key_help },
	{ "operator", ptn_cli_operator, "operator add|remove|list ...", "users who log in as operators", ptn_cli_operator_help },
	{ "tenant",  ptn_cli_tenant,  "tenant COMMAND ...",  "tenants, and what they have of their own", ptn_cli_tenant_help },
	{ "limits",  ptn_cli_limits,  "limits show|clear [--org ORG] WHOM", "what is counted of somebody", ptn_cli_limits_help },
	{ "webhook", ptn_cli_webhook, "webhook COMMAND ...", "who is told of what happens", ptn_cli_webhook_help },
	{ "courier", ptn_cli_courier, "courier --once",      "send queued mail and expire old rows, for cron", NULL },
	{ "version", cmd_version,     "version",             "print the version", NULL },
	{ "help",    cmd_help,        "help [COMMAND]",      "print this text", NULL },
	/* clang-format on */
};
#define COMMANDS (PTN_ARRAY_LEN(commands))

static const char common[] = "postern [-c FILE] [--set PATH=VALUE]... ";

static void
print_help(FILE *out)
{
	size_t i, width = 0;

	for (i = 0; i < COMMANDS; i++)
		if (strlen(commands[i].usage) > width)
			width = strlen(commands[i].usage);
	fprintf(out, "usage: %sCOMMAND ...\n\ncommands:\n", common);
	for (i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-*s  %s\n", (int)width, commands[i].usage,
		    commands[i].what);
	fprintf(out,
	    "\noptions:\n"
	    "  %-*s  the configuration to use\n"
	    "  %-*s  override one of its keys\n\n"
	    "\"postern COMMAND --help\" has more; the manual is postern(8).\n",
	    (int)width, "-c, --config FILE", (int)width, "--set PATH=VALUE");
}

/* The index of a command, or COMMANDS. */
static size_t
find_command(const char *name)
{
	size_t i = 0;

	while (i < COMMANDS && strcmp(name, commands[i].name) != 0)
		i++;
	return i;
}

static int
print_command(size_t i)
{
	printf("usage: %s%s\n\n%c%s\n", common, commands[i].usage,
	    toupper((unsigned char)commands[i].what[0]), commands[i].what + 1);
	if (commands[i].more != NULL) {
		putchar('\n');
		commands[i].more(stdout);
	}
	return 0;
}

static int
no_command(const char *name)
{
	struct ptn_near n = ptn_near_begin(name);
	char hint[PTN_NEAR_HINT];
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		ptn_near_try(&n, commands[i].name);
	fprintf(stderr,
	    "postern: there is no command %s%s\n"
	    "Try \"postern help\".\n",
	    name, ptn_near_hint(n.best, hint));
	return EXIT_USAGE;
}

/* Neither options nor more words than that. */
static int
plain(int argc, char **argv, int max)
{
	const char *name = argv[0];
	const int status = ptn_cli_options(name, NULL, 0, &argc, argv);

	return status >= 0 ? status
			   : ptn_cli_words(name, "", 0, max, argc, argv);
}

static int
cmd_serve(int argc, char **argv, const char *conf_path, const char *const *set)
{
	const int status = plain(argc, argv, 0);

	return status >= 0 ? status : ptn_serve(conf_path, set);
}

static int
cmd_version(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	const int status = plain(argc, argv, 0);

	(void)conf_path;
	(void)set;
	if (status >= 0)
		return status;
	printf("postern %s\n", PACKAGE_VERSION);
	return 0;
}

static int
cmd_help(int argc, char **argv, const char *conf_path, const char *const *set)
{
	const int status = plain(argc, argv, 1);
	size_t i;

	(void)conf_path;
	(void)set;
	if (status >= 0)
		return status;
	if (argc < 2) {
		print_help(stdout);
		return 0;
	}
	i = find_command(argv[1]);
	return i < COMMANDS ? print_command(i) : no_command(argv[1]);
}

static int
usage(const char *why, const char *what)
{
	fprintf(stderr, "postern: %s%s\nTry \"postern help\".\n", why, what);
	return EXIT_USAGE;
}

/*
 * Our options may stand before and behind the sub-command, up to a "--"; the
 * rest is its.
 */
static int
parse(int argc, char **argv, struct options *o)
{
	static const char *const names[] = { "--config", "-c", "--set" };
	enum ptn_cli_match match;
	const char *value = NULL, *word;
	size_t n;
	bool ended = false;
	int i;

	for (i = 1; i < argc; i++) {
		word = argv[i];
		match = PTN_CLI_OTHER;
		if (!ended && ptn_cli_ends(word)) {
			ended = true;
			if (o->nrest == 0)
				continue; /* else it is the command's, too */
		}
		for (n = 0; n < 3 && match == PTN_CLI_OTHER && !ended; n++)
			match = ptn_cli_value(names[n], argv, &i, &value);
		if (match == PTN_CLI_OTHER)
			o->rest[o->nrest++] = argv[i];
		else if (match == PTN_CLI_NO_VALUE || value[0] == '\0')
			return usage("a value is missing behind ", word);
		else if (n == 3)
			o->set[o->nset++] = value;
		else
			o->conf_path = value;
	}
	return 0;
}

/*
 * Without a sub-command: what the name or the way we were started says.  Web
 * servers start "postern.fcgi", or hand over the socket on descriptor 0.
 */
static const char *
implied_command(const char *argv0)
{
	static const char fcgi[] = "postern.fcgi";
	size_t len = argv0 != NULL ? strlen(argv0) : 0;

	if (len >= sizeof(fcgi) - 1 &&
	    strcmp(argv0 + len - (sizeof(fcgi) - 1), fcgi) == 0)
		return "serve";
	return ptn_listen_is(STDIN_FILENO) ? "serve" : NULL;
}

/* "-h", "--help" and "--version" are what people try first. */
static const char *
command_name(const char *word)
{
	if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)
		return "help";
	if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0)
		return "version";
	return word;
}

/* Asked for behind a command, wherever that is. */
static bool
wants_help(const struct options *o)
{
	int i;

	for (i = 1; i < o->nrest && !ptn_cli_ends(o->rest[i]); i++)
		if (strcmp(o->rest[i], "--help") == 0 ||
		    strcmp(o->rest[i], "-h") == 0)
			return true;
	return false;
}

static int
run(char *argv0, struct options *o)
{
	const char *name;
	size_t i;

	if (o->nrest == 0) {
		name = implied_command(argv0);
		if (name == NULL) {
			print_help(stderr);
			return EXIT_USAGE;
		}
		return ptn_serve(o->conf_path, o->set);
	}
	name = command_name(o->rest[0]);
	i = find_command(name);
	if (i < COMMANDS && wants_help(o))
		return print_command(i);
	if (i < COMMANDS)
		return commands[i].run(o->nrest, o->rest, o->conf_path, o->set);
	return name[0] == '-' ? usage("there is no option ", name)
			      : no_command(name);
}

/*
 * No file that is opened becomes one of the first three, in the place of one
 * that we were started without; what is written there fails.
 */
static void
hold_descriptors(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", O_RDONLY);
}

/* What was asked for has not arrived, if it could not be written. */
static int
finish(int rc)
{
	const bool lost = ferror(stdout) != 0;

	if (fflush(stdout) == 0 && !lost)
		return rc;
	fprintf(stderr, "postern: standard output cannot be written\n");
	return rc != 0 ? rc : 1;
}

int
main(int argc, char **argv)
{
	struct options o = { 0 };
	size_t max = (size_t)(argc > 0 ? argc : 0) + 1;
	int rc;

	hold_descriptors();
	/* What goes to standard error stands behind what was said before. */
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	o.set = calloc(max, sizeof(*o.set));
	o.rest = calloc(max, sizeof(*o.rest));
	if (o.set == NULL || o.rest == NULL) {
		fprintf(stderr, "postern: out of memory\n");
		rc = 1;
	} else if (ptn_crypto_init() != PTN_OK) {
		rc = 1; /* every command may hash; the log says why not */
	} else {
		rc = parse(argc, argv, &o);
		if (rc == 0)
			rc = run(argv[0], &o);
	}
	free(o.set);
	free(o.rest);
	return finish(rc);
}
