#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/base64.h"
#include "lib/base/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* What decodes has one spelling, and what encodes comes back. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ptn_arena *a;
	struct ptn_bytes in = PTN_BYTES(data, size), out;
	char *text;

	if (a == NULL && (a = ptn_arena_new(4096 * 1024)) == NULL)
		abort();
	if (size > 65536)
		return 0;
	if (ptn_b64url_decode(a, in, &out) == PTN_OK) {
		text = ptn_b64url_encode(a, out);
		check(text != NULL);
		check(ptn_bytes_equal(ptn_bytes_of(text), in));
	}
	text = ptn_b64url_encode(a, in);
	check(text != NULL);
	check(ptn_b64url_decode(a, ptn_bytes_of(text), &out) == PTN_OK);
	check(ptn_bytes_equal(out, in));
	ptn_arena_reset(a);
	return 0;
}
