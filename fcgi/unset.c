#include "fcgi/unset.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "fcgi/arrival.h"
#include "fcgi/gateway.h"
#include "fcgi/intake.h"
#include "fcgi/listen.h"
#include "fcgi/process.h"
#include "fcgi/unset_form.h"
#include "fcgi/unset_page.h"
#include "fcgi/unset_run.h"
#include "fcgi/unset_token.h"
#include "lib/base/array.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"

#define ARENA_MAX ((size_t)2 * 1024 * 1024)
#define RECEIVE_MS 3000 /* a request has to arrive */
#define PAGE "/setup"

/* The same for everybody, whatever they ask, but for who has the token. */
static const char answer[] = "Status: 503 Service Unavailable\r\n"
			     "Content-Type: text/plain; charset=utf-8\r\n"
			     "Cache-Control: no-store\r\n"
			     "X-Content-Type-Options: nosniff\r\n"
			     "Retry-After: 60\r\n"
			     "\r\n"
			     "This service is not set up yet.\n";

struct unset {
	const char *conf_path;
	const char *const *set;
	struct ptn_gateway *gw;
	struct ptn_arena *a;
};

/* ----------------------------------------------------- who may see the page */

static bool
is_param(const struct ptn_request *req, const char *name, const char *is)
{
	const char *value = ptn_request_param(req, name);

	return value != NULL && strcasecmp(value, is) == 0;
}

/* A form for the page, wherever the folder is mounted. */
static bool
is_for_page(const struct ptn_request *req)
{
	static const char form[] = "application/x-www-form-urlencoded";
	const char *type = ptn_request_param(req, "CONTENT_TYPE");
	const size_t len = strcspn(req->uri, "?"), page = strlen(PAGE);

	return req->method == PTN_POST && !req->authorizer &&
	    !req->params_too_large && !req->body_too_large && len >= page &&
	    memcmp(req->uri + len - page, PAGE, page) == 0 && type != NULL &&
	    strncasecmp(type, form, strlen(form)) == 0;
}

/*
 * With the token, and by HTTPS, as the web server says: what came otherwise was
 * there for others to read, and is of no use any more.
 */
static bool
may_set_up(const struct unset *u, const struct ptn_request *req,
    struct ptn_unset_form *f)
{
	if (!is_for_page(req) ||
	    ptn_unset_form_read(f, u->a, req->body) != PTN_OK ||
	    f->value[PTN_UNSET_TOKEN][0] == '\0')
		return false;
	if (!ptn_unset_token_is(u->conf_path,
		ptn_request_param(req, "DOCUMENT_ROOT"),
		f->value[PTN_UNSET_TOKEN]))
		return false;
	if (is_param(req, "HTTPS", "on"))
		return true;
	ptn_unset_token_spend(u->conf_path);
	ptn_warn("set-up: the token came by plain HTTP, where others can read "
		 "it (or the web server does not say HTTPS=on): it is removed; "
		 "make another one, and open the page by https");
	return false;
}

/* ------------------------------------------------------------------ the page
 */

/* What is likely: where the page is, and what such hosts have. */
static void
propose(const struct unset *u, const struct ptn_request *req,
    struct ptn_unset_form *f)
{
	const char *host = ptn_request_param(req, "HTTP_HOST");
	const size_t len = strcspn(req->uri, "?") - strlen(PAGE);
	const char *url = NULL;

	if (host != NULL && req->uri[0] == '/')
		url = ptn_arena_printf(u->a, "https://%s%.*s", host, (int)len,
		    req->uri);
	else if (host != NULL)
		url = ptn_arena_printf(u->a, "https://%s", host);
	if (url != NULL)
		f->value[PTN_UNSET_URL] = url;
	f->value[PTN_UNSET_DB_HOST] = "localhost";
	f->value[PTN_UNSET_MAIL] = "sendmail";
}

static const char *
set_up(const struct unset *u, struct ptn_unset_form *f)
{
	if (!ptn_unset_form_complete(f))
		return ptn_unset_page_form(f, u->a);
	switch (ptn_unset_run(f, u->a, u->conf_path, u->set)) {
	case PTN_UNSET_RUN_DONE:
		ptn_unset_token_spend(u->conf_path);
		ptn_info("set-up: done by the web");
		return ptn_unset_page_done(f, u->a,
		    ptn_conf_home(u->conf_path));
	case PTN_UNSET_RUN_OTHER:
		return ptn_unset_page_other(u->a);
	case PTN_UNSET_RUN_WORKS:
		return ptn_unset_page_works(u->a);
	case PTN_UNSET_RUN_FAILED:
		ptn_warn("set-up: one by the web has failed");
		break;
	}
	return ptn_unset_page_form(f, u->a);
}

static const char *
reply_to(const struct unset *u, const struct ptn_request *req)
{
	struct ptn_unset_form f;
	const char *page;

	if (!may_set_up(u, req, &f))
		return answer;
	if (f.value[PTN_UNSET_SENT][0] == '\0') {
		propose(u, req, &f);
		page = ptn_unset_page_form(&f, u->a);
	} else {
		page = set_up(u, &f);
	}
	return page != NULL ? page : answer;
}

/* ------------------------------------------------------------------ requests
 */

/* Whole, within the limits, and in a short time. */
static enum ptn_err
receive(struct ptn_arrival *a)
{
	struct ptn_intake in;
	enum ptn_err r;

	if ((r = ptn_arrival_look(a)) != PTN_E_BUSY)
		return r;
	ptn_intake_init(&in);
	r = ptn_intake_receive(&in, a->conn, RECEIVE_MS);
	if (r == PTN_OK)
		r = ptn_intake_finish(&in, a);
	if (r != PTN_OK)
		ptn_intake_refuse(&in, a->conn, r);
	ptn_intake_free(&in);
	return r;
}

static void
serve(const struct unset *u)
{
	struct ptn_arrival a;
	struct ptn_request req = { .sc = { .arena = u->a } };

	if (ptn_arrival_accept(&a, STDIN_FILENO, PTN_PUBLIC) != PTN_OK)
		return;
	if (receive(&a) != PTN_OK)
		ptn_arrival_close(&a);
	else if (ptn_gateway_take(u->gw, &a, &req) == PTN_OK)
		ptn_gateway_put(u->gw, reply_to(u, &req));
	ptn_arena_reset(u->a);
}

/* libfcgi has handlers for them, which do not end us. */
static void
end_when_told(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(signals); i++)
		(void)signal(signals[i], SIG_DFL);
}

/*
 * Looked at when there is a request, and before it is taken: then it is for the
 * server that we become.
 */
static void
serve_until_set_up(const struct unset *u)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };

	end_when_told();
	ptn_warn("there is no configuration yet: all requests get 503");
	for (;;) {
		if (poll(&fd, 1, -1) <= 0)
			continue;
		if (ptn_conf_is_there(u->conf_path))
			return;
		serve(u);
	}
}

enum ptn_err
ptn_unset_serve(const char *conf_path, const char *const *set)
{
	struct unset u = { .conf_path = conf_path,
		.set = set,
		.a = ptn_arena_new(ARENA_MAX) };
	enum ptn_err r = u.a != NULL ? PTN_OK : PTN_E_NOMEM;

	ptn_log_init(PTN_LOG_INFO, "serve");
	ptn_process_hide();
	if (r == PTN_OK)
		r = ptn_gateway_new(&u.gw);
	if (r == PTN_OK)
		r = ptn_listen_adopt(STDIN_FILENO);
	if (r == PTN_OK)
		serve_until_set_up(&u);
	ptn_gateway_free(&u.gw);
	ptn_arena_free(&u.a);
	return r;
}
