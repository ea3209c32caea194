#include "lib/db/scope.h"

struct ptn_scope
ptn_scope_at(const struct ptn_scope *sc, const struct ptn_uuid *tenant_id)
{
	struct ptn_scope at = *sc;

	at.tenant_id = *tenant_id;
	return at;
}
