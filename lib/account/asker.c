#include "lib/account/asker.h"

#include <stdio.h>
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

/* The browser of a user, or with NULL of whoever used it last. */
static bool
by_device(const struct ptn_device *d, const struct ptn_uuid *user,
    struct ptn_asker *out)
{
	char key[PTN_UUID_STR];

	if (d == NULL || d->n == 0 ||
	    (user != NULL && !ptn_device_knows(d, user)))
		return false;
	ptn_uuid_format(&d->id, key);
	set(out, PTN_ASKER_BROWSER, key, user != NULL ? user : &d->user[0].id);
	return true;
}

void
ptn_asker_browser(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_asker *out)
{
	const struct ptn_actor *actor = sc->actor;

	memset(out, 0, sizeof(*out));
	if (actor == NULL || by_device(actor->device, user, out))
		return;
	if (actor->session_of != NULL &&
	    (user == NULL || ptn_uuid_equal(actor->session_of, user)))
		set(out, PTN_ASKER_BROWSER, "session", actor->session_of);
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

static enum ptn_err
by_network(const struct ptn_scope *sc, const char *network,
    const struct ptn_uuid *user, struct ptn_asker *out)
{
	uint8_t mac[PTN_SHA256_LEN];
	const struct ptn_known_network_is_in in = { sc->tenant_id, *user,
		PTN_BYTES(mac, sizeof(mac)), PTN_ASKER_NETWORK_S };
	struct ptn_known_network_is_out row;
	enum ptn_err r;

	if (network == NULL || network[0] == '\0')
		return PTN_OK;
	if ((r = digest(sc, network, user, mac)) != PTN_OK ||
	    (r = ptn_sql_known_network_is(sc->db, sc->arena, &in, &row)) !=
		PTN_OK)
		return r;
	if (row.n > 0)
		set(out, PTN_ASKER_NETWORK, network, user);
	return PTN_OK;
}

enum ptn_err
ptn_asker_of(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_asker *out)
{
	ptn_asker_browser(sc, user, out);
	if (out->kind != PTN_ASKER_STRANGER || !sc->cf->rate_enabled ||
	    sc->actor == NULL)
		return PTN_OK;
	return by_network(sc, sc->actor->network, user, out);
}

/* "NETWORK BROWSER USER USER ...", as far as there is something. */
const char *
ptn_asker_note(const struct ptn_scope *sc)
{
	const struct ptn_actor *actor = sc->actor;
	const struct ptn_device *d = actor != NULL ? actor->device : NULL;
	char id[PTN_UUID_STR];
	struct ptn_buf b;
	size_t i;

	if (actor == NULL || actor->operator_name != NULL)
		return actor == NULL ? "" : OPERATOR;
	ptn_buf_init(&b, sc->arena);
	ptn_buf_str(&b, actor->network != NULL ? actor->network : "");
	if (d != NULL && d->n > 0) {
		ptn_uuid_format(&d->id, id);
		ptn_buf_printf(&b, " %s", id);
	}
	for (i = 0; d != NULL && i < d->n; i++) {
		ptn_uuid_format(&d->user[i].id, id);
		ptn_buf_printf(&b, " %s", id);
	}
	if (b.bad)
		return NULL;
	return b.p != NULL ? b.p : "";
}

/* The UUIDs behind the network of a note. */
static void
read_device(const char *p, struct ptn_device *d)
{
	struct ptn_uuid id;
	char text[PTN_UUID_STR];
	bool first = true;

	memset(d, 0, sizeof(*d));
	for (; *p == ' ' && d->n < PTN_DEVICE_USERS; p += strlen(text)) {
		(void)snprintf(text, sizeof(text), "%s", ++p);
		if (!ptn_uuid_parse(text, &id))
			return;
		if (first)
			d->id = id;
		else
			d->user[d->n++].id = id;
		first = false;
	}
}

enum ptn_err
ptn_asker_of_note(const struct ptn_scope *sc, const char *note,
    const struct ptn_uuid *user, struct ptn_asker *out)
{
	struct ptn_device device;
	const char *network;

	memset(out, 0, sizeof(*out));
	if (note == NULL || !sc->cf->rate_enabled)
		return PTN_OK;
	if (strcmp(note, OPERATOR) == 0) {
		set(out, PTN_ASKER_OPERATOR, "", user);
		return PTN_OK;
	}
	read_device(note + strcspn(note, " "), &device);
	if (by_device(&device, user, out))
		return PTN_OK;
	network = ptn_arena_strndup(sc->arena, note, strcspn(note, " "));
	return network != NULL ? by_network(sc, network, user, out)
			       : PTN_E_NOMEM;
}

enum ptn_err
ptn_asker_remember(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	const struct ptn_actor *actor = sc->actor;
	uint8_t mac[PTN_SHA256_LEN];
	const struct ptn_known_network_put_in in = { *user,
		PTN_BYTES(mac, sizeof(mac)), sc->tenant_id };
	enum ptn_err r;

	if (!sc->cf->rate_enabled || actor == NULL || actor->network == NULL ||
	    actor->network[0] == '\0' || !ptn_uuid_equal(&actor->user_id, user))
		return PTN_OK;
	if ((r = digest(sc, actor->network, user, mac)) != PTN_OK)
		return r;
	return ptn_sql_known_network_put(sc->db, &in);
}
