#include "fcgi/bag.h"

#include <sysexits.h>

#include "lib/base/beat.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/format/address.h"
#include "lib/format/mime.h"

bool
ptn_bag_several(const struct ptn_bag *b)
{
	return b->sc->cf->mail_transport == PTN_MAIL_SMTP;
}

struct ptn_receipt *
ptn_bag_receipts(const struct ptn_bag *b, const struct ptn_slot *s)
{
	return b->receipts + (s - b->slot) * PTN_SLOT_MAILS;
}

/* One that cannot be written is no letter, and is told of at once. */
static enum ptn_err
write_letter(struct ptn_bag *b, const struct ptn_outbox_item *item,
    struct ptn_deliver_letter *letter)
{
	char name[PTN_UUID_STR];
	enum ptn_err r;

	ptn_uuid_format(&item->id, name);
	ptn_debug("mail %s: to %s", name,
	    ptn_address_mask(b->sc->arena, item->mail.to));
	letter->to = item->mail.to;
	r = ptn_mime_address_ok(letter->to) ? PTN_OK : PTN_E_INPUT;
	if (r == PTN_OK)
		r = ptn_mail_write(b->mailer, b->sc->arena, &item->mail,
		    &letter->message);
	if (r != PTN_OK) {
		ptn_warn("mail %s: not written (%s)", name, ptn_err_name(r));
		*letter = (struct ptn_deliver_letter){ "",
			PTN_BYTES("", 0) };
	}
	return r;
}

static int
status_of(enum ptn_err r)
{
	return r == PTN_E_INPUT ? EX_DATAERR : EX_TEMPFAIL;
}

static enum ptn_err
start_several(struct ptn_bag *b, struct ptn_slot *s,
    const struct ptn_outbox_item *const *item, size_t n)
{
	struct ptn_receipt *receipts = ptn_bag_receipts(b, s);
	struct ptn_deliver_letter letter[PTN_SLOT_MAILS];
	enum ptn_err r;
	size_t i;

	for (i = 0; i < n; i++) {
		r = write_letter(b, item[i], &letter[i]);
		if (r != PTN_OK && ptn_receipt_begin(&receipts[i], s->run))
			ptn_receipt_end(&receipts[i], s->run, status_of(r),
			    "it cannot be written");
	}
	return ptn_deliver_many(b->sc->cf, letter, n, b->receipts_fd,
	    (size_t)(receipts - b->receipts), s->run, &s->job);
}

static enum ptn_err
start_one(struct ptn_bag *b, struct ptn_slot *s,
    const struct ptn_outbox_item *item)
{
	struct ptn_deliver_letter letter;
	enum ptn_err r = write_letter(b, item, &letter);

	return r != PTN_OK ? r
			   : ptn_deliver_start(b->sc->cf, letter.to,
				 letter.message, &s->job);
}

static struct ptn_slot *
free_slot(struct ptn_bag *b)
{
	struct ptn_slot *s = b->slot;

	while (s->used)
		s++;
	return s;
}

/* Write the messages and start their delivery; what fails is judged later. */
static void
slot_start(struct ptn_bag *b, const struct ptn_outbox_item *const *item,
    size_t n)
{
	const enum ptn_beat_step before = ptn_beat(PTN_STEP_MAIL);
	const bool several = ptn_bag_several(b);
	struct ptn_slot *s = free_slot(b);
	enum ptn_err r;

	ptn_slot_take(s, item, n, several ? ptn_bag_receipts(b, s) : NULL);
	r = several ? start_several(b, s, item, n) : start_one(b, s, *item);
	(void)ptn_beat(before);
	b->begun_ms = ptn_clock_mono_ms();
	if (r == PTN_OK)
		return;
	s->what = r == PTN_E_INPUT ? PTN_DELIVERY_NEVER : PTN_DELIVERY_LATER;
	ptn_warn("%zu mails: not handed over (%s)", n, ptn_err_name(r));
}

void
ptn_bag_start(struct ptn_bag *b)
{
	const struct ptn_outbox_item *item[PTN_SLOT_MAILS];
	size_t i, n = 0;

	for (i = 0; i < b->n; i++)
		if (b->item[i]->kind != PTN_OUTBOX_NOTICE)
			item[n++] = b->item[i];
	for (i = 0; i < b->n; i++)
		if (b->item[i]->kind == PTN_OUTBOX_NOTICE)
			item[n++] = b->item[i];
	if (ptn_bag_several(b) && n > 0)
		slot_start(b, item, n);
	else
		for (i = 0; i < n; i++)
			slot_start(b, &item[i], 1);
	b->n = 0;
}
