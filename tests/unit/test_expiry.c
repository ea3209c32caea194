/* What time has made useless goes, in time, in batches, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/expiry.h"
#include "lib/account/keysets.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define HOUR 3600
#define DAY 86400
#define RETENTION_S (10 * DAY)
#define SLACK_S 1800	/* to either side: slower than this is no machine */
#define ROUND_MAX 10000 /* rows of a table that go in one round */
#define BATCH 500

static struct ptn_arena *its; /* of the housekeeping, which resets it */
static struct ptn_keysets *keys;

static int
setup(void **state)
{
	if (rows_setup(state) != 0)
		return -1;
	conf.sign_alg = PTN_ALG_ES256;
	conf.session_lifespan_s = HOUR;
	conf.audit_retention_s = RETENTION_S;
	its = ptn_arena_new(SERVER_ARENA_MAX);
	return its == NULL || ptn_keysets_new(&keys, &conf, secrets) != PTN_OK
	    ? -1
	    : 0;
}

static int
teardown(void **state)
{
	ptn_keysets_free(&keys);
	ptn_arena_free(&its);
	return rows_teardown(state);
}

static struct ptn_expiry expiry; /* of the last round */

static enum ptn_err
try_round(bool whole, bool thorough)
{
	struct ptn_scope sc = { .cf = &conf,
		.secrets = secrets,
		.db = db,
		.arena = its,
		.keys = keys };

	expiry.whole = whole;
	expiry.thorough = thorough;
	return ptn_expiry_run(&sc, &expiry);
}

static enum ptn_err
try(bool thorough)
{
	return try_round(true, thorough);
}

static void
run(bool thorough)
{
	assert_int_equal(try(thorough), PTN_OK);
}

/* For the statements below: whose, and how many seconds ago. */
static struct ptn_uuid
set_vars(const struct ptn_user_ref *u, int ago_s)
{
	const struct ptn_uuid id = ptn_uuid_new();

	rows_sql("SET @id = x'%s', @t = x'%s', @u = x'%s', @e = x'%s',"
		 " @x = UTC_TIMESTAMP(6) - INTERVAL %d SECOND",
	    rows_hex(&id), rows_hex(&tenant), rows_hex(&u->id),
	    rows_hex(&u->email_id), ago_s);
	return id;
}

/* ---------------------------------------------------------- what has an end */

static const struct {
	const char *table;
	const char *column;
	int late_s; /* it stays for so long after that time */
	const char *insert;
} timed[] = {
	{ "outbox", "expires_at", 0,
	    "outbox (id, tenant_id, sealed, attempts, next_try_at, created_at,"
	    " expires_at) VALUES (@id, @t, 's', 0, @x, @x, @x)" },
	{ "sessions", "expires_at", 0,
	    "sessions VALUES (@id, @t, @u, NULL, NULL, @x, @x, @x, 'hanko')" },
	{ "webauthn_challenges", "expires_at", 0,
	    "webauthn_challenges VALUES (CONCAT(@id, @id), @t, NULL,"
	    " 'registration', 'preferred', @x, @x)" },
	{ "ceremonies", "expires_at", 0,
	    "ceremonies VALUES (@id, @t, NULL, 'login', 'c', '{}', 0, @x, @x,"
	    " NULL)" },
	{ "credential_codes", "expires_at", HOUR,
	    "credential_codes VALUES (@id, @t, @id, @s, @id, @x, @x)" },
	{ "passcodes", "expires_at", DAY,
	    "passcodes VALUES (@id, @t, @u, @e, CONCAT(@id, @id), 9, 0, @x,"
	    " @x, LEFT(HEX(@id), 16), 0)" },
	{ "rate_limits", "expires_at", HOUR,
	    "rate_limits VALUES (CONCAT(@id, @id), @t, 1, @x, NULL, '')" },
	{ "known_networks", "seen_at", 30 * DAY,
	    "known_networks VALUES (@u, CONCAT(@id, @id), @t, @x)" },
	{ "mail_refusals", "seen_at", DAY,
	    "mail_refusals VALUES (HEX(@id), '550 no', @x, @x)" },
	{ "audit_logs", "created_at", RETENTION_S,
	    "audit_logs (id, tenant_id, type, created_at)"
	    " VALUES (@id, @t, 'type', @x)" },
	{ "action_signatures", "signed_at", RETENTION_S,
	    "action_signatures VALUES (@id, @t, @id, @u, 'u', 'POST', '/', 'h',"
	    " 'n', @id, 'Key', 'c', 'k', '', '{}', NULL, 's', NULL, @x,"
	    " NULL)" },
};

static int64_t
count_of(const char *table)
{
	return rows_number("SELECT COUNT(*) FROM %s", table);
}

/* Those above, and what nothing of this may touch. */
static int64_t
count_all(void)
{
	static const char *const others[] = { "tenants", "users", "emails",
		"primary_emails", "password_credentials",
		"webauthn_credentials", "members", "jwks" };
	int64_t n = 0;
	size_t i;

	for (i = 0; i < N(timed); i++)
		n += count_of(timed[i].table);
	for (i = 0; i < N(others); i++)
		n += count_of(others[i]);
	return n;
}

static void
give_session(const struct ptn_user_ref *u)
{
	(void)set_vars(u, -DAY);
	rows_sql("INSERT INTO %s", timed[1].insert);
	rows_sql("SET @s = @id");
}

static int64_t
late(size_t i)
{
	return rows_number("SELECT COUNT(*) FROM %s WHERE %s <"
			   " UTC_TIMESTAMP(6) - INTERVAL %d SECOND",
	    timed[i].table, timed[i].column, timed[i].late_s);
}

/* One too late, and one not yet: it is the first that goes, alone. */
static void
each_in_its_time(void **state)
{
	const struct ptn_user_ref u = rows_user_of(&tenant, "t@example.org");
	int64_t all;
	size_t i;

	(void)state;
	run(false); /* now there is a key */
	give_session(&u);
	for (i = 0; i < N(timed); i++) {
		(void)set_vars(&u, timed[i].late_s - SLACK_S);
		rows_sql("INSERT INTO %s", timed[i].insert);
		(void)set_vars(&u, timed[i].late_s + SLACK_S);
		rows_sql("INSERT INTO %s", timed[i].insert);
		assert_int_equal(late(i), 1);
		all = count_all();
		run(false);
		assert_int_equal(late(i), 0);
		assert_int_equal(count_all(), all - 1);
	}
}

/* Time passes for all tenants. */
static void
for_every_tenant(void **state)
{
	const struct ptn_uuid other = rows_tenant();
	const struct ptn_user_ref u = rows_user_of(&other, "t@example.org");
	size_t i;

	(void)state;
	give_session(&u);
	for (i = 0; i < N(timed); i++) {
		(void)set_vars(&u, timed[i].late_s + SLACK_S);
		rows_sql("SET @t = x'%s'", rows_hex(&other));
		rows_sql("INSERT INTO %s", timed[i].insert);
		assert_int_equal(late(i), 1);
	}
	run(false);
	for (i = 0; i < N(timed); i++)
		assert_int_equal(late(i), 0);
}

/* --------------------------------------------------------------- in batches */

#define DIGITS                                                                 \
	"(SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3"          \
	" UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7"         \
	" UNION SELECT 8 UNION SELECT 9)"
#define THOUSANDS                                                              \
	DIGITS " a, " DIGITS " b, " DIGITS " c, " DIGITS " e"                  \
	       " WHERE a.d + 10 * b.d + 100 * c.d + 1000 * e.d < %d"
#define DIGEST "MD5(CONCAT(@id, a.d, b.d, c.d, e.d))"

static void
give_challenges(const struct ptn_user_ref *u, int n, int ago_s)
{
	(void)set_vars(u, ago_s);
	rows_sql("INSERT INTO webauthn_challenges SELECT " DIGEST ", @t, NULL,"
		 " 'registration', 'preferred', @x, @x FROM " THOUSANDS,
	    n);
}

/* A backlog takes several rounds, the oldest first. */
static void
bounded(void **state)
{
	const struct ptn_user_ref u = rows_user_of(&tenant, "b@example.org");

	(void)state;
	rows_sql("DELETE FROM webauthn_challenges");
	give_challenges(&u, BATCH, HOUR);
	run(false);
	assert_int_equal(count_of("webauthn_challenges"), 0);
	give_challenges(&u, 50, HOUR);
	give_challenges(&u, ROUND_MAX, 2 * HOUR);
	assert_int_equal(count_of("webauthn_challenges"), ROUND_MAX + 50);
	run(false);
	assert_true(expiry.more);
	assert_int_equal(count_of("webauthn_challenges"), 50);
	assert_int_equal(rows_number("SELECT COUNT(*) FROM webauthn_challenges"
				     " WHERE expires_at < UTC_TIMESTAMP(6)"
				     " - INTERVAL 5400 SECOND"),
	    0);
	run(false);
	assert_false(expiry.more);
	assert_int_equal(count_of("webauthn_challenges"), 0);
}

/* What waits behind an error waits for the next round. */
static void
first_error_ends_it(void **state)
{
	const struct ptn_user_ref u = rows_user_of(&tenant, "e@example.org");

	(void)state;
	run(false);
	give_challenges(&u, 1, HOUR);
	(void)set_vars(&u, HOUR);
	rows_sql("INSERT INTO %s", timed[0].insert);
	rows_sql("RENAME TABLE sessions TO away");
	assert_int_equal(try(false), PTN_E_INTERNAL);
	rows_sql("RENAME TABLE away TO sessions");
	assert_int_equal(late(0), 0); /* mail comes before */
	assert_int_equal(late(2), 1);
	run(false);
	assert_int_equal(late(2), 0);
}

/* ------------------------------------------------------------------- tokens */

static bool
has(const char *table, const struct ptn_uuid *id)
{
	return rows_number("SELECT COUNT(*) FROM %s WHERE id = x'%s'", table,
		   rows_hex(id)) == 1;
}

/* One with a key; revoked: so many seconds ago, or "NULL". */
static struct ptn_uuid
give_token(const struct ptn_user_ref *u, int expired_s, const char *revoked,
    bool of_token)
{
	const struct ptn_uuid id = set_vars(u, expired_s);

	rows_sql("INSERT INTO key_credentials (id, tenant_id, user_id, kind,"
		 " cred_id, cred_hash, name, pem, fingerprint, algorithm,"
		 " active, created_at, of_token) VALUES (@id, @t, @u, 'Key',"
		 " HEX(@id), @id, 'n', 'p', 'f', 'ES256', 1, @x, %d)",
	    of_token);
	rows_sql("INSERT INTO access_tokens (id, tenant_id, user_id,"
		 " credential_id, hash, created_at, expires_at, revoked_at)"
		 " VALUES (@id, @t, @u, @id, @id, @x, @x,"
		 " UTC_TIMESTAMP(6) - INTERVAL %s SECOND)",
	    revoked);
	return id;
}

/* What has ended is there for a while, for whoever lists what they had. */
static void
tokens_that_ended(void **state)
{
	const struct ptn_user_ref u = rows_user_of(&tenant, "k@example.org");
	const struct ptn_uuid alive = give_token(&u, -DAY, "NULL", true);
	const struct ptn_uuid lately = give_token(&u, 29 * DAY, "NULL", true);
	const struct ptn_uuid ended = give_token(&u, -DAY, "2505600", true);
	const struct ptn_uuid expired = give_token(&u, 31 * DAY, "NULL", true);
	const struct ptn_uuid revoked = give_token(&u, -DAY, "2678400", true);
	const struct ptn_uuid own = give_token(&u, 31 * DAY, "2678400", false);
	const struct ptn_uuid *const stay[] = { &alive, &lately, &ended };
	const struct ptn_uuid *const gone[] = { &expired, &revoked };
	size_t i;

	(void)state;
	run(false);
	for (i = 0; i < N(stay); i++) {
		assert_true(has("access_tokens", stay[i]));
		assert_true(has("key_credentials", stay[i]));
	}
	for (i = 0; i < N(gone); i++) {
		assert_false(has("access_tokens", gone[i]));
		assert_false(has("key_credentials", gone[i]));
	}
	/* A key that is a credential of the user stays one. */
	assert_false(has("access_tokens", &own));
	assert_true(has("key_credentials", &own));
}

/* Those that ended together are not left over. */
static void
many_tokens(void **state)
{
	const struct ptn_user_ref u = rows_user_of(&tenant, "m@example.org");

	(void)state;
	(void)set_vars(&u, 31 * DAY);
	rows_sql("INSERT INTO access_tokens (id, tenant_id, user_id,"
		 " credential_id, hash, created_at, expires_at, revoked_at)"
		 " SELECT UNHEX(" DIGEST "), @t, @u, @id, UNHEX(" DIGEST "),"
		 " @x, @x, IF(a.d < 5, @x, NULL) FROM " THOUSANDS,
	    3 * BATCH);
	run(false);
	assert_int_equal(rows_number("SELECT COUNT(*) FROM access_tokens"
				     " WHERE user_id = @u"),
	    0);
}

/* ---------------------------------------------------------------- abandoned */

static struct ptn_uuid
give_address(const struct ptn_user_ref *u, int ago_s)
{
	const struct ptn_uuid id = set_vars(u, ago_s);

	rows_sql("INSERT INTO emails VALUES (@id, @t, NULL, HEX(@id), 0, @x,"
		 " @x)");
	rows_sql("SET @e = @id");
	return id;
}

static void
addresses_that_nobody_proved(void **state)
{
	const struct ptn_user_ref u = rows_user_of(&tenant, "a@example.org");
	struct ptn_uuid old, new, owned, asked;

	(void)state;
	old = give_address(&u, DAY + SLACK_S);
	new = give_address(&u, DAY - SLACK_S);
	owned = give_address(&u, 30 * DAY);
	rows_sql("UPDATE emails SET user_id = @u WHERE id = @e");
	asked = give_address(&u, DAY + SLACK_S);
	rows_sql("SET @x = UTC_TIMESTAMP(6)");
	rows_sql("INSERT INTO %s", timed[5].insert);
	run(false);
	assert_false(has("emails", &old));
	assert_true(has("emails", &new));
	assert_true(has("emails", &owned));
	assert_true(has("emails", &asked)); /* with a code under way */
	rows_sql("UPDATE passcodes SET expires_at ="
		 " UTC_TIMESTAMP(6) - INTERVAL 2 DAY");
	run(false); /* the code goes first, then what it was for */
	assert_false(has("emails", &asked));
	assert_true(has("emails", &owned));
}

static struct ptn_uuid
give_user(int ago_s)
{
	const struct ptn_user_ref nobody = { .verified = false };
	const struct ptn_uuid id = set_vars(&nobody, ago_s);

	rows_sql("INSERT INTO users (id, tenant_id, created_at, updated_at)"
		 " VALUES (@id, @t, @x, @x)");
	rows_sql("SET @u = @id, @x = UTC_TIMESTAMP(6) + INTERVAL 1 DAY");
	return id;
}

/* Whoever has one of these is not abandoned. */
static const char *const ties[] = {
	"emails VALUES (@id, @t, @u, 'tie@example.org', 0, @x, @x)",
	"passcodes SELECT @id, @t, @u, id, REPEAT('x', 32), 9, 0, @x, @x,"
	" 'tie', 0 FROM emails WHERE address = 'tie@example.org'",
	"password_credentials VALUES (@u, @t, 'h', 1, @x, @x)",
	"webauthn_credentials VALUES (REPEAT('x', 32), @t, 'c', @u, NULL, 'k',"
	" 'none', NULL, 0, 0, 0, '', NULL, @x, @x, 0, NULL, NULL, @x, 'hanko', 0,"
	" 0, NULL)",
	"members VALUES (@u, @t, 'tie', 'tie', 'EndUser', 0, 0, 0, NULL, @x,"
	" @x, NULL, NULL)",
	"sessions VALUES (@id, @t, @u, NULL, NULL, @x, @x, @x, 'hanko')",
};

static void
users_who_never_came_in(void **state)
{
	struct ptn_uuid tied[N(ties)], old, new, older;
	size_t i;

	(void)state;
	old = give_user(DAY + SLACK_S);
	new = give_user(DAY - SLACK_S);
	older = give_user(3 * DAY + SLACK_S);
	for (i = 0; i < N(ties); i++) {
		tied[i] = give_user(2 * DAY);
		rows_sql("INSERT INTO %s", ties[i]);
	}
	run(false);
	assert_false(has("users", &old));
	assert_true(has("users", &new));
	assert_true(has("users", &older)); /* only those of late */
	for (i = 0; i < N(ties); i++)
		assert_true(has("users", &tied[i]));
	run(true);
	assert_false(has("users", &older));
	assert_true(has("users", &new));
	for (i = 0; i < N(ties); i++)
		assert_true(has("users", &tied[i]));
}

/* All that came of one sign-up goes in one round. */
static void
a_sign_up_abandoned(void **state)
{
	const struct ptn_uuid user = give_user(2 * DAY);
	const struct ptn_user_ref u = { .id = user };
	const struct ptn_uuid address = give_address(&u, 2 * DAY);

	(void)state;
	rows_sql("SET @u = x'%s'", rows_hex(&user));
	rows_sql("INSERT INTO %s", timed[5].insert);
	run(false);
	assert_false(has("users", &user));
	assert_false(has("emails", &address));
}

static void
many_abandoned(void **state)
{
	const int64_t users = count_of("users"), emails = count_of("emails");

	(void)state;
	(void)give_user(0);
	rows_sql("SET @x = UTC_TIMESTAMP(6) - INTERVAL 2 DAY");
	rows_sql("INSERT INTO users (id, tenant_id, created_at, updated_at)"
		 " SELECT UNHEX(" DIGEST "), @t, @x, @x"
		 " FROM " THOUSANDS,
	    2 * BATCH + 1);
	rows_sql("INSERT INTO emails SELECT UNHEX(" DIGEST
		 "), @t, NULL, " DIGEST ", 0, @x, @x FROM " THOUSANDS,
	    2 * BATCH + 1);
	run(false);
	assert_int_equal(count_of("users"), users + 1);
	assert_int_equal(count_of("emails"), emails);
}

#define ROUND_USERS 20000 /* of whom a round looks at so many */

/* However many there are: one behind them goes in the next round. */
static void
a_walk_in_parts(void **state)
{
	const int64_t users = count_of("users");
	struct ptn_uuid last;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		(void)give_user(0);
		rows_sql("SET @x = UTC_TIMESTAMP(6) - INTERVAL 300 DAY");
		rows_sql("INSERT INTO users (id, tenant_id, created_at,"
			 " updated_at) SELECT UNHEX(" DIGEST "), @t, @x, @x"
			 " FROM " THOUSANDS,
		    ROUND_USERS / 2);
	}
	rows_sql("INSERT INTO password_credentials SELECT id, tenant_id, 'h', 1,"
		 " created_at, created_at FROM users WHERE created_at <"
		 " UTC_TIMESTAMP(6) - INTERVAL 200 DAY");
	last = give_user(100 * DAY);
	assert_int_equal(try_round(false, true), PTN_OK);
	assert_true(has("users", &last));
	assert_int_equal(try_round(false, false), PTN_OK);
	assert_false(has("users", &last));
	assert_int_equal(expiry.at_us, 0);
	assert_int_equal(count_of("users"),
	    users + 3 + 3 * (ROUND_USERS / 2));
	rows_sql("DELETE FROM users WHERE created_at <"
		 " UTC_TIMESTAMP(6) - INTERVAL 200 DAY");
}

/* --------------------------------------------------------------------- keys */

static enum ptn_err
rotate(int64_t delay_s, struct ptn_uuid *kid)
{
	struct ptn_scope sc = scope;

	sc.keys = keys;
	return ptn_keysets_rotate(&sc, PTN_API_HANKO, delay_s, kid);
}

static struct ptn_uuid
give_key(int ago_s)
{
	struct ptn_uuid kid;

	assert_int_equal(rotate(0, &kid),
	    PTN_OK);
	rows_sql("UPDATE jwks SET created_at ="
		 " UTC_TIMESTAMP(6) - INTERVAL %d SECOND,"
		 " signs_from = created_at WHERE id = x'%s'",
	    ago_s, rows_hex(&kid));
	return kid;
}

/* A key goes when the last token that it signed is dead. */
static void
keys_superseded(void **state)
{
	struct ptn_uuid old, last, signer;

	(void)state;
	rows_sql("DELETE FROM jwks");
	old = give_key(10 * DAY);
	last = give_key(9 * DAY);
	signer = give_key(HOUR - SLACK_S); /* its tokens live for an hour */
	run(false);
	assert_false(has("jwks", &old));
	assert_true(has("jwks", &last));
	assert_true(has("jwks", &signer));
	rows_sql("UPDATE jwks SET signs_from ="
		 " UTC_TIMESTAMP(6) - INTERVAL %d SECOND WHERE id = x'%s'",
	    HOUR + SLACK_S, rows_hex(&signer));
	ptn_keysets_free(&keys); /* as a process does that starts */
	assert_int_equal(ptn_keysets_new(&keys, &conf, secrets), PTN_OK);
	run(false);
	assert_false(has("jwks", &last));
	assert_true(has("jwks", &signer));
}

#define T(f) cmocka_unit_test_setup(f, rows_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(each_in_its_time),
		T(for_every_tenant),
		T(bounded),
		T(first_error_ends_it),
		T(tokens_that_ended),
		T(many_tokens),
		T(addresses_that_nobody_proved),
		T(users_who_never_came_in),
		T(a_sign_up_abandoned),
		T(many_abandoned),
		T(a_walk_in_parts),
		T(keys_superseded),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
