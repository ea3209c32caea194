/* Log-in by a password: one hash and one answer, whoever it was not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/account/password.h"
#include "lib/account/signin_password.h"
#include "lib/crypto/pwhash.h"
#include "tests/unit/rules.h" /* $POSTERN_TEST_DB */

#define PASSWORD "correct horse battery staple"
#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct ptn_uuid
user_with(const char *pw)
{
	const struct ptn_uuid user = rows_user();
	bool created;

	assert_int_equal(
	    ptn_password_set(&scope, &user, NULL, ptn_bytes_of(pw), &created),
	    PTN_OK);
	memset(&actor, 0, sizeof(actor));
	return user;
}

static enum ptn_signin_password_result
enter(const struct ptn_uuid *user, const char *pw, struct ptn_claims *claims)
{
	struct ptn_signin_password p = { .api = PTN_API_HANKO,
		.user_id = *user,
		.password = ptn_bytes_of(pw) };
	enum ptn_signin_password_result what = PTN_SIGNIN_PASSWORD__MAX;

	assert_int_equal(ptn_signin_password(&scope, &p, &what), PTN_OK);
	if (claims != NULL)
		*claims = p.claims;
	return what;
}

static void
a_right_one(void **state)
{
	const struct ptn_uuid user = user_with(PASSWORD);
	struct ptn_claims claims;

	(void)state;
	assert_int_equal(enter(&user, PASSWORD, &claims),
	    PTN_SIGNIN_PASSWORD_RIGHT);
	assert_true(ptn_uuid_equal(&claims.sub, &user));
	assert_true(claims.email.is_primary);
	assert_int_equal(rules_sessions(&user), 1);
	assert_true(rules_event(PTN_EVENT_PASSWORD_LOGIN_OK, NULL));
	assert_true(rules_rows(&user, PTN_EVENT_PASSWORD_LOGIN_OK, 1));
	assert_string_equal(actor.email, claims.email.address);
}

static void
the_same_work_for_all_others(void **state)
{
	const struct ptn_uuid known = user_with(PASSWORD);
	const struct ptn_uuid spoilt = user_with(PASSWORD);
	const struct ptn_uuid without = rows_user(), nobody = ptn_uuid_new();
	const struct {
		const struct ptn_uuid *user;
		const char *note;
	} cases[] = { { &known, "password hash not equal" },
		{ &spoilt, "password hash not equal" },
		{ &without, "user has no password credential" },
		{ &nobody, "unknown user" } };
	uint64_t hashes, statements;
	size_t i;

	(void)state;
	rows_sql("UPDATE password_credentials SET hash = '$argon2id$x'"
		 " WHERE user_id = x'%s'",
	    rows_hex(&spoilt));
	for (i = 0; i < N(cases); i++) {
		memset(&actor, 0, sizeof(actor));
		hashes = ptn_pwhash_count();
		statements = ptn_db_count(db);
		assert_int_equal(enter(cases[i].user, "not that one", NULL),
		    PTN_SIGNIN_PASSWORD_WRONG);
		assert_int_equal(ptn_pwhash_count() - hashes, 1);
		assert_int_equal(ptn_db_count(db) - statements, 1);
		assert_true(rules_event(PTN_EVENT_PASSWORD_LOGIN_FAILED,
		    cases[i].note));
		assert_true(ptn_uuid_equal(&actor.user_id, cases[i].user));
	}
	assert_int_equal(rules_sessions(&known), 0);
	assert_int_equal(rules_sessions(&without), 0);
}

/* In the place of another user, who sets a password while ours is hashed. */
static void
between_hash_and_session(const char *change)
{
	rows_sql("CREATE OR REPLACE TRIGGER meanwhile BEFORE UPDATE ON"
		 " password_credentials FOR EACH ROW SET %s",
	    change);
}

static void
changed_meanwhile(void **state)
{
	/* Of other costs: it is hashed anew, which is the moment. */
	const struct ptn_uuid user = user_with(PASSWORD);

	(void)state;
	conf.argon2_iterations = 2;
	between_hash_and_session(
	    "NEW.hash = 'another', NEW.updated_at = UTC_TIMESTAMP(6)");
	assert_int_equal(enter(&user, PASSWORD, NULL),
	    PTN_SIGNIN_PASSWORD_WRONG);
	assert_int_equal(rules_sessions(&user), 0);
	assert_true(rules_event(PTN_EVENT_PASSWORD_LOGIN_FAILED,
	    "user or password went meanwhile"));
	rows_sql("DROP TRIGGER meanwhile");
	conf.argon2_iterations = 1;
}

/* By another log-in: the password is the same. */
static void
hashed_anew_meanwhile(void **state)
{
	const struct ptn_uuid user = user_with(PASSWORD);

	(void)state;
	conf.argon2_iterations = 2;
	between_hash_and_session("NEW.hash = OLD.hash");
	assert_int_equal(enter(&user, PASSWORD, NULL),
	    PTN_SIGNIN_PASSWORD_RIGHT);
	assert_int_equal(rules_sessions(&user), 1);
	rows_sql("DROP TRIGGER meanwhile");
	conf.argon2_iterations = 1;
}

/* Judged, and then a part of something else. */
struct judged {
	struct ptn_signin_password p;
	struct ptn_password_user pu;
	enum ptn_signin_password_result what;
};

static enum ptn_err
log_in(const struct ptn_scope *sc, void *arg)
{
	struct judged *j = arg;

	return ptn_signin_password_in(sc, &j->p, &j->pu, &j->what);
}

static void
judged_first(void **state)
{
	const struct ptn_uuid user = user_with(PASSWORD);
	struct judged j = { .p = { .api = PTN_API_HANKO,
				.user_id = user,
				.password = ptn_bytes_of(PASSWORD) } };
	bool created;

	(void)state;
	assert_int_equal(
	    ptn_signin_password_judge(&scope, &j.p, &j.pu, &j.what), PTN_OK);
	assert_int_equal(j.what, PTN_SIGNIN_PASSWORD_RIGHT);
	assert_int_equal(rules_sessions(&user), 0);
	assert_int_equal(ptn_tx(&scope, log_in, &j), PTN_OK);
	assert_int_equal(j.what, PTN_SIGNIN_PASSWORD_RIGHT);
	assert_true(ptn_uuid_equal(&j.p.claims.sub, &user));
	assert_int_equal(rules_sessions(&user), 1);
	/* It was right, but is another one by now. */
	assert_int_equal(ptn_password_set(&scope, &user, NULL,
			     ptn_bytes_of("another " PASSWORD), &created),
	    PTN_OK);
	assert_int_equal(ptn_tx(&scope, log_in, &j), PTN_OK);
	assert_int_equal(j.what, PTN_SIGNIN_PASSWORD_WRONG);
	assert_int_equal(rules_sessions(&user), 0); /* all were ended */
	j.p.password = ptn_bytes_of("wrong");
	assert_int_equal(
	    ptn_signin_password_judge(&scope, &j.p, &j.pu, &j.what), PTN_OK);
	assert_int_equal(j.what, PTN_SIGNIN_PASSWORD_WRONG);
}

static void
too_long_is_no_work(void **state)
{
	static const char pw[] = "0123456789012345678901234567890123456789"
				 "012345678901234567890123456789012";
	const struct ptn_uuid user = user_with(PASSWORD);
	const uint64_t hashes = ptn_pwhash_count();
	const uint64_t statements = ptn_db_count(db);

	(void)state;
	assert_int_equal(enter(&user, pw, NULL), PTN_SIGNIN_PASSWORD_LONG);
	assert_int_equal(ptn_pwhash_count(), hashes);
	assert_int_equal(ptn_db_count(db), statements);
	assert_true(
	    rules_event(PTN_EVENT_PASSWORD_LOGIN_FAILED, "password too long"));
	/* A short one is a try like any other. */
	assert_int_equal(enter(&user, "a", NULL), PTN_SIGNIN_PASSWORD_WRONG);
}

static void
no_session_without_its_record(void **state)
{
	const struct ptn_uuid user = user_with(PASSWORD);
	struct ptn_signin_password p = { .api = PTN_API_HANKO,
		.user_id = user,
		.password = ptn_bytes_of(PASSWORD) };
	enum ptn_signin_password_result what;

	(void)state;
	rules_record_off();
	assert_int_not_equal(ptn_signin_password(&scope, &p, &what), PTN_OK);
	rules_record_on();
	assert_int_not_equal(what, PTN_SIGNIN_PASSWORD_RIGHT);
	assert_int_equal(rules_sessions(&user), 0);
	assert_int_equal(actor.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_right_one, rules_each),
		cmocka_unit_test_setup(the_same_work_for_all_others,
		    rules_each),
		cmocka_unit_test_setup(changed_meanwhile, rules_each),
		cmocka_unit_test_setup(hashed_anew_meanwhile, rules_each),
		cmocka_unit_test_setup(judged_first, rules_each),
		cmocka_unit_test_setup(too_long_is_no_work, rules_each),
		cmocka_unit_test_setup(no_session_without_its_record,
		    rules_each),
	};

	return cmocka_run_group_tests(tests, rules_setup_hashing,
	    hashing_teardown);
}
