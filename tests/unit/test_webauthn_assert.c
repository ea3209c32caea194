/* WebAuthn Level 3, section 7.2: what a log-in must be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/ceremony.h"

/* -------------------------------------------------------- authentication */

static enum ptn_finding_reason
get(struct auth_assertion *c, struct ptn_webauthn_stored *stored,
    struct ptn_webauthn_asserted *out, const char *lax)
{
	struct ptn_finding f;
	struct oracle_assertion o;
	enum oracle answer;

	auth_assert(c);
	if (stored->cose_key.p == NULL)
		stored->cose_key = auth_cose(c->key);
	assert_int_equal(ptn_webauthn_assert(auth_arena, &rp, &want, stored,
			     &c->out, out, &f),
	    PTN_OK);
	assert_int_equal(f.verdict == PTN_ALLOW, f.reason == PTN_REASON_NONE);
	assert_int_equal(f.verdict == PTN_ALLOW, f.why == NULL);
	o = (struct oracle_assertion){ stored->cose_key,
		c->out.authenticator_data, c->out.signature, c->hash, rp.id,
		want.require_uv };
	answer = oracle_assert(&o);
	if (f.verdict == PTN_ALLOW || lax != NULL)
		assert_int_not_equal(answer, ORACLE_NO);
	else if (!oracle_blind(f.reason))
		assert_int_not_equal(answer, ORACLE_YES);
	return f.reason;
}

static void
test_assert(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N(auth_offered); i++) {
		struct auth_assertion c = { .key = auth_key(auth_offered[i]),
			.data = { .count = 9,
			    .set = PTN_AUTHDATA_BE | PTN_AUTHDATA_BS } };
		struct ptn_webauthn_stored stored = { .sign_count = 8,
			.be = true };
		struct ptn_webauthn_asserted out;

		assert_int_equal(get(&c, &stored, &out, NULL), PTN_REASON_NONE);
		assert_int_equal(out.sign_count, 9);
		assert_true(out.uv && out.be && out.bs);
	}
}

static void
test_assert_client_data(void **state)
{
	struct ptn_webauthn_asserted out;
	size_t i;

	(void)state;
	for (i = 0; i < N(client_cases); i++) {
		struct ptn_webauthn_stored stored = { .be = false };
		struct auth_assertion c = { .client = client_of(i, JSON("get"),
						"webauthn.create") };

		print_message("# %s\n", client_cases[i].name);
		assert_int_equal(get(&c, &stored, &out, NULL),
		    client_cases[i].reason);
	}
}

static void
test_assert_frames(void **state)
{
	struct auth_assertion named = {
		.client = { .more = ",\"crossOrigin\":true,\"topOrigin\":"
				    "\"https://portal.example.com\"" }
	};
	struct auth_assertion other = {
		.client = { .more = ",\"topOrigin\":\"https://evil.test\"" }
	};
	struct ptn_webauthn_stored stored = { .be = false };
	struct ptn_webauthn_asserted out;

	(void)state;
	rp.top_origins.v = tops;
	rp.top_origins.n = N(tops);
	assert_int_equal(get(&named, &stored, &out, NULL), PTN_REASON_NONE);
	assert_int_equal(get(&other, &stored, &out, NULL),
	    PTN_REASON_TOP_ORIGIN);
}

static void
test_assert_flags(void **state)
{
	struct ptn_webauthn_asserted out;
	size_t i;

	(void)state;
	for (i = 0; i < N(flag_cases); i++) {
		struct ptn_webauthn_stored stored = {
			.be = (flag_cases[i].set & PTN_AUTHDATA_BE) != 0
		};
		struct auth_assertion c = { .data = { .set = flag_cases[i].set,
						.clear =
						    flag_cases[i].clear } };

		print_message("# %s\n", flag_cases[i].name);
		want.require_uv = flag_cases[i].require_uv;
		assert_int_equal(get(&c, &stored, &out, NULL),
		    flag_cases[i].reason);
	}
}

static void
test_assert_eligibility(void **state)
{
	struct auth_assertion gained = { .data = { .set = PTN_AUTHDATA_BE } };
	struct auth_assertion lost = { .data = { .count = 0 } };
	struct ptn_webauthn_stored stored = { .be = false };
	struct ptn_webauthn_asserted out;

	(void)state;
	assert_int_equal(get(&gained, &stored, &out, NULL),
	    PTN_REASON_BE_CHANGED);
	stored.be = true;
	assert_int_equal(get(&lost, &stored, &out, NULL),
	    PTN_REASON_BE_CHANGED);
	/* Nobody has kept it: what is said now is to be kept. */
	stored.be_unknown = true;
	assert_int_equal(get(&lost, &stored, &out, NULL), PTN_REASON_NONE);
	assert_false(out.be);
	assert_int_equal(get(&gained, &stored, &out, NULL), PTN_REASON_NONE);
	assert_true(out.be);
}

static void
test_assert_authdata(void **state)
{
	const struct {
		const char *name;
		struct auth_data data;
		enum ptn_finding_reason reason;
		const char *lax;
	} cases[] = {
		// clang-format off
		{ "another RP id", { .rp_id = "example.com" }, PTN_REASON_RP_ID, NULL },
		{ "one byte short", { .cut = 1 }, PTN_REASON_AUTH_DATA, NULL },
		{ "nothing", { .cut = 37 }, PTN_REASON_AUTH_DATA, NULL },
		{ "one byte behind", { .behind = HEX("00") }, PTN_REASON_AUTH_DATA, "trailing bytes" },
		{ "with a credential", { .set = PTN_AUTHDATA_AT }, PTN_REASON_AUTH_DATA, "AT is not looked at" },
		{ "no map of extensions", { .set = PTN_AUTHDATA_ED, .behind = HEX("80") }, PTN_REASON_AUTH_DATA, NULL },
		{ "bytes behind the map", { .set = PTN_AUTHDATA_ED, .behind = HEX("a000") }, PTN_REASON_AUTH_DATA, "trailing bytes" },
		{ "an empty map", { .set = PTN_AUTHDATA_ED, .behind = HEX("a0") }, PTN_REASON_NONE, NULL },
		// clang-format on
	};
	struct ptn_webauthn_asserted out;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct ptn_webauthn_stored stored = { .be = false };
		struct auth_assertion c = { .data = cases[i].data };

		print_message("# %s\n", cases[i].name);
		assert_int_equal(get(&c, &stored, &out, cases[i].lax),
		    cases[i].reason);
	}
}

static void
test_assert_counter(void **state)
{
	static const struct {
		uint32_t stored;
		uint32_t got;
		enum ptn_finding_reason reason;
	} cases[] = {
		{ 0, 0, PTN_REASON_NONE },
		{ 0, 1, PTN_REASON_NONE },
		{ 0, UINT32_MAX, PTN_REASON_NONE },
		{ 5, 6, PTN_REASON_NONE },
		{ UINT32_MAX - 1, UINT32_MAX, PTN_REASON_NONE },
		{ 5, 5, PTN_REASON_COUNTER },
		{ 5, 4, PTN_REASON_COUNTER },
		{ 5, 0, PTN_REASON_COUNTER },
		{ 1, 0, PTN_REASON_COUNTER },
		{ UINT32_MAX, UINT32_MAX, PTN_REASON_COUNTER },
		{ UINT32_MAX, 1, PTN_REASON_COUNTER },
	};
	struct ptn_webauthn_asserted out;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct ptn_webauthn_stored stored = { .sign_count =
							  cases[i].stored };
		struct auth_assertion c = { .data = { .count = cases[i].got } };

		assert_int_equal(get(&c, &stored, &out, NULL), cases[i].reason);
		assert_int_equal(out.sign_count,
		    cases[i].reason == PTN_REASON_NONE ? cases[i].got : 0);
	}
}

static void
test_assert_signature(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N(auth_offered); i++) {
		const struct auth_key *key = auth_key(auth_offered[i]);
		struct auth_assertion honest = { .key = key };
		struct ptn_webauthn_stored other = {
			.cose_key = auth_cose(auth_other_key(auth_offered[i]))
		};
		struct ptn_webauthn_stored stored = { .be = false };
		struct ptn_webauthn_asserted out;
		struct ptn_bytes sig;
		size_t at;

		assert_int_equal(get(&honest, &stored, &out, NULL),
		    PTN_REASON_NONE);
		sig = honest.out.signature;
		/* Of another key. */
		assert_int_equal(get(&honest, &other, &out, NULL),
		    PTN_REASON_SIGNATURE);
		/* Of another ceremony. */
		struct auth_assertion replay = { .key = key,
			.signature = sig,
			.data = { .count = 1 } };
		assert_int_equal(get(&replay, &stored, &out, NULL),
		    PTN_REASON_SIGNATURE);
		/* With bytes behind, or missing, or flipped. */
		struct auth_assertion longer = { .key = key,
			.signature = sig,
			.sig_behind = HEX("00") };
		assert_int_equal(get(&longer, &stored, &out, NULL),
		    PTN_REASON_SIGNATURE);
		for (at = 0; at < sig.len; at += sig.len / 7) {
			struct auth_assertion flipped = { .key = key,
				.signature = auth_flip(sig, at) };
			struct auth_assertion cut = { .key = key,
				.signature = PTN_BYTES(sig.p, at) };

			assert_int_equal(get(&flipped, &stored, &out, NULL),
			    PTN_REASON_SIGNATURE);
			assert_int_equal(get(&cut, &stored, &out, NULL),
			    PTN_REASON_SIGNATURE);
		}
	}
}

static void
test_assert_stored_key(void **state)
{
	struct auth_assertion c = { .client = { .type = NULL } };
	struct ptn_webauthn_stored stored = { .cose_key = HEX("a0") };
	struct ptn_webauthn_asserted out;

	(void)state;
	assert_int_equal(get(&c, &stored, &out, NULL), PTN_REASON_KEY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_assert, each),
		cmocka_unit_test_setup(test_assert_client_data, each),
		cmocka_unit_test_setup(test_assert_frames, each),
		cmocka_unit_test_setup(test_assert_flags, each),
		cmocka_unit_test_setup(test_assert_eligibility, each),
		cmocka_unit_test_setup(test_assert_authdata, each),
		cmocka_unit_test_setup(test_assert_counter, each),
		cmocka_unit_test_setup(test_assert_signature, each),
		cmocka_unit_test_setup(test_assert_stored_key, each),
	};

	return cmocka_run_group_tests(tests, auth_setup, auth_teardown);
}
