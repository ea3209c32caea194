#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/foreign.h"
#include "lib/crypto/hashgate.h"
#include "lib/crypto/pwhash.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define PASSWORD "Tr0ub4dor&3 \xc3\xbcn\xc3\xaf"
#define WRAPPED "$wrapped$argon2id$v=19$m=8192,t=1,p=1$"

/* Each kind of the table, and whether there was a vector of it. */
static char *all[32];
static bool seen[N(all)];
static size_t all_n;

static struct ptn_conf cf = { .argon2_memory_kib = 8192,
	.argon2_iterations = 1,
	.argon2_parallelism = 1,
	.argon2_max_kib = 65536,
	.hash_slots = 1,
	.hash_wait_s = 5,
	.workers = 4 };
static struct ptn_hashgate *gate;

static int
setup(void **state)
{
	const char *name;

	(void)state;
	for (; (name = ptn_foreign_kind_name(all_n)) != NULL; all_n++) {
		if (all_n == N(all) || (all[all_n] = strdup(name)) == NULL)
			return -1;
	}
	ptn_log_init(PTN_LOG_ERROR, "test");
	return ptn_hashgate_open(&gate, &cf, NULL) != PTN_OK;
}

static int
teardown(void **state)
{
	(void)state;
	ptn_hashgate_close(&gate);
	while (all_n > 0)
		free(all[--all_n]);
	return 0;
}

static int
each(void **state)
{
	(void)state;
	cf.password_import = (struct ptn_strs){ all, all_n };
	return 0;
}

static enum ptn_verdict
judge(const char *hash, const char *pw, size_t len, uint64_t *work)
{
	const uint64_t before = ptn_pwhash_count();
	enum ptn_verdict verdict = PTN_ALLOW;
	bool stale = false;

	assert_int_equal(ptn_pwhash_verify(&cf, gate, hash, PTN_BYTES(pw, len),
			     &verdict, &stale),
	    PTN_OK);
	assert_true(stale);
	*work = ptn_pwhash_count() - before;
	return verdict;
}

static void
assert_unfit(const char *hash, const char *reason)
{
	char out[PTN_PHC_MAX] = "x";
	const char *why = "";

	assert_int_equal(ptn_pwhash_take(&cf, gate, hash, out, &why),
	    PTN_E_INPUT);
	assert_string_equal(out, "");
	if (strcmp(why, reason) != 0)
		fail_msg("%s: %s", hash, why);
}

/*
 * The right password and no other one; and no login of it is less work than
 * that of an unknown user, which is one hash.
 */
static void
assert_knows(const char *hash, const char *pw, bool weak)
{
	const char *digest = strrchr(hash, '$');
	char out[PTN_PHC_MAX], again[PTN_PHC_MAX];
	const char *why = "";
	uint64_t work;

	assert_int_equal(ptn_pwhash_take(&cf, gate, hash, out, &why), PTN_OK);
	if (weak) {
		assert_memory_equal(out, WRAPPED, strlen(WRAPPED));
		assert_null(strstr(out, digest != NULL ? digest : hash));
	} else if (strncmp(hash, "$fbscrypt", 9) != 0)
		assert_string_equal(out, hash);
	assert_int_equal(judge(out, pw, strlen(pw), &work), PTN_ALLOW);
	assert_in_range(work, strncmp(out, "$argon2", 7) == 0 ? 1 : 2, 2);
	assert_int_equal(judge(out, pw, strlen(pw) - 1, &work), PTN_DENY);
	assert_int_equal(judge(out, pw, strlen(pw) + 1, &work), PTN_DENY);
	assert_in_range(work, strncmp(out, "$argon2", 7) == 0 ? 1 : 2, 2);
	/* What we have exported comes back as it was. */
	assert_int_equal(ptn_pwhash_take(&cf, gate, out, again, &why), PTN_OK);
	assert_string_equal(again, out);
}

/* Without a kind in the list, and with something behind it. */
static void
assert_refuses(const char *kind, const char *hash)
{
	char *others[N(all)], longer[512];
	size_t i, n = 0;

	for (i = 0; i < all_n; i++) {
		if (strcmp(all[i], kind) != 0)
			others[n++] = all[i];
		else
			seen[i] = true;
	}
	assert_int_equal(n, all_n - 1);
	cf.password_import = (struct ptn_strs){ others, n };
	assert_unfit(hash, "its kind is not in password.import.allow");
	cf.password_import = (struct ptn_strs){ all, all_n };
	snprintf(longer, sizeof(longer), "%s!", hash);
	assert_unfit(longer, "it is malformed");
}

/*
 * "KIND[ weak]", the hash and its maker: of every kind, but for Firebase's,
 * which has an example of its own.
 */
static void
vectors(void **state)
{
	const char *top = getenv("srcdir");
	char path[4096], line[512], *kind, *hash, *weak;
	size_t i;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/tests/vectors/pwhash.tsv",
	    top == NULL ? "." : top);
	assert_non_null(f = fopen(path, "r"));
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '#')
			continue;
		kind = strtok(line, "\t");
		hash = strtok(NULL, "\t");
		if ((weak = strstr(kind, " weak")) != NULL)
			*weak = '\0';
		assert_knows(hash, PASSWORD, weak != NULL);
		assert_refuses(kind, hash);
	}
	fclose(f);
	for (i = 0; i < all_n; i++)
		if (!seen[i] && strcmp(all[i], "firebase") != 0)
			fail_msg("%s: no vector of it", all[i]);
}

#define FB "$42xEC+ixf3L2lw==$"
#define FB_KEY                                                                 \
	"jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0Qs" \
	"EmYUSDzZvpjeJ9WmXA=="
#define FB_HASH                                                                \
	"lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZ" \
	"ilo78198JAdRuid5lQ=="

/* The example of github.com/firebase/scrypt; its key is nowhere afterwards. */
static void
firebase(void **state)
{
	static const char given[] =
	    "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=" FB_KEY FB FB_HASH;
	char out[PTN_PHC_MAX];
	const char *why;

	(void)state;
	assert_knows(given, "user1password", false);
	assert_int_equal(ptn_pwhash_take(&cf, gate, given, out, &why), PTN_OK);
	assert_memory_equal(out, "$fbscrypt$v=2,n=14,r=8,p=1,ss=Bw==" FB, 52);
	assert_null(strstr(out, "jxspr8Ki"));
	assert_null(strstr(out, "lSrfV15c"));
	/* Of too little work it is wrapped. */
	assert_int_equal(
	    ptn_pwhash_take(&cf, gate,
		"$fbscrypt$v=1,n=13,r=8,p=1,ss=Bw==,sk=" FB_KEY FB FB_HASH, out,
		&why),
	    PTN_OK);
	assert_memory_equal(out, WRAPPED, strlen(WRAPPED));
	assert_non_null(strstr(out, "$$fbscrypt$v=2,n=13,r=8,p=1,ss=Bw==" FB));
	assert_unfit("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==" FB FB_HASH,
	    "it is malformed"); /* no key */
	assert_unfit("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=" FB_KEY FB
		     "lSrfV15cpx95/sZS2W9c9A==",
	    "it is malformed"); /* not as long as the key */
}

/* Spellings of PHC strings, of Django and of LDAP, by the same digests. */
static void
spellings(void **state)
{
	(void)state;
	/* RFC 6070 and RFC 7914 section 12. */
	assert_knows(
	    "$pbkdf2-sha1$i=4096$c2FsdA==$SwB5AbdlSJq+rUnZJvch0GWkKcE=",
	    "password", true);
	assert_knows(
	    "scrypt$1024$NaCl$8$16$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3"
	    "MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA==",
	    "password", false);
}

static const char beyond[] = "its costs are beyond the bounds";

#define SALT "c29tZXNhbHQ"
#define TAG "MDEyMzQ1Njc4OWFiY2RlZg"
#define CHARS22 "1234567890123456789012"
#define CHARS43 CHARS22 "123456789012345678901"

/* Monstrous costs are told apart from what is malformed. */
static void
costs(void **state)
{
	static const char *const dear[] = {
		"$argon2id$v=19$m=65537,t=1,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=4294967295,t=1,p=1$" SALT "$" TAG,
		"$2b$15$" CHARS22 "1234567890123456789012345678901",
		"$2b$31$" CHARS22 "1234567890123456789012345678901",
		"$wp$2y$31$" CHARS22 "1234567890123456789012345678901",
		"$scrypt$ln=17,r=8,p=1$" SALT "$" TAG,
		"$scrypt$ln=63,r=8,p=1$" SALT "$" TAG,
		"$scrypt$ln=4294967296,r=8,p=1$" SALT "$" TAG,
		"$scrypt$ln=14,r=33,p=1$" SALT "$" TAG,
		"$scrypt$ln=14,r=8,p=17$" SALT "$" TAG,
		"$scrypt$ln=16,r=8,p=5$" SALT "$" TAG,
		"scrypt$1073741824$salt$8$1$" TAG "==",
		"$pbkdf2$2000001$" SALT "$" TAG,
		"$pbkdf2-sha512$99999999999999999999$" SALT "$" TAG,
		"pbkdf2_sha256$2000001$salt$" TAG "==",
		"$fbscrypt$v=1,n=30,r=8,p=1,ss=,sk=" TAG "==$AA==$" TAG "==",
		"$5$rounds=1000001$salt$" CHARS43,
		"$6$rounds=999999999$salt$" CHARS43 CHARS43,
		"$y$jDT$salt$" CHARS43,
		"$y$jzT$salt$" CHARS43,
		"$P$J12345678" CHARS22,
		"$P$z12345678" CHARS22,
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(dear); i++)
		assert_unfit(dear[i], beyond);
}

static void
malformed(void **state)
{
	static const char *const bad[] = {
		"$argon2id$v=18$m=8192,t=1,p=1$" SALT "$" TAG,
		"$2x$10$" CHARS22 "1234567890123456789012345678901",
		"$2b$03$" CHARS22 "1234567890123456789012345678901",
		"$scrypt$ln=14,r=8,p=1$$" TAG,
		"$scrypt$ln=14,r=8,p=1$" SALT "$MDEy",
		"$scrypt$ln=14,r=0,p=1$" SALT "$" TAG,
		"$scrypt$ln=14, r=8,p=1$" SALT "$" TAG,
		"scrypt$1000$salt$8$1$" TAG "==",
		"scrypt$1$salt$8$1$" TAG "==",
		"$pbkdf2-md5$100000$" SALT "$" TAG,
		"$pbkdf2$0$" SALT "$" TAG,
		"$pbkdf2$-1$" SALT "$" TAG,
		"$pbkdf2$1e5$" SALT "$" TAG,
		"$pbkdf2-sha256$i=100000$" SALT "$" TAG,
		"pbkdf2_sha256$100000$$" TAG "==",
		"pbkdf2_sha256$100000$salt$" TAG,
		"pbkdf2_sha256$100000$salt$" TAG "===",
		"$5$rounds=999$salt$" CHARS43,
		"$5$$" CHARS43,
		"$5$12345678901234567$" CHARS43,
		"$6$salt$" CHARS43,
		"$y$k9T$salt$" CHARS43,
		"$y$j9T$$" CHARS43,
		"$y$j9Tx$salt$" CHARS43,
		"$P$",
		"$P$B",
		"$P$B1234567",
		"$P$612345678" CHARS22 "1",
		"{SSHA}",
		"{SSHA}VdLdP+CJGMIGj1HlkfYQvhP5jOLQk3m",
		"{SSHA}MDEyMzQ1Njc4OTAxMjM0NTY3ODk=", /* no salt */
		"{SSHA384}MDEyMzQ1Njc4OTAxMjM0NTY3ODk=",
		"$wrapped$",
		"$wrapped$argon2i$v=19$m=64,t=1,p=1$" SALT "$" TAG
		"$$P$512345678",
		"$wrapped$argon2id$v=19$m=64,t=1,p=1$" SALT "$" TAG
		"$$P$512345678" CHARS22,
		"*0",
		"*",
		"*E672CC3A37253BCBE818631CAB8573C869733E4",
		"*E672CC3A37253BCBE818631CAB8573C869733E4AA",
		"*E672CC3A37253BCBE818631CAB8573C869733E4G",
	};
	static const char *const unknown[] = { "", "x", "$", "$1$salt$" CHARS22,
		"{SHA}MDEyMzQ1Njc4OTAxMjM0NTY3ODk=", "{MD5}" TAG "==",
		"5f4dcc3b5aa765d61d8327deb882cf99" };
	size_t i;

	(void)state;
	for (i = 0; i < N(bad); i++)
		assert_unfit(bad[i], "it is malformed");
	for (i = 0; i < N(unknown); i++)
		assert_unfit(unknown[i], "it is of no kind that is known");
}

/* What keeps a weak hash from being guessed is no weaker than what we make. */
static void
thin(void **state)
{
#define INNER SALT "$" TAG "$$P$512345678"
	static const char why[] = "what it is wrapped in is too fast to guess";
	char out[PTN_PHC_MAX];
	const char *reason;

	(void)state;
	assert_unfit("$wrapped$argon2id$v=19$m=8,t=1,p=1$" INNER, why);
	assert_unfit("$wrapped$argon2id$v=19$m=64,t=64,p=1$" INNER, why);
	assert_unfit("$wrapped$argon2id$v=19$m=8191,t=1,p=1$" INNER, why);
	assert_int_equal(
	    ptn_pwhash_take(&cf, gate, WRAPPED INNER, out, &reason), PTN_OK);
	assert_int_equal(ptn_pwhash_take(&cf, gate,
			     "$wrapped$argon2id$v=19$m=4096,t=2,p=1$" INNER,
			     out, &reason),
	    PTN_OK);
#undef INNER
}

/* What is stored has room in its column, or is refused. */
static void
too_long(void **state)
{
	char hash[400] = "pbkdf2_sha256$1000$", out[PTN_PHC_MAX];
	const char *why;
	size_t n = strlen(hash);

	(void)state;
	memset(hash + n, 's', 128);
	strcpy(hash + n + 128, "$" TAG "==");
	assert_int_equal(ptn_pwhash_take(&cf, gate, hash, out, &why), PTN_OK);
	memset(hash + n, 's', 129);
	strcpy(hash + n + 129, "$" TAG "==");
	assert_unfit(hash, "it is malformed");
	strcpy(hash, "$fbscrypt$v=1,n=13,r=8,p=1,ss=,sk=" TAG "==$");
	n = strlen(hash);
	memset(hash + n, 'A', 160);
	strcpy(hash + n + 160, "$" TAG "==");
	assert_unfit(hash, "it is too long");
}

/* A password with a NUL, or too long for bcrypt, is as much work. */
static void
unfit_passwords(void **state)
{
	static const char hash[] =
	    "$2y$05$UlHC2KaeGbs7fRmqL1ng3O/BFfhDKq21WEfEjaofWi/d5CkIWNDm6";
	char out[PTN_PHC_MAX], pw[73];
	const char *why;
	uint64_t work;

	(void)state;
	assert_int_equal(ptn_pwhash_take(&cf, gate, hash, out, &why), PTN_OK);
	memset(pw, 'x', sizeof(pw));
	assert_int_equal(judge(out, pw, sizeof(pw), &work), PTN_DENY);
	assert_int_equal(work, 2);
	assert_int_equal(
	    judge(out, PASSWORD "\0x", strlen(PASSWORD) + 2, &work), PTN_DENY);
	assert_int_equal(work, 2);
	assert_int_equal(judge(out, PASSWORD, strlen(PASSWORD), &work),
	    PTN_ALLOW);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(vectors, each),
		cmocka_unit_test_setup(firebase, each),
		cmocka_unit_test_setup(spellings, each),
		cmocka_unit_test_setup(costs, each),
		cmocka_unit_test_setup(malformed, each),
		cmocka_unit_test_setup(thin, each),
		cmocka_unit_test_setup(too_long, each),
		cmocka_unit_test_setup(unfit_passwords, each),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
