#ifndef PTN_FORMAT_IPGLOBAL_H
#define PTN_FORMAT_IPGLOBAL_H

#include <stdbool.h>

#include "lib/format/ip.h"

/*
 * Is it a unicast address that may be anywhere in the Internet?  Not so: what
 * IANA's special-purpose registries (RFC 6890, RFC 8190) do not call globally
 * reachable, multicast, what is reserved, and what leads to IPv4 by another
 * way (6to4, Teredo, and NAT64 of RFC 6052, which the registry would let pass).
 */
bool ptn_ipglobal(const struct ptn_ip *ip);

#endif
