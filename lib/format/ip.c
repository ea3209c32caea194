#include "lib/format/ip.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define MAPPED_BITS 96 /* in front of an IPv4 address */

static const uint8_t mapped[MAPPED_BITS / 8] = { [10] = 0xff, [11] = 0xff };

_Static_assert(PTN_IP_STR >= INET6_ADDRSTRLEN, "any address fits");

bool
ptn_ip_parse(const char *s, struct ptn_ip *out)
{
	memset(out, 0, sizeof(*out));
	memcpy(out->b, mapped, sizeof(mapped));
	out->v4 = inet_pton(AF_INET, s, out->b + sizeof(mapped)) == 1;
	if (out->v4)
		return true;
	if (inet_pton(AF_INET6, s, out->b) != 1)
		return false;
	out->v4 = memcmp(out->b, mapped, sizeof(mapped)) == 0;
	return true;
}

void
ptn_ip_format(const struct ptn_ip *ip, char out[PTN_IP_STR])
{
	const int family = ip->v4 ? AF_INET : AF_INET6;
	const uint8_t *b = ip->v4 ? ip->b + sizeof(mapped) : ip->b;

	if (inet_ntop(family, b, out, PTN_IP_STR) == NULL)
		out[0] = '\0'; /* it fits */
}

/* Decimal without leading zeros, at most three digits. */
static bool
read_bits(const char *s, unsigned max, unsigned *bits)
{
	const size_t len = strlen(s);

	if (len == 0 || len > 3 || s[strspn(s, "0123456789")] != '\0' ||
	    (s[0] == '0' && len > 1))
		return false;
	*bits = (unsigned)strtoul(s, NULL, 10);
	return *bits <= max;
}

bool
ptn_ip_net_parse(const char *s, struct ptn_ip_net *out)
{
	char host[PTN_IP_STR];
	const char *slash = strchr(s, '/');
	const size_t len = slash != NULL ? (size_t)(slash - s) : strlen(s);
	bool dotted;

	memset(out, 0, sizeof(*out));
	if (len >= sizeof(host))
		return false;
	memcpy(host, s, len);
	host[len] = '\0';
	if (!ptn_ip_parse(host, &out->ip))
		return false;
	out->bits = 128;
	if (slash == NULL)
		return true;
	dotted = strchr(host, ':') == NULL;
	if (!read_bits(slash + 1, dotted ? 32 : 128, &out->bits))
		return false;
	out->bits += dotted ? MAPPED_BITS : 0;
	/* wider than all of IPv4: a network of IPv6 */
	out->ip.v4 = out->ip.v4 && out->bits >= MAPPED_BITS;
	return true;
}

bool
ptn_ip_in(const struct ptn_ip *ip, const struct ptn_ip_net *net)
{
	const unsigned bytes = net->bits / 8, rest = net->bits % 8;
	const uint8_t mask = (uint8_t)(0xff00 >> rest);

	if (ip->v4 != net->ip.v4 || memcmp(ip->b, net->ip.b, bytes) != 0)
		return false;
	return rest == 0 || ((ip->b[bytes] ^ net->ip.b[bytes]) & mask) == 0;
}

struct ptn_ip
ptn_ip_prefix(const struct ptn_ip *ip, unsigned v4_bits, unsigned v6_bits)
{
	const unsigned bits = ip->v4 ? MAPPED_BITS + v4_bits : v6_bits;
	struct ptn_ip out = *ip;
	unsigned i;

	for (i = bits; i < 128; i++)
		out.b[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	return out;
}
