/* What a service account does for end users, and for nobody else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/array.h"
#include "lib/dfns/ceremony.h"
#include "lib/dfns/delegate.h"
#include "tests/unit/dfns_client.h" /* $POSTERN_TEST_DB */

typedef enum ptn_err call_fn(const struct ptn_scope *sc,
    struct ptn_dfns_delegate *d);

/* An action that may be used once. */
static struct ptn_uuid
action(void)
{
	struct ptn_dfns_ceremony c = { .kind = PTN_DFNS_CEREMONY_SIGNED,
		.challenge = "" };

	assert_int_equal(ptn_dfns_ceremony_put(&scope, &c), PTN_OK);
	return c.id;
}

static struct ptn_dfns_delegate
delegate(call_fn *call, const char *username, enum ptn_err want)
{
	struct ptn_dfns_delegate d = { .action = action(),
		.username = username,
		.credential_id = ptn_bytes_of("eA") };
	struct ptn_dfns_delegate again;

	assert_int_equal(call(&scope, &d), want);
	/* Whatever came of it, the action is used up. */
	again = (struct ptn_dfns_delegate){ .action = d.action,
		.username = username };
	assert_int_equal(call(&scope, &again), PTN_E_DENIED);
	assert_int_equal(again.denial.reason, PTN_DFNS_ACTION_USED);
	assert_null(again.denial.detail);
	return d;
}

static const char *
name(void)
{
	static int n;

	return ptn_arena_printf(arena, "Customer%d@example.org", ++n);
}

static void
registers(void **state)
{
	const char *who = name();
	struct ptn_dfns_delegate d, again;
	struct ptn_uuid user;

	(void)state;
	d = delegate(ptn_dfns_delegate_register, who, PTN_OK);
	client_recorded(PTN_EVENT_DFNS_DELEGATED_REGISTRATION_OK);
	assert_non_null(d.recovery.start.token);
	assert_string_equal(d.recovery.who.member.username, who);
	assert_string_equal(d.recovery.who.member.kind, PTN_END_USER);
	assert_non_null(actor.email);
	user = d.recovery.who.member.id;
	/* Who has not finished starts again. */
	again = delegate(ptn_dfns_delegate_register, who, PTN_OK);
	client_recorded(PTN_EVENT_DFNS_DELEGATED_REGISTRATION_OK);
	assert_true(ptn_uuid_equal(&again.recovery.who.member.id, &user));
	again = (struct ptn_dfns_delegate){ .action = action(),
		.username = who,
		.restart = true };
	assert_int_equal(ptn_dfns_delegate_register(&scope, &again), PTN_OK);
	actor.n = 0;
	rows_sql("UPDATE members SET active = 0");
	d = delegate(ptn_dfns_delegate_register, who, PTN_E_DENIED);
	assert_int_equal(d.denial.reason, PTN_DFNS_DEACTIVATED);
	rows_sql("UPDATE members SET active = 1, registered = 1");
	d = delegate(ptn_dfns_delegate_register, who, PTN_E_DENIED);
	assert_int_equal(d.denial.reason, PTN_DFNS_USER_EXISTS);
	assert_int_equal(actor.n, 0);
}

static void
registration_denied(void **state)
{
	struct ptn_dfns_delegate d = { .action = action(),
		.username = "no address" };
	const char *taken = name();

	(void)state;
	assert_int_equal(ptn_dfns_delegate_register(&scope, &d), PTN_E_INPUT);
	d.username = name();
	d.restart = true;
	assert_int_equal(ptn_dfns_delegate_register(&scope, &d), PTN_E_DENIED);
	assert_int_equal(d.denial.reason, PTN_DFNS_NO_USER);
	/* The address of somebody with another name. */
	(void)delegate(ptn_dfns_delegate_register, taken, PTN_OK);
	rows_sql("UPDATE members SET username = 'x', username_key = 'x'"
		 " ORDER BY created_at DESC LIMIT 1");
	d = delegate(ptn_dfns_delegate_register, taken, PTN_E_DENIED);
	assert_int_equal(d.denial.reason, PTN_DFNS_USER_EXISTS);
	assert_string_equal(d.denial.detail, "the address is taken");
	rows_sql("UPDATE members SET username = HEX(user_id),"
		 " username_key = HEX(user_id)"
		 " WHERE username = 'x'");
}

static void
logs_in(void **state)
{
	const struct client c = client_new();
	const struct ptn_member m =
	    client_member(PTN_END_USER, &c, PTN_CRED_KEY);
	const struct ptn_dfns_delegate d =
	    delegate(ptn_dfns_delegate_log_in, m.username, PTN_OK);

	(void)state;
	client_recorded(PTN_EVENT_DFNS_DELEGATED_LOGIN_OK);
	assert_non_null(d.token);
	assert_string_equal(actor.email, m.address);
	assert_int_equal(ptn_session_end(&scope, &m.id, &d.claims.session_id,
			     PTN_EVENT_SESSION_REVOKED),
	    PTN_OK);
}

static void
recovers(void **state)
{
	const struct client c = client_new();
	const struct ptn_member m =
	    client_member(PTN_END_USER, &c, PTN_CRED_RECOVERY_KEY);
	struct ptn_dfns_delegate d =
	    delegate(ptn_dfns_delegate_recover, m.username, PTN_E_DENIED);

	(void)state;
	assert_int_equal(d.denial.reason, PTN_DFNS_NO_RECOVERY);
	assert_int_equal(actor.n, 0);
	d = (struct ptn_dfns_delegate){ .action = action(),
		.username = m.username,
		.credential_id = ptn_bytes_of(c.cred_id) };
	assert_int_equal(ptn_dfns_delegate_recover(&scope, &d), PTN_OK);
	client_recorded(PTN_EVENT_DFNS_DELEGATED_RECOVERY_OK);
	assert_non_null(d.recovery.start.token);
	assert_string_equal(d.recovery.key->cred_id, c.cred_id);
}

/* Neither employees nor those who are away. */
static void
end_users_alone(void **state)
{
	static call_fn *const calls[] = { ptn_dfns_delegate_log_in,
		ptn_dfns_delegate_recover };
	const struct client c = client_new();
	const struct ptn_member m =
	    client_member(PTN_EMPLOYEE, &c, PTN_CRED_RECOVERY_KEY);
	struct ptn_dfns_delegate d;
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(calls); i++) {
		d = delegate(calls[i], "nobody", PTN_E_DENIED);
		assert_int_equal(d.denial.reason, PTN_DFNS_NO_USER);
		assert_string_equal(d.denial.detail, "unknown user");
		d = delegate(calls[i], m.username, PTN_E_DENIED);
		assert_int_equal(d.denial.reason, PTN_DFNS_NO_USER);
		assert_string_equal(d.denial.detail, "no end user");
		rows_sql("UPDATE members SET kind = 'EndUser', active = 0");
		d = delegate(calls[i], m.username, PTN_E_DENIED);
		assert_int_equal(d.denial.reason, PTN_DFNS_DEACTIVATED);
		rows_sql("UPDATE members SET kind = 'CustomerEmployee',"
			 " active = 1");
	}
	assert_int_equal(actor.n, 0);
}

static const char *raced;

static enum ptn_err
race_register(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_uuid *actions = arg;
	struct ptn_dfns_delegate d = { .username = raced };
	enum ptn_err r = PTN_E_DENIED;
	size_t i;

	/* Each takes the first that is left. */
	for (i = 0; i < ROWS_RACERS && r != PTN_OK; i++) {
		d.action = actions[i];
		r = ptn_dfns_delegate_register(sc, &d);
		if (r != PTN_OK && d.denial.reason != PTN_DFNS_ACTION_USED)
			return r;
	}
	return r;
}

/* All at once for one address: one user, whom each goes on with. */
static void
races(void **state)
{
	struct ptn_uuid actions[ROWS_RACERS];
	size_t i;

	(void)state;
	for (i = 0; i < ROWS_RACERS; i++)
		actions[i] = action();
	raced = name();
	assert_int_equal(rows_race(race_register, actions, PTN_E_DENIED),
	    ROWS_RACERS);
}

#define T(f) cmocka_unit_test_setup(f, client_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(registers),
		T(registration_denied),
		T(logs_in),
		T(recovers),
		T(end_users_alone),
		T(races),
	};

	return cmocka_run_group_tests(tests, client_setup, client_teardown);
}
