#include "fcgi/client.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rng.h"
#include "lib/conf/conf.h"

#define REQUEST_ID_MAX 64
#define REQUEST_ID_LEN 32

/* An address in network order; IPv4 in its IPv6-mapped form. */
struct address {
	uint8_t b[16];
	bool v4;
};

static bool
parse_address(const char *s, struct address *out)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, s, out->b + 12) == 1) {
		out->b[10] = out->b[11] = 0xff;
		out->v4 = true;
		return true;
	}
	return inet_pton(AF_INET6, s, out->b) == 1;
}

static bool
prefix_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	const unsigned rest = bits % 8;
	const uint8_t mask = (uint8_t)(0xff00 >> rest);

	if (memcmp(a, b, bits / 8) != 0)
		return false;
	return rest == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask) == 0;
}

/* cidr was checked when the configuration was read. */
static bool
in_network(const struct address *ip, const char *cidr)
{
	const char *slash = strchr(cidr, '/');
	char text[INET6_ADDRSTRLEN] = "";
	const size_t len = slash ? (size_t)(slash - cidr) : strlen(cidr);
	struct address net;
	unsigned bits;

	if (len >= sizeof(text))
		return false;
	memcpy(text, cidr, len);
	if (!parse_address(text, &net) || net.v4 != ip->v4)
		return false;
	bits = net.v4 ? 32 : 128;
	if (slash != NULL)
		bits = (unsigned)strtoul(slash + 1, NULL, 10);
	bits += net.v4 ? 96 : 0;
	return bits <= 128 && prefix_equal(ip->b, net.b, bits);
}

static bool
trusted(const struct ptn_conf *cf, const char *text)
{
	struct address ip;
	size_t i;

	if (!parse_address(text, &ip))
		return false;
	for (i = 0; i < cf->trusted_proxies.n; i++)
		if (in_network(&ip, cf->trusted_proxies.v[i]))
			return true;
	return false;
}

/* One element of X-Forwarded-For without brackets and port, or NULL. */
static const char *
clean_element(struct ptn_arena *a, const char *p, size_t len)
{
	char *s, *end;
	struct address ip;

	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'))
		len--;
	while (len > 0 && (*p == ' ' || *p == '\t'))
		p++, len--;
	if ((s = ptn_arena_strndup(a, p, len)) == NULL)
		return NULL;
	if (*s == '[') {
		s++;
		if ((end = strchr(s, ']')) != NULL)
			*end = '\0';
	} else if ((end = strchr(s, ':')) != NULL && strrchr(s, ':') == end) {
		*end = '\0';
	}
	return parse_address(s, &ip) ? s : NULL;
}

/* From right to left: each hop vouches for what stands left of it. */
static const char *
walk_forwarded(const struct ptn_request *req, const char *ip, const char *list)
{
	const char *end = list + strlen(list), *start, *hop;

	while (end > list && trusted(req->sc.cf, ip)) {
		for (start = end; start > list && start[-1] != ',';)
			start--;
		hop =
		    clean_element(req->sc.arena, start, (size_t)(end - start));
		if (hop == NULL)
			return ip;
		ip = hop;
		end = start > list ? start - 1 : list;
	}
	return ip;
}

const char *
ptn_client_ip(const struct ptn_request *req)
{
	const char *ip = ptn_request_param(req, "REMOTE_ADDR");
	const char *forwarded = ptn_request_param(req, "HTTP_X_FORWARDED_FOR");
	struct address parsed;

	if (ip == NULL || !parse_address(ip, &parsed))
		return "";
	if (forwarded == NULL || !trusted(req->sc.cf, ip))
		return ip;
	if (ptn_request_param_count(req, "HTTP_X_FORWARDED_FOR") > 1)
		return ip;
	return walk_forwarded(req, ip, forwarded);
}

const char *
ptn_client_network(const struct ptn_request *req)
{
	char text[INET6_ADDRSTRLEN];
	struct address ip;

	if (!parse_address(req->ip, &ip) || ip.v4)
		return req->ip;
	memset(ip.b + 8, 0, 8);
	if (inet_ntop(AF_INET6, ip.b, text, sizeof(text)) == NULL)
		return req->ip;
	return ptn_arena_strdup(req->sc.arena, text);
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
