#ifndef TEST_SELECT_H
#define TEST_SELECT_H

/*
 * Rows as no statement of the program reads them: by mariadb(1), from the
 * database of rows.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"

#define SELECT_MAX 16384

/*
 * What a SELECT returns, in the arena: a line a row, a tab between columns,
 * "NULL" for NULL.  The statement holds neither " nor $ nor `.
 */
static inline const char *
select_text(struct ptn_arena *a, const char *sql)
{
	char *out = ptn_arena_alloc(a, SELECT_MAX);
	FILE *f;
	size_t n;

	assert_non_null(out);
	f = popen(ptn_arena_printf(a,
		      "mariadb --no-defaults --user=root --socket=%s --batch"
		      " --default-character-set=utf8mb4 --raw"
		      " --skip-column-names %s -e \"%s\"",
		      getenv("POSTERN_TEST_DB_SOCKET"),
		      getenv("POSTERN_TEST_DB_NAME"), sql),
	    "r");
	assert_non_null(f);
	n = fread(out, 1, SELECT_MAX - 1, f);
	assert_int_equal(pclose(f), 0);
	out[n] = '\0';
	return out;
}

/* The same of a SELECT that returns one number. */
static inline int
select_int(struct ptn_arena *a, const char *sql)
{
	return atoi(select_text(a, sql));
}

#endif
