#include <string.h>

#include "fcgi/dfns/challenge.h"
#include "fcgi/dfns/dfns.h"
#include "fcgi/throttle.h"
#include "lib/account/jwt.h"
#include "lib/dfns/fido.h"
#include "lib/dfns/password.h"
#include "lib/dfns/totp.h"
#include "lib/dfns/verify.h"
#include "lib/format/json.h"

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

/*
 * Whose guesses to count: of the challenge, be there such a user or not; nil
 * if it is for no name at all.
 */
static enum ptn_err
read_account(struct ptn_request *req, const char *state,
    struct ptn_uuid *account)
{
	struct ptn_json *all = NULL;
	const char *why, *text;
	enum ptn_err r;

	memset(account, 0, sizeof(*account));
	r = ptn_json_parse(ptn_bytes_of(state), PTN_DFNS_CEREMONY_DEPTH, &all,
	    &why);
	if (r != PTN_OK)
		return PTN_E_INTERNAL;
	text = ptn_json_text(req->sc.arena, ptn_json_get(all, "account"));
	if (text != NULL && !ptn_uuid_parse(text, account))
		r = PTN_E_INTERNAL;
	ptn_json_free(&all);
	return r;
}

static enum ptn_err
deny(struct ptn_dfns_answer *an, enum ptn_refusal why)
{
	(void)ptn_ruling_deny(&an->ruling, why);
	return PTN_E_DENIED;
}

/*
 * A password is nothing without a code.  Beyond that all that is asked here
 * is the same for whoever has none, or does not exist.
 */
static enum ptn_err
check_password(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_dfns_answer *an)
{
	const struct ptn_dfns_factor *f = an->factor;
	struct ptn_uuid account;
	enum ptn_err r;

	if (!ptn_feature_dfns_passwords(req->sc.cf) ||
	    f[0].kind != PTN_CRED_PASSWORD)
		return PTN_OK;
	if (an->nfactors != 2 || f[1].kind != PTN_CRED_TOTP)
		return deny(an, PTN_REFUSAL_KIND);
	if ((r = read_account(req, an->c.state, &account)) != PTN_OK)
		return r;
	if (ptn_uuid_is_nil(&account))
		return deny(an, PTN_REFUSAL_KIND);
	if ((r = ptn_throttle_account(req, rep, &account)) != PTN_OK ||
	    (r = ptn_dfns_password_check(&req->sc, &an->c.user_id, f[0].secret,
		 &an->password)) != PTN_OK)
		return r;
	return ptn_uuid_is_nil(&an->password) ? deny(an, PTN_REFUSAL_PASSWORD)
					      : PTN_OK;
}

/* Whom a passkey says that it is for; else nobody. */
static struct ptn_uuid
user_of(const struct ptn_dfns_factor *factor)
{
	struct ptn_uuid user;

	if (factor->kind != PTN_CRED_FIDO2 ||
	    ptn_dfns_fido_user(factor->user_handle, &user) != PTN_OK)
		memset(&user, 0, sizeof(user));
	return user;
}

enum ptn_err
ptn_dfns_answer_read(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_dfns_ceremony_kind purpose, struct ptn_dfns_answer *an)
{
	enum ptn_err r;

	if ((r = read_factors(req, rep, an)) != PTN_OK)
		return r;
	r = ptn_dfns_challenge_take(req, req->in[ANSWER_CHALLENGE].b, purpose,
	    &an->c);
	if (r != PTN_OK)
		return r;
	if (ptn_uuid_is_nil(&an->c.user_id))
		an->c.user_id = user_of(&an->factor[0]);
	r = ptn_dfns_org(req, &req->sc.tenant_id, &an->org);
	return r == PTN_OK ? check_password(req, rep, an) : r;
}

/* By what was found out before, or by a code that is used now. */
static enum ptn_err
verify_secret(const struct ptn_scope *sc, struct ptn_dfns_answer *an,
    const struct ptn_dfns_factor *f, const struct ptn_dfns_cred *c)
{
	enum ptn_verdict verdict;
	enum ptn_err r;

	if (f->kind == PTN_CRED_PASSWORD)
		return ptn_uuid_equal(&c->id, &an->password)
		    ? ptn_ruling_allow(&an->ruling)
		    : ptn_ruling_deny(&an->ruling, PTN_REFUSAL_PASSWORD);
	r = ptn_dfns_totp_use(sc, &an->c.user_id, &c->id, f->secret, &verdict);
	if (r != PTN_OK)
		return r;
	return verdict == PTN_ALLOW
	    ? ptn_ruling_allow(&an->ruling)
	    : ptn_ruling_deny(&an->ruling, PTN_REFUSAL_CODE);
}

/* They name no credential: it is the one of their kind. */
static enum ptn_err
verify_by_kind(const struct ptn_scope *sc, struct ptn_dfns_answer *an,
    const struct ptn_dfns_factor *f, const struct ptn_dfns_challenge *ch,
    struct ptn_dfns_cred **used)
{
	size_t i;

	for (i = 0; i < ch->n; i++)
		if (ch->cred[i].kind == f->kind) {
			*used = &ch->cred[i];
			return verify_secret(sc, an, f, *used);
		}
	return ptn_ruling_deny(&an->ruling, PTN_REFUSAL_KIND);
}

enum ptn_err
ptn_dfns_answer_verify(struct ptn_request *req, const struct ptn_scope *sc,
    struct ptn_dfns_answer *an)
{
	const struct ptn_dfns_verify v = { .org = &an->org,
		.challenge = an->c.challenge,
		.user = an->c.user_id };
	struct ptn_dfns_challenge ch = { .purpose = an->c.purpose };
	struct ptn_dfns_cred *used;
	enum ptn_err r;
	size_t i;

	memset(&an->ruling, 0, sizeof(an->ruling));
	r = ptn_dfns_challenge_signers(req, &an->c.user_id, &ch);
	if (r == PTN_OK)
		r = ptn_dfns_challenge_allowed(req, an->c.state, &ch);
	for (i = 0; i < an->nfactors && r == PTN_OK; i++) {
		r = ptn_dfns_cred_kind_secret(an->factor[i].kind)
		    ? verify_by_kind(sc, an, &an->factor[i], &ch, &used)
		    : ptn_dfns_verify_factor(&req->sc, &v, &an->factor[i],
			  ch.cred, ch.n, &used, &an->ruling);
		if (r == PTN_OK && an->ruling.verdict != PTN_ALLOW)
			r = PTN_E_DENIED;
		if (r == PTN_OK)
			r = ptn_dfns_cred_used(sc, used);
		an->used[i] = r == PTN_OK ? used : NULL;
	}
	return r;
}
