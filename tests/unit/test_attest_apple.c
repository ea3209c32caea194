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
#define OID_APPLE "1.2.840.113635.100.8.2"

struct apple_lie {
	const struct auth_key *of;
	bool other_nonce, no_ext, bare, more;
	int alg; /* 0: there is none */
};

static void
apple(struct ptn_buf *b, const struct auth_creation *c)
{
	const struct apple_lie *l = c->lie;
	struct auth_cert spec = attest_cert();
	struct ptn_bytes cert, nonce = auth_sha256(attest_signed_data(c));

	if (l->other_nonce)
		nonce = auth_flip(nonce, 31);
	spec.key = l->of != NULL ? l->of : c->key;
	if (!l->no_ext) {
		spec.exts[0].oid = OID_APPLE;
		spec.exts[0].value = l->bare
		    ? nonce
		    : attest_der("30",
			  attest_der("a1", attest_der("04", nonce)));
	}
	cert = auth_make_cert(&spec);
	auth_head(b, 5, 1 + (l->alg != 0) + l->more);
	if (l->alg != 0) {
		auth_put_text(b, "alg");
		auth_put_int(b, l->alg);
	}
	attest_put_x5c(b, &cert, 1);
	if (l->more) {
		auth_put_text(b, "ver");
		auth_put_int(b, 2);
	}
}

static void
test_apple(void **state)
{
	const struct {
		const char *name;
		struct apple_lie lie;
		bool holds;
	} cases[] = {
		{ "honest", { .of = NULL }, true },
		{ "another nonce", { .other_nonce = true }, false },
		{ "no nonce", { .no_ext = true }, false },
		{ "a bare nonce", { .bare = true }, false },
		{ "another key", { .of = auth_other_key(PTN_COSE_ES256) },
		    false },
		{ "the algorithm beside it", { .alg = -7 }, true },
		{ "another algorithm beside it", { .alg = -257 }, false },
		{ "another key and its algorithm",
		    { .of = auth_other_key(PTN_COSE_ES256), .alg = -7 },
		    false },
		{ "a member more", { .more = true }, false },
		{ "two members more", { .more = true, .alg = -7 }, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct auth_creation c = { .fmt = "apple",
			.statement = apple,
			.lie = &cases[i].lie };

		attest_judge(cases[i].name, &c, cases[i].holds,
		    SAME);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_apple, attest_each),
	};

	return cmocka_run_group_tests(tests, auth_setup, auth_teardown);
}
