#ifndef PTN_RECORD_H
#define PTN_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Limits of a request.  What is beyond them is dropped as it comes. */
#define PTN_BODY_MAX (128 * 1024)  /* bytes of a body; families allow less */
#define PTN_PARAMS_MAX (64 * 1024) /* bytes of all parameters, as sent */
#define PTN_PARAM_COUNT_MAX 256
/* A peer that sends more than this is not listened to until it ends. */
#define PTN_RECORDS_TOTAL_MAX (16 * 1024 * 1024)

#define PTN_RECORD_ANSWER_MAX 512 /* bytes of an answer made here */

/*
 * The walker of FastCGI records: it sees every byte of a request before the
 * library does, and tells where the request ends, whether it is one, and what
 * of it is within the limits.  It allocates nothing, and believes no length.
 *
 * One request a connection: records of a second one are no request.
 * Spec: FastCGI 1.0, sections 3.3 to 6.3.
 */
enum ptn_records_state {
	PTN_RECORDS_MORE = 0, /* so far it is the beginning of a request */
	PTN_RECORDS_WHOLE,    /* the request has ended */
	PTN_RECORDS_ASKED,    /* a management record has: answer, then go on */
	PTN_RECORDS_BROKEN    /* no request, and none will come */
};

enum ptn_records_stage { PTN_AT_BEGIN = 0, PTN_AT_PARAMS, PTN_AT_STDIN };

/* What is within the limits goes here, in pieces; or nowhere (NULL). */
struct ptn_records_sink {
	void (*params)(void *ctx, const uint8_t *p, size_t len);
	void (*body)(void *ctx, const uint8_t *p, size_t len);
	void *ctx;
};

struct ptn_records {
	enum ptn_records_state state;
	const struct ptn_records_sink *sink; /* or NULL; borrowed */

	/* Of the request, once it has begun. */
	uint16_t id; /* 0: not begun */
	uint16_t role;
	uint8_t flags;
	size_t total;	/* bytes fed */
	size_t nparams; /* kept */
	size_t params;	/* their bytes, as "NAME=value" each */
	size_t body;	/* bytes of STDIN, kept or not */
	bool params_too_large;
	bool body_too_large;

	/* Of the record that is being walked through. */
	enum ptn_records_stage stage;
	uint8_t head[8];
	size_t head_len;
	size_t content; /* bytes that are to come */
	size_t padding;
	uint8_t start[128]; /* of its content: what is not a stream's */
	size_t start_len;
	unsigned asked; /* management records so far */

	/* Of the name-value pair that is being walked through. */
	uint8_t pair[8]; /* its two lengths, as sent */
	size_t pair_len;
	size_t pair_left; /* bytes of name and value that are to come */
	bool pair_kept;
};

void ptn_records_init(struct ptn_records *r,
    const struct ptn_records_sink *sink);

/*
 * Walk on.  Returns how many of the bytes it took: all of them, or those up
 * to where the state became another than PTN_RECORDS_MORE.  With
 * PTN_RECORDS_ASKED, answer (below), and feed the rest.
 */
size_t ptn_records_feed(struct ptn_records *r, const uint8_t *p, size_t len);

/* The answer to the management record that was fed last; its length. */
size_t ptn_records_reply(struct ptn_records *r,
    uint8_t out[PTN_RECORD_ANSWER_MAX]);

/*
 * A whole answer to the request, without the library: STDOUT with text, and
 * the end.  Its length; 0 if no request has begun that could be answered.
 * A request for a role that nobody knows is told so, without text.
 *
 * text		at most 400 bytes
 */
size_t ptn_records_answer(const struct ptn_records *r, const char *text,
    uint8_t out[PTN_RECORD_ANSWER_MAX]);

/* Eight bytes: the header of a record of this request. */
enum ptn_record_type {
	PTN_RECORD_BEGIN = 1,
	PTN_RECORD_END = 3,
	PTN_RECORD_PARAMS = 4,
	PTN_RECORD_STDIN = 5,
	PTN_RECORD_STDOUT = 6,
	PTN_RECORD_GET_VALUES = 9,
	PTN_RECORD_VALUES = 10,
	PTN_RECORD_UNKNOWN = 11
};
void ptn_record_header(uint8_t out[8], enum ptn_record_type type, uint16_t id,
    size_t content);

#endif
