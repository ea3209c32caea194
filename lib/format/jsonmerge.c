#include "lib/format/jsonmerge.h"

#include <math.h>

static bool
copy_number(struct ptn_jsonw *w, const char *name, const struct ptn_json *v)
{
	int64_t whole;
	double d;

	if (ptn_json_int(v, &whole)) {
		ptn_jsonw_int(w, name, whole);
		return true;
	}
	if (!ptn_json_double(v, &d) || !isfinite(d))
		return false;
	ptn_jsonw_double(w, name, d);
	return true;
}

static bool
copy_array(struct ptn_jsonw *w, const char *name, const struct ptn_json *v)
{
	bool ok = true;
	size_t i;

	ptn_jsonw_array(w, name);
	for (i = 0; ok && i < ptn_json_len(v); i++)
		ok = ptn_jsonmerge_copy(w, NULL, ptn_json_at(v, i));
	ptn_jsonw_end_array(w);
	return ok;
}

static bool
copy_member(void *arg, const char *name, const struct ptn_json *value)
{
	return ptn_jsonmerge_copy(arg, name, value);
}

static bool
copy_object(struct ptn_jsonw *w, const char *name, const struct ptn_json *v)
{
	bool ok;

	ptn_jsonw_object(w, name);
	ok = ptn_json_each(v, copy_member, w);
	ptn_jsonw_end_object(w);
	return ok;
}

bool
ptn_jsonmerge_copy(struct ptn_jsonw *w, const char *name,
    const struct ptn_json *v)
{
	switch (ptn_json_type(v)) {
	case PTN_JSON_OBJECT:
		return copy_object(w, name, v);
	case PTN_JSON_ARRAY:
		return copy_array(w, name, v);
	case PTN_JSON_INT:
	case PTN_JSON_DOUBLE:
		return copy_number(w, name, v);
	case PTN_JSON_STRING:
		ptn_jsonw_bytes(w, name, ptn_json_string(v));
		return true;
	case PTN_JSON_BOOL:
		ptn_jsonw_bool(w, name, ptn_json_bool(v));
		return true;
	case PTN_JSON_NULL:
	default:
		ptn_jsonw_null(w, name);
		return true;
	}
}

struct merging {
	struct ptn_jsonw *w;
	const struct ptn_json *target;
	const struct ptn_json *patch;
};

/* A member of the target: as it is, merged, or gone. */
static bool
merge_member(void *arg, const char *name, const struct ptn_json *value)
{
	const struct merging *m = arg;
	const struct ptn_json *patch = ptn_json_get(m->patch, name);

	if (!ptn_json_has(m->patch, name))
		return ptn_jsonmerge_copy(m->w, name, value);
	return patch == NULL || ptn_jsonmerge(m->w, name, value, patch);
}

/* A member of the patch that the target has not. */
static bool
add_member(void *arg, const char *name, const struct ptn_json *value)
{
	const struct merging *m = arg;

	return value == NULL || ptn_json_has(m->target, name) ||
	    ptn_jsonmerge(m->w, name, NULL, value);
}

bool
ptn_jsonmerge(struct ptn_jsonw *w, const char *name,
    const struct ptn_json *target, const struct ptn_json *patch)
{
	struct merging m = { w, target, patch };
	bool ok;

	if (ptn_json_type(patch) != PTN_JSON_OBJECT)
		return ptn_jsonmerge_copy(w, name, patch);
	ptn_jsonw_object(w, name);
	ok = ptn_json_each(target, merge_member, &m) &&
	    ptn_json_each(patch, add_member, &m);
	ptn_jsonw_end_object(w);
	return ok;
}
