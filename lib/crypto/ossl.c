#include "lib/crypto/ossl.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "lib/base/log.h"

static bool starved;

static void *
give(size_t len, const char *file, int line)
{
	void *p = malloc(len);

	(void)file;
	(void)line;
	if (p == NULL && len > 0)
		starved = true;
	return p;
}

static void *
give_more(void *old, size_t len, const char *file, int line)
{
	void *p = realloc(old, len);

	(void)file;
	(void)line;
	if (p == NULL && len > 0)
		starved = true;
	return p;
}

static void
take_back(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

void
ptn_ossl_watch(void)
{
	(void)CRYPTO_set_mem_functions(give, give_more, take_back);
}

enum ptn_err
ptn_ossl_settle(void)
{
	const bool lacked = starved;

	ERR_clear_error();
	starved = false;
	return lacked ? PTN_E_NOMEM : PTN_OK;
}

enum ptn_err
ptn_ossl_fail(const char *what)
{
	const unsigned long e = ERR_get_error();
	const char *why = e == 0 ? NULL : ERR_reason_error_string(e);

	ptn_error("crypto: %s: %s", what, why == NULL ? "failed" : why);
	return ptn_ossl_settle() == PTN_OK ? PTN_E_INTERNAL : PTN_E_NOMEM;
}

enum ptn_err
ptn_ossl_done(bool ok, const char *what)
{
	if (!ok)
		return ptn_ossl_fail(what);
	(void)ptn_ossl_settle();
	return PTN_OK;
}
