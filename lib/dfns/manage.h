#ifndef PTN_DFNS_MANAGE_H
#define PTN_DFNS_MANAGE_H

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/denial.h"
#include "lib/dfns/people.h"
#include "lib/event/tx.h"

/*
 * What owners do to the members of their organisation, each by a signed user
 * action, which is used up by it even where it is denied.  Operators do the
 * same by administer.h.
 *
 * Each asks once more, under a lock, whether the caller is an owner still, so
 * that of two who put each other out one comes first; and an organisation keeps
 * one registered person who is an owner and can log in.
 */
struct ptn_dfns_manage {
	/* Given. */
	struct ptn_uuid action;	 /* the user action that approves it */
	struct ptn_uuid by;	 /* the owner, or an owner's service account */
	struct ptn_uuid who;	 /* not to invite */
	bool service_account;	 /* who is one, and else a person */
	const char *address;	 /* to invite */
	const char *external_id; /* likewise; or NULL */
	/* Made. */
	struct ptn_dfns_people_row person; /* as they are then */
	struct ptn_dfns_denial denial;
};

/*
 * Invite an employee, and queue the mail with the registration code.
 * PTN_E_INPUT: that is not an address; PTN_E_RATE; PTN_E_DENIED.
 */
enum ptn_err ptn_dfns_manage_invite(const struct ptn_scope *sc,
    struct ptn_dfns_manage *m) PTN_MUST_USE;

/*
 * Let somebody use the Dfns API, or not: then their sessions of it end.
 * PTN_E_DENIED.
 */
enum ptn_err ptn_dfns_manage_activate(const struct ptn_scope *sc,
    struct ptn_dfns_manage *m) PTN_MUST_USE;
enum ptn_err ptn_dfns_manage_deactivate(const struct ptn_scope *sc,
    struct ptn_dfns_manage *m) PTN_MUST_USE;

/*
 * Put somebody away for good, sessions and all; an account of the public API
 * stays theirs.  PTN_E_DENIED.
 */
enum ptn_err ptn_dfns_manage_archive(const struct ptn_scope *sc,
    struct ptn_dfns_manage *m) PTN_MUST_USE;

/*
 * For rules of this kind, inside their transaction.  To enter is to use up the
 * action and lock who manages the organisation; the same on m->who, whose lock
 * is taken first, reads m->person.
 *
 * out	it puts them out: not oneself, nor the last owner
 *
 * PTN_E_DENIED is to be committed; ptn_dfns_manage_run() returns it then.
 */
enum ptn_err ptn_dfns_manage_enter(const struct ptn_scope *sc,
    struct ptn_dfns_manage *m) PTN_MUST_USE;
enum ptn_err ptn_dfns_manage_enter_on(const struct ptn_scope *sc,
    struct ptn_dfns_manage *m, bool out) PTN_MUST_USE;
enum ptn_err ptn_dfns_manage_run(const struct ptn_scope *sc,
    struct ptn_dfns_manage *m, ptn_tx_fn fn, void *arg) PTN_MUST_USE;

#endif
