#include "lib/account/username.h"

#include <string.h>

#include "lib/account/policy.h"
#include "lib/base/arena.h"
#include "lib/db/sql.h"
#include "lib/event/event.h"

enum ptn_err
ptn_username_canonical(struct ptn_arena *a, const char *text, const char **out)
{
	char *lower = text != NULL ? ptn_arena_strdup(a, text) : NULL, *p;

	*out = lower;
	for (p = lower; p != NULL && *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return text == NULL || lower != NULL ? PTN_OK : PTN_E_NOMEM;
}

bool
ptn_username_is_well(const char *name)
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz_";

	return *name != '\0' && name[strspn(name, letters)] == '\0';
}

enum ptn_err
ptn_username_of(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_username *out)
{
	const struct ptn_username_of_in in = { sc->tenant_id, *user };
	struct ptn_username_of_out row;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	if (!ptn_policy_usernames(sc->cf))
		return PTN_OK;
	r = ptn_sql_username_of(sc->db, sc->arena, &in, &row);
	if (r == PTN_OK)
		*out = (struct ptn_username){ row.id, row.username,
			row.created_at, row.updated_at };
	return r == PTN_E_NOT_FOUND ? PTN_OK : r;
}

enum ptn_err
ptn_username_owner(const struct ptn_scope *sc, const char *name,
    struct ptn_username_owner *out)
{
	const struct ptn_username_owner_in in = { sc->tenant_id, name };
	struct ptn_username_owner_out row;
	enum ptn_err r;

	r = ptn_sql_username_owner(sc->db, sc->arena, &in, &row);
	if (r == PTN_OK)
		*out = (struct ptn_username_owner){ row.user_id, row.email_id,
			row.address, row.known_epoch, row.locked != 0 };
	return r;
}

/* It is a part of the user, whose own time tells of it. */
static enum ptn_err
touch(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	const struct ptn_user_touch_in in = { sc->tenant_id, *user };
	uint64_t n;

	return ptn_sql_user_touch(sc->db, &in, &n);
}

/*
 * Of two who choose one at the same time the key of the table knows better.
 * first NULL: the user is being made.
 */
static enum ptn_err
set(const struct ptn_scope *sc, const struct ptn_uuid *user, const char *name,
    bool *first)
{
	const struct ptn_username_change_in change = { name, sc->tenant_id,
		*user };
	const struct ptn_username_put_in put = { ptn_uuid_new(), sc->tenant_id,
		*user, name };
	uint64_t n;
	enum ptn_err r;

	r = ptn_sql_username_change(sc->db, &change, &n);
	if (r == PTN_OK && n == 0)
		r = ptn_sql_username_put(sc->db, &put);
	if (r == PTN_OK && first != NULL) {
		*first = n == 0;
		r = touch(sc, user);
	}
	if (r != PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_USERNAME_CHANGED, NULL);
}

enum ptn_err
ptn_username_set_in(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char *name)
{
	bool first;
	enum ptn_err r;

	if ((r = set(sc, user, name, &first)) != PTN_OK)
		return r;
	return ptn_event_signal(sc,
	    first ? PTN_EVENT_USERNAME_CHOSEN : PTN_EVENT_USERNAME_REPLACED,
	    user);
}

enum ptn_err
ptn_username_sign_up_in(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char *name)
{
	return set(sc, user, name, NULL);
}

enum ptn_err
ptn_username_drop_in(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	const struct ptn_username_delete_in in = { sc->tenant_id, *user };
	uint64_t n;
	enum ptn_err r;

	if ((r = ptn_sql_username_delete(sc->db, &in, &n)) != PTN_OK)
		return r;
	if (n == 0)
		return PTN_E_NOT_FOUND;
	if ((r = touch(sc, user)) != PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_USERNAME_DELETED, NULL);
}
