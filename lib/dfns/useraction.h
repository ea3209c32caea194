#ifndef PTN_DFNS_USERACTION_H
#define PTN_DFNS_USERACTION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

/*
 * The request that a user action approves (action.h): method, path and body.
 */
#define PTN_USERACTION_NONCE_LEN 32
#define PTN_USERACTION_PAYLOAD_DEPTH 32

struct ptn_useraction {
	const char *method;	  /* "POST" */
	const char *path;	  /* percent-encoded, perhaps with a query */
	struct ptn_bytes payload; /* the body; p NULL: it is empty */
};

/* Can a request with this method be approved: POST, PUT, DELETE, GET? */
bool ptn_useraction_method_ok(const char *method);

/*
 * The challenge for a request.  It is computed from method, path and body, so
 * that a signature of it is evidence for this request:
 *
 *	base64url(hex(SHA-256(nonce || method || 0 || path || 0 ||
 *	    SHA-256(payload))))
 *
 * 86 characters in the arena.  NULL: the arena is full.
 */
char *ptn_useraction_challenge(struct ptn_arena *a,
    const uint8_t nonce[PTN_USERACTION_NONCE_LEN],
    const struct ptn_useraction *action);

/*
 * Is this request the one that was signed?
 *
 * announced	the request that was signed
 * request	the request that was made; its path is the raw target, with the
 *		query if it has one
 *
 * The methods must be the same.  The paths must be the same; a query counts
 * only if one was announced.  The bodies must be the same bytes, or JSON texts
 * with deeply equal values; an empty body is the same as {}.
 *
 * Returns PTN_OK if the question was answered, PTN_E_NOMEM.
 */
enum ptn_err ptn_useraction_match(const struct ptn_useraction *announced,
    const struct ptn_useraction *request, enum ptn_verdict *verdict)
    PTN_MUST_USE;

#endif
