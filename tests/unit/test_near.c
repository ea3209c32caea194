/* What a misspelt word was meant to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/format/near.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static size_t
distance(const char *a, const char *b)
{
	struct ptn_near n = { a, NULL, PTN_NEAR_MAX + 1 };

	ptn_near_try(&n, b);
	return n.distance;
}

static void
test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} cases[] = {
		{ "", "", 0 },
		{ "", "abc", 3 },
		{ "abc", "abc", 0 },
		{ "abc", "abd", 1 },  /* wrong */
		{ "abc", "abcd", 1 }, /* missing, */
		{ "abc", "xabc", 1 },
		{ "abcd", "acd", 1 },  /* too many */
		{ "abcd", "abdc", 1 }, /* changed places, */
		{ "ba", "ab", 1 },
		{ "bxa", "ab", 3 }, /* but not across another */
		{ "kitten", "sitting", 3 },
		{ "Base-Path", "base_path", 0 },
		{ "SESSION_LIMIT", "session.limit", 0 },
		{ "strict", "lax", 6 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		assert_int_equal(distance(cases[i].a, cases[i].b),
		    cases[i].distance);
		assert_int_equal(distance(cases[i].b, cases[i].a),
		    cases[i].distance);
	}
}

/* Up to the longest word, and beyond it there is no near. */
static void
test_long(void **state)
{
	char a[PTN_NEAR_MAX + 2] = "", b[PTN_NEAR_MAX + 2] = "";

	(void)state;
	memset(a, 'a', PTN_NEAR_MAX);
	memset(b, 'b', PTN_NEAR_MAX);
	assert_int_equal(distance(a, a), 0);
	assert_int_equal(distance(a, b), PTN_NEAR_MAX);
	a[PTN_NEAR_MAX] = 'a';
	assert_true(distance(a, a) > PTN_NEAR_MAX);
	assert_true(distance("a", a) > PTN_NEAR_MAX);
}

/* The nearest of some words, if it is near enough and the only one. */
static void
test_best(void **state)
{
	static const struct {
		const char *said;
		const char *words[4];
		const char *best;
	} cases[] = {
		{ "serv", { "serve", "setup" }, "serve" },
		{ "confg", { "config", "conf" }, NULL },
		{ "confgi", { "confg", "config", "serve" }, NULL },
		{ "config", { "confgi", "config" }, "config" },
		{ "config", { "config", "confgi" }, "config" },
		{ "ok", { "of" }, NULL }, /* too short to tell */
		{ "ok", { "OK" }, "OK" },
		{ "cat", { "car" }, "car" },
		{ "cat", { "dog", "cow" }, NULL },
		{ "session", { "sesion", "sesson" }, NULL },
		{ "session", { "sesion", "sesson", "session" }, "session" },
		{ "idle", { NULL }, NULL },
	};
	struct ptn_near n;
	size_t i, j;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		n = ptn_near_begin(cases[i].said);
		for (j = 0; j < 4 && cases[i].words[j] != NULL; j++)
			ptn_near_try(&n, cases[i].words[j]);
		if (cases[i].best == NULL)
			assert_null(n.best);
		else
			assert_string_equal(n.best, cases[i].best);
	}
}

static void
test_hint(void **state)
{
	char out[PTN_NEAR_HINT], word[PTN_NEAR_HINT + 1];

	(void)state;
	assert_string_equal(ptn_near_hint(NULL, out), "");
	assert_string_equal(ptn_near_hint("", out), "");
	assert_string_equal(ptn_near_hint("serve", out),
	    "; did you mean serve?");
	memset(word, 'a', PTN_NEAR_HINT);
	word[PTN_NEAR_HINT] = '\0';
	assert_int_equal(strlen(ptn_near_hint(word, out)), 15 + 130 + 1);
}

/* What may be somebody else's word must come nearer. */
static void
test_foreign(void **state)
{
	static const struct {
		const char *said, *word;
		bool ours, foreign;
	} cases[] = {
		{ "SERVICE_NAME", "SERVICE_NAME", true, true },
		{ "SERVICE_NAMEE", "SERVICE_NAME", true, true },
		{ "SERVICE_TYPE", "SERVICE_NAME", true, false },
		{ "SERV", "SERVE", true, false },
		{ "SERVER_PATHS", "SERVICE_NAME", false, false },
	};
	struct ptn_near n;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		n = ptn_near_begin(cases[i].said);
		ptn_near_try(&n, cases[i].word);
		assert_int_equal(n.best != NULL, cases[i].ours);
		n = ptn_near_begin_foreign(cases[i].said);
		ptn_near_try(&n, cases[i].word);
		assert_int_equal(n.best != NULL, cases[i].foreign);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_best),
		cmocka_unit_test(test_hint),
		cmocka_unit_test(test_foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
