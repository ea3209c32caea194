#include "lib/dfns/challenge.h"

#include "lib/dfns/token.h"

enum ptn_err
ptn_dfns_challenge_start(const struct ptn_scope *sc,
    struct ptn_dfns_challenge *ch)
{
	const struct ptn_scope at = ptn_scope_at(sc, &ch->org->id);
	struct ptn_dfns_token t = { .kind = PTN_DFNS_TOKEN_CHALLENGE,
		.org = ch->org->id };
	struct ptn_dfns_ceremony c = { .user_id = ch->user_id,
		.kind = ch->kind };
	enum ptn_err r;

	if (ch->challenge == NULL)
		ch->challenge = ptn_dfns_ceremony_challenge_new(sc->arena);
	if (ch->challenge == NULL)
		return PTN_E_NOMEM;
	if ((r = ptn_dfns_signers_allow(sc, &ch->signers, ch->with_encrypted,
		 &ch->state)) != PTN_OK)
		return r;
	c.challenge = ch->challenge;
	c.state = ch->state;
	if ((r = ptn_dfns_ceremony_put(&at, &c)) != PTN_OK)
		return r;
	t.id = c.id;
	return ptn_dfns_token_issue(sc, &t, ptn_dfns_ceremony_ttl_s(c.kind),
	    &ch->identifier);
}

/* What an identifier names, or PTN_E_NOT_FOUND. */
static enum ptn_err
read_identifier(const struct ptn_scope *sc, struct ptn_bytes identifier,
    struct ptn_dfns_token *t)
{
	enum ptn_verdict verdict;
	enum ptn_err r;

	r = ptn_dfns_token_verify(sc, identifier, PTN_DFNS_TOKEN_CHALLENGE, t,
	    &verdict);
	if (r != PTN_OK)
		return r;
	return verdict == PTN_ALLOW ? PTN_OK : PTN_E_NOT_FOUND;
}

enum ptn_err
ptn_dfns_challenge_take(struct ptn_scope *sc, struct ptn_bytes identifier,
    enum ptn_dfns_ceremony_kind kind, struct ptn_dfns_ceremony *c)
{
	struct ptn_dfns_token t;
	struct ptn_scope at;
	enum ptn_err r;

	if ((r = read_identifier(sc, identifier, &t)) != PTN_OK)
		return r;
	at = ptn_scope_at(sc, &t.org);
	r = ptn_dfns_ceremony_take(&at, kind, &t.id, c);
	if (r == PTN_OK)
		sc->tenant_id = t.org;
	return r;
}

enum ptn_err
ptn_dfns_challenge_find(struct ptn_scope *sc, struct ptn_bytes identifier,
    enum ptn_dfns_ceremony_kind kind, struct ptn_dfns_ceremony *c,
    struct ptn_org_row *org)
{
	struct ptn_dfns_token t;
	struct ptn_scope at;
	enum ptn_err r;

	if ((r = read_identifier(sc, identifier, &t)) != PTN_OK)
		return r;
	at = ptn_scope_at(sc, &t.org);
	r = ptn_dfns_ceremony_find(&at, kind, &t.id, c, org);
	if (r == PTN_OK)
		sc->tenant_id = t.org;
	return r;
}
