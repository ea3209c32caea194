#ifndef PTN_FORMAT_NAMES_H
#define PTN_FORMAT_NAMES_H

#include "lib/base/arena.h"

struct ptn_json;

/*
 * The names in an array, joined by ",", in the arena: of lower-case letters,
 * digits, "-" and "_", at most 16 of at most 32 characters.  It is a hint of
 * the client's, such as its transports: odd elements are skipped, and what is
 * no array has none.  NULL: the arena is full.
 */
const char *ptn_names_join(struct ptn_arena *a, const struct ptn_json *json);

#endif
