/*
 * postern-hook: tell one webhook one thing.  Whoever names a callback chooses
 * whom we speak to, so that it is this program, which has nothing but what it
 * is to say, that judges the address before it connects: the one that the
 * socket is opened for, whatever the name meant before or will mean.
 *
 * Standard input: lines "NAME VALUE" (url, ca, header; "http yes", if that may
 * be; allow, for each network that may be reached besides the Internet), an
 * empty line, the body.  Standard error: one line that says what went wrong.
 * Exit: EX_OK, it answered 2xx; EX_DATAERR, it does not want this (4xx, unless
 * it is about the moment); EX_TEMPFAIL, anything else; EX_CONFIG.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <curl/curl.h>

#include "lib/format/hook.h"
#include "lib/format/ip.h"
#include "lib/format/ipglobal.h"

#define INPUT_MAX (1024 * 1024)
#define NETWORKS_MAX 64
#define CONNECT_TIMEOUT_S 5L
#define TOTAL_TIMEOUT_S 15L
#define ALARM_S 25		       /* if libcurl should not come back */
#define ANSWER_MAX ((size_t)64 * 1024) /* bytes that are read, and dropped */

struct hook {
	const char *url, *ca;
	bool http;
	struct ptn_ip_net net[NETWORKS_MAX];
	size_t nets;
	struct curl_slist *header;
	const char *body;
	size_t len;
	size_t answered;
	char refused[PTN_IP_STR]; /* the last address that may not be */
};

static int
complain(int status, const char *what, const char *why)
{
	fprintf(stderr, "%s%s%s\n", what, *why != '\0' ? ": " : "", why);
	return status;
}

static bool
add_header(struct hook *h, const char *line)
{
	struct curl_slist *more = curl_slist_append(h->header, line);

	if (more != NULL)
		h->header = more;
	return more != NULL;
}

static int
read_line(struct hook *h, char *line)
{
	char *value = strchr(line, ' ');
	bool ok = true;

	if (value == NULL)
		return complain(EX_CONFIG, "a line without a value", "");
	*value++ = '\0';
	if (strcmp(line, "url") == 0)
		h->url = value;
	else if (strcmp(line, "ca") == 0)
		h->ca = value;
	else if (strcmp(line, "http") == 0)
		h->http = strcmp(value, "yes") == 0;
	else if (strcmp(line, "header") == 0)
		ok = add_header(h, value);
	else if (strcmp(line, "allow") == 0)
		ok = h->nets < NETWORKS_MAX &&
		    ptn_ip_net_parse(value, &h->net[h->nets++]);
	else
		ok = false;
	return ok ? EX_OK : complain(EX_CONFIG, "a line that cannot be", line);
}

static int
read_input(struct hook *h, char *buf)
{
	size_t len = fread(buf, 1, INPUT_MAX + 1, stdin);
	char *line = buf, *lf;
	const char *fault;
	int r;

	if (len > INPUT_MAX)
		return complain(EX_CONFIG, "the input is too long", "");
	buf[len] = '\0';
	while ((lf = strchr(line, '\n')) != NULL && lf != line) {
		*lf = '\0';
		if ((r = read_line(h, line)) != EX_OK)
			return r;
		line = lf + 1;
	}
	if (lf == NULL)
		return complain(EX_CONFIG, "no body", "");
	h->body = lf + 1;
	h->len = len - (size_t)(h->body - buf);
	fault = ptn_hook_url_fault(h->url, h->http);
	return fault == NULL ? EX_OK
			     : complain(EX_CONFIG, "the callback", fault);
}

static bool
may_reach(const struct hook *h, const struct ptn_ip *ip)
{
	size_t i;

	for (i = 0; i < h->nets; i++)
		if (ptn_ip_in(ip, &h->net[i]))
			return true;
	return ptn_ipglobal(ip);
}

/* The scope of a link-local address is no part of what is judged. */
static bool
is_allowed(struct hook *h, const struct curl_sockaddr *a)
{
	char text[NI_MAXHOST];
	struct ptn_ip ip;

	if ((a->family != AF_INET && a->family != AF_INET6) ||
	    getnameinfo(&a->addr, a->addrlen, text, sizeof(text), NULL, 0,
		NI_NUMERICHOST) != 0)
		return false;
	text[strcspn(text, "%")] = '\0';
	if (ptn_ip_parse(text, &ip) && may_reach(h, &ip))
		return true;
	snprintf(h->refused, sizeof(h->refused), "%.45s", text);
	return false;
}

/* The one place in which a socket is made: for the address that is used. */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct hook *h = arg;

	if (purpose != CURLSOCKTYPE_IPCXN || !is_allowed(h, a))
		return CURL_SOCKET_BAD;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* Nothing of it is kept; at the end of the measure it is cut off. */
static size_t
drop_answer(char *data, size_t size, size_t n, void *arg)
{
	struct hook *h = arg;

	(void)data;
	h->answered += size * n;
	return h->answered > ANSWER_MAX ? 0 : size * n;
}

static CURLcode
set_limits(CURL *c, struct hook *h)
{
	CURLcode r;

	if ((r = curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION,
		 open_socket)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, h)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_PROXY, "")) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR,
		 h->http ? "https,http" : "https")) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT,
		 CONNECT_TIMEOUT_S)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_TIMEOUT, TOTAL_TIMEOUT_S)) !=
		CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_SSLVERSION,
		 (long)CURL_SSLVERSION_TLSv1_2)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L)) != CURLE_OK)
		return r;
	return h->ca != NULL ? curl_easy_setopt(c, CURLOPT_CAINFO, h->ca)
			     : CURLE_OK;
}

static CURLcode
set_request(CURL *c, struct hook *h)
{
	CURLcode r;

	if ((r = curl_easy_setopt(c, CURLOPT_URL, h->url)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
		 (long)CURL_HTTP_VERSION_1_1)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_USERAGENT, "Postern")) !=
		CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_HTTPHEADER, h->header)) !=
		CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
		 (curl_off_t)h->len)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_POSTFIELDS, h->body)) !=
		CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, drop_answer)) !=
		CURLE_OK)
		return r;
	return curl_easy_setopt(c, CURLOPT_WRITEDATA, h);
}

/*
 * A 4xx, but for Request Timeout, Too Early and Too Many Requests (RFC 9110,
 * 8470 and 6585).
 */
static bool
is_refusal(long status)
{
	return status >= 400 && status < 500 && status != 408 &&
	    status != 425 && status != 429;
}

/* A status that came is the answer, however what follows it ended. */
static int
judge(const struct hook *h, CURLcode r, long status, const char *why)
{
	char text[64];

	if (status >= 200 && status < 300)
		return EX_OK;
	snprintf(text, sizeof(text), "it answered %ld", status);
	if (status != 0)
		return complain(is_refusal(status) ? EX_DATAERR : EX_TEMPFAIL,
		    text, "");
	if (h->refused[0] != '\0')
		return complain(EX_TEMPFAIL,
		    "webhooks.allow_networks does not have its address",
		    h->refused);
	return complain(EX_TEMPFAIL, *why != '\0' ? why : curl_easy_strerror(r),
	    "");
}

static int
tell(struct hook *h)
{
	char why[CURL_ERROR_SIZE] = "";
	CURL *c = curl_easy_init();
	CURLcode r = CURLE_OUT_OF_MEMORY;
	long status = 0;

	if (c != NULL && add_header(h, "Content-Type: application/json") &&
	    add_header(h, "Expect:") &&
	    (r = curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why)) == CURLE_OK &&
	    (r = set_limits(c, h)) == CURLE_OK &&
	    (r = set_request(c, h)) == CURLE_OK)
		r = curl_easy_perform(c);
	if (c != NULL)
		(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(c);
	return judge(h, r, status, why);
}

/* It holds what is told of people: no dump may. */
static void
confine(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
	signal(SIGPIPE, SIG_IGN);
	(void)alarm(ALARM_S);
}

int
main(void)
{
	static char buf[INPUT_MAX + 2];
	struct hook h = { .url = "" };
	int r;

	confine();
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return complain(EX_TEMPFAIL, "libcurl", "");
	if ((r = read_input(&h, buf)) == EX_OK)
		r = tell(&h);
	curl_slist_free_all(h.header);
	curl_global_cleanup();
	return r;
}
