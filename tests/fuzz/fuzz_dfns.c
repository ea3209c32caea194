#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/dfns/dfns.h"
#include "fcgi/dispatch.h"
#include "lib/account/keysets.h"
#include "lib/account/tenant.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/key.h"
#include "lib/db/sql.h"
#include "lib/dfns/token.h"
#include "lib/format/dfnsid.h"
#include "tests/fuzz/request.h"

#define ARENA_MAX ((size_t)16 << 20)
#define DAY_S 86400
#define KEYS_MAX 8
#define NONCE "ffbf533af7afb6fd6a468a0643047d08d24b4a2e96c26a73b626ef40d8f9aaa8"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * A whole request to the Dfns API, through everything up to its last
 * statement.  In the place of the database stand the rows of one organisation
 * and one member, with the ids, keys and challenges of dfns-vectors.json: its
 * examples are accepted.  "@user@" and the like stand for tokens that are
 * good; a variable AWAY=n has the database go away at the n-th statement, and
 * NEWCOMER has the member not be registered, ENDUSER not be an employee.
 */
static struct ptn_uuid org, user, other;
static struct ptn_arena *arena;
static struct ptn_secrets *derived;
static struct ptn_keysets *keys;
static struct ptn_tenants *tenants;
static struct ptn_conf conf;
static unsigned statements, away_at;
static const struct ptn_request *request; /* the one at hand */
static bool newcomer; /* the member has not registered yet */
static bool end_user; /* and is no employee */

/* clang-format off */
static const char pem_key[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEn+QZTMWnTt64WKD6exFgh/DZAdYi\n"
	"iWDcawQbyJG1zB4CO0oHukwDjcuXyGhP93op48LwoMpqGzPEr2XYqkFWdQ==\n"
	"-----END PUBLIC KEY-----\n";
static const char pem_protected[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1FUgSn7Ppl37IwohBZ0A33KptcMh\n"
	"/pHZRpIczKya8JwTdAbhpM6HNW01L82jzeiM/UXYC4RYCoNiMWAGcsCXqA==\n"
	"-----END PUBLIC KEY-----\n";
static const char pem_recovery[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEGWmev1IMzohrV2KVD8Tx2KCr1ZTd\n"
	"C0KT+2Uav2brjgUTk1J5fbJfqI6ydeF1ryCkB0y14ffyOKDkij2h4V+mBg==\n"
	"-----END PUBLIC KEY-----\n";
static uint8_t cose_key[] = {
	0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20,
	0x1c, 0x20, 0xd1, 0xfa, 0x3b, 0x33, 0x5a, 0x38, 0xd3, 0x9d,
	0x97, 0xf6, 0x63, 0x69, 0x24, 0xc6, 0x73, 0x8e, 0x5e, 0xd8,
	0xe9, 0x88, 0x2b, 0x90, 0x26, 0xd3, 0x0b, 0xb1, 0x31, 0x5f,
	0xbe, 0xf5, 0x22, 0x58, 0x20, 0x51, 0xee, 0xfc, 0x13, 0x4d,
	0x04, 0xb1, 0x41, 0xdf, 0xed, 0x9c, 0xe2, 0xe8, 0x6d, 0x61,
	0x12, 0xdc, 0x62, 0xe1, 0x60, 0x3f, 0x97, 0x4c, 0xd2, 0x28,
	0x2f, 0xf1, 0x66, 0xf6, 0xa3, 0xb8, 0xfe,
};
static uint8_t raw_id[] = {
	0xff, 0xa0, 0x60, 0xb0, 0x23, 0x65, 0x9d, 0xf5, 0xfd, 0xcb,
	0x4a, 0xa3, 0x05, 0x69, 0x88, 0x15, 0xba, 0x6e, 0x0d, 0xc9,
	0xf9, 0x9c, 0x3e, 0xcc, 0x9a, 0x20, 0x29, 0xd1, 0xbd, 0x14,
	0xde, 0xa4,
};

/* The ceremonies: one for each token that names one. */
static const struct ceremony {
	const char *token; /* what stands for it in a request */
	enum ptn_dfns_token_kind kind;
	const char *purpose;
	const char *challenge;
	const char *state; /* without "allow" */
} ceremonies[] = {
	{ "@user@", PTN_DFNS_TOKEN_USER, "", "", "{" },
	{ "@newcomer@", PTN_DFNS_TOKEN_REGISTRATION, "registration",
	    "Y2gtNzloaHQtbXJlb2stOGFwOHFtMmVpZWZ0amxhZw", "{" },
	{ "@recovery@", PTN_DFNS_TOKEN_RECOVERY, "recovery",
	    "Y2gtNzloaHQtbXJlb2stOGFwOHFtMmVpZWZ0amxhZw", "{" },
	{ "@login@", PTN_DFNS_TOKEN_CHALLENGE, "login",
	    "NzdmODYwNTc1MDM2YjM5NWUwZDJkZjhiZDJhZjgyMDcyZjRjN2ZlNGE0YmUyMGJiNzQzZDUzOGYzMzkxM2Q4OQ",
	    "{" },
	{ "@credential@", PTN_DFNS_TOKEN_CHALLENGE, "credential",
	    "Y2gtNzloaHQtbXJlb2stOGFwOHFtMmVpZWZ0amxhZw", "Key" },
	{ "@by-code@", PTN_DFNS_TOKEN_CHALLENGE, "credential_code",
	    "Y2gtNzloaHQtbXJlb2stOGFwOHFtMmVpZWZ0amxhZw", "Key" },
	{ "@approve@", PTN_DFNS_TOKEN_CHALLENGE, "action",
	    "MjgxMzZmMDQ0NWE1M2Y4NTI1MTYxMGIxOWE3NzgyNjEyZWUzMDk5MTBlMTZiNjhiYzM0MTc1ZWM2ODM5ZDBkMA",
	    "{\"action\":{\"method\":\"PUT\",\"path\":\"/auth/credentials/deactivate\","
	    "\"payload\":\"{\\\"credentialUuid\\\":\\\"cr-0a3cm-3qjiv-99loovcu1sd2mf2d\\\"}\","
	    "\"nonce\":\"" NONCE "\",\"token\":\"%s\"}," },
	{ "@signed@", PTN_DFNS_TOKEN_ACTION, "signed", "",
	    "{\"action\":{\"method\":\"PUT\",\"path\":\"/auth/credentials/deactivate\","
	    "\"payload\":\"{\\\"credentialUuid\\\":\\\"cr-0a3cm-3qjiv-99loovcu1sd2mf2d\\\"}\","
	    "\"nonce\":\"" NONCE "\",\"token\":\"%s\"}," },
	{ "@service@", PTN_DFNS_TOKEN_SERVICE, "", "", "{" },
	{ "@this@", PTN_DFNS_TOKEN_ACTION, "signed", "", "this" },
};
/* clang-format on */
#define N(a) (sizeof(a) / sizeof((a)[0]))

static char *tokens[N(ceremonies)];

static const struct {
	const char *kind, *cred_id, *pem;
} credentials[] = {
	{ "Key", "SzMqFiBMZzi8EKXFTz0hcLsuT7jhAdo7yty_pAhCQrA", pem_key },
	{ "PasswordProtectedKey", "w7BL1SAojLWSZI5c_LVKPkV-iBm85CGAYpeKqCDdChs",
	    pem_protected },
	{ "RecoveryKey", "wr0toMNDYtpKWO_NpCRu8sKyWj1KPikCPb7kuUDJkRg",
	    pem_recovery },
};

/* The id of the n-th thing of a kind. */
static struct ptn_uuid
numbered(uint8_t kind, size_t n)
{
	struct ptn_uuid u = other;

	u.b[0] = kind;
	u.b[15] = (uint8_t)n;
	return u;
}

/* ------------------------------------------------------------- the rows */

static struct {
	struct ptn_jwk_list_out row;
	const char *api;
	uint8_t sealed[4096];
} jwks[KEYS_MAX];
static size_t njwks;

static void
insert_jwk(const struct ptn_jwk_insert_in *in)
{
	if (njwks == KEYS_MAX || in->sealed.len > sizeof(jwks[0].sealed))
		abort();
	memcpy(jwks[njwks].sealed, in->sealed.p, in->sealed.len);
	jwks[njwks].api = strcmp(in->api, "dfns") == 0 ? "dfns" : "hanko";
	jwks[njwks].row.id = in->id;
	jwks[njwks].row.alg = ptn_key_alg_name(
	    jwks[njwks].api[0] == 'd' ? PTN_ALG_EDDSA : conf.sign_alg);
	jwks[njwks].row.sealed = PTN_BYTES(jwks[njwks].sealed, in->sealed.len);
	jwks[njwks].row.created_at = jwks[njwks].row.signs_from =
	    ptn_clock_us() - PTN_US_PER_S;
	njwks++;
}

static size_t
list_jwks(const struct ptn_jwk_list_in *in, struct ptn_jwk_list_out *out)
{
	size_t i, n = 0;

	for (i = 0; i < njwks; i++) {
		if (strcmp(jwks[i].api, in->api) != 0)
			continue;
		out[n] = jwks[i].row;
		out[n++].now = ptn_clock_us();
	}
	return n;
}

static size_t
list_keys(struct ptn_creds_of_out *out)
{
	size_t i;

	for (i = 0; i < N(credentials); i++) {
		out[i].id = numbered(1, i);
		out[i].kind = credentials[i].kind;
		out[i].cred_id = credentials[i].cred_id;
		out[i].pem = credentials[i].pem;
		out[i].encrypted_private_key =
		    i == 0 ? NULL : "an encrypted key";
		out[i].active = 1;
	}
	return i;
}

static void
list_passkey(struct ptn_creds_of_out *out)
{
	static uint8_t id_hash[PTN_SHA256_LEN];

	ptn_crypto_sha256(PTN_BYTES(raw_id, sizeof(raw_id)), id_hash);
	memcpy(id_hash, numbered(2, 0).b, sizeof(other.b));
	out->id_hash = PTN_BYTES(id_hash, sizeof(id_hash));
	out->credential_id = PTN_BYTES(raw_id, sizeof(raw_id));
	out->public_key = PTN_BYTES(cose_key, sizeof(cose_key));
	out->rp_id = out->origin = NULL;
	out->active = 1;
}

static size_t
list_creds(struct ptn_creds_of_out *out)
{
	const size_t n = list_keys(out);

	list_passkey(&out[n]);
	return n + 1;
}

/* The beginning of a state, with the session that asked put into it. */
static const char *
with_session(struct ptn_arena *a, const char *state, const char *session)
{
	const char *hole = strchr(state, '%');

	if (hole == NULL)
		return state;
	return ptn_arena_printf(a, "%.*s%s%s", (int)(hole - state), state,
	    session, hole + 2);
}

/* The same of an action that is the request itself, whatever it is. */
static const char *
approves_this(struct ptn_arena *a, const char *session)
{
	struct ptn_jsonw w;

	ptn_jsonw_init(&w, a);
	ptn_jsonw_object(&w, NULL);
	ptn_jsonw_object(&w, "action");
	ptn_jsonw_str(&w, "method", ptn_method_name(request->method));
	ptn_jsonw_str(&w, "path", request->uri);
	ptn_jsonw_str(&w, "payload",
	    ptn_arena_strndup(a, (const char *)request->body.p,
		request->body.len));
	ptn_jsonw_str(&w, "nonce", NONCE);
	ptn_jsonw_str(&w, "token", session);
	ptn_jsonw_end_object(&w);
	return w.buf.bad ? NULL : ptn_arena_printf(a, "%s,", w.buf.p);
}

/* Which credentials may answer: all. */
static const char *
allowed(struct ptn_arena *a)
{
	char id[N(credentials) + 1][PTN_UUID_STR];
	struct ptn_uuid u;
	size_t i;

	for (i = 0; i < N(credentials); i++) {
		u = numbered(1, i);
		ptn_uuid_format(&u, id[i]);
	}
	u = numbered(2, 0); /* as lib/dfns/cred.c makes it of the digest */
	u.b[6] = (uint8_t)((u.b[6] & 0x0f) | 0x40);
	u.b[8] = (uint8_t)((u.b[8] & 0x3f) | 0x80);
	ptn_uuid_format(&u, id[i]);
	return ptn_arena_printf(a, "\"allow\":[\"%s\",\"%s\",\"%s\",\"%s\"]}",
	    id[0], id[1], id[2], id[3]);
}

static const char *
state_of(struct ptn_arena *a, const struct ceremony *c)
{
	const struct ptn_uuid session = numbered(3, 0);
	char token[PTN_UUID_STR];
	const char *head, *tail;

	if (strcmp(c->state, "Key") == 0)
		return "{\"kind\":\"Key\",\"code\":"
		       "\"00000000-0000-0000-0000-000000000000\"}";
	ptn_uuid_format(&session, token);
	head = strcmp(c->state, "this") == 0 ? approves_this(a, token)
					     : with_session(a, c->state, token);
	tail = allowed(a);
	if (head == NULL || tail == NULL)
		return NULL;
	return ptn_arena_printf(a, "%s%s", head, tail);
}

static void
fill_default(struct ptn_tenant_by_name_out *t)
{
	t->id = other;
	t->name = PTN_TENANT_DEFAULT;
	t->rp_id = t->rp_name = t->origins = NULL;
	t->active = 1;
}

static bool
fill_org(const struct ptn_tenant_by_id_in *in, struct ptn_tenant_by_id_out *t)
{
	t->id = org;
	t->name = t->rp_name = "Example";
	t->rp_id = "example.co";
	t->origins = "https://app.example.co";
	t->active = 1;
	return ptn_uuid_equal(&in->id, &org);
}

static void
fill_member(struct ptn_member_by_id_out *m)
{
	m->user_id = m->stored_id = user;
	m->email_id = other;
	m->username = m->address = "jdoe@example.co";
	m->kind = end_user ? "EndUser" : "CustomerEmployee";
	m->active = m->verified = 1;
	m->registered = !newcomer;
	m->now = ptn_clock_us();
}

static void
fill_named(struct ptn_member_by_name_out *out)
{
	struct ptn_member_by_id_out m = { .kind = NULL };

	fill_member(&m);
	out->org_name = out->org_rp_name = "Example";
	out->org_rp_id = "example.co";
	out->org_origins = "https://app.example.co";
	out->org_active = 1;
	out->user_id = out->stored_id = m.user_id;
	out->email_id = m.email_id;
	out->username = out->address = m.username;
	out->kind = m.kind;
	out->active = out->verified = 1;
	out->registered = m.registered;
	out->now = m.now;
}

static void
fill_session(struct ptn_member_session_out *s)
{
	s->user_id = user;
	s->username = "jdoe@example.co";
	s->kind = "CustomerEmployee";
	s->active = 1;
	s->now = s->last_used = ptn_clock_us();
}

static void
fill_service(struct ptn_access_token_find_out *s)
{
	s->id = numbered(3, 0);
	s->user_id = user;
	s->credential_id = numbered(1, 0);
	s->username = "backend";
	s->kind = "CustomerEmployee";
}

static void
fill_code(struct ptn_credcode_find_out *c)
{
	c->id = numbered(3, 0);
	c->tenant_id = org;
	c->user_id = user;
}

/* Its number is the last byte of its id. */
static const struct ceremony *
ceremony_of(const struct ptn_uuid *id)
{
	return &ceremonies[id->b[sizeof(id->b) - 1] % N(ceremonies)];
}

static bool
fill_locked(struct ptn_arena *a, const struct ptn_ceremony_lock_in *in,
    struct ptn_ceremony_lock_out *out)
{
	const struct ceremony *c = ceremony_of(&in->id);

	out->user_id = user;
	out->purpose = c->purpose;
	out->challenge = c->challenge;
	return (out->state = state_of(a, c)) != NULL;
}

static bool
fill_read(struct ptn_arena *a, const struct ptn_ceremony_read_in *in,
    struct ptn_ceremony_read_out *out)
{
	const struct ceremony *c = ceremony_of(&in->id);

	out->user_id = user;
	out->purpose = c->purpose;
	out->challenge = c->challenge;
	return (out->state = state_of(a, c)) != NULL;
}

static bool
fill_found(struct ptn_arena *a, const struct ptn_ceremony_find_in *in,
    struct ptn_ceremony_find_out *out)
{
	const struct ceremony *c = ceremony_of(&in->id);

	out->user_id = user;
	out->purpose = c->purpose;
	out->challenge = c->challenge;
	out->org_name = out->org_rp_name = "Example";
	out->org_rp_id = "example.co";
	out->org_origins = "https://app.example.co";
	out->org_active = 1;
	return (out->state = state_of(a, c)) != NULL;
}

static bool
fill_got(struct ptn_arena *a, const struct ptn_ceremony_get_in *in,
    struct ptn_ceremony_get_out *out)
{
	out->user_id = user;
	out->state = state_of(a, ceremony_of(&in->id));
	return out->state != NULL;
}

/* A row for the statements that have one; all others find nothing. */
static bool
fill_row(struct ptn_arena *a, int stmt, const void *in, void *out)
{
	switch (stmt) {
	case PTN_STMT_TENANT_BY_NAME:
		fill_default(out);
		return true;
	case PTN_STMT_TENANT_BY_ID:
		return fill_org(in, out);
	case PTN_STMT_USER_LOCK:
		((struct ptn_user_lock_out *)out)->id = user;
		return true;
	case PTN_STMT_USER_LOCK_ENTRY:
		((struct ptn_user_lock_entry_out *)out)->known_epoch = 0;
		return true;
	case PTN_STMT_MEMBER_BY_ID:
	case PTN_STMT_MEMBER_LOCK:
		fill_member(out); /* theirs are the same columns */
		return true;
	case PTN_STMT_MEMBER_BY_NAME:
		fill_named(out);
		return true;
	case PTN_STMT_MEMBER_SESSION:
		fill_session(out);
		return true;
	case PTN_STMT_ACCESS_TOKEN_FIND:
		fill_service(out);
		return true;
	case PTN_STMT_CREDCODE_FIND:
		fill_code(out);
		return true;
	case PTN_STMT_CEREMONY_LOCK:
		return fill_locked(a, in, out);
	case PTN_STMT_CEREMONY_READ:
		return fill_read(a, in, out);
	case PTN_STMT_CEREMONY_FIND:
		return fill_found(a, in, out);
	case PTN_STMT_CEREMONY_GET:
		return fill_got(a, in, out);
	default:
		return false;
	}
}

/* ------------------------------------------------- in the database's place */

static bool
is_away(void)
{
	return away_at != 0 && ++statements >= away_at;
}

/* A text column without a text is "". */
static void
clear(int stmt, void *out)
{
	const struct ptn_sql_stmt *s = &ptn_sql_stmts[stmt];
	const char *empty = "";
	size_t i;

	memset(out, 0, s->out_size);
	for (i = 0; i < s->nout; i++)
		if (s->out[i].type == PTN_SQL_STR)
			memcpy((char *)out + s->out[i].offset, &empty,
			    sizeof(empty));
}

enum ptn_err
ptn_db_exec(struct ptn_db *db, int stmt, const void *in, uint64_t *affected,
    uint64_t *insert_id)
{
	(void)db;
	if (is_away())
		return PTN_E_UNAVAILABLE;
	if (stmt == PTN_STMT_JWK_INSERT)
		insert_jwk(in);
	if (affected != NULL)
		*affected = 1;
	if (insert_id != NULL)
		*insert_id = 1;
	return PTN_OK;
}

enum ptn_err
ptn_db_one(struct ptn_db *db, struct ptn_arena *a, int stmt, const void *in,
    void *out)
{
	(void)db;
	if (is_away())
		return PTN_E_UNAVAILABLE;
	clear(stmt, out);
	return fill_row(a, stmt, in, out) ? PTN_OK : PTN_E_NOT_FOUND;
}

enum ptn_err
ptn_db_many(struct ptn_db *db, struct ptn_arena *a, int stmt, const void *in,
    size_t row_size, void **rows, size_t *n)
{
	char *out = ptn_arena_calloc(a, KEYS_MAX, row_size);
	size_t i;

	(void)db;
	*n = 0;
	if (is_away())
		return PTN_E_UNAVAILABLE;
	if ((*rows = out) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < KEYS_MAX; i++)
		clear(stmt, out + i * row_size);
	if (stmt == PTN_STMT_JWK_LIST)
		*n = list_jwks(in, *rows);
	if (stmt == PTN_STMT_CREDS_OF)
		*n = list_creds(*rows);
	return PTN_OK;
}

static bool in_tx;

enum ptn_err
ptn_db_part(struct ptn_db *db, ptn_db_tx_fn fn, void *arg)
{
	(void)db;
	(void)fn;
	(void)arg;
	return PTN_E_INTERNAL; /* nothing here has parts */
}

enum ptn_err
ptn_db_tx(struct ptn_db *db, ptn_db_tx_fn fn, void *arg)
{
	enum ptn_err r;

	in_tx = true;
	r = fn(db, arg);
	in_tx = false;
	return r;
}

void
ptn_db_soon(struct ptn_db *db)
{
	(void)db;
}

void
ptn_db_last(struct ptn_db *db)
{
	(void)db;
}

bool
ptn_db_in_tx(const struct ptn_db *db)
{
	(void)db;
	return in_tx;
}

uint64_t
ptn_db_writes(const struct ptn_db *db)
{
	(void)db;
	return 0;
}

uint64_t
ptn_db_count(const struct ptn_db *db)
{
	(void)db;
	return 0;
}

/* ------------------------------------------------------------- the requests */

static void
configure(void)
{
	conf.cookie_name = "hanko";
	conf.cookie_domain = conf.base_path = conf.issuer = "";
	conf.rp_id = "localhost";
	conf.rp_name = "Postern";
	conf.dfns_enabled = conf.mail_enabled = true;
	conf.audit_rows = conf.audit_mask = true;
	conf.dfns_session_s = conf.session_lifespan_s = DAY_S;
	conf.session_limit = 5;
	conf.sign_alg = PTN_ALG_ES256;
}

static bool
sign_tokens(void)
{
	struct test_request t;
	struct ptn_dfns_token token;
	const int64_t now = ptn_clock_us() / PTN_US_PER_S;
	char *text;
	size_t i;

	test_request_init(&t, arena);
	t.cf = conf;
	t.env.sc.secrets = derived;
	t.env.sc.keys = keys;
	t.env.tenants = tenants;
	t.req.sc = t.env.sc;
	t.req.family = &ptn_dfns_family;
	if (ptn_keysets_refresh_of(&t.req.sc, PTN_API_DFNS, false) != PTN_OK)
		return false;
	for (i = 0; i < N(ceremonies); i++) {
		token = (struct ptn_dfns_token){ .kind = ceremonies[i].kind,
			.id = numbered(3, i),
			.org = org,
			.user = user,
			.username = "jdoe@example.co",
			.iat = now,
			.exp = now + DAY_S };
		if (ptn_dfns_token_sign(&t.req.sc, &token, &text) != PTN_OK ||
		    (tokens[i] = strdup(text)) == NULL)
			return false;
	}
	return true;
}

static void
prepare(void)
{
	static char secret[] = "a secret of more than sixteen bytes";
	static char *secrets[] = { secret };
	const struct ptn_strs list = { secrets, 1 };

	if (arena != NULL)
		return;
	ptn_log_init(PTN_LOG_ERROR, "fuzz");
	configure();
	if ((arena = ptn_arena_new(ARENA_MAX)) == NULL ||
	    ptn_dfnsid_parse(PTN_DFNSID_ORG,
		ptn_bytes_of("or-01hsu-1supa-9h6psno14d2mf2db"),
		&org) != PTN_OK ||
	    ptn_dfnsid_parse(PTN_DFNSID_USER,
		ptn_bytes_of("us-2r1sn-m874t-9olbf8bd5s69kjgh"),
		&user) != PTN_OK ||
	    ptn_dfnsid_parse(PTN_DFNSID_ORG,
		ptn_bytes_of("or-7jo7g-1gajr-9l68sntb04hkaps9"),
		&other) != PTN_OK ||
	    ptn_crypto_init() != PTN_OK ||
	    ptn_secrets_new(&derived, &list) != PTN_OK ||
	    ptn_keysets_new(&keys, &conf, derived) != PTN_OK ||
	    (tenants = ptn_tenants_new(&conf)) == NULL || !sign_tokens())
		abort();
}

/* The text with tokens in the places of their names. */
static char *
expand(const char *text)
{
	struct ptn_buf b;
	size_t i, n;

	ptn_buf_init(&b, arena);
	for (; *text != '\0'; text += n) {
		n = strcspn(text + 1, "@") + 1;
		for (i = 0; i < N(ceremonies); i++)
			if (strncmp(text, ceremonies[i].token,
				strlen(ceremonies[i].token)) == 0)
				break;
		if (i == N(ceremonies)) {
			ptn_buf_add(&b, text, n);
			continue;
		}
		ptn_buf_add(&b, tokens[i], strlen(tokens[i]));
		n = strlen(ceremonies[i].token);
	}
	ptn_buf_add(&b, "", 1);
	return b.bad ? NULL : b.p;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct test_request t;
	const char *away;
	char *text;

	away_at = 0;
	prepare();
	ptn_arena_reset(arena);
	if (size > FUZZ_REQUEST_MAX ||
	    (text = ptn_arena_strndup(arena, (const char *)data, size)) ==
		NULL ||
	    (text = expand(text)) == NULL)
		return 0;
	test_request_init(&t, arena);
	t.cf = conf;
	t.env.sc.secrets = derived;
	t.env.sc.keys = keys;
	t.env.tenants = tenants;
	t.req.sc = t.env.sc;
	fuzz_read_request(&t, text);
	if (strncmp(t.req.uri, "/auth/", 6) != 0)
		return 0;
	away = ptn_request_param(&t.req, "AWAY");
	statements = 0;
	away_at = away != NULL ? (unsigned)atoi(away) : 0;
	newcomer = ptn_request_param(&t.req, "NEWCOMER") != NULL;
	end_user = ptn_request_param(&t.req, "ENDUSER") != NULL;
	request = &t.req;
	ptn_dispatch(&t.req, &t.rep);
	fuzz_check_reply(&t.rep);
	return 0;
}
