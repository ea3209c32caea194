/* Addresses: claimed, proved, owned, primary, removed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/email.h"
#include "lib/account/user.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

/* What one of the calls does inside a transaction. */
struct doing {
	const char *address;
	const struct ptn_uuid *user;
	const struct ptn_uuid *id;
	struct ptn_email email;
	bool verified;
	bool changed;
};

static enum ptn_err
claim(const struct ptn_scope *sc, void *arg)
{
	struct doing *d = arg;

	return ptn_email_claim(sc, d->address, &d->email);
}

static enum ptn_err
own(const struct ptn_scope *sc, void *arg)
{
	struct doing *d = arg;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, d->user)) != PTN_OK ||
	    (r = ptn_email_claim(sc, d->address, &d->email)) != PTN_OK)
		return r;
	return ptn_email_own(sc, &d->email, d->user, d->verified);
}

static enum ptn_err
set_primary(const struct ptn_scope *sc, void *arg)
{
	struct doing *d = arg;
	enum ptn_err r = ptn_user_lock(sc, d->user);

	return r == PTN_OK
	    ? ptn_email_set_primary(sc, d->user, d->id, &d->changed)
	    : r;
}

static enum ptn_err
remove_address(const struct ptn_scope *sc, void *arg)
{
	struct doing *d = arg;
	enum ptn_err r = ptn_user_lock(sc, d->user);

	return r == PTN_OK ? ptn_email_remove(sc, d->user, d->id, false) : r;
}

static struct ptn_email
claimed(const char *address)
{
	struct doing d = { .address = address };

	assert_int_equal(ptn_tx(&scope, claim, &d), PTN_OK);
	return d.email;
}

static struct ptn_email
owned(const struct ptn_uuid *user, const char *address, bool verified)
{
	struct doing d = { .address = address,
		.user = user,
		.verified = verified };

	assert_int_equal(ptn_tx(&scope, own, &d), PTN_OK);
	return d.email;
}

static enum ptn_err
make_primary(const struct ptn_uuid *user, const struct ptn_uuid *id,
    bool *changed)
{
	struct doing d = { .user = user, .id = id, .changed = true };
	enum ptn_err r = ptn_tx(&scope, set_primary, &d);

	*changed = d.changed;
	return r;
}

static enum ptn_err
drop(const struct ptn_uuid *user, const struct ptn_uuid *id)
{
	struct doing d = { .user = user, .id = id };

	return ptn_tx(&scope, remove_address, &d);
}

static int64_t
count(const struct ptn_uuid *user)
{
	int64_t n = -1;

	assert_int_equal(ptn_email_count(&scope, user, &n), PTN_OK);
	return n;
}

static const char *
primary_of(const struct ptn_uuid *user)
{
	struct ptn_email_claim c;

	assert_int_equal(ptn_email_primary(&scope, user, &c), PTN_OK);
	assert_int_equal(c.is_primary, c.address != NULL);
	return c.address != NULL ? c.address : "none";
}

static void
claimed_once(void **state)
{
	const struct ptn_uuid other = rows_tenant();
	struct ptn_email one = claimed("claim@example.org");
	struct ptn_email two = claimed("claim@example.org");
	struct doing d = { .address = "claim@example.org" };

	(void)state;
	assert_true(ptn_uuid_is_v4(&one.id));
	assert_true(ptn_uuid_is_nil(&one.user_id));
	assert_string_equal(one.address, "claim@example.org");
	assert_false(one.verified || one.is_primary);
	assert_true(one.created_at_us > 0);
	assert_true(one.created_at_us == one.updated_at_us);
	assert_true(ptn_uuid_equal(&one.id, &two.id));
	assert_true(one.updated_at_us == two.updated_at_us);
	assert_int_equal(ptn_tx(rows_at(&other), claim, &d), PTN_OK);
	assert_false(ptn_uuid_equal(&d.email.id, &one.id));
	/* Another case is another address; address.h made it canonical. */
	two = claimed("Claim@example.org");
	assert_false(ptn_uuid_equal(&one.id, &two.id));
}

static void
claimed_by_another(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_email mine = owned(&user, "theirs@example.org", true);
	struct ptn_email again = claimed("theirs@example.org");

	(void)state;
	assert_true(ptn_uuid_equal(&again.id, &mine.id));
	assert_true(ptn_uuid_equal(&again.user_id, &user));
	assert_true(again.verified);
	assert_true(again.updated_at_us > again.created_at_us);
}

static enum ptn_err
lock(const struct ptn_scope *sc, void *arg)
{
	struct doing *d = arg;

	return ptn_email_lock(sc, d->id, &d->email);
}

static void
locked_by_id(void **state)
{
	const struct ptn_uuid user = rows_user(), other = rows_tenant();
	const struct ptn_uuid none = ptn_uuid_new();
	struct ptn_email mine = owned(&user, "lock@example.org", true);
	struct ptn_email free = claimed("unlocked@example.org");
	struct doing d = { .id = &mine.id };

	(void)state;
	assert_int_equal(ptn_tx(&scope, lock, &d), PTN_OK);
	assert_true(ptn_uuid_equal(&d.email.id, &mine.id));
	assert_true(ptn_uuid_equal(&d.email.user_id, &user));
	assert_string_equal(d.email.address, "lock@example.org");
	assert_true(d.email.verified);
	assert_int_equal(ptn_tx(rows_at(&other), lock, &d), PTN_E_NOT_FOUND);
	d.id = &free.id;
	assert_int_equal(ptn_tx(&scope, lock, &d), PTN_OK);
	assert_true(ptn_uuid_is_nil(&d.email.user_id));
	assert_false(d.email.verified);
	d.id = &none;
	assert_int_equal(ptn_tx(&scope, lock, &d), PTN_E_NOT_FOUND);
}

/* The first is the primary one, and stays so. */
static void
first_is_primary(void **state)
{
	struct ptn_user_ref u;
	struct ptn_email_claim c;
	struct ptn_email one, two;

	(void)state;
	u = rows_user_of(&tenant, "first@example.org");
	rows_sql("DELETE FROM primary_emails");
	rows_sql("DELETE FROM emails");
	assert_string_equal(primary_of(&u.id), "none");
	one = owned(&u.id, "one@example.org", false);
	assert_true(one.is_primary);
	assert_false(one.verified);
	assert_true(ptn_uuid_equal(&one.user_id, &u.id));
	two = owned(&u.id, "two@example.org", true);
	assert_false(two.is_primary);
	assert_true(two.verified);
	assert_int_equal(ptn_email_primary(&scope, &u.id, &c), PTN_OK);
	assert_string_equal(c.address, "one@example.org");
	assert_true(c.is_primary);
	assert_false(c.is_verified);
	/* Proved now: the same row, and still the primary one. */
	one = owned(&u.id, "one@example.org", true);
	assert_int_equal(ptn_email_primary(&scope, &u.id, &c), PTN_OK);
	assert_true(c.is_verified);
	assert_int_equal(count(&u.id), 2);
}

static void
listed_oldest_first(void **state)
{
	const struct ptn_uuid user = rows_user(), other = rows_tenant();
	const struct ptn_uuid none = ptn_uuid_new();
	struct ptn_email *e, two, three;
	size_t n;

	(void)state;
	rows_sql("DELETE FROM primary_emails");
	rows_sql("DELETE FROM emails");
	three = owned(&user, "three@example.org", false);
	two = owned(&user, "two@example.org", true);
	rows_sql("UPDATE emails SET created_at ="
		 " UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE"
		 " WHERE address = 'two@example.org'");
	(void)claimed("nobodys@example.org");
	assert_int_equal(ptn_emails_of(&scope, &user, &e, &n), PTN_OK);
	assert_int_equal(n, 2);
	assert_true(ptn_uuid_equal(&e[0].id, &two.id));
	assert_string_equal(e[0].address, "two@example.org");
	assert_true(ptn_uuid_equal(&e[0].user_id, &user));
	assert_true(e[0].verified && !e[0].is_primary);
	assert_true(ptn_uuid_equal(&e[1].id, &three.id));
	assert_true(e[1].is_primary && !e[1].verified);
	assert_int_equal(count(&user), 2);
	assert_int_equal(ptn_emails_of(&scope, &none, &e, &n), PTN_OK);
	assert_int_equal(n, 0);
	assert_null(e);
	assert_int_equal(count(&none), 0);
	assert_int_equal(ptn_emails_of(rows_at(&other), &user, &e, &n), PTN_OK);
	assert_int_equal(n, 0);
}

/* In another tenant they have none. */
static void
tenants_apart(void **state)
{
	const struct ptn_uuid user = rows_user(), other = rows_tenant();
	struct ptn_email two = owned(&user, "apart@example.org", true);
	struct ptn_email_claim c;
	bool changed = true;
	int64_t n;

	(void)state;
	assert_int_equal(ptn_email_count(rows_at(&other), &user, &n), PTN_OK);
	assert_int_equal(n, 0);
	assert_int_equal(ptn_email_primary(rows_at(&other), &user, &c), PTN_OK);
	assert_null(c.address);
	assert_int_equal(
	    ptn_email_set_primary(rows_at(&other), &user, &two.id, &changed),
	    PTN_E_NOT_FOUND);
	assert_false(changed);
	assert_int_equal(
	    ptn_email_remove(rows_at(&other), &user, &two.id, false),
	    PTN_E_NOT_FOUND);
	assert_int_equal(count(&user), 2);
}

static void
another_primary(void **state)
{
	const struct ptn_uuid user = rows_user(), rival = rows_user();
	const struct ptn_uuid none = ptn_uuid_new();
	struct ptn_email two = owned(&user, "second@example.org", false);
	struct ptn_email theirs = owned(&rival, "rival@example.org", true);
	struct ptn_email free = claimed("free@example.org");
	bool changed;

	(void)state;
	assert_int_equal(make_primary(&user, &two.id, &changed), PTN_OK);
	assert_true(changed);
	assert_string_equal(primary_of(&user), "second@example.org");
	assert_int_equal(make_primary(&user, &two.id, &changed), PTN_OK);
	assert_false(changed);
	assert_int_equal(make_primary(&user, &theirs.id, &changed),
	    PTN_E_NOT_FOUND);
	assert_false(changed);
	assert_int_equal(make_primary(&user, &free.id, &changed),
	    PTN_E_NOT_FOUND);
	assert_int_equal(make_primary(&user, &none, &changed), PTN_E_NOT_FOUND);
	assert_string_equal(primary_of(&user), "second@example.org");
	assert_string_not_equal(primary_of(&rival), "second@example.org");
	/* Somebody who had none has one. */
	rows_sql("DELETE FROM primary_emails WHERE user_id = x'%s'",
	    rows_hex(&user));
	assert_int_equal(make_primary(&user, &two.id, &changed), PTN_OK);
	assert_true(changed);
	assert_string_equal(primary_of(&user), "second@example.org");
}

static int64_t
passcodes_for(const struct ptn_email *e)
{
	return rows_number(
	    "SELECT COUNT(*) FROM passcodes WHERE email_id = x'%s'",
	    rows_hex(&e->id));
}

static void
give_passcode(const struct ptn_uuid *user, const struct ptn_email *e)
{
	const struct ptn_uuid id = ptn_uuid_new();

	rows_sql("INSERT INTO passcodes VALUES (x'%s', x'%s', x'%s', x'%s',"
		 " REPEAT('x', 32), 9, 0, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6),"
		 " 'passcode', 0)",
	    rows_hex(&id), rows_hex(&tenant), rows_hex(user), rows_hex(&e->id));
}

static void
removed(void **state)
{
	const struct ptn_uuid user = rows_user(), rival = rows_user();
	const struct ptn_uuid none = ptn_uuid_new();
	struct ptn_email two = owned(&user, "remove@example.org", true);
	struct ptn_email three = owned(&user, "keep@example.org", true);
	struct ptn_email theirs = owned(&rival, "hands-off@example.org", true);
	struct ptn_email free = claimed("unowned@example.org"), *e;
	size_t n;

	(void)state;
	give_passcode(&user, &two);
	give_passcode(&user, &three);
	assert_int_equal(drop(&user, &two.id), PTN_OK);
	assert_int_equal(passcodes_for(&two), 0);
	assert_int_equal(passcodes_for(&three), 1);
	assert_int_equal(drop(&user, &two.id), PTN_E_NOT_FOUND);
	assert_int_equal(drop(&user, &theirs.id), PTN_E_NOT_FOUND);
	assert_int_equal(drop(&user, &free.id), PTN_E_NOT_FOUND);
	assert_int_equal(drop(&user, &none), PTN_E_NOT_FOUND);
	assert_int_equal(ptn_emails_of(&scope, &user, &e, &n), PTN_OK);
	assert_int_equal(n, 2);
	assert_true(e[0].is_primary);
	assert_int_equal(drop(&user, &e[0].id), PTN_E_CONFLICT);
	assert_int_equal(count(&user), 2);
	assert_int_equal(count(&rival), 2);
	/* Somebody else may claim it now. */
	two = claimed("remove@example.org");
	assert_true(ptn_uuid_is_nil(&two.user_id));
}

static enum ptn_err
race_claim(const struct ptn_scope *sc, void *arg)
{
	struct doing d = { .address = arg };

	return ptn_tx(sc, claim, &d);
}

struct taking {
	struct ptn_uuid user;
	struct ptn_email email;
	ptn_tx_fn find; /* by address, or by id */
};

/* Proved by somebody while nobody has it. */
static enum ptn_err
own_if_free(const struct ptn_scope *sc, void *arg)
{
	struct taking *t = arg;
	struct doing d = { .address = t->email.address, .id = &t->email.id };
	enum ptn_err r;

	if ((r = t->find(sc, &d)) != PTN_OK)
		return r;
	if (!ptn_uuid_is_nil(&d.email.user_id))
		return PTN_E_CONFLICT;
	return ptn_email_own(sc, &d.email, &t->user, true);
}

static enum ptn_err
race_take(const struct ptn_scope *sc, void *arg)
{
	return ptn_tx(sc, own_if_free, arg);
}

/* Claimed by all at once it is one row; proved by all, it goes to one. */
static void
races(void **state)
{
	struct taking t = { .user = rows_user() };
	char address[] = "raced@example.org";

	(void)state;
	assert_int_equal(rows_race(race_claim, address, PTN_OK), ROWS_RACERS);
	assert_int_equal(rows_number("SELECT COUNT(*) FROM emails"
				     " WHERE address = 'raced@example.org'"),
	    1);
	t.email = claimed(address);
	t.find = claim;
	assert_int_equal(rows_race(race_take, &t, PTN_E_CONFLICT), 1);
	t.email = claimed("locked@example.org");
	t.find = lock;
	assert_int_equal(rows_race(race_take, &t, PTN_E_CONFLICT), 1);
}

#define T(f) cmocka_unit_test_setup(f, rows_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(claimed_once),
		T(claimed_by_another),
		T(locked_by_id),
		T(first_is_primary),
		T(listed_oldest_first),
		T(tenants_apart),
		T(another_primary),
		T(removed),
		T(races),
	};

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
