#include "lib/conf/site.h"

#include <stdbool.h>
#include <string.h>

#include "lib/format/url.h"

static const char no_memory[] = "does not fit into memory";

/* The parts of an URL, as far as they are ours. */
struct parts {
	bool https;
	char *host;
	const char *port; /* ":8080", or "" */
	const char *path;
};

static bool
is_local(const char *host)
{
	static const char local[] = ".localhost";
	size_t len = strlen(host), n = strlen(local);

	return strcmp(host, local + 1) == 0 ||
	    (len > n && strcmp(host + len - n, local) == 0);
}

static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

static const char *
scheme_of(const char **url, bool *https)
{
	*https = strncmp(*url, "https://", 8) == 0;
	if (!*https && strncmp(*url, "http://", 7) != 0)
		return "is not https://HOST/PATH";
	*url += *https ? 8 : 7;
	return NULL;
}

static const char *
host_problem(const struct parts *p)
{
	if (!ptn_url_host_ok(p->host, strlen(p->host)))
		return "needs the name of a host, in ASCII (as xn--... if it "
		       "has other letters)";
	if (ptn_url_ip_ok(p->host))
		return "names an address: passkeys need the name of a host";
	if (strchr(p->host, '.') == NULL && !is_local(p->host))
		return "needs a whole name, as www.example.org";
	if (!p->https && !is_local(p->host))
		return "must begin with https://: only localhost may do "
		       "without";
	return NULL;
}

/* A default port is left out, as browsers do. */
static const char *
port_problem(struct parts *p)
{
	if (p->port[0] == '\0')
		return NULL;
	if (!ptn_url_port_ok(p->port + 1))
		return "has a bad port";
	if (strcmp(p->port, p->https ? ":443" : ":80") == 0)
		p->port = "";
	return NULL;
}

/* One slash at the end is none. */
static const char *
path_of(struct ptn_arena *a, const char *s, const char **path)
{
	size_t len = strlen(s);
	char *copy;

	if (len > 0 && s[len - 1] == '/')
		len--;
	*path = copy = ptn_arena_strndup(a, s, len);
	if (copy == NULL)
		return no_memory;
	if (strpbrk(copy, "?#") != NULL)
		return "must end with its path";
	return len == 0 || ptn_url_mount_ok(copy) ? NULL
						  : "has a path that is not "
						    "one such as /id";
}

static const char *
take_apart(struct ptn_arena *a, const char *url, struct parts *p)
{
	const char *problem = scheme_of(&url, &p->https);
	size_t all, len;

	if (problem != NULL)
		return problem;
	all = strcspn(url, "/?#");
	len = strcspn(url, ":/?#");
	if (memchr(url, '@', all) != NULL)
		return "must not have a user";
	p->host = ptn_arena_strndup(a, url, len);
	p->port = ptn_arena_strndup(a, url + len, all - len);
	if (p->host == NULL || p->port == NULL)
		return no_memory;
	lower(p->host);
	if ((problem = host_problem(p)) != NULL ||
	    (problem = port_problem(p)) != NULL)
		return problem;
	return path_of(a, url + all, &p->path);
}

/* Of www.example.org it is the domain; "www.org" is one itself. */
static const char *
relying_party(const char *host)
{
	const char *rest = host + 4;

	return strncmp(host, "www.", 4) == 0 && strchr(rest, '.') != NULL
	    ? rest
	    : host;
}

const char *
ptn_site_of(struct ptn_arena *a, const char *url, struct ptn_site *out)
{
	struct parts p = { 0 };
	const char *problem = take_apart(a, url, &p);

	if (problem != NULL)
		return problem;
	out->origin = ptn_arena_printf(a, "http%s://%s%s", p.https ? "s" : "",
	    p.host, p.port);
	out->rp_id = relying_party(p.host);
	out->base_path = p.path;
	/* RFC 6265bis 4.1.3.2: for this host, and by TLS alone. */
	out->cookie_name = p.https ? "__Host-hanko" : "hanko";
	out->cookie_secure = p.https ? "true" : "false";
	out->mail_from = ptn_arena_printf(a, "noreply@%s", out->rp_id);
	return out->origin == NULL || out->mail_from == NULL ? no_memory : NULL;
}
