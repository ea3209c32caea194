#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/format/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the header promises of every document that is taken. */
static void
check(const struct ptn_yaml *doc)
{
	const struct ptn_yaml_node *node;
	size_t i, j;

	if (doc->n > PTN_YAML_NODES_MAX)
		abort();
	for (i = 0; i < doc->n; i++) {
		node = &doc->node[i];
		if (node->path[0] == '\0' ||
		    strlen(node->path) >= PTN_YAML_PATH_MAX || node->line < 1)
			abort();
		if (strlen(node->exact) != strlen(node->path) ||
		    (node->n > 0 && node->plain == NULL))
			abort();
		if (node->kind == PTN_YAML_SCALAR && node->n != 1)
			abort();
		if (node->kind == PTN_YAML_MAP && node->n != 0)
			abort();
		for (j = 0; j < node->n; j++)
			if (strlen(node->v[j]) > PTN_YAML_TEXT_MAX)
				abort();
		for (j = 0; j < i; j++)
			if (strcmp(doc->node[j].path, node->path) == 0)
				abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ptn_arena *a = ptn_arena_new(4 << 20);
	struct ptn_yaml_problem problem;
	struct ptn_yaml doc;
	enum ptn_err r;

	if (a == NULL)
		return 0;
	r = ptn_yaml_parse(a, PTN_BYTES(data, size), &doc, &problem);
	if (r == PTN_OK)
		check(&doc);
	else if (r == PTN_E_NOMEM || problem.why == NULL || problem.line < 0)
		abort();
	ptn_arena_free(&a);
	return 0;
}
