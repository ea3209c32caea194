#ifndef PTN_CLI_FETCH_H
#define PTN_CLI_FETCH_H

#include "lib/base/arena.h"
#include "lib/base/err.h"

#define PTN_FETCH_HEADERS 4

/* A request, for the helper postern-fetch. */
struct ptn_fetch {
	const char *url;
	const char *method;		       /* NULL: GET */
	const char *header[PTN_FETCH_HEADERS]; /* "Name: value"; NULL ends */
	const char *ca; /* file of authorities; "" or NULL: the system's */
	long body;	/* bytes of it, of POST */
	long pause_ms;	/* before the last of them */
};

/* What came of it; the texts are in the arena. */
struct ptn_fetch_answer {
	int status;
	const char *address; /* that answered */
	const char *head;    /* "HTTP/1.1 200 OK\r\nName: value\r\n..." */
	const char *body;
	const char *why; /* there was no answer; else NULL */
};

/*
 * Ask, for at most 15 s.  PTN_OK if there was an answer, of whatever status;
 * PTN_E_UNAVAILABLE with out->why; PTN_E_NOMEM.
 */
enum ptn_err ptn_fetch(struct ptn_arena *a, const struct ptn_fetch *ask,
    struct ptn_fetch_answer *out) PTN_MUST_USE;

/* The value of a header of an answer, in the arena, or NULL. */
const char *ptn_fetch_header(struct ptn_arena *a,
    const struct ptn_fetch_answer *f, const char *name);

#endif
