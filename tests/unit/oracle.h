#ifndef PTN_TEST_ORACLE_H
#define PTN_TEST_ORACLE_H

#include "lib/base/bytes.h"
#include "lib/webauthn/webauthn.h"

/*
 * libfido2, asked what it thinks of the same input.  It does not look at
 * client data beyond its hash, at BE and BS, at reserved flags, at counters,
 * and does not know every format, algorithm and size of key.
 */
enum oracle { ORACLE_NO, ORACLE_YES, ORACLE_DECODES, ORACLE_UNKNOWN };

struct oracle_creation {
	const char *fmt;
	struct ptn_bytes stmt; /* CBOR */
	struct ptn_bytes auth_data;
	struct ptn_bytes hash; /* of client data */
	const char *rp_id;
	int32_t alg;
	bool require_uv;
};

/* ORACLE_DECODES: of a format that it cannot verify ("none"). */
enum oracle oracle_create(const struct oracle_creation *in);

struct oracle_assertion {
	struct ptn_bytes cose_key;
	struct ptn_bytes auth_data;
	struct ptn_bytes signature;
	struct ptn_bytes hash;
	const char *rp_id;
	bool require_uv;
};

enum oracle oracle_assert(const struct oracle_assertion *in);

/* A refusal for a reason that libfido2 does not look at. */
bool oracle_blind(enum ptn_finding_reason reason);

#endif
