#ifndef PTN_DFNS_ADMINISTER_H
#define PTN_DFNS_ADMINISTER_H

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

struct ptn_org_row;
struct ptn_service_new;

/*
 * What an operator does to organisations, their members and their service
 * accounts.  Each is one transaction, and an event in it; all but the first
 * are about the tenant of the scope.
 */

/*
 * Make an organisation, and invite its first member, who is an owner.
 *
 * org	a row that ptn_org_problem() finds nothing wrong with; gets its id.
 *
 * PTN_E_CONFLICT: the name is taken; or as ptn_administer_invite().
 */
enum ptn_err ptn_administer_found(const struct ptn_scope *sc,
    struct ptn_org_row *org, const char *address) PTN_MUST_USE;

/* Store another relying party. */
enum ptn_err ptn_administer_rp(const struct ptn_scope *sc,
    const struct ptn_org_row *org) PTN_MUST_USE;

/*
 * Invite somebody, and queue the mail with the registration code.  A member who
 * was invited before and has not registered yet gets another code.
 *
 * PTN_E_FORBIDDEN: the organisation is deactivated;
 * PTN_E_INPUT: that is not an address; PTN_E_CONFLICT: it has an owner already;
 * PTN_E_CONFIG: no mail can be sent.
 */
enum ptn_err ptn_administer_invite(const struct ptn_scope *sc,
    const char *address, struct ptn_uuid *user) PTN_MUST_USE;

/* The same inside the caller's transaction, who has seen that mail is sent. */
struct ptn_administer_invitation {
	/* Given. */
	const char *address;
	const char *external_id; /* of somebody new; or NULL */
	bool again; /* somebody who has not registered yet is no conflict */
	bool owner; /* they will manage the organisation */
	/* Made. */
	struct ptn_uuid user;
};
enum ptn_err ptn_administer_invite_in(const struct ptn_scope *sc,
    struct ptn_administer_invitation *i) PTN_MUST_USE;

/*
 * Switch the organisation (username NULL) or one of its members on or off.
 * Off, their sessions of the Dfns API end.  PTN_E_NOT_FOUND: there is no such
 * member.
 */
enum ptn_err ptn_administer_switch(const struct ptn_scope *sc,
    const char *username, bool active) PTN_MUST_USE;

/*
 * The same of a member, and to put one away for good (ptn_member_archive()),
 * inside the caller's transaction, which holds the lock of the user.
 */
enum ptn_err ptn_administer_switch_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user, bool active) PTN_MUST_USE;
enum ptn_err ptn_administer_archive_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user) PTN_MUST_USE;

/*
 * Let an employee or a service account manage the organisation, or not.
 * PTN_E_NOT_FOUND: there is no such member; PTN_E_CONFLICT: it is an end user.
 */
enum ptn_err ptn_administer_appoint(const struct ptn_scope *sc,
    const char *username, bool owner) PTN_MUST_USE;

/*
 * Let a passkey of a registered member log in and sign here, as they would by a
 * signed activation.  They get a notice.  One that its owner has switched off
 * stays off, and nothing is done if it was admitted already.
 *
 * PTN_E_NOT_FOUND: there is no such member; PTN_E_UNPROCESSABLE: they have no
 * such passkey; PTN_E_CONFLICT: they have not registered.
 */
enum ptn_err ptn_administer_admit(const struct ptn_scope *sc,
    const char *username, const struct ptn_uuid *credential) PTN_MUST_USE;

/*
 * Let the codes of a registered member go to another address, which becomes
 * theirs and proved if it is nobody's.  Codes that are on their way are void,
 * and the old address gets a notice.
 *
 * PTN_E_NOT_FOUND and PTN_E_CONFLICT as above; PTN_E_INPUT: that is not an
 * address; PTN_E_FORBIDDEN: it is somebody else's.
 */
enum ptn_err ptn_administer_move(const struct ptn_scope *sc,
    const char *username, const char *address) PTN_MUST_USE;

/*
 * End a personal access token of a member, who is told.  PTN_E_NOT_FOUND: there
 * is no such member; PTN_E_UNPROCESSABLE: they have no such token.
 */
enum ptn_err ptn_administer_end_pat(const struct ptn_scope *sc,
    const char *username, const struct ptn_uuid *token_id) PTN_MUST_USE;

/* Make a service account; codes as of ptn_service_put(). */
enum ptn_err ptn_administer_service(const struct ptn_scope *sc,
    struct ptn_service_new *s) PTN_MUST_USE;

/* End the service account that has this token.  PTN_E_NOT_FOUND. */
enum ptn_err ptn_administer_revoke(const struct ptn_scope *sc,
    const struct ptn_uuid *token_id) PTN_MUST_USE;

/*
 * The same of an account, inside the caller's transaction, which holds the lock
 * of the user.  PTN_E_NOT_FOUND: it has ended.
 */
enum ptn_err ptn_administer_end_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user) PTN_MUST_USE;

#endif
