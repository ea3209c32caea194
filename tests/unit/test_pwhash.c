#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <argon2.h>

#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/argon.h"
#include "lib/crypto/hashgate.h"
#include "lib/crypto/pwhash.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct ptn_conf cf = { .argon2_memory_kib = 8192,
	.argon2_iterations = 1,
	.argon2_parallelism = 1,
	.argon2_max_kib = 9000,
	.hash_slots = 1,
	.hash_wait_s = 5,
	.workers = 4 };
static struct ptn_hashgate *gate;

static int
setup(void **state)
{
	(void)state;
	ptn_log_init(PTN_LOG_ERROR, "test");
	return ptn_hashgate_open(&gate, &cf, NULL) != PTN_OK;
}

static int
teardown(void **state)
{
	(void)state;
	ptn_hashgate_close(&gate);
	return 0;
}

static enum ptn_err
check(const char *hash, const char *pw, size_t len, enum ptn_verdict *verdict,
    bool *stale)
{
	*verdict = PTN_ALLOW;
	*stale = true;
	return ptn_pwhash_verify(&cf, gate, hash, PTN_BYTES(pw, len), verdict,
	    stale);
}

static void
assert_verdict(const char *hash, const char *pw, size_t len,
    enum ptn_verdict want)
{
	enum ptn_verdict verdict;
	bool stale;

	assert_int_equal(check(hash, pw, len, &verdict, &stale), PTN_OK);
	assert_int_equal(verdict, want);
}

static void
assert_refused(const char *hash)
{
	uint64_t before = ptn_pwhash_count();
	enum ptn_verdict verdict;
	bool stale;

	assert_int_equal(check(hash, "password", 8, &verdict, &stale),
	    PTN_E_INPUT);
	assert_int_equal(verdict, PTN_DENY);
	/* It is not computed, but a wrong password is no slower. */
	assert_int_equal(ptn_pwhash_count(), before + 1);
}

/* RFC 9106 section 5.3: the library that is linked computes Argon2id. */
static void
rfc9106(void **state)
{
	static const uint8_t want[32] = { 0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78,
		0x76, 0x6c, 0x08, 0xc0, 0x37, 0xa3, 0x4a, 0x8b, 0x53, 0xc9,
		0xd0, 0x1e, 0xf0, 0x45, 0x2d, 0x75, 0xb6, 0x5e, 0xb5, 0x25,
		0x20, 0xe9, 0x6b, 0x01, 0xe6, 0x59 };
	uint8_t out[32], pw[32], salt[16], secret[8], ad[12];
	argon2_context c = { .out = out,
		.outlen = 32,
		.pwd = pw,
		.pwdlen = 32,
		.salt = salt,
		.saltlen = 16,
		.secret = secret,
		.secretlen = 8,
		.ad = ad,
		.adlen = 12,
		.t_cost = 3,
		.m_cost = 32,
		.lanes = 4,
		.threads = 1,
		.version = ARGON2_VERSION_13 };

	(void)state;
	memset(pw, 1, sizeof(pw));
	memset(salt, 2, sizeof(salt));
	memset(secret, 3, sizeof(secret));
	memset(ad, 4, sizeof(ad));
	assert_int_equal(argon2_ctx(&c, Argon2_id), ARGON2_OK);
	assert_memory_equal(out, want, sizeof(want));
}

/* What we write is what the library itself takes, and the other way. */
static void
agrees_with_library(void **state)
{
	char phc[PTN_PHC_MAX], theirs[PTN_PHC_MAX];
	enum ptn_verdict verdict;
	bool stale;

	(void)state;
	assert_int_equal(
	    ptn_pwhash_make(&cf, gate, PTN_BYTES("pa\0ss", 5), phc), PTN_OK);
	assert_int_equal(strncmp(phc, "$argon2id$v=19$m=8192,t=1,p=1$", 30), 0);
	assert_int_equal(strlen(phc), 30 + 22 + 1 + 43);
	assert_int_equal(argon2id_verify(phc, "pa\0ss", 5), ARGON2_OK);
	assert_verdict(phc, "pa\0ss", 5, PTN_ALLOW);
	assert_verdict(phc, "pa\0sS", 5, PTN_DENY);
	assert_verdict(phc, "pa", 2, PTN_DENY);
	assert_int_equal(argon2id_hash_encoded(2, 64, 4, "password", 8,
			     "somesalt", 8, 24, theirs, sizeof(theirs)),
	    ARGON2_OK);
	assert_int_equal(check(theirs, "password", 8, &verdict, &stale),
	    PTN_OK);
	assert_int_equal(verdict, PTN_ALLOW);
	assert_true(stale);
}

/* RFC 8265 section 4.2: all of it counts; two salts never agree. */
static void
whole_password(void **state)
{
	char pw[1025], phc[PTN_PHC_MAX], again[PTN_PHC_MAX];
	static const size_t lens[] = { 1, 72, 73, 1024 };
	struct ptn_bytes b;
	size_t i;

	(void)state;
	memset(pw, 'x', sizeof(pw));
	for (i = 0; i < N(lens); i++) {
		b = PTN_BYTES(pw, lens[i]);
		assert_int_equal(ptn_pwhash_make(&cf, gate, b, phc), PTN_OK);
		assert_int_equal(ptn_pwhash_make(&cf, gate, b, again), PTN_OK);
		assert_string_not_equal(phc, again);
		assert_verdict(phc, pw, lens[i], PTN_ALLOW);
		pw[lens[i] - 1] = 'y';
		assert_verdict(phc, pw, lens[i], PTN_DENY);
		pw[lens[i] - 1] = 'x';
	}
	assert_int_equal(ptn_pwhash_make(&cf, gate, PTN_BYTES(pw, 1025), phc),
	    PTN_E_INPUT);
	assert_int_equal(ptn_pwhash_make(&cf, gate, PTN_BYTES(pw, 0), phc),
	    PTN_E_INPUT);
	assert_string_equal(phc, "");
}

static void
goes_stale(void **state)
{
	char phc[PTN_PHC_MAX];
	enum ptn_verdict verdict;
	bool stale;
	int i;

	(void)state;
	assert_int_equal(
	    ptn_pwhash_make(&cf, gate, PTN_BYTES("password", 8), phc), PTN_OK);
	for (i = 0; i < 4; i++) {
		cf.argon2_memory_kib += i == 1;
		cf.argon2_iterations += i == 2;
		cf.argon2_parallelism += i == 3;
		assert_int_equal(check(phc, "password", 8, &verdict, &stale),
		    PTN_OK);
		assert_int_equal(verdict, PTN_ALLOW);
		assert_int_equal(stale, i > 0);
		cf.argon2_memory_kib = 8192;
		cf.argon2_iterations = cf.argon2_parallelism = 1;
	}
}

/* CWE-208: what is less work than nobody's hash is followed by one of those. */
static void
cheap(void **state)
{
	char phc[PTN_PHC_MAX];
	uint64_t before;

	(void)state;
	assert_int_equal(
	    ptn_pwhash_make(&cf, gate, PTN_BYTES("password", 8), phc), PTN_OK);
	cf.argon2_iterations = 2;
	before = ptn_pwhash_count();
	assert_verdict(phc, "password", 8, PTN_ALLOW);
	assert_verdict(phc, "passwort", 8, PTN_DENY);
	assert_int_equal(ptn_pwhash_count(), before + 4);
	cf.argon2_iterations = 1;
	assert_verdict(phc, "passwort", 8, PTN_DENY);
	assert_int_equal(ptn_pwhash_count(), before + 5);
}

/* CWE-208: nobody's hash is as much work, and denies. */
static void
decoy(void **state)
{
	uint64_t before = ptn_pwhash_count();

	(void)state;
	assert_verdict(NULL, "password", 8, PTN_DENY);
	assert_int_equal(ptn_pwhash_count(), before + 1);
}

#define SALT "c29tZXNhbHQ"
#define TAG "MDEyMzQ1Njc4OWFiY2RlZg"

/* Well-formed at its outmost, and then anything that is not. */
static void
phc_strings(void **state)
{
	static const char *const taken[] = {
		"$argon2id$v=19$m=8,t=1,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=9000,t=1,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=8,t=64,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=128,t=1,p=16$" SALT "$" TAG,
		"$argon2id$v=19$m=8,t=1,p=1$" SALT "$" TAG TAG "MA",
		"$argon2id$m=8,t=1,p=1$" SALT "$" TAG,
		"$argon2id$v=16$m=8,t=1,p=1$" SALT "$" TAG,
		"$argon2d$v=19$m=8,t=1,p=1$" SALT "$" TAG,
		"$argon2i$v=19$m=8,t=1,p=1$" SALT "$" TAG,
	};
	static const char *const bad[] = {
		"",
		"$",
		"password",
		"$argon2id$",
		"$argon2id$v=17$m=8,t=1,p=1$" SALT "$" TAG,
		"$argon2$v=19$m=8,t=1,p=1$" SALT "$" TAG,
		"$argon2id$v=19$t=1,m=8,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=8,t=1$" SALT "$" TAG,
		"$argon2id$v=19$m=8,t=1,p=1,x=1$" SALT "$" TAG,
		"$argon2id$v=19$m=9001,t=1,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=4294967296,t=1,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=4294967304,t=1,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=99999999999999999999,t=1,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=8,t=65,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=8,t=0,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=136,t=1,p=17$" SALT "$" TAG,
		"$argon2id$v=19$m=127,t=1,p=16$" SALT "$" TAG,
		"$argon2id$v=19$m=08,t=1,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=+8,t=1,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m= 8,t=1,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=8,t=1,p=1$" SALT "=$" TAG,
		"$argon2id$v=19$m=8,t=1,p=1$" SALT "$" TAG "==",
		"$argon2id$v=19$m=8,t=1,p=1$" SALT "$" TAG "$",
		"$argon2id$v=19$m=8,t=1,p=1$" SALT "$" TAG " ",
		"$argon2id$v=19$m=8,t=1,p=1$" SALT "$MDEyMzQ1Njc4OWFiY2RlZh",
		"$argon2id$v=19$m=8,t=1,p=1$" SALT "$MDEyMzQ1Njc4OWFiY2Rl",
		"$argon2id$v=19$m=8,t=1,p=1$" SALT "$" TAG "AAA",
		"$argon2id$v=19$m=8,t=1,p=1$" SALT "$-_EyMzQ1Njc4OWFiY2RlZg",
		"$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbA$" TAG,
		"$argon2id$v=19$m=8,t=1,p=1$$" TAG,
		"$argon2id$v=19$m=8,t=1,p=1$" SALT "$",
		"$argon2id$v=19$m=8,t=1,p=1$" SALT,
		" $argon2id$v=19$m=8,t=1,p=1$" SALT "$" TAG,
		"$ARGON2ID$v=19$m=8,t=1,p=1$" SALT "$" TAG,
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(taken); i++)
		assert_verdict(taken[i], "password", 8, PTN_DENY);
	for (i = 0; i < N(bad); i++)
		assert_refused(bad[i]);
}

/* A tag and a salt of 65 bytes are too long by one. */
static void
phc_lengths(void **state)
{
	char hash[256] = "$argon2id$v=19$m=8,t=1,p=1$", *p;
	size_t head = strlen(hash);

	(void)state;
	p = hash + head;
	memset(p, 'A', 86); /* 64 bytes */
	strcpy(p + 86, "$" TAG);
	assert_verdict(hash, "password", 8, PTN_DENY);
	memset(p, 'A', 87);
	strcpy(p + 87, "$" TAG);
	assert_refused(hash);
	strcpy(p, SALT "$");
	p += strlen(p);
	memset(p, 'A', 86);
	p[86] = '\0';
	assert_verdict(hash, "password", 8, PTN_DENY);
	strcpy(p + 86, "A");
	assert_refused(hash);
}

/* Every bit of the tag counts. */
static void
tag_bits(void **state)
{
	static const char digits[] = "AB";
	char phc[PTN_PHC_MAX], bad[PTN_PHC_MAX];
	size_t i, len;

	(void)state;
	assert_int_equal(
	    ptn_pwhash_make(&cf, gate, PTN_BYTES("password", 8), phc), PTN_OK);
	len = strlen(phc);
	for (i = len - 43; i < len - 1; i += 3) {
		memcpy(bad, phc, sizeof(bad));
		bad[i] = digits[bad[i] == 'A'];
		assert_verdict(bad, "password", 8, PTN_DENY);
	}
}

/* "U*U" of crypt_blowfish's own tests, and its other prefixes. */
static void
bcrypt_takes(void **state)
{
	static const char rest[] =
	    "$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
	char hash[64];
	const char *c;
	enum ptn_verdict verdict;
	bool stale;

	(void)state;
	for (c = "aby"; *c != '\0'; c++) {
		memcpy(hash, "$2a", 4);
		hash[2] = *c;
		strcpy(hash + 3, rest);
		assert_int_equal(check(hash, "U*U", 3, &verdict, &stale),
		    PTN_OK);
		assert_int_equal(verdict, PTN_ALLOW);
		assert_true(stale);
		assert_verdict(hash, "U*u", 3, PTN_DENY);
		assert_verdict(hash, "U*U\0x", 5, PTN_DENY);
		assert_verdict(hash, "U*U\0", 4, PTN_DENY);
	}
}

/* 72 bytes are all that bcrypt sees: 73 are refused, after the same work. */
static void
bcrypt_long(void **state)
{
	/* Of 80 times "x", and so of 72 times "x". */
	static const char hash[] =
	    "$2b$04$......................SZFhVdUK5wGKY4lx/QrgUMHG0XsWjbi";
	char pw[80];
	uint64_t before;

	(void)state;
	memset(pw, 'x', sizeof(pw));
	assert_verdict(hash, pw, 72, PTN_ALLOW);
	before = ptn_pwhash_count();
	assert_verdict(hash, pw, 73, PTN_DENY);
	assert_verdict(hash, pw, 71, PTN_DENY);
	assert_int_equal(ptn_pwhash_count(), before + 4); /* and a decoy each */
}

#define BC "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"

static void
bcrypt_refused(void **state)
{
	static const char *const bad[] = {
		"$2x$05$" BC, /* the old mistake with 8-bit characters */
		"$2$05$" BC,
		"$2c$05$" BC,
		"$2a$03$" BC,
		"$2a$15$" BC,
		"$2a$31$" BC,
		"$2a$5$" BC "C",
		"$2a$ 5$" BC,
		"$2a$05$" BC "C",
		"$2a$05$",
		"$2a$05$CCCCCCCCCCCCCCCCCCCCC!E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
		"$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/",
		"_J9..CCCCXBrJUJV154M",
		"CCNf8Sbh3HDfQ",
		"*0",
		"*",
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(bad); i++)
		assert_refused(bad[i]);
}

static void
kernel_named(void **state)
{
	uint64_t before = ptn_pwhash_count();

	(void)state;
	assert_int_equal(strncmp(ptn_argon_kernel(), "libargon2 ", 10), 0);
	assert_int_equal(ptn_pwhash_count(), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc9106),
		cmocka_unit_test(agrees_with_library),
		cmocka_unit_test(whole_password),
		cmocka_unit_test(goes_stale),
		cmocka_unit_test(cheap),
		cmocka_unit_test(decoy),
		cmocka_unit_test(phc_strings),
		cmocka_unit_test(phc_lengths),
		cmocka_unit_test(tag_bits),
		cmocka_unit_test(bcrypt_takes),
		cmocka_unit_test(bcrypt_long),
		cmocka_unit_test(bcrypt_refused),
		cmocka_unit_test(kernel_named),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
