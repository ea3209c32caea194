#include "lib/event/audit.h"

#include <stdbool.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/unicode.h"
#include "lib/conf/conf.h"
#include "lib/db/sql.h"
#include "lib/event/actor.h"
#include "lib/format/address.h"
#include "lib/format/json.h"

/* Columns of audit_logs. */
#define DETAIL_MAX 255
#define REQUEST_ID_MAX 64
#define IP_MAX 45
#define AGENT_MAX 255
#define EMAIL_MAX 254
#define OPERATOR_MAX 64

/* Who acts, as it may be written down. */
static struct ptn_actor
shown(const struct ptn_scope *sc)
{
	static const struct ptn_actor nobody;
	struct ptn_actor a = sc->actor != NULL ? *sc->actor : nobody;

	if (a.email != NULL && sc->cf->audit_mask)
		a.email = ptn_address_mask(sc->arena, a.email);
	a.email = ptn_utf8_fit(sc->arena, a.email, EMAIL_MAX);
	a.operator_name =
	    ptn_utf8_fit(sc->arena, a.operator_name, OPERATOR_MAX);
	a.request_id = ptn_utf8_fit(sc->arena, a.request_id, REQUEST_ID_MAX);
	a.ip = ptn_utf8_fit(sc->arena, a.ip, IP_MAX);
	a.user_agent = ptn_utf8_fit(sc->arena, a.user_agent, AGENT_MAX);
	return a;
}

enum ptn_err
ptn_audit_row(const struct ptn_scope *sc, const struct ptn_audit *entry)
{
	const struct ptn_actor a = shown(sc);
	const struct ptn_audit_put_in in = {
		.id = ptn_uuid_new(),
		.tenant_id = entry->tenant_id,
		.type = entry->type,
		.error = ptn_utf8_fit(sc->arena, entry->detail, DETAIL_MAX),
		.request_id = a.request_id,
		.ip = a.ip,
		.user_agent = a.user_agent,
		.user_id = a.user_id,
		.email = a.email,
		.operator_name = a.operator_name,
		.subject_id = entry->subject_id,
	};

	const enum ptn_err r = ptn_sql_audit_put(sc->db, &in);

	/* An id that is taken is a fault of ours, and no answer to a client. */
	return r == PTN_E_CONFLICT ? PTN_E_INTERNAL : r;
}

static void
write_id(struct ptn_jsonw *w, const char *name, const struct ptn_uuid *id)
{
	char text[PTN_UUID_STR];

	if (ptn_uuid_is_nil(id))
		return;
	ptn_uuid_format(id, text);
	ptn_jsonw_str(w, name, text);
}

/* Of an operator, by a command or a request. */
static void
write_operator(struct ptn_jsonw *w, const struct ptn_actor *a,
    const struct ptn_audit *entry)
{
	ptn_jsonw_str(w, "operator", a->operator_name);
	write_id(w, "tenant_id", &entry->tenant_id);
}

/* Most members are there even if the request did not tell them. */
static void
write_request(struct ptn_jsonw *w, const struct ptn_actor *a)
{
	ptn_jsonw_str(w, "http_request_id", a->request_id);
	ptn_jsonw_str(w, "source_ip", a->ip);
	ptn_jsonw_str(w, "user_agent", a->user_agent);
	write_id(w, "user_id", &a->user_id);
	if (a->email != NULL)
		ptn_jsonw_str(w, "user_email", a->email);
}

static bool
is_command(const struct ptn_actor *a)
{
	return a->operator_name != NULL && a->request_id == NULL;
}

/* The standard output of a command is for what it was asked for. */
static int
output(const struct ptn_scope *sc, const struct ptn_actor *a)
{
	return !is_command(a) && sc->cf->audit_output == PTN_AUDIT_STDOUT
	    ? STDOUT_FILENO
	    : STDERR_FILENO;
}

void
ptn_audit_line(const struct ptn_scope *sc, const struct ptn_audit *entry)
{
	const struct ptn_actor a = shown(sc);
	const char *detail = ptn_utf8_fit(sc->arena, entry->detail, DETAIL_MAX);
	const int64_t now = ptn_clock_us();
	char when[PTN_CLOCK_STR];
	struct ptn_jsonw w;

	ptn_clock_format(now, when);
	ptn_jsonw_init(&w, sc->arena);
	ptn_jsonw_object(&w, NULL);
	ptn_jsonw_str(&w, "audience", "audit");
	ptn_jsonw_str(&w, "type", entry->type);
	if (detail != NULL)
		ptn_jsonw_str(&w, "error", detail);
	if (a.operator_name != NULL)
		write_operator(&w, &a, entry);
	if (!is_command(&a))
		write_request(&w, &a);
	write_id(&w, "subject_id", &entry->subject_id);
	ptn_jsonw_str(&w, "time", when);
	ptn_jsonw_int(&w, "time_unix", now / PTN_US_PER_S);
	ptn_jsonw_end_object(&w);
	ptn_buf_char(&w.buf, '\n');
	if (w.buf.bad ||
	    write(output(sc, &a), w.buf.p, w.buf.len) != (ssize_t)w.buf.len)
		ptn_warn("audit: a line of %s was lost", entry->type);
}
