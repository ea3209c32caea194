#ifndef PTN_ACCOUNT_POLICY_H
#define PTN_ACCOUNT_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/bytes.h"

struct ptn_conf;

/*
 * What the configuration allows with accounts.  Each question has its one
 * answer here, whoever asks: a rule before it acts, a route whether it exists,
 * an answer that tells clients what they may offer.
 */

/* May accounts be made by whoever comes along? */
bool ptn_policy_signup(const struct ptn_conf *cf);

/* May users delete their own account? */
bool ptn_policy_deletion(const struct ptn_conf *cf);

/* By what may one log in? */
bool ptn_policy_passcodes(const struct ptn_conf *cf);
bool ptn_policy_passwords(const struct ptn_conf *cf);
bool ptn_policy_passkeys(const struct ptn_conf *cf);

/* Is an address nobody's until somebody has proved it to be theirs? */
bool ptn_policy_verification(const struct ptn_conf *cf);

/*
 * How many addresses may a user own?  Whoever proves one without being logged
 * in gets it as the first one only.
 */
int64_t ptn_policy_addresses(const struct ptn_conf *cf, bool logged_in);

/*
 * Is a password (UTF-8) too short to be set: fewer code points than
 * password.min_length?  Is it too long to be hashed, at log-in also: more bytes
 * than password.max_bytes?
 */
bool ptn_policy_short(const struct ptn_conf *cf, struct ptn_bytes password);
bool ptn_policy_long(const struct ptn_conf *cf, struct ptn_bytes password);

/* Must an authenticator have verified its user, be it for a new passkey? */
bool ptn_policy_uv(const struct ptn_conf *cf);

#endif
