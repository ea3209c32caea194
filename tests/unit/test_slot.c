/* What a courier that died kept of a mail: bytes that anything may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fcgi/slot.h"
#include "lib/base/clock.h"
#include "lib/base/rng.h"

#define TRIES 200000

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
	struct ptn_slot s;

	memset(&s, 0xa5, sizeof(s));
	ptn_slot_take(&s, &item);
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
	(void)strcpy(s.name, "anything");
	assert_true(ptn_slot_adopt(&s));
	assert_int_equal(s.used, 1);
	assert_int_equal(s.job.pid, 4711);
	assert_int_equal(s.job.err_fd, -1);
	assert_true(s.job.adopted);
	assert_int_equal(s.attempts, 4);
	assert_int_equal(s.kind, PTN_OUTBOX_NOTICE);
	assert_string_equal(s.name, "01020300-0000-0000-0000-000000000000");
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
	const int odd = 1000, all = -1, every = 1;
	const size_t len = PTN_DELIVER_SAID_MAX;
	const struct {
		size_t at, len;
		const void *value;
	} cases[] = {
		{ BYTE(used), 1, "\2" },
		{ BYTE(kind), sizeof(int), &odd },
		{ BYTE(kind), sizeof(int), &all },
		{ BYTE(attempts), 8, &late },
		{ BYTE(attempts), 8, &early },
		{ BYTE(dead_ms), 8, &late },
		{ BYTE(dead_ms), 8, &early },
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
		assert_true(s.kind < PTN_OUTBOX__MAX);
		assert_true(s.job.pid == 0 || s.job.pid > 1);
		assert_true(s.job.said_len < sizeof(s.job.said));
		assert_true(strlen(s.job.said) < sizeof(s.job.said));
		assert_int_equal(strlen(s.name), PTN_UUID_STR - 1);
	}
	assert_true(taken > 0 && taken < TRIES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goes_on),
		cmocka_unit_test(test_not_begun),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
