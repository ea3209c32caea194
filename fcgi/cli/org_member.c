#include <stdio.h>

#include "fcgi/cli/org.h"
#include "lib/account/user.h"
#include "lib/dfns/codemail.h"
#include "lib/dfns/member.h"
#include "lib/format/dfnsid.h"
#include "lib/format/locale.h"

/* Somebody new, or somebody who has not come yet. */
static enum ptn_err
admit(struct ptn_desk *d, struct ptn_db *db, const struct ptn_uuid *org,
    const char *address, struct ptn_member *m)
{
	enum ptn_err r;

	r = ptn_member_by_name(db, d->arena, org, address, m);
	if (r == PTN_E_NOT_FOUND)
		return ptn_member_invite(db, d->arena, org, address,
		    PTN_EMPLOYEE, m);
	if (r == PTN_OK &&
	    (m->registered || !m->active || m->archived ||
		ptn_member_is_end_user(m)))
		return PTN_E_CONFLICT;
	return r;
}

/*
 * The courier sends the registration code; its own mail is the only place
 * where it is ever seen.
 */
enum ptn_err
ptn_desk_invite(struct ptn_desk *d, struct ptn_db *db,
    const struct ptn_uuid *org, const char *address, struct ptn_uuid *user)
{
	struct ptn_codemail w = { .tenant_id = *org,
		.purpose = PTN_CODE_REGISTRATION,
		.username = address,
		.locale = ptn_locale_match(NULL) };
	struct ptn_member m;
	enum ptn_err r;

	if (!d->cf->mail_enabled)
		return ptn_desk_no(d, PTN_E_CONFIG,
		    "email_delivery.enabled is off: no code can be sent");
	r = admit(d, db, org, address, &m);
	if (r == PTN_E_INPUT)
		return ptn_desk_no(d, r, "that is no e-mail address");
	if (r == PTN_E_CONFLICT)
		return ptn_desk_no(d, r, "that address has an owner already");
	if (r != PTN_OK)
		return r;
	*user = m.id;
	return ptn_codemail_want(db, d->arena, d->secrets, &w);
}

struct inviting {
	struct ptn_desk *d;
	struct ptn_uuid org;
	const char *address;
	struct ptn_uuid user;
};

static enum ptn_err
invite(struct ptn_db *db, void *arg)
{
	struct inviting *i = arg;

	return ptn_desk_invite(i->d, db, &i->org, i->address, &i->user);
}

static void
print_id(enum ptn_dfnsid_kind kind, const struct ptn_uuid *u, const char *end)
{
	char id[PTN_DFNSID_STR];

	ptn_dfnsid_format(kind, u, id);
	(void)printf("%s%s", id, end);
}

/* org invite ORG ADDRESS: print the id of the user that they will be. */
enum ptn_err
ptn_org_invite(struct ptn_desk *d, int argc, char *const *argv)
{
	struct inviting i = { .d = d, .address = argv[2] };
	struct ptn_org_row org;
	enum ptn_err r;

	(void)argc;
	if ((r = ptn_desk_org(d, argv[1], &org)) != PTN_OK)
		return r;
	if (!org.active)
		return ptn_desk_no(d, PTN_E_CONFLICT,
		    "that organisation is deactivated");
	i.org = org.id;
	if ((r = ptn_db_tx(d->db, invite, &i)) == PTN_OK)
		print_id(PTN_DFNSID_USER, &i.user, "\n");
	return r;
}

static const char *
state_of(const struct ptn_member *m)
{
	if (m->archived)
		return "archived";
	if (!m->active)
		return "inactive";
	return m->registered ? "active" : "pending";
}

static void
print_members(const struct ptn_member *m, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		print_id(PTN_DFNSID_USER, &m[i].id, "  ");
		(void)printf("%-8s  %-16s  %s\n", state_of(&m[i]),
		    m[i].service_account ? "service account" : m[i].kind,
		    m[i].username);
	}
}

/* org members ORG: one line each, oldest first. */
enum ptn_err
ptn_org_members(struct ptn_desk *d, int argc, char *const *argv)
{
	struct ptn_member_place place = { 0 };
	struct ptn_member *m;
	struct ptn_org_row org;
	enum ptn_err r;
	size_t n = 1;

	(void)argc;
	r = ptn_desk_org(d, argv[1], &org);
	while (r == PTN_OK && n > 0) {
		r = ptn_member_page(d->db, d->arena, &org.id, &place, &m, &n);
		if (r == PTN_OK)
			print_members(m, n);
		ptn_arena_reset(d->arena);
	}
	return r;
}

/* An organisation, or one of its members, that is switched on or off. */
struct switching {
	struct ptn_desk *d;
	struct ptn_uuid org;
	const char *username; /* NULL: the organisation */
	bool active;
};

/* The member, as they are under their lock: a login may be under way. */
static enum ptn_err
lock_member(struct ptn_db *db, const struct switching *s, struct ptn_member *m)
{
	struct ptn_arena *a = s->d->arena;
	enum ptn_err r;

	r = ptn_member_find(db, a, &s->org, s->username, m);
	if (r == PTN_OK)
		r = ptn_user_lock(db, a, &s->org, &m->id);
	if (r == PTN_OK)
		r = ptn_member_by_id(db, a, &s->org, &m->id, m);
	if (r == PTN_E_NOT_FOUND || (r == PTN_OK && m->archived))
		return ptn_desk_no(s->d, PTN_E_NOT_FOUND,
		    "there is no such member");
	return r;
}

static enum ptn_err
change(struct ptn_db *db, void *arg)
{
	const struct switching *s = arg;
	struct ptn_member m;
	enum ptn_err r;

	if (s->username == NULL)
		return ptn_org_set_active(db, &s->org, s->active);
	r = lock_member(db, s, &m);
	return r == PTN_OK ? ptn_member_set_active(db, s->d->arena, &s->org, &m,
				 s->active)
			   : r;
}

static enum ptn_err
set_active(struct ptn_desk *d, char *const *argv, bool active)
{
	struct switching s = { .d = d, .username = argv[2], .active = active };
	struct ptn_org_row org;
	enum ptn_err r;

	if ((r = ptn_desk_org(d, argv[1], &org)) != PTN_OK)
		return r;
	s.org = org.id;
	return ptn_db_tx(d->db, change, &s);
}

/* org activate ORG [USERNAME] */
enum ptn_err
ptn_org_activate(struct ptn_desk *d, int argc, char *const *argv)
{
	(void)argc;
	return set_active(d, argv, true);
}

/* org deactivate ORG [USERNAME]: their sessions of the Dfns API end. */
enum ptn_err
ptn_org_deactivate(struct ptn_desk *d, int argc, char *const *argv)
{
	(void)argc;
	return set_active(d, argv, false);
}
