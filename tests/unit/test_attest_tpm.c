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
	struct ptn_bytes data = digest(alg, attest_signed_data(c));
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
	struct auth_cert spec = attest_cert();
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
		spec.exts[n].oid = ATTEST_OID_AAGUID;
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
	attest_put_x5c(b, &cert, 1);
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
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct auth_creation c = { .fmt = "tpm",
			.statement = tpm,
			.lie = &cases[i].lie,
			.key = auth_key(cases[i].alg) };

		attest_judge(cases[i].name, &c, cases[i].holds,
		    cases[i].lax);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_tpm, attest_each),
	};

	return cmocka_run_group_tests(tests, auth_setup, auth_teardown);
}
