/* Tokens of the Dfns API: each kind is itself alone, and ours, and of now. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/keysets.h"
#include "lib/account/token.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/key.h"
#include "lib/dfns/token.h"
#include "lib/format/dfnsid.h"
#include "lib/format/json.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define ARENA_MAX ((size_t)1 << 20)
#define NOW 1767225600
#define KID "7b1f0a52-3c7e-4a57-9a0e-0d2f5f0e4a11"
#define KID_LATER "7b1f0a52-3c7e-4a57-9a0e-0d2f5f0e4a12"

/* A key set of two: one that is known, one that a refresh finds. */
struct ptn_keysets {
	const char *kid;
	const struct ptn_key *signer;
	const struct ptn_key *later;
	bool refreshed;
	int asked;
};

static struct ptn_key *key, *other;
static struct ptn_keysets keys;
static struct ptn_conf conf = { .issuer = "https://auth.example.co",
	.rp_id = "example.co" };
static struct ptn_arena *arena;
static struct ptn_scope scope;

enum ptn_err
ptn_keysets_signer(const struct ptn_scope *sc, enum ptn_api api,
    const struct ptn_key **out, const char **kid)
{
	assert_int_equal(api, PTN_API_DFNS);
	*kid = sc->keys->kid;
	*out = sc->keys->signer;
	return *out != NULL ? PTN_OK : PTN_E_CONFIG;
}

enum ptn_err
ptn_keysets_find(const struct ptn_scope *sc, enum ptn_api api, const char *kid,
    const struct ptn_key **out)
{
	const struct ptn_keysets *k = sc->keys;

	assert_int_equal(api, PTN_API_DFNS);
	*out = NULL;
	if (strcmp(kid, KID) == 0)
		*out = key;
	else if (strcmp(kid, KID_LATER) == 0 && k->refreshed)
		*out = k->later;
	return PTN_OK;
}

enum ptn_err
ptn_keysets_refresh_of(const struct ptn_scope *sc, enum ptn_api api, bool force)
{
	assert_int_equal(api, PTN_API_DFNS);
	assert_true(force);
	sc->keys->refreshed = true;
	sc->keys->asked++;
	return PTN_OK;
}

uint64_t
ptn_keysets_generation(const struct ptn_scope *sc, enum ptn_api api)
{
	(void)sc;
	(void)api;
	return 1;
}

int64_t
ptn_clock_us(void)
{
	return (int64_t)NOW * 1000000;
}

int64_t
ptn_clock_mono_ms(void)
{
	return 0;
}

void
ptn_clock_format(int64_t us, char out[PTN_CLOCK_STR])
{
	(void)us;
	out[0] = '\0';
}

static int
setup(void **state)
{
	(void)state;
	ptn_log_init(PTN_LOG_ERROR, "test");
	arena = ptn_arena_new(ARENA_MAX);
	if (arena == NULL || ptn_crypto_init() != PTN_OK ||
	    ptn_key_generate(&key, PTN_ALG_EDDSA) != PTN_OK ||
	    ptn_key_generate(&other, PTN_ALG_EDDSA) != PTN_OK)
		return 1;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ptn_key_free(&key);
	ptn_key_free(&other);
	ptn_arena_free(&arena);
	return 0;
}

static int
each(void **state)
{
	(void)state;
	ptn_arena_reset(arena);
	keys = (struct ptn_keysets){ .kid = KID,
		.signer = key,
		.later = other };
	scope = (struct ptn_scope){ .cf = &conf,
		.keys = &keys,
		.arena = arena };
	return 0;
}

static struct ptn_uuid
id_of(uint8_t n)
{
	struct ptn_uuid u = { { 0 } };

	u.b[6] = 0x40;
	u.b[8] = 0x80;
	u.b[15] = n;
	return u;
}

static struct ptn_dfns_token
fresh(enum ptn_dfns_token_kind kind)
{
	return (struct ptn_dfns_token){ .kind = kind,
		.id = id_of(1),
		.org = id_of(2),
		.user = id_of(3),
		.username = "jdoe@example.co",
		.iat = NOW,
		.exp = NOW + 60 };
}

static char *
sign(const struct ptn_dfns_token *t)
{
	char *token;

	assert_int_equal(ptn_dfns_token_sign(&scope, t, &token), PTN_OK);
	return token;
}

static enum ptn_verdict
verify(const char *token, enum ptn_dfns_token_kind kind,
    struct ptn_dfns_token *t)
{
	enum ptn_verdict verdict = PTN_ALLOW;

	assert_int_equal(ptn_dfns_token_verify(&scope, ptn_bytes_of(token),
			     kind, t, &verdict),
	    PTN_OK);
	return verdict;
}

static void
none_for_another(void **state)
{
	struct ptn_dfns_token in, out;
	int is, as;

	(void)state;
	for (is = 0; is < PTN_DFNS_TOKEN__MAX; is++)
		for (as = 0; as < PTN_DFNS_TOKEN__MAX; as++) {
			in = fresh((enum ptn_dfns_token_kind)is);
			if (verify(sign(&in), (enum ptn_dfns_token_kind)as,
				&out) != (is == as ? PTN_ALLOW : PTN_DENY))
				fail_msg("%d as %d", is, as);
		}
}

static void
says_what_was_signed(void **state)
{
	struct ptn_dfns_token in, out;
	int k;

	(void)state;
	for (k = 0; k < PTN_DFNS_TOKEN__MAX; k++) {
		in = fresh((enum ptn_dfns_token_kind)k);
		if (k == PTN_DFNS_TOKEN_CHALLENGE)
			memset(&in.user, 0, sizeof(in.user));
		assert_int_equal(verify(sign(&in), in.kind, &out), PTN_ALLOW);
		assert_true(ptn_uuid_equal(&in.id, &out.id));
		assert_true(ptn_uuid_equal(&in.org, &out.org));
		assert_true(ptn_uuid_equal(&in.user, &out.user));
		assert_int_equal(out.iat, in.iat);
		assert_int_equal(out.exp, in.exp);
	}
}

static bool
is_stored(const char *token, struct ptn_uuid *org)
{
	bool is = true;

	assert_int_equal(ptn_dfns_token_claims(arena, ptn_bytes_of(token), org,
			     &is),
	    PTN_OK);
	return is;
}

/* What one claims to be does not depend on who signed it, nor on when. */
static void
claims_are_not_verified(void **state)
{
	static const char *const none[] = { "", "x", "a.b.c", "e30.e30.e30",
		/* no aud; and an organisation that is none */
		"e30.eyJzdWIiOiJvci14In0.e30",
		"e30.eyJhdWQiOlsiZGZuczphdXRoOnNlcnZpY2UiXSwic3ViIjoib3IteCJ9"
		".e30" };
	struct ptn_dfns_token t;
	struct ptn_uuid org;
	size_t i;
	int k;

	(void)state;
	keys.signer = other;
	for (k = 0; k < PTN_DFNS_TOKEN__MAX; k++) {
		t = fresh((enum ptn_dfns_token_kind)k);
		t.exp = NOW - 1000;
		assert_int_equal(is_stored(sign(&t), &org),
		    k == PTN_DFNS_TOKEN_SERVICE || k == PTN_DFNS_TOKEN_PAT);
	}
	t = fresh(PTN_DFNS_TOKEN_SERVICE);
	assert_true(is_stored(sign(&t), &org));
	assert_true(ptn_uuid_equal(&org, &t.org));
	for (i = 0; i < N(none); i++)
		assert_false(is_stored(none[i], &org));
}

static const char *
quoted(enum ptn_dfnsid_kind kind)
{
	const struct ptn_uuid id = id_of(9);
	char text[PTN_DFNSID_STR];

	ptn_dfnsid_format(kind, &id, text);
	return ptn_arena_printf(arena, "\"%s\"", text);
}

/* Claims as JSON; NULL: as they should be. */
struct claims {
	const char *what;
	const char *iss;
	const char *sub;
	const char *aud;
	const char *jti;
	const char *times;
	const char *user;
};

#define ISS "\"https://auth.example.co\""
#define AUD "[\"dfns:auth:user\"]"
#define TIMES "\"iat\":1767225600,\"exp\":1767225660"

static const char *
or_else(const char *given, const char *right)
{
	return given != NULL ? given : right;
}

static const char *
write_claims(const struct claims *c)
{
	return ptn_arena_printf(arena,
	    "{\"iss\":%s,\"sub\":%s,\"aud\":%s,\"jti\":%s,%s,"
	    "\"https://custom/app_metadata\":{\"userId\":%s}}",
	    or_else(c->iss, ISS), or_else(c->sub, quoted(PTN_DFNSID_ORG)),
	    or_else(c->aud, AUD), or_else(c->jti, quoted(PTN_DFNSID_TOKEN)),
	    or_else(c->times, TIMES),
	    or_else(c->user, quoted(PTN_DFNSID_USER)));
}

static enum ptn_verdict
verify_payload(const char *payload)
{
	struct ptn_dfns_token t;
	char *token;

	assert_int_equal(ptn_token_sign(&scope, PTN_API_DFNS, payload, &token),
	    PTN_OK);
	return verify(token, PTN_DFNS_TOKEN_USER, &t);
}

/* Signed by us, and still none of ours. */
static void
claims_refused(void **state)
{
	const struct claims bad[] = {
		{ .what = "iss", .iss = "\"https://example.co\"" },
		{ .what = "iss null", .iss = "null" },
		{ .what = "sub null", .sub = "null" },
		{ .what = "sub of a user", .sub = quoted(PTN_DFNSID_USER) },
		{ .what = "aud text", .aud = "\"dfns:auth:user\"" },
		{ .what = "aud none", .aud = "[]" },
		{ .what = "aud two", .aud = "[\"dfns:auth:user\",\"x\"]" },
		{ .what = "aud longer", .aud = "[\"dfns:auth:user2\"]" },
		{ .what = "aud NUL", .aud = "[\"dfns:auth:user\\u0000\"]" },
		{ .what = "jti", .jti = quoted(PTN_DFNSID_CHALLENGE) },
		{ .what = "jti number", .jti = "1" },
		{ .what = "user of an org", .user = quoted(PTN_DFNSID_ORG) },
		{ .what = "user number", .user = "1" },
		{ .what = "no exp", .times = "\"iat\":1767225600" },
		{ .what = "no iat", .times = "\"exp\":1767225660" },
		{ .what = "exp text",
		    .times = "\"iat\":1,\"exp\":\"1767225660\"" },
		{ .what = "exp not whole",
		    .times = "\"iat\":1,\"exp\":1767225660.5" },
		{ .what = "exp large", .times = "\"iat\":1,\"exp\":1e300" },
		{ .what = "exp now", .times = "\"iat\":1,\"exp\":1767225600" },
		{ .what = "exp below 0", .times = "\"iat\":1,\"exp\":-1" },
		{ .what = "iat too late",
		    .times = "\"iat\":1767225661,\"exp\":1767229999" },
		{ .what = "exp twice", .times = "\"exp\":1," TIMES },
	};
	static const char *const texts[] = { "[1]", "null", "{}", "\"x\"" };
	const struct claims right = { .what = "right" };
	size_t i;

	(void)state;
	assert_int_equal(verify_payload(write_claims(&right)), PTN_ALLOW);
	for (i = 0; i < N(bad); i++)
		if (verify_payload(write_claims(&bad[i])) != PTN_DENY)
			fail_msg("%s", bad[i].what);
	for (i = 0; i < N(texts); i++)
		assert_int_equal(verify_payload(texts[i]), PTN_DENY);
}

static void
last_second(void **state)
{
	struct ptn_dfns_token t = fresh(PTN_DFNS_TOKEN_USER), out;

	(void)state;
	t.exp = NOW + 1;
	assert_int_equal(verify(sign(&t), t.kind, &out), PTN_ALLOW);
	t.exp = NOW;
	assert_int_equal(verify(sign(&t), t.kind, &out), PTN_DENY);
	t.exp = NOW + 600;
	t.iat = NOW + 60;
	assert_int_equal(verify(sign(&t), t.kind, &out), PTN_ALLOW);
	t.iat = NOW + 61;
	assert_int_equal(verify(sign(&t), t.kind, &out), PTN_DENY);
}

/* Without a configured issuer it is the relying party's own address. */
static void
issuer(void **state)
{
	struct ptn_dfns_token t = fresh(PTN_DFNS_TOKEN_USER), out;
	struct ptn_conf mine = conf;
	const char *token = sign(&t);

	(void)state;
	mine.issuer = "";
	scope.cf = &mine;
	assert_int_equal(verify(token, t.kind, &out), PTN_DENY);
	token = sign(&t);
	assert_int_equal(verify(token, t.kind, &out), PTN_ALLOW);
	mine.issuer = "https://example.co";
	assert_int_equal(verify(token, t.kind, &out), PTN_ALLOW);
	mine.rp_id = "example.net";
	mine.issuer = "";
	assert_int_equal(verify(token, t.kind, &out), PTN_DENY);
}

/* A key that is unknown is asked for once, whatever comes of it. */
static void
unknown_key(void **state)
{
	struct ptn_dfns_token t = fresh(PTN_DFNS_TOKEN_USER), out;
	const char *token;

	(void)state;
	keys.kid = KID_LATER;
	keys.signer = other;
	token = sign(&t);
	assert_int_equal(verify(token, t.kind, &out), PTN_ALLOW);
	assert_int_equal(keys.asked, 1);
	keys.later = NULL;
	assert_int_equal(verify(token, t.kind, &out), PTN_DENY);
	assert_int_equal(keys.asked, 2);
	/* A known id, and the signature of another key: nothing to look for. */
	keys.kid = KID;
	assert_int_equal(verify(sign(&t), t.kind, &out), PTN_DENY);
	assert_int_equal(keys.asked, 2);
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(none_for_another),
		T(says_what_was_signed),
		T(claims_are_not_verified),
		T(claims_refused),
		T(last_second),
		T(issuer),
		T(unknown_key),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
