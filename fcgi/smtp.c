/*
 * postern-smtp: hand one message to an SMTP server.  The only program that
 * knows libcurl, so that no long-lived process carries it.
 *
 * Standard input: lines "NAME VALUE" (host, port, tls, user, password, ca,
 * from, to), an empty line, the message with CRLF line ends.  Standard error:
 * one line that says what went wrong, never what was in the message.
 * Exit: EX_OK; EX_UNAVAILABLE, refused for good (5xx to MAIL, RCPT or DATA);
 * EX_DATAERR, an address or message that nobody should be sent;
 * EX_TEMPFAIL, anything that may pass; EX_CONFIG, unusable settings.
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

#define INPUT_MAX (1024 * 1024)
#define URL_MAX 512
#define ADDRESS_MAX 254
#define CONNECT_TIMEOUT_S 10L
#define TOTAL_TIMEOUT_S 50L

/* The settings, by the names they are given under. */
enum { HOST, PORT, TLS, USER, PASSWORD, CA, FROM, TO, SETTING__MAX };
static const char *const setting_name[SETTING__MAX] = {
	[HOST] = "host",
	[PORT] = "port",
	[TLS] = "tls",
	[USER] = "user",
	[PASSWORD] = "password",
	[CA] = "ca",
	[FROM] = "from",
	[TO] = "to",
};

struct mail {
	const char *setting[SETTING__MAX]; /* "" when not given */
	const char *message;
	size_t len;
	size_t sent;
	bool envelope; /* the server has been told MAIL FROM */
};

static int
complain(int status, const char *what, const char *why)
{
	fprintf(stderr, "%s%s%s\n", what, *why != '\0' ? ": " : "", why);
	return status;
}

/* All of standard input into buf[INPUT_MAX + 1], with a NUL behind it. */
static int
read_input(char *buf, size_t *len)
{
	ssize_t n;

	*len = 0;
	while ((n = read(0, buf + *len, INPUT_MAX + 1 - *len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return complain(EX_TEMPFAIL, "input", strerror(errno));
		*len += (size_t)n;
		if (*len > INPUT_MAX)
			return complain(EX_DATAERR, "input is too long", "");
	}
	buf[*len] = '\0';
	return EX_OK;
}

/* Take "NAME VALUE" apart. */
static int
read_setting(struct mail *m, char *line)
{
	char *value = strchr(line, ' ');
	int i;

	if (value == NULL)
		return complain(EX_CONFIG, "a setting without a value", "");
	*value++ = '\0';
	for (i = 0; i < SETTING__MAX; i++) {
		if (strcmp(setting_name[i], line) == 0) {
			m->setting[i] = value;
			return EX_OK;
		}
	}
	return complain(EX_CONFIG, "unknown setting", line);
}

static int
read_mail(struct mail *m, char *buf, size_t len)
{
	char *line = buf;
	char *lf;
	int i;
	int r;

	for (i = 0; i < SETTING__MAX; i++)
		m->setting[i] = "";
	while ((lf = strchr(line, '\n')) != NULL && lf != line) {
		*lf = '\0';
		if ((r = read_setting(m, line)) != EX_OK)
			return r;
		line = lf + 1;
	}
	if (lf == NULL)
		return complain(EX_CONFIG, "no message", "");
	m->message = lf + 1;
	m->len = len - (size_t)(lf + 1 - buf);
	if (memchr(m->message, '\0', m->len) != NULL)
		return complain(EX_DATAERR, "the message has a NUL in it", "");
	return EX_OK;
}

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

static int
make_url(const struct mail *m, char out[URL_MAX])
{
	const char *host = m->setting[HOST];
	bool v6 = strchr(host, ':') != NULL;
	char *end;
	long port = strtol(m->setting[PORT], &end, 10);

	if (!host_ok(host) || *end != '\0' || port < 1 || port > 65535)
		return complain(EX_CONFIG, "no usable host and port", "");
	if (snprintf(out, URL_MAX, "%s://%s%s%s:%ld",
		strcmp(m->setting[TLS], "implicit") == 0 ? "smtps" : "smtp",
		v6 ? "[" : "", host, v6 ? "]" : "", port) >= URL_MAX)
		return complain(EX_CONFIG, "no usable host and port", "");
	return EX_OK;
}

static int
check(const struct mail *m)
{
	const char *tls = m->setting[TLS];

	if (strcmp(tls, "implicit") != 0 && strcmp(tls, "starttls") != 0 &&
	    strcmp(tls, "none") != 0)
		return complain(EX_CONFIG,
		    "tls is none of implicit, "
		    "starttls, none",
		    "");
	if (!address_ok(m->setting[FROM]))
		return complain(EX_DATAERR, "from is no address", "");
	if (!address_ok(m->setting[TO]))
		return complain(EX_DATAERR, "to is no address", "");
	return EX_OK;
}

static size_t
give_message(char *out, size_t size, size_t n, void *arg)
{
	struct mail *m = arg;
	size_t len = m->len - m->sent;

	if (len > size * n)
		len = size * n;
	memcpy(out, m->message + m->sent, len);
	m->sent += len;
	return len;
}

/*
 * See what goes out, to know which command a reply belongs to: a server that
 * refuses our greeting or our password refuses us, not this mail.
 */
static int
watch(CURL *c, curl_infotype type, char *data, size_t len, void *arg)
{
	static const char cmd[] = "MAIL FROM:";
	struct mail *m = arg;

	(void)c;
	if (type == CURLINFO_HEADER_OUT && len >= sizeof(cmd) - 1 &&
	    memcmp(data, cmd, sizeof(cmd) - 1) == 0)
		m->envelope = true;
	return 0;
}

static CURLcode
set_transport(CURL *c, const struct mail *m, const char *url)
{
	bool plain = strcmp(m->setting[TLS], "none") == 0;
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
	if (*m->setting[CA] != '\0' &&
	    (r = curl_easy_setopt(c, CURLOPT_CAINFO, m->setting[CA])) !=
		CURLE_OK)
		return r;
	if (*m->setting[USER] == '\0')
		return CURLE_OK;
	r = curl_easy_setopt(c, CURLOPT_USERNAME, m->setting[USER]);
	if (r != CURLE_OK)
		return r;
	return curl_easy_setopt(c, CURLOPT_PASSWORD, m->setting[PASSWORD]);
}

static CURLcode
set_mail(CURL *c, struct mail *m, struct curl_slist *rcpt)
{
	CURLcode r;

	if ((r = curl_easy_setopt(c, CURLOPT_MAIL_FROM, m->setting[FROM])) !=
		CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_MAIL_RCPT, rcpt)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_UPLOAD, 1L)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE,
		 (curl_off_t)m->len)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_READFUNCTION, give_message)) !=
		CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_READDATA, m)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, watch)) !=
		CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_DEBUGDATA, m)) != CURLE_OK)
		return r;
	return curl_easy_setopt(c, CURLOPT_VERBOSE, 1L);
}

/* What a dialogue that failed means for this mail. */
static int
judge(const struct mail *m, long code, const char *why)
{
	char text[CURL_ERROR_SIZE + 32];

	snprintf(text, sizeof(text), "%s (last reply %ld)", why, code);
	if (m->envelope && code >= 500 && code <= 599)
		return complain(EX_UNAVAILABLE, "refused", text);
	return complain(EX_TEMPFAIL, "not sent", text);
}

static int
send_mail(struct mail *m, const char *url)
{
	char why[CURL_ERROR_SIZE] = "";
	struct curl_slist *rcpt = curl_slist_append(NULL, m->setting[TO]);
	CURL *c = curl_easy_init();
	CURLcode r = CURLE_OUT_OF_MEMORY;
	long code = 0;

	if (c != NULL && rcpt != NULL &&
	    (r = curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why)) == CURLE_OK &&
	    (r = set_transport(c, m, url)) == CURLE_OK &&
	    (r = set_mail(c, m, rcpt)) == CURLE_OK) {
		r = curl_easy_perform(c);
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &code);
	}
	curl_easy_cleanup(c);
	curl_slist_free_all(rcpt);
	if (r == CURLE_OK)
		return EX_OK;
	return judge(m, code, why[0] != '\0' ? why : curl_easy_strerror(r));
}

int
main(void)
{
	static char buf[INPUT_MAX + 2];
	const struct rlimit none = { 0, 0 };
	struct mail m = { .sent = 0 };
	char url[URL_MAX];
	size_t len;
	int r;

	/* The input holds a password and a code: no dump may. */
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
	signal(SIGPIPE, SIG_IGN);
	if ((r = read_input(buf, &len)) == EX_OK &&
	    (r = read_mail(&m, buf, len)) == EX_OK &&
	    (r = check(&m)) == EX_OK && (r = make_url(&m, url)) == EX_OK) {
		if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
			return complain(EX_TEMPFAIL, "libcurl", "");
		r = send_mail(&m, url);
		curl_global_cleanup();
	}
	return r;
}
