#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/log.h"
#include "lib/crypto/totp.h"
#include "tests/unit/dfns.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))


/* RFC 4226 appendix D and RFC 6238 appendix B: the same secret. */
static const char secret_text[] = "12345678901234567890";

static struct ptn_bytes
secret(void)
{
	return ptn_bytes_of(secret_text);
}

static void
test_rfc4226(void **state)
{
	static const char *const want[] = { "755224", "287082", "359152",
		"969429", "338314", "254676", "287922", "162583", "399871",
		"520489" };
	char code[PTN_TOTP_STR];
	size_t i;

	(void)state;
	for (i = 0; i < N(want); i++) {
		assert_int_equal(ptn_totp_code(secret(), (int64_t)i, code),
		    PTN_OK);
		assert_string_equal(code, want[i]);
	}
}

/* RFC 6238 appendix B, the last six of its eight digits. */
static void
test_rfc6238(void **state)
{
	static const struct {
		int64_t at;
		const char *code;
	} want[] = {
		{ 59, "287082" },
		{ 1111111109, "081804" },
		{ 1111111111, "050471" },
		{ 1234567890, "005924" },
		{ 2000000000, "279037" },
		{ 20000000000, "353130" },
	};
	enum ptn_verdict verdict;
	int64_t step;
	size_t i;

	(void)state;
	for (i = 0; i < N(want); i++) {
		assert_int_equal(ptn_totp_verify(secret(), want[i].at, -1,
				     ptn_bytes_of(want[i].code), &step,
				     &verdict),
		    PTN_OK);
		assert_int_equal(verdict, PTN_ALLOW);
		assert_int_equal(step, want[i].at / PTN_TOTP_STEP_S);
	}
}

static enum ptn_verdict
judge(int64_t now, int64_t last, const char *code)
{
	enum ptn_verdict verdict;
	int64_t step;

	assert_int_equal(ptn_totp_verify(secret(), now, last,
			     ptn_bytes_of(code), &step, &verdict),
	    PTN_OK);
	assert_int_equal(verdict == PTN_ALLOW, step >= 0);
	return verdict;
}

static void
test_vectors(void **state)
{
	const struct ptn_json *codes = dfns_vector("totp/codes"), *request;
	char *url;
	int64_t at;
	size_t i;

	(void)state;
	assert_in_range(ptn_json_len(codes), 4, 100);
	for (i = 0; i < ptn_json_len(codes); i++) {
		assert_true(ptn_json_int(
		    dfns_at(ptn_json_at(codes, i), "unixTime"), &at));
		assert_int_equal(
		    judge(at, -1,
			dfns_text(arena, ptn_json_at(codes, i), "otpCode")),
		    PTN_ALLOW);
	}
	url = ptn_totp_url(arena, "Example", "jdoe@example.co", secret());
	assert_string_equal(url,
	    dfns_text(arena, dfns_vector("totp"), "otpUrl"));
	request = dfns_vector("login/password_totp/request/secondFactor");
	assert_int_equal(judge(59, -1, dfns_text(arena, request, "otpCode")),
	    PTN_ALLOW);
}

/* RFC 4226: step 1 is 287082. */
static void
test_window(void **state)
{
	(void)state;
	assert_int_equal(judge(0, -1, "287082"), PTN_ALLOW);
	assert_int_equal(judge(89, -1, "287082"), PTN_ALLOW);
	assert_int_equal(judge(90, -1, "287082"), PTN_DENY);
	assert_int_equal(judge(120, -1, "755224"), PTN_DENY);
	/* A step serves once, and none before it serves after. */
	assert_int_equal(judge(45, 0, "287082"), PTN_ALLOW);
	assert_int_equal(judge(45, 1, "287082"), PTN_DENY);
	assert_int_equal(judge(45, 2, "287082"), PTN_DENY);
	assert_int_equal(judge(45, 1, "359152"), PTN_ALLOW);
	assert_int_equal(judge(45, 2, "359152"), PTN_DENY);
}

static void
test_refused(void **state)
{
	static const char *const wrong[] = { "", "28708", "2870822", "287083",
		" 287082", "287 082", "+287082", "28708a" };
	enum ptn_verdict verdict;
	int64_t step;
	size_t i;

	(void)state;
	for (i = 0; i < N(wrong); i++)
		assert_int_equal(judge(45, -1, wrong[i]), PTN_DENY);
	assert_int_equal(ptn_totp_verify(ptn_bytes_of("another secret"), 45, -1,
			     ptn_bytes_of("287082"), &step, &verdict),
	    PTN_OK);
	assert_int_equal(verdict, PTN_DENY);
}

/* RFC 4648 section 10, without the padding. */
static void
test_url(void **state)
{
	static const char *const pairs[][2] = { { "", "" }, { "f", "MY" },
		{ "fo", "MZXQ" }, { "foo", "MZXW6" }, { "foob", "MZXW6YQ" },
		{ "fooba", "MZXW6YTB" }, { "foobar", "MZXW6YTBOI" } };
	size_t i;

	(void)state;
	for (i = 0; i < N(pairs); i++)
		assert_string_equal(ptn_totp_url(arena, "A&B:C", "\xc3\xa9",
					ptn_bytes_of(pairs[i][0])),
		    ptn_arena_printf(arena,
			"otpauth://totp/A%%26B%%3AC:%%C3%%A9?secret=%s"
			"&issuer=A%%26B%%3AC"
			"&algorithm=SHA1&digits=6&period=30",
			pairs[i][1]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_rfc4226, dfns_each),
		cmocka_unit_test_setup(test_rfc6238, dfns_each),
		cmocka_unit_test_setup(test_vectors, dfns_each),
		cmocka_unit_test_setup(test_window, dfns_each),
		cmocka_unit_test_setup(test_refused, dfns_each),
		cmocka_unit_test_setup(test_url, dfns_each),
	};

	return cmocka_run_group_tests(tests, dfns_setup, dfns_teardown);
}
