/*
 * postern-fetch: ask a web server one thing, for "postern doctor".  With
 * postern-smtp the only program that knows libcurl.
 *
 * Standard input: lines "NAME VALUE" (url, method, header, body, pause, ca),
 * then its end.  header may be there several times; body is how many bytes to
 * send, pause how many milliseconds to wait before the last of them.
 * Standard output: a line "STATUS ADDRESS", where it was connected to; the
 * header as it came; an empty line; the body, at most 64 KiB of it.  Standard
 * error: one line that says why there is none.  Exit: EX_OK whatever the
 * status; EX_UNAVAILABLE, no answer; EX_CONFIG.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include <curl/curl.h>

#define LINE_MAX_LEN 4096
#define KEPT_MAX 65536 /* bytes of a header or body */
#define CONNECT_TIMEOUT_S 5L
#define TOTAL_TIMEOUT_S 15L

struct kept {
	char p[KEPT_MAX];
	size_t len;
};

struct ask {
	char url[LINE_MAX_LEN];
	char method[16];
	char ca[LINE_MAX_LEN];
	struct curl_slist *header;
	long body; /* bytes of it, for a POST */
	long sent; /* of these */
	long pause_ms;
	struct kept head, answer;
};

static int
complain(int status, const char *why)
{
	fprintf(stderr, "%s\n", why);
	return status;
}

/* False when out of memory. */
static bool
add_header(struct ask *k, const char *line)
{
	struct curl_slist *more = curl_slist_append(k->header, line);

	if (more != NULL)
		k->header = more;
	return more != NULL;
}

static int
read_line(struct ask *k, char *line)
{
	char *value = strchr(line, ' ');

	if (value == NULL)
		return complain(EX_CONFIG, "a line without a value");
	*value++ = '\0';
	if (strcmp(line, "url") == 0)
		snprintf(k->url, sizeof(k->url), "%s", value);
	else if (strcmp(line, "method") == 0)
		snprintf(k->method, sizeof(k->method), "%s", value);
	else if (strcmp(line, "ca") == 0)
		snprintf(k->ca, sizeof(k->ca), "%s", value);
	else if (strcmp(line, "body") == 0)
		k->body = strtol(value, NULL, 10);
	else if (strcmp(line, "pause") == 0)
		k->pause_ms = strtol(value, NULL, 10);
	else if (strcmp(line, "header") != 0)
		return complain(EX_CONFIG, "a line of another name");
	else if (!add_header(k, value))
		return complain(EX_CONFIG, "out of memory");
	return EX_OK;
}

static int
read_all(struct ask *k)
{
	char line[LINE_MAX_LEN];
	char *lf;
	int r;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		if ((lf = strchr(line, '\n')) == NULL)
			return complain(EX_CONFIG, "a line is too long");
		*lf = '\0';
		if ((r = read_line(k, line)) != EX_OK)
			return r;
	}
	return EX_OK;
}

/* Keep what fits; the rest is read and dropped. */
static size_t
keep(char *data, size_t size, size_t n, void *arg)
{
	struct kept *to = arg;
	size_t len = size * n, room = sizeof(to->p) - to->len;

	memcpy(to->p + to->len, data, len < room ? len : room);
	to->len += len < room ? len : room;
	return len;
}

static void
wait_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

/* The last byte by itself, if there is to be a pause before it. */
static size_t
give(char *out, size_t size, size_t n, void *arg)
{
	struct ask *k = arg;
	size_t len = size * n, left = (size_t)(k->body - k->sent);

	len = len < left ? len : left;
	if (k->pause_ms > 0 && left == 1)
		wait_ms(k->pause_ms);
	else if (k->pause_ms > 0 && len == left)
		len--;
	memset(out, ' ', len);
	k->sent += (long)len;
	return len;
}

static CURLcode
set_connection(CURL *c, const struct ask *k)
{
	CURLcode r;

	if ((r = curl_easy_setopt(c, CURLOPT_URL, k->url)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https")) !=
		CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
		 (long)CURL_HTTP_VERSION_1_1)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_PROXY, "")) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT,
		 CONNECT_TIMEOUT_S)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_TIMEOUT, TOTAL_TIMEOUT_S)) !=
		CURLE_OK)
		return r;
	if (k->ca[0] == '\0')
		return CURLE_OK;
	return curl_easy_setopt(c, CURLOPT_CAINFO, k->ca);
}

static CURLcode
set_request(CURL *c, struct ask *k)
{
	CURLcode r;

	if ((r = curl_easy_setopt(c, CURLOPT_HTTPHEADER, k->header)) !=
		CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, keep)) !=
		CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_WRITEDATA, &k->answer)) !=
		CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, keep)) !=
		CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_HEADERDATA, &k->head)) != CURLE_OK)
		return r;
	if (strcmp(k->method, "POST") != 0)
		return curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, k->method);
	if ((r = curl_easy_setopt(c, CURLOPT_POST, 1L)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
		 (curl_off_t)k->body)) != CURLE_OK ||
	    (r = curl_easy_setopt(c, CURLOPT_READFUNCTION, give)) != CURLE_OK)
		return r;
	return curl_easy_setopt(c, CURLOPT_READDATA, k);
}

static void
print(CURL *c, const struct ask *k)
{
	long status = 0;
	char *address = NULL;

	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(c, CURLINFO_PRIMARY_IP, &address);
	printf("%ld %s\n", status, address != NULL ? address : "-");
	fwrite(k->head.p, 1, k->head.len, stdout);
	fwrite(k->answer.p, 1, k->answer.len, stdout);
}

int
main(void)
{
	static struct ask k; /* large: a value in it would be all of it */
	char why[CURL_ERROR_SIZE] = "";
	CURLcode r = CURLE_OUT_OF_MEMORY;
	CURL *c;
	int status;

	signal(SIGPIPE, SIG_IGN);
	(void)strcpy(k.method, "GET");
	if ((status = read_all(&k)) != EX_OK)
		return status;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return complain(EX_UNAVAILABLE, "libcurl cannot be used");
	c = curl_easy_init();
	if (c != NULL &&
	    (r = curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why)) == CURLE_OK &&
	    (r = set_connection(c, &k)) == CURLE_OK &&
	    (r = set_request(c, &k)) == CURLE_OK)
		r = curl_easy_perform(c);
	if (r == CURLE_OK)
		print(c, &k);
	else
		status = complain(EX_UNAVAILABLE,
		    why[0] != '\0' ? why : curl_easy_strerror(r));
	curl_easy_cleanup(c);
	curl_slist_free_all(k.header);
	curl_global_cleanup();
	return status;
}
