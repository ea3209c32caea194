#include "lib/base/arena.h"
#include "lib/conf/conf_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/format/yaml.h"

/*
 * A configuration is changed by the line, so that all else that its owner has
 * written, comments too, stays as it is.  Lines are looked at as block style
 * alone; whether that was right is seen by parsing what came of it.
 */

#define SCRATCH_MAX 8388608 /* bytes an edit may need besides its result */
#define INDENT 2

struct line {
	const char *p;
	size_t len; /* without the newline */
	size_t indent;
	bool content;	 /* neither blank nor a comment */
	const char *key; /* its key and what is behind the colon, or NULL */
	size_t key_len;
	const char *rest;
};

/* A text under way. */
struct edit {
	struct ptn_arena *a;
	struct line *line;
	size_t n;
	struct ptn_buf out;
};

static const char key_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"abcdefghijklmnopqrstuvwxyz0123456789_.-";

static void
scan_line(struct line *l)
{
	const char *s;

	l->indent = strspn(l->p, " ");
	if (l->indent > l->len)
		l->indent = l->len;
	s = l->p + l->indent;
	l->content = l->indent < l->len && *s != '#' && *s != '\r';
	l->key_len = strspn(s, key_chars);
	if (l->content && l->key_len > 0 && *s != '-' && s[l->key_len] == ':') {
		l->key = s;
		l->rest = s + l->key_len + 1;
	}
}

static bool
split(struct edit *e, const char *text)
{
	const char *p;
	size_t len, max = 1;

	for (p = text; *p != '\0'; p++)
		max += *p == '\n' ? 1 : 0;
	e->line = ptn_arena_calloc(e->a, max, sizeof(*e->line));
	if (e->line == NULL)
		return false;
	for (p = text; *p != '\0'; p += len + (p[len] == '\n' ? 1 : 0)) {
		len = strcspn(p, "\n");
		e->line[e->n].p = p;
		e->line[e->n].len = len;
		scan_line(&e->line[e->n++]);
	}
	return true;
}

/* The indentation of what is in a block; what it would be if it is empty. */
static size_t
indent_of(const struct edit *e, size_t from, size_t to, size_t empty)
{
	for (; from < to; from++)
		if (e->line[from].content)
			return e->line[from].indent;
	return empty;
}

/* The line of a key of a block, or its end. */
static size_t
find(const struct edit *e, size_t from, size_t to, const char *key, size_t len)
{
	const size_t indent = indent_of(e, from, to, 0);
	const struct line *l;

	for (; from < to; from++) {
		l = &e->line[from];
		if (l->key != NULL && l->indent == indent &&
		    l->key_len == len && memcmp(l->key, key, len) == 0)
			break;
	}
	return from;
}

/* Behind the last line that belongs to the key of line i. */
static size_t
block_end(const struct edit *e, size_t i)
{
	const struct line *l, *head = &e->line[i];
	size_t j, end = i + 1;

	for (j = i + 1; j < e->n; j++) {
		l = &e->line[j];
		if (!l->content)
			continue;
		if (l->indent < head->indent ||
		    (l->indent == head->indent && l->p[l->indent] != '-'))
			break;
		end = j + 1;
	}
	return end;
}

static void
put_lines(struct edit *e, size_t from, size_t to)
{
	for (; from < to; from++) {
		ptn_buf_add(&e->out, e->line[from].p, e->line[from].len);
		ptn_buf_char(&e->out, '\n');
	}
}

/* Where the comment behind a value begins, with its "#"; or the end. */
static size_t
comment_at(const char *s, size_t len)
{
	char quote = '\0';
	size_t i;

	for (i = 0; i < len; i++) {
		if (quote == '"' && s[i] == '\\')
			i++;
		else if (quote != '\0')
			quote = s[i] == quote ? '\0' : quote;
		else if (s[i] == '"' || s[i] == '\'')
			quote = s[i];
		else if (s[i] == '#' && i > 0 && s[i - 1] == ' ')
			return i;
	}
	return len;
}

/* The comment goes on to stand in its column, if there is room. */
static void
put_comment(struct edit *e, const struct line *l, size_t width)
{
	const size_t head = (size_t)(l->rest - l->p);
	const size_t at = head + comment_at(l->rest, l->len - head);

	if (at == l->len)
		return;
	do
		ptn_buf_char(&e->out, ' ');
	while (++width < at);
	ptn_buf_add(&e->out, l->p + at, l->len - at);
}

/* Comments between the elements of a list that goes stay. */
static void
replace(struct edit *e, size_t i, const char *value)
{
	const struct line *l = &e->line[i];
	const size_t head = (size_t)(l->rest - l->p), end = block_end(e, i);
	size_t j;

	put_lines(e, 0, i);
	ptn_buf_add(&e->out, l->p, head);
	ptn_buf_char(&e->out, ' ');
	ptn_buf_str(&e->out, value);
	put_comment(e, l, head + 1 + strlen(value));
	ptn_buf_char(&e->out, '\n');
	for (j = i + 1; j < end; j++)
		if (!e->line[j].content)
			put_lines(e, j, j + 1);
	put_lines(e, end, e->n);
}

/* The rest of a path, at the end of the section that is there: line "at". */
static void
insert(struct edit *e, size_t at, size_t indent, const char *path,
    const char *value)
{
	size_t len;

	put_lines(e, 0, at);
	if (indent == 0)
		ptn_buf_char(&e->out, '\n');
	for (;; path += len + 1, indent += INDENT) {
		len = strcspn(path, ".");
		ptn_buf_printf(&e->out, "%*s%.*s:", (int)indent, "", (int)len,
		    path);
		if (path[len] == '\0')
			break;
		ptn_buf_char(&e->out, '\n');
	}
	ptn_buf_printf(&e->out, " %s\n", value);
	put_lines(e, at, e->n);
}

static void
change(struct edit *e, const char *path, const char *value)
{
	size_t from = 0, to = e->n, indent = 0, i, len;

	for (;; path += len + 1) {
		indent = indent_of(e, from, to, indent);
		len = strcspn(path, ".");
		i = find(e, from, to, path, len);
		if (i == to || path[len] == '\0')
			break;
		from = i + 1;
		to = block_end(e, i);
		indent += INDENT;
	}
	if (i < to)
		replace(e, i, value);
	else
		insert(e, to, indent, path, value);
}

/* ------------------------------------------------------------------ values */

/* The elements of a list as --set has it. */
static bool
elements(struct ptn_arena *a, const char *s, struct ptn_conf_text *out)
{
	const char **v = ptn_arena_calloc(a, strlen(s) + 1, sizeof(*v));
	size_t len, end;

	out->v = v;
	out->n = 0;
	for (; v != NULL && *s != '\0'; s += len + (s[len] == ',' ? 1 : 0)) {
		s += strspn(s, " ");
		len = strcspn(s, ",");
		for (end = len; end > 0 && s[end - 1] == ' '; end--)
			;
		v[out->n] = ptn_arena_strndup(a, s, end);
		if (v[out->n++] == NULL)
			return false;
	}
	return v != NULL;
}

/* What is to be parsed from the text. */
static bool
expect(struct ptn_arena *a, const struct ptn_conf_row *row, const char *value,
    struct ptn_conf_text *out)
{
	const char **v;

	out->list = row->kind == PTN_KIND_LIST || row->kind == PTN_KIND_SECRETS;
	if (out->list)
		return elements(a, value, out);
	out->v = v = ptn_arena_calloc(a, 1, sizeof(*v));
	out->n = 1;
	if (v != NULL)
		v[0] = value;
	return v != NULL;
}

/* As YAML has it: texts in quotes, numbers and words without. */
static void
print_yaml(FILE *f, const struct ptn_conf_row *row,
    const struct ptn_conf_text *text)
{
	const bool quoted = text->list || row->kind == PTN_KIND_STR ||
	    row->kind == PTN_KIND_SECRET;
	size_t i;

	(void)fputs(text->list ? "[" : "", f);
	for (i = 0; i < text->n; i++) {
		(void)fputs(i > 0 ? ", " : "", f);
		if (quoted)
			ptn_conf_print_text(f, text->v[i]);
		else
			(void)fputs(text->v[i], f);
	}
	(void)fputs(text->list ? "]" : "", f);
}

static const char *
yaml_of(struct ptn_arena *a, const struct ptn_conf_row *row,
    const struct ptn_conf_text *text)
{
	const char *copy = NULL;
	char *p = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&p, &len);

	if (f == NULL)
		return NULL;
	print_yaml(f, row, text);
	if (fclose(f) == 0)
		copy = ptn_arena_strdup(a, p);
	if (p != NULL)
		ptn_wipe(p, len);
	free(p);
	return copy;
}

/* ----------------------------------------------------------- is it so now? */

static const struct ptn_yaml_node *
node_of(const struct ptn_yaml *doc, const char *path)
{
	size_t i;

	for (i = 0; i < doc->n; i++)
		if (strcmp(doc->node[i].path, path) == 0)
			return &doc->node[i];
	return NULL;
}

static bool
holds(const struct ptn_yaml *doc, const char *path, bool list,
    const char *const *v, size_t n)
{
	const struct ptn_yaml_node *node = node_of(doc, path);
	size_t i;

	if (node == NULL || node->n != n ||
	    (node->kind == PTN_YAML_LIST) != list)
		return false;
	for (i = 0; i < n; i++)
		if (strcmp(node->v[i], v[i]) != 0)
			return false;
	return true;
}

/* A section that was empty is one with a member now. */
static bool
is_above(const char *section, const char *path)
{
	const size_t len = strlen(section);

	return strncmp(section, path, len) == 0 &&
	    (path[len] == '.' || path[len] == '\0');
}

static bool
is_so(struct ptn_arena *a, const struct ptn_yaml *before, const char *text,
    const char *path, const struct ptn_conf_text *want)
{
	struct ptn_yaml_problem problem;
	const struct ptn_yaml_node *node;
	struct ptn_yaml now;
	size_t i;

	if (ptn_yaml_parse(a, ptn_bytes_of(text), &now, &problem) != PTN_OK ||
	    !holds(&now, path, want->list, want->v, want->n))
		return false;
	for (i = 0; i < before->n; i++) {
		node = &before->node[i];
		if (!is_above(node->path, path) &&
		    !holds(&now, node->path, node->kind == PTN_YAML_LIST,
			node->v, node->n))
			return false;
	}
	return true;
}

static enum ptn_err
edit(struct edit *e, const char *text, const struct ptn_conf_row *row,
    const char *value)
{
	struct ptn_yaml_problem problem;
	struct ptn_conf_text want;
	struct ptn_yaml before;
	const char *yaml;
	enum ptn_err r;

	r = ptn_yaml_parse(e->a, ptn_bytes_of(text), &before, &problem);
	if (r != PTN_OK)
		return r;
	if (!split(e, text) || !expect(e->a, row, value, &want) ||
	    (yaml = yaml_of(e->a, row, &want)) == NULL)
		return PTN_E_NOMEM;
	change(e, row->path, yaml);
	if (e->out.bad)
		return PTN_E_NOMEM;
	return is_so(e->a, &before, e->out.p, row->path, &want)
	    ? PTN_OK
	    : PTN_E_UNPROCESSABLE;
}

enum ptn_err
ptn_conf_edit(struct ptn_arena *a, const char *text, const char *path,
    const char *value, const char **out)
{
	const struct ptn_conf_row *row = ptn_conf_row_of(path);
	struct edit e = { .a = ptn_arena_new(SCRATCH_MAX) };
	enum ptn_err r = PTN_E_NOT_FOUND;

	if (e.a == NULL)
		return PTN_E_NOMEM;
	ptn_buf_init(&e.out, a);
	if (row != NULL)
		r = edit(&e, text, row, value);
	if (r == PTN_OK)
		*out = e.out.p;
	ptn_arena_free(&e.a);
	return r;
}

const char *
ptn_conf_set_in(struct ptn_arena *a, const char *text, const char *path)
{
	const struct ptn_conf_row *row = ptn_conf_row_of(path);
	const struct ptn_yaml_node *node;
	struct ptn_yaml_problem problem;
	struct ptn_yaml doc;
	struct ptn_buf b;
	size_t i;

	if (row == NULL ||
	    ptn_yaml_parse(a, ptn_bytes_of(text), &doc, &problem) != PTN_OK ||
	    (node = node_of(&doc, path)) == NULL)
		return NULL;
	ptn_buf_init(&b, a);
	for (i = 0; i < node->n; i++) {
		ptn_buf_str(&b, i > 0 ? "," : "");
		ptn_buf_str(&b, node->v[i]);
	}
	if (b.p == NULL || b.p[0] == '\0' ||
	    (row->dflt != NULL && strcmp(b.p, row->dflt) == 0))
		return NULL;
	return b.p;
}
