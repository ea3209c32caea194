#include "lib/format/ipglobal.h"

#include <stddef.h>

#include "lib/base/array.h"

/*
 * The most specific one says; of IPv6 nothing but 2000::/3 is handed out, and
 * that is the first row.
 */
static const struct {
	const char *net;
	bool global;
} blocks[] = {
	{ "::/0", false },
	{ "2000::/3", true },
	{ "2001::/23", false },
	{ "2001:1::1/128", true },
	{ "2001:1::2/128", true },
	{ "2001:1::3/128", true },
	{ "2001:3::/32", true },
	{ "2001:4:112::/48", true },
	{ "2001:20::/28", true },
	{ "2001:30::/28", true },
	{ "2001:db8::/32", false },
	{ "2002::/16", false },
	{ "3fff::/20", false },
	{ "0.0.0.0/0", true },
	{ "0.0.0.0/8", false },
	{ "10.0.0.0/8", false },
	{ "100.64.0.0/10", false },
	{ "127.0.0.0/8", false },
	{ "169.254.0.0/16", false },
	{ "172.16.0.0/12", false },
	{ "192.0.0.0/24", false },
	{ "192.0.0.9/32", true },
	{ "192.0.0.10/32", true },
	{ "192.0.2.0/24", false },
	{ "192.88.99.0/24", false },
	{ "192.168.0.0/16", false },
	{ "198.18.0.0/15", false },
	{ "198.51.100.0/24", false },
	{ "203.0.113.0/24", false },
	{ "224.0.0.0/3", false },
};

bool
ptn_ipglobal(const struct ptn_ip *ip)
{
	struct ptn_ip_net net;
	bool global = false;
	unsigned bits = 0;
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(blocks); i++) {
		if (!ptn_ip_net_parse(blocks[i].net, &net))
			return false;
		if (ptn_ip_in(ip, &net) && net.bits >= bits) {
			global = blocks[i].global;
			bits = net.bits;
		}
	}
	return global;
}
