#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/format/dfnsid.h"
#include "tests/unit/dfns.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))


static const struct {
	const char *prefix;
	enum ptn_dfnsid_kind kind;
} kinds[] = {
	{ "or-", PTN_DFNSID_ORG },
	{ "us-", PTN_DFNSID_USER },
	{ "cr-", PTN_DFNSID_CREDENTIAL },
	{ "ap-", PTN_DFNSID_APP },
	{ "to-", PTN_DFNSID_TOKEN },
	{ "pm-", PTN_DFNSID_PERMISSION },
	{ "as-", PTN_DFNSID_ASSIGNMENT },
	{ "ch-", PTN_DFNSID_CHALLENGE },
	{ "ci-", PTN_DFNSID_KEY },
	{ "acct-", PTN_DFNSID_ACCOUNT },
};

static enum ptn_dfnsid_kind
kind_of(const char *id)
{
	size_t i;

	for (i = 0; i < N(kinds); i++)
		if (strncmp(id, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
			return kinds[i].kind;
	fail_msg("no kind for %s", id);
	return PTN_DFNSID__MAX;
}

static void
check_pair(const char *id, const char *uuid)
{
	char text[PTN_UUID_STR], back[PTN_DFNSID_STR];
	struct ptn_uuid u;

	assert_int_equal(ptn_dfnsid_parse(kind_of(id), ptn_bytes_of(id), &u),
	    PTN_OK);
	ptn_uuid_format(&u, text);
	assert_string_equal(text, uuid);
	ptn_dfnsid_format(kind_of(id), &u, back);
	assert_string_equal(back, id);
}

static bool
check_mapped(void *arg, const char *name, const struct ptn_json *v)
{
	size_t *n = arg;

	(void)name;
	check_pair(dfns_text(arena, v, "id"), dfns_text(arena, v, "uuid"));
	(*n)++;
	return true;
}

static bool
check_documented(void *arg, const char *name, const struct ptn_json *v)
{
	size_t *n = arg;
	struct ptn_uuid u;

	check_pair(name, ptn_json_text(arena, v));
	assert_int_equal(
	    ptn_dfnsid_parse(kind_of(name), ptn_bytes_of(name), &u), PTN_OK);
	assert_true(ptn_uuid_is_v4(&u));
	(*n)++;
	return true;
}

static void
test_vectors(void **state)
{
	size_t n = 0;

	(void)state;
	assert_true(ptn_json_each(dfns_vector("ids/map"), check_mapped, &n));
	assert_true(ptn_json_each(
	    dfns_vector("ids/documented_examples_that_decode_to_uuid_v4"),
	    check_documented, &n));
	assert_in_range(n, 20, 100);
}

/* Printed ids that are none name nothing; they are no error. */
static void
test_invented(void **state)
{
	const struct ptn_json *list = dfns_vector(
	    "ids/documented_examples_that_do_not_match_strict_regex");
	struct ptn_uuid u;
	size_t i, k;

	(void)state;
	assert_in_range(ptn_json_len(list), 4, 100);
	for (i = 0; i < ptn_json_len(list); i++)
		for (k = 0; k < PTN_DFNSID__MAX; k++)
			assert_int_equal(
			    ptn_dfnsid_parse((enum ptn_dfnsid_kind)k,
				ptn_json_string(ptn_json_at(list, i)), &u),
			    PTN_E_NOT_FOUND);
}

static const char *const unknown[] = {
	"us-",
	"us",
	"u",
	"or-2r1sn-m874t-9olbf8bd5s69kjgh", /* another kind */
	"2r1sn-m874t-9olbf8bd5s69kjgh",
	"us-2r1sn-m874t-9olbf8bd5s69kjg",
	"us-2r1sn-m874t-9olbf8bd5s69kjgha",
	"us-2r1sn-m874t-9olbf8bd5s69kjgw",
	"us-2r1sn-m874t-9olbf8bd5s69kjgH",
	"US-2r1sn-m874t-9olbf8bd5s69kjgh",
	"us-2r1sn-m874t-9olbf8bd5s69kjg-",
	"us-2r1sn-m874t9-olbf8bd5s69kjgh",
	"us-2r1snm-874t-9olbf8bd5s69kjgh",
	"us--2r1sn-m874t-9olbf8bd5s69kjgh",
	"us-80000-00000-0000000000000000", /* 2^128 */
	"us-vvvvv-vvvvv-vvvvvvvvvvvvvvvv",
	"5b0f2f64-1c9d-4e2a-b7a1-6d2f0c9a4e11",
	"0123456789012345678901234567890123456789012345678901234567890123",
};

static const char *const malformed[] = {
	"",
	"us-2r1sn-m874t-9olbf8bd5s69kjg_",
	" us-2r1sn-m874t-9olbf8bd5s69kjgh",
	"us-2r1sn-m874t-9olbf8bd5s69kjgh\n",
	"us-2r1sn-m874t-9olbf8bd5s69kjg\xc3\xa9",
	"us/2r1sn/m874t/9olbf8bd5s69kjgh",
	"01234567890123456789012345678901234567890123456789012345678901234",
};

static void
test_refused(void **state)
{
	struct ptn_uuid u;
	size_t i;

	(void)state;
	for (i = 0; i < N(unknown); i++) {
		assert_int_equal(ptn_dfnsid_parse(PTN_DFNSID_USER,
				     ptn_bytes_of(unknown[i]), &u),
		    PTN_E_NOT_FOUND);
		assert_true(ptn_uuid_is_nil(&u));
	}
	for (i = 0; i < N(malformed); i++)
		assert_int_equal(ptn_dfnsid_parse(PTN_DFNSID_USER,
				     ptn_bytes_of(malformed[i]), &u),
		    PTN_E_INPUT);
	/* A NUL does not end an id. */
	assert_int_equal(ptn_dfnsid_parse(PTN_DFNSID_USER,
			     PTN_BYTES("us-2r1sn-m874t-9olbf8bd5s69kjgh\0", 32),
			     &u),
	    PTN_E_INPUT);
}

static void
test_round_trip(void **state)
{
	char id[PTN_DFNSID_STR];
	struct ptn_uuid u, back;
	size_t i, k;

	(void)state;
	for (i = 0; i < 1000; i++) {
		u = ptn_uuid_new();
		k = i % PTN_DFNSID__MAX;
		ptn_dfnsid_format((enum ptn_dfnsid_kind)k, &u, id);
		assert_int_equal(
		    strncmp(id, kinds[k].prefix, strlen(kinds[k].prefix)), 0);
		assert_int_equal(ptn_dfnsid_parse((enum ptn_dfnsid_kind)k,
				     ptn_bytes_of(id), &back),
		    PTN_OK);
		assert_true(ptn_uuid_equal(&u, &back));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_vectors, dfns_each),
		cmocka_unit_test_setup(test_invented, dfns_each),
		cmocka_unit_test_setup(test_refused, dfns_each),
		cmocka_unit_test_setup(test_round_trip, dfns_each),
	};

	return cmocka_run_group_tests(tests, dfns_setup, dfns_teardown);
}
