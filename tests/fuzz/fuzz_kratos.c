/* Identities that Kratos has exported, or whoever else. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "fcgi/cli/from.h"
#include "fcgi/cli/import.h"
#include "lib/base/arena.h"
#include "lib/crypto/crypto.h"

#define ARENA_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is made of one is an entry: JSON, if one that may not fit. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ptn_arena *arena;
	struct ptn_cli_source src = { .why = NULL };
	struct ptn_json *v = NULL;
	struct ptn_import u;
	const char *why;
	enum ptn_err r;

	if (arena == NULL &&
	    (ptn_crypto_init() != PTN_OK ||
		(arena = ptn_arena_new(ARENA_MAX)) == NULL))
		abort();
	r = ptn_cli_from_kratos_read(arena, PTN_BYTES(data, size), &src);
	if (r == PTN_E_INPUT && src.why == NULL)
		abort();
	if (r == PTN_OK) {
		if (ptn_json_parse(src.text, 20, &v, &why) != PTN_OK)
			abort();
		ptn_json_free(&v);
		r = ptn_cli_entry_read(arena, src.text, &u);
		if (r == PTN_E_INPUT && u.why == NULL)
			abort();
	}
	ptn_arena_reset(arena);
	return 0;
}
