#include "lib/account/adminkey.h"

#include <string.h>

#include "lib/account/opaque.h"
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/db/sql.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

/* It stands in lists and in the audit log, and is a word on command lines. */
static bool
is_name(const char *s)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	const size_t len = strlen(s);

	return len > 0 && len <= PTN_ADMINKEY_NAME_MAX && s[0] != '-' &&
	    strspn(s, allowed) == len;
}

struct making {
	struct ptn_adminkey *key;
	struct ptn_opaque made;
};

static enum ptn_err
put(const struct ptn_scope *sc, void *arg)
{
	const struct making *m = arg;
	const struct ptn_admin_key_put_in in = { m->key->id, m->key->tenant_id,
		m->key->name, PTN_BYTES(m->made.digest, sizeof(m->made.digest)),
		m->key->read_only, m->key->expires_at_us };
	enum ptn_err r;

	if ((r = ptn_sql_admin_key_put(sc->db, &in)) != PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_ADMIN_KEY_CREATED, m->key->name);
}

enum ptn_err
ptn_adminkey_create(const struct ptn_scope *sc, struct ptn_adminkey *key,
    char **text)
{
	struct making m = { .key = key };
	enum ptn_err r;

	if (!is_name(key->name))
		return PTN_E_INPUT;
	r = ptn_opaque_make(sc->arena, PTN_ADMINKEY_PREFIX, &m.made, text);
	if (r != PTN_OK)
		return r;
	key->id = m.made.id;
	return ptn_tx(sc, put, &m);
}

static bool
is_over(int64_t expires_at_us, int64_t now_us)
{
	return expires_at_us != 0 && expires_at_us <= now_us;
}

enum ptn_err
ptn_adminkeys(const struct ptn_scope *sc, struct ptn_adminkey **out, size_t *n)
{
	struct ptn_admin_key_list_out *row;
	enum ptn_err r;
	size_t i;

	*out = NULL;
	r = ptn_sql_admin_key_list(sc->db, sc->arena, &row, n);
	if (r != PTN_OK || *n == 0)
		return r;
	if ((*out = ptn_arena_calloc(sc->arena, *n, sizeof(**out))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n; i++)
		(*out)[i] = (struct ptn_adminkey){ .id = row[i].id,
			.org = row[i].org,
			.name = row[i].name,
			.read_only = row[i].read_only != 0,
			.expired = is_over(row[i].expires_at, row[i].now),
			.created_at_us = row[i].created_at,
			.expires_at_us = row[i].expires_at };
	return PTN_OK;
}

static enum ptn_err
take_away(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_admin_key_delete_in in = { arg };
	uint64_t n;
	enum ptn_err r;

	if ((r = ptn_sql_admin_key_delete(sc->db, &in, &n)) != PTN_OK)
		return r;
	if (n == 0)
		return PTN_E_NOT_FOUND;
	return ptn_event(sc, PTN_EVENT_ADMIN_KEY_REVOKED, in.name);
}

enum ptn_err
ptn_adminkey_revoke(const struct ptn_scope *sc, const char *name)
{
	char *mine = ptn_arena_strdup(sc->arena, name);

	return mine != NULL ? ptn_tx(sc, take_away, mine) : PTN_E_NOMEM;
}

enum ptn_err
ptn_adminkey_find(const struct ptn_scope *sc, const char *text,
    struct ptn_adminkey *out)
{
	struct ptn_admin_key_by_id_in in;
	struct ptn_admin_key_by_id_out row;
	struct ptn_opaque shown;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	r = ptn_opaque_read(sc->arena, PTN_ADMINKEY_PREFIX, text, &shown);
	if (r != PTN_OK)
		return r;
	in.id = shown.id;
	r = ptn_sql_admin_key_by_id(sc->db, sc->arena, &in, &row);
	if (r != PTN_OK)
		return r;
	if (!ptn_bytes_equal(PTN_BYTES(shown.digest, sizeof(shown.digest)),
		row.digest))
		return PTN_E_NOT_FOUND;
	*out = (struct ptn_adminkey){ .id = in.id,
		.tenant_id = row.tenant_id,
		.name = row.name,
		.read_only = row.read_only != 0,
		.expired = is_over(row.expires_at, row.now),
		.expires_at_us = row.expires_at };
	return PTN_OK;
}
