#include "lib/account/notices.h"

#include "lib/account/limit.h"
#include "lib/event/tx.h"
#include "lib/mail/mail.h"

static enum ptn_err
count(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_outbox_item *item = arg;
	struct ptn_outbox_mail mail = item->mail;
	const struct ptn_limit_on on = { .mailbox = mail.to,
		.notice = mail.bucket };
	bool last;
	enum ptn_err r = ptn_limit_take_notice(sc, &on, &last);

	if (r == PTN_OK) {
		if (last)
			mail.template = PTN_MAIL_MANY;
		mail.bucket = NULL;
		mail.ttl_s = item->left_s;
		r = ptn_outbox_put(sc, PTN_OUTBOX_NOTICE, &mail);
	}
	return r == PTN_OK || r == PTN_E_RATE
	    ? ptn_outbox_failed(sc, &item->id, -1)
	    : r;
}

enum ptn_err
ptn_notices_count(const struct ptn_scope *sc,
    const struct ptn_outbox_item *item)
{
	struct ptn_outbox_item one = *item;
	struct ptn_scope at = *sc;

	at.tenant_id = item->tenant_id;
	return ptn_tx(&at, count, &one);
}
