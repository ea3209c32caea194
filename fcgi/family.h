#ifndef PTN_FAMILY_H
#define PTN_FAMILY_H

#include <stdbool.h>
#include <stddef.h>

#include "fcgi/feature.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "fcgi/routes.h"
#include "fcgi/side.h"
#include "lib/base/api.h"

/*
 * Who may call: a word of the family that owns it.  Its authenticate() tells
 * its words apart by their addresses.
 */
struct ptn_auth {
	const struct ptn_family *family; /* NULL: a word of all families */
};

/* Anybody may call: nothing is looked at. */
extern const struct ptn_auth ptn_auth_anybody;

/*
 * What all endpoints of one wire protocol have in common.
 */
struct ptn_family {
	enum ptn_side side; /* PTN_PUBLIC or PTN_ADMIN */
	/* "/auth/"; "": all that is left; NULL: its routes, and no more */
	const char *prefix;
	enum ptn_api api;   /* whose signature keys it uses */
	ptn_feature on;
	bool rate[PTN_RATE__MAX]; /* the limits that its routes may have */
	bool placed; /* host or path name the tenant; else the request does */
	size_t body_max;	 /* bytes */
	int depth;		 /* levels of nesting */
	const char *type;	 /* of a JSON body */
	const char *problem;	 /* said before what is wrong with a body */
	const char *last_resort; /* the body of a 500 without memory */
	const char *language; /* the parameter that goes before Accept-Language
			       * where it is there; NULL: none */
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
	/* A refusal is PTN_E_DENIED or another error. */
	enum ptn_err (*authenticate)(struct ptn_request *req,
	    struct ptn_reply *rep, const struct ptn_auth *auth);
	/*
	 * What is asked of whoever asks for something that is not there, before
	 * they are told; NULL: nothing is.
	 */
	const struct ptn_auth *door;
	/* Who may see a page of the site (authorizer.h); NULL: is not asked. */
	const struct ptn_auth *site;
};

/* A write_error: the body as Hanko has it, a code and a message. */
void ptn_family_write_error(struct ptn_reply *rep,
    const struct ptn_request *req, int status, const char *message);

/* Is everything set that has no default? */
bool ptn_family_complete(const struct ptn_family *f);

#endif
