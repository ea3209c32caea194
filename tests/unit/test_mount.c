#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/tenant.h"
#include "lib/conf/conf.h"
#include "lib/format/mount.h"
#include "lib/format/url.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void
test_elements(void **state)
{
	const struct ptn_mount p =
	    ptn_mount_of("login.acme.example  Acme, Inc.");

	(void)state;
	assert_int_equal(p.at_len, strlen("login.acme.example"));
	assert_string_equal(p.org, "Acme, Inc.");
	assert_null(ptn_mount_problem(&p, false));
	assert_non_null(ptn_mount_problem(&p, true));
}

static void
test_faults(void **state)
{
	static const struct {
		const char *element;
		bool path, ok;
	} cases[] = {
		{ "a.example x", false, true },
		{ "localhost x", false, true },
		{ "192.0.2.1 x", false, true },
		{ "[2001:db8::1] x", false, true },
		{ "/acme x", true, true },
		{ "/a/b.c_d~e-f x", true, true },
		{ "", false, false },
		{ "a.example", false, false },
		{ "a.example ", false, false },
		{ " x", false, false },
		{ "a.example. x", false, false },
		{ ".a.example x", false, false },
		{ "a.example:80 x", false, false },
		{ "*.example x", false, false },
		{ "a,b x", false, false },
		{ "[::g] x", false, false },
		{ "::1 x", false, false },
		{ "https://a.example x", false, false },
		{ "/acme x", false, false },
		{ "acme x", true, false },
		{ "/ x", true, false },
		{ "/acme/ x", true, false },
		{ "//acme x", true, false },
		{ "/a/../b x", true, false },
		{ "/a%20b x", true, false },
		{ "/a?b x", true, false },
	};
	char lengthy[600];
	struct ptn_mount p;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		print_message("# '%s'\n", cases[i].element);
		p = ptn_mount_of(cases[i].element);
		assert_int_equal(ptn_mount_problem(&p, cases[i].path) == NULL,
		    cases[i].ok);
	}
	memset(lengthy, 'a', sizeof(lengthy) - 1);
	memcpy(lengthy + sizeof(lengthy) - 3, " x", 3);
	p = ptn_mount_of(lengthy);
	assert_non_null(ptn_mount_problem(&p, false));
}

static void
test_same(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{ "a.example x", "A.Example y", true },
		{ "a.example x", "b.example x", false },
		{ "a.example x", "a.example.org x", false },
		{ "/acme x", "/acme y", true },
		{ "/acme x", "/Acme x", false },
	};
	struct ptn_mount a, b;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		a = ptn_mount_of(cases[i].a);
		b = ptn_mount_of(cases[i].b);
		assert_int_equal(ptn_mount_same(&a, &b), cases[i].same);
	}
}

/* Which host a header names, by the tenants of a configuration. */
static void
test_hosts(void **state)
{
	static char acme[] = "login.acme.example acme",
		    six[] = "[2001:db8::1] six", beta[] = "beta.example beta";
	static char *list[] = { acme, six, beta };
	static const struct ptn_conf cf = { .tenant_hosts = { list, N(list) } };
	static const struct {
		const char *header, *org;
	} cases[] = {
		{ "login.acme.example", "acme" },
		{ "LOGIN.Acme.example", "acme" },
		{ "login.acme.example:8080", "acme" },
		{ "login.acme.example:", "acme" },
		{ "login.acme.example.", "acme" },
		{ "login.acme.example.:443", "acme" },
		{ "[2001:db8::1]", "six" },
		{ "[2001:DB8::1]:8080", "six" },
		{ "beta.example", "beta" },
		{ NULL, NULL },
		{ "", NULL },
		{ ".", NULL },
		{ "acme.example", NULL },
		{ "x.login.acme.example", NULL },
		{ "login.acme.example.evil.example", NULL },
		{ "login.acme.example..", NULL },
		{ "login.acme.example:80:80", NULL },
		{ "login.acme.example:80x", NULL },
		{ "login.acme.example@evil.example", NULL },
		{ "login.acme.example,evil.example", NULL },
		{ "evil.example,login.acme.example", NULL },
		{ "login.acme.example evil.example", NULL },
		{ " login.acme.example", NULL },
		{ "login.acme.example/", NULL },
		{ "2001:db8::1", NULL },
		{ "[2001:db8::1", NULL },
		{ "[2001:db8:0::1]", NULL },
	};
	struct ptn_tenants *ts = ptn_tenants_new(&cf);
	const struct ptn_mount *p;
	size_t i;

	(void)state;
	assert_non_null(ts);
	for (i = 0; i < N(cases); i++) {
		print_message("# %s\n",
		    cases[i].header != NULL ? cases[i].header : "none");
		p = ptn_tenants_by_host(ts, cases[i].header);
		if (cases[i].org == NULL)
			assert_null(p);
		else
			assert_string_equal(p->org, cases[i].org);
	}
	ptn_tenants_free(&ts);
	assert_null(ts);
}

static void
test_paths(void **state)
{
	static char acme[] = "/acme acme", deep[] = "/acme/deep deep",
		    host[] = "acme host";
	static char *list[] = { acme, deep };
	static char *hosts[] = { host };
	static const struct ptn_conf cf = { .tenant_paths = { list, N(list) },
		.tenant_hosts = { hosts, N(hosts) } };
	static const struct {
		const char *path, *org, *rest;
	} cases[] = {
		{ "/acme/users", "acme", "/users" },
		{ "/acme", "acme", "" },
		{ "/acme/", "acme", "/" },
		{ "/acme/deep/users", "deep", "/users" },
		{ "/acme/deeper", "acme", "/deeper" },
		{ "/acmes/users", NULL, "/acmes/users" },
		{ "/Acme/users", NULL, "/Acme/users" },
		{ "/users", NULL, "/users" },
		{ "acme", NULL, "acme" },
		{ "", NULL, "" },
	};
	struct ptn_tenants *ts = ptn_tenants_new(&cf);
	const struct ptn_mount *p;
	const char *rest;
	size_t i;

	(void)state;
	assert_non_null(ts);
	for (i = 0; i < N(cases); i++) {
		print_message("# %s\n", cases[i].path);
		rest = cases[i].path;
		p = ptn_tenants_by_path(ts, &rest);
		assert_string_equal(rest, cases[i].rest);
		if (cases[i].org == NULL)
			assert_null(p);
		else
			assert_string_equal(p->org, cases[i].org);
	}
	ptn_tenants_free(&ts);
}

/* clang-format off */
static const struct {
	const char *rp_id;
	const char *origin;
	bool ok;
} by_rule[] = {
	{ "example.co", "https://example.co", true },
	{ "example.co", "https://app.example.co", true },
	{ "example.co", "https://a.b.example.co", true },
	{ "example.co", "https://example.co:8443", true },
	{ "localhost", "http://localhost", true },
	{ "localhost", "http://localhost:3000", true },
	{ "localhost", "https://localhost:3000", true },
	{ "localhost", "https://app.localhost", true },
	{ "example.co", "", false },
	{ "example.co", "https://", false },
	{ "example.co", "https://.example.co", false },
	{ "example.co", "https://co", false },
	{ "example.co", "https://badexample.co", false },
	{ "example.co", "https://example.co.evil.net", false },
	{ "example.co", "https://example.com", false },
	{ "example.co", "http://example.co", false },
	{ "example.co", "HTTPS://example.co", false },
	{ "example.co", "https://Example.co", false },
	{ "example.co", "https://example.co/", false },
	{ "example.co", "https://example.co:", false },
	{ "example.co", "https://example.co:x", false },
	{ "example.co", "https://example.co:443443", false },
	{ "example.co", "https://example.co:1/", false },
	{ "example.co", "https://evil.net/.example.co", false },
	{ "example.co", "https://evil.net:1/.example.co", false },
	{ "example.co", "https://evil.net?.example.co", false },
	{ "example.co", "https://evil.net#.example.co", false },
	{ "example.co", "https://evil.net\\.example.co", false },
	{ "example.co", "https://evil.net@example.co", false },
	{ "example.co", "https://example.co@evil.net", false },
	{ "example.co", "http://localhost", false },
	{ "example.co", "*", false },
	{ "example.co", "null", false },
	{ "example.co", "android:apk-key-hash:abc", false },
	{ "localhost", "http://localhost.evil.net", false },
	{ "localhost", "http://127.0.0.1", false },
	{ "localhost", "http://app.localhost", false },
	{ "", "https://", false },
	{ "", "https://evil.net", false },
};
/* clang-format on */

static void
test_origins_by_rule(void **state)
{
	static char star[] = "*";
	static char *list[] = { star };
	const struct ptn_strs origins = { list, 1 }, none = { list, 0 };
	size_t i;

	(void)state;
	for (i = 0; i < N(by_rule); i++)
		if (ptn_url_origin_is_of(by_rule[i].rp_id, &origins,
			by_rule[i].origin) != by_rule[i].ok)
			fail_msg("%s", by_rule[i].origin);
	assert_false(
	    ptn_url_origin_is_of("example.co", &none, "https://example.co"));
}

static void
test_origins(void **state)
{
	static char one[] = "https://a.example", rule[] = "*";
	static char native[] = "android:apk-key-hash:aB";
	static char *list[] = { one, native };
	static char *rules[] = { rule };
	const struct ptn_strs listed = { list, N(list) }, ruled = { rules, 1 };

	(void)state;
	assert_true(ptn_url_origin_is_of("x", &listed, "https://a.example"));
	assert_true(ptn_url_origin_is_of("x", &listed, "https://A.example"));
	assert_true(
	    ptn_url_origin_is_of("x", &listed, "android:apk-key-hash:aB"));
	assert_false(
	    ptn_url_origin_is_of("x", &listed, "android:apk-key-hash:ab"));
	assert_false(ptn_url_origin_is_of("x", &listed, "https://x"));
	assert_false(
	    ptn_url_origin_is_of("x", &listed, "https://a.example:443"));
	assert_false(ptn_url_origin_is_of("x", &listed, "*"));
	assert_true(ptn_url_origin_is_of("x", &ruled, "https://x"));
	assert_true(ptn_url_origin_is_of("x", &ruled, "https://a.x:8443"));
	assert_false(ptn_url_origin_is_of("x", &ruled, "http://x"));
	assert_false(ptn_url_origin_is_of("x", &ruled, "https://ax"));
	assert_false(ptn_url_origin_is_of("x", &ruled, "*"));
	assert_false(ptn_url_origins_are_rule(&listed));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_origins_by_rule),
		cmocka_unit_test(test_origins),
	};

	return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
