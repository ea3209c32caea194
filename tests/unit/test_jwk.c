#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/jwk.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/event/actor.h"
#include "lib/format/json.h"
#include "tests/unit/jwks.h"

#define ARENA_MAX ((size_t)1 << 20)
#define DAY_S 86400
#define PUBLISH_S 900

static struct ptn_conf cf;
static struct ptn_arena *arena;
static struct ptn_secrets *secrets;
static struct ptn_jwks *keys;
static struct ptn_actor operator_;

static struct ptn_secrets *
secrets_of(const char *text)
{
	char copy[64], *v[1] = { copy };
	struct ptn_strs list = { v, 1 };
	struct ptn_secrets *s;

	strcpy(copy, text);
	assert_int_equal(ptn_secrets_new(&s, &list), PTN_OK);
	return s;
}

static struct ptn_jwks *
process(void)
{
	struct ptn_jwks *k;

	assert_int_equal(ptn_jwks_new(&k, PTN_API_HANKO, &cf, secrets), PTN_OK);
	return k;
}

static int
setup(void **state)
{
	(void)state;
	ptn_log_init(PTN_LOG_ERROR, "test");
	return ptn_crypto_init() != PTN_OK;
}

static int
each(void **state)
{
	(void)state;
	rows = 0;
	lists = locks = 0;
	away = false;
	tx_loses = PTN_OK;
	now_s = 1000000;
	memset(&cf, 0, sizeof(cf));
	cf.sign_alg = PTN_ALG_ES256;
	cf.key_publish_s = PUBLISH_S;
	cf.key_refresh_s = 30;
	cf.session_lifespan_s = DAY_S;
	arena = ptn_arena_new(ARENA_MAX);
	secrets = secrets_of("the first secret");
	keys = process();
	memset(&operator_, 0, sizeof(operator_));
	return arena == NULL;
}

static int
after(void **state)
{
	(void)state;
	ptn_jwks_free(&keys);
	ptn_secrets_free(&secrets);
	ptn_arena_free(&arena);
	return 0;
}

static enum ptn_err
refresh(struct ptn_jwks *k, bool force)
{
	const struct ptn_scope sc = { .arena = arena };
	enum ptn_err r = ptn_jwks_refresh(k, &sc, force);

	ptn_arena_reset(arena);
	return r;
}

/* As in a process that just starts. */
static void
restart(void)
{
	ptn_jwks_free(&keys);
	keys = process();
	assert_int_equal(refresh(keys, false), PTN_OK);
}

static void
later_by(int64_t s)
{
	now_s += s;
	assert_int_equal(refresh(keys, true), PTN_OK);
}

/* As an operator does it. */
static struct ptn_uuid
rotate(int64_t delay_s)
{
	const struct ptn_scope sc = { .cf = &cf,
		.arena = arena,
		.actor = &operator_ };
	struct ptn_uuid id;

	assert_int_equal(ptn_jwks_rotate(keys, &sc, delay_s, &id), PTN_OK);
	ptn_arena_reset(arena);
	assert_int_equal(refresh(keys, false), PTN_OK);
	return id;
}

static struct ptn_uuid
signer(void)
{
	struct ptn_uuid id;
	const char *kid;

	assert_non_null(ptn_jwks_signer(keys, &kid));
	assert_true(ptn_uuid_parse(kid, &id));
	assert_ptr_equal(ptn_jwks_find(keys, kid), ptn_jwks_signer(keys, &kid));
	return id;
}

static void
assert_signer(struct ptn_uuid id)
{
	struct ptn_uuid got = signer();

	assert_true(ptn_uuid_equal(&got, &id));
}

static uint64_t
expire(void)
{
	const struct ptn_scope sc = { .arena = arena };
	uint64_t n = 99;

	assert_int_equal(ptn_jwks_expire(keys, &sc, &n), PTN_OK);
	ptn_arena_reset(arena);
	assert_int_equal(refresh(keys, false), PTN_OK);
	return n;
}

static void
nothing_loaded(void **state)
{
	const char *kid = "x";

	(void)state;
	assert_string_equal(ptn_jwks_json(keys), "{\"keys\":[]}");
	assert_null(ptn_jwks_signer(keys, &kid));
	assert_null(kid);
	assert_null(ptn_jwks_find(keys, "x"));
	away = true;
	assert_int_equal(refresh(keys, false), PTN_E_UNAVAILABLE);
	assert_int_equal(ptn_jwks_generation(keys), 0);
	away = false;
	assert_int_equal(refresh(keys, false), PTN_OK);
}

/* The first host makes a key that signs at once; the others find it. */
static void
first_key(void **state)
{
	struct ptn_jwks *other = process();
	const char *kid;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	assert_int_equal(rows, 1);
	assert_int_equal(locks, 1);
	assert_int_equal(ptn_jwks_generation(keys), 1);
	assert_int_equal(ptn_key_alg(ptn_jwks_signer(keys, &kid)),
	    PTN_ALG_ES256);
	assert_int_equal(refresh(other, false), PTN_OK);
	assert_int_equal(rows, 1);
	assert_int_equal(locks, 1);
	assert_string_equal(ptn_jwks_json(keys), ptn_jwks_json(other));
	ptn_jwks_free(&other);
	assert_null(other);
}

/* A statement finds a row that was written after it had been sent. */
static void
sent_before(void **state)
{
	struct ptn_uuid made;
	struct ptn_jwk_info info;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	made = signer();
	now_s--;
	restart();
	assert_signer(made);
	ptn_jwks_info(keys, 0, &info);
	assert_int_equal(info.state, PTN_JWK_SIGNING);
}

/* A transaction that is run again makes one key, not two. */
static void
lost_transaction(void **state)
{
	(void)state;
	tx_loses = PTN_E_RETRY;
	assert_int_equal(refresh(keys, false), PTN_OK);
	assert_int_equal(rows, 1);
	assert_int_equal(locks, 2);
	(void)signer();
}

/* How often the database is asked. */
static void
pace(void **state)
{
	int i;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	lists = 0;
	for (i = 0; i < 100; i++)
		assert_int_equal(refresh(keys, true), PTN_OK);
	assert_int_equal(lists, 0);
	now_s += 1;
	assert_int_equal(refresh(keys, false), PTN_OK);
	assert_int_equal(lists, 0);
	assert_int_equal(refresh(keys, true), PTN_OK);
	assert_int_equal(refresh(keys, true), PTN_OK);
	assert_int_equal(lists, 1);
	now_s += 29;
	assert_int_equal(refresh(keys, false), PTN_OK);
	assert_int_equal(lists, 1);
	now_s += 1;
	assert_int_equal(refresh(keys, false), PTN_OK);
	assert_int_equal(lists, 2);
	assert_int_equal(ptn_jwks_generation(keys), 1); /* nothing changed */
}

/* What was loaded outlives an absent database. */
static void
database_away(void **state)
{
	struct ptn_uuid id;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	id = signer();
	away = true;
	later_by(60);
	later_by(3600);
	assert_signer(id);
	away = false;
	lists = 0;
	later_by(1);
	assert_int_equal(lists, 1);
}

/* JW-09: published first, then signing, and the old one kept. */
static void
rotation(void **state)
{
	struct ptn_uuid old, new;
	uint64_t generation;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	old = signer();
	now_s += 10;
	generation = ptn_jwks_generation(keys);
	new = rotate(-1);
	assert_true(ptn_jwks_generation(keys) > generation);
	assert_int_equal(ptn_jwks_count(keys), 2);
	assert_signer(old);
	later_by(PUBLISH_S - 1);
	assert_signer(old);
	generation = ptn_jwks_generation(keys);
	later_by(1);
	assert_signer(new);
	assert_true(ptn_jwks_generation(keys) > generation);
	assert_int_equal(ptn_jwks_count(keys), 2);
	now_s += 5;
	old = new;
	new = rotate(0);
	assert_false(ptn_uuid_equal(&old, &new));
	assert_signer(new);
}

/* A key goes when its last token is dead, and not a second before. */
static void
expiry(void **state)
{
	struct ptn_uuid second, third;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	assert_int_equal(expire(), 0);
	later_by(10LL * DAY_S);
	assert_int_equal(expire(), 0); /* the only one */
	second = rotate(-1);
	later_by(PUBLISH_S + DAY_S + 119);
	assert_int_equal(expire(), 0);
	assert_int_equal(rows, 2);
	later_by(1);
	assert_int_equal(expire(), 1);
	assert_int_equal(rows, 1);
	assert_signer(second);
	third = rotate(30LL * DAY_S); /* signs in a month */
	later_by(29LL * DAY_S);
	assert_int_equal(expire(), 0);
	assert_signer(second);
	later_by(DAY_S);
	assert_signer(third);
	assert_int_equal(expire(), 0);
	later_by(DAY_S + 120);
	assert_int_equal(expire(), 1);
	assert_signer(third);
	assert_int_equal(ptn_jwks_count(keys), 1);
}

/* Another algorithm in the configuration: published before it signs. */
static void
new_algorithm(void **state)
{
	struct ptn_uuid old, new;
	const char *kid;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	old = signer();
	now_s += 10;
	cf.sign_alg = PTN_ALG_RS256;
	restart();
	assert_int_equal(rows, 2);
	assert_signer(old);
	later_by(PUBLISH_S);
	new = signer();
	assert_int_equal(ptn_key_alg(ptn_jwks_signer(keys, &kid)),
	    PTN_ALG_RS256);
	restart();
	assert_int_equal(rows, 2);
	later_by(DAY_S + 119);
	assert_int_equal(expire(), 0);
	later_by(1);
	assert_int_equal(expire(), 1);
	assert_signer(new);
}

/* There and back: no key is deleted while its tokens live. */
static void
algorithm_and_back(void **state)
{
	struct ptn_uuid first, other;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	first = signer();
	now_s += 10;
	cf.sign_alg = PTN_ALG_RS256;
	restart();
	later_by(PUBLISH_S);
	other = signer();
	later_by(3600);
	cf.sign_alg = PTN_ALG_ES256;
	restart();
	assert_signer(first); /* still published: signs again, for now */
	assert_int_equal(rows, 3);
	restart();
	assert_int_equal(rows, 3); /* one is on its way already */
	later_by(PUBLISH_S);
	assert_false(memcmp(signer().b, first.b, 16) == 0);
	assert_false(memcmp(signer().b, other.b, 16) == 0);
	later_by(DAY_S + 119);
	assert_int_equal(expire(), 0);
	later_by(1);
	assert_int_equal(expire(), 2);
	assert_int_equal(rows, 1);
}

/* Hosts of two configurations do not drown each other in keys. */
static void
mixed_hosts(void **state)
{
	struct ptn_jwks *k;
	int i;

	(void)state;
	for (i = 0; i < 40; i++) {
		cf.sign_alg = i % 2 ? PTN_ALG_RS256 : PTN_ALG_ES256;
		k = process();
		assert_int_equal(refresh(k, false), PTN_OK);
		ptn_jwks_free(&k);
		now_s += 10;
	}
	assert_true(rows <= 3);
}

static void
foreign_secret(void **state)
{
	struct ptn_secrets *mine = secrets;
	struct ptn_jwk_info info;
	struct ptn_uuid new;
	const char *kid;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	ptn_jwks_free(&keys);
	secrets = secrets_of("another secret..");
	keys = process();
	assert_int_equal(refresh(keys, false), PTN_E_CONFIG);
	assert_int_equal(rows, 1); /* it is the operator's to say */
	assert_null(ptn_jwks_signer(keys, &kid));
	assert_string_equal(ptn_jwks_json(keys), "{\"keys\":[]}");
	assert_int_equal(refresh(keys, false), PTN_E_CONFIG);
	ptn_jwks_info(keys, 0, &info);
	assert_int_equal(info.state, PTN_JWK_LOCKED);
	assert_null(ptn_jwks_find(keys, info.kid));
	now_s += 5;
	new = rotate(0);
	assert_signer(new);
	assert_int_equal(ptn_jwks_count(keys), 2);
	later_by(DAY_S + 120);
	assert_int_equal(expire(), 1);
	assert_signer(new);
	ptn_jwks_free(&keys);
	ptn_secrets_free(&secrets);
	secrets = mine;
}

/* A key takes nobody's place while it cannot be opened. */
static void
locked_successor(void **state)
{
	struct ptn_secrets *mine = secrets;
	struct ptn_uuid old;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	old = signer();
	now_s += 5;
	ptn_jwks_free(&keys);
	secrets = secrets_of("another secret..");
	keys = process();
	(void)rotate(0);
	ptn_secrets_free(&secrets);
	secrets = mine;
	restart();
	assert_signer(old);
	later_by(10LL * DAY_S);
	assert_int_equal(expire(), 0);
	assert_signer(old);
}

/* A sealed key is bound to its row. */
static void
swapped_rows(void **state)
{
	struct ptn_bytes swap;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	now_s += 5;
	(void)rotate(0);
	swap = table[0].sealed;
	table[0].sealed = table[1].sealed;
	table[1].sealed = swap;
	ptn_jwks_free(&keys);
	keys = process();
	assert_int_equal(refresh(keys, false), PTN_E_CONFIG);
}

static void
unknown_algorithm(void **state)
{
	struct ptn_jwk_info info;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	now_s += 5;
	(void)rotate(0);
	table[0].alg = "ML-DSA-65";
	restart();
	/* Ours is older than that: another one of ours is on its way. */
	assert_int_equal(ptn_jwks_count(keys), 3);
	ptn_jwks_info(keys, 1, &info);
	assert_string_equal(info.alg, "");
	assert_int_equal(info.state, PTN_JWK_LOCKED);
	(void)signer();
}

/* The operator deleted all: a new one is made, and signs at once. */
static void
emptied_table(void **state)
{
	struct ptn_uuid old;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	old = signer();
	rows = 0;
	later_by(30);
	assert_int_equal(rows, 1);
	assert_int_equal(ptn_jwks_count(keys), 1);
	assert_false(memcmp(signer().b, old.b, 16) == 0);
}

/* What an operator does is told once; what the server does, is not. */
static void
an_order_is_told(void **state)
{
	const struct ptn_scope sc = { .cf = &cf,
		.arena = arena,
		.actor = &operator_ };
	struct ptn_uuid id;
	char kid[PTN_UUID_STR];

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	assert_int_equal(rows, 1);
	assert_int_equal(operator_.n, 0);
	tx_loses = PTN_E_BUSY;
	assert_int_equal(ptn_jwks_rotate(keys, &sc, 0, &id), PTN_OK);
	ptn_uuid_format(&id, kid);
	assert_int_equal(operator_.n, 1);
	assert_int_equal(operator_.log[0].event, PTN_EVENT_KEY_ROTATED);
	assert_string_equal(operator_.log[0].entry.detail,
	    ptn_arena_printf(arena, "hanko %s", kid));
	away = true;
	assert_int_equal(ptn_jwks_rotate(keys, &sc, 0, &id), PTN_E_UNAVAILABLE);
	assert_int_equal(operator_.n, 1);
}

/* The published set: newest first, and public members alone. */
/* A set that nobody uses signs and verifies, but is not shown. */
static void
not_in_use(void **state)
{
	const struct ptn_key *key;
	struct ptn_scope sc = { .cf = &cf, .arena = arena };
	char kid[PTN_UUID_STR];
	const char *signer;
	int before;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	table[0].in_use = 0;
	restart();
	assert_string_equal(ptn_jwks_json(keys), "{\"keys\":[]}");
	key = ptn_jwks_signer(keys, &signer);
	assert_non_null(key);
	strcpy(kid, signer);
	assert_ptr_equal(ptn_jwks_find(keys, kid), key);
	/* It is looked for, but not at once again. */
	before = lists;
	assert_int_equal(ptn_jwks_look(keys, &sc), PTN_OK);
	assert_int_equal(lists - before, 0);
	now_s++;
	assert_int_equal(ptn_jwks_look(keys, &sc), PTN_OK);
	assert_int_equal(ptn_jwks_look(keys, &sc), PTN_OK);
	assert_int_equal(lists - before, 1);
	assert_string_equal(ptn_jwks_json(keys), "{\"keys\":[]}");
	now_s++;
	away = true;
	assert_int_equal(ptn_jwks_look(keys, &sc), PTN_E_UNAVAILABLE);
	assert_int_equal(ptn_jwks_look(keys, &sc), PTN_OK);
	away = false;
	now_s++;
	table[0].in_use = 1;
	assert_int_equal(ptn_jwks_look(keys, &sc), PTN_OK);
	assert_non_null(strstr(ptn_jwks_json(keys), kid));
	/* That it is stays so. */
	before = lists;
	now_s++;
	assert_int_equal(ptn_jwks_look(keys, &sc), PTN_OK);
	assert_int_equal(lists - before, 0);
}

static void
published(void **state)
{
	static const char *const private[] = { "d", "p", "q", "dp", "dq", "qi",
		"oth", "k" };
	const struct ptn_json *all, *one;
	struct ptn_json *v;
	struct ptn_jwk_info info;
	const char *why;
	size_t i, j;

	(void)state;
	assert_int_equal(refresh(keys, false), PTN_OK);
	now_s += 5;
	(void)rotate(-1);
	now_s += 5;
	cf.sign_alg = PTN_ALG_RS256;
	restart();
	assert_int_equal(
	    ptn_json_parse(ptn_bytes_of(ptn_jwks_json(keys)), 3, &v, &why),
	    PTN_OK);
	all = ptn_json_get(v, "keys");
	assert_int_equal(ptn_json_len(all), 3);
	for (i = 0; i < 3; i++) {
		one = ptn_json_at(all, i);
		ptn_jwks_info(keys, i, &info);
		assert_string_equal(
		    ptn_json_text(arena, ptn_json_get(one, "kid")), info.kid);
		assert_string_equal(
		    ptn_json_text(arena, ptn_json_get(one, "use")), "sig");
		assert_int_equal(info.created_at,
		    (now_s - 5 * (int)i) * 1000000);
		for (j = 0; j < sizeof(private) / sizeof(private[0]); j++)
			assert_false(ptn_json_has(one, private[j]));
	}
	ptn_json_free(&v);
}

#define T(f) cmocka_unit_test_setup_teardown(f, each, after)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_loaded),
		T(first_key),
		T(sent_before),
		T(lost_transaction),
		T(pace),
		T(database_away),
		T(rotation),
		T(expiry),
		T(new_algorithm),
		T(algorithm_and_back),
		T(mixed_hosts),
		T(foreign_secret),
		T(locked_successor),
		T(swapped_rows),
		T(unknown_algorithm),
		T(emptied_table),
		T(an_order_is_told),
		T(not_in_use),
		T(published),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
