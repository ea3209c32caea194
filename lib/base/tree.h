#ifndef PTN_BASE_TREE_H
#define PTN_BASE_TREE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Texts by names of anybody's choosing, in sections: the leaves, by their
 * paths, so that what is in one section stands together once they are in order.
 */
#define PTN_TREE_CUT '\x1f'	/* between two names of a path */
#define PTN_TREE_ELEMENT '\x1e' /* before the number of an element */
#define PTN_TREE_LEAVES 64
#define PTN_TREE_DEPTH 6    /* names of a path */
#define PTN_TREE_BYTES 1024 /* of all names and texts */

struct ptn_tree_leaf {
	const char *path;
	const char *const *v;
	const bool *plain; /* of each, that no quotes are around it */
	size_t n;
	bool list;
};

struct ptn_tree {
	struct ptn_tree_leaf *leaf;
	size_t n;
};

/* The bytes of the first name of a path. */
size_t ptn_tree_name(const char *path);

/*
 * How many of n leaves, in their order, are of the member that the first one is
 * of; the names before it are alike, and end at.
 */
size_t ptn_tree_run(const struct ptn_tree_leaf *leaf, size_t n, size_t at);

#endif
