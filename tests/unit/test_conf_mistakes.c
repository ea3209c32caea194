/*
 * What operators get wrong, and the line that tells them so: where it is, what
 * is wrong, what to write.  Said when the file is read, or by what "config
 * check" and "doctor" say of it besides; nothing else is said.
 */
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

#include "lib/conf/conf.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* What a case leaves out of the file that is right, since it has its own. */
#define NO_SECRETS 1
#define NO_SITE 2
#define NO_MAIL 4

static char dir[] = "/tmp/test-mistakes.XXXXXX";
static char file[64];

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return -1;
	(void)snprintf(file, sizeof(file), "%s/p.yaml", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(file);
	return rmdir(dir);
}

static void
put(const char *text, int without, mode_t mode)
{
	FILE *f;

	(void)unlink(file);
	f = fopen(file, "w");
	assert_non_null(f);
	(void)fputs(text, f);
	if ((without & NO_SECRETS) == 0)
		(void)fputs("secrets: {keys: [\"Vv8wC2mGq0fTz5Rk3\"]}\n", f);
	if ((without & NO_SITE) == 0)
		(void)fputs("webauthn: {relying_party: {id: example.com, "
			    "origins: [\"https://www.example.com\"]}}\n",
		    f);
	if ((without & NO_MAIL) == 0)
		(void)fputs("email_delivery: {from_address: id@example.com}\n",
		    f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(file, mode), 0);
}

/* All that is said of the file; to be freed. */
static char *
said(bool *loaded)
{
	struct ptn_conf *cf;
	char *text;
	size_t len;
	FILE *err = open_memstream(&text, &len);

	assert_non_null(err);
	*loaded = ptn_conf_load(&cf, "p.yaml", NULL, err) == PTN_OK;
	if (*loaded)
		ptn_conf_advise(cf, err);
	ptn_conf_free(&cf);
	assert_int_equal(fclose(err), 0);
	return text;
}

static void
assert_said(const char *what, bool serves, const char *expected)
{
	bool loaded;
	char *text = said(&loaded);

	if (strcmp(text, expected) != 0)
		fail_msg("%s: expected\n%sgot\n%s", what, expected, text);
	if (loaded != serves)
		fail_msg("%s: it %s serve", what,
		    loaded ? "would" : "does not");
	free(text);
}

static const struct {
	const char *what;
	const char *text; /* its first line is line 1 */
	int without;
	bool serves; /* it is a warning */
	const char *said;
} mistakes[] = {
	/* clang-format off */
	{ "none", "", 0, true, "" },
	{ "a number in quotes is a number", "database:\n  port: \"3307\"\n", 0, true, "" },

	/* ------------------------------------------- the notation */
	{ "a tab", "session:\n\tlifespan: 12h\n", 0, false,
	    "p.yaml:2: a tab: indent with spaces\n" },
	{ "too few spaces", "server:\n    public:\n        base_path: /id\n  workers: 2\n", 0, false,
	    "p.yaml:4: the indentation is not that of the lines above\n" },
	{ "too many spaces", "session:\n  lifespan: 12h\n    limit: 5\n", 0, false,
	    "p.yaml:3: a \":\" that does not belong: mend the indentation of this line or the one above, or put the value in quotes\n" },
	{ "no space behind the colon", "service:\n  name:Acme\n  x: y\n", 0, false,
	    "p.yaml:3: a \":\" that does not belong: mend the indentation of this line or the one above, or put the value in quotes\n" },
	{ "a backslash in double quotes", "database:\n  password: \"a\\qb\"\n", 0, false,
	    "p.yaml:2: a \\ in double quotes means something: use single quotes\n" },
	{ "a star", "webauthn:\n  relying_party:\n    origins: *\n", NO_SITE, false,
	    "p.yaml:3: a value that begins with * or & must be in quotes\n" },
	{ "an at", "database:\n  password: @home\n", 0, false,
	    "p.yaml:2: a value that begins with @, ` or % must be in quotes\n" },
	{ "a key twice", "session:\n  limit: 2\n  limit: 3\n", 0, false,
	    "p.yaml:3: session.limit: the key is there twice\n" },

	/* ----------------------------------------- keys and values */
	{ "a key misspelt", "session:\n  lifspan: 12h\n", 0, false,
	    "p.yaml:2: session.lifspan: is not a known key; did you mean session.lifespan?\n" },
	{ "a section misspelt", "sesion:\n  cookie:\n    same_site: lax\n", 0, false,
	    "p.yaml:3: sesion.cookie.same_site: is not a known key; did you mean session.cookie.same_site?\n" },
	{ "a hyphen", "server:\n  public:\n    base-path: /id\n", 0, false,
	    "p.yaml:3: server.public.base-path: is not a known key; did you mean server.public.base_path?\n" },
	{ "a key in another place", "base_path: /id\n", 0, false,
	    "p.yaml:1: base_path: is not a known key; did you mean server.public.base_path?\n" },
	{ "another program's name for it", "database:\n  name: id\n  username: id\n", 0, false,
	    "p.yaml:2: database.name: is not a known key; did you mean database.database?\n"
	    "p.yaml:3: database.username: is not a known key; did you mean database.user?\n" },
	{ "nothing near it", "colour: green\n", 0, false,
	    "p.yaml:1: colour: is not a known key\n" },
	{ "mail below no section", "smtp:\n  host: mail.example.com\n", 0, true,
	    "p.yaml:2: smtp.host: warning: is not supported, ignored; did you mean email_delivery.smtp.host?\n" },
	{ "a word misspelt", "session:\n  cookie:\n    same_site: Lax\n", 0, false,
	    "p.yaml:3: session.cookie.same_site: \"Lax\" is not one of strict|lax|none; did you mean lax?\n" },
	{ "a word that is none", "email_delivery:\n  from_address: id@example.com\n  smtp:\n    tls: ssl\n", NO_MAIL, false,
	    "p.yaml:4: email_delivery.smtp.tls: \"ssl\" is not one of auto|implicit|starttls|none\n" },
	{ "yes", "password:\n  enabled: yes\n", 0, false,
	    "p.yaml:2: password.enabled: \"yes\" is neither true nor false; write true\n" },
	{ "seconds without a unit", "session:\n  lifespan: 12\n", 0, true,
	    "p.yaml:2: session.lifespan: warning: 12 is 12 seconds; write 12s if so, else 12m or 12h\n" },
	{ "many seconds without a unit", "session:\n  lifespan: 7200\n", 0, true, "" },
	{ "days", "session:\n  lifespan: 30d\n", 0, false,
	    "p.yaml:2: session.lifespan: \"30d\" is not a duration, such as 90, 30s, 1h30m; a day is 24h\n" },
	{ "seconds for milliseconds", "webauthn:\n  relying_party: {id: example.com, origins: "
	    "[\"https://example.com\"]}\n  timeouts:\n    login: 60\n", NO_SITE, false,
	    "p.yaml:4: webauthn.timeouts.login: 60 is out of range (30000 to 600000 milliseconds)\n" },
	{ "a unit where none belongs", "email:\n  passcode_ttl: 5m\n", 0, false,
	    "p.yaml:2: email.passcode_ttl: \"5m\" is not a whole number of seconds\n" },
	{ "a list where one value is meant", "database:\n  host: [a, b]\n", 0, false,
	    "p.yaml:2: database.host: is one value, not a list\n" },

	/* ------------------------------------------------- secrets */
	{ "no secret", "", NO_SECRETS, false,
	    "p.yaml: secrets.keys: is required; \"openssl rand -base64 32\" makes one\n" },
	{ "a short secret", "secrets:\n  keys: [\"letmein\"]\n", NO_SECRETS, false,
	    "p.yaml:2: secrets.keys: key 1 is shorter than 16 bytes; \"openssl rand -base64 32\" makes one\n" },
	{ "the secret of an example", "secrets:\n  keys:\n    - abcedfghijklmnopqrstuvwxyz\n", NO_SECRETS, false,
	    "p.yaml:3: secrets.keys: key 1 is an example that everybody knows; \"openssl rand -base64 32\" makes one\n" },
	{ "a secret's file that is not there", "secrets:\n  keys: [\"file:/no/such\"]\n", NO_SECRETS, false,
	    "p.yaml:2: secrets.keys: /no/such: No such file or directory\n" },

	{ "a short key for metrics", "metrics:\n  key: letmein\n", 0, false,
	    "p.yaml:2: metrics.key: is no token of 32 characters or more; \"openssl rand -base64 32\" makes one\n" },
	{ "a key for metrics that no header has", "metrics:\n  key: \"0123456789abcdef 0123456789abcdef\"\n", 0, false,
	    "p.yaml:2: metrics.key: is no token of 32 characters or more; \"openssl rand -base64 32\" makes one\n" },
	{ "a key for metrics", "metrics:\n  key: \"0123456789abcdef-._~+/0123456789abcdef==\"\n", 0, true, "" },

	/* --------------------------------------------- where it is */
	{ "a path without its slash", "server:\n  public:\n    base_path: id\n", 0, false,
	    "p.yaml:3: server.public.base_path: is not a path such as /id; write /id\n" },
	{ "a path with one too many", "server:\n  public:\n    base_path: /id/\n", 0, false,
	    "p.yaml:3: server.public.base_path: is not a path such as /id; write /id\n" },
	{ "the root as a path", "server:\n  public:\n    base_path: /\n", 0, false,
	    "p.yaml:3: server.public.base_path: is not a path such as /id; leave it empty at the root of a host\n" },
	{ "a URL for a path", "server:\n  public:\n    base_path: https://example.com/id\n", 0, false,
	    "p.yaml:3: server.public.base_path: is not a path such as /id; write /id\n" },
	{ "a socket without its scheme", "server:\n  public:\n    address: /run/postern/public.sock\n", 0, false,
	    "p.yaml:3: server.public.address: is neither unix:PATH nor HOST:PORT; write \"unix:\" before a path\n" },
	{ "a socket with too long a path", "server:\n  public:\n    address: "
	    "unix:/var/www/clients/client1234567/web1234567/private/applications/postern/production/run/sockets/of/the/login/server/public.sock\n",
	    0, false,
	    "p.yaml:3: server.public.address: is too long a path: a socket's may have 107 bytes\n" },
	{ "all interfaces", "server:\n  public:\n    address: 0.0.0.0:9000\n", 0, false,
	    "p.yaml:3: server.public.address: is not on a loopback address, and FastCGI knows no passwords; see server.socket.unsafe_remote_tcp\n" },
	{ "everybody is a proxy", "server:\n  trusted_proxies: [\"0.0.0.0/0\"]\n", 0, true,
	    "p.yaml:2: server.trusted_proxies: warning: \"0.0.0.0/0\" is everybody: who asks may claim any address, "
	    "and no limit holds; name your proxies\n" },
	{ "everybody of IPv6 is a proxy", "server:\n  trusted_proxies: [\"::/0\"]\n", 0, true,
	    "p.yaml:2: server.trusted_proxies: warning: \"::/0\" is everybody: who asks may claim any address, and "
	    "no limit holds; name your proxies\n" },
	{ "a proxy by its network", "server:\n  trusted_proxies: [\"10.0.0.0/8\", \"2001:db8::/32\"]\n", 0, true, "" },
	{ "a proxy by name", "server:\n  trusted_proxies: [proxy.example.com]\n", 0, false,
	    "p.yaml:2: server.trusted_proxies: \"proxy.example.com\" is neither an address nor a network (192.0.2.0/24)\n" },

	/* ------------------------------------------------ the site */
	{ "still localhost", "", NO_SITE, true,
	    "p.yaml: webauthn.relying_party.id: warning: is still localhost, which is this machine alone; write the "
	    "domain of your site, such as example.com\n" },
	{ "origins of another site", "webauthn:\n  relying_party:\n    id: example.com\n    origins: [\"https://example.org\"]\n", NO_SITE, true,
	    "p.yaml:4: webauthn.relying_party.origins: warning: \"https://example.org\" is not at or below "
	    "webauthn.relying_party.id (example.com): no passkey works there\n" },
	{ "an origin beside the relying party", "webauthn:\n  relying_party:\n    id: www.example.com\n    origins: "
	    "[\"https://example.com\"]\n", NO_SITE, true,
	    "p.yaml:4: webauthn.relying_party.origins: warning: \"https://example.com\" is not at or below "
	    "webauthn.relying_party.id (www.example.com): no passkey works there\n" },
	{ "http", "webauthn:\n  relying_party:\n    id: example.com\n    origins: [\"http://example.com\"]\n", NO_SITE, true,
	    "p.yaml:4: webauthn.relying_party.origins: warning: \"http://example.com\" is not https: browsers offer "
	    "no passkeys there, and keep no secure cookie; write https://example.com\n" },
	{ "an origin still of the example", "webauthn:\n  relying_party:\n    id: example.com\n", NO_SITE, true,
	    "p.yaml: webauthn.relying_party.origins: warning: \"http://localhost:8080\" is still localhost, which is "
	    "this machine alone; write where your pages are\n" },
	{ "an origin with a slash", "webauthn:\n  relying_party:\n    id: example.com\n    origins: [\"https://example.com/\"]\n", NO_SITE, false,
	    "p.yaml:4: webauthn.relying_party.origins: \"https://example.com/\" has more than scheme://host[:port]; write https://example.com\n" },
	{ "an origin without its scheme", "webauthn:\n  relying_party:\n    id: example.com\n    origins: [example.com]\n", NO_SITE, false,
	    "p.yaml:4: webauthn.relying_party.origins: \"example.com\" is not scheme://host[:port]; write https://example.com\n" },
	{ "a URL for the relying party", "webauthn:\n  relying_party:\n    id: https://example.com/\n    origins: "
	    "[\"https://example.com\"]\n", NO_SITE, false,
	    "p.yaml:3: webauthn.relying_party.id: is not a domain; write example.com\n" },
	{ "a CORS origin with a path", "server:\n  public:\n    cors:\n      allow_origins: [\"https://app.example.com/login\"]\n", 0, false,
	    "p.yaml:4: server.public.cors.allow_origins: \"https://app.example.com/login\" has a bad host (lower "
	    "case, no path); write https://app.example.com\n" },
	{ "a CORS origin of another site", "server:\n  public:\n    cors:\n      allow_origins: [\"https://app.example.org\"]\n", 0, true,
	    "p.yaml:4: server.public.cors.allow_origins: warning: \"https://app.example.org\" is another site than "
	    "example.com, and gets no cookie unless session.cookie.same_site is none\n" },
	{ "operators elsewhere", "server:\n  admin:\n    address: unix:/run/postern/admin.sock\n    "
	    "origins: [\"https://admin.example.net\"]\n", 0, true,
	    "p.yaml:4: server.admin.origins: warning: \"https://admin.example.net\" is not on example.com or below "
	    "it, where passkeys of webauthn.relying_party.id are good\n" },
	{ "operators nowhere", "server:\n  admin:\n    origins: [\"https://admin.example.com\"]\n", 0, true,
	    "p.yaml:3: server.admin.origins: warning: is of no use without server.admin.address\n" },
	{ "the whole world by CORS", "server:\n  public:\n    cors:\n      allow_origins: [\"*\"]\n      "
	    "unsafe_wildcard_origin_allowed: true\n", 0, true,
	    "p.yaml:4: server.public.cors.allow_origins: warning: \"*\" lets the pages of the whole world act for "
	    "who is logged in; name those that may\n" },

	/* ---------------------------------------------- the cookie */
	{ "a cookie for another domain", "session:\n  cookie:\n    domain: example.net\n", 0, true,
	    "p.yaml:3: session.cookie.domain: warning: \"example.net\" covers none of "
	    "webauthn.relying_party.origins: browsers do not keep the cookie; write example.com, or leave it empty\n" },
	{ "a cookie for a host that has no pages", "session:\n  cookie:\n    domain: api.example.com\n", 0, true,
	    "p.yaml:3: session.cookie.domain: warning: \"api.example.com\" covers none of "
	    "webauthn.relying_party.origins: browsers do not keep the cookie; write example.com, or leave it empty\n" },
	{ "a cookie for all of a domain", "session:\n  cookie:\n    domain: com\n", 0, true,
	    "p.yaml:3: session.cookie.domain: warning: \"com\" is a whole top-level domain: no browser keeps such a "
	    "cookie; write your domain, or leave it empty\n" },
	{ "a cookie wider than the relying party", "session:\n  cookie:\n    domain: .example.com\nwebauthn:\n  "
	    "relying_party: {id: id.example.com, origins: [\"https://id.example.com\"]}\n", NO_SITE, true,
	    "p.yaml:3: session.cookie.domain: warning: \"example.com\" is wider than webauthn.relying_party.id: "
	    "every host below it gets the session; if that is not meant, write id.example.com, or leave it empty\n" },
	{ "a URL for the cookie's domain", "session:\n  cookie:\n    domain: https://example.com\n", 0, false,
	    "p.yaml:3: session.cookie.domain: is not a domain; write example.com\n" },
	{ "a cookie in clear text", "session:\n  cookie:\n    secure: false\n", 0, true,
	    "p.yaml:3: session.cookie.secure: warning: false sends sessions in clear text, too; write true\n" },
	{ "SameSite=None without Secure", "session:\n  cookie:\n    secure: false\n    same_site: none\n", 0, false,
	    "p.yaml:4: session.cookie.same_site: \"none\" needs session.cookie.secure: write true there\n" },

	/* --------------------------------------------------- mail */
	{ "a sender of the example", "", NO_MAIL, true,
	    "p.yaml: email_delivery.from_address: warning: is still at localhost, and mail from there is refused; "
	    "write an address of your domain\n" },
	{ "a name and an address", "email_delivery:\n  from_address: \"Acme <id@example.com>\"\n", NO_MAIL, false,
	    "p.yaml:2: email_delivery.from_address: is not an address such as noreply@example.com; the name before "
	    "it goes into email_delivery.from_name\n" },
	{ "no address at all", "email_delivery:\n  from_address: Acme\n", NO_MAIL, false,
	    "p.yaml:2: email_delivery.from_address: is not an address such as noreply@example.com\n" },
	{ "a URL for the mail server", "email_delivery:\n  from_address: id@example.com\n  smtp:\n    host: "
	    "smtps://mail.example.com:465\n", NO_MAIL, false,
	    "p.yaml:4: email_delivery.smtp.host: is not a host; write mail.example.com\n" },
	{ "STARTTLS on 465", "email_delivery:\n  from_address: id@example.com\n  smtp:\n    port: 465\n    tls: starttls\n", NO_MAIL, true,
	    "p.yaml:5: email_delivery.smtp.tls: warning: \"starttls\" on port 465, where servers speak TLS at once; write implicit, or port 587\n" },
	{ "TLS at once on 587", "email_delivery:\n  from_address: id@example.com\n  smtp:\n    port: 587\n    tls: implicit\n", NO_MAIL, true,
	    "p.yaml:5: email_delivery.smtp.tls: warning: \"implicit\" on port 587, where servers speak STARTTLS; write starttls, or port 465\n" },
	{ "a user without a password", "email_delivery:\n  from_address: id@example.com\n  smtp:\n    user: id\n", NO_MAIL, true,
	    "p.yaml: email_delivery.smtp.password: warning: is empty, and email_delivery.smtp.user is not\n" },

	/* ----------------------------------------------- database */
	{ "another database", "database:\n  url: postgres://id:pw@db/id\n", 0, false,
	    "p.yaml:2: database.url: Postern needs MariaDB: mariadb://user:password@host/name\n" },
	{ "a password with a slash in a URL", "database:\n  url: \"mariadb://id:p/w@db/id\"\n", 0, false,
	    "p.yaml:2: database.url: is not mariadb://user:password@host:port/name; in a password write %2F for /, "
	    "%3F for ?, %23 for # and %25 for %\n" },
	{ "a password with a percent in a URL", "database:\n  url: \"mariadb://id:100%@db/id\"\n", 0, false,
	    "p.yaml:2: database.url: is not mariadb://user:password@host:port/name; in a password write %2F for /, "
	    "%3F for ?, %23 for # and %25 for %\n" },
	{ "a port behind the host", "database:\n  host: db.example.com:3307\n", 0, false,
	    "p.yaml:2: database.host: is not a host (the port goes into database.port); write db.example.com\n" },
	{ "a socket for the host", "database:\n  host: /run/mysqld/mysqld.sock\n", 0, false,
	    "p.yaml:2: database.host: is not a host; write a socket's path into database.socket\n" },

	{ "limits off", "rate_limiter:\n  enabled: false\n", 0, true,
	    "p.yaml:2: rate_limiter.enabled: warning: false lets anybody guess passwords and codes without end; write true\n" },
	/* clang-format on */
};

static void
test_mistakes(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N(mistakes); i++) {
		put(mistakes[i].text, mistakes[i].without, 0600);
		assert_said(mistakes[i].what, mistakes[i].serves,
		    mistakes[i].said);
	}
}

static void
test_readable_by_others(void **state)
{
	(void)state;
	put("", 0, 0644);
	assert_said("a file that others read", false,
	    "p.yaml:1: secrets.keys: others can read this secret (mode 0644): "
	    "chmod 600 p.yaml\n");
}

/* Names that resemble a key's, and others that are nobody's business. */
static void
test_environment(void **state)
{
	static const struct {
		const char *name;
		const char *meant; /* or NULL */
	} cases[] = {
		{ "POSTERN_SESSION_LIFESPAN", "SESSION_LIFESPAN" },
		{ "POSTERN_DATABASE_PASWORD", "DATABASE_PASSWORD" },
		{ "HANKO_SECRETS_KEYS", "SECRETS_KEYS" },
		{ "SESSION_LIFESPANN", "SESSION_LIFESPAN" },
		{ "EMAIL_DELIVERY_SMTP_HOSTT", "EMAIL_DELIVERY_SMTP_HOST" },
		{ "SESSION_MANAGER", NULL },
		{ "POSTERN_CONFIG", NULL },
		{ "POSTERN_BUILD_DIR", NULL },
		{ "DATABASE", NULL },
		{ "SERVER_NAME", NULL },
	};
	char expected[256];
	size_t i;

	(void)state;
	put("", 0, 0600);
	for (i = 0; i < N(cases); i++) {
		expected[0] = '\0';
		if (cases[i].meant != NULL)
			(void)snprintf(expected, sizeof(expected),
			    "environment: %s: warning: is not read; did you "
			    "mean %s?\n",
			    cases[i].name, cases[i].meant);
		assert_int_equal(setenv(cases[i].name, "x", 1), 0);
		assert_said(cases[i].name, true, expected);
		assert_int_equal(unsetenv(cases[i].name), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_readable_by_others),
		cmocka_unit_test(test_environment),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
