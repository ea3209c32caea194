#include "fcgi/dfns/dfns.h"

#include "fcgi/throttle.h"
#include "lib/account/limit.h"
#include "lib/crypto/jws.h"

enum { ANSWER_CHALLENGE, ANSWER_FIRST, ANSWER_SECOND, ANSWER__MAX };

static const struct ptn_field fields[ANSWER__MAX] = {
	[ANSWER_CHALLENGE] = { "challengeIdentifier", PTN_F_SECRET, true,
	    PTN_JWS_MAX, NULL, PTN_OK },
	[ANSWER_FIRST] = { "firstFactor", PTN_F_JSON, true, 0, NULL, PTN_OK },
	[ANSWER_SECOND] = { "secondFactor", PTN_F_JSON, false, 0, NULL,
	    PTN_OK },
};

const struct ptn_input ptn_in_dfns_answer = { fields, ANSWER__MAX };

static enum ptn_err
read_factors(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_dfns_answer *an)
{
	static const enum ptn_dfns_factor_place place[] = { PTN_FACTOR_FIRST,
		PTN_FACTOR_SECOND };
	const char *why = NULL;
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; i < 2 && r == PTN_OK; i++) {
		if (!req->in[ANSWER_FIRST + i].set)
			continue;
		r = ptn_dfns_factor_read(req->sc.arena,
		    req->in[ANSWER_FIRST + i].json, place[i],
		    &an->factor[an->nfactors++], &why);
		if (r == PTN_E_INPUT)
			return ptn_dfns_malformed(req, rep,
			    fields[ANSWER_FIRST + i].name, why);
	}
	return r;
}

/* A password is counted before it is checked, for unknown names as well. */
static enum ptn_err
check_password(struct ptn_request *req, struct ptn_dfns_answer *an)
{
	const struct ptn_uuid *account;
	enum ptn_err r;

	r = ptn_dfns_answer_password(&req->sc, an, &account);
	if (r != PTN_OK || account == NULL)
		return r;
	if ((r = ptn_throttle_account(req, account, &an->counted)) != PTN_OK)
		return r;
	return ptn_dfns_answer_check_password(&req->sc, an);
}

enum ptn_err
ptn_dfns_read_answer(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_dfns_ceremony_kind kind, struct ptn_dfns_answer *an)
{
	enum ptn_err r;

	if ((r = read_factors(req, rep, an)) != PTN_OK ||
	    (r = ptn_dfns_answer_take(&req->sc, req->in[ANSWER_CHALLENGE].b,
		 kind, an)) != PTN_OK)
		return r;
	return check_password(req, an);
}
