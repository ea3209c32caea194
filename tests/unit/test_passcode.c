/* Codes that come by mail: tries, time, and one use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/email.h"
#include "lib/account/passcode.h"
#include "lib/base/clock.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define TTL_S 300
#define RIGHT "012345"
#define WRONG "012346"
#define LONG_MAX 32 /* bytes of a code */
#define WRONG_ONES 20

static const enum ptn_code_kind by_user[] = { PTN_CODE_LOGIN,
	PTN_CODE_REGISTRATION, PTN_CODE_RECOVERY };

static struct ptn_user_ref
person(void)
{
	static int n;

	return rows_user_of(&tenant,
	    ptn_arena_printf(arena, "person%d@example.org", ++n));
}

static struct ptn_passcode
put_at(const struct ptn_scope *sc, const struct ptn_user_ref *u,
    enum ptn_code_kind kind, const char *code)
{
	struct ptn_passcode pc = { .user_id = u->id,
		.email_id = u->email_id,
		.kind = kind,
		.ttl_s = TTL_S };

	pc.created_at_us = rows_now_us();
	assert_int_equal(ptn_passcode_put(sc, code, &pc), PTN_OK);
	return pc;
}

static struct ptn_passcode
put(const struct ptn_user_ref *u, const char *code)
{
	return put_at(&scope, u, PTN_CODE_PASSCODE, code);
}

static enum ptn_passcode_result
check_at(const struct ptn_scope *sc, const struct ptn_uuid *id,
    const char *code)
{
	enum ptn_passcode_result out = PTN_PASSCODE_RIGHT;
	struct ptn_passcode pc;

	assert_int_equal(ptn_passcode_check(sc, id, code, &pc, &out), PTN_OK);
	return out;
}

static enum ptn_passcode_result
check(const struct ptn_passcode *pc, const char *code)
{
	return check_at(&scope, &pc->id, code);
}

static enum ptn_passcode_result
check_user(const struct ptn_scope *sc, const struct ptn_uuid *user,
    enum ptn_code_kind kind, const char *code, enum ptn_code_use use)
{
	enum ptn_passcode_result out = PTN_PASSCODE_RIGHT;

	assert_int_equal(ptn_code_check(sc, user, kind, code, use, NULL, &out),
	    PTN_OK);
	return out;
}

static void
expire(const struct ptn_uuid *id)
{
	rows_sql("UPDATE passcodes SET expires_at ="
		 " UTC_TIMESTAMP(6) - INTERVAL 1 MICROSECOND WHERE id = x'%s'",
	    rows_hex(id));
}

static int64_t
tries_of(const struct ptn_uuid *id)
{
	return rows_number("SELECT COALESCE(SUM(try_count), -1)"
			   " FROM passcodes WHERE id = x'%s'",
	    rows_hex(id));
}

/* ----------------------------------------------------------------- targets */

static enum ptn_err
claim(const struct ptn_scope *sc, void *arg)
{
	return ptn_email_claim(sc, "claimed@example.org", arg);
}

static enum ptn_err
find_target(const struct ptn_uuid *user, const struct ptn_uuid *email,
    struct ptn_passcode_target *out)
{
	const struct ptn_uuid nil = { { 0 } };

	memset(out, 0xff, sizeof(*out));
	return ptn_passcode_find_target(&scope, user,
	    email != NULL ? email : &nil, out);
}

static void
targets(void **state)
{
	const struct ptn_user_ref u = person(), rival = person();
	const struct ptn_uuid none = ptn_uuid_new();
	struct ptn_passcode_target t;
	struct ptn_email email;

	(void)state;
	assert_int_equal(find_target(&u.id, NULL, &t), PTN_OK);
	assert_true(ptn_uuid_equal(&t.email_id, &u.email_id));
	assert_true(ptn_uuid_equal(&t.owner_id, &u.id));
	assert_non_null(strstr(t.address, "@example.org"));
	assert_in_range(rows_now_us() - t.now_us, 0, 600 * PTN_US_PER_S);
	assert_int_equal(find_target(&u.id, &rival.email_id, &t), PTN_OK);
	assert_true(ptn_uuid_equal(&t.email_id, &rival.email_id));
	assert_true(ptn_uuid_equal(&t.owner_id, &rival.id));
	assert_int_equal(ptn_tx(&scope, claim, &email), PTN_OK);
	assert_int_equal(find_target(&u.id, &email.id, &t), PTN_OK);
	assert_true(ptn_uuid_equal(&t.email_id, &email.id));
	assert_string_equal(t.address, "claimed@example.org");
	assert_true(ptn_uuid_is_nil(&t.owner_id));
	assert_int_equal(find_target(&u.id, &none, &t), PTN_OK);
	assert_true(ptn_uuid_is_nil(&t.email_id));
	rows_sql("DELETE FROM primary_emails WHERE user_id = x'%s'",
	    rows_hex(&u.id));
	assert_int_equal(find_target(&u.id, NULL, &t), PTN_OK);
	assert_true(ptn_uuid_is_nil(&t.email_id));
	assert_int_equal(find_target(&none, NULL, &t), PTN_E_NOT_FOUND);
}

static void
no_targets(void **state)
{
	const struct ptn_uuid other = rows_tenant();
	const struct ptn_user_ref u = person();
	const struct ptn_user_ref theirs =
	    rows_user_of(&other, "theirs@example.org");
	struct ptn_passcode_target t;

	(void)state;
	assert_int_equal(find_target(&theirs.id, NULL, &t), PTN_E_NOT_FOUND);
	assert_int_equal(find_target(&u.id, &theirs.email_id, &t), PTN_OK);
	assert_true(ptn_uuid_is_nil(&t.email_id));
	/* Nobody logs in as a service account. */
	rows_sql("INSERT INTO members VALUES (x'%s', x'%s', 's', 's',"
		 " 'CustomerEmployee', 1, 1, 0, NULL, UTC_TIMESTAMP(6), NULL,"
		 " NULL)",
	    rows_hex(&u.id), rows_hex(&tenant));
	assert_int_equal(find_target(&u.id, &u.email_id, &t), PTN_OK);
	rows_sql("UPDATE members SET service_account = 1");
	assert_int_equal(find_target(&u.id, &u.email_id, &t), PTN_E_NOT_FOUND);
	assert_int_equal(find_target(&u.id, NULL, &t), PTN_E_NOT_FOUND);
}

/* ------------------------------------------------------------------- codes */

static void
drawn(void **state)
{
	char code[PTN_PASSCODE_DIGITS + 1];
	int i, first[10] = { 0 }, last[10] = { 0 };

	(void)state;
	for (i = 0; i < 2000; i++) {
		ptn_passcode_draw(code);
		assert_int_equal(strlen(code), PTN_PASSCODE_DIGITS);
		assert_int_equal(strspn(code, "0123456789"),
		    PTN_PASSCODE_DIGITS);
		first[code[0] - '0']++;
		last[code[PTN_PASSCODE_DIGITS - 1] - '0']++;
	}
	/* That a digit is missing has odds of one to 10^90. */
	for (i = 0; i < 10; i++)
		assert_true(first[i] > 0 && last[i] > 0);
}

static void
kinds(void **state)
{
	size_t i;

	(void)state;
	assert_string_equal(ptn_code_name(PTN_CODE_PASSCODE), "passcode");
	assert_string_equal(ptn_code_name(PTN_CODE_LOGIN), "login");
	assert_string_equal(ptn_code_name(PTN_CODE_REGISTRATION),
	    "registration");
	assert_string_equal(ptn_code_name(PTN_CODE_RECOVERY), "recovery");
	assert_int_equal(ptn_code_ttl_s(PTN_CODE_PASSCODE), 0);
	for (i = 0; i < N(by_user); i++)
		assert_true(ptn_code_ttl_s(by_user[i]) > 0);
}

static void
right_once(void **state)
{
	const struct ptn_user_ref u = person();
	const struct ptn_passcode pc = put(&u, RIGHT);
	enum ptn_passcode_result out;
	struct ptn_passcode got;

	(void)state;
	assert_true(ptn_uuid_is_v4(&pc.id));
	assert_int_equal(check(&pc, WRONG), PTN_PASSCODE_WRONG);
	assert_int_equal(ptn_passcode_check(&scope, &pc.id, RIGHT, &got, &out),
	    PTN_OK);
	assert_int_equal(out, PTN_PASSCODE_RIGHT);
	assert_true(ptn_uuid_equal(&got.id, &pc.id));
	assert_true(ptn_uuid_equal(&got.user_id, &u.id));
	assert_true(ptn_uuid_equal(&got.email_id, &u.email_id));
	assert_int_equal(got.ttl_s, TTL_S);
	assert_true(got.created_at_us == pc.created_at_us);
	assert_int_equal(check(&pc, RIGHT), PTN_PASSCODE_UNKNOWN);
}

static void
used_up(void **state)
{
	const struct ptn_user_ref u = person();
	struct ptn_passcode pc = put(&u, RIGHT);
	int i;

	(void)state;
	for (i = 1; i < PTN_PASSCODE_TRIES; i++) {
		assert_int_equal(check(&pc, WRONG), PTN_PASSCODE_WRONG);
		assert_int_equal(tries_of(&pc.id), i);
	}
	assert_int_equal(check(&pc, WRONG), PTN_PASSCODE_USED_UP);
	assert_int_equal(check(&pc, RIGHT), PTN_PASSCODE_UNKNOWN);
	/* The last try may be the right one. */
	pc = put(&u, RIGHT);
	for (i = 1; i < PTN_PASSCODE_TRIES; i++)
		assert_int_equal(check(&pc, ""), PTN_PASSCODE_WRONG);
	assert_int_equal(check(&pc, RIGHT), PTN_PASSCODE_RIGHT);
}

/* Of one user, address and kind there is one, with tries of its own. */
static void
newer_kills_older(void **state)
{
	const struct ptn_user_ref u = person(), rival = person();
	struct ptn_user_ref two = u;
	struct ptn_passcode old, new, other, login;

	(void)state;
	two.email_id = rival.email_id;
	old = put(&u, RIGHT);
	other = put(&two, RIGHT);
	login = put_at(&scope, &u, PTN_CODE_LOGIN, RIGHT);
	assert_int_equal(check(&old, WRONG), PTN_PASSCODE_WRONG);
	new = put(&u, RIGHT);
	assert_int_equal(check(&old, RIGHT), PTN_PASSCODE_UNKNOWN);
	assert_int_equal(tries_of(&new.id), 0);
	assert_int_equal(check(&new, RIGHT), PTN_PASSCODE_RIGHT);
	assert_int_equal(check(&other, RIGHT), PTN_PASSCODE_RIGHT);
	/* One of another kind is not named by its id. */
	assert_int_equal(check(&login, RIGHT), PTN_PASSCODE_UNKNOWN);
	assert_int_equal(
	    check_user(&scope, &u.id, PTN_CODE_LOGIN, RIGHT, PTN_CODE_USE_UP),
	    PTN_PASSCODE_RIGHT);
}

static void
expired(void **state)
{
	const struct ptn_user_ref u = person();
	struct ptn_passcode pc = put(&u, RIGHT);
	int i;

	(void)state;
	expire(&pc.id);
	for (i = 0; i <= PTN_PASSCODE_TRIES; i++)
		assert_int_equal(check(&pc, i == 1 ? RIGHT : WRONG),
		    PTN_PASSCODE_EXPIRED);
	assert_int_equal(tries_of(&pc.id), 0);
	/* Its life is counted from when it was asked for. */
	pc.created_at_us = rows_now_us() - (TTL_S + 1) * PTN_US_PER_S;
	assert_int_equal(ptn_passcode_put(&scope, RIGHT, &pc), PTN_OK);
	assert_int_equal(check(&pc, RIGHT), PTN_PASSCODE_EXPIRED);
	pc.created_at_us = rows_now_us() - TTL_S / 2 * PTN_US_PER_S;
	assert_int_equal(ptn_passcode_put(&scope, RIGHT, &pc), PTN_OK);
	assert_int_equal(check(&pc, RIGHT), PTN_PASSCODE_RIGHT);
}

static void
tenants_apart(void **state)
{
	const struct ptn_uuid other = rows_tenant(), none = ptn_uuid_new();
	const struct ptn_user_ref u = person();
	const struct ptn_passcode pc = put(&u, RIGHT);

	(void)state;
	assert_int_equal(check_at(rows_at(&other), &pc.id, RIGHT),
	    PTN_PASSCODE_UNKNOWN);
	assert_int_equal(check_at(rows_at(&other), &pc.id, WRONG),
	    PTN_PASSCODE_UNKNOWN);
	assert_int_equal(check_at(&scope, &none, RIGHT), PTN_PASSCODE_UNKNOWN);
	assert_int_equal(tries_of(&pc.id), 0);
	(void)put_at(&scope, &u, PTN_CODE_LOGIN, RIGHT);
	assert_int_equal(check_user(rows_at(&other), &u.id, PTN_CODE_LOGIN,
			     RIGHT, PTN_CODE_USE_UP),
	    PTN_PASSCODE_WRONG);
	assert_int_equal(
	    ptn_code_delete(rows_at(&other), &u.id, PTN_CODE_LOGIN), PTN_OK);
	assert_int_equal(
	    check_user(&scope, &u.id, PTN_CODE_LOGIN, RIGHT, PTN_CODE_KEEP),
	    PTN_PASSCODE_RIGHT);
}

/* Mails travel while secrets change: all of them check, the first makes. */
static void
secrets_rotate(void **state)
{
	const struct ptn_user_ref u = person();
	struct ptn_scope after = scope;
	struct ptn_passcode pc = put(&u, RIGHT);

	(void)state;
	after.secrets = rotated;
	assert_int_equal(check_at(&after, &pc.id, WRONG), PTN_PASSCODE_WRONG);
	assert_int_equal(check_at(&after, &pc.id, RIGHT), PTN_PASSCODE_RIGHT);
	pc = put_at(&after, &u, PTN_CODE_PASSCODE, RIGHT);
	assert_int_equal(check(&pc, RIGHT), PTN_PASSCODE_WRONG);
	assert_int_equal(check_at(&after, &pc.id, RIGHT), PTN_PASSCODE_RIGHT);
}

/* What is stored is no code, and worth nothing in another row. */
static void
bound_to_its_row(void **state)
{
	const struct ptn_user_ref u = person(), rival = person();
	const struct ptn_passcode mine = put(&u, RIGHT);
	const struct ptn_passcode theirs = put(&rival, WRONG);
	const struct ptn_passcode login =
	    put_at(&scope, &u, PTN_CODE_LOGIN, RIGHT);

	(void)state;
	rows_sql("UPDATE passcodes a, passcodes b SET a.code = b.code"
		 " WHERE a.id = x'%s' AND b.id = x'%s'",
	    rows_hex(&theirs.id), rows_hex(&mine.id));
	assert_int_equal(check(&theirs, RIGHT), PTN_PASSCODE_WRONG);
	rows_sql("UPDATE passcodes SET purpose = 'recovery' WHERE id = x'%s'",
	    rows_hex(&login.id));
	assert_int_equal(check_user(&scope, &u.id, PTN_CODE_RECOVERY, RIGHT,
			     PTN_CODE_USE_UP),
	    PTN_PASSCODE_WRONG);
}

static void
too_long(void **state)
{
	char code[LONG_MAX + 2] = "0123456789012345678901234567890123";
	enum ptn_passcode_result out = PTN_PASSCODE_RIGHT;
	const struct ptn_user_ref u = person();
	struct ptn_passcode pc = { .user_id = u.id, .email_id = u.email_id };
	struct ptn_passcode got;

	(void)state;
	code[LONG_MAX + 1] = '\0';
	assert_int_equal(ptn_passcode_put(&scope, code, &pc), PTN_E_INPUT);
	pc = put(&u, RIGHT);
	assert_int_equal(ptn_passcode_check(&scope, &pc.id, code, &got, &out),
	    PTN_E_INPUT);
	assert_int_equal(out, PTN_PASSCODE_WRONG);
	code[LONG_MAX] = '\0';
	pc = put(&u, code);
	assert_int_equal(check(&pc, RIGHT), PTN_PASSCODE_WRONG);
	assert_int_equal(check(&pc, code), PTN_PASSCODE_RIGHT);
}

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
		T(targets),
		T(no_targets),
		T(drawn),
		T(kinds),
		T(right_once),
		T(used_up),
		T(newer_kills_older),
		T(expired),
		T(tenants_apart),
		T(secrets_rotate),
		T(bound_to_its_row),
		T(too_long),
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
