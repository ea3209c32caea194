#ifndef PTN_ACCOUNT_IMPORT_H
#define PTN_ACCOUNT_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/account/credential.h"
#include "lib/account/metadata.h"
#include "lib/account/person_text.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/crypto/pwhash.h"
#include "lib/db/scope.h"
#include "lib/event/actor.h"

/* Users that come from elsewhere with what they log in by, and go there. */

/* Addresses, and credentials, of one user: what the limits may be set to. */
#define PTN_IMPORT_LIST_MAX 1000
#define PTN_IMPORT_BATCH PTN_EVENTS_MAX /* users of one transaction */

struct ptn_import_address {
	const char *address; /* canonical */
	bool verified;
};

/* What became of one. */
enum ptn_import_result {
	PTN_IMPORT_REFUSED = 0, /* why says it */
	PTN_IMPORT_THERE,	/* the same user is there already */
	PTN_IMPORT_READY,	/* checked */
	PTN_IMPORT_DONE,
	PTN_IMPORT__MAX
};

/* All texts live as long as the scope's arena. */
struct ptn_import {
	struct ptn_uuid id;		    /* nil: any */
	const char *username;		    /* NULL: none */
	struct ptn_import_address *address; /* the primary one first */
	size_t addresses;
	const char *hash; /* of a password, of a kind of foreign.h; or NULL */
	int64_t norm;	  /* of the password that was hashed; 0: none */
	struct ptn_bytes otp; /* secret of an authenticator app; or none */
	int64_t otp_step;     /* whose code was used last; -1: none was */
	struct ptn_credential *credential;
	size_t credentials;
	struct ptn_metadata metadata;
	const char *text[PTN_PERSON_TEXT__MAX]; /* as they are kept */
	int64_t locked_at_us;  /* since when they are kept out; 0 */
	int64_t created_at_us; /* 0: now */
	int64_t updated_at_us;
	char stored[PTN_PHC_MAX]; /* made of hash */
	enum ptn_import_result what;
	const char *why; /* static text */
};

/*
 * May this user come in?  Sets what to REFUSED, THERE or READY.  One who has an
 * id is the same user if the address and the name are theirs; one without is
 * whoever has the primary address, or the name.  Not in a transaction: what is
 * fast to guess is hashed.
 *
 * sc->gate	NULL: nothing is hashed, since nothing is going to be stored
 *
 * Returns PTN_OK if the question was answered, either way.
 */
enum ptn_err ptn_import_check(const struct ptn_scope *sc,
    struct ptn_import *u) PTN_MUST_USE;

/*
 * Make those of n <= PTN_IMPORT_BATCH that are READY, in one transaction, with
 * the events; each is whole or not there, and becomes DONE, THERE or REFUSED.
 * The addresses are theirs, verified or not, as the entry says.  No limit on
 * how many somebody may have is asked, and nobody is told.
 */
enum ptn_err ptn_import_put(const struct ptn_scope *sc, struct ptn_import *u,
    size_t n) PTN_MUST_USE;

/*
 * The users behind after (nil: from the first one on) in the order of their
 * ids, at most max, in the arena: as they would be imported.  What the Dfns API
 * has besides, members and their keys, is not among it.  PTN_E_DENIED: no key
 * of secrets.keys opens the secret of an app.
 */
enum ptn_err ptn_import_export(const struct ptn_scope *sc,
    const struct ptn_uuid *after, size_t max, struct ptn_import **out,
    size_t *n) PTN_MUST_USE;

#endif
