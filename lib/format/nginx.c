#include "lib/format/nginx.h"

#include <string.h>
#include <strings.h>

#define WORD_MAX ((size_t)256) /* of a word that is looked at */

enum token { END, WORD, SEMICOLON, OPEN, CLOSE };

struct reader {
	const char *text;
	const char *p;
	char word[WORD_MAX];
	/* The directive that is read: its name, and how many words it has. */
	char name[WORD_MAX];
	size_t words;
	size_t depth;
	size_t in; /* the depth of the server's directives; 0: in none */
	const struct ptn_strs *hosts;
	const char *included;
	struct ptn_nginx_server now; /* the one that is read */
};

/* ----------------------------------------------------------------- words */

/* "${name}" is a variable. */
static bool
ends_word(const char *p)
{
	return strchr(" \t\r\n;", *p) != NULL || (*p == '{' && p[-1] != '$');
}

static void
read_word(struct reader *r)
{
	const char quote = *r->p == '"' || *r->p == '\'' ? *r->p : '\0';
	size_t len = 0;

	if (quote != '\0')
		r->p++;
	for (; *r->p != '\0'; r->p++) {
		if (*r->p == '\\' && r->p[1] != '\0')
			r->p++;
		else if (quote != '\0' ? *r->p == quote : ends_word(r->p))
			break;
		if (len < WORD_MAX - 1)
			r->word[len++] = *r->p;
	}
	r->word[len] = '\0';
	if (quote != '\0' && *r->p == quote)
		r->p++;
}

static enum token
read_token(struct reader *r)
{
	r->p += strspn(r->p, " \t\r\n");
	while (*r->p == '#') {
		r->p += strcspn(r->p, "\n");
		r->p += strspn(r->p, " \t\r\n");
	}
	switch (*r->p) {
	case '\0':
		return END;
	case ';':
		r->p++;
		return SEMICOLON;
	case '{':
		r->p++;
		return OPEN;
	case '}':
		r->p++;
		return CLOSE;
	default:
		read_word(r);
		return WORD;
	}
}

/* ------------------------------------------------------------ what fits */

static bool
ends_with(const char *s, const char *end, size_t len)
{
	const size_t all = strlen(s);

	return all > len && strncasecmp(s + all - len, end, len) == 0;
}

/* ".example.org" is the name itself, too, which "*.example.org" is not. */
static enum ptn_nginx_fit
fit_of(const char *name, const char *host)
{
	const size_t len = strlen(name);

	if (strcasecmp(name, host) == 0)
		return PTN_NGINX_NAMED;
	if (name[0] == '.' &&
	    (strcasecmp(name + 1, host) == 0 || ends_with(host, name, len)))
		return PTN_NGINX_WILD;
	if (strncmp(name, "*.", 2) == 0 && ends_with(host, name + 1, len - 1))
		return PTN_NGINX_WILD;
	if (len > 2 && strcmp(name + len - 2, ".*") == 0 &&
	    strncasecmp(name, host, len - 1) == 0)
		return PTN_NGINX_WILD;
	return PTN_NGINX_OTHER;
}

static void
note_name(struct reader *r)
{
	enum ptn_nginx_fit fit;
	size_t i;

	for (i = 0; i < r->hosts->n; i++) {
		fit = fit_of(r->word, r->hosts->v[i]);
		if (fit > r->now.fit)
			r->now.fit = fit;
	}
}

/* Is it "included", or that with a "*" before its suffix? */
static bool
is_included(const struct reader *r)
{
	const char *slash = strrchr(r->word, '/');
	const char *file = slash != NULL ? slash + 1 : r->word;
	const char *suffix = strrchr(r->included, '.');
	const size_t stem = suffix != NULL ? (size_t)(suffix - r->included) : 0;

	return strcmp(file, r->included) == 0 ||
	    (stem > 0 && strncmp(file, r->included, stem) == 0 &&
		file[stem] == '*' && strcmp(file + stem + 1, suffix) == 0);
}

/* A word behind the name of a directive of the server. */
static void
note(struct reader *r)
{
	if (strcmp(r->name, "server_name") == 0)
		note_name(r);
	else if (strcmp(r->name, "include") == 0)
		r->now.has = r->now.has || is_included(r);
	else if (strcmp(r->name, "listen") != 0)
		return;
	else if (strcmp(r->word, "ssl") == 0)
		r->now.tls = true;
	else if ((strcmp(r->word, "default_server") == 0 ||
		     strcmp(r->word, "default") == 0) &&
	    r->now.fit == PTN_NGINX_OTHER)
		r->now.fit = PTN_NGINX_DEFAULT;
}

/* ----------------------------------------------------------------- blocks */

static void
take_word(struct reader *r)
{
	if (r->words++ == 0)
		memcpy(r->name, r->word, sizeof(r->name));
	else if (r->in != 0 && r->depth == r->in)
		note(r);
}

static void
open_block(struct reader *r)
{
	r->depth++;
	if (r->in == 0 && r->words == 1 && strcmp(r->name, "server") == 0) {
		r->in = r->depth;
		memset(&r->now, 0, sizeof(r->now));
		r->now.inside = (size_t)(r->p - r->text);
	}
	r->words = 0;
}

/* True at the end of a server. */
static bool
close_block(struct reader *r)
{
	const bool ends = r->in != 0 && r->depth == r->in;

	if (ends)
		r->in = 0;
	r->depth--;
	return ends;
}

enum ptn_err
ptn_nginx_servers(const char *text, const struct ptn_strs *hosts,
    const char *included, struct ptn_nginx_server *servers, size_t max,
    size_t *n)
{
	struct reader r = { .text = text,
		.p = text,
		.hosts = hosts,
		.included = included };
	enum token token;

	*n = 0;
	while ((token = read_token(&r)) != END) {
		if (token == WORD) {
			take_word(&r);
		} else if (token == OPEN) {
			open_block(&r);
		} else if (token == SEMICOLON) {
			r.words = 0;
		} else if (r.depth == 0 || r.words > 0) {
			return PTN_E_INPUT;
		} else if (close_block(&r)) {
			if (*n < max)
				servers[*n] = r.now;
			++*n;
		}
	}
	return r.depth == 0 && r.words == 0 ? PTN_OK : PTN_E_INPUT;
}
