#include "lib/format/jsonscan.h"

#include <string.h>

#include "lib/base/array.h"
#include "lib/base/hex.h"
#include "lib/base/unicode.h"

bool
ptn_jsonscan_fail(struct ptn_jsonscan *s, const char *why)
{
	s->why = why;
	return false;
}

bool
ptn_jsonscan_unexpected(struct ptn_jsonscan *s)
{
	return ptn_jsonscan_fail(s,
	    s->at < s->len ? "unexpected character" : "unexpected end");
}

static uint8_t
byte_at(const struct ptn_jsonscan *s)
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

uint8_t
ptn_jsonscan_peek(struct ptn_jsonscan *s)
{
	while (is_space(byte_at(s)))
		s->at++;
	return byte_at(s);
}

bool
ptn_jsonscan_take(struct ptn_jsonscan *s, uint8_t c)
{
	if (ptn_jsonscan_peek(s) != c || s->at == s->len)
		return false;
	s->at++;
	return true;
}

bool
ptn_jsonscan_word(struct ptn_jsonscan *s)
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
	return ptn_jsonscan_unexpected(s);
}

/* A run of digits; false if there is not even one. */
static bool
scan_digits(struct ptn_jsonscan *s)
{
	size_t from = s->at;

	while (is_digit(byte_at(s)))
		s->at++;
	return s->at > from ? true : ptn_jsonscan_fail(s, "malformed number");
}

/* RFC 8259 section 6: int, which may be 0 but may not begin with it. */
static bool
scan_integer(struct ptn_jsonscan *s)
{
	bool zero;

	s->at += byte_at(s) == '-';
	zero = byte_at(s) == '0';
	if (zero && s->at + 1 < s->len && is_digit(s->p[s->at + 1]))
		return ptn_jsonscan_fail(s, "malformed number");
	return scan_digits(s);
}

/* frac and exp, both of which may be missing. */
static bool
scan_fraction(struct ptn_jsonscan *s)
{
	if (byte_at(s) == '.') {
		s->at++;
		if (!scan_digits(s))
			return false;
	}
	if (byte_at(s) == 'e' || byte_at(s) == 'E') {
		s->at++;
		s->at += byte_at(s) == '+' || byte_at(s) == '-';
		if (!scan_digits(s))
			return false;
	}
	return true;
}

/*
 * The value of -?[0-9]+ if int64_t holds it.  Negative numbers go one
 * further, so the digits are counted up as one.
 */
static bool
to_int64(struct ptn_bytes text, int64_t *value)
{
	bool negative = text.p[0] == '-';
	int64_t v = 0;
	size_t i;
	int digit;

	*value = 0;
	for (i = negative; i < text.len; i++) {
		digit = text.p[i] - '0';
		if (v < (INT64_MIN + digit) / 10)
			return false;
		v = v * 10 - digit;
	}
	if (!negative && v == INT64_MIN)
		return false;
	*value = negative ? v : -v;
	return true;
}

bool
ptn_jsonscan_number(struct ptn_jsonscan *s, struct ptn_jsonscan_number *n)
{
	size_t from = s->at, end;

	memset(n, 0, sizeof(*n));
	if (!scan_integer(s))
		return false;
	end = s->at;
	if (!scan_fraction(s))
		return false;
	n->text = PTN_BYTES(s->p + from, s->at - from);
	n->whole = s->at == end;
	n->exact = n->whole && to_int64(n->text, &n->value);
	return true;
}

/* \uXXXX at the cursor. */
static bool
scan_unit(struct ptn_jsonscan *s, uint32_t *unit)
{
	size_t i;
	int v;

	*unit = 0;
	if (s->len - s->at < 6 || s->p[s->at] != '\\' || s->p[s->at + 1] != 'u')
		return ptn_jsonscan_fail(s, "malformed escape");
	for (i = 2; i < 6; i++) {
		if ((v = ptn_hex_digit((char)s->p[s->at + i])) < 0)
			return ptn_jsonscan_fail(s, "malformed escape");
		*unit = *unit << 4 | (uint32_t)v;
	}
	s->at += 6;
	return true;
}

/* RFC 8259 section 8.2: a surrogate counts only as half of a pair. */
static bool
scan_code_point(struct ptn_jsonscan *s, uint32_t *cp)
{
	uint32_t low;

	if (!scan_unit(s, cp))
		return false;
	if (*cp < 0xd800 || *cp > 0xdfff)
		return true;
	if (*cp > 0xdbff || !scan_unit(s, &low) || low < 0xdc00 || low > 0xdfff)
		return ptn_jsonscan_fail(s, "lone surrogate");
	*cp = 0x10000 + ((*cp - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

/* UTF-8 of a code point that is no surrogate (RFC 3629 section 3). */
static size_t
put_utf8(char *to, uint32_t cp)
{
	static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n, i;

	if (cp < 0x80) {
		to[0] = (char)cp;
		return 1;
	}
	n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	for (i = n; i-- > 1; cp >>= 6)
		to[i] = (char)(0x80 | (cp & 0x3f));
	to[0] = (char)(lead[n] | cp);
	return n;
}

static bool
scan_escape(struct ptn_jsonscan *s, char *to, size_t *n)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	const char *letter;
	uint32_t cp;
	uint8_t c;

	if (s->len - s->at < 2)
		return ptn_jsonscan_fail(s, "unterminated string");
	c = s->p[s->at + 1];
	if (c == 'u') {
		if (!scan_code_point(s, &cp))
			return false;
		*n += put_utf8(to + *n, cp);
		return true;
	}
	letter = c == 0 ? NULL : strchr(letters, c);
	if (letter == NULL)
		return ptn_jsonscan_fail(s, "malformed escape");
	s->at += 2;
	to[(*n)++] = meanings[letter - letters];
	return true;
}

static bool
scan_character(struct ptn_jsonscan *s, char *to, size_t *n)
{
	uint8_t c = s->p[s->at];
	size_t bytes = 1;
	uint32_t cp;

	if (c < 0x20)
		return ptn_jsonscan_fail(s, "control character in a string");
	if (c == '\\')
		return scan_escape(s, to, n);
	if (c >= 0x80)
		bytes = ptn_utf8_decode(PTN_BYTES(s->p + s->at, s->len - s->at),
		    &cp);
	if (bytes == 0)
		return ptn_jsonscan_fail(s, "invalid UTF-8");
	memcpy(to + *n, s->p + s->at, bytes);
	*n += bytes;
	s->at += bytes;
	return true;
}

bool
ptn_jsonscan_string(struct ptn_jsonscan *s, char *to, size_t *n)
{
	*n = 0;
	s->at++;
	while (s->at < s->len && s->p[s->at] != '"')
		if (!scan_character(s, to, n))
			return false;
	if (s->at == s->len)
		return ptn_jsonscan_fail(s, "unterminated string");
	s->at++;
	return true;
}
