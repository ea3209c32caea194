#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/rng.h"

/*
 * The C library's getrandom(), replaced: answers from a script first, then
 * from the kernel.  A positive number gives as many bytes at most, a negative
 * one is an error.
 */
static const int *script;
static size_t script_len;
static const uint32_t *values;
static size_t values_len;

ssize_t
getrandom(void *buf, size_t len, unsigned flags)
{
	int step;

	if (values_len > 0 && len == sizeof(*values)) {
		memcpy(buf, values++, sizeof(*values));
		values_len--;
		return sizeof(*values);
	}
	if (script_len > 0) {
		step = *script++;
		script_len--;
		if (step < 0) {
			errno = -step;
			return -1;
		}
		len = len < (size_t)step ? len : (size_t)step;
	}
	return syscall(SYS_getrandom, buf, len, flags);
}

static void
test_fills_all(void **state)
{
	uint8_t b[1000], seen = 0;
	size_t i, n;

	(void)state;
	for (n = 0; n < sizeof(b); n += 37) {
		memset(b, 0, sizeof(b));
		ptn_rng(b, n);
		for (i = n; i < sizeof(b); i++)
			assert_int_equal(b[i], 0);
	}
	/* Each of these is zero once in 2^64 runs. */
	for (i = 0; i + 8 <= n - 37; i += 8)
		assert_memory_not_equal(b + i, "\0\0\0\0\0\0\0", 8);
	for (i = 0; i < n - 37; i++)
		seen |= b[i];
	assert_int_equal(seen, 0xff);
}

static void
test_interrupted_and_short(void **state)
{
	static const int steps[] = { -EINTR, 1, -EINTR, -EINTR, 7, 3 };
	uint8_t b[32] = { 0 };

	(void)state;
	script = steps;
	script_len = sizeof(steps) / sizeof(steps[0]);
	ptn_rng(b, sizeof(b));
	assert_int_equal(script_len, 0);
	assert_memory_not_equal(b + 24, "\0\0\0\0\0\0\0", 8);
}

static void
die_without_random(int step)
{
	const struct rlimit none = { 0, 0 };
	uint8_t b[16];

	setrlimit(RLIMIT_CORE, &none);
	signal(SIGABRT, SIG_DFL);
	script = &step;
	script_len = 1;
	ptn_rng(b, sizeof(b));
	_exit(0);
}

static void
test_no_randomness_ends_the_process(void **state)
{
	static const int steps[] = { -ENOSYS, -EIO, -EAGAIN, 0 };
	size_t i;
	pid_t pid;
	int status;

	(void)state;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			die_without_random(steps[i]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGABRT);
	}
}

/* 2^32 mod 10 is 6: the first six values would make 0..5 more likely. */
static void
test_below_rejects_bias(void **state)
{
	static const uint32_t raw[] = { 0, 5, 6, 0xffffffff, 3, 17 };

	(void)state;
	values = raw;
	values_len = sizeof(raw) / sizeof(raw[0]);
	assert_int_equal(ptn_rng_below(10), 6);
	assert_int_equal(ptn_rng_below(10), 5);
	assert_int_equal(ptn_rng_below(10), 7);
	assert_int_equal(values_len, 0);
}

static void
test_below_power_of_two_takes_all(void **state)
{
	static const uint32_t raw[] = { 0, 0xffffffff };

	(void)state;
	values = raw;
	values_len = 2;
	assert_int_equal(ptn_rng_below(1U << 31), 0);
	assert_int_equal(ptn_rng_below(1U << 31), 0x7fffffff);
	assert_int_equal(values_len, 0);
}

static void
test_below_range(void **state)
{
	static const uint32_t bounds[] = { 1, 2, 3, 10, 1000000, UINT32_MAX };
	bool hit[10] = { false };
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++)
		for (n = 0; n < 200; n++)
			assert_true(ptn_rng_below(bounds[i]) < bounds[i]);
	for (n = 0; n < 2000; n++)
		hit[ptn_rng_below(10)] = true;
	for (i = 0; i < 10; i++)
		assert_true(hit[i]);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fills_all),
		cmocka_unit_test(test_interrupted_and_short),
		cmocka_unit_test(test_no_randomness_ends_the_process),
		cmocka_unit_test(test_below_rejects_bias),
		cmocka_unit_test(test_below_power_of_two_takes_all),
		cmocka_unit_test(test_below_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
