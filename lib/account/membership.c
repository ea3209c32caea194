#include "lib/account/membership.h"

#include <string.h>

#include "lib/conf/conf.h"
#include "lib/db/sql.h"

enum ptn_err
ptn_membership_get(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_membership *out)
{
	const struct ptn_membership_in in = { sc->cf->dfns_trust, sc->tenant_id,
		*user };
	struct ptn_membership_out row;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	if ((r = ptn_sql_membership(sc->db, sc->arena, &in, &row)) != PTN_OK)
		return r;
	out->registered = row.registered != 0;
	out->service = row.service_account != 0;
	out->email_id = row.email_id;
	out->tell = (struct ptn_notice_to){ .address = row.address,
		.verified = row.verified != 0,
		.username = row.username };
	return PTN_OK;
}

void
ptn_membership_guarded(const struct ptn_scope *sc, const char *what)
{
	ptn_event_note(sc, PTN_EVENT_CHANGE_GUARDED, what);
}
