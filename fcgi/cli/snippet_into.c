#include "fcgi/cli/snippet.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/format/nginx.h"
#include "lib/format/url.h"

#define TEXT_MAX ((size_t)256 * 1024) /* bytes of a file */
#define SERVERS_MAX ((size_t)64)      /* server { } of a file */

/*
 * With an asterisk, so that nginx starts without it, too, when the package has
 * gone and this line has not.
 */
static const char included[] = "postern.conf";
static const char line[] = "include /etc/nginx/snippets/postern*.conf;";

struct site {
	const char *path;
	const char *text;
	struct ptn_nginx_server server[SERVERS_MAX];
	size_t n;
	struct site *next;
};

/* All that were found, and which of them it is. */
struct search {
	struct ptn_arena *a;
	struct ptn_strs hosts;
	bool tls; /* the site is https */
	struct site *first;
	size_t servers;
	enum ptn_nginx_fit best;
	bool best_tls; /* one of those speaks TLS itself */
};

/* ---------------------------------------------------------- what is there */

static void
say(const char *path, const char *what)
{
	(void)fprintf(stderr, "postern: snippet: %s: %s\n", path, what);
}

static enum ptn_err
add_host(struct search *s, const char *origin)
{
	size_t len;
	const char *host = ptn_url_host_in(origin, &len);

	if (strncmp(origin, "http", 4) != 0 || len == 0)
		return PTN_OK;
	s->tls = s->tls || strncmp(origin, "https:", 6) == 0;
	s->hosts.v[s->hosts.n] = ptn_arena_strndup(s->a, host, len);
	return s->hosts.v[s->hosts.n++] != NULL ? PTN_OK : PTN_E_NOMEM;
}

static enum ptn_err
find_hosts(struct search *s, const struct ptn_conf *cf)
{
	const struct ptn_strs *origins = &cf->rp_origins;
	enum ptn_err r = PTN_OK;
	size_t i;

	s->hosts.v = ptn_arena_calloc(s->a, origins->n + 1, sizeof(char *));
	if (s->hosts.v == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < origins->n && r == PTN_OK; i++)
		r = add_host(s, origins->v[i]);
	return r;
}

static enum ptn_err
read_file(struct ptn_arena *a, const char *path, const char **text)
{
	char *p = ptn_arena_alloc(a, TEXT_MAX + 1);
	FILE *f = fopen(path, "re");
	enum ptn_err r = PTN_OK;

	if (f == NULL || p == NULL)
		r = p == NULL ? PTN_E_NOMEM : PTN_E_INTERNAL;
	else if (fread(p, 1, TEXT_MAX + 1, f) > TEXT_MAX)
		r = PTN_E_TOO_LARGE;
	else if (ferror(f) != 0)
		r = PTN_E_INTERNAL;
	if (r == PTN_E_INTERNAL)
		say(path, strerror(errno));
	else if (r != PTN_OK)
		say(path, ptn_err_name(r));
	if (f != NULL)
		(void)fclose(f);
	*text = p;
	return r;
}

static bool
suits(const struct search *s, const struct ptn_nginx_server *server)
{
	return server->fit == s->best && (!s->best_tls || server->tls);
}

/* The best so far; among equals, those that speak what the site is. */
static void
weigh(struct search *s, const struct ptn_nginx_server *server)
{
	s->servers++;
	if (server->fit > s->best) {
		s->best = server->fit;
		s->best_tls = false;
	}
	if (server->fit == s->best && server->tls && s->tls)
		s->best_tls = true;
}

static enum ptn_err
look_into(struct search *s, const char *path)
{
	struct site *site = ptn_arena_calloc(s->a, 1, sizeof(*site));
	enum ptn_err r;
	size_t i;

	if (site == NULL)
		return PTN_E_NOMEM;
	if ((r = read_file(s->a, path, &site->text)) != PTN_OK)
		return r;
	r = ptn_nginx_servers(site->text, &s->hosts, included, site->server,
	    SERVERS_MAX, &site->n);
	if (r != PTN_OK || site->n > SERVERS_MAX) {
		say(path, "is not understood: its braces do not match");
		return PTN_E_INPUT;
	}
	site->path = path;
	site->next = s->first;
	s->first = site;
	for (i = 0; i < site->n; i++)
		weigh(s, &site->server[i]);
	return PTN_OK;
}

static int
is_shown(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* As nginx includes a folder: all that does not begin with a dot. */
static enum ptn_err
look_around(struct search *s, const char *folder)
{
	struct dirent **entry = NULL;
	enum ptn_err r = PTN_OK;
	const char *path;
	int i, n = scandir(folder, &entry, is_shown, alphasort);

	for (i = 0; i < n; i++) {
		path =
		    ptn_arena_printf(s->a, "%s/%s", folder, entry[i]->d_name);
		free(entry[i]);
		if (r == PTN_OK)
			r = path != NULL ? look_into(s, path) : PTN_E_NOMEM;
	}
	free(entry);
	return n < 0 ? PTN_E_INTERNAL : r;
}

static enum ptn_err
look(struct search *s, const char *where)
{
	struct stat st;

	if (stat(where, &st) != 0) {
		say(where, strerror(errno));
		return PTN_E_NOT_FOUND;
	}
	return S_ISDIR(st.st_mode) ? look_around(s, where)
				   : look_into(s, where);
}

/* ----------------------------------------------------- what is put there */

/* The blanks at the beginning of the line that ends before at. */
static void
put_indent(struct ptn_buf *b, const char *text, size_t at)
{
	size_t begin = at;

	while (begin > 0 && text[begin - 1] != '\n')
		begin--;
	ptn_buf_add(b, text + begin, strspn(text + begin, " \t"));
}

/* First of all in the server, as of its patterns the first one counts. */
static enum ptn_err
put_into(struct search *s, const struct site *site)
{
	size_t i, at = 0;
	struct ptn_buf b;

	ptn_buf_init(&b, s->a);
	for (i = 0; i < site->n; i++) {
		if (!suits(s, &site->server[i]) || site->server[i].has)
			continue;
		ptn_buf_add(&b, site->text + at, site->server[i].inside - at);
		at = site->server[i].inside;
		ptn_buf_char(&b, '\n');
		put_indent(&b, site->text, at);
		ptn_buf_printf(&b, "\t%s", line);
		if (site->text[at] != '\n')
			ptn_buf_char(&b, '\n');
	}
	ptn_buf_str(&b, site->text + at);
	if (b.bad)
		return PTN_E_NOMEM;
	if (at > 0)
		(void)printf("%s: %s\n", site->path, line);
	return at > 0 ? ptn_conf_write(site->path, b.p, true, stderr) : PTN_OK;
}

/* Has one of them it already? */
static void
tell_of_those_that_have(const struct search *s, const struct site *site)
{
	size_t i;

	for (i = 0; i < site->n; i++)
		if (suits(s, &site->server[i]) && site->server[i].has) {
			(void)printf("%s: has it already\n", site->path);
			return;
		}
}

static enum ptn_err
put(struct search *s, const char *where)
{
	const struct site *site;
	enum ptn_err r = PTN_OK;

	if (s->servers == 0) {
		say(where, "there is no server { }");
		return PTN_E_NOT_FOUND;
	}
	if (s->best == PTN_NGINX_OTHER && s->servers > 1) {
		(void)fprintf(stderr,
		    "postern: snippet: %s: none of its servers is called %s: "
		    "name the file of the one that it is\n",
		    where, s->hosts.n > 0 ? s->hosts.v[0] : "so");
		return PTN_E_NOT_FOUND;
	}
	for (site = s->first; site != NULL && r == PTN_OK; site = site->next) {
		tell_of_those_that_have(s, site);
		r = put_into(s, site);
	}
	return r;
}

enum ptn_err
ptn_snippet_into(struct ptn_arena *a, const struct ptn_conf *cf,
    const char *where)
{
	struct search s = { .a = a };
	enum ptn_err r;

	if ((r = find_hosts(&s, cf)) == PTN_OK &&
	    (r = look(&s, where)) == PTN_OK)
		r = put(&s, where);
	return r;
}
