#include "lib/conf/conf.h"

#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/home.h"
#include "lib/conf/conf_row.h"
#include "lib/format/near.h"
#include "lib/format/yaml.h"

#define KEEP_MAX 1048576    /* bytes a configuration may own */
#define SCRATCH_MAX 8388608 /* bytes a load may need besides */

/* A fault of the file as a whole. */
static void
file_problem(struct ptn_conf_load *ld, const char *what)
{
	(void)fprintf(ld->err, "%s: %s\n", ld->file, what);
	ld->faults++;
}

/* A fault of a value, at the place where it stands. */
static void
value_problem(struct ptn_conf_load *ld, const struct ptn_conf_origin *where,
    const struct ptn_conf_row *row, const char *path, const char *what)
{
	ptn_conf_report(ld, where, row, path, what);
	if (row != NULL)
		ptn_conf_origin_of(ld, row)->faulted = true;
	ld->faults++;
}

/* True if s is at the path of a row's tree: "third_party.*". */
static bool
is_below(const char *tree, const char *s)
{
	size_t len = strlen(tree) - 1; /* up to and with the dot */

	return strncmp(tree, s, len) == 0 && s[len] != '\0';
}

static bool
is_tree(const struct ptn_conf_row *row)
{
	return row->kind == PTN_KIND_UNSUPPORTED_BELOW || ptn_conf_is_tree(row);
}

/* The row for a path: its own, else the tree that it is in, else NULL. */
static const struct ptn_conf_row *
find_row(const char *path)
{
	const struct ptn_conf_row *tree = NULL;
	size_t i;

	for (i = 0; i < ptn_conf_rows_n; i++) {
		if (strcmp(ptn_conf_rows[i].path, path) == 0)
			return &ptn_conf_rows[i];
		if (is_tree(&ptn_conf_rows[i]) &&
		    is_below(ptn_conf_rows[i].path, path) &&
		    (tree == NULL ||
			strlen(ptn_conf_rows[i].path) > strlen(tree->path)))
			tree = &ptn_conf_rows[i];
	}
	return tree;
}

/* True if path is a section: some row's path goes on from there. */
static bool
is_section(const char *path)
{
	size_t i, len = strlen(path);

	for (i = 0; i < ptn_conf_rows_n; i++)
		if (strncmp(ptn_conf_rows[i].path, path, len) == 0 &&
		    ptn_conf_rows[i].path[len] == '.')
			return true;
	return false;
}

/* True if a value of an unsupported key switches something on. */
static bool
is_on(const struct ptn_conf_text *text)
{
	if (text->list)
		return text->n > 0;
	return ptn_conf_word("|false|0", text->v[0]) < 0;
}

/* True if an unsupported key is as it is without anything in Hanko's file. */
static bool
is_default(const struct ptn_conf_row *row, const struct ptn_conf_text *text)
{
	return row->dflt != NULL && !text->list &&
	    strcmp(row->dflt, text->v[0]) == 0;
}

/* The reason why an unsupported key is refused; NULL if it is not. */
static const char *
unsupported(const struct ptn_conf_row *row, const char *path,
    const struct ptn_conf_text *text)
{
	const char *leaf = strrchr(path, '.');

	leaf = leaf != NULL ? leaf + 1 : path;
	if (row->kind == PTN_KIND_UNSUPPORTED_BELOW) {
		if (!is_on(text) ||
		    (strcmp(row->words, "*") != 0 &&
			ptn_conf_word(row->words, leaf) < 0))
			return NULL;
		return "switches on what this program does not have";
	}
	if (row->words[0] == '\0' ||
	    (!text->list &&
		(text->v[0][0] == '\0' || is_default(row, text) ||
		    ptn_conf_word(row->words, text->v[0]) >= 0)))
		return NULL;
	return row->advice != NULL ? row->advice
				   : "asks for what this program does not have";
}

/* Said of what is accepted all the same. */
static void
warn_unsupported(struct ptn_conf_load *ld, const struct ptn_conf_row *row,
    const char *path, const struct ptn_conf_text *text,
    const struct ptn_conf_origin *where)
{
	const char *elsewhere = row->kind == PTN_KIND_UNSUPPORTED_BELOW
	    ? ptn_conf_elsewhere(path)
	    : NULL;
	char what[PTN_CONF_WHY_MAX], hint[PTN_NEAR_HINT];

	if (row->advice != NULL && is_default(row, text))
		(void)snprintf(what, sizeof(what), "warning: %s", row->advice);
	else
		(void)snprintf(what, sizeof(what),
		    "warning: is not supported, ignored%s",
		    ptn_near_hint(elsewhere, hint));
	ptn_conf_report(ld, where, row, path, what);
}

static void
apply_unsupported(struct ptn_conf_load *ld, const struct ptn_conf_row *row,
    const char *path, const struct ptn_conf_text *text,
    const struct ptn_conf_origin *where)
{
	struct ptn_conf_origin *seen = ptn_conf_origin_of(ld, row);
	const char *why = unsupported(row, path, text);

	if (why != NULL) {
		value_problem(ld, where, row, path, why);
		return;
	}
	if (seen->layer != PTN_LAYER_DEFAULT)
		return; /* one warning a row is enough */
	seen->layer = where->layer;
	warn_unsupported(ld, row, path, text, where);
}

static void
unknown(struct ptn_conf_load *ld, const char *path,
    const struct ptn_conf_origin *where)
{
	const char *meant = ptn_conf_meant(path);
	char what[PTN_CONF_WHY_MAX], hint[PTN_NEAR_HINT];

	if (is_section(path))
		(void)snprintf(what, sizeof(what), "is a section, not a value");
	else
		(void)snprintf(what, sizeof(what), "is not a known key%s",
		    ptn_near_hint(meant, hint));
	value_problem(ld, where, NULL, path, what);
}

static void
apply_claim(struct ptn_conf_load *ld, const struct ptn_conf_row *row,
    const char *path, const struct ptn_conf_text *text,
    const struct ptn_conf_origin *where)
{
	struct ptn_conf_why why;

	*ptn_conf_origin_of(ld, row) = *where;
	if (ptn_conf_claims_put(ld->keep, &ld->cf->claims, row, path, text,
		&why) != PTN_OK)
		value_problem(ld, where, row, path, why.text);
	else if (ptn_conf_claims_are_ours(row, path, text))
		ptn_conf_report(ld, where, row, path,
		    "warning: is a claim of the server's own, and stays so");
}

static void
apply_hook(struct ptn_conf_load *ld, const struct ptn_conf_row *row,
    const char *path, const struct ptn_conf_text *text,
    const struct ptn_conf_origin *where)
{
	struct ptn_conf_why why;

	*ptn_conf_origin_of(ld, row) = *where;
	if (ptn_conf_hooks_put(ld->keep, &ld->cf->hooks,
		path + strlen(row->path) - 1, text, &why) != PTN_OK)
		value_problem(ld, where, row, path, why.text);
}

/* Put a value over what is there. */
static void
apply(struct ptn_conf_load *ld, const char *path,
    const struct ptn_conf_text *text, const struct ptn_conf_origin *where)
{
	const struct ptn_conf_row *row = find_row(path);
	struct ptn_conf_why why;

	if (row == NULL) {
		unknown(ld, path, where);
		return;
	}
	if (row->kind == PTN_KIND_CLAIMS) {
		apply_claim(ld, row, path, text, where);
		return;
	}
	if (row->kind == PTN_KIND_HOOKS) {
		apply_hook(ld, row, path, text, where);
		return;
	}
	if (!ptn_conf_is_key(row)) {
		apply_unsupported(ld, row, path, text, where);
		return;
	}
	*ptn_conf_origin_of(ld, row) = *where;
	ptn_conf_origin_of(ld, row)->bare =
	    where->layer != PTN_LAYER_DEFAULT && ptn_conf_is_bare(row, text);
	if (ptn_conf_value(ld->keep, ld->cf, row, text, &why) != PTN_OK)
		value_problem(ld, where, row, path, why.text);
}

static void
apply_text(struct ptn_conf_load *ld, const char *path, const char *value,
    enum ptn_conf_layer layer)
{
	struct ptn_conf_text text = { &value, 1, false, NULL, NULL };
	struct ptn_conf_origin where = { layer, 0, false, false };

	apply(ld, path, &text, &where);
}

/* An installation that can lie anywhere has a folder of its own for that. */
static const char *
default_of(struct ptn_conf_load *ld, const struct ptn_conf_row *row)
{
	const char *dflt = row->dflt;

	if (ptn_home() != NULL && strcmp(row->path, "server.state_dir") == 0)
		dflt = ptn_arena_printf(ld->scratch, "%s/state", ptn_home());
	return dflt != NULL ? dflt : "";
}

static void
apply_defaults(struct ptn_conf_load *ld)
{
	const struct ptn_conf_row *row;
	size_t i;

	for (i = 0; i < ptn_conf_rows_n; i++) {
		row = &ptn_conf_rows[i];
		if (ptn_conf_is_key(row))
			apply_text(ld, row->path, default_of(ld, row),
			    PTN_LAYER_DEFAULT);
	}
}

bool
ptn_conf_tells_secret(const char *path, const char *value)
{
	const struct ptn_conf_row *row = ptn_conf_row_of(path);

	return row != NULL && ptn_conf_is_secret(row) && value[0] != '\0' &&
	    !ptn_conf_is_elsewhere(value);
}

static bool
holds_secret(const struct ptn_yaml_node *node)
{
	size_t i;

	for (i = 0; i < node->n; i++)
		if (ptn_conf_tells_secret(node->path, node->v[i]))
			return true;
	return false;
}

static void
check_readers(struct ptn_conf_load *ld, const struct ptn_conf_file *file,
    const struct ptn_yaml_node *node)
{
	struct ptn_conf_origin where = { PTN_LAYER_FILE, node->line, false,
		false };
	char what[PATH_MAX + PTN_CONF_WHY_MAX];

	(void)snprintf(what, sizeof(what),
	    "others can read this secret (mode %04o): chmod 600 %s", file->mode,
	    ld->file);
	value_problem(ld, &where, NULL, node->path, what);
}

static void
apply_node(struct ptn_conf_load *ld, const struct ptn_yaml_node *node)
{
	struct ptn_conf_origin where = { PTN_LAYER_FILE, node->line, false,
		false };
	struct ptn_conf_text text = { node->v, node->n,
		node->kind == PTN_YAML_LIST, node->exact, node->plain };
	const struct ptn_conf_row *row = find_row(node->path);
	bool empty;

	/* "section:" with all its members commented out is no fault. */
	empty = node->kind == PTN_YAML_MAP ||
	    (node->kind == PTN_YAML_LIST && node->n == 0 &&
		ptn_conf_is_list(node->path)) ||
	    (node->kind == PTN_YAML_SCALAR && node->v[0][0] == '\0');
	if (empty && is_section(node->path))
		return;
	if (node->kind == PTN_YAML_MAP && row != NULL &&
	    row->kind == PTN_KIND_UNSUPPORTED_BELOW)
		return; /* nothing is switched on */
	if (node->kind == PTN_YAML_MAP)
		value_problem(ld, &where, row, node->path, "is not a section");
	else
		apply(ld, node->path, &text, &where);
}

static void
yaml_problem(struct ptn_conf_load *ld, const struct ptn_yaml_problem *problem)
{
	struct ptn_conf_origin where = { PTN_LAYER_FILE, problem->line, false,
		false };

	if (problem->path != NULL)
		ptn_conf_report(ld, &where, NULL, problem->path, problem->why);
	else if (problem->line > 0)
		(void)fprintf(ld->err, "%s:%d: %s\n", ld->file, problem->line,
		    problem->why);
	else
		(void)fprintf(ld->err, "%s: %s\n", ld->file, problem->why);
	ld->faults++;
}

/* False if the file is not YAML of ours: then none of it counts. */
static bool
apply_file(struct ptn_conf_load *ld, const struct ptn_conf_file *file)
{
	struct ptn_yaml_problem problem;
	struct ptn_yaml doc;
	bool told = false;
	size_t i;

	if (ptn_yaml_parse(ld->scratch, file->text, &doc, &problem) != PTN_OK) {
		yaml_problem(ld, &problem);
		return false;
	}
	for (i = 0; i < doc.n; i++) {
		apply_node(ld, &doc.node[i]);
		if (told || !file->open_to_others ||
		    !holds_secret(&doc.node[i]))
			continue;
		told = true;
		check_readers(ld, file, &doc.node[i]);
	}
	return true;
}

static void
apply_environment(struct ptn_conf_load *ld)
{
	const struct ptn_conf_row *row;
	char name[PTN_CONF_ENV_MAX];
	const char *value;
	size_t i;

	for (i = 0; i < ptn_conf_rows_n; i++) {
		row = &ptn_conf_rows[i];
		if (!ptn_conf_env_name(row, name))
			continue;
		value = getenv(name);
		if (value != NULL)
			apply_text(ld, row->path, value, PTN_LAYER_ENV);
	}
	ptn_conf_near_environment(ld);
}

static void
apply_set(struct ptn_conf_load *ld, const char *const *set)
{
	static const struct ptn_conf_origin where = { .layer = PTN_LAYER_SET };
	const char *equals;
	char *path;

	for (; set != NULL && *set != NULL; set++) {
		equals = strchr(*set, '=');
		if (equals == NULL) {
			value_problem(ld, &where, NULL, *set,
			    "is not KEY=VALUE");
			continue;
		}
		path = ptn_arena_strndup(ld->scratch, *set,
		    (size_t)(equals - *set));
		if (path == NULL)
			file_problem(ld, "out of memory");
		else
			apply_text(ld, path, equals + 1, PTN_LAYER_SET);
	}
}

/*
 * "postern.yaml" in the folder of the running program; NULL if unknown, or if
 * that is a loader.
 */
static const char *
beside_program(struct ptn_arena *a)
{
	char exe[PATH_MAX];
	char *slash;
	ssize_t n;

	if (ptn_home() != NULL)
		return NULL;
	n = readlink("/proc/self/exe", exe, sizeof(exe));
	if (n <= 0 || (size_t)n >= sizeof(exe))
		return NULL;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (slash == NULL)
		return NULL;
	slash[1] = '\0';
	return ptn_arena_printf(a, "%spostern.yaml", exe);
}

/* Where it lies when it was installed. */
static const char *
installed(void)
{
	static const char name[] = "/postern.yaml";
	static char path[PATH_MAX + sizeof(name)];

	if (ptn_home() == NULL)
		return PTN_SYSCONFDIR "/postern/postern.yaml";
	(void)snprintf(path, sizeof(path), "%s%s", ptn_home(), name);
	return path;
}

/* The file that somebody names, or NULL. */
static const char *
named_file(const char *path)
{
	if (path == NULL)
		path = getenv("POSTERN_CONFIG");
	return path != NULL && path[0] != '\0' ? path : NULL;
}

/* Which file to read: the one that is named, else the first that exists. */
static const char *
find_file(struct ptn_arena *a, const char *path)
{
	const char *beside;

	path = named_file(path);
	if (path != NULL)
		return ptn_arena_strdup(a, path);
	beside = beside_program(a);
	if (beside != NULL && access(beside, F_OK) == 0)
		return beside;
	return installed();
}

const char *
ptn_conf_home(const char *path)
{
	path = named_file(path);
	return path != NULL ? path : installed();
}

bool
ptn_conf_is_there(const char *path)
{
	struct ptn_arena *a = ptn_arena_new(SCRATCH_MAX);
	const char *file = a != NULL ? find_file(a, path) : NULL;
	struct stat st;
	bool absent;

	absent = file != NULL && lstat(file, &st) != 0 && errno == ENOENT;
	ptn_arena_free(&a);
	return !absent;
}

static void
load(struct ptn_conf_load *ld, const char *const *set)
{
	struct ptn_conf_file file;
	struct ptn_conf_why why;
	enum ptn_err r;
	bool readable;

	apply_defaults(ld);
	r = ptn_conf_read(ld->scratch, ld->file, PTN_YAML_TEXT_MAX, &file,
	    &why);
	if (r != PTN_OK) {
		file_problem(ld, why.text);
		if (r == PTN_E_NOT_FOUND)
			file_problem(ld,
			    "\"postern setup\" asks for what is needed and "
			    "writes it (\"postern config init\": for "
			    "filling in by hand)");
		return;
	}
	readable = apply_file(ld, &file);
	apply_environment(ld);
	apply_set(ld, set);
	/*
	 * Once the file cannot be read, further complaints would only follow
	 * from it.
	 */
	if (!readable)
		return;
	ptn_conf_url(ld);
	ptn_conf_check(ld);
}

enum ptn_err
ptn_conf_load(struct ptn_conf **out, const char *path, const char *const *set,
    FILE *err)
{
	struct ptn_conf_load ld = { .err = err };
	struct ptn_conf_owner *o = calloc(1, sizeof(*o));
	struct ptn_conf *cf = NULL;

	*out = NULL;
	if (o == NULL)
		goto nomem;
	cf = &o->cf;
	o->arena = ptn_arena_new(KEEP_MAX);
	ld.scratch = ptn_arena_new(SCRATCH_MAX);
	if (o->arena == NULL || ld.scratch == NULL)
		goto nomem;
	o->file = find_file(o->arena, path);
	if (o->file == NULL)
		goto nomem;
	ld.cf = cf;
	ld.keep = o->arena;
	ld.file = o->file;
	load(&ld, set);
	memcpy(o->origin, ld.origin, sizeof(o->origin));
	ptn_arena_free(&ld.scratch);
	if (ld.faults > 0) {
		ptn_conf_free(&cf);
		return PTN_E_CONFIG;
	}
	*out = cf;
	return PTN_OK;
nomem:
	(void)fprintf(err, "configuration: out of memory\n");
	ptn_arena_free(&ld.scratch);
	ptn_conf_free(&cf);
	return PTN_E_CONFIG;
}

void
ptn_conf_free(struct ptn_conf **cf)
{
	struct ptn_conf_owner *o = (struct ptn_conf_owner *)*cf;

	if (o == NULL)
		return;
	ptn_arena_free(&o->arena); /* which overwrites it */
	ptn_wipe(o, sizeof(*o));
	free(o);
	*cf = NULL;
}

const char *
ptn_conf_file(const struct ptn_conf *cf)
{
	return ((const struct ptn_conf_owner *)cf)->file;
}
