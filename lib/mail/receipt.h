#ifndef PTN_MAIL_RECEIPT_H
#define PTN_MAIL_RECEIPT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

#define PTN_RECEIPT_SAID_MAX 248

/*
 * What becomes of each mail of several that one program carries, in memory
 * that it shares with us: it begins one, and says how that ended.  What it has
 * not begun can be taken back, and is then never begun.  All of it survives
 * whoever started the program.
 *
 * A run has a number, so that a program of before, if one is left, has no say
 * in what its places are used for now.
 */
struct ptn_receipt {
	_Atomic uint64_t state; /* run, phase and status */
	char said[PTN_RECEIPT_SAID_MAX];
};

enum ptn_receipt_phase {
	PTN_RECEIPT_WAITING = 0,
	PTN_RECEIPT_BEGUN,
	PTN_RECEIPT_BACK,
	PTN_RECEIPT_ENDED
};

/*
 * Memory for n receipts: a file of a size that nobody changes.
 *
 * fd	above 2; close(2) it, as the memory is unmapped by _unmap().
 * NULL, logged: there is none.
 */
struct ptn_receipt *ptn_receipts_new(size_t n, int *fd);
/* That of a file, of which the size is found; NULL: it is none. */
struct ptn_receipt *ptn_receipts_map(int fd, size_t *n);
void ptn_receipts_unmap(struct ptn_receipt *r, size_t n);

/* n of them wait for that run, whatever they were before. */
void ptn_receipts_clear(struct ptn_receipt *r, size_t n, uint32_t run);

/* For the program.  False: it was taken back, or the run is another one. */
bool ptn_receipt_begin(struct ptn_receipt *r, uint32_t run) PTN_MUST_USE;
void ptn_receipt_end(struct ptn_receipt *r, uint32_t run, int status,
    const char *said);

/* For who waits for it.  False: it was begun. */
bool ptn_receipt_take_back(struct ptn_receipt *r, uint32_t run) PTN_MUST_USE;

/*
 * How far it is.  Of one that ended, status is what a program would leave with
 * that had carried it alone, and said its words.  One of another run is as if
 * taken back.
 */
enum ptn_receipt_phase ptn_receipt_look(const struct ptn_receipt *r,
    uint32_t run, int *status, char said[PTN_RECEIPT_SAID_MAX]);

#endif
