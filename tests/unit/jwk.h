#ifndef TEST_JWK_H
#define TEST_JWK_H

/* A host that has keys, starts again, and lets time pass. */

#include <stdlib.h>

#include "lib/account/jwk.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/crypto.h"
#include "lib/event/actor.h"
#include "tests/unit/jwks.h"

#define ARENA_MAX ((size_t)1 << 20)
#define DAY_S 86400
#define PUBLISH_S 900

static struct ptn_conf cf;
static struct ptn_arena *arena;
static struct ptn_secrets *secrets;
static struct ptn_jwks *keys;
static struct ptn_actor operator_;

static inline struct ptn_secrets *
secrets_of(const char *text)
{
	char copy[64], *v[1] = { copy };
	struct ptn_strs list = { v, 1 };
	struct ptn_secrets *s;

	strcpy(copy, text);
	assert_int_equal(ptn_secrets_new(&s, &list), PTN_OK);
	return s;
}

static inline struct ptn_jwks *
process(void)
{
	struct ptn_jwks *k;

	const struct ptn_jwks_of of = { .api = PTN_API_HANKO };

	assert_int_equal(ptn_jwks_new(&k, &of, &cf, secrets), PTN_OK);
	return k;
}

static inline int
setup(void **state)
{
	(void)state;
	ptn_log_init(PTN_LOG_ERROR, "test");
	return ptn_crypto_init() != PTN_OK;
}

static inline int
each(void **state)
{
	(void)state;
	rows = 0;
	lists = locks = 0;
	away = false;
	tx_loses = PTN_OK;
	now_s = 1000000;
	memset(&cf, 0, sizeof(cf));
	cf.sign_alg = PTN_ALG_ES256;
	cf.key_publish_s = PUBLISH_S;
	cf.key_refresh_s = 30;
	cf.session_lifespan_s = DAY_S;
	arena = ptn_arena_new(ARENA_MAX);
	secrets = secrets_of("the first secret");
	keys = process();
	memset(&operator_, 0, sizeof(operator_));
	return arena == NULL;
}

static inline int
after(void **state)
{
	(void)state;
	ptn_jwks_free(&keys);
	ptn_secrets_free(&secrets);
	ptn_arena_free(&arena);
	return 0;
}

static inline enum ptn_err
refresh(struct ptn_jwks *k, bool force)
{
	const struct ptn_scope sc = { .arena = arena };
	enum ptn_err r = ptn_jwks_refresh(k, &sc, force);

	ptn_arena_reset(arena);
	return r;
}

/* As in a process that just starts. */
static inline void
restart(void)
{
	ptn_jwks_free(&keys);
	keys = process();
	assert_int_equal(refresh(keys, false), PTN_OK);
}

static inline void
later_by(int64_t s)
{
	now_s += s;
	assert_int_equal(refresh(keys, true), PTN_OK);
}

/* As an operator does it. */
static inline struct ptn_uuid
rotate(int64_t delay_s)
{
	const struct ptn_scope sc = { .cf = &cf,
		.arena = arena,
		.actor = &operator_ };
	struct ptn_uuid id;

	assert_int_equal(ptn_jwks_rotate(keys, &sc, delay_s, &id), PTN_OK);
	ptn_arena_reset(arena);
	assert_int_equal(refresh(keys, false), PTN_OK);
	return id;
}

static inline struct ptn_uuid
signer(void)
{
	struct ptn_uuid id;
	const char *kid;

	assert_non_null(ptn_jwks_signer(keys, &kid));
	assert_true(ptn_uuid_parse(kid, &id));
	assert_ptr_equal(ptn_jwks_find(keys, kid), ptn_jwks_signer(keys, &kid));
	return id;
}

static inline void
assert_signer(struct ptn_uuid id)
{
	struct ptn_uuid got = signer();

	assert_true(ptn_uuid_equal(&got, &id));
}

static inline uint64_t
expire(void)
{
	const struct ptn_scope sc = { .arena = arena };
	uint64_t n = 99;

	assert_int_equal(ptn_jwks_expire(keys, &sc, DAY_S, &n), PTN_OK);
	ptn_arena_reset(arena);
	assert_int_equal(refresh(keys, false), PTN_OK);
	return n;
}

#endif
