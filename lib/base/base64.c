#include "lib/base/base64.h"

#include <string.h>

static const char b64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789-_";

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

enum ptn_err
ptn_b64url_decode_padded(struct ptn_arena *a, struct ptn_bytes in,
    struct ptn_bytes *out)
{
	while (in.len > 0 && in.p[in.len - 1] == '=')
		in.len--;
	return ptn_b64url_decode(a, in, out);
}

/* A character in the URL alphabet. */
static uint8_t
url_char(uint8_t c)
{
	if (c == '+')
		return '-';
	return c == '/' ? '_' : c;
}

static bool
is_letter(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

/* Without the padding, of which there is at most what a value can have. */
static size_t
bare_len(struct ptn_bytes text)
{
	size_t len = text.len;

	while (len > 0 && text.len - len < 2 && text.p[len - 1] == '=')
		len--;
	return len;
}

char *
ptn_b64any_norm(struct ptn_arena *a, struct ptn_bytes text)
{
	size_t i, len = bare_len(text);
	char *out = ptn_arena_alloc(a, len + 1);

	for (i = 0; out != NULL && i < len; i++)
		out[i] = (char)url_char(text.p[i]);
	return out;
}

enum ptn_err
ptn_b64any_decode(struct ptn_arena *a, struct ptn_bytes text,
    struct ptn_bytes *out)
{
	size_t len = bare_len(text);
	char *norm;

	*out = PTN_BYTES(NULL, 0);
	/* RFC 4648 section 4: padding fills the last group of four. */
	if (len != text.len && text.len % 4 != 0)
		return PTN_E_INPUT;
	if ((norm = ptn_b64any_norm(a, text)) == NULL)
		return PTN_E_NOMEM;
	return ptn_b64url_decode(a, PTN_BYTES(norm, len), out);
}

char *
ptn_b64std_encode(struct ptn_arena *a, struct ptn_bytes in)
{
	char *out = ptn_b64url_encode(a, in), *p;

	for (p = out; p != NULL && *p != '\0'; p++) {
		if (*p == '-')
			*p = '+';
		else if (*p == '_')
			*p = '/';
	}
	return out;
}

bool
ptn_cred_id_ok(struct ptn_bytes text)
{
	size_t i, len = bare_len(text);

	if (len == 0 || text.len > PTN_CRED_ID_TEXT_MAX)
		return false;
	for (i = 0; i < len; i++)
		if (!is_letter(url_char(text.p[i])))
			return false;
	return true;
}

bool
ptn_cred_id_same(struct ptn_bytes a, struct ptn_bytes b)
{
	size_t i, len = bare_len(a);

	if (len != bare_len(b))
		return false;
	for (i = 0; i < len; i++)
		if (url_char(a.p[i]) != url_char(b.p[i]))
			return false;
	return true;
}
