/* Tenants that a process serves: which, with what, and how fresh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/org.h"
#include "lib/account/tenant.h"
#include "lib/conf/conf.h"
#include "tests/unit/clock.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define REFRESH_S 5
#define FRESH_MS (REFRESH_S * 1000)
#define THEN_MS 1000000

static char host_a[] = "login.a.example A";
static char host_v6[] = "[2001:db8::1] A";
static char host_main[] = "login.example.co default";
static char host_none[] = "login.none.example Nobody";
static char path_b[] = "/b B, Inc.";
static char path_bb[] = "/b/b A";
static char path_silent[] = "/silent Silent";
static char *hosts[] = { host_a, host_v6, host_main, host_none };
static char *paths[] = { path_b, path_bb, path_silent };
static char origin[] = "https://example.co", aud[] = "audience";
static char *origins[] = { origin }, *auds[] = { aud };

static struct ptn_uuid id_a, id_b, id_silent;
static struct ptn_tenants *tenants;

static struct ptn_uuid
put(const char *name, const char *rp_id, const char *rp_name, const char *of)
{
	struct ptn_org_row row = { .name = name,
		.rp_id = rp_id,
		.rp_name = rp_name,
		.origins = of };

	assert_int_equal(ptn_org_put(&scope, &row), PTN_OK);
	return row.id;
}

static int
setup(void **state)
{
	if (rows_setup(state) != 0)
		return -1;
	conf.service_name = "Service";
	conf.cookie_domain = "example.co";
	conf.rp_origins = (struct ptn_strs){ origins, N(origins) };
	conf.audience = (struct ptn_strs){ auds, N(auds) };
	conf.tenant_refresh_s = REFRESH_S;
	conf.tenant_hosts = (struct ptn_strs){ hosts, N(hosts) };
	conf.tenant_paths = (struct ptn_strs){ paths, N(paths) };
	id_a = put("A", "a.example", "Tenant A", "https://a.example");
	id_b = put("B, Inc.", NULL, NULL, "https://b.example *");
	id_silent = put("Silent", NULL, NULL, NULL);
	return 0;
}

static int
each(void **state)
{
	clock_mono_ms = THEN_MS;
	tenants = ptn_tenants_new(&conf);
	return tenants == NULL ? -1 : rows_each(state);
}

static int
each_ends(void **state)
{
	(void)state;
	ptn_tenants_free(&tenants);
	return tenants == NULL ? 0 : -1;
}

static const struct ptn_mount *
at_host(const char *host)
{
	return ptn_tenants_by_host(tenants, host);
}

static const struct ptn_mount *
at_path(const char *path, const char *rest)
{
	const char *p = path;
	const struct ptn_mount *m = ptn_tenants_by_path(tenants, &p);

	assert_string_equal(p, rest);
	return m;
}

/* What it is, and that so many statements were needed to know. */
static enum ptn_err
get(const struct ptn_mount *m, struct ptn_tenant *t, int statements)
{
	const uint64_t before = ptn_db_count(db);
	enum ptn_err r;

	memset(t, 0xff, sizeof(*t));
	r = ptn_tenants_get(tenants, &scope, m, t);
	assert_int_equal(ptn_db_count(db) - before, statements);
	return r;
}

/* ------------------------------------------------------------------ places */

static void
by_host(void **state)
{
	static const char *const same[] = { "login.a.example",
		"LOGIN.A.Example", "login.a.example:8443", "login.a.example." };
	static const char *const none[] = { "", "a.example",
		"x.login.a.example", "login.a.example.evil.example",
		"login.a.examples", "login.a.example:x", "/b",
		"login.b.example" };
	const struct ptn_mount *a = at_host(same[0]);
	size_t i;

	(void)state;
	assert_non_null(a);
	assert_string_equal(a->org, "A");
	for (i = 1; i < N(same); i++)
		assert_ptr_equal(at_host(same[i]), a);
	for (i = 0; i < N(none); i++)
		if (at_host(none[i]) != NULL)
			fail_msg("%s", none[i]);
	assert_null(at_host(NULL));
	assert_non_null(at_host("[2001:db8::1]:443"));
	assert_ptr_not_equal(at_host("[2001:db8::1]"), a);
}

static void
by_path(void **state)
{
	(void)state;
	assert_string_equal(at_path("/b", "")->org, "B, Inc.");
	assert_string_equal(at_path("/b/users", "/users")->org, "B, Inc.");
	assert_string_equal(at_path("/b/", "/")->org, "B, Inc.");
	/* The longest of those that lie in each other. */
	assert_string_equal(at_path("/b/b", "")->org, "A");
	assert_string_equal(at_path("/b/b/x", "/x")->org, "A");
	assert_string_equal(at_path("/b/bx", "/bx")->org, "B, Inc.");
	assert_null(at_path("/bx", "/bx"));
	assert_null(at_path("/B", "/B"));
	assert_null(at_path("/", "/"));
	assert_null(at_path("", ""));
	assert_null(at_path("/x/b", "/x/b"));
	assert_null(at_path("login.a.example", "login.a.example"));
}

/* A path that begins with an id, whose rest is "/x". */
static const struct ptn_mount *
at_id(struct ptn_tenants *of, const struct ptn_uuid *id)
{
	char path[PTN_UUID_STR + 3], text[PTN_UUID_STR];
	const char *p = path;
	const struct ptn_mount *m;

	ptn_uuid_format(id, text);
	(void)snprintf(path, sizeof(path), "/%s/x", text);
	if ((m = ptn_tenants_by_id_of(of, &p)) != NULL)
		assert_string_equal(p, "/x");
	return m;
}

static void
by_id(void **state)
{
	static const char *const none[] = { "/", "", "/b",
		"/7D7A2C0E-52c5-4d39-9c7b-0c1c6d5f3b11",
		"/7d7a2c0e-52c5-4d39-9c7b-0c1c6d5f3b111/x",
		"/7d7a2c0e52c54d399c7b0c1c6d5f3b11", "7d7a2c0e" };
	struct ptn_conf on = conf;
	struct ptn_tenants *ts;
	struct ptn_tenant t;
	const struct ptn_mount *m;
	const char *p;
	size_t i;

	(void)state;
	assert_null(at_id(tenants, &id_a)); /* switched off */
	on.tenant_ids = true;
	on.base_path = "/id";
	ts = ptn_tenants_new(&on);
	assert_non_null(ts);
	for (i = 0; i < N(none); i++) {
		p = none[i];
		if (ptn_tenants_by_id_of(ts, &p) != NULL || p != none[i])
			fail_msg("%s", none[i]);
	}
	m = at_id(ts, &id_a);
	assert_int_equal(ptn_tenants_get(ts, &scope, m, &t), PTN_OK);
	assert_true(t.named && ptn_uuid_equal(&t.id, &id_a));
	assert_int_equal(strncmp(t.path, "/id/", 4), 0);
	assert_int_equal(strlen(t.path), 40);
	assert_ptr_equal(at_id(ts, &id_a), m);
	assert_int_equal(ptn_tenants_get(ts, &scope, at_id(ts, &tenant), &t),
	    PTN_OK);
	assert_false(t.named);
	ptn_tenants_free(&ts);
}

/* Ids that somebody makes up drive out none that is somebody's. */
static void
ids_made_up(void **state)
{
	struct ptn_conf on = conf;
	struct ptn_tenants *ts;
	struct ptn_tenant t;
	struct ptn_uuid id;
	uint64_t before;
	int i;

	(void)state;
	on.tenant_ids = true;
	ts = ptn_tenants_new(&on);
	assert_non_null(ts);
	for (i = 0; i < 100; i++) {
		id = ptn_uuid_new();
		assert_int_equal(
		    ptn_tenants_get(ts, &scope, at_id(ts, &id), &t),
		    PTN_E_NOT_FOUND);
		if (i == 0) {
			assert_int_equal(
			    ptn_tenants_get(ts, &scope, at_id(ts, &id_a), &t),
			    PTN_OK);
			assert_int_equal(
			    ptn_tenants_get(ts, &scope, at_id(ts, &id_b), &t),
			    PTN_OK);
		}
	}
	before = ptn_db_count(db);
	assert_int_equal(ptn_tenants_get(ts, &scope, at_id(ts, &id_a), &t),
	    PTN_OK);
	assert_string_equal(t.cf->rp_id, "a.example");
	assert_int_equal(ptn_tenants_get(ts, &scope, at_id(ts, &id_b), &t),
	    PTN_OK);
	assert_true(ptn_uuid_equal(&t.id, &id_b));
	assert_int_equal(ptn_db_count(db), before);
	ptn_tenants_free(&ts);
}

/* More of them than are remembered: each is read again, and is who it is. */
static void
many_ids(void **state)
{
	struct ptn_conf on = conf;
	struct ptn_uuid id[40];
	struct ptn_tenants *ts;
	struct ptn_tenant t;
	char name[16];
	size_t i, round;

	(void)state;
	on.tenant_ids = true;
	ts = ptn_tenants_new(&on);
	assert_non_null(ts);
	for (i = 0; i < N(id); i++) {
		(void)snprintf(name, sizeof(name), "Many %zu", i);
		id[i] = put(name, NULL, NULL, NULL);
	}
	for (round = 0; round < 2; round++)
		for (i = 0; i < N(id); i++) {
			assert_int_equal(
			    ptn_tenants_get(ts, &scope, at_id(ts, &id[i]), &t),
			    PTN_OK);
			assert_true(ptn_uuid_equal(&t.id, &id[i]));
		}
	ptn_tenants_free(&ts);
	rows_sql("DELETE FROM tenants WHERE name LIKE 'Many %%'");
}

static void
no_places(void **state)
{
	struct ptn_conf plain = conf;
	struct ptn_tenants *none = NULL;
	struct ptn_tenant t;
	const char *path = "/b";

	(void)state;
	ptn_tenants_free(&none); /* takes a cleared pointer */
	plain.tenant_hosts.n = plain.tenant_paths.n = 0;
	none = ptn_tenants_new(&plain);
	assert_non_null(none);
	assert_null(ptn_tenants_by_host(none, "login.a.example"));
	assert_null(ptn_tenants_by_path(none, &path));
	assert_int_equal(ptn_tenants_get(none, &scope, NULL, &t), PTN_OK);
	assert_true(ptn_uuid_equal(&t.id, &tenant));
	ptn_tenants_free(&none);
	assert_null(none);
}

/* ----------------------------------------------------------- what they have */

static void
default_one(void **state)
{
	struct ptn_tenant t, again;

	(void)state;
	assert_int_equal(get(NULL, &t, 1), PTN_OK);
	assert_true(ptn_uuid_equal(&t.id, &tenant));
	assert_false(t.named || t.own_origins);
	assert_string_equal(t.path, "");
	assert_string_equal(t.cf->rp_id, "example.co");
	assert_string_equal(t.cf->rp_name, "Example");
	assert_string_equal(t.cf->service_name, "Service");
	assert_string_equal(t.cf->cookie_domain, "example.co");
	assert_int_equal(t.cf->audience.n, 1);
	assert_string_equal(t.cf->rp_origins.v[0], origin);
	/* For good, whatever becomes of its row. */
	rows_sql("UPDATE tenants SET active = 0, rp_id = 'x'"
		 " WHERE name = 'default'");
	clock_mono_ms += 1000 * INT64_C(86400);
	assert_int_equal(get(NULL, &again, 0), PTN_OK);
	assert_string_equal(again.cf->rp_id, "example.co");
	rows_sql("UPDATE tenants SET active = 1, rp_id = NULL"
		 " WHERE name = 'default'");
}

/* Also at a place of its own; what its row says holds for it, too. */
static void
default_one_at_a_host(void **state)
{
	struct ptn_tenant t;

	(void)state;
	rows_sql("UPDATE tenants SET active = 0, rp_name = 'Of the row',"
		 " origins = 'https://row.example' WHERE name = 'default'");
	assert_int_equal(get(at_host("login.example.co"), &t, 1), PTN_OK);
	assert_true(ptn_uuid_equal(&t.id, &tenant));
	assert_false(t.named || t.own_origins);
	assert_string_equal(t.cf->cookie_domain, "example.co");
	assert_int_equal(t.cf->audience.n, 1);
	assert_string_equal(t.cf->rp_name, "Of the row");
	assert_string_equal(t.cf->rp_origins.v[0], "https://row.example");
	rows_sql("UPDATE tenants SET active = 1, rp_name = NULL, origins = NULL"
		 " WHERE name = 'default'");
}

static void
at_a_host(void **state)
{
	struct ptn_tenant t;

	(void)state;
	assert_int_equal(get(at_host("login.a.example"), &t, 1), PTN_OK);
	assert_true(ptn_uuid_equal(&t.id, &id_a));
	assert_true(t.named && t.own_origins);
	assert_string_equal(t.path, "");
	assert_string_equal(t.cf->rp_id, "a.example");
	assert_string_equal(t.cf->rp_name, "Tenant A");
	assert_string_equal(t.cf->service_name, "Tenant A");
	assert_string_equal(t.cf->cookie_domain, "");
	assert_int_equal(t.cf->audience.n, 0); /* the relying party is it */
	assert_int_equal(t.cf->rp_origins.n, 1);
	assert_string_equal(t.cf->rp_origins.v[0], "https://a.example");
	assert_string_equal(t.cf->db_name, conf.db_name); /* all the rest */
}

static void
at_a_path(void **state)
{
	struct ptn_tenant t;

	(void)state;
	assert_int_equal(get(at_path("/b/x", "/x"), &t, 1), PTN_OK);
	assert_true(ptn_uuid_equal(&t.id, &id_b));
	assert_true(t.named && t.own_origins);
	assert_string_equal(t.path, "/b");
	assert_string_equal(t.cf->rp_id, "example.co");
	assert_string_equal(t.cf->service_name, "Service");
	assert_string_equal(t.cf->cookie_domain, "example.co");
	assert_int_equal(t.cf->audience.n, 0);
	assert_int_equal(t.cf->rp_origins.n, 2);
	/* Another place of the same tenant is a row of its own. */
	assert_int_equal(get(at_path("/b/b", ""), &t, 1), PTN_OK);
	assert_true(ptn_uuid_equal(&t.id, &id_a));
	assert_string_equal(t.path, "/b/b");
	assert_string_equal(t.cf->cookie_domain, "example.co");
	/* One that is silent has the origins of the configuration. */
	assert_int_equal(get(at_path("/silent", ""), &t, 1), PTN_OK);
	assert_true(ptn_uuid_equal(&t.id, &id_silent));
	assert_true(t.named);
	assert_false(t.own_origins);
	assert_string_equal(t.cf->rp_origins.v[0], origin);
}

/* --------------------------------------------------------------- freshness */

static void
read_again_in_time(void **state)
{
	const struct ptn_mount *a = at_host("login.a.example");
	struct ptn_tenant t;

	(void)state;
	assert_int_equal(get(a, &t, 1), PTN_OK);
	rows_sql("UPDATE tenants SET rp_name = 'Renamed' WHERE name = 'A'");
	assert_int_equal(get(a, &t, 0), PTN_OK);
	assert_string_equal(t.cf->rp_name, "Tenant A");
	clock_mono_ms += FRESH_MS - 1;
	assert_int_equal(get(a, &t, 0), PTN_OK);
	clock_mono_ms++;
	assert_int_equal(get(a, &t, 1), PTN_OK);
	assert_string_equal(t.cf->rp_name, "Renamed");
	assert_string_equal(t.cf->service_name, "Renamed");
	rows_sql("UPDATE tenants SET rp_name = 'Tenant A' WHERE name = 'A'");
	assert_int_equal(get(a, &t, 0), PTN_OK);
}

static void
switched_off(void **state)
{
	const struct ptn_mount *a = at_host("login.a.example");
	struct ptn_tenant t;

	(void)state;
	rows_sql("UPDATE tenants SET active = 0 WHERE name = 'A'");
	assert_int_equal(get(a, &t, 1), PTN_E_UNAVAILABLE);
	assert_int_equal(get(a, &t, 0), PTN_E_UNAVAILABLE);
	rows_sql("UPDATE tenants SET active = 1 WHERE name = 'A'");
	clock_mono_ms += FRESH_MS;
	assert_int_equal(get(a, &t, 1), PTN_OK);
	assert_true(ptn_uuid_equal(&t.id, &id_a));
}

static void
no_such_organisation(void **state)
{
	const struct ptn_mount *none = at_host("login.none.example");
	struct ptn_tenant t;

	(void)state;
	assert_int_equal(get(none, &t, 1), PTN_E_UNAVAILABLE);
	assert_int_equal(get(none, &t, 0), PTN_E_UNAVAILABLE);
	(void)put("Nobody", NULL, NULL, NULL);
	clock_mono_ms += FRESH_MS;
	assert_int_equal(get(none, &t, 1), PTN_OK);
	rows_sql("DELETE FROM tenants WHERE name = 'Nobody'");
	clock_mono_ms += FRESH_MS;
	assert_int_equal(get(none, &t, 1), PTN_E_UNAVAILABLE);
}

/* What was read once outlives an absent database; what was not is away. */
static void
database_away(void **state)
{
	const struct ptn_mount *a = at_host("login.a.example");
	struct ptn_conf nowhere = conf;
	struct ptn_scope away = scope;
	struct ptn_tenant t;

	(void)state;
	nowhere.db_socket = "/nonexistent/socket";
	away.db = ptn_db_new(&nowhere, PTN_DB_SERVE);
	assert_non_null(away.db);
	assert_int_equal(ptn_tenants_get(tenants, &away, a, &t),
	    PTN_E_UNAVAILABLE);
	assert_int_equal(ptn_tenants_get(tenants, &away, NULL, &t),
	    PTN_E_UNAVAILABLE);
	assert_int_equal(get(a, &t, 1), PTN_OK);
	clock_mono_ms += 10 * FRESH_MS;
	assert_int_equal(ptn_tenants_get(tenants, &away, a, &t), PTN_OK);
	assert_true(ptn_uuid_equal(&t.id, &id_a));
	assert_string_equal(t.cf->rp_id, "a.example");
	ptn_db_free(&away.db);
}

/* The row is kept in memory of its own, not in a request's. */
static void
outlives_the_request(void **state)
{
	const struct ptn_mount *a = at_host("login.a.example");
	const struct ptn_mount *b = at_path("/b", "");
	struct ptn_tenant t;

	(void)state;
	assert_int_equal(get(a, &t, 1), PTN_OK);
	assert_int_equal(get(b, &t, 1), PTN_OK);
	ptn_arena_reset(arena);
	assert_int_equal(get(a, &t, 0), PTN_OK);
	assert_string_equal(t.cf->rp_id, "a.example");
	assert_string_equal(t.cf->rp_name, "Tenant A");
	assert_int_equal(get(b, &t, 0), PTN_OK);
	assert_string_equal(t.path, "/b");
	assert_string_equal(t.cf->rp_origins.v[0], "https://b.example");
	assert_string_equal(t.cf->rp_origins.v[1], "*");
}

#define T(f) cmocka_unit_test_setup_teardown(f, each, each_ends)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(by_host),
		T(by_path),
		T(by_id),
		T(ids_made_up),
		T(many_ids),
		T(no_places),
		T(default_one),
		T(default_one_at_a_host),
		T(at_a_host),
		T(at_a_path),
		T(read_again_in_time),
		T(switched_off),
		T(no_such_organisation),
		T(database_away),
		T(outlives_the_request),
	};

	return cmocka_run_group_tests(tests, setup, rows_teardown);
}
