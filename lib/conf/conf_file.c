#include "lib/base/base64.h"
#include "lib/conf/conf_row.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/home.h"
#include "lib/base/log.h"
#include "lib/base/rng.h"

#define SECRET_LEN 32 /* bytes of a fresh secret */

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

const char *
ptn_conf_installed(void)
{
	static const char name[] = "/postern.yaml";
	static char path[PATH_MAX + sizeof(name)];

	if (ptn_home() == NULL)
		return PTN_SYSCONFDIR "/postern/postern.yaml";
	(void)snprintf(path, sizeof(path), "%s%s", ptn_home(), name);
	return path;
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
    "    # base_path: \"/id\"            # where the web server mounts us\n"
    "    cors:\n"
    "      allow_origins: []           # other origins that call the API\n"
    "\n"
    "session:\n"
    "  lifespan: 12h\n"
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

	if (strlen(path) >= sizeof(copy))
		return;
	memcpy(copy, path, strlen(path) + 1);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	(void)close(fd);
}

static enum ptn_err
write_fresh(struct ptn_arena *a, int fd)
{
	uint8_t secret[SECRET_LEN];
	char *key, *text;

	ptn_rng(secret, sizeof(secret));
	key = ptn_b64url_encode(a, PTN_BYTES(secret, sizeof(secret)));
	ptn_wipe(secret, sizeof(secret));
	if (key == NULL)
		return PTN_E_NOMEM;
	text = ptn_arena_printf(a, fresh, key);
	if (text == NULL)
		return PTN_E_NOMEM;
	return write_all(fd, text, strlen(text));
}

enum ptn_err
ptn_conf_init(const char *path)
{
	struct ptn_arena *a;
	enum ptn_err r;
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		if (errno == EEXIST)
			return PTN_E_CONFLICT;
		ptn_error("config: %s: %s", path, strerror(errno));
		return PTN_E_INTERNAL;
	}
	a = ptn_arena_new(16384);
	r = a != NULL ? write_fresh(a, fd) : PTN_E_NOMEM;
	if (r == PTN_E_INTERNAL)
		ptn_error("config: %s: %s", path, strerror(errno));
	ptn_arena_free(&a);
	if (close(fd) != 0 && r == PTN_OK) {
		ptn_error("config: %s: %s", path, strerror(errno));
		r = PTN_E_INTERNAL;
	}
	if (r != PTN_OK)
		(void)unlink(path);
	else
		sync_folder(path);
	return r;
}
