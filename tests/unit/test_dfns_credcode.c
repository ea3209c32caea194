/* Codes that a device without a credential is given: one, once, in time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/dfns/ceremony.h"
#include "lib/dfns/code.h"
#include "lib/dfns/credcode.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct ptn_uuid
session_of(const struct ptn_uuid *user)
{
	const struct ptn_uuid id = ptn_uuid_new();

	rows_sql("INSERT INTO sessions VALUES (x'%s', x'%s', x'%s', NULL, NULL,"
		 " UTC_TIMESTAMP(6), UTC_TIMESTAMP(6),"
		 " UTC_TIMESTAMP(6) + INTERVAL 1 DAY, 'dfns')",
	    rows_hex(&id), rows_hex(&tenant), rows_hex(user));
	return id;
}

static struct ptn_credcode
credcode(const struct ptn_uuid *user)
{
	return (struct ptn_credcode){ .tenant_id = tenant,
		.user_id = *user,
		.session_id = session_of(user),
		.expires_at_us = rows_now_us() + 3600 * PTN_US_PER_S };
}

static const char *
drawn(void)
{
	char code[PTN_DFNS_CODE_STR];

	ptn_dfns_code_draw(PTN_DFNS_CODE_CREDENTIAL, code);
	return ptn_arena_strdup(arena, code);
}

/* A user action that was approved, by which a code may be issued. */
static struct ptn_uuid
approved(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	struct ptn_dfns_ceremony a = { .user_id = *user,
		.kind = PTN_DFNS_CEREMONY_SIGNED,
		.challenge = "Y2g" };

	assert_int_equal(ptn_dfns_ceremony_put(sc, &a), PTN_OK);
	return a.id;
}

/* Issue one; *code is a copy of it. */
static enum ptn_err
put_at(const struct ptn_scope *sc, struct ptn_credcode *c, const char **code)
{
	struct ptn_credcode_issue k = { .c = *c,
		.action = approved(sc, &c->user_id),
		.now_us = rows_now_us() };
	enum ptn_err r = ptn_credcode_issue(sc, &k);

	*c = k.c;
	*code = ptn_arena_strdup(arena, k.code);
	return r;
}

static const char *
put(struct ptn_credcode *c)
{
	const char *code;

	assert_int_equal(put_at(&scope, c, &code), PTN_OK);
	return code;
}

static enum ptn_err
find(const char *typed)
{
	struct ptn_credcode c;

	return ptn_credcode_find(&scope, ptn_bytes_of(typed), &c);
}

static enum ptn_err
use(const struct ptn_scope *sc, void *arg)
{
	return ptn_credcode_use(sc, arg);
}

static void
found_as_it_is_typed(void **state)
{
	const struct ptn_uuid user = rows_user(), other = rows_tenant();
	struct ptn_credcode c = credcode(&user), out;
	const char *code = put(&c), *typed[3];
	char small[PTN_DFNS_CODE_STR];
	size_t i;

	(void)state;
	for (i = 0; code[i] != '\0'; i++)
		small[i] = (char)(code[i] >= 'A' && code[i] <= 'Z'
			? code[i] + 'a' - 'A'
			: code[i]);
	small[i] = '\0';
	typed[0] = code;
	typed[1] = small;
	typed[2] =
	    ptn_arena_printf(arena, " %.3s%.3s %s", code, code + 4, code + 8);
	for (i = 0; i < N(typed); i++) {
		memset(&out, 0xff, sizeof(out));
		assert_int_equal(
		    ptn_credcode_find(&scope, ptn_bytes_of(typed[i]), &out),
		    PTN_OK);
		assert_true(ptn_uuid_equal(&out.id, &c.id));
		assert_true(ptn_uuid_equal(&out.user_id, &user));
		assert_true(ptn_uuid_equal(&out.tenant_id, &tenant));
	}
	/* Whoever types it has nothing else: it says whose it is. */
	assert_int_equal(
	    ptn_credcode_find(rows_at(&other), ptn_bytes_of(code), &out),
	    PTN_OK);
	assert_true(ptn_uuid_equal(&out.tenant_id, &tenant));
	/* It is still there, and not in the database. */
	assert_int_equal(find(code), PTN_OK);
	assert_int_equal(rows_number("SELECT COUNT(*) FROM credential_codes"
				     " WHERE mac LIKE '%%%s%%'",
			     code),
	    0);
}

static void
no_code(void **state)
{
	static const char *const texts[] = { "", "-", "AAA-AAA-AAAA",
		"AAA-AAA-AA", "1234-1234-1234-1234", "AAA-AAA-AA\xff" };
	const struct ptn_uuid user = rows_user();
	struct ptn_credcode c = credcode(&user), out;
	size_t i;

	(void)state;
	(void)put(&c);
	for (i = 0; i < N(texts); i++)
		assert_int_equal(find(texts[i]), PTN_E_NOT_FOUND);
	memset(&out, 0xff, sizeof(out));
	assert_int_equal(ptn_credcode_find(&scope, ptn_bytes_of(drawn()), &out),
	    PTN_E_NOT_FOUND);
	assert_true(ptn_uuid_is_nil(&out.user_id));
}

static void
newer_kills_older(void **state)
{
	const struct ptn_uuid user = rows_user(), rival = rows_user();
	struct ptn_credcode old = credcode(&user), new = credcode(&user);
	struct ptn_credcode theirs = credcode(&rival);
	const char *first = put(&old), *other = put(&theirs);
	const char *second = put(&new);

	(void)state;
	assert_false(ptn_uuid_equal(&old.id, &new.id));
	assert_int_equal(find(first), PTN_E_NOT_FOUND);
	assert_int_equal(find(second), PTN_OK);
	assert_int_equal(find(other), PTN_OK);
	assert_int_equal(ptn_tx(&scope, use, &old), PTN_E_NOT_FOUND);
}

static void
used_once(void **state)
{
	const struct ptn_uuid user = rows_user(), rival = rows_user();
	const struct ptn_uuid other = rows_tenant();
	struct ptn_credcode c = credcode(&user), theirs = credcode(&rival);
	const char *code = put(&c), *rest = put(&theirs);
	struct ptn_credcode wrong[3] = { c, c, c };
	size_t i;

	(void)state;
	wrong[0].user_id = rival;
	wrong[1].tenant_id = other;
	wrong[2].id = theirs.id;
	for (i = 0; i < N(wrong); i++)
		assert_int_equal(ptn_tx(&scope, use, &wrong[i]),
		    PTN_E_NOT_FOUND);
	assert_int_equal(find(code), PTN_OK);
	assert_int_equal(ptn_tx(&scope, use, &c), PTN_OK);
	assert_int_equal(ptn_tx(&scope, use, &c), PTN_E_NOT_FOUND);
	assert_int_equal(find(code), PTN_E_NOT_FOUND);
	assert_int_equal(find(rest), PTN_OK);
}

/* What one began may be answered after its end. */
static void
expired(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_credcode c = credcode(&user);
	const char *code = put(&c);

	(void)state;
	rows_sql("UPDATE credential_codes SET expires_at = UTC_TIMESTAMP(6)"
		 " WHERE id = x'%s'",
	    rows_hex(&c.id));
	assert_int_equal(find(code), PTN_E_NOT_FOUND);
	assert_int_equal(ptn_tx(&scope, use, &c), PTN_OK);
	/* None is issued that has ended before it begins. */
	c.expires_at_us = rows_now_us() - PTN_US_PER_S;
	assert_int_equal(put_at(&scope, &c, &code), PTN_E_INPUT);
}

static void
ends_with_its_session(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_credcode c = credcode(&user), late;
	const char *code = put(&c), *refused;

	(void)state;
	(void)session_of(&user);
	rows_sql("DELETE FROM sessions WHERE id = x'%s'",
	    rows_hex(&c.session_id));
	assert_int_equal(find(code), PTN_E_NOT_FOUND);
	assert_int_equal(ptn_tx(&scope, use, &c), PTN_E_NOT_FOUND);
	/* One of a session that has ended meanwhile; the older one stays. */
	c = credcode(&user);
	code = put(&c);
	late = c;
	late.session_id = ptn_uuid_new();
	assert_int_equal(put_at(&scope, &late, &refused), PTN_E_DENIED);
	assert_int_equal(find(code), PTN_OK);
}

static void
secrets_rotate(void **state)
{
	const struct ptn_uuid user = rows_user(), rival = rows_user();
	struct ptn_credcode c = credcode(&user), out;
	struct ptn_scope after = scope;
	const char *code = put(&c);

	(void)state;
	after.secrets = rotated;
	assert_int_equal(ptn_credcode_find(&after, ptn_bytes_of(code), &out),
	    PTN_OK);
	assert_true(ptn_uuid_equal(&out.id, &c.id));
	/* The first secret makes it. */
	c = credcode(&rival);
	assert_int_equal(put_at(&after, &c, &code), PTN_OK);
	assert_int_equal(find(code), PTN_E_NOT_FOUND);
	assert_int_equal(ptn_credcode_find(&after, ptn_bytes_of(code), &out),
	    PTN_OK);
}

static enum ptn_err
race_use(const struct ptn_scope *sc, void *arg)
{
	return ptn_tx(sc, use, arg);
}

static void
races(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_credcode c = credcode(&user);

	(void)state;
	(void)put(&c);
	assert_int_equal(rows_race_held(race_use, &c, PTN_E_NOT_FOUND,
			     "UPDATE credential_codes SET user_id = user_id"),
	    1);
}

#define T(f) cmocka_unit_test_setup(f, rows_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(found_as_it_is_typed),
		T(no_code),
		T(newer_kills_older),
		T(used_once),
		T(expired),
		T(ends_with_its_session),
		T(secrets_rotate),
		T(races),
	};

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
