#ifndef PTN_MAIL_H
#define PTN_MAIL_H

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/event/outbox.h"
#include "lib/mail/deliver.h"

struct ptn_conf;

/*
 * Mails: templates and translations from etc/mail, rendered and written as MIME
 * (RFC 5322, 2045-2047): multipart/alternative, quoted-printable, CRLF.
 * deliver.h hands them over.
 */
struct ptn_mailer; /* the parsed templates of every locale */

/* A template: of a notice that is the last one for a while (limit.h). */
#define PTN_MAIL_MANY "many"

/* Bytes that the arena of ptn_mail_write() should have. */
#define PTN_MAIL_MEMORY ((size_t)4 * 1024 * 1024)

/*
 * Load and check every template in every locale.  A missing one, an unknown
 * variable or a syntax error is PTN_E_CONFIG, with a line on standard error,
 * and so is a sender or a service name that no mail could carry: what could be
 * wrong later is found at the start.  cf is borrowed while the mailer lives.
 */
enum ptn_err ptn_mailer_new(struct ptn_mailer **out,
    const struct ptn_conf *cf) PTN_MUST_USE;
void ptn_mailer_free(struct ptn_mailer **m);

/*
 * Write one mail.  A locale we do not have falls back to the first of
 * ptn_locales.  The validity is told in whole minutes, halves rounded to the
 * even one.
 *
 * PTN_E_INPUT if an address or a variable would break out of its header (CR,
 * LF, NUL, <, >, controls) or there is no such template; PTN_E_TOO_LARGE,
 * PTN_E_NOMEM.
 */
enum ptn_err ptn_mail_write(const struct ptn_mailer *m, struct ptn_arena *a,
    const struct ptn_outbox_mail *mail, struct ptn_bytes *message)
    PTN_MUST_USE;

#endif
