#include "lib/dfns/session.h"

#include "lib/account/signin.h"
#include "lib/conf/conf.h"
#include "lib/dfns/token.h"

enum ptn_err
ptn_dfns_session_open(const struct ptn_scope *sc, const struct ptn_member *m,
    enum ptn_event event, struct ptn_claims *claims)
{
	struct ptn_signin in = { .api = PTN_API_DFNS,
		.user_id = m->id,
		.event = event };
	enum ptn_err r;

	if (!m->stored && (r = ptn_member_put(sc, m)) != PTN_OK)
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
