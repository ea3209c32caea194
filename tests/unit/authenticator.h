#ifndef PTN_TEST_AUTHENTICATOR_H
#define PTN_TEST_AUTHENTICATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/crypto/pubkey.h"
#include "lib/webauthn/webauthn.h"

/*
 * A client and a software authenticator in one, that can lie in each field of
 * a response.  All it makes is in the arena of auth_setup().
 */
#define AUTH_RP_ID "example.org"
#define AUTH_ORIGIN "https://example.org"
#define AUTH_NOW_S INT64_C(1750000000) /* June 2025 */

extern struct ptn_arena *auth_arena;

/* Makes the arena, and prepares crypto; the teardown, too, for cmocka. */
int auth_setup(void **state);
int auth_teardown(void **state);

struct auth_key {
	int32_t alg;
	EVP_PKEY *pkey;
};

/* Keys of the process, made when first asked for; never NULL. */
const struct auth_key *auth_key(int32_t alg);
/* Another one of that algorithm. */
const struct auth_key *auth_other_key(int32_t alg);

/* The COSE key of a key, in canonical form. */
struct ptn_bytes auth_cose(const struct auth_key *key);
/* ECDSA in DER, RSA PKCS#1, Ed25519: with the key's own algorithm. */
struct ptn_bytes auth_sign(const struct auth_key *key, struct ptn_bytes msg);

/* Bytes: from hexadecimal; one after the other; a change of one byte. */
struct ptn_bytes auth_unhex(const char *hex);
struct ptn_bytes auth_cat(struct ptn_bytes a, struct ptn_bytes b);
struct ptn_bytes auth_flip(struct ptn_bytes b, size_t at);
struct ptn_bytes auth_text(const char *s);
struct ptn_bytes auth_sha256(struct ptn_bytes b);

/* CBOR without opinions. */
void auth_head(struct ptn_buf *b, unsigned major, uint64_t arg);
void auth_put_text(struct ptn_buf *b, const char *s);
void auth_put_bytes(struct ptn_buf *b, struct ptn_bytes bytes);
void auth_put_int(struct ptn_buf *b, int64_t i);

/* What the client says; a member of NULL is as it ought to be. */
struct auth_client {
	const char *type;
	const char *challenge; /* text */
	const char *origin;
	const char *more; /* ",\"crossOrigin\":true" */
	const char *json; /* instead of all that */
};

/* The challenge of every ceremony. */
struct ptn_bytes auth_challenge(void);

/* The algorithms that every ceremony offers. */
extern const int32_t auth_offered[4];

/* What is expected of a ceremony with such a client; the arena begins anew. */
void auth_expect(struct ptn_webauthn_rp *rp, struct ptn_webauthn_want *want);

/* Authenticator data; zero or NULL is as it ought to be. */
struct auth_data {
	const char *rp_id;
	uint8_t set;   /* flags beside those that ought to be set */
	uint8_t clear; /* flags that ought to be */
	uint32_t count;
	struct ptn_bytes cred_id;
	size_t id_len;	       /* what is claimed instead of the length */
	struct ptn_bytes cose; /* the key's instead */
	struct ptn_bytes behind;
	size_t cut; /* bytes missing at the end */
	bool empty_id;
};

struct auth_creation;
typedef void auth_statement(struct ptn_buf *stmt,
    const struct auth_creation *c);

struct auth_creation {
	struct auth_client client;
	struct auth_data data;
	const struct auth_key *key; /* NULL: ES256 */
	const char *fmt;	    /* NULL: none */
	auth_statement *statement;  /* NULL: an empty map */
	const void *lie;	    /* for the statement */
	struct ptn_bytes object;    /* instead of the attestation object */
	/* Filled in by auth_create(). */
	struct ptn_bytes raw_data;
	struct ptn_bytes raw_stmt;
	struct ptn_bytes hash; /* of client data */
	struct ptn_webauthn_creation out;
};

void auth_create(struct auth_creation *c);

struct auth_assertion {
	struct auth_client client;
	struct auth_data data;
	const struct auth_key *key; /* NULL: ES256 */
	struct ptn_bytes signature; /* instead of an honest one */
	struct ptn_bytes sig_behind;
	struct ptn_bytes hash;
	struct ptn_webauthn_assertion out;
};

void auth_assert(struct auth_assertion *c);

extern const uint8_t auth_aaguid[PTN_AAGUID_LEN];
extern const uint8_t auth_cred_id[32];

/* A certificate; NULL or zero is as it ought to be for "packed". */
struct auth_cert {
	const struct auth_key *key;
	int version; /* of X.509: 2 is v3 */
	const char *c;
	const char *o;
	const char *ou;
	const char *cn;
	bool no_subject;
	bool ca;
	bool no_constraints;
	int64_t not_before;
	int64_t not_after;
	struct {
		const char *oid;
		struct ptn_bytes value;
		bool critical;
	} exts[4];
};

struct ptn_bytes auth_make_cert(const struct auth_cert *spec);

#endif
