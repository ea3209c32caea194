#include "lib/event/event.h"

#include <assert.h>

#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/db/db.h"
#include "lib/event/actor.h"
#include "lib/event/audit.h"

/* What the last two columns say is served where such things are served. */
static const struct {
	const char *type;
	enum ptn_event_kind kind;
	enum ptn_notice notice;
	const char *webhook;
	const char *metric;
} events[PTN_EVENT__MAX] = {
	[PTN_EVENT_NONE] = { "none", PTN_EVENT_IS_UNSET, PTN_NOTICE_NONE, NULL,
	    NULL },
#define PTN_EVENT(name, kind, type, notice, webhook, metric)                   \
	[PTN_EVENT_##name] = { type, PTN_EVENT_IS_##kind, PTN_NOTICE_##notice, \
		webhook, metric },
#include "lib/event/event.def"
#undef PTN_EVENT
};

const char *
ptn_event_type(enum ptn_event e)
{
	return events[(unsigned)e < PTN_EVENT__MAX ? e : PTN_EVENT_NONE].type;
}

enum ptn_event_kind
ptn_event_kind(enum ptn_event e)
{
	return events[(unsigned)e < PTN_EVENT__MAX ? e : PTN_EVENT_NONE].kind;
}

static void
remember(struct ptn_actor *actor, enum ptn_event e, const char *detail,
    bool written)
{
	if (actor == NULL)
		return;
	if (actor->n == PTN_EVENTS_MAX) {
		ptn_error("event: no room for %s", ptn_event_type(e));
		return;
	}
	actor->log[actor->n].event = e;
	actor->log[actor->n].detail = detail;
	actor->log[actor->n].written = written;
	actor->n++;
}

static enum ptn_err
record(const struct ptn_scope *sc, enum ptn_event e, const char *detail)
{
	enum ptn_err r;

	assert(events[e].kind == PTN_EVENT_IS_CHANGE);
	if (sc->cf->audit_rows) {
		assert(ptn_db_in_tx(sc->db));
		r = ptn_audit_row(sc, ptn_event_type(e), detail);
		if (r != PTN_OK)
			return r;
	}
	remember(sc->actor, e, detail, true);
	return PTN_OK;
}

enum ptn_err
ptn_event(const struct ptn_scope *sc, enum ptn_event e, const char *detail)
{
	assert(events[e].notice == PTN_NOTICE_NONE);
	return record(sc, e, detail);
}

enum ptn_err
ptn_event_tell(const struct ptn_scope *sc, enum ptn_event e,
    const struct ptn_notice_to *to)
{
	enum ptn_err r;

	assert(events[e].notice != PTN_NOTICE_NONE);
	if ((r = record(sc, e, NULL)) != PTN_OK)
		return r;
	return ptn_notice_put(sc, events[e].notice, to);
}

void
ptn_event_note(const struct ptn_scope *sc, enum ptn_event e, const char *detail)
{
	remember(sc->actor, e, detail, false);
}

enum ptn_err
ptn_events_settle(const struct ptn_scope *sc)
{
	struct ptn_actor *actor = sc->actor;
	enum ptn_err r = PTN_OK;
	const char *type;
	size_t i;

	for (i = 0; i < actor->n && r == PTN_OK; i++) {
		type = ptn_event_type(actor->log[i].event);
		if (sc->cf->audit_rows && !actor->log[i].written)
			r = ptn_audit_row(sc, type, actor->log[i].detail);
		if (sc->cf->audit_lines)
			ptn_audit_line(sc, type, actor->log[i].detail);
	}
	actor->n = 0;
	return r;
}
