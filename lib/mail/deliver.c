#define _GNU_SOURCE /* closefrom(3), pipe2(2) */

#include "lib/mail/deliver.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/base/home.h"
#include "lib/base/log.h"
#include "lib/base/peek.h"
#include "lib/conf/conf.h"
#include "lib/format/mime.h"
#include "lib/mail/letters.h"

#define SENDER_MEMORY ((size_t)64 * 1024)
#define PATH_LEN 4096
#define ENV_MAX 8

enum ptn_err
ptn_deliver_sender(const struct ptn_conf *cf, char out[PTN_ADDRESS_MAX + 1])
{
	struct ptn_arena *a = ptn_arena_new(SENDER_MEMORY);
	const char *s = cf->mail_from;
	enum ptn_err r = PTN_OK;
	char *address = NULL;

	if (a == NULL)
		return PTN_E_NOMEM;
	/* ASCII is taken as it is: "postern@localhost" is a fine sender. */
	while (*s != '\0' && (unsigned char)*s < 0x80)
		s++;
	if (*s != '\0')
		r = ptn_address_canonical(a, cf->mail_from, &address);
	else if ((address = ptn_arena_strdup(a, cf->mail_from)) == NULL)
		r = PTN_E_NOMEM;
	if (r == PTN_OK && !ptn_mime_address_ok(address))
		r = PTN_E_INPUT;
	if (r == PTN_OK)
		memcpy(out, address, strlen(address) + 1);
	if (r == PTN_E_INPUT) {
		ptn_error("email_delivery.from_address is no address");
		r = PTN_E_CONFIG;
	}
	ptn_arena_free(&a);
	return r;
}

/* Why it could not be started: for the log, and for who asks the job. */
static enum ptn_err
cannot_start(struct ptn_deliver_job *job, const char *path, int e)
{
	const char *advice = "";

	if (strstr(path, "/postern-") != NULL && e == ENOENT)
		advice = " (the package postern-mail has it)";
	snprintf(job->said, sizeof(job->said), "%.160s: %.40s%s", path,
	    strerror(e), advice);
	ptn_error("%s", job->said);
	return PTN_E_CONFIG;
}

/* Ours may hold secrets (a configuration can come by environment). */
static void
make_env(char *env[ENV_MAX])
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:"
			     "/usr/bin:/sbin:/bin";
	static const char *const kept[] = { "HOME=", "USER=", "LOGNAME=", "TZ=",
		"TMPDIR=" };
	extern char **environ;
	size_t n = 0;
	size_t i;
	char **e;

	env[n++] = path;
	for (e = environ; e != NULL && *e != NULL; e++)
		for (i = 0; i < PTN_ARRAY_LEN(kept); i++)
			if (n < ENV_MAX - 1 &&
			    strncmp(*e, kept[i], strlen(kept[i])) == 0)
				env[n++] = *e;
	env[n] = NULL;
}

/* One that is there already is only kept. */
static bool
put_at(int fd, int at)
{
	return fd == at ? fcntl(fd, F_SETFD, 0) == 0 : dup2(fd, at) == at;
}

/* Its descriptors 0, 1 and 2. */
struct ends {
	int in;
	int out; /* -1: nobody reads it */
	int err;
};

/*
 * Those descriptors, default signals, a process group of its own: why it
 * is no program yet, if it comes back.
 */
static int
become_program(const char *path, char *const argv[], char *const env[],
    const struct ends *fd)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;
	int out = fd->out, sig;

	sigemptyset(&sa.sa_mask);
	sigemptyset(&none);
	for (sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &sa, NULL);
	if (setpgid(0, 0) < 0 || !put_at(fd->in, STDIN_FILENO) ||
	    !put_at(fd->err, STDERR_FILENO) ||
	    (out < 0 && (out = open("/dev/null", O_WRONLY)) < 0) ||
	    !put_at(out, STDOUT_FILENO))
		return errno;
	closefrom(STDERR_FILENO + 1);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)execve(path, argv, env);
	return errno;
}

/*
 * By vfork(2), since the program-to-be writes its number into the job itself,
 * before it is a program.  So there is none that the job does not know, at
 * whichever moment this process dies.
 */
static int
spawn(struct ptn_deliver_job *job, const char *path, char *const argv[],
    const struct ends *fd)
{
	char *env[ENV_MAX];
	sigset_t all, before;
	volatile int e = 0;
	pid_t pid;

	make_env(env);
	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	pid = vfork();
	if (pid == 0) {
		job->pid = getpid();
		e = become_program(path, argv, env, fd);
		_exit(EX_OSERR);
	}
	if (pid < 0)
		e = errno;
	else if (e != 0)
		(void)waitpid(pid, NULL, 0);
	else
		job->pid = pid; /* vfork() may be fork(), as in valgrind */
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return e;
}

/* A pipe whose ends are above 2, whatever is closed in this process. */
static int
make_pipe(int fd[2])
{
	int low[2];
	int e;

	fd[0] = fd[1] = -1;
	if (pipe2(low, O_CLOEXEC | O_NONBLOCK) != 0)
		return errno;
	fd[0] = fcntl(low[0], F_DUPFD_CLOEXEC, 3);
	fd[1] = fcntl(low[1], F_DUPFD_CLOEXEC, 3);
	e = fd[0] < 0 || fd[1] < 0 ? errno : 0;
	close(low[0]);
	close(low[1]);
	return e;
}

static enum ptn_err
begin(const char *path, char *const argv[], int in, int out,
    struct ptn_deliver_job *job)
{
	struct ends fd = { in, out, -1 };
	int err[2];
	int e;

	if ((e = make_pipe(err)) == 0) {
		fd.err = err[1];
		e = spawn(job, path, argv, &fd);
	}
	if (err[1] >= 0)
		close(err[1]);
	if (e == 0) {
		job->err_fd = err[0];
		return PTN_OK;
	}
	if (err[0] >= 0)
		close(err[0]);
	job->pid = 0;
	return cannot_start(job, path, e);
}

static enum ptn_err
start(const struct ptn_conf *cf, char *from, char *to, int in, int out,
    struct ptn_deliver_job *job)
{
	char path[PATH_LEN];
	char flag_i[] = "-i", flag_f[] = "-f", end[] = "--";
	char *argv[] = { path, flag_i, flag_f, from, end, to, NULL };

	job->smtp = cf->mail_transport == PTN_MAIL_SMTP;
	if (!job->smtp)
		snprintf(path, sizeof(path), "%s", cf->sendmail_path);
	else if (!ptn_home_program("postern-smtp", path, sizeof(path)))
		return cannot_start(job, path, errno);
	if (job->smtp)
		argv[1] = NULL;
	return begin(path, argv, in, out, job);
}

static void
prepare(struct ptn_deliver_job *job)
{
	memset(job, 0, sizeof(*job));
	job->err_fd = -1;
	job->deadline_ms = ptn_clock_mono_ms() + PTN_DELIVER_TIMEOUT_S * 1000;
}

enum ptn_err
ptn_deliver_program(const char *name, int fd, struct ptn_deliver_job *job)
{
	char path[PATH_LEN];
	char *argv[] = { path, NULL };

	prepare(job);
	if (!ptn_home_program(name, path, sizeof(path)))
		return cannot_start(job, path, errno);
	return begin(path, argv, fd, -1, job);
}

static enum ptn_err
start_with(const struct ptn_conf *cf, const struct ptn_letters *l,
    char sender[PTN_ADDRESS_MAX + 1], char *rcpt, struct ptn_deliver_job *job)
{
	enum ptn_err r;
	int in = -1;

	r = ptn_deliver_sender(cf, sender);
	if (r == PTN_OK)
		r = ptn_letters_input(cf, l, &in);
	if (r == PTN_OK)
		r = start(cf, sender, rcpt, in, l->fd, job);
	if (in >= 0)
		close(in);
	return r;
}

enum ptn_err
ptn_deliver_start(const struct ptn_conf *cf, const char *to,
    struct ptn_bytes message, struct ptn_deliver_job *job)
{
	const struct ptn_deliver_letter one = { to, message };
	char sender[PTN_ADDRESS_MAX + 1], rcpt[PTN_ADDRESS_MAX + 1];
	const struct ptn_letters l = { sender, &one, 1, -1, 0, 0 };

	prepare(job);
	if (!ptn_mime_address_ok(to))
		return PTN_E_INPUT;
	memcpy(rcpt, to, strlen(to) + 1);
	return start_with(cf, &l, sender, rcpt, job);
}

enum ptn_err
ptn_deliver_many(const struct ptn_conf *cf,
    const struct ptn_deliver_letter *letter, size_t n, int fd, size_t at,
    uint32_t run, struct ptn_deliver_job *job)
{
	char sender[PTN_ADDRESS_MAX + 1];
	const struct ptn_letters l = { sender, letter, n, fd, at, run };
	char nobody[] = ""; /* only a local program has it as an argument */

	prepare(job);
	return start_with(cf, &l, sender, nobody, job);
}

/* Keep the first line of what the program says, read the rest away. */
static void
listen_to(struct ptn_deliver_job *job)
{
	char buf[256];
	ssize_t n = 0;
	size_t room;
	char *lf;

	while (
	    job->err_fd >= 0 && (n = read(job->err_fd, buf, sizeof(buf))) > 0) {
		room = sizeof(job->said) - 1 - job->said_len;
		room = (size_t)n < room ? (size_t)n : room;
		memcpy(job->said + job->said_len, buf, room);
		job->said_len += room;
	}
	if (n == 0 && job->err_fd >= 0) {
		close(job->err_fd);
		job->err_fd = -1;
	}
	if ((lf = memchr(job->said, '\n', job->said_len)) != NULL)
		memset(lf, 0, sizeof(job->said) - (size_t)(lf - job->said));
}

/*
 * sysexits(3).  What is not a clear refusal is worth another try, and what is
 * not about the mail is about us: a program that does not let us, or is not
 * set up.  "Unavailable" is a word that every local program gives a meaning of
 * its own.
 */
static enum ptn_delivery
judge_exit(int status, bool smtp)
{
	switch (status) {
	case EX_OK:
		return PTN_DELIVERY_DONE;
	case EX_DATAERR:
	case EX_NOUSER:
		return PTN_DELIVERY_NEVER;
	case EX_UNAVAILABLE:
		return smtp ? PTN_DELIVERY_NEVER : PTN_DELIVERY_LATER;
	case EX_USAGE:
	case EX_NOPERM:
	case EX_CONFIG:
		return PTN_DELIVERY_REFUSED;
	default:
		return PTN_DELIVERY_LATER;
	}
}

enum ptn_delivery
ptn_deliver_judge(int status)
{
	return judge_exit(status, true);
}

static enum ptn_delivery
judge(const struct ptn_deliver_job *job, int status)
{
	return WIFEXITED(status) ? judge_exit(WEXITSTATUS(status), job->smtp)
				 : PTN_DELIVERY_LATER;
}

/* What comes next stands in memory behind what came before. */
static void
in_order(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}

/* Any other byte than these two is no bool, and must not be read as one. */
static bool
is_bool(const bool *b)
{
	const unsigned char *byte = (const unsigned char *)b;

	return *byte <= 1;
}

bool
ptn_deliver_adopt(struct ptn_deliver_job *job)
{
	const int64_t now = ptn_clock_mono_ms();

	/* Signals to 0, 1 and less go to more than one group. */
	if (job->pid < 0 || job->pid == 1 || !is_bool(&job->smtp) ||
	    !is_bool(&job->known) || !is_bool(&job->lost) ||
	    job->deadline_ms < 0 ||
	    job->deadline_ms > now + PTN_DELIVER_TIMEOUT_S * 1000 ||
	    job->said_len >= sizeof(job->said) ||
	    memchr(job->said, '\0', sizeof(job->said)) == NULL)
		return false;
	job->err_fd = -1;
	job->adopted = true;
	return true;
}

void
ptn_deliver_told(struct ptn_deliver_job *job, int status)
{
	job->status = status;
	in_order();
	job->known = true;
}

void
ptn_deliver_lost(struct ptn_deliver_job *job)
{
	job->lost = true;
}

/*
 * Whether a child has ended: how is written down before it is gone, or nobody
 * would know if we died between.  False: it runs.
 */
static bool
reap(struct ptn_deliver_job *job, bool late)
{
	int status = 0;
	pid_t pid;

	do
		pid = ptn_peek(job->pid, late ? 0 : WNOHANG, &status);
	while (pid < 0 && errno == EINTR);
	if (pid > 0) {
		ptn_deliver_told(job, status);
		in_order();
		(void)waitpid(pid, &status, 0);
	} else if (pid < 0) {
		ptn_deliver_lost(job); /* somebody else reaped it */
	}
	return pid != 0;
}

/* Only while it is not reaped: then the number is its own. */
static void
kill_group(const struct ptn_deliver_job *job)
{
	if (!job->known && !job->lost && getpgid(job->pid) == job->pid)
		(void)kill(-job->pid, SIGKILL);
}

static void
conclude(struct ptn_deliver_job *job, bool late, enum ptn_delivery *what)
{
	*what = job->known ? judge(job, job->status) : PTN_DELIVERY_LATER;
	if (late && *what == PTN_DELIVERY_LATER)
		snprintf(job->said, sizeof(job->said), "no end in %d s",
		    PTN_DELIVER_TIMEOUT_S);
	else if (!job->known)
		snprintf(job->said, sizeof(job->said), "its end is not known");
	if (job->err_fd >= 0)
		close(job->err_fd);
	job->err_fd = -1;
	in_order();
	job->pid = 0;
}

bool
ptn_deliver_ended(struct ptn_deliver_job *job, enum ptn_delivery *what)
{
	const bool late = ptn_clock_mono_ms() >= job->deadline_ms;
	bool ended;

	*what = PTN_DELIVERY_LATER;
	if (late)
		kill_group(job);
	ended =
	    job->adopted ? job->known || job->lost || late : reap(job, late);
	listen_to(job);
	if (ended)
		conclude(job, late, what);
	return ended;
}
