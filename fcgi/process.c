#define _GNU_SOURCE /* ppoll(2) */

#include "config.h"

#include "fcgi/process.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/hashgate.h"

#define FILES_MAX 256 /* descriptors a confined process may open */
#define WAIT_MAX 16   /* descriptors one wait takes */
/* Bytes of address space: the arena, libraries, and what requests need. */
#define HEADROOM ((size_t)64 * 1024 * 1024)

struct ptn_signals ptn_signals;

static const int signals_of_ours[] = { SIGTERM, SIGINT, SIGUSR1, SIGHUP,
	SIGCHLD };
#define SIGNALS (PTN_ARRAY_LEN(signals_of_ours))

static sigset_t open_mask; /* lets the signals through */

static void
on_signal(int sig)
{
	if (sig == SIGCHLD)
		atomic_store(&ptn_signals.child, 1);
	else if (sig == SIGHUP)
		atomic_store(&ptn_signals.reload, 1);
	else
		atomic_store(&ptn_signals.leave, 1);
}

void
ptn_signals_block(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t blocked;
	size_t i;

	sigemptyset(&sa.sa_mask);
	sigemptyset(&blocked);
	for (i = 0; i < SIGNALS; i++)
		sigaddset(&blocked, signals_of_ours[i]);
	sigprocmask(SIG_BLOCK, &blocked, &open_mask);
	for (i = 0; i < SIGNALS; i++) {
		sigdelset(&open_mask, signals_of_ours[i]);
		sigaction(signals_of_ours[i], &sa, NULL);
	}
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
}

void
ptn_signals_child(void)
{
	struct sigaction sa = { .sa_handler = SIG_IGN };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	atomic_store(&ptn_signals.leave, 0);
	atomic_store(&ptn_signals.reload, 0);
	atomic_store(&ptn_signals.child, 0);
}

/* What the negative answer of a waiting system call means. */
static enum ptn_err
wait_failed(const char *call)
{
	if (errno == EINTR)
		return PTN_E_NOT_FOUND;
	ptn_error("%s: %s", call, strerror(errno));
	return PTN_E_INTERNAL;
}

/*
 * How long to wait now, taken from how long to wait in all (< 0: for ever): who
 * waits for long shows now and then that it does.
 */
static int
next_slice(int *timeout_ms)
{
	int ms = PTN_WAIT_BEAT_MS;

	if (*timeout_ms < 0)
		return ms;
	if (*timeout_ms < ms)
		ms = *timeout_ms;
	*timeout_ms -= ms;
	return ms;
}

enum ptn_err
ptn_wait_fds(const int *fds, size_t n, int timeout_ms, bool *readable)
{
	struct pollfd p[WAIT_MAX];
	enum ptn_beat_step before;
	struct timespec t;
	size_t i;
	int got, ms;

	if (n > WAIT_MAX)
		return PTN_E_INTERNAL;
	before = ptn_beat(PTN_STEP_WAIT);
	for (i = 0; i < n; i++)
		p[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	do {
		ms = next_slice(&timeout_ms);
		t.tv_sec = ms / 1000;
		t.tv_nsec = (long)(ms % 1000) * 1000000;
		got = ppoll(p, (nfds_t)n, &t, &open_mask);
		(void)ptn_beat(PTN_STEP_WAIT);
	} while (got == 0 && timeout_ms != 0);
	(void)ptn_beat(before);
	if (got < 0)
		return wait_failed("ppoll");
	if (got == 0)
		return PTN_E_EXPIRED;
	for (i = 0; i < n; i++)
		readable[i] = p[i].revents != 0;
	return PTN_OK;
}

static enum ptn_err
waiter_add(int waiter, int fd, size_t which, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.u64 = which };

	if (epoll_ctl(waiter, EPOLL_CTL_ADD, fd, &ev) == 0)
		return PTN_OK;
	ptn_error_seldom("epoll_ctl: %s", strerror(errno));
	return PTN_E_INTERNAL;
}

enum ptn_err
ptn_waiter_add(int waiter, int fd, size_t which)
{
	return waiter_add(waiter, fd, which, EPOLLIN | EPOLLEXCLUSIVE);
}

enum ptn_err
ptn_waiter_add_room(int waiter, int fd, size_t which)
{
	return waiter_add(waiter, fd, which, EPOLLOUT);
}

void
ptn_waiter_remove(int waiter, int fd)
{
	(void)epoll_ctl(waiter, EPOLL_CTL_DEL, fd, NULL);
}

enum ptn_err
ptn_waiter_open(const int *fds, size_t n, int *waiter)
{
	enum ptn_err r = PTN_OK;
	size_t i;

	*waiter = epoll_create1(EPOLL_CLOEXEC);
	if (*waiter < 0)
		return wait_failed("epoll_create1");
	for (i = 0; i < n && r == PTN_OK; i++) {
		if (fds[i] >= 0)
			r = ptn_waiter_add(*waiter, fds[i], i);
	}
	if (r != PTN_OK) {
		close(*waiter);
		*waiter = -1;
	}
	return r;
}

enum ptn_err
ptn_waiter_wait(int waiter, int timeout_ms, size_t *which)
{
	const enum ptn_beat_step before = ptn_beat(PTN_STEP_WAIT);
	struct epoll_event ev;
	int got;

	do {
		got = epoll_pwait(waiter, &ev, 1, next_slice(&timeout_ms),
		    &open_mask);
		(void)ptn_beat(PTN_STEP_WAIT);
	} while (got == 0 && timeout_ms != 0);
	(void)ptn_beat(before);
	if (got < 0)
		return wait_failed("epoll_pwait");
	if (got == 0)
		return PTN_E_EXPIRED;
	*which = (size_t)ev.data.u64;
	return PTN_OK;
}

/* The group to run with: the one named, or the user's own. */
static enum ptn_err
find_group(const struct ptn_conf *cf, const struct passwd *pw, gid_t *gid)
{
	const struct group *gr;

	*gid = pw->pw_gid;
	if (cf->group[0] == '\0')
		return PTN_OK;
	gr = getgrnam(cf->group);
	if (gr == NULL) {
		ptn_error("server.group: there is no group \"%s\"", cf->group);
		return PTN_E_CONFIG;
	}
	*gid = gr->gr_gid;
	return PTN_OK;
}

enum ptn_err
ptn_process_identity(const struct ptn_conf *cf, struct ptn_identity *id)
{
	const struct passwd *pw;
	enum ptn_err r;

	*id = (struct ptn_identity){ .change = geteuid() == 0 };
	if (!id->change)
		return PTN_OK;
	if (cf->user[0] == '\0') {
		ptn_error("started by root: server.user must name the user "
			  "to run as");
		return PTN_E_CONFIG;
	}
	pw = getpwnam(cf->user);
	if (pw == NULL || pw->pw_uid == 0) {
		ptn_error("server.user: \"%s\" is not an unprivileged user",
		    cf->user);
		return PTN_E_CONFIG;
	}
	id->uid = pw->pw_uid;
	r = find_group(cf, pw, &id->gid);
	if (r != PTN_OK)
		return r;
	id->ngroups = PTN_GROUPS_MAX;
	if (getgrouplist(cf->user, id->gid, id->group, &id->ngroups) < 0) {
		ptn_error("server.user: \"%s\" is in too many groups",
		    cf->user);
		return PTN_E_CONFIG;
	}
	return PTN_OK;
}

/* Become it with every id there is, and prove that there is no way back. */
static enum ptn_err
become(const struct ptn_identity *id)
{
	if (setgroups((size_t)id->ngroups, id->group) < 0 ||
	    setgid(id->gid) < 0 || setuid(id->uid) < 0) {
		ptn_error("cannot become user %d: %s", (int)id->uid,
		    strerror(errno));
		return PTN_E_INTERNAL;
	}
	if (id->uid == 0 || getuid() != id->uid || geteuid() != id->uid ||
	    getgid() != id->gid || getegid() != id->gid || setuid(0) == 0 ||
	    seteuid(0) == 0) {
		ptn_error("user %d could become root again", (int)id->uid);
		return PTN_E_INTERNAL;
	}
	return PTN_OK;
}

void
ptn_process_hide(void)
{
	struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		ptn_warn("core files stay possible: %s", strerror(errno));
}

/* Bytes of address space in use; 0 if that cannot be told. */
static size_t
address_space(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f == NULL)
		return 0;
	if (fscanf(f, "%lu", &pages) != 1)
		pages = 0;
	(void)fclose(f);
	return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

void
ptn_process_bound(size_t headroom)
{
	size_t now = address_space();
	struct rlimit l;

	if (now == 0 || getrlimit(RLIMIT_AS, &l) < 0)
		return;
	l.rlim_cur = l.rlim_max;
	if (headroom > 0 && now + headroom < l.rlim_max)
		l.rlim_cur = now + headroom;
	if (setrlimit(RLIMIT_AS, &l) < 0)
		ptn_warn("RLIMIT_AS: %s", strerror(errno));
}

size_t
ptn_process_headroom(const struct ptn_conf *cf, enum ptn_process_role role)
{
	const size_t hash = (size_t)ptn_hashgate_kib(cf) * 1024;
	const size_t received = (size_t)cf->receive_memory_kib * 1024;
	const size_t of[PTN_ROLE__MAX] = {
		/*
		 * The slots are mapped by now, by the supervisor; but what
		 * computes hashes of others takes memory of its own.
		 */
		[PTN_WORKER] = HEADROOM + hash,
		/* What it starts would inherit it. */
		[PTN_COURIER] = 0,
		[PTN_RECEIVER] = HEADROOM + received,
		/* A slot's memory is its own. */
		[PTN_ALONE] = HEADROOM + 2 * hash,
	};

	/* What watches every byte reserves more than any limit. */
	return PTN_SANITIZED ? 0 : of[role];
}

static void
bound_files(const struct ptn_conf *cf, enum ptn_process_role role)
{
	const rlim_t want = role == PTN_RECEIVER
	    ? (rlim_t)cf->receive_connections + PTN_FILES_SPARE
	    : FILES_MAX;
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return;
	if (l.rlim_max == RLIM_INFINITY || l.rlim_max > want)
		l.rlim_max = want;
	l.rlim_cur = l.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &l);
}

/*
 * What submits mail for sendmail(8) is often set-group-id.  Whoever started us
 * may have ruled that out for good, as a unit of systemd does.
 */
static void
look_at_privileges(const struct ptn_conf *cf)
{
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		ptn_warn("no_new_privs is set: if %s is set-group-id, it can "
			 "submit no mail (email_delivery.transport smtp can)",
		    cf->sendmail_path);
}

enum ptn_err
ptn_process_confine(const struct ptn_conf *cf, const struct ptn_identity *id,
    enum ptn_process_role role)
{
	bool mails = role == PTN_COURIER || role == PTN_ALONE;

	if (id->change && become(id) != PTN_OK)
		return PTN_E_INTERNAL;
	ptn_process_hide();
	bound_files(cf, role);
	ptn_process_bound(ptn_process_headroom(cf, role));
	if (mails && cf->mail_transport == PTN_MAIL_SENDMAIL) {
		look_at_privileges(cf);
		return PTN_OK;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		ptn_error("no_new_privs: %s", strerror(errno));
		return PTN_E_INTERNAL;
	}
	return PTN_OK;
}

bool
ptn_child_drains(const struct ptn_child *child)
{
	if (child->draining == NULL)
		return false;
	return atomic_load(child->draining) != 0 || getppid() != child->parent;
}

enum ptn_err
ptn_process_follow(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) < 0)
		ptn_warn("PR_SET_PDEATHSIG: %s", strerror(errno));
	return getppid() == parent ? PTN_OK : PTN_E_GONE;
}

long
ptn_process_env_number(const char *name)
{
	const char *s = getenv(name);
	char *end;
	long n;

	if (s == NULL || *s < '0' || *s > '9')
		return -1;
	errno = 0;
	n = strtol(s, &end, 10);
	return *end == '\0' && errno == 0 ? n : -1;
}

/* Programs that systemd does not mean inherit its variables as well. */
int64_t
ptn_process_watchdog_ms(void)
{
	const long us = ptn_process_env_number("WATCHDOG_USEC");

	if (us <= 0 ||
	    (getenv("WATCHDOG_PID") != NULL &&
		ptn_process_env_number("WATCHDOG_PID") != (long)getpid()))
		return 0;
	return us < 2000 ? 1 : us / 2000;
}

void
ptn_process_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	socklen_t len;
	int fd;

	if (path == NULL || (path[0] != '/' && path[0] != '@') ||
	    strlen(path) >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, strlen(path));
	if (path[0] == '@')
		to.sun_path[0] = '\0'; /* an abstract name */
	len =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL,
		(const struct sockaddr *)&to, len) < 0)
		ptn_warn("cannot notify %s: %s", path, strerror(errno));
	close(fd);
}
