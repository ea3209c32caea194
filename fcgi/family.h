#ifndef PTN_FAMILY_H
#define PTN_FAMILY_H

#include <stdbool.h>
#include <stddef.h>

#include "fcgi/feature.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "fcgi/routes.h"
#include "lib/base/api.h"

/*
 * What all endpoints of one wire protocol have in common.  A request belongs
 * to the first family of ptn_families[] whose prefix its path has.
 */
struct ptn_family {
	const char *prefix; /* "/auth/"; "": all that is left */
	enum ptn_api api;   /* whose signature keys it uses */
	ptn_feature on;
	bool placed; /* host or path name the tenant; else the request does */
	size_t body_max;	 /* bytes */
	int depth;		 /* levels of nesting */
	const char *type;	 /* of a JSON body */
	const char *problem;	 /* said before what is wrong with a body */
	const char *last_resort; /* the body of a 500 without memory */
	/*
	 * NULL: origins and headers by the configuration, with credentials.
	 * Otherwise any origin, no credentials, these headers, and a preflight
	 * that is answered 200 with preflight_body.
	 */
	const char *allow_headers;
	const char *allow_methods;
	const char *preflight_body;
	/* The body of an error into rep->json. */
	void (*write_error)(struct ptn_reply *rep,
	    const struct ptn_request *req, int status, const char *message);
	/* Who may call: a refusal is PTN_E_DENIED or another error. */
	enum ptn_err (*authenticate)(struct ptn_request *req,
	    struct ptn_reply *rep, enum ptn_auth auth);
};

/* THE table of families; the last has the prefix "". */
extern const struct ptn_family *const ptn_families[];

/* The family of a path (or of what could not be decoded to one). */
const struct ptn_family *ptn_family_of(const struct ptn_conf *cf,
    const char *path);

#endif
