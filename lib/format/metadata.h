#ifndef PTN_FORMAT_METADATA_H
#define PTN_FORMAT_METADATA_H

#include <stdbool.h>

struct ptn_jsonw;

/*
 * What is kept about a user: three objects of JSON, which differ in who may
 * change and who may read them.
 */
enum ptn_metadata_kind {
	PTN_METADATA_PUBLIC = 0, /* of operators; their user reads it */
	PTN_METADATA_PRIVATE,	 /* of operators alone */
	PTN_METADATA_UNSAFE,	 /* the user changes it: nobody may trust it */
	PTN_METADATA__MAX
};

/* What they are called in every format. */
extern const char *const ptn_metadata_names[PTN_METADATA__MAX];

/* As they are stored; NULL: nothing is. */
struct ptn_metadata {
	const char *text[PTN_METADATA__MAX];
};

/* Is there any, or any that their user may read? */
bool ptn_metadata_is_any(const struct ptn_metadata *m, bool private);

/*
 * An object of those that there are; nothing, if there are none.
 *
 * private	with that which operators alone may read
 */
void ptn_metadata_write(struct ptn_jsonw *w, const char *name,
    const struct ptn_metadata *m, bool private);

#endif
