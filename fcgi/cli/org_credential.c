#include "fcgi/cli/org.h"

#include <stdio.h>

#include "fcgi/cli/print.h"
#include "lib/dfns/administer.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/member.h"
#include "lib/format/dfnsid.h"

static const char *
state_of(const struct ptn_dfns_cred *c)
{
	if (!c->active)
		return "inactive";
	return c->admitted ? "active" : "not admitted";
}

static void
print_credential(const struct ptn_dfns_cred *c)
{
	char id[PTN_DFNSID_STR];

	ptn_dfnsid_format(PTN_DFNSID_CREDENTIAL, &c->id, id);
	(void)printf("%-31s  %-12s  %-20s  %-9s", id, state_of(c),
	    ptn_dfns_cred_kind_name(c->kind), ptn_api_title(c->api));
	ptn_cli_print_time(c->created_at_us);
	(void)fputs("  ", stdout);
	ptn_cli_print_line(c->name);
}

static enum ptn_err
explain(struct ptn_cli_context *d, enum ptn_err r)
{
	if (r == PTN_E_NOT_FOUND)
		return ptn_cli_context_fail(d, r, "there is no such member");
	if (r == PTN_E_UNPROCESSABLE)
		return ptn_cli_context_fail(d, r,
		    "the member has no such credential");
	if (r == PTN_E_CONFLICT)
		return ptn_cli_context_fail(d, r,
		    "the member has not registered yet: invite them");
	if (r == PTN_E_INPUT)
		return ptn_cli_context_fail(d, r, "that is no e-mail address");
	if (r == PTN_E_FORBIDDEN)
		return ptn_cli_context_fail(d, r,
		    "that address has another owner");
	return r;
}

/* org credentials ORG USERNAME: one line each. */
enum ptn_err
ptn_cli_org_credentials(struct ptn_cli_context *d, int argc, char **argv)
{
	struct ptn_dfns_cred *c;
	struct ptn_org_row org;
	struct ptn_member m;
	enum ptn_err r;
	size_t i, n;

	(void)argc;
	if ((r = ptn_cli_context_org(d, argv[1], &org)) != PTN_OK)
		return r;
	if ((r = ptn_member_find(&d->sc, argv[2], &m)) != PTN_OK)
		return explain(d, r);
	if ((r = ptn_dfns_creds_of(&d->sc, &m.id, &c, &n)) != PTN_OK)
		return r;
	for (i = 0; i < n; i++)
		print_credential(&c[i]);
	return PTN_OK;
}

/* org admit ORG USERNAME CREDENTIAL */
enum ptn_err
ptn_cli_org_admit(struct ptn_cli_context *d, int argc, char **argv)
{
	struct ptn_org_row org;
	struct ptn_uuid id;
	enum ptn_err r;

	(void)argc;
	if ((r = ptn_cli_context_org(d, argv[1], &org)) != PTN_OK)
		return r;
	if (ptn_dfnsid_parse(PTN_DFNSID_CREDENTIAL, ptn_bytes_of(argv[3]),
		&id) != PTN_OK)
		return explain(d, PTN_E_UNPROCESSABLE);
	return explain(d, ptn_administer_admit(&d->sc, argv[2], &id));
}

/* org address ORG USERNAME ADDRESS: where their codes go. */
enum ptn_err
ptn_cli_org_address(struct ptn_cli_context *d, int argc, char **argv)
{
	struct ptn_org_row org;
	enum ptn_err r;

	(void)argc;
	if ((r = ptn_cli_context_org(d, argv[1], &org)) != PTN_OK)
		return r;
	return explain(d, ptn_administer_move(&d->sc, argv[2], argv[3]));
}
