#ifndef PTN_DFNS_PEOPLE_H
#define PTN_DFNS_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/member.h"

#define PTN_DFNS_PAGE_MAX 200

/* A member as the owners of the organisation see them. */
struct ptn_dfns_people_row {
	struct ptn_uuid id;
	const char *username;
	const char *kind;
	bool owner;
	bool active; /* and no operator keeps the user out */
	bool locked; /* one does */
	bool registered;
	bool service_account;
	struct ptn_uuid credential; /* the oldest one; nil: there is none */
};

/* Which of them; those who are archived are none. */
struct ptn_dfns_people {
	const char *kind;	       /* NULL: of any kind */
	bool service_accounts;	       /* they, or people */
	int64_t max;		       /* 1 to PTN_DFNS_PAGE_MAX */
	struct ptn_member_place place; /* zeroed: from the first on */
};

/*
 * The next few, oldest first, by one SELECT.
 *
 * q	its place is moved behind them
 * more	there are some behind them
 */
enum ptn_err ptn_dfns_people_page(const struct ptn_scope *sc,
    struct ptn_dfns_people *q, struct ptn_dfns_people_row **out, size_t *n,
    bool *more) PTN_MUST_USE;

/* One of them, likewise.  PTN_E_NOT_FOUND, also for one of the other sort. */
enum ptn_err ptn_dfns_people_one(const struct ptn_scope *sc,
    const struct ptn_uuid *id, bool service_account,
    struct ptn_dfns_people_row *out) PTN_MUST_USE;

/*
 * The permission that owners have in an organisation, and its assignment to
 * somebody: no rows, but ids that stay what they are.
 */
struct ptn_uuid ptn_dfns_people_permission(const struct ptn_uuid *org);
struct ptn_uuid ptn_dfns_people_assignment(const struct ptn_uuid *user);

#endif
