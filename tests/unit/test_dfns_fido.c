#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/base64.h"
#include "lib/base/log.h"
#include "lib/crypto/crypto.h"
#include "lib/dfns/factor.h"
#include "lib/dfns/fido.h"
#include "lib/format/dfnsid.h"
#include "tests/unit/dfns.h"
#include "tests/unit/sign.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define ORIGIN "https://app.example.co"
#define CHALLENGE "NzdmODYwNTc1MDM2YjM5NQ"
#define TWICE "TnpkbU9EWXdOVGMxTURNMllqTTVOUQ"

static char origin_text[] = ORIGIN, other_text[] = "https://example.net",
	    star_text[] = "*";
static char *origin_list[] = { origin_text };
static char *other_list[] = { other_text };
static char *star_list[] = { star_text };

/* The organisation's second relying party is that of the examples. */
static const struct ptn_dfns_fido_rp listed[] = {
	{ "example.net", { other_list, 1 } },
	{ "example.co", { origin_list, 1 } },
};
static const struct ptn_dfns_fido_rp ruled[] = {
	{ "example.net", { star_list, 1 } },
	{ "example.co", { star_list, 1 } },
};

static struct ptn_dfns_fido
ceremony(const struct ptn_dfns_fido_rp *rps, const char *challenge)
{
	return (struct ptn_dfns_fido){ rps, 2, challenge, PTN_ATTESTATION_NONE,
		1767225600 };
}

static struct ptn_uuid
user_of(const char *id)
{
	struct ptn_uuid u;

	assert_int_equal(
	    ptn_dfnsid_parse(PTN_DFNSID_USER, ptn_bytes_of(id), &u), PTN_OK);
	return u;
}

static struct ptn_uuid
fixture_user(void)
{
	return user_of(dfns_text(arena, dfns_vector("fixture"), "userId"));
}

/* ------------------------------------------------------- the worked examples
 */

static struct ptn_finding
create(const struct ptn_dfns_fido *f, const struct ptn_json *request,
    struct ptn_dfns_fido_created *out)
{
	struct ptn_dfns_fido_creation in;
	struct ptn_dfns_factor_new c;
	struct ptn_finding finding;
	const char *why;

	assert_int_equal(ptn_dfns_factor_read_new(arena, request,
			     PTN_FACTOR_FIRST, &c, &why),
	    PTN_OK);
	in = (struct ptn_dfns_fido_creation){ ptn_bytes_of(c.cred_id),
		c.client_data, c.attestation };
	assert_int_equal(ptn_dfns_fido_create(arena, f, &in, out, &finding),
	    PTN_OK);
	assert_int_equal(finding.verdict == PTN_ALLOW, out->rp_id != NULL);
	return finding;
}

static bool
check_registration(void *arg, const char *name, const struct ptn_json *v)
{
	const struct ptn_json *request = ptn_json_get(v, "request");
	struct ptn_dfns_fido_created made;
	struct ptn_dfns_fido f;
	struct ptn_finding finding;
	size_t *n = arg;

	if (strncmp(name, "fido2", 5) != 0)
		return true;
	f = ceremony(listed, dfns_text(arena, v, "challenge"));
	finding = create(&f, request, &made);
	if (finding.verdict != PTN_ALLOW)
		fail_msg("%s: %s", name, ptn_finding_word(finding.reason));
	assert_string_equal(made.rp_id, "example.co");
	assert_string_equal(made.origin, ORIGIN);
	assert_int_equal(made.attested.alg, PTN_COSE_ES256);
	/* With evidence wanted, and with the rule for origins. */
	f.attestation = PTN_ATTESTATION_VERIFY;
	f.rps = ruled;
	assert_int_equal(create(&f, request, &made).verdict, PTN_ALLOW);
	assert_int_equal(made.attested.verified,
	    strstr(name, "packed") != NULL);
	f.challenge = CHALLENGE;
	assert_int_equal(create(&f, request, &made).reason,
	    PTN_REASON_CHALLENGE);
	(*n)++;
	return true;
}

static void
test_registration(void **state)
{
	size_t n = 0;

	(void)state;
	assert_true(
	    ptn_json_each(dfns_vector("registration"), check_registration, &n));
	assert_int_equal(n, 3);
}

/* The row that the registration of the examples leaves. */
static struct ptn_dfns_fido_stored
stored_key(void)
{
	const struct ptn_json *v = dfns_vector("registration/fido2_none_sdk");
	struct ptn_dfns_fido f =
	    ceremony(listed, dfns_text(arena, v, "challenge"));
	struct ptn_dfns_fido_created made;

	assert_int_equal(create(&f, ptn_json_get(v, "request"), &made).verdict,
	    PTN_ALLOW);
	return (struct ptn_dfns_fido_stored){ .rp_id = made.rp_id,
		.user = fixture_user(),
		.record = { .cose_key = made.attested.cose_key,
		    .sign_count = made.attested.sign_count,
		    .be = made.attested.be } };
}

static struct ptn_finding
verify(const struct ptn_dfns_fido *f, const struct ptn_dfns_fido_stored *stored,
    const struct ptn_dfns_fido_assertion *in)
{
	struct ptn_webauthn_asserted out;
	struct ptn_finding finding;

	assert_int_equal(
	    ptn_dfns_fido_assert(arena, f, stored, in, &out, &finding), PTN_OK);
	assert_int_equal(finding.verdict == PTN_ALLOW,
	    finding.reason == PTN_REASON_NONE);
	if (finding.verdict != PTN_ALLOW)
		assert_int_equal(out.sign_count, 0);
	return finding;
}

static struct ptn_dfns_fido_assertion
assertion_of(const struct ptn_dfns_factor *f)
{
	return (struct ptn_dfns_fido_assertion){ f->client_data,
		f->authenticator_data, f->signature, f->user_handle, false };
}

static void
test_login(void **state)
{
	const struct ptn_json *v = dfns_vector("login/fido2_sdk");
	struct ptn_dfns_fido f =
	    ceremony(listed, dfns_text(arena, v, "challenge"));
	struct ptn_dfns_fido_stored stored = stored_key();
	struct ptn_dfns_fido_assertion in;
	struct ptn_dfns_factor factor;
	const char *why;

	(void)state;
	assert_int_equal(ptn_dfns_factor_read(arena,
			     ptn_json_get(v, "firstFactor"), PTN_FACTOR_FIRST,
			     &factor, &why),
	    PTN_OK);
	in = assertion_of(&factor);
	assert_int_equal(verify(&f, &stored, &in).verdict, PTN_ALLOW);
	in.by_handle = true;
	assert_int_equal(verify(&f, &stored, &in).verdict, PTN_ALLOW);
	in.user_handle = PTN_BYTES(NULL, 0);
	assert_int_equal(verify(&f, &stored, &in).reason,
	    PTN_REASON_USER_HANDLE);
	in.by_handle = false;
	assert_int_equal(verify(&f, &stored, &in).verdict, PTN_ALLOW);
	/* The relying party is no longer the organisation's. */
	f.n_rps = 1;
	assert_int_equal(verify(&f, &stored, &in).reason, PTN_REASON_RP_ID);
	f.n_rps = 0;
	assert_int_equal(verify(&f, &stored, &in).reason, PTN_REASON_RP_ID);
}

/* A case has no factor around its assertion. */
static void
read_negative(const struct ptn_json *v, struct ptn_dfns_factor *f)
{
	static const char *const members[] = { "credId", "clientData",
		"authenticatorData", "signature", "userHandle" };
	const struct ptn_json *in = ptn_json_get(v, "credentialAssertion");
	struct ptn_json *factor;
	struct ptn_jsonw w;
	const char *why;
	size_t i;

	ptn_jsonw_init(&w, arena);
	ptn_jsonw_object(&w, NULL);
	ptn_jsonw_str(&w, "kind", "Fido2");
	ptn_jsonw_object(&w, "credentialAssertion");
	for (i = 0; i < N(members); i++)
		ptn_jsonw_str(&w, members[i], dfns_text(arena, in, members[i]));
	ptn_jsonw_end_object(&w);
	ptn_jsonw_end_object(&w);
	assert_false(w.buf.bad);
	factor = dfns_parse(ptn_bytes_of(w.buf.p));
	assert_int_equal(
	    ptn_dfns_factor_read(arena, factor, PTN_FACTOR_FIRST, f, &why),
	    PTN_OK);
	ptn_json_free(&factor);
}

static void
test_negative(void **state)
{
	const struct ptn_json *cases = dfns_vector("negative/fido2"), *v;
	struct ptn_dfns_fido f = ceremony(listed,
	    dfns_text(arena, dfns_vector("negative"), "challenge"));
	struct ptn_dfns_fido_stored stored = stored_key();
	struct ptn_dfns_fido_assertion in;
	struct ptn_finding finding;
	struct ptn_dfns_factor factor;
	size_t i;

	(void)state;
	assert_in_range(ptn_json_len(cases), 5, 100);
	for (i = 0; i < 2 * ptn_json_len(cases); i++) {
		v = ptn_json_at(cases, i / 2);
		f.rps = i % 2 == 0 ? listed : ruled;
		read_negative(v, &factor);
		in = assertion_of(&factor);
		finding = verify(&f, &stored, &in);
		assert_int_equal(finding.verdict, PTN_DENY);
		assert_string_equal(ptn_finding_word(finding.reason),
		    dfns_text(arena, v, "failing_check"));
	}
}

/* ------------------------------------------------------------ our own lies */

/* A true assertion by the key of the examples over whatever these are. */
static struct ptn_dfns_fido_assertion
signed_by_key(const char *client_data, uint8_t flags, uint8_t count)
{
	const struct ptn_json *v = dfns_vector("keys/p256_fido");
	EVP_PKEY *key = sign_key(dfns_text(arena, v, "private_pem"));
	uint8_t *msg = ptn_arena_alloc(arena, 37 + PTN_SHA256_LEN);
	struct ptn_dfns_fido_assertion in = { .by_handle = false };

	ptn_crypto_sha256(ptn_bytes_of("example.co"), msg);
	msg[32] = flags;
	msg[36] = count;
	in.client_data = ptn_bytes_of(client_data);
	ptn_crypto_sha256(in.client_data, msg + 37);
	in.authenticator_data = PTN_BYTES(msg, 37);
	in.signature = sign_bytes(arena, key, "SHA256",
	    PTN_BYTES(msg, 37 + PTN_SHA256_LEN));
	EVP_PKEY_free(key);
	return in;
}

#define DATA(type, challenge, more)                                            \
	"{\"type\":\"" type "\",\"challenge\":\"" challenge "\"" more "}"
#define FROM(origin) ",\"origin\":\"" origin "\""
#define HONEST DATA("webauthn.get", TWICE, FROM(ORIGIN))

static const struct {
	const char *client_data;
	uint8_t flags;
	uint8_t count;
	enum ptn_finding_reason reason;
} lies[] = {
	// clang-format off
	{ HONEST, 0x05, 1, PTN_REASON_NONE },
	{ HONEST, 0x1d, 1, PTN_REASON_BE_CHANGED },
	{ DATA("webauthn.get", CHALLENGE, FROM(ORIGIN)), 0x05, 1, PTN_REASON_NONE },
	{ DATA("webauthn.get", TWICE, FROM(ORIGIN) ",\"crossOrigin\":false"), 0x05, 1, PTN_REASON_NONE },
	{ DATA("webauthn.get", TWICE, FROM(ORIGIN) ",\"crossOrigin\":true"), 0x05, 1, PTN_REASON_CROSS_ORIGIN },
	{ DATA("webauthn.get", TWICE, FROM("https://example.net")), 0x05, 1, PTN_REASON_ORIGIN },
	{ DATA("webauthn.get", TWICE, FROM("http://app.example.co")), 0x05, 1, PTN_REASON_ORIGIN },
	{ DATA("webauthn.get", TWICE, ""), 0x05, 1, PTN_REASON_CLIENT_DATA },
	{ DATA("webauthn.create", TWICE, FROM(ORIGIN)), 0x05, 1, PTN_REASON_TYPE },
	{ DATA("key.get", TWICE, FROM(ORIGIN)), 0x05, 1, PTN_REASON_TYPE },
	{ DATA("webauthn.get", "", FROM(ORIGIN)), 0x05, 1, PTN_REASON_CHALLENGE },
	{ DATA("webauthn.get", "AAAA", FROM(ORIGIN)), 0x05, 1, PTN_REASON_CHALLENGE },
	{ DATA("webauthn.get", TWICE, FROM(ORIGIN) FROM(ORIGIN)), 0x05, 1, PTN_REASON_CLIENT_DATA },
	{ HONEST, 0x04, 1, PTN_REASON_UP },
	{ HONEST, 0x01, 1, PTN_REASON_UV },
	{ HONEST, 0x00, 1, PTN_REASON_UP },
	{ HONEST, 0x15, 1, PTN_REASON_BACKUP },
	// clang-format on
};

static void
test_lies(void **state)
{
	struct ptn_dfns_fido_stored stored = stored_key();
	struct ptn_dfns_fido f = ceremony(listed, CHALLENGE);
	struct ptn_dfns_fido_assertion in;
	struct ptn_finding finding;
	size_t i;

	(void)state;
	for (i = 0; i < N(lies); i++) {
		in = signed_by_key(lies[i].client_data, lies[i].flags,
		    lies[i].count);
		finding = verify(&f, &stored, &in);
		if (finding.reason != lies[i].reason)
			fail_msg("%zu: %s", i,
			    ptn_finding_word(finding.reason));
	}
}

static void
test_counter(void **state)
{
	struct ptn_dfns_fido_stored stored = stored_key();
	struct ptn_dfns_fido f = ceremony(ruled, CHALLENGE);
	struct ptn_dfns_fido_assertion in;
	static const struct {
		uint32_t last;
		uint8_t now;
		enum ptn_finding_reason reason;
	} cases[] = {
		{ 0, 0, PTN_REASON_NONE },
		{ 0, 1, PTN_REASON_NONE },
		{ 4, 5, PTN_REASON_NONE },
		{ 5, 5, PTN_REASON_COUNTER },
		{ 6, 5, PTN_REASON_COUNTER },
		{ 6, 0, PTN_REASON_COUNTER },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		stored.record.sign_count = cases[i].last;
		in = signed_by_key(HONEST, 0x05, cases[i].now);
		assert_int_equal(verify(&f, &stored, &in).reason,
		    cases[i].reason);
	}
}

static void
test_user_handle(void **state)
{
	struct ptn_dfns_fido_stored stored = stored_key();
	struct ptn_dfns_fido f = ceremony(listed, CHALLENGE);
	struct ptn_dfns_fido_assertion in = signed_by_key(HONEST, 0x05, 1);
	struct ptn_uuid found, other = ptn_uuid_new();
	char id[PTN_DFNSID_STR];

	(void)state;
	/* As the other API writes it. */
	in.user_handle = PTN_BYTES(stored.user.b, 16);
	assert_int_equal(verify(&f, &stored, &in).verdict, PTN_ALLOW);
	in.user_handle = PTN_BYTES(other.b, 16);
	assert_int_equal(verify(&f, &stored, &in).reason,
	    PTN_REASON_USER_HANDLE);
	ptn_dfnsid_format(PTN_DFNSID_USER, &other, id);
	in.user_handle = ptn_bytes_of(id);
	assert_int_equal(verify(&f, &stored, &in).reason,
	    PTN_REASON_USER_HANDLE);
	assert_int_equal(ptn_dfns_fido_user(in.user_handle, &found), PTN_OK);
	assert_true(ptn_uuid_equal(&found, &other));
	/* As another program had it. */
	in.user_handle = ptn_bytes_of("older");
	assert_int_equal(verify(&f, &stored, &in).reason,
	    PTN_REASON_USER_HANDLE);
	stored.handle = ptn_bytes_of("older");
	assert_int_equal(verify(&f, &stored, &in).verdict, PTN_ALLOW);
	in.user_handle = ptn_bytes_of("oldes");
	assert_int_equal(verify(&f, &stored, &in).reason,
	    PTN_REASON_USER_HANDLE);
	ptn_dfnsid_format(PTN_DFNSID_ORG, &stored.user, id);
	in.user_handle = ptn_bytes_of(id);
	assert_int_equal(verify(&f, &stored, &in).reason,
	    PTN_REASON_USER_HANDLE);
	assert_int_equal(ptn_dfns_fido_user(PTN_BYTES(NULL, 0), &found),
	    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_dfns_fido_user(ptn_bytes_of("us-"), &found),
	    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_dfns_fido_user(PTN_BYTES(other.b, 15), &found),
	    PTN_E_NOT_FOUND);
}

/* Format "none" has no signature: everything in it can be altered. */
static void
test_creation(void **state)
{
	const struct ptn_json *v = dfns_vector("registration/fido2_none_sdk");
	struct ptn_dfns_fido f =
	    ceremony(listed, dfns_text(arena, v, "challenge"));
	struct ptn_dfns_fido_creation in;
	struct ptn_dfns_fido_created out;
	struct ptn_dfns_factor_new c;
	struct ptn_finding finding;
	const char *why;
	uint8_t *bytes;
	size_t i;
	static const struct {
		size_t at; /* in the attestation object */
		uint8_t value;
		enum ptn_finding_reason reason;
	} cases[] = {
		{ 30 + 32, 0x45, PTN_REASON_NONE },
		{ 30 + 32, 0x41, PTN_REASON_UV },
		{ 30 + 32, 0x44, PTN_REASON_UP },
		{ 30 + 32, 0x05, PTN_REASON_AUTH_DATA },
		{ 30, 0, PTN_REASON_RP_ID },
		{ 30 + 55, 0, PTN_REASON_OTHER_CREDENTIAL },
		{ 5, 'x', PTN_REASON_ATTESTATION_OBJECT },
	};

	(void)state;
	assert_int_equal(ptn_dfns_factor_read_new(arena,
			     ptn_json_get(v, "request"), PTN_FACTOR_FIRST, &c,
			     &why),
	    PTN_OK);
	in = (struct ptn_dfns_fido_creation){ ptn_bytes_of(c.cred_id),
		c.client_data, c.attestation };
	/* The origin is judged first, so let it be right for either. */
	f.rps = (const struct ptn_dfns_fido_rp[]){
		{ "example.net", { origin_list, 1 } },
		{ "example.co", { origin_list, 1 } },
	};
	for (i = 0; i < N(cases); i++) {
		bytes = ptn_arena_alloc(arena, c.attestation.len);
		memcpy(bytes, c.attestation.p, c.attestation.len);
		bytes[cases[i].at] = cases[i].value;
		in.attestation = PTN_BYTES(bytes, c.attestation.len);
		assert_int_equal(
		    ptn_dfns_fido_create(arena, &f, &in, &out, &finding),
		    PTN_OK);
		if (finding.reason != cases[i].reason)
			fail_msg("%zu: %s", i,
			    ptn_finding_word(finding.reason));
	}
	in.attestation = c.attestation;
	in.cred_id = ptn_bytes_of("_6BgsCNlnfX9y0qjBWmIFbpuDcn5nD7MmiAp0b0U3q");
	assert_int_equal(ptn_dfns_fido_create(arena, &f, &in, &out, &finding),
	    PTN_OK);
	assert_int_equal(finding.reason, PTN_REASON_OTHER_CREDENTIAL);
	assert_null(out.rp_id);
	f.n_rps = 0;
	assert_int_equal(ptn_dfns_fido_create(arena, &f, &in, &out, &finding),
	    PTN_OK);
	assert_int_equal(finding.reason, PTN_REASON_RP_ID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_registration, dfns_each),
		cmocka_unit_test_setup(test_login, dfns_each),
		cmocka_unit_test_setup(test_negative, dfns_each),
		cmocka_unit_test_setup(test_lies, dfns_each),
		cmocka_unit_test_setup(test_counter, dfns_each),
		cmocka_unit_test_setup(test_user_handle, dfns_each),
		cmocka_unit_test_setup(test_creation, dfns_each),
	};

	return cmocka_run_group_tests(tests, dfns_setup, dfns_teardown);
}
