#include "lib/base/array.h"
#include "lib/conf/conf_row.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/format/claimtext.h"
#include "lib/format/helo.h"
#include "lib/format/ip.h"
#include "lib/format/mount.h"
#include "lib/format/url.h"

#define SECRET_MIN 16 /* bytes of an element of secrets.keys */
#define SECRET_HOW "\"openssl rand -base64 32\" makes one"
#define COOKIE_MAX 4096	    /* bytes of name and value: RFC 6265bis 5.6 */
#define COOKIE_NAME_MAX 128 /* bytes */
#define PUBLISH_MIN_S 600   /* caches keep the JWK set for that long */
#define ADDRESS_MAX 254	    /* RFC 5321 4.5.3.1.3 less <> */
#define BASE_PATH_MAX 128   /* bytes of one that is suggested */

static bool
has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool
is_blank(const char *s)
{
	return s[strspn(s, " ")] == '\0';
}

/* Values that stand in examples: whoever reads those knows the secret. */
static bool
is_example(const char *s)
{
	static const char *const known[] = { "abcedfghijklmnopqrstuvwxyz",
		"abcdefghijklmnopqrstuvwxyz", "0123456789abcdef",
		"change-me-change-me", "changemechangeme" };
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(known); i++)
		if (strcasecmp(s, known[i]) == 0)
			return true;
	return s[strspn(s, (char[]){ s[0], '\0' })] == '\0';
}

static void
check_secrets(struct ptn_conf_load *ld)
{
	const struct ptn_strs *keys = &ld->cf->secrets;
	size_t i;

	if (keys->n == 0)
		ptn_conf_fault(ld, keys, "is required; " SECRET_HOW);
	for (i = 0; i < keys->n; i++) {
		if (strlen(keys->v[i]) < SECRET_MIN)
			ptn_conf_fault(ld, keys,
			    "key %zu is shorter than %d bytes; " SECRET_HOW,
			    i + 1, SECRET_MIN);
		else if (is_example(keys->v[i]))
			ptn_conf_fault(ld, keys,
			    "key %zu is an example that everybody knows; " SECRET_HOW,
			    i + 1);
	}
}

/* The bytes a text can take in JSON where & < > " \ are escaped. */
static size_t
json_len(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += strchr("&<>\"\\", *s) != NULL ? 6 : 1;
	return n + 3; /* quotes and comma */
}

/* What a tenant that has a place adds: its id, and its own audience. */
#define TENANT_CLAIMS (52 + PTN_HOST_MAX)

/*
 * The longest token that can be issued: a head of 75 bytes, claims of 272
 * besides the address (254 octets, its local part all escaped), the username
 * (128 bytes, with its name 144), issuer, audience and tenant, those of
 * session.jwt_template.claims, and the signature of the algorithm, all in
 * base64url.
 */
static size_t
token_max(const struct ptn_conf *cf)
{
	static const size_t signature[PTN_ALG__MAX] = { [PTN_ALG_RS256] = 342,
		[PTN_ALG_ES256] = 86,
		[PTN_ALG_EDDSA] = 86 };
	size_t i, claims = 272 + 64 * 6 + 190 + 144;

	claims += json_len(cf->issuer);
	for (i = 0; i < cf->audience.n; i++)
		claims += json_len(cf->audience.v[i]);
	if (cf->audience.n == 0)
		claims += json_len(cf->rp_id);
	if (cf->tenant_hosts.n + cf->tenant_paths.n > 0 || cf->tenant_ids)
		claims += TENANT_CLAIMS;
	if (cf->claims.n > 0)
		claims += PTN_CLAIMTEXT_TOKEN_MAX;
	return 100 + 1 + (claims * 4 + 2) / 3 + 1 + signature[cf->sign_alg];
}

/* RFC 6265bis 4.1.3: what the prefixes promise must be so. */
static void
check_cookie_prefix(struct ptn_conf_load *ld)
{
	const struct ptn_conf *cf = ld->cf;
	bool host = strncasecmp(cf->cookie_name, "__Host-", 7) == 0;
	bool secure = strncasecmp(cf->cookie_name, "__Secure-", 9) == 0;

	if (host && cf->cookie_domain[0] != '\0')
		ptn_conf_fault(ld, &cf->cookie_domain,
		    "must be empty: the cookie's name begins with __Host-");
	if (host && (cf->tenant_paths.n > 0 || cf->tenant_ids))
		ptn_conf_fault(ld, &cf->tenant_paths,
		    "must be empty, and multi_tenancy.enabled false: the cookie's "
		    "name begins with __Host-, and its path is / then");
	if ((host || secure) && !cf->cookie_secure)
		ptn_conf_fault(ld, &cf->cookie_secure,
		    "must be true: the cookie's name begins with %s",
		    host ? "__Host-" : "__Secure-");
}

static void
check_cookie(struct ptn_conf_load *ld)
{
	const struct ptn_conf *cf = ld->cf;
	const char *domain = cf->cookie_domain;
	size_t len = strlen(cf->cookie_name);

	/* RFC 7230 3.2.6: token */
	if (len == 0 || len > COOKIE_NAME_MAX ||
	    !ptn_url_chars_only(cf->cookie_name, len, "!#$%&'*+-.^_`|~"))
		ptn_conf_fault(ld, &cf->cookie_name,
		    "is not the name of a cookie");
	check_cookie_prefix(ld);
	domain += domain[0] == '.' ? 1 : 0;
	if (cf->cookie_domain[0] != '\0' &&
	    (!ptn_url_host_ok(domain, strlen(domain)) || ptn_url_ip_ok(domain)))
		ptn_conf_no_host(ld, &cf->cookie_domain, "a domain");
	if (cf->cookie_same_site == PTN_SAME_SITE_NONE && !cf->cookie_secure)
		ptn_conf_fault(ld, &cf->cookie_same_site,
		    "\"none\" needs session.cookie.secure: write true there");
	if (len + token_max(cf) > COOKIE_MAX)
		ptn_conf_fault(ld,
		    cf->audience.n > 0 ? (const void *)&cf->audience
				       : (const void *)&cf->issuer,
		    "makes tokens that do not fit into a cookie (%d bytes)",
		    COOKIE_MAX);
}

static void
check_session(struct ptn_conf_load *ld)
{
	const struct ptn_conf *cf = ld->cf;

	if (cf->session_idle_s >= cf->session_lifespan_s &&
	    cf->session_idle_s > 0)
		ptn_conf_fault(ld, &cf->session_idle_s,
		    "must be shorter than session.lifespan");
	if (cf->key_publish_s > 0 && cf->key_publish_s < PUBLISH_MIN_S)
		ptn_conf_fault(ld, &cf->key_publish_s,
		    "must be 0 or at least %ds: others keep the key set for "
		    "that long",
		    PUBLISH_MIN_S);
}

/* Why a text is not an address to listen on, or NULL. */
static const char *
listen_problem(const char *s, bool remote)
{
	static const size_t path_max =
	    sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
	char host[PTN_HOST_MAX + 3];
	const char *port = strrchr(s, ':');
	size_t len;

	if (has_prefix(s, "unix:")) {
		if (s[5] != '/')
			return "needs an absolute path behind \"unix:\"";
		return strlen(s + 5) <= path_max
		    ? NULL
		    : "is too long a path: a socket's may have 107 bytes";
	}
	if (s[0] == '/')
		return "is neither unix:PATH nor HOST:PORT; write \"unix:\" "
		       "before a path";
	len = port != NULL ? (size_t)(port - s) : 0;
	if (port == NULL || !ptn_url_port_ok(port + 1) || len >= sizeof(host))
		return "is neither unix:PATH nor HOST:PORT";
	memcpy(host, s, len);
	host[len] = '\0';
	if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
	    (has_prefix(host, "127.") && ptn_url_ip_ok(host)))
		return NULL;
	if (!remote)
		return "is not on a loopback address, and FastCGI knows no "
		       "passwords; see server.socket.unsafe_remote_tcp";
	if (len == 0 || ptn_url_host_ok(host, len) ||
	    ptn_url_origin_host_ok(host, len, false))
		return NULL;
	return "is neither unix:PATH nor HOST:PORT";
}

/* The public address must be there; the others may be empty. */
static void
check_listen(struct ptn_conf_load *ld)
{
	const struct ptn_conf *cf = ld->cf;
	const char *const *addresses[] = { &cf->public_address,
		&cf->admin_address, &cf->authorizer_address };
	const char *problem;
	size_t i, j;

	for (i = 0; i < PTN_ARRAY_LEN(addresses); i++) {
		if (i > 0 && (*addresses[i])[0] == '\0')
			continue;
		problem = listen_problem(*addresses[i], cf->tcp_remote);
		for (j = 0; j < i && problem == NULL; j++)
			if (strcmp(*addresses[i], *addresses[j]) == 0)
				problem = "is the same as another address";
		if (problem != NULL)
			ptn_conf_fault(ld, addresses[i], "%s", problem);
	}
}

static void
check_proxies(struct ptn_conf_load *ld)
{
	const struct ptn_strs *l = &ld->cf->trusted_proxies;
	struct ptn_ip_net net;
	size_t i;

	for (i = 0; i < l->n; i++)
		if (!ptn_ip_net_parse(l->v[i], &net))
			ptn_conf_fault(ld, l,
			    "\"%.80s\" is neither an address nor a network "
			    "(192.0.2.0/24)",
			    l->v[i]);
}

static void
check_base_path(struct ptn_conf_load *ld)
{
	const char *const *member = &ld->cf->base_path;
	const char *s = *member;
	const char *scheme = strstr(s, "://");
	char meant[BASE_PATH_MAX];
	size_t len;

	if (s[0] == '\0' || ptn_url_mount_ok(s))
		return;
	if (scheme != NULL)
		s = scheme + 3 + strcspn(scheme + 3, "/");
	s += strspn(s, "/");
	for (len = strlen(s); len > 0 && s[len - 1] == '/'; len--)
		;
	(void)snprintf(meant, sizeof(meant), "/%.*s", (int)len, s);
	if (len == 0)
		ptn_conf_fault(ld, member,
		    "is not a path such as /id; leave it empty at the root "
		    "of a host");
	else if (ptn_url_mount_ok(meant))
		ptn_conf_fault(ld, member,
		    "is not a path such as /id; write %s", meant);
	else
		ptn_conf_fault(ld, member, "is not a path such as /id");
}

static void
check_server(struct ptn_conf_load *ld)
{
	const struct ptn_conf *cf = ld->cf;

	check_listen(ld);
	check_base_path(ld);
	check_proxies(ld);
	if (cf->workers > 0 && cf->hash_queue >= cf->workers)
		ptn_conf_fault(ld, &cf->hash_queue,
		    "must be below server.workers: else password logins hold "
		    "up everything");
}

bool
ptn_conf_is_mailbox(const char *s)
{
	const char *at = strrchr(s, '@');

	return at != NULL && at != s && strchr(s, '@') == at &&
	    strlen(s) <= ADDRESS_MAX && strpbrk(s, " <>()[]\\,;:\"") == NULL &&
	    at[1] != '\0' && at[1] != '.' && s[strlen(s) - 1] != '.';
}

static bool
is_loopback_name(const char *s)
{
	return strcmp(s, "localhost") == 0 || strcmp(s, "::1") == 0 ||
	    (has_prefix(s, "127.") && ptn_url_ip_ok(s));
}

static void
check_mail(struct ptn_conf_load *ld)
{
	const struct ptn_conf *cf = ld->cf;

	if (!ptn_conf_is_mailbox(cf->mail_from))
		ptn_conf_fault(ld, &cf->mail_from,
		    "is not an address such as noreply@example.com%s",
		    strchr(cf->mail_from, '<') != NULL
			? "; the name before it goes into "
			  "email_delivery.from_name"
			: "");
	if (!ptn_url_host_ok(cf->smtp_host, strlen(cf->smtp_host)) &&
	    !ptn_url_ip_ok(cf->smtp_host))
		ptn_conf_no_host(ld, &cf->smtp_host, "a host");
	if (cf->smtp_helo[0] != '\0' && !ptn_helo_ok(cf->smtp_helo))
		ptn_conf_fault(ld, &cf->smtp_helo,
		    "is neither a fully qualified name nor an address in "
		    "brackets such as [192.0.2.1]");
	if (cf->smtp_user[0] != '\0' && cf->smtp_tls == PTN_TLS_NONE &&
	    !is_loopback_name(cf->smtp_host))
		ptn_conf_warn(ld, &cf->smtp_tls,
		    "the SMTP password travels in clear text");
}

static void
check_accounts(struct ptn_conf_load *ld)
{
	const struct ptn_conf *cf = ld->cf;

	if (is_blank(cf->service_name))
		ptn_conf_fault(ld, &cf->service_name, "must not be blank");
	if (cf->password_min > cf->password_max_bytes)
		ptn_conf_fault(ld, &cf->password_min,
		    "is above password.max_bytes");
	if (cf->argon2_memory_kib < 8 * cf->argon2_parallelism)
		ptn_conf_fault(ld, &cf->argon2_memory_kib,
		    "must be at least 8 times password.argon2.parallelism");
	if (cf->argon2_max_kib < cf->argon2_memory_kib)
		ptn_conf_fault(ld, &cf->argon2_max_kib,
		    "is below password.argon2.memory_kib");
}

/* Of a name that nobody says, there would be accounts that nobody enters. */
static void
check_names(struct ptn_conf_load *ld)
{
	const struct ptn_conf *cf = ld->cf;

	if (cf->username_enabled && !cf->username_identifies &&
	    !cf->passkey_enabled &&
	    !(cf->email_enabled && cf->email_identifies))
		ptn_conf_fault(ld, &cf->username_identifies,
		    "must be true where users say who they are neither by an "
		    "address nor by a passkey");
}

/* What everybody must have there must be a way to set up. */
static void
check_factors(struct ptn_conf_load *ld)
{
	const struct ptn_conf *cf = ld->cf;

	if (cf->mfa_enabled && !cf->mfa_optional && !cf->mfa_totp &&
	    !cf->mfa_keys)
		ptn_conf_fault(ld, &cf->mfa_optional,
		    "must be true where there is no second factor to set up; "
		    "see mfa.totp.enabled and mfa.security_keys.enabled");
}

/* Members that are paths: "" or absolute. */
static void
check_paths(struct ptn_conf_load *ld)
{
	const struct ptn_conf *cf = ld->cf;
	const char *const *paths[] = { &cf->state_dir, &cf->sendmail_path,
		&cf->smtp_ca_file, &cf->mail_dir, &cf->db_socket,
		&cf->db_tls_ca, &cf->db_tls_cert, &cf->db_tls_key,
		&cf->aaguid_file };
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(paths); i++)
		if ((*paths[i])[0] != '\0' && (*paths[i])[0] != '/')
			ptn_conf_fault(ld, paths[i], "is not an absolute path");
	if (cf->state_dir[0] == '\0')
		ptn_conf_fault(ld, &cf->state_dir, "must not be empty");
	if (cf->mail_transport == PTN_MAIL_SENDMAIL &&
	    cf->sendmail_path[0] == '\0')
		ptn_conf_fault(ld, &cf->sendmail_path, "must not be empty");
}

static void
check_places(struct ptn_conf_load *ld, const struct ptn_strs *l, bool path)
{
	struct ptn_mount p, other;
	const char *problem;
	size_t i, j;

	for (i = 0; i < l->n; i++) {
		p = ptn_mount_of(l->v[i]);
		problem = ptn_mount_problem(&p, path);
		for (j = 0; j < i && problem == NULL; j++) {
			other = ptn_mount_of(l->v[j]);
			if (ptn_mount_same(&p, &other))
				problem = "stands twice";
		}
		if (problem != NULL)
			ptn_conf_fault(ld, l, "\"%.80s\" %s", l->v[i], problem);
	}
}

static void
check_tenants(struct ptn_conf_load *ld)
{
	const struct ptn_conf *cf = ld->cf;

	check_places(ld, &cf->tenant_hosts, false);
	check_places(ld, &cf->tenant_paths, true);
}

static void
check_claims(struct ptn_conf_load *ld)
{
	struct ptn_conf_why why;

	if (ptn_conf_claims_settle(&ld->cf->claims, &why) != PTN_OK)
		ptn_conf_fault(ld, &ld->cf->claims, "%s", why.text);
}

void
ptn_conf_check(struct ptn_conf_load *ld)
{
	check_claims(ld);
	check_secrets(ld);
	check_cookie(ld);
	check_session(ld);
	ptn_conf_origins_check(ld);
	if (!ptn_url_host_ok(ld->cf->rp_id, strlen(ld->cf->rp_id)))
		ptn_conf_no_host(ld, &ld->cf->rp_id, "a domain");
	check_server(ld);
	check_tenants(ld);
	check_mail(ld);
	check_accounts(ld);
	check_names(ld);
	ptn_conf_hooks_check(ld);
	ptn_conf_metrics_check(ld);
	check_factors(ld);
	check_paths(ld);
	ptn_conf_database_check(ld);
}

/* Their relying party is held against other rules (lib/account/org.h). */
void
ptn_conf_check_own(struct ptn_conf_load *ld)
{
	check_cookie(ld);
	check_session(ld);
	ptn_conf_pages_check(ld);
	check_accounts(ld);
	check_names(ld);
	check_factors(ld);
}
