#include "fcgi/dfns/recovery.h"

#include "fcgi/dfns/challenge.h"
#include "fcgi/dfns/dfns.h"
#include "fcgi/dfns/enrolment.h"
#include "lib/account/passcode.h"
#include "lib/account/user.h"
#include "lib/base/base64.h"
#include "lib/dfns/code.h"
#include "lib/event/tx.h"
#include "lib/format/dfnsid.h"

enum { INIT_USERNAME, INIT_ORG, INIT_CODE, INIT_CREDENTIAL, INIT__MAX };

static const struct ptn_field init_fields[INIT__MAX] = {
	[INIT_USERNAME] = { "username", PTN_F_TEXT, true, PTN_USERNAME_MAX,
	    NULL, PTN_OK },
	[INIT_ORG] = { "orgId", PTN_F_TEXT, true, PTN_DFNSID_MAX, NULL,
	    PTN_OK },
	[INIT_CODE] = { "verificationCode", PTN_F_SECRET, true,
	    PTN_DFNS_CODE_TYPED_MAX, NULL, PTN_OK },
	[INIT_CREDENTIAL] = { "credentialId", PTN_F_TEXT, true,
	    PTN_CRED_ID_TEXT_MAX, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_recovery_init = { init_fields, INIT__MAX };

enum { REC_RECOVERY, REC_NEW, REC__MAX };

static const struct ptn_field rec_fields[REC__MAX] = {
	[REC_RECOVERY] = { "recovery", PTN_F_JSON, true, 0, NULL, PTN_OK },
	[REC_NEW] = { "newCredentials", PTN_F_JSON, true, 0, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_recovery = { rec_fields, REC__MAX };

static enum ptn_err
failed(struct ptn_request *req, struct ptn_reply *rep, const char *why,
    enum ptn_dfns_refusal refusal)
{
	ptn_event_note(&req->sc, PTN_EVENT_DFNS_RECOVERY_FAILED, why);
	return ptn_dfns_refuse(rep, refusal);
}

/* A right code is used up, as for a login. */
static enum ptn_err
check_code(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_lookup *who, bool able)
{
	enum ptn_passcode_result what;
	enum ptn_err r;

	r = ptn_dfns_check_code(req, who, able, PTN_CODE_RECOVERY,
	    req->in[INIT_CODE].b, false, &what);
	if (r == PTN_OK && what != PTN_PASSCODE_RIGHT)
		return failed(req, rep, "wrong code", PTN_DFNS_BAD_CODE);
	return r;
}

/* Who is unknown or deactivated; told only where telling is configured. */
static enum ptn_err
tell(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_lookup *who)
{
	if (who->member.active || !ptn_dfns_discloses_accounts(req))
		return PTN_OK;
	return ptn_dfns_refuse_member(req, rep, PTN_EVENT_DFNS_RECOVERY_FAILED,
	    &who->member);
}

enum ptn_err
ptn_dfns_recovery_key(struct ptn_request *req, const struct ptn_scope *sc,
    struct ptn_bytes credential_id, struct ptn_dfns_recovery *k)
{
	const struct ptn_uuid *user = &k->who.member.id;
	struct ptn_dfns_challenge ch = { .purpose = PTN_DFNS_CEREMONY_RECOVERY,
		.user_id = *user };
	struct ptn_dfns_cred *all;
	enum ptn_err r;
	size_t i, n;

	r = ptn_dfns_creds_of(sc, user, &all, &n);
	for (i = 0; r == PTN_OK && i < n && ch.n == 0; i++) {
		if (all[i].kind != PTN_CRED_RECOVERY_KEY || !all[i].active ||
		    !ptn_cred_id_same(ptn_bytes_of(all[i].cred_id),
			credential_id))
			continue;
		ch.cred = &all[i];
		ch.n = 1;
	}
	k->key = ch.cred;
	k->b = (struct ptn_dfns_ceremony_start){ .who = &k->who,
		.token = PTN_DFNS_TOKEN_RECOVERY,
		.c = { .purpose = PTN_DFNS_CEREMONY_RECOVERY,
		    .state = ptn_dfns_challenge_state(req->sc.arena, &ch) } };
	return r == PTN_OK && k->b.c.state == NULL ? PTN_E_NOMEM : r;
}

enum ptn_err
ptn_dfns_recovery_write(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_recovery *k)
{
	const char *encrypted = k->key->encrypted_private_key;
	struct ptn_jsonw *w = &rep->json;
	enum ptn_err r;

	if ((r = ptn_dfns_ceremony_start_write(req, rep, &k->b)) != PTN_OK)
		return r;
	ptn_jsonw_array(w, "allowedRecoveryCredentials");
	ptn_jsonw_object(w, NULL);
	ptn_jsonw_str(w, "id", k->key->cred_id);
	ptn_jsonw_str(w, "encryptedRecoveryKey",
	    encrypted != NULL ? encrypted : "");
	ptn_jsonw_end_object(w);
	ptn_jsonw_end_array(w);
	ptn_jsonw_end_object(w);
	return PTN_OK;
}

/*
 * POST /auth/recover/user/init: what new credentials are to sign, and the
 * encrypted recovery key, for a right code.
 */
enum ptn_err
ptn_dfns_recovery_init(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_recovery k;
	enum ptn_err r;

	r = ptn_dfns_lookup(req, req->in[INIT_ORG].s, req->in[INIT_USERNAME].s,
	    &k.who);
	if (r == PTN_OK)
		r = ptn_dfns_recovery_key(req, &req->sc,
		    req->in[INIT_CREDENTIAL].b, &k);
	if (r != PTN_OK || (r = tell(req, rep, &k.who)) != PTN_OK)
		return r;
	r = check_code(req, rep, &k.who,
	    k.who.known && ptn_member_usable(&k.who.member));
	if (r != PTN_OK)
		return r;
	if (k.key == NULL)
		return failed(req, rep, "no recovery key",
		    PTN_DFNS_NO_RECOVERY);
	if ((r = ptn_dfns_ceremony_start(req, &k.b)) != PTN_OK)
		return r;
	return ptn_dfns_recovery_write(req, rep, &k);
}

struct recovering {
	struct ptn_request *req;
	struct ptn_org org;
	struct ptn_dfns_ceremony c;
	struct ptn_member member;
	struct ptn_dfns_factor factor;
	struct ptn_dfns_enrolment creds;
	struct ptn_ruling ruling;
};

static enum ptn_err
read_all(struct ptn_request *req, struct ptn_reply *rep, struct recovering *k)
{
	const char *why = NULL;
	enum ptn_err r;

	r = ptn_dfns_factor_read(req->sc.arena, req->in[REC_RECOVERY].json,
	    PTN_FACTOR_RECOVERY, &k->factor, &why);
	if (r == PTN_E_INPUT)
		return ptn_dfns_malformed(req, rep, "recovery", why);
	if (r != PTN_OK)
		return r;
	r = ptn_dfns_enrolment_read(req, rep, req->in[REC_NEW].json, &k->creds);
	if (r == PTN_OK && ptn_feature_dfns_passwords(req->sc.cf) &&
	    !ptn_dfns_enrolment_fresh(&k->creds))
		return ptn_dfns_malformed(req, rep, rec_fields[REC_NEW].name,
		    "a credential that signs");
	return r;
}

/* The recovery key of the ceremony, if it is still there and active. */
static enum ptn_err
verify_recovery(const struct ptn_scope *sc, struct recovering *k)
{
	struct ptn_request *req = k->req;
	struct ptn_dfns_challenge ch = { .purpose =
					     PTN_DFNS_CEREMONY_RECOVERY };
	struct ptn_dfns_cred *all;
	enum ptn_err r;
	size_t i, n;

	r = ptn_dfns_creds_of(sc, &k->c.user_id, &all, &n);
	if (r != PTN_OK)
		return r;
	ch.cred = all;
	for (i = 0; i < n; i++)
		if (all[i].kind == PTN_CRED_RECOVERY_KEY && all[i].active)
			ch.cred[ch.n++] = all[i];
	r = ptn_dfns_challenge_allowed(req, k->c.state, &ch);
	if (r == PTN_OK)
		r = ptn_dfns_verify_recovery(&req->sc, &k->factor,
		    req->in[REC_NEW].json, ch.cred, ch.n, &k->ruling);
	if (r == PTN_OK && k->ruling.verdict != PTN_ALLOW)
		r = PTN_E_DENIED;
	return r;
}

static enum ptn_err
verify_new(struct recovering *k)
{
	const struct ptn_dfns_verify v = { &k->org, k->c.challenge,
		k->c.user_id, k->c.sealed };
	enum ptn_err r;

	r = ptn_dfns_enrolment_verify(&k->req->sc, &v, &k->creds);
	if (r == PTN_E_DENIED)
		k->ruling = k->creds.ruling;
	return r;
}

/* All that was goes, and all that is new comes, at once. */
static enum ptn_err
recover(const struct ptn_scope *sc, void *arg)
{
	struct recovering *k = arg;
	const struct ptn_uuid *user = &k->c.user_id;
	enum ptn_err r;

	k->creds.conflict = false;
	if ((r = ptn_user_lock(sc, user)) != PTN_OK ||
	    (r = ptn_member_by_id(sc, user, &k->member)) != PTN_OK ||
	    (r = verify_recovery(sc, k)) != PTN_OK ||
	    (r = verify_new(k)) != PTN_OK)
		return r;
	if (!ptn_member_usable(&k->member))
		return PTN_E_FORBIDDEN;
	if ((r = ptn_dfns_ceremony_end(sc, &k->c.id)) != PTN_OK ||
	    (r = ptn_dfns_creds_archive(sc, user)) != PTN_OK ||
	    (r = ptn_dfns_enrolment_put(sc, user, &k->creds)) != PTN_OK ||
	    (r = ptn_dfns_notify(sc, PTN_EVENT_DFNS_RECOVERY_OK, &k->org,
		 &k->member)) != PTN_OK)
		return r;
	return ptn_session_end_all(sc, user);
}

/*
 * POST /auth/recover/user: new credentials, approved by a recovery key, take
 * the place of all others; every session ends.
 */
enum ptn_err
ptn_dfns_recovery(struct ptn_request *req, struct ptn_reply *rep)
{
	struct recovering k = { .req = req };
	enum ptn_err r;

	if ((r = read_all(req, rep, &k)) != PTN_OK ||
	    (r = ptn_dfns_ceremony_finish(req, rep, PTN_DFNS_CEREMONY_RECOVERY,
		 &k.c, &k.org)) != PTN_OK ||
	    (r = ptn_dfns_enrolment_hash(req, &k.creds)) != PTN_OK)
		return r;
	r = ptn_tx(&req->sc, recover, &k);
	if (r == PTN_E_CONFLICT && k.creds.conflict)
		return failed(req, rep, "credential exists",
		    PTN_DFNS_CREDENTIAL_EXISTS);
	if (r == PTN_E_DENIED)
		return failed(req, rep, ptn_refusal_name(k.ruling.refusal),
		    PTN_DFNS_NOT_PROVED);
	if (r == PTN_E_FORBIDDEN)
		return ptn_dfns_refuse_member(req, rep,
		    PTN_EVENT_DFNS_RECOVERY_FAILED, &k.member);
	if (r == PTN_E_NOT_FOUND)
		return ptn_dfns_refuse(rep, PTN_DFNS_BAD_TOKEN);
	if (r != PTN_OK)
		return r;
	ptn_dfns_enrolment_write(rep, &k.org.id, &k.member, &k.creds);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}
