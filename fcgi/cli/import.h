#ifndef PTN_CLI_IMPORT_H
#define PTN_CLI_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/account/import.h"
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

/*
 * A file of users: an array of JSON, or one value of JSON a line.  It is read
 * entry by entry, in memory that does not depend on its size.  The longest that
 * is written: 1000 credentials of at most 7 KiB, and as many addresses.
 */
#define PTN_CLI_ENTRY_MAX ((size_t)8 << 20) /* bytes */

struct ptn_cli_entries {
	FILE *file;
	char *text; /* PTN_CLI_ENTRY_MAX bytes, the caller's */
	size_t len;
	size_t line; /* where the entry begins, from 1 on */
	size_t at;   /* the line of the next byte */
	bool begun, array, done;
	const char *why; /* of what is wrong */
};

enum ptn_cli_entry {
	PTN_CLI_ENTRY_END,
	PTN_CLI_ENTRY_HERE,  /* text and len */
	PTN_CLI_ENTRY_UNFIT, /* why; the next one can be read */
	PTN_CLI_ENTRY_BROKEN /* why; the rest cannot be read */
};

/* The next entry, which is not parsed yet. */
enum ptn_cli_entry ptn_cli_entry_next(struct ptn_cli_entries *in);

/*
 * Read an entry into u, in the arena.  PTN_E_INPUT: u->why says what is wrong
 * with it; PTN_E_NOT_FOUND: it is null; PTN_E_NOMEM.
 */
enum ptn_err ptn_cli_entry_read(struct ptn_arena *a, struct ptn_bytes text,
    struct ptn_import *u) PTN_MUST_USE;

/* Write one as it is read, without a line break; PTN_E_NOMEM. */
enum ptn_err ptn_cli_entry_write(struct ptn_arena *a,
    const struct ptn_import *u, const char **text) PTN_MUST_USE;

#endif
