#include "lib/format/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ANDROID "android:apk-key-hash:" /* of a native application */

static const char alnum[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz0123456789";

bool
ptn_url_chars_only(const char *s, size_t len, const char *extra)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (strchr(alnum, s[i]) == NULL && strchr(extra, s[i]) == NULL)
			return false;
	return true;
}

/* Decimal, 1 to 65535. */
bool
ptn_url_port_ok(const char *s)
{
	return s[0] != '\0' && strlen(s) <= 5 &&
	    s[strspn(s, "0123456789")] == '\0' && s[0] != '0' &&
	    atoi(s) <= 65535;
}

/* A host name or IPv4 address, not empty, no dot at its ends. */
bool
ptn_url_host_ok(const char *s, size_t len)
{
	return len > 0 && len <= PTN_HOST_MAX && s[0] != '.' &&
	    s[len - 1] != '.' && ptn_url_chars_only(s, len, ".-_");
}

bool
ptn_url_ip_ok(const char *s)
{
	struct in6_addr addr;

	return inet_pton(AF_INET, s, &addr) == 1 ||
	    inet_pton(AF_INET6, s, &addr) == 1;
}

/* "localhost", "*.example.com", "[::1]". */
bool
ptn_url_origin_host_ok(const char *s, size_t len, bool wild)
{
	char text[INET6_ADDRSTRLEN];

	if (len > 2 && s[0] == '[' && s[len - 1] == ']') {
		if (len - 2 >= sizeof(text))
			return false;
		memcpy(text, s + 1, len - 2);
		text[len - 2] = '\0';
		return strchr(text, ':') != NULL && ptn_url_ip_ok(text);
	}
	return len > 0 && len <= PTN_HOST_MAX && s[len - 1] != '.' &&
	    strcspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") >= len &&
	    ptn_url_chars_only(s, len, wild ? "-._*?" : "-._");
}

/*
 * A wildcard in a host must be followed by a dot and more, or the pattern would
 * match hosts that anybody can register.
 */
static bool
is_bounded(const char *s, size_t len)
{
	size_t i;

	for (i = len; i > 0; i--)
		if (s[i - 1] == '*' || s[i - 1] == '?')
			return i + 1 < len && s[i] == '.';
	return true;
}

/* The port of an origin: none, or ":8080", or with wild ":*". */
static const char *
port_problem(const char *s, size_t scheme_len, const char *origin, bool wild)
{
	if (s[0] == '\0')
		return NULL;
	if (s[0] != ':')
		return "is not scheme://host[:port]";
	if (wild && strspn(s + 1, "0123456789*?") == strlen(s + 1) &&
	    strpbrk(s, "*?") != NULL)
		return NULL;
	if (!ptn_url_port_ok(s + 1))
		return "has a bad port";
	if ((scheme_len == 5 && strncmp(origin, "https", 5) == 0 &&
		strcmp(s, ":443") == 0) ||
	    (scheme_len == 4 && strncmp(origin, "http", 4) == 0 &&
		strcmp(s, ":80") == 0))
		return "names the default port, which browsers leave out";
	return NULL;
}

/*
 * Why a text is not the origin that a browser sends (RFC 6454 6.2), or NULL.
 * wild: "*" and "?" may stand in host and port.
 */
const char *
ptn_url_origin_problem(const char *s, bool wild, bool unsafe)
{
	const char *host = strstr(s, "://");
	const char *problem;
	size_t scheme, len;

	if (wild && strcmp(s, "*") == 0)
		return unsafe ? NULL : "needs unsafe_wildcard_origin_allowed";
	scheme = host != NULL ? (size_t)(host - s) : 0;
	if (scheme == 0 || !ptn_url_chars_only(s, scheme, "+-.") ||
	    strcspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") < scheme)
		return "is not scheme://host[:port]";
	host += 3;
	len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
	if (len > strlen(host) || !ptn_url_origin_host_ok(host, len, wild))
		return strpbrk(host, "/@?#") != NULL && !wild
		    ? "has more than scheme://host[:port]"
		    : "has a bad host (lower case, no path)";
	problem = port_problem(host + len, scheme, s, wild);
	if (problem != NULL)
		return problem;
	if (!unsafe && !is_bounded(host, len))
		return "is too wide: \"*\" must be followed by a domain";
	return NULL;
}

bool
ptn_url_mount_ok(const char *s)
{
	size_t len = strlen(s);

	return len > 1 && s[0] == '/' && s[len - 1] != '/' &&
	    ptn_url_chars_only(s, len, "._~-/") && strstr(s, "//") == NULL &&
	    strstr(s, "/.") == NULL;
}

/* ---------------------------------------------------------------- the rule */

/* "", or a colon and one to five digits. */
static bool
any_port(const char *s)
{
	size_t n;

	if (*s == '\0')
		return true;
	n = strspn(s + 1, "0123456789");
	return *s == ':' && n >= 1 && n <= 5 && s[1 + n] == '\0';
}

bool
ptn_url_host_within(const char *s, const char *domain)
{
	size_t len = strcspn(s, ":/?#@\\"), d = strlen(domain);

	if (d == 0 || len < d || !any_port(s + len) ||
	    memcmp(s + len - d, domain, d) != 0)
		return false;
	return len == d || (len > d + 1 && s[len - d - 1] == '.');
}

const char *
ptn_url_host_in(const char *s, size_t *len)
{
	const char *scheme = strstr(s, "://");
	const char *at;

	if (scheme != NULL)
		s = scheme + 3;
	at = strrchr(s, '@');
	if (at != NULL)
		s = at + 1;
	if (s[0] == '[') {
		s++;
		*len = strcspn(s, "]");
	} else {
		*len = strcspn(s, ":/?#");
	}
	if (!ptn_url_host_ok(s, *len) && memchr(s, ':', *len) == NULL)
		*len = 0;
	return s;
}

bool
ptn_url_origins_are_rule(const struct ptn_strs *origins)
{
	return origins->n == 1 && strcmp(origins->v[0], "*") == 0;
}

bool
ptn_url_origin_by_rule(const char *rp_id, const char *origin)
{
	static const char https[] = "https://", local[] = "http://localhost";

	if (strncmp(origin, https, strlen(https)) == 0)
		return ptn_url_host_within(origin + strlen(https), rp_id);
	return strcmp(rp_id, "localhost") == 0 &&
	    strncmp(origin, local, strlen(local)) == 0 &&
	    any_port(origin + strlen(local));
}

bool
ptn_url_origin_is_of(const char *rp_id, const struct ptn_strs *origins,
    const char *origin)
{
	const bool exact = strncmp(origin, ANDROID, strlen(ANDROID)) == 0;
	size_t i;

	if (ptn_url_origins_are_rule(origins))
		return ptn_url_origin_by_rule(rp_id, origin);
	for (i = 0; i < origins->n; i++)
		if ((exact ? strcmp(origins->v[i], origin)
			   : strcasecmp(origins->v[i], origin)) == 0)
			return true;
	return false;
}
