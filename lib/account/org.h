#ifndef PTN_ACCOUNT_ORG_H
#define PTN_ACCOUNT_ORG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/strs.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

struct ptn_conf;

#define PTN_ORG_ORIGINS_MAX 64

/* An organisation: a tenant, as the Dfns API sees it. */
struct ptn_org {
	struct ptn_uuid id;
	const char *name;
	bool active;
	/* Of the row, or of the configuration where the row has none. */
	const char *rp_id;
	const char *rp_name;
	struct ptn_strs origins; /* "*" alone is a rule: lib/dfns/fido.h */
};

/* PTN_E_NOT_FOUND.  Texts of the configuration are borrowed from it. */
enum ptn_err ptn_org_get(const struct ptn_scope *sc, const struct ptn_uuid *id,
    struct ptn_org *out) PTN_MUST_USE;

/* The row of one; a NULL means that the configuration says it. */
struct ptn_org_row {
	struct ptn_uuid id;
	const char *name;
	const char *rp_id;
	const char *rp_name;
	const char *origins; /* separated by spaces */
	bool active;
	const char *config; /* what else it has of its own (lib/conf/own.h) */
	int64_t created_at_us;
	int64_t updated_at_us;
};

/* All, oldest first. */
enum ptn_err ptn_orgs(const struct ptn_scope *sc, struct ptn_org_row **out,
    size_t *n) PTN_MUST_USE;

/* A page of them, newest first, and how many there are.  Two SELECTs. */
enum ptn_err ptn_org_page(const struct ptn_scope *sc, int64_t skip, int64_t max,
    struct ptn_org_row **out, size_t *n, int64_t *total) PTN_MUST_USE;

/*
 * The row, locked until the transaction ends: whoever signs up waits, as their
 * row refers to it.  PTN_E_NOT_FOUND.
 */
enum ptn_err ptn_org_lock(const struct ptn_scope *sc, const struct ptn_uuid *id,
    struct ptn_org_row *out) PTN_MUST_USE;

/* PTN_E_NOT_FOUND. */
enum ptn_err ptn_org_by_id(const struct ptn_scope *sc,
    const struct ptn_uuid *id, struct ptn_org_row *out) PTN_MUST_USE;

/* Find one by id ("or-...", or a UUID) or name.  PTN_E_NOT_FOUND. */
enum ptn_err ptn_org_find(const struct ptn_scope *sc, const char *text,
    struct ptn_org_row *out) PTN_MUST_USE;

/* What holds for a row: what is in it, and the configuration for the rest. */
enum ptn_err ptn_org_of(struct ptn_arena *a, const struct ptn_conf *cf,
    const struct ptn_org_row *row, struct ptn_org *out) PTN_MUST_USE;

/* Why a row cannot be stored, or NULL. */
const char *ptn_org_problem(const struct ptn_org_row *row);

/*
 * Store a new one, and give it an id unless it has one; PTN_E_CONFLICT if that
 * or the name is taken.
 */
enum ptn_err ptn_org_put(const struct ptn_scope *sc,
    struct ptn_org_row *org) PTN_MUST_USE;

/* Store its relying party; changed: it had another one. */
enum ptn_err ptn_org_set_rp(const struct ptn_scope *sc,
    const struct ptn_org_row *org, bool *changed) PTN_MUST_USE;

/* Store its relying party and what else it has of its own. */
enum ptn_err ptn_org_configure(const struct ptn_scope *sc,
    const struct ptn_org_row *org) PTN_MUST_USE;

/*
 * Switch the Dfns API on or off for an organisation.  Off, no session of that
 * API is good.  Inside the caller's transaction.
 */
enum ptn_err ptn_org_set_active(const struct ptn_scope *sc,
    const struct ptn_uuid *id, bool active) PTN_MUST_USE;

/*
 * End its sessions of that API, those of some users at a time.  Outside of
 * transactions, while it is off: what has ended so far does not come back.
 */
enum ptn_err ptn_org_end_sessions(const struct ptn_scope *sc,
    const struct ptn_uuid *id) PTN_MUST_USE;

#endif
