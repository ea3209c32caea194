/* What happens is on record: with the change or not at all, and once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/event.h" /* $POSTERN_TEST_DB */

/* ------------------------------------------------- with the change, or not */

struct doing {
	int events;
	enum ptn_err end;
	int runs;
};

/* A user who comes, and so many events. */
static enum ptn_err
act(const struct ptn_scope *sc, void *arg)
{
	static int n;
	struct doing *d = arg;
	struct ptn_user_ref user;
	enum ptn_err r = PTN_OK;
	int i;

	d->runs++;
	for (i = 0; r == PTN_OK && i < d->events; i++)
		r = ptn_event(sc, PTN_EVENT_USER_CREATED, NULL);
	if (r == PTN_OK)
		r = ptn_user_sign_up(sc,
		    ptn_arena_printf(arena, "act%d@example.org", ++n),
		    PTN_USER_OWNS, &user);
	return r == PTN_OK ? d->end : r;
}

static int
users_now(void)
{
	return rows_number("SELECT COUNT(*) FROM users");
}

static void
with_the_change(void **state)
{
	struct doing d = { .events = 1 };
	const int before = users_now();

	(void)state;
	assert_int_equal(ptn_tx(&scope, act, &d), PTN_OK);
	assert_int_equal(users_now(), before + 1);
	assert_int_equal(rows_now(), 1);
	assert_int_equal(lines_now(), 1);
	assert_int_equal(lines_now(), 0);
	assert_int_equal(rows_now(), 1);
}

static void
or_neither(void **state)
{
	struct doing d = { .events = 2, .end = PTN_E_DENIED };
	const int before = users_now();

	(void)state;
	ptn_event_note(&scope, PTN_EVENT_RATE_LIMITED, NULL);
	assert_int_equal(ptn_tx(&scope, act, &d), PTN_E_DENIED);
	assert_int_equal(users_now(), before);
	assert_int_equal(rows_now(), 0);
	/* What was noted before it stays. */
	assert_int_equal(actor.n, 1);
	assert_int_equal(lines_now(), 1);
	assert_int_equal(rows_now(), 1);
}

/* That an id is taken is no conflict of whoever asked for the change. */
static void
a_row_that_is_taken(void **state)
{
	struct doing d = { .events = 2 };
	const int before = users_now();

	(void)state;
	rows_sql("ALTER TABLE audit_logs ADD UNIQUE KEY taken (type)");
	assert_int_equal(ptn_tx(&scope, act, &d), PTN_E_INTERNAL);
	assert_int_equal(d.runs, 1);
	assert_int_equal(users_now(), before);
	assert_int_equal(rows_now(), 0);
	ptn_event_note(&scope, PTN_EVENT_RATE_LIMITED, NULL);
	ptn_event_note(&scope, PTN_EVENT_RATE_LIMITED, NULL);
	assert_int_equal(ptn_events_settle(&scope), PTN_E_INTERNAL);
	rows_sql("ALTER TABLE audit_logs DROP KEY taken");
}

/* The first run is told that it lost a deadlock. */
static void
once_though_run_twice(void **state)
{
	struct doing d = { .events = 1 };
	const int before = users_now();

	(void)state;
	rows_sql("CREATE TRIGGER loses BEFORE INSERT ON users FOR EACH ROW "
		 "IF @lost IS NULL THEN SET @lost = 1; "
		 "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213; END IF");
	assert_int_equal(ptn_tx(&scope, act, &d), PTN_OK);
	rows_sql("DROP TRIGGER loses");
	assert_int_equal(d.runs, 2);
	assert_int_equal(users_now(), before + 1);
	assert_int_equal(rows_now(), 1);
	assert_int_equal(lines_now(), 1);
}

static void
noted_is_written_in_the_end(void **state)
{
	(void)state;
	ptn_event_note(&scope, PTN_EVENT_PASSWORD_LOGIN_FAILED, "wrong");
	assert_int_equal(rows_now(), 0);
	assert_string_equal(member_of(settled(STDERR_FILENO), "error"),
	    "wrong");
	assert_string_equal(rows_text("SELECT type, error FROM audit_logs"),
	    "password_login_failed\twrong\n");
}

/* No more lines than there is room for, and the log says so; all rows. */
static void
more_than_there_is_room_for(void **state)
{
	struct doing d = { .events = PTN_EVENTS_MAX + 1 };
	struct tap t;

	(void)state;
	tap_open(&t, STDERR_FILENO);
	assert_int_equal(ptn_tx(&scope, act, &d), PTN_OK);
	assert_int_equal(count(tap_close(&t), "no room"), 1);
	assert_int_equal(rows_now(), PTN_EVENTS_MAX + 1);
	assert_int_equal(lines_now(), PTN_EVENTS_MAX);
}

static void
switched_off(void **state)
{
	struct doing d = { .events = 1 };

	(void)state;
	conf.audit_rows = false;
	assert_int_equal(ptn_tx(&scope, act, &d), PTN_OK);
	assert_int_equal(ptn_event(&scope, PTN_EVENT_USER_CREATED, NULL),
	    PTN_OK);
	ptn_event_note(&scope, PTN_EVENT_RATE_LIMITED, NULL);
	assert_int_equal(lines_now(), 3);
	assert_int_equal(rows_now(), 0);
	conf.audit_rows = true;
	conf.audit_lines = false;
	assert_int_equal(ptn_tx(&scope, act, &d), PTN_OK);
	assert_string_equal(settled(STDERR_FILENO), "");
	assert_int_equal(rows_now(), 1);
}

/* Nobody acts: a row, of which nothing is to be settled. */
static void
nobody(void **state)
{
	struct doing d = { .events = 1 };

	(void)state;
	scope.actor = NULL;
	assert_int_equal(ptn_tx(&scope, act, &d), PTN_OK);
	ptn_event_note(&scope, PTN_EVENT_RATE_LIMITED, NULL);
	assert_string_equal(
	    rows_text("SELECT type, source_ip, actor_user_id FROM audit_logs"),
	    "user_created\tNULL\tNULL\n");
}

/* ----------------------------------------------------------------- notices */

struct telling {
	struct ptn_notice_to to;
	enum ptn_err end;
	enum ptn_event event;
};

static enum ptn_err
tell(const struct ptn_scope *sc, void *arg)
{
	const struct telling *t = arg;
	enum ptn_err r;

	r = ptn_event_tell(sc, t->event, &t->to);
	return r == PTN_OK ? t->end : r;
}

static void
who_gets_a_notice(void **state)
{
	static const struct {
		const char *address;
		bool verified, enabled;
		enum ptn_err end;
		int mails, rows;
	} cases[] = {
		{ "jo@example.org", true, true, PTN_OK, 1, 1 },
		{ "jo@example.org", false, true, PTN_OK, 0, 1 },
		{ NULL, true, true, PTN_OK, 0, 1 },
		{ "jo@example.org", true, false, PTN_OK, 0, 1 },
		{ "jo@example.org", true, true, PTN_E_DENIED, 0, 0 },
	};
	struct telling t;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		(void)each(state);
		conf.mail_enabled = cases[i].enabled;
		t = (struct telling){ { .address = cases[i].address,
					  .verified = cases[i].verified,
					  .username = "jo" },
			cases[i].end, PTN_EVENT_DFNS_RECOVERY_OK };
		assert_int_equal(ptn_tx(&scope, tell, &t), (int)cases[i].end);
		assert_int_equal(rows_number("SELECT COUNT(*) FROM outbox"),
		    cases[i].mails);
		assert_int_equal(rows_now(), cases[i].rows);
		assert_int_equal(lines_now(), cases[i].rows);
		if (cases[i].mails > 0)
			assert_true(actor.mail_queued);
	}
}

/* Of the table of events: those that somebody is to be told of. */
static const struct {
	enum ptn_event event;
	bool notice;
} all[] = {
#define PTN_EVENT(name, kind, type, notice, told, webhook, metric)             \
	{ PTN_EVENT_##name, PTN_NOTICE_##notice != PTN_NOTICE_NONE },
#include "lib/event/event.def"
#undef PTN_EVENT
};

#define NO_SWITCH SIZE_MAX
static size_t
switch_of(enum ptn_event e)
{
	static const struct {
		enum ptn_event event;
		size_t on;
	} cases[] = {
#define ON(event, member)                                                      \
	{ PTN_EVENT_##event, offsetof(struct ptn_conf, member) }
		ON(PASSWORD_SET_OK, notice_password),
		ON(PRIMARY_EMAIL_CHANGED, notice_primary),
		ON(EMAIL_CREATED, notice_email_created),
		ON(EMAIL_VERIFIED, notice_email_created),
		ON(EMAIL_DELETED, notice_email_deleted),
		ON(REGISTRATION_FINAL_OK, notice_passkey),
		ON(OTP_CREATED, notice_mfa_created),
		ON(OTP_DELETED, notice_mfa_deleted),
		ON(SECURITY_KEY_CREATED, notice_mfa_created),
		ON(SECURITY_KEY_DELETED, notice_mfa_deleted),
		ON(OPERATOR_ADDED, notice_operator),
		ON(OPERATOR_LOGIN_OK, notice_operator),
#undef ON
		{ PTN_EVENT_PASSWORD_DELETED, NO_SWITCH },
		{ PTN_EVENT_CREDENTIAL_UPDATED, NO_SWITCH },
		{ PTN_EVENT_CREDENTIAL_DELETED, NO_SWITCH },
		{ PTN_EVENT_CREDENTIAL_ADMITTED, NO_SWITCH },
		{ PTN_EVENT_MEMBER_MOVED, NO_SWITCH },
		{ PTN_EVENT_DFNS_REGISTRATION_OK, NO_SWITCH },
		{ PTN_EVENT_DFNS_RECOVERY_OK, NO_SWITCH },
		{ PTN_EVENT_DFNS_CREDENTIAL_CREATED, NO_SWITCH },
		{ PTN_EVENT_DFNS_CREDENTIAL_CHANGED, NO_SWITCH },
		{ PTN_EVENT_DFNS_CREDENTIAL_DELETED, NO_SWITCH },
		{ PTN_EVENT_PAT_CREATED, NO_SWITCH },
		{ PTN_EVENT_PAT_CHANGED, NO_SWITCH },
		{ PTN_EVENT_PAT_ACTIVATED, NO_SWITCH },
		{ PTN_EVENT_PAT_DEACTIVATED, NO_SWITCH },
		{ PTN_EVENT_PAT_ARCHIVED, NO_SWITCH },
	};
	size_t i;

	for (i = 0; i < N(cases); i++)
		if (cases[i].event == e)
			return cases[i].on;
	fail_msg("event %d: may its notice be switched off?", e);
	return NO_SWITCH;
}

/* What may be switched off is on record all the same, and nothing else is. */
static void
who_is_told_by_switches(void **state)
{
	static const size_t switches[] = {
		offsetof(struct ptn_conf, notice_password),
		offsetof(struct ptn_conf, notice_primary),
		offsetof(struct ptn_conf, notice_email_created),
		offsetof(struct ptn_conf, notice_email_deleted),
		offsetof(struct ptn_conf, notice_passkey),
		offsetof(struct ptn_conf, notice_mfa_created),
		offsetof(struct ptn_conf, notice_mfa_deleted),
		offsetof(struct ptn_conf, notice_operator),
	};
	struct telling t = { { .address = "jo@example.org", .verified = true,
				 .username = "jo" },
		PTN_OK, PTN_EVENT_NONE };
	size_t i, k;
	bool *on;

	for (i = 0; i < N(all); i++)
		for (k = 0; all[i].notice && k < N(switches); k++) {
			(void)each(state);
			on = (bool *)((char *)&conf + switches[k]);
			t.event = all[i].event;
			*on = false;
			assert_int_equal(ptn_tx(&scope, tell, &t), PTN_OK);
			assert_int_equal(
			    rows_number("SELECT COUNT(*) FROM outbox"),
			    switch_of(t.event) == switches[k] ? 0 : 1);
			assert_int_equal(rows_now(), 1);
			*on = true;
		}
}

/* --------------------------------------------------------------- the table */

/* Readers of the log tell events by their type; the compiler sees the rest. */
static void
the_table(void **state)
{
	static const char *const types[] = {
#define PTN_EVENT(name, kind, type, notice, told, webhook, metric) type,
#include "lib/event/event.def"
#undef PTN_EVENT
	};
	size_t i, j;

	(void)state;
	assert_int_equal(N(types), PTN_EVENT__MAX - 1);
	for (i = 0; i < N(types); i++) {
		assert_in_range(strlen(types[i]), 1, TYPE_MAX);
		assert_int_equal(
		    strspn(types[i], "abcdefghijklmnopqrstuvwxyz_"),
		    strlen(types[i]));
		for (j = 0; j < i; j++)
			assert_string_not_equal(types[i], types[j]);
	}
}

static void
change_outside(void)
{
	(void)!ptn_event(&scope, PTN_EVENT_USER_CREATED, NULL);
}

static void
noted_as_change(void)
{
	conf.audit_rows = false;
	(void)!ptn_event(&scope, PTN_EVENT_RATE_LIMITED, NULL);
}

static void
none_as_change(void)
{
	conf.audit_rows = false;
	(void)!ptn_event(&scope, PTN_EVENT_NONE, NULL);
}

static void
notice_forgotten(void)
{
	conf.audit_rows = false;
	(void)!ptn_event(&scope, PTN_EVENT_DFNS_RECOVERY_OK, NULL);
}

static void
notice_forgotten_about(void)
{
	conf.audit_rows = false;
	(void)!ptn_event_about(&scope, PTN_EVENT_DFNS_RECOVERY_OK, &tenant);
}

static void
notice_of_nothing(void)
{
	static const struct ptn_notice_to to;

	conf.audit_rows = false;
	(void)!ptn_event_tell(&scope, PTN_EVENT_USER_CREATED, &to);
}

static void
none_as_noted(void)
{
	ptn_event_note(&scope, PTN_EVENT_NONE, NULL);
}

/* A call that breaks its contract ends the process. */
static void
wrong_calls(void **state)
{
	static void (*const wrong[])(void) = { change_outside, noted_as_change,
		none_as_change, notice_forgotten, notice_forgotten_about,
		notice_of_nothing, none_as_noted };
	int status;
	size_t i;

	(void)state;
	for (i = 0; i < N(wrong); i++) {
		if (fork() == 0) {
			(void)signal(SIGABRT, SIG_DFL);
			(void)close(STDERR_FILENO);
			wrong[i]();
			_exit(0);
		}
		assert_true(wait(&status) > 0);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
			fail_msg("call %zu was let through", i);
	}
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(with_the_change),
		T(or_neither),
		T(a_row_that_is_taken),
		T(once_though_run_twice),
		T(noted_is_written_in_the_end),
		T(more_than_there_is_room_for),
		T(switched_off),
		T(nobody),
		T(who_gets_a_notice),
		T(who_is_told_by_switches),
		T(the_table),
		T(wrong_calls),
	};

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
