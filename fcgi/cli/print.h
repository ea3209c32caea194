#ifndef PTN_CLI_PRINT_H
#define PTN_CLI_PRINT_H

#include <stdint.h>
#include <stdio.h>

#include "lib/base/err.h"
#include "lib/format/json.h"

/* A column with a time to the second, in UTC; "-" for 0. */
void ptn_cli_print_time(int64_t us);

/*
 * What somebody else has written, "-" for NULL: what would steer a terminal, or
 * turn the direction of a line, is a "?" each.  The same elsewhere; and as the
 * end of a line.
 */
void ptn_cli_print_text(const char *text);
void ptn_cli_put_text(FILE *out, const char *text);
void ptn_cli_print_line(const char *text);

/* A text of JSON that is written to its end, as a line.  PTN_E_NOMEM. */
enum ptn_err ptn_cli_print_json(struct ptn_jsonw *w) PTN_MUST_USE;

#endif
