#include "lib/dfns/credcode.h"

#include "fcgi/dfns/add_credential.h"
#include "fcgi/dfns/dfns.h"
#include "lib/account/user.h"
#include "lib/base/clock.h"
#include "lib/dfns/code.h"
#include "lib/event/tx.h"

enum { NEW_EXPIRATION, NEW__MAX };

static const struct ptn_field new_fields[NEW__MAX] = {
	[NEW_EXPIRATION] = { "expiration", PTN_F_TIME, true, 0, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_expiration = { new_fields, NEW__MAX };

enum { INIT_CODE, INIT_KIND, INIT__MAX };

static const struct ptn_field init_fields[INIT__MAX] = {
	[INIT_CODE] = { "code", PTN_F_SECRET, true, PTN_DFNS_CODE_TYPED_MAX,
	    NULL, PTN_OK },
	[INIT_KIND] = { "credentialKind", PTN_F_TEXT, true, 32, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_credcode = { init_fields, INIT__MAX };

static enum ptn_err
failed(struct ptn_request *req, struct ptn_reply *rep, const char *why,
    enum ptn_dfns_refusal refusal)
{
	ptn_event_note(&req->sc, PTN_EVENT_DFNS_CREDENTIAL_CODE_FAILED, why);
	return ptn_dfns_refuse(rep, refusal);
}

struct handing_out {
	struct ptn_request *req;
	struct ptn_credcode c;
	char code[PTN_DFNS_CODE_STR];
};

static enum ptn_err
hand_out(const struct ptn_scope *sc, void *arg)
{
	struct handing_out *h = arg;
	struct ptn_request *req = h->req;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, &h->c.user_id)) != PTN_OK ||
	    (r = ptn_dfns_action_use(req, sc)) != PTN_OK)
		return r;
	return ptn_credcode_put(sc, h->code, &h->c);
}

static void
write_code(struct ptn_reply *rep, const struct handing_out *h)
{
	rep->no_store = true;
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonw_str(&rep->json, "code", h->code);
	ptn_dfns_write_time(&rep->json, "expiration", h->c.expires_at_us);
	ptn_jsonw_end_object(&rep->json);
}

/*
 * POST /auth/credentials/code: a code by which another device of the user's
 * makes a credential.  It lives for a minute at most, whatever was asked for.
 */
enum ptn_err
ptn_dfns_credcode(struct ptn_request *req, struct ptn_reply *rep)
{
	const int64_t now = req->session.now_us;
	const int64_t latest = now + PTN_CREDCODE_TTL_S * (int64_t)PTN_US_PER_S;
	const int64_t wanted = req->in[NEW_EXPIRATION].us;
	struct handing_out h = { .req = req,
		.c = { .tenant_id = req->sc.tenant_id,
		    .user_id = req->session.claims.sub,
		    .session_id = req->session.claims.session_id,
		    .expires_at_us = wanted < latest ? wanted : latest } };
	enum ptn_err r;

	if (wanted <= now)
		return ptn_dfns_malformed(req, rep, "",
		    new_fields[NEW_EXPIRATION].name);
	ptn_dfns_code_draw(PTN_DFNS_CODE_CREDENTIAL, h.code);
	r = ptn_tx(&req->sc, hand_out, &h);
	if (r == PTN_OK) {
		ptn_event_note(&req->sc, PTN_EVENT_DFNS_CREDENTIAL_CODE, NULL);
		write_code(rep, &h);
	}
	ptn_wipe(h.code, sizeof(h.code));
	if (r == PTN_E_GONE)
		return ptn_dfns_refuse(rep, PTN_DFNS_ACTION_USED);
	if (r == PTN_E_CONFLICT || r == PTN_E_NOT_FOUND)
		return ptn_dfns_refuse(rep, PTN_DFNS_BAD_TOKEN);
	return r;
}

/* Whom a code means, if they may still have a credential. */
struct bearer {
	struct ptn_credcode c;
	struct ptn_org org;
	struct ptn_member member;
};

static enum ptn_err
find_bearer(struct ptn_request *req, struct bearer *b)
{
	struct ptn_scope at;
	enum ptn_err r;

	r = ptn_credcode_find(&req->sc, req->in[INIT_CODE].b, &b->c);
	if (r != PTN_OK)
		return r;
	at = ptn_scope_at(&req->sc, &b->c.tenant_id);
	if ((r = ptn_org_get(&at, &b->c.tenant_id, &b->org)) != PTN_OK ||
	    (r = ptn_member_by_id(&at, &b->c.user_id, &b->member)) != PTN_OK)
		return r;
	req->sc.tenant_id = b->c.tenant_id;
	req->actor.user_id = b->c.user_id;
	return b->org.active && ptn_member_usable(&b->member) ? PTN_OK
							      : PTN_E_NOT_FOUND;
}

/*
 * POST /auth/credentials/code/init: what the credential of a device is to
 * sign, for a right code, which stays until one was created.
 */
enum ptn_err
ptn_dfns_credcode_init(struct ptn_request *req, struct ptn_reply *rep)
{
	struct bearer b;
	struct ptn_dfns_add_credential m = {
		.purpose = PTN_DFNS_CEREMONY_CREDENTIAL_CODE,
		.org = &b.org,
		.kind = ptn_dfns_cred_kind_of(req->in[INIT_KIND].b)
	};
	enum ptn_err r;

	if (!ptn_dfns_kind_offered(req, m.kind))
		return ptn_dfns_malformed(req, rep, "",
		    init_fields[INIT_KIND].name);
	r = find_bearer(req, &b);
	if (r == PTN_E_NOT_FOUND)
		return failed(req, rep, "wrong code", PTN_DFNS_BAD_CODE);
	if (r != PTN_OK)
		return r;
	m.user_id = b.member.id;
	m.username = b.member.username;
	m.code = b.c.id;
	return ptn_dfns_add_credential_start(req, rep, &m);
}

/* The code goes with the credential: whoever comes second finds none. */
static enum ptn_err
create(const struct ptn_scope *sc, void *arg)
{
	struct ptn_dfns_new_credential *k = arg;
	const struct ptn_credcode code = { .id = k->code,
		.tenant_id = k->org.id,
		.user_id = k->c.user_id };
	struct ptn_member m;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, &k->c.user_id)) != PTN_OK ||
	    (r = ptn_member_by_id(sc, &k->c.user_id, &m)) != PTN_OK)
		return r;
	if (!k->org.active || !ptn_member_usable(&m))
		return PTN_E_NOT_FOUND;
	if ((r = ptn_credcode_use(sc, &code)) != PTN_OK)
		return r;
	return ptn_dfns_new_credential_put(sc, k);
}

/*
 * POST /auth/credentials/code/verify: store it.  The challenge is gone
 * whatever comes of it, the code only if this succeeds.
 */
enum ptn_err
ptn_dfns_credcode_verify(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_new_credential k = { .req = req };
	enum ptn_err r;

	r = ptn_dfns_new_credential_read(req, rep,
	    PTN_DFNS_CEREMONY_CREDENTIAL_CODE, &k);
	if (r == PTN_OK) {
		req->actor.user_id = k.c.user_id;
		r = ptn_dfns_new_credential_verify(&k);
	}
	if (r == PTN_E_DENIED)
		return failed(req, rep, ptn_refusal_name(k.ruling.refusal),
		    PTN_DFNS_NOT_PROVED);
	if (r == PTN_OK)
		r = ptn_tx(&req->sc, create, &k);
	if (r == PTN_E_NOT_FOUND)
		return failed(req, rep, "unknown challenge",
		    PTN_DFNS_BAD_CHALLENGE);
	if (r == PTN_E_CONFLICT && k.conflict)
		return failed(req, rep, "credential exists",
		    PTN_DFNS_CREDENTIAL_EXISTS);
	if (r == PTN_E_CONFLICT && k.alone)
		return failed(req, rep, "a password without an app",
		    PTN_DFNS_NO_TOTP);
	if (r != PTN_OK)
		return r;
	ptn_dfns_new_credential_write(rep, &k);
	return PTN_OK;
}
