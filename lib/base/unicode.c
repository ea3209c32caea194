#include "lib/base/unicode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

/* NFC of UTF-8 grows threefold at most (U+1D160); more is rare. */
#define GROWTH 3
#define FOLD_ROUNDS 4

typedef uint8_t *map_fn(const uint8_t *p, size_t len, uint8_t *buf,
    size_t *buf_len);

size_t
ptn_utf8_decode(struct ptn_bytes b, uint32_t *cp)
{
	ucs4_t c;
	int n;

	if (b.len == 0 || (n = u8_mbtoucr(&c, b.p, b.len)) <= 0)
		return 0;
	*cp = c;
	return (size_t)n;
}

bool
ptn_utf8_valid(struct ptn_bytes b)
{
	uint32_t cp;
	size_t n;

	while (b.len > 0) {
		if ((n = ptn_utf8_decode(b, &cp)) == 0)
			return false;
		b.p += n;
		b.len -= n;
	}
	return true;
}

struct ptn_bytes
ptn_utf8_text(struct ptn_bytes file)
{
	static const uint8_t mark[] = { 0xef, 0xbb, 0xbf };

	if (file.len < sizeof(mark) || memcmp(file.p, mark, sizeof(mark)) != 0)
		return file;
	return PTN_BYTES(file.p + sizeof(mark), file.len - sizeof(mark));
}

size_t
ptn_utf8_length(struct ptn_bytes b)
{
	uint32_t cp;
	size_t n, count = 0;

	while (b.len > 0) {
		n = ptn_utf8_decode(b, &cp);
		if (n == 0)
			n = 1;
		b.p += n;
		b.len -= n;
		count++;
	}
	return count;
}

const char *
ptn_utf8_fit(struct ptn_arena *a, const char *text, size_t max)
{
	struct ptn_bytes b;
	uint32_t cp;
	char *out, *o;
	size_t n;

	if (text == NULL)
		return NULL;
	b = ptn_bytes_of(text);
	o = out = ptn_arena_alloc(a, (b.len < max ? b.len : max) + 1);
	while (out != NULL && b.len > 0) {
		n = ptn_utf8_decode(b, &cp);
		if ((size_t)(o - out) + (n > 0 ? n : 1) > max)
			break;
		if (n > 0)
			memcpy(o, b.p, n);
		else
			*o = '?';
		n += n == 0;
		o += n;
		b.p += n;
		b.len -= n;
	}
	return out;
}

static uint8_t *
map_nfc(const uint8_t *p, size_t len, uint8_t *buf, size_t *buf_len)
{
	return u8_normalize(UNINORM_NFC, p, len, buf, buf_len);
}

static uint8_t *
map_nfkc(const uint8_t *p, size_t len, uint8_t *buf, size_t *buf_len)
{
	return u8_normalize(UNINORM_NFKC, p, len, buf, buf_len);
}

static uint8_t *
map_fold(const uint8_t *p, size_t len, uint8_t *buf, size_t *buf_len)
{
	return u8_casefold(p, len, NULL, UNINORM_NFC, buf, buf_len);
}

/*
 * Run a function of libunistring on valid UTF-8, with its result in the
 * arena.  It allocates for itself only when the room given is too small.
 */
static enum ptn_err
map_run(struct ptn_arena *a, map_fn *map, struct ptn_bytes in,
    struct ptn_bytes *out)
{
	size_t cap, len;
	uint8_t *buf, *r;

	if (__builtin_mul_overflow(in.len, GROWTH, &cap) ||
	    (buf = ptn_arena_alloc(a, cap + 1)) == NULL)
		return PTN_E_NOMEM;
	*out = PTN_BYTES(buf, 0);
	if (in.len == 0)
		return PTN_OK;
	len = cap;
	r = map(in.p, in.len, buf, &len);
	if (r == NULL)
		return errno == EILSEQ ? PTN_E_INPUT : PTN_E_NOMEM;
	if (r != buf) {
		buf = (uint8_t *)ptn_arena_alloc(a, len + 1);
		if (buf != NULL)
			memcpy(buf, r, len);
		ptn_wipe(r, len);
		free(r);
	}
	if (buf == NULL)
		return PTN_E_NOMEM;
	buf[len] = '\0';
	*out = PTN_BYTES(buf, len);
	return PTN_OK;
}

static bool
is_noncharacter(uint32_t cp)
{
	return (cp & 0xfffe) == 0xfffe || (cp >= 0xfdd0 && cp <= 0xfdef);
}

/* General category Cc. */
static bool
is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0);
}

/*
 * RFC 8265 section 4.2.2, rule 2: spaces.  Any space in UTF-8 is at least as
 * long as U+0020, so out, which has room for in, is large enough.
 */
static bool
opaque_spaces(struct ptn_bytes in, uint8_t *out, size_t *out_len, bool *ascii)
{
	uint8_t *o = out;
	uint32_t cp;
	size_t n;

	*ascii = true;
	for (; in.len > 0; in.p += n, in.len -= n) {
		n = ptn_utf8_decode(in, &cp);
		if (n == 0 || is_control(cp) || is_noncharacter(cp))
			return false;
		if (uc_is_general_category(cp, UC_SPACE_SEPARATOR)) {
			*o++ = ' ';
			continue;
		}
		if (cp > 0x7f)
			*ascii = false;
		memcpy(o, in.p, n);
		o += n;
	}
	*out_len = (size_t)(o - out);
	return true;
}

enum ptn_err
ptn_unicode_opaque(struct ptn_arena *a, struct ptn_bytes in,
    struct ptn_bytes *out)
{
	uint8_t *buf;
	size_t len;
	bool ascii;

	*out = PTN_BYTES(NULL, 0);
	if (in.len == 0)
		return PTN_E_INPUT;
	if ((buf = ptn_arena_alloc(a, in.len)) == NULL)
		return PTN_E_NOMEM;
	if (!opaque_spaces(in, buf, &len, &ascii))
		return PTN_E_INPUT;
	*out = PTN_BYTES(buf, len);
	return ascii ? PTN_OK : map_run(a, map_nfc, *out, out);
}

/* Map until nothing changes: then doing it again changes nothing. */
static enum ptn_err
map_settle(struct ptn_arena *a, map_fn *map, const char *in, char **out)
{
	struct ptn_bytes from = ptn_bytes_of(in), to;
	enum ptn_err r;
	int i;

	*out = NULL;
	if (!ptn_utf8_valid(from))
		return PTN_E_INPUT;
	for (i = 0; i < FOLD_ROUNDS; i++) {
		if ((r = map_run(a, map, from, &to)) != PTN_OK)
			return r;
		if (from.len == to.len && ptn_bytes_equal(from, to)) {
			*out = ptn_arena_strndup(a, (const char *)to.p, to.len);
			return *out == NULL ? PTN_E_NOMEM : PTN_OK;
		}
		from = to;
	}
	return PTN_E_INPUT;
}

/* Also false for what is not UTF-8. */
static bool
is_assigned(struct ptn_bytes b)
{
	uint32_t cp;
	size_t n;

	for (; b.len > 0; b.p += n, b.len -= n)
		if ((n = ptn_utf8_decode(b, &cp)) == 0 ||
		    uc_is_general_category(cp, UC_UNASSIGNED))
			return false;
	return true;
}

enum ptn_err
ptn_unicode_fold(struct ptn_arena *a, const char *in, char **out)
{
	*out = NULL;
	if (!is_assigned(ptn_bytes_of(in)))
		return PTN_E_INPUT;
	return map_settle(a, map_fold, in, out);
}

enum ptn_err
ptn_unicode_compat(struct ptn_arena *a, const char *in, char **out)
{
	return map_settle(a, map_nfkc, in, out);
}

bool
ptn_unicode_visible(uint32_t cp)
{
	return cp <= 0x10ffff && !is_control(cp) && !is_noncharacter(cp) &&
	    !uc_is_property_white_space(cp) &&
	    !uc_is_property_default_ignorable_code_point(cp) &&
	    !uc_is_general_category(cp, UC_FORMAT) &&
	    !uc_is_general_category(cp, UC_SURROGATE);
}
