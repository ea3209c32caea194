/* Session tokens: which key, who it is for, until when, and seen before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/jwk.h"
#include "lib/account/token.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/jws.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define ARENA_MAX ((size_t)1 << 20)
#define NOW INT64_C(1767225600)
#define KID "7b1f0a52-3c7e-4a57-9a0e-0d2f5f0e4a11"
#define ID "7b1f0a52-3c7e-4a57-9a0e-0d2f5f0e4a21"
#define ID2 "7b1f0a52-3c7e-4a57-9a0e-0d2f5f0e4a22"

/* A key set of one, in the place of the database's. */
struct ptn_jwks {
	const struct ptn_key *signer;
	uint64_t generation;
};

static struct ptn_jwks keys;
static struct ptn_key *key, *other;
static struct ptn_arena *arena;
static struct ptn_conf conf;
static struct ptn_scope scope;
static int64_t now_s;

const struct ptn_key *
ptn_jwks_signer(const struct ptn_jwks *k, const char **kid)
{
	*kid = KID;
	return k->signer;
}

const struct ptn_key *
ptn_jwks_find(const struct ptn_jwks *k, const char *kid)
{
	return strcmp(kid, KID) == 0 ? k->signer : NULL;
}

uint64_t
ptn_jwks_generation(const struct ptn_jwks *k)
{
	return k->generation;
}

/* Another host has made a key: it is there when the set is loaded anew. */
static int refreshes;
static const struct ptn_key *to_come;
static enum ptn_err refreshed;

enum ptn_err
ptn_jwks_refresh(struct ptn_jwks *k, const struct ptn_scope *sc, bool force)
{
	(void)sc;
	assert_true(force);
	refreshes++;
	k->signer = to_come;
	return refreshed;
}

int64_t
ptn_clock_us(void)
{
	return now_s * PTN_US_PER_S;
}

int64_t
ptn_clock_mono_ms(void)
{
	return now_s * 1000;
}

void
ptn_clock_format(int64_t us, char out[PTN_CLOCK_STR])
{
	(void)us;
	strcpy(out, "now");
}

static int
setup(void **state)
{
	(void)state;
	ptn_log_init(PTN_LOG_ERROR, "test");
	arena = ptn_arena_new(ARENA_MAX);
	return arena == NULL || ptn_crypto_init() != PTN_OK ||
	    ptn_key_generate(&key, PTN_ALG_ES256) != PTN_OK ||
	    ptn_key_generate(&other, PTN_ALG_ES256) != PTN_OK;
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
	memset(&conf, 0, sizeof(conf));
	conf.rp_id = "example.co";
	conf.issuer = "";
	keys = (struct ptn_jwks){ key, 1 };
	scope = (struct ptn_scope){ .cf = &conf,
		.arena = arena,
		.keys = { [PTN_API_HANKO] = &keys },
		.tokens = ptn_token_cache_new(16) };
	refreshes = 0;
	refreshed = PTN_OK;
	to_come = NULL;
	now_s = NOW;
	return scope.tokens == NULL;
}

static int
after(void **state)
{
	(void)state;
	ptn_token_cache_free(&scope.tokens);
	assert_null(scope.tokens);
	ptn_token_cache_free(&scope.tokens);
	return 0;
}

static struct ptn_uuid
uuid(const char *text)
{
	struct ptn_uuid id;

	assert_true(ptn_uuid_parse(text, &id));
	return id;
}

static struct ptn_claims
claims_of(const char *address)
{
	return (struct ptn_claims){ .sub = uuid(ID),
		.session_id = uuid(ID2),
		.iat = NOW,
		.exp = NOW + 3600,
		.email = { address, true, false } };
}

static char *
issue(const struct ptn_claims *c)
{
	char *token;

	assert_int_equal(ptn_token_issue(&scope, c, &token), PTN_OK);
	return token;
}

static enum ptn_verdict
verify(const char *token, struct ptn_claims *out)
{
	const struct ptn_bytes t = ptn_bytes_of(token);
	struct ptn_token_good good[PTN_TOKENS_GOOD];
	size_t n = 99, unjudged;

	assert_int_equal(ptn_tokens_verify(&scope, &t, 1, good, &n, &unjudged),
	    PTN_OK);
	assert_int_equal(unjudged, 1);
	assert_in_range(n, 0, 1);
	if (n == 0)
		return PTN_DENY;
	assert_int_equal(good[0].at, 0);
	*out = good[0].claims;
	return PTN_ALLOW;
}

static void
assert_claims(const struct ptn_claims *a, const struct ptn_claims *b)
{
	assert_true(ptn_uuid_equal(&a->sub, &b->sub));
	assert_true(ptn_uuid_equal(&a->session_id, &b->session_id));
	assert_true(ptn_uuid_equal(&a->tenant_id, &b->tenant_id));
	assert_int_equal(a->iat, b->iat);
	assert_int_equal(a->exp, b->exp);
	if (b->email.address == NULL) {
		assert_null(a->email.address);
		return;
	}
	assert_string_equal(a->email.address, b->email.address);
	assert_int_equal(a->email.is_primary, b->email.is_primary);
	assert_int_equal(a->email.is_verified, b->email.is_verified);
}

/* ------------------------------------------------------------ by which key */

static void
no_signer(void **state)
{
	char *token = arena == NULL ? NULL : ptn_arena_strdup(arena, "x");

	(void)state;
	keys.signer = NULL;
	assert_int_equal(ptn_token_sign(&scope, PTN_API_HANKO, "{}", &token),
	    PTN_E_CONFIG);
	assert_null(token);
}

/* A key that is not known is looked for once, and only then. */
static void
looked_for(void **state)
{
	struct ptn_bytes payload;
	enum ptn_verdict verdict;
	char *token;
	int i;

	(void)state;
	assert_int_equal(ptn_token_sign(&scope, PTN_API_HANKO, "{}", &token),
	    PTN_OK);
	for (i = 0; i < 3; i++) {
		refreshes = 0;
		keys.signer = i == 0 ? key : NULL;
		to_come = i == 1 ? key : NULL;
		assert_int_equal(ptn_token_open(&scope, PTN_API_HANKO,
				     ptn_bytes_of(token), &payload, &verdict),
		    PTN_OK);
		assert_int_equal(verdict, i == 2 ? PTN_DENY : PTN_ALLOW);
		assert_int_equal(payload.p != NULL, verdict == PTN_ALLOW);
		assert_int_equal(refreshes, i == 0 ? 0 : 1);
	}
}

/* Without the key set there is no verdict; what is no token needs none. */
static void
could_not_tell(void **state)
{
	struct ptn_bytes payload = PTN_BYTES("x", 1);
	enum ptn_verdict verdict = PTN_ALLOW;
	const struct ptn_claims c = claims_of(NULL);
	char *token = issue(&c);

	(void)state;
	refreshed = PTN_E_UNAVAILABLE;
	keys.signer = NULL;
	assert_int_equal(ptn_token_open(&scope, PTN_API_HANKO,
			     ptn_bytes_of(token), &payload, &verdict),
	    PTN_E_UNAVAILABLE);
	assert_int_equal(verdict, PTN_DENY);
	assert_null(payload.p);
	verdict = PTN_ALLOW;
	assert_int_equal(ptn_token_open(&scope, PTN_API_HANKO,
			     ptn_bytes_of("a.b.c"), &payload, &verdict),
	    PTN_OK);
	assert_int_equal(verdict, PTN_DENY);
	assert_int_equal(refreshes, 1);
}

/* ------------------------------------------------------------ what it says */

static void
what_is_issued_is_read(void **state)
{
	static const char *const addresses[] = { NULL, "",
		"j\xc3\xb6@example.org" };
	struct ptn_claims c, seen;
	size_t i;

	(void)state;
	for (i = 0; i < N(addresses); i++) {
		c = claims_of(addresses[i]);
		assert_int_equal(verify(issue(&c), &seen), PTN_ALLOW);
		assert_claims(&seen, &c);
	}
	assert_int_equal(refreshes, 0);
}

/* Until its end, and a minute before its beginning: clocks differ. */
static void
in_its_time(void **state)
{
	static const struct {
		int64_t at;
		enum ptn_verdict verdict;
	} cases[] = {
		{ NOW - 61, PTN_DENY },
		{ NOW - 60, PTN_ALLOW },
		{ NOW, PTN_ALLOW },
		{ NOW + 3599, PTN_ALLOW },
		{ NOW + 3600, PTN_DENY },
	};
	const struct ptn_claims c = claims_of(NULL);
	struct ptn_claims seen;
	char *token = issue(&c);
	size_t i, round;

	(void)state;
	/* The same of a token that was seen before. */
	for (round = 0; round < 2; round++)
		for (i = 0; i < N(cases); i++) {
			now_s = cases[i].at;
			assert_int_equal(verify(token, &seen),
			    (int)cases[i].verdict);
		}
}

/* Whoever it was made for, it is for nobody else. */
static void
for_whom(void **state)
{
	static char ours[] = "ours", theirs[] = "theirs";
	static char *one[] = { ours }, *both[] = { theirs, ours };
	struct ptn_claims c = claims_of(NULL), seen;
	char *token;

	(void)state;
	token = issue(&c);
	conf.rp_id = "example.net";
	assert_int_equal(verify(token, &seen), PTN_DENY);
	conf.rp_id = "example.co";
	conf.issuer = "https://auth.example.co";
	assert_int_equal(verify(token, &seen), PTN_DENY);
	token = issue(&c);
	assert_int_equal(verify(token, &seen), PTN_ALLOW);
	conf.audience = (struct ptn_strs){ both, 2 };
	token = issue(&c);
	conf.audience = (struct ptn_strs){ one, 1 };
	assert_int_equal(verify(token, &seen), PTN_ALLOW);
}

/* One set of keys signs for all tenants. */
static void
of_which_tenant(void **state)
{
	struct ptn_claims c = claims_of(NULL), seen;
	char *mine, *none;

	(void)state;
	none = issue(&c);
	c.tenant_id = uuid(ID);
	mine = issue(&c);
	assert_int_equal(verify(none, &seen), PTN_ALLOW);
	assert_int_equal(verify(mine, &seen), PTN_DENY);
	scope.tenant_named = true;
	scope.tenant_id = uuid(ID);
	assert_int_equal(verify(none, &seen), PTN_DENY);
	assert_int_equal(verify(mine, &seen), PTN_ALLOW);
	assert_claims(&seen, &c);
	scope.tenant_id = uuid(ID2);
	assert_int_equal(verify(mine, &seen), PTN_DENY);
}

#define TIMES "\"iat\":1767225600,\"exp\":1767229200"
#define IDS "\"sub\":\"" ID "\",\"session_id\":\"" ID2 "\""
#define AUD "\"aud\":[\"example.co\"]"

/* Signed by us, and still no session token. */
static void
claims_refused(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{" IDS "," TIMES "}",
		"{" AUD "," TIMES "}",
		"{" AUD "," IDS "}",
		"{\"aud\":\"example.co\"," IDS "," TIMES "}",
		"{\"aud\":[]," IDS "," TIMES "}",
		"{\"aud\":[\"example.com\"]," IDS "," TIMES "}",
		"{" AUD "," TIMES ",\"sub\":\"x\",\"session_id\":\"" ID2 "\"}",
		"{" AUD "," TIMES ",\"sub\":1,\"session_id\":\"" ID2 "\"}",
		"{" AUD "," TIMES ",\"sub\":\"" ID "\"}",
		"{" AUD "," IDS ",\"iat\":\"1\",\"exp\":1767229200}",
		"{" AUD "," IDS ",\"iat\":1767225600,\"exp\":1767229200.5}",
		"{" AUD "," IDS "," TIMES ",\"tenant_id\":\"x\"}",
		"{" AUD "," IDS "," TIMES
		",\"tenant_id\":\"00000000-0000-0000-0000-000000000000\"}",
	};
	struct ptn_claims seen;
	char *token;
	size_t i;

	(void)state;
	assert_int_equal(ptn_token_sign(&scope, PTN_API_HANKO,
			     "{" AUD "," IDS "," TIMES "}", &token),
	    PTN_OK);
	assert_int_equal(verify(token, &seen), PTN_ALLOW);
	for (i = 0; i < N(bad); i++) {
		assert_int_equal(
		    ptn_token_sign(&scope, PTN_API_HANKO, bad[i], &token),
		    PTN_OK);
		if (verify(token, &seen) != PTN_DENY)
			fail_msg("%s", bad[i]);
	}
}

/* ------------------------------------------------------------- seen before */

/*
 * Its signature is not looked at again, until the key set changes; and what it
 * says outlives the request that brought it.
 */
static void
seen_before(void **state)
{
	static char token[PTN_JWS_MAX + 1];
	const struct ptn_claims c = claims_of("jo@example.org");
	struct ptn_claims seen;

	(void)state;
	strcpy(token, issue(&c));
	assert_int_equal(verify(token, &seen), PTN_ALLOW);
	ptn_arena_reset(arena);
	keys.signer = other;
	assert_int_equal(verify(token, &seen), PTN_ALLOW);
	assert_claims(&seen, &c);
	keys.generation++;
	assert_int_equal(verify(token, &seen), PTN_DENY);
}

/* One that was refused is not remembered as good, nor another's place taken. */
static void
not_seen_before(void **state)
{
	struct ptn_claims c = claims_of("jo@example.org"), seen;
	char *good = issue(&c), *forged;
	int i;

	(void)state;
	keys.signer = other;
	forged = issue(&c);
	keys.signer = key;
	for (i = 0; i < 2; i++) {
		assert_int_equal(verify(forged, &seen), PTN_DENY);
		assert_int_equal(verify(good, &seen), PTN_ALLOW);
	}
	/* More tokens than places: all are good all the same. */
	for (i = 0; i < 64; i++) {
		ptn_arena_reset(arena);
		c.exp = NOW + 60 + i;
		assert_int_equal(verify(issue(&c), &seen), PTN_ALLOW);
		assert_claims(&seen, &c);
	}
}

static void
no_token_at_all(void **state)
{
	static char long_one[PTN_JWS_MAX + 2];
	struct ptn_claims seen;

	(void)state;
	memset(long_one, 'a', sizeof(long_one) - 1);
	assert_int_equal(verify("", &seen), PTN_DENY);
	assert_int_equal(verify("x", &seen), PTN_DENY);
	assert_int_equal(verify(long_one, &seen), PTN_DENY);
	assert_int_equal(refreshes, 0);
}

/*
 * Whom it is for is asked of one that was seen before, too: an organisation's
 * relying party can change under a process that goes on.
 */
static void
seen_before_by_somebody_else(void **state)
{
	static char ours[] = "ours";
	static char *one[] = { ours };
	const struct ptn_claims c = claims_of(NULL);
	struct ptn_claims seen;
	char *token = issue(&c);

	(void)state;
	assert_int_equal(verify(token, &seen), PTN_ALLOW);
	conf.rp_id = "example.net";
	assert_int_equal(verify(token, &seen), PTN_DENY);
	conf.rp_id = "example.co";
	assert_int_equal(verify(token, &seen), PTN_ALLOW);
	conf.audience = (struct ptn_strs){ one, 1 };
	assert_int_equal(verify(token, &seen), PTN_DENY);
	conf.audience.n = 0;
	conf.issuer = "https://auth.example.co";
	assert_int_equal(verify(token, &seen), PTN_DENY);
	conf.issuer = "";
	assert_int_equal(verify(token, &seen), PTN_ALLOW);
}

/* ------------------------------------------------------ several at a time */

#define FOREIGN_KID "7b1f0a52-3c7e-4a57-9a0e-0d2f5f0e4a99"

/* As issue(), with a name for the key that is not ours. */
static char *
unknown_key(const struct ptn_claims *c)
{
	const struct ptn_jwks was = keys;
	char *token, *payload;
	struct ptn_jws jws;

	token = issue(c);
	assert_int_equal(ptn_jws_read(arena, ptn_bytes_of(token), &jws),
	    PTN_OK);
	payload = ptn_arena_strndup(arena, (const char *)jws.payload.p,
	    jws.payload.len);
	assert_int_equal(
	    ptn_jws_sign(was.signer, FOREIGN_KID, arena, payload, &token),
	    PTN_OK);
	return token;
}

static char *
forged(struct ptn_claims c, int64_t exp)
{
	char *token;

	c.exp = exp; /* each is another */
	keys.signer = other;
	token = issue(&c);
	keys.signer = key;
	return token;
}

/*
 * "at" of the good ones as text, "2 5 ", and of the first that was not judged,
 * "2 5 !7".
 */
static const char *
good_of(char *const *text, size_t n, struct ptn_token_good *good)
{
	struct ptn_bytes token[PTN_TOKENS_MAX] = { { NULL, 0 } };
	struct ptn_buf b;
	size_t i, found = 99, unjudged = 99;

	for (i = 0; i < n; i++)
		token[i] = ptn_bytes_of(text[i]);
	assert_int_equal(
	    ptn_tokens_verify(&scope, token, n, good, &found, &unjudged),
	    PTN_OK);
	assert_true(found <= PTN_TOKENS_GOOD);
	ptn_buf_init(&b, arena);
	for (i = 0; i < found; i++)
		ptn_buf_printf(&b, "%zu ", good[i].at);
	if (unjudged < n)
		ptn_buf_printf(&b, "!%zu", unjudged);
	else
		assert_int_equal(unjudged, n);
	return b.p != NULL ? b.p : "";
}

/* What cannot be ours costs no signature check, and no statement. */
static void
passed_over(void **state)
{
	struct ptn_token_good good[PTN_TOKENS_GOOD];
	struct ptn_claims c = claims_of("jo@example.org"), d = c;
	char *t[9];
	size_t i;

	(void)state;
	t[0] = (char *)"";
	t[1] = (char *)"no token";
	d.tenant_id = uuid(ID);
	t[2] = issue(&d);
	d = c;
	d.exp = NOW;
	t[3] = issue(&d);
	d.exp = c.exp;
	d.iat = NOW + 3600;
	t[4] = issue(&d);
	t[5] = unknown_key(&c);
	conf.rp_id = "example.net";
	t[6] = issue(&c);
	t[7] = unknown_key(&c);
	conf.rp_id = "example.co";
	t[8] = issue(&c);
	assert_string_equal(good_of(t, 9, good), "8 ");
	assert_claims(&good[0].claims, &c);
	assert_int_equal(refreshes, 0);
	/* None of them takes one of the four checks, either. */
	for (i = 0; i < 3; i++)
		t[i] = forged(c, NOW + 100 + (int64_t)i);
	t[8] = forged(c, NOW + 99);
	d = c;
	d.exp = NOW + 77;
	t[7] = issue(&d);
	assert_string_equal(good_of(t, 8, good), "7 ");
	assert_string_equal(good_of(t, 9, good), "7 !8");
}

static void
four_checks(void **state)
{
	struct ptn_token_good good[PTN_TOKENS_GOOD];
	const struct ptn_claims c = claims_of(NULL);
	char *t[6];
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++)
		t[i] = forged(c, NOW + 100 + (int64_t)i);
	t[5] = issue(&c);
	assert_string_equal(good_of(t, 6, good), "!4");
	assert_string_equal(good_of(t + 1, 5, good), "!4");
	assert_string_equal(good_of(t + 2, 4, good), "3 ");
	/* Seen before, it needs no check, but is a candidate as before. */
	assert_string_equal(good_of(t, 6, good), "!4");
	assert_string_equal(good_of(t + 1, 5, good), "!4");
}

static void
four_good(void **state)
{
	struct ptn_token_good good[PTN_TOKENS_GOOD];
	struct ptn_claims c = claims_of(NULL);
	char *t[6];
	size_t i;

	(void)state;
	for (i = 0; i < 6; i++) {
		c.exp = NOW + 100 + (int64_t)i;
		t[i] = issue(&c);
	}
	assert_string_equal(good_of(t + 2, 4, good), "0 1 2 3 ");
	assert_string_equal(good_of(t, 6, good), "0 1 2 3 !4");
	assert_int_equal(good[3].claims.exp, NOW + 103);
	assert_string_equal(good_of(t + 1, 4, good), "0 1 2 3 ");
	assert_string_equal(good_of(t, 0, good), "");
}

/* One that stands there again is passed over. */
static void
the_same_again(void **state)
{
	struct ptn_token_good good[PTN_TOKENS_GOOD];
	const struct ptn_claims c = claims_of(NULL);
	char *t[9];
	size_t i;

	(void)state;
	t[0] = forged(c, NOW + 100);
	t[1] = issue(&c);
	for (i = 2; i < 9; i++)
		t[i] = t[i % 2];
	assert_string_equal(good_of(t, 9, good), "1 ");
}

/* A new key of another host is looked for once, and only if nothing else is. */
static void
unknown_last(void **state)
{
	struct ptn_token_good good[PTN_TOKENS_GOOD];
	const struct ptn_claims c = claims_of(NULL);
	char *t[3];

	(void)state;
	t[0] = issue(&c);
	t[1] = forged(c, NOW + 100);
	t[2] = unknown_key(&c);
	assert_string_equal(good_of(t, 3, good), "0 ");
	assert_int_equal(refreshes, 0);
	keys.generation++;
	keys.signer = NULL;
	to_come = key;
	assert_string_equal(good_of(t, 3, good), "0 ");
	assert_int_equal(refreshes, 1);
	keys.generation++;
	keys.signer = NULL;
	to_come = NULL;
	assert_string_equal(good_of(t, 3, good), "");
	assert_int_equal(refreshes, 2);
}

/* Places of the cache are taken while a request is judged. */
static void
each_its_own(void **state)
{
	struct ptn_token_good good[PTN_TOKENS_GOOD];
	struct ptn_claims jo = claims_of("jo@example.org");
	struct ptn_claims al = claims_of("al@example.org");
	char *t[2];
	int i;

	(void)state;
	ptn_token_cache_free(&scope.tokens);
	scope.tokens = ptn_token_cache_new(1);
	t[0] = issue(&jo);
	t[1] = issue(&al);
	assert_string_equal(good_of(t, 1, good), "0 ");
	for (i = 0; i < 2; i++) {
		assert_string_equal(good_of(t, 2, good), "0 1 ");
		assert_claims(&good[0].claims, &jo);
		assert_claims(&good[1].claims, &al);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, each, after)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(no_signer),
		T(looked_for),
		T(could_not_tell),
		T(what_is_issued_is_read),
		T(in_its_time),
		T(for_whom),
		T(of_which_tenant),
		T(claims_refused),
		T(seen_before),
		T(not_seen_before),
		T(no_token_at_all),
		T(seen_before_by_somebody_else),
		T(passed_over),
		T(four_checks),
		T(four_good),
		T(the_same_again),
		T(unknown_last),
		T(each_its_own),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
