/* What may stand in a key, alone and beside others, and in database.url. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/conf.h"

/* clang-format off */
static const char *const accepted[] = {
	"server.public.address=unix:/x", "server.public.address=127.0.0.1:8000",
	"server.public.address=[::1]:8000", "server.public.address=localhost:1",
	"server.admin.address=unix:/y",
	"server.admin.origins=https://admin.example.org,http://localhost:8081",
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
	"webhooks.enabled=false", "webhooks.enabled=true",
	"webhooks.allow_networks=10.0.0.0/8,::1", "session.jwt_template.claims=",
	"session.jwt_template.claims.role=admin", "session.jwt_template.claims.sub=x",
	"session.jwt_template.claims.a.b.c.d.e.f={{ .User.Metadata.Unsafe `a.0.b` }}!",
	"mfa.totp.enabled=true", "mfa.security_keys.limit=1",
	"mfa.security_keys.authenticator_attachment=no_preference", "security_notifications.notifications.email_create.enabled=false",
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
	{ "server.admin.origins=http://admin.example.org", "must be https" },
	{ "server.admin.origins=app://localhost", "must be https" },
	{ "server.admin.origins=*", "is not scheme://" },
	{ "server.admin.origins=https://admin.example.org/page/",
	    "has more than" },
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
	{ "database.url=mysql://a:b@127.0.0.1/d?tls=true", "write a name" },
	{ "database.url=mysql://a:b@[::1]/d?tls=true", "write a name" },
	{ "password.argon2.max_memory_kib=8192", "is below password.argon2.memory_kib" },
	{ "database.dialect=cockroach", "write mariadb here" },
	{ "email.passcode_charset=alphanumeric", "asks for what" },
	{ "saml.enabled=true", "asks for what" },
	{ "rate_limiter.store=redis", "asks for what" },
	{ "secrets.key_management.type=aws_kms", "asks for what" },
	{ "session.jwt_template.claims.a={{.User.Nick}}", "that there is not here" },
	{ "session.jwt_template.claims.a={{.User.UserID", "without the }}" },
	{ "session.jwt_template.claims.a={{.User.UserID }", "without the }}" },
	{ "session.jwt_template.claims.a={{ }}", "that there is not here" },
	{ "session.jwt_template.claims.a={{.User.UserID .User.Username}}", "behind one name" },
	{ "session.jwt_template.claims.a={{.User.Metadata.Unsafe}}", "without \"a.path\"" },
	{ "session.jwt_template.claims.a={{.User.Metadata.Unsafe \"a.#\"}}", "names and dots" },
	{ "session.jwt_template.claims.a={{.User.Metadata.Unsafe \"a..b\"}}", "names and dots" },
	{ "session.jwt_template.claims.a={{.User.Metadata.Unsafe \"a}}", "never closed" },
	{ "session.jwt_template.claims.a={{.User.Metadata.Public}}", "without \"a.path\"" },
	{ "session.jwt_template.claims.a={{.User.Metadata.Private \"a\"}}", "that there is not here" },
	{ "session.jwt_template.claims.a={\"b\": \"{{.User.Username}}\"}", "write a section" },
	{ "session.jwt_template.claims.a\xca=1", "is not UTF-8" },
	{ "session.jwt_template.claims.a=\xca", "is not UTF-8" },
	{ "session.jwt_template.claims.a=null", "is nothing" },
	{ "session.jwt_template.claims.a=", "is nothing" },
	{ "session.jwt_template.claims.a.b.c.d.e.f.g=1", "nested deeper" },
	{ "session.jwt_template.other=1", "switches on" },
	{ "third_party.providers.google.enabled=true", "switches on" },
	{ "third_party.redirect_url=https://example.com/cb", "switches on" },
	{ "webhooks.hooks.0.events=user.creat", "is no event" },
	{ "webhooks.hooks.32.callback=https://a", "the first 32 elements" },
	{ "webhooks.hooks.x.callback=https://a", "the first 32 elements" },
	{ "webhooks.hooks.0.secret=a", "is neither callback nor events" },
	{ "webhooks.hooks.0.callback=https://a", "needs a callback, and events" },
	{ "webhooks.allow_networks=10.0.0.0/33", "neither an address nor a network" },
	{ "webhooks=x", "is a section, not a value" },
	{ "third_party=x", "is a section, not a value" },
	{ "service=x", "is a section, not a value" },
	{ "service.name.x=1", "is not a known key" },
	{ "unknown.key=1", "is not a known key" },
	{ "Service.name=x", "is not a known key" },
};

/* Several keys that do not go together. */
static const struct {
	const char *set[4];
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
	{ { "username.enabled=true", "username.use_as_login_identifier=false",
	    "email.use_as_login_identifier=false", "passkey.enabled=false" },
	  "--set: username.use_as_login_identifier: must be true where" },
	{ { "username.enabled=true", "username.use_as_login_identifier=false",
	    "email.enabled=false" }, NULL },
	{ { "username.enabled=true", "username.use_as_login_identifier=false",
	    "passkey.enabled=false" }, NULL },
	{ { "username.use_as_login_identifier=false",
	    "email.use_as_login_identifier=false", "passkey.enabled=false" }, NULL },
	{ { "mfa.optional=false", "mfa.totp.enabled=false",
	    "mfa.security_keys.enabled=false" },
	  "--set: mfa.optional: must be true" },
	{ { "mfa.optional=false", "mfa.totp.enabled=false" }, NULL },
	{ { "mfa.optional=false", "mfa.security_keys.enabled=false" }, NULL },
	{ { "mfa.optional=false", "mfa.totp.enabled=false",
	    "mfa.security_keys.enabled=false", "mfa.enabled=false" }, NULL },
	{ { "mfa.optional=false", "mfa.totp.enabled=true" }, NULL },
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

/* Nor is there room for what an operator and the user add. */
static void
test_token_with_claims(void **state)
{
	char issuer[1200] = "session.issuer=";
	const char *set[] = { issuer, NULL, NULL };
	const size_t len = strlen(issuer);
	struct ptn_conf *cf;

	(void)state;
	memset(issuer + len, 'x', 1000);
	issuer[len + 1000] = '\0';
	assert_non_null(cf = load(set));
	ptn_conf_free(&cf);
	set[1] = "session.jwt_template.claims.role=admin";
	assert_null(load(set));
	assert_said("do not fit into a cookie");
	/* Tenants and claims go together. */
	issuer[len + 100] = '\0';
	assert_non_null(cf = load(set));
	ptn_conf_free(&cf);
	(void)strcpy(issuer, "tenants.hosts=a.example.org acme");
	assert_non_null(cf = load(set));
	ptn_conf_free(&cf);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_rejected),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_token_too_long),
		cmocka_unit_test(test_token_with_claims),
		cmocka_unit_test(test_url),
		cmocka_unit_test(test_url_tls),
	};

	return cmocka_run_group_tests_name("conf_values", tests, setup,
	    teardown);
}
