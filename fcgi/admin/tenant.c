#include "fcgi/admin/admin.h"

#include <string.h>

#include "fcgi/admin/page.h"
#include "fcgi/admin/tag.h"
#include "fcgi/orgjson.h"
#include "lib/account/orgs.h"

#define OWN_MAX (128 * 1024) /* bytes of what a page of them has of its own */

/* What they have of their own lies over the file, whoever the path names. */
static struct ptn_scope
scope_of(const struct ptn_request *req)
{
	struct ptn_scope sc = req->sc;

	sc.cf = req->env->sc.cf;
	return sc;
}

static enum ptn_err
read_id(struct ptn_request *req, struct ptn_reply *rep, struct ptn_uuid *id)
{
	return ptn_uuid_parse_any(req->arg, id)
	    ? PTN_OK
	    : ptn_reply_say(rep, PTN_E_INPUT, "failed to parse id as uuid");
}

/* Why it was not done, in words. */
static enum ptn_err
explain(struct ptn_reply *rep, enum ptn_err r, const struct ptn_orgs_why *why)
{
	if (r == PTN_E_INPUT)
		return ptn_reply_say(rep, r, why->text);
	if (r == PTN_E_NOT_FOUND)
		return ptn_reply_say(rep, r, "tenant not found");
	if (r == PTN_E_OUTDATED)
		return ptn_reply_say(rep, r,
		    "the tenant has been changed meanwhile");
	return r;
}

/* The state that a change may be based on.  NULL: no memory. */
static const char *
tag_of(const struct ptn_scope *sc, const void *org)
{
	struct ptn_jsonw w;

	ptn_jsonw_init(&w, sc->arena);
	return ptn_orgjson(&w, sc, org) == PTN_OK ? ptn_admin_tag(&w) : NULL;
}

static enum ptn_err
write_tenant(const struct ptn_scope *sc, struct ptn_reply *rep,
    const struct ptn_org_row *org)
{
	enum ptn_err r = ptn_orgjson(&rep->json, sc, org);

	return r == PTN_OK ? ptn_admin_tag_tell(rep, ptn_admin_tag(&rep->json))
			   : r;
}

/* Does a page fit into the memory of a request? */
static bool
fits(const struct ptn_org_row *org, size_t n)
{
	size_t i, len = 0;

	for (i = 0; i < n; i++) {
		len += org[i].config != NULL ? strlen(org[i].config) : 0;
		len += org[i].origins != NULL ? strlen(org[i].origins) : 0;
	}
	return len <= OWN_MAX;
}

/* GET /tenants: a page of them, newest first. */
enum ptn_err
ptn_admin_tenant_list(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_scope sc = scope_of(req);
	struct ptn_admin_page page;
	struct ptn_org_row *org;
	int64_t total;
	enum ptn_err r;
	size_t i, n;

	if ((r = ptn_admin_page_read(req, rep, &page)) != PTN_OK ||
	    (r = ptn_org_page(&sc, ptn_admin_page_skip(&page), page.per_page,
		 &org, &n, &total)) != PTN_OK)
		return r;
	if (!fits(org, n))
		return ptn_reply_say(rep, PTN_E_INPUT,
		    "that page is too large: ask for fewer by per_page");
	ptn_admin_page_headers(req, rep, &page, total);
	ptn_jsonw_array(&rep->json, NULL);
	for (i = 0; i < n && r == PTN_OK; i++)
		r = ptn_orgjson(&rep->json, &sc, &org[i]);
	ptn_jsonw_end_array(&rep->json);
	return r;
}

/* GET /tenants/{id} */
enum ptn_err
ptn_admin_tenant_show(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_scope sc = scope_of(req);
	struct ptn_org_row org;
	struct ptn_uuid id;
	enum ptn_err r;

	if ((r = read_id(req, rep, &id)) != PTN_OK)
		return r;
	if ((r = ptn_org_by_id(&sc, &id, &org)) != PTN_OK)
		return explain(rep, r, NULL);
	return write_tenant(&sc, rep, &org);
}

enum { ID, NAME, CONFIG, NEW__MAX };

static const struct ptn_field new_fields[NEW__MAX] = {
	[ID] = { "id", PTN_F_UUID_LAX, false, 64, NULL, PTN_OK },
	[NAME] = { "name", PTN_F_TEXT, false, 64, NULL, PTN_OK },
	[CONFIG] = { "config", PTN_F_JSON, false, 0, NULL, PTN_OK },
};

const struct ptn_input ptn_in_admin_tenant = { new_fields, NEW__MAX };

/* POST /tenants */
enum ptn_err
ptn_admin_tenant_create(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_scope sc = scope_of(req);
	struct ptn_org_row org = { .id = req->in[ID].id,
		.name = req->in[NAME].set ? req->in[NAME].s : NULL };
	struct ptn_orgs_why why = { NULL };
	enum ptn_err r;

	r = ptn_orgs_create(&sc, &org, req->in[CONFIG].json, &why);
	if (r == PTN_E_CONFLICT)
		return ptn_reply_say(rep, r, "tenant already exists");
	if (r != PTN_OK)
		return explain(rep, r, &why);
	rep->done = PTN_DONE_CREATED;
	return write_tenant(&sc, rep, &org);
}

enum { CHANGED_CONFIG, CHANGE__MAX };

static const struct ptn_field change_fields[CHANGE__MAX] = {
	[CHANGED_CONFIG] = { "config", PTN_F_JSON, false, 0, NULL, PTN_OK },
};

const struct ptn_input ptn_in_admin_tenant_change = { change_fields,
	CHANGE__MAX };

/* PUT /tenants/{id}: in place of what it has; null is nothing. */
enum ptn_err
ptn_admin_tenant_change(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_value *config = &req->in[CHANGED_CONFIG];
	const struct ptn_seen seen = ptn_admin_tag_seen(req, tag_of);
	const struct ptn_scope sc = scope_of(req);
	struct ptn_orgs_why why = { NULL };
	struct ptn_org_row org;
	struct ptn_uuid id;
	enum ptn_err r;

	if ((r = read_id(req, rep, &id)) != PTN_OK)
		return r;
	if (!config->set && !config->is_null)
		return ptn_reply_say(rep, PTN_E_INPUT,
		    "config is a required field");
	r = ptn_orgs_configure(&sc, &id, config->json, &seen, &org, &why);
	if (r == PTN_E_CONFLICT)
		return ptn_reply_say(rep, r,
		    "the default tenant is configured by the file");
	return r == PTN_OK ? write_tenant(&sc, rep, &org)
			   : explain(rep, r, &why);
}

/* DELETE /tenants/{id}: with all that is its own. */
enum ptn_err
ptn_admin_tenant_delete(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_scope sc = scope_of(req);
	struct ptn_uuid id;
	enum ptn_err r;

	if ((r = read_id(req, rep, &id)) != PTN_OK)
		return r;
	rep->done = PTN_DONE_EMPTY;
	r = ptn_orgs_delete(&sc, &id);
	if (r == PTN_E_CONFLICT)
		return ptn_reply_say(rep, r,
		    "the default tenant cannot be deleted");
	if (r == PTN_E_BUSY)
		return ptn_reply_say(rep, r,
		    "the tenant is closed, and a part of it deleted: ask "
		    "again for the rest");
	return explain(rep, r, NULL);
}
