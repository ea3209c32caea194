#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/crypto/crypto.h"
#include "lib/crypto/secrets.h"
#include "tests/unit/arena.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static int
setup(void **state)
{
	return arena_setup(state) != 0 || ptn_crypto_init() != PTN_OK;
}

static char one[] = "the first secret", two[] = "the other secret";

static struct ptn_secrets *
secrets_of(char *a, char *b)
{
	char *v[2] = { a, b };
	struct ptn_strs list = { v, b == NULL ? 1 : 2 };
	struct ptn_secrets *s;

	assert_int_equal(ptn_secrets_new(&s, &list), PTN_OK);
	return s;
}

static void
secrets_refused(void **state)
{
	char tiny[] = "fifteen bytes..";
	char *v[2] = { one, tiny };
	struct ptn_strs none = { NULL, 0 }, weak = { v, 2 };
	struct ptn_secrets *s;

	(void)state;
	assert_int_equal(ptn_secrets_new(&s, &none), PTN_E_CONFIG);
	assert_null(s);
	assert_int_equal(ptn_secrets_new(&s, &weak), PTN_E_CONFIG);
	assert_null(s);
}

/* One key an end and a secret. */
static void
secrets_apart(void **state)
{
	struct ptn_secrets *s = secrets_of(one, two);
	uint8_t out[2 * PTN_KEY_USE__MAX][PTN_SHA256_LEN];
	size_t i, j;

	(void)state;
	assert_int_equal(ptn_secrets_count(s), 2);
	for (i = 0; i < N(out); i++)
		assert_int_equal(ptn_secrets_mac(s, i / PTN_KEY_USE__MAX,
				     (enum ptn_key_use)(i % PTN_KEY_USE__MAX),
				     ptn_bytes_of("m"), out[i]),
		    PTN_OK);
	for (i = 0; i < N(out); i++)
		for (j = 0; j < i; j++)
			assert_memory_not_equal(out[i], out[j], sizeof(out[i]));
	assert_int_equal(
	    ptn_secrets_mac(s, 2, PTN_KEY_USE_RATE, ptn_bytes_of("m"), out[0]),
	    PTN_E_INTERNAL);
	ptn_secrets_free(&s);
	assert_null(s);
}

/* The first secret seals, all of them open; order and number change. */
static void
seal_open(void **state)
{
	static const size_t lens[] = { 0, 1, 15, 16, 17, 3000 };
	struct ptn_secrets *old = secrets_of(one, NULL);
	struct ptn_secrets *both = secrets_of(two, one);
	struct ptn_secrets *new = secrets_of(two, NULL);
	struct ptn_bytes aad = ptn_bytes_of("row"), text, sealed, back;
	static uint8_t msg[3000];
	size_t i;

	(void)state;
	memset(msg, 'x', sizeof(msg));
	for (i = 0; i < N(lens); i++) {
		text = PTN_BYTES(msg, lens[i]);
		assert_int_equal(ptn_secrets_seal(old, arena, PTN_KEY_USE_JWK,
				     aad, text, &sealed),
		    PTN_OK);
		assert_int_equal(sealed.len, lens[i] + 29);
		assert_int_equal(ptn_secrets_open(both, arena, PTN_KEY_USE_JWK,
				     aad, sealed, &back),
		    PTN_OK);
		assert_true(ptn_bytes_equal(text, back));
		assert_int_equal(ptn_secrets_open(new, arena, PTN_KEY_USE_JWK,
				     aad, sealed, &back),
		    PTN_E_DENIED);
		assert_null(back.p);
	}
	assert_int_equal(
	    ptn_secrets_seal(both, arena, PTN_KEY_USE_JWK, aad, text, &sealed),
	    PTN_OK);
	assert_int_equal(
	    ptn_secrets_open(new, arena, PTN_KEY_USE_JWK, aad, sealed, &back),
	    PTN_OK);
	ptn_secrets_free(&old);
	ptn_secrets_free(&both);
	ptn_secrets_free(&new);
}

/* Another row, another purpose, any bit, any cut: closed. */
static void
open_refused(void **state)
{
	struct ptn_secrets *s = secrets_of(one, NULL);
	struct ptn_bytes aad = ptn_bytes_of("row"), sealed, back;
	uint8_t bad[64];
	size_t i;

	(void)state;
	assert_int_equal(ptn_secrets_seal(s, arena, PTN_KEY_USE_JWK, aad,
			     ptn_bytes_of("text"), &sealed),
	    PTN_OK);
	assert_int_equal(ptn_secrets_open(s, arena, PTN_KEY_USE_JWK,
			     ptn_bytes_of("roW"), sealed, &back),
	    PTN_E_DENIED);
	assert_int_equal(
	    ptn_secrets_open(s, arena, PTN_KEY_USE_OUTBOX, aad, sealed, &back),
	    PTN_E_DENIED);
	for (i = 0; i < sealed.len * 8; i++) {
		memcpy(bad, sealed.p, sealed.len);
		bad[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(ptn_secrets_open(s, arena, PTN_KEY_USE_JWK,
				     aad, PTN_BYTES(bad, sealed.len), &back),
		    PTN_E_DENIED);
	}
	for (i = 0; i < sealed.len; i++)
		assert_int_equal(ptn_secrets_open(s, arena, PTN_KEY_USE_JWK,
				     aad, PTN_BYTES(sealed.p, i), &back),
		    PTN_E_DENIED);
	ptn_secrets_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_refused),
		cmocka_unit_test(secrets_apart),
		cmocka_unit_test(seal_open),
		cmocka_unit_test(open_refused),
	};

	return cmocka_run_group_tests(tests, setup, arena_teardown);
}
