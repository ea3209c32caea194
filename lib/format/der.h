#ifndef PTN_FORMAT_DER_H
#define PTN_FORMAT_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"

/* DER (X.690), as far as certificates' extensions and signatures need it. */

/* The first octet of an identifier, without its number. */
#define PTN_DER_UNIVERSAL 0x00
#define PTN_DER_CONSTRUCTED 0x20
#define PTN_DER_CONTEXT 0x80

#define PTN_DER_BOOLEAN 0x01
#define PTN_DER_INTEGER 0x02
#define PTN_DER_OCTETS 0x04
#define PTN_DER_OID 0x06
#define PTN_DER_ENUMERATED 0x0a
#define PTN_DER_SEQUENCE 0x10
#define PTN_DER_SET 0x11

struct ptn_der {
	uint8_t form;	 /* class and PTN_DER_CONSTRUCTED */
	uint32_t number; /* up to 2^28 - 1 */
	struct ptn_bytes value;
};

/*
 * Take the first element off *in.  False, with *in unchanged, if there is
 * none, if it is longer than what is there, or if its tag or length is not in
 * the shortest form (X.690 sections 8.1.2, 10.1).
 */
bool ptn_der_next(struct ptn_bytes *in, struct ptn_der *out) PTN_MUST_USE;

/* The same, for an element that must have this form and number. */
bool ptn_der_expect(struct ptn_bytes *in, uint8_t form, uint32_t number,
    struct ptn_bytes *value) PTN_MUST_USE;

/* A whole text that is one such element and nothing else. */
bool ptn_der_only(struct ptn_bytes in, uint8_t form, uint32_t number,
    struct ptn_bytes *value) PTN_MUST_USE;

/* A SEQUENCE is always constructed. */
bool ptn_der_sequence(struct ptn_bytes *in,
    struct ptn_bytes *value) PTN_MUST_USE;

/*
 * The magnitude of a positive INTEGER in its shortest form, without the
 * leading zero octet; false for zero and for negative ones.
 */
bool ptn_der_positive(struct ptn_bytes *in,
    struct ptn_bytes *magnitude) PTN_MUST_USE;

#endif
