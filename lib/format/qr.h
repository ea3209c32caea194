#ifndef PTN_FORMAT_QR_H
#define PTN_FORMAT_QR_H

#include "lib/base/arena.h"
#include "lib/base/err.h"

/*
 * A text as a QR code (ISO/IEC 18004), for the camera of a telephone: a "data:"
 * URL (RFC 2397) of a PNG, in the arena.  What was drawn is wiped.
 *
 * PTN_E_INPUT: the text is too long for one; PTN_E_NOMEM.
 */
enum ptn_err ptn_qr_url(struct ptn_arena *a, const char *text,
    const char **url) PTN_MUST_USE;

#endif
