/* What happens is on record: with the change or not at all, and once. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/event/actor.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"
#include "lib/format/json.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define LINES_MAX 16
#define TEXT_MAX 16384
#define TYPE_MAX 64 /* the column */

static struct ptn_actor actor;

static int
each(void **state)
{
	static const struct ptn_actor nobody;

	(void)rows_each(state);
	actor = nobody;
	scope.actor = &actor;
	conf.audit_rows = conf.audit_lines = conf.mail_enabled = true;
	conf.audit_mask = false;
	conf.audit_output = PTN_AUDIT_STDERR;
	rows_sql("DELETE FROM audit_logs");
	rows_sql("DELETE FROM outbox");
	return 0;
}

static int
rows_now(void)
{
	return rows_number("SELECT COUNT(*) FROM audit_logs");
}

/* What is written to a descriptor meanwhile. */
struct tap {
	int fd, saved;
	FILE *file;
};

static void
tap_open(struct tap *t, int fd)
{
	t->fd = fd;
	t->file = tmpfile();
	assert_non_null(t->file);
	t->saved = dup(fd);
	assert_true(t->saved >= 0 && dup2(fileno(t->file), fd) == fd);
}

static const char *
tap_close(struct tap *t)
{
	char *text = ptn_arena_alloc(arena, TEXT_MAX);
	size_t n;

	assert_non_null(text);
	assert_int_equal(dup2(t->saved, t->fd), t->fd);
	(void)close(t->saved);
	rewind(t->file);
	n = fread(text, 1, TEXT_MAX - 1, t->file);
	(void)fclose(t->file);
	text[n] = '\0';
	return text;
}

/* How many lines of a text hold something. */
static int
count(const char *text, const char *what)
{
	int n = 0;

	while ((text = strstr(text, what)) != NULL) {
		text += strlen(what);
		n++;
	}
	return n;
}

/* The lines that settling writes to a descriptor. */
static const char *
settled(int fd)
{
	struct tap t;
	const char *text;
	enum ptn_err r;

	tap_open(&t, fd);
	r = ptn_events_settle(&scope);
	text = tap_close(&t);
	assert_int_equal(r, PTN_OK);
	assert_int_equal(actor.n, 0);
	return text;
}

static int
lines_now(void)
{
	return count(settled(STDERR_FILENO), "\"audience\":\"audit\"");
}

/* A member of the one line there is, or NULL. */
static const char *
member_of(const char *line, const char *name)
{
	struct ptn_json *v = NULL;
	const char *why, *text;

	assert_int_equal(ptn_json_parse(ptn_bytes_of(line), 2, &v, &why),
	    PTN_OK);
	text = ptn_json_text(arena, ptn_json_get(v, name));
	ptn_json_free(&v);
	return text;
}

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

/* ---------------------------------------------------------------- who acts */

#define AS16 "aaaaaaaaaaaaaaaa"
#define AS64 AS16 AS16 AS16 AS16
#define AS250 AS64 AS64 AS64 AS16 AS16 AS16 "aaaaaaaaaa"

/* Both, of an event that has just been settled. */
static void
assert_written(const char *column, const char *member, const char *what)
{
	const char *line, *rows;

	ptn_event_note(&scope, PTN_EVENT_RATE_LIMITED,
	    strcmp(column, "error") == 0 ? actor.user_agent : NULL);
	line = settled(STDERR_FILENO);
	rows = rows_text("SELECT %s FROM audit_logs", column);
	if (what == NULL) {
		assert_string_equal(rows, "NULL\n");
		assert_null(member_of(line, member));
	} else {
		assert_string_equal(rows,
		    ptn_arena_printf(arena, "%s\n", what));
		assert_string_equal(member_of(line, member), what);
	}
	rows_sql("DELETE FROM audit_logs");
}

/* Nothing that a request brings along refuses its record. */
#define AS1000 AS250 AS250 AS250 AS250
#define LABEL "ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd."

/* The most that anybody can say of themselves, and not all of it in UTF-8. */
static const struct {
	const char *agent, *request_id, *ip, *email, *detail;
} hostile[] = {
	{ AS250 "aaaaaa", AS64 "b", "192.0.2.1", "a@b.example", AS250 AS250 },
	{ AS1000 AS1000 AS1000 AS1000 AS1000, AS250,
	    "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255%eth0",
	    "a@" LABEL LABEL LABEL LABEL "exampleexamp", AS1000 },
	{ "\xff\xfe\xc3(\xf5\x80\x80\x80\xed\xa0\x80", "\xc3", "\xff",
	    "\xff@\xc3.example", "\xe2\x82" },
	{ "\xf0\x9f\x98\x80", "\x01\x1b[2J", "", "\xc3\xa9@\xc3\xa9.example",
	    "'; DROP TABLE audit_logs; --" },
};

struct recording {
	enum ptn_event e;
	bool notice;
	const char *detail;
};

static enum ptn_err
record_one(const struct ptn_scope *sc, void *arg)
{
	const struct recording *t = arg;
	const struct ptn_notice_to to = { .address = "jo@example.org",
		.username = "jo",
		.service = "Example" };

	return t->notice ? ptn_event_tell(sc, t->e, &to)
			 : ptn_event(sc, t->e, t->detail);
}

#define CHANGE true
#define NOTED false
/* Whatever happens, and whatever a client says of itself: it is on record. */
static void
every_event_is_on_record(void **state)
{
	static const struct {
		bool change, notice;
	} all[PTN_EVENT__MAX] = {
		[PTN_EVENT_NONE] = { false, false },
#define PTN_EVENT(name, kind, type, notice, webhook, metric)                   \
	[PTN_EVENT_##name] = { kind, PTN_NOTICE_##notice != PTN_NOTICE_NONE },
#include "lib/event/event.def"
#undef PTN_EVENT
	};
#undef CHANGE
#undef NOTED
	struct recording t;
	size_t i;
	int e;

	(void)state;
	for (i = 0; i < N(hostile); i++) {
		actor.user_agent = hostile[i].agent;
		actor.request_id = hostile[i].request_id;
		actor.ip = hostile[i].ip;
		actor.email = hostile[i].email;
		conf.audit_mask = i % 2 == 0;
		for (e = 1; e < PTN_EVENT__MAX; e++) {
			t = (struct recording){ (enum ptn_event)e,
				all[e].notice, hostile[i].detail };
			if (all[e].change)
				assert_int_equal(ptn_tx(&scope, record_one, &t),
				    PTN_OK);
			else
				ptn_event_note(&scope, t.e, t.detail);
			assert_int_equal(ptn_events_settle(&scope), PTN_OK);
			ptn_arena_reset(arena);
		}
		assert_int_equal(rows_now(),
		    (int)(i + 1) * (PTN_EVENT__MAX - 1));
	}
}

static void
texts_are_made_to_fit(void **state)
{
	static const struct {
		const char *in, *out;
	} agents[] = {
		{ NULL, NULL },
		{ "", "" },
		{ "probe/1", "probe/1" },
		{ AS250 "bbbbb", AS250 "bbbbb" },
		{ AS250 "bbbbbb", AS250 "bbbbb" },
		{ AS250 AS250, AS250 "aaaaa" },
		/* A character is whole, or not there. */
		{ AS250 "bbb\xc3\xa9", AS250 "bbb\xc3\xa9" },
		{ AS250 "bbbb\xc3\xa9", AS250 "bbbb" },
		{ AS250 "bb\xf0\x9f\x98\x80", AS250 "bb" },
		{ "\xe2\x82\xac\xff\xc3", "\xe2\x82\xac??" },
		{ AS250 "bbb\xff\xff\xff", AS250 "bbb??" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(agents); i++) {
		actor.user_agent = agents[i].in;
		assert_written("user_agent", "user_agent", agents[i].out);
		assert_written("error", "error", agents[i].out);
	}
	actor.request_id = AS64 "b";
	assert_written("http_request_id", "http_request_id", AS64);
	actor.ip = AS16 AS16 "abcdefabcdefabcdef";
	assert_written("source_ip", "source_ip", AS16 AS16 "abcdefabcdefa");
	actor.operator_name = AS64 "b";
	assert_written("actor_operator", "operator", AS64);
}

/* Five stars make the longest address longer than its column. */
static void
addresses_are_masked(void **state)
{
	const char *domain = AS64 AS64 AS64 AS16 AS16 AS16 "aaaaaa.xy";
	const char *whole = ptn_arena_printf(arena, "ab@%s", domain);
	const char *masked = ptn_arena_printf(arena, "a*****@%s", domain);

	(void)state;
	actor.email = "abcdefgh@example.org";
	assert_written("actor_email", "user_email", "abcdefgh@example.org");
	conf.audit_mask = true;
	assert_written("actor_email", "user_email", "abc*****@example.org");
	actor.email = whole;
	assert_int_equal(strlen(masked), strlen(whole) + 4);
	assert_true(strlen(whole) <= 254 && strlen(masked) > 254);
	assert_written("actor_email", "user_email",
	    ptn_arena_strndup(arena, masked, 254));
	conf.audit_mask = false;
	assert_written("actor_email", "user_email", whole);
}

static enum ptn_err
end_account(const struct ptn_scope *sc, void *arg)
{
	return ptn_event_about(sc, PTN_EVENT_SERVICE_ACCOUNT_REVOKED, arg);
}

/* A command: who gave it, of which tenant, and to whom it was done. */
static void
an_operator(void **state)
{
	struct ptn_uuid who = ptn_uuid_new();
	char tenant_text[PTN_UUID_STR], who_text[PTN_UUID_STR];
	const char *line;

	(void)state;
	ptn_uuid_format(&tenant, tenant_text);
	ptn_uuid_format(&who, who_text);
	actor.operator_name = "alice";
	/* Its own output is what was asked for, whatever is configured. */
	conf.audit_output = PTN_AUDIT_STDOUT;
	assert_int_equal(ptn_tx(&scope, end_account, &who), PTN_OK);
	line = settled(STDERR_FILENO);
	assert_string_equal(member_of(line, "type"), "service_account_revoked");
	assert_string_equal(member_of(line, "operator"), "alice");
	assert_string_equal(member_of(line, "tenant_id"), tenant_text);
	assert_string_equal(member_of(line, "subject_id"), who_text);
	assert_int_equal(count(line, "user_agent"), 0);
	assert_string_equal(
	    rows_text("SELECT actor_operator, LOWER(HEX(subject_user_id)),"
		      " LOWER(HEX(tenant_id)), actor_user_id FROM audit_logs"),
	    ptn_arena_printf(arena, "alice\t%s\t%s\tNULL\n", rows_hex(&who),
		rows_hex(&tenant)));
}

/* A request: its lines go where the configuration says. */
static void
a_request(void **state)
{
	char text[PTN_UUID_STR];
	const char *line;

	(void)state;
	conf.audit_output = PTN_AUDIT_STDOUT;
	actor.user_id = ptn_uuid_new();
	ptn_uuid_format(&actor.user_id, text);
	ptn_event_note(&scope, PTN_EVENT_RATE_LIMITED, NULL);
	line = settled(STDOUT_FILENO);
	assert_int_equal(count(line, "\n"), 1);
	assert_string_equal(member_of(line, "user_id"), text);
	assert_int_equal(count(line, "operator"), 0);
	assert_int_equal(count(line, "\"http_request_id\":null"), 1);
	assert_string_equal(
	    rows_text("SELECT LOWER(HEX(actor_user_id)), subject_user_id"
		      " FROM audit_logs"),
	    ptn_arena_printf(arena, "%s\tNULL\n", rows_hex(&actor.user_id)));
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
};

static enum ptn_err
tell(const struct ptn_scope *sc, void *arg)
{
	const struct telling *t = arg;
	enum ptn_err r;

	r = ptn_event_tell(sc, PTN_EVENT_DFNS_RECOVERY_OK, &t->to);
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
			cases[i].end };
		assert_int_equal(ptn_tx(&scope, tell, &t), (int)cases[i].end);
		assert_int_equal(rows_number("SELECT COUNT(*) FROM outbox"),
		    cases[i].mails);
		assert_int_equal(rows_now(), cases[i].rows);
		assert_int_equal(lines_now(), cases[i].rows);
		if (cases[i].mails > 0)
			assert_true(actor.mail_queued);
	}
}

/* --------------------------------------------------------------- the table */

/* Readers of the log tell events by their type; the compiler sees the rest. */
static void
the_table(void **state)
{
	static const char *const types[] = {
#define PTN_EVENT(name, kind, type, notice, webhook, metric) type,
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
		T(every_event_is_on_record),
		T(texts_are_made_to_fit),
		T(addresses_are_masked),
		T(an_operator),
		T(a_request),
		T(nobody),
		T(who_gets_a_notice),
		T(the_table),
		T(wrong_calls),
	};

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
