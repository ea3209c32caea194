#ifndef PTN_FORMAT_JSONSCAN_H
#define PTN_FORMAT_JSONSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"

/*
 * The tokens of JSON (RFC 8259), for json.c, which knows how they may follow
 * each other.  All of them leave the cursor behind what they read, or say in
 * why what is wrong at the cursor, and return false.
 */
struct ptn_jsonscan {
	const uint8_t *p; /* the whole text */
	size_t len;
	size_t at;	 /* the cursor */
	const char *why; /* static text */
};

/* A number as it was written. */
struct ptn_jsonscan_number {
	struct ptn_bytes text;
	bool whole;    /* no fraction and no exponent: an integer */
	bool exact;    /* an integer that int64_t holds */
	int64_t value; /* if exact, or else 0 */
};

/* Say why; false. */
bool ptn_jsonscan_fail(struct ptn_jsonscan *s, const char *why);

/* Say that what is at the cursor, or the end, must not come there; false. */
bool ptn_jsonscan_unexpected(struct ptn_jsonscan *s);

/*
 * The byte behind white space, which is passed over; 0 at the end.  A NUL in
 * the text is no token either.
 */
uint8_t ptn_jsonscan_peek(struct ptn_jsonscan *s);

/* Is it this byte?  Then it is read, and no reason is given if not. */
bool ptn_jsonscan_take(struct ptn_jsonscan *s, uint8_t c);

/* null, true or false, of which the cursor is at the first letter. */
bool ptn_jsonscan_word(struct ptn_jsonscan *s);

bool ptn_jsonscan_number(struct ptn_jsonscan *s, struct ptn_jsonscan_number *n);

/*
 * A string, of which the cursor is at the first quote: valid UTF-8, no raw
 * controls, no half of a surrogate pair (RFC 8259 sections 7, 8.1 and 8.2).
 *
 * to	receives what it means, which has at most as many bytes as the text
 *	from the cursor on has.  n is how many.
 */
bool ptn_jsonscan_string(struct ptn_jsonscan *s, char *to, size_t *n);

#endif
