/* How accounts begin and end: by whom, on record, and never by halves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/account/signup.h"
#include "tests/unit/rules.h" /* $POSTERN_TEST_DB */

static int
each(void **state)
{
	conf.allow_signup = true;
	conf.email_verify = true;
	return rules_each(state);
}

static enum ptn_signup_result
sign_up(const char *address, struct ptn_signup *s)
{
	enum ptn_signup_result what = PTN_SIGNUP__MAX;

	*s = (struct ptn_signup){ .api = PTN_API_HANKO, .address = address };
	assert_int_equal(ptn_signup(&scope, s, &what), PTN_OK);
	return what;
}

static bool
users(int n)
{
	return rules_hold(
	    ptn_arena_printf(arena, "(SELECT COUNT(*) FROM users) = %d", n));
}

static void
nobody_may(void **state)
{
	struct ptn_signup s;

	(void)state;
	conf.allow_signup = false;
	assert_int_equal(sign_up("closed@example.org", &s), PTN_SIGNUP_CLOSED);
	assert_true(users(0));
	assert_int_equal(actor.n, 0);
}

static void
an_address_is_to_be_proved(void **state)
{
	struct ptn_signup s;
	struct ptn_user_ref found;

	(void)state;
	assert_int_equal(sign_up("new@example.org", &s), PTN_SIGNUP_DONE);
	assert_false(s.signed_in);
	assert_int_equal(rules_addresses(&s.user.id), 0);
	assert_int_equal(rules_sessions(&s.user.id), 0);
	assert_int_equal(ptn_user_by_address(&scope, "new@example.org", &found),
	    PTN_E_NOT_FOUND);
	assert_true(rules_event(PTN_EVENT_USER_CREATED, NULL));
	assert_true(rules_rows(&s.user.id, PTN_EVENT_USER_CREATED, 1));
	assert_string_equal(actor.email, "new@example.org");
}

static void
without_proof_it_is_a_log_in(void **state)
{
	struct ptn_signup s;
	struct ptn_user_ref found;

	(void)state;
	conf.email_verify = false;
	assert_int_equal(sign_up("own@example.org", &s), PTN_SIGNUP_DONE);
	assert_true(s.signed_in);
	assert_int_equal(rules_sessions(&s.user.id), 1);
	assert_true(ptn_uuid_equal(&s.claims.sub, &s.user.id));
	assert_string_equal(s.claims.email.address, "own@example.org");
	assert_true(s.claims.email.is_primary);
	assert_false(s.claims.email.is_verified);
	assert_int_equal(ptn_user_by_address(&scope, "own@example.org", &found),
	    PTN_OK);
	assert_true(ptn_uuid_equal(&found.id, &s.user.id));
	assert_true(rules_rows(&s.user.id, PTN_EVENT_USER_CREATED, 1));
	assert_int_equal(actor.n, 1);
}

static void
an_address_with_an_owner(void **state)
{
	struct ptn_signup s;

	(void)state;
	(void)rows_user_of(&tenant, "taken@example.org");
	rows_sql("SET @users = (SELECT COUNT(*) FROM users)");
	assert_int_equal(sign_up("taken@example.org", &s), PTN_SIGNUP_TAKEN);
	conf.email_verify = false;
	assert_int_equal(sign_up("taken@example.org", &s), PTN_SIGNUP_TAKEN);
	assert_true(rules_hold("(SELECT COUNT(*) FROM users) = @users"));
	assert_int_equal(actor.n, 0);
}

static void
no_account_without_its_record(void **state)
{
	struct ptn_signup s = { .api = PTN_API_HANKO,
		.address = "unrecorded@example.org" };
	enum ptn_signup_result what;
	int i;

	(void)state;
	rows_sql("SET @users = (SELECT COUNT(*) FROM users)");
	rules_record_off();
	for (i = 0; i < 2; i++) {
		conf.email_verify = i == 0;
		assert_int_not_equal(ptn_signup(&scope, &s, &what), PTN_OK);
	}
	rules_record_on();
	assert_true(rules_hold("(SELECT COUNT(*) FROM users) = @users AND"
			       " NOT EXISTS (SELECT 1 FROM emails WHERE address"
			       " = 'unrecorded@example.org')"));
	assert_int_equal(actor.n, 0);
	assert_int_equal(sign_up(s.address, &s), PTN_SIGNUP_DONE);
}

/* A sign-up that is a part of something else, which ends like that. */
struct signing_up {
	struct ptn_signup s;
	enum ptn_signup_result what;
	enum ptn_err ends;
};

static enum ptn_err
sign_up_in(const struct ptn_scope *sc, void *arg)
{
	struct signing_up *u = arg;
	enum ptn_err r = ptn_signup_in(sc, &u->s, &u->what);

	return r != PTN_OK ? r : u->ends;
}

static void
one_who_has_read_its_mail(void **state)
{
	struct signing_up u = { .s = { .api = PTN_API_HANKO,
				    .address = "proved@example.org",
				    .proved = true },
		.ends = PTN_E_DENIED };
	struct ptn_user_ref found;

	(void)state;
	rows_sql("SET @users = (SELECT COUNT(*) FROM users)");
	assert_int_equal(ptn_tx(&scope, sign_up_in, &u), PTN_E_DENIED);
	assert_true(rules_hold("(SELECT COUNT(*) FROM users) = @users"));
	assert_int_equal(actor.n, 0);
	u.ends = PTN_OK;
	assert_int_equal(ptn_tx(&scope, sign_up_in, &u), PTN_OK);
	assert_int_equal(u.what, PTN_SIGNUP_DONE);
	assert_true(u.s.signed_in);
	assert_true(u.s.claims.email.is_primary);
	assert_true(u.s.claims.email.is_verified);
	assert_int_equal(rules_sessions(&u.s.user.id), 1);
	assert_int_equal(ptn_user_by_address(&scope, u.s.address, &found),
	    PTN_OK);
	assert_true(ptn_uuid_equal(&found.id, &u.s.user.id));
	assert_true(found.verified);
	assert_true(rules_rows(&found.id, PTN_EVENT_USER_CREATED, 1));
}

/* What goes on and commits has no user of it. */
static void
taken_meanwhile(void **state)
{
	struct signing_up u = { .s = { .api = PTN_API_HANKO,
				    .address = "meanwhile@example.org",
				    .proved = true } };
	const struct ptn_user_ref owner =
	    rows_user_of(&tenant, u.s.address);

	(void)state;
	rows_sql("SET @users = (SELECT COUNT(*) FROM users)");
	assert_int_equal(ptn_tx(&scope, sign_up_in, &u), PTN_OK);
	assert_int_equal(u.what, PTN_SIGNUP_TAKEN);
	assert_true(rules_hold("(SELECT COUNT(*) FROM users) = @users"));
	assert_int_equal(rules_sessions(&owner.id), 0);
	assert_int_equal(actor.n, 0);
	conf.allow_signup = false;
	u.s.address = "shut@example.org";
	assert_int_equal(ptn_tx(&scope, sign_up_in, &u), PTN_OK);
	assert_int_equal(u.what, PTN_SIGNUP_CLOSED);
}

static void
an_account_is_closed(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_user found;

	(void)state;
	ptn_actor_is(&scope, &user, NULL);
	rules_record_off();
	assert_int_not_equal(ptn_user_close(&scope, &user), PTN_OK);
	rules_record_on();
	assert_int_equal(ptn_user_get(&scope, &user, &found), PTN_OK);
	assert_int_equal(ptn_user_close(&scope, &user), PTN_OK);
	assert_int_equal(ptn_user_get(&scope, &user, &found), PTN_E_NOT_FOUND);
	assert_true(rules_rows(&user, PTN_EVENT_USER_DELETED, 1));
	assert_int_equal(ptn_user_close(&scope, &user), PTN_E_NOT_FOUND);
	assert_int_equal(actor.n, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nobody_may, each),
		cmocka_unit_test_setup(an_address_is_to_be_proved, each),
		cmocka_unit_test_setup(without_proof_it_is_a_log_in, each),
		cmocka_unit_test_setup(an_address_with_an_owner, each),
		cmocka_unit_test_setup(no_account_without_its_record, each),
		cmocka_unit_test_setup(one_who_has_read_its_mail, each),
		cmocka_unit_test_setup(taken_meanwhile, each),
		cmocka_unit_test_setup(an_account_is_closed, each),
	};

	return cmocka_run_group_tests(tests, rules_setup, rows_teardown);
}
