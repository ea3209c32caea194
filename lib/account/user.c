#include "lib/account/user.h"

#include <string.h>

#include "lib/account/email.h"
#include "lib/account/membership.h"
#include "lib/account/policy.h"
#include "lib/db/sql.h"
#include "lib/event/actor.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

enum ptn_err
ptn_user_get(const struct ptn_scope *sc, const struct ptn_uuid *id,
    struct ptn_user *out)
{
	const struct ptn_user_by_id_in in = { sc->tenant_id, *id };
	struct ptn_user_by_id_out row;
	enum ptn_err r;

	if ((r = ptn_sql_user_by_id(sc->db, sc->arena, &in, &row)) != PTN_OK)
		return r;
	out->id = *id;
	out->created_at_us = row.created_at;
	out->updated_at_us = row.updated_at;
	return PTN_OK;
}

enum ptn_err
ptn_user_lock_state(const struct ptn_scope *sc, const struct ptn_uuid *id,
    struct ptn_user_state *out)
{
	const struct ptn_user_lock_entry_in in = { sc->tenant_id, *id };
	struct ptn_user_lock_entry_out row;
	enum ptn_err r;

	r = ptn_sql_user_lock_entry(sc->db, sc->arena, &in, &row);
	if (r == PTN_OK)
		*out = (struct ptn_user_state){ row.known_epoch,
			{ .otp = row.otp != 0,
			    .security_keys = (size_t)row.security_keys },
			true, row.sessions };
	return r;
}

enum ptn_err
ptn_user_lock(const struct ptn_scope *sc, const struct ptn_uuid *id)
{
	const struct ptn_user_lock_in in = { sc->tenant_id, *id };
	struct ptn_user_lock_out row;

	return ptn_sql_user_lock(sc->db, sc->arena, &in, &row);
}

enum ptn_err
ptn_user_by_address(const struct ptn_scope *sc, const char *address,
    struct ptn_user_ref *out)
{
	const struct ptn_user_by_address_in in = { sc->tenant_id, address };
	struct ptn_user_by_address_out row;
	enum ptn_err r;

	if ((r = ptn_sql_user_by_address(sc->db, sc->arena, &in, &row)) !=
	    PTN_OK)
		return r;
	out->id = row.id;
	out->email_id = row.email_id;
	out->verified = row.verified != 0;
	out->epoch = row.known_epoch;
	out->locked = row.locked != 0;
	return PTN_OK;
}

enum ptn_err
ptn_user_sign_up(const struct ptn_scope *sc, const char *address,
    enum ptn_user_address how, struct ptn_user_ref *out)
{
	out->id = ptn_uuid_new();
	return ptn_user_sign_up_as(sc, address, how, out);
}

enum ptn_err
ptn_user_sign_up_as(const struct ptn_scope *sc, const char *address,
    enum ptn_user_address how, struct ptn_user_ref *out)
{
	const struct ptn_user_put_in put = { out->id, sc->tenant_id };
	struct ptn_email email;
	enum ptn_err r;

	memset(&out->email_id, 0, sizeof(out->email_id));
	out->verified = address != NULL && how == PTN_USER_PROVED;
	if (address == NULL)
		return ptn_sql_user_put(sc->db, &put);
	if ((r = ptn_email_claim(sc, address, &email)) != PTN_OK)
		return r;
	out->email_id = email.id;
	if (!ptn_uuid_is_nil(&email.user_id))
		return PTN_E_CONFLICT;
	r = ptn_sql_user_put(sc->db, &put);
	if (r != PTN_OK || how == PTN_USER_CLAIMS)
		return r;
	return ptn_email_own(sc, &email, &out->id, out->verified);
}

/* All that is theirs goes with them. */
static enum ptn_err
delete_user(const struct ptn_scope *sc, const struct ptn_uuid *id)
{
	const struct ptn_primary_delete_in primary = { sc->tenant_id, *id };
	const struct ptn_user_delete_in user = { sc->tenant_id, *id };
	uint64_t n;
	enum ptn_err r;

	/* Webhooks are told of them as they were. */
	if ((r = ptn_event(sc, PTN_EVENT_USER_DELETED, NULL)) != PTN_OK)
		return r;
	/* It refers to the address, which could not be deleted before. */
	if ((r = ptn_sql_primary_delete(sc->db, &primary, &n)) != PTN_OK)
		return r;
	if ((r = ptn_sql_user_delete(sc->db, &user, &n)) != PTN_OK)
		return r;
	return n == 1 ? PTN_OK : PTN_E_NOT_FOUND;
}

static enum ptn_err
close_account(const struct ptn_scope *sc, void *arg)
{
	struct ptn_membership m;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, arg)) != PTN_OK ||
	    (r = ptn_membership_get(sc, arg, &m)) != PTN_OK)
		return r;
	if (!ptn_policy_close(sc->cf, &m))
		return PTN_E_FORBIDDEN;
	return delete_user(sc, arg);
}

static enum ptn_err
close_by(ptn_tx_runner how, const struct ptn_scope *sc,
    const struct ptn_uuid *id)
{
	struct ptn_uuid mine = *id;
	enum ptn_err r = how(sc, close_account, &mine);

	if (r == PTN_E_FORBIDDEN)
		ptn_membership_guarded(sc, "account");
	return r;
}

enum ptn_err
ptn_user_close(const struct ptn_scope *sc, const struct ptn_uuid *id)
{
	return close_by(ptn_tx, sc, id);
}

enum ptn_err
ptn_user_close_in(const struct ptn_scope *sc, const struct ptn_uuid *id)
{
	return close_by(ptn_tx_part, sc, id);
}

static enum ptn_err
remove_user(const struct ptn_scope *sc, void *arg)
{
	enum ptn_err r = ptn_user_lock(sc, arg);

	ptn_actor_is(sc, arg, NULL);
	return r == PTN_OK ? delete_user(sc, arg) : r;
}

enum ptn_err
ptn_user_delete(const struct ptn_scope *sc, const struct ptn_uuid *id)
{
	struct ptn_uuid theirs = *id;

	return ptn_tx(sc, remove_user, &theirs);
}
