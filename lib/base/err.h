#ifndef PTN_BASE_ERR_H
#define PTN_BASE_ERR_H

#define PTN_MUST_USE __attribute__((warn_unused_result))

/*
 * Did it work?  The answer of every function that can fail.  A code is logged
 * once, where the foreign reason (errno, the database's text, OpenSSL's
 * queue) is still known; above that it is only returned.  What each means
 * stands in err.def.
 */
enum ptn_err {
	PTN_OK = 0,
#define PTN_ERR(error, name) PTN_E_##error,
#include "lib/base/err.def"
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
