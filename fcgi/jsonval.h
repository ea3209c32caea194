#ifndef PTN_JSONVAL_H
#define PTN_JSONVAL_H

#include "lib/base/uuid.h"
#include "lib/format/json.h"

/* Members of an answer that are of our own types; see ptn_jsonw_str(). */
void ptn_jsonval_uuid(struct ptn_jsonw *w, const char *name,
    const struct ptn_uuid *id);
void ptn_jsonval_time(struct ptn_jsonw *w, const char *name, int64_t us);
/* An address as people write it (lib/format/address.h). */
void ptn_jsonval_address(struct ptn_jsonw *w, const char *name,
    const char *address);
void ptn_jsonval_b64url(struct ptn_jsonw *w, const char *name,
    struct ptn_bytes bytes);
/* An array of names that are joined by ",". */
void ptn_jsonval_names(struct ptn_jsonw *w, const char *name,
    const char *joined);

#endif
