#include "lib/account/trust.h"

#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/base64.h"
#include "lib/base/rng.h"
#include "lib/conf/conf.h"
#include "lib/crypto/crypto.h"
#include "lib/db/sql.h"

#define TOKEN_LEN 64 /* bytes: 88 digits, with the padding */
#define TOKEN_TEXT 88
#define ENTRY (PTN_UUID_STR - 1 + 1 + TOKEN_TEXT) /* USER:TOKEN */

/*
 * The entry that begins at p, if it is one: where the next one begins, and
 * whose it is.  What is none is passed over.
 */
static const char *
next_entry(const char *p, struct ptn_uuid *user, struct ptn_bytes *token)
{
	const size_t len = strcspn(p, "|");
	char id[PTN_UUID_STR];

	*token = PTN_BYTES(NULL, 0);
	if (len == ENTRY && p[PTN_UUID_STR - 1] == ':') {
		memcpy(id, p, PTN_UUID_STR - 1);
		id[PTN_UUID_STR - 1] = '\0';
		if (ptn_uuid_parse(id, user))
			*token = PTN_BYTES(p + PTN_UUID_STR, TOKEN_TEXT);
	}
	return p + len + (p[len] == '|');
}

/* p NULL: the cookie has none of the user. */
static struct ptn_bytes
token_of(const char *cookie, const struct ptn_uuid *user)
{
	const char *p = cookie != NULL ? cookie : "";
	struct ptn_bytes token;
	struct ptn_uuid whose;

	while (*p != '\0') {
		p = next_entry(p, &whose, &token);
		if (token.p != NULL && ptn_uuid_equal(&whose, user))
			return token;
	}
	return PTN_BYTES(NULL, 0);
}

enum ptn_err
ptn_trust_check(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char *cookie, bool *trusted)
{
	const struct ptn_bytes token = token_of(cookie, user);
	uint8_t digest[PTN_SHA256_LEN];
	const struct ptn_trusted_in in = { sc->tenant_id, *user,
		PTN_BYTES(digest, sizeof(digest)) };
	struct ptn_trusted_out row;
	enum ptn_err r;

	*trusted = false;
	if (token.p == NULL)
		return PTN_OK;
	ptn_crypto_sha256(token, digest);
	r = ptn_sql_trusted(sc->db, sc->arena, &in, &row);
	*trusted = r == PTN_OK && row.n > 0;
	return r;
}

/* As it is told: base64url, with the padding that others have. */
static const char *
draw(const struct ptn_scope *sc)
{
	uint8_t token[TOKEN_LEN];
	const char *text;

	ptn_rng(token, sizeof(token));
	text = ptn_b64url_encode(sc->arena, PTN_BYTES(token, sizeof(token)));
	ptn_wipe(token, sizeof(token));
	return text != NULL ? ptn_arena_printf(sc->arena, "%s==", text) : NULL;
}

static enum ptn_err
store(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char *token)
{
	uint8_t digest[PTN_SHA256_LEN];
	const struct ptn_trust_put_in in = { PTN_BYTES(digest, sizeof(digest)),
		sc->cf->trust_s, sc->tenant_id, *user };

	ptn_crypto_sha256(ptn_bytes_of(token), digest);
	return ptn_sql_trust_put(sc->db, &in);
}

static enum ptn_err
drop(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes token)
{
	uint8_t digest[PTN_SHA256_LEN];
	const struct ptn_trust_drop_in in = { sc->tenant_id, *user,
		PTN_BYTES(digest, sizeof(digest)) };
	uint64_t n;

	if (token.p == NULL)
		return PTN_OK;
	ptn_crypto_sha256(token, digest);
	return ptn_sql_trust_drop(sc->db, &in, &n);
}

/* With the user in front, and others behind. */
static const char *
compose(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char *token, const char *before)
{
	const char *p = before != NULL ? before : "";
	char id[PTN_UUID_STR];
	struct ptn_bytes theirs;
	struct ptn_uuid whose;
	struct ptn_buf b;
	int64_t n;

	ptn_uuid_format(user, id);
	ptn_buf_init(&b, sc->arena);
	ptn_buf_printf(&b, "%s:%s", id, token);
	for (n = 1; *p != '\0' && n < sc->cf->trust_users;) {
		p = next_entry(p, &whose, &theirs);
		if (theirs.p == NULL || ptn_uuid_equal(&whose, user))
			continue;
		ptn_uuid_format(&whose, id);
		ptn_buf_printf(&b, "|%s:%.*s", id, (int)theirs.len,
		    (const char *)theirs.p);
		n++;
	}
	return b.bad ? NULL : b.p;
}

enum ptn_err
ptn_trust_put_in(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char *before, const char **cookie)
{
	const char *token = draw(sc);
	enum ptn_err r;

	if (token == NULL ||
	    (*cookie = compose(sc, user, token, before)) == NULL)
		return PTN_E_NOMEM;
	if ((r = drop(sc, user, token_of(before, user))) != PTN_OK)
		return r;
	return store(sc, user, token);
}
