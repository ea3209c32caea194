/* Registrations and recoveries by the Dfns API: a whole set of credentials. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/base64.h"
#include "lib/dfns/recovery.h"
#include "lib/dfns/registration.h"
#include "tests/unit/dfns_client.h" /* $POSTERN_TEST_DB */

#define CREDENTIALS "{\"any\":\"value\"}" /* as the recovery key signs them */

static struct client client;
static const char *org;

static int
each(void **state)
{
	(void)client_each(state);
	rows_sql("UPDATE tenants SET active = 1");
	client = client_new();
	org = client_org(&tenant);
	return 0;
}

static struct ptn_dfns_registration_start
start(const char *username, enum ptn_err want)
{
	struct ptn_scope at = scope;
	struct ptn_dfns_registration_start s = { .org = org,
		.username = username,
		.code = ptn_bytes_of(CLIENT_CODE) };

	assert_int_equal(ptn_dfns_registration_start(&at, &s), want);
	return s;
}

static struct ptn_dfns_registration
registration_of(const struct ptn_dfns_enrolment_start *s)
{
	struct ptn_dfns_registration k = { .ceremony = s->c.id };

	k.creds.in[PTN_ENROLMENT_FIRST] =
	    client_create(&client, PTN_CRED_KEY, s->c.challenge);
	return k;
}

static struct ptn_dfns_registration
finish(const struct ptn_dfns_enrolment_start *s, enum ptn_err want)
{
	struct ptn_dfns_registration k = registration_of(s);

	assert_int_equal(ptn_dfns_registration_finish(&scope, &k), want);
	return k;
}

static size_t
ncreds(const struct ptn_uuid *user)
{
	struct ptn_dfns_cred *c;
	size_t n;

	assert_int_equal(ptn_dfns_creds_of(&scope, user, &c, &n), PTN_OK);
	return n;
}

/* The code stays until the registration is finished, then both are gone. */
static void
registers_once(void **state)
{
	const struct ptn_member m =
	    client_member(PTN_EMPLOYEE, NULL, PTN_CRED_UNSET);
	struct ptn_dfns_registration_start one, two;
	struct ptn_dfns_registration k;
	struct ptn_member now;

	(void)state;
	rows_sql("UPDATE emails SET verified = 0");
	client_mail(&m, PTN_CODE_REGISTRATION);
	one = start(m.username, PTN_OK);
	assert_string_equal(one.start.otp_url, "");
	two = start(m.username, PTN_OK);
	/* The second start has ended the first. */
	k = finish(&one.start, PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_BAD_TOKEN);
	assert_null(k.denial.detail);
	k = finish(&two.start, PTN_OK);
	assert_int_equal(actor.n, 2);
	assert_true(rules_event(PTN_EVENT_EMAIL_VERIFIED, NULL));
	assert_true(rules_event(PTN_EVENT_DFNS_REGISTRATION_OK, NULL));
	actor.n = 0;
	assert_null(k.token);
	assert_int_equal(ncreds(&m.id), 1);
	assert_int_equal(ptn_member_by_id(&scope, &m.id, &now), PTN_OK);
	assert_true(now.registered && now.verified);
	k = finish(&two.start, PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_BAD_TOKEN);
	one = start(m.username, PTN_E_DENIED);
	assert_int_equal(one.denial.reason, PTN_DFNS_BAD_CODE);
	assert_int_equal(actor.n, 0);
}

/* What is denied changes nothing: the ceremony has more tries. */
static void
denied_and_repeated(void **state)
{
	const struct ptn_member m =
	    client_member(PTN_EMPLOYEE, NULL, PTN_CRED_UNSET);
	struct ptn_dfns_registration_start s;
	struct ptn_dfns_registration k;

	(void)state;
	client_mail(&m, PTN_CODE_REGISTRATION);
	s = start(m.username, PTN_OK);
	k = registration_of(&s.start);
	k.creds.in[PTN_ENROLMENT_FIRST] =
	    client_create(&client, PTN_CRED_KEY, "Y2g");
	assert_int_equal(ptn_dfns_registration_finish(&scope, &k),
	    PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_NOT_PROVED);
	assert_string_equal(k.denial.detail, "challenge");
	/* Twice the same credential: neither is stored. */
	k = registration_of(&s.start);
	k.creds.in[PTN_ENROLMENT_SECOND] = k.creds.in[PTN_ENROLMENT_FIRST];
	assert_int_equal(ptn_dfns_registration_finish(&scope, &k),
	    PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_CREDENTIAL_EXISTS);
	assert_int_equal(ncreds(&m.id), 0);
	/* An employee is not registered as an end user. */
	k = registration_of(&s.start);
	k.end_user = true;
	assert_int_equal(ptn_dfns_registration_finish(&scope, &k),
	    PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_BAD_TOKEN);
	rows_sql("UPDATE members SET active = 0");
	k = finish(&s.start, PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_DEACTIVATED);
	rows_sql("UPDATE members SET active = 1");
	assert_int_equal(actor.n, 0);
	(void)finish(&s.start, PTN_OK);
	client_recorded(PTN_EVENT_DFNS_REGISTRATION_OK);
}

/* One event, and a session. */
static void
end_user(void **state)
{
	const struct ptn_member m =
	    client_member(PTN_END_USER, NULL, PTN_CRED_UNSET);
	struct ptn_dfns_registration_start s;
	struct ptn_dfns_registration k;

	(void)state;
	client_mail(&m, PTN_CODE_REGISTRATION);
	s = start(m.username, PTN_OK);
	k = registration_of(&s.start);
	k.end_user = true;
	assert_int_equal(ptn_dfns_registration_finish(&scope, &k), PTN_OK);
	client_recorded(PTN_EVENT_DFNS_REGISTRATION_OK);
	assert_non_null(k.token);
	assert_int_equal(ptn_session_end(&scope, &m.id, &k.claims.session_id,
			     PTN_EVENT_SESSION_REVOKED),
	    PTN_OK);
}

/* Who cannot register, in either mode, and by which statements. */
static void
disclosed_or_not(void **state)
{
	const struct ptn_member m =
	    client_member(PTN_EMPLOYEE, &client, PTN_CRED_KEY);
	struct ptn_dfns_registration_start s;
	uint64_t before = ptn_db_count(db), cost;

	(void)state;
	s = start(m.username, PTN_E_DENIED);
	cost = ptn_db_count(db) - before;
	assert_int_equal(s.denial.reason, PTN_DFNS_BAD_CODE);
	before = ptn_db_count(db);
	s = start("nobody", PTN_E_DENIED);
	assert_int_equal(ptn_db_count(db) - before, cost);
	assert_int_equal(s.denial.reason, PTN_DFNS_BAD_CODE);
	conf.dfns_enumeration = PTN_ENUMERATION_DOCUMENTED;
	s = start(m.username, PTN_E_DENIED);
	assert_int_equal(s.denial.reason, PTN_DFNS_USER_EXISTS);
	s = start("nobody", PTN_E_DENIED);
	assert_int_equal(s.denial.reason, PTN_DFNS_NO_USER);
}

static struct ptn_dfns_registration_start raced;

static enum ptn_err
race_finish(const struct ptn_scope *sc, void *arg)
{
	struct ptn_dfns_registration k = registration_of(&raced.start);

	(void)arg;
	return ptn_dfns_registration_finish(sc, &k);
}

static void
races(void **state)
{
	const struct ptn_member m =
	    client_member(PTN_EMPLOYEE, NULL, PTN_CRED_UNSET);

	(void)state;
	client_mail(&m, PTN_CODE_REGISTRATION);
	raced = start(m.username, PTN_OK);
	assert_int_equal(rows_race(race_finish, NULL, PTN_E_DENIED), 1);
	assert_int_equal(ncreds(&m.id), 1);
}

/* ---------------------------------------------------------------- recovery */

static struct ptn_dfns_recovery_start
lose(const char *username, const char *cred_id, enum ptn_err want)
{
	struct ptn_scope at = scope;
	struct ptn_dfns_recovery_start s = { .org = org,
		.username = username,
		.code = ptn_bytes_of(CLIENT_CODE),
		.credential_id = ptn_bytes_of(cred_id) };

	assert_int_equal(ptn_dfns_recovery_start(&at, &s), want);
	return s;
}

/* New credentials, signed by the old recovery key. */
static struct ptn_dfns_recovery
recover(const struct ptn_dfns_recovery_start *s, const char *signed_,
    enum ptn_err want)
{
	const struct client fresh = client_new();
	struct ptn_dfns_recovery k = { .ceremony = s->start.c.id };
	struct ptn_json *json = NULL;
	const char *why;

	assert_int_equal(
	    ptn_json_parse(ptn_bytes_of(CREDENTIALS), 4, &json, &why), PTN_OK);
	k.json = json;
	k.factor = client_sign(&client, PTN_CRED_RECOVERY_KEY,
	    ptn_b64url_encode(arena, ptn_bytes_of(signed_)));
	k.creds.in[PTN_ENROLMENT_FIRST] =
	    client_create(&fresh, PTN_CRED_KEY, s->start.c.challenge);
	assert_int_equal(ptn_dfns_recovery_finish(&scope, &k), want);
	ptn_json_free(&json);
	return k;
}

static void
recovers_once(void **state)
{
	const struct ptn_member m =
	    client_member(PTN_EMPLOYEE, &client, PTN_CRED_RECOVERY_KEY);
	struct ptn_dfns_recovery_start s;
	struct ptn_dfns_recovery k;
	struct ptn_dfns_cred *c;
	size_t n;

	(void)state;
	client_mail(&m, PTN_CODE_RECOVERY);
	s = lose(m.username, client.cred_id, PTN_OK);
	assert_string_equal(s.key->cred_id, client.cred_id);
	k = recover(&s, "{\"other\":1}", PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_NOT_PROVED);
	assert_int_equal(actor.n, 0);
	k = recover(&s, CREDENTIALS, PTN_OK);
	client_recorded(PTN_EVENT_DFNS_RECOVERY_OK);
	assert_int_equal(ptn_dfns_creds_of(&scope, &m.id, &c, &n), PTN_OK);
	assert_int_equal(n, 1);
	assert_int_equal(c[0].kind, PTN_CRED_KEY);
	k = recover(&s, CREDENTIALS, PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_BAD_TOKEN);
}

static void
recovery_denied(void **state)
{
	const struct ptn_member m =
	    client_member(PTN_EMPLOYEE, &client, PTN_CRED_RECOVERY_KEY);
	struct ptn_dfns_recovery_start s;
	struct ptn_dfns_recovery k;

	(void)state;
	s = lose(m.username, client.cred_id, PTN_E_DENIED);
	assert_int_equal(s.denial.reason, PTN_DFNS_BAD_CODE);
	s = lose("nobody", client.cred_id, PTN_E_DENIED);
	assert_int_equal(s.denial.reason, PTN_DFNS_BAD_CODE);
	client_mail(&m, PTN_CODE_RECOVERY);
	s = lose(m.username, "eA", PTN_E_DENIED);
	assert_int_equal(s.denial.reason, PTN_DFNS_NO_RECOVERY);
	/* The code is not used up by that, but by success. */
	s = lose(m.username, client.cred_id, PTN_OK);
	s = lose(m.username, client.cred_id, PTN_E_DENIED);
	assert_int_equal(s.denial.reason, PTN_DFNS_BAD_CODE);
	/* Switched off after the start: told after the proof. */
	client_mail(&m, PTN_CODE_RECOVERY);
	s = lose(m.username, client.cred_id, PTN_OK);
	rows_sql("UPDATE members SET active = 0");
	k = recover(&s, CREDENTIALS, PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_DEACTIVATED);
	assert_int_equal(ncreds(&m.id), 1);
	rows_sql("UPDATE members SET active = 1");
	rows_sql("UPDATE key_credentials SET active = 0");
	k = recover(&s, CREDENTIALS, PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_NOT_PROVED);
	conf.dfns_enumeration = PTN_ENUMERATION_DOCUMENTED;
	s = lose("nobody", client.cred_id, PTN_E_DENIED);
	assert_int_equal(s.denial.reason, PTN_DFNS_NO_USER);
}

/* ------------------------------------------------------------- passwords */

static enum ptn_dfns_denial_reason
asked(enum ptn_dfns_cred_kind second, const char *password)
{
	struct ptn_dfns_enrolment n = { .hash = NULL };
	struct ptn_dfns_denial d = { .reason = PTN_DFNS_NOT_DENIED };
	enum ptn_err r;

	n.in[PTN_ENROLMENT_FIRST].kind = PTN_CRED_PASSWORD;
	n.in[PTN_ENROLMENT_FIRST].secret = ptn_bytes_of(password);
	n.in[PTN_ENROLMENT_SECOND].kind = second;
	r = ptn_dfns_enrolment_check(&scope, &n, &d);
	assert_int_equal(r,
	    d.reason == PTN_DFNS_NOT_DENIED ? PTN_OK : PTN_E_DENIED);
	assert_int_equal(d.why != NULL, d.reason == PTN_DFNS_PASSWORD_UNFIT);
	assert_null(d.detail);
	return d.reason;
}

/* With an app beside it, and fit: the first fault is told. */
static void
passwords(void **state)
{
	(void)state;
	conf.dfns_password = true;
	conf.password_max_bytes = 72;
	assert_int_equal(asked(PTN_CRED_UNSET, "short"),
	    PTN_DFNS_PASSWORD_ALONE);
	assert_int_equal(asked(PTN_CRED_KEY, "long enough to be one"),
	    PTN_DFNS_PASSWORD_ALONE);
	assert_int_equal(asked(PTN_CRED_TOTP, "short"),
	    PTN_DFNS_PASSWORD_UNFIT);
	assert_int_equal(asked(PTN_CRED_TOTP, "long enough to be one"),
	    PTN_DFNS_NOT_DENIED);
	conf.dfns_password = false;
}

/* A recovery by a password and an app alone is denied before all else. */
static void
nothing_signs(void **state)
{
	struct ptn_dfns_recovery k = { .json = NULL };
	struct ptn_dfns_factor_new *in = k.creds.in;

	(void)state;
	in[PTN_ENROLMENT_FIRST].kind = PTN_CRED_PASSWORD;
	in[PTN_ENROLMENT_FIRST].secret = ptn_bytes_of("long enough to be one");
	in[PTN_ENROLMENT_SECOND].kind = PTN_CRED_TOTP;
	conf.dfns_password = true;
	conf.password_max_bytes = 72;
	assert_int_equal(ptn_dfns_recovery_finish(&scope, &k), PTN_E_DENIED);
	conf.dfns_password = false;
	assert_int_equal(k.denial.reason, PTN_DFNS_NOTHING_SIGNS);
	assert_null(k.denial.detail);
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(registers_once),
		T(denied_and_repeated),
		T(end_user),
		T(disclosed_or_not),
		T(races),
		T(recovers_once),
		T(recovery_denied),
		T(passwords),
		T(nothing_signs),
	};

	return cmocka_run_group_tests(tests, client_setup, client_teardown);
}
