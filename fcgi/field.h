#ifndef PTN_FIELD_H
#define PTN_FIELD_H

#include "fcgi/request.h"
#include "fcgi/routes.h"
#include "lib/format/json.h"

/*
 * Decode one field of a JSON body by its declaration.
 *
 * json		the value, or NULL if absent or null.
 * v		zeroed; completed, as far as the value is good.
 *
 * Returns NULL, or what is wrong, as words to put behind the field's name.
 */
const char *ptn_field_decode(struct ptn_arena *a, const struct ptn_field *f,
    const struct ptn_json *json, struct ptn_value *v);

#endif
