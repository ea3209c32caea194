#include "lib/account/claims_write.h"

#include <stdlib.h>
#include <string.h>

#include "lib/account/metadata.h"
#include "lib/base/arena.h"
#include "lib/base/log.h"
#include "lib/base/tree.h"
#include "lib/crypto/jws.h"
#include "lib/format/claimtext.h"
#include "lib/format/json.h"
#include "lib/format/jsonmerge.h"

#define LITERAL_DEPTH 12 /* levels of a text that is JSON */

/* A payload: an object, sections below it, a list, and what stands in that. */
#define AROUND (1 + (PTN_TREE_DEPTH - 1) + 1)
_Static_assert(AROUND + LITERAL_DEPTH <= PTN_JWS_DEPTH,
    "a token may be deeper than one that is read");
/* Metadata is an object, which no claim is the whole of. */
_Static_assert(AROUND + PTN_METADATA_DEPTH - 1 <= PTN_JWS_DEPTH,
    "a token may be deeper than one that is read");

struct rendering {
	struct ptn_arena *a;
	const struct ptn_claims *of;
	const struct ptn_json *const *metadata;
	char user_id[PTN_UUID_STR];
	bool bad;   /* what was written is of no use */
	bool nomem; /* nor is it, for want of memory */
};

/* What a name stands for; NOTHING: the user has none. */
struct value {
	enum { NOTHING, TEXT, BOOLEAN, JSON } kind;
	struct ptn_bytes text;
	bool on;
	const struct ptn_json *json;
};

/* ------------------------------------------------------------ what it is */

static struct value
of_text(const char *s)
{
	return s != NULL
	    ? (struct value){ .kind = TEXT, .text = ptn_bytes_of(s) }
	    : (struct value){ .kind = NOTHING };
}

/* "a.b.0": a member of a member, and the first element of that. */
static const struct ptn_json *
follow(struct rendering *r, const struct ptn_json *v, struct ptn_bytes path)
{
	const char *p = ptn_arena_strndup(r->a, (const char *)path.p, path.len);
	char *name;
	size_t len;

	r->nomem = r->nomem || p == NULL;
	for (; p != NULL && v != NULL && *p != '\0'; p += *p == '.') {
		len = strcspn(p, ".");
		if ((name = ptn_arena_strndup(r->a, p, len)) == NULL) {
			r->nomem = true;
			return NULL;
		}
		p += len;
		if (ptn_json_type(v) == PTN_JSON_ARRAY &&
		    strspn(name, "0123456789") == strlen(name) &&
		    strlen(name) < 6)
			v = ptn_json_at(v, (size_t)atoi(name));
		else
			v = ptn_json_get(v, name);
	}
	return p != NULL ? v : NULL;
}

static struct value
of_metadata(struct rendering *r, enum ptn_metadata_kind kind,
    struct ptn_bytes path)
{
	const struct ptn_json *v = follow(r, r->metadata[kind], path);

	if (v == NULL || ptn_json_type(v) == PTN_JSON_NULL)
		return (struct value){ .kind = NOTHING };
	return (struct value){ .kind = JSON, .json = v };
}

static struct value
value_of(struct rendering *r, const struct ptn_claimtext_part *part)
{
	const struct ptn_email_claim *email = &r->of->email;
	const bool has = email->address != NULL;

	switch (part->what) {
	case PTN_CLAIMTEXT_USER_ID:
		return of_text(r->user_id);
	case PTN_CLAIMTEXT_ADDRESS:
		return of_text(email->address);
	case PTN_CLAIMTEXT_PRIMARY:
		return (struct value){ .kind = has ? BOOLEAN : NOTHING,
			.on = email->is_primary };
	case PTN_CLAIMTEXT_VERIFIED:
		return (struct value){ .kind = has ? BOOLEAN : NOTHING,
			.on = email->is_verified };
	case PTN_CLAIMTEXT_USERNAME:
		return of_text(r->of->username);
	case PTN_CLAIMTEXT_PUBLIC:
		return of_metadata(r, PTN_METADATA_PUBLIC, part->text);
	case PTN_CLAIMTEXT_UNSAFE:
		return of_metadata(r, PTN_METADATA_UNSAFE, part->text);
	case PTN_CLAIMTEXT_LITERAL:
	case PTN_CLAIMTEXT__MAX:
		break;
	}
	return (struct value){ .kind = TEXT, .text = part->text };
}

/* ------------------------------------------------------- how it is written */

static void
write_json(struct rendering *r, struct ptn_jsonw *w, const char *name,
    const struct ptn_json *v)
{
	if (!ptn_jsonmerge_copy(w, name, v))
		r->bad = true;
}

static void
write_value(struct rendering *r, struct ptn_jsonw *w, const char *name,
    const struct value *v)
{
	switch (v->kind) {
	case NOTHING:
		break;
	case TEXT:
		ptn_jsonw_bytes(w, name, v->text);
		break;
	case BOOLEAN:
		ptn_jsonw_bool(w, name, v->on);
		break;
	case JSON:
		write_json(r, w, name, v->json);
		break;
	}
}

/* Within a text; false: it does not go into one. */
static bool
append(struct ptn_buf *b, const struct value *v)
{
	struct ptn_bytes s = v->text;
	int64_t n;

	if (v->kind == BOOLEAN ||
	    (v->kind == JSON && ptn_json_type(v->json) == PTN_JSON_BOOL)) {
		ptn_buf_str(b,
		    v->kind == BOOLEAN
			? (v->on ? "true" : "false")
			: (ptn_json_bool(v->json) ? "true" : "false"));
		return true;
	}
	if (v->kind == JSON && ptn_json_int(v->json, &n)) {
		ptn_buf_printf(b, "%lld", (long long)n);
		return true;
	}
	if (v->kind == JSON)
		s = ptn_json_string(v->json);
	if (v->kind == NOTHING || s.p == NULL)
		return false;
	ptn_buf_add(b, s.p, s.len);
	return true;
}

/* Of several parts: a text, or nothing if one of them is. */
static void
write_mixed(struct rendering *r, struct ptn_jsonw *w, const char *name,
    const struct ptn_claimtext *t)
{
	struct ptn_buf b;
	struct value v;
	size_t i;

	ptn_buf_init(&b, r->a);
	for (i = 0; i < t->n; i++) {
		v = value_of(r, &t->part[i]);
		if (!append(&b, &v))
			return;
	}
	if (b.bad)
		r->nomem = true;
	else
		ptn_jsonw_bytes(w, name, PTN_BYTES(b.p, b.len));
}

/* NULL, unless it is JSON of as many levels. */
static struct ptn_json *
parse(struct rendering *r, const char *text, int depth)
{
	struct ptn_json *json = NULL;
	const char *why;

	if (ptn_json_parse(ptn_bytes_of(text), depth, &json, &why) ==
	    PTN_E_NOMEM)
		r->nomem = true;
	return json;
}

/* A text of the operator's, which may be more than a text. */
static void
write_literal(struct rendering *r, struct ptn_jsonw *w, const char *name,
    const char *text)
{
	struct ptn_json *json = NULL;

	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		ptn_jsonw_bool(w, name, text[0] == 't');
	else if ((text[0] == '{' || text[0] == '[') &&
	    (json = parse(r, text, LITERAL_DEPTH)) != NULL)
		write_json(r, w, name, json);
	else
		ptn_jsonw_str(w, name, text);
	ptn_json_free(&json);
}

/* False: it is no number of JSON (RFC 8259 section 6). */
static bool
write_number(struct rendering *r, struct ptn_jsonw *w, const char *name,
    const char *s)
{
	struct ptn_json *json;
	bool is;

	if (strspn(s, "-0123456789.eE+") != strlen(s) ||
	    (json = parse(r, s, 1)) == NULL)
		return false;
	is = ptn_json_type(json) == PTN_JSON_INT ||
	    ptn_json_type(json) == PTN_JSON_DOUBLE;
	if (is)
		write_json(r, w, name, json);
	ptn_json_free(&json);
	return is;
}

static void
write_text(struct rendering *r, struct ptn_jsonw *w, const char *name,
    const char *text, bool plain)
{
	struct ptn_claimtext t;
	struct value v;
	const char *why;

	if (plain && write_number(r, w, name, text))
		return;
	if (ptn_claimtext_read(text, &t, &why) != PTN_OK)
		r->bad = true; /* the configuration has refused it */
	else if (t.n == 0 ||
	    (t.n == 1 && t.part[0].what == PTN_CLAIMTEXT_LITERAL))
		write_literal(r, w, name, text);
	else if (t.n == 1) {
		v = value_of(r, &t.part[0]);
		write_value(r, w, name, &v);
	} else
		write_mixed(r, w, name, &t);
}

static void
write_leaf(struct rendering *r, struct ptn_jsonw *w, const char *name,
    const struct ptn_tree_leaf *leaf)
{
	size_t i;

	if (!leaf->list) {
		write_text(r, w, name, leaf->v[0], leaf->plain[0]);
		return;
	}
	ptn_jsonw_array(w, name);
	for (i = 0; i < leaf->n; i++)
		write_text(r, w, NULL, leaf->v[i], leaf->plain[i]);
	ptn_jsonw_end_array(w);
}

/* ------------------------------------------------------ a section at a time */

/* One member, which is a value or a section. */
static void
write_member(struct rendering *r, struct ptn_jsonw *w,
    const struct ptn_tree_leaf *leaf, size_t n, size_t at)
{
	const size_t len = ptn_tree_name(leaf->path + at);
	const char *name = ptn_arena_strndup(r->a, leaf->path + at, len);
	size_t i, run;

	if (name == NULL) {
		r->nomem = true;
		return;
	}
	if (leaf->path[at + len] == '\0') {
		write_leaf(r, w, name, leaf);
		return;
	}
	ptn_jsonw_object(w, name);
	for (i = 0; i < n; i += run) {
		run = ptn_tree_run(leaf + i, n - i, at + len + 1);
		write_member(r, w, leaf + i, run, at + len + 1);
	}
	ptn_jsonw_end_object(w);
}

/* By itself, since it may be none, or too long. */
static enum ptn_err
add_claim(struct rendering *r, struct ptn_jsonw *w,
    const struct ptn_tree_leaf *leaf, size_t n)
{
	const size_t len = ptn_tree_name(leaf->path);
	const size_t before = w->buf.len + (w->buf.len > 0); /* with a comma */
	struct ptn_jsonw one;

	if (ptn_claimtext_is_ours(PTN_BYTES(leaf->path, len)))
		return PTN_OK;
	r->bad = false;
	ptn_jsonw_init(&one, r->a);
	write_member(r, &one, leaf, n, 0);
	if (one.buf.bad || r->nomem)
		return PTN_E_NOMEM;
	if (one.buf.len == 0)
		return PTN_OK;
	if (r->bad || before + one.buf.len > PTN_CLAIMTEXT_TOKEN_MAX) {
		ptn_warn_seldom(
		    "session.jwt_template: %.*s: left out of a token: %s",
		    (int)len, leaf->path,
		    r->bad ? "it is no JSON" : "there is no room");
		return PTN_OK;
	}
	ptn_jsonw_members(w, one.buf.p);
	return PTN_OK;
}

enum ptn_err
ptn_claims_write(struct ptn_jsonw *w, struct ptn_arena *a,
    const struct ptn_tree *tree, const struct ptn_claims *of,
    const struct ptn_json *const metadata[PTN_METADATA__MAX])
{
	struct rendering r = { .a = a, .of = of, .metadata = metadata };
	enum ptn_err e = PTN_OK;
	size_t i, run;

	ptn_uuid_format(&of->sub, r.user_id);
	for (i = 0; e == PTN_OK && i < tree->n; i += run) {
		run = ptn_tree_run(tree->leaf + i, tree->n - i, 0);
		e = add_claim(&r, w, tree->leaf + i, run);
	}
	return e;
}
