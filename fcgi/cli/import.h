#ifndef PTN_CLI_IMPORT_H
#define PTN_CLI_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fcgi/cli/context.h"
#include "lib/account/import.h"
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/format/json.h"

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
 * Let them be those of a file ("-": standard input), with room for the text;
 * says so if there is none.  Close it whatever this returns.
 */
enum ptn_err ptn_cli_entries_open(struct ptn_cli_context *d,
    struct ptn_cli_entries *in, const char *path) PTN_MUST_USE;
void ptn_cli_entries_close(struct ptn_cli_entries *in);

/*
 * Read an entry into u, in the arena.  PTN_E_INPUT: u->why says what is wrong
 * with it; PTN_E_NOT_FOUND: it is null; PTN_E_NOMEM.
 */
enum ptn_err ptn_cli_entry_read(struct ptn_arena *a, struct ptn_bytes text,
    struct ptn_import *u) PTN_MUST_USE;

/* Write one as it is read, without a line break; PTN_E_NOMEM. */
enum ptn_err ptn_cli_entry_write(struct ptn_arena *a,
    const struct ptn_import *u, const char **text) PTN_MUST_USE;

/* A time of an entry, as a member; none for 0. */
void ptn_cli_entry_date(struct ptn_jsonw *w, const char *name, int64_t us);

/* What a source has, and does not bring. */
struct ptn_cli_left {
	const char *what; /* "log-ins by another service" */
	uint64_t n;
};
#define PTN_CLI_LEFT_MAX 8

/*
 * Where users come from, one after the other: each as an entry, whatever it was
 * there.
 *
 * next		the next one.  text and whose live until the arena is reset, or
 *		longer; with UNFIT and BROKEN why says what is wrong.  An error
 *		ends it all; it says itself which one it was.
 * left		ended by a what of NULL
 */
struct ptn_cli_source {
	enum ptn_err (*next)(struct ptn_cli_source *src,
	    struct ptn_cli_context *d, enum ptn_cli_entry *what);
	void *of; /* what next works with */
	struct ptn_bytes text;
	const char *whose; /* "users.json:7"; what is wrong is told with it */
	const char *why;
	struct ptn_cli_left left[PTN_CLI_LEFT_MAX + 1];
};

/*
 * Bring all of them in, in batches, and say how many there were: on standard
 * error while somebody looks on, and in the end on standard output.
 * PTN_E_INPUT if one was refused.
 *
 * dry	nothing is stored
 */
enum ptn_err ptn_cli_import(struct ptn_cli_context *d,
    struct ptn_cli_source *src, bool dry) PTN_MUST_USE;

#endif
