#ifndef PTN_CRYPTO_FOREIGN_H
#define PTN_CRYPTO_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/crypto/argon.h"
#include "lib/crypto/hashgate.h"
#include "lib/crypto/kdf.h"

/*
 * Hashes of passwords that other programs made, as strings.  Each kind is a
 * row of the table in foreign.c.
 *
 * A setting is such a string without its digest, so that it may stand around a
 * hash that was made of the digest (pwhash.h).
 */
#define PTN_FOREIGN_SALT_MAX 128
#define PTN_FOREIGN_DIGEST_MAX 96

struct ptn_conf;
struct ptn_foreign_kind;

/* One of them, taken apart. */
struct ptn_foreign {
	const struct ptn_foreign_kind *kind;
	const char *text; /* the string itself: borrowed */
	size_t setting;	  /* how much of it comes before the digest */
	enum ptn_kdf_md md;
	uint32_t count; /* iterations, or what stands for them */
	struct ptn_kdf_scrypt scrypt;
	struct ptn_argon argon;
	bool weak;   /* fast to guess: not to be stored as it is */
	bool signer; /* Firebase: the digest lies under a signer key */
	size_t salt_len, digest_len;
	uint8_t salt[PTN_FOREIGN_SALT_MAX];
	uint8_t digest[PTN_FOREIGN_DIGEST_MAX];
};

/*
 * Take a string apart: its form, and that its costs are within the bounds
 * that verification can afford (those of cf where they are memory).
 *
 * bare		it is a setting
 * why		a short reason if it is refused
 */
bool ptn_foreign_parse(const struct ptn_conf *cf, const char *s, bool bare,
    struct ptn_foreign *f, const char **why);

/* As password.import.allow has it. */
const char *ptn_foreign_name(const struct ptn_foreign *f);

/* Each such name once, from i = 0 on; NULL behind the last. */
const char *ptn_foreign_kind_name(size_t i);

/*
 * Write the setting, at most max bytes with the NUL, or all of it if whole: as
 * it is parsed again, and without a signer key.  False: it is too long.
 */
bool ptn_foreign_write(const struct ptn_foreign *f, bool whole, char *out,
    size_t max);

/*
 * What the digest of a password is.
 *
 * out	as long as f->digest, of a setting as much as ptn_foreign_core() gives;
 *	len 0 if it is not a password that this kind can tell from others
 *	(too long for it, or with a NUL): then it matches nothing, after the
 *	same work.
 */
struct ptn_foreign_digest {
	size_t len;
	uint8_t b[PTN_FOREIGN_DIGEST_MAX];
};
enum ptn_err ptn_foreign_compute(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out) PTN_MUST_USE;

/*
 * What of a digest is hashed again: some 128 bits, which a digest of any
 * length begins with.
 */
struct ptn_bytes ptn_foreign_core(const struct ptn_foreign *f,
    const uint8_t *digest);

#endif
