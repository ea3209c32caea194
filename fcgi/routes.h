#ifndef PTN_ROUTES_H
#define PTN_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "fcgi/feature.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "fcgi/side.h"
#include "lib/base/err.h"

struct ptn_conf;

typedef enum ptn_err (
    *ptn_handler)(struct ptn_request *req, struct ptn_reply *rep);

struct ptn_auth; /* family.h */

/*
 * Which limit a route may run into.  0 refuses to start.  What each
 * counts, and must therefore find in the input, is a row of throttle.c.
 */
enum ptn_rate_class {
	PTN_RATE_UNSET = 0,
	PTN_RATE_NONE,
	PTN_RATE_RULE,	    /* its rule counts, and not every request */
	PTN_RATE_LOOKUP,    /* is there such an account? */
	PTN_RATE_SIGNUP,    /* a new one */
	PTN_RATE_CHALLENGE, /* something to be signed */
	PTN_RATE_HASH,	    /* a password to be hashed */
	PTN_RATE_PASSCODE,  /* a passcode to be mailed */
	PTN_RATE_PASSWORD,  /* a password to be checked */
	PTN_RATE_CODE,	    /* a code of the Dfns API to be mailed */
	PTN_RATE_LOGIN,	    /* a challenge, by username and organisation */
	PTN_RATE_ANSWER,    /* a code or a signature to be checked */
	PTN_RATE_FACTOR,    /* the same, or a password: the handler counts */
	PTN_RATE_TYPED,	    /* a code that names its user */
	PTN_RATE_STEP,	    /* of a flow: the flow counts */
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
	PTN_F_WHOLE,	/* the body itself: an object, or null (is_null) */
	PTN_F_BOOL,
	PTN_F_COUNT, /* a whole number from 1 to max */
	PTN_F_TIME, /* RFC 3339, or seconds since the epoch, or ms */
	PTN_F__MAX
};

struct ptn_field {
	const char *name; /* "response.signature": a member of a member */
	enum ptn_field_type type;
	bool required;
	size_t max;	      /* characters; of PTN_F_B64URL decoded bytes */
	const char *problem;  /* said of a malformed one instead of our words */
	enum ptn_err refusal; /* of a malformed one; PTN_OK: PTN_E_INPUT */
};

struct ptn_input {
	const struct ptn_field *field;
	size_t n;
};

/* One line is the whole public fact of an endpoint. */
struct ptn_route {
	const struct ptn_family *family;
	enum ptn_method method;
	/* "/sessions/{id}": {id} is one segment, of which there are two at most */
	const char *path;
	const struct ptn_auth *auth; /* who may call */
	enum ptn_need need;
	enum ptn_rate_class rate;
	const struct ptn_input *input; /* of no fields when it takes none */
	ptn_feature on;		       /* without it the route is not there */
	ptn_handler handler;
};

/* THE table. */
extern const struct ptn_route ptn_routes[];
extern const size_t ptn_routes_n;

/*
 * Refuse a table with a line that
 *
 *	has an unset column;
 *	has a field without a name or a type in its input;
 *	names who may call, or a limit, in a word that is not its family's;
 *	has a limit that counts a field which its input does not have, of that
 *	type, at that place (throttle.h);
 *	asks for a session or a limit without the database;
 *	has the method and path of another, or the path of another family, on
 *	the same side.
 *
 * PTN_E_CONFIG, with the line named in the log.
 */
enum ptn_err ptn_routes_check(const struct ptn_route *table,
    size_t n) PTN_MUST_USE;

/* What was found for a method and path. */
struct ptn_route_match {
	const struct ptn_route *route;
	const char *arg;   /* what stands for {id}, or NULL */
	const char *arg2;  /* and for what is behind it, or NULL */
	const char *allow; /* with PTN_E_METHOD: "GET, HEAD, OPTIONS" */
};

/*
 * The route of a method and path on a side; its texts are in the arena.  A
 * path that is known for other methods gives PTN_E_METHOD and m->allow, an
 * unknown one PTN_E_NOT_FOUND.  HEAD is answered by GET.
 */
enum ptn_err ptn_routes_match(const struct ptn_conf *cf, struct ptn_arena *a,
    enum ptn_side side, enum ptn_method method, const char *path,
    struct ptn_route_match *m) PTN_MUST_USE;

/*
 * The family of a path (or of what could not be decoded to one) that was asked
 * for on a side: that of its routes, whatever their methods; or, where it has
 * none, that with the longest prefix that fits.  A side without families
 * answers as the public one does.
 */
const struct ptn_family *ptn_routes_family(const struct ptn_conf *cf,
    enum ptn_side side, const char *path);

/* The family that is asked who may see the pages of the site. */
const struct ptn_family *ptn_routes_site(void);

#endif
