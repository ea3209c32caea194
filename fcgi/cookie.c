#include "fcgi/cookie.h"

#include <string.h>

#include "lib/account/device.h"
#include "lib/conf/conf.h"

/* RFC 9110 section 5.6.2: does a name with its "=" begin here? */
static bool
begins_pair(const char *p)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789"
				    "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const size_t len = strspn(p, token);

	return len > 0 && p[len] == '=';
}

/*
 * The end of the cookie that begins at p.  Apache joins lines by a comma, which
 * may stand in a value as well.
 */
static const char *
cookie_end(const char *p, bool apache)
{
	for (; *p != '\0' && *p != ';'; p++)
		if (apache && p[0] == ',' && p[1] == ' ' && begins_pair(p + 2))
			break;
	return p;
}

/* The value of the cookie in p..end if it has that name, or NULL. */
static const char *
value_of(const struct ptn_request *req, const char *p, const char *end,
    const char *name)
{
	const size_t name_len = strlen(name);

	if ((size_t)(end - p) <= name_len || p[name_len] != '=' ||
	    strncmp(p, name, name_len) != 0)
		return NULL;
	p += name_len + 1;
	while (end > p && strchr(" \t", end[-1]) != NULL)
		end--;
	while (end > p && strchr(" \t", *p) != NULL)
		p++;
	if (end - p >= 2 && p[0] == '"' && end[-1] == '"')
		p++, end--;
	return ptn_arena_strndup(req->sc.arena, p, (size_t)(end - p));
}

/* Those of one Cookie header are added to out. */
static size_t
read_header(const struct ptn_request *req, const char *p, const char *name,
    const char *out[], size_t max)
{
	const bool apache = ptn_request_server_is(req, "Apache");
	const char *end;
	size_t n = 0;

	while (n < max && *(p += strspn(p, "; ,\t")) != '\0') {
		end = cookie_end(p, apache);
		if ((out[n] = value_of(req, p, end, name)) != NULL)
			n++;
		p = end;
	}
	return n;
}

size_t
ptn_cookie_values(const struct ptn_request *req, const char *name,
    const char *out[], size_t max)
{
	size_t i, n = 0;

	for (i = 0; i < req->nparams; i++)
		if (strcmp(req->params[i].name, "HTTP_COOKIE") == 0)
			n += read_header(req, req->params[i].value, name,
			    out + n, max - n);
	return n;
}

/* What a cookie says, besides what its kind has in common. */
struct cookie {
	const char *name;
	const char *value;
	int64_t max_age_s; /* -1: until the browser is closed */
	bool http_only;
};

/* A tenant below a path has cookies of its own there. */
static const char *
path_of(const struct ptn_request *req)
{
	const char *path = req->tenant.path;

	return path == NULL || *path == '\0' ? "/" : path;
}

/* With the attributes of the session cookie. */
static void
set_cookie(const struct ptn_request *req, struct ptn_reply *rep,
    const struct cookie *c)
{
	static const char *const same_site[] = {
		[PTN_SAME_SITE_STRICT] = "Strict",
		[PTN_SAME_SITE_LAX] = "Lax",
		[PTN_SAME_SITE_NONE] = "None",
	};
	const struct ptn_conf *cf = req->sc.cf;
	const char *domain = cf->cookie_domain;
	struct ptn_buf b;

	domain += *domain == '.';
	ptn_buf_init(&b, req->sc.arena);
	ptn_buf_printf(&b, "%s=%s; Path=%s", c->name, c->value, path_of(req));
	if (*domain != '\0')
		ptn_buf_printf(&b, "; Domain=%s", domain);
	if (c->max_age_s >= 0)
		ptn_buf_printf(&b, "; Max-Age=%lld", (long long)c->max_age_s);
	if (c->http_only)
		ptn_buf_str(&b, "; HttpOnly");
	if (cf->cookie_secure)
		ptn_buf_str(&b, "; Secure");
	ptn_buf_printf(&b, "; SameSite=%s", same_site[cf->cookie_same_site]);
	rep->no_store = true;
	if (b.bad)
		rep->bad = true;
	else
		ptn_reply_header(rep, "Set-Cookie", b.p);
}

void
ptn_cookie_set_session(const struct ptn_request *req, struct ptn_reply *rep,
    const char *token, bool persistent)
{
	const struct ptn_conf *cf = req->sc.cf;
	const struct cookie c = { cf->cookie_name, token,
		persistent ? cf->session_lifespan_s : -1,
		cf->cookie_http_only };

	set_cookie(req, rep, &c);
}

void
ptn_cookie_clear_session(const struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_conf *cf = req->sc.cf;
	const struct cookie c = { cf->cookie_name, "", 0,
		cf->cookie_http_only };

	set_cookie(req, rep, &c);
}

void
ptn_cookie_set_device(const struct ptn_request *req, struct ptn_reply *rep,
    const char *name, const char *value)
{
	const struct cookie c = { name, value, PTN_DEVICE_TTL_S, true };

	set_cookie(req, rep, &c);
}

void
ptn_cookie_set_trust(const struct ptn_request *req, struct ptn_reply *rep,
    const char *value)
{
	const struct ptn_conf *cf = req->sc.cf;
	const char *text;

	text = ptn_arena_printf(req->sc.arena,
	    "%s=%s; Path=%s; Max-Age=%lld; HttpOnly; Secure; SameSite=None",
	    cf->trust_cookie, value, path_of(req), (long long)cf->trust_s);
	rep->no_store = true;
	if (text == NULL)
		rep->bad = true;
	else
		ptn_reply_header(rep, "Set-Cookie", text);
}

void
ptn_cookie_set_operator(const struct ptn_request *req, struct ptn_reply *rep,
    const char *value, int64_t max_age_s)
{
	const bool secure = req->origin != NULL &&
	    strncmp(req->origin, "https://", 8) == 0;
	const char *text;

	text = ptn_arena_printf(req->sc.arena,
	    "%s=%s; Path=/; Max-Age=%lld; HttpOnly%s; SameSite=Strict",
	    secure ? PTN_COOKIE_OPERATOR_HOST : PTN_COOKIE_OPERATOR, value,
	    (long long)max_age_s, secure ? "; Secure" : "");
	rep->no_store = true;
	if (text == NULL)
		rep->bad = true;
	else
		ptn_reply_header(rep, "Set-Cookie", text);
}

/* Which those of one on https are not. */
static bool
has_plain_page(const struct ptn_strs *origins)
{
	size_t i;

	for (i = 0; i < origins->n; i++)
		if (strncmp(origins->v[i], "http://", 7) == 0)
			return true;
	return false;
}

size_t
ptn_cookie_operator(const struct ptn_request *req, const char *out[],
    size_t max)
{
	size_t n = ptn_cookie_values(req, PTN_COOKIE_OPERATOR_HOST, out, max);

	if (has_plain_page(&req->sc.cf->admin_origins))
		n += ptn_cookie_values(req, PTN_COOKIE_OPERATOR, out + n,
		    max - n);
	return n;
}

void
ptn_cookie_set_email_id(const struct ptn_request *req, struct ptn_reply *rep,
    const char *email_id)
{
	const struct ptn_conf *cf = req->sc.cf;
	const char *domain = cf->cookie_domain;
	struct ptn_buf b;

	domain += *domain == '.';
	ptn_buf_init(&b, req->sc.arena);
	ptn_buf_printf(&b, PTN_COOKIE_EMAIL_ID "=%s", email_id);
	if (*domain != '\0')
		ptn_buf_printf(&b, "; Domain=%s", domain);
	if (cf->cookie_http_only)
		ptn_buf_str(&b, "; HttpOnly");
	if (cf->cookie_secure)
		ptn_buf_str(&b, "; Secure");
	ptn_buf_str(&b, "; SameSite=None");
	if (b.bad)
		rep->bad = true;
	else
		ptn_reply_header(rep, "Set-Cookie", b.p);
}
