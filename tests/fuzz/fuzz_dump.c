/* A dump of SQL, whoever made it. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "fcgi/cli/dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ptn_dump_table tables[] = {
	{ "jwks", { "id", "sealed" } },
	{ "t", { "a", "b" } },
};

/* Read each byte of a row's values: they are all there. */
static void
row(void *arg, size_t i, const struct ptn_bytes value[2])
{
	unsigned *sum = arg;
	size_t k, n;

	if (i > 1)
		abort();
	for (k = 0; k < 2; k++)
		for (n = 0; n < value[k].len; n++)
			*sum += value[k].p[n];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned sum = 0;
	struct ptn_dump d = { tables, 2, row, &sum, false, false, 0 };
	FILE *in;

	if (size == 0)
		return 0;
	in = fmemopen((void *)(uintptr_t)data, size, "r");
	if (in == NULL)
		abort();
	ptn_dump_read(&d, in);
	if (d.unreadable)
		abort();
	(void)fclose(in);
	return 0;
}
