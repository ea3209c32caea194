#include "lib/format/dfnsid.h"

#include <string.h>

#include "lib/base/array.h"


static const char *const prefixes[PTN_DFNSID__MAX] = {
	[PTN_DFNSID_ORG] = "or",
	[PTN_DFNSID_USER] = "us",
	[PTN_DFNSID_CREDENTIAL] = "cr",
	[PTN_DFNSID_APP] = "ap",
	[PTN_DFNSID_TOKEN] = "to",
	[PTN_DFNSID_PERMISSION] = "pm",
	[PTN_DFNSID_ASSIGNMENT] = "as",
	[PTN_DFNSID_CHALLENGE] = "ch",
	[PTN_DFNSID_KEY] = "ci",
	[PTN_DFNSID_ACCOUNT] = "acct",
};

static const size_t groups[] = { 5, 5, 16 };

/* The five bits of the i-th digit, counted in 130. */
static unsigned
digit_at(const struct ptn_uuid *u, size_t i)
{
	unsigned v = 0;
	size_t bit, n;

	for (n = 0; n < 5; n++) {
		bit = i * 5 + n;
		v <<= 1;
		if (bit >= 2)
			v |= u->b[(bit - 2) / 8] >> (7 - (bit - 2) % 8) & 1U;
	}
	return v;
}

static bool
put_digit(struct ptn_uuid *u, size_t i, unsigned v)
{
	size_t bit, n;

	for (n = 0; n < 5; n++) {
		bit = i * 5 + n;
		if ((v >> (4 - n) & 1) == 0)
			continue;
		if (bit < 2)
			return false;
		u->b[(bit - 2) / 8] |= (uint8_t)(1U << (7 - (bit - 2) % 8));
	}
	return true;
}

static int
digit_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
}

static bool
bounded(struct ptn_bytes text)
{
	size_t i;
	uint8_t c;

	if (text.len == 0 || text.len > PTN_DFNSID_MAX)
		return false;
	for (i = 0; i < text.len; i++) {
		c = text.p[i];
		if ((c < '0' || c > '9') && (c < 'a' || c > 'z') &&
		    (c < 'A' || c > 'Z') && c != '-')
			return false;
	}
	return true;
}

void
ptn_dfnsid_format(enum ptn_dfnsid_kind kind, const struct ptn_uuid *u,
    char out[PTN_DFNSID_STR])
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuv";
	size_t g, i, at = 0;

	i = strlen(prefixes[kind]);
	memcpy(out, prefixes[kind], i);
	out += i;
	for (g = 0; g < PTN_ARRAY_LEN(groups); g++) {
		*out++ = '-';
		for (i = 0; i < groups[g]; i++)
			*out++ = letters[digit_at(u, at++)];
	}
	*out = '\0';
}

/* "-", n digits; false if there is anything else. */
static bool
read_group(struct ptn_bytes *in, size_t n, struct ptn_uuid *u, size_t *at)
{
	size_t i;
	int v;

	if (in->len < 1 + n || in->p[0] != '-')
		return false;
	for (i = 1; i <= n; i++)
		if ((v = digit_value(in->p[i])) < 0 ||
		    !put_digit(u, (*at)++, (unsigned)v))
			return false;
	in->p += 1 + n;
	in->len -= 1 + n;
	return true;
}

enum ptn_err
ptn_dfnsid_parse(enum ptn_dfnsid_kind kind, struct ptn_bytes text,
    struct ptn_uuid *u)
{
	struct ptn_uuid found = { { 0 } };
	size_t len = strlen(prefixes[kind]), g, at = 0;

	memset(u, 0, sizeof(*u));
	if (!bounded(text))
		return PTN_E_INPUT;
	if (text.len < len || memcmp(text.p, prefixes[kind], len) != 0)
		return PTN_E_NOT_FOUND;
	text.p += len;
	text.len -= len;
	for (g = 0; g < PTN_ARRAY_LEN(groups); g++)
		if (!read_group(&text, groups[g], &found, &at))
			return PTN_E_NOT_FOUND;
	if (text.len != 0)
		return PTN_E_NOT_FOUND;
	*u = found;
	return PTN_OK;
}
