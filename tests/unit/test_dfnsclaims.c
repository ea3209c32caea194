#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/crypto.h"
#include "lib/dfnstoken.h"
#include "lib/jwk.h"

#define ARENA_MAX ((size_t)1 << 20)
#define KID "7b1f0a52-3c7e-4a57-9a0e-0d2f5f0e4a11"
#define KINDS ((int)PTN_DFNSTOKEN__MAX)

static struct ptn_arena *arena;
static struct ptn_key *key, *other;

/* The key set is the one that signs. */
struct ptn_keys {
	const struct ptn_key *signer;
};
static struct ptn_keys keys;

const struct ptn_key *
ptn_keys_signer(const struct ptn_keys *k, const char **kid)
{
	*kid = KID;
	return k->signer;
}

const struct ptn_key *
ptn_keys_find(const struct ptn_keys *k, const char *kid)
{
	return strcmp(kid, KID) == 0 ? k->signer : NULL;
}

enum ptn_err
ptn_keys_refresh(struct ptn_keys *k, struct ptn_db *db, struct ptn_arena *a,
    bool force)
{
	(void)k;
	(void)db;
	(void)a;
	(void)force;
	return PTN_OK;
}

static struct ptn_conf conf = { .issuer = "", .rp_id = "example.org" };
static struct ptn_token_env env = { .cf = &conf, .keys = &keys };

static int
setup(void **state)
{
	(void)state;
	arena = ptn_arena_new(ARENA_MAX);
	if (arena == NULL || ptn_crypto_init() != PTN_OK ||
	    ptn_key_generate(&key, PTN_ALG_EDDSA) != PTN_OK ||
	    ptn_key_generate(&other, PTN_ALG_EDDSA) != PTN_OK)
		return 1;
	env.arena = arena;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ptn_key_free(&key);
	ptn_key_free(&other);
	ptn_arena_free(&arena);
	return 0;
}

static int
each(void **state)
{
	(void)state;
	ptn_arena_reset(arena);
	keys.signer = key;
	return 0;
}

static struct ptn_dfnstoken
token_of(int kind)
{
	const int64_t now = ptn_clock_us() / 1000000;

	return (struct ptn_dfnstoken){ .kind = (enum ptn_dfnstoken_kind)kind,
		.id = ptn_uuid_new(),
		.org = ptn_uuid_new(),
		.user = ptn_uuid_new(),
		.username = "jdoe@example.org",
		.iat = now,
		.exp = now + 60 };
}

static struct ptn_bytes
sign(const struct ptn_dfnstoken *t)
{
	char *text;

	assert_int_equal(ptn_dfnstoken_sign(&env, t, &text), PTN_OK);
	return ptn_bytes_of(text);
}

/* One of a service account is taken for no other kind. */
static void
no_other(void **state)
{
	struct ptn_dfnstoken t = token_of(PTN_DFNSTOKEN_SERVICE), out;
	const struct ptn_bytes text = sign(&t);
	enum ptn_verdict verdict;
	int kind;

	(void)state;
	for (kind = 0; kind < KINDS; kind++) {
		assert_int_equal(ptn_dfnstoken_verify(&env, text,
				     (enum ptn_dfnstoken_kind)kind, &out,
				     &verdict),
		    PTN_OK);
		assert_int_equal(verdict,
		    kind == PTN_DFNSTOKEN_SERVICE ? PTN_ALLOW : PTN_DENY);
	}
}

static bool
claims(struct ptn_bytes text, struct ptn_uuid *org)
{
	bool is = true;

	assert_int_equal(
	    ptn_dfnstoken_claims(arena, text, PTN_DFNSTOKEN_SERVICE, org, &is),
	    PTN_OK);
	return is;
}

/* What one claims to be does not depend on who signed it, nor on when. */
static void
claimed(void **state)
{
	static const char *const none[] = { "", "x", "a.b.c", "e30.e30.e30",
		/* no aud; and an organisation that is none */
		"e30.eyJzdWIiOiJvci14In0.e30",
		"e30.eyJhdWQiOlsiZGZuczphdXRoOnNlcnZpY2UiXSwic3ViIjoib3IteCJ9"
		".e30" };
	struct ptn_dfnstoken t;
	struct ptn_uuid org;
	size_t i;
	int kind;

	(void)state;
	keys.signer = other;
	for (kind = 0; kind < KINDS; kind++) {
		t = token_of(kind);
		t.exp = t.iat - 1000;
		assert_int_equal(claims(sign(&t), &org),
		    kind == PTN_DFNSTOKEN_SERVICE);
	}
	t = token_of(PTN_DFNSTOKEN_SERVICE);
	assert_true(claims(sign(&t), &org));
	assert_true(ptn_uuid_equal(&org, &t.org));
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_false(claims(ptn_bytes_of(none[i]), &org));
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = { T(no_other), T(claimed) };

	return cmocka_run_group_tests_name("dfnsclaims", tests, setup,
	    teardown);
}
