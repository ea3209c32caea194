#include "config.h"

#include "lib/db/connect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errmsg.h>
#include <mysql.h>

#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/format/place.h"
#include "lib/crypto/ossl.h"
#include "lib/db/dberr.h"
#include "lib/db/sql.h"

#define OUT_OF_MEMORY 1041	   /* as a server says it */
#define PACKET_MAX (1024UL * 1024) /* of one answer or row */

/* What db_server says that a server is: no MariaDB, an old one, or this. */
#define MARIADB 1
#define KNOWN 2

static void
set_options(MYSQL *my, enum ptn_db_role role)
{
	const unsigned int connect_s = PTN_DB_REACH_S;
	const unsigned int answer_s =
	    role == PTN_DB_SERVE ? PTN_DB_ANSWER_S : 0;
	const unsigned long packet = PACKET_MAX;
	const unsigned int no = 0;
	const my_bool yes = 1;

	mysql_optionsv(my, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
	mysql_optionsv(my, MYSQL_OPT_READ_TIMEOUT, &answer_s);
	mysql_optionsv(my, MYSQL_OPT_WRITE_TIMEOUT, &answer_s);
	mysql_optionsv(my, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
	mysql_optionsv(my, MYSQL_OPT_LOCAL_INFILE, &no);
	mysql_optionsv(my, MYSQL_REPORT_DATA_TRUNCATION, &yes);
	mysql_optionsv(my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
}

/* Said either way: what the library does by itself depends on its version. */
static void
set_tls(MYSQL *my, const struct ptn_conf *cf, const struct ptn_place *at)
{
	const my_bool on = cf->db_tls != PTN_DB_TLS_OFF;
	const my_bool verify = cf->db_tls == PTN_DB_TLS_VERIFY;
	const unsigned int tcp = MYSQL_PROTOCOL_TCP;
	const struct {
		enum mysql_option option;
		const char *value;
	} texts[] = {
		{ MARIADB_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3" },
		{ MYSQL_OPT_SSL_CA, cf->db_tls_ca },
		{ MYSQL_OPT_SSL_CERT, cf->db_tls_cert },
		{ MYSQL_OPT_SSL_KEY, cf->db_tls_key },
		{ MYSQL_OPT_SSL_CIPHER, cf->db_tls_cipher },
	};
	size_t i;

	mysql_optionsv(my, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
	for (i = 0; on && i < PTN_ARRAY_LEN(texts); i++)
		if (texts[i].value[0] != '\0')
			mysql_optionsv(my, texts[i].option, texts[i].value);
	mysql_optionsv(my, MYSQL_OPT_SSL_ENFORCE, &on);
	/* "localhost" would be a socket, wherever the library looks for it. */
	if (on && at->socket[0] == '\0')
		mysql_optionsv(my, MYSQL_OPT_PROTOCOL, &tcp);
}

static const char *
or_null(const char *s)
{
	return s[0] == '\0' ? NULL : s;
}

/* Whom to be there; a socket is "localhost" to the library. */
static bool
open_as(MYSQL *my, const struct ptn_conf *cf, const struct ptn_place *at,
    enum ptn_db_role role)
{
	const bool migrates =
	    role == PTN_DB_MIGRATE && cf->db_migrate_user[0] != '\0';
	const char *host = at->socket[0] != '\0' ? "localhost" : at->host;

	return mysql_real_connect(my, or_null(host),
		   migrates ? cf->db_migrate_user : cf->db_user,
		   migrates ? cf->db_migrate_password : cf->db_password,
		   cf->db_name, at->port, or_null(at->socket),
		   CLIENT_FOUND_ROWS) != NULL;
}

static void
fail(struct ptn_connect *to, unsigned int number, const char *message)
{
	to->number = number;
	(void)snprintf(to->message, sizeof(to->message), "%s", message);
	mysql_close(to->my);
	to->my = NULL;
}

static int
send_text(MYSQL *my, int stmt)
{
	const char *sql = ptn_sql_stmts[stmt].text;

	return mysql_real_query(my, sql, strlen(sql));
}

/* What it says of itself, and what it is if it does not lie; NULL: a fault. */
static MYSQL_ROW
ask_server(MYSQL *my, MYSQL_RES **res)
{
	*res = NULL;
	if (send_text(my, PTN_STMT_DB_SERVER) != 0 ||
	    (*res = mysql_store_result(my)) == NULL ||
	    mysql_num_fields(*res) != 2)
		return NULL;
	return mysql_fetch_row(*res);
}

/*
 * MySQL speaks the same protocol, and differs where nobody looks.  A MariaDB
 * that is new enough says so in its greeting, and costs nothing here; whatever
 * else answers is asked.  True as well if it could not be asked: then
 * mysql_errno() says why.
 */
static bool
is_usable(MYSQL *my, char *why, size_t size)
{
	const char *name = mysql_get_server_info(my);
	MYSQL_RES *res;
	MYSQL_ROW row;
	long known = 0;

	if (mariadb_connection(my) &&
	    mysql_get_server_version(my) >= PTN_DB_OLDEST)
		return true;
	row = ask_server(my, &res);
	if (row != NULL && row[0] != NULL && row[1] != NULL) {
		name = row[0];
		known = strtol(row[1], NULL, 10);
	} else if (mysql_errno(my) != 0) {
		known = KNOWN;
	}
	if (known < KNOWN)
		(void)snprintf(why, size,
		    known == MARIADB
			? "it is MariaDB %.60s; update it to %s or newer"
			: "it is MySQL or one like it (%.60s); Postern needs "
			  "MariaDB %s or newer",
		    name, PTN_DB_OLDEST_NAME);
	mysql_free_result(res);
	return known >= KNOWN;
}

static bool
begin_session(MYSQL *my, enum ptn_db_role role)
{
	if (role == PTN_DB_READ)
		return send_text(my, PTN_STMT_DB_SESSION_READ) == 0 &&
		    send_text(my, PTN_STMT_DB_SESSION_READ_ONLY) == 0;
	return send_text(my, PTN_STMT_DB_SESSION) == 0 &&
	    (role != PTN_DB_MIGRATE ||
		send_text(my, PTN_STMT_DB_SESSION_MIGRATE) == 0);
}

/*
 * What is wrong with TLS, once connected; NULL: nothing.  Unless it verifies,
 * the library does without where a server says; and from 3.4 on it goes on
 * with a certificate that nobody vouches for, if the server proves to know the
 * password, or is on this host.
 */
static const char *
tls_missing(MYSQL *my, const struct ptn_conf *cf)
{
#if HAVE_DECL_MARIADB_TLS_VERIFY_STATUS
	unsigned int found;

	if (cf->db_tls == PTN_DB_TLS_VERIFY &&
	    (mariadb_get_infov(my, MARIADB_TLS_VERIFY_STATUS, &found) != 0 ||
		found != 0))
		return "nobody whom we trust vouches for the server";
#endif
	if (cf->db_tls != PTN_DB_TLS_OFF && mysql_get_ssl_cipher(my) == NULL)
		return "the server offers none";
	return NULL;
}

static void
try(struct ptn_connect *to, const struct ptn_conf *cf,
    const struct ptn_place *at, enum ptn_db_role role)
{
	const char *missing;
	char why[sizeof(to->message)];

	memset(to, 0, sizeof(*to));
	if ((to->my = mysql_init(NULL)) == NULL) {
		fail(to, OUT_OF_MEMORY, "out of memory");
		return;
	}
	set_options(to->my, role);
	set_tls(to->my, cf, at);
	if (!open_as(to->my, cf, at, role)) {
		fail(to, mysql_errno(to->my), mysql_error(to->my));
		return;
	}
	if ((missing = tls_missing(to->my, cf)) != NULL) {
		fail(to, CR_SSL_CONNECTION_ERROR, missing);
		return;
	}
	if (role != PTN_DB_READ && !is_usable(to->my, why, sizeof(why))) {
		fail(to, PTN_DBERR_FOREIGN, why);
		return;
	}
	if (mysql_errno(to->my) != 0 || !begin_session(to->my, role)) {
		fail(to, mysql_errno(to->my), mysql_error(to->my));
		return;
	}
	/* Not for the programs that the courier starts. */
	(void)fcntl(mysql_get_socket(to->my), F_SETFD, FD_CLOEXEC);
}

/* TLS is OpenSSL, of which the library leaves behind what it does not say. */
void
ptn_connect(struct ptn_connect *to, const struct ptn_conf *cf,
    const struct ptn_place *at, enum ptn_db_role role)
{
	try(to, cf, at, role);
	(void)ptn_ossl_settle();
}
