/* WebAuthn Level 3, section 7.1: what a registration must be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/ceremony.h"

/* ---------------------------------------------------------- registration */

/* Our answer; libfido2's must be the same, but for what it does not see. */
static enum ptn_finding_reason
create(struct auth_creation *c, struct ptn_webauthn_attested *out,
    const char *lax)
{
	struct ptn_finding f;
	struct oracle_creation o;
	enum oracle answer;

	auth_create(c);
	assert_int_equal(
	    ptn_webauthn_register(auth_arena, &rp, &want, &c->out, out, &f),
	    PTN_OK);
	assert_int_equal(f.verdict == PTN_ALLOW, f.reason == PTN_REASON_NONE);
	assert_int_equal(f.verdict == PTN_ALLOW, f.why == NULL);
	assert_int_equal(f.verdict == PTN_ALLOW, out->cred_id.len > 0);
	if (c->object.p != NULL)
		return f.reason;
	o = (struct oracle_creation){ c->fmt, c->raw_stmt, c->raw_data, c->hash,
		rp.id, c->key->alg, want.require_uv };
	answer = oracle_create(&o);
	if (f.verdict == PTN_ALLOW)
		assert_int_not_equal(answer, ORACLE_NO);
	else if (lax != NULL)
		assert_int_not_equal(answer, ORACLE_NO);
	else if (!oracle_blind(f.reason) && f.reason != PTN_REASON_RP_ID &&
	    f.reason != PTN_REASON_UP && f.reason != PTN_REASON_UV)
		assert_int_not_equal(answer, ORACLE_YES);
	if ((f.reason == PTN_REASON_AUTH_DATA || f.reason == PTN_REASON_KEY) &&
	    lax == NULL)
		assert_int_equal(answer, ORACLE_NO);
	return f.reason;
}

static void
test_register(void **state)
{
	static const int32_t algs[] = { PTN_COSE_ES256, PTN_COSE_ES384,
		PTN_COSE_EDDSA, PTN_COSE_RS256 };
	size_t i;

	(void)state;
	for (i = 0; i < N(algs); i++) {
		struct auth_creation c = { .key = auth_key(algs[i]),
			.data = { .count = 7, .set = PTN_AUTHDATA_BE } };
		struct ptn_webauthn_attested out;

		assert_int_equal(create(&c, &out, NULL), PTN_REASON_NONE);
		assert_int_equal(out.alg, algs[i]);
		assert_int_equal(out.sign_count, 7);
		assert_true(out.uv && out.be && !out.bs && !out.verified);
		assert_string_equal(out.attestation, "none");
		assert_memory_equal(out.aaguid, auth_aaguid, PTN_AAGUID_LEN);
		assert_int_equal(out.cred_id.len, sizeof(auth_cred_id));
		assert_memory_equal(out.cred_id.p, auth_cred_id,
		    out.cred_id.len);
		assert_true(ptn_bytes_equal(out.cose_key, auth_cose(c.key)));
	}
}

static void
test_register_client_data(void **state)
{
	struct ptn_webauthn_attested out;
	size_t i;

	(void)state;
	for (i = 0; i < N(client_cases); i++) {
		struct auth_creation c = {
			.client = client_of(i, JSON("create"), "webauthn.get")
		};

		print_message("# %s\n", client_cases[i].name);
		assert_int_equal(create(&c, &out, NULL),
		    client_cases[i].reason);
	}
}

static void
test_register_flags(void **state)
{
	struct ptn_webauthn_attested out;
	size_t i;

	(void)state;
	for (i = 0; i < N(flag_cases); i++) {
		struct auth_creation c = { .data = { .set = flag_cases[i].set,
					       .clear = flag_cases[i].clear } };

		print_message("# %s\n", flag_cases[i].name);
		want.require_uv = flag_cases[i].require_uv;
		assert_int_equal(create(&c, &out, NULL), flag_cases[i].reason);
	}
}

static void
test_register_frames(void **state)
{
	struct auth_creation named = {
		.client = { .more = ",\"crossOrigin\":true,\"topOrigin\":"
				    "\"https://Portal.example.com\"" }
	};
	struct auth_creation other = {
		.client = { .more = ",\"crossOrigin\":true,\"topOrigin\":"
				    "\"https://portal.example.com:444\"" }
	};
	struct auth_creation unnamed = {
		.client = { .more = ",\"crossOrigin\":true" }
	};
	struct ptn_webauthn_attested out;

	(void)state;
	rp.top_origins.v = tops;
	rp.top_origins.n = N(tops);
	assert_int_equal(create(&named, &out, NULL), PTN_REASON_NONE);
	assert_int_equal(create(&other, &out, NULL), PTN_REASON_TOP_ORIGIN);
	assert_int_equal(create(&unnamed, &out, NULL), PTN_REASON_CROSS_ORIGIN);
}

static void
test_register_authdata(void **state)
{
	uint8_t id[1024];
	struct ptn_bytes cose = auth_cose(auth_key(PTN_COSE_ES256));
	const struct {
		const char *name;
		struct auth_data data;
		enum ptn_finding_reason reason;
		const char *lax; /* why libfido2 says otherwise */
	} cases[] = {
		// clang-format off
		{ "another RP id", { .rp_id = "example.com" }, PTN_REASON_RP_ID, NULL },
		{ "the RP id's subdomain", { .rp_id = "www.example.org" }, PTN_REASON_RP_ID, NULL },
		{ "the RP id in capitals", { .rp_id = "Example.Org" }, PTN_REASON_RP_ID, NULL },
		{ "AT clear", { .clear = PTN_AUTHDATA_AT }, PTN_REASON_AUTH_DATA, NULL },
		{ "one byte short", { .cut = 1 }, PTN_REASON_AUTH_DATA, NULL },
		{ "without its key", { .cut = 77 }, PTN_REASON_AUTH_DATA, NULL },
		{ "one byte behind", { .behind = HEX("00") }, PTN_REASON_AUTH_DATA, "trailing bytes" },
		{ "a map behind, ED clear", { .behind = HEX("a0") }, PTN_REASON_AUTH_DATA, "trailing bytes" },
		{ "ED, and no map", { .set = PTN_AUTHDATA_ED, .behind = HEX("80") }, PTN_REASON_AUTH_DATA, NULL },
		{ "ED, and a byte behind", { .set = PTN_AUTHDATA_ED, .behind = HEX("a000") }, PTN_REASON_AUTH_DATA, "trailing bytes" },
		{ "ED, indefinite", { .set = PTN_AUTHDATA_ED, .behind = HEX("bfff") }, PTN_REASON_AUTH_DATA, NULL },
		{ "an id beyond the end", { .id_len = 0xffff }, PTN_REASON_AUTH_DATA, NULL },
		{ "an id that eats the key", { .id_len = 64 }, PTN_REASON_AUTH_DATA, NULL },
		{ "an id one too short", { .id_len = 31 }, PTN_REASON_AUTH_DATA, NULL },
		{ "an id of 1023 bytes", { .cred_id = PTN_BYTES(id, 1023) }, PTN_REASON_NONE, NULL },
		{ "an id of 1024 bytes", { .cred_id = PTN_BYTES(id, 1024) }, PTN_REASON_CREDENTIAL_ID, "no limit" },
		{ "an id of one byte", { .cred_id = PTN_BYTES(id, 1) }, PTN_REASON_NONE, NULL },
		{ "no id", { .empty_id = true }, PTN_REASON_CREDENTIAL_ID, NULL },
		{ "no key", { .cose = HEX("a0") }, PTN_REASON_KEY, NULL },
		{ "a key that is a list", { .cose = HEX("80") }, PTN_REASON_AUTH_DATA, NULL },
		{ "a point off the curve", { .cose = auth_flip(cose, 76) }, PTN_REASON_KEY, "points are checked when used" },
		{ "a key with more",
		  { .cose = auth_cat(HEX("a6"), auth_cat(PTN_BYTES(cose.p + 1, cose.len - 1), HEX("0401"))) }, PTN_REASON_KEY, NULL },
		{ "a label twice",
		  { .cose = auth_cat(HEX("a6"), auth_cat(PTN_BYTES(cose.p + 1, cose.len - 1), HEX("0326"))) }, PTN_REASON_AUTH_DATA, NULL },
		{ "another algorithm", { .cose = auth_cose(auth_key(PTN_COSE_ES512)) }, PTN_REASON_ALGORITHM, NULL },
		{ "P-384 for ES256",
		  { .cose = auth_cat(HEX("a5010203262002"), PTN_BYTES(auth_cose(auth_key(PTN_COSE_ES384)).p + 8, 102)) }, PTN_REASON_KEY, NULL },
		// clang-format on
	};
	struct ptn_webauthn_attested out;
	size_t i;

	(void)state;
	memset(id, 'i', sizeof(id));
	for (i = 0; i < N(cases); i++) {
		struct auth_creation c = { .data = cases[i].data };

		print_message("# %s\n", cases[i].name);
		assert_int_equal(create(&c, &out, cases[i].lax),
		    cases[i].reason);
	}
}

static void
test_register_extensions(void **state)
{
	struct auth_creation c = { .data = { .set = PTN_AUTHDATA_ED } };
	struct ptn_webauthn_attested out;
	struct ptn_finding f;

	(void)state;
	/* Unsolicited: {"credProtect": 2, "hmac-secret": true, "x": {}} */
	c.data.behind = HEX("a36b6372656450726f74656374026b686d61632d7365637265"
			    "74f56178a0");
	auth_create(&c);
	assert_int_equal(
	    ptn_webauthn_register(auth_arena, &rp, &want, &c.out, &out, &f),
	    PTN_OK);
	assert_int_equal(f.reason, PTN_REASON_NONE);
	assert_true(ptn_bytes_equal(out.cose_key, auth_cose(c.key)));
}

static void
test_register_object(void **state)
{
	struct auth_creation honest = { .fmt = NULL };
	struct ptn_bytes o;
	struct ptn_webauthn_attested out;
	size_t i;

	(void)state;
	auth_create(&honest);
	o = honest.out.attestation_object;
	const struct ptn_bytes bad[] = {
		HEX(""),
		HEX("a0"),
		HEX("80"),
		HEX("f6"),
		PTN_BYTES(o.p, o.len - 1), /* truncated */
		auth_cat(o, HEX("00")),	   /* trailing */
		auth_cat(HEX("bf"),	   /* indefinite */
		    auth_cat(PTN_BYTES(o.p + 1, o.len - 1), HEX("ff"))),
		auth_cat(HEX("b803"), PTN_BYTES(o.p + 1, o.len - 1)),
		auth_cat(HEX("a4"), /* a key twice */
		    auth_cat(PTN_BYTES(o.p + 1, o.len - 1),
			HEX("63666d74646e6f6e65"))),
		auth_cat(HEX("a4"), /* deep */
		    auth_cat(PTN_BYTES(o.p + 1, o.len - 1),
			HEX("61788181818181818101"))),
		auth_cat(HEX("a4"), /* a tag */
		    auth_cat(PTN_BYTES(o.p + 1, o.len - 1),
			HEX("6178c11a00000000"))),
		auth_cat(HEX("a4"), /* a claim of 4 GiB */
		    auth_cat(PTN_BYTES(o.p + 1, o.len - 1),
			HEX("61785affffffff"))),
	};

	for (i = 0; i < N(bad); i++) {
		struct auth_creation c = { .object = bad[i] };

		print_message("# object %zu\n", i);
		assert_int_equal(create(&c, &out, NULL),
		    PTN_REASON_ATTESTATION_OBJECT);
	}
	/* Members we do not know are no fault. */
	honest.object = auth_cat(HEX("a4"),
	    auth_cat(PTN_BYTES(o.p + 1, o.len - 1), HEX("6178f5")));
	assert_int_equal(create(&honest, &out, NULL), PTN_REASON_NONE);
	/* Oversized. */
	honest.object = PTN_BYTES(ptn_arena_alloc(auth_arena, 70000), 70000);
	assert_int_equal(create(&honest, &out, NULL),
	    PTN_REASON_ATTESTATION_OBJECT);
}

/* No expectation, no match; no algorithm offered, none accepted. */
static void
test_register_nothing_expected(void **state)
{
	struct auth_creation c = { .client = { .challenge = "" } };
	struct auth_creation any = { .fmt = NULL };
	struct ptn_webauthn_attested out;

	(void)state;
	want.challenge = PTN_BYTES(NULL, 0);
	assert_int_equal(create(&c, &out, NULL), PTN_REASON_CHALLENGE);
	want.challenge = auth_challenge();
	want.n_algs = 0;
	assert_int_equal(create(&any, &out, NULL), PTN_REASON_ALGORITHM);
	want.n_algs = N(auth_offered);
	rp.origins.n = 0;
	assert_int_equal(create(&any, &out, NULL), PTN_REASON_ORIGIN);
}

/* A client data of 8 KiB is read, one byte more is not. */
static void
test_register_long_client_data(void **state)
{
	struct ptn_webauthn_attested out;
	char *json;
	size_t len;

	(void)state;
	for (len = 8192; len <= 8193; len++) {
		struct auth_creation c = { .fmt = NULL };

		json = ptn_arena_alloc(auth_arena, len + 1);
		memset(json, ' ', len);
		memcpy(json, JSON("create"), strlen(JSON("create")));
		c.client.json = json;
		assert_int_equal(create(&c, &out, NULL),
		    len == 8192 ? PTN_REASON_NONE : PTN_REASON_CLIENT_DATA);
	}
}

static void
test_arena_full(void **state)
{
	struct auth_creation c = { .fmt = NULL };
	struct ptn_webauthn_attested out;
	struct ptn_finding f;
	struct ptn_arena *small;
	enum ptn_err r = PTN_E_NOMEM;
	size_t spare;
	unsigned full = 0;

	(void)state;
	auth_create(&c);
	small = ptn_arena_new(64 * 1024);
	for (spare = 0; r == PTN_E_NOMEM; spare += 16) {
		ptn_arena_reset(small);
		assert_non_null(ptn_arena_alloc(small, 64 * 1024 - 16 - spare));
		r = ptn_webauthn_register(small, &rp, &want, &c.out, &out, &f);
		if (r == PTN_E_NOMEM) {
			full++;
			assert_int_equal(f.verdict, PTN_DENY);
		}
	}
	assert_int_equal(r, PTN_OK);
	assert_int_equal(f.verdict, PTN_ALLOW);
	assert_true(full > 10);
	ptn_arena_free(&small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_register, each),
		cmocka_unit_test_setup(test_register_client_data, each),
		cmocka_unit_test_setup(test_register_flags, each),
		cmocka_unit_test_setup(test_register_frames, each),
		cmocka_unit_test_setup(test_register_authdata, each),
		cmocka_unit_test_setup(test_register_extensions, each),
		cmocka_unit_test_setup(test_register_object, each),
		cmocka_unit_test_setup(test_register_nothing_expected, each),
		cmocka_unit_test_setup(test_register_long_client_data, each),
		cmocka_unit_test_setup(test_arena_full, each),
	};

	return cmocka_run_group_tests(tests, auth_setup, auth_teardown);
}
