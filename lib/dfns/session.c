#include "lib/dfns/session.h"

#include "lib/account/signin.h"
#include "lib/conf/conf.h"
#include "lib/dfns/token.h"

/*
 * Where dfns.trust_passkeys registers them, that is a fact once they have used
 * it.
 */
static enum ptn_err
keep(const struct ptn_scope *sc, const struct ptn_member *m)
{
	struct ptn_member copy = *m;

	if (!m->stored)
		return ptn_member_put(sc, m);
	return m->registered && !m->recorded
	    ? ptn_member_set_registered(sc, &copy)
	    : PTN_OK;
}

enum ptn_err
ptn_dfns_session_open(const struct ptn_scope *sc, const struct ptn_member *m,
    enum ptn_event event, struct ptn_claims *claims)
{
	struct ptn_signin in = { .api = PTN_API_DFNS,
		.user_id = m->id,
		.user = { .epoch = m->known_epoch },
		.event = event };
	enum ptn_err r;

	if ((r = keep(sc, m)) != PTN_OK)
		return r;
	if ((r = ptn_signin_in(sc, &in)) == PTN_OK)
		*claims = in.claims;
	return r;
}

enum ptn_err
ptn_dfns_session_token(const struct ptn_scope *sc, const struct ptn_uuid *org,
    const struct ptn_member *m, const struct ptn_claims *claims, char **token)
{
	struct ptn_dfns_token t = { .kind = PTN_DFNS_TOKEN_USER,
		.id = claims->session_id,
		.org = *org,
		.user = m->id,
		.username = m->username };

	return ptn_dfns_token_issue(sc, &t, sc->cf->dfns_session_s, token);
}
