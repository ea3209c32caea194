#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/format/cbor.h"
#include "tests/unit/authenticator.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static int
each(void **state)
{
	(void)state;
	ptn_arena_reset(auth_arena);
	return 0;
}

static enum ptn_err
parse(const char *hex, struct ptn_cbor *out)
{
	return ptn_cbor_parse(auth_arena, auth_unhex(hex), PTN_CBOR_DEPTH, out,
	    NULL);
}

/* RFC 8949 appendix A, as far as it is canonical and of our types. */
static void
test_integers(void **state)
{
	static const struct {
		const char *hex;
		int64_t i;
	} cases[] = {
		{ "00", 0 },
		{ "01", 1 },
		{ "0a", 10 },
		{ "17", 23 },
		{ "1818", 24 },
		{ "1819", 25 },
		{ "1864", 100 },
		{ "1903e8", 1000 },
		{ "1a000f4240", 1000000 },
		{ "1b000000e8d4a51000", 1000000000000 },
		{ "1b7fffffffffffffff", INT64_MAX },
		{ "20", -1 },
		{ "29", -10 },
		{ "3863", -100 },
		{ "3903e7", -1000 },
		{ "390100", -257 },
		{ "3b7fffffffffffffff", INT64_MIN },
	};
	struct ptn_cbor v;
	struct ptn_buf b;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct ptn_bytes want = auth_unhex(cases[i].hex);

		assert_int_equal(parse(cases[i].hex, &v), PTN_OK);
		assert_int_equal(v.type, PTN_CBOR_INT);
		assert_true(v.i == cases[i].i);
		ptn_buf_init(&b, auth_arena);
		ptn_cbor_add_int(&b, v.i);
		assert_true(ptn_bytes_equal(PTN_BYTES(b.p, b.len), want));
	}
}

static void
test_others(void **state)
{
	struct ptn_cbor v;

	(void)state;
	assert_int_equal(parse("f4", &v), PTN_OK);
	assert_true(v.type == PTN_CBOR_BOOL && v.i == 0);
	assert_int_equal(parse("f5", &v), PTN_OK);
	assert_true(v.type == PTN_CBOR_BOOL && v.i == 1);
	assert_int_equal(parse("f6", &v), PTN_OK);
	assert_int_equal(v.type, PTN_CBOR_NULL);
	assert_int_equal(parse("40", &v), PTN_OK);
	assert_true(v.type == PTN_CBOR_BYTES && v.b.len == 0);
	assert_int_equal(parse("4401020304", &v), PTN_OK);
	assert_memory_equal(v.b.p, "\1\2\3\4", 4);
	assert_int_equal(parse("62c3bc", &v), PTN_OK);
	assert_int_equal(v.type, PTN_CBOR_TEXT);
	assert_memory_equal(v.b.p, "\xc3\xbc", 2);
	assert_int_equal(parse("83010203", &v), PTN_OK);
	assert_true(v.type == PTN_CBOR_ARRAY && v.n == 3 && v.v[2].i == 3);
	assert_int_equal(parse("80", &v), PTN_OK);
	assert_true(v.type == PTN_CBOR_ARRAY && v.n == 0);
	/* {"a": 1, "b": [2, 3]} */
	assert_int_equal(parse("a26161016162820203", &v), PTN_OK);
	assert_true(v.type == PTN_CBOR_MAP && v.n == 2);
	assert_int_equal(ptn_cbor_get(&v, "a", PTN_CBOR_INT)->i, 1);
	assert_int_equal(ptn_cbor_get(&v, "b", PTN_CBOR_ARRAY)->n, 2);
}

static void
test_find(void **state)
{
	struct ptn_cbor v, list;

	(void)state;
	/* {1: 2, -1: h'aa', "x": null} */
	assert_int_equal(parse("a301022041aa6178f6", &v), PTN_OK);
	assert_int_equal(parse("80", &list), PTN_OK);
	assert_int_equal(ptn_cbor_get_label(&v, 1, PTN_CBOR_INT)->i, 2);
	assert_non_null(ptn_cbor_get_label(&v, -1, PTN_CBOR_BYTES));
	assert_null(ptn_cbor_get_label(&v, -1, PTN_CBOR_INT));
	assert_null(ptn_cbor_get_label(&v, 2, PTN_CBOR_INT));
	assert_null(ptn_cbor_get_label(&list, 1, PTN_CBOR_INT));
	assert_null(ptn_cbor_get_label(NULL, 1, PTN_CBOR_INT));
	assert_non_null(ptn_cbor_get(&v, "x", PTN_CBOR_NULL));
	assert_null(ptn_cbor_get(&v, "x", PTN_CBOR_MAP));
	assert_null(ptn_cbor_get(&v, "", PTN_CBOR_NULL));
	assert_null(ptn_cbor_get(&v, "xx", PTN_CBOR_NULL));
	assert_null(ptn_cbor_get(NULL, "x", PTN_CBOR_NULL));
	assert_true(ptn_cbor_has(&v, "x"));
	assert_false(ptn_cbor_has(&v, "y"));
	assert_false(ptn_cbor_has(&list, "y"));
}

static void
test_refused(void **state)
{
	static const char *const cases[] = {
		"", /* nothing */
		"0000",
		"a000", /* something behind */
		"18",
		"19ff",
		"1a000000",
		"1b00000000000000", /* cut heads */
		"1817",
		"1900ff",
		"1a0000ffff",
		"1b00000000ffffffff",
		"3817",
		"580100",
		"a101a0ff00", /* not the shortest */
		"5803010203", /* of a length */
		"1b8000000000000000",
		"3b8000000000000000", /* too big */
		"41",
		"420a",
		"5affffffff",
		"5bffffffffffffffff",
		"61",
		"62c3", /* strings beyond the end */
		"61ff",
		"62c328",
		"63eda080", /* not UTF-8 */
		"5f41aaff",
		"7f6161ff",
		"9fff",
		"bfff",
		"ff", /* indefinite */
		"1c",
		"1d",
		"1e",
		"1f",
		"3f", /* reserved */
		"c001",
		"c11a514b67b0",
		"d818456449455446", /* tags */
		"f93c00",
		"fa47c35000",
		"fb3ff199999999999a", /* floats */
		"f7",
		"e0",
		"f0",
		"f3",
		"f818",
		"f8ff",
		"f814", /* simple */
		"81",
		"8201",
		"a1",
		"a101",
		"a20102", /* cut containers */
		"9bffffffffffffffff",
		"bbffffffffffffffff",
		"91000102030405060708090a0b0c0d0e0f10", /* 17 elements */
		"a201020103",
		"a2616101616102",
		"a220012002", /* twice */
		"a14101f5",
		"a1f501",
		"a18001",
		"a1a001", /* odd keys */
		"8181818181",
		"818181818101", /* deeper than 4 */
		"a101a101a101a101a0",
	};
	struct ptn_cbor v;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		print_message("# %s\n", cases[i]);
		assert_int_equal(parse(cases[i], &v), PTN_E_INPUT);
		assert_int_equal(v.type, PTN_CBOR_NULL);
	}
}

static void
test_limits(void **state)
{
	struct ptn_cbor v;
	struct ptn_buf b;
	uint8_t *big;
	unsigned n, i;
	size_t used;

	(void)state;
	assert_int_equal(parse("8181818101", &v), PTN_OK);
	assert_int_equal(parse("90000102030405060708090a0b0c0d0e0f", &v),
	    PTN_OK);
	/* Sixteen pairs, and one more. */
	for (n = 16; n <= 17; n++) {
		ptn_buf_init(&b, auth_arena);
		auth_head(&b, 5, n);
		for (i = 0; i < 2 * n; i++)
			auth_put_int(&b, i / 2);
		assert_int_equal(ptn_cbor_parse(auth_arena,
				     PTN_BYTES(b.p, b.len), 4, &v, NULL),
		    n == 16 ? PTN_OK : PTN_E_INPUT);
	}
	/* 1 + 15 * 17 items, and one more. */
	for (n = 0; n <= 1; n++) {
		ptn_buf_init(&b, auth_arena);
		auth_head(&b, 4, 15 + n);
		for (i = 0; i < 15 * 17; i++)
			ptn_buf_char(&b, i % 17 == 0 ? (char)0x90 : 0);
		ptn_buf_char(&b, 0);
		assert_int_equal(ptn_cbor_parse(auth_arena,
				     PTN_BYTES(b.p, b.len - 1 + n), 4, &v,
				     NULL),
		    n == 0 ? PTN_OK : PTN_E_INPUT);
	}
	/* 64 KiB, and one byte more. */
	big = ptn_arena_alloc(auth_arena, 65537);
	memcpy(big, "\x59\xff\xfd", 3);
	assert_int_equal(
	    ptn_cbor_parse(auth_arena, PTN_BYTES(big, 65536), 4, &v, NULL),
	    PTN_OK);
	assert_int_equal(v.b.len, 65533);
	assert_int_equal(
	    ptn_cbor_parse(auth_arena, PTN_BYTES(big, 65537), 4, &v, &used),
	    PTN_E_INPUT);
	/* No depth, no containers. */
	assert_int_equal(
	    ptn_cbor_parse(auth_arena, auth_unhex("80"), 0, &v, NULL),
	    PTN_E_INPUT);
	assert_int_equal(ptn_cbor_parse(auth_arena, auth_unhex("00"),
			     PTN_CBOR_DEPTH_MAX + 1, &v, NULL),
	    PTN_E_INPUT);
}

static void
test_used(void **state)
{
	struct ptn_cbor v;
	size_t used;

	(void)state;
	assert_int_equal(
	    ptn_cbor_parse(auth_arena, auth_unhex("a10102ffff"), 4, &v, &used),
	    PTN_OK);
	assert_int_equal(used, 3);
	assert_int_equal(v.n, 1);
}

static void
test_arena_full(void **state)
{
	struct ptn_arena *small = ptn_arena_new(4096);
	struct ptn_cbor v;
	unsigned full = 0;
	size_t room;
	enum ptn_err r;

	(void)state;
	/* {"a": [h'00', "b"]}: an answer, or no memory, and no leak. */
	for (room = 16; room <= 512; room += 16) {
		ptn_arena_reset(small);
		assert_non_null(ptn_arena_alloc(small, 4096 - room));
		r = ptn_cbor_parse(small, auth_unhex("a161618241006162"), 4, &v,
		    NULL);
		assert_int_equal(r,
		    full + 1 == room / 16 && r != PTN_OK ? PTN_E_NOMEM
							 : PTN_OK);
		full += r == PTN_E_NOMEM;
	}
	assert_in_range(full, 5, 30);
	ptn_arena_free(&small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_integers, each),
		cmocka_unit_test_setup(test_others, each),
		cmocka_unit_test_setup(test_find, each),
		cmocka_unit_test_setup(test_refused, each),
		cmocka_unit_test_setup(test_limits, each),
		cmocka_unit_test_setup(test_used, each),
		cmocka_unit_test_setup(test_arena_full, each),
	};

	return cmocka_run_group_tests(tests, auth_setup, auth_teardown);
}
