#include "lib/webauthn/clientdata.h"

#include <string.h>

#include "lib/format/json.h"

#define DEPTH 8

/* A text that must be there; NULs have no place in any of them. */
static enum ptn_err
read_text(struct ptn_arena *a, const struct ptn_json *v, const char **out)
{
	struct ptn_bytes b = ptn_json_string(v);

	if (b.p == NULL || memchr(b.p, '\0', b.len) != NULL)
		return PTN_E_INPUT;
	*out = ptn_json_text(a, v);
	return *out == NULL ? PTN_E_NOMEM : PTN_OK;
}

static bool
is_one_of(const struct ptn_json *v, const char *const *words)
{
	struct ptn_bytes b = ptn_json_string(v);

	if (b.p == NULL)
		return false;
	for (; *words != NULL; words++)
		if (strlen(*words) == b.len && memcmp(*words, b.p, b.len) == 0)
			return true;
	return false;
}

/* Level 2 section 5.8.1; Level 3 has only a reserved name left of it. */
static bool
token_binding_ok(const struct ptn_json *v)
{
	static const char *const words[] = { "present", "supported",
		"not-supported", NULL };

	return v == NULL ||
	    (ptn_json_type(v) == PTN_JSON_OBJECT &&
		is_one_of(ptn_json_get(v, "status"), words));
}

static enum ptn_err
read_members(struct ptn_arena *a, const struct ptn_json *v,
    struct ptn_clientdata *out)
{
	const struct ptn_json *cross = ptn_json_get(v, "crossOrigin");
	const struct ptn_json *top = ptn_json_get(v, "topOrigin");
	enum ptn_err r;

	if (ptn_json_type(v) != PTN_JSON_OBJECT ||
	    (cross != NULL && ptn_json_type(cross) != PTN_JSON_BOOL) ||
	    !token_binding_ok(ptn_json_get(v, "tokenBinding")))
		return PTN_E_INPUT;
	out->cross_origin = ptn_json_bool(cross);
	if (top != NULL && (r = read_text(a, top, &out->top_origin)) != PTN_OK)
		return r;
	if ((r = read_text(a, ptn_json_get(v, "type"), &out->type)) != PTN_OK)
		return r;
	r = read_text(a, ptn_json_get(v, "challenge"), &out->challenge);
	if (r != PTN_OK)
		return r;
	return read_text(a, ptn_json_get(v, "origin"), &out->origin);
}

enum ptn_err
ptn_clientdata_parse(struct ptn_arena *a, struct ptn_bytes in,
    struct ptn_clientdata *out)
{
	struct ptn_json *v = NULL;
	const char *why;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	if (in.len > PTN_CLIENTDATA_MAX)
		return PTN_E_INPUT;
	/* "UTF-8 decode" of the Encoding Standard strips the mark. */
	if (in.len >= 3 && memcmp(in.p, "\xef\xbb\xbf", 3) == 0) {
		in.p += 3;
		in.len -= 3;
	}
	r = ptn_json_parse(in, DEPTH, &v, &why);
	if (r == PTN_OK)
		r = v == NULL ? PTN_E_INPUT : read_members(a, v, out);
	ptn_json_free(&v);
	return r;
}
