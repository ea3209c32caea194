/*
 * The table of limits: its figures against guesses without end, whom it counts,
 * and that whoever is known has buckets of their own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/device.h"
#include "lib/account/limit.h"
#include "lib/account/ratelimit.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/event/actor.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

#define DAY_S 86400
#define CODES 1000000 /* of six digits */
#define STEP_MIN 6    /* of the simulation */
#define AT_A_TIME 3   /* codes of an authenticator app: a step before, after */

static struct ptn_conf *defaults;
static struct ptn_actor actor;

/* What an installation has that says nothing about limits. */
static enum ptn_err
load_defaults(void)
{
	static const char text[] = "secrets: {keys: [0123456789abcdefghij]}\n";
	char path[] = "/tmp/test_limit.XXXXXX";
	const int fd = mkstemp(path);
	enum ptn_err r = PTN_E_CONFIG;

	if (fd == -1)
		return r;
	if (write(fd, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1)
		r = ptn_conf_load(&defaults, path, NULL, stderr);
	(void)close(fd);
	(void)unlink(path);
	return r;
}

static int
setup(void **state)
{
	return rows_setup(state) == 0 && load_defaults() == PTN_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	ptn_conf_free(&defaults);
	return rows_teardown(state);
}

static int
each(void **state)
{
	(void)rows_each(state);
	rows_sql("DELETE FROM rate_limits");
	rows_sql("DELETE FROM known_networks");
	scope.cf = defaults;
	scope.actor = &actor;
	memset(&actor, 0, sizeof(actor));
	actor.network = "192.0.2.1";
	actor.network_wide = "192.0.2.0/24";
	return 0;
}

/* ------------------------------------------------------------- the figures */

static struct ptn_ratelimit
figures(const char *word)
{
	struct ptn_ratelimit rate;

	assert_true(ptn_limit_named(defaults, word, &rate));
	return rate;
}

/* How many any time of that length lets through, whatever was before. */
static int64_t
most(const char *limit, int64_t s)
{
	const struct ptn_ratelimit rate = figures(limit);

	return rate.limit + rate.limit * s / rate.interval_s;
}

/* Of 10,000 accounts, how many fall to those who guess all day: below two. */
static void
accounts_that_fall(void **state)
{
	const int64_t guesses = most("code", DAY_S);

	(void)state;
	assert_int_equal(guesses, 50);
	assert_true(guesses * AT_A_TIME * 10000 < 2 * CODES);
	/* It is no lock: after an hour there is a try again. */
	assert_true(figures("code").interval_s / figures("code").limit <= 3600);
}

/* Five hundred people behind one address, who come within ten minutes. */
static void
an_office(void **state)
{
	static const struct {
		const char *limit;
		int64_t requests;
	} morning[] = { { "lookup", 500 }, { "challenge", 1000 },
		{ "hash", 500 }, { "answer", 500 }, { "mail-network", 200 } };
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(morning); i++)
		assert_true(most(morning[i].limit, 600) >= morning[i].requests);
}

/* ---------------------------------------------------------------- the rows */

static enum ptn_err
take(enum ptn_limit limit, const char *account, struct ptn_asker asker)
{
	const struct ptn_limit_on on = { account, asker };

	return ptn_limit_take(&scope, limit, &on);
}

static const struct ptn_asker stranger;

static void
pass(int64_t s)
{
	rows_sql("UPDATE rate_limits SET expires_at = expires_at"
		 " - INTERVAL %lld SECOND",
	    (long long)s);
}

/*
 * Three days of guesses, as many at a time as one likes: simulated on the rows,
 * with the table's figures.
 */
static void
three_days_of_guesses(void **state)
{
	int64_t judged[3] = { 0 }, first_hour = 0;
	int64_t minute;

	(void)state;
	for (minute = 0; minute < 3 * DAY_S / 60; minute += STEP_MIN) {
		while (take(PTN_LIMIT_CODE, "a", stranger) == PTN_OK) {
			judged[minute * 60 / DAY_S]++;
			first_hour += minute < 60;
		}
		pass(STEP_MIN * 60);
		ptn_arena_reset(arena);
	}
	print_message("# judged: %lld in the first hour, %lld, %lld, %lld a "
		      "day\n",
	    (long long)first_hour, (long long)judged[0], (long long)judged[1],
	    (long long)judged[2]);
	assert_in_range(first_hour, 10, 11);
	assert_in_range(judged[0], 49, 50);
	assert_in_range(judged[1], 39, 41);
	assert_in_range(judged[2], 39, 41);
}

/* What was right costs nothing: twenty right ones between two wrong ones. */
static void
given_back(void **state)
{
	const struct ptn_limit_on on = { "a", stranger };
	int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		assert_int_equal(take(PTN_LIMIT_CODE, "a", stranger), PTN_OK);
		assert_int_equal(
		    ptn_limit_give_back(&scope, PTN_LIMIT_CODE, &on), PTN_OK);
	}
	for (i = 0; i < 10; i++)
		assert_int_equal(take(PTN_LIMIT_CODE, "a", stranger), PTN_OK);
	assert_int_equal(take(PTN_LIMIT_CODE, "a", stranger), PTN_E_RATE);
	assert_string_equal(actor.limit.what, "code");
	assert_int_equal(actor.limit.limit, 10);
	assert_int_equal(actor.limit.remaining, 0);
	assert_in_range(actor.limit.reset_s, 1, 36 * 60);
	assert_int_equal(ptn_limit_give_back(&scope, PTN_LIMIT_CODE, &on),
	    PTN_OK);
	assert_int_equal(take(PTN_LIMIT_CODE, "a", stranger), PTN_OK);
}

/* A network has its share of the one around it, which has four. */
static void
networks(void **state)
{
	static const enum ptn_limit list[] = { PTN_LIMIT_TYPED,
		PTN_LIMIT_NONE };
	const struct ptn_limit_on on = { NULL, stranger };
	const int64_t share = figures("typed").limit;
	char network[32];
	int64_t n = 0;
	int i;

	(void)state;
	actor.network = network;
	for (i = 1; i < 9; i++) {
		(void)snprintf(network, sizeof(network), "192.0.2.%d", i);
		while (ptn_limits_take(&scope, list, &on) == PTN_OK)
			n++;
		if (i == 1)
			assert_int_equal(n, share);
	}
	assert_int_equal(n, PTN_LIMIT_WIDE * share);
	assert_string_equal(actor.limit.what, "typed wide");
	actor.network_wide = "198.51.100.0/24";
	assert_int_equal(ptn_limits_take(&scope, list, &on), PTN_OK);
}

/* All that a class counts, or nothing of it. */
static void
all_or_none(void **state)
{
	static const enum ptn_limit list[] = { PTN_LIMIT_HASH,
		PTN_LIMIT_PASSWORD, PTN_LIMIT_NONE };
	const struct ptn_limit_on on = { "a", stranger };
	const int64_t before = ptn_db_count(db);
	int64_t n = 0;

	(void)state;
	assert_int_equal(ptn_limits_take(&scope, list, &on), PTN_OK);
	n = (int64_t)ptn_db_count(db) - before;
	assert_int_equal(n, 5); /* three buckets, one transaction */
	for (n = 1; ptn_limits_take(&scope, list, &on) == PTN_OK; n++)
		;
	assert_int_equal(n, 5);
	assert_string_equal(actor.limit.what, "password");
	/* What was refused took nothing from the network. */
	assert_int_equal(
	    rows_number("SELECT COUNT(*) FROM rate_limits WHERE what = 'hash'"
			" AND expires_at > UTC_TIMESTAMP(6)"
			" + INTERVAL 5 SECOND"),
	    0);
}

/* -------------------------------------------------------------- who is known
 */

static void
known_by_network(void **state)
{
	const struct ptn_uuid u = rows_user();
	struct ptn_asker asker;

	(void)state;
	actor.user_id = u;
	assert_int_equal(ptn_asker_of(&scope, &u, &asker), PTN_OK);
	assert_int_equal(asker.kind, PTN_ASKER_STRANGER);
	assert_int_equal(ptn_asker_remember(&scope, &u), PTN_OK);
	assert_int_equal(ptn_asker_of(&scope, &u, &asker), PTN_OK);
	assert_int_equal(asker.kind, PTN_ASKER_NETWORK);
	rows_sql("UPDATE known_networks SET seen_at = UTC_TIMESTAMP(6)"
		 " - INTERVAL 31 DAY");
	assert_int_equal(ptn_asker_of(&scope, &u, &asker), PTN_OK);
	assert_int_equal(asker.kind, PTN_ASKER_STRANGER);
	/* It is theirs alone, and of those who were there themselves. */
	assert_int_equal(ptn_asker_remember(&scope, &u), PTN_OK);
	actor.user_id = ptn_uuid_new();
	assert_int_equal(ptn_asker_of(&scope, &actor.user_id, &asker), PTN_OK);
	assert_int_equal(asker.kind, PTN_ASKER_STRANGER);
	rows_sql("DELETE FROM known_networks");
	assert_int_equal(ptn_asker_remember(&scope, &u), PTN_OK);
	assert_int_equal(ptn_asker_of(&scope, &u, &asker), PTN_OK);
	assert_int_equal(asker.kind, PTN_ASKER_STRANGER);
}

/* Strangers cannot use up what is for who is known, nor one the other's. */
static void
apart(void **state)
{
	const struct ptn_asker network = { PTN_ASKER_NETWORK, "192.0.2.1", "" };
	const struct ptn_asker other = { PTN_ASKER_NETWORK, "192.0.2.9", "" };
	const struct ptn_asker browser = { PTN_ASKER_BROWSER, "b", "u" };
	const struct ptn_asker all[] = { stranger, network, other, browser };
	size_t i;
	int64_t n;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(all); i++) {
		for (n = 0; take(PTN_LIMIT_CODE, "a", all[i]) == PTN_OK; n++)
			;
		assert_int_equal(n, 10);
	}
	assert_int_equal(take(PTN_LIMIT_CODE, "b", stranger), PTN_OK);
}

static const char *
cookie(const struct ptn_scope *sc, const struct ptn_device *before,
    const struct ptn_uuid *user, int64_t now)
{
	const char *text = NULL;

	assert_int_equal(ptn_device_write(sc, before, user, now, &text),
	    PTN_OK);
	return text;
}

/* A household: the last four, each for its 90 days, under one id. */
static void
device_cookies(void **state)
{
	struct ptn_device d = { .n = 0 };
	struct ptn_uuid user[PTN_DEVICE_USERS + 1], id;
	const char *text = NULL;
	int64_t i;

	(void)state;
	for (i = 0; i <= PTN_DEVICE_USERS; i++) {
		user[i] = ptn_uuid_new();
		text = cookie(&scope, i > 0 ? &d : NULL, &user[i], i);
		assert_true(ptn_device_read(&scope, text, i, &d));
		if (i == 0)
			id = d.id;
		assert_true(ptn_uuid_equal(&d.id, &id));
	}
	assert_int_equal(d.n, PTN_DEVICE_USERS);
	assert_false(ptn_device_knows(&d, &user[0]));
	for (i = 1; i <= PTN_DEVICE_USERS; i++)
		assert_true(ptn_device_knows(&d, &user[i]));
	assert_true(ptn_device_read(&scope, text, PTN_DEVICE_TTL_S + 2, &d));
	assert_int_equal(d.n, 2);
	text = cookie(&scope, &d, &user[3], 9);
	assert_true(ptn_device_read(&scope, text, 9, &d));
	assert_int_equal(d.n, 2);
	assert_true(ptn_uuid_equal(&d.user[0].id, &user[3]));
}

/* Not a bit of it can be changed; secrets may rotate. */
static void
device_cookies_of_others(void **state)
{
	const struct ptn_uuid user = ptn_uuid_new();
	const char *text = cookie(&scope, NULL, &user, 0);
	struct ptn_scope after = scope;
	struct ptn_device d;
	char *wrong;
	size_t i;

	(void)state;
	after.secrets = rotated;
	assert_true(ptn_device_read(&after, text, 1, &d));
	assert_false(
	    ptn_device_read(&scope, cookie(&after, NULL, &user, 0), 1, &d));
	for (i = 0; i < strlen(text); i++) {
		wrong = ptn_arena_strdup(arena, text);
		wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
		assert_false(ptn_device_read(&scope, wrong, 1, &d));
		wrong[i] = '\0';
		assert_false(ptn_device_read(&scope, wrong, 1, &d));
		assert_int_equal(d.n, 0);
	}
	assert_false(ptn_device_read(&scope,
	    ptn_arena_printf(arena, "%s%s", text, text), 1, &d));
}

/* A browser counts by itself, by the user it is asked for. */
static void
known_by_browser(void **state)
{
	const struct ptn_uuid u = rows_user(), v = rows_user();
	struct ptn_device d;
	struct ptn_asker asker, nameless;
	int64_t n;

	(void)state;
	assert_true(
	    ptn_device_read(&scope, cookie(&scope, NULL, &u, 0), 1, &d));
	actor.device = &d;
	assert_int_equal(ptn_asker_of(&scope, &u, &asker), PTN_OK);
	assert_int_equal(asker.kind, PTN_ASKER_BROWSER);
	ptn_asker_browser(&scope, NULL, &nameless);
	assert_string_equal(asker.user, nameless.user);
	for (n = 0; take(PTN_LIMIT_HASH, NULL, stranger) == PTN_OK; n++)
		;
	assert_int_equal(take(PTN_LIMIT_HASH, NULL, asker), PTN_OK);
	assert_int_equal(ptn_asker_of(&scope, &v, &asker), PTN_OK);
	assert_int_equal(asker.kind, PTN_ASKER_STRANGER);
	/* A session is as good, for its own user. */
	actor.device = NULL;
	actor.session_of = &v;
	assert_int_equal(ptn_asker_of(&scope, &v, &asker), PTN_OK);
	assert_int_equal(asker.kind, PTN_ASKER_BROWSER);
	assert_int_equal(ptn_asker_of(&scope, &u, &asker), PTN_OK);
	assert_int_equal(asker.kind, PTN_ASKER_STRANGER);
}

/* Whoever makes accounts without end has no more by it than four networks. */
static void
known_by_many_browsers(void **state)
{
	struct ptn_asker asker = { .kind = PTN_ASKER_BROWSER };
	struct ptn_uuid user;
	int64_t n;

	(void)state;
	for (n = 0;; n++) {
		user = ptn_uuid_new();
		ptn_uuid_format(&user, asker.user);
		if (take(PTN_LIMIT_SIGNUP, NULL, asker) != PTN_OK)
			break;
	}
	assert_int_equal(n, PTN_LIMIT_WIDE * scope.cf->rate_signup);
	assert_string_equal(actor.limit.what, "signup known");
	actor.network_wide = "198.51.100.0/24";
	assert_int_equal(take(PTN_LIMIT_SIGNUP, NULL, asker), PTN_OK);
}

/* What waits in the outbox knows who asked, without knowing whom for. */
static void
noted(void **state)
{
	const struct ptn_uuid u = rows_user(), v = rows_user();
	struct ptn_device d;
	struct ptn_asker asker;
	const char *note;

	(void)state;
	actor.user_id = v;
	assert_int_equal(ptn_asker_remember(&scope, &v), PTN_OK);
	assert_true(
	    ptn_device_read(&scope, cookie(&scope, NULL, &u, 0), 1, &d));
	actor.device = &d;
	note = ptn_asker_note(&scope);
	scope.actor = NULL;
	assert_int_equal(ptn_asker_of_note(&scope, note, &u, &asker), PTN_OK);
	assert_int_equal(asker.kind, PTN_ASKER_BROWSER);
	assert_int_equal(ptn_asker_of_note(&scope, note, &v, &asker), PTN_OK);
	assert_int_equal(asker.kind, PTN_ASKER_NETWORK);
	scope.actor = &actor;
	actor.operator_name = "root";
	note = ptn_asker_note(&scope);
	assert_int_equal(ptn_asker_of_note(&scope, note, &u, &asker), PTN_OK);
	assert_int_equal(asker.kind, PTN_ASKER_OPERATOR);
	assert_int_equal(ptn_asker_of_note(&scope, NULL, &u, &asker), PTN_OK);
	assert_int_equal(asker.kind, PTN_ASKER_STRANGER);
}

/* What "postern limits" shows and clears. */
static void
shown_and_cleared(void **state)
{
	static const struct ptn_uuid nobody;
	const char *whom = "a";
	struct ptn_ratelimit_row *row;
	struct ptn_ratelimit rate;
	uint64_t cleared;
	size_t n;
	int i;

	(void)state;
	for (i = 0; i < 7; i++)
		assert_int_equal(take(PTN_LIMIT_CODE, "a", stranger), PTN_OK);
	assert_int_equal(take(PTN_LIMIT_PASSWORD, "a", stranger), PTN_OK);
	assert_int_equal(take(PTN_LIMIT_CODE, "b", stranger), PTN_OK);
	assert_int_equal(ptn_ratelimits_of(&scope, "a", &row, &n), PTN_OK);
	assert_int_equal(n, 2);
	assert_string_equal(row[0].what, "code");
	assert_true(ptn_limit_named(defaults, row[0].what, &rate));
	assert_int_equal(rate.limit, 10);
	assert_int_equal(ptn_ratelimit_used(&rate, &row[0]), 7);
	assert_true(ptn_limit_named(defaults, row[1].what, &rate));
	assert_int_equal(ptn_ratelimit_used(&rate, &row[1]), 1);
	actor.operator_name = "root";
	assert_int_equal(ptn_limits_clear(&scope, &whom, 1, &nobody, &cleared),
	    PTN_OK);
	assert_int_equal(cleared, 2);
	assert_int_equal(actor.n, 1);
	/* Where there is nothing to clear, nothing happens. */
	assert_int_equal(ptn_limits_clear(&scope, &whom, 1, &nobody, &cleared),
	    PTN_OK);
	assert_int_equal(cleared, 0);
	assert_int_equal(actor.n, 1);
	assert_int_equal(ptn_ratelimits_of(&scope, "a", &row, &n), PTN_OK);
	assert_int_equal(n, 0);
	assert_int_equal(ptn_ratelimits_of(&scope, "b", &row, &n), PTN_OK);
	assert_int_equal(n, 1);
	assert_false(ptn_limit_named(defaults, "cod", &rate));
	assert_true(ptn_limit_named(defaults, "hash wide", &rate));
	assert_int_equal(rate.limit, PTN_LIMIT_WIDE * figures("hash").limit);
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(accounts_that_fall),
		T(an_office),
		T(three_days_of_guesses),
		T(given_back),
		T(networks),
		T(all_or_none),
		T(known_by_network),
		T(apart),
		T(device_cookies),
		T(device_cookies_of_others),
		T(known_by_browser),
		T(known_by_many_browsers),
		T(noted),
		T(shown_and_cleared),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
