/* A file of users, whoever made it. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/cli/import.h"
#include "lib/base/arena.h"
#include "lib/crypto/crypto.h"

#define ARENA_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ptn_arena *arena;

/* What was read is written, read again, and the same then. */
static void
entry(struct ptn_bytes text)
{
	struct ptn_import u, again;
	const char *out, *third;
	enum ptn_err r = ptn_cli_entry_read(arena, text, &u);

	if (r == PTN_E_INPUT && u.why == NULL)
		abort();
	if (r != PTN_OK)
		return;
	/* An export has an id always. */
	if (ptn_uuid_is_nil(&u.id))
		u.id = ptn_uuid_new();
	if (ptn_cli_entry_write(arena, &u, &out) != PTN_OK ||
	    ptn_cli_entry_read(arena, ptn_bytes_of(out), &again) != PTN_OK ||
	    ptn_cli_entry_write(arena, &again, &third) != PTN_OK ||
	    strcmp(out, third) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ptn_cli_entries in = { .file = NULL };
	static char text[PTN_CLI_ENTRY_MAX];
	enum ptn_cli_entry what;

	if (size == 0)
		return 0;
	if (arena == NULL &&
	    (ptn_crypto_init() != PTN_OK ||
		(arena = ptn_arena_new(ARENA_MAX)) == NULL))
		abort();
	in.text = text;
	in.file = fmemopen((void *)(uintptr_t)data, size, "r");
	if (in.file == NULL)
		abort();
	while ((what = ptn_cli_entry_next(&in)) == PTN_CLI_ENTRY_HERE ||
	    what == PTN_CLI_ENTRY_UNFIT) {
		if (in.line < 1 || in.line > size + 1)
			abort();
		if (what == PTN_CLI_ENTRY_HERE)
			entry(PTN_BYTES(text, in.len));
		ptn_arena_reset(arena);
	}
	if (what == PTN_CLI_ENTRY_BROKEN && in.why == NULL)
		abort();
	(void)fclose(in.file);
	return 0;
}
