#include "lib/format/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/format/url.h"

#define PORT_MAX 65535

/* ":3306", or nothing. */
static bool
take_port(const char *s, unsigned int *port)
{
	unsigned long n;

	if (*s == '\0')
		return true;
	if (*s != ':' || s[1] == '\0' || strlen(s) > sizeof(":65535") - 1 ||
	    s[1 + strspn(s + 1, "0123456789")] != '\0')
		return false;
	n = strtoul(s + 1, NULL, 10);
	if (n < 1 || n > PORT_MAX)
		return false;
	*port = (unsigned int)n;
	return true;
}

static bool
take_host(struct ptn_place *out, const char *s, size_t len)
{
	if (len == 0 || len >= sizeof(out->host))
		return false;
	memcpy(out->host, s, len);
	out->host[len] = '\0';
	return true;
}

bool
ptn_place_of(const char *text, int port, struct ptn_place *out)
{
	const char *end;

	*out = (struct ptn_place){ .socket = "", .port = (unsigned int)port };
	if (text[0] == '/') {
		out->socket = text;
		return true;
	}
	if (text[0] == '[') {
		end = strchr(text, ']');
		return end != NULL &&
		    take_host(out, text + 1, (size_t)(end - text) - 1) &&
		    strchr(out->host, ':') != NULL &&
		    ptn_url_ip_ok(out->host) && take_port(end + 1, &out->port);
	}
	if (ptn_url_ip_ok(text)) /* an IPv6 address without brackets, too */
		return take_host(out, text, strlen(text));
	end = text + strcspn(text, ":");
	return take_host(out, text, (size_t)(end - text)) &&
	    (ptn_url_ip_ok(out->host) ||
		ptn_url_host_ok(out->host, strlen(out->host))) &&
	    take_port(end, &out->port);
}

const char *
ptn_place_name(const struct ptn_place *p, char out[PTN_PLACE_NAME_MAX])
{
	if (p->socket[0] != '\0')
		return p->socket;
	(void)snprintf(out, PTN_PLACE_NAME_MAX,
	    strchr(p->host, ':') != NULL ? "[%s]:%u" : "%s:%u", p->host,
	    p->port);
	return out;
}
