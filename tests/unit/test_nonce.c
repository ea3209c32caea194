/* What only who has the secrets and the database can make, for one request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/nonce.h"
#include "lib/base/base64.h"
#include "lib/base/rng.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

/* Use it up; *cost is what it cost in statements. */
static enum ptn_err
use(const struct ptn_scope *sc, const char *text, uint64_t *cost)
{
	const uint64_t before = ptn_db_count(sc->db);
	const enum ptn_err r = ptn_nonce_use(sc, text);

	*cost = ptn_db_count(sc->db) - before;
	return r;
}

static void
once(void **state)
{
	char a[PTN_NONCE_STR], b[PTN_NONCE_STR];
	uint64_t cost;

	(void)state;
	assert_int_equal(ptn_nonce_put(&scope, a), PTN_OK);
	assert_int_equal(ptn_nonce_put(&scope, b), PTN_OK);
	assert_string_not_equal(a, b);
	assert_int_equal(strlen(a), PTN_NONCE_STR - 1);
	assert_int_equal(use(&scope, a, &cost), PTN_OK);
	assert_int_equal(cost, 1);
	assert_int_equal(use(&scope, a, &cost), PTN_E_NOT_FOUND);
	assert_int_equal(use(&scope, b, &cost), PTN_OK);
	assert_int_equal(rows_number("SELECT COUNT(*) FROM rate_limits"), 0);
}

/* Guesses never reach the database. */
static void
of_strangers(void **state)
{
	uint8_t random[32];
	char text[PTN_NONCE_STR];
	const char *guess;
	uint64_t cost;
	size_t i;

	(void)state;
	assert_int_equal(ptn_nonce_put(&scope, text), PTN_OK);
	for (i = 0; i < strlen(text) - 1; i++) {
		text[i] = text[i] == 'A' ? 'B' : 'A';
		assert_int_equal(use(&scope, text, &cost), PTN_E_NOT_FOUND);
		assert_int_equal(cost, 0);
	}
	for (i = 0; i < 100; i++) {
		ptn_rng(random, sizeof(random));
		guess = ptn_b64url_encode(arena,
		    PTN_BYTES(random, i % sizeof(random) + 1));
		assert_int_equal(use(&scope, guess, &cost), PTN_E_NOT_FOUND);
		assert_int_equal(cost, 0);
	}
	assert_int_equal(use(&scope, "", &cost), PTN_E_NOT_FOUND);
	assert_int_equal(
	    use(&scope, "*******************************************", &cost),
	    PTN_E_NOT_FOUND);
}

static void
until_it_expires(void **state)
{
	char text[PTN_NONCE_STR];
	uint64_t cost;

	(void)state;
	assert_int_equal(ptn_nonce_put(&scope, text), PTN_OK);
	rows_sql("UPDATE rate_limits SET expires_at = UTC_TIMESTAMP(6)");
	assert_int_equal(use(&scope, text, &cost), PTN_E_NOT_FOUND);
	assert_int_equal(cost, 1);
}

/* A right MAC is not enough: the row must be in this database. */
static void
of_another_database(void **state)
{
	char text[PTN_NONCE_STR];
	uint64_t cost;

	(void)state;
	assert_int_equal(ptn_nonce_put(&scope, text), PTN_OK);
	rows_sql("DELETE FROM rate_limits");
	assert_int_equal(use(&scope, text, &cost), PTN_E_NOT_FOUND);
}

/* While one host has a new secret in front, and another not yet. */
static void
while_secrets_change(void **state)
{
	struct ptn_scope newer = scope;
	char text[PTN_NONCE_STR];
	uint64_t cost;

	(void)state;
	newer.secrets = rotated;
	assert_int_equal(ptn_nonce_put(&scope, text), PTN_OK);
	assert_int_equal(use(&newer, text, &cost), PTN_OK);
	assert_int_equal(ptn_nonce_put(&newer, text), PTN_OK);
	assert_int_equal(use(&scope, text, &cost), PTN_E_NOT_FOUND);
	assert_int_equal(cost, 0);
}

static enum ptn_err
race_use(const struct ptn_scope *sc, void *arg)
{
	return ptn_nonce_use(sc, arg);
}

static void
races(void **state)
{
	char text[PTN_NONCE_STR];

	(void)state;
	assert_int_equal(ptn_nonce_put(&scope, text), PTN_OK);
	assert_int_equal(rows_race(race_use, text, PTN_E_NOT_FOUND), 1);
}

static int
each(void **state)
{
	const int r = rows_each(state);

	rows_sql("DELETE FROM rate_limits");
	return r;
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(once),
		T(of_strangers),
		T(until_it_expires),
		T(of_another_database),
		T(while_secrets_change),
		T(races),
	};

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
