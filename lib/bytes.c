#include "bytes.h"

#include <string.h>

#include "arena.h"

static const char b64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789-_";

struct ptn_bytes
ptn_bytes_of(const char *s)
{
	return PTN_BYTES(s, strlen(s));
}

bool
ptn_bytes_equal(struct ptn_bytes a, struct ptn_bytes b)
{
	volatile uint8_t diff = 0;
	size_t i;

	if (a.len != b.len)
		return false;
	for (i = 0; i < a.len; i++)
		diff |= (uint8_t)(a.p[i] ^ b.p[i]);
	return diff == 0;
}

void
ptn_wipe(void *p, size_t len)
{
	if (len > 0)
		explicit_bzero(p, len);
}

/* Write the letters of n (1..3) bytes; returns the place behind them. */
static char *
encode_group(char *o, const uint8_t *p, size_t n)
{
	uint32_t v = (uint32_t)p[0] << 16;

	if (n > 1)
		v |= (uint32_t)p[1] << 8;
	if (n > 2)
		v |= p[2];
	*o++ = b64url[v >> 18];
	*o++ = b64url[v >> 12 & 63];
	if (n > 1)
		*o++ = b64url[v >> 6 & 63];
	if (n > 2)
		*o++ = b64url[v & 63];
	return o;
}

char *
ptn_b64url_encode(struct ptn_arena *a, struct ptn_bytes in)
{
	char *out, *o;
	size_t i, n;

	if (in.len > SIZE_MAX / 2)
		return NULL;
	out = ptn_arena_alloc(a, in.len / 3 * 4 + 5);
	if (out == NULL)
		return NULL;
	o = out;
	for (i = 0; i < in.len; i += n) {
		n = in.len - i < 3 ? in.len - i : 3;
		o = encode_group(o, in.p + i, n);
	}
	*o = '\0';
	return out;
}

/* The six bits of a letter, or -1. */
static int
letter_bits(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

enum ptn_err
ptn_b64url_decode(struct ptn_arena *a, struct ptn_bytes in,
    struct ptn_bytes *out)
{
	uint8_t *buf, *o;
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t i;
	int v;

	*out = PTN_BYTES(NULL, 0);
	if (in.len % 4 == 1)
		return PTN_E_INPUT;
	o = buf = ptn_arena_alloc(a, in.len / 4 * 3 + 3);
	if (buf == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < in.len; i++) {
		if ((v = letter_bits(in.p[i])) < 0)
			return PTN_E_INPUT;
		acc = acc << 6 | (uint32_t)v;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*o++ = (uint8_t)(acc >> bits);
			acc &= (1U << bits) - 1;
		}
	}
	/* RFC 4648 section 3.5: what is left over must be zero. */
	if (acc != 0)
		return PTN_E_INPUT;
	*out = PTN_BYTES(buf, (size_t)(o - buf));
	return PTN_OK;
}

/* Length of the sequence that c begins, 0 if it begins none. */
static size_t
utf8_span(uint8_t c)
{
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef)
		return 3;
	return c >= 0xf0 && c <= 0xf4 ? 4 : 0;
}

size_t
ptn_utf8_decode(struct ptn_bytes b, uint32_t *cp)
{
	static const uint8_t lead[5] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t v;
	size_t i, n;

	if (b.len == 0 || (n = utf8_span(b.p[0])) == 0 || b.len < n)
		return 0;
	v = b.p[0] & lead[n];
	for (i = 1; i < n; i++) {
		if ((b.p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (b.p[i] & 0x3fU);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	*cp = v;
	return n;
}

void
ptn_hex(struct ptn_bytes in, char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < in.len; i++) {
		*out++ = digits[in.p[i] >> 4];
		*out++ = digits[in.p[i] & 15];
	}
	*out = '\0';
}
