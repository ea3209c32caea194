#ifndef TEST_ATTEST_H
#define TEST_ATTEST_H

/*
 * Credentials that are created with an attestation statement, judged by
 * Postern and by libfido2.
 */

#include "lib/webauthn/attestation.h"
#include "lib/webauthn/webauthn.h"
#include "tests/unit/authenticator.h"

#define ATTEST_BEFORE (AUTH_NOW_S - 1000)
#define ATTEST_AFTER (AUTH_NOW_S + 1000)
#define ATTEST_OID_AAGUID "1.3.6.1.4.1.45724.1.1.4"

/* Of the ceremony; attest_each() makes them anew for each test. */
extern struct ptn_webauthn_want attest_want;
int attest_each(void **state);

/*
 * What libfido2 is to say: the same as we; or that it holds, when we refuse
 * (LAX); or whatever it likes (ODD).
 */
enum lax { SAME, LAX, ODD };

struct ptn_finding attest_create(struct auth_creation *c,
    struct ptn_webauthn_attested *out, enum lax lax);

/* One case of a table: does it hold, verified, as what it says it is? */
void attest_judge(const char *name, struct auth_creation *c, bool holds,
    enum lax lax);

/* What a statement signs, and pieces of it. */
struct ptn_bytes attest_signed_data(const struct auth_creation *c);
void attest_put_x5c(struct ptn_buf *b, const struct ptn_bytes *certs,
    size_t n);
struct auth_cert attest_cert(void); /* one that is in order */

/* A DER value of at most 255 bytes: the tag in hexadecimal. */
struct ptn_bytes attest_der(const char *tag, struct ptn_bytes contents);

#endif
