#include <sys/stat.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/flow/wire.h"
#include "lib/account/migrate.h"
#include "lib/account/org.h"
#include "lib/account/password.h"
#include "lib/account/session.h"
#include "lib/account/user.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/hashgate.h"
#include "lib/event/tx.h"
#include "lib/flow/row.h"
#include "lib/flow/step.h"
#include "lib/format/json.h"
#include "tests/unit/request.h"

#define ARENA_MAX ((size_t)8 << 20)
#define INPUT_MAX 65536
#define DEPTH 16
#define HOUR_US ((int64_t)3600 * 1000000)
#define ADDRESS "ada@example.org"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * A step of a flow, with rows behind it ($POSTERN_TEST_DB): a user with an
 * address, a password and a session; and a flow of theirs in any state.
 *
 *	NAME STATE ACTION KEY...	a row in that state; KEYs are those of
 *					its stash that are true
 *	JSON				input_data
 *
 * Whatever is sent, the step is answered, be it by a refusal, and the answer
 * is a whole envelope.
 */
static const char *const set[] = {
	"secrets.keys=a secret of more than sixteen bytes",
	"database.user=root",
	"email_delivery.from_address=noreply@example.org",
	"username.enabled=true",
	"username.optional=true",
	"email.optional=true",
	"password.argon2.memory_kib=8192",
	"password.argon2.iterations=1",
	"webauthn.relying_party.id=example.org",
	"webauthn.relying_party.origins=https://example.org",
	"session.cookie.retention=prompt",
	"rate_limiter.enabled=false",
	"account.allow_deletion=true",
	NULL,
	NULL,
	NULL,
};
#define FIRST_FREE 13 /* of the list */

static struct ptn_arena *arena;
static struct ptn_conf *conf;
static struct ptn_secrets *secrets;
static struct ptn_hashgate *gate;
static struct ptn_db *admin, *db;
static struct ptn_scope scope;
static struct ptn_actor actor;
static struct ptn_user_ref ada;
static struct ptn_claims by;
static char hash[PTN_PHC_MAX];

/* What ended it stands in the log, and not in a trace of calls alone. */
static _Noreturn void
die(const char *what)
{
	(void)fprintf(stderr, "fuzz_flowstep: %s\n", what);
	abort();
}

static void
need(enum ptn_err r, const char *what)
{
	if (r == PTN_OK)
		return;
	(void)fprintf(stderr, "fuzz_flowstep: %s: ", what);
	die(ptn_err_name(r));
}

static const char *
from_environment(const char *key, const char *name)
{
	const char *value = getenv(name);
	char *text;
	int n;

	if (value == NULL) {
		(void)fputs("run me by with-mariadb.sh\n", stderr);
		exit(99);
	}
	n = snprintf(NULL, 0, "%s=%s", key, value);
	if ((text = malloc((size_t)n + 1)) == NULL)
		die("no memory");
	(void)snprintf(text, (size_t)n + 1, "%s=%s", key, value);
	return text;
}

/* An empty file: all else is said by what is set. */
static void
configure(void)
{
	char path[] = "/tmp/ptnfuzz.XXXXXX";
	const char *list[sizeof(set) / sizeof(set[0])];
	const int fd = mkstemp(path);

	memcpy(list, set, sizeof(set));
	list[FIRST_FREE] =
	    from_environment("database.socket", "POSTERN_TEST_DB_SOCKET");
	list[FIRST_FREE + 1] =
	    from_environment("database.database", "POSTERN_TEST_DB_NAME");
	if (fd == -1)
		die("no file");
	need(ptn_conf_load(&conf, path, list, stderr), "configuration");
	(void)close(fd);
	(void)unlink(path);
	free((char *)list[FIRST_FREE]);
	free((char *)list[FIRST_FREE + 1]);
}

static void
connect_all(void)
{
	FILE *null = fopen("/dev/null", "w");
	struct ptn_org_row org;

	admin = ptn_db_new(conf, PTN_DB_MIGRATE);
	db = ptn_db_new(conf, PTN_DB_SERVE);
	if (null == NULL || admin == NULL || db == NULL)
		die("no memory");
	need(ptn_migrate_up(admin, arena, null, null), "migrations");
	need(ptn_db_connect(db), "database");
	(void)fclose(null);
	scope = (struct ptn_scope){ .cf = conf,
		.db = db,
		.arena = arena,
		.secrets = secrets,
		.gate = gate,
		.actor = &actor };
	need(ptn_org_find(&scope, PTN_TENANT_DEFAULT, &org), "tenant");
	need(ptn_password_hash(&scope, ptn_bytes_of("correct horse battery"),
		 hash),
	    "hash");
	scope.tenant_id = org.id;
}

static void
prepare(void)
{
	if (arena != NULL)
		return;
	ptn_log_init(PTN_LOG_ERROR, "fuzz");
	configure();
	if ((arena = ptn_arena_new(ARENA_MAX)) == NULL)
		die("no memory");
	need(ptn_crypto_init(), "OpenSSL");
	need(ptn_secrets_new(&secrets, &conf->secrets), "secrets");
	need(ptn_hashgate_open(&gate, conf, NULL), "gate");
	connect_all();
}

static enum ptn_err
make_user(const struct ptn_scope *sc, void *arg)
{
	struct ptn_session_new new = { .api = PTN_API_HANKO };
	bool created;
	enum ptn_err r;

	(void)arg;
	if ((r = ptn_user_sign_up(sc, ADDRESS, PTN_USER_PROVED, &ada)) !=
		PTN_OK ||
	    (r = ptn_password_store_in(sc, &ada.id, NULL, hash, &created)) !=
		PTN_OK)
		return r;
	new.user_id = ada.id;
	return ptn_session_open(sc, &new, &by);
}

/* As if nothing had been before. */
static void
begin_anew(void)
{
	static const char sql[] =
	    "BEGIN NOT ATOMIC DELETE FROM primary_emails; DELETE FROM users;"
	    "DELETE FROM emails; DELETE FROM flows; DELETE FROM outbox;"
	    "DELETE FROM audit_logs; DELETE FROM webauthn_challenges; END";

	memset(&actor, 0, sizeof(actor));
	need(ptn_db_script(admin, sql, sizeof(sql) - 1), "rows that go");
	need(ptn_tx(&scope, make_user, NULL), "a user");
}

/* What of the stash is true: its keys by name. */
static void
set_key(struct ptn_flow_stash *stash, const char *name)
{
#define SET_BOOL(key) stash->key = stash->key || strcmp(name, #key) == 0;
#define SET_I64(key)
#define SET_UUID(key)
#define SET_TEXT(key)
#define SET_MAC(key)
#define SET_SECRET(key)
#define SET_CRED(key)
#define PTN_FLOW_KEY(key, type, how) SET_##type(key)
#include "lib/flow/stash.def"
}

static void
fill_stash(struct ptn_flow_stash *stash)
{
	(void)snprintf(stash->address, sizeof(stash->address), ADDRESS);
	(void)snprintf(stash->code_to, sizeof(stash->code_to), ADDRESS);
	stash->user_id = ada.id;
	stash->email_id = ada.email_id;
	stash->code_id = ada.email_id;
	stash->promised = ptn_uuid_new();
	memset(stash->code_mac, 1, sizeof(stash->code_mac));
	stash->code_until_us = stash->challenge_until_us =
	    INT64_MAX / 2 - HOUR_US;
	stash->ceremony = 1;
	memset(stash->challenge, 2, sizeof(stash->challenge));
}

static enum ptn_flow_name
name_of(const char *text)
{
	int i;

	for (i = PTN_FLOW_NONE + 1; i < PTN_FLOW__MAX; i++)
		if (strcmp(text, ptn_flow_name_text((enum ptn_flow_name)i)) ==
		    0)
			return (enum ptn_flow_name)i;
	return PTN_FLOW_NONE;
}

static enum ptn_flow_at
state_of(const char *text)
{
	int i;

	for (i = PTN_FLOW_AT_NONE + 1; i < PTN_FLOW_AT__MAX; i++)
		if (strcmp(text, ptn_flow_at_text((enum ptn_flow_at)i)) == 0)
			return (enum ptn_flow_at)i;
	return PTN_FLOW_AT_NONE;
}

/* The row of the first line, and what is asked; false: it says none. */
static bool
read_line(char *line, struct ptn_flow *flow, struct ptn_flow_ask *ask)
{
	const char *word, *state;
	char *rest = line;

	if ((word = strtok_r(rest, " ", &rest)) == NULL ||
	    (state = strtok_r(NULL, " ", &rest)) == NULL ||
	    (ask->action = strtok_r(NULL, " ", &rest)) == NULL)
		return false;
	ask->name = flow->name = name_of(word);
	flow->position.at = state_of(state);
	if (flow->name == PTN_FLOW_NONE ||
	    ptn_flow_definition(flow->name)->place[flow->position.at] == NULL)
		return false;
	fill_stash(&flow->stash);
	while ((word = strtok_r(NULL, " ", &rest)) != NULL)
		set_key(&flow->stash, word);
	flow->position.before = ptn_flow_definition(flow->name)->init;
	flow->history[0].position.at = flow->position.before;
	flow->history[0].stash.webauthn = flow->stash.webauthn;
	flow->n = 1;
	return true;
}

static void
answer(struct ptn_flow_answer *out)
{
	struct test_request t;
	struct ptn_json *json = NULL;
	const char *why;

	if (out->refused != PTN_FLOW_E_NONE)
		return;
	test_request_init(&t, arena);
	t.cf = *conf;
	t.env.sc = scope;
	t.req.sc = scope;
	need(ptn_flow_envelope(&t.req, &t.rep, out), "envelope");
	if (t.rep.json.buf.bad)
		die("an envelope that is cut");
	need(ptn_json_parse(PTN_BYTES(t.rep.json.buf.p, t.rep.json.buf.len),
		 DEPTH, &json, &why),
	    "an envelope that can be read");
	ptn_json_free(&json);
}

static void
step(struct ptn_flow *flow, struct ptn_flow_ask *ask)
{
	struct ptn_flow_answer *out = ptn_arena_alloc(arena, sizeof(*out));
	char token[PTN_SHA256_LEN + 1];
	enum ptn_err r;

	if (out == NULL)
		die("no memory");
	flow->id = ptn_uuid_new();
	need(ptn_flow_row_put(&scope, flow, 60), "a flow");
	need(ptn_flow_row_token(&scope, flow, token), "a token");
	ask->id = flow->id;
	ask->token = token;
	ask->by = &by;
	r = ptn_flow_advance(&scope, ask, out);
	if (r == PTN_OK)
		answer(out);
	else if (r != PTN_E_INPUT && r != PTN_E_DENIED)
		need(r, "a step");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ptn_flow_ask ask = { .name = PTN_FLOW_NONE };
	struct ptn_json *json = NULL;
	struct ptn_flow *flow;
	char *text, *body;
	const char *why;

	prepare();
	ptn_arena_reset(arena);
	text = ptn_arena_strndup(arena, (const char *)data, size);
	flow = ptn_arena_alloc(arena, sizeof(*flow));
	if (size > INPUT_MAX || text == NULL || flow == NULL ||
	    (body = strchr(text, '\n')) == NULL)
		return 0;
	*body++ = '\0';
	if (ptn_json_parse(ptn_bytes_of(body), DEPTH, &json, &why) != PTN_OK)
		return 0;
	if (json == NULL || ptn_json_type(json) == PTN_JSON_OBJECT) {
		ask.input = json;
		begin_anew();
		if (read_line(text, flow, &ask))
			step(flow, &ask);
	}
	ptn_json_free(&json);
	return 0;
}
