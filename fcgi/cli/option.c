#include "fcgi/cli/option.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/format/near.h"

#define HELD_MAX 2048
#define ALL_MAX 256 /* bytes of all words that may follow one */

int
ptn_cli_complain(const char *command, const char *fmt, ...)
{
	va_list ap;

	(void)fprintf(stderr, "postern: %s: ", command);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, "\nTry \"postern %.*s --help\".\n",
	    (int)strcspn(command, " "), command);
	return 2;
}

/* ----------------------------------------------------------------- options */

/* "-" alone is a file, and "-5" a number. */
static bool
is_option(const char *word)
{
	return word[0] == '-' &&
	    (word[1] == '-' || isalpha((unsigned char)word[1]) != 0);
}

bool
ptn_cli_ends(const char *word)
{
	return strcmp(word, "--") == 0;
}

enum ptn_cli_match
ptn_cli_value(const char *name, char *const *argv, int *i, const char **value)
{
	const size_t len = strlen(name);
	const char *word = argv[*i], *next;

	if (strncmp(word, name, len) != 0 ||
	    (word[len] != '=' && word[len] != '\0'))
		return PTN_CLI_OTHER;
	if (word[len] == '=') {
		*value = word + len + 1;
		return PTN_CLI_TAKEN;
	}
	next = argv[*i + 1];
	if (next == NULL || is_option(next))
		return PTN_CLI_NO_VALUE;
	*value = next;
	(*i)++;
	return PTN_CLI_TAKEN;
}

static int
no_option(const char *command, const struct ptn_cli_option *o, size_t n,
    const char *word)
{
	struct ptn_near near = ptn_near_begin(word);
	char hint[PTN_NEAR_HINT];
	size_t i;

	for (i = 0; i < n; i++)
		ptn_near_try(&near, o[i].name);
	return ptn_cli_complain(command, "there is no option %s%s", word,
	    ptn_near_hint(near.best, hint));
}

/* One that takes no value, "--name=" of which is a mistake. */
static bool
is_flag(const struct ptn_cli_option *o, const char *word)
{
	return o->value == NULL && strcmp(o->name, word) == 0;
}

static int
take(const char *command, const struct ptn_cli_option *o, size_t n,
    char *const *argv, int *i)
{
	enum ptn_cli_match match = PTN_CLI_OTHER;
	const char *value = NULL, *word = argv[*i];
	size_t j;

	for (j = 0; j < n && match == PTN_CLI_OTHER; j++)
		if (is_flag(&o[j], word))
			match = PTN_CLI_TAKEN;
		else if (o[j].value != NULL)
			match = ptn_cli_value(o[j].name, argv, i, &value);
	if (match == PTN_CLI_OTHER)
		return no_option(command, o, n, word);
	o += j - 1;
	if (match == PTN_CLI_NO_VALUE)
		return ptn_cli_complain(command, "%s: a value is missing",
		    word);
	if (o->n != NULL && *o->n == o->max)
		return ptn_cli_complain(command, "%s: more than %zu", o->name,
		    o->max);
	if (o->value != NULL)
		o->value[o->n != NULL ? (*o->n)++ : 0] = value;
	if (o->given != NULL)
		*o->given = true;
	return -1;
}

int
ptn_cli_options(const char *command, const struct ptn_cli_option *o, size_t n,
    int *argc, char **argv)
{
	int i, words = 1, status;
	bool ended = false;

	for (i = 1; i < *argc; i++) {
		if (!ended && ptn_cli_ends(argv[i]))
			ended = true;
		else if (ended || !is_option(argv[i]))
			argv[words++] = argv[i];
		else if ((status = take(command, o, n, argv, &i)) >= 0)
			return status;
	}
	if (words < *argc)
		argv[words] = NULL;
	*argc = words;
	return -1;
}

/* ------------------------------------------------------------------- words */

/* The name of the word that is missing: "ORG [USERNAME]" has two. */
static int
no_word(const char *command, const char *names, int skip)
{
	for (; skip > 0; skip--) {
		names += strcspn(names, " ");
		names += strspn(names, " ");
	}
	return ptn_cli_complain(command, "%.*s is missing",
	    (int)strcspn(names, " "), names);
}

int
ptn_cli_words(const char *command, const char *names, int min, int max,
    int argc, char *const *argv)
{
	if (argc - 1 < min)
		return no_word(command, names, argc > 0 ? argc - 1 : 0);
	if (argc - 1 > max)
		return ptn_cli_complain(command, "\"%s\" is a word too many",
		    argv[max + 1]);
	return -1;
}

/* The last word of a title. */
static const char *
verb_of(const char *title)
{
	const char *space = strrchr(title, ' ');

	return space != NULL ? space + 1 : title;
}

/* All there are, as nothing was said. */
static void
no_verb(const char *command, const char *const *names, size_t n)
{
	char all[ALL_MAX] = "";
	size_t i, len = 0;

	for (i = 0; i < n && len < sizeof(all); i++)
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%s",
		    i == 0 ? "" : ", ", verb_of(names[i]));
	(void)ptn_cli_complain(command, "a word is missing: %s", all);
}

int
ptn_cli_verb(const char *command, const char *const *names, size_t n, int argc,
    char *const *argv)
{
	char hint[PTN_NEAR_HINT];
	struct ptn_near near;
	size_t i;

	if (argc < 2) {
		no_verb(command, names, n);
		return -1;
	}
	near = ptn_near_begin(argv[1]);
	for (i = 0; i < n; i++) {
		if (strcmp(argv[1], verb_of(names[i])) == 0)
			return (int)i;
		ptn_near_try(&near, verb_of(names[i]));
	}
	(void)ptn_cli_complain(command, "there is no \"%s\"%s", argv[1],
	    ptn_near_hint(near.best, hint));
	return -1;
}

/* ------------------------------------------------------------- sentences */

static const char *speaker; /* the command whose log is told so */
static bool told, holding;
static char held[HELD_MAX]; /* the first line; "": none */
static enum ptn_log_level held_level;

static void
say(enum ptn_log_level level, const char *text)
{
	told = told || level == PTN_LOG_ERROR;
	(void)fprintf(stderr, "postern: %s: %s%s\n", speaker,
	    level == PTN_LOG_WARN ? "warning: " : "", text);
}

static void
tell_line(void *arg, enum ptn_log_level level, const char *text)
{
	(void)arg;
	if (level > PTN_LOG_WARN)
		return;
	if (!holding) {
		say(level, text);
	} else if (held[0] == '\0') {
		(void)snprintf(held, sizeof(held), "%s", text);
		held_level = level;
	}
}

void
ptn_cli_log_begin(const char *command)
{
	if (speaker != NULL)
		return;
	speaker = command;
	ptn_log_divert(tell_line, NULL);
}

void
ptn_cli_log_hold(bool hold)
{
	holding = hold;
	if (hold)
		held[0] = '\0';
}

void
ptn_cli_log_tell(void)
{
	if (held[0] != '\0')
		say(held_level, held);
}

void
ptn_cli_failed(const char *command, enum ptn_err r, const char *why)
{
	if (why == NULL && told)
		return;
	if (why == NULL)
		why = r == PTN_E_UNAVAILABLE ? "the database is not available"
					     : ptn_err_name(r);
	(void)fprintf(stderr, "postern: %s: %s\n", command, why);
}
