#ifndef PTN_ORG_H
#define PTN_ORG_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "conf.h"
#include "db.h"
#include "err.h"
#include "uuid.h"

/* A tenant as the Dfns API sees it. */
struct ptn_org {
	struct ptn_uuid id;
	const char *name;
	bool active;
	/* Of the row or, where that is silent, of the configuration. */
	const char *rp_id;
	const char *rp_name;
	struct ptn_strs origins; /* "*" alone: a rule, see dfnsfido.h */
};

/* PTN_E_NOT_FOUND; what is in the configuration is borrowed from it. */
enum ptn_err ptn_org_get(struct ptn_db *db, struct ptn_arena *a,
    const struct ptn_conf *cf, const struct ptn_uuid *id,
    struct ptn_org *out) PTN_MUST_USE;

/* What an operator wants to know of each, oldest first. */
struct ptn_org_row {
	struct ptn_uuid id;
	const char *name;
	const char *rp_id; /* NULL: that of the configuration */
	bool active;
};
enum ptn_err ptn_orgs(struct ptn_db *db, struct ptn_arena *a,
    struct ptn_org_row **out, size_t *n) PTN_MUST_USE;

/* An organisation to be; NULL is what the configuration says. */
struct ptn_org_new {
	struct ptn_uuid id; /* made by ptn_org_put() */
	const char *name;
	const char *rp_id;
	const char *origins; /* with a space between them */
};

/* PTN_E_CONFLICT if the name is taken. */
enum ptn_err ptn_org_put(struct ptn_db *db, struct ptn_org_new *org)
    PTN_MUST_USE;

#endif
