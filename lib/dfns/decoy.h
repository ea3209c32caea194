#ifndef PTN_DFNS_DECOY_H
#define PTN_DFNS_DECOY_H

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/crypto/secrets.h"
#include "lib/db/scope.h"
#include "lib/dfns/signers.h"

/*
 * What is invented for a name, so that by an answer it cannot be told whether
 * somebody has it.  The same name gets the same every time, whoever else signs
 * up or goes.
 */
struct ptn_dfns_decoy {
	uint8_t mac[PTN_SHA256_LEN];
	struct ptn_uuid nobody; /* an id that nothing has */
};

/*
 * Set it.
 *
 * key	of the name (ptn_dfns_lookup_key())
 */
enum ptn_err ptn_dfns_decoy_of(const struct ptn_scope *sc, const char *key,
    struct ptn_dfns_decoy *out) PTN_MUST_USE;

/*
 * Invented credentials in the form of real ones: how many, of which kinds and
 * with how long ids is drawn from a fixed table by the MAC.
 */
enum ptn_err ptn_dfns_decoy_signers(const struct ptn_scope *sc,
    const struct ptn_dfns_decoy *decoy,
    struct ptn_dfns_signers *out) PTN_MUST_USE;

#endif
