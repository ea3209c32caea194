#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/unicode.h"
#include "lib/webauthn/clientdata.h"

#define ARENA_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ptn_arena *arena;

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static bool
is_text(const char *s, size_t size)
{
	struct ptn_bytes b = ptn_bytes_of(s);
	uint32_t cp;
	size_t n;

	if (b.len > size)
		return false;
	for (; b.len > 0; b.p += n, b.len -= n)
		if ((n = ptn_utf8_decode(b, &cp)) == 0)
			return false;
	return true;
}

/* What was accepted is text, all of it, and within the limit. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ptn_clientdata c;
	enum ptn_err r;

	if (arena == NULL)
		must((arena = ptn_arena_new(ARENA_MAX)) != NULL);
	ptn_arena_reset(arena);
	r = ptn_clientdata_parse(arena, PTN_BYTES(data, size), &c);
	must(r == PTN_OK || r == PTN_E_INPUT);
	if (r != PTN_OK)
		return 0;
	must(size <= PTN_CLIENTDATA_MAX && is_text(c.type, size) &&
	    is_text(c.challenge, size) && is_text(c.origin, size) &&
	    (c.top_origin == NULL || is_text(c.top_origin, size)));
	return 0;
}
