#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/attest.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define HEX(s) auth_unhex(s)

/* ---------------------------------------------------------------- packed */

/* What a case of packed or fido-u2f lies about. */
struct lie {
	struct auth_cert cert;
	int32_t alg;		   /* claimed */
	const struct auth_key *by; /* who signs */
	struct ptn_bytes sig;	   /* instead */
	struct ptn_bytes sig_behind;
	struct ptn_bytes cert_der; /* instead */
	struct ptn_bytes second;   /* a second certificate */
	bool no_sig, no_alg, no_x5c, empty_x5c, text_x5c, more;
};

static void
packed(struct ptn_buf *b, const struct auth_creation *c)
{
	const struct lie *l = c->lie;
	const struct auth_key *by = auth_key(PTN_COSE_ES256);
	struct ptn_bytes certs[2], sig;
	bool self = l->no_x5c;

	if (self)
		by = c->key;
	if (l->by != NULL)
		by = l->by;
	sig = l->sig.p != NULL ? l->sig : auth_sign(by, attest_signed_data(c));
	auth_head(b, 5,
	    3u - (self ? 1 : 0) - (l->no_sig ? 1 : 0) - (l->no_alg ? 1 : 0) +
		(l->more ? 1 : 0));
	if (!l->no_alg) {
		auth_put_text(b, "alg");
		auth_put_int(b, l->alg != 0 ? l->alg : by->alg);
	}
	if (!l->no_sig) {
		auth_put_text(b, "sig");
		auth_put_bytes(b, auth_cat(sig, l->sig_behind));
	}
	certs[0] =
	    l->cert_der.p != NULL ? l->cert_der : auth_make_cert(&l->cert);
	certs[1] = l->second;
	if (l->text_x5c) {
		auth_put_text(b, "x5c");
		auth_put_text(b, "certificate");
	} else if (!self) {
		attest_put_x5c(b, certs,
		    l->empty_x5c	      ? 0
			: l->second.p != NULL ? 2
					      : 1);
	}
	if (l->more) {
		auth_put_text(b, "more");
		auth_put_int(b, 1);
	}
}

static struct lie
with_ext(const char *hex, bool critical)
{
	struct lie l = { .cert = attest_cert() };

	l.cert.exts[0].oid = ATTEST_OID_AAGUID;
	l.cert.exts[0].value = HEX(hex);
	l.cert.exts[0].critical = critical;
	return l;
}

#define CERT(...)                                                              \
	{                                                                      \
		.cert = {                                                      \
			.version = 2,                                          \
			.not_before = ATTEST_BEFORE,                           \
			.not_after = ATTEST_AFTER,                             \
			__VA_ARGS__                                            \
		}                                                              \
	}
#define LIE(...)                                                               \
	{                                                                      \
		.cert = { .version = 2,                                        \
			.not_before = ATTEST_BEFORE,                           \
			.not_after = ATTEST_AFTER },                           \
		__VA_ARGS__                                                    \
	}
#define AAGUID_HEX "61757468656e74696361746f72203031"

static void
test_packed(void **state)
{
	const struct auth_cert ca = { .version = 2,
		.not_before = ATTEST_BEFORE,
		.not_after = ATTEST_AFTER,
		.ca = true };
	const struct {
		const char *name;
		struct lie lie;
		bool holds;
		enum lax lax;
	} cases[] = {
		// clang-format off
		{ "honest", LIE(.alg = 0), true, SAME },
		{ "AAGUID", with_ext("0410" AAGUID_HEX, false), true, SAME },
		{ "a chain", LIE(.second = auth_make_cert(&ca)), true, SAME },
		{ "another AAGUID", with_ext("041061757468656e74696361746f72203032", false), false, LAX },
		{ "AAGUID in one string", with_ext(AAGUID_HEX, false), false, LAX },
		{ "AAGUID, critical", with_ext("0410" AAGUID_HEX, true), false, LAX },
		{ "X.509 v1", { .cert = { .version = 0, .not_before = ATTEST_BEFORE, .not_after = ATTEST_AFTER } }, false, LAX },
		{ "no country", CERT(.c = ""), false, LAX },
		{ "no organization", CERT(.o = ""), false, LAX },
		{ "no unit", CERT(.ou = ""), false, LAX },
		{ "another unit", CERT(.ou = "Authenticator attestation"), false, LAX },
		{ "no common name", CERT(.cn = ""), false, LAX },
		{ "no subject", CERT(.no_subject = true), false, LAX },
		{ "a CA", CERT(.ca = true), false, LAX },
		{ "no constraints", CERT(.no_constraints = true), false, LAX },
		{ "expired", { .cert = { .version = 2, .not_before = ATTEST_BEFORE, .not_after = AUTH_NOW_S - 1 } }, false, LAX },
		{ "not yet valid", { .cert = { .version = 2, .not_before = AUTH_NOW_S + 1, .not_after = ATTEST_AFTER } }, false, LAX },
		{ "an expired CA",
		  LIE(.second = auth_make_cert(&(struct auth_cert){ .version = 2, .ca = true, .not_before = 1, .not_after = 2 })), false, LAX },
		{ "a CA that is none", LIE(.second = HEX("3000")), false, LAX },
		{ "signed by another", LIE(.by = auth_other_key(PTN_COSE_ES256)), false, SAME },
		{ "signed by the credential", LIE(.by = auth_key(PTN_COSE_ES384)), false, SAME },
		{ "another algorithm", LIE(.alg = PTN_COSE_RS256), false, SAME },
		{ "an unknown algorithm", LIE(.alg = 1), false, SAME },
		{ "DER with bytes behind", LIE(.sig_behind = HEX("00")), false, SAME },
		{ "an empty signature", LIE(.sig = HEX("00"), .no_sig = true), false, SAME },
		{ "no algorithm", LIE(.no_alg = true), false, LAX },
		{ "an empty chain", LIE(.empty_x5c = true), false, ODD },
		{ "a chain of text", LIE(.text_x5c = true), false, SAME },
		{ "no certificate", LIE(.cert_der = HEX("300100")), false, SAME },
		{ "a member more", LIE(.more = true), false, LAX },
		// clang-format on
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct auth_creation c = { .fmt = "packed",
			.statement = packed,
			.lie = &cases[i].lie,
			.key = auth_key(PTN_COSE_ES384) };

		attest_judge(cases[i].name, &c, cases[i].holds,
		    cases[i].lax);
	}
}

static void
test_packed_self(void **state)
{
	const struct {
		const char *name;
		struct lie lie;
		bool holds;
		enum lax lax;
	} cases[] = {
		// clang-format off
		{ "honest", { .no_x5c = true }, true, SAME },
		{ "another key", { .no_x5c = true, .by = auth_other_key(PTN_COSE_ES256) }, false, SAME },
		{ "another algorithm", { .no_x5c = true, .alg = PTN_COSE_ES384 }, false, LAX },
		{ "bytes behind", { .no_x5c = true, .sig_behind = HEX("00") }, false, SAME },
		{ "no signature", { .no_x5c = true, .no_sig = true }, false, SAME },
		{ "a flipped signature", { .no_x5c = true, .sig = HEX("3006020101020101") }, false, SAME },
		// clang-format on
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct auth_creation c = { .fmt = "packed",
			.statement = packed,
			.lie = &cases[i].lie };

		attest_judge(cases[i].name, &c, cases[i].holds,
		    cases[i].lax);
	}
	/* Every algorithm on offer. */
	for (i = 0; i < N(auth_offered); i++) {
		struct auth_creation c = { .fmt = "packed",
			.statement = packed,
			.lie = &cases[0].lie,
			.key = auth_key(auth_offered[i]) };

		attest_judge("an algorithm", &c, true, SAME);
	}
}

/* -------------------------------------------------------------- fido-u2f */

static void
u2f(struct ptn_buf *b, const struct auth_creation *c)
{
	const struct lie *l = c->lie;
	const struct auth_key *by = l->by;
	struct ptn_bytes msg, cose = auth_cose(c->key), certs[2];

	if (by == NULL)
		by = auth_key(PTN_COSE_ES256);
	msg = auth_cat(HEX("00"), PTN_BYTES(c->raw_data.p, 32));
	msg = auth_cat(msg, c->hash);
	msg = auth_cat(msg, PTN_BYTES(auth_cred_id, sizeof(auth_cred_id)));
	msg = auth_cat(msg, HEX("04"));
	if (c->key->alg == PTN_COSE_ES256) {
		msg = auth_cat(msg, PTN_BYTES(cose.p + 10, 32));
		msg = auth_cat(msg, PTN_BYTES(cose.p + 45, 32));
	}
	auth_head(b, 5, 2u - (l->no_sig ? 1 : 0) + (l->more ? 1 : 0));
	certs[0] =
	    l->cert_der.p != NULL ? l->cert_der : auth_make_cert(&l->cert);
	certs[1] = l->second;
	if (!l->no_sig) {
		auth_put_text(b, "sig");
		auth_put_bytes(b, auth_cat(auth_sign(by, msg), l->sig_behind));
	}
	attest_put_x5c(b, certs,
	    l->empty_x5c	      ? 0
		: l->second.p != NULL ? 2
				      : 1);
	if (l->more) {
		auth_put_text(b, "more");
		auth_put_int(b, 1);
	}
}

static void
test_u2f(void **state)
{
	const struct auth_key *p384 = auth_key(PTN_COSE_ES384);
	const struct auth_cert ca = { .version = 2,
		.not_before = ATTEST_BEFORE,
		.not_after = ATTEST_AFTER,
		.ca = true };
	const struct {
		const char *name;
		struct lie lie;
		int32_t alg;
		bool holds;
		enum lax lax;
	} cases[] = {
		// clang-format off
		{ "honest", LIE(.alg = 0), PTN_COSE_ES256, true, SAME },
		{ "no constraints", CERT(.no_constraints = true), PTN_COSE_ES256, true, SAME },
		{ "signed by another", LIE(.by = auth_other_key(PTN_COSE_ES256)), PTN_COSE_ES256, false, SAME },
		{ "bytes behind", LIE(.sig_behind = HEX("00")), PTN_COSE_ES256, false, SAME },
		{ "no signature", LIE(.no_sig = true), PTN_COSE_ES256, false, SAME },
		{ "two certificates", LIE(.second = auth_make_cert(&ca)), PTN_COSE_ES256, false, LAX },
		{ "an empty chain", LIE(.empty_x5c = true), PTN_COSE_ES256, false, LAX },
		{ "no certificate", LIE(.cert_der = HEX("3000")), PTN_COSE_ES256, false, SAME },
		{ "a key on P-384",
		  { .cert = { .version = 2, .key = p384, .not_before = ATTEST_BEFORE, .not_after = ATTEST_AFTER }, .by = p384 }, PTN_COSE_ES256, false, SAME },
		{ "a credential of Ed25519", LIE(.alg = 0), PTN_COSE_EDDSA, false, SAME },
		{ "a member more", LIE(.more = true), PTN_COSE_ES256, false, LAX },
		// clang-format on
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct auth_creation c = { .fmt = "fido-u2f",
			.statement = u2f,
			.lie = &cases[i].lie,
			.key = auth_key(cases[i].alg) };

		attest_judge(cases[i].name, &c, cases[i].holds,
		    cases[i].lax);
	}
}

/* ---------------------------------------------------------------- policy */

static void
nonsense(struct ptn_buf *b, const struct auth_creation *c)
{
	(void)c;
	auth_head(b, 5, 1);
	auth_put_text(b, "x");
	auth_put_int(b, 1);
}

static void
list(struct ptn_buf *b, const struct auth_creation *c)
{
	(void)c;
	auth_head(b, 4, 0);
}

static void
test_policy(void **state)
{
	const struct {
		const char *fmt;
		auth_statement *statement;
		enum ptn_finding_reason unasked;
		enum ptn_finding_reason verified;
	} cases[] = {
		// clang-format off
		{ "none", NULL, PTN_REASON_NONE, PTN_REASON_NONE },
		{ "none", nonsense, PTN_REASON_ATTESTATION_OBJECT, PTN_REASON_ATTESTATION_OBJECT },
		{ "none", list, PTN_REASON_ATTESTATION_OBJECT, PTN_REASON_ATTESTATION_OBJECT },
		{ "packed", nonsense, PTN_REASON_NONE, PTN_REASON_ATTESTATION },
		{ "packed", list, PTN_REASON_ATTESTATION_OBJECT, PTN_REASON_ATTESTATION_OBJECT },
		{ "tpm", nonsense, PTN_REASON_NONE, PTN_REASON_ATTESTATION },
		{ "fido-u2f", nonsense, PTN_REASON_NONE, PTN_REASON_ATTESTATION },
		{ "android-key", nonsense, PTN_REASON_NONE, PTN_REASON_ATTESTATION },
		{ "apple", nonsense, PTN_REASON_NONE, PTN_REASON_ATTESTATION },
		{ "android-safetynet", nonsense, PTN_REASON_NONE, PTN_REASON_FORMAT },
		{ "Packed", nonsense, PTN_REASON_NONE, PTN_REASON_FORMAT },
		{ "compound", list, PTN_REASON_NONE, PTN_REASON_FORMAT },
		{ "compound", nonsense, PTN_REASON_ATTESTATION_OBJECT, PTN_REASON_ATTESTATION_OBJECT },
		{ "of the future", nonsense, PTN_REASON_ATTESTATION_OBJECT, PTN_REASON_ATTESTATION_OBJECT },
		{ "future", nonsense, PTN_REASON_NONE, PTN_REASON_FORMAT },
		{ "", nonsense, PTN_REASON_ATTESTATION_OBJECT, PTN_REASON_ATTESTATION_OBJECT },
		{ "of-thirty-two-characters--------", nonsense, PTN_REASON_NONE, PTN_REASON_FORMAT },
		{ "of-thirty-three-characters-------", nonsense, PTN_REASON_ATTESTATION_OBJECT, PTN_REASON_ATTESTATION_OBJECT },
		// clang-format on
	};
	struct ptn_finding f;
	struct ptn_webauthn_attested out;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct auth_creation c = { .fmt = cases[i].fmt,
			.statement = cases[i].statement };

		print_message("# %s\n", cases[i].fmt);
		attest_want.attestation = PTN_ATTESTATION_NONE;
		f = attest_create(&c, &out, ODD);
		assert_int_equal(f.reason, cases[i].unasked);
		if (f.verdict == PTN_ALLOW) {
			assert_string_equal(out.attestation, "none");
			assert_false(out.verified);
		}
		attest_want.attestation = PTN_ATTESTATION_VERIFY;
		f = attest_create(&c, &out, ODD);
		assert_int_equal(f.reason, cases[i].verified);
		if (f.verdict == PTN_ALLOW)
			assert_false(out.verified);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_packed, attest_each),
		cmocka_unit_test_setup(test_packed_self, attest_each),
		cmocka_unit_test_setup(test_u2f, attest_each),
		cmocka_unit_test_setup(test_policy, attest_each),
	};

	return cmocka_run_group_tests(tests, auth_setup, auth_teardown);
}
