#ifndef PTN_FORMAT_IP_H
#define PTN_FORMAT_IP_H

#include <stdbool.h>
#include <stdint.h>

#define PTN_IP_STR 46 /* bytes of a text, with the NUL */

/*
 * An address of either family, in network order.  IPv4 is kept in its
 * IPv4-mapped form (RFC 4291 section 2.5.5.2): that form and the dotted one
 * are one address here, as they are one host.
 */
struct ptn_ip {
	uint8_t b[16];
	bool v4;
};

/* A network: its address, and how many bits of b count. */
struct ptn_ip_net {
	struct ptn_ip ip;
	unsigned bits;
};

/* False if s is no address: "192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1". */
bool ptn_ip_parse(const char *s, struct ptn_ip *out);

/* IPv4 in its dotted form, IPv6 as RFC 5952 has it. */
void ptn_ip_format(const struct ptn_ip *ip, char out[PTN_IP_STR]);

/*
 * An address, or an address and a length: "10.0.0.0/8", "2001:db8::/32".
 * "::ffff:10.0.0.0/104" is 10.0.0.0/8; "::/0" is all of IPv6, and no IPv4.
 */
bool ptn_ip_net_parse(const char *s, struct ptn_ip_net *out);

bool ptn_ip_in(const struct ptn_ip *ip, const struct ptn_ip_net *net);

/*
 * What is left of an address when the bits behind the first few are zeroed;
 * of IPv4 v4_bits of its 32 stay, of IPv6 v6_bits of its 128.
 */
struct ptn_ip ptn_ip_prefix(const struct ptn_ip *ip, unsigned v4_bits,
    unsigned v6_bits);

#endif
