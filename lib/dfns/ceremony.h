#ifndef PTN_DFNS_CEREMONY_H
#define PTN_DFNS_CEREMONY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/db.h"
#include "lib/db/scope.h"

/*
 * What a client of the Dfns API was asked to sign: a row that says what for,
 * by whom, and what else was settled then.  Whoever answers it has one try,
 * or a counted few, and the row goes before anything is verified.
 */
enum ptn_dfns_ceremony_kind {
	PTN_DFNS_CEREMONY_LOGIN,
	PTN_DFNS_CEREMONY_REGISTRATION,
	PTN_DFNS_CEREMONY_CREDENTIAL, /* a new one, of a user who has some */
	PTN_DFNS_CEREMONY_ACTION,     /* to approve a request that is to come */
	PTN_DFNS_CEREMONY_SIGNED,     /* one that was approved */
	PTN_DFNS_CEREMONY_RECOVERY,
	PTN_DFNS_CEREMONY_CREDENTIAL_CODE, /* by a code */
	PTN_DFNS_CEREMONY__MAX
};

#define PTN_DFNS_CEREMONY_TRIES 5 /* of those that stay until they succeed */
#define PTN_DFNS_CEREMONY_DEPTH 8 /* levels of the state */

struct ptn_dfns_ceremony {
	struct ptn_uuid id;
	struct ptn_uuid user_id; /* nil: nobody can answer it */
	enum ptn_dfns_ceremony_kind purpose;
	const char *challenge; /* base64url text, as it was given out */
	const char *state;     /* JSON */
	/* A secret that was offered (lib/dfns/totp.h); p NULL: none. */
	struct ptn_bytes sealed;
};

/* For how long one may be answered. */
int64_t ptn_dfns_ceremony_ttl_s(enum ptn_dfns_ceremony_kind purpose);

/*
 * Draw a challenge: 32 random bytes, in hexadecimal, in base64url (86
 * characters).  NULL: arena full.
 */
char *ptn_dfns_ceremony_challenge_new(struct ptn_arena *a);

/* Store one; c->id is made here.  All else is given. */
enum ptn_err ptn_dfns_ceremony_put(const struct ptn_scope *sc,
    struct ptn_dfns_ceremony *c) PTN_MUST_USE;

/*
 * Take one, in a transaction of its own: it is gone whatever comes of it.
 * PTN_E_NOT_FOUND for none of this tenant and purpose, or an expired one.
 */
enum ptn_err ptn_dfns_ceremony_take(const struct ptn_scope *sc,
    enum ptn_dfns_ceremony_kind purpose, const struct ptn_uuid *id,
    struct ptn_dfns_ceremony *out) PTN_MUST_USE;

/*
 * Look at one and count a try, in a transaction of its own: after
 * PTN_DFNS_CEREMONY_TRIES it is PTN_E_NOT_FOUND too.
 */
enum ptn_err ptn_dfns_ceremony_try(const struct ptn_scope *sc,
    enum ptn_dfns_ceremony_kind purpose, const struct ptn_uuid *id,
    struct ptn_dfns_ceremony *out) PTN_MUST_USE;

/* Look at one that is alive; used tells of ptn_dfns_ceremony_use(). */
enum ptn_err ptn_dfns_ceremony_look(const struct ptn_scope *sc,
    enum ptn_dfns_ceremony_kind purpose, const struct ptn_uuid *id,
    struct ptn_dfns_ceremony *out, bool *used) PTN_MUST_USE;

/*
 * Mark one as used; it stays until it expires.  Inside the caller's
 * transaction.  PTN_E_NOT_FOUND if somebody was faster.
 */
enum ptn_err ptn_dfns_ceremony_use(const struct ptn_scope *sc,
    enum ptn_dfns_ceremony_kind purpose,
    const struct ptn_uuid *id) PTN_MUST_USE;

/*
 * End one that succeeded, or all of a user's of a purpose.  Inside the
 * caller's transaction.  PTN_E_NOT_FOUND if somebody was faster.
 */
enum ptn_err ptn_dfns_ceremony_end(const struct ptn_scope *sc,
    const struct ptn_uuid *id) PTN_MUST_USE;
enum ptn_err ptn_dfns_ceremony_end_all(const struct ptn_scope *sc,
    const struct ptn_uuid *user,
    enum ptn_dfns_ceremony_kind purpose) PTN_MUST_USE;

#endif
