/* What is said of a child twice, before it is gone. */
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/peek.h"

#define CODE 75

/* One that waits until it is killed, or leaves at once. */
static pid_t
child(int code)
{
	const pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0 && code >= 0)
		_exit(code);
	while (pid == 0)
		(void)pause();
	return pid;
}

/* It is said as often as is asked, and then by waitpid(2) the same. */
static void
assert_said(pid_t pid, int how)
{
	int first = -1, again = -1, last = -2;

	assert_int_equal(ptn_peek(pid, how, &first), pid);
	assert_int_equal(ptn_peek(-1, how, &again), pid);
	assert_int_equal(waitpid(pid, &last, how), pid);
	assert_int_equal(first, last);
	assert_int_equal(again, last);
}

static void
test_ends(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	assert_said(child(CODE), 0);
	assert_said(child(0), 0);
	pid = child(-1);
	assert_int_equal(ptn_peek(pid, WNOHANG, &status), 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_said(pid, 0);
	assert_int_equal(ptn_peek(-1, WNOHANG, &status), -1);
	assert_int_equal(errno, ECHILD);
}

static void
test_stops(void **state)
{
	const int how = WUNTRACED | WCONTINUED;
	const pid_t pid = child(-1);

	(void)state;
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_said(pid, how);
	assert_int_equal(kill(pid, SIGCONT), 0);
	assert_said(pid, how);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_said(pid, how);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
