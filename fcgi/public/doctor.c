#include "fcgi/public/public.h"

#include <stdlib.h>
#include <string.h>

#include "lib/account/nonce.h"
#include "lib/base/array.h"

/* Each compares what arrived with what was sent. */
typedef bool (*question)(const struct ptn_request *req, const char *is);

/* The token of Authorization. */
static bool
is_bearer(const struct ptn_request *req, const char *is)
{
	static const char scheme[] = "Bearer ";
	const char *value = ptn_request_param(req, "HTTP_AUTHORIZATION");

	return value != NULL && strncmp(value, scheme, strlen(scheme)) == 0 &&
	    strcmp(value + strlen(scheme), is) == 0;
}

/* The address that limits count by. */
static bool
is_client(const struct ptn_request *req, const char *is)
{
	return req->ip != NULL && strcmp(req->ip, is) == 0;
}

static bool
is_host(const struct ptn_request *req, const char *is)
{
	return req->host != NULL && strcmp(req->host, is) == 0;
}

/* That many bytes of body. */
static bool
is_body(const struct ptn_request *req, const char *is)
{
	return req->body.len == strtoul(is, NULL, 10);
}

/* It came in as many pieces at least; one that lay there whole, in none. */
static bool
is_in_pieces(const struct ptn_request *req, const char *is)
{
	return req->pieces >= strtoul(is, NULL, 10);
}

static const struct {
	const char *name;
	question ask;
} questions[] = {
	{ "bearer", is_bearer },
	{ "client", is_client },
	{ "host", is_host },
	{ "body", is_body },
	{ "pieces", is_in_pieces },
};

/*
 * "?QUESTION=VALUE" of the request's target; what is asked about has no
 * character that a URL would escape.
 */
static question
asked(const struct ptn_request *req, const char **is)
{
	const char *query = strchr(req->uri, '?');
	size_t i, len;

	for (i = 0; query != NULL && i < PTN_ARRAY_LEN(questions); i++) {
		len = strlen(questions[i].name);
		if (strncmp(query + 1, questions[i].name, len) == 0 &&
		    query[1 + len] == '=') {
			*is = query + 1 + len + 1;
			return questions[i].ask;
		}
	}
	return NULL;
}

/*
 * POST /doctor/{nonce}: "postern doctor" asks by way of the web server whether
 * something came through as it was sent.  Nobody else learns anything: without
 * a nonce that was made a moment ago and never used there is no such path.
 */
enum ptn_err
ptn_public_doctor(struct ptn_request *req, struct ptn_reply *rep)
{
	const char *is = NULL;
	question ask;
	enum ptn_err r;

	if ((r = ptn_nonce_use(&req->sc, req->arg)) != PTN_OK)
		return r;
	ask = asked(req, &is);
	if (ask == NULL)
		return PTN_E_NOT_FOUND;
	rep->no_store = true;
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonw_bool(&rep->json, "yes", ask(req, is));
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}
