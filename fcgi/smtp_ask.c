/* A dialogue as far as the recipient, in words of our own. */
#include "fcgi/smtp.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <curl/curl.h>

#include "lib/format/address.h"

/* Wait until the connection can be read or written; false: for too long. */
static bool
wait_for(CURL *c, short events)
{
	curl_socket_t fd;
	struct pollfd p = { .events = events };

	if (curl_easy_getinfo(c, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK)
		return false;
	p.fd = (int)fd;
	return poll(&p, 1, PTN_SMTP_WAIT_S * 1000) == 1;
}

static bool
say(CURL *c, const char *text)
{
	size_t len = strlen(text), n;
	CURLcode r;

	while (len > 0) {
		r = curl_easy_send(c, text, len, &n);
		if (r == CURLE_AGAIN && wait_for(c, POLLOUT))
			continue;
		if (r != CURLE_OK)
			return false;
		text += n;
		len -= n;
	}
	return true;
}

/* One line of an answer, without what comes behind it. */
static bool
hear_line(CURL *c, char line[PTN_SMTP_REPLY_MAX])
{
	size_t len = 0, n;
	CURLcode r;
	char ch;

	for (;;) {
		r = curl_easy_recv(c, &ch, 1, &n);
		if (r == CURLE_AGAIN && wait_for(c, POLLIN))
			continue;
		if (r != CURLE_OK || n == 0)
			return false;
		if (ch == '\n')
			break;
		if (len < PTN_SMTP_REPLY_MAX - 1)
			line[len++] = ch;
	}
	line[len] = '\0';
	return true;
}

/* A command, and the last line of its answer: is it a yes? */
static bool
ask(CURL *c, struct ptn_smtp_mail *m, enum ptn_refusal_stage stage,
    const char *text)
{
	char line[PTN_SMTP_REPLY_MAX];

	m->stage = stage;
	m->reply[0] = '\0';
	if (!say(c, text))
		return false;
	do {
		if (!hear_line(c, line))
			return false;
	} while (strlen(line) > 3 && line[3] == '-');
	ptn_smtp_note_reply(m, line, strlen(line));
	return m->reply[0] == '2';
}

int
ptn_smtp_ask(void *connection, struct ptn_smtp_mail *m)
{
	CURL *c = connection;
	char from[PTN_ADDRESS_MAX + 32], to[PTN_ADDRESS_MAX + 32];
	int r = EX_OK;

	snprintf(from, sizeof(from), "MAIL FROM:<%s>\r\n",
	    m->setting[PTN_SMTP_FROM]);
	snprintf(to, sizeof(to), "RCPT TO:<%s>\r\n", m->setting[PTN_SMTP_TO]);
	if (!ask(c, m, PTN_REFUSAL_MAIL, from) ||
	    !ask(c, m, PTN_REFUSAL_RCPT, to))
		r = ptn_smtp_judge(m, false,
		    m->reply[0] != '\0' ? "not now" : "the connection broke");
	(void)say(c, "QUIT\r\n");
	return r;
}
