#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/unicode.h"
#include "lib/format/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* What every accepted address has in common. */
static void
check_form(const char *address)
{
	const char *at = strchr(address, '@'), *p;

	check(at != NULL && at != address && at - address <= 64);
	check(strlen(address) <= PTN_ADDRESS_MAX);
	check(ptn_utf8_valid(ptn_bytes_of(address)));
	check(strpbrk(address, " \t\r\n<>()[]:;\\,\"\x7f") == NULL);
	check(strchr(at, '.') != NULL);
	for (p = at + 1; *p != '\0'; p++)
		check((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') ||
		    *p == '-' || *p == '.');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ptn_arena *a;
	char *in, *out, *again;
	enum ptn_err r;

	if (a == NULL && (a = ptn_arena_new(1024 * 1024)) == NULL)
		abort();
	if (size > 8192)
		return 0;
	in = ptn_arena_strndup(a, (const char *)data, size);
	check(in != NULL && ptn_address_mask(a, in) != NULL);
	r = ptn_address_canonical(a, in, &out);
	check(r == PTN_OK || (r == PTN_E_INPUT && out == NULL));
	if (r == PTN_OK) {
		check_form(out);
		check(ptn_address_canonical(a, out, &again) == PTN_OK);
		check(strcmp(out, again) == 0);
	}
	ptn_arena_reset(a);
	return 0;
}
