/*
 * Databases that earlier versions left, with somebody in them: brought up to
 * date they have what they had.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/migrate.h" /* $POSTERN_TEST_DB */

/*
 * A database as a version left it, of the test's own: what was done there is
 * written in SQL, and then it is brought up to date.
 */
static struct ptn_db *old;

/* Statements, each ending in ";" and a newline. */
static void
run_old(const char *sql)
{
	const char *end;

	for (; *sql != '\0'; sql = end) {
		end = strstr(sql, ";\n");
		assert_non_null(end);
		end += strlen(";\n");
		assert_int_equal(ptn_db_script(old, sql, (size_t)(end - sql)),
		    PTN_OK);
	}
}

static void
go_on_old(const char *name, int from, int to)
{
	int i;

	for (i = from; i < to; i++)
		run_old(ptn_migrations[i].text);
	rows_sql("INSERT INTO %s.schema_migrations"
		 " SELECT * FROM %s_now.schema_migrations"
		 " WHERE version > %d AND version <= %d",
	    name, name, from, to);
}

static void
at_old(const char *name, int version)
{
	migrate_at(ptn_arena_printf(arena, "%s_now", name));
	assert_int_equal(migrate_up(), PTN_OK);
	migrate_at(name);
	old = ptn_db_new(&other, PTN_DB_MIGRATE);
	assert_non_null(old);
	assert_int_equal(ptn_db_connect(old), PTN_OK);
	rows_sql("CREATE TABLE %s.schema_migrations"
		 " LIKE %s_now.schema_migrations",
	    name, name);
	go_on_old(name, 0, version);
}

/* clang-format off */
#define ID(name) "RPAD('" name "', 16, '.')"
#define T0 "'2026-01-01 00:00:00.000000'"
#define T1 "'2026-01-02 00:00:00.000000'"
#define T2 "'2026-01-03 00:00:00.000000'"

/* A tenant that no service account acts in, and one with one. */
#define TENANTS                                                                \
	"INSERT INTO tenants VALUES (" ID("t") ", 't', " T0                    \
	", NULL, NULL, NULL, 1), (" ID("s") ", 's', " T0                       \
	", NULL, NULL, NULL, 1);\n"                                            \
	"INSERT INTO users VALUES (" ID("robot") ", " ID("s") ", " T0          \
	", " T0 ");\n"                                                         \
	"INSERT INTO members VALUES (" ID("robot") ", " ID("s")                \
	", 'robot', 'robot', 'CustomerEmployee', 1, 1, 1, NULL, " T0           \
	", NULL);\n"

/* A user with a primary address, NAME@x.org. */
#define USER(tenant, name, verified)                                           \
	"INSERT INTO users VALUES (" ID(name) ", " ID(tenant) ", " T0          \
	", " T0 ");\n"                                                         \
	"INSERT INTO emails VALUES (" ID(name) ", " ID(tenant) ", " ID(name)   \
	", '" name "@x.org', " #verified ", " T0 ", " T0 ");\n"                \
	"INSERT INTO primary_emails VALUES (" ID(name) ", " ID(tenant)         \
	", " ID(name) ", " T0 ", " T0 ");\n"

#define MEMBER(tenant, name, registered)                                       \
	"INSERT INTO members VALUES (" ID(name) ", " ID(tenant)                \
	", '" name "@x.org', '" name "@x.org', 'EndUser', 1, " #registered     \
	", 0, NULL, " T1 ", NULL);\n"

/* A passkey NAME, made at one time and used at another. */
#define PASSKEY(tenant, user, name, rp_id, made, used)                         \
	"INSERT INTO webauthn_credentials VALUES (UNHEX(SHA2('" name           \
	"', 256)), " ID(tenant) ", '" name "', " ID(user) ", NULL, 'k',"       \
	" 'none', NULL, 0, 0, 0, '', " used ", " made ", " made ", 1, " rp_id  \
	", NULL, NULL);\n"

#define KEY(tenant, user, kind)                                                \
	"INSERT INTO key_credentials VALUES (" ID(user) ", " ID(tenant)        \
	", " ID(user) ", '" kind "', 'c', 'c', 'n', 'p', 'f', '', NULL, 1, "   \
	T1 ", NULL, NULL);\n"

#define LOGIN(tenant, user, at)                                                \
	"INSERT INTO audit_logs (id, tenant_id, type, actor_user_id,"          \
	" created_at) VALUES (" ID(user) ", " ID(tenant)                       \
	", 'dfns_login_succeeded', " ID(user) ", " at ");\n"

#define CODE(user, purpose, known)                                             \
	"INSERT INTO passcodes (id, tenant_id, user_id, email_id, purpose,"    \
	" known, code, ttl_s, try_count, created_at, expires_at) VALUES ("     \
	ID(purpose) ", " ID("t") ", " ID(user) ", " ID(user) ", '" purpose     \
	"', " #known ", RPAD('', 32, 'c'), 1, 0, " T1 ", " T2 ");\n"
/* clang-format on */

/* What it signed, by its credentialUuid in hexadecimal. */
static void
sign(const char *user, const char *passkey)
{
	struct ptn_uuid id;
	uint8_t hash[PTN_SHA256_LEN];

	ptn_crypto_sha256(ptn_bytes_of(passkey), hash);
	memcpy(id.b, hash, sizeof(id.b));
	id.b[6] = (uint8_t)((id.b[6] & 0x0f) | 0x40);
	id.b[8] = (uint8_t)((id.b[8] & 0x3f) | 0x80);
	run_old(ptn_arena_printf(arena,
	    "INSERT INTO action_signatures VALUES (RPAD('%s', 16, '.'),"
	    " RPAD('s', 16, '.'), RPAD('a', 16, '.'), RPAD('%s', 16, '.'),"
	    " 'n', 'PUT', '/', '', '', x'%s', 'Fido2', 'c', 'k', '', 'd', 'a',"
	    " 's', NULL, " T1 ", NULL);\n",
	    user, user, rows_hex(&id)));
}

/* Everybody that there was, by what is known of them. */
/* clang-format off */
static const char everybody[] = TENANTS
    /* Made here, and beside it one that was not. */
    USER("s", "member", 1) MEMBER("s", "member", 1)
    PASSKEY("s", "member", "made here", "'example.co'", T0, T0)
    PASSKEY("s", "member", "made there", "NULL", T0, T2)
    /* What has signed, or logged in, by the records. */
    USER("s", "signer", 1) MEMBER("s", "signer", 1)
    PASSKEY("s", "signer", "has signed", "NULL", T0, T1)
    PASSKEY("s", "signer", "has not", "NULL", T0, T1)
    USER("s", "login", 1) MEMBER("s", "login", 1)
    PASSKEY("s", "login", "logged in", "NULL", T0, T1)
    PASSKEY("s", "login", "not then", "NULL", T0, T2)
    LOGIN("s", "login", "'2026-01-02 00:00:00.000300'")
    /* Without records: it can only have been this one, or it can not. */
    USER("t", "alone", 1) MEMBER("t", "alone", 1)
    KEY("t", "alone", "RecoveryKey")
    PASSKEY("t", "alone", "the only one", "NULL", T0, T2)
    USER("t", "unused", 1) MEMBER("t", "unused", 1)
    PASSKEY("t", "unused", "never used", "NULL", T0, T0)
    USER("t", "late", 1) MEMBER("t", "late", 1)
    PASSKEY("t", "late", "made later", "NULL", T2, "'2026-01-04'")
    USER("t", "two", 1) MEMBER("t", "two", 1)
    PASSKEY("t", "two", "one of two", "NULL", T0, T2)
    PASSKEY("t", "two", "two of two", "NULL", T0, T2)
    USER("t", "keyed", 1) MEMBER("t", "keyed", 1) KEY("t", "keyed", "Key")
    PASSKEY("t", "keyed", "beside a key", "NULL", T0, T2)
    USER("s", "ward", 1) MEMBER("s", "ward", 1)
    PASSKEY("s", "ward", "of a ward", "NULL", T0, T2)
    /* Members who are not registered by their row, or have none. */
    USER("t", "invited", 0) MEMBER("t", "invited", 0)
    USER("t", "switched", 1) MEMBER("t", "switched", 0)
    PASSKEY("t", "switched", "of switched", "NULL", T0, T2)
    USER("t", "plain", 1) PASSKEY("t", "plain", "of plain", "NULL", T0, T2)
    USER("t", "unproved", 0)
    PASSKEY("t", "unproved", "of unproved", "NULL", T0, T2)
    USER("t", "nothing", 1);
/* clang-format on */

static void
expect(const char *sql, const char *want)
{
	assert_string_equal(rows_select(sql), want);
}

static void
upgraded_to_admitted(void **state)
{
	(void)state;
	at_old("admitted", 8);
	run_old(everybody);
	sign("signer", "has signed");
	assert_int_equal(migrate_up(), PTN_OK);
	expect("SELECT credential_id FROM admitted.webauthn_credentials"
	       " WHERE admitted = 1 ORDER BY 1",
	    "has signed\nlogged in\nmade here\nthe only one\n");
	expect("SELECT credential_id FROM admitted.webauthn_credentials"
	       " WHERE api <> 'hanko' OR active <> 1",
	    "made here\n");
	expect("SELECT CONCAT(username, ' ', registered, ' ',"
	       " IFNULL(TRIM(TRAILING '.' FROM email_id), '-'))"
	       " FROM admitted.members ORDER BY username",
	    "alone@x.org 1 alone\ninvited@x.org 0 -\nkeyed@x.org 1 keyed\n"
	    "late@x.org 1 late\nlogin@x.org 1 login\nmember@x.org 1 member\n"
	    "plain@x.org 1 plain\nrobot 1 -\nsigner@x.org 1 signer\n"
	    "switched@x.org 1 switched\ntwo@x.org 1 two\n"
	    "unused@x.org 1 unused\nward@x.org 1 ward\n");
	ptn_db_free(&old);
}

/* Where this API was never in use, passkeys make nobody a member. */
static void
upgraded_without_members(void **state)
{
	(void)state;
	at_old("memberless", 8);
	run_old("INSERT INTO tenants VALUES (" ID(
	    "t") ", 't', " T0 ", NULL, NULL, NULL, 1);\n" USER("t", "plain", 1)
		PASSKEY("t", "plain", "of plain", "NULL", T0, T2));
	assert_int_equal(migrate_up(), PTN_OK);
	expect("SELECT COUNT(*) FROM memberless.members", "0\n");
	expect("SELECT api, admitted FROM memberless.webauthn_credentials",
	    "hanko\t0\n");
	ptn_db_free(&old);
}

/* Everybody begins in the first epoch; who was known counts as a browser. */
static void
upgraded_to_known(void **state)
{
	(void)state;
	at_old("known", 11);
	run_old("INSERT INTO tenants VALUES (" ID(
	    "t") ", 't', " T0 ", NULL, NULL, NULL, 1);\n" USER("t", "jo", 1)
		CODE("jo", "login", 0) CODE("jo", "recovery", 1));
	assert_int_equal(migrate_up(), PTN_OK);
	expect("SELECT known_epoch FROM known.users", "0\n");
	expect("SELECT purpose, known FROM known.passcodes ORDER BY 1",
	    "login\t0\nrecovery\t2\n");
	ptn_db_free(&old);
}

/*
 * A SELECT for each table, of numbers that stand for its rows: by the columns
 * that it has now, so that it asks the same when there are more.
 */
static const char *
selects(const char *name)
{
	return rows_text(
	    "SELECT CONCAT('SELECT ''', table_name, ''', COUNT(*),"
	    " SUM(CRC32(CONCAT_WS(''|'', ', GROUP_CONCAT(CONCAT('HEX(IFNULL(`',"
	    " column_name, '`, ''-''))') ORDER BY ordinal_position), ')))"
	    " FROM %s.', table_name) FROM information_schema.columns"
	    " WHERE table_schema = '%s' AND table_name <> 'schema_migrations'"
	    " GROUP BY table_name ORDER BY table_name",
	    name, name);
}

/* What they return, a line each; how many tables have rows. */
static const char *
returned(const char *asked, int *with_rows)
{
	char *line, *rest = ptn_arena_strdup(arena, asked);
	const char *one;
	struct ptn_buf b;

	ptn_buf_init(&b, arena);
	*with_rows = 0;
	while ((line = strtok_r(rest, "\n", &rest)) != NULL) {
		one = rows_select(line);
		*with_rows += strstr(one, "\t0\t") == NULL;
		ptn_buf_add(&b, one, strlen(one));
	}
	assert_false(b.bad);
	return ptn_arena_strndup(arena, b.p, b.len);
}

/* What who was there before flows were had, too; and a flow that has begun. */
/* clang-format off */
static const char belongings[] =
	"INSERT INTO tenants (id, name, created_at) VALUES (" ID("first")
	", 'default', " T0 ");\n"
	"INSERT INTO password_credentials VALUES (" ID("plain") ", " ID("t")
	", 'h', 1, " T0 ", " T0 ");\n"
	"INSERT INTO sessions (id, tenant_id, user_id, created_at, last_used,"
	" expires_at) VALUES (" ID("s") ", " ID("t") ", " ID("plain") ", " T0
	", " T1 ", " T2 ");\n"
	"UPDATE users SET known_epoch = 7;\n";
static const char under_way[] =
	"INSERT INTO flows VALUES (" ID("f") ", " ID("t") ", 3, 'sealed', " T0
	", " T1 ", " T2 ");\n";
/* clang-format on */

/* Flows are new, and those under way go on; all else stays as it was. */
static void
upgraded_to_flows(void **state)
{
	const char *asked, *before;
	int filled, still;

	(void)state;
	at_old("flowing", 8);
	run_old(everybody);
	go_on_old("flowing", 8, 12);
	run_old(belongings);
	assert_int_equal(migrate_served(), PTN_E_CONFIG);
	go_on_old("flowing", 12, 13);
	run_old(under_way);
	asked = selects("flowing");
	before = returned(asked, &filled);
	assert_true(filled >= 9);
	assert_int_equal(migrate_up(), PTN_OK);
	assert_string_equal(returned(asked, &still), before);
	assert_int_equal(still, filled);
	assert_int_equal(migrate_served(), PTN_OK);
	assert_int_equal(migrate_shape("flowing"),
	    migrate_shape("flowing_now"));
	ptn_db_free(&old);
}

/* clang-format off */
#define AT_15                                                                  \
	"INSERT INTO tenants VALUES (" ID("t") ", 't', " T0                    \
	", NULL, NULL, NULL, 1);\n"                                            \
	"INSERT INTO users (id, tenant_id, created_at, updated_at) VALUES ("   \
	ID("jo") ", " ID("t") ", " T0 ", " T0 ");\n"

#define PASSKEY_AT_15(name, count, api, admitted)                              \
	"INSERT INTO webauthn_credentials (id_hash, tenant_id, credential_id," \
	" user_id, name, public_key, attestation, sign_count,"                 \
	" backup_eligible, backup_state, transports, created_at, updated_at,"  \
	" api, admitted) VALUES (UNHEX(SHA2('" name "', 256)), " ID("t")       \
	", '" name "', " ID("jo") ", '" name "', 'k', 'none', " #count         \
	", 0, 0, '', " T0 ", " T0 ", '" api "', " #admitted ");\n"
/* clang-format on */

/* What there is is a passkey, and stays one. */
static void
upgraded_to_security_keys(void **state)
{
	static const char there[] =
	    "SELECT CONCAT_WS(' ', name, sign_count, api, admitted, active)"
	    " FROM keyed.webauthn_credentials ORDER BY 1";
	const char *before;

	(void)state;
	at_old("keyed", 15);
	run_old(AT_15 PASSKEY_AT_15("one", 5, "hanko", 0)
		PASSKEY_AT_15("two", 6, "dfns", 1));
	before = rows_select(there);
	assert_string_equal(before, "one 5 hanko 0 1\ntwo 6 dfns 1 1\n");
	assert_int_equal(migrate_up(), PTN_OK);
	expect(there, before);
	expect("SELECT SUM(mfa_only) FROM keyed.webauthn_credentials", "0\n");
	assert_int_equal(migrate_served(), PTN_OK);
	ptn_db_free(&old);
}

/*
 * A statement that fails is named, and so is how far it came: the second of
 * 0010 would add a column that is there.
 */
static void
stopped(void **state)
{
	(void)state;
	at_old("stopped", 9);
	ptn_db_free(&old);
	rows_sql("ALTER TABLE stopped.rate_limits ADD COLUMN whom INT");
	assert_int_equal(migrate_up(), PTN_E_INTERNAL);
	assert_int_equal(lines(out, "applied"), 0);
	assert_int_equal(lines(err, "stopped at statement 2 of "), 1);
	assert_int_equal(lines(err, "the database has it in part"), 1);
	assert_true(is_pending());
	assert_int_equal(lines(out, "interrupted after 1 of "), 1);
	assert_int_equal(lines(out, "pending"), ptn_migrations_n - 10);
	assert_int_equal(migrate_served(), PTN_E_CONFIG);
	assert_int_equal(migrate_up(), PTN_E_INTERNAL);
	rows_sql("ALTER TABLE stopped.rate_limits DROP COLUMN whom");
	assert_int_equal(migrate_up(), PTN_OK);
	assert_int_equal(lines(out, "was interrupted, going on"), 1);
	assert_int_equal(lines(out, ": applied\n"), ptn_migrations_n - 9);
	assert_false(is_pending());
	assert_int_equal(migrate_served(), PTN_OK);
}

/* What fails at once has not begun: the first of 0012 adds that. */
static void
not_begun(void **state)
{
	(void)state;
	at_old("not_begun", 11);
	ptn_db_free(&old);
	rows_sql("ALTER TABLE not_begun.users ADD COLUMN known_epoch INT");
	assert_int_equal(migrate_up(), PTN_E_INTERNAL);
	assert_true(is_pending());
	assert_int_equal(lines(out, "pending"), ptn_migrations_n - 11);
	rows_sql("ALTER TABLE not_begun.users DROP COLUMN known_epoch");
	assert_int_equal(migrate_up(), PTN_OK);
}

#define T(f) cmocka_unit_test_setup(f, rows_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(upgraded_to_admitted),
		T(upgraded_without_members),
		T(upgraded_to_known),
		T(upgraded_to_flows),
		T(upgraded_to_security_keys),
		T(stopped),
		T(not_begun),
	};

	return cmocka_run_group_tests(tests, rows_setup, migrate_teardown);
}
