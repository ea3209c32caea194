#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/conf/conf_row.h"
#include "tests/unit/conf.h"

static void
test_defaults(void **state)
{
	struct ptn_conf *cf = load_text(KEYS);

	(void)state;
	if (cf == NULL)
		fail_msg("%s", said);
	assert_string_equal(said, "");
	assert_string_equal(ptn_conf_file(cf), file);
	assert_string_equal(cf->cookie_name, "hanko");
	assert_string_equal(cf->db_password, "");
	assert_int_equal(cf->session_lifespan_s, 43200);
	assert_int_equal(cf->session_idle_s, 0);
	assert_int_equal(cf->socket_mode, 0660);
	assert_int_equal(cf->hash_queue, -1);
	assert_int_equal(cf->sign_alg, PTN_ALG_RS256);
	assert_int_equal(cf->cookie_same_site, PTN_SAME_SITE_STRICT);
	assert_true(cf->cookie_secure);
	assert_false(cf->allow_deletion);
	assert_int_equal(cf->cors_origins.n, 0);
	assert_int_equal(cf->rp_origins.n, 1);
	assert_int_equal(cf->secrets.n, 1);
	ptn_conf_free(&cf);
	assert_null(cf);
	ptn_conf_free(&cf);
}

/* Each layer goes over the one before. */
static void
test_precedence(void **state)
{
	const char *set[] = { "email.limit=4", "session.audience=x, y,z",
		"email.limit=5", NULL };
	struct ptn_conf *cf;

	(void)state;
	put(file,
	    KEYS "email: {limit: 2}\npassword: {min_length: 10}\n"
		 "session: {limit: 7, audience: [a, \"b,c\"]}\n",
	    0600);
	(void)setenv("EMAIL_LIMIT", "3", 1);
	(void)setenv("PASSWORD_MIN_LENGTH", "11", 1);
	(void)setenv("SERVER_PUBLIC_CORS_ALLOW_ORIGINS",
	    "https://a.example,https://b.example", 1);
	cf = load(set);
	if (cf == NULL)
		fail_msg("%s", said);
	assert_int_equal(cf->email_limit, 5);
	assert_int_equal(cf->password_min, 11);
	assert_int_equal(cf->session_limit, 7);
	assert_int_equal(cf->audience.n, 3);
	assert_string_equal(cf->audience.v[1], "y");
	assert_int_equal(cf->cors_origins.n, 2);
	assert_string_equal(cf->cors_origins.v[1], "https://b.example");
	ptn_conf_free(&cf);
	cf = load(NULL);
	assert_int_equal(cf->email_limit, 3);
	assert_string_equal(cf->audience.v[1], "b,c");
	ptn_conf_free(&cf);
	(void)setenv("EMAIL_LIMIT", "many", 1);
	assert_null(load(NULL));
	assert_said("environment: EMAIL_LIMIT: \"many\" is not a whole number");
	(void)unsetenv("EMAIL_LIMIT");
	(void)unsetenv("PASSWORD_MIN_LENGTH");
	(void)unsetenv("SERVER_PUBLIC_CORS_ALLOW_ORIGINS");
}

/* All faults in one go, each with its place. */
static void
test_report(void **state)
{
	char line[128];

	(void)state;
	assert_null(load_text("session:\n  lifespan: soon\n  limt: 5\n"
			      "password:\n  min_length: 0\nemail: yes\n"
			      "secrets:\n  keys: [short]\n"));
	(void)snprintf(line, sizeof(line),
	    "%s:2: session.lifespan: \"soon\" is not a duration", file);
	assert_said(line);
	assert_said(":3: session.limt: is not a known key");
	assert_said(":5: password.min_length: 0 is out of range (1 to 64)");
	assert_said(":6: email: is a section, not a value");
	assert_said(":8: secrets.keys: key 1 is shorter than 16 bytes");
	assert_null(strstr(said, "short\""));
	assert_null(load_text(KEYS "a: 1\na: 2\n"));
	assert_said(":3: a: the key is there twice\n");
	assert_null(load_text("a: [\n"));
	assert_null(strstr(said, "secrets")); /* nothing that follows from it */
	assert_null(load_text(""));
	assert_said(": secrets.keys: is required");
	(void)unlink(file);
	assert_null(load(NULL));
	assert_said("postern.yaml: No such file or directory");
	assert_null(load_set("session.limit"));
	assert_said("--set: session.limit: is not KEY=VALUE");
	assert_null(load_set("=5"));
	assert_null(load_set("session.cookie.nme=x"));
	assert_said("--set: session.cookie.nme: is not a known key");
}

/* PR-05: a secret that others can read is refused. */
static void
test_modes(void **state)
{
	static const struct {
		mode_t mode;
		bool root_only; /* taken if root owns the file */
		bool taken;
	} modes[] = { { 0600, false, true }, { 0400, false, true },
		{ 0640, true, true }, { 0440, true, true },
		{ 0660, false, false }, { 0644, false, false },
		{ 0604, false, false }, { 0620, false, false },
		{ 0601, false, false }, { 0602, false, false } };
	static const char *const texts[] = { KEYS,
		"secrets: {keys: [\"env:TEST_CONF_KEY\"]}\n"
		"database: {password: hidden-1}\n",
		"secrets: {keys: [\"env:TEST_CONF_KEY\"]}\n"
		"email_delivery: {smtp: {password: hidden-2}}\n",
		"secrets: {keys: [\"env:TEST_CONF_KEY\"]}\n"
		"database: {url: \"mysql://u:hidden-3@h/n\"}\n" };
	struct ptn_conf *cf;
	size_t i, j;
	bool taken;

	(void)state;
	(void)setenv("TEST_CONF_KEY", "0123456789abcdefghij", 1);
	for (i = 0; i < N(modes); i++)
		for (j = 0; j < N(texts); j++) {
			put(file, texts[j], modes[i].mode);
			if (access(file, R_OK) != 0)
				continue;
			cf = load(NULL);
			taken = modes[i].taken &&
			    (!modes[i].root_only || getuid() == 0);
			if ((cf != NULL) != taken)
				fail_msg("mode %04o: %s",
				    (unsigned)modes[i].mode, said);
			if (cf == NULL)
				assert_said(": chmod 600 ");
			assert_null(strstr(said, "hidden"));
			ptn_conf_free(&cf);
		}
	/* Without a secret of its own, anybody may read it. */
	put(file,
	    "secrets: {keys: [\"env:TEST_CONF_KEY\"]}\n"
	    "database: {password: \"\"}\n",
	    0644);
	cf = load(NULL);
	assert_non_null(cf);
	assert_string_equal(cf->secrets.v[0], "0123456789abcdefghij");
	ptn_conf_free(&cf);
	(void)unsetenv("TEST_CONF_KEY");
}

/* Whatever a secret is, it can be written down. */
static void
test_literal(void **state)
{
	static const char *const secrets[] = { "plain", "file:/etc/passwd",
		"env:HOME", "literal:", "literal:env:HOME", "" };
	struct ptn_arena *a = ptn_arena_new(4096);
	const char *literal;
	struct ptn_conf *cf;
	char text[160];
	size_t i;

	(void)state;
	for (i = 0; i < N(secrets); i++) {
		literal = ptn_conf_literal(a, secrets[i]);
		(void)snprintf(text, sizeof(text),
		    KEYS "database: {password: \"%s\"}\n", literal);
		put(file, text, 0600);
		cf = load(NULL);
		assert_non_null(cf);
		assert_string_equal(cf->db_password, secrets[i]);
		ptn_conf_free(&cf);
		assert_int_equal(
		    ptn_conf_tells_secret("database.password", literal),
		    secrets[i][0] != '\0');
	}
	assert_string_equal(ptn_conf_literal(a, "plain"), "plain");
	ptn_arena_free(&a);
}

static void
test_secret_file(void **state)
{
	struct ptn_conf *cf;
	char text[160];

	(void)state;
	(void)snprintf(text, sizeof(text), "secrets: {keys: [\"file:%s\"]}\n",
	    secret);
	put(file, text, 0644);
	put(secret, "0123456789abcdefghij\r\n", 0400);
	cf = load(NULL);
	assert_non_null(cf);
	assert_string_equal(cf->secrets.v[0], "0123456789abcdefghij");
	ptn_conf_free(&cf);
	put(secret,
	    "\xef\xbb\xbf"
	    "0123456789abcdefghij\r\n",
	    0400);
	cf = load(NULL);
	assert_non_null(cf);
	assert_string_equal(cf->secrets.v[0], "0123456789abcdefghij");
	ptn_conf_free(&cf);
	put(secret, "0123456789abcdefghij\n", 0644);
	assert_null(load(NULL));
	assert_said("others can read");
	put(secret, "0123456789abcdefghij\nmore\n", 0600);
	assert_null(load(NULL));
	assert_said("contains a control character");
	assert_null(strstr(said, "0123456789"));
	put(secret, "", 0600);
	assert_null(load(NULL));
	(void)unlink(secret);
	assert_int_equal(mkfifo(secret, 0600), 0);
	assert_null(load(NULL));
	assert_said("is not a regular file");
	(void)unlink(secret);
}

static void
test_unsupported(void **state)
{
	struct ptn_conf *cf;

	(void)state;
	cf = load_text(KEYS "third_party:\n"
			    "  redirect_url: \"\"\n"
			    "  allowed_redirect_urls: []\n"
			    "  providers:\n"
			    "    apple: {enabled: false, client_id: x}\n"
			    "    github:\n"
			    "flow_locker: {enabled: true}\n"
			    "smtp: {host: localhost, port: 25}\n"
			    "webhooks: {enabled: false, hooks: "
			    "[{callback: \"http://a\", events: [user]}]}\n"
			    "saml:\n"
			    "emails: {}\n");
	if (cf == NULL)
		fail_msg("%s", said);
	assert_said(":3: third_party.redirect_url: warning: is not supported");
	assert_said(":8: flow_locker.enabled: warning: is not supported, ignored");
	assert_said(":9: smtp.host: warning: ");
	/* One warning a row of the table. */
	assert_null(strstr(said, "apple"));
	assert_null(strstr(said, "smtp.port"));
	ptn_conf_free(&cf);
	assert_null(
	    load_text(KEYS "third_party:\n"
			   "  allowed_redirect_urls: [\"https://a\"]\n"
			   "  providers: {apple: {enabled: true}}\n"
			   "session: {jwt_template: {other: {a: b}}}\n"));
	assert_said(":3: third_party.allowed_redirect_urls: switches on");
	assert_said(":4: third_party.providers.apple.enabled: switches on");
	assert_said(":5: session.jwt_template.other.a: switches on");
	(void)setenv("SAML_ENABLED", "true", 1);
	assert_null(load_text(KEYS));
	assert_said("environment: SAML_ENABLED: asks for what");
	(void)unsetenv("SAML_ENABLED");
}

/* A dot may be of a claim's name. */
static void
test_claims_of_the_server(void **state)
{
	struct ptn_conf *cf;

	(void)state;
	cf = load_text(KEYS "session: {jwt_template: {claims: {sub.x: a}}}\n");
	assert_non_null(cf);
	assert_null(strstr(said, "server's own"));
	ptn_conf_free(&cf);
	cf = load_text(
	    KEYS "session: {jwt_template: {claims: {sub: {x: a}}}}\n");
	assert_non_null(cf);
	assert_said(":2: session.jwt_template.claims.sub.x: warning: is a "
		    "claim of the server's own");
	ptn_conf_free(&cf);
}

/*
 * The file that comes with Hanko 2.7, as far as Postern lacks its keys or has
 * them with other values: it is taken, with a warning for each that does
 * nothing.  Only the secret that everybody knows is not.
 */
static const char hanko_27[] =
    "convert_legacy_config: false\n"
    "convert_legacy_server_side_session_config: true\n"
    "database: {user: hanko, password: hanko, host: localhost, port: \"5432\","
    " dialect: postgres}\n"
    "debug: false\n"
    "email: {optional: false, acquire_on_registration: true,"
    " acquire_on_login: false, use_as_login_identifier: true, max_length: 100,"
    " passcode_charset: numeric}\n"
    "emails: {require_verification: true, max_num_of_addresses: 5}\n"
    "flow_locker: {enabled: true, store: in_memory, ttl: 30s,"
    " redis_config: {address: \"\", password: \"\"}}\n"
    "mfa: {enabled: true, optional: true, acquire_on_login: false,"
    " device_trust_policy: prompt, security_keys: {enabled: true, limit: 10},"
    " totp: {enabled: true}}\n"
    "passcode: {ttl: 300}\n"
    "passkey: {optional: true, acquire_on_login: always, limit: 10}\n"
    "password: {optional: false, acquire_on_login: never, recovery: true,"
    " min_password_length: 8}\n"
    "privacy: {show_account_existence_hints: false}\n"
    "rate_limiter: {store: in_memory, otp_limits: {tokens: 3, interval: 1m},"
    " token_limits: {tokens: 3, interval: 1m}}\n"
    "saml: {enabled: false, options: {sign_authn_requests: true},"
    " identity_providers: []}\n"
    "security_notifications: {notifications: {email_create: {enabled: true},"
    " password_update: {enabled: true}, mfa_delete: {enabled: true}}}\n"
    "session: {allow_revocation: true, show_on_profile: true,"
    " cookie: {retention: persistent}, jwt_template: {claims: {}},"
    " server_side: {enabled: false, limit: 100}}\n"
    "smtp: {host: localhost, port: \"465\"}\n"
    "third_party: {redirect_url: \"\", custom_providers: {},"
    " providers: {google: {enabled: false, allow_linking: true}}}\n"
    "username: {enabled: false, optional: true, max_length: 32}\n"
    "webauthn: {timeout: 60000, user_verification: preferred}\n"
    "webhooks: {enabled: false, allow_time_expiration: false, hooks: []}\n";

static void
test_hanko(void **state)
{
	struct ptn_conf *cf;
	char text[8192];

	(void)state;
	(void)snprintf(text, sizeof(text), KEYS "%s", hanko_27);
	cf = load_text(text);
	if (cf == NULL)
		fail_msg("%s", said);
	assert_int_equal(cf->db_port, 5432);
	ptn_conf_free(&cf);
	assert_said("database.dialect: warning: Postern keeps its data in "
		    "MariaDB: write mariadb here");
	assert_said("convert_legacy_server_side_session_config: warning: ");
	assert_said("flow_locker.enabled: warning: is not supported, ignored");
	(void)snprintf(text, sizeof(text),
	    "secrets: {keys: [abcedfghijklmnopqrstuvwxyz]}\n%s", hanko_27);
	assert_null(load_text(text));
	assert_said("secrets.keys: key 1 is an example that everybody knows; "
		    "\"openssl rand -base64 32\" makes one");
	/* At another value it says what to write, too. */
	assert_null(load_text(KEYS "database: {dialect: cockroach}\n"));
	assert_said(":2: database.dialect: Postern keeps its data in MariaDB");
	cf = load_text(KEYS "database: {dialect: mariadb}\n"
			    "secrets.key_management: {type: \"\"}\n");
	assert_non_null(cf);
	assert_null(strstr(said, "write mariadb"));
	ptn_conf_free(&cf);
}

static void
test_kinds(void **state)
{
	(void)state;
	assert_null(load_text(KEYS "session: {limit: [1]}\n"));
	assert_said("is one value, not a list");
	assert_null(load_text(KEYS "session: {limit: {a: 1}}\n"));
	assert_said("session.limit.a: is not a known key");
	assert_null(load_text(KEYS "session: {limit: {}}\n"));
	assert_said("session.limit: is not a section");
	assert_null(load_text(KEYS "server: []\n"));
	assert_said("server: is a section, not a value");
	assert_null(
	    load_text("secrets: {keys: [[\"0123456789abcdefghij\"]]}\n"));
	assert_said("secrets.keys.0: is not a known key");
	assert_null(load_text(KEYS "session: {issuer: \"a\\nb\"}\n"));
	assert_said("control character");
	assert_null(load_text(KEYS "session: {limit: }\n"));
	assert_said("is not a whole number");
}

static char *
printed(const struct ptn_conf *cf)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	ptn_conf_print(cf, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void
test_print(void **state)
{
	const char *const set[] = { "secrets.keys=0123456789abcdefghij", NULL };
	struct ptn_conf *cf;
	char *text, *again;
	size_t i;

	(void)state;
	cf = load_text(
	    "secrets: {keys: [hidden-0123456789, "
	    "hidden-9876543210]}\n"
	    "service: {name: 'a \"b\" \\ c'}\n"
	    "database: {password: hidden}\n"
	    "session: {idle_timeout: 3661, audience: [x, \"y,z\"]}\n");
	if (cf == NULL)
		fail_msg("%s", said);
	text = printed(cf);
	ptn_conf_free(&cf);
	assert_null(strstr(text, "hidden"));
	assert_non_null(strstr(text, "\n  keys: [\"***\", \"***\"]\n"));
	assert_non_null(strstr(text, "\n  name: \"a \\\"b\\\" \\\\ c\"\n"));
	assert_non_null(strstr(text, "\n  idle_timeout: 1h1m1s\n"));
	assert_non_null(strstr(text, "\n    mode: 0660\n"));
	assert_non_null(strstr(text, "\n  migrate_password: \"\"\n"));
	assert_non_null(strstr(text, "\n    same_site: strict\n"));
	for (i = 0; i < ptn_conf_rows_n; i++)
		if (ptn_conf_is_key(&ptn_conf_rows[i]))
			assert_non_null(strstr(text,
			    strrchr(ptn_conf_rows[i].path, '.') + 1));

	/* It is YAML that says the same again. */
	put(file, text, 0600);
	cf = load(set);
	if (cf == NULL)
		fail_msg("%s", said);
	assert_string_equal(cf->audience.v[1], "y,z");
	again = printed(cf);
	assert_int_equal(strlen(again) + strlen(", \"***\""), strlen(text));
	ptn_conf_free(&cf);
	free(text);
	free(again);
}

/* No two keys have one name in the environment, and none is there twice. */
static void
test_table(void **state)
{
	char a[PTN_CONF_ENV_MAX], b[PTN_CONF_ENV_MAX];
	size_t i, j;

	(void)state;
	for (i = 0; i < ptn_conf_rows_n; i++)
		for (j = 0; j < i; j++) {
			assert_string_not_equal(ptn_conf_rows[i].path,
			    ptn_conf_rows[j].path);
			if (ptn_conf_env_name(&ptn_conf_rows[i], a) &&
			    ptn_conf_env_name(&ptn_conf_rows[j], b))
				assert_string_not_equal(a, b);
		}
}

/* The example that is installed needs nothing but secrets. */
static void
test_example(void **state)
{
	const char *const set[] = { "secrets.keys=0123456789abcdefghij", NULL };
	const char *top = getenv("srcdir");
	struct ptn_conf *cf;
	char path[512], *text = NULL;
	size_t len = 0;
	FILE *f;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/etc/postern.yaml",
	    top == NULL ? "." : top);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_true(getdelim(&text, &len, '\0', f) > 0);
	(void)fclose(f);
	put(file, text, 0644);
	free(text);
	cf = load(set);
	if (cf == NULL)
		fail_msg("%s", said);
	assert_string_equal(said, "");
	ptn_conf_free(&cf);
}

static void
test_search(void **state)
{
	struct ptn_conf *cf;
	FILE *err = fopen("/dev/null", "w");

	(void)state;
	assert_non_null(err);
	put(file, KEYS, 0600);
	(void)setenv("POSTERN_CONFIG", file, 1);
	assert_int_equal(ptn_conf_load(&cf, NULL, NULL, err), PTN_OK);
	assert_string_equal(ptn_conf_file(cf), file);
	ptn_conf_free(&cf);
	(void)setenv("POSTERN_CONFIG", "/nonexistent/x", 1);
	assert_int_equal(ptn_conf_load(&cf, NULL, NULL, err), PTN_E_CONFIG);
	assert_null(cf);
	(void)unsetenv("POSTERN_CONFIG");
	(void)fclose(err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_literal),
		cmocka_unit_test(test_secret_file),
		cmocka_unit_test(test_unsupported),
		cmocka_unit_test(test_claims_of_the_server),
		cmocka_unit_test(test_hanko),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_search),
	};

	return cmocka_run_group_tests_name("conf", tests, setup, teardown);
}
