#include "lib/account/keysets.h"

#include <string.h>

#include "lib/conf/conf.h"

static bool
is_on(const struct ptn_conf *cf, int api)
{
	return api != PTN_API_DFNS || cf->dfns_enabled;
}

enum ptn_err
ptn_keysets_new(struct ptn_jwks *keys[PTN_API__MAX], const struct ptn_conf *cf,
    const struct ptn_secrets *s)
{
	enum ptn_err r = PTN_OK;
	int api;

	for (api = 0; api < PTN_API__MAX && r == PTN_OK; api++)
		r = ptn_jwks_new(&keys[api], (enum ptn_api)api, cf, s);
	return r;
}

void
ptn_keysets_free(struct ptn_jwks *keys[PTN_API__MAX])
{
	int api;

	for (api = 0; api < PTN_API__MAX; api++)
		ptn_jwks_free(&keys[api]);
}

enum ptn_err
ptn_keysets_refresh(const struct ptn_scope *sc, bool force)
{
	enum ptn_err r = PTN_OK;
	int api;

	for (api = 0; api < PTN_API__MAX && r == PTN_OK; api++)
		if (is_on(sc->cf, api))
			r = ptn_jwks_refresh(sc->keys[api], sc, force);
	return r;
}

void
ptn_keysets_look(const struct ptn_scope *sc)
{
	int api;

	for (api = 0; api < PTN_API__MAX; api++)
		if (is_on(sc->cf, api) &&
		    ptn_jwks_look(sc->keys[api], sc) != PTN_OK)
			return;
}

enum ptn_err
ptn_keysets_expire(const struct ptn_scope *sc, uint64_t *expired)
{
	enum ptn_err r = PTN_OK;
	uint64_t n;
	int api;

	*expired = 0;
	for (api = 0; api < PTN_API__MAX && r == PTN_OK; api++) {
		if (!is_on(sc->cf, api))
			continue;
		r = ptn_jwks_expire(sc->keys[api], sc, &n);
		*expired += r == PTN_OK ? n : 0;
	}
	return r;
}

/* Each is {"keys":[...]}: what stands between the brackets, joined. */
const char *
ptn_keysets_json(const struct ptn_scope *sc)
{
	static const char head[] = "{\"keys\":[", tail[] = "]}";
	const size_t around = sizeof(head) - 1 + sizeof(tail) - 1;
	const char *one;
	struct ptn_buf b;
	int api;

	ptn_buf_init(&b, sc->arena);
	ptn_buf_str(&b, head);
	for (api = 0; api < PTN_API__MAX; api++) {
		one = is_on(sc->cf, api) ? ptn_jwks_json(sc->keys[api]) : "";
		if (strlen(one) <= around)
			continue;
		if (b.len > sizeof(head) - 1)
			ptn_buf_char(&b, ',');
		ptn_buf_add(&b, one + sizeof(head) - 1, strlen(one) - around);
	}
	ptn_buf_str(&b, tail);
	return b.bad ? NULL : b.p;
}
