#ifndef PTN_WEBAUTHN_CLIENTDATA_H
#define PTN_WEBAUTHN_CLIENTDATA_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

#define PTN_CLIENTDATA_MAX ((size_t)8 * 1024)

/* What the client says of the ceremony (WebAuthn L3 section 5.8.1). */
struct ptn_clientdata {
	const char *type;
	const char *challenge; /* as text, base64url if it is honest */
	const char *origin;
	const char *top_origin; /* NULL if absent */
	bool cross_origin;
};

/*
 * Read client data from the very bytes that are hashed.
 *
 * in	at most PTN_CLIENTDATA_MAX bytes: one JSON object in UTF-8, in which
 *	no member comes twice; a byte order mark is skipped.  type, challenge
 *	and origin are strings; topOrigin a string, crossOrigin a boolean, and
 *	tokenBinding an object with a status of Level 2, if they are there
 *	(null counts as absent).  Members we do not know are ignored.
 * out	in the arena.
 *
 * Verifies nothing else.  Returns PTN_OK, PTN_E_INPUT, PTN_E_NOMEM.
 */
enum ptn_err ptn_clientdata_parse(struct ptn_arena *a, struct ptn_bytes in,
    struct ptn_clientdata *out) PTN_MUST_USE;

#endif
