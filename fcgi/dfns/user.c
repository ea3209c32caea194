#include "fcgi/dfns/dfns.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/query.h"
#include "lib/base/array.h"
#include "lib/base/base64.h"
#include "lib/dfns/manage.h"
#include "lib/dfns/people.h"
#include "lib/format/dfnsid.h"

#define PAGE 50		/* members, where none is asked for */
#define PLACE_STR 64	/* of a place in a list, before base64url */
#define PLACE_DIGITS 16 /* of its time: what a DATETIME can have */

enum { NEW_EMAIL, NEW_KIND, NEW_EXTERNAL, NEW_SSO, NEW__MAX };

static const struct ptn_field new_fields[NEW__MAX] = {
	[NEW_EMAIL] = { "email", PTN_F_TEXT, true, PTN_USERNAME_MAX, NULL,
	    PTN_OK },
	[NEW_KIND] = { "kind", PTN_F_TEXT, true, 32, NULL, PTN_OK },
	[NEW_EXTERNAL] = { "externalId", PTN_F_TEXT, false, PTN_EXTERNAL_ID_MAX,
	    NULL, PTN_OK },
	[NEW_SSO] = { "isSSORequired", PTN_F_BOOL, false, 0, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_user = { new_fields, NEW__MAX };

/* ------------------------------------------------------------------ output */

/* What the owners of an organisation may do, in the words of Dfns. */
static const char *const operations[] = { "Auth:Users:Read",
	"Auth:Users:Create", "Auth:Users:Update", "Auth:Users:Activate",
	"Auth:Users:Deactivate", "Auth:Users:Delete",
	"Auth:ServiceAccounts:Read", "Auth:ServiceAccounts:Create",
	"Auth:ServiceAccounts:Update", "Auth:ServiceAccounts:Activate",
	"Auth:ServiceAccounts:Deactivate", "Auth:ServiceAccounts:Delete",
	"Auth:Logs:Read" };

/* "permissionAssignments": of an owner one, of others none. */
static void
write_permissions(struct ptn_jsonw *w, const struct ptn_uuid *org,
    const struct ptn_uuid *user, bool owner)
{
	const struct ptn_uuid permission = ptn_dfns_people_permission(org);
	const struct ptn_uuid assignment = ptn_dfns_people_assignment(user);
	char id[PTN_DFNSID_STR];
	size_t i;

	ptn_jsonw_array(w, "permissionAssignments");
	if (owner) {
		ptn_jsonw_object(w, NULL);
		ptn_jsonw_str(w, "permissionName", "DfnsFullAdminAccess");
		ptn_dfnsid_format(PTN_DFNSID_PERMISSION, &permission, id);
		ptn_jsonw_str(w, "permissionId", id);
		ptn_dfnsid_format(PTN_DFNSID_ASSIGNMENT, &assignment, id);
		ptn_jsonw_str(w, "assignmentId", id);
		ptn_jsonw_array(w, "operations");
		for (i = 0; i < PTN_ARRAY_LEN(operations); i++)
			ptn_jsonw_str(w, NULL, operations[i]);
		ptn_jsonw_end_array(w);
		ptn_jsonw_end_object(w);
	}
	ptn_jsonw_end_array(w);
}

void
ptn_dfns_write_token(struct ptn_jsonw *w, const struct ptn_uuid *org,
    const struct ptn_dfns_shown_token *t)
{
	char id[PTN_DFNSID_STR];

	ptn_jsonw_object(w, NULL);
	if (t->text != NULL)
		ptn_jsonw_str(w, "accessToken", t->text);
	ptn_dfns_write_time(w, "dateCreated", t->created_at_us);
	ptn_jsonw_str(w, "credId", t->cred_id);
	ptn_jsonw_bool(w, "isActive", t->active);
	ptn_jsonw_str(w, "kind", t->kind);
	ptn_dfnsid_format(PTN_DFNSID_USER, &t->user, id);
	ptn_jsonw_str(w, "linkedUserId", id);
	ptn_jsonw_str(w, "linkedAppId", "");
	ptn_jsonw_str(w, "name", t->name);
	ptn_dfnsid_format(PTN_DFNSID_ORG, org, id);
	ptn_jsonw_str(w, "orgId", id);
	write_permissions(w, org, &t->grantee, t->owner);
	ptn_jsonw_str(w, "publicKey", t->fingerprint);
	ptn_dfnsid_format(PTN_DFNSID_TOKEN, &t->id, id);
	ptn_jsonw_str(w, "tokenId", id);
	ptn_jsonw_end_object(w);
}

bool
ptn_dfns_read_permission(const struct ptn_request *req,
    const struct ptn_value *v, bool *owner)
{
	const struct ptn_uuid ours =
	    ptn_dfns_people_permission(&req->sc.tenant_id);
	struct ptn_uuid id;

	*owner = v->set;
	return !v->set ||
	    (ptn_dfnsid_parse(PTN_DFNSID_PERMISSION, v->b, &id) == PTN_OK &&
		ptn_uuid_equal(&id, &ours));
}

void
ptn_dfns_write_person(struct ptn_jsonw *w, const char *name,
    const struct ptn_uuid *org, const struct ptn_dfns_people_row *p)
{
	char id[PTN_DFNSID_STR];

	ptn_jsonw_object(w, name);
	ptn_jsonw_str(w, "username", p->username);
	ptn_jsonw_str(w, "name", p->username);
	ptn_dfnsid_format(PTN_DFNSID_USER, &p->id, id);
	ptn_jsonw_str(w, "userId", id);
	ptn_jsonw_str(w, "kind", p->kind);
	ptn_dfnsid_format(PTN_DFNSID_CREDENTIAL, &p->credential, id);
	ptn_jsonw_str(w, "credentialUuid",
	    ptn_uuid_is_nil(&p->credential) ? "" : id);
	ptn_dfnsid_format(PTN_DFNSID_ORG, org, id);
	ptn_jsonw_str(w, "orgId", id);
	ptn_jsonw_array(w, "permissions");
	ptn_jsonw_end_array(w);
	ptn_jsonw_array(w, "scopes");
	ptn_jsonw_end_array(w);
	ptn_jsonw_bool(w, "isActive", p->active);
	ptn_jsonw_bool(w, "isServiceAccount", p->service_account);
	ptn_jsonw_bool(w, "isRegistered", p->registered);
	ptn_jsonw_bool(w, "isSSORequired", false);
	write_permissions(w, org, &p->id, p->owner);
	ptn_jsonw_end_object(w);
}

static enum ptn_err
answer(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_people_row *p)
{
	rep->no_store = true;
	ptn_dfns_write_person(&rep->json, NULL, &req->sc.tenant_id, p);
	return PTN_OK;
}

/* ------------------------------------------------------------------- pages */

/* "nextPageToken": a place in the list, which names nothing that is secret. */
static enum ptn_err
write_place(struct ptn_request *req, struct ptn_jsonw *w,
    const struct ptn_member_place *place)
{
	char id[PTN_DFNSID_STR], text[PLACE_STR];
	const char *token;

	ptn_dfnsid_format(PTN_DFNSID_USER, &place->id, id);
	snprintf(text, sizeof(text), "%" PRId64 ".%s", place->at_us, id);
	token = ptn_b64url_encode(req->sc.arena, ptn_bytes_of(text));
	if (token == NULL)
		return PTN_E_NOMEM;
	ptn_jsonw_str(w, "nextPageToken", token);
	return PTN_OK;
}

static bool
read_place(struct ptn_request *req, const char *token,
    struct ptn_member_place *place)
{
	struct ptn_bytes text;
	char copy[PLACE_STR];
	size_t digits;

	if (ptn_b64url_decode(req->sc.arena, ptn_bytes_of(token), &text) !=
		PTN_OK ||
	    text.len == 0 || text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	digits = strspn(copy, "0123456789");
	if (digits == 0 || digits > PLACE_DIGITS || copy[digits] != '.')
		return false;
	place->at_us = strtoll(copy, NULL, 10);
	return ptn_dfnsid_parse(PTN_DFNSID_USER,
		   ptn_bytes_of(copy + digits + 1), &place->id) == PTN_OK;
}

static bool
read_limit(const char *text, int64_t *max)
{
	const size_t len = strlen(text);

	if (len == 0 || len > 3 || strspn(text, "0123456789") != len)
		return false;
	*max = strtol(text, NULL, 10);
	return *max >= 1 && *max <= PTN_DFNS_PAGE_MAX;
}

enum ptn_err
ptn_dfns_page_read(struct ptn_request *req, struct ptn_reply *rep,
    int64_t usual, int64_t *max, struct ptn_member_place *place)
{
	const char *limit, *token;
	enum ptn_err r;

	*max = usual;
	if ((r = ptn_query_get(req, "limit", &limit)) != PTN_OK ||
	    (r = ptn_query_get(req, "paginationToken", &token)) != PTN_OK)
		return r;
	if (limit != NULL && !read_limit(limit, max))
		return ptn_dfns_malformed(req, rep, "",
		    "limit must be a number from 1 to 200");
	if (token != NULL && !read_place(req, token, place))
		return ptn_dfns_malformed(req, rep, "", "paginationToken");
	return PTN_OK;
}

enum ptn_err
ptn_dfns_page_write(struct ptn_request *req, struct ptn_reply *rep, bool more,
    const struct ptn_member_place *place)
{
	enum ptn_err r = PTN_OK;

	ptn_jsonw_end_array(&rep->json);
	if (more)
		r = write_place(req, &rep->json, place);
	ptn_jsonw_end_object(&rep->json);
	return r;
}

/* ------------------------------------------------------------------ to read */

static bool
is_kind(const char *kind)
{
	return strcmp(kind, PTN_EMPLOYEE) == 0 ||
	    strcmp(kind, PTN_END_USER) == 0;
}

/* GET /auth/users: the people of the organisation, some at a time. */
enum ptn_err
ptn_dfns_users(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_people q = { .service_accounts = false };
	struct ptn_dfns_people_row *p;
	bool more;
	enum ptn_err r;
	size_t i, n;

	if ((r = ptn_dfns_page_read(req, rep, PAGE, &q.max, &q.place)) !=
		PTN_OK ||
	    (r = ptn_query_get(req, "kind", &q.kind)) != PTN_OK)
		return r;
	if (q.kind != NULL && !is_kind(q.kind))
		return ptn_dfns_malformed(req, rep, "", "kind");
	r = ptn_dfns_people_page(&req->sc, &q, &p, &n, &more);
	if (r != PTN_OK)
		return r;
	rep->no_store = true;
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonw_array(&rep->json, "items");
	for (i = 0; i < n; i++)
		ptn_dfns_write_person(&rep->json, NULL, &req->sc.tenant_id,
		    &p[i]);
	return ptn_dfns_page_write(req, rep, more, &q.place);
}

struct ptn_uuid
ptn_dfns_arg(const struct ptn_request *req, enum ptn_dfnsid_kind kind)
{
	struct ptn_uuid id;

	/* What is no id is answered like the id of nothing. */
	if (ptn_dfnsid_parse(kind, ptn_bytes_of(req->arg), &id) != PTN_OK ||
	    ptn_uuid_is_nil(&id))
		id = ptn_uuid_new();
	return id;
}

/* GET /auth/users/{id} */
enum ptn_err
ptn_dfns_user(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_uuid id = ptn_dfns_arg(req, PTN_DFNSID_USER);
	struct ptn_dfns_people_row p;
	enum ptn_err r;

	r = ptn_dfns_people_one(&req->sc, &id, false, &p);
	if (r == PTN_E_NOT_FOUND)
		return ptn_dfns_refuse(rep, PTN_DFNS_NO_SUCH_USER);
	return r == PTN_OK ? answer(req, rep, &p) : r;
}

/* ---------------------------------------------------------------- to change */

enum ptn_err
ptn_dfns_refuse_managing(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_err r, const struct ptn_dfns_denial *d)
{
	if (r == PTN_E_DENIED && d->reason == PTN_DFNS_NOT_OWNER)
		return ptn_dfns_refuse_kind(req, rep, PTN_EMPLOYEE);
	return ptn_dfns_refuse_denied(req, rep, r, d, PTN_EVENT_NONE);
}

static enum ptn_err
settle(struct ptn_request *req, struct ptn_reply *rep, enum ptn_err r,
    const struct ptn_dfns_manage *m)
{
	return r == PTN_OK ? answer(req, rep, &m->person)
			   : ptn_dfns_refuse_managing(req, rep, r, &m->denial);
}

/* POST /auth/users: invite an employee, by mail. */
enum ptn_err
ptn_dfns_user_create(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_value *external = &req->in[NEW_EXTERNAL];
	struct ptn_dfns_manage m = { .action = req->action,
		.by = req->session.claims.sub,
		.address = req->in[NEW_EMAIL].s,
		.external_id = external->set ? external->s : NULL };
	enum ptn_err r;

	if (strcmp(req->in[NEW_KIND].s, PTN_EMPLOYEE) != 0)
		return ptn_dfns_malformed(req, rep, "",
		    "kind must be CustomerEmployee");
	if (req->in[NEW_SSO].on)
		return ptn_dfns_malformed(req, rep, "",
		    "isSSORequired is not offered here");
	r = ptn_dfns_manage_invite(&req->sc, &m);
	if (r == PTN_E_INPUT)
		return ptn_dfns_malformed(req, rep, "",
		    new_fields[NEW_EMAIL].name);
	return settle(req, rep, r, &m);
}

typedef enum ptn_err (
    *manage_fn)(const struct ptn_scope *sc, struct ptn_dfns_manage *m);

static enum ptn_err
manage(struct ptn_request *req, struct ptn_reply *rep, manage_fn fn)
{
	struct ptn_dfns_manage m = { .action = req->action,
		.by = req->session.claims.sub,
		.who = ptn_dfns_arg(req, PTN_DFNSID_USER) };

	return settle(req, rep, fn(&req->sc, &m), &m);
}

/* PUT /auth/users/{id}/activate */
enum ptn_err
ptn_dfns_user_activate(struct ptn_request *req, struct ptn_reply *rep)
{
	return manage(req, rep, ptn_dfns_manage_activate);
}

/* PUT /auth/users/{id}/deactivate: their sessions of this API end. */
enum ptn_err
ptn_dfns_user_deactivate(struct ptn_request *req, struct ptn_reply *rep)
{
	return manage(req, rep, ptn_dfns_manage_deactivate);
}

/* DELETE /auth/users/{id}: put them away for good. */
enum ptn_err
ptn_dfns_user_archive(struct ptn_request *req, struct ptn_reply *rep)
{
	return manage(req, rep, ptn_dfns_manage_archive);
}
