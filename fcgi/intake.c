#define _GNU_SOURCE /* memfd_create(2) */

#include "fcgi/intake.h"

#include <sys/mman.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/process.h"
#include "fcgi/reply.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/count.h"
#include "lib/base/log.h"

#define CHUNK (16 * 1024)  /* bytes taken at a time */
#define BLOCK_FIRST 1024   /* bytes; doubled when they are full */
#define CONTENT_MAX 0xffff /* of a record */
#define KEEP_CONN 1

/* Grow by copying: what is left behind is wiped. */
static bool
block_grow(struct ptn_intake_part *b, size_t need)
{
	size_t max = b->max > 0 ? b->max : BLOCK_FIRST;
	uint8_t *p;

	while (max < need)
		max *= 2;
	p = malloc(max);
	if (p == NULL)
		return false;
	if (b->len > 0) {
		memcpy(p, b->p, b->len);
		ptn_wipe(b->p, b->len);
	}
	free(b->p);
	b->p = p;
	b->max = max;
	return true;
}

/* The walker's limits are those of the block. */
static void
block_add(struct ptn_intake_part *b, const uint8_t *p, size_t len)
{
	if (len > b->max - b->len && !block_grow(b, b->len + len))
		b->bad = true;
	if (b->bad)
		return;
	memcpy(b->p + b->len, p, len);
	b->len += len;
}

static void
block_free(struct ptn_intake_part *b)
{
	if (b->len > 0)
		ptn_wipe(b->p, b->len);
	free(b->p);
	*b = (struct ptn_intake_part){ 0 };
}

static void
keep_params(void *ctx, const uint8_t *p, size_t len)
{
	struct ptn_intake *in = ctx;

	block_add(&in->params, p, len);
}

static void
keep_body(void *ctx, const uint8_t *p, size_t len)
{
	struct ptn_intake *in = ctx;

	block_add(&in->body, p, len);
}

void
ptn_intake_init(struct ptn_intake *in)
{
	*in = (struct ptn_intake){ 0 };
	in->sink = (struct ptn_records_sink){ keep_params, keep_body, in };
	ptn_records_init(&in->records, &in->sink);
}

void
ptn_intake_free(struct ptn_intake *in)
{
	block_free(&in->params);
	block_free(&in->body);
}

size_t
ptn_intake_memory(const struct ptn_intake *in)
{
	return in->params.max + in->body.max;
}

/* A peer that does not take its answers is not answered. */
static bool
say(int conn, const uint8_t *p, size_t len)
{
	return send(conn, p, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len;
}

static enum ptn_err
digest(struct ptn_intake *in, int conn, const uint8_t *p, size_t len)
{
	struct ptn_records *r = &in->records;
	uint8_t reply[PTN_RECORD_ANSWER_MAX];
	size_t at;

	for (at = 0; at < len;) {
		at += ptn_records_feed(r, p + at, len - at);
		if (r->state != PTN_RECORDS_ASKED)
			break;
		if (!say(conn, reply, ptn_records_reply(r, reply)))
			return PTN_E_INPUT;
	}
	/* What is dropped in the end need not be held until then. */
	if (r->body_too_large)
		block_free(&in->body);
	if (in->params.bad || in->body.bad)
		return PTN_E_NOMEM;
	if (r->state == PTN_RECORDS_WHOLE)
		return PTN_OK;
	if (r->state != PTN_RECORDS_BROKEN)
		return PTN_E_NOT_FOUND;
	return r->total > PTN_RECORDS_TOTAL_MAX ? PTN_E_TOO_LARGE : PTN_E_INPUT;
}

enum ptn_err
ptn_intake_read(struct ptn_intake *in, int conn)
{
	static uint8_t chunk[CHUNK];
	enum ptn_err r;
	ssize_t got;

	got = recv(conn, chunk, sizeof(chunk), MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return PTN_E_NOT_FOUND;
	if (got <= 0)
		return PTN_E_INPUT;
	in->pieces++;
	r = digest(in, conn, chunk, (size_t)got);
	ptn_wipe(chunk, (size_t)got);
	return r;
}

enum ptn_err
ptn_intake_receive(struct ptn_intake *in, int conn, int time_ms)
{
	const int64_t until = ptn_clock_mono_ms() + time_ms;
	enum ptn_err r;
	int64_t left;
	bool readable;

	while ((r = ptn_intake_read(in, conn)) == PTN_E_NOT_FOUND) {
		left = until - ptn_clock_mono_ms();
		if (left <= 0)
			return PTN_E_EXPIRED;
		r = ptn_wait_fds(&conn, 1, (int)left, &readable);
		if (r == PTN_E_INTERNAL)
			break;
	}
	return r;
}

static bool
put(int fd, const void *p, size_t len)
{
	const uint8_t *from = p;
	ssize_t done;

	for (; len > 0; from += done, len -= (size_t)done) {
		done = write(fd, from, len);
		if (done <= 0)
			return false;
	}
	return true;
}

/* A stream, and its end. */
static bool
put_stream(int fd, enum ptn_record_type type, uint16_t id,
    const struct ptn_intake_part *b)
{
	uint8_t head[8];
	size_t at, n;

	for (at = 0; at < b->len; at += n) {
		n = b->len - at < CONTENT_MAX ? b->len - at : CONTENT_MAX;
		ptn_record_header(head, type, id, n);
		if (!put(fd, head, sizeof(head)) || !put(fd, b->p + at, n))
			return false;
	}
	ptn_record_header(head, type, id, 0);
	return put(fd, head, sizeof(head));
}

static bool
put_request(int fd, const struct ptn_intake *in)
{
	const struct ptn_records *r = &in->records;
	uint8_t begin[16] = { 0 };

	ptn_record_header(begin, PTN_RECORD_BEGIN, r->id, 8);
	begin[8] = (uint8_t)(r->role >> 8);
	begin[9] = (uint8_t)r->role;
	begin[10] = r->flags & KEEP_CONN;
	return put(fd, begin, sizeof(begin)) &&
	    put_stream(fd, PTN_RECORD_PARAMS, r->id, &in->params) &&
	    put_stream(fd, PTN_RECORD_STDIN, r->id, &in->body) &&
	    lseek(fd, 0, SEEK_SET) == 0;
}

enum ptn_err
ptn_intake_finish(const struct ptn_intake *in, struct ptn_arrival *a)
{
	int fd;

	fd = memfd_create("request", MFD_CLOEXEC);
	if (fd < 0 || !put_request(fd, in)) {
		ptn_error_seldom("a received request: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return PTN_E_UNAVAILABLE;
	}
	a->source = fd;
	a->params_too_large = in->records.params_too_large;
	a->body_too_large = in->records.body_too_large;
	a->pieces = in->pieces;
	return PTN_OK;
}

void
ptn_intake_refuse(const struct ptn_intake *in, int conn, enum ptn_err why)
{
	uint8_t out[PTN_RECORD_ANSWER_MAX];
	char text[PTN_REPLY_CANNED_MAX];

	ptn_count(PTN_COUNT_BROKEN);
	(void)ptn_reply_canned(why, text);
	(void)say(conn, out, ptn_records_answer(&in->records, text, out));
}
