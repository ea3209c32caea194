/* A token by itself: by which key it is good, and what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/token.h"

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

/* None of what a token says of itself is taken for a claim of an operator's. */
static void
all_of_it_is_the_servers(void **state)
{
	struct ptn_claims c = claims_of("jo@example.org"), seen;

	(void)state;
	conf.issuer = "https://auth.example.co";
	c.username = "jo";
	c.amr = PTN_AMR_OTP | PTN_AMR_PASSKEY;
	c.tenant_id = uuid(ID);
	scope.tenant_named = true;
	scope.tenant_id = c.tenant_id;
	assert_int_equal(verify(issue(&c), &seen), PTN_ALLOW);
	assert_null(seen.custom);
	assert_string_equal(seen.username, "jo");
	c.custom = "\"role\":\"admin\"";
	assert_int_equal(verify(issue(&c), &seen), PTN_ALLOW);
	assert_string_equal(seen.custom, c.custom);
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

#define T(f) cmocka_unit_test_setup_teardown(f, each, after)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(no_signer),
		T(looked_for),
		T(could_not_tell),
		T(what_is_issued_is_read),
		T(all_of_it_is_the_servers),
		T(in_its_time),
		T(for_whom),
		T(of_which_tenant),
		T(claims_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
