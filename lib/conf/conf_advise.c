#include "lib/conf/conf_row.h"

#include <string.h>

#include "lib/format/ip.h"
#include "lib/format/url.h"

#define MAPPED_BITS 96 /* in front of an IPv4 address */
#define WIDE_BITS 3    /* networks wider than this are everybody */

/* What is under way: the configuration, and where to say it. */
struct advice {
	const struct ptn_conf *cf;
	FILE *err;
};

#define advise(ad, member, ...)                                                \
	ptn_conf_complain((ad)->cf, member, (ad)->err, "warning: " __VA_ARGS__)

static bool
is_local(const char *host)
{
	return ptn_url_host_within(host, "localhost") ||
	    ptn_url_host_within(host, "127.0.0.1") ||
	    strncmp(host, "[::1]", 5) == 0;
}

/* What stands behind the scheme of an origin; "" if there is no host. */
static const char *
host_of(const char *origin)
{
	const char *host = strstr(origin, "://");

	return host != NULL ? host + 3 : "";
}

static bool
is_https(const char *origin)
{
	return strncmp(origin, "https://", 8) == 0;
}

static void
on_localhost(const struct advice *ad)
{
	const struct ptn_conf *cf = ad->cf;
	const char *at = strrchr(cf->mail_from, '@');

	if (is_local(cf->rp_id))
		advise(ad, &cf->rp_id,
		    "is still localhost, which is this machine alone; write "
		    "the domain of your site, such as example.com");
	if (cf->mail_enabled && at != NULL && is_local(at + 1))
		advise(ad, &cf->mail_from,
		    "is still at localhost, and mail from there is refused; "
		    "write an address of your domain");
}

/* One origin of the relying party. */
static void
on_origin(const struct advice *ad, const char *origin)
{
	const struct ptn_conf *cf = ad->cf;
	const char *host = host_of(origin);

	if (host[0] == '\0' || (is_local(host) && is_local(cf->rp_id)))
		return;
	if (is_local(host))
		advise(ad, &cf->rp_origins,
		    "\"%.80s\" is still localhost, which is this machine "
		    "alone; write where your pages are",
		    origin);
	else if (!ptn_url_host_within(host, cf->rp_id))
		advise(ad, &cf->rp_origins,
		    "\"%.80s\" is not at or below "
		    "webauthn.relying_party.id (%.80s): no passkey works there",
		    origin, cf->rp_id);
	else if (!is_https(origin))
		advise(ad, &cf->rp_origins,
		    "\"%.80s\" is not https: browsers offer no passkeys there, "
		    "and keep no secure cookie; write https://%.80s",
		    origin, host);
}

static bool
any_https(const struct ptn_strs *origins)
{
	size_t i;

	for (i = 0; i < origins->n; i++)
		if (is_https(origins->v[i]))
			return true;
	return false;
}

static bool
any_within(const struct ptn_strs *origins, const char *domain)
{
	size_t i;

	for (i = 0; i < origins->n; i++)
		if (ptn_url_host_within(host_of(origins->v[i]), domain))
			return true;
	return false;
}

/* The domain that a cookie is for, against where the pages are. */
static void
on_cookie_domain(const struct advice *ad)
{
	const struct ptn_conf *cf = ad->cf;
	const char *domain = cf->cookie_domain;

	domain += domain[0] == '.' ? 1 : 0;
	if (domain[0] == '\0')
		return;
	if (strchr(domain, '.') == NULL && !is_local(domain))
		advise(ad, &cf->cookie_domain,
		    "\"%.80s\" is a whole top-level domain: no browser keeps "
		    "such a cookie; write your domain, or leave it empty",
		    domain);
	else if (!ptn_url_origins_are_rule(&cf->rp_origins) &&
	    !any_within(&cf->rp_origins, domain))
		advise(ad, &cf->cookie_domain,
		    "\"%.80s\" covers none of webauthn.relying_party.origins: "
		    "browsers do not keep the cookie; write %.80s, or leave it "
		    "empty",
		    domain, cf->rp_id);
	else if (strcmp(domain, cf->rp_id) != 0 &&
	    ptn_url_host_within(cf->rp_id, domain))
		advise(ad, &cf->cookie_domain,
		    "\"%.80s\" is wider than webauthn.relying_party.id: every "
		    "host below it gets the session; if that is not meant, "
		    "write %.80s, or leave it empty",
		    domain, cf->rp_id);
}

/* The last two labels of a host: what a site is, as far as can be told. */
static const char *
site_of(const char *host)
{
	const size_t len = strcspn(host, ":");
	size_t i, dots = 0;

	for (i = len; i > 0; i--)
		if (host[i - 1] == '.' && ++dots == 2)
			return host + i;
	return host;
}

/* A page of another site gets no cookie that is not SameSite=None. */
static void
on_cors(const struct advice *ad)
{
	const struct ptn_conf *cf = ad->cf;
	const char *origin, *host;
	size_t i;

	for (i = 0; i < cf->cors_origins.n; i++) {
		origin = cf->cors_origins.v[i];
		host = host_of(origin);
		if (strcmp(origin, "*") == 0)
			advise(ad, &cf->cors_origins,
			    "\"*\" lets the pages of the whole world act for "
			    "who is logged in; name those that may");
		else if (host[0] != '\0' && strchr(host, '*') == NULL &&
		    cf->cookie_same_site != PTN_SAME_SITE_NONE &&
		    !cf->auth_token_header &&
		    !ptn_url_host_within(host, site_of(cf->rp_id)))
			advise(ad, &cf->cors_origins,
			    "\"%.80s\" is another site than %.80s, and gets no "
			    "cookie unless session.cookie.same_site is none",
			    origin, cf->rp_id);
	}
}

static void
on_cookie(const struct advice *ad)
{
	const struct ptn_conf *cf = ad->cf;

	if (!cf->cookie_secure && any_https(&cf->rp_origins))
		advise(ad, &cf->cookie_secure,
		    "false sends sessions in clear text, too; write true");
	if (!cf->cookie_http_only)
		advise(ad, &cf->cookie_http_only,
		    "false shows sessions to every script of the page; write "
		    "true");
	on_cookie_domain(ad);
	on_cors(ad);
}

static void
on_proxies(const struct advice *ad)
{
	const struct ptn_strs *l = &ad->cf->trusted_proxies;
	struct ptn_ip_net net;
	size_t i;

	for (i = 0; i < l->n; i++)
		if (ptn_ip_net_parse(l->v[i], &net) &&
		    net.bits < (net.ip.v4 ? MAPPED_BITS : 0) + WIDE_BITS)
			advise(ad, l,
			    "\"%.80s\" is everybody: who asks may claim any "
			    "address, and no limit holds; name your proxies",
			    l->v[i]);
}

/* 465 is TLS at once, 25 and 587 are STARTTLS (RFC 8314 section 3.3). */
static void
on_smtp(const struct advice *ad)
{
	const struct ptn_conf *cf = ad->cf;

	if (!cf->mail_enabled || cf->mail_transport != PTN_MAIL_SMTP)
		return;
	if (cf->smtp_tls == PTN_TLS_IMPLICIT &&
	    (cf->smtp_port == 25 || cf->smtp_port == 587))
		advise(ad, &cf->smtp_tls,
		    "\"implicit\" on port %lld, where servers speak STARTTLS; "
		    "write starttls, or port 465",
		    (long long)cf->smtp_port);
	if (cf->smtp_port == 465 &&
	    (cf->smtp_tls == PTN_TLS_STARTTLS || cf->smtp_tls == PTN_TLS_NONE))
		advise(ad, &cf->smtp_tls,
		    "\"%s\" on port 465, where servers speak TLS at once; "
		    "write implicit, or port 587",
		    cf->smtp_tls == PTN_TLS_NONE ? "none" : "starttls");
	if (cf->smtp_user[0] != '\0' && cf->smtp_password[0] == '\0')
		advise(ad, &cf->smtp_password,
		    "is empty, and email_delivery.smtp.user is not");
}

/* 12 where 12h was meant. */
static void
on_durations(const struct advice *ad)
{
	const struct ptn_conf_owner *o = (const struct ptn_conf_owner *)ad->cf;
	const char *member;
	long long s;
	size_t i;

	for (i = 0; i < ptn_conf_rows_n; i++) {
		if (!o->origin[i].bare)
			continue;
		member = (const char *)ad->cf + ptn_conf_rows[i].offset;
		s = (long long)*(const int64_t *)(const void *)member;
		advise(ad, member,
		    "%lld is %lld seconds; write %llds if so, else %lldm or "
		    "%lldh",
		    s, s, s, s, s);
	}
}

static void
on_limits(const struct advice *ad)
{
	if (!ad->cf->rate_enabled)
		advise(ad, &ad->cf->rate_enabled,
		    "false lets anybody guess passwords and codes without "
		    "end; write true");
}

/* Where operators are to log in by a passkey. */
static void
on_operators(const struct advice *ad)
{
	const struct ptn_conf *cf = ad->cf;
	const char *origin;
	size_t i;

	if (cf->admin_origins.n > 0 && cf->admin_address[0] == '\0')
		advise(ad, &cf->admin_origins,
		    "is of no use without server.admin.address");
	for (i = 0; i < cf->admin_origins.n; i++) {
		origin = cf->admin_origins.v[i];
		if (!ptn_url_host_within(host_of(origin), cf->rp_id))
			advise(ad, &cf->admin_origins,
			    "\"%.80s\" is not on %s or below it, where "
			    "passkeys of webauthn.relying_party.id are good",
			    origin, cf->rp_id);
	}
}

void
ptn_conf_advise(const struct ptn_conf *cf, FILE *err)
{
	const struct advice ad = { cf, err };
	size_t i;

	on_localhost(&ad);
	if (!ptn_url_origins_are_rule(&cf->rp_origins))
		for (i = 0; i < cf->rp_origins.n; i++)
			on_origin(&ad, cf->rp_origins.v[i]);
	on_cookie(&ad);
	on_proxies(&ad);
	on_smtp(&ad);
	on_durations(&ad);
	on_limits(&ad);
	on_operators(&ad);
}
