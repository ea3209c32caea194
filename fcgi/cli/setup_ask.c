#include "fcgi/cli/setup.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "fcgi/cli/cli.h"
#include "fcgi/cli/option.h"
#include "fcgi/cli/snippet.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/format/url.h"

#define LINE_MAX_BYTES 4096

typedef const char *(*text_fn)(const struct ptn_setup *s);
typedef const char *(*check_fn)(struct ptn_setup *s, const char *value);
typedef bool (*when_fn)(const struct ptn_setup *s);

/* -------------------------------------------------------- usual answers */

/* A socket on which a database answers here, or NULL. */
static const char *
database_socket(void)
{
	static const char *const places[] = { "/run/mysqld/mysqld.sock",
		"/var/lib/mysql/mysql.sock", "/run/mariadb/mariadb.sock",
		"/tmp/mysql.sock" };
	struct stat st;
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(places); i++)
		if (stat(places[i], &st) == 0 && S_ISSOCK(st.st_mode))
			return places[i];
	return NULL;
}

static const char *
default_name(const struct ptn_setup *s)
{
	return s->site.rp_id != NULL ? s->site.rp_id : "Postern";
}

static const char *
default_admin(const struct ptn_setup *s)
{
	(void)s;
	return geteuid() == 0 ? database_socket() : NULL;
}

static const char *
default_database(const struct ptn_setup *s)
{
	(void)s;
	return "postern";
}

static const char *
default_migrate(const struct ptn_setup *s)
{
	(void)s;
	return "postern_migrate";
}

static const char *
default_mail(const struct ptn_setup *s)
{
	return s->terminal ? "localhost:25" : NULL;
}

static const char *
default_from(const struct ptn_setup *s)
{
	return s->site.mail_from != NULL ? s->site.mail_from
					 : "noreply@localhost";
}

static const char *
default_none(const struct ptn_setup *s)
{
	(void)s;
	return "";
}

static const char *
default_web(const struct ptn_setup *s)
{
	const char *web = ptn_snippet_installed();

	(void)s;
	return web != NULL ? web : "";
}

/* --------------------------------------------------------------- and others */

static const char *
check_url(struct ptn_setup *s, const char *value)
{
	return ptn_site_of(s->a, value, &s->site);
}

static const char *
check_not_empty(struct ptn_setup *s, const char *value)
{
	(void)s;
	return value[0] != '\0' ? NULL : "must not be empty";
}

/* A password would be on the command line, or on the screen. */
static const char *
database_problem(const char *url)
{
	const char *host = strstr(url, "://");
	const char *at = strrchr(url, '@');

	if (host == NULL ||
	    (strncmp(url, "mariadb://", 10) != 0 &&
		strncmp(url, "mysql://", 8) != 0))
		return "is not mariadb://USER@HOST/NAME";
	if (at == NULL || at == host + 3)
		return "needs a user, as mariadb://USER@HOST/NAME";
	if (memchr(host + 3, ':', (size_t)(at - host - 3)) != NULL)
		return "has a password in it: others can see it there";
	return NULL;
}

static const char *
check_database(struct ptn_setup *s, const char *value)
{
	(void)s;
	return database_problem(value);
}

/* An administrator is a socket, too, or on a terminal nobody. */
static const char *
check_admin(struct ptn_setup *s, const char *value)
{
	(void)s;
	if (value[0] == '\0' || value[0] == '/')
		return NULL;
	return database_problem(value);
}

static const char *
check_mail(struct ptn_setup *s, const char *value)
{
	const char *port = strrchr(value, ':');
	size_t len = port != NULL ? (size_t)(port - value) : strlen(value);

	(void)s;
	if (!ptn_url_host_ok(value, len) &&
	    !ptn_url_origin_host_ok(value, len, false))
		return "is neither HOST, HOST:PORT nor sendmail";
	return port == NULL || ptn_url_port_ok(port + 1) ? NULL
							 : "has a bad port";
}

static const char *
check_from(struct ptn_setup *s, const char *value)
{
	(void)s;
	return strchr(value, '@') != NULL ? NULL : "is not a mail address";
}

static const char *
check_web(struct ptn_setup *s, const char *value)
{
	(void)s;
	return value[0] == '\0' || ptn_snippet_is(value)
	    ? NULL
	    : "is neither apache, lighttpd nor nginx";
}

/* ----------------------------------------------------- when there is a need */

static bool
has(const struct ptn_setup *s, enum ptn_setup_question q)
{
	return s->answer[q] != NULL && s->answer[q][0] != '\0';
}

static bool
with_admin(const struct ptn_setup *s)
{
	return has(s, PTN_SETUP_ADMIN);
}

static bool
without_admin(const struct ptn_setup *s)
{
	return !with_admin(s);
}

static bool
without_database(const struct ptn_setup *s)
{
	return !has(s, PTN_SETUP_DATABASE);
}

static bool
with_admin_url(const struct ptn_setup *s)
{
	return with_admin(s) && s->answer[PTN_SETUP_ADMIN][0] != '/';
}

static bool
with_database(const struct ptn_setup *s)
{
	return has(s, PTN_SETUP_DATABASE);
}

static bool
with_server(const struct ptn_setup *s)
{
	return has(s, PTN_SETUP_MAIL) &&
	    strcmp(s->answer[PTN_SETUP_MAIL], "sendmail") != 0 &&
	    strncmp(s->answer[PTN_SETUP_MAIL], "localhost", 9) != 0;
}

static bool
with_mail_user(const struct ptn_setup *s)
{
	return has(s, PTN_SETUP_MAIL_USER);
}

/* ---------------------------------------------------------------- the table */

/* How a question is dealt with. */
enum manner {
	ASKED,	/* on a terminal; the default is what Enter takes */
	QUIET,	/* never asked: by its option, or the default */
	SECRET, /* asked without echo; the option names a file of it */
};

/* THE table of questions. */
static const struct question {
	const char *option;
	const char *value; /* what stands behind it, in the usage */
	const char *ask;
	enum manner manner;
	text_fn dflt;	/* NULL: none; one that says NULL: it must be told */
	check_fn check; /* NULL: anything goes */
	when_fn when;	/* NULL: always */
	const char *settled; /* keys, of which one says that it is; or "" */
} questions[PTN_SETUP__MAX] = {
	/* clang-format off */
	[PTN_SETUP_URL] = { "--url", "URL",
	    "The URL of the login server, as https://www.example.org/id",
	    ASKED, NULL, check_url, NULL, "webauthn.relying_party.origins" },
	[PTN_SETUP_NAME] = { "--name", "NAME",
	    "The name of the site, for people",
	    ASKED, default_name, check_not_empty, NULL, "service.name" },
	[PTN_SETUP_ADMIN] = { "--database-admin", "SOCKET|URL",
	    "The database's administrator: the socket where root may do all,\n"
	    "or mariadb://USER@HOST (- if there is a database for this)",
	    ASKED, default_admin, check_admin, without_database,
	    "database.url|database.password|database.socket|database.host" },
	[PTN_SETUP_ADMIN_PASSWORD] = { "--database-admin-password-file", "FILE",
	    "The administrator's password",
	    SECRET, NULL, NULL, with_admin_url, "" },
	[PTN_SETUP_DATABASE] = { "--database", "URL",
	    "The database, as mariadb://USER@HOST/NAME",
	    ASKED, NULL, check_database, without_admin,
	    "database.url|database.password|database.socket|database.host" },
	[PTN_SETUP_PASSWORD] = { "--database-password-file", "FILE",
	    "The password of that user (none: Enter)",
	    SECRET, default_none, NULL, with_database, "" },
	[PTN_SETUP_DB_NAME] = { "--database-name", "NAME", "What to call the database that is made",
	    QUIET, default_database, check_not_empty, with_admin, "" },
	[PTN_SETUP_DB_USER] = { "--database-user", "USER", "Who reads and writes it",
	    QUIET, default_database, check_not_empty, with_admin, "" },
	[PTN_SETUP_DB_MIGRATE_USER] = { "--database-migrate-user", "USER", "Who changes its tables (\"\": the same)",
	    QUIET, default_migrate, NULL, with_admin, "" },
	[PTN_SETUP_MAIL] = { "--mail", "HOST[:PORT]|sendmail",
	    "The mail server, HOST[:PORT], or sendmail",
	    ASKED, default_mail, check_mail, NULL,
	    "email_delivery.smtp.host|email_delivery.smtp.port|email_delivery.transport" },
	[PTN_SETUP_MAIL_USER] = { "--mail-user", "USER",
	    "The user there (none: Enter)",
	    ASKED, default_none, NULL, with_server, "email_delivery.smtp.user" },
	[PTN_SETUP_MAIL_PASSWORD] = { "--mail-password-file", "FILE",
	    "The password of that user",
	    SECRET, NULL, check_not_empty, with_mail_user, "email_delivery.smtp.password" },
	[PTN_SETUP_MAIL_FROM] = { "--mail-from", "ADDRESS",
	    "Mail comes from",
	    ASKED, default_from, check_from, NULL, "email_delivery.from_address" },
	[PTN_SETUP_WEB] = { "--web", "apache|lighttpd|nginx",
	    "The web server: apache, lighttpd or nginx (another: Enter)",
	    ASKED, default_web, check_web, NULL, "" },
	/* clang-format on */
};

/* What an option is for: its question, or what it is without one. */
static void
print_purpose(FILE *out, int indent, const char *text)
{
	size_t len;

	for (; *text != '\0'; text += len + (text[len] == '\n' ? 1 : 0)) {
		len = strcspn(text, "\n");
		(void)fprintf(out, "%*s%.*s\n", indent, "", (int)len, text);
	}
}

void
ptn_cli_setup_help(FILE *out)
{
	size_t i;

	(void)fputs("What no option tells is asked on a terminal:\n\n", out);
	for (i = 0; i < PTN_SETUP__MAX; i++) {
		(void)fprintf(out, "  %s %s\n", questions[i].option,
		    questions[i].value);
		print_purpose(out, 6, questions[i].ask);
	}
	(void)fputs("\nThe file of a password may be -, standard input.  "
		    "What --set says is\nwritten down, too.\n",
	    out);
}

static int
complain(const char *option, const char *problem)
{
	return ptn_cli_complain("setup", "%s: %s", option, problem);
}

/* ----------------------------------------------------------------- reading */

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int sig)
{
	interrupted = sig;
}

/* No buffer, as a password may be the line behind. */
static const char *
read_line(struct ptn_arena *a, int fd)
{
	char line[LINE_MAX_BYTES];
	const char *copy;
	size_t len = 0;
	ssize_t n = 0;

	while (len < sizeof(line) && (n = read(fd, line + len, 1)) == 1 &&
	    line[len] != '\n')
		len++;
	copy = (n > 0 || len > 0) && n >= 0 && len < sizeof(line)
	    ? ptn_arena_strndup(a, line, len)
	    : NULL;
	ptn_wipe(line, sizeof(line));
	return copy;
}

/*
 * With the terminal as it was afterwards, whatever key was pressed.  What was
 * typed before is dropped, so the question comes after that.
 */
static const char *
read_hidden(struct ptn_arena *a, const char *question)
{
	struct sigaction sa = { .sa_handler = on_interrupt }, was;
	struct termios seen, hidden;
	const char *line;

	if (tcgetattr(STDIN_FILENO, &seen) != 0)
		return NULL;
	hidden = seen;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	sigemptyset(&sa.sa_mask);
	interrupted = 0;
	(void)sigaction(SIGINT, &sa, &was);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	(void)printf("%s: ", question);
	(void)fflush(stdout);
	line = read_line(a, STDIN_FILENO);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &seen);
	(void)sigaction(SIGINT, &was, NULL);
	(void)fputc('\n', stdout);
	if (interrupted != 0)
		(void)raise(SIGINT);
	return line;
}

/* The first line of a file, or of standard input. */
static const char *
read_file(struct ptn_arena *a, const char *path)
{
	const char *line;
	int fd;

	if (strcmp(path, "-") == 0)
		return read_line(a, STDIN_FILENO);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return NULL;
	line = read_line(a, fd);
	(void)close(fd);
	return line;
}

/* ----------------------------------------------------------------- options */

static int
take(struct ptn_setup *s, size_t q, const char *value)
{
	const struct question *ask = &questions[q];
	const char *problem;

	if (ask->manner == SECRET && (value = read_file(s->a, value)) == NULL)
		return complain(ask->option, "cannot be read");
	problem = ask->check != NULL ? ask->check(s, value) : NULL;
	if (problem != NULL)
		return complain(ask->option, problem);
	s->answer[q] = value;
	s->given[q] = true;
	return -1;
}

int
ptn_setup_options(struct ptn_setup *s, int argc, char **argv)
{
	const char *value[PTN_SETUP__MAX] = { NULL };
	struct ptn_cli_option options[PTN_SETUP__MAX];
	size_t q;
	int status;

	for (q = 0; q < PTN_SETUP__MAX; q++)
		options[q] = (struct ptn_cli_option){ questions[q].option,
			&value[q], NULL, NULL, 0 };
	status = ptn_cli_options("setup", options, PTN_SETUP__MAX, &argc, argv);
	if (status < 0)
		status = ptn_cli_words("setup", "", 0, 0, argc, argv);
	for (q = 0; status < 0 && q < PTN_SETUP__MAX; q++)
		if (value[q] != NULL)
			status = take(s, q, value[q]);
	if (status < 0 && with_admin(s) && with_database(s))
		return complain("--database",
		    "is for a database that is there, and --database-admin "
		    "makes one");
	return status;
}

/* ------------------------------------------------------------------ asking */

bool
ptn_setup_is_settled(const struct ptn_setup *s, enum ptn_setup_question q)
{
	const char *keys = questions[q].settled;
	const char *key;
	size_t len;

	for (; s->old != NULL && *keys != '\0';
	     keys += len + (keys[len] == '|' ? 1 : 0)) {
		len = strcspn(keys, "|");
		key = ptn_arena_strndup(s->a, keys, len);
		if (key != NULL && ptn_conf_set_in(s->a, s->old, key) != NULL)
			return true;
	}
	return false;
}

static const char *
prompt(struct ptn_setup *s, const struct question *ask, const char *dflt)
{
	if (ask->manner == SECRET)
		return read_hidden(s->a, ask->ask);
	(void)fputs(ask->ask, stdout);
	if (dflt != NULL && dflt[0] != '\0')
		(void)printf(" [%s]", dflt);
	(void)fputs(": ", stdout);
	(void)fflush(stdout);
	return read_line(s->a, STDIN_FILENO);
}

/* Until there is an answer that will do; NULL if nobody is there any more. */
static const char *
ask_for(struct ptn_setup *s, const struct question *ask, const char *dflt)
{
	const char *line, *problem;

	for (;;) {
		if ((line = prompt(s, ask, dflt)) == NULL)
			return NULL;
		if (line[0] == '\0' && dflt != NULL)
			line = dflt;
		else if (strcmp(line, "-") == 0 && ask->manner != SECRET)
			line = "";
		problem = ask->check != NULL	      ? ask->check(s, line)
		    : line[0] == '\0' && dflt == NULL ? "must not be empty"
						      : NULL;
		if (problem == NULL)
			return line;
		if (line[0] == '\0')
			problem = "an answer is needed";
		(void)printf("%s%s%s\n", ask->manner != SECRET ? line : "",
		    ask->manner != SECRET && line[0] != '\0' ? ": " : "",
		    problem);
	}
}

/* Asked, or by default; what is left NULL must be told. */
static const char *
find_out(struct ptn_setup *s, const struct question *ask)
{
	const char *dflt = ask->dflt != NULL ? ask->dflt(s) : NULL;

	if (!s->terminal || ask->manner == QUIET)
		return dflt;
	return ask_for(s, ask, dflt);
}

/* The administrator may be missing where there is a database, and vice versa.
 */
static bool
may_be_missing(const struct ptn_setup *s, size_t q)
{
	return q == PTN_SETUP_ADMIN && !s->terminal;
}

static enum ptn_err
name_missing(const bool missing[PTN_SETUP__MAX])
{
	enum ptn_err r = PTN_OK;
	size_t q;

	for (q = 0; q < PTN_SETUP__MAX; q++) {
		if (!missing[q])
			continue;
		(void)fprintf(stderr, "postern: setup: needs %s %s%s\n",
		    questions[q].option, questions[q].value,
		    q == PTN_SETUP_DATABASE
			? ", or --database-admin SOCKET|URL to make one"
			: "");
		r = PTN_E_INPUT;
	}
	return r;
}

enum ptn_err
ptn_setup_ask(struct ptn_setup *s)
{
	bool missing[PTN_SETUP__MAX] = { false };
	const struct question *ask;
	size_t q;

	for (q = 0; q < PTN_SETUP__MAX; q++) {
		ask = &questions[q];
		if (s->answer[q] != NULL ||
		    ptn_setup_is_settled(s, (enum ptn_setup_question)q) ||
		    (ask->when != NULL && !ask->when(s)))
			continue;
		s->answer[q] = find_out(s, ask);
		missing[q] = s->answer[q] == NULL && !may_be_missing(s, q);
		if (missing[q] && s->terminal)
			return PTN_E_INPUT; /* they left */
	}
	return name_missing(missing);
}
