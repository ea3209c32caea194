#include "lib/base/tree.h"

#include <string.h>

size_t
ptn_tree_name(const char *path)
{
	return strcspn(path, (const char[]){ PTN_TREE_CUT, '\0' });
}

size_t
ptn_tree_run(const struct ptn_tree_leaf *leaf, size_t n, size_t at)
{
	const size_t len = ptn_tree_name(leaf->path + at);
	size_t i = 1;

	while (i < n && strncmp(leaf[i].path + at, leaf->path + at, len) == 0 &&
	    ptn_tree_name(leaf[i].path + at) == len)
		i++;
	return i;
}
