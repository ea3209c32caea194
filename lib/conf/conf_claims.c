#include "lib/conf/conf_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/strs.h"
#include "lib/base/tree.h"
#include "lib/base/unicode.h"
#include "lib/format/claimtext.h"

#define SHOWN_MAX 61 /* of a path, in a message */

/* But for what stands between the names of a path. */
static bool
has_control(const char *text, char but)
{
	for (; *text != '\0'; text++)
		if (((unsigned char)*text < 0x20 || *text == 0x7f) &&
		    *text != but)
			return true;
	return false;
}

static enum ptn_err
judge_text(const char *text, struct ptn_conf_why *why)
{
	struct ptn_claimtext t;
	const char *fault;

	if (has_control(text, '\0'))
		return ptn_conf_no(why, "contains a control character");
	if (!ptn_utf8_valid(ptn_bytes_of(text)))
		return ptn_conf_no(why, "is not UTF-8");
	return ptn_claimtext_read(text, &t, &fault) == PTN_OK
	    ? PTN_OK
	    : ptn_conf_no(why, "%s", fault);
}

/* What is plain may mean nothing at all, which is no claim. */
static enum ptn_err
judge_value(const char *text, bool plain, struct ptn_conf_why *why)
{
	if (plain && ptn_conf_word("|~|null|Null|NULL", text) >= 0)
		return ptn_conf_no(why, "is nothing: leave it out");
	return judge_text(text, why);
}

static enum ptn_err
judge(const struct ptn_tree_leaf *leaf, struct ptn_conf_why *why)
{
	size_t depth = 1, i;
	enum ptn_err r = PTN_OK;

	if (!ptn_utf8_valid(ptn_bytes_of(leaf->path)))
		return ptn_conf_no(why, "is not UTF-8");
	if (strstr(leaf->path, PTN_TREE_ELEMENT) != NULL)
		return ptn_conf_no(why,
		    "is a list of more than texts, numbers and booleans");
	if (has_control(leaf->path, PTN_TREE_CUT[0]))
		return ptn_conf_no(why, "has a name with a control character");
	for (i = 0; leaf->path[i] != '\0'; i++)
		depth += leaf->path[i] == PTN_TREE_CUT[0] ? 1 : 0;
	if (depth > PTN_TREE_DEPTH)
		return ptn_conf_no(why, "is nested deeper than %d",
		    PTN_TREE_DEPTH);
	for (i = 0; r == PTN_OK && i < leaf->n; i++)
		r = judge_value(leaf->v[i], leaf->plain[i], why);
	return r;
}

/* The one of a path, or a new one; NULL: there is no room. */
static struct ptn_tree_leaf *
place_for(struct ptn_arena *a, struct ptn_tree *t, const char *path)
{
	size_t i;

	if (t->leaf == NULL)
		t->leaf =
		    ptn_arena_calloc(a, PTN_TREE_LEAVES, sizeof(*t->leaf));
	for (i = 0; t->leaf != NULL && i < t->n; i++)
		if (strcmp(t->leaf[i].path, path) == 0)
			return &t->leaf[i];
	return t->leaf != NULL && t->n < PTN_TREE_LEAVES ? &t->leaf[t->n++]
							 : NULL;
}

/* A copy, in what the configuration owns. */
static enum ptn_err
copy(struct ptn_arena *a, const struct ptn_conf_text *text, const char *path,
    struct ptn_tree_leaf *out)
{
	const char **v = ptn_arena_calloc(a, text->n + 1, sizeof(*v));
	bool *plain = ptn_arena_calloc(a, text->n + 1, sizeof(*plain));
	size_t i;

	out->path = ptn_arena_strdup(a, path);
	if (v == NULL || plain == NULL || out->path == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < text->n; i++) {
		if ((v[i] = ptn_arena_strdup(a, text->v[i])) == NULL)
			return PTN_E_NOMEM;
		plain[i] = text->plain == NULL || text->plain[i];
	}
	out->v = v;
	out->plain = plain;
	out->n = text->n;
	out->list = text->list;
	return PTN_OK;
}

static enum ptn_err
put(struct ptn_arena *a, struct ptn_tree *t, const char *path,
    const struct ptn_conf_text *text, struct ptn_conf_why *why)
{
	struct ptn_tree_leaf leaf, *place;
	enum ptn_err r;

	if ((r = copy(a, text, path, &leaf)) != PTN_OK) {
		(void)ptn_conf_no(why, "out of memory");
		return r;
	}
	if ((r = judge(&leaf, why)) != PTN_OK)
		return r;
	if ((place = place_for(a, t, leaf.path)) == NULL)
		return ptn_conf_no(why, "is one of more than %d",
		    PTN_TREE_LEAVES);
	*place = leaf;
	return PTN_OK;
}

/* "[a, b]" of --set is a list, as it would be in the file. */
static bool
take_brackets(struct ptn_arena *a, struct ptn_conf_text *text)
{
	const char *s = text->v[0];
	const size_t len = strlen(s);
	struct ptn_strs list = { NULL, 0 };

	if (text->exact != NULL || text->list || len < 2 || s[0] != '[' ||
	    s[len - 1] != ']')
		return true;
	if ((s = ptn_arena_strndup(a, s + 1, len - 2)) == NULL ||
	    ptn_conf_split(a, s, &list) != PTN_OK)
		return false;
	text->v = (const char *const *)list.v;
	text->n = list.n;
	text->list = true;
	return true;
}

/* What stands below the key, in the exact form of a path; NULL: no memory. */
static const char *
path_below(struct ptn_arena *a, const struct ptn_conf_row *row,
    const char *path, const struct ptn_conf_text *text)
{
	const size_t len = strlen(row->path) - 1;
	char *below, *p;

	if (text->exact != NULL)
		return text->exact + len;
	below = ptn_arena_strdup(a, path + len);
	for (p = below; p != NULL && *p != '\0'; p++)
		if (*p == '.')
			*p = PTN_TREE_CUT[0];
	return below;
}

enum ptn_err
ptn_conf_claims_put(struct ptn_arena *a, struct ptn_tree *t,
    const struct ptn_conf_row *row, const char *path,
    const struct ptn_conf_text *text, struct ptn_conf_why *why)
{
	const char *below = path_below(a, row, path, text);
	struct ptn_conf_text value = *text;

	if (below != NULL && take_brackets(a, &value))
		return put(a, t, below, &value, why);
	(void)ptn_conf_no(why, "out of memory");
	return PTN_E_NOMEM;
}

bool
ptn_conf_claims_are_ours(const struct ptn_conf_row *row, const char *path,
    const struct ptn_conf_text *text)
{
	const bool exact = text->exact != NULL;
	const char *name = (exact ? text->exact : path) + strlen(row->path) - 1;

	return ptn_claimtext_is_ours(
	    PTN_BYTES(name, strcspn(name, exact ? PTN_TREE_CUT : ".")));
}

static int
by_path(const void *a, const void *b)
{
	const struct ptn_tree_leaf *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* Is it a section by what one says, and a value by what the other does? */
static bool
is_both(const struct ptn_tree *t, size_t i)
{
	const char *path = t->leaf[i].path;
	const size_t len = strlen(path);
	size_t j;

	for (j = i + 1; j < t->n; j++)
		if (strncmp(t->leaf[j].path, path, len) == 0 &&
		    t->leaf[j].path[len] == PTN_TREE_CUT[0])
			return true;
	return false;
}

/* As people write its path. */
static enum ptn_err
not_both(const char *path, struct ptn_conf_why *why)
{
	char shown[SHOWN_MAX];
	char *p;

	(void)snprintf(shown, sizeof(shown), "%s", path);
	for (p = shown; *p != '\0'; p++)
		if (*p == PTN_TREE_CUT[0])
			*p = '.';
	return ptn_conf_no(why, "\"%s\" is a value and a section", shown);
}

enum ptn_err
ptn_conf_claims_settle(struct ptn_tree *t, struct ptn_conf_why *why)
{
	size_t i, j, bytes = 0;

	if (t->n > 0)
		qsort(t->leaf, t->n, sizeof(t->leaf[0]), by_path);
	for (i = 0; i < t->n; i++) {
		if (is_both(t, i))
			return not_both(t->leaf[i].path, why);
		bytes += strlen(t->leaf[i].path);
		for (j = 0; j < t->leaf[i].n; j++)
			bytes += strlen(t->leaf[i].v[j]);
	}
	return bytes <= PTN_TREE_BYTES
	    ? PTN_OK
	    : ptn_conf_no(why, "are longer than %d bytes in all",
		  PTN_TREE_BYTES);
}
