#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/attest.h"
#include "tests/unit/oracle.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define HEX(s) auth_unhex(s)

static struct ptn_webauthn_rp rp;
struct ptn_webauthn_want attest_want;

int
attest_each(void **state)
{
	(void)state;
	auth_expect(&rp, &attest_want);
	attest_want.attestation = PTN_ATTESTATION_VERIFY;
	return 0;
}

struct ptn_finding
attest_create(struct auth_creation *c, struct ptn_webauthn_attested *out,
    enum lax lax)
{
	struct ptn_finding f;
	struct oracle_creation o;
	enum oracle answer;

	auth_create(c);
	assert_int_equal(ptn_webauthn_register(auth_arena, &rp, &attest_want,
			     &c->out, out, &f),
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
	else if (f.reason == PTN_REASON_ATTESTATION)
		assert_int_not_equal(answer, ORACLE_YES);
	return f;
}

void
attest_judge(const char *name, struct auth_creation *c, bool holds,
    enum lax lax)
{
	struct ptn_finding f;
	struct ptn_webauthn_attested out;

	print_message("# %s\n", name);
	f = attest_create(c, &out, lax);
	assert_int_equal(f.reason,
	    holds ? PTN_REASON_NONE : PTN_REASON_ATTESTATION);
	if (!holds)
		return;
	assert_string_equal(out.attestation, c->fmt);
	assert_true(out.verified);
}

struct ptn_bytes
attest_signed_data(const struct auth_creation *c)
{
	return auth_cat(c->raw_data, c->hash);
}

void
attest_put_x5c(struct ptn_buf *b, const struct ptn_bytes *certs, size_t n)
{
	size_t i;

	auth_put_text(b, "x5c");
	auth_head(b, 4, n);
	for (i = 0; i < n; i++)
		auth_put_bytes(b, certs[i]);
}

struct auth_cert
attest_cert(void)
{
	return (struct auth_cert){ .version = 2,
		.not_before = ATTEST_BEFORE,
		.not_after = ATTEST_AFTER };
}

struct ptn_bytes
attest_der(const char *tag, struct ptn_bytes contents)
{
	uint8_t len[2] = { 0x81, (uint8_t)contents.len };

	assert_true(contents.len < 256);
	return auth_cat(HEX(tag),
	    auth_cat(contents.len < 128 ? PTN_BYTES(len + 1, 1)
					: PTN_BYTES(len, 2),
		contents));
}
