#include <sys/mman.h>

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/arena.h"

#define MAX ((size_t)1024 * 1024)

static bool
all_zero(const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != 0)
			return false;
	return true;
}

static int
setup(void **state)
{
	return (*state = ptn_arena_new(MAX)) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	struct ptn_arena *a = *state;

	ptn_arena_free(&a);
	ptn_arena_free(&a);
	return a == NULL ? 0 : -1;
}

static void
test_alloc_zeroed_aligned(void **state)
{
	struct ptn_arena *a = *state;
	uint8_t *p, *last = NULL;
	size_t len;

	for (len = 0; len < 200; len++) {
		p = ptn_arena_alloc(a, len);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		assert_true(all_zero(p, len));
		assert_true(last == NULL || p > last);
		memset(p, 0xa5, len);
		last = p;
	}
}

static void
test_reset_wipes(void **state)
{
	struct ptn_arena *a = *state;
	uint8_t *p, *q;
	const size_t sizes[] = { 1, 100, 65536, 65537, MAX };
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		p = ptn_arena_alloc(a, sizes[i]);
		assert_non_null(p);
		memset(p, 0xa5, sizes[i]);
		ptn_arena_reset(a);
		q = ptn_arena_alloc(a, MAX);
		assert_ptr_equal(p, q);
		assert_true(all_zero(q, MAX));
		ptn_arena_reset(a);
	}
}

/* Pages of the first 64 KiB may stay; those behind must be gone. */
static void
test_reset_returns_pages(void **state)
{
	struct ptn_arena *a = *state;
	unsigned char pages[MAX / 4096] = { 0 };
	size_t i, page = (size_t)sysconf(_SC_PAGESIZE), resident = 0;
	uint8_t *p;

	p = ptn_arena_alloc(a, MAX);
	assert_non_null(p);
	memset(p, 1, MAX);
	ptn_arena_reset(a);
	assert_int_equal(mincore(p, MAX, pages), 0);
	for (i = 0; i < MAX / page; i++)
		resident += pages[i] & 1;
	assert_true(resident <= 65536 / page);
}

static void
test_full(void **state)
{
	struct ptn_arena *a = *state;

	assert_null(ptn_arena_alloc(a, MAX + 1));
	assert_null(ptn_arena_alloc(a, SIZE_MAX));
	assert_null(ptn_arena_alloc(a, SIZE_MAX - 8));
	assert_non_null(ptn_arena_alloc(a, MAX));
	assert_null(ptn_arena_alloc(a, 0));
	assert_null(ptn_arena_alloc(a, 1));
	assert_null(ptn_arena_strdup(a, ""));
	assert_null(ptn_arena_printf(a, "x"));
	ptn_arena_reset(a);
	assert_non_null(ptn_arena_alloc(a, 1));
}

static void
test_new_refused(void **state)
{
	struct ptn_arena *a = NULL;

	(void)state;
	assert_null(ptn_arena_new(0));
	assert_null(ptn_arena_new(SIZE_MAX));
	ptn_arena_free(&a);
}

static void
test_calloc_checks(void **state)
{
	struct ptn_arena *a = *state;

	assert_non_null(ptn_arena_calloc(a, 10, 10));
	assert_non_null(ptn_arena_calloc(a, 0, 10));
	assert_null(ptn_arena_calloc(a, SIZE_MAX / 2, 4));
	assert_null(ptn_arena_calloc(a, (size_t)1 << 32, (size_t)1 << 32));
}

static void
test_strings(void **state)
{
	struct ptn_arena *a = *state;

	assert_string_equal(ptn_arena_strdup(a, "abc"), "abc");
	assert_string_equal(ptn_arena_strdup(a, ""), "");
	assert_string_equal(ptn_arena_strndup(a, "abcdef", 3), "abc");
	assert_string_equal(ptn_arena_strndup(a, "ab", 30), "ab");
	assert_string_equal(ptn_arena_strndup(a, "", 0), "");
	assert_string_equal(ptn_arena_printf(a, "%s-%05d", "x", 42), "x-00042");
	assert_string_equal(ptn_arena_printf(a, "%s", ""), "");
}

static void
test_buf_grows_in_place(void **state)
{
	struct ptn_arena *a = *state;
	struct ptn_buf b;
	const char *p;
	size_t i;

	ptn_buf_init(&b, a);
	assert_null(b.p);
	ptn_buf_str(&b, "");
	assert_null(b.p);
	ptn_buf_char(&b, 'a');
	p = b.p;
	for (i = 1; i < 5000; i++)
		ptn_buf_char(&b, (char)('a' + i % 26));
	assert_ptr_equal(b.p, p);
	assert_int_equal(b.len, 5000);
	assert_int_equal(strlen(b.p), 5000);
	for (i = 0; i < 5000; i++)
		assert_int_equal(b.p[i], 'a' + i % 26);
	assert_false(b.bad);
	/* and has taken at most twice as much */
	assert_non_null(ptn_arena_alloc(a, MAX - 2 * 5000 - 64));
}

static void
test_buf_moves(void **state)
{
	struct ptn_arena *a = *state;
	struct ptn_buf b, c;
	int i;

	ptn_buf_init(&b, a);
	ptn_buf_init(&c, a);
	for (i = 0; i < 1000; i++) {
		ptn_buf_printf(&b, "%d,", i);
		ptn_buf_str(&c, "xy");
		ptn_buf_printf(&c, "%s", "");
	}
	assert_false(b.bad || c.bad);
	assert_int_equal(c.len, 2000);
	assert_int_equal(b.len, strlen(b.p));
	assert_memory_equal(b.p, "0,1,2,3,", 8);
	assert_string_equal(b.p + b.len - 9, ",998,999,");
}

static void
test_buf_holds_nul(void **state)
{
	struct ptn_buf b;

	ptn_buf_init(&b, *state);
	ptn_buf_add(&b, "a\0b", 3);
	ptn_buf_add(&b, NULL, 0);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.p, "a\0b", 4);
}

/* Nothing is half written, and what failed once stays failed. */
static void
test_buf_full(void **state)
{
	static const char block[10000] = { 'x' };
	struct ptn_buf b;
	size_t len;

	ptn_buf_init(&b, *state);
	do {
		len = b.len;
		ptn_buf_add(&b, block, sizeof(block));
	} while (!b.bad);
	assert_int_equal(b.len, len);
	assert_int_equal(b.p[b.len], '\0');
	/* Doubling did not fit any more, but the last bytes were used. */
	assert_true(len + sizeof(block) + 16 > MAX);
	ptn_buf_char(&b, 'y');
	ptn_buf_str(&b, "y");
	ptn_buf_printf(&b, "%c", 'y');
	assert_int_equal(b.len, len);
	ptn_buf_add(&b, block, SIZE_MAX);
	assert_true(b.bad);
}

static void
test_buf_huge_request(void **state)
{
	struct ptn_buf b;

	ptn_buf_init(&b, *state);
	ptn_buf_add(&b, "", SIZE_MAX);
	assert_true(b.bad);
	assert_null(b.p);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(test_alloc_zeroed_aligned),
		T(test_reset_wipes),
		T(test_reset_returns_pages),
		T(test_full),
		T(test_new_refused),
		T(test_calloc_checks),
		T(test_strings),
		T(test_buf_grows_in_place),
		T(test_buf_moves),
		T(test_buf_holds_nul),
		T(test_buf_full),
		T(test_buf_huge_request),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
