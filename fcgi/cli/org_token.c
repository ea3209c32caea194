#include "fcgi/cli/org.h"

#include <stdio.h>

#include "fcgi/cli/print.h"
#include "lib/dfns/administer.h"
#include "lib/dfns/member.h"
#include "lib/dfns/pat.h"
#include "lib/format/dfnsid.h"

static const char *
state_of(const struct ptn_pat *p)
{
	if (p->expired)
		return "expired";
	return p->active ? "active" : "inactive";
}

static void
print_token(const struct ptn_pat *p)
{
	char id[PTN_DFNSID_STR];

	ptn_dfnsid_format(PTN_DFNSID_TOKEN, &p->id, id);
	(void)printf("%-31s  %-8s", id, state_of(p));
	ptn_cli_print_time(p->created_at_us);
	ptn_cli_print_time(p->expires_at_us);
	ptn_cli_print_time(p->last_signed_us);
	(void)fputs("  ", stdout);
	ptn_cli_print_line(p->name);
}

static enum ptn_err
explain(struct ptn_cli_context *d, enum ptn_err r)
{
	if (r == PTN_E_NOT_FOUND)
		return ptn_cli_context_fail(d, r, "there is no such member");
	if (r == PTN_E_UNPROCESSABLE)
		return ptn_cli_context_fail(d, r,
		    "the member has no such token");
	return r;
}

/* org tokens ORG USERNAME: their personal ones, one line each. */
enum ptn_err
ptn_cli_org_tokens(struct ptn_cli_context *d, int argc, char **argv)
{
	struct ptn_org_row org;
	struct ptn_member m;
	struct ptn_pat *p;
	enum ptn_err r;
	size_t i, n;

	(void)argc;
	if ((r = ptn_cli_context_org(d, argv[1], &org)) != PTN_OK)
		return r;
	if ((r = ptn_member_find(&d->sc, argv[2], &m)) != PTN_OK)
		return explain(d, r);
	if ((r = ptn_pats_of(&d->sc, &m.id, &p, &n)) != PTN_OK)
		return r;
	for (i = 0; i < n; i++)
		print_token(&p[i]);
	return PTN_OK;
}

/* org revoke ORG USERNAME TOKEN-ID */
enum ptn_err
ptn_cli_org_revoke(struct ptn_cli_context *d, int argc, char **argv)
{
	struct ptn_org_row org;
	struct ptn_uuid id;
	enum ptn_err r;

	(void)argc;
	if ((r = ptn_cli_context_org(d, argv[1], &org)) != PTN_OK)
		return r;
	if (ptn_dfnsid_parse(PTN_DFNSID_TOKEN, ptn_bytes_of(argv[3]), &id) !=
	    PTN_OK)
		return explain(d, PTN_E_UNPROCESSABLE);
	return explain(d, ptn_administer_end_pat(&d->sc, argv[2], &id));
}
