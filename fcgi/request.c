#include "fcgi/request.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>


static const char *const methods[PTN_METHOD__MAX] = {
	[PTN_GET] = "GET",
	[PTN_HEAD] = "HEAD",
	[PTN_POST] = "POST",
	[PTN_PUT] = "PUT",
	[PTN_PATCH] = "PATCH",
	[PTN_DELETE] = "DELETE",
	[PTN_OPTIONS] = "OPTIONS",
	[PTN_METHOD_OTHER] = "other",
};

const char *
ptn_method_name(enum ptn_method m)
{
	if (m >= PTN_METHOD__MAX || methods[m] == NULL)
		return "other";
	return methods[m];
}

enum ptn_method
ptn_method_parse(const char *name)
{
	int m;

	for (m = 0; m < PTN_METHOD__MAX; m++)
		if (methods[m] != NULL && strcmp(methods[m], name) == 0)
			return (enum ptn_method)m;
	return PTN_METHOD_OTHER;
}

const char *
ptn_request_param(const struct ptn_request *req, const char *name)
{
	size_t i;

	for (i = 0; i < req->nparams; i++)
		if (strcmp(req->params[i].name, name) == 0)
			return req->params[i].value;
	return NULL;
}

size_t
ptn_request_param_count(const struct ptn_request *req, const char *name)
{
	size_t i, n = 0;

	for (i = 0; i < req->nparams; i++)
		n += strcmp(req->params[i].name, name) == 0;
	return n;
}

bool
ptn_request_server_is(const struct ptn_request *req, const char *product)
{
	const char *s = ptn_request_param(req, "SERVER_SOFTWARE");
	const size_t len = strlen(product);

	return s != NULL && strncasecmp(s, product, len) == 0 &&
	    strchr("/ ", s[len]) != NULL;
}

void
ptn_request_wake_courier(const struct ptn_request *req)
{
	req->env->mail_queued = true;
	/* a full pipe means that it is awake already */
	if (req->env->courier_fd != -1 &&
	    write(req->env->courier_fd, "", 1) == -1)
		return;
}

