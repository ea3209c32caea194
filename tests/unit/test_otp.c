/* Authenticator apps as second factors: each code once, and of their owner. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/account/factors.h"
#include "lib/account/otp.h"
#include "lib/account/signin.h"
#include "lib/base/clock.h"
#include "lib/crypto/totp.h"
#include "tests/unit/rules.h" /* $POSTERN_TEST_DB */

static struct ptn_uuid user;
static const uint8_t *secret;
static int64_t now;
static char code[PTN_TOTP_STR];

static struct ptn_bytes
code_at(int64_t step)
{
	assert_int_equal(
	    ptn_totp_code(PTN_BYTES(secret, PTN_TOTP_SECRET_LEN), step, code),
	    PTN_OK);
	return ptn_bytes_of(code);
}

/* Half a step is left at least, so that the test does not run into the next. */
static int64_t
step_now(void)
{
	int64_t s = ptn_clock_us() / PTN_US_PER_S;

	while (s % PTN_TOTP_STEP_S >= PTN_TOTP_STEP_S / 2) {
		(void)usleep(200000);
		s = ptn_clock_us() / PTN_US_PER_S;
	}
	return s / PTN_TOTP_STEP_S;
}

static enum ptn_err
put(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_otp_new new = { .user_id = user,
		.secret = PTN_BYTES(secret, PTN_TOTP_SECRET_LEN),
		.step = now - 2 };

	(void)arg;
	return ptn_otp_put_in(sc, &new);
}

static int
each(void **state)
{
	(void)rules_each(state);
	conf.mfa_enabled = conf.mfa_totp = conf.mfa_optional = true;
	conf.rate_enabled = false;
	now = step_now();
	user = rows_user();
	secret = ptn_otp_draw(&scope);
	return secret != NULL && ptn_tx(&scope, put, NULL) == PTN_OK ? 0 : -1;
}

struct guess {
	const struct ptn_uuid *who;
	struct ptn_bytes code;
	enum ptn_verdict verdict;
};

static enum ptn_err
check(const struct ptn_scope *sc, void *arg)
{
	struct guess *g = arg;

	return ptn_otp_check_in(sc, g->who, g->code, &g->verdict);
}

static enum ptn_verdict
enter_as(const struct ptn_uuid *who, struct ptn_bytes what)
{
	struct guess g = { who, what, PTN_ALLOW };

	assert_int_equal(ptn_tx(&scope, check, &g), PTN_OK);
	return g.verdict;
}

static enum ptn_verdict
enter(struct ptn_bytes what)
{
	return enter_as(&user, what);
}

static void
the_secret_is_sealed(void **state)
{
	char hex[2 * PTN_TOTP_SECRET_LEN + 1];

	(void)state;
	ptn_hex_encode(PTN_BYTES(secret, PTN_TOTP_SECRET_LEN), hex);
	assert_true(rules_hold(ptn_arena_printf(arena,
	    "(SELECT COUNT(*) FROM otp_secrets WHERE user_id = x'%s' AND "
	    "LOCATE(x'%s', sealed) = 0) = 1",
	    rows_hex(&user), hex)));
	assert_true(rules_event(PTN_EVENT_OTP_CREATED, NULL));
}

static void
a_step_serves_once_and_those_before(void **state)
{
	(void)state;
	assert_int_equal(enter(ptn_bytes_of("")), PTN_DENY);
	assert_int_equal(enter(ptn_bytes_of("12345")), PTN_DENY);
	assert_int_equal(enter(code_at(now + 5)), PTN_DENY);
	assert_int_equal(enter(code_at(now - 2)), PTN_DENY);
	assert_true(rules_event(PTN_EVENT_OTP_FAILED, NULL));
	assert_int_equal(enter(code_at(now)), PTN_ALLOW);
	assert_int_equal(enter(code_at(now)), PTN_DENY);
	assert_int_equal(enter(code_at(now - 1)), PTN_DENY);
	assert_int_equal(enter(code_at(now + 1)), PTN_ALLOW);
}

static void
it_is_its_users(void **state)
{
	const struct ptn_uuid other = rows_user();

	(void)state;
	assert_int_equal(enter_as(&other, code_at(now)), PTN_DENY);
	assert_int_equal(enter(code_at(now)), PTN_ALLOW);
}

static void
secrets_rotate(void **state)
{
	(void)state;
	scope.secrets = rotated;
	assert_int_equal(enter(code_at(now)), PTN_ALLOW);
	scope.secrets = secrets;
	/* It was sealed anew, by the one that is not here. */
	assert_int_equal(enter(code_at(now + 1)), PTN_DENY);
}

static void
wrong_ones_are_counted_and_right_ones_not(void **state)
{
	struct guess g = { &user, ptn_bytes_of("x"), PTN_ALLOW };

	(void)state;
	conf.rate_enabled = true;
	conf.rate_code = 2;
	conf.rate_code_s = 3600;
	rows_sql("DELETE FROM rate_limits");
	assert_int_equal(enter(code_at(now - 1)), PTN_ALLOW);
	assert_int_equal(enter(code_at(now)), PTN_ALLOW);
	assert_int_equal(enter(g.code), PTN_DENY);
	assert_int_equal(enter(g.code), PTN_DENY);
	g.code = code_at(now + 1);
	assert_int_equal(ptn_tx(&scope, check, &g), PTN_E_RATE);
	rows_sql("DELETE FROM rate_limits");
	assert_int_equal(enter(code_at(now + 1)), PTN_ALLOW);
}

static enum ptn_err
drop(const struct ptn_scope *sc, void *arg)
{
	(void)arg;
	return ptn_otp_remove_in(sc, &user);
}

static void
one_a_user_until_it_is_given_up(void **state)
{
	struct ptn_factors has;

	(void)state;
	assert_int_equal(ptn_tx(&scope, put, NULL), PTN_E_CONFLICT);
	assert_int_equal(ptn_factors_of(&scope, &user, &has), PTN_OK);
	assert_true(has.otp);
	assert_int_equal(ptn_tx(&scope, drop, NULL), PTN_OK);
	assert_true(rules_event(PTN_EVENT_OTP_DELETED, NULL));
	assert_int_equal(ptn_tx(&scope, drop, NULL), PTN_E_NOT_FOUND);
	assert_int_equal(enter(code_at(now)), PTN_DENY);
	assert_int_equal(ptn_factors_of(&scope, &user, &has), PTN_OK);
	assert_false(has.otp);
	assert_int_equal(ptn_tx(&scope, put, NULL), PTN_OK);
}

static enum ptn_err
sign_in(enum ptn_api api, bool complete)
{
	struct ptn_signin s = { .api = api,
		.user_id = user,
		.complete = complete,
		.event = PTN_EVENT_PASSWORD_LOGIN_OK };

	return ptn_signin(&scope, &s);
}

/* Whichever way in forgets to ask for it is refused. */
static void
no_session_without_it(void **state)
{
	(void)state;
	assert_int_equal(sign_in(PTN_API_HANKO, false), PTN_E_FORBIDDEN);
	assert_int_equal(rules_sessions(&user), 0);
	assert_int_equal(sign_in(PTN_API_HANKO, true), PTN_OK);
	assert_int_equal(sign_in(PTN_API_DFNS, false), PTN_OK);
	conf.mfa_totp = false;
	assert_int_equal(sign_in(PTN_API_HANKO, false), PTN_OK);
	conf.mfa_totp = true;
	conf.mfa_enabled = false;
	assert_int_equal(sign_in(PTN_API_HANKO, false), PTN_OK);
}

/* Of many at once with the same code one is in. */
static enum ptn_err
race(const struct ptn_scope *sc, void *arg)
{
	struct guess g = { &user, code_at(now), PTN_DENY };
	enum ptn_err r = ptn_tx(sc, check, &g);

	(void)arg;
	return r == PTN_OK && g.verdict != PTN_ALLOW ? PTN_E_DENIED : r;
}

static void
at_once_a_code_serves_one(void **state)
{
	(void)state;
	assert_int_equal(rows_race(race, NULL, PTN_E_DENIED), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_secret_is_sealed, each),
		cmocka_unit_test_setup(a_step_serves_once_and_those_before,
		    each),
		cmocka_unit_test_setup(it_is_its_users, each),
		cmocka_unit_test_setup(secrets_rotate, each),
		cmocka_unit_test_setup(
		    wrong_ones_are_counted_and_right_ones_not, each),
		cmocka_unit_test_setup(one_a_user_until_it_is_given_up, each),
		cmocka_unit_test_setup(no_session_without_it, each),
		cmocka_unit_test_setup(at_once_a_code_serves_one, each),
	};

	return cmocka_run_group_tests(tests, rules_setup, rows_teardown);
}
