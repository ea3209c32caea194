#include "fcgi/cli/check.h"

#include <sys/stat.h>

#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/home.h"
#include "lib/conf/conf.h"
#include "lib/crypto/foreign.h"
#include "lib/format/near.h"

#define GROUPS_MAX 64

/* Who will serve: whoever runs this, or server.user if that is root. */
struct server {
	bool known;
	bool is_us;
	uid_t uid;
	gid_t group[GROUPS_MAX];
	int ngroups;
};

static struct server
find_server(const struct ptn_conf *cf)
{
	struct server s = { .is_us = geteuid() != 0, .ngroups = GROUPS_MAX };
	const struct passwd *pw = NULL;

	s.known = s.is_us;
	if (!s.is_us && cf->user[0] != '\0')
		pw = getpwnam(cf->user);
	if (pw == NULL)
		return s;
	s.uid = pw->pw_uid;
	s.known = getgrouplist(cf->user, pw->pw_gid, s.group, &s.ngroups) >= 0;
	return s;
}

static bool
is_in(const struct server *s, gid_t gid)
{
	int i;

	for (i = 0; i < s->ngroups; i++)
		if (s->group[i] == gid)
			return true;
	return false;
}

/* May it, what: of R_OK, W_OK, X_OK?  Who is not known may. */
static bool
may(const struct server *s, const char *path, int what)
{
	struct stat st;
	unsigned bits = (unsigned)what; /* they are those of a mode */

	if (s->is_us)
		return access(path, what) == 0;
	if (!s->known || stat(path, &st) < 0)
		return true;
	if (st.st_uid == s->uid)
		bits <<= 6;
	else if (is_in(s, st.st_gid))
		bits <<= 3;
	return (st.st_mode & bits) == bits;
}

/* ------------------------------------------------------- users and groups */

static void
look_for_name(struct ptn_check *c, const char *const *member, bool group)
{
	const char *name = *member;

	if (name[0] == '\0' || name[strspn(name, "0123456789")] == '\0')
		return;
	if (group ? getgrnam(name) == NULL : getpwnam(name) == NULL)
		ptn_check_at(c, PTN_CHECK_ERROR, member,
		    "this machine has no %s \"%.64s\"; make it, or name "
		    "another",
		    group ? "group" : "user", name);
}

void
ptn_check_names(struct ptn_check *c)
{
	look_for_name(c, &c->cf->user, false);
	look_for_name(c, &c->cf->group, true);
	look_for_name(c, &c->cf->socket_user, false);
	look_for_name(c, &c->cf->socket_group, true);
}

static bool
is_kind(const char *word, struct ptn_near *near)
{
	const char *kind;
	size_t i;

	*near = ptn_near_begin(word);
	for (i = 0; (kind = ptn_foreign_kind_name(i)) != NULL; i++) {
		if (strcmp(kind, word) == 0)
			return true;
		ptn_near_try(near, kind);
	}
	return false;
}

/* A word that names no kind of hash lets nobody in. */
void
ptn_check_hashes(struct ptn_check *c)
{
	const struct ptn_strs *l = &c->cf->password_import;
	char hint[PTN_NEAR_HINT];
	struct ptn_near near;
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (is_kind(l->v[i], &near))
			continue;
		ptn_check_at(c, PTN_CHECK_ERROR, l,
		    "there is no kind of hash \"%.64s\"%s", l->v[i],
		    near.best != NULL ? ptn_near_hint(near.best, hint)
				      : "; postern.yaml(5) has them");
	}
}

/* ------------------------------------------------------------------- files */

void
ptn_check_files(struct ptn_check *c)
{
	const struct ptn_conf *cf = c->cf;
	const struct server s = find_server(cf);
	const char *const *const files[] = { &cf->smtp_ca_file, &cf->db_tls_ca,
		&cf->db_tls_cert, &cf->db_tls_key, &cf->aaguid_file };
	struct stat st;
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(files); i++) {
		if ((*files[i])[0] == '\0')
			continue;
		if (stat(*files[i], &st) < 0)
			ptn_check_at(c, PTN_CHECK_ERROR, files[i], "%.300s: %s",
			    *files[i], strerror(errno));
		else if (!may(&s, *files[i], R_OK))
			ptn_check_at(c, PTN_CHECK_ERROR, files[i],
			    "%.300s: the server cannot read it; change its "
			    "group or mode",
			    *files[i]);
	}
}

/* ----------------------------------------------------------------- sockets */

/* The folder of a path; out is PATH_MAX bytes. */
static const char *
folder_of(const char *path, char out[PATH_MAX])
{
	(void)snprintf(out, PATH_MAX, "%s", path);
	return dirname(out);
}

static void
look_at_folder(struct ptn_check *c, const struct server *s,
    const char *const *address)
{
	char buf[PATH_MAX];
	const char *path = *address + strlen("unix:");
	const char *folder = folder_of(path, buf);
	struct stat st;

	if (stat(folder, &st) < 0)
		ptn_check_at(c, PTN_CHECK_WARNING, address,
		    "the folder %.300s: %s; systemd makes it with the unit's "
		    "socket, else make it, owned by who serves",
		    folder, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		ptn_check_at(c, PTN_CHECK_ERROR, address,
		    "%.300s is not a folder", folder);
	else if (!may(s, folder, W_OK | X_OK) && access(path, F_OK) != 0)
		ptn_check_at(c, PTN_CHECK_WARNING, address,
		    "no socket can be made in %.300s by who serves; chown it, "
		    "unless systemd passes the socket",
		    folder);
	else
		ptn_check_say(c, PTN_CHECK_OK, "%.300s: has its folder", path);
}

void
ptn_check_sockets(struct ptn_check *c)
{
	const struct ptn_conf *cf = c->cf;
	const struct server s = find_server(cf);
	const char *const *const addresses[] = { &cf->public_address,
		&cf->admin_address, &cf->authorizer_address };
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(addresses); i++)
		if (strncmp(*addresses[i], "unix:", 5) == 0 &&
		    (ptn_home() == NULL || ptn_conf_is_set(cf, addresses[i])))
			look_at_folder(c, &s, addresses[i]);
	if ((cf->socket_mode & 0002) != 0)
		ptn_check_at(c, PTN_CHECK_WARNING, &cf->socket_mode,
		    "%#llo lets everybody on this machine speak for the web "
		    "server; write 0660, and its group into "
		    "server.socket.group",
		    (unsigned long long)cf->socket_mode);
}

/* --------------------------------------------------------------- web space */

/* Where a package puts what is its own. */
static bool
is_of_package(const char *path)
{
	static const char *const places[] = { "/run/", "/var/run/",
		"/var/lib/postern", "/etc/postern", "/usr/share/postern",
		"/usr/local/share/postern" };
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(places); i++)
		if (strncmp(path, places[i], strlen(places[i])) == 0)
			return true;
	return false;
}

void
ptn_check_home(struct ptn_check *c)
{
	const struct ptn_conf *cf = c->cf;
	const char *const *const members[] = { &cf->public_address,
		&cf->admin_address, &cf->authorizer_address, &cf->state_dir,
		&cf->mail_dir, &cf->aaguid_file };
	const char *path;
	size_t i;

	for (i = 0; ptn_home() != NULL && i < PTN_ARRAY_LEN(members); i++) {
		path = *members[i];
		if (strncmp(path, "unix:", 5) == 0)
			path += 5;
		if (ptn_conf_is_set(cf, members[i]) && is_of_package(path))
			ptn_check_at(c, PTN_CHECK_WARNING, members[i],
			    "%.300s is where a package has its own, and a web "
			    "space nothing: take this line out, or name a "
			    "place in %.300s",
			    path, ptn_home());
	}
}

/* ------------------------------------------------------------ state folder */

void
ptn_check_state(struct ptn_check *c)
{
	const char *const *member = &c->cf->state_dir;
	const struct server s = find_server(c->cf);
	struct stat st;

	if (stat(*member, &st) < 0)
		ptn_check_at(c, PTN_CHECK_WARNING, member,
		    "%.300s: %s; systemd makes it with the unit, else make "
		    "it, owned by who serves, mode 0700",
		    *member, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		ptn_check_at(c, PTN_CHECK_ERROR, member,
		    "%.300s is not a folder", *member);
	else if (!may(&s, *member, R_OK | W_OK | X_OK))
		ptn_check_at(c, PTN_CHECK_ERROR, member,
		    "%.300s: who serves cannot write there; chown it", *member);
	else if ((st.st_mode & 0022) != 0)
		ptn_check_at(c, PTN_CHECK_WARNING, member,
		    "%.300s: others may write there (mode %04o); chmod 700",
		    *member, (unsigned)st.st_mode & 07777);
	else
		ptn_check_say(c, PTN_CHECK_OK, "%.300s", *member);
}

/* -------------------------------------------------------------------- smtp */

/* Packaged apart from this program, for the libraries that it needs. */
void
ptn_check_smtp(struct ptn_check *c)
{
	const struct ptn_conf *cf = c->cf;
	char path[PATH_MAX];

	if (!cf->mail_enabled || cf->mail_transport != PTN_MAIL_SMTP)
		return;
	if (ptn_home_program("postern-smtp", path, sizeof(path)))
		ptn_check_say(c, PTN_CHECK_OK, "%.300s", path);
	else
		ptn_check_at(c, PTN_CHECK_ERROR, &cf->mail_transport,
		    "%.300s: %s; no mail is sent without it: install the "
		    "package postern-mail, or write sendmail",
		    path, strerror(errno));
}

/* ---------------------------------------------------------------- sendmail */

/*
 * Each of these, unless it is "no", keeps new privileges from a service that is
 * not root's, and so from its sendmail (systemd.exec(5), NoNewPrivileges).
 */
static const char *const forbidding[] = {
	"NoNewPrivileges",
	"SystemCallFilter",
	"SystemCallArchitectures",
	"RestrictAddressFamilies",
	"RestrictNamespaces",
	"RestrictFileSystems",
	"PrivateDevices",
	"ProtectKernelTunables",
	"ProtectKernelModules",
	"ProtectKernelLogs",
	"ProtectClock",
	"MemoryDenyWriteExecute",
	"RestrictRealtime",
	"RestrictSUIDSGID",
	"DynamicUser",
	"LockPersonality",
	"ProtectHostname",
};

/* Is "NAME=value" a line of it whose value is nothing or "no", or is not? */
static bool
has_setting(const char *path, const char *name, bool off)
{
	const size_t len = strlen(name);
	char line[512];
	bool found = false;
	const char *value;
	FILE *f = fopen(path, "re");

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL) {
		value = line + len;
		found = strncmp(line, name, len) == 0 && *value++ == '=' &&
		    (*value == '\n' || strcmp(value, "no\n") == 0) == off;
	}
	if (f != NULL)
		(void)fclose(f);
	return found;
}

/* A drop-in of the administrator's takes it back. */
static bool
is_taken_back(const char *name)
{
	glob_t g = { .gl_pathc = 0 };
	bool found = false;
	size_t i;

	if (glob("/etc/systemd/system/postern.service.d/*.conf", 0, NULL, &g) ==
	    0)
		for (i = 0; i < g.gl_pathc; i++)
			found = found || has_setting(g.gl_pathv[i], name, true);
	globfree(&g);
	return found;
}

/* The first setting of a unit that no drop-in takes back, or NULL. */
static const char *
forbidden_by(const char *unit)
{
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(forbidding); i++)
		if (has_setting(unit, forbidding[i], false) &&
		    !is_taken_back(forbidding[i]))
			return forbidding[i];
	return NULL;
}

/* Is this process kept from new privileges, by whatever started it? */
static bool
is_held_down(void)
{
	char line[128];
	bool found = false;
	FILE *f = fopen("/proc/self/status", "re");

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL)
		found = strcmp(line, "NoNewPrivs:\t1\n") == 0;
	if (f != NULL)
		(void)fclose(f);
	return found;
}

/* Who says that no program started by us gains privileges, and how; or NULL. */
static const char *
held_down_by(const char **setting)
{
	/* Where systemd looks for it, in its order: the first is the one. */
	static const char *const units[] = {
		"/etc/systemd/system/postern.service",
		"/usr/local/lib/systemd/system/postern.service",
		"/usr/lib/systemd/system/postern.service",
		"/lib/systemd/system/postern.service"
	};
	size_t i = 0;

	*setting = forbidding[0];
	if (is_held_down())
		return "this process";
	while (i < PTN_ARRAY_LEN(units) && access(units[i], R_OK) != 0)
		i++;
	if (i == PTN_ARRAY_LEN(units))
		return NULL;
	*setting = forbidden_by(units[i]);
	return *setting != NULL ? units[i] : NULL;
}

void
ptn_check_sendmail(struct ptn_check *c)
{
	const struct ptn_conf *cf = c->cf;
	const char *where, *setting;
	bool there;

	if (!cf->mail_enabled || cf->mail_transport != PTN_MAIL_SENDMAIL)
		return;
	there = access(cf->sendmail_path, X_OK) == 0;
	if (!there)
		ptn_check_at(c, PTN_CHECK_ERROR, &cf->sendmail_path,
		    "%.300s: %s; install a mail system, or write smtp into "
		    "email_delivery.transport",
		    cf->sendmail_path, strerror(errno));
	where = held_down_by(&setting);
	if (where != NULL)
		ptn_check_at(c, PTN_CHECK_WARNING, &cf->mail_transport,
		    "%s has %s, under which Postfix's and Exim's sendmail "
		    "cannot queue a mail; write smtp, or take it back by the "
		    "drop-in sendmail.conf of the examples, whose price "
		    "postern.yaml(5) tells",
		    where, setting);
	else if (there)
		ptn_check_say(c, PTN_CHECK_OK, "%.300s", cf->sendmail_path);
}
