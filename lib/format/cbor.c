#include "lib/format/cbor.h"

#include <string.h>

#include <cbor.h>

#include "lib/base/unicode.h"

/* Major types, RFC 8949 section 3.1. */
enum { UINT, NEGINT, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };

#define INFO_FALSE 20
#define INFO_NULL 22

struct scan {
	const uint8_t *p;
	size_t left;
	unsigned items; /* that may still come */
};

static bool scan_item(struct scan *s, unsigned depth);

/* The head of an item: major type, and an argument in its shortest form. */
static bool
scan_head(struct scan *s, unsigned *major, uint64_t *arg)
{
	static const uint64_t least[] = { 24, 0x100, 0x10000, 0x100000000 };
	unsigned info;
	size_t n = 0, i;

	if (s->left == 0)
		return false;
	*major = *s->p >> 5;
	info = *s->p & 0x1f;
	/* 28..30 are reserved, 31 is an indefinite length. */
	if (info > 27)
		return false;
	if (info >= 24)
		n = (size_t)1 << (info - 24);
	if (s->left < 1 + n)
		return false;
	*arg = n == 0 ? info : 0;
	for (i = 1; i <= n; i++)
		*arg = *arg << 8 | s->p[i];
	s->p += 1 + n;
	s->left -= 1 + n;
	return n == 0 || *arg >= least[info - 24];
}

static bool
is_utf8(struct ptn_bytes b)
{
	uint32_t cp;
	size_t n;

	for (; b.len > 0; b.p += n, b.len -= n)
		if ((n = ptn_utf8_decode(b, &cp)) == 0)
			return false;
	return true;
}

static bool
scan_string(struct scan *s, unsigned major, uint64_t len)
{
	if (len > s->left)
		return false;
	if (major == TEXT && !is_utf8(PTN_BYTES(s->p, (size_t)len)))
		return false;
	s->p += len;
	s->left -= (size_t)len;
	return true;
}

static bool
scan_array(struct scan *s, unsigned depth, uint64_t n)
{
	if (depth == 0 || n > PTN_CBOR_PAIRS_MAX)
		return false;
	for (; n > 0; n--)
		if (!scan_item(s, depth - 1))
			return false;
	return true;
}

/* A key has one encoding only, so equal keys are equal bytes. */
static bool
is_among(const struct ptn_bytes *keys, uint64_t n, struct ptn_bytes key)
{
	uint64_t i;

	for (i = 0; i < n; i++)
		if (keys[i].len == key.len &&
		    memcmp(keys[i].p, key.p, key.len) == 0)
			return true;
	return false;
}

static bool
scan_map(struct scan *s, unsigned depth, uint64_t n)
{
	struct ptn_bytes keys[PTN_CBOR_PAIRS_MAX];
	uint64_t i;

	if (depth == 0 || n > PTN_CBOR_PAIRS_MAX)
		return false;
	for (i = 0; i < n; i++) {
		keys[i].p = s->p;
		if (s->left == 0 || !scan_item(s, 0))
			return false;
		keys[i].len = (size_t)(s->p - keys[i].p);
		switch (*keys[i].p >> 5) {
		case UINT:
		case NEGINT:
		case TEXT:
			break;
		default:
			return false;
		}
		if (is_among(keys, i, keys[i]) || !scan_item(s, depth - 1))
			return false;
	}
	return true;
}

static bool
scan_item(struct scan *s, unsigned depth)
{
	unsigned major;
	uint64_t arg;

	if (s->items == 0 || !scan_head(s, &major, &arg))
		return false;
	s->items--;
	switch (major) {
	case UINT:
	case NEGINT:
		return arg <= INT64_MAX;
	case BYTES:
	case TEXT:
		return scan_string(s, major, arg);
	case ARRAY:
		return scan_array(s, depth, arg);
	case MAP:
		return scan_map(s, depth, arg);
	case SIMPLE: /* undefined and floats have higher numbers */
		return arg >= INFO_FALSE && arg <= INFO_NULL;
	case TAG:
	default:
		return false;
	}
}

static bool convert(struct ptn_arena *a, cbor_item_t *from,
    struct ptn_cbor *out);

static bool
convert_bytes(struct ptn_arena *a, const unsigned char *p, size_t len,
    struct ptn_cbor *out)
{
	uint8_t *copy;

	if ((copy = ptn_arena_alloc(a, len)) == NULL)
		return false;
	if (len > 0)
		memcpy(copy, p, len);
	out->b = PTN_BYTES(copy, len);
	return true;
}

static bool
convert_array(struct ptn_arena *a, cbor_item_t *from, struct ptn_cbor *out)
{
	cbor_item_t **items = cbor_array_handle(from);
	struct ptn_cbor *v;
	size_t i;

	out->n = cbor_array_size(from);
	if ((v = ptn_arena_calloc(a, out->n, sizeof(*v))) == NULL)
		return false;
	for (i = 0; i < out->n; i++)
		if (!convert(a, items[i], &v[i]))
			return false;
	out->v = v;
	return true;
}

static bool
convert_map(struct ptn_arena *a, cbor_item_t *from, struct ptn_cbor *out)
{
	struct cbor_pair *pairs = cbor_map_handle(from);
	struct ptn_cbor *v;
	size_t i;

	out->n = cbor_map_size(from);
	if ((v = ptn_arena_calloc(a, 2 * out->n, sizeof(*v))) == NULL)
		return false;
	for (i = 0; i < out->n; i++)
		if (!convert(a, pairs[i].key, &v[2 * i]) ||
		    !convert(a, pairs[i].value, &v[2 * i + 1]))
			return false;
	out->v = v;
	return true;
}

/* False when the arena is full: the scan has ruled out all else. */
static bool
convert(struct ptn_arena *a, cbor_item_t *from, struct ptn_cbor *out)
{
	switch (cbor_typeof(from)) {
	case CBOR_TYPE_UINT:
		out->type = PTN_CBOR_INT;
		out->i = (int64_t)cbor_get_int(from);
		return true;
	case CBOR_TYPE_NEGINT:
		out->type = PTN_CBOR_INT;
		out->i = -1 - (int64_t)cbor_get_int(from);
		return true;
	case CBOR_TYPE_BYTESTRING:
		out->type = PTN_CBOR_BYTES;
		return convert_bytes(a, cbor_bytestring_handle(from),
		    cbor_bytestring_length(from), out);
	case CBOR_TYPE_STRING:
		out->type = PTN_CBOR_TEXT;
		return convert_bytes(a, cbor_string_handle(from),
		    cbor_string_length(from), out);
	case CBOR_TYPE_ARRAY:
		out->type = PTN_CBOR_ARRAY;
		return convert_array(a, from, out);
	case CBOR_TYPE_MAP:
		out->type = PTN_CBOR_MAP;
		return convert_map(a, from, out);
	case CBOR_TYPE_FLOAT_CTRL:
		if (cbor_ctrl_value(from) != INFO_NULL) {
			out->type = PTN_CBOR_BOOL;
			out->i = cbor_ctrl_value(from) != INFO_FALSE;
		}
		return true;
	case CBOR_TYPE_TAG:
	default:
		return false;
	}
}

enum ptn_err
ptn_cbor_parse(struct ptn_arena *a, struct ptn_bytes in, unsigned depth,
    struct ptn_cbor *out, size_t *used)
{
	struct scan s = { in.p, in.len, PTN_CBOR_ITEMS_MAX };
	struct cbor_load_result result;
	cbor_item_t *item;
	size_t len;
	enum ptn_err r = PTN_OK;

	memset(out, 0, sizeof(*out));
	if (in.len > PTN_CBOR_LEN_MAX || depth > PTN_CBOR_DEPTH_MAX ||
	    !scan_item(&s, depth))
		return PTN_E_INPUT;
	len = in.len - s.left;
	if (used == NULL && s.left > 0)
		return PTN_E_INPUT;
	if (used != NULL)
		*used = len;
	if ((item = cbor_load(in.p, len, &result)) == NULL)
		return result.error.code == CBOR_ERR_MEMERROR ? PTN_E_NOMEM
							      : PTN_E_INPUT;
	if (!convert(a, item, out))
		r = PTN_E_NOMEM;
	cbor_decref(&item);
	return r;
}

static const struct ptn_cbor *
of_type(const struct ptn_cbor *v, enum ptn_cbor_type type)
{
	return v->type == type ? v : NULL;
}

static const struct ptn_cbor *
find(const struct ptn_cbor *m, const char *key)
{
	struct ptn_bytes want = ptn_bytes_of(key);
	size_t i;

	for (i = 0; m != NULL && m->type == PTN_CBOR_MAP && i < m->n; i++)
		if (m->v[2 * i].type == PTN_CBOR_TEXT &&
		    m->v[2 * i].b.len == want.len &&
		    memcmp(m->v[2 * i].b.p, want.p, want.len) == 0)
			return &m->v[2 * i + 1];
	return NULL;
}

bool
ptn_cbor_has(const struct ptn_cbor *m, const char *key)
{
	return find(m, key) != NULL;
}

const struct ptn_cbor *
ptn_cbor_get(const struct ptn_cbor *m, const char *key, enum ptn_cbor_type type)
{
	const struct ptn_cbor *v = find(m, key);

	return v == NULL ? NULL : of_type(v, type);
}

const struct ptn_cbor *
ptn_cbor_get_label(const struct ptn_cbor *m, int64_t label,
    enum ptn_cbor_type type)
{
	size_t i;

	for (i = 0; m != NULL && m->type == PTN_CBOR_MAP && i < m->n; i++)
		if (m->v[2 * i].type == PTN_CBOR_INT && m->v[2 * i].i == label)
			return of_type(&m->v[2 * i + 1], type);
	return NULL;
}

static void
add_head(struct ptn_buf *b, unsigned major, uint64_t arg)
{
	size_t n = arg < 24	? 0
	    : arg < 0x100	? 1
	    : arg < 0x10000	? 2
	    : arg <= UINT32_MAX ? 4
				: 8;
	unsigned info = n == 0 ? (unsigned)arg
	    : n == 1	       ? 24
	    : n == 2	       ? 25
	    : n == 4	       ? 26
			       : 27;

	ptn_buf_char(b, (char)(major << 5 | info));
	while (n-- > 0)
		ptn_buf_char(b, (char)(arg >> 8 * n));
}

void
ptn_cbor_add_map(struct ptn_buf *b, size_t pairs)
{
	add_head(b, MAP, pairs);
}

void
ptn_cbor_add_int(struct ptn_buf *b, int64_t i)
{
	if (i < 0)
		add_head(b, NEGINT, (uint64_t)(-1 - i));
	else
		add_head(b, UINT, (uint64_t)i);
}

void
ptn_cbor_add_bytes(struct ptn_buf *b, struct ptn_bytes bytes)
{
	add_head(b, BYTES, bytes.len);
	ptn_buf_add(b, bytes.p, bytes.len);
}
