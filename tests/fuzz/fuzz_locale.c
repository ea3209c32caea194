#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/format/locale.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The answer is always one of the table's own strings. */
static bool
is_ours(const char *tag)
{
	size_t i;

	for (i = 0; ptn_locales[i] != NULL; i++)
		if (tag == ptn_locales[i])
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *header = malloc(size + 1);

	if (header == NULL)
		return 0;
	if (size > 0)
		memcpy(header, data, size);
	header[size] = '\0';
	if (!is_ours(ptn_locale_match(header)))
		abort();
	free(header);
	return 0;
}
