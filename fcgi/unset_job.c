#define _GNU_SOURCE /* pipe2 */

#include "fcgi/unset_job.h"

#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/cli/cli.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"

#define SAID_MAX 16384	/* bytes of what it says */
#define WORK_S 240	/* it has */
#define ANSWER_MS 20000 /* after which somebody has to be told something */
#define FDS_MAX 1024	/* more than this process ever has */

/* Between the three: who asked, who watches, who works. */
struct lines {
	int secrets[2];
	int said[2];
	int cause[2]; /* one byte */
};

static void
close_all(struct lines *l)
{
	int *const fd[] = { &l->secrets[0], &l->secrets[1], &l->said[0],
		&l->said[1], &l->cause[0], &l->cause[1] };
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(fd); i++) {
		if (*fd[i] >= 0)
			(void)close(*fd[i]);
		*fd[i] = -1;
	}
}

static bool
open_all(struct lines *l)
{
	*l = (struct lines){ { -1, -1 }, { -1, -1 }, { -1, -1 } };
	if (pipe2(l->secrets, O_CLOEXEC) == 0 &&
	    pipe2(l->said, O_CLOEXEC) == 0 && pipe2(l->cause, O_CLOEXEC) == 0)
		return true;
	ptn_error("set-up: no pipe: %s", strerror(errno));
	close_all(l);
	return false;
}

static void
close_end(int *fd)
{
	(void)close(*fd);
	*fd = -1;
}

/* ------------------------------------------------------------ who works */

/* Never returns: its status is the cause. */
static void
work(const struct ptn_unset_job *job, struct lines *l)
{
	enum ptn_setup_cause cause = PTN_CAUSE_UNKNOWN;

	if (dup2(l->secrets[0], STDIN_FILENO) >= 0 &&
	    dup2(l->said[1], STDOUT_FILENO) >= 0 &&
	    dup2(l->said[1], STDERR_FILENO) >= 0) {
		close_all(l);
		cause = ptn_cli_setup_first(job->argc, job->argv,
		    job->conf_path, job->set, job->placed);
		(void)fflush(stdout);
	}
	_exit((int)cause);
}

/* ---------------------------------------------------------- who watches */

static volatile pid_t worker;
static volatile sig_atomic_t slow;

static void
on_alarm(int sig)
{
	(void)sig;
	slow = 1;
	(void)kill(worker, SIGKILL);
}

static enum ptn_setup_cause
wait_for_worker(const char *conf_path)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	int status = 0;

	sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGALRM, &sa, NULL);
	(void)alarm(WORK_S);
	while (waitpid(worker, &status, 0) < 0)
		if (errno != EINTR)
			return PTN_CAUSE_UNKNOWN;
	(void)alarm(0);
	if (WIFEXITED(status) && WEXITSTATUS(status) < PTN_CAUSE__MAX)
		return (enum ptn_setup_cause)WEXITSTATUS(status);
	ptn_cli_setup_clear(conf_path);
	return slow != 0 ? PTN_CAUSE_SLOW : PTN_CAUSE_UNKNOWN;
}

/*
 * What was open here is for who asked: a connection stays open as long as
 * anybody has it.  Of the socket that the web server made, too.
 */
static void
close_others(const struct lines *l)
{
	const int keep[] = { l->secrets[0], l->said[1], l->cause[1] };
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int fd;

	if (null >= 0)
		(void)dup2(null, STDIN_FILENO);
	for (fd = STDERR_FILENO + 1; fd < FDS_MAX; fd++)
		if (fd != keep[0] && fd != keep[1] && fd != keep[2])
			(void)close(fd);
}

/* Never returns. */
static void
watch(const struct ptn_unset_job *job, struct lines *l)
{
	enum ptn_setup_cause cause = PTN_CAUSE_UNKNOWN;
	uint8_t byte;

	(void)signal(SIGPIPE, SIG_IGN);
	worker = fork();
	if (worker == 0)
		work(job, l);
	close_end(&l->secrets[0]);
	close_end(&l->said[1]);
	if (worker > 0)
		cause = wait_for_worker(job->conf_path);
	byte = (uint8_t)cause;
	if (write(l->cause[1], &byte, 1) != 1)
		job->late(cause);
	_exit(0);
}

/* In a session of its own, and no child of ours: nobody here waits for it. */
static bool
begin(const struct ptn_unset_job *job, struct lines *l)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		close_others(l);
		(void)setsid();
		pid = fork();
		if (pid == 0)
			watch(job, l);
		_exit(pid > 0 ? 0 : 1);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			pid = -1;
	close_end(&l->secrets[0]);
	close_end(&l->said[1]);
	close_end(&l->cause[1]);
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ------------------------------------------------------------- who asked */

static void
hand_over(struct lines *l, const char *text)
{
	const size_t len = strlen(text);

	/* Less than a pipe holds, and read by somebody who may be gone. */
	if (write(l->secrets[1], text, len) != (ssize_t)len)
		ptn_warn("set-up: it does not listen: %s", strerror(errno));
	close_end(&l->secrets[1]);
}

/* Is there something to read, or the end of it, before that time? */
static bool
comes(int fd, int64_t until_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left_ms;

	for (;;) {
		left_ms = until_ms - ptn_clock_mono_ms();
		if (left_ms <= 0)
			return false;
		if (poll(&p, 1, (int)left_ms) > 0)
			return true;
	}
}

/* All that it says, of which some is kept; false: it is not the end. */
static bool
listen_to(struct ptn_arena *a, int fd, int64_t until_ms, const char **said)
{
	char *text = ptn_arena_alloc(a, SAID_MAX + 1), more[512];
	size_t len = 0, keep;
	ssize_t got = 1;

	while (got != 0) {
		if (!comes(fd, until_ms))
			return false;
		got = read(fd, more, sizeof(more));
		if (got < 0 && errno != EINTR)
			break;
		keep = got > 0 ? (size_t)got : 0;
		if (text == NULL || len + keep > SAID_MAX)
			continue;
		memcpy(text + len, more, keep);
		len += keep;
	}
	if (text != NULL)
		text[len] = '\0';
	*said = text != NULL ? text : "";
	return true;
}

bool
ptn_unset_job_run(const struct ptn_unset_job *job, struct ptn_arena *a,
    struct ptn_unset_job_end *end)
{
	const int64_t until_ms = ptn_clock_mono_ms() + ANSWER_MS;
	struct lines l;
	uint8_t byte;
	bool ended = true;

	*end = (struct ptn_unset_job_end){ PTN_CAUSE_UNKNOWN, "" };
	if (!open_all(&l))
		return true;
	if (begin(job, &l)) {
		hand_over(&l, job->secrets);
		ended = listen_to(a, l.said[0], until_ms, &end->said) &&
		    comes(l.cause[0], until_ms);
		if (ended && read(l.cause[0], &byte, 1) == 1 &&
		    byte < PTN_CAUSE__MAX)
			end->cause = (enum ptn_setup_cause)byte;
	}
	close_all(&l);
	return ended;
}
