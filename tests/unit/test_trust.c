/* Browsers that are trusted: by whom, for how long, and what ends it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/account/asker.h"
#include "lib/account/trust.h"
#include "tests/unit/rules.h" /* $POSTERN_TEST_DB */

static struct ptn_uuid ada, bob;

static int
each(void **state)
{
	(void)rules_each(state);
	conf.trust_s = 3600;
	conf.trust_users = 20;
	ada = rows_user();
	bob = rows_user();
	return 0;
}

struct putting {
	const struct ptn_uuid *user;
	const char *before;
	const char *cookie;
};

static enum ptn_err
put(const struct ptn_scope *sc, void *arg)
{
	struct putting *p = arg;

	return ptn_trust_put_in(sc, p->user, p->before, &p->cookie);
}

static const char *
trust(const struct ptn_uuid *user, const char *before)
{
	struct putting p = { user, before, NULL };

	assert_int_equal(ptn_tx(&scope, put, &p), PTN_OK);
	return p.cookie;
}

static bool
trusts(const struct ptn_uuid *user, const char *cookie)
{
	bool trusted = true;

	assert_int_equal(ptn_trust_check(&scope, user, cookie, &trusted),
	    PTN_OK);
	return trusted;
}

static int64_t
rows(void)
{
	return rows_number("SELECT COUNT(*) FROM trusted_devices "
			   "WHERE user_id IN (x'%s', x'%s')",
	    rows_hex(&ada), rows_hex(&bob));
}

static void
each_user_for_themselves(void **state)
{
	const char *one, *both;

	(void)state;
	one = trust(&ada, NULL);
	assert_int_equal(strlen(one), 36 + 1 + 88);
	assert_true(trusts(&ada, one));
	assert_false(trusts(&bob, one));
	both = trust(&bob, one);
	assert_true(trusts(&ada, both));
	assert_true(trusts(&bob, both));
	assert_int_equal(rows(), 2);
	/* Anew: what there was of them is worth nothing. */
	one = trust(&ada, both);
	assert_true(trusts(&ada, one));
	assert_true(trusts(&bob, one));
	assert_false(trusts(&ada, both));
	assert_int_equal(rows(), 2);
}

static void
a_token_is_of_its_user(void **state)
{
	char *cookie = ptn_arena_strdup(arena, trust(&ada, NULL));
	char id[PTN_UUID_STR];

	(void)state;
	ptn_uuid_format(&bob, id);
	memcpy(cookie, id, PTN_UUID_STR - 1);
	assert_false(trusts(&bob, cookie));
}

static void
made_up_ones(void **state)
{
	static const char *const values[] = { "", "|", "|||", ":",
		":::", "nonsense", "00000000-0000-4000-8000-000000000000:" };
	const char *good = trust(&ada, NULL);
	size_t i;

	(void)state;
	assert_false(trusts(&ada, NULL));
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		assert_false(trusts(&ada, values[i]));
		assert_true(trusts(&ada,
		    ptn_arena_printf(arena, "%s|%s", values[i], good)));
		assert_true(trusts(&bob, trust(&bob, values[i])));
	}
	assert_false(trusts(&ada,
	    ptn_arena_printf(arena, "%.*s", (int)strlen(good) - 1, good)));
	assert_false(trusts(&ada, ptn_arena_printf(arena, "%sA", good)));
}

static void
as_many_as_fit(void **state)
{
	const char *cookie;

	(void)state;
	conf.trust_users = 1;
	cookie = trust(&bob, trust(&ada, NULL));
	assert_true(trusts(&bob, cookie));
	assert_false(trusts(&ada, cookie));
	assert_null(strchr(cookie, '|'));
}

static void
time_ends_it(void **state)
{
	const char *cookie = trust(&ada, NULL);

	(void)state;
	rows_sql("UPDATE trusted_devices SET expires_at = UTC_TIMESTAMP(6) - "
		 "INTERVAL 1 SECOND");
	assert_false(trusts(&ada, cookie));
}

static enum ptn_err
move_on(const struct ptn_scope *sc, void *arg)
{
	(void)arg;
	return ptn_asker_forget(sc, &ada);
}

static void
so_does_whatever_makes_them_strangers(void **state)
{
	const char *cookie = trust(&bob, trust(&ada, NULL));

	(void)state;
	assert_int_equal(ptn_tx(&scope, move_on, NULL), PTN_OK);
	assert_false(trusts(&ada, cookie));
	assert_true(trusts(&bob, cookie));
	cookie = trust(&ada, cookie);
	assert_true(trusts(&ada, cookie));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_user_for_themselves, each),
		cmocka_unit_test_setup(a_token_is_of_its_user, each),
		cmocka_unit_test_setup(made_up_ones, each),
		cmocka_unit_test_setup(as_many_as_fit, each),
		cmocka_unit_test_setup(time_ends_it, each),
		cmocka_unit_test_setup(so_does_whatever_makes_them_strangers,
		    each),
	};

	return cmocka_run_group_tests(tests, rules_setup, rows_teardown);
}
