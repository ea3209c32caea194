#include "lib/account/jwk_make.h"

#include "lib/base/arena.h"
#include "lib/base/log.h"
#include "lib/crypto/jws.h"
#include "lib/crypto/key.h"
#include "lib/crypto/secrets.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

bool
ptn_jwk_make_wanted(const struct ptn_jwk_make_wish *w,
    const struct ptn_jwk_list_out *rows, size_t n)
{
	int64_t ours = INT64_MIN, theirs = INT64_MIN;
	size_t i;

	for (i = 0; i < n; i++) {
		if ((int)ptn_jws_alg(rows[i].alg) == w->alg) {
			if (rows[i].signs_from > ours)
				ours = rows[i].signs_from;
		} else if (rows[i].signs_from <= rows[i].now &&
		    rows[i].signs_from > theirs) {
			theirs = rows[i].signs_from;
		}
	}
	return ours == INT64_MIN || (!w->started && theirs > ours);
}

/* What the transaction works on; outlives a repetition. */
struct making {
	const struct ptn_jwk_make_wish *wish;
	struct ptn_key *key;
	struct ptn_uuid id;
	char kid[PTN_UUID_STR]; /* of id */
	bool made;
};

static enum ptn_err
insert_key(const struct ptn_scope *sc, struct making *m, int64_t delay_s)
{
	struct ptn_jwk_insert_in in = { .id = m->id,
		.api = ptn_api_name(m->wish->of.api),
		.tenant_id = m->wish->of.tenant_id,
		.delay_s = delay_s };
	struct ptn_bytes der;
	enum ptn_err r;

	if ((r = ptn_key_export(m->key, sc->arena, &der)) != PTN_OK)
		return r;
	in.alg = ptn_key_alg_name(ptn_key_alg(m->key));
	r = ptn_secrets_seal(m->wish->secrets, sc->arena, PTN_KEY_USE_JWK,
	    PTN_BYTES(m->id.b, sizeof(m->id.b)), der, &in.sealed);
	ptn_wipe((uint8_t *)(uintptr_t)der.p, der.len);
	if (r != PTN_OK)
		return r;
	return ptn_sql_jwk_insert(sc->db, &in);
}

/*
 * The key is generated under the lock: that takes long, but is rare, and the
 * other workers and hosts would only generate theirs to throw them away.
 */
static enum ptn_err
generate(struct making *m)
{
	enum ptn_err r;

	if (m->key != NULL)
		return PTN_OK;
	r = ptn_key_generate(&m->key, (enum ptn_sign_alg)m->wish->alg);
	if (r != PTN_OK)
		return r;
	m->id = ptn_uuid_new();
	ptn_uuid_format(&m->id, m->kid);
	return PTN_OK;
}

/*
 * A set of all that was empty is one that nobody has: the first key need not
 * wait.  A tenant's has those of all in it.
 */
static int64_t
delay_of(const struct ptn_jwk_make_wish *w, size_t n)
{
	return n == 0 && ptn_uuid_is_nil(&w->of.tenant_id) ? 0 : w->delay_s;
}

static enum ptn_err
make_tx(const struct ptn_scope *sc, void *arg)
{
	struct making *m = arg;
	const struct ptn_jwk_list_in list = { ptn_api_name(m->wish->of.api),
		m->wish->of.tenant_id };
	struct ptn_jwk_list_out *rows = NULL;
	size_t n = 0;
	enum ptn_err r;

	m->made = false;
	if ((r = ptn_sql_jwk_lock(sc->db)) != PTN_OK ||
	    (r = ptn_sql_jwk_list(sc->db, sc->arena, &list, &rows, &n)) !=
		PTN_OK)
		return r;
	if (!m->wish->ordered && !ptn_jwk_make_wanted(m->wish, rows, n))
		return PTN_OK;
	if ((r = generate(m)) != PTN_OK)
		return r;
	r = insert_key(sc, m, delay_of(m->wish, n));
	if (r == PTN_OK && m->wish->ordered)
		r = ptn_event(sc, PTN_EVENT_KEY_ROTATED,
		    ptn_arena_printf(sc->arena, "%s %s", list.api, m->kid));
	m->made = r == PTN_OK;
	return r;
}

enum ptn_err
ptn_jwk_make(const struct ptn_scope *sc, const struct ptn_jwk_make_wish *w,
    struct ptn_uuid *id)
{
	struct making m = { .wish = w };
	enum ptn_err r;

	r = ptn_tx(sc, make_tx, &m);
	if (r == PTN_OK && m.made) {
		ptn_info("keys: made %s, %s", m.kid,
		    ptn_key_alg_name(ptn_key_alg(m.key)));
		if (id != NULL)
			*id = m.id;
	}
	ptn_key_free(&m.key);
	return r;
}
