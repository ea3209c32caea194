#include "lib/dfns/usertoken.h"

#include <string.h>

#include "lib/account/org.h"
#include "lib/account/user.h"
#include "lib/base/arena.h"
#include "lib/db/sql.h"
#include "lib/dfns/administer.h"
#include "lib/dfns/member.h"
#include "lib/dfns/pat.h"
#include "lib/dfns/token.h"
#include "lib/event/tx.h"

enum ptn_err
ptn_usertokens_of(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_usertoken **out, size_t *n)
{
	const struct ptn_usertokens_of_in in = { sc->tenant_id, *user };
	const char *service = ptn_dfns_token_word(PTN_DFNS_TOKEN_SERVICE);
	struct ptn_usertokens_of_out *row;
	enum ptn_err r;
	size_t i;

	*out = NULL;
	r = ptn_sql_usertokens_of(sc->db, sc->arena, &in, &row, n);
	if (r != PTN_OK || *n == 0)
		return r;
	if ((*out = ptn_arena_calloc(sc->arena, *n, sizeof(**out))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n; i++)
		(*out)[i] = (struct ptn_usertoken){ .id = row[i].id,
			.kind = row[i].kind,
			.service = strcmp(row[i].kind, service) == 0,
			.name = row[i].name,
			.fingerprint = row[i].fingerprint,
			.owner = ptn_member_role_owns(row[i].role),
			.active = row[i].active != 0,
			.created_at_us = row[i].created_at,
			.expires_at_us = row[i].expires_at,
			.last_signed_us = row[i].last_used_at };
	return PTN_OK;
}

struct ending {
	const struct ptn_uuid *user;
	const struct ptn_uuid *id;
};

static enum ptn_err
end_pat(const struct ptn_scope *sc, const struct ending *e)
{
	struct ptn_member m;
	struct ptn_org org;
	enum ptn_err r;

	if ((r = ptn_pat_end(sc, e->user, e->id)) != PTN_OK ||
	    (r = ptn_org_get(sc, &sc->tenant_id, &org)) != PTN_OK ||
	    (r = ptn_member_by_id(sc, e->user, &m)) != PTN_OK)
		return r;
	return ptn_member_notify(sc, PTN_EVENT_PAT_ARCHIVED, org.rp_name, &m);
}

static enum ptn_err
end(const struct ptn_scope *sc, void *arg)
{
	const struct ending *e = arg;
	struct ptn_usertoken *t;
	size_t i, n;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, e->user)) != PTN_OK ||
	    (r = ptn_usertokens_of(sc, e->user, &t, &n)) != PTN_OK)
		return r;
	for (i = 0; i < n; i++)
		if (ptn_uuid_equal(&t[i].id, e->id))
			break;
	if (i == n)
		return PTN_E_NOT_FOUND;
	return t[i].service ? ptn_administer_end_in(sc, e->user)
			    : end_pat(sc, e);
}

enum ptn_err
ptn_usertoken_end(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *id)
{
	struct ending e = { user, id };

	return ptn_tx(sc, end, &e);
}
