/* Log-ins: proof, session and record, all of them or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/email.h"
#include "lib/account/signin.h"
#include "lib/event/actor.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

static struct ptn_actor actor;
static int proofs; /* how often one was asked for */

static int
setup(void **state)
{
	if (rows_setup(state) != 0)
		return -1;
	conf.session_lifespan_s = 3600;
	conf.dfns_session_s = 7200;
	conf.acquire_ip = conf.acquire_agent = true;
	return 0;
}

static int
each(void **state)
{
	conf.session_limit = 100;
	conf.audit_rows = true;
	memset(&actor, 0, sizeof(actor));
	actor.ip = "192.0.2.1";
	actor.user_agent = "Agent";
	scope.actor = &actor;
	proofs = 0;
	rows_sql("DELETE FROM audit_logs");
	return rows_each(state);
}

/* Proves whatever it is told, and leaves a trace in the database. */
static enum ptn_err
prove(const struct ptn_scope *sc, void *arg)
{
	const enum ptn_err *answer = arg;
	struct ptn_email email;
	enum ptn_err r;

	assert_true(ptn_db_in_tx(sc->db));
	proofs++;
	r = ptn_email_claim(sc,
	    ptn_arena_printf(sc->arena, "trace%d@example.org", (int)*answer),
	    &email);
	return r == PTN_OK ? *answer : r;
}

static bool
has_trace(enum ptn_err answer)
{
	return rows_number("SELECT COUNT(*) FROM emails"
			   " WHERE address = 'trace%d@example.org'",
		   (int)answer) == 1;
}

static int64_t
sessions(const struct ptn_uuid *user)
{
	return rows_number(
	    "SELECT COUNT(*) FROM sessions WHERE user_id = x'%s'",
	    rows_hex(user));
}

static int64_t
records(const char *type)
{
	return rows_number("SELECT COUNT(*) FROM audit_logs WHERE type = '%s'"
			   " AND source_ip = '192.0.2.1'",
	    type);
}

static void
signed_in(void **state)
{
	const struct ptn_email_claim email = { "a@example.org", true, true };
	enum ptn_err answer = PTN_OK;
	struct ptn_signin s = { .user_id = rows_user(),
		.prove = prove,
		.arg = &answer,
		.email = &email,
		.event = PTN_EVENT_PASSWORD_LOGIN_OK };
	struct ptn_session_row *row;
	size_t n;

	(void)state;
	assert_int_equal(ptn_signin(&scope, &s), PTN_OK);
	assert_int_equal(proofs, 1);
	assert_true(has_trace(answer));
	assert_true(ptn_uuid_equal(&s.claims.sub, &s.user_id));
	assert_int_equal(s.claims.exp - s.claims.iat, 3600);
	assert_string_equal(s.claims.email.address, "a@example.org");
	assert_true(s.claims.email.is_primary && s.claims.email.is_verified);
	assert_int_equal(ptn_sessions_of(&scope, &s.user_id, &row, &n), PTN_OK);
	assert_int_equal(n, 1);
	assert_true(ptn_uuid_equal(&row->id, &s.claims.session_id));
	assert_string_equal(row->ip_address, "192.0.2.1");
	assert_string_equal(row->user_agent, "Agent");
	assert_int_equal(records("password_login_succeeded"), 1);
	assert_int_equal(actor.n, 1); /* a line is to be written of it */
	assert_int_equal(actor.log[0].event, PTN_EVENT_PASSWORD_LOGIN_OK);
	assert_true(actor.log[0].written);
}

/* With all proved before, for the other API, with nothing to say. */
static void
signed_in_simply(void **state)
{
	struct ptn_signin s = { .api = PTN_API_DFNS,
		.user_id = rows_user(),
		.event = PTN_EVENT_DFNS_LOGIN_OK };

	(void)state;
	conf.audit_rows = false;
	assert_int_equal(ptn_signin(&scope, &s), PTN_OK);
	assert_int_equal(s.claims.exp - s.claims.iat, 7200);
	assert_null(s.claims.email.address);
	assert_int_equal(rows_number("SELECT COUNT(*) FROM sessions"
				     " WHERE api = 'dfns' AND user_id = x'%s'",
			     rows_hex(&s.user_id)),
	    1);
	assert_int_equal(records("dfns_login_succeeded"), 0);
	assert_int_equal(actor.n, 1);
	scope.actor = NULL; /* nobody knows who it is */
	assert_int_equal(ptn_signin(&scope, &s), PTN_OK);
	assert_int_equal(sessions(&s.user_id), 2);
}

static void
not_proved(void **state)
{
	static const enum ptn_err answers[] = { PTN_E_DENIED, PTN_E_EXPIRED,
		PTN_E_UNAVAILABLE };
	struct ptn_signin s = { .user_id = rows_user(),
		.prove = prove,
		.event = PTN_EVENT_PASSCODE_FINAL_OK };
	enum ptn_err answer;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		answer = answers[i];
		s.arg = &answer;
		assert_int_equal(ptn_signin(&scope, &s), answer);
		assert_false(has_trace(answer)); /* undone */
		assert_int_equal(sessions(&s.user_id), 0);
		assert_int_equal(records("passcode_login_final_succeeded"), 0);
		assert_int_equal(actor.n, 0);
	}
	assert_int_equal(proofs, 3);
}

/* Nothing is asked of somebody who has gone, or is another tenant's. */
static void
gone(void **state)
{
	const struct ptn_uuid other = rows_tenant();
	enum ptn_err answer = PTN_OK;
	struct ptn_signin s = { .user_id = ptn_uuid_new(),
		.prove = prove,
		.arg = &answer,
		.event = PTN_EVENT_PASSWORD_LOGIN_OK };

	(void)state;
	assert_int_equal(ptn_signin(&scope, &s), PTN_E_NOT_FOUND);
	s.user_id = rows_user();
	assert_int_equal(ptn_signin(rows_at(&other), &s), PTN_E_NOT_FOUND);
	assert_int_equal(proofs, 0);
	assert_int_equal(sessions(&s.user_id), 0);
	assert_int_equal(records("password_login_succeeded"), 0);
}

/* A record that cannot be written takes the log-in with it. */
static void
not_recorded(void **state)
{
	enum ptn_err answer = PTN_OK;
	struct ptn_signin s = { .user_id = rows_user(),
		.prove = prove,
		.arg = &answer,
		.event = PTN_EVENT_PASSWORD_LOGIN_OK };

	(void)state;
	rows_sql("DELETE FROM emails WHERE address LIKE 'trace%%'");
	rows_sql("RENAME TABLE audit_logs TO away");
	assert_int_equal(ptn_signin(&scope, &s), PTN_E_INTERNAL);
	rows_sql("RENAME TABLE away TO audit_logs");
	assert_int_equal(sessions(&s.user_id), 0);
	assert_false(has_trace(answer));
	assert_int_equal(actor.n, 0);
}

static enum ptn_err next; /* what comes of what the caller does then */

static enum ptn_err
sign_in_within(const struct ptn_scope *sc, void *arg)
{
	struct ptn_signin *s = arg;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, &s->user_id)) != PTN_OK ||
	    (r = ptn_signin_in(sc, s)) != PTN_OK)
		return r;
	return next;
}

static void
within_a_transaction(void **state)
{
	enum ptn_err answer = PTN_OK;
	struct ptn_signin s = { .user_id = rows_user(),
		.prove = prove,
		.arg = &answer,
		.event = PTN_EVENT_PASSWORD_LOGIN_OK };

	(void)state;
	next = PTN_E_CONFLICT;
	assert_int_equal(ptn_tx(&scope, sign_in_within, &s), PTN_E_CONFLICT);
	assert_int_equal(sessions(&s.user_id), 0);
	assert_int_equal(records("password_login_succeeded"), 0);
	assert_int_equal(actor.n, 0); /* it did not happen */
	next = PTN_OK;
	assert_int_equal(ptn_tx(&scope, sign_in_within, &s), PTN_OK);
	assert_int_equal(sessions(&s.user_id), 1);
	assert_int_equal(records("password_login_succeeded"), 1);
	answer = PTN_E_DENIED;
	assert_int_equal(ptn_tx(&scope, sign_in_within, &s), PTN_E_DENIED);
	assert_int_equal(sessions(&s.user_id), 1);
	assert_int_equal(proofs, 3);
	assert_int_equal(actor.n, 1);
}

/* ------------------------------------------------------------------- races */

/* Good while they have one address; a log-in that is proved gives another. */
static enum ptn_err
prove_once(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_uuid *user = arg;
	struct ptn_email email;
	enum ptn_err r;
	int64_t n;

	if ((r = ptn_email_count(sc, user, &n)) != PTN_OK)
		return r;
	if (n > 1)
		return PTN_E_DENIED;
	r = ptn_email_claim(sc, "proved-once@example.org", &email);
	return r == PTN_OK ? ptn_email_own(sc, &email, user, true) : r;
}

static enum ptn_err
race(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_signin *s = arg;
	struct ptn_signin mine = *s;

	mine.arg = &mine.user_id;
	return ptn_signin(sc, &mine);
}

static void
races(void **state)
{
	struct ptn_signin s = { .user_id = rows_user(),
		.event = PTN_EVENT_PASSWORD_LOGIN_OK };
	const char *lock;

	(void)state;
	lock = ptn_arena_printf(arena,
	    "UPDATE users SET id = id"
	    " WHERE id = x'%s'",
	    rows_hex(&s.user_id));
	conf.session_limit = 3;
	assert_int_equal(rows_race_held(race, &s, PTN_OK, lock), ROWS_RACERS);
	assert_int_equal(sessions(&s.user_id), 3);
	assert_int_equal(records("password_login_succeeded"), ROWS_RACERS);
	/* What is proved under the lock is proved once. */
	s.prove = prove_once;
	assert_int_equal(rows_race_held(race, &s, PTN_E_DENIED, lock), 1);
	assert_int_equal(records("password_login_succeeded"), ROWS_RACERS + 1);
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(signed_in),
		T(signed_in_simply),
		T(not_proved),
		T(gone),
		T(not_recorded),
		T(within_a_transaction),
		T(races),
	};

	return cmocka_run_group_tests(tests, setup, rows_teardown);
}
