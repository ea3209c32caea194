#ifndef PTN_FORMAT_JSONEQ_H
#define PTN_FORMAT_JSONEQ_H

#include <stdbool.h>

#include "lib/format/json.h"

/*
 * Are two values the same?  Objects regardless of the order of their members,
 * arrays in their order, strings byte by byte.  Two integers are the same when
 * int64_t holds both and they are equal, and so for two other numbers and
 * double; an integer that int64_t cannot hold equals nothing, and 1 is not 1.0.
 * NULL is the literal null.
 */
bool ptn_json_equal(const struct ptn_json *a, const struct ptn_json *b);

#endif
