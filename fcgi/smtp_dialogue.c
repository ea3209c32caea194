/* What a mail server says, and what that means for the mail. */
#include "fcgi/smtp.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/array.h"

static bool
begins(const char *data, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(data, with, n) == 0;
}

void
ptn_smtp_note_command(struct ptn_smtp_mail *m, const char *data, size_t len)
{
	static const struct {
		const char *begin;
		enum ptn_refusal_stage stage;
	} commands[] = {
		{ "EHLO ", PTN_REFUSAL_EHLO },
		{ "HELO ", PTN_REFUSAL_EHLO },
		{ "STARTTLS\r\n", PTN_REFUSAL_STARTTLS },
		{ "AUTH ", PTN_REFUSAL_AUTH },
		{ "MAIL FROM:", PTN_REFUSAL_MAIL },
		{ "RCPT TO:", PTN_REFUSAL_RCPT },
		{ "DATA\r\n", PTN_REFUSAL_DATA },
	};
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(commands); i++)
		if (begins(data, len, commands[i].begin))
			m->stage = commands[i].stage;
	m->asked = m->asked || begins(data, len, "AUTH ");
	m->leaving = m->leaving || begins(data, len, "QUIT\r\n");
}

void
ptn_smtp_note_reply(struct ptn_smtp_mail *m, const char *data, size_t len)
{
	char *out = m->reply;
	size_t i;

	while (len > 0 && (data[len - 1] == '\n' || data[len - 1] == '\r'))
		len--;
	if (len >= PTN_SMTP_REPLY_MAX)
		len = PTN_SMTP_REPLY_MAX - 1;
	for (i = 0; i < len; i++)
		out[i] = data[i] >= ' ' && data[i] <= '~' ? data[i] : '?';
	out[len] = '\0';
	if (m->stage == PTN_REFUSAL_EHLO && len > 4 &&
	    begins(out + 4, len - 4, "AUTH "))
		memcpy(m->mechanisms, out + 4, len - 4 + 1);
}

/*
 * Addresses are nobody's business who reads the log, and behind DATA a server
 * may quote what it was sent: then its code says enough.
 */
static void
make_fit_to_show(struct ptn_smtp_mail *m)
{
	char *p = m->reply, *end;

	if (m->stage > PTN_REFUSAL_RCPT)
		m->reply[strspn(p, "0123456789. ")] = '\0';
	while ((p = strchr(p, '<')) != NULL) {
		end = p + strcspn(p, ">");
		if (memchr(p, '@', (size_t)(end - p)) != NULL)
			memset(p + 1, '*', (size_t)(end - p - 1));
		p = end;
	}
}

static int
refused(struct ptn_smtp_mail *m, int status)
{
	const bool us = status == EX_NOPERM;
	const char *keys = us ? ptn_refusal_keys(m->stage, m->reply) : "";
	char what[64], why[PTN_SMTP_REPLY_MAX + 128];

	make_fit_to_show(m);
	snprintf(what, sizeof(what), "%s at %s",
	    us ? "it refuses us" : "refused", ptn_refusal_stages[m->stage]);
	snprintf(why, sizeof(why), "%s%s%s%s", m->reply,
	    *keys != '\0' ? " (see " : "", keys, *keys != '\0' ? ")" : "");
	return ptn_smtp_complain(status, what, why);
}

/* The server has no way to log in that libcurl has, or none at all. */
static int
no_login(struct ptn_smtp_mail *m)
{
	snprintf(m->reply, sizeof(m->reply),
	    "it offers %.200s, none of which is known here",
	    *m->mechanisms != '\0' ? m->mechanisms : "no AUTH");
	m->stage = PTN_REFUSAL_AUTH;
	return refused(m, EX_NOPERM);
}

int
ptn_smtp_judge(struct ptn_smtp_mail *m, bool denied, const char *why)
{
	char text[2 * PTN_SMTP_REPLY_MAX];

	switch (ptn_refusal_of(m->stage, m->reply)) {
	case PTN_REFUSAL_US:
		return refused(m, EX_NOPERM);
	case PTN_REFUSAL_THEM:
		return refused(m, EX_UNAVAILABLE);
	case PTN_REFUSAL_PASSING:
	case PTN_REFUSAL_OPINION__MAX:
		break;
	}
	if (denied && !m->asked)
		return no_login(m);
	if (m->reply[0] == '\0')
		return ptn_smtp_complain(EX_TEMPFAIL, "not sent", why);
	snprintf(text, sizeof(text), "%.*s (last reply %.3s)",
	    PTN_SMTP_REPLY_MAX, why, m->reply);
	return ptn_smtp_complain(EX_TEMPFAIL, "not sent", text);
}
