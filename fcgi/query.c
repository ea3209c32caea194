#include "fcgi/query.h"

#include <stdbool.h>
#include <string.h>

#include "lib/base/hex.h"
#include "lib/base/unicode.h"

/* The next parameter behind p, which is moved on; false: there is none. */
static bool
next(const char **p, struct ptn_bytes *out)
{
	size_t len = 0;

	while (len == 0 && (**p == '?' || **p == '&')) {
		(*p)++;
		len = strcspn(*p, "&#");
		*out = PTN_BYTES(*p, len);
		*p += len;
	}
	return len > 0;
}

static const char *
begin(const struct ptn_request *req)
{
	return req->uri + strcspn(req->uri, "?#");
}

size_t
ptn_query_split(const struct ptn_request *req, struct ptn_bytes *out,
    size_t max)
{
	const char *p = begin(req);
	struct ptn_bytes one;
	size_t n;

	for (n = 0; next(&p, &one); n++)
		if (n < max)
			out[n] = one;
	return n;
}

static enum ptn_err
decode(struct ptn_arena *a, struct ptn_bytes in, const char **out)
{
	char *text = ptn_arena_calloc(a, 1, in.len + 1);
	int high, low;
	size_t i, n = 0;

	if ((*out = text) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < in.len; i++) {
		text[n] = in.p[i] == '+' ? ' ' : (char)in.p[i];
		if (in.p[i] == '%') {
			if (i + 2 >= in.len ||
			    (high = ptn_hex_digit((char)in.p[i + 1])) < 0 ||
			    (low = ptn_hex_digit((char)in.p[i + 2])) < 0)
				return PTN_E_INPUT;
			text[n] = (char)(high << 4 | low);
			i += 2;
		}
		n++;
	}
	return strlen(text) == n && ptn_utf8_valid(PTN_BYTES(text, n))
	    ? PTN_OK
	    : PTN_E_INPUT;
}

/* The next value of a parameter, behind p, which is moved on. */
static bool
next_of(const char **p, const char *name, struct ptn_bytes *out)
{
	const size_t len = strlen(name);
	struct ptn_bytes one;

	while (next(p, &one))
		if (one.len > len && one.p[len] == '=' &&
		    memcmp(one.p, name, len) == 0) {
			*out = PTN_BYTES(one.p + len + 1, one.len - len - 1);
			return true;
		}
	return false;
}

enum ptn_err
ptn_query_get(const struct ptn_request *req, const char *name, const char **out)
{
	const char *p = begin(req);
	struct ptn_bytes one;

	*out = NULL;
	return next_of(&p, name, &one) ? decode(req->sc.arena, one, out)
				       : PTN_OK;
}

enum ptn_err
ptn_query_joined(const struct ptn_request *req, const char *name,
    const char **out)
{
	const char *p = begin(req), *text;
	struct ptn_bytes one;
	struct ptn_buf b;
	enum ptn_err r;

	*out = NULL;
	ptn_buf_init(&b, req->sc.arena);
	while (next_of(&p, name, &one)) {
		if (one.len == 0)
			continue;
		if ((r = decode(req->sc.arena, one, &text)) != PTN_OK)
			return r;
		ptn_buf_str(&b, b.len > 0 ? "," : "");
		ptn_buf_str(&b, text);
	}
	if (b.len == 0)
		return b.bad ? PTN_E_NOMEM : PTN_OK;
	ptn_buf_char(&b, '\0');
	*out = b.p;
	return b.bad ? PTN_E_NOMEM : PTN_OK;
}
