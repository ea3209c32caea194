#include "lib/account/seen.h"

#include <string.h>

enum ptn_err
ptn_seen_still(const struct ptn_seen *seen, const struct ptn_scope *sc,
    const void *now)
{
	const char *tag;

	if (seen == NULL || seen->tag == NULL)
		return PTN_OK;
	if ((tag = seen->tag_of(sc, now)) == NULL)
		return PTN_E_NOMEM;
	return strcmp(tag, seen->tag) == 0 ? PTN_OK : PTN_E_OUTDATED;
}
