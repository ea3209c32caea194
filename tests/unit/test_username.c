/* Usernames, and what pages keep about a user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/metadata.h"
#include "lib/account/profile.h"
#include "lib/account/user.h"
#include "lib/account/username.h"
#include "lib/base/array.h"
#include "lib/format/json.h"
#include "tests/unit/rules.h" /* $POSTERN_TEST_DB */

struct choosing {
	const struct ptn_uuid *user;
	const char *name; /* NULL: none */
};

static enum ptn_err
choose_in(const struct ptn_scope *sc, void *arg)
{
	const struct choosing *c = arg;

	return c->name != NULL ? ptn_username_set_in(sc, c->user, c->name)
			       : ptn_username_drop_in(sc, c->user);
}

static enum ptn_err
choose(const struct ptn_uuid *tenant_id, const struct ptn_uuid *user,
    const char *name)
{
	struct choosing c = { user, name };

	return ptn_tx(rows_at(tenant_id), choose_in, &c);
}

static const char *
name_of(const struct ptn_uuid *user)
{
	struct ptn_profile p;

	assert_int_equal(ptn_profile_load(&scope, user, &p), PTN_OK);
	return p.username.name;
}

static void
what_a_name_is(void **state)
{
	static const struct {
		const char *name;
		bool well;
	} cases[] = {
		{ "ada_1815", true },
		{ "0", true },
		{ "", false },
		{ "Ada", false },
		{ "a b", false },
		{ "a-b", false },
		{ "\xc3\xa4", false },
		{ "a@b", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(cases); i++)
		assert_int_equal(ptn_username_is_well(cases[i].name),
		    cases[i].well);
}

static void
chosen_changed_given_up(void **state)
{
	const struct ptn_uuid user = rows_user();
	const struct ptn_uuid another = rows_user();

	(void)state;
	ptn_actor_is(&scope, &user, NULL);
	assert_null(name_of(&user));
	assert_int_equal(choose(&tenant, &user, "ada"), PTN_OK);
	assert_string_equal(name_of(&user), "ada");
	assert_int_equal(choose(&tenant, &another, "ada"), PTN_E_CONFLICT);
	assert_null(name_of(&another));
	assert_int_equal(choose(&tenant, &another, "bob"), PTN_OK);
	assert_int_equal(choose(&tenant, &another, "ada"), PTN_E_CONFLICT);
	assert_string_equal(name_of(&another), "bob");
	assert_int_equal(choose(&tenant, &user, "ada_2"), PTN_OK);
	assert_int_equal(choose(&tenant, &another, "ada"), PTN_OK);
	assert_int_equal(choose(&tenant, &user, NULL), PTN_OK);
	assert_null(name_of(&user));
	assert_int_equal(choose(&tenant, &user, NULL), PTN_E_NOT_FOUND);
	assert_true(rules_rows(&user, PTN_EVENT_USERNAME_DELETED, 1));
}

/* When the user was changed last, who was changed long ago. */
static int64_t
changed_at(const struct ptn_uuid *user)
{
	struct ptn_user now;

	assert_int_equal(ptn_user_get(&scope, user, &now), PTN_OK);
	rows_sql("UPDATE users SET updated_at = '2001-01-01' WHERE id = x'%s'",
	    rows_hex(user));
	return now.updated_at_us;
}

static void
the_user_has_changed(void **state)
{
	const struct ptn_uuid user = rows_user(), another = rows_user();
	const int64_t made = changed_at(&user);
	const int64_t old = changed_at(&user);

	(void)state;
	assert_true(old < made);
	assert_int_equal(choose(&tenant, &user, "kim"), PTN_OK);
	assert_true(changed_at(&user) >= made);
	assert_int_equal(choose(&tenant, &user, "kim_2"), PTN_OK);
	assert_true(changed_at(&user) >= made);
	assert_int_equal(choose(&tenant, &another, "max"), PTN_OK);
	assert_int_equal(choose(&tenant, &user, "max"), PTN_E_CONFLICT);
	assert_true(changed_at(&user) == old);
	assert_int_equal(choose(&tenant, &user, NULL), PTN_OK);
	assert_true(changed_at(&user) >= made);
}

/* Where there are no usernames, those that were chosen are not shown. */
static void
switched_off(void **state)
{
	const struct ptn_uuid user = rows_user();

	(void)state;
	assert_int_equal(choose(&tenant, &user, "zoe"), PTN_OK);
	conf.username_enabled = false;
	assert_null(name_of(&user));
	conf.username_enabled = true;
	assert_string_equal(name_of(&user), "zoe");
}

/* In another tenant it is free, and nobody else's. */
static void
of_a_tenant(void **state)
{
	const struct ptn_uuid user = rows_user();
	const struct ptn_uuid other = rows_tenant();
	const struct ptn_uuid theirs =
	    rows_user_of(&other, "eve@example.org").id;

	(void)state;
	assert_int_equal(choose(&tenant, &user, "eve"), PTN_OK);
	assert_int_equal(choose(&other, &theirs, "eve"), PTN_OK);
	assert_int_equal(choose(&other, &user, NULL), PTN_E_NOT_FOUND);
	assert_string_equal(name_of(&user), "eve");
}

struct patching {
	const struct ptn_uuid *user;
	struct ptn_metadata_change change;
	enum ptn_metadata_result what;
};

static enum ptn_err
patch_in(const struct ptn_scope *sc, void *arg)
{
	struct patching *p = arg;

	return ptn_metadata_patch_in(sc, p->user, &p->change, &p->what);
}

/* What it is then; NULL: nothing.  UNFIT and LONG change nothing. */
static const char *
patch(const struct ptn_uuid *user, const char *text,
    enum ptn_metadata_result what)
{
	struct patching p = { .user = user,
		.change = { .changes = { [PTN_METADATA_UNSAFE] = true } } };
	struct ptn_profile profile;
	struct ptn_json *v;
	const char *why;

	assert_int_equal(ptn_json_parse(ptn_bytes_of(text), 16, &v, &why),
	    PTN_OK);
	p.change.patch[PTN_METADATA_UNSAFE] = v;
	assert_int_equal(ptn_tx(&scope, patch_in, &p), PTN_OK);
	ptn_json_free(&v);
	assert_int_equal(p.what, what);
	assert_int_equal(ptn_profile_load(&scope, user, &profile), PTN_OK);
	return profile.metadata.text[PTN_METADATA_UNSAFE];
}

static void
patched_and_cleared(void **state)
{
	const struct ptn_uuid user = rows_user();

	(void)state;
	ptn_actor_is(&scope, &user, NULL);
	assert_string_equal(
	    patch(&user, "{\"a\":{\"b\":1}}", PTN_METADATA_DONE),
	    "{\"a\":{\"b\":1}}");
	assert_string_equal(
	    patch(&user, "{\"a\":{\"b\":null,\"c\":2}}", PTN_METADATA_DONE),
	    "{\"a\":{\"c\":2}}");
	assert_null(patch(&user, "null", PTN_METADATA_DONE));
	/* Nothing is another one then. */
	assert_null(patch(&user, "{}", PTN_METADATA_DONE));
	assert_true(rules_rows(&user, PTN_EVENT_METADATA_CHANGED, 3));
}

static void
what_is_not_kept(void **state)
{
	static const char *const unfit[] = { "[1]", "7", "true", "\"text\"",
		"{\"a\":1e999}" };
	const struct ptn_uuid user = rows_user();
	char text[PTN_METADATA_MAX + 64];
	size_t i;

	(void)state;
	assert_non_null(patch(&user, "{\"a\":1}", PTN_METADATA_DONE));
	for (i = 0; i < PTN_ARRAY_LEN(unfit); i++)
		assert_string_equal(patch(&user, unfit[i], PTN_METADATA_UNFIT),
		    "{\"a\":1}");
	/* {"a":1,"b":"xxx"}: as long as it may be, and longer by one. */
	(void)snprintf(text, sizeof(text), "{\"b\":\"%0*d\"}",
	    PTN_METADATA_MAX - 14, 0);
	assert_int_equal(strlen(patch(&user, text, PTN_METADATA_DONE)),
	    PTN_METADATA_MAX);
	(void)snprintf(text, sizeof(text), "{\"b\":\"%0*d\"}",
	    PTN_METADATA_MAX - 13, 0);
	(void)patch(&user, text, PTN_METADATA_LONG);
}

static int
with_usernames(void **state)
{
	const int r = rules_setup(state);

	conf.username_enabled = true;
	return r;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_name_is),
		cmocka_unit_test_setup(chosen_changed_given_up, rules_each),
		cmocka_unit_test_setup(the_user_has_changed, rules_each),
		cmocka_unit_test_setup(switched_off, rules_each),
		cmocka_unit_test_setup(of_a_tenant, rules_each),
		cmocka_unit_test_setup(patched_and_cleared, rules_each),
		cmocka_unit_test_setup(what_is_not_kept, rules_each),
	};

	return cmocka_run_group_tests(tests, with_usernames, rows_teardown);
}
