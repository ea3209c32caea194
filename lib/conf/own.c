#include "lib/conf/own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/conf/conf_row.h"
#include "lib/format/near.h"

#define DEPTH_MAX 8   /* of sections: the deepest key has four */
#define NAME_SHOWN 64 /* bytes of a name that is none */
#define FAULTS_MAX 10 /* that are told: a body may be full of them */

struct ptn_own {
	struct ptn_conf cf;
	bool has[PTN_CONF_ROWS_MAX];
};

/* A reading under way. */
struct reading {
	struct ptn_arena *a;
	struct ptn_own *own;
	struct ptn_buf why;
	size_t faults;
	enum ptn_err r;
};

/* One of its sections. */
struct section {
	struct reading *rd;
	const char *path; /* "" outermost */
};

static size_t
index_of(const struct ptn_conf_row *row)
{
	return (size_t)(row - ptn_conf_rows);
}

static void
complain(struct reading *rd, const char *path, const char *what)
{
	ptn_buf_printf(&rd->why, "%s%s: %s", rd->why.len > 0 ? "; " : "", path,
	    what);
	rd->faults++;
	if (rd->r == PTN_OK)
		rd->r = PTN_E_INPUT;
}

/* Does a row's path go on from here? */
static bool
is_section(const char *path)
{
	const size_t len = strlen(path);
	size_t i;

	for (i = 0; i < ptn_conf_rows_n; i++)
		if (strncmp(ptn_conf_rows[i].path, path, len) == 0 &&
		    ptn_conf_rows[i].path[len] == '.')
			return true;
	return false;
}

/* Is it in a tree of the file, of which each key is the operator's choice? */
static bool
is_in_tree(const char *path)
{
	size_t i, len;

	for (i = 0; i < ptn_conf_rows_n; i++) {
		len = strlen(ptn_conf_rows[i].path);
		if (ptn_conf_is_tree(&ptn_conf_rows[i]) &&
		    (strncmp(ptn_conf_rows[i].path, path, len - 1) == 0 ||
			(strlen(path) == len - 2 &&
			    strncmp(ptn_conf_rows[i].path, path, len - 2) ==
				0)))
			return true;
	}
	return false;
}

static void
unknown(struct reading *rd, const char *path)
{
	char what[PTN_CONF_WHY_MAX], hint[PTN_NEAR_HINT];

	(void)snprintf(what, sizeof(what), "is not a known key%s",
	    ptn_near_hint(ptn_conf_meant(path), hint));
	complain(rd, path, what);
}

/* The elements of an array; NULL without memory, or if one is no text. */
static const char **
texts_of(struct ptn_arena *a, const struct ptn_json *array)
{
	const size_t n = ptn_json_len(array);
	const char **v = ptn_arena_calloc(a, n + 1, sizeof(*v));
	size_t i;

	for (i = 0; v != NULL && i < n; i++)
		if ((v[i] = ptn_json_text(a, ptn_json_at(array, i))) == NULL)
			return NULL;
	return v;
}

/* A value as the file would have it; NULL if it is of no type of the file's. */
static const char *
scalar_of(struct ptn_arena *a, const struct ptn_json *json)
{
	int64_t n;

	if (ptn_json_type(json) == PTN_JSON_BOOL)
		return ptn_json_bool(json) ? "true" : "false";
	if (ptn_json_int(json, &n))
		return ptn_arena_printf(a, "%lld", (long long)n);
	return ptn_json_text(a, json);
}

static void
put(struct reading *rd, const struct ptn_conf_row *row,
    const struct ptn_json *json)
{
	const bool list = ptn_json_type(json) == PTN_JSON_ARRAY;
	const char *one = list ? NULL : scalar_of(rd->a, json);
	const char **many = list ? texts_of(rd->a, json) : NULL;
	struct ptn_conf_text text = { list ? many : &one,
		list ? ptn_json_len(json) : 1, list, NULL, NULL };
	struct ptn_conf_why why;
	enum ptn_err r;

	if (list ? many == NULL : one == NULL) {
		complain(rd, row->path,
		    "is neither a text, a number, true or false, nor a list "
		    "of texts");
		return;
	}
	r = ptn_conf_value(rd->a, &rd->own->cf, row, &text, &why);
	if (r == PTN_OK)
		rd->own->has[index_of(row)] = true;
	else
		complain(rd, row->path, why.text);
	if (r == PTN_E_NOMEM)
		rd->r = r;
}

static bool read_member(void *arg, const char *name,
    const struct ptn_json *value);

static void
read_at(struct reading *rd, const char *path, const struct ptn_json *value)
{
	const struct ptn_conf_row *row = ptn_conf_row_of(path);
	struct section below = { rd, path };

	if ((row != NULL && !row->tenant) || is_in_tree(path))
		complain(rd, path, "may not differ from tenant to tenant");
	else if (row != NULL)
		put(rd, row, value);
	else if (!is_section(path))
		unknown(rd, path);
	else if (ptn_json_type(value) != PTN_JSON_OBJECT)
		complain(rd, path, "is a section, not a value");
	else
		(void)ptn_json_each(value, read_member, &below);
}

static bool
read_member(void *arg, const char *name, const struct ptn_json *value)
{
	const struct section *in = arg;
	struct reading *rd = in->rd;
	const char *path = ptn_arena_printf(rd->a, "%s%s%.*s", in->path,
	    in->path[0] != '\0' ? "." : "", NAME_SHOWN, name);

	if (path == NULL)
		rd->r = PTN_E_NOMEM;
	else if (strlen(name) > NAME_SHOWN || strchr(name, '.') != NULL)
		unknown(rd, path);
	else if (value != NULL)
		read_at(rd, path, value);
	return rd->r != PTN_E_NOMEM && rd->faults < FAULTS_MAX;
}

/* What was reported, a line each, becomes one text. */
static void
take_report(struct reading *rd, char *text)
{
	char *line, *rest = NULL;

	for (line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		ptn_buf_printf(&rd->why, "%s%s", rd->why.len > 0 ? "; " : "",
		    line);
}

/* None would be the file's, and "*" everybody's: a tenant names its own. */
static void
check_origins(struct ptn_conf_load *ld, const struct ptn_own *own)
{
	const struct ptn_strs *list = &ld->cf->rp_origins;
	size_t i;

	if (ptn_own_has(own, list) && list->n == 0)
		ptn_conf_fault(ld, list, "needs at least one origin");
	for (i = 0; ptn_own_has(own, list) && i < list->n; i++)
		if (strcmp(list->v[i], "*") == 0)
			ptn_conf_fault(ld, list, "\"*\" is no origin");
}

static void
check(struct reading *rd, const struct ptn_conf *base)
{
	struct ptn_conf_load ld = { .cf = &rd->own->cf, .file = "" };
	const int64_t *lifespan = &ld.cf->session_lifespan_s;
	char *text = NULL;
	size_t i, len;

	for (i = 0; i < PTN_CONF_ROWS_MAX; i++)
		ld.origin[i].layer = PTN_LAYER_TENANT;
	if ((ld.err = open_memstream(&text, &len)) == NULL) {
		rd->r = PTN_E_NOMEM;
		return;
	}
	if (*lifespan > base->session_lifespan_s)
		ptn_conf_fault(&ld, lifespan,
		    "must not be above that of the configuration: keys are "
		    "kept for so long");
	check_origins(&ld, rd->own);
	ptn_conf_check_own(&ld);
	if (fclose(ld.err) != 0)
		rd->r = PTN_E_NOMEM;
	else if (ld.faults > 0)
		rd->r = PTN_E_INPUT;
	if (rd->r == PTN_E_INPUT)
		take_report(rd, text);
	free(text);
}

enum ptn_err
ptn_own_read(struct ptn_arena *a, const struct ptn_conf *base,
    const struct ptn_json *config, struct ptn_own **out, const char **why)
{
	struct reading rd = { .a = a,
		.own = ptn_arena_calloc(a, 1, sizeof(*rd.own)),
		.r = PTN_OK };
	struct section all = { &rd, "" };

	*out = rd.own;
	*why = NULL;
	if (rd.own == NULL)
		return PTN_E_NOMEM;
	rd.own->cf = *base;
	if (config == NULL)
		return PTN_OK;
	ptn_buf_init(&rd.why, a);
	(void)ptn_json_each(config, read_member, &all);
	if (rd.r == PTN_OK)
		check(&rd, base);
	*why = rd.why.p;
	return rd.why.bad ? PTN_E_NOMEM : rd.r;
}

enum ptn_err
ptn_own_parse(struct ptn_arena *a, const struct ptn_conf *base,
    const char *text, struct ptn_own **out, const char **why)
{
	struct ptn_json *json = NULL;
	enum ptn_err r = PTN_OK;

	*out = NULL;
	if (text != NULL)
		r = ptn_json_parse(ptn_bytes_of(text), DEPTH_MAX, &json, why);
	if (r == PTN_OK)
		r = ptn_own_read(a, base, json, out, why);
	ptn_json_free(&json);
	return r;
}

const struct ptn_conf *
ptn_own_conf(const struct ptn_own *own)
{
	return &own->cf;
}

static const struct ptn_conf_row *
row_of(const struct ptn_own *own, const void *member)
{
	const size_t offset =
	    (size_t)((const char *)member - (const char *)&own->cf);
	size_t i = 0;

	while (ptn_conf_rows[i].offset != offset)
		i++;
	return &ptn_conf_rows[i];
}

bool
ptn_own_has(const struct ptn_own *own, const void *member)
{
	return own->has[index_of(row_of(own, member))];
}

/* ---------------------------------------------------------- relying party */

static void
mark(struct ptn_own *own, const void *member, bool has)
{
	own->has[index_of(row_of(own, member))] = has;
}

enum ptn_err
ptn_own_take_rp(struct ptn_arena *a, struct ptn_own *own, struct ptn_own_rp *rp)
{
	const struct ptn_conf *cf = &own->cf;
	struct ptn_buf b;
	size_t i;

	rp->id = ptn_own_has(own, &cf->rp_id) ? cf->rp_id : NULL;
	rp->name = ptn_own_has(own, &cf->rp_name) ? cf->rp_name : NULL;
	ptn_buf_init(&b, a);
	if (ptn_own_has(own, &cf->rp_origins))
		for (i = 0; i < cf->rp_origins.n; i++)
			ptn_buf_printf(&b, "%s%s", i > 0 ? " " : "",
			    cf->rp_origins.v[i]);
	rp->origins = b.p;
	mark(own, &cf->rp_id, false);
	mark(own, &cf->rp_name, false);
	mark(own, &cf->rp_origins, false);
	return b.bad ? PTN_E_NOMEM : PTN_OK;
}

/* The words of a text. */
static enum ptn_err
split(struct ptn_arena *a, const char *text, struct ptn_strs *out)
{
	char *copy = ptn_arena_strdup(a, text), *word, *rest = NULL;
	const size_t max = strlen(text) / 2 + 1;

	out->n = 0;
	out->v = ptn_arena_calloc(a, max, sizeof(*out->v));
	if (copy == NULL || out->v == NULL)
		return PTN_E_NOMEM;
	for (word = strtok_r(copy, " ", &rest); word != NULL && out->n < max;
	     word = strtok_r(NULL, " ", &rest))
		out->v[out->n++] = word;
	return PTN_OK;
}

enum ptn_err
ptn_own_put_rp(struct ptn_arena *a, struct ptn_own *own,
    const struct ptn_own_rp *rp)
{
	struct ptn_conf *cf = &own->cf;

	if (rp->id != NULL)
		cf->rp_id = rp->id;
	if (rp->name != NULL)
		cf->rp_name = rp->name;
	mark(own, &cf->rp_id, rp->id != NULL);
	mark(own, &cf->rp_name, rp->name != NULL);
	mark(own, &cf->rp_origins, rp->origins != NULL);
	return rp->origins == NULL ? PTN_OK
				   : split(a, rp->origins, &cf->rp_origins);
}

/* --------------------------------------------------------------- as JSON */

static void
write_word(struct ptn_jsonw *w, const char *name, const char *words, int i)
{
	size_t len;

	for (; i > 0; i--)
		words += strcspn(words, "|") + 1;
	len = strcspn(words, "|");
	ptn_jsonw_bytes(w, name, PTN_BYTES(words, len));
}

static void
write_list(struct ptn_jsonw *w, const char *name, const struct ptn_strs *l)
{
	size_t i;

	ptn_jsonw_array(w, name);
	for (i = 0; i < l->n; i++)
		ptn_jsonw_str(w, NULL, l->v[i]);
	ptn_jsonw_end_array(w);
}

/* Seconds have their unit, as a number without one may be read as others. */
static void
write_seconds(struct ptn_jsonw *w, const char *name, int64_t s)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llds", (long long)s);
	ptn_jsonw_str(w, name, text);
}

static void
write_value(struct ptn_jsonw *w, const struct ptn_conf_row *row,
    const void *member)
{
	const char *name = strrchr(row->path, '.') + 1;

	if (row->kind == PTN_KIND_STR)
		ptn_jsonw_str(w, name, *(const char *const *)member);
	else if (row->kind == PTN_KIND_BOOL)
		ptn_jsonw_bool(w, name, *(const bool *)member);
	else if (row->kind == PTN_KIND_INT)
		ptn_jsonw_int(w, name, *(const int64_t *)member);
	else if (row->kind == PTN_KIND_SECONDS)
		write_seconds(w, name, *(const int64_t *)member);
	else if (row->kind == PTN_KIND_ENUM)
		write_word(w, name, row->words, *(const int *)member);
	else if (row->kind == PTN_KIND_LIST)
		write_list(w, name, member);
}

static int
by_path(const void *a, const void *b)
{
	const struct ptn_conf_row *const *x = a, *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

/* The bytes of a path that name its section, and how many names these are. */
static size_t
section_of(const char *path)
{
	return (size_t)(strrchr(path, '.') - path);
}

static size_t
names_in(const char *s, size_t len)
{
	size_t i, n = len > 0;

	for (i = 0; i < len; i++)
		n += s[i] == '.';
	return n;
}

/* How many of their sections, from outside, two paths have in common. */
static size_t
shared(const char *a, const char *b)
{
	const size_t a_len = section_of(a), b_len = section_of(b);
	size_t i, n = 0;

	for (i = 0; i < a_len && i < b_len && a[i] == b[i]; i++)
		if ((i + 1 == a_len || a[i + 1] == '.') &&
		    (i + 1 == b_len || b[i + 1] == '.'))
			n++;
	return n;
}

static void
open_sections(struct ptn_jsonw *w, const char *path, size_t from)
{
	const size_t n = names_in(path, section_of(path));
	char name[NAME_SHOWN];
	size_t i;

	for (i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "%.*s",
		    (int)strcspn(path, "."), path);
		path += strcspn(path, ".") + 1;
		if (i >= from)
			ptn_jsonw_object(w, name);
	}
}

/* From the sections of one row, or NULL, to those of another, or NULL. */
static void
move(struct ptn_jsonw *w, const char *from, const char *to)
{
	const size_t same = from != NULL && to != NULL ? shared(from, to) : 0;
	size_t n = from != NULL ? names_in(from, section_of(from)) : 0;

	for (; n > same; n--)
		ptn_jsonw_end_object(w);
	if (to != NULL)
		open_sections(w, to, same);
}

void
ptn_own_write(struct ptn_jsonw *w, const char *name, const struct ptn_own *own)
{
	const struct ptn_conf_row *row[PTN_CONF_ROWS_MAX];
	const char *path = NULL;
	size_t i, n = 0;

	for (i = 0; i < ptn_conf_rows_n; i++)
		if (own->has[i])
			row[n++] = &ptn_conf_rows[i];
	qsort(row, n, sizeof(row[0]), by_path);
	ptn_jsonw_object(w, name);
	for (i = 0; i < n; i++) {
		move(w, path, row[i]->path);
		path = row[i]->path;
		write_value(w, row[i], (const char *)&own->cf + row[i]->offset);
	}
	move(w, path, NULL);
	ptn_jsonw_end_object(w);
}
