#ifndef PTN_CLI_ORG_H
#define PTN_CLI_ORG_H

#include "fcgi/cli/context.h"
#include "lib/account/org.h"

/*
 * A sub-command: a line of the table in org.c, which says how many words
 * there may be.  argv[0] is its own name; NULL-terminated.  What was asked for
 * goes to standard output.
 */
typedef enum ptn_err (
    *ptn_cli_org_fn)(struct ptn_cli_context *d, int argc, char **argv);

/* What ptn_administer_invite() refused, in words. */
enum ptn_err ptn_org_uninvited(struct ptn_cli_context *d, enum ptn_err r);

enum ptn_err ptn_cli_org_invite(struct ptn_cli_context *, int, char **);
enum ptn_err ptn_cli_org_members(struct ptn_cli_context *, int, char **);
enum ptn_err ptn_cli_org_role(struct ptn_cli_context *, int, char **);
enum ptn_err ptn_cli_org_activate(struct ptn_cli_context *, int, char **);
enum ptn_err ptn_cli_org_deactivate(struct ptn_cli_context *, int, char **);
enum ptn_err ptn_cli_org_credentials(struct ptn_cli_context *, int, char **);
enum ptn_err ptn_cli_org_admit(struct ptn_cli_context *, int, char **);
enum ptn_err ptn_cli_org_tokens(struct ptn_cli_context *, int, char **);
enum ptn_err ptn_cli_org_revoke(struct ptn_cli_context *, int, char **);
enum ptn_err ptn_cli_org_address(struct ptn_cli_context *, int, char **);
enum ptn_err ptn_cli_org_service_account(struct ptn_cli_context *, int,
    char **);

#endif
