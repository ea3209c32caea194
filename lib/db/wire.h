#ifndef PTN_DB_WIRE_H
#define PTN_DB_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/db/db.h"

struct st_mysql_bind; /* the library's MYSQL_BIND and MYSQL_TIME */
struct st_mysql_time;

/* Our types and those of the library: for conn.c alone. */

/* Can what the server has there (enum_field_types) be read as is declared? */
bool ptn_wire_fits(enum ptn_sql_type want, int have);

/* Microseconds since 1970, and a time in a row, which is UTC. */
void ptn_wire_time(int64_t us, struct st_mysql_time *t);
int64_t ptn_wire_us(const struct st_mysql_time *t);

/* Bind len bytes at p, which are borrowed, or NULL, as an enum_field_types. */
void ptn_wire_bind(struct st_mysql_bind *b, int type, const void *p,
    size_t len);

#endif
