#include "fcgi/gateway.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <fastcgi.h>
#include <fcgiapp.h>

#include "fcgi/record.h"
#include "lib/base/array.h"
#include "lib/base/bytes.h"
#include "lib/base/count.h"
#include "lib/base/log.h"

#define CHUNK 4096     /* bytes of STDIN taken at a time */
#define NO_SOCKET (-1) /* connections are accepted elsewhere */

struct ptn_gateway {
	FCGX_Request fcgi;
};

/* What we use of the variables; HTTP_* comes on top. */
#define NAME(text) { text, sizeof(text) - 1 }
static const struct {
	const char *name;
	size_t len; /* asked of every variable of every request */
} wanted[] = {
	NAME("REQUEST_METHOD"),
	NAME("REQUEST_URI"),
	NAME("SCRIPT_NAME"),
	NAME("PATH_INFO"),
	NAME("QUERY_STRING"),
	NAME("CONTENT_TYPE"),
	NAME("CONTENT_LENGTH"),
	NAME("REMOTE_ADDR"),
	NAME("HTTPS"),
	NAME("DOCUMENT_ROOT"),
	NAME("FCGI_ROLE"),
	NAME("SERVER_SOFTWARE"),
};

enum ptn_err
ptn_gateway_new(struct ptn_gateway **out)
{
	struct ptn_gateway *gw;

	*out = NULL;
	gw = calloc(1, sizeof(*gw));
	if (gw == NULL)
		return PTN_E_NOMEM;
	if (FCGX_Init() != 0 ||
	    FCGX_InitRequest(&gw->fcgi, NO_SOCKET, FCGI_FAIL_ACCEPT_ON_INTR) !=
		0) {
		ptn_error("libfcgi does not start: %s", strerror(errno));
		free(gw);
		return PTN_E_INTERNAL;
	}
	*out = gw;
	return PTN_OK;
}

/*
 * Finish the request, if there is one, and close its connection.  STDIN has
 * been read to its end, so closing loses nothing that the peer still sends;
 * "detached" spares us libfcgi's wait for the peer, of up to two seconds.
 */
static void
hang_up(struct ptn_gateway *gw)
{
	(void)FCGX_Detach(&gw->fcgi);
	FCGX_Finish_r(&gw->fcgi);
	FCGX_Free(&gw->fcgi, 1);
}

void
ptn_gateway_free(struct ptn_gateway **gw)
{
	if (*gw == NULL)
		return;
	hang_up(*gw);
	free(*gw);
	*gw = NULL;
}

static bool
is_wanted(const char *name, size_t len)
{
	size_t i;

	if (len > 5 && memcmp(name, "HTTP_", 5) == 0)
		return len != 10 || memcmp(name, "HTTP_PROXY", 10) != 0;
	for (i = 0; i < PTN_ARRAY_LEN(wanted); i++) {
		if (wanted[i].len == len &&
		    memcmp(name, wanted[i].name, len) == 0)
			return true;
	}
	return false;
}

/* One "NAME=value" of libfcgi's, whose own copy is wiped. */
static enum ptn_err
copy_param(struct ptn_arena *a, char *pair, struct ptn_param *out, size_t *n)
{
	size_t len = strcspn(pair, "=");
	char *copy;

	if (pair[len] == '\0' || !is_wanted(pair, len))
		return PTN_OK;
	copy = ptn_arena_strdup(a, pair);
	if (copy == NULL)
		return PTN_E_NOMEM;
	ptn_wipe(pair + len + 1, strlen(pair + len + 1));
	copy[len] = '\0';
	out[(*n)++] = (struct ptn_param){ copy, copy + len + 1 };
	return PTN_OK;
}

static enum ptn_err
copy_params(char *const *envp, struct ptn_request *req)
{
	struct ptn_param *params;
	enum ptn_err r = PTN_OK;
	size_t i, max = 0, n = 0;

	while (envp[max] != NULL)
		max++;
	params = ptn_arena_calloc(req->sc.arena, max + 1, sizeof(*params));
	if (params == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < max && r == PTN_OK; i++)
		r = copy_param(req->sc.arena, envp[i], params, &n);
	req->params = params;
	req->nparams = n;
	return r;
}

static const char *
param(const struct ptn_request *req, const char *name)
{
	size_t i;

	for (i = 0; i < req->nparams; i++) {
		if (strcmp(req->params[i].name, name) == 0)
			return req->params[i].value;
	}
	return NULL;
}

/* STDIN to its end; of a body that is too large there is nothing. */
static enum ptn_err
read_body(FCGX_Stream *in, struct ptn_request *req)
{
	char chunk[CHUNK];
	struct ptn_buf body;
	int got;

	ptn_buf_init(&body, req->sc.arena);
	while ((got = FCGX_GetStr(chunk, CHUNK, in)) > 0)
		ptn_buf_add(&body, chunk, (size_t)got);
	if (body.len > 0)
		ptn_wipe(chunk, body.len < CHUNK ? body.len : CHUNK);
	if (FCGX_GetError(in) != 0)
		return PTN_E_INPUT;
	if (body.bad)
		return PTN_E_NOMEM;
	if (!req->body_too_large)
		req->body = PTN_BYTES(body.p, body.len);
	return PTN_OK;
}

/*
 * The end of STDIN says how long a body is; but one that is shorter than the
 * client announced was cut off on its way.
 */
static enum ptn_err
check_length(const struct ptn_request *req)
{
	const char *text = param(req, "CONTENT_LENGTH");
	unsigned long long stated;
	char *end;

	if (text == NULL || text[0] == '\0')
		return PTN_OK;
	if (text[0] < '0' || text[0] > '9')
		return PTN_E_INPUT;
	errno = 0;
	stated = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || stated > req->body.len)
		return PTN_E_INPUT;
	return PTN_OK;
}

static enum ptn_err
read_request(struct ptn_gateway *gw, struct ptn_request *req)
{
	const char *method, *uri;
	enum ptn_err r;

	req->authorizer = gw->fcgi.role == FCGI_AUTHORIZER;
	r = copy_params(gw->fcgi.envp, req);
	/* An authorizer gets the variables alone (FastCGI 6.3). */
	if (r == PTN_OK && !req->authorizer)
		r = read_body(gw->fcgi.in, req);
	if (r == PTN_OK && !req->authorizer && !req->body_too_large)
		r = check_length(req);
	if (r != PTN_OK)
		return r;
	method = param(req, "REQUEST_METHOD");
	uri = param(req, "REQUEST_URI");
	if ((method == NULL || uri == NULL) && !req->params_too_large)
		return PTN_E_INPUT;
	req->method =
	    method != NULL ? ptn_method_parse(method) : PTN_METHOD_OTHER;
	req->uri = uri != NULL ? uri : "";
	return PTN_OK;
}

/*
 * What the library reads is the whole request.  It "accepts" the next request
 * of a connection that is open already, if that is said to be kept.  There is
 * no socket on which it could wait for another one.
 */
static enum ptn_err
begin(struct ptn_gateway *gw, struct ptn_arrival *a)
{
	int rc;

	if (gw->fcgi.ipcFd >= 0)
		hang_up(gw); /* of a request that was never answered */
	gw->fcgi.ipcFd = a->source;
	gw->fcgi.keepConnection = 1;
	rc = FCGX_Accept_r(&gw->fcgi);
	if (rc == 0)
		return PTN_OK;
	/* It has closed what it read from. */
	ptn_error_seldom("libfcgi refuses a request: %d", rc);
	if (a->source != a->conn)
		close(a->conn);
	a->conn = a->source = -1;
	return PTN_E_INPUT;
}

/* The answer goes to the connection, wherever the request came from. */
static void
turn_to(struct ptn_gateway *gw, const struct ptn_arrival *a)
{
	if (a->source == a->conn)
		return;
	close(a->source);
	gw->fcgi.ipcFd = a->conn;
}

/* An answer that needs no memory of the arena. */
static void
put_canned(struct ptn_gateway *gw, enum ptn_err why)
{
	char text[PTN_REPLY_CANNED_MAX];
	size_t len;

	len = ptn_reply_canned(why, text);
	(void)FCGX_PutStr(text, (int)len, gw->fcgi.out);
}

static void
refuse(struct ptn_gateway *gw, enum ptn_err why)
{
	ptn_info_seldom("a request was broken off or malformed: %s",
	    ptn_err_name(why));
	ptn_count(PTN_COUNT_BROKEN);
	put_canned(gw, why);
	hang_up(gw);
}

enum ptn_err
ptn_gateway_take(struct ptn_gateway *gw, struct ptn_arrival *a,
    struct ptn_request *req)
{
	enum ptn_err r;

	if ((r = begin(gw, a)) != PTN_OK)
		return r;
	req->params_too_large = a->params_too_large;
	req->body_too_large = a->body_too_large;
	req->pieces = a->pieces;
	r = read_request(gw, req);
	turn_to(gw, a);
	if (gw->fcgi.role != FCGI_AUTHORIZER && a->side == PTN_AUTHORIZER) {
		ptn_warn_seldom("FastCGI role %d refused", gw->fcgi.role);
		hang_up(gw);
		return PTN_E_INPUT;
	}
	if (r == PTN_OK)
		return PTN_OK;
	refuse(gw, r);
	return PTN_E_INPUT;
}

static void
put_header(struct ptn_buf *head, const char *name, const char *value)
{
	ptn_buf_str(head, name);
	ptn_buf_str(head, ": ");
	ptn_buf_str(head, value);
	ptn_buf_str(head, "\r\n");
}

static bool
has_header(const struct ptn_reply *rep, const char *name)
{
	size_t i;

	for (i = 0; i < rep->nheaders; i++) {
		if (strcasecmp(rep->header[i].name, name) == 0)
			return true;
	}
	return false;
}

/* Status, headers and the blank line (RFC 3875 section 6). */
static void
put_head(struct ptn_buf *head, const struct ptn_reply *rep, bool bodyless)
{
	size_t i;

	ptn_buf_printf(head, "Status: %d %s\r\n", rep->status, rep->reason);
	for (i = 0; i < rep->nheaders; i++)
		put_header(head, rep->header[i].name, rep->header[i].value);
	if (!bodyless) {
		if (rep->body.len > 0 && !has_header(rep, "Content-Type"))
			put_header(head, "Content-Type",
			    rep->type != NULL ? rep->type : "application/json");
		ptn_buf_printf(head, "Content-Length: %zu\r\n", rep->body.len);
	}
	ptn_buf_str(head, "\r\n");
}

void
ptn_gateway_send(struct ptn_gateway *gw, const struct ptn_request *req,
    const struct ptn_reply *rep)
{
	bool bodyless = rep->status == 204 || rep->status == 304;
	struct ptn_buf head;
	FCGX_Stream *out = gw->fcgi.out;

	ptn_buf_init(&head, req->sc.arena);
	put_head(&head, rep, bodyless);
	if (head.bad) {
		put_canned(gw, PTN_E_INTERNAL);
	} else {
		(void)FCGX_PutStr(head.p, (int)head.len, out);
		if (!bodyless && req->method != PTN_HEAD && rep->body.len > 0)
			(void)FCGX_PutStr((const char *)rep->body.p,
			    (int)rep->body.len, out);
	}
	hang_up(gw);
}

void
ptn_gateway_put(struct ptn_gateway *gw, const char *text)
{
	(void)FCGX_PutStr(text, (int)strlen(text), gw->fcgi.out);
	hang_up(gw);
}
