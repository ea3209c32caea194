/* Challenges of passkeys: one answer each, in time, to the right question. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/webauthn_challenge.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

#define TTL_MS 300000

static struct ptn_bytes
value_of(const struct ptn_webauthn_challenge *ch)
{
	return PTN_BYTES(ch->value, sizeof(ch->value));
}

static struct ptn_webauthn_challenge
put(enum ptn_webauthn_ceremony ceremony, const struct ptn_uuid *user, bool uv)
{
	struct ptn_webauthn_challenge ch = { .ceremony = ceremony,
		.require_uv = uv };

	if (user != NULL)
		ch.user_id = *user;
	assert_int_equal(ptn_webauthn_challenge_put(&scope, TTL_MS, &ch),
	    PTN_OK);
	return ch;
}

static enum ptn_err
take(const struct ptn_webauthn_challenge *ch, enum ptn_webauthn_ceremony as)
{
	struct ptn_webauthn_challenge out;

	return ptn_webauthn_challenge_take(&scope, as, value_of(ch), &out);
}

static void
comes_back_as_it_was(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_webauthn_challenge ch, out;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		ch = put(i / 2 == 0 ? PTN_WEBAUTHN_REGISTRATION
				    : PTN_WEBAUTHN_AUTHENTICATION,
		    i / 2 == 0 ? &user : NULL, i % 2 == 1);
		memset(&out, 0xff, sizeof(out));
		assert_int_equal(ptn_webauthn_challenge_take(&scope,
				     ch.ceremony, value_of(&ch), &out),
		    PTN_OK);
		assert_memory_equal(out.value, ch.value, sizeof(ch.value));
		assert_int_equal(out.ceremony, ch.ceremony);
		assert_true(ptn_uuid_equal(&out.user_id, &ch.user_id));
		assert_int_equal(out.require_uv, i % 2 == 1);
	}
}

static void
drawn(void **state)
{
	const struct ptn_webauthn_challenge one =
	    put(PTN_WEBAUTHN_AUTHENTICATION, NULL, false);
	const struct ptn_webauthn_challenge two =
	    put(PTN_WEBAUTHN_AUTHENTICATION, NULL, false);
	static const uint8_t zero[PTN_WEBAUTHN_CHALLENGE_LEN / 2];

	(void)state;
	assert_memory_not_equal(one.value, two.value, sizeof(one.value));
	assert_memory_not_equal(one.value, zero, sizeof(zero));
	assert_memory_not_equal(one.value + sizeof(zero), zero, sizeof(zero));
	assert_int_equal(rows_number("SELECT COUNT(*) FROM webauthn_challenges"
				     " WHERE TIMESTAMPDIFF(MICROSECOND,"
				     " created_at, expires_at) = %d",
			     TTL_MS * 1000),
	    2);
}

static void
taken_once(void **state)
{
	const struct ptn_webauthn_challenge ch =
	    put(PTN_WEBAUTHN_REGISTRATION, NULL, false);
	const struct ptn_webauthn_challenge other =
	    put(PTN_WEBAUTHN_REGISTRATION, NULL, false);

	(void)state;
	assert_int_equal(take(&ch, PTN_WEBAUTHN_REGISTRATION), PTN_OK);
	assert_int_equal(take(&ch, PTN_WEBAUTHN_REGISTRATION), PTN_E_NOT_FOUND);
	assert_int_equal(take(&other, PTN_WEBAUTHN_REGISTRATION), PTN_OK);
}

/* A wrong answer spends it: nobody tries again what it is for. */
static void
taken_for_another(void **state)
{
	struct ptn_webauthn_challenge ch;
	int is;

	(void)state;
	for (is = PTN_WEBAUTHN_REGISTRATION; is <= PTN_WEBAUTHN_AUTHENTICATION;
	     is++) {
		ch = put((enum ptn_webauthn_ceremony)is, NULL, false);
		assert_int_equal(take(&ch,
				     is == PTN_WEBAUTHN_REGISTRATION
					 ? PTN_WEBAUTHN_AUTHENTICATION
					 : PTN_WEBAUTHN_REGISTRATION),
		    PTN_E_NOT_FOUND);
		assert_int_equal(take(&ch, (enum ptn_webauthn_ceremony)is),
		    PTN_E_NOT_FOUND);
	}
	ch = put(PTN_WEBAUTHN_REGISTRATION, NULL, false);
	assert_int_equal(take(&ch, PTN_WEBAUTHN_UNSET), PTN_E_NOT_FOUND);
}

static void
too_late(void **state)
{
	const struct ptn_webauthn_challenge ch =
	    put(PTN_WEBAUTHN_AUTHENTICATION, NULL, false);

	(void)state;
	rows_sql("UPDATE webauthn_challenges SET expires_at ="
		 " UTC_TIMESTAMP(6) - INTERVAL 1 MICROSECOND");
	assert_int_equal(take(&ch, PTN_WEBAUTHN_AUTHENTICATION), PTN_E_EXPIRED);
	assert_int_equal(take(&ch, PTN_WEBAUTHN_AUTHENTICATION),
	    PTN_E_NOT_FOUND);
}

/* What cannot be one is not looked for. */
static void
no_challenge(void **state)
{
	const struct ptn_webauthn_challenge ch =
	    put(PTN_WEBAUTHN_REGISTRATION, NULL, false);
	uint8_t longer[PTN_WEBAUTHN_CHALLENGE_LEN + 1] = { 0 };
	struct ptn_webauthn_challenge out, wrong = ch;
	uint64_t before = ptn_db_count(db);
	size_t i,
	    len[] = { 0, 1, PTN_WEBAUTHN_CHALLENGE_LEN - 1,
		    PTN_WEBAUTHN_CHALLENGE_LEN + 1 };

	(void)state;
	memcpy(longer, ch.value, sizeof(ch.value));
	for (i = 0; i < sizeof(len) / sizeof(len[0]); i++)
		assert_int_equal(ptn_webauthn_challenge_take(&scope,
				     PTN_WEBAUTHN_REGISTRATION,
				     PTN_BYTES(longer, len[i]), &out),
		    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_db_count(db) - before, 0);
	wrong.value[PTN_WEBAUTHN_CHALLENGE_LEN - 1] ^= 1;
	assert_int_equal(take(&wrong, PTN_WEBAUTHN_REGISTRATION),
	    PTN_E_NOT_FOUND);
	assert_int_equal(take(&ch, PTN_WEBAUTHN_REGISTRATION), PTN_OK);
}

static void
tenants_apart(void **state)
{
	const struct ptn_webauthn_challenge ch =
	    put(PTN_WEBAUTHN_REGISTRATION, NULL, false);
	const struct ptn_uuid other = rows_tenant();
	struct ptn_webauthn_challenge out;

	(void)state;
	assert_int_equal(ptn_webauthn_challenge_take(rows_at(&other),
			     PTN_WEBAUTHN_REGISTRATION, value_of(&ch), &out),
	    PTN_E_NOT_FOUND);
	/* And is not spent by them. */
	assert_int_equal(take(&ch, PTN_WEBAUTHN_REGISTRATION), PTN_OK);
}

static enum ptn_err
race_take(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_webauthn_challenge *ch = arg;
	struct ptn_webauthn_challenge out;

	return ptn_webauthn_challenge_take(sc, ch->ceremony, value_of(ch),
	    &out);
}

static void
races(void **state)
{
	struct ptn_webauthn_challenge ch =
	    put(PTN_WEBAUTHN_AUTHENTICATION, NULL, false);

	(void)state;
	assert_int_equal(rows_race_held(race_take, &ch, PTN_E_NOT_FOUND,
			     "UPDATE webauthn_challenges SET user_id = NULL"),
	    1);
}

static int
each(void **state)
{
	const int r = rows_each(state);

	rows_sql("DELETE FROM webauthn_challenges");
	return r;
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(comes_back_as_it_was),
		T(drawn),
		T(taken_once),
		T(taken_for_another),
		T(too_late),
		T(no_challenge),
		T(tenants_apart),
		T(races),
	};

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
