#include "fcgi/admin/admin.h"

#include <string.h>

#include "fcgi/admin/page.h"
#include "fcgi/jsonval.h"
#include "fcgi/query.h"
#include "lib/base/clock.h"
#include "lib/event/audit.h"

/* A filter; an empty one is none. */
static enum ptn_err
read_text(const struct ptn_request *req, const char *name, const char **out)
{
	enum ptn_err r = ptn_query_get(req, name, out);

	if (r == PTN_OK && *out != NULL && (*out)[0] == '\0')
		*out = NULL;
	return r;
}

/* RFC 3339; whatever was before 1970 is as long ago as 1970. */
static enum ptn_err
read_time(const struct ptn_request *req, struct ptn_reply *rep,
    const char *name, int64_t *us)
{
	const char *text;
	enum ptn_err r;

	*us = 0;
	if ((r = read_text(req, name, &text)) != PTN_OK || text == NULL)
		return r;
	if (!ptn_clock_parse(ptn_bytes_of(text), us))
		return ptn_reply_say(rep, PTN_E_INPUT,
		    "start_time and end_time must be a time as in RFC 3339");
	if (*us <= 0)
		*us = 1;
	return PTN_OK;
}

static enum ptn_err
read_actor(const struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_uuid *id)
{
	const char *text;
	enum ptn_err r;

	if ((r = read_text(req, "actor_user_id", &text)) != PTN_OK ||
	    text == NULL)
		return r;
	if (ptn_uuid_parse_any(text, id)) {
		/* Zeros would be no filter; nobody has those, nor this one. */
		if (ptn_uuid_is_nil(id))
			memset(id, 0xff, sizeof(*id));
		return PTN_OK;
	}
	return ptn_reply_say(rep, PTN_E_INPUT,
	    "failed to parse actor_user_id as uuid");
}

static enum ptn_err
read_query(const struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_audit_query *q)
{
	enum ptn_err r;

	if ((r = read_time(req, rep, "start_time", &q->since_us)) != PTN_OK ||
	    (r = read_time(req, rep, "end_time", &q->until_us)) != PTN_OK ||
	    (r = read_actor(req, rep, &q->actor)) != PTN_OK ||
	    (r = ptn_query_joined(req, "type", &q->types)) != PTN_OK ||
	    (r = read_text(req, "actor_email", &q->email)) != PTN_OK ||
	    (r = read_text(req, "meta_source_ip", &q->ip)) != PTN_OK)
		return r;
	return read_text(req, "q", &q->any);
}

static void
write_text(struct ptn_jsonw *w, const char *name, const char *text)
{
	if (text != NULL)
		ptn_jsonw_str(w, name, text);
}

static void
write_id(struct ptn_jsonw *w, const char *name, const struct ptn_uuid *id)
{
	if (!ptn_uuid_is_nil(id))
		ptn_jsonval_uuid(w, name, id);
}

/* Of what a command did, no request is known: those members are null. */
static void
write_row(struct ptn_jsonw *w, const struct ptn_audit_found *a)
{
	ptn_jsonw_object(w, NULL);
	ptn_jsonval_uuid(w, "id", &a->id);
	ptn_jsonw_str(w, "type", a->type);
	write_text(w, "error", a->error);
	ptn_jsonw_str(w, "meta_http_request_id", a->request_id);
	ptn_jsonw_str(w, "meta_source_ip", a->ip);
	ptn_jsonw_str(w, "meta_user_agent", a->user_agent);
	write_id(w, "actor_user_id", &a->user_id);
	write_text(w, "actor_email", a->email);
	write_text(w, "actor_operator", a->operator_name);
	write_id(w, "subject_user_id", &a->subject_id);
	ptn_jsonval_time(w, "created_at", a->created_at_us);
	ptn_jsonval_time(w, "updated_at", a->created_at_us);
	ptn_jsonw_end_object(w);
}

/* The end_time of who would look further back. */
static void
tell_older(struct ptn_reply *rep, int64_t us)
{
	char text[PTN_CLOCK_STR];

	ptn_clock_format(us, text);
	ptn_reply_header(rep, "X-Next-End-Time", text);
}

/* GET /audit_logs: a page of what happened. */
enum ptn_err
ptn_admin_audit_list(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_audit_query q = { .types = NULL };
	struct ptn_audit_page found;
	struct ptn_admin_page page;
	enum ptn_err r;
	size_t i;

	if ((r = ptn_admin_page_read(req, rep, &page)) != PTN_OK ||
	    (r = read_query(req, rep, &q)) != PTN_OK)
		return r;
	q.skip = ptn_admin_page_skip(&page);
	q.max = page.per_page;
	if ((r = ptn_audit_list(&req->sc, &q, &found)) != PTN_OK)
		return r;
	ptn_admin_page_headers(req, rep, &page, found.total);
	if (found.older_us != 0)
		tell_older(rep, found.older_us);
	ptn_jsonw_array(&rep->json, NULL);
	for (i = 0; i < found.n; i++)
		write_row(&rep->json, &found.row[i]);
	ptn_jsonw_end_array(&rep->json);
	return PTN_OK;
}
