#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/attestation.h"
#include "lib/webauthn.h"
#include "tests/unit/authenticator.h"
#include "tests/unit/oracle.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define HEX(s) auth_unhex(s)
#define OID_AAGUID "1.3.6.1.4.1.45724.1.1.4"
#define OID_ANDROID "1.3.6.1.4.1.11129.2.1.17"
#define OID_APPLE "1.2.840.113635.100.8.2"
#define BEFORE (AUTH_NOW_S - 1000)
#define AFTER (AUTH_NOW_S + 1000)

static char *origins[] = { (char *)(uintptr_t)AUTH_ORIGIN };
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
	want.attestation = PTN_ATTESTATION_VERIFY;
	return 0;
}

/* What libfido2 is to say when we refuse: the same, unless told. */
enum lax { SAME, LAX, ODD };

static struct ptn_webauthn_finding
create(struct auth_creation *c, struct ptn_attested *out, enum lax lax)
{
	struct ptn_webauthn_finding f;
	struct oracle_creation o;
	enum oracle answer;

	auth_create(c);
	assert_int_equal(
	    ptn_webauthn_register(auth_arena, &rp, &want, &c->out, out, &f),
	    PTN_OK);
	if (f.why != NULL)
		print_message("#   %s\n", f.why);
	o = (struct oracle_creation){ c->fmt, c->raw_stmt, c->raw_data, c->hash,
		rp.id, c->key->alg, false };
	answer = oracle_create(&o);
	if (lax == ODD)
		return f;
	if (lax == LAX)
		assert_int_equal(answer, ORACLE_YES);
	else if (f.verdict == PTN_ALLOW)
		assert_int_not_equal(answer, ORACLE_NO);
	else if (f.fault == PTN_WA_ATTESTATION)
		assert_int_not_equal(answer, ORACLE_YES);
	return f;
}

static struct ptn_bytes
signed_data(const struct auth_creation *c)
{
	return auth_cat(c->raw_data, c->hash);
}

static void
put_x5c(struct ptn_buf *b, const struct ptn_bytes *certs, size_t n)
{
	size_t i;

	auth_put_text(b, "x5c");
	auth_head(b, 4, n);
	for (i = 0; i < n; i++)
		auth_put_bytes(b, certs[i]);
}

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
	sig = l->sig.p != NULL ? l->sig : auth_sign(by, signed_data(c));
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
		put_x5c(b, certs,
		    l->empty_x5c	      ? 0
			: l->second.p != NULL ? 2
					      : 1);
	}
	if (l->more) {
		auth_put_text(b, "more");
		auth_put_int(b, 1);
	}
}

static struct auth_cert
fine(void)
{
	return (struct auth_cert){ .version = 2,
		.not_before = BEFORE,
		.not_after = AFTER };
}

static struct lie
with_ext(const char *hex, bool critical)
{
	struct lie l = { .cert = fine() };

	l.cert.exts[0].oid = OID_AAGUID;
	l.cert.exts[0].value = HEX(hex);
	l.cert.exts[0].critical = critical;
	return l;
}

#define CERT(...)                                                              \
	{                                                                      \
		.cert = {                                                      \
			.version = 2,                                          \
			.not_before = BEFORE,                                  \
			.not_after = AFTER,                                    \
			__VA_ARGS__                                            \
		}                                                              \
	}
#define LIE(...)                                                               \
	{                                                                      \
		.cert = { .version = 2,                                        \
			.not_before = BEFORE,                                  \
			.not_after = AFTER },                                  \
		__VA_ARGS__                                                    \
	}
#define AAGUID_HEX "61757468656e74696361746f72203031"

static void
test_packed(void **state)
{
	const struct auth_cert ca = { .version = 2,
		.not_before = BEFORE,
		.not_after = AFTER,
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
		{ "X.509 v1", { .cert = { .version = 0, .not_before = BEFORE, .not_after = AFTER } }, false, LAX },
		{ "no country", CERT(.c = ""), false, LAX },
		{ "no organization", CERT(.o = ""), false, LAX },
		{ "no unit", CERT(.ou = ""), false, LAX },
		{ "another unit", CERT(.ou = "Authenticator attestation"), false, LAX },
		{ "no common name", CERT(.cn = ""), false, LAX },
		{ "no subject", CERT(.no_subject = true), false, LAX },
		{ "a CA", CERT(.ca = true), false, LAX },
		{ "no constraints", CERT(.no_constraints = true), false, LAX },
		{ "expired", { .cert = { .version = 2, .not_before = BEFORE, .not_after = AUTH_NOW_S - 1 } }, false, LAX },
		{ "not yet valid", { .cert = { .version = 2, .not_before = AUTH_NOW_S + 1, .not_after = AFTER } }, false, LAX },
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
	struct ptn_webauthn_finding f;
	struct ptn_attested out;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct auth_creation c = { .fmt = "packed",
			.statement = packed,
			.lie = &cases[i].lie,
			.key = auth_key(PTN_COSE_ES384) };

		print_message("# %s\n", cases[i].name);
		f = create(&c, &out, cases[i].lax);
		assert_int_equal(f.fault,
		    cases[i].holds ? PTN_WA_NONE : PTN_WA_ATTESTATION);
		if (!cases[i].holds)
			continue;
		assert_string_equal(out.attestation, "packed");
		assert_true(out.verified);
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
	struct ptn_webauthn_finding f;
	struct ptn_attested out;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct auth_creation c = { .fmt = "packed",
			.statement = packed,
			.lie = &cases[i].lie };

		print_message("# %s\n", cases[i].name);
		f = create(&c, &out, cases[i].lax);
		assert_int_equal(f.fault,
		    cases[i].holds ? PTN_WA_NONE : PTN_WA_ATTESTATION);
	}
	/* Every algorithm on offer. */
	for (i = 0; i < N(offered); i++) {
		struct auth_creation c = { .fmt = "packed",
			.statement = packed,
			.lie = &cases[0].lie,
			.key = auth_key(offered[i]) };

		f = create(&c, &out, SAME);
		assert_int_equal(f.fault, PTN_WA_NONE);
		assert_string_equal(out.attestation, "packed");
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
	put_x5c(b, certs, l->empty_x5c ? 0 : l->second.p != NULL ? 2 : 1);
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
		.not_before = BEFORE,
		.not_after = AFTER,
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
		  { .cert = { .version = 2, .key = p384, .not_before = BEFORE, .not_after = AFTER }, .by = p384 }, PTN_COSE_ES256, false, SAME },
		{ "a credential of Ed25519", LIE(.alg = 0), PTN_COSE_EDDSA, false, SAME },
		{ "a member more", LIE(.more = true), PTN_COSE_ES256, false, LAX },
		// clang-format on
	};
	struct ptn_webauthn_finding f;
	struct ptn_attested out;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct auth_creation c = { .fmt = "fido-u2f",
			.statement = u2f,
			.lie = &cases[i].lie,
			.key = auth_key(cases[i].alg) };

		print_message("# %s\n", cases[i].name);
		f = create(&c, &out, cases[i].lax);
		assert_int_equal(f.fault,
		    cases[i].holds ? PTN_WA_NONE : PTN_WA_ATTESTATION);
		if (cases[i].holds)
			assert_string_equal(out.attestation, "fido-u2f");
	}
}

/* ----------------------------------------------------------- android-key */

struct android_lie {
	const char *software; /* contents of the lists, hexadecimal */
	const char *tee;
	const struct auth_key *by; /* whose certificate, and who signs */
	bool other_challenge, no_ext, bytes_behind, bad_sig, bad_cert, no_alg;
};

static struct ptn_bytes
der(const char *tag, struct ptn_bytes contents)
{
	uint8_t len[2] = { 0x81, (uint8_t)contents.len };

	assert_true(contents.len < 256);
	return auth_cat(HEX(tag),
	    auth_cat(contents.len < 128 ? PTN_BYTES(len + 1, 1)
					: PTN_BYTES(len, 2),
		contents));
}

static struct ptn_bytes
key_description(const struct android_lie *l, struct ptn_bytes hash)
{
	struct ptn_bytes d = HEX("0202012c0a01010202012c0a0101");

	if (l->other_challenge)
		hash = auth_flip(hash, 0);
	d = auth_cat(d, der("04", hash));
	d = auth_cat(d, HEX("0400"));
	d = auth_cat(d, der("30", HEX(l->software)));
	d = auth_cat(d, der("30", HEX(l->tee)));
	d = der("30", d);
	return l->bytes_behind ? auth_cat(d, HEX("00")) : d;
}

static void
android(struct ptn_buf *b, const struct auth_creation *c)
{
	const struct android_lie *l = c->lie;
	const struct auth_key *by = l->by != NULL ? l->by : c->key;
	struct auth_cert spec = fine();
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
	auth_put_bytes(b, auth_sign(by, l->bad_sig ? c->hash : signed_data(c)));
	put_x5c(b, &cert, 1);
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
	struct ptn_webauthn_finding f;
	struct ptn_attested out;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct auth_creation c = { .fmt = "android-key",
			.statement = android,
			.lie = &cases[i].lie };

		print_message("# %s\n", cases[i].name);
		f = create(&c, &out, SAME);
		assert_int_equal(f.fault,
		    cases[i].holds ? PTN_WA_NONE : PTN_WA_ATTESTATION);
		if (cases[i].holds)
			assert_string_equal(out.attestation, "android-key");
	}
}

/* ----------------------------------------------------------------- apple */

struct apple_lie {
	const struct auth_key *of;
	bool other_nonce, no_ext, bare, more;
};

static void
apple(struct ptn_buf *b, const struct auth_creation *c)
{
	const struct apple_lie *l = c->lie;
	struct auth_cert spec = fine();
	struct ptn_bytes cert, nonce = auth_sha256(signed_data(c));

	if (l->other_nonce)
		nonce = auth_flip(nonce, 31);
	spec.key = l->of != NULL ? l->of : c->key;
	if (!l->no_ext) {
		spec.exts[0].oid = OID_APPLE;
		spec.exts[0].value =
		    l->bare ? nonce : der("30", der("a1", der("04", nonce)));
	}
	cert = auth_make_cert(&spec);
	auth_head(b, 5, l->more ? 2 : 1);
	put_x5c(b, &cert, 1);
	if (l->more) {
		auth_put_text(b, "alg");
		auth_put_int(b, -7);
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
		{ "a member more", { .more = true }, false },
	};
	struct ptn_webauthn_finding f;
	struct ptn_attested out;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct auth_creation c = { .fmt = "apple",
			.statement = apple,
			.lie = &cases[i].lie };

		print_message("# %s\n", cases[i].name);
		f = create(&c, &out, SAME);
		assert_int_equal(f.fault,
		    cases[i].holds ? PTN_WA_NONE : PTN_WA_ATTESTATION);
		if (cases[i].holds)
			assert_string_equal(out.attestation, "apple");
	}
}

/* ------------------------------------------------------------------- tpm */

struct tpm_lie {
	const char *ver;
	int32_t alg;		     /* of the attestation key; 0: RS1 */
	const struct auth_key *of;   /* whose public area */
	struct ptn_bytes san, usage; /* instead */
	const char *magic, *type;
	struct ptn_bytes behind_info, behind_area;
	bool subject, other_data, other_name, no_san, no_usage, ca, v1;
	bool other_aaguid, by_other, symmetric, flip_area, bad_cert,
	    name_sha512;
};

static struct ptn_bytes
sized(struct ptn_bytes b)
{
	uint8_t len[2] = { (uint8_t)(b.len >> 8), (uint8_t)b.len };

	return auth_cat(PTN_BYTES(len, 2), b);
}

/* TPMT_PUBLIC with the attributes that Windows sets. */
static struct ptn_bytes
pub_area(const struct tpm_lie *l, const struct auth_key *key)
{
	struct ptn_bytes cose = auth_cose(l->of != NULL ? l->of : key), b;
	struct ptn_bytes policy = auth_sha256(auth_text("policy"));
	const char *symmetric = l->symmetric ? "0006" : "0010";

	if (key->alg == PTN_COSE_RS256) {
		/* a4 01 03 03 390100 20 59 0100 n 21 43 010001 */
		b = auth_cat(HEX("0001000b00060472"), sized(policy));
		b = auth_cat(b, HEX(symmetric));
		b = auth_cat(b, HEX("0010080000000000"));
		b = auth_cat(b, sized(PTN_BYTES(cose.p + 11, 256)));
	} else {
		b = auth_cat(HEX("0023000b00060472"), sized(policy));
		b = auth_cat(b, HEX(symmetric));
		b = auth_cat(b, HEX("001000030010"));
		b = auth_cat(b, sized(PTN_BYTES(cose.p + 10, 32)));
		b = auth_cat(b, sized(PTN_BYTES(cose.p + 45, 32)));
	}
	if (l->flip_area)
		b = auth_flip(b, b.len - 1);
	return auth_cat(b, l->behind_area);
}

static struct ptn_bytes
digest(int32_t alg, struct ptn_bytes msg)
{
	uint8_t hash[PTN_DIGEST_MAX];
	size_t len = ptn_pubkey_digest(alg, msg, hash);

	return auth_cat(PTN_BYTES(hash, len), PTN_BYTES(NULL, 0));
}

/* TPMS_ATTEST */
static struct ptn_bytes
cert_info(const struct tpm_lie *l, const struct auth_creation *c, int32_t alg,
    struct ptn_bytes area)
{
	struct ptn_bytes data = digest(alg, signed_data(c));
	struct ptn_bytes name = auth_cat(HEX("000b"), auth_sha256(area)), b;
	struct ptn_bytes signer =
	    auth_cat(HEX("000b"), auth_sha256(auth_text("signer")));

	if (l->name_sha512)
		name = auth_flip(name, 1);
	if (l->other_data)
		data = auth_flip(data, 0);
	if (l->other_name)
		name = auth_flip(name, 5);
	b = auth_cat(HEX(l->magic != NULL ? l->magic : "ff544347"),
	    HEX(l->type != NULL ? l->type : "8017"));
	b = auth_cat(b, sized(signer));
	b = auth_cat(b, sized(data));
	b = auth_cat(b, HEX("0000000000000001000000020000000301"));
	b = auth_cat(b, HEX("0000000000000004"));
	b = auth_cat(b, sized(name));
	b = auth_cat(b, sized(signer));
	return auth_cat(b, l->behind_info);
}

/* {2.23.133.2.1: "id:54455354"} {.2: "model"} {.3: "id:01"} in one SET */
#define SAN                                                                    \
	"303ba439303731353014060567810502010c0b69643a3534343535333534"         \
	"300e060567810502020c056d6f64656c300d060567810502030c0469643a"         \
	"31"

/* The same with a digit that is none, and with one of them missing. */
#define SAN_ODD                                                                \
	"303ba439303731353014060567810502010c0b69643a3534343535333547"         \
	"300e060567810502020c056d6f64656c300d060567810502030c0469643a"         \
	"31"
#define SAN_NO_MODEL                                                           \
	"302ba429302731253014060567810502010c0b69643a3534343535333534"         \
	"300d060567810502030c0469643a31"
#define SAN_NO_VERSION                                                         \
	"302ca42a302831263014060567810502010c0b69643a3534343535333534"         \
	"300e060567810502020c056d6f64656c"
#define SAN_NO_MAKER                                                           \
	"3025a4233021311f300e060567810502020c056d6f64656c300d06056781"         \
	"0502030c0469643a31"

static struct ptn_bytes
aik_cert(const struct tpm_lie *l, const struct auth_key *key)
{
	struct auth_cert spec = fine();
	size_t n = 0;

	spec.key = key;
	spec.no_subject = !l->subject;
	spec.ca = l->ca;
	if (l->v1)
		spec.version = 1;
	if (!l->no_san) {
		spec.exts[n].oid = "2.5.29.17";
		spec.exts[n].critical = true;
		spec.exts[n++].value = l->san.p != NULL ? l->san : HEX(SAN);
	}
	if (!l->no_usage) {
		spec.exts[n].oid = "2.5.29.37";
		spec.exts[n++].value =
		    l->usage.p != NULL ? l->usage : HEX("300706056781050803");
	}
	if (l->other_aaguid) {
		spec.exts[n].oid = OID_AAGUID;
		spec.exts[n++].value =
		    HEX("041061757468656e74696361746f72203032");
	}
	return auth_make_cert(&spec);
}

static void
tpm(struct ptn_buf *b, const struct auth_creation *c)
{
	const struct tpm_lie *l = c->lie;
	int32_t alg = l->alg != 0 ? l->alg : PTN_COSE_RS1;
	const struct auth_key *key =
	    auth_other_key(alg == PTN_COSE_RS1 ? PTN_COSE_RS256 : alg);
	struct auth_key by = { alg,
		l->by_other ? auth_key(key->alg)->pkey : key->pkey };
	struct ptn_bytes area = pub_area(l, c->key);
	struct ptn_bytes info = cert_info(l, c, alg, area);
	struct ptn_bytes cert = l->bad_cert ? HEX("3000") : aik_cert(l, key);

	auth_head(b, 5, 6);
	auth_put_text(b, "alg");
	auth_put_int(b, alg);
	auth_put_text(b, "sig");
	auth_put_bytes(b, auth_sign(&by, info));
	auth_put_text(b, "ver");
	auth_put_text(b, l->ver != NULL ? l->ver : "2.0");
	put_x5c(b, &cert, 1);
	auth_put_text(b, "pubArea");
	auth_put_bytes(b, area);
	auth_put_text(b, "certInfo");
	auth_put_bytes(b, info);
}

static void
test_tpm(void **state)
{
	const struct {
		const char *name;
		struct tpm_lie lie;
		int32_t alg;
		bool holds;
		enum lax lax;
	} cases[] = {
		// clang-format off
		{ "RS1, RSA", { .alg = PTN_COSE_RS1 }, PTN_COSE_RS256, true, SAME },
		{ "RS256, RSA", { .alg = PTN_COSE_RS256 }, PTN_COSE_RS256, true, ODD },
		{ "ES256, ECC", { .alg = PTN_COSE_ES256 }, PTN_COSE_ES256, true, SAME },
		{ "RS256, ECC", { .alg = PTN_COSE_RS256 }, PTN_COSE_ES256, true, SAME },
		{ "another RSA key", { .of = auth_other_key(PTN_COSE_RS256) }, PTN_COSE_RS256, false, SAME },
		{ "another ECC key", { .alg = PTN_COSE_ES256, .of = auth_other_key(PTN_COSE_ES256) }, PTN_COSE_ES256, false, SAME },
		{ "another modulus", { .flip_area = true }, PTN_COSE_RS256, false, SAME },
		{ "another y", { .alg = PTN_COSE_ES256, .flip_area = true }, PTN_COSE_ES256, false, SAME },
		{ "no certificate", { .bad_cert = true }, PTN_COSE_RS256, false, SAME },
		{ "a name by another hash", { .name_sha512 = true }, PTN_COSE_RS256, false, SAME },
		{ "an odd manufacturer", { .san = HEX(SAN_ODD) }, PTN_COSE_RS256, false, LAX },
		{ "no model", { .san = HEX(SAN_NO_MODEL) }, PTN_COSE_RS256, false, LAX },
		{ "no version", { .san = HEX(SAN_NO_VERSION) }, PTN_COSE_RS256, false, LAX },
		{ "no manufacturer", { .san = HEX(SAN_NO_MAKER) }, PTN_COSE_RS256, false, LAX },
		{ "bytes behind pubArea", { .behind_area = HEX("00") }, PTN_COSE_RS256, false, SAME },
		{ "a symmetric part", { .symmetric = true }, PTN_COSE_RS256, false, SAME },
		{ "TPM 1.2", { .ver = "1.2" }, PTN_COSE_RS256, false, LAX },
		{ "not by a TPM", { .magic = "ff544348" }, PTN_COSE_RS256, false, SAME },
		{ "a quote", { .type = "8018" }, PTN_COSE_RS256, false, SAME },
		{ "another ceremony", { .other_data = true }, PTN_COSE_RS256, false, SAME },
		{ "another name", { .other_name = true }, PTN_COSE_RS256, false, SAME },
		{ "bytes behind certInfo", { .behind_info = HEX("00") }, PTN_COSE_RS256, false, SAME },
		{ "signed by another", { .by_other = true }, PTN_COSE_RS256, false, SAME },
		{ "a subject", { .subject = true }, PTN_COSE_RS256, false, LAX },
		{ "a CA", { .ca = true }, PTN_COSE_RS256, false, LAX },
		{ "no alternative name", { .no_san = true }, PTN_COSE_RS256, false, LAX },
		{ "a DNS name", { .san = HEX("3003820161") }, PTN_COSE_RS256, false, LAX },
		{ "no usage", { .no_usage = true }, PTN_COSE_RS256, false, LAX },
		{ "another usage", { .usage = HEX("300a06082b06010505070302") }, PTN_COSE_RS256, false, LAX },
		{ "another AAGUID", { .other_aaguid = true }, PTN_COSE_RS256, false, LAX },
		{ "X.509 v2", { .v1 = true }, PTN_COSE_RS256, false, LAX },
		// clang-format on
	};
	struct ptn_webauthn_finding f;
	struct ptn_attested out;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct auth_creation c = { .fmt = "tpm",
			.statement = tpm,
			.lie = &cases[i].lie,
			.key = auth_key(cases[i].alg) };

		print_message("# %s\n", cases[i].name);
		f = create(&c, &out, cases[i].lax);
		assert_int_equal(f.fault,
		    cases[i].holds ? PTN_WA_NONE : PTN_WA_ATTESTATION);
		if (cases[i].holds)
			assert_string_equal(out.attestation, "tpm");
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
		enum ptn_webauthn_fault unasked;
		enum ptn_webauthn_fault verified;
	} cases[] = {
		// clang-format off
		{ "none", NULL, PTN_WA_NONE, PTN_WA_NONE },
		{ "none", nonsense, PTN_WA_ATTESTATION_OBJECT, PTN_WA_ATTESTATION_OBJECT },
		{ "none", list, PTN_WA_ATTESTATION_OBJECT, PTN_WA_ATTESTATION_OBJECT },
		{ "packed", nonsense, PTN_WA_NONE, PTN_WA_ATTESTATION },
		{ "packed", list, PTN_WA_ATTESTATION_OBJECT, PTN_WA_ATTESTATION_OBJECT },
		{ "tpm", nonsense, PTN_WA_NONE, PTN_WA_ATTESTATION },
		{ "fido-u2f", nonsense, PTN_WA_NONE, PTN_WA_ATTESTATION },
		{ "android-key", nonsense, PTN_WA_NONE, PTN_WA_ATTESTATION },
		{ "apple", nonsense, PTN_WA_NONE, PTN_WA_ATTESTATION },
		{ "android-safetynet", nonsense, PTN_WA_NONE, PTN_WA_FORMAT },
		{ "Packed", nonsense, PTN_WA_NONE, PTN_WA_FORMAT },
		{ "compound", list, PTN_WA_NONE, PTN_WA_FORMAT },
		{ "compound", nonsense, PTN_WA_ATTESTATION_OBJECT, PTN_WA_ATTESTATION_OBJECT },
		{ "of the future", nonsense, PTN_WA_ATTESTATION_OBJECT, PTN_WA_ATTESTATION_OBJECT },
		{ "future", nonsense, PTN_WA_NONE, PTN_WA_FORMAT },
		{ "", nonsense, PTN_WA_ATTESTATION_OBJECT, PTN_WA_ATTESTATION_OBJECT },
		{ "of-thirty-two-characters--------", nonsense, PTN_WA_NONE, PTN_WA_FORMAT },
		{ "of-thirty-three-characters-------", nonsense, PTN_WA_ATTESTATION_OBJECT, PTN_WA_ATTESTATION_OBJECT },
		// clang-format on
	};
	struct ptn_webauthn_finding f;
	struct ptn_attested out;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct auth_creation c = { .fmt = cases[i].fmt,
			.statement = cases[i].statement };

		print_message("# %s\n", cases[i].fmt);
		want.attestation = PTN_ATTESTATION_NONE;
		f = create(&c, &out, ODD);
		assert_int_equal(f.fault, cases[i].unasked);
		if (f.verdict == PTN_ALLOW) {
			assert_string_equal(out.attestation, "none");
			assert_false(out.verified);
		}
		want.attestation = PTN_ATTESTATION_VERIFY;
		f = create(&c, &out, ODD);
		assert_int_equal(f.fault, cases[i].verified);
		if (f.verdict == PTN_ALLOW)
			assert_false(out.verified);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_packed, each),
		cmocka_unit_test_setup(test_packed_self, each),
		cmocka_unit_test_setup(test_u2f, each),
		cmocka_unit_test_setup(test_android, each),
		cmocka_unit_test_setup(test_apple, each),
		cmocka_unit_test_setup(test_tpm, each),
		cmocka_unit_test_setup(test_policy, each),
	};

	return cmocka_run_group_tests(tests, auth_setup, auth_teardown);
}
