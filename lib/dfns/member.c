#include "lib/dfns/member.h"

#include <string.h>

#include "lib/account/asker.h"
#include "lib/account/pats.h"
#include "lib/account/user.h"
#include "lib/base/api.h"
#include "lib/base/arena.h"
#include "lib/base/unicode.h"
#include "lib/conf/conf.h"
#include "lib/db/sql.h"
#include "lib/format/address.h"
#include "lib/format/dfnsid.h"

#define PAGE 100 /* members that are read at a time */

/*
 * The form in which a username must be unique: of an address its canonical
 * one.  PTN_E_INPUT: the text cannot be a username.
 */
static enum ptn_err
name_key(struct ptn_arena *a, const char *username, char **key)
{
	enum ptn_err r;

	*key = NULL;
	if ((username = ptn_arena_trim(a, username, " \t")) == NULL)
		return PTN_E_NOMEM;
	if (username[0] == '\0' || strlen(username) > PTN_USERNAME_MAX)
		return PTN_E_INPUT;
	r = ptn_address_canonical(a, username, key);
	return r == PTN_E_INPUT ? ptn_unicode_fold(a, username, key) : r;
}

enum ptn_err
ptn_member_key(struct ptn_arena *a, const char *username, const char **key)
{
	char *k;
	const enum ptn_err r = name_key(a, username, &k);

	*key = r == PTN_OK ? k : "";
	return r == PTN_E_INPUT ? PTN_OK : r;
}

bool
ptn_member_role_owns(const char *role)
{
	return role != NULL && strcmp(role, PTN_OWNER) == 0;
}

/* Who has no name of their own is called as their address is shown. */
static void
fill(struct ptn_arena *a, struct ptn_member *m,
    const struct ptn_member_by_id_out *row)
{
	m->id = row->user_id;
	m->stored = !ptn_uuid_is_nil(&row->stored_id);
	m->username = row->username;
	if (!m->stored && row->address != NULL)
		m->username = ptn_address_shown(a, row->address);
	m->kind = m->stored ? row->kind : PTN_END_USER;
	m->switched_on = !m->stored || row->active != 0;
	m->active = m->switched_on && row->locked == 0;
	m->recorded = row->registered != 0;
	m->registered = m->recorded || row->has_passkey != 0;
	m->service_account = row->service_account != 0;
	m->archived = row->archived_at != 0;
	m->email_id = row->email_id;
	m->address = row->address;
	m->verified = row->verified != 0;
	m->known_epoch = row->known_epoch;
	m->now_us = row->now;
	m->owner = ptn_member_role_owns(row->role);
}

enum ptn_err
ptn_member_by_id(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_member *out)
{
	const struct ptn_member_by_id_in in = { .trust = sc->cf->dfns_trust,
		.tenant_id = sc->tenant_id,
		.user_id = *user };
	struct ptn_member_by_id_out row;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	if ((r = ptn_sql_member_by_id(sc->db, sc->arena, &in, &row)) != PTN_OK)
		return r;
	fill(sc->arena, out, &row);
	return out->username != NULL ? PTN_OK : PTN_E_NOT_FOUND;
}

enum ptn_err
ptn_member_lock(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_member *out)
{
	const struct ptn_member_lock_in in = { .trust = sc->cf->dfns_trust,
		.tenant_id = sc->tenant_id,
		.user_id = *user };
	struct ptn_member_lock_out row;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	if ((r = ptn_sql_member_lock(sc->db, sc->arena, &in, &row)) != PTN_OK)
		return r;
	fill(sc->arena, out,
	    &(struct ptn_member_by_id_out){ row.user_id, row.stored_id,
		row.username, row.kind, row.active, row.registered,
		row.has_passkey, row.service_account, row.archived_at,
		row.email_id, row.address, row.verified, row.known_epoch,
		row.now, row.locked, row.role });
	return out->username != NULL ? PTN_OK : PTN_E_NOT_FOUND;
}

enum ptn_err
ptn_member_by_name_evenly(const struct ptn_scope *sc, const char *username,
    struct ptn_member *out, struct ptn_uuid *read_as, struct ptn_org_row *org)
{
	struct ptn_member_by_name_in in = { .trust = sc->cf->dfns_trust,
		.tenant_id = sc->tenant_id };
	struct ptn_member_by_name_out row;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	memset(read_as, 0, sizeof(*read_as));
	/* A text that cannot be a name costs the same statement. */
	if ((r = ptn_member_key(sc->arena, username, &in.key)) != PTN_OK)
		return r;
	if ((in.older_key = ptn_address_shown(sc->arena, in.key)) == NULL)
		return PTN_E_NOMEM;
	if ((r = ptn_sql_member_by_name(sc->db, sc->arena, &in, &row)) !=
	    PTN_OK)
		return r;
	*org = (struct ptn_org_row){ .id = sc->tenant_id,
		.name = row.org_name,
		.rp_id = row.org_rp_id,
		.rp_name = row.org_rp_name,
		.origins = row.org_origins,
		.active = row.org_active != 0 };
	*read_as = row.user_id;
	if (row.stand_in || ptn_uuid_is_nil(&row.user_id))
		return PTN_E_NOT_FOUND;
	fill(sc->arena, out,
	    &(struct ptn_member_by_id_out){ row.user_id, row.stored_id,
		row.username, row.kind, row.active, row.registered,
		row.has_passkey, row.service_account, row.archived_at,
		row.email_id, row.address, row.verified, row.known_epoch,
		row.now, row.locked, row.role });
	return out->username != NULL ? PTN_OK : PTN_E_NOT_FOUND;
}

enum ptn_err
ptn_member_by_name(const struct ptn_scope *sc, const char *username,
    struct ptn_member *out)
{
	struct ptn_uuid read_as;
	struct ptn_org_row org;

	return ptn_member_by_name_evenly(sc, username, out, &read_as, &org);
}

enum ptn_err
ptn_member_find(const struct ptn_scope *sc, const char *text,
    struct ptn_member *out)
{
	struct ptn_uuid id;
	enum ptn_err r;

	r = ptn_dfnsid_parse(PTN_DFNSID_USER, ptn_bytes_of(text), &id);
	if (r == PTN_OK)
		r = ptn_member_by_id(sc, &id, out);
	return r == PTN_OK || (r != PTN_E_INPUT && r != PTN_E_NOT_FOUND)
	    ? r
	    : ptn_member_by_name(sc, text, out);
}

enum ptn_err
ptn_member_page(const struct ptn_scope *sc, struct ptn_member_place *place,
    struct ptn_member **out, size_t *n)
{
	const struct ptn_member_page_in in = { sc->cf->dfns_trust,
		sc->tenant_id, place->at_us, place->id, PAGE };
	struct ptn_member_page_out *row;
	enum ptn_err r;
	size_t i;

	*out = NULL;
	if ((r = ptn_sql_member_page(sc->db, sc->arena, &in, &row, n)) !=
		PTN_OK ||
	    *n == 0)
		return r;
	if ((*out = ptn_arena_calloc(sc->arena, *n, sizeof(**out))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n; i++)
		fill(sc->arena, &(*out)[i],
		    &(struct ptn_member_by_id_out){ .user_id = row[i].user_id,
			.stored_id = row[i].stored_id,
			.username = row[i].username,
			.kind = row[i].kind,
			.active = row[i].active,
			.registered = row[i].registered,
			.has_passkey = row[i].has_passkey,
			.service_account = row[i].service_account,
			.archived_at = row[i].archived_at,
			.address = row[i].address,
			.role = row[i].role });
	place->at_us = row[*n - 1].created_at;
	place->id = row[*n - 1].user_id;
	return PTN_OK;
}

bool
ptn_member_usable(const struct ptn_member *m)
{
	return m->active && m->registered && !m->archived &&
	    !m->service_account;
}

bool
ptn_member_is_end_user(const struct ptn_member *m)
{
	return strcmp(m->kind, PTN_END_USER) == 0;
}

enum ptn_err
ptn_member_put(const struct ptn_scope *sc, const struct ptn_member *m)
{
	const struct ptn_uuid unbound = { { 0 } };
	struct ptn_member_put_in in;
	char *key;
	enum ptn_err r;

	if ((r = name_key(sc->arena, m->username, &key)) != PTN_OK)
		return r;
	in = (struct ptn_member_put_in){ m->id, sc->tenant_id, m->username, key,
		m->kind, true, m->registered, m->service_account,
		m->external_id, m->registered ? m->email_id : unbound };
	return ptn_sql_member_put(sc->db, &in);
}

enum ptn_err
ptn_member_set_registered(const struct ptn_scope *sc, struct ptn_member *m)
{
	const struct ptn_member_registered_in in = { m->email_id, sc->tenant_id,
		m->id };
	uint64_t n;
	enum ptn_err r;

	m->registered = m->recorded = true;
	r = m->stored ? ptn_sql_member_registered(sc->db, &in, &n)
		      : ptn_member_put(sc, m);
	m->stored = m->stored || r == PTN_OK;
	return r;
}

enum ptn_err
ptn_member_set_address(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *email_id)
{
	const struct ptn_member_set_address_in in = { *email_id, sc->tenant_id,
		*user };
	uint64_t n;

	return ptn_sql_member_set_address(sc->db, &in, &n);
}

enum ptn_err
ptn_member_set_owner(const struct ptn_scope *sc, const struct ptn_uuid *user,
    bool owner)
{
	const struct ptn_member_set_role_in in = { owner ? PTN_OWNER : NULL,
		sc->tenant_id, *user };
	uint64_t n;

	return ptn_sql_member_set_role(sc->db, &in, &n);
}

enum ptn_err
ptn_member_rename(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char *username)
{
	struct ptn_member_rename_in in = { .username = username,
		.tenant_id = sc->tenant_id,
		.user_id = *user };
	char *key;
	uint64_t n;
	enum ptn_err r;

	if ((r = name_key(sc->arena, username, &key)) != PTN_OK)
		return r;
	in.username_key = key;
	return ptn_sql_member_rename(sc->db, &in, &n);
}

enum ptn_err
ptn_member_set_external(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char *external_id)
{
	const struct ptn_member_set_external_in in = { external_id,
		sc->tenant_id, *user };
	uint64_t n;

	return ptn_sql_member_set_external(sc->db, &in, &n);
}

enum ptn_err
ptn_member_archive(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	const struct ptn_member_archive_in in = { sc->tenant_id, *user };
	uint64_t n;

	return ptn_sql_member_archive(sc->db, &in, &n);
}

enum ptn_err
ptn_member_set_active(const struct ptn_scope *sc, const struct ptn_member *m,
    bool active)
{
	const struct ptn_member_set_active_in in = { active, sc->tenant_id,
		m->id };
	const struct ptn_session_delete_api_of_in sessions = { sc->tenant_id,
		m->id, ptn_api_name(PTN_API_DFNS) };
	uint64_t n;
	enum ptn_err r;

	if (!m->stored && (r = ptn_member_put(sc, m)) != PTN_OK)
		return r;
	r = ptn_sql_member_set_active(sc->db, &in, &n);
	if (r != PTN_OK || active ||
	    (r = ptn_asker_forget(sc, &m->id)) != PTN_OK ||
	    (r = ptn_pats_end(sc, &m->id)) != PTN_OK)
		return r;
	return ptn_sql_session_delete_api_of(sc->db, &sessions, &n);
}

/* Sign up a user with this address, and make them a member. */
static enum ptn_err
enrol(const struct ptn_scope *sc, const char *address, struct ptn_member *m)
{
	struct ptn_user_ref user;
	char *canonical;
	enum ptn_err r;

	if ((r = ptn_address_canonical(sc->arena, address, &canonical)) !=
		PTN_OK ||
	    (r = ptn_user_sign_up(sc, canonical, PTN_USER_OWNS, &user)) !=
		PTN_OK)
		return r;
	m->id = user.id;
	m->username = address;
	m->active = m->switched_on = true;
	m->stored = true;
	m->email_id = user.email_id;
	m->address = canonical;
	return ptn_member_put(sc, m);
}

enum ptn_err
ptn_member_invite(const struct ptn_scope *sc, const char *address,
    const char *kind, const char *external_id, struct ptn_member *m)
{
	*m = (struct ptn_member){ .kind = kind, .external_id = external_id };
	return enrol(sc, address, m);
}

struct ptn_notice_to
ptn_member_notice(const struct ptn_member *m, const char *service)
{
	return (struct ptn_notice_to){ .address = m->address,
		.verified = m->verified,
		.username = m->username,
		.service = service };
}

enum ptn_err
ptn_member_notify(const struct ptn_scope *sc, enum ptn_event event,
    const char *service, const struct ptn_member *m)
{
	const struct ptn_notice_to to = ptn_member_notice(m, service);

	return ptn_event_tell(sc, event, &to);
}

enum ptn_err
ptn_member_of_session(const struct ptn_scope *sc,
    const struct ptn_uuid *session, struct ptn_member_seen *out)
{
	const struct ptn_member_session_in in = { sc->tenant_id, *session };
	struct ptn_member_session_out row;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	if ((r = ptn_sql_member_session(sc->db, sc->arena, &in, &row)) !=
	    PTN_OK)
		return r;
	out->user_id = row.user_id;
	out->username = row.username;
	out->kind = row.kind;
	out->owner = ptn_member_role_owns(row.role);
	out->archived = row.archived_at != 0;
	out->usable = row.active != 0 && !out->archived;
	out->last_used_us = row.last_used;
	out->now_us = row.now;
	return PTN_OK;
}
