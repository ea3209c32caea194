#include "lib/base/array.h"
#include "lib/conf/conf_row.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/unicode.h"
#include "lib/format/near.h"

/* How a text becomes a member. */
typedef enum ptn_err (*value_fn)(struct ptn_arena *a, void *member,
    const struct ptn_conf_row *row, const struct ptn_conf_text *text,
    struct ptn_conf_why *why);

static enum ptn_err
no_memory(struct ptn_conf_why *why)
{
	(void)ptn_conf_no(why, "out of memory");
	return PTN_E_NOMEM;
}

/* What is true of every text: its length, UTF-8, no control characters. */
static enum ptn_err
check_text(const char *s, struct ptn_conf_why *why)
{
	const unsigned char *p = (const unsigned char *)s;

	if (strlen(s) > PTN_CONF_VALUE_MAX)
		return ptn_conf_no(why, "is longer than %d bytes",
		    PTN_CONF_VALUE_MAX);
	for (; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f)
			return ptn_conf_no(why, "contains a control character");
	if (!ptn_utf8_valid(ptn_bytes_of(s)))
		return ptn_conf_no(why, "is not UTF-8");
	return PTN_OK;
}

/* The content of a file named by "file:/path", without its line end. */
static enum ptn_err
secret_file(struct ptn_arena *a, const char *path, const char **out,
    struct ptn_conf_why *why)
{
	struct ptn_conf_file file;
	struct ptn_conf_why below;
	struct ptn_bytes text;
	size_t len;
	char *s;

	if (path[0] != '/')
		return ptn_conf_no(why, "\"file:\" needs an absolute path");
	if (ptn_conf_read(a, path, PTN_CONF_VALUE_MAX, &file, &below) != PTN_OK)
		return ptn_conf_no(why, "%.120s: %.120s", path, below.text);
	if (file.open_to_others)
		return ptn_conf_no(why,
		    "others can read %.80s (mode %04o): chmod 600 %.80s", path,
		    file.mode, path);
	text = ptn_utf8_text(file.text);
	len = text.len;
	if (memchr(text.p, '\0', len) != NULL)
		return ptn_conf_no(why, "%.120s: contains a NUL", path);
	if (len > 0 && text.p[len - 1] == '\n')
		len--;
	if (len > 0 && text.p[len - 1] == '\r')
		len--;
	s = ptn_arena_strndup(a, (const char *)text.p, len);
	if (s == NULL)
		return no_memory(why);
	*out = s;
	return PTN_OK;
}

/*
 * Where a secret stands: elsewhere, as "file:/path" or "env:NAME" say, or here,
 * as it is, or behind "literal:" if it begins like one of the three.
 */
enum secret_place { HERE, LITERAL, IN_FILE, IN_ENV };

static enum secret_place
place_of(const char *in, const char **rest)
{
	static const struct {
		const char *prefix;
		enum secret_place place;
	} places[] = { { "literal:", LITERAL }, { "file:", IN_FILE },
		{ "env:", IN_ENV } };
	size_t i, len;

	for (i = 0; i < PTN_ARRAY_LEN(places); i++) {
		len = strlen(places[i].prefix);
		if (strncmp(in, places[i].prefix, len) == 0) {
			*rest = in + len;
			return places[i].place;
		}
	}
	*rest = in;
	return HERE;
}

bool
ptn_conf_is_elsewhere(const char *secret)
{
	const char *rest;

	return place_of(secret, &rest) >= IN_FILE;
}

const char *
ptn_conf_literal(struct ptn_arena *a, const char *secret)
{
	const char *rest;

	return place_of(secret, &rest) == HERE
	    ? secret
	    : ptn_arena_printf(a, "literal:%s", secret);
}

static enum ptn_err
resolve_secret(struct ptn_arena *a, const char *in, const char **out,
    struct ptn_conf_why *why)
{
	const char *value;
	const enum secret_place place = place_of(in, &value);

	if (place == IN_FILE)
		return secret_file(a, value, out, why);
	if (place == IN_ENV && getenv(value) == NULL)
		return ptn_conf_no(why, "the environment has no %.100s", value);
	if (place == IN_ENV)
		value = getenv(value);
	*out = ptn_arena_strdup(a, value);
	return *out != NULL ? PTN_OK : no_memory(why);
}

static enum ptn_err
keep_text(struct ptn_arena *a, const struct ptn_conf_row *row, const char *in,
    const char **out, struct ptn_conf_why *why)
{
	enum ptn_err r;

	r = check_text(in, why);
	if (r != PTN_OK)
		return r;
	if (ptn_conf_is_secret(row)) {
		r = resolve_secret(a, in, out, why);
		return r == PTN_OK ? check_text(*out, why) : r;
	}
	*out = ptn_arena_strdup(a, in);
	return *out != NULL ? PTN_OK : no_memory(why);
}

static enum ptn_err
value_str(struct ptn_arena *a, void *member, const struct ptn_conf_row *row,
    const struct ptn_conf_text *text, struct ptn_conf_why *why)
{
	const char *s;
	enum ptn_err r;

	r = keep_text(a, row, text->v[0], &s, why);
	if (r == PTN_OK)
		*(const char **)member = s;
	return r;
}

/* What is written elsewhere for it. */
static const char *
bool_meant(const char *s)
{
	static const char *const yes[] = { "true", "yes", "on", "y", "1" };
	static const char *const no[] = { "false", "no", "off", "n", "0" };
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(yes); i++)
		if (strcasecmp(s, yes[i]) == 0)
			return "; write true";
	for (i = 0; i < PTN_ARRAY_LEN(no); i++)
		if (strcasecmp(s, no[i]) == 0)
			return "; write false";
	return "";
}

static enum ptn_err
value_bool(struct ptn_arena *a, void *member, const struct ptn_conf_row *row,
    const struct ptn_conf_text *text, struct ptn_conf_why *why)
{
	int word = ptn_conf_word("false|true", text->v[0]);

	(void)a;
	(void)row;
	if (word < 0)
		return ptn_conf_no(why, "\"%.40s\" is neither true nor false%s",
		    text->v[0], bool_meant(text->v[0]));
	*(bool *)member = word == 1;
	return PTN_OK;
}

/* Digits of a base into a number; false for anything else, or too many. */
static bool
digits(const char *s, size_t len, int base, int64_t *out)
{
	int64_t n = 0;
	size_t i;

	if (len == 0 || len > 18)
		return false;
	for (i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] >= '0' + base)
			return false;
		n = n * base + (s[i] - '0');
	}
	*out = n;
	return true;
}

/* No leading zeros: who writes 012 may mean ten. */
static bool
decimal(const char *s, int64_t *out)
{
	bool minus = s[0] == '-';
	const char *p = s + (minus ? 1 : 0);

	if (p[0] == '0' && p[1] != '\0')
		return false;
	if (!digits(p, strlen(p), 10, out))
		return false;
	*out = minus ? -*out : *out;
	return true;
}

/* What a number without a unit counts, with a space before it; or "". */
static const char *
unit_of(const struct ptn_conf_row *row)
{
	static const struct {
		const char *part;
		const char *unit;
	} units[] = { { "webauthn.timeouts.", " milliseconds" },
		{ "_kib", " KiB" }, { "_ttl", " seconds" },
		{ "_bytes", " bytes" } };
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(units); i++)
		if (strstr(row->path, units[i].part) != NULL)
			return units[i].unit;
	return "";
}

static enum ptn_err
value_int(struct ptn_arena *a, void *member, const struct ptn_conf_row *row,
    const struct ptn_conf_text *text, struct ptn_conf_why *why)
{
	const char *unit = unit_of(row);
	int64_t n;

	(void)a;
	if (!decimal(text->v[0], &n))
		return ptn_conf_no(why, "\"%.40s\" is not a whole number%s%s",
		    text->v[0], unit[0] != '\0' ? " of" : "", unit);
	if (n < row->min || n > row->max)
		return ptn_conf_no(why, "%lld is out of range (%lld to %lld%s)",
		    (long long)n, (long long)row->min, (long long)row->max,
		    unit);
	*(int64_t *)member = n;
	return PTN_OK;
}

static enum ptn_err
value_octal(struct ptn_arena *a, void *member, const struct ptn_conf_row *row,
    const struct ptn_conf_text *text, struct ptn_conf_why *why)
{
	const char *s = text->v[0];
	int64_t n;

	(void)a;
	if (strncmp(s, "0o", 2) == 0)
		s += 2;
	if (!digits(s, strlen(s), 8, &n))
		return ptn_conf_no(why, "\"%.40s\" is not an octal number",
		    text->v[0]);
	if (n < row->min || n > row->max)
		return ptn_conf_no(why,
		    "%#llo is out of range (%#llo to %#llo)",
		    (unsigned long long)n, (unsigned long long)row->min,
		    (unsigned long long)row->max);
	*(int64_t *)member = n;
	return PTN_OK;
}

/* A unit of Go's durations, in nanoseconds; 0 if it is none. */
static int64_t
unit_ns(const char *s, size_t len)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = { { "h", INT64_C(3600000000000) },
		{ "m", INT64_C(60000000000) }, { "s", INT64_C(1000000000) },
		{ "ms", INT64_C(1000000) }, { "us", INT64_C(1000) },
		{ "\xc2\xb5s", INT64_C(1000) }, { "\xce\xbcs", INT64_C(1000) },
		{ "ns", INT64_C(1) } };
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(units); i++)
		if (strlen(units[i].name) == len &&
		    strncmp(units[i].name, s, len) == 0)
			return units[i].ns;
	return 0;
}

/* One part, as "1.5h", at *p; its nanoseconds are added to *sum. */
static bool
duration_part(const char **p, int64_t *sum)
{
	static const int64_t scale[] = { 1, 10, 100, 1000, 10000, 100000,
		1000000 };
	const char *s = *p;
	size_t whole_len, fraction_len = 0, len;
	int64_t whole = 0, fraction = 0, unit, ns;

	whole_len = strspn(s, "0123456789");
	if (whole_len > 0 && !digits(s, whole_len, 10, &whole))
		return false;
	s += whole_len;
	if (*s == '.') {
		s++;
		fraction_len = strspn(s, "0123456789");
		if (fraction_len > 6 ||
		    (fraction_len > 0 &&
			!digits(s, fraction_len, 10, &fraction)))
			return false;
		s += fraction_len;
	}
	if (whole_len + fraction_len == 0)
		return false;
	len = strcspn(s, "0123456789.");
	unit = unit_ns(s, len);
	if (unit == 0 || fraction * unit % scale[fraction_len] != 0)
		return false;
	if (__builtin_mul_overflow(whole, unit, &ns) ||
	    __builtin_add_overflow(ns, fraction * unit / scale[fraction_len],
		&ns) ||
	    __builtin_add_overflow(*sum, ns, sum))
		return false;
	*p = s + len;
	return true;
}

/* Units that durations do not have: days, weeks, months, years. */
static bool
has_days(const char *s)
{
	const char *unit = s + strspn(s, "0123456789. ");

	return unit != s && *unit != '\0' && strchr("dwDWyY", *unit) != NULL;
}

/* "1h30m", "90", "0" or "" in whole seconds (Go's syntax). */
static enum ptn_err
seconds_of(const char *s, int64_t *out, struct ptn_conf_why *why)
{
	const char *p = s;
	int64_t ns = 0;

	*out = 0;
	if (s[0] == '\0' || (decimal(s, out) && *out >= 0))
		return PTN_OK;
	while (*p != '\0')
		if (!duration_part(&p, &ns))
			return ptn_conf_no(why,
			    "\"%.40s\" is not a duration, such as 90, 30s, "
			    "1h30m%s",
			    s, has_days(s) ? "; a day is 24h" : "");
	if (ns % 1000000000 != 0)
		return ptn_conf_no(why,
		    "\"%.40s\" is not a whole number of seconds", s);
	*out = ns / 1000000000;
	return PTN_OK;
}

static enum ptn_err
value_seconds(struct ptn_arena *a, void *member, const struct ptn_conf_row *row,
    const struct ptn_conf_text *text, struct ptn_conf_why *why)
{
	int64_t n;
	enum ptn_err r;

	(void)a;
	r = seconds_of(text->v[0], &n, why);
	if (r != PTN_OK)
		return r;
	if (n < row->min || n > row->max)
		return ptn_conf_no(why,
		    "%llds is out of range (%llds to %llds)", (long long)n,
		    (long long)row->min, (long long)row->max);
	*(int64_t *)member = n;
	return PTN_OK;
}

bool
ptn_conf_is_bare(const struct ptn_conf_row *row,
    const struct ptn_conf_text *text)
{
	struct ptn_conf_why why;
	int64_t n, usual;

	return row->kind == PTN_KIND_SECONDS && !text->list &&
	    decimal(text->v[0], &n) && n > 0 && row->dflt != NULL &&
	    seconds_of(row->dflt, &usual, &why) == PTN_OK && n < usual / 10;
}

static enum ptn_err
value_enum(struct ptn_arena *a, void *member, const struct ptn_conf_row *row,
    const struct ptn_conf_text *text, struct ptn_conf_why *why)
{
	int word = ptn_conf_word(row->words, text->v[0]);
	char meant[PTN_CONF_WORD_MAX], hint[PTN_NEAR_HINT];

	(void)a;
	if (word < 0) {
		ptn_conf_word_meant(row->words, text->v[0], meant);
		return ptn_conf_no(why, "\"%.40s\" is not one of %s%s",
		    text->v[0], row->words, ptn_near_hint(meant, hint));
	}
	*(int *)member = word;
	return PTN_OK;
}

static enum ptn_err
list_add(struct ptn_arena *a, const struct ptn_conf_row *row, const char *s,
    struct ptn_strs *list, struct ptn_conf_why *why)
{
	const char *kept;
	enum ptn_err r;

	if (s[0] == '\0')
		return ptn_conf_no(why, "has an empty element");
	r = keep_text(a, row, s, &kept, why);
	if (r != PTN_OK)
		return r;
	/* The arena owns it; only the type of the member is not const. */
	list->v[list->n++] = (char *)(uintptr_t)kept;
	return PTN_OK;
}

/* One text, with commas between the elements; spaces around them go. */
static enum ptn_err
list_split(struct ptn_arena *a, const struct ptn_conf_row *row, const char *s,
    struct ptn_strs *list, struct ptn_conf_why *why)
{
	enum ptn_err r = PTN_OK;
	size_t len, end;
	char *element;
	bool more = true;

	while (r == PTN_OK && more) {
		s += strspn(s, " ");
		len = strcspn(s, ",");
		for (end = len; end > 0 && s[end - 1] == ' '; end--)
			;
		element = ptn_arena_strndup(a, s, end);
		if (element == NULL)
			return no_memory(why);
		r = list_add(a, row, element, list, why);
		more = s[len] == ',';
		s += len + (more ? 1 : 0);
	}
	return r;
}

enum ptn_err
ptn_conf_split(struct ptn_arena *a, const char *s, struct ptn_strs *out)
{
	static const struct ptn_conf_row row = { .kind = PTN_KIND_LIST };
	struct ptn_conf_why why;
	size_t i, cap = 1;

	for (i = 0; s[i] != '\0'; i++)
		cap += s[i] == ',' ? 1 : 0;
	out->v = ptn_arena_calloc(a, cap + 1, sizeof(*out->v));
	if (out->v == NULL)
		return PTN_E_NOMEM;
	return s[0] != '\0' ? list_split(a, &row, s, out, &why) : PTN_OK;
}

static enum ptn_err
value_list(struct ptn_arena *a, void *member, const struct ptn_conf_row *row,
    const struct ptn_conf_text *text, struct ptn_conf_why *why)
{
	struct ptn_strs list = { NULL, 0 };
	const char *s = text->list ? "" : text->v[0];
	size_t i, cap = text->list ? text->n : 1;
	enum ptn_err r = PTN_OK;

	for (i = 0; s[i] != '\0'; i++)
		cap += s[i] == ',' ? 1 : 0;
	list.v = ptn_arena_calloc(a, cap + 1, sizeof(*list.v));
	if (list.v == NULL)
		return no_memory(why);
	for (i = 0; text->list && i < text->n && r == PTN_OK; i++)
		r = list_add(a, row, text->v[i], &list, why);
	if (s[0] != '\0')
		r = list_split(a, row, s, &list, why);
	if (r == PTN_OK)
		*(struct ptn_strs *)member = list;
	return r;
}

static const value_fn values[PTN_KIND__MAX] = {
	[PTN_KIND_STR] = value_str,
	[PTN_KIND_SECRET] = value_str,
	[PTN_KIND_BOOL] = value_bool,
	[PTN_KIND_INT] = value_int,
	[PTN_KIND_OCTAL] = value_octal,
	[PTN_KIND_SECONDS] = value_seconds,
	[PTN_KIND_LIST] = value_list,
	[PTN_KIND_SECRETS] = value_list,
	[PTN_KIND_ENUM] = value_enum,
	[PTN_KIND_CLAIMS] = NULL,      /* ptn_conf_claims_put() */
	[PTN_KIND_HOOKS] = NULL,       /* ptn_conf_hooks_put() */
	[PTN_KIND_UNSUPPORTED] = NULL, /* no keys: ptn_conf_is_key() */
	[PTN_KIND_UNSUPPORTED_BELOW] = NULL,
};

enum ptn_err
ptn_conf_value(struct ptn_arena *a, struct ptn_conf *cf,
    const struct ptn_conf_row *row, const struct ptn_conf_text *text,
    struct ptn_conf_why *why)
{
	bool list;
	enum ptn_err r;

	list = row->kind == PTN_KIND_LIST || row->kind == PTN_KIND_SECRETS;
	if (text->list && !list)
		return ptn_conf_no(why, "is one value, not a list");
	if (!text->list) {
		r = check_text(text->v[0], why);
		if (r != PTN_OK)
			return r;
	}
	return values[row->kind](a, (char *)cf + row->offset, row, text, why);
}
