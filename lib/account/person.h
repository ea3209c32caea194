#ifndef PTN_ACCOUNT_PERSON_H
#define PTN_ACCOUNT_PERSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/account/credential.h"
#include "lib/account/email.h"
#include "lib/account/metadata.h"
#include "lib/account/person_count.h"
#include "lib/account/person_text.h"
#include "lib/account/seen.h"
#include "lib/account/user.h"
#include "lib/account/username.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * Users as an operator sees them, and what an operator does to them as a whole:
 * by the Admin API or a command.
 */

#define PTN_PERSON_ADDRESSES_MAX 100 /* of a new one */

struct ptn_person {
	struct ptn_user user;
	const char *text[PTN_PERSON_TEXT__MAX];
	struct ptn_username username; /* whether names are used or not */
	int64_t password_at_us;	      /* when they got one; 0: they have none */
	int64_t password_set_at_us;   /* this one */
	int64_t otp_at_us;	      /* an app; 0: none */
	struct ptn_metadata metadata;
	int64_t locked_at_us;	      /* since when they are kept out; 0 */
	struct ptn_email *email;      /* oldest first */
	size_t emails;
	struct ptn_credential *credential; /* as ptn_credentials_of() */
	size_t credentials;
};

/* Three SELECTs.  PTN_E_NOT_FOUND. */
enum ptn_err ptn_person_load(const struct ptn_scope *sc,
    const struct ptn_uuid *id, struct ptn_person *out) PTN_MUST_USE;

#define PTN_PERSON_IDS_MAX 100 /* that are asked for by id, and of a page */

/* Which users are wanted, and in which order. */
struct ptn_person_query {
	const struct ptn_uuid *id; /* ids of them; 0: any */
	size_t ids;
	/*
	 * A part of an address or of the username: either; and a part of the
	 * names.  In either case; NULL: any.
	 */
	const char *email;
	const char *username;
	const char *name;
	/* Members that the objects have, at least; what is NULL is not asked.
	 */
	struct ptn_metadata metadata;
	bool plain;	/* without those who are operators (operator.h) */
	bool by_update; /* by when they were changed, not made */
	bool ascending;
	int64_t skip;
	int64_t max; /* at most PTN_PERSON_IDS_MAX */
};

/*
 * A page of them, in the arena; total: how many there are in all.  Without a
 * filter the page is found by a key.  At most six SELECTs; and where many were
 * counted, it is noted how many.
 */
enum ptn_err ptn_person_list(const struct ptn_scope *sc,
    const struct ptn_person_query *q, struct ptn_person **out, size_t *n,
    struct ptn_person_count_total *total) PTN_MUST_USE;

/* A new one. */
struct ptn_person_address {
	const char *address; /* canonical */
	bool verified;
	bool primary; /* one of them */
};
struct ptn_person_new {
	struct ptn_uuid id;    /* nil: any, which is made */
	int64_t created_at_us; /* 0: now */
	const char *username;  /* in lower case; NULL: none */
	const struct ptn_person_address *address;
	size_t addresses;
	struct ptn_metadata metadata; /* as ptn_metadata_read() has it */
};

enum ptn_person_result {
	PTN_PERSON_UNKNOWN = 0,
	PTN_PERSON_NO_NAME,	/* that is no username */
	PTN_PERSON_TAKEN,	/* there is a user of that id */
	PTN_PERSON_EMAIL_TAKEN, /* an address has an owner */
	PTN_PERSON_NAME_TAKEN,	/* the username has */
	PTN_PERSON_OUTDATED,	/* it was changed meanwhile */
	PTN_PERSON_DONE,
	PTN_PERSON__MAX
};

/*
 * Make one, with the event: one transaction.  Addresses are theirs at once; one
 * that somebody has claimed and not proved is, too.  Nobody is told by mail.
 * PTN_OK if the question was answered, either way.
 */
enum ptn_err ptn_person_create(const struct ptn_scope *sc,
    struct ptn_person_new *p, enum ptn_person_result *what) PTN_MUST_USE;

/* What is to be another one; what is not changed stays. */
struct ptn_person_change {
	bool changes_username;
	const char *username; /* in lower case; NULL: none */
	bool changes[PTN_PERSON_TEXT__MAX];
	const char *text[PTN_PERSON_TEXT__MAX];
	struct ptn_seen seen; /* a struct ptn_person */
};

/* As above; UNKNOWN: there is no such user. */
enum ptn_err ptn_person_edit(const struct ptn_scope *sc,
    const struct ptn_uuid *id, const struct ptn_person_change *change,
    enum ptn_person_result *what) PTN_MUST_USE;

/*
 * Keep a user out, or let them in again, with the event.  Out, all their
 * sessions of both APIs end, what was proved of them is worth nothing, no
 * log-in succeeds, whatever is shown, and no code is mailed; to whoever tries
 * it is as if what they showed were wrong.  PTN_E_NOT_FOUND.
 */
enum ptn_err ptn_person_lock(const struct ptn_scope *sc,
    const struct ptn_uuid *id) PTN_MUST_USE;
enum ptn_err ptn_person_unlock(const struct ptn_scope *sc,
    const struct ptn_uuid *id) PTN_MUST_USE;

#endif
