#ifndef PTN_INTAKE_H
#define PTN_INTAKE_H

#include <stddef.h>
#include <stdint.h>

#include "fcgi/arrival.h"
#include "fcgi/record.h"
#include "lib/base/err.h"

/*
 * A request that is being received: what the walker lets through of it, in
 * memory that grows with what came, never with what was announced.  Whole, it
 * becomes a file that the FastCGI library reads without waiting.
 */
struct ptn_intake_part {
	uint8_t *p;
	size_t len;
	size_t max;
	bool bad; /* there was no memory */
};

struct ptn_intake {
	struct ptn_records records;
	struct ptn_records_sink sink;
	struct ptn_intake_part params; /* content of PARAMS, pairs as sent */
	struct ptn_intake_part body;
	unsigned int pieces; /* that were taken out of the connection */
};

/* Points into itself: it stays where it is until ptn_intake_free(). */
void ptn_intake_init(struct ptn_intake *in);
void ptn_intake_free(struct ptn_intake *in);

/*
 * Take some of what lies in conn, without waiting.  Management records are
 * answered.  Returns PTN_OK when the request is whole; PTN_E_NOT_FOUND while
 * more is to come; PTN_E_INPUT if the peer broke off or what it sends is no
 * request; PTN_E_TOO_LARGE if it does not end; PTN_E_NOMEM.
 */
enum ptn_err ptn_intake_read(struct ptn_intake *in, int conn) PTN_MUST_USE;

/*
 * The same until it is whole, for as long as time_ms in all; then
 * PTN_E_EXPIRED.
 */
enum ptn_err ptn_intake_receive(struct ptn_intake *in, int conn,
    int time_ms) PTN_MUST_USE;

/* Bytes of memory that it holds. */
size_t ptn_intake_memory(const struct ptn_intake *in);

/*
 * The request is whole: make a->source a file of it, with what was too large
 * left out, and say in a that it was, and in how many pieces all came.
 * PTN_E_UNAVAILABLE: no descriptors or memory.
 */
enum ptn_err ptn_intake_finish(const struct ptn_intake *in,
    struct ptn_arrival *a) PTN_MUST_USE;

/*
 * Tell the peer why there will be no other answer, as far as it can be told
 * without waiting.
 *
 * why		as ptn_reply_canned() answers it.
 */
void ptn_intake_refuse(const struct ptn_intake *in, int conn, enum ptn_err why);

#endif
