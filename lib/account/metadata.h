#ifndef PTN_ACCOUNT_METADATA_H
#define PTN_ACCOUNT_METADATA_H

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

struct ptn_arena;
struct ptn_json;

/*
 * What pages keep about a user, who may change it at will, and which nobody
 * else may trust: an object of JSON.
 */
#define PTN_METADATA_MAX 3000 /* characters, as it is stored */
#define PTN_METADATA_DEPTH 16 /* levels of nesting */

enum ptn_metadata_result {
	PTN_METADATA_UNFIT = 0, /* it would be too long, or no object */
	PTN_METADATA_DONE,
	PTN_METADATA__MAX
};

/* As it is, to be released by ptn_json_free(); NULL: there is none. */
enum ptn_err ptn_metadata_of(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_json **out) PTN_MUST_USE;

/*
 * As it is stored, in the arena; text NULL: it is no object, or too long.
 */
enum ptn_err ptn_metadata_text(struct ptn_arena *a, const struct ptn_json *v,
    const char **text) PTN_MUST_USE;

/*
 * Patch it (RFC 7396), with the event, inside a transaction of the caller's,
 * who holds the lock of the user.
 *
 * patch	an object; NULL: nothing is to be left
 */
enum ptn_err ptn_metadata_patch_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_json *patch,
    enum ptn_metadata_result *what) PTN_MUST_USE;

#endif
