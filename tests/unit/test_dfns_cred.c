/* Credentials of all kinds as rows: whose, how many, and what goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/credential.h"
#include "lib/dfns/cred.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define HASH "$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHRzb21lc2E$AAAA"

/* The public key of RFC 8032 section 7.1, test 1, as a COSE_Key. */
static const uint8_t cose[] = { 0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21,
	0x58, 0x20, 0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b,
	0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6,
	0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a };

static struct ptn_dfns_cred
key_of(const char *cred_id)
{
	return (struct ptn_dfns_cred){ .kind = PTN_CRED_KEY,
		.cred_id = cred_id,
		.name = "n",
		.fingerprint = "SHA256:x",
		.pem = "pem" };
}

static struct ptn_dfns_cred
passkey_of(const char *raw_id)
{
	return (struct ptn_dfns_cred){ .kind = PTN_CRED_FIDO2,
		.raw_id = ptn_bytes_of(raw_id),
		.name = "n",
		.cose_key = PTN_BYTES(cose, sizeof(cose)),
		.attestation = "none",
		.rp_id = "example.co",
		.origin = "https://app.example.co" };
}

static struct ptn_dfns_cred
password_of(const char *hash)
{
	return (struct ptn_dfns_cred){ .kind = PTN_CRED_PASSWORD,
		.cred_id = "",
		.name = "n",
		.hash = hash };
}

static struct ptn_dfns_cred
totp_of(const char *sealed)
{
	return (struct ptn_dfns_cred){ .kind = PTN_CRED_TOTP,
		.cred_id = "",
		.name = "n",
		.sealed = ptn_bytes_of(sealed),
		.last_step = 7 };
}

struct putting {
	const struct ptn_uuid *user;
	struct ptn_dfns_cred *c;
};

static enum ptn_err
put_locked(const struct ptn_scope *sc, void *arg)
{
	struct putting *p = arg;
	enum ptn_err r;

	r = ptn_user_lock(sc, p->user);
	return r == PTN_OK ? ptn_dfns_cred_put(sc, p->user, p->c) : r;
}

static enum ptn_err
put(const struct ptn_uuid *user, struct ptn_dfns_cred *c)
{
	struct putting p = { user, c };

	return ptn_tx(&scope, put_locked, &p);
}

static struct ptn_dfns_cred *
all_of(const struct ptn_uuid *user, size_t *n)
{
	struct ptn_dfns_cred *c;

	assert_int_equal(ptn_dfns_creds_of(&scope, user, &c, n), PTN_OK);
	return c;
}

/* A security key of the other API is none of these: it lets nobody in. */
static void
security_keys_are_none(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_dfns_cred passkey = passkey_of("passkey");
	const struct ptn_credential key = { .id = ptn_bytes_of("key"),
		.user_id = user,
		.public_key = PTN_BYTES(cose, sizeof(cose)),
		.attestation = "none",
		.transports = "",
		.api = PTN_API_HANKO,
		.mfa_only = true };
	size_t n;

	(void)state;
	assert_int_equal(ptn_credential_put(&scope, &key), PTN_OK);
	(void)all_of(&user, &n);
	assert_int_equal(n, 0);
	assert_int_equal(put(&user, &passkey), PTN_OK);
	assert_string_equal(all_of(&user, &n)->cred_id, "cGFzc2tleQ");
	assert_int_equal(n, 1);
	/* Nor does it go with them. */
	assert_int_equal(ptn_dfns_creds_archive(&scope, &user), PTN_OK);
	assert_int_equal(rows_number("SELECT COUNT(*) FROM webauthn_credentials"
				     " WHERE user_id = x'%s' AND active = 1",
			     rows_hex(&user)),
	    1);
}

static void
every_kind_comes_back(void **state)
{
	const struct ptn_uuid user = rows_user(), other = rows_user();
	struct ptn_dfns_cred in[] = { passkey_of("raw-id-1"), key_of("YWJj"),
		password_of(HASH), totp_of("sealed") };
	struct ptn_dfns_cred *c;
	size_t i, n;

	(void)state;
	in[1].encrypted_private_key = "b64+/==\n";
	in[1].digest = PTN_KEYASSERT_SHA512;
	for (i = 0; i < N(in); i++)
		assert_int_equal(put(&user, &in[i]), PTN_OK);
	c = all_of(&user, &n);
	assert_int_equal(n, N(in));
	for (i = 0; i < n; i++) {
		assert_int_equal(c[i].kind, in[i].kind);
		assert_true(ptn_uuid_equal(&c[i].id, &in[i].id));
		assert_true(ptn_uuid_is_v4(&c[i].id));
		assert_true(c[i].active && c[i].admitted);
		assert_int_equal(c[i].api, PTN_API_DFNS);
	}
	/* Nobody pays for what only its owner sees. */
	assert_null(c[0].fingerprint);
	assert_int_equal(ptn_dfns_creds_show(arena, c, n), PTN_OK);
	assert_string_equal(c[0].fingerprint,
	    "SHA256:BuP9j9opu2CrWVV95h7bCuzbIxE0vjDnW0Vfjht5L6k");
	assert_string_equal(c[0].cred_id, "cmF3LWlkLTE");
	assert_string_equal(c[1].encrypted_private_key, "b64+/==\n");
	assert_int_equal(c[1].digest, PTN_KEYASSERT_SHA512);
	assert_string_equal(c[2].fingerprint, "");
	/* What is secret is not read with it. */
	assert_null(c[2].hash);
	assert_null(c[3].sealed.p);
	(void)all_of(&other, &n);
	assert_int_equal(n, 0);
}

/* One id in two spellings is one; somebody else may have it too. */
static void
twice(void **state)
{
	const struct ptn_uuid user = rows_user(), other = rows_user();
	struct ptn_dfns_cred c = key_of("-_8"), same = key_of("+/8=");
	struct ptn_dfns_cred passkey = passkey_of("raw-id-2");

	(void)state;
	assert_int_equal(put(&user, &c), PTN_OK);
	assert_int_equal(put(&user, &same), PTN_E_CONFLICT);
	assert_int_equal(put(&other, &same), PTN_OK);
	assert_int_equal(put(&user, &passkey), PTN_OK);
	assert_int_equal(put(&other, &passkey), PTN_E_CONFLICT);
	/* Named like a kind: nothing to those of that kind. */
	c = key_of("Password");
	assert_int_equal(put(&user, &c), PTN_OK);
	c = password_of(HASH);
	assert_int_equal(put(&user, &c), PTN_OK);
}

static void
one_password_and_one_app(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_dfns_cred one = password_of(HASH), two = password_of(HASH);
	struct ptn_dfns_cred app = totp_of("a"), next = totp_of("b");
	struct ptn_dfns_cred *c;
	size_t n;

	(void)state;
	assert_int_equal(put(&user, &one), PTN_OK);
	assert_int_equal(put(&user, &app), PTN_OK);
	assert_int_equal(put(&user, &two), PTN_OK);
	assert_int_equal(put(&user, &next), PTN_OK);
	c = all_of(&user, &n);
	assert_int_equal(n, 2);
	assert_true(ptn_uuid_equal(&c[0].id, &two.id));
	assert_true(ptn_uuid_equal(&c[1].id, &next.id));
	/* Without what makes them one they are none, and nothing goes. */
	one.hash = NULL;
	app.sealed = PTN_BYTES(NULL, 0);
	assert_int_equal(put(&user, &one), PTN_E_INTERNAL);
	assert_int_equal(put(&user, &app), PTN_E_INTERNAL);
	c = all_of(&user, &n);
	assert_int_equal(n, 2);
	assert_true(ptn_uuid_equal(&c[0].id, &two.id));
}

static void
archived(void **state)
{
	const struct ptn_uuid user = rows_user(), other = rows_user();
	struct ptn_dfns_cred key = key_of("cmVk"), theirs = key_of("cmVk");
	struct ptn_dfns_cred passkey = passkey_of("raw-id-3");
	struct ptn_dfns_cred password = password_of(HASH), app = totp_of("a");
	struct ptn_dfns_cred *c;
	size_t n;

	(void)state;
	assert_int_equal(put(&user, &key), PTN_OK);
	assert_int_equal(put(&other, &theirs), PTN_OK);
	assert_int_equal(put(&user, &passkey), PTN_OK);
	assert_int_equal(put(&user, &password), PTN_OK);
	assert_int_equal(put(&user, &app), PTN_OK);
	assert_int_equal(ptn_dfns_creds_archive(&scope, &user), PTN_OK);
	(void)all_of(&user, &n);
	assert_int_equal(n, 0);
	c = all_of(&other, &n);
	assert_int_equal(n, 1);
	assert_true(c[0].active);
	/* The names are free again, twice over; a passkey's is not. */
	assert_int_equal(put(&user, &key), PTN_OK);
	assert_int_equal(put(&user, &password), PTN_OK);
	assert_int_equal(put(&user, &app), PTN_OK);
	assert_int_equal(ptn_dfns_creds_archive(&scope, &user), PTN_OK);
	assert_int_equal(put(&user, &key), PTN_OK);
	assert_int_equal(put(&user, &passkey), PTN_E_CONFLICT);
}

static void
switched(void **state)
{
	const struct ptn_uuid user = rows_user(), nobody = ptn_uuid_new();
	struct ptn_dfns_cred in[] = { passkey_of("raw-id-4"), key_of("Ymx1ZQ"),
		password_of(HASH), totp_of("a") };
	struct ptn_dfns_cred *c;
	size_t i, n;

	(void)state;
	for (i = 0; i < N(in); i++)
		assert_int_equal(put(&user, &in[i]), PTN_OK);
	for (i = 0; i < N(in); i++) {
		/* Nothing of another tenant. */
		assert_int_equal(
		    ptn_dfns_cred_activate(rows_at(&nobody), &in[i], false),
		    PTN_OK);
		c = all_of(&user, &n);
		assert_true(c[i].active);
		assert_int_equal(ptn_dfns_cred_activate(&scope, &in[i], false),
		    PTN_OK);
		c = all_of(&user, &n);
		assert_false(c[i].active);
		assert_int_equal(ptn_dfns_cred_activate(&scope, &in[i], true),
		    PTN_OK);
		assert_int_equal(ptn_dfns_cred_used(&scope, &in[i]), PTN_OK);
	}
	c = all_of(&user, &n);
	for (i = 0; i < n; i++)
		assert_true(c[i].active);
}

/* A passkey of the other API: switched on it is admitted, and stays so. */
static void
from_the_other_api(void **state)
{
	const struct ptn_uuid user = rows_user();
	const struct ptn_credential made = { .id = ptn_bytes_of("raw-other"),
		.user_id = user,
		.public_key = PTN_BYTES(cose, sizeof(cose)),
		.attestation = "none",
		.transports = "" };
	struct ptn_dfns_cred *c;
	size_t n;

	(void)state;
	assert_int_equal(ptn_credential_put(&scope, &made), PTN_OK);
	c = all_of(&user, &n);
	assert_int_equal(n, 1);
	assert_true(c->active && !c->admitted && !ptn_dfns_cred_works(c));
	assert_int_equal(c->api, PTN_API_HANKO);
	conf.dfns_trust = true;
	assert_true(ptn_dfns_cred_works(all_of(&user, &n)));
	conf.dfns_trust = false;
	assert_int_equal(ptn_dfns_cred_activate(&scope, c, false), PTN_OK);
	c = all_of(&user, &n);
	assert_true(!c->active && !c->admitted);
	assert_int_equal(ptn_dfns_cred_activate(&scope, c, true), PTN_OK);
	c = all_of(&user, &n);
	assert_true(ptn_dfns_cred_works(c));
	assert_int_equal(c->api, PTN_API_HANKO);
	assert_int_equal(ptn_dfns_cred_activate(&scope, c, false), PTN_OK);
	c = all_of(&user, &n);
	assert_true(!c->active && c->admitted);
}

/* Admitting leaves alone what its owner switched off, and says if it did. */
static void
admitted(void **state)
{
	const struct ptn_uuid user = rows_user(), nobody = ptn_uuid_new();
	const struct ptn_credential made = { .id = ptn_bytes_of("raw-admit"),
		.user_id = user,
		.public_key = PTN_BYTES(cose, sizeof(cose)),
		.attestation = "none",
		.transports = "" };
	struct ptn_dfns_cred *c;
	bool changed;
	size_t n;

	(void)state;
	assert_int_equal(ptn_credential_put(&scope, &made), PTN_OK);
	c = all_of(&user, &n);
	assert_int_equal(ptn_dfns_cred_activate(&scope, c, false), PTN_OK);
	assert_int_equal(ptn_dfns_cred_admit(rows_at(&nobody), c, &changed),
	    PTN_OK);
	assert_false(changed);
	assert_int_equal(ptn_dfns_cred_admit(&scope, c, &changed), PTN_OK);
	assert_true(changed);
	c = all_of(&user, &n);
	assert_true(!c->active && c->admitted);
	assert_int_equal(ptn_dfns_cred_admit(&scope, c, &changed), PTN_OK);
	assert_false(changed);
}

static void
what_suffices(void **state)
{
	static const struct {
		enum ptn_dfns_cred_kind kind[2];
		bool with, without; /* passwords */
	} cases[] = {
		{ { PTN_CRED_UNSET, PTN_CRED_UNSET }, false, false },
		{ { PTN_CRED_KEY, PTN_CRED_UNSET }, true, true },
		{ { PTN_CRED_FIDO2, PTN_CRED_TOTP }, true, true },
		{ { PTN_CRED_PASSWORD_PROTECTED_KEY, PTN_CRED_UNSET }, true,
		    true },
		{ { PTN_CRED_RECOVERY_KEY, PTN_CRED_TOTP }, false, false },
		{ { PTN_CRED_RECOVERY_KEY, PTN_CRED_PASSWORD }, false, false },
		{ { PTN_CRED_PASSWORD, PTN_CRED_UNSET }, false, false },
		{ { PTN_CRED_TOTP, PTN_CRED_UNSET }, false, false },
		{ { PTN_CRED_PASSWORD, PTN_CRED_TOTP }, true, false },
	};
	struct ptn_dfns_cred c[2];
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		memset(c, 0, sizeof(c));
		c[0].kind = cases[i].kind[0];
		c[1].kind = cases[i].kind[1];
		assert_false(ptn_dfns_creds_suffice(c, 2, true));
		c[0].admitted = c[1].admitted = true;
		assert_false(ptn_dfns_creds_suffice(c, 2, true));
		c[0].active = c[1].active = true;
		assert_int_equal(ptn_dfns_creds_suffice(c, 2, true),
		    cases[i].with);
		assert_int_equal(ptn_dfns_creds_suffice(c, 2, false),
		    cases[i].without);
	}
	assert_false(ptn_dfns_creds_suffice(c, 0, true));
	c[1].admitted = false; /* the Totp of the last case */
	assert_false(ptn_dfns_creds_suffice(c, 2, true));
	c[1].admitted = true;
	assert_true(ptn_dfns_creds_suffice(c, 2, true));
	c[1].active = false;
	assert_false(ptn_dfns_creds_suffice(c, 2, true));
	assert_false(ptn_dfns_creds_have(c, 2, PTN_CRED_TOTP));
	assert_true(ptn_dfns_creds_have(c, 2, PTN_CRED_PASSWORD));
}

static enum ptn_err
race_put(const struct ptn_scope *sc, void *arg)
{
	return ptn_tx(sc, put_locked, arg);
}

static void
races(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_dfns_cred key = key_of("Z3JlZW4"), pw = password_of(HASH);
	struct putting p = { &user, &key };
	size_t n;

	(void)state;
	assert_int_equal(rows_race(race_put, &p, PTN_E_CONFLICT), 1);
	(void)all_of(&user, &n);
	assert_int_equal(n, 1);
	/* Each takes the place of the one before. */
	p.c = &pw;
	assert_int_equal(rows_race(race_put, &p, PTN_E_CONFLICT), ROWS_RACERS);
	(void)all_of(&user, &n);
	assert_int_equal(n, 2);
}

#define T(f) cmocka_unit_test_setup(f, rows_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(security_keys_are_none),
		T(every_kind_comes_back),
		T(twice),
		T(one_password_and_one_app),
		T(archived),
		T(switched),
		T(from_the_other_api),
		T(admitted),
		T(what_suffices),
		T(races),
	};

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
