/*
 * User actions, and what they approve: one more credential, a credential code,
 * the activation of a credential.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/dfns/action.h"
#include "lib/dfns/activation.h"
#include "lib/dfns/add_credential.h"
#include "lib/dfns/credcode.h"
#include "lib/dfns/session.h"
#include "tests/unit/dfns_client.h" /* $POSTERN_TEST_DB */

static struct client client;
static struct ptn_member m;
static struct ptn_dfns_action_by by;
static const struct ptn_useraction request = { "POST", "/auth/credentials",
	{ NULL, 0 } };

static enum ptn_err
open_session(const struct ptn_scope *sc, void *arg)
{
	return ptn_dfns_session_open(sc, &m, PTN_EVENT_DFNS_LOGIN_OK, arg);
}

static int
each(void **state)
{
	struct ptn_claims claims;

	(void)client_each(state);
	client = client_new();
	m = client_member(PTN_EMPLOYEE, &client, PTN_CRED_KEY);
	if (ptn_tx(&scope, open_session, &claims) != PTN_OK)
		return -1;
	by = (struct ptn_dfns_action_by){ .user_id = m.id,
		.session_id = claims.session_id };
	actor.n = 0;
	return 0;
}

static struct ptn_dfns_action_start
start(enum ptn_err want)
{
	struct ptn_dfns_action_start s = { .by = by, .action = request };

	assert_int_equal(ptn_dfns_action_start(&scope, &s), want);
	return s;
}

static struct ptn_dfns_action
approve(const struct ptn_dfns_action_start *s, const char *signed_,
    const struct ptn_dfns_action_by *who, enum ptn_err want)
{
	struct ptn_dfns_action k = { .by = *who,
		.tenant_id = tenant,
		.username = m.username,
		.request_id = "r" };
	struct ptn_scope at = scope;
	enum ptn_err r;

	k.an.factor[k.an.nfactors++] =
	    client_sign(&client, PTN_CRED_KEY, signed_);
	r = ptn_dfns_answer_take(&at, ptn_bytes_of(s->ch.identifier),
	    PTN_DFNS_CEREMONY_ACTION, &k.an);
	if (r == PTN_OK)
		r = ptn_dfns_action_approve(&at, &k);
	assert_int_equal(r, want);
	return k;
}

static enum ptn_err
check(const char *token, const struct ptn_dfns_action_by *who,
    const struct ptn_useraction *what, struct ptn_uuid *id,
    enum ptn_dfns_denial_reason reason)
{
	struct ptn_dfns_denial d = { .reason = PTN_DFNS_NOT_DENIED };
	enum ptn_err r;

	r = ptn_dfns_action_check(&scope, token, who, what, id, &d);
	assert_int_equal(d.reason, reason);
	return r;
}

/* An action that is signed, and may be used once. */
static struct ptn_uuid
action(void)
{
	const struct ptn_dfns_action_start s = start(PTN_OK);
	const struct ptn_dfns_action k =
	    approve(&s, s.ch.challenge, &by, PTN_OK);
	struct ptn_uuid id;

	client_recorded(PTN_EVENT_DFNS_ACTION_SIGNED);
	assert_int_equal(
	    check(k.token, &by, &request, &id, PTN_DFNS_NOT_DENIED), PTN_OK);
	return id;
}

static enum ptn_err
use(const struct ptn_scope *sc, void *arg)
{
	return ptn_dfns_action_use(sc, arg);
}

static void
approves_once(void **state)
{
	const struct ptn_dfns_action_start s = start(PTN_OK);
	const struct ptn_dfns_action k =
	    approve(&s, s.ch.challenge, &by, PTN_OK);
	const struct ptn_useraction other = { "PUT", request.path,
		request.payload };
	const struct ptn_dfns_action_by elsewhere = { .user_id = by.user_id,
		.session_id = ptn_uuid_new() };
	struct ptn_uuid id;

	(void)state;
	client_recorded(PTN_EVENT_DFNS_ACTION_SIGNED);
	assert_int_equal(check(NULL, &by, &request, &id, PTN_DFNS_NOT_SIGNED),
	    PTN_E_DENIED);
	assert_int_equal(check("x", &by, &request, &id, PTN_DFNS_NOT_SIGNED),
	    PTN_E_DENIED);
	assert_int_equal(
	    check(s.ch.identifier, &by, &request, &id, PTN_DFNS_NOT_SIGNED),
	    PTN_E_DENIED);
	assert_int_equal(check(k.token, &by, &other, &id, PTN_DFNS_NOT_SIGNED),
	    PTN_E_DENIED);
	assert_int_equal(
	    check(k.token, &elsewhere, &request, &id, PTN_DFNS_NOT_SIGNED),
	    PTN_E_DENIED);
	assert_int_equal(
	    check(k.token, &by, &request, &id, PTN_DFNS_NOT_DENIED), PTN_OK);
	assert_int_equal(ptn_tx(&scope, use, &id), PTN_OK);
	assert_int_equal(ptn_tx(&scope, use, &id), PTN_E_GONE);
	assert_int_equal(
	    check(k.token, &by, &request, &id, PTN_DFNS_ACTION_USED),
	    PTN_E_DENIED);
}

static void
approval_denied(void **state)
{
	const struct ptn_dfns_action_by elsewhere = { .user_id = by.user_id,
		.session_id = ptn_uuid_new() };
	struct ptn_dfns_action_start s = start(PTN_OK);
	struct ptn_dfns_action k;

	(void)state;
	k = approve(&s, "Y2g", &by, PTN_E_DENIED);
	assert_int_equal(k.an.denial.reason, PTN_DFNS_NOT_PROVED);
	k = approve(&s, s.ch.challenge, &by, PTN_E_DENIED);
	assert_int_equal(k.an.denial.reason, PTN_DFNS_BAD_CHALLENGE);
	s = start(PTN_OK);
	k = approve(&s, s.ch.challenge, &elsewhere, PTN_E_DENIED);
	assert_int_equal(k.an.denial.reason, PTN_DFNS_BAD_CHALLENGE);
	assert_int_equal(actor.n, 0);
	rows_sql("UPDATE key_credentials SET active = 0");
	s = start(PTN_E_DENIED);
	assert_int_equal(s.denial.reason, PTN_DFNS_NO_CREDENTIAL);
}

/* A token signs with one key alone, of its own user. */
static void
one_signer(void **state)
{
	struct ptn_dfns_action_start s = { .by = by, .action = request };

	(void)state;
	s.by.signer = ptn_uuid_new();
	assert_int_equal(ptn_dfns_action_start(&scope, &s), PTN_E_DENIED);
	s.by.signer = start(PTN_OK).ch.signers.cred[0].id;
	assert_int_equal(ptn_dfns_action_start(&scope, &s), PTN_OK);
	assert_int_equal(s.ch.signers.n, 1);
	s.by.user_id = ptn_uuid_new();
	assert_int_equal(ptn_dfns_action_start(&scope, &s), PTN_E_DENIED);
	s.by.user_id = by.user_id;
	rows_sql("UPDATE key_credentials SET archived_at = created_at");
	assert_int_equal(ptn_dfns_action_start(&scope, &s), PTN_E_DENIED);
}

/* ----------------------------------------------------- one more credential */

static struct ptn_dfns_add_credential
add(const struct ptn_dfns_add_credential_start *s, const struct client *c,
    const struct ptn_uuid *approved, enum ptn_err want)
{
	struct ptn_dfns_add_credential k = { .identifier =
						 ptn_bytes_of(s->token),
		.in = client_create(c, s->kind, s->c.challenge),
		.user_id = m.id,
		.action = *approved };

	assert_int_equal(ptn_dfns_add_credential_finish(&scope, &k), want);
	return k;
}

static struct ptn_dfns_add_credential_start
start_adding(enum ptn_dfns_cred_kind kind, enum ptn_err want)
{
	struct ptn_dfns_add_credential_start s = { .kind = kind,
		.user_id = m.id,
		.username = m.username };

	assert_int_equal(ptn_dfns_add_credential_start(&scope, &s), want);
	return s;
}

static void
adds_one(void **state)
{
	const struct client fresh = client_new();
	struct ptn_dfns_add_credential_start s =
	    start_adding(PTN_CRED_KEY, PTN_OK);
	struct ptn_uuid approved = action();
	struct ptn_dfns_add_credential k;

	(void)state;
	assert_int_equal(s.ncreds, 1);
	(void)start_adding(PTN_CRED_PASSWORD, PTN_E_INPUT);
	(void)start_adding(PTN_CRED_UNSET, PTN_E_INPUT);
	k = add(&s, &fresh, &approved, PTN_OK);
	client_recorded(PTN_EVENT_DFNS_CREDENTIAL_CREATED);
	k = add(&s, &fresh, &approved, PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_BAD_CHALLENGE);
	/* The action is used up, also by a credential that is there. */
	s = start_adding(PTN_CRED_KEY, PTN_OK);
	k = add(&s, &fresh, &approved, PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_ACTION_USED);
	approved = action();
	s = start_adding(PTN_CRED_KEY, PTN_OK);
	k = add(&s, &fresh, &approved, PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_CREDENTIAL_EXISTS);
	s = start_adding(PTN_CRED_KEY, PTN_OK);
	k = add(&s, &client, &approved, PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_ACTION_USED);
	assert_int_equal(actor.n, 0);
}

static struct ptn_credcode_issue
issue(const struct ptn_uuid *approved, int64_t for_us, enum ptn_err want)
{
	const int64_t now = ptn_clock_us();
	struct ptn_credcode_issue k = {
		.c = { .tenant_id = tenant,
		    .user_id = m.id,
		    .session_id = by.session_id,
		    .expires_at_us = now + for_us },
		.action = *approved,
		.now_us = now,
	};

	assert_int_equal(ptn_credcode_issue(&scope, &k), want);
	if (want == PTN_OK)
		assert_in_range(k.c.expires_at_us - now, 1,
		    PTN_CREDCODE_TTL_S * (int64_t)PTN_US_PER_S);
	return k;
}

static void
issues_a_code(void **state)
{
	const struct ptn_uuid approved = action();
	struct ptn_credcode_issue k;

	(void)state;
	(void)issue(&approved, 0, PTN_E_INPUT);
	k = issue(&approved, PTN_US_PER_S * (int64_t)3600, PTN_OK);
	client_recorded(PTN_EVENT_DFNS_CREDENTIAL_CODE);
	assert_int_equal(strlen(k.code), 11);
	k = issue(&approved, PTN_US_PER_S, PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_ACTION_USED);
	assert_int_equal(actor.n, 0);
}

static struct ptn_dfns_add_credential
add_by_code(const struct ptn_dfns_add_credential_start *s,
    const struct client *c, enum ptn_err want)
{
	struct ptn_dfns_add_credential k = { .identifier =
						 ptn_bytes_of(s->token),
		.in = client_create(c, PTN_CRED_KEY, s->c.challenge) };
	struct ptn_scope at = scope;

	assert_int_equal(ptn_dfns_add_credential_finish_by_code(&at, &k), want);
	return k;
}

static struct ptn_dfns_add_credential_start
start_by_code(const char *code, enum ptn_err want)
{
	struct ptn_dfns_add_credential_start s = { .kind = PTN_CRED_KEY };
	struct ptn_scope at = scope;

	assert_int_equal(
	    ptn_dfns_add_credential_start_by_code(&at, ptn_bytes_of(code), &s),
	    want);
	return s;
}

static void
adds_one_by_code(void **state)
{
	const struct client fresh = client_new(), more = client_new();
	const struct ptn_uuid approved = action();
	const struct ptn_credcode_issue code =
	    issue(&approved, 30 * (int64_t)PTN_US_PER_S, PTN_OK);
	struct ptn_dfns_add_credential_start s, s2;
	struct ptn_dfns_add_credential k;

	(void)state;
	actor = (struct ptn_actor){ .n = 0 };
	s = start_by_code("222-222-222", PTN_E_DENIED);
	assert_int_equal(s.denial.reason, PTN_DFNS_BAD_CODE);
	s = start_by_code(code.code, PTN_OK);
	assert_string_equal(s.username, m.username);
	assert_true(ptn_uuid_equal(&actor.user_id, &m.id));
	s2 = start_by_code(code.code, PTN_OK);
	/* A credential that is there leaves the code. */
	k = add_by_code(&s2, &client, PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_CREDENTIAL_EXISTS);
	s2 = start_by_code(code.code, PTN_OK);
	k = add_by_code(&s, &fresh, PTN_OK);
	client_recorded(PTN_EVENT_DFNS_CREDENTIAL_CREATED);
	/* Now it has gone, also for who has started with it. */
	k = add_by_code(&s2, &more, PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_BAD_CHALLENGE);
	s = start_by_code(code.code, PTN_E_DENIED);
	assert_int_equal(s.denial.reason, PTN_DFNS_BAD_CODE);
}

/* -------------------------------------------------------------- activation */

static struct ptn_dfns_activation
activate(const struct ptn_uuid *credential, const struct ptn_uuid *approved,
    enum ptn_dfns_activation_kind kind, enum ptn_err want)
{
	struct ptn_dfns_activation k = { .user_id = m.id,
		.action = *approved,
		.credential = *credential,
		.kind = kind };

	assert_int_equal(ptn_dfns_activation(&scope, &k), want);
	return k;
}

static void
activates(void **state)
{
	const struct ptn_uuid nothing = ptn_uuid_new();
	const struct client fresh = client_new();
	struct ptn_dfns_add_credential_start s =
	    start_adding(PTN_CRED_KEY, PTN_OK);
	const struct ptn_uuid first = s.creds[0].id;
	struct ptn_uuid approved = action();
	struct ptn_dfns_activation k;

	(void)state;
	k = activate(&first, &approved, PTN_ACTIVATION_OFF, PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_LAST_CREDENTIAL);
	k = activate(&first, &approved, PTN_ACTIVATION_OFF, PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_ACTION_USED);
	approved = action();
	k = activate(&nothing, &approved, PTN_ACTIVATION_ON, PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_NO_SUCH_CREDENTIAL);
	assert_int_equal(actor.n, 0);
	approved = action();
	(void)add(&s, &fresh, &approved, PTN_OK);
	actor.n = 0;
	approved = action();
	(void)activate(&first, &approved, PTN_ACTIVATION_OFF, PTN_OK);
	client_recorded(PTN_EVENT_DFNS_CREDENTIAL_CHANGED);
	client = fresh;
	approved = action();
	(void)activate(&first, &approved, PTN_ACTIVATION_ON, PTN_OK);
	client_recorded(PTN_EVENT_DFNS_CREDENTIAL_CHANGED);
}

/* It goes from the list, and its id with it; the last one stays. */
static void
deletes(void **state)
{
	const struct client fresh = client_new();
	struct ptn_dfns_add_credential_start s =
	    start_adding(PTN_CRED_KEY, PTN_OK);
	const struct ptn_uuid first = s.creds[0].id;
	struct ptn_uuid approved = action();
	struct ptn_dfns_activation k;
	struct ptn_dfns_cred *all, gone;
	size_t n;

	(void)state;
	k = activate(&first, &approved, PTN_ACTIVATION_DELETE, PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_LAST_TO_DELETE);
	assert_int_equal(actor.n, 0);
	approved = action();
	(void)add(&s, &fresh, &approved, PTN_OK);
	actor.n = 0;
	approved = action();
	k = activate(&first, &approved, PTN_ACTIVATION_DELETE, PTN_OK);
	client_recorded(PTN_EVENT_DFNS_CREDENTIAL_DELETED);
	assert_true(ptn_uuid_equal(&k.cred.id, &first));
	assert_false(k.cred.active);
	assert_non_null(k.org.rp_id);
	gone = k.cred;
	assert_int_equal(ptn_dfns_creds_of(&scope, &m.id, &all, &n), PTN_OK);
	assert_int_equal(n, 1);
	assert_string_equal(all[0].cred_id, fresh.cred_id);
	assert_int_equal(ptn_dfns_cred_put(&scope, &m.id, &gone),
	    PTN_E_CONFLICT);
	client = fresh;
	approved = action();
	k = activate(&first, &approved, PTN_ACTIVATION_ON, PTN_E_DENIED);
	assert_int_equal(k.denial.reason, PTN_DFNS_NO_SUCH_CREDENTIAL);
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(approves_once),
		T(approval_denied),
		T(one_signer),
		T(adds_one),
		T(issues_a_code),
		T(adds_one_by_code),
		T(activates),
		T(deletes),
	};

	return cmocka_run_group_tests(tests, client_setup, client_teardown);
}
