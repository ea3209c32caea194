#include "lib/format/json.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>
#include <json-c/linkhash.h>
#include <json-c/printbuf.h>

#include "lib/base/array.h"
#include "lib/base/hex.h"
#include "lib/base/unicode.h"

/*
 * json-c takes what must be refused: NaN, raw controls, lone surrogates,
 * malformed UTF-8, the second of two members with one name.  A scan of the text
 * refuses it before json-c sees it.  The scan knows tokens and depth; json-c
 * knows how tokens may follow each other.
 */
struct scan {
	const uint8_t *p;
	size_t len;
	size_t at;
	int depth;
	int depth_max;
	size_t members;	 /* colons: one for each member of each object */
	bool nul;	 /* the last string has a NUL in it */
	bool below;	 /* an integer is less than INT64_MIN */
	const char *why; /* static text */
};

static char why_text[96];

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

static bool
scan_fail(struct scan *s, const char *why)
{
	s->why = why;
	return false;
}

/* The byte at the cursor, 0 at the end; a real 0 is refused like the end. */
static uint8_t
scan_peek(const struct scan *s)
{
	return s->at < s->len ? s->p[s->at] : 0;
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* \uXXXX at the cursor. */
static bool
scan_unit(struct scan *s, unsigned *unit)
{
	size_t i;
	int v;

	*unit = 0;
	if (s->len - s->at < 6 || s->p[s->at] != '\\' || s->p[s->at + 1] != 'u')
		return false;
	for (i = 2; i < 6; i++) {
		if ((v = ptn_hex_digit((char)s->p[s->at + i])) < 0)
			return false;
		*unit = *unit << 4 | (unsigned)v;
	}
	s->at += 6;
	return true;
}

/* RFC 8259 section 8.2: a surrogate counts only as half of a pair. */
static bool
scan_unicode_escape(struct scan *s)
{
	unsigned high, low;

	if (!scan_unit(s, &high))
		return scan_fail(s, "malformed escape");
	if (high == 0)
		s->nul = true;
	if (high < 0xd800 || high > 0xdfff)
		return true;
	if (high > 0xdbff || !scan_unit(s, &low) || low < 0xdc00 ||
	    low > 0xdfff)
		return scan_fail(s, "lone surrogate");
	return true;
}

static bool
scan_escape(struct scan *s)
{
	uint8_t c;

	if (s->len - s->at < 2)
		return scan_fail(s, "unterminated string");
	c = s->p[s->at + 1];
	if (c == 'u')
		return scan_unicode_escape(s);
	if (c == 0 || strchr("\"\\/bfnrt", c) == NULL)
		return scan_fail(s, "malformed escape");
	s->at += 2;
	return true;
}

static bool
scan_character(struct scan *s)
{
	uint32_t cp;
	size_t n;

	if (s->p[s->at] < 0x20)
		return scan_fail(s, "control character in a string");
	if (s->p[s->at] == '\\')
		return scan_escape(s);
	n = ptn_utf8_decode(PTN_BYTES(s->p + s->at, s->len - s->at), &cp);
	if (n == 0)
		return scan_fail(s, "invalid UTF-8");
	s->at += n;
	return true;
}

static bool
scan_string(struct scan *s)
{
	s->nul = false;
	s->at++;
	while (s->at < s->len && s->p[s->at] != '"')
		if (!scan_character(s))
			return false;
	if (s->at == s->len)
		return scan_fail(s, "unterminated string");
	s->at++;
	return true;
}

/* A run of digits; false if there is not even one. */
static bool
scan_digits(struct scan *s)
{
	size_t from = s->at;

	while (is_digit(scan_peek(s)))
		s->at++;
	return s->at > from;
}

/* Is -D, with n digits D and no leading zero, less than INT64_MIN? */
static bool
is_below(const uint8_t *digits, size_t n)
{
	static const char least[] = "9223372036854775808";

	if (n != sizeof(least) - 1)
		return n > sizeof(least) - 1;
	return memcmp(digits, least, n) > 0;
}

/* RFC 8259 section 6. */
static bool
scan_number(struct scan *s)
{
	bool negative = scan_peek(s) == '-';
	size_t digits;

	s->at += negative;
	digits = s->at;
	if (!scan_digits(s) || (s->p[digits] == '0' && s->at - digits > 1))
		return scan_fail(s, "malformed number");
	if (negative && scan_peek(s) != '.' && (scan_peek(s) | 32) != 'e' &&
	    is_below(s->p + digits, s->at - digits))
		s->below = true;
	if (scan_peek(s) == '.') {
		s->at++;
		if (!scan_digits(s))
			return scan_fail(s, "malformed number");
	}
	if ((scan_peek(s) | 32) == 'e') {
		s->at++;
		if (scan_peek(s) == '+' || scan_peek(s) == '-')
			s->at++;
		if (!scan_digits(s))
			return scan_fail(s, "malformed number");
	}
	return true;
}

static bool
scan_word(struct scan *s)
{
	static const char *const words[] = { "null", "true", "false" };
	size_t i, n;

	for (i = 0; i < PTN_ARRAY_LEN(words); i++) {
		n = strlen(words[i]);
		if (s->len - s->at < n ||
		    memcmp(s->p + s->at, words[i], n) != 0)
			continue;
		s->at += n;
		return true;
	}
	return scan_fail(s, "unexpected character");
}

/* A string, number or word, and what ends it. */
static bool
scan_scalar(struct scan *s)
{
	uint8_t c = scan_peek(s);
	bool ok;

	if (c == '"')
		ok = scan_string(s);
	else if (c == '-' || is_digit(c))
		ok = scan_number(s);
	else
		ok = scan_word(s);
	if (!ok || s->at == s->len)
		return ok;
	c = s->p[s->at];
	if (!is_space(c) && (c == 0 || strchr(",:]}", c) == NULL))
		return scan_fail(s, "unexpected character");
	return true;
}

static bool
scan_token(struct scan *s)
{
	switch (s->p[s->at]) {
	case '{':
	case '[':
		if (++s->depth > s->depth_max)
			return scan_fail(s, "nested too deeply");
		break;
	case '}':
	case ']':
		if (--s->depth < 0)
			return scan_fail(s, "unexpected character");
		break;
	case ':':
		/* json-c would cut the name there. */
		if (s->nul)
			return scan_fail(s, "NUL in a member name");
		s->members++;
		break;
	case ',':
	case ' ':
	case '\t':
	case '\n':
	case '\r':
		break;
	default:
		return scan_scalar(s);
	}
	s->at++;
	return true;
}

static bool
scan_text(struct scan *s)
{
	while (s->at < s->len)
		if (!scan_token(s))
			return false;
	return true;
}

/*
 * json-c gathers every string in this buffer.  Make it large enough at once,
 * so that no copy stays behind when it grows, and empty it in the end.
 */
static bool
tokener_reserve(struct json_tokener *tok, size_t len)
{
	return printbuf_memset(tok->pb, 0, 0, (int)len + 1) >= 0;
}

static void
tokener_free(struct json_tokener *tok)
{
	if (tok == NULL)
		return;
	ptn_wipe(tok->pb->buf, (size_t)tok->pb->size);
	json_tokener_free(tok);
}

/* A number at the very end is complete only when something follows it. */
static struct json_object *
tokener_run(struct json_tokener *tok, struct ptn_bytes text)
{
	struct json_object *o;

	o = json_tokener_parse_ex(tok, (const char *)text.p, (int)text.len);
	if (json_tokener_get_error(tok) == json_tokener_continue)
		o = json_tokener_parse_ex(tok, " ", 1);
	return o;
}

static enum ptn_err
parse_tree(struct scan *s, struct json_object **out)
{
	const int flags = JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8;
	struct json_tokener *tok;
	enum json_tokener_error e;
	enum ptn_err r = PTN_E_NOMEM;

	/* The scan has checked the depth; json-c counts a little more. */
	tok = json_tokener_new_ex(s->depth_max + 2);
	if (tok == NULL || !tokener_reserve(tok, s->len))
		goto out;
	json_tokener_set_flags(tok, flags);
	*out = tokener_run(tok, PTN_BYTES(s->p, s->len));
	e = json_tokener_get_error(tok);
	if (e == json_tokener_success) {
		r = PTN_OK;
	} else {
		r = PTN_E_INPUT;
		s->at = json_tokener_get_parse_end(tok);
		s->why = "unexpected character";
		if (e == json_tokener_continue) {
			s->at = s->len;
			s->why = "unexpected end";
		}
	}
out:
	tokener_free(tok);
	return r;
}

static size_t tree_check(struct json_object *o, bool below);

static size_t
object_check(struct json_object *o, bool below)
{
	struct lh_entry *e;
	size_t members = 0;

	for (e = json_object_get_object(o)->head; e != NULL; e = e->next)
		members += 1 + tree_check(lh_entry_v(e), below);
	return members;
}

static size_t
array_check(struct json_object *o, bool below)
{
	size_t i, members = 0;

	for (i = 0; i < json_object_array_length(o); i++)
		members += tree_check(json_object_array_get_idx(o, i), below);
	return members;
}

/*
 * The number of members in a tree.  Of two with one name json-c keeps one, and
 * drops the other with all below it: then there are fewer members than colons
 * in the text.
 *
 * json-c makes INT64_MIN of an integer that is too small.  If the text has one,
 * INT64_MIN itself cannot be told from it, and all of them are marked.
 */
static size_t
tree_check(struct json_object *o, bool below)
{
	if (json_object_is_type(o, json_type_object))
		return object_check(o, below);
	if (json_object_is_type(o, json_type_array))
		return array_check(o, below);
	if (below && json_object_is_type(o, json_type_int) &&
	    json_object_get_int64(o) == INT64_MIN)
		json_object_set_userdata(o, why_text, NULL);
	return 0;
}

static void
tree_wipe(struct json_object *o)
{
	struct lh_entry *e;
	size_t i;

	if (json_object_is_type(o, json_type_object)) {
		e = json_object_get_object(o)->head;
		for (; e != NULL; e = e->next)
			tree_wipe(lh_entry_v(e));
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

static enum ptn_err
parse_fail(const struct scan *s, const char **why)
{
	snprintf(why_text, sizeof(why_text), "%s at byte %zu", s->why, s->at);
	*why = why_text;
	return PTN_E_INPUT;
}

enum ptn_err
ptn_json_parse(struct ptn_bytes text, int depth, struct ptn_json **out,
    const char **why)
{
	struct scan s = { .p = text.p, .len = text.len, .depth_max = depth };
	struct json_object *o = NULL;
	enum ptn_err r;

	*out = NULL;
	*why = NULL;
	if (text.len > INT_MAX / 4)
		s.why = "too long";
	else if (scan_text(&s) && s.depth > 0)
		s.why = "unexpected end";
	if (s.why != NULL)
		return parse_fail(&s, why);
	if ((r = parse_tree(&s, &o)) == PTN_E_INPUT)
		return parse_fail(&s, why);
	if (r != PTN_OK)
		return r;
	*out = (struct ptn_json *)(void *)o;
	if (tree_check(o, s.below) != s.members) {
		ptn_json_free(out);
		s.why = "a member name occurs twice";
		return parse_fail(&s, why);
	}
	return PTN_OK;
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
	    json_object_get_userdata(o) != NULL ||
	    json_object_get_uint64(o) > INT64_MAX)
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
	struct lh_entry *e = NULL;

	if (ptn_json_type(v) == PTN_JSON_OBJECT)
		e = json_object_get_object(object_of(v))->head;
	while (e != NULL && fn(arg, lh_entry_k(e), value_of(lh_entry_v(e))))
		e = e->next;
	return e == NULL;
}
