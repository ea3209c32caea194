#define _GNU_SOURCE /* strcasestr(3) */

#include "lib/mail/refusal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/array.h"

/* Codes of RFC 5321 section 4.2.2, RFC 4954 section 6 and RFC 7504. */
#define PARAMETER_UNKNOWN 504
#define AUTH_REQUIRED 530
#define AUTH_WEAK 534
#define AUTH_WRONG 535
#define AUTH_CLEAR 538
#define MAILBOX_UNAVAILABLE 550
#define NOT_LOCAL 551
#define TOO_MUCH 552
#define MAILBOX_NAME 553
#define DOMAIN_TAKES_NONE 556

const char *const ptn_refusal_stages[PTN_REFUSAL__MAX] = {
	[PTN_REFUSAL_CONNECT] = "the greeting",
	[PTN_REFUSAL_EHLO] = "EHLO",
	[PTN_REFUSAL_STARTTLS] = "STARTTLS",
	[PTN_REFUSAL_AUTH] = "AUTH",
	[PTN_REFUSAL_MAIL] = "MAIL",
	[PTN_REFUSAL_RCPT] = "RCPT",
	[PTN_REFUSAL_DATA] = "DATA",
	[PTN_REFUSAL_MESSAGE] = "the message",
};

/* "550 5.1.1": subject and detail are -1 where the reply does not say. */
struct codes {
	int code;
	int subject;
	int detail;
};

static struct codes
codes_of(const char *reply)
{
	struct codes c = { 0, -1, -1 };
	int class, subject, detail;

	if (sscanf(reply, "%3d", &c.code) != 1)
		return (struct codes){ 0, -1, -1 };
	if (strlen(reply) > 4 &&
	    sscanf(reply + 4, "%1d.%3d.%3d", &class, &subject, &detail) == 3 &&
	    class == c.code / 100) {
		c.subject = subject;
		c.detail = detail;
	}
	return c;
}

#define ANY (-1)

/*
 * RFC 3463 and its registry: who is meant, in the envelope of one recipient.
 * The first row that fits counts.
 */
static const struct {
	int subject;
	int detail;
	enum ptn_refusal about;
} meanings[] = {
	{ 1, 7, PTN_REFUSAL_US },     /* sender's mailbox address */
	{ 1, 8, PTN_REFUSAL_US },     /* sender's system address */
	{ 1, ANY, PTN_REFUSAL_THEM }, /* addresses */
	{ 2, ANY, PTN_REFUSAL_THEM }, /* mailbox: full, disabled */
	{ 3, 4, PTN_REFUSAL_THEM },   /* message too big */
	{ 4, ANY, PTN_REFUSAL_THEM }, /* no way to where they are */
	{ 5, ANY, PTN_REFUSAL_US },   /* we speak wrongly */
	{ 6, ANY, PTN_REFUSAL_THEM }, /* this message */
	{ 7, 2, PTN_REFUSAL_THEM },   /* a list that does not take it */
	{ 7, 13, PTN_REFUSAL_THEM },  /* account disabled */
	{ 7, 17, PTN_REFUSAL_THEM },  /* the mailbox has another owner */
	{ 7, 18, PTN_REFUSAL_THEM },  /* the domain has */
	{ 7, ANY, PTN_REFUSAL_US },   /* rights, and who we are */
};

static enum ptn_refusal
by_enhanced(const struct codes *c, enum ptn_refusal otherwise)
{
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(meanings); i++)
		if (meanings[i].subject == c->subject &&
		    (meanings[i].detail == ANY ||
			meanings[i].detail == c->detail))
			return meanings[i].about;
	return otherwise;
}

static enum ptn_refusal
by_code(enum ptn_refusal_stage stage, int code)
{
	if (code == TOO_MUCH || code == DOMAIN_TAKES_NONE)
		return PTN_REFUSAL_THEM;
	return stage == PTN_REFUSAL_RCPT &&
		(code == MAILBOX_UNAVAILABLE || code == NOT_LOCAL ||
		    code == MAILBOX_NAME)
	    ? PTN_REFUSAL_THEM
	    : PTN_REFUSAL_US;
}

/*
 * Postfix says 5.7.1 and 5.5.2 of anybody; who is meant stands behind it, in
 * words that programs have read for twenty years.
 */
static bool
says_recipient(const struct codes *c, const char *reply)
{
	return ((c->subject == 7 && c->detail == 1) ||
		   (c->subject == 5 && c->detail == 2)) &&
	    strcasestr(reply, "recipient address rejected") != NULL;
}

enum ptn_refusal
ptn_refusal_of(enum ptn_refusal_stage stage, const char *reply)
{
	const struct codes c = codes_of(reply);

	if (c.code / 100 != 5)
		return PTN_REFUSAL_PASSING;
	if (stage < PTN_REFUSAL_MAIL)
		return PTN_REFUSAL_US;
	/* There is no recipient yet: a size, or a form of message at most. */
	if (stage == PTN_REFUSAL_MAIL)
		return c.code == TOO_MUCH || c.subject == 6 ||
			(c.subject == 3 && c.detail == 4)
		    ? PTN_REFUSAL_THEM
		    : PTN_REFUSAL_US;
	if (says_recipient(&c, reply))
		return PTN_REFUSAL_THEM;
	return by_enhanced(&c, by_code(stage, c.code));
}

const char *
ptn_refusal_keys(enum ptn_refusal_stage stage, const char *reply)
{
	const struct codes c = codes_of(reply);

	if (strcasestr(reply, "starttls") != NULL) /* RFC 3207 section 4 */
		return "email_delivery.smtp.tls";
	if (stage == PTN_REFUSAL_AUTH || c.code == AUTH_REQUIRED ||
	    c.code == AUTH_WEAK || c.code == AUTH_WRONG ||
	    c.code == AUTH_CLEAR || (c.subject == 7 && c.detail == 8))
		return "email_delivery.smtp.user and .password";
	if (stage == PTN_REFUSAL_MAIL ||
	    (c.subject == 1 && (c.detail == 7 || c.detail == 8)) ||
	    strcasestr(reply, "sender address rejected") != NULL)
		return "email_delivery.from_address";
	if (stage == PTN_REFUSAL_EHLO || strcasestr(reply, "helo") != NULL ||
	    c.code == PARAMETER_UNKNOWN)
		return "email_delivery.smtp.helo";
	return "";
}
