#ifndef PTN_DFNS_MEMBER_H
#define PTN_DFNS_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/account/org.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/event/event.h"

#define PTN_USERNAME_MAX 320 /* characters */
#define PTN_EXTERNAL_ID_MAX 255

/* Kinds of members, as Dfns calls them. */
#define PTN_EMPLOYEE "CustomerEmployee" /* works for the organisation */
#define PTN_END_USER "EndUser"		/* is a customer of the organisation */

/* What a member may do beside what is their own: the column role. */
#define PTN_OWNER "owner" /* manage the organisation; NULL: nothing */

/*
 * A member of an organisation: a user, as the Dfns API sees them.  A user who
 * signed up through the other API is a member, too: the username is their
 * proved address.  They get a row in the table of members, which keeps that
 * username, when they first register or log in by this API.
 *
 * Being registered is a fact of that row: a passkey of the other API neither
 * gives it nor takes it away, unless dfns.trust_passkeys is on.  The address of
 * one who is registered is the one that they had then, wherever the other API
 * has moved their primary address since.
 */
struct ptn_member {
	struct ptn_uuid id;
	const char *username; /* in the spelling in which it was stored */
	const char *kind;     /* PTN_EMPLOYEE, PTN_END_USER */
	bool active;	      /* and no operator keeps the user out */
	bool switched_on;     /* of the row */
	bool registered;
	bool recorded; /* the row says so; else it is by dfns.trust_passkeys */
	bool service_account;
	bool archived;
	bool owner;		  /* manages the organisation */
	bool stored;		  /* there is a row in the table of members */
	const char *external_id;  /* or NULL; used by ptn_member_put() only */
	struct ptn_uuid email_id; /* where codes go; nil: nowhere */
	const char *address;	  /* NULL: none */
	bool verified;		  /* the address was proved */
	int64_t known_epoch;	  /* account/asker.h */
	int64_t now_us;		  /* the database's clock */
};

/*
 * What a name is looked up by.  Spaces around it, case, composition (NFC) and,
 * of an address, the spelling of its domain make no difference: one name has
 * one key, and whoever counts or invents something for a name does it by the
 * key.  "" for a text that nobody can be called.  PTN_E_NOMEM.
 */
enum ptn_err ptn_member_key(struct ptn_arena *a, const char *username,
    const char **key) PTN_MUST_USE;

/* Find a member, by their key or by their id.  PTN_E_NOT_FOUND. */
enum ptn_err ptn_member_by_name(const struct ptn_scope *sc,
    const char *username, struct ptn_member *out) PTN_MUST_USE;
enum ptn_err ptn_member_by_id(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_member *out) PTN_MUST_USE;

/* The same under the lock of ptn_user_lock(), inside a transaction. */
enum ptn_err ptn_member_lock(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_member *out) PTN_MUST_USE;

/*
 * Find one by their key where the time must not tell whether there is one.
 *
 * read_as	set to the member's id, or if there is none to another's (nil
 *		if nobody is left): who reads what that one has, and throws it
 *		away, takes as long as if the name were known
 * org		set to the row of the scope's organisation; zero but for its id:
 *		there is none
 */
enum ptn_err ptn_member_by_name_evenly(const struct ptn_scope *sc,
    const char *username, struct ptn_member *out, struct ptn_uuid *read_as,
    struct ptn_org_row *org) PTN_MUST_USE;

/* The same by a username or an id ("us-..."). */
enum ptn_err ptn_member_find(const struct ptn_scope *sc, const char *text,
    struct ptn_member *out) PTN_MUST_USE;

/*
 * All members of the tenant, oldest first, some with each call.  They come
 * without email_id and verified.
 *
 * place	where the last call ended; zero it before the first call
 * n		0: there are no more
 */
struct ptn_member_place {
	int64_t at_us;
	struct ptn_uuid id;
};
enum ptn_err ptn_member_page(const struct ptn_scope *sc,
    struct ptn_member_place *place, struct ptn_member **out,
    size_t *n) PTN_MUST_USE;

/* May they log in: active, registered, and a person? */
bool ptn_member_usable(const struct ptn_member *m);

/* Is it an end user, for whom a service account may act (delegate.h)? */
bool ptn_member_is_end_user(const struct ptn_member *m);

/*
 * Store the row of a member, from id, username, kind, registered,
 * service_account, external_id and email_id, to which one who is registered is
 * bound.  Inside the caller's transaction.
 * PTN_E_INPUT: the text cannot be a username; PTN_E_CONFLICT: another member
 * has it.
 */
enum ptn_err ptn_member_put(const struct ptn_scope *sc,
    const struct ptn_member *m) PTN_MUST_USE;

/*
 * Note that they have completed a registration, which gives a row to one who
 * has none, and that their codes go to email_id from now on.  Inside the
 * caller's transaction.
 */
enum ptn_err ptn_member_set_registered(const struct ptn_scope *sc,
    struct ptn_member *m) PTN_MUST_USE;

/*
 * Let the codes of a registered member go to another address of theirs.  Inside
 * the caller's transaction, which holds the lock of the user.
 */
enum ptn_err ptn_member_set_address(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *email_id) PTN_MUST_USE;

/* Does this role manage the organisation?  NULL: it is none. */
bool ptn_member_role_owns(const char *role);

/*
 * Let them manage the organisation, or not: an employee or a service account
 * who has a row.  Inside the caller's transaction, which holds the lock of the
 * user.
 */
enum ptn_err ptn_member_set_owner(const struct ptn_scope *sc,
    const struct ptn_uuid *user, bool owner) PTN_MUST_USE;

/*
 * Give a service account another name; codes as of ptn_member_put().  A
 * person's username never changes: clients salt keys with it.  And what the
 * client that made somebody calls them.  Both inside the caller's transaction.
 */
enum ptn_err ptn_member_rename(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const char *username) PTN_MUST_USE;
enum ptn_err ptn_member_set_external(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const char *external_id) PTN_MUST_USE;

/*
 * Put one away for good: their name is free again.  Inside the caller's
 * transaction, which holds the lock of the user.
 */
enum ptn_err ptn_member_archive(const struct ptn_scope *sc,
    const struct ptn_uuid *user) PTN_MUST_USE;

/*
 * Let them use the Dfns API, or not: then their sessions of that API end, and
 * nobody is known of them any more.  Inside the caller's transaction, which
 * holds the lock of the user.
 */
enum ptn_err ptn_member_set_active(const struct ptn_scope *sc,
    const struct ptn_member *m, bool active) PTN_MUST_USE;

/*
 * Invite somebody, or have an end user registered by a service account: a user
 * with this address, unverified, and its member who is not registered yet.
 * Inside the caller's transaction; m->id is set.
 *
 * external_id	what the caller calls them, or NULL
 *
 * PTN_E_CONFLICT if the address or the username has an owner; PTN_E_INPUT.
 */
enum ptn_err ptn_member_invite(const struct ptn_scope *sc, const char *address,
    const char *kind, const char *external_id,
    struct ptn_member *m) PTN_MUST_USE;

/* Whom a notice to the member goes to; service as below. */
struct ptn_notice_to ptn_member_notice(const struct ptn_member *m,
    const char *service);

/*
 * Record an event and send the member a notice of it, if they have a proved
 * address.  Inside the caller's transaction.
 *
 * service	the name that the mail is sent by
 */
enum ptn_err ptn_member_notify(const struct ptn_scope *sc, enum ptn_event event,
    const char *service, const struct ptn_member *m) PTN_MUST_USE;

/* A session of the Dfns API that is alive, and its user. */
struct ptn_member_seen {
	struct ptn_uuid user_id;
	const char *username;
	const char *kind;
	bool owner;
	bool usable; /* the user is active and not archived */
	bool archived;
	int64_t last_used_us;
	int64_t now_us;
};

/*
 * Find the session, by one SELECT.  PTN_E_NOT_FOUND: there is none, or the
 * tenant is switched off.
 */
enum ptn_err ptn_member_of_session(const struct ptn_scope *sc,
    const struct ptn_uuid *session, struct ptn_member_seen *out) PTN_MUST_USE;

#endif
