#include "lib/dfns/password.h"

#include <string.h>

#include "lib/account/password.h"
#include "lib/base/log.h"
#include "lib/base/unicode.h"
#include "lib/conf/conf.h"
#include "lib/db/sql.h"

bool
ptn_dfns_password_on(const struct ptn_scope *sc)
{
	return sc->cf->dfns_password;
}

/* The least length, in code points. */
static int64_t
least(const struct ptn_conf *cf)
{
	return cf->password_min > PTN_DFNS_PASSWORD_MIN ? cf->password_min
							: PTN_DFNS_PASSWORD_MIN;
}

enum ptn_err
ptn_dfns_password_fit(const struct ptn_conf *cf, struct ptn_arena *a,
    struct ptn_bytes pw, const char **why)
{
	const int64_t min = least(cf);
	struct ptn_bytes form;
	enum ptn_err r;

	*why = NULL;
	if (ptn_utf8_length(pw) < (size_t)min)
		*why = ptn_arena_printf(a,
		    "must be at least %lld characters long", (long long)min);
	else if (pw.len > (size_t)cf->password_max_bytes)
		*why = ptn_arena_printf(a, "must not be longer than %lld bytes",
		    (long long)cf->password_max_bytes);
	else if ((r = ptn_unicode_opaque(a, pw, &form)) != PTN_E_INPUT)
		return r;
	else
		*why = "must not contain control characters";
	return *why != NULL ? PTN_E_INPUT : PTN_E_NOMEM;
}

enum ptn_err
ptn_dfns_password_hash(const struct ptn_scope *sc,
    const struct ptn_dfns_factor_new *in, const char **hash)
{
	char phc[PTN_PHC_MAX];
	enum ptn_err r;

	*hash = NULL;
	if (!ptn_dfns_password_on(sc) || in->kind != PTN_CRED_PASSWORD)
		return PTN_OK;
	r = ptn_password_hash(sc, in->secret, phc);
	if (r != PTN_OK)
		return r;
	*hash = ptn_arena_strdup(sc->arena, phc);
	ptn_wipe(phc, sizeof(phc));
	return *hash != NULL ? PTN_OK : PTN_E_NOMEM;
}

enum ptn_err
ptn_dfns_password_check(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes pw, struct ptn_dfns_password *out)
{
	const struct ptn_password_factor_of_in in = { sc->tenant_id, *user };
	struct ptn_password_factor_of_out row = { .hash = NULL };
	enum ptn_verdict verdict;
	bool stale;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	r = ptn_sql_password_factor_of(sc->db, sc->arena, &in, &row);
	if (r != PTN_OK && r != PTN_E_NOT_FOUND)
		return r;
	r = ptn_password_verify(sc, row.hash, row.norm, pw, &stale, &verdict);
	if (r != PTN_OK || verdict != PTN_ALLOW)
		return r;
	out->credential = row.credential_id;
	out->stale = stale ? row.hash : NULL;
	return PTN_OK;
}

/* If the new hash cannot be made or stored, the old one is still good. */
void
ptn_dfns_password_renew(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes pw, const struct ptn_dfns_password *right)
{
	char fresh[PTN_PHC_MAX];
	const struct ptn_password_factor_rehash_in in = { fresh,
		PTN_PASSWORD_NORM, sc->tenant_id, *user, right->stale };
	uint64_t n;

	if (right->stale == NULL)
		return;
	if (ptn_password_hash(sc, pw, fresh) == PTN_OK &&
	    ptn_sql_password_factor_rehash(sc->db, &in, &n) != PTN_OK)
		ptn_warn("password: the new hash was not stored");
	ptn_wipe(fresh, sizeof(fresh));
}
