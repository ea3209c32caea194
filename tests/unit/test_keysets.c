/* The keys of all, and those of tenants, in $POSTERN_TEST_DB (rows.h). */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/account/keysets.h"
#include "lib/account/orgs.h"
#include "lib/account/token.h"
#include "lib/conf/conf.h"
#include "lib/crypto/jws.h"
#include "lib/event/actor.h"
#include "tests/unit/rows.h"

#define HOUR 3600
#define PUBLISH_S 900
#define GRACE_S 120
#define MANY 150 /* more than a process keeps */

static struct ptn_keysets *keys;
static struct ptn_actor operator_;

/* As a process does that starts. */
static void
restart(void)
{
	ptn_keysets_free(&keys);
	assert_int_equal(ptn_keysets_new(&keys, &conf, scope.secrets), PTN_OK);
	scope.keys = keys;
}

static int
setup(void **state)
{
	if (rows_setup(state) != 0)
		return -1;
	conf.issuer = "";
	conf.audit_rows = true;
	conf.session_lifespan_s = HOUR;
	conf.dfns_session_s = HOUR;
	conf.key_publish_s = PUBLISH_S;
	conf.key_refresh_s = 300;
	scope.actor = &operator_;
	return 0;
}

static int
teardown(void **state)
{
	ptn_keysets_free(&keys);
	return rows_teardown(state);
}

static int
each(void **state)
{
	memset(&operator_, 0, sizeof(operator_));
	conf.sign_alg = PTN_ALG_ES256;
	conf.dfns_enabled = false;
	scope.secrets = secrets;
	rows_sql("DELETE FROM jwks");
	restart();
	return rows_each(state);
}

/* A request, or a command, that is about a tenant. */
static const struct ptn_scope *
at(const struct ptn_uuid *id)
{
	struct ptn_scope *sc = ptn_arena_alloc(arena, sizeof(*sc));

	assert_non_null(sc);
	*sc = ptn_scope_at(&scope, id);
	sc->tenant_named = !ptn_uuid_equal(id, &tenant);
	assert_int_equal(ptn_keysets_refresh(sc, false), PTN_OK);
	return sc;
}

/* The id of a new key, which signs after so long; as a text. */
static const char *
rotate(const struct ptn_uuid *id, enum ptn_api api, int64_t delay_s)
{
	char *text = ptn_arena_alloc(arena, PTN_UUID_STR);
	struct ptn_scope sc = ptn_scope_at(&scope, id);
	struct ptn_uuid kid;

	assert_non_null(text);
	sc.tenant_named = !ptn_uuid_equal(id, &tenant);
	assert_int_equal(ptn_keysets_rotate(&sc, api, delay_s, &kid), PTN_OK);
	restart();
	ptn_uuid_format(&kid, text);
	return text;
}

static const char *
signer(const struct ptn_scope *sc)
{
	const struct ptn_key *key;
	const char *kid;

	assert_int_equal(ptn_keysets_signer(sc, PTN_API_HANKO, &key, &kid),
	    PTN_OK);
	return ptn_arena_strdup(arena, kid);
}

static const char *
token_of(const struct ptn_uuid *id, enum ptn_api api)
{
	char *token;

	assert_int_equal(ptn_token_sign(at(id), api, "{\"a\":1}", &token),
	    PTN_OK);
	return token;
}

static bool
opens(const struct ptn_uuid *id, enum ptn_api api, const char *token)
{
	enum ptn_verdict verdict;
	struct ptn_bytes payload;

	assert_int_equal(ptn_token_open(at(id), api, ptn_bytes_of(token),
			     &payload, &verdict),
	    PTN_OK);
	return verdict == PTN_ALLOW;
}

static bool
shows(const struct ptn_uuid *id, const char *kid)
{
	const char *json;

	assert_int_equal(ptn_keysets_json(at(id), &json), PTN_OK);
	return strstr(json, kid) != NULL;
}

/* Time passes for a key. */
static void
age(const char *kid, int64_t s)
{
	rows_sql("UPDATE jwks SET created_at = created_at - INTERVAL %lld"
		 " SECOND, signs_from = signs_from - INTERVAL %lld SECOND"
		 " WHERE id = UNHEX(REPLACE('%s', '-', ''))",
	    (long long)s, (long long)s, kid);
	restart();
}

/* ------------------------------------------------------------------- tests */

static void
those_of_all(void **state)
{
	const struct ptn_uuid a = rows_tenant();
	const char *kid = signer(at(&tenant));

	(void)state;
	assert_string_equal(signer(at(&a)), kid);
	assert_true(shows(&a, kid));
	assert_true(opens(&tenant, PTN_API_HANKO,
	    token_of(&a, PTN_API_HANKO)));
}

/* It is published first: whoever verifies has the set of before. */
static void
first_of_its_own(void **state)
{
	const struct ptn_uuid a = rows_tenant(), b = rows_tenant();
	const char *shared = signer(at(&tenant));
	const char *own = rotate(&a, PTN_API_HANKO, -1);

	(void)state;
	assert_string_equal(signer(at(&a)), shared);
	assert_true(shows(&a, own));
	assert_true(shows(&a, shared));
	age(own, PUBLISH_S + 1);
	assert_string_equal(signer(at(&a)), own);
	assert_true(shows(&a, shared));
	assert_string_equal(signer(at(&b)), shared);
	assert_string_equal(signer(at(&tenant)), shared);
	assert_false(shows(&b, own));
	assert_false(shows(&tenant, own));
	assert_int_equal(rows_number("SELECT COUNT(*) FROM audit_logs"
				     " WHERE type = 'key_rotated'"
				     " AND tenant_id = x'%s'",
			     rows_hex(&a)),
	    1);
}

/* What a key of one signs is nothing to the others, be it of either API. */
static void
nothing_to_others(void **state)
{
	const struct ptn_uuid a = rows_tenant(), b = rows_tenant();
	const struct ptn_uuid all[] = { a, b, tenant };
	const char *token[3];
	size_t i, j;
	int api;

	(void)state;
	for (api = 0; api < PTN_API__MAX; api++) {
		conf.dfns_enabled = api == PTN_API_DFNS;
		restart();
		(void)at(&tenant);
		(void)rotate(&a, (enum ptn_api)api, 0);
		(void)rotate(&b, (enum ptn_api)api, 0);
		for (i = 0; i < 3; i++)
			token[i] = token_of(&all[i], (enum ptn_api)api);
		for (i = 0; i < 3; i++)
			for (j = 0; j < 2; j++)
				assert_int_equal(opens(&all[i],
						     (enum ptn_api)api,
						     token[j]),
				    i == j);
		for (i = 0; i < 3; i++)
			assert_false(opens(&all[i], (enum ptn_api)!api,
			    token[i]));
	}
}

/* What was signed before goes on being good, and no longer than it lives. */
static void
those_of_all_end(void **state)
{
	const struct ptn_uuid a = rows_tenant(), b = rows_tenant();
	const char *before = token_of(&a, PTN_API_HANKO);
	const char *shared = signer(at(&tenant));
	const char *own = rotate(&a, PTN_API_HANKO, 0);

	(void)state;
	assert_true(opens(&a, PTN_API_HANKO, before));
	age(own, HOUR + GRACE_S - 10);
	assert_true(opens(&a, PTN_API_HANKO, before));
	assert_true(shows(&a, shared));
	age(own, 20);
	assert_false(opens(&a, PTN_API_HANKO, before));
	assert_false(shows(&a, shared));
	assert_true(shows(&a, own));
	assert_true(opens(&b, PTN_API_HANKO, before));
	assert_true(opens(&a, PTN_API_HANKO, token_of(&a, PTN_API_HANKO)));
	/* Another key of all changes nothing for it. */
	shared = rotate(&tenant, PTN_API_HANKO, 0);
	assert_string_equal(signer(at(&a)), own);
	assert_false(shows(&a, shared));
	assert_string_equal(signer(at(&b)), shared);
}

/* A process that is there already learns of it by a token that it meets. */
static void
another_process(void **state)
{
	const struct ptn_uuid a = rows_tenant();
	const struct ptn_scope *here = at(&a);
	struct ptn_keysets *other;
	struct ptn_scope sc = *here;
	enum ptn_verdict verdict;
	struct ptn_bytes payload;
	struct ptn_uuid kid;
	uint64_t g;
	char *token;

	(void)state;
	g = ptn_keysets_generation(here, PTN_API_HANKO);
	assert_int_equal(ptn_keysets_new(&other, &conf, secrets), PTN_OK);
	sc.keys = other;
	assert_int_equal(ptn_keysets_rotate(&sc, PTN_API_HANKO, 0, &kid),
	    PTN_OK);
	assert_int_equal(ptn_keysets_refresh(&sc, true), PTN_OK);
	assert_int_equal(ptn_token_sign(&sc, PTN_API_HANKO, "{}", &token),
	    PTN_OK);
	(void)usleep(1100 * 1000); /* a process asks once a second at most */
	assert_int_equal(ptn_token_open(here, PTN_API_HANKO,
			     ptn_bytes_of(token), &payload, &verdict),
	    PTN_OK);
	assert_int_equal(verdict, PTN_ALLOW);
	assert_int_not_equal(ptn_keysets_generation(here, PTN_API_HANKO), g);
	assert_int_not_equal(ptn_keysets_generation(here, PTN_API_HANKO),
	    ptn_keysets_generation(at(&tenant), PTN_API_HANKO));
	ptn_keysets_free(&other);
}

/* Its tokens are not signed by another key because nothing opens its own. */
static void
locked(void **state)
{
	static char other[] = "another secret, of others";
	static char *list[] = { other };
	const struct ptn_strs strs = { list, 1 };
	const struct ptn_uuid a = rows_tenant();
	struct ptn_scope sc = scope;
	struct ptn_secrets *foreign;
	const struct ptn_key *key;
	const char *kid;

	(void)state;
	(void)at(&tenant);
	(void)rotate(&a, PTN_API_HANKO, 0);
	assert_int_equal(ptn_secrets_new(&foreign, &strs), PTN_OK);
	scope.secrets = foreign;
	rows_sql("DELETE FROM jwks WHERE tenant_id IS NULL");
	restart();
	(void)at(&tenant);
	sc = ptn_scope_at(&scope, &a);
	assert_int_equal(ptn_keysets_refresh(&sc, false), PTN_E_CONFIG);
	assert_int_equal(ptn_keysets_signer(&sc, PTN_API_HANKO, &key, &kid),
	    PTN_E_CONFIG);
	ptn_keysets_free(&keys);
	ptn_secrets_free(&foreign);
}

/* A key that is made because the configuration changed is its own, too. */
static void
another_algorithm(void **state)
{
	const struct ptn_uuid a = rows_tenant();
	const char *own;

	(void)state;
	(void)at(&tenant);
	own = rotate(&a, PTN_API_HANKO, 0);
	conf.sign_alg = PTN_ALG_EDDSA;
	restart();
	assert_string_equal(signer(at(&a)), own);
	assert_int_equal(rows_number("SELECT COUNT(*) FROM jwks WHERE"
				     " tenant_id = x'%s' AND alg = 'EdDSA'",
			     rows_hex(&a)),
	    1);
	assert_int_equal(rows_number("SELECT COUNT(*) FROM jwks"), 4);
}

static uint64_t
cost_of(const struct ptn_uuid *id, const char *kid)
{
	const uint64_t before = ptn_db_count(db);

	assert_string_equal(signer(at(id)), kid);
	return ptn_db_count(db) - before;
}

/* However many tenants there are, those who were served last cost nothing. */
static void
many(void **state)
{
	static struct ptn_uuid id[MANY];
	static char kid[MANY][PTN_UUID_STR];
	struct ptn_scope sc;
	struct ptn_uuid k;
	size_t i;

	(void)state;
	(void)at(&tenant);
	for (i = 0; i < MANY; i++) {
		id[i] = rows_tenant();
		sc = ptn_scope_at(&scope, &id[i]);
		sc.tenant_named = true;
		assert_int_equal(ptn_keysets_rotate(&sc, PTN_API_HANKO, 0, &k),
		    PTN_OK);
		ptn_uuid_format(&k, kid[i]);
		ptn_arena_reset(arena);
	}
	restart();
	(void)at(&tenant);
	for (i = 0; i < MANY; i++)
		assert_int_equal(cost_of(&id[i], kid[i]), 1);
	for (i = MANY; i-- > MANY - 60;)
		assert_int_equal(cost_of(&id[i], kid[i]), 0);
	assert_int_equal(cost_of(&id[0], kid[0]), 1);
}

/* A tenant's keys go with it, and with the last token that they signed. */
static void
gone(void **state)
{
	const struct ptn_uuid a = rows_tenant(), b = rows_tenant();
	const char *shared = signer(at(&tenant));
	const char *first = rotate(&a, PTN_API_HANKO, 0);
	const char *of_b = rotate(&b, PTN_API_HANKO, 0), *second;
	uint64_t n;

	(void)state;
	age(of_b, 2 * HOUR);
	age(first, 2 * HOUR);
	second = rotate(&a, PTN_API_HANKO, 0);
	(void)at(&tenant);
	assert_int_equal(ptn_keysets_expire(&scope, &n), PTN_OK);
	assert_int_equal(n, 0);
	age(second, HOUR + GRACE_S + 1);
	assert_int_equal(ptn_keysets_expire(&scope, &n), PTN_OK);
	assert_int_equal(n, 1);
	restart();
	assert_false(shows(&a, first));
	assert_true(shows(&a, second));
	assert_int_equal(ptn_orgs_delete(&scope, &a), PTN_OK);
	restart();
	assert_false(shows(&a, second));
	assert_string_equal(signer(at(&b)), of_b);
	assert_string_equal(signer(at(&tenant)), shared);
	assert_int_equal(rows_number("SELECT COUNT(*) FROM jwks"), 2);
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(those_of_all),
		T(first_of_its_own),
		T(nothing_to_others),
		T(those_of_all_end),
		T(another_process),
		T(locked),
		T(another_algorithm),
		T(many),
		T(gone),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
