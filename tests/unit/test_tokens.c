/* Tokens of one request: seen before or not, and several at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/token.h"
#include "lib/account/token_cache.h"

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
	const struct ptn_keysets was = keys;
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
