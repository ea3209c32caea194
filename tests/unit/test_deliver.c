/* Mails handed over to a program, and what it makes of them. */
#include <sys/wait.h>

#include <poll.h>
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

#include "lib/mail/deliver.h"
#include "tests/unit/mail.h"

static struct ptn_deliver_job watched; /* also for who poses as the system */
static bool known_before; /* its pid when it became a program, its end when
			     it was reaped */

int __real_execve(const char *path, char *const argv[], char *const env[]);
int __wrap_execve(const char *path, char *const argv[], char *const env[]);
pid_t __real_waitpid(pid_t pid, int *status, int how);
pid_t __wrap_waitpid(pid_t pid, int *status, int how);

int
__wrap_execve(const char *path, char *const argv[], char *const env[])
{
	known_before = watched.pid == getpid();
	return __real_execve(path, argv, env);
}

pid_t
__wrap_waitpid(pid_t pid, int *status, int how)
{
	known_before =
	    watched.pid == pid && watched.known && WIFEXITED(watched.status);
	return __real_waitpid(pid, status, how);
}

/* Hand a message over and wait, as the courier does. */
static enum ptn_err
deliver(const struct ptn_conf *cf, const char *to, struct ptn_bytes message,
    enum ptn_delivery *what)
{
	struct pollfd p = { .events = POLLIN };
	struct ptn_deliver_job job;
	enum ptn_err r;

	*what = PTN_DELIVERY_LATER;
	if ((r = ptn_deliver_start(cf, to, message, &job)) != PTN_OK)
		return r;
	while (!ptn_deliver_ended(&job, what)) {
		p.fd = job.err_fd;
		(void)poll(&p, 1, 20);
	}
	return PTN_OK;
}

/* What a program that is given the mail must do. */
static enum ptn_delivery
try_program(const char *script, char *seen, size_t len)
{
	static const char msg[] = "Subject: x\r\n\r\n.\r\nend\r\n";
	struct ptn_conf cf = make_conf();
	char path[PATH_LEN];
	char text[4 * PATH_LEN];
	enum ptn_delivery what = PTN_DELIVERY_DONE;
	FILE *f;

	snprintf(path, sizeof(path), "%s/sendmail", dir);
	snprintf(text, sizeof(text), "#!/bin/sh\ncd %s\n%s\n", dir, script);
	write_file(path, text, 0755);
	cf.sendmail_path = path;
	assert_int_equal(deliver(&cf, "jane@example.org",
			     PTN_BYTES(msg, sizeof(msg) - 1), &what),
	    PTN_OK);
	if (seen == NULL)
		return what;
	snprintf(path, sizeof(path), "%s/seen", dir);
	assert_non_null(f = fopen(path, "re"));
	seen[fread(seen, 1, len - 1, f)] = '\0';
	fclose(f);
	return what;
}

static void
test_sendmail(void **state)
{
	char seen[1024];

	(void)state;
	assert_int_equal(
	    try_program("echo \"$@\" >seen; cat >>seen", seen, sizeof(seen)),
	    PTN_DELIVERY_DONE);
	assert_string_equal(seen,
	    "-i -f noreply@example.org -- "
	    "jane@example.org\n"
	    "Subject: x\n\n.\nend\n");

	/* nothing of ours reaches it: descriptors, environment, signals */
	assert_int_equal(setenv("SECRETS_KEYS", "canary", 1), 0);
	assert_int_equal(dup2(2, 77), 77);
	assert_int_equal(try_program("ls /proc/self/fd | wc -l >seen; "
				     "env | grep -c canary >>seen; "
				     "grep SigBlk /proc/self/status >>seen",
			     seen, sizeof(seen)),
	    PTN_DELIVERY_DONE);
	close(77);
	/* 0, 1, 2 and the directory that ls reads */
	assert_string_equal(seen, "4\n0\nSigBlk:\t0000000000000000\n");
}

static void
test_exit_codes(void **state)
{
	/* clang-format off */
	static const struct {
		const char *script;
		enum ptn_delivery want;
	} cases[] = {
		{ "exit 0", PTN_DELIVERY_DONE },
		{ "exit 1", PTN_DELIVERY_LATER },
		{ "exit 63", PTN_DELIVERY_LATER },
		{ "exit 64", PTN_DELIVERY_REFUSED },
		{ "exit 65", PTN_DELIVERY_NEVER },
		{ "exit 67", PTN_DELIVERY_NEVER },
		{ "exit 69", PTN_DELIVERY_LATER },
		{ "exit 74", PTN_DELIVERY_LATER },
		{ "exit 75", PTN_DELIVERY_LATER },
		{ "exit 76", PTN_DELIVERY_LATER },
		{ "exit 77", PTN_DELIVERY_REFUSED },
		{ "exit 78", PTN_DELIVERY_REFUSED },
		{ "exit 79", PTN_DELIVERY_LATER },
		{ "kill -9 $$", PTN_DELIVERY_LATER },
		{ "exec 2>&-; sleep 0.1; exit 67", PTN_DELIVERY_NEVER },
		{ "yes x | head -c 200000 >&2; exit 75", PTN_DELIVERY_LATER },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (try_program(cases[i].script, NULL, 0) != cases[i].want)
			fail_msg("%s", cases[i].script);
}

/*
 * What it says is kept up to the first line; a late one is killed, and one that
 * cannot be started is named.
 */
static void
test_job(void **state)
{
	struct ptn_conf cf = make_conf();
	struct ptn_deliver_job job;
	enum ptn_delivery what;
	char path[PATH_LEN];

	(void)state;
	snprintf(path, sizeof(path), "%s/sendmail", dir);
	cf.sendmail_path = path;
	write_file(path, "#!/bin/sh\nprintf 'one\\ntwo\\n' >&2\nexit 75\n",
	    0755);
	assert_int_equal(
	    ptn_deliver_start(&cf, "a@b.example", ptn_bytes_of("x"), &job),
	    PTN_OK);
	while (!ptn_deliver_ended(&job, &what))
		usleep(1000);
	assert_int_equal(what, PTN_DELIVERY_LATER);
	assert_string_equal(job.said, "one");
	assert_int_equal(job.pid, 0);
	assert_int_equal(job.err_fd, -1);

	write_file(path, "#!/bin/sh\nsleep 600\n", 0755);
	assert_int_equal(
	    ptn_deliver_start(&cf, "a@b.example", ptn_bytes_of("x"), &job),
	    PTN_OK);
	assert_false(ptn_deliver_ended(&job, &what));
	job.deadline_ms = 0;
	assert_true(ptn_deliver_ended(&job, &what));
	assert_int_equal(what, PTN_DELIVERY_LATER);
	assert_string_equal(job.said, "no end in 60 s");

	cf.sendmail_path = "/nonexistent/sendmail";
	assert_int_equal(
	    ptn_deliver_start(&cf, "a@b.example", ptn_bytes_of("x"), &job),
	    PTN_E_CONFIG);
	assert_string_equal(job.said,
	    "/nonexistent/sendmail: No such file or directory");
}

/* A program of the test's own, started for the job that is watched. */
static void
begin(const char *script)
{
	struct ptn_conf cf = make_conf();
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "%s/sendmail", dir);
	write_file(path, script, 0755);
	cf.sendmail_path = path;
	known_before = false;
	assert_int_equal(
	    ptn_deliver_start(&cf, "a@b.example", ptn_bytes_of("x"), &watched),
	    PTN_OK);
}

/* Whoever goes on with the job finds what there is to know, at any moment. */
static void
test_written_down_first(void **state)
{
	enum ptn_delivery what;

	(void)state;
	begin("#!/bin/sh\nexit 67\n");
	assert_true(known_before);
	known_before = false;
	while (!ptn_deliver_ended(&watched, &what))
		usleep(1000);
	assert_true(known_before);
	assert_int_equal(what, PTN_DELIVERY_NEVER);
}

/* What somebody else says of the program, or does not. */
static void
test_adopted(void **state)
{
	enum ptn_delivery what;
	int status;
	pid_t pid;

	(void)state;
	begin("#!/bin/sh\nexec sleep 600\n");
	pid = watched.pid;
	assert_true(ptn_deliver_adopt(&watched));
	assert_false(ptn_deliver_ended(&watched, &what));
	/* Lost: its number may be another program's by now. */
	ptn_deliver_lost(&watched);
	watched.deadline_ms = 0;
	assert_true(ptn_deliver_ended(&watched, &what));
	assert_int_equal(what, PTN_DELIVERY_LATER);
	assert_int_equal(watched.pid, 0);
	assert_int_equal(kill(pid, 0), 0);
	assert_int_equal(__real_waitpid(pid, &status, WNOHANG), 0);
	/* Not lost, and late. */
	watched.pid = pid;
	watched.lost = false;
	assert_true(ptn_deliver_ended(&watched, &what));
	assert_string_equal(watched.said, "no end in 60 s");
	assert_int_equal(__real_waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	/* Told. */
	watched.pid = pid;
	ptn_deliver_told(&watched, 67 << 8);
	assert_true(ptn_deliver_ended(&watched, &what));
	assert_int_equal(what, PTN_DELIVERY_NEVER);
}

static void
test_refuse_delivery(void **state)
{
	static const char *const bad[] = { "", "a", "a@b\r\nRCPT TO:<x@y>",
		"<a@b>", "a@b>", "a b@c", "-oQ/tmp", "a@b\n" };
	struct ptn_conf cf = make_conf();
	enum ptn_delivery what;
	size_t i;

	(void)state;
	cf.sendmail_path = "/bin/true";
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(deliver(&cf, bad[i], ptn_bytes_of("x"), &what),
		    PTN_E_INPUT);
		assert_int_equal(what, PTN_DELIVERY_LATER);
	}
	cf.sendmail_path = "/nonexistent/sendmail";
	assert_int_equal(deliver(&cf, "a@b.example", ptn_bytes_of("x"), &what),
	    PTN_E_CONFIG);
	cf.mail_transport = PTN_MAIL_SMTP;
	cf.smtp_host = "localhost\nto eve@example.org";
	assert_int_equal(deliver(&cf, "a@b.example", ptn_bytes_of("x"), &what),
	    PTN_E_CONFIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sendmail),
		cmocka_unit_test(test_exit_codes),
		cmocka_unit_test(test_job),
		cmocka_unit_test(test_written_down_first),
		cmocka_unit_test(test_adopted),
		cmocka_unit_test(test_refuse_delivery),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
