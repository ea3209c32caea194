#ifndef PTN_ACCOUNT_POLICY_H
#define PTN_ACCOUNT_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/uuid.h"

struct ptn_conf;
struct ptn_factors;
struct ptn_membership;

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

/* Whoever forgot their password sets another, by a code that is mailed. */
bool ptn_policy_recovery(const struct ptn_conf *cf);

/* Have users a name, and may they say who they are by it, or by an address? */
bool ptn_policy_usernames(const struct ptn_conf *cf);
bool ptn_policy_by_username(const struct ptn_conf *cf);
bool ptn_policy_by_address(const struct ptn_conf *cf);

/* May users see their sessions, and end others than their own? */
bool ptn_policy_session_list(const struct ptn_conf *cf);
bool ptn_policy_revocation(const struct ptn_conf *cf);

/* Is an address nobody's until somebody has proved it to be theirs? */
bool ptn_policy_verification(const struct ptn_conf *cf);

/* May whoever asks be told that an address has an account? */
bool ptn_policy_tells_taken(const struct ptn_conf *cf);

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

/*
 * THE rule for what a member who is registered with the Dfns API has there: the
 * account itself, the passkeys that are admitted, and the address that their
 * codes go to.  It is changed by a signed action of that API, or by the
 * operator, and by no other API, into which a code from a mailbox may have let
 * whoever asks.  dfns.trust_passkeys turns the rule off.
 *
 * Each rule by which another API changes such a thing asks one of these first,
 * under the lock of the user: may it?
 *
 * m		of the user (membership.h)
 * admitted	whether the Dfns API has admitted the passkey
 * email_id	of the address
 */
bool ptn_policy_close(const struct ptn_conf *cf,
    const struct ptn_membership *m);
bool ptn_policy_change_passkey(const struct ptn_conf *cf,
    const struct ptn_membership *m, bool admitted);
bool ptn_policy_remove_address(const struct ptn_conf *cf,
    const struct ptn_membership *m, const struct ptn_uuid *email_id);

/* Are authenticator apps second factors, and are security keys? */
bool ptn_policy_otp(const struct ptn_conf *cf);
bool ptn_policy_security_keys(const struct ptn_conf *cf);

/*
 * Is a second factor asked for, of somebody who has these, beside a password or
 * a passcode?
 */
bool ptn_policy_second_factor(const struct ptn_conf *cf,
    const struct ptn_factors *f);

/* May a second factor be given up, so that these are left? */
bool ptn_policy_drop_factor(const struct ptn_conf *cf,
    const struct ptn_factors *left);

/* May somebody who has so many passkeys, or security keys, make another one? */
bool ptn_policy_passkey_room(const struct ptn_conf *cf, int64_t n);
bool ptn_policy_security_key_room(const struct ptn_conf *cf, int64_t n);

/*
 * Must an authenticator have verified its user, be it for a new credential: for
 * passkeys, and for security keys?
 */
bool ptn_policy_uv(const struct ptn_conf *cf);
bool ptn_policy_security_key_uv(const struct ptn_conf *cf);

#endif
