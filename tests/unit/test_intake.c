#include <sys/socket.h>

#include <errno.h>
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

#include "fcgi/intake.h"
#include "fcgi/process.h"
#include "tests/unit/records.h"

static int peer;
static int conn;
static struct ptn_intake in;

static int
setup(void **state)
{
	const int room = (int)ROOM;
	int pair[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return -1;
	peer = pair[0];
	conn = pair[1];
	(void)setsockopt(peer, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	ptn_intake_init(&in);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ptn_intake_free(&in);
	if (peer >= 0)
		close(peer);
	return close(conn);
}

static void
send_some(size_t from, size_t to)
{
	assert_int_equal(send(peer, out + from, to - from, MSG_DONTWAIT),
	    (ssize_t)(to - from));
}

/* Take all that lies there. */
static enum ptn_err
read_all(void)
{
	enum ptn_err r;
	char c;

	do {
		r = ptn_intake_read(&in, conn);
	} while (r == PTN_E_NOT_FOUND &&
	    recv(conn, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 1);
	return r;
}

/* What an arrival's file has: the same request, in records of its own. */
static void
assert_file(int fd, size_t body)
{
	static uint8_t bytes[ROOM];
	struct ptn_records r;
	ssize_t got;

	got = read(fd, bytes, sizeof(bytes));
	assert_true(got > 0);
	ptn_records_init(&r, NULL);
	assert_int_equal(ptn_records_feed(&r, bytes, (size_t)got), got);
	assert_int_equal(r.state, PTN_RECORDS_WHOLE);
	assert_int_equal(r.nparams, 1);
	assert_int_equal(r.params, 4);
	assert_int_equal(r.body, body);
}

static void
finish(size_t body)
{
	struct ptn_arrival a = { .conn = conn, .source = conn };

	assert_int_equal(ptn_intake_finish(&in, &a), PTN_OK);
	assert_int_not_equal(a.source, conn);
	assert_int_equal(a.body_too_large, in.records.body_too_large);
	assert_int_not_equal(fcntl(a.source, F_GETFD) & FD_CLOEXEC, 0);
	assert_file(a.source, body);
	close(a.source);
}

/* Broken at every byte, it is not whole before the last, and then it is. */
static void
test_pieces(void **state)
{
	size_t cut;

	request(100);
	for (cut = 1; cut < out_len; cut++) {
		send_some(0, cut);
		assert_int_equal(read_all(), PTN_E_NOT_FOUND);
		assert_int_equal(ptn_intake_read(&in, conn), PTN_E_NOT_FOUND);
		send_some(cut, out_len);
		assert_int_equal(read_all(), PTN_OK);
		finish(100);
		teardown(state);
		assert_int_equal(setup(state), 0);
	}
}

/* Memory follows what came, not what is announced, and is given back. */
static void
test_memory(void **state)
{
	static const uint8_t huge[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff };
	size_t before = 0, now, i;

	(void)state;
	assert_int_equal(ptn_intake_memory(&in), 0);
	request(0);
	out_len = 16;
	record(PTN_RECORD_PARAMS, huge, sizeof(huge));
	send_some(0, out_len);
	assert_int_equal(read_all(), PTN_E_NOT_FOUND);
	assert_int_equal(ptn_intake_memory(&in), 0);
	ptn_intake_free(&in);
	ptn_intake_init(&in);

	request(PTN_BODY_MAX);
	for (i = 0; i + 1000 < out_len; i += 1000) {
		send_some(i, i + 1000);
		assert_int_equal(read_all(), PTN_E_NOT_FOUND);
		now = ptn_intake_memory(&in);
		assert_true(now >= before);
		assert_true(now <= 2 * (i + 1000) + 2048);
		before = now;
	}
	send_some(i, out_len);
	assert_int_equal(read_all(), PTN_OK);
	now = ptn_intake_memory(&in);
	assert_true(now >= PTN_BODY_MAX && now <= PTN_BODY_MAX + 2048);
	finish(PTN_BODY_MAX);
	ptn_intake_free(&in);
	assert_int_equal(ptn_intake_memory(&in), 0);
}

/* What is too large is not kept until it ends, and said in the end. */
static void
test_too_large(void **state)
{
	struct ptn_arrival a = { .conn = conn, .source = conn };

	(void)state;
	request(PTN_BODY_MAX + 1);
	send_some(0, out_len);
	assert_int_equal(read_all(), PTN_OK);
	assert_true(ptn_intake_memory(&in) <= 1024);
	assert_int_equal(ptn_intake_finish(&in, &a), PTN_OK);
	assert_true(a.body_too_large);
	assert_false(a.params_too_large);
	assert_file(a.source, 0);
	close(a.source);
}

/* Who breaks off, talks nonsense, or never ends. */
static void
test_broken(void **state)
{
	static uint8_t junk[16 * 1024];
	enum ptn_err r;

	request(10);
	send_some(0, out_len - 1);
	assert_int_equal(read_all(), PTN_E_NOT_FOUND);
	shutdown(peer, SHUT_WR);
	assert_int_equal(ptn_intake_read(&in, conn), PTN_E_INPUT);
	teardown(state);

	assert_int_equal(setup(state), 0);
	assert_int_equal(send(peer, "GET / HTTP/1.1\r\n", 16, 0), 16);
	assert_int_equal(read_all(), PTN_E_INPUT);
	teardown(state);

	assert_int_equal(setup(state), 0);
	request(0);
	send_some(0, out_len - 8);
	assert_int_equal(read_all(), PTN_E_NOT_FOUND);
	out_len = 0;
	record(PTN_RECORD_STDIN, junk, sizeof(junk));
	do {
		send_some(0, out_len);
		r = read_all();
	} while (r == PTN_E_NOT_FOUND);
	assert_int_equal(r, PTN_E_TOO_LARGE);
	assert_true(in.records.total > PTN_RECORDS_TOTAL_MAX);
	assert_true(ptn_intake_memory(&in) <= 1024);
}

/* A time for all of it, and a signal does not end it. */
static void
test_receive(void **state)
{
	(void)state;
	request(20000);
	send_some(0, out_len - 1);
	assert_int_equal(ptn_intake_receive(&in, conn, 1), PTN_E_EXPIRED);
	send_some(out_len - 1, out_len);
	assert_int_equal(ptn_intake_receive(&in, conn, 60000), PTN_OK);
	finish(20000);
}

/* STDOUT of what the peer was told. */
static void
assert_told(const char *status, const char *body)
{
	char told[PTN_RECORD_ANSWER_MAX + 1];
	ssize_t got;
	size_t i;

	got = recv(peer, told, sizeof(told) - 1, MSG_DONTWAIT);
	assert_true(got > 0);
	for (i = 0; i < (size_t)got; i++)
		if (told[i] == '\0')
			told[i] = '.';
	told[got] = '\0';
	assert_non_null(strstr(told, status));
	assert_non_null(strstr(told, body));
}

/* Answered by the table that all errors are answered by. */
static void
test_refuse(void **state)
{
	static const struct {
		enum ptn_err why;
		const char *status;
		const char *body;
	} cases[] = {
		{ PTN_E_INPUT, "Status: 400 Bad Request\r\n",
		    "Content-Length: 37\r\n\r\n"
		    "{\"code\":400,\"message\":\"Bad Request\"}\n" },
		{ PTN_E_EXPIRED, "Status: 408 Request Timeout\r\n",
		    "{\"code\":408,\"message\":\"Request Timeout\"}\n" },
		{ PTN_E_TOO_LARGE, "Status: 413 Content Too Large\r\n",
		    "{\"code\":413,\"message\":\"Content Too Large\"}\n" },
		{ PTN_E_BUSY, "Status: 503 Service Unavailable\r\n",
		    "Retry-After: 1\r\n" },
		{ PTN_E_UNAVAILABLE, "Status: 503 Service Unavailable\r\n",
		    "{\"code\":503,\"message\":\"Service Unavailable\"}\n" },
		{ PTN_E_NOMEM, "Status: 500 Internal Server Error\r\n",
		    "{\"code\":500,\"message\":\"Internal Server Error\"}\n" },
	};
	char c;
	size_t i;

	(void)state;
	request(10);
	send_some(0, 4);
	assert_int_equal(read_all(), PTN_E_NOT_FOUND);
	/* There is nothing yet that could be answered. */
	ptn_intake_refuse(&in, conn, PTN_E_EXPIRED);
	assert_int_equal(recv(peer, &c, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);

	send_some(4, out_len);
	assert_int_equal(read_all(), PTN_OK);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ptn_intake_refuse(&in, conn, cases[i].why);
		assert_told(cases[i].status, cases[i].body);
	}
}

/* Nobody waits for a peer that takes no answer. */
static void
test_refuse_deaf(void **state)
{
	static const char junk[4096];

	(void)state;
	request(10);
	send_some(0, out_len);
	assert_int_equal(read_all(), PTN_OK);
	while (send(conn, junk, sizeof(junk), MSG_DONTWAIT) > 0)
		;
	ptn_intake_refuse(&in, conn, PTN_E_BUSY);
	close(peer);
	peer = -1;
	ptn_intake_refuse(&in, conn, PTN_E_BUSY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_large, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_broken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_receive, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refuse, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refuse_deaf, setup,
		    teardown),
	};

	ptn_signals_block();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
