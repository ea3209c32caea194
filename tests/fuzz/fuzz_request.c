#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/dispatch.h"
#include "lib/account/keysets.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/crypto.h"
#include "tests/fuzz/request.h"

#define ARENA_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * There is no database, so what passes every check before one is needed is
 * answered 503.  The Dfns API, with one, is fuzz_dfns.c.
 */
static char secret[] = "a secret of more than sixteen bytes";
static char origin[] = "https://*.example";
static char proxy[] = "127.0.0.0/8";
static char host[] = "login.acme.example acme";
static char path[] = "/acme acme";
static char *secrets[] = { secret };
static char *origins[] = { origin };
static char *proxies[] = { proxy };
static char *hosts[] = { host };
static char *paths[] = { path };

static struct ptn_arena *arena;
static struct ptn_secrets *derived;
static struct ptn_keysets *keys;
static struct ptn_db *db;
static struct ptn_tenants *tenants;
static struct ptn_conf conf;

static void
prepare(void)
{
	const struct ptn_strs list = { secrets, 1 };

	if (arena != NULL)
		return;
	ptn_log_init(PTN_LOG_ERROR, "fuzz");
	conf.cookie_name = "hanko";
	conf.cookie_domain = conf.base_path = conf.issuer = "";
	conf.rp_id = "localhost";
	conf.rp_name = "Postern";
	conf.db_host = conf.db_user = conf.db_password = conf.db_name = "x";
	conf.db_url = "";
	conf.db_socket = "/nonexistent/socket";
	conf.db_migrate_user = conf.db_migrate_password = "";
	conf.cors_origins = (struct ptn_strs){ origins, 1 };
	conf.tenant_hosts = (struct ptn_strs){ hosts, 1 };
	conf.tenant_paths = (struct ptn_strs){ paths, 1 };
	conf.trusted_proxies = (struct ptn_strs){ proxies, 1 };
	conf.email_enabled = conf.email_auth = conf.password_enabled = true;
	conf.passkey_enabled = conf.allow_signup = conf.rate_enabled = true;
	conf.dfns_enabled = conf.mail_enabled = true;
#define PTN_LIMIT(name, word, by, whose, how, right, askers, figures)          \
	conf.rate_##figures = conf.rate_##figures##_s = 1;
#include "lib/account/limit.def"
#undef PTN_LIMIT
	if ((arena = ptn_arena_new(ARENA_MAX)) == NULL ||
	    ptn_crypto_init() != PTN_OK ||
	    ptn_secrets_new(&derived, &list) != PTN_OK ||
	    ptn_keysets_new(&keys, &conf, derived) != PTN_OK ||
	    (db = ptn_db_new(&conf, PTN_DB_SERVE)) == NULL ||
	    (tenants = ptn_tenants_new(&conf)) == NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct test_request t;
	char *text;

	prepare();
	ptn_arena_reset(arena);
	if (size > FUZZ_REQUEST_MAX ||
	    (text = ptn_arena_strndup(arena, (const char *)data, size)) == NULL)
		return 0;
	test_request_init(&t, arena);
	t.cf = conf;
	t.env.sc.secrets = derived;
	t.env.sc.keys = keys;
	t.env.sc.db = db;
	t.env.tenants = tenants;
	t.req.sc = t.env.sc;
	fuzz_read_request(&t, text);
	t.req.authorizer = ptn_request_param(&t.req, "AUTHORIZER") != NULL;
	ptn_dispatch(&t.req, &t.rep);
	fuzz_check_reply(&t.rep);
	return 0;
}
