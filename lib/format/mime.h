#ifndef PTN_FORMAT_MIME_H
#define PTN_FORMAT_MIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

/* One message of two alternatives.  All members are set; all borrow. */
struct ptn_mime {
	const char *from;      /* an address in ASCII */
	const char *from_name; /* for people; may be empty */
	const char *to;	       /* an address */
	const char *subject;
	const char *text; /* lines end in LF or CRLF */
	const char *html;
	int64_t at_us; /* for Date: microseconds since the epoch */
};

/*
 * True if an address may stand in an envelope or a header as it is: dot-atoms
 * around one "@", valid UTF-8, at most 254 octets.  Whatever could end or
 * split a header or a command (CR, LF, NUL, white space, controls, < > and
 * the other specials of RFC 5322 section 3.2.3) is not.
 */
bool ptn_mime_address_ok(const char *address) PTN_MUST_USE;

/*
 * Write a message: RFC 5322 header with Date, Message-ID and Auto-Submitted
 * (RFC 3834), multipart/alternative (RFC 2046), quoted-printable (RFC 2045),
 * encoded-words (RFC 2047) where a header is not plain ASCII.  Every line
 * ends in CRLF; none but To is longer than 76 columns.
 *
 * Returns PTN_OK; PTN_E_INPUT if an address is not ok or a header text has
 * controls in it or is no UTF-8; PTN_E_NOMEM.
 */
enum ptn_err ptn_mime_write(struct ptn_arena *a, const struct ptn_mime *m,
    struct ptn_bytes *out) PTN_MUST_USE;

/*
 * The parts of it, for tests.  Append unstructured header text (valid UTF-8
 * without controls), col columns of its line being used; append a body.
 */
void ptn_mime_put_text(struct ptn_buf *b, size_t col, const char *text);
void ptn_mime_put_body(struct ptn_buf *b, const char *text);

#endif
