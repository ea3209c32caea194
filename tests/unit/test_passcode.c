/* Codes that come by mail: tries, time, and one use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/passcode.h" /* $POSTERN_TEST_DB */

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
		 " NULL, NULL)",
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

/* -------------------------------------------------- kept without a row */

struct guess {
	struct ptn_passcode pc;
	const char *code;
	uint8_t mac[PTN_SHA256_LEN];
	enum ptn_verdict verdict;
	enum ptn_err r;
};

/* Whatever comes of it is kept. */
static enum ptn_err
guess(const struct ptn_scope *sc, void *arg)
{
	struct guess *g = arg;

	g->verdict = PTN_ALLOW;
	g->r = ptn_passcode_guess(sc, &g->pc, g->code,
	    PTN_BYTES(g->mac, sizeof(g->mac)), &g->verdict);
	return PTN_OK;
}

static enum ptn_verdict
guessed(const struct ptn_scope *sc, struct guess *g, const char *code)
{
	g->code = code;
	assert_int_equal(ptn_tx(sc, guess, g), PTN_OK);
	return g->verdict;
}

static struct guess
guess_of(const struct ptn_uuid *user)
{
	struct guess g = { .pc = { .id = ptn_uuid_new(),
			       .user_id = *user,
			       .kind = PTN_CODE_PASSCODE } };

	assert_int_equal(ptn_passcode_mac(&scope, &g.pc, RIGHT, g.mac), PTN_OK);
	return g;
}

static void
by_its_mac(void **state)
{
	static char code[LONG_MAX + 2];
	const struct ptn_uuid user = ptn_uuid_new();
	struct guess g = guess_of(&user);
	struct ptn_scope later = scope;

	(void)state;
	memset(code, '1', LONG_MAX + 1);
	assert_int_equal(guessed(&scope, &g, RIGHT), PTN_ALLOW);
	assert_int_equal(guessed(&scope, &g, WRONG), PTN_DENY);
	assert_int_equal(guessed(&scope, &g, ""), PTN_DENY);
	assert_int_equal(guessed(&scope, &g, code), PTN_DENY);
	assert_int_equal(g.r, PTN_OK);
	later.secrets = rotated;
	assert_int_equal(guessed(&later, &g, RIGHT), PTN_ALLOW);
	g.pc.kind = PTN_CODE_LOGIN;
	assert_int_equal(guessed(&scope, &g, RIGHT), PTN_DENY);
	g = guess_of(&user);
	g.pc.id = ptn_uuid_new();
	assert_int_equal(guessed(&scope, &g, RIGHT), PTN_DENY);
}

/* Of a user, or of nobody: what is wrong counts, and no more than that. */
static void
guesses_are_counted(void **state)
{
	const struct ptn_user_ref u = person();
	const struct ptn_uuid nobody = ptn_uuid_new();
	const struct ptn_uuid *whose[] = { &u.id, &nobody };
	struct guess g;
	size_t i;
	int n;

	(void)state;
	conf.rate_enabled = true;
	conf.rate_code = 3;
	conf.rate_code_s = 86400;
	for (i = 0; i < N(whose); i++) {
		g = guess_of(whose[i]);
		for (n = 0; n < 5; n++)
			assert_int_equal(guessed(&scope, &g, RIGHT),
			    PTN_ALLOW);
		for (n = 0; n < 3; n++)
			assert_int_equal(guessed(&scope, &g, WRONG), PTN_DENY);
		assert_int_equal(g.r, PTN_OK);
		assert_int_equal(guessed(&scope, &g, RIGHT), PTN_DENY);
		assert_int_equal(g.r, PTN_E_RATE);
	}
	conf.rate_enabled = false;
	assert_int_equal(guessed(&scope, &g, RIGHT), PTN_ALLOW);
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
		T(by_its_mac),
		T(guesses_are_counted),
	};

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
