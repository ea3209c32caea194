#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "lib/crypto/x509.h"
#include "tests/unit/authenticator.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define BEFORE INT64_C(1700000000)
#define AFTER INT64_C(2000000000)

static int
each(void **state)
{
	(void)state;
	ptn_arena_reset(auth_arena);
	return 0;
}

/* Nothing is left behind that would look like the failure of another. */
static int
nothing_left(void **state)
{
	(void)state;
	return ERR_peek_error() == 0 ? 0 : -1;
}

static struct auth_cert
honest(void)
{
	return (struct auth_cert){ .version = 2,
		.not_before = BEFORE,
		.not_after = AFTER };
}

static enum ptn_err
parse(const struct auth_cert *spec, struct ptn_x509 *out)
{
	return ptn_x509_parse(auth_arena, auth_make_cert(spec), out);
}

static void
test_parse(void **state)
{
	struct auth_cert spec = honest();
	struct ptn_x509 c;

	(void)state;
	spec.exts[0].oid = "1.3.6.1.4.1.45724.1.1.4";
	spec.exts[0].value = auth_unhex("0402abcd");
	assert_int_equal(parse(&spec, &c), PTN_OK);
	assert_int_equal(c.version, 3);
	assert_true(c.not_before == BEFORE && c.not_after == AFTER);
	assert_string_equal(c.country, "AA");
	assert_string_equal(c.organization, "Makers of software keys");
	assert_string_equal(c.unit, "Authenticator Attestation");
	assert_string_equal(c.common_name, "Unit test");
	assert_false(c.subject_empty);
	assert_int_equal(c.n_exts, 2);
	assert_true(ptn_x509_is_leaf(&c));
	assert_true(ptn_x509_ext(&c, "2.5.29.19")->critical);
	assert_false(ptn_x509_ext(&c, "1.3.6.1.4.1.45724.1.1.4")->critical);
	assert_int_equal(ptn_x509_ext(&c, "1.3.6.1.4.1.45724.1.1.4")->value.len,
	    4);
	assert_null(ptn_x509_ext(&c, "2.5.29.17"));
}

static void
test_keys(void **state)
{
	static const int32_t algs[] = { PTN_COSE_ES256, PTN_COSE_ES384,
		PTN_COSE_ES512, PTN_COSE_EDDSA, PTN_COSE_RS256 };
	size_t i;

	(void)state;
	for (i = 0; i < N(algs); i++) {
		struct auth_cert spec = honest();
		struct ptn_bytes msg = auth_text("message");
		enum ptn_verdict verdict;
		struct ptn_x509 c;

		spec.key = auth_key(algs[i]);
		assert_int_equal(parse(&spec, &c), PTN_OK);
		assert_int_equal(ptn_pubkey_verify(&c.key, algs[i], msg,
				     auth_sign(spec.key, msg), &verdict),
		    PTN_OK);
		assert_int_equal(verdict, PTN_ALLOW);
	}
}

static void
test_malformed(void **state)
{
	struct auth_cert spec = honest(), twice = honest();
	struct ptn_bytes der = auth_make_cert(&spec);
	struct ptn_x509 c;
	size_t len;

	(void)state;
	for (len = 0; len < der.len; len += 7)
		assert_int_equal(
		    ptn_x509_parse(auth_arena, PTN_BYTES(der.p, len), &c),
		    PTN_E_INPUT);
	assert_int_equal(
	    ptn_x509_parse(auth_arena, auth_cat(der, auth_unhex("00")), &c),
	    PTN_E_INPUT);
	assert_int_equal(
	    ptn_x509_parse(auth_arena,
		PTN_BYTES(ptn_arena_alloc(auth_arena, 16385), 16385), &c),
	    PTN_E_INPUT);
	twice.exts[0].oid = twice.exts[1].oid = "1.2.3.4";
	twice.exts[0].value = twice.exts[1].value = auth_unhex("0500");
	assert_int_equal(parse(&twice, &c), PTN_E_INPUT);
}

static void
test_leaf(void **state)
{
	static const struct {
		const char *value;
		bool leaf;
	} cases[] = {
		{ "3000", true },
		{ "3003010100", true },
		{ "30030101ff", false },
		{ "3003010101", false },
		{ "300301ff", false },
		{ "3003020100", false },
		{ "30060101ff020100", false },
		{ "300600", false },
		{ "", false },
		{ "0500", false },
		{ "300000", false },
	};
	struct auth_cert spec = honest();
	struct ptn_x509 c;
	size_t i;

	(void)state;
	spec.no_constraints = true;
	assert_int_equal(parse(&spec, &c), PTN_OK);
	assert_false(ptn_x509_is_leaf(&c));
	spec.exts[0].oid = "2.5.29.19";
	for (i = 0; i < N(cases); i++) {
		spec.exts[0].value = auth_unhex(cases[i].value);
		assert_int_equal(parse(&spec, &c), PTN_OK);
		assert_int_equal(ptn_x509_is_leaf(&c), cases[i].leaf);
	}
}

static void
test_usage(void **state)
{
	struct auth_cert spec = honest();
	struct ptn_x509 c;
	struct ptn_bytes aik = auth_unhex("6781050803");

	(void)state;
	assert_int_equal(parse(&spec, &c), PTN_OK);
	assert_false(ptn_x509_has_usage(&c, aik));
	spec.exts[0].oid = "2.5.29.37";
	spec.exts[0].value = auth_unhex("30110608"
					"2b06010505070302"
					"06056781050803");
	assert_int_equal(parse(&spec, &c), PTN_OK);
	assert_true(ptn_x509_has_usage(&c, aik));
	assert_false(ptn_x509_has_usage(&c, auth_unhex("6781050802")));
	spec.exts[0].value = auth_unhex("300706056781050801");
	assert_int_equal(parse(&spec, &c), PTN_OK);
	assert_false(ptn_x509_has_usage(&c, aik));
}

static void
test_alt_attribute(void **state)
{
	/* [4] { SEQUENCE { SET { {2.23.133.2.1, "id:1"} {.2, "m"} } } } */
	static const char both[] = "301fa41d301b3119300b060567810502010c0269"
				   "64300a060567810502020c016d";
	struct auth_cert spec = honest();
	struct ptn_x509 c;
	struct ptn_bytes v;

	(void)state;
	assert_int_equal(parse(&spec, &c), PTN_OK);
	assert_false(ptn_x509_alt_attribute(&c, auth_unhex("6781050201"), &v));
	spec.exts[0].oid = "2.5.29.17";
	spec.exts[0].value = auth_unhex(both);
	assert_int_equal(parse(&spec, &c), PTN_OK);
	assert_true(ptn_x509_alt_attribute(&c, auth_unhex("6781050201"), &v));
	assert_int_equal(v.len, 2);
	assert_memory_equal(v.p, "id", 2);
	assert_true(ptn_x509_alt_attribute(&c, auth_unhex("6781050202"), &v));
	assert_memory_equal(v.p, "m", 1);
	assert_false(ptn_x509_alt_attribute(&c, auth_unhex("6781050203"), &v));
	/* A DNS name has no attributes. */
	spec.exts[0].value = auth_unhex("3003820161");
	assert_int_equal(parse(&spec, &c), PTN_OK);
	assert_false(ptn_x509_alt_attribute(&c, auth_unhex("6781050201"), &v));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, each, nothing_left)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_parse),
		CASE(test_keys),
		CASE(test_malformed),
		CASE(test_leaf),
		CASE(test_usage),
		CASE(test_alt_attribute),
	};

	return cmocka_run_group_tests(tests, auth_setup, auth_teardown);
}
