#include "lib/format/mount.h"

#include <string.h>
#include <strings.h>

#include "lib/format/url.h"

struct ptn_mount
ptn_mount_of(const char *element)
{
	const size_t len = strcspn(element, " ");

	return (struct ptn_mount){ element, len,
		element + len + strspn(element + len, " ") };
}

const char *
ptn_mount_problem(const struct ptn_mount *p, bool path)
{
	char at[PTN_HOST_MAX + 1];

	if (p->at_len == 0 || p->org[0] == '\0')
		return "is not \"WHERE ORGANISATION\"";
	if (p->at_len >= sizeof(at))
		return "is too long";
	memcpy(at, p->at, p->at_len);
	at[p->at_len] = '\0';
	if (path)
		return ptn_url_mount_ok(at) ? NULL
					    : "is not a path such as /acme";
	return (at[0] == '[' ? ptn_url_origin_host_ok(at, p->at_len, false)
			     : ptn_url_host_ok(at, p->at_len))
	    ? NULL
	    : "is not a host (no port, no *)";
}

bool
ptn_mount_same(const struct ptn_mount *a, const struct ptn_mount *b)
{
	return a->at_len == b->at_len &&
	    (a->at[0] == '/' ? memcmp(a->at, b->at, a->at_len)
			     : strncasecmp(a->at, b->at, a->at_len)) == 0;
}

/* Behind a host: a dot, a port, both or nothing. */
static bool
is_tail(const char *s)
{
	s += *s == '.';
	if (*s == ':')
		s += 1 + strspn(s + 1, "0123456789");
	return *s == '\0';
}

bool
ptn_mount_is_host(const struct ptn_mount *p, const char *header)
{
	return strncasecmp(header, p->at, p->at_len) == 0 &&
	    is_tail(header + p->at_len);
}

bool
ptn_mount_has_path(const struct ptn_mount *p, const char *path)
{
	return strncmp(path, p->at, p->at_len) == 0 &&
	    (path[p->at_len] == '/' || path[p->at_len] == '\0');
}
