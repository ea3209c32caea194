#ifndef PTN_MAIL_HELO_H
#define PTN_MAIL_HELO_H

#include <stdbool.h>

#define PTN_HELO_MAX 255 /* RFC 5321 section 4.5.3.1.2 */

/*
 * What a client may call itself: a fully qualified domain name, or the literal
 * of an address, "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 sections
 * 4.1.1.1 and 4.1.3).
 */
bool ptn_helo_ok(const char *name);

/*
 * What this host may call itself to the server at host and port: the name that
 * it has in the network, if that is fully qualified, else the literal of the
 * address that packets to there come from.  Asks the resolver, sends nothing.
 */
void ptn_helo_own(const char *host, const char *port,
    char out[PTN_HELO_MAX + 1]);

#endif
