#ifndef PTN_PASSCODE_H
#define PTN_PASSCODE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "crypto.h"
#include "db.h"
#include "err.h"
#include "uuid.h"

#define PTN_PASSCODE_DIGITS 6
#define PTN_PASSCODE_TRIES 3 /* wrong codes that destroy a passcode */

/*
 * A six-digit code for one user and one address.  Stored as HMAC-SHA-256
 * under a key that is not in the database: a code has no entropy for a slow
 * hash to protect (ASVS 6.5.2).
 */
struct ptn_passcode {
	struct ptn_uuid id;
	struct ptn_uuid user_id;
	struct ptn_uuid email_id;
	int64_t ttl_s;
	int64_t created_at_us;
};

/* Whom a passcode would go to. */
struct ptn_passcode_target {
	struct ptn_uuid email_id; /* nil: no such address */
	const char *address;
	struct ptn_uuid owner_id; /* nil: nobody's yet */
	int64_t now_us;		  /* the database's clock */
};

/*
 * Find the address: email_id, or the user's primary one when that is nil.
 * PTN_E_NOT_FOUND if there is no such user.
 */
enum ptn_err ptn_passcode_find_target(struct ptn_db *db, struct ptn_arena *a,
    const struct ptn_uuid *tenant, const struct ptn_uuid *user,
    const struct ptn_uuid *email_id, struct ptn_passcode_target *out)
    PTN_MUST_USE;

/* Draw a code, uniform over 000000 to 999999, as text. */
void ptn_passcode_draw(char code[PTN_PASSCODE_DIGITS + 1]);

/*
 * Store a new passcode; the older one of the same user and address dies.
 * pc->id is made here, the rest of pc is given.
 */
enum ptn_err ptn_passcode_put(struct ptn_db *db, const struct ptn_secrets *s,
    const struct ptn_uuid *tenant, const char *code, struct ptn_passcode *pc)
    PTN_MUST_USE;

/* What judging a code came to. */
enum ptn_passcode_judgement {
	PTN_PASSCODE_WRONG = 0,
	PTN_PASSCODE_UNKNOWN,
	PTN_PASSCODE_EXPIRED,
	PTN_PASSCODE_USED_UP, /* this was the last wrong one: it is gone */
	PTN_PASSCODE_RIGHT    /* and it is consumed */
};

/*
 * Judge a code, in a transaction of its own, under a row lock: however many
 * try at once, at most PTN_PASSCODE_TRIES are judged, and a right code is
 * right once.  An expired passcode is EXPIRED whatever the code.
 */
enum ptn_err ptn_passcode_judge(struct ptn_db *db, struct ptn_arena *a,
    const struct ptn_secrets *s, const struct ptn_uuid *tenant,
    const struct ptn_uuid *id, const char *code, struct ptn_passcode *pc,
    enum ptn_passcode_judgement *out) PTN_MUST_USE;

#endif
