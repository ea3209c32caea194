#include "fcgi/listen.h"

#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/conf/conf.h"

#define BACKLOG 1024
#define HOST_MAX 64
#define PASSED_FIRST 3 /* SD_LISTEN_FDS_START */
#define PROBES 5       /* a predecessor may be on its way out */
#define PROBE_MS 100

static const char unix_prefix[] = "unix:";

/* The path of a unix address, or NULL for any other. */
static const char *
unix_path(const char *address)
{
	size_t len = sizeof(unix_prefix) - 1;

	if (address == NULL || strncmp(address, unix_prefix, len) != 0)
		return NULL;
	return address + len;
}

static enum ptn_err
unix_address(const char *path, struct sockaddr_un *sa)
{
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (path[0] != '/' || strlen(path) >= sizeof(sa->sun_path)) {
		ptn_error("unix:%s: not an absolute path of at most %zu bytes",
		    path, sizeof(sa->sun_path) - 1);
		return PTN_E_CONFIG;
	}
	memcpy(sa->sun_path, path, strlen(path));
	return PTN_OK;
}

/* A user or group by name or number; unset (-1) for the empty string. */
static enum ptn_err
find_id(const char *name, bool is_group, unsigned int *id)
{
	const struct passwd *pw = NULL;
	const struct group *gr = NULL;
	char *end;

	*id = (unsigned int)-1;
	if (name[0] == '\0')
		return PTN_OK;
	if (is_group && (gr = getgrnam(name)) != NULL)
		*id = gr->gr_gid;
	else if (!is_group && (pw = getpwnam(name)) != NULL)
		*id = pw->pw_uid;
	else {
		*id = (unsigned int)strtoul(name, &end, 10);
		if (name[0] < '0' || name[0] > '9' || *end != '\0') {
			ptn_error("server.socket.%s: there is no \"%s\"",
			    is_group ? "group" : "user", name);
			return PTN_E_CONFIG;
		}
	}
	return PTN_OK;
}

/* Owner first, so that a mode never opens the socket to the wrong ones. */
static enum ptn_err
unix_protect(const struct ptn_conf *cf, const char *path)
{
	unsigned int uid, gid;
	enum ptn_err r;

	if ((r = find_id(cf->socket_user, false, &uid)) != PTN_OK ||
	    (r = find_id(cf->socket_group, true, &gid)) != PTN_OK)
		return r;
	if (lchown(path, uid, gid) < 0 ||
	    chmod(path, (mode_t)cf->socket_mode) < 0) {
		ptn_error("%s: cannot set owner and mode: %s", path,
		    strerror(errno));
		return PTN_E_INTERNAL;
	}
	return PTN_OK;
}

/* True if somebody answers there now. */
static bool
unix_answers(const struct sockaddr_un *sa)
{
	bool answers;
	int fd;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return true; /* cannot tell: leave it alone */
	answers = connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0 ||
	    errno == EAGAIN || errno == EACCES;
	close(fd);
	return answers;
}

/* Make way: remove a socket that a killed predecessor left behind. */
static enum ptn_err
unix_clear(const struct sockaddr_un *sa)
{
	const struct timespec pause = { 0, PROBE_MS * 1000000L };
	struct stat st;
	int i;

	if (lstat(sa->sun_path, &st) < 0)
		return PTN_OK; /* bind(2) will say what is wrong, if so */
	if (!S_ISSOCK(st.st_mode)) {
		ptn_error("%s: exists and is not a socket", sa->sun_path);
		return PTN_E_CONFLICT;
	}
	for (i = 0; i < PROBES && unix_answers(sa); i++)
		nanosleep(&pause, NULL);
	if (i == PROBES) {
		ptn_error("%s: already running: somebody answers there",
		    sa->sun_path);
		return PTN_E_CONFLICT;
	}
	if (unlink(sa->sun_path) < 0) {
		ptn_error("%s: cannot remove: %s", sa->sun_path,
		    strerror(errno));
		return PTN_E_INTERNAL;
	}
	return PTN_OK;
}

/* Nobody can connect before listen(2): by then owner and mode are right. */
static enum ptn_err
unix_bind(struct ptn_listener *l, const struct ptn_conf *cf,
    const struct sockaddr_un *sa)
{
	struct stat st;
	mode_t mask;
	enum ptn_err r;
	int rc;

	mask = umask(0177);
	rc = bind(l->fd, (const struct sockaddr *)sa, sizeof(*sa));
	umask(mask);
	if (rc < 0) {
		ptn_error("%s: cannot bind: %s", sa->sun_path, strerror(errno));
		return PTN_E_INTERNAL;
	}
	l->owned = true;
	if (lstat(sa->sun_path, &st) == 0) {
		l->dev = st.st_dev;
		l->ino = st.st_ino;
		l->born = st.st_mtim;
	}
	r = unix_protect(cf, sa->sun_path);
	if (r == PTN_OK && listen(l->fd, BACKLOG) < 0) {
		ptn_error("%s: listen: %s", sa->sun_path, strerror(errno));
		r = PTN_E_INTERNAL;
	}
	return r;
}

/*
 * Two that start at once must not remove each other's socket: the folder is
 * locked from looking to listening.
 */
static int
lock_folder(const char *path)
{
	char *copy, *dir;
	int fd;

	copy = strdup(path);
	if (copy == NULL)
		return -1;
	dir = dirname(copy);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		ptn_error("%s: %s", dir, strerror(errno));
	else if (flock(fd, LOCK_EX) < 0)
		ptn_warn("%s: cannot lock: %s", dir, strerror(errno));
	free(copy);
	return fd;
}

static enum ptn_err
unix_open(struct ptn_listener *l, const struct ptn_conf *cf, const char *path)
{
	struct sockaddr_un sa;
	enum ptn_err r;
	int folder;

	r = unix_address(path, &sa);
	if (r != PTN_OK)
		return r;
	folder = lock_folder(path);
	if (folder < 0)
		return PTN_E_INTERNAL;
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0) {
		ptn_error("socket: %s", strerror(errno));
		r = PTN_E_INTERNAL;
	} else if ((r = unix_clear(&sa)) == PTN_OK)
		r = unix_bind(l, cf, &sa);
	close(folder);
	return r;
}

/* Split HOST:PORT or [HOST]:PORT; port points into address. */
static enum ptn_err
tcp_split(const char *address, char host[HOST_MAX], const char **port)
{
	const char *colon = strrchr(address, ':');
	const char *from = address;
	size_t len;

	if (colon == NULL || colon[1] == '\0')
		return PTN_E_CONFIG;
	len = (size_t)(colon - address);
	if (len >= 2 && from[0] == '[' && from[len - 1] == ']') {
		from++;
		len -= 2;
	} else if (memchr(from, ':', len) != NULL) {
		return PTN_E_CONFIG; /* IPv6 without brackets */
	}
	if (len == 0 || len >= HOST_MAX)
		return PTN_E_CONFIG;
	memcpy(host, from, len);
	host[len] = '\0';
	if (strcmp(host, "localhost") == 0)
		memcpy(host, "127.0.0.1", sizeof("127.0.0.1"));
	*port = colon + 1;
	return PTN_OK;
}

static bool
tcp_is_loopback(const struct sockaddr *sa)
{
	const struct sockaddr_in *in;
	const struct sockaddr_in6 *in6;

	if (sa->sa_family == AF_INET) {
		in = (const struct sockaddr_in *)(const void *)sa;
		return (ntohl(in->sin_addr.s_addr) >> 24) == 127;
	}
	in6 = (const struct sockaddr_in6 *)(const void *)sa;
	return sa->sa_family == AF_INET6 &&
	    IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

static enum ptn_err
tcp_resolve(const struct ptn_conf *cf, const char *address,
    struct addrinfo **ai)
{
	const struct addrinfo hints = { .ai_flags = AI_PASSIVE |
		    AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	char host[HOST_MAX];
	const char *port;

	if (tcp_split(address, host, &port) != PTN_OK ||
	    getaddrinfo(host, port, &hints, ai) != 0) {
		ptn_error("%s: not unix:/PATH, and not HOST:PORT with a "
			  "numeric host",
		    address);
		return PTN_E_CONFIG;
	}
	if (!cf->tcp_remote && !tcp_is_loopback((*ai)->ai_addr)) {
		ptn_error("%s: not a loopback address, and "
			  "server.socket.unsafe_remote_tcp is off",
		    address);
		freeaddrinfo(*ai);
		return PTN_E_CONFIG;
	}
	return PTN_OK;
}

static enum ptn_err
tcp_open(struct ptn_listener *l, const struct ptn_conf *cf, const char *address)
{
	struct addrinfo *ai = NULL;
	const int on = 1;
	enum ptn_err r;

	r = tcp_resolve(cf, address, &ai);
	if (r != PTN_OK)
		return r;
	l->fd = socket(ai->ai_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0 ||
	    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    (ai->ai_family == AF_INET6 &&
		setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) <
		    0) ||
	    bind(l->fd, ai->ai_addr, ai->ai_addrlen) < 0 ||
	    listen(l->fd, BACKLOG) < 0) {
		r = errno == EADDRINUSE ? PTN_E_CONFLICT : PTN_E_INTERNAL;
		ptn_error("%s: cannot listen: %s", address, strerror(errno));
	}
	freeaddrinfo(ai);
	return r;
}

enum ptn_err
ptn_listen_open(struct ptn_listener *l, const struct ptn_conf *cf,
    const char *address)
{
	const char *path = unix_path(address);
	enum ptn_err r;

	*l = PTN_LISTENER_NONE;
	l->address = strdup(address);
	if (l->address == NULL)
		return PTN_E_NOMEM;
	r = path != NULL ? unix_open(l, cf, path) : tcp_open(l, cf, address);
	if (r != PTN_OK)
		ptn_listen_close(l);
	return r;
}

enum ptn_err
ptn_listen_share(struct ptn_listener *l, const struct ptn_listener *other,
    const struct ptn_conf *cf)
{
	const char *path = unix_path(other->address);
	enum ptn_err r = PTN_OK;

	*l = *other;
	l->owned = false;
	l->address = NULL;
	l->fd = fcntl(other->fd, F_DUPFD_CLOEXEC, 0);
	if (l->fd < 0) {
		ptn_error("cannot copy a socket: %s", strerror(errno));
		return PTN_E_INTERNAL;
	}
	if (other->address != NULL) {
		l->address = strdup(other->address);
		if (l->address == NULL)
			r = PTN_E_NOMEM;
	}
	if (r == PTN_OK && path != NULL)
		r = unix_protect(cf, path);
	if (r != PTN_OK)
		ptn_listen_close(l);
	return r;
}

/* Nothing has been put in the place of what we bound. */
static bool
is_still(const struct ptn_listener *l, const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_dev == l->dev &&
	    st.st_ino == l->ino && st.st_mtim.tv_sec == l->born.tv_sec &&
	    st.st_mtim.tv_nsec == l->born.tv_nsec;
}

void
ptn_listen_close(struct ptn_listener *l)
{
	const char *path = unix_path(l->address);

	if (l->owned && path != NULL && is_still(l, path))
		(void)unlink(path);
	if (l->fd >= 0)
		close(l->fd);
	free(l->address);
	*l = PTN_LISTENER_NONE;
}

bool
ptn_listen_is(int fd)
{
	int listens = 0;
	socklen_t len = sizeof(listens);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 &&
	    listens == 1;
}

enum ptn_err
ptn_listen_adopt(int fd)
{
	int flags;

	if (!ptn_listen_is(fd)) {
		ptn_error("descriptor %d is not a listening socket", fd);
		return PTN_E_CONFIG;
	}
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
		ptn_error("descriptor %d: %s", fd, strerror(errno));
		return PTN_E_INTERNAL;
	}
	return PTN_OK;
}

/* Where a passed socket of that name belongs; PTN_SIDE__MAX: nowhere. */
static size_t
place_of(const int fd[PTN_SIDE__MAX], const char *name, size_t len)
{
	size_t side;

	for (side = 0; side < PTN_SIDE__MAX; side++) {
		if (len == strlen(ptn_side_names[side]) &&
		    memcmp(name, ptn_side_names[side], len) == 0)
			return fd[side] < 0 ? side : PTN_SIDE__MAX;
	}
	for (side = 0; side < PTN_SIDE__MAX && fd[side] >= 0; side++)
		;
	return side;
}

static enum ptn_err
place_all(int fd[PTN_SIDE__MAX], long n, const char *names)
{
	size_t len, side;
	enum ptn_err r;
	int i;

	for (i = 0; i < n; i++) {
		len = strcspn(names, ":");
		side = place_of(fd, names, len);
		if (side == PTN_SIDE__MAX) {
			ptn_error("LISTEN_FDS: one public, one admin and one "
				  "authorizer socket at most");
			return PTN_E_CONFIG;
		}
		r = ptn_listen_adopt(PASSED_FIRST + i);
		if (r != PTN_OK)
			return r;
		fd[side] = PASSED_FIRST + i;
		names += len + (names[len] == ':');
	}
	return PTN_OK;
}

enum ptn_err
ptn_listen_passed(int fd[PTN_SIDE__MAX], bool *any)
{
	const char *names = getenv("LISTEN_FDNAMES");
	long n = ptn_process_env_number("LISTEN_FDS");
	enum ptn_err r;
	size_t side;

	for (side = 0; side < PTN_SIDE__MAX; side++)
		fd[side] = -1;
	*any = n > 0 && ptn_process_env_number("LISTEN_PID") == (long)getpid();
	if (!*any)
		return PTN_OK;
	r = place_all(fd, n, names != NULL ? names : "");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	return r;
}
