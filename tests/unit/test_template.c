#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/format/template.h"
#include "tests/unit/arena.h"

static const char *const vars[] = { "code", "service_name", NULL };

static void
test_render(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		enum ptn_template_escape escape;
		const char *values[2];
		const char *want;
	} cases[] = {
		{ "", PTN_ESCAPE_TEXT, { "1", "S" }, "" },
		{ "plain { } text", PTN_ESCAPE_TEXT, { "1", "S" }, "plain { } text" },
		{ "{{code}}", PTN_ESCAPE_TEXT, { "123456", "S" }, "123456" },
		{ "a{{code}}b{{service_name}}c", PTN_ESCAPE_TEXT, { "1", "2" }, "a1b2c" },
		{ "{{code}}{{code}}", PTN_ESCAPE_TEXT, { "1", "2" }, "11" },
		{ "{{service_name}}", PTN_ESCAPE_TEXT, { "", "Bob's & <Co>" }, "Bob's & <Co>" },
		{ "{{service_name}}", PTN_ESCAPE_HTML, { "", "Bob's & <\"Co\">" },
		    "Bob&#39;s &amp; &lt;&quot;Co&quot;&gt;" },
		{ "<b>{{code}}</b>", PTN_ESCAPE_HTML, { "1", "" }, "<b>1</b>" },
		/* a value never brings a hole of its own, nor a line */
		{ "{{code}}", PTN_ESCAPE_TEXT, { "{{service_name}}", "S" }, "{{service_name}}" },
		{ "{{code}}.", PTN_ESCAPE_TEXT, { "1\r\n2\t3\x7f", "S" }, "1  2 3 ." },
		{ "Gr\xc3\xbc\xc3\x9f" "e {{service_name}}", PTN_ESCAPE_HTML, { "", "\xe4\xb8\xad" },
		    "Gr\xc3\xbc\xc3\x9f" "e \xe4\xb8\xad" },
	};
	/* clang-format on */
	struct ptn_template_problem problem;
	struct ptn_template *t;
	struct ptn_buf b;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ptn_template_parse(*state,
				     ptn_bytes_of(cases[i].text), vars, &t,
				     &problem),
		    PTN_OK);
		ptn_buf_init(&b, *state);
		assert_int_equal(ptn_template_render(t, cases[i].escape,
				     cases[i].values, &b),
		    PTN_OK);
		assert_string_equal(b.p != NULL ? b.p : "", cases[i].want);
	}
}

static void
test_refuse(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		size_t len;
		int line;
		const char *what;
	} cases[] = {
		{ "{{pin}}", 7, 1, "unknown variable pin" },
		{ "\n\n a {{codes}}", 14, 3, "unknown variable codes" },
		{ "{{code}", 7, 1, "{{ without a name and }}" },
		{ "{{code", 6, 1, "{{ without a name and }}" },
		{ "{{", 2, 1, "{{ without a name and }}" },
		{ "\n{{}}", 5, 2, "{{ without a name and }}" },
		{ "{{ code }}", 10, 1, "{{ without a name and }}" },
		{ "{{#code}}x{{/code}}", 19, 1, "{{ without a name and }}" },
		{ "{{{code}}}", 10, 1, "{{ without a name and }}" },
		{ "{{CODE}}", 8, 1, "{{ without a name and }}" },
		{ "{{code}}\n}}", 11, 2, "}} without {{" },
		{ "{{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}}", 38, 1,
		    "{{ without a name and }}" },
		{ "a\0b", 3, 1, "not text in UTF-8" },
		{ "a\xff" "b", 3, 1, "not text in UTF-8" },
	};
	/* clang-format on */
	struct ptn_template_problem problem;
	struct ptn_template *t;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ptn_template_parse(*state,
				     PTN_BYTES(cases[i].text, cases[i].len),
				     vars, &t, &problem),
		    PTN_E_INPUT);
		assert_string_equal(problem.what, cases[i].what);
		assert_int_equal(problem.line, cases[i].line);
	}
}

static void
test_limits(void **state)
{
	static const char *const values[] = { "1", "S" };
	static char big[PTN_TEMPLATE_MAX + 1];
	static char value[PTN_TEMPLATE_OUT_MAX + 2];
	const char *huge[] = { value, "S" };
	struct ptn_template_problem problem;
	struct ptn_template *t;
	struct ptn_arena *small;
	struct ptn_buf b;

	memset(big, 'x', sizeof(big));
	memset(value, 'y', sizeof(value) - 1);
	assert_int_equal(ptn_template_parse(*state,
			     PTN_BYTES(big, PTN_TEMPLATE_MAX + 1), vars, &t,
			     &problem),
	    PTN_E_INPUT);
	assert_int_equal(ptn_template_parse(*state,
			     PTN_BYTES(big, PTN_TEMPLATE_MAX), vars, &t,
			     &problem),
	    PTN_OK);
	assert_int_equal(ptn_template_parse(*state, ptn_bytes_of("{{code}}"),
			     vars, &t, &problem),
	    PTN_OK);
	ptn_buf_init(&b, *state);
	assert_int_equal(ptn_template_render(t, PTN_ESCAPE_TEXT, huge, &b),
	    PTN_E_TOO_LARGE);

	assert_non_null(small = ptn_arena_new(4096));
	assert_int_equal(
	    ptn_template_parse(small, PTN_BYTES(big, 8192), vars, &t, &problem),
	    PTN_E_NOMEM);
	assert_int_equal(ptn_template_parse(small, ptn_bytes_of("{{code}}"),
			     vars, &t, &problem),
	    PTN_OK);
	while (ptn_arena_alloc(small, 16) != NULL)
		;
	ptn_buf_init(&b, small);
	assert_int_equal(ptn_template_render(t, PTN_ESCAPE_TEXT, values, &b),
	    PTN_E_NOMEM);
	ptn_arena_free(&small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_render, arena_setup,
		    arena_teardown),
		cmocka_unit_test_setup_teardown(test_refuse, arena_setup,
		    arena_teardown),
		cmocka_unit_test_setup_teardown(test_limits, arena_setup,
		    arena_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
