/* Setting a password: which, by whom, and on record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/account/password.h"
#include "lib/account/password_change.h"
#include "lib/base/array.h"
#include "lib/event/tx.h"
#include "tests/unit/rules.h" /* $POSTERN_TEST_DB */

#define PASSWORD "correct horse battery staple"
#define OTHER "another password than that"

/* A session that begins. */
static struct ptn_claims
session_of(const struct ptn_uuid *user)
{
	const struct ptn_session_new new = { .api = PTN_API_HANKO,
		.user_id = *user };
	struct ptn_claims claims;

	assert_int_equal(ptn_session_open(&scope, &new, &claims), PTN_OK);
	return claims;
}

static enum ptn_password_change_result
change_by(const struct ptn_claims *by, const struct ptn_uuid *user,
    const char *pw)
{
	enum ptn_password_change_result what = PTN_PASSWORD_CHANGE__MAX;

	assert_int_equal(
	    ptn_password_change(&scope, by, user, ptn_bytes_of(pw), &what),
	    PTN_OK);
	return what;
}

static enum ptn_password_change_result
change(const struct ptn_uuid *by, const struct ptn_uuid *user, const char *pw)
{
	const struct ptn_claims claims = session_of(by);

	return change_by(&claims, user, pw);
}

static bool
has(const struct ptn_uuid *user, const char *pw)
{
	struct ptn_password_user pu;
	enum ptn_verdict verdict;

	assert_int_equal(ptn_password_find(&scope, user, &pu), PTN_OK);
	assert_int_equal(
	    ptn_password_check(&scope, user, &pu, ptn_bytes_of(pw), &verdict),
	    PTN_OK);
	return verdict == PTN_ALLOW;
}

static bool
has_none(const struct ptn_uuid *user)
{
	struct ptn_password_user pu;

	assert_int_equal(ptn_password_find(&scope, user, &pu), PTN_OK);
	return pu.hash == NULL;
}

static void
set_and_changed(void **state)
{
	const struct ptn_uuid user = rows_user();

	(void)state;
	ptn_actor_is(&scope, &user, NULL);
	assert_int_equal(change(&user, &user, PASSWORD),
	    PTN_PASSWORD_CHANGE_FIRST);
	assert_true(has(&user, PASSWORD));
	assert_int_equal(change(&user, &user, OTHER), PTN_PASSWORD_CHANGE_DONE);
	assert_true(has(&user, OTHER));
	assert_false(has(&user, PASSWORD));
	assert_true(rules_event(PTN_EVENT_PASSWORD_SET_OK, NULL));
	assert_true(rules_rows(&user, PTN_EVENT_PASSWORD_SET_OK, 2));
}

static void
what_is_no_password(void **state)
{
	static const char long_one[] =
	    "0123456789012345678901234567890123456789"
	    "012345678901234567890123456789012";
	static const struct {
		const char *pw;
		enum ptn_password_change_result what;
		const char *note;
	} cases[] = {
		{ "", PTN_PASSWORD_CHANGE_SHORT, "password too short" },
		{ "1234567", PTN_PASSWORD_CHANGE_SHORT, "password too short" },
		{ long_one, PTN_PASSWORD_CHANGE_LONG, "password too long" },
		{ "1234567\t9", PTN_PASSWORD_CHANGE_UNFIT,
		    "password not allowed" },
	};
	const struct ptn_uuid user = rows_user();
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(cases); i++) {
		actor.n = 0;
		assert_int_equal(change(&user, &user, cases[i].pw),
		    cases[i].what);
		assert_true(
		    rules_event(PTN_EVENT_PASSWORD_SET_FAILED, cases[i].note));
		assert_true(has_none(&user));
	}
	assert_int_equal(change(&user, &user, long_one + 1),
	    PTN_PASSWORD_CHANGE_FIRST);
}

static void
of_nobody_else(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	const struct ptn_uuid nobody = ptn_uuid_new();
	struct ptn_claims claims = session_of(&ada);

	(void)state;
	assert_int_equal(change(&ada, &bob, PASSWORD),
	    PTN_PASSWORD_CHANGE_FOREIGN);
	assert_true(rules_event(PTN_EVENT_PASSWORD_SET_FAILED, "wrong user"));
	assert_true(has_none(&bob));
	assert_int_equal(change(&ada, &nobody, PASSWORD),
	    PTN_PASSWORD_CHANGE_NO_USER);
	assert_true(rules_event(PTN_EVENT_PASSWORD_SET_FAILED, "unknown user"));
	claims.sub = nobody;
	assert_int_equal(change_by(&claims, &nobody, PASSWORD),
	    PTN_PASSWORD_CHANGE_NO_USER);
	assert_true(rules_event(PTN_EVENT_PASSWORD_SET_FAILED,
	    "user or session went meanwhile"));
	/* What may be a password is judged before whose it would be. */
	assert_int_equal(change(&ada, &bob, "short"),
	    PTN_PASSWORD_CHANGE_SHORT);
}

static void
no_change_without_its_record(void **state)
{
	const struct ptn_uuid user = rows_user();
	const struct ptn_claims claims = session_of(&user);
	enum ptn_password_change_result what;

	(void)state;
	assert_int_equal(change(&user, &user, PASSWORD),
	    PTN_PASSWORD_CHANGE_FIRST);
	actor.n = 0;
	rules_record_off();
	assert_int_not_equal(ptn_password_change(&scope, &claims, &user,
				 ptn_bytes_of(OTHER), &what),
	    PTN_OK);
	rules_record_on();
	assert_int_equal(actor.n, 0);
	assert_true(has(&user, PASSWORD));
	assert_false(has(&user, OTHER));
	assert_int_equal(rules_sessions(&user), 2);
}

static void
other_sessions_end(void **state)
{
	const struct ptn_uuid user = rows_user(), bob = rows_user();
	const struct ptn_claims claims = session_of(&user);
	const struct ptn_session_new dfns = { .api = PTN_API_DFNS,
		.user_id = user };
	struct ptn_claims other;

	(void)state;
	conf.dfns_session_s = 3600;
	session_of(&user);
	session_of(&bob);
	assert_int_equal(ptn_session_open(&scope, &dfns, &other), PTN_OK);
	assert_int_equal(change_by(&claims, &user, PASSWORD),
	    PTN_PASSWORD_CHANGE_FIRST);
	assert_int_equal(rules_sessions(&user), 3);
	assert_int_equal(rules_epoch(&user), 0);
	conf.password_end_sessions = false;
	assert_int_equal(change_by(&claims, &user, OTHER),
	    PTN_PASSWORD_CHANGE_DONE);
	assert_int_equal(rules_sessions(&user), 3);
	assert_int_equal(rules_epoch(&user), 1);
	conf.password_end_sessions = true;
	assert_int_equal(change_by(&claims, &user, PASSWORD),
	    PTN_PASSWORD_CHANGE_DONE);
	assert_int_equal(rules_sessions(&user), 1);
	assert_int_equal(rules_epoch(&user), 2);
	assert_int_equal(rules_sessions(&bob), 1);
	assert_int_equal(ptn_session_end(&scope, &user, &claims.session_id,
			     PTN_EVENT_SESSION_REVOKED),
	    PTN_OK);
}

/* Logged out between the request and its change. */
static void
nothing_by_a_session_that_ended(void **state)
{
	const struct ptn_uuid user = rows_user();
	const struct ptn_claims claims = session_of(&user);

	(void)state;
	assert_int_equal(change(&user, &user, PASSWORD),
	    PTN_PASSWORD_CHANGE_FIRST);
	assert_int_equal(ptn_session_end(&scope, &user, &claims.session_id,
			     PTN_EVENT_SESSION_REVOKED),
	    PTN_OK);
	assert_int_equal(change_by(&claims, &user, OTHER),
	    PTN_PASSWORD_CHANGE_NO_USER);
	assert_true(has(&user, PASSWORD));
	assert_int_equal(rules_sessions(&user), 1);
}

/* By nobody's session: an operator, say. */
static void
all_sessions_end(void **state)
{
	const struct ptn_uuid user = rows_user();
	bool created;

	(void)state;
	session_of(&user);
	assert_int_equal(change(&user, &user, PASSWORD),
	    PTN_PASSWORD_CHANGE_FIRST);
	assert_int_equal(ptn_password_set(&scope, &user, NULL,
			     ptn_bytes_of(OTHER), &created),
	    PTN_OK);
	assert_false(created);
	assert_int_equal(rules_sessions(&user), 0);
}

static enum ptn_err
drop(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_claims *by = arg;

	return ptn_password_drop_in(sc, &by->sub, &by->session_id);
}

/* Given up it is nobody's any more, and whoever knew it is out. */
static void
dropped(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_claims by = session_of(&user);

	(void)state;
	ptn_actor_is(&scope, &user, NULL);
	assert_int_equal(change(&user, &user, PASSWORD),
	    PTN_PASSWORD_CHANGE_FIRST);
	assert_int_equal(rules_sessions(&user), 2);
	assert_int_equal(ptn_tx(&scope, drop, &by), PTN_OK);
	assert_true(has_none(&user));
	assert_int_equal(rules_sessions(&user), 1);
	assert_int_equal(rules_epoch(&user), 1);
	assert_true(rules_rows(&user, PTN_EVENT_PASSWORD_DELETED, 1));
	assert_int_equal(ptn_tx(&scope, drop, &by), PTN_E_NOT_FOUND);
	assert_true(rules_rows(&user, PTN_EVENT_PASSWORD_DELETED, 1));
}

static int64_t
mails(void)
{
	int64_t n = 0;

	while (!rules_hold(ptn_arena_printf(arena,
	    "(SELECT COUNT(*) FROM outbox) = %lld", (long long)n)))
		n++;
	return n;
}

static void
the_owner_is_told(void **state)
{
	const struct ptn_uuid user = rows_user();
	const int64_t before = mails();

	(void)state;
	conf.mail_enabled = true;
	assert_int_equal(change(&user, &user, PASSWORD),
	    PTN_PASSWORD_CHANGE_FIRST);
	assert_int_equal(mails(), before); /* at no address they never proved */
	rows_sql("UPDATE emails SET verified = 1 WHERE user_id = x'%s'",
	    rows_hex(&user));
	assert_int_equal(change(&user, &user, OTHER), PTN_PASSWORD_CHANGE_DONE);
	assert_int_equal(mails(), before + 1);
	conf.mail_enabled = false;
	assert_int_equal(change(&user, &user, OTHER), PTN_PASSWORD_CHANGE_DONE);
	assert_int_equal(mails(), before + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(set_and_changed, rules_each),
		cmocka_unit_test_setup(what_is_no_password, rules_each),
		cmocka_unit_test_setup(of_nobody_else, rules_each),
		cmocka_unit_test_setup(no_change_without_its_record,
		    rules_each),
		cmocka_unit_test_setup(other_sessions_end, rules_each),
		cmocka_unit_test_setup(nothing_by_a_session_that_ended,
		    rules_each),
		cmocka_unit_test_setup(dropped, rules_each),
		cmocka_unit_test_setup(all_sessions_end, rules_each),
		cmocka_unit_test_setup(the_owner_is_told, rules_each),
	};

	return cmocka_run_group_tests(tests, rules_setup_hashing,
	    hashing_teardown);
}
