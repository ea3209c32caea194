/*
 * Sign session tokens with the key of an instance.
 *
 * usage: tokens CONFIG [PATH=VALUE]... <SESSIONS >TOKENS
 *
 * A line of SESSIONS is "SESSION_ID USER_ID ADDRESS"; the rows are there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/account/keysets.h"
#include "lib/account/token.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/crypto.h"

#define ARENA_MAX (1024 * 1024)

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "tokens: %s\n", what);
	exit(1);
}

static void
sign(const struct ptn_scope *sc, const char *session, const char *user,
    const char *address)
{
	struct ptn_claims c = { .email = { address, true, true } };
	char *token;

	if (!ptn_uuid_parse(session, &c.session_id) ||
	    !ptn_uuid_parse(user, &c.sub))
		die("not an id");
	c.iat = ptn_clock_us() / PTN_US_PER_S;
	c.exp = c.iat + sc->cf->session_lifespan_s;
	if (ptn_token_issue(sc, &c, &token) != PTN_OK)
		die("no token");
	puts(token);
	ptn_arena_reset(sc->arena);
}

int
main(int argc, char **argv)
{
	struct ptn_conf *cf = NULL;
	struct ptn_secrets *secrets = NULL;
	struct ptn_scope sc = { 0 };
	char session[64], user[64], address[256];

	if (argc < 2)
		die("usage: tokens CONFIG [PATH=VALUE]...");
	ptn_log_init(PTN_LOG_WARN, "tokens");
	if (ptn_crypto_init() != PTN_OK ||
	    ptn_conf_load(&cf, argv[1], (const char *const *)argv + 2,
		stderr) != PTN_OK ||
	    ptn_secrets_new(&secrets, &cf->secrets) != PTN_OK)
		die("no configuration");
	sc.cf = cf;
	sc.db = ptn_db_new(cf, PTN_DB_SERVE);
	sc.arena = ptn_arena_new(ARENA_MAX);
	if (sc.db == NULL || sc.arena == NULL ||
	    ptn_keysets_new(&sc.keys, cf, secrets) != PTN_OK ||
	    ptn_keysets_refresh_of(&sc, PTN_API_HANKO, true) != PTN_OK)
		die("no keys");
	while (scanf("%63s %63s %255s", session, user, address) == 3)
		sign(&sc, session, user, address);
	ptn_keysets_free(&sc.keys);
	ptn_db_free(&sc.db);
	ptn_arena_free(&sc.arena);
	ptn_secrets_free(&secrets);
	ptn_conf_free(&cf);
	return 0;
}
