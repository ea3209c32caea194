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
#include "lib/conf/conf_row.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define KEYS "secrets: {keys: [\"0123456789abcdefghij\"]}\n"

static char dir[] = "/tmp/test-conf.XXXXXX";
static char file[64];	/* the configuration of a case */
static char secret[64]; /* a file with a secret in it */
static char *said;	/* what a load reported */

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(file, sizeof(file), "%s/postern.yaml", dir);
	(void)snprintf(secret, sizeof(secret), "%s/secret", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	free(said);
	(void)unlink(file);
	(void)unlink(secret);
	return rmdir(dir);
}

static void
put(const char *path, const char *text, mode_t mode)
{
	FILE *f;

	(void)unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static struct ptn_conf *
load(const char *const *set)
{
	struct ptn_conf *cf;
	size_t len;
	FILE *err;
	enum ptn_err r;

	free(said);
	said = NULL;
	err = open_memstream(&said, &len);
	assert_non_null(err);
	r = ptn_conf_load(&cf, file, set, err);
	assert_int_equal(fclose(err), 0);
	assert_int_equal(r, cf != NULL ? PTN_OK : PTN_E_CONFIG);
	return cf;
}

static struct ptn_conf *
load_text(const char *text)
{
	put(file, text, 0600);
	return load(NULL);
}

/* Load a minimal file with one key set over it. */
static struct ptn_conf *
load_set(const char *assignment)
{
	const char *set[] = { assignment, NULL };

	put(file, KEYS, 0600);
	return load(set);
}

static void
assert_said(const char *expected)
{
	if (strstr(said, expected) == NULL)
		fail_msg("expected \"%s\", got \"%s\"", expected, said);
}

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

/* clang-format off */
static const char *const accepted[] = {
	"server.public.address=unix:/x", "server.public.address=127.0.0.1:8000",
	"server.public.address=[::1]:8000", "server.public.address=localhost:1",
	"server.admin.address=unix:/y",
	"server.authorizer.address=127.0.0.1:9010",
	"passkey.aaguid_file=/etc/postern/aaguids",
	"webauthn.relying_party.top_origins=https://example.org",
	"server.public.base_path=/id", "server.public.base_path=/a-b/c_d/~e.f",
	"server.public.base_path=",
	"tenants.hosts=a.example Acme Inc.,[::1] b,localhost c",
	"tenants.paths=/acme Acme,/acme/b b,/c c d",
	"server.public.cors.allow_origins=https://example.com,http://localhost:8080",
	"server.public.cors.allow_origins=https://*.example.com",
	"server.public.cors.allow_origins=https://app-?.example.com:8443",
	"server.public.cors.allow_origins=http://localhost:*",
	"server.public.cors.allow_origins=http://[::1]:8080",
	"server.public.cors.allow_origins=capacitor://localhost",
	"server.public.cors.allow_origins=",
	"server.socket.mode=600", "server.socket.mode=0o660", "server.socket.mode=0",
	"server.trusted_proxies=192.0.2.1, 10.0.0.0/8,2001:db8::/32,::1,0.0.0.0/0",
	"server.trusted_proxies=::ffff:10.0.0.0/104,::/0",
	"session.lifespan=1h30m", "session.lifespan=1.5h", "session.lifespan=90",
	"session.lifespan=2000ms", "session.lifespan=400h0m1s", "session.lifespan=9600h",
	"session.idle_timeout=", "session.idle_timeout=0", "session.idle_timeout=0s",
	"session.idle_timeout=11h59m59s",
	"session.key_publish_delay=0", "session.key_publish_delay=10m",
	"session.cookie.name=__Host-postern", "session.cookie.name=__Secure-x",
	"session.cookie.domain=example.com", "session.cookie.domain=.example.com",
	"session.cookie.same_site=none", "session.signing_algorithm=EdDSA",
	"account.allow_signup=false",
	"hashing.queue=-1", "password.max_bytes=1024",
	"email_delivery.from_address=a.b+c@example.com",
	"email_delivery.from_name=D\xc3\xa9p\xc3\xb4t",
	"email_delivery.transport=sendmail",
	"webauthn.relying_party.origins=https://example.com,android:apk-key-hash:abc_-",
	"database.url=", "database.socket=/run/mysqld/mysqld.sock",
	"email.passcode_charset=numeric", "database.dialect=mysql",
	"security_notifications.notifications.email_create.enabled=true",
	"database.dialect=postgres", "flow_locker.enabled=true",
	"saml.enabled=false", "third_party.providers.google.enabled=false",
	"third_party.redirect_url=", "mfa.enabled=true", "username.min_length=3",
	"webhooks.enabled=false", "session.jwt_template.claims=",
	"mfa.totp.enabled=true", "security_notifications.notifications.email_create.enabled=false",
};

static const struct {
	const char *set;
	const char *why;
} rejected[] = {
	{ "account.allow_signup=yes", "\"yes\" is neither true nor false" },
	{ "account.allow_signup=True", "neither" },
	{ "account.allow_signup=1", "neither" },
	{ "account.allow_signup=", "neither" },
	{ "email.limit=012", "is not a whole number" },
	{ "email.limit=1e3", "is not a whole number" },
	{ "email.limit=0x10", "is not a whole number" },
	{ "email.limit= 5", "is not a whole number" },
	{ "email.limit=+5", "is not a whole number" },
	{ "email.limit=", "is not a whole number" },
	{ "email.limit=-", "is not a whole number" },
	{ "email.limit=99999999999999999999", "is not a whole number" },
	{ "email.limit=0", "0 is out of range (1 to 1000)" },
	{ "email.limit=1001", "out of range" },
	{ "hashing.queue=-2", "out of range" },
	{ "server.socket.mode=0680", "is not an octal number" },
	{ "server.socket.mode=01000", "out of range" },
	{ "server.socket.mode=", "is not an octal number" },
	{ "session.lifespan=500ms", "is not a whole number of seconds" },
	{ "session.lifespan=1.5s", "is not a whole number of seconds" },
	{ "session.lifespan=1h1ns", "is not a whole number of seconds" },
	{ "session.lifespan=12 h", "is not a duration" },
	{ "session.lifespan=h", "is not a duration" },
	{ "session.lifespan=12hours", "is not a duration" },
	{ "session.lifespan=12h30", "is not a duration" },
	{ "session.lifespan=1d", "is not a duration" },
	{ "session.lifespan=-1h", "is not a duration" },
	{ "session.lifespan=-1", "is not a duration" },
	{ "session.lifespan=.h", "is not a duration" },
	{ "session.lifespan=1.1234567h", "is not a duration" },
	{ "session.lifespan=9999999999h", "is not a duration" },
	{ "session.lifespan=999999999999999999h", "is not a duration" },
	{ "session.lifespan=9600h1s", "out of range" },
	{ "session.lifespan=0", "out of range" },
	{ "session.lifespan=", "out of range" },
	{ "session.cookie.same_site=Strict", "is not one of strict|lax|none" },
	{ "session.cookie.same_site=", "is not one of" },
	{ "session.signing_algorithm=HS256", "is not one of" },
	{ "session.signing_algorithm=RS256|ES256", "is not one of" },
	{ "session.audience=a,,b", "has an empty element" },
	{ "session.audience=a,", "has an empty element" },
	{ "session.issuer=a\nb", "contains a control character" },
	{ "session.issuer=\xff", "is not UTF-8" },
	{ "session.idle_timeout=12h", "must be shorter than session.lifespan" },
	{ "session.key_publish_delay=599s", "must be 0 or at least 600s" },
	{ "session.cookie.name=", "is not the name of a cookie" },
	{ "session.cookie.name=a b", "is not the name of a cookie" },
	{ "session.cookie.name=a=b", "is not the name of a cookie" },
	{ "session.cookie.name=a;b", "is not the name of a cookie" },
	{ "session.cookie.domain=a b", "is not a domain" },
	{ "session.cookie.domain=https://a", "is not a domain" },
	{ "session.cookie.domain=192.0.2.1", "is not a domain" },
	{ "session.cookie.domain=.", "is not a domain" },
	{ "secrets.keys=short", "key 1 is shorter than 16 bytes" },
	{ "secrets.keys=0123456789abcdefghij,x", "key 2 is shorter" },
	{ "secrets.keys=abcedfghijklmnopqrstuvwxyz", "is an example" },
	{ "secrets.keys=aaaaaaaaaaaaaaaaaaaaaaaa", "is an example" },
	{ "secrets.keys=", "is required" },
	{ "secrets.keys=file:relative", "needs an absolute path" },
	{ "secrets.keys=file:/nonexistent/x", "No such file" },
	{ "secrets.keys=env:TEST_CONF_NOT_THERE", "the environment has no" },
	{ "server.public.address=", "neither unix:PATH nor HOST:PORT" },
	{ "server.public.address=unix:x", "needs an absolute path" },
	{ "server.public.address=unix:", "needs an absolute path" },
	{ "server.public.address=:8000", "not on a loopback address" },
	{ "server.public.address=0.0.0.0:8000", "not on a loopback address" },
	{ "server.public.address=127.evil.example:8000", "not on a loopback" },
	{ "server.public.address=192.0.2.1:8000", "not on a loopback address" },
	{ "server.public.address=[::]:8000", "not on a loopback address" },
	{ "server.public.address=localhost", "neither unix:PATH nor HOST:PORT" },
	{ "server.public.address=localhost:0", "neither" },
	{ "server.public.address=localhost:65536", "neither" },
	{ "server.public.address=localhost:80x", "neither" },
	{ "server.admin.address=unix:/run/postern/public.sock", "is the same" },
	{ "server.authorizer.address=unix:/run/postern/public.sock",
	    "is the same" },
	{ "server.authorizer.address=192.0.2.1:9010", "not on a loopback" },
	{ "server.authorizer.address=9010", "neither unix:PATH" },
	{ "passkey.aaguid_file=aaguids", "not an absolute path" },
	{ "webauthn.relying_party.top_origins=https://example.org/x",
	    "has more than" },
	{ "server.public.base_path=id", "is not a path such as /id" },
	{ "tenants.hosts=a.example", "is not \"WHERE ORGANISATION\"" },
	{ "tenants.hosts=a.example:80 b", "is not a host" },
	{ "tenants.hosts=a.example b,A.example c", "stands twice" },
	{ "tenants.paths=acme b", "is not a path such as /acme" },
	{ "tenants.paths=/acme b,/x c,/acme d", "\"/acme d\" stands twice" },
	{ "server.public.base_path=/", "is not a path" },
	{ "server.public.base_path=/id/", "is not a path" },
	{ "server.public.base_path=//id", "is not a path" },
	{ "server.public.base_path=/a/../b", "is not a path" },
	{ "server.public.base_path=/a%20b", "is not a path" },
	{ "server.public.cors.allow_origins=*", "needs unsafe_wildcard" },
	{ "server.public.cors.allow_origins=https://*", "is too wide" },
	{ "server.public.cors.allow_origins=https://*example.com", "is too wide" },
	{ "server.public.cors.allow_origins=https://example.*", "is too wide" },
	{ "server.public.cors.allow_origins=*://example.com", "scheme://" },
	{ "server.public.cors.allow_origins=https://example.com/", "has a bad host" },
	{ "server.public.cors.allow_origins=https://a@example.com", "has a bad host" },
	{ "server.public.cors.allow_origins=https://Example.com", "has a bad host" },
	{ "server.public.cors.allow_origins=https://", "has a bad host" },
	{ "server.public.cors.allow_origins=https://[::1", "has a bad host" },
	{ "server.public.cors.allow_origins=https://[a]", "has a bad host" },
	{ "server.public.cors.allow_origins=example.com", "scheme://" },
	{ "server.public.cors.allow_origins=null", "scheme://" },
	{ "server.public.cors.allow_origins=https://a.example:", "bad port" },
	{ "server.public.cors.allow_origins=https://a.example:443", "default port" },
	{ "server.public.cors.allow_origins=http://a.example:80", "default port" },
	{ "webauthn.relying_party.origins=https://*.example.com", "bad host" },
	{ "webauthn.relying_party.origins=https://example.com/x", "more than" },
	{ "webauthn.relying_party.origins=", "at least one" },
	{ "webauthn.relying_party.id=", "is not a domain" },
	{ "webauthn.relying_party.id=https://example.com", "is not a domain" },
	{ "server.trusted_proxies=10.0.0.0/33", "neither an address" },
	{ "server.trusted_proxies=10.0.0.0/", "neither an address" },
	{ "server.trusted_proxies=10.0.0.0/-1", "neither an address" },
	{ "server.trusted_proxies=10.0.0.0/08", "neither an address" },
	{ "server.trusted_proxies=::/129", "neither an address" },
	{ "server.trusted_proxies=10.0.0", "neither an address" },
	{ "server.trusted_proxies=localhost", "neither an address" },
	{ "service.name=", "must not be blank" },
	{ "service.name=  ", "must not be blank" },
	{ "service.name=a\r\nBcc: x", "contains a control character" },
	{ "email_delivery.from_address=x", "is not an address" },
	{ "email_delivery.from_address=@x", "is not an address" },
	{ "email_delivery.from_address=x@", "is not an address" },
	{ "email_delivery.from_address=a@b@c", "is not an address" },
	{ "email_delivery.from_address=a <a@b.c>", "is not an address" },
	{ "email_delivery.from_address=a@b.c\r\nBcc: d@e.f", "control character" },
	{ "email_delivery.smtp.host=", "is not a host" },
	{ "email_delivery.smtp.host=a b", "is not a host" },
	{ "email_delivery.smtp.helo=host", "is neither a fully qualified" },
	{ "email_delivery.smtp.helo=192.0.2.1", "is neither a fully qualified" },
	{ "email_delivery.smtp.helo=[192.0.2.1", "is neither a fully qualified" },
	{ "email_delivery.smtp.helo=[::1]", "is neither a fully qualified" },
	{ "email_delivery.smtp.helo=[IPv6:192.0.2.1]", "is neither a fully qualified" },
	{ "email_delivery.smtp.helo=[]", "is neither a fully qualified" },
	{ "email_delivery.smtp.helo=a_b.example", "is neither a fully qualified" },
	{ "email_delivery.smtp.helo=a.1", "is neither a fully qualified" },
	{ "email_delivery.smtp.helo=a..b", "is neither a fully qualified" },
	{ "email_delivery.sendmail.path=sendmail", "not an absolute path" },
	{ "email_delivery.template_dir=mail", "not an absolute path" },
	{ "server.state_dir=", "must not be empty" },
	{ "server.state_dir=x", "not an absolute path" },
	{ "database.host=", "must not be empty without database.socket" },
	{ "database.database=", "must not be empty" },
	{ "database.user=", "must not be empty" },
	{ "database.socket=x", "not an absolute path" },
	{ "database.url=postgres://a:b@c/d", "Postern needs MariaDB" },
	{ "database.url=mysql://a:b@c:x/d", "is not mariadb://" },
	{ "database.url=mysql://a:b@c:70000/d", "is not mariadb://" },
	{ "database.url=mysql://a:%zz@c/d", "is not mariadb://" },
	{ "database.url=mysql://a:%00@c/d", "is not mariadb://" },
	{ "database.url=mysql://a:b@c/d/e", "is not mariadb://" },
	{ "database.url=mysql://a:b@[::1/d", "is not mariadb://" },
	{ "database.url=mysql://a:b@c/d?tls=preferred", "to do with TLS" },
	{ "database.url=mysql://a:b@c/d?tls=custom", "to do with TLS" },
	{ "database.url=mysql://a:b@c/d?ssl", "to do with TLS" },
	{ "database.url=mysql://a:b@c/d?ssl=", "to do with TLS" },
	{ "database.url=mysql://a:b@c/d?ssl={\"rejectUnauthorized\":true}",
	    "to do with TLS" },
	{ "database.url=mysql://a:b@c/d?sslmode=prefer", "to do with TLS" },
	{ "database.url=mysql://a:b@c/d?ssl-mode=PREFERRED", "to do with TLS" },
	{ "database.url=mysql://a:b@c/d?sslaccept=strict", "to do with TLS" },
	{ "database.url=mysql://a:b@c/d?ssl_verify_cert=false",
	    "to do with TLS" },
	{ "database.url=mysql://a:b@c/d?a=b&tls=true&tls=false",
	    "to do with TLS" },
	{ "database.url=mysql://a:b@c/d?tls=false&tls=true", "to do with TLS" },
	{ "database.url=mysql://a:b@c/d?sslmode=disable&ssl=1&a=b",
	    "to do with TLS" },
	{ "database.url=mysql://a:b@c/d?ssl=true&ssl-ca=%zz", "to do with TLS" },
	{ "database.url=mysql://a:b@c/d?ssl-ca=/ca.pem", "says nothing while" },
	{ "database.tls.ca_file=/ca.pem", "says nothing while" },
	{ "database.tls.cipher=AES", "says nothing while" },
	{ "database.tls.mode=prefer", "is not one of" },
	{ "password.argon2.max_memory_kib=8192", "is below password.argon2.memory_kib" },
	{ "database.dialect=cockroach", "write mariadb here" },
	{ "email.passcode_charset=alphanumeric", "asks for what" },
	{ "saml.enabled=true", "asks for what" },
	{ "rate_limiter.store=redis", "asks for what" },
	{ "secrets.key_management.type=aws_kms", "asks for what" },
	{ "mfa.optional=false", "asks for what" },
	{ "session.jwt_template.claims.role=admin", "switches on" },
	{ "third_party.providers.google.enabled=true", "switches on" },
	{ "third_party.redirect_url=https://example.com/cb", "switches on" },
	{ "webhooks.enabled=true", "switches on" },
	{ "third_party=x", "is a section, not a value" },
	{ "service=x", "is a section, not a value" },
	{ "service.name.x=1", "is not a known key" },
	{ "unknown.key=1", "is not a known key" },
	{ "Service.name=x", "is not a known key" },
};

/* Several keys that do not go together. */
static const struct {
	const char *set[3];
	const char *why; /* NULL: they do */
} pairs[] = {
	{ { "session.cookie.name=__Host-x", "session.cookie.domain=example.com" },
	  "--set: session.cookie.domain: must be empty" },
	{ { "session.cookie.name=__Host-x", "tenants.paths=/acme acme" },
	  "--set: tenants.paths: must be empty" },
	{ { "session.cookie.name=__Host-x", "tenants.hosts=a.example acme" },
	  NULL },
	{ { "session.cookie.name=__Host-x", "session.cookie.secure=false" },
	  "--set: session.cookie.secure: must be true" },
	{ { "session.cookie.name=__Secure-x", "session.cookie.secure=false" },
	  "must be true: the cookie's name begins with __Secure-" },
	{ { "session.cookie.name=__Secure-x", "session.cookie.domain=example.com" }, NULL },
	{ { "session.cookie.same_site=none", "session.cookie.secure=false" },
	  "\"none\" needs session.cookie.secure" },
	{ { "server.public.cors.allow_origins=*",
	    "server.public.cors.unsafe_wildcard_origin_allowed=true" }, NULL },
	{ { "server.public.cors.allow_origins=https://*",
	    "server.public.cors.unsafe_wildcard_origin_allowed=true" }, NULL },
	{ { "server.public.address=:8000", "server.socket.unsafe_remote_tcp=true" }, NULL },
	{ { "server.public.address=a b:8000", "server.socket.unsafe_remote_tcp=true" },
	  "neither unix:PATH nor HOST:PORT" },
	{ { "server.workers=4", "hashing.queue=4" }, "must be below server.workers" },
	{ { "server.workers=4", "hashing.queue=3" }, NULL },
	{ { "database.host=", "database.socket=/x" }, NULL },
	{ { "email_delivery.transport=sendmail", "email_delivery.sendmail.path=" },
	  "must not be empty" },
	{ { "email_delivery.smtp.host=::1", "email_delivery.smtp.port=25" }, NULL },
	{ { "database.tls.mode=required", "database.url=mysql://a:b@c/d?tls=true" },
	  NULL },
	{ { "database.tls.mode=required", "database.url=mysql://a:b@c/d?ssl=false" },
	  "to do with TLS" },
};
/* clang-format on */

static void
test_accepted(void **state)
{
	struct ptn_conf *cf;
	size_t i;

	(void)state;
	for (i = 0; i < N(accepted); i++) {
		cf = load_set(accepted[i]);
		if (cf == NULL)
			fail_msg("%s: %s", accepted[i], said);
		ptn_conf_free(&cf);
	}
}

static void
test_rejected(void **state)
{
	struct ptn_conf *cf;
	size_t i;

	(void)state;
	for (i = 0; i < N(rejected); i++) {
		cf = load_set(rejected[i].set);
		if (cf != NULL)
			fail_msg("%s was accepted", rejected[i].set);
		if (strstr(said, rejected[i].why) == NULL)
			fail_msg("%s: %s", rejected[i].set, said);
	}
}

static void
test_pairs(void **state)
{
	struct ptn_conf *cf;
	size_t i;

	(void)state;
	put(file, KEYS, 0600);
	for (i = 0; i < N(pairs); i++) {
		cf = load(pairs[i].set);
		if ((cf != NULL) != (pairs[i].why == NULL))
			fail_msg("pair %zu: %s", i, said);
		if (pairs[i].why != NULL)
			assert_said(pairs[i].why);
		ptn_conf_free(&cf);
	}
}

/* A token that no cookie can hold is refused here, not at a login. */
static void
test_token_too_long(void **state)
{
	char set[4000] = "session.issuer=";
	size_t len = strlen(set);
	struct ptn_conf *cf;

	(void)state;
	memset(set + len, 'x', 1500);
	set[len + 1500] = '\0';
	cf = load_set(set);
	assert_non_null(cf);
	ptn_conf_free(&cf);
	memset(set + len, 'x', 2000);
	set[len + 2000] = '\0';
	assert_null(load_set(set));
	assert_said("do not fit into a cookie");
	memset(set + len, '&', 400);
	set[len + 400] = '\0';
	assert_null(load_set(set));
}

static void
test_url(void **state)
{
	/* clang-format off */
	static const struct {
		const char *url, *user, *password, *host, *name, *socket;
		int port;
	} cases[] = {
		{ "mysql://u:p@h:3307/n", "u", "p", "h", "n", "", 3307 },
		{ "mariadb://u:p@h/n", "u", "p", "h", "n", "", 3306 },
		{ "mariadb://u@h", "u", "", "h", "postern", "", 3306 },
		{ "mysql://u:p@(h:1)/n?parseTime=true", "u", "p", "h", "n", "", 1 },
		{ "mysql://u:p%40%3a%2F@[::1]:99/n", "u", "p@:/", "::1", "n", "", 99 },
		{ "mysql://u:p@q@h/n", "u", "p@q", "h", "n", "", 3306 },
		{ "mysql://u:p@/n?socket=%2Frun%2Fx.sock&a=b", "u", "p",
		  "localhost", "n", "/run/x.sock", 3306 },
		{ "mysql:///n?socket=/run/x.sock", "postern", "", "localhost", "n",
		  "/run/x.sock", 3306 },
	};
	/* clang-format on */
	struct ptn_conf *cf;
	char set[256];
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		(void)snprintf(set, sizeof(set), "database.url=%s",
		    cases[i].url);
		cf = load_set(set);
		if (cf == NULL)
			fail_msg("%s: %s", set, said);
		assert_string_equal(cf->db_user, cases[i].user);
		assert_string_equal(cf->db_password, cases[i].password);
		assert_string_equal(cf->db_host, cases[i].host);
		assert_string_equal(cf->db_name, cases[i].name);
		assert_string_equal(cf->db_socket, cases[i].socket);
		assert_int_equal(cf->db_port, cases[i].port);
		ptn_conf_free(&cf);
	}
}

/* TLS as other programs ask for it is TLS; nothing of it is passed over. */
static void
test_url_tls(void **state)
{
	/* clang-format off */
	static const struct {
		const char *query;
		enum ptn_db_tls mode;
		const char *ca, *cert, *key, *cipher;
	} cases[] = {
		{ "parseTime=true", PTN_DB_TLS_OFF, "", "", "", "" },
		{ "tls=false", PTN_DB_TLS_OFF, "", "", "", "" },
		{ "ssl-mode=DISABLED", PTN_DB_TLS_OFF, "", "", "", "" },
		{ "ssl=true", PTN_DB_TLS_REQUIRED, "", "", "", "" },
		{ "SSL=True&a=b", PTN_DB_TLS_REQUIRED, "", "", "", "" },
		{ "useSSL=true", PTN_DB_TLS_REQUIRED, "", "", "", "" },
		{ "ssl-mode=REQUIRED", PTN_DB_TLS_REQUIRED, "", "", "", "" },
		{ "sslmode=require", PTN_DB_TLS_REQUIRED, "", "", "", "" },
		{ "tls=skip-verify", PTN_DB_TLS_REQUIRED, "", "", "", "" },
		{ "tls=true", PTN_DB_TLS_VERIFY, "", "", "", "" },
		{ "ssl=true&tls=true", PTN_DB_TLS_VERIFY, "", "", "", "" },
		{ "tls=true&ssl=true", PTN_DB_TLS_VERIFY, "", "", "", "" },
		{ "sslMode=VERIFY_IDENTITY&ssl-ca=%2Fa%20b.pem", PTN_DB_TLS_VERIFY,
		  "/a b.pem", "", "", "" },
		{ "ssl_verify_cert=true&ssl_ca=/c&ssl_cert=/d&ssl_key=/e"
		  "&ssl_cipher=AES-x", PTN_DB_TLS_VERIFY, "/c", "/d", "/e",
		  "AES-x" },
	};
	/* clang-format on */
	struct ptn_conf *cf;
	char set[256];
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		(void)snprintf(set, sizeof(set),
		    "database.url=mysql://u:p@h/n?%s", cases[i].query);
		cf = load_set(set);
		if (cf == NULL)
			fail_msg("%s: %s", set, said);
		assert_int_equal(cf->db_tls, cases[i].mode);
		assert_string_equal(cf->db_tls_ca, cases[i].ca);
		assert_string_equal(cf->db_tls_cert, cases[i].cert);
		assert_string_equal(cf->db_tls_key, cases[i].key);
		assert_string_equal(cf->db_tls_cipher, cases[i].cipher);
		ptn_conf_free(&cf);
	}
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
			    "mfa: {enabled: true}\n"
			    "smtp: {host: localhost, port: 25}\n"
			    "webhooks: {enabled: false, hooks: "
			    "[{callback: \"http://a\", events: [user]}]}\n"
			    "saml:\n"
			    "emails: {}\n");
	if (cf == NULL)
		fail_msg("%s", said);
	assert_said(":3: third_party.redirect_url: warning: is not supported");
	assert_said(":8: mfa.enabled: warning: is not supported, ignored");
	assert_said(":9: smtp.host: warning: ");
	/* One warning a row of the table. */
	assert_null(strstr(said, "apple"));
	assert_null(strstr(said, "smtp.port"));
	ptn_conf_free(&cf);
	assert_null(
	    load_text(KEYS "third_party:\n"
			   "  allowed_redirect_urls: [\"https://a\"]\n"
			   "  providers: {apple: {enabled: true}}\n"
			   "session: {jwt_template: {claims: {a: b}}}\n"));
	assert_said(":3: third_party.allowed_redirect_urls: switches on");
	assert_said(":4: third_party.providers.apple.enabled: switches on");
	assert_said(":5: session.jwt_template.claims.a: switches on");
	(void)setenv("SAML_ENABLED", "true", 1);
	assert_null(load_text(KEYS));
	assert_said("environment: SAML_ENABLED: asks for what");
	(void)unsetenv("SAML_ENABLED");
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
	assert_said("security_notifications.notifications.email_create.enabled:"
		    " warning: is not supported, ignored");
	(void)snprintf(text, sizeof(text),
	    "secrets: {keys: [abcedfghijklmnopqrstuvwxyz]}\n%s", hanko_27);
	assert_null(load_text(text));
	assert_said("secrets.keys: key 1 is an example that everybody knows; "
		    "\"postern config init\" makes one");
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
	static const char here[] = __FILE__;
	const char *const set[] = { "secrets.keys=0123456789abcdefghij", NULL };
	size_t top = strlen(here) - strlen("tests/unit/test_conf.c");
	struct ptn_conf *cf;
	char path[512], *text = NULL;
	size_t len = 0;
	FILE *f;

	(void)state;
	(void)snprintf(path, sizeof(path), "%.*setc/postern.yaml", (int)top,
	    here);
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
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_rejected),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_token_too_long),
		cmocka_unit_test(test_url),
		cmocka_unit_test(test_url_tls),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_secret_file),
		cmocka_unit_test(test_unsupported),
		cmocka_unit_test(test_hanko),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_search),
	};

	return cmocka_run_group_tests_name("conf", tests, setup, teardown);
}
