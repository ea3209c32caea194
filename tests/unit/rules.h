#ifndef TEST_RULES_H
#define TEST_RULES_H

/*
 * What a rule is tested with, beside its rows: somebody who acts, the events
 * of it, and a database that does not take their record.
 */

#include "lib/account/email.h"
#include "lib/account/session.h"
#include "lib/event/actor.h"
#include "tests/unit/hashing.h"

static struct ptn_actor actor;

/* How often whoever was known of the user was forgotten (asker.h). */
static inline int64_t
rules_epoch(const struct ptn_uuid *user)
{
	return rows_number("SELECT known_epoch FROM users WHERE id = x'%s'",
	    rows_hex(user));
}

static inline int
rules_setup(void **state)
{
	if (rows_setup(state) != 0)
		return -1;
	conf.allow_signup = true;
	conf.email_verify = true;
	conf.email_limit = 2;
	conf.session_limit = 5;
	conf.session_lifespan_s = 3600;
	conf.passcode_ttl_s = 300;
	conf.service_name = "Postern";
	conf.audit_rows = true;
	scope.actor = &actor;
	return 0;
}

/* The same, for rules that hash: at little cost. */
static inline int
rules_setup_hashing(void **state)
{
	if (rules_setup(state) != 0)
		return -1;
	hashing_cheap();
	conf.password_min = 8;
	conf.password_end_sessions = true;
	return hashing_open();
}

static inline int
rules_each(void **state)
{
	memset(&actor, 0, sizeof(actor));
	return rows_each(state);
}

/* Does a condition, in SQL, hold? */
static inline bool
rules_hold(const char *condition)
{
	const char *sql = ptn_arena_printf(arena,
	    "BEGIN NOT ATOMIC IF NOT (%s) THEN "
	    "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'it does not hold'; "
	    "END IF; END",
	    condition);

	assert_non_null(sql);
	return ptn_db_script(admin, sql, strlen(sql)) == PTN_OK;
}

static inline int64_t
rules_addresses(const struct ptn_uuid *user)
{
	int64_t n = -1;

	assert_int_equal(ptn_email_count(&scope, user, &n), PTN_OK);
	return n;
}

static inline size_t
rules_sessions(const struct ptn_uuid *user)
{
	struct ptn_session_row *rows;
	size_t n = 0;

	assert_int_equal(ptn_sessions_of(&scope, user, &rows, &n), PTN_OK);
	return n;
}

/* Of the table of events: which are changes, and what they are called. */
#define CHANGE true
#define NOTED false
#define SIGNAL false
static const bool rules_changes[PTN_EVENT__MAX] = {
	[PTN_EVENT_NONE] = false,
#define PTN_EVENT(name, kind, type, notice, told, webhook, metric)             \
	[PTN_EVENT_##name] = (kind),
#include "lib/event/event.def"
#undef PTN_EVENT
};
#undef CHANGE
#undef NOTED
#undef SIGNAL
static const char *const rules_types[PTN_EVENT__MAX] = {
	[PTN_EVENT_NONE] = "none",
#define PTN_EVENT(name, kind, type, notice, told, webhook, metric)             \
	[PTN_EVENT_##name] = type,
#include "lib/event/event.def"
#undef PTN_EVENT
};

/*
 * Has an event happened since the test began, with that detail?  One that
 * changed something has its row by now; one that did not has none yet.
 */
static inline bool
rules_event(enum ptn_event e, const char *detail)
{
	size_t i;

	for (i = 0; i < actor.n; i++)
		if (actor.log[i].event == e &&
		    actor.log[i].written == rules_changes[e] &&
		    (detail == NULL ? actor.log[i].entry.detail == NULL
				    : actor.log[i].entry.detail != NULL &&
				strcmp(actor.log[i].entry.detail, detail) == 0))
			return true;
	return false;
}

/* The row of an event of a user, as often as it is said. */
static inline bool
rules_rows(const struct ptn_uuid *user, enum ptn_event e, int n)
{
	return rules_hold(ptn_arena_printf(arena,
	    "(SELECT COUNT(*) FROM audit_logs WHERE type = '%s' AND"
	    " actor_user_id = X'%s') = %d",
	    rules_types[e], rows_hex(user), n));
}

/* Nothing can be recorded between these two. */
static inline void
rules_record_off(void)
{
	rows_sql("RENAME TABLE audit_logs TO audit_logs_away");
}

static inline void
rules_record_on(void)
{
	rows_sql("RENAME TABLE audit_logs_away TO audit_logs");
}

#endif
