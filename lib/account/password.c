#include "lib/account/password.h"

#include <string.h>

#include "lib/account/asker.h"
#include "lib/account/membership.h"
#include "lib/account/user.h"
#include "lib/base/log.h"
#include "lib/base/unicode.h"
#include "lib/conf/conf.h"
#include "lib/crypto/pwhash.h"
#include "lib/db/sql.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

enum ptn_err
ptn_password_find(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_password_user *out)
{
	const struct ptn_password_of_in in = { sc->tenant_id, *user };
	struct ptn_password_of_out row;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	r = ptn_sql_password_of(sc->db, sc->arena, &in, &row);
	if (r == PTN_E_NOT_FOUND)
		return PTN_OK;
	if (r != PTN_OK)
		return r;
	out->known = true;
	out->hash = row.hash;
	out->norm = row.norm;
	out->set_at_us = row.updated_at;
	out->has = (struct ptn_factors){ .password = row.hash != NULL,
		.passkey = row.passkeys > 0,
		.otp = row.otp > 0,
		.security_keys = (size_t)row.security_keys };
	out->email.address = row.address;
	out->email.is_primary = row.address != NULL;
	out->email.is_verified = row.verified != 0;
	return PTN_OK;
}

/*
 * The bytes that were hashed: normalised for our own hashes, as received for
 * imported ones.  A text without a normal form is compared as it came: it
 * matches nothing, at the same cost.
 */
static enum ptn_err
hashed_form(struct ptn_arena *a, struct ptn_bytes pw, int64_t norm,
    struct ptn_bytes *out)
{
	enum ptn_err r;

	*out = pw;
	if (norm == 0)
		return PTN_OK;
	r = ptn_unicode_opaque(a, pw, out);
	if (r == PTN_E_INPUT) {
		*out = pw;
		return PTN_OK;
	}
	return r;
}

/*
 * What a transaction has locked, others wait for: a hash in one is a mistake of
 * the program, which each build refuses and tells the operator.
 */
static enum ptn_err
check_no_tx(const struct ptn_scope *sc)
{
	if (!ptn_db_in_tx(sc->db))
		return PTN_OK;
	ptn_error("password: a hash inside a transaction");
	return PTN_E_INTERNAL;
}

enum ptn_err
ptn_password_hash(const struct ptn_scope *sc, struct ptn_bytes pw,
    char phc[PTN_PHC_MAX])
{
	struct ptn_bytes form;
	enum ptn_err r;

	phc[0] = '\0';
	if ((r = check_no_tx(sc)) != PTN_OK ||
	    (r = ptn_unicode_opaque(sc->arena, pw, &form)) != PTN_OK)
		return r;
	return ptn_pwhash_make(sc->cf, sc->gate, form, phc);
}

enum ptn_err
ptn_password_verify(const struct ptn_scope *sc, const char *hash, int64_t norm,
    struct ptn_bytes pw, bool *stale, enum ptn_verdict *verdict)
{
	struct ptn_bytes form;
	enum ptn_err r;

	*verdict = PTN_DENY;
	*stale = false;
	if (hash == NULL)
		norm = PTN_PASSWORD_NORM;
	if ((r = check_no_tx(sc)) != PTN_OK ||
	    (r = hashed_form(sc->arena, pw, norm, &form)) != PTN_OK)
		return r;
	if (form.len > PTN_PWHASH_PW_MAX) { /* nobody has such a one */
		form.len = PTN_PWHASH_PW_MAX;
		hash = NULL;
	}
	r = ptn_pwhash_verify(sc->cf, sc->gate, hash, form, verdict, stale);
	if (r == PTN_E_INPUT) {
		ptn_error("password: a stored hash is not usable");
		r = PTN_OK;
		hash = NULL;
	}
	if (hash == NULL) /* never for a decoy */
		*verdict = PTN_DENY;
	*stale = r == PTN_OK && *verdict == PTN_ALLOW &&
	    (*stale || norm != PTN_PASSWORD_NORM);
	return r;
}

/* A convenience: that it could not be made, or stored, is no failure. */
static void
renew(const struct ptn_scope *sc, const struct ptn_uuid *user, const char *old,
    struct ptn_bytes pw)
{
	char fresh[PTN_PHC_MAX];
	const struct ptn_password_rehash_in in = { fresh, PTN_PASSWORD_NORM,
		sc->tenant_id, *user, old };
	uint64_t n;

	if (ptn_password_hash(sc, pw, fresh) == PTN_OK &&
	    ptn_sql_password_rehash(sc->db, &in, &n) != PTN_OK)
		ptn_warn("password: the new hash was not stored");
	ptn_wipe(fresh, sizeof(fresh));
}

enum ptn_err
ptn_password_check(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_password_user *pu, struct ptn_bytes pw,
    enum ptn_verdict *verdict)
{
	bool stale;
	enum ptn_err r;

	r = ptn_password_verify(sc, pu->known ? pu->hash : NULL, pu->norm, pw,
	    &stale, verdict);
	if (stale)
		renew(sc, user, pu->hash, pw);
	return r;
}

enum ptn_err
ptn_password_lock(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_password_user *pu, struct ptn_user_state *out)
{
	const struct ptn_user_lock_password_in in = { sc->tenant_id, *user,
		pu->set_at_us };
	struct ptn_user_lock_password_out row;
	enum ptn_err r;

	r = ptn_sql_user_lock_password(sc->db, sc->arena, &in, &row);
	if (r == PTN_OK)
		*out = (struct ptn_user_state){ row.known_epoch,
			{ .otp = row.otp != 0,
			    .security_keys = (size_t)row.security_keys },
			true, row.sessions };
	return r;
}

/* Whether there must have been one before, or must not. */
enum onto { ONTO_ANY = 0, ONTO_NONE, ONTO_ONE };

struct setting {
	const struct ptn_uuid *user;
	const struct ptn_uuid *by;
	const char *hash;
	bool created;
	enum onto onto;
};

static enum ptn_err
lock(const struct ptn_scope *sc, const struct setting *s)
{
	return s->by == NULL ? ptn_user_lock(sc, s->user)
			     : ptn_session_lock(sc, s->user, s->by);
}

/* Whoever knew the old password shall not be in any more, nor be known. */
static enum ptn_err
shut_out(const struct ptn_scope *sc, const struct setting *s)
{
	enum ptn_err r;

	if (!sc->cf->password_end_sessions)
		return ptn_asker_forget(sc, s->user);
	r = s->by == NULL
	    ? ptn_session_end_all(sc, s->user, PTN_EVENT_SESSION_REVOKED)
	    : ptn_session_end_others(sc, s->user, s->by,
		  PTN_EVENT_SESSION_REVOKED);
	return r == PTN_E_NOT_FOUND ? PTN_OK : r;
}

static enum ptn_err
tell(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	struct ptn_membership m;
	enum ptn_err r;

	if ((r = ptn_membership_get(sc, user, &m)) != PTN_OK)
		return r;
	return ptn_event_tell(sc, PTN_EVENT_PASSWORD_SET_OK, &m.tell);
}

static enum ptn_err
put(const struct ptn_scope *sc, const struct ptn_uuid *user, const char *phc)
{
	const struct ptn_password_put_in in = { *user, sc->tenant_id, phc,
		PTN_PASSWORD_NORM };

	return ptn_sql_password_put(sc->db, &in);
}

enum ptn_err
ptn_password_first(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char *phc, bool tell_them)
{
	static const struct ptn_notice_to nobody;
	enum ptn_err r = put(sc, user, phc);

	if (r != PTN_OK)
		return r;
	return tell_them
	    ? tell(sc, user)
	    : ptn_event_tell(sc, PTN_EVENT_PASSWORD_SET_OK, &nobody);
}

static enum ptn_err
store(const struct ptn_scope *sc, void *arg)
{
	struct setting *s = arg;
	const struct ptn_password_change_in change = { s->hash,
		PTN_PASSWORD_NORM, sc->tenant_id, *s->user };
	struct ptn_membership m;
	uint64_t n;
	enum ptn_err r;

	if ((r = lock(sc, s)) != PTN_OK ||
	    (r = ptn_membership_get(sc, s->user, &m)) != PTN_OK)
		return r;
	if (m.service)
		return PTN_E_FORBIDDEN;
	if ((r = ptn_sql_password_change(sc->db, &change, &n)) != PTN_OK)
		return r;
	s->created = n == 0;
	if (s->onto == ONTO_NONE && !s->created)
		return PTN_E_CONFLICT;
	if (s->onto == ONTO_ONE && s->created)
		return PTN_E_NOT_FOUND;
	r = s->created ? put(sc, s->user, s->hash) : shut_out(sc, s);
	return r == PTN_OK
	    ? ptn_event_tell(sc, PTN_EVENT_PASSWORD_SET_OK, &m.tell)
	    : r;
}

enum ptn_err
ptn_password_store_in(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *by, const char *hash, bool *created)
{
	struct setting s = { user, by, hash, false, ONTO_ANY };
	enum ptn_err r = store(sc, &s);

	*created = s.created;
	return r;
}

enum ptn_err
ptn_password_drop_in(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *by)
{
	const struct ptn_password_delete_in in = { sc->tenant_id, *user };
	const struct setting s = { user, by, NULL, false, ONTO_ANY };
	struct ptn_membership m;
	uint64_t n;
	enum ptn_err r;

	if ((r = lock(sc, &s)) != PTN_OK ||
	    (r = ptn_sql_password_delete(sc->db, &in, &n)) != PTN_OK)
		return r;
	if (n == 0)
		return PTN_E_NOT_FOUND;
	if ((r = shut_out(sc, &s)) != PTN_OK ||
	    (r = ptn_membership_get(sc, user, &m)) != PTN_OK)
		return r;
	return ptn_event_tell(sc, PTN_EVENT_PASSWORD_DELETED, &m.tell);
}

static enum ptn_err
drop(const struct ptn_scope *sc, void *arg)
{
	return ptn_password_drop_in(sc, arg, NULL);
}

enum ptn_err
ptn_password_drop(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	struct ptn_uuid theirs = *user;

	return ptn_tx(sc, drop, &theirs);
}

/* Hashed first, so that nobody waits for what a transaction has locked. */
static enum ptn_err
hash_and_store(const struct ptn_scope *sc, struct setting *s,
    struct ptn_bytes pw)
{
	char hash[PTN_PHC_MAX];
	enum ptn_err r;

	if ((r = ptn_password_hash(sc, pw, hash)) != PTN_OK)
		return r;
	s->hash = hash;
	r = ptn_tx(sc, store, s);
	ptn_wipe(hash, sizeof(hash));
	return r;
}

enum ptn_err
ptn_password_give(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes pw, bool first)
{
	struct setting s = { user, NULL, NULL, false,
		first ? ONTO_NONE : ONTO_ONE };

	return hash_and_store(sc, &s, pw);
}

enum ptn_err
ptn_password_set(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *by, struct ptn_bytes pw, bool *created)
{
	struct setting s = { user, by, NULL, false, ONTO_ANY };
	enum ptn_err r = hash_and_store(sc, &s, pw);

	*created = s.created;
	return r;
}
