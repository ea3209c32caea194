#include "lib/account/asker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/account/device.h"
#include "lib/base/arena.h"
#include "lib/conf/conf.h"
#include "lib/crypto/secrets.h"
#include "lib/db/sql.h"
#include "lib/event/actor.h"

/* What stands in a note for somebody who gave a command. */
#define OPERATOR "operator"

static const char *const words[PTN_ASKER__MAX] = {
	[PTN_ASKER_STRANGER] = "",
	[PTN_ASKER_NETWORK] = "network",
	[PTN_ASKER_BROWSER] = "browser",
	[PTN_ASKER_OPERATOR] = OPERATOR,
};

const char *
ptn_asker_word(enum ptn_asker_kind kind)
{
	return words[kind];
}

static void
set(struct ptn_asker *out, enum ptn_asker_kind kind, const char *key,
    const struct ptn_uuid *user)
{
	out->kind = kind;
	(void)snprintf(out->key, sizeof(out->key), "%s", key);
	ptn_uuid_format(user, out->user);
}

/*
 * The browser of a user, or with NULL of whoever used it last, by one of the
 * cookies that it brings.
 *
 * epoch	NULL: it has not been read
 */
static bool
by_device(const struct ptn_device *d, const struct ptn_uuid *user,
    const int64_t *epoch, struct ptn_asker *out)
{
	char key[PTN_UUID_STR];

	if ((d = ptn_device_of(d, user, epoch)) == NULL)
		return false;
	ptn_uuid_format(&d->id, key);
	set(out, PTN_ASKER_BROWSER, key, user != NULL ? user : &d->user[0].id);
	out->believed = epoch == NULL;
	return true;
}

static bool
by_session(const struct ptn_actor *actor, const struct ptn_uuid *user,
    struct ptn_asker *out)
{
	if (actor->session_of == NULL ||
	    (user != NULL && !ptn_uuid_equal(actor->session_of, user)))
		return false;
	set(out, PTN_ASKER_BROWSER, PTN_ASKER_SESSION, actor->session_of);
	return true;
}

/* A session comes first: a new password, say, gives its browser a new id. */
void
ptn_asker_browser(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_asker *out)
{
	const struct ptn_actor *actor = sc->actor;

	memset(out, 0, sizeof(*out));
	if (actor != NULL && !by_session(actor, user, out))
		(void)by_device(actor->device, user, NULL, out);
}

/* Bound to the user: one network of two users has two digests. */
static enum ptn_err
digest(const struct ptn_scope *sc, const char *network,
    const struct ptn_uuid *user, uint8_t mac[PTN_SHA256_LEN])
{
	char id[PTN_UUID_STR];
	const char *text;

	ptn_uuid_format(user, id);
	text = ptn_arena_printf(sc->arena, "network/%s/%s", id, network);
	if (text == NULL)
		return PTN_E_NOMEM;
	return ptn_secrets_mac(sc->secrets, 0, PTN_KEY_USE_DEVICE,
	    ptn_bytes_of(text), mac);
}

static const char *
network_of(const struct ptn_scope *sc)
{
	return sc->actor != NULL && sc->actor->network != NULL
	    ? sc->actor->network
	    : "";
}

/* Where somebody asks from. */
struct place {
	const struct ptn_device *device;
	const char *network; /* "": it is not known */
};

/* As the database says; a user who does not exist knows nobody. */
static enum ptn_err
look_up(const struct ptn_scope *sc, const struct place *p,
    const struct ptn_uuid *user, struct ptn_asker *out)
{
	uint8_t mac[PTN_SHA256_LEN];
	const struct ptn_known_in in = { sc->tenant_id, *user,
		PTN_BYTES(mac, sizeof(mac)), PTN_ASKER_NETWORK_S };
	struct ptn_known_out row;
	enum ptn_err r;

	if (p->network[0] == '\0' && p->device == NULL)
		return PTN_OK;
	if ((r = digest(sc, p->network, user, mac)) != PTN_OK)
		return r;
	if ((r = ptn_sql_known(sc->db, sc->arena, &in, &row)) != PTN_OK)
		return r;
	if (!by_device(p->device, user, &row.epoch, out) && row.networks > 0 &&
	    p->network[0] != '\0')
		set(out, PTN_ASKER_NETWORK, p->network, user);
	return PTN_OK;
}

/* A session vouches for the browser, which counts as it does without one. */
static bool
by_both(const struct ptn_actor *actor, const struct ptn_uuid *user,
    struct ptn_asker *out)
{
	if (!by_session(actor, user, out))
		return false;
	(void)by_device(actor->device, user, NULL, out);
	out->believed = false;
	return true;
}

enum ptn_err
ptn_asker_of(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const int64_t *epoch, struct ptn_asker *out)
{
	const struct ptn_actor *actor = sc->actor;
	struct place p;

	memset(out, 0, sizeof(*out));
	if (actor == NULL || by_both(actor, user, out) ||
	    (epoch != NULL && by_device(actor->device, user, epoch, out)) ||
	    !sc->cf->rate_enabled)
		return PTN_OK;
	p = (struct place){ actor->device, network_of(sc) };
	return look_up(sc, &p, user, out);
}

static void
note_device(struct ptn_buf *b, const struct ptn_device *d)
{
	char id[PTN_UUID_STR];
	size_t i;

	if (d->n == 0)
		return;
	ptn_uuid_format(&d->id, id);
	ptn_buf_printf(b, " %s", id);
	for (i = 0; i < d->n; i++) {
		ptn_uuid_format(&d->user[i].id, id);
		ptn_buf_printf(b, " %s/%lld", id, (long long)d->user[i].epoch);
	}
}

/* "NETWORK BROWSER USER/EPOCH ... BROWSER ...", as far as there is something */
const char *
ptn_asker_note(const struct ptn_scope *sc)
{
	const struct ptn_actor *actor = sc->actor;
	const struct ptn_device *d;
	struct ptn_buf b;

	if (actor == NULL || actor->operator_name != NULL)
		return actor == NULL ? "" : OPERATOR;
	ptn_buf_init(&b, sc->arena);
	ptn_buf_str(&b, actor->network != NULL ? actor->network : "");
	for (d = actor->device; d != NULL; d = d->next)
		note_device(&b, d);
	if (b.bad)
		return NULL;
	return b.p != NULL ? b.p : "";
}

/* A UUID that stands behind a blank; where it ends, or NULL. */
static const char *
read_id(const char *p, struct ptn_uuid *id)
{
	char text[PTN_UUID_STR];

	if (*p != ' ')
		return NULL;
	(void)snprintf(text, sizeof(text), "%s", p + 1);
	return ptn_uuid_parse(text, id) ? p + 1 + strlen(text) : NULL;
}

/* One browser of a note; where it ends, or NULL where there is none. */
static const char *
read_device(const char *p, struct ptn_device *d)
{
	struct ptn_uuid user;
	const char *end;
	char *last;

	memset(d, 0, sizeof(*d));
	if ((p = read_id(p, &d->id)) == NULL)
		return NULL;
	while (d->n < PTN_DEVICE_USERS && (end = read_id(p, &user)) != NULL &&
	    *end == '/') {
		d->user[d->n].id = user;
		d->user[d->n++].epoch = strtoll(end + 1, &last, 10);
		p = last;
	}
	return p;
}

/* By one of those that stand behind the network of a note. */
static bool
by_noted(const char *note, const struct ptn_uuid *user, int64_t epoch,
    struct ptn_asker *out)
{
	const char *p = note + strcspn(note, " ");
	struct ptn_device d;

	while ((p = read_device(p, &d)) != NULL)
		if (by_device(&d, user, &epoch, out))
			return true;
	return false;
}

enum ptn_err
ptn_asker_of_note(const struct ptn_scope *sc, const char *note,
    const struct ptn_uuid *user, int64_t epoch, struct ptn_asker *out)
{
	struct place p = { .device = NULL };

	memset(out, 0, sizeof(*out));
	if (note == NULL || !sc->cf->rate_enabled)
		return PTN_OK;
	if (strcmp(note, OPERATOR) == 0) {
		set(out, PTN_ASKER_OPERATOR, "", user);
		return PTN_OK;
	}
	if (by_noted(note, user, epoch, out))
		return PTN_OK;
	p.network = ptn_arena_strndup(sc->arena, note, strcspn(note, " "));
	return p.network != NULL ? look_up(sc, &p, user, out) : PTN_E_NOMEM;
}

enum ptn_err
ptn_asker_remember(const struct ptn_scope *sc, const struct ptn_uuid *user,
    int64_t epoch)
{
	struct ptn_actor *actor = sc->actor;
	uint8_t mac[PTN_SHA256_LEN];
	const struct ptn_known_network_put_in in = { *user,
		PTN_BYTES(mac, sizeof(mac)), sc->tenant_id };
	enum ptn_err r;

	if (!sc->cf->rate_enabled || actor == NULL ||
	    !ptn_uuid_equal(&actor->user_id, user))
		return PTN_OK;
	actor->remembered.user_id = *user;
	actor->remembered.epoch = epoch;
	if (network_of(sc)[0] == '\0')
		return PTN_OK;
	if ((r = digest(sc, network_of(sc), user, mac)) != PTN_OK)
		return r;
	return ptn_sql_known_network_put(sc->db, &in);
}

enum ptn_err
ptn_asker_forget(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	const struct ptn_known_move_in in = { sc->tenant_id, *user };
	const struct ptn_known_networks_delete_in all = { sc->tenant_id,
		*user };
	uint64_t epoch, n;
	enum ptn_err r;

	if ((r = ptn_sql_known_move(sc->db, &in, &epoch)) != PTN_OK ||
	    (r = ptn_sql_known_networks_delete(sc->db, &all, &n)) != PTN_OK)
		return r;
	return ptn_asker_remember(sc, user, (int64_t)epoch);
}
