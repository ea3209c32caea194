/* When a second factor is asked for, or offered: each cell of both tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/flow/schedule.h"

/* Whoever has one that counts is asked, once, unless a passkey was shown. */
static void
what_is_asked_for(void **state)
{
	unsigned facts, asked = 0;
	enum ptn_flow_at want;

	(void)state;
	for (facts = 0; facts <= PTN_FLOW_USE__ALL; facts++) {
		want = facts == (PTN_FLOW_USE_ON | PTN_FLOW_USE_OTP)
		    ? PTN_FLOW_AT_LOGIN_OTP
		    : PTN_FLOW_AT_NONE;
		assert_int_equal(ptn_flow_schedule_use(facts), want);
		asked += want != PTN_FLOW_AT_NONE;
	}
	assert_int_equal(asked, 1);
}

/* Who has one, or was asked, or is to be asked for a password first, is not. */
static void
what_is_offered(void **state)
{
	const unsigned needed = PTN_FLOW_OFFER_ON | PTN_FLOW_OFFER_WANTED |
	    PTN_FLOW_OFFER_PROTECTS | PTN_FLOW_OFFER_OTP;
	const unsigned never =
	    PTN_FLOW_OFFER_HAS | PTN_FLOW_OFFER_ASKED | PTN_FLOW_OFFER_LATER;
	unsigned facts, offered = 0;
	enum ptn_flow_at want;

	(void)state;
	assert_int_equal(needed | never, PTN_FLOW_OFFER__ALL);
	for (facts = 0; facts <= PTN_FLOW_OFFER__ALL; facts++) {
		want = (facts & needed) == needed && (facts & never) == 0
		    ? PTN_FLOW_AT_MFA_METHOD
		    : PTN_FLOW_AT_NONE;
		assert_int_equal(ptn_flow_schedule_offer(facts), want);
		offered += want != PTN_FLOW_AT_NONE;
	}
	assert_int_equal(offered, 1);
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
