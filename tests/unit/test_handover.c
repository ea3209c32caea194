#include <sys/resource.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fcgi/handover.h"

static int way[2];
static int conn[2]; /* [0] is handed over */
static int file[2]; /* [0] stands for what the request is read from */

static int
setup(void **state)
{
	(void)state;
	if (pipe(file) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, conn) < 0)
		return -1;
	return ptn_handover_open(way, 0) == PTN_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		close(way[i]);
		close(conn[i]);
		close(file[i]);
	}
	return 0;
}

static void
assert_speaks(int from, int to)
{
	char c = 0;

	assert_int_equal(write(from, "x", 1), 1);
	assert_int_equal(read(to, &c, 1), 1);
	assert_int_equal(c, 'x');
}

/* What was known of it arrives with it, and its descriptors are the same. */
static void
test_both(void **state)
{
	struct ptn_arrival a = { conn[0], conn[0], PTN_ADMIN, false, false, 0 };
	struct ptn_arrival b;

	(void)state;
	assert_int_equal(ptn_handover_take(way[0], &b), PTN_E_NOT_FOUND);
	assert_int_equal(ptn_handover_send(way[1], &a), PTN_OK);
	a = (struct ptn_arrival){ conn[0], file[0], PTN_AUTHORIZER, true, true,
		7 };
	assert_int_equal(ptn_handover_send(way[1], &a), PTN_OK);

	assert_int_equal(ptn_handover_take(way[0], &b), PTN_OK);
	assert_int_equal(b.source, b.conn);
	assert_int_equal(b.side, PTN_ADMIN);
	assert_false(b.params_too_large);
	assert_false(b.body_too_large);
	assert_int_equal(b.pieces, 0);
	assert_int_not_equal(fcntl(b.conn, F_GETFD) & FD_CLOEXEC, 0);
	assert_speaks(conn[1], b.conn);
	ptn_arrival_close(&b);
	assert_int_equal(b.conn, -1);

	assert_int_equal(ptn_handover_take(way[0], &b), PTN_OK);
	assert_int_not_equal(b.source, b.conn);
	assert_int_equal(b.side, PTN_AUTHORIZER);
	assert_true(b.params_too_large);
	assert_true(b.body_too_large);
	assert_int_equal(b.pieces, 7);
	assert_speaks(conn[1], b.conn);
	assert_speaks(file[1], b.source);
	ptn_arrival_close(&b);
}

/* Nobody takes: there is an end to what waits, and all of it arrives. */
static void
test_full(void **state)
{
	struct ptn_arrival a = { conn[0], conn[0], PTN_PUBLIC, false, false,
		0 };
	struct ptn_arrival b;
	size_t sent = 0, taken = 0;

	(void)state;
	while (ptn_handover_send(way[1], &a) == PTN_OK)
		sent++;
	assert_true(sent >= 16);
	assert_int_equal(ptn_handover_send(way[1], &a), PTN_E_BUSY);
	while (ptn_handover_take(way[0], &b) == PTN_OK) {
		ptn_arrival_close(&b);
		taken++;
	}
	assert_int_equal(taken, sent);
	assert_int_equal(ptn_handover_send(way[1], &a), PTN_OK);
}

/* A way for a few has room for about so many, and again when one is taken. */
static void
test_few(void **state)
{
	struct ptn_arrival a = { conn[0], file[0], PTN_PUBLIC, false, false,
		0 };
	struct ptn_arrival b;
	size_t few, n;

	(void)state;
	for (few = 2; few <= 64; few *= 2) {
		close(way[0]);
		close(way[1]);
		assert_int_equal(ptn_handover_open(way, few), PTN_OK);
		for (n = 0; ptn_handover_has_room(way[1]); n++)
			assert_int_equal(ptn_handover_send(way[1], &a), PTN_OK);
		assert_true(n >= few / 2 && n <= 2 * few);
		/* Who does not ask is not kept from sending. */
		assert_int_equal(ptn_handover_send(way[1], &a), PTN_OK);
		for (n++; n > 0; n--) {
			assert_false(
			    ptn_handover_has_room(way[1]) && n > 2 * few);
			assert_int_equal(ptn_handover_take(way[0], &b), PTN_OK);
			ptn_arrival_close(&b);
		}
		assert_true(ptn_handover_has_room(way[1]));
	}
}

/* What was sent before the last sender left is still there; then the end. */
static void
test_end(void **state)
{
	struct ptn_arrival a = { conn[0], conn[0], PTN_PUBLIC, false, false,
		0 };
	struct ptn_arrival b;

	(void)state;
	assert_int_equal(ptn_handover_send(way[1], &a), PTN_OK);
	close(way[1]);
	assert_int_equal(ptn_handover_take(way[0], &b), PTN_OK);
	ptn_arrival_close(&b);
	assert_int_equal(ptn_handover_take(way[0], &b), PTN_E_GONE);
	assert_int_equal(ptn_handover_take(way[0], &b), PTN_E_GONE);

	close(way[0]);
	assert_int_equal(ptn_handover_open(way, 0), PTN_OK);
	close(way[0]);
	assert_int_equal(ptn_handover_send(way[1], &a), PTN_E_GONE);
}

/* No descriptors left here: what was sent is closed, not kept half. */
static void
test_no_room(void **state)
{
	struct ptn_arrival a = { conn[0], file[0], PTN_PUBLIC, false, false,
		0 };
	struct ptn_arrival b;
	struct rlimit before, few;
	int all[64];
	size_t n;

	(void)state;
	assert_int_equal(ptn_handover_send(way[1], &a), PTN_OK);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	for (n = 0; n < 64 && (all[n] = dup(0)) >= 0; n++)
		;
	assert_true(n > 0 && n < 64);
	close(all[--n]);
	assert_int_equal(ptn_handover_take(way[0], &b), PTN_E_UNAVAILABLE);
	assert_int_equal(b.conn, -1);
	assert_int_equal(b.source, -1);
	/* The one that there was room for is free again. */
	all[n] = dup(0);
	assert_true(all[n] >= 0);
	for (n++; n > 0; n--)
		close(all[n - 1]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_both, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_few, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
