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
#define OID_ANDROID "1.3.6.1.4.1.11129.2.1.17"

struct android_lie {
	const char *software; /* contents of the lists, hexadecimal */
	const char *tee;
	const struct auth_key *by; /* whose certificate, and who signs */
	bool other_challenge, no_ext, bytes_behind, bad_sig, bad_cert, no_alg;
};

static struct ptn_bytes
key_description(const struct android_lie *l, struct ptn_bytes hash)
{
	struct ptn_bytes d = HEX("0202012c0a01010202012c0a0101");

	if (l->other_challenge)
		hash = auth_flip(hash, 0);
	d = auth_cat(d, attest_der("04", hash));
	d = auth_cat(d, HEX("0400"));
	d = auth_cat(d, attest_der("30", HEX(l->software)));
	d = auth_cat(d, attest_der("30", HEX(l->tee)));
	d = attest_der("30", d);
	return l->bytes_behind ? auth_cat(d, HEX("00")) : d;
}

static void
android(struct ptn_buf *b, const struct auth_creation *c)
{
	const struct android_lie *l = c->lie;
	const struct auth_key *by = l->by != NULL ? l->by : c->key;
	struct auth_cert spec = attest_cert();
	struct ptn_bytes cert;

	spec.key = by;
	if (!l->no_ext) {
		spec.exts[0].oid = OID_ANDROID;
		spec.exts[0].value = key_description(l, c->hash);
	}
	cert = l->bad_cert ? HEX("3000") : auth_make_cert(&spec);
	auth_head(b, 5, 3);
	auth_put_text(b, l->no_alg ? "Alg" : "alg");
	auth_put_int(b, by->alg);
	auth_put_text(b, "sig");
	auth_put_bytes(b,
	    auth_sign(by, l->bad_sig ? c->hash : attest_signed_data(c)));
	attest_put_x5c(b, &cert, 1);
}

/* [1] SET OF INTEGER; [702] INTEGER */
#define SIGN "a1053103020102"
#define SIGN_VERIFY "a1083106020102020103"
#define GENERATED "bf853e03020100"

static void
test_android(void **state)
{
	const struct {
		const char *name;
		struct android_lie lie;
		bool holds;
	} cases[] = {
		// clang-format off
		{ "hardware", { .software = "", .tee = SIGN GENERATED }, true },
		{ "software", { .software = SIGN_VERIFY GENERATED, .tee = "" }, true },
		{ "both empty", { .software = "", .tee = "" }, true },
		{ "another key", { .software = "", .tee = SIGN GENERATED, .by = auth_other_key(PTN_COSE_ES256) }, false },
		{ "a signature of other data", { .software = "", .tee = SIGN GENERATED, .bad_sig = true }, false },
		{ "no certificate", { .software = "", .tee = SIGN GENERATED, .bad_cert = true }, false },
		{ "no algorithm", { .software = "", .tee = SIGN GENERATED, .no_alg = true }, false },
		{ "another challenge", { .software = "", .tee = SIGN GENERATED, .other_challenge = true }, false },
		{ "no extension", { .software = "", .tee = "", .no_ext = true }, false },
		{ "bytes behind it", { .software = "", .tee = "", .bytes_behind = true }, false },
		{ "all applications, software", { .software = "bf8458020500", .tee = SIGN GENERATED }, false },
		{ "all applications, hardware", { .software = "", .tee = SIGN "bf8458020500" GENERATED }, false },
		{ "imported", { .software = "", .tee = SIGN "bf853e03020102" }, false },
		{ "imported, software", { .software = "bf853e03020102", .tee = SIGN GENERATED }, false },
		{ "for encryption", { .software = "", .tee = "a1053103020100" GENERATED }, false },
		{ "for nothing", { .software = "", .tee = "a1023100" GENERATED }, false },
		{ "a purpose that is no set", { .software = "", .tee = "a103020102" GENERATED }, false },
		{ "a cut list", { .software = "", .tee = "bf853e0302" }, false },
		{ "a list of something else", { .software = "020102", .tee = "" }, false },
		// clang-format on
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct auth_creation c = { .fmt = "android-key",
			.statement = android,
			.lie = &cases[i].lie };

		attest_judge(cases[i].name, &c, cases[i].holds,
		    SAME);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_android, attest_each),
	};

	return cmocka_run_group_tests(tests, auth_setup, auth_teardown);
}
