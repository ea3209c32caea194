#ifndef PTN_CLI_USER_H
#define PTN_CLI_USER_H

#include <stddef.h>

#include "fcgi/cli/context.h"
#include "fcgi/cli/option.h"
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
enum ptn_err ptn_cli_user_delete(struct ptn_cli_context *d, int argc,
    char **argv) PTN_MUST_USE;
enum ptn_err ptn_cli_user_set_password(struct ptn_cli_context *d, int argc,
    char **argv) PTN_MUST_USE;
enum ptn_err ptn_cli_user_sessions(struct ptn_cli_context *d, int argc,
    char **argv) PTN_MUST_USE;
enum ptn_err ptn_cli_user_list(struct ptn_cli_context *d, int argc,
    char **argv) PTN_MUST_USE;
enum ptn_err ptn_cli_user_show(struct ptn_cli_context *d, int argc,
    char **argv) PTN_MUST_USE;
enum ptn_err ptn_cli_user_create(struct ptn_cli_context *d, int argc,
    char **argv) PTN_MUST_USE;
enum ptn_err ptn_cli_user_metadata(struct ptn_cli_context *d, int argc,
    char **argv) PTN_MUST_USE;
enum ptn_err ptn_cli_user_lock(struct ptn_cli_context *d, int argc,
    char **argv) PTN_MUST_USE;
enum ptn_err ptn_cli_user_unlock(struct ptn_cli_context *d, int argc,
    char **argv) PTN_MUST_USE;
enum ptn_err ptn_cli_user_add_email(struct ptn_cli_context *d, int argc,
    char **argv) PTN_MUST_USE;

#define PTN_CLI_USER_OPTIONS_MAX 6 /* of one command */

/*
 * Read the command line of one, and let the command be about the organisation
 * that it names.  Its options are own[0..n) and --tenant; its words, as many as
 * names has, are argv[1] and on afterwards.
 */
enum ptn_err ptn_cli_user_open(struct ptn_cli_context *d,
    const struct ptn_cli_option *own, size_t n, const char *names, int argc,
    char **argv) PTN_MUST_USE;

/*
 * Who is meant: by id, address or username, in this order; says so if there is
 * none.  What happens from now on is about them.
 */
enum ptn_err ptn_cli_user_find(struct ptn_cli_context *d, const char *who,
    struct ptn_uuid *user) PTN_MUST_USE;

/* A username as it is stored, in the place of one that was typed. */
enum ptn_err ptn_cli_user_lower(struct ptn_arena *a,
    const char **text) PTN_MUST_USE;

#endif
