/* Passwords: one hash whoever asks, and hashes that keep up with the times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/password.h"
#include "lib/base/log.h"
#include "lib/base/unicode.h"
#include "lib/crypto/pwhash.h"
#include "tests/unit/hashing.h" /* $POSTERN_TEST_DB */

#define PASSWORD "correct horse battery staple"
#define NO_FORM "two\nlines" /* refused by RFC 8265 */

/* One text in two spellings; the hash, made by crypt(3), is of the first. */
#define SPLIT "Cafe\xcc\x81 pass"
#define WHOLE "Caf\xc3\xa9 pass"
#define IMPORTED "$2b$04$abcdefghijklmnopqrstuum.Dqg.z4KfYHT.oqZAtQH8.ZfVVkF/O"

static int
setup(void **state)
{
	if (rows_setup(state) != 0)
		return -1;
	hashing_cheap();
	conf.hash_queue = ROWS_RACERS;
	conf.hash_wait_s = 60;
	conf.workers = 2 * ROWS_RACERS;
	return hashing_open();
}

static int
each(void **state)
{
	conf.argon2_iterations = 1;
	return rows_each(state);
}

static struct ptn_password_user
find_at(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	struct ptn_password_user pu;

	memset(&pu, 0xff, sizeof(pu));
	assert_int_equal(ptn_password_find(sc, user, &pu), PTN_OK);
	return pu;
}

static struct ptn_password_user
find(const struct ptn_uuid *user)
{
	return find_at(&scope, user);
}

/* As a log-in does it: one hash, and what comes of it. */
/* A decoy follows what may be less work than one. */
static uint64_t
work(const char *hash)
{
	char now[64];

	snprintf(now, sizeof(now), "$argon2id$v=19$m=%d,t=%d,",
	    (int)conf.argon2_memory_kib, (int)conf.argon2_iterations);
	return hash == NULL || strncmp(hash, now, strlen(now)) == 0 ? 1 : 2;
}

static enum ptn_verdict
check(const struct ptn_uuid *user, const char *pw)
{
	const struct ptn_password_user pu = find(user);
	const uint64_t before = ptn_pwhash_count();
	enum ptn_verdict verdict = PTN_ALLOW;

	assert_int_equal(
	    ptn_password_check(&scope, user, &pu, ptn_bytes_of(pw), &verdict),
	    PTN_OK);
	if (verdict != PTN_ALLOW)
		assert_int_equal(ptn_pwhash_count() - before, work(pu.hash));
	return verdict;
}

static bool
set(const struct ptn_uuid *user, const char *pw)
{
	bool created;

	assert_int_equal(
	    ptn_password_set(&scope, user, NULL, ptn_bytes_of(pw), &created),
	    PTN_OK);
	return created;
}

static void
store(const struct ptn_uuid *user, const char *hash, int norm)
{
	rows_sql("INSERT INTO password_credentials VALUES (x'%s', x'%s', '%s',"
		 " %d, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
	    rows_hex(user), rows_hex(&tenant), hash, norm);
}

static void
found(void **state)
{
	const struct ptn_user_ref u = rows_user_of(&tenant, "f@example.org");
	const struct ptn_uuid other = rows_tenant(), none = ptn_uuid_new();
	struct ptn_password_user pu = find(&u.id);

	(void)state;
	assert_true(pu.known);
	assert_null(pu.hash);
	assert_string_equal(pu.email.address, "f@example.org");
	assert_true(pu.email.is_primary && !pu.email.is_verified);
	rows_sql("UPDATE emails SET verified = 1 WHERE id = x'%s'",
	    rows_hex(&u.email_id));
	store(&u.id, "hash", 7);
	pu = find(&u.id);
	assert_string_equal(pu.hash, "hash");
	assert_int_equal(pu.norm, 7);
	assert_true(pu.email.is_verified);
	rows_sql("DELETE FROM primary_emails WHERE user_id = x'%s'",
	    rows_hex(&u.id));
	pu = find(&u.id);
	assert_true(pu.known);
	assert_null(pu.email.address);
	assert_false(pu.email.is_primary || pu.email.is_verified);
	pu = find(&none);
	assert_false(pu.known);
	assert_null(pu.hash);
	pu = find_at(rows_at(&other), &u.id);
	assert_false(pu.known);
	assert_null(pu.hash);
}

static void
set_and_changed(void **state)
{
	const struct ptn_uuid user = rows_user(), rival = rows_user();
	const char *old;

	(void)state;
	assert_true(set(&user, PASSWORD));
	old = find(&user).hash;
	assert_int_equal(find(&user).norm, PTN_PASSWORD_NORM);
	assert_int_equal(strncmp(old, "$argon2id$v=19$m=8192,t=1,p=1$", 30), 0);
	assert_null(strstr(old, PASSWORD));
	assert_int_equal(check(&user, PASSWORD), PTN_ALLOW);
	assert_int_equal(check(&user, PASSWORD " "), PTN_DENY);
	assert_true(set(&rival, PASSWORD));
	assert_string_not_equal(find(&rival).hash, old);
	assert_false(set(&user, "another one"));
	assert_int_equal(check(&user, PASSWORD), PTN_DENY);
	assert_int_equal(check(&user, "another one"), PTN_ALLOW);
	assert_int_equal(check(&rival, PASSWORD), PTN_ALLOW);
	/* The same again is a change: nobody need know that it is the same. */
	old = find(&user).hash;
	assert_false(set(&user, "another one"));
	assert_string_not_equal(find(&user).hash, old);
}

/* Nobody has one beyond the limit: wrong, for the same one hash. */
static void
longer_than_any(void **state)
{
	const struct ptn_uuid user = rows_user(), none = ptn_uuid_new();
	char long_one[PTN_PWHASH_PW_MAX + 2];

	(void)state;
	memset(long_one, 'x', sizeof(long_one));
	long_one[PTN_PWHASH_PW_MAX + 1] = '\0';
	assert_true(set(&user, long_one + 1));
	assert_int_equal(check(&user, long_one + 1), PTN_ALLOW);
	assert_int_equal(check(&user, long_one), PTN_DENY);
	assert_int_equal(check(&none, long_one), PTN_DENY);
}

static void
set_in_vain(void **state)
{
	const struct ptn_uuid user = rows_user(), none = ptn_uuid_new();
	const struct ptn_uuid other = rows_tenant();
	bool created;

	(void)state;
	assert_int_equal(ptn_password_set(&scope, &user, NULL,
			     ptn_bytes_of(NO_FORM), &created),
	    PTN_E_INPUT);
	assert_int_equal(ptn_password_set(&scope, &none, NULL,
			     ptn_bytes_of(PASSWORD), &created),
	    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_password_set(rows_at(&other), &user, NULL,
			     ptn_bytes_of(PASSWORD), &created),
	    PTN_E_NOT_FOUND);
	assert_null(find(&user).hash);
	assert_true(set(&user, PASSWORD));
	assert_int_equal(ptn_password_set(rows_at(&other), &user, NULL,
			     ptn_bytes_of("another one"), &created),
	    PTN_E_NOT_FOUND);
	assert_int_equal(check(&user, PASSWORD), PTN_ALLOW);
}

/* check() counts the hashes of each. */
static void
refused_at_one_cost(void **state)
{
	const struct ptn_uuid user = rows_user(), without = rows_user();
	const struct ptn_uuid none = ptn_uuid_new();

	(void)state;
	assert_true(set(&user, PASSWORD));
	assert_int_equal(check(&user, "wrong"), PTN_DENY);
	assert_int_equal(check(&user, NO_FORM), PTN_DENY);
	assert_int_equal(check(&without, PASSWORD), PTN_DENY);
	assert_int_equal(check(&none, PASSWORD), PTN_DENY);
	assert_int_equal(check(&none, NO_FORM), PTN_DENY);
}

static void
spellings(void **state)
{
	const struct ptn_uuid user = rows_user();

	(void)state;
	assert_true(set(&user, SPLIT));
	assert_int_equal(check(&user, WHOLE), PTN_ALLOW);
	assert_int_equal(check(&user, SPLIT), PTN_ALLOW);
	assert_int_equal(check(&user, "Cafe pass"), PTN_DENY);
}

/* Compared byte by byte as it was hashed elsewhere, and ours from then on. */
static void
imported(void **state)
{
	const struct ptn_uuid user = rows_user(), rival = rows_user();

	(void)state;
	store(&user, IMPORTED, 0);
	store(&rival, IMPORTED, 0);
	assert_int_equal(check(&user, WHOLE), PTN_DENY);
	assert_string_equal(find(&user).hash, IMPORTED);
	assert_int_equal(check(&user, SPLIT), PTN_ALLOW);
	assert_int_equal(strncmp(find(&user).hash, "$argon2id$", 10), 0);
	assert_int_equal(find(&user).norm, PTN_PASSWORD_NORM);
	assert_string_equal(find(&rival).hash, IMPORTED);
	assert_int_equal(check(&user, WHOLE), PTN_ALLOW);
	assert_int_equal(check(&user, SPLIT), PTN_ALLOW);
}

/* The same of one that is ours in all but its spelling. */
static void
imported_without_normal_form(void **state)
{
	const struct ptn_uuid user = rows_user();
	char hash[PTN_PHC_MAX];

	(void)state;
	assert_int_equal(
	    ptn_pwhash_make(&conf, gate, ptn_bytes_of(SPLIT), hash), PTN_OK);
	store(&user, hash, 0);
	assert_int_equal(check(&user, WHOLE), PTN_DENY);
	assert_int_equal(check(&user, SPLIT), PTN_ALLOW);
	assert_string_not_equal(find(&user).hash, hash);
	assert_int_equal(find(&user).norm, PTN_PASSWORD_NORM);
	assert_int_equal(check(&user, WHOLE), PTN_ALLOW);
}

/* Costs went up: whoever logs in is hashed anew, once. */
static void
old_costs(void **state)
{
	const struct ptn_uuid user = rows_user();
	const char *old, *new;

	(void)state;
	assert_true(set(&user, PASSWORD));
	old = find(&user).hash;
	assert_int_equal(check(&user, PASSWORD), PTN_ALLOW);
	assert_string_equal(find(&user).hash, old);
	conf.argon2_iterations = 2;
	assert_int_equal(check(&user, "wrong"), PTN_DENY);
	assert_string_equal(find(&user).hash, old);
	assert_int_equal(check(&user, PASSWORD), PTN_ALLOW);
	new = find(&user).hash;
	assert_non_null(strstr(new, ",t=2,"));
	assert_int_equal(check(&user, PASSWORD), PTN_ALLOW);
	assert_string_equal(find(&user).hash, new);
}

/* A password that was changed while its old hash was checked stands. */
static void
changed_meanwhile(void **state)
{
	const struct ptn_uuid user = rows_user();
	enum ptn_verdict verdict;
	struct ptn_password_user pu;
	const char *new;

	(void)state;
	assert_true(set(&user, PASSWORD));
	pu = find(&user);
	assert_false(set(&user, "another one"));
	new = find(&user).hash;
	conf.argon2_iterations = 2;
	assert_int_equal(ptn_password_check(&scope, &user, &pu,
			     ptn_bytes_of(PASSWORD), &verdict),
	    PTN_OK);
	assert_int_equal(verdict, PTN_ALLOW); /* as it was when asked */
	assert_string_equal(find(&user).hash, new);
}

static void
unusable_hashes(void **state)
{
	static const char *const bad[] = { "", "x", "$2b$31$",
		"$argon2id$v=19$m=999999,t=1,p=1$c29tZXNhbHRzb21lc2E$"
		"AAAAAAAAAAAAAAAAAAAAAA" };
	enum ptn_verdict verdict;
	bool stale;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		verdict = PTN_ALLOW;
		stale = true;
		assert_int_equal(ptn_password_verify(&scope, bad[i],
				     PTN_PASSWORD_NORM, ptn_bytes_of(PASSWORD),
				     &stale, &verdict),
		    PTN_OK);
		assert_int_equal(verdict, PTN_DENY);
		assert_false(stale);
	}
}

/* What both APIs have in common, without a row. */
static void
verified(void **state)
{
	char hash[PTN_PHC_MAX];
	enum ptn_verdict verdict;
	bool stale = true;
	uint64_t before;

	(void)state;
	assert_int_equal(ptn_password_hash(&scope, ptn_bytes_of(NO_FORM), hash),
	    PTN_E_INPUT);
	assert_int_equal(ptn_password_hash(&scope, ptn_bytes_of(SPLIT), hash),
	    PTN_OK);
	assert_int_equal(ptn_password_verify(&scope, hash, PTN_PASSWORD_NORM,
			     ptn_bytes_of(WHOLE), &stale, &verdict),
	    PTN_OK);
	assert_int_equal(verdict, PTN_ALLOW);
	assert_false(stale);
	conf.argon2_iterations = 2;
	assert_int_equal(ptn_password_verify(&scope, hash, PTN_PASSWORD_NORM,
			     ptn_bytes_of(WHOLE), &stale, &verdict),
	    PTN_OK);
	assert_int_equal(verdict, PTN_ALLOW);
	assert_true(stale);
	/* Wrong, it is not to be hashed anew. */
	assert_int_equal(ptn_password_verify(&scope, hash, PTN_PASSWORD_NORM,
			     ptn_bytes_of("wrong"), &stale, &verdict),
	    PTN_OK);
	assert_int_equal(verdict, PTN_DENY);
	assert_false(stale);
	/* A decoy is today's hash, and matches nothing. */
	before = ptn_pwhash_count();
	assert_int_equal(ptn_password_verify(&scope, NULL, 0,
			     ptn_bytes_of(WHOLE), &stale, &verdict),
	    PTN_OK);
	assert_int_equal(verdict, PTN_DENY);
	assert_false(stale);
	assert_int_equal(ptn_pwhash_count() - before, 1);
}

static void
no_memory(void **state)
{
	struct ptn_arena *full = ptn_arena_new(4096);
	struct ptn_scope sc = scope;
	enum ptn_verdict verdict = PTN_ALLOW;
	char hash[PTN_PHC_MAX];
	bool stale = true;

	(void)state;
	sc.arena = full;
	while (ptn_arena_alloc(full, 16) != NULL)
		continue;
	assert_int_equal(ptn_password_verify(&sc, NULL, 0, ptn_bytes_of(WHOLE),
			     &stale, &verdict),
	    PTN_E_NOMEM);
	assert_int_equal(verdict, PTN_DENY);
	assert_false(stale);
	assert_int_equal(ptn_password_hash(&sc, ptn_bytes_of(WHOLE), hash),
	    PTN_E_NOMEM);
	ptn_arena_free(&full);
}

static enum ptn_err
hash_inside(const struct ptn_scope *sc, void *arg)
{
	char hash[PTN_PHC_MAX] = "x";
	enum ptn_err r;

	(void)arg;
	r = ptn_password_hash(sc, ptn_bytes_of(PASSWORD), hash);
	assert_string_equal(hash, "");
	return r;
}

static enum ptn_err
check_inside(const struct ptn_scope *sc, void *arg)
{
	enum ptn_verdict verdict = PTN_ALLOW;
	bool stale = true;
	enum ptn_err r;

	r = ptn_password_verify(sc, arg, PTN_PASSWORD_NORM,
	    ptn_bytes_of(PASSWORD), &stale, &verdict);
	assert_int_equal(verdict, PTN_DENY);
	assert_false(stale);
	return r;
}

static void
count_said(void *arg, enum ptn_log_level level, const char *text)
{
	int *said = arg;

	*said += level == PTN_LOG_ERROR &&
	    strcmp(text, "password: a hash inside a transaction") == 0;
}

/* In each build: none is made, the log says so, and the program goes on. */
static void
never_in_a_transaction(void **state)
{
	char hash[PTN_PHC_MAX];
	uint64_t before;
	int said = 0;

	(void)state;
	assert_int_equal(
	    ptn_password_hash(&scope, ptn_bytes_of(PASSWORD), hash), PTN_OK);
	before = ptn_pwhash_count();
	ptn_log_divert(count_said, &said);
	assert_int_equal(ptn_tx(&scope, hash_inside, NULL), PTN_E_INTERNAL);
	assert_int_equal(ptn_tx(&scope, check_inside, NULL), PTN_E_INTERNAL);
	assert_int_equal(ptn_tx(&scope, check_inside, hash), PTN_E_INTERNAL);
	ptn_log_divert(NULL, NULL);
	assert_int_equal(said, 3);
	assert_int_equal(ptn_pwhash_count(), before);
	assert_int_equal(
	    ptn_password_hash(&scope, ptn_bytes_of(PASSWORD), hash), PTN_OK);
}

static enum ptn_err
race_set(const struct ptn_scope *sc, void *arg)
{
	bool created = false;
	enum ptn_err r;

	r = ptn_password_set(sc, arg, NULL, ptn_bytes_of(PASSWORD), &created);
	return r == PTN_OK && !created ? PTN_E_CONFLICT : r;
}

/* All set it, one of them for the first time. */
static void
races(void **state)
{
	struct ptn_uuid user = rows_user();

	(void)state;
	assert_int_equal(rows_race(race_set, &user, PTN_E_CONFLICT), 1);
	assert_int_equal(check(&user, PASSWORD), PTN_ALLOW);
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(found),
		T(set_and_changed),
		T(longer_than_any),
		T(set_in_vain),
		T(refused_at_one_cost),
		T(spellings),
		T(imported),
		T(imported_without_normal_form),
		T(old_costs),
		T(changed_meanwhile),
		T(unusable_hashes),
		T(verified),
		T(no_memory),
		T(never_in_a_transaction),
		T(races),
	};

	return cmocka_run_group_tests(tests, setup, hashing_teardown);
}
