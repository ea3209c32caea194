#include "b64any.h"

#include <string.h>

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

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum ptn_err
ptn_hex_decode(struct ptn_arena *a, struct ptn_bytes text,
    struct ptn_bytes *out)
{
	uint8_t *buf;
	size_t i;
	int high, low;

	*out = PTN_BYTES(NULL, 0);
	if (text.len % 2 != 0)
		return PTN_E_INPUT;
	if ((buf = ptn_arena_alloc(a, text.len / 2 + 1)) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < text.len; i += 2) {
		high = hex_value(text.p[i]);
		low = hex_value(text.p[i + 1]);
		if (high < 0 || low < 0)
			return PTN_E_INPUT;
		buf[i / 2] = (uint8_t)(high << 4 | low);
	}
	*out = PTN_BYTES(buf, text.len / 2);
	return PTN_OK;
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
