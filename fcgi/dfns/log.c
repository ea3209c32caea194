#include "fcgi/dfns/dfns.h"

#include <string.h>

#include "fcgi/query.h"
#include "lib/base/base64.h"
#include "lib/base/clock.h"
#include "lib/dfns/evidence.h"
#include "lib/format/dfnsid.h"

#define PAGE 50
#define PEM_COLUMNS 64 /* RFC 7468 section 2 */

/* A SubjectPublicKeyInfo as text; NULL: the arena is full. */
static const char *
pem_of(struct ptn_arena *a, struct ptn_bytes spki)
{
	const char *b64 = ptn_b64std_encode(a, spki); /* without "=" */
	struct ptn_buf b;

	if (b64 != NULL)
		b64 = ptn_arena_printf(a, "%s%.*s", b64,
		    (int)((3 - spki.len % 3) % 3), "==");
	if (b64 == NULL)
		return NULL;
	ptn_buf_init(&b, a);
	ptn_buf_printf(&b, "-----BEGIN PUBLIC KEY-----\n");
	for (; *b64 != '\0'; b64 += strnlen(b64, PEM_COLUMNS))
		ptn_buf_printf(&b, "%.*s\n", PEM_COLUMNS, b64);
	ptn_buf_printf(&b, "-----END PUBLIC KEY-----\n");
	return b.bad ? NULL : b.p;
}

static void
write_bytes(struct ptn_jsonw *w, struct ptn_arena *a, const char *name,
    struct ptn_bytes value)
{
	ptn_jsonw_str(w, name,
	    value.p != NULL ? ptn_b64url_encode(a, value) : NULL);
}

/* whole: with the signature, and all that it is checked by. */
static void
write_credential(struct ptn_jsonw *w, struct ptn_arena *a,
    const struct ptn_evidence_row *e, bool whole)
{
	char id[PTN_DFNSID_STR];

	ptn_jsonw_object(w, "firstFactorCredential");
	ptn_dfnsid_format(PTN_DFNSID_CREDENTIAL, &e->credential_id, id);
	ptn_jsonw_str(w, "id", id);
	ptn_jsonw_str(w, "kind", e->kind);
	ptn_jsonw_str(w, "publicKey", pem_of(a, e->public_key));
	if (whole) {
		ptn_jsonw_object(w, "assertion");
		write_bytes(w, a, "authenticatorData", e->authenticator_data);
		write_bytes(w, a, "clientData", e->client_data);
		write_bytes(w, a, "signature", e->signature);
		ptn_jsonw_end_object(w);
	} else
		ptn_jsonw_null(w, "assertion");
	ptn_jsonw_end_object(w);
}

static void
write_entry(struct ptn_jsonw *w, struct ptn_arena *a,
    const struct ptn_evidence_row *e, bool whole)
{
	char id[PTN_DFNSID_STR], uuid[PTN_UUID_STR];

	ptn_jsonw_object(w, NULL);
	ptn_uuid_format(&e->id, uuid);
	ptn_jsonw_str(w, "id", uuid);
	ptn_jsonw_str(w, "action",
	    ptn_arena_printf(a, "%s %s", e->method, e->path));
	ptn_dfnsid_format(PTN_DFNSID_CHALLENGE, &e->action_id, id);
	ptn_jsonw_str(w, "actionToken", id);
	ptn_dfnsid_format(PTN_DFNSID_USER, &e->user_id, id);
	ptn_jsonw_str(w, "userId", id);
	ptn_jsonw_str(w, "username", e->username);
	if (e->used_at_us != 0)
		ptn_dfns_write_time(w, "datePerformed", e->used_at_us);
	else
		ptn_jsonw_null(w, "datePerformed");
	ptn_dfns_write_time(w, "dateSigned", e->signed_at_us);
	ptn_jsonw_str(w, "payloadHash", e->payload_hash);
	ptn_jsonw_str(w, "nonce", e->nonce);
	write_credential(w, a, e, whole);
	ptn_jsonw_end_object(w);
}

/* A parameter that is a time; PTN_E_INPUT is answered already. */
static enum ptn_err
read_time(struct ptn_request *req, struct ptn_reply *rep, const char *name,
    int64_t *us)
{
	const char *text;
	enum ptn_err r;

	if ((r = ptn_query_get(req, name, &text)) != PTN_OK || text == NULL)
		return r;
	return ptn_clock_parse(ptn_bytes_of(text), us)
	    ? PTN_OK
	    : ptn_dfns_malformed(req, rep, "", name);
}

/* Of whom; what is no id is that of nobody. */
static enum ptn_err
read_user(struct ptn_request *req, struct ptn_uuid *user)
{
	const char *text;
	enum ptn_err r;

	if ((r = ptn_query_get(req, "userId", &text)) != PTN_OK || text == NULL)
		return r;
	if (ptn_dfnsid_parse(PTN_DFNSID_USER, ptn_bytes_of(text), user) !=
		PTN_OK ||
	    ptn_uuid_is_nil(user))
		*user = ptn_uuid_new();
	return PTN_OK;
}

/* GET /auth/action/logs: what members have signed, newest first. */
enum ptn_err
ptn_dfns_logs(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_evidence_query q = { .since_us = 0 };
	struct ptn_evidence_row *e;
	struct ptn_member_place place = { 0 };
	enum ptn_err r;
	size_t i, n;
	bool more;

	if ((r = ptn_dfns_page_read(req, rep, PAGE, &q.max, &place)) !=
		PTN_OK ||
	    (r = read_time(req, rep, "startTime", &q.since_us)) != PTN_OK ||
	    (r = read_time(req, rep, "endTime", &q.until_us)) != PTN_OK ||
	    (r = read_user(req, &q.user_id)) != PTN_OK)
		return r;
	q.before_us = place.at_us;
	q.before_id = place.id;
	if ((r = ptn_evidence_page(&req->sc, &q, &e, &n, &more)) != PTN_OK)
		return r;
	rep->no_store = true;
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonw_array(&rep->json, "items");
	for (i = 0; i < n; i++)
		write_entry(&rep->json, req->sc.arena, &e[i], false);
	if (n > 0)
		place = (struct ptn_member_place){ e[n - 1].signed_at_us,
			e[n - 1].id };
	return ptn_dfns_page_write(req, rep, more, &place);
}

/* GET /auth/action/logs/{id}: one of them, with its signature. */
enum ptn_err
ptn_dfns_log(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_evidence_row e;
	struct ptn_uuid id;
	enum ptn_err r = PTN_E_NOT_FOUND;

	if (ptn_uuid_parse(req->arg, &id))
		r = ptn_evidence_get(&req->sc, &id, &e);
	if (r == PTN_E_NOT_FOUND)
		return ptn_dfns_refuse(rep, PTN_DFNS_NO_SUCH_LOG);
	if (r != PTN_OK)
		return r;
	rep->no_store = true;
	write_entry(&rep->json, req->sc.arena, &e, true);
	return PTN_OK;
}
