/* When a second factor is asked for, or offered: each cell of both tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/flow/schedule.h"

/* How many cells of a table lead to a state. */
static unsigned
cells(enum ptn_flow_at (*decide)(unsigned facts), unsigned all,
    enum ptn_flow_at at)
{
	unsigned facts, n = 0;

	for (facts = 0; facts <= all; facts++)
		n += decide(facts) == at;
	return n;
}

static bool
has(unsigned facts, unsigned these)
{
	return (facts & these) == these;
}

static enum ptn_flow_at
use_wanted(unsigned facts)
{
	if (!has(facts, PTN_FLOW_USE_ON) ||
	    (facts & (PTN_FLOW_USE_DONE | PTN_FLOW_USE_PASSKEY)) != 0)
		return PTN_FLOW_AT_NONE;
	if (!has(facts, PTN_FLOW_USE_KEY))
		return has(facts, PTN_FLOW_USE_OTP) ? PTN_FLOW_AT_LOGIN_OTP
						    : PTN_FLOW_AT_NONE;
	if (has(facts, PTN_FLOW_USE_ABLE))
		return PTN_FLOW_AT_LOGIN_KEY;
	return has(facts, PTN_FLOW_USE_OTP) ? PTN_FLOW_AT_LOGIN_OTP
					    : PTN_FLOW_AT_ERROR;
}

/*
 * Whoever has one that counts is asked, once, unless a passkey was shown: for a
 * security key, if the browser can show one, and else for an app.
 */
static void
what_is_asked_for(void **state)
{
	const unsigned all = PTN_FLOW_USE__ALL;
	unsigned facts;

	(void)state;
	for (facts = 0; facts <= all; facts++)
		assert_int_equal(ptn_flow_schedule_use(facts),
		    use_wanted(facts));
	assert_int_equal(
	    cells(ptn_flow_schedule_use, all, PTN_FLOW_AT_LOGIN_KEY), 2);
	assert_int_equal(
	    cells(ptn_flow_schedule_use, all, PTN_FLOW_AT_LOGIN_OTP), 3);
	assert_int_equal(cells(ptn_flow_schedule_use, all, PTN_FLOW_AT_ERROR),
	    1);
	assert_int_equal(cells(ptn_flow_schedule_use, all, PTN_FLOW_AT_NONE),
	    all + 1 - 6);
}

static enum ptn_flow_at
offer_wanted(unsigned facts)
{
	const unsigned needed =
	    PTN_FLOW_OFFER_ON | PTN_FLOW_OFFER_WANTED | PTN_FLOW_OFFER_PROTECTS;
	const unsigned never =
	    PTN_FLOW_OFFER_HAS | PTN_FLOW_OFFER_ASKED | PTN_FLOW_OFFER_LATER;

	if (!has(facts, needed) || (facts & never) != 0)
		return PTN_FLOW_AT_NONE;
	if ((facts & (PTN_FLOW_OFFER_OTP | PTN_FLOW_OFFER_KEY)) != 0)
		return PTN_FLOW_AT_MFA_METHOD;
	return has(facts, PTN_FLOW_OFFER_OPTIONAL) ? PTN_FLOW_AT_NONE
						   : PTN_FLOW_AT_ERROR;
}

/*
 * Who has one, or was asked, or is to be asked for a password first, is not;
 * and where there is nothing that this browser could set up, whoever must have
 * one gets no further.
 */
static void
what_is_offered(void **state)
{
	const unsigned all = PTN_FLOW_OFFER__ALL;
	unsigned facts;

	(void)state;
	for (facts = 0; facts <= all; facts++)
		assert_int_equal(ptn_flow_schedule_offer(facts),
		    offer_wanted(facts));
	assert_int_equal(
	    cells(ptn_flow_schedule_offer, all, PTN_FLOW_AT_MFA_METHOD), 6);
	assert_int_equal(cells(ptn_flow_schedule_offer, all, PTN_FLOW_AT_ERROR),
	    1);
	assert_int_equal(cells(ptn_flow_schedule_offer, all, PTN_FLOW_AT_NONE),
	    all + 1 - 7);
}

static void
who_is_asked_whether_to_trust(void **state)
{
	static const enum ptn_device_trust policies[] = { PTN_TRUST_NEVER,
		PTN_TRUST_PROMPT, PTN_TRUST_ALWAYS };
	size_t i;
	int proved, on;

	(void)state;
	for (on = 0; on <= 1; on++)
		for (i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
			for (proved = 0; proved < PTN_FLOW_FACTOR__MAX;
			     proved++)
				assert_int_equal(
				    ptn_flow_schedule_trust(on != 0,
					policies[i],
					(enum ptn_flow_factor)proved),
				    on != 0 && i == 1 && proved > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_asked_whether_to_trust),
		cmocka_unit_test(what_is_asked_for),
		cmocka_unit_test(what_is_offered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
