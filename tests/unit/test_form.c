#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/array.h"
#include "lib/format/form.h"

static const char *const names[] = { "a", "b c" };

static enum ptn_err
read_into(struct ptn_arena *a, const char *body, const char *values[2])
{
	return ptn_form_read(a, ptn_bytes_of(body), names, PTN_ARRAY_LEN(names),
	    values);
}

static void
test_values(void **state)
{
	static const struct {
		const char *body, *a, *bc;
	} cases[] = {
		{ "", NULL, NULL },
		{ "a=1&b+c=2", "1", "2" },
		{ "b%20c=x%3dy=z&a=", "", "x=y=z" },
		{ "a", "", NULL },
		{ "&&a=+%2B+&", " + ", NULL },
		{ "%61=%C3%a9", "\xc3\xa9", NULL },
		{ "other=%26&A=1&a=%26&other=2", "&", NULL },
		{ "=x&a=1", "1", NULL },
	};
	struct ptn_arena *a = ptn_arena_new(65536);
	const char *v[2];
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(cases); i++) {
		print_message("# %s\n", cases[i].body);
		assert_int_equal(read_into(a, cases[i].body, v), PTN_OK);
		if (cases[i].a == NULL)
			assert_null(v[0]);
		else
			assert_string_equal(v[0], cases[i].a);
		if (cases[i].bc == NULL)
			assert_null(v[1]);
		else
			assert_string_equal(v[1], cases[i].bc);
	}
	ptn_arena_free(&a);
}

static void
test_faults(void **state)
{
	static const char *const cases[] = { "a=%", "a=%4", "a=%4g", "a=%g4",
		"a=%00", "a=%0a", "a=1\n2", "a=%7f", "a=%ff", "a=%ed%a0%80",
		"a=1&a=1", "a=1&%61=2", "b+c=1&a=%", "%=1", "x%00=1" };
	struct ptn_arena *a = ptn_arena_new(65536);
	const char *v[2];
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(cases); i++) {
		print_message("# %s\n", cases[i]);
		assert_int_equal(read_into(a, cases[i], v), PTN_E_INPUT);
		assert_null(v[0]);
		assert_null(v[1]);
	}
	ptn_arena_free(&a);
}

static void
test_no_memory(void **state)
{
	struct ptn_arena *a = ptn_arena_new(4096);
	char body[8192];
	const char *v[2];

	(void)state;
	memset(body, 'x', sizeof(body));
	memcpy(body, "a=", 2);
	body[sizeof(body) - 1] = '\0';
	assert_int_equal(read_into(a, body, v), PTN_E_NOMEM);
	assert_null(v[0]);
	ptn_arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
