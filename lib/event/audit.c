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
#include "lib/format/like.h"

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

/* ------------------------------------------------------------- read again */

/* A part of an address, and the address that it is if it is a whole one. */
static enum ptn_err
read_address(const struct ptn_scope *sc, const char *text, const char **part,
    const char **whole)
{
	char *address = NULL;
	enum ptn_err r;

	*whole = NULL;
	if ((r = ptn_like_part(sc->arena, text, part)) != PTN_OK ||
	    text == NULL)
		return r;
	r = ptn_address_canonical(sc->arena, text, &address);
	if (r == PTN_OK)
		*whole = address;
	return r == PTN_E_NOMEM ? r : PTN_OK;
}

static enum ptn_err
prepare(const struct ptn_scope *sc, const struct ptn_audit_query *q,
    struct ptn_audit_page_in *in)
{
	enum ptn_err r;

	*in = (struct ptn_audit_page_in){
		.plain = q->types == NULL && ptn_uuid_is_nil(&q->actor) &&
		    q->email == NULL && q->ip == NULL && q->any == NULL,
		.tenant_id = sc->tenant_id,
		.since = q->since_us,
		.until = q->until_us,
		.types = q->types,
		.user_id = q->actor,
		.max = q->max,
		.skip = q->skip,
	};
	if ((r = read_address(sc, q->email, &in->email, &in->address)) !=
		PTN_OK ||
	    (r = ptn_like_part(sc->arena, q->ip, &in->ip)) != PTN_OK)
		return r;
	return read_address(sc, q->any, &in->any, &in->any_address);
}

static enum ptn_err
count(const struct ptn_scope *sc, const struct ptn_audit_page_in *in,
    int64_t *total)
{
	const struct ptn_audit_count_in all = {
		.plain = in->plain,
		.tenant_id = in->tenant_id,
		.since = in->since,
		.until = in->until,
		.types = in->types,
		.user_id = in->user_id,
		.email = in->email,
		.address = in->address,
		.ip = in->ip,
		.any = in->any,
		.any_address = in->any_address,
	};
	struct ptn_audit_count_out out;
	const enum ptn_err r =
	    ptn_sql_audit_count(sc->db, sc->arena, &all, &out);

	*total = r == PTN_OK ? out.n : 0;
	return r;
}

/*
 * Look at no more than PTN_AUDIT_WINDOW, the newest, whatever is asked of them:
 * what is older is asked for by its time.
 */
static enum ptn_err
bound(const struct ptn_scope *sc, struct ptn_audit_page_in *in,
    int64_t *older_us)
{
	const struct ptn_audit_floor_in all = { in->tenant_id, in->since,
		in->until, in->user_id, PTN_AUDIT_WINDOW };
	struct ptn_audit_floor_out out;
	enum ptn_err r;

	*older_us = 0;
	r = ptn_sql_audit_floor(sc->db, sc->arena, &all, &out);
	if (r != PTN_OK)
		return r == PTN_E_NOT_FOUND ? PTN_OK : r;
	in->since = out.created_at;
	if (in->until == 0 || out.created_at + 1 < in->until)
		*older_us = out.created_at + 1;
	return PTN_OK;
}

static struct ptn_audit_found
found(const struct ptn_audit_page_out *row)
{
	return (struct ptn_audit_found){
		.id = row->id,
		.type = row->type,
		.error = row->error,
		.request_id = row->request_id,
		.ip = row->ip,
		.user_agent = row->user_agent,
		.user_id = row->user_id,
		.email = row->email,
		.operator_name = row->operator_name,
		.subject_id = row->subject_id,
		.created_at_us = row->created_at,
	};
}

enum ptn_err
ptn_audit_list(const struct ptn_scope *sc, const struct ptn_audit_query *q,
    struct ptn_audit_page *out)
{
	struct ptn_audit_page_in in;
	struct ptn_audit_page_out *row;
	enum ptn_err r;
	size_t i;

	*out = (struct ptn_audit_page){ .row = NULL };
	if ((r = prepare(sc, q, &in)) != PTN_OK ||
	    (r = bound(sc, &in, &out->older_us)) != PTN_OK ||
	    (r = count(sc, &in, &out->total)) != PTN_OK ||
	    in.skip >= out->total ||
	    (r = ptn_sql_audit_page(sc->db, sc->arena, &in, &row, &out->n)) !=
		PTN_OK ||
	    out->n == 0)
		return r;
	out->row = ptn_arena_calloc(sc->arena, out->n, sizeof(*out->row));
	for (i = 0; out->row != NULL && i < out->n; i++)
		out->row[i] = found(&row[i]);
	return out->row != NULL ? PTN_OK : PTN_E_NOMEM;
}
