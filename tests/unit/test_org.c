/* Organisations: found, filled up from the configuration, switched off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/org.h"
#include "lib/format/dfnsid.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define LONG 4200
#define COL_NAME 64
#define COL_RP_NAME 255
#define COL_ORIGINS 4096

static char origin[] = "https://example.co";
static char *origins[] = { origin };

static int
setup(void **state)
{
	if (rows_setup(state) != 0)
		return -1;
	conf.rp_origins = (struct ptn_strs){ origins, 1 };
	return 0;
}

static struct ptn_uuid
put(const char *name)
{
	struct ptn_org_row row = { .name = name };

	assert_int_equal(ptn_org_put(&scope, &row), PTN_OK);
	return row.id;
}

static struct ptn_org_row
find(const char *text)
{
	struct ptn_org_row row;

	assert_int_equal(ptn_org_find(&scope, text, &row), PTN_OK);
	return row;
}

static const char *
id_text(enum ptn_dfnsid_kind kind, const struct ptn_uuid *id)
{
	char text[PTN_DFNSID_STR];

	ptn_dfnsid_format(kind, id, text);
	return ptn_arena_strdup(arena, text);
}

static void
stored(void **state)
{
	struct ptn_org_row in = { .name = "Stored, Inc.",
		.rp_id = "example.net",
		.rp_name = "S",
		.origins = "https://a.example.net https://b.example.net" };
	struct ptn_org_row row;
	struct ptn_org org;

	(void)state;
	assert_int_equal(ptn_org_put(&scope, &in), PTN_OK);
	assert_true(ptn_uuid_is_v4(&in.id));
	assert_true(in.active);
	row = find("Stored, Inc.");
	assert_true(ptn_uuid_equal(&row.id, &in.id));
	assert_string_equal(row.name, in.name);
	assert_string_equal(row.rp_id, in.rp_id);
	assert_string_equal(row.rp_name, in.rp_name);
	assert_string_equal(row.origins, in.origins);
	assert_true(row.active);
	row = find(id_text(PTN_DFNSID_ORG, &in.id));
	assert_string_equal(row.name, in.name);
	assert_int_equal(ptn_org_get(&scope, &in.id, &org), PTN_OK);
	assert_true(ptn_uuid_equal(&org.id, &in.id));
	assert_string_equal(org.name, in.name);
	assert_string_equal(org.rp_id, "example.net");
	assert_string_equal(org.rp_name, "S");
	assert_int_equal(org.origins.n, 2);
	assert_string_equal(org.origins.v[0], "https://a.example.net");
	assert_string_equal(org.origins.v[1], "https://b.example.net");
	assert_true(org.active);
}

/* What the row is silent of, the configuration says; the row does not. */
static void
silent(void **state)
{
	const struct ptn_uuid id = put("Silent");
	struct ptn_org_row row = find("Silent");
	struct ptn_org org;

	(void)state;
	assert_null(row.rp_id);
	assert_null(row.rp_name);
	assert_null(row.origins);
	assert_int_equal(ptn_org_get(&scope, &id, &org), PTN_OK);
	assert_string_equal(org.rp_id, "example.co");
	assert_string_equal(org.rp_name, "Example");
	assert_int_equal(org.origins.n, 1);
	assert_string_equal(org.origins.v[0], "https://example.co");
	row.origins = "";
	assert_int_equal(ptn_org_of(arena, &conf, &row, &org), PTN_OK);
	assert_int_equal(org.origins.n, 0); /* none, and not ours */
	row.origins = " *  b ";
	assert_int_equal(ptn_org_of(arena, &conf, &row, &org), PTN_OK);
	assert_int_equal(org.origins.n, 2);
	assert_string_equal(org.origins.v[0], "*");
	assert_string_equal(org.origins.v[1], "b");
}

static void
not_there(void **state)
{
	const struct ptn_uuid none = ptn_uuid_new(), id = put("There");
	struct ptn_org_row row;
	struct ptn_org org;
	const char *const texts[] = { "", "there", "Nowhere",
		id_text(PTN_DFNSID_ORG, &none), id_text(PTN_DFNSID_USER, &id),
		"or-" };
	size_t i;

	(void)state;
	for (i = 0; i < N(texts); i++)
		if (ptn_org_find(&scope, texts[i], &row) != PTN_E_NOT_FOUND)
			fail_msg("%s", texts[i]);
	assert_int_equal(ptn_org_get(&scope, &none, &org), PTN_E_NOT_FOUND);
}

static void
named_once(void **state)
{
	struct ptn_org_row again = { .name = "Once" };
	struct ptn_uuid id = put("Once");
	struct ptn_org_row row;

	(void)state;
	assert_int_equal(ptn_org_put(&scope, &again), PTN_E_CONFLICT);
	row = find("Once");
	assert_true(ptn_uuid_equal(&row.id, &id));
	again.name = "once";
	assert_int_equal(ptn_org_put(&scope, &again), PTN_OK);
}

static void
listed_oldest_first(void **state)
{
	const struct ptn_uuid a = put("Listed A"), b = put("Listed B");
	struct ptn_org_row *row;
	size_t n;

	(void)state;
	rows_sql("UPDATE tenants SET created_at = '2001-01-01'"
		 " WHERE name = 'Listed B'");
	rows_sql("UPDATE tenants SET created_at = '2001-01-02', active = 0"
		 " WHERE name = 'Listed A'");
	assert_int_equal(ptn_orgs(&scope, &row, &n), PTN_OK);
	assert_int_equal(n, rows_number("SELECT COUNT(*) FROM tenants"));
	assert_true(ptn_uuid_equal(&row[0].id, &b));
	assert_true(ptn_uuid_equal(&row[1].id, &a));
	assert_string_equal(row[1].name, "Listed A");
	assert_true(row[0].active && !row[1].active);
}

static void
relying_party_changed(void **state)
{
	const struct ptn_uuid other = put("Not changed");
	struct ptn_org_row row = { .id = put("Changed"),
		.name = "not looked at",
		.rp_id = "example.org",
		.rp_name = "Name",
		.origins = "*" };
	struct ptn_org_row now;
	bool changed;

	(void)state;
	assert_int_equal(ptn_org_set_rp(&scope, &row, &changed), PTN_OK);
	assert_true(changed);
	assert_int_equal(ptn_org_set_rp(&scope, &row, &changed), PTN_OK);
	assert_false(changed);
	now = find("Changed");
	assert_string_equal(now.rp_id, "example.org");
	assert_string_equal(now.rp_name, "Name");
	assert_string_equal(now.origins, "*");
	assert_true(now.active);
	now = find("Not changed");
	assert_true(ptn_uuid_equal(&now.id, &other));
	assert_null(now.rp_id);
	row.rp_id = row.rp_name = row.origins = NULL;
	assert_int_equal(ptn_org_set_rp(&scope, &row, &changed), PTN_OK);
	assert_true(changed);
	assert_int_equal(ptn_org_set_rp(&scope, &row, &changed), PTN_OK);
	assert_false(changed);
	now = find("Changed");
	assert_null(now.rp_id);
	assert_null(now.rp_name);
	assert_null(now.origins);
}

/* -------------------------------------------------------------- switched off
 */

static void
give_session(const struct ptn_uuid *org, const struct ptn_uuid *user,
    const char *api)
{
	const struct ptn_uuid id = ptn_uuid_new();

	rows_sql("INSERT INTO sessions VALUES (x'%s', x'%s', x'%s', NULL, NULL,"
		 " UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), '%s')",
	    rows_hex(&id), rows_hex(org), rows_hex(user), api);
}

static int64_t
sessions(const struct ptn_uuid *org, const char *api)
{
	return rows_number("SELECT COUNT(*) FROM sessions"
			   " WHERE tenant_id = x'%s' AND api = '%s'",
	    rows_hex(org), api);
}

struct switching {
	struct ptn_uuid id;
	bool active;
};

static enum ptn_err
set_active(const struct ptn_scope *sc, void *arg)
{
	const struct switching *s = arg;

	return ptn_org_set_active(sc, &s->id, s->active);
}

/* Their sessions of one API end, and nobody else's. */
static void
switched_off(void **state)
{
	struct switching s = { .id = put("Switched off"), .active = true };
	const struct ptn_uuid other = put("Left on");
	const struct ptn_user_ref one = rows_user_of(&s.id, "a@example.org");
	const struct ptn_user_ref two = rows_user_of(&s.id, "b@example.org");
	const struct ptn_user_ref far = rows_user_of(&other, "a@example.org");

	(void)state;
	give_session(&s.id, &one.id, "dfns");
	give_session(&s.id, &two.id, "dfns");
	give_session(&s.id, &one.id, "hanko");
	give_session(&other, &far.id, "dfns");
	assert_int_equal(ptn_tx(&scope, set_active, &s), PTN_OK);
	assert_true(find("Switched off").active);
	assert_int_equal(sessions(&s.id, "dfns"), 2);
	s.active = false;
	assert_int_equal(ptn_tx(&scope, set_active, &s), PTN_OK);
	assert_false(find("Switched off").active);
	assert_int_equal(ptn_org_end_sessions(&scope, &s.id), PTN_OK);
	assert_int_equal(sessions(&s.id, "dfns"), 0);
	assert_int_equal(sessions(&s.id, "hanko"), 1);
	assert_int_equal(sessions(&other, "dfns"), 1);
	assert_true(find("Left on").active);
	s.active = true;
	assert_int_equal(ptn_tx(&scope, set_active, &s), PTN_OK);
	assert_true(find("Switched off").active);
}

/* Users with a session each, many of one time: none is passed over. */
static void
ended_by_rounds(void **state)
{
	const struct ptn_uuid id = put("Many");
	const uint64_t before = ptn_db_count(db);
	const char *org = rows_hex(&id);

	(void)state;
	rows_sql("INSERT INTO users (id, tenant_id, created_at, updated_at)"
		 " SELECT UNHEX(MD5(CONCAT('many', seq))), x'%s',"
		 " '2020-01-01' + INTERVAL seq DIV 700 SECOND, '2020-01-01'"
		 " FROM seq_1_to_1200",
	    org);
	rows_sql("INSERT INTO sessions SELECT id, tenant_id, id, NULL, NULL,"
		 " UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6),"
		 " 'dfns' FROM users WHERE tenant_id = x'%s'",
	    org);
	assert_int_equal(sessions(&id, "dfns"), 1200);
	assert_int_equal(ptn_org_end_sessions(&scope, &id), PTN_OK);
	assert_int_equal(sessions(&id, "dfns"), 0);
	assert_int_equal(ptn_db_count(db) - before, 6); /* 3 rounds */
}

/* ---------------------------------------------------------------- problems */

static const char *
filled(char c, size_t n)
{
	char *s = ptn_arena_alloc(arena, n + 1);

	assert_non_null(s);
	memset(s, c, n);
	return s;
}

/* Characters of two bytes each. */
static const char *
umlauts(size_t n)
{
	char *s = ptn_arena_alloc(arena, 2 * n + 1);
	size_t i;

	assert_non_null(s);
	for (i = 0; i < n; i++)
		memcpy(s + 2 * i, "\xc3\xa4", 2);
	return s;
}

static void
names(void **state)
{
	const struct ptn_uuid id = ptn_uuid_new();
	const char *const good[] = { "A", "Acme, Inc.", "a b", "*", "or-",
		"\xe2\x82\xac", filled('n', COL_NAME), umlauts(COL_NAME) };
	const char *const bad[] = { "", " ", " a", "a ", "a\nb", "a\tb", "\x7f",
		"\xff", "\xed\xa0\x80", id_text(PTN_DFNSID_ORG, &id),
		filled('n', COL_NAME + 1), umlauts(COL_NAME + 1) };
	struct ptn_org_row row = { .name = "Fine" };
	size_t i;

	(void)state;
	for (i = 0; i < N(good); i++) {
		row.name = good[i];
		assert_null(ptn_org_problem(&row));
		(void)put(good[i]); /* and it fits its column */
		assert_string_equal(find(good[i]).name, good[i]);
	}
	for (i = 0; i < N(bad); i++) {
		row.name = bad[i];
		if (ptn_org_problem(&row) == NULL)
			fail_msg("%s", bad[i]);
	}
}

static void
relying_parties(void **state)
{
	static const char *const good[] = { "example.co", "localhost",
		"a.b.example.co" };
	static const char *const bad[] = { "", "127.0.0.1", "[::1]", "::1",
		"example.co:443", "https://example.co", "example .co", ".a.co",
		"a.co.", "*.example.co" };
	struct ptn_org_row row = { .name = "Fine" };
	size_t i;

	(void)state;
	for (i = 0; i < N(good); i++) {
		row.rp_id = good[i];
		assert_null(ptn_org_problem(&row));
	}
	for (i = 0; i < N(bad); i++) {
		row.rp_id = bad[i];
		if (ptn_org_problem(&row) == NULL)
			fail_msg("%s", bad[i]);
	}
	row.rp_id = NULL;
	row.rp_name = umlauts(COL_RP_NAME);
	assert_null(ptn_org_problem(&row));
	row.rp_name = umlauts(COL_RP_NAME + 1);
	assert_non_null(ptn_org_problem(&row));
	row.rp_name = "";
	assert_non_null(ptn_org_problem(&row));
}

/* So many origins, of so many bytes each with its space. */
static const char *
many(size_t n, size_t bytes)
{
	static char list[LONG * 4];
	const char *const head = "https://";
	size_t i, len = 0;

	for (i = 0; i < n; i++) {
		memset(list + len, 'a', bytes);
		memcpy(list + len, head, strlen(head));
		len += bytes;
		list[len - 1] = ' ';
	}
	list[len - 1] = '\0';
	return list;
}

static void
origins_refused(void **state)
{
	static const char *const good[] = { "", "*", "https://example.co",
		"http://localhost:8080", "https://[::1]:8443",
		"https://a.example.co https://b.example.co:444",
		"android:apk-key-hash:AbC-_09", "ios:bundle-id:co.example.app",
		"https://example.co android:apk-key-hash:x" };
	static const char *const bad[] = { "* https://example.co",
		"https://example.co *", "https://*.example.co", "example.co",
		"https://example.co/", "https://example.co/a", "https://",
		"HTTPS://example.co", "https://Example.co",
		"https://example.co:443", "https://example.co:0",
		"https://example.co:65536", "https://u@example.co",
		"android:apk-key-hash:a b",
		"android:apk-key-hash:a=", "ios:bundle-id:a/b", "ios:bundle:a",
		"https://a.co\thttps://b.co" };
	struct ptn_org_row row = { .name = "Fine" };
	size_t i;

	(void)state;
	for (i = 0; i < N(good); i++) {
		row.origins = good[i];
		if (ptn_org_problem(&row) != NULL)
			fail_msg("%s", good[i]);
	}
	for (i = 0; i < N(bad); i++) {
		row.origins = bad[i];
		if (ptn_org_problem(&row) == NULL)
			fail_msg("%s", bad[i]);
	}
}

static void
origins_many(void **state)
{
	struct ptn_org_row row = { .name = "Many origins" };
	struct ptn_org org;

	(void)state;
	/* As many and as long as may be are stored, and all come back. */
	row.origins = many(PTN_ORG_ORIGINS_MAX, 60);
	assert_null(ptn_org_problem(&row));
	assert_int_equal(ptn_org_put(&scope, &row), PTN_OK);
	assert_int_equal(ptn_org_get(&scope, &row.id, &org), PTN_OK);
	assert_int_equal(org.origins.n, PTN_ORG_ORIGINS_MAX);
	assert_int_equal(strlen(org.origins.v[PTN_ORG_ORIGINS_MAX - 1]), 59);
	row.origins = many(PTN_ORG_ORIGINS_MAX + 1, 60);
	assert_non_null(ptn_org_problem(&row));
	row.origins = many(17, COL_ORIGINS / 16);
	assert_true(strlen(row.origins) > COL_ORIGINS);
	assert_non_null(ptn_org_problem(&row));
	row.origins = many(1, 302);
	assert_non_null(ptn_org_problem(&row));
}

#define T(f) cmocka_unit_test_setup(f, rows_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(stored),
		T(silent),
		T(not_there),
		T(named_once),
		T(listed_oldest_first),
		T(relying_party_changed),
		T(switched_off),
		T(ended_by_rounds),
		T(names),
		T(relying_parties),
		T(origins_refused),
		T(origins_many),
	};

	return cmocka_run_group_tests(tests, setup, rows_teardown);
}
