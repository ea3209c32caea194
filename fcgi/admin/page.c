#include "fcgi/admin/page.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fcgi/query.h"

#define PER_PAGE 20
#define PAGE_MAX 1000000000
#define PARAMETERS_MAX 32 /* of a query that links repeat */

/* A whole number from 0 to max. */
static bool
read_number(const char *text, int64_t max, int64_t *out)
{
	const size_t len = strlen(text);

	if (len == 0 || len > 10 || strspn(text, "0123456789") != len)
		return false;
	*out = strtoll(text, NULL, 10);
	return *out <= max;
}

static enum ptn_err
read_one(const struct ptn_request *req, const char *name, int64_t usual,
    int64_t max, int64_t *out)
{
	const char *text;
	enum ptn_err r;

	*out = usual;
	r = ptn_query_get(req, name, &text);
	if (r != PTN_OK || text == NULL)
		return r;
	if (!read_number(text, max, out))
		return PTN_E_INPUT;
	if (*out == 0)
		*out = usual;
	return PTN_OK;
}

enum ptn_err
ptn_admin_page_read(const struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_admin_page *out)
{
	enum ptn_err r;

	r = read_one(req, "page", 1, PAGE_MAX, &out->page);
	if (r == PTN_OK)
		r = read_one(req, "per_page", PER_PAGE, PTN_ADMIN_PAGE_MAX,
		    &out->per_page);
	return r != PTN_E_INPUT
	    ? r
	    : ptn_reply_say(rep, r,
		  "page must be a number, and per_page one up to 100");
}

int64_t
ptn_admin_page_skip(const struct ptn_admin_page *p)
{
	return (p->page - 1) * p->per_page;
}

static bool
is_ours(struct ptn_bytes one)
{
	static const char *const name[] = { "page", "per_page" };
	size_t i, len;

	for (i = 0; i < 2; i++) {
		len = strlen(name[i]);
		if (one.len >= len && memcmp(one.p, name[i], len) == 0 &&
		    (one.len == len || one.p[len] == '='))
			return true;
	}
	return false;
}

static int
by_text(const void *a, const void *b)
{
	const struct ptn_bytes *x = a, *y = b;
	const size_t len = x->len < y->len ? x->len : y->len;
	const int d = memcmp(x->p, y->p, len);

	if (d != 0)
		return d;
	return x->len < y->len ? -1 : x->len > y->len;
}

/* The URL of this request, as far as its "?". */
static void
write_place(struct ptn_buf *b, const struct ptn_request *req)
{
	const char *https = ptn_request_param(req, "HTTPS");
	const bool tls = https != NULL && strcasecmp(https, "on") == 0;

	if (req->host != NULL)
		ptn_buf_printf(b, "http%s://%s", tls ? "s" : "", req->host);
	ptn_buf_add(b, req->uri, strcspn(req->uri, "?#"));
}

/* The same query, sorted, with another page. */
static void
write_link(struct ptn_buf *b, const struct ptn_request *req,
    const struct ptn_admin_page *p, int64_t page, const char *rel)
{
	struct ptn_bytes one[PARAMETERS_MAX + 2];
	char own[2][40];
	size_t i, n = 0, all;

	all = ptn_query_split(req, one, PARAMETERS_MAX);
	if (all > PARAMETERS_MAX)
		all = PARAMETERS_MAX;
	for (i = 0; i < all; i++)
		if (!is_ours(one[i]))
			one[n++] = one[i];
	(void)snprintf(own[0], sizeof(own[0]), "page=%" PRId64, page);
	(void)snprintf(own[1], sizeof(own[1]), "per_page=%" PRId64,
	    p->per_page);
	for (i = 0; i < 2; i++)
		one[n++] = ptn_bytes_of(own[i]);
	qsort(one, n, sizeof(one[0]), by_text);
	ptn_buf_str(b, b->len > 0 ? ",<" : "<");
	write_place(b, req);
	for (i = 0; i < n; i++) {
		ptn_buf_char(b, i == 0 ? '?' : '&');
		ptn_buf_add(b, one[i].p, one[i].len);
	}
	ptn_buf_printf(b, ">; rel=\"%s\"", rel);
}

void
ptn_admin_page_headers(const struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_admin_page *p, int64_t total)
{
	const int64_t pages = (total + p->per_page - 1) / p->per_page;
	const int64_t last = pages > 0 ? pages : 1;
	struct ptn_buf b;

	ptn_buf_init(&b, rep->arena);
	if (p->page != 1 || p->page == last)
		write_link(&b, req, p, 1, "first");
	if (p->page != last)
		write_link(&b, req, p, last, "last");
	if (p->page < last)
		write_link(&b, req, p, p->page + 1, "next");
	if (p->page > 1)
		write_link(&b, req, p, p->page - 1, "prev");
	ptn_buf_char(&b, '\0');
	if (b.bad)
		rep->bad = true;
	else
		ptn_reply_header(rep, "Link", b.p);
	ptn_reply_header_int(rep, "X-Total-Count", total);
}
