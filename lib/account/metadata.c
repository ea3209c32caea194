#include "lib/account/metadata.h"

#include <string.h>

#include "lib/base/unicode.h"
#include "lib/db/sql.h"
#include "lib/event/event.h"
#include "lib/format/jsonmerge.h"

enum ptn_err
ptn_metadata_of(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_json **out)
{
	const struct ptn_metadata_of_in in = { sc->tenant_id, *user };
	struct ptn_metadata_of_out row;
	const char *why;
	enum ptn_err r;

	*out = NULL;
	r = ptn_sql_metadata_of(sc->db, sc->arena, &in, &row);
	if (r != PTN_OK)
		return r == PTN_E_NOT_FOUND ? PTN_OK : r;
	return ptn_json_parse(ptn_bytes_of(row.unsafe_metadata),
	    PTN_METADATA_DEPTH, out, &why);
}

/* What is nothing has no row. */
static enum ptn_err
store(const struct ptn_scope *sc, const struct ptn_uuid *user, const char *text)
{
	const struct ptn_metadata_put_in put = { *user, sc->tenant_id, text };
	const struct ptn_metadata_delete_in none = { sc->tenant_id, *user };
	uint64_t n;
	enum ptn_err r;

	r = strcmp(text, "{}") == 0 ? ptn_sql_metadata_delete(sc->db, &none, &n)
				    : ptn_sql_metadata_put(sc->db, &put);
	if (r != PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_METADATA_CHANGED, NULL);
}

/* As text; NULL: it is not to be kept. */
static enum ptn_err
merge(struct ptn_arena *a, const struct ptn_json *target,
    const struct ptn_json *patch, const char **text)
{
	struct ptn_jsonw w;
	bool fits;

	*text = "{}";
	if (patch == NULL)
		return PTN_OK;
	ptn_jsonw_init(&w, a);
	fits = ptn_json_type(patch) == PTN_JSON_OBJECT &&
	    ptn_jsonmerge(&w, NULL, target, patch);
	if (w.buf.bad)
		return PTN_E_NOMEM;
	fits = fits &&
	    ptn_utf8_length(PTN_BYTES(w.buf.p, w.buf.len)) <= PTN_METADATA_MAX;
	*text = fits ? w.buf.p : NULL;
	return PTN_OK;
}

enum ptn_err
ptn_metadata_text(struct ptn_arena *a, const struct ptn_json *v,
    const char **text)
{
	return merge(a, NULL, v, text);
}

enum ptn_err
ptn_metadata_patch_in(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_json *patch, enum ptn_metadata_result *what)
{
	struct ptn_json *target = NULL;
	const char *text = NULL;
	enum ptn_err r = PTN_OK;

	*what = PTN_METADATA_UNFIT;
	if (patch != NULL)
		r = ptn_metadata_of(sc, user, &target);
	if (r == PTN_OK)
		r = merge(sc->arena, target, patch, &text);
	ptn_json_free(&target);
	if (r != PTN_OK || text == NULL)
		return r;
	*what = PTN_METADATA_DONE;
	return store(sc, user, text);
}
