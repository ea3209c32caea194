#ifndef PTN_PUBLIC_PASSKEY_H
#define PTN_PUBLIC_PASSKEY_H

#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "lib/account/webauthn_challenge.h"
#include "lib/webauthn/webauthn.h"

/* What registration and login by passkey share (hanko-public 5). */

#define PTN_CLIENT_DATA_MAX 8192 /* bytes */

/* What we offer, best first (IANA COSE: ES256, EdDSA, ES384, RS256). */
#define PTN_PASSKEY_ALGS 4
extern const int32_t ptn_passkey_algs[PTN_PASSKEY_ALGS];

/* passkey.user_verification as the word that options carry. */
const char *ptn_passkey_uv(const struct ptn_conf *cf);

/* Is it "public-key"? */
bool ptn_passkey_type_ok(const struct ptn_value *type);

/* Who we are, and what is asked of a response to this challenge. */
struct ptn_webauthn_rp ptn_passkey_rp(const struct ptn_conf *cf);
struct ptn_webauthn_want ptn_passkey_want(const struct ptn_conf *cf,
    const struct ptn_webauthn_challenge *ch);

/*
 * Take the challenge that the client data names, whoever they are from: it is
 * spent, whatever comes of it.  PTN_E_INPUT for client data that are none;
 * PTN_E_NOT_FOUND, PTN_E_EXPIRED.
 */
enum ptn_err ptn_passkey_challenge(struct ptn_request *req,
    enum ptn_webauthn_ceremony ceremony, struct ptn_bytes client_data,
    struct ptn_webauthn_challenge *ch) PTN_MUST_USE;

/* Note and say why a ceremony does not begin: PTN_E_INPUT. */
enum ptn_err ptn_passkey_init_failed(struct ptn_request *req,
    struct ptn_reply *rep, enum ptn_event event, const char *message);

/* The answer to a ceremony that went well. */
void ptn_passkey_write(struct ptn_reply *rep, struct ptn_bytes id,
    const struct ptn_uuid *user);

#endif
