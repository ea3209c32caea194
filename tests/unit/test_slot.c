/* What a courier that died kept of a mail: bytes that anything may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fcgi/slot.h"
#include "lib/base/clock.h"
#include "lib/base/rng.h"

#define TRIES 200000

static struct ptn_receipt receipts[PTN_SLOT_MAILS];

/* As it is taken, and while a program is at work. */
static struct ptn_slot
make_slot(void)
{
	const uint8_t source[PTN_OUTBOX_SOURCE_LEN] = { 1, 2 };
	struct ptn_outbox_item item = { .id = { { 1, 2, 3 } },
		.kind = PTN_OUTBOX_NOTICE,
		.attempts = 4,
		.left_s = 600,
		.mail.source = PTN_BYTES(source, sizeof(source)) };
	const struct ptn_outbox_item *const items[] = { &item, &item, &item };
	struct ptn_slot s;

	memset(&s, 0xa5, sizeof(s));
	ptn_slot_take(&s, items, 3, receipts);
	s.job.pid = 4711;
	s.job.deadline_ms =
	    ptn_clock_mono_ms() + PTN_DELIVER_TIMEOUT_S * INT64_C(1000);
	(void)strcpy(s.job.said, "450 later");
	s.job.said_len = strlen(s.job.said);
	return s;
}

static void
test_goes_on(void **state)
{
	struct ptn_slot s = make_slot();

	(void)state;
	assert_true(ptn_slot_adopt(&s));
	assert_int_equal(s.used, 1);
	assert_int_equal(s.job.pid, 4711);
	assert_int_equal(s.job.err_fd, -1);
	assert_true(s.job.adopted);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.mail[2].attempts, 4);
	assert_int_equal(s.mail[2].kind, PTN_OUTBOX_NOTICE);
	assert_int_equal(s.mail[2].id.b[2], 3);
	assert_int_equal(s.mail[2].step, PTN_SLOT_AWAY);
	assert_string_equal(s.job.said, "450 later");
}

/* Taken, and nothing begun: it is written down as not sent. */
static void
test_not_begun(void **state)
{
	struct ptn_slot s = make_slot();

	(void)state;
	s.job.pid = 0;
	s.job.deadline_ms = 0;
	assert_true(ptn_slot_adopt(&s));
	assert_int_equal(s.what, PTN_DELIVERY_LATER);
	assert_int_equal(s.job.pid, 0);
}

#define BYTE(member) offsetof(struct ptn_slot, member)

/* One member that cannot be, in a slot that is sound. */
static void
test_refused(void **state)
{
	const int64_t late = INT64_MAX, early = INT64_MIN;
	const int odd = 1000, all = -1, every = 1, none_of_them = 0;
	const size_t len = PTN_DELIVER_SAID_MAX;
	const struct {
		size_t at, len;
		const void *value;
	} cases[] = {
		{ BYTE(used), 1, "\2" },
		{ BYTE(several), 1, "\2" },
		{ BYTE(several), 1, "\0" }, /* and yet three */
		{ BYTE(n), sizeof(int), &odd },
		{ BYTE(n), sizeof(int), &none_of_them },
		{ BYTE(mail[2].kind), sizeof(int), &odd },
		{ BYTE(mail[2].kind), sizeof(int), &all },
		{ BYTE(mail[2].attempts), 8, &late },
		{ BYTE(mail[2].attempts), 8, &early },
		{ BYTE(mail[2].dead_ms), 8, &late },
		{ BYTE(mail[2].dead_ms), 8, &early },
		{ BYTE(mail[2].what), sizeof(int), &odd },
		{ BYTE(mail[2].step), 1, "\4" },
		{ BYTE(what), sizeof(int), &odd },
		{ BYTE(what), sizeof(int), &all },
		{ BYTE(job.pid), sizeof(pid_t), &all },
		{ BYTE(job.pid), sizeof(pid_t), &every },
		{ BYTE(job.deadline_ms), 8, &late },
		{ BYTE(job.deadline_ms), 8, &early },
		{ BYTE(job.smtp), 1, "\2" },
		{ BYTE(job.known), 1, "\377" },
		{ BYTE(job.lost), 1, "\2" },
		{ BYTE(job.said_len), sizeof(len), &len },
	};
	const struct ptn_slot none = { 0 };
	struct ptn_slot s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s = make_slot();
		memcpy((uint8_t *)&s + cases[i].at, cases[i].value,
		    cases[i].len);
		if (ptn_slot_adopt(&s))
			fail_msg("case %zu", i);
		assert_memory_equal(&s, &none, sizeof(s));
	}
	s = make_slot();
	memset(s.job.said, 'x', sizeof(s.job.said)); /* without an end */
	assert_false(ptn_slot_adopt(&s));
}

/* Of bytes that mean nothing, what is taken is within all bounds. */
static void
test_any_bytes(void **state)
{
	struct ptn_slot s, sound = make_slot();
	uint8_t *bytes = (uint8_t *)&s;
	size_t i, j, taken = 0;

	(void)state;
	for (i = 0; i < TRIES; i++) {
		memcpy(bytes, &sound, sizeof(s));
		for (j = ptn_rng_below(4); j > 0; j--)
			bytes[ptn_rng_below(sizeof(s))] =
			    (uint8_t)ptn_rng_below(256);
		if (!ptn_slot_adopt(&s))
			continue;
		taken++;
		assert_true(s.n <= PTN_SLOT_MAILS);
		assert_true(s.mail[0].kind < PTN_OUTBOX__MAX);
		assert_true(s.job.pid == 0 || s.job.pid > 1);
		assert_true(s.job.said_len < sizeof(s.job.said));
		assert_true(strlen(s.job.said) < sizeof(s.job.said));
	}
	assert_true(taken > 0 && taken < TRIES);
}

static char told[PTN_SLOT_MAILS][PTN_RECEIPT_SAID_MAX];
static size_t ntold;

static void
tell(void *arg, const struct ptn_slot_mail *m, const char *said)
{
	(void)arg;
	(void)snprintf(told[ntold++], sizeof(told[0]), "%d %s", (int)m->what,
	    said);
}

static void
look(struct ptn_slot *s)
{
	ntold = 0;
	ptn_slot_look(s, receipts, tell, NULL);
}

/* Three mails: one is taken, one is under way when the rest is taken back. */
static void
test_receipts(void **state)
{
	struct ptn_slot s = make_slot();

	(void)state;
	assert_true(ptn_receipt_begin(&receipts[0], s.run));
	look(&s);
	assert_int_equal(ntold, 0);
	ptn_receipt_end(&receipts[0], s.run, 0, "");
	assert_true(ptn_receipt_begin(&receipts[1], s.run));
	look(&s);
	assert_int_equal(ntold, 1);
	assert_int_equal(s.mail[0].what, PTN_DELIVERY_DONE);
	ptn_slot_take_back(&s, receipts, false);
	assert_false(ptn_receipt_begin(&receipts[2], s.run));
	look(&s);
	assert_int_equal(ntold, 0);
	assert_int_equal(s.mail[1].step, PTN_SLOT_AWAY);
	assert_int_equal(s.mail[2].step, PTN_SLOT_BACK);
	ptn_receipt_end(&receipts[1], s.run, 69, "refused at RCPT: 550\nx");
	look(&s);
	assert_int_equal(ntold, 1);
	assert_string_equal(told[0], "2 refused at RCPT: 550");
}

/* One that is slow to start has the first; one that is given up has none. */
static void
test_slow_to_start(void **state)
{
	struct ptn_slot s = make_slot();

	(void)state;
	ptn_slot_take_back(&s, receipts, false);
	look(&s);
	assert_int_equal(s.mail[0].step, PTN_SLOT_AWAY);
	assert_int_equal(s.mail[1].step, PTN_SLOT_BACK);
	assert_int_equal(s.mail[2].step, PTN_SLOT_BACK);
	assert_true(ptn_receipt_begin(&receipts[0], s.run));
	s = make_slot();
	ptn_slot_take_back(&s, receipts, true);
	assert_false(ptn_receipt_begin(&receipts[0], s.run));
}

/* What no program could take at once is not what no mail may have. */
static void
test_too_much(void **state)
{
	struct ptn_slot s = make_slot();

	(void)state;
	s.job.pid = 0;
	s.what = PTN_DELIVERY_NEVER;
	look(&s);
	assert_int_equal(s.mail[0].what, PTN_DELIVERY_LATER);
	assert_int_equal(s.mail[2].what, PTN_DELIVERY_LATER);
}

/*
 * Its program is gone: one that it had begun may be there, or not; one that it
 * had not is as good as not taken, unless all of it failed.
 */
static void
test_program_gone(void **state)
{
	struct ptn_slot s = make_slot();

	(void)state;
	assert_true(ptn_receipt_begin(&receipts[0], s.run));
	s.job.pid = 0;
	s.what = PTN_DELIVERY_DONE;
	look(&s);
	assert_int_equal(ntold, 1);
	assert_int_equal(s.mail[0].what, PTN_DELIVERY_LATER);
	assert_int_equal(s.mail[1].step, PTN_SLOT_BACK);
	assert_int_equal(s.mail[2].step, PTN_SLOT_BACK);

	s = make_slot();
	s.job.pid = 0;
	s.what = PTN_DELIVERY_REFUSED;
	look(&s);
	assert_int_equal(ntold, 3);
	assert_string_equal(told[2], "1 450 later");
	assert_false(ptn_receipt_begin(&receipts[2], s.run));
}

/* One of before has no say in what its places are used for now. */
static void
test_another_run(void **state)
{
	struct ptn_slot s = make_slot();
	const uint32_t before = s.run + 1;

	(void)state;
	assert_false(ptn_receipt_begin(&receipts[0], before));
	assert_true(ptn_receipt_begin(&receipts[0], s.run));
	ptn_receipt_end(&receipts[0], before, 0, "");
	look(&s);
	assert_int_equal(ntold, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goes_on),
		cmocka_unit_test(test_not_begun),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_receipts),
		cmocka_unit_test(test_slow_to_start),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_program_gone),
		cmocka_unit_test(test_another_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
