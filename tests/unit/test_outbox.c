/* What waits for the courier: who gets a row, when, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/db/sql.h"
#include "lib/event/actor.h"
#include "lib/event/outbox.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

#define MAX 16
#define TTL_S 600

static const struct ptn_outbox_mail one_mail = { .template = "passcode",
	.to = "jo@example.org",
	.locale = "en",
	.code = "123456",
	.ttl_s = TTL_S };

static int
each(void **state)
{
	(void)rows_each(state);
	scope.secrets = secrets;
	rows_sql("DELETE FROM outbox");
	return 0;
}

static int
waiting(void)
{
	return rows_number("SELECT COUNT(*) FROM outbox");
}

static void
put(const struct ptn_outbox_mail *mail)
{
	assert_int_equal(ptn_outbox_put(&scope, PTN_OUTBOX_MAIL, mail), PTN_OK);
}

/* One that says who it is for. */
static void
put_to(const char *to)
{
	struct ptn_outbox_mail mail = one_mail;

	mail.to = to;
	put(&mail);
}

static struct ptn_outbox_item *
claim_into(const struct ptn_outbox_room *room, size_t expected)
{
	struct ptn_outbox_claimed got;

	assert_int_equal(ptn_outbox_claim(&scope, room, &got), PTN_OK);
	assert_int_equal(got.n, expected);
	return got.items;
}

static struct ptn_outbox_item *
claim(size_t max, size_t expected)
{
	const struct ptn_outbox_room room = { .all = max, .codes = max };

	return claim_into(&room, expected);
}

/* Somebody in a network asks. */
static struct ptn_actor actor;

static void
ask_from(const char *network, const char *to)
{
	actor.network_wide = network;
	scope.actor = &actor;
	put_to(to);
	scope.actor = NULL;
}

static size_t
count_to(const struct ptn_outbox_item *item, size_t n, const char *to)
{
	size_t i, found = 0;

	for (i = 0; i < n; i++)
		found += strcmp(item[i].mail.to, to) == 0;
	return found;
}

/* All that is claimed or put off is due. */
static void
time_passes(void)
{
	rows_sql("UPDATE outbox SET next_try_at = next_try_at - INTERVAL 1 DAY,"
		 " claimed_until = claimed_until - INTERVAL 1 DAY");
}

static void
assert_mail(const struct ptn_outbox_mail *a, const struct ptn_outbox_mail *b)
{
	const char *const pairs[][2] = {
		{ a->template, b->template },
		{ a->to, b->to },
		{ a->locale, b->locale },
		{ a->code, b->code },
		{ a->service, b->service },
		{ a->username, b->username },
		{ a->org, b->org },
		{ a->time, b->time },
		{ a->address, b->address },
	};
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i][1] == NULL)
			assert_null(pairs[i][0]);
		else
			assert_string_equal(pairs[i][0], pairs[i][1]);
	assert_int_equal(a->ttl_s, b->ttl_s);
}

static void
what_is_put_is_claimed(void **state)
{
	const struct ptn_outbox_mail full = { .template = "login",
		.to = "j\xc3\xb6@example.org",
		.locale = "pt-BR",
		.code = "",
		.ttl_s = TTL_S,
		.service = "A \"B\" & C",
		.username = "jo",
		.org = "or-1",
		.time = "2026-11-22 11:30 UTC",
		.address = "192.0.2.0/24" };
	const struct ptn_outbox_item *item;

	(void)state;
	put(&full);
	item = claim(MAX, 1);
	assert_mail(&item->mail, &full);
	assert_int_equal(item->kind, PTN_OUTBOX_MAIL);
	assert_true(ptn_uuid_equal(&item->tenant_id, &tenant));
	assert_int_equal(item->attempts, 0);
	assert_in_range(item->left_s, 1, TTL_S);
	rows_sql("DELETE FROM outbox");
	assert_int_equal(
	    ptn_outbox_put(&scope, PTN_OUTBOX_DFNS_CODE, &one_mail), PTN_OK);
	item = claim(MAX, 1);
	assert_mail(&item->mail, &one_mail);
	assert_int_equal(item->kind, PTN_OUTBOX_DFNS_CODE);
}

/* Nothing that is in a mail can be read in its row. */
static void
the_body_is_sealed(void **state)
{
	(void)state;
	put(&one_mail);
	assert_int_equal(rows_number("SELECT COUNT(*) FROM outbox"
				     " WHERE INSTR(sealed, '123456')"
				     " OR INSTR(sealed, 'jo@example.org')"
				     " OR INSTR(sealed, 'passcode')"),
	    0);
}

static enum ptn_err
put_and_stop(const struct ptn_scope *sc, void *arg)
{
	(void)arg;
	if (ptn_outbox_put(sc, PTN_OUTBOX_MAIL, &one_mail) != PTN_OK)
		return PTN_E_INTERNAL;
	return PTN_E_DENIED;
}

static void
what_is_rolled_back_is_not_sent(void **state)
{
	(void)state;
	assert_int_equal(ptn_tx(&scope, put_and_stop, NULL), PTN_E_DENIED);
	assert_int_equal(waiting(), 0);
}

static void
the_oldest_first(void **state)
{
	const struct ptn_outbox_item *item;

	(void)state;
	put_to("a@example.org");
	put_to("b@example.org");
	put_to("c@example.org");
	item = claim(2, 2);
	assert_string_equal(item[0].mail.to, "a@example.org");
	assert_string_equal(item[1].mail.to, "b@example.org");
	item = claim(2, 1);
	assert_string_equal(item[0].mail.to, "c@example.org");
	(void)claim(2, 0);
}

static enum ptn_err
claim_one(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_outbox_room room = { .all = 1, .codes = 1 };
	struct ptn_outbox_claimed got;
	enum ptn_err r;

	(void)arg;
	if ((r = ptn_outbox_claim(sc, &room, &got)) != PTN_OK)
		return r;
	return got.n == 1 ? PTN_OK : PTN_E_NOT_FOUND;
}

static void
one_of_many_gets_it(void **state)
{
	(void)state;
	put(&one_mail);
	assert_int_equal(rows_race(claim_one, NULL, PTN_E_NOT_FOUND), 1);
	put(&one_mail);
	put(&one_mail);
	assert_int_equal(rows_race(claim_one, NULL, PTN_E_NOT_FOUND), 2);
}

/* Whoever claimed it died: it comes back when the lease is over. */
static void
a_claim_ends(void **state)
{
	const struct ptn_outbox_item *item;

	(void)state;
	put(&one_mail);
	(void)claim(MAX, 1);
	(void)claim(MAX, 0);
	assert_in_range(rows_number("SELECT TIMESTAMPDIFF(SECOND, created_at,"
				    " claimed_until) FROM outbox"),
	    PTN_OUTBOX_LEASE_S, PTN_OUTBOX_LEASE_S + 60);
	time_passes();
	item = claim(MAX, 1);
	assert_int_equal(item->attempts, 0);
}

static void
sent_is_gone(void **state)
{
	const struct ptn_outbox_item *item;

	(void)state;
	put(&one_mail);
	put_to("other@example.org");
	item = claim(1, 1);
	assert_int_equal(ptn_outbox_sent(&scope, &item->id), PTN_OK);
	assert_int_equal(waiting(), 1);
	assert_int_equal(ptn_outbox_sent(&scope, &item->id), PTN_OK);
	assert_int_equal(waiting(), 1);
}

/* More than one statement deletes; the rest is due again, tried or not. */
static void
many_are_recorded(void **state)
{
	struct ptn_outbox_outcome o[40];
	struct ptn_outbox_item *item;
	size_t i, tried = 0;

	(void)state;
	for (i = 0; i < 40; i++)
		put_to("jane@example.org");
	item = claim(40, 40);
	for (i = 0; i < 40; i++)
		o[i] = (struct ptn_outbox_outcome){ item[i].id, item[i].claim,
			i < 35		? PTN_OUTBOX_GONE
			    : i % 2 != 0 ? PTN_OUTBOX_AGAIN
					 : PTN_OUTBOX_UNTRIED,
			0 };
	assert_int_equal(ptn_outbox_record(&scope, o, 40), PTN_OK);
	item = claim(40, 5);
	for (i = 0; i < 5; i++)
		tried += item[i].attempts == 1;
	assert_int_equal(tried, 3);
	for (i = 0; i < 5; i++)
		o[i] = (struct ptn_outbox_outcome){ item[i].id, item[i].claim,
			PTN_OUTBOX_GONE, 0 };
	/* What is said twice is not said of those who have it now. */
	assert_int_equal(ptn_outbox_record(&scope, o + 35, 5), PTN_OK);
	(void)claim(40, 0);
	assert_int_equal(ptn_outbox_record(&scope, o, 0), PTN_OK);
	assert_int_equal(ptn_outbox_record(&scope, o, 1), PTN_OK);
	assert_int_equal(ptn_outbox_record(&scope, o + 1, 4), PTN_OK);
	time_passes();
	(void)claim(40, 0);
}

static void
failed_comes_again(void **state)
{
	const struct ptn_outbox_item *item;
	struct ptn_uuid id;
	int i;

	(void)state;
	put(&one_mail);
	for (i = 0; i < 3; i++) {
		item = claim(MAX, 1);
		assert_int_equal(item->attempts, i);
		id = item->id;
		assert_int_equal(ptn_outbox_failed(&scope, &id, 0), PTN_OK);
	}
	(void)claim(MAX, 1);
	assert_int_equal(ptn_outbox_failed(&scope, &id, 3600), PTN_OK);
	(void)claim(MAX, 0);
	time_passes();
	item = claim(MAX, 1);
	assert_int_equal(item->attempts, 4);
	assert_mail(&item->mail, &one_mail);
	assert_int_equal(ptn_outbox_failed(&scope, &id, -1), PTN_OK);
	assert_int_equal(waiting(), 0);
}

static void
expired_is_not_sent(void **state)
{
	struct ptn_outbox_mail dead = one_mail;

	(void)state;
	dead.ttl_s = -1;
	put(&dead);
	/* Less than a second is left: no time to send it. */
	dead.ttl_s = TTL_S;
	put(&dead);
	rows_sql("UPDATE outbox SET expires_at = UTC_TIMESTAMP(6)"
		 " + INTERVAL 900000 MICROSECOND WHERE expires_at >"
		 " UTC_TIMESTAMP(6)");
	(void)claim(MAX, 0);
	assert_int_equal(waiting(), 0);
}

/* Of a version to come: left to its courier, and in nobody's way. */
static void
an_unknown_kind(void **state)
{
	const struct ptn_outbox_item *item;
	int i;

	(void)state;
	for (i = 0; i < 20; i++)
		put(&one_mail);
	rows_sql("UPDATE outbox SET kind = 'pigeon', next_try_at ="
		 " next_try_at - INTERVAL 1 HOUR");
	put_to("other@example.org");
	item = claim(1, 1);
	assert_string_equal(item->mail.to, "other@example.org");
	(void)claim(MAX, 0);
	assert_int_equal(rows_number(
			     "SELECT COUNT(*) FROM outbox"
			     " WHERE kind = 'pigeon' AND claim IS NULL"),
	    20);
	assert_int_equal(ptn_outbox_sent(&scope, &item->id), PTN_OK);
	rows_sql("UPDATE outbox SET kind = 'mail'");
	item = claim(1, 1);
	assert_mail(&item->mail, &one_mail);
	assert_int_equal(item->attempts, 0);
}

/* Whoever asks for much waits for it alone. */
static void
every_source_in_turn(void **state)
{
	const struct ptn_outbox_item *item;
	int i;

	(void)state;
	for (i = 0; i < 40; i++)
		ask_from("192.0.2.0/24", "many@example.org");
	ask_from("198.51.100.0/24", "one@example.org");
	ask_from("2001:db8:1::/48", "six@example.org");
	ask_from("2001:db8:1::/48", "six@example.org");
	put_to("operator@example.org");
	item = claim(4, 4);
	assert_int_equal(count_to(item, 4, "many@example.org"), 1);
	assert_int_equal(count_to(item, 4, "one@example.org"), 1);
	assert_int_equal(count_to(item, 4, "six@example.org"), 1);
	assert_int_equal(count_to(item, 4, "operator@example.org"), 1);
	/* Room that others do not need is for whoever has more. */
	item = claim(6, 6);
	assert_int_equal(count_to(item, 6, "six@example.org"), 1);
	assert_int_equal(count_to(item, 6, "many@example.org"), 5);
}

/* One at a time, it is not always the same one's turn. */
static void
turns_change(void **state)
{
	const struct ptn_outbox_item *item;
	int i;

	(void)state;
	for (i = 0; i < 200; i++)
		ask_from("192.0.2.0/24", "many@example.org");
	ask_from("198.51.100.0/24", "one@example.org");
	for (i = 0; i < 60; i++) { /* by chance in one of 10^18 runs */
		item = claim(1, 1);
		if (strcmp(item->mail.to, "one@example.org") == 0)
			break;
	}
	assert_in_range(i, 0, 59);
}

static void
put_notice(const char *to)
{
	struct ptn_outbox_mail mail = one_mail;

	mail.to = to;
	mail.code = "";
	assert_int_equal(ptn_outbox_put(&scope, PTN_OUTBOX_NOTICE, &mail),
	    PTN_OK);
}

static void
codes_before_notices(void **state)
{
	struct ptn_outbox_room room = { .all = 2, .codes = 1 };
	const struct ptn_outbox_item *item;
	int i;

	(void)state;
	for (i = 0; i < 10; i++)
		put_notice("notice@example.org");
	rows_sql("UPDATE outbox SET next_try_at = next_try_at"
		 " - INTERVAL 1 HOUR");
	for (i = 0; i < 10; i++)
		put_to("code@example.org");
	item = claim(3, 3);
	assert_int_equal(count_to(item, 3, "code@example.org"), 3);
	/* What is kept free of codes is for notices. */
	item = claim_into(&room, 2);
	assert_int_equal(count_to(item, 2, "code@example.org"), 1);
	assert_int_equal(count_to(item, 2, "notice@example.org"), 1);
	room.codes = 0;
	item = claim_into(&room, 2);
	assert_int_equal(count_to(item, 2, "notice@example.org"), 2);
}

/* A source that holds as much as it may gets nothing now. */
static void
a_busy_source(void **state)
{
	struct ptn_outbox_room room = { .all = MAX, .codes = MAX };
	const struct ptn_outbox_item *item;

	(void)state;
	ask_from("192.0.2.0/24", "slow@example.org");
	item = claim(1, 1);
	room.busy = item->mail.source;
	ask_from("192.0.2.0/24", "slow@example.org");
	(void)claim_into(&room, 0);
	ask_from("198.51.100.0/24", "one@example.org");
	item = claim_into(&room, 1);
	assert_string_equal(item->mail.to, "one@example.org");
	room.busy = PTN_BYTES(NULL, 0);
	item = claim_into(&room, 1);
	assert_string_equal(item->mail.to, "slow@example.org");
}

/* A mail that comes of a wish has the turn of who had it. */
static void
a_source_is_handed_on(void **state)
{
	const struct ptn_outbox_item *item;
	struct ptn_outbox_mail mail = one_mail;

	(void)state;
	ask_from("192.0.2.0/24", "a@example.org");
	item = claim(1, 1);
	mail.source = item->mail.source;
	put(&mail);
	assert_int_equal(rows_number("SELECT COUNT(DISTINCT source) FROM"
				     " outbox"),
	    1);
}

/* What was sealed as one kind is nothing as another: it goes. */
static void
a_kind_that_was_changed(void **state)
{
	(void)state;
	put(&one_mail);
	rows_sql("UPDATE outbox SET kind = 'dfns_code'");
	(void)claim(MAX, 0);
	assert_int_equal(waiting(), 0);
}

/* A secret that was rotated opens what it sealed, until it is gone. */
static void
a_secret_that_is_gone(void **state)
{
	const struct ptn_outbox_item *item;

	(void)state;
	put(&one_mail);
	scope.secrets = rotated;
	item = claim(MAX, 1);
	assert_mail(&item->mail, &one_mail);
	assert_int_equal(ptn_outbox_sent(&scope, &item->id), PTN_OK);
	put_to("sealed@example.org");
	scope.secrets = secrets;
	put_to("open@example.org");
	item = claim(MAX, 1);
	assert_string_equal(item->mail.to, "open@example.org");
	assert_int_equal(waiting(), 1);
}

/* A body is bound to its row: in another one it opens nothing. */
static void
a_body_of_another_row(void **state)
{
	(void)state;
	put(&one_mail);
	rows_sql("UPDATE outbox SET id = UNHEX(REPLACE(UUID(), '-', ''))");
	(void)claim(MAX, 0);
	assert_int_equal(waiting(), 0);
}

/* Sealed by us, and yet no mail. */
static void
a_body_that_is_no_mail(void **state)
{
	static const char *const bodies[] = { "", "[]", "{\"to\":1}",
		"{\"template\":\"t\",\"to\":\"a@b.c\",\"locale\":\"en\","
		"\"code\":\"\"}",
		"{\"template\":\"t\",\"to\":null,\"locale\":\"en\","
		"\"code\":\"\",\"ttl_s\":1}" };
	struct ptn_outbox_put_in in = { .tenant_id = tenant,
		.kind = "mail",
		.source = PTN_BYTES("12345678", PTN_OUTBOX_SOURCE_LEN),
		.ttl_s = TTL_S };
	uint8_t bound[sizeof(in.id.b) + 1]; /* to the row, and its kind */
	size_t i;

	(void)state;
	bound[sizeof(in.id.b)] = PTN_OUTBOX_MAIL;
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		in.id = ptn_uuid_new();
		memcpy(bound, in.id.b, sizeof(in.id.b));
		assert_int_equal(ptn_secrets_seal(secrets, arena,
				     PTN_KEY_USE_OUTBOX,
				     PTN_BYTES(bound, sizeof(bound)),
				     ptn_bytes_of(bodies[i]), &in.sealed),
		    PTN_OK);
		assert_int_equal(ptn_sql_outbox_put(db, &in), PTN_OK);
		(void)claim(MAX, 0);
		assert_int_equal(waiting(), 0);
	}
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_put_is_claimed),
		T(the_body_is_sealed),
		T(what_is_rolled_back_is_not_sent),
		T(the_oldest_first),
		T(one_of_many_gets_it),
		T(a_claim_ends),
		T(sent_is_gone),
		T(many_are_recorded),
		T(failed_comes_again),
		T(expired_is_not_sent),
		T(an_unknown_kind),
		T(every_source_in_turn),
		T(turns_change),
		T(codes_before_notices),
		T(a_busy_source),
		T(a_source_is_handed_on),
		T(a_kind_that_was_changed),
		T(a_secret_that_is_gone),
		T(a_body_of_another_row),
		T(a_body_that_is_no_mail),
	};

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
