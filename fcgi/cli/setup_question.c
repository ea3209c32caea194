#include "fcgi/cli/setup_question.h"

#include <sys/stat.h>

#include <string.h>
#include <unistd.h>

#include "fcgi/cli/snippet.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/format/url.h"

/* -------------------------------------------------------- usual answers */

/* A socket on which a database answers here, or NULL. */
static const char *
database_socket(void)
{
	static const char *const places[] = { "/run/mysqld/mysqld.sock",
		"/var/lib/mysql/mysql.sock", "/run/mariadb/mariadb.sock",
		"/tmp/mysql.sock" };
	struct stat st;
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(places); i++)
		if (stat(places[i], &st) == 0 && S_ISSOCK(st.st_mode))
			return places[i];
	return NULL;
}

static const char *
default_name(const struct ptn_setup *s)
{
	return s->site.rp_id != NULL ? s->site.rp_id : "Postern";
}

static const char *
default_admin(const struct ptn_setup *s)
{
	(void)s;
	return geteuid() == 0 ? database_socket() : NULL;
}

static const char *
default_database(const struct ptn_setup *s)
{
	(void)s;
	return "postern";
}

static const char *
default_migrate(const struct ptn_setup *s)
{
	(void)s;
	return "postern_migrate";
}

static const char *
default_mail(const struct ptn_setup *s)
{
	return s->terminal ? "localhost:25" : NULL;
}

static const char *
default_from(const struct ptn_setup *s)
{
	return s->site.mail_from != NULL ? s->site.mail_from
					 : "noreply@localhost";
}

static const char *
default_none(const struct ptn_setup *s)
{
	(void)s;
	return "";
}

static const char *
default_web(const struct ptn_setup *s)
{
	const char *web = ptn_snippet_installed();

	(void)s;
	return web != NULL ? web : "";
}

/* --------------------------------------------------------------- and others */

static const char *
check_url(struct ptn_setup *s, const char *value)
{
	return ptn_site_of(s->a, value, &s->site);
}

static const char *
check_not_empty(struct ptn_setup *s, const char *value)
{
	(void)s;
	return value[0] != '\0' ? NULL : "must not be empty";
}

/* A password would be on the command line, or on the screen. */
static const char *
database_problem(const char *url)
{
	const char *host = strstr(url, "://");
	const char *at = strrchr(url, '@');

	if (host == NULL ||
	    (strncmp(url, "mariadb://", 10) != 0 &&
		strncmp(url, "mysql://", 8) != 0))
		return "is not mariadb://USER@HOST/NAME";
	if (at == NULL || at == host + 3)
		return "needs a user, as mariadb://USER@HOST/NAME";
	if (memchr(host + 3, ':', (size_t)(at - host - 3)) != NULL)
		return "has a password in it: others can see it there";
	return NULL;
}

static const char *
check_database(struct ptn_setup *s, const char *value)
{
	(void)s;
	return database_problem(value);
}

/* An administrator is a socket, too, or on a terminal nobody. */
static const char *
check_admin(struct ptn_setup *s, const char *value)
{
	(void)s;
	if (value[0] == '\0' || value[0] == '/')
		return NULL;
	return database_problem(value);
}

static const char *
check_mail(struct ptn_setup *s, const char *value)
{
	const char *port = strrchr(value, ':');
	size_t len = port != NULL ? (size_t)(port - value) : strlen(value);

	(void)s;
	if (!ptn_url_host_ok(value, len) &&
	    !ptn_url_origin_host_ok(value, len, false))
		return "is neither HOST, HOST:PORT nor sendmail";
	return port == NULL || ptn_url_port_ok(port + 1) ? NULL
							 : "has a bad port";
}

static const char *
check_from(struct ptn_setup *s, const char *value)
{
	(void)s;
	return ptn_conf_is_mailbox(value) ? NULL : "is not a mail address";
}

static const char *
check_web(struct ptn_setup *s, const char *value)
{
	(void)s;
	return value[0] == '\0' || ptn_snippet_is(value)
	    ? NULL
	    : "is neither apache, lighttpd nor nginx";
}

/* ----------------------------------------------------- when there is a need */

static bool
has(const struct ptn_setup *s, enum ptn_setup_question q)
{
	return s->answer[q] != NULL && s->answer[q][0] != '\0';
}

bool
ptn_setup_with_admin(const struct ptn_setup *s)
{
	return has(s, PTN_SETUP_ADMIN);
}

static bool
without_admin(const struct ptn_setup *s)
{
	return !ptn_setup_with_admin(s);
}

static bool
without_database(const struct ptn_setup *s)
{
	return !has(s, PTN_SETUP_DATABASE);
}

static bool
with_admin_url(const struct ptn_setup *s)
{
	return ptn_setup_with_admin(s) && s->answer[PTN_SETUP_ADMIN][0] != '/';
}

bool
ptn_setup_with_database(const struct ptn_setup *s)
{
	return has(s, PTN_SETUP_DATABASE);
}

static bool
with_server(const struct ptn_setup *s)
{
	return has(s, PTN_SETUP_MAIL) &&
	    strcmp(s->answer[PTN_SETUP_MAIL], "sendmail") != 0 &&
	    strncmp(s->answer[PTN_SETUP_MAIL], "localhost", 9) != 0;
}

static bool
with_mail_user(const struct ptn_setup *s)
{
	return has(s, PTN_SETUP_MAIL_USER);
}

/* ---------------------------------------------------------------- the table */

const struct ptn_setup_question_row ptn_setup_questions[PTN_SETUP__MAX] = {
	/* clang-format off */
	[PTN_SETUP_URL] = { "--url", "URL",
	    "The URL of the login server, as https://www.example.org/id",
	    PTN_SETUP_ASKED, NULL, check_url, NULL, "webauthn.relying_party.origins", PTN_CAUSE_URL },
	[PTN_SETUP_NAME] = { "--name", "NAME",
	    "The name of the site, for people",
	    PTN_SETUP_ASKED, default_name, check_not_empty, NULL, "service.name", PTN_CAUSE_NAME },
	[PTN_SETUP_ADMIN] = { "--database-admin", "SOCKET|URL",
	    "The database's administrator: the socket where root may do all,\n"
	    "or mariadb://USER@HOST (- if there is a database for this)",
	    PTN_SETUP_ASKED, default_admin, check_admin, without_database,
	    "database.url|database.password|database.socket|database.host", PTN_CAUSE_UNKNOWN },
	[PTN_SETUP_ADMIN_PASSWORD] = { "--database-admin-password-file", "FILE",
	    "The administrator's password",
	    PTN_SETUP_SECRET, NULL, NULL, with_admin_url, "", PTN_CAUSE_UNKNOWN },
	[PTN_SETUP_DATABASE] = { "--database", "URL",
	    "The database, as mariadb://USER@HOST/NAME",
	    PTN_SETUP_ASKED, NULL, check_database, without_admin,
	    "database.url|database.password|database.socket|database.host", PTN_CAUSE_UNKNOWN },
	[PTN_SETUP_PASSWORD] = { "--database-password-file", "FILE",
	    "The password of that user (none: Enter)",
	    PTN_SETUP_SECRET, default_none, NULL, ptn_setup_with_database, "", PTN_CAUSE_UNKNOWN },
	[PTN_SETUP_DB_NAME] = { "--database-name", "NAME", "What to call the database that is made",
	    PTN_SETUP_QUIET, default_database, check_not_empty, ptn_setup_with_admin, "", PTN_CAUSE_UNKNOWN },
	[PTN_SETUP_DB_USER] = { "--database-user", "USER", "Who reads and writes it",
	    PTN_SETUP_QUIET, default_database, check_not_empty, ptn_setup_with_admin, "", PTN_CAUSE_UNKNOWN },
	[PTN_SETUP_DB_MIGRATE_USER] = { "--database-migrate-user", "USER", "Who changes its tables (\"\": the same)",
	    PTN_SETUP_QUIET, default_migrate, NULL, ptn_setup_with_admin, "", PTN_CAUSE_UNKNOWN },
	[PTN_SETUP_MAIL] = { "--mail", "HOST[:PORT]|sendmail",
	    "The mail server, HOST[:PORT], or sendmail",
	    PTN_SETUP_ASKED, default_mail, check_mail, NULL,
	    "email_delivery.smtp.host|email_delivery.smtp.port|email_delivery.transport", PTN_CAUSE_MAIL },
	[PTN_SETUP_MAIL_USER] = { "--mail-user", "USER",
	    "The user there (none: Enter)",
	    PTN_SETUP_ASKED, default_none, NULL, with_server, "email_delivery.smtp.user", PTN_CAUSE_UNKNOWN },
	[PTN_SETUP_MAIL_PASSWORD] = { "--mail-password-file", "FILE",
	    "The password of that user",
	    PTN_SETUP_SECRET, NULL, check_not_empty, with_mail_user, "email_delivery.smtp.password", PTN_CAUSE_UNKNOWN },
	[PTN_SETUP_MAIL_FROM] = { "--mail-from", "ADDRESS",
	    "Mail comes from",
	    PTN_SETUP_ASKED, default_from, check_from, NULL, "email_delivery.from_address", PTN_CAUSE_MAIL_FROM },
	[PTN_SETUP_WEB] = { "--web", "apache|lighttpd|nginx",
	    "The web server: apache, lighttpd or nginx (another: Enter)",
	    PTN_SETUP_ASKED, default_web, check_web, NULL, "", PTN_CAUSE_UNKNOWN },
	/* clang-format on */
};
