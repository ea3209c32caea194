#ifndef PTN_CLI_USER_H
#define PTN_CLI_USER_H

#include "fcgi/cli/context.h"
#include "lib/base/err.h"

/*
 * Commands about users.  argv[0] is the name of the command; they read their
 * options themselves.  d is open, and of no tenant yet.
 */
typedef enum ptn_err (
    *ptn_cli_user_fn)(struct ptn_cli_context *d, int argc, char **argv);

enum ptn_err ptn_cli_user_import(struct ptn_cli_context *d, int argc,
    char **argv) PTN_MUST_USE;
enum ptn_err ptn_cli_user_export(struct ptn_cli_context *d, int argc,
    char **argv) PTN_MUST_USE;

#endif
