#include "config.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "fcgi/process.h"
#include "lib/conf/conf.h"

#define MIB ((size_t)1024 * 1024)

static bool
can_map(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED && munmap(p, len) == 0;
}

/* What a child finds of the bound; the test itself is not to be bound. */
static _Noreturn void
try_bound(void)
{
	bool ok;

	ptn_process_bound(32 * MIB);
	ok = can_map(8 * MIB) && !can_map(64 * MIB);
	/* A new one counts from what there is now, and 0 is none. */
	ptn_process_bound(96 * MIB);
	ok = ok && can_map(64 * MIB) && !can_map(128 * MIB);
	ptn_process_bound(0);
	_exit(ok && can_map(128 * MIB) ? 0 : 1);
}

static void
test_bound(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		try_bound();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* What each role has a use for beside what all have; sanitizers need all. */
static void
test_headroom(void **state)
{
	const struct ptn_conf cf = { .receive_memory_kib = 5 * 1024,
		.argon2_memory_kib = 7 * 1024,
		.argon2_max_kib = 9 * 1024 };
	const size_t worker = ptn_process_headroom(&cf, PTN_WORKER);
	const size_t of_receiver = PTN_SANITIZED ? 0 : 5 * MIB;
	const size_t of_hash = PTN_SANITIZED ? 0 : 9 * MIB;

	(void)state;
	assert_int_equal(worker, PTN_SANITIZED ? 0 : 64 * MIB);
	assert_int_equal(ptn_process_headroom(&cf, PTN_COURIER), 0);
	assert_int_equal(ptn_process_headroom(&cf, PTN_RECEIVER),
	    worker + of_receiver);
	assert_int_equal(ptn_process_headroom(&cf, PTN_ALONE),
	    worker + of_hash);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_headroom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
