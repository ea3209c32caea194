#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/hashgate.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define STORM 50

/* What the children of a test tell. */
static struct {
	_Atomic int holding;
	_Atomic int busy_at_once;
	_Atomic int busy_later;
	_Atomic int got_later;
	_Atomic int broken;
	_Atomic int let_go;
} * board;

static int
setup(void **state)
{
	(void)state;
	ptn_log_init(PTN_LOG_ERROR, "test");
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return board == MAP_FAILED;
}

static struct ptn_conf
conf(int64_t workers, int64_t slots, int64_t queue)
{
	struct ptn_conf cf;

	memset(&cf, 0, sizeof(cf));
	cf.workers = workers;
	cf.hash_slots = slots;
	cf.hash_queue = queue;
	cf.hash_wait_s = 1;
	cf.argon2_memory_kib = 8192;
	cf.argon2_max_kib = 8192;
	return cf;
}

static struct ptn_hashgate *
gate_of(const struct ptn_conf *cf, const char *dir)
{
	struct ptn_hashgate *g;

	assert_int_equal(ptn_hashgate_open(&g, cf, dir), PTN_OK);
	memset(board, 0, sizeof(*board));
	return g;
}

static void
nap(long ms)
{
	(void)usleep((useconds_t)ms * 1000);
}

/* Wait until the counter is at least n; a minute is enough for any machine. */
static void
wait_for(_Atomic int *counter, int n)
{
	int i;

	for (i = 0; i < 60000 && atomic_load(counter) < n; i++)
		nap(1);
	assert_true(atomic_load(counter) >= n);
}

/* A child that enters, tells how that went, and holds until told. */
static pid_t
spawn(struct ptn_hashgate *g)
{
	struct ptn_hashgate_slot slot;
	int64_t start_ms;
	enum ptn_err r;
	pid_t pid = fork();
	bool late;

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	start_ms = ptn_clock_mono_ms();
	r = ptn_hashgate_enter(g, &slot);
	late = ptn_clock_mono_ms() - start_ms >= 500;
	if (r != PTN_OK) {
		board->busy_later += late;
		board->busy_at_once += !late;
		_exit(r == PTN_E_BUSY ? 0 : 1);
	}
	board->got_later += late;
	board->holding++;
	while (!board->let_go)
		nap(1);
	ptn_hashgate_leave(g, &slot);
	_exit(0);
}

static void
reap(pid_t pid, int signal)
{
	int status;

	if (signal != 0)
		assert_int_equal(kill(pid, signal), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (signal == 0)
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Slots and places are fewer than the workers, always. */
static void
sizes(void **state)
{
	static const struct {
		int64_t workers, slots, queue;
		int want_slots, want_places;
	} v[] = {
		{ 6, 2, -1, 2, 2 },
		{ 16, 4, -1, 4, 10 },
		{ 4, 2, -1, 2, 0 },
		{ 3, 2, -1, 2, 0 },
		{ 6, 2, 3, 2, 3 },
		{ 6, 2, 4, 2, 3 },
		{ 6, 2, 1000, 2, 3 },
		{ 6, 2, 0, 2, 0 },
		{ 4, 256, -1, 3, 0 },
		{ 2, 2, 5, 1, 0 },
		{ 1, 1, -1, 1, 0 },
		{ 1, 8, 8, 1, 0 },
	};
	struct ptn_conf cf;
	struct ptn_hashgate *g;
	size_t i;

	(void)state;
	for (i = 0; i < N(v); i++) {
		cf = conf(v[i].workers, v[i].slots, v[i].queue);
		g = gate_of(&cf, NULL);
		assert_int_equal(ptn_hashgate_slots(g), v[i].want_slots);
		assert_int_equal(ptn_hashgate_places(g), v[i].want_places);
		ptn_hashgate_close(&g);
		assert_null(g);
	}
	cf = conf(0, 0, -1);
	assert_true(ptn_hashgate_workers(&cf) >= 6);
	g = gate_of(&cf, NULL);
	assert_true(ptn_hashgate_slots(g) >= 1);
	assert_true(ptn_hashgate_slots(g) + ptn_hashgate_places(g) <
	    ptn_hashgate_workers(&cf));
	ptn_hashgate_close(&g);
}

static void
one_slot_a_process(void **state)
{
	struct ptn_conf cf = conf(6, 2, 2);
	struct ptn_hashgate *g = gate_of(&cf, NULL);
	struct ptn_hashgate_slot slot, second;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(ptn_hashgate_enter(g, &slot), PTN_OK);
		assert_true(slot.len >= (size_t)8192 * 1024);
		memset(slot.mem, 0x5a, slot.len);
		assert_int_equal(ptn_hashgate_enter(g, &second),
		    PTN_E_INTERNAL);
		assert_null(second.mem);
		ptn_hashgate_leave(g, &slot);
		assert_null(slot.mem);
		ptn_hashgate_leave(g, &slot); /* nothing happens */
	}
	ptn_hashgate_close(&g);
}

/* The kernel gives the slot of a killed holder back: also to a waiter. */
static void
killed_holder(void **state)
{
	struct ptn_conf cf = conf(6, 1, 2);
	struct ptn_hashgate *g = gate_of(&cf, NULL);
	struct ptn_hashgate_slot slot;
	pid_t holder, waiter;

	(void)state;
	holder = spawn(g);
	wait_for(&board->holding, 1);
	assert_int_equal(ptn_hashgate_enter(g, &slot), PTN_E_BUSY);
	waiter = spawn(g);
	nap(100);
	assert_int_equal(board->holding, 1);
	reap(holder, SIGKILL);
	wait_for(&board->holding, 2);
	reap(waiter, SIGKILL);
	assert_int_equal(ptn_hashgate_enter(g, &slot), PTN_OK);
	ptn_hashgate_leave(g, &slot);
	ptn_hashgate_close(&g);
}

/* So is the place of a killed waiter. */
static void
killed_waiter(void **state)
{
	struct ptn_conf cf = conf(6, 1, 1);
	struct ptn_hashgate *g = gate_of(&cf, NULL);
	pid_t holder, waiter;
	int i;

	(void)state;
	holder = spawn(g);
	wait_for(&board->holding, 1);
	for (i = 0; i < 3; i++) {
		waiter = spawn(g);
		nap(50);
		reap(waiter, SIGKILL);
	}
	assert_int_equal(board->busy_at_once, 0);
	waiter = spawn(g);
	nap(50);
	reap(spawn(g), 0); /* the one place is taken */
	assert_int_equal(board->busy_at_once, 1);
	board->let_go = 1;
	reap(waiter, 0);
	assert_int_equal(board->holding, 2);
	reap(holder, 0);
	ptn_hashgate_close(&g);
}

/* Fifty at once: two hash, three wait, all others are told at once. */
static void
storm(void **state)
{
	struct ptn_conf cf = conf(STORM, 2, 3);
	struct ptn_hashgate *g = gate_of(&cf, NULL);
	pid_t pids[STORM];
	int i;

	(void)state;
	for (i = 0; i < STORM; i++)
		pids[i] = spawn(g);
	wait_for(&board->busy_at_once, STORM - 5);
	assert_int_equal(board->holding, 2);
	wait_for(&board->busy_later, 3); /* hash_wait_s is over */
	assert_int_equal(board->busy_at_once, STORM - 5);
	assert_int_equal(board->got_later, 0);
	board->let_go = 1;
	for (i = 0; i < STORM; i++)
		reap(pids[i], 0);
	ptn_hashgate_close(&g);
}

static void
hammer(struct ptn_hashgate *g)
{
	struct ptn_hashgate_slot slot;
	volatile int *mine;
	int i;

	for (i = 0; i < 100; i++) {
		if (ptn_hashgate_enter(g, &slot) != PTN_OK) {
			board->broken++;
			continue;
		}
		mine = slot.mem;
		if (*mine != 0)
			board->broken++;
		*mine = getpid();
		nap(1);
		if (*mine != getpid())
			board->broken++;
		*mine = 0;
		ptn_hashgate_leave(g, &slot);
	}
	_exit(0);
}

/* Nobody shares a slot, and nobody who has a place starves. */
static void
exclusive(void **state)
{
	struct ptn_conf cf = conf(9, 2, 6); /* a place for each */
	struct ptn_hashgate *g = gate_of(&cf, NULL);
	pid_t pids[6];
	size_t i;

	(void)state;
	for (i = 0; i < N(pids); i++) {
		if ((pids[i] = fork()) == 0)
			hammer(g);
		assert_true(pids[i] > 0);
	}
	for (i = 0; i < N(pids); i++)
		reap(pids[i], 0);
	assert_int_equal(board->broken, 0);
	ptn_hashgate_close(&g);
}

#define LOOPS 400

/* Comes back as soon as it has left, as a busy client does. */
static void
loop(struct ptn_hashgate *g)
{
	struct ptn_hashgate_slot slot;
	int i;

	for (i = 0; i < LOOPS; i++) {
		if (ptn_hashgate_enter(g, &slot) != PTN_OK) {
			board->busy_at_once++;
			continue;
		}
		(void)usleep(200);
		ptn_hashgate_leave(g, &slot);
	}
	_exit(0);
}

/*
 * As many as there are slots and places: between one's leaving and the next
 * one's waking a slot is free, and whoever comes then is not refused.
 */
static void
full_house(void **state)
{
	struct ptn_conf cf = conf(6, 2, 2);
	struct ptn_hashgate *g;
	pid_t pids[4];
	size_t i;

	(void)state;
	cf.hash_wait_s = 30;
	g = gate_of(&cf, NULL);
	for (i = 0; i < N(pids); i++) {
		if ((pids[i] = fork()) == 0)
			loop(g);
		assert_true(pids[i] > 0);
	}
	for (i = 0; i < N(pids); i++)
		reap(pids[i], 0);
	assert_int_equal(board->busy_at_once, 0);
	ptn_hashgate_close(&g);
}

static char dir[64];
static char path[96];

static void
make_dir(void)
{
	strcpy(dir, "/tmp/test_gate.XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/gate", dir);
}

static void
drop_dir(void)
{
	(void)unlink(path);
	assert_int_equal(rmdir(dir), 0);
}

/* Processes that share nothing but a directory. */
static void
in_directory(void **state)
{
	struct ptn_conf cf = conf(6, 1, 1);
	struct ptn_hashgate *theirs, *ours;
	struct ptn_hashgate_slot slot;
	struct stat st;
	pid_t holder, waiter;

	(void)state;
	make_dir();
	theirs = gate_of(&cf, dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	holder = spawn(theirs);
	wait_for(&board->holding, 1);
	ptn_hashgate_close(&theirs);
	assert_int_equal(ptn_hashgate_open(&ours, &cf, dir), PTN_OK);
	assert_int_equal(ptn_hashgate_enter(ours, &slot), PTN_E_BUSY);
	waiter = spawn(ours);
	nap(50);
	board->let_go = 1;
	reap(holder, 0);
	reap(waiter, 0);
	assert_int_equal(board->holding, 2);
	assert_int_equal(ptn_hashgate_enter(ours, &slot), PTN_OK);
	memset(slot.mem, 1, slot.len);
	ptn_hashgate_leave(ours, &slot);
	assert_int_equal(ptn_hashgate_enter(ours, &slot), PTN_OK);
	assert_int_equal(*(uint8_t *)slot.mem, 0); /* it went back */
	ptn_hashgate_leave(ours, &slot);
	ptn_hashgate_close(&ours);
	drop_dir();
}

static void
directory_refused(void **state)
{
	struct ptn_conf cf = conf(6, 1, 1);
	struct ptn_hashgate *g;
	char other[96];

	(void)state;
	make_dir();
	assert_int_equal(ptn_hashgate_open(&g, &cf, "/nonexistent/dir"),
	    PTN_E_CONFIG);
	assert_null(g);
	(void)snprintf(other, sizeof(other), "%s/other", dir);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(ptn_hashgate_open(&g, &cf, dir), PTN_E_CONFIG);
	assert_int_equal(access(other, F_OK), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(ptn_hashgate_open(&g, &cf, dir), PTN_E_CONFIG);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(close(open(path, O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_equal(chmod(path, 0606), 0);
	assert_int_equal(ptn_hashgate_open(&g, &cf, dir), PTN_E_CONFIG);
	drop_dir();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(one_slot_a_process),
		cmocka_unit_test(killed_holder),
		cmocka_unit_test(killed_waiter),
		cmocka_unit_test(storm),
		cmocka_unit_test(exclusive),
		cmocka_unit_test(full_house),
		cmocka_unit_test(in_directory),
		cmocka_unit_test(directory_refused),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
