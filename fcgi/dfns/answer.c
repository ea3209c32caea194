#include <string.h>

#include "fcgi/dfns/challenge.h"
#include "fcgi/dfns/dfns.h"
#include "lib/dfnsverify.h"
#include "lib/jwt.h"

enum { ANSWER_CHALLENGE, ANSWER_FIRST, ANSWER_SECOND, ANSWER__MAX };

static const struct ptn_field fields[ANSWER__MAX] = {
	[ANSWER_CHALLENGE] = { "challengeIdentifier", PTN_F_SECRET, true,
	    PTN_JWT_MAX, NULL, PTN_OK },
	[ANSWER_FIRST] = { "firstFactor", PTN_F_JSON, true, 0, NULL, PTN_OK },
	[ANSWER_SECOND] = { "secondFactor", PTN_F_JSON, false, 0, NULL,
	    PTN_OK },
};

const struct ptn_input ptn_in_dfns_answer = { fields, ANSWER__MAX };

static enum ptn_err
read_factors(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_dfns_answer *an)
{
	static const enum ptn_dfnsfactor_place place[] = { PTN_FACTOR_FIRST,
		PTN_FACTOR_SECOND };
	const char *why = NULL;
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; i < 2 && r == PTN_OK; i++) {
		if (!req->in[ANSWER_FIRST + i].set)
			continue;
		r = ptn_dfnsfactor_read(req->arena,
		    req->in[ANSWER_FIRST + i].json, place[i],
		    &an->factor[an->nfactors++], &why);
		if (r == PTN_E_INPUT)
			return ptn_dfns_malformed(req, rep,
			    fields[ANSWER_FIRST + i].name, why);
	}
	return r;
}

enum ptn_err
ptn_dfns_answer_read(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_purpose_of purpose, struct ptn_dfns_answer *an)
{
	enum ptn_err r;

	if ((r = read_factors(req, rep, an)) != PTN_OK)
		return r;
	r = ptn_dfns_challenge_take(req, req->in[ANSWER_CHALLENGE].b, purpose,
	    &an->c);
	if (r != PTN_OK)
		return r;
	return ptn_org_get(req->db, req->arena, req->cf, &req->tenant.id,
	    &an->org);
}

enum ptn_err
ptn_dfns_answer_verify(struct ptn_request *req, struct ptn_db *db,
    struct ptn_dfns_answer *an)
{
	const struct ptn_dfnsverify v = { req->cf, &an->org, an->c.challenge,
		an->c.user_id };
	struct ptn_dfns_challenge ch = { .purpose = an->c.purpose };
	struct ptn_dfnscred *used;
	enum ptn_err r;
	size_t i;

	memset(&an->ruling, 0, sizeof(an->ruling));
	r = ptn_dfns_signers(req, &an->org.id, &an->c.user_id, &ch);
	if (r == PTN_OK)
		r = ptn_dfns_allowed(req, an->c.state, &ch);
	for (i = 0; i < an->nfactors && r == PTN_OK; i++) {
		r = ptn_dfnsverify_factor(req->arena, &v, &an->factor[i],
		    ch.cred, ch.n, &used, &an->ruling);
		if (r == PTN_OK && an->ruling.verdict != PTN_ALLOW)
			r = PTN_E_DENIED;
		if (r == PTN_OK)
			r = ptn_dfnscred_used(db, &an->org.id, used);
	}
	return r;
}
