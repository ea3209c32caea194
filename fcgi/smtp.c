/*
 * postern-smtp: hand one message to an SMTP server.  The only program that
 * knows libcurl, so that no long-lived process carries it.
 *
 * Standard input: lines "NAME VALUE" (host, port, tls, user, password, ca,
 * helo, from, to), an empty line, the message with CRLF line ends.  With "only
 * rcpt" it stops before the message, having asked whether the recipient is
 * taken: for "postern doctor".  Standard error: one line that says what went
 * wrong, never what was in the message.
 * Exit: EX_OK; EX_UNAVAILABLE, this recipient or message is refused for good;
 * EX_NOPERM, we are, whatever the mail (refusal.h); EX_DATAERR, an address or
 * message that nobody should be sent; EX_TEMPFAIL, anything that may pass;
 * EX_CONFIG, unusable settings.
 */
#include <sys/prctl.h>
#include <sys/resource.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <curl/curl.h>

#include "fcgi/smtp.h"
#include "lib/base/array.h"
#include "lib/mail/helo.h"
#include "lib/mail/refusal.h"

#define URL_MAX 2048
#define ADDRESS_MAX 254
#define CONNECT_TIMEOUT_S 10L
#define TOTAL_TIMEOUT_S 50L

/*
 * libcurl writes addresses as they are (CR and LF included), so that what
 * could end a command or a path is looked for once more, right before.
 */
static bool
address_ok(const char *s)
{
	size_t len = strlen(s);

	if (len < 3 || len > ADDRESS_MAX || strchr(s, '@') == NULL)
		return false;
	for (; *s != '\0'; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f || *s == '<' ||
		    *s == '>')
			return false;
	return true;
}

/* A host name or IP address, and nothing that means something in a URL. */
static bool
host_ok(const char *s)
{
	static const char also[] = ".-_:";
	bool any = *s != '\0';

	for (; *s != '\0'; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
			(*s >= '0' && *s <= '9') || (*s & 0x80) != 0 ||
			strchr(also, *s) != NULL))
			return false;
	return any;
}

/*
 * libcurl takes what we call ourselves from the path of the URL; brackets and
 * colons mean something there.
 */
static void
escape(const char *s, char out[3 * PTN_HELO_MAX + 1])
{
	for (; *s != '\0'; s++)
		if (strchr("[]:", *s) != NULL)
			out += sprintf(out, "%%%02X", (unsigned char)*s);
		else
			*out++ = *s;
	*out = '\0';
}

static void
make_helo(const struct ptn_smtp_mail *m, char out[3 * PTN_HELO_MAX + 1])
{
	char own[PTN_HELO_MAX + 1] = "";

	if (*m->setting[PTN_SMTP_HELO] == '\0')
		ptn_helo_own(m->setting[PTN_SMTP_HOST],
		    m->setting[PTN_SMTP_PORT], own);
	escape(*own != '\0' ? own : m->setting[PTN_SMTP_HELO], out);
}

static int
make_url(const struct ptn_smtp_mail *m, char out[URL_MAX])
{
	const char *host = m->setting[PTN_SMTP_HOST];
	bool v6 = strchr(host, ':') != NULL;
	char *end, helo[3 * PTN_HELO_MAX + 1];
	long port = strtol(m->setting[PTN_SMTP_PORT], &end, 10);

	if (!host_ok(host) || *end != '\0' || port < 1 || port > 65535)
		return ptn_smtp_complain(EX_CONFIG, "no usable host and port",
		    "");
	if (*m->setting[PTN_SMTP_HELO] != '\0' &&
	    !ptn_helo_ok(m->setting[PTN_SMTP_HELO]))
		return ptn_smtp_complain(EX_CONFIG, "helo is no name to go by",
		    "");
	make_helo(m, helo);
	if (snprintf(out, URL_MAX, "%s://%s%s%s:%ld/%s",
		strcmp(m->setting[PTN_SMTP_TLS], "implicit") == 0 ? "smtps"
								  : "smtp",
		v6 ? "[" : "", host, v6 ? "]" : "", port, helo) >= URL_MAX)
		return ptn_smtp_complain(EX_CONFIG, "no usable host and port",
		    "");
	return EX_OK;
}

static int
check(const struct ptn_smtp_mail *m)
{
	const char *tls = m->setting[PTN_SMTP_TLS];

	if (strcmp(tls, "implicit") != 0 && strcmp(tls, "starttls") != 0 &&
	    strcmp(tls, "none") != 0)
		return ptn_smtp_complain(EX_CONFIG,
		    "tls is none of implicit, "
		    "starttls, none",
		    "");
	if (!address_ok(m->setting[PTN_SMTP_FROM]))
		return ptn_smtp_complain(EX_DATAERR, "from is no address", "");
	if (!address_ok(m->setting[PTN_SMTP_TO]))
		return ptn_smtp_complain(EX_DATAERR, "to is no address", "");
	if (*m->setting[PTN_SMTP_ONLY] != '\0' &&
	    strcmp(m->setting[PTN_SMTP_ONLY], "rcpt") != 0)
		return ptn_smtp_complain(EX_CONFIG, "only is not rcpt", "");
	return EX_OK;
}

static size_t
give_message(char *out, size_t size, size_t n, void *arg)
{
	struct ptn_smtp_mail *m = arg;
	size_t len = m->len - m->sent;

	m->stage = PTN_REFUSAL_MESSAGE;
	if (len > size * n)
		len = size * n;
	memcpy(out, m->message + m->sent, len);
	m->sent += len;
	return len;
}

static bool
begins(const char *data, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(data, with, n) == 0;
}

/* A command; what else goes out is a piece of AUTH, and never kept. */
static void
note_command(struct ptn_smtp_mail *m, const char *data, size_t len)
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

/* A line of a reply; what is not plain text is shown as "?". */
static void
note_reply(struct ptn_smtp_mail *m, const char *data, size_t len)
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

/* Listen in, to know what a reply answers and what it says. */
static int
watch(CURL *c, curl_infotype type, char *data, size_t len, void *arg)
{
	struct ptn_smtp_mail *m = arg;

	(void)c;
	if (type == CURLINFO_HEADER_OUT)
		note_command(m, data, len);
	else if (type == CURLINFO_HEADER_IN && !m->leaving)
		note_reply(m, data, len);
	return 0;
}

static CURLcode
set_transport(CURL *c, const struct ptn_smtp_mail *m, const char *url)
{
	bool plain = strcmp(m->setting[PTN_SMTP_TLS], "none") == 0;
	CURLcode r;

	if ((r = curl_easy_setopt(c, CURLOPT_URL, url)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps")) !=
		CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_PROXY, "")) != CURLE_OK ||
	    /* "All" is required, not tried: a stripped STARTTLS fails. */
	    (r = curl_easy_setopt(c, CURLOPT_USE_SSL,
		 (long)(plain ? CURLUSESSL_NONE : CURLUSESSL_ALL))) !=
		CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_SSLVERSION,
		 (long)CURL_SSLVERSION_TLSv1_2)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT,
		 CONNECT_TIMEOUT_S)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_TIMEOUT, TOTAL_TIMEOUT_S)) !=
		CURLE_OK)
		return r;
	if (*m->setting[PTN_SMTP_CA] != '\0' &&
	    (r = curl_easy_setopt(c, CURLOPT_CAINFO,
		 m->setting[PTN_SMTP_CA])) != CURLE_OK)
		return r;
	if (*m->setting[PTN_SMTP_USER] == '\0')
		return CURLE_OK;
	r = curl_easy_setopt(c, CURLOPT_USERNAME, m->setting[PTN_SMTP_USER]);
	if (r != CURLE_OK)
		return r;
	return curl_easy_setopt(c, CURLOPT_PASSWORD,
	    m->setting[PTN_SMTP_PASSWORD]);
}

static CURLcode
set_watch(CURL *c, struct ptn_smtp_mail *m)
{
	CURLcode r;

	if ((r = curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, watch)) !=
		CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_DEBUGDATA, m)) != CURLE_OK)
		return r;
	return curl_easy_setopt(c, CURLOPT_VERBOSE, 1L);
}

static CURLcode
set_mail(CURL *c, struct ptn_smtp_mail *m, struct curl_slist *rcpt)
{
	CURLcode r;

	if ((r = curl_easy_setopt(c, CURLOPT_MAIL_FROM,
		 m->setting[PTN_SMTP_FROM])) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_MAIL_RCPT, rcpt)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_UPLOAD, 1L)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE,
		 (curl_off_t)m->len)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_READFUNCTION, give_message)) !=
		CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_READDATA, m)) != CURLE_OK)
		return r;
	return set_watch(c, m);
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

/* What a dialogue that failed means for this mail. */
static int
judge(struct ptn_smtp_mail *m, CURLcode r, const char *why)
{
	char text[CURL_ERROR_SIZE + PTN_SMTP_REPLY_MAX];

	switch (ptn_refusal_of(m->stage, m->reply)) {
	case PTN_REFUSAL_US:
		return refused(m, EX_NOPERM);
	case PTN_REFUSAL_THEM:
		return refused(m, EX_UNAVAILABLE);
	case PTN_REFUSAL_PASSING:
	case PTN_REFUSAL_OPINION__MAX:
		break;
	}
	if (r == CURLE_LOGIN_DENIED && !m->asked)
		return no_login(m);
	if (m->reply[0] != '\0')
		snprintf(text, sizeof(text), "%s (last reply %.3s)", why,
		    m->reply);
	else
		snprintf(text, sizeof(text), "%s (no reply)", why);
	return ptn_smtp_complain(EX_TEMPFAIL, "not sent", text);
}

static int
send_mail(struct ptn_smtp_mail *m, const char *url)
{
	char why[CURL_ERROR_SIZE] = "";
	struct curl_slist *rcpt =
	    curl_slist_append(NULL, m->setting[PTN_SMTP_TO]);
	CURL *c = curl_easy_init();
	CURLcode r = CURLE_OUT_OF_MEMORY;

	if (c != NULL && rcpt != NULL &&
	    (r = curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why)) == CURLE_OK &&
	    (r = set_transport(c, m, url)) == CURLE_OK &&
	    (r = set_mail(c, m, rcpt)) == CURLE_OK)
		r = curl_easy_perform(c);
	m->leaving = true;
	curl_easy_cleanup(c);
	curl_slist_free_all(rcpt);
	if (r == CURLE_OK)
		return EX_OK;
	return judge(m, r, why[0] != '\0' ? why : curl_easy_strerror(r));
}

/* ------------------------------------------------- as far as the recipient */

/* Wait until the connection can be read or written; false: for too long. */
static bool
wait_for(CURL *c, short events)
{
	curl_socket_t fd;
	struct pollfd p = { .events = events };

	if (curl_easy_getinfo(c, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK)
		return false;
	p.fd = (int)fd;
	return poll(&p, 1, (int)CONNECT_TIMEOUT_S * 1000) == 1;
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
	note_reply(m, line, strlen(line));
	return m->reply[0] == '2';
}

static int
ask_recipient(CURL *c, struct ptn_smtp_mail *m)
{
	char from[ADDRESS_MAX + 32], to[ADDRESS_MAX + 32];
	int r = EX_OK;

	snprintf(from, sizeof(from), "MAIL FROM:<%s>\r\n",
	    m->setting[PTN_SMTP_FROM]);
	snprintf(to, sizeof(to), "RCPT TO:<%s>\r\n", m->setting[PTN_SMTP_TO]);
	if (!ask(c, m, PTN_REFUSAL_MAIL, from) ||
	    !ask(c, m, PTN_REFUSAL_RCPT, to))
		r = judge(m, CURLE_OK,
		    m->reply[0] != '\0' ? "not now" : "the connection broke");
	(void)say(c, "QUIT\r\n");
	return r;
}

/* What libcurl does by itself ends with the log-in; the rest is said here. */
static int
try_mail(struct ptn_smtp_mail *m, const char *url)
{
	char why[CURL_ERROR_SIZE] = "";
	CURL *c = curl_easy_init();
	CURLcode r = CURLE_OUT_OF_MEMORY;
	int status;

	if (c != NULL &&
	    (r = curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why)) == CURLE_OK &&
	    (r = set_transport(c, m, url)) == CURLE_OK &&
	    (r = set_watch(c, m)) == CURLE_OK &&
	    (r = curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, 1L)) == CURLE_OK)
		r = curl_easy_perform(c);
	if (r == CURLE_OK)
		status = ask_recipient(c, m);
	else
		status =
		    judge(m, r, why[0] != '\0' ? why : curl_easy_strerror(r));
	m->leaving = true;
	curl_easy_cleanup(c);
	return status;
}

int
main(void)
{
	static char buf[PTN_SMTP_INPUT_MAX + 1];
	const struct rlimit none = { 0, 0 };
	struct ptn_smtp_mail m = { .sent = 0 };
	char url[URL_MAX];
	size_t len;
	int r;

	/* The input holds a password and a code: no dump may. */
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
	signal(SIGPIPE, SIG_IGN);
	if ((r = ptn_smtp_input(buf, &len)) == EX_OK &&
	    (r = ptn_smtp_mail(&m, buf, len)) == EX_OK &&
	    (r = check(&m)) == EX_OK && (r = make_url(&m, url)) == EX_OK) {
		if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
			return ptn_smtp_complain(EX_TEMPFAIL, "libcurl", "");
		r = *m.setting[PTN_SMTP_ONLY] != '\0' ? try_mail(&m, url)
						      : send_mail(&m, url);
		curl_global_cleanup();
	}
	return r;
}
