/* Secrets of authenticator apps: proved once, and each step used once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/crypto/totp.h"
#include "lib/db/sql.h"
#include "lib/dfns/totp.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

static struct ptn_bytes secret, sealed;
static struct ptn_uuid user, credential;
static int64_t now_step;
static char code[PTN_TOTP_STR];

static struct ptn_bytes
code_at(int64_t step)
{
	assert_int_equal(ptn_totp_code(secret, step, code), PTN_OK);
	return ptn_bytes_of(code);
}

/* Half a step is left at least, so that the test does not run into the next. */
static void
find_now(void)
{
	int64_t s = ptn_clock_us() / 1000000;

	while (s % PTN_TOTP_STEP_S >= PTN_TOTP_STEP_S / 2) {
		(void)usleep(200000);
		s = ptn_clock_us() / 1000000;
	}
	now_step = s / PTN_TOTP_STEP_S;
}

/* What was offered to a user, and what is inside. */
static void
offer(const struct ptn_uuid *to, struct ptn_bytes *plain, struct ptn_bytes *box)
{
	const char *url;

	assert_int_equal(
	    ptn_dfns_totp_offer(&scope, to, "Example", "jo", box, &url),
	    PTN_OK);
	assert_int_equal(ptn_secrets_open(secrets, arena, PTN_KEY_USE_TOTP,
			     PTN_BYTES(to->b, sizeof(to->b)), *box, plain),
	    PTN_OK);
	assert_string_equal(url, ptn_totp_url(arena, "Example", "jo", *plain));
}

static int
each(void **state)
{
	struct ptn_totp_factor_put_in in;

	(void)rows_each(state);
	find_now();
	user = rows_user();
	credential = ptn_uuid_new();
	conf.dfns_password = true;
	offer(&user, &secret, &sealed);
	in = (struct ptn_totp_factor_put_in){ user, tenant, credential, sealed,
		now_step - 1 };
	return ptn_sql_totp_factor_put(db, &in) == PTN_OK ? 0 : -1;
}

static enum ptn_verdict
prove(const struct ptn_uuid *who, struct ptn_bytes with, struct ptn_bytes what)
{
	enum ptn_verdict verdict = PTN_ALLOW;
	int64_t step;

	assert_int_equal(
	    ptn_dfns_totp_prove(&scope, who, with, what, &step, &verdict),
	    PTN_OK);
	if (verdict == PTN_ALLOW)
		assert_in_range(step, now_step - 1, now_step + 1);
	return verdict;
}

/* As a login does it. */
static enum ptn_err
check_and_use(const struct ptn_scope *sc, const struct ptn_uuid *who,
    const struct ptn_uuid *which, struct ptn_bytes what,
    enum ptn_verdict *verdict)
{
	struct ptn_dfns_totp right;
	enum ptn_err r;

	r = ptn_dfns_totp_check(sc, who, which, what, &right, verdict);
	return r == PTN_OK && *verdict == PTN_ALLOW
	    ? ptn_dfns_totp_use(sc, who, &right, verdict)
	    : r;
}

static enum ptn_verdict
use_under(const struct ptn_secrets *s, const struct ptn_uuid *who,
    const struct ptn_uuid *which, struct ptn_bytes what)
{
	enum ptn_verdict verdict = PTN_ALLOW;
	struct ptn_scope sc = scope;

	sc.secrets = s;
	assert_int_equal(check_and_use(&sc, who, which, what, &verdict),
	    PTN_OK);
	return verdict;
}

static enum ptn_verdict
use(const struct ptn_uuid *who, const struct ptn_uuid *which,
    struct ptn_bytes what)
{
	return use_under(secrets, who, which, what);
}

static void
offered_and_proved(void **state)
{
	const struct ptn_uuid other = ptn_uuid_new();
	struct ptn_bytes again, sealed_again;
	uint8_t spoilt[255];
	size_t i;

	(void)state;
	assert_int_equal(secret.len, PTN_TOTP_SECRET_LEN);
	for (i = 0; i + secret.len <= sealed.len; i++)
		assert_memory_not_equal(sealed.p + i, secret.p, secret.len);
	assert_int_equal(prove(&user, sealed, code_at(now_step)), PTN_ALLOW);
	assert_int_equal(prove(&user, sealed, code_at(now_step - 1)),
	    PTN_ALLOW);
	assert_int_equal(prove(&user, sealed, code_at(now_step - 3)), PTN_DENY);
	assert_int_equal(prove(&user, sealed, ptn_bytes_of("")), PTN_DENY);
	/* Nothing was offered, or it was to somebody else. */
	assert_int_equal(prove(&user, PTN_BYTES(NULL, 0), code_at(now_step)),
	    PTN_DENY);
	assert_int_equal(prove(&other, sealed, code_at(now_step)), PTN_DENY);
	assert_in_range(sealed.len, 1, sizeof(spoilt));
	memcpy(spoilt, sealed.p, sealed.len);
	spoilt[sealed.len - 1] ^= 1;
	assert_int_equal(
	    prove(&user, PTN_BYTES(spoilt, sealed.len), code_at(now_step)),
	    PTN_DENY);
	offer(&user, &again, &sealed_again);
	assert_memory_not_equal(again.p, secret.p, secret.len);
}

static void
offered_where_it_is_on(void **state)
{
	const char *url;

	(void)state;
	conf.dfns_password = false;
	assert_int_equal(
	    ptn_dfns_totp_offer(&scope, &user, "e", "jo", &sealed, &url),
	    PTN_OK);
	assert_null(sealed.p);
	assert_string_equal(url, "");
}

static void
each_step_once(void **state)
{
	(void)state;
	assert_int_equal(use(&user, &credential, code_at(now_step - 1)),
	    PTN_DENY);
	assert_int_equal(use(&user, &credential, code_at(now_step)), PTN_ALLOW);
	assert_int_equal(use(&user, &credential, code_at(now_step)), PTN_DENY);
	assert_int_equal(use(&user, &credential, code_at(now_step + 1)),
	    PTN_ALLOW);
	assert_int_equal(use(&user, &credential, code_at(now_step)), PTN_DENY);
}

static void
nobody_elses(void **state)
{
	const struct ptn_uuid other = rows_user(), id = ptn_uuid_new();

	(void)state;
	assert_int_equal(use(&other, &credential, code_at(now_step)), PTN_DENY);
	assert_int_equal(use(&user, &id, code_at(now_step)), PTN_DENY);
	assert_int_equal(use(&user, NULL, code_at(now_step)), PTN_DENY);
	assert_int_equal(use(&user, &credential, code_at(now_step)), PTN_ALLOW);
}

/* A check alone uses nothing; of two uses one is too late. */
static void
checked_and_used(void **state)
{
	enum ptn_verdict verdict = PTN_DENY;
	struct ptn_dfns_totp right;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(ptn_dfns_totp_check(&scope, &user, &credential,
				     code_at(now_step), &right, &verdict),
		    PTN_OK);
		assert_int_equal(verdict, PTN_ALLOW);
	}
	for (i = 0; i < 2; i++) {
		assert_int_equal(
		    ptn_dfns_totp_use(&scope, &user, &right, &verdict), PTN_OK);
		assert_int_equal(verdict, i == 0 ? PTN_ALLOW : PTN_DENY);
	}
}

/* A use moves the secret under the first key: the old one may go then. */
static void
follows_the_keys(void **state)
{
	const struct ptn_strs fresh = { rows_both, 1 };
	struct ptn_secrets *only = NULL;

	(void)state;
	assert_int_equal(ptn_secrets_new(&only, &fresh), PTN_OK);
	assert_int_equal(use_under(only, &user, &credential, code_at(now_step)),
	    PTN_DENY);
	assert_int_equal(
	    use_under(rotated, &user, &credential, code_at(now_step)),
	    PTN_ALLOW);
	assert_int_equal(
	    use_under(only, &user, &credential, code_at(now_step + 1)),
	    PTN_ALLOW);
	assert_int_equal(use(&user, &credential, code_at(now_step + 1)),
	    PTN_DENY);
	ptn_secrets_free(&only);
}

/* As a login does it: under the lock of the user. */
static enum ptn_err
use_locked(const struct ptn_scope *sc, void *arg)
{
	enum ptn_verdict verdict = PTN_DENY;
	enum ptn_err r;

	(void)arg;
	if ((r = ptn_user_lock(sc, &user)) == PTN_OK)
		r = check_and_use(sc, &user, &credential, ptn_bytes_of(code),
		    &verdict);
	return r == PTN_OK && verdict != PTN_ALLOW ? PTN_E_DENIED : r;
}

static enum ptn_err
race_locked(const struct ptn_scope *sc, void *arg)
{
	return ptn_tx(sc, use_locked, arg);
}

/* And without it: the row itself lets one through. */
static enum ptn_err
race_bare(const struct ptn_scope *sc, void *arg)
{
	return use_locked(sc, arg);
}

static void
races(void **state)
{
	(void)state;
	(void)code_at(now_step);
	assert_int_equal(rows_race(race_locked, NULL, PTN_E_DENIED), 1);
	(void)code_at(now_step + 1);
	assert_int_equal(rows_race(race_bare, NULL, PTN_E_DENIED), 1);
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(offered_and_proved),
		T(offered_where_it_is_on),
		T(each_step_once),
		T(nobody_elses),
		T(checked_and_used),
		T(follows_the_keys),
		T(races),
	};

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
