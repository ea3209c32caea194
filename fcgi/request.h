#ifndef PTN_REQUEST_H
#define PTN_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/side.h"
#include "lib/account/device.h"
#include "lib/account/session.h"
#include "lib/account/tenant.h"
#include "lib/base/api.h"
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/event/actor.h"

struct ptn_conf;

enum ptn_method {
	PTN_METHOD_UNSET = 0,
	PTN_GET,
	PTN_HEAD,
	PTN_POST,
	PTN_PUT,
	PTN_PATCH,
	PTN_DELETE,
	PTN_OPTIONS,
	PTN_METHOD_OTHER,
	PTN_METHOD__MAX
};

const char *ptn_method_name(enum ptn_method m);
enum ptn_method ptn_method_parse(const char *name);

/* A header of the request, as the web server's parameters gave it. */
struct ptn_param {
	const char *name; /* "HTTP_COOKIE" */
	const char *value;
};

struct ptn_admin_caller;
struct ptn_child;
struct ptn_family;
struct ptn_json;

/* A decoded field of the input; set is false when absent or null. */
struct ptn_value {
	bool set;
	bool is_null;		     /* it stands there, as null */
	const char *s; /* text, NUL-terminated */
	struct ptn_bytes b;
	struct ptn_uuid id;
	bool on;		     /* of a PTN_F_BOOL */
	int64_t n;		     /* of a PTN_F_COUNT */
	int64_t us;		     /* of a PTN_F_TIME: since the epoch */
	const struct ptn_json *json; /* of PTN_F_JSON, _ARRAY; until the end */
};

/*
 * What a worker owns and every request borrows: made before the loop, the
 * same for all requests.
 */
struct ptn_env {
	struct ptn_scope sc; /* of no tenant yet; what it points to is ours */
	struct ptn_tenants *tenants;
	const struct ptn_child *child; /* whom we are one of (process.h) */
	int courier_fd;	  /* a byte written here wakes the courier; or -1 */
	bool mail_queued; /* this process queued mail since last drained */
};

/*
 * One request, from first byte to wiped arena.  gateway.c fills the first
 * part from FastCGI, dispatch.c the second; handlers only read.
 */
struct ptn_request {
	struct ptn_env *env;
	struct ptn_scope sc; /* env->sc, as it is for the tenant */

	/* From the web server. */
	const struct ptn_param *params;
	size_t nparams;
	enum ptn_method method;
	const char *uri; /* REQUEST_URI; from the gate on in origin-form */
	struct ptn_bytes body;
	bool authorizer; /* the web server asks who may pass (authorizer.h) */
	bool body_too_large;   /* it was read to its end and dropped */
	bool params_too_large; /* more than gateway.h allows; params is cut */
	unsigned int pieces; /* in which it came (arrival.h) */
	enum ptn_side side; /* the socket that it came in on */

	/* From the gate. */
	const struct ptn_family *family;
	struct ptn_json *json;	 /* the body, while fields point into it */
	const char *host; /* that it was sent to, with its port; or NULL */
	enum ptn_err path_err;	 /* why there is no path */
	const char *path; /* decoded, without base_path; begins with "/" */
	const struct ptn_mount *mount; /* which names the tenant, or NULL */
	const struct ptn_mount *below; /* that its path begins with, or NULL */
	enum ptn_err tenant_err;       /* why there is no tenant */
	struct ptn_uuid org; /* that the path of an operator names; or nil */
	bool bound; /* that operator is for one organisation */
	const struct ptn_admin_caller *caller; /* who they are; or NULL */
	const char *arg; /* what stood for {id} in the route's path, or NULL */
	const char *arg2; /* and for what is behind it; or NULL */
	const struct ptn_route *route;
	const char *allow; /* methods of a path that does not take this one */
	struct ptn_tenant tenant;
	uint64_t upkeep; /* statements that the process needed, not we */
	const char *request_id;
	const char *ip;		    /* of the client, by trusted proxies only */
	const char *origin;	    /* or NULL */
	const struct ptn_value *in; /* by the route's own enum */
	struct ptn_session session; /* session.known: who is asking */
	struct ptn_session_set sessions; /* all that it presents */
	struct ptn_uuid signer; /* the one key of a token; nil: a session */
	struct ptn_uuid action; /* that approves this: to be marked as used */
	struct ptn_actor actor; /* sc.actor: who asks, and what came of it */
};

/*
 * The value of a parameter ("HTTP_ORIGIN"), or NULL.  A header sent twice
 * gives its first value; ptn_request_param_count() tells.
 */
const char *ptn_request_param(const struct ptn_request *req, const char *name);
size_t ptn_request_param_count(const struct ptn_request *req, const char *name);

/*
 * Does the web server say that it is this product ("Apache", in any case)?
 * SERVER_SOFTWARE, RFC 3875 section 4.1.17.
 */
bool ptn_request_server_is(const struct ptn_request *req, const char *product);

/* There is mail in the outbox: the courier is to look at once. */
void ptn_request_wake_courier(const struct ptn_request *req);

#endif
