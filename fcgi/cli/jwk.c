#include "fcgi/cli/cli.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/crypto.h"
#include "lib/db.h"
#include "lib/err.h"
#include "lib/jwk.h"
#include "lib/log.h"
#include "lib/uuid.h"

#define ARENA_MAX ((size_t)1 << 20)

/* What both sub-commands work with. */
struct desk {
	struct ptn_conf *cf;
	enum ptn_api api;
	struct ptn_secrets *secrets;
	struct ptn_keys *keys;
	struct ptn_db *db;
	struct ptn_arena *arena;
};

static const char *const state_words[PTN_KEY__MAX] = {
	[PTN_KEY_LOCKED] = "locked",
	[PTN_KEY_WAITING] = "waiting",
	[PTN_KEY_SIGNING] = "signing",
	[PTN_KEY_RETIRED] = "retired",
};

static enum ptn_err
desk_open(struct desk *d, const char *conf_path, const char *const *set)
{
	enum ptn_err r;

	r = ptn_conf_load(&d->cf, conf_path, set, stderr);
	if (r != PTN_OK)
		return r;
	ptn_log_init((enum ptn_log_level)d->cf->log_level, "jwk");
	if ((r = ptn_crypto_init()) != PTN_OK ||
	    (r = ptn_secrets_new(&d->secrets, &d->cf->secrets)) != PTN_OK ||
	    (r = ptn_keys_new(&d->keys, d->api, d->cf, d->secrets)) != PTN_OK)
		return r;
	d->db = ptn_db_new(d->cf, PTN_DB_SERVE);
	d->arena = ptn_arena_new(ARENA_MAX);
	return d->db == NULL || d->arena == NULL ? PTN_E_NOMEM : PTN_OK;
}

static void
desk_close(struct desk *d)
{
	ptn_db_free(&d->db);
	if (d->arena != NULL)
		ptn_arena_free(&d->arena);
	ptn_keys_free(&d->keys);
	ptn_secrets_free(&d->secrets);
	ptn_conf_free(&d->cf);
}

static void
print_time(int64_t us)
{
	char text[PTN_TIME_STR] = "-";

	if (us != 0)
		ptn_time_format(us / 1000000 * 1000000, text);
	(void)printf("  %-20s", text);
}

/* One line a key, newest first. */
static enum ptn_err
list(struct desk *d)
{
	struct ptn_key_info info;
	enum ptn_err r;
	size_t i;

	r = ptn_keys_refresh(d->keys, d->db, d->arena, true);
	if (r != PTN_OK && r != PTN_E_CONFIG)
		return r;
	(void)printf("%-36s  %-5s  %-7s  %-20s  %-20s  %s\n", "KID", "ALG",
	    "STATE", "CREATED", "SIGNS FROM", "ENDS");
	for (i = 0; i < ptn_keys_count(d->keys); i++) {
		ptn_keys_info(d->keys, i, &info);
		(void)printf("%-36s  %-5s  %-7s", info.kid, info.alg,
		    state_words[info.state]);
		print_time(info.created_at);
		print_time(info.signs_from);
		print_time(info.ends_at);
		(void)putchar('\n');
	}
	return r;
}

static enum ptn_err
rotate(struct desk *d, bool now)
{
	char text[PTN_UUID_STR];
	struct ptn_uuid kid;
	enum ptn_err r;

	r = ptn_keys_rotate(d->keys, d->db, d->arena, now ? 0 : -1, &kid);
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
	struct desk d = { .api = PTN_API_HANKO };
	bool listing, now;
	enum ptn_err r;

	if (argc > 2 && strcmp(argv[argc - 1], "--dfns") == 0) {
		d.api = PTN_API_DFNS;
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
	r = desk_open(&d, conf_path, set);
	if (r == PTN_OK)
		r = listing ? list(&d) : rotate(&d, now);
	if (r != PTN_OK)
		(void)fprintf(stderr, "postern: jwk %s: %s\n", argv[1],
		    ptn_err_name(r));
	desk_close(&d);
	return r == PTN_OK && fflush(stdout) == 0 ? 0 : 1;
}
