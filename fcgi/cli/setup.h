#ifndef PTN_CLI_SETUP_H
#define PTN_CLI_SETUP_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/conf/site.h"
#include "lib/db/provision.h"

struct ptn_conf;

/* The questions, in their order: a row each of the table in setup_ask.c. */
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
	bool first;		/* not where there is a configuration */
	const char *old;	/* what it says before; NULL: there is none */
	const char *text;	/* what it will say */
	bool resumed;		/* staged was there: a run was cut short */
	bool site_was_known;	/* it is not the first time */
	bool unfit;		/* something is left to be done by hand */
	bool terminal;		/* somebody is there who can be asked */
	/* NULL: there is no need to know, or it stands in the file. */
	const char *answer[PTN_SETUP__MAX];
	bool given[PTN_SETUP__MAX]; /* by an option */
	struct ptn_site site;	    /* of the URL, if there is an answer */
	struct ptn_provision provision;
};

/* Take the options; the exit status if it is over then, else -1. */
int ptn_setup_options(struct ptn_setup *s, int argc, char **argv);

/* Ask what is not known yet, or name it: PTN_E_INPUT. */
enum ptn_err ptn_setup_ask(struct ptn_setup *s) PTN_MUST_USE;

/* Does the file that was there say something of that question's matter? */
bool ptn_setup_is_settled(const struct ptn_setup *s, enum ptn_setup_question q);

/*
 * Have the configuration say that, as --set has it; but what it said before
 * stays, which is told.
 */
enum ptn_err ptn_setup_put(struct ptn_setup *s, const char *path,
    const char *value) PTN_MUST_USE;

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
enum ptn_err ptn_setup_database_enter(const struct ptn_setup *s,
    const struct ptn_conf *cf) PTN_MUST_USE;

/* Have the configuration say where the database is. */
enum ptn_err ptn_setup_database_plan(struct ptn_setup *s) PTN_MUST_USE;

/* Make what is missing there, as its administrator, if one was named. */
enum ptn_err ptn_setup_database_make(struct ptn_setup *s,
    const struct ptn_conf *cf) PTN_MUST_USE;

/* Take back what that made: it came to nothing. */
void ptn_setup_database_undo(struct ptn_setup *s);

#endif
