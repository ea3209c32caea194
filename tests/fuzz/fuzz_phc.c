#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/conf/conf.h"
#include "lib/crypto/foreign.h"
#include "lib/crypto/hashgate.h"
#include "lib/crypto/pwhash.h"

#define HASH_MAX 300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each kind of the table. */
#define KINDS_MAX 32
static char *kinds[KINDS_MAX];

/*
 * Small ceilings, as a string that is taken is also computed; with less than
 * this, what it was wrapped in would not be taken again.
 */
static struct ptn_conf cf = { .argon2_memory_kib = 8192,
	.argon2_iterations = 1,
	.argon2_parallelism = 1,
	.argon2_max_kib = 8192,
	.password_import = { kinds, 0 },
	.hash_slots = 1,
	.hash_wait_s = 1,
	.workers = 4 };

/* What is within the bounds, and yet takes too long to look for more. */
static int
is_slow(const char *s, int bare)
{
	struct ptn_foreign f;
	const char *why;

	if (!ptn_foreign_parse(&cf, s, bare, &f, &why))
		return 0;
	return strcmp(ptn_foreign_name(&f), "bcrypt") == 0 ||
		strcmp(ptn_foreign_name(&f), "wordpress") == 0
	    ? f.count > 4
	    : f.count > 1100;
}

/* Or a setting behind any of its bytes. */
static int
too_slow(const char *s)
{
	if (is_slow(s, 0))
		return 1;
	for (; *s != '\0'; s++)
		if (is_slow(s, 1))
			return 1;
	return 0;
}

static void
allow_all(void)
{
	struct ptn_strs *l = &cf.password_import;
	const char *name;

	while ((name = ptn_foreign_kind_name(l->n)) != NULL) {
		if (l->n == KINDS_MAX || (kinds[l->n] = strdup(name)) == NULL)
			abort();
		l->n++;
	}
}

/* One hash, its own or the decoy, or its own with another one around. */
static enum ptn_err
verify(struct ptn_hashgate *gate, const char *hash)
{
	const uint64_t before = ptn_pwhash_count();
	enum ptn_verdict verdict = PTN_ALLOW;
	bool stale;
	const enum ptn_err r = ptn_pwhash_verify(&cf, gate, hash,
	    PTN_BYTES("password", 8), &verdict, &stale);
	const uint64_t n = ptn_pwhash_count() - before;

	if (n < 1 || n > 3 || (r != PTN_OK && n != 1) ||
	    (r != PTN_OK && verdict != PTN_DENY) ||
	    (r != PTN_OK && r != PTN_E_INPUT))
		abort();
	return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ptn_hashgate *gate;
	char hash[HASH_MAX + 1], taken[PTN_PHC_MAX], again[PTN_PHC_MAX];
	const char *why;

	allow_all();
	if (gate == NULL && ptn_hashgate_open(&gate, &cf, NULL) != PTN_OK)
		abort();
	if (size > HASH_MAX)
		return 0;
	memcpy(hash, data, size);
	hash[size] = '\0';
	if (too_slow(hash))
		return 0;
	(void)verify(gate, hash);
	/* What was taken is known, and taken as it is from then on. */
	if (ptn_pwhash_take(&cf, gate, hash, taken, &why) == PTN_OK &&
	    (verify(gate, taken) != PTN_OK ||
		ptn_pwhash_take(&cf, gate, taken, again, &why) != PTN_OK ||
		strcmp(taken, again) != 0))
		abort();
	return 0;
}
