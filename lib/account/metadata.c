#include "lib/account/metadata.h"

#include <string.h>

#include "lib/account/user.h"
#include "lib/base/unicode.h"
#include "lib/db/sql.h"
#include "lib/event/actor.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"
#include "lib/format/jsonmerge.h"

enum ptn_err
ptn_metadata_of(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_metadata *out)
{
	const struct ptn_metadata_of_in in = { sc->tenant_id, *user };
	struct ptn_metadata_of_out row;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	r = ptn_sql_metadata_of(sc->db, sc->arena, &in, &row);
	if (r == PTN_OK)
		*out = (struct ptn_metadata){ { row.public_metadata,
		    row.private_metadata, row.unsafe_metadata } };
	return r == PTN_E_NOT_FOUND ? PTN_OK : r;
}

/* ------------------------------------------------------------- one of them */

/* As text; NULL: nothing is left. */
static enum ptn_err
merge(struct ptn_arena *a, const struct ptn_json *target,
    const struct ptn_json *patch, const char **text,
    enum ptn_metadata_result *what)
{
	struct ptn_jsonw w;

	*text = NULL;
	*what = PTN_METADATA_UNFIT;
	if (ptn_json_type(patch) != PTN_JSON_OBJECT)
		return PTN_OK;
	ptn_jsonw_init(&w, a);
	if (!ptn_jsonmerge(&w, NULL, target, patch))
		return w.buf.bad ? PTN_E_NOMEM : PTN_OK;
	if (w.buf.bad)
		return PTN_E_NOMEM;
	*what = PTN_METADATA_LONG;
	if (ptn_utf8_length(PTN_BYTES(w.buf.p, w.buf.len)) > PTN_METADATA_MAX)
		return PTN_OK;
	*what = PTN_METADATA_DONE;
	if (strcmp(w.buf.p, "{}") != 0)
		*text = w.buf.p;
	return PTN_OK;
}

/* *text: as it is, and then as it is to be. */
static enum ptn_err
patch_one(struct ptn_arena *a, const struct ptn_json *patch, const char **text,
    enum ptn_metadata_result *what)
{
	struct ptn_json *target = NULL;
	const char *why;
	enum ptn_err r = PTN_OK;

	*what = PTN_METADATA_DONE;
	if (patch == NULL)
		*text = NULL;
	if (patch == NULL)
		return PTN_OK;
	if (*text != NULL)
		r = ptn_json_parse(ptn_bytes_of(*text), PTN_METADATA_DEPTH,
		    &target, &why);
	if (r == PTN_OK)
		r = merge(a, target, patch, text, what);
	ptn_json_free(&target);
	return r;
}

/* ------------------------------------------------------------- all of them */

/* What is nothing has no row. */
static enum ptn_err
store(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_metadata *m)
{
	const struct ptn_metadata_put_in put = { *user, sc->tenant_id,
		m->text[PTN_METADATA_PUBLIC], m->text[PTN_METADATA_PRIVATE],
		m->text[PTN_METADATA_UNSAFE] };
	const struct ptn_metadata_delete_in none = { sc->tenant_id, *user };
	uint64_t n;

	return ptn_metadata_is_any(m, true)
	    ? ptn_sql_metadata_put(sc->db, &put)
	    : ptn_sql_metadata_delete(sc->db, &none, &n);
}

enum ptn_err
ptn_metadata_give_in(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_metadata *m)
{
	return ptn_metadata_is_any(m, true) ? store(sc, user, m) : PTN_OK;
}

static bool
is_same(const struct ptn_metadata *a, const struct ptn_metadata *b)
{
	const char *x, *y;
	int i;

	for (i = 0; i < PTN_METADATA__MAX; i++) {
		x = a->text[i] != NULL ? a->text[i] : "";
		y = b->text[i] != NULL ? b->text[i] : "";
		if (strcmp(x, y) != 0)
			return false;
	}
	return true;
}

/* *all: what is UNFIT is said before what is too LONG. */
static void
sum_up(const enum ptn_metadata_result each[PTN_METADATA__MAX], bool *wrong,
    enum ptn_metadata_result *all)
{
	int i;

	*all = PTN_METADATA_DONE;
	for (i = 0; i < PTN_METADATA__MAX; i++)
		if (each[i] < *all)
			*all = each[i];
	for (i = 0; wrong != NULL && i < PTN_METADATA__MAX; i++)
		wrong[i] = *all != PTN_METADATA_DONE && each[i] == *all;
}

static enum ptn_err
patch_each(struct ptn_arena *a, struct ptn_metadata_change *c,
    struct ptn_metadata *m, enum ptn_metadata_result *what)
{
	enum ptn_metadata_result each[PTN_METADATA__MAX];
	enum ptn_err r = PTN_OK;
	int i;

	for (i = 0; i < PTN_METADATA__MAX; i++) {
		each[i] = PTN_METADATA_DONE;
		if (r == PTN_OK && c->changes[i])
			r = patch_one(a, c->patch[i], &m->text[i], &each[i]);
	}
	sum_up(each, c->wrong, what);
	return r;
}

enum ptn_err
ptn_metadata_read(struct ptn_arena *a, const struct ptn_json *v,
    struct ptn_metadata *out, bool wrong[PTN_METADATA__MAX],
    enum ptn_metadata_result *what)
{
	enum ptn_metadata_result each[PTN_METADATA__MAX];
	const struct ptn_json *one;
	enum ptn_err r = PTN_OK;
	int i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < PTN_METADATA__MAX; i++) {
		each[i] = PTN_METADATA_DONE;
		one = ptn_json_get(v, ptn_metadata_names[i]);
		if (r == PTN_OK && one != NULL)
			r = merge(a, NULL, one, &out->text[i], &each[i]);
	}
	sum_up(each, wrong, what);
	return r;
}

static bool
is_named(void *arg, const char *name, const struct ptn_json *value)
{
	int i = 0;

	(void)arg;
	while (
	    i < PTN_METADATA__MAX && strcmp(ptn_metadata_names[i], name) != 0)
		i++;
	return i < PTN_METADATA__MAX && value != NULL;
}

/* What is null in it stays: nobody has that, and it is not to be left out. */
static enum ptn_err
read_wanted(struct ptn_arena *a, const struct ptn_json *v, const char **out,
    enum ptn_metadata_result *what)
{
	struct ptn_jsonw w;

	if (v == NULL)
		return PTN_OK;
	*what = PTN_METADATA_UNFIT;
	if (ptn_json_type(v) != PTN_JSON_OBJECT)
		return PTN_OK;
	ptn_jsonw_init(&w, a);
	if (!ptn_jsonmerge_copy(&w, NULL, v))
		return w.buf.bad ? PTN_E_NOMEM : PTN_OK;
	if (w.buf.bad)
		return PTN_E_NOMEM;
	if (ptn_utf8_length(PTN_BYTES(w.buf.p, w.buf.len)) > PTN_METADATA_MAX)
		return PTN_OK;
	*what = PTN_METADATA_DONE;
	*out = w.buf.p;
	return PTN_OK;
}

/* Only of those that are asked for. */
static enum ptn_err
read_all_wanted(struct ptn_arena *a, const struct ptn_json *v,
    struct ptn_metadata *out, enum ptn_metadata_result *what)
{
	enum ptn_err r = PTN_OK;
	int i;

	memset(out, 0, sizeof(*out));
	*what = PTN_METADATA_DONE;
	for (i = 0; i < PTN_METADATA__MAX && r == PTN_OK; i++)
		if (*what == PTN_METADATA_DONE)
			r = read_wanted(a,
			    ptn_json_get(v, ptn_metadata_names[i]),
			    &out->text[i], what);
	return r;
}

enum ptn_err
ptn_metadata_read_filter(struct ptn_arena *a, const char *text,
    struct ptn_metadata *out, enum ptn_metadata_result *what)
{
	struct ptn_json *v = NULL;
	const char *why;
	enum ptn_err r;

	*what = PTN_METADATA_UNFIT;
	r = ptn_json_parse(ptn_bytes_of(text), PTN_METADATA_DEPTH + 1, &v,
	    &why);
	if (r == PTN_OK && ptn_json_type(v) == PTN_JSON_OBJECT &&
	    ptn_json_each(v, is_named, NULL))
		r = read_all_wanted(a, v, out, what);
	ptn_json_free(&v);
	return r == PTN_E_INPUT ? PTN_OK : r;
}

bool
ptn_metadata_changes(struct ptn_metadata_change *c, const struct ptn_json *body)
{
	int i;

	for (i = 0; i < PTN_METADATA__MAX; i++) {
		c->changes[i] =
		    body == NULL || ptn_json_has(body, ptn_metadata_names[i]);
		c->patch[i] = ptn_json_get(body, ptn_metadata_names[i]);
	}
	return body == NULL || ptn_json_type(body) == PTN_JSON_OBJECT;
}

enum ptn_err
ptn_metadata_patch_in(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_metadata_change *c, enum ptn_metadata_result *what)
{
	struct ptn_metadata old, m;
	enum ptn_err r;

	if ((r = ptn_metadata_of(sc, user, &old)) != PTN_OK)
		return r;
	*what = PTN_METADATA_OUTDATED;
	if ((r = ptn_seen_still(&c->seen, sc, &old)) != PTN_OK)
		return r == PTN_E_OUTDATED ? PTN_OK : r;
	m = old;
	r = patch_each(sc->arena, c, &m, what);
	if (r != PTN_OK || *what != PTN_METADATA_DONE || is_same(&old, &m))
		return r;
	if ((r = store(sc, user, &m)) != PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_METADATA_CHANGED, NULL);
}

struct patching {
	const struct ptn_uuid *user;
	struct ptn_metadata_change *change;
	enum ptn_metadata_result what;
};

static enum ptn_err
patch(const struct ptn_scope *sc, void *arg)
{
	struct patching *p = arg;
	enum ptn_err r;

	ptn_actor_is(sc, p->user, NULL);
	if ((r = ptn_user_lock(sc, p->user)) != PTN_OK)
		return r;
	return ptn_metadata_patch_in(sc, p->user, p->change, &p->what);
}

enum ptn_err
ptn_metadata_patch(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_metadata_change *change, enum ptn_metadata_result *what)
{
	struct patching p = { user, change, PTN_METADATA_UNKNOWN };
	enum ptn_err r = ptn_tx(sc, patch, &p);

	*what = r == PTN_E_NOT_FOUND ? PTN_METADATA_UNKNOWN : p.what;
	return r == PTN_E_NOT_FOUND ? PTN_OK : r;
}
