#ifndef PTN_SMTP_H
#define PTN_SMTP_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/mail/refusal.h"

/*
 * What the files of postern-smtp share: smtp.c sends one mail, smtp_many.c
 * several, smtp_ask.c asks as far as the recipient, smtp_dialogue.c judges,
 * smtp_read.c takes the input apart.
 */

#define PTN_SMTP_INPUT_MAX (16 * 1024 * 1024)
#define PTN_SMTP_TOTAL_S 50 /* for all of them */
#define PTN_SMTP_REPLY_MAX 256
#define PTN_SMTP_WAIT_S 10 /* to connect, and for a piece of an answer */

/* The settings, by the names they are given under. */
enum ptn_smtp_setting {
	PTN_SMTP_HOST,
	PTN_SMTP_PORT,
	PTN_SMTP_TLS,
	PTN_SMTP_USER,
	PTN_SMTP_PASSWORD,
	PTN_SMTP_CA,
	PTN_SMTP_HELO,
	PTN_SMTP_FROM,
	PTN_SMTP_TO,
	PTN_SMTP_ONLY,
	PTN_SMTP_RECEIPTS,
	PTN_SMTP_SIZE,
	PTN_SMTP_SETTING__MAX
};

struct ptn_smtp_mail {
	const char *setting[PTN_SMTP_SETTING__MAX]; /* "" when not given */
	const char *message;
	size_t len;
	size_t sent;
	/* The dialogue, as far as it came. */
	enum ptn_refusal_stage stage;
	bool leaving;			     /* what is said now answers QUIT */
	char reply[PTN_SMTP_REPLY_MAX];	     /* the last one, its last line */
	char mechanisms[PTN_SMTP_REPLY_MAX]; /* what the server said of AUTH */
	bool asked;			     /* AUTH was tried */
};

/* Say what is wrong on standard error, and return status. */
int ptn_smtp_complain(int status, const char *what, const char *why);

/*
 * All of standard input into buf[PTN_SMTP_INPUT_MAX + 1], with a NUL behind
 * it; then taken apart in place.  EX_OK, or what to leave with.
 */
int ptn_smtp_input(char *buf, size_t *len);
int ptn_smtp_mail(struct ptn_smtp_mail *m, char *buf, size_t len);

/* Where to say what is wrong instead, until it is NULL; of size bytes. */
void ptn_smtp_say_to(char *buf, size_t size);

/*
 * Make one of the mails in what follows the settings: its recipient and
 * message; *rest is what follows it.  False: there is none.
 */
bool ptn_smtp_next(struct ptn_smtp_mail *m, char **rest, size_t *len);

/* Is it an address that may stand in a command? */
bool ptn_smtp_address_ok(const char *s);

/* Send them all, and say of each how it went (receipt.h, on descriptor 1). */
int ptn_smtp_many(struct ptn_smtp_mail *m, const char *url);

/* What both ways of sending share; each a CURLcode. */
int ptn_smtp_transport(void *curl, const struct ptn_smtp_mail *m,
    const char *url);
int ptn_smtp_message(void *curl, struct ptn_smtp_mail *m);

/* A command was said; what else goes out is a piece of AUTH, and not kept. */
void ptn_smtp_note_command(struct ptn_smtp_mail *m, const char *data,
    size_t len);
/* A line of a reply was heard; what is not plain text is shown as "?". */
void ptn_smtp_note_reply(struct ptn_smtp_mail *m, const char *data, size_t len);

/*
 * What a dialogue that failed means for this mail: say it, and return what to
 * leave with.
 *
 * denied	libcurl could not log in
 * why		what to say where the server said nothing; cut to the length
 *		of a reply
 */
int ptn_smtp_judge(struct ptn_smtp_mail *m, bool denied, const char *why);

/*
 * Ask whether the recipient would be taken, and leave before the message.
 *
 * connection	the CURL that has logged in (CURLOPT_CONNECT_ONLY)
 */
int ptn_smtp_ask(void *connection, struct ptn_smtp_mail *m);

#endif
