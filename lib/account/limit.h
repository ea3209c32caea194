#ifndef PTN_ACCOUNT_LIMIT_H
#define PTN_ACCOUNT_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/account/asker.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

struct ptn_conf;
struct ptn_ratelimit;

/* What is counted: limit.def. */
enum ptn_limit {
	PTN_LIMIT_NONE = 0,
#define PTN_LIMIT(name, word, by, whose, how, right, askers, figures)          \
	PTN_LIMIT_##name,
#include "lib/account/limit.def"
#undef PTN_LIMIT
	PTN_LIMIT__MAX
};

/*
 * What the wider network (IPv4 /24, IPv6 /48) has, in figures of the narrow
 * one: a customer of a provider often has a /48, and an office several
 * addresses.
 */
#define PTN_LIMIT_WIDE 4

/*
 * What all known browsers of an account have together, in figures of one of
 * them, and so all known networks: a person has few that are in use at a time,
 * but whoever was in once may have made many known.  Where networks count, the
 * browsers of an account have so many buckets between them instead: as much,
 * for one statement less.
 */
#define PTN_LIMIT_TOGETHER 2

/* Whose bucket: what its limit is named by ("whose" in limit.def), or more. */
struct ptn_limit_on {
	const char *account;	 /* a user's id */
	struct ptn_asker asker;	 /* who asks; zeroed: a stranger */
	const char *mailbox;	 /* an address */
	const char *name;	 /* ptn_dfns_lookup_key() */
	const char *code;	 /* ptn_code_name() */
	const char *notice;	 /* as notice.def names it, to the mailbox */
	struct ptn_bytes source; /* of an outbox item; p NULL: of who acts */
};

/*
 * Does it have buckets of their own for askers who are known?  Then who asks
 * must not be believed alone (asker.h).
 */
bool ptn_limit_apart(enum ptn_limit limit);

/* Is it counted by a user, who is to be named? */
bool ptn_limit_of_user(enum ptn_limit limit);

/*
 * Count a request, where rate_limiter.enabled.  The network is that of
 * sc->actor.  A browser that is known counts by itself instead, with some of
 * its user's others, and with all that are known in the wider network; and as a
 * stranger where that is used up.
 *
 * PTN_E_RATE: the limit is reached; it cost nothing, as long as a transaction
 * around it is rolled back.  sc->actor->limit says which one, and for how long.
 */
enum ptn_err ptn_limit_take(const struct ptn_scope *sc, enum ptn_limit limit,
    const struct ptn_limit_on *on) PTN_MUST_USE;

/*
 * The same, of which nobody is told but the log, with what comes of it (NULL:
 * nor the log): what sc->actor->limit says stays as it was.
 */
enum ptn_err ptn_limit_take_unseen(const struct ptn_scope *sc,
    enum ptn_limit limit, const struct ptn_limit_on *on,
    const char *consequence) PTN_MUST_USE;

/*
 * A mail with a code to on->mailbox, of which nobody is told but the log:
 * PTN_LIMIT_MAIL, and before it, of a stranger, PTN_LIMIT_MAIL_FROM, so that
 * one network does not use up what all strangers have.  Whichever of them
 * refuses a stranger, or none, it takes as many statements.
 */
enum ptn_err ptn_limit_take_mail(const struct ptn_scope *sc,
    const struct ptn_limit_on *on, const char *consequence) PTN_MUST_USE;

/*
 * A notice of a kind to on->mailbox: whoever can change an account over and
 * over is not to fill its owner's mailbox.  The first of each kind goes always.
 *
 * last		it is the last one that goes for now
 *
 * PTN_E_RATE: it is not to go; that is logged.
 */
enum ptn_err ptn_limit_take_notice(const struct ptn_scope *sc,
    const struct ptn_limit_on *on, bool *last) PTN_MUST_USE;

/* The answer was right, and the limit counts wrong ones alone. */
enum ptn_err ptn_limit_give_back(const struct ptn_scope *sc,
    enum ptn_limit limit, const struct ptn_limit_on *on) PTN_MUST_USE;

/* The limit was reached: one line in the log. */
void ptn_limit_log(const struct ptn_scope *sc, const char *consequence);

/* What buckets are found by. */
struct ptn_limit_key {
	struct ptn_uuid tenant_id; /* that they are counted in */
	const char *whom;	   /* a user's id, an address, a network ... */
};
#define PTN_LIMIT_KEYS 5 /* of a user, and of what they own */

/*
 * All of a user's: by every row of limit.def.
 *
 * on		the user's id, and what else they have
 * tenant	theirs
 * first	the default one: what is counted before theirs is known
 *
 * Returns how many there are.
 */
size_t ptn_limit_keys(const struct ptn_limit_on *on,
    const struct ptn_uuid *tenant, const struct ptn_uuid *first,
    struct ptn_limit_key out[PTN_LIMIT_KEYS]);

/*
 * The limit that "what" of a row names, with its figures by the configuration
 * and nothing filled in; false: none does.
 */
bool ptn_limit_named(const struct ptn_conf *cf, const char *what,
    struct ptn_ratelimit *out);

#endif
