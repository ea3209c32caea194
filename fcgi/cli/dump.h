#ifndef PTN_CLI_DUMP_H
#define PTN_CLI_DUMP_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/base/bytes.h"

/*
 * Rows read out of a dump in SQL, as mariadb-dump(1) and mysqldump(1) write
 * it, with whatever options: bytes in quotes or in hexadecimal, columns named
 * or not.  A stream, read once, in constant memory.
 */

/* A table, and two of its columns. */
struct ptn_dump_table {
	const char *name;
	const char *column[2];
};

struct ptn_dump {
	const struct ptn_dump_table *table; /* those to look for */
	size_t ntables;
	/* A row of table[i]; the values last until it returns. */
	void (*row)(void *arg, size_t i, const struct ptn_bytes value[2]);
	void *arg;
	/* filled in */
	bool cut;	      /* it ends in the middle of something */
	bool unreadable;      /* or could not be read */
	size_t misunderstood; /* rows whose columns could not be found */
};

void ptn_dump_read(struct ptn_dump *d, FILE *in);

#endif
