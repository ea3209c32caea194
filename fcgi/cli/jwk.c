#include "fcgi/cli/cli.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "fcgi/cli/context.h"
#include "fcgi/cli/option.h"
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
	static const char *const titles[] = { "jwk list", "jwk rotate" };
	bool dfns = false, now = false;
	const struct ptn_cli_option options[] = {
		{ "--dfns", NULL, &dfns, NULL, 0 },
		{ "--now", NULL, &now, NULL, 0 },
	};
	struct ptn_cli_context d;
	enum ptn_err r;
	int verb;

	if ((verb = ptn_cli_verb("jwk", titles, 2, argc, argv)) < 0 ||
	    ptn_cli_options(titles[verb], options, verb == 0 ? 1 : 2, &argc,
		argv) >= 0 ||
	    ptn_cli_words(titles[verb], "", 0, 0, argc - 1, argv + 1) >= 0)
		return 2;
	r = ptn_cli_context_open(&d, "jwk", dfns ? PTN_API_DFNS : PTN_API_HANKO,
	    conf_path, set);
	if (r == PTN_OK)
		r = verb == 0 ? list(&d) : rotate(&d, now);
	if (r != PTN_OK)
		ptn_cli_failed(titles[verb], r, d.why);
	ptn_cli_context_close(&d);
	return r == PTN_OK ? 0 : 1;
}
