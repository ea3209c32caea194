#include "lib/crypto/argon_verify.h"

#include "lib/base/log.h"
#include "lib/base/rng.h"
#include "lib/crypto/argon_own.h"

/* Chosen once, before there are workers. */
static const struct ptn_kernel *kernel;

void
ptn_argon_verify_by(const struct ptn_kernel *k)
{
	kernel = NULL;
	if (k == NULL)
		return;
	if (ptn_argon_own_agrees(k))
		kernel = k;
	else
		ptn_error("argon2: passwords are verified by the library, "
			  "which is slower: tell the makers of Postern");
}

const char *
ptn_argon_verify_kernel(void)
{
	return kernel != NULL ? kernel->name : NULL;
}

/*
 * What is compared is what was computed now: the place of the result holds
 * random bytes before, so that neither zeros nor what another hash left is ever
 * taken for it.
 */
enum ptn_err
ptn_argon_verify(const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    const struct ptn_argon *want, enum ptn_verdict *verdict)
{
	struct ptn_argon got = *want;
	enum ptn_err r;

	*verdict = PTN_DENY;
	ptn_rng(got.tag, sizeof(got.tag));
	r = kernel != NULL ? ptn_argon_own_compute(kernel, slot, pw, &got)
			   : ptn_argon_compute(slot, pw, &got);
	if (r == PTN_OK &&
	    ptn_bytes_equal(PTN_BYTES(got.tag, got.tag_len),
		PTN_BYTES(want->tag, want->tag_len)))
		*verdict = PTN_ALLOW;
	ptn_wipe(&got, sizeof(got));
	return r;
}
