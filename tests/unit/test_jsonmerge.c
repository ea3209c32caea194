/* Merge patches (RFC 7396), with the examples of its appendix A. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/array.h"
#include "lib/format/jsonmerge.h"
#include "tests/unit/arena.h"

static struct ptn_json *
parse(const char *text)
{
	struct ptn_json *v = NULL;
	const char *why;

	assert_int_equal(ptn_json_parse(ptn_bytes_of(text), 16, &v, &why),
	    PTN_OK);
	return v;
}

/* NULL: it cannot be written. */
static const char *
merged(const char *target, const char *patch)
{
	struct ptn_json *t = target != NULL ? parse(target) : NULL;
	struct ptn_json *p = parse(patch);
	struct ptn_jsonw w;
	bool ok;

	ptn_jsonw_init(&w, arena);
	ok = ptn_jsonmerge(&w, NULL, t, p);
	assert_false(w.buf.bad);
	ptn_json_free(&t);
	ptn_json_free(&p);
	return ok ? w.buf.p : NULL;
}

static const struct {
	const char *target;
	const char *patch;
	const char *result;
} examples[] = {
	{ "{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
	{ "{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}" },
	{ "{\"a\":\"b\"}", "{\"a\":null}", "{}" },
	{ "{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}" },
	{ "{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
	{ "{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}" },
	{ "{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
	    "{\"a\":{\"b\":\"d\"}}" },
	{ "{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}" },
	{ "[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]" },
	{ "{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]" },
	{ "{\"a\":\"foo\"}", "null", "null" },
	{ "{\"a\":\"foo\"}", "\"bar\"", "\"bar\"" },
	{ "{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}" },
	{ "[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}" },
	{ "{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}" },
	/* And ours. */
	{ NULL, "{\"a\":1,\"b\":null}", "{\"a\":1}" },
	{ "{\"n\":-0.5,\"t\":true}", "{\"big\":1e300,\"i\":-7,\"f\":false}",
	    "{\"n\":-0.5,\"t\":true,\"big\":1e+300,\"i\":-7,\"f\":false}" },
	{ "{\"a\":0.1}", "{}", "{\"a\":0.1}" },
	{ "{\"a\":0.30000000000000004}", "{}", "{\"a\":0.30000000000000004}" },
	{ "{}", "{\"a\":[null,{\"b\":null}]}", "{\"a\":[null,{\"b\":null}]}" },
};

static void
examples_hold(void **state)
{
	const char *result;
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(examples); i++) {
		ptn_arena_reset(arena);
		result = merged(examples[i].target, examples[i].patch);
		assert_non_null(result);
		assert_string_equal(result, examples[i].result);
	}
}

/* What could not be read back is not written. */
static void
no_number_is_bent(void **state)
{
	(void)state;
	assert_null(merged(NULL, "{\"a\":1e999}"));
	assert_null(merged(NULL, "{\"a\":{\"b\":[9223372036854775808]}}"));
	assert_null(merged("{\"a\":12345678901234567890}", "{\"b\":1}"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_hold),
		cmocka_unit_test(no_number_is_bent),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
