/*
 * The kernels of Argon2 alone, for a processor that this machine is not: they
 * answer RFC 9106, section 5, and each other.  The last one is of any
 * processor, and is held against libargon2 wherever unit/test_argon2 runs.
 *
 * usage: kernels [QUESTIONS]
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/crypto/argon2/kernel.h"

#define KIB 4096
#define TAG_MAX 160
#define PW_MAX 1024

static struct ptn_fill_block mem[KIB];

static uint32_t
draw(uint32_t bound)
{
	return (uint32_t)rand() % bound;
}

static void
ask(const struct ptn_kernel *k, const struct ptn_kernel_in *in, uint8_t *tag,
    size_t len)
{
	memset(tag, 0, len);
	if (ptn_kernel_hash(k, mem, sizeof(mem), in, tag, len) == PTN_OK)
		return;
	fprintf(stderr, "%s: refused\n", k->name);
	exit(1);
}

static void
compare(const struct ptn_kernel *k, const uint8_t *got, const uint8_t *want,
    size_t len, const char *what)
{
	if (memcmp(got, want, len) == 0)
		return;
	fprintf(stderr, "%s: another answer than %s\n", k->name, what);
	exit(1);
}

/* The first words of the tags of Argon2d, Argon2i and Argon2id. */
static void
ask_rfc9106(const struct ptn_kernel *k)
{
	static const uint8_t want[3][8] = {
		{ 0x51, 0x2b, 0x39, 0x1b, 0x6f, 0x11, 0x62, 0x97 },
		{ 0xc8, 0x14, 0xd9, 0xd1, 0xdc, 0x7f, 0x37, 0xaa },
		{ 0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c }
	};
	uint8_t pw[32], salt[16], secret[8], data[12], tag[32];
	struct ptn_kernel_in in = { 0, 0x13, 32, 3, 4, PTN_BYTES(pw, 32),
		PTN_BYTES(salt, 16), PTN_BYTES(secret, 8),
		PTN_BYTES(data, 12) };

	memset(pw, 1, sizeof(pw));
	memset(salt, 2, sizeof(salt));
	memset(secret, 3, sizeof(secret));
	memset(data, 4, sizeof(data));
	for (in.type = 0; in.type < 3; in.type++) {
		ask(k, &in, tag, sizeof(tag));
		compare(k, tag, want[in.type], 8, "RFC 9106");
	}
}

/* One question to all that run here; the last kernel is asked first. */
static void
ask_all(const struct ptn_kernel *last)
{
	uint8_t pw[PW_MAX], salt[16], want[TAG_MAX], got[TAG_MAX];
	const uint32_t p = draw(3) > 0 ? 1 : 1 + draw(8);
	const size_t len = 4 + draw(TAG_MAX - 3);
	struct ptn_kernel_in in = { draw(3), draw(3) > 0 ? 0x13 : 0x10,
		8 * p + draw(draw(8) > 0 ? 80 : 1400), 1 + draw(3), p,
		PTN_BYTES(pw, draw(PW_MAX + 1)), PTN_BYTES(salt, 16),
		{ NULL, 0 }, { NULL, 0 } };
	const struct ptn_kernel *k;
	size_t i;

	for (i = 0; i < sizeof(pw); i++)
		pw[i] = (uint8_t)draw(256);
	for (i = 0; i < sizeof(salt); i++)
		salt[i] = (uint8_t)draw(256);
	ask(last, &in, want, len);
	for (i = 0; (k = ptn_kernel_at(i)) != last; i++) {
		if (!k->runs())
			continue;
		ask(k, &in, got, len);
		compare(k, got, want, len, last->name);
	}
}

int
main(int argc, char **argv)
{
	const long n = argc > 1 ? atol(argv[1]) : 1000;
	const struct ptn_kernel *k, *last = NULL;
	size_t i;
	long q;

	for (i = 0; (k = ptn_kernel_at(i)) != NULL; i++) {
		if (!k->runs())
			continue;
		ask_rfc9106(k);
		printf("%s ", k->name);
		last = k;
	}
	for (q = 0; q < n && last != NULL; q++)
		ask_all(last);
	printf("agree on %ld questions\n", q);
	return 0;
}
