/* What a tenant has of its own: read, written, and refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/conf/conf_row.h"
#include "lib/conf/own.h"
#include "tests/unit/conf.h"

static struct ptn_arena *a;
static struct ptn_conf *base;

static int
begin(void **state)
{
	if (setup(state) != 0 || (a = ptn_arena_new(1048576)) == NULL)
		return -1;
	base = load_text(KEYS "session: {lifespan: 12h}\n");
	return base == NULL ? -1 : 0;
}

static int
end(void **state)
{
	ptn_arena_free(&a);
	ptn_conf_free(&base);
	return teardown(state);
}

/* A key with a value, in its sections. */
static const char *
nested(const char *path, const char *value)
{
	struct ptn_buf b;
	size_t depth = 0;

	ptn_buf_init(&b, a);
	for (; *path != '\0'; depth++) {
		ptn_buf_printf(&b, "{\"%.*s\":", (int)strcspn(path, "."), path);
		path += strcspn(path, ".");
		path += *path == '.';
	}
	ptn_buf_str(&b, value);
	for (; depth > 0; depth--)
		ptn_buf_char(&b, '}');
	assert_false(b.bad);
	return b.p;
}

static const char *
written(const struct ptn_own *own)
{
	struct ptn_jsonw w;

	ptn_jsonw_init(&w, a);
	ptn_own_write(&w, NULL, own);
	assert_false(w.buf.bad);
	return w.buf.p;
}

static struct ptn_own *
taken(const char *text)
{
	struct ptn_own *own;
	const char *why;

	if (ptn_own_parse(a, base, text, &own, &why) != PTN_OK)
		fail_msg("%s: %s", text, why);
	return own;
}

static void
refused(const char *text, const char *expected)
{
	struct ptn_own *own;
	const char *why = "nothing";

	assert_int_equal(ptn_own_parse(a, base, text, &own, &why), PTN_E_INPUT);
	if (strcmp(why, expected) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", text, why, expected);
}

/* The default of a row, as JSON. */
static const char *
usual(const struct ptn_conf_row *row)
{
	if (row->kind != PTN_KIND_LIST)
		return ptn_arena_printf(a, "\"%s\"", row->dflt);
	return row->dflt[0] == '\0'
	    ? "[]"
	    : ptn_arena_printf(a, "[\"%s\"]", row->dflt);
}

static void
test_each_key(void **state)
{
	const struct ptn_conf_row *row;
	const char *text, *once;
	size_t i, n = 0;

	(void)state;
	for (i = 0; i < ptn_conf_rows_n; i++) {
		row = &ptn_conf_rows[i];
		if (!row->tenant)
			continue;
		n++;
		text = nested(row->path, usual(row));
		once = written(taken(text));
		assert_non_null(strstr(once, strrchr(row->path, '.') + 1));
		assert_string_equal(written(taken(once)), once);
		ptn_arena_reset(a);
	}
	assert_true(n > 50);
}

static void
test_others_may_not_differ(void **state)
{
	const struct ptn_conf_row *row;
	size_t i;

	(void)state;
	for (i = 0; i < ptn_conf_rows_n; i++) {
		row = &ptn_conf_rows[i];
		if (row->tenant || !ptn_conf_is_key(row))
			continue;
		refused(nested(row->path, "\"x\""),
		    ptn_arena_printf(a,
			"%s: may not differ from tenant to "
			"tenant",
			row->path));
		ptn_arena_reset(a);
	}
}

/* Programs, files, hosts, proxies, cookies of others, secrets, the machine. */
static void
test_what_never_may(void **state)
{
	static const char *const never[] = { "database.", "secrets.",
		"server.socket", "server.user", "server.trusted_proxies",
		"server.admin", "server.authorizer", "server.public.address",
		"email_delivery.", "hashing.", "rate_limiter.", "log.",
		"audit_log.", "webhooks.", "tenants.", "dfns.", "_file", "_dir",
		"_path", ".host", ".secret", "cookie.name", "cookie.domain",
		"cookie_name", "argon2", "max_bytes", "session.audience",
		"session.issuer", "signing" };
	const struct ptn_conf_row *row;
	size_t i, j;

	(void)state;
	for (i = 0; i < ptn_conf_rows_n; i++) {
		row = &ptn_conf_rows[i];
		if (!row->tenant)
			continue;
		assert_false(ptn_conf_is_secret(row));
		for (j = 0; j < N(never); j++)
			if (strstr(row->path, never[j]) != NULL)
				fail_msg("tenants may set %s", row->path);
	}
}

static void
test_sections(void **state)
{
	struct ptn_own *own;

	(void)state;
	own = taken("{\"webauthn\":{\"timeouts\":{\"login\":30000},"
		    "\"relying_party\":{\"top_origins\":[\"https://a.example\","
		    "\"https://b.example\"]}},\"service\":{\"name\":\"<S>\"},"
		    "\"session\":{\"lifespan\":\"1h30m\",\"limit\":null}}");
	assert_string_equal(written(own),
	    "{\"service\":{\"name\":\"\\u003cS\\u003e\"},"
	    "\"session\":{\"lifespan\":\"5400s\"},"
	    "\"webauthn\":{\"relying_party\":{\"top_origins\":["
	    "\"https://a.example\",\"https://b.example\"]},"
	    "\"timeouts\":{\"login\":30000}}}");
	assert_string_equal(ptn_own_conf(own)->service_name, "<S>");
	assert_int_equal(ptn_own_conf(own)->session_lifespan_s, 5400);
	assert_int_equal(ptn_own_conf(own)->session_limit, base->session_limit);
	assert_false(ptn_own_has(own, &ptn_own_conf(own)->session_limit));
	assert_string_equal(written(taken(NULL)), "{}");
	assert_string_equal(written(taken("null")), "{}");
	assert_string_equal(written(taken("{\"mfa\":{}}")), "{}");
}

static void
test_relying_party(void **state)
{
	struct ptn_own *own;
	struct ptn_own_rp rp;

	(void)state;
	own = taken("{\"webauthn\":{\"relying_party\":{\"id\":\"a.example\","
		    "\"origins\":[\"https://a.example\",\"https://b\"]}}}");
	assert_int_equal(ptn_own_take_rp(a, own, &rp), PTN_OK);
	assert_string_equal(rp.id, "a.example");
	assert_null(rp.name);
	assert_string_equal(rp.origins, "https://a.example https://b");
	assert_string_equal(written(own), "{}");
	rp.name = "A";
	own = taken("{\"mfa\":{\"enabled\":false}}");
	assert_int_equal(ptn_own_put_rp(a, own, &rp), PTN_OK);
	assert_string_equal(written(own),
	    "{\"mfa\":{\"enabled\":false},\"webauthn\":{\"relying_party\":{"
	    "\"display_name\":\"A\",\"id\":\"a.example\",\"origins\":["
	    "\"https://a.example\",\"https://b\"]}}}");
}

static void
test_faults(void **state)
{
	struct ptn_own *own;
	const char *why;

	(void)state;
	refused("{\"a\":1,\"session\":{\"limit\":\"x\"}}",
	    "a: is not a known key; session.limit: \"x\" is not a whole "
	    "number");
	refused("{\"session\":{\"lifespan\":\"1h\",\"idle_timeout\":\"2h\"}}",
	    "session.idle_timeout: must be shorter than session.lifespan");
	refused("{\"session\":{\"lifespan\":\"13h\"}}",
	    "session.lifespan: must not be above that of the configuration: "
	    "keys are kept for so long");
	refused("{\"session\":{\"cookie\":{\"same_site\":\"none\"}},"
		"\"password\":{\"min_length\":65}}",
	    "password.min_length: 65 is out of range (1 to 64)");
	/* What could be read is there. */
	assert_int_equal(ptn_own_parse(a, base,
			     "{\"a\":1,\"session\":{\"limit\":3}}", &own, &why),
	    PTN_E_INPUT);
	assert_string_equal(written(own), "{\"session\":{\"limit\":3}}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_key),
		cmocka_unit_test(test_others_may_not_differ),
		cmocka_unit_test(test_what_never_may),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_relying_party),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
