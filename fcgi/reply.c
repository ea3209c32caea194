#include "fcgi/reply.h"

#include <stdio.h>
#include <string.h>

#include "fcgi/family.h"
#include "fcgi/request.h"
#include "lib/base/log.h"

struct wire {
	int status;
	const char *reason;
	const char *message; /* NULL: the reason */
	int retry_after_s;   /* 0: none */
};

/* THE table from errors to HTTP. */
/* clang-format off */
#define WIRE_INPUT         { 400, "Bad Request", NULL, 0 }
#define WIRE_DENIED        { 401, "Unauthorized", NULL, 0 }
#define WIRE_FORBIDDEN     { 403, "Forbidden", NULL, 0 }
#define WIRE_NOT_FOUND     { 404, "Not Found", NULL, 0 }
#define WIRE_METHOD        { 405, "Method Not Allowed", NULL, 0 }
#define WIRE_EXPIRED       { 408, "Request Timeout", "passcode request timed out", 0 }
#define WIRE_CONFLICT      { 409, "Conflict", NULL, 0 }
#define WIRE_GONE          { 410, "Gone", "max attempts reached", 0 }
#define WIRE_OUTDATED      { 412, "Precondition Failed", NULL, 0 }
#define WIRE_TOO_LARGE     { 413, "Content Too Large", NULL, 0 }
#define WIRE_MEDIA         { 415, "Unsupported Media Type", NULL, 0 }
#define WIRE_UNPROCESSABLE { 422, "Unprocessable Content", NULL, 0 }
#define WIRE_RATE          { 429, "Too Many Requests", NULL, 0 }
#define WIRE_BUSY          { 503, "Service Unavailable", NULL, 1 }
#define WIRE_UNAVAILABLE   { 503, "Service Unavailable", NULL, 2 }
#define WIRE_RETRY         { 503, "Service Unavailable", NULL, 1 }
#define WIRE_NOMEM         { 500, "Internal Server Error", NULL, 0 }
#define WIRE_CONFIG        { 503, "Service Unavailable", NULL, 10 }
#define WIRE_INTERNAL      { 500, "Internal Server Error", NULL, 0 }
/* clang-format on */

/* An error that has no line above is one that the compiler does not know. */
static const struct wire errors[PTN_E__MAX] = {
	[PTN_OK] = { 0, "", NULL, 0 }, /* is no error, and has a table below */
#define PTN_ERR(error, name) [PTN_E_##error] = WIRE_##error,
#include "lib/base/err.def"
};

static const struct {
	int status;
	const char *reason;
} successes[PTN_DONE__MAX] = {
	[PTN_DONE_OK] = { 200, "OK" },
	[PTN_DONE_CREATED] = { 201, "Created" },
	[PTN_DONE_EMPTY] = { 204, "No Content" },
};

void
ptn_reply_init(struct ptn_reply *rep, struct ptn_arena *a)
{
	memset(rep, 0, sizeof(*rep));
	rep->arena = a;
	ptn_jsonw_init(&rep->json, a);
}

bool
ptn_reply_header_safe(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

void
ptn_reply_header(struct ptn_reply *rep, const char *name, const char *value)
{
	char *copy = ptn_arena_strdup(rep->arena, value);

	if (copy == NULL || !ptn_reply_header_safe(copy) ||
	    rep->nheaders == PTN_REPLY_HEADERS) {
		rep->bad = true;
		return;
	}
	rep->header[rep->nheaders].name = name;
	rep->header[rep->nheaders].value = copy;
	rep->nheaders++;
}

void
ptn_reply_header_int(struct ptn_reply *rep, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	ptn_reply_header(rep, name, text);
}

enum ptn_err
ptn_reply_say(struct ptn_reply *rep, enum ptn_err r, const char *message)
{
	rep->message = message;
	return r;
}

void
ptn_reply_raw(struct ptn_reply *rep, const char *type, struct ptn_bytes body)
{
	rep->type = type;
	rep->raw = body;
}

int
ptn_reply_status(enum ptn_err r)
{
	return r == PTN_OK ? successes[PTN_DONE_OK].status : errors[r].status;
}

size_t
ptn_reply_canned(enum ptn_err why, char out[PTN_REPLY_CANNED_MAX])
{
	const struct wire *w = &errors[why];
	char body[80], retry[32] = "";
	int len;

	if (w->retry_after_s > 0)
		snprintf(retry, sizeof(retry), "Retry-After: %d\r\n",
		    w->retry_after_s);
	len = snprintf(body, sizeof(body), "{\"code\":%d,\"message\":\"%s\"}\n",
	    w->status, w->reason);
	len = snprintf(out, PTN_REPLY_CANNED_MAX,
	    "Status: %d %s\r\nContent-Type: application/json\r\n%s"
	    "Content-Length: %d\r\n\r\n%s",
	    w->status, w->reason, retry, len, body);
	return (size_t)len;
}

static void
write_error(struct ptn_reply *rep, const struct ptn_request *req,
    enum ptn_err r)
{
	const char *message = rep->message;

	if (message == NULL)
		message = errors[r].message;
	if (message == NULL)
		message = errors[r].reason;
	ptn_jsonw_init(&rep->json, rep->arena);
	req->family->write_error(rep, req, errors[r].status, message);
}

static void
settle_error(struct ptn_reply *rep, const struct ptn_request *req,
    enum ptn_err r)
{
	rep->status = errors[r].status;
	rep->reason = errors[r].reason;
	if (errors[r].retry_after_s > 0)
		ptn_reply_header_int(rep, "Retry-After",
		    errors[r].retry_after_s);
	if (rep->raw.p == NULL)
		write_error(rep, req, r);
}

static void
settle_body(struct ptn_reply *rep)
{
	if (rep->raw.p != NULL) {
		rep->body = rep->raw;
		return;
	}
	if (rep->json.buf.len == 0)
		return;
	ptn_buf_char(&rep->json.buf, '\n');
	if (rep->json.buf.bad)
		rep->bad = true;
	rep->body = PTN_BYTES(rep->json.buf.p, rep->json.buf.len);
}

/* Nothing more can be allocated: an answer that needs no memory. */
static void
give_up(struct ptn_reply *rep, const struct ptn_request *req)
{
	ptn_error("reply: no memory, or a header that may not be sent");
	rep->status = errors[PTN_E_INTERNAL].status;
	rep->reason = errors[PTN_E_INTERNAL].reason;
	rep->nheaders = 0;
	rep->type = NULL;
	rep->body = ptn_bytes_of(req->family->last_resort);
}

/*
 * Apache puts what an authorizer says beside its Variable-* on the page of the
 * site, or on the site's page for 401: how that is loaded is not ours to say.
 */
static void
standing_headers(struct ptn_reply *rep, const struct ptn_request *req)
{
	if (req->authorizer)
		return;
	ptn_reply_header(rep, "X-Request-Id", req->request_id);
	ptn_reply_header(rep, "X-Content-Type-Options", "nosniff");
	ptn_reply_header(rep, "Referrer-Policy", "no-referrer");
	ptn_reply_header(rep, "Content-Security-Policy",
	    "default-src 'none'; frame-ancestors 'none'");
	if (rep->no_store)
		ptn_reply_header(rep, "Cache-Control", "no-store");
}

void
ptn_reply_finish(struct ptn_reply *rep, const struct ptn_request *req,
    enum ptn_err r)
{
	if (r == PTN_OK) {
		rep->status = successes[rep->done].status;
		rep->reason = successes[rep->done].reason;
	} else {
		settle_error(rep, req, r);
	}
	standing_headers(rep, req);
	settle_body(rep);
	if (rep->bad)
		give_up(rep, req);
	if (rep->type == NULL)
		rep->type = req->family->type;
}
