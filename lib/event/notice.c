#include "lib/event/notice.h"

#include "lib/conf/conf.h"
#include "lib/event/actor.h"
#include "lib/event/outbox.h"
#include "lib/event/webhook.h"
#include "lib/format/dfnsid.h"
#include "lib/format/locale.h"

#define TTL_S (3 * 86400) /* later it is no news */

/* The mails, as mail.c knows them. */
static const char *const templates[PTN_NOTICE__MAX] = {
	[PTN_NOTICE_NONE] = "",
#define PTN_NOTICE(name, mail) [PTN_NOTICE_##name] = mail,
#define PTN_NOTICE_LIKE PTN_NOTICE
#include "lib/event/notice.def"
};

/* Of which there may be so many. */
static const char *const buckets[PTN_NOTICE__MAX] = {
	[PTN_NOTICE_NONE] = "",
#define PTN_NOTICE(name, mail) [PTN_NOTICE_##name] = #name,
#define PTN_NOTICE_LIKE PTN_NOTICE
#include "lib/event/notice.def"
};

/* By what it was done: an API, or the program as the operator has it. */
static const char *
by(const struct ptn_actor *actor)
{
	if (actor == NULL)
		return NULL;
	return actor->operator_name != NULL ? "postern"
					    : ptn_api_title(actor->api);
}

enum ptn_err
ptn_notice_put(const struct ptn_scope *sc, enum ptn_notice what,
    const struct ptn_notice_to *to)
{
	const struct ptn_actor *actor = sc->actor;
	char org[PTN_DFNSID_STR];
	const struct ptn_outbox_mail mail = { .template = templates[what],
		.to = to->address,
		.locale = ptn_locale_match(
		    actor != NULL ? actor->accept_language : NULL),
		.code = "",
		.ttl_s = TTL_S,
		.service =
		    to->service != NULL ? to->service : sc->cf->service_name,
		.username = to->username,
		.org = org,
		.api = by(actor),
		.bucket = buckets[what] };

	if (!sc->cf->mail_enabled || to->address == NULL || !to->verified)
		return PTN_OK;
	ptn_dfnsid_format(PTN_DFNSID_ORG, &sc->tenant_id, org);
	return ptn_webhook_mail(sc, PTN_OUTBOX_NOTICE, &mail);
}
