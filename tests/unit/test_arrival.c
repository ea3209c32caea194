#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fcgi/arrival.h"

static int listen_fd;
static int peer;

/* An IPv4 address, or an IPv6 one; its size. */
static socklen_t
address(const char *text, in_port_t port, struct sockaddr_storage *ss)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof(*ss));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = port;
		return sizeof(*v4);
	}
	assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = port;
	return sizeof(*v6);
}

/* A socket that listens, on IPv6 for both families, and a connection to it. */
static int
meet(const char *at, const char *from)
{
	const int on = 1, off = 0;
	struct sockaddr_storage ss;
	socklen_t len = address(at, 0, &ss);
	in_port_t port;

	listen_fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (ss.ss_family == AF_INET6 &&
	    setsockopt(listen_fd, IPPROTO_IPV6, IPV6_V6ONLY, &off,
		sizeof(off)) < 0)
		return -1;
	if (bind(listen_fd, (struct sockaddr *)&ss, len) < 0 ||
	    listen(listen_fd, 8) < 0 ||
	    getsockname(listen_fd, (struct sockaddr *)&ss, &len) < 0)
		return -1;
	port = ((struct sockaddr_in *)&ss)->sin_port; /* of both families */
	len = address(from, port, &ss);
	peer = socket(ss.ss_family, SOCK_STREAM, 0);
	/* What is sent is there at once. */
	if (setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0)
		return -1;
	return connect(peer, (struct sockaddr *)&ss, len);
}

static int
setup(void **state)
{
	(void)state;
	return meet("127.0.0.1", "127.0.0.1");
}

static int
teardown(void **state)
{
	(void)state;
	unsetenv("FCGI_WEB_SERVER_ADDRS");
	close(peer);
	return close(listen_fd);
}

static void
send_bytes(const void *p, size_t len)
{
	assert_int_equal(send(peer, p, len, 0), (ssize_t)len);
}

/* Whose connections are accepted (postern(8), ENVIRONMENT). */
static void
test_addresses(void **state)
{
	static const struct {
		const char *list; /* NULL: not set */
		bool v4;	  /* whether 127.0.0.1 is welcome, */
		bool v6;	  /* and ::1 */
	} cases[] = {
		{ NULL, true, true },
		{ "", true, true },
		{ "127.0.0.1", true, false },
		{ "::ffff:127.0.0.1", true, false },
		{ "::ffff:7f00:1", true, false },
		{ "::1", false, true },
		{ "0:0:0:0:0:0:0:1", false, true },
		{ "127.0.0.1,::1", true, true },
		{ "192.0.2.1,127.0.0.1", true, false },
		{ "192.0.2.1, 127.0.0.1, 192.0.2.2", true, false },
		{ "192.0.2.1", false, false },
		{ "2001:db8::1", false, false },
		{ "::127.0.0.1", false, false },
		{ "127.0.0.10", false, false },
		{ "127.0.0.1.example, 127.0.0, ::1%lo", false, false },
		{ ",", false, false },
	};
	static const struct {
		const char *at;
		const char *from;
		bool v4;
	} ways[] = {
		{ "127.0.0.1", "127.0.0.1", true },
		{ "::", "127.0.0.1", true },
		{ "::1", "::1", false },
		{ "::", "::1", false },
	};
	struct ptn_arrival a;
	bool welcome;
	size_t i, w;

	teardown(state);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (w = 0; w < sizeof(ways) / sizeof(ways[0]); w++) {
			assert_int_equal(meet(ways[w].at, ways[w].from), 0);
			if (cases[i].list != NULL)
				setenv("FCGI_WEB_SERVER_ADDRS", cases[i].list,
				    1);
			welcome = ways[w].v4 ? cases[i].v4 : cases[i].v6;
			assert_int_equal(
			    ptn_arrival_accept(&a, listen_fd, PTN_ADMIN),
			    welcome ? PTN_OK : PTN_E_NOT_FOUND);
			assert_int_equal(a.conn >= 0, welcome);
			ptn_arrival_close(&a);
			teardown(state);
		}
	}
	assert_int_equal(setup(state), 0);
}

/* A unix socket has no address; its mode says who may connect. */
static void
test_no_address(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(sun.sun_family);
	struct ptn_arrival a;

	teardown(state);
	setenv("FCGI_WEB_SERVER_ADDRS", "192.0.2.1", 1);
	listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	peer = socket(AF_UNIX, SOCK_STREAM, 0);
	/* A name that the system chooses, and no file. */
	assert_int_equal(bind(listen_fd, (struct sockaddr *)&sun, len), 0);
	len = sizeof(sun);
	assert_int_equal(getsockname(listen_fd, (struct sockaddr *)&sun, &len),
	    0);
	assert_int_equal(listen(listen_fd, 8), 0);
	assert_int_equal(connect(peer, (struct sockaddr *)&sun, len), 0);
	assert_int_equal(ptn_arrival_accept(&a, listen_fd, PTN_ADMIN), PTN_OK);
	ptn_arrival_close(&a);
}

static void
test_accept(void **state)
{
	struct ptn_arrival a;

	(void)state;
	assert_int_equal(ptn_arrival_accept(&a, listen_fd, PTN_ADMIN), PTN_OK);
	assert_int_equal(a.source, a.conn);
	assert_int_equal(a.side, PTN_ADMIN);
	/* The library waits for its writes; nobody else gets it. */
	assert_int_equal(fcntl(a.conn, F_GETFL) & O_NONBLOCK, 0);
	assert_int_not_equal(fcntl(a.conn, F_GETFD) & FD_CLOEXEC, 0);
	ptn_arrival_close(&a);
	assert_int_equal(a.conn, -1);
	assert_int_equal(a.source, -1);
	/* Another process took the next one. */
	assert_int_equal(ptn_arrival_accept(&a, listen_fd, PTN_ADMIN),
	    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_arrival_accept(&a, -1, PTN_ADMIN),
	    PTN_E_UNAVAILABLE);
}

/* No descriptors left: the peer is not lost, and the caller is to pause. */
static void
test_no_room(void **state)
{
	struct ptn_arrival a;
	struct rlimit before, few;
	int next = dup(0);

	(void)state;
	assert_true(next >= 0);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(ptn_arrival_accept(&a, listen_fd, PTN_PUBLIC),
	    PTN_E_UNAVAILABLE);
	assert_int_equal(a.conn, -1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(ptn_arrival_accept(&a, listen_fd, PTN_PUBLIC), PTN_OK);
	ptn_arrival_close(&a);
}

/* At every byte of a request; and what is looked at stays where it is. */
static void
test_look(void **state)
{
	static const uint8_t whole[] = { 1, 1, 0, 1, 0, 8, 0, 0, /* BEGIN */
		0, 1, 0, 0, 0, 0, 0, 0,				 /* */
		1, 4, 0, 1, 0, 4, 0, 0, 1, 1, 'x', 'y',		 /* PARAMS */
		1, 4, 0, 1, 0, 0, 0, 0,				 /* */
		1, 5, 0, 1, 0, 0, 0, 0 };			 /* STDIN */
	uint8_t found[sizeof(whole) + 1];
	struct ptn_arrival a;
	size_t i;

	for (i = 0; i < sizeof(whole); i++) {
		if (i > 0)
			assert_int_equal(setup(state), 0);
		assert_int_equal(ptn_arrival_accept(&a, listen_fd, PTN_PUBLIC),
		    PTN_OK);
		if (i > 0)
			send_bytes(whole, i);
		assert_int_equal(ptn_arrival_look(&a), PTN_E_BUSY);
		send_bytes(whole + i, sizeof(whole) - i);
		assert_int_equal(ptn_arrival_look(&a), PTN_OK);
		assert_int_equal(recv(a.conn, found, sizeof(found), 0),
		    sizeof(whole));
		assert_memory_equal(found, whole, sizeof(whole));
		ptn_arrival_close(&a);
		if (i + 1 < sizeof(whole))
			teardown(state);
	}
}

static void
test_look_gone(void **state)
{
	struct ptn_arrival a;

	(void)state;
	assert_int_equal(ptn_arrival_accept(&a, listen_fd, PTN_PUBLIC), PTN_OK);
	shutdown(peer, SHUT_WR);
	assert_int_equal(ptn_arrival_look(&a), PTN_E_NOT_FOUND);
	ptn_arrival_close(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_addresses, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_no_address, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_accept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_look, setup, teardown),
		cmocka_unit_test_setup_teardown(test_look_gone, setup,
		    teardown),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
