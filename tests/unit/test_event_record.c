/* What a record says: of whatever happens, by whom, and in its columns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/event.h" /* $POSTERN_TEST_DB */

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

enum kind { NOTED, CHANGE, SIGNAL };
/* Whatever happens, and whatever a client says of itself: it is on record. */
static void
every_event_is_on_record(void **state)
{
	static const struct {
		enum kind kind;
		bool notice;
	} all[PTN_EVENT__MAX] = {
		[PTN_EVENT_NONE] = { NOTED, false },
#define PTN_EVENT(name, kind, type, notice, told, webhook, metric)             \
	[PTN_EVENT_##name] = { kind, PTN_NOTICE_##notice != PTN_NOTICE_NONE },
#include "lib/event/event.def"
#undef PTN_EVENT
	};
	struct recording t;
	size_t i;
	int e, n = 0;

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
			n += all[e].kind != SIGNAL;
			if (all[e].kind == SIGNAL)
				continue;
			if (all[e].kind == CHANGE)
				assert_int_equal(ptn_tx(&scope, record_one, &t),
				    PTN_OK);
			else
				ptn_event_note(&scope, t.e, t.detail);
			assert_int_equal(ptn_events_settle(&scope), PTN_OK);
			ptn_arena_reset(arena);
		}
		assert_int_equal(rows_now(), n);
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

static enum ptn_err
rename_user(const struct ptn_scope *sc, void *arg)
{
	ptn_actor_is(sc, arg, "ada@example.org");
	return ptn_event(sc, PTN_EVENT_USERNAME_CHANGED, NULL);
}

/* By a request: it is one, and by a rule that names nobody else. */
static void
a_key(void **state)
{
	struct ptn_uuid who = ptn_uuid_new();
	char who_text[PTN_UUID_STR];
	const char *line;

	(void)state;
	ptn_uuid_format(&who, who_text);
	actor.operator_name = "key:alice";
	actor.request_id = "r1";
	conf.audit_output = PTN_AUDIT_STDOUT;
	assert_int_equal(ptn_tx(&scope, rename_user, &who), PTN_OK);
	line = settled(STDOUT_FILENO);
	assert_string_equal(member_of(line, "operator"), "key:alice");
	assert_string_equal(member_of(line, "subject_id"), who_text);
	assert_string_equal(member_of(line, "http_request_id"), "r1");
	assert_int_equal(count(line, "user_id"), 0);
	assert_int_equal(count(line, "user_email"), 0);
	assert_string_equal(
	    rows_text("SELECT actor_operator, LOWER(HEX(subject_user_id)),"
		      " http_request_id, actor_user_id FROM audit_logs"),
	    ptn_arena_printf(arena, "key:alice\t%s\tr1\tNULL\n",
		rows_hex(&who)));
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

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_event_is_on_record),
		T(texts_are_made_to_fit),
		T(addresses_are_masked),
		T(an_operator),
		T(a_key),
		T(a_request),
	};

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
