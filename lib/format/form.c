#include "lib/format/form.h"

#include <stdint.h>
#include <string.h>

#include "lib/base/unicode.h"

static int
hex_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One byte of it, and how many it was written with; 0: it is malformed. */
static size_t
decode_one(struct ptn_bytes in, size_t at, char *out)
{
	int high, low;

	*out = in.p[at] == '+' ? ' ' : (char)in.p[at];
	if (in.p[at] != '%')
		return 1;
	if (in.len - at < 3 || (high = hex_of(in.p[at + 1])) < 0 ||
	    (low = hex_of(in.p[at + 2])) < 0)
		return 0;
	*out = (char)(high << 4 | low);
	return 3;
}

/* A name or a value, as text. */
static enum ptn_err
decode(struct ptn_arena *a, struct ptn_bytes in, const char **out)
{
	char *text = ptn_arena_alloc(a, in.len + 1);
	size_t at, step, len = 0;

	*out = NULL;
	if (text == NULL)
		return PTN_E_NOMEM;
	for (at = 0; at < in.len; at += step, len++) {
		step = decode_one(in, at, &text[len]);
		if (step == 0 || (uint8_t)text[len] < ' ' || text[len] == 127)
			return PTN_E_INPUT;
	}
	text[len] = '\0';
	if (!ptn_utf8_valid(PTN_BYTES(text, len)))
		return PTN_E_INPUT;
	*out = text;
	return PTN_OK;
}

/* Up to a byte, which is taken away, too; all of it if there is none. */
static struct ptn_bytes
cut(struct ptn_bytes *rest, char at)
{
	const uint8_t *end =
	    rest->len > 0 ? memchr(rest->p, at, rest->len) : NULL;
	const size_t len = end != NULL ? (size_t)(end - rest->p) : rest->len;
	const struct ptn_bytes part = { rest->p, len };

	if (rest->len > 0) {
		rest->p += len + (end != NULL ? 1 : 0);
		rest->len -= len + (end != NULL ? 1 : 0);
	}
	return part;
}

/* One "name=value". */
static enum ptn_err
read_pair(struct ptn_arena *a, struct ptn_bytes pair, const char *const *names,
    size_t n, const char **values)
{
	const struct ptn_bytes name = cut(&pair, '=');
	const char *text;
	enum ptn_err r;
	size_t i;

	if ((r = decode(a, name, &text)) != PTN_OK)
		return r;
	for (i = 0; i < n && strcmp(names[i], text) != 0; i++)
		;
	if (i == n)
		return PTN_OK;
	return values[i] == NULL ? decode(a, pair, &values[i]) : PTN_E_INPUT;
}

enum ptn_err
ptn_form_read(struct ptn_arena *a, struct ptn_bytes body,
    const char *const *names, size_t n, const char **values)
{
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; i < n; i++)
		values[i] = NULL;
	while (r == PTN_OK && body.len > 0)
		r = read_pair(a, cut(&body, '&'), names, n, values);
	for (i = 0; r != PTN_OK && i < n; i++)
		values[i] = NULL;
	return r;
}
