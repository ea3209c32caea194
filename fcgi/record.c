#include "fcgi/record.h"

#include <string.h>

#define VERSION 1
#define HEADER 8
#define ROLE_RESPONDER 1
#define ROLE_AUTHORIZER 2
#define STATUS_COMPLETE 0
#define STATUS_UNKNOWN_ROLE 3
#define ASKED_MAX 16 /* management records of one connection */
/* The library adds a parameter of its own: "FCGI_ROLE=RESPONDER". */
#define ROLE_PARAM 32

static const char mpxs[] = "FCGI_MPXS_CONNS";

void
ptn_records_init(struct ptn_records *r, const struct ptn_records_sink *sink)
{
	memset(r, 0, sizeof(*r));
	r->sink = sink;
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* One or four bytes (FastCGI 3.4). */
static size_t
length_size(uint8_t first)
{
	return (first & 0x80) != 0 ? 4 : 1;
}

static size_t
length_of(const uint8_t *p)
{
	if (length_size(p[0]) == 1)
		return p[0];
	return (size_t)(p[0] & 0x7f) << 24 | (size_t)p[1] << 16 |
	    (size_t)p[2] << 8 | p[3];
}

static bool
pair_lengths_known(const struct ptn_records *r)
{
	size_t name;

	if (r->pair_len == 0)
		return false;
	name = length_size(r->pair[0]);
	return r->pair_len > name &&
	    r->pair_len == name + length_size(r->pair[name]);
}

/*
 * The lengths of a pair are known, its bytes are to come: this is the last
 * moment to say that they are too many.
 */
static void
pair_begins(struct ptn_records *r)
{
	size_t name = length_of(r->pair);
	size_t value = length_of(r->pair + length_size(r->pair[0]));

	r->pair_kept = !r->params_too_large &&
	    r->nparams + 1 < PTN_PARAM_COUNT_MAX && name <= PTN_PARAMS_MAX &&
	    value <= PTN_PARAMS_MAX &&
	    r->params + name + value + 1 + ROLE_PARAM <= PTN_PARAMS_MAX;
	r->pair_left = name + value;
	if (!r->pair_kept) {
		r->params_too_large = true;
		return;
	}
	r->nparams++;
	r->params += name + value + 1;
	if (r->sink != NULL)
		r->sink->params(r->sink->ctx, r->pair, r->pair_len);
}

/* The lengths of a pair, byte by byte; its name and value, piece by piece. */
static void
feed_params(struct ptn_records *r, const uint8_t *p, size_t len)
{
	size_t n;

	while (len > 0) {
		n = 1;
		if (r->pair_left == 0) {
			r->pair[r->pair_len++] = *p;
			if (pair_lengths_known(r)) {
				pair_begins(r);
				r->pair_len = 0;
			}
		} else {
			n = smaller(len, r->pair_left);
			if (r->pair_kept && r->sink != NULL)
				r->sink->params(r->sink->ctx, p, n);
			r->pair_left -= n;
		}
		p += n;
		len -= n;
	}
}

static void
feed_body(struct ptn_records *r, const uint8_t *p, size_t len)
{
	r->body += len;
	if (r->body > PTN_BODY_MAX)
		r->body_too_large = true;
	else if (r->sink != NULL)
		r->sink->body(r->sink->ctx, p, len);
}

/* The beginning of what is no stream: a few bytes, whatever is declared. */
static void
feed_start(struct ptn_records *r, const uint8_t *p, size_t len)
{
	size_t n = smaller(len, sizeof(r->start) - r->start_len);

	memcpy(r->start + r->start_len, p, n);
	r->start_len += n;
}

static unsigned
record_id(const struct ptn_records *r)
{
	return (unsigned)r->head[2] << 8 | r->head[3];
}

static void
feed_content(struct ptn_records *r, const uint8_t *p, size_t len)
{
	if (record_id(r) == 0 || r->stage == PTN_AT_BEGIN)
		feed_start(r, p, len);
	else if (r->stage == PTN_AT_PARAMS)
		feed_params(r, p, len);
	else
		feed_body(r, p, len);
}

/* Whether a record may stand where we are. */
static bool
is_expected(const struct ptn_records *r)
{
	static const uint8_t type[] = {
		[PTN_AT_BEGIN] = PTN_RECORD_BEGIN,
		[PTN_AT_PARAMS] = PTN_RECORD_PARAMS,
		[PTN_AT_STDIN] = PTN_RECORD_STDIN,
	};

	if (r->head[0] != VERSION)
		return false;
	if (record_id(r) == 0)
		return r->asked < ASKED_MAX;
	if (r->head[1] != type[r->stage])
		return false;
	return r->stage == PTN_AT_BEGIN ? r->content == 8
					: record_id(r) == r->id;
}

static void
record_begins(struct ptn_records *r)
{
	r->content = (size_t)r->head[4] << 8 | r->head[5];
	r->padding = r->head[6];
	r->start_len = 0;
	if (!is_expected(r))
		r->state = PTN_RECORDS_BROKEN;
}

static void
request_begins(struct ptn_records *r)
{
	r->id = (uint16_t)record_id(r);
	r->role = (uint16_t)(r->start[0] << 8 | r->start[1]);
	r->flags = r->start[2];
	r->stage = PTN_AT_PARAMS;
	if (r->role != ROLE_RESPONDER && r->role != ROLE_AUTHORIZER)
		r->state = PTN_RECORDS_BROKEN;
}

/* An authorizer gets the variables alone (FastCGI 6.3). */
static void
params_end(struct ptn_records *r)
{
	r->stage = PTN_AT_STDIN;
	if (r->pair_len > 0 || r->pair_left > 0)
		r->state = PTN_RECORDS_BROKEN;
	else if (r->role == ROLE_AUTHORIZER)
		r->state = PTN_RECORDS_WHOLE;
}

/* A stream ends with a record without content (FastCGI 3.3). */
static void
record_ends(struct ptn_records *r)
{
	bool empty = r->head[4] == 0 && r->head[5] == 0;

	r->head_len = 0;
	if (record_id(r) == 0) {
		r->asked++;
		r->state = PTN_RECORDS_ASKED;
	} else if (r->stage == PTN_AT_BEGIN) {
		request_begins(r);
	} else if (empty && r->stage == PTN_AT_PARAMS) {
		params_end(r);
	} else if (empty) {
		r->state = PTN_RECORDS_WHOLE;
	}
}

/* Some bytes of what the record has next: header, content, padding. */
static size_t
feed_some(struct ptn_records *r, const uint8_t *p, size_t len)
{
	size_t n = 1;

	if (r->head_len < HEADER) {
		r->head[r->head_len++] = *p;
		if (r->head_len == HEADER)
			record_begins(r);
	} else if (r->content > 0) {
		n = smaller(len, r->content);
		feed_content(r, p, n);
		r->content -= n;
	} else {
		n = smaller(len, r->padding);
		r->padding -= n;
	}
	return n;
}

size_t
ptn_records_feed(struct ptn_records *r, const uint8_t *p, size_t len)
{
	size_t at = 0;

	if (r->state == PTN_RECORDS_ASKED)
		r->state = PTN_RECORDS_MORE;
	while (at < len && r->state == PTN_RECORDS_MORE) {
		at += feed_some(r, p + at, len - at);
		if (r->state == PTN_RECORDS_MORE && r->head_len == HEADER &&
		    r->content == 0 && r->padding == 0)
			record_ends(r);
	}
	r->total += at;
	if (r->state == PTN_RECORDS_MORE && r->total > PTN_RECORDS_TOTAL_MAX)
		r->state = PTN_RECORDS_BROKEN;
	return at;
}

void
ptn_record_header(uint8_t out[8], enum ptn_record_type type, uint16_t id,
    size_t content)
{
	memset(out, 0, HEADER);
	out[0] = VERSION;
	out[1] = (uint8_t)type;
	out[2] = (uint8_t)(id >> 8);
	out[3] = (uint8_t)id;
	out[4] = (uint8_t)(content >> 8);
	out[5] = (uint8_t)content;
}

/* Whether GET_VALUES has this name; its content may have been cut. */
static bool
asks_for(const struct ptn_records *r, const char *name)
{
	size_t len = strlen(name), at = 0, n, v;

	while (at + 2 <= r->start_len) {
		n = r->start[at];
		v = r->start[at + 1];
		at += 2;
		/* No name that we know, and no value here, is longer. */
		if (n > 127 || v > 127 || n + v > r->start_len - at)
			return false;
		if (n == len && memcmp(r->start + at, name, n) == 0)
			return true;
		at += n + v;
	}
	return false;
}

/*
 * That one connection has one request is all that we have to say: there are
 * no numbers of connections and requests that a web server should keep to.
 */
static size_t
reply_values(const struct ptn_records *r, uint8_t *out)
{
	size_t len = 0;

	if (asks_for(r, mpxs)) {
		len = sizeof(mpxs) + 2;
		out[HEADER] = sizeof(mpxs) - 1;
		out[HEADER + 1] = 1;
		memcpy(out + HEADER + 2, mpxs, sizeof(mpxs) - 1);
		out[HEADER + 1 + sizeof(mpxs)] = '0';
	}
	ptn_record_header(out, PTN_RECORD_VALUES, 0, len);
	return HEADER + len;
}

size_t
ptn_records_reply(struct ptn_records *r, uint8_t out[PTN_RECORD_ANSWER_MAX])
{
	if (r->head[1] == PTN_RECORD_GET_VALUES)
		return reply_values(r, out);
	ptn_record_header(out, PTN_RECORD_UNKNOWN, 0, 8);
	memset(out + HEADER, 0, 8);
	out[HEADER] = r->head[1];
	return 2 * HEADER;
}

/* END_REQUEST, with what became of it (FastCGI 5.5). */
static size_t
put_end(uint8_t *out, uint16_t id, uint8_t status)
{
	ptn_record_header(out, PTN_RECORD_END, id, 8);
	memset(out + HEADER, 0, 8);
	out[HEADER + 4] = status;
	return 2 * HEADER;
}

size_t
ptn_records_answer(const struct ptn_records *r, const char *text,
    uint8_t out[PTN_RECORD_ANSWER_MAX])
{
	size_t len = strlen(text), at = 0;

	if (r->id == 0 || len > PTN_RECORD_ANSWER_MAX - 4 * HEADER)
		return 0;
	if (r->role != ROLE_RESPONDER && r->role != ROLE_AUTHORIZER)
		return put_end(out, r->id, STATUS_UNKNOWN_ROLE);
	ptn_record_header(out, PTN_RECORD_STDOUT, r->id, len);
	memcpy(out + HEADER, text, len);
	at = HEADER + len;
	ptn_record_header(out + at, PTN_RECORD_STDOUT, r->id, 0);
	at += HEADER;
	return at + put_end(out + at, r->id, STATUS_COMPLETE);
}
