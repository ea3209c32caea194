#ifndef PTN_FORMAT_CBOR_H
#define PTN_FORMAT_CBOR_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

/*
 * CBOR (RFC 8949) as authenticators speak it (CTAP2 canonical form, but for
 * the order of map keys, which clients do not all keep).  cbor.c alone knows
 * libcbor, and shows it nothing that its own scan has not passed.
 */
#define PTN_CBOR_LEN_MAX ((size_t)64 * 1024)
#define PTN_CBOR_PAIRS_MAX 16 /* of a map; elements of an array */
#define PTN_CBOR_ITEMS_MAX 256
#define PTN_CBOR_DEPTH 4 /* containers inside each other */
#define PTN_CBOR_DEPTH_MAX 8

enum ptn_cbor_type {
	PTN_CBOR_NULL,
	PTN_CBOR_BOOL,
	PTN_CBOR_INT,
	PTN_CBOR_BYTES,
	PTN_CBOR_TEXT,
	PTN_CBOR_ARRAY,
	PTN_CBOR_MAP
};

/* A decoded item, all of it in the arena. */
struct ptn_cbor {
	enum ptn_cbor_type type;
	int64_t i;	    /* INT; BOOL: 0 or 1 */
	struct ptn_bytes b; /* BYTES; TEXT: UTF-8, not terminated */
	/* ARRAY: n elements; MAP: n times key and value. */
	const struct ptn_cbor *v;
	size_t n;
};

/*
 * Decode one item.
 *
 * in		at most PTN_CBOR_LEN_MAX bytes; borrowed, nothing is kept.
 * depth	levels of containers allowed, 1..PTN_CBOR_DEPTH_MAX.
 * used		the length of the item, so that others may lie behind it; NULL
 *		when nothing may.
 *
 * Refused: truncated input, indefinite lengths, integers and lengths that are
 * not in their shortest form or beyond int64_t, tags, floats, undefined and
 * unassigned simple values, text that is not UTF-8, map keys that are neither
 * integer nor text, duplicate keys, and what exceeds the limits above.
 * Returns PTN_OK, PTN_E_INPUT, PTN_E_NOMEM.
 */
enum ptn_err ptn_cbor_parse(struct ptn_arena *a, struct ptn_bytes in,
    unsigned depth, struct ptn_cbor *out, size_t *used) PTN_MUST_USE;

/*
 * The value of a map under a text or an integer key; NULL if there is none,
 * or if it is of another type, or if m is NULL or no map.
 */
const struct ptn_cbor *ptn_cbor_get(const struct ptn_cbor *m, const char *key,
    enum ptn_cbor_type type);
const struct ptn_cbor *ptn_cbor_get_label(const struct ptn_cbor *m,
    int64_t label, enum ptn_cbor_type type);

/* True if the map has the text key, whatever its value. */
bool ptn_cbor_has(const struct ptn_cbor *m, const char *key);

/* Writing, in canonical form; the caller keeps the order of keys. */
void ptn_cbor_add_map(struct ptn_buf *b, size_t pairs);
void ptn_cbor_add_int(struct ptn_buf *b, int64_t i);
void ptn_cbor_add_bytes(struct ptn_buf *b, struct ptn_bytes bytes);

#endif
