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

#include "lib/account/limits.h"
#include "lib/account/notices.h"
#include "lib/account/ratelimit.h"
#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/event/actor.h"
#include "lib/event/outbox.h"
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

/* Whatever the limit is named by, it is named so. */
static struct ptn_limit_on
on_of(const char *name, struct ptn_asker asker)
{
	return (struct ptn_limit_on){ .account = name,
		.asker = asker,
		.mailbox = name,
		.name = name,
		.code = "login" };
}

static enum ptn_err
take(enum ptn_limit limit, const char *name, struct ptn_asker asker)
{
	const struct ptn_limit_on on = on_of(name, asker);

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
	const struct ptn_limit_on on = on_of("a", stranger);
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
	const struct ptn_limit_on on = on_of(NULL, stranger);
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
	const struct ptn_limit_on on = on_of("a", stranger);
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

/* ----------------------------------------------------------- who is known */

/* The i-th of a kind. */
static struct ptn_asker
nth(enum ptn_asker_kind kind, int i)
{
	struct ptn_asker a = { .kind = kind, .user = "u" };

	(void)snprintf(a.key, sizeof(a.key), "%d", i);
	return a;
}

/* Strangers cannot use up what is for who is known, nor one the other's. */
static void
apart(void **state)
{
	const struct ptn_asker all[] = { stranger, nth(PTN_ASKER_NETWORK, 1),
		nth(PTN_ASKER_NETWORK, 2), nth(PTN_ASKER_BROWSER, 1) };
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

/*
 * Whoever was in once and made many browsers known, or was in from many
 * networks, has no more by it than two of them; neither has the other's.
 */
static void
known_together(void **state)
{
	static const struct {
		enum ptn_limit limit;
		const char *word;
	} list[] = { { PTN_LIMIT_CODE, "code" }, { PTN_LIMIT_MAIL, "mail" },
		{ PTN_LIMIT_ACCOUNT, "account" } };
	static const enum ptn_asker_kind kinds[] = { PTN_ASKER_BROWSER,
		PTN_ASKER_NETWORK };
	int64_t taken;
	size_t i, j;
	int n;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(list); i++)
		for (j = 0; j < PTN_ARRAY_LEN(kinds); j++) {
			ptn_arena_reset(arena);
			taken = 0;
			for (n = 0; n < 360; n++)
				while (take(list[i].limit, "a",
					   nth(kinds[j], n)) == PTN_OK)
					taken++;
			assert_int_equal(taken,
			    PTN_LIMIT_TOGETHER * figures(list[i].word).limit);
		}
	assert_string_equal(actor.limit.what, "account networks");
	assert_int_equal(take(PTN_LIMIT_CODE, "a", stranger), PTN_OK);
	assert_int_equal(take(PTN_LIMIT_CODE, "b", nth(kinds[0], 1)), PTN_OK);
}

/* A right answer is given back there, too. */
static void
known_together_given_back(void **state)
{
	struct ptn_limit_on on;
	int n;

	(void)state;
	for (n = 0; n < 60; n++) {
		on = on_of("a", nth(PTN_ASKER_BROWSER, n % 3));
		assert_int_equal(ptn_limit_take(&scope, PTN_LIMIT_CODE, &on),
		    PTN_OK);
		assert_int_equal(
		    ptn_limit_give_back(&scope, PTN_LIMIT_CODE, &on), PTN_OK);
	}
}

/* One browser of a user does not use up another's, where networks count. */
static void
browsers_by_themselves(void **state)
{
	const struct ptn_asker thief = nth(PTN_ASKER_BROWSER, 1);
	const struct ptn_asker owner = nth(PTN_ASKER_BROWSER, 2);

	(void)state;
	while (take(PTN_LIMIT_HASH, NULL, thief) == PTN_OK)
		;
	assert_int_equal(take(PTN_LIMIT_HASH, NULL, owner), PTN_OK);
	assert_string_equal(actor.limit.what, "hash browser");
}

/* One account makes as many browsers known as it likes: it has two's. */
static void
browsers_of_one_account(void **state)
{
	const int64_t share = figures("typed").limit;
	struct ptn_asker owner = nth(PTN_ASKER_BROWSER, 0);
	int64_t n = 0;
	int i;

	(void)state;
	(void)snprintf(owner.user, sizeof(owner.user), "owner");
	for (i = 0; i < 9; i++)
		while (take(PTN_LIMIT_TYPED, NULL, nth(PTN_ASKER_BROWSER, i)) ==
		    PTN_OK)
			n++;
	/* And the network's, as strangers. */
	assert_int_equal(n, (PTN_LIMIT_TOGETHER + 1) * share);
	assert_int_equal(take(PTN_LIMIT_TYPED, NULL, stranger), PTN_E_RATE);
	for (n = 0; take(PTN_LIMIT_TYPED, NULL, owner) == PTN_OK; n++)
		;
	assert_int_equal(n, share);
}

/*
 * Where all who are known in a network use up what they have together, one of
 * them is no worse off than a stranger, for two statements more.
 */
static void
known_as_strangers(void **state)
{
	struct ptn_asker asker = nth(PTN_ASKER_BROWSER, 1);
	uint64_t before = ptn_db_count(db);
	int i;

	(void)state;
	assert_int_equal(take(PTN_LIMIT_TYPED, NULL, asker), PTN_OK);
	assert_int_equal(ptn_db_count(db) - before, 2);
	actor.network = "192.0.2.2";
	for (i = 0; take(PTN_LIMIT_TYPED, NULL, asker) == PTN_OK; i++)
		(void)snprintf(asker.user, sizeof(asker.user), "%d", i);
	assert_int_equal(take(PTN_LIMIT_TYPED, NULL, stranger), PTN_E_RATE);
	actor.network = "192.0.2.1";
	(void)snprintf(asker.user, sizeof(asker.user), "owner");
	before = ptn_db_count(db);
	assert_int_equal(take(PTN_LIMIT_TYPED, NULL, asker), PTN_OK);
	assert_int_equal(ptn_db_count(db) - before, 4);
	assert_string_equal(actor.limit.what, "typed");
}

/*
 * Whoever makes accounts without end has no more by it than four networks, and
 * what a stranger has.
 */
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
		if (take(PTN_LIMIT_TYPED, NULL, asker) != PTN_OK)
			break;
	}
	assert_int_equal(n, (PTN_LIMIT_WIDE + 1) * figures("typed").limit);
	/* What is free again first is told. */
	rows_sql("UPDATE rate_limits SET expires_at = expires_at"
		 " - INTERVAL 9 SECOND WHERE what LIKE '%%known'");
	assert_int_equal(take(PTN_LIMIT_TYPED, NULL, asker), PTN_E_RATE);
	assert_string_equal(actor.limit.what, "typed known");
	actor.network_wide = "198.51.100.0/24";
	assert_int_equal(take(PTN_LIMIT_TYPED, NULL, asker), PTN_OK);
}

/* What "postern limits" shows and clears. */
static void
shown_and_cleared(void **state)
{
	static const struct ptn_uuid nobody;
	const struct ptn_limit_key whom = { tenant, "a" };
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

/*
 * Who asks is not told by the number of statements where it would tell that
 * there is such a user; and what a stranger takes in another's place is theirs
 * alone, and never used up.
 */
static void
evenly(void **state)
{
	static const enum ptn_limit even[] = { PTN_LIMIT_ACCOUNT,
		PTN_LIMIT_CODE };
	struct ptn_limit_on on = { .account = "u" };
	uint64_t before, cost[PTN_ASKER__MAX];
	size_t i, n;
	int kind;

	(void)state;
	for (i = 0; i < sizeof(even) / sizeof(even[0]); i++) {
		for (kind = 0; kind < PTN_ASKER_OPERATOR; kind++) {
			on.asker = nth((enum ptn_asker_kind)kind, 1);
			before = ptn_db_count(db);
			assert_int_equal(ptn_limit_take(&scope, even[i], &on),
			    PTN_OK);
			cost[kind] = ptn_db_count(db) - before;
			assert_int_equal(cost[kind], cost[0]);
		}
		assert_int_equal(cost[0], 2);
	}
	on.asker = nth(PTN_ASKER_STRANGER, 1);
	for (n = 1; ptn_limit_take(&scope, PTN_LIMIT_CODE, &on) == PTN_OK; n++)
		continue;
	assert_int_equal(n, figures("code").limit);
}

/*
 * Whatever is counted of a user, by whichever row of the table, is found by
 * what they have.
 */
static void
all_of_a_user_found(void **state)
{
	const struct ptn_uuid first = rows_tenant();
	const struct ptn_limit_on on = { .account = "u",
		.mailbox = "m",
		.name = "n",
		.code = "login" };
	struct ptn_limit_key key[PTN_LIMIT_KEYS];
	struct ptn_limit_on by;
	struct ptn_scope at;
	uint64_t cleared, n;
	size_t i, keys;
	int limit, kind;

	(void)state;
	keys = ptn_limit_keys(&on, &tenant, &first, key);
	actor.operator_name = "root";
	for (limit = 1; limit < PTN_LIMIT__MAX; limit++)
		for (kind = 0; kind < PTN_ASKER__MAX; kind++) {
			rows_sql("DELETE FROM rate_limits");
			by = on;
			by.asker = nth((enum ptn_asker_kind)kind, 1);
			at = scope;
			if (limit == PTN_LIMIT_NAME)
				at.tenant_id = first;
			assert_int_equal(
			    ptn_limit_take(&at, (enum ptn_limit)limit, &by),
			    PTN_OK);
			n = (uint64_t)rows_number(
			    "SELECT COUNT(*) FROM"
			    " rate_limits WHERE what <> ''"
			    " AND what NOT REGEXP"
			    " ' (wide|known)$'");
			cleared = 0;
			for (i = 0; i < keys; i++) {
				uint64_t some;

				at.tenant_id = key[i].tenant_id;
				assert_int_equal(ptn_ratelimits_clear(&at,
						     key[i].whom, &some),
				    PTN_OK);
				cleared += some;
			}
			if (cleared == 0) /* a network's, and no browser's */
				assert_int_equal(
				    rows_number("SELECT COUNT(*) FROM"
						" rate_limits WHERE what LIKE"
						" '%% wide'"),
				    1);
			else
				assert_int_equal(cleared, n);
		}
}

/* Of each kind the first goes always; the last one before a pause says so. */
static void
notices(void **state)
{
	const int64_t most = figures("notice").limit;
	struct ptn_limit_on on = { .mailbox = "jane@example.org",
		.notice = "credential" };
	bool last;
	int64_t i;

	(void)state;
	for (i = 1; i <= most; i++) {
		assert_int_equal(ptn_limit_take_notice(&scope, &on, &last),
		    PTN_OK);
		assert_int_equal(last, i == most);
	}
	assert_int_equal(ptn_limit_take_notice(&scope, &on, &last), PTN_E_RATE);
	assert_false(last);
	on.notice = "factor";
	assert_int_equal(ptn_limit_take_notice(&scope, &on, &last), PTN_OK);
	on.notice = "credential";
	on.mailbox = "joe@example.org";
	assert_int_equal(ptn_limit_take_notice(&scope, &on, &last), PTN_OK);
}

/* The only notice that waits, claimed anew; the arena has it. */
static const struct ptn_outbox_item *
notice_waiting(void)
{
	const struct ptn_outbox_room room = { .all = 2, .codes = 2 };
	struct ptn_outbox_claimed got;

	rows_sql("UPDATE outbox SET claim = NULL, claimed_until = NULL,"
		 " next_try_at = created_at");
	assert_int_equal(ptn_outbox_claim(&scope, &room, &got), PTN_OK);
	assert_int_equal(got.n, 1);
	return got.items;
}

/* It is counted once, and what it says is the same at each try. */
static void
notice_rows(void **state)
{
	const int64_t most = figures("notice").limit;
	const struct ptn_outbox_mail mail = { .template = "factor",
		.to = "jane@example.org",
		.locale = "en",
		.code = "",
		.ttl_s = 600,
		.bucket = "FACTOR" };
	const struct ptn_outbox_item *item;
	int64_t i;
	int tries;

	(void)state;
	scope.secrets = secrets;
	rows_sql("DELETE FROM outbox");
	for (i = 1; i <= most + 1; i++) {
		assert_int_equal(
		    ptn_outbox_put(&scope, PTN_OUTBOX_NOTICE, &mail), PTN_OK);
		item = notice_waiting();
		assert_string_equal(item->mail.bucket, "FACTOR");
		assert_int_equal(ptn_notices_count(&scope, item), PTN_OK);
		if (i > most)
			break;
		for (tries = 0; tries < 2; tries++) {
			item = notice_waiting();
			assert_null(item->mail.bucket);
			assert_string_equal(item->mail.template,
			    i == most ? "many" : "factor");
			assert_int_equal(item->attempts, tries);
			assert_int_equal(
			    ptn_outbox_failed(&scope, &item->id, 0), PTN_OK);
		}
		rows_sql("DELETE FROM outbox");
	}
	assert_int_equal(rows_number("SELECT COUNT(*) FROM outbox"), 0);
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
		T(apart),
		T(known_by_many_browsers),
		T(known_together),
		T(known_together_given_back),
		T(browsers_by_themselves),
		T(browsers_of_one_account),
		T(known_as_strangers),
		T(shown_and_cleared),
		T(evenly),
		T(all_of_a_user_found),
		T(notices),
		T(notice_rows),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
