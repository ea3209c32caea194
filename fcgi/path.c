#include "fcgi/path.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "lib/base/array.h"
#include "lib/base/hex.h"
#include "lib/format/dfnsid.h"

/* Where the authority of an absolute-form begins; NULL if it is none. */
static const char *
authority_of(const char *target)
{
	static const char *const scheme[] = { "http://", "https://" };
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(scheme); i++)
		if (strncasecmp(target, scheme[i], strlen(scheme[i])) == 0)
			return target + strlen(scheme[i]);
	return NULL;
}

enum ptn_err
ptn_path_target(struct ptn_arena *a, const char *target, const char **authority,
    const char **uri)
{
	const char *at = authority_of(target);
	const size_t len = at != NULL ? strcspn(at, "/?#") : 0;

	*authority = NULL;
	*uri = target;
	if (at == NULL)
		return PTN_OK;
	*authority = ptn_arena_strndup(a, at, len);
	*uri = at[len] == '/' ? at + len : ptn_arena_printf(a, "/%s", at + len);
	return *authority != NULL && *uri != NULL ? PTN_OK : PTN_E_NOMEM;
}

static bool
unreserved(int c)
{
	return isalnum((unsigned char)c) || (c != '\0' && strchr("-._~", c));
}

/* What an escape may stand for. */
static bool
may_escape(int c, bool site)
{
	return unreserved(c) ||
	    (site && c >= ' ' && c != 0x7f && c != '/' && c != '\\');
}

/* Besides unreserved ones: "/" and what else RFC 3986 calls pchar. */
static bool
may_stand(int c, bool site)
{
	return strchr("/!$&'()*+,;=:@", c) != NULL ||
	    (site && c > ' ' && c != 0x7f && c != '\\' && c != '#');
}

static bool
decode(const char *in, size_t len, bool site, char *out)
{
	size_t i;
	int hi, lo, c;

	for (i = 0; i < len; i++) {
		c = (unsigned char)in[i];
		if (c == '%') {
			if (i + 2 >= len ||
			    (hi = ptn_hex_digit(in[i + 1])) < 0 ||
			    (lo = ptn_hex_digit(in[i + 2])) < 0)
				return false;
			c = hi << 4 | lo;
			if (!may_escape(c, site))
				return false;
			i += 2;
		} else if (!unreserved(c) && !may_stand(c, site)) {
			return false;
		}
		*out++ = (char)c;
	}
	*out = '\0';
	return true;
}

/* Empty and dot segments are spellings of some other path. */
static bool
segments_plain(const char *p)
{
	size_t len;

	while (*p == '/') {
		len = strcspn(++p, "/");
		if (len == 0 && *p == '/')
			return false;
		if ((len == 1 && p[0] == '.') ||
		    (len == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		p += len;
	}
	return *p == '\0';
}

static enum ptn_err
read_path(struct ptn_arena *a, const char *uri, bool site, const char **path)
{
	const size_t len = strcspn(uri, site ? "?" : "?#");
	char *p;

	if (uri[0] != '/')
		return PTN_E_INPUT;
	if ((p = ptn_arena_alloc(a, len + 1)) == NULL)
		return PTN_E_NOMEM;
	if (!decode(uri, len, site, p) || !segments_plain(p))
		return PTN_E_INPUT;
	*path = p;
	return PTN_OK;
}

enum ptn_err
ptn_path(struct ptn_arena *a, const char *uri, const char **path)
{
	return read_path(a, uri, false, path);
}

enum ptn_err
ptn_path_of_site(struct ptn_arena *a, const char *uri, const char **path)
{
	return read_path(a, uri, true, path);
}

enum ptn_err
ptn_path_below(const char *base, const char **path)
{
	const size_t len = strlen(base);

	if (strncmp(*path, base, len) != 0)
		return PTN_E_NOT_FOUND;
	if ((*path)[len] != '/' && (*path)[len] != '\0')
		return PTN_E_NOT_FOUND;
	*path = (*path)[len] == '/' ? *path + len : "/";
	return PTN_OK;
}

struct ptn_uuid
ptn_path_org(const char **path)
{
	const struct ptn_uuid none = { { 0 } };
	const size_t len = strcspn(*path + 1, "/");
	char text[PTN_UUID_STR];
	struct ptn_uuid id;

	if (len >= sizeof(text))
		return none;
	memcpy(text, *path + 1, len);
	text[len] = '\0';
	if (!ptn_uuid_parse(text, &id) &&
	    ptn_dfnsid_parse(PTN_DFNSID_ORG, PTN_BYTES(text, len), &id) !=
		PTN_OK)
		return none;
	*path = (*path)[1 + len] != '\0' ? *path + 1 + len : "/";
	return id;
}
