/* What a flow asks somebody to set up: each cell of the table, by its rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/flow/onboard.h"

#define ALWAYS PTN_ACQUIRE_ALWAYS
#define CONDITIONAL PTN_ACQUIRE_CONDITIONAL
#define NEVER PTN_ACQUIRE_NEVER

struct cell {
	struct ptn_flow_onboard_kind passkey;
	struct ptn_flow_onboard_kind password;
	bool webauthn;
};

/* One kind alone is asked for unless never, of whoever lacks it. */
static enum ptn_flow_onboard
alone(const struct ptn_flow_onboard_kind *kind, enum ptn_flow_onboard what)
{
	return kind->policy != NEVER && !kind->had ? what
						   : PTN_FLOW_ONBOARD_NOTHING;
}

static enum ptn_flow_onboard
both_always(const struct cell *c)
{
	if (!c->passkey.had && !c->password.had)
		return c->passkey.optional && !c->password.optional
		    ? PTN_FLOW_ONBOARD_PASSWORD_FIRST
		    : PTN_FLOW_ONBOARD_PASSKEY_FIRST;
	if (!c->passkey.had)
		return PTN_FLOW_ONBOARD_PASSKEY;
	return c->password.had ? PTN_FLOW_ONBOARD_NOTHING
			       : PTN_FLOW_ONBOARD_PASSWORD;
}

/* Always goes before conditional; conditional, for those who have neither. */
static enum ptn_flow_onboard
both(const struct cell *c)
{
	const enum ptn_acquire key = c->passkey.policy;
	const enum ptn_acquire word = c->password.policy;
	const bool neither = !c->passkey.had && !c->password.had;

	if (key == ALWAYS && word == ALWAYS)
		return both_always(c);
	if (key == ALWAYS)
		return alone(&c->passkey, PTN_FLOW_ONBOARD_PASSKEY);
	if (word == ALWAYS)
		return alone(&c->password, PTN_FLOW_ONBOARD_PASSWORD);
	if (!neither || (key == NEVER && word == NEVER))
		return PTN_FLOW_ONBOARD_NOTHING;
	if (key == CONDITIONAL && word == CONDITIONAL)
		return PTN_FLOW_ONBOARD_ONE_OF_THEM;
	return key == CONDITIONAL ? PTN_FLOW_ONBOARD_PASSKEY
				  : PTN_FLOW_ONBOARD_PASSWORD;
}

static enum ptn_flow_onboard
able(const struct cell *c)
{
	if (c->passkey.on && c->password.on)
		return both(c);
	if (c->passkey.on)
		return alone(&c->passkey, PTN_FLOW_ONBOARD_PASSKEY);
	return c->password.on ? alone(&c->password, PTN_FLOW_ONBOARD_PASSWORD)
			      : PTN_FLOW_ONBOARD_NOTHING;
}

static enum ptn_flow_onboard
expected(const struct cell *c)
{
	const enum ptn_flow_onboard what = able(c);
	struct cell without = *c;

	if (c->webauthn)
		return what;
	if (!c->passkey.optional &&
	    (what == PTN_FLOW_ONBOARD_PASSKEY ||
		what == PTN_FLOW_ONBOARD_PASSKEY_FIRST ||
		what == PTN_FLOW_ONBOARD_PASSWORD_FIRST))
		return PTN_FLOW_ONBOARD_IMPOSSIBLE;
	without.passkey.on = false;
	return able(&without);
}

static struct ptn_flow_onboard_kind
kind(unsigned *n)
{
	struct ptn_flow_onboard_kind k = { .on = *n % 2 != 0,
		.optional = *n / 2 % 2 != 0,
		.had = *n / 4 % 2 != 0,
		.policy = (enum ptn_acquire)(*n / 8 % 3) };

	*n /= 24;
	return k;
}

static void
each_cell_follows_its_rule(void **state)
{
	size_t seen[PTN_FLOW_ONBOARD__MAX] = { 0 };
	const unsigned all = 24 * 24 * 2;
	struct cell c;
	unsigned i, n;
	size_t what;

	(void)state;
	for (i = 0; i < all; i++) {
		n = i;
		c.passkey = kind(&n);
		c.password = kind(&n);
		c.webauthn = n != 0;
		what = ptn_flow_onboard(&c.passkey, &c.password, c.webauthn);
		if (what != expected(&c))
			fail_msg("cell %u: %zu", i, what);
		seen[what]++;
	}
	for (what = 0; what < PTN_FLOW_ONBOARD__MAX; what++)
		assert_true(seen[what] > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cell_follows_its_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
