#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sys/wait.h>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/rng.h"
#include "lib/conf/conf.h"
#include "lib/crypto/argon_own.h"
#include "lib/crypto/argon_verify.h"
#include "lib/crypto/hashgate.h"
#include "lib/crypto/pwhash.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define PASSWORD "correct horse battery staple"

static struct ptn_conf cf = { .argon2_memory_kib = 8192,
	.argon2_iterations = 1,
	.argon2_parallelism = 1,
	.argon2_max_kib = 8192,
	.hash_slots = 1,
	.hash_wait_s = 5,
	.workers = 4 };
static struct ptn_hashgate *gate;
static char hash[PTN_PHC_MAX];
static int lines;    /* that were logged as errors */
static int hashings; /* of the kernel that counts */

static void
count_line(void *arg, enum ptn_log_level level, const char *text)
{
	(void)arg;
	lines += level == PTN_LOG_ERROR && strncmp(text, "argon2: ", 8) == 0;
}

static int
setup(void **state)
{
	(void)state;
	ptn_log_init(PTN_LOG_ERROR, "test");
	ptn_log_divert(count_line, NULL);
	return ptn_hashgate_open(&gate, &cf, NULL) != PTN_OK ||
	    ptn_pwhash_make(&cf, gate, ptn_bytes_of(PASSWORD), hash) != PTN_OK;
}

static int
teardown(void **state)
{
	(void)state;
	ptn_hashgate_close(&gate);
	return 0;
}

static int
anew(void **state)
{
	(void)state;
	ptn_argon_verify_by(NULL);
	lines = 0;
	return 0;
}

static enum ptn_verdict
judge(const char *stored, const char *pw)
{
	enum ptn_verdict verdict = PTN_ALLOW;
	bool stale;

	assert_int_equal(ptn_pwhash_verify(&cf, gate, stored, ptn_bytes_of(pw),
			     &verdict, &stale),
	    PTN_OK);
	return verdict;
}

static void
assert_right(void)
{
	assert_int_equal(judge(hash, PASSWORD), PTN_ALLOW);
	assert_int_equal(judge(hash, PASSWORD "."), PTN_DENY);
	assert_int_equal(judge(NULL, PASSWORD), PTN_DENY);
}

static bool
yes(void)
{
	return true;
}

/* The last bit of what it left. */
static void
spoil(const struct ptn_fill *f)
{
	f->mem[f->lane - 1].w[PTN_FILL_WORDS - 1] ^= (uint64_t)1 << 63;
}

static void
never(const struct ptn_fill *f)
{
	(void)f;
}

static void
bit(const struct ptn_fill *f)
{
	ptn_fill_plain(f);
	spoil(f);
}

static void
lanes(const struct ptn_fill *f)
{
	ptn_fill_plain(f);
	if (f->lanes == 2)
		spoil(f);
}

static void
first_addresses(const struct ptn_fill *f)
{
	ptn_fill_plain(f);
	if (f->type > 0 && f->segment > PTN_FILL_WORDS)
		spoil(f);
}

static void
one_pass(const struct ptn_fill *f)
{
	struct ptn_fill once = *f;

	once.passes = 1;
	ptn_fill_plain(&once);
}

static void
always_13(const struct ptn_fill *f)
{
	struct ptn_fill newer = *f;

	newer.xor = true;
	ptn_fill_plain(&newer);
}

static void
always_id(const struct ptn_fill *f)
{
	struct ptn_fill id = *f;

	id.type = 2;
	ptn_fill_plain(&id);
}

/* As what knows all vectors might: costs that none of them has. */
static void
learnt(const struct ptn_fill *f)
{
	static const uint32_t known[] = { 32, 64, 148, 540, 36, 28,
		528 };
	size_t i;

	ptn_fill_plain(f);
	for (i = 0; i < N(known); i++)
		if (f->blocks == known[i])
			return;
	spoil(f);
}

/* Whatever is wrong with a kernel, it is found, and does nothing. */
static void
broken(void **state)
{
	static const struct ptn_kernel bad[] = {
		{ "never", yes, never },
		{ "bit", yes, bit },
		{ "lanes", yes, lanes },
		{ "first-addresses", yes, first_addresses },
		{ "one-pass", yes, one_pass },
		{ "always-13", yes, always_13 },
		{ "always-id", yes, always_id },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(bad); i++) {
		lines = 0;
		ptn_argon_verify_by(&bad[i]);
		assert_int_equal(lines, 2);
		assert_null(ptn_argon_verify_kernel());
		assert_right();
	}
}

/* A random question may be one that it answers, but not always. */
static void
learnt_by_heart(void **state)
{
	static const struct ptn_kernel k = { "learnt", yes, learnt };
	int i;

	(void)state;
	for (i = 0; i < 100 && lines == 0; i++)
		(void)ptn_argon_own_agrees(&k);
	assert_int_equal(lines, 1);
}

static void
each_kernel(void **state)
{
	const struct ptn_kernel *k;
	size_t i;

	(void)state;
	for (i = 0; (k = ptn_kernel_at(i)) != NULL; i++) {
		if (!k->runs())
			continue;
		ptn_argon_verify_by(k);
		assert_string_equal(ptn_argon_verify_kernel(), k->name);
		assert_right();
	}
	assert_int_equal(lines, 0);
}

/* That of this processor, or NULL. */
static const struct ptn_kernel *
first_kernel(void)
{
	const struct ptn_kernel *k;
	size_t i = 0;

	while ((k = ptn_kernel_at(i)) != NULL && !k->runs())
		i++;
	return k;
}

static void
by_configuration(void **state)
{
	struct ptn_conf other = cf;

	(void)state;
	ptn_pwhash_begin(&other);
	assert_int_equal(ptn_argon_verify_kernel() != NULL,
	    first_kernel() != NULL);
	other.password_kernel = PTN_KERNEL_REFERENCE;
	ptn_pwhash_begin(&other);
	assert_null(ptn_argon_verify_kernel());
}

static void
counted(const struct ptn_fill *f)
{
	hashings++;
	ptn_fill_plain(f);
}

/* An unknown account is the same work, by the same kernel; making is not. */
static void
decoy_the_same(void **state)
{
	static const struct ptn_kernel k = { "counted", yes, counted };
	char made[PTN_PHC_MAX];

	(void)state;
	ptn_argon_verify_by(&k);
	hashings = 0;
	(void)judge(hash, PASSWORD);
	assert_int_equal(hashings, 1);
	(void)judge(NULL, PASSWORD);
	assert_int_equal(hashings, 2);
	assert_int_equal(
	    ptn_pwhash_make(&cf, gate, ptn_bytes_of(PASSWORD), made), PTN_OK);
	assert_int_equal(hashings, 2);
}

/* What a hash costs more than there is memory for denies. */
static void
errors_deny(void **state)
{
	struct ptn_argon h = { .version = 0x13, .m_kib = 64, .t = 1, .p = 1,
		.salt_len = 16, .tag_len = 32 };
	struct ptn_hashgate_slot slot = { aligned_alloc(64, 65536), 65536, 0 };
	struct ptn_hashgate_slot small = { slot.mem, 65535, 0 };
	enum ptn_verdict verdict;

	(void)state;
	if (first_kernel() == NULL)
		skip();
	ptn_argon_verify_by(first_kernel());
	assert_int_equal(ptn_argon_compute(&slot, ptn_bytes_of("pw"), &h),
	    PTN_OK);
	assert_int_equal(
	    ptn_argon_verify(&slot, ptn_bytes_of("pw"), &h, &verdict), PTN_OK);
	assert_int_equal(verdict, PTN_ALLOW);
	assert_int_equal(
	    ptn_argon_verify(&small, ptn_bytes_of("pw"), &h, &verdict),
	    PTN_E_INTERNAL);
	assert_int_equal(verdict, PTN_DENY);
	assert_int_equal(lines, 1);
	free(slot.mem);
}

static bool
all_zero(const uint8_t *p, size_t len)
{
	return p[0] == 0 && memcmp(p, p + 1, len - 1) == 0;
}

/* Neither side leaves anything of a password in the memory of all. */
static void
nothing_left(void **state)
{
	struct ptn_hashgate_slot slot;

	(void)state;
	ptn_argon_verify_by(first_kernel());
	(void)judge(hash, PASSWORD);
	assert_int_equal(ptn_hashgate_enter(gate, &slot), PTN_OK);
	assert_true(all_zero(slot.mem, slot.len));
	ptn_hashgate_leave(gate, &slot);
}

/* A holder that leaves its slot full of the right tag, and is killed. */
static void
leave_tags(void)
{
	struct ptn_hashgate_slot slot;
	struct ptn_argon h;
	const char *s = hash;
	size_t at;

	if (!ptn_argon_read(&s, 8192, false, &h) ||
	    ptn_hashgate_enter(gate, &slot) != PTN_OK)
		_exit(1);
	for (at = 0; at + h.tag_len <= slot.len; at += h.tag_len)
		memcpy((uint8_t *)slot.mem + at, h.tag, h.tag_len);
	(void)kill(getpid(), SIGKILL);
}

static void
killed_holder(void **state)
{
	const struct ptn_kernel *k;
	int status;
	pid_t pid;
	size_t i;

	(void)state;
	for (i = 0; (k = ptn_kernel_at(i)) != NULL; i++) {
		if (!k->runs())
			continue;
		ptn_argon_verify_by(k);
		assert_true((pid = fork()) >= 0);
		if (pid == 0)
			leave_tags();
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(judge(hash, "wrong"), PTN_DENY);
		assert_int_equal(judge(hash, PASSWORD), PTN_ALLOW);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(broken, anew),
		cmocka_unit_test_setup(learnt_by_heart, anew),
		cmocka_unit_test_setup(each_kernel, anew),
		cmocka_unit_test_setup(by_configuration, anew),
		cmocka_unit_test_setup(decoy_the_same, anew),
		cmocka_unit_test_setup(errors_deny, anew),
		cmocka_unit_test_setup(nothing_left, anew),
		cmocka_unit_test_setup(killed_holder, anew),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
