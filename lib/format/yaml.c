#include "lib/format/yaml.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <yaml.h>

#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "lib/base/bytes.h"
#include "lib/base/unicode.h"

/* A document that is being made flat. */
struct flat {
	yaml_parser_t parser;
	struct ptn_bytes text;
	struct ptn_arena *a;
	struct ptn_yaml *out;
	struct ptn_yaml_problem *problem;
	const char **seen; /* every key met so far, as a path */
	size_t seen_n;
	size_t nodes; /* against PTN_YAML_NODES_MAX */
};

/* Texts that collect while a sequence is read. */
struct texts {
	const char **v;
	bool *plain;
	size_t n;
	size_t cap;
};

static enum ptn_err flat_node(struct flat *f, yaml_event_t *ev,
    const char *path, int depth);

static enum ptn_err
refuse(struct flat *f, enum ptn_err r, size_t line, const char *path,
    const char *why)
{
	f->problem->line = (int)line;
	f->problem->path = path;
	f->problem->why = why;
	return r;
}

static enum ptn_err
no_memory(struct flat *f)
{
	return refuse(f, PTN_E_NOMEM, 0, NULL, "out of memory");
}

static size_t
line_of(const yaml_event_t *ev)
{
	return ev->start_mark.line + 1;
}

/* Scalars may be secrets, and libyaml does not overwrite what it frees. */
static void
drop(yaml_event_t *ev)
{
	if (ev->type == YAML_SCALAR_EVENT)
		ptn_wipe(ev->data.scalar.value, ev->data.scalar.length);
	yaml_event_delete(ev);
}

static bool
is_decorated(const yaml_event_t *ev)
{
	if (ev->type == YAML_SCALAR_EVENT)
		return ev->data.scalar.anchor != NULL ||
		    ev->data.scalar.tag != NULL;
	if (ev->type == YAML_MAPPING_START_EVENT)
		return ev->data.mapping_start.anchor != NULL ||
		    ev->data.mapping_start.tag != NULL;
	if (ev->type == YAML_SEQUENCE_START_EVENT)
		return ev->data.sequence_start.anchor != NULL ||
		    ev->data.sequence_start.tag != NULL;
	return ev->type == YAML_ALIAS_EVENT;
}

/* What people have done, by what the library says about it. */
static const struct {
	const char *said;
	const char *why;
} plain_words[] = {
	{ "found character that cannot start any token",
	    "a value that begins with @, ` or % must be in quotes" },
	{ "did not find expected alphabetic or numeric character",
	    "a value that begins with * or & must be in quotes" },
	{ "mapping values are not allowed in this context",
	    "a \":\" that does not belong: mend the indentation of this line "
	    "or the one above, or put the value in quotes" },
	{ "did not find expected key",
	    "the indentation is not that of the lines above" },
	{ "did not find expected '-' indicator",
	    "the \"-\" of a list are not below one another" },
	{ "could not find expected ':'",
	    "a line above is not \"key: value\", with a space behind the "
	    "\":\"" },
	{ "found unexpected end of stream", "a quote is never closed" },
	{ "found unknown escape character",
	    "a \\ in double quotes means something: use single quotes" },
};

/* Is there a tab where a line, counted from 0, is indented? */
static bool
has_tab(struct ptn_bytes text, size_t line)
{
	const uint8_t *p = text.p, *end = text.p + text.len;

	for (; line > 0 && p < end; p++)
		line -= *p == '\n' ? 1 : 0;
	while (p < end && *p == ' ')
		p++;
	return p < end && *p == '\t';
}

static const char *
why_not(const struct flat *f)
{
	const char *said = f->parser.problem;
	size_t i;

	if (said == NULL)
		return "not YAML";
	if (has_tab(f->text, f->parser.problem_mark.line))
		return "a tab: indent with spaces";
	for (i = 0; i < PTN_ARRAY_LEN(plain_words); i++)
		if (strcmp(plain_words[i].said, said) == 0)
			return plain_words[i].why;
	return said;
}

/* The next event, which the caller drops; nothing to drop on a fault. */
static enum ptn_err
next(struct flat *f, yaml_event_t *ev)
{
	size_t line;

	if (yaml_parser_parse(&f->parser, ev) == 0) {
		if (f->parser.error == YAML_MEMORY_ERROR)
			return no_memory(f);
		line = f->parser.problem_mark.line + 1;
		return refuse(f, PTN_E_INPUT, line, NULL, why_not(f));
	}
	if (is_decorated(ev)) {
		line = line_of(ev);
		drop(ev);
		return refuse(f, PTN_E_INPUT, line, NULL,
		    "anchors, aliases and tags are not accepted");
	}
	return PTN_OK;
}

static enum ptn_err
count(struct flat *f, const yaml_event_t *ev)
{
	if (++f->nodes > PTN_YAML_NODES_MAX)
		return refuse(f, PTN_E_TOO_LARGE, line_of(ev), NULL,
		    "too many keys and values");
	return PTN_OK;
}

/* The text of a scalar, in the arena. */
static enum ptn_err
text_of(struct flat *f, const yaml_event_t *ev, const char **out)
{
	const char *p = (const char *)ev->data.scalar.value;
	size_t len = ev->data.scalar.length;

	if (memchr(p, '\0', len) != NULL)
		return refuse(f, PTN_E_INPUT, line_of(ev), NULL,
		    "a NUL in a text");
	*out = ptn_arena_strndup(f->a, p, len);
	return *out != NULL ? PTN_OK : no_memory(f);
}

/* As people write it; NULL: no memory. */
static char *
dotted(struct flat *f, const char *path)
{
	static const char cuts[] = PTN_YAML_CUT PTN_YAML_ELEMENT;
	char *out = ptn_arena_strdup(f->a, path);
	char *p;

	for (p = out; p != NULL && *p != '\0'; p++)
		if (strchr(cuts, *p) != NULL)
			*p = '.';
	return out;
}

static enum ptn_err
emit(struct flat *f, const struct ptn_yaml_node *node)
{
	struct ptn_yaml_node *out;

	if (f->out->n == PTN_YAML_NODES_MAX)
		return refuse(f, PTN_E_TOO_LARGE, (size_t)node->line, NULL,
		    "too many keys and values");
	out = &f->out->node[f->out->n++];
	*out = *node;
	out->exact = node->path;
	out->path = dotted(f, node->path);
	return out->path != NULL ? PTN_OK : no_memory(f);
}

static bool
is_plain(const yaml_event_t *ev)
{
	return ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static enum ptn_err
emit_scalar(struct flat *f, const yaml_event_t *ev, const char *path)
{
	struct ptn_yaml_node node = { .path = path,
		.kind = PTN_YAML_SCALAR,
		.n = 1 };
	const char **v = ptn_arena_calloc(f->a, 1, sizeof(*v));
	bool *plain = ptn_arena_calloc(f->a, 1, sizeof(*plain));
	enum ptn_err r;

	if (v == NULL || plain == NULL)
		return no_memory(f);
	*plain = is_plain(ev);
	r = text_of(f, ev, &v[0]);
	if (r != PTN_OK)
		return r;
	node.v = v;
	node.plain = plain;
	node.line = (int)line_of(ev);
	return emit(f, &node);
}

/* The path of a member; path is "" at the root. */
static enum ptn_err
join(struct flat *f, const char *path, const char *cut, const char *key,
    size_t line, const char **out)
{
	if (strlen(path) + strlen(key) + 2 > PTN_YAML_PATH_MAX)
		return refuse(f, PTN_E_TOO_LARGE, line, NULL,
		    "the keys are too long");
	*out = ptn_arena_printf(f->a, "%s%s%s", path,
	    path[0] != '\0' ? cut : "", key);
	return *out != NULL ? PTN_OK : no_memory(f);
}

/* A key is text that may stand in a message. */
static bool
is_key(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	for (; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f)
			return false;
	return s[0] != '\0';
}

/* Read the key of a member, and see to it that it is a new one. */
static enum ptn_err
member_path(struct flat *f, const yaml_event_t *ev, const char *path,
    const char **out)
{
	const char *key;
	enum ptn_err r;
	size_t i;

	if (ev->type != YAML_SCALAR_EVENT)
		return refuse(f, PTN_E_INPUT, line_of(ev), NULL,
		    "a key must be plain text");
	r = count(f, ev);
	if (r == PTN_OK)
		r = text_of(f, ev, &key);
	if (r != PTN_OK)
		return r;
	if (!is_key(key))
		return refuse(f, PTN_E_INPUT, line_of(ev), NULL,
		    "a key must be plain text");
	r = join(f, path, PTN_YAML_CUT, key, line_of(ev), out);
	if (r != PTN_OK)
		return r;
	if ((key = dotted(f, *out)) == NULL)
		return no_memory(f);
	for (i = 0; i < f->seen_n; i++)
		if (strcmp(f->seen[i], key) == 0)
			return refuse(f, PTN_E_INPUT, line_of(ev), key,
			    "the key is there twice");
	f->seen[f->seen_n++] = key; /* count() keeps it within */
	return PTN_OK;
}

/* One member: ev is its key. */
static enum ptn_err
flat_member(struct flat *f, const yaml_event_t *ev, const char *path, int depth)
{
	yaml_event_t value;
	const char *below;
	enum ptn_err r;

	r = member_path(f, ev, path, &below);
	if (r == PTN_OK)
		r = next(f, &value);
	if (r != PTN_OK)
		return r;
	r = flat_node(f, &value, below, depth);
	drop(&value);
	return r;
}

static enum ptn_err
flat_map(struct flat *f, const char *path, size_t line, int depth)
{
	struct ptn_yaml_node empty = { .path = path, .kind = PTN_YAML_MAP };
	yaml_event_t ev;
	size_t members = 0;
	bool end = false;
	enum ptn_err r;

	while (!end) {
		r = next(f, &ev);
		if (r != PTN_OK)
			return r;
		end = ev.type == YAML_MAPPING_END_EVENT;
		if (!end)
			r = flat_member(f, &ev, path, depth);
		drop(&ev);
		if (r != PTN_OK)
			return r;
		members += end ? 0 : 1;
	}
	if (members > 0 || path[0] == '\0')
		return PTN_OK;
	empty.line = (int)line;
	return emit(f, &empty);
}

static enum ptn_err
texts_add(struct flat *f, struct texts *t, const yaml_event_t *ev)
{
	const char **v;
	bool *plain;
	size_t cap;

	if (t->n == t->cap) {
		cap = t->cap == 0 ? 8 : t->cap * 2;
		v = ptn_arena_calloc(f->a, cap, sizeof(*v));
		plain = ptn_arena_calloc(f->a, cap, sizeof(*plain));
		if (v == NULL || plain == NULL)
			return no_memory(f);
		if (t->n > 0) {
			memcpy(v, t->v, t->n * sizeof(*v));
			memcpy(plain, t->plain, t->n * sizeof(*plain));
		}
		t->v = v;
		t->plain = plain;
		t->cap = cap;
	}
	t->plain[t->n] = is_plain(ev);
	return text_of(f, ev, &t->v[t->n++]);
}

/* One element, the index-th of its sequence. */
static enum ptn_err
flat_element(struct flat *f, yaml_event_t *ev, const char *path, size_t index,
    struct texts *t, int depth)
{
	const char *below;
	char number[24];
	enum ptn_err r;

	r = count(f, ev);
	if (r != PTN_OK)
		return r;
	if (ev->type == YAML_SCALAR_EVENT)
		return texts_add(f, t, ev);
	(void)snprintf(number, sizeof(number), "%zu", index);
	r = join(f, path, PTN_YAML_ELEMENT, number, line_of(ev), &below);
	return r == PTN_OK ? flat_node(f, ev, below, depth) : r;
}

static enum ptn_err
flat_list(struct flat *f, const char *path, size_t line, int depth)
{
	struct ptn_yaml_node node = { .path = path, .kind = PTN_YAML_LIST };
	struct texts t = { NULL, NULL, 0, 0 };
	yaml_event_t ev;
	size_t index = 0;
	bool end = false;
	enum ptn_err r;

	while (!end) {
		r = next(f, &ev);
		if (r != PTN_OK)
			return r;
		end = ev.type == YAML_SEQUENCE_END_EVENT;
		if (!end)
			r = flat_element(f, &ev, path, index++, &t, depth);
		drop(&ev);
		if (r != PTN_OK)
			return r;
	}
	/* Its mappings have been emitted; without any text there is no more. */
	if (index > 0 && t.n == 0)
		return PTN_OK;
	node.v = t.v;
	node.plain = t.plain;
	node.n = t.n;
	node.line = (int)line;
	return emit(f, &node);
}

static enum ptn_err
flat_node(struct flat *f, yaml_event_t *ev, const char *path, int depth)
{
	if (depth >= PTN_YAML_DEPTH_MAX)
		return refuse(f, PTN_E_TOO_LARGE, line_of(ev), NULL,
		    "nested too deep");
	if (ev->type == YAML_SCALAR_EVENT)
		return emit_scalar(f, ev, path);
	if (ev->type == YAML_MAPPING_START_EVENT)
		return flat_map(f, path, line_of(ev), depth + 1);
	return flat_list(f, path, line_of(ev), depth + 1);
}

/* The root: a mapping, or nothing at all ("---" alone). */
static enum ptn_err
flat_root(struct flat *f)
{
	yaml_event_t ev;
	enum ptn_err r;

	r = next(f, &ev);
	if (r != PTN_OK)
		return r;
	if (ev.type == YAML_MAPPING_START_EVENT)
		r = flat_map(f, "", line_of(&ev), 1);
	else if (ev.type != YAML_SCALAR_EVENT || ev.data.scalar.length > 0)
		r = refuse(f, PTN_E_INPUT, line_of(&ev), NULL,
		    "keys are expected, as in \"key: value\"");
	drop(&ev);
	return r;
}

static enum ptn_err
flat_document(struct flat *f, const yaml_event_t *start)
{
	const yaml_tag_directive_t *from, *to;
	yaml_event_t ev;
	enum ptn_err r;

	from = start->data.document_start.tag_directives.start;
	to = start->data.document_start.tag_directives.end;
	if (from != to)
		return refuse(f, PTN_E_INPUT, line_of(start), NULL,
		    "anchors, aliases and tags are not accepted");
	r = flat_root(f);
	if (r != PTN_OK)
		return r;
	r = next(f, &ev); /* the end of the document */
	if (r == PTN_OK)
		drop(&ev);
	return r;
}

static enum ptn_err
flat_stream(struct flat *f)
{
	yaml_event_t ev;
	size_t documents = 0;
	bool end = false;
	enum ptn_err r = PTN_OK;

	while (r == PTN_OK && !end) {
		r = next(f, &ev);
		if (r != PTN_OK)
			return r;
		end = ev.type == YAML_STREAM_END_EVENT;
		if (ev.type == YAML_DOCUMENT_START_EVENT)
			r = documents++ == 0
			    ? flat_document(f, &ev)
			    : refuse(f, PTN_E_INPUT, line_of(&ev), NULL,
				  "more than one document");
		drop(&ev);
	}
	return r;
}

static void
wipe_parser(yaml_parser_t *p)
{
	if (p->raw_buffer.start != NULL)
		ptn_wipe(p->raw_buffer.start,
		    (size_t)(p->raw_buffer.end - p->raw_buffer.start));
	if (p->buffer.start != NULL)
		ptn_wipe(p->buffer.start,
		    (size_t)(p->buffer.end - p->buffer.start));
	yaml_parser_delete(p);
}

enum ptn_err
ptn_yaml_parse(struct ptn_arena *a, struct ptn_bytes text, struct ptn_yaml *out,
    struct ptn_yaml_problem *problem)
{
	struct flat f = { .a = a, .out = out, .problem = problem };
	enum ptn_err r;

	memset(problem, 0, sizeof(*problem));
	out->n = 0;
	out->node = ptn_arena_calloc(a, PTN_YAML_NODES_MAX, sizeof(*out->node));
	f.seen = ptn_arena_calloc(a, PTN_YAML_NODES_MAX, sizeof(*f.seen));
	if (out->node == NULL || f.seen == NULL)
		return no_memory(&f);
	if (text.len > PTN_YAML_TEXT_MAX)
		return refuse(&f, PTN_E_TOO_LARGE, 0, NULL, "too long");
	if (yaml_parser_initialize(&f.parser) == 0)
		return no_memory(&f);
	/* libyaml counts a byte order mark as a column of the first line. */
	text = ptn_utf8_text(text);
	f.text = text;
	yaml_parser_set_encoding(&f.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&f.parser, text.p, text.len);
	r = flat_stream(&f);
	wipe_parser(&f.parser);
	return r;
}
