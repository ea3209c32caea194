#include "lib/conf/conf_row.h"

#include <stdbool.h>
#include <string.h>

#include "lib/format/url.h"

static bool
has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Say what is wrong with an origin, and which one was meant. */
static void
no_origin(struct ptn_conf_load *ld, const struct ptn_strs *l, const char *s,
    const char *problem)
{
	size_t scheme = strcspn(s, ":"), len;
	const char *host = ptn_url_host_in(s, &len);
	const bool named = strncmp(s + scheme, "://", 3) == 0;
	const char *rest = host + len;
	size_t port = rest[0] == ':' ? 1 + strspn(rest + 1, "0123456789") : 0;

	if (len == 0 || strpbrk(s, "@*[") != NULL ||
	    (named && rest[port] == '\0'))
		ptn_conf_fault(ld, l, "\"%.80s\" %s", s, problem);
	else
		ptn_conf_fault(ld, l, "\"%.80s\" %s; write %.*s://%.*s%.*s", s,
		    problem, named ? (int)scheme : 5, named ? s : "https",
		    (int)len, host, (int)port, rest);
}

static void
check_list(struct ptn_conf_load *ld, const struct ptn_strs *l, bool wild,
    bool unsafe)
{
	const char *problem;
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (l == &ld->cf->rp_origins &&
		    has_prefix(l->v[i], "android:apk-key-hash:"))
			continue;
		problem = ptn_url_origin_problem(l->v[i], wild, unsafe);
		if (problem != NULL)
			no_origin(ld, l, l->v[i], problem);
	}
}

/* Passkeys are for pages that nobody on the way can change. */
static void
check_secure(struct ptn_conf_load *ld, const struct ptn_strs *l)
{
	const char *host;
	size_t i;

	for (i = 0; i < l->n; i++) {
		host = strstr(l->v[i], "://");
		if (host != NULL && !has_prefix(l->v[i], "https://") &&
		    !(has_prefix(l->v[i], "http://") &&
			ptn_url_host_within(host + 3, "localhost")))
			ptn_conf_fault(ld, l,
			    "\"%.80s\" must be https: http is for localhost",
			    l->v[i]);
	}
}

void
ptn_conf_pages_check(struct ptn_conf_load *ld)
{
	const struct ptn_conf *cf = ld->cf;

	check_list(ld, &cf->cors_origins, true, cf->cors_wildcard);
	check_list(ld, &cf->rp_top_origins, false, false);
}

void
ptn_conf_origins_check(struct ptn_conf_load *ld)
{
	const struct ptn_conf *cf = ld->cf;

	ptn_conf_pages_check(ld);
	check_list(ld, &cf->admin_origins, false, false);
	check_secure(ld, &cf->admin_origins);
	check_list(ld, &cf->rp_origins, false, false);
	if (cf->rp_origins.n == 0)
		ptn_conf_fault(ld, &cf->rp_origins,
		    "needs at least one origin, such as https://example.com");
}
