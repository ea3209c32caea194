#ifndef PTN_CLI_ORG_H
#define PTN_CLI_ORG_H

#include "fcgi/cli/context.h"
#include "lib/account/org.h"

/*
 * A sub-command: a line of the table in org.c, which says how many words
 * there may be.  argv[0] is its own name; NULL-terminated.  What was asked for
 * goes to standard output.  All that it changes is changed in one transaction.
 */
typedef enum ptn_err (
    *ptn_org_fn)(struct ptn_desk *d, int argc, char *const *argv);

/*
 * Invite somebody, and queue the mail that brings the code; who is invited
 * already, and has not registered, gets another.  Inside the caller's
 * transaction.  PTN_E_INPUT, PTN_E_CONFLICT: d says why.
 */
enum ptn_err ptn_desk_invite(struct ptn_desk *d, struct ptn_db *db,
    const struct ptn_uuid *org, const char *address,
    struct ptn_uuid *user) PTN_MUST_USE;

enum ptn_err ptn_org_invite(struct ptn_desk *, int, char *const *);
enum ptn_err ptn_org_members(struct ptn_desk *, int, char *const *);
enum ptn_err ptn_org_activate(struct ptn_desk *, int, char *const *);
enum ptn_err ptn_org_deactivate(struct ptn_desk *, int, char *const *);
enum ptn_err ptn_org_service_account(struct ptn_desk *, int, char *const *);

#endif
