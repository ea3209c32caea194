#include <string.h>

#include "fcgi/dfns/challenge.h"
#include "fcgi/dfns/dfns.h"
#include "lib/account/user.h"
#include "lib/base/hex.h"
#include "lib/base/rng.h"
#include "lib/conf/conf.h"
#include "lib/dfns/evidence.h"
#include "lib/dfns/useraction.h"
#include "lib/event/tx.h"

#define PATH_MAX_LEN 2048
#define PAYLOAD_MAX ((size_t)128 * 1024)

enum { INIT_PAYLOAD, INIT_METHOD, INIT_PATH, INIT__MAX };

static const struct ptn_field init_fields[INIT__MAX] = {
	[INIT_PAYLOAD] = { "userActionPayload", PTN_F_TEXT, false, PAYLOAD_MAX,
	    NULL, PTN_OK },
	[INIT_METHOD] = { "userActionHttpMethod", PTN_F_TEXT, true, 8, NULL,
	    PTN_OK },
	[INIT_PATH] = { "userActionHttpPath", PTN_F_TEXT, true, PATH_MAX_LEN,
	    NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_action_init = { init_fields, INIT__MAX };

/* What is to be approved, and by which session, as the rows keep it. */
static const char *
write_state(struct ptn_request *req, const uint8_t *nonce)
{
	char token[PTN_UUID_STR], hex[2 * PTN_USERACTION_NONCE_LEN + 1];
	const struct ptn_value *payload = &req->in[INIT_PAYLOAD];
	struct ptn_jsonw w;

	ptn_uuid_format(&req->session.claims.session_id, token);
	ptn_hex_encode(PTN_BYTES(nonce, PTN_USERACTION_NONCE_LEN), hex);
	ptn_jsonw_init(&w, req->sc.arena);
	ptn_jsonw_object(&w, NULL);
	ptn_jsonw_str(&w, "method", req->in[INIT_METHOD].s);
	ptn_jsonw_str(&w, "path", req->in[INIT_PATH].s);
	ptn_jsonw_str(&w, "payload", payload->set ? payload->s : "");
	ptn_jsonw_str(&w, "nonce", hex);
	ptn_jsonw_str(&w, "token", token);
	ptn_jsonw_end_object(&w);
	return w.buf.bad ? NULL : w.buf.p;
}

/* A service account's token goes with one key alone. */
static void
keep_signer(const struct ptn_request *req, struct ptn_dfns_challenge *ch)
{
	size_t i, n = 0;

	if (ptn_uuid_is_nil(&req->signer))
		return;
	for (i = 0; i < ch->n; i++)
		if (ptn_uuid_equal(&ch->cred[i].id, &req->signer))
			ch->cred[n++] = ch->cred[i];
	ch->n = n;
}

/* POST /auth/action/init: what is to be signed to approve a request. */
enum ptn_err
ptn_dfns_action_init(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_useraction action = {
		.method = req->in[INIT_METHOD].s,
		.path = req->in[INIT_PATH].s,
		.payload = req->in[INIT_PAYLOAD].b,
	};
	struct ptn_dfns_challenge ch = { .purpose = PTN_DFNS_CEREMONY_ACTION,
		.user_id = req->session.claims.sub,
		.with_encrypted = true };
	uint8_t nonce[PTN_USERACTION_NONCE_LEN];
	struct ptn_org org;
	enum ptn_err r;

	if (!ptn_useraction_method_ok(action.method))
		return ptn_dfns_malformed(req, rep, "", "userActionHttpMethod");
	if ((r = ptn_org_get(&req->sc, &req->sc.tenant_id, &org)) != PTN_OK ||
	    (r = ptn_dfns_challenge_signers(req, &ch.user_id, &ch)) != PTN_OK)
		return r;
	keep_signer(req, &ch);
	if (ch.n == 0)
		return ptn_dfns_refuse(rep, PTN_DFNS_NO_CREDENTIAL);
	ptn_rng(nonce, sizeof(nonce));
	ch.org = &org;
	ch.challenge = ptn_useraction_challenge(req->sc.arena, nonce, &action);
	ch.extra = write_state(req, nonce);
	if (ch.challenge == NULL || ch.extra == NULL)
		return PTN_E_NOMEM;
	return ptn_dfns_challenge_give(req, rep, &ch);
}

/* The "action" of a state: NULL, or copies in the arena. */
struct announced {
	struct ptn_useraction action;
	const char *nonce; /* hexadecimal */
	struct ptn_uuid token;
};

static enum ptn_err
read_state(struct ptn_request *req, const char *state, struct announced *out)
{
	struct ptn_json *all = NULL;
	const struct ptn_json *v;
	const char *why, *token, *payload;
	enum ptn_err r;

	r = ptn_json_parse(ptn_bytes_of(state), PTN_DFNS_CEREMONY_DEPTH, &all,
	    &why);
	if (r != PTN_OK)
		return PTN_E_INTERNAL;
	v = ptn_json_get(all, "action");
	out->action.method =
	    ptn_json_text(req->sc.arena, ptn_json_get(v, "method"));
	out->action.path =
	    ptn_json_text(req->sc.arena, ptn_json_get(v, "path"));
	out->nonce = ptn_json_text(req->sc.arena, ptn_json_get(v, "nonce"));
	payload = ptn_json_text(req->sc.arena, ptn_json_get(v, "payload"));
	token = ptn_json_text(req->sc.arena, ptn_json_get(v, "token"));
	if (out->action.method == NULL || out->action.path == NULL ||
	    out->nonce == NULL || payload == NULL || token == NULL ||
	    !ptn_uuid_parse(token, &out->token))
		r = PTN_E_INTERNAL;
	else
		out->action.payload = ptn_bytes_of(payload);
	ptn_json_free(&all);
	return r;
}

struct approving {
	struct ptn_request *req;
	struct ptn_dfns_answer an;
	struct announced was;
	struct ptn_dfns_ceremony signed_; /* what comes of it */
};

static enum ptn_err
keep_evidence(const struct ptn_scope *sc, const struct approving *p)
{
	const struct ptn_request *req = p->req;
	const struct ptn_evidence e = { .action_id = p->signed_.id,
		.user_id = p->an.c.user_id,
		.username = req->session.claims.email.address,
		.action = &p->was.action,
		.nonce = p->was.nonce,
		.request_id = req->request_id };
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; i < p->an.nfactors && r == PTN_OK; i++)
		r = ptn_evidence_put(sc, &e, &p->an.factor[i], p->an.used[i]);
	return r;
}

static enum ptn_err
approve(const struct ptn_scope *sc, void *arg)
{
	struct approving *p = arg;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, &p->an.c.user_id)) != PTN_OK ||
	    (r = ptn_dfns_answer_verify(p->req, sc, &p->an)) != PTN_OK ||
	    (r = ptn_dfns_ceremony_put(sc, &p->signed_)) != PTN_OK)
		return r;
	return keep_evidence(sc, p);
}

/* Another user's challenge, or one of another session, is none. */
static enum ptn_err
read_mine(struct ptn_request *req, struct ptn_reply *rep, struct approving *p)
{
	const struct ptn_claims *me = &req->session.claims;
	const struct ptn_uuid org = req->sc.tenant_id;
	enum ptn_err r;

	r = ptn_dfns_answer_read(req, rep, PTN_DFNS_CEREMONY_ACTION, &p->an);
	if (r == PTN_OK)
		r = read_state(req, p->an.c.state, &p->was);
	if (r == PTN_OK &&
	    (!ptn_uuid_equal(&org, &p->an.org.id) ||
		!ptn_uuid_equal(&me->sub, &p->an.c.user_id) ||
		!ptn_uuid_equal(&me->session_id, &p->was.token)))
		r = PTN_E_NOT_FOUND;
	return r == PTN_E_NOT_FOUND
	    ? ptn_dfns_refuse(rep, PTN_DFNS_BAD_CHALLENGE)
	    : r;
}

/* POST /auth/action: trade a signed challenge for a user action. */
enum ptn_err
ptn_dfns_action(struct ptn_request *req, struct ptn_reply *rep)
{
	struct approving p = { .req = req };
	char *token;
	enum ptn_err r;

	r = read_mine(req, rep, &p);
	if (r == PTN_OK) {
		p.signed_ = p.an.c;
		p.signed_.purpose = PTN_DFNS_CEREMONY_SIGNED;
		r = ptn_tx(&req->sc, approve, &p);
	}
	if (r == PTN_E_DENIED) {
		ptn_event_note(&req->sc, PTN_EVENT_DFNS_ACTION_FAILED,
		    ptn_refusal_name(p.an.ruling.refusal));
		return ptn_dfns_refuse(rep, PTN_DFNS_NOT_PROVED);
	}
	if (r == PTN_OK)
		r = ptn_dfns_issue_token(req, PTN_DFNS_TOKEN_ACTION,
		    &p.an.org.id, NULL, &p.signed_.id,
		    ptn_dfns_ceremony_ttl_s(PTN_DFNS_CEREMONY_SIGNED), &token);
	if (r != PTN_OK)
		return r;
	ptn_event_note(&req->sc, PTN_EVENT_DFNS_ACTION_SIGNED, NULL);
	rep->no_store = true;
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonw_str(&rep->json, "userAction", token);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}

/* The row that the header names; PTN_E_NOT_FOUND for whatever is wrong. */
static enum ptn_err
find_signed(struct ptn_request *req, struct ptn_dfns_ceremony *c, bool *used)
{
	const char *header = ptn_request_param(req, "HTTP_X_DFNS_USERACTION");
	enum ptn_verdict verdict;
	struct ptn_dfns_token t;
	enum ptn_err r;

	if (header == NULL)
		return PTN_E_NOT_FOUND;
	r = ptn_dfns_token_verify(&req->sc, ptn_bytes_of(header),
	    PTN_DFNS_TOKEN_ACTION, &t, &verdict);
	if (r != PTN_OK)
		return r;
	if (verdict != PTN_ALLOW || !ptn_uuid_equal(&t.org, &req->sc.tenant_id))
		return PTN_E_NOT_FOUND;
	return ptn_dfns_ceremony_look(&req->sc, PTN_DFNS_CEREMONY_SIGNED, &t.id,
	    c, used);
}

/* The raw target, without the path at which we are mounted. */
static const char *
target(const struct ptn_request *req)
{
	const size_t len = strlen(req->sc.cf->base_path);

	return strncmp(req->uri, req->sc.cf->base_path, len) == 0
	    ? req->uri + len
	    : req->uri;
}

static enum ptn_err
matches(struct ptn_request *req, const struct ptn_dfns_ceremony *c,
    enum ptn_verdict *verdict)
{
	const struct ptn_useraction request = {
		.method = ptn_method_name(req->method),
		.path = target(req),
		.payload = req->body,
	};
	const struct ptn_claims *me = &req->session.claims;
	struct announced was;
	enum ptn_err r;

	*verdict = PTN_DENY;
	if ((r = read_state(req, c->state, &was)) != PTN_OK)
		return r;
	if (!ptn_uuid_equal(&c->user_id, &me->sub) ||
	    !ptn_uuid_equal(&was.token, &me->session_id))
		return PTN_OK;
	return ptn_useraction_match(&was.action, &request, verdict);
}

enum ptn_err
ptn_dfns_action_check(struct ptn_request *req, struct ptn_reply *rep)
{
	enum ptn_verdict verdict = PTN_DENY;
	struct ptn_dfns_ceremony c;
	bool used = false;
	enum ptn_err r;

	r = find_signed(req, &c, &used);
	if (r == PTN_OK)
		r = matches(req, &c, &verdict);
	if (r == PTN_E_NOT_FOUND || (r == PTN_OK && verdict != PTN_ALLOW))
		return ptn_dfns_refuse(rep, PTN_DFNS_NOT_SIGNED);
	if (r == PTN_OK && used)
		return ptn_dfns_refuse(rep, PTN_DFNS_ACTION_USED);
	req->action = c.id;
	return r;
}

enum ptn_err
ptn_dfns_action_use(struct ptn_request *req, const struct ptn_scope *sc)
{
	enum ptn_err r;

	r = ptn_dfns_ceremony_use(sc, PTN_DFNS_CEREMONY_SIGNED, &req->action);
	if (r == PTN_OK)
		r = ptn_evidence_used(sc, &req->action);
	return r == PTN_E_NOT_FOUND ? PTN_E_GONE : r;
}
