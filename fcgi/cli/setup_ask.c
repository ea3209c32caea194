#include "fcgi/cli/setup_question.h"

#include <string.h>
#include <unistd.h>

#include "fcgi/cli/cli.h"
#include "fcgi/cli/option.h"
#include "lib/conf/conf.h"

/* What is not known yet is asked for, or named. */

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
		(void)fprintf(out, "  %s %s\n", ptn_setup_questions[i].option,
		    ptn_setup_questions[i].value);
		print_purpose(out, 6, ptn_setup_questions[i].ask);
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

/* ----------------------------------------------------------------- options */

static int
take(struct ptn_setup *s, size_t q, const char *value)
{
	const struct ptn_setup_question_row *ask = &ptn_setup_questions[q];
	const char *problem;

	if (ask->manner == PTN_SETUP_SECRET &&
	    (value = ptn_setup_read_file(s->a, value)) == NULL)
		return complain(ask->option, "cannot be read");
	problem = ask->check != NULL ? ask->check(s, value) : NULL;
	if (problem != NULL) {
		s->cause = ask->cause;
		return complain(ask->option, problem);
	}
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
		options[q] =
		    (struct ptn_cli_option){ ptn_setup_questions[q].option,
			    &value[q], NULL, NULL, 0 };
	status = ptn_cli_options("setup", options, PTN_SETUP__MAX, &argc, argv);
	if (status < 0)
		status = ptn_cli_words("setup", "", 0, 0, argc, argv);
	for (q = 0; status < 0 && q < PTN_SETUP__MAX; q++)
		if (value[q] != NULL)
			status = take(s, q, value[q]);
	if (status < 0 && ptn_setup_with_admin(s) && ptn_setup_with_database(s))
		return complain("--database",
		    "is for a database that is there, and --database-admin "
		    "makes one");
	return status;
}

/* ------------------------------------------------------------------ asking */

bool
ptn_setup_is_settled(const struct ptn_setup *s, enum ptn_setup_question q)
{
	const char *keys = ptn_setup_questions[q].settled;
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
prompt(struct ptn_setup *s, const struct ptn_setup_question_row *ask,
    const char *dflt)
{
	if (ask->manner == PTN_SETUP_SECRET)
		return ptn_setup_read_hidden(s->a, ask->ask);
	(void)fputs(ask->ask, stdout);
	if (dflt != NULL && dflt[0] != '\0')
		(void)printf(" [%s]", dflt);
	(void)fputs(": ", stdout);
	(void)fflush(stdout);
	return ptn_setup_read_line(s->a, STDIN_FILENO);
}

/* Until there is an answer that will do; NULL if nobody is there any more. */
static const char *
ask_for(struct ptn_setup *s, const struct ptn_setup_question_row *ask,
    const char *dflt)
{
	const char *line, *problem;

	for (;;) {
		if ((line = prompt(s, ask, dflt)) == NULL)
			return NULL;
		if (line[0] == '\0' && dflt != NULL)
			line = dflt;
		else if (strcmp(line, "-") == 0 &&
		    ask->manner != PTN_SETUP_SECRET)
			line = "";
		problem = ask->check != NULL	      ? ask->check(s, line)
		    : line[0] == '\0' && dflt == NULL ? "must not be empty"
						      : NULL;
		if (problem == NULL)
			return line;
		if (line[0] == '\0')
			problem = "an answer is needed";
		(void)printf("%s%s%s\n",
		    ask->manner != PTN_SETUP_SECRET ? line : "",
		    ask->manner != PTN_SETUP_SECRET && line[0] != '\0' ? ": "
								       : "",
		    problem);
	}
}

/* Asked, or by default; what is left NULL must be told. */
static const char *
find_out(struct ptn_setup *s, const struct ptn_setup_question_row *ask)
{
	const char *dflt = ask->dflt != NULL ? ask->dflt(s) : NULL;

	if (!s->terminal || ask->manner == PTN_SETUP_QUIET)
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
		    ptn_setup_questions[q].option, ptn_setup_questions[q].value,
		    q == PTN_SETUP_DATABASE
			? ", or --database-admin SOCKET|URL to make one: no "
			  "MariaDB server was found on this host (apt install "
			  "mariadb-server)"
			: "");
		r = PTN_E_INPUT;
	}
	return r;
}

enum ptn_err
ptn_setup_ask(struct ptn_setup *s)
{
	bool missing[PTN_SETUP__MAX] = { false };
	const struct ptn_setup_question_row *ask;
	size_t q;

	for (q = 0; q < PTN_SETUP__MAX; q++) {
		ask = &ptn_setup_questions[q];
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
