/* What the configuration allows: each answer turns with its key alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/factors.h"
#include "lib/account/membership.h"
#include "lib/account/policy.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"

struct question {
	const char *name;
	bool (*ask)(const struct ptn_conf *);
	size_t key; /* the member that allows it */
};

#define Q(question, member)                                                    \
	{                                                                      \
#question, ptn_policy_##question,                              \
		    offsetof(struct ptn_conf, member)                          \
	}

static const struct question questions[] = { Q(signup, allow_signup),
	Q(deletion, allow_deletion), Q(passwords, password_enabled),
	Q(passkeys, passkey_enabled), Q(verification, email_verify) };

static void
set(struct ptn_conf *cf, size_t key)
{
	const bool yes = true;

	memcpy((char *)cf + key, &yes, sizeof(yes));
}

static void
each_by_its_own_key(void **state)
{
	struct ptn_conf cf;
	size_t i, j;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(questions); i++) {
		memset(&cf, 0, sizeof(cf));
		for (j = 0; j < PTN_ARRAY_LEN(questions); j++)
			if (j != i)
				set(&cf, questions[j].key);
		if (questions[i].ask(&cf))
			fail_msg("%s without its key", questions[i].name);
		memset(&cf, 0, sizeof(cf));
		set(&cf, questions[i].key);
		if (!questions[i].ask(&cf))
			fail_msg("%s with its key", questions[i].name);
	}
}

static void
passcodes_need_addresses(void **state)
{
	struct ptn_conf cf = { .email_enabled = true };

	(void)state;
	assert_false(ptn_policy_passcodes(&cf));
	cf.email_auth = true;
	assert_true(ptn_policy_passcodes(&cf));
	cf.email_enabled = false;
	assert_false(ptn_policy_passcodes(&cf));
}

static void
a_stranger_proves_the_first_address_only(void **state)
{
	const struct ptn_conf cf = { .email_limit = 7 };

	(void)state;
	assert_int_equal(ptn_policy_addresses(&cf, true), 7);
	assert_int_equal(ptn_policy_addresses(&cf, false), 1);
}

static void
short_by_characters_long_by_bytes(void **state)
{
	static const struct {
		const char *pw;
		bool is_short;
		bool is_long;
	} cases[] = {
		{ "", true, false },
		{ "1234567", true, false },
		{ "12345678", false, false },
		{ "123456789012", false, false },
		{ "1234567890123", false, true },
		/* four characters of three bytes, eight of two */
		{ "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac", true,
		    false },
		{ "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9",
		    false, true },
		/* both: five of three */
		{ "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
		  "\xe2\x82\xac",
		    true, true },
	};
	const struct ptn_conf cf = { .password_min = 8,
		.password_max_bytes = 12 };
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(cases); i++) {
		const struct ptn_bytes pw = ptn_bytes_of(cases[i].pw);

		if (ptn_policy_short(&cf, pw) != cases[i].is_short ||
		    ptn_policy_long(&cf, pw) != cases[i].is_long)
			fail_msg("%s", cases[i].pw);
	}
}

static void
verification_of_the_user(void **state)
{
	struct ptn_conf cf = { .passkey_uv = PTN_UV_REQUIRED };

	(void)state;
	assert_true(ptn_policy_uv(&cf));
	cf.passkey_uv = PTN_UV_PREFERRED;
	assert_false(ptn_policy_uv(&cf));
	cf.passkey_uv = PTN_UV_DISCOURAGED;
	assert_false(ptn_policy_uv(&cf));
}

/* What a registered member has there, and nothing else, is not for others. */
static void
what_the_dfns_api_has(void **state)
{
	const struct ptn_uuid bound = { { 1 } }, other = { { 2 } };
	struct ptn_membership m = { .email_id = bound };
	struct ptn_conf cf = { .dfns_trust = false };

	(void)state;
	assert_true(ptn_policy_close(&cf, &m));
	assert_true(ptn_policy_change_passkey(&cf, &m, true));
	assert_true(ptn_policy_remove_address(&cf, &m, &bound));
	m.registered = true;
	assert_false(ptn_policy_close(&cf, &m));
	assert_false(ptn_policy_change_passkey(&cf, &m, true));
	assert_true(ptn_policy_change_passkey(&cf, &m, false));
	assert_false(ptn_policy_remove_address(&cf, &m, &bound));
	assert_true(ptn_policy_remove_address(&cf, &m, &other));
	cf.dfns_trust = true;
	assert_true(ptn_policy_close(&cf, &m));
	assert_true(ptn_policy_change_passkey(&cf, &m, true));
	assert_true(ptn_policy_remove_address(&cf, &m, &bound));
}

/* Where everybody has one, the last that counts stays. */
static void
second_factors_go_where_one_is_left(void **state)
{
	struct ptn_factors left = { .passkey = true };
	struct ptn_conf cf;
	unsigned bits;

	(void)state;
	for (bits = 0; bits < 64; bits++) {
		memset(&cf, 0, sizeof(cf));
		cf.mfa_enabled = bits & 1;
		cf.mfa_optional = bits & 2;
		cf.mfa_totp = bits & 4;
		left.otp = bits & 8;
		cf.mfa_keys = bits & 16;
		left.security_keys = bits & 32 ? 2 : 0;
		assert_int_equal(ptn_policy_drop_factor(&cf, &left),
		    !(bits & 1) || (bits & 2) || (bits & 12) == 12 ||
			(bits & 48) == 48);
		assert_int_equal(ptn_policy_second_factor(&cf, &left),
		    (bits & 1) && ((bits & 12) == 12 || (bits & 48) == 48));
	}
}

static void
room_for_security_keys(void **state)
{
	struct ptn_conf cf;

	(void)state;
	memset(&cf, 0, sizeof(cf));
	cf.mfa_enabled = cf.mfa_keys = true;
	cf.mfa_key_limit = 2;
	assert_true(ptn_policy_security_key_room(&cf, 1));
	assert_false(ptn_policy_security_key_room(&cf, 2));
	cf.mfa_keys = false;
	assert_false(ptn_policy_security_key_room(&cf, 0));
	cf.mfa_keys = true;
	cf.mfa_enabled = false;
	assert_false(ptn_policy_security_key_room(&cf, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_by_its_own_key),
		cmocka_unit_test(passcodes_need_addresses),
		cmocka_unit_test(a_stranger_proves_the_first_address_only),
		cmocka_unit_test(short_by_characters_long_by_bytes),
		cmocka_unit_test(verification_of_the_user),
		cmocka_unit_test(what_the_dfns_api_has),
		cmocka_unit_test(second_factors_go_where_one_is_left),
		cmocka_unit_test(room_for_security_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
