#ifndef PTN_REPLY_H
#define PTN_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/account/session.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/format/json.h"

struct ptn_request;

/* How a request that worked is answered; handlers write no status. */
enum ptn_done {
	PTN_DONE_OK = 0,  /* 200 with the body */
	PTN_DONE_CREATED, /* 201 with the body */
	PTN_DONE_EMPTY,	  /* 204 */
	PTN_DONE__MAX
};

#define PTN_REPLY_HEADERS 24

struct ptn_header {
	const char *name;
	const char *value;
};

/* An answer in the making.  Everything in it lives in the arena. */
struct ptn_reply {
	struct ptn_arena *arena;
	enum ptn_done done;
	const char *message;   /* of an error, instead of the table's; static */
	const char *type;      /* content type; NULL: application/json */
	struct ptn_jsonw json; /* the body being written */
	struct ptn_bytes raw; /* a body that is ready; p set: instead of json */
	struct ptn_header header[PTN_REPLY_HEADERS];
	size_t nheaders;
	bool no_store; /* carries a token or personal data */
	bool routine;  /* asked for all day by programs: seldom of interest */
	bool bad;      /* memory ran out while it was made */

	/* Settled by ptn_reply_finish(): what gateway.c sends. */
	int status;
	const char *reason;
	struct ptn_bytes body;
};

void ptn_reply_init(struct ptn_reply *rep, struct ptn_arena *a);

/* Without controls: may stand in a header. */
bool ptn_reply_header_safe(const char *value);

/*
 * Add a header.  The value is copied; one with CR, LF or NUL in it marks the
 * reply bad (500) instead of being sent.
 */
void ptn_reply_header(struct ptn_reply *rep, const char *name,
    const char *value);
void ptn_reply_header_int(struct ptn_reply *rep, const char *name,
    int64_t value);

/* Say a text of ours instead of the table's, and return r. */
enum ptn_err ptn_reply_say(struct ptn_reply *rep, enum ptn_err r,
    const char *message);

/* A body that is ready (JSON if type is NULL); borrowed until it is sent. */
void ptn_reply_raw(struct ptn_reply *rep, const char *type,
    struct ptn_bytes body);

/* Which status an error has; 200 for PTN_OK. */
int ptn_reply_status(enum ptn_err r);

/*
 * What is said to a request that is not answered by a handler, in one piece
 * (RFC 3875 section 6) and without memory from elsewhere.  Its length; it is
 * NUL-terminated.
 */
#define PTN_REPLY_CANNED_MAX 256
size_t ptn_reply_canned(enum ptn_err why, char out[PTN_REPLY_CANNED_MAX]);

/*
 * Settle status, body and the headers every reply has, from what the handler
 * returned; the body of an error is the family's.
 */
void ptn_reply_finish(struct ptn_reply *rep, const struct ptn_request *req,
    enum ptn_err r);

#endif
