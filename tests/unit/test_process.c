#include "config.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
	assert_int_equal(worker, PTN_SANITIZED ? 0 : 64 * MIB + of_hash);
	assert_int_equal(ptn_process_headroom(&cf, PTN_COURIER), 0);
	assert_int_equal(ptn_process_headroom(&cf, PTN_RECEIVER),
	    worker - of_hash + of_receiver);
	assert_int_equal(ptn_process_headroom(&cf, PTN_ALONE),
	    worker + of_hash);
}

/* A place where systemd would listen, by an abstract name. */
static int
listen_as_systemd(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	char name[sizeof(sa.sun_path)];
	socklen_t len;
	int fd;

	len = (socklen_t)snprintf(name, sizeof(name), "@postern-test-%d",
	    (int)getpid());
	memcpy(sa.sun_path + 1, name + 1, len - 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	assert_int_equal(
	    bind(fd, (const struct sockaddr *)&sa,
		(socklen_t)offsetof(struct sockaddr_un, sun_path) + len),
	    0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	return fd;
}

static void
test_notify(void **state)
{
	char text[64] = "";
	int fd = listen_as_systemd();

	(void)state;
	ptn_process_notify("READY=1");
	assert_int_equal(recv(fd, text, sizeof(text), 0), 7);
	assert_memory_equal(text, "READY=1", 7);
	/* Nobody asked: nobody is told. */
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	ptn_process_notify("READY=1");
	assert_int_equal(recv(fd, text, sizeof(text), 0), -1);
	close(fd);
}

/* Half the time that systemd waits, and only of the process that it means. */
static void
test_watchdog(void **state)
{
	static const struct {
		const char *usec;
		int64_t ms;
	} cases[] = { { "30000000", 15000 }, { "1000", 1 }, { "0", 0 },
		{ "", 0 }, { "-5", 0 }, { "30s", 0 },
		{ "99999999999999999999", 0 } };
	char pid[32];
	size_t i;

	(void)state;
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	assert_int_equal(ptn_process_watchdog_ms(), 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setenv("WATCHDOG_USEC", cases[i].usec, 1);
		assert_int_equal(ptn_process_watchdog_ms(), cases[i].ms);
	}
	setenv("WATCHDOG_USEC", "30000000", 1);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(ptn_process_watchdog_ms(), 15000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(ptn_process_watchdog_ms(), 0);
}

/* Refused, it has not begun to wait. */
static void
test_too_many(void **state)
{
	const int fds[100] = { 0 };
	bool readable[100];
	struct ptn_beat beat = { 0 };

	(void)state;
	ptn_beat_at(&beat);
	(void)ptn_beat(PTN_STEP_DELIVERIES);
	assert_int_equal(ptn_wait_fds(fds, 100, 0, readable), PTN_E_INTERNAL);
	assert_int_equal(ptn_beat_step_of(beat.word), PTN_STEP_DELIVERIES);
	ptn_beat_at(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_headroom),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_watchdog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
