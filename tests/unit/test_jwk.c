/* Keys that sign: made, found, published, shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/format/json.h"
#include "lib/crypto/secrets.h"
#include "tests/unit/jwk.h"

static void
nothing_loaded(void **state)
{
	const char *kid = "x";

	(void)state;
	assert_string_equal(ptn_jwks_json(keys), "{\"keys\":[]}");
	assert_null(ptn_jwks_signer(keys, &kid));
	assert_null(kid);
	assert_null(ptn_jwks_find(keys, "x"));
	away = true;
	assert_int_equal(refresh(keys, false), PTN_E_UNAVAILABLE);
	assert_int_equal(ptn_jwks_generation(keys), 0);
	away = false;
	assert_int_equal(refresh(keys, false), PTN_OK);
}

/* The first host makes a key that signs at once; the others find it. */
static void
first_key(void **state)
{
	struct ptn_jwks *other = process();
	const char *kid;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	assert_int_equal(rows, 1);
	assert_int_equal(locks, 1);
	assert_int_not_equal(ptn_jwks_generation(keys), 0);
	assert_int_equal(ptn_key_alg(ptn_jwks_signer(keys, &kid)),
	    PTN_ALG_ES256);
	assert_int_equal(refresh(other, false), PTN_OK);
	assert_int_equal(rows, 1);
	assert_int_equal(locks, 1);
	assert_string_equal(ptn_jwks_json(keys), ptn_jwks_json(other));
	ptn_jwks_free(&other);
	assert_null(other);
}

/* A statement finds a row that was written after it had been sent. */
static void
sent_before(void **state)
{
	struct ptn_uuid made;
	struct ptn_jwk_info info;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	made = signer();
	now_s--;
	restart();
	assert_signer(made);
	ptn_jwks_info(keys, 0, DAY_S, &info);
	assert_int_equal(info.state, PTN_JWK_SIGNING);
}

/* A transaction that is run again makes one key, not two. */
static void
lost_transaction(void **state)
{
	(void)state;
	tx_loses = PTN_E_RETRY;
	assert_int_equal(refresh(keys, false), PTN_OK);
	assert_int_equal(rows, 1);
	assert_int_equal(locks, 2);
	(void)signer();
}

/* How often the database is asked. */
static void
pace(void **state)
{
	uint64_t generation;
	int i;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	generation = ptn_jwks_generation(keys);
	lists = 0;
	for (i = 0; i < 100; i++)
		assert_int_equal(refresh(keys, true), PTN_OK);
	assert_int_equal(lists, 0);
	now_s += 1;
	assert_int_equal(refresh(keys, false), PTN_OK);
	assert_int_equal(lists, 0);
	assert_int_equal(refresh(keys, true), PTN_OK);
	assert_int_equal(refresh(keys, true), PTN_OK);
	assert_int_equal(lists, 1);
	now_s += 29;
	assert_int_equal(refresh(keys, false), PTN_OK);
	assert_int_equal(lists, 1);
	now_s += 1;
	assert_int_equal(refresh(keys, false), PTN_OK);
	assert_int_equal(lists, 2);
	/* nothing changed */
	assert_int_equal(ptn_jwks_generation(keys), generation);
}

/* What was loaded outlives an absent database. */
static void
database_away(void **state)
{
	struct ptn_uuid id;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	id = signer();
	away = true;
	later_by(60);
	later_by(3600);
	assert_signer(id);
	away = false;
	lists = 0;
	later_by(1);
	assert_int_equal(lists, 1);
}

/* What an operator does is told once; what the server does, is not. */
static void
an_order_is_told(void **state)
{
	const struct ptn_scope sc = { .cf = &cf,
		.arena = arena,
		.actor = &operator_ };
	struct ptn_uuid id;
	char kid[PTN_UUID_STR];

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	assert_int_equal(rows, 1);
	assert_int_equal(operator_.n, 0);
	tx_loses = PTN_E_BUSY;
	assert_int_equal(ptn_jwks_rotate(keys, &sc, 0, &id), PTN_OK);
	ptn_uuid_format(&id, kid);
	assert_int_equal(operator_.n, 1);
	assert_int_equal(operator_.log[0].event, PTN_EVENT_KEY_ROTATED);
	assert_string_equal(operator_.log[0].entry.detail,
	    ptn_arena_printf(arena, "hanko %s", kid));
	away = true;
	assert_int_equal(ptn_jwks_rotate(keys, &sc, 0, &id), PTN_E_UNAVAILABLE);
	assert_int_equal(operator_.n, 1);
}

/* The published set: newest first, and public members alone. */
/* A set that nobody uses signs and verifies, but is not shown. */
static void
not_in_use(void **state)
{
	const struct ptn_key *key;
	struct ptn_scope sc = { .cf = &cf, .arena = arena };
	char kid[PTN_UUID_STR];
	const char *signer;
	int before;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	table[0].in_use = 0;
	restart();
	assert_string_equal(ptn_jwks_json(keys), "{\"keys\":[]}");
	key = ptn_jwks_signer(keys, &signer);
	assert_non_null(key);
	strcpy(kid, signer);
	assert_ptr_equal(ptn_jwks_find(keys, kid), key);
	/* It is looked for, but not at once again. */
	before = lists;
	assert_int_equal(ptn_jwks_look(keys, &sc), PTN_OK);
	assert_int_equal(lists - before, 0);
	now_s++;
	assert_int_equal(ptn_jwks_look(keys, &sc), PTN_OK);
	assert_int_equal(ptn_jwks_look(keys, &sc), PTN_OK);
	assert_int_equal(lists - before, 1);
	assert_string_equal(ptn_jwks_json(keys), "{\"keys\":[]}");
	now_s++;
	away = true;
	assert_int_equal(ptn_jwks_look(keys, &sc), PTN_E_UNAVAILABLE);
	assert_int_equal(ptn_jwks_look(keys, &sc), PTN_OK);
	away = false;
	now_s++;
	table[0].in_use = 1;
	assert_int_equal(ptn_jwks_look(keys, &sc), PTN_OK);
	assert_non_null(strstr(ptn_jwks_json(keys), kid));
	/* That it is stays so. */
	before = lists;
	now_s++;
	assert_int_equal(ptn_jwks_look(keys, &sc), PTN_OK);
	assert_int_equal(lists - before, 0);
}

static void
published(void **state)
{
	static const char *const private[] = { "d", "p", "q", "dp", "dq", "qi",
		"oth", "k" };
	const struct ptn_json *all, *one;
	struct ptn_json *v;
	struct ptn_jwk_info info;
	const char *why;
	size_t i, j;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	now_s += 5;
	(void)rotate(-1);
	now_s += 5;
	cf.sign_alg = PTN_ALG_RS256;
	restart();
	assert_int_equal(
	    ptn_json_parse(ptn_bytes_of(ptn_jwks_json(keys)), 3, &v, &why),
	    PTN_OK);
	all = ptn_json_get(v, "keys");
	assert_int_equal(ptn_json_len(all), 3);
	for (i = 0; i < 3; i++) {
		one = ptn_json_at(all, i);
		ptn_jwks_info(keys, i, DAY_S, &info);
		assert_string_equal(
		    ptn_json_text(arena, ptn_json_get(one, "kid")), info.kid);
		assert_string_equal(
		    ptn_json_text(arena, ptn_json_get(one, "use")), "sig");
		assert_int_equal(info.created_at,
		    (now_s - 5 * (int)i) * 1000000);
		for (j = 0; j < sizeof(private) / sizeof(private[0]); j++)
			assert_false(ptn_json_has(one, private[j]));
	}
	ptn_json_free(&v);
}

#define T(f) cmocka_unit_test_setup_teardown(f, each, after)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_loaded),
		T(first_key),
		T(sent_before),
		T(lost_transaction),
		T(pace),
		T(database_away),
		T(an_order_is_told),
		T(not_in_use),
		T(published),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
