#include "lib/account/import.h"

#include <string.h>

#include "lib/account/email.h"
#include "lib/account/otp.h"
#include "lib/base/clock.h"
#include "lib/db/sql.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

static const char taken_id[] = "user_id is somebody else's";
static const char taken_address[] = "an address has an owner";
static const char taken_name[] = "the username is somebody else's";
static const char taken_key[] = "a credential is registered already";

static void
refuse(struct ptn_import *u, const char *why)
{
	u->what = PTN_IMPORT_REFUSED;
	u->why = why;
}

static bool
is_theirs(const char *text, const struct ptn_uuid *whose,
    const struct ptn_uuid *user)
{
	return text == NULL || ptn_uuid_equal(whose, user);
}

static void
judge(struct ptn_import *u, const struct ptn_import_find_out *row)
{
	const char *address = u->addresses > 0 ? u->address[0].address : NULL;
	const struct ptn_uuid *who = !ptn_uuid_is_nil(&u->id) ? &row->by_id
	    : address != NULL				      ? &row->by_address
							      : &row->by_name;
	const bool is_there = !ptn_uuid_is_nil(who);

	u->what = PTN_IMPORT_READY;
	if (is_there && is_theirs(address, &row->by_address, who) &&
	    is_theirs(u->username, &row->by_name, who))
		u->what = PTN_IMPORT_THERE;
	else if (!ptn_uuid_is_nil(&row->by_id))
		refuse(u, taken_id);
	else if (!ptn_uuid_is_nil(&row->by_address))
		refuse(u, taken_address);
	else if (!ptn_uuid_is_nil(&row->by_name))
		refuse(u, taken_name);
}

static enum ptn_err
look(const struct ptn_scope *sc, struct ptn_import *u)
{
	const struct ptn_import_find_in in = { sc->tenant_id, u->id,
		u->addresses > 0 ? u->address[0].address : NULL, u->username };
	struct ptn_import_find_out row;
	enum ptn_err r;

	r = ptn_sql_import_find(sc->db, sc->arena, &in, &row);
	if (r == PTN_OK)
		judge(u, &row);
	return r;
}

enum ptn_err
ptn_import_check(const struct ptn_scope *sc, struct ptn_import *u)
{
	const char *why;
	enum ptn_err r;

	if ((r = look(sc, u)) != PTN_OK || u->what != PTN_IMPORT_READY ||
	    u->hash == NULL)
		return r;
	r = ptn_pwhash_take(sc->cf, sc->gate, u->hash, u->stored, &why);
	if (r == PTN_E_INPUT) {
		refuse(u, why);
		r = PTN_OK;
	}
	return r;
}

/* What a conflict of r would be about. */
static enum ptn_err
of(enum ptn_err r, struct ptn_import *u, const char *why)
{
	if (r == PTN_E_CONFLICT)
		u->why = why;
	return r;
}

/* One that somebody has asked for, and does not own. */
static enum ptn_err
claim(const struct ptn_scope *sc, const struct ptn_import *u,
    const struct ptn_import_address *address)
{
	struct ptn_email email;
	enum ptn_err r = ptn_email_claim(sc, address->address, &email);

	if (r == PTN_OK && !ptn_uuid_is_nil(&email.user_id))
		return PTN_E_CONFLICT;
	return r == PTN_OK
	    ? ptn_email_own(sc, &email, &u->id, address->verified)
	    : r;
}

/* Mostly it is new here, which takes less. */
static enum ptn_err
put_address(const struct ptn_scope *sc, const struct ptn_import *u, size_t i)
{
	const struct ptn_import_address *address = &u->address[i];
	const struct ptn_import_email_put_in in = { ptn_uuid_new(),
		sc->tenant_id, u->id, address->address, address->verified };
	const struct ptn_primary_put_in primary = { u->id, sc->tenant_id,
		in.id };
	enum ptn_err r = ptn_sql_import_email_put(sc->db, &in);

	if (r == PTN_E_CONFLICT)
		return claim(sc, u, address);
	return r == PTN_OK && i == 0 ? ptn_sql_primary_put(sc->db, &primary)
				     : r;
}

static enum ptn_err
put_addresses(const struct ptn_scope *sc, struct ptn_import *u)
{
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; i < u->addresses && r == PTN_OK; i++)
		r = put_address(sc, u, i);
	return of(r, u, taken_address);
}

static enum ptn_err
put_name(const struct ptn_scope *sc, struct ptn_import *u)
{
	const struct ptn_username_put_in in = { ptn_uuid_new(), sc->tenant_id,
		u->id, u->username };

	return u->username == NULL
	    ? PTN_OK
	    : of(ptn_sql_username_put(sc->db, &in), u, taken_name);
}

static enum ptn_err
put_password(const struct ptn_scope *sc, const struct ptn_import *u)
{
	const struct ptn_password_put_in in = { u->id, sc->tenant_id, u->stored,
		u->norm };

	return u->hash == NULL ? PTN_OK : ptn_sql_password_put(sc->db, &in);
}

static enum ptn_err
put_otp(const struct ptn_scope *sc, const struct ptn_import *u)
{
	struct ptn_otp_put_in in = { .user_id = u->id,
		.tenant_id = sc->tenant_id,
		.last_step = u->otp_step };
	enum ptn_err r;

	if (u->otp.len == 0)
		return PTN_OK;
	r = ptn_otp_seal(sc, &u->id, u->otp, &in.sealed);
	return r == PTN_OK ? ptn_sql_otp_put(sc->db, &in) : r;
}

static enum ptn_err
put_credential(const struct ptn_scope *sc, struct ptn_credential *c)
{
	uint8_t digest[PTN_SHA256_LEN];
	struct ptn_import_credential_date_in in = { c->created_at_us,
		c->last_used_at_us, sc->tenant_id,
		PTN_BYTES(digest, sizeof(digest)) };
	uint64_t n;
	enum ptn_err r;

	if ((r = ptn_credential_put(sc, c)) != PTN_OK || in.created_at == 0)
		return r;
	if (in.last_used_at == 0)
		in.last_used_at = in.created_at;
	ptn_credential_digest(c->id, digest);
	return ptn_sql_import_credential_date(sc->db, &in, &n);
}

static enum ptn_err
put_credentials(const struct ptn_scope *sc, struct ptn_import *u)
{
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; i < u->credentials && r == PTN_OK; i++) {
		u->credential[i].user_id = u->id;
		r = put_credential(sc, &u->credential[i]);
	}
	return of(r, u, taken_key);
}

static enum ptn_err
put_user(const struct ptn_scope *sc, struct ptn_import *u)
{
	const struct ptn_import_user_put_in in = { u->id, sc->tenant_id,
		u->text[PTN_PERSON_NAME], u->text[PTN_PERSON_GIVEN_NAME],
		u->text[PTN_PERSON_FAMILY_NAME], u->text[PTN_PERSON_PICTURE],
		u->locked_at_us, u->created_at_us,
		u->created_at_us != 0 && u->updated_at_us != 0
		    ? u->updated_at_us
		    : u->created_at_us };

	return of(ptn_sql_import_user_put(sc->db, &in), u, taken_id);
}

static enum ptn_err
put_one(const struct ptn_scope *sc, void *arg)
{
	struct ptn_import *u = arg;
	enum ptn_err r;

	if ((r = put_user(sc, u)) != PTN_OK ||
	    (r = put_addresses(sc, u)) != PTN_OK ||
	    (r = put_name(sc, u)) != PTN_OK ||
	    (r = put_password(sc, u)) != PTN_OK ||
	    (r = put_otp(sc, u)) != PTN_OK ||
	    (r = put_credentials(sc, u)) != PTN_OK ||
	    (r = ptn_metadata_give_in(sc, &u->id, &u->metadata)) != PTN_OK)
		return r;
	return ptn_event_about(sc, PTN_EVENT_USER_CREATED, &u->id);
}

struct batch {
	struct ptn_import *u;
	size_t n;
};

/* Run again, it begins anew: what becomes of them is said afterwards. */
static enum ptn_err
put_batch(const struct ptn_scope *sc, void *arg)
{
	const struct batch *b = arg;
	enum ptn_err r;
	size_t i;

	for (i = 0; i < b->n; i++) {
		b->u[i].why = NULL;
		if (b->u[i].what != PTN_IMPORT_READY)
			continue;
		r = ptn_tx_part(sc, put_one, &b->u[i]);
		if (r != PTN_OK && r != PTN_E_CONFLICT)
			return r;
	}
	return PTN_OK;
}

/* One that another one of the batch was in the way of may be the same user. */
static enum ptn_err
settle(const struct ptn_scope *sc, struct ptn_import *u, bool has_id)
{
	const struct ptn_uuid made = u->id;
	const char *why = u->why;
	enum ptn_err r;

	if (why == NULL) {
		u->what = PTN_IMPORT_DONE;
		return PTN_OK;
	}
	if (!has_id)
		memset(&u->id, 0, sizeof(u->id));
	r = look(sc, u);
	if (u->what == PTN_IMPORT_READY)
		refuse(u, why);
	u->id = made;
	return r;
}

enum ptn_err
ptn_import_put(const struct ptn_scope *sc, struct ptn_import *u, size_t n)
{
	struct batch b = { u, n };
	const char *refused[PTN_IMPORT_BATCH];
	bool has_id[PTN_IMPORT_BATCH];
	enum ptn_err r;
	size_t i;

	for (i = 0; i < n; i++) {
		refused[i] = u[i].why;
		has_id[i] = !ptn_uuid_is_nil(&u[i].id);
		if (!has_id[i])
			u[i].id = ptn_uuid_new();
	}
	r = ptn_tx(sc, put_batch, &b);
	for (i = 0; i < n && r == PTN_OK; i++)
		if (u[i].what == PTN_IMPORT_READY)
			r = settle(sc, &u[i], has_id[i]);
		else
			u[i].why = refused[i];
	return r;
}

/* ------------------------------------------------------------------ export */

static enum ptn_err
export_addresses(const struct ptn_scope *sc, struct ptn_import *u)
{
	struct ptn_email *e;
	size_t i, at;
	enum ptn_err r;

	if ((r = ptn_emails_of(sc, &u->id, &e, &u->addresses)) != PTN_OK ||
	    u->addresses == 0)
		return r;
	u->address =
	    ptn_arena_calloc(sc->arena, u->addresses, sizeof(*u->address));
	if (u->address == NULL)
		return PTN_E_NOMEM;
	for (i = 0, at = 1; i < u->addresses; i++)
		if (e[i].is_primary || at < u->addresses)
			u->address[e[i].is_primary ? 0 : at++] =
			    (struct ptn_import_address){ e[i].address,
				    e[i].verified };
	return PTN_OK;
}

static enum ptn_err
export_one(const struct ptn_scope *sc, const struct ptn_export_page_out *row,
    struct ptn_import *u)
{
	enum ptn_err r = PTN_OK;

	*u = (struct ptn_import){ .id = row->id,
		.username = row->username,
		.hash = row->hash,
		.norm = row->norm,
		.otp_step = row->last_step,
		.metadata = { { row->public_metadata, row->private_metadata,
		    row->unsafe_metadata } },
		.text = { [PTN_PERSON_NAME] = row->name,
		    [PTN_PERSON_GIVEN_NAME] = row->given_name,
		    [PTN_PERSON_FAMILY_NAME] = row->family_name,
		    [PTN_PERSON_PICTURE] = row->picture },
		.locked_at_us = row->locked_at,
		.created_at_us = row->created_at,
		.updated_at_us = row->updated_at };
	if (row->sealed.len > 0)
		r = ptn_otp_open(sc, &u->id, row->sealed, &u->otp);
	if (r != PTN_OK || (r = export_addresses(sc, u)) != PTN_OK)
		return r;
	return ptn_credentials_of(sc, &u->id, &u->credential, &u->credentials);
}

enum ptn_err
ptn_import_export(const struct ptn_scope *sc, const struct ptn_uuid *after,
    size_t max, struct ptn_import **out, size_t *n)
{
	const struct ptn_export_page_in in = { sc->tenant_id, *after,
		(int64_t)max };
	struct ptn_export_page_out *row;
	enum ptn_err r;
	size_t i;

	*out = NULL;
	r = ptn_sql_export_page(sc->db, sc->arena, &in, &row, n);
	if (r != PTN_OK || *n == 0)
		return r;
	if ((*out = ptn_arena_calloc(sc->arena, *n, sizeof(**out))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n && r == PTN_OK; i++)
		r = export_one(sc, &row[i], &(*out)[i]);
	return r;
}
