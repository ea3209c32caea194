#ifndef TEST_JSON_H
#define TEST_JSON_H

/* JSON as it comes, and an eye on the memory that its parser has (--wrap). */

#include <stdlib.h>
#include <string.h>

#include "lib/format/json.h"
#include "tests/unit/arena.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define T(s) s, sizeof(s) - 1

/*
 * The parser's own memory, by way of the linker (--wrap): what it asked for
 * last, whether it gets any, and whether it is empty when it goes back.
 */
static void *asked;
static size_t asked_len;
static bool no_memory;
static size_t released;

void *__real_malloc(size_t len);
void __real_free(void *p);
void *__wrap_malloc(size_t len);
void __wrap_free(void *p);

void *
__wrap_malloc(size_t len)
{
	if (no_memory)
		return NULL;
	asked = __real_malloc(len);
	asked_len = len;
	return asked;
}

void
__wrap_free(void *p)
{
	size_t i;

	if (p != NULL && p == asked) {
		for (i = 0; i < asked_len; i++)
			assert_int_equal(((char *)p)[i], 0);
		asked = NULL;
		released++;
	}
	__real_free(p);
}

/*
 * The text is copied to memory of exactly its size, so that the sanitizer
 * sees a read behind its end.
 */
static inline enum ptn_err
parse(const char *text, size_t len, int depth, struct ptn_json **v)
{
	const char *why;
	char *copy = __real_malloc(len + (len == 0));
	enum ptn_err r;

	memcpy(copy, text, len);
	r = ptn_json_parse(PTN_BYTES(copy, len), depth, v, &why);
	__real_free(copy);
	if (r == PTN_OK)
		assert_null(why);
	else
		assert_true(*v == NULL && why != NULL && why[0] != '\0');
	return r;
}

#endif
