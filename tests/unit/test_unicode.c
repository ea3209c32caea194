#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/unicode.h"
#include "tests/unit/arena.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define T(s) s, sizeof(s) - 1

static const struct {
	const char *text;
	size_t len;
	size_t used;
	uint32_t cp;
} utf8[] = {
	{ "a", 1, 1, 'a' }, { "\0", 1, 1, 0 }, { "\x7f", 1, 1, 0x7f },
	{ "\xc2\x80", 2, 2, 0x80 }, { "\xdf\xbf", 2, 2, 0x7ff },
	{ "\xe0\xa0\x80", 3, 3, 0x800 }, { "\xed\x9f\xbf", 3, 3, 0xd7ff },
	{ "\xee\x80\x80", 3, 3, 0xe000 }, { "\xef\xbf\xbf", 3, 3, 0xffff },
	{ "\xf0\x90\x80\x80", 4, 4, 0x10000 },
	{ "\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff }, { "", 0, 0, 0 },
	{ "\x80", 1, 0, 0 },		 /* continuation without a lead */
	{ "\xc0\x80", 2, 0, 0 },	 /* overlong NUL */
	{ "\xc1\xbf", 2, 0, 0 },	 /* overlong */
	{ "\xe0\x9f\xbf", 3, 0, 0 },	 /* overlong */
	{ "\xf0\x8f\xbf\xbf", 4, 0, 0 }, /* overlong */
	{ "\xed\xa0\x80", 3, 0, 0 },	 /* high surrogate */
	{ "\xed\xbf\xbf", 3, 0, 0 },	 /* low surrogate */
	{ "\xf4\x90\x80\x80", 4, 0, 0 }, /* beyond U+10FFFF */
	{ "\xf5\x80\x80\x80", 4, 0, 0 }, { "\xff", 1, 0, 0 },
	{ "\xc3", 1, 0, 0 }, /* cut off */
	{ "\xe2\x82", 2, 0, 0 }, { "\xf0\x9f\x98", 3, 0, 0 },
	{ "\xe2\x28\xa1", 3, 0, 0 }, /* lead without its continuation */
};

static void
test_utf8_decode(void **state)
{
	uint32_t cp;
	size_t i;

	(void)state;
	for (i = 0; i < N(utf8); i++) {
		cp = 0;
		assert_int_equal(
		    ptn_utf8_decode(PTN_BYTES(utf8[i].text, utf8[i].len), &cp),
		    utf8[i].used);
		assert_int_equal(cp, utf8[i].cp);
	}
}

static void
test_utf8(void **state)
{
	(void)state;
	assert_true(ptn_utf8_valid(PTN_BYTES("", 0)));
	assert_true(ptn_utf8_valid(PTN_BYTES("a\0b", 3)));
	assert_true(ptn_utf8_valid(ptn_bytes_of("\xc3\xa9\xf0\x9f\x98\x80")));
	assert_false(ptn_utf8_valid(ptn_bytes_of("a\xff")));
	assert_false(ptn_utf8_valid(ptn_bytes_of("\xc3")));
	assert_false(ptn_utf8_valid(ptn_bytes_of("\xed\xa0\x80")));
	assert_false(ptn_utf8_valid(ptn_bytes_of("\xc0\x80")));
	assert_int_equal(ptn_utf8_length(PTN_BYTES("", 0)), 0);
	assert_int_equal(ptn_utf8_length(PTN_BYTES("a\0b", 3)), 3);
	assert_int_equal(ptn_utf8_length(ptn_bytes_of("\xc3\xa9\xe2\x82\xac"
						      "\xf0\x9f\x98\x80")),
	    3);
	assert_int_equal(ptn_utf8_length(ptn_bytes_of("e\xcc\x81")), 2);
	assert_int_equal(ptn_utf8_length(ptn_bytes_of("\xff\xff")), 2);
}

static const struct {
	const char *in;
	size_t in_len;
	const char *out;
	size_t out_len;
} opaque[] = {
	/* RFC 8265 section 4.3, table 4, examples 12 to 16. */
	{ T("correct horse battery staple"),
	    T("correct horse battery staple") },
	{ T("Correct Horse Battery Staple"),
	    T("Correct Horse Battery Staple") },
	{ T("\xcf\x80\xc3\x9f\xc3\xa5"), T("\xcf\x80\xc3\x9f\xc3\xa5") },
	{ T("Jack of \xe2\x99\xa6s"), T("Jack of \xe2\x99\xa6s") },
	{ T("foo\xe1\x9a\x80"
	    "bar"),
	    T("foo bar") },
	/* All that is a space: no-break, en quad, narrow, ideographic. */
	{ T("\xc2\xa0\xe2\x80\x80\xe2\x80\xaf\xe3\x80\x80"), T("    ") },
	{ T(" a  b "), T(" a  b ") },
	/* NFC: e with acute, angstrom sign, Hangul, order of marks. */
	{ T("e\xcc\x81"), T("\xc3\xa9") },
	{ T("\xe2\x84\xab"), T("\xc3\x85") },
	{ T("\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8"), T("\xea\xb0\x81") },
	{ T("q\xcc\x87\xcc\xa3"), T("q\xcc\xa3\xcc\x87") },
	/* The longest expansion of NFC, three times: U+1D160. */
	{ T("\xf0\x9d\x85\xa0"),
	    T("\xf0\x9d\x85\x98\xf0\x9d\x85\xa5\xf0\x9d\x85\xae") },
	/* Neither width nor compatibility is touched. */
	{ T("\xef\xbc\xa1\xef\xac\x81"), T("\xef\xbc\xa1\xef\xac\x81") },
	/* Emoji with selector and joiner; unassigned; private use. */
	{ T("\xe2\x9d\xa4\xef\xb8\x8f\xe2\x80\x8d"),
	    T("\xe2\x9d\xa4\xef\xb8\x8f\xe2\x80\x8d") },
	{ T("\xcd\xb8"), T("\xcd\xb8") },
	{ T("\xee\x80\x80"), T("\xee\x80\x80") },
};

static const struct {
	const char *in;
	size_t len;
} opaque_refused[] = {
	/* RFC 8265 section 4.3, table 5, examples 17 and 18. */
	{ T("") },
	{ T("my cat is a \x09"
	    "by") },
	{ T("\0") },
	{ T("abc\0") },
	{ T("a\nb") },
	{ T("a\x7f") },
	{ T("a\xc2\x80") },
	{ T("a\xc2\x9f") },
	{ T("\xed\xa0\x80") },	   /* surrogate */
	{ T("\xef\xb7\x90") },	   /* U+FDD0 */
	{ T("\xef\xbf\xbe") },	   /* U+FFFE */
	{ T("\xf0\x9f\xbf\xbf") }, /* U+1FFFF */
	{ T("\xff") },
	{ T("abc\xc3") },
	{ T("\xc0\x80") },
};

static void
test_opaque(void **state)
{
	struct ptn_bytes out, again;
	size_t i;

	(void)state;
	for (i = 0; i < N(opaque); i++) {
		assert_int_equal(ptn_unicode_opaque(arena,
				     PTN_BYTES(opaque[i].in, opaque[i].in_len),
				     &out),
		    PTN_OK);
		assert_int_equal(out.len, opaque[i].out_len);
		assert_memory_equal(out.p, opaque[i].out, out.len);
		assert_int_equal(ptn_unicode_opaque(arena, out, &again),
		    PTN_OK);
		assert_true(ptn_bytes_equal(out, again));
	}
}

static void
test_opaque_refused(void **state)
{
	struct ptn_bytes out;
	size_t i;

	(void)state;
	for (i = 0; i < N(opaque_refused); i++) {
		assert_int_equal(
		    ptn_unicode_opaque(arena,
			PTN_BYTES(opaque_refused[i].in, opaque_refused[i].len),
			&out),
		    PTN_E_INPUT);
		assert_null(out.p);
	}
}

/* A thousand of the code point that grows most, and a pile of marks. */
static void
test_opaque_long(void **state)
{
	static char text[4096];
	struct ptn_bytes out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(text); i += 4)
		memcpy(text + i, "\xf0\x9d\x85\xa0", 4);
	assert_int_equal(
	    ptn_unicode_opaque(arena, PTN_BYTES(text, sizeof(text)), &out),
	    PTN_OK);
	assert_int_equal(out.len, 3 * sizeof(text));
	for (i = 0; i < sizeof(text); i += 4)
		memcpy(text + i,
		    i % 8 == 0 ? "\xcc\x81\xcc\xa3" : "\xcc\xa7\xcc\x88", 4);
	assert_int_equal(
	    ptn_unicode_opaque(arena, PTN_BYTES(text, sizeof(text)), &out),
	    PTN_OK);
}

static void
test_opaque_arena_full(void **state)
{
	static char text[4096];
	struct ptn_arena *small = ptn_arena_new(4096);
	struct ptn_bytes out;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[0] = '\xc3';
	text[1] = '\xa9';
	assert_int_equal(
	    ptn_unicode_opaque(small, PTN_BYTES(text, sizeof(text)), &out),
	    PTN_E_NOMEM);
	ptn_arena_free(&small);
}

static const struct {
	const char *in;
	const char *out;
} folds[] = {
	{ "", "" }, { "aBc.XYZ-09", "abc.xyz-09" },
	{ "\xc3\x89", "\xc3\xa9" },  /* E acute */
	{ "E\xcc\x81", "\xc3\xa9" }, /* the same, decomposed */
	{ "Stra\xc3\x9f"
	  "e",
	    "strasse" },			    /* sharp s */
	{ "\xe1\xba\x9e", "ss" },		    /* capital sharp s */
	{ "\xce\xa3\xcf\x82", "\xcf\x83\xcf\x83" }, /* final sigma */
	{ "\xe2\x84\xaa", "k" },		    /* Kelvin sign */
	{ "\xef\xbc\xa1", "\xef\xbd\x81" },	    /* full width stays so */
	{ "I\xc4\xb0", "ii\xcc\x87" },		    /* no Turkish rules */
	{ "\xef\xac\x81", "fi" },		    /* ligature */
	{ "\xe1\xbe\xb3", "\xce\xb1\xce\xb9" },	    /* iota subscript */
};

static void
test_fold(void **state)
{
	char *out, *again;
	size_t i;

	(void)state;
	for (i = 0; i < N(folds); i++) {
		assert_int_equal(ptn_unicode_fold(arena, folds[i].in, &out),
		    PTN_OK);
		assert_string_equal(out, folds[i].out);
		assert_int_equal(ptn_unicode_fold(arena, out, &again), PTN_OK);
		assert_string_equal(again, out);
	}
	assert_int_equal(ptn_unicode_fold(arena, "\xff", &out), PTN_E_INPUT);
	assert_int_equal(ptn_unicode_fold(arena, "a\xed\xa0\x80", &out),
	    PTN_E_INPUT);
	assert_null(out);
}

/* What of a text fits: whole characters, and "?" for what is none. */
static void
test_fit(void **state)
{
	static const struct {
		const char *in;
		size_t max;
		const char *out;
	} cases[] = {
		{ "", 0, "" },
		{ "", 5, "" },
		{ "abc", 0, "" },
		{ "abc", 2, "ab" },
		{ "abc", 3, "abc" },
		{ "abc", 4, "abc" },
		{ "\xc3\xa9", 1, "" },
		{ "\xc3\xa9", 2, "\xc3\xa9" },
		{ "a\xe2\x82\xac", 3, "a" },
		{ "a\xe2\x82\xac", 4, "a\xe2\x82\xac" },
		{ "\xf0\x9f\x98\x80x", 4, "\xf0\x9f\x98\x80" },
		/* What follows the first that does not fit is not there. */
		{ "\xc3\xa9x", 1, "" },
		{ "\xff", 1, "?" },
		{ "\xff\xfe", 1, "?" },
		{ "a\xc3", 9, "a?" },
		{ "\xe2\x82z", 9, "??z" },
		{ "\xed\xa0\x80", 9, "???" },
		{ "\xc0\x80", 9, "??" },
	};
	struct ptn_arena *small = ptn_arena_new(4096);
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++)
		assert_string_equal(
		    ptn_utf8_fit(arena, cases[i].in, cases[i].max),
		    cases[i].out);
	assert_null(ptn_utf8_fit(arena, NULL, 5));
	while (ptn_arena_alloc(small, 64) != NULL)
		continue;
	assert_null(ptn_utf8_fit(small, "abc", SIZE_MAX - 1));
	assert_string_equal(ptn_utf8_fit(arena, "abc", SIZE_MAX - 1), "abc");
	ptn_arena_free(&small);
}

static void
put_utf8(uint32_t cp, char out[5])
{
	static const uint8_t lead[5] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	size_t i;

	out[n] = '\0';
	for (i = n - 1; i > 0; i--, cp >>= 6)
		out[i] = (char)(0x80 | (cp & 0x3f));
	out[0] = (char)(lead[n] | cp);
}

/*
 * Code points before a mark: folding settles, both kinds.  Unicode 6 had 64000
 * of these; the rest is not assigned, or was not yet.
 */
static void
test_fold_settles_everywhere(void **state)
{
	char text[16], *out, *again;
	size_t folded = 0;
	enum ptn_err r;
	uint32_t cp;

	(void)state;
	for (cp = 1; cp <= 0x10ffff; cp += cp < 0x20000 ? 1 : 97) {
		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		put_utf8(cp, text);
		strcat(text, cp % 2 == 0 ? "\xcd\x85" : "\xcc\x81");
		r = ptn_unicode_fold(arena, text, &out);
		assert_true(r == PTN_OK || r == PTN_E_INPUT);
		if (r == PTN_OK) {
			folded++;
			assert_int_equal(ptn_unicode_fold(arena, out, &again),
			    PTN_OK);
			assert_string_equal(again, out);
		}
		assert_int_equal(ptn_unicode_compat(arena, text, &out), PTN_OK);
		ptn_arena_reset(arena);
	}
	print_message("# %zu folded\n", folded);
	assert_true(folded > 64000);
}

static void
test_compat(void **state)
{
	char *out;

	(void)state;
	assert_int_equal(
	    ptn_unicode_compat(arena, "\xef\xbc\xa0\xef\xac\x81", &out),
	    PTN_OK);
	assert_string_equal(out, "@fi");
	assert_int_equal(ptn_unicode_compat(arena, "\xe2\x84\x80", &out),
	    PTN_OK);
	assert_string_equal(out, "a/c");
	assert_int_equal(ptn_unicode_compat(arena, "\xff", &out), PTN_E_INPUT);
}

/* One mark in front of a text is no part of it. */
static void
test_text(void **state)
{
	static const char *const cases[][2] = { { "", "" }, { "a", "a" },
		{ "\xef\xbb\xbf", "" },
		{ "\xef\xbb\xbf"
		  "a",
		    "a" },
		{ "\xef\xbb", "\xef\xbb" },
		{ "a\xef\xbb\xbf", "a\xef\xbb\xbf" },
		{ "\xef\xbb\xbf\xef\xbb\xbf", "\xef\xbb\xbf" },
		{ "\xff\xfe", "\xff\xfe" } };
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++)
		assert_true(
		    ptn_bytes_equal(ptn_utf8_text(ptn_bytes_of(cases[i][0])),
			ptn_bytes_of(cases[i][1])));
}

static void
test_visible(void **state)
{
	static const uint32_t yes[] = { '!', 'a', '~', 0xe9, 0x301, 0x4e2d,
		0x1f600, 0xff20, 0x0378 };
	static const uint32_t no[] = { 0, '\n', ' ', 0x7f, 0x80, 0x85, 0xa0,
		0xad, 0x34f, 0x61c, 0x115f, 0x1680, 0x180e, 0x200b, 0x200d,
		0x200e, 0x2028, 0x202e, 0x2060, 0x3000, 0x3164, 0xfe0f, 0xfeff,
		0xffa0, 0xfff9, 0xfdd0, 0xfffe, 0xd800, 0xe0041, 0x10ffff,
		0x110000, UINT32_MAX };
	size_t i;

	(void)state;
	for (i = 0; i < N(yes); i++)
		assert_true(ptn_unicode_visible(yes[i]));
	for (i = 0; i < N(no); i++)
		assert_false(ptn_unicode_visible(no[i]));
}

/* What is not assigned yet may fold otherwise one day: U+0378, U+E1000. */
static void
test_fold_unassigned(void **state)
{
	char *out;

	(void)state;
	assert_int_equal(ptn_unicode_fold(arena, "a\xcd\xb8", &out),
	    PTN_E_INPUT);
	assert_null(out);
	assert_int_equal(ptn_unicode_fold(arena, "\xf3\xa1\x80\x80", &out),
	    PTN_E_INPUT);
	assert_int_equal(ptn_unicode_fold(arena, "\xe1\xba\x9e", &out), PTN_OK);
	assert_string_equal(out, "ss");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf8_decode),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_opaque),
		cmocka_unit_test(test_opaque_refused),
		cmocka_unit_test(test_opaque_long),
		cmocka_unit_test(test_opaque_arena_full),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_fold_settles_everywhere),
		cmocka_unit_test(test_compat),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_visible),
		cmocka_unit_test(test_fold_unassigned),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
