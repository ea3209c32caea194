#ifndef PTN_CLI_FROM_H
#define PTN_CLI_FROM_H

#include <stdbool.h>

#include "fcgi/cli/context.h"
#include "fcgi/cli/import.h"
#include "lib/base/err.h"
#include "lib/db/db.h"

/* Where another program keeps its users, and what is wanted of it. */
struct ptn_cli_from_way {
	struct ptn_db *db;  /* to read; connected */
	const char *path;   /* or a file that it has exported; "-" */
	const char *tenant; /* by its id; NULL: the only one, or the first */
	bool verified;	    /* take addresses as verified */
	bool second_factor; /* credentials let nobody in by themselves */
};

/*
 * Other programs whose users are brought along.  Each is a source (import.h) of
 * entries as they stand in a file of users, so that all of them are judged
 * alike.
 *
 * src is filled in, and works with what lies in the program for its whole life.
 * PTN_E_INPUT, having said why: that is no database of it.
 */
enum ptn_err ptn_cli_from_hanko(struct ptn_cli_context *d,
    const struct ptn_cli_from_way *way,
    struct ptn_cli_source *src) PTN_MUST_USE;
enum ptn_err ptn_cli_from_glewlwyd(struct ptn_cli_context *d,
    const struct ptn_cli_from_way *way,
    struct ptn_cli_source *src) PTN_MUST_USE;

/* The same of a file; end lets go of it, whatever the former returned. */
enum ptn_err ptn_cli_from_kratos(struct ptn_cli_context *d,
    const struct ptn_cli_from_way *way,
    struct ptn_cli_source *src) PTN_MUST_USE;
void ptn_cli_from_kratos_end(struct ptn_cli_source *src);

extern const struct ptn_cli_left
    ptn_cli_from_kratos_left[PTN_CLI_LEFT_MAX + 1]; /* that stay behind */

/*
 * An identity of Kratos as the text of an entry, in the arena.  PTN_E_INPUT:
 * src->why says what is wrong with it.
 */
enum ptn_err ptn_cli_from_kratos_read(struct ptn_arena *a,
    struct ptn_bytes identity, struct ptn_cli_source *src) PTN_MUST_USE;

#endif
