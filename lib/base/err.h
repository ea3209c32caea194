#ifndef PTN_BASE_ERR_H
#define PTN_BASE_ERR_H

#define PTN_MUST_USE __attribute__((warn_unused_result))

/*
 * Did it work?  The answer of every function that can fail.  A code is logged
 * once, where the foreign reason (errno, the database's text, OpenSSL's
 * queue) is still known; above that it is only returned.  fcgi/reply.c holds
 * the one table from these codes to HTTP.
 */
enum ptn_err {
	PTN_OK = 0,
	PTN_E_INPUT,	   /* what came from outside is malformed */
	PTN_E_DENIED,	   /* not authenticated */
	PTN_E_FORBIDDEN,   /* authenticated or not: not allowed */
	PTN_E_NOT_FOUND,   /* no such route, row or feature */
	PTN_E_METHOD,	   /* the path exists, the method does not */
	PTN_E_EXPIRED,	   /* a code or challenge outlived its time */
	PTN_E_CONFLICT,	   /* a unique thing exists already */
	PTN_E_GONE,	   /* attempts are used up */
	PTN_E_TOO_LARGE,   /* a named limit on size is exceeded */
	PTN_E_MEDIA,	   /* the content type is not the endpoint's */
	PTN_E_UNPROCESSABLE, /* well-formed, but of no use */
	PTN_E_RATE,	   /* a guess limit is reached */
	PTN_E_BUSY,	   /* the hashing gate is full: try again soon */
	PTN_E_UNAVAILABLE, /* the database cannot be reached or take it */
	PTN_E_RETRY,	   /* a transaction lost: run it again (db.c only) */
	PTN_E_NOMEM,	   /* memory, or the request's arena, is exhausted */
	PTN_E_CONFIG,	   /* the configuration is not usable */
	PTN_E_INTERNAL,	   /* a foreign call failed, an invariant is broken */
	PTN_E__MAX
};

/*
 * Is it allowed?  Never the same variable as "did it work".  Zero denies, so
 * that a zeroed or forgotten variable refuses.
 */
enum ptn_verdict { PTN_DENY = 0, PTN_ALLOW = 1 };

/* A short constant name for logs: "unavailable".  Never NULL. */
const char *ptn_err_name(enum ptn_err r);

#endif
