#include "lib/format/json.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_object_iterator.h>

#include "lib/format/jsonscan.h"

/*
 * json-c keeps the tree, and no more: what a text may be, and what it means,
 * is read here.  Its own parser takes more than JSON, and differs from release
 * to release: which bytes are controls, what an integer becomes that is too
 * large.
 */
struct reader {
	struct ptn_jsonscan s;
	/*
	 * What is decoded: the names of the members that are being read, from
	 * the outermost, each with a NUL, then the next string or number.  Its
	 * quotes, or what must follow it, make room for the NUL.
	 */
	char *words;
	size_t used;
	int depth;
	int depth_max;
	bool full; /* out of memory */
};

static char why_text[96];

/* Marks an integer that int64_t cannot hold. */
static char inexact[] = "inexact";

static bool read_value(struct reader *r, struct json_object **out);

/* The name is opaque to callers; it is json-c's object underneath. */
static struct json_object *
object_of(const struct ptn_json *v)
{
	union {
		const struct ptn_json *in;
		struct json_object *out;
	} u = { .in = v };

	return u.out;
}

static const struct ptn_json *
value_of(struct json_object *o)
{
	return (const struct ptn_json *)(void *)o;
}

/* What could not be hung into the tree. */
static void
drop(struct json_object *o)
{
	struct ptn_json *v = (struct ptn_json *)(void *)o;

	ptn_json_free(&v);
}

static bool
out_of_memory(struct reader *r)
{
	r->full = true;
	return false;
}

/* One level down, past the bracket. */
static bool
enter(struct reader *r)
{
	if (++r->depth > r->depth_max)
		return ptn_jsonscan_fail(&r->s, "nested too deeply");
	r->s.at++;
	return true;
}

/* One level up, past the bracket that must come now. */
static bool
leave(struct reader *r, uint8_t bracket)
{
	r->depth--;
	return ptn_jsonscan_take(&r->s, bracket) ||
	    ptn_jsonscan_unexpected(&r->s);
}

/* A member's name and the colon; the name stays in the words. */
static bool
read_name(struct reader *r, struct json_object *o, const char **name)
{
	char *to = r->words + r->used;
	size_t n;

	if (ptn_jsonscan_peek(&r->s) != '"')
		return ptn_jsonscan_unexpected(&r->s);
	if (!ptn_jsonscan_string(&r->s, to, &n))
		return false;
	/* json-c would cut the name there. */
	if (memchr(to, 0, n) != NULL)
		return ptn_jsonscan_fail(&r->s, "NUL in a member name");
	to[n] = '\0';
	r->used += n + 1;
	*name = to;
	if (json_object_object_get_ex(o, to, NULL))
		return ptn_jsonscan_fail(&r->s, "a member name occurs twice");
	return ptn_jsonscan_take(&r->s, ':') || ptn_jsonscan_unexpected(&r->s);
}

static bool
read_member(struct reader *r, struct json_object *o)
{
	const size_t used = r->used;
	struct json_object *value = NULL;
	const char *name = NULL; /* gcc 14 cannot tell that it is set */
	bool ok;

	ok = read_name(r, o, &name) && read_value(r, &value);
	if (ok && json_object_object_add(o, name, value) != 0)
		ok = out_of_memory(r);
	if (!ok)
		drop(value);
	r->used = used;
	return ok;
}

static bool
read_element(struct reader *r, struct json_object *o)
{
	struct json_object *value = NULL;
	bool ok;

	ok = read_value(r, &value);
	if (ok && json_object_array_add(o, value) != 0)
		ok = out_of_memory(r);
	if (!ok)
		drop(value);
	return ok;
}

static bool
read_object(struct reader *r, struct json_object **out)
{
	if (!enter(r))
		return false;
	if ((*out = json_object_new_object()) == NULL)
		return out_of_memory(r);
	if (ptn_jsonscan_peek(&r->s) != '}')
		do {
			if (!read_member(r, *out))
				return false;
		} while (ptn_jsonscan_take(&r->s, ','));
	return leave(r, '}');
}

static bool
read_array(struct reader *r, struct json_object **out)
{
	if (!enter(r))
		return false;
	if ((*out = json_object_new_array()) == NULL)
		return out_of_memory(r);
	if (ptn_jsonscan_peek(&r->s) != ']')
		do {
			if (!read_element(r, *out))
				return false;
		} while (ptn_jsonscan_take(&r->s, ','));
	return leave(r, ']');
}

static bool
read_string(struct reader *r, struct json_object **out)
{
	char *to = r->words + r->used;
	size_t n;

	if (!ptn_jsonscan_string(&r->s, to, &n))
		return false;
	*out = json_object_new_string_len(to, (int)n);
	return *out != NULL || out_of_memory(r);
}

/* Nothing here calls setlocale(): the decimal point of strtod() is a point. */
static bool
read_number(struct reader *r, struct json_object **out)
{
	char *to = r->words + r->used;
	struct ptn_jsonscan_number n;

	if (!ptn_jsonscan_number(&r->s, &n))
		return false;
	if (n.whole) {
		*out = json_object_new_int64(n.value);
		if (*out != NULL && !n.exact)
			json_object_set_userdata(*out, inexact, NULL);
	} else {
		memcpy(to, n.text.p, n.text.len);
		to[n.text.len] = '\0';
		*out = json_object_new_double(strtod(to, NULL));
	}
	return *out != NULL || out_of_memory(r);
}

static bool
read_word(struct reader *r, struct json_object **out)
{
	uint8_t first = ptn_jsonscan_peek(&r->s);

	if (!ptn_jsonscan_word(&r->s))
		return false;
	if (first == 'n')
		return true;
	*out = json_object_new_boolean(first == 't');
	return *out != NULL || out_of_memory(r);
}

/*
 * Any value.  What stands in *out belongs to the caller, also when it could
 * not be read to its end.
 */
static bool
read_value(struct reader *r, struct json_object **out)
{
	switch (ptn_jsonscan_peek(&r->s)) {
	case '{':
		return read_object(r, out);
	case '[':
		return read_array(r, out);
	case '"':
		return read_string(r, out);
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9':
		return read_number(r, out);
	default:
		return read_word(r, out);
	}
}

/* The whole text: one value, and nothing behind it. */
static bool
read_text(struct reader *r, struct json_object **out)
{
	if (r->s.len > INT_MAX / 4)
		return ptn_jsonscan_fail(&r->s, "too long");
	if ((r->words = malloc(r->s.len + 1)) == NULL)
		return out_of_memory(r);
	if (!read_value(r, out))
		return false;
	(void)ptn_jsonscan_peek(&r->s);
	return r->s.at == r->s.len || ptn_jsonscan_unexpected(&r->s);
}

static void
words_free(struct reader *r)
{
	if (r->words != NULL)
		ptn_wipe(r->words, r->s.len + 1);
	free(r->words);
}

enum ptn_err
ptn_json_parse(struct ptn_bytes text, int depth, struct ptn_json **out,
    const char **why)
{
	struct reader r = {
		.s = { .p = text.p, .len = text.len },
		.depth_max = depth,
	};
	struct json_object *o = NULL;
	bool ok;

	*why = NULL;
	ok = read_text(&r, &o);
	words_free(&r);
	*out = (struct ptn_json *)(void *)o;
	if (ok)
		return PTN_OK;
	ptn_json_free(out);
	if (r.full)
		return PTN_E_NOMEM;
	snprintf(why_text, sizeof(why_text), "%s at byte %zu", r.s.why, r.s.at);
	*why = why_text;
	return PTN_E_INPUT;
}

static void tree_wipe(struct json_object *o);

static void
object_wipe(struct json_object *o)
{
	struct json_object_iterator at = json_object_iter_begin(o);
	struct json_object_iterator end = json_object_iter_end(o);

	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
		tree_wipe(json_object_iter_peek_value(&at));
}

static void
tree_wipe(struct json_object *o)
{
	size_t i;

	if (json_object_is_type(o, json_type_object)) {
		object_wipe(o);
	} else if (json_object_is_type(o, json_type_array)) {
		for (i = 0; i < json_object_array_length(o); i++)
			tree_wipe(json_object_array_get_idx(o, i));
	} else if (json_object_is_type(o, json_type_string)) {
		union {
			const char *in;
			char *out;
		} u = { .in = json_object_get_string(o) };

		ptn_wipe(u.out, (size_t)json_object_get_string_len(o));
	}
}

void
ptn_json_free(struct ptn_json **v)
{
	struct json_object *o = object_of(*v);

	tree_wipe(o);
	json_object_put(o);
	*v = NULL;
}

enum ptn_json_type
ptn_json_type(const struct ptn_json *v)
{
	switch (json_object_get_type(object_of(v))) {
	case json_type_boolean:
		return PTN_JSON_BOOL;
	case json_type_int:
		return PTN_JSON_INT;
	case json_type_double:
		return PTN_JSON_DOUBLE;
	case json_type_string:
		return PTN_JSON_STRING;
	case json_type_array:
		return PTN_JSON_ARRAY;
	case json_type_object:
		return PTN_JSON_OBJECT;
	case json_type_null:
	default:
		return PTN_JSON_NULL;
	}
}

const struct ptn_json *
ptn_json_get(const struct ptn_json *v, const char *name)
{
	struct json_object *o = NULL;

	if (ptn_json_type(v) != PTN_JSON_OBJECT)
		return NULL;
	(void)json_object_object_get_ex(object_of(v), name, &o);
	return value_of(o);
}

bool
ptn_json_has(const struct ptn_json *v, const char *name)
{
	return ptn_json_type(v) == PTN_JSON_OBJECT &&
	    json_object_object_get_ex(object_of(v), name, NULL);
}

size_t
ptn_json_len(const struct ptn_json *v)
{
	if (ptn_json_type(v) != PTN_JSON_ARRAY)
		return 0;
	return json_object_array_length(object_of(v));
}

const struct ptn_json *
ptn_json_at(const struct ptn_json *v, size_t i)
{
	if (i >= ptn_json_len(v))
		return NULL;
	return value_of(json_object_array_get_idx(object_of(v), i));
}

struct ptn_bytes
ptn_json_string(const struct ptn_json *v)
{
	struct json_object *o = object_of(v);

	if (ptn_json_type(v) != PTN_JSON_STRING)
		return PTN_BYTES(NULL, 0);
	return PTN_BYTES(json_object_get_string(o),
	    (size_t)json_object_get_string_len(o));
}

const char *
ptn_json_text(struct ptn_arena *a, const struct ptn_json *v)
{
	struct ptn_bytes s = ptn_json_string(v);

	if (s.p == NULL || memchr(s.p, 0, s.len) != NULL)
		return NULL;
	return ptn_arena_strndup(a, (const char *)s.p, s.len);
}

bool
ptn_json_int(const struct ptn_json *v, int64_t *out)
{
	struct json_object *o = object_of(v);

	*out = 0;
	if (ptn_json_type(v) != PTN_JSON_INT ||
	    json_object_get_userdata(o) != NULL)
		return false;
	*out = json_object_get_int64(o);
	return true;
}

bool
ptn_json_bool(const struct ptn_json *v)
{
	return ptn_json_type(v) == PTN_JSON_BOOL &&
	    json_object_get_boolean(object_of(v));
}

bool
ptn_json_double(const struct ptn_json *v, double *out)
{
	*out = json_object_get_double(object_of(v));
	return ptn_json_type(v) == PTN_JSON_DOUBLE;
}

bool
ptn_json_each(const struct ptn_json *v, ptn_json_member_fn *fn, void *arg)
{
	struct json_object_iterator at, end;
	struct json_object *o = object_of(v);

	if (ptn_json_type(v) != PTN_JSON_OBJECT)
		return true;
	at = json_object_iter_begin(o);
	end = json_object_iter_end(o);
	while (!json_object_iter_equal(&at, &end)) {
		if (!fn(arg, json_object_iter_peek_name(&at),
			value_of(json_object_iter_peek_value(&at))))
			return false;
		json_object_iter_next(&at);
	}
	return true;
}
