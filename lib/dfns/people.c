#include "lib/dfns/people.h"

#include <string.h>

#include "lib/base/arena.h"
#include "lib/conf/conf.h"
#include "lib/crypto/crypto.h"
#include "lib/db/sql.h"
#include "lib/dfns/cred.h"
#include "lib/format/address.h"

static struct ptn_uuid
credential_of(const struct ptn_people_page_out *row)
{
	if (row->passkey_hash.p != NULL && ptn_uuid_is_nil(&row->key_id))
		return ptn_dfns_cred_passkey_id(row->passkey_hash);
	return row->key_id;
}

/* Who has no row is an end user, called as their address is shown. */
static void
fill(struct ptn_arena *a, const struct ptn_people_page_out *row,
    struct ptn_dfns_people_row *p)
{
	const bool stored = !ptn_uuid_is_nil(&row->stored_id);

	p->id = row->user_id;
	p->username =
	    stored ? row->username : ptn_address_shown(a, row->address);
	p->kind = stored ? row->kind : PTN_END_USER;
	p->owner = ptn_member_role_owns(row->role);
	p->locked = row->locked != 0;
	p->active = !p->locked && (!stored || row->active != 0);
	p->registered = row->registered != 0 || row->has_passkey != 0;
	p->service_account = row->service_account != 0;
	p->credential = credential_of(row);
}

static enum ptn_err
select_people(const struct ptn_scope *sc, const struct ptn_dfns_people *q,
    const struct ptn_uuid *one, int64_t max, struct ptn_people_page_out **row,
    size_t *n)
{
	const struct ptn_people_page_in in = { .trust = sc->cf->dfns_trust,
		.tenant_id = sc->tenant_id,
		.only_id = *one,
		.after_at = q->place.at_us,
		.after_id = q->place.id,
		.service_account = q->service_accounts,
		.kind = q->kind,
		.max = max };

	return ptn_sql_people_page(sc->db, sc->arena, &in, row, n);
}

/* As a row of the list of all. */
static struct ptn_people_page_out
row_of(const struct ptn_members_page_out *m)
{
	return (struct ptn_people_page_out){ .user_id = m->user_id,
		.created_at = m->created_at,
		.stored_id = m->stored_id,
		.username = m->username,
		.kind = m->kind,
		.role = m->role,
		.active = m->active,
		.locked = m->locked,
		.registered = m->registered,
		.has_passkey = m->has_passkey,
		.service_account = m->service_account,
		.key_id = m->key_id,
		.passkey_hash = m->passkey_hash };
}

/* Of one kind that an organisation has few of, whatever else it has. */
static enum ptn_err
select_members(const struct ptn_scope *sc, const struct ptn_dfns_people *q,
    int64_t max, struct ptn_people_page_out **out, size_t *n)
{
	const struct ptn_members_page_in in = { .trust = sc->cf->dfns_trust,
		.tenant_id = sc->tenant_id,
		.kind = PTN_EMPLOYEE,
		.service_account = q->service_accounts,
		.after_at = q->place.at_us,
		.after_id = q->place.id,
		.max = max };
	struct ptn_members_page_out *row;
	enum ptn_err r;
	size_t i;

	*out = NULL;
	r = ptn_sql_members_page(sc->db, sc->arena, &in, &row, n);
	if (r != PTN_OK || *n == 0)
		return r;
	if ((*out = ptn_arena_calloc(sc->arena, *n, sizeof(**out))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n; i++)
		(*out)[i] = row_of(&row[i]);
	return PTN_OK;
}

static bool
are_members(const struct ptn_dfns_people *q)
{
	return q->service_accounts ||
	    (q->kind != NULL && strcmp(q->kind, PTN_EMPLOYEE) == 0);
}

enum ptn_err
ptn_dfns_people_page(const struct ptn_scope *sc, struct ptn_dfns_people *q,
    struct ptn_dfns_people_row **out, size_t *n, bool *more)
{
	const struct ptn_uuid any = { { 0 } };
	struct ptn_people_page_out *row;
	enum ptn_err r;
	size_t i;

	*out = NULL;
	*more = false;
	r = are_members(q)
	    ? select_members(sc, q, q->max + 1, &row, n)
	    : select_people(sc, q, &any, q->max + 1, &row, n);
	if (r != PTN_OK || *n == 0)
		return r;
	*more = *n > (size_t)q->max;
	*n -= *more;
	if ((*out = ptn_arena_calloc(sc->arena, *n, sizeof(**out))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n; i++)
		fill(sc->arena, &row[i], &(*out)[i]);
	q->place.at_us = row[*n - 1].created_at;
	q->place.id = row[*n - 1].user_id;
	return PTN_OK;
}

enum ptn_err
ptn_dfns_people_one(const struct ptn_scope *sc, const struct ptn_uuid *id,
    bool service_account, struct ptn_dfns_people_row *out)
{
	const struct ptn_dfns_people q = { .service_accounts =
					       service_account };
	struct ptn_people_page_out *row;
	enum ptn_err r;
	size_t n;

	memset(out, 0, sizeof(*out));
	if (ptn_uuid_is_nil(id)) /* the database would take it for anybody */
		return PTN_E_NOT_FOUND;
	if ((r = select_people(sc, &q, id, 1, &row, &n)) != PTN_OK)
		return r;
	if (n == 0)
		return PTN_E_NOT_FOUND;
	fill(sc->arena, &row[0], out);
	return PTN_OK;
}

/* A UUID of version 4 that follows from a word and another one. */
static struct ptn_uuid
derived(const char *word, const struct ptn_uuid *from)
{
	uint8_t text[64], digest[PTN_SHA256_LEN];
	const size_t len = strlen(word);
	struct ptn_uuid u;

	memcpy(text, word, len);
	memcpy(text + len, from->b, sizeof(from->b));
	ptn_crypto_sha256(PTN_BYTES(text, len + sizeof(from->b)), digest);
	memcpy(u.b, digest, sizeof(u.b));
	u.b[6] = (uint8_t)((u.b[6] & 0x0f) | 0x40);
	u.b[8] = (uint8_t)((u.b[8] & 0x3f) | 0x80);
	return u;
}

struct ptn_uuid
ptn_dfns_people_permission(const struct ptn_uuid *org)
{
	return derived("permission of owners", org);
}

struct ptn_uuid
ptn_dfns_people_assignment(const struct ptn_uuid *user)
{
	return derived("assignment to an owner", user);
}
