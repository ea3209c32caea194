#include "lib/event/event.h"

#include <assert.h>

#include "lib/base/count.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/db/db.h"
#include "lib/event/actor.h"
#include "lib/event/audit.h"
#include "lib/event/webhook.h"

enum kind {
	IS_UNSET = 0,
	IS_CHANGE, /* recorded in its transaction */
	IS_NOTED,  /* recorded when the answer is settled */
	IS_SIGNAL  /* for webhooks alone */
};

static const struct {
	const char *type;
	enum kind kind;
	enum ptn_notice notice;
	const char *webhook;
	enum ptn_count metric;
} events[PTN_EVENT__MAX] = {
	[PTN_EVENT_NONE] = { "none", IS_UNSET, PTN_NOTICE_NONE, NULL,
		PTN_COUNT_NULL },
#define PTN_EVENT(name, kind, type, notice, told, webhook, metric)             \
	[PTN_EVENT_##                                                          \
	    name] = { type, IS_##kind, PTN_NOTICE_##notice, webhook,           \
		PTN_COUNT_##metric },
#include "lib/event/event.def"
#undef PTN_EVENT
};

/* Some notices may be switched off; the others are always sent. */
static bool
is_told(const struct ptn_conf *cf, enum ptn_event e)
{
	switch (e) {
#define PTN_EVENT(name, kind, type, notice, told, webhook, metric)             \
	case PTN_EVENT_##name:                                                 \
		return told;
#include "lib/event/event.def"
#undef PTN_EVENT
	case PTN_EVENT_NONE:
	case PTN_EVENT__MAX:
		break;
	}
	return false;
}

static void
remember(struct ptn_actor *actor, enum ptn_event e,
    const struct ptn_audit *entry, bool written)
{
	if (actor == NULL)
		return;
	if (actor->n == PTN_EVENTS_MAX) {
		ptn_error("event: no room for %s", entry->type);
		return;
	}
	actor->log[actor->n].event = e;
	actor->log[actor->n].entry = *entry;
	actor->log[actor->n].written = written;
	actor->n++;
}

/* Of whom it is about: those whom others did it to, or those who act. */
static enum ptn_err
tell_hooks(const struct ptn_scope *sc, enum ptn_event e,
    const struct ptn_audit *entry)
{
	const struct ptn_uuid *user = &entry->subject_id;

	if (events[e].webhook == NULL || !sc->cf->hooks_on)
		return PTN_OK;
	if (ptn_uuid_is_nil(user) && sc->actor != NULL &&
	    sc->actor->operator_name == NULL)
		user = &sc->actor->user_id;
	return ptn_webhook_user(sc, events[e].webhook, user);
}

/* What an operator does befalls somebody, also where the rule names nobody. */
static struct ptn_audit
addressed(const struct ptn_scope *sc, const struct ptn_audit *entry)
{
	struct ptn_audit out = *entry;

	if (sc->actor != NULL && sc->actor->operator_name != NULL &&
	    ptn_uuid_is_nil(&out.subject_id))
		out.subject_id = sc->actor->about;
	return out;
}

static enum ptn_err
record(const struct ptn_scope *sc, enum ptn_event e,
    const struct ptn_audit *entry)
{
	const struct ptn_audit whole = addressed(sc, entry);
	enum ptn_err r;

	assert(events[e].kind == IS_CHANGE);
	if (sc->cf->audit_rows) {
		assert(ptn_db_in_tx(sc->db));
		if ((r = ptn_audit_row(sc, &whole)) != PTN_OK)
			return r;
	}
	remember(sc->actor, e, &whole, true);
	return tell_hooks(sc, e, &whole);
}

enum ptn_err
ptn_event(const struct ptn_scope *sc, enum ptn_event e, const char *detail)
{
	const struct ptn_audit entry = { .type = events[e].type,
		.detail = detail,
		.tenant_id = sc->tenant_id };

	assert(events[e].notice == PTN_NOTICE_NONE);
	return record(sc, e, &entry);
}

enum ptn_err
ptn_event_about(const struct ptn_scope *sc, enum ptn_event e,
    const struct ptn_uuid *subject)
{
	const struct ptn_audit entry = { .type = events[e].type,
		.tenant_id = sc->tenant_id,
		.subject_id = *subject };

	assert(events[e].notice == PTN_NOTICE_NONE);
	return record(sc, e, &entry);
}

enum ptn_err
ptn_event_tell_with(const struct ptn_scope *sc, enum ptn_event e,
    const struct ptn_notice_to *to, const char *detail)
{
	const struct ptn_audit entry = { .type = events[e].type,
		.detail = detail,
		.tenant_id = sc->tenant_id,
		.subject_id = to->subject };
	enum ptn_err r;

	assert(events[e].notice != PTN_NOTICE_NONE);
	if ((r = record(sc, e, &entry)) != PTN_OK)
		return r;
	return is_told(sc->cf, e) ? ptn_notice_put(sc, events[e].notice, to)
				  : PTN_OK;
}

enum ptn_err
ptn_event_tell(const struct ptn_scope *sc, enum ptn_event e,
    const struct ptn_notice_to *to)
{
	return ptn_event_tell_with(sc, e, to, NULL);
}

enum ptn_err
ptn_event_signal(const struct ptn_scope *sc, enum ptn_event e,
    const struct ptn_uuid *user)
{
	assert(events[e].kind == IS_SIGNAL);
	return ptn_webhook_user(sc, events[e].webhook, user);
}

enum ptn_err
ptn_event_session(const struct ptn_scope *sc, enum ptn_event e,
    const struct ptn_uuid *user, const struct ptn_uuid *session)
{
	assert(events[e].kind == IS_SIGNAL);
	return ptn_webhook_session(sc, events[e].webhook, user, session);
}

enum ptn_err
ptn_event_sessions(const struct ptn_scope *sc, enum ptn_event e,
    const struct ptn_uuid *user, const struct ptn_uuid *but)
{
	assert(events[e].kind == IS_SIGNAL);
	return ptn_webhook_sessions(sc, events[e].webhook, user, but);
}

void
ptn_event_note(const struct ptn_scope *sc, enum ptn_event e, const char *detail)
{
	const struct ptn_audit entry = { .type = events[e].type,
		.detail = detail };
	const struct ptn_audit whole = addressed(sc, &entry);

	assert(events[e].kind == IS_NOTED);
	remember(sc->actor, e, &whole, false);
}

enum ptn_err
ptn_events_settle(const struct ptn_scope *sc)
{
	struct ptn_actor *actor = sc->actor;
	struct ptn_audit *entry;
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; i < actor->n; i++) {
		entry = &actor->log[i].entry;
		ptn_count(events[actor->log[i].event].metric);
		if (!actor->log[i].written) {
			entry->tenant_id = sc->tenant_id;
			if (sc->cf->audit_rows && r == PTN_OK)
				r = ptn_audit_row(sc, entry);
		}
		if (sc->cf->audit_lines)
			ptn_audit_line(sc, entry);
	}
	actor->n = 0;
	return r;
}
