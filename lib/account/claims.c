#include "lib/account/claims.h"

#include <string.h>

#include "lib/account/claims_write.h"
#include "lib/account/metadata.h"
#include "lib/base/tree.h"
#include "lib/conf/conf.h"
#include "lib/format/claimtext.h"
#include "lib/format/json.h"
#include "lib/format/jsonmerge.h"

static bool
is_of_metadata(const struct ptn_tree *tree)
{
	size_t i, k;

	for (i = 0; i < tree->n; i++)
		for (k = 0; k < tree->leaf[i].n; k++)
			if (strstr(tree->leaf[i].v[k], ".Metadata.") != NULL)
				return true;
	return false;
}

static const char *
members(const struct ptn_jsonw *w)
{
	return w->buf.len > 0 ? w->buf.p : NULL;
}

enum ptn_err
ptn_claims_render(const struct ptn_scope *sc, struct ptn_claims *claims)
{
	const struct ptn_tree *tree = &sc->cf->claims;
	struct ptn_json *metadata = NULL;
	struct ptn_jsonw w;
	enum ptn_err r = PTN_OK;

	claims->custom = NULL;
	if (tree->n == 0)
		return PTN_OK;
	if (is_of_metadata(tree))
		r = ptn_metadata_of(sc, &claims->sub, &metadata);
	if (r != PTN_OK)
		return r;
	ptn_jsonw_init(&w, sc->arena);
	r = ptn_claims_write(&w, sc->arena, tree, claims, metadata);
	ptn_json_free(&metadata);
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
		r->bad = !ptn_jsonmerge(r->w, name, NULL, value);
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
