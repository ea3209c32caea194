/* Steps of flows: which are taken, and that no other one is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/event/tx.h"
#include "lib/flow/ceremony.h"
#include "lib/flow/person.h"
#include "lib/flow/row.h"
#include "lib/flow/schedule.h"
#include "lib/flow/step.h"
#include "tests/unit/rules.h" /* $POSTERN_TEST_DB */

/* Whoever asks has a session, of which a profile is. */
static struct ptn_claims by;

static int
each(void **state)
{
	conf.email_enabled = conf.email_auth = conf.email_identifies = true;
	conf.email_verify = true;
	conf.email_max = 120;
	conf.mail_enabled = false;
	conf.privacy_hints = false;
	conf.rate_enabled = false;
	rows_sql("DELETE FROM rate_limits");
	by.sub = ptn_uuid_new();
	by.session_id = ptn_uuid_new();
	return rules_each(state);
}

/* A flow in a state, as a row. */
static struct ptn_flow *
flow_at(enum ptn_flow_name name, enum ptn_flow_at at)
{
	struct ptn_flow *flow = ptn_arena_alloc(arena, sizeof(*flow));

	flow->id = ptn_uuid_new();
	flow->name = name;
	flow->position.at = at;
	if (ptn_flow_definition(name)->session)
		flow->stash.user_id = by.sub;
	assert_int_equal(ptn_flow_row_put(&scope, flow, 60), PTN_OK);
	return flow;
}

static void
store(struct ptn_flow *flow)
{
	flow->version++;
	assert_int_equal(ptn_flow_row_update(&scope, flow, 60), PTN_OK);
}

static enum ptn_err
ask_for(const struct ptn_flow *flow, enum ptn_flow_name where,
    const char *action, struct ptn_flow_answer *out)
{
	char token[PTN_SHA256_LEN + 1];
	const struct ptn_flow_ask ask = { .name = where,
		.by = &by,
		.id = flow->id,
		.action = action,
		.token = token };

	assert_int_equal(ptn_flow_row_token(&scope, flow, token), PTN_OK);
	return ptn_flow_advance(&scope, &ask, out);
}

static struct ptn_flow_answer *
advance(const struct ptn_flow *flow, enum ptn_flow_name where,
    const char *action)
{
	struct ptn_flow_answer *out = ptn_arena_alloc(arena, sizeof(*out));

	assert_int_equal(ask_for(flow, where, action, out), PTN_OK);
	return out;
}

static enum ptn_flow_error
shown_until(int64_t us)
{
	struct ptn_flow *flow = ptn_arena_calloc(arena, 1, sizeof(*flow));

	flow->id = ptn_uuid_new();
	flow->name = PTN_FLOW_LOGIN;
	flow->position.at = PTN_FLOW_AT_LOGIN_PASSKEY;
	flow->stash.webauthn = true;
	flow->stash.ceremony = PTN_FLOW_CEREMONY_LOGIN;
	flow->stash.challenge[0] = 1;
	flow->stash.challenge_until_us = us;
	assert_int_equal(ptn_flow_row_put(&scope, flow, 60), PTN_OK);
	return advance(flow, PTN_FLOW_LOGIN,
	    "webauthn_verify_assertion_response")
	    ->error;
}

/* What is shown is not looked at once its challenge has expired. */
static void
challenges_expire(void **state)
{
	static const enum ptn_event failed =
	    PTN_EVENT_AUTHENTICATION_FINAL_FAILED;

	(void)state;
	conf.passkey_enabled = true;
	assert_int_equal(shown_until(INT64_MAX), PTN_FLOW_E_PASSKEY);
	assert_true(rules_event(failed, "malformed assertion"));
	assert_int_equal(shown_until(1), PTN_FLOW_E_PASSKEY);
	assert_true(rules_event(failed, "unknown challenge"));
}

static bool
has(const struct ptn_flow_place *place, const char *action)
{
	size_t i;

	for (i = 0; i < place->n; i++)
		if (strcmp(place->action[i].name, action) == 0)
			return true;
	return false;
}

/* All actions of one place, tried in a state of a flow that has them not. */
static size_t
try_others(enum ptn_flow_name name, enum ptn_flow_at at,
    const struct ptn_flow_place *others)
{
	const struct ptn_flow_place *place =
	    ptn_flow_definition(name)->place[at];
	struct ptn_flow *flow;
	size_t i, n = 0;

	ptn_arena_reset(arena);
	flow = flow_at(name, at);

	for (i = 0; i < others->n; i++) {
		if (has(place, others->action[i].name))
			continue;
		assert_int_equal(
		    advance(flow, name, others->action[i].name)->refused,
		    PTN_FLOW_E_FORBIDDEN);
		n++;
	}
	assert_true(rules_hold(ptn_arena_printf(arena,
	    "(SELECT version FROM flows WHERE id = x'%s') = 0",
	    rows_hex(&flow->id))));
	return n;
}

static void
no_action_of_another_state_is_taken(void **state)
{
	const struct ptn_flow_definition *d, *e;
	int name, at, other, there;
	size_t n = 0;

	(void)state;
	for (name = 1; name < PTN_FLOW__MAX; name++) {
		d = ptn_flow_definition((enum ptn_flow_name)name);
		for (at = 1; at < PTN_FLOW_AT__MAX; at++) {
			if (d->place[at] == NULL)
				continue;
			for (other = 1; other < PTN_FLOW__MAX; other++) {
				e = ptn_flow_definition(
				    (enum ptn_flow_name)other);
				for (there = 1; there < PTN_FLOW_AT__MAX;
				     there++)
					if (e->place[there] != NULL)
						n += try_others(name, at,
						    e->place[there]);
			}
		}
	}
	assert_true(n > 50);
}

static void
it_is_taken_where_it_began(void **state)
{
	const struct ptn_flow *flow =
	    flow_at(PTN_FLOW_LOGIN, PTN_FLOW_AT_PREFLIGHT);

	(void)state;
	assert_int_equal(
	    advance(flow, PTN_FLOW_REGISTRATION, "register_client_capabilities")
		->refused,
	    PTN_FLOW_E_FORBIDDEN);
}

static enum ptn_err
open_session(const struct ptn_scope *sc, void *arg)
{
	return ptn_session_open(sc, arg, &by);
}

/* Whoever asks is another one from here on, whose session goes on. */
static void
somebody_asks(void)
{
	struct ptn_session_new new = { .api = PTN_API_HANKO,
		.user_id = rows_user() };

	assert_int_equal(ptn_tx(&scope, open_session, &new), PTN_OK);
}

static void
it_is_of_whose_it_is(void **state)
{
	static const char action[] = "register_client_capabilities";
	struct ptn_claims ada;
	struct ptn_flow *flow;
	struct ptn_flow_answer out;

	(void)state;
	somebody_asks();
	ada = by;
	flow = flow_at(PTN_FLOW_PROFILE, PTN_FLOW_AT_PREFLIGHT);
	flow->position.queue[0] = PTN_FLOW_AT_PROFILE_INIT;
	flow->position.n = 1;
	store(flow);
	somebody_asks();
	assert_int_equal(advance(flow, PTN_FLOW_PROFILE, action)->refused,
	    PTN_FLOW_E_FORBIDDEN);
	by = ada;
	assert_int_equal(advance(flow, PTN_FLOW_PROFILE, action)->refused,
	    PTN_FLOW_E_NONE);
	assert_int_equal(ptn_flow_begin(&scope, PTN_FLOW_PROFILE, NULL, &out),
	    PTN_E_DENIED);
}

/* It is no action either of whoever was logged out meanwhile. */
static void
it_is_of_a_session_that_goes_on(void **state)
{
	const struct ptn_flow *flow =
	    flow_at(PTN_FLOW_PROFILE, PTN_FLOW_AT_PROFILE_INIT);

	(void)state;
	conf.password_enabled = true;
	assert_int_equal(
	    advance(flow, PTN_FLOW_PROFILE, "password_create")->refused,
	    PTN_FLOW_E_FORBIDDEN);
}

/* A row of another version may have been in a state that there is no more. */
static void
no_state_of_another_flow_is_entered(void **state)
{
	struct ptn_flow *flow = flow_at(PTN_FLOW_LOGIN, PTN_FLOW_AT_MFA_METHOD);
	struct ptn_flow_answer *out = ptn_arena_alloc(arena, sizeof(*out));

	(void)state;
	conf.mfa_optional = true;
	flow->history[0].position.at = PTN_FLOW_AT_PROFILE_INIT;
	flow->n = 1;
	store(flow);
	assert_int_equal(ask_for(flow, flow->name, "back", out),
	    PTN_E_INTERNAL);
	flow->position.queue[0] = PTN_FLOW_AT_PROFILE_INIT;
	flow->position.n = 1;
	store(flow);
	assert_int_equal(ask_for(flow, flow->name, "skip", out),
	    PTN_E_INTERNAL);
}

static void
a_token_is_good_once(void **state)
{
	static const char action[] = "register_client_capabilities";
	struct ptn_flow *flow = flow_at(PTN_FLOW_LOGIN, PTN_FLOW_AT_PREFLIGHT);
	const struct ptn_flow_answer *a;

	(void)state;
	flow->position.queue[0] = PTN_FLOW_AT_LOGIN_INIT;
	flow->position.n = 1;
	store(flow);
	a = advance(flow, PTN_FLOW_LOGIN, action);
	assert_int_equal(a->refused, PTN_FLOW_E_NONE);
	assert_int_equal(a->at, PTN_FLOW_AT_LOGIN_INIT);
	assert_int_equal(a->n, 1);
	assert_int_equal(advance(flow, PTN_FLOW_LOGIN, action)->refused,
	    PTN_FLOW_E_FORBIDDEN);
}

static void
a_row_is_of_its_id(void **state)
{
	const struct ptn_flow *mine =
	    flow_at(PTN_FLOW_LOGIN, PTN_FLOW_AT_PREFLIGHT);
	const struct ptn_flow *other =
	    flow_at(PTN_FLOW_LOGIN, PTN_FLOW_AT_LOGIN_INIT);
	const char *sql;

	(void)state;
	sql = ptn_arena_printf(arena,
	    "UPDATE flows a, flows b SET a.data = b.data "
	    "WHERE a.id = x'%s' AND b.id = x'%s'",
	    rows_hex(&mine->id), rows_hex(&other->id));
	assert_int_equal(ptn_db_script(admin, sql, strlen(sql)), PTN_OK);
	assert_int_equal(
	    advance(mine, PTN_FLOW_LOGIN, "register_client_capabilities")
		->refused,
	    PTN_FLOW_E_FORBIDDEN);
}

static void
secrets_rotate_meanwhile(void **state)
{
	struct ptn_flow *flow = flow_at(PTN_FLOW_LOGIN, PTN_FLOW_AT_PREFLIGHT);
	char token[PTN_SHA256_LEN + 1];
	const struct ptn_flow_ask ask = { .name = PTN_FLOW_LOGIN,
		.id = flow->id,
		.action = "back",
		.token = token };
	enum ptn_verdict verdict = PTN_DENY;

	(void)state;
	assert_int_equal(ptn_flow_row_token(&scope, flow, token), PTN_OK);
	scope.secrets = rotated;
	assert_int_equal(ptn_flow_row_check(&scope, flow, ask.token, &verdict),
	    PTN_OK);
	scope.secrets = secrets;
	assert_int_equal(verdict, PTN_ALLOW);
}

/* A step, and so a version. */
static const struct ptn_flow_answer *
take(struct ptn_flow *flow, const char *action)
{
	const struct ptn_flow_answer *a = advance(flow, flow->name, action);

	assert_int_equal(a->refused, PTN_FLOW_E_NONE);
	flow->version++;
	return a;
}

static struct ptn_flow *
limited(void)
{
	conf.rate_enabled = true;
	conf.rate_passcode = 2;
	conf.rate_mail_network = conf.rate_answer = 1;
	conf.rate_code = 2;
	conf.rate_passcode_s = conf.rate_mail_network_s = conf.rate_answer_s =
	    conf.rate_code_s = 3600;
	actor.network = "192.0.2.1";
	actor.network_wide = "192.0.2.0/24";
	return flow_at(PTN_FLOW_LOGIN, PTN_FLOW_AT_PASSCODE);
}

static void
forget_mails(void)
{
	rows_sql("DELETE FROM rate_limits WHERE what LIKE 'mail-network%%'");
}

/* Two mails may be asked for: those that another limit refused are none. */
static void
a_refused_mail_costs_nothing(void **state)
{
	struct ptn_flow *flow = limited();
	int i;

	(void)state;
	assert_int_equal(take(flow, "resend_passcode")->error, PTN_FLOW_E_NONE);
	for (i = 0; i < 3; i++)
		assert_int_equal(take(flow, "resend_passcode")->error,
		    PTN_FLOW_E_RATE);
	forget_mails();
	assert_int_equal(take(flow, "resend_passcode")->error, PTN_FLOW_E_NONE);
	forget_mails();
	assert_int_equal(take(flow, "resend_passcode")->error, PTN_FLOW_E_RATE);
}

/* Whoever goes on when it is their limit uses up nothing of the neighbours. */
static void
a_refused_step_costs_nothing(void **state)
{
	struct ptn_flow *flow = limited();
	int i;

	(void)state;
	assert_int_equal(take(flow, "verify_passcode")->error, PTN_FLOW_E_FORM);
	for (i = 0; i < 2 * PTN_LIMIT_WIDE; i++)
		assert_int_equal(take(flow, "verify_passcode")->error,
		    PTN_FLOW_E_RATE);
	actor.network = "192.0.2.2";
	assert_int_equal(take(flow, "verify_passcode")->error, PTN_FLOW_E_FORM);
}

/* "back" and the like cost no limit: a flow ends some time nevertheless. */
static void
steps_come_to_an_end(void **state)
{
	static const char action[] = "remember_me";
	struct ptn_flow *flow = flow_at(PTN_FLOW_LOGIN, PTN_FLOW_AT_LOGIN_INIT);
	const char *sql = ptn_arena_printf(arena,
	    "UPDATE flows SET version = %d WHERE id = x'%s'",
	    PTN_FLOW_STEPS_MAX - 1, rows_hex(&flow->id));

	(void)state;
	conf.cookie_retention = PTN_RETENTION_PROMPT;
	assert_int_equal(ptn_db_script(admin, sql, strlen(sql)), PTN_OK);
	flow->version = PTN_FLOW_STEPS_MAX - 1;
	(void)take(flow, action);
	assert_int_equal(advance(flow, flow->name, action)->refused,
	    PTN_FLOW_E_EXPIRED);
	/* By a token that is not its own it is nobody's, as ever. */
	flow->version--;
	assert_int_equal(advance(flow, flow->name, action)->refused,
	    PTN_FLOW_E_FORBIDDEN);
}

static bool
is_of(const struct ptn_flow_definition *d, enum ptn_flow_at at)
{
	return at == PTN_FLOW_AT_NONE || d->place[at] != NULL;
}

static enum ptn_err
run_action(const struct ptn_scope *sc, void *arg)
{
	struct ptn_flow_step *step = arg;

	step->sc = sc;
	return step->action->run(step);
}

/* Where an action leads that only leads somewhere. */
static size_t
try_way(enum ptn_flow_name name, enum ptn_flow_at at,
    const struct ptn_flow_action *action)
{
	struct ptn_flow_step step = { .action = action, .by = &by };
	size_t i;

	ptn_arena_reset(arena);
	step.flow = flow_at(name, at);
	step.person = ptn_arena_calloc(arena, 1, sizeof(*step.person));
	assert_int_equal(ptn_tx(&scope, run_action, &step), PTN_OK);
	for (i = 0; i < step.n; i++)
		assert_true(is_of(ptn_flow_definition(name), step.queue[i]));
	return step.n;
}

static size_t
try_ways(enum ptn_flow_name name, enum ptn_flow_at at)
{
	const struct ptn_flow_place *place =
	    ptn_flow_definition(name)->place[at];
	size_t i, n = 0;

	for (i = 0; place != NULL && i < place->n; i++)
		if (strncmp(place->action[i].name, "continue_to_", 12) == 0)
			n += try_way(name, at, &place->action[i]);
	return n;
}

/* What is queued is a state of the flow: another one would be its end. */
static void
all_ways_lead_to_states(void **state)
{
	unsigned facts;
	int name, at;
	size_t n = 0;

	(void)state;
	for (name = 1; name < PTN_FLOW__MAX; name++) {
		assert_non_null(ptn_flow_definition(name)
				    ->place[ptn_flow_definition(name)->init]);
		for (at = 1; at < PTN_FLOW_AT__MAX; at++)
			n += try_ways(name, at);
	}
	assert_true(n >= 12);
	for (facts = 0; facts <= PTN_FLOW_USE__ALL; facts++)
		assert_true(
		    is_of(&ptn_flow_login, ptn_flow_schedule_use(facts)));
	for (facts = 0; facts <= PTN_FLOW_OFFER__ALL; facts++) {
		assert_true(
		    is_of(&ptn_flow_login, ptn_flow_schedule_offer(facts)));
		assert_true(is_of(&ptn_flow_registration,
		    ptn_flow_schedule_offer(facts)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_action_of_another_state_is_taken,
		    each),
		cmocka_unit_test_setup(it_is_taken_where_it_began, each),
		cmocka_unit_test_setup(it_is_of_whose_it_is, each),
		cmocka_unit_test_setup(it_is_of_a_session_that_goes_on, each),
		cmocka_unit_test_setup(no_state_of_another_flow_is_entered,
		    each),
		cmocka_unit_test_setup(challenges_expire, each),
		cmocka_unit_test_setup(a_token_is_good_once, each),
		cmocka_unit_test_setup(a_row_is_of_its_id, each),
		cmocka_unit_test_setup(secrets_rotate_meanwhile, each),
		cmocka_unit_test_setup(a_refused_mail_costs_nothing, each),
		cmocka_unit_test_setup(a_refused_step_costs_nothing, each),
		cmocka_unit_test_setup(steps_come_to_an_end, each),
		cmocka_unit_test_setup(all_ways_lead_to_states, each),
	};

	return cmocka_run_group_tests(tests, rules_setup, rows_teardown);
}
