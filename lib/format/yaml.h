#ifndef PTN_FORMAT_YAML_H
#define PTN_FORMAT_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

/*
 * A YAML document as a flat list of paths.  A strict subset: one document, a
 * mapping at its root, no anchors, aliases or tags, no key twice.  Scalars
 * are text: what "no", "012" or "1e3" means is for the reader of a value to
 * say, never for YAML's implicit types.  libyaml lives in yaml.c alone.
 */

#define PTN_YAML_TEXT_MAX 262144 /* bytes of a document */
#define PTN_YAML_DEPTH_MAX 16	 /* mappings and sequences in each other */
#define PTN_YAML_NODES_MAX 2048	 /* keys and list elements in all */
#define PTN_YAML_PATH_MAX 512	 /* bytes of a path, with the NUL */

enum ptn_yaml_kind {
	PTN_YAML_SCALAR, /* n is 1 */
	PTN_YAML_LIST,	 /* the scalars of a sequence, n of them */
	PTN_YAML_MAP	 /* a mapping without members; n is 0 */
};

/*
 * One value.  Keys are joined by "." into the path; a mapping or sequence
 * inside a sequence goes on under "path.N", N counting from 0.  A dot may be of
 * a key: where that matters there is the exact path.
 */
#define PTN_YAML_CUT "\x1f"     /* before a key; no key has it in it */
#define PTN_YAML_ELEMENT "\x1e" /* before a number */
struct ptn_yaml_node {
	const char *path;
	/* The same, with PTN_YAML_CUT or PTN_YAML_ELEMENT for the dots. */
	const char *exact;
	enum ptn_yaml_kind kind;
	const char *const *v;
	const bool *plain; /* of each, that no quotes are around it */
	size_t n;
	int line; /* from 1 */
};

struct ptn_yaml {
	struct ptn_yaml_node *node; /* in the order of the document */
	size_t n;
};

/* Why a document was refused.  Never text of a value. */
struct ptn_yaml_problem {
	int line;	  /* from 1; 0: the document as a whole */
	const char *path; /* of the key, in the arena; or NULL */
	const char *why;  /* static text */
};

/*
 * Parse a document.
 *
 * a		holds all of the result; 4 MiB are enough for any document.
 * text		UTF-8 (a byte order mark is skipped), borrowed.
 * out		the nodes; none for a document of comments only.
 * problem	filled unless PTN_OK.
 *
 * libyaml's copies of the text are overwritten as far as they can be reached.
 * Returns PTN_OK, PTN_E_INPUT, PTN_E_TOO_LARGE (a limit above), PTN_E_NOMEM.
 * Spec: YAML 1.1, as libyaml reads it.
 */
enum ptn_err ptn_yaml_parse(struct ptn_arena *a, struct ptn_bytes text,
    struct ptn_yaml *out, struct ptn_yaml_problem *problem) PTN_MUST_USE;

#endif
