/* Service accounts: made, found by their token, listed, revoked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/keysets.h"
#include "lib/account/user.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/member.h"
#include "lib/dfns/service.h"
#include "lib/dfns/token.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define TTL_S 86400

/* The public key of RFC 8410 section 10.1. */
static const char pem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
    "-----END PUBLIC KEY-----\n";

static struct ptn_keysets *keys;

static int
setup(void **state)
{
	if (rows_setup(state) != 0)
		return -1;
	conf.issuer = "";
	conf.dfns_session_s = 3600;
	if (ptn_keysets_new(&keys, &conf, secrets) != PTN_OK)
		return -1;
	scope.keys = keys;
	return ptn_keysets_refresh_of(&scope, PTN_API_DFNS, true) == PTN_OK
	    ? 0
	    : -1;
}

static int
teardown(void **state)
{
	ptn_keysets_free(&keys);
	return rows_teardown(state);
}

static enum ptn_err
put_locked(const struct ptn_scope *sc, void *arg)
{
	return ptn_service_put(sc, arg);
}

static enum ptn_err
try(const struct ptn_scope *sc, struct ptn_service_new *s)
{
	return ptn_tx(sc, put_locked, s);
}

static struct ptn_service_new
put_at(const struct ptn_scope *sc, const char *name)
{
	struct ptn_service_new s = { .name = name,
		.token = { .pem = pem, .ttl_s = TTL_S } };

	assert_int_equal(try(sc, &s), PTN_OK);
	return s;
}

static struct ptn_service_new
put(const char *name)
{
	return put_at(&scope, name);
}

static enum ptn_err
find_at(const struct ptn_scope *sc, const char *token)
{
	struct ptn_accesstoken_seen seen;

	return ptn_accesstoken_find(sc, ptn_bytes_of(token), &seen);
}

static enum ptn_err
find(const struct ptn_service_new *s)
{
	return find_at(&scope, s->token.token);
}

struct revoking {
	const struct ptn_uuid *token;
	struct ptn_uuid user;
};

static enum ptn_err
revoke_locked(const struct ptn_scope *sc, void *arg)
{
	struct revoking *r = arg;

	enum ptn_err e;

	if ((e = ptn_service_owner(sc, r->token, &r->user)) != PTN_OK ||
	    (e = ptn_user_lock(sc, &r->user)) != PTN_OK)
		return e;
	return ptn_service_end(sc, &r->user);
}

static enum ptn_err
revoke_at(const struct ptn_scope *sc, const struct ptn_uuid *token)
{
	struct revoking r = { .token = token };

	return ptn_tx(sc, revoke_locked, &r);
}

static int64_t
keys_of(const struct ptn_uuid *user)
{
	return rows_number("SELECT COUNT(*) FROM key_credentials"
			   " WHERE user_id = x'%s' AND of_token = 1"
			   " AND archived_at IS NULL",
	    rows_hex(user));
}

static void
made(void **state)
{
	const struct ptn_service_new s = put("Made");
	enum ptn_verdict verdict;
	struct ptn_dfns_token t;
	struct ptn_accesstoken_seen seen;
	struct ptn_member m;
	struct ptn_dfns_cred *all, c;
	size_t n;

	(void)state;
	assert_int_equal(ptn_member_by_id(&scope, &s.id, &m), PTN_OK);
	assert_string_equal(m.username, "Made");
	assert_string_equal(m.kind, PTN_EMPLOYEE);
	assert_true(m.service_account && m.registered && m.active);
	assert_false(ptn_member_usable(&m)); /* nobody logs in as one */
	assert_null(m.address);
	/* Its key is none of a log-in's. */
	assert_int_equal(ptn_dfns_creds_of(&scope, &s.id, &all, &n), PTN_OK);
	assert_int_equal(n, 0);
	assert_int_equal(ptn_accesstoken_find(&scope,
			     ptn_bytes_of(s.token.token), &seen),
	    PTN_OK);
	assert_int_equal(ptn_dfns_cred_of_token(&scope, &s.id,
			     &seen.credential_id, &c),
	    PTN_OK);
	assert_int_equal(c.kind, PTN_CRED_KEY);
	assert_string_equal(c.cred_id, s.token.cred_id);
	assert_string_equal(c.pem, pem);
	assert_int_equal(strncmp(c.fingerprint, "SHA256:", 7), 0);
	assert_int_equal(ptn_dfns_token_verify(&scope,
			     ptn_bytes_of(s.token.token),
			     PTN_DFNS_TOKEN_SERVICE, &t, &verdict),
	    PTN_OK);
	assert_int_equal(verdict, PTN_ALLOW);
	assert_true(ptn_uuid_equal(&t.id, &s.token.id));
	assert_true(ptn_uuid_equal(&t.user, &s.id));
	assert_true(ptn_uuid_equal(&t.org, &tenant));
	assert_int_equal(t.exp, s.token.expires_s);
	assert_int_equal(t.exp - t.iat, TTL_S);
	/* Of the token the digest alone is stored. */
	assert_int_equal(rows_number("SELECT COUNT(*) FROM access_tokens"
				     " WHERE id = x'%s'"
				     " AND LENGTH(hash) = 32"
				     " AND TIMESTAMPDIFF(SECOND, created_at,"
				     " expires_at) = %d",
			     rows_hex(&s.token.id), TTL_S),
	    1);
}

static void
made_in_vain(void **state)
{
	static const struct {
		const char *name;
		const char *pem;
		enum ptn_err r;
	} cases[] = {
		{ "bot@example.org", pem, PTN_E_INPUT },
		{ "", pem, PTN_E_INPUT },
		{ " ", pem, PTN_E_INPUT },
		{ "\xff", pem, PTN_E_INPUT },
		{ "bot", "", PTN_E_UNPROCESSABLE },
		{ "bot", "no key", PTN_E_UNPROCESSABLE },
		{ "Taken", pem, PTN_E_CONFLICT },
		{ " taken ", pem, PTN_E_CONFLICT },
	};
	struct ptn_service_new s = put("Taken");
	const struct ptn_uuid other = rows_tenant();
	const int64_t users = rows_number("SELECT COUNT(*) FROM users");
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		s = (struct ptn_service_new){ .name = cases[i].name,
			.token = { .pem = cases[i].pem, .ttl_s = TTL_S } };
		if (try(&scope, &s) != cases[i].r)
			fail_msg("%s", cases[i].name);
	}
	assert_int_equal(rows_number("SELECT COUNT(*) FROM users"), users);
	assert_int_equal(rows_number("SELECT COUNT(*) FROM access_tokens"
				     " WHERE user_id NOT IN"
				     " (SELECT user_id FROM members)"),
	    0);
	/* In another organisation the name is free. */
	(void)put_at(rows_at(&other), "Taken");
}

static void
found(void **state)
{
	const struct ptn_service_new s = put("Found");
	const uint64_t before = ptn_db_count(db);
	struct ptn_accesstoken_seen seen;
	struct ptn_dfns_cred c;

	(void)state;
	memset(&seen, 0xff, sizeof(seen));
	assert_int_equal(ptn_accesstoken_find(&scope,
			     ptn_bytes_of(s.token.token), &seen),
	    PTN_OK);
	assert_int_equal(ptn_db_count(db) - before, 1);
	assert_true(ptn_uuid_equal(&seen.user_id, &s.id));
	assert_true(ptn_uuid_equal(&seen.id, &s.token.id));
	assert_string_equal(seen.username, "Found");
	assert_string_equal(seen.kind, PTN_EMPLOYEE);
	assert_true(seen.service_account);
	assert_int_equal(ptn_dfns_cred_of_token(&scope, &s.id,
			     &seen.credential_id, &c),
	    PTN_OK);
}

static void
found_no_more(void **state)
{
	static const struct {
		const char *off, *on;
	} cases[] = {
		{ "access_tokens SET expires_at = UTC_TIMESTAMP(6)",
		    "access_tokens SET expires_at = UTC_TIMESTAMP(6)"
		    " + INTERVAL 1 DAY" },
		{ "access_tokens SET revoked_at = UTC_TIMESTAMP(6)",
		    "access_tokens SET revoked_at = NULL" },
		{ "access_tokens SET active = 0",
		    "access_tokens SET active = 1" },
		{ "access_tokens SET kind = 'Pat'",
		    "access_tokens SET kind = 'ServiceAccount'" },
		{ "users SET locked_at = UTC_TIMESTAMP(6)",
		    "users SET locked_at = NULL" },
		{ "members SET active = 0", "members SET active = 1" },
		{ "members SET archived_at = UTC_TIMESTAMP(6)",
		    "members SET archived_at = NULL" },
		{ "members SET service_account = 0",
		    "members SET service_account = 1" },
		{ "tenants SET active = 0", "tenants SET active = 1" },
	};
	const struct ptn_service_new s = put("No more");
	const struct ptn_uuid other = rows_tenant();
	struct ptn_accesstoken_seen seen;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		rows_sql("UPDATE %s", cases[i].off);
		if (find(&s) != PTN_E_NOT_FOUND)
			fail_msg("%s", cases[i].off);
		rows_sql("UPDATE %s", cases[i].on);
		assert_int_equal(find(&s), PTN_OK);
	}
	assert_int_equal(find_at(rows_at(&other), s.token.token),
	    PTN_E_NOT_FOUND);
	assert_int_equal(find_at(&scope, ""), PTN_E_NOT_FOUND);
	assert_int_equal(find_at(&scope, "x.y.z"), PTN_E_NOT_FOUND);
	memset(&seen, 0xff, sizeof(seen));
	assert_int_equal(ptn_accesstoken_find(&scope,
			     PTN_BYTES(s.token.token,
				 strlen(s.token.token) - 1),
			     &seen),
	    PTN_E_NOT_FOUND);
	assert_true(ptn_uuid_is_nil(&seen.user_id));
}

/* The signature is nothing to it: keys come and go. */
static void
outlives_the_keys(void **state)
{
	const struct ptn_service_new s = put("Outlives");

	(void)state;
	rows_sql("DELETE FROM jwks");
	assert_int_equal(ptn_keysets_refresh_of(&scope, PTN_API_DFNS, true),
	    PTN_OK);
	conf.issuer = "another";
	assert_int_equal(find(&s), PTN_OK);
	conf.issuer = "";
}

/* How each of those listed is, and how it got there. */
static void
listed(void **state)
{
	static const struct {
		const char *name, *state, *change;
	} cases[] = {
		{ "Listed 0", "active", "expires_at = k.expires_at" },
		{ "Listed 1", "inactive", "active = 0" },
		{ "Listed 2", "expired", "expires_at = UTC_TIMESTAMP(6)" },
		{ "Listed 3", "revoked", "revoked_at = UTC_TIMESTAMP(6)" },
	};
	const struct ptn_uuid org = rows_tenant(), none = rows_tenant();
	const struct ptn_scope *at = rows_at(&org);
	struct ptn_service_new s;
	struct ptn_service_row *row;
	size_t i, n;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		s = put_at(at, cases[i].name);
		rows_sql("UPDATE access_tokens k JOIN members m"
			 " ON m.user_id = k.user_id"
			 " SET k.created_at = '2001-01-0%zu', %s%s"
			 " WHERE k.id = x'%s'",
		    N(cases) - i, i == 1 ? "m." : "k.", cases[i].change,
		    rows_hex(&s.token.id));
	}
	rows_sql("UPDATE key_credentials SET last_used_at = '2001-02-03'"
		 " WHERE user_id = x'%s'",
	    rows_hex(&s.id));
	assert_int_equal(ptn_services_of(at, &row, &n), PTN_OK);
	assert_int_equal(n, N(cases));
	for (i = 0; i < n; i++) { /* made to be the oldest last */
		assert_string_equal(row[n - 1 - i].name, cases[i].name);
		assert_string_equal(row[n - 1 - i].state, cases[i].state);
		assert_true(row[i].created_at_us > 0);
		assert_true(row[i].expires_at_us > row[i].created_at_us);
		assert_int_equal(row[i].last_signed_us != 0, i == 0);
	}
	assert_true(ptn_uuid_equal(&row[0].token_id, &s.token.id));
	assert_true(ptn_uuid_equal(&row[0].user_id, &s.id));
	assert_int_equal(ptn_services_of(rows_at(&none), &row, &n), PTN_OK);
	assert_int_equal(n, 0);
	assert_null(row);
}

static void
revoked(void **state)
{
	const struct ptn_service_new s = put("Revoked"), rest = put("Rest");
	const struct ptn_uuid other = rows_tenant(), none = ptn_uuid_new();
	struct revoking r = { .token = &s.token.id };
	struct ptn_service_new again;

	(void)state;
	assert_int_equal(revoke_at(rows_at(&other), &s.token.id),
	    PTN_E_NOT_FOUND);
	assert_int_equal(revoke_at(&scope, &none), PTN_E_NOT_FOUND);
	assert_int_equal(revoke_at(&scope, &s.id), PTN_E_NOT_FOUND);
	assert_int_equal(find(&s), PTN_OK);
	assert_int_equal(ptn_tx(&scope, revoke_locked, &r), PTN_OK);
	assert_true(ptn_uuid_equal(&r.user, &s.id));
	assert_int_equal(find(&s), PTN_E_NOT_FOUND);
	assert_int_equal(keys_of(&s.id), 0);
	assert_int_equal(revoke_at(&scope, &s.token.id), PTN_E_NOT_FOUND);
	assert_int_equal(find(&rest), PTN_OK);
	assert_int_equal(keys_of(&rest.id), 1);
	/* The name is free again, for another account. */
	again = put("revoked");
	assert_false(ptn_uuid_equal(&again.id, &s.id));
	assert_int_equal(find(&again), PTN_OK);
	assert_int_equal(find(&s), PTN_E_NOT_FOUND);
}

static enum ptn_err
race_revoke(const struct ptn_scope *sc, void *arg)
{
	return revoke_at(sc, arg);
}

static enum ptn_err
race_put(const struct ptn_scope *sc, void *arg)
{
	struct ptn_service_new s = { .name = arg,
		.token = { .pem = pem, .ttl_s = TTL_S } };

	return try(sc, &s);
}

static void
races(void **state)
{
	struct ptn_service_new s = put("Raced");
	char name[] = "At once";

	(void)state;
	assert_int_equal(rows_race_held(race_revoke, &s.token.id,
			     PTN_E_NOT_FOUND,
			     ptn_arena_printf(arena,
				 "UPDATE users SET id = id WHERE id = x'%s'",
				 rows_hex(&s.id))),
	    1);
	assert_int_equal(rows_race(race_put, name, PTN_E_CONFLICT), 1);
}

#define T(f) cmocka_unit_test_setup(f, rows_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(made),
		T(made_in_vain),
		T(found),
		T(found_no_more),
		T(outlives_the_keys),
		T(listed),
		T(revoked),
		T(races),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
