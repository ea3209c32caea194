#ifndef PTN_FORMAT_FORM_H
#define PTN_FORMAT_FORM_H

#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

/*
 * A form as a browser sends it, application/x-www-form-urlencoded (WHATWG URL
 * 5.1): the values of the fields that have a name of ours.
 *
 * names	n of them; other fields are passed over
 * values	n; text in the arena, or NULL where there is no such field
 *
 * A value is UTF-8 on one line: what a single line of a form can hold.
 * Returns PTN_OK; PTN_E_INPUT if it is none, a "%" without two hexadecimal
 * digits is in it, a value has a control character or is no UTF-8, or a field
 * of ours is there twice; PTN_E_NOMEM.  All values are NULL then.
 */
enum ptn_err ptn_form_read(struct ptn_arena *a, struct ptn_bytes body,
    const char *const *names, size_t n, const char **values) PTN_MUST_USE;

#endif
