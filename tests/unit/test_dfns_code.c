#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/dfns/code.h"
#include "tests/unit/dfns.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define DRAWS 2000


static const struct {
	enum ptn_dfns_code_form form;
	const char *typed;
	const char *normal; /* NULL: refused */
} cases[] = {
	// clang-format off
	{ PTN_DFNS_CODE_MAIL, "1234-1234-1234-1234", "1234123412341234" },
	{ PTN_DFNS_CODE_MAIL, "1234123412341234", "1234123412341234" },
	{ PTN_DFNS_CODE_MAIL, " 1234 1234 1234 1234\r\n", "1234123412341234" },
	{ PTN_DFNS_CODE_MAIL, "code: 0000-0000-0000-0000.", "0000000000000000" },
	{ PTN_DFNS_CODE_MAIL, "", NULL },
	{ PTN_DFNS_CODE_MAIL, "1234-1234-1234-123", NULL },
	{ PTN_DFNS_CODE_MAIL, "1234-1234-1234-12345", NULL },
	{ PTN_DFNS_CODE_MAIL, "12341234123412341234123412341234", NULL },
	{ PTN_DFNS_CODE_MAIL, "\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4", NULL },
	{ PTN_DFNS_CODE_MAIL, "A7U-KY6-9PT", NULL },
	{ PTN_DFNS_CODE_MAIL, "1234-1234-1234-1234                       "
	    "                       ", NULL },
	{ PTN_DFNS_CODE_CREDENTIAL, "A7U-KY6-9PT", "A7UKY69PT" },
	{ PTN_DFNS_CODE_CREDENTIAL, "a7uky69pt", "A7UKY69PT" },
	{ PTN_DFNS_CODE_CREDENTIAL, " a7U kY6 9pt ", "A7UKY69PT" },
	{ PTN_DFNS_CODE_CREDENTIAL, "A7U-KY6-9P", NULL },
	{ PTN_DFNS_CODE_CREDENTIAL, "A7U-KY6-9PTT", NULL },
	{ PTN_DFNS_CODE_CREDENTIAL, "A7U-KY6-9P0", NULL },
	{ PTN_DFNS_CODE_CREDENTIAL, "A7U-KY6-9PI", NULL },
	{ PTN_DFNS_CODE_CREDENTIAL, "A7U-KY6-9PO", NULL },
	{ PTN_DFNS_CODE_CREDENTIAL, "A7U-KY6-9P1", NULL },
	{ PTN_DFNS_CODE_CREDENTIAL, "A7U.KY6.9PT", NULL },
	{ PTN_DFNS_CODE_CREDENTIAL, "A7U-KY6-9PT\n", NULL },
	{ PTN_DFNS_CODE_CREDENTIAL, "", NULL },
	// clang-format on
};

static void
test_normal(void **state)
{
	char out[PTN_DFNS_CODE_STR];
	size_t i;
	bool ok;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		ok = ptn_dfns_code_normal(cases[i].form,
		    ptn_bytes_of(cases[i].typed), out);
		assert_int_equal(ok, cases[i].normal != NULL);
		assert_string_equal(out, ok ? cases[i].normal : "");
	}
	assert_false(ptn_dfns_code_normal(PTN_DFNS_CODE_CREDENTIAL,
	    PTN_BYTES("A7UKY69P\0", 9), out));
}

static void
test_vectors(void **state)
{
	const struct ptn_json *codes = dfns_vector("codes");
	char out[PTN_DFNS_CODE_STR];

	(void)state;
	assert_true(ptn_dfns_code_normal(PTN_DFNS_CODE_MAIL,
	    ptn_json_string(ptn_json_get(codes, "login_code_example")), out));
	assert_string_equal(out, dfns_text(arena, codes, "normalised"));
	assert_true(ptn_dfns_code_normal(PTN_DFNS_CODE_CREDENTIAL,
	    ptn_json_string(ptn_json_get(codes, "credential_code_example")),
	    out));
	assert_string_equal(out, "A7UKY69PT");
}

/* As shown: groups of four digits, or of three letters. */
static void
check_shape(const char *code, size_t groups, size_t len)
{
	size_t i;

	assert_int_equal(strlen(code), groups * (len + 1) - 1);
	for (i = len; i < strlen(code); i += len + 1)
		assert_int_equal(code[i], '-');
}

static void
test_draw(void **state)
{
	char code[PTN_DFNS_CODE_STR], normal[PTN_DFNS_CODE_STR];
	size_t i, j, seen[128] = { 0 }, letters = 0;

	(void)state;
	for (i = 0; i < DRAWS; i++) {
		ptn_dfns_code_draw(PTN_DFNS_CODE_MAIL, code);
		check_shape(code, 4, 4);
		assert_true(ptn_dfns_code_normal(PTN_DFNS_CODE_MAIL,
		    ptn_bytes_of(code), normal));
		ptn_dfns_code_draw(PTN_DFNS_CODE_CREDENTIAL, code);
		check_shape(code, 3, 3);
		assert_true(ptn_dfns_code_normal(PTN_DFNS_CODE_CREDENTIAL,
		    ptn_bytes_of(code), normal));
		for (j = 0; normal[j] != '\0'; j++)
			seen[(unsigned char)normal[j]]++;
	}
	/* All 32, each near 562 times. */
	for (i = 0; i < N(seen); i++) {
		letters += seen[i] > 0;
		if (seen[i] > 0)
			assert_in_range(seen[i], 400, 750);
	}
	assert_int_equal(letters, 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_normal, dfns_each),
		cmocka_unit_test_setup(test_vectors, dfns_each),
		cmocka_unit_test_setup(test_draw, dfns_each),
	};

	return cmocka_run_group_tests(tests, dfns_setup, dfns_teardown);
}
