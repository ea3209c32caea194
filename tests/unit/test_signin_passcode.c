/* Log-in by a mailed code: who gets one, what it is worth, and to whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/account/addresses.h"
#include "lib/account/signin_passcode.h"
#include "lib/account/signup.h"
#include "lib/event/outbox.h"
#include "tests/unit/rules.h" /* $POSTERN_TEST_DB */

static int
each(void **state)
{
	conf.mail_enabled = true;
	conf.rate_enabled = false;
	rows_sql("DELETE FROM outbox");
	return rules_each(state);
}

static enum ptn_signin_passcode_sent
ask(const struct ptn_uuid *user, const struct ptn_uuid *email,
    const struct ptn_uuid *by, struct ptn_passcode *pc)
{
	struct ptn_signin_passcode_ask a = { .user_id = *user, .by = by };
	enum ptn_signin_passcode_sent what = PTN_SIGNIN_PASSCODE__MAX;

	if (email != NULL)
		a.email_id = *email;
	assert_int_equal(ptn_signin_passcode_send(&scope, &a, &what), PTN_OK);
	*pc = a.passcode;
	return what;
}

/* The code that is in the mail, of which there is one. */
static const char *
mailed(const char *to)
{
	const struct ptn_outbox_room room = { .all = 2, .codes = 2 };
	struct ptn_outbox_claimed got;

	assert_int_equal(ptn_outbox_claim(&scope, &room, &got), PTN_OK);
	assert_int_equal(got.n, 1);
	if (to != NULL)
		assert_string_equal(got.items->mail.to, to);
	assert_int_equal(ptn_outbox_sent(&scope, &got.items->id), PTN_OK);
	return got.items->mail.code;
}

/* Ask for a code, and get it. */
static const char *
sent(const struct ptn_uuid *user, const struct ptn_uuid *email,
    const struct ptn_uuid *by, struct ptn_passcode *pc)
{
	assert_int_equal(ask(user, email, by, pc), PTN_SIGNIN_PASSCODE_SENT);
	return mailed(NULL);
}

static enum ptn_passcode_result
enter(const struct ptn_uuid *id, const char *code, const struct ptn_uuid *by,
    struct ptn_claims *claims)
{
	struct ptn_signin_passcode p = { .api = PTN_API_HANKO,
		.id = *id,
		.code = code,
		.by = by };
	enum ptn_passcode_result what = PTN_PASSCODE__MAX;

	assert_int_equal(ptn_signin_passcode(&scope, &p, &what), PTN_OK);
	if (claims != NULL)
		*claims = p.claims;
	return what;
}

static const char *
wrong(const char *code)
{
	return ptn_arena_printf(arena, "%06d", (atoi(code) + 1) % 1000000);
}

static struct ptn_signup
signed_up(void)
{
	static int n;
	struct ptn_signup s = { .api = PTN_API_HANKO,
		.address =
		    ptn_arena_printf(arena, "coded%d@example.org", ++n) };
	enum ptn_signup_result what;

	assert_int_equal(ptn_signup(&scope, &s, &what), PTN_OK);
	assert_int_equal(what, PTN_SIGNUP_DONE);
	memset(&actor, 0, sizeof(actor));
	return s;
}

static void
a_sign_up_is_proved(void **state)
{
	const struct ptn_signup s = signed_up();
	struct ptn_claims claims;
	struct ptn_passcode pc;
	const char *code;

	(void)state;
	assert_int_equal(ask(&s.user.id, &s.user.email_id, NULL, &pc),
	    PTN_SIGNIN_PASSCODE_SENT);
	code = mailed(s.address);
	assert_int_equal(pc.ttl_s, 300);
	assert_true(actor.mail_queued);
	assert_string_equal(actor.email, s.address);
	assert_true(rules_rows(&s.user.id, PTN_EVENT_PASSCODE_INIT_OK, 1));
	assert_int_equal(rules_sessions(&s.user.id), 0);
	assert_int_equal(enter(&pc.id, code, NULL, &claims),
	    PTN_PASSCODE_RIGHT);
	assert_true(ptn_uuid_equal(&claims.sub, &s.user.id));
	assert_string_equal(claims.email.address, s.address);
	assert_true(claims.email.is_verified);
	assert_int_equal(rules_sessions(&s.user.id), 1);
	assert_true(rules_event(PTN_EVENT_PRIMARY_EMAIL_CHANGED, NULL));
	assert_true(rules_event(PTN_EVENT_EMAIL_VERIFIED, NULL));
	assert_true(rules_event(PTN_EVENT_PASSCODE_FINAL_OK, NULL));
	assert_int_equal(enter(&pc.id, code, NULL, NULL), PTN_PASSCODE_UNKNOWN);
	assert_int_equal(rules_sessions(&s.user.id), 1);
}

static void
a_known_address_is_proved_once(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_passcode pc;
	const char *code;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		code = sent(&user, NULL, NULL, &pc);
		assert_int_equal(enter(&pc.id, code, NULL, NULL),
		    PTN_PASSCODE_RIGHT);
	}
	assert_true(rules_rows(&user, PTN_EVENT_EMAIL_VERIFIED, 1));
	assert_true(rules_rows(&user, PTN_EVENT_PASSCODE_FINAL_OK, 2));
	assert_int_equal(rules_sessions(&user), 2);
}

static void
nobody_to_send_one_to(void **state)
{
	const struct ptn_uuid user = rows_user(), nobody = ptn_uuid_new();
	const struct ptn_signup new = signed_up();
	struct ptn_passcode pc;

	(void)state;
	assert_int_equal(ask(&nobody, NULL, NULL, &pc),
	    PTN_SIGNIN_PASSCODE_NO_USER);
	assert_true(
	    rules_event(PTN_EVENT_PASSCODE_INIT_FAILED, "unknown user"));
	assert_true(ptn_uuid_equal(&actor.user_id, &nobody));
	assert_int_equal(ask(&user, &nobody, NULL, &pc),
	    PTN_SIGNIN_PASSCODE_NO_ADDRESS);
	assert_int_equal(ask(&new.user.id, NULL, NULL, &pc),
	    PTN_SIGNIN_PASSCODE_NO_ADDRESS);
	assert_true(rules_hold("NOT EXISTS (SELECT 1 FROM outbox)"));
	assert_false(actor.mail_queued);
}

static void
somebody_else_is_in_the_way(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	struct ptn_passcode pc, his;

	(void)state;
	(void)sent(&bob, NULL, NULL, &his);
	assert_int_equal(ask(&ada, NULL, &bob, &pc),
	    PTN_SIGNIN_PASSCODE_FOREIGN);
	assert_true(
	    rules_event(PTN_EVENT_PASSCODE_INIT_FAILED, "not authorised"));
	assert_int_equal(ask(&ada, &his.email_id, NULL, &pc),
	    PTN_SIGNIN_PASSCODE_FOREIGN);
	assert_int_equal(ask(&ada, &his.email_id, &ada, &pc),
	    PTN_SIGNIN_PASSCODE_FOREIGN);
	assert_true(rules_hold("NOT EXISTS (SELECT 1 FROM outbox)"));
}

static void
without_mail_there_is_a_code(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_passcode pc;

	(void)state;
	conf.mail_enabled = false;
	assert_int_equal(ask(&user, NULL, NULL, &pc), PTN_SIGNIN_PASSCODE_SENT);
	assert_true(rules_hold("NOT EXISTS (SELECT 1 FROM outbox)"));
	assert_true(rules_hold(ptn_arena_printf(arena,
	    "EXISTS (SELECT 1 FROM passcodes WHERE id = X'%s')",
	    rows_hex(&pc.id))));
}

static void
wrong_ones_are_noted(void **state)
{
	const struct ptn_uuid user = rows_user(), nobody = ptn_uuid_new();
	struct ptn_passcode pc;
	const char *code;

	(void)state;
	code = sent(&user, NULL, NULL, &pc);
	assert_int_equal(enter(&nobody, code, NULL, NULL),
	    PTN_PASSCODE_UNKNOWN);
	assert_true(
	    rules_event(PTN_EVENT_PASSCODE_FINAL_FAILED, "unknown passcode"));
	assert_int_equal(enter(&pc.id, wrong(code), NULL, NULL),
	    PTN_PASSCODE_WRONG);
	assert_true(
	    rules_event(PTN_EVENT_PASSCODE_FINAL_FAILED, "passcode invalid"));
	assert_int_equal(enter(&pc.id, wrong(code), NULL, NULL),
	    PTN_PASSCODE_WRONG);
	assert_int_equal(enter(&pc.id, wrong(code), NULL, NULL),
	    PTN_PASSCODE_USED_UP);
	assert_true(rules_event(PTN_EVENT_PASSCODE_FINAL_FAILED,
	    "max attempts reached"));
	assert_int_equal(rules_sessions(&user), 0);
}

static void
a_late_one(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_passcode pc;
	const char *code;

	(void)state;
	code = sent(&user, NULL, NULL, &pc);
	rows_sql("UPDATE passcodes SET expires_at = UTC_TIMESTAMP(6)"
		 " - INTERVAL 1 SECOND");
	assert_int_equal(enter(&pc.id, code, NULL, NULL), PTN_PASSCODE_EXPIRED);
	assert_true(
	    rules_event(PTN_EVENT_PASSCODE_FINAL_FAILED, "timed out passcode"));
	assert_int_equal(rules_sessions(&user), 0);
}

static void
a_right_one_of_another(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	struct ptn_passcode pc;
	const char *code;

	(void)state;
	code = sent(&ada, NULL, NULL, &pc);
	assert_int_equal(enter(&pc.id, code, &bob, NULL), PTN_PASSCODE_UNFIT);
	assert_true(
	    rules_event(PTN_EVENT_PASSCODE_FINAL_FAILED, "not authorised"));
	assert_int_equal(enter(&pc.id, code, &ada, NULL), PTN_PASSCODE_UNKNOWN);
	assert_int_equal(rules_sessions(&ada), 0);
	assert_int_equal(rules_sessions(&bob), 0);
}

static void
an_address_that_went_to_another(void **state)
{
	const struct ptn_uuid ada = rows_user();
	const struct ptn_signup bob = signed_up();
	struct ptn_passcode hers, his;
	const char *her_code, *his_code;

	(void)state;
	her_code = sent(&ada, &bob.user.email_id, &ada, &hers);
	his_code = sent(&bob.user.id, &bob.user.email_id, NULL, &his);
	assert_int_equal(enter(&his.id, his_code, NULL, NULL),
	    PTN_PASSCODE_RIGHT);
	assert_int_equal(enter(&hers.id, her_code, &ada, NULL),
	    PTN_PASSCODE_CLAIMED);
	assert_true(
	    rules_event(PTN_EVENT_PASSCODE_FINAL_FAILED, "claimed address"));
	assert_int_equal(rules_sessions(&ada), 0);
	assert_int_equal(rules_addresses(&ada), 1);
}

static void
a_stranger_adds_no_address(void **state)
{
	const struct ptn_uuid ada = rows_user();
	const struct ptn_signup other = signed_up();
	struct ptn_passcode pc;
	const char *code;

	(void)state;
	code = sent(&ada, &other.user.email_id, NULL, &pc);
	assert_int_equal(enter(&pc.id, code, NULL, NULL), PTN_PASSCODE_UNFIT);
	assert_int_equal(rules_addresses(&ada), 1);
	assert_int_equal(rules_sessions(&ada), 0);
}

static void
nothing_without_its_record(void **state)
{
	const struct ptn_signup s = signed_up();
	struct ptn_signin_passcode_ask a = { .user_id = s.user.id,
		.email_id = s.user.email_id };
	struct ptn_signin_passcode p = { .api = PTN_API_HANKO };
	enum ptn_signin_passcode_sent sent_what;
	enum ptn_passcode_result what;
	struct ptn_passcode pc;

	(void)state;
	p.code = sent(&s.user.id, &s.user.email_id, NULL, &pc);
	p.id = pc.id;
	memset(&actor, 0, sizeof(actor));
	rules_record_off();
	assert_int_not_equal(ptn_signin_passcode_send(&scope, &a, &sent_what),
	    PTN_OK);
	assert_int_not_equal(ptn_signin_passcode(&scope, &p, &what), PTN_OK);
	rules_record_on();
	assert_int_not_equal(what, PTN_PASSCODE_RIGHT);
	assert_int_equal(actor.n, 0);
	assert_true(rules_hold("NOT EXISTS (SELECT 1 FROM outbox)"));
	assert_int_equal(rules_sessions(&s.user.id), 0);
	assert_int_equal(rules_addresses(&s.user.id), 0);
	/* The code was used up, as it is by whatever happens behind it. */
	assert_int_equal(enter(&pc.id, p.code, NULL, NULL),
	    PTN_PASSCODE_UNKNOWN);
}

/* What somebody sees who asks, and answers, and what it costs. */
struct seen {
	struct {
		int what;
		uint64_t statements;
	} step[9];
	size_t n;
};

static void
see(struct seen *s, int what, uint64_t before)
{
	s->step[s->n].what = what;
	s->step[s->n++].statements = ptn_db_count(db) - before;
	memset(&actor, 0, sizeof(actor));
}

static void
see_asking(struct seen *s, const struct ptn_uuid *user, struct ptn_passcode *pc)
{
	const uint64_t before = ptn_db_count(db);
	const int what = (int)ask(user, NULL, NULL, pc);

	assert_true(actor.mail_queued);
	assert_null(actor.limit.what);
	assert_int_equal(pc->ttl_s, 300);
	assert_int_not_equal(pc->created_at_us, 0);
	see(s, what, before);
}

static void
see_entering(struct seen *s, const struct ptn_passcode *pc)
{
	const uint64_t before = ptn_db_count(db);

	see(s, (int)enter(&pc->id, "000000", NULL, NULL), before);
}

/* Ask twice, enter what cannot be right, too late at last. */
static void
see_all(struct seen *s, const struct ptn_uuid *user)
{
	struct ptn_passcode first, second;
	int i;

	memset(s, 0, sizeof(*s));
	see_asking(s, user, &first);
	see_asking(s, user, &second);
	see_entering(s, &first);
	for (i = 0; i < 4; i++)
		see_entering(s, &second);
	see_asking(s, user, &first);
	rows_sql("UPDATE passcodes SET expires_at = UTC_TIMESTAMP(6)"
		 " - INTERVAL 1 SECOND");
	see_entering(s, &first);
}

/* That a limit held a mail back is not told by anything that comes after. */
static void
held_back(int64_t mails, int64_t from)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	const struct ptn_outbox_room room = { .all = 9, .codes = 9 };
	struct ptn_outbox_claimed got;
	struct ptn_passcode pc;
	struct seen hers, his;
	size_t i;

	conf.rate_enabled = true;
	conf.rate_mail = mails;
	conf.rate_mail_from = from;
	conf.rate_mail_s = conf.rate_mail_from_s = conf.rate_code_s = 86400;
	conf.rate_code = 100;
	for (i = 0; i < 4; i++)
		(void)ask(&bob, NULL, NULL, &pc);
	(void)ask(&ada, NULL, NULL, &pc);
	assert_int_equal(ptn_outbox_claim(&scope, &room, &got), PTN_OK);
	assert_int_equal(got.n, 5);
	memset(&actor, 0, sizeof(actor));
	see_all(&hers, &ada);
	see_all(&his, &bob);
	assert_int_equal(hers.n, 9);
	for (i = 0; i < hers.n; i++) {
		assert_int_equal(his.step[i].what, hers.step[i].what);
		assert_int_equal(his.step[i].statements,
		    hers.step[i].statements);
	}
	assert_true(rules_rows(&ada, PTN_EVENT_PASSCODE_INIT_OK, 4));
	assert_true(rules_rows(&bob, PTN_EVENT_PASSCODE_INIT_OK, 4));
	assert_true(rules_rows(&bob, PTN_EVENT_PASSCODE_HELD_BACK, 3));
	/* Hers are sent, his are not. */
	assert_int_equal(ptn_outbox_claim(&scope, &room, &got), PTN_OK);
	assert_int_equal(got.n, 3);
}

static void
held_back_is_as_any_other(void **state)
{
	(void)state;
	held_back(4, 100); /* by the mailbox */
}

static void
held_back_of_a_network(void **state)
{
	(void)state;
	held_back(100, 4);
}

/* Who asks again and again, and gets no mail, spoils nobody's code. */
static void
held_back_kills_no_code(void **state)
{
	const struct ptn_uuid bob = rows_user();
	struct ptn_passcode sent, held;
	const char *code;

	(void)state;
	conf.rate_enabled = true;
	conf.rate_mail = 1;
	conf.rate_mail_from = 100;
	conf.rate_mail_s = conf.rate_mail_from_s = 86400;
	(void)ask(&bob, NULL, NULL, &sent);
	code = mailed(NULL);
	(void)ask(&bob, NULL, NULL, &held);
	assert_false(sent.held_back);
	assert_true(held.held_back);
	assert_int_equal(enter(&sent.id, code, NULL, NULL), PTN_PASSCODE_RIGHT);
}

/* A log-in that is a part of something else, which ends like that. */
struct logging_in {
	struct ptn_signin_passcode p;
	enum ptn_passcode_result what;
	enum ptn_err ends;
};

static enum ptn_err
log_in(const struct ptn_scope *sc, void *arg)
{
	struct logging_in *l = arg;
	enum ptn_err r = ptn_signin_passcode_in(sc, &l->p, &l->what);

	return r != PTN_OK ? r : l->ends;
}

static void
judged_elsewhere(void **state)
{
	const struct ptn_user_ref ada =
	    rows_user_of(&tenant, "judged@example.org");
	const struct ptn_user_ref bob =
	    rows_user_of(&tenant, "judging@example.org");
	struct logging_in l = { .p = { .api = PTN_API_HANKO,
				    .passcode = { .user_id = ada.id,
					.email_id = ada.email_id } },
		.ends = PTN_E_DENIED };

	(void)state;
	assert_int_equal(ptn_tx(&scope, log_in, &l), PTN_E_DENIED);
	assert_int_equal(rules_sessions(&ada.id), 0);
	assert_false(rules_event(PTN_EVENT_PASSCODE_FINAL_OK, NULL));
	l.ends = PTN_OK;
	assert_int_equal(ptn_tx(&scope, log_in, &l), PTN_OK);
	assert_int_equal(l.what, PTN_PASSCODE_RIGHT);
	assert_true(ptn_uuid_equal(&l.p.claims.sub, &ada.id));
	assert_true(l.p.claims.email.is_verified);
	assert_int_equal(rules_sessions(&ada.id), 1);
	assert_true(rules_rows(&ada.id, PTN_EVENT_EMAIL_VERIFIED, 1));
	/* An address that is another's by now, and somebody who went. */
	l.p.passcode.email_id = bob.email_id;
	assert_int_equal(ptn_tx(&scope, log_in, &l), PTN_OK);
	assert_int_equal(l.what, PTN_PASSCODE_CLAIMED);
	l.p.passcode.user_id = ptn_uuid_new();
	assert_int_equal(ptn_tx(&scope, log_in, &l), PTN_OK);
	assert_int_equal(l.what, PTN_PASSCODE_NOBODY);
	assert_int_equal(rules_sessions(&ada.id), 1);
	assert_int_equal(rules_sessions(&bob.id), 0);
}

/* May a mail go there? */
static enum ptn_err
mail_to(enum ptn_asker_kind kind, bool told, bool *held)
{
	const struct ptn_limit_on on = { .mailbox = "full@example.org",
		.asker = { .kind = kind, .key = "k" } };

	*held = true;
	return ptn_signin_passcode_mail(&scope, &on, told, held);
}

static void
a_mailbox_that_is_full(void **state)
{
	bool held;
	int i;

	(void)state;
	conf.rate_enabled = true;
	conf.rate_mail = 1;
	conf.rate_mail_from = 100;
	conf.rate_mail_s = conf.rate_mail_from_s = 86400;
	for (i = 0; i < 3; i++) {
		assert_int_equal(mail_to(PTN_ASKER_STRANGER, false, &held),
		    PTN_OK);
		assert_int_equal(held, i > 0);
		assert_null(actor.limit.what);
	}
	assert_int_equal(mail_to(PTN_ASKER_BROWSER, true, &held), PTN_OK);
	assert_false(held);
	assert_int_equal(mail_to(PTN_ASKER_BROWSER, true, &held), PTN_E_RATE);
	assert_false(held);
	assert_int_equal(mail_to(PTN_ASKER_NETWORK, false, &held), PTN_OK);
	assert_false(held);
	assert_int_equal(mail_to(PTN_ASKER_NETWORK, false, &held), PTN_OK);
	assert_true(held);
	/* Where nothing is mailed there is nothing to count. */
	conf.mail_enabled = false;
	assert_int_equal(mail_to(PTN_ASKER_BROWSER, true, &held), PTN_OK);
	assert_false(held);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_sign_up_is_proved, each),
		cmocka_unit_test_setup(a_known_address_is_proved_once, each),
		cmocka_unit_test_setup(nobody_to_send_one_to, each),
		cmocka_unit_test_setup(somebody_else_is_in_the_way, each),
		cmocka_unit_test_setup(without_mail_there_is_a_code, each),
		cmocka_unit_test_setup(wrong_ones_are_noted, each),
		cmocka_unit_test_setup(a_late_one, each),
		cmocka_unit_test_setup(a_right_one_of_another, each),
		cmocka_unit_test_setup(an_address_that_went_to_another, each),
		cmocka_unit_test_setup(a_stranger_adds_no_address, each),
		cmocka_unit_test_setup(nothing_without_its_record, each),
		cmocka_unit_test_setup(held_back_is_as_any_other, each),
		cmocka_unit_test_setup(held_back_of_a_network, each),
		cmocka_unit_test_setup(held_back_kills_no_code, each),
		cmocka_unit_test_setup(judged_elsewhere, each),
		cmocka_unit_test_setup(a_mailbox_that_is_full, each),
	};

	return cmocka_run_group_tests(tests, rules_setup, rows_teardown);
}
