#include "lib/crypto/pwhash.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/rng.h"
#include "lib/conf/conf.h"
#include "lib/crypto/argon.h"
#include "lib/crypto/argon2/kernel.h"
#include "lib/crypto/argon_verify.h"
#include "lib/crypto/foreign.h"
#include "lib/crypto/phc.h"

#define SALT_LEN 16
#define TAG_LEN 32
#define VERSION 0x13
/* Times passes: the least of password.argon2, so what is made comes back. */
#define WRAPPING_KIB 8192

static const char wrapped_head[] = "$wrapped";

static uint64_t hashes;

uint64_t
ptn_pwhash_count(void)
{
	return hashes;
}

void
ptn_pwhash_begin(const struct ptn_conf *cf)
{
	const struct ptn_kernel *k = NULL;
	const char *name;
	size_t i = 0;

	if (cf->password_kernel == PTN_KERNEL_AUTO)
		while ((k = ptn_kernel_at(i)) != NULL && !k->runs())
			i++;
	ptn_argon_verify_by(k);
	ptn_debug("passwords are verified by %s",
	    (name = ptn_argon_verify_kernel()) != NULL ? name : "libargon2");
}

/* One hash in a slot of the gate: what is to be stored, so the library's. */
static enum ptn_err
argon_gated(struct ptn_hashgate *g, struct ptn_bytes pw, struct ptn_argon *h)
{
	struct ptn_hashgate_slot slot;
	enum ptn_err r;

	if ((r = ptn_hashgate_enter(g, &slot)) != PTN_OK)
		return r;
	hashes++;
	r = ptn_argon_compute(&slot, pw, h);
	ptn_hashgate_leave(g, &slot);
	return r;
}

/* Today's costs and a fresh salt; no tag yet. */
static void
today(const struct ptn_conf *cf, struct ptn_argon *h)
{
	memset(h, 0, sizeof(*h));
	h->version = VERSION;
	h->m_kib = (uint32_t)cf->argon2_memory_kib;
	h->t = (uint32_t)cf->argon2_iterations;
	h->p = (uint32_t)cf->argon2_parallelism;
	h->salt_len = SALT_LEN;
	h->tag_len = TAG_LEN;
	ptn_rng(h->salt, SALT_LEN);
}

/* Is it one of today's, but for its salt? */
static bool
is_stale(const struct ptn_conf *cf, const struct ptn_argon *h)
{
	return h->type != PTN_ARGON_ID || h->version != VERSION ||
	    h->m_kib != (uint32_t)cf->argon2_memory_kib ||
	    h->t != (uint32_t)cf->argon2_iterations ||
	    h->p != (uint32_t)cf->argon2_parallelism ||
	    h->salt_len != SALT_LEN || h->tag_len != TAG_LEN;
}

/* Is it less work than a decoy? */
static bool
is_cheap(const struct ptn_conf *cf, const struct ptn_argon *h)
{
	return (uint64_t)h->m_kib * h->t <
	    (uint64_t)cf->argon2_memory_kib * (uint64_t)cf->argon2_iterations;
}

enum ptn_err
ptn_pwhash_make(const struct ptn_conf *cf, struct ptn_hashgate *g,
    struct ptn_bytes pw, char phc[PTN_PHC_MAX])
{
	struct ptn_argon h;
	enum ptn_err r;

	phc[0] = '\0';
	if (pw.len == 0 || pw.len > PTN_PWHASH_PW_MAX)
		return PTN_E_INPUT;
	today(cf, &h);
	if ((r = argon_gated(g, pw, &h)) == PTN_OK)
		(void)ptn_argon_write(&h, phc);
	ptn_wipe(&h, sizeof(h));
	return r;
}

static enum ptn_err
compare(const struct ptn_argon *want, const struct ptn_hashgate_slot *slot,
    struct ptn_bytes pw, enum ptn_verdict *verdict)
{
	hashes++;
	return ptn_argon_verify(slot, pw, want, verdict);
}

/* The hash of no password: the same work, and what it says is not heard. */
static enum ptn_err
decoy(const struct ptn_conf *cf, const struct ptn_hashgate_slot *slot,
    struct ptn_bytes pw)
{
	enum ptn_verdict verdict;
	struct ptn_argon h;

	today(cf, &h);
	return compare(&h, slot, pw, &verdict);
}

static enum ptn_err
verify_decoy(const struct ptn_conf *cf, struct ptn_hashgate *g,
    struct ptn_bytes pw)
{
	struct ptn_hashgate_slot slot;
	enum ptn_err r;

	if ((r = ptn_hashgate_enter(g, &slot)) != PTN_OK)
		return r;
	r = decoy(cf, &slot, pw);
	ptn_hashgate_leave(g, &slot);
	return r;
}

/* What is stored, taken apart: one of three forms. */
struct stored {
	enum { OURS, FOREIGN, WRAPPED } form;
	struct ptn_argon argon;	    /* but of FOREIGN */
	struct ptn_foreign foreign; /* but of OURS; a setting of WRAPPED */
};

/*
 * $wrapped, the PHC string of a hash that was made of the digest, "$", and the
 * setting that the digest was made with.
 */
static bool
parse_wrapped(const struct ptn_conf *cf, const char *s, struct stored *st,
    const char **why)
{
	s += strlen(wrapped_head);
	*why = "it is malformed";
	st->form = WRAPPED;
	return ptn_argon_read(&s, (uint32_t)ptn_hashgate_kib(cf), false,
		   &st->argon) &&
	    st->argon.type == PTN_ARGON_ID && st->argon.version == VERSION &&
	    ptn_phc_text(&s, "$") &&
	    ptn_foreign_parse(cf, s, true, &st->foreign, why);
}

static bool
parse(const struct ptn_conf *cf, const char *s, struct stored *st,
    const char **why)
{
	memset(st, 0, sizeof(*st));
	if (strncmp(s, wrapped_head, strlen(wrapped_head)) == 0)
		return parse_wrapped(cf, s, st, why);
	if (!ptn_foreign_parse(cf, s, false, &st->foreign, why))
		return false;
	st->form = FOREIGN;
	if (strcmp(ptn_foreign_name(&st->foreign), "argon2") == 0) {
		st->form = OURS;
		st->argon = st->foreign.argon;
	}
	return true;
}

static enum ptn_err
foreign(const struct ptn_foreign *f, const struct ptn_hashgate_slot *slot,
    struct ptn_bytes pw, struct ptn_foreign_digest *out)
{
	hashes++;
	return ptn_foreign_compute(f, slot, pw, out);
}

static enum ptn_err
verify_ours(const struct ptn_conf *cf, const struct stored *st,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    enum ptn_verdict *verdict)
{
	enum ptn_err r = compare(&st->argon, slot, pw, verdict);

	return r == PTN_OK && is_cheap(cf, &st->argon) ? decoy(cf, slot, pw)
						       : r;
}

/* How much work another kind is depends on the machine: a decoy is added. */
static enum ptn_err
verify_foreign(const struct ptn_conf *cf, const struct stored *st,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    enum ptn_verdict *verdict)
{
	struct ptn_foreign_digest d;
	enum ptn_err r;

	if ((r = foreign(&st->foreign, slot, pw, &d)) == PTN_OK &&
	    ptn_bytes_equal(PTN_BYTES(d.b, d.len),
		PTN_BYTES(st->foreign.digest, st->foreign.digest_len)))
		*verdict = PTN_ALLOW;
	ptn_wipe(&d, sizeof(d));
	return r == PTN_OK ? decoy(cf, slot, pw) : r;
}

static enum ptn_err
verify_wrapped(const struct ptn_conf *cf, const struct stored *st,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    enum ptn_verdict *verdict)
{
	struct ptn_foreign_digest d;
	enum ptn_err r;

	if ((r = foreign(&st->foreign, slot, pw, &d)) == PTN_OK)
		r = compare(&st->argon, slot,
		    ptn_foreign_core(&st->foreign, d.b), verdict);
	if (d.len == 0) /* no password of it */
		*verdict = PTN_DENY;
	ptn_wipe(&d, sizeof(d));
	return r == PTN_OK && is_cheap(cf, &st->argon) ? decoy(cf, slot, pw)
						       : r;
}

/* By its form. */
static enum ptn_err
verify(const struct ptn_conf *cf, struct ptn_hashgate *g,
    const struct stored *st, struct ptn_bytes pw, enum ptn_verdict *verdict)
{
	static enum ptn_err (*const by[])(const struct ptn_conf *cf,
	    const struct stored *st, const struct ptn_hashgate_slot *slot,
	    struct ptn_bytes pw, enum ptn_verdict *verdict) = {
		[OURS] = verify_ours,
		[FOREIGN] = verify_foreign,
		[WRAPPED] = verify_wrapped,
	};
	struct ptn_hashgate_slot slot;
	enum ptn_err r;

	if ((r = ptn_hashgate_enter(g, &slot)) != PTN_OK)
		return r;
	r = by[st->form](cf, st, &slot, pw, verdict);
	ptn_hashgate_leave(g, &slot);
	if (r != PTN_OK)
		*verdict = PTN_DENY;
	return r;
}

enum ptn_err
ptn_pwhash_verify(const struct ptn_conf *cf, struct ptn_hashgate *g,
    const char *hash, struct ptn_bytes pw, enum ptn_verdict *verdict,
    bool *stale)
{
	struct stored st;
	const char *why;
	enum ptn_err r;

	*verdict = PTN_DENY;
	*stale = false;
	if (pw.len == 0 || pw.len > PTN_PWHASH_PW_MAX)
		return PTN_E_INPUT;
	if (hash == NULL)
		return verify_decoy(cf, g, pw);
	if (!parse(cf, hash, &st, &why)) {
		ptn_error("password hash: %s", why);
		r = verify_decoy(cf, g, pw);
		return r == PTN_OK ? PTN_E_INPUT : r;
	}
	*stale = st.form != OURS || is_stale(cf, &st.argon);
	r = verify(cf, g, &st, pw, verdict);
	ptn_wipe(&st, sizeof(st));
	return r;
}

/* ------------------------------------------------------------------ import */

static bool
may_take(const struct ptn_conf *cf, const struct stored *st)
{
	const struct ptn_strs *l = &cf->password_import;
	const char *name = ptn_foreign_name(&st->foreign);
	size_t i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->v[i], name) == 0)
			return true;
	return false;
}

/* What is fast to guess goes into a hash that is not. */
static enum ptn_err
wrap(const struct ptn_conf *cf, struct ptn_hashgate *g,
    const struct ptn_foreign *f, char out[PTN_PHC_MAX], const char **why)
{
	char setting[PTN_PHC_MAX], phc[PTN_PHC_MAX];
	struct ptn_argon h;
	enum ptn_err r;
	int n;

	today(cf, &h);
	if (!ptn_foreign_write(f, false, setting, sizeof(setting)))
		setting[0] = '\0';
	if (g != NULL &&
	    (r = argon_gated(g, ptn_foreign_core(f, f->digest), &h)) != PTN_OK)
		return r;
	(void)ptn_argon_write(&h, phc);
	n = snprintf(out, PTN_PHC_MAX, "%s%s$%s", wrapped_head, phc, setting);
	if (setting[0] != '\0' && n < PTN_PHC_MAX)
		return PTN_OK;
	out[0] = '\0';
	*why = "it is too long";
	return PTN_E_INPUT;
}

/* A wrapping that is as fast to guess as what is in it is not made anew. */
static bool
is_thin(const struct stored *st)
{
	return st->form == WRAPPED &&
	    (uint64_t)st->argon.m_kib * st->argon.t < WRAPPING_KIB;
}

enum ptn_err
ptn_pwhash_take(const struct ptn_conf *cf, struct ptn_hashgate *g,
    const char *hash, char out[PTN_PHC_MAX], const char **why)
{
	struct stored st;
	enum ptn_err r = PTN_OK;

	out[0] = '\0';
	if (!parse(cf, hash, &st, why))
		return PTN_E_INPUT;
	if (!may_take(cf, &st)) {
		*why = "its kind is not in password.import.allow";
		r = PTN_E_INPUT;
	} else if (is_thin(&st)) {
		*why = "what it is wrapped in is too fast to guess";
		r = PTN_E_INPUT;
	} else if (st.form == WRAPPED || !st.foreign.weak) {
		if (st.form == WRAPPED
			? snprintf(out, PTN_PHC_MAX, "%s", hash) >= PTN_PHC_MAX
			: !ptn_foreign_write(&st.foreign, true, out,
			      PTN_PHC_MAX)) {
			*why = "it is too long";
			r = PTN_E_INPUT;
		}
	} else {
		r = wrap(cf, g, &st.foreign, out, why);
	}
	ptn_wipe(&st, sizeof(st));
	if (r != PTN_OK)
		out[0] = '\0';
	return r;
}
