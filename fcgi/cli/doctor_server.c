/* What "postern doctor" asks of the server of the database, or of each. */
#include <stdlib.h>
#include <string.h>

#include "fcgi/cli/doctor.h"
#include "lib/base/clock.h"
#include "lib/conf/conf.h"
#include "lib/crypto/hashgate.h"
#include "lib/db/db.h"
#include "lib/db/sql.h"
#include "lib/format/place.h"

#define CLOCK_MAX_S 1
#define PACKET_MIN (1024 * 1024)
#define WORKERS_SPARE 5 /* connections beside the workers' */

static void
on_version(struct ptn_check *c, const struct ptn_doctor_server_out *s)
{
	ptn_check_say(c, PTN_CHECK_OK, "%.80s, as %.80s%s%.80s", s->version,
	    s->current,
	    s->cipher != NULL && s->cipher[0] != '\0' ? ", TLS " : "",
	    s->cipher != NULL ? s->cipher : "");
}

/* If they do not, connecting has said so. */
static void
on_clock(struct ptn_check *c, const struct ptn_doctor_server_out *s)
{
	const int64_t apart_s = (ptn_clock_us() - s->clock) / PTN_US_PER_S;

	if (llabs(apart_s) < CLOCK_MAX_S)
		ptn_check_say(c, PTN_CHECK_OK, "both clocks agree");
}

static void
on_settings(struct ptn_check *c, const struct ptn_doctor_server_out *s)
{
	const int64_t need = ptn_hashgate_workers(c->cf) + WORKERS_SPARE;

	if (s->max_connections < need)
		ptn_check_say(c, PTN_CHECK_WARNING,
		    "max_connections is %lld, and the workers want %lld: raise "
		    "it, or lower server.workers",
		    (long long)s->max_connections, (long long)need);
	if (s->flush != 1)
		ptn_check_say(c, PTN_CHECK_WARNING,
		    "innodb_flush_log_at_trx_commit is %lld: after a power cut "
		    "sessions that were ended may live again; set it to 1",
		    (long long)s->flush);
	if (s->packet < PACKET_MIN)
		ptn_check_say(c, PTN_CHECK_WARNING,
		    "max_allowed_packet is %lld: raise it to at least %d in "
		    "the server's configuration",
		    (long long)s->packet, PACKET_MIN);
	if (s->read_only != 0 && c->about == NULL)
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "the server is read-only: name the primary in "
		    "database.host, or make this one writable");
	if (s->binlog != NULL && strcmp(s->binlog, "STATEMENT") == 0)
		ptn_check_say(c, PTN_CHECK_ERROR,
		    "binlog_format is STATEMENT: it must be MIXED or ROW; set "
		    "it in the server's configuration");
}

static bool
is_local(const struct ptn_place *at)
{
	return at->socket[0] != '\0' || strcmp(at->host, "localhost") == 0 ||
	    strncmp(at->host, "127.", 4) == 0 || strcmp(at->host, "::1") == 0;
}

static void
on_tls(struct ptn_check *c, const struct ptn_place *at,
    const struct ptn_doctor_server_out *s)
{
	const struct ptn_conf *cf = c->cf;

	if (is_local(at))
		return;
	if (s->cipher == NULL || s->cipher[0] == '\0')
		ptn_check_at(c, PTN_CHECK_WARNING, &cf->db_tls,
		    "what goes to %.80s goes in clear text: write verify",
		    at->host);
	else if (cf->db_tls != PTN_DB_TLS_VERIFY)
		ptn_check_at(c, PTN_CHECK_WARNING, &cf->db_tls,
		    "whoever stands between here and %.80s can pose as the "
		    "database, as its certificate is not verified: write "
		    "verify",
		    at->host);
}

static void
look_at(struct ptn_check *c, struct ptn_db *db)
{
	struct ptn_doctor_server_out s;

	if (ptn_sql_doctor_server(db, c->a, &s) != PTN_OK)
		return; /* the log said why */
	on_version(c, &s);
	on_clock(c, &s);
	on_settings(c, &s);
	on_tls(c, ptn_db_place(db), &s);
}

void
ptn_doctor_servers(struct ptn_check *c)
{
	ptn_check_each(c, look_at);
}

void
ptn_doctor_server(struct ptn_check *c)
{
	char cluster[PTN_CHECK_CLUSTER_MAX] = "";

	if (ptn_db_servers(c->cf) > 1)
		return; /* each was looked at */
	look_at(c, c->db);
	ptn_check_node(c, c->db, cluster);
}
