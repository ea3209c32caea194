#ifndef PTN_DB_PROVISION_H
#define PTN_DB_PROVISION_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/crypto/secrets.h"
#include "lib/db/db.h"

/* A user of the database; name "" if there is to be none. */
struct ptn_provision_user {
	const char *name;
	const char *password;
	bool invented; /* the password: then the user must be new */
	bool made;     /* by ptn_provision() */
	bool taken;    /* it is there, and its password is not known */
};

/* What is wanted of a server, and what was made of it. */
struct ptn_provision {
	const char *database;
	struct ptn_provision_user serve;
	struct ptn_provision_user migrate; /* or serve has its rights, too */
	const char *host; /* from where the users come: set by it */
	bool made;	  /* the database */
};

/*
 * Make database, users and grants, as far as they are missing: the least that
 * is needed.  A user that is there keeps its password.
 *
 * db		of PTN_DB_MIGRATE, connected as who administers the server
 * problem	what is wrong, in words, in a; NULL if the log has it
 *
 * On a failure all that was made is taken back.  Returns PTN_OK, PTN_E_CONFIG
 * (no MariaDB that is known), PTN_E_CONFLICT (a user is there, and its password
 * was invented), PTN_E_UNAVAILABLE, PTN_E_NOMEM, PTN_E_INTERNAL.
 */
enum ptn_err ptn_provision(struct ptn_db *db, struct ptn_arena *a,
    struct ptn_provision *p, const char **problem) PTN_MUST_USE;

/*
 * Is the database another installation's: are there signing keys, and none that
 * these secrets open?  Of any version of the schema, and where there is none;
 * changes nothing.  db is of PTN_DB_MIGRATE.  Errors as above.
 */
enum ptn_err ptn_provision_foreign(struct ptn_db *db, struct ptn_arena *a,
    const struct ptn_secrets *secrets, bool *foreign) PTN_MUST_USE;

/* Take back what was made, and nothing else. */
void ptn_provision_undo(struct ptn_db *db, struct ptn_arena *a,
    struct ptn_provision *p);

#endif
