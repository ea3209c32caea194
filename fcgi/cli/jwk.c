#include "fcgi/cli/cli.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "fcgi/cli/context.h"
#include "fcgi/cli/option.h"
#include "fcgi/cli/print.h"
#include "lib/account/keysets.h"
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

/* One line a key, newest first.  replaced: the tenant's own sign instead. */
static void
print_set(const struct ptn_cli_context *d, const struct ptn_jwks *set,
    bool replaced)
{
	struct ptn_jwk_info info;
	size_t i;

	for (i = 0; set != NULL && i < ptn_jwks_count(set); i++) {
		ptn_jwks_info(set, i, ptn_keysets_lifespan(&d->sc, d->api),
		    &info);
		if (replaced && info.state == PTN_JWK_SIGNING)
			info.state = PTN_JWK_RETIRED;
		(void)printf("%-36s  %-5s  %-7s", info.kid, info.alg,
		    state_words[info.state]);
		ptn_cli_print_time(info.created_at);
		ptn_cli_print_time(info.signs_from);
		ptn_cli_print_time(info.ends_at);
		(void)putchar('\n');
	}
}

/* Those of the tenant's own come first, then those of all that serve it. */
static enum ptn_err
list(struct ptn_cli_context *d, const char *tenant)
{
	struct ptn_keysets_pair p;
	enum ptn_err r, loaded;

	if (tenant != NULL &&
	    (r = ptn_cli_context_tenant(d, tenant)) != PTN_OK)
		return r;
	loaded = ptn_keysets_refresh_of(&d->sc, d->api, true);
	if (loaded != PTN_OK && loaded != PTN_E_CONFIG)
		return loaded;
	if ((r = ptn_keysets_pair(&d->sc, d->api, &p)) != PTN_OK)
		return r;
	(void)printf("%-36s  %-5s  %-7s  %-20s  %-20s  %s\n", "KID", "ALG",
	    "STATE", "CREATED", "SIGNS FROM", "ENDS");
	print_set(d, p.own, false);
	print_set(d, p.shared, p.own != NULL && ptn_jwks_begun(p.own));
	return loaded;
}

static enum ptn_err
rotate(struct ptn_cli_context *d, const char *tenant, bool now)
{
	char text[PTN_UUID_STR];
	struct ptn_uuid kid;
	enum ptn_err r;

	/* The keys of all are the default one's, and so is the record. */
	if ((r = ptn_cli_context_tenant(d, tenant)) != PTN_OK)
		return r;
	r = ptn_keysets_rotate(&d->sc, d->api, now ? 0 : -1, &kid);
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
	const char *tenant = NULL;
	bool dfns = false, now = false;
	const struct ptn_cli_option options[] = {
		{ "--dfns", NULL, &dfns, NULL, 0 },
		{ "--tenant", &tenant, NULL, NULL, 0 },
		{ "--now", NULL, &now, NULL, 0 },
	};
	struct ptn_cli_context d;
	enum ptn_err r;
	int verb;

	if ((verb = ptn_cli_verb("jwk", titles, 2, argc, argv)) < 0 ||
	    ptn_cli_options(titles[verb], options, verb == 0 ? 2 : 3, &argc,
		argv) >= 0 ||
	    ptn_cli_words(titles[verb], "", 0, 0, argc - 1, argv + 1) >= 0)
		return 2;
	r = ptn_cli_context_open(&d, "jwk", dfns ? PTN_API_DFNS : PTN_API_HANKO,
	    conf_path, set);
	if (r == PTN_OK)
		r = verb == 0 ? list(&d, tenant) : rotate(&d, tenant, now);
	if (r != PTN_OK)
		ptn_cli_failed(titles[verb], r, d.why);
	ptn_cli_context_close(&d);
	return r == PTN_OK ? 0 : 1;
}
