#include "fcgi/cookie.h"

#include <string.h>

#include "lib/conf/conf.h"

/* Where the pair "name=" stands in one Cookie value, from p on; or NULL. */
static const char *
find_pair(const char *p, const char *name, size_t name_len)
{
	while (*p != '\0') {
		p += strspn(p, "; ,\t");
		if (strncmp(p, name, name_len) == 0 && p[name_len] == '=')
			return p + name_len + 1;
		p += strcspn(p, ";,");
	}
	return NULL;
}

const char *
ptn_cookie_get(const struct ptn_request *req, const char *name)
{
	const size_t name_len = strlen(name);
	const char *found = NULL, *p;
	size_t i, len;

	for (i = 0; i < req->nparams; i++) {
		if (strcmp(req->params[i].name, "HTTP_COOKIE") != 0)
			continue;
		p = req->params[i].value;
		while ((p = find_pair(p, name, name_len)) != NULL) {
			if (found != NULL)
				return NULL;
			found = p;
		}
	}
	if (found == NULL)
		return NULL;
	len = strcspn(found, ";, \t");
	if (len >= 2 && found[0] == '"' && found[len - 1] == '"') {
		found++;
		len -= 2;
	}
	return ptn_arena_strndup(req->sc.arena, found, len);
}

static void
set_cookie(const struct ptn_request *req, struct ptn_reply *rep,
    const char *token, int64_t max_age_s)
{
	static const char *const same_site[] = {
		[PTN_SAME_SITE_STRICT] = "Strict",
		[PTN_SAME_SITE_LAX] = "Lax",
		[PTN_SAME_SITE_NONE] = "None",
	};
	const struct ptn_conf *cf = req->sc.cf;
	const char *domain = cf->cookie_domain, *path = req->tenant.path;
	struct ptn_buf b;

	domain += *domain == '.';
	if (path == NULL || *path == '\0')
		path = "/";
	ptn_buf_init(&b, req->sc.arena);
	ptn_buf_printf(&b, "%s=%s; Path=%s", cf->cookie_name, token, path);
	if (*domain != '\0')
		ptn_buf_printf(&b, "; Domain=%s", domain);
	ptn_buf_printf(&b, "; Max-Age=%lld", (long long)max_age_s);
	if (cf->cookie_http_only)
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
    const char *token)
{
	set_cookie(req, rep, token, req->sc.cf->session_lifespan_s);
}

void
ptn_cookie_clear_session(const struct ptn_request *req, struct ptn_reply *rep)
{
	set_cookie(req, rep, "", 0);
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
