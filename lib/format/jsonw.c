#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/unicode.h"
#include "lib/format/json.h"

void
ptn_jsonw_init(struct ptn_jsonw *w, struct ptn_arena *a)
{
	ptn_buf_init(&w->buf, a);
	w->comma = false;
}

/*
 * What is written as an escape: quote, backslash, controls, what HTML gives a
 * meaning to, and the line separators that JavaScript once ended a string at.
 */
static bool
needs_escape(uint32_t cp)
{
	return cp < 0x20 || cp == '"' || cp == '\\' || cp == '<' || cp == '>' ||
	    cp == '&' || cp == 0x2028 || cp == 0x2029;
}

static void
write_escape(struct ptn_buf *b, uint32_t cp)
{
	static const char letters[128] = {
		['"'] = '"',
		['\\'] = '\\',
		['\n'] = 'n',
		['\r'] = 'r',
		['\t'] = 't',
	};
	char esc[8] = { '\\' };

	if (cp < sizeof(letters) && letters[cp] != 0)
		esc[1] = letters[cp];
	else
		snprintf(esc, sizeof(esc), "\\u%04x", (unsigned)cp & 0xffff);
	ptn_buf_str(b, esc);
}

/* What needs no escape is appended in one piece. */
static void
write_string(struct ptn_buf *b, struct ptn_bytes s)
{
	size_t at = 0, run = 0, n;
	uint32_t cp = 0;

	ptn_buf_char(b, '"');
	while (at < s.len) {
		n = ptn_utf8_decode(PTN_BYTES(s.p + at, s.len - at), &cp);
		if (n > 0 && !needs_escape(cp)) {
			at += n;
			continue;
		}
		ptn_buf_add(b, s.p + run, at - run);
		write_escape(b, n == 0 ? 0xfffd : cp);
		at += n == 0 ? 1 : n;
		run = at;
	}
	if (at > run)
		ptn_buf_add(b, s.p + run, at - run);
	ptn_buf_char(b, '"');
}

/* What stands in front of a value. */
static void
write_name(struct ptn_jsonw *w, const char *name)
{
	if (w->comma)
		ptn_buf_char(&w->buf, ',');
	w->comma = true;
	if (name == NULL)
		return;
	write_string(&w->buf, ptn_bytes_of(name));
	ptn_buf_char(&w->buf, ':');
}

void
ptn_jsonw_object(struct ptn_jsonw *w, const char *name)
{
	write_name(w, name);
	ptn_buf_char(&w->buf, '{');
	w->comma = false;
}

void
ptn_jsonw_array(struct ptn_jsonw *w, const char *name)
{
	write_name(w, name);
	ptn_buf_char(&w->buf, '[');
	w->comma = false;
}

void
ptn_jsonw_end_object(struct ptn_jsonw *w)
{
	ptn_buf_char(&w->buf, '}');
	w->comma = true;
}

void
ptn_jsonw_end_array(struct ptn_jsonw *w)
{
	ptn_buf_char(&w->buf, ']');
	w->comma = true;
}

void
ptn_jsonw_str(struct ptn_jsonw *w, const char *name, const char *value)
{
	if (value == NULL)
		ptn_jsonw_null(w, name);
	else
		ptn_jsonw_bytes(w, name, ptn_bytes_of(value));
}

void
ptn_jsonw_bytes(struct ptn_jsonw *w, const char *name, struct ptn_bytes utf8)
{
	write_name(w, name);
	write_string(&w->buf, utf8);
}

void
ptn_jsonw_int(struct ptn_jsonw *w, const char *name, int64_t value)
{
	write_name(w, name);
	ptn_buf_printf(&w->buf, "%lld", (long long)value);
}

/* In as few digits as it is read back from. */
void
ptn_jsonw_double(struct ptn_jsonw *w, const char *name, double value)
{
	char text[32];
	double back;
	int digits = 14;

	do {
		snprintf(text, sizeof(text), "%.*g", ++digits, value);
		back = strtod(text, NULL);
	} while (digits < 17 && memcmp(&back, &value, sizeof(back)) != 0);
	write_name(w, name);
	ptn_buf_str(&w->buf, text);
}

void
ptn_jsonw_raw(struct ptn_jsonw *w, const char *name, const char *json)
{
	write_name(w, name);
	ptn_buf_str(&w->buf, json);
}

void
ptn_jsonw_bool(struct ptn_jsonw *w, const char *name, bool value)
{
	write_name(w, name);
	ptn_buf_str(&w->buf, value ? "true" : "false");
}

void
ptn_jsonw_null(struct ptn_jsonw *w, const char *name)
{
	write_name(w, name);
	ptn_buf_str(&w->buf, "null");
}

void
ptn_json_quote(struct ptn_buf *b, struct ptn_bytes utf8)
{
	static const char short_forms[0x20] = {
		['\b'] = 'b',
		['\t'] = 't',
		['\n'] = 'n',
		['\f'] = 'f',
		['\r'] = 'r',
	};
	size_t i;
	uint8_t c;

	ptn_buf_char(b, '"');
	for (i = 0; i < utf8.len; i++) {
		c = utf8.p[i];
		if (c < 0x20 && short_forms[c] == 0) {
			ptn_buf_printf(b, "\\u%04x", (unsigned)c);
			continue;
		}
		if (c < 0x20 || c == '"' || c == '\\')
			ptn_buf_char(b, '\\');
		ptn_buf_char(b, c < 0x20 ? short_forms[c] : (char)c);
	}
	ptn_buf_char(b, '"');
}

void
ptn_jsonw_members(struct ptn_jsonw *w, const char *members)
{
	if (w->comma)
		ptn_buf_char(&w->buf, ',');
	ptn_buf_str(&w->buf, members);
	w->comma = true;
}
