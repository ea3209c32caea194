#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/kernel.h"

/*
 * What a question is made of: type, version, memory (two bytes), passes, lanes,
 * and lengths of salt and tag; then the salt, and the password.
 */
#define HEAD 8
#define LANES 8
#define KIB_MAX 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ptn_fill_block mem[KIB_MAX];

/* All kernels that run here answer as the library does, or none of them. */
static void
compare(const struct ptn_kernel_in *in, size_t tag_len)
{
	uint8_t want[TAG_MAX], got[TAG_MAX];
	const int rc = ask_library(in, want, tag_len);
	const struct ptn_kernel *k;
	enum ptn_err r;
	size_t i;

	for (i = 0; (k = ptn_kernel_at(i)) != NULL; i++) {
		if (!k->runs())
			continue;
		memset(got, 0, sizeof(got));
		r = ptn_kernel_hash(k, mem, sizeof(mem), in, got, tag_len);
		if ((r == PTN_OK) != (rc == ARGON2_OK))
			abort();
		if (r == PTN_OK && memcmp(got, want, tag_len) != 0)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ptn_kernel_in in = { .version = 0x13 };
	size_t salt_len;

	if (size < HEAD)
		return 0;
	in.type = data[0] % 3;
	in.version = data[1] % 2 == 0 ? 0x13 : 0x10;
	in.m_kib = (data[2] | data[3] << 8) % KIB_MAX;
	in.t = data[4] % 4;
	in.p = data[5] % (LANES + 1);
	salt_len = data[6] % (SALT_MAX + 1);
	if (salt_len > size - HEAD)
		salt_len = size - HEAD;
	in.salt = PTN_BYTES(data + HEAD, salt_len);
	in.pw = PTN_BYTES(data + HEAD + salt_len, size - HEAD - salt_len);
	compare(&in, data[7] % TAG_MAX);
	return 0;
}
