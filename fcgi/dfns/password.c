#include <assert.h>

#include "fcgi/dfns/dfns.h"
#include "lib/account/password.h"
#include "lib/crypto/totp.h"
#include "lib/dfns/password.h"
#include "lib/dfns/totp.h"

enum ptn_err
ptn_dfns_offer_totp(struct ptn_request *req, const struct ptn_org *org,
    const char *username, struct ptn_dfns_ceremony *c, const char **otp_url)
{
	struct ptn_bytes secret;
	enum ptn_err r;

	*otp_url = "";
	if (!ptn_feature_dfns_passwords(req->sc.cf))
		return PTN_OK;
	r = ptn_dfns_totp_offer(&req->sc, &c->user_id, &secret, &c->sealed);
	if (r != PTN_OK)
		return r;
	*otp_url = ptn_totp_url(req->sc.arena, org->rp_name, username, secret);
	return *otp_url != NULL ? PTN_OK : PTN_E_NOMEM;
}

static bool
is_password(const struct ptn_request *req, const struct ptn_dfns_factor_new *in)
{
	return ptn_feature_dfns_passwords(req->sc.cf) &&
	    in->kind == PTN_CRED_PASSWORD;
}

enum ptn_err
ptn_dfns_refuse_password(struct ptn_request *req, struct ptn_reply *rep,
    const char *field, const struct ptn_dfns_factor_new *in)
{
	const char *why;
	enum ptn_err r;

	if (!is_password(req, in))
		return PTN_OK;
	r = ptn_dfns_password_fit(req->sc.cf, req->sc.arena, in->secret, &why);
	if (r != PTN_E_INPUT)
		return r;
	return ptn_reply_say(rep, r,
	    ptn_arena_printf(req->sc.arena, "%s%s%scredentialInfo/password %s",
		req->family->problem, field, field[0] != '\0' ? "/" : "", why));
}

enum ptn_err
ptn_dfns_password_hash(struct ptn_request *req,
    const struct ptn_dfns_factor_new *in, const char **hash)
{
	char phc[PTN_PHC_MAX];
	enum ptn_err r;

	assert(!ptn_db_in_tx(req->sc.db));
	*hash = NULL;
	if (!is_password(req, in))
		return PTN_OK;
	r = ptn_password_hash(req->sc.cf, req->sc.gate, req->sc.arena,
	    in->secret, phc);
	if (r != PTN_OK)
		return r;
	*hash = ptn_arena_strdup(req->sc.arena, phc);
	ptn_wipe(phc, sizeof(phc));
	return *hash != NULL ? PTN_OK : PTN_E_NOMEM;
}
