#ifndef PTN_TEST_REQUEST_H
#define PTN_TEST_REQUEST_H

#include <assert.h>
#include <string.h>

#include "fcgi/family.h"
#include "fcgi/public/public.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "lib/conf/conf.h"

/* A request as gateway.c would have read it, for tests of what judges it. */
struct test_request {
	struct ptn_conf cf;
	struct ptn_env env;
	struct ptn_request req;
	struct ptn_reply rep;
	struct ptn_param param[16];
};

static inline void
test_request_init(struct test_request *t, struct ptn_arena *a)
{
	memset(t, 0, sizeof(*t));
	t->cf.cookie_name = "hanko";
	t->cf.cookie_domain = "";
	t->cf.base_path = "";
	t->cf.issuer = "";
	t->cf.rp_id = "localhost";
	t->req.family = &ptn_public_family;
	t->env.sc.cf = &t->cf;
	t->env.sc.arena = a;
	t->env.courier_fd = -1;
	t->req.env = &t->env;
	t->req.sc = t->env.sc;
	t->req.params = t->param;
	t->req.request_id = "test";
	ptn_reply_init(&t->rep, a);
}

static inline void
test_request_param(struct test_request *t, const char *name, const char *value)
{
	assert(t->req.nparams < sizeof(t->param) / sizeof(t->param[0]));
	t->param[t->req.nparams].name = name;
	t->param[t->req.nparams].value = value;
	t->req.nparams++;
}

/* The n-th value of a reply header, from 0; NULL if there is none. */
static inline const char *
test_reply_header(const struct ptn_reply *rep, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < rep->nheaders; i++)
		if (strcmp(rep->header[i].name, name) == 0 && n-- == 0)
			return rep->header[i].value;
	return NULL;
}

#endif
