/* Passwords of the Dfns API: what may be one, and one hash whoever asks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/password.h"
#include "lib/base/unicode.h"
#include "lib/crypto/pwhash.h"
#include "lib/db/sql.h"
#include "lib/dfns/password.h"
#include "tests/unit/hashing.h" /* $POSTERN_TEST_DB */

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define PASSWORD "correct horse battery staple"

static struct ptn_uuid user, credential;

static void
put(const char *hash)
{
	struct ptn_password_factor_put_in in;

	user = rows_user();
	credential = ptn_uuid_new();
	in = (struct ptn_password_factor_put_in){ user, tenant, credential,
		hash, PTN_PASSWORD_NORM };
	assert_int_equal(ptn_sql_password_factor_put(db, &in), PTN_OK);
}

static const char *
hash_of(const char *pw)
{
	char phc[PTN_PHC_MAX];

	assert_int_equal(ptn_password_hash(&scope, ptn_bytes_of(pw), phc),
	    PTN_OK);
	return ptn_arena_strdup(arena, phc);
}

/* Hashes of a check: an older one with lower costs is followed by a decoy. */
static uint64_t work = 1;

/* Whose it is, for as many hashes; nil for a refusal. */
static struct ptn_uuid
check(const struct ptn_uuid *org, const struct ptn_uuid *who, const char *pw)
{
	const uint64_t before = ptn_pwhash_count();
	struct ptn_dfns_password found = { .credential = ptn_uuid_new() };

	assert_int_equal(ptn_dfns_password_check(rows_at(org), who,
			     ptn_bytes_of(pw), &found),
	    PTN_OK);
	assert_int_equal(ptn_pwhash_count() - before, work);
	assert_null(found.stale);
	return found.credential;
}

static void
refused(const struct ptn_uuid *org, const struct ptn_uuid *who, const char *pw)
{
	const struct ptn_uuid found = check(org, who, pw);

	assert_true(ptn_uuid_is_nil(&found));
}

static void
what_may_be_one(void **state)
{
	static const struct {
		const char *pw;
		const char *why;
	} cases[] = {
		{ "twelve chars", NULL },
		{ "elevenchars", "must be at least 12 characters long" },
		{ "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc",
		    "must be at least 12 characters long" },
		{ "", "must be at least 12 characters long" },
		{ "twelve\x07 chars", "must not contain control characters" },
		{ "1234567890123456789012345678901234567890"
		  "123456789012345678901234567890123",
		    "must not be longer than 72 bytes" },
	};
	const char *why;
	size_t i;

	(void)state;
	conf.password_min = 8;
	for (i = 0; i < N(cases); i++) {
		assert_int_equal(ptn_dfns_password_fit(&conf, arena,
				     ptn_bytes_of(cases[i].pw), &why),
		    cases[i].why == NULL ? PTN_OK : PTN_E_INPUT);
		if (cases[i].why == NULL)
			assert_null(why);
		else
			assert_string_equal(why, cases[i].why);
	}
	conf.password_min = 20;
	assert_int_equal(ptn_dfns_password_fit(&conf, arena,
			     ptn_bytes_of("twelve chars"), &why),
	    PTN_E_INPUT);
	assert_string_equal(why, "must be at least 20 characters long");
}

static void
one_hash_for_everybody(void **state)
{
	const struct ptn_uuid nobody = ptn_uuid_new(), nil = { { 0 } };
	struct ptn_uuid found;

	(void)state;
	put(hash_of(PASSWORD));
	found = check(&tenant, &user, PASSWORD);
	assert_true(ptn_uuid_equal(&found, &credential));
	refused(&tenant, &user, PASSWORD "!");
	refused(&tenant, &nobody, PASSWORD);
	refused(&tenant, &nil, PASSWORD);
	refused(&nobody, &user, PASSWORD);
}

static const char *
stored(void)
{
	const struct ptn_password_factor_of_in in = { tenant, user };
	struct ptn_password_factor_of_out row;

	assert_int_equal(ptn_sql_password_factor_of(db, arena, &in, &row),
	    PTN_OK);
	return row.hash;
}

/* A stored hash that is none is a no; an old one is made anew when asked. */
static void
stored_hashes(void **state)
{
	struct ptn_dfns_password right;
	struct ptn_uuid found;
	const char *old;

	(void)state;
	put("$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$AAAA");
	refused(&tenant, &user, PASSWORD);
	old = hash_of(PASSWORD);
	put(old);
	conf.argon2_iterations = 2;
	work = 2;
	refused(&tenant, &user, PASSWORD "!");
	work = 1;
	assert_int_equal(ptn_dfns_password_check(&scope, &user,
			     ptn_bytes_of(PASSWORD), &right),
	    PTN_OK);
	assert_true(ptn_uuid_equal(&right.credential, &credential));
	assert_string_equal(right.stale, old);
	assert_string_equal(stored(), old);
	ptn_dfns_password_renew(&scope, &user, ptn_bytes_of(PASSWORD), &right);
	assert_string_not_equal(stored(), old);
	assert_non_null(strstr(stored(), "t=2"));
	found = check(&tenant, &user, PASSWORD);
	assert_true(ptn_uuid_equal(&found, &credential));
	conf.argon2_iterations = 1;
}

/* Nothing to renew is no hash; over a changed one nothing is written. */
static void
renewed_in_vain(void **state)
{
	struct ptn_dfns_password right = { .stale = NULL };
	const uint64_t before = ptn_pwhash_count();
	const char *old;

	(void)state;
	old = hash_of(PASSWORD);
	put(old);
	ptn_dfns_password_renew(&scope, &user, ptn_bytes_of(PASSWORD), &right);
	assert_int_equal(ptn_pwhash_count() - before, 1);
	right.stale = "$argon2id$another";
	ptn_dfns_password_renew(&scope, &user, ptn_bytes_of(PASSWORD), &right);
	assert_string_equal(stored(), old);
}

#define T(f) cmocka_unit_test_setup(f, rows_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_may_be_one),
		T(one_hash_for_everybody),
		T(stored_hashes),
		T(renewed_in_vain),
	};

	return cmocka_run_group_tests(tests, hashing_setup,
	    hashing_teardown);
}
