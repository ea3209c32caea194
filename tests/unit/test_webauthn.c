#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/webauthn/webauthn.h"
#include "tests/unit/authenticator.h"
#include "tests/unit/oracle.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define HEX(s) auth_unhex(s)

static char *origins[] = { (char *)(uintptr_t)AUTH_ORIGIN,
	(char *)(uintptr_t) "https://login.example.org:8443",
	(char *)(uintptr_t) "android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-"
			    "0H1xKCQcfIoGLck" };
static char *tops[] = { (char *)(uintptr_t) "https://portal.example.com" };

static const int32_t offered[] = { PTN_COSE_ES256, PTN_COSE_EDDSA,
	PTN_COSE_ES384, PTN_COSE_RS256 };

static struct ptn_webauthn_rp rp;
static struct ptn_webauthn_want want;

static int
each(void **state)
{
	(void)state;
	ptn_arena_reset(auth_arena);
	memset(&rp, 0, sizeof(rp));
	rp.id = AUTH_RP_ID;
	rp.origins.v = origins;
	rp.origins.n = N(origins);
	memset(&want, 0, sizeof(want));
	want.challenge = auth_challenge();
	want.algs = offered;
	want.n_algs = N(offered);
	want.now_s = AUTH_NOW_S;
	return 0;
}

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

#define JSON_REST                                                              \
	"\"challenge\":\"dGhpcnR5LXR3byBieXRlcyB0aGF0IHdlcmUgcmFuZG9t\","      \
	"\"origin\":\"https://example.org\"}"
#define JSON(type) "{\"type\":\"webauthn." type "\"," JSON_REST

// clang-format off
static const struct {
	const char *name;
	struct auth_client client;
	enum ptn_finding_reason reason;
} client_cases[] = {
	{ "as a whole text", { .json = "%s" }, PTN_REASON_NONE },
	{ "the other ceremony", { .type = "other" }, PTN_REASON_TYPE },
	{ "a payment", { .type = "payment.get" }, PTN_REASON_TYPE },
	{ "a type in capitals", { .type = "WebAuthn.Create" }, PTN_REASON_TYPE },
	{ "an empty type", { .type = "" }, PTN_REASON_TYPE },
	{ "another challenge", { .challenge = "dGhpcnR5LXR3byBieXRlcyB0aGF0IHdlcmUgcmFuZG9u" }, PTN_REASON_CHALLENGE },
	{ "a shorter challenge", { .challenge = "dGhpcnR5LXR3byBieXRlcyB0aGF0IHdlcmUgcmFuZG9" }, PTN_REASON_CHALLENGE },
	{ "a longer challenge", { .challenge = "dGhpcnR5LXR3byBieXRlcyB0aGF0IHdlcmUgcmFuZG9tA" }, PTN_REASON_CHALLENGE },
	{ "a padded challenge", { .challenge = "dGhpcnR5LXR3byBieXRlcyB0aGF0IHdlcmUgcmFuZG9t=" }, PTN_REASON_CHALLENGE },
	{ "an empty challenge", { .challenge = "" }, PTN_REASON_CHALLENGE },
	{ "another origin", { .origin = "https://example.com" }, PTN_REASON_ORIGIN },
	{ "a look-alike behind", { .origin = "https://example.org.evil.test" }, PTN_REASON_ORIGIN },
	{ "a look-alike before", { .origin = "https://evilexample.org" }, PTN_REASON_ORIGIN },
	{ "a homograph", { .origin = "https://ex\xd0\xb0mple.org" }, PTN_REASON_ORIGIN },
	{ "a subdomain", { .origin = "https://www.example.org" }, PTN_REASON_ORIGIN },
	{ "a parent", { .origin = "https://org" }, PTN_REASON_ORIGIN },
	{ "another scheme", { .origin = "http://example.org" }, PTN_REASON_ORIGIN },
	{ "another port", { .origin = "https://example.org:8443" }, PTN_REASON_ORIGIN },
	{ "no port where there is one", { .origin = "https://login.example.org" }, PTN_REASON_ORIGIN },
	{ "one digit less of the port", { .origin = "https://login.example.org:844" }, PTN_REASON_ORIGIN },
	{ "a trailing dot", { .origin = "https://example.org." }, PTN_REASON_ORIGIN },
	{ "a path", { .origin = "https://example.org/" }, PTN_REASON_ORIGIN },
	{ "user information", { .origin = "https://example.org@evil.test" }, PTN_REASON_ORIGIN },
	{ "a NUL in the origin", { .origin = "https://example.org\\u0000" }, PTN_REASON_CLIENT_DATA },
	{ "an opaque origin", { .origin = "null" }, PTN_REASON_ORIGIN },
	{ "an empty origin", { .origin = "" }, PTN_REASON_ORIGIN },
	{ "an origin in capitals", { .origin = "HTTPS://Example.Org" }, PTN_REASON_NONE },
	{ "the second origin", { .origin = "https://login.example.org:8443" }, PTN_REASON_NONE },
	{ "the application", { .origin = "android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck" }, PTN_REASON_NONE },
	{ "another application", { .origin = "android:apk-key-hash:PNIP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck" }, PTN_REASON_ORIGIN },
	{ "crossOrigin", { .more = ",\"crossOrigin\":true" }, PTN_REASON_CROSS_ORIGIN },
	{ "crossOrigin and topOrigin", { .more = ",\"crossOrigin\":true,\"topOrigin\":\"https://portal.example.com\"" }, PTN_REASON_CROSS_ORIGIN },
	{ "topOrigin", { .more = ",\"topOrigin\":\"https://portal.example.com\"" }, PTN_REASON_TOP_ORIGIN },
	{ "not crossOrigin", { .more = ",\"crossOrigin\":false" }, PTN_REASON_NONE },
	{ "crossOrigin of null", { .more = ",\"crossOrigin\":null" }, PTN_REASON_NONE },
	{ "crossOrigin as text", { .more = ",\"crossOrigin\":\"true\"" }, PTN_REASON_CLIENT_DATA },
	{ "members we do not know", { .more = ",\"new\":{\"a\":[1,2.5,null]}" }, PTN_REASON_NONE },
	{ "token binding", { .more = ",\"tokenBinding\":{\"status\":\"supported\"}" }, PTN_REASON_NONE },
	{ "odd token binding", { .more = ",\"tokenBinding\":{\"status\":\"maybe\"}" }, PTN_REASON_CLIENT_DATA },
	{ "a member twice", { .more = ",\"origin\":\"https://example.org\"" }, PTN_REASON_CLIENT_DATA },
	{ "nothing", { .json = "" }, PTN_REASON_CLIENT_DATA },
	{ "no object", { .json = "[]" }, PTN_REASON_CLIENT_DATA },
	{ "null", { .json = "null" }, PTN_REASON_CLIENT_DATA },
	{ "an empty object", { .json = "{}" }, PTN_REASON_CLIENT_DATA },
};

static const struct {
	const char *name;
	uint8_t set;
	uint8_t clear;
	bool require_uv;
	enum ptn_finding_reason reason;
} flag_cases[] = {
	{ "UP and UV", 0, 0, true, PTN_REASON_NONE },
	{ "no UV", 0, PTN_AUTHDATA_UV, false, PTN_REASON_NONE },
	{ "no UV, required", 0, PTN_AUTHDATA_UV, true, PTN_REASON_UV },
	{ "no UP", 0, PTN_AUTHDATA_UP, false, PTN_REASON_UP },
	{ "neither UP nor UV", 0, PTN_AUTHDATA_UP | PTN_AUTHDATA_UV, true, PTN_REASON_UP },
	{ "BE", PTN_AUTHDATA_BE, 0, false, PTN_REASON_NONE },
	{ "BE and BS", PTN_AUTHDATA_BE | PTN_AUTHDATA_BS, 0, false, PTN_REASON_NONE },
	{ "BS without BE", PTN_AUTHDATA_BS, 0, false, PTN_REASON_BACKUP },
	{ "RFU1", PTN_AUTHDATA_RFU1, 0, false, PTN_REASON_RESERVED },
	{ "RFU2", PTN_AUTHDATA_RFU2, 0, false, PTN_REASON_RESERVED },
	{ "ED without extensions", PTN_AUTHDATA_ED, 0, false, PTN_REASON_AUTH_DATA },
};
// clang-format on

/* The rows serve both ceremonies. */
static struct auth_client
client_of(size_t i, const char *json, const char *other)
{
	struct auth_client client = client_cases[i].client;

	if (client.json != NULL && strcmp(client.json, "%s") == 0)
		client.json = json;
	if (client.type != NULL && strcmp(client.type, "other") == 0)
		client.type = other;
	return client;
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
	want.n_algs = N(offered);
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
	for (i = 0; i < N(offered); i++) {
		struct auth_assertion c = { .key = auth_key(offered[i]),
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
	for (i = 0; i < N(offered); i++) {
		const struct auth_key *key = auth_key(offered[i]);
		struct auth_assertion honest = { .key = key };
		struct ptn_webauthn_stored other = {
			.cose_key = auth_cose(auth_other_key(offered[i]))
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
