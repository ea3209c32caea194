#include "lib/format/locale.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "lib/base/array.h"

#define HEADER_MAX 1024 /* bytes; a browser sends less than a hundred */
#define SUBTAG_MAX 8	/* RFC 4647 section 2.1 */
#define Q_ONE 1000	/* the weight 1, in thousandths */

const char *const ptn_locales[] = { "en", "de", "fr", "it", "es", "nl", "pt-BR",
	"zh", NULL };

#define LOCALES (PTN_ARRAY_LEN(ptn_locales) - 1)

/* One element of the header: a language range and its weight. */
struct range {
	const char *p;
	size_t len;
	int q;
};

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *
skip_space(const char *p)
{
	return p + strspn(p, " \t");
}

/*
 * language-range = (1*8ALPHA *("-" 1*8alphanum)) / "*"; RFC 4647 section 2.1.
 * Returns its length, or 0.
 */
static size_t
range_length(const char *p)
{
	const char *at = p, *sub = p;

	if (*p == '*')
		return 1;
	for (;;) {
		while (is_alpha(*at) || (sub != p && is_digit(*at)))
			at++;
		if (at == sub || at - sub > SUBTAG_MAX)
			return 0;
		if (*at != '-')
			return (size_t)(at - p);
		sub = ++at;
	}
}

/* qvalue of RFC 9110 section 12.4.2, in thousandths; false if malformed. */
static bool
parse_q(const char **p, int *q)
{
	const char *at = *p;
	int unit = Q_ONE;

	if (*at != '0' && *at != '1')
		return false;
	*q = (*at++ - '0') * Q_ONE;
	if (*at == '.') {
		at++;
		for (; is_digit(*at) && unit > 1; at++) {
			unit /= 10;
			*q += (*at - '0') * unit;
		}
	}
	*p = at;
	return *q <= Q_ONE;
}

/* [ OWS ";" OWS "q=" qvalue ] */
static bool
parse_weight(const char **p, int *q)
{
	const char *at = skip_space(*p);

	*q = Q_ONE;
	if (*at != ';')
		return true;
	at = skip_space(at + 1);
	if ((*at != 'q' && *at != 'Q') || at[1] != '=')
		return false;
	*p = at + 2;
	return parse_q(p, q);
}

/* One element, up to the comma behind it; false if it is malformed. */
static bool
parse_range(const char *p, struct range *r)
{
	r->p = p;
	if ((r->len = range_length(p)) == 0)
		return false;
	p += r->len;
	if (!parse_weight(&p, &r->q))
		return false;
	p = skip_space(p);
	return *p == ',' || *p == '\0';
}

/*
 * The next element of the list that can be read; false at its end.  Empty ones
 * (RFC 9110 5.6.1) and malformed ones are passed over: what else the reader
 * wants is no less certain for them.
 */
static bool
next_range(const char **p, struct range *r)
{
	const char *at;

	for (;;) {
		at = *p + strspn(*p, " \t,");
		if (*at == '\0')
			return false;
		*p = at + strcspn(at, ",");
		if (parse_range(at, r))
			return true;
	}
}

/* Is the range the tag, or whole subtags at its front (RFC 4647 3.3.1)? */
static bool
covers(const char *range, size_t len, const char *tag)
{
	return strncasecmp(range, tag, len) == 0 && strlen(tag) >= len &&
	    (tag[len] == '\0' || tag[len] == '-');
}

/*
 * RFC 4647 section 3.4: shorten the range from its end until it names a tag.
 * A language without its region names ours: "pt" is pt-BR.  LOCALES if none.
 */
static size_t
look_up(const struct range *r)
{
	size_t i, len = r->len;

	while (len > 0) {
		for (i = 0; i < LOCALES; i++)
			if (covers(r->p, len, ptn_locales[i]))
				return i;
		while (len > 0 && r->p[--len] != '-')
			;
	}
	return LOCALES;
}

static bool
is_star(const struct range *r)
{
	return r->len == 1 && r->p[0] == '*';
}

/* What the whole header says of each tag, before one is chosen. */
struct wish {
	bool excluded[LOCALES]; /* weight 0 */
	bool named[LOCALES];	/* by anything but "*" */
};

static void
read_wish(const char *p, struct wish *w)
{
	struct range r;
	size_t i;

	while (next_range(&p, &r)) {
		if (is_star(&r))
			continue;
		if ((i = look_up(&r)) < LOCALES)
			w->named[i] = true;
		for (i = 0; i < LOCALES && r.q == 0; i++)
			if (covers(r.p, r.len, ptn_locales[i]))
				w->excluded[i] = true;
	}
}

/* "*" means what no other range means (RFC 9110 section 12.5.4). */
static size_t
find_tag(const struct range *r, const struct wish *w)
{
	size_t i;

	if (!is_star(r)) {
		i = look_up(r);
		return i < LOCALES && w->excluded[i] ? LOCALES : i;
	}
	for (i = 0; i < LOCALES; i++)
		if (!w->named[i] && !w->excluded[i])
			return i;
	return LOCALES;
}

const char *
ptn_locale_match(const char *accept_language)
{
	const char *p = accept_language;
	struct wish w = { { false }, { false } };
	struct range r;
	size_t i, best = 0;
	int q = 0;

	if (p == NULL || strnlen(p, HEADER_MAX + 1) > HEADER_MAX)
		return ptn_locales[0];
	read_wish(p, &w);
	/* Strictly greater: of equal weights the first one wins. */
	while (next_range(&p, &r)) {
		if (r.q <= q || (i = find_tag(&r, &w)) == LOCALES)
			continue;
		q = r.q;
		best = i;
	}
	return ptn_locales[best];
}
