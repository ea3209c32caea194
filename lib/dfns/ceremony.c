#include "lib/dfns/ceremony.h"

#include <stdbool.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/bytes.h"
#include "lib/base/hex.h"
#include "lib/base/rng.h"
#include "lib/db/sql.h"
#include "lib/event/tx.h"

#define NONCE_LEN 32

static const struct {
	const char *name;
	int64_t ttl_s;
} kinds[PTN_DFNS_CEREMONY__MAX] = {
	[PTN_DFNS_CEREMONY_LOGIN] = { "login", 300 },
	[PTN_DFNS_CEREMONY_REGISTRATION] = { "registration", 900 },
	[PTN_DFNS_CEREMONY_CREDENTIAL] = { "credential", 600 },
	[PTN_DFNS_CEREMONY_ACTION] = { "action", 300 },
	[PTN_DFNS_CEREMONY_SIGNED] = { "signed", 300 },
	[PTN_DFNS_CEREMONY_RECOVERY] = { "recovery", 900 },
	[PTN_DFNS_CEREMONY_CREDENTIAL_CODE] = { "credential_code", 300 },
};

int64_t
ptn_dfns_ceremony_ttl_s(enum ptn_dfns_ceremony_kind kind)
{
	return kinds[kind].ttl_s;
}

char *
ptn_dfns_ceremony_challenge_new(struct ptn_arena *a)
{
	uint8_t nonce[NONCE_LEN];
	char hex[2 * NONCE_LEN + 1];

	ptn_rng(nonce, sizeof(nonce));
	ptn_hex_encode(PTN_BYTES(nonce, sizeof(nonce)), hex);
	return ptn_b64url_encode(a, ptn_bytes_of(hex));
}

enum ptn_err
ptn_dfns_ceremony_put(const struct ptn_scope *sc, struct ptn_dfns_ceremony *c)
{
	const char *state = ptn_dfns_state_write(sc->arena, &c->state);
	struct ptn_ceremony_put_in in;

	if (state == NULL)
		return PTN_E_NOMEM;
	c->id = ptn_uuid_new();
	in = (struct ptn_ceremony_put_in){ c->id, sc->tenant_id, c->user_id,
		kinds[c->kind].name, c->challenge, state, c->sealed,
		kinds[c->kind].ttl_s };
	return ptn_sql_ceremony_put(sc->db, &in);
}

/* Is it one of that kind that can be answered still? */
static bool
is_open(enum ptn_dfns_ceremony_kind kind, const struct ptn_ceremony_read_out *c)
{
	return !c->expired && strcmp(c->purpose, kinds[kind].name) == 0 &&
	    c->attempts < PTN_DFNS_CEREMONY_TRIES;
}

static enum ptn_err
give(const struct ptn_scope *sc, enum ptn_dfns_ceremony_kind kind,
    const struct ptn_uuid *id, const struct ptn_ceremony_read_out *row,
    struct ptn_dfns_ceremony *out)
{
	*out = (struct ptn_dfns_ceremony){ .id = *id,
		.user_id = row->user_id,
		.kind = kind,
		.challenge = row->challenge,
		.sealed = row->sealed };
	return ptn_dfns_state_read(sc->arena, row->state, &out->state);
}

/* Of those who read it the one that deletes it has it. */
enum ptn_err
ptn_dfns_ceremony_take(const struct ptn_scope *sc,
    enum ptn_dfns_ceremony_kind kind, const struct ptn_uuid *id,
    struct ptn_dfns_ceremony *out)
{
	const struct ptn_ceremony_read_in in = { sc->tenant_id, *id };
	struct ptn_ceremony_read_out row;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	r = ptn_sql_ceremony_read(sc->db, sc->arena, &in, &row);
	if (r == PTN_OK && !is_open(kind, &row))
		r = PTN_E_NOT_FOUND;
	if (r != PTN_OK || (r = ptn_dfns_ceremony_end(sc, id)) != PTN_OK)
		return r;
	return give(sc, kind, id, &row, out);
}

enum ptn_err
ptn_dfns_ceremony_find(const struct ptn_scope *sc,
    enum ptn_dfns_ceremony_kind kind, const struct ptn_uuid *id,
    struct ptn_dfns_ceremony *out, struct ptn_org_row *org)
{
	const struct ptn_ceremony_find_in in = { sc->tenant_id, *id };
	struct ptn_ceremony_find_out row;
	struct ptn_ceremony_read_out c;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	r = ptn_sql_ceremony_find(sc->db, sc->arena, &in, &row);
	if (r != PTN_OK)
		return r;
	c = (struct ptn_ceremony_read_out){ row.user_id, row.purpose,
		row.challenge, row.state, row.sealed, row.attempts,
		row.expired };
	*org = (struct ptn_org_row){ .id = sc->tenant_id,
		.name = row.org_name,
		.rp_id = row.org_rp_id,
		.rp_name = row.org_rp_name,
		.origins = row.org_origins,
		.active = row.org_active != 0 };
	return is_open(kind, &c) ? give(sc, kind, id, &c, out)
				 : PTN_E_NOT_FOUND;
}

struct trying {
	enum ptn_dfns_ceremony_kind kind;
	const struct ptn_uuid *id;
	struct ptn_ceremony_read_out row;
	bool found;
};

/* Tries are counted one behind the other. */
static enum ptn_err
try_locked(const struct ptn_scope *sc, void *arg)
{
	struct trying *t = arg;
	const struct ptn_ceremony_lock_in lock = { sc->tenant_id, *t->id };
	const struct ptn_ceremony_count_try_in count = { sc->tenant_id,
		*t->id };
	struct ptn_ceremony_lock_out row;
	uint64_t n;
	enum ptn_err r;

	t->found = false;
	r = ptn_sql_ceremony_lock(sc->db, sc->arena, &lock, &row);
	if (r != PTN_OK)
		return r == PTN_E_NOT_FOUND ? PTN_OK : r;
	t->row = (struct ptn_ceremony_read_out){ row.user_id, row.purpose,
		row.challenge, row.state, row.sealed, row.attempts,
		row.expired };
	t->found = is_open(t->kind, &t->row);
	return t->found ? ptn_sql_ceremony_count_try(sc->db, &count, &n)
			: PTN_OK;
}

enum ptn_err
ptn_dfns_ceremony_try(const struct ptn_scope *sc,
    enum ptn_dfns_ceremony_kind kind, const struct ptn_uuid *id,
    struct ptn_dfns_ceremony *out)
{
	struct trying t = { .kind = kind, .id = id };
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	if ((r = ptn_tx(sc, try_locked, &t)) != PTN_OK)
		return r;
	return t.found ? give(sc, kind, id, &t.row, out) : PTN_E_NOT_FOUND;
}

enum ptn_err
ptn_dfns_ceremony_end(const struct ptn_scope *sc, const struct ptn_uuid *id)
{
	const struct ptn_ceremony_delete_in in = { sc->tenant_id, *id };
	uint64_t n;
	enum ptn_err r;

	if ((r = ptn_sql_ceremony_delete(sc->db, &in, &n)) != PTN_OK)
		return r;
	return n == 1 ? PTN_OK : PTN_E_NOT_FOUND;
}

enum ptn_err
ptn_dfns_ceremony_end_all(const struct ptn_scope *sc,
    const struct ptn_uuid *user, enum ptn_dfns_ceremony_kind kind)
{
	const struct ptn_ceremony_delete_of_in in = { sc->tenant_id, *user,
		kinds[kind].name };
	uint64_t n;

	return ptn_sql_ceremony_delete_of(sc->db, &in, &n);
}

enum ptn_err
ptn_dfns_ceremony_look(const struct ptn_scope *sc,
    enum ptn_dfns_ceremony_kind kind, const struct ptn_uuid *id,
    struct ptn_dfns_ceremony *out, bool *used)
{
	const struct ptn_ceremony_get_in in = { sc->tenant_id, *id,
		kinds[kind].name };
	struct ptn_ceremony_get_out row;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	if ((r = ptn_sql_ceremony_get(sc->db, sc->arena, &in, &row)) != PTN_OK)
		return r;
	out->id = *id;
	out->user_id = row.user_id;
	out->kind = kind;
	*used = row.attempts > 0;
	return ptn_dfns_state_read(sc->arena, row.state, &out->state);
}

enum ptn_err
ptn_dfns_ceremony_use(const struct ptn_scope *sc,
    enum ptn_dfns_ceremony_kind kind, const struct ptn_uuid *id)
{
	const struct ptn_ceremony_use_in in = { sc->tenant_id, *id,
		kinds[kind].name };
	uint64_t n;
	enum ptn_err r;

	if ((r = ptn_sql_ceremony_use(sc->db, &in, &n)) != PTN_OK)
		return r;
	return n == 1 ? PTN_OK : PTN_E_NOT_FOUND;
}
