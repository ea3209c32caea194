#ifndef PTN_ACCOUNT_KEYSETS_H
#define PTN_ACCOUNT_KEYSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/account/jwk.h"
#include "lib/base/api.h"
#include "lib/db/scope.h"

/*
 * The keys that a process signs and verifies with, by API and by tenant.
 *
 * One set of an API serves all tenants that have no keys of their own.  A
 * tenant for which one was made (ptn_keysets_rotate) is signed for by the keys
 * of all until its own begins, and from then on by its own alone.  The keys of
 * all go on verifying what they signed for it until the last of those tokens is
 * dead; then they are nothing to it, nor shown among its own.  Its keys are
 * never anything to another tenant.
 *
 * Whom a call is about is sc->tenant_id; nil, and the default tenant, have the
 * keys of all.  What is remembered of tenants is bounded: who has keys of their
 * own, of each 16 bytes, and the keys of those who were served last.
 *
 * The sets of an API that is switched off exist, but are neither loaded, shown
 * nor expired.  What may be done to one set stands in jwk.h.
 */
struct ptn_keysets;

/* cf and s live as long.  Asks nothing yet. */
enum ptn_err ptn_keysets_new(struct ptn_keysets **out,
    const struct ptn_conf *cf, const struct ptn_secrets *s) PTN_MUST_USE;
void ptn_keysets_free(struct ptn_keysets **keys);

/*
 * ptn_jwks_refresh() of what serves sc->tenant_id: of one API, or of all that
 * are on; then the first that fails ends it.
 */
enum ptn_err ptn_keysets_refresh_of(const struct ptn_scope *sc,
    enum ptn_api api, bool force) PTN_MUST_USE;
enum ptn_err ptn_keysets_refresh(const struct ptn_scope *sc,
    bool force) PTN_MUST_USE;

/*
 * The key that signs now, with its id.  PTN_E_CONFIG: none does.  This, and
 * what follows, asks the database if the keys of that tenant are not at hand.
 */
enum ptn_err ptn_keysets_signer(const struct ptn_scope *sc, enum ptn_api api,
    const struct ptn_key **key, const char **kid) PTN_MUST_USE;

/* The key of that id, if it verifies for this tenant; or NULL. */
enum ptn_err ptn_keysets_find(const struct ptn_scope *sc, enum ptn_api api,
    const char *kid, const struct ptn_key **key) PTN_MUST_USE;

/*
 * Another number whenever what serves this tenant changed, and for each tenant
 * that has keys of its own; 0: it is not known.
 */
uint64_t ptn_keysets_generation(const struct ptn_scope *sc, enum ptn_api api);

/* What serves this tenant: its own set, if it has one, and that of all. */
struct ptn_keysets_pair {
	const struct ptn_jwks *own;    /* or NULL */
	const struct ptn_jwks *shared; /* or NULL: no longer */
};
enum ptn_err ptn_keysets_pair(const struct ptn_scope *sc, enum ptn_api api,
    struct ptn_keysets_pair *out) PTN_MUST_USE;

/* For how long a token of that API lives, in seconds. */
int64_t ptn_keysets_lifespan(const struct ptn_scope *sc, enum ptn_api api);

/*
 * ptn_jwks_rotate() of this tenant's own keys: the first is made by this.  Of
 * the default tenant it is the set of all.
 */
enum ptn_err ptn_keysets_rotate(const struct ptn_scope *sc, enum ptn_api api,
    int64_t delay_s, struct ptn_uuid *kid) PTN_MUST_USE;

/* Before they are shown: ptn_jwks_look() of each.  What fails shows later. */
void ptn_keysets_look(const struct ptn_scope *sc);

/* expired	of all sets of all tenants together. */
enum ptn_err ptn_keysets_expire(const struct ptn_scope *sc,
    uint64_t *expired) PTN_MUST_USE;

/* One set of what all APIs publish for this tenant: {"keys":[...]}. */
enum ptn_err ptn_keysets_json(const struct ptn_scope *sc,
    const char **json) PTN_MUST_USE;

/* How many statements those ran that ask if they must; of NULL, none. */
uint64_t ptn_keysets_statements(const struct ptn_keysets *keys);

#endif
