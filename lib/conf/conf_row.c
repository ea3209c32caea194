#include "lib/conf/conf_row.h"

#include <stdarg.h>
#include <string.h>

#include "lib/base/array.h"

/* clang-format off */
#define AT(member) offsetof(struct ptn_conf, member)
#define IS(...) (sizeof(#__VA_ARGS__) > 1) /* does the row say TENANT? */

const struct ptn_conf_row ptn_conf_rows[] = {
#define PTN_CONF_STR(member, path, dflt, ...) \
	{ PTN_KIND_STR, path, AT(member), dflt, 0, 0, NULL, NULL, IS(__VA_ARGS__) },
#define PTN_CONF_SECRET(member, path) \
	{ PTN_KIND_SECRET, path, AT(member), NULL, 0, 0, NULL, NULL, false },
#define PTN_CONF_BOOL(member, path, dflt, ...) \
	{ PTN_KIND_BOOL, path, AT(member), dflt, 0, 0, NULL, NULL, IS(__VA_ARGS__) },
#define PTN_CONF_INT(member, path, dflt, min, max, ...) \
	{ PTN_KIND_INT, path, AT(member), dflt, min, max, NULL, NULL, IS(__VA_ARGS__) },
#define PTN_CONF_OCTAL(member, path, dflt, min, max) \
	{ PTN_KIND_OCTAL, path, AT(member), dflt, min, max, NULL, NULL, false },
#define PTN_CONF_SECONDS(member, path, dflt, min, max, ...) \
	{ PTN_KIND_SECONDS, path, AT(member), dflt, min, max, NULL, NULL, IS(__VA_ARGS__) },
#define PTN_CONF_LIST(member, path, dflt, ...) \
	{ PTN_KIND_LIST, path, AT(member), dflt, 0, 0, NULL, NULL, IS(__VA_ARGS__) },
#define PTN_CONF_SECRETS(member, path) \
	{ PTN_KIND_SECRETS, path, AT(member), NULL, 0, 0, NULL, NULL, false },
#define PTN_CONF_ENUM(member, path, dflt, words, ...) \
	{ PTN_KIND_ENUM, path, AT(member), dflt, 0, 0, words, NULL, IS(__VA_ARGS__) },
#define PTN_CONF_CLAIMS(member, path) \
	{ PTN_KIND_CLAIMS, path, AT(member), NULL, 0, 0, NULL, NULL, false },
#define PTN_CONF_HOOKS(member, path) \
	{ PTN_KIND_HOOKS, path, AT(member), NULL, 0, 0, NULL, NULL, false },
#define PTN_CONF_UNSUPPORTED(path, off) \
	{ PTN_KIND_UNSUPPORTED, path, SIZE_MAX, NULL, 0, 0, off, NULL, false },
#define PTN_CONF_UNSUPPORTED_HERE(path, off, dflt, advice) \
	{ PTN_KIND_UNSUPPORTED, path, SIZE_MAX, dflt, 0, 0, off, advice, false },
#define PTN_CONF_UNSUPPORTED_BELOW(path, on) \
	{ PTN_KIND_UNSUPPORTED_BELOW, path, SIZE_MAX, NULL, 0, 0, on, NULL, false },
#include "lib/conf/conf.def"
};
/* clang-format on */

const size_t ptn_conf_rows_n = PTN_ARRAY_LEN(ptn_conf_rows);

_Static_assert(PTN_ARRAY_LEN(ptn_conf_rows) <= PTN_CONF_ROWS_MAX,
    "struct ptn_conf_load has room for every row");

bool
ptn_conf_is_key(const struct ptn_conf_row *row)
{
	return row->offset != SIZE_MAX && !ptn_conf_is_tree(row);
}

bool
ptn_conf_is_tree(const struct ptn_conf_row *row)
{
	return row->kind == PTN_KIND_CLAIMS || row->kind == PTN_KIND_HOOKS;
}

bool
ptn_conf_is_secret(const struct ptn_conf_row *row)
{
	return row->kind == PTN_KIND_SECRET || row->kind == PTN_KIND_SECRETS;
}

const struct ptn_conf_row *
ptn_conf_row_of(const char *path)
{
	size_t i;

	for (i = 0; i < ptn_conf_rows_n; i++)
		if (ptn_conf_is_key(&ptn_conf_rows[i]) &&
		    strcmp(ptn_conf_rows[i].path, path) == 0)
			return &ptn_conf_rows[i];
	return NULL;
}

bool
ptn_conf_is_list(const char *path)
{
	const size_t len = strlen(path);
	size_t i;

	for (i = 0; i < ptn_conf_rows_n; i++)
		if (ptn_conf_rows[i].kind == PTN_KIND_HOOKS &&
		    strncmp(ptn_conf_rows[i].path, path, len) == 0 &&
		    strcmp(ptn_conf_rows[i].path + len, ".*") == 0)
			return true;
	return false;
}

int
ptn_conf_word(const char *words, const char *word)
{
	const char *p = words;
	size_t len;
	int i;

	for (i = 0; p != NULL; i++) {
		len = strcspn(p, "|");
		if (len == strlen(word) && strncmp(p, word, len) == 0)
			return i;
		p = p[len] == '|' ? p + len + 1 : NULL;
	}
	return -1;
}

bool
ptn_conf_env_name(const struct ptn_conf_row *row, char name[PTN_CONF_ENV_MAX])
{
	size_t i;

	if (row->kind == PTN_KIND_UNSUPPORTED_BELOW || ptn_conf_is_tree(row) ||
	    strchr(row->path, '.') == NULL ||
	    strlen(row->path) >= PTN_CONF_ENV_MAX)
		return false;
	for (i = 0; row->path[i] != '\0'; i++) {
		name[i] = row->path[i];
		if (name[i] == '.')
			name[i] = '_';
		else if (name[i] >= 'a' && name[i] <= 'z')
			name[i] = (char)(name[i] - 'a' + 'A');
	}
	name[i] = '\0';
	return true;
}

enum ptn_err
ptn_conf_no(struct ptn_conf_why *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return PTN_E_INPUT;
}
