#ifndef PTN_DB_BIND_H
#define PTN_DB_BIND_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/db/db.h"

struct st_mysql_bind;
struct st_mysql_time;

/*
 * Bind an input of a statement to its value in the statement's struct, which is
 * borrowed until it was run; a time is converted to t.
 */
void ptn_bind_input(struct st_mysql_bind *b, struct st_mysql_time *t,
    const struct ptn_sql_col *col, const void *in);

/* Microseconds since the epoch, of a time in UTC. */
int64_t ptn_bind_time(const struct st_mysql_time *t);

/* Can an output of that kind be of that type of the protocol? */
bool ptn_bind_fits(enum ptn_sql_type want, int have);

#endif
