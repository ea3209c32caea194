#include "fcgi/sent.h"

#include "lib/base/clock.h"
#include "lib/base/count.h"
#include "lib/base/log.h"
#include "lib/mail/refused.h"

#define REFUSED_MS (60 * 1000) /* between words that we are refused */
#define RECORD_MS 1000	       /* between attempts to write down an outcome */
#define NOTE_MS 200	       /* between those of a program at work */

/* Never so late that the code has expired by then. */
static int64_t
retry_delay(const struct ptn_slot_mail *m)
{
	const int64_t left = (m->dead_ms - ptn_clock_mono_ms()) / 1000;
	const int64_t d = ptn_slot_delay(m->attempts);

	if (left <= 0)
		return -1;
	return d > left / 2 ? left / 2 + 1 : d;
}

static struct ptn_outbox_outcome
outcome_of(const struct ptn_slot_mail *m)
{
	struct ptn_outbox_outcome o = { m->id, m->claim, PTN_OUTBOX_GONE, 0 };

	if (m->step == PTN_SLOT_BACK) {
		o.what = PTN_OUTBOX_UNTRIED;
	} else if (m->what != PTN_DELIVERY_DONE &&
	    m->what != PTN_DELIVERY_NEVER) {
		o.what = PTN_OUTBOX_AGAIN;
		o.delay_s = retry_delay(m);
	}
	return o;
}

static bool
is_known(const struct ptn_slot_mail *m)
{
	return m->step == PTN_SLOT_JUDGED || m->step == PTN_SLOT_BACK;
}

/* Those that are recorded, and those that it is too late for. */
static size_t
forget_known(struct ptn_slot *s, bool recorded)
{
	const int64_t now = ptn_clock_mono_ms();
	size_t i, left = 0;

	for (i = 0; i < s->n; i++) {
		if (is_known(&s->mail[i]) &&
		    (recorded || now >= s->mail[i].dead_ms))
			s->mail[i].step = PTN_SLOT_NONE;
		left += s->mail[i].step != PTN_SLOT_NONE;
	}
	return left;
}

bool
ptn_sent_record(struct ptn_sent *t, struct ptn_slot *s)
{
	struct ptn_outbox_outcome o[PTN_SLOT_MAILS];
	const int64_t now = ptn_clock_mono_ms();
	bool back = false;
	enum ptn_err r;
	size_t i, n = 0;

	if (now < t->record_ms || (s->job.pid != 0 && now < s->noted_ms))
		return false;
	for (i = 0; i < s->n; i++)
		if (is_known(&s->mail[i])) {
			back = back || s->mail[i].step == PTN_SLOT_BACK;
			o[n++] = outcome_of(&s->mail[i]);
		}
	r = n > 0 ? ptn_outbox_record(t->sc, o, n) : PTN_OK;
	if (r != PTN_OK)
		t->record_ms = now + RECORD_MS;
	s->noted_ms = now + NOTE_MS;
	if (forget_known(s, r == PTN_OK) == 0 && s->job.pid == 0)
		s->used = 0;
	return back && r == PTN_OK;
}

/* Known to all who ask how we are, until a mail is taken. */
static void
relay_refuses(struct ptn_sent *t, const char *said)
{
	const int64_t now = ptn_clock_mono_ms();

	if (t->relay != PTN_SENT_REFUSES)
		ptn_error("mail waits: the mail server does not take us: %s",
		    said);
	else if (now - t->refused_ms < REFUSED_MS)
		return;
	t->relay = PTN_SENT_REFUSES;
	t->refused_ms = now;
	if (ptn_refused_put(t->sc->db, t->sc->arena, said) != PTN_OK)
		ptn_warn("that mail waits is not told elsewhere");
}

static void
relay_takes(struct ptn_sent *t)
{
	if (t->relay == PTN_SENT_TAKES ||
	    ptn_refused_clear(t->sc->db) != PTN_OK)
		return;
	if (t->relay == PTN_SENT_REFUSES)
		ptn_info("the mail server takes us again");
	t->relay = PTN_SENT_TAKES;
}

static void
log_it(const struct ptn_slot_mail *m, const char *said)
{
	const long long n = (long long)m->attempts + 1;
	char name[PTN_UUID_STR];

	ptn_uuid_format(&m->id, name);
	if (m->what == PTN_DELIVERY_DONE)
		ptn_info("mail %s: sent (attempt %lld)", name, n);
	else if (m->what == PTN_DELIVERY_NEVER)
		ptn_error("mail %s: dropped: %s", name, said);
	else if (ptn_clock_mono_ms() >= m->dead_ms)
		ptn_error("mail %s: dropped: its code has expired: %s", name,
		    said);
	else
		ptn_warn("mail %s: attempt %lld failed: %s", name, n, said);
}

void
ptn_sent_told(void *sent, const struct ptn_slot_mail *m, const char *said)
{
	static const enum ptn_count counts[] = {
		[PTN_DELIVERY_LATER] = PTN_COUNT_MAIL_LATER,
		[PTN_DELIVERY_REFUSED] = PTN_COUNT_MAIL_REFUSED,
		[PTN_DELIVERY_NEVER] = PTN_COUNT_MAIL_NEVER,
		[PTN_DELIVERY_DONE] = PTN_COUNT_MAIL_SENT,
	};
	struct ptn_sent *t = sent;

	ptn_count(counts[m->what]);
	log_it(m, *said != '\0' ? said : "no reason");
	if (m->what == PTN_DELIVERY_DONE)
		relay_takes(t);
	else if (m->what == PTN_DELIVERY_REFUSED)
		relay_refuses(t, said);
}
