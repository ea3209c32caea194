#include "lib/account/hooks.h"

#include <string.h>

#include "lib/base/count.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/db/sql.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"
#include "lib/event/webhook.h"
#include "lib/format/hook.h"

static bool
is_configured(const struct ptn_scope *sc, const struct ptn_uuid *id,
    struct ptn_hooks_one *out)
{
	const struct ptn_conf_hook *h = sc->cf->hooks.v;
	struct ptn_uuid its;
	size_t i;

	for (i = 0; i < sc->cf->hooks.n; i++) {
		its = ptn_webhook_config_id(h[i].callback);
		if (!ptn_uuid_equal(&its, id))
			continue;
		*out = (struct ptn_hooks_one){ .id = its,
			.callback = h[i].callback,
			.events = h[i].events,
			.configured = true,
			.enabled = true };
		return true;
	}
	return false;
}

enum ptn_err
ptn_hooks_count(const struct ptn_scope *sc, struct ptn_hooks_one *one)
{
	uint8_t source[PTN_OUTBOX_SOURCE_LEN];
	const struct ptn_outbox_waiting_in in = { sc->tenant_id,
		PTN_BYTES(source, sizeof(source)) };
	struct ptn_outbox_waiting_out row;
	enum ptn_err r;

	ptn_webhook_source(&one->id, source);
	r = ptn_sql_outbox_waiting(sc->db, sc->arena, &in, &row);
	one->waiting = row.waiting;
	one->parked = row.parked;
	return r;
}

enum ptn_err
ptn_hooks_get(const struct ptn_scope *sc, const struct ptn_uuid *id,
    struct ptn_hooks_one *out)
{
	const struct ptn_webhook_get_in in = { sc->tenant_id, *id };
	struct ptn_webhook_get_out row;
	enum ptn_err r;

	if (is_configured(sc, id, out))
		return PTN_OK;
	r = ptn_sql_webhook_get(sc->db, sc->arena, &in, &row);
	if (r == PTN_OK)
		*out = (struct ptn_hooks_one){ .id = *id,
			.callback = row.callback,
			.events = row.events,
			.enabled = row.enabled != 0,
			.failures = row.failures,
			.expires_at_us = row.expires_at,
			.created_at_us = row.created_at,
			.updated_at_us = row.updated_at };
	return r;
}

static struct ptn_hooks_one
of_row(const struct ptn_webhooks_of_out *row)
{
	return (struct ptn_hooks_one){ .id = row->id,
		.callback = row->callback,
		.events = row->events,
		.enabled = row->enabled != 0,
		.failures = row->failures,
		.expires_at_us = row->expires_at,
		.created_at_us = row->created_at,
		.updated_at_us = row->updated_at };
}

enum ptn_err
ptn_hooks_list(const struct ptn_scope *sc, struct ptn_hooks_one **out,
    size_t *n)
{
	const struct ptn_webhooks_of_in in = { sc->tenant_id };
	struct ptn_webhooks_of_out *row;
	struct ptn_hooks_one *one;
	struct ptn_uuid id;
	enum ptn_err r;
	size_t i, rows;

	r = ptn_sql_webhooks_of(sc->db, sc->arena, &in, &row, &rows);
	if (r != PTN_OK)
		return r;
	*n = sc->cf->hooks.n + rows;
	if ((one = ptn_arena_calloc(sc->arena, *n + 1, sizeof(*one))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; r == PTN_OK && i < *n; i++) {
		if (i < sc->cf->hooks.n) {
			id = ptn_webhook_config_id(sc->cf->hooks.v[i].callback);
			(void)is_configured(sc, &id, &one[i]);
		} else {
			one[i] = of_row(&row[i - sc->cf->hooks.n]);
		}
		r = ptn_hooks_count(sc, &one[i]);
	}
	*out = one;
	return r;
}

/* Does a name stand in a list, by itself? */
static bool
stands_in(const char *list, const char *name)
{
	const size_t n = strlen(name);
	size_t len;

	for (; *list != '\0'; list += len) {
		list += strspn(list, " ");
		len = strcspn(list, " ");
		if (len == n && memcmp(list, name, n) == 0)
			return true;
	}
	return false;
}

static const char *
fault_of_events(const struct ptn_scope *sc, const char *events)
{
	const char *name;
	size_t len;

	if (events[strspn(events, " ")] == '\0')
		return "there must be an event";
	if (strlen(events) > PTN_HOOK_EVENTS_MAX)
		return "there are too many events";
	for (; *events != '\0'; events += len) {
		events += strspn(events, " ");
		len = strcspn(events, " ");
		name = ptn_arena_strndup(sc->arena, events, len);
		if (name == NULL || !ptn_hook_is_name(name))
			return ptn_arena_printf(sc->arena,
			    "\"%.40s\" is no event of postern-hooks(7)",
			    name != NULL ? name : "");
		if (stands_in(events + len, name))
			return ptn_arena_printf(sc->arena,
			    "\"%s\" stands there twice", name);
	}
	return NULL;
}

/* NULL: they may stand there. */
static const char *
fault_of(const struct ptn_scope *sc, const char *callback, const char *events)
{
	const char *why = fault_of_events(sc, events);

	if (why != NULL)
		return why;
	why = ptn_hook_url_fault(callback, sc->cf->hook_http);
	return why == NULL
	    ? NULL
	    : ptn_arena_printf(sc->arena, "the callback %s", why);
}

/* Of one, for the record; NULL says less. */
static const char *
name_of(const struct ptn_scope *sc, const struct ptn_uuid *id)
{
	char text[PTN_UUID_STR];

	ptn_uuid_format(id, text);
	return ptn_arena_strdup(sc->arena, text);
}

static enum ptn_err
add(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_webhook_put_in *in = arg;
	enum ptn_err r;
	uint64_t n;

	if ((r = ptn_sql_webhook_put(sc->db, in, &n)) != PTN_OK)
		return r;
	return n == 0
	    ? PTN_E_CONFLICT
	    : ptn_event(sc, PTN_EVENT_WEBHOOK_CREATED, name_of(sc, &in->id));
}

enum ptn_err
ptn_hooks_add(const struct ptn_scope *sc, const char *callback,
    const char *events, struct ptn_uuid *out, const char **why)
{
	struct ptn_webhook_put_in in = { ptn_uuid_new(), sc->tenant_id,
		callback, events, PTN_HOOKS_LIFESPAN_S, PTN_HOOKS_MAX };
	enum ptn_err r;

	if ((*why = fault_of(sc, callback, events)) != NULL)
		return PTN_E_INPUT;
	*out = in.id;
	if ((r = ptn_tx(sc, add, &in)) == PTN_E_CONFLICT)
		*why = "there are as many webhooks as there may be";
	return r;
}

struct changing {
	struct ptn_webhook_change_in in;
	const struct ptn_seen *seen;
};

static enum ptn_err
change(const struct ptn_scope *sc, void *arg)
{
	const struct changing *c = arg;
	const struct ptn_webhook_lock_in lock = { sc->tenant_id, c->in.id };
	struct ptn_webhook_lock_out locked;
	struct ptn_hooks_one now;
	enum ptn_err r;

	if ((r = ptn_sql_webhook_lock(sc->db, sc->arena, &lock, &locked)) !=
		PTN_OK ||
	    (r = ptn_hooks_get(sc, &c->in.id, &now)) != PTN_OK ||
	    (r = ptn_seen_still(c->seen, sc, &now)) != PTN_OK ||
	    (r = ptn_sql_webhook_change(sc->db, &c->in)) != PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_WEBHOOK_CHANGED,
	    name_of(sc, &c->in.id));
}

enum ptn_err
ptn_hooks_edit(const struct ptn_scope *sc, const struct ptn_hooks_one *one,
    const struct ptn_seen *seen, const char **why)
{
	struct changing c = { { one->callback, one->events, one->enabled,
				  PTN_HOOKS_LIFESPAN_S, sc->tenant_id,
				  one->id },
		seen };

	if ((*why = fault_of(sc, one->callback, one->events)) != NULL)
		return PTN_E_INPUT;
	return ptn_tx(sc, change, &c);
}

static enum ptn_err
remove_one(const struct ptn_scope *sc, void *arg)
{
	uint8_t source[PTN_OUTBOX_SOURCE_LEN];
	const struct ptn_outbox_forget_in rows = { sc->tenant_id,
		PTN_BYTES(source, sizeof(source)) };
	struct ptn_webhook_delete_in in = { .tenant_id = sc->tenant_id };
	enum ptn_err r;
	uint64_t n;

	memcpy(&in.id, arg, sizeof(in.id));
	ptn_webhook_source(&in.id, source);
	if ((r = ptn_sql_webhook_delete(sc->db, &in, &n)) != PTN_OK)
		return r;
	if (n == 0)
		return PTN_E_NOT_FOUND;
	if ((r = ptn_sql_outbox_forget(sc->db, &rows, &n)) != PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_WEBHOOK_DELETED, name_of(sc, &in.id));
}

enum ptn_err
ptn_hooks_remove(const struct ptn_scope *sc, const struct ptn_uuid *id)
{
	struct ptn_uuid mine = *id;

	return ptn_tx(sc, remove_one, &mine);
}

struct replaying {
	struct ptn_hooks_one hook;
	uint64_t n;
};

static enum ptn_err
replay(const struct ptn_scope *sc, void *arg)
{
	struct replaying *p = arg;
	uint8_t source[PTN_OUTBOX_SOURCE_LEN];
	const struct ptn_outbox_replay_in in = { PTN_WEBHOOK_TRIED_S +
		    PTN_WEBHOOK_KEPT_S,
		sc->tenant_id, PTN_BYTES(source, sizeof(source)) };
	struct changing on = { { p->hook.callback, p->hook.events, 1,
				   PTN_HOOKS_LIFESPAN_S, sc->tenant_id,
				   p->hook.id },
		NULL };
	enum ptn_err r = PTN_OK;

	ptn_webhook_source(&p->hook.id, source);
	if (!p->hook.configured)
		r = change(sc, &on);
	return r == PTN_OK ? ptn_sql_outbox_replay(sc->db, &in, &p->n) : r;
}

enum ptn_err
ptn_hooks_replay(const struct ptn_scope *sc, const struct ptn_uuid *id,
    uint64_t *n)
{
	struct replaying p = { .n = 0 };
	enum ptn_err r;

	if ((r = ptn_hooks_get(sc, id, &p.hook)) == PTN_OK)
		r = ptn_tx(sc, replay, &p);
	*n = p.n;
	return r;
}

/*
 * Off, and what it was to be told is kept: once, whoever finds out first, to
 * whom *off says so.
 */
static enum ptn_err
switch_off(const struct ptn_scope *sc, const struct ptn_uuid *id,
    const char *why, bool *off)
{
	uint8_t source[PTN_OUTBOX_SOURCE_LEN];
	const struct ptn_webhook_disable_in in = { sc->tenant_id, *id };
	const struct ptn_outbox_park_all_in rows = { sc->tenant_id,
		PTN_BYTES(source, sizeof(source)) };
	char name[PTN_UUID_STR];
	enum ptn_err r;
	uint64_t n;

	ptn_webhook_source(id, source);
	r = ptn_sql_webhook_disable(sc->db, &in, &n);
	if (r != PTN_OK || n == 0)
		return r;
	ptn_uuid_format(id, name);
	ptn_error("webhook %s: switched off: %s", name, why);
	*off = true;
	if ((r = ptn_sql_outbox_park_all(sc->db, &rows, &n)) != PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_WEBHOOK_DISABLED,
	    ptn_arena_printf(sc->arena, "%s: %s", name, why));
}

enum ptn_err
ptn_hooks_park(const struct ptn_scope *sc, const struct ptn_outbox_told *told)
{
	const struct ptn_outbox_park_in park = { told->id };
	uint64_t n;

	return ptn_sql_outbox_park(sc->db, &park, &n);
}

enum ptn_err
ptn_hooks_look(const struct ptn_scope *sc, int64_t *on, int64_t *off)
{
	struct ptn_webhook_states_out out;
	enum ptn_err r;

	r = ptn_sql_webhook_states(sc->db, sc->arena, &out);
	*on = r == PTN_OK ? out.on : 0;
	*off = r == PTN_OK ? out.off : 0;
	return r;
}

struct ending {
	const struct ptn_outbox_told *told;
	const struct ptn_uuid *hook;
	bool refused;
	int64_t delay_s;
	enum ptn_count given_up; /* PTN_COUNT_NULL: it was not */
	bool off;
};

static enum ptn_err
worked(const struct ptn_scope *sc, void *arg)
{
	const struct ending *e = arg;
	const struct ptn_webhook_worked_in in = { PTN_HOOKS_LIFESPAN_S,
		sc->tenant_id, *e->hook };
	enum ptn_err r;
	uint64_t n;

	if ((r = ptn_sql_webhook_worked(sc->db, &in, &n)) != PTN_OK)
		return r;
	return ptn_outbox_sent(sc, &e->told->id);
}

enum ptn_err
ptn_hooks_worked(const struct ptn_scope *sc, const struct ptn_outbox_told *told,
    const struct ptn_uuid *hook)
{
	struct ending e = { .told = told, .hook = hook };

	return ptn_tx(sc, worked, &e);
}

/* One more; the last of them switches it off. */
static enum ptn_err
count_failure(const struct ptn_scope *sc, struct ending *e)
{
	const struct ptn_webhook_failed_in in = { sc->tenant_id, *e->hook,
		PTN_HOOKS_FAILURES_MAX };
	enum ptn_err r;
	uint64_t n;

	r = ptn_sql_webhook_failed(sc->db, &in, &n);
	if (r != PTN_OK || n > 0)
		return r;
	return switch_off(sc, e->hook, "too many failures in a row", &e->off);
}

static enum ptn_err
give_up(const struct ptn_scope *sc, struct ending *e, enum ptn_count reason,
    const char *why)
{
	char hook[PTN_UUID_STR], id[PTN_UUID_STR];

	ptn_uuid_format(e->hook, hook);
	ptn_uuid_format(&e->told->id, id);
	ptn_error("webhook %s: msg_%s is given up: %s", hook, id, why);
	e->given_up = reason;
	return ptn_hooks_park(sc, e->told);
}

static enum ptn_err
failed(const struct ptn_scope *sc, void *arg)
{
	struct ending *e = arg;
	enum ptn_err r;

	e->given_up = PTN_COUNT_NULL;
	e->off = false;
	if (e->told->left_s <= PTN_WEBHOOK_KEPT_S)
		r = give_up(sc, e, PTN_COUNT_HOOK_OVERDUE, "its time is over");
	else if (e->refused && e->told->attempts + 1 >= PTN_HOOKS_REFUSALS_MAX)
		r = give_up(sc, e, PTN_COUNT_HOOK_UNWANTED, "it is refused");
	else
		r = ptn_outbox_failed(sc, &e->told->id, e->delay_s);
	if (r != PTN_OK || e->told->attempts > 0)
		return r;
	return count_failure(sc, e);
}

enum ptn_err
ptn_hooks_failed(const struct ptn_scope *sc, const struct ptn_outbox_told *told,
    const struct ptn_uuid *hook, bool refused, int64_t delay_s)
{
	struct ending e = { .told = told,
		.hook = hook,
		.refused = refused,
		.delay_s = delay_s };
	const enum ptn_err r = ptn_tx(sc, failed, &e);

	if (r != PTN_OK)
		return r;
	ptn_count(e.given_up);
	ptn_count(e.off ? PTN_COUNT_HOOK_OFF : PTN_COUNT_NULL);
	return PTN_OK;
}

static enum ptn_err
expire_one(const struct ptn_scope *sc, void *arg)
{
	struct ending *e = arg;

	e->off = false;
	return switch_off(sc, e->hook, "nothing reached it for too long",
	    &e->off);
}

enum ptn_err
ptn_hooks_expire(const struct ptn_scope *sc)
{
	struct ptn_webhooks_expired_out *row;
	struct ptn_scope at;
	struct ending e;
	enum ptn_err r;
	size_t i, n;

	if (!sc->cf->hooks_on || !sc->cf->hooks_expire)
		return PTN_OK;
	r = ptn_sql_webhooks_expired(sc->db, sc->arena, &row, &n);
	for (i = 0; r == PTN_OK && i < n; i++) {
		at = ptn_scope_at(sc, &row[i].tenant_id);
		e = (struct ending){ .hook = &row[i].id };
		r = ptn_tx(&at, expire_one, &e);
		if (r == PTN_OK && e.off)
			ptn_count(PTN_COUNT_HOOK_OFF);
	}
	return r;
}
