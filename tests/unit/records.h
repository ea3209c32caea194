#ifndef TEST_RECORDS_H
#define TEST_RECORDS_H

/* Requests in records, as a peer of the receiver sends them. */

#include <string.h>

#include "fcgi/record.h"

#define RESPONDER 1
#define ROOM ((size_t)4 * (PTN_BODY_MAX + PTN_PARAMS_MAX))

/* What the peer is to send. */
static uint8_t out[ROOM];
static size_t out_len;

static inline void
put(const void *p, size_t len)
{
	assert_true(out_len + len <= sizeof(out));
	if (len > 0)
		memcpy(out + out_len, p, len);
	out_len += len;
}

static inline void
record(enum ptn_record_type type, const void *content, size_t len)
{
	uint8_t head[8];

	ptn_record_header(head, type, 1, len);
	put(head, sizeof(head));
	put(content, len);
}

/* A stream in records of a size that is no page's. */
static inline void
stream(enum ptn_record_type type, const uint8_t *p, size_t len)
{
	size_t n;

	for (; len > 0; p += n, len -= n) {
		n = len < 5000 ? len : 5000;
		record(type, p, n);
	}
	record(type, NULL, 0);
}

/* One parameter, and a body of len times 'b'. */
static inline void
request(size_t len)
{
	static const uint8_t begin[8] = { 0, RESPONDER };
	static const uint8_t pair[] = { 1, 2, 'N', 'v', 'w' };
	static uint8_t body[2 * PTN_BODY_MAX];

	out_len = 0;
	memset(body, 'b', sizeof(body));
	assert_true(len <= sizeof(body));
	record(PTN_RECORD_BEGIN, begin, sizeof(begin));
	stream(PTN_RECORD_PARAMS, pair, sizeof(pair));
	stream(PTN_RECORD_STDIN, body, len);
}

#endif
