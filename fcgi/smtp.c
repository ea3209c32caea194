/*
 * postern-smtp: hand one message to an SMTP server.  The only program that
 * knows libcurl, so that no long-lived process carries it.
 *
 * Standard input: lines "NAME VALUE" (host, port, tls, user, password, ca,
 * helo, from, to), an empty line, the message with CRLF line ends.  With "only
 * rcpt" it stops before the message, having asked whether the recipient is
 * taken: for "postern doctor".  With "receipts AT RUN" there is no "to", and
 * several mails follow the empty line: each "to ADDRESS", "size BYTES", an
 * empty line, the message.  They go over one connection, and how each of them
 * ended is written down in the memory on standard output (receipt.h), at AT
 * and behind it.  Standard error: one line that says what went
 * wrong, never what was in the message.
 * Exit: EX_OK; EX_UNAVAILABLE, this recipient or message is refused for good;
 * EX_NOPERM, we are, whatever the mail (refusal.h); EX_DATAERR, an address or
 * message that nobody should be sent; EX_TEMPFAIL, anything that may pass;
 * EX_CONFIG, unusable settings.
 */
#include <sys/prctl.h>
#include <sys/resource.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <curl/curl.h>

#include "fcgi/smtp.h"
#include "lib/format/address.h"
#include "lib/mail/helo.h"
#include "lib/mail/refusal.h"

#define URL_MAX 2048

/*
 * libcurl writes addresses as they are (CR and LF included), so that what
 * could end a command or a path is looked for once more, right before.
 */
bool
ptn_smtp_address_ok(const char *s)
{
	size_t len = strlen(s);

	if (len < 3 || len > PTN_ADDRESS_MAX || strchr(s, '@') == NULL)
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
	if (!ptn_smtp_address_ok(m->setting[PTN_SMTP_FROM]))
		return ptn_smtp_complain(EX_DATAERR, "from is no address", "");
	if (*m->setting[PTN_SMTP_RECEIPTS] == '\0' &&
	    !ptn_smtp_address_ok(m->setting[PTN_SMTP_TO]))
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

/* Listen in, to know what a reply answers and what it says. */
static int
watch(CURL *c, curl_infotype type, char *data, size_t len, void *arg)
{
	struct ptn_smtp_mail *m = arg;

	(void)c;
	if (type == CURLINFO_HEADER_OUT)
		ptn_smtp_note_command(m, data, len);
	else if (type == CURLINFO_HEADER_IN && !m->leaving)
		ptn_smtp_note_reply(m, data, len);
	return 0;
}

/*
 * By password alone: libcurl takes Kerberos first for a name with a domain, and
 * tries no other way when there is no ticket.
 */
static CURLcode
set_login(CURL *c, const struct ptn_smtp_mail *m)
{
	CURLcode r;

	if (*m->setting[PTN_SMTP_USER] == '\0')
		return CURLE_OK;
	if ((r = curl_easy_setopt(c, CURLOPT_LOGIN_OPTIONS,
		 "AUTH=DIGEST-MD5;AUTH=CRAM-MD5;AUTH=NTLM;"
		 "AUTH=PLAIN;AUTH=LOGIN")) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_USERNAME,
		 m->setting[PTN_SMTP_USER])) != CURLE_OK)
		return r;
	return curl_easy_setopt(c, CURLOPT_PASSWORD,
	    m->setting[PTN_SMTP_PASSWORD]);
}

int
ptn_smtp_transport(void *curl, const struct ptn_smtp_mail *m, const char *url)
{
	CURL *c = curl;
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
		 (long)PTN_SMTP_WAIT_S)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_TIMEOUT,
		 (long)PTN_SMTP_TOTAL_S)) != CURLE_OK)
		return r;
	if (*m->setting[PTN_SMTP_CA] != '\0' &&
	    (r = curl_easy_setopt(c, CURLOPT_CAINFO,
		 m->setting[PTN_SMTP_CA])) != CURLE_OK)
		return r;
	return set_login(c, m);
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

int
ptn_smtp_message(void *curl, struct ptn_smtp_mail *m)
{
	CURL *c = curl;
	CURLcode r;

	if ((r = curl_easy_setopt(c, CURLOPT_MAIL_FROM,
		 m->setting[PTN_SMTP_FROM])) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_UPLOAD, 1L)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE,
		 (curl_off_t)m->len)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_READFUNCTION, give_message)) !=
		CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_READDATA, m)) != CURLE_OK)
		return r;
	return set_watch(c, m);
}

static int
failed(struct ptn_smtp_mail *m, CURLcode r, const char *why)
{
	return ptn_smtp_judge(m, r == CURLE_LOGIN_DENIED,
	    *why != '\0' ? why : curl_easy_strerror(r));
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
	    (r = ptn_smtp_transport(c, m, url)) == CURLE_OK &&
	    (r = ptn_smtp_message(c, m)) == CURLE_OK &&
	    (r = curl_easy_setopt(c, CURLOPT_MAIL_RCPT, rcpt)) == CURLE_OK)
		r = curl_easy_perform(c);
	m->leaving = true;
	curl_easy_cleanup(c);
	curl_slist_free_all(rcpt);
	return r == CURLE_OK ? EX_OK : failed(m, r, why);
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
	    (r = ptn_smtp_transport(c, m, url)) == CURLE_OK &&
	    (r = set_watch(c, m)) == CURLE_OK &&
	    (r = curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, 1L)) == CURLE_OK)
		r = curl_easy_perform(c);
	status = r == CURLE_OK ? ptn_smtp_ask(c, m) : failed(m, r, why);
	m->leaving = true;
	curl_easy_cleanup(c);
	return status;
}

static int
carry(struct ptn_smtp_mail *m, const char *url)
{
	if (*m->setting[PTN_SMTP_RECEIPTS] != '\0')
		return ptn_smtp_many(m, url);
	if (*m->setting[PTN_SMTP_ONLY] != '\0')
		return try_mail(m, url);
	return send_mail(m, url);
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
		r = carry(&m, url);
		curl_global_cleanup();
	}
	return r;
}
