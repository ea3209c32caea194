#include "fcgi/admin/admin.h"

#include <string.h>

#include "fcgi/admin/page.h"
#include "fcgi/admin/tag.h"
#include "fcgi/query.h"
#include "fcgi/userjson.h"
#include "lib/account/person.h"
#include "lib/base/clock.h"
#include "lib/format/address.h"
#include "lib/format/url.h"

enum ptn_err
ptn_admin_user_named(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_uuid *id)
{
	if (!ptn_uuid_parse_any(req->arg, id))
		return ptn_reply_say(rep, PTN_E_INPUT,
		    "failed to parse userId as uuid");
	ptn_actor_is(&req->sc, id, NULL);
	return PTN_OK;
}

enum ptn_err
ptn_admin_user_has(struct ptn_request *req, struct ptn_reply *rep,
    const char *what, struct ptn_uuid *user, struct ptn_uuid *id)
{
	enum ptn_err r = ptn_admin_user_named(req, rep, user);

	if (r != PTN_OK || ptn_uuid_parse_any(req->arg2, id))
		return r;
	return ptn_reply_say(rep, PTN_E_INPUT,
	    ptn_arena_printf(req->sc.arena, "%s must be a valid uuid", what));
}

enum ptn_err
ptn_admin_user_unknown(struct ptn_reply *rep, enum ptn_err r)
{
	return r == PTN_E_NOT_FOUND ? ptn_reply_say(rep, r, "user not found")
				    : r;
}

enum ptn_err
ptn_admin_user_found(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_uuid *id)
{
	struct ptn_user user;
	enum ptn_err r;

	if ((r = ptn_admin_user_named(req, rep, id)) != PTN_OK)
		return r;
	return ptn_admin_user_unknown(rep, ptn_user_get(&req->sc, id, &user));
}

/* ------------------------------------------------------------------ one */

/* The state that a change may be based on.  NULL: the arena is full. */
static const char *
tag_of(const struct ptn_scope *sc, const void *person)
{
	struct ptn_jsonw w;

	ptn_jsonw_init(&w, sc->arena);
	ptn_userjson_person(&w, sc, person, false);
	return ptn_admin_tag(&w);
}

static enum ptn_err
write_user(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_uuid *id)
{
	struct ptn_person p;
	enum ptn_err r;

	if ((r = ptn_person_load(&req->sc, id, &p)) != PTN_OK)
		return ptn_admin_user_unknown(rep, r);
	if ((r = ptn_admin_tag_tell(rep, tag_of(&req->sc, &p))) != PTN_OK)
		return r;
	ptn_userjson_person(&rep->json, &req->sc, &p, false);
	return PTN_OK;
}

/* GET /users/{id} */
enum ptn_err
ptn_admin_user_show(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_uuid id;
	enum ptn_err r = ptn_admin_user_named(req, rep, &id);

	return r == PTN_OK ? write_user(req, rep, &id) : r;
}

/* DELETE /users/{id}: with all that is theirs, sessions included. */
enum ptn_err
ptn_admin_user_delete(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_uuid id;
	enum ptn_err r;

	if ((r = ptn_admin_user_named(req, rep, &id)) != PTN_OK)
		return r;
	rep->done = PTN_DONE_EMPTY;
	return ptn_admin_user_unknown(rep, ptn_user_delete(&req->sc, &id));
}

/* ----------------------------------------------------------------- many */

/* "id,id": at most as many as a page has. */
static enum ptn_err
read_ids(const struct ptn_request *req, struct ptn_uuid *id, size_t *n)
{
	const char *text;
	char *copy, *word, *rest = NULL;
	enum ptn_err r = ptn_query_get(req, "user_id", &text);

	*n = 0;
	if (r != PTN_OK || text == NULL)
		return r;
	if ((copy = ptn_arena_strdup(req->sc.arena, text)) == NULL)
		return PTN_E_NOMEM;
	for (word = strtok_r(copy, ",", &rest); word != NULL;
	     word = strtok_r(NULL, ",", &rest))
		if (*n == PTN_PERSON_IDS_MAX ||
		    !ptn_uuid_parse_any(word, &id[(*n)++]))
			return PTN_E_INPUT;
	return *n > 0 ? PTN_OK : PTN_E_INPUT;
}

/* One of two words; the first is meant if there is none. */
static enum ptn_err
read_choice(const struct ptn_request *req, const char *name, const char *usual,
    const char *other, bool *is_other)
{
	const char *text;
	enum ptn_err r = ptn_query_get(req, name, &text);

	*is_other = text != NULL && strcmp(text, other) == 0;
	if (r != PTN_OK || text == NULL || *is_other)
		return r;
	return strcmp(text, usual) == 0 ? PTN_OK : PTN_E_INPUT;
}

/* Members that objects of the three have, at least. */
static enum ptn_err
read_filter(const struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_metadata *m)
{
	enum ptn_metadata_result what;
	const char *text;
	enum ptn_err r = ptn_query_get(req, "metadata", &text);

	if (r != PTN_OK || text == NULL)
		return r;
	r = ptn_metadata_read_filter(req->sc.arena, text, m, &what);
	return r != PTN_OK || what == PTN_METADATA_DONE
	    ? r
	    : ptn_reply_say(rep, PTN_E_INPUT,
		  "metadata must be an object of JSON, with objects named "
		  "public_metadata, private_metadata or unsafe_metadata");
}

static enum ptn_err
read_query(const struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_person_query *q, struct ptn_uuid *id)
{
	enum ptn_err r;

	q->id = id;
	if ((r = read_ids(req, id, &q->ids)) == PTN_E_INPUT)
		return ptn_reply_say(rep, r,
		    "failed to parse user_id as uuid: at most 100, joined by "
		    "commas");
	if (r != PTN_OK ||
	    (r = ptn_query_get(req, "email", &q->email)) != PTN_OK ||
	    (r = ptn_query_get(req, "username", &q->username)) != PTN_OK ||
	    (r = ptn_query_get(req, "name", &q->name)) != PTN_OK ||
	    (r = read_filter(req, rep, &q->metadata)) != PTN_OK ||
	    (r = read_choice(req, "sort_direction", "desc", "asc",
		 &q->ascending)) != PTN_OK)
		return r;
	return read_choice(req, "sort_by", "created_at", "updated_at",
	    &q->by_update);
}

/* GET /users: a page of them. */
enum ptn_err
ptn_admin_user_list(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_uuid id[PTN_PERSON_IDS_MAX];
	struct ptn_person_query q = { .plain = req->bound };
	struct ptn_admin_page page;
	struct ptn_person *p;
	struct ptn_person_count_total total;
	enum ptn_err r;
	size_t i, n;

	if ((r = ptn_admin_page_read(req, rep, &page)) != PTN_OK ||
	    (r = read_query(req, rep, &q, id)) != PTN_OK)
		return r;
	q.skip = ptn_admin_page_skip(&page);
	q.max = page.per_page;
	r = ptn_person_list(&req->sc, &q, &p, &n, &total);
	if (r != PTN_OK)
		return r;
	ptn_admin_page_headers(req, rep, &page, total.n);
	if (total.age_s > 0)
		ptn_reply_header_int(rep, "X-Total-Count-Age", total.age_s);
	ptn_jsonw_array(&rep->json, NULL);
	for (i = 0; i < n; i++)
		ptn_userjson_person(&rep->json, &req->sc, &p[i], true);
	ptn_jsonw_end_array(&rep->json);
	return PTN_OK;
}

/* --------------------------------------------------------------- a new one */

enum { ID, EMAILS, USERNAME, CREATED_AT, METADATA, NEW__MAX };

static const struct ptn_field new_fields[NEW__MAX] = {
	[ID] = { "id", PTN_F_UUID_LAX, false, 64, NULL, PTN_OK },
	[EMAILS] = { "emails", PTN_F_ARRAY, false, 0, NULL, PTN_OK },
	[USERNAME] = { "username", PTN_F_TEXT, false, PTN_USERNAME_BYTES, NULL,
	    PTN_OK },
	[CREATED_AT] = { "created_at", PTN_F_TIME, false, 0, NULL, PTN_OK },
	[METADATA] = { "metadata", PTN_F_JSON, false, 0, NULL, PTN_OK },
};

const struct ptn_input ptn_in_admin_user = { new_fields, NEW__MAX };

/* A member that is true or false, or is not there. */
static bool
read_flag(const struct ptn_json *json, const char *name, bool *on)
{
	const struct ptn_json *v = ptn_json_get(json, name);

	*on = v != NULL && ptn_json_bool(v);
	return v == NULL || ptn_json_type(v) == PTN_JSON_BOOL;
}

static const char *
read_address(struct ptn_arena *a, const struct ptn_json *json,
    struct ptn_person_address *out)
{
	const char *text = ptn_json_text(a, ptn_json_get(json, "address"));
	char *address;

	if (text == NULL || text[0] == '\0')
		return "address is a required field";
	if (ptn_address_canonical(a, text, &address) != PTN_OK)
		return "address must be a valid email address";
	out->address = address;
	return read_flag(json, "is_primary", &out->primary) &&
		read_flag(json, "is_verified", &out->verified)
	    ? NULL
	    : "is_primary and is_verified must be a boolean";
}

/* Exactly one is the primary one, and none stands twice. */
static const char *
judge_addresses(const struct ptn_person_address *a, size_t n)
{
	size_t i, j, primary = 0;

	for (i = 0; i < n; i++) {
		primary += a[i].primary;
		for (j = 0; j < i; j++)
			if (strcmp(a[i].address, a[j].address) == 0)
				return "emails entries are not unique";
	}
	if (n > 0 && primary == 0)
		return "at least one primary email must be provided";
	return primary > 1 ? "only one primary email is allowed" : NULL;
}

static enum ptn_err
read_addresses(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_person_new *p)
{
	const struct ptn_json *list = req->in[EMAILS].json;
	const size_t n = ptn_json_len(list);
	struct ptn_person_address *a;
	const char *why = NULL;
	size_t i;

	if (n > PTN_PERSON_ADDRESSES_MAX)
		return ptn_reply_say(rep, PTN_E_INPUT, "too many emails");
	if (n == 0)
		return PTN_OK;
	if ((a = ptn_arena_calloc(req->sc.arena, n, sizeof(*a))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < n && why == NULL; i++)
		why = read_address(req->sc.arena, ptn_json_at(list, i), &a[i]);
	p->address = a;
	p->addresses = n;
	if (why == NULL)
		why = judge_addresses(a, n);
	return why == NULL ? PTN_OK : ptn_reply_say(rep, PTN_E_INPUT, why);
}

static enum ptn_err
read_metadata(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_metadata *m)
{
	enum ptn_metadata_result what;
	bool wrong[PTN_METADATA__MAX];
	enum ptn_err r;

	r = ptn_metadata_read(req->sc.arena, req->in[METADATA].json, m, wrong,
	    &what);
	return r == PTN_OK ? ptn_admin_metadata_settle(rep, wrong, what) : r;
}

static enum ptn_err
read_new(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_person_new *p)
{
	const struct ptn_value *name = &req->in[USERNAME];
	const struct ptn_value *at = &req->in[CREATED_AT];
	enum ptn_err r;

	p->id = req->in[ID].id;
	p->created_at_us = at->set ? at->us : 0;
	if (at->set && (at->us <= 0 || at->us > ptn_clock_us()))
		return ptn_reply_say(rep, PTN_E_INPUT,
		    "created_at must be in the past");
	if ((r = read_addresses(req, rep, p)) != PTN_OK ||
	    (r = read_metadata(req, rep, &p->metadata)) != PTN_OK)
		return r;
	if (name->set && name->s[0] != '\0' &&
	    (r = ptn_username_canonical(req->sc.arena, name->s,
		 &p->username)) != PTN_OK)
		return r;
	return p->addresses > 0 || p->username != NULL
	    ? PTN_OK
	    : ptn_reply_say(rep, PTN_E_INPUT,
		  "at least one of [Emails, Username] must be set");
}

/* What became of it, in words; NULL: it was done. */
static enum ptn_err
settle(struct ptn_reply *rep, enum ptn_person_result what)
{
	static const struct {
		enum ptn_err r;
		const char *message;
	} answers[PTN_PERSON__MAX] = {
		[PTN_PERSON_UNKNOWN] = { PTN_E_NOT_FOUND, NULL },
		[PTN_PERSON_NO_NAME] = { PTN_E_INPUT, "username is invalid" },
		[PTN_PERSON_TAKEN] = { PTN_E_CONFLICT, "user already exists" },
		[PTN_PERSON_EMAIL_TAKEN] = { PTN_E_CONFLICT,
		    "email already exists" },
		[PTN_PERSON_NAME_TAKEN] = { PTN_E_CONFLICT,
		    "username already exists" },
		[PTN_PERSON_OUTDATED] = { PTN_E_OUTDATED,
		    "the user has been changed meanwhile" },
		[PTN_PERSON_DONE] = { PTN_OK, NULL },
	};

	return what == PTN_PERSON_UNKNOWN
	    ? ptn_admin_user_unknown(rep, answers[what].r)
	    : ptn_reply_say(rep, answers[what].r, answers[what].message);
}

/* POST /users: they own what they are given, and nobody is told by mail. */
enum ptn_err
ptn_admin_user_create(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_person_new p = { .username = NULL };
	enum ptn_person_result what;
	enum ptn_err r;

	if ((r = read_new(req, rep, &p)) != PTN_OK ||
	    (r = ptn_person_create(&req->sc, &p, &what)) != PTN_OK ||
	    (r = settle(rep, what)) != PTN_OK)
		return r;
	return write_user(req, rep, &p.id);
}

/* ---------------------------------------------------------------- a change */

enum { EDIT_USERNAME = PTN_PERSON_TEXT__MAX, EDIT__MAX };

static const struct ptn_field edit_fields[EDIT__MAX] = {
	[PTN_PERSON_NAME] = { "name", PTN_F_TEXT, false, PTN_PERSON_NAME_MAX,
	    NULL, PTN_OK },
	[PTN_PERSON_GIVEN_NAME] = { "given_name", PTN_F_TEXT, false,
	    PTN_PERSON_NAME_MAX, NULL, PTN_OK },
	[PTN_PERSON_FAMILY_NAME] = { "family_name", PTN_F_TEXT, false,
	    PTN_PERSON_NAME_MAX, NULL, PTN_OK },
	[PTN_PERSON_PICTURE] = { "picture", PTN_F_TEXT, false,
	    PTN_PERSON_PICTURE_MAX, NULL, PTN_OK },
	[EDIT_USERNAME] = { "username", PTN_F_TEXT, false, PTN_USERNAME_BYTES,
	    NULL, PTN_OK },
};

const struct ptn_input ptn_in_admin_user_edit = { edit_fields, EDIT__MAX };

/* A field of a change: left, cleared, or another one. */
static enum ptn_err
read_text(struct ptn_request *req, struct ptn_reply *rep, size_t field,
    bool *changes, const char **text)
{
	const struct ptn_value *v = &req->in[field];
	enum ptn_err r;

	*changes = v->set || v->is_null;
	*text = NULL;
	if (!v->set)
		return PTN_OK;
	/* A username is trimmed as a name is. */
	r = ptn_person_text_read(req->sc.arena,
	    field == EDIT_USERNAME ? PTN_PERSON_NAME
				   : (enum ptn_person_text)field,
	    v->s, text);
	if (r == PTN_E_INPUT && field == PTN_PERSON_PICTURE)
		return ptn_reply_say(rep, r,
		    "picture must be a valid http(s) URL or null");
	if (r == PTN_OK && *text == NULL)
		return ptn_reply_say(rep, PTN_E_INPUT,
		    ptn_arena_printf(req->sc.arena,
			"%s must be a non-empty string or null",
			edit_fields[field].name));
	return r;
}

static enum ptn_err
read_change(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_person_change *c)
{
	const char *name;
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; i < PTN_PERSON_TEXT__MAX && r == PTN_OK; i++)
		r = read_text(req, rep, i, &c->changes[i], &c->text[i]);
	if (r == PTN_OK)
		r = read_text(req, rep, EDIT_USERNAME, &c->changes_username,
		    &name);
	if (r != PTN_OK)
		return r;
	c->seen = ptn_admin_tag_seen(req, tag_of);
	return ptn_username_canonical(req->sc.arena, name, &c->username);
}

/* PATCH /users/{id}: what is absent stays, what is null goes. */
enum ptn_err
ptn_admin_user_edit(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_person_change change = { .username = NULL };
	enum ptn_person_result what;
	struct ptn_uuid id;
	enum ptn_err r;

	if ((r = ptn_admin_user_named(req, rep, &id)) != PTN_OK ||
	    (r = read_change(req, rep, &change)) != PTN_OK ||
	    (r = ptn_person_edit(&req->sc, &id, &change, &what)) != PTN_OK ||
	    (r = settle(rep, what)) != PTN_OK)
		return r;
	return write_user(req, rep, &id);
}

/* ------------------------------------------------------------- kept out */

static enum ptn_err
change_lock(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_err (*fn)(const struct ptn_scope *, const struct ptn_uuid *))
{
	struct ptn_uuid id;
	enum ptn_err r;

	rep->done = PTN_DONE_EMPTY;
	if ((r = ptn_admin_user_named(req, rep, &id)) != PTN_OK)
		return r;
	return ptn_admin_user_unknown(rep, fn(&req->sc, &id));
}

/* POST /users/{id}/lock: nobody logs in as them any more. */
enum ptn_err
ptn_admin_user_lock(struct ptn_request *req, struct ptn_reply *rep)
{
	return change_lock(req, rep, ptn_person_lock);
}

/* POST /users/{id}/unlock */
enum ptn_err
ptn_admin_user_unlock(struct ptn_request *req, struct ptn_reply *rep)
{
	return change_lock(req, rep, ptn_person_unlock);
}
