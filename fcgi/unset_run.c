#define _GNU_SOURCE /* pipe2 */

#include "fcgi/unset_run.h"

#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/cli/cli.h"
#include "lib/base/array.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/format/url.h"

#define SAID_MAX 16384 /* bytes of what it says */
#define TIME_S 240     /* it has */
#define WORDS_MAX 24   /* of its command line */
#define STATUS_OTHER 3 /* of ptn_cli_setup_first() */

/* ------------------------------------------------------------- the question */

/* As it may stand in a URL, whatever is in it. */
static const char *
escape(struct ptn_arena *a, const char *text)
{
	struct ptn_buf b;

	ptn_buf_init(&b, a);
	ptn_buf_str(&b, "");
	for (; *text != '\0'; text++) {
		if (ptn_url_chars_only(text, 1, "-._~"))
			ptn_buf_char(&b, *text);
		else
			ptn_buf_printf(&b, "%%%02X", (unsigned char)*text);
	}
	return b.bad ? NULL : b.p != NULL ? b.p : "";
}

static const char *
database_url(const struct ptn_unset_form *f, struct ptn_arena *a)
{
	const char *host = f->value[PTN_UNSET_DB_HOST];
	const char *user = escape(a, f->value[PTN_UNSET_DB_USER]);
	const char *name = escape(a, f->value[PTN_UNSET_DB_NAME]);
	const char *path = escape(a, host);

	if (user == NULL || name == NULL || path == NULL)
		return NULL;
	return host[0] == '/'
	    ? ptn_arena_printf(a, "mariadb://%s@localhost/%s?socket=%s", user,
		  name, path)
	    : ptn_arena_printf(a, "mariadb://%s@%s/%s", user, host, name);
}

/* The words of "postern setup"; those without a value are left out. */
static int
compose(const struct ptn_unset_form *f, struct ptn_arena *a,
    char *words[WORDS_MAX])
{
	const bool smtp = ptn_unset_form_by_smtp(f);
	const bool user = smtp && f->value[PTN_UNSET_MAIL_USER][0] != '\0';
	const struct {
		const char *option, *value;
	} says[] = {
		{ "--url", f->value[PTN_UNSET_URL] },
		{ "--name", f->value[PTN_UNSET_NAME] },
		{ "--database", database_url(f, a) },
		{ "--database-password-file", "-" },
		{ "--mail", smtp ? f->value[PTN_UNSET_MAIL_HOST] : "sendmail" },
		{ "--mail-user", user ? f->value[PTN_UNSET_MAIL_USER] : "" },
		{ "--mail-password-file", user ? "-" : "" },
		{ "--mail-from", f->value[PTN_UNSET_MAIL_FROM] },
	};
	char *word;
	size_t i;
	int n = 0;

	words[n++] = ptn_arena_strdup(a, "setup");
	for (i = 0; i < PTN_ARRAY_LEN(says); i++) {
		if (says[i].value != NULL && says[i].value[0] == '\0')
			continue;
		word = says[i].value != NULL
		    ? ptn_arena_printf(a, "%s=%s", says[i].option,
			  says[i].value)
		    : NULL;
		words[n++] = word;
	}
	words[n++] = ptn_arena_strdup(a, "--web=");
	words[n] = NULL;
	for (i = 0; i < (size_t)n; i++)
		if (words[i] == NULL)
			return 0;
	return n;
}

/* A line each, in the order in which the options ask for them. */
static const char *
passwords(const struct ptn_unset_form *f, struct ptn_arena *a)
{
	return ptn_arena_printf(a, "%s\n%s\n", f->value[PTN_UNSET_DB_PASSWORD],
	    f->value[PTN_UNSET_MAIL_PASSWORD]);
}

/* ---------------------------------------------------------------- the child */

/* Never returns: what it says goes to the parent, and nothing else is left. */
static void
be_child(const int in[2], const int out[2], int n, char **words,
    const char *conf_path, const char *const *set)
{
	int status = 1;

	(void)alarm(TIME_S);
	if (dup2(in[0], STDIN_FILENO) >= 0 &&
	    dup2(out[1], STDOUT_FILENO) >= 0 &&
	    dup2(out[1], STDERR_FILENO) >= 0) {
		(void)close(in[1]);
		(void)close(out[0]);
		status = ptn_cli_setup_first(n, words, conf_path, set);
		(void)fflush(stdout);
	}
	_exit(status);
}

/* All that it says, of which some is kept. */
static const char *
listen_to(struct ptn_arena *a, int fd)
{
	char *text = ptn_arena_alloc(a, SAID_MAX + 1), more[512];
	bool whole = true;
	size_t len = 0;
	ssize_t got;

	while ((got = read(fd, more, sizeof(more))) != 0) {
		if (got < 0 && errno != EINTR)
			break;
		if (got > 0 && len + (size_t)got > SAID_MAX)
			whole = false;
		if (text == NULL || got < 0 || !whole)
			continue;
		memcpy(text + len, more, (size_t)got);
		len += (size_t)got;
	}
	if (text != NULL)
		text[len] = '\0';
	return text != NULL ? text : "";
}

static void
hand_over(int fd, const char *text)
{
	const size_t len = strlen(text);

	/* Less than a pipe holds, and read by somebody who may be gone. */
	if (write(fd, text, len) != (ssize_t)len)
		ptn_warn("set-up: it does not listen: %s", strerror(errno));
	(void)close(fd);
}

static int
wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void
close_both(const int fd[2])
{
	(void)close(fd[0]);
	(void)close(fd[1]);
}

/* The status of its end; what it said is in said. */
static int
run_child(const char *secrets, int n, char **words, const char *conf_path,
    const char *const *set, struct ptn_arena *a, const char **said)
{
	int in[2], out[2];
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) != 0)
		return 1;
	if (pipe2(out, O_CLOEXEC) != 0) {
		close_both(in);
		return 1;
	}
	pid = fork();
	if (pid == 0)
		be_child(in, out, n, words, conf_path, set);
	(void)close(in[0]);
	(void)close(out[1]);
	if (pid > 0)
		hand_over(in[1], secrets);
	else
		(void)close(in[1]);
	*said = pid > 0 ? listen_to(a, out[0]) : "";
	(void)close(out[0]);
	return pid > 0 ? wait_for(pid) : 1;
}

/* --------------------------------------------------------------- the answer */

/* What the set-up says, whose matter that is, and how to put it. */
static const struct {
	const char *said;
	enum ptn_unset_form_field field;
	const char *text;
} reasons[] = {
	/* clang-format off */
	{ "--url:", PTN_UNSET_URL, "This is not https://, a host, and perhaps a path." },
	{ "--name:", PTN_UNSET_NAME, "This name will not do." },
	{ "--mail:", PTN_UNSET_MAIL_HOST, "This is neither a host nor a host and a port." },
	{ "--mail-from:", PTN_UNSET_MAIL_FROM, "This is not a mail address." },
	{ "email_delivery.from_address:", PTN_UNSET_MAIL_FROM, "This is not a mail address." },
	{ "unknown host", PTN_UNSET_DB_HOST, "There is no host of this name." },
	{ "cannot connect: is MariaDB running", PTN_UNSET_DB_HOST, "No database answers there." },
	{ "no answer to the connection", PTN_UNSET_DB_HOST, "No database answers there." },
	{ "this host may not connect", PTN_UNSET_DB_HOST, "That database lets nobody in from here." },
	{ "this server cannot be used", PTN_UNSET_DB_HOST, "This is no MariaDB, which is what Postern needs." },
	{ "no such database", PTN_UNSET_DB_NAME, "There is no database of this name." },
	{ "access denied to this database", PTN_UNSET_DB_NAME, "This user may not use a database of this name, if there is one." },
	{ "do not open the keys", PTN_UNSET_DB_NAME, "Another Postern was set up in this database: bring its postern.yaml, or another database." },
	{ "already exists (1050)", PTN_UNSET_DB_NAME, "Another program has tables of our names there: take another database. Its tables are as they were." },
	{ "may not change the schema", PTN_UNSET_DB_USER, "This user may not make tables in this database: it needs all rights there." },
	{ "access denied to a table", PTN_UNSET_DB_USER, "This user may not use the tables of this database: it needs all rights there." },
	{ "the database refuses the user", PTN_UNSET_DB_PASSWORD, "The database does not take this user with this password." },
	/* clang-format on */
};

static void
explain(struct ptn_unset_form *f)
{
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(reasons); i++) {
		if (strstr(f->said, reasons[i].said) == NULL)
			continue;
		f->error[reasons[i].field] = reasons[i].text;
		return;
	}
	f->problem = "It did not work; below is what was said.";
}

enum ptn_unset_run
ptn_unset_run(struct ptn_unset_form *f, struct ptn_arena *a,
    const char *conf_path, const char *const *set)
{
	const char *secrets = passwords(f, a);
	char *words[WORDS_MAX];
	const int n = compose(f, a, words);
	int status = 1;

	f->said = "";
	if (n > 0 && secrets != NULL)
		status =
		    run_child(secrets, n, words, conf_path, set, a, &f->said);
	if (status == STATUS_OTHER)
		return PTN_UNSET_RUN_OTHER;
	if (ptn_conf_is_there(conf_path))
		return PTN_UNSET_RUN_DONE;
	explain(f);
	return PTN_UNSET_RUN_FAILED;
}
