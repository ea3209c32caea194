#ifndef PTN_DFNS_USERACTION_H
#define PTN_DFNS_USERACTION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

/*
 * A signed action: the user approves one coming request, by method, path and
 * body, before it is made.
 */
#define PTN_USERACTION_NONCE_LEN 32
#define PTN_USERACTION_PAYLOAD_DEPTH 32

struct ptn_useraction {
	const char *method;	  /* "POST" */
	const char *path;	  /* as sent: percent-encoded, maybe a query */
	struct ptn_bytes payload; /* the body; p NULL is the empty one */
};

/* One of the methods that can be announced: POST, PUT, DELETE, GET. */
bool ptn_useraction_method_ok(const char *method);

/*
 * The challenge that binds all three, so that the signature is evidence for
 * this request: base64url(hex(SHA-256(nonce || method || 0 || path || 0 ||
 * SHA-256(payload)))), 86 characters in the arena.  NULL: arena full.
 */
char *ptn_useraction_challenge(struct ptn_arena *a,
    const uint8_t nonce[PTN_USERACTION_NONCE_LEN],
    const struct ptn_useraction *action);

/*
 * Is the request the one that was signed?
 *
 * announced	from the row of the challenge
 * request	path is the raw target with its query, if it has one
 *
 * The method is the same.  Of the path the query counts only if it was
 * announced.  The bodies are the same bytes, or JSON texts of deeply equal
 * values; an empty body is the same as {}.
 *
 * Returns PTN_OK if the question was answered, PTN_E_NOMEM.
 */
enum ptn_err ptn_useraction_match(const struct ptn_useraction *announced,
    const struct ptn_useraction *request, enum ptn_verdict *verdict)
    PTN_MUST_USE;

#endif
