#include "fcgi/cli/org.h"

#include <stdio.h>
#include <string.h>

#include "fcgi/cli/option.h"
#include "fcgi/cli/print.h"
#include "lib/dfns/administer.h"
#include "lib/dfns/member.h"
#include "lib/format/dfnsid.h"

enum ptn_err
ptn_org_uninvited(struct ptn_cli_context *d, enum ptn_err r)
{
	if (r == PTN_E_CONFIG)
		return ptn_cli_context_fail(d, r,
		    "email_delivery.enabled is off: no code can be sent");
	if (r == PTN_E_FORBIDDEN)
		return ptn_cli_context_fail(d, r,
		    "that organisation is deactivated");
	if (r == PTN_E_INPUT)
		return ptn_cli_context_fail(d, r, "that is no e-mail address");
	if (r == PTN_E_CONFLICT)
		return ptn_cli_context_fail(d, r,
		    "that address has an owner already");
	return r;
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
ptn_cli_org_invite(struct ptn_cli_context *d, int argc, char **argv)
{
	struct ptn_org_row org;
	struct ptn_uuid user;
	enum ptn_err r;

	(void)argc;
	if ((r = ptn_cli_context_org(d, argv[1], &org)) != PTN_OK)
		return r;
	r = ptn_administer_invite(&d->sc, argv[2], &user);
	if (r != PTN_OK)
		return ptn_org_uninvited(d, r);
	print_id(PTN_DFNSID_USER, &user, "\n");
	return PTN_OK;
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

static const char *
sort_of(const struct ptn_member *m)
{
	if (m->service_account)
		return "service account";
	return m->owner ? "owner" : m->kind;
}

static void
print_members(const struct ptn_member *m, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		print_id(PTN_DFNSID_USER, &m[i].id, "  ");
		(void)printf("%-8s  %-16s  ", state_of(&m[i]),
		    sort_of(&m[i]));
		ptn_cli_print_line(m[i].username);
	}
}

/* org members ORG: one line each, oldest first. */
enum ptn_err
ptn_cli_org_members(struct ptn_cli_context *d, int argc, char **argv)
{
	struct ptn_member_place place = { 0 };
	struct ptn_member *m;
	struct ptn_org_row org;
	enum ptn_err r;
	size_t n = 1;

	(void)argc;
	r = ptn_cli_context_org(d, argv[1], &org);
	while (r == PTN_OK && n > 0) {
		r = ptn_member_page(&d->sc, &place, &m, &n);
		if (r == PTN_OK)
			print_members(m, n);
		ptn_arena_reset(d->sc.arena);
	}
	return r;
}

static enum ptn_err
set_active(struct ptn_cli_context *d, char **argv, bool active)
{
	struct ptn_org_row org;
	enum ptn_err r;

	if ((r = ptn_cli_context_org(d, argv[1], &org)) != PTN_OK)
		return r;
	r = ptn_administer_switch(&d->sc, argv[2], active);
	return r == PTN_E_NOT_FOUND
	    ? ptn_cli_context_fail(d, r, "there is no such member")
	    : r;
}

/* org activate ORG [USERNAME] */
enum ptn_err
ptn_cli_org_activate(struct ptn_cli_context *d, int argc, char **argv)
{
	(void)argc;
	return set_active(d, argv, true);
}

/* org deactivate ORG [USERNAME]: their sessions of the Dfns API end. */
enum ptn_err
ptn_cli_org_deactivate(struct ptn_cli_context *d, int argc, char **argv)
{
	(void)argc;
	return set_active(d, argv, false);
}

/* org role ORG USERNAME owner|member: who manages the organisation. */
enum ptn_err
ptn_cli_org_role(struct ptn_cli_context *d, int argc, char **argv)
{
	const bool owner = strcmp(argv[3], "owner") == 0;
	struct ptn_org_row org;
	enum ptn_err r;

	(void)argc;
	d->misused = !owner && strcmp(argv[3], "member") != 0;
	if (d->misused) {
		(void)ptn_cli_complain("org role",
		    "a role is owner or member, not \"%s\"", argv[3]);
		return PTN_E_INPUT;
	}
	if ((r = ptn_cli_context_org(d, argv[1], &org)) != PTN_OK)
		return r;
	r = ptn_administer_appoint(&d->sc, argv[2], owner);
	if (r == PTN_E_CONFLICT)
		return ptn_cli_context_fail(d, r,
		    "that is an end user, who cannot be an owner");
	return r == PTN_E_NOT_FOUND
	    ? ptn_cli_context_fail(d, r, "there is no such member")
	    : r;
}
