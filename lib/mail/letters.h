#ifndef PTN_MAIL_LETTERS_H
#define PTN_MAIL_LETTERS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/mail/deliver.h"

struct ptn_conf;

/* What one program is given to carry. */
struct ptn_letters {
	const char *from;
	const struct ptn_deliver_letter *one;
	size_t n;
	int fd; /* of receipts; -1: it is one without */
	size_t at;
	uint32_t run;
};

/*
 * What the program will read, as a file in memory: it can be written at once
 * whatever the program does, and its pages go with the last descriptor.
 */
enum ptn_err ptn_letters_input(const struct ptn_conf *cf,
    const struct ptn_letters *l, int *fd) PTN_MUST_USE;

#endif
