#ifndef PTN_ACCOUNT_LIMIT_H
#define PTN_ACCOUNT_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/account/asker.h"
#include "lib/base/err.h"
#include "lib/db/scope.h"

struct ptn_conf;
struct ptn_ratelimit;

/* What is counted: limit.def. */
enum ptn_limit {
	PTN_LIMIT_NONE = 0,
#define PTN_LIMIT(name, word, by, how, right, askers, figures) PTN_LIMIT_##name,
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

/* Whose bucket. */
struct ptn_limit_on {
	const char *account;	/* a user's id, a name, an address; or NULL */
	struct ptn_asker asker; /* who asks; zeroed: a stranger */
};

/* Does it have buckets of their own for askers who are known? */
bool ptn_limit_apart(enum ptn_limit limit);

/*
 * Count a request, where rate_limiter.enabled.  The network is that of
 * sc->actor; a browser that is known for a user counts by itself instead, and
 * with all others like it in the wider network.
 *
 * PTN_E_RATE: the limit is reached; it cost nothing, as long as a transaction
 * around it is rolled back.  sc->actor->limit says which one, and for how long.
 */
enum ptn_err ptn_limit_take(const struct ptn_scope *sc, enum ptn_limit limit,
    const struct ptn_limit_on *on) PTN_MUST_USE;

/*
 * The same, of which nobody is told but the log, with what comes of it: what
 * sc->actor->limit says stays as it was.
 */
enum ptn_err ptn_limit_take_unseen(const struct ptn_scope *sc,
    enum ptn_limit limit, const struct ptn_limit_on *on,
    const char *consequence) PTN_MUST_USE;

/* All of a list that ends with PTN_LIMIT_NONE, in one transaction, or none. */
enum ptn_err ptn_limits_take(const struct ptn_scope *sc,
    const enum ptn_limit *list, const struct ptn_limit_on *on) PTN_MUST_USE;

/* The answer was right, and the limit counts wrong ones alone. */
enum ptn_err ptn_limit_give_back(const struct ptn_scope *sc,
    enum ptn_limit limit, const struct ptn_limit_on *on) PTN_MUST_USE;

/* The limit was reached: one line in the log. */
void ptn_limit_log(const struct ptn_scope *sc, const char *consequence);

/*
 * Forget what was counted of somebody, and record it if there was something.
 *
 * whom		ids of users, addresses, networks
 * user		the subject of the record; nil: it is not about a user
 * cleared	how many buckets there were
 */
enum ptn_err ptn_limits_clear(const struct ptn_scope *sc,
    const char *const *whom, size_t n, const struct ptn_uuid *user,
    uint64_t *cleared) PTN_MUST_USE;

/*
 * The limit that "what" of a row names, with its figures by the configuration
 * and nothing filled in; false: none does.
 */
bool ptn_limit_named(const struct ptn_conf *cf, const char *what,
    struct ptn_ratelimit *out);

#endif
