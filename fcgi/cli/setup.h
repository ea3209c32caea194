#ifndef PTN_CLI_SETUP_H
#define PTN_CLI_SETUP_H

#include <stdbool.h>
#include <stdio.h>

#include "fcgi/cli/setup_cause.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/conf/site.h"
#include "lib/db/provision.h"

struct ptn_conf;

#define PTN_SETUP_USER "postern" /* as whom the service runs */

/* The questions, in their order: a row each of the table in setup_question.c.
 */
enum ptn_setup_question {
	PTN_SETUP_URL,
	PTN_SETUP_NAME,
	PTN_SETUP_ADMIN,
	PTN_SETUP_ADMIN_PASSWORD,
	PTN_SETUP_DATABASE,
	PTN_SETUP_PASSWORD,
	PTN_SETUP_DB_NAME,
	PTN_SETUP_DB_USER,
	PTN_SETUP_DB_MIGRATE_USER,
	PTN_SETUP_MAIL,
	PTN_SETUP_MAIL_USER,
	PTN_SETUP_MAIL_PASSWORD,
	PTN_SETUP_MAIL_FROM,
	PTN_SETUP_WEB,
	PTN_SETUP__MAX
};

/* One run of "postern setup". */
struct ptn_setup {
	struct ptn_arena *a;
	const char *const *set; /* of the command line, or NULL */
	const char *file;	/* the configuration */
	const char *staged;	/* where it lies until all is done */
	const char *lock;	/* there is one run at a time */
	int lock_fd;		/* or -1 */
	bool was_there;		/* the configuration, when it began */
	bool first;		/* not where there is a configuration */
	const char *old;	/* what it says before; NULL: there is none */
	const char *text;	/* what it will say */
	bool resumed;		/* staged was there: a run was cut short */
	bool site_was_known;	/* it is not the first time */
	bool placed;		/* the configuration is where it belongs */
	bool unfit;		/* something is left to be done by hand */
	enum ptn_setup_cause cause;	     /* if it is not placed */
	void (*on_placed)(const char *file); /* or NULL */
	bool terminal; /* somebody is there who can be asked */
	/* NULL: there is no need to know, or it stands in the file. */
	const char *answer[PTN_SETUP__MAX];
	bool given[PTN_SETUP__MAX]; /* by an option */
	struct ptn_site site;	    /* of the URL, if there is an answer */
	struct ptn_provision provision;
};

/*
 * Read a line: of a descriptor, of a terminal on which it does not show, or the
 * first one of a file ("-": standard input).  NULL if there is none.
 */
const char *ptn_setup_read_line(struct ptn_arena *a, int fd);
const char *ptn_setup_read_hidden(struct ptn_arena *a, const char *question);
const char *ptn_setup_read_file(struct ptn_arena *a, const char *path);

/* Take the options; the exit status if it is over then, else -1. */
int ptn_setup_options(struct ptn_setup *s, int argc, char **argv);

/* Ask what is not known yet, or name it: PTN_E_INPUT. */
enum ptn_err ptn_setup_ask(struct ptn_setup *s) PTN_MUST_USE;

/* Is the database to be made, or there and named? */
bool ptn_setup_with_admin(const struct ptn_setup *s);
bool ptn_setup_with_database(const struct ptn_setup *s);

/* Does the file that was there say something of that question's matter? */
bool ptn_setup_is_settled(const struct ptn_setup *s, enum ptn_setup_question q);

/* Have the configuration say what the answers and --set do. */
enum ptn_err ptn_setup_compose(struct ptn_setup *s) PTN_MUST_USE;

/*
 * Have the configuration say that, as --set has it; but what it said before
 * stays, which is told.
 */
enum ptn_err ptn_setup_put(struct ptn_setup *s, const char *path,
    const char *value) PTN_MUST_USE;

/* The same of a secret, whatever it begins with. */
enum ptn_err ptn_setup_put_secret(struct ptn_setup *s, const char *path,
    const char *secret) PTN_MUST_USE;

/*
 * The same of what follows from an answer that is new: it is not to stay as a
 * package has left it.
 */
enum ptn_err ptn_setup_replace(struct ptn_setup *s, const char *path,
    const char *value) PTN_MUST_USE;

/* Say that a key of the configuration stays as it is, or is by default. */
void ptn_setup_tell_kept(const struct ptn_setup *s, const char *path,
    const char *is, const char *wanted);

/* Do the users of the database get in?  Says what to do if not. */
enum ptn_err ptn_setup_database_enter(struct ptn_setup *s,
    const struct ptn_conf *cf) PTN_MUST_USE;

/*
 * Is the database another Postern's?  Before anything is changed there.
 * PTN_E_CONFIG, and it is said, if so.
 */
enum ptn_err ptn_setup_database_look(struct ptn_setup *s,
    const struct ptn_conf *cf) PTN_MUST_USE;

/* Have the configuration say where the database is. */
enum ptn_err ptn_setup_database_plan(struct ptn_setup *s) PTN_MUST_USE;

/* Make what is missing there, as its administrator, if one was named. */
enum ptn_err ptn_setup_database_make(struct ptn_setup *s,
    const struct ptn_conf *cf) PTN_MUST_USE;

/* Take back what that made: it came to nothing. */
void ptn_setup_database_undo(struct ptn_setup *s);

/* Say what is left to do. */
void ptn_setup_print_next(const struct ptn_setup *s, const struct ptn_conf *cf);

#endif
