#ifndef PTN_ROUTES_H
#define PTN_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "fcgi/feature.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "lib/base/err.h"
#include "lib/conf/conf.h"

typedef enum ptn_err (
    *ptn_handler)(struct ptn_request *req, struct ptn_reply *rep);

/* Who may call.  0 refuses to start. */
enum ptn_auth {
	PTN_AUTH_UNSET = 0,
	PTN_AUTH_NONE,	    /* anybody */
	PTN_AUTH_OPTIONAL,  /* anybody; a valid session is looked at */
	PTN_AUTH_SESSION,   /* a valid session, 401 otherwise */
	PTN_AUTH_SITE,	    /* the same, asked for a request of the site's:
			       its Origin is the site's business */
	PTN_AUTH_MEMBER,    /* a user token of the Dfns API */
	PTN_AUTH_SIGNED,    /* the same, and a user action for this request */
	PTN_AUTH_CALLER,    /* a user token, or that of a service account */
	PTN_AUTH_SERVICE,   /* the latter, and a user action */
	PTN_AUTH_RECOVERY,  /* a token to complete a recovery with */
	PTN_AUTH_REGISTRANT /* a token to complete a registration with */
};

/* Which guess limit applies.  0 refuses to start. */
enum ptn_rate_class {
	PTN_RATE_UNSET = 0,
	PTN_RATE_NONE,
	PTN_RATE_PASSCODE, /* rate_limiter.passcode_limits */
	PTN_RATE_PASSWORD, /* rate_limiter.password_limits */
	PTN_RATE_CODE,	   /* a network's wishes for a code by mail */
	PTN_RATE_LOGIN,	   /* by username and organisation, and network */
	PTN_RATE_ANSWER,   /* by network alone */
	PTN_RATE_FACTOR,   /* passwords alone, which the handler counts */
	PTN_RATE_TYPED,	   /* the same, for a code that names its user */
	PTN_RATE__MAX
};

/* What must be at hand before the handler runs.  0 refuses to start. */
enum ptn_need {
	PTN_NEED_UNSET = 0,
	PTN_NEED_NOTHING, /* answers without a database */
	PTN_NEED_KEYS,	  /* the key set, as last loaded */
	PTN_NEED_DB	  /* tenant and keys; 503 without a database */
};

/* What a field of a JSON body must look like. */
enum ptn_field_type {
	PTN_F_UNSET = 0,
	PTN_F_UUID,	/* lower-case, any version: "must be a valid uuid" */
	PTN_F_UUID4,	/* version 4: "must be a valid uuid4" */
	PTN_F_UUID_LAX, /* any case; a message of its own */
	PTN_F_EMAIL,	/* arrives canonical (lib/format/address.h) */
	PTN_F_TEXT,	/* without NUL */
	PTN_F_DIGITS,	/* exactly max decimal digits */
	PTN_F_B64URL,	/* bytes in base64url; max counts them */
	PTN_F_NAMES,	/* an array of names, joined by ","; never refused */
	PTN_F_SECRET,	/* text, never in a message */
	PTN_F_JSON,	/* an object, as it stands in the body */
	PTN_F_ARRAY,	/* the same of an array */
	PTN_F_BOOL,
	PTN_F_TIME, /* RFC 3339, or seconds since the epoch, or ms */
	PTN_F__MAX
};

struct ptn_field {
	const char *name; /* "response.signature": a member of a member */
	enum ptn_field_type type;
	bool required;
	size_t max;	      /* bytes */
	const char *problem;  /* said of a malformed one instead of our words */
	enum ptn_err refusal; /* of a malformed one; PTN_OK: PTN_E_INPUT */
};

struct ptn_input {
	const struct ptn_field *field;
	size_t n;
};

/* One line is the whole public fact of an endpoint. */
struct ptn_route {
	enum ptn_method method;
	const char *path; /* "/sessions/{id}": {id} is one segment */
	enum ptn_auth auth;
	enum ptn_need need;
	enum ptn_rate_class rate;
	const struct ptn_input *input; /* PTN_NO_INPUT when it takes none */
	ptn_feature on;		       /* without it the route is not there */
	ptn_handler handler;
};

extern const struct ptn_input ptn_no_input;
#define PTN_NO_INPUT (&ptn_no_input)

/* THE table. */
extern const struct ptn_route ptn_routes[];
extern const size_t ptn_routes_n;

/*
 * Refuse a table with an unset column or a method and path that stand twice.
 * PTN_E_CONFIG, with the line named in the log.
 */
enum ptn_err ptn_routes_check(void) PTN_MUST_USE;

/*
 * The route of a method and path, its {id} copied to *arg.  A path that is
 * known for other methods gives PTN_E_METHOD and allow as a header value
 * ("GET, HEAD, OPTIONS") in the arena; an unknown one PTN_E_NOT_FOUND.
 * HEAD is answered by GET.
 */
enum ptn_err ptn_routes_match(const struct ptn_conf *cf, struct ptn_arena *a,
    enum ptn_method method, const char *path, const struct ptn_route **route,
    const char **arg, const char **allow) PTN_MUST_USE;

#endif
