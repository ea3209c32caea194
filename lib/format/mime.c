#include "lib/format/mime.h"

#include <string.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/hex.h"
#include "lib/base/rng.h"
#include "lib/base/unicode.h"
#include "lib/format/address.h"

#define LINE_MAX_COLS 76
#define WORD_MAX 75   /* RFC 2047 section 2: an encoded-word */
#define WORD_FRAME 12 /* "=?UTF-8?Q?" and "?=" */
#define WORD_MIN 28   /* the frame, a character, and some */
#define RAW_MAX (LINE_MAX_COLS - WORD_MIN)
#define TOKEN_BYTES 16

static bool
is_atext(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* 1*atext *("." 1*atext), RFC 5322 section 3.2.3 and RFC 6532. */
static bool
is_dot_atom(const char *s, size_t len)
{
	size_t i;

	if (len == 0 || s[0] == '.' || s[len - 1] == '.')
		return false;
	for (i = 0; i < len; i++) {
		if (s[i] == '.' && s[i + 1] == '.')
			return false;
		if (s[i] != '.' && !is_atext(s[i]) &&
		    (unsigned char)s[i] < 0x80)
			return false;
	}
	return true;
}

/* UTF-8 of U+0080..U+009F: controls, too. */
static bool
has_c1(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)s[0] == 0xc2 && (unsigned char)s[1] < 0xa0)
			return true;
	return false;
}

bool
ptn_mime_address_ok(const char *address)
{
	size_t len = strlen(address);
	const char *at = strchr(address, '@');

	if (at == NULL || len > PTN_ADDRESS_MAX)
		return false;
	return is_dot_atom(address, (size_t)(at - address)) &&
	    is_dot_atom(at + 1, strlen(at + 1)) &&
	    ptn_utf8_valid(ptn_bytes_of(address)) && !has_c1(address);
}

static bool
is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* Text that can be written into a header, one way or another. */
static bool
header_ok(const char *s)
{
	const char *c;

	for (c = s; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	return ptn_utf8_valid(ptn_bytes_of(s)) && !has_c1(s);
}

/* Bytes of the character that begins with c. */
static size_t
char_len(char c)
{
	unsigned char u = (unsigned char)c;

	if (u < 0xc0)
		return 1;
	return u < 0xe0 ? 2 : u < 0xf0 ? 3 : 4;
}

/* RFC 2047 section 5 (3): what a word may hold even in a phrase. */
static bool
is_q_safe(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c != '\0' && strchr("!*+-/", c) != NULL);
}

static size_t
q_len(const char *s, size_t len)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < len; i++)
		n += is_q_safe(s[i]) || s[i] == ' ' ? 1 : 3;
	return n;
}

static size_t
b_len(size_t len)
{
	return (len + 2) / 3 * 4;
}

/* How many bytes of s, in whole characters, fit a word of room columns. */
static size_t
word_take(const char *s, bool q, size_t room)
{
	size_t took = 0;
	size_t next;

	while (s[took] != '\0') {
		next = took + char_len(s[took]);
		if ((q ? q_len(s, next) : b_len(next)) > room)
			break;
		took = next;
	}
	return took;
}

static void
put_q(struct ptn_buf *b, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (s[i] == ' ')
			ptn_buf_char(b, '_');
		else if (is_q_safe(s[i]))
			ptn_buf_char(b, s[i]);
		else
			ptn_buf_printf(b, "=%02X", (unsigned char)s[i]);
	}
}

/* Base64, RFC 4648 section 4. */
static void
put_b(struct ptn_buf *b, const char *s, size_t len)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t v;
	size_t i;
	size_t j;

	for (i = 0; i < len; i += 3) {
		v = 0;
		for (j = 0; j < 3; j++)
			v = v << 8 |
			    (i + j < len ? (unsigned char)s[i + j] : 0);
		for (j = 0; j < 4; j++)
			ptn_buf_char(b,
			    i + j > len ? '=' : digit[v >> (18 - 6 * j) & 63]);
	}
}

/* Encoded-words, one a line; returns the column reached. */
static size_t
put_words(struct ptn_buf *b, size_t col, const char *text)
{
	/* Q is readable; but if most of it would be codes, B is shorter. */
	bool q = q_len(text, strlen(text)) <= 2 * strlen(text);
	size_t room;
	size_t take;
	size_t start;

	while (*text != '\0' && !b->bad) {
		if (col + WORD_MIN > LINE_MAX_COLS) {
			ptn_buf_str(b, "\r\n ");
			col = 1;
		}
		room = LINE_MAX_COLS - col;
		room = (room > WORD_MAX ? WORD_MAX : room) - WORD_FRAME;
		take = word_take(text, q, room);
		/* Some readers lose a space at the end of a word. */
		if (take > 1 && text[take - 1] == ' ' && text[take] != '\0')
			take--;
		start = b->len;
		ptn_buf_str(b, q ? "=?UTF-8?Q?" : "=?UTF-8?B?");
		if (q)
			put_q(b, text, take);
		else
			put_b(b, text, take);
		ptn_buf_str(b, "?=");
		col += b->len - start;
		text += take;
		if (*text != '\0')
			col = LINE_MAX_COLS;
	}
	return col;
}

/*
 * How much of a text can stand as it is: whole words of ASCII with the space
 * behind them, so that what follows may be an encoded-word.
 */
static size_t
raw_prefix(const char *text, size_t room)
{
	size_t end = 0;
	size_t i;

	if (text[0] == ' ')
		return 0;
	for (i = 0; text[i] != '\0' && i < room; i++) {
		if ((unsigned char)text[i] >= 0x80 ||
		    (text[i] == '=' && text[i + 1] == '?'))
			break;
		if (text[i] == ' ' && text[i + 1] != ' ' &&
		    text[i + 1] != '\0' && text[i - 1] != ' ')
			end = i + 1;
	}
	return end;
}

void
ptn_mime_put_text(struct ptn_buf *b, size_t col, const char *text)
{
	size_t len = strlen(text);
	size_t raw;

	if (is_ascii(text) && strstr(text, "=?") == NULL && len > 0 &&
	    text[0] != ' ' && text[len - 1] != ' ' &&
	    col + len <= LINE_MAX_COLS) {
		ptn_buf_str(b, text);
		return;
	}
	raw = raw_prefix(text, col < RAW_MAX ? RAW_MAX - col : 0);
	ptn_buf_add(b, text, raw);
	put_words(b, col + raw, text + raw);
}

/* A display name: quoted-string (RFC 5322 section 3.2.4) or words. */
static size_t
put_name(struct ptn_buf *b, size_t col, const char *name)
{
	size_t start = b->len;
	const char *s;

	if (!is_ascii(name) || strstr(name, "=?") != NULL ||
	    strlen(name) > RAW_MAX / 2)
		return put_words(b, col, name);
	ptn_buf_char(b, '"');
	for (s = name; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			ptn_buf_char(b, '\\');
		ptn_buf_char(b, *s);
	}
	ptn_buf_char(b, '"');
	return col + (b->len - start);
}

static void
put_from(struct ptn_buf *b, const struct ptn_mime *m)
{
	size_t col = strlen("From: ");

	ptn_buf_str(b, "From: ");
	if (*m->from_name == '\0') {
		ptn_buf_printf(b, "%s\r\n", m->from);
		return;
	}
	col = put_name(b, col, m->from_name);
	ptn_buf_str(b,
	    col + strlen(m->from) + 3 > LINE_MAX_COLS ? "\r\n " : " ");
	ptn_buf_printf(b, "<%s>\r\n", m->from);
}

/* RFC 5322 section 3.3, in UTC and English whatever the locale. */
static enum ptn_err
put_date(struct ptn_buf *b, int64_t at_us)
{
	static const char day[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	static const char month[12][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)(at_us / PTN_US_PER_S);
	struct tm tm;

	if (at_us < 0 || gmtime_r(&t, &tm) == NULL)
		return PTN_E_INPUT;
	ptn_buf_printf(b, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n",
	    day[tm.tm_wday], tm.tm_mday, month[tm.tm_mon], tm.tm_year + 1900,
	    tm.tm_hour, tm.tm_min, tm.tm_sec);
	return PTN_OK;
}

static void
random_token(char out[2 * TOKEN_BYTES + 1])
{
	uint8_t raw[TOKEN_BYTES];

	ptn_rng(raw, sizeof(raw));
	ptn_hex_encode(PTN_BYTES(raw, sizeof(raw)), out);
}

/*
 * RFC 2045 section 6.7.  "From " at the beginning of a line is encoded, too: it
 * has a meaning in mbox files.
 */
static bool
qp_needs_code(const char *s, size_t col)
{
	unsigned char c = (unsigned char)*s;

	if (c == ' ' || c == '\t')
		return s[1] == '\0' || s[1] == '\n' ||
		    (s[1] == '\r' && s[2] == '\n');
	if (col == 0 && strncmp(s, "From ", 5) == 0)
		return true;
	return c == '=' || c < 0x20 || c > 0x7e;
}

void
ptn_mime_put_body(struct ptn_buf *b, const char *text)
{
	size_t col = 0;
	bool code;
	const char *s;

	for (s = text; *s != '\0'; s++) {
		if (s[0] == '\r' && s[1] == '\n')
			continue;
		if (*s == '\n') {
			ptn_buf_str(b, "\r\n");
			col = 0;
			continue;
		}
		code = qp_needs_code(s, col);
		if (col + (code ? 3 : 1) > LINE_MAX_COLS - 1) {
			ptn_buf_str(b, "=\r\n");
			col = 0;
			code = qp_needs_code(s, col);
		}
		if (code)
			ptn_buf_printf(b, "=%02X", (unsigned char)*s);
		else
			ptn_buf_char(b, *s);
		col += code ? 3 : 1;
	}
	if (col > 0)
		ptn_buf_str(b, "\r\n");
}

static void
put_part(struct ptn_buf *b, const char *boundary, const char *type,
    const char *body)
{
	/* "=_" never occurs in quoted-printable: RFC 2045 section 6.7. */
	ptn_buf_printf(b,
	    "--=_%s\r\n"
	    "Content-Type: text/%s; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "\r\n",
	    boundary, type);
	ptn_mime_put_body(b, body);
	ptn_buf_str(b, "\r\n");
}

static enum ptn_err
put_header(struct ptn_buf *b, const struct ptn_mime *m, const char *boundary)
{
	char id[2 * TOKEN_BYTES + 1];
	enum ptn_err r;

	random_token(id);
	r = put_date(b, m->at_us);
	if (r != PTN_OK)
		return r;
	put_from(b, m);
	ptn_buf_printf(b, "To: %s\r\nSubject: ", m->to);
	ptn_mime_put_text(b, strlen("Subject: "), m->subject);
	ptn_buf_printf(b,
	    "\r\n"
	    "Message-ID: <%s%s>\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/alternative;\r\n"
	    " boundary=\"=_%s\"\r\n"
	    "\r\n",
	    id, strchr(m->from, '@'), boundary);
	return PTN_OK;
}

enum ptn_err
ptn_mime_write(struct ptn_arena *a, const struct ptn_mime *m,
    struct ptn_bytes *out)
{
	char boundary[2 * TOKEN_BYTES + 1];
	struct ptn_buf b;
	enum ptn_err r;

	if (!ptn_mime_address_ok(m->from) || !is_ascii(m->from) ||
	    !ptn_mime_address_ok(m->to) || !header_ok(m->from_name) ||
	    !header_ok(m->subject))
		return PTN_E_INPUT;
	random_token(boundary);
	ptn_buf_init(&b, a);
	r = put_header(&b, m, boundary);
	if (r != PTN_OK)
		return r;
	put_part(&b, boundary, "plain", m->text);
	put_part(&b, boundary, "html", m->html);
	ptn_buf_printf(&b, "--=_%s--\r\n", boundary);
	if (b.bad)
		return PTN_E_NOMEM;
	*out = PTN_BYTES(b.p, b.len);
	return PTN_OK;
}
