#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/cli/doctor.h"
#include "fcgi/cli/hashing.h"
#include "fcgi/cli/service.h"
#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/conf/conf.h"
#include "lib/crypto/argon_verify.h"
#include "lib/crypto/pwhash.h"

#define MIB (1024 * 1024)
#define COSTLY_US 1000000 /* of a hash, for whoever waits for it */
#define TRIES 2 /* of hashes: the quicker one counts */
#define NAME_LEN 64
#define TEXT_LEN 512
#define ANSWER_MS 5000
#define FCGI_VERSION 1 /* with which every record begins */

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

/* A connection, or -1 with errno. */
static int
unix_connect(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd, e;

	if (strlen(path) >= sizeof(sa.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sa.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	e = errno;
	(void)close(fd);
	errno = e;
	return -1;
}

/* A record of FastCGI; its content is shorter than 64 KiB. */
static void
put_record(struct ptn_buf *b, char type, const char *content, size_t len)
{
	const char head[8] = { FCGI_VERSION, type, 0, 1, (char)(len >> 8),
		(char)len };

	ptn_buf_add(b, head, sizeof(head));
	ptn_buf_add(b, content, len);
}

/* One parameter; the lengths are those of 31 bits. */
static void
put_param(struct ptn_buf *b, const char *name, const char *value)
{
	const size_t n = strlen(name), v = strlen(value);
	const char len[8] = { (char)0x80, 0, (char)(n >> 8), (char)n,
		(char)0x80, 0, (char)(v >> 8), (char)v };

	ptn_buf_add(b, len, sizeof(len));
	ptn_buf_str(b, name);
	ptn_buf_str(b, value);
}

/* What a web server would ask, whole (FastCGI specification, appendix B). */
static bool
put_question(struct ptn_check *c, struct ptn_buf *out)
{
	static const char responder[8] = { 0, 1 }; /* and close behind it */
	const char *uri =
	    ptn_arena_printf(c->a, "%s/health/alive", c->cf->base_path);
	struct ptn_buf params;

	if (uri == NULL)
		return false;
	ptn_buf_init(&params, c->a);
	put_param(&params, "REQUEST_METHOD", "GET");
	put_param(&params, "REQUEST_URI", uri);
	ptn_buf_init(out, c->a);
	put_record(out, 1, responder, sizeof(responder));
	put_record(out, 4, params.p, params.len);
	put_record(out, 4, "", 0);
	put_record(out, 5, "", 0);
	return !params.bad && !out->bad;
}

/*
 * 0 if there is an answer, whichever, or why there is none.  A connection
 * proves nothing: systemd keeps the socket of a service that has ended.
 */
static int
ask(struct ptn_check *c, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct ptn_buf b;
	char version = 0;
	ssize_t n;

	if (!put_question(c, &b))
		return ENOMEM;
	if (send(fd, b.p, b.len, MSG_NOSIGNAL) < 0)
		return errno;
	if (poll(&p, 1, ANSWER_MS) == 0)
		return ETIMEDOUT;
	n = recv(fd, &version, 1, 0);
	if (n <= 0)
		return n == 0 ? ECONNRESET : errno;
	return version == FCGI_VERSION ? 0 : EPROTO;
}

static int
unix_try(struct ptn_check *c, const char *path)
{
	int fd = unix_connect(path), e;

	if (fd < 0)
		return errno;
	e = ask(c, fd);
	(void)close(fd);
	return e;
}

static const char *
how_to_start(void)
{
	static char command[PTN_SERVICE_MAX];

	return ptn_service_command("postern", "restart", command)
	    ? command
	    : "start it again (postern serve)";
}

static void
tell_dead(struct ptn_check *c, const char *const *member, const char *path,
    int e)
{
	if (e == ENOTSOCK)
		ptn_check_at(c, PTN_CHECK_ERROR, member,
		    "%.200s: is not a socket; remove it", path);
	else if (e == EPROTO)
		ptn_check_at(c, PTN_CHECK_ERROR, member,
		    "%.200s: is taken by another program, which does not speak "
		    "FastCGI; end that, or name another address",
		    path);
	else
		ptn_check_at(c, PTN_CHECK_ERROR, member,
		    "%.200s: the socket is there, and the service does not "
		    "answer (%s); %s, and see its log for why it ended",
		    path, strerror(e), how_to_start());
}

/* What config check says of the configuration, of what is there. */
static void
look_at_mode(struct ptn_check *c, const char *const *member, const char *path,
    mode_t mode)
{
	if ((mode & S_IWOTH) != 0)
		ptn_check_at(c, PTN_CHECK_WARNING, member,
		    "%.200s: everybody on this machine may connect (mode "
		    "%04o), and speak for the web server; write 0660 into "
		    "server.socket.mode, or into SocketMode= of the unit that "
		    "makes it, and %s",
		    path, (unsigned)mode & 07777, how_to_start());
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
	if (S_ISSOCK(st.st_mode))
		look_at_mode(c, member, path, st.st_mode);
	e = S_ISSOCK(st.st_mode) ? unix_try(c, path) : ENOTSOCK;
	if (e == 0)
		ptn_check_say(c, PTN_CHECK_OK, "%.200s: answers; %s", path,
		    who);
	else if (e == EACCES)
		ptn_check_say(c, PTN_CHECK_SKIPPED,
		    "%.200s: we may not connect (%s); run this as root", path,
		    who);
	else
		tell_dead(c, member, path, e);
}

/* A connection to HOST:PORT, or -1 with errno. */
static int
tcp_connect(const char *address)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	const char *port = strrchr(address, ':');
	const bool bracket = address[0] == '[';
	struct addrinfo *ai = NULL;
	char host[NAME_LEN];
	int fd, e = 0;

	(void)snprintf(host, sizeof(host), "%.*s",
	    (int)(port - address) - (bracket ? 2 : 0), address + bracket);
	if (getaddrinfo(host, port + 1, &hints, &ai) != 0) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, ai->ai_addr, ai->ai_addrlen) != 0)
		e = errno;
	freeaddrinfo(ai);
	if (e != 0 && fd >= 0)
		(void)close(fd);
	errno = e;
	return e == 0 ? fd : -1;
}

static void
look_at_tcp(struct ptn_check *c, const char *const *member)
{
	int fd = tcp_connect(*member), e;

	if (fd < 0) {
		ptn_check_at(c, PTN_CHECK_WARNING, member,
		    "%s: %s; the server does not run, unless the web "
		    "server starts it by itself",
		    *member, strerror(errno));
		return;
	}
	e = ask(c, fd);
	(void)close(fd);
	if (e == 0)
		ptn_check_say(c, PTN_CHECK_OK,
		    "%s: answers; every local user may connect", *member);
	else
		tell_dead(c, member, *member, e == ETIMEDOUT ? EPROTO : e);
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

/* ----------------------------------------------------------------- hashing */

/* Do all the slots at work fit, with room for what else is here? */
static bool
fits(struct ptn_check *c, int slots)
{
	const struct ptn_conf *cf = c->cf;
	const int64_t want = slots * cf->argon2_memory_kib / 1024;
	const int64_t have =
	    (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / MIB;

	if (want <= have / 2)
		return true;
	ptn_check_at(c, PTN_CHECK_WARNING, &cf->argon2_memory_kib,
	    "%d passwords at a time take %lld MiB, and this machine has %lld "
	    "in all: lower it, or hashing.slots",
	    slots, (long long)want, (long long)have);
	return false;
}

/* The least that is asked of Argon2id; either is as good as another. */
static bool
is_cheap(const struct ptn_conf *cf)
{
	static const struct {
		int64_t memory_kib, iterations;
	} least[] = {
		/* OWASP Password Storage Cheat Sheet, "Argon2id" */
		{ 47104, 1 }, { 19456, 2 }, { 12288, 3 }, { 9216, 4 }
	};
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(least); i++)
		if (cf->argon2_memory_kib >= least[i].memory_kib &&
		    cf->argon2_iterations >= least[i].iterations)
			return false;
	return true;
}

/*
 * What password.kernel spares, or costs: a processor without vectors may be
 * quicker with the library.
 */
static void
on_kernel(struct ptn_check *c, int64_t us)
{
	struct ptn_conf other = *c->cf;
	const bool is_auto = other.password_kernel == PTN_KERNEL_AUTO;
	int64_t then_us;
	enum ptn_err r;

	other.password_kernel = is_auto ? PTN_KERNEL_REFERENCE
					: PTN_KERNEL_AUTO;
	ptn_pwhash_begin(&other);
	r = ptn_cli_hashing_us(&other, PTN_CLI_HASHING_VERIFY, TRIES, &then_us);
	ptn_pwhash_begin(c->cf);
	if (r == PTN_OK && us > then_us + then_us / 4)
		ptn_check_at(c, PTN_CHECK_WARNING, &c->cf->password_kernel,
		    "a log-in takes %lld ms here: write %s, and it takes %lld",
		    (long long)(us / 1000), is_auto ? "reference" : "auto",
		    (long long)(then_us / 1000));
}

static void
on_cost(struct ptn_check *c, int slots, int64_t us)
{
	const struct ptn_conf *cf = c->cf;
	const char *kernel = ptn_argon_verify_kernel();

	ptn_check_say(c, PTN_CHECK_OK,
	    "a password takes %lld ms (%s) and %lld KiB here, and %d at a "
	    "time: at most some %lld log-ins a second",
	    (long long)(us / 1000), kernel != NULL ? kernel : "libargon2",
	    (long long)cf->argon2_memory_kib, slots,
	    (long long)(slots * PTN_US_PER_S / us));
	if (us > COSTLY_US)
		ptn_check_at(c, PTN_CHECK_WARNING, &cf->argon2_iterations,
		    "a password takes %lld ms here: whoever logs in waits for "
		    "that, and few keep all slots busy; lower it, or "
		    "password.argon2.memory_kib",
		    (long long)(us / 1000));
	on_kernel(c, us);
	if (is_cheap(cf))
		ptn_check_at(c, PTN_CHECK_WARNING, &cf->argon2_memory_kib,
		    "%lld KiB and %lld passes are less than OWASP asks of "
		    "Argon2id: write 19456 and, into "
		    "password.argon2.iterations, 2",
		    (long long)cf->argon2_memory_kib,
		    (long long)cf->argon2_iterations);
}

/* What a log-in with a password costs here. */
void
ptn_doctor_hashing(struct ptn_check *c)
{
	const struct ptn_conf *cf = c->cf;
	enum ptn_err r;
	int64_t us;
	int slots;

	r = ptn_cli_hashing_slots(cf, &slots);
	if (r == PTN_OK && !fits(c, slots))
		return; /* nor is it tried */
	ptn_pwhash_begin(cf);
	if (r == PTN_OK)
		r = ptn_cli_hashing_us(cf, PTN_CLI_HASHING_VERIFY, TRIES, &us);
	if (r == PTN_OK)
		on_cost(c, slots, us);
	else
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "no password can be hashed: %s; see password.argon2",
		    ptn_err_name(r));
}
