#ifndef PTN_BASE_UNICODE_H
#define PTN_BASE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

/* libunistring lives in unicode.c alone. */

/*
 * The first code point of b into *cp.  Returns its length in bytes, 1..4, or
 * 0, with *cp unset, when b is empty or does not begin with well-formed UTF-8
 * (RFC 3629 section 4: no surrogates, no overlong forms).
 */
size_t ptn_utf8_decode(struct ptn_bytes b, uint32_t *cp);

/* Well-formed UTF-8 (RFC 3629); the empty string is. */
bool ptn_utf8_valid(struct ptn_bytes b);

/* Code points of valid UTF-8; a malformed byte counts as one. */
size_t ptn_utf8_length(struct ptn_bytes b);

/* What a file says, without the byte order mark that some editors write. */
struct ptn_bytes ptn_utf8_text(struct ptn_bytes file);

/*
 * What of a text fits into max bytes: a whole number of characters, each
 * malformed byte a "?".  NULL for NULL, and when the arena is full.
 */
const char *ptn_utf8_fit(struct ptn_arena *a, const char *text, size_t max);

/*
 * RFC 8265 section 4.2.2, OpaqueString: non-ASCII spaces become U+0020, then
 * NFC; controls, surrogates and noncharacters are refused, and so is the empty
 * string.  Unassigned code points pass: an emoji that is newer than our tables
 * can be typed.  The result may be longer than the input.  PTN_PASSWORD_NORM is
 * the version stored beside a hash.
 * PTN_E_INPUT for what the profile refuses.
 */
#define PTN_PASSWORD_NORM 1
enum ptn_err ptn_unicode_opaque(struct ptn_arena *a, struct ptn_bytes in,
    struct ptn_bytes *out) PTN_MUST_USE;

/*
 * NFC and full case folding, for looking things up.  Folding the result again
 * gives the result, and so does folding with the tables of any later version
 * (Unicode's policies on stability).  PTN_E_INPUT for what is not UTF-8, and
 * for code points that our tables do not know: those may fold otherwise later.
 */
enum ptn_err ptn_unicode_fold(struct ptn_arena *a, const char *in,
    char **out) PTN_MUST_USE;

/*
 * NFKC: what look-alikes (full width, ligatures) stand for.  As
 * ptn_unicode_fold().
 */
enum ptn_err ptn_unicode_compat(struct ptn_arena *a, const char *in,
    char **out) PTN_MUST_USE;

/*
 * Does a reader see it?  False for controls, white space, format and default-
 * ignorable characters, surrogates and noncharacters.
 */
bool ptn_unicode_visible(uint32_t cp);

#endif
