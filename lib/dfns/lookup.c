#include "lib/dfns/lookup.h"

#include <string.h>

#include "lib/account/user.h"
#include "lib/base/arena.h"
#include "lib/conf/conf.h"
#include "lib/event/actor.h"
#include "lib/format/dfnsid.h"

struct ptn_uuid
ptn_dfns_lookup_org_id(const char *text)
{
	struct ptn_uuid id;

	/* The nil UUID is NULL in the database. */
	if (ptn_dfnsid_parse(PTN_DFNSID_ORG, ptn_bytes_of(text), &id) !=
		PTN_OK ||
	    ptn_uuid_is_nil(&id))
		id = ptn_uuid_new();
	return id;
}

static enum ptn_err
as_switched_off(const struct ptn_scope *sc, struct ptn_org *out)
{
	out->active = false;
	out->rp_id = sc->cf->rp_id;
	out->rp_name = sc->cf->rp_name;
	return PTN_OK;
}

enum ptn_err
ptn_dfns_lookup_org(const struct ptn_scope *sc, const struct ptn_uuid *id,
    struct ptn_org *out)
{
	enum ptn_err r;

	r = ptn_org_get(sc, id, out);
	if (r != PTN_OK && r != PTN_E_NOT_FOUND)
		return r;
	out->id = *id;
	return r == PTN_OK && out->active ? PTN_OK : as_switched_off(sc, out);
}

enum ptn_err
ptn_dfns_lookup_org_of(const struct ptn_scope *sc,
    const struct ptn_org_row *row, struct ptn_org *out)
{
	enum ptn_err r;

	if ((r = ptn_org_of(sc->arena, sc->cf, row, out)) != PTN_OK)
		return r;
	return out->active ? PTN_OK : as_switched_off(sc, out);
}

enum ptn_err
ptn_dfns_lookup_key(const struct ptn_scope *sc, const char *org,
    const char *username, const char **key)
{
	char text[PTN_UUID_STR];
	const char *name;
	struct ptn_uuid id;
	enum ptn_err r;

	if ((r = ptn_member_key(sc->arena, username, &name)) != PTN_OK)
		return r;
	if (ptn_dfnsid_parse(PTN_DFNSID_ORG, ptn_bytes_of(org), &id) ==
	    PTN_OK) {
		ptn_uuid_format(&id, text);
		org = text;
	}
	*key = ptn_arena_printf(sc->arena, "%s %s", org, name);
	return *key != NULL ? PTN_OK : PTN_E_NOMEM;
}

enum ptn_err
ptn_dfns_lookup_limits(const struct ptn_scope *sc, const struct ptn_member *m,
    const struct ptn_uuid *first, struct ptn_limit_key out[PTN_LIMIT_KEYS],
    size_t *n)
{
	char id[PTN_UUID_STR], org[PTN_UUID_STR];
	struct ptn_limit_on on = { .mailbox = m->address };
	enum ptn_err r = PTN_OK;

	ptn_uuid_format(&m->id, id);
	ptn_uuid_format(&sc->tenant_id, org);
	on.account = ptn_arena_strdup(sc->arena, id);
	if (m->username != NULL)
		r = ptn_dfns_lookup_key(sc, org, m->username, &on.name);
	if (r != PTN_OK || on.account == NULL)
		return r != PTN_OK ? r : PTN_E_NOMEM;
	*n = ptn_limit_keys(&on, &sc->tenant_id, first, out);
	if (m->owner) {
		out[*n].tenant_id = sc->tenant_id;
		out[*n].whom = ptn_arena_strdup(sc->arena, org);
		if (out[(*n)++].whom == NULL)
			return PTN_E_NOMEM;
	}
	return PTN_OK;
}

enum ptn_err
ptn_dfns_lookup(struct ptn_scope *sc, const char *org, const char *username,
    struct ptn_dfns_lookup *who)
{
	const struct ptn_uuid id = ptn_dfns_lookup_org_id(org);
	const struct ptn_scope at = ptn_scope_at(sc, &id);
	struct ptn_org_row row;
	enum ptn_err found, r;

	memset(who, 0, sizeof(*who));
	if ((r = ptn_dfns_lookup_key(sc, org, username, &who->key)) != PTN_OK ||
	    (r = ptn_dfns_decoy_of(sc, who->key, &who->decoy)) != PTN_OK)
		return r;
	found = ptn_member_by_name_evenly(&at, username, &who->member,
	    &who->read_as, &row);
	if (found != PTN_OK && found != PTN_E_NOT_FOUND)
		return found;
	if ((r = ptn_dfns_lookup_org_of(sc, &row, &who->org)) != PTN_OK)
		return r;
	who->known = found == PTN_OK && who->org.active &&
	    !who->member.archived && !who->member.service_account;
	if (!who->known) {
		memset(&who->member, 0, sizeof(who->member));
		who->member.id = who->decoy.nobody;
		return PTN_OK;
	}
	sc->tenant_id = id;
	ptn_actor_is(sc, &who->member.id, who->member.address);
	return PTN_OK;
}

enum ptn_err
ptn_dfns_lookup_locked(const struct ptn_scope *sc, const char *username,
    struct ptn_dfns_lookup *who)
{
	struct ptn_member *m = &who->member;
	enum ptn_err r;

	memset(who, 0, sizeof(*who));
	if ((r = ptn_dfns_lookup_org(sc, &sc->tenant_id, &who->org)) !=
		PTN_OK ||
	    (r = ptn_member_by_name(sc, username, m)) != PTN_OK)
		return r;
	who->read_as = m->id;
	if ((r = ptn_user_lock(sc, &who->read_as)) != PTN_OK ||
	    (r = ptn_member_by_id(sc, &who->read_as, m)) != PTN_OK)
		return r;
	who->known = true;
	return PTN_OK;
}
