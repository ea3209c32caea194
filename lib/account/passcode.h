#ifndef PTN_ACCOUNT_PASSCODE_H
#define PTN_ACCOUNT_PASSCODE_H

#include <stdint.h>

#include "lib/account/asker.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/crypto/secrets.h"
#include "lib/db/scope.h"

#define PTN_PASSCODE_DIGITS 6
#define PTN_PASSCODE_TEXT 33 /* one that nobody can enter, and the NUL */
#define PTN_PASSCODE_TRIES 3 /* wrong codes that destroy a passcode */
#define PTN_CODE_TRIES 5     /* of the others: as for PTN_CODE_SPOILT */

/*
 * What a code is for.  A code of one kind is nothing to another: they are
 * rows of their own, and the MAC names the kind.
 */
enum ptn_code_kind {
	PTN_CODE_PASSCODE, /* six digits, named by its id */
	PTN_CODE_LOGIN,	   /* the others are named by their user */
	PTN_CODE_REGISTRATION,
	PTN_CODE_RECOVERY,
	PTN_CODE__MAX
};

/* "passcode" ...: in the column "purpose", and of the mail. */
const char *ptn_code_name(enum ptn_code_kind kind);

/* For how long a code of the kind is good; 0: the configuration says. */
int64_t ptn_code_ttl_s(enum ptn_code_kind kind);

/*
 * A code for one user and one address.  Stored as HMAC-SHA-256
 * under a key that is not in the database: a code has no entropy for a slow
 * hash to protect (ASVS 6.5.2).
 */
struct ptn_passcode {
	struct ptn_uuid id;
	struct ptn_uuid user_id;
	struct ptn_uuid email_id;
	enum ptn_code_kind kind;
	enum ptn_asker_kind asker; /* who asked for it */
	bool held_back; /* it is for show: nobody can enter its code */
	int64_t ttl_s;
	int64_t created_at_us;
};

/* Whom a passcode would go to. */
struct ptn_passcode_target {
	struct ptn_uuid email_id; /* nil: no such address */
	const char *address;
	struct ptn_uuid owner_id; /* nil: nobody's yet */
	int64_t known_epoch;	  /* of the user (asker.h) */
	int64_t now_us;		  /* the database's clock */
	bool locked;		  /* an operator keeps the user out */
};

/*
 * Find the address: email_id, or the user's primary one when that is nil.
 * PTN_E_NOT_FOUND if there is no such user.
 */
enum ptn_err ptn_passcode_find_target(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *email_id,
    struct ptn_passcode_target *out) PTN_MUST_USE;

/* Draw a code, uniform over 000000 to 999999, as text. */
void ptn_passcode_draw(char code[PTN_PASSCODE_DIGITS + 1]);

/* One that is no six digits, and that no guess hits: 128 bits, in hex. */
void ptn_passcode_draw_none(char code[PTN_PASSCODE_TEXT]);

/*
 * Store a new code; the older one of the same user, address, kind, and kind of
 * asker dies: none that a known browser asked for dies by another's, and no
 * real one by one that was held back, or whoever asks all the time, and gets no
 * mail, could kill every code of a user.  pc->id is made here, the rest of pc
 * is given.
 */
enum ptn_err ptn_passcode_put(const struct ptn_scope *sc, const char *code,
    struct ptn_passcode *pc) PTN_MUST_USE;

/* What became of a code that was entered. */
enum ptn_passcode_result {
	PTN_PASSCODE_WRONG = 0,
	PTN_PASSCODE_UNKNOWN,
	PTN_PASSCODE_EXPIRED,
	PTN_PASSCODE_USED_UP, /* this was the last wrong one: it is gone */
	PTN_PASSCODE_CLAIMED, /* right; but the address is another's by now */
	PTN_PASSCODE_UNFIT,   /* right; but not of whoever entered it */
	PTN_PASSCODE_NOBODY,  /* right; but of somebody kept out, or gone */
	PTN_PASSCODE_HALF,    /* right; but a second factor is asked for, too */
	PTN_PASSCODE_RIGHT,   /* and it is consumed */
	PTN_PASSCODE__MAX
};

/*
 * Check a code, in a transaction of its own, under a row lock: however many
 * try at once, at most PTN_PASSCODE_TRIES are checked, and a right code is
 * right once.  An expired passcode is EXPIRED whatever the code.  Wrong ones
 * are counted for the user, too, whatever the passcode: PTN_E_RATE, not judged
 * (PTN_LIMIT_CODE).
 */
enum ptn_err ptn_passcode_check(const struct ptn_scope *sc,
    const struct ptn_uuid *id, const char *code, struct ptn_passcode *pc,
    enum ptn_passcode_result *out) PTN_MUST_USE;

/*
 * The same for a code that is kept elsewhere than in a row of its own: by its
 * MAC, which is bound to pc->id and pc->kind.
 */
enum ptn_err ptn_passcode_mac(const struct ptn_scope *sc,
    const struct ptn_passcode *pc, const char *code,
    uint8_t mac[PTN_SHA256_LEN]) PTN_MUST_USE;

/*
 * Is a code the one of that MAC?  A wrong one counts for pc->user_id, who need
 * not exist (PTN_LIMIT_CODE): PTN_E_RATE, and it was not judged, and cost
 * nothing.  Its tries are the caller's to count.  Inside the caller's
 * transaction.
 */
enum ptn_err ptn_passcode_guess(const struct ptn_scope *sc,
    struct ptn_passcode *pc, const char *code, struct ptn_bytes mac,
    enum ptn_verdict *verdict) PTN_MUST_USE;

/* What becomes of a code that is right. */
enum ptn_code_use {
	PTN_CODE_USE_UP, /* it is gone */
	PTN_CODE_KEEP,	 /* it stays until ptn_code_delete() */
	PTN_CODE_SPOILT	 /* it came with something wrong: it stays, but this
			  * was one of its PTN_CODE_TRIES */
};

/*
 * Check a code of 16 digits, which is named by its user.  A wrong one does
 * nothing to those that they have, or whoever knows their name could destroy
 * them: how many may be tried is for the limits of the caller.  One that is
 * expired is EXPIRED only when it is right.  A user without one costs the same
 * statements and writes, and is WRONG.  Of several, asked for by strangers,
 * known networks and known browsers, each is right.
 *
 * sent_to	set to the id of the address that a right code proves; NULL: it
 *		is of no interest
 */
enum ptn_err ptn_code_check(const struct ptn_scope *sc,
    const struct ptn_uuid *user, enum ptn_code_kind kind, const char *code,
    enum ptn_code_use use, struct ptn_uuid *sent_to,
    enum ptn_passcode_result *out) PTN_MUST_USE;

/*
 * Delete the older code, to whatever address, that one of a kind for a user
 * takes the place of.  Inside the caller's transaction.
 */
enum ptn_err ptn_code_replace(const struct ptn_scope *sc,
    const struct ptn_passcode *pc) PTN_MUST_USE;

/* Delete the user's codes of a kind.  Inside the caller's transaction. */
enum ptn_err ptn_code_delete(const struct ptn_scope *sc,
    const struct ptn_uuid *user, enum ptn_code_kind kind) PTN_MUST_USE;

#endif
