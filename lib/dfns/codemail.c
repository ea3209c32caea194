#include "lib/dfns/codemail.h"

#include <string.h>

#include "lib/account/limit.h"
#include "lib/account/org.h"
#include "lib/account/user.h"
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/uuid.h"
#include "lib/conf/conf.h"
#include "lib/crypto/secrets.h"
#include "lib/dfns/code.h"
#include "lib/dfns/lookup.h"
#include "lib/dfns/member.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"
#include "lib/event/webhook.h"
#include "lib/format/dfnsid.h"

#define WISH_TTL_S 600 /* after that, nobody waits for the mail any more */

/* "2026-01-31 12:00 UTC", which readers of any language understand. */
static const char *
time_text(struct ptn_arena *a)
{
	char now[PTN_CLOCK_STR];

	ptn_clock_format(ptn_clock_us(), now);
	return ptn_arena_printf(a, "%.10s %.5s UTC", now,
	    now + sizeof("2024-01-01T") - 1);
}

enum ptn_err
ptn_codemail_want(const struct ptn_scope *sc, const struct ptn_codemail *w)
{
	const struct ptn_outbox_mail mail = {
		.template = ptn_code_name(w->kind),
		.to = w->username,
		.locale = w->locale,
		.code = "",
		.ttl_s = WISH_TTL_S,
		.time = time_text(sc->arena),
		.address = w->address,
		.asker = ptn_asker_note(sc),
	};

	if (mail.time == NULL || mail.asker == NULL)
		return PTN_E_NOMEM;
	return ptn_outbox_put(sc, PTN_OUTBOX_DFNS_CODE, &mail);
}

/* Some configurations say at once that a name cannot have a code. */
static enum ptn_err
disclose(struct ptn_scope *sc, const char *org, const struct ptn_codemail *w,
    struct ptn_dfns_denial *d)
{
	struct ptn_dfns_lookup who;
	enum ptn_err r;

	if (w->kind == PTN_CODE_REGISTRATION || !ptn_dfns_denial_discloses(sc))
		return PTN_OK;
	r = ptn_dfns_lookup(sc, org, w->username, &who);
	if (r != PTN_OK || who.member.active)
		return r;
	(void)ptn_dfns_denial_of_member(d, &who.member);
	d->detail = NULL; /* the event is not written to the audit log */
	return PTN_E_DENIED;
}

struct request {
	struct ptn_uuid org;
	const struct ptn_codemail *w;
};

static enum ptn_err
request(const struct ptn_scope *sc, void *arg)
{
	const struct request *q = arg;
	const struct ptn_scope at = ptn_scope_at(sc, &q->org);
	enum ptn_err r;

	if ((r = ptn_codemail_want(&at, q->w)) != PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_DFNS_CODE_REQUESTED,
	    ptn_code_name(q->w->kind));
}

enum ptn_err
ptn_codemail_request(struct ptn_scope *sc, const char *org,
    const struct ptn_codemail *w, struct ptn_dfns_denial *d)
{
	struct request q = { ptn_dfns_lookup_org_id(org), w };
	enum ptn_err r;

	if ((r = disclose(sc, org, w, d)) != PTN_OK)
		return r;
	return ptn_tx_single(sc, request, &q);
}

struct granting {
	const struct ptn_outbox_item *item;
	enum ptn_code_kind kind;
	struct ptn_org org;
	struct ptn_member m;
	struct ptn_asker asker;
};

/*
 * Registration codes are for members who have not registered, the other codes
 * for those who have.  An end user whom a service account registers gets none,
 * unless they have proved their address through the other API.
 */
static bool
eligible(const struct granting *g)
{
	if (!g->org.active || g->m.address == NULL || g->m.service_account)
		return false;
	if (g->kind == PTN_CODE_REGISTRATION)
		return g->m.active && !g->m.archived && !g->m.registered &&
		    (g->m.verified || !ptn_member_is_end_user(&g->m));
	return ptn_member_usable(&g->m) && g->m.verified;
}

/*
 * One mail of a kind at a time, and not too many to one mailbox: taken with the
 * grant, or not at all.
 */
static enum ptn_err
throttle(const struct ptn_scope *sc, const struct granting *g)
{
	static const char consequence[] = "a code is not mailed";
	char user[PTN_UUID_STR];
	const struct ptn_limit_on again = { .account = user,
		.asker = g->asker,
		.code = ptn_code_name(g->kind) };
	const struct ptn_limit_on mail = { .mailbox = g->m.address,
		.asker = g->asker,
		.source = g->item->mail.source };
	enum ptn_err r;

	ptn_uuid_format(&g->m.id, user);
	r = ptn_limit_take_unseen(sc, PTN_LIMIT_MAIL_AGAIN, &again,
	    consequence);
	return r == PTN_OK ? ptn_limit_take_mail(sc, &mail, consequence) : r;
}

/* The code as a user types it, and as it is stored; the caller wipes both. */
struct drawn {
	char code[PTN_DFNS_CODE_STR];
	char digits[PTN_DFNS_CODE_STR];
};

static enum ptn_err
draw(struct drawn *d)
{
	ptn_dfns_code_draw(PTN_DFNS_CODE_MAIL, d->code);
	return ptn_dfns_code_normal(PTN_DFNS_CODE_MAIL, ptn_bytes_of(d->code),
		   d->digits)
	    ? PTN_OK
	    : PTN_E_INTERNAL;
}

/* It takes the place of an older one. */
static enum ptn_err
store(const struct ptn_scope *sc, const struct granting *g, const char *digits)
{
	struct ptn_passcode pc = { .user_id = g->m.id,
		.email_id = g->m.email_id,
		.kind = g->kind,
		.asker = g->asker.kind,
		.ttl_s = ptn_code_ttl_s(g->kind),
		.created_at_us = g->m.now_us };
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, &g->m.id)) != PTN_OK ||
	    (r = ptn_code_replace(sc, &pc)) != PTN_OK)
		return r;
	return ptn_passcode_put(sc, digits, &pc);
}

static enum ptn_err
queue(const struct ptn_scope *sc, const struct granting *g, const char *code)
{
	char org[PTN_DFNSID_STR];
	struct ptn_outbox_mail mail = { .template = ptn_code_name(g->kind),
		.to = g->m.address,
		.locale = g->item->mail.locale,
		.code = code,
		.ttl_s = ptn_code_ttl_s(g->kind),
		.service = g->org.rp_name,
		.username = g->m.username,
		.org = org,
		.time = g->item->mail.time,
		.address = g->item->mail.address,
		.source = g->item->mail.source };

	ptn_dfnsid_format(PTN_DFNSID_ORG, &g->org.id, org);
	return ptn_webhook_mail(sc, PTN_OUTBOX_MAIL, &mail);
}

static enum ptn_err
grant(const struct ptn_scope *sc, void *arg)
{
	const struct granting *g = arg;
	struct drawn d;
	enum ptn_err r;

	if ((r = throttle(sc, g)) != PTN_OK)
		return r;
	r = draw(&d);
	if (r == PTN_OK)
		r = store(sc, g, d.digits);
	if (r == PTN_OK)
		r = queue(sc, g, d.code);
	ptn_wipe(&d, sizeof(d));
	return r == PTN_OK ? ptn_outbox_sent(sc, &g->item->id) : r;
}

static bool
kind_of(const char *template, enum ptn_code_kind *out)
{
	int i;

	for (i = PTN_CODE_LOGIN; i < PTN_CODE__MAX; i++) {
		*out = (enum ptn_code_kind)i;
		if (strcmp(template, ptn_code_name(*out)) == 0)
			return true;
	}
	return false;
}

enum ptn_err
ptn_codemail_serve(const struct ptn_scope *sc,
    const struct ptn_outbox_item *item)
{
	const struct ptn_scope at = ptn_scope_at(sc, &item->tenant_id);
	struct granting g = { .item = item };
	enum ptn_err r;

	r = kind_of(item->mail.template, &g.kind) ? PTN_OK : PTN_E_NOT_FOUND;
	if (r == PTN_OK)
		r = ptn_org_get(&at, &item->tenant_id, &g.org);
	if (r == PTN_OK)
		r = ptn_member_by_name(&at, item->mail.to, &g.m);
	if (r == PTN_OK)
		r = eligible(&g) ? ptn_asker_of_note(&at, item->mail.asker,
				       &g.m.id, g.m.known_epoch, &g.asker)
				 : PTN_E_NOT_FOUND;
	if (r == PTN_OK)
		r = ptn_tx(&at, grant, &g);
	if (r == PTN_OK)
		return r;
	if (r != PTN_E_NOT_FOUND && r != PTN_E_RATE)
		return r;
	ptn_debug("a code was asked for in vain");
	return ptn_outbox_failed(sc, &item->id, -1);
}
