#ifndef PTN_ACCOUNT_HOOKS_H
#define PTN_ACCOUNT_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/account/seen.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/event/outbox.h"

/*
 * Webhooks: who is told of what happens to the accounts of a tenant.  Those of
 * the configuration are told of all tenants, never fail for good, and cannot
 * be changed here.
 */

/*
 * After so many messages in a row that it could not be told at once one is
 * switched off.
 */
#define PTN_HOOKS_FAILURES_MAX 30
#define PTN_HOOKS_MAX 100 /* of a tenant: each costs a row an event */
#define PTN_HOOKS_REFUSALS_MAX 5 /* tries, the last refused: it is parked */
#define PTN_HOOKS_LIFESPAN_S (30 * 24 * 3600) /* after it worked last */

struct ptn_hooks_one {
	struct ptn_uuid id;
	const char *callback;
	const char *events; /* names, a space between them */
	bool configured;    /* by the file: the members below mean nothing */
	bool enabled;
	int64_t failures; /* messages in a row */
	int64_t expires_at_us;
	int64_t created_at_us;
	int64_t updated_at_us;
	int64_t waiting; /* to be told */
	int64_t parked;	 /* given up, and kept for a while */
};

/* All of the tenant, those of the configuration first; in the arena. */
enum ptn_err ptn_hooks_list(const struct ptn_scope *sc,
    struct ptn_hooks_one **out, size_t *n) PTN_MUST_USE;

/*
 * Without what waits.  PTN_E_NOT_FOUND: the tenant has none of that id, nor the
 * configuration.
 */
enum ptn_err ptn_hooks_get(const struct ptn_scope *sc,
    const struct ptn_uuid *id, struct ptn_hooks_one *out) PTN_MUST_USE;

/* How much waits for one, and how much was given up. */
enum ptn_err ptn_hooks_count(const struct ptn_scope *sc,
    struct ptn_hooks_one *one) PTN_MUST_USE;

/*
 * callback, events	as lib/format/hook.h has them, none of them twice:
 *			PTN_E_INPUT if they are not so; why says it
 * out			the new one's id
 *
 * PTN_E_CONFLICT: the tenant has PTN_HOOKS_MAX, or a few more if several were
 * made at once; why says it.
 */
enum ptn_err ptn_hooks_add(const struct ptn_scope *sc, const char *callback,
    const char *events, struct ptn_uuid *out, const char **why) PTN_MUST_USE;

/*
 * Replace callback, events and enabled of one that is not of the configuration;
 * its failures and its time begin anew.
 *
 * seen		the one that this is based on, a struct ptn_hooks_one
 *
 * PTN_E_INPUT as above; PTN_E_NOT_FOUND; PTN_E_OUTDATED.
 */
enum ptn_err ptn_hooks_edit(const struct ptn_scope *sc,
    const struct ptn_hooks_one *one,
    const struct ptn_seen *seen, const char **why) PTN_MUST_USE;

/* With all that it was still to be told. */
enum ptn_err ptn_hooks_remove(const struct ptn_scope *sc,
    const struct ptn_uuid *id) PTN_MUST_USE;

/*
 * Switch one on again, and tell it now what waits and what was given up;
 * n: how much that is.
 */
enum ptn_err ptn_hooks_replay(const struct ptn_scope *sc,
    const struct ptn_uuid *id, uint64_t *n) PTN_MUST_USE;

/*
 * It was told, or not, in a try that is over.  The first try of a message is
 * the one that counts: at the last of so many that failed the hook is switched
 * off, which is an event, and what it was to be told is parked.  So is what
 * nobody could tell it for PTN_WEBHOOK_TRIED_S, or what it refuses after
 * PTN_HOOKS_REFUSALS_MAX tries: what comes behind it does not wait any longer.
 *
 * refused	it does not want this one, by its answer
 * delay_s	until the next try
 */
enum ptn_err ptn_hooks_worked(const struct ptn_scope *sc,
    const struct ptn_outbox_told *told,
    const struct ptn_uuid *hook) PTN_MUST_USE;
enum ptn_err ptn_hooks_failed(const struct ptn_scope *sc,
    const struct ptn_outbox_told *told, const struct ptn_uuid *hook,
    bool refused, int64_t delay_s) PTN_MUST_USE;

/* How many of all tenants are on, and off. */
enum ptn_err ptn_hooks_look(const struct ptn_scope *sc, int64_t *on,
    int64_t *off) PTN_MUST_USE;

/* Keep it for a while, and tell it to nobody. */
enum ptn_err ptn_hooks_park(const struct ptn_scope *sc,
    const struct ptn_outbox_told *told) PTN_MUST_USE;

/* Switch off those whose time is over (webhooks.allow_time_expiration). */
enum ptn_err ptn_hooks_expire(const struct ptn_scope *sc) PTN_MUST_USE;

#endif
