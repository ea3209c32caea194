#include "lib/format/template.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/unicode.h"

#define NAME_MAX_LEN 32

/* A piece of text, or (var >= 0) the variable behind it. */
struct piece {
	struct ptn_bytes text;
	int var;
	struct piece *next;
};

struct ptn_template {
	struct piece *first;
};

/* A template being read. */
struct parser {
	struct ptn_arena *a;
	const char *start;
	const char *at;
	const char *end;
	const char *const *vars;
	struct piece **tail;
	struct ptn_template_problem *problem;
};

static enum ptn_err
fail(struct parser *p, const char *at, const char *what, const char *name)
{
	const char *s;

	p->problem->line = 1;
	for (s = p->start; s < at; s++)
		p->problem->line += *s == '\n';
	snprintf(p->problem->what, sizeof(p->problem->what), "%s%s%s", what,
	    *name != '\0' ? " " : "", name);
	return PTN_E_INPUT;
}

static enum ptn_err
add_piece(struct parser *p, const char *text, size_t len, int var)
{
	struct piece *piece = ptn_arena_alloc(p->a, sizeof(*piece));

	if (piece == NULL)
		return PTN_E_NOMEM;
	piece->text = PTN_BYTES(text, len);
	piece->var = var;
	*p->tail = piece;
	p->tail = &piece->next;
	return PTN_OK;
}

/* The place of "{{" or "}}" at or behind p->at, or the end. */
static const char *
find_mark(const struct parser *p)
{
	const char *s;

	for (s = p->at; s + 1 < p->end; s++)
		if ((s[0] == '{' && s[1] == '{') ||
		    (s[0] == '}' && s[1] == '}'))
			return s;
	return p->end;
}

/* Read "{{name}}" at mark; its number in vars. */
static enum ptn_err
read_name(struct parser *p, const char *mark, int *var)
{
	char name[NAME_MAX_LEN + 1];
	const char *s = mark + 2;
	size_t n = 0;
	int i;

	while (s < p->end && n < NAME_MAX_LEN &&
	    ((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') || *s == '_'))
		name[n++] = *s++;
	name[n] = '\0';
	if (n == 0 || p->end - s < 2 || s[0] != '}' || s[1] != '}')
		return fail(p, mark, "{{ without a name and }}", "");
	for (i = 0; p->vars[i] != NULL; i++) {
		if (strcmp(p->vars[i], name) == 0) {
			*var = i;
			p->at = s + 2;
			return PTN_OK;
		}
	}
	return fail(p, mark, "unknown variable", name);
}

static enum ptn_err
parse_pieces(struct parser *p)
{
	const char *text;
	const char *mark;
	enum ptn_err r;
	int var;

	while (p->at < p->end) {
		text = p->at;
		mark = find_mark(p);
		var = -1;
		r = PTN_OK;
		p->at = p->end;
		if (mark < p->end && *mark == '}')
			r = fail(p, mark, "}} without {{", "");
		else if (mark < p->end)
			r = read_name(p, mark, &var);
		if (r == PTN_OK)
			r = add_piece(p, text, (size_t)(mark - text), var);
		if (r != PTN_OK)
			return r;
	}
	return PTN_OK;
}

enum ptn_err
ptn_template_parse(struct ptn_arena *a, struct ptn_bytes text,
    const char *const *vars, struct ptn_template **out,
    struct ptn_template_problem *problem)
{
	struct ptn_template *t = ptn_arena_alloc(a, sizeof(*t));
	struct parser p = { .a = a, .vars = vars, .problem = problem };

	memset(problem, 0, sizeof(*problem));
	if (t == NULL)
		return PTN_E_NOMEM;
	if (text.len > PTN_TEMPLATE_MAX)
		return fail(&p, NULL, "too long", "");
	if (text.len == 0) {
		*out = t;
		return PTN_OK;
	}
	p.start = ptn_arena_strndup(a, (const char *)text.p, text.len);
	if (p.start == NULL)
		return PTN_E_NOMEM;
	if (memchr(text.p, '\0', text.len) != NULL || !ptn_utf8_valid(text))
		return fail(&p, p.start, "not text in UTF-8", "");
	p.at = p.start;
	p.end = p.start + text.len;
	p.tail = &t->first;
	*out = t;
	return parse_pieces(&p);
}

static const char *
html_entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static void
put_value(struct ptn_buf *out, enum ptn_template_escape escape,
    const char *value)
{
	const char *entity;
	const char *s;

	for (s = value; *s != '\0'; s++) {
		entity = escape == PTN_ESCAPE_TEXT ? NULL : html_entity(*s);
		if (entity != NULL)
			ptn_buf_str(out, entity);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			ptn_buf_char(out, ' ');
		else
			ptn_buf_char(out, *s);
	}
}

enum ptn_err
ptn_template_render(const struct ptn_template *t,
    enum ptn_template_escape escape, const char *const *values,
    struct ptn_buf *out)
{
	size_t before = out->len;
	const struct piece *p;

	for (p = t->first; p != NULL; p = p->next) {
		ptn_buf_add(out, p->text.p, p->text.len);
		if (p->var >= 0)
			put_value(out, escape, values[p->var]);
		if (out->bad)
			return PTN_E_NOMEM;
		if (out->len - before > PTN_TEMPLATE_OUT_MAX)
			return PTN_E_TOO_LARGE;
	}
	return PTN_OK;
}
