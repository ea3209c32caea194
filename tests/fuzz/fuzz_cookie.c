#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/cookie.h"
#include "tests/unit/request.h"

#define ARENA_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ptn_arena *arena;

/* The first line is one Cookie header, the second another. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *value[4];
	struct test_request t;
	char *text, *second;
	size_t i, n;

	if (arena == NULL && (arena = ptn_arena_new(ARENA_MAX)) == NULL)
		abort();
	ptn_arena_reset(arena);
	text = ptn_arena_strndup(arena, (const char *)data, size);
	if (text == NULL)
		return 0;
	test_request_init(&t, arena);
	if ((second = strchr(text, '\n')) != NULL) {
		*second++ = '\0';
		test_request_param(&t, "HTTP_COOKIE", second);
	}
	test_request_param(&t, "HTTP_COOKIE", text);
	if (size % 2 == 1)
		test_request_param(&t, "SERVER_SOFTWARE", "Apache");
	n = ptn_cookie_values(&t.req, "hanko", value, 4);
	/* What separates cookies is never part of one. */
	for (i = 0; i < n; i++)
		if (strchr(value[i], ';') != NULL)
			abort();
	if (n > 4)
		abort();
	return 0;
}
