#include "lib/event/webhook.h"

#include <string.h>

#include "lib/conf/conf.h"
#include "lib/crypto/crypto.h"
#include "lib/db/sql.h"
#include "lib/event/actor.h"
#include "lib/event/told.h"
#include "lib/format/hook.h"

#define UNREAL_S 60 /* what is never told lies there for so long */

/*
 * Memory for what is told, and again for each row of it: so much is never
 * taken from the change that is told of, however many want to hear it.
 */
#define TOLD_MEMORY ((size_t)2 * 1024 * 1024)

/*
 * What is told, once it is known that anybody wants to hear it: in the memory
 * of the scope.
 */
typedef enum ptn_err (
    *teller)(const struct ptn_scope *sc, const void *of, const char **json);

struct telling {
	const char *event;
	teller tell;
	const void *of;
	bool real;
	struct ptn_arena *words; /* NULL: not asked for yet */
	struct ptn_arena *row;	 /* of one row */
	const char *json;
};

struct ptn_uuid
ptn_webhook_config_id(const char *callback)
{
	uint8_t digest[PTN_SHA256_LEN];
	struct ptn_uuid id;

	ptn_crypto_sha256(ptn_bytes_of(callback), digest);
	memcpy(&id, digest, sizeof(id));
	return id;
}

void
ptn_webhook_source(const struct ptn_uuid *hook,
    uint8_t out[PTN_OUTBOX_SOURCE_LEN])
{
	memcpy(out, hook, PTN_OUTBOX_SOURCE_LEN);
}

static enum ptn_err
put(const struct ptn_scope *sc, const struct ptn_uuid *hook, const char *event,
    const char *json, bool real)
{
	uint8_t source[PTN_OUTBOX_SOURCE_LEN];
	char id[PTN_UUID_STR];
	const char *text;

	ptn_webhook_source(hook, source);
	ptn_uuid_format(hook, id);
	text = ptn_arena_printf(sc->arena, "%s\n%s\n%s", id, event, json);
	return text == NULL
	    ? PTN_E_NOMEM
	    : ptn_outbox_put_told(sc,
		  real ? PTN_OUTBOX_WEBHOOK : PTN_OUTBOX_UNSENT,
		  PTN_BYTES(source, sizeof(source)), text,
		  real ? PTN_WEBHOOK_TRIED_S + PTN_WEBHOOK_KEPT_S : UNREAL_S);
}

/* Up to the end of a line, which becomes the end of a text. */
static char *
take_line(char **p)
{
	char *line = *p, *lf = strchr(line, '\n');

	if (lf == NULL)
		return NULL;
	*lf = '\0';
	*p = lf + 1;
	return line;
}

enum ptn_err
ptn_webhook_read(const struct ptn_scope *sc, struct ptn_bytes text,
    struct ptn_webhook_told *out)
{
	char *p = ptn_arena_strndup(sc->arena, (const char *)text.p, text.len);
	const char *id;

	if (p == NULL)
		return PTN_E_NOMEM;
	if ((id = take_line(&p)) == NULL ||
	    (out->event = take_line(&p)) == NULL ||
	    !ptn_uuid_parse(id, &out->hook))
		return PTN_E_INPUT;
	out->json = p;
	return PTN_OK;
}

static enum ptn_err
find_words(const struct ptn_scope *sc, struct telling *t)
{
	struct ptn_scope at = *sc;

	t->words = ptn_arena_new(TOLD_MEMORY);
	t->row = ptn_arena_new(TOLD_MEMORY);
	if (t->words == NULL || t->row == NULL)
		return PTN_E_NOMEM;
	at.arena = t->words;
	return t->tell(&at, t->of, &t->json);
}

/* Another one is told, in the words that were found for the first. */
static enum ptn_err
tell_one(const struct ptn_scope *sc, struct telling *t,
    const struct ptn_uuid *hook)
{
	struct ptn_scope at = *sc;
	enum ptn_err r = PTN_OK;

	if (t->words == NULL)
		r = find_words(sc, t);
	if (r != PTN_OK)
		return r;
	at.arena = t->row;
	r = put(&at, hook, t->event, t->json, t->real);
	ptn_arena_reset(t->row);
	return r;
}

static enum ptn_err
tell_configured(const struct ptn_scope *sc, struct telling *t)
{
	const struct ptn_conf_hook *h = sc->cf->hooks.v;
	struct ptn_uuid id;
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; r == PTN_OK && i < sc->cf->hooks.n; i++) {
		if (!ptn_hook_wants(h[i].events, t->event))
			continue;
		id = ptn_webhook_config_id(h[i].callback);
		r = tell_one(sc, t, &id);
	}
	return r;
}

static enum ptn_err
tell_stored(const struct ptn_scope *sc, struct telling *t)
{
	const struct ptn_webhooks_of_in in = { sc->tenant_id };
	struct ptn_webhooks_of_out *h;
	enum ptn_err r;
	size_t i, n;

	r = ptn_sql_webhooks_of(sc->db, sc->arena, &in, &h, &n);
	for (i = 0; r == PTN_OK && i < n; i++)
		if (h[i].enabled != 0 &&
		    ptn_hook_wants(h[i].events, t->event) &&
		    (h[i].expired == 0 || !sc->cf->hooks_expire))
			r = tell_one(sc, t, &h[i].id);
	return r;
}

/* Whoever is gone by now is nobody to tell of. */
static enum ptn_err
tell_all(const struct ptn_scope *sc, struct telling *t)
{
	enum ptn_err r;

	if (!sc->cf->hooks_on)
		return PTN_OK;
	if ((r = tell_configured(sc, t)) == PTN_OK)
		r = tell_stored(sc, t);
	ptn_arena_free(&t->words);
	ptn_arena_free(&t->row);
	return r == PTN_E_NOT_FOUND ? PTN_OK : r;
}

static enum ptn_err
of_user(const struct ptn_scope *sc, const void *user, const char **json)
{
	return ptn_told_user(sc, user, json);
}

enum ptn_err
ptn_webhook_user(const struct ptn_scope *sc, const char *event,
    const struct ptn_uuid *user)
{
	struct telling t = { event, of_user, user, true, NULL, NULL, NULL };

	return tell_all(sc, &t);
}

static enum ptn_err
of_session(const struct ptn_scope *sc, const void *in, const char **json)
{
	struct ptn_session_told_out row;
	enum ptn_err r;

	r = ptn_sql_session_told(sc->db, sc->arena, in, &row);
	return r == PTN_OK ? ptn_told_session(sc, &row, json) : r;
}

enum ptn_err
ptn_webhook_session(const struct ptn_scope *sc, const char *event,
    const struct ptn_uuid *user, const struct ptn_uuid *session)
{
	const struct ptn_session_told_in in = { sc->tenant_id, *user,
		*session };
	struct telling t = { event, of_session, &in, true, NULL, NULL, NULL };

	return tell_all(sc, &t);
}

enum ptn_err
ptn_webhook_sessions(const struct ptn_scope *sc, const char *event,
    const struct ptn_uuid *user, const struct ptn_uuid *but)
{
	struct ptn_sessions_told_in in = { .tenant_id = sc->tenant_id,
		.user_id = *user };
	struct ptn_sessions_told_out *row;
	enum ptn_err r;
	size_t i, n;

	if (!sc->cf->hooks_on)
		return PTN_OK;
	if (but != NULL)
		in.but = *but;
	r = ptn_sql_sessions_told(sc->db, sc->arena, &in, &row, &n);
	for (i = 0; r == PTN_OK && i < n; i++)
		r = ptn_webhook_session(sc, event, user, &row[i].id);
	return r;
}

static enum ptn_err
of_mail(const struct ptn_scope *sc, const void *mail, const char **json)
{
	return ptn_told_mail(sc, mail, json);
}

enum ptn_err
ptn_webhook_mail(const struct ptn_scope *sc, enum ptn_outbox_kind kind,
    const struct ptn_outbox_mail *mail)
{
	struct telling t = { "email.send", of_mail, mail,
		kind != PTN_OUTBOX_UNSENT, NULL, NULL, NULL };
	enum ptn_err r = ptn_outbox_put(sc, kind, mail);

	return r == PTN_OK ? tell_all(sc, &t) : r;
}
