#include "fcgi/cli/snippet.h"

#include <ctype.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/cli/cli.h"
#include "fcgi/cli/option.h"
#include "fcgi/cli/service.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"

#define ARENA_MAX ((size_t)256 * 1024)
#define INTO_ARENA_MAX ((size_t)64 * 1024 * 1024) /* files of web servers */

/* What stands in the examples for what is the site's own. */
static const char example_path[] = "/id";
static const char example_socket[] = "/run/postern/public.sock";

/* ------------------------------------------------------------ web servers */

/* THE table: which programs they are, where the example goes, and then. */
static const struct web {
	const char *name;
	const char *program[2];
	const char *group[2];
	const char *reload; /* where nothing knows its service */
	struct {
		const char *folder; /* if there is one; NULL: any */
		const char *file;
		const char *into;    /* what to include it in; NULL: nothing */
		const char *then;    /* if there is something to do */
		const char *service; /* to reload; NULL: THEN says it */
	} place[3];
} webs[] = {
	/* clang-format off */
	{ "apache", { "apache2", "httpd" }, { "www-data", "apache" }, "apachectl graceful", {
	    { "/etc/apache2/conf-available", "/etc/apache2/conf-available/postern.conf", NULL,
	      "a2enmod proxy_fcgi && a2enconf postern", "apache2" },
	    { "/etc/httpd/conf.d", "/etc/httpd/conf.d/postern.conf", NULL, NULL, "httpd" },
	    { NULL, "postern.conf", NULL, "(include it in Apache's configuration, and reload)", NULL } } },
	{ "lighttpd", { "lighttpd", NULL }, { "www-data", "lighttpd" }, "kill -USR1 $(pidof lighttpd)", {
	    { "/etc/lighttpd/conf-available", "/etc/lighttpd/conf-available/50-postern.conf", NULL,
	      "lighty-enable-mod postern", "lighttpd" },
	    { "/etc/lighttpd/conf.d", "/etc/lighttpd/conf.d/postern.conf", NULL,
	      "(include it in /etc/lighttpd/lighttpd.conf, and reload)", NULL },
	    { NULL, "postern.conf", NULL, "(include it in lighttpd.conf, and reload)", NULL } } },
	{ "nginx", { "nginx", NULL }, { "www-data", "nginx" }, "nginx -s reload", {
	    { "/etc/nginx/snippets", "/etc/nginx/snippets/postern.conf",
	      "/etc/nginx/sites-enabled", NULL, "nginx" },
	    { "/etc/nginx/default.d", "/etc/nginx/default.d/postern.conf", NULL, NULL, "nginx" },
	    { NULL, "postern.conf", NULL, "(include it inside server { } of the site, and reload)", NULL } } },
	/* clang-format on */
};

static const struct web *
web_of(const char *name)
{
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(webs); i++)
		if (strcmp(webs[i].name, name) == 0)
			return &webs[i];
	return NULL;
}

bool
ptn_snippet_is(const char *web)
{
	return web_of(web) != NULL;
}

static bool
is_installed(const char *program)
{
	static const char *const folders[] = { "/usr/sbin", "/usr/bin",
		"/usr/local/sbin", "/usr/local/bin" };
	char path[64];
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(folders); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folders[i],
		    program);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

const char *
ptn_snippet_installed(void)
{
	const char *found = NULL;
	size_t i, j, n = 0;

	for (i = 0; i < PTN_ARRAY_LEN(webs); i++)
		for (j = 0; j < PTN_ARRAY_LEN(webs[i].program); j++)
			if (webs[i].program[j] != NULL &&
			    is_installed(webs[i].program[j])) {
				found = webs[i].name;
				n++;
				break;
			}
	return n == 1 ? found : NULL;
}

const char *
ptn_snippet_group(const char *web)
{
	const struct web *w = web_of(web);
	size_t i;

	for (i = 0; w != NULL && i < PTN_ARRAY_LEN(w->group); i++)
		if (getgrnam(w->group[i]) != NULL)
			return w->group[i];
	return NULL;
}

/* ----------------------------------------------------------- its own text */

static const char *
text_of(const char *web)
{
	size_t i;

	for (i = 0; i < ptn_snippet_texts_n; i++)
		if (strcmp(ptn_snippet_texts[i].web, web) == 0)
			return ptn_snippet_texts[i].text;
	return NULL;
}

static bool
is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* A path that is not the beginning of another word's. */
static bool
is_path_at(const char *s)
{
	const size_t len = strlen(example_path);

	return strncmp(s, example_path, len) == 0 && !is_word_char(s[len]);
}

/* The root of a host: nothing, but for lighttpd where it names a mount. */
static const char *
path_for(const char *base, const char *behind)
{
	return base[0] == '\0' && strncmp(behind, "\" =>", 4) == 0 ? "/" : base;
}

static char *
put_in(struct ptn_arena *a, const char *text, const char *base,
    const char *sock)
{
	const size_t path = strlen(example_path), len = strlen(example_socket);
	struct ptn_buf b;

	ptn_buf_init(&b, a);
	while (*text != '\0') {
		if (strncmp(text, example_socket, len) == 0) {
			ptn_buf_str(&b, sock);
			text += len;
		} else if (is_path_at(text)) {
			text += path;
			ptn_buf_str(&b, path_for(base, text));
		} else {
			ptn_buf_char(&b, *text++);
		}
	}
	return b.bad ? NULL : b.p;
}

/* Neither comments nor the blank lines around them. */
static void
print_brief(const char *text, FILE *out)
{
	size_t len;

	for (; *text != '\0'; text += len + (text[len] == '\n' ? 1 : 0)) {
		len = strcspn(text, "\n");
		if (len > 0 && text[strspn(text, " \t")] != '#')
			(void)fprintf(out, "\t%.*s\n", (int)len, text);
	}
}

enum ptn_err
ptn_snippet_print(struct ptn_arena *a, const struct ptn_conf *cf,
    const char *web, bool brief, FILE *out)
{
	const char *text = text_of(web);

	if (text == NULL)
		return PTN_E_NOT_FOUND;
	if (strncmp(cf->public_address, "unix:", 5) != 0)
		return PTN_E_UNPROCESSABLE;
	text = put_in(a, text, cf->base_path, cf->public_address + 5);
	if (text == NULL)
		return PTN_E_NOMEM;
	if (brief)
		print_brief(text, out);
	else
		(void)fputs(text, out);
	return PTN_OK;
}

/* Does a file have that text, and no other? */
static bool
lies_at(struct ptn_arena *a, const char *path, const char *text)
{
	const size_t len = strlen(text);
	char *is = ptn_arena_alloc(a, len + 1);
	FILE *f = fopen(path, "re");
	size_t n = 0;

	if (f != NULL && is != NULL)
		n = fread(is, 1, len + 1, f);
	if (f != NULL)
		(void)fclose(f);
	return n == len && memcmp(is, text, len) == 0;
}

/* What makes the web server of a place take it up. */
static void
print_then(const struct web *w, size_t i, FILE *out)
{
	const char *then = w->place[i].then, *service = w->place[i].service;
	char command[PTN_SERVICE_MAX];

	if (service == NULL) {
		(void)fprintf(out, "%s\n", then);
		return;
	}
	(void)fprintf(out, "%s%s%s\n", then != NULL ? then : "",
	    then != NULL ? " && " : "",
	    ptn_service_command(service, "reload", command) ? command
							    : w->reload);
}

void
ptn_snippet_advise(struct ptn_arena *a, const struct ptn_conf *cf,
    const char *web, const char *options, FILE *out)
{
	const struct web *w = web_of(web);
	const char *text = NULL;
	size_t i = 0;

	if (w == NULL)
		return;
	while (
	    w->place[i].folder != NULL && access(w->place[i].folder, F_OK) != 0)
		i++;
	if (strncmp(cf->public_address, "unix:", 5) == 0)
		text = put_in(a, text_of(web), cf->base_path,
		    cf->public_address + 5);
	if (text == NULL || !lies_at(a, w->place[i].file, text))
		(void)fprintf(out, "\tpostern%s snippet %s >%s\n", options,
		    w->name, w->place[i].file);
	(void)fputc('\t', out);
	if (w->place[i].into != NULL)
		(void)fprintf(out, "postern%s snippet %s --into %s && ",
		    options, w->name, w->place[i].into);
	print_then(w, i, out);
}

/* ------------------------------------------------------------ the command */

void
ptn_cli_snippet_help(FILE *out)
{
	(void)fputs("--into WHERE, of nginx: have the site include it; WHERE "
		    "is its file, or a folder of\nsites, as "
		    "/etc/nginx/sites-enabled.\n",
	    out);
}

/* Of a web server that is told where in its files. */
static enum ptn_err
put_into(const struct ptn_conf *cf, const char *into)
{
	struct ptn_arena *a = ptn_arena_new(INTO_ARENA_MAX);
	const enum ptn_err r =
	    a != NULL ? ptn_snippet_into(a, cf, into) : PTN_E_NOMEM;

	ptn_arena_free(&a);
	return r;
}

static enum ptn_err
print_it(const struct ptn_conf *cf, const char *web)
{
	struct ptn_arena *a = ptn_arena_new(ARENA_MAX);
	const enum ptn_err r = a != NULL
	    ? ptn_snippet_print(a, cf, web, false, stdout)
	    : PTN_E_NOMEM;

	if (r == PTN_E_UNPROCESSABLE)
		ptn_conf_complain(cf, &cf->public_address, stderr,
		    "the examples are for a unix socket");
	else if (r != PTN_OK)
		(void)fprintf(stderr, "postern: snippet: %s\n",
		    ptn_err_name(r));
	ptn_arena_free(&a);
	return r;
}

int
ptn_cli_snippet(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	const char *into = NULL;
	const struct ptn_cli_option options[] = {
		{ "--into", &into, NULL, NULL, 0 },
	};
	struct ptn_conf *cf = NULL;
	const char *names[PTN_ARRAY_LEN(webs)];
	enum ptn_err r;
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(webs); i++)
		names[i] = webs[i].name;
	if (ptn_cli_options("snippet", options, 1, &argc, argv) >= 0 ||
	    ptn_cli_verb("snippet", names, i, argc, argv) < 0 ||
	    ptn_cli_words("snippet", "", 1, 1, argc, argv) >= 0)
		return 2;
	if (into != NULL && strcmp(argv[1], "nginx") != 0)
		return ptn_cli_complain("snippet",
		    "--into is of nginx: %s has a folder for it", argv[1]);
	if (ptn_conf_load(&cf, conf_path, set, stderr) != PTN_OK)
		return 1;
	r = into != NULL ? put_into(cf, into) : print_it(cf, argv[1]);
	ptn_conf_free(&cf);
	return r == PTN_OK ? 0 : 1;
}
