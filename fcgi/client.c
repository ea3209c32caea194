#include "fcgi/client.h"

#include <string.h>

#include "lib/base/rng.h"
#include "lib/conf/conf.h"
#include "lib/format/ip.h"

#define REQUEST_ID_MAX 64
#define REQUEST_ID_LEN 32
#define HOP_MAX (PTN_IP_STR + 8) /* an address, brackets and a port */

static bool
trusted(const struct ptn_conf *cf, const struct ptn_ip *ip)
{
	struct ptn_ip_net net;
	size_t i;

	/* They were checked when the configuration was read. */
	for (i = 0; i < cf->trusted_proxies.n; i++)
		if (ptn_ip_net_parse(cf->trusted_proxies.v[i], &net) &&
		    ptn_ip_in(ip, &net))
			return true;
	return false;
}

/* One element of X-Forwarded-For; brackets and port go. */
static bool
read_hop(const char *p, size_t len, struct ptn_ip *out)
{
	char text[HOP_MAX], *s = text, *end;

	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'))
		len--;
	while (len > 0 && (*p == ' ' || *p == '\t'))
		p++, len--;
	if (len >= sizeof(text))
		return false;
	memcpy(text, p, len);
	text[len] = '\0';
	if (*s == '[') {
		s++;
		if ((end = strchr(s, ']')) != NULL)
			*end = '\0';
	} else if ((end = strchr(s, ':')) != NULL && strrchr(s, ':') == end) {
		*end = '\0';
	}
	return ptn_ip_parse(s, out);
}

/*
 * From right to left: each hop vouches for what stands left of it.  False if
 * that ends here.
 */
static bool
walk_line(const struct ptn_conf *cf, const char *line, struct ptn_ip *ip)
{
	const char *end = line + strlen(line), *start;
	struct ptn_ip hop;

	while (end > line) {
		for (start = end; start > line && start[-1] != ',';)
			start--;
		if (!trusted(cf, ip) ||
		    !read_hop(start, (size_t)(end - start), &hop))
			return false;
		*ip = hop;
		end = start > line ? start - 1 : line;
	}
	return true;
}

/*
 * May several X-Forwarded-For be the lines of one list (RFC 9110 section 5.3)?
 * Only nginx before 1.23 hands lines on apart.  Other web servers have joined
 * them: from those a second one is a header that a client spelt with "_", which
 * no proxy has looked at.
 */
static bool
lines_apart(const struct ptn_request *req)
{
	return ptn_request_param(req, "SERVER_SOFTWARE") == NULL ||
	    ptn_request_server_is(req, "nginx");
}

static void
walk_forwarded(const struct ptn_request *req, struct ptn_ip *ip)
{
	static const char name[] = "HTTP_X_FORWARDED_FOR";
	bool on = ptn_request_param_count(req, name) == 1 || lines_apart(req);
	size_t i;

	for (i = req->nparams; i > 0 && on; i--)
		if (strcmp(req->params[i - 1].name, name) == 0)
			on =
			    walk_line(req->sc.cf, req->params[i - 1].value, ip);
}

static const char *
text_of(const struct ptn_request *req, const struct ptn_ip *ip)
{
	char text[PTN_IP_STR];
	const char *copy;

	ptn_ip_format(ip, text);
	copy = ptn_arena_strdup(req->sc.arena, text);
	return copy != NULL ? copy : "";
}

const char *
ptn_client_ip(const struct ptn_request *req)
{
	const char *remote = ptn_request_param(req, "REMOTE_ADDR");
	struct ptn_ip ip;

	if (remote == NULL || !ptn_ip_parse(remote, &ip))
		return "";
	walk_forwarded(req, &ip);
	return text_of(req, &ip);
}

const char *
ptn_client_network_of(struct ptn_arena *a, const char *ip, bool wide)
{
	char text[PTN_IP_STR];
	struct ptn_ip parsed, net;

	if (!ptn_ip_parse(ip, &parsed))
		return NULL;
	net = wide ? ptn_ip_prefix(&parsed, 24, 48)
		   : ptn_ip_prefix(&parsed, 32, 64);
	ptn_ip_format(&net, text);
	if (!wide)
		return ptn_arena_strdup(a, text);
	return ptn_arena_printf(a, "%s/%d", text, net.v4 ? 24 : 48);
}

const char *
ptn_client_network(const struct ptn_request *req)
{
	const char *network =
	    ptn_client_network_of(req->sc.arena, req->ip, false);

	return network != NULL ? network : req->ip;
}

const char *
ptn_client_network_wide(const struct ptn_request *req)
{
	return ptn_client_network_of(req->sc.arena, req->ip, true);
}

static bool
request_id_ok(const char *s)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._:+/=-";
	const size_t len = strlen(s);

	return len > 0 && len <= REQUEST_ID_MAX && strspn(s, allowed) == len;
}

const char *
ptn_client_request_id(const struct ptn_request *req)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEF";
	const char *given = ptn_request_param(req, "HTTP_X_REQUEST_ID");
	uint8_t random[REQUEST_ID_LEN];
	char *id;
	size_t i;

	if (given != NULL && request_id_ok(given))
		return given;
	id = ptn_arena_alloc(req->sc.arena, REQUEST_ID_LEN + 1);
	if (id == NULL)
		return NULL;
	ptn_rng(random, sizeof(random));
	for (i = 0; i < REQUEST_ID_LEN; i++)
		id[i] = letters[random[i] % 32];
	return id;
}
