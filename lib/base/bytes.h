#ifndef PTN_BASE_BYTES_H
#define PTN_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Text versus bytes is a type: "const char *" is NUL-terminated UTF-8, this
 * is anything else.  It borrows; it never owns.
 */
struct ptn_bytes {
	const uint8_t *p;
	size_t len;
};

#define PTN_BYTES(ptr, n) ((struct ptn_bytes){ (const uint8_t *)(ptr), (n) })

/* The bytes of a string, without its NUL. */
struct ptn_bytes ptn_bytes_of(const char *s);

/* Same length and content; time depends on the lengths only. */
bool ptn_bytes_equal(struct ptn_bytes a, struct ptn_bytes b);

/* Overwrite memory in a way the compiler keeps. */
void ptn_wipe(void *p, size_t len);

#endif
