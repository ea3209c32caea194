#include "lib/event/audit.h"

#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/db/sql.h"
#include "lib/format/address.h"
#include "lib/format/json.h"

static const char *const names[PTN_AUDIT__MAX] = { [PTN_AUDIT_NONE] = "none",
#define PTN_AUDIT_NAME(e, name) [PTN_AUDIT_##e] = name,
	PTN_AUDIT_EVENTS(PTN_AUDIT_NAME)
#undef PTN_AUDIT_NAME
};

const char *
ptn_audit_name(enum ptn_audit_event e)
{
	return e < PTN_AUDIT__MAX ? names[e] : names[PTN_AUDIT_NONE];
}

void
ptn_audit_note(struct ptn_audit *au, enum ptn_audit_event e, const char *error)
{
	if (au->n >= PTN_AUDIT_MAX) {
		ptn_error("audit: no room for %s", ptn_audit_name(e));
		return;
	}
	au->note[au->n].event = e;
	au->note[au->n].error = error;
	au->n++;
}

static const char *
shown_email(const struct ptn_conf *cf, struct ptn_arena *a, const char *email)
{
	if (email == NULL || !cf->audit_mask)
		return email;
	return ptn_address_mask(a, email);
}

static enum ptn_err
write_row(const struct ptn_scope *sc, const struct ptn_audit *au, size_t i,
    const char *email)
{
	const struct ptn_audit_put_in in = {
		.id = ptn_uuid_new(),
		.tenant_id = sc->tenant_id,
		.type = ptn_audit_name(au->note[i].event),
		.error = au->note[i].error,
		.request_id = au->request_id,
		.ip = au->ip,
		.user_agent = au->user_agent,
		.user_id = au->user_id,
		.email = email,
	};

	return ptn_sql_audit_put(sc->db, &in);
}

static void
write_line(const struct ptn_conf *cf, struct ptn_arena *a,
    const struct ptn_audit *au, size_t i, const char *email)
{
	const int fd = cf->audit_output == PTN_AUDIT_STDOUT ? STDOUT_FILENO
							    : STDERR_FILENO;
	char when[PTN_TIME_STR], user[PTN_UUID_STR];
	const int64_t now = ptn_clock_us();
	struct ptn_jsonw w;

	ptn_time_format(now, when);
	ptn_uuid_format(&au->user_id, user);
	ptn_jsonw_init(&w, a);
	ptn_jsonw_object(&w, NULL);
	ptn_jsonw_str(&w, "audience", "audit");
	ptn_jsonw_str(&w, "type", ptn_audit_name(au->note[i].event));
	if (au->note[i].error != NULL)
		ptn_jsonw_str(&w, "error", au->note[i].error);
	ptn_jsonw_str(&w, "http_request_id", au->request_id);
	ptn_jsonw_str(&w, "source_ip", au->ip);
	ptn_jsonw_str(&w, "user_agent", au->user_agent);
	if (!ptn_uuid_is_nil(&au->user_id))
		ptn_jsonw_str(&w, "user_id", user);
	if (email != NULL)
		ptn_jsonw_str(&w, "user_email", email);
	ptn_jsonw_str(&w, "time", when);
	ptn_jsonw_int(&w, "time_unix", now / 1000000);
	ptn_jsonw_end_object(&w);
	ptn_buf_char(&w.buf, '\n');
	if (w.buf.bad || write(fd, w.buf.p, w.buf.len) != (ssize_t)w.buf.len)
		ptn_warn("audit: a line of %s was lost",
		    ptn_audit_name(au->note[i].event));
}

enum ptn_err
ptn_audit_write(const struct ptn_scope *sc, const struct ptn_audit *au)
{
	const char *email = shown_email(sc->cf, sc->arena, au->email);
	enum ptn_err r;
	size_t i;

	for (i = 0; i < au->n; i++) {
		if (sc->cf->audit_lines)
			write_line(sc->cf, sc->arena, au, i, email);
		if (!sc->cf->audit_rows)
			continue;
		if ((r = write_row(sc, au, i, email)) != PTN_OK)
			return r;
	}
	return PTN_OK;
}
