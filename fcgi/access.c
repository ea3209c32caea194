#include "fcgi/access.h"

#include "fcgi/routes.h"
#include "lib/base/array.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"

/* Bytes of the body that are sent. */
static int64_t
body_len(const struct ptn_request *req, const struct ptn_reply *rep)
{
	return req->method == PTN_HEAD ? 0 : (int64_t)rep->body.len;
}

void
ptn_access(const struct ptn_request *req, const struct ptn_reply *rep,
    int64_t us)
{
	const enum ptn_side side = req->authorizer ? PTN_AUTHORIZER : req->side;
	const struct ptn_log_field fields[] = {
		{ .name = "side", .text = ptn_side_names[side] },
		{ .name = "method", .text = ptn_method_name(req->method) },
		{ .name = "route",
		    .text = req->route != NULL ? req->route->path : "other" },
		{ .name = "status", .number = rep->status },
		{ .name = "duration_us", .number = us },
		{ .name = "bytes", .number = body_len(req, rep) },
		{ .name = "client", .text = req->ip },
	};

	if (!req->sc.cf->log_access ||
	    (rep->routine && !req->sc.cf->log_health))
		return;
	ptn_log_fields(fields, PTN_ARRAY_LEN(fields), "request");
}
