/*
 * The receiver, as a process of its own; the test is the workers at both ends
 * of it, and has its clock.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <linux/sockios.h>

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fcgi/handover.h"
#include "fcgi/process.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "tests/unit/records.h"

#define PEERS_MAX 200
#define FEW 2 /* that may wait between receiver and workers */
#define DEADLINE_S 10

/* What both processes see. */
struct shared {
	struct ptn_score score;
	_Atomic int64_t clock_ms;
};

static struct shared *shared;
static struct ptn_conf cf;
static int receive[2];
static int whole[2];
static int log_fd;
static pid_t pid;
static int peer[PEERS_MAX];
static size_t npeers;
static size_t idle_files; /* descriptors of a receiver that holds nobody */

/* In the place of clock.c. */
int64_t
ptn_clock_us(void)
{
	return PTN_US_PER_S;
}

int64_t
ptn_clock_mono_ms(void)
{
	return atomic_load(&shared->clock_ms);
}

int64_t
ptn_clock_mono_us(void)
{
	return ptn_clock_mono_ms() * PTN_US_PER_MS;
}

void
ptn_clock_format(int64_t us, char text[PTN_CLOCK_STR])
{
	(void)us;
	text[0] = '\0';
}

static _Noreturn void
be_receiver(int log)
{
	struct ptn_identity id = { .change = false };
	struct ptn_child c = { .cf = &cf,
		.score = &shared->score,
		.receive_fd = receive[0],
		.whole_fd = whole[1] };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(log, STDERR_FILENO);
	close(log);
	close(log_fd);
	close(receive[1]);
	close(whole[0]);
	ptn_log_init(PTN_LOG_INFO, "receiver");
	if (ptn_process_confine(&cf, &id, PTN_RECEIVER) != PTN_OK)
		_exit(1);
	_exit(ptn_receiver_run(&c));
}

static size_t
files(void)
{
	char path[64];
	size_t n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	d = opendir(path);
	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static void
start(int connections, int kib)
{
	int log[2];

	cf = (struct ptn_conf){ .receive_connections = connections,
		.receive_memory_kib = kib,
		.receive_deadline_s = DEADLINE_S };
	assert_int_equal(ptn_handover_open(receive, 0), PTN_OK);
	assert_int_equal(ptn_handover_open(whole, FEW), PTN_OK);
	assert_int_equal(pipe(log), 0);
	log_fd = log[0];
	fcntl(log_fd, F_SETFL, O_NONBLOCK);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		be_receiver(log[1]);
	close(log[1]);
	while (atomic_load(&shared->score.ready) == 0)
		sched_yield();
	idle_files = files();
}

static void
forget_peers(void)
{
	for (; npeers > 0; npeers--)
		close(peer[npeers - 1]);
}

/* It leaves when nobody can send to it any more, and it holds nobody. */
static void
stop(void)
{
	int status;

	forget_peers();
	close(receive[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	pid = 0;
	close(receive[0]);
	close(whole[0]);
	close(whole[1]);
	close(log_fd);
}

static int
setup(void **state)
{
	void *p = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)state;
	if (p == MAP_FAILED)
		return -1;
	shared = p;
	atomic_store(&shared->clock_ms, 1000000);
	npeers = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	forget_peers();
	if (pid != 0)
		(void)kill(pid, SIGKILL);
	pid = 0;
	return munmap(shared, sizeof(*shared));
}

/* -------------------------------------------------------------- what comes */

static void
say(int fd, size_t from, size_t to)
{
	assert_int_equal(send(fd, out + from, to - from, MSG_DONTWAIT),
	    (ssize_t)(to - from));
}

/* A connection with the first bytes of a request on it: its other end. */
static int
come(size_t len)
{
	const int room = 4 * PTN_BODY_MAX;
	struct ptn_arrival a = { .side = PTN_PUBLIC };
	enum ptn_err r;
	int pair[2];

	assert_true(npeers < PEERS_MAX);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	(void)setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	peer[npeers++] = pair[0];
	say(pair[0], 0, len);
	a.conn = a.source = pair[1];
	while ((r = ptn_handover_send(receive[1], &a)) == PTN_E_BUSY)
		sched_yield();
	assert_int_equal(r, PTN_OK);
	close(pair[1]);
	return pair[0];
}

/* Bytes that lie in a socket and have not been taken. */
static int
unread(int fd)
{
	int n = 0;

	/* A peer that has been closed takes no more. */
	return ioctl(fd, SIOCOUTQ, &n) == 0 ? n : 0;
}

/* Until the receiver has seen to all that was sent. */
static void
settle(void)
{
	int n = 1;
	size_t i;

	while (ioctl(receive[0], SIOCINQ, &n) == 0 && n > 0)
		sched_yield();
	for (i = 0; i < npeers; i++)
		while (unread(peer[i]) > 0)
			sched_yield();
	while (atomic_load(&shared->score.busy_since_ms) != 0)
		sched_yield();
}

/* Time goes by, in steps in which the receiver looks at its deadlines. */
static void
pass(int64_t ms)
{
	atomic_fetch_add(&shared->clock_ms, ms);
}

/* ------------------------------------------------------- what comes of it */

/* The body of the next one that a worker gets. */
static size_t
take(void)
{
	static uint8_t bytes[2 * PTN_BODY_MAX];
	struct ptn_records r;
	struct ptn_arrival a;
	enum ptn_err e;
	ssize_t got;

	while ((e = ptn_handover_take(whole[0], &a)) == PTN_E_NOT_FOUND)
		sched_yield();
	assert_int_equal(e, PTN_OK);
	got = read(a.source, bytes, sizeof(bytes));
	assert_true(got > 0);
	ptn_records_init(&r, NULL);
	(void)ptn_records_feed(&r, bytes, (size_t)got);
	assert_int_equal(r.state, PTN_RECORDS_WHOLE);
	ptn_arrival_close(&a);
	return r.body;
}

/* The status of an answer that lies there; 0: none; -1: closed without. */
static int
told(int fd)
{
	char text[1024];
	ssize_t got;

	got = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	if (got <= 0)
		return got == 0 ? -1 : 0;
	text[got] = '\0';
	assert_memory_equal(text + 8, "Status: ", 8);
	return atoi(text + 16);
}

/* Lines in the log since the last call, those with a text, and that text. */
static char log_text[64 * 1024];

static size_t
log_lines(void)
{
	size_t n = 0;
	ssize_t got;
	char *p;

	got = read(log_fd, log_text, sizeof(log_text) - 1);
	log_text[got < 0 ? 0 : got] = '\0';
	for (p = log_text; (p = strchr(p, '\n')) != NULL; p++)
		n++;
	return n;
}

/* ------------------------------------------------------------------ tests */

/*
 * Many are whole and no worker takes them: each holds its connection and
 * nothing else, and all of them are served, who came first before the others.
 */
static void
test_descriptors(void **state)
{
	const int n = 96; /* two each would be more than the spare ones */
	size_t i;

	(void)state;
	start(n, 16 * 1024);
	for (i = 0; i < (size_t)n; i++) {
		request(i);
		(void)come(out_len);
	}
	settle();
	assert_true(files() <= idle_files + (size_t)n);
	for (i = 0; i < (size_t)n; i++)
		assert_int_equal(take(), i);
	settle();
	assert_int_equal(files(), idle_files);
	assert_int_equal(log_lines(), 0);
	stop();
}

/* What they hold is bounded, too: who is too much is told at once. */
static void
test_memory(void **state)
{
	const size_t n = 100, body = 12000;
	const size_t most = 1024 * 1024 / body + FEW;
	size_t i, served, refused = 0;

	(void)state;
	start(512, 1024);
	request(body);
	for (i = 0; i < n; i++) {
		(void)come(out_len);
		settle();
		if (told(peer[i]) == 503)
			refused++;
		else
			assert_int_equal(refused, 0);
	}
	served = n - refused;
	assert_true(served <= most && served >= most / 2);
	for (i = 0; i < served; i++)
		assert_int_equal(take(), body);
	pass(1000);
	while (log_lines() == 0)
		sched_yield();
	assert_non_null(strstr(log_text, "the workers are behind"));
	stop();
}

/* The same with the number of them. */
static void
test_places(void **state)
{
	const size_t max = 8, n = 20;
	size_t i;

	(void)state;
	start((int)max, 16 * 1024);
	for (i = 0; i < n; i++) {
		request(i);
		(void)come(out_len);
		settle();
	}
	/* The last place is that of the last one. */
	for (i = 0; i < n; i++)
		assert_int_equal(told(peer[i]),
		    i < FEW + max - 1 || i == n - 1 ? 0 : 503);
	for (i = 0; i < FEW + max - 1; i++)
		assert_int_equal(take(), i);
	assert_int_equal(take(), n - 1);
	stop();
}

/* A quick start is no merit for ever: who sends lately stays. */
static void
test_slowest(void **state)
{
	const size_t max = 8, step = 1000;
	size_t i, t;

	(void)state;
	start((int)max, 16 * 1024);
	request(PTN_BODY_MAX);
	(void)come(100000);
	for (i = 1; i < max; i++)
		(void)come(step);
	for (t = 1; t <= 60; t++) {
		settle();
		pass(100);
		for (i = 1; i < max; i++)
			say(peer[i], t * step, (t + 1) * step);
	}
	settle();
	/* In all they have sent less than the first. */
	(void)come(100);
	settle();
	assert_int_equal(told(peer[0]), 503);
	for (i = 1; i <= max; i++)
		assert_int_equal(told(peer[i]), 0);
	stop();
}

/* Who is not whole in time, and who is and finds no worker. */
static void
test_deadlines(void **state)
{
	size_t i;

	(void)state;
	start(16, 16 * 1024);
	request(10);
	for (i = 0; i < FEW + 1; i++)
		(void)come(out_len);
	(void)come(out_len - 1);
	settle();
	pass(DEADLINE_S * 1000);
	(void)come(out_len - 1);
	settle();
	pass(1000);
	while (told(peer[FEW + 1]) != 408)
		sched_yield();
	assert_int_equal(told(peer[FEW]), 0);
	assert_int_equal(told(peer[FEW + 2]), 0);
	pass(DEADLINE_S * 1000);
	while (told(peer[FEW]) != 503)
		sched_yield();
	stop();
}

/* More than there are places; all of them leave in the end. */
static void
crowd(bool at_once)
{
	size_t i;

	for (i = 0; i < 20; i++) {
		(void)come(20);
		if (at_once)
			shutdown(peer[npeers - 1], SHUT_WR);
	}
	settle();
	forget_peers();
}

/* However many are dropped, for whatever reason, the log stays short. */
static void
test_log(void **state)
{
	size_t i, lines = 0;

	(void)state;
	start(8, 16 * 1024);
	request(10);
	for (i = 0; i < 50; i++) {
		crowd(i % 2 == 0);
		pass(100);
		lines += log_lines();
	}
	assert_true(lines >= 2 && lines <= 4);
	stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_descriptors, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_places, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slowest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deadlines, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_log, setup, teardown),
	};

	ptn_signals_block();
	alarm(300); /* what is waited for may never come */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
