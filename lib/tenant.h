#ifndef PTN_TENANT_H
#define PTN_TENANT_H

#include "arena.h"
#include "db.h"
#include "err.h"
#include "uuid.h"

/* Whose accounts these are.  Without configuration there is one. */
struct ptn_tenant {
	struct ptn_uuid id;
};

/* The default tenant, which the migration command makes. */
enum ptn_err ptn_tenant_default(struct ptn_db *db, struct ptn_arena *a,
    struct ptn_tenant *out) PTN_MUST_USE;

#endif
