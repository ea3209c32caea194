#ifndef PTN_ACCOUNT_JWK_H
#define PTN_ACCOUNT_JWK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/api.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/crypto/key.h"
#include "lib/crypto/secrets.h"
#include "lib/db/db.h"
#include "lib/db/scope.h"

struct ptn_conf;

/*
 * One set of keys of this process: its rows of "jwks", opened and parsed once.
 * A key is published from its creation, or from when its API is in use; signs
 * from signs_from until a newer one does, and is kept until the last token it
 * may have signed is dead.  Which set serves whom stands in keysets.h.
 */
struct ptn_jwks;

/* Whose a set is. */
struct ptn_jwks_of {
	enum ptn_api api;
	struct ptn_uuid tenant_id; /* nil: of all who have none of their own */
};

/*
 * The keys of one API: its own rows, its own algorithm (EdDSA for Dfns, the
 * configured one for Hanko), so that no token of one is ever good in the
 * other.  cf and secrets live as long as the key set.  Asks nothing yet.
 */
enum ptn_err ptn_jwks_new(struct ptn_jwks **out, const struct ptn_jwks_of *of,
    const struct ptn_conf *cf, const struct ptn_secrets *s) PTN_MUST_USE;
void ptn_jwks_free(struct ptn_jwks **k);

/*
 * Load or reload from the database.  Cheap to call before every request: it
 * asks the database only when cf->key_refresh_s have passed since the last
 * time, or when force is set (and then at most once a second).  Inside a
 * transaction only that of a tenant.
 *
 * When there is no key of the algorithm, one is made under a row lock, so that
 * of many hosts starting at once one makes it.  The very first signs at once;
 * after a change of the algorithm the old key signs until the new one has been
 * published for cf->key_publish_s.  A tenant gets its first one from
 * ptn_jwks_rotate() alone, and none inside a transaction.
 *
 * A key that no secret opens is logged and left out.  A set that was loaded
 * once stays in use while the database is away.
 *
 * Returns PTN_OK; PTN_E_CONFIG when no key can sign; PTN_E_UNAVAILABLE,
 * PTN_E_NOMEM, PTN_E_INTERNAL when nothing was ever loaded.
 */
enum ptn_err ptn_jwks_refresh(struct ptn_jwks *k, const struct ptn_scope *sc,
    bool force) PTN_MUST_USE;

/*
 * Is a set that is not published yet to be published by now?  For whoever is
 * about to show it: its API may have come into use a moment ago.  Asks the
 * database at most five times a second, and never once the API is in use.
 */
enum ptn_err ptn_jwks_look(struct ptn_jwks *k,
    const struct ptn_scope *sc) PTN_MUST_USE;

/* Another number whenever the set changed; no other set ever has it. */
uint64_t ptn_jwks_generation(const struct ptn_jwks *k);

/* How often it was loaded. */
uint64_t ptn_jwks_loads(const struct ptn_jwks *k);

/* Of the set of all: has any tenant keys of its own? */
bool ptn_jwks_owned(const struct ptn_jwks *k);

/* Has a key of it begun to sign, be it one that cannot be opened? */
bool ptn_jwks_begun(const struct ptn_jwks *k);

/*
 * Is the last token dead that was signed before the first of its keys began
 * to, if such a token lives for so long?  As it was at the last load.
 */
bool ptn_jwks_alone(const struct ptn_jwks *k, int64_t lifespan_s);

/*
 * The published set as JSON: {"keys":[...]}; lives until the next refresh.
 * That of the Dfns API is empty until the API is in use, that is, has a member:
 * some who convert a whole set fail at a key of a kind that they do not know.
 */
const char *ptn_jwks_json(const struct ptn_jwks *k);

/* The key that signs now, with its id; NULL if there is none. */
const struct ptn_key *ptn_jwks_signer(const struct ptn_jwks *k,
    const char **kid);

/* The published key of that id, or NULL. */
const struct ptn_key *ptn_jwks_find(const struct ptn_jwks *k, const char *kid);

/*
 * Make a new key: it is published at once and signs after cf->key_publish_s
 * (delay_s < 0), or after delay_s; the very first one signs at once, but for
 * that of a tenant: until then the keys of all sign for it.  Needs no key that
 * can be opened.  The next refresh loads it.  This is an event
 * (event.h); a key that ptn_jwks_refresh() makes is not, as nobody has acted:
 * the log tells of it.
 */
enum ptn_err ptn_jwks_rotate(struct ptn_jwks *k, const struct ptn_scope *sc,
    int64_t delay_s, struct ptn_uuid *kid) PTN_MUST_USE;

/*
 * Delete the keys whose last token is dead: its lifespan and 120 s after
 * another one began to sign in their place.  Never the one that signs, nor one
 * that has not signed yet.  Refreshes first; for the courier.
 */
enum ptn_err ptn_jwks_expire(struct ptn_jwks *k, const struct ptn_scope *sc,
    int64_t lifespan_s, uint64_t *expired) PTN_MUST_USE;

/* What an operator wants to know of the i-th row, newest first. */
enum ptn_jwk_state {
	PTN_JWK_LOCKED,	 /* no secret opens it: not published */
	PTN_JWK_WAITING, /* published, does not sign yet */
	PTN_JWK_SIGNING,
	PTN_JWK_RETIRED, /* published until its last token is dead */
	PTN_JWK__MAX
};

struct ptn_jwk_info {
	const char *kid;
	const char *alg; /* "" if unknown to this version */
	enum ptn_jwk_state state;
	int64_t created_at; /* microseconds since the epoch */
	int64_t signs_from;
	int64_t ends_at; /* when it may be deleted; 0: not superseded */
};

size_t ptn_jwks_count(const struct ptn_jwks *k);
void ptn_jwks_info(const struct ptn_jwks *k, size_t i, int64_t lifespan_s,
    struct ptn_jwk_info *out);

#endif
