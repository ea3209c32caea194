#include "fcgi/admin/admin.h"

#include <string.h>

#include "fcgi/admin/tag.h"
#include "fcgi/jsonval.h"
#include "lib/account/hookmessage.h"
#include "lib/account/hooks.h"
#include "lib/event/webhook.h"
#include "lib/format/hook.h"

enum { CALLBACK, EVENTS, ENABLED, HOOK__MAX };

static const struct ptn_field hook_fields[HOOK__MAX] = {
	[CALLBACK] = { "callback", PTN_F_TEXT, true, PTN_HOOK_URL_MAX, NULL,
	    PTN_OK },
	[EVENTS] = { "events", PTN_F_ARRAY, true, 0, NULL, PTN_OK },
	[ENABLED] = { "enabled", PTN_F_BOOL, true, 0, NULL, PTN_OK },
};

/* A new one is on. */
const struct ptn_input ptn_in_admin_hook = { hook_fields, ENABLED };
const struct ptn_input ptn_in_admin_hook_edit = { hook_fields, HOOK__MAX };

/* The name of the list that starts here, NULL at its end; *list moves on. */
static const char *
next_event(struct ptn_arena *a, const char **list)
{
	const char *start = *list + strspn(*list, " ");
	const size_t len = strcspn(start, " ");

	*list = start + len;
	return len > 0 ? ptn_arena_strndup(a, start, len) : NULL;
}

/* Each with an id, as upstream has them: the same for as long as it is there.
 */
static void
write_events(struct ptn_jsonw *w, struct ptn_arena *a,
    const struct ptn_hooks_one *h)
{
	char hook[PTN_UUID_STR];
	const char *list = h->events, *event, *text;
	struct ptn_uuid id;

	ptn_uuid_format(&h->id, hook);
	ptn_jsonw_array(w, "events");
	while ((event = next_event(a, &list)) != NULL) {
		text = ptn_arena_printf(a, "%s %s", hook, event);
		id = ptn_webhook_config_id(text != NULL ? text : "");
		ptn_jsonw_object(w, NULL);
		ptn_jsonval_uuid(w, "id", &id);
		ptn_jsonw_str(w, "event", event);
		ptn_jsonw_end_object(w);
	}
	ptn_jsonw_end_array(w);
}

/* secret: NULL, but of a new one. */
static void
write_hook(struct ptn_jsonw *w, struct ptn_arena *a,
    const struct ptn_hooks_one *h, const char *secret)
{
	ptn_jsonw_object(w, NULL);
	ptn_jsonval_uuid(w, "id", &h->id);
	ptn_jsonw_str(w, "callback", h->callback);
	if (secret != NULL)
		ptn_jsonw_str(w, "secret", secret);
	ptn_jsonw_bool(w, "enabled", h->enabled);
	ptn_jsonw_int(w, "failures", h->failures);
	ptn_jsonw_int(w, "waiting", h->waiting);
	ptn_jsonw_int(w, "parked", h->parked);
	ptn_jsonval_time(w, "expires_at", h->expires_at_us);
	write_events(w, a, h);
	ptn_jsonval_time(w, "created_at", h->created_at_us);
	ptn_jsonval_time(w, "updated_at", h->updated_at_us);
	ptn_jsonw_end_object(w);
}

static void
write_configured(struct ptn_jsonw *w, struct ptn_arena *a,
    const struct ptn_hooks_one *h)
{
	const char *list = h->events, *event;

	ptn_jsonw_object(w, NULL);
	ptn_jsonw_str(w, "callback", h->callback);
	ptn_jsonw_array(w, "events");
	while ((event = next_event(a, &list)) != NULL)
		ptn_jsonw_str(w, NULL, event);
	ptn_jsonw_end_array(w);
	ptn_jsonw_end_object(w);
}

/*
 * GET /webhooks: those of the organisation, and those of the file, which are
 * told of all organisations and are nothing that the key of one is told.
 */
enum ptn_err
ptn_admin_hook_list(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_arena *a = req->sc.arena;
	struct ptn_hooks_one *h;
	enum ptn_err r;
	size_t i, n;

	if ((r = ptn_hooks_list(&req->sc, &h, &n)) != PTN_OK)
		return r;
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonw_array(&rep->json, "database");
	for (i = 0; i < n; i++)
		if (!h[i].configured)
			write_hook(&rep->json, a, &h[i], NULL);
	ptn_jsonw_end_array(&rep->json);
	ptn_jsonw_array(&rep->json, "config");
	for (i = 0; i < n; i++)
		if (h[i].configured && !req->bound)
			write_configured(&rep->json, a, &h[i]);
	ptn_jsonw_end_array(&rep->json);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}

static enum ptn_err
not_found(struct ptn_reply *rep)
{
	return ptn_reply_say(rep, PTN_E_NOT_FOUND, "unable to find webhook");
}

/* The one that the path names; those of the file have no path. */
static enum ptn_err
find(struct ptn_request *req, struct ptn_reply *rep, struct ptn_hooks_one *out)
{
	struct ptn_uuid id;
	enum ptn_err r;

	if (!ptn_uuid_parse_any(req->arg, &id))
		return ptn_reply_say(rep, PTN_E_INPUT,
		    "failed to parse the id as uuid");
	r = ptn_hooks_get(&req->sc, &id, out);
	if (r == PTN_E_NOT_FOUND || (r == PTN_OK && out->configured))
		return not_found(rep);
	return r;
}

/*
 * The state that a change may be based on: all but what each
 * message changes: what is counted of it, and for how long it is good.
 */
static const char *
tag_of(const struct ptn_scope *sc, const void *hook)
{
	struct ptn_hooks_one h = *(const struct ptn_hooks_one *)hook;
	struct ptn_jsonw w;

	h.failures = h.waiting = h.parked = 0;
	h.expires_at_us = 0;
	ptn_jsonw_init(&w, sc->arena);
	write_hook(&w, sc->arena, &h, NULL);
	return ptn_admin_tag(&w);
}

/* As it is now, with that. */
static enum ptn_err
answer(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_uuid *id, const char *secret)
{
	struct ptn_hooks_one h;
	enum ptn_err r;

	if ((r = ptn_hooks_get(&req->sc, id, &h)) != PTN_OK ||
	    (r = ptn_hooks_count(&req->sc, &h)) != PTN_OK ||
	    (r = ptn_admin_tag_tell(rep, tag_of(&req->sc, &h))) != PTN_OK)
		return r;
	write_hook(&rep->json, req->sc.arena, &h, secret);
	return PTN_OK;
}

/* GET /webhooks/{id} */
enum ptn_err
ptn_admin_hook_show(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_hooks_one h;
	enum ptn_err r = find(req, rep, &h);

	return r == PTN_OK ? answer(req, rep, &h.id, NULL) : r;
}

/* The array as a list; what is no name in it is said by its number. */
static enum ptn_err
read_events(struct ptn_request *req, struct ptn_reply *rep, const char **out)
{
	const struct ptn_json *list = req->in[EVENTS].json;
	struct ptn_arena *a = req->sc.arena;
	const char *name;
	struct ptn_buf b;
	size_t i;

	ptn_buf_init(&b, a);
	for (i = 0; i < ptn_json_len(list); i++) {
		name = ptn_json_text(a, ptn_json_at(list, i));
		if (name == NULL || !ptn_hook_is_name(name))
			return ptn_reply_say(rep, PTN_E_INPUT,
			    ptn_arena_printf(a,
				"events[%zu] is no event of postern-hooks(7)",
				i));
		if (b.len > 0)
			ptn_buf_char(&b, ' ');
		ptn_buf_str(&b, name);
	}
	ptn_buf_char(&b, '\0');
	*out = b.p;
	return b.bad ? PTN_E_NOMEM : PTN_OK;
}

/* POST /webhooks: its secret is in this answer and no other. */
enum ptn_err
ptn_admin_hook_create(struct ptn_request *req, struct ptn_reply *rep)
{
	const char *events, *why = NULL, *secret;
	struct ptn_uuid id;
	enum ptn_err r;

	if ((r = read_events(req, rep, &events)) != PTN_OK)
		return r;
	r = ptn_hooks_add(&req->sc, req->in[CALLBACK].s, events, &id, &why);
	if (r != PTN_OK)
		return ptn_reply_say(rep, r, why);
	if ((secret = ptn_hookmessage_secret(&req->sc, &id)) == NULL)
		return PTN_E_NOMEM;
	rep->done = PTN_DONE_CREATED;
	return answer(req, rep, &id, secret);
}

/* PUT /webhooks/{id}: all of it, and on again what was switched off. */
enum ptn_err
ptn_admin_hook_edit(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_seen seen = ptn_admin_tag_seen(req, tag_of);
	struct ptn_hooks_one h;
	const char *why = NULL;
	enum ptn_err r;

	if ((r = find(req, rep, &h)) != PTN_OK ||
	    (r = read_events(req, rep, &h.events)) != PTN_OK)
		return r;
	h.callback = req->in[CALLBACK].s;
	h.enabled = req->in[ENABLED].on;
	r = ptn_hooks_edit(&req->sc, &h, &seen, &why);
	if (r == PTN_E_OUTDATED)
		return ptn_reply_say(rep, r,
		    "the webhook has been changed meanwhile");
	if (r == PTN_E_NOT_FOUND)
		return not_found(rep);
	if (r != PTN_OK)
		return ptn_reply_say(rep, r, why);
	return answer(req, rep, &h.id, NULL);
}

/* DELETE /webhooks/{id}: with what it was still to be told. */
enum ptn_err
ptn_admin_hook_delete(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_hooks_one h;
	enum ptn_err r;

	rep->done = PTN_DONE_EMPTY;
	if ((r = find(req, rep, &h)) != PTN_OK)
		return r;
	r = ptn_hooks_remove(&req->sc, &h.id);
	return r == PTN_E_NOT_FOUND ? not_found(rep) : r;
}
