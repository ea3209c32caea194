#define _GNU_SOURCE /* dladdr */

#include "lib/crypto/pwhash.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <argon2.h>
#include <crypt.h>

#include "lib/base/log.h"
#include "lib/base/rng.h"
#include "lib/conf/conf.h"

#define SALT_LEN 16
#define TAG_LEN 32
#define SALT_MIN 8
#define TAG_MIN 16
#define FIELD_MAX 64 /* bytes of a stored salt or tag */
#define PASSES_MAX 64
#define LANES_MAX 16

#define BCRYPT_LEN 60 /* "$2b$12$", 22 of salt, 31 of hash */
#define BCRYPT_HEAD 7
#define BCRYPT_PW_MAX 72 /* what the algorithm looks at */
#define BCRYPT_COST_MIN 4
#define BCRYPT_COST_MAX 14

/* A PHC string of Argon2id, taken apart. */
struct phc {
	uint32_t m_kib, t, p;
	size_t salt_len, tag_len;
	uint8_t salt[FIELD_MAX];
	uint8_t tag[FIELD_MAX];
};

/*
 * The slot that libargon2's allocator hands out: its callback takes no
 * argument of ours.  Set for the time of one call.
 */
static const struct ptn_hashgate_slot *work;
static uint64_t hashes;

static const char b64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

uint64_t
ptn_pwhash_count(void)
{
	return hashes;
}

static int
slot_alloc(uint8_t **mem, size_t len)
{
	if (work == NULL || len > work->len)
		return ARGON2_MEMORY_ALLOCATION_ERROR;
	*mem = work->mem;
	return ARGON2_OK;
}

/* The library has wiped it; the slot stays mapped. */
static void
slot_free(uint8_t *mem, size_t len)
{
	(void)mem;
	(void)len;
}

/* Compute h->tag from pw and the rest of h, in the slot's memory. */
static enum ptn_err
argon2id(const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct phc *h)
{
	argon2_context c = { 0 };
	int rc;

	c.out = h->tag;
	c.outlen = (uint32_t)h->tag_len;
	c.pwd = (uint8_t *)(uintptr_t)pw.p; /* read only without CLEAR flags */
	c.pwdlen = (uint32_t)pw.len;
	c.salt = h->salt;
	c.saltlen = (uint32_t)h->salt_len;
	c.t_cost = h->t;
	c.m_cost = h->m_kib;
	c.lanes = h->p;
	c.threads = 1; /* the gate counts cores; a slot is one of them */
	c.version = ARGON2_VERSION_13;
	c.allocate_cbk = slot_alloc;
	c.free_cbk = slot_free;
	c.flags = ARGON2_DEFAULT_FLAGS;
	work = slot;
	rc = argon2_ctx(&c, Argon2_id);
	work = NULL;
	hashes++;
	if (rc == ARGON2_OK)
		return PTN_OK;
	ptn_error("argon2: %s", argon2_error_message(rc));
	return PTN_E_INTERNAL;
}

/* One hash in a slot of the gate. */
static enum ptn_err
argon2id_gated(struct ptn_hashgate *g, struct ptn_bytes pw, struct phc *h)
{
	struct ptn_hashgate_slot slot;
	enum ptn_err r;

	if ((r = ptn_hashgate_enter(g, &slot)) != PTN_OK)
		return r;
	r = argon2id(&slot, pw, h);
	ptn_hashgate_leave(g, &slot);
	return r;
}

/* Standard base64 without padding, as PHC strings have it. */
static char *
b64_put(char *out, const uint8_t *p, size_t len)
{
	uint32_t acc = 0;
	int bits = 0;

	while (len-- > 0) {
		acc = acc << 8 | *p++;
		for (bits += 8; bits >= 6; bits -= 6)
			*out++ = b64[acc >> (bits - 6) & 63];
	}
	if (bits > 0)
		*out++ = b64[acc << (6 - bits) & 63];
	*out = '\0';
	return out;
}

/*
 * Read base64 up to a foreign character; unused low bits are zero.  The
 * length in bytes, or 0 if it is malformed or longer than max.
 */
static size_t
b64_get(const char **s, uint8_t *out, size_t max)
{
	const char *c;
	uint32_t acc = 0;
	size_t n = 0;
	int bits = 0;

	for (; **s != '\0' && (c = strchr(b64, **s)) != NULL; (*s)++) {
		acc = acc << 6 | (uint32_t)(c - b64);
		bits += 6;
		if (bits < 8)
			continue;
		if (n == max)
			return 0;
		bits -= 8;
		out[n++] = (uint8_t)(acc >> bits);
	}
	if (bits >= 6 || (acc & ((1U << bits) - 1)) != 0)
		return 0;
	return n;
}

/* "m=" and the like, then a number without sign or leading zero, <= max. */
static bool
get_number(const char **s, const char *label, uint32_t max, uint32_t *out)
{
	size_t len = strlen(label);
	uint64_t v = 0;

	if (strncmp(*s, label, len) != 0)
		return false;
	*s += len;
	if (**s < '1' || **s > '9')
		return false;
	for (; **s >= '0' && **s <= '9'; (*s)++) {
		v = v * 10 + (uint64_t)(**s - '0');
		if (v > max)
			return false;
	}
	*out = (uint32_t)v;
	return true;
}

static bool
get_char(const char **s, char c)
{
	return *(*s)++ == c;
}

/*
 * $argon2id$v=19$m=M,t=T,p=P$SALT$TAG and nothing else.  Costs above the
 * ceilings make it malformed: a doctored row cannot exhaust the machine.
 */
static bool
phc_parse(const struct ptn_conf *cf, const char *s, struct phc *h)
{
	static const char head[] = "$argon2id$v=19$";
	uint32_t max_kib = (uint32_t)ptn_hashgate_kib(cf);

	memset(h, 0, sizeof(*h));
	if (strncmp(s, head, sizeof(head) - 1) != 0)
		return false;
	s += sizeof(head) - 1;
	if (!get_number(&s, "m=", max_kib, &h->m_kib) ||
	    !get_number(&s, ",t=", PASSES_MAX, &h->t) ||
	    !get_number(&s, ",p=", LANES_MAX, &h->p) || h->m_kib < 8 * h->p ||
	    !get_char(&s, '$'))
		return false;
	h->salt_len = b64_get(&s, h->salt, sizeof(h->salt));
	if (h->salt_len < SALT_MIN || !get_char(&s, '$'))
		return false;
	h->tag_len = b64_get(&s, h->tag, sizeof(h->tag));
	return h->tag_len >= TAG_MIN && *s == '\0';
}

/* Today's costs and a fresh salt; no tag yet. */
static void
phc_today(const struct ptn_conf *cf, struct phc *h)
{
	memset(h, 0, sizeof(*h));
	h->m_kib = (uint32_t)cf->argon2_memory_kib;
	h->t = (uint32_t)cf->argon2_iterations;
	h->p = (uint32_t)cf->argon2_parallelism;
	h->salt_len = SALT_LEN;
	h->tag_len = TAG_LEN;
	ptn_rng(h->salt, SALT_LEN);
}

static bool
phc_stale(const struct ptn_conf *cf, const struct phc *h)
{
	return h->m_kib != (uint32_t)cf->argon2_memory_kib ||
	    h->t != (uint32_t)cf->argon2_iterations ||
	    h->p != (uint32_t)cf->argon2_parallelism ||
	    h->salt_len != SALT_LEN || h->tag_len != TAG_LEN;
}

enum ptn_err
ptn_pwhash_make(const struct ptn_conf *cf, struct ptn_hashgate *g,
    struct ptn_bytes pw, char phc[PTN_PHC_MAX])
{
	struct phc h;
	char *p;
	enum ptn_err r;
	int n;

	phc[0] = '\0';
	if (pw.len == 0 || pw.len > PTN_PWHASH_PW_MAX)
		return PTN_E_INPUT;
	phc_today(cf, &h);
	if ((r = argon2id_gated(g, pw, &h)) == PTN_OK) {
		n = snprintf(phc, PTN_PHC_MAX, "$argon2id$v=19$m=%u,t=%u,p=%u$",
		    h.m_kib, h.t, h.p);
		p = b64_put(phc + n, h.salt, h.salt_len);
		*p++ = '$';
		(void)b64_put(p, h.tag, h.tag_len);
	}
	ptn_wipe(&h, sizeof(h));
	return r;
}

static enum ptn_err
verify_argon2(struct ptn_hashgate *g, const struct phc *want,
    struct ptn_bytes pw, enum ptn_verdict *verdict)
{
	struct phc got = *want;
	enum ptn_err r;

	memset(got.tag, 0, sizeof(got.tag));
	r = argon2id_gated(g, pw, &got);
	if (r == PTN_OK &&
	    ptn_bytes_equal(PTN_BYTES(got.tag, got.tag_len),
		PTN_BYTES(want->tag, want->tag_len)))
		*verdict = PTN_ALLOW;
	ptn_wipe(&got, sizeof(got));
	return r;
}

/* The hash of no password: the same work, and never a match. */
static enum ptn_err
verify_decoy(const struct ptn_conf *cf, struct ptn_hashgate *g,
    struct ptn_bytes pw)
{
	struct phc h;
	enum ptn_err r;

	phc_today(cf, &h);
	r = argon2id_gated(g, pw, &h);
	ptn_wipe(&h, sizeof(h));
	return r;
}

static bool
is_bcrypt(const char *s)
{
	int cost;

	if (strlen(s) != BCRYPT_LEN || strncmp(s, "$2", 2) != 0 ||
	    (s[2] != 'a' && s[2] != 'b' && s[2] != 'y') || s[3] != '$' ||
	    strspn(s + 4, "0123456789") != 2 || s[6] != '$' ||
	    strspn(s + BCRYPT_HEAD,
		"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz") != BCRYPT_LEN - BCRYPT_HEAD)
		return false;
	cost = (s[4] - '0') * 10 + s[5] - '0';
	return cost >= BCRYPT_COST_MIN && cost <= BCRYPT_COST_MAX;
}

/*
 * crypt(3) with the slot as its scratch memory.  It answers a failure with
 * NULL or with a token that begins with "*".
 */
static enum ptn_err
bcrypt(const struct ptn_hashgate_slot *slot, const char *hash,
    const char *phrase, enum ptn_verdict *verdict)
{
	struct crypt_data *data = slot->mem;
	const char *got;
	enum ptn_err r = PTN_OK;

	memset(data, 0, sizeof(*data));
	got = crypt_rn(phrase, hash, data, sizeof(*data));
	hashes++;
	if (got == NULL || got[0] == '*' || strlen(got) != BCRYPT_LEN) {
		ptn_error("bcrypt: crypt(3) failed");
		r = PTN_E_INTERNAL;
	} else if (ptn_bytes_equal(ptn_bytes_of(got), ptn_bytes_of(hash))) {
		*verdict = PTN_ALLOW;
	}
	ptn_wipe(data, sizeof(*data));
	return r;
}

static enum ptn_err
verify_bcrypt(struct ptn_hashgate *g, const char *hash, struct ptn_bytes pw,
    enum ptn_verdict *verdict)
{
	struct ptn_hashgate_slot slot;
	char phrase[BCRYPT_PW_MAX + 1] = "";
	enum ptn_err r;
	bool whole;

	/* Never silently cut: refused, after the same work. */
	whole = pw.len <= BCRYPT_PW_MAX && memchr(pw.p, '\0', pw.len) == NULL;
	memcpy(phrase, pw.p, whole ? pw.len : 1);
	if ((r = ptn_hashgate_enter(g, &slot)) == PTN_OK) {
		r = bcrypt(&slot, hash, phrase, verdict);
		ptn_hashgate_leave(g, &slot);
	}
	if (!whole)
		*verdict = PTN_DENY;
	ptn_wipe(phrase, sizeof(phrase));
	return r;
}

enum ptn_err
ptn_pwhash_verify(const struct ptn_conf *cf, struct ptn_hashgate *g,
    const char *hash, struct ptn_bytes pw, enum ptn_verdict *verdict,
    bool *stale)
{
	struct phc h;
	enum ptn_err r;

	*verdict = PTN_DENY;
	*stale = false;
	if (pw.len == 0 || pw.len > PTN_PWHASH_PW_MAX)
		return PTN_E_INPUT;
	if (hash == NULL)
		return verify_decoy(cf, g, pw);
	if (is_bcrypt(hash)) {
		*stale = true;
		return verify_bcrypt(g, hash, pw, verdict);
	}
	if (!phc_parse(cf, hash, &h)) {
		ptn_error("password hash: malformed, or too dear");
		r = verify_decoy(cf, g, pw);
		return r == PTN_OK ? PTN_E_INPUT : r;
	}
	*stale = phc_stale(cf, &h);
	r = verify_argon2(g, &h, pw, verdict);
	ptn_wipe(&h, sizeof(h));
	return r;
}

/* Microseconds for one pass over 1 MiB, the best of a few. */
static int64_t
kernel_speed(void)
{
	struct ptn_hashgate_slot slot = { NULL, (size_t)1 << 20, 0 };
	struct phc h = { .m_kib = 1024,
		.t = 1,
		.p = 1,
		.salt_len = SALT_LEN,
		.tag_len = TAG_LEN };
	struct timespec a, b;
	int64_t us, best = INT64_MAX;
	int i;

	if ((slot.mem = malloc(slot.len)) == NULL)
		return 0;
	for (i = 0; i < 4; i++) {
		(void)clock_gettime(CLOCK_MONOTONIC, &a);
		if (argon2id(&slot, PTN_BYTES("kernel", 6), &h) != PTN_OK)
			break;
		(void)clock_gettime(CLOCK_MONOTONIC, &b);
		us = (b.tv_sec - a.tv_sec) * 1000000 +
		    (b.tv_nsec - a.tv_nsec) / 1000;
		if (us < best)
			best = us;
	}
	free(slot.mem);
	hashes -= (uint64_t)i; /* not of a password */
	return best;
}

const char *
ptn_pwhash_kernel(void)
{
	static char text[320];
	int (*fn)(argon2_context *, argon2_type) = argon2_ctx;
	Dl_info info = { 0 };
	void *addr;

	/* An address of code is an address, POSIX says (dlsym(3)). */
	memcpy(&addr, &fn, sizeof(addr));
	if (dladdr(addr, &info) == 0 || info.dli_fname == NULL)
		info.dli_fname = "linked in";
	(void)snprintf(text, sizeof(text),
	    "libargon2 1.%d (%.200s), %lld us for 1 MiB",
	    ARGON2_VERSION_NUMBER == ARGON2_VERSION_13 ? 3 : 0, info.dli_fname,
	    (long long)kernel_speed());
	return text;
}
