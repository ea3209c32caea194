/* What is set up at sign-up, by each policy: nobody ends without a way in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/conf/conf.h"
#include "lib/flow/onboarding.h"

static const enum ptn_acquire policies[] = { PTN_ACQUIRE_ALWAYS,
	PTN_ACQUIRE_CONDITIONAL, PTN_ACQUIRE_NEVER };

#define POLICIES 3U

static struct ptn_conf conf;
static const struct ptn_scope scope = { .cf = &conf };
static struct ptn_flow flow;
static unsigned cell;
static size_t ended, skipped, asked_next, impossible;

/* The next of n values. */
static unsigned
draw(unsigned *rest, unsigned n)
{
	const unsigned value = *rest % n;

	*rest /= n;
	return value;
}

/* What is left when the last value was drawn is 0, but behind the last cell. */
static bool
configure(unsigned rest)
{
	memset(&conf, 0, sizeof(conf));
	memset(&flow, 0, sizeof(flow));
	flow.name = PTN_FLOW_REGISTRATION;
	flow.position.at = PTN_FLOW_AT_REGISTRATION_INIT;
	strcpy(flow.stash.username, "somebody");
	conf.username_enabled = conf.username_identifies = true;
	conf.email_identifies = true;
	conf.passkey_enabled = draw(&rest, 2);
	conf.passkey_optional = draw(&rest, 2);
	conf.passkey_on_signup = policies[draw(&rest, POLICIES)];
	conf.password_enabled = draw(&rest, 2);
	conf.password_optional = draw(&rest, 2);
	conf.password_on_signup = policies[draw(&rest, POLICIES)];
	conf.email_enabled = draw(&rest, 2);
	conf.email_auth = draw(&rest, 2);
	flow.stash.webauthn = draw(&rest, 2);
	if (draw(&rest, 2))
		strcpy(flow.stash.address, "somebody@example.org");
	if (draw(&rest, 2))
		flow.position.at = PTN_FLOW_AT_PASSCODE;
	return rest == 0;
}

static bool
gets_in(void)
{
	const struct ptn_flow_stash *stash = &flow.stash;

	return (conf.passkey_enabled && stash->has_passkey) ||
	    (conf.password_enabled && stash->has_password) ||
	    (conf.email_enabled && conf.email_auth &&
		stash->address[0] != '\0');
}

/* As the engine goes on: what is queued now, before what was. */
static void
go_on(const struct ptn_flow_step *step)
{
	struct ptn_flow_position *p = &flow.position;

	assert_true(step->n + p->n <= PTN_FLOW_QUEUE_MAX);
	memmove(&p->queue[step->n], &p->queue[0], p->n * sizeof(p->queue[0]));
	memcpy(&p->queue[0], step->queue, step->n * sizeof(p->queue[0]));
	p->n += step->n;
	assert_true(p->n > 0);
	p->before = p->at;
	p->at = p->queue[0];
	memmove(&p->queue[0], &p->queue[1], --p->n * sizeof(p->queue[0]));
}

/* What an action does; what takes a hash or a key is taken as done. */
static void
act(const struct ptn_flow_action *action)
{
	struct ptn_flow_step step = { .sc = &scope, .flow = &flow };

	if (strcmp(action->name, "register_password") == 0) {
		assert_true(conf.password_enabled);
		flow.stash.has_password = true;
	} else if (strcmp(action->name, "webauthn_generate_creation_options") ==
	    0) {
		assert_true(conf.passkey_enabled);
		flow.stash.has_passkey = true;
		flow.position.at = PTN_FLOW_AT_NEW_PASSKEY_ANSWER;
	} else {
		assert_int_equal(action->run(&step), PTN_OK);
		skipped += strcmp(action->name, "skip") == 0;
		asked_next += strcmp(action->name, "skip") == 0 && step.n > 0;
	}
	go_on(&step);
}

static bool
may(const struct ptn_flow_action *action)
{
	const struct ptn_flow_step step = { .sc = &scope, .flow = &flow };

	return action->available == NULL || action->available(&step);
}

/* Each way through what is to come. */
static void
walk(void)
{
	const struct ptn_flow_position position = flow.position;
	const struct ptn_flow_stash stash = flow.stash;
	const struct ptn_flow_place *here =
	    ptn_flow_registration.place[position.at];
	size_t i, n = 0;

	if (position.at == PTN_FLOW_AT_SUCCESS) {
		if (!gets_in())
			fail_msg("cell %u: no way in", cell);
		ended++;
		return;
	}
	for (i = 0; i < here->n; i++)
		if (strcmp(here->action[i].name, "back") != 0 &&
		    may(&here->action[i])) {
			n++;
			act(&here->action[i]);
			walk();
			flow.position = position;
			flow.stash = stash;
		}
	if (n == 0)
		fail_msg("cell %u: nothing to do", cell);
}

static void
nobody_ends_without_a_way_in(void **state)
{
	struct ptn_flow_step step;

	(void)state;
	for (cell = 0; configure(cell); cell++) {
		step = (struct ptn_flow_step){ .sc = &scope, .flow = &flow };
		ptn_flow_onboarding_queue(&step);
		impossible += step.fatal;
		if (step.fatal || (step.n == 0 && !gets_in()))
			continue;
		ptn_flow_step_to(&step, PTN_FLOW_AT_SUCCESS);
		go_on(&step);
		walk();
	}
	assert_int_equal(cell, 12 * 12 * 32);
	assert_true(ended > 0 && skipped > 0 && asked_next > 0);
	assert_true(impossible > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_ends_without_a_way_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
