/*
 * What other APIs must know of a member of the Dfns API, and whom they tell of
 * a change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/membership.h"
#include "tests/unit/rules.h" /* $POSTERN_TEST_DB */

static int
each(void **state)
{
	conf.dfns_trust = false;
	conf.mail_enabled = true;
	rows_sql("DELETE FROM outbox");
	return rules_each(state);
}

static struct ptn_user_ref
person(const char *name)
{
	static int n;

	return rows_user_of(&tenant,
	    ptn_arena_printf(arena, "%s%d@example.org", name, ++n));
}

static void
verify(const struct ptn_uuid *email)
{
	rows_sql("UPDATE emails SET verified = 1 WHERE id = x'%s'",
	    rows_hex(email));
}

/* A row of members, whose codes go to an address. */
static void
enrol(const struct ptn_uuid *user, const char *name, bool registered,
    const struct ptn_uuid *email)
{
	rows_sql("INSERT INTO members (user_id, tenant_id, username,"
		 " username_key, kind, active, registered, service_account,"
		 " created_at, email_id) SELECT id, tenant_id, '%s', '%s',"
		 " 'EndUser', 1, %d, 0, UTC_TIMESTAMP(6), %s%s%s FROM users"
		 " WHERE id = x'%s'",
	    name, name, registered, email != NULL ? "x'" : "NULL",
	    email != NULL ? rows_hex(email) : "", email != NULL ? "'" : "",
	    rows_hex(user));
}

static struct ptn_membership
get(const struct ptn_uuid *user)
{
	struct ptn_membership m;

	assert_int_equal(ptn_membership_get(&scope, user, &m), PTN_OK);
	return m;
}

/* They have nothing there but somebody to tell. */
static void
of_no_member(void **state)
{
	const struct ptn_user_ref u = person("plain");
	struct ptn_membership m = get(&u.id);

	(void)state;
	assert_false(m.registered);
	assert_true(ptn_uuid_is_nil(&m.email_id));
	assert_non_null(m.tell.address);
	assert_string_equal(m.tell.username, m.tell.address);
	assert_false(m.tell.verified);
	verify(&u.email_id);
	assert_true(get(&u.id).tell.verified);
	rows_sql("DELETE FROM primary_emails WHERE user_id = x'%s'",
	    rows_hex(&u.id));
	rows_sql("DELETE FROM emails WHERE id = x'%s'", rows_hex(&u.email_id));
	m = get(&u.id);
	assert_null(m.tell.address);
	assert_null(m.tell.username);
	assert_false(m.tell.verified);
}

static void
of_nobody(void **state)
{
	const struct ptn_user_ref u = person("gone");
	const struct ptn_uuid nobody = ptn_uuid_new(), other = rows_tenant();
	struct ptn_membership m;

	(void)state;
	assert_int_equal(ptn_membership_get(&scope, &nobody, &m),
	    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_membership_get(rows_at(&other), &u.id, &m),
	    PTN_E_NOT_FOUND);
	assert_false(m.registered);
	assert_null(m.tell.address);
}

/* Invited, they are not registered; their address is the primary one. */
static void
of_one_invited(void **state)
{
	const struct ptn_user_ref u = person("invited");
	struct ptn_membership m;

	(void)state;
	enrol(&u.id, "ada", false, &u.email_id);
	m = get(&u.id);
	assert_false(m.registered);
	assert_true(ptn_uuid_equal(&m.email_id, &u.email_id));
	assert_string_equal(m.tell.username, "ada");
}

/*
 * Bound to the address that they had when they registered, wherever the primary
 * one has moved; unless passkeys are trusted.
 */
static void
of_one_registered(void **state)
{
	const struct ptn_user_ref u = person("first"), v = person("second");
	const struct ptn_uuid first = u.email_id, second = v.email_id;
	struct ptn_membership m;

	(void)state;
	enrol(&u.id, "bob", true, &first);
	verify(&first);
	rows_sql("DELETE FROM primary_emails WHERE user_id = x'%s'",
	    rows_hex(&v.id));
	rows_sql("UPDATE emails SET user_id = x'%s' WHERE id = x'%s'",
	    rows_hex(&u.id), rows_hex(&second));
	rows_sql("UPDATE primary_emails SET email_id = x'%s'"
		 " WHERE user_id = x'%s'",
	    rows_hex(&second), rows_hex(&u.id));
	m = get(&u.id);
	assert_true(m.registered);
	assert_true(ptn_uuid_equal(&m.email_id, &first));
	assert_memory_equal(m.tell.address, "first", 5);
	assert_true(m.tell.verified);
	conf.dfns_trust = true;
	m = get(&u.id);
	assert_true(m.registered);
	assert_memory_equal(m.tell.address, "second", 6);
	assert_false(m.tell.verified);
}

static enum ptn_err
notify(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_membership *m = arg;

	return ptn_event_tell(sc, PTN_EVENT_PASSWORD_SET_OK, &m->tell);
}

/* Told is who has proved an address; recorded is it in any case. */
static void
told(void **state)
{
	const struct ptn_user_ref u = person("told");
	struct ptn_membership m = get(&u.id);

	(void)state;
	ptn_actor_is(&scope, &u.id, NULL);
	assert_int_equal(ptn_tx(&scope, notify, &m), PTN_OK);
	assert_true(rules_rows(&u.id, PTN_EVENT_PASSWORD_SET_OK, 1));
	assert_int_equal(rows_number("SELECT COUNT(*) FROM outbox"), 0);
	verify(&u.email_id);
	m = get(&u.id);
	assert_int_equal(ptn_tx(&scope, notify, &m), PTN_OK);
	assert_true(rules_rows(&u.id, PTN_EVENT_PASSWORD_SET_OK, 2));
	assert_int_equal(
	    rows_number("SELECT COUNT(*) FROM outbox WHERE kind = 'notice'"),
	    1);
	/* Without its record nobody is told. */
	rules_record_off();
	assert_int_not_equal(ptn_tx(&scope, notify, &m), PTN_OK);
	rules_record_on();
	assert_int_equal(rows_number("SELECT COUNT(*) FROM outbox"), 1);
}

/* What was refused is noted, by what it was. */
static void
guarded(void **state)
{
	(void)state;
	ptn_membership_guarded(&scope, "address");
	assert_true(rules_event(PTN_EVENT_CHANGE_GUARDED, "address"));
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = { T(of_no_member), T(of_nobody),
		T(of_one_invited), T(of_one_registered), T(told), T(guarded) };

	return cmocka_run_group_tests(tests, rules_setup, rows_teardown);
}
