#include "lib/event/outbox.h"

#include <string.h>

#include "lib/base/array.h"
#include "lib/base/log.h"
#include "lib/crypto/secrets.h"
#include "lib/db/sql.h"
#include "lib/event/actor.h"
#include "lib/event/tx.h"
#include "lib/format/json.h"

#define JSON_DEPTH 2

/* The order in which they are served; nobody waits for a notice. */
static const struct {
	const char *name;
	bool code;
} kinds[PTN_OUTBOX__MAX] = {
	[PTN_OUTBOX_DFNS_CODE] = { "dfns_code", true },
	[PTN_OUTBOX_MAIL] = { "mail", true },
	[PTN_OUTBOX_NOTICE] = { "notice", false },
	[PTN_OUTBOX_UNSENT] = { "unsent", false },
	[PTN_OUTBOX_WEBHOOK] = { "webhook", false },
	[PTN_OUTBOX_PARKED] = { "webhook_parked", false },
};
static const enum ptn_outbox_kind order[] = { PTN_OUTBOX_DFNS_CODE,
	PTN_OUTBOX_MAIL, PTN_OUTBOX_NOTICE };

/* What an operator is told of. */
static const enum ptn_outbox_kind shown[PTN_OUTBOX_TOLD] = {
	PTN_OUTBOX_DFNS_CODE, PTN_OUTBOX_MAIL, PTN_OUTBOX_NOTICE,
	PTN_OUTBOX_WEBHOOK, PTN_OUTBOX_PARKED
};

static bool
read_kind(const char *name, enum ptn_outbox_kind *out)
{
	int i;

	for (i = 0; i < PTN_OUTBOX__MAX; i++) {
		*out = (enum ptn_outbox_kind)i;
		if (strcmp(kinds[i].name, name) == 0)
			return true;
	}
	return false;
}

enum ptn_err
ptn_outbox_source(const struct ptn_scope *sc,
    uint8_t out[PTN_OUTBOX_SOURCE_LEN])
{
	const char *wide = sc->actor != NULL ? sc->actor->network_wide : NULL;
	uint8_t mac[PTN_SHA256_LEN];
	const char *text;
	enum ptn_err r;

	memset(out, 0, PTN_OUTBOX_SOURCE_LEN);
	if (wide == NULL)
		return PTN_OK;
	if ((text = ptn_arena_printf(sc->arena, "turn/%s", wide)) == NULL)
		return PTN_E_NOMEM;
	r = ptn_secrets_mac(sc->secrets, 0, PTN_KEY_USE_RATE,
	    ptn_bytes_of(text), mac);
	if (r == PTN_OK)
		memcpy(out, mac, PTN_OUTBOX_SOURCE_LEN);
	return r;
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

static enum ptn_err
seal_and_put(const struct ptn_scope *sc, enum ptn_outbox_kind kind,
    struct ptn_bytes source, int64_t ttl_s, struct ptn_bytes text)
{
	struct ptn_outbox_put_in in = { .id = ptn_uuid_new(),
		.tenant_id = sc->tenant_id,
		.kind = kinds[kind].name,
		.source = source,
		.ttl_s = ttl_s };
	const struct bound bound = bind_to(&in.id, kind);
	enum ptn_err r;

	r = ptn_secrets_seal(sc->secrets, sc->arena, PTN_KEY_USE_OUTBOX,
	    PTN_BYTES(&bound, sizeof(bound)), text, &in.sealed);
	if (r != PTN_OK)
		return r;
	if ((r = ptn_sql_outbox_put(sc->db, &in)) == PTN_OK &&
	    sc->actor != NULL)
		sc->actor->mail_queued = true;
	return r;
}

enum ptn_err
ptn_outbox_put_told(const struct ptn_scope *sc, enum ptn_outbox_kind kind,
    struct ptn_bytes source, const char *text, int64_t ttl_s)
{
	return seal_and_put(sc, kind, source, ttl_s, ptn_bytes_of(text));
}

enum ptn_err
ptn_outbox_put(const struct ptn_scope *sc, enum ptn_outbox_kind kind,
    const struct ptn_outbox_mail *mail)
{
	uint8_t own[PTN_OUTBOX_SOURCE_LEN];
	struct ptn_bytes source = mail->source;
	struct ptn_jsonw w;
	enum ptn_err r;

	if ((r = ptn_outbox_source(sc, own)) != PTN_OK)
		return r;
	if (source.p == NULL)
		source = PTN_BYTES(own, sizeof(own));
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
	ptn_jsonw_str(&w, "bucket", mail->bucket);
	ptn_jsonw_end_object(&w);
	return w.buf.bad ? PTN_E_NOMEM
			 : seal_and_put(sc, kind, source, mail->ttl_s,
			       PTN_BYTES(w.buf.p, w.buf.len));
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
	mail->bucket = ptn_json_text(a, ptn_json_get(v, "bucket"));
	if (mail->template == NULL || mail->to == NULL ||
	    mail->locale == NULL || mail->code == NULL ||
	    !ptn_json_int(ptn_json_get(v, "ttl_s"), &mail->ttl_s))
		r = PTN_E_INPUT;
	ptn_json_free(&v);
	return r;
}

static enum ptn_err
unseal(const struct ptn_scope *sc, const struct ptn_outbox_claimed_out *row,
    enum ptn_outbox_kind kind, struct ptn_bytes *plain)
{
	const struct bound bound = bind_to(&row->id, kind);

	return ptn_secrets_open(sc->secrets, sc->arena, PTN_KEY_USE_OUTBOX,
	    PTN_BYTES(&bound, sizeof(bound)), row->sealed, plain);
}

static enum ptn_err
open_row(const struct ptn_scope *sc, const struct ptn_outbox_claimed_out *row,
    struct ptn_outbox_item *item)
{
	struct ptn_bytes plain;
	enum ptn_err r;

	if (!read_kind(row->kind, &item->kind))
		return PTN_E_NOT_FOUND;
	if ((r = unseal(sc, row, item->kind, &plain)) != PTN_OK)
		return r;
	item->id = row->id;
	item->tenant_id = row->tenant_id;
	item->attempts = row->attempts;
	item->left_s = row->left_s;
	item->mail.source = row->source;
	return read_mail(sc->arena, plain, &item->mail);
}

/* A row that nobody will ever read, or be helped by. */
static void
drop(const struct ptn_scope *sc, const struct ptn_outbox_claimed_out *row,
    const char *why)
{
	char name[PTN_UUID_STR];

	ptn_uuid_format(&row->id, name);
	ptn_error("outbox: %s %s %s and is dropped", row->kind, name, why);
	if (ptn_outbox_failed(sc, &row->id, -1) != PTN_OK)
		ptn_warn("outbox: %s %s is still there", row->kind, name);
}

/* Items of the rows that are of use. */
static enum ptn_err
open_rows(const struct ptn_scope *sc, const struct ptn_outbox_claimed_out *row,
    size_t nrows, struct ptn_outbox_claimed *out)
{
	const char *why;
	enum ptn_err r;
	size_t i;

	out->items = ptn_arena_calloc(sc->arena, nrows, sizeof(*out->items));
	if (out->items == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < nrows; i++) {
		if (row[i].left_s <= 0) {
			drop(sc, &row[i], "has expired");
			continue;
		}
		r = open_row(sc, &row[i], &out->items[out->n]);
		if (r == PTN_OK) {
			out->n++;
			continue;
		}
		if (r != PTN_E_DENIED && r != PTN_E_INPUT)
			return r;
		why = ptn_arena_printf(sc->arena, "cannot be opened (%s)",
		    ptn_err_name(r));
		drop(sc, &row[i], why != NULL ? why : "cannot be opened");
	}
	return PTN_OK;
}

/* A claim under way. */
struct claiming {
	const struct ptn_outbox_room *room;
	struct ptn_outbox_claim_in in;
	const struct ptn_outbox_sources_out *source;
	size_t nsources;
	size_t room_now; /* for this kind, before a run */
	size_t got;	 /* by a run */
};

/* As many of each as there is room for, and one of each at least. */
static enum ptn_err
claim_in_turn(const struct ptn_scope *sc, void *arg)
{
	struct claiming *c = arg;
	size_t i, left = c->room_now;
	const size_t share = left / c->nsources;
	enum ptn_err r = PTN_OK;
	uint64_t n;

	for (i = 0; r == PTN_OK && left > 0 && i < c->nsources; i++) {
		c->in.source = c->source[i].source;
		c->in.max = share > 0 ? (int64_t)share : 1;
		if ((r = ptn_sql_outbox_claim(sc->db, &c->in, &n)) == PTN_OK)
			left -= (size_t)n;
	}
	c->got = c->room_now - left;
	return r;
}

/* Until there is no room, or nothing due.  The sum is added to *got. */
static enum ptn_err
claim_kind(const struct ptn_scope *sc, struct claiming *c, size_t room,
    size_t *got)
{
	const struct ptn_outbox_sources_in in = { .kind = c->in.kind,
		.busy =
		    c->room->busy.p != NULL ? c->room->busy : PTN_BYTES("", 0),
		.max = (int64_t)room };
	struct ptn_outbox_sources_out *source;
	enum ptn_err r;

	for (c->room_now = room; c->room_now > 0; c->room_now -= c->got) {
		r = ptn_sql_outbox_sources(sc->db, sc->arena, &in, &source,
		    &c->nsources);
		if (r != PTN_OK || c->nsources == 0)
			return r;
		c->source = source;
		if ((r = ptn_tx(sc, claim_in_turn, c)) != PTN_OK)
			return r;
		*got += c->got;
		if (c->got == 0) /* another courier had them */
			break;
	}
	return PTN_OK;
}

/* Codes first, as far as there is room for them. */
static enum ptn_err
claim_all(const struct ptn_scope *sc, struct claiming *c, size_t *got)
{
	const size_t all = c->room->all, codes = c->room->codes;
	enum ptn_err r = PTN_OK;
	size_t i, room;

	for (i = 0; r == PTN_OK && i < PTN_ARRAY_LEN(order); i++) {
		c->in.kind = kinds[order[i]].name;
		room = kinds[order[i]].code && codes < all ? codes : all;
		if (!kinds[order[i]].code && c->room->no_notices)
			room = 0;
		if (room > *got)
			r = claim_kind(sc, c, room - *got, got);
	}
	return r;
}

enum ptn_err
ptn_outbox_claim(const struct ptn_scope *sc, const struct ptn_outbox_room *room,
    struct ptn_outbox_claimed *out)
{
	struct claiming c = { .room = room,
		.in = { .claim = ptn_uuid_new(),
		    .lease_s = PTN_OUTBOX_LEASE_S } };
	struct ptn_outbox_claimed_in in = { .claim = c.in.claim };
	struct ptn_outbox_claimed_out *row;
	size_t i, nrows, got = 0;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	r = claim_all(sc, &c, &got);
	out->more = got > 0 && (got == room->all || got == room->codes);
	if (r != PTN_OK || got == 0)
		return r;
	r = ptn_sql_outbox_claimed(sc->db, sc->arena, &in, &row, &nrows);
	if (r == PTN_OK)
		r = open_rows(sc, row, nrows, out);
	for (i = 0; i < out->n; i++)
		out->items[i].claim = in.claim;
	return r;
}

#define SPARE 2	    /* places that one tenant leaves to others who come */
#define SHARE_MIN 2 /* however many tenants there are */

/* How many places those before the i-th, and those that are busy, take of it.
 */
static size_t
count_tenant(const struct ptn_outbox_told_room *room,
    const struct ptn_outbox_heads_out *head, size_t i,
    const struct ptn_uuid *tenant)
{
	size_t k, n = 0;

	for (k = 0; k < room->nbusy; k++)
		n += ptn_uuid_equal(&room->busy[k], tenant);
	for (k = 0; k < i; k++)
		n += ptn_uuid_equal(&head[k].tenant_id, tenant);
	return n;
}

/* For one tenant, with what is busy: by how many of them have something. */
static size_t
share_of(const struct ptn_outbox_told_room *room,
    const struct ptn_outbox_heads_out *head, size_t n)
{
	const struct ptn_outbox_told_room nobody = { .nbusy = 0 };
	struct ptn_outbox_told_room some = *room;
	const size_t places = room->all + room->nbusy;
	size_t i, share, tenants = 0;

	for (i = 0; i < n; i++)
		tenants +=
		    count_tenant(&nobody, head, i, &head[i].tenant_id) == 0;
	for (i = 0; i < room->nbusy; i++) {
		some.nbusy = i;
		tenants += count_tenant(&some, head, n, &room->busy[i]) == 0;
	}
	share = tenants <= 1 ? places - SPARE : places / tenants;
	return share > SHARE_MIN && places > SPARE ? share : SHARE_MIN;
}

/*
 * Those that fit and nobody else has taken meanwhile.  All that busy tenants
 * could have in front is asked for, too, so that there is room behind it.
 */
static enum ptn_err
claim_heads(const struct ptn_scope *sc, const struct ptn_outbox_told_room *room,
    struct ptn_outbox_claim_head_in *in, size_t *got)
{
	const int64_t places = (int64_t)(room->all + room->nbusy);
	const struct ptn_outbox_heads_in heads = { places,
		(int64_t)room->all + (int64_t)room->nbusy * places };
	struct ptn_outbox_heads_out *head;
	enum ptn_err r;
	uint64_t taken;
	size_t i, n, share;

	*got = 0;
	r = ptn_sql_outbox_heads(sc->db, sc->arena, &heads, &head, &n);
	share = r == PTN_OK ? share_of(room, head, n) : 0;
	for (i = 0; r == PTN_OK && i < n && *got < room->all; i++) {
		if (count_tenant(room, head, i, &head[i].tenant_id) >= share)
			continue;
		in->seq = head[i].seq;
		r = ptn_sql_outbox_claim_head(sc->db, in, &taken);
		*got += r == PTN_OK ? (size_t)taken : 0;
	}
	return r;
}

static enum ptn_err
open_told(const struct ptn_scope *sc, const struct ptn_outbox_claimed_out *row,
    struct ptn_outbox_told *told)
{
	*told = (struct ptn_outbox_told){ .id = row->id,
		.tenant_id = row->tenant_id,
		.attempts = row->attempts,
		.left_s = row->left_s };
	return unseal(sc, row, PTN_OUTBOX_WEBHOOK, &told->text);
}

enum ptn_err
ptn_outbox_claim_told(const struct ptn_scope *sc,
    const struct ptn_outbox_told_room *room, struct ptn_outbox_told **out,
    size_t *n)
{
	struct ptn_outbox_claim_head_in claim = { .claim = ptn_uuid_new(),
		.lease_s = PTN_OUTBOX_LEASE_S };
	const struct ptn_outbox_claimed_in in = { .claim = claim.claim };
	struct ptn_outbox_claimed_out *row;
	enum ptn_err r;
	size_t i, rows, got;

	*n = 0;
	r = claim_heads(sc, room, &claim, &got);
	if (r != PTN_OK || got == 0)
		return r;
	r = ptn_sql_outbox_claimed(sc->db, sc->arena, &in, &row, &rows);
	if (r != PTN_OK)
		return r;
	if ((*out = ptn_arena_calloc(sc->arena, rows + 1, sizeof(**out))) ==
	    NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < rows; i++) {
		r = open_told(sc, &row[i], &(*out)[*n]);
		if (r == PTN_OK)
			(*n)++;
		else if (r == PTN_E_DENIED)
			drop(sc, &row[i], "cannot be opened");
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

struct recording {
	const struct ptn_outbox_outcome *outcome;
	size_t n;
};

#define DELETED 16 /* by one statement */

/* Those that go; what is left of the places of a statement repeats the last. */
static enum ptn_err
delete_some(const struct ptn_scope *sc, const struct ptn_uuid *id, size_t n)
{
	const struct ptn_uuid *p[DELETED];
	uint64_t gone;
	size_t i;

	for (i = 0; i < DELETED; i++)
		p[i] = &id[i < n ? i : n - 1];
	return ptn_sql_outbox_delete_some(sc->db,
	    &(struct ptn_outbox_delete_some_in){ *p[0], *p[1], *p[2], *p[3],
		*p[4], *p[5], *p[6], *p[7], *p[8], *p[9], *p[10], *p[11],
		*p[12], *p[13], *p[14], *p[15] },
	    &gone);
}

static enum ptn_err
record_gone(const struct ptn_scope *sc, const struct recording *rec)
{
	struct ptn_uuid id[DELETED];
	enum ptn_err r = PTN_OK;
	size_t i, n = 0;

	for (i = 0; r == PTN_OK && i < rec->n; i++) {
		if (rec->outcome[i].what != PTN_OUTBOX_GONE)
			continue;
		id[n++] = rec->outcome[i].id;
		if (n == DELETED) {
			r = delete_some(sc, id, n);
			n = 0;
		}
	}
	return r == PTN_OK && n > 0 ? delete_some(sc, id, n) : r;
}

static enum ptn_err
record_stays(const struct ptn_scope *sc, const struct ptn_outbox_outcome *o)
{
	const struct ptn_outbox_release_in untried = { o->id, o->claim };
	const struct ptn_outbox_again_in again = { o->delay_s, o->id,
		o->claim };
	uint64_t changed;

	if (o->what == PTN_OUTBOX_UNTRIED)
		return ptn_sql_outbox_release(sc->db, &untried, &changed);
	if (o->delay_s < 0)
		return ptn_outbox_sent(sc, &o->id);
	return ptn_sql_outbox_again(sc->db, &again, &changed);
}

static enum ptn_err
record(const struct ptn_scope *sc, void *arg)
{
	const struct recording *rec = arg;
	enum ptn_err r = record_gone(sc, rec);
	size_t i;

	for (i = 0; r == PTN_OK && i < rec->n; i++)
		if (rec->outcome[i].what != PTN_OUTBOX_GONE)
			r = record_stays(sc, &rec->outcome[i]);
	return r;
}

enum ptn_err
ptn_outbox_record(const struct ptn_scope *sc,
    const struct ptn_outbox_outcome *outcome, size_t n)
{
	struct recording rec = { outcome, n };

	if (n == 1 && outcome->what == PTN_OUTBOX_GONE)
		return ptn_outbox_sent(sc, &outcome->id);
	return n > 0 ? ptn_tx(sc, record, &rec) : PTN_OK;
}

enum ptn_err
ptn_outbox_look(const struct ptn_scope *sc,
    struct ptn_outbox_depth out[PTN_OUTBOX_TOLD])
{
	struct ptn_outbox_depth_out *row;
	enum ptn_err r;
	size_t i, k, n;

	r = ptn_sql_outbox_depth(sc->db, sc->arena, &row, &n);
	for (k = 0; k < PTN_OUTBOX_TOLD; k++)
		out[k] =
		    (struct ptn_outbox_depth){ .kind = kinds[shown[k]].name };
	for (i = 0; r == PTN_OK && i < n; i++) {
		for (k = 0; k < PTN_OUTBOX_TOLD; k++) {
			if (strcmp(out[k].kind, row[i].kind) != 0)
				continue;
			out[k].n = row[i].n;
			out[k].age_s = row[i].age_s;
		}
	}
	return r;
}
