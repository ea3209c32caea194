#include "lib/base/bytes.h"

#include <string.h>

struct ptn_bytes
ptn_bytes_of(const char *s)
{
	return PTN_BYTES(s, strlen(s));
}

bool
ptn_bytes_equal(struct ptn_bytes a, struct ptn_bytes b)
{
	volatile uint8_t diff = 0;
	size_t i;

	if (a.len != b.len)
		return false;
	for (i = 0; i < a.len; i++)
		diff |= (uint8_t)(a.p[i] ^ b.p[i]);
	return diff == 0;
}

void
ptn_wipe(void *p, size_t len)
{
	if (len > 0)
		explicit_bzero(p, len);
}
