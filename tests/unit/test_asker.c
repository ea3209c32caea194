/*
 * Who asks for something of a user: known by a browser, a session or a network,
 * for how long, and until when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/asker.h"
#include "lib/account/device.h"
#include "tests/unit/rules.h" /* $POSTERN_TEST_DB */

#define HOME "192.0.2.1"
#define AWAY "198.51.100.1"

static int
each(void **state)
{
	(void)rows_each(state);
	rows_sql("DELETE FROM known_networks");
	memset(&actor, 0, sizeof(actor));
	actor.network = HOME;
	conf.rate_enabled = true;
	return 0;
}

/* Who the actor is to a user; with *epoch in the hand, or to be read. */
static enum ptn_asker_kind
kind_with(const struct ptn_uuid *user, const int64_t *epoch)
{
	struct ptn_asker asker;

	assert_int_equal(ptn_asker_of(&scope, user, epoch, &asker), PTN_OK);
	assert_false(asker.believed);
	return asker.kind;
}

/* The same either way. */
static enum ptn_asker_kind
kind_of(const struct ptn_uuid *user)
{
	const int64_t epoch = rules_epoch(user);
	const enum ptn_asker_kind kind = kind_with(user, NULL);

	assert_int_equal(kind_with(user, &epoch), kind);
	return kind;
}

/* As one log-in leaves it: the browser has the cookie, from now on. */
static struct ptn_device
known_browser(const struct ptn_uuid *user)
{
	struct ptn_device d;
	const char *text;

	actor.user_id = *user;
	assert_int_equal(ptn_asker_remember(&scope, user, rules_epoch(user)),
	    PTN_OK);
	assert_true(ptn_uuid_equal(&actor.remembered.user_id, user));
	assert_int_equal(ptn_device_write(&scope, actor.device, user,
			     actor.remembered.epoch, 0, &text),
	    PTN_OK);
	assert_true(ptn_device_read(&scope, text, 1, &d));
	return d;
}

static enum ptn_err
forget(const struct ptn_scope *sc, void *arg)
{
	return ptn_asker_forget(sc, arg);
}

static void
words(void **state)
{
	(void)state;
	assert_string_equal(ptn_asker_word(PTN_ASKER_STRANGER), "");
	assert_string_equal(ptn_asker_word(PTN_ASKER_NETWORK), "network");
	assert_string_equal(ptn_asker_word(PTN_ASKER_BROWSER), "browser");
	assert_string_equal(ptn_asker_word(PTN_ASKER_OPERATOR), "operator");
}

/* For 30 days, of that user alone, and only if it was they who were there. */
static void
by_network(void **state)
{
	struct ptn_uuid u = rows_user(), v = rows_user();

	(void)state;
	actor.user_id = u;
	assert_int_equal(kind_of(&u), PTN_ASKER_STRANGER);
	assert_int_equal(ptn_asker_remember(&scope, &u, 0), PTN_OK);
	assert_int_equal(kind_of(&u), PTN_ASKER_NETWORK);
	assert_int_equal(kind_of(&v), PTN_ASKER_STRANGER);
	actor.network = AWAY;
	assert_int_equal(kind_of(&u), PTN_ASKER_STRANGER);
	actor.network = NULL;
	assert_int_equal(kind_of(&u), PTN_ASKER_STRANGER);
	actor.network = HOME;
	rows_sql("UPDATE known_networks SET seen_at = UTC_TIMESTAMP(6)"
		 " - INTERVAL 31 DAY");
	assert_int_equal(kind_of(&u), PTN_ASKER_STRANGER);
	/* Somebody who logs them in is not they. */
	actor.user_id = v;
	assert_int_equal(ptn_asker_remember(&scope, &u, 0), PTN_OK);
	assert_int_equal(kind_of(&u), PTN_ASKER_STRANGER);
}

/* Of another tenant, or of nobody, everybody is a stranger: by one SELECT. */
static void
of_nobody(void **state)
{
	const struct ptn_uuid u = rows_user(), nobody = ptn_uuid_new();
	const struct ptn_uuid elsewhere = rows_tenant();
	const struct ptn_device d = known_browser(&u);
	struct ptn_asker asker;
	uint64_t before;

	(void)state;
	actor.device = &d;
	assert_int_equal(ptn_asker_of(rows_at(&elsewhere), &u, NULL, &asker),
	    PTN_OK);
	assert_int_equal(asker.kind, PTN_ASKER_STRANGER);
	before = ptn_db_count(db);
	assert_int_equal(kind_with(&nobody, NULL), PTN_ASKER_STRANGER);
	assert_int_equal(ptn_db_count(db) - before, 1);
	before = ptn_db_count(db);
	assert_int_equal(kind_with(&u, NULL), PTN_ASKER_BROWSER);
	assert_int_equal(ptn_db_count(db) - before, 1);
}

/* Known by its cookie, for no statement if the epoch is in the hand. */
static void
by_browser(void **state)
{
	const struct ptn_uuid u = rows_user(), v = rows_user();
	const struct ptn_device d = known_browser(&u);
	const int64_t epoch = 0;
	char id[PTN_UUID_STR];
	struct ptn_asker asker;
	uint64_t before;

	(void)state;
	actor.device = &d;
	actor.network = AWAY;
	before = ptn_db_count(db);
	assert_int_equal(ptn_asker_of(&scope, &u, &epoch, &asker), PTN_OK);
	assert_int_equal(ptn_db_count(db) - before, 0);
	assert_int_equal(asker.kind, PTN_ASKER_BROWSER);
	ptn_uuid_format(&d.id, id);
	assert_string_equal(asker.key, id);
	ptn_uuid_format(&u, id);
	assert_string_equal(asker.user, id);
	assert_int_equal(kind_of(&v), PTN_ASKER_STRANGER);
	/* Nobody is named: whoever used it last. */
	ptn_asker_browser(&scope, NULL, &asker);
	assert_int_equal(asker.kind, PTN_ASKER_BROWSER);
	assert_string_equal(asker.user, id);
	assert_true(asker.believed);
	ptn_asker_browser(&scope, &v, &asker);
	assert_int_equal(asker.kind, PTN_ASKER_STRANGER);
}

static enum ptn_asker_kind
kind_of_note(const char *note, const struct ptn_uuid *user)
{
	struct ptn_asker asker;

	assert_int_equal(
	    ptn_asker_of_note(&scope, note, user, rules_epoch(user), &asker),
	    PTN_OK);
	return asker.kind;
}

/* Another's cookie, from a parent domain, is in nobody's way. */
static void
by_one_of_several(void **state)
{
	const struct ptn_uuid u = rows_user(), v = rows_user(), w = rows_user();
	const struct ptn_device mine = known_browser(&u);
	struct ptn_device first = known_browser(&v);
	const char *note;

	(void)state;
	first.next = &mine;
	actor.device = &first;
	actor.network = AWAY;
	assert_int_equal(kind_of(&u), PTN_ASKER_BROWSER);
	assert_int_equal(kind_of(&v), PTN_ASKER_BROWSER);
	assert_int_equal(kind_of(&w), PTN_ASKER_STRANGER);
	note = ptn_asker_note(&scope);
	assert_int_equal(kind_of_note(note, &u), PTN_ASKER_BROWSER);
	assert_int_equal(kind_of_note(note, &v), PTN_ASKER_BROWSER);
	assert_int_equal(kind_of_note(note, &w), PTN_ASKER_STRANGER);
}

/* A session is as good, for its own user, and needs no statement. */
static void
by_session(void **state)
{
	const struct ptn_uuid u = rows_user(), v = rows_user();
	const struct ptn_device d = known_browser(&v);
	const uint64_t before = ptn_db_count(db);
	struct ptn_asker asker;

	(void)state;
	rows_sql("DELETE FROM known_networks");
	actor.session_of = &v;
	assert_int_equal(kind_with(&v, NULL), PTN_ASKER_BROWSER);
	assert_int_equal(ptn_db_count(db) - before, 0);
	assert_int_equal(kind_of(&u), PTN_ASKER_STRANGER);
	ptn_asker_browser(&scope, NULL, &asker);
	assert_int_equal(asker.kind, PTN_ASKER_BROWSER);
	assert_false(asker.believed);
	/* It comes before a cookie: whoever logs in again has a new one. */
	actor.device = &d;
	ptn_asker_browser(&scope, NULL, &asker);
	assert_string_equal(asker.key, "session");
	/* Where guesses count, it is one browser, with a session or without. */
	assert_int_equal(ptn_asker_of(&scope, &v, NULL, &asker), PTN_OK);
	assert_int_equal(asker.kind, PTN_ASKER_BROWSER);
	assert_false(asker.believed);
	assert_string_not_equal(asker.key, "session");
	actor.device = NULL;
	/* Without limits too, where nothing else is asked. */
	conf.rate_enabled = false;
	assert_int_equal(kind_of(&v), PTN_ASKER_BROWSER);
	scope.actor = NULL;
	assert_int_equal(kind_of(&v), PTN_ASKER_STRANGER);
	scope.actor = &actor;
}

/* With the epoch nothing is believed, and of a known browser nothing asked. */
static void
by_what_was_read(void **state)
{
	const struct ptn_uuid u = rows_user();
	const struct ptn_device d = known_browser(&u);
	const int64_t now = 0, later = 1;
	const uint64_t before = ptn_db_count(db);
	struct ptn_asker asker;

	(void)state;
	actor.device = &d;
	actor.network = AWAY;
	assert_int_equal(ptn_asker_of(&scope, &u, &now, &asker), PTN_OK);
	assert_int_equal(asker.kind, PTN_ASKER_BROWSER);
	assert_false(asker.believed);
	ptn_asker_browser(&scope, &u, &asker);
	assert_int_equal(asker.kind, PTN_ASKER_BROWSER);
	assert_true(asker.believed);
	assert_int_equal(ptn_db_count(db) - before, 0);
	/* The cookie is of another one than the row says: that decides. */
	rows_sql("UPDATE users SET known_epoch = 1");
	assert_int_equal(ptn_asker_of(&scope, &u, &later, &asker), PTN_OK);
	assert_int_equal(asker.kind, PTN_ASKER_STRANGER);
}

/* Everybody is a stranger again, but for who made it so. */
static void
forgotten(void **state)
{
	struct ptn_uuid u = rows_user(), v = rows_user();
	const struct ptn_device old = known_browser(&u);
	struct ptn_device mine;

	(void)state;
	(void)known_browser(&v);
	actor.network = AWAY;
	mine = known_browser(&u);
	actor.device = &mine;
	assert_int_equal(ptn_tx(&scope, forget, &u), PTN_OK);
	assert_int_equal(rules_epoch(&u), 1);
	assert_int_equal(rules_epoch(&v), 0);
	assert_int_equal(actor.remembered.epoch, 1);
	/* From here, the network is known; without the new cookie, no more. */
	assert_int_equal(kind_of(&u), PTN_ASKER_NETWORK);
	mine = known_browser(&u);
	assert_int_equal(kind_of(&u), PTN_ASKER_BROWSER);
	actor.network = HOME;
	assert_int_equal(kind_of(&u), PTN_ASKER_BROWSER);
	actor.device = &old;
	assert_int_equal(kind_of(&u), PTN_ASKER_STRANGER);
	actor.device = NULL;
	assert_int_equal(kind_of(&v), PTN_ASKER_NETWORK);
}

/* By a command: nobody is left. */
static void
forgotten_by_others(void **state)
{
	struct ptn_uuid u = rows_user();
	const struct ptn_device d = known_browser(&u);

	(void)state;
	memset(&actor, 0, sizeof(actor));
	actor.network = HOME;
	actor.device = &d;
	assert_int_equal(kind_of(&u), PTN_ASKER_BROWSER);
	assert_int_equal(ptn_tx(&scope, forget, &u), PTN_OK);
	assert_true(ptn_uuid_is_nil(&actor.remembered.user_id));
	assert_int_equal(kind_of(&u), PTN_ASKER_STRANGER);
}

/* Where nothing is limited, nothing is remembered, but all can be forgotten. */
static void
without_limits(void **state)
{
	struct ptn_uuid u = rows_user();

	(void)state;
	conf.rate_enabled = false;
	actor.user_id = u;
	assert_int_equal(ptn_asker_remember(&scope, &u, 0), PTN_OK);
	assert_true(ptn_uuid_is_nil(&actor.remembered.user_id));
	assert_int_equal(rows_number("SELECT COUNT(*) FROM known_networks"), 0);
	assert_int_equal(ptn_tx(&scope, forget, &u), PTN_OK);
	assert_int_equal(rules_epoch(&u), 1);
}

/* What waits in the outbox knows who asked, without knowing whom for. */
static void
noted(void **state)
{
	struct ptn_uuid u = rows_user(), v = rows_user(), w = rows_user();
	struct ptn_device d = known_browser(&u);
	const char *note;

	(void)state;
	actor.device = &d;
	d = known_browser(&w);
	rows_sql("DELETE FROM known_networks");
	(void)known_browser(&v);
	note = ptn_asker_note(&scope);
	scope.actor = NULL;
	assert_int_equal(kind_of_note(note, &u), PTN_ASKER_BROWSER);
	assert_int_equal(kind_of_note(note, &w), PTN_ASKER_BROWSER);
	assert_int_equal(kind_of_note(note, &v), PTN_ASKER_NETWORK);
	assert_int_equal(ptn_tx(&scope, forget, &u), PTN_OK);
	assert_int_equal(kind_of_note(note, &u), PTN_ASKER_STRANGER);
	assert_int_equal(kind_of_note(note, &w), PTN_ASKER_BROWSER);
	assert_int_equal(kind_of_note(NULL, &v), PTN_ASKER_STRANGER);
	assert_int_equal(kind_of_note("", &v), PTN_ASKER_STRANGER);
	assert_int_equal(kind_of_note(HOME " x", &v), PTN_ASKER_NETWORK);
	scope.actor = &actor;
	actor.operator_name = "root";
	assert_int_equal(kind_of_note(ptn_asker_note(&scope), &u),
	    PTN_ASKER_OPERATOR);
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(words),
		T(by_network),
		T(of_nobody),
		T(by_browser),
		T(by_one_of_several),
		T(by_session),
		T(by_what_was_read),
		T(forgotten),
		T(forgotten_by_others),
		T(without_limits),
		T(noted),
	};

	return cmocka_run_group_tests(tests, rules_setup, rows_teardown);
}
