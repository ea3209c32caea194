/* Passkeys as rows: whose, how many, and what an assertion leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/credential.h"
#include "lib/webauthn/authdata.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define PATH_MAX_LEN 512

static const uint8_t long_id[PTN_CRED_ID_MAX] = { 0, 0xff, 1 };

static struct ptn_credential
credential(const struct ptn_uuid *user, const char *id)
{
	return (struct ptn_credential){ .id = ptn_bytes_of(id),
		.user_id = *user,
		.public_key = ptn_bytes_of("key"),
		.attestation = "none",
		.transports = "" };
}

static struct ptn_bytes
put(const struct ptn_uuid *user, const char *id)
{
	const struct ptn_credential c = credential(user, id);

	assert_int_equal(ptn_credential_put(&scope, &c), PTN_OK);
	return c.id;
}

static struct ptn_credential *
all_of(const struct ptn_uuid *user, size_t *n)
{
	struct ptn_credential *c;
	int64_t counted = -1;

	assert_int_equal(ptn_credentials_of(&scope, user, &c, n), PTN_OK);
	assert_int_equal(ptn_credential_count(&scope, user, false, &counted),
	    PTN_OK);
	assert_int_equal(counted, *n);
	return c;
}

/* By anybody. */
static enum ptn_err
lock(const struct ptn_scope *sc, struct ptn_bytes id, struct ptn_credential *c)
{
	const struct ptn_uuid user = rows_user_of(&sc->tenant_id, NULL).id;
	struct ptn_credential_owner owner;
	enum ptn_err r;

	r = ptn_credential_lock_owner(sc, &user, id, &owner, c);
	if (r == PTN_OK)
		assert_true(owner.user.counted);
	return r == PTN_OK && c->id.p == NULL ? PTN_E_NOT_FOUND : r;
}

static enum ptn_err
lock_at(const struct ptn_scope *sc, struct ptn_bytes id)
{
	struct ptn_credential c;

	return lock(sc, id, &c);
}

static void
comes_back_as_it_was(void **state)
{
	const struct ptn_uuid user = rows_user(), rival = rows_user();
	struct ptn_credential in = credential(&user, ""), plain, *c;
	size_t n;

	(void)state;
	in.id = PTN_BYTES(long_id, sizeof(long_id));
	in.name = "Sch\xc3\xb6n";
	in.public_key = PTN_BYTES("\0\1\xff", 3);
	in.attestation = "packed";
	in.aaguid = ptn_uuid_new();
	in.sign_count = UINT32_MAX;
	in.backup_eligible = true;
	in.backup_state = true;
	in.transports = "usb,nfc";
	assert_int_equal(ptn_credential_put(&scope, &in), PTN_OK);
	c = all_of(&user, &n);
	assert_int_equal(n, 1);
	assert_true(ptn_bytes_equal(c->id, in.id));
	assert_true(ptn_uuid_equal(&c->user_id, &user));
	assert_string_equal(c->name, in.name);
	assert_true(ptn_bytes_equal(c->public_key, in.public_key));
	assert_string_equal(c->attestation, "packed");
	assert_true(ptn_uuid_equal(&c->aaguid, &in.aaguid));
	assert_true(c->sign_count == UINT32_MAX);
	assert_true(c->backup_eligible && c->backup_state);
	assert_string_equal(c->transports, "usb,nfc");
	assert_true(c->created_at_us > 0);
	assert_true(c->created_at_us == c->updated_at_us);
	assert_true(c->created_at_us == c->last_used_at_us);
	/* As little as there may be. */
	plain = credential(&rival, "plain");
	assert_int_equal(ptn_credential_put(&scope, &plain), PTN_OK);
	c = all_of(&rival, &n);
	assert_int_equal(n, 1);
	assert_null(c->name);
	assert_true(ptn_uuid_is_nil(&c->aaguid));
	assert_int_equal(c->sign_count, 0);
	assert_false(c->backup_eligible || c->backup_state);
	assert_string_equal(c->transports, "");
}

static void
registered_once(void **state)
{
	const struct ptn_uuid user = rows_user(), rival = rows_user();
	const struct ptn_uuid other = rows_tenant();
	const struct ptn_user_ref far = rows_user_of(&other, "f@example.org");
	struct ptn_credential c;
	size_t n;

	(void)state;
	(void)put(&user, "once");
	c = credential(&user, "once");
	assert_int_equal(ptn_credential_put(&scope, &c), PTN_E_CONFLICT);
	c = credential(&rival, "once");
	assert_int_equal(ptn_credential_put(&scope, &c), PTN_E_CONFLICT);
	(void)all_of(&rival, &n);
	assert_int_equal(n, 0);
	c = credential(&far.id, "once");
	assert_int_equal(ptn_credential_put(rows_at(&other), &c), PTN_OK);
	c = credential(&user, "Once");
	assert_int_equal(ptn_credential_put(&scope, &c), PTN_OK);
}

static void
listed_oldest_first(void **state)
{
	const struct ptn_uuid user = rows_user(), none = ptn_uuid_new();
	const struct ptn_bytes first = put(&user, "z-first");
	const struct ptn_bytes second = put(&user, "a-second");
	struct ptn_credential *c;
	size_t n;

	(void)state;
	rows_sql("UPDATE webauthn_credentials SET created_at = created_at"
		 " - INTERVAL 1 SECOND WHERE credential_id = 'z-first'");
	c = all_of(&user, &n);
	assert_int_equal(n, 2);
	assert_true(ptn_bytes_equal(c[0].id, first));
	assert_true(ptn_bytes_equal(c[1].id, second));
	rows_sql("UPDATE webauthn_credentials SET created_at = created_at"
		 " - INTERVAL 2 SECOND WHERE credential_id = 'a-second'");
	c = all_of(&user, &n);
	assert_true(ptn_bytes_equal(c[0].id, second));
	c = all_of(&none, &n);
	assert_int_equal(n, 0);
	assert_null(c);
}

static void
locked(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_credential in = credential(&user, "locked"), out;

	(void)state;
	in.sign_count = 7;
	in.backup_eligible = true;
	in.public_key = ptn_bytes_of("the key");
	assert_int_equal(ptn_credential_put(&scope, &in), PTN_OK);
	memset(&out, 0xff, sizeof(out));
	assert_int_equal(lock(&scope, in.id, &out), PTN_OK);
	assert_true(ptn_bytes_equal(out.id, in.id));
	assert_true(ptn_uuid_equal(&out.user_id, &user));
	assert_true(ptn_bytes_equal(out.public_key, in.public_key));
	assert_int_equal(out.sign_count, 7);
	assert_true(out.backup_eligible);
	assert_int_equal(lock_at(&scope, ptn_bytes_of("none")),
	    PTN_E_NOT_FOUND);
	assert_int_equal(lock(&scope, PTN_BYTES("", 0), &out),
	    PTN_E_NOT_FOUND);
	assert_null(out.public_key.p);
	assert_int_equal(lock_at(&scope, PTN_BYTES(in.id.p, in.id.len - 1)),
	    PTN_E_NOT_FOUND);
}

static void
used(void **state)
{
	const struct ptn_uuid user = rows_user(), other = rows_tenant();
	struct ptn_credential a = credential(&user, "used"), *c;
	size_t n;

	(void)state;
	a.backup_eligible = true;
	assert_int_equal(ptn_credential_put(&scope, &a), PTN_OK);
	rows_sql("UPDATE webauthn_credentials SET last_used_at = NULL,"
		 " created_at = created_at - INTERVAL 1 DAY,"
		 " updated_at = created_at WHERE user_id = x'%s'",
	    rows_hex(&user));
	(void)put(&user, "not used");
	a.sign_count = 41;
	a.backup_state = true;
	a.backup_eligible = false; /* cannot change, and does not */
	assert_int_equal(ptn_credential_used(rows_at(&other), &a), PTN_OK);
	c = all_of(&user, &n);
	assert_int_equal(n, 2);
	assert_int_equal(c[0].sign_count + c[1].sign_count, 0);
	assert_int_equal(ptn_credential_used(&scope, &a), PTN_OK);
	c = all_of(&user, &n);
	assert_int_equal(c[0].sign_count, 41);
	assert_true(c[0].backup_state && c[0].backup_eligible);
	assert_true(c[0].last_used_at_us > c[0].created_at_us);
	assert_true(c[0].updated_at_us == c[0].created_at_us);
	assert_int_equal(rows_number("SELECT COUNT(*) FROM webauthn_credentials"
				     " WHERE credential_id = 'not used'"
				     " AND sign_count = 0"
				     " AND last_used_at = created_at"),
	    1);
}

static void
renamed(void **state)
{
	const struct ptn_uuid user = rows_user(), rival = rows_user();
	const struct ptn_uuid other = rows_tenant();
	const struct ptn_bytes id = put(&user, "renamed");
	const struct ptn_bytes none = ptn_bytes_of("none");
	struct ptn_credential *c;
	size_t n;

	(void)state;
	assert_int_equal(ptn_credential_rename(&scope, &user, id, "One"),
	    PTN_OK);
	assert_int_equal(ptn_credential_rename(&scope, &user, id, "One"),
	    PTN_OK); /* the same again */
	assert_int_equal(ptn_credential_rename(&scope, &rival, id, "Two"),
	    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_credential_rename(&scope, &user, none, "Two"),
	    PTN_E_NOT_FOUND);
	assert_int_equal(
	    ptn_credential_rename(rows_at(&other), &user, id, "Two"),
	    PTN_E_NOT_FOUND);
	c = all_of(&user, &n);
	assert_string_equal(c->name, "One");
	assert_true(c->updated_at_us > c->created_at_us);
	assert_int_equal(ptn_credential_rename(&scope, &user, id, ""), PTN_OK);
	assert_string_equal(all_of(&user, &n)->name, "");
}

static enum ptn_err
admitted_at(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char *id, bool *out)
{
	struct ptn_credential c;
	const enum ptn_err r =
	    ptn_credential_find(sc, user, ptn_bytes_of(id), &c);

	*out = c.admitted;
	return r;
}

/* Once it is, it stays so; what is not found counts as admitted. */
static void
admitted(void **state)
{
	const struct ptn_uuid user = rows_user(), rival = rows_user();
	const struct ptn_uuid other = rows_tenant();
	struct ptn_credential c = credential(&user, "made there");
	bool yes = false;

	(void)state;
	(void)put(&user, "made here");
	assert_int_equal(admitted_at(&scope, &user, "made here", &yes), PTN_OK);
	assert_false(yes);
	c.api = PTN_API_DFNS;
	c.admitted = true;
	assert_int_equal(ptn_credential_put(&scope, &c), PTN_OK);
	assert_int_equal(admitted_at(&scope, &user, "made there", &yes),
	    PTN_OK);
	assert_true(yes);
	assert_int_equal(
	    rows_number("SELECT COUNT(*) FROM webauthn_credentials WHERE"
			" user_id = x'%s' AND credential_id = CONCAT('made ',"
			" IF(api = 'dfns', 'there', 'here'))",
		rows_hex(&user)),
	    2);
	c.admitted = false;
	assert_int_equal(ptn_credential_used(&scope, &c), PTN_OK);
	assert_int_equal(admitted_at(&scope, &user, "made there", &yes),
	    PTN_OK);
	assert_true(yes);
	c = credential(&user, "made here");
	c.admitted = true;
	assert_int_equal(ptn_credential_used(&scope, &c), PTN_OK);
	assert_int_equal(admitted_at(&scope, &user, "made here", &yes), PTN_OK);
	assert_true(yes);
	yes = false;
	assert_int_equal(admitted_at(&scope, &rival, "made here", &yes),
	    PTN_E_NOT_FOUND);
	assert_true(yes);
	assert_int_equal(admitted_at(rows_at(&other), &user, "made here", &yes),
	    PTN_E_NOT_FOUND);
	assert_int_equal(admitted_at(&scope, &user, "none", &yes),
	    PTN_E_NOT_FOUND);
}

/* Beside passkeys, and counted apart. */
static void
security_keys(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_credential c = credential(&user, "key"), *list;
	struct ptn_credential found;
	int64_t n = -1;
	size_t all;

	(void)state;
	c.mfa_only = true;
	assert_int_equal(ptn_credential_put(&scope, &c), PTN_OK);
	(void)put(&user, "passkey");
	assert_int_equal(ptn_credentials_of(&scope, &user, &list, &all),
	    PTN_OK);
	assert_int_equal(all, 2);
	assert_true(ptn_bytes_equal(list[0].id, ptn_bytes_of("passkey")));
	assert_false(list[0].mfa_only);
	assert_true(list[1].mfa_only);
	assert_int_equal(ptn_credentials_passkeys(list, all), 1);
	assert_int_equal(ptn_credentials_passkeys(list + 1, 1), 0);
	assert_int_equal(ptn_credential_count(&scope, &user, true, &n), PTN_OK);
	assert_int_equal(n, 1);
	assert_int_equal(ptn_credential_count(&scope, &user, false, &n),
	    PTN_OK);
	assert_int_equal(n, 1);
	assert_int_equal(ptn_credential_find(&scope, &user, c.id, &found),
	    PTN_OK);
	assert_true(found.mfa_only);
	assert_int_equal(lock(&scope, c.id, &found), PTN_OK);
	assert_true(found.mfa_only);
}

static void
deleted(void **state)
{
	const struct ptn_uuid user = rows_user(), rival = rows_user();
	const struct ptn_uuid other = rows_tenant();
	const struct ptn_bytes id = put(&user, "deleted");
	size_t n;

	(void)state;
	(void)put(&user, "kept");
	assert_int_equal(ptn_credential_delete(&scope, &rival, id),
	    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_credential_delete(rows_at(&other), &user, id),
	    PTN_E_NOT_FOUND);
	(void)all_of(&user, &n);
	assert_int_equal(n, 2);
	assert_int_equal(ptn_credential_delete(&scope, &user, id), PTN_OK);
	assert_int_equal(ptn_credential_delete(&scope, &user, id),
	    PTN_E_NOT_FOUND);
	assert_int_equal(lock_at(&scope, id), PTN_E_NOT_FOUND);
	assert_true(
	    ptn_bytes_equal(all_of(&user, &n)->id, ptn_bytes_of("kept")));
	(void)put(&rival, "deleted"); /* free again */
}

/* Switched off or put away in the other API, it is none in this one. */
static void
inactive_is_none(void **state)
{
	static const char *const off[] = { "active = 0",
		"active = 1, archived_at = UTC_TIMESTAMP(6)" };
	const struct ptn_uuid user = rows_user();
	const struct ptn_bytes id = put(&user, "inactive");
	struct ptn_credential c;
	size_t i, n;

	(void)state;
	for (i = 0; i < N(off); i++) {
		rows_sql("UPDATE webauthn_credentials SET %s"
			 " WHERE credential_id = 'inactive'",
		    off[i]);
		(void)all_of(&user, &n);
		assert_int_equal(n, 0);
		assert_int_equal(lock_at(&scope, id), PTN_E_NOT_FOUND);
		assert_int_equal(ptn_credential_rename(&scope, &user, id, "n"),
		    PTN_E_NOT_FOUND);
		assert_int_equal(ptn_credential_find(&scope, &user, id, &c),
		    PTN_E_NOT_FOUND);
		assert_int_equal(ptn_credential_delete(&scope, &user, id),
		    PTN_E_NOT_FOUND);
	}
}

static void
tenants_apart(void **state)
{
	const struct ptn_uuid user = rows_user(), other = rows_tenant();
	const struct ptn_bytes id = put(&user, "apart");
	struct ptn_credential *c;
	int64_t counted = -1;
	size_t n;

	(void)state;
	assert_int_equal(ptn_credentials_of(rows_at(&other), &user, &c, &n),
	    PTN_OK);
	assert_int_equal(n, 0);
	assert_int_equal(
	    ptn_credential_count(rows_at(&other), &user, false, &counted),
	    PTN_OK);
	assert_int_equal(counted, 0);
	assert_int_equal(lock_at(rows_at(&other), id), PTN_E_NOT_FOUND);
}

/* The counter is read and written by one assertion at a time. */
static enum ptn_err
count_up(const struct ptn_scope *sc, void *arg)
{
	struct ptn_credential_owner owner;
	struct ptn_credential c;
	enum ptn_err r;

	r = ptn_credential_lock_owner(sc, arg, ptn_bytes_of("raced"), &owner,
	    &c);
	c.sign_count++;
	return r == PTN_OK ? ptn_credential_used(sc, &c) : r;
}

static enum ptn_err
race_count(const struct ptn_scope *sc, void *arg)
{
	return ptn_tx(sc, count_up, arg);
}

static void
races(void **state)
{
	struct ptn_uuid user = rows_user();
	size_t n;

	(void)state;
	(void)put(&user, "raced");
	assert_int_equal(rows_race(race_count, &user, PTN_OK), ROWS_RACERS);
	assert_int_equal(all_of(&user, &n)->sign_count, ROWS_RACERS);
}

/* ------------------------------------------------------------------ models */

static const char *
model(const char *path, const char *aaguid)
{
	struct ptn_uuid id = { { 0 } };

	if (aaguid[0] != '\0')
		assert_true(ptn_uuid_parse(aaguid, &id));
	return ptn_credential_aaguid_name(arena, path, &id);
}

static void
models(void **state)
{
	static const char text[] =
	    "\xef\xbb\xbf" /* some editors begin so */
	    "88888888-8888-4888-8888-888888888888 The first line\r\n"
	    "# 11111111-1111-4111-8111-111111111111 In a comment\n"
	    "11111111-1111-4111-8111-111111111111 One, of two words\n"
	    "22222222-2222-4222-8222-222222222222\tBehind a tab\n"
	    "33333333-3333-4333-8333-333333333333\n"
	    " 44444444-4444-4444-8444-444444444444 Behind a space\n"
	    "00000000-0000-0000-0000-000000000000 Nobody's\n"
	    "55555555-5555-4555-8555-555555555555 Five\r\n"
	    "55555555-5555-4555-8555-555555555555 Again\n"
	    "66666666-6666-4666-8666-666666666666 The last line";
	char path[] = "/tmp/ptnaaguid.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	assert_int_equal(close(fd), 0);
	assert_string_equal(model(path, "11111111-1111-4111-8111-111111111111"),
	    "One, of two words");
	assert_null(model(path, "22222222-2222-4222-8222-222222222222"));
	assert_null(model(path, "33333333-3333-4333-8333-333333333333"));
	assert_null(model(path, "44444444-4444-4444-8444-444444444444"));
	assert_string_equal(model(path, "55555555-5555-4555-8555-555555555555"),
	    "Five");
	assert_string_equal(model(path, "66666666-6666-4666-8666-666666666666"),
	    "The last line");
	assert_string_equal(model(path, "88888888-8888-4888-8888-888888888888"),
	    "The first line");
	assert_null(model(path, "77777777-7777-4777-8777-777777777777"));
	assert_null(model(path, "")); /* an authenticator that tells none */
	assert_int_equal(unlink(path), 0);
	assert_null(model(path, "11111111-1111-4111-8111-111111111111"));
}

/* The file that is installed is such a file. */
static void
models_installed(void **state)
{
	const char *top = getenv("srcdir");
	char path[PATH_MAX_LEN];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/etc/aaguids",
	    top == NULL ? "." : top);
	assert_string_equal(model(path, "bada5566-a7aa-401f-bd96-45619a55120d"),
	    "1Password");
}

#define T(f) cmocka_unit_test_setup(f, rows_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(comes_back_as_it_was),
		T(registered_once),
		T(listed_oldest_first),
		T(locked),
		T(used),
		T(renamed),
		T(admitted),
		T(security_keys),
		T(deleted),
		T(inactive_is_none),
		T(tenants_apart),
		T(races),
		T(models),
		T(models_installed),
	};

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
