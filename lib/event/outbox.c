#include "lib/event/outbox.h"

#include <string.h>

#include "lib/base/log.h"
#include "lib/db/sql.h"
#include "lib/event/actor.h"
#include "lib/format/json.h"

#define JSON_DEPTH 2

static const char *const kinds[PTN_OUTBOX__MAX] = {
	[PTN_OUTBOX_MAIL] = "mail",
	[PTN_OUTBOX_DFNS_CODE] = "dfns_code",
};

static bool
read_kind(const char *name, enum ptn_outbox_kind *out)
{
	int i;

	for (i = 0; i < PTN_OUTBOX__MAX; i++) {
		*out = (enum ptn_outbox_kind)i;
		if (strcmp(kinds[i], name) == 0)
			return true;
	}
	return false;
}

/* What a sealed body is bound to: the id of its row, and its kind. */
struct bound {
	struct ptn_uuid id;
	uint8_t kind;
};

static struct bound
bind_to(const struct ptn_uuid *id, enum ptn_outbox_kind kind)
{
	return (struct bound){ *id, (uint8_t)kind };
}

enum ptn_err
ptn_outbox_put(const struct ptn_scope *sc, enum ptn_outbox_kind kind,
    const struct ptn_outbox_mail *mail)
{
	struct ptn_outbox_put_in in = { .id = ptn_uuid_new(),
		.tenant_id = sc->tenant_id,
		.kind = kinds[kind],
		.ttl_s = mail->ttl_s };
	const struct bound bound = bind_to(&in.id, kind);
	struct ptn_jsonw w;
	enum ptn_err r;

	ptn_jsonw_init(&w, sc->arena);
	ptn_jsonw_object(&w, NULL);
	ptn_jsonw_str(&w, "template", mail->template);
	ptn_jsonw_str(&w, "to", mail->to);
	ptn_jsonw_str(&w, "locale", mail->locale);
	ptn_jsonw_str(&w, "code", mail->code);
	ptn_jsonw_int(&w, "ttl_s", mail->ttl_s);
	ptn_jsonw_str(&w, "service", mail->service);
	ptn_jsonw_str(&w, "username", mail->username);
	ptn_jsonw_str(&w, "org", mail->org);
	ptn_jsonw_str(&w, "time", mail->time);
	ptn_jsonw_str(&w, "address", mail->address);
	ptn_jsonw_str(&w, "api", mail->api);
	ptn_jsonw_str(&w, "asker", mail->asker);
	ptn_jsonw_end_object(&w);
	if (w.buf.bad)
		return PTN_E_NOMEM;
	r = ptn_secrets_seal(sc->secrets, sc->arena, PTN_KEY_USE_OUTBOX,
	    PTN_BYTES(&bound, sizeof(bound)), PTN_BYTES(w.buf.p, w.buf.len),
	    &in.sealed);
	if (r != PTN_OK)
		return r;
	if ((r = ptn_sql_outbox_put(sc->db, &in)) == PTN_OK &&
	    sc->actor != NULL)
		sc->actor->mail_queued = true;
	return r;
}

static enum ptn_err
read_mail(struct ptn_arena *a, struct ptn_bytes text,
    struct ptn_outbox_mail *mail)
{
	struct ptn_json *v = NULL;
	const char *why;
	enum ptn_err r;

	r = ptn_json_parse(text, JSON_DEPTH, &v, &why);
	if (r != PTN_OK)
		return r;
	mail->template = ptn_json_text(a, ptn_json_get(v, "template"));
	mail->to = ptn_json_text(a, ptn_json_get(v, "to"));
	mail->locale = ptn_json_text(a, ptn_json_get(v, "locale"));
	mail->code = ptn_json_text(a, ptn_json_get(v, "code"));
	mail->service = ptn_json_text(a, ptn_json_get(v, "service"));
	mail->username = ptn_json_text(a, ptn_json_get(v, "username"));
	mail->org = ptn_json_text(a, ptn_json_get(v, "org"));
	mail->time = ptn_json_text(a, ptn_json_get(v, "time"));
	mail->address = ptn_json_text(a, ptn_json_get(v, "address"));
	mail->api = ptn_json_text(a, ptn_json_get(v, "api"));
	mail->asker = ptn_json_text(a, ptn_json_get(v, "asker"));
	if (mail->template == NULL || mail->to == NULL ||
	    mail->locale == NULL || mail->code == NULL ||
	    !ptn_json_int(ptn_json_get(v, "ttl_s"), &mail->ttl_s))
		r = PTN_E_INPUT;
	ptn_json_free(&v);
	return r;
}

static enum ptn_err
open_row(const struct ptn_scope *sc, const struct ptn_outbox_claimed_out *row,
    struct ptn_outbox_item *item)
{
	struct ptn_bytes plain;
	struct bound bound;
	enum ptn_err r;

	if (!read_kind(row->kind, &item->kind))
		return PTN_E_NOT_FOUND;
	bound = bind_to(&row->id, item->kind);
	r = ptn_secrets_open(sc->secrets, sc->arena, PTN_KEY_USE_OUTBOX,
	    PTN_BYTES(&bound, sizeof(bound)), row->sealed, &plain);
	if (r != PTN_OK)
		return r;
	item->id = row->id;
	item->tenant_id = row->tenant_id;
	item->attempts = row->attempts;
	item->left_s = row->left_s;
	return read_mail(sc->arena, plain, &item->mail);
}

/*
 * A row that was not read.  One of an unknown kind is of a newer version,
 * whose courier gets it when this claim is over; nobody will ever read the
 * others.
 */
static void
give_up(const struct ptn_scope *sc, const struct ptn_outbox_claimed_out *row,
    enum ptn_err why)
{
	char name[PTN_UUID_STR];

	ptn_uuid_format(&row->id, name);
	if (why == PTN_E_NOT_FOUND) {
		ptn_warn("outbox: %s is left to a newer version: its kind is "
			 "unknown here",
		    name);
		return;
	}
	ptn_error("outbox: mail %s cannot be opened (%s) and is dropped", name,
	    ptn_err_name(why));
	if (ptn_outbox_failed(sc, &row->id, -1) != PTN_OK)
		ptn_warn("outbox: mail %s is still there", name);
}

enum ptn_err
ptn_outbox_claim(const struct ptn_scope *sc, size_t max,
    struct ptn_outbox_item **items, size_t *n)
{
	struct ptn_outbox_claim_in claim = { .claim = ptn_uuid_new(),
		.lease_s = PTN_OUTBOX_LEASE_S,
		.max = (int64_t)max };
	struct ptn_outbox_claimed_in in = { .claim = claim.claim };
	struct ptn_outbox_claimed_out *row;
	uint64_t claimed;
	size_t nrows;
	size_t i;
	enum ptn_err r;

	*n = 0;
	r = ptn_sql_outbox_claim(sc->db, &claim, &claimed);
	if (r != PTN_OK || claimed == 0)
		return r;
	r = ptn_sql_outbox_claimed(sc->db, sc->arena, &in, &row, &nrows);
	if (r != PTN_OK)
		return r;
	*items = ptn_arena_calloc(sc->arena, nrows, sizeof(**items));
	if (*items == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < nrows; i++) {
		if (row[i].left_s <= 0)
			continue;
		r = open_row(sc, &row[i], &(*items)[*n]);
		if (r == PTN_OK)
			++*n;
		else if (r == PTN_E_DENIED || r == PTN_E_INPUT ||
		    r == PTN_E_NOT_FOUND)
			give_up(sc, &row[i], r);
		else
			return r;
	}
	return PTN_OK;
}

enum ptn_err
ptn_outbox_sent(const struct ptn_scope *sc, const struct ptn_uuid *id)
{
	const struct ptn_outbox_delete_in in = { .id = *id };
	uint64_t gone;

	return ptn_sql_outbox_delete(sc->db, &in, &gone);
}

enum ptn_err
ptn_outbox_failed(const struct ptn_scope *sc, const struct ptn_uuid *id,
    int64_t delay_s)
{
	const struct ptn_outbox_retry_in in = { .id = *id, .delay_s = delay_s };
	uint64_t changed;

	if (delay_s < 0)
		return ptn_outbox_sent(sc, id);
	return ptn_sql_outbox_retry(sc->db, &in, &changed);
}
