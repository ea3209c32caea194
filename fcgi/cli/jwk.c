#include "fcgi/cli/cli.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "fcgi/cli/context.h"
#include "fcgi/cli/print.h"
#include "lib/account/jwk.h"
#include "lib/account/tenant.h"
#include "lib/base/api.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"

static const char *const state_words[PTN_JWK__MAX] = {
	[PTN_JWK_LOCKED] = "locked",
	[PTN_JWK_WAITING] = "waiting",
	[PTN_JWK_SIGNING] = "signing",
	[PTN_JWK_RETIRED] = "retired",
};

/* One line a key, newest first. */
static enum ptn_err
list(struct ptn_cli_context *d)
{
	struct ptn_jwk_info info;
	enum ptn_err r;
	size_t i;

	r = ptn_jwks_refresh(d->sc.keys[d->api], &d->sc, true);
	if (r != PTN_OK && r != PTN_E_CONFIG)
		return r;
	(void)printf("%-36s  %-5s  %-7s  %-20s  %-20s  %s\n", "KID", "ALG",
	    "STATE", "CREATED", "SIGNS FROM", "ENDS");
	for (i = 0; i < ptn_jwks_count(d->sc.keys[d->api]); i++) {
		ptn_jwks_info(d->sc.keys[d->api], i, &info);
		(void)printf("%-36s  %-5s  %-7s", info.kid, info.alg,
		    state_words[info.state]);
		ptn_cli_print_time(info.created_at);
		ptn_cli_print_time(info.signs_from);
		ptn_cli_print_time(info.ends_at);
		(void)putchar('\n');
	}
	return r;
}

static enum ptn_err
rotate(struct ptn_cli_context *d, bool now)
{
	char text[PTN_UUID_STR];
	struct ptn_org_row org;
	struct ptn_uuid kid;
	enum ptn_err r;

	/* All tenants have the same keys: the record is of the default one. */
	if ((r = ptn_cli_context_org(d, PTN_TENANT_DEFAULT, &org)) != PTN_OK)
		return r;
	r = ptn_jwks_rotate(d->sc.keys[d->api], &d->sc, now ? 0 : -1, &kid);
	if (r != PTN_OK)
		return r;
	ptn_uuid_format(&kid, text);
	(void)printf("%s\n", text);
	return PTN_OK;
}

int
ptn_cli_jwk(int argc, char **argv, const char *conf_path,
    const char *const *set)
{
	enum ptn_api api = PTN_API_HANKO;
	struct ptn_cli_context d;
	bool listing, now;
	enum ptn_err r;

	if (argc > 2 && strcmp(argv[argc - 1], "--dfns") == 0) {
		api = PTN_API_DFNS;
		argc--;
	}
	listing = argc == 2 && strcmp(argv[1], "list") == 0;
	now = argc == 3 && strcmp(argv[2], "--now") == 0;
	if (!listing &&
	    (argc < 2 || strcmp(argv[1], "rotate") != 0 ||
		(argc != 2 && !now))) {
		(void)fputs(
		    "usage: postern [--config FILE] [--set "
		    "KEY=VALUE]... jwk rotate [--now] [--dfns] | list [--dfns]\n",
		    stderr);
		return 2;
	}
	r = ptn_cli_context_open(&d, "jwk", api, conf_path, set);
	if (r == PTN_OK)
		r = listing ? list(&d) : rotate(&d, now);
	if (r != PTN_OK)
		(void)fprintf(stderr, "postern: jwk %s: %s\n", argv[1],
		    ptn_err_name(r));
	ptn_cli_context_close(&d);
	return r == PTN_OK && fflush(stdout) == 0 ? 0 : 1;
}
