#ifndef PTN_ACCOUNT_METADATA_H
#define PTN_ACCOUNT_METADATA_H

#include <stdbool.h>

#include "lib/account/seen.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/format/metadata.h"

struct ptn_arena;
struct ptn_json;

#define PTN_METADATA_MAX 3000 /* characters of each, as it is stored */
#define PTN_METADATA_DEPTH 16 /* levels of nesting of each */

enum ptn_metadata_result {
	PTN_METADATA_UNKNOWN = 0, /* there is no such user */
	PTN_METADATA_UNFIT,	  /* one is no object, or has such a number */
	PTN_METADATA_LONG,	  /* one would be too long */
	PTN_METADATA_OUTDATED,	  /* it was changed meanwhile */
	PTN_METADATA_DONE,
	PTN_METADATA_RESULT__MAX
};

/* One SELECT; in the arena. */
enum ptn_err ptn_metadata_of(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_metadata *out) PTN_MUST_USE;

/*
 * Those that an object has, as they are stored, in the arena; other members are
 * nothing to it.
 *
 * wrong	which of them are UNFIT, or too LONG; or NULL
 */
enum ptn_err ptn_metadata_read(struct ptn_arena *a, const struct ptn_json *v,
    struct ptn_metadata *out, bool wrong[PTN_METADATA__MAX],
    enum ptn_metadata_result *what) PTN_MUST_USE;

/*
 * The same of a text that says what is looked for: it has them and no others,
 * since a typing error is not to find everybody.  UNFIT: it is something else.
 */
enum ptn_err ptn_metadata_read_filter(struct ptn_arena *a, const char *text,
    struct ptn_metadata *out, enum ptn_metadata_result *what) PTN_MUST_USE;

/* Give them to a user who is being made: no event of its own. */
enum ptn_err ptn_metadata_give_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_metadata *m) PTN_MUST_USE;

/* What is to become of them. */
struct ptn_metadata_change {
	bool changes[PTN_METADATA__MAX]; /* others stay as they are */
	/* A patch (RFC 7396), of an object; NULL: nothing is to be left. */
	const struct ptn_json *patch[PTN_METADATA__MAX];
	struct ptn_seen seen; /* all of them, a struct ptn_metadata */
	/* Set by it: which of them are UNFIT, or too LONG. */
	bool wrong[PTN_METADATA__MAX];
};

/*
 * Set what a body changes: the members of an object that are called so, each a
 * patch or null; NULL, which is null, clears all.  False: it is neither.
 */
bool ptn_metadata_changes(struct ptn_metadata_change *c,
    const struct ptn_json *body) PTN_MUST_USE;

/*
 * Change all of them or none, with the event if anything is another one then.
 * One SELECT and one statement more.  PTN_OK if the question was answered,
 * either way.
 */
enum ptn_err ptn_metadata_patch(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_metadata_change *change,
    enum ptn_metadata_result *what) PTN_MUST_USE;

/*
 * The same inside a transaction of the caller's, who holds the lock of the
 * user.
 */
enum ptn_err ptn_metadata_patch_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_metadata_change *change,
    enum ptn_metadata_result *what) PTN_MUST_USE;

#endif
