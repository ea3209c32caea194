/* Passkeys of an account: added, used to log in, named, given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/account/credential.h"
#include "lib/account/passkey.h"
#include "lib/account/signin_passkey.h"
#include "lib/base/base64.h"
#include "lib/format/dfnsid.h"
#include "tests/unit/authenticator.h"
#include "tests/unit/rules.h" /* $POSTERN_TEST_DB */

static char origin[] = AUTH_ORIGIN;
static char *origins[] = { origin };

static int
setup(void **state)
{
	if (auth_setup(state) != 0 || rules_setup(state) != 0)
		return -1;
	conf.rp_id = AUTH_RP_ID;
	conf.rp_origins = (struct ptn_strs){ origins, 1 };
	conf.aaguid_file = "/nonexistent";
	conf.webauthn_registration_ms = conf.webauthn_login_ms = 60000;
	return 0;
}

static int
teardown(void **state)
{
	return auth_teardown(state) + rows_teardown(state);
}

static int
each(void **state)
{
	conf.passkey_uv = PTN_UV_PREFERRED;
	conf.passkey_enabled = true;
	conf.passkey_limit = 10;
	return rules_each(state);
}

static const char *
text_of(const struct ptn_webauthn_challenge *ch)
{
	return ptn_b64url_encode(arena,
	    PTN_BYTES(ch->value, sizeof(ch->value)));
}

/* A credential's id that nobody has yet. */
static struct ptn_bytes
fresh_id(void)
{
	struct ptn_uuid *id = ptn_arena_alloc(arena, sizeof(*id));

	assert_non_null(id);
	*id = ptn_uuid_new();
	return PTN_BYTES(id->b, sizeof(id->b));
}

static struct ptn_passkey_options
begin_add(const struct ptn_uuid *user)
{
	struct ptn_passkey_options o;
	enum ptn_passkey_ceremony_result what;

	assert_int_equal(ptn_passkey_add_begin(&scope, user, &o, &what),
	    PTN_OK);
	assert_int_equal(what, PTN_PASSKEY_DONE);
	return o;
}

/* What an honest authenticator makes of it, but for what c says. */
static struct ptn_passkey_new
made(const struct ptn_uuid *user, const struct ptn_passkey_options *o,
    struct auth_creation *c)
{
	if (c->client.challenge == NULL)
		c->client.challenge = text_of(&o->challenge);
	if (c->data.cred_id.p == NULL)
		c->data.cred_id = fresh_id();
	auth_create(c);
	return (struct ptn_passkey_new){ .user_id = *user,
		.id = c->data.cred_id,
		.response = c->out,
		.transports = "usb" };
}

static enum ptn_passkey_ceremony_result
finish(const struct ptn_passkey_new *new)
{
	enum ptn_passkey_ceremony_result what = PTN_PASSKEY__MAX;

	assert_int_equal(ptn_passkey_add_finish(&scope, new, &what), PTN_OK);
	return what;
}

/* A passkey of the user: its id. */
static struct ptn_bytes
added(const struct ptn_uuid *user)
{
	const struct ptn_passkey_options o = begin_add(user);
	struct auth_creation c = { .fmt = NULL };
	const struct ptn_passkey_new new = made(user, &o, &c);

	assert_int_equal(finish(&new), PTN_PASSKEY_DONE);
	memset(&actor, 0, sizeof(actor));
	return new.id;
}

static int64_t
passkeys(const struct ptn_uuid *user)
{
	int64_t n = -1;

	assert_int_equal(ptn_credential_count(&scope, user, false, &n), PTN_OK);
	return n;
}

static bool
refused(const char *why)
{
	return rules_event(PTN_EVENT_REGISTRATION_FINAL_FAILED, why);
}

static void
one_is_added(void **state)
{
	const struct ptn_uuid user = rows_user();
	const struct ptn_passkey_options o = begin_add(&user);
	struct auth_creation c = { .fmt = NULL };
	const struct ptn_passkey_new new = made(&user, &o, &c);

	(void)state;
	assert_non_null(o.name);
	assert_false(o.challenge.require_uv);
	assert_true(rules_event(PTN_EVENT_REGISTRATION_INIT_OK, NULL));
	assert_int_equal(finish(&new), PTN_PASSKEY_DONE);
	assert_int_equal(passkeys(&user), 1);
	assert_true(rules_event(PTN_EVENT_REGISTRATION_FINAL_OK, NULL));
	/* The challenge is spent, and so is the id. */
	assert_int_equal(finish(&new), PTN_PASSKEY_NO_CHALLENGE);
	assert_true(refused("unknown challenge"));
	assert_int_equal(passkeys(&user), 1);
}

/* Those that were begun meanwhile are too many. */
static void
there_are_as_many_as_may_be(void **state)
{
	const struct ptn_uuid user = rows_user();
	const struct ptn_passkey_options first = begin_add(&user);
	const struct ptn_passkey_options second = begin_add(&user);
	struct auth_creation c = { .fmt = NULL }, d = { .fmt = NULL };
	struct ptn_passkey_new new = made(&user, &first, &c);
	enum ptn_passkey_ceremony_result what;
	struct ptn_passkey_options more;

	(void)state;
	conf.passkey_limit = 1;
	assert_int_equal(finish(&new), PTN_PASSKEY_DONE);
	new = made(&user, &second, &d);
	assert_int_equal(finish(&new), PTN_PASSKEY_FULL);
	assert_true(refused("user has as many as they may"));
	assert_int_equal(passkeys(&user), 1);
	assert_int_equal(ptn_passkey_add_begin(&scope, &user, &more, &what),
	    PTN_OK);
	assert_int_equal(what, PTN_PASSKEY_FULL);
}

static void
a_passkey_needs_a_name(void **state)
{
	const struct ptn_uuid nobody = ptn_uuid_new();
	struct ptn_passkey_options o;
	enum ptn_passkey_ceremony_result what;

	(void)state;
	assert_int_equal(ptn_passkey_add_begin(&scope, &nobody, &o, &what),
	    PTN_OK);
	assert_int_equal(what, PTN_PASSKEY_NO_ADDRESS);
	assert_true(rules_event(PTN_EVENT_REGISTRATION_INIT_FAILED,
	    "user has no primary email address"));
}

static void
challenges_that_are_not_ours(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	const struct ptn_passkey_options his = begin_add(&bob);
	struct auth_creation stolen = { .fmt = NULL };
	struct auth_creation invented = { .fmt = NULL };
	struct auth_creation malformed = { .client = { .json = "{" } };
	struct ptn_passkey_new new;

	(void)state;
	new = made(&ada, &his, &stolen);
	assert_int_equal(finish(&new), PTN_PASSKEY_NO_CHALLENGE);
	new.user_id = bob; /* it was spent all the same */
	assert_int_equal(finish(&new), PTN_PASSKEY_NO_CHALLENGE);
	invented.client.challenge = "AAAA";
	new = made(&ada, &his, &invented);
	assert_int_equal(finish(&new), PTN_PASSKEY_NO_CHALLENGE);
	invented.client.challenge = "!";
	new = made(&ada, &his, &invented);
	assert_int_equal(finish(&new), PTN_PASSKEY_NO_CHALLENGE);
	actor.n = 0;
	new = made(&ada, &his, &malformed);
	assert_int_equal(finish(&new), PTN_PASSKEY_MALFORMED);
	assert_true(refused("malformed client data"));
	assert_int_equal(passkeys(&ada) + passkeys(&bob), 0);
}

static void
a_late_one(void **state)
{
	const struct ptn_uuid user = rows_user();
	const struct ptn_passkey_options o = begin_add(&user);
	struct auth_creation c = { .fmt = NULL };
	const struct ptn_passkey_new new = made(&user, &o, &c);

	(void)state;
	rows_sql("UPDATE webauthn_challenges SET expires_at ="
		 " UTC_TIMESTAMP(6) - INTERVAL 1 SECOND");
	assert_int_equal(finish(&new), PTN_PASSKEY_EXPIRED);
	assert_true(refused("expired challenge"));
	assert_int_equal(passkeys(&user), 0);
}

/* What ptn_webauthn_register() refuses is told by kinds. */
static void
responses_that_do_not_hold(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct auth_creation object = { .object = ptn_bytes_of("none") };
	struct auth_creation data = { .data = { .cut = 40 } };
	struct auth_creation uv = { .data = { .clear = PTN_AUTHDATA_UV } };
	struct auth_creation rp = { .data = { .rp_id = "other.example" } };
	const struct {
		struct auth_creation *c;
		enum ptn_passkey_ceremony_result what;
	} cases[] = { { &object, PTN_PASSKEY_MALFORMED },
		{ &data, PTN_PASSKEY_AUTH_DATA },
		{ &uv, PTN_PASSKEY_UNVERIFIED }, { &rp, PTN_PASSKEY_DENIED } };
	struct ptn_passkey_options o;
	struct ptn_passkey_new new;
	size_t i;

	(void)state;
	conf.passkey_uv = PTN_UV_REQUIRED;
	for (i = 0; i < 4; i++) {
		o = begin_add(&user);
		assert_true(o.challenge.require_uv);
		new = made(&user, &o, cases[i].c);
		actor.n = 0;
		assert_int_equal(finish(&new), cases[i].what);
		assert_int_equal(actor.n, 1);
		assert_int_equal(actor.log[0].event,
		    PTN_EVENT_REGISTRATION_FINAL_FAILED);
		assert_non_null(actor.log[0].entry.detail);
	}
	assert_int_equal(passkeys(&user), 0);
}

static void
an_id_that_is_not_its_own(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	struct ptn_passkey_options o = begin_add(&ada);
	struct auth_creation c = { .fmt = NULL }, again = { .fmt = NULL };
	struct ptn_passkey_new new = made(&ada, &o, &c);

	(void)state;
	new.id = fresh_id();
	assert_int_equal(finish(&new), PTN_PASSKEY_DENIED);
	assert_true(refused("id differs"));
	again.data.cred_id = added(&bob);
	o = begin_add(&ada);
	new = made(&ada, &o, &again);
	assert_int_equal(finish(&new), PTN_PASSKEY_DENIED);
	assert_true(refused("id is registered"));
	assert_int_equal(passkeys(&ada), 0);
}

/* ------------------------------------------------------------------ log-in */

static struct ptn_signin_passkey_options
begin_login(const struct ptn_uuid *user)
{
	struct ptn_signin_passkey_options o;
	enum ptn_passkey_ceremony_result what;

	assert_int_equal(ptn_signin_passkey_begin(&scope, user, &o, &what),
	    PTN_OK);
	assert_int_equal(what, PTN_PASSKEY_DONE);
	return o;
}

/* What an honest authenticator says, but for what c says. */
static struct ptn_signin_passkey
signed_by(struct ptn_bytes id, const struct ptn_signin_passkey_options *o,
    struct auth_assertion *c)
{
	if (c->client.challenge == NULL)
		c->client.challenge = text_of(&o->challenge);
	auth_assert(c);
	return (struct ptn_signin_passkey){ .api = PTN_API_HANKO,
		.id = id,
		.response = c->out };
}

static struct ptn_bytes
handle_of(const struct ptn_uuid *user)
{
	return PTN_BYTES(user->b, sizeof(user->b));
}

static enum ptn_passkey_ceremony_result
log_in(struct ptn_signin_passkey *p)
{
	enum ptn_passkey_ceremony_result what = PTN_PASSKEY__MAX;

	assert_int_equal(ptn_signin_passkey(&scope, p, &what), PTN_OK);
	return what;
}

static bool
not_logged_in(const char *why)
{
	return rules_event(PTN_EVENT_AUTHENTICATION_FINAL_FAILED, why);
}

static void
whoever_the_passkey_is_of(void **state)
{
	const struct ptn_uuid user = rows_user();
	const struct ptn_bytes id = added(&user);
	const struct ptn_signin_passkey_options o = begin_login(NULL);
	struct auth_assertion c = { .key = NULL };
	struct ptn_signin_passkey p = signed_by(id, &o, &c);

	(void)state;
	assert_int_equal(o.n, 0);
	assert_true(rules_event(PTN_EVENT_AUTHENTICATION_INIT_OK, NULL));
	p.user_handle = handle_of(&user);
	assert_int_equal(log_in(&p), PTN_PASSKEY_DONE);
	assert_true(ptn_uuid_equal(&p.user_id, &user));
	assert_true(ptn_uuid_equal(&p.claims.sub, &user));
	assert_non_null(p.claims.email.address);
	assert_string_equal(actor.email, p.claims.email.address);
	assert_int_equal(rules_sessions(&user), 1);
	assert_true(rules_rows(&user, PTN_EVENT_AUTHENTICATION_FINAL_OK, 1));
	assert_int_equal(log_in(&p), PTN_PASSKEY_NO_CHALLENGE);
	assert_int_equal(rules_sessions(&user), 1);
}

static void
a_user_who_is_named(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	const struct ptn_uuid nobody = ptn_uuid_new();
	const struct ptn_bytes hers = added(&ada), his = added(&bob);
	struct ptn_signin_passkey_options o = begin_login(&ada);
	struct auth_assertion c = { .key = NULL }, d = { .key = NULL };
	struct ptn_signin_passkey p = signed_by(hers, &o, &c);
	enum ptn_passkey_ceremony_result what;

	(void)state;
	assert_int_equal(o.n, 1);
	assert_true(ptn_bytes_equal(o.allowed[0].id, hers));
	assert_int_equal(log_in(&p), PTN_PASSKEY_DONE); /* without a handle */
	o = begin_login(&ada);
	p = signed_by(his, &o, &d);
	assert_int_equal(log_in(&p), PTN_PASSKEY_DENIED);
	assert_true(not_logged_in("unknown credential"));
	assert_int_equal(rules_sessions(&bob), 0);
	assert_int_equal(ptn_signin_passkey_begin(&scope, &nobody, &o, &what),
	    PTN_OK);
	assert_int_equal(what, PTN_PASSKEY_NO_USER);
	assert_true(rules_event(PTN_EVENT_AUTHENTICATION_INIT_FAILED,
	    "user not found"));
}

static void
a_user_without_passkeys_is_asked_for_any(void **state)
{
	const struct ptn_uuid user = rows_user();
	const struct ptn_signin_passkey_options o = begin_login(&user);

	(void)state;
	assert_int_equal(o.n, 0);
	assert_true(ptn_uuid_is_nil(&o.challenge.user_id));
}

/* user: who is named at the beginning, or NULL. */
static enum ptn_passkey_ceremony_result
with_handle(const struct ptn_uuid *user, struct ptn_bytes id,
    struct ptn_bytes handle)
{
	const struct ptn_signin_passkey_options o = begin_login(user);
	struct auth_assertion c = { .key = NULL };
	struct ptn_signin_passkey p = signed_by(id, &o, &c);

	actor.n = 0;
	p.user_handle = handle;
	return log_in(&p);
}

static void
handles(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	const struct ptn_bytes hers = added(&ada), none = PTN_BYTES("", 0);
	const struct ptn_bytes odd = PTN_BYTES("seventeen bytes..", 17);

	(void)state;
	assert_int_equal(with_handle(NULL, hers, none), PTN_PASSKEY_NO_HANDLE);
	assert_true(not_logged_in("no usable user handle"));
	assert_int_equal(with_handle(NULL, hers, odd), PTN_PASSKEY_NO_HANDLE);
	assert_int_equal(with_handle(&ada, hers, odd), PTN_PASSKEY_DENIED);
	assert_true(not_logged_in("no usable user handle"));
	assert_int_equal(with_handle(&ada, hers, handle_of(&bob)),
	    PTN_PASSKEY_DENIED);
	assert_true(not_logged_in("user handle of another user"));
	assert_int_equal(with_handle(NULL, hers, handle_of(&bob)),
	    PTN_PASSKEY_DENIED);
	assert_true(not_logged_in("unknown credential"));
	assert_int_equal(rules_sessions(&ada) + rules_sessions(&bob), 0);
	assert_int_equal(with_handle(&ada, hers, handle_of(&ada)),
	    PTN_PASSKEY_DONE);
}

/* One that came from elsewhere with a handle, which is somebody's id here. */
static void
handle_of_elsewhere(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	const struct ptn_bytes hers = added(&ada), his = added(&bob);

	(void)state;
	assert_int_equal(with_handle(NULL, hers, handle_of(&bob)),
	    PTN_PASSKEY_DENIED);
	rows_sql("UPDATE webauthn_credentials SET user_handle = "
		 "UNHEX('%s') WHERE user_id = UNHEX('%s')",
	    rows_hex(&bob), rows_hex(&ada));
	assert_int_equal(with_handle(NULL, hers, handle_of(&bob)),
	    PTN_PASSKEY_DONE);
	assert_int_equal(with_handle(&ada, hers, handle_of(&bob)),
	    PTN_PASSKEY_DONE);
	assert_int_equal(rules_sessions(&ada), 2);
	/* It is nothing of whose id it is, who has not lost theirs. */
	assert_int_equal(rules_sessions(&bob), 0);
	assert_int_equal(with_handle(&bob, hers, handle_of(&bob)),
	    PTN_PASSKEY_DENIED);
	assert_int_equal(with_handle(NULL, his, handle_of(&bob)),
	    PTN_PASSKEY_DONE);
}

static struct ptn_bytes
text_handle_of(enum ptn_dfnsid_kind kind, const struct ptn_uuid *user)
{
	char *text = ptn_arena_alloc(arena, PTN_DFNSID_STR);

	assert_non_null(text);
	ptn_dfnsid_format(kind, user, text);
	return ptn_bytes_of(text);
}

/* Passkeys that the Dfns API has made have its ids for handles. */
static void
handles_of_the_dfns_api(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	const struct ptn_bytes hers = added(&ada);

	(void)state;
	assert_int_equal(
	    with_handle(NULL, hers, text_handle_of(PTN_DFNSID_ORG, &ada)),
	    PTN_PASSKEY_NO_HANDLE);
	assert_int_equal(
	    with_handle(NULL, hers, text_handle_of(PTN_DFNSID_USER, &bob)),
	    PTN_PASSKEY_DENIED);
	assert_int_equal(
	    with_handle(&ada, hers, text_handle_of(PTN_DFNSID_USER, &bob)),
	    PTN_PASSKEY_DENIED);
	assert_int_equal(rules_sessions(&ada), 0);
	assert_int_equal(
	    with_handle(&ada, hers, text_handle_of(PTN_DFNSID_USER, &ada)),
	    PTN_PASSKEY_DONE);
}

/* Refusals by kinds; the last two are about a counter that was at 7. */
static void
assertions_that_do_not_hold(void **state)
{
	const struct ptn_uuid user = rows_user();
	const struct ptn_bytes id = added(&user);
	struct auth_assertion seven = { .data = { .count = 7 } };
	struct auth_assertion client = { .client = { .json = "{" } };
	struct auth_assertion data = { .data = { .cut = 10 } };
	struct auth_assertion uv = { .data = { .clear = PTN_AUTHDATA_UV } };
	struct auth_assertion key = { .key = auth_other_key(PTN_COSE_ES256),
		.data = { .count = 8 } };
	struct auth_assertion same = { .data = { .count = 7 } };
	struct auth_assertion zero = { .data = { .count = 0 } };
	const struct {
		struct auth_assertion *c;
		enum ptn_passkey_ceremony_result what;
	} cases[] = { { &seven, PTN_PASSKEY_DONE },
		{ &client, PTN_PASSKEY_MALFORMED },
		{ &data, PTN_PASSKEY_AUTH_DATA },
		{ &uv, PTN_PASSKEY_UNVERIFIED }, { &key, PTN_PASSKEY_DENIED },
		{ &same, PTN_PASSKEY_COUNTER },
		{ &zero, PTN_PASSKEY_COUNTER } };
	struct ptn_signin_passkey_options o;
	struct ptn_signin_passkey p;
	size_t i;

	(void)state;
	conf.passkey_uv = PTN_UV_REQUIRED;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		o = begin_login(&user);
		p = signed_by(id, &o, cases[i].c);
		actor.n = 0;
		assert_int_equal(log_in(&p), cases[i].what);
	}
	assert_int_equal(rules_sessions(&user), 1);
}

static void
named_and_given_up(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	const struct ptn_bytes hers = added(&ada);
	struct ptn_credential *list;
	size_t n;

	(void)state;
	assert_int_equal(ptn_passkey_rename(&scope, &bob, hers, "mine"),
	    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_passkey_remove(&scope, &bob, hers),
	    PTN_E_NOT_FOUND);
	assert_int_equal(actor.n, 0);
	assert_int_equal(ptn_passkey_rename(&scope, &ada, hers, "telephone"),
	    PTN_OK);
	assert_int_equal(ptn_passkey_rename(&scope, &ada, hers, NULL), PTN_OK);
	assert_true(rules_event(PTN_EVENT_CREDENTIAL_UPDATED, NULL));
	/* It is called so already: nothing happens. */
	actor.n = 0;
	assert_int_equal(ptn_passkey_rename(&scope, &ada, hers, "telephone"),
	    PTN_OK);
	assert_int_equal(actor.n, 0);
	assert_int_equal(ptn_passkey_rename(&scope, &ada, hers, "telephone "),
	    PTN_OK);
	assert_int_equal(actor.n, 1);
	assert_int_equal(ptn_credentials_of(&scope, &ada, &list, &n), PTN_OK);
	assert_int_equal(n, 1);
	assert_string_equal(list[0].name, "telephone ");
	assert_int_equal(ptn_passkey_remove(&scope, &ada, hers), PTN_OK);
	assert_true(rules_event(PTN_EVENT_CREDENTIAL_DELETED, NULL));
	assert_int_equal(passkeys(&ada), 0);
}

static const char *
hex_of(struct ptn_bytes b)
{
	char *hex = ptn_arena_alloc(arena, 2 * b.len + 1);

	assert_non_null(hex);
	ptn_hex_encode(b, hex);
	return hex;
}

/* What is admitted to the Dfns API is not changed here. */
static void
admitted_elsewhere(void **state)
{
	const struct ptn_uuid ada = rows_user();
	const struct ptn_bytes admitted = added(&ada), other = added(&ada);

	(void)state;
	rows_sql("UPDATE webauthn_credentials SET admitted = 1, name = 'was'"
		 " WHERE id_hash = UNHEX(SHA2(x'%s', 256))",
	    hex_of(admitted));
	rows_sql("INSERT INTO members VALUES (x'%s', x'%s', 'ada', 'ada',"
		 " 'EndUser', 1, 1, 0, NULL, UTC_TIMESTAMP(6), NULL, NULL,"
		 " NULL)",
	    rows_hex(&ada), rows_hex(&tenant));
	actor.n = 0;
	assert_int_equal(ptn_passkey_rename(&scope, &ada, admitted, "x"),
	    PTN_E_FORBIDDEN);
	assert_int_equal(ptn_passkey_rename(&scope, &ada, admitted, NULL),
	    PTN_E_FORBIDDEN);
	assert_int_equal(ptn_passkey_remove(&scope, &ada, admitted),
	    PTN_E_FORBIDDEN);
	assert_int_equal(actor.n, 3);
	assert_true(rules_event(PTN_EVENT_CHANGE_GUARDED, "passkey"));
	assert_int_equal(rows_number("SELECT COUNT(*) FROM webauthn_credentials"
				     " WHERE user_id = x'%s' AND name = 'was'",
			     rows_hex(&ada)),
	    1);
	assert_int_equal(ptn_passkey_rename(&scope, &ada, other, "x"), PTN_OK);
	assert_int_equal(ptn_passkey_remove(&scope, &ada, other), PTN_OK);
	conf.dfns_trust = true;
	assert_int_equal(ptn_passkey_remove(&scope, &ada, admitted), PTN_OK);
	conf.dfns_trust = false;
	assert_int_equal(passkeys(&ada), 0);
}

static void
nothing_without_its_record(void **state)
{
	const struct ptn_uuid user = rows_user();
	const struct ptn_bytes id = added(&user);
	const struct ptn_passkey_options o = begin_add(&user);
	const struct ptn_signin_passkey_options in = begin_login(&user);
	struct auth_creation c = { .fmt = NULL };
	struct auth_assertion a = { .data = { .count = 3 } };
	const struct ptn_passkey_new new = made(&user, &o, &c);
	struct ptn_signin_passkey p = signed_by(id, &in, &a);
	struct ptn_passkey_options more;
	struct ptn_signin_passkey_options again;
	enum ptn_passkey_ceremony_result what;

	(void)state;
	rows_sql(
	    "SET @challenges = (SELECT COUNT(*) FROM webauthn_challenges)");
	memset(&actor, 0, sizeof(actor));
	rules_record_off();
	assert_int_not_equal(ptn_passkey_add_begin(&scope, &user, &more, &what),
	    PTN_OK);
	assert_int_not_equal(
	    ptn_signin_passkey_begin(&scope, NULL, &again, &what), PTN_OK);
	assert_int_not_equal(ptn_passkey_add_finish(&scope, &new, &what),
	    PTN_OK);
	assert_int_not_equal(ptn_signin_passkey(&scope, &p, &what), PTN_OK);
	assert_int_not_equal(ptn_passkey_rename(&scope, &user, id, "x"),
	    PTN_OK);
	assert_int_not_equal(ptn_passkey_remove(&scope, &user, id), PTN_OK);
	rules_record_on();
	assert_int_equal(actor.n, 0);
	assert_int_equal(passkeys(&user), 1);
	assert_int_equal(rules_sessions(&user), 0);
	/* None was drawn, but two were spent. */
	assert_true(rules_hold("(SELECT COUNT(*) FROM webauthn_challenges) ="
			       " @challenges - 2 AND NOT EXISTS (SELECT 1 FROM"
			       " webauthn_credentials WHERE name = 'x' OR"
			       " sign_count = 3)"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_is_added, each),
		cmocka_unit_test_setup(there_are_as_many_as_may_be, each),
		cmocka_unit_test_setup(a_passkey_needs_a_name, each),
		cmocka_unit_test_setup(challenges_that_are_not_ours, each),
		cmocka_unit_test_setup(a_late_one, each),
		cmocka_unit_test_setup(responses_that_do_not_hold, each),
		cmocka_unit_test_setup(an_id_that_is_not_its_own, each),
		cmocka_unit_test_setup(whoever_the_passkey_is_of, each),
		cmocka_unit_test_setup(a_user_who_is_named, each),
		cmocka_unit_test_setup(a_user_without_passkeys_is_asked_for_any,
		    each),
		cmocka_unit_test_setup(handles, each),
		cmocka_unit_test_setup(handle_of_elsewhere, each),
		cmocka_unit_test_setup(handles_of_the_dfns_api, each),
		cmocka_unit_test_setup(assertions_that_do_not_hold, each),
		cmocka_unit_test_setup(named_and_given_up, each),
		cmocka_unit_test_setup(admitted_elsewhere, each),
		cmocka_unit_test_setup(nothing_without_its_record, each),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
