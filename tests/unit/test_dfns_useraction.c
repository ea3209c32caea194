#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/base64.h"
#include "lib/base/hex.h"
#include "lib/base/log.h"
#include "lib/dfns/factor.h"
#include "lib/dfns/useraction.h"
#include "tests/unit/dfns.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct ptn_useraction
announced(void)
{
	const struct ptn_json *in = dfns_vector("user_action/init_request");

	return (struct ptn_useraction){
		dfns_text(arena, in, "userActionHttpMethod"),
		dfns_text(arena, in, "userActionHttpPath"),
		ptn_json_string(ptn_json_get(in, "userActionPayload")),
	};
}

static void
test_challenge_vector(void **state)
{
	const struct ptn_json *want =
	    dfns_vector("user_action/recommended_challenge");
	struct ptn_useraction action = announced();
	struct ptn_bytes nonce;
	char *c;

	(void)state;
	assert_int_equal(ptn_hex_decode(arena,
			     ptn_json_string(ptn_json_get(want, "nonce_hex")),
			     &nonce),
	    PTN_OK);
	c = ptn_useraction_challenge(arena, nonce.p, &action);
	assert_string_equal(c, dfns_text(arena, want, "challenge"));
	/* Every part is bound. */
	action.payload = ptn_bytes_of("{}");
	assert_string_not_equal(
	    ptn_useraction_challenge(arena, nonce.p, &action), c);
	action = announced();
	action.method = "POST";
	assert_string_not_equal(
	    ptn_useraction_challenge(arena, nonce.p, &action), c);
	action = announced();
	action.path = "/auth/credentials/activate";
	assert_string_not_equal(
	    ptn_useraction_challenge(arena, nonce.p, &action), c);
}

/* The signature of the example, as POST /auth/action judges it. */
static void
test_signed_vector(void **state)
{
	const struct ptn_keyassert_stored stored = { dfns_pem(arena, "p256"),
		PTN_KEYASSERT_UNSET };
	struct ptn_keyassert_assertion in;
	struct ptn_finding finding;
	struct ptn_dfns_factor f;
	const char *why;

	(void)state;
	assert_int_equal(
	    ptn_dfns_factor_read(arena,
		dfns_vector("user_action/sign_request/firstFactor"),
		PTN_FACTOR_FIRST, &f, &why),
	    PTN_OK);
	in = (struct ptn_keyassert_assertion){ f.client_data, f.signature,
		f.digest };
	assert_int_equal(ptn_keyassert_verify(arena, &stored, &in,
			     dfns_text(arena, dfns_vector("user_action"),
				 "recommended_challenge/challenge"),
			     &finding),
	    PTN_OK);
	assert_int_equal(finding.verdict, PTN_ALLOW);
}

static enum ptn_verdict
match(const struct ptn_useraction *a, const struct ptn_useraction *b)
{
	enum ptn_verdict verdict;

	assert_int_equal(ptn_useraction_match(a, b, &verdict), PTN_OK);
	return verdict;
}

static void
test_request_vector(void **state)
{
	const struct ptn_json *v = dfns_vector("user_action/final_request");
	struct ptn_useraction a = announced(), b;

	(void)state;
	b = (struct ptn_useraction){ dfns_text(arena, v, "method"),
		dfns_text(arena, v, "path"),
		ptn_json_string(ptn_json_get(v, "body_utf8")) };
	assert_int_equal(match(&a, &b), PTN_ALLOW);
	b.method = "POST";
	assert_int_equal(match(&a, &b), PTN_DENY);
}

static const struct {
	const char *announced;
	const char *target;
	enum ptn_verdict verdict;
} paths[] = {
	// clang-format off
	{ "/auth/pats", "/auth/pats", PTN_ALLOW },
	{ "/auth/pats", "/auth/pats?force=true", PTN_ALLOW },
	{ "/auth/pats", "/auth/pats?", PTN_ALLOW },
	{ "/auth/pats?force=true", "/auth/pats?force=true", PTN_ALLOW },
	{ "/auth/pats?force=true", "/auth/pats", PTN_DENY },
	{ "/auth/pats?force=true", "/auth/pats?force=false", PTN_DENY },
	{ "/auth/pats?", "/auth/pats", PTN_DENY },
	{ "/auth/pats", "/auth/pats/", PTN_DENY },
	{ "/auth/pats/", "/auth/pats", PTN_DENY },
	{ "/auth/pats", "/auth/pat", PTN_DENY },
	{ "/auth/pats", "/auth/users?x=/auth/pats", PTN_DENY },
	{ "/auth/%70ats", "/auth/pats", PTN_DENY },
	{ "/auth/users/us%2D1", "/auth/users/us%2d1", PTN_DENY },
	{ "/AUTH/pats", "/auth/pats", PTN_DENY },
	{ "/auth//pats", "/auth/pats", PTN_DENY },
	{ "", "/auth/pats", PTN_DENY },
	// clang-format on
};

static const struct {
	const char *announced;
	const char *body;
	enum ptn_verdict verdict;
} payloads[] = {
	// clang-format off
	{ "{\"a\":1}", "{\"a\":1}", PTN_ALLOW },
	{ "{\"a\":1,\"b\":[2]}", "{ \"b\": [2], \"a\": 1 }", PTN_ALLOW },
	{ "{\"a\":\"\\u00e9\"}", "{\"a\":\"\xc3\xa9\"}", PTN_ALLOW },
	{ "", "{}", PTN_ALLOW },
	{ "{}", "", PTN_ALLOW },
	{ "", "{ }\n", PTN_ALLOW },
	{ "", "", PTN_ALLOW },
	{ "{\"a\":1}", "{\"a\":2}", PTN_DENY },
	{ "{\"a\":1}", "{\"a\":1,\"b\":1}", PTN_DENY },
	{ "{\"a\":1,\"b\":1}", "{\"a\":1}", PTN_DENY },
	{ "{\"a\":1}", "{\"a\":\"1\"}", PTN_DENY },
	{ "{\"a\":1}", "{\"a\":2,\"a\":1}", PTN_DENY },
	{ "{\"a\":99999999999999999999}", "{\"a\":99999999999999999998}", PTN_DENY },
	{ "{\"a\":1}", "{\"a\":1}x", PTN_DENY },
	{ "{\"a\":1}", "", PTN_DENY },
	{ "", "{\"a\":1}", PTN_DENY },
	{ "", "null", PTN_DENY },
	{ "", "[]", PTN_DENY },
	{ "no json", "no json", PTN_ALLOW },
	{ "no json", "No json", PTN_DENY },
	{ "[1,2]", "[2,1]", PTN_DENY },
	// clang-format on
};

static void
test_match(void **state)
{
	struct ptn_useraction a = { "PUT", "", PTN_BYTES(NULL, 0) }, b = a;
	size_t i;

	(void)state;
	for (i = 0; i < N(paths); i++) {
		a.path = paths[i].announced;
		b.path = paths[i].target;
		assert_int_equal(match(&a, &b), paths[i].verdict);
	}
	a.path = b.path = "/auth/pats";
	for (i = 0; i < N(payloads); i++) {
		a.payload = ptn_bytes_of(payloads[i].announced);
		b.payload = ptn_bytes_of(payloads[i].body);
		assert_int_equal(match(&a, &b), payloads[i].verdict);
	}
	b = a;
	b.method = "put";
	assert_int_equal(match(&a, &b), PTN_DENY);
}

static void
test_methods(void **state)
{
	static const char *const good[] = { "POST", "PUT", "DELETE", "GET" };
	static const char *const bad[] = { "", "post", "PATCH", "GET ", "HEAD",
		"OPTIONS", "PUTT" };
	size_t i;

	(void)state;
	for (i = 0; i < N(good); i++)
		assert_true(ptn_useraction_method_ok(good[i]));
	for (i = 0; i < N(bad); i++)
		assert_false(ptn_useraction_method_ok(bad[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_challenge_vector, dfns_each),
		cmocka_unit_test_setup(test_signed_vector, dfns_each),
		cmocka_unit_test_setup(test_request_vector, dfns_each),
		cmocka_unit_test_setup(test_match, dfns_each),
		cmocka_unit_test_setup(test_methods, dfns_each),
	};

	return cmocka_run_group_tests(tests, dfns_setup, dfns_teardown);
}
