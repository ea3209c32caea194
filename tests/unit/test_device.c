/*
 * The cookie by which a browser is known: whom it names, for how long, and that
 * nobody makes one but us.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/device.h"
#include "lib/base/base64.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

static const char *
cookie(const struct ptn_scope *sc, const struct ptn_device *before,
    const struct ptn_uuid *user, int64_t epoch, int64_t now)
{
	const char *text = NULL;

	assert_int_equal(ptn_device_write(sc, before, user, epoch, now, &text),
	    PTN_OK);
	return text;
}

/* A household: the last four, each for its 90 days, under one id. */
static void
a_household(void **state)
{
	struct ptn_device d = { .n = 0 };
	struct ptn_uuid user[PTN_DEVICE_USERS + 1], id;
	const char *text = NULL;
	int64_t i;

	(void)state;
	for (i = 0; i <= PTN_DEVICE_USERS; i++) {
		user[i] = ptn_uuid_new();
		text = cookie(&scope, i > 0 ? &d : NULL, &user[i], i, i);
		assert_true(ptn_device_read(&scope, text, i, &d));
		if (i == 0)
			id = d.id;
		assert_true(ptn_uuid_equal(&d.id, &id));
	}
	assert_int_equal(d.n, PTN_DEVICE_USERS);
	assert_null(ptn_device_of(&d, &user[0], NULL));
	for (i = 1; i <= PTN_DEVICE_USERS; i++)
		assert_non_null(ptn_device_of(&d, &user[i], &i));
	assert_true(ptn_device_read(&scope, text, PTN_DEVICE_TTL_S + 2, &d));
	assert_int_equal(d.n, 2);
	text = cookie(&scope, &d, &user[3], 3, 9);
	assert_true(ptn_device_read(&scope, text, 9, &d));
	assert_int_equal(d.n, 2);
	assert_true(ptn_uuid_equal(&d.user[0].id, &user[3]));
}

/* It knows a user in the epoch in which they came, up to the last of them. */
static void
epochs(void **state)
{
	static const int64_t each[] = { 0, 1, 255, 65536, INT32_MAX };
	const struct ptn_uuid user = ptn_uuid_new(), other = ptn_uuid_new();
	struct ptn_device d;
	int64_t next;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		next = each[i] + 1;
		assert_true(ptn_device_read(&scope,
		    cookie(&scope, NULL, &user, each[i], 0), 1, &d));
		assert_non_null(ptn_device_of(&d, &user, &each[i]));
		assert_non_null(ptn_device_of(&d, &user, NULL));
		assert_null(ptn_device_of(&d, &user, &next));
		assert_null(ptn_device_of(&d, &other, NULL));
	}
	assert_null(ptn_device_of(NULL, &user, NULL));
}

/* Of several, whichever stands first, the one that knows the user. */
static void
several(void **state)
{
	const struct ptn_uuid user = ptn_uuid_new(), other = ptn_uuid_new();
	struct ptn_device over, theirs, old, mine;

	(void)state;
	assert_true(ptn_device_read(&scope, cookie(&scope, NULL, &user, 2, 0),
	    PTN_DEVICE_TTL_S, &over));
	assert_int_equal(over.n, 0);
	assert_null(over.next);
	assert_true(ptn_device_read(&scope, cookie(&scope, NULL, &other, 2, 0),
	    1, &theirs));
	assert_true(ptn_device_read(&scope, cookie(&scope, NULL, &user, 1, 0),
	    1, &old));
	assert_true(ptn_device_read(&scope, cookie(&scope, NULL, &user, 2, 0),
	    1, &mine));
	over.next = &theirs;
	theirs.next = &old;
	old.next = &mine;
	assert_ptr_equal(ptn_device_of(&over, &user, &(int64_t){ 2 }), &mine);
	assert_ptr_equal(ptn_device_of(&over, &user, NULL), &old);
	assert_ptr_equal(ptn_device_of(&over, NULL, NULL), &theirs);
	assert_null(ptn_device_of(&over, &user, &(int64_t){ 3 }));
	assert_null(ptn_device_of(NULL, NULL, NULL));
}

/* Who has a copy of the old one does not count as the new one. */
static void
new_id_in_a_new_epoch(void **state)
{
	const struct ptn_uuid user = ptn_uuid_new(), other = ptn_uuid_new();
	struct ptn_device first, same, third, now;

	(void)state;
	assert_true(ptn_device_read(&scope, cookie(&scope, NULL, &user, 4, 0),
	    1, &first));
	assert_true(ptn_device_read(&scope, cookie(&scope, &first, &user, 4, 0),
	    1, &same));
	assert_true(ptn_uuid_equal(&same.id, &first.id));
	assert_true(ptn_device_read(&scope,
	    cookie(&scope, &first, &other, 9, 0), 1, &third));
	assert_true(ptn_uuid_equal(&third.id, &first.id));
	assert_true(ptn_device_read(&scope, cookie(&scope, &third, &user, 5, 0),
	    1, &now));
	assert_false(ptn_uuid_equal(&now.id, &first.id));
	/* The others of the household stay. */
	assert_non_null(ptn_device_of(&now, &other, &(int64_t){ 9 }));
	assert_non_null(ptn_device_of(&now, &user, &(int64_t){ 5 }));
	assert_int_equal(now.n, 2);
}

/* Not a bit of it can be changed; secrets may rotate. */
static void
of_others(void **state)
{
	const struct ptn_uuid user = ptn_uuid_new();
	const char *text = cookie(&scope, NULL, &user, 1, 0);
	struct ptn_scope after = scope;
	struct ptn_device d;
	char *wrong;
	size_t i;

	(void)state;
	after.secrets = rotated;
	assert_true(ptn_device_read(&after, text, 1, &d));
	assert_false(
	    ptn_device_read(&scope, cookie(&after, NULL, &user, 1, 0), 1, &d));
	for (i = 0; i < strlen(text); i++) {
		wrong = ptn_arena_strdup(arena, text);
		wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
		assert_false(ptn_device_read(&scope, wrong, 1, &d));
		wrong[i] = '\0';
		assert_false(ptn_device_read(&scope, wrong, 1, &d));
		assert_int_equal(d.n, 0);
	}
	assert_false(ptn_device_read(&scope,
	    ptn_arena_printf(arena, "%s%s", text, text), 1, &d));
}

/* What we signed for another purpose, or in another form, is none. */
static void
of_other_forms(void **state)
{
	uint8_t b[1 + 16 + 5 * 24 + PTN_SHA256_LEN] = { 2 };
	const size_t head = 1 + 16, user = 24;
	static const struct {
		enum ptn_key_use use;
		uint8_t version;
		size_t users, more;
		bool good;
	} forms[] = { { PTN_KEY_USE_DEVICE, 2, 0, 0, true },
		{ PTN_KEY_USE_DEVICE, 2, 4, 0, true },
		{ PTN_KEY_USE_DEVICE, 2, 5, 0, false },
		{ PTN_KEY_USE_DEVICE, 2, 1, 1, false },
		{ PTN_KEY_USE_DEVICE, 1, 1, 0, false },
		{ PTN_KEY_USE_DEVICE, 3, 1, 0, false },
		{ PTN_KEY_USE_RATE, 2, 1, 0, false } };
	struct ptn_device d;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		len = head + forms[i].users * user + forms[i].more;
		b[0] = forms[i].version;
		assert_int_equal(ptn_secrets_mac(secrets, 0, forms[i].use,
				     PTN_BYTES(b, len), b + len),
		    PTN_OK);
		assert_int_equal(ptn_device_read(&scope,
				     ptn_b64url_encode(arena,
					 PTN_BYTES(b, len + PTN_SHA256_LEN)),
				     0, &d),
		    forms[i].good);
		memset(b, 0, sizeof(b));
	}
	assert_false(ptn_device_read(&scope, "", 0, &d));
}

#define T(f) cmocka_unit_test_setup(f, rows_each)

int
main(void)
{
	const struct CMUnitTest tests[] = { T(a_household), T(epochs),
		T(several), T(new_id_in_a_new_epoch), T(of_others),
		T(of_other_forms) };

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
