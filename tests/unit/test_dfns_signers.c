/* Who may answer a challenge: real credentials, and invented ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/array.h"
#include "lib/dfns/signers.h"
#include "tests/unit/dfns_client.h" /* $POSTERN_TEST_DB */

#define NAMES 400

static struct ptn_dfns_signers
decoy(const char *org, const char *name, struct ptn_uuid *account)
{
	struct ptn_dfns_signers list;

	assert_int_equal(
	    ptn_dfns_signers_decoy(&scope, org, name, &list, account), PTN_OK);
	assert_in_range(list.n, 1, 2);
	assert_int_equal(strlen(list.cred[0].cred_id), 43);
	return list;
}

/* One name gets one answer, however it is spelt; no other name gets it. */
static void
decoys_are_stable(void **state)
{
	struct ptn_uuid a, b, c;
	const char *one = decoy("or-1", "Some.One", &a).cred[0].cred_id;

	(void)state;
	assert_string_equal(decoy("or-1", "some.one", &b).cred[0].cred_id, one);
	assert_true(ptn_uuid_equal(&a, &b));
	assert_string_not_equal(decoy("or-2", "some.one", &c).cred[0].cred_id,
	    one);
	assert_false(ptn_uuid_equal(&a, &c));
	assert_string_not_equal(decoy("or-1", "some.two", &c).cred[0].cred_id,
	    one);
	assert_false(ptn_uuid_equal(&a, &c));
}

/* All kinds occur, passwords only where they are offered, with an app. */
static void
decoys_of_all_kinds(void **state)
{
	size_t i, on, seen[PTN_CRED__MAX];
	struct ptn_dfns_signers list;
	struct ptn_uuid account;

	(void)state;
	for (on = 0; on < 2; on++) {
		conf.dfns_password = on == 1;
		memset(seen, 0, sizeof(seen));
		for (i = 0; i < NAMES; i++) {
			list = decoy("or-1", ptn_arena_printf(arena, "n%zu", i),
			    &account);
			seen[list.cred[0].kind]++;
			assert_int_equal(list.n == 2,
			    list.cred[0].kind == PTN_CRED_PASSWORD);
			if (list.n == 2)
				assert_int_equal(list.cred[1].kind,
				    PTN_CRED_TOTP);
		}
		assert_true(seen[PTN_CRED_FIDO2] > 0);
		assert_true(seen[PTN_CRED_KEY] > 0);
		assert_true(seen[PTN_CRED_PASSWORD_PROTECTED_KEY] > 0);
		assert_int_equal(seen[PTN_CRED_PASSWORD] > 0, on);
		assert_int_equal(seen[PTN_CRED_RECOVERY_KEY], 0);
	}
	conf.dfns_password = false;
}

/* Those of a user, for so many statements as those of anybody cost. */
static struct ptn_dfns_signers
of(const struct ptn_uuid *user)
{
	static uint64_t cost;
	const uint64_t before = ptn_db_count(db);
	struct ptn_dfns_signers list;

	assert_int_equal(ptn_dfns_signers_of(&scope, user, &list), PTN_OK);
	if (cost == 0)
		cost = ptn_db_count(db) - before;
	assert_int_equal(ptn_db_count(db) - before, cost);
	return list;
}

/* Active ones that sign; recovery keys are kept apart. */
static void
of_a_user(void **state)
{
	const struct client c = client_new();
	const struct ptn_member m =
	    client_member(PTN_EMPLOYEE, &c, PTN_CRED_KEY);
	const struct ptn_uuid nobody = ptn_uuid_new();
	struct ptn_dfns_signers list;

	(void)state;
	assert_int_equal(of(&m.id).n, 1);
	assert_string_equal(of(&m.id).cred[0].cred_id, c.cred_id);
	assert_int_equal(of(&nobody).n, 0);
	assert_int_equal(ptn_dfns_signers_recovery(&scope, &m.id, &list),
	    PTN_OK);
	assert_int_equal(list.n, 0);
	rows_sql("UPDATE key_credentials SET kind = 'RecoveryKey'");
	assert_int_equal(of(&m.id).n, 0);
	assert_int_equal(ptn_dfns_signers_recovery(&scope, &m.id, &list),
	    PTN_OK);
	assert_int_equal(list.n, 1);
	rows_sql("UPDATE key_credentials SET active = 0");
	assert_int_equal(ptn_dfns_signers_recovery(&scope, &m.id, &list),
	    PTN_OK);
	assert_int_equal(list.n, 0);
}

/* What a ceremony allowed, and what is allowed of it later. */
static void
allowed(void **state)
{
	struct ptn_dfns_cred c[] = {
		{ .id = ptn_uuid_new(), .kind = PTN_CRED_FIDO2 },
		{ .id = ptn_uuid_new(), .kind = PTN_CRED_KEY },
		{ .id = ptn_uuid_new(),
		    .kind = PTN_CRED_PASSWORD_PROTECTED_KEY },
	};
	struct ptn_dfns_signers list = { c, PTN_ARRAY_LEN(c) }, some;
	struct ptn_dfns_state s = { .n_allow = 0 };

	(void)state;
	assert_int_equal(ptn_dfns_signers_allow(&scope, &list, true, &s),
	    PTN_OK);
	assert_int_equal(s.n_allow, 3);
	assert_int_equal(ptn_dfns_signers_allow(&scope, &list, false, &s),
	    PTN_OK);
	assert_int_equal(s.n_allow, 2);
	some = list;
	ptn_dfns_signers_allowed(&s, &some);
	assert_int_equal(some.n, 2);
	assert_int_equal(some.cred[1].kind, PTN_CRED_KEY);
	assert_ptr_equal(ptn_dfns_signers_by_kind(&some, PTN_CRED_KEY), &c[1]);
	assert_null(ptn_dfns_signers_by_kind(&some, PTN_CRED_PASSWORD));
	s = (struct ptn_dfns_state){ .any_passkey = true };
	ptn_dfns_signers_allowed(&s, &some);
	assert_int_equal(some.n, 1);
	assert_int_equal(some.cred[0].kind, PTN_CRED_FIDO2);
	s = (struct ptn_dfns_state){ .n_allow = 0 };
	ptn_dfns_signers_allowed(&s, &some);
	assert_int_equal(some.n, 0);
}

#define T(f) cmocka_unit_test_setup(f, client_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(decoys_are_stable),
		T(decoys_of_all_kinds),
		T(of_a_user),
		T(allowed),
	};

	return cmocka_run_group_tests(tests, client_setup, client_teardown);
}
