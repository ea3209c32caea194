#ifndef PTN_FORMAT_TRACE_H
#define PTN_FORMAT_TRACE_H

#include <stdbool.h>

#define PTN_TRACE_ID_LEN 32
#define PTN_TRACE_PARENT_LEN 16

/* Which trace a request belongs to, and who in it has called. */
struct ptn_trace {
	char id[PTN_TRACE_ID_LEN + 1];	       /* lower-case hex */
	char parent[PTN_TRACE_PARENT_LEN + 1]; /* the same */
};

/*
 * Read a traceparent (W3C Trace Context, section 3.2.2): version 00 with
 * nothing behind it; a later one by its first four fields, as section 4.3
 * says.  False, and out is empty, for all else: upper case, ids of zeros
 * alone, version ff.
 */
bool ptn_trace_parse(const char *text, struct ptn_trace *out);

#endif
