#ifndef PTN_CRYPTO_X509_H
#define PTN_CRYPTO_X509_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/crypto/pubkey.h"

#define PTN_X509_MAX ((size_t)16 * 1024)
#define PTN_X509_EXTS_MAX 32

struct ptn_x509_ext {
	const char *oid; /* "2.5.29.19" */
	bool critical;
	struct ptn_bytes value; /* what the OCTET STRING holds */
};

/* What attestation asks of a certificate (RFC 5280 section 4.1). */
struct ptn_x509 {
	int version;	       /* 3 */
	int64_t not_before;    /* Unix s */
	int64_t not_after;
	struct ptn_pubkey key; /* kty is unset for kinds we do not know */
	bool subject_empty;
	/* Of the subject; NULL if absent or there more than once. */
	const char *country;
	const char *organization;
	const char *unit;
	const char *common_name;
	const struct ptn_x509_ext *exts;
	size_t n_exts;
};

/*
 * Take one DER certificate apart, into the arena.  Its signature is not
 * looked at: without trust anchors nobody could say whose it ought to be.
 *
 * Refused: more than PTN_X509_MAX bytes, anything behind it, an extension
 * that comes twice (RFC 5280 section 4.2), more than PTN_X509_EXTS_MAX.
 * Returns PTN_OK, PTN_E_INPUT, PTN_E_NOMEM.
 */
enum ptn_err ptn_x509_parse(struct ptn_arena *a, struct ptn_bytes der,
    struct ptn_x509 *out) PTN_MUST_USE;

/* NULL if the certificate has no such extension. */
const struct ptn_x509_ext *ptn_x509_ext(const struct ptn_x509 *c,
    const char *oid);

/* Basic Constraints are there, and say that it is no CA. */
bool ptn_x509_is_leaf(const struct ptn_x509 *c);

/* Extended Key Usage is there and holds this OID (its DER contents). */
bool ptn_x509_has_usage(const struct ptn_x509 *c, struct ptn_bytes oid);

/*
 * An attribute of the directory name in the Subject Alternative Name, as its
 * bytes; false if there is none.
 */
bool ptn_x509_alt_attribute(const struct ptn_x509 *c, struct ptn_bytes oid,
    struct ptn_bytes *value);

#endif
