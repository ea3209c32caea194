#include "lib/account/username.h"

#include <string.h>

#include "lib/db/sql.h"
#include "lib/event/event.h"

bool
ptn_username_is_well(const char *name)
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz_";

	return *name != '\0' && name[strspn(name, letters)] == '\0';
}

/* Of two who choose one at the same time the key of the table knows better. */
enum ptn_err
ptn_username_set_in(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char *name)
{
	const struct ptn_username_change_in change = { name, sc->tenant_id,
		*user };
	const struct ptn_username_put_in put = { ptn_uuid_new(), sc->tenant_id,
		*user, name };
	uint64_t n;
	enum ptn_err r;

	r = ptn_sql_username_change(sc->db, &change, &n);
	if (r == PTN_OK && n == 0)
		r = ptn_sql_username_put(sc->db, &put);
	if (r != PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_USERNAME_CHANGED, NULL);
}

enum ptn_err
ptn_username_drop_in(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	const struct ptn_username_delete_in in = { sc->tenant_id, *user };
	uint64_t n;
	enum ptn_err r;

	if ((r = ptn_sql_username_delete(sc->db, &in, &n)) != PTN_OK)
		return r;
	if (n == 0)
		return PTN_E_NOT_FOUND;
	return ptn_event(sc, PTN_EVENT_USERNAME_DELETED, NULL);
}
