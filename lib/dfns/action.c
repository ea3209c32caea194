#include "lib/dfns/action.h"

#include <string.h>

#include "lib/account/user.h"
#include "lib/base/hex.h"
#include "lib/base/rng.h"
#include "lib/dfns/evidence.h"
#include "lib/dfns/signers.h"
#include "lib/dfns/token.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

/* The challenge is computed from the request and a nonce; the state has both.
 */
static enum ptn_err
set_challenge(const struct ptn_scope *sc, struct ptn_dfns_action_start *s)
{
	uint8_t nonce[PTN_USERACTION_NONCE_LEN];
	char hex[2 * PTN_USERACTION_NONCE_LEN + 1];

	ptn_rng(nonce, sizeof(nonce));
	ptn_hex_encode(PTN_BYTES(nonce, sizeof(nonce)), hex);
	s->ch.challenge =
	    ptn_useraction_challenge(sc->arena, nonce, &s->action);
	s->ch.state.action = s->action;
	s->ch.state.nonce = ptn_arena_strdup(sc->arena, hex);
	s->ch.state.session = s->by.session_id;
	return s->ch.challenge != NULL && s->ch.state.nonce != NULL
	    ? PTN_OK
	    : PTN_E_NOMEM;
}

enum ptn_err
ptn_dfns_action_start(const struct ptn_scope *sc,
    struct ptn_dfns_action_start *s)
{
	enum ptn_err r;

	memset(&s->denial, 0, sizeof(s->denial));
	s->ch = (struct ptn_dfns_challenge){ .kind = PTN_DFNS_CEREMONY_ACTION,
		.org = &s->org,
		.user_id = s->by.user_id,
		.with_encrypted = true,
		.state = { .account = s->by.user_id, .known = true } };
	if ((r = ptn_org_get(sc, &sc->tenant_id, &s->org)) != PTN_OK ||
	    (r = ptn_dfns_signers_for(sc, &s->by.user_id, &s->by.signer,
		 &s->ch.signers)) != PTN_OK)
		return r;
	if (s->ch.signers.n == 0)
		return ptn_dfns_denial_set(&s->denial, PTN_DFNS_NO_CREDENTIAL,
		    NULL);
	if ((r = set_challenge(sc, s)) != PTN_OK)
		return r;
	return ptn_dfns_challenge_start(sc, &s->ch);
}

static enum ptn_err
keep_evidence(const struct ptn_scope *sc, const struct ptn_dfns_action *k)
{
	const struct ptn_dfns_state *state = &k->an.c.state;
	const struct ptn_evidence e = { .action_id = k->approval.id,
		.user_id = k->an.c.user_id,
		.username = k->username,
		.action = &state->action,
		.nonce = state->nonce,
		.request_id = k->request_id };
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; i < k->an.nfactors && r == PTN_OK; i++)
		r = ptn_evidence_put(sc, &e, &k->an.factor[i], k->an.used[i]);
	return r;
}

static enum ptn_err
approve(const struct ptn_scope *sc, void *arg)
{
	struct ptn_dfns_action *k = arg;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, &k->an.c.user_id)) != PTN_OK ||
	    (r = ptn_dfns_answer_verify(sc, &k->an)) != PTN_OK ||
	    (r = ptn_dfns_ceremony_put(sc, &k->approval)) != PTN_OK ||
	    (r = keep_evidence(sc, k)) != PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_DFNS_ACTION_SIGNED, NULL);
}

static bool
was_asked_by(const struct ptn_dfns_ceremony *c,
    const struct ptn_dfns_action_by *by)
{
	return ptn_uuid_equal(&c->user_id, &by->user_id) &&
	    ptn_uuid_equal(&c->state.session, &by->session_id);
}

static enum ptn_err
judge(const struct ptn_scope *sc, struct ptn_dfns_action *k)
{
	if (k->an.c.state.action.method == NULL)
		return PTN_E_INTERNAL;
	if (!ptn_uuid_equal(&k->tenant_id, &k->an.org.id) ||
	    !was_asked_by(&k->an.c, &k->by))
		return ptn_dfns_denial_set(&k->an.denial,
		    PTN_DFNS_BAD_CHALLENGE, "challenge of another session");
	k->an.signer = k->by.signer;
	k->approval = k->an.c;
	k->approval.kind = PTN_DFNS_CEREMONY_SIGNED;
	return ptn_tx(sc, approve, k);
}

enum ptn_err
ptn_dfns_action_approve(const struct ptn_scope *sc, struct ptn_dfns_action *k)
{
	struct ptn_dfns_token t = { .kind = PTN_DFNS_TOKEN_ACTION,
		.org = k->an.org.id };
	enum ptn_err r;

	if ((r = judge(sc, k)) != PTN_OK)
		return ptn_dfns_answer_drop(sc, &k->an, r);
	ptn_dfns_answer_renew(sc, &k->an);
	t.id = k->approval.id;
	return ptn_dfns_token_issue(sc, &t,
	    ptn_dfns_ceremony_ttl_s(PTN_DFNS_CEREMONY_SIGNED), &k->token);
}

/* The approval that a token names.  PTN_E_NOT_FOUND for any fault of it. */
static enum ptn_err
find_approval(const struct ptn_scope *sc, const char *token,
    struct ptn_dfns_ceremony *c, bool *used)
{
	enum ptn_verdict verdict;
	struct ptn_dfns_token t;
	enum ptn_err r;

	if (token == NULL)
		return PTN_E_NOT_FOUND;
	r = ptn_dfns_token_verify(sc, ptn_bytes_of(token),
	    PTN_DFNS_TOKEN_ACTION, &t, &verdict);
	if (r != PTN_OK)
		return r;
	if (verdict != PTN_ALLOW || !ptn_uuid_equal(&t.org, &sc->tenant_id))
		return PTN_E_NOT_FOUND;
	return ptn_dfns_ceremony_look(sc, PTN_DFNS_CEREMONY_SIGNED, &t.id, c,
	    used);
}

static enum ptn_err
match(const struct ptn_dfns_ceremony *c, const struct ptn_dfns_action_by *by,
    const struct ptn_useraction *request, enum ptn_verdict *verdict)
{
	*verdict = PTN_DENY;
	if (c->state.action.method == NULL)
		return PTN_E_INTERNAL;
	return was_asked_by(c, by)
	    ? ptn_useraction_match(&c->state.action, request, verdict)
	    : PTN_OK;
}

enum ptn_err
ptn_dfns_action_check(const struct ptn_scope *sc, const char *token,
    const struct ptn_dfns_action_by *by, const struct ptn_useraction *request,
    struct ptn_uuid *id, struct ptn_dfns_denial *d)
{
	enum ptn_verdict verdict = PTN_DENY;
	struct ptn_dfns_ceremony c;
	bool used = false;
	enum ptn_err r;

	if ((r = find_approval(sc, token, &c, &used)) == PTN_OK)
		r = match(&c, by, request, &verdict);
	if (r == PTN_E_NOT_FOUND || (r == PTN_OK && verdict != PTN_ALLOW))
		return ptn_dfns_denial_set(d, PTN_DFNS_NOT_SIGNED,
		    "not signed");
	if (r == PTN_OK && used)
		return ptn_dfns_denial_set(d, PTN_DFNS_ACTION_USED,
		    "signature used before");
	if (r == PTN_OK)
		*id = c.id;
	return r;
}

enum ptn_err
ptn_dfns_action_use(const struct ptn_scope *sc, const struct ptn_uuid *id)
{
	enum ptn_err r;

	r = ptn_dfns_ceremony_use(sc, PTN_DFNS_CEREMONY_SIGNED, id);
	if (r == PTN_OK)
		r = ptn_evidence_used(sc, id);
	return r == PTN_E_NOT_FOUND ? PTN_E_GONE : r;
}
