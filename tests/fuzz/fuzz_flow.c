#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/flow/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read of a row is written as it was: there is one way to write it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ptn_arena *arena;
	static struct ptn_flow flow;
	struct ptn_bytes back;

	if (arena == NULL && (arena = ptn_arena_new((size_t)1 << 20)) == NULL)
		abort();
	ptn_arena_reset(arena);
	if (ptn_flow_codec_read(PTN_BYTES(data, size), &flow) != PTN_OK)
		return 0;
	if (ptn_flow_codec_write(&flow, arena, &back) != PTN_OK ||
	    !ptn_bytes_equal(back, PTN_BYTES(data, size)))
		abort();
	return 0;
}
