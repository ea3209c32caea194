#define _GNU_SOURCE /* dladdr */

#include "lib/crypto/argon.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <argon2.h>

#include "lib/base/array.h"
#include "lib/base/log.h"
#include "lib/crypto/phc.h"

#define SALT_MIN 8
#define TAG_MIN 16
#define PASSES_MAX 64
#define LANES_MAX 16

static const struct {
	const char *name;
	argon2_type type;
} types[] = {
	[PTN_ARGON_ID] = { "$argon2id$", Argon2_id },
	[PTN_ARGON_I] = { "$argon2i$", Argon2_i },
	[PTN_ARGON_D] = { "$argon2d$", Argon2_d },
};

/*
 * The slot that libargon2's allocator hands out: its callback takes no
 * argument of ours.  Set for the time of one call.
 */
static const struct ptn_hashgate_slot *work;

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

enum ptn_err
ptn_argon_compute(const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_argon *h)
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
	c.version = h->version;
	c.allocate_cbk = slot_alloc;
	c.free_cbk = slot_free;
	c.flags = ARGON2_DEFAULT_FLAGS;
	work = slot;
	rc = argon2_ctx(&c, types[h->type].type);
	work = NULL;
	if (rc == ARGON2_OK)
		return PTN_OK;
	ptn_error("argon2: %s", argon2_error_message(rc));
	return PTN_E_INTERNAL;
}

static bool
read_type(const char **s, struct ptn_argon *h)
{
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(types); i++)
		if (ptn_phc_text(s, types[i].name)) {
			h->type = (enum ptn_argon_type)i;
			return true;
		}
	return false;
}

/* Without one it is from before there were two. */
static bool
read_version(const char **s, struct ptn_argon *h)
{
	h->version = ARGON2_VERSION_10;
	if (ptn_phc_text(s, "v=19$"))
		h->version = ARGON2_VERSION_13;
	else if (!ptn_phc_text(s, "v=16$") && **s == 'v')
		return false;
	return true;
}

bool
ptn_argon_read(const char **s, uint32_t max_kib, bool bare, struct ptn_argon *h)
{
	memset(h, 0, sizeof(*h));
	if (!read_type(s, h) || !read_version(s, h) || !ptn_phc_text(s, "m=") ||
	    !ptn_phc_number(s, max_kib, &h->m_kib) || !ptn_phc_text(s, ",t=") ||
	    !ptn_phc_number(s, PASSES_MAX, &h->t) || !ptn_phc_text(s, ",p=") ||
	    !ptn_phc_number(s, LANES_MAX, &h->p) || h->m_kib < 8 * h->p ||
	    !ptn_phc_text(s, "$"))
		return false;
	h->salt_len = ptn_phc_base64(s, PTN_PHC_STD, h->salt, sizeof(h->salt));
	if (h->salt_len < SALT_MIN || !ptn_phc_text(s, "$"))
		return false;
	if (bare)
		return true;
	h->tag_len = ptn_phc_base64(s, PTN_PHC_STD, h->tag, sizeof(h->tag));
	return h->tag_len >= TAG_MIN;
}

char *
ptn_argon_write(const struct ptn_argon *h, char out[PTN_ARGON_TEXT_MAX])
{
	char *p;
	const int n =
	    snprintf(out, PTN_ARGON_TEXT_MAX, "%sv=%u$m=%u,t=%u,p=%u$",
		types[h->type].name, h->version, h->m_kib, h->t, h->p);

	p = ptn_phc_put(out + n, PTN_BYTES(h->salt, h->salt_len));
	*p++ = '$';
	return ptn_phc_put(p, PTN_BYTES(h->tag, h->tag_len));
}

/* Microseconds for one pass over 1 MiB, the best of a few. */
static int64_t
kernel_speed(void)
{
	struct ptn_hashgate_slot slot = { NULL, (size_t)1 << 20, 0 };
	struct ptn_argon h = { .version = ARGON2_VERSION_13,
		.m_kib = 1024,
		.t = 1,
		.p = 1,
		.salt_len = 16,
		.tag_len = 32 };
	struct timespec a, b;
	int64_t us, best = INT64_MAX;
	int i;

	if ((slot.mem = malloc(slot.len)) == NULL)
		return 0;
	for (i = 0; i < 4; i++) {
		(void)clock_gettime(CLOCK_MONOTONIC, &a);
		if (ptn_argon_compute(&slot, PTN_BYTES("kernel", 6), &h) !=
		    PTN_OK)
			break;
		(void)clock_gettime(CLOCK_MONOTONIC, &b);
		us = (b.tv_sec - a.tv_sec) * 1000000 +
		    (b.tv_nsec - a.tv_nsec) / 1000;
		if (us < best)
			best = us;
	}
	free(slot.mem);
	return best;
}

const char *
ptn_argon_kernel(void)
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
