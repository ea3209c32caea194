#include "lib/account/operator_session.h"

#include <string.h>

#include "lib/account/membership.h"
#include "lib/account/opaque.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/conf/conf.h"
#include "lib/db/sql.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

#define TOUCH_MAX_S 60

enum ptn_err
ptn_operator_session_login_begin(const struct ptn_scope *sc,
    struct ptn_signin_passkey_options *out)
{
	memset(out, 0, sizeof(*out));
	out->uv = PTN_UV_REQUIRED;
	out->timeout_ms = sc->cf->webauthn_login_ms;
	out->challenge.ceremony = PTN_WEBAUTHN_OPERATOR;
	out->challenge.require_uv = true;
	return ptn_passkey_ceremony_begin(sc, &out->challenge,
	    PTN_EVENT_OPERATOR_LOGIN_INIT);
}

struct logging_in {
	struct ptn_signin_passkey *p;
	char **text;
	struct ptn_webauthn_challenge ch;
	struct ptn_passkey_ceremony_outcome judged;
};

/* What they may, if they are an operator and this passkey opens the way. */
static enum ptn_err
find_mark(const struct ptn_scope *sc, struct logging_in *l,
    struct ptn_bytes id_hash)
{
	const struct ptn_operator_entry_in in = { sc->tenant_id, l->p->user_id,
		id_hash };
	struct ptn_operator_entry_out row;
	enum ptn_err r = ptn_sql_operator_entry(sc->db, sc->arena, &in, &row);

	if (r == PTN_E_NOT_FOUND) {
		l->judged.what = PTN_PASSKEY_DENIED;
		l->judged.why = "no passkey of an operator";
		return PTN_E_DENIED;
	}
	return r;
}

static enum ptn_err
put(const struct ptn_scope *sc, struct logging_in *l, struct ptn_bytes id_hash)
{
	struct ptn_operator_session_put_in in = { .tenant_id = sc->tenant_id,
		.user_id = l->p->user_id,
		.id_hash = id_hash,
		.lifespan_s = sc->cf->admin_session_s };
	struct ptn_membership theirs;
	struct ptn_opaque made;
	enum ptn_err r;

	r = ptn_opaque_make(sc->arena, PTN_OPERATOR_PREFIX, &made, l->text);
	if (r != PTN_OK)
		return r;
	in.id = made.id;
	in.digest = PTN_BYTES(made.digest, sizeof(made.digest));
	if ((r = ptn_sql_operator_session_put(sc->db, &in)) != PTN_OK ||
	    (r = ptn_membership_get(sc, &in.user_id, &theirs)) != PTN_OK)
		return r;
	return ptn_event_tell(sc, PTN_EVENT_OPERATOR_LOGIN_OK, &theirs.tell);
}

/* Who is no operator has not used the passkey: it is all undone. */
static enum ptn_err
log_in(const struct ptn_scope *sc, void *arg)
{
	struct logging_in *l = arg;
	uint8_t digest[PTN_SHA256_LEN];
	const struct ptn_bytes id_hash = PTN_BYTES(digest, sizeof(digest));
	enum ptn_err r;

	r = ptn_signin_passkey_judge_in(sc, l->p, &l->ch, &l->judged);
	if (r != PTN_OK || l->judged.what != PTN_PASSKEY_DONE)
		return r;
	ptn_credential_digest(l->p->id, digest);
	r = find_mark(sc, l, id_hash);
	return r == PTN_OK ? put(sc, l, id_hash) : r;
}

static enum ptn_err
touch(const struct ptn_scope *sc, const struct ptn_uuid *id,
    const struct ptn_operator_session_get_out *row)
{
	const struct ptn_operator_session_touch_in in = { row->tenant_id, *id };
	const int64_t quarter_s = sc->cf->admin_idle_s / 4;
	const int64_t every_s =
	    quarter_s < TOUCH_MAX_S ? quarter_s : TOUCH_MAX_S;
	uint64_t n;

	return row->now - row->last_used < every_s * PTN_US_PER_S
	    ? PTN_OK
	    : ptn_sql_operator_session_touch(sc->db, &in, &n);
}

enum ptn_err
ptn_operator_session_find(const struct ptn_scope *sc, const char *text,
    struct ptn_operator_session *out)
{
	struct ptn_operator_session_get_in in = { .idle_s =
						      sc->cf->admin_idle_s };
	struct ptn_operator_session_get_out row;
	struct ptn_opaque shown;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	r = ptn_opaque_read(sc->arena, PTN_OPERATOR_PREFIX, text, &shown);
	if (r != PTN_OK)
		return r;
	in.id = shown.id;
	r = ptn_sql_operator_session_get(sc->db, sc->arena, &in, &row);
	if (r != PTN_OK)
		return r;
	if (!ptn_bytes_equal(PTN_BYTES(shown.digest, sizeof(shown.digest)),
		row.digest))
		return PTN_E_NOT_FOUND;
	*out = (struct ptn_operator_session){ .id = in.id,
		.user_id = row.user_id,
		.tenant_id = row.tenant_id,
		.everywhere = row.everywhere != 0,
		.read_only = row.read_only != 0,
		.name = row.username != NULL ? row.username : row.address,
		.expires_at_us = row.expires_at };
	return touch(sc, &in.id, &row);
}

/* What a session says that has just begun; or that it has ended again. */
static enum ptn_err
entered(const struct ptn_scope *sc, const char *text,
    struct ptn_operator_session *out, enum ptn_passkey_ceremony_result *what)
{
	enum ptn_err r = ptn_operator_session_find(sc, text, out);

	if (r != PTN_E_NOT_FOUND)
		return r;
	*what = PTN_PASSKEY_DENIED;
	return PTN_OK;
}

enum ptn_err
ptn_operator_session_login(const struct ptn_scope *sc,
    struct ptn_signin_passkey *p, struct ptn_operator_session *out, char **text,
    enum ptn_passkey_ceremony_result *what)
{
	struct logging_in l = { .p = p, .text = text };
	enum ptn_err r;

	*what = PTN_PASSKEY_DENIED;
	r = ptn_passkey_ceremony_take(sc, PTN_WEBAUTHN_OPERATOR,
	    p->response.client_data_json, &l.ch, &l.judged);
	if (r == PTN_OK && l.judged.what == PTN_PASSKEY_DONE)
		r = ptn_tx(sc, log_in, &l);
	if (r != PTN_OK && r != PTN_E_DENIED)
		return r;
	if (l.judged.what != PTN_PASSKEY_DONE)
		ptn_event_note(sc, PTN_EVENT_OPERATOR_LOGIN_FAILED,
		    l.judged.why);
	*what = l.judged.what;
	return *what == PTN_PASSKEY_DONE ? entered(sc, *text, out, what)
					 : PTN_OK;
}

static enum ptn_err
leave(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_operator_session *s = arg;
	const struct ptn_operator_session_delete_in in = { s->tenant_id,
		s->id };
	uint64_t n;
	enum ptn_err r = ptn_sql_operator_session_delete(sc->db, &in, &n);

	if (r != PTN_OK || n == 0)
		return r;
	return ptn_event(sc, PTN_EVENT_OPERATOR_LOGGED_OUT, NULL);
}

enum ptn_err
ptn_operator_session_end(const struct ptn_scope *sc,
    const struct ptn_operator_session *s)
{
	struct ptn_operator_session mine = *s;

	return ptn_tx(sc, leave, &mine);
}
