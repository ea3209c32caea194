#ifndef PTN_FORMAT_ADDRESS_H
#define PTN_FORMAT_ADDRESS_H

#include "lib/base/arena.h"
#include "lib/base/err.h"

#define PTN_ADDRESS_MAX 254 /* octets, RFC 5321 section 4.5.3.1.3 less <> */

/*
 * The one form of an e-mail address in which it is looked up, limited,
 * logged, stored and kept unique: local part NFC and case-folded, domain as
 * A-labels in lower case (IDNA 2008, non-transitional, STD3).  Refused, with
 * PTN_E_INPUT: no dotted domain, an address literal, quoted local parts,
 * controls, white space, "<>", invisible (default-ignorable) characters,
 * characters that our tables do not know yet, look-alikes of what is refused,
 * labels over 63, local parts over 64 and addresses over 254 octets.  The
 * result is its own canonical form, with any version of libidn2 and
 * libunistring.  PTN_E_NOMEM when the arena is full.  libidn2 lives here alone.
 */
enum ptn_err ptn_address_canonical(struct ptn_arena *a, const char *in,
    char **out) PTN_MUST_USE;

/*
 * The same address as people write it: the domain in U-labels (RFC 5890
 * section 2.3.2.1), for answers and mails.  A domain that has no such form, and
 * a text that is no address, stay as they are.  NULL when the arena is full.
 */
char *ptn_address_shown(struct ptn_arena *a, const char *canonical);

/*
 * For audit lines: keeps 1 character of a local part of at most 6
 * characters, otherwise 3, then always five stars, and the whole domain:
 * j*****@x.io, jon*****@x.io.  NULL when the arena is full.
 */
char *ptn_address_mask(struct ptn_arena *a, const char *address);

#endif
