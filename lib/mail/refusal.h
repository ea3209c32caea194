#ifndef PTN_MAIL_REFUSAL_H
#define PTN_MAIL_REFUSAL_H

/*
 * What the reply of an SMTP server is about, when it is not the one that was
 * hoped for: RFC 5321 section 4.2 (codes), RFC 3463 with its registry
 * (enhanced codes).  Pure: text in, an opinion out.
 */

/* What the reply answers, in the order of a dialogue. */
enum ptn_refusal_stage {
	PTN_REFUSAL_CONNECT = 0,
	PTN_REFUSAL_EHLO,
	PTN_REFUSAL_STARTTLS,
	PTN_REFUSAL_AUTH,
	PTN_REFUSAL_MAIL,
	PTN_REFUSAL_RCPT,
	PTN_REFUSAL_DATA,
	PTN_REFUSAL_MESSAGE, /* behind the last line of it */
	PTN_REFUSAL__MAX
};
extern const char *const ptn_refusal_stages[PTN_REFUSAL__MAX];

enum ptn_refusal {
	PTN_REFUSAL_PASSING = 0, /* no refusal for good: may pass */
	PTN_REFUSAL_US,	  /* of our name, address, login, rights; or unclear */
	PTN_REFUSAL_THEM, /* of this recipient, or of this message */
	PTN_REFUSAL_OPINION__MAX
};

/*
 * reply	the last line, as "550 5.1.1 no such user"; "" if there is none.
 *
 * For good (5xx) and yet about us means that the next mail meets the same:
 * whoever runs us has to do something, and this mail may wait for it.  A server
 * may put a refusal of us off until RCPT, as Postfix does.
 */
enum ptn_refusal ptn_refusal_of(enum ptn_refusal_stage stage,
    const char *reply);

/* Which keys of the configuration to look at for one of us, or "". */
const char *ptn_refusal_keys(enum ptn_refusal_stage stage, const char *reply);

#endif
