#ifndef PTN_FORMAT_TEMPLATE_H
#define PTN_FORMAT_TEMPLATE_H

#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

/*
 * Text with variables: {{name}} stands for a value, everything else for itself.
 * No sections, no conditions, no includes; values are not looked at again, so
 * that a value cannot bring in a variable of its own.
 */
struct ptn_template;

#define PTN_TEMPLATE_MAX (64 * 1024)	  /* bytes of a template */
#define PTN_TEMPLATE_OUT_MAX (128 * 1024) /* bytes one may grow to */

/* How values are written.  Zero is the safe one. */
enum ptn_template_escape {
	PTN_ESCAPE_HTML = 0, /* & < > " ' as entities */
	PTN_ESCAPE_TEXT	     /* as they are */
};

/* What is wrong with a template, and where (lines count from 1). */
struct ptn_template_problem {
	int line;
	char what[96];
};

/*
 * Parse a template.
 *
 * a		owns the result; the text is copied.
 * text		UTF-8 without NUL, at most PTN_TEMPLATE_MAX bytes.
 * vars		NULL-terminated names that may stand in it; borrowed for the
 *		duration of the call.  A name: a-z, 0-9 and _.
 * problem	filled on PTN_E_INPUT.
 *
 * Returns PTN_OK; PTN_E_INPUT (unknown variable, "{{" or "}}" without the
 * other, NUL, invalid UTF-8, too long); PTN_E_NOMEM.
 */
enum ptn_err ptn_template_parse(struct ptn_arena *a, struct ptn_bytes text,
    const char *const *vars, struct ptn_template **out,
    struct ptn_template_problem *problem) PTN_MUST_USE;

/*
 * Append a template with its values to out.  values is in the order of vars,
 * none NULL.  Controls in values become spaces: a value is one line.
 *
 * Returns PTN_OK; PTN_E_TOO_LARGE beyond PTN_TEMPLATE_OUT_MAX; PTN_E_NOMEM.
 */
enum ptn_err ptn_template_render(const struct ptn_template *t,
    enum ptn_template_escape escape, const char *const *values,
    struct ptn_buf *out) PTN_MUST_USE;

#endif
