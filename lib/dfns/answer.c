#include "lib/dfns/answer.h"

#include <string.h>

#include "lib/account/credential.h"
#include "lib/base/base64.h"
#include "lib/base/finding.h"
#include "lib/dfns/challenge.h"
#include "lib/dfns/decoy.h"
#include "lib/dfns/fido.h"
#include "lib/dfns/lookup.h"
#include "lib/dfns/signers.h"
#include "lib/dfns/totp.h"
#include "lib/dfns/verify.h"

/*
 * The user that a passkey names by its user handle; nil: none.  16 bytes are
 * the id of a user, if the passkey was not registered with them elsewhere.
 */
static enum ptn_err
user_of(const struct ptn_scope *sc, const struct ptn_dfns_factor *factor,
    struct ptn_uuid *user)
{
	const struct ptn_bytes handle = factor->user_handle;
	struct ptn_bytes id;
	enum ptn_err r;

	memset(user, 0, sizeof(*user));
	if (factor->kind != PTN_CRED_FIDO2 || handle.len == 0)
		return PTN_OK;
	r = ptn_dfns_fido_user(handle, user);
	if (r == PTN_OK && handle.len != sizeof(user->b))
		return PTN_OK;
	r = factor->cred_id != NULL
	    ? ptn_b64any_decode(sc->arena, ptn_bytes_of(factor->cred_id), &id)
	    : PTN_E_INPUT;
	if (r == PTN_OK)
		r = ptn_credential_by_handle(sc, id, handle, user);
	return r == PTN_E_INPUT || r == PTN_E_NOT_FOUND ? PTN_OK : r;
}

static enum ptn_err
deny_challenge(struct ptn_dfns_answer *an)
{
	return ptn_dfns_denial_set(&an->denial, PTN_DFNS_BAD_CHALLENGE,
	    "unknown challenge");
}

/* Of those who found the challenge the one that deletes it has it. */
static enum ptn_err
spend(const struct ptn_scope *sc, struct ptn_dfns_answer *an)
{
	const enum ptn_err r = ptn_dfns_ceremony_end(sc, &an->c.id);

	return r == PTN_E_NOT_FOUND ? deny_challenge(an) : r;
}

/* Is there something in it that can be guessed? */
static bool
has_secret(const struct ptn_dfns_answer *an)
{
	size_t i;

	for (i = 0; i < an->nfactors; i++)
		if (ptn_dfns_cred_kind_secret(an->factor[i].kind))
			return true;
	return false;
}

enum ptn_err
ptn_dfns_answer_take(struct ptn_scope *sc, struct ptn_bytes identifier,
    enum ptn_dfns_ceremony_kind kind, struct ptn_dfns_answer *an)
{
	struct ptn_org_row org;
	enum ptn_err r;

	r = ptn_dfns_challenge_find(sc, identifier, kind, &an->c, &org);
	if (r == PTN_E_NOT_FOUND)
		return deny_challenge(an);
	if (r == PTN_OK)
		r = ptn_dfns_lookup_org_of(sc, &org, &an->org);
	if (r != PTN_OK || (has_secret(an) && (r = spend(sc, an)) != PTN_OK))
		return r;
	an->spent = has_secret(an);
	if (an->c.state.any_passkey)
		r = user_of(sc, &an->factor[0], &an->c.user_id);
	else if (an->c.state.known)
		an->c.user_id = an->c.state.account;
	return r;
}

enum ptn_err
ptn_dfns_answer_drop(const struct ptn_scope *sc,
    const struct ptn_dfns_answer *an, enum ptn_err why)
{
	enum ptn_err r;

	if (an->spent)
		return why;
	r = ptn_dfns_ceremony_end(sc, &an->c.id);
	return r == PTN_OK || r == PTN_E_NOT_FOUND ? why : r;
}

static enum ptn_err
deny(struct ptn_dfns_answer *an, enum ptn_finding_reason why)
{
	return ptn_dfns_denial_set(&an->denial, PTN_DFNS_NOT_PROVED,
	    ptn_finding_word(why));
}

/* Nothing that is asked here depends on who the user is. */
enum ptn_err
ptn_dfns_answer_password(const struct ptn_scope *sc, struct ptn_dfns_answer *an,
    const struct ptn_uuid **account)
{
	const struct ptn_dfns_factor *f = an->factor;

	*account = NULL;
	if (!ptn_dfns_password_on(sc) || f[0].kind != PTN_CRED_PASSWORD)
		return PTN_OK;
	if (an->nfactors != 2 || f[1].kind != PTN_CRED_TOTP ||
	    ptn_uuid_is_nil(&an->c.state.account))
		return deny(an, PTN_REASON_KIND);
	*account = &an->c.state.account;
	return PTN_OK;
}

static bool
is_right(const struct ptn_dfns_password *password)
{
	return !ptn_uuid_is_nil(&password->credential);
}

/*
 * Codes of an app are counted behind a password that is right: who does not
 * know it must not be able to use up the tries of a code.  Behind one that is
 * wrong those of an id are counted that nobody has.
 */
static enum ptn_err
count_code(const struct ptn_scope *sc, struct ptn_dfns_answer *an)
{
	const bool right = is_right(&an->password);
	struct ptn_limit_on on = an->counted;
	struct ptn_dfns_decoy decoy;
	char nobody[PTN_UUID_STR];
	enum ptn_err r;

	if (on.account == NULL)
		return PTN_OK;
	if ((r = ptn_dfns_decoy_of(sc, on.account, &decoy)) != PTN_OK)
		return r;
	ptn_uuid_format(&decoy.nobody, nobody);
	if (!right)
		on.account = nobody;
	r = ptn_limit_take_unseen(sc, PTN_LIMIT_CODE, &on,
	    right ? "the code of an app is not judged" : NULL);
	an->barred = r == PTN_E_RATE;
	return an->barred ? PTN_OK : r;
}

enum ptn_err
ptn_dfns_answer_check_password(const struct ptn_scope *sc,
    struct ptn_dfns_answer *an)
{
	enum ptn_err r;

	r = ptn_dfns_password_check(sc, &an->c.user_id, an->factor[0].secret,
	    &an->password);
	return r == PTN_OK ? count_code(sc, an) : r;
}

void
ptn_dfns_answer_renew(const struct ptn_scope *sc,
    const struct ptn_dfns_answer *an)
{
	ptn_dfns_password_renew(sc, &an->c.user_id, an->factor[0].secret,
	    &an->password);
}

/* A password was checked before.  c NULL: the user has none of the kind. */
static enum ptn_err
verify_secret(const struct ptn_scope *sc, const struct ptn_dfns_answer *an,
    const struct ptn_dfns_factor *f, const struct ptn_dfns_cred *c,
    struct ptn_dfns_totp *code, struct ptn_finding *finding)
{
	enum ptn_verdict verdict = PTN_DENY;
	enum ptn_err r;

	if (f->kind == PTN_CRED_PASSWORD) {
		if (c != NULL &&
		    ptn_uuid_equal(&c->id, &an->password.credential))
			verdict = PTN_ALLOW;
	} else {
		r = ptn_dfns_totp_check(sc, &an->c.user_id,
		    c != NULL ? &c->id : NULL, f->secret, code, &verdict);
		if (r != PTN_OK)
			return r;
	}
	if (verdict == PTN_ALLOW)
		return ptn_finding_allow(finding);
	if (c == NULL)
		return ptn_finding_deny(finding, PTN_REASON_KIND);
	return ptn_finding_deny(finding,
	    f->kind == PTN_CRED_PASSWORD ? PTN_REASON_PASSWORD
					 : PTN_REASON_CODE);
}

static enum ptn_err
verify_one(const struct ptn_scope *sc, const struct ptn_dfns_answer *an,
    const struct ptn_dfns_factor *f, const struct ptn_dfns_signers *list,
    struct ptn_dfns_cred **used, struct ptn_dfns_totp *code,
    struct ptn_finding *finding)
{
	const struct ptn_dfns_verify v = { .org = &an->org,
		.challenge = an->c.challenge,
		.user = an->c.user_id };

	if (!ptn_dfns_cred_kind_secret(f->kind))
		return ptn_dfns_verify_factor(sc, &v, f, list->cred, list->n,
		    used, finding);
	*used = ptn_dfns_signers_by_kind(list, f->kind);
	return verify_secret(sc, an, f, *used, code, finding);
}

/* All of them in any case; finding is of the first that does not hold. */
static enum ptn_err
verify_all(const struct ptn_scope *sc, struct ptn_dfns_answer *an,
    const struct ptn_dfns_signers *list, struct ptn_dfns_totp *code,
    struct ptn_finding *finding)
{
	struct ptn_dfns_cred *used;
	struct ptn_finding one;
	enum ptn_err r;
	size_t i;

	(void)ptn_finding_allow(finding);
	for (i = 0; i < an->nfactors; i++) {
		memset(&one, 0, sizeof(one));
		r = verify_one(sc, an, &an->factor[i], list, &used, code, &one);
		if (r != PTN_OK)
			return r;
		if (finding->verdict == PTN_ALLOW)
			*finding = one;
		an->used[i] = used;
	}
	return PTN_OK;
}

/* Nothing denies any more, but that the code was used meanwhile. */
static enum ptn_err
use_all(const struct ptn_scope *sc, struct ptn_dfns_answer *an,
    const struct ptn_dfns_totp *code)
{
	enum ptn_verdict verdict = PTN_ALLOW;
	enum ptn_err r;
	size_t i;

	for (i = 0; i < an->nfactors; i++) {
		if (an->factor[i].kind == PTN_CRED_TOTP &&
		    (r = ptn_dfns_totp_use(sc, &an->c.user_id, code,
			 &verdict)) != PTN_OK)
			return r;
		if (verdict != PTN_ALLOW)
			return deny(an, PTN_REASON_CODE);
		if ((r = ptn_dfns_cred_used(sc, an->used[i])) != PTN_OK)
			return r;
	}
	return an->counted.account != NULL
	    ? ptn_limit_give_back(sc, PTN_LIMIT_CODE, &an->counted)
	    : PTN_OK;
}

enum ptn_err
ptn_dfns_answer_verify(const struct ptn_scope *sc, struct ptn_dfns_answer *an)
{
	struct ptn_dfns_signers list;
	struct ptn_finding finding;
	struct ptn_dfns_totp code;
	enum ptn_err r;

	memset(&an->denial, 0, sizeof(an->denial));
	/* First: a counter would call a second answer a copied passkey. */
	if (!an->spent && (r = spend(sc, an)) != PTN_OK)
		return r;
	if ((r = ptn_dfns_signers_for(sc, &an->c.user_id, &an->signer,
		 &list)) != PTN_OK)
		return r;
	ptn_dfns_signers_allowed(&an->c.state, &list);
	if ((r = verify_all(sc, an, &list, &code, &finding)) != PTN_OK)
		return r;
	if (an->barred && is_right(&an->password))
		return ptn_dfns_denial_set(&an->denial, PTN_DFNS_NOT_PROVED,
		    "too many codes");
	if (finding.verdict != PTN_ALLOW)
		return deny(an, finding.reason);
	return use_all(sc, an, &code);
}
