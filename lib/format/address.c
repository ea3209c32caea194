#include "lib/format/address.h"

#include <stdbool.h>
#include <string.h>

#include <idn2.h>

#include "lib/base/unicode.h"

#define LOCAL_MAX 64	   /* octets, RFC 5321 section 4.5.3.1.1 */
#define LABEL_MAX 63	   /* octets, RFC 1035 section 2.3.4 */
#define INPUT_MAX 1024	   /* octets, before anything is normalised */
#define MASK_SHORT 6	   /* characters; up to here only one is kept */
#define MASK_STARS "*****" /* the same for all, to hide the length */
#define IDN_PREFIX "xn--"

static bool
is_alnum(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

/* RFC 5322 section 3.2.3, with the UTF-8 of RFC 6532 section 3.2. */
static bool
is_atext(uint32_t c)
{
	if (c > 0x7f)
		return ptn_unicode_visible(c);
	return is_alnum(c) ||
	    (c != 0 && strchr("!#$%&'*+-/=?^_`{|}~", (int)c) != NULL);
}

/* dot-atom-text: atoms with single dots between them. */
static bool
is_dot_atom(const char *text)
{
	struct ptn_bytes s = ptn_bytes_of(text);
	bool dot = true;
	uint32_t c;
	size_t n;

	for (; s.len > 0; s.p += n, s.len -= n) {
		if ((n = ptn_utf8_decode(s, &c)) == 0)
			return false;
		if (c == '.' ? dot : !is_atext(c))
			return false;
		dot = c == '.';
	}
	return !dot;
}

/*
 * The local part is checked as it is compared, and so is its compatibility form
 * (NFKC): no full-width at sign, dot or bracket passes as a letter.
 */
static enum ptn_err
canonical_local(struct ptn_arena *a, const char *in, char **out)
{
	char *look;
	enum ptn_err r;

	if ((r = ptn_unicode_fold(a, in, out)) != PTN_OK ||
	    (r = ptn_unicode_compat(a, *out, &look)) != PTN_OK)
		return r;
	if (strlen(*out) > LOCAL_MAX || !is_dot_atom(*out) ||
	    !is_dot_atom(look))
		return PTN_E_INPUT;
	return PTN_OK;
}

/* Letters, digits and inner hyphens: RFC 1123 section 2.1. */
static bool
is_label(const char *p, size_t len)
{
	size_t i;

	if (len == 0 || len > LABEL_MAX || p[0] == '-' || p[len - 1] == '-')
		return false;
	for (i = 0; i < len; i++)
		if (!is_alnum((uint8_t)p[i]) && p[i] != '-')
			return false;
	return true;
}

/*
 * At least two labels.  The last is no number: that would be an address in
 * dotted form without the brackets (RFC 3696 section 2).
 */
static bool
is_domain(const char *domain)
{
	const char *p = domain, *dot;

	if (strchr(domain, '.') == NULL)
		return false;
	while ((dot = strchr(p, '.')) != NULL) {
		if (!is_label(p, (size_t)(dot - p)))
			return false;
		p = dot + 1;
	}
	return is_label(p, strlen(p)) && strspn(p, "0123456789") < strlen(p);
}

static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

/*
 * The capital sharp s becomes the small one.  UTS #46 made "ss" of it, which
 * is another domain, until its version 15.1: libidn2 does either.
 */
static void
lower_sharp_s(char *s)
{
	static const char capital[] = "\xe1\xba\x9e", small[] = "\xc3\x9f";

	while ((s = strstr(s, capital)) != NULL) {
		memcpy(s, small, sizeof(small) - 1);
		s += sizeof(small) - 1;
		memmove(s, s + 1, strlen(s));
	}
}

/* Plain names need no IDNA, which would refuse some (r3---x.example). */
static bool
is_plain(const char *domain)
{
	const char *p;

	for (p = domain; *p != '\0'; p++)
		if ((uint8_t)*p > 0x7f)
			return false;
	return strstr(domain, IDN_PREFIX) == NULL;
}

static enum ptn_err
idn_error(int rc)
{
	return rc == IDN2_MALLOC ? PTN_E_NOMEM : PTN_E_INPUT;
}

/* UTS #46 drops invisible characters; refused, they make no second spelling. */
static bool
is_visible(const char *text)
{
	struct ptn_bytes s = ptn_bytes_of(text);
	uint32_t c;
	size_t n;

	for (; s.len > 0; s.p += n, s.len -= n)
		if ((n = ptn_utf8_decode(s, &c)) == 0 ||
		    !ptn_unicode_visible(c))
			return false;
	return true;
}

/* To A-labels. */
static enum ptn_err
idn_lookup(struct ptn_arena *a, const char *in, int flags, char **out)
{
	uint8_t *ace = NULL;
	int rc;

	if (!is_visible(in))
		return PTN_E_INPUT;
	rc = idn2_lookup_u8((const uint8_t *)in, &ace, flags | IDN2_NFC_INPUT);
	if (rc != IDN2_OK)
		return idn_error(rc);
	*out = ptn_arena_strdup(a, (const char *)ace);
	idn2_free(ace);
	return *out == NULL ? PTN_E_NOMEM : PTN_OK;
}

/*
 * RFC 5891 section 5.4: an A-label must be what its own U-label gives, or one
 * domain would have two spellings.  Nothing is mapped here, so that this is
 * also where a U-label with what STD3 or IDNA 2008 forbid is found.
 */
static enum ptn_err
idn_round_trip(struct ptn_arena *a, const char *ace)
{
	char *unicode = NULL, *again;
	enum ptn_err r;
	int rc;

	rc = idn2_to_unicode_8z8z(ace, &unicode, 0);
	if (rc != IDN2_OK)
		return idn_error(rc);
	r = idn_lookup(a, unicode, IDN2_NO_TR46, &again);
	idn2_free(unicode);
	if (r == PTN_OK && strcmp(ace, again) != 0)
		return PTN_E_INPUT;
	return r;
}

/*
 * UTS #46, non-transitional, then the checks.  Not with libidn2's flag for
 * STD3: it drops what it does not allow, and the rest is another domain.
 */
static enum ptn_err
canonical_domain(struct ptn_arena *a, const char *in, char **out)
{
	enum ptn_err r;

	if ((*out = ptn_arena_strdup(a, in)) == NULL)
		return PTN_E_NOMEM;
	lower(*out);
	lower_sharp_s(*out);
	if (!is_plain(*out)) {
		if ((r = idn_lookup(a, *out, IDN2_NONTRANSITIONAL, out)) !=
		    PTN_OK)
			return r;
		lower(*out);
		if (!is_plain(*out) && (r = idn_round_trip(a, *out)) != PTN_OK)
			return r;
	}
	return is_domain(*out) ? PTN_OK : PTN_E_INPUT;
}

enum ptn_err
ptn_address_canonical(struct ptn_arena *a, const char *in, char **out)
{
	const char *at = strchr(in, '@');
	char *local, *domain, *whole;
	enum ptn_err r;

	*out = NULL;
	if (at == NULL || strnlen(in, INPUT_MAX + 1) > INPUT_MAX)
		return PTN_E_INPUT;
	local = ptn_arena_strndup(a, in, (size_t)(at - in));
	if (local == NULL)
		return PTN_E_NOMEM;
	if ((r = canonical_local(a, local, &local)) != PTN_OK ||
	    (r = canonical_domain(a, at + 1, &domain)) != PTN_OK)
		return r;
	if (strlen(local) + 1 + strlen(domain) > PTN_ADDRESS_MAX)
		return PTN_E_INPUT;
	whole = ptn_arena_printf(a, "%s@%s", local, domain);
	if (whole == NULL)
		return PTN_E_NOMEM;
	*out = whole;
	return PTN_OK;
}

char *
ptn_address_shown(struct ptn_arena *a, const char *canonical)
{
	const char *at = strrchr(canonical, '@');
	char *unicode = NULL, *out;

	if (at == NULL || strstr(at, IDN_PREFIX) == NULL ||
	    idn2_to_unicode_8z8z(at + 1, &unicode, 0) != IDN2_OK)
		return ptn_arena_strdup(a, canonical);
	out = ptn_arena_printf(a, "%.*s@%s", (int)(at - canonical), canonical,
	    unicode);
	idn2_free(unicode);
	return out;
}

char *
ptn_address_mask(struct ptn_arena *a, const char *address)
{
	const char *at = strrchr(address, '@');
	struct ptn_bytes local = ptn_bytes_of(address), rest;
	uint32_t cp;
	size_t keep, n;

	if (at == NULL)
		at = address + strlen(address);
	local.len = (size_t)(at - address);
	keep = ptn_utf8_length(local) <= MASK_SHORT ? 1 : 3;
	for (rest = local; keep > 0 && rest.len > 0; keep--) {
		n = ptn_utf8_decode(rest, &cp);
		rest.p += n == 0 ? 1 : n;
		rest.len -= n == 0 ? 1 : n;
	}
	return ptn_arena_printf(a, "%.*s" MASK_STARS "%s",
	    (int)(local.len - rest.len), address, at);
}
