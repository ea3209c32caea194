#ifndef PTN_DB_CONNECT_H
#define PTN_DB_CONNECT_H

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/db/db.h"

struct ptn_conf;
struct ptn_place;
struct st_mysql; /* the library's connection */

/* How a connection begins: for conn.c alone, which owns it from then on. */
struct ptn_connect {
	struct st_mysql *my; /* NULL: why, as number and text of the library */
	unsigned int number;
	char message[256];
};

/* The oldest MariaDB; db_server of sql/queries/db.sql has it, too. */
#define PTN_DB_OLDEST 100300UL
#define PTN_DB_OLDEST_NAME "10.3"

/*
 * Connect to the server there, for at most 2 s, as the user of that role; with
 * TLS as configured or not at all; to a MariaDB that is new enough, or not at
 * all (PTN_DBERR_FOREIGN).  What the connection relies on is stated
 * (db_session of sql/queries/db.sql).
 */
void ptn_connect(struct ptn_connect *to, const struct ptn_conf *cf,
    const struct ptn_place *at, enum ptn_db_role role);

#endif
