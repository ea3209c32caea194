/* Codes that are named by their user, and what many ask for at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/passcode.h" /* $POSTERN_TEST_DB */

/* --------------------------------------------------- codes named by a user */

static void
named_by_their_user(void **state)
{
	const struct ptn_user_ref u = person(), rival = person();
	static const enum ptn_code_use use[] = { PTN_CODE_USE_UP, PTN_CODE_KEEP,
		PTN_CODE_SPOILT };
	struct ptn_passcode pc;
	size_t i, t;

	(void)state;
	for (i = 0; i < N(by_user); i++) {
		pc = put_at(&scope, &u, by_user[i], RIGHT);
		/* Whoever has not got it can do nothing to it. */
		for (t = 0; t < WRONG_ONES; t++)
			assert_int_equal(check_user(&scope, &u.id, by_user[i],
					     WRONG, use[t % N(use)]),
			    PTN_PASSCODE_WRONG);
		assert_int_equal(tries_of(&pc.id), 0);
		assert_int_equal(check_user(&scope, &rival.id, by_user[i],
				     RIGHT, PTN_CODE_USE_UP),
		    PTN_PASSCODE_WRONG);
		assert_int_equal(check_user(&scope, &u.id, by_user[i], RIGHT,
				     PTN_CODE_USE_UP),
		    PTN_PASSCODE_RIGHT);
		assert_int_equal(check_user(&scope, &u.id, by_user[i], RIGHT,
				     PTN_CODE_USE_UP),
		    PTN_PASSCODE_WRONG);
	}
}

/* A code of one kind is nothing to another, and does not suffer by it. */
static void
kinds_apart(void **state)
{
	const struct ptn_user_ref u = person();
	struct ptn_passcode pc;
	size_t is, as;

	(void)state;
	for (is = 0; is < N(by_user); is++) {
		pc = put_at(&scope, &u, by_user[is], RIGHT);
		for (as = 0; as < N(by_user); as++)
			if (as != is)
				assert_int_equal(check_user(&scope, &u.id,
						     by_user[as], RIGHT,
						     PTN_CODE_USE_UP),
				    PTN_PASSCODE_WRONG);
		assert_int_equal(tries_of(&pc.id), 0);
		assert_int_equal(check_user(&scope, &u.id, by_user[is], RIGHT,
				     PTN_CODE_USE_UP),
		    PTN_PASSCODE_RIGHT);
	}
}

static void
kept_until_deleted(void **state)
{
	const struct ptn_user_ref u = person(), rival = person();

	(void)state;
	(void)put_at(&scope, &u, PTN_CODE_RECOVERY, RIGHT);
	(void)put_at(&scope, &u, PTN_CODE_LOGIN, RIGHT);
	(void)put_at(&scope, &rival, PTN_CODE_RECOVERY, RIGHT);
	assert_int_equal(
	    check_user(&scope, &u.id, PTN_CODE_RECOVERY, RIGHT, PTN_CODE_KEEP),
	    PTN_PASSCODE_RIGHT);
	assert_int_equal(
	    check_user(&scope, &u.id, PTN_CODE_RECOVERY, RIGHT, PTN_CODE_KEEP),
	    PTN_PASSCODE_RIGHT);
	assert_int_equal(ptn_code_delete(&scope, &u.id, PTN_CODE_RECOVERY),
	    PTN_OK);
	assert_int_equal(
	    check_user(&scope, &u.id, PTN_CODE_RECOVERY, RIGHT, PTN_CODE_KEEP),
	    PTN_PASSCODE_WRONG);
	assert_int_equal(ptn_code_delete(&scope, &u.id, PTN_CODE_RECOVERY),
	    PTN_OK); /* there is none, and none is what is wanted */
	assert_int_equal(
	    check_user(&scope, &u.id, PTN_CODE_LOGIN, RIGHT, PTN_CODE_KEEP),
	    PTN_PASSCODE_RIGHT);
	assert_int_equal(check_user(&scope, &rival.id, PTN_CODE_RECOVERY, RIGHT,
			     PTN_CODE_KEEP),
	    PTN_PASSCODE_RIGHT);
}

/* A right code that came with something wrong has one try less, of five. */
static void
spoilt_counts_as_a_try(void **state)
{
	const struct ptn_user_ref u = person();
	const struct ptn_passcode pc =
	    put_at(&scope, &u, PTN_CODE_RECOVERY, RIGHT);
	uint64_t before, cost;
	int i;

	(void)state;
	before = ptn_db_count(db);
	assert_int_equal(check_user(&scope, &u.id, PTN_CODE_RECOVERY, WRONG,
			     PTN_CODE_SPOILT),
	    PTN_PASSCODE_WRONG);
	cost = ptn_db_count(db) - before;
	for (i = 1; i < 5; i++) {
		before = ptn_db_count(db);
		assert_int_equal(check_user(&scope, &u.id, PTN_CODE_RECOVERY,
				     RIGHT, PTN_CODE_SPOILT),
		    PTN_PASSCODE_RIGHT);
		assert_int_equal(ptn_db_count(db) - before, cost);
		assert_int_equal(tries_of(&pc.id), i);
	}
	/* The last one: it is gone. */
	assert_int_equal(check_user(&scope, &u.id, PTN_CODE_RECOVERY, RIGHT,
			     PTN_CODE_SPOILT),
	    PTN_PASSCODE_RIGHT);
	assert_int_equal(check_user(&scope, &u.id, PTN_CODE_RECOVERY, RIGHT,
			     PTN_CODE_USE_UP),
	    PTN_PASSCODE_WRONG);
}

/* Told only to who has the right one, which stays and cannot be used. */
static void
expired_is_told_to_few(void **state)
{
	const struct ptn_user_ref u = person();
	const struct ptn_passcode pc =
	    put_at(&scope, &u, PTN_CODE_LOGIN, RIGHT);

	(void)state;
	expire(&pc.id);
	assert_int_equal(
	    check_user(&scope, &u.id, PTN_CODE_LOGIN, WRONG, PTN_CODE_USE_UP),
	    PTN_PASSCODE_WRONG);
	assert_int_equal(
	    check_user(&scope, &u.id, PTN_CODE_LOGIN, RIGHT, PTN_CODE_USE_UP),
	    PTN_PASSCODE_EXPIRED);
	assert_int_equal(
	    check_user(&scope, &u.id, PTN_CODE_LOGIN, RIGHT, PTN_CODE_KEEP),
	    PTN_PASSCODE_EXPIRED);
}

/* They had another address then: what went there is no longer good. */
static void
newest_counts(void **state)
{
	const struct ptn_user_ref u = person(), rival = person();
	struct ptn_user_ref moved = u;
	struct ptn_passcode old;

	(void)state;
	moved.email_id = rival.email_id;
	old = put_at(&scope, &u, PTN_CODE_LOGIN, RIGHT);
	rows_sql("UPDATE passcodes SET created_at ="
		 " created_at - INTERVAL 1 SECOND WHERE id = x'%s'",
	    rows_hex(&old.id));
	(void)put_at(&scope, &moved, PTN_CODE_LOGIN, WRONG);
	assert_int_equal(
	    check_user(&scope, &u.id, PTN_CODE_LOGIN, RIGHT, PTN_CODE_USE_UP),
	    PTN_PASSCODE_WRONG);
	assert_int_equal(tries_of(&old.id), 0);
	assert_int_equal(
	    check_user(&scope, &u.id, PTN_CODE_LOGIN, WRONG, PTN_CODE_USE_UP),
	    PTN_PASSCODE_RIGHT);
}

/* Those of each kind of asker live beside each other, and each is right. */
static void
of_each_asker(void **state)
{
	static const char *const code[] = { "000000", "111111", "222222",
		"333333" };
	const struct ptn_user_ref u = person();
	struct ptn_passcode pc;
	int kind;

	(void)state;
	for (kind = 0; kind < PTN_ASKER__MAX; kind++) {
		pc = (struct ptn_passcode){ .user_id = u.id,
			.email_id = u.email_id,
			.kind = PTN_CODE_LOGIN,
			.asker = (enum ptn_asker_kind)kind,
			.ttl_s = TTL_S,
			.created_at_us = rows_now_us() };
		assert_int_equal(ptn_code_replace(&scope, &pc), PTN_OK);
		assert_int_equal(ptn_passcode_put(&scope, code[kind], &pc),
		    PTN_OK);
	}
	for (kind = 0; kind < PTN_ASKER__MAX; kind++)
		assert_int_equal(check_user(&scope, &u.id, PTN_CODE_LOGIN,
				     code[kind], PTN_CODE_USE_UP),
		    PTN_PASSCODE_RIGHT);
}

/* Nobody can tell by its cost whether a user has a code, or exists. */
static void
same_cost_without_one(void **state)
{
	const struct ptn_user_ref u = person(), without = person();
	const struct ptn_uuid who[] = { u.id, without.id, ptn_uuid_new() };
	uint64_t before, written, cost[WRONG_ONES * N(who)];
	size_t i;

	(void)state;
	(void)put_at(&scope, &u, PTN_CODE_LOGIN, RIGHT);
	for (i = 0; i < N(cost); i++) {
		before = ptn_db_count(db);
		written = ptn_db_writes(db);
		assert_int_equal(check_user(&scope, &who[i % N(who)],
				     PTN_CODE_LOGIN, WRONG, PTN_CODE_USE_UP),
		    PTN_PASSCODE_WRONG);
		cost[i] = ptn_db_count(db) - before;
		assert_int_equal(cost[i], cost[0]);
		assert_int_equal(ptn_db_writes(db) - written, 1);
	}
	assert_true(cost[0] > 1);
}

/* ------------------------------------------------------------------- races */

struct racing {
	struct ptn_uuid id; /* of the code; nil: it is named by its user */
	struct ptn_uuid user;
	const char *code;
	unsigned wins; /* a bit for each result that is one */
};

static enum ptn_err
race(const struct ptn_scope *sc, void *arg)
{
	const struct racing *r = arg;
	enum ptn_passcode_result out;

	out = ptn_uuid_is_nil(&r->id)
	    ? check_user(sc, &r->user, PTN_CODE_LOGIN, r->code, PTN_CODE_USE_UP)
	    : check_at(sc, &r->id, r->code);
	return (r->wins >> out & 1) != 0 ? PTN_OK : PTN_E_DENIED;
}

static void
races(void **state)
{
	const struct ptn_user_ref u = person();
	struct racing r = { .code = RIGHT, .wins = 1 << PTN_PASSCODE_RIGHT };

	(void)state;
	r.id = put(&u, RIGHT).id;
	assert_int_equal(rows_race(race, &r, PTN_E_DENIED), 1);
	/* Of many guesses at once no more than some are looked at. */
	r.id = put(&u, RIGHT).id;
	r.code = WRONG;
	r.wins = 1 << PTN_PASSCODE_WRONG | 1 << PTN_PASSCODE_USED_UP;
	assert_int_equal(rows_race(race, &r, PTN_E_DENIED), PTN_PASSCODE_TRIES);
	r = (struct racing){ .user = u.id,
		.code = RIGHT,
		.wins = 1 << PTN_PASSCODE_RIGHT };
	(void)put_at(&scope, &u, PTN_CODE_LOGIN, RIGHT);
	assert_int_equal(rows_race(race, &r, PTN_E_DENIED), 1);
}

#define T(f) cmocka_unit_test_setup(f, rows_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(named_by_their_user),
		T(kinds_apart),
		T(kept_until_deleted),
		T(spoilt_counts_as_a_try),
		T(expired_is_told_to_few),
		T(newest_counts),
		T(of_each_asker),
		T(same_cost_without_one),
		T(races),
	};

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
