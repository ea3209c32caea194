#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "lib/base/unicode.h"
#include "lib/format/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read is text on one line, no longer than what was sent. */
static void
check(const char *value, size_t size)
{
	const size_t len = strlen(value);
	size_t i;

	if (len > size || !ptn_utf8_valid(PTN_BYTES(value, len)))
		abort();
	for (i = 0; i < len; i++)
		if ((uint8_t)value[i] < ' ' || value[i] == 127)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "token", "url", "name", "a b" };
	const char *values[PTN_ARRAY_LEN(names)];
	struct ptn_arena *a = ptn_arena_new((size_t)1024 * 1024);
	enum ptn_err r;
	size_t i;

	if (a == NULL)
		return 0;
	r = ptn_form_read(a, PTN_BYTES(data, size), names, PTN_ARRAY_LEN(names),
	    values);
	for (i = 0; i < PTN_ARRAY_LEN(names); i++) {
		if (r != PTN_OK && values[i] != NULL)
			abort();
		if (values[i] != NULL)
			check(values[i], size);
	}
	ptn_arena_free(&a);
	return 0;
}
