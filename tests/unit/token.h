#ifndef TEST_TOKEN_H
#define TEST_TOKEN_H

/* Tokens, with a key set, a clock and no database of the test's own. */

#include <string.h>

#include "lib/account/keysets.h"
#include "lib/account/token.h"
#include "lib/account/token_cache.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/key.h"
#include "lib/crypto/jws.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define ARENA_MAX ((size_t)1 << 20)
#define NOW INT64_C(1767225600)
#define KID "7b1f0a52-3c7e-4a57-9a0e-0d2f5f0e4a11"
#define ID "7b1f0a52-3c7e-4a57-9a0e-0d2f5f0e4a21"
#define ID2 "7b1f0a52-3c7e-4a57-9a0e-0d2f5f0e4a22"

/* A key set of one, in the place of the database's. */
struct ptn_keysets {
	const struct ptn_key *signer;
	uint64_t generation;
};

static struct ptn_keysets keys;
static struct ptn_key *key, *other;
static struct ptn_arena *arena;
static struct ptn_conf conf;
static struct ptn_scope scope;
static int64_t now_s;

enum ptn_err
ptn_keysets_signer(const struct ptn_scope *sc, enum ptn_api api,
    const struct ptn_key **out, const char **kid)
{
	assert_int_equal(api, PTN_API_HANKO);
	*kid = KID;
	*out = sc->keys->signer;
	return *out != NULL ? PTN_OK : PTN_E_CONFIG;
}

enum ptn_err
ptn_keysets_find(const struct ptn_scope *sc, enum ptn_api api, const char *kid,
    const struct ptn_key **out)
{
	assert_int_equal(api, PTN_API_HANKO);
	*out = strcmp(kid, KID) == 0 ? sc->keys->signer : NULL;
	return PTN_OK;
}

uint64_t
ptn_keysets_generation(const struct ptn_scope *sc, enum ptn_api api)
{
	assert_int_equal(api, PTN_API_HANKO);
	return sc->keys->generation;
}

/* Another host has made a key: it is there when the set is loaded anew. */
static int refreshes;
static const struct ptn_key *to_come;
static enum ptn_err refreshed;

enum ptn_err
ptn_keysets_refresh_of(const struct ptn_scope *sc, enum ptn_api api, bool force)
{
	assert_int_equal(api, PTN_API_HANKO);
	assert_true(force);
	refreshes++;
	sc->keys->signer = to_come;
	return refreshed;
}

int64_t
ptn_clock_us(void)
{
	return now_s * PTN_US_PER_S;
}

int64_t
ptn_clock_mono_ms(void)
{
	return now_s * 1000;
}

void
ptn_clock_format(int64_t us, char out[PTN_CLOCK_STR])
{
	(void)us;
	strcpy(out, "now");
}

static inline int
setup(void **state)
{
	(void)state;
	ptn_log_init(PTN_LOG_ERROR, "test");
	arena = ptn_arena_new(ARENA_MAX);
	return arena == NULL || ptn_crypto_init() != PTN_OK ||
	    ptn_key_generate(&key, PTN_ALG_ES256) != PTN_OK ||
	    ptn_key_generate(&other, PTN_ALG_ES256) != PTN_OK;
}

static inline int
teardown(void **state)
{
	(void)state;
	ptn_key_free(&key);
	ptn_key_free(&other);
	ptn_arena_free(&arena);
	return 0;
}

static inline int
each(void **state)
{
	(void)state;
	ptn_arena_reset(arena);
	memset(&conf, 0, sizeof(conf));
	conf.rp_id = "example.co";
	conf.issuer = "";
	keys = (struct ptn_keysets){ key, 1 };
	scope = (struct ptn_scope){ .cf = &conf,
		.arena = arena,
		.keys = &keys,
		.tokens = ptn_token_cache_new(16) };
	refreshes = 0;
	refreshed = PTN_OK;
	to_come = NULL;
	now_s = NOW;
	return scope.tokens == NULL;
}

static inline int
after(void **state)
{
	(void)state;
	ptn_token_cache_free(&scope.tokens);
	assert_null(scope.tokens);
	ptn_token_cache_free(&scope.tokens);
	return 0;
}

static inline struct ptn_uuid
uuid(const char *text)
{
	struct ptn_uuid id;

	assert_true(ptn_uuid_parse(text, &id));
	return id;
}

static inline struct ptn_claims
claims_of(const char *address)
{
	return (struct ptn_claims){ .sub = uuid(ID),
		.session_id = uuid(ID2),
		.iat = NOW,
		.exp = NOW + 3600,
		.email = { address, true, false } };
}

static inline char *
issue(const struct ptn_claims *c)
{
	char *token;

	assert_int_equal(ptn_token_issue(&scope, c, &token), PTN_OK);
	return token;
}

static inline enum ptn_verdict
verify(const char *token, struct ptn_claims *out)
{
	const struct ptn_bytes t = ptn_bytes_of(token);
	struct ptn_token_good good[PTN_TOKENS_GOOD];
	size_t n = 99, unjudged;

	assert_int_equal(ptn_tokens_verify(&scope, &t, 1, good, &n, &unjudged),
	    PTN_OK);
	assert_int_equal(unjudged, 1);
	assert_in_range(n, 0, 1);
	if (n == 0)
		return PTN_DENY;
	assert_int_equal(good[0].at, 0);
	*out = good[0].claims;
	return PTN_ALLOW;
}

static inline void
assert_claims(const struct ptn_claims *a, const struct ptn_claims *b)
{
	assert_true(ptn_uuid_equal(&a->sub, &b->sub));
	assert_true(ptn_uuid_equal(&a->session_id, &b->session_id));
	assert_true(ptn_uuid_equal(&a->tenant_id, &b->tenant_id));
	assert_int_equal(a->iat, b->iat);
	assert_int_equal(a->exp, b->exp);
	if (b->email.address == NULL) {
		assert_null(a->email.address);
		return;
	}
	assert_string_equal(a->email.address, b->email.address);
	assert_int_equal(a->email.is_primary, b->email.is_primary);
	assert_int_equal(a->email.is_verified, b->email.is_verified);
}

#endif
