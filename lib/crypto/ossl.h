#ifndef PTN_CRYPTO_OSSL_H
#define PTN_CRYPTO_OSSL_H

#include <stdbool.h>

#include "lib/base/err.h"

/*
 * OpenSSL does not always say that it lacked memory, and calls a signature
 * wrong that it could not look at.  From now on it is seen; in vain, and no
 * harm, where it has taken memory already.
 */
void ptn_ossl_watch(void);

/*
 * To be called when OpenSSL has been asked something: what it left behind must
 * not look like the failure of the next who asks.  PTN_E_NOMEM if it was
 * refused memory meanwhile, so that a "no" of its may have been none.
 */
enum ptn_err ptn_ossl_settle(void);

/*
 * The end of what cannot say "no", ok or not: PTN_OK and settled, whatever
 * OpenSSL lacked on its way, or as ptn_ossl_fail().
 */
enum ptn_err ptn_ossl_done(bool ok, const char *what) PTN_MUST_USE;

/* Log OpenSSL's first reason, and settle: PTN_E_INTERNAL or PTN_E_NOMEM. */
enum ptn_err ptn_ossl_fail(const char *what) PTN_MUST_USE;

#endif
