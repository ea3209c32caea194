/* Ceremonies: one try or a few, of one kind, tenant and lifetime. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/base64.h"
#include "lib/dfns/ceremony.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

static struct ptn_dfns_ceremony
put(enum ptn_dfns_ceremony_kind kind, const struct ptn_uuid *user)
{
	struct ptn_dfns_ceremony c = { .kind = kind,
		.challenge = "Y2g",
		.state = { .kind = PTN_CRED_KEY },
		.sealed = PTN_BYTES("\0\1", 2) };

	if (user != NULL)
		c.user_id = *user;
	assert_int_equal(ptn_dfns_ceremony_put(&scope, &c), PTN_OK);
	return c;
}

static enum ptn_err
take(const struct ptn_dfns_ceremony *c, enum ptn_dfns_ceremony_kind kind)
{
	struct ptn_dfns_ceremony out;

	return ptn_dfns_ceremony_take(&scope, kind, &c->id, &out);
}

static enum ptn_err
try(const struct ptn_dfns_ceremony *c, enum ptn_dfns_ceremony_kind kind)
{
	struct ptn_dfns_ceremony out;

	return ptn_dfns_ceremony_try(&scope, kind, &c->id, &out);
}

static void
comes_back_as_it_was(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_dfns_ceremony c = put(PTN_DFNS_CEREMONY_LOGIN, &user), out;

	(void)state;
	assert_int_equal(ptn_dfns_ceremony_take(&scope, PTN_DFNS_CEREMONY_LOGIN,
			     &c.id, &out),
	    PTN_OK);
	assert_true(ptn_uuid_equal(&out.user_id, &user));
	assert_true(ptn_uuid_equal(&out.id, &c.id));
	assert_string_equal(out.challenge, "Y2g");
	assert_int_equal(out.state.kind, PTN_CRED_KEY);
	assert_int_equal(out.sealed.len, 2);
	assert_memory_equal(out.sealed.p, "\0\1", 2);
	assert_int_equal(out.kind, PTN_DFNS_CEREMONY_LOGIN);
	/* One that nobody can answer, without a secret. */
	c = (struct ptn_dfns_ceremony){ .kind = PTN_DFNS_CEREMONY_LOGIN,
		.challenge = "" };
	assert_int_equal(ptn_dfns_ceremony_put(&scope, &c), PTN_OK);
	assert_int_equal(ptn_dfns_ceremony_take(&scope, PTN_DFNS_CEREMONY_LOGIN,
			     &c.id, &out),
	    PTN_OK);
	assert_true(ptn_uuid_is_nil(&out.user_id));
	assert_null(out.sealed.p);
}

static void
challenges(void **state)
{
	char *one = ptn_dfns_ceremony_challenge_new(arena);
	char *two = ptn_dfns_ceremony_challenge_new(arena);
	struct ptn_bytes hex;
	size_t i;

	(void)state;
	assert_int_equal(strlen(one), 86);
	assert_string_not_equal(one, two);
	assert_int_equal(ptn_b64url_decode(arena, ptn_bytes_of(one), &hex),
	    PTN_OK);
	assert_int_equal(hex.len, 64);
	for (i = 0; i < hex.len; i++)
		assert_non_null(memchr("0123456789abcdef", hex.p[i], 16));
}

/* What is asked for as another kind is not found, and not spent. */
static void
kinds_apart(void **state)
{
	struct ptn_dfns_ceremony c, out;
	bool used;
	int is, as;

	(void)state;
	for (is = 0; is < PTN_DFNS_CEREMONY__MAX; is++) {
		c = put((enum ptn_dfns_ceremony_kind)is, NULL);
		for (as = 0; as < PTN_DFNS_CEREMONY__MAX; as++) {
			if (as == is)
				continue;
			assert_int_equal(
			    take(&c, (enum ptn_dfns_ceremony_kind)as),
			    PTN_E_NOT_FOUND);
			assert_int_equal(
			    try(&c, (enum ptn_dfns_ceremony_kind)as),
			    PTN_E_NOT_FOUND);
			assert_int_equal(ptn_dfns_ceremony_use(&scope,
					     (enum ptn_dfns_ceremony_kind)as,
					     &c.id),
			    PTN_E_NOT_FOUND);
			assert_int_equal(ptn_dfns_ceremony_look(&scope,
					     (enum ptn_dfns_ceremony_kind)as,
					     &c.id, &out, &used),
			    PTN_E_NOT_FOUND);
		}
		assert_int_equal(take(&c, (enum ptn_dfns_ceremony_kind)is),
		    PTN_OK);
		assert_int_equal(take(&c, (enum ptn_dfns_ceremony_kind)is),
		    PTN_E_NOT_FOUND);
	}
}

static void
tenants_apart(void **state)
{
	const struct ptn_dfns_ceremony c = put(PTN_DFNS_CEREMONY_LOGIN, NULL);
	const struct ptn_uuid other = ptn_uuid_new();
	struct ptn_dfns_ceremony out;

	(void)state;
	assert_int_equal(ptn_dfns_ceremony_take(rows_at(&other),
			     PTN_DFNS_CEREMONY_LOGIN, &c.id, &out),
	    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_dfns_ceremony_try(rows_at(&other),
			     PTN_DFNS_CEREMONY_LOGIN, &c.id, &out),
	    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_dfns_ceremony_end(rows_at(&other), &c.id),
	    PTN_E_NOT_FOUND);
	assert_int_equal(take(&c, PTN_DFNS_CEREMONY_LOGIN), PTN_OK);
}

static void
dies_in_time(void **state)
{
	struct ptn_dfns_ceremony c, out;
	bool used;
	int p;

	(void)state;
	for (p = 0; p < PTN_DFNS_CEREMONY__MAX; p++) {
		assert_in_range(
		    ptn_dfns_ceremony_ttl_s((enum ptn_dfns_ceremony_kind)p), 60,
		    900);
		c = put((enum ptn_dfns_ceremony_kind)p, NULL);
		rows_sql("UPDATE ceremonies SET expires_at ="
			 " UTC_TIMESTAMP(6) - INTERVAL 1 MICROSECOND");
		assert_int_equal(take(&c, (enum ptn_dfns_ceremony_kind)p),
		    PTN_E_NOT_FOUND);
		assert_int_equal(try(&c, (enum ptn_dfns_ceremony_kind)p),
		    PTN_E_NOT_FOUND);
		assert_int_equal(ptn_dfns_ceremony_look(&scope,
				     (enum ptn_dfns_ceremony_kind)p, &c.id,
				     &out, &used),
		    PTN_E_NOT_FOUND);
	}
}

static void
tries_are_counted(void **state)
{
	const struct ptn_dfns_ceremony c =
	    put(PTN_DFNS_CEREMONY_RECOVERY, NULL);
	int i;

	(void)state;
	for (i = 0; i < PTN_DFNS_CEREMONY_TRIES; i++)
		assert_int_equal(try(&c, PTN_DFNS_CEREMONY_RECOVERY), PTN_OK);
	assert_int_equal(try(&c, PTN_DFNS_CEREMONY_RECOVERY), PTN_E_NOT_FOUND);
	assert_int_equal(take(&c, PTN_DFNS_CEREMONY_RECOVERY), PTN_E_NOT_FOUND);
}

static void
used_and_ended_once(void **state)
{
	const struct ptn_uuid user = rows_user(), other = rows_user();
	const struct ptn_dfns_ceremony c = put(PTN_DFNS_CEREMONY_SIGNED, &user);
	const struct ptn_dfns_ceremony mine =
	    put(PTN_DFNS_CEREMONY_LOGIN, &user);
	const struct ptn_dfns_ceremony theirs =
	    put(PTN_DFNS_CEREMONY_SIGNED, &other);
	struct ptn_dfns_ceremony out;
	bool used = true;

	(void)state;
	assert_int_equal(ptn_dfns_ceremony_look(&scope,
			     PTN_DFNS_CEREMONY_SIGNED, &c.id, &out, &used),
	    PTN_OK);
	assert_false(used);
	assert_int_equal(
	    ptn_dfns_ceremony_use(&scope, PTN_DFNS_CEREMONY_SIGNED, &c.id),
	    PTN_OK);
	assert_int_equal(
	    ptn_dfns_ceremony_use(&scope, PTN_DFNS_CEREMONY_SIGNED, &c.id),
	    PTN_E_NOT_FOUND);
	/* It stays, so that a second use is told from one that never was. */
	assert_int_equal(ptn_dfns_ceremony_look(&scope,
			     PTN_DFNS_CEREMONY_SIGNED, &c.id, &out, &used),
	    PTN_OK);
	assert_true(used);
	assert_int_equal(
	    ptn_dfns_ceremony_end_all(&scope, &user, PTN_DFNS_CEREMONY_SIGNED),
	    PTN_OK);
	assert_int_equal(ptn_dfns_ceremony_end(&scope, &c.id), PTN_E_NOT_FOUND);
	assert_int_equal(ptn_dfns_ceremony_end(&scope, &mine.id), PTN_OK);
	assert_int_equal(ptn_dfns_ceremony_end(&scope, &theirs.id), PTN_OK);
}

static enum ptn_err
race_take(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_dfns_ceremony *c = arg;
	struct ptn_dfns_ceremony out;

	return ptn_dfns_ceremony_take(sc, c->kind, &c->id, &out);
}

static enum ptn_err
race_try(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_dfns_ceremony *c = arg;
	struct ptn_dfns_ceremony out;

	return ptn_dfns_ceremony_try(sc, c->kind, &c->id, &out);
}

static enum ptn_err
race_use(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_dfns_ceremony *c = arg;

	return ptn_dfns_ceremony_use(sc, c->kind, &c->id);
}

static void
races(void **state)
{
	struct ptn_dfns_ceremony c = put(PTN_DFNS_CEREMONY_LOGIN, NULL);

	(void)state;
	assert_int_equal(rows_race(race_take, &c, PTN_E_NOT_FOUND), 1);
	c = put(PTN_DFNS_CEREMONY_SIGNED, NULL);
	assert_int_equal(rows_race(race_use, &c, PTN_E_NOT_FOUND), 1);
	c = put(PTN_DFNS_CEREMONY_REGISTRATION, NULL);
	assert_int_equal(rows_race(race_try, &c, PTN_E_NOT_FOUND),
	    PTN_DFNS_CEREMONY_TRIES);
}

#define T(f) cmocka_unit_test_setup(f, rows_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(comes_back_as_it_was),
		T(challenges),
		T(kinds_apart),
		T(tenants_apart),
		T(dies_in_time),
		T(tries_are_counted),
		T(used_and_ended_once),
		T(races),
	};

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
