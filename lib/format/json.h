#ifndef PTN_FORMAT_JSON_H
#define PTN_FORMAT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

/* A parsed JSON value (RFC 8259).  Opaque: json.c alone knows json-c. */
struct ptn_json;

enum ptn_json_type {
	PTN_JSON_NULL,
	PTN_JSON_BOOL,
	PTN_JSON_INT,
	PTN_JSON_DOUBLE,
	PTN_JSON_STRING,
	PTN_JSON_ARRAY,
	PTN_JSON_OBJECT
};

/*
 * Parse exactly one JSON text, strictly: valid UTF-8, no comments, nothing
 * but white space behind it, at most depth levels deep, and no member name
 * twice in one object.
 *
 * why	on PTN_E_INPUT a short English reason with its offset in bytes, in a
 *	buffer of the module that the next call overwrites; never text from
 *	the input.
 * out	the value, to be released with ptn_json_free().  The JSON literal
 *	null gives PTN_OK and *out NULL.
 *
 * Returns PTN_OK, PTN_E_INPUT, PTN_E_NOMEM.
 */
enum ptn_err ptn_json_parse(struct ptn_bytes text, int depth,
    struct ptn_json **out, const char **why) PTN_MUST_USE;

/* Overwrite every string in the value, then release it.  Takes NULL. */
void ptn_json_free(struct ptn_json **v);

enum ptn_json_type ptn_json_type(const struct ptn_json *v);

/* The member of an object, NULL if absent, null, or v is no object. */
const struct ptn_json *ptn_json_get(const struct ptn_json *v, const char *name);

/* True if an object has the member, be it null. */
bool ptn_json_has(const struct ptn_json *v, const char *name);

/* Elements of an array; 0 and NULL for anything else. */
size_t ptn_json_len(const struct ptn_json *v);
const struct ptn_json *ptn_json_at(const struct ptn_json *v, size_t i);

/* The bytes of a string (NULs counted); p is NULL for any other type. */
struct ptn_bytes ptn_json_string(const struct ptn_json *v);

/*
 * The bytes of a string as text in the arena; NULL for any other type, for a
 * string with a NUL in it, or when the arena is full.
 */
const char *ptn_json_text(struct ptn_arena *a, const struct ptn_json *v);

/* An integer that int64_t holds exactly; false for anything else. */
bool ptn_json_int(const struct ptn_json *v, int64_t *out) PTN_MUST_USE;

/* A number that is no integer, as a double; false for anything else. */
bool ptn_json_double(const struct ptn_json *v, double *out) PTN_MUST_USE;

/* The truth of a boolean; false for anything else. */
bool ptn_json_bool(const struct ptn_json *v);

/*
 * Call fn for each member of an object, in their order, until it returns
 * false; value is NULL for null.  True if it never did; true for anything
 * that is no object, without a call.
 */
typedef bool ptn_json_member_fn(void *arg, const char *name,
    const struct ptn_json *value);
bool ptn_json_each(const struct ptn_json *v, ptn_json_member_fn *fn, void *arg);

/*
 * Writing: a stream into an arena.  Names may be NULL inside arrays and for the
 * outermost value.  < > & and U+2028, U+2029 are written as \u escapes, so that
 * a body is harmless wherever it is pasted; a byte that is not UTF-8 becomes
 * U+FFFD.  An error stays: ask buf.bad once, at the end.
 */
struct ptn_jsonw {
	struct ptn_buf buf;
	bool comma; /* the next value needs one before it */
};

void ptn_jsonw_init(struct ptn_jsonw *w, struct ptn_arena *a);
void ptn_jsonw_object(struct ptn_jsonw *w, const char *name);
void ptn_jsonw_array(struct ptn_jsonw *w, const char *name);
void ptn_jsonw_end_object(struct ptn_jsonw *w);
void ptn_jsonw_end_array(struct ptn_jsonw *w);
/* A value of NULL is written as null. */
void ptn_jsonw_str(struct ptn_jsonw *w, const char *name, const char *value);
void ptn_jsonw_bytes(struct ptn_jsonw *w, const char *name,
    struct ptn_bytes utf8);
void ptn_jsonw_int(struct ptn_jsonw *w, const char *name, int64_t value);
void ptn_jsonw_double(struct ptn_jsonw *w, const char *name,
    double value); /* finite */
void ptn_jsonw_bool(struct ptn_jsonw *w, const char *name, bool value);
/* A text of JSON that was written by these, as it is. */
void ptn_jsonw_raw(struct ptn_jsonw *w, const char *name, const char *json);
/* Members that were written by these, without the braces around them. */
void ptn_jsonw_members(struct ptn_jsonw *w, const char *members);
void ptn_jsonw_null(struct ptn_jsonw *w, const char *name);

/*
 * A string literal as JSON.stringify() of JavaScript writes it (ECMA-262
 * section 25.5.2.3, QuoteJSONString), for texts that are signed: quote,
 * backslash and controls are escaped, nothing else is.
 */
void ptn_json_quote(struct ptn_buf *b, struct ptn_bytes utf8);

#endif
