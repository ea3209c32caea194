#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What came out of the walker. */
struct kept {
	uint8_t p[2 * PTN_PARAMS_MAX];
	size_t len;
	size_t body;
};

static struct kept kept;

static void
keep_params(void *ctx, const uint8_t *p, size_t len)
{
	struct kept *k = ctx;

	if (len > sizeof(k->p) - k->len)
		abort(); /* more than the limit and the lengths of pairs */
	memcpy(k->p + k->len, p, len);
	k->len += len;
}

static void
keep_body(void *ctx, const uint8_t *p, size_t len)
{
	struct kept *k = ctx;

	(void)p;
	k->body += len;
	if (k->body > PTN_BODY_MAX)
		abort();
}

/* All bytes, in pieces of step bytes; management records are answered. */
static size_t
walk(struct ptn_records *r, const uint8_t *data, size_t size, size_t step)
{
	uint8_t out[PTN_RECORD_ANSWER_MAX];
	size_t at = 0, n;

	while (at < size && r->state == PTN_RECORDS_MORE) {
		n = size - at < step ? size - at : step;
		at += ptn_records_feed(r, data + at, n);
		if (r->state != PTN_RECORDS_ASKED)
			continue;
		n = ptn_records_reply(r, out);
		if (n < 8 || n > sizeof(out))
			abort();
		at += ptn_records_feed(r, data + at, 0);
	}
	return at;
}

/* What was let through is pairs, and of as many bytes as was said. */
static void
check_pairs(const struct ptn_records *r, const struct kept *k)
{
	size_t at = 0, len[2], n = 0, bytes = 0, i;

	if (r->state != PTN_RECORDS_WHOLE)
		return;
	for (; at < k->len; at += len[0] + len[1], n++) {
		for (i = 0; i < 2; i++) {
			len[i] = k->p[at++];
			if (len[i] < 128)
				continue;
			len[i] = (len[i] & 127) << 24 | (size_t)k->p[at] << 16 |
			    (size_t)k->p[at + 1] << 8 | k->p[at + 2];
			at += 3;
		}
		bytes += len[0] + len[1] + 1;
	}
	if (at != k->len || n != r->nparams || bytes != r->params ||
	    bytes > PTN_PARAMS_MAX || n >= PTN_PARAM_COUNT_MAX)
		abort();
}

/* The first byte says in which pieces the rest comes: it makes no difference.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ptn_records_sink sink = { keep_params, keep_body, &kept };
	uint8_t out[PTN_RECORD_ANSWER_MAX];
	struct ptn_records whole, pieces;
	size_t a, b;

	if (size == 0)
		return 0;
	ptn_records_init(&whole, NULL);
	a = walk(&whole, data + 1, size - 1, size);
	kept.len = kept.body = 0;
	ptn_records_init(&pieces, &sink);
	b = walk(&pieces, data + 1, size - 1, (size_t)data[0] + 1);
	if (a != b || whole.state != pieces.state ||
	    whole.total != pieces.total || whole.nparams != pieces.nparams ||
	    whole.body != pieces.body ||
	    whole.params_too_large != pieces.params_too_large)
		abort();
	check_pairs(&pieces, &kept);
	if (ptn_records_answer(&pieces, "x", out) > sizeof(out))
		abort();
	return 0;
}
