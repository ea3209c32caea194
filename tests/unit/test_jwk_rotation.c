/* A key gives way to another: rotated, of another algorithm, or unreadable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/jwk.h"
#include "lib/crypto/secrets.h"

/* JW-09: published first, then signing, and the old one kept. */
static void
rotation(void **state)
{
	struct ptn_uuid old, new;
	uint64_t generation;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	old = signer();
	now_s += 10;
	generation = ptn_jwks_generation(keys);
	new = rotate(-1);
	assert_true(ptn_jwks_generation(keys) > generation);
	assert_int_equal(ptn_jwks_count(keys), 2);
	assert_signer(old);
	later_by(PUBLISH_S - 1);
	assert_signer(old);
	generation = ptn_jwks_generation(keys);
	later_by(1);
	assert_signer(new);
	assert_true(ptn_jwks_generation(keys) > generation);
	assert_int_equal(ptn_jwks_count(keys), 2);
	now_s += 5;
	old = new;
	new = rotate(0);
	assert_false(ptn_uuid_equal(&old, &new));
	assert_signer(new);
}

/* A key goes when its last token is dead, and not a second before. */
static void
expiry(void **state)
{
	struct ptn_uuid second, third;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	assert_int_equal(expire(), 0);
	later_by(10LL * DAY_S);
	assert_int_equal(expire(), 0); /* the only one */
	second = rotate(-1);
	later_by(PUBLISH_S + DAY_S + 119);
	assert_int_equal(expire(), 0);
	assert_int_equal(rows, 2);
	later_by(1);
	assert_int_equal(expire(), 1);
	assert_int_equal(rows, 1);
	assert_signer(second);
	third = rotate(30LL * DAY_S); /* signs in a month */
	later_by(29LL * DAY_S);
	assert_int_equal(expire(), 0);
	assert_signer(second);
	later_by(DAY_S);
	assert_signer(third);
	assert_int_equal(expire(), 0);
	later_by(DAY_S + 120);
	assert_int_equal(expire(), 1);
	assert_signer(third);
	assert_int_equal(ptn_jwks_count(keys), 1);
}

/* Another algorithm in the configuration: published before it signs. */
static void
new_algorithm(void **state)
{
	struct ptn_uuid old, new;
	const char *kid;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	old = signer();
	now_s += 10;
	cf.sign_alg = PTN_ALG_RS256;
	restart();
	assert_int_equal(rows, 2);
	assert_signer(old);
	later_by(PUBLISH_S);
	new = signer();
	assert_int_equal(ptn_key_alg(ptn_jwks_signer(keys, &kid)),
	    PTN_ALG_RS256);
	restart();
	assert_int_equal(rows, 2);
	later_by(DAY_S + 119);
	assert_int_equal(expire(), 0);
	later_by(1);
	assert_int_equal(expire(), 1);
	assert_signer(new);
}

/* There and back: no key is deleted while its tokens live. */
static void
algorithm_and_back(void **state)
{
	struct ptn_uuid first, other;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	first = signer();
	now_s += 10;
	cf.sign_alg = PTN_ALG_RS256;
	restart();
	later_by(PUBLISH_S);
	other = signer();
	later_by(3600);
	cf.sign_alg = PTN_ALG_ES256;
	restart();
	assert_signer(first); /* still published: signs again, for now */
	assert_int_equal(rows, 3);
	restart();
	assert_int_equal(rows, 3); /* one is on its way already */
	later_by(PUBLISH_S);
	assert_false(memcmp(signer().b, first.b, 16) == 0);
	assert_false(memcmp(signer().b, other.b, 16) == 0);
	later_by(DAY_S + 119);
	assert_int_equal(expire(), 0);
	later_by(1);
	assert_int_equal(expire(), 2);
	assert_int_equal(rows, 1);
}

/* Hosts of two configurations do not drown each other in keys. */
static void
mixed_hosts(void **state)
{
	struct ptn_jwks *k;
	int i;

	(void)state;
	for (i = 0; i < 40; i++) {
		cf.sign_alg = i % 2 ? PTN_ALG_RS256 : PTN_ALG_ES256;
		k = process();
		assert_int_equal(refresh(k, false), PTN_OK);
		ptn_jwks_free(&k);
		now_s += 10;
	}
	assert_true(rows <= 3);
}

static void
foreign_secret(void **state)
{
	struct ptn_secrets *mine = secrets;
	struct ptn_jwk_info info;
	struct ptn_uuid new;
	const char *kid;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	ptn_jwks_free(&keys);
	secrets = secrets_of("another secret..");
	keys = process();
	assert_int_equal(refresh(keys, false), PTN_E_CONFIG);
	assert_int_equal(rows, 1); /* it is the operator's to say */
	assert_null(ptn_jwks_signer(keys, &kid));
	assert_string_equal(ptn_jwks_json(keys), "{\"keys\":[]}");
	assert_int_equal(refresh(keys, false), PTN_E_CONFIG);
	ptn_jwks_info(keys, 0, DAY_S, &info);
	assert_int_equal(info.state, PTN_JWK_LOCKED);
	assert_null(ptn_jwks_find(keys, info.kid));
	now_s += 5;
	new = rotate(0);
	assert_signer(new);
	assert_int_equal(ptn_jwks_count(keys), 2);
	later_by(DAY_S + 120);
	assert_int_equal(expire(), 1);
	assert_signer(new);
	ptn_jwks_free(&keys);
	ptn_secrets_free(&secrets);
	secrets = mine;
}

/* A key takes nobody's place while it cannot be opened. */
static void
locked_successor(void **state)
{
	struct ptn_secrets *mine = secrets;
	struct ptn_uuid old;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	old = signer();
	now_s += 5;
	ptn_jwks_free(&keys);
	secrets = secrets_of("another secret..");
	keys = process();
	(void)rotate(0);
	ptn_secrets_free(&secrets);
	secrets = mine;
	restart();
	assert_signer(old);
	later_by(10LL * DAY_S);
	assert_int_equal(expire(), 0);
	assert_signer(old);
}

/* A sealed key is bound to its row. */
static void
swapped_rows(void **state)
{
	struct ptn_bytes swap;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	now_s += 5;
	(void)rotate(0);
	swap = table[0].sealed;
	table[0].sealed = table[1].sealed;
	table[1].sealed = swap;
	ptn_jwks_free(&keys);
	keys = process();
	assert_int_equal(refresh(keys, false), PTN_E_CONFIG);
}

static void
unknown_algorithm(void **state)
{
	struct ptn_jwk_info info;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	now_s += 5;
	(void)rotate(0);
	table[0].alg = "ML-DSA-65";
	restart();
	/* Ours is older than that: another one of ours is on its way. */
	assert_int_equal(ptn_jwks_count(keys), 3);
	ptn_jwks_info(keys, 1, DAY_S, &info);
	assert_string_equal(info.alg, "");
	assert_int_equal(info.state, PTN_JWK_LOCKED);
	(void)signer();
}

/* The operator deleted all: a new one is made, and signs at once. */
static void
emptied_table(void **state)
{
	struct ptn_uuid old;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	old = signer();
	rows = 0;
	later_by(30);
	assert_int_equal(rows, 1);
	assert_int_equal(ptn_jwks_count(keys), 1);
	assert_false(memcmp(signer().b, old.b, 16) == 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, each, after)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(rotation),
		T(expiry),
		T(new_algorithm),
		T(algorithm_and_back),
		T(mixed_hosts),
		T(foreign_secret),
		T(locked_successor),
		T(swapped_rows),
		T(unknown_algorithm),
		T(emptied_table),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
