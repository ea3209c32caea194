#include "lib/base/base64.h"
#include "lib/conf/conf_row.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/rng.h"
#include "lib/format/yaml.h"

#define SECRET_LEN 32		/* bytes of a fresh secret */
#define SERVICE_GROUP "postern" /* as whom the service runs */

/* Read to the end or to max + 1 bytes, whichever comes first. */
static enum ptn_err
read_all(int fd, uint8_t *p, size_t max, size_t *len)
{
	ssize_t n;

	for (*len = 0; *len <= max; *len += (size_t)n) {
		n = read(fd, p + *len, max + 1 - *len);
		if (n == 0)
			return PTN_OK;
		if (n < 0 && errno != EINTR)
			return PTN_E_INTERNAL;
		if (n < 0)
			n = 0;
	}
	return PTN_OK;
}

static enum ptn_err
read_fd(struct ptn_arena *a, int fd, size_t max, struct ptn_conf_file *out,
    struct ptn_conf_why *why)
{
	struct stat st;
	uint8_t *p;
	size_t len;

	if (fstat(fd, &st) != 0)
		return ptn_conf_no(why, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return ptn_conf_no(why, "is not a regular file");
	if (st.st_size < 0 || (size_t)st.st_size > max)
		return ptn_conf_no(why, "is longer than %zu bytes", max);
	p = ptn_arena_alloc(a, max + 2);
	if (p == NULL) {
		(void)ptn_conf_no(why, "out of memory");
		return PTN_E_NOMEM;
	}
	if (read_all(fd, p, max, &len) != PTN_OK)
		return ptn_conf_no(why, "%s", strerror(errno));
	if (len > max)
		return ptn_conf_no(why, "is longer than %zu bytes", max);
	p[len] = '\0';
	out->text = PTN_BYTES(p, len);
	out->mode = st.st_mode & 07777;
	/* A file of root may be readable for a group; nobody else's may. */
	out->open_to_others = (out->mode & 0077) != 0 &&
	    !(st.st_uid == 0 && (out->mode & 0037) == 0);
	return PTN_OK;
}

enum ptn_err
ptn_conf_read(struct ptn_arena *a, const char *path, size_t max,
    struct ptn_conf_file *out, struct ptn_conf_why *why)
{
	enum ptn_err r;
	int fd;

	/* O_NONBLOCK: a FIFO in that place must not stop us. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		r = errno == ENOENT ? PTN_E_NOT_FOUND : PTN_E_INPUT;
		(void)ptn_conf_no(why, "%s", strerror(errno));
		return r;
	}
	r = read_fd(a, fd, max, out, why);
	(void)close(fd);
	return r;
}

static const char fresh[] =
    "# The configuration of Postern.  Every key: postern.yaml(5).\n"
    "# This file holds secrets: keep it readable by its owner only.\n"
    "\n"
    "service:\n"
    "  name: \"Postern\"                # stands in mails\n"
    "\n"
    "# Made for this installation.  The first key seals what is new, all of\n"
    "# them open what is there: to change keys, put a new one first.  Who\n"
    "# loses them loses the signing keys in the database.\n"
    "secrets:\n"
    "  keys:\n"
    "    - \"%s\"\n"
    "\n"
    "database:\n"
    "  # socket: \"/run/mysqld/mysqld.sock\"  # instead of host and port\n"
    "  host: \"localhost\"\n"
    "  port: 3306\n"
    "  database: \"postern\"\n"
    "  user: \"postern\"\n"
    "  password: \"\"\n"
    "\n"
    "server:\n"
    "  public:\n"
    "    address: \"unix:/run/postern/public.sock\"\n"
    "    base_path: \"\"               # where the web server mounts us: /id\n"
    "    cors:\n"
    "      allow_origins: []           # other origins that call the API\n"
    "\n"
    "session:\n"
    "  lifespan: 12h\n"
    "  cookie:\n"
    "    name: \"hanko\"               # __Host-hanko where all is https\n"
    "    secure: true\n"
    "\n"
    "webauthn:\n"
    "  relying_party:\n"
    "    id: \"localhost\"               # your domain, as example.com\n"
    "    display_name: \"Postern\"\n"
    "    origins:                      # where your pages live\n"
    "      - \"http://localhost:8080\"\n"
    "\n"
    "email_delivery:\n"
    "  from_address: \"noreply@localhost\"\n"
    "  from_name: \"Postern\"\n"
    "  smtp:\n"
    "    host: \"localhost\"\n"
    "    port: 465                     # 465: TLS at once; else STARTTLS\n"
    "    user: \"\"\n"
    "    password: \"\"\n";

static enum ptn_err
write_all(int fd, const char *p, size_t len)
{
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n) {
		n = write(fd, p, len);
		if (n < 0 && errno != EINTR)
			return PTN_E_INTERNAL;
		if (n < 0)
			n = 0;
	}
	return fsync(fd) == 0 ? PTN_OK : PTN_E_INTERNAL;
}

/* So that the name, too, outlives a crash. */
static void
sync_folder(const char *path)
{
	char copy[PATH_MAX];
	int fd;

	memcpy(copy, path, strlen(path) + 1);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	(void)close(fd);
}

/* The folder that path is in, and those above it. */
static enum ptn_err
make_folder(const char *path)
{
	char copy[PATH_MAX];
	char *p = copy + (path[0] == '/' ? 1 : 0);

	memcpy(copy, path, strlen(path) + 1);
	while ((p = strchr(p, '/')) != NULL) {
		*p = '\0';
		if (mkdir(copy, 0755) != 0 && errno != EEXIST)
			return PTN_E_INTERNAL;
		*p++ = '/';
	}
	return PTN_OK;
}

/*
 * Whose a configuration is: as it was; else of root and the group that serves,
 * if there is one, else of who writes it alone.
 */
static enum ptn_err
give(int fd, const struct stat *was)
{
	const struct group *gr = NULL;
	mode_t mode = 0600;

	if (was != NULL) {
		if (fchown(fd, was->st_uid, was->st_gid) != 0)
			return PTN_E_INTERNAL;
		mode = was->st_mode & 07777;
	} else if (geteuid() == 0 && (gr = getgrnam(SERVICE_GROUP)) != NULL) {
		if (fchown(fd, (uid_t)-1, gr->gr_gid) != 0)
			return PTN_E_INTERNAL;
		mode = 0640;
	}
	return fchmod(fd, mode) == 0 ? PTN_OK : PTN_E_INTERNAL;
}

/* Written by root before there was that group: who serves cannot read it. */
static bool
is_of_root_alone(const struct stat *st)
{
	return geteuid() == 0 && st->st_uid == 0 && st->st_gid == 0 &&
	    (st->st_mode & 07777) == 0600;
}

static void
give_up(const char *beside)
{
	const int why = errno;

	(void)unlink(beside);
	errno = why;
}

/* The whole of it beside path, so that nobody ever reads a half. */
static enum ptn_err
write_beside(const char *beside, const char *text, const struct stat *was)
{
	enum ptn_err r;
	int fd;

	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return PTN_E_INTERNAL;
	r = write_all(fd, text, strlen(text));
	if (r == PTN_OK)
		r = give(fd, was);
	if (close(fd) != 0)
		r = PTN_E_INTERNAL;
	if (r != PTN_OK)
		give_up(beside);
	return r;
}

/* link(2), as rename(2) would write over what came meanwhile. */
static enum ptn_err
put_in_place(const char *beside, const char *path, bool replace)
{
	int rc = replace ? rename(beside, path) : link(beside, path);
	enum ptn_err r = PTN_OK;

	if (rc != 0)
		r = errno == EEXIST ? PTN_E_CONFLICT : PTN_E_INTERNAL;
	if (rc != 0 || !replace)
		give_up(beside);
	if (rc == 0)
		sync_folder(path);
	return r;
}

/* keep: who owns what is replaced goes on to; else it is a new file of ours. */
static enum ptn_err
write_file(const char *path, const char *text, bool replace, bool keep)
{
	char beside[PATH_MAX];
	const size_t len = strlen(path);
	struct stat st;
	const bool there = stat(path, &st) == 0;
	enum ptn_err r;

	if (there && !replace)
		return PTN_E_CONFLICT;
	if (len + sizeof(".new") > sizeof(beside)) {
		errno = ENAMETOOLONG;
		return PTN_E_INTERNAL;
	}
	memcpy(beside, path, len);
	memcpy(beside + len, ".new", sizeof(".new"));
	(void)unlink(beside); /* of a run that was cut short */
	if ((r = make_folder(path)) != PTN_OK ||
	    (r = write_beside(beside, text,
		 keep && there && !is_of_root_alone(&st) ? &st : NULL)) !=
		PTN_OK)
		return r;
	return put_in_place(beside, path, keep ? there : true);
}

static enum ptn_err
told(const char *path, enum ptn_err r, FILE *err)
{
	if (r == PTN_E_CONFLICT)
		(void)fprintf(err, "%s: exists, and is left as it is\n", path);
	else if (r != PTN_OK)
		(void)fprintf(err, "%s: cannot be written: %s\n", path,
		    strerror(errno));
	return r;
}

enum ptn_err
ptn_conf_write(const char *path, const char *text, bool replace, FILE *err)
{
	char real[PATH_MAX];

	/* What a link leads to is written, not the link. */
	if (replace && realpath(path, real) != NULL)
		path = real;
	return told(path, write_file(path, text, replace, true), err);
}

enum ptn_err
ptn_conf_stage(const char *path, const char *text, FILE *err)
{
	return told(path, write_file(path, text, true, false), err);
}

/* Why what has that name was not made by ptn_conf_stage(), or NULL. */
static const char *
stranger(const struct stat *st)
{
	if (!S_ISREG(st->st_mode) || st->st_nlink != 1)
		return "is not a file with one name";
	if (st->st_uid != geteuid())
		return "belongs to another user";
	return (st->st_mode & 0027) != 0 ? "can be read or written by others"
					 : NULL;
}

enum ptn_err
ptn_conf_staged(struct ptn_arena *a, const char *path, const char **text,
    FILE *err)
{
	struct ptn_conf_file file;
	struct ptn_conf_why why;
	const char *problem;
	struct stat st;
	enum ptn_err r = PTN_OK;
	int fd;

	fd = open(path,
	    O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return PTN_E_NOT_FOUND;
	problem =
	    fd < 0 || fstat(fd, &st) != 0 ? strerror(errno) : stranger(&st);
	if (problem == NULL &&
	    (r = read_fd(a, fd, PTN_YAML_TEXT_MAX, &file, &why)) != PTN_OK)
		problem = why.text;
	if (fd >= 0)
		(void)close(fd);
	if (problem == NULL) {
		*text = (const char *)file.text.p;
		return PTN_OK;
	}
	(void)fprintf(err, "%s: %s: look at it, and remove it\n", path,
	    problem);
	return r == PTN_E_NOMEM ? r : PTN_E_CONFIG;
}

/*
 * A file of its own, as others are put in the place of the configuration.  Who
 * waited in vain for one that was taken away meanwhile looks again.
 */
static enum ptn_err
lock_file(const char *path, int *fd)
{
	struct stat held, named;
	int why;

	for (;;) {
		*fd =
		    open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (*fd < 0)
			return PTN_E_INTERNAL;
		if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
			why = errno;
			(void)close(*fd);
			*fd = -1;
			errno = why;
			return why == EWOULDBLOCK ? PTN_E_BUSY : PTN_E_INTERNAL;
		}
		if (fstat(*fd, &held) == 0 && stat(path, &named) == 0 &&
		    held.st_dev == named.st_dev && held.st_ino == named.st_ino)
			return PTN_OK;
		(void)close(*fd);
	}
}

enum ptn_err
ptn_conf_lock(const char *path, int *fd, FILE *err)
{
	enum ptn_err r = PTN_E_INTERNAL;

	*fd = -1;
	if (strlen(path) >= PATH_MAX)
		errno = ENAMETOOLONG;
	else if ((r = make_folder(path)) == PTN_OK)
		r = lock_file(path, fd);
	if (r == PTN_E_BUSY)
		(void)fprintf(err,
		    "%s: somebody else is setting this up now: wait until they "
		    "have ended\n",
		    path);
	else if (r != PTN_OK)
		(void)fprintf(err, "%s: cannot be written: %s\n", path,
		    strerror(errno));
	return r;
}

void
ptn_conf_unlock(const char *path, int *fd)
{
	if (*fd < 0)
		return;
	(void)unlink(path);
	(void)close(*fd);
	*fd = -1;
}

bool
ptn_conf_give(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool given = false;
	struct stat st;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && is_of_root_alone(&st) &&
	    getgrnam(SERVICE_GROUP) != NULL)
		given = give(fd, NULL) == PTN_OK;
	(void)close(fd);
	return given;
}

const char *
ptn_conf_fresh(struct ptn_arena *a)
{
	uint8_t secret[SECRET_LEN];
	char *key;

	ptn_rng(secret, sizeof(secret));
	key = ptn_b64url_encode(a, PTN_BYTES(secret, sizeof(secret)));
	ptn_wipe(secret, sizeof(secret));
	return key != NULL ? ptn_arena_printf(a, fresh, key) : NULL;
}
