#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fcgi/listen.h"
#include "lib/conf/conf.h"

static char dir[32];
static char path[64];
static char address[72];
static struct ptn_conf cf;

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/ptn-listen-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/s", dir);
	snprintf(address, sizeof(address), "unix:%s", path);
	cf = (struct ptn_conf){ .socket_mode = 0660,
		.socket_user = "",
		.socket_group = "" };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static int
connect_to(const char *where)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(sa.sun_path, where);
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
test_unix(void **state)
{
	struct ptn_listener l;
	struct stat st;
	int fd;

	(void)state;
	cf.socket_mode = 0620;
	umask(0077);
	assert_int_equal(ptn_listen_open(&l, &cf, address), PTN_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0620);
	assert_true(ptn_listen_is(l.fd));
	assert_int_not_equal(fcntl(l.fd, F_GETFL) & O_NONBLOCK, 0);
	assert_int_not_equal(fcntl(l.fd, F_GETFD) & FD_CLOEXEC, 0);
	fd = connect_to(path);
	assert_true(fd >= 0);
	close(fd);
	ptn_listen_close(&l);
	assert_int_equal(l.fd, -1);
	assert_int_equal(access(path, F_OK), -1);
	ptn_listen_close(&l);
}

static void
test_unix_stale(void **state)
{
	struct ptn_listener dead, l, other;

	(void)state;
	/* A predecessor that was killed: the file stays, nobody answers. */
	assert_int_equal(ptn_listen_open(&dead, &cf, address), PTN_OK);
	close(dead.fd);
	dead.fd = -1;
	assert_int_equal(ptn_listen_open(&l, &cf, address), PTN_OK);

	/* Somebody who lives is left alone. */
	assert_int_equal(ptn_listen_open(&other, &cf, address), PTN_E_CONFLICT);
	assert_int_equal(other.fd, -1);
	assert_int_equal(access(path, F_OK), 0);

	/* What is not ours any more is not removed. */
	ptn_listen_close(&dead);
	assert_int_equal(access(path, F_OK), 0);
	ptn_listen_close(&l);
	assert_int_equal(access(path, F_OK), -1);
}

static void
test_unix_not_a_socket(void **state)
{
	struct ptn_listener l;
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(ptn_listen_open(&l, &cf, address), PTN_E_CONFLICT);
	assert_int_equal(access(path, F_OK), 0);
}

static void
test_share(void **state)
{
	struct ptn_listener old, new;
	struct stat st;

	(void)state;
	assert_int_equal(ptn_listen_open(&old, &cf, address), PTN_OK);
	cf.socket_mode = 0600;
	assert_int_equal(ptn_listen_share(&new, &old, &cf), PTN_OK);
	assert_int_not_equal(new.fd, old.fd);
	assert_string_equal(new.address, address);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	ptn_listen_close(&new);
	assert_int_equal(access(path, F_OK), 0);
	ptn_listen_close(&old);
	assert_int_equal(access(path, F_OK), -1);
}

static void
test_accepted(void **state)
{
	static const char *const cases[] = { "127.0.0.1:0", "localhost:0",
		"[::1]:0", "127.8.9.10:0" };
	struct ptn_listener l;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ptn_listen_open(&l, &cf, cases[i]), PTN_OK);
		assert_true(ptn_listen_is(l.fd));
		ptn_listen_close(&l);
	}
	cf.tcp_remote = true;
	assert_int_equal(ptn_listen_open(&l, &cf, "0.0.0.0:0"), PTN_OK);
	ptn_listen_close(&l);
}

static void
test_refused(void **state)
{
	static const char *const cases[] = { "", "nonsense",
		"unix:", "unix:relative", "127.0.0.1", "127.0.0.1:", ":9000",
		"0.0.0.0:0", "192.0.2.1:0", "[::]:0", "[2001:db8::1]:0",
		"::1:9000", "[::1]", "example.org:9000", "127.0.0.1:http",
		"[]:1", "unix:/no/such/folder/s",
		"unix:/a/path/that/is/far/too/long/for/the/address/of/a/"
		"unix/socket/which/takes/one/hundred/and/seven/bytes/only" };
	struct ptn_listener l;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_not_equal(ptn_listen_open(&l, &cf, cases[i]),
		    PTN_OK);
		assert_int_equal(l.fd, -1);
	}
	cf.socket_group = "no-such-group-here";
	assert_int_equal(ptn_listen_open(&l, &cf, address), PTN_E_CONFIG);
	assert_int_equal(access(path, F_OK), -1);
}

/* systemd's convention: descriptors from 3 on, meant for one process. */
static void
test_passed(void **state)
{
	static const struct {
		const char *fds;
		const char *names; /* NULL: unset */
		int pid_off;
		enum ptn_err want;
		int public_fd, admin_fd;
	} cases[] = {
		{ "1", NULL, 0, PTN_OK, 3, -1 },
		{ "1", "public", 0, PTN_OK, 3, -1 },
		{ "1", "admin", 0, PTN_OK, -1, 3 },
		{ "2", "admin:public", 0, PTN_OK, 4, 3 },
		{ "2", "postern.socket:admin", 0, PTN_OK, 3, 4 },
		{ "2", NULL, 0, PTN_OK, 3, 4 },
		{ "1", NULL, 1, PTN_OK, -1, -1 }, /* another's */
		{ "0", NULL, 0, PTN_OK, -1, -1 },
		{ "x", NULL, 0, PTN_OK, -1, -1 },
		{ "2", "public:public", 0, PTN_E_CONFIG, 0, 0 },
		{ "2", "authorizer:public", 0, PTN_OK, 4, -1 },
		{ "3", NULL, 0, PTN_E_CONFIG, 0, 0 }, /* 5 listens not */
	};
	struct ptn_listener a, b;
	enum ptn_err r;
	char pid[16];
	int fd[PTN_SIDE__MAX];
	bool any;
	size_t i;

	(void)state;
	assert_int_equal(ptn_listen_open(&a, &cf, address), PTN_OK);
	assert_int_equal(ptn_listen_open(&b, &cf, "127.0.0.1:0"), PTN_OK);
	/* Out of the way first: they may stand on 3 and 4 themselves. */
	a.fd = fcntl(a.fd, F_DUPFD, 10);
	b.fd = fcntl(b.fd, F_DUPFD, 10);
	assert_int_equal(dup2(a.fd, 3), 3);
	assert_int_equal(dup2(b.fd, 4), 4);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(pid, sizeof(pid), "%d",
		    (int)getpid() + cases[i].pid_off);
		setenv("LISTEN_FDS", cases[i].fds, 1);
		setenv("LISTEN_PID", pid, 1);
		if (cases[i].names != NULL)
			setenv("LISTEN_FDNAMES", cases[i].names, 1);
		else
			unsetenv("LISTEN_FDNAMES");
		r = ptn_listen_passed(fd, &any);
		assert_int_equal(r, cases[i].want);
		if (r != PTN_OK)
			continue;
		assert_int_equal(fd[PTN_PUBLIC], cases[i].public_fd);
		assert_int_equal(fd[PTN_ADMIN], cases[i].admin_fd);
		assert_int_equal(any,
		    fd[0] >= 0 || fd[1] >= 0 || fd[PTN_AUTHORIZER] >= 0);
		if (any)
			assert_null(getenv("LISTEN_FDS"));
	}
	ptn_listen_close(&a);
	ptn_listen_close(&b);
	close(3);
	close(4);
}

static void
test_is(void **state)
{
	int pair[2], pipes[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(pipe(pipes), 0);
	assert_false(ptn_listen_is(pair[0]));
	assert_false(ptn_listen_is(pipes[0]));
	assert_false(ptn_listen_is(-1));
	assert_int_equal(ptn_listen_adopt(pair[0]), PTN_E_CONFIG);
	close(pair[0]);
	close(pair[1]);
	close(pipes[0]);
	close(pipes[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_unix, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unix_stale, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_unix_not_a_socket, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_share, setup, teardown),
		cmocka_unit_test_setup_teardown(test_accepted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_is, setup, teardown),
		cmocka_unit_test_setup_teardown(test_passed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
