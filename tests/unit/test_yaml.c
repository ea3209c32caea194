#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/format/yaml.h"
#include "tests/unit/arena.h"

/* The nodes as text: "path=a", "path=[a|b]", "path={}", one a line. */
static void
flatten(const struct ptn_yaml *doc, char *out, size_t max)
{
	const struct ptn_yaml_node *node;
	size_t i, j, len = 0;

	out[0] = '\0';
	for (i = 0; i < doc->n; i++) {
		node = &doc->node[i];
		len += (size_t)snprintf(out + len, max - len, "%d %s=%s",
		    node->line, node->path,
		    node->kind == PTN_YAML_LIST	     ? "["
			: node->kind == PTN_YAML_MAP ? "{}"
						     : "");
		for (j = 0; j < node->n; j++)
			len += (size_t)snprintf(out + len, max - len, "%s%s",
			    j > 0 ? "|" : "", node->v[j]);
		len += (size_t)snprintf(out + len, max - len, "%s\n",
		    node->kind == PTN_YAML_LIST ? "]" : "");
	}
}

/* clang-format off */
static const struct {
	const char *text;
	const char *flat;
} taken[] = {
	{ "", "" },
	{ "# nothing\n", "" },
	{ "---\n", "" },
	{ "--- {}\n", "" },
	{ "\xef\xbb\xbf" "a: b\n", "1 a=b\n" },
	{ "\xef\xbb\xbf" "a: b\nc: d\n", "1 a=b\n2 c=d\n" },
	{ "\xef\xbb\xbf" "# c\na:\n  b: c\nd: e\n", "3 a.b=c\n4 d=e\n" },
	{ "\xef\xbb\xbf", "" },
	{ "a: b\n", "1 a=b\n" },
	{ "%YAML 1.1\n---\na: b\n...\n", "3 a=b\n" },
	{ "a:\n  b: 1\n  c:\n    d: 2\ne: 3\n", "2 a.b=1\n4 a.c.d=2\n5 e=3\n" },
	{ "{\"a\": {\"b\": true}}\n", "1 a.b=true\n" },
	{ "a:\n", "1 a=\n" },
	{ "a: {}\n", "1 a={}\n" },
	{ "a: []\n", "1 a=[]\n" },
	{ "a: [x, 'y z', \"\\u00e9\"]\n", "1 a=[x|y z|\xc3\xa9]\n" },
	{ "a:\n  - x\n  - y\n", "2 a=[x|y]\n" },
	{ "a:\n- b: 1\n  c: 2\n- b: 3\n", "2 a.0.b=1\n3 a.0.c=2\n4 a.1.b=3\n" },
	{ "a: [x, [y]]\n", "1 a.1=[y]\n1 a=[x]\n" },
	{ "a: [{}]\n", "1 a.0={}\n" },
	/* No implicit types: all is text as it stands. */
	{ "a: no\nb: 012\nc: 1e3\nd: ~\ne: 0x1f\nf: 2001-01-01\n",
	  "1 a=no\n2 b=012\n3 c=1e3\n4 d=~\n5 e=0x1f\n6 f=2001-01-01\n" },
	{ "a: |\n  x\n  y\n", "1 a=x\ny\n\n" },
	{ "a.b: 1\n", "1 a.b=1\n" },
	{ "a: {x: 1}\nb: {x: 1}\n", "1 a.x=1\n2 b.x=1\n" },
	{ "<<: {a: 1}\n", "1 <<.a=1\n" },
};

static const struct {
	const char *text;
	int line;
	const char *why; /* or NULL: libyaml's own */
} refused[] = {
	{ "a: &x 1\n", 1, "anchors, aliases and tags are not accepted" },
	{ "a: &x [1]\n", 1, "anchors, aliases and tags are not accepted" },
	{ "a: &x {b: 1}\n", 1, "anchors, aliases and tags are not accepted" },
	{ "a: 1\nb: *a\n", 2, "anchors, aliases and tags are not accepted" },
	{ "&x a: 1\n", 1, "anchors, aliases and tags are not accepted" },
	{ "&x\na: 1\n", 1, "anchors, aliases and tags are not accepted" },
	{ "a: !!str 1\n", 1, "anchors, aliases and tags are not accepted" },
	{ "a: !x 1\n", 1, "anchors, aliases and tags are not accepted" },
	{ "a: ! 1\n", 1, "anchors, aliases and tags are not accepted" },
	{ "%TAG ! tag:x,2000:\n---\na: 1\n", 1, "anchors, aliases and tags are not accepted" },
	{ "a: 1\nb: 2\na: 3\n", 3, "the key is there twice" },
	{ "a:\n  b: 1\n  b: 1\n", 3, "the key is there twice" },
	{ "a: {b: 1}\nc: 1\na: {d: 1}\n", 3, "the key is there twice" },
	{ "a: {b: 1}\na.b: 1\n", 2, "the key is there twice" },
	{ "a: 1\n---\na: 2\n", 2, "more than one document" },
	{ "a: 1\n...\n---\n", 3, "more than one document" },
	{ "just text\n", 1, "keys are expected, as in \"key: value\"" },
	{ "- a\n- b\n", 1, "keys are expected, as in \"key: value\"" },
	{ "[a]: 1\n", 1, "a key must be plain text" },
	{ "{a: 1}: 1\n", 1, "a key must be plain text" },
	{ "\"\": 1\n", 1, "a key must be plain text" },
	{ "\"a\\nb\": 1\n", 1, "a key must be plain text" },
	{ "\"a\\e[31m\": 1\n", 1, "a key must be plain text" },
	{ "a: \"x\\0y\"\n", 1, "a NUL in a text" },
	{ "a: [x, \"\\0\"]\n", 1, "a NUL in a text" },
	{ "a: b: c\n", 1, NULL },
	{ "a:\n\tb: 1\n", 2, NULL },
	{ "a: [1, 2\n", 2, NULL },
	{ "a: \"x\n", 2, NULL },
	{ "a: \xff\n", 1, NULL },
	{ "a: \xc0\xaf\n", 1, NULL },
	{ "a: \x01\n", 1, NULL },
	{ "%YAML 2.0\n---\na: 1\n", 1, NULL },
};
/* clang-format on */

static void
test_taken(void **state)
{
	struct ptn_yaml_problem problem;
	struct ptn_yaml doc;
	char flat[1024];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		ptn_arena_reset(arena);
		if (ptn_yaml_parse(arena, ptn_bytes_of(taken[i].text), &doc,
			&problem) != PTN_OK)
			fail_msg("case %zu: line %d: %s", i, problem.line,
			    problem.why);
		flatten(&doc, flat, sizeof(flat));
		assert_string_equal(flat, taken[i].flat);
	}
}

static void
test_refused(void **state)
{
	struct ptn_yaml_problem problem;
	struct ptn_yaml doc;
	enum ptn_err r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		ptn_arena_reset(arena);
		r = ptn_yaml_parse(arena, ptn_bytes_of(refused[i].text), &doc,
		    &problem);
		if (r != PTN_E_INPUT || problem.why == NULL)
			fail_msg("case %zu: %s", i, ptn_err_name(r));
		if (refused[i].why != NULL)
			assert_string_equal(problem.why, refused[i].why);
		if (problem.line != refused[i].line)
			fail_msg("case %zu: line %d (%s)", i, problem.line,
			    problem.why);
	}
}

/* before, then n times unit, then after. */
static enum ptn_err
parse_repeated(const char *before, const char *unit, size_t n,
    const char *after)
{
	size_t len = strlen(before) + n * strlen(unit) + strlen(after);
	char *text = malloc(len + 1), *p = text;
	struct ptn_yaml_problem problem;
	struct ptn_yaml doc;
	enum ptn_err r;
	size_t i;

	assert_non_null(text);
	p += sprintf(p, "%s", before);
	for (i = 0; i < n; i++)
		p += sprintf(p, "%s", unit);
	(void)sprintf(p, "%s", after);
	ptn_arena_reset(arena);
	r = ptn_yaml_parse(arena, PTN_BYTES(text, len), &doc, &problem);
	free(text);
	return r;
}

static void
test_limits(void **state)
{
	char key[PTN_YAML_PATH_MAX + 1];

	(void)state;
	assert_int_equal(parse_repeated("a: ", "[", 15, ""), PTN_E_INPUT);
	assert_int_equal(parse_repeated("a: ", "[", 16, ""), PTN_E_TOO_LARGE);
	assert_int_equal(parse_repeated("a: ", "[", 9999, ""), PTN_E_TOO_LARGE);
	assert_int_equal(parse_repeated("", "{a: ", 9999, ""), PTN_E_TOO_LARGE);
	assert_int_equal(parse_repeated("a: [", "x,", 2047, "]\n"), PTN_OK);
	assert_int_equal(parse_repeated("a: [", "x,", 2048, "]\n"),
	    PTN_E_TOO_LARGE);
	assert_int_equal(parse_repeated("a: [", "{},", 2048, "]\n"),
	    PTN_E_TOO_LARGE);
	assert_int_equal(parse_repeated("a: ", "x", PTN_YAML_TEXT_MAX - 3, ""),
	    PTN_OK);
	assert_int_equal(parse_repeated("a: ", "x", PTN_YAML_TEXT_MAX - 2, ""),
	    PTN_E_TOO_LARGE);
	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	assert_int_equal(parse_repeated(key, ": 1", 1, ""), PTN_E_TOO_LARGE);
	assert_int_equal(parse_repeated(key + 2, ": 1", 1, ""), PTN_OK);
}

/* A dot of a key, an element's number and quotes are told apart. */
static void
test_exact(void **state)
{
	static const char text[] = "a.b: {c: x}\na: {d: [1, '2', {e: \"3\"}]}\n";
	static const struct {
		const char *path, *exact;
		size_t n;
		bool plain[2];
	} want[] = {
		{ "a.b.c", "a.b" PTN_YAML_CUT "c", 1, { true } },
		{ "a.d.2.e",
		    "a" PTN_YAML_CUT "d" PTN_YAML_ELEMENT "2" PTN_YAML_CUT "e",
		    1, { false } },
		{ "a.d", "a" PTN_YAML_CUT "d", 2, { true, false } },
	};
	struct ptn_yaml_problem problem;
	struct ptn_yaml doc;
	size_t i, j;

	(void)state;
	assert_int_equal(
	    ptn_yaml_parse(arena, ptn_bytes_of(text), &doc, &problem), PTN_OK);
	assert_int_equal(doc.n, 3);
	for (i = 0; i < 3; i++) {
		assert_string_equal(doc.node[i].path, want[i].path);
		assert_string_equal(doc.node[i].exact, want[i].exact);
		assert_int_equal(doc.node[i].n, want[i].n);
		for (j = 0; j < want[i].n; j++)
			assert_int_equal(doc.node[i].plain[j],
			    want[i].plain[j]);
	}
}

/* The longest document fits into the arena that the header speaks of. */
static void
test_arena(void **state)
{
	static char text[PTN_YAML_TEXT_MAX];
	struct ptn_arena *small = ptn_arena_new(4 << 20);
	struct ptn_yaml_problem problem;
	struct ptn_yaml doc;
	size_t i, len = 0;

	(void)state;
	assert_non_null(small);
	for (i = 0; i < 500; i++)
		len += (size_t)sprintf(text + len, "%04zu%0400d: x\n", i, 0);
	assert_int_equal(
	    ptn_yaml_parse(small, PTN_BYTES(text, len), &doc, &problem),
	    PTN_OK);
	assert_int_equal(doc.n, 500);
	ptn_arena_free(&small);

	/* Without memory it says so. */
	small = ptn_arena_new(65536);
	assert_non_null(small);
	assert_int_equal(
	    ptn_yaml_parse(small, PTN_BYTES(text, len), &doc, &problem),
	    PTN_E_NOMEM);
	ptn_arena_free(&small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_arena),
	};

	return cmocka_run_group_tests_name("yaml", tests, arena_setup,
	    arena_teardown);
}
