#include "config.h"

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
	const char *usage;
	const char *what;
} commands[] = {
	/* clang-format off */
	{ "setup",   ptn_cli_setup,   "setup [OPTION]...",   "take a fresh host to a server that can be started" },
	{ "serve",   cmd_serve,       "serve",               "run the login server" },
	{ "migrate", ptn_cli_migrate, "migrate up|status",   "bring the database schema up to date" },
	{ "config",  ptn_cli_config,  "config init [FILE]|check|print", "write, check or show the configuration" },
	{ "snippet", ptn_cli_snippet, "snippet apache|lighttpd|nginx", "print what the web server needs" },
	{ "backup",  ptn_cli_backup,  "backup check FILE|-", "say whether secrets.keys open a dump" },
	{ "doctor",  ptn_cli_doctor,  "doctor [--json] ...", "say what is wrong with an installation" },
	{ "jwk",     ptn_cli_jwk,     "jwk rotate [--now]|list [--dfns]", "change or list the signing keys" },
	{ "org",     ptn_cli_org,     "org COMMAND ...",     "organisations and their members" },
	{ "limits",  ptn_cli_limits,  "limits show|clear [--org ORG] WHOM", "what is counted of somebody" },
	{ "courier", ptn_cli_courier, "courier --once",      "send queued mail and expire old rows, for cron" },
	{ "version", cmd_version,     "version",             "print the version" },
	{ "help",    cmd_help,        "help",                "print this text" },
	/* clang-format on */
};
#define COMMANDS (PTN_ARRAY_LEN(commands))

static void
print_help(FILE *out)
{
	size_t i;

	fprintf(out,
	    "usage: postern [-c FILE] [--set PATH=VALUE]... COMMAND ...\n\n"
	    "commands:\n");
	for (i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-31s %s\n", commands[i].usage,
		    commands[i].what);
	fprintf(out,
	    "\noptions:\n"
	    "  -c, --config FILE               the configuration to use\n"
	    "  --set PATH=VALUE                override one of its keys\n\n"
	    "The manual is postern(8).\n");
}

static int
too_many(const char *name)
{
	fprintf(stderr, "postern: \"%s\" takes no arguments\n", name);
	return EXIT_USAGE;
}

static int
cmd_serve(int argc, char **argv, const char *conf_path, const char *const *set)
{
	if (argc > 1)
		return too_many(argv[0]);
	return ptn_serve(conf_path, set);
}

static int
cmd_version(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	(void)conf_path;
	(void)set;
	if (argc > 1)
		return too_many(argv[0]);
	printf("postern %s\n", PACKAGE_VERSION);
	return 0;
}

static int
cmd_help(int argc, char **argv, const char *conf_path, const char *const *set)
{
	(void)argc;
	(void)argv;
	(void)conf_path;
	(void)set;
	print_help(stdout);
	return 0;
}

static int
usage(const char *why, const char *what)
{
	fprintf(stderr, "postern: %s%s\nTry \"postern help\".\n", why, what);
	return EXIT_USAGE;
}

/*
 * If argv[*i] is the option name: its value, from "--name=VALUE" or from the
 * next argument (then *i moves on).  NULL if it is another one; the empty
 * string if it lacks its value.
 */
static const char *
option(const char *name, int argc, char **argv, int *i)
{
	size_t len = strlen(name);

	if (strncmp(argv[*i], name, len) != 0)
		return NULL;
	if (argv[*i][len] == '=')
		return argv[*i] + len + 1;
	if (argv[*i][len] != '\0')
		return NULL;
	if (*i + 1 >= argc)
		return "";
	(*i)++;
	return argv[*i];
}

/* Our options may stand before and behind the sub-command; the rest is its. */
static int
parse(int argc, char **argv, struct options *o)
{
	const char *value;
	int i;

	for (i = 1; i < argc; i++) {
		if ((value = option("--config", argc, argv, &i)) != NULL ||
		    (value = option("-c", argc, argv, &i)) != NULL)
			o->conf_path = value;
		else if ((value = option("--set", argc, argv, &i)) != NULL)
			o->set[o->nset++] = value;
		else
			o->rest[o->nrest++] = argv[i];
		if (value != NULL && value[0] == '\0')
			return usage("a value is missing behind ", argv[i]);
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

static int
no_command(const char *name)
{
	struct ptn_near n = ptn_near_begin(name);
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		ptn_near_try(&n, commands[i].name);
	fprintf(stderr, "postern: there is no command %s%s%s%s\n"
			"Try \"postern help\".\n",
	    name, n.best != NULL ? "; did you mean " : "",
	    n.best != NULL ? n.best : "", n.best != NULL ? "?" : "");
	return EXIT_USAGE;
}

static int
run(char *argv0, struct options *o)
{
	const char *name, *bad;
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
	for (i = 0; i < COMMANDS; i++) {
		if (strcmp(name, commands[i].name) != 0)
			continue;
		bad = strstr(commands[i].usage, "...") != NULL
		    ? NULL /* it tells by itself */
		    : ptn_cli_option_unknown(commands[i].usage, o->nrest - 1,
			  o->rest + 1);
		if (bad != NULL)
			return usage("there is no option ", bad);
		return commands[i].run(o->nrest, o->rest, o->conf_path, o->set);
	}
	return name[0] == '-' ? usage("there is no option ", name)
			      : no_command(name);
}

int
main(int argc, char **argv)
{
	struct options o = { 0 };
	size_t max = (size_t)(argc > 0 ? argc : 0) + 1;
	int rc;

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
	return rc;
}
