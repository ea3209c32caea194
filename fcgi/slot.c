#include "fcgi/slot.h"

#include <stdatomic.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/rng.h"

#define DELAY_FIRST_S 5
#define DELAY_FACTOR 3
#define DELAY_MAX_S 3600
#define LEFT_MAX_MS (PTN_SLOT_LEFT_MAX_S * INT64_C(1000))

static void
fill(struct ptn_slot_mail *m, const struct ptn_outbox_item *item)
{
	m->id = item->id;
	m->claim = item->claim;
	m->kind = item->kind;
	memcpy(m->source, item->mail.source.p, sizeof(m->source));
	m->attempts = item->attempts;
	m->dead_ms = ptn_clock_mono_ms() + item->left_s * 1000;
	m->step = PTN_SLOT_AWAY;
}

void
ptn_slot_take(struct ptn_slot *s, const struct ptn_outbox_item *const *item,
    size_t n, struct ptn_receipt *receipts)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < n; i++)
		fill(&s->mail[i], item[i]);
	s->n = (uint32_t)n;
	s->several = receipts != NULL;
	s->run = ptn_rng_below(UINT32_MAX);
	s->moved_ms = ptn_clock_mono_ms();
	s->job.err_fd = -1;
	if (receipts != NULL)
		ptn_receipts_clear(receipts, PTN_SLOT_MAILS, s->run);
	/* Whoever comes after us finds it whole, or not at all. */
	atomic_signal_fence(memory_order_seq_cst);
	s->used = 1;
}

static bool
mail_ok(const struct ptn_slot_mail *m, int64_t dead_max)
{
	return (m->kind == PTN_OUTBOX_MAIL || m->kind == PTN_OUTBOX_NOTICE) &&
	    m->attempts >= 0 && m->attempts < INT32_MAX && m->dead_ms >= 0 &&
	    m->dead_ms <= dead_max &&
	    (unsigned int)m->what <= PTN_DELIVERY_DONE &&
	    m->step <= PTN_SLOT_BACK;
}

static bool
slot_ok(const struct ptn_slot *s)
{
	const int64_t now = ptn_clock_mono_ms();
	size_t i;

	if (s->used != 1 || s->several > 1 || s->n < 1 ||
	    s->n > PTN_SLOT_MAILS || (s->several == 0 && s->n != 1) ||
	    (unsigned int)s->what > PTN_DELIVERY_DONE)
		return false;
	for (i = 0; i < s->n; i++)
		if (!mail_ok(&s->mail[i], now + LEFT_MAX_MS))
			return false;
	return true;
}

bool
ptn_slot_adopt(struct ptn_slot *s)
{
	if (!slot_ok(s) || !ptn_deliver_adopt(&s->job)) {
		memset(s, 0, sizeof(*s));
		return false;
	}
	s->moved_ms = ptn_clock_mono_ms();
	s->noted_ms = 0;
	return true;
}

/* Its program is gone, or was never there. */
static bool
is_over(const struct ptn_slot *s)
{
	return s->job.pid == 0;
}

static void
judge(struct ptn_slot_mail *m, enum ptn_delivery what)
{
	m->what = what;
	atomic_signal_fence(memory_order_seq_cst);
	m->step = PTN_SLOT_JUDGED;
}

/* What it left with says nothing for good of one mail among several. */
static enum ptn_delivery
left_with(const struct ptn_slot *s)
{
	return s->what == PTN_DELIVERY_NEVER && s->n > 1 ? PTN_DELIVERY_LATER
							 : s->what;
}

/*
 * What its program left without a word.  If it did not leave as it should, that
 * is what became of all of it; or somebody would be asked for it at once, again
 * and again.
 */
static bool
look_over(const struct ptn_slot *s, struct ptn_slot_mail *m,
    struct ptn_receipt *r, enum ptn_receipt_phase phase)
{
	if (phase == PTN_RECEIPT_WAITING) {
		if (!ptn_receipt_take_back(r, s->run))
			return false;
		if (s->what == PTN_DELIVERY_DONE) {
			m->step = PTN_SLOT_BACK;
			return false;
		}
	}
	judge(m,
	    phase == PTN_RECEIPT_WAITING ? left_with(s) : PTN_DELIVERY_LATER);
	return true;
}

/* True: it was judged now. */
static bool
look_at(struct ptn_slot *s, struct ptn_slot_mail *m, struct ptn_receipt *r,
    char said[PTN_RECEIPT_SAID_MAX])
{
	enum ptn_receipt_phase phase;
	int status;

	said[0] = '\0';
	if (!s->several) {
		if (is_over(s))
			judge(m, s->what);
		return is_over(s);
	}
	phase = ptn_receipt_look(r, s->run, &status, said);
	if (phase == PTN_RECEIPT_ENDED) {
		judge(m, ptn_deliver_judge(status));
		s->moved_ms = ptn_clock_mono_ms();
		return true;
	}
	if (phase == PTN_RECEIPT_BACK)
		m->step = PTN_SLOT_BACK;
	return phase != PTN_RECEIPT_BACK && is_over(s) &&
	    look_over(s, m, r, phase);
}

void
ptn_slot_look(struct ptn_slot *s, struct ptn_receipt *receipts,
    ptn_slot_told_fn told, void *arg)
{
	char said[PTN_RECEIPT_SAID_MAX];
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (s->mail[i].step != PTN_SLOT_AWAY ||
		    !look_at(s, &s->mail[i],
			s->several ? &receipts[i] : NULL, said))
			continue;
		told(arg, &s->mail[i], *said != '\0' ? said : s->job.said);
	}
}

/* The last one first: its program comes from the other side. */
void
ptn_slot_take_back(struct ptn_slot *s, struct ptn_receipt *receipts, bool all)
{
	size_t i, keep = 0;

	while (!all && keep < s->n && s->mail[keep].step != PTN_SLOT_AWAY)
		keep++;
	keep += !all;
	for (i = s->several ? s->n : 0; i > keep; i--)
		if (s->mail[i - 1].step == PTN_SLOT_AWAY &&
		    !ptn_receipt_take_back(&receipts[i - 1], s->run))
			break; /* it has come so far */
}

bool
ptn_slot_has_code(const struct ptn_slot *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->mail[i].kind != PTN_OUTBOX_NOTICE &&
		    s->mail[i].step == PTN_SLOT_AWAY)
			return true;
	return false;
}

/* Give or take a fifth. */
int64_t
ptn_slot_delay(int64_t attempts)
{
	int64_t d = DELAY_FIRST_S;

	for (; attempts > 0 && d < DELAY_MAX_S; attempts--)
		d *= DELAY_FACTOR;
	if (d > DELAY_MAX_S)
		d = DELAY_MAX_S;
	return d * 4 / 5 + (int64_t)ptn_rng_below((uint32_t)(d * 2 / 5 + 1));
}

const uint8_t *
ptn_slot_source(const struct ptn_slot *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->mail[i].step == PTN_SLOT_AWAY)
			return s->mail[i].source;
	return s->mail[0].source;
}

size_t
ptn_slot_count(const struct ptn_slot *slot, size_t n,
    const uint8_t source[PTN_OUTBOX_SOURCE_LEN])
{
	size_t i, found = 0;

	for (i = 0; i < n; i++)
		found += slot[i].used &&
		    memcmp(ptn_slot_source(&slot[i]), source,
			PTN_OUTBOX_SOURCE_LEN) == 0;
	return found;
}

bool
ptn_slot_delivering(const struct ptn_slot *slot, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (slot[i].used && slot[i].job.pid != 0)
			return true;
	return false;
}
