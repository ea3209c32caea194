#include "lib/dfns/service.h"

#include "lib/account/user.h"
#include "lib/base/arena.h"
#include "lib/db/sql.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/member.h"
#include "lib/format/address.h"

/* A name that is an address could be taken for the user who owns that. */
static enum ptn_err
check_name(struct ptn_arena *a, const char *name)
{
	const char *trimmed = ptn_arena_trim(a, name, " \t");
	char *address;
	enum ptn_err r;

	if (trimmed == NULL)
		return PTN_E_NOMEM;
	if ((r = ptn_address_canonical(a, trimmed, &address)) == PTN_OK)
		return PTN_E_INPUT;
	return r == PTN_E_INPUT ? PTN_OK : r;
}

static enum ptn_err
put_user(const struct ptn_scope *sc, struct ptn_service_new *s)
{
	const struct ptn_member m = { .id = s->id,
		.username = s->name,
		.kind = PTN_EMPLOYEE,
		.registered = true,
		.service_account = true };
	const struct ptn_user_put_in user = { s->id, sc->tenant_id };
	enum ptn_err r;

	if ((r = ptn_sql_user_put(sc->db, &user)) != PTN_OK)
		return r;
	return ptn_member_put(sc, &m);
}

enum ptn_err
ptn_service_put(const struct ptn_scope *sc, struct ptn_service_new *s)
{
	struct ptn_accesstoken_new *t = &s->token;
	enum ptn_err r;

	t->kind = PTN_DFNS_TOKEN_SERVICE;
	s->id = t->user = ptn_uuid_new();
	t->username = s->name;
	if ((r = check_name(sc->arena, s->name)) != PTN_OK ||
	    (r = put_user(sc, s)) != PTN_OK)
		return r;
	return ptn_accesstoken_put(sc, t);
}

static const char *
state_of(const struct ptn_access_tokens_of_out *row)
{
	if (row->revoked_at != 0)
		return "revoked";
	if (row->expires_at <= row->now)
		return "expired";
	return row->active != 0 ? "active" : "inactive";
}

enum ptn_err
ptn_services_of(const struct ptn_scope *sc, struct ptn_service_row **out,
    size_t *n)
{
	const struct ptn_access_tokens_of_in in = { sc->tenant_id };
	struct ptn_access_tokens_of_out *row;
	enum ptn_err r;
	size_t i;

	*out = NULL;
	r = ptn_sql_access_tokens_of(sc->db, sc->arena, &in, &row, n);
	if (r != PTN_OK || *n == 0)
		return r;
	if ((*out = ptn_arena_calloc(sc->arena, *n, sizeof(**out))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n; i++)
		(*out)[i] = (struct ptn_service_row){ row[i].id, row[i].user_id,
			row[i].username, state_of(&row[i]), row[i].created_at,
			row[i].expires_at, row[i].last_used_at };
	return PTN_OK;
}

enum ptn_err
ptn_service_tokens(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_service_token **out, size_t *n)
{
	const struct ptn_service_tokens_in in = { .tenant_id = sc->tenant_id,
		.user_id = *user };
	struct ptn_service_tokens_out *row;
	enum ptn_err r;
	size_t i;

	*out = NULL;
	r = ptn_sql_service_tokens(sc->db, sc->arena, &in, &row, n);
	if (r != PTN_OK || *n == 0)
		return r;
	if ((*out = ptn_arena_calloc(sc->arena, *n, sizeof(**out))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n; i++)
		(*out)[i] = (struct ptn_service_token){ row[i].id,
			row[i].user_id, row[i].cred_id, row[i].fingerprint,
			row[i].good != 0, row[i].created_at };
	return PTN_OK;
}

enum ptn_err
ptn_service_tokens_between(const struct ptn_scope *sc, int64_t after_us,
    int64_t until_us, struct ptn_service_token **out, size_t *n)
{
	const struct ptn_service_tokens_between_in in = { sc->tenant_id,
		after_us, until_us };
	struct ptn_service_tokens_between_out *row;
	enum ptn_err r;
	size_t i;

	*out = NULL;
	r = ptn_sql_service_tokens_between(sc->db, sc->arena, &in, &row, n);
	if (r != PTN_OK || *n == 0)
		return r;
	if ((*out = ptn_arena_calloc(sc->arena, *n, sizeof(**out))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n; i++)
		(*out)[i] = (struct ptn_service_token){ row[i].id,
			row[i].user_id, row[i].cred_id, row[i].fingerprint,
			row[i].good != 0, row[i].created_at };
	return PTN_OK;
}

enum ptn_err
ptn_service_rename(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char *name)
{
	const enum ptn_err r = check_name(sc->arena, name);

	return r == PTN_OK ? ptn_member_rename(sc, user, name) : r;
}

enum ptn_err
ptn_service_owner(const struct ptn_scope *sc, const struct ptn_uuid *token_id,
    struct ptn_uuid *user)
{
	const struct ptn_access_token_owner_in in = { sc->tenant_id,
		*token_id };
	struct ptn_access_token_owner_out row;
	enum ptn_err r;

	r = ptn_sql_access_token_owner(sc->db, sc->arena, &in, &row);
	if (r == PTN_OK)
		*user = row.user_id;
	return r;
}

enum ptn_err
ptn_service_end(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	const struct ptn_access_tokens_revoke_in in = { sc->tenant_id, *user };
	uint64_t n;
	enum ptn_err r;

	if ((r = ptn_sql_access_tokens_revoke(sc->db, &in, &n)) != PTN_OK)
		return r;
	if (n == 0) /* ended while we waited for the lock */
		return PTN_E_NOT_FOUND;
	if ((r = ptn_dfns_creds_archive(sc, user)) != PTN_OK)
		return r;
	return ptn_member_archive(sc, user);
}
