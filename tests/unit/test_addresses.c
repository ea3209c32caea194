/* The addresses of an account: how many, whose, by what proof, on record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/account/addresses.h"
#include "lib/account/user.h"
#include "lib/event/tx.h"
#include "tests/unit/rules.h" /* $POSTERN_TEST_DB */

/* Users have one address each to begin with, and may have two. */
static int
each(void **state)
{
	conf.email_verify = true;
	conf.email_limit = 2;
	conf.rate_enabled = false;
	return rules_each(state);
}

static const char *
fresh(void)
{
	static int n;

	return ptn_arena_printf(arena, "more%d@example.org", ++n);
}

static enum ptn_addresses_result
add(const struct ptn_uuid *user, const char *address, struct ptn_email *email)
{
	enum ptn_addresses_result what = PTN_ADDRESSES__MAX;

	assert_int_equal(ptn_addresses_add(&scope, user, address, email, &what),
	    PTN_OK);
	return what;
}

static enum ptn_addresses_result
take(const struct ptn_uuid *user, const struct ptn_uuid *id)
{
	enum ptn_addresses_result what = PTN_ADDRESSES__MAX;

	assert_int_equal(ptn_addresses_remove(&scope, user, id, &what), PTN_OK);
	return what;
}

static enum ptn_addresses_result
make_primary(const struct ptn_uuid *user, const struct ptn_uuid *id)
{
	enum ptn_addresses_result what = PTN_ADDRESSES__MAX;

	assert_int_equal(ptn_addresses_make_primary(&scope, user, id, &what),
	    PTN_OK);
	return what;
}

struct proving {
	struct ptn_addresses_proof proof;
	enum ptn_addresses_result what;
};

static enum ptn_err
prove_locked(const struct ptn_scope *sc, void *arg)
{
	struct proving *p = arg;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, &p->proof.user_id)) != PTN_OK)
		return r;
	return ptn_addresses_prove(sc, &p->proof, &p->what);
}

static enum ptn_addresses_result
prove(const struct ptn_uuid *user, const struct ptn_uuid *email,
    const struct ptn_uuid *by)
{
	struct proving p = { { *user, *email, by, { .verified = false } },
		PTN_ADDRESSES__MAX };

	assert_int_equal(ptn_tx(&scope, prove_locked, &p), PTN_OK);
	return p.what;
}

static struct ptn_uuid
primary_of(const struct ptn_uuid *user)
{
	struct ptn_email *list;
	struct ptn_uuid none = { { 0 } };
	size_t i, n;

	assert_int_equal(ptn_emails_of(&scope, user, &list, &n), PTN_OK);
	for (i = 0; i < n; i++)
		if (list[i].is_primary)
			return list[i].id;
	return none;
}

/* A user without any, as one is who has not proved an address. */
static struct ptn_uuid
newcomer(void)
{
	struct ptn_uuid user = rows_user(), id = primary_of(&user);

	rows_sql("DELETE FROM primary_emails WHERE user_id = X'%s'",
	    rows_hex(&user));
	rows_sql("DELETE FROM emails WHERE id = X'%s'", rows_hex(&id));
	return user;
}

static void
claimed_until_it_is_proved(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_email email, again;
	const char *address = fresh();

	(void)state;
	assert_int_equal(add(&user, address, &email), PTN_ADDRESSES_DONE);
	assert_true(ptn_uuid_is_nil(&email.user_id));
	assert_int_equal(rules_addresses(&user), 1);
	assert_true(rules_event(PTN_EVENT_EMAIL_CREATED, NULL));
	assert_string_equal(actor.email, address);
	/* Nothing happens to a claim that is there. */
	actor.n = 0;
	assert_int_equal(add(&user, address, &again), PTN_ADDRESSES_DONE);
	assert_true(ptn_uuid_equal(&again.id, &email.id));
	assert_int_equal(actor.n, 0);
	assert_int_equal(prove(&user, &email.id, &user), PTN_ADDRESSES_DONE);
	assert_int_equal(rules_addresses(&user), 2);
	assert_true(rules_event(PTN_EVENT_EMAIL_VERIFIED, NULL));
	assert_false(rules_event(PTN_EVENT_PRIMARY_EMAIL_CHANGED, NULL));
}

static void
theirs_at_once_without_proof(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_email email;

	(void)state;
	conf.email_verify = false;
	assert_int_equal(add(&user, fresh(), &email), PTN_ADDRESSES_DONE);
	assert_true(ptn_uuid_equal(&email.user_id, &user));
	assert_false(email.verified);
	assert_int_equal(rules_addresses(&user), 2);
}

static enum ptn_err
try_to_add(const struct ptn_uuid *user, const char *address)
{
	enum ptn_addresses_result what;
	struct ptn_email email;

	return ptn_addresses_add(&scope, user, address, &email, &what);
}

static int64_t
claims(void)
{
	return rows_number("SELECT COUNT(*) FROM emails WHERE user_id IS NULL");
}

/* Claims that nobody proves do not fill the table, whoever makes them. */
static void
claims_have_a_limit(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	const int64_t before = claims();
	const char *first = fresh();

	(void)state;
	conf.rate_enabled = true;
	conf.rate_claim = 3;
	conf.rate_claim_s = 86400;
	assert_int_equal(try_to_add(&ada, first), PTN_OK);
	assert_int_equal(try_to_add(&ada, fresh()), PTN_OK);
	assert_int_equal(try_to_add(&ada, fresh()), PTN_OK);
	assert_int_equal(try_to_add(&ada, fresh()), PTN_E_RATE);
	assert_string_equal(actor.limit.what, "claim");
	assert_int_equal(claims(), before + 3);
	/* What is there already costs nothing; others have their own. */
	assert_int_equal(try_to_add(&ada, first), PTN_OK);
	assert_int_equal(try_to_add(&bob, fresh()), PTN_OK);
	assert_int_equal(claims(), before + 4);
}

static void
no_more_than_the_limit(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_email second, third;

	(void)state;
	assert_int_equal(add(&user, fresh(), &second), PTN_ADDRESSES_DONE);
	assert_int_equal(add(&user, fresh(), &third), PTN_ADDRESSES_DONE);
	assert_int_equal(prove(&user, &second.id, &user), PTN_ADDRESSES_DONE);
	actor.n = 0;
	assert_int_equal(add(&user, fresh(), &second), PTN_ADDRESSES_FULL);
	assert_int_equal(prove(&user, &third.id, &user), PTN_ADDRESSES_FULL);
	assert_int_equal(actor.n, 0);
	assert_int_equal(rules_addresses(&user), 2);
}

static void
an_address_has_one_owner(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	struct ptn_email email, his;
	const char *address = fresh();

	(void)state;
	conf.email_limit = 3;
	assert_int_equal(add(&ada, address, &email), PTN_ADDRESSES_DONE);
	assert_int_equal(add(&bob, address, &his), PTN_ADDRESSES_DONE);
	assert_int_equal(prove(&bob, &his.id, &bob), PTN_ADDRESSES_DONE);
	assert_int_equal(prove(&ada, &email.id, &ada), PTN_ADDRESSES_OWNED);
	assert_int_equal(add(&ada, address, &email), PTN_ADDRESSES_OWNED);
	assert_int_equal(add(&bob, address, &his), PTN_ADDRESSES_OWNED);
	assert_int_equal(rules_addresses(&ada), 1);
}

static void
a_stranger_proves_the_first_alone(void **state)
{
	const struct ptn_uuid new = newcomer(), old = rows_user();
	const struct ptn_uuid first = primary_of(&old);
	struct ptn_email email;

	(void)state;
	assert_int_equal(add(&new, fresh(), &email), PTN_ADDRESSES_DONE);
	assert_int_equal(prove(&old, &email.id, NULL), PTN_ADDRESSES_FULL);
	actor.n = 0;
	assert_int_equal(prove(&new, &email.id, NULL), PTN_ADDRESSES_DONE);
	assert_true(rules_event(PTN_EVENT_PRIMARY_EMAIL_CHANGED, NULL));
	assert_true(rules_event(PTN_EVENT_EMAIL_VERIFIED, NULL));
	actor.n = 0;
	assert_int_equal(prove(&old, &first, NULL), PTN_ADDRESSES_DONE);
	assert_true(rules_event(PTN_EVENT_EMAIL_VERIFIED, NULL));
	assert_int_equal(prove(&old, &first, NULL), PTN_ADDRESSES_DONE);
	assert_int_equal(actor.n, 1);
}

static void
not_by_the_session_of_another(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	const struct ptn_uuid hers = primary_of(&ada);
	struct ptn_email email;

	(void)state;
	assert_int_equal(prove(&ada, &hers, &bob), PTN_ADDRESSES_FOREIGN);
	assert_int_equal(add(&ada, fresh(), &email), PTN_ADDRESSES_DONE);
	assert_int_equal(prove(&ada, &email.id, &bob), PTN_ADDRESSES_FOREIGN);
	assert_int_equal(rules_addresses(&ada), 1);
	assert_int_equal(rules_addresses(&bob), 1);
}

static void
what_is_not_there(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	const struct ptn_uuid nobody = ptn_uuid_new();
	const struct ptn_uuid his = primary_of(&bob);
	struct ptn_email email;

	(void)state;
	assert_int_equal(add(&nobody, fresh(), &email), PTN_ADDRESSES_UNKNOWN);
	assert_int_equal(prove(&ada, &nobody, &ada), PTN_ADDRESSES_UNKNOWN);
	assert_int_equal(take(&ada, &nobody), PTN_ADDRESSES_UNKNOWN);
	assert_int_equal(take(&ada, &his), PTN_ADDRESSES_UNKNOWN);
	assert_int_equal(take(&nobody, &his), PTN_ADDRESSES_UNKNOWN);
	assert_int_equal(make_primary(&ada, &his), PTN_ADDRESSES_UNKNOWN);
	assert_int_equal(make_primary(&ada, &nobody), PTN_ADDRESSES_UNKNOWN);
	assert_int_equal(rules_addresses(&bob), 1);
	assert_int_equal(actor.n, 0);
}

/* Where codes of the Dfns API go, whichever is the primary one. */
static void
the_one_that_codes_go_to_stays(void **state)
{
	const struct ptn_uuid user = rows_user(), first = primary_of(&user);
	struct ptn_email second;

	(void)state;
	rows_sql("INSERT INTO members VALUES (x'%s', x'%s', 'm', 'm',"
		 " 'EndUser', 1, 1, 0, NULL, UTC_TIMESTAMP(6), NULL, x'%s',"
		 " NULL)",
	    rows_hex(&user), rows_hex(&tenant), rows_hex(&first));
	assert_int_equal(add(&user, fresh(), &second), PTN_ADDRESSES_DONE);
	assert_int_equal(prove(&user, &second.id, &user), PTN_ADDRESSES_DONE);
	assert_int_equal(make_primary(&user, &second.id), PTN_ADDRESSES_DONE);
	actor.n = 0;
	assert_int_equal(take(&user, &first), PTN_ADDRESSES_GUARDED);
	assert_int_equal(actor.n, 1);
	assert_true(rules_event(PTN_EVENT_CHANGE_GUARDED, "address"));
	assert_int_equal(rules_addresses(&user), 2);
	rows_sql("UPDATE members SET registered = 0 WHERE user_id = x'%s'",
	    rows_hex(&user));
	assert_int_equal(take(&user, &first), PTN_ADDRESSES_DONE);
}

static void
the_primary_one_stays(void **state)
{
	const struct ptn_uuid user = rows_user(), first = primary_of(&user);
	struct ptn_email second;
	struct ptn_uuid now;

	(void)state;
	assert_int_equal(add(&user, fresh(), &second), PTN_ADDRESSES_DONE);
	assert_int_equal(prove(&user, &second.id, &user), PTN_ADDRESSES_DONE);
	assert_int_equal(take(&user, &first), PTN_ADDRESSES_PRIMARY);
	actor.n = 0;
	assert_int_equal(make_primary(&user, &first), PTN_ADDRESSES_DONE);
	assert_int_equal(actor.n, 0);
	assert_int_equal(make_primary(&user, &second.id), PTN_ADDRESSES_DONE);
	assert_true(rules_event(PTN_EVENT_PRIMARY_EMAIL_CHANGED, NULL));
	now = primary_of(&user);
	assert_true(ptn_uuid_equal(&now, &second.id));
	assert_int_equal(take(&user, &second.id), PTN_ADDRESSES_PRIMARY);
	assert_int_equal(take(&user, &first), PTN_ADDRESSES_DONE);
	assert_true(rules_event(PTN_EVENT_EMAIL_DELETED, NULL));
	assert_int_equal(rules_addresses(&user), 1);
}

struct removing {
	const struct ptn_uuid *user;
	const struct ptn_uuid *id;
	bool last;
	enum ptn_addresses_result what;
};

static enum ptn_err
remove_in(const struct ptn_scope *sc, void *arg)
{
	struct removing *r = arg;

	return ptn_addresses_remove_in(sc, r->user, r->id, r->last, &r->what);
}

/* In a transaction of the caller's: the last one, if it may. */
static void
the_last_one_goes_if_it_may(void **state)
{
	const struct ptn_user_ref u = rows_user_of(&tenant, fresh());
	struct removing r = { .user = &u.id, .id = &u.email_id };

	(void)state;
	assert_int_equal(ptn_tx(&scope, remove_in, &r), PTN_OK);
	assert_int_equal(r.what, PTN_ADDRESSES_PRIMARY);
	assert_int_equal(rules_addresses(&u.id), 1);
	r.last = true;
	assert_int_equal(ptn_tx(&scope, remove_in, &r), PTN_OK);
	assert_int_equal(r.what, PTN_ADDRESSES_DONE);
	assert_int_equal(rules_addresses(&u.id), 0);
	assert_int_equal(ptn_tx(&scope, remove_in, &r), PTN_OK);
	assert_int_equal(r.what, PTN_ADDRESSES_UNKNOWN);
}

struct proving_new {
	struct ptn_addresses_proof proof;
	const char *address;
	enum ptn_addresses_result what;
};

static enum ptn_err
prove_new(const struct ptn_scope *sc, void *arg)
{
	struct proving_new *p = arg;
	enum ptn_err r;

	if ((r = ptn_user_lock(sc, &p->proof.user_id)) != PTN_OK)
		return r;
	return ptn_addresses_prove_new(sc, &p->proof, p->address, &p->what);
}

/* Nobody had claimed it, or somebody else has it by now. */
static void
proved_without_a_claim(void **state)
{
	const struct ptn_user_ref u = rows_user_of(&tenant, fresh());
	const struct ptn_user_ref v = rows_user_of(&tenant, fresh());
	struct proving_new p = { .proof = { .user_id = u.id, .by = &u.id },
		.address = fresh() };

	(void)state;
	assert_int_equal(ptn_tx(&scope, prove_new, &p), PTN_OK);
	assert_int_equal(p.what, PTN_ADDRESSES_DONE);
	assert_true(p.proof.email.verified);
	assert_int_equal(rules_addresses(&u.id), 2);
	p.proof.user_id = v.id;
	p.proof.by = &v.id;
	assert_int_equal(ptn_tx(&scope, prove_new, &p), PTN_OK);
	assert_int_equal(p.what, PTN_ADDRESSES_OWNED);
	p.proof.user_id = u.id;
	p.proof.by = &u.id;
	p.address = fresh();
	assert_int_equal(ptn_tx(&scope, prove_new, &p), PTN_OK);
	assert_int_equal(p.what, PTN_ADDRESSES_FULL);
	assert_true(rules_hold(ptn_arena_printf(arena,
	    "(SELECT COUNT(*) FROM emails WHERE address = '%s') = 0",
	    p.address)));
}

static int64_t
mails(void)
{
	return rows_number("SELECT COUNT(*) FROM outbox WHERE 1%s", "");
}

/* Where they had one before, and never of the first one. */
static void
the_owner_is_told(void **state)
{
	const struct ptn_user_ref u = rows_user_of(&tenant, fresh());
	struct proving_new p = { .proof = { .user_id = u.id, .by = &u.id },
		.address = fresh() };
	int64_t before = mails();

	(void)state;
	conf.mail_enabled = true;
	assert_int_equal(prove(&u.id, &u.email_id, &u.id), PTN_ADDRESSES_DONE);
	assert_int_equal(mails(), before);
	assert_int_equal(ptn_tx(&scope, prove_new, &p), PTN_OK);
	assert_int_equal(mails(), before + 1);
	assert_int_equal(make_primary(&u.id, &p.proof.email_id),
	    PTN_ADDRESSES_DONE);
	assert_int_equal(mails(), before + 2);
	assert_int_equal(make_primary(&u.id, &p.proof.email_id),
	    PTN_ADDRESSES_DONE);
	assert_int_equal(mails(), before + 2);
	assert_int_equal(take(&u.id, &u.email_id), PTN_ADDRESSES_DONE);
	assert_int_equal(mails(), before + 3);
	conf.mail_enabled = false;
}

static void
no_change_without_its_record(void **state)
{
	const struct ptn_uuid user = rows_user(), first = primary_of(&user);
	struct proving p = { .proof = { .user_id = user, .by = &user } };
	enum ptn_addresses_result what;
	struct ptn_email second, third;
	struct ptn_uuid now;

	(void)state;
	conf.email_limit = 3;
	assert_int_equal(add(&user, fresh(), &second), PTN_ADDRESSES_DONE);
	assert_int_equal(prove(&user, &second.id, &user), PTN_ADDRESSES_DONE);
	assert_int_equal(add(&user, fresh(), &third), PTN_ADDRESSES_DONE);
	p.proof.email_id = third.id;
	actor.n = 0;
	rules_record_off();
	conf.email_verify = false;
	assert_int_not_equal(
	    ptn_addresses_add(&scope, &user, fresh(), &third, &what), PTN_OK);
	assert_int_not_equal(ptn_tx(&scope, prove_locked, &p), PTN_OK);
	assert_int_not_equal(
	    ptn_addresses_remove(&scope, &user, &second.id, &what), PTN_OK);
	assert_int_not_equal(
	    ptn_addresses_make_primary(&scope, &user, &second.id, &what),
	    PTN_OK);
	rules_record_on();
	assert_int_equal(rules_addresses(&user), 2);
	now = primary_of(&user);
	assert_true(ptn_uuid_equal(&now, &first));
	assert_int_equal(actor.n, 0);
}

static enum ptn_err
prove_or_lose(const struct ptn_scope *sc, void *arg)
{
	struct proving p = *(struct proving *)arg;
	enum ptn_err r = ptn_tx(sc, prove_locked, &p);

	return r != PTN_OK		   ? r
	    : p.what == PTN_ADDRESSES_DONE ? PTN_OK
	    : p.what == PTN_ADDRESSES_FULL ? PTN_E_CONFLICT
					   : PTN_E_INTERNAL;
}

/* Every one of them may have the last place: each for an address of its own. */
static enum ptn_err
race_for_the_last(const struct ptn_scope *sc, void *arg)
{
	struct proving *p = arg;
	struct ptn_email email;
	enum ptn_addresses_result what;
	char address[64];
	enum ptn_err r;

	(void)snprintf(address, sizeof(address), "racer%d@example.org",
	    (int)getpid());
	r = ptn_addresses_add(sc, &p->proof.user_id, address, &email, &what);
	if (r != PTN_OK)
		return r;
	if (what != PTN_ADDRESSES_DONE) /* others have it already */
		return PTN_E_CONFLICT;
	p->proof.email_id = email.id;
	return prove_or_lose(sc, p);
}

static void
one_place_one_winner(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct proving p = { .proof = { .user_id = user, .by = &user } };

	(void)state;
	assert_int_equal(rows_race(race_for_the_last, &p, PTN_E_CONFLICT), 1);
	assert_int_equal(rules_addresses(&user), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(claimed_until_it_is_proved, each),
		cmocka_unit_test_setup(theirs_at_once_without_proof, each),
		cmocka_unit_test_setup(claims_have_a_limit, each),
		cmocka_unit_test_setup(no_more_than_the_limit, each),
		cmocka_unit_test_setup(an_address_has_one_owner, each),
		cmocka_unit_test_setup(a_stranger_proves_the_first_alone, each),
		cmocka_unit_test_setup(not_by_the_session_of_another, each),
		cmocka_unit_test_setup(what_is_not_there, each),
		cmocka_unit_test_setup(the_one_that_codes_go_to_stays, each),
		cmocka_unit_test_setup(the_last_one_goes_if_it_may, each),
		cmocka_unit_test_setup(proved_without_a_claim, each),
		cmocka_unit_test_setup(the_owner_is_told, each),
		cmocka_unit_test_setup(the_primary_one_stays, each),
		cmocka_unit_test_setup(no_change_without_its_record, each),
		cmocka_unit_test_setup(one_place_one_winner, each),
	};

	return cmocka_run_group_tests(tests, rules_setup, rows_teardown);
}
