#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/dfns/code.h"
#include "lib/format/dfnsid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An id that is read is written as it was. */
static void
judge_id(enum ptn_dfnsid_kind kind, struct ptn_bytes in)
{
	char id[PTN_DFNSID_STR];
	struct ptn_uuid u;

	if (ptn_dfnsid_parse(kind, in, &u) != PTN_OK) {
		if (!ptn_uuid_is_nil(&u))
			abort();
		return;
	}
	ptn_dfnsid_format(kind, &u, id);
	if (strlen(id) != in.len || memcmp(id, in.p, in.len) != 0)
		abort();
}

/* The normal form of a code is its own normal form. */
static void
check_code(enum ptn_dfns_code_form form, struct ptn_bytes in)
{
	char once[PTN_DFNS_CODE_STR], twice[PTN_DFNS_CODE_STR];

	if (!ptn_dfns_code_normal(form, in, once)) {
		if (once[0] != '\0')
			abort();
		return;
	}
	if (!ptn_dfns_code_normal(form, ptn_bytes_of(once), twice) ||
	    strcmp(once, twice) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned i;

	for (i = 0; i < PTN_DFNSID__MAX; i++)
		judge_id((enum ptn_dfnsid_kind)i, PTN_BYTES(data, size));
	for (i = 0; i < PTN_DFNS_CODE__MAX; i++)
		check_code((enum ptn_dfns_code_form)i, PTN_BYTES(data, size));
	return 0;
}
