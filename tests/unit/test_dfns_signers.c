/* Who may answer a challenge: real credentials, and invented ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/array.h"
#include "lib/dfns/decoy.h"
#include "lib/dfns/signers.h"
#include "tests/unit/dfns_client.h" /* $POSTERN_TEST_DB */

#define NAMES 600
#define IDS 3

static struct ptn_dfns_signers
decoy_at(const struct ptn_scope *sc, const char *key, struct ptn_uuid *account)
{
	const uint64_t before = ptn_db_count(db);
	struct ptn_dfns_decoy invented;
	struct ptn_dfns_signers list;

	assert_int_equal(ptn_dfns_decoy_of(sc, key, &invented), PTN_OK);
	assert_int_equal(ptn_dfns_decoy_signers(sc, &invented, &list), PTN_OK);
	*account = invented.nobody;
	assert_in_range(list.n, 1, IDS);
	/* It is invented, not looked up. */
	assert_int_equal(ptn_db_count(db), before);
	return list;
}

static struct ptn_dfns_signers
decoy(const char *key, struct ptn_uuid *account)
{
	return decoy_at(&scope, key, account);
}

/* One key gets one answer; no other key gets it. */
static void
decoys_are_stable(void **state)
{
	const char *const keys[] = { "or-1 some.one", "or-2 some.one",
		"or-1 some.two" };
	struct ptn_dfns_signers list[PTN_ARRAY_LEN(keys)], again;
	struct ptn_uuid account[PTN_ARRAY_LEN(keys)], same;
	size_t i, j;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(keys); i++) {
		list[i] = decoy(keys[i], &account[i]);
		again = decoy(keys[i], &same);
		assert_true(ptn_uuid_equal(&account[i], &same));
		assert_int_equal(again.n, list[i].n);
		for (j = 0; j < again.n; j++) {
			assert_int_equal(again.cred[j].kind,
			    list[i].cred[j].kind);
			assert_string_equal(again.cred[j].cred_id,
			    list[i].cred[j].cred_id);
			assert_true(ptn_uuid_equal(&again.cred[j].id,
			    &list[i].cred[j].id));
		}
		for (j = 0; j < i; j++) {
			assert_string_not_equal(list[i].cred[0].cred_id,
			    list[j].cred[0].cred_id);
			assert_false(ptn_uuid_equal(&account[i], &account[j]));
		}
	}
}

/* A new key in front changes nothing that is real, nor what is invented. */
static void
decoys_outlive_a_new_key(void **state)
{
	struct ptn_scope after = scope;
	struct ptn_dfns_signers now, then;
	struct ptn_uuid account, same;

	(void)state;
	after.secrets = rotated;
	then = decoy("or-1 some.one", &account);
	now = decoy_at(&after, "or-1 some.one", &same);
	assert_true(ptn_uuid_equal(&account, &same));
	assert_string_equal(now.cred[0].cred_id, then.cred[0].cred_id);
}

/* No two ids of one name are the same, whatever they are for. */
static void
check_ids(const struct ptn_dfns_signers *list, size_t lengths[128])
{
	size_t i, j;

	for (i = 0; i < list->n; i++) {
		lengths[strlen(list->cred[i].cred_id)]++;
		assert_false(ptn_uuid_is_nil(&list->cred[i].id));
		for (j = 0; j < i; j++) {
			assert_false(ptn_uuid_equal(&list->cred[i].id,
			    &list->cred[j].id));
			assert_true(list->cred[i].cred_id[0] == '\0' ||
			    strcmp(list->cred[i].cred_id,
				list->cred[j].cred_id) != 0);
		}
	}
}

/*
 * They come in all kinds, numbers and lengths of ids; passwords only where they
 * are offered, with an app.
 */
static void
decoys_of_all_forms(void **state)
{
	static const uint8_t bytes[] = { 16, 20, 31, 32, 48, 64 };
	size_t i, on, kinds[PTN_CRED__MAX], lengths[128], numbers[IDS + 1];
	struct ptn_dfns_signers list;
	struct ptn_uuid account;

	(void)state;
	for (on = 0; on < 2; on++) {
		conf.dfns_password = on == 1;
		memset(kinds, 0, sizeof(kinds));
		memset(lengths, 0, sizeof(lengths));
		memset(numbers, 0, sizeof(numbers));
		for (i = 0; i < NAMES; i++) {
			list = decoy(ptn_arena_printf(arena, "or-1 n%zu", i),
			    &account);
			kinds[list.cred[0].kind]++;
			numbers[list.n]++;
			check_ids(&list, lengths);
			assert_int_equal(list.cred[list.n - 1].kind ==
				PTN_CRED_TOTP,
			    list.cred[0].kind == PTN_CRED_PASSWORD);
		}
		assert_true(kinds[PTN_CRED_FIDO2] > 0);
		assert_true(kinds[PTN_CRED_KEY] > 0);
		assert_true(kinds[PTN_CRED_PASSWORD_PROTECTED_KEY] > 0);
		assert_int_equal(kinds[PTN_CRED_PASSWORD] > 0, on);
		assert_int_equal(kinds[PTN_CRED_RECOVERY_KEY], 0);
		for (i = 1; i <= IDS; i++)
			assert_true(numbers[i] > 0);
		for (i = 0; i < PTN_ARRAY_LEN(bytes); i++)
			assert_true(lengths[(bytes[i] * 8 + 5) / 6] > 0);
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
		T(decoys_outlive_a_new_key),
		T(decoys_of_all_forms),
		T(of_a_user),
		T(allowed),
	};

	return cmocka_run_group_tests(tests, client_setup, client_teardown);
}
