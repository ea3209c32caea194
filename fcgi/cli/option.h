#ifndef PTN_CLI_OPTION_H
#define PTN_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"

/*
 * How the words behind a sub-command are read, and what all of them say alike
 * of a command line that is wrong.  "command" is what stands before the words,
 * as "org set".
 */

/* Say what is wrong with the command line, and where to read; returns 2. */
int ptn_cli_complain(const char *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

enum ptn_cli_match { PTN_CLI_OTHER, PTN_CLI_TAKEN, PTN_CLI_NO_VALUE };

/*
 * Is argv[*i] the option name, as "--name=VALUE", or with VALUE in the next
 * word, to which *i then moves?  What looks like an option is no value there.
 */
enum ptn_cli_match ptn_cli_value(const char *name, char *const *argv, int *i,
    const char **value);

/* An option: it has a value, or is given or not. */
struct ptn_cli_option {
	const char *name;   /* "--json" */
	const char **value; /* of its value; NULL: it has none */
	bool *given;	    /* or NULL */
	size_t *n, max;	    /* of values, if many may be given */
};

/*
 * Is it the "--" behind which there are words alone, whatever they begin with
 * (POSIX.1-2017, XBD 12.2, guideline 10)?
 */
bool ptn_cli_ends(const char *word);

/*
 * Take all options out of argv[1..*argc], and the "--" that ends them, so that
 * words are left.  Returns -1, or what ptn_cli_complain() does.
 */
int ptn_cli_options(const char *command, const struct ptn_cli_option *o,
    size_t n, int *argc, char **argv);

/*
 * Are there min to max words in argv[1..argc]?  names has one name a word, for
 * who left it out.  Returns as ptn_cli_options().
 */
int ptn_cli_words(const char *command, const char *names, int min, int max,
    int argc, char *const *argv);

/*
 * Which of names is argv[1]?  A name is a word, or the title of a command that
 * ends in it, as "org set".  -1 after complaining that none is.
 */
int ptn_cli_verb(const char *command, const char *const *names, size_t n,
    int argc, char *const *argv);

/*
 * From here on what the log has of errors and warnings are sentences on
 * standard error: for commands that somebody gives at a terminal.  Of two
 * calls the first one counts.
 */
void ptn_cli_log_begin(const char *command);

/*
 * Keep the last of those lines back, for who may have a better one; and say it
 * after all.
 */
void ptn_cli_log_hold(bool hold);
void ptn_cli_log_tell(void);

/* Say that it failed: why, or what r means, unless the log has told it. */
void ptn_cli_failed(const char *command, enum ptn_err r, const char *why);

#endif
