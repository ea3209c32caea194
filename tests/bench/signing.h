#ifndef PTN_BENCH_SIGNING_H
#define PTN_BENCH_SIGNING_H

/* What a login with a key cannot do without: bare calls of OpenSSL. */
struct signing;

/* Keys of our own, parsed, and a signature that holds; NULL: failed. */
struct signing *signing_new(void);
void signing_free(struct signing **s); /* NULL inside is fine */

/* Verify an ES256 signature, and sign a token's worth with RS256; 0: done. */
int signing_passkey(struct signing *s);

/* Sign a token's worth with Ed25519: what names a challenge. */
int signing_begin(struct signing *s);

/* Verify that and an ES256 signature, and sign a token's worth with Ed25519. */
int signing_answer(struct signing *s);

#endif
