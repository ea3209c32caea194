/* Codes that anybody may ask for: who gets one, how often, and what for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/asker.h"
#include "lib/account/org.h"
#include "lib/db/sql.h"
#include "lib/dfns/code.h"
#include "lib/dfns/codemail.h"
#include "lib/dfns/member.h"
#include "lib/event/actor.h"
#include "lib/format/dfnsid.h"
#include "tests/unit/rules.h" /* $POSTERN_TEST_DB */

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define MAX 16
#define MAIL_S 7200

static struct ptn_uuid org;
static struct ptn_member who;
static struct ptn_actor *wisher; /* NULL: a stranger */

static enum ptn_err
invite(const struct ptn_scope *sc, void *arg)
{
	return ptn_member_invite(sc, arg, PTN_EMPLOYEE, NULL, &who);
}

static int
each(void **state)
{
	static int n;
	struct ptn_org_row new = { .name = NULL };

	(void)rules_each(state);
	conf.dfns_enumeration = PTN_ENUMERATION_UNIFORM;
	conf.rate_enabled = false;
	conf.rate_mail_again = 1;
	conf.rate_mail_again_s = 30;
	conf.rate_mail = 5;
	conf.rate_mail_s = conf.rate_mail_from_s = MAIL_S;
	conf.rate_mail_from = 100;
	new.name = ptn_arena_printf(arena, "org %d", ++n);
	if (ptn_org_put(&scope, &new) != PTN_OK)
		return -1;
	org = new.id;
	rows_sql("DELETE FROM outbox");
	rows_sql("DELETE FROM rate_limits");
	return ptn_tx(rows_at(&org), invite, (void *)"jo@example.org") == PTN_OK
	    ? 0
	    : -1;
}

static void
want(enum ptn_code_kind kind, const struct ptn_uuid *at, const char *name)
{
	const struct ptn_codemail w = { kind, name, "en", "192.0.2.1" };
	struct ptn_scope by = *rows_at(at);

	by.actor = wisher;
	assert_int_equal(ptn_codemail_want(&by, &w), PTN_OK);
}

static enum ptn_err
remember(const struct ptn_uuid *user)
{
	struct ptn_scope by = *rows_at(&org);

	by.actor = wisher;
	return ptn_asker_remember(&by, user, 0);
}

static struct ptn_outbox_item *
claim(size_t *n)
{
	const struct ptn_outbox_room room = { .all = MAX, .codes = MAX };
	struct ptn_outbox_claimed got;

	assert_int_equal(ptn_outbox_claim(&scope, &room, &got), PTN_OK);
	*n = got.n;
	return got.items;
}

/* What the courier makes of the one wish there is: its mail, or NULL. */
static const struct ptn_outbox_mail *
served(void)
{
	struct ptn_outbox_item *item;
	size_t n;

	item = claim(&n);
	assert_int_equal(n, 1);
	assert_int_equal(item->kind, PTN_OUTBOX_DFNS_CODE);
	assert_int_equal(ptn_codemail_serve(&scope, item), PTN_OK);
	item = claim(&n);
	assert_in_range(n, 0, 1);
	if (n == 0)
		return NULL;
	assert_int_equal(item->kind, PTN_OUTBOX_MAIL);
	assert_int_equal(ptn_outbox_sent(&scope, &item->id), PTN_OK);
	return &item->mail;
}

static enum ptn_passcode_result
verify(enum ptn_code_kind kind, const char *code, enum ptn_code_use use)
{
	enum ptn_passcode_result what;
	char digits[PTN_DFNS_CODE_STR];

	assert_true(ptn_dfns_code_normal(PTN_DFNS_CODE_MAIL, ptn_bytes_of(code),
	    digits));
	assert_int_equal(ptn_code_check(rows_at(&org), &who.id, kind, digits,
			     use, NULL, &what),
	    PTN_OK);
	return what;
}

#define REGISTERED                                                             \
	"UPDATE members m JOIN emails e USING (user_id)"                       \
	" SET m.registered = 1, m.email_id = e.id"

/* By the state of the member: who gets which code. */
static void
who_gets_one(void **state)
{
	static const char *const made[] = {
		"UPDATE members SET active = 1",
		"UPDATE emails SET verified = 1",
		REGISTERED,
		"UPDATE members SET active = 0",
		"UPDATE members SET active = 1, service_account = 1",
		"UPDATE members SET service_account = 0,"
		" archived_at = UTC_TIMESTAMP(6)",
		"UPDATE members SET archived_at = NULL, registered = 0",
		"UPDATE tenants SET active = 0",
		"UPDATE tenants SET active = 1",
		"UPDATE members SET kind = 'EndUser'",
		"UPDATE emails SET verified = 0",
		"UPDATE emails SET verified = 1",
		REGISTERED,
		"DELETE FROM primary_emails",
		"UPDATE members SET email_id = NULL",
	};
	/* login, registration, recovery after each of them */
	static const bool gets[N(made)][3] = {
		{ false, true, false },
		{ false, true, false },
		{ true, false, true },
		{ false, false, false },
		{ false, false, false },
		{ false, false, false },
		{ false, true, false },
		{ false, false, false },
		{ false, true, false },
		{ false, true, false },	 /* they signed up by themselves */
		{ false, false, false }, /* a service account vouches */
		{ false, true, false },
		{ true, false, true },
		{ true, false, true }, /* they are bound to it */
		{ false, false, false },
	};
	const struct ptn_outbox_mail *mail;
	size_t i, p;

	(void)state;
	for (i = 0; i < N(made); i++) {
		rows_sql("%s", made[i]);
		for (p = 0; p < 3; p++) {
			want((enum ptn_code_kind)(PTN_CODE_LOGIN + p), &org,
			    "Jo@Example.org");
			mail = served();
			if ((mail != NULL) != gets[i][p])
				fail_msg("%s: %zu", made[i], p);
		}
	}
}

static void
the_mail_and_its_code(void **state)
{
	const struct ptn_outbox_mail *mail;
	const char *code;

	(void)state;
	want(PTN_CODE_REGISTRATION, &org, "jo@example.org");
	mail = served();
	assert_non_null(mail);
	assert_string_equal(mail->template, "registration");
	assert_string_equal(mail->to, "jo@example.org");
	assert_string_equal(mail->username, "jo@example.org");
	assert_string_equal(mail->address, "192.0.2.1");
	assert_int_equal(strlen(mail->time), strlen("2026-11-22 11:30 UTC"));
	assert_int_equal(mail->ttl_s, ptn_code_ttl_s(PTN_CODE_REGISTRATION));
	code = mail->code;
	assert_int_equal(verify(PTN_CODE_LOGIN, code, PTN_CODE_USE_UP),
	    PTN_PASSCODE_WRONG);
	assert_int_equal(verify(PTN_CODE_RECOVERY, code, PTN_CODE_USE_UP),
	    PTN_PASSCODE_WRONG);
	assert_int_equal(verify(PTN_CODE_REGISTRATION, code, PTN_CODE_KEEP),
	    PTN_PASSCODE_RIGHT);
	/* A new one takes its place. */
	want(PTN_CODE_REGISTRATION, &org, "jo@example.org");
	mail = served();
	assert_non_null(mail);
	assert_int_equal(verify(PTN_CODE_REGISTRATION, code, PTN_CODE_KEEP),
	    PTN_PASSCODE_WRONG);
	assert_int_equal(
	    verify(PTN_CODE_REGISTRATION, mail->code, PTN_CODE_USE_UP),
	    PTN_PASSCODE_RIGHT);
	assert_int_equal(
	    verify(PTN_CODE_REGISTRATION, mail->code, PTN_CODE_USE_UP),
	    PTN_PASSCODE_WRONG);
}

/* The row of a wish is the same for every name, and goes in vain. */
static void
for_nobody(void **state)
{
	const struct ptn_uuid nowhere = ptn_uuid_new();
	const uint64_t before = ptn_db_count(db);
	uint64_t cost;

	(void)state;
	want(PTN_CODE_REGISTRATION, &org, "jo@example.org");
	cost = ptn_db_count(db) - before;
	assert_int_equal(cost, 1);
	assert_non_null(served());
	want(PTN_CODE_REGISTRATION, &org, "nobody@example.org");
	assert_null(served());
	want(PTN_CODE_REGISTRATION, &org, "");
	assert_null(served());
	want(PTN_CODE_REGISTRATION, &nowhere, "jo@example.org");
	assert_null(served());
}

/* Time passes for the windows, and for what falls as little as can be. */
static void
past(int s)
{
	rows_sql("UPDATE rate_limits SET expires_at ="
		 " expires_at - INTERVAL %d SECOND",
	    s);
}

static void
not_too_often(void **state)
{
	int i;

	(void)state;
	conf.rate_enabled = true;
	for (i = 0; i < 5; i++) {
		want(PTN_CODE_REGISTRATION, &org, "jo@example.org");
		assert_non_null(served());
		want(PTN_CODE_REGISTRATION, &org, "jo@example.org");
		assert_null(served());
		past(30);
	}
	want(PTN_CODE_REGISTRATION, &org, "jo@example.org");
	assert_null(served());
	/* It is one mailbox, whatever the mails are for. */
	rows_sql(REGISTERED);
	rows_sql("UPDATE emails SET verified = 1");
	want(PTN_CODE_LOGIN, &org, "jo@example.org");
	assert_null(served());
	past(MAIL_S / 5);
	want(PTN_CODE_LOGIN, &org, "jo@example.org");
	assert_non_null(served());
}

/* A stranger's flood holds nobody back who is known, nor kills their code. */
static void
known_askers(void **state)
{
	const struct ptn_outbox_mail *mail;
	struct ptn_actor at_home = { .network = "192.0.2.1" };
	char mine[PTN_DFNS_CODE_STR];
	int i;

	(void)state;
	conf.rate_enabled = true;
	rows_sql(REGISTERED);
	rows_sql("UPDATE emails SET verified = 1");
	at_home.user_id = who.id;
	wisher = &at_home;
	assert_int_equal(remember(&who.id), PTN_OK);
	want(PTN_CODE_LOGIN, &org, "jo@example.org");
	assert_non_null(mail = served());
	(void)snprintf(mine, sizeof(mine), "%s", mail->code);
	wisher = NULL;
	for (i = 0; i < 9; i++) {
		want(PTN_CODE_LOGIN, &org, "jo@example.org");
		mail = served();
		assert_true((mail != NULL) == (i < 5));
		past(30);
	}
	for (i = 0; i < 5; i++)
		(void)verify(PTN_CODE_LOGIN, "0000-0000-0000-0000",
		    PTN_CODE_KEEP);
	wisher = &at_home;
	want(PTN_CODE_RECOVERY, &org, "jo@example.org");
	assert_non_null(served());
	assert_int_equal(verify(PTN_CODE_LOGIN, mine, PTN_CODE_USE_UP),
	    PTN_PASSCODE_RIGHT);
	wisher = NULL;
}

static enum ptn_err
request(enum ptn_code_kind purpose, const char *name, struct ptn_dfns_denial *d)
{
	const struct ptn_codemail w = { purpose, name, "en", "192.0.2.1" };
	struct ptn_scope at = scope;
	char text[PTN_DFNSID_STR];

	*d = (struct ptn_dfns_denial){ .reason = PTN_DFNS_NOT_DENIED };
	ptn_dfnsid_format(PTN_DFNSID_ORG, &org, text);
	return ptn_codemail_request(&at, text, &w, d);
}

/* The wish and its record, for any name, by as many statements. */
static void
asked_for(void **state)
{
	uint64_t before = ptn_db_count(db), cost;
	struct ptn_dfns_denial d;
	size_t n;

	(void)state;
	assert_int_equal(request(PTN_CODE_LOGIN, "jo@example.org", &d), PTN_OK);
	cost = ptn_db_count(db) - before;
	assert_true(rules_event(PTN_EVENT_DFNS_CODE_REQUESTED, "login"));
	before = ptn_db_count(db);
	assert_int_equal(request(PTN_CODE_RECOVERY, "nobody", &d), PTN_OK);
	assert_int_equal(ptn_db_count(db) - before, cost);
	assert_true(rules_event(PTN_EVENT_DFNS_CODE_REQUESTED, "recovery"));
	(void)claim(&n);
	assert_int_equal(n, 2);
	rules_record_off();
	assert_int_not_equal(request(PTN_CODE_LOGIN, "nobody", &d), PTN_OK);
	rules_record_on();
	(void)claim(&n);
	assert_int_equal(n, 0);
}

/* Who does not exist is told so where that is documented. */
static void
asked_for_in_vain(void **state)
{
	struct ptn_dfns_denial d;
	size_t n;

	(void)state;
	conf.dfns_enumeration = PTN_ENUMERATION_DOCUMENTED;
	assert_int_equal(request(PTN_CODE_LOGIN, "nobody", &d), PTN_E_DENIED);
	assert_int_equal(d.reason, PTN_DFNS_NO_USER);
	assert_null(d.detail);
	assert_int_equal(actor.n, 0);
	(void)claim(&n);
	assert_int_equal(n, 0);
	assert_int_equal(request(PTN_CODE_LOGIN, "jo@example.org", &d), PTN_OK);
	assert_int_equal(request(PTN_CODE_REGISTRATION, "nobody", &d), PTN_OK);
	(void)claim(&n);
	assert_int_equal(n, 2);
}

#define T(f) cmocka_unit_test_setup(f, each)

/* What fails for the database takes nothing from the limits. */
static void
a_failure_costs_nothing(void **state)
{
	struct ptn_outbox_item *item;
	size_t n;

	(void)state;
	conf.rate_enabled = true;
	rows_sql(REGISTERED);
	rows_sql("UPDATE emails SET verified = 1");
	want(PTN_CODE_LOGIN, &org, "jo@example.org");
	item = claim(&n);
	assert_int_equal(n, 1);
	rows_sql("RENAME TABLE passcodes TO passcodes_away");
	assert_int_not_equal(ptn_codemail_serve(&scope, item), PTN_OK);
	rows_sql("RENAME TABLE passcodes_away TO passcodes");
	assert_int_equal(rows_number("SELECT COUNT(*) FROM rate_limits"), 0);
	assert_int_equal(ptn_outbox_failed(&scope, &item->id, 0), PTN_OK);
	assert_non_null(served());
	assert_int_equal(rows_number("SELECT COUNT(*) FROM rate_limits"), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(who_gets_one),
		T(the_mail_and_its_code),
		T(for_nobody),
		T(not_too_often),
		T(known_askers),
		T(asked_for),
		T(asked_for_in_vain),
		T(a_failure_costs_nothing),
	};

	return cmocka_run_group_tests(tests, rules_setup, rows_teardown);
}
