#include "lib/account/person.h"

#include <string.h>

#include "lib/account/pats.h"
#include "lib/account/session.h"
#include "lib/base/arena.h"
#include "lib/db/sql.h"
#include "lib/event/actor.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"
#include "lib/format/like.h"

#define HEX_LEN (2 * sizeof(struct ptn_uuid))

/* Ids as statements take them: joined by sep, or by nothing. */
static const char *
join(struct ptn_arena *a, const struct ptn_uuid *id, size_t n, char sep)
{
	static const char digits[] = "0123456789ABCDEF";
	const size_t each = HEX_LEN + (sep != '\0');
	char *out = ptn_arena_calloc(a, n + 1, each), *p = out;
	size_t i, j;

	for (i = 0; out != NULL && i < n; i++) {
		if (sep != '\0' && i > 0)
			*p++ = sep;
		for (j = 0; j < sizeof(id[i].b); j++) {
			*p++ = digits[id[i].b[j] >> 4];
			*p++ = digits[id[i].b[j] & 15];
		}
	}
	return out;
}

/* A list of people that is being filled in, in the order of their ids. */
struct page {
	const char *ids;
	int64_t n;
	struct ptn_person *person;
	size_t persons; /* found */
};

static struct ptn_person *
person_of(const struct page *p, const struct ptn_uuid *id, size_t *at)
{
	while (*at < p->persons && !ptn_uuid_equal(&p->person[*at].user.id, id))
		(*at)++;
	return *at < p->persons ? &p->person[*at] : NULL;
}

static struct ptn_person
person_from(const struct ptn_persons_of_out *r)
{
	return (struct ptn_person){
		.user = { r->id, r->created_at, r->updated_at },
		.text = { [PTN_PERSON_NAME] = r->name,
		    [PTN_PERSON_GIVEN_NAME] = r->given_name,
		    [PTN_PERSON_FAMILY_NAME] = r->family_name,
		    [PTN_PERSON_PICTURE] = r->picture },
		.username = { r->username_id, r->username, r->named_at,
		    r->renamed_at },
		.password_at_us = r->password_at,
		.password_set_at_us = r->password_set_at,
		.otp_at_us = r->otp_at,
		.metadata = { { r->public_metadata, r->private_metadata,
		    r->unsafe_metadata } },
		.locked_at_us = r->locked_at,
	};
}

static enum ptn_err
load_persons(const struct ptn_scope *sc, struct page *p)
{
	const struct ptn_persons_of_in in = { p->ids, p->n, sc->tenant_id };
	struct ptn_persons_of_out *row;
	enum ptn_err r;
	size_t i;

	r = ptn_sql_persons_of(sc->db, sc->arena, &in, &row, &p->persons);
	if (r != PTN_OK || p->persons == 0)
		return r;
	p->person = ptn_arena_calloc(sc->arena, p->persons, sizeof(*p->person));
	for (i = 0; p->person != NULL && i < p->persons; i++)
		p->person[i] = person_from(&row[i]);
	return p->person != NULL ? PTN_OK : PTN_E_NOMEM;
}

/* Rows come in the order of the people, each one's behind the other. */
static enum ptn_err
load_emails(const struct ptn_scope *sc, struct page *p)
{
	const struct ptn_person_emails_of_in in = { p->ids, p->n,
		sc->tenant_id };
	struct ptn_person_emails_of_out *row;
	struct ptn_person *who;
	struct ptn_email *e;
	enum ptn_err r;
	size_t i, n, at = 0;

	r = ptn_sql_person_emails_of(sc->db, sc->arena, &in, &row, &n);
	if (r != PTN_OK || n == 0)
		return r;
	if ((e = ptn_arena_calloc(sc->arena, n, sizeof(*e))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < n; i++) {
		e[i] = (struct ptn_email){ .id = row[i].id,
			.user_id = row[i].user_id,
			.address = row[i].address,
			.verified = row[i].verified != 0,
			.is_primary = row[i].is_primary != 0,
			.created_at_us = row[i].created_at,
			.updated_at_us = row[i].updated_at };
		if ((who = person_of(p, &row[i].user_id, &at)) == NULL)
			break;
		if (who->emails++ == 0)
			who->email = &e[i];
	}
	return PTN_OK;
}

static struct ptn_credential
credential_from(const struct ptn_person_credentials_of_out *r)
{
	return (struct ptn_credential){ .id = r->credential_id,
		.user_id = r->user_id,
		.name = r->name,
		.public_key = r->public_key,
		.attestation = r->attestation,
		.aaguid = r->aaguid,
		.backup_eligible = r->backup_eligible != 0,
		.backup_state = r->backup_state != 0,
		.transports = r->transports,
		.mfa_only = r->mfa_only != 0,
		.last_used_at_us = r->last_used_at,
		.created_at_us = r->created_at };
}

static enum ptn_err
load_credentials(const struct ptn_scope *sc, struct page *p)
{
	const struct ptn_person_credentials_of_in in = { p->ids, p->n,
		sc->tenant_id };
	struct ptn_person_credentials_of_out *row;
	struct ptn_person *who;
	struct ptn_credential *c;
	enum ptn_err r;
	size_t i, n, at = 0;

	r = ptn_sql_person_credentials_of(sc->db, sc->arena, &in, &row, &n);
	if (r != PTN_OK || n == 0)
		return r;
	if ((c = ptn_arena_calloc(sc->arena, n, sizeof(*c))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < n; i++) {
		c[i] = credential_from(&row[i]);
		if ((who = person_of(p, &row[i].user_id, &at)) == NULL)
			break;
		if (who->credentials++ == 0)
			who->credential = &c[i];
	}
	return PTN_OK;
}

static enum ptn_err
load(const struct ptn_scope *sc, const struct ptn_uuid *id, size_t n,
    struct page *p)
{
	enum ptn_err r;

	memset(p, 0, sizeof(*p));
	if (n == 0)
		return PTN_OK;
	p->n = (int64_t)n;
	if ((p->ids = join(sc->arena, id, n, '\0')) == NULL)
		return PTN_E_NOMEM;
	if ((r = load_persons(sc, p)) != PTN_OK || p->persons == 0 ||
	    (r = load_emails(sc, p)) != PTN_OK)
		return r;
	return load_credentials(sc, p);
}

enum ptn_err
ptn_person_load(const struct ptn_scope *sc, const struct ptn_uuid *id,
    struct ptn_person *out)
{
	struct page p;
	enum ptn_err r;

	if ((r = load(sc, id, 1, &p)) != PTN_OK)
		return r;
	if (p.persons == 0)
		return PTN_E_NOT_FOUND;
	*out = p.person[0];
	return PTN_OK;
}

/* What a filter asks of one of the objects: "{}" is in each of them. */
static const char *
asked(const struct ptn_person_query *q, enum ptn_metadata_kind kind)
{
	const char *text = q->metadata.text[kind];

	return text != NULL ? text : "{}";
}

static enum ptn_err
find(const struct ptn_scope *sc, const struct ptn_person_query *q,
    struct ptn_person_find_out **row, size_t *n,
    struct ptn_person_count_total *total)
{
	const char *key = q->by_update ? "updated" : "created";
	struct ptn_person_find_in in = { .tenant_id = sc->tenant_id,
		.plain = q->plain,
		.up = q->ascending ? key : "",
		.down = q->ascending ? "" : key,
		.max = q->max,
		.skip = q->skip };
	struct ptn_person_find_count_in count;
	struct ptn_person_find_count_out all;
	enum ptn_err r;

	if (q->ids > 0 &&
	    (in.ids = join(sc->arena, q->id, q->ids, ',')) == NULL)
		return PTN_E_NOMEM;
	if ((r = ptn_like_part(sc->arena, q->email, &in.email)) != PTN_OK ||
	    (r = ptn_like_part(sc->arena, q->username, &in.username)) !=
		PTN_OK ||
	    (r = ptn_like_part(sc->arena, q->name, &in.name)) != PTN_OK)
		return r;
	if (ptn_metadata_is_any(&q->metadata, true)) {
		in.metadata = 1;
		in.public_metadata = asked(q, PTN_METADATA_PUBLIC);
		in.private_metadata = asked(q, PTN_METADATA_PRIVATE);
		in.unsafe_metadata = asked(q, PTN_METADATA_UNSAFE);
	}
	count = (struct ptn_person_find_count_in){ .tenant_id = in.tenant_id,
		.plain = in.plain,
		.ids = in.ids,
		.email = in.email,
		.username = in.username,
		.name = in.name,
		.metadata = in.metadata,
		.public_metadata = in.public_metadata,
		.private_metadata = in.private_metadata,
		.unsafe_metadata = in.unsafe_metadata };
	r = ptn_sql_person_find_count(sc->db, sc->arena, &count, &all);
	*total = (struct ptn_person_count_total){ .n = all.n };
	return r == PTN_OK ? ptn_sql_person_find(sc->db, sc->arena, &in, row, n)
			   : r;
}

/* Without a filter. */
static enum ptn_err
turn_to(const struct ptn_scope *sc, const struct ptn_person_query *q,
    struct ptn_uuid *id, size_t *n,
    struct ptn_person_count_total *total)
{
	const struct ptn_person_page_in in = { .tenant_id = sc->tenant_id,
		.plain = q->plain,
		.created = q->ascending && !q->by_update,
		.created_last = !q->ascending && !q->by_update,
		.updated = q->ascending && q->by_update,
		.updated_last = !q->ascending && q->by_update,
		.max = q->max,
		.skip = q->skip };
	struct ptn_person_page_out *row;
	enum ptn_err r;
	size_t i;

	r = ptn_person_count(sc, q->plain, q->skip + q->max, total);
	if (r == PTN_OK)
		r = ptn_sql_person_page(sc->db, sc->arena, &in, &row, n);
	if (r != PTN_OK)
		return r;
	for (i = 0; i < *n; i++)
		id[i] = row[i].id;
	return PTN_OK;
}

static enum ptn_err
look_for(const struct ptn_scope *sc, const struct ptn_person_query *q,
    struct ptn_uuid *id, size_t *n,
    struct ptn_person_count_total *total)
{
	struct ptn_person_find_out *row;
	enum ptn_err r;
	size_t i;

	if ((r = find(sc, q, &row, n, total)) != PTN_OK)
		return r;
	for (i = 0; i < *n; i++)
		id[i] = row[i].id;
	return PTN_OK;
}

enum ptn_err
ptn_person_list(const struct ptn_scope *sc, const struct ptn_person_query *q,
    struct ptn_person **out, size_t *n,
    struct ptn_person_count_total *total)
{
	const bool any = q->ids == 0 && q->email == NULL &&
	    q->username == NULL && q->name == NULL &&
	    !ptn_metadata_is_any(&q->metadata, true);
	struct ptn_uuid id[PTN_PERSON_IDS_MAX];
	struct page p;
	enum ptn_err r;

	*out = NULL;
	r = any ? turn_to(sc, q, id, n, total) : look_for(sc, q, id, n, total);
	if (r == PTN_OK)
		r = load(sc, id, *n, &p);
	if (r != PTN_OK)
		return r;
	*out = p.person;
	*n = p.persons;
	return PTN_OK;
}

/* ------------------------------------------------------------ a new one */

struct making {
	struct ptn_person_new *p;
	enum ptn_person_result what;
};

static enum ptn_err
deny(enum ptn_person_result *what, enum ptn_person_result why)
{
	*what = why;
	return PTN_E_DENIED;
}

/* A username is of the letters that people log in with. */
static bool
is_username(const char *name)
{
	return strlen(name) <= PTN_USERNAME_BYTES && ptn_username_is_well(name);
}

static enum ptn_err
put_user(const struct ptn_scope *sc, struct making *m)
{
	const struct ptn_person_put_in in = { m->p->id, sc->tenant_id,
		m->p->created_at_us };
	enum ptn_err r = ptn_sql_person_put(sc->db, &in);

	return r == PTN_E_CONFLICT ? deny(&m->what, PTN_PERSON_TAKEN) : r;
}

/* The first one that is owned becomes the primary one: so it comes first. */
static enum ptn_err
put_addresses(const struct ptn_scope *sc, struct making *m, bool primary)
{
	const struct ptn_person_address *a;
	struct ptn_email email;
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; i < m->p->addresses && r == PTN_OK; i++) {
		a = &m->p->address[i];
		if (a->primary != primary)
			continue;
		if ((r = ptn_email_claim(sc, a->address, &email)) != PTN_OK)
			return r;
		if (!ptn_uuid_is_nil(&email.user_id))
			return deny(&m->what, PTN_PERSON_EMAIL_TAKEN);
		r = ptn_email_own(sc, &email, &m->p->id, a->verified);
	}
	return r;
}

static enum ptn_err
put_name(const struct ptn_scope *sc, struct making *m)
{
	enum ptn_err r;

	if (m->p->username == NULL)
		return PTN_OK;
	r = ptn_username_sign_up_in(sc, &m->p->id, m->p->username);
	return r == PTN_E_CONFLICT ? deny(&m->what, PTN_PERSON_NAME_TAKEN) : r;
}

static enum ptn_err
make(const struct ptn_scope *sc, void *arg)
{
	struct making *m = arg;
	enum ptn_err r;

	ptn_actor_is(sc, &m->p->id, NULL);
	if ((r = put_user(sc, m)) != PTN_OK ||
	    (r = put_addresses(sc, m, true)) != PTN_OK ||
	    (r = put_addresses(sc, m, false)) != PTN_OK ||
	    (r = put_name(sc, m)) != PTN_OK ||
	    (r = ptn_metadata_give_in(sc, &m->p->id, &m->p->metadata)) !=
		PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_USER_CREATED, NULL);
}

enum ptn_err
ptn_person_create(const struct ptn_scope *sc, struct ptn_person_new *p,
    enum ptn_person_result *what)
{
	struct making m = { p, PTN_PERSON_DONE };
	enum ptn_err r;

	*what = PTN_PERSON_NO_NAME;
	if (p->username != NULL && !is_username(p->username))
		return PTN_OK;
	if (ptn_uuid_is_nil(&p->id))
		p->id = ptn_uuid_new();
	r = ptn_tx(sc, make, &m);
	*what = m.what;
	return r == PTN_E_DENIED ? PTN_OK : r;
}

/* ------------------------------------------------------------- a change */

struct editing {
	const struct ptn_uuid *id;
	const struct ptn_person_change *change;
	enum ptn_person_result what;
};

static enum ptn_err
change_name(const struct ptn_scope *sc, struct editing *e)
{
	const char *name = e->change->username;
	enum ptn_err r;

	if (!e->change->changes_username)
		return PTN_OK;
	if (name == NULL) {
		r = ptn_username_drop_in(sc, e->id);
		return r == PTN_E_NOT_FOUND ? PTN_OK : r;
	}
	r = ptn_username_set_in(sc, e->id, name);
	return r == PTN_E_CONFLICT ? deny(&e->what, PTN_PERSON_NAME_TAKEN) : r;
}

static bool
changes_text(const struct ptn_person_change *c)
{
	size_t i = 0;

	while (i < PTN_PERSON_TEXT__MAX && !c->changes[i])
		i++;
	return i < PTN_PERSON_TEXT__MAX;
}

static enum ptn_err
change_row(const struct ptn_scope *sc, const struct editing *e,
    const struct ptn_person_names_out *old)
{
	const char *text[PTN_PERSON_TEXT__MAX] = {
		[PTN_PERSON_NAME] = old->name,
		[PTN_PERSON_GIVEN_NAME] = old->given_name,
		[PTN_PERSON_FAMILY_NAME] = old->family_name,
		[PTN_PERSON_PICTURE] = old->picture,
	};
	struct ptn_person_change_in in;
	uint64_t n;
	enum ptn_err r;
	size_t i;

	for (i = 0; i < PTN_PERSON_TEXT__MAX; i++)
		if (e->change->changes[i])
			text[i] = e->change->text[i];
	in = (struct ptn_person_change_in){ text[PTN_PERSON_NAME],
		text[PTN_PERSON_GIVEN_NAME], text[PTN_PERSON_FAMILY_NAME],
		text[PTN_PERSON_PICTURE], sc->tenant_id, *e->id };
	if ((r = ptn_sql_person_change(sc->db, &in, &n)) != PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_USER_CHANGED, NULL);
}

/* All that is theirs is read for it: only of a change that asks. */
static enum ptn_err
check_seen(const struct ptn_scope *sc, struct editing *e)
{
	const struct ptn_seen *seen = &e->change->seen;
	struct ptn_person now;
	enum ptn_err r;

	if (seen->tag == NULL)
		return PTN_OK;
	if ((r = ptn_person_load(sc, e->id, &now)) != PTN_OK)
		return r;
	r = ptn_seen_still(seen, sc, &now);
	return r == PTN_E_OUTDATED ? deny(&e->what, PTN_PERSON_OUTDATED) : r;
}

static enum ptn_err
edit(const struct ptn_scope *sc, void *arg)
{
	struct editing *e = arg;
	const struct ptn_person_names_in in = { sc->tenant_id, *e->id };
	struct ptn_person_names_out old;
	enum ptn_err r;

	ptn_actor_is(sc, e->id, NULL);
	if ((r = ptn_user_lock(sc, e->id)) != PTN_OK ||
	    (r = ptn_sql_person_names(sc->db, sc->arena, &in, &old)) != PTN_OK)
		return r;
	if ((r = check_seen(sc, e)) != PTN_OK)
		return r;
	if ((r = change_name(sc, e)) != PTN_OK || !changes_text(e->change))
		return r;
	return change_row(sc, e, &old);
}

enum ptn_err
ptn_person_edit(const struct ptn_scope *sc, const struct ptn_uuid *id,
    const struct ptn_person_change *change, enum ptn_person_result *what)
{
	struct editing e = { id, change, PTN_PERSON_DONE };
	enum ptn_err r;

	*what = PTN_PERSON_NO_NAME;
	if (change->changes_username && change->username != NULL &&
	    !is_username(change->username))
		return PTN_OK;
	r = ptn_tx(sc, edit, &e);
	*what = r == PTN_E_NOT_FOUND ? PTN_PERSON_UNKNOWN : e.what;
	return r == PTN_E_DENIED || r == PTN_E_NOT_FOUND ? PTN_OK : r;
}

/* --------------------------------------------------------------- kept out */

static enum ptn_err
keep_out(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_uuid *id = arg;
	const struct ptn_person_lock_in in = { sc->tenant_id, *id };
	uint64_t n;
	enum ptn_err r;

	ptn_actor_is(sc, id, NULL);
	if ((r = ptn_user_lock(sc, id)) != PTN_OK ||
	    (r = ptn_sql_person_lock(sc->db, &in, &n)) != PTN_OK || n == 0)
		return r;
	r = ptn_session_end_all(sc, id, PTN_EVENT_SESSION_REVOKED);
	if ((r != PTN_OK && r != PTN_E_NOT_FOUND) ||
	    (r = ptn_pats_end(sc, id)) != PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_USER_LOCKED, NULL);
}

static enum ptn_err
let_in(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_uuid *id = arg;
	const struct ptn_person_unlock_in in = { sc->tenant_id, *id };
	uint64_t n;
	enum ptn_err r;

	ptn_actor_is(sc, id, NULL);
	if ((r = ptn_user_lock(sc, id)) != PTN_OK ||
	    (r = ptn_sql_person_unlock(sc->db, &in, &n)) != PTN_OK || n == 0)
		return r;
	return ptn_event(sc, PTN_EVENT_USER_UNLOCKED, NULL);
}

enum ptn_err
ptn_person_lock(const struct ptn_scope *sc, const struct ptn_uuid *id)
{
	struct ptn_uuid theirs = *id;

	return ptn_tx(sc, keep_out, &theirs);
}

enum ptn_err
ptn_person_unlock(const struct ptn_scope *sc, const struct ptn_uuid *id)
{
	struct ptn_uuid theirs = *id;

	return ptn_tx(sc, let_in, &theirs);
}
