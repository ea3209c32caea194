#include "lib/event/notice.h"

#include "lib/event/outbox.h"
#include "lib/format/dfnsid.h"

#define TTL_S (3 * 86400) /* who learns of it later has learnt it otherwise */

/* The mails, as mail.c knows them. */
static const char *const templates[PTN_NOTICE__MAX] = {
	[PTN_NOTICE_CREDENTIAL] = "credential",
	[PTN_NOTICE_RECOVERED] = "recovered",
};

enum ptn_err
ptn_notice_put(const struct ptn_scope *sc, const struct ptn_notice *n)
{
	char org[PTN_DFNSID_STR];
	const struct ptn_outbox_mail mail = { .template = templates[n->what],
		.to = n->address,
		.locale = n->locale,
		.code = "",
		.ttl_s = TTL_S,
		.service = n->service,
		.username = n->username,
		.org = org };

	if (!sc->cf->mail_enabled || n->address == NULL)
		return PTN_OK;
	ptn_dfnsid_format(PTN_DFNSID_ORG, &sc->tenant_id, org);
	return ptn_outbox_put(sc, &mail);
}
