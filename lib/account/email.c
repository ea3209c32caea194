#include "lib/account/email.h"

#include <string.h>

#include "lib/db/sql.h"

enum ptn_err
ptn_emails_of(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_email **out, size_t *n)
{
	const struct ptn_emails_of_in in = { sc->tenant_id, *user };
	struct ptn_emails_of_out *rows;
	struct ptn_email *e;
	enum ptn_err r;
	size_t i;

	*out = NULL;
	if ((r = ptn_sql_emails_of(sc->db, sc->arena, &in, &rows, n)) !=
		PTN_OK ||
	    *n == 0)
		return r;
	if ((e = ptn_arena_calloc(sc->arena, *n, sizeof(*e))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n; i++) {
		e[i].id = rows[i].id;
		e[i].user_id = *user;
		e[i].address = rows[i].address;
		e[i].verified = rows[i].verified != 0;
		e[i].is_primary = rows[i].is_primary != 0;
	}
	*out = e;
	return PTN_OK;
}

enum ptn_err
ptn_email_claim(const struct ptn_scope *sc, const char *address,
    struct ptn_email *out)
{
	const struct ptn_email_put_if_new_in put = { ptn_uuid_new(),
		sc->tenant_id, address };
	const struct ptn_email_lock_by_address_in lock = { sc->tenant_id,
		address };
	struct ptn_email_lock_by_address_out row;
	enum ptn_err r;

	if ((r = ptn_sql_email_put_if_new(sc->db, &put)) != PTN_OK)
		return r;
	r = ptn_sql_email_lock_by_address(sc->db, sc->arena, &lock, &row);
	if (r != PTN_OK)
		return r;
	memset(out, 0, sizeof(*out));
	out->id = row.id;
	out->user_id = row.user_id;
	out->address = address;
	out->verified = row.verified != 0;
	out->is_new = ptn_uuid_equal(&row.id, &put.id);
	out->created_at_us = row.created_at;
	out->updated_at_us = row.updated_at;
	return PTN_OK;
}

enum ptn_err
ptn_email_lock(const struct ptn_scope *sc, const struct ptn_uuid *id,
    struct ptn_email *out)
{
	const struct ptn_email_lock_in in = { sc->tenant_id, *id };
	struct ptn_email_lock_out row;
	enum ptn_err r;

	if ((r = ptn_sql_email_lock(sc->db, sc->arena, &in, &row)) != PTN_OK)
		return r;
	memset(out, 0, sizeof(*out));
	out->id = row.id;
	out->user_id = row.user_id;
	out->address = row.address;
	out->verified = row.verified != 0;
	return PTN_OK;
}

enum ptn_err
ptn_email_own(const struct ptn_scope *sc, struct ptn_email *email,
    const struct ptn_uuid *user, bool verified)
{
	const struct ptn_email_own_in own = { *user, verified, sc->tenant_id,
		email->id };
	const struct ptn_primary_put_in put = { *user, sc->tenant_id,
		email->id };
	struct ptn_email_claim primary;
	uint64_t n;
	enum ptn_err r;

	if ((r = ptn_sql_email_own(sc->db, &own, &n)) != PTN_OK)
		return r;
	email->user_id = *user;
	email->verified = verified;
	r = ptn_email_primary(sc, user, &primary);
	if (r != PTN_OK || primary.address != NULL)
		return r;
	email->is_primary = true;
	return ptn_sql_primary_put(sc->db, &put);
}

enum ptn_err
ptn_email_count(const struct ptn_scope *sc, const struct ptn_uuid *user,
    int64_t *n)
{
	const struct ptn_email_count_in in = { sc->tenant_id, *user };
	struct ptn_email_count_out row;
	enum ptn_err r;

	if ((r = ptn_sql_email_count(sc->db, sc->arena, &in, &row)) != PTN_OK)
		return r;
	*n = row.n;
	return PTN_OK;
}

enum ptn_err
ptn_email_primary(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_email_claim *claim)
{
	const struct ptn_primary_of_in in = { sc->tenant_id, *user };
	struct ptn_primary_of_out row;
	enum ptn_err r;

	memset(claim, 0, sizeof(*claim));
	r = ptn_sql_primary_of(sc->db, sc->arena, &in, &row);
	if (r == PTN_E_NOT_FOUND)
		return PTN_OK;
	if (r != PTN_OK)
		return r;
	claim->address = row.address;
	claim->is_primary = true;
	claim->is_verified = row.verified != 0;
	return PTN_OK;
}

/* Is it the user's, and which address is their primary one? */
static enum ptn_err
look_up(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *id, struct ptn_uuid *primary)
{
	const struct ptn_primary_of_in in = { sc->tenant_id, *user };
	struct ptn_primary_of_out row;
	struct ptn_email email;
	enum ptn_err r;

	memset(primary, 0, sizeof(*primary));
	if ((r = ptn_email_lock(sc, id, &email)) != PTN_OK)
		return r;
	if (!ptn_uuid_equal(&email.user_id, user))
		return PTN_E_NOT_FOUND;
	r = ptn_sql_primary_of(sc->db, sc->arena, &in, &row);
	if (r == PTN_OK)
		*primary = row.email_id;
	return r == PTN_E_NOT_FOUND ? PTN_OK : r;
}

enum ptn_err
ptn_email_set_primary(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *id, bool *changed)
{
	const struct ptn_primary_put_in put = { *user, sc->tenant_id, *id };
	const struct ptn_primary_change_in change = { *id, sc->tenant_id,
		*user };
	struct ptn_uuid primary;
	uint64_t n;
	enum ptn_err r;

	*changed = false;
	if ((r = look_up(sc, user, id, &primary)) != PTN_OK ||
	    ptn_uuid_equal(&primary, id))
		return r;
	*changed = true;
	if (ptn_uuid_is_nil(&primary))
		return ptn_sql_primary_put(sc->db, &put);
	return ptn_sql_primary_change(sc->db, &change, &n);
}

enum ptn_err
ptn_email_remove(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *id, bool primary_too)
{
	const struct ptn_email_delete_in in = { sc->tenant_id, *user, *id };
	const struct ptn_primary_delete_in unset = { sc->tenant_id, *user };
	struct ptn_uuid primary;
	uint64_t n;
	enum ptn_err r;

	if ((r = look_up(sc, user, id, &primary)) != PTN_OK)
		return r;
	if (ptn_uuid_equal(&primary, id)) {
		if (!primary_too)
			return PTN_E_CONFLICT;
		r = ptn_sql_primary_delete(sc->db, &unset, &n);
	}
	return r == PTN_OK ? ptn_sql_email_delete(sc->db, &in, &n) : r;
}
