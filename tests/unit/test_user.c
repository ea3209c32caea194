/* Users: how they come, whose an address is, and all that goes with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/email.h"
#include "lib/account/user.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

#define RACED_MAX 3

struct signing_up {
	const char *address;
	bool own;
	struct ptn_user_ref user;
};

static enum ptn_err
sign_up_locked(const struct ptn_scope *sc, void *arg)
{
	struct signing_up *s = arg;

	return ptn_user_sign_up(sc, s->address,
	    s->own ? PTN_USER_OWNS : PTN_USER_CLAIMS, &s->user);
}

static enum ptn_err
sign_up(const struct ptn_uuid *of, const char *address, bool own,
    struct ptn_user_ref *out)
{
	struct signing_up s = { .address = address, .own = own };
	enum ptn_err r = ptn_tx(rows_at(of), sign_up_locked, &s);

	*out = s.user;
	return r;
}

static enum ptn_err
lock(const struct ptn_scope *sc, void *arg)
{
	return ptn_user_lock(sc, arg);
}

static void
signed_up_with_an_address(void **state)
{
	struct ptn_user_ref u, found;
	struct ptn_email_claim primary;
	struct ptn_user user;
	int64_t n;

	(void)state;
	assert_int_equal(sign_up(&tenant, "own@example.org", true, &u), PTN_OK);
	assert_true(ptn_uuid_is_v4(&u.id));
	assert_false(u.verified);
	assert_int_equal(ptn_user_get(&scope, &u.id, &user), PTN_OK);
	assert_true(ptn_uuid_equal(&user.id, &u.id));
	assert_true(user.created_at_us > 0);
	assert_true(user.created_at_us == user.updated_at_us);
	assert_int_equal(ptn_user_by_address(&scope, "own@example.org", &found),
	    PTN_OK);
	assert_true(ptn_uuid_equal(&found.id, &u.id));
	assert_true(ptn_uuid_equal(&found.email_id, &u.email_id));
	assert_false(found.verified);
	assert_int_equal(ptn_email_primary(&scope, &u.id, &primary), PTN_OK);
	assert_string_equal(primary.address, "own@example.org");
	assert_false(primary.is_verified);
	assert_int_equal(ptn_email_count(&scope, &u.id, &n), PTN_OK);
	assert_int_equal(n, 1);
	rows_sql("UPDATE emails SET verified = 1");
	assert_int_equal(ptn_user_by_address(&scope, "own@example.org", &found),
	    PTN_OK);
	assert_true(found.verified);
}

/* Until it is proved it is nobody's, however many claim it. */
static void
signed_up_with_a_claim(void **state)
{
	struct ptn_user_ref one, two, found;
	struct ptn_email_claim primary;
	struct ptn_user user;
	int64_t n;

	(void)state;
	assert_int_equal(sign_up(&tenant, "claim@example.org", false, &one),
	    PTN_OK);
	assert_int_equal(sign_up(&tenant, "claim@example.org", false, &two),
	    PTN_OK);
	assert_false(ptn_uuid_equal(&one.id, &two.id));
	assert_true(ptn_uuid_equal(&one.email_id, &two.email_id));
	assert_int_equal(ptn_user_get(&scope, &one.id, &user), PTN_OK);
	assert_int_equal(ptn_user_get(&scope, &two.id, &user), PTN_OK);
	assert_int_equal(
	    ptn_user_by_address(&scope, "claim@example.org", &found),
	    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_email_count(&scope, &one.id, &n), PTN_OK);
	assert_int_equal(n, 0);
	assert_int_equal(ptn_email_primary(&scope, &one.id, &primary), PTN_OK);
	assert_null(primary.address);
	/* Whoever is sure of it may have it at once. */
	assert_int_equal(sign_up(&tenant, "claim@example.org", true, &two),
	    PTN_OK);
	assert_int_equal(
	    ptn_user_by_address(&scope, "claim@example.org", &found), PTN_OK);
	assert_true(ptn_uuid_equal(&found.id, &two.id));
}

static void
taken(void **state)
{
	const struct ptn_uuid other = rows_tenant();
	struct ptn_user_ref u, again, found;
	int64_t users;

	(void)state;
	assert_int_equal(sign_up(&tenant, "taken@example.org", true, &u),
	    PTN_OK);
	users = rows_number("SELECT COUNT(*) FROM users");
	assert_int_equal(sign_up(&tenant, "taken@example.org", true, &again),
	    PTN_E_CONFLICT);
	assert_int_equal(sign_up(&tenant, "taken@example.org", false, &again),
	    PTN_E_CONFLICT);
	assert_int_equal(rows_number("SELECT COUNT(*) FROM users"), users);
	assert_int_equal(
	    ptn_user_by_address(&scope, "taken@example.org", &found), PTN_OK);
	assert_true(ptn_uuid_equal(&found.id, &u.id));
	/* In another tenant it is another address. */
	assert_int_equal(
	    ptn_user_by_address(rows_at(&other), "taken@example.org", &found),
	    PTN_E_NOT_FOUND);
	assert_int_equal(sign_up(&other, "taken@example.org", true, &again),
	    PTN_OK);
	assert_int_equal(
	    ptn_user_by_address(rows_at(&other), "taken@example.org", &found),
	    PTN_OK);
	assert_true(ptn_uuid_equal(&found.id, &again.id));
	assert_false(ptn_uuid_equal(&found.email_id, &u.email_id));
}

static void
nobody(void **state)
{
	const struct ptn_uuid other = rows_tenant(), none = ptn_uuid_new();
	struct ptn_uuid theirs = rows_user();
	struct ptn_user_ref found;
	struct ptn_user user;

	(void)state;
	assert_int_equal(ptn_user_get(&scope, &none, &user), PTN_E_NOT_FOUND);
	assert_int_equal(ptn_user_get(rows_at(&other), &theirs, &user),
	    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_tx(&scope, lock, &theirs), PTN_OK);
	assert_int_equal(ptn_tx(&scope, lock, (void *)&none), PTN_E_NOT_FOUND);
	assert_int_equal(ptn_tx(rows_at(&other), lock, &theirs),
	    PTN_E_NOT_FOUND);
	assert_int_equal(
	    ptn_user_by_address(&scope, "none@example.org", &found),
	    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_user_by_address(&scope, "", &found),
	    PTN_E_NOT_FOUND);
}

/* What they have and what they may have is only sure under the lock. */
static enum ptn_err
add_below_limit(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_uuid *user = arg;
	struct ptn_email email;
	enum ptn_err r;
	int64_t n;

	if ((r = ptn_user_lock(sc, user)) != PTN_OK ||
	    (r = ptn_email_count(sc, user, &n)) != PTN_OK)
		return r;
	if (n >= RACED_MAX)
		return PTN_E_FORBIDDEN;
	r = ptn_email_claim(sc,
	    ptn_arena_printf(sc->arena, "race%d@example.org", (int)getpid()),
	    &email);
	return r == PTN_OK ? ptn_email_own(sc, &email, user, false) : r;
}

static enum ptn_err
race_add(const struct ptn_scope *sc, void *arg)
{
	return ptn_tx(sc, add_below_limit, arg);
}

static void
locked_by_one_at_a_time(void **state)
{
	struct ptn_uuid user = rows_user();
	int64_t n;

	(void)state;
	assert_int_equal(rows_race(race_add, &user, PTN_E_FORBIDDEN),
	    RACED_MAX - 1);
	assert_int_equal(ptn_email_count(&scope, &user, &n), PTN_OK);
	assert_int_equal(n, RACED_MAX);
}

static enum ptn_err
race_sign_up(const struct ptn_scope *sc, void *arg)
{
	struct signing_up s = { .address = arg, .own = true };

	return ptn_tx(sc, sign_up_locked, &s);
}

static void
signed_up_at_once(void **state)
{
	char address[] = "at-once@example.org";

	(void)state;
	assert_int_equal(rows_race(race_sign_up, address, PTN_E_CONFLICT), 1);
}

/* Whatever names a user and has no life without them. */
static const char *const theirs[] = { "emails", "primary_emails", "passcodes",
	"password_credentials", "sessions", "webauthn_credentials", "members",
	"key_credentials", "ceremonies", "password_factors", "totp_factors",
	"access_tokens", "credential_codes", "known_networks", "usernames",
	"user_metadata", "otp_secrets", "trusted_devices", "operators",
	"operator_sessions" };

static int64_t
count_theirs(const struct ptn_uuid *user)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++)
		n +=
		    rows_number("SELECT COUNT(*) FROM %s WHERE user_id = x'%s'",
			theirs[i], rows_hex(user));
	return n;
}

#define NOW "UTC_TIMESTAMP(6)"

/* A row of each of these tables. */
static void
give_all(const struct ptn_user_ref *u)
{
	const char *t = rows_hex(&tenant), *id = rows_hex(&u->id);

	rows_sql("INSERT INTO passcodes VALUES (x'%s', x'%s', x'%s', x'%s',"
		 " REPEAT('x', 32), 9, 0, " NOW ", " NOW ", 'passcode', 0)",
	    id, t, id, rows_hex(&u->email_id));
	rows_sql("INSERT INTO password_credentials"
		 " VALUES (x'%s', x'%s', 'h', 1, " NOW ", " NOW ")",
	    id, t);
	rows_sql("INSERT INTO sessions VALUES (x'%s', x'%s', x'%s', NULL, NULL,"
		 " " NOW ", " NOW ", " NOW ", 'hanko')",
	    id, t, id);
	rows_sql("INSERT INTO webauthn_credentials VALUES (UNHEX(SHA2(x'%s',"
		 " 256)), x'%s', 'c', x'%s', NULL, 'k', 'none', NULL, 0, 0, 0,"
		 " '', NULL, " NOW ", " NOW
		 ", 1, NULL, NULL, NULL, 'dfns', 1, 0, NULL)",
	    id, t, id);
	rows_sql(
	    "INSERT INTO members VALUES (x'%s', x'%s', 'm', '%s', 'EndUser',"
	    " 1, 1, 0, NULL, " NOW ", NULL, x'%s', NULL)",
	    id, t, id, rows_hex(&u->email_id));
	rows_sql("INSERT INTO key_credentials VALUES (x'%s', x'%s', x'%s',"
		 " 'Key', 'c', 'c', 'n', 'p', 'f', '', NULL, 1, " NOW ", NULL,"
		 " NULL, 0)",
	    id, t, id);
	rows_sql("INSERT INTO ceremonies VALUES (x'%s', x'%s', x'%s', 'login',"
		 " 'c', '{}', 0, " NOW ", " NOW ", NULL)",
	    id, t, id);
	rows_sql("INSERT INTO password_factors"
		 " VALUES (x'%s', x'%s', x'%s', 'h', 1)",
	    id, t, id);
	rows_sql("INSERT INTO totp_factors"
		 " VALUES (x'%s', x'%s', x'%s', 's', 0)",
	    id, t, id);
	rows_sql("INSERT INTO access_tokens VALUES (x'%s', x'%s', x'%s', x'%s',"
		 " x'%s', " NOW ", " NOW ", NULL, 'Pat', 'n', NULL, NULL, 1)",
	    id, t, id, id, id);
	rows_sql("INSERT INTO known_networks VALUES (x'%s', REPEAT('n', 32),"
		 " x'%s', " NOW ")",
	    id, t);
	rows_sql("INSERT INTO usernames VALUES (x'%s', x'%s', x'%s',"
		 " HEX(x'%s'), " NOW ", " NOW ")",
	    id, t, id, id);
	rows_sql("INSERT INTO user_metadata VALUES (x'%s', x'%s', '{}', " NOW
		 ", " NOW ", '{}', '{}')",
	    id, t);
	rows_sql("INSERT INTO otp_secrets VALUES (x'%s', x'%s', 's', 0, " NOW
		 ")",
	    id, t);
	rows_sql("INSERT INTO trusted_devices VALUES (RPAD(x'%s', 32, 'd'),"
		 " x'%s', x'%s', 0, " NOW ", " NOW ")",
	    id, t, id);
	rows_sql("INSERT INTO credential_codes VALUES (x'%s', x'%s', x'%s',"
		 " x'%s', x'%s', " NOW ", " NOW ")",
	    id, t, id, id, id);
	rows_sql("INSERT INTO operators VALUES (x'%s', x'%s', 1, 0, " NOW ")",
	    id, t);
	rows_sql("INSERT INTO operator_sessions VALUES (x'%s', x'%s', x'%s',"
		 " REPEAT('h', 32), REPEAT('d', 32), " NOW ", " NOW ", " NOW
		 ")",
	    id, t, id);
}

static void
deleted_with_all_that_is_theirs(void **state)
{
	const int64_t all = sizeof(theirs) / sizeof(theirs[0]);
	struct ptn_user_ref u = rows_user_of(&tenant, "gone@example.org");
	struct ptn_user_ref stays = rows_user_of(&tenant, "stays@example.org");
	const struct ptn_uuid other = rows_tenant(), none = ptn_uuid_new();
	struct ptn_user user;

	(void)state;
	give_all(&u);
	give_all(&stays);
	assert_int_equal(count_theirs(&u.id), all);
	/* Whoever asks for it in another tenant changes nothing. */
	assert_int_equal(ptn_user_close(rows_at(&other), &u.id),
	    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_user_close(&scope, &none), PTN_E_NOT_FOUND);
	assert_int_equal(count_theirs(&u.id), all);
	/* Whoever is registered with the Dfns API stays, unless it trusts. */
	assert_int_equal(ptn_user_close(&scope, &u.id), PTN_E_FORBIDDEN);
	assert_int_equal(count_theirs(&u.id), all);
	conf.dfns_trust = true;
	assert_int_equal(ptn_user_close(&scope, &u.id), PTN_OK);
	conf.dfns_trust = false;
	assert_int_equal(ptn_user_get(&scope, &u.id, &user), PTN_E_NOT_FOUND);
	assert_int_equal(count_theirs(&u.id), 0);
	assert_int_equal(ptn_user_close(&scope, &u.id), PTN_E_NOT_FOUND);
	assert_int_equal(ptn_user_get(&scope, &stays.id, &user), PTN_OK);
	assert_int_equal(count_theirs(&stays.id), all);
	/* The address is free again. */
	assert_int_equal(sign_up(&tenant, "gone@example.org", true, &u),
	    PTN_OK);
}

/* The list above has all tables with a user of their own. */
static void
no_table_forgotten(void **state)
{
	char names[ROWS_SQL_MAX / 2] = "'webauthn_challenges'";
	size_t i, len = strlen(names);

	(void)state;
	for (i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len,
		    ", '%s'", theirs[i]);
	/* Evidence outlives them; challenges live for minutes. */
	assert_int_equal(rows_number("SELECT COUNT(*) FROM"
				     " information_schema.columns"
				     " WHERE table_schema = DATABASE()"
				     " AND column_name = 'user_id'"
				     " AND table_name <> 'action_signatures'"
				     " AND table_name NOT IN (%s)",
			     names),
	    0);
}

#define T(f) cmocka_unit_test_setup(f, rows_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(signed_up_with_an_address),
		T(signed_up_with_a_claim),
		T(taken),
		T(nobody),
		T(locked_by_one_at_a_time),
		T(signed_up_at_once),
		T(deleted_with_all_that_is_theirs),
		T(no_table_forgotten),
	};

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
