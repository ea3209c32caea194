#define _GNU_SOURCE /* struct ucred */

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/cli/doctor.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/conf/conf.h"
#include "lib/crypto/hashgate.h"
#include "lib/crypto/pwhash.h"

#define NAME_LEN 64
#define TEXT_LEN 512

static void
user_name(uid_t uid, char out[NAME_LEN])
{
	const struct passwd *pw = getpwuid(uid);

	if (pw != NULL)
		(void)snprintf(out, NAME_LEN, "%s", pw->pw_name);
	else
		(void)snprintf(out, NAME_LEN, "%lu", (unsigned long)uid);
}

static void
group_name(gid_t gid, char out[NAME_LEN])
{
	const struct group *gr = getgrgid(gid);

	if (gr != NULL)
		(void)snprintf(out, NAME_LEN, "%s", gr->gr_name);
	else
		(void)snprintf(out, NAME_LEN, "%lu", (unsigned long)gid);
}

/* Who may connect: a web server must be that user, or in that group. */
static void
describe(const struct stat *st, char out[TEXT_LEN])
{
	char user[NAME_LEN], group[NAME_LEN];

	user_name(st->st_uid, user);
	group_name(st->st_gid, group);
	if ((st->st_mode & 0020) != 0)
		(void)snprintf(out, TEXT_LEN,
		    "mode %04o, user %s and group %s may connect: the web "
		    "server must be in that group",
		    (unsigned)st->st_mode & 07777, user, group);
	else
		(void)snprintf(out, TEXT_LEN,
		    "mode %04o, user %s alone may connect",
		    (unsigned)st->st_mode & 07777, user);
}

/* 0, or why there is no connection. */
static int
unix_try(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd, e = 0;

	if (strlen(path) >= sizeof(sa.sun_path))
		return ENAMETOOLONG;
	memcpy(sa.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) != 0)
		e = errno;
	if (fd >= 0)
		(void)close(fd);
	return e;
}

static void
look_at_unix(struct ptn_check *c, const char *const *member)
{
	const char *path = *member + strlen("unix:");
	char who[TEXT_LEN];
	struct stat st;
	int e;

	if (lstat(path, &st) != 0) {
		ptn_check_at(c, PTN_CHECK_WARNING, member,
		    "%.200s: %s; the server does not run, unless the web "
		    "server starts it by itself",
		    path, strerror(errno));
		return;
	}
	describe(&st, who);
	e = S_ISSOCK(st.st_mode) ? unix_try(path) : ENOTSOCK;
	if (e == 0)
		ptn_check_say(c, PTN_CHECK_OK, "%.200s: answers; %s", path,
		    who);
	else if (e == EACCES)
		ptn_check_say(c, PTN_CHECK_SKIPPED,
		    "%.200s: we may not connect (%s); run this as root", path,
		    who);
	else
		ptn_check_at(c,
		    e == ENOTSOCK ? PTN_CHECK_ERROR : PTN_CHECK_WARNING, member,
		    "%.200s: %s; %s", path, strerror(e),
		    e == ENOTSOCK ? "remove it"
				  : "nobody listens: start the server");
}

static void
look_at_tcp(struct ptn_check *c, const char *const *member)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	const char *port = strrchr(*member, ':');
	struct addrinfo *ai = NULL;
	char host[NAME_LEN];
	int fd = -1, e = EADDRNOTAVAIL;

	if (port == NULL)
		return;
	(void)snprintf(host, sizeof(host), "%.*s",
	    (int)(port - *member) - (**member == '[' ? 2 : 0),
	    *member + (**member == '[' ? 1 : 0));
	if (getaddrinfo(host, port + 1, &hints, &ai) == 0) {
		fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		e = fd >= 0 && connect(fd, ai->ai_addr, ai->ai_addrlen) == 0
		    ? 0
		    : errno;
		freeaddrinfo(ai);
	}
	if (fd >= 0)
		(void)close(fd);
	if (e == 0)
		ptn_check_say(c, PTN_CHECK_OK,
		    "%s: somebody answers; every local user may connect",
		    *member);
	else
		ptn_check_at(c, PTN_CHECK_WARNING, member,
		    "%s: %s; the server does not run, unless the web "
		    "server starts it by itself",
		    *member, strerror(e));
}

void
ptn_doctor_listening(struct ptn_check *c)
{
	const struct ptn_conf *cf = c->cf;
	const char *const *const addresses[] = { &cf->public_address,
		&cf->admin_address, &cf->authorizer_address };
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(addresses); i++) {
		if (strncmp(*addresses[i], "unix:", 5) == 0)
			look_at_unix(c, addresses[i]);
		else if ((*addresses[i])[0] != '\0')
			look_at_tcp(c, addresses[i]);
	}
}

/* What a log-in with a password costs here. */
void
ptn_doctor_hashing(struct ptn_check *c)
{
	const struct ptn_conf *cf = c->cf;
	struct ptn_hashgate *gate = NULL;
	char phc[PTN_PHC_MAX];
	int64_t began, us;
	int slots;
	enum ptn_err r;

	r = ptn_hashgate_open(&gate, cf, NULL);
	began = ptn_clock_us();
	if (r == PTN_OK)
		r = ptn_pwhash_make(cf, gate,
		    ptn_bytes_of("correct horse battery staple"), phc);
	us = ptn_clock_us() - began;
	if (r != PTN_OK) {
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "no password can be hashed: %s; see password.argon2",
		    ptn_err_name(r));
	} else {
		slots = ptn_hashgate_slots(gate);
		ptn_check_say(c, PTN_CHECK_OK,
		    "a password takes %lld ms and %lld KiB here, and %d at a "
		    "time: at most some %lld log-ins a second",
		    (long long)(us / 1000), (long long)cf->argon2_memory_kib,
		    slots, (long long)(slots * 1000000LL / (us > 0 ? us : 1)));
	}
	ptn_hashgate_close(&gate);
}
