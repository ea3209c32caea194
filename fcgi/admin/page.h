#ifndef PTN_ADMIN_PAGE_H
#define PTN_ADMIN_PAGE_H

#include "fcgi/reply.h"
#include "fcgi/request.h"

/* Which page of a list is asked for. */
struct ptn_admin_page {
	int64_t page;	  /* the first is 1 */
	int64_t per_page; /* 1..PTN_ADMIN_PAGE_MAX */
};
#define PTN_ADMIN_PAGE_MAX 100

/* By "page" and "per_page", of which 0 is none.  PTN_E_INPUT, with words. */
enum ptn_err ptn_admin_page_read(const struct ptn_request *req,
    struct ptn_reply *rep, struct ptn_admin_page *out) PTN_MUST_USE;

/* How many of the list stand before it. */
int64_t ptn_admin_page_skip(const struct ptn_admin_page *p);

/* X-Total-Count, and Link (RFC 8288) to the pages around it. */
void ptn_admin_page_headers(const struct ptn_request *req,
    struct ptn_reply *rep, const struct ptn_admin_page *p, int64_t total);

#endif
