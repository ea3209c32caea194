#include "lib/account/claims.h"

#include "lib/account/claims_write.h"
#include "lib/account/metadata.h"
#include "lib/base/tree.h"
#include "lib/conf/conf.h"
#include "lib/format/claimtext.h"
#include "lib/format/json.h"
#include "lib/format/jsonmerge.h"

static bool
names_metadata(const char *text)
{
	struct ptn_claimtext t;
	const char *why;
	size_t i;

	if (ptn_claimtext_read(text, &t, &why) != PTN_OK)
		return false;
	for (i = 0; i < t.n; i++)
		if (ptn_claimtext_is_metadata(t.part[i].what))
			return true;
	return false;
}

static bool
is_of_metadata(const struct ptn_tree *tree)
{
	size_t i, k;

	for (i = 0; i < tree->n; i++)
		for (k = 0; k < tree->leaf[i].n; k++)
			if (names_metadata(tree->leaf[i].v[k]))
				return true;
	return false;
}

static const char *
members(const struct ptn_jsonw *w)
{
	return w->buf.len > 0 ? w->buf.p : NULL;
}

/* Those that may stand in a token; to be released, also after an error. */
static enum ptn_err
read_metadata(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_json *out[PTN_METADATA__MAX])
{
	struct ptn_metadata m;
	const char *why;
	enum ptn_err r = ptn_metadata_of(sc, user, &m);
	int i;

	for (i = 0; r == PTN_OK && i < PTN_METADATA__MAX; i++)
		if (m.text[i] != NULL && i != PTN_METADATA_PRIVATE)
			r = ptn_json_parse(ptn_bytes_of(m.text[i]),
			    PTN_METADATA_DEPTH, &out[i], &why);
	return r;
}

enum ptn_err
ptn_claims_render(const struct ptn_scope *sc, struct ptn_claims *claims)
{
	const struct ptn_tree *tree = &sc->cf->claims;
	struct ptn_json *own[PTN_METADATA__MAX] = { NULL };
	const struct ptn_json *metadata[PTN_METADATA__MAX];
	struct ptn_jsonw w;
	enum ptn_err r = PTN_OK;
	int i;

	claims->custom = NULL;
	if (tree->n == 0)
		return PTN_OK;
	if (is_of_metadata(tree))
		r = read_metadata(sc, &claims->sub, own);
	ptn_jsonw_init(&w, sc->arena);
	for (i = 0; i < PTN_METADATA__MAX; i++)
		metadata[i] = own[i];
	if (r == PTN_OK)
		r = ptn_claims_write(&w, sc->arena, tree, claims, metadata);
	for (i = 0; i < PTN_METADATA__MAX; i++)
		ptn_json_free(&own[i]);
	if (r == PTN_OK && w.buf.bad)
		r = PTN_E_NOMEM;
	if (r == PTN_OK)
		claims->custom = members(&w);
	return r;
}

struct reading {
	struct ptn_jsonw *w;
	bool bad;
};

static bool
read_member(void *arg, const char *name, const struct ptn_json *value)
{
	struct reading *r = arg;

	if (!ptn_claimtext_is_ours(ptn_bytes_of(name)))
		r->bad = !ptn_jsonmerge_copy(r->w, name, value);
	return !r->bad;
}

enum ptn_err
ptn_claims_read(struct ptn_arena *a, const struct ptn_json *payload,
    const char **custom)
{
	struct ptn_jsonw w;
	struct reading r = { .w = &w };

	*custom = NULL;
	ptn_jsonw_init(&w, a);
	(void)ptn_json_each(payload, read_member, &r);
	if (w.buf.bad)
		return PTN_E_NOMEM;
	if (!r.bad)
		*custom = members(&w);
	return PTN_OK;
}
