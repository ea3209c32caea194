#ifndef PTN_WEBAUTHN_AUTHDATA_H
#define PTN_WEBAUTHN_AUTHDATA_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/format/cbor.h"

/* Flags of authenticator data (WebAuthn L3 section 6.1). */
#define PTN_AUTHDATA_UP 0x01
#define PTN_AUTHDATA_RFU1 0x02
#define PTN_AUTHDATA_UV 0x04
#define PTN_AUTHDATA_BE 0x08
#define PTN_AUTHDATA_BS 0x10
#define PTN_AUTHDATA_RFU2 0x20
#define PTN_AUTHDATA_AT 0x40
#define PTN_AUTHDATA_ED 0x80

#define PTN_AAGUID_LEN 16
#define PTN_CRED_ID_MAX 1023
#define PTN_AUTHDATA_MAX ((size_t)64 * 1024)

/* Borrows from the bytes it was parsed from, and from the arena. */
struct ptn_authdata {
	struct ptn_bytes raw;
	struct ptn_bytes rp_id_hash; /* PTN_SHA256_LEN bytes */
	uint8_t flags;
	uint32_t sign_count;
	/* With PTN_AUTHDATA_AT only. */
	struct ptn_bytes aaguid;     /* PTN_AAGUID_LEN bytes */
	struct ptn_bytes cred_id;    /* as long as claimed: see step 25 */
	struct ptn_cbor key;	     /* a map; see cose.h */
};

/*
 * Take authenticator data apart: what the flags announce is there, is CBOR
 * where it must be (extensions are read and dropped), and nothing lies behind.
 * Verifies nothing else.  Returns PTN_OK, PTN_E_INPUT, PTN_E_NOMEM.
 * Spec: WebAuthn L3 sections 6.1, 6.5.1.
 */
enum ptn_err ptn_authdata_parse(struct ptn_arena *a, struct ptn_bytes in,
    struct ptn_authdata *out) PTN_MUST_USE;

#endif
