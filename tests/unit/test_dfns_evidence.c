/* What shows later that a user approved exactly one request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/crypto/pem.h"
#include "lib/dfns/evidence.h"
#include "lib/format/address.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define USERNAME "alice@example.org"
#define NONCE "00112233445566778899aabbccddeeff"

#define BEGIN "-----BEGIN PUBLIC KEY-----\n"
#define END "-----END PUBLIC KEY-----\n"

/* RFC 8410 section 10.1, and the base point of P-256 (SEC 2 section 2.4.2). */
static const char ed25519_pem[] =
    BEGIN "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n" END;
static const char p256_pem[] =
    BEGIN "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n"
	  "6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n" END;

/* The same two as COSE_Key, and the base point of P-384 (2.5.1). */
static const char ed25519_cose[] =
    "a401010327200621582019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb"
    "0c5c38ad703166e1";
static const char p256_cose[] =
    "a50102032620012158206b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0"
    "f4a13945d898c2962258204fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315e"
    "cecbb6406837bf51f5";
static const char p384_cose[] =
    "a5010203382220022158"
    "30aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a3855"
    "02f25dbf55296c3a545e3872760ab72258303617de4a96262c6f5d9e98bf9292dc29"
    "f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f";

static const struct ptn_useraction action = { .method = "POST",
	.path = "/wallets?a=%20",
	.payload = { (const uint8_t *)"abc", 3 } };

static int
each(void **state)
{
	conf.audit_rows = true;
	conf.audit_mask = false;
	rows_sql("DELETE FROM action_signatures");
	return rows_each(state);
}

static struct ptn_bytes
unhex(const char *text)
{
	struct ptn_bytes out;

	assert_int_equal(ptn_hex_decode(arena, ptn_bytes_of(text), &out),
	    PTN_OK);
	return out;
}

static const char *
hex(struct ptn_bytes b)
{
	char *out = ptn_arena_alloc(arena, 2 * b.len + 1);

	assert_non_null(out);
	ptn_hex_encode(b, out);
	return out;
}

static struct ptn_evidence
evidence(void)
{
	return (struct ptn_evidence){ .action_id = ptn_uuid_new(),
		.user_id = ptn_uuid_new(),
		.username = USERNAME,
		.action = &action,
		.nonce = NONCE,
		.request_id = "request-1" };
}

static struct ptn_dfns_factor
factor(void)
{
	return (
	    struct ptn_dfns_factor){ .client_data = ptn_bytes_of("{\"a\":1}"),
		.signature = PTN_BYTES("\0\1\xff", 3) };
}

static struct ptn_dfns_cred
key_of(const char *pem)
{
	return (struct ptn_dfns_cred){ .id = ptn_uuid_new(),
		.kind = PTN_CRED_KEY,
		.cred_id = "Y3JlZA",
		.pem = pem };
}

static struct ptn_dfns_cred
passkey_of(const char *cose)
{
	return (struct ptn_dfns_cred){ .id = ptn_uuid_new(),
		.kind = PTN_CRED_FIDO2,
		.cred_id = "Y3JlZA",
		.cose_key = unhex(cose) };
}

struct keeping {
	const struct ptn_evidence *e;
	const struct ptn_dfns_factor *f;
	const struct ptn_dfns_cred *c;
};

static enum ptn_err
keep(const struct ptn_scope *sc, void *arg)
{
	const struct keeping *k = arg;

	return ptn_evidence_put(sc, k->e, k->f, k->c);
}

static enum ptn_err
put(const struct ptn_evidence *e, const struct ptn_dfns_factor *f,
    const struct ptn_dfns_cred *c)
{
	struct keeping k = { e, f, c };

	return ptn_tx(&scope, keep, &k);
}

static int64_t
rows(const char *where)
{
	return rows_number("SELECT COUNT(*) FROM action_signatures WHERE %s",
	    where);
}

static const char *
der_of(const char *text)
{
	struct ptn_pem pem;

	assert_int_equal(ptn_pem_read(arena, ptn_bytes_of(text), &pem), PTN_OK);
	return hex(pem.spki);
}

/* All that it takes to check the signature, and whose it is. */
static void
kept(void **state)
{
	const struct ptn_evidence e = evidence();
	const struct ptn_dfns_factor f = factor();
	const struct ptn_dfns_cred c = key_of(ed25519_pem);

	(void)state;
	assert_int_equal(put(&e, &f, &c), PTN_OK);
	assert_int_equal(rows("1"), 1);
	assert_int_equal(rows(ptn_arena_printf(arena,
			     "tenant_id = x'%s' AND action_id = x'%s'"
			     " AND user_id = x'%s' AND credential_id = x'%s'",
			     rows_hex(&tenant), rows_hex(&e.action_id),
			     rows_hex(&e.user_id), rows_hex(&c.id))),
	    1);
	assert_int_equal(rows("username = '" USERNAME "' AND method = 'POST'"
			      " AND path = '/wallets?a=%20'"
			      " AND nonce = '" NONCE "'"
			      " AND http_request_id = 'request-1'"),
	    1);
	/* SHA-256 of "abc": FIPS 180-2, appendix B.1. */
	assert_int_equal(rows("payload_hash = 'ba7816bf8f01cfea414140de5dae2223"
			      "b00361a396177a9cb410ff61f20015ad'"),
	    1);
	assert_int_equal(rows("kind = 'Key' AND cred_id = 'Y3JlZA'"
			      " AND client_data = '{\"a\":1}'"
			      " AND signature = x'0001ff'"
			      " AND authenticator_data IS NULL"
			      " AND used_at IS NULL"),
	    1);
	assert_int_equal(
	    rows(ptn_arena_printf(arena, "digest = '' AND public_key = x'%s'",
		der_of(ed25519_pem))),
	    1);
}

/* Whatever form the key is stored in, this is the usual one. */
static void
keys_and_digests(void **state)
{
	static const char *const passkeys[] = { ed25519_cose, p256_cose,
		p384_cose };
	static const char *const digests[] = { "", "SHA256", "SHA384" };
	const struct ptn_evidence e = evidence();
	struct ptn_dfns_factor f = factor();
	struct ptn_dfns_cred c;
	size_t i;

	(void)state;
	f.authenticator_data = PTN_BYTES("\0auth", 5);
	for (i = 0; i < N(passkeys); i++) {
		c = passkey_of(passkeys[i]);
		assert_int_equal(put(&e, &f, &c), PTN_OK);
		assert_int_equal(rows(ptn_arena_printf(arena,
				     "credential_id = x'%s' AND digest = '%s'"
				     " AND kind = 'Fido2'"
				     " AND authenticator_data = x'0061757468'",
				     rows_hex(&c.id), digests[i])),
		    1);
	}
	assert_int_equal(rows(ptn_arena_printf(arena, "public_key = x'%s'",
			     der_of(ed25519_pem))),
	    1);
	assert_int_equal(rows(ptn_arena_printf(arena, "public_key = x'%s'",
			     der_of(p256_pem))),
	    1);
}

/* Of a bare key the assertion names the digest, or else its row. */
static void
digests_of_keys(void **state)
{
	static const struct {
		enum ptn_keyassert_digest own, stored;
		const char *name;
	} cases[] = {
		{ PTN_KEYASSERT_UNSET, PTN_KEYASSERT_UNSET, "SHA256" },
		{ PTN_KEYASSERT_UNSET, PTN_KEYASSERT_SHA512, "SHA512" },
		{ PTN_KEYASSERT_SHA512, PTN_KEYASSERT_UNSET, "SHA512" },
		{ PTN_KEYASSERT_SHA256, PTN_KEYASSERT_SHA512, "SHA256" },
	};
	const struct ptn_evidence e = evidence();
	struct ptn_dfns_factor f = factor();
	struct ptn_dfns_cred c = key_of(p256_pem);
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		c.id = ptn_uuid_new();
		f.digest = cases[i].own;
		c.digest = cases[i].stored;
		assert_int_equal(put(&e, &f, &c), PTN_OK);
		assert_int_equal(rows(ptn_arena_printf(arena,
				     "credential_id = x'%s'"
				     " AND digest LIKE '%%%s'",
				     rows_hex(&c.id), cases[i].name)),
		    1);
	}
}

/* A secret signs nothing; where nothing is kept, nothing is. */
static void
nothing_kept(void **state)
{
	static const enum ptn_dfns_cred_kind secret[] = { PTN_CRED_PASSWORD,
		PTN_CRED_TOTP };
	const struct ptn_evidence e = evidence();
	const struct ptn_dfns_factor f = factor();
	struct ptn_dfns_cred c = key_of(ed25519_pem);
	uint64_t before;
	size_t i;

	(void)state;
	before = ptn_db_count(db);
	for (i = 0; i < N(secret); i++) {
		c.kind = secret[i];
		assert_int_equal(put(&e, &f, &c), PTN_OK);
	}
	c.kind = PTN_CRED_KEY;
	conf.audit_rows = false;
	assert_int_equal(put(&e, &f, &c), PTN_OK);
	assert_int_equal(ptn_evidence_used(&scope, &e.action_id), PTN_OK);
	assert_int_equal(ptn_db_count(db) - before, 0);
	assert_int_equal(rows("1"), 0);
}

static void
masked(void **state)
{
	const struct ptn_evidence e = evidence();
	const struct ptn_dfns_factor f = factor();
	const struct ptn_dfns_cred c = key_of(ed25519_pem);
	const char *mask = ptn_address_mask(arena, USERNAME);

	(void)state;
	conf.audit_mask = true;
	assert_string_not_equal(mask, USERNAME);
	assert_int_equal(put(&e, &f, &c), PTN_OK);
	assert_int_equal(rows(ptn_arena_printf(arena, "username = '%s'", mask)),
	    1);
}

/* It has verified, so it can be read: all else is a fault of ours. */
static void
unreadable(void **state)
{
	const struct ptn_evidence e = evidence();
	const struct ptn_dfns_factor f = factor();
	const struct ptn_dfns_cred key = key_of("no key");
	const struct ptn_dfns_cred passkey = passkey_of("a0");

	(void)state;
	assert_int_equal(put(&e, &f, &key), PTN_E_INTERNAL);
	assert_int_equal(put(&e, &f, &passkey), PTN_E_INTERNAL);
	assert_int_equal(rows("1"), 0);
}

static void
used(void **state)
{
	const struct ptn_evidence e = evidence(), rest = evidence();
	const struct ptn_dfns_factor f = factor();
	const struct ptn_dfns_cred c = key_of(ed25519_pem);
	const struct ptn_uuid other = rows_tenant();

	(void)state;
	assert_int_equal(put(&e, &f, &c), PTN_OK);
	assert_int_equal(put(&rest, &f, &c), PTN_OK);
	assert_int_equal(ptn_evidence_used(rows_at(&other), &e.action_id),
	    PTN_OK);
	assert_int_equal(rows("used_at IS NULL"), 2);
	assert_int_equal(ptn_evidence_used(&scope, &e.action_id), PTN_OK);
	assert_int_equal(rows("used_at IS NULL"), 1);
	assert_int_equal(rows(ptn_arena_printf(arena,
			     "used_at >= signed_at AND action_id = x'%s'",
			     rows_hex(&e.action_id))),
	    1);
	/* A password approved it: there is nothing to note. */
	assert_int_equal(ptn_evidence_used(&scope, &other), PTN_OK);
}

static void
outlives_the_user(void **state)
{
	struct ptn_evidence e = evidence();
	const struct ptn_dfns_factor f = factor();
	const struct ptn_dfns_cred c = key_of(ed25519_pem);

	(void)state;
	e.user_id = rows_user();
	assert_int_equal(put(&e, &f, &c), PTN_OK);
	assert_int_equal(ptn_user_close(&scope, &e.user_id), PTN_OK);
	assert_int_equal(rows("1"), 1);
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(kept),
		T(keys_and_digests),
		T(digests_of_keys),
		T(nothing_kept),
		T(masked),
		T(unreadable),
		T(used),
		T(outlives_the_user),
	};

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
