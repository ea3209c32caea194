#include "lib/dfns/signers.h"

#include <string.h>

#include "lib/base/array.h"
#include "lib/dfns/password.h"

/*
 * Can it answer a challenge?
 *
 * with_totp	whether a password together with the code of an app can
 */
static bool
is_signer(const struct ptn_dfns_cred *c, bool with_totp)
{
	return ptn_dfns_cred_works(c) &&
	    (ptn_dfns_cred_signs(c) ||
		(with_totp && ptn_dfns_cred_kind_secret(c->kind)));
}

enum ptn_err
ptn_dfns_signers_of(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_dfns_signers *out)
{
	const bool passwords = ptn_dfns_password_on(sc);
	struct ptn_dfns_cred *all;
	bool with_totp;
	enum ptn_err r;
	size_t i, n;

	out->n = 0;
	if ((r = ptn_dfns_creds_of(sc, user, &all, &n)) != PTN_OK)
		return r;
	out->cred = all;
	if (!ptn_dfns_creds_suffice(all, n, passwords))
		return PTN_OK;
	with_totp = passwords && ptn_dfns_creds_have(all, n, PTN_CRED_TOTP);
	for (i = 0; i < n; i++)
		if (is_signer(&all[i], with_totp))
			out->cred[out->n++] = all[i];
	return PTN_OK;
}

enum ptn_err
ptn_dfns_signers_for(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *key, struct ptn_dfns_signers *out)
{
	enum ptn_err r;

	if (ptn_uuid_is_nil(key))
		return ptn_dfns_signers_of(sc, user, out);
	out->n = 0;
	out->cred = ptn_arena_calloc(sc->arena, 1, sizeof(*out->cred));
	if (out->cred == NULL)
		return PTN_E_NOMEM;
	r = ptn_dfns_cred_of_token(sc, user, key, out->cred);
	out->n = r == PTN_OK && is_signer(out->cred, false);
	return r == PTN_E_NOT_FOUND ? PTN_OK : r;
}

enum ptn_err
ptn_dfns_signers_recovery(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_dfns_signers *out)
{
	enum ptn_err r;
	size_t i, n;

	out->n = 0;
	if ((r = ptn_dfns_creds_of(sc, user, &out->cred, &n)) != PTN_OK)
		return r;
	for (i = 0; i < n; i++)
		if (out->cred[i].kind == PTN_CRED_RECOVERY_KEY &&
		    ptn_dfns_cred_works(&out->cred[i]))
			out->cred[out->n++] = out->cred[i];
	return PTN_OK;
}

enum ptn_err
ptn_dfns_signers_allow(const struct ptn_scope *sc,
    const struct ptn_dfns_signers *list, bool with_encrypted,
    struct ptn_dfns_state *state)
{
	struct ptn_uuid *ids;
	size_t i, n = 0;

	ids = ptn_arena_calloc(sc->arena, list->n + 1, sizeof(*ids));
	if (ids == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < list->n; i++)
		if (with_encrypted ||
		    list->cred[i].kind != PTN_CRED_PASSWORD_PROTECTED_KEY)
			ids[n++] = list->cred[i].id;
	state->allow = ids;
	state->n_allow = n;
	return PTN_OK;
}

static bool
is_allowed(const struct ptn_dfns_state *state, const struct ptn_dfns_cred *c)
{
	size_t i;

	if (state->any_passkey)
		return c->kind == PTN_CRED_FIDO2;
	for (i = 0; i < state->n_allow; i++)
		if (ptn_uuid_equal(&state->allow[i], &c->id))
			return true;
	return false;
}

void
ptn_dfns_signers_allowed(const struct ptn_dfns_state *state,
    struct ptn_dfns_signers *list)
{
	size_t i, n = 0;

	for (i = 0; i < list->n; i++)
		if (is_allowed(state, &list->cred[i]))
			list->cred[n++] = list->cred[i];
	list->n = n;
}

struct ptn_dfns_cred *
ptn_dfns_signers_by_kind(const struct ptn_dfns_signers *list,
    enum ptn_dfns_cred_kind kind)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->cred[i].kind == kind)
			return &list->cred[i];
	return NULL;
}
