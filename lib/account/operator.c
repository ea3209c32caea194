#include "lib/account/operator.h"

#include "lib/account/membership.h"
#include "lib/account/user.h"
#include "lib/base/arena.h"
#include "lib/db/sql.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

struct marking {
	const struct ptn_uuid *user;
	bool everywhere;
	bool read_only;
	struct ptn_operator_passkey *key;
	size_t keys;
};

/* What the record has of it. */
static const char *
words(const struct marking *m)
{
	static const char *const text[2][2] = {
		{ "one organisation", "one organisation, read-only" },
		{ "all organisations", "all organisations, read-only" },
	};

	return text[m->everywhere][m->read_only];
}

/* The passkeys that they have by now. */
static enum ptn_err
load_keys(const struct ptn_scope *sc, struct marking *m)
{
	const struct ptn_operator_passkeys_in in = { sc->tenant_id, *m->user };
	struct ptn_operator_passkeys_out *row;
	enum ptn_err r;
	size_t i;

	m->key = NULL;
	r = ptn_sql_operator_passkeys(sc->db, sc->arena, &in, &row, &m->keys);
	if (r != PTN_OK || m->keys == 0)
		return r;
	m->key = ptn_arena_calloc(sc->arena, m->keys, sizeof(*m->key));
	for (i = 0; m->key != NULL && i < m->keys; i++)
		m->key[i] = (struct ptn_operator_passkey){ row[i].name,
			row[i].created_at, row[i].last_used_at };
	return m->key != NULL ? PTN_OK : PTN_E_NOMEM;
}

static enum ptn_err
mark(const struct ptn_scope *sc, void *arg)
{
	struct marking *m = arg;
	struct ptn_membership theirs;
	const struct ptn_operator_put_in put = { *m->user, sc->tenant_id,
		m->everywhere, m->read_only };
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, m->user)) != PTN_OK ||
	    (r = ptn_sql_operator_put(sc->db, &put)) != PTN_OK ||
	    (r = load_keys(sc, m)) != PTN_OK ||
	    (r = ptn_membership_get(sc, m->user, &theirs)) != PTN_OK)
		return r;
	return ptn_event_tell_with(sc, PTN_EVENT_OPERATOR_ADDED, &theirs.tell,
	    words(m));
}

enum ptn_err
ptn_operator_add(const struct ptn_scope *sc, const struct ptn_uuid *user,
    bool everywhere, bool read_only, struct ptn_operator_passkey **key,
    size_t *n)
{
	struct marking m = { .user = user,
		.everywhere = everywhere,
		.read_only = read_only };
	enum ptn_err r = ptn_tx(sc, mark, &m);

	*key = m.key;
	*n = m.keys;
	return r;
}

static enum ptn_err
unmark(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_operator_delete_in in = { sc->tenant_id,
		*(const struct ptn_uuid *)arg };
	uint64_t n;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, arg)) != PTN_OK ||
	    (r = ptn_sql_operator_delete(sc->db, &in, &n)) != PTN_OK)
		return r;
	if (n == 0)
		return PTN_E_NOT_FOUND;
	return ptn_event(sc, PTN_EVENT_OPERATOR_REMOVED, NULL);
}

enum ptn_err
ptn_operator_remove(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	struct ptn_uuid theirs = *user;

	return ptn_tx(sc, unmark, &theirs);
}

enum ptn_err
ptn_operators(const struct ptn_scope *sc, struct ptn_operator **out, size_t *n)
{
	struct ptn_operator_list_out *row;
	enum ptn_err r;
	size_t i;

	*out = NULL;
	r = ptn_sql_operator_list(sc->db, sc->arena, &row, n);
	if (r != PTN_OK || *n == 0)
		return r;
	if ((*out = ptn_arena_calloc(sc->arena, *n, sizeof(**out))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n; i++)
		(*out)[i] = (struct ptn_operator){ .user_id = row[i].user_id,
			.tenant = row[i].tenant,
			.username = row[i].username,
			.address = row[i].address,
			.everywhere = row[i].everywhere != 0,
			.read_only = row[i].read_only != 0,
			.locked = row[i].locked != 0,
			.marked_at_us = row[i].marked_at,
			.passkeys = row[i].passkeys,
			.sessions = row[i].sessions };
	return PTN_OK;
}

enum ptn_err
ptn_operator_is(const struct ptn_scope *sc, const struct ptn_uuid *user,
    bool *is)
{
	const struct ptn_operator_get_in in = { sc->tenant_id, *user };
	struct ptn_operator_get_out row;
	enum ptn_err r = ptn_sql_operator_get(sc->db, sc->arena, &in, &row);

	*is = r == PTN_OK;
	return r == PTN_E_NOT_FOUND ? PTN_OK : r;
}
