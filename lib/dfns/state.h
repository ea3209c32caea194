#ifndef PTN_DFNS_STATE_H
#define PTN_DFNS_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/dfns/factor.h"
#include "lib/dfns/useraction.h"

/*
 * What was decided when a ceremony (ceremony.h) began and is needed again when
 * it is answered.  It is stored as JSON in the row of the ceremony; only this
 * module reads and writes that JSON.  A zeroed state has nothing in it.
 */
struct ptn_dfns_state {
	/*
	 * Wrong passwords at this ceremony are counted for this id: that of
	 * the user, or, for a name without an account, an id computed from the
	 * name.  nil: no name was given.
	 */
	struct ptn_uuid account;
	/* The account is a user's; else nobody can answer. */
	bool known;
	/* The credentials that may answer: these, or any passkey. */
	const struct ptn_uuid *allow;
	size_t n_allow;
	bool any_passkey;
	/* The request that the user approves, for action ceremonies. */
	struct ptn_useraction action; /* method NULL: none */
	const char *nonce;	 /* hashed into the challenge; hexadecimal */
	struct ptn_uuid session; /* that asked, and may use the approval */
	/* The address that a code has proved, for registrations; nil: none. */
	struct ptn_uuid email;
	/* The credential to be added, for credential ceremonies. */
	enum ptn_dfns_cred_kind kind;
	struct ptn_uuid code; /* the credential code it began with, or nil */
};

/* As JSON, in the arena; NULL: the arena is full. */
const char *ptn_dfns_state_write(struct ptn_arena *a,
    const struct ptn_dfns_state *state);

/*
 * Read it back, into the arena.  PTN_E_INTERNAL, logged, for what
 * ptn_dfns_state_write() cannot have written; PTN_E_NOMEM.
 */
enum ptn_err ptn_dfns_state_read(struct ptn_arena *a, const char *json,
    struct ptn_dfns_state *out) PTN_MUST_USE;

#endif
