#ifndef PTN_DB_SCOPE_H
#define PTN_DB_SCOPE_H

#include <stdbool.h>

#include "lib/base/uuid.h"

struct ptn_actor;
struct ptn_arena;
struct ptn_conf;
struct ptn_db;
struct ptn_hashgate;
struct ptn_keysets;
struct ptn_secrets;
struct ptn_token_cache;

/*
 * What a rule may need to do its work, for the tenant that it is about.  A
 * request has one, a command has one, the courier has one; all of it is
 * borrowed from them.
 */
struct ptn_scope {
	const struct ptn_conf *cf; /* as it is for the tenant */
	const struct ptn_secrets *secrets;
	struct ptn_db *db;
	struct ptn_arena *arena;
	struct ptn_keysets *keys;	/* that sign; NULL: not asked for */
	struct ptn_hashgate *gate;	/* of password hashes; or NULL */
	struct ptn_token_cache *tokens; /* verified before; or NULL */
	struct ptn_actor *actor; /* who acts, for the record; or NULL: nobody */
	struct ptn_uuid tenant_id;
	bool tenant_named; /* tokens name it: it is not the default one */
};

/* The same for another tenant, with the configuration left as it is. */
struct ptn_scope ptn_scope_at(const struct ptn_scope *sc,
    const struct ptn_uuid *tenant_id);

#endif
