#ifndef PTN_ACCOUNT_DEVICE_H
#define PTN_ACCOUNT_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * A browser that users have logged in from, as a cookie says it that we signed
 * (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").  It proves
 * nothing but that: it is no session and no factor.  Each user in it stands
 * with the epoch that they had then (asker.h): when theirs has moved on, it is
 * a stranger's for them.
 */
#define PTN_DEVICE_USERS 4 /* a household's; older ones are left out */
#define PTN_DEVICE_TTL_S (90 * 86400) /* since the log-in */

struct ptn_device {
	struct ptn_uuid id; /* random; stays when others log in */
	size_t n;
	struct {
		struct ptn_uuid id;
		int64_t until_s; /* in Unix time */
		int64_t epoch;
	} user[PTN_DEVICE_USERS];      /* latest first */
	const struct ptn_device *next; /* of the same browser; or NULL */
};

/*
 * Read the value of a cookie.  False, with out zeroed, for what we did not
 * sign, with any of the secrets; users whose time is over are left out.
 */
bool ptn_device_read(const struct ptn_scope *sc, const char *text,
    int64_t now_s, struct ptn_device *out) PTN_MUST_USE;

/*
 * The value, in the arena, once a user has logged in: with them in front.  Its
 * id is a new one if it knew them in another epoch: whoever has a copy of it
 * must not go on counting as it.
 *
 * before	what it was; NULL: nothing
 * epoch	the user's, 0 to 2^31
 */
enum ptn_err ptn_device_write(const struct ptn_scope *sc,
    const struct ptn_device *before, const struct ptn_uuid *user, int64_t epoch,
    int64_t now_s, const char **text) PTN_MUST_USE;

/*
 * Of the cookies that a browser brings, from other paths and domains as well,
 * the first that knows the user; NULL: none does.
 *
 * user		NULL: that still knows somebody
 * epoch	the user's; NULL: whichever it is
 */
const struct ptn_device *ptn_device_of(const struct ptn_device *d,
    const struct ptn_uuid *user, const int64_t *epoch);

#endif
