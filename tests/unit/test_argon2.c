#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "lib/base/rng.h"
#include "lib/crypto/argon2/blake2b.h"
#include "tests/unit/kernel.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define MEM_LEN ((size_t)2 << 20)

/*
 * Questions to each kernel.  PTN_QUESTIONS asks more; a seed that is printed
 * for a failure is asked again with PTN_SEED.
 */
#define QUESTIONS 300

static uint8_t *mem;

static int
setup(void **state)
{
	(void)state;
	return (mem = aligned_alloc(64, MEM_LEN)) == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	free(mem);
	return 0;
}

/* ---------------------------------------------------------------- BLAKE2b */

static void
digest(const uint8_t *in, size_t in_len, size_t cut, size_t len, uint8_t *out)
{
	struct ptn_blake2b b;

	ptn_blake2b_init(&b, len);
	ptn_blake2b_add(&b, PTN_BYTES(in, cut));
	ptn_blake2b_add(&b, PTN_BYTES(in + cut, in_len - cut));
	ptn_blake2b_end(&b, out);
}

/* RFC 7693, appendix A. */
static void
blake2b_abc(void **state)
{
	static const uint8_t want[64] = { 0xba, 0x80, 0xa5, 0x3f, 0x98, 0x1c,
		0x4d, 0x0d, 0x6a, 0x27, 0x97, 0xb6, 0x9f, 0x12, 0xf6, 0xe9,
		0x4c, 0x21, 0x2f, 0x14, 0x68, 0x5a, 0xc4, 0xb7, 0x4b, 0x12,
		0xbb, 0x6f, 0xdb, 0xff, 0xa2, 0xd1, 0x7d, 0x87, 0xc5, 0x39,
		0x2a, 0xab, 0x79, 0x2d, 0xc2, 0x52, 0xd5, 0xde, 0x45, 0x33,
		0xcc, 0x95, 0x18, 0xd3, 0x8a, 0xa8, 0xdb, 0xf1, 0x92, 0x5a,
		0xb9, 0x23, 0x86, 0xed, 0xd4, 0x00, 0x99, 0x23 };
	uint8_t got[64];

	(void)state;
	digest((const uint8_t *)"abc", 3, 1, 64, got);
	assert_memory_equal(got, want, 64);
}

/*
 * RFC 7693, appendix E: a digest of digests of all kinds of lengths; of those
 * without a key, as OpenSSL has them, and shorter ones as they differ.
 */
static void
blake2b_lengths(void **state)
{
	uint8_t in[700], got[64], want[64];
	unsigned int want_len;
	size_t len;

	(void)state;
	ptn_rng(in, sizeof(in));
	for (len = 0; len <= sizeof(in); len++) {
		digest(in, len, len / 3, 64, got);
		assert_int_equal(EVP_Digest(in, len, want, &want_len,
				     EVP_blake2b512(), NULL),
		    1);
		assert_memory_equal(got, want, 64);
	}
	/* A shorter one is not the beginning of a longer one. */
	digest(in, 100, 50, 32, got);
	digest(in, 100, 50, 64, want);
	assert_memory_not_equal(got, want, 32);
}

/* ----------------------------------------------------------------- Kernels */

static const struct ptn_kernel *
next_kernel(size_t *i)
{
	const struct ptn_kernel *k;

	while ((k = ptn_kernel_at((*i)++)) != NULL && !k->runs())
		;
	return k;
}

/* That of this processor, or NULL. */
static const struct ptn_kernel *
first_kernel(void)
{
	size_t i = 0;

	return next_kernel(&i);
}

static void
ask(const struct ptn_kernel *k, const struct ptn_kernel_in *in, size_t tag_len,
    uint8_t tag[TAG_MAX])
{
	ptn_rng(tag, TAG_MAX);
	assert_int_equal(ptn_kernel_hash(k, mem,
			     (size_t)in->m_kib * 1024, in, tag, tag_len),
	    PTN_OK);
}

static void
compare(const struct question *q, int kernels, const char *seed)
{
	uint8_t want[TAG_MAX], got[TAG_MAX];
	const struct ptn_kernel *k;
	size_t i = 0;

	assert_int_equal(ask_library(&q->in, want, q->tag_len), ARGON2_OK);
	while (kernels-- > 0 && (k = next_kernel(&i)) != NULL) {
		ask(k, &q->in, q->tag_len, got);
		if (memcmp(got, want, q->tag_len) != 0)
			fail_msg("%s: type %u, version %x, m=%u, t=%u, p=%u, "
				 "pw %zu, salt %zu, tag %zu, PTN_SEED=%s",
			    k->name, q->in.type, q->in.version, q->in.m_kib,
			    q->in.t, q->in.p, q->in.pw.len, q->in.salt.len,
			    q->tag_len, seed);
	}
}

/* All kernels that run here, in memory that holds anything. */
static void
agree_with_library(void **state)
{
	const char *count = getenv("PTN_QUESTIONS");
	const char *given = getenv("PTN_SEED");
	const long n = count != NULL ? atol(count) : QUESTIONS;
	struct question q;
	char seed[32];
	uint64_t s;
	long i;

	(void)state;
	ptn_rng(&s, sizeof(s));
	if (given != NULL)
		s = strtoull(given, NULL, 0);
	ptn_rng(mem, MEM_LEN);
	for (i = 0; i < n; i++) {
		(void)snprintf(seed, sizeof(seed), "0x%llx",
		    (unsigned long long)s);
		draw_question(&s, &q);
		compare(&q, INT_MAX, seed);
	}
}

/*
 * Each length of password, and that length with one bit another: what is cut,
 * or not read, at the border of a block of BLAKE2b would be the same hash.  All
 * kernels have that in common.
 */
static void
each_length(void **state)
{
	struct question q = { .tag_len = 32 };
	uint8_t want[TAG_MAX], got[TAG_MAX];
	size_t len, bit, i = 0;
	const struct ptn_kernel *k = next_kernel(&i);

	(void)state;
	ptn_rng(q.pw, sizeof(q.pw));
	ptn_rng(q.salt, sizeof(q.salt));
	for (len = 0; len <= PW_MAX; len++) {
		q.in = (struct ptn_kernel_in){ 2, 0x13, 8, 1, 1,
			PTN_BYTES(q.pw, len), PTN_BYTES(q.salt, 16),
			{ NULL, 0 }, { NULL, 0 } };
		compare(&q, 1, "none");
		assert_int_equal(ask_library(&q.in, want, 32), ARGON2_OK);
		if (len == 0)
			continue;
		bit = ptn_rng_below((uint32_t)len * 8);
		q.pw[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ask(k, &q.in, 32, got);
		assert_memory_not_equal(got, want, 32);
		compare(&q, 1, "none");
	}
}

/* Each bit of a password that fills blocks counts. */
static void
each_bit(void **state)
{
	struct question q = { .tag_len = 32 };
	uint8_t first[TAG_MAX], got[TAG_MAX];
	size_t i = 0, bit;
	const struct ptn_kernel *k = next_kernel(&i);

	(void)state;
	ptn_rng(q.pw, sizeof(q.pw));
	q.in = (struct ptn_kernel_in){ 2, 0x13, 8, 1, 1, PTN_BYTES(q.pw, 300),
		PTN_BYTES(q.salt, 16), { NULL, 0 }, { NULL, 0 } };
	ask(k, &q.in, 32, first);
	for (bit = 0; bit < 300 * 8; bit++) {
		q.pw[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ask(k, &q.in, 32, got);
		assert_memory_not_equal(got, first, 32);
		q.pw[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ask(k, &q.in, 32, got);
	assert_memory_equal(got, first, 32);
}

static void
assert_refused(const struct ptn_kernel_in *in, size_t mem_len, size_t tag_len)
{
	const struct ptn_kernel *k = first_kernel();
	uint8_t tag[TAG_MAX], before[TAG_MAX];

	ptn_rng(tag, sizeof(tag));
	memcpy(before, tag, sizeof(tag));
	assert_int_equal(ptn_kernel_hash(k, mem, mem_len, in, tag, tag_len),
	    PTN_E_INPUT);
	assert_memory_equal(tag, before, sizeof(tag));
}

/* RFC 9106, 3.1: nothing is written. */
static void
refused(void **state)
{
	static const uint8_t salt[16];
	const struct ptn_kernel_in good = { 2, 0x13, 16, 1, 2,
		PTN_BYTES(salt, 1), PTN_BYTES(salt, 16), { NULL, 0 },
		{ NULL, 0 } };
	struct ptn_kernel_in in[8];
	uint8_t tag[TAG_MAX];
	size_t i;

	(void)state;
	if (first_kernel() == NULL)
		skip();
	for (i = 0; i < N(in); i++)
		in[i] = good;
	in[0].type = 3;
	in[1].version = 0x12;
	in[2].m_kib = 15;
	in[3].t = 0;
	in[4].p = 0;
	in[5].salt.len = 7;
	in[6].p = 3;
	in[7].p = 1 << 24;
	in[7].m_kib = UINT32_MAX;
	for (i = 0; i < N(in); i++)
		assert_refused(&in[i], MEM_LEN, 32);
	assert_refused(&good, 16 * 1024 - 1, 32);
	assert_refused(&good, MEM_LEN, 3);
	assert_int_equal(ptn_kernel_hash(first_kernel(), mem + 8,
			     MEM_LEN - 8, &good, tag, 32),
	    PTN_E_INPUT);
	ask(first_kernel(), &good, 4, tag);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blake2b_abc),
		cmocka_unit_test(blake2b_lengths),
		cmocka_unit_test(agree_with_library),
		cmocka_unit_test(each_length),
		cmocka_unit_test(each_bit),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
