#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/conf/conf.h"
#include "lib/crypto/hashgate.h"
#include "lib/crypto/pwhash.h"

#define HASH_MAX 300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Small ceilings: a string that is taken is also computed. */
static const struct ptn_conf cf = { .argon2_memory_kib = 64,
	.argon2_iterations = 1,
	.argon2_parallelism = 1,
	.argon2_max_kib = 256,
	.hash_slots = 1,
	.hash_wait_s = 1,
	.workers = 4 };

/* What libargon2 or crypt(3) would do for minutes is not what we look for. */
static int
too_slow(const char *hash)
{
	return strncmp(hash, "$2", 2) == 0 && strlen(hash) > 5 &&
	    strncmp(hash + 4, "04", 2) != 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ptn_hashgate *gate;
	struct ptn_bytes pw = PTN_BYTES("password", 8);
	char hash[HASH_MAX + 1];
	enum ptn_verdict verdict = PTN_ALLOW;
	enum ptn_err r;
	uint64_t before = ptn_pwhash_count();
	bool stale;

	if (gate == NULL && ptn_hashgate_open(&gate, &cf, NULL) != PTN_OK)
		abort();
	if (size > HASH_MAX)
		return 0;
	memcpy(hash, data, size);
	hash[size] = '\0';
	if (too_slow(hash))
		return 0;
	r = ptn_pwhash_verify(&cf, gate, hash, pw, &verdict, &stale);
	if (ptn_pwhash_count() != before + 1)
		abort(); /* one hash, its own or the decoy */
	if (r != PTN_OK && verdict != PTN_DENY)
		abort();
	if (r != PTN_OK && r != PTN_E_INPUT)
		abort();
	return 0;
}
