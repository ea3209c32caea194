/* Log-ins by the Dfns API: who gets a challenge, and who a session. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/array.h"
#include "lib/dfns/login.h"
#include "tests/unit/dfns_client.h" /* $POSTERN_TEST_DB */

static struct client client;
static struct ptn_member m;
static const char *org;

static int
each(void **state)
{
	(void)client_each(state);
	rows_sql("UPDATE tenants SET active = 1");
	client = client_new();
	m = client_member(PTN_EMPLOYEE, &client, PTN_CRED_KEY);
	org = client_org(&tenant);
	return 0;
}

static struct ptn_dfns_login_start
start(const char *username, const char *code, enum ptn_err want)
{
	struct ptn_scope at = scope;
	struct ptn_dfns_login_start l = { .org = org, .username = username };

	if (code != NULL)
		l.code = ptn_bytes_of(code);
	assert_int_equal(ptn_dfns_login_start(&at, &l), want);
	return l;
}

/* The answer to a challenge, as the wire reads it. */
static enum ptn_err
answer(const struct ptn_dfns_login_start *l, const char *signed_,
    struct ptn_dfns_login *out)
{
	struct ptn_scope at = scope;
	enum ptn_err r;

	*out = (struct ptn_dfns_login){ .an = { .nfactors = 1 } };
	out->an.factor[0] = client_sign(&client, PTN_CRED_KEY, signed_);
	r = ptn_dfns_answer_take(&at, ptn_bytes_of(l->ch.identifier),
	    PTN_DFNS_CEREMONY_LOGIN, &out->an);
	return r == PTN_OK ? ptn_dfns_login_finish(&at, out) : r;
}

static void
logs_in_once(void **state)
{
	const struct ptn_dfns_login_start l = start(m.username, NULL, PTN_OK);
	struct ptn_dfns_login k;

	(void)state;
	assert_true(l.who.known);
	assert_int_equal(l.ch.signers.n, 1);
	assert_int_equal(actor.n, 0);
	assert_int_equal(answer(&l, l.ch.challenge, &k), PTN_OK);
	client_recorded(PTN_EVENT_DFNS_LOGIN_OK);
	assert_true(ptn_uuid_equal(&actor.user_id, &m.id));
	assert_non_null(k.token);
	assert_int_equal(ptn_session_end(&scope, &m.id, &k.claims.session_id,
			     PTN_EVENT_SESSION_REVOKED),
	    PTN_OK);
	/* The challenge has gone. */
	assert_int_equal(answer(&l, l.ch.challenge, &k), PTN_E_DENIED);
	assert_int_equal(k.an.denial.reason, PTN_DFNS_BAD_CHALLENGE);
	assert_int_equal(actor.n, 0);
}

static void
signs_something_else(void **state)
{
	const struct ptn_dfns_login_start l = start(m.username, NULL, PTN_OK);
	struct ptn_dfns_login k;

	(void)state;
	assert_int_equal(answer(&l, "Y2g", &k), PTN_E_DENIED);
	assert_int_equal(k.an.denial.reason, PTN_DFNS_NOT_PROVED);
	assert_string_equal(k.an.denial.detail, "challenge");
	assert_int_equal(actor.n, 0);
	/* One try. */
	assert_int_equal(answer(&l, l.ch.challenge, &k), PTN_E_DENIED);
	assert_int_equal(k.an.denial.reason, PTN_DFNS_BAD_CHALLENGE);
}

/* Who cannot log in gets a challenge for the same statements. */
static void
unable_ones(void **state)
{
	static const char *const made[] = {
		"UPDATE members SET active = 0",
		"UPDATE members SET active = 1, registered = 0",
		"UPDATE members SET registered = 1,"
		" archived_at = UTC_TIMESTAMP(6)",
		"UPDATE members SET archived_at = NULL, service_account = 1",
		"UPDATE members, key_credentials SET service_account = 0,"
		" key_credentials.active = 0",
		"UPDATE tenants SET active = 0",
	};
	static const enum ptn_dfns_denial_reason documented[] = {
		PTN_DFNS_DEACTIVATED,
		PTN_DFNS_NO_CREDENTIAL,
		PTN_DFNS_NO_USER,
		PTN_DFNS_NO_USER,
		PTN_DFNS_NO_CREDENTIAL,
		PTN_DFNS_NO_USER,
	};
	uint64_t before, cost, again;
	struct ptn_dfns_login_start l;
	struct ptn_dfns_login k;
	size_t i;

	(void)state;
	before = ptn_db_count(db);
	(void)start(m.username, NULL, PTN_OK);
	cost = ptn_db_count(db) - before;
	before = ptn_db_count(db);
	l = start("nobody", NULL, PTN_OK);
	assert_int_equal(ptn_db_count(db) - before, cost);
	assert_int_equal(answer(&l, l.ch.challenge, &k), PTN_E_DENIED);
	assert_int_equal(k.an.denial.reason, PTN_DFNS_NOT_PROVED);
	again = ptn_db_count(db) - before;
	for (i = 0; i < PTN_ARRAY_LEN(made); i++) {
		rows_sql("%s", made[i]);
		before = ptn_db_count(db);
		l = start(m.username, NULL, PTN_OK);
		assert_int_equal(ptn_db_count(db) - before, cost);
		assert_false(l.ch.state.known);
		assert_int_equal(answer(&l, l.ch.challenge, &k), PTN_E_DENIED);
		assert_int_equal(k.an.denial.reason, PTN_DFNS_NOT_PROVED);
		assert_int_equal(ptn_db_count(db) - before, again);
		conf.dfns_enumeration = PTN_ENUMERATION_DOCUMENTED;
		l = start(m.username, NULL, PTN_E_DENIED);
		assert_int_equal(l.denial.reason, documented[i]);
		conf.dfns_enumeration = PTN_ENUMERATION_UNIFORM;
	}
}

/* A name that nobody has, with one credential: as a member with a key. */
static const char *
nobody_alike(void)
{
	struct ptn_dfns_login_start l;
	const char *name;
	int i = 0;

	do {
		name = ptn_arena_printf(arena, "nobody-%d", i++);
		l = start(name, NULL, PTN_OK);
	} while (l.ch.signers.n != 1 ||
	    l.ch.signers.cred[0].kind == PTN_CRED_PASSWORD_PROTECTED_KEY);
	return name;
}

/* What is stored is as long, and refers to as much, as if they were real. */
static void
unknown_ones_store_as_much(void **state)
{
	const char *nobody = nobody_alike();

	(void)state;
	rows_sql("DELETE FROM ceremonies");
	(void)start(m.username, NULL, PTN_OK);
	(void)start(nobody, NULL, PTN_OK);
	assert_string_equal(rows_text("SELECT COUNT(*) FROM ceremonies"),
	    "2\n");
	assert_string_equal(
	    rows_text("SELECT COUNT(DISTINCT CONCAT_WS(',', user_id IS NULL,"
		      " LENGTH(state), LENGTH(challenge), sealed IS NULL))"
		      " FROM ceremonies"),
	    "1\n");
}

/* Each spelling of a name gets the answer of the name, known or not. */
static void
spellings(void **state)
{
	static const char *const domains[] = { "xn--bcher-kva.example",
		"XN--bcher-kva.EXAMPLE ",
		"b\xc3\xbc"
		"cher.example",
		"bu\xcc\x88"
		"cher.EXAMPLE\t",
		"\xef\xbd\x82\xc3\xbc"
		"cher.example" };
	struct ptn_dfns_login_start l;
	const char *first = NULL;
	size_t i, known;

	(void)state;
	rows_sql("UPDATE members SET username = 'jo',"
		 " username_key = 'jo@xn--bcher-kva.example'"
		 " WHERE user_id = x'%s'",
	    rows_hex(&m.id));
	for (known = 0; known < 2; known++)
		for (i = 0; i < PTN_ARRAY_LEN(domains); i++) {
			l = start(ptn_arena_printf(arena, " %s@%s",
				      known ? "Jo" : "nobody", domains[i]),
			    NULL, PTN_OK);
			assert_int_equal(l.who.known, known);
			if (i == 0)
				first = l.ch.signers.cred[0].cred_id;
			assert_string_equal(l.ch.signers.cred[0].cred_id,
			    first);
		}
}

/* Switched off after the challenge: told after the proof alone. */
static void
switched_off_meanwhile(void **state)
{
	struct ptn_dfns_login_start l = start(m.username, NULL, PTN_OK);
	struct ptn_dfns_login k;

	(void)state;
	rows_sql("UPDATE members SET active = 0");
	assert_int_equal(answer(&l, "Y2g", &k), PTN_E_DENIED);
	assert_int_equal(k.an.denial.reason, PTN_DFNS_NOT_PROVED);
	rows_sql("UPDATE members SET active = 1");
	l = start(m.username, NULL, PTN_OK);
	rows_sql("UPDATE members SET active = 0");
	assert_int_equal(answer(&l, l.ch.challenge, &k), PTN_E_DENIED);
	assert_int_equal(k.an.denial.reason, PTN_DFNS_DEACTIVATED);
	assert_int_equal(actor.n, 0);
}

static void
codes(void **state)
{
	struct ptn_dfns_login_start l;

	(void)state;
	l = start(m.username, CLIENT_CODE, PTN_E_DENIED);
	assert_int_equal(l.denial.reason, PTN_DFNS_BAD_CODE);
	l = start("nobody", CLIENT_CODE, PTN_E_DENIED);
	assert_int_equal(l.denial.reason, PTN_DFNS_BAD_CODE);
	client_mail(&m, PTN_CODE_LOGIN);
	l = start(m.username, "", PTN_E_DENIED);
	assert_int_equal(l.denial.reason, PTN_DFNS_BAD_CODE);
	l = start(m.username, CLIENT_CODE, PTN_OK);
	assert_true(l.ch.with_encrypted);
	/* It is used up. */
	l = start(m.username, CLIENT_CODE, PTN_E_DENIED);
	assert_int_equal(l.denial.reason, PTN_DFNS_BAD_CODE);
}

/* Without a name a passkey is to say who it is: a key cannot. */
static void
nameless(void **state)
{
	struct ptn_dfns_login_start l;
	struct ptn_dfns_login k;

	(void)state;
	conf.dfns_usernameless = true;
	l = start(NULL, NULL, PTN_OK);
	conf.dfns_usernameless = false;
	assert_int_equal(l.ch.signers.n, 0);
	assert_int_equal(answer(&l, l.ch.challenge, &k), PTN_E_DENIED);
	assert_int_equal(k.an.denial.reason, PTN_DFNS_NOT_PROVED);
}

/* A log-in without a name is of the organisation that was named. */
static void
nameless_has_a_tenant(void **state)
{
	const struct ptn_uuid nil = { { 0 } };
	struct ptn_dfns_login_start l = { .org = org };
	struct ptn_scope at = ptn_scope_at(&scope, &nil);

	(void)state;
	conf.dfns_usernameless = true;
	assert_int_equal(ptn_dfns_login_start(&at, &l), PTN_OK);
	conf.dfns_usernameless = false;
	assert_true(ptn_uuid_equal(&at.tenant_id, &tenant));
}

/* A name is needed, unless the configuration says otherwise. */
static void
a_name_is_needed(void **state)
{
	(void)state;
	(void)start(NULL, NULL, PTN_E_INPUT);
	(void)start("", NULL, PTN_E_INPUT);
}

/* The row of the log is there with the session, or neither is. */
static void
no_session_without_its_record(void **state)
{
	struct ptn_dfns_login_start l = start(m.username, NULL, PTN_OK);
	struct ptn_dfns_login k;

	(void)state;
	rules_record_off();
	assert_int_equal(answer(&l, l.ch.challenge, &k), PTN_E_INTERNAL);
	rules_record_on();
	assert_int_equal(rules_sessions(&m.id), 0);
	assert_int_equal(actor.n, 0);
	/* The challenge has gone nevertheless. */
	assert_int_equal(answer(&l, l.ch.challenge, &k), PTN_E_DENIED);
	assert_int_equal(k.an.denial.reason, PTN_DFNS_BAD_CHALLENGE);
	assert_int_equal(actor.n, 0);
	l = start(m.username, NULL, PTN_OK);
	assert_int_equal(answer(&l, l.ch.challenge, &k), PTN_OK);
	assert_int_equal(rules_sessions(&m.id), 1);
	assert_true(rules_rows(&m.id, PTN_EVENT_DFNS_LOGIN_OK, 1));
}

static struct ptn_dfns_login_start raced;

static enum ptn_err
race_answer(const struct ptn_scope *sc, void *arg)
{
	struct ptn_dfns_login k = { .an = { .nfactors = 1 } };
	struct ptn_scope at = *sc;
	enum ptn_err r;

	(void)arg;
	k.an.factor[0] = client_sign(&client, PTN_CRED_KEY, raced.ch.challenge);
	r = ptn_dfns_answer_take(&at, ptn_bytes_of(raced.ch.identifier),
	    PTN_DFNS_CEREMONY_LOGIN, &k.an);
	return r == PTN_OK ? ptn_dfns_login_finish(&at, &k) : r;
}

static void
races(void **state)
{
	(void)state;
	raced = start(m.username, NULL, PTN_OK);
	assert_int_equal(rows_race(race_answer, NULL, PTN_E_DENIED), 1);
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(logs_in_once),
		T(signs_something_else),
		T(unable_ones),
		T(unknown_ones_store_as_much),
		T(spellings),
		T(switched_off_meanwhile),
		T(codes),
		T(nameless),
		T(nameless_has_a_tenant),
		T(a_name_is_needed),
		T(no_session_without_its_record),
		T(races),
	};

	return cmocka_run_group_tests(tests, client_setup, client_teardown);
}
