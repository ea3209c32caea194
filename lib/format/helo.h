#ifndef PTN_FORMAT_HELO_H
#define PTN_FORMAT_HELO_H

#include <stdbool.h>

#define PTN_HELO_MAX 255    /* RFC 5321 section 4.5.3.1.2 */
#define PTN_HELO_V6 "IPv6:" /* before an address of that kind */

/*
 * What a client may call itself: a fully qualified domain name, or the literal
 * of an address, "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 sections
 * 4.1.1.1 and 4.1.3).
 */
bool ptn_helo_ok(const char *name);

#endif
