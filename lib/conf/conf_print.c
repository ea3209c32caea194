#include "lib/conf/conf_row.h"

#include <stdlib.h>
#include <string.h>

void
ptn_conf_print_text(FILE *out, const char *s)
{
	(void)fputc('"', out);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			(void)fputc('\\', out);
		(void)fputc(*s, out);
	}
	(void)fputc('"', out);
}

static void
print_secret(FILE *out, const char *s)
{
	(void)fputs(s[0] != '\0' ? "\"***\"" : "\"\"", out);
}

static void
print_list(FILE *out, const struct ptn_strs *list,
    void (*print)(FILE *, const char *))
{
	size_t i;

	(void)fputc('[', out);
	for (i = 0; i < list->n; i++) {
		(void)fputs(i > 0 ? ", " : "", out);
		print(out, list->v[i]);
	}
	(void)fputc(']', out);
}

static void
print_seconds(FILE *out, int64_t s)
{
	if (s >= 3600)
		(void)fprintf(out, "%lldh", (long long)(s / 3600));
	if (s % 3600 >= 60)
		(void)fprintf(out, "%lldm", (long long)(s % 3600 / 60));
	if (s % 60 > 0 || s == 0)
		(void)fprintf(out, "%llds", (long long)(s % 60));
}

static void
print_word(FILE *out, const char *words, int word)
{
	for (; word > 0; word--)
		words += strcspn(words, "|") + 1;
	(void)fprintf(out, "%.*s", (int)strcspn(words, "|"), words);
}

/* What is plain is a number or a boolean, or may as well be in quotes. */
static bool
is_bare(const struct ptn_tree_leaf *leaf, size_t i)
{
	const char *s = leaf->v[i];

	return leaf->plain[i] && s[0] != '\0' &&
	    (strspn(s, "-0123456789.eE+") == strlen(s) ||
		ptn_conf_word("true|false", s) >= 0);
}

static void
print_leaf(FILE *out, const struct ptn_tree_leaf *leaf)
{
	size_t i;

	(void)fputs(leaf->list ? "[" : "", out);
	for (i = 0; i < leaf->n; i++) {
		(void)fputs(i > 0 ? ", " : "", out);
		if (is_bare(leaf, i))
			(void)fputs(leaf->v[i], out);
		else
			ptn_conf_print_text(out, leaf->v[i]);
	}
	(void)fputs(leaf->list ? "]" : "", out);
}

static void
print_key(FILE *out, const char *name, size_t len)
{
	size_t i;

	(void)fputc('"', out);
	for (i = 0; i < len; i++) {
		if (name[i] == '"' || name[i] == '\\')
			(void)fputc('\\', out);
		(void)fputc(name[i], out);
	}
	(void)fputs("\": ", out);
}

static void
print_section(FILE *out, const struct ptn_tree_leaf *leaf, size_t n, size_t at)
{
	size_t i, len, run;

	(void)fputc('{', out);
	for (i = 0; i < n; i += run) {
		run = ptn_tree_run(leaf + i, n - i, at);
		len = ptn_tree_name(leaf[i].path + at);
		(void)fputs(i > 0 ? ", " : "", out);
		print_key(out, leaf[i].path + at, len);
		if (leaf[i].path[at + len] == '\0')
			print_leaf(out, &leaf[i]);
		else
			print_section(out, leaf + i, run, at + len + 1);
	}
	(void)fputc('}', out);
}

static void
print_tree(FILE *out, const struct ptn_tree *t)
{
	print_section(out, t->leaf, t->n, 0);
}

static void
print_hooks(FILE *out, const struct ptn_conf_hooks *h)
{
	const char *s;
	size_t i, len;

	(void)fputc('[', out);
	for (i = 0; i < h->n; i++) {
		(void)fputs(i > 0 ? ", {callback: " : "{callback: ", out);
		ptn_conf_print_text(out, h->v[i].callback);
		(void)fputs(", events: [", out);
		for (s = h->v[i].events; *s != '\0'; s += len) {
			s += strspn(s, " ");
			len = strcspn(s, " ");
			(void)fprintf(out, "%s%.*s",
			    s == h->v[i].events ? "" : ", ", (int)len, s);
		}
		(void)fputs("]}", out);
	}
	(void)fputc(']', out);
}

static void
print_value(FILE *out, const struct ptn_conf_row *row, const void *member)
{
	switch (row->kind) {
	case PTN_KIND_STR:
		ptn_conf_print_text(out, *(const char *const *)member);
		break;
	case PTN_KIND_SECRET:
		print_secret(out, *(const char *const *)member);
		break;
	case PTN_KIND_BOOL:
		(void)fputs(*(const bool *)member ? "true" : "false", out);
		break;
	case PTN_KIND_INT:
		(void)fprintf(out, "%lld", (long long)*(const int64_t *)member);
		break;
	case PTN_KIND_OCTAL:
		(void)fprintf(out, "%#llo",
		    (unsigned long long)*(const int64_t *)member);
		break;
	case PTN_KIND_SECONDS:
		print_seconds(out, *(const int64_t *)member);
		break;
	case PTN_KIND_LIST:
		print_list(out, member, ptn_conf_print_text);
		break;
	case PTN_KIND_SECRETS:
		print_list(out, member, print_secret);
		break;
	case PTN_KIND_ENUM:
		print_word(out, row->words, *(const int *)member);
		break;
	case PTN_KIND_CLAIMS:
		print_tree(out, member);
		break;
	case PTN_KIND_HOOKS:
		print_hooks(out, member);
		break;
	case PTN_KIND_UNSUPPORTED:
	case PTN_KIND_UNSUPPORTED_BELOW:
	case PTN_KIND__MAX:
		break;
	}
}

/* By path, so that a section comes once: "." sorts before all in a name. */
static int
by_path(const void *a, const void *b)
{
	const struct ptn_conf_row *const *x = a;
	const struct ptn_conf_row *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

/* The bytes of both paths' common sections, with their dots. */
static size_t
common(const char *a, const char *b)
{
	size_t i, sections = 0;

	for (i = 0; a[i] != '\0' && a[i] == b[i]; i++)
		if (a[i] == '.')
			sections = i + 1;
	return sections;
}

/* The sections of path that the row before it is not in, then its name. */
static void
print_name(FILE *out, const char *before, const char *path)
{
	size_t i, len, at = common(before, path), depth = 0;

	for (i = 0; i < at; i++)
		depth += path[i] == '.' ? 1 : 0;
	for (; path[at] != '\0'; at += len + 1) {
		len = strcspn(path + at, ".");
		(void)fprintf(out, "%*s%.*s:", (int)depth++ * 2, "", (int)len,
		    path + at);
		if (path[at + len] == '\0' ||
		    strcmp(path + at + len, ".*") == 0)
			break;
		(void)fputc('\n', out);
	}
}

void
ptn_conf_print(const struct ptn_conf *cf, FILE *out)
{
	const struct ptn_conf_row *rows[PTN_CONF_ROWS_MAX];
	const char *before = "";
	size_t i, n = 0;

	for (i = 0; i < ptn_conf_rows_n; i++)
		if (ptn_conf_is_key(&ptn_conf_rows[i]) ||
		    ptn_conf_is_tree(&ptn_conf_rows[i]))
			rows[n++] = &ptn_conf_rows[i];
	qsort(rows, n, sizeof(rows[0]), by_path);
	(void)fprintf(out, "# %s\n", ptn_conf_file(cf));
	for (i = 0; i < n; i++) {
		print_name(out, before, rows[i]->path);
		(void)fputc(' ', out);
		print_value(out, rows[i], (const char *)cf + rows[i]->offset);
		(void)fputc('\n', out);
		before = rows[i]->path;
	}
}
