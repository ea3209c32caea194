#include "lib/base/hex.h"
#include "lib/conf/conf_row.h"

#include <string.h>

/*
 * database.url: mysql://user:password@host:port/name?socket=/path (RFC 3986).
 * "(host:port)" in brackets, as Go's driver writes it, is understood too.
 */

/* Percent-decoded text; NULL if it is malformed or decodes to a control. */
static const char *
decode(struct ptn_arena *a, const char *s, size_t len)
{
	char *out = ptn_arena_alloc(a, len + 1);
	size_t i, n = 0;
	int c;

	if (out == NULL)
		return NULL;
	for (i = 0; i < len; i++) {
		c = (unsigned char)s[i];
		if (c == '%') {
			if (len - i < 3 || ptn_hex_digit(s[i + 1]) < 0 ||
			    ptn_hex_digit(s[i + 2]) < 0)
				return NULL;
			c = ptn_hex_digit(s[i + 1]) * 16 +
			    ptn_hex_digit(s[i + 2]);
			i += 2;
		}
		if (c < 0x20 || c == 0x7f)
			return NULL;
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return out;
}

/* Decode into a member; an empty part leaves it alone. */
static bool
take(struct ptn_conf_load *ld, const char *s, size_t len, const char **member)
{
	const char *text;

	if (len == 0)
		return true;
	text = decode(ld->keep, s, len);
	if (text == NULL)
		return false;
	*member = text;
	return true;
}

static bool
take_user(struct ptn_conf_load *ld, const char *s, size_t len)
{
	const char *colon = memchr(s, ':', len);
	size_t user = colon != NULL ? (size_t)(colon - s) : len;

	if (!take(ld, s, user, &ld->cf->db_user))
		return false;
	if (colon == NULL)
		return true;
	return take(ld, colon + 1, len - user - 1, &ld->cf->db_password);
}

static bool
take_port(struct ptn_conf_load *ld, const char *s, size_t len)
{
	int64_t port = 0;
	size_t i;

	for (i = 0; i < len && port <= 65535; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		port = port * 10 + (s[i] - '0');
	}
	if (len > 0 && (port < 1 || port > 65535))
		return false;
	if (len > 0)
		ld->cf->db_port = port;
	return true;
}

static bool
take_host(struct ptn_conf_load *ld, const char *s, size_t len)
{
	const char *end;
	size_t host;

	if (len >= 2 && s[0] == '(' && s[len - 1] == ')') {
		s++;
		len -= 2;
	}
	if (len > 0 && s[0] == '[') { /* an IPv6 address */
		end = memchr(s, ']', len);
		if (end == NULL)
			return false;
		host = (size_t)(end - s);
		if (!take(ld, s + 1, host - 1, &ld->cf->db_host))
			return false;
		s += host + 1;
		len -= host + 1;
	} else {
		end = memchr(s, ':', len);
		host = end != NULL ? (size_t)(end - s) : len;
		if (!take(ld, s, host, &ld->cf->db_host))
			return false;
		s += host;
		len -= host;
	}
	if (len == 0)
		return true;
	return s[0] == ':' && take_port(ld, s + 1, len - 1);
}

static bool
take_query(struct ptn_conf_load *ld, const char *s)
{
	size_t len;

	while (*s != '\0') {
		len = strcspn(s, "&");
		if (strncmp(s, "socket=", 7) == 0) {
			if (!take(ld, s + 7, len - 7, &ld->cf->db_socket))
				return false;
		} else {
			ptn_conf_warn(ld, &ld->cf->db_url,
			    "parameters other than socket are ignored");
		}
		s += len + (s[len] == '&' ? 1 : 0);
	}
	return true;
}

/* s: all behind "scheme://". */
static bool
take_url(struct ptn_conf_load *ld, const char *s)
{
	size_t len = strcspn(s, "/?#");
	const char *p, *at = NULL;

	/* Passwords are often not encoded: the last @ is the one. */
	for (p = s; p < s + len; p++)
		if (*p == '@')
			at = p;
	ld->cf->db_socket = "";
	if (at != NULL && !take_user(ld, s, (size_t)(at - s)))
		return false;
	p = at != NULL ? at + 1 : s;
	if (!take_host(ld, p, (size_t)(s + len - p)))
		return false;
	s += len;
	if (*s == '/') {
		s++;
		len = strcspn(s, "/?#");
		if (!take(ld, s, len, &ld->cf->db_name))
			return false;
		s += len;
	}
	if (*s == '?')
		return take_query(ld, s + 1);
	return *s == '\0';
}

void
ptn_conf_url(struct ptn_conf_load *ld)
{
	const char *url = ld->cf->db_url;

	if (url[0] == '\0')
		return;
	if (strncmp(url, "mysql://", 8) != 0 &&
	    strncmp(url, "mariadb://", 10) != 0) {
		ptn_conf_fault(ld, &ld->cf->db_url,
		    "Postern needs MariaDB: mariadb://user:password@host/name");
		return;
	}
	if (!take_url(ld, strstr(url, "://") + 3))
		ptn_conf_fault(ld, &ld->cf->db_url,
		    "is not mariadb://user:password@host:port/name");
}
