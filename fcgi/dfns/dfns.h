#ifndef PTN_DFNS_H
#define PTN_DFNS_H

#include "fcgi/family.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "fcgi/routes.h"
#include "lib/account/org.h"
#include "lib/account/passcode.h"
#include "lib/dfns/ceremony.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/factor.h"
#include "lib/dfns/member.h"
#include "lib/dfns/token.h"
#include "lib/event/event.h"

/*
 * The handlers of the Dfns authentication API.  What each does stands above
 * its definition; what it may rely on stands in its line of routes.c.
 */
extern const struct ptn_family ptn_dfns_family;

/* Who may call: whoever has... */
extern const struct ptn_auth
    ptn_dfns_auth_member,   /* a user token */
    ptn_dfns_auth_signed,   /* the same, and a user action for this request */
    ptn_dfns_auth_caller,   /* a user token, or that of a service account */
    ptn_dfns_auth_service,  /* the latter, and a user action */
    ptn_dfns_auth_recovery, /* a token to complete a recovery with */
    ptn_dfns_auth_newcomer; /* a token to complete a registration with */

extern const struct ptn_input ptn_in_dfns_code;
enum ptn_err ptn_dfns_login_code(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_registration_code(struct ptn_request *,
    struct ptn_reply *);

extern const struct ptn_input ptn_in_dfns_login_init;
extern const struct ptn_input ptn_in_dfns_answer;
enum ptn_err ptn_dfns_login_init(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_login(struct ptn_request *, struct ptn_reply *);

extern const struct ptn_input ptn_in_dfns_logout;
enum ptn_err ptn_dfns_logout(struct ptn_request *, struct ptn_reply *);

/*
 * Open a session for somebody.  Inside the caller's transaction, which holds
 * the lock of the user.
 */
enum ptn_err ptn_dfns_session_open(const struct ptn_scope *sc,
    const struct ptn_member *m, struct ptn_claims *claims) PTN_MUST_USE;

/* {"token"}: the answer, or the member of that name. */
enum ptn_err ptn_dfns_session_write(struct ptn_request *req,
    struct ptn_reply *rep, const char *name, const struct ptn_uuid *org,
    const struct ptn_member *m, const struct ptn_claims *claims) PTN_MUST_USE;

extern const struct ptn_input ptn_in_dfns_reg_init;
extern const struct ptn_input ptn_in_dfns_registration;
enum ptn_err ptn_dfns_registration_init(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_dfns_registration(struct ptn_request *, struct ptn_reply *);

extern const struct ptn_input ptn_in_dfns_end_user;
enum ptn_err ptn_dfns_end_user(struct ptn_request *, struct ptn_reply *);

extern const struct ptn_input ptn_in_dfns_delegated;
extern const struct ptn_input ptn_in_dfns_delegated_login;
extern const struct ptn_input ptn_in_dfns_delegated_recovery;
enum ptn_err ptn_dfns_delegated_registration(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_dfns_delegated_restart(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_dfns_delegated_login(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_delegated_recovery(struct ptn_request *,
    struct ptn_reply *);

extern const struct ptn_input ptn_in_dfns_recovery_init;
extern const struct ptn_input ptn_in_dfns_recovery;
enum ptn_err ptn_dfns_recovery_code(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_recovery_init(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_recovery(struct ptn_request *, struct ptn_reply *);

extern const struct ptn_input ptn_in_dfns_kind;
extern const struct ptn_input ptn_in_dfns_credential;
extern const struct ptn_input ptn_in_dfns_uuid;
enum ptn_err ptn_dfns_credentials(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_credential_init(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_credential_create(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_dfns_credential_activate(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_dfns_credential_deactivate(struct ptn_request *,
    struct ptn_reply *);

extern const struct ptn_input ptn_in_dfns_expiration;
extern const struct ptn_input ptn_in_dfns_credcode;
enum ptn_err ptn_dfns_credcode(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_credcode_init(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_credcode_verify(struct ptn_request *, struct ptn_reply *);

extern const struct ptn_input ptn_in_dfns_action_init;
enum ptn_err ptn_dfns_action_init(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_action(struct ptn_request *, struct ptn_reply *);

/*
 * Is the request approved by the user action that it carries?  Then
 * req->action is set.  A refusal otherwise (specification 7.3).
 */
enum ptn_err ptn_dfns_action_check(struct ptn_request *req,
    struct ptn_reply *rep) PTN_MUST_USE;

/* Spend it, inside the transaction of what it approves; PTN_E_GONE. */
enum ptn_err ptn_dfns_action_use(struct ptn_request *req,
    const struct ptn_scope *sc) PTN_MUST_USE;

/* The documented refusals: each has its code and its text in refusal.c. */
enum ptn_dfns_refusal {
	PTN_DFNS_BAD_TOKEN,
	PTN_DFNS_BAD_CODE,
	PTN_DFNS_BAD_CHALLENGE,
	PTN_DFNS_NOT_PROVED,
	PTN_DFNS_NO_USER,
	PTN_DFNS_NO_CREDENTIAL,
	PTN_DFNS_DEACTIVATED,
	PTN_DFNS_USER_EXISTS,
	PTN_DFNS_CODE_EXPIRED,
	PTN_DFNS_CREDENTIAL_EXISTS,
	PTN_DFNS_NO_RECOVERY,
	PTN_DFNS_NO_SUCH_CREDENTIAL,
	PTN_DFNS_LAST_CREDENTIAL,
	PTN_DFNS_NOT_SIGNED,
	PTN_DFNS_ACTION_USED,
	PTN_DFNS_NO_TOTP,
	PTN_DFNS__MAX
};
enum ptn_err ptn_dfns_refuse(struct ptn_reply *rep, enum ptn_dfns_refusal why);

/* 403 for somebody of a kind who may not call this endpoint. */
enum ptn_err ptn_dfns_refuse_kind(struct ptn_request *req,
    struct ptn_reply *rep, const char *kind);

/* 400 that names a member of the body: "Invalid request: firstFactor/kind". */
enum ptn_err ptn_dfns_malformed(struct ptn_request *req, struct ptn_reply *rep,
    const char *field, const char *why);

/* {"message":"success"} */
enum ptn_err ptn_dfns_success(struct ptn_reply *rep);

/* The organisation that a text names; what is no id is one of nobody's. */
struct ptn_uuid ptn_dfns_org_id(const char *text);

/*
 * An organisation.  One that does not exist is one that is switched off, with
 * the relying party of the configuration; nobody is told of either.
 */
enum ptn_err ptn_dfns_org(struct ptn_request *req, const struct ptn_uuid *id,
    struct ptn_org *out) PTN_MUST_USE;

/*
 * Whom a name and an organisation mean.  The same statements are run whether
 * they mean somebody or not; where they do not, org.id and member.id are ids
 * of nobody, and the rest of member is zero.
 */
struct ptn_dfns_lookup {
	bool known;
	struct ptn_org org;
	struct ptn_member member;
};
enum ptn_err ptn_dfns_lookup(struct ptn_request *req, const char *org,
    const char *username, struct ptn_dfns_lookup *who) PTN_MUST_USE;

/*
 * Refuse somebody who cannot log in, as it is documented: unknown (zeroed, or
 * archived), deactivated, or without a credential.
 *
 * failed	what to note with it, or PTN_EVENT_NONE
 */
enum ptn_err ptn_dfns_refuse_member(struct ptn_request *req,
    struct ptn_reply *rep, enum ptn_event failed, const struct ptn_member *m);

/*
 * Check the code that somebody typed, for them, or for nobody if they are not
 * able to use it: the work is the same, and their own stays.  What is no code
 * is checked as one that is wrong.
 *
 * keep	a right code stays (passcode.h).
 */
enum ptn_err ptn_dfns_check_code(struct ptn_request *req,
    const struct ptn_dfns_lookup *who, bool able, enum ptn_code_kind purpose,
    struct ptn_bytes typed, bool keep,
    enum ptn_passcode_result *what) PTN_MUST_USE;

/* Is the strictly documented behaviour asked for, which tells who exists? */
bool ptn_dfns_discloses_accounts(const struct ptn_request *req);

/* An event of a member's, of which a notice tells them. */
enum ptn_err ptn_dfns_notify(const struct ptn_scope *sc, enum ptn_event what,
    const struct ptn_org *org, const struct ptn_member *m) PTN_MUST_USE;

/* A signed token of a kind, good for ttl_s. */
enum ptn_err ptn_dfns_issue_token(struct ptn_request *req,
    enum ptn_dfns_token_kind kind, const struct ptn_uuid *org,
    const struct ptn_member *m, const struct ptn_uuid *id, int64_t ttl_s,
    char **token) PTN_MUST_USE;

/* "user": {"id", "name", "displayName"} and "rp": {"id", "name"}. */
void ptn_dfns_write_user(struct ptn_jsonw *w, const struct ptn_uuid *id,
    const char *username);
void ptn_dfns_write_rp(struct ptn_jsonw *w, const struct ptn_org *org);

/* ISO 8601 with exactly three digits of a second (specification 1.9). */
void ptn_dfns_write_time(struct ptn_jsonw *w, const char *name, int64_t us);

/* A Credential (specification 6.1). */
void ptn_dfns_write_credential(struct ptn_jsonw *w, const struct ptn_org *org,
    const struct ptn_dfns_cred *c);

/*
 * What a new credential is to be made of: challenge, kinds and parameters of
 * a registration challenge.  otp_url is that of ptn_dfns_offer_totp(), or "".
 */
void ptn_dfns_write_creation(struct ptn_jsonw *w, const struct ptn_request *req,
    const char *challenge, const struct ptn_dfns_cred *creds, size_t n,
    const char *otp_url);

/*
 * Passwords and authenticator apps, where dfns.password offers them.  Offer a
 * secret to an app of that user: its address, "" where they are not offered;
 * it is kept with the ceremony, which is not stored yet.
 */
enum ptn_err ptn_dfns_offer_totp(struct ptn_request *req,
    const struct ptn_org *org, const char *username,
    struct ptn_dfns_ceremony *c, const char **otp_url) PTN_MUST_USE;

/*
 * Is a new credential, if it is a password, one to have?  PTN_E_INPUT is said
 * already: field is the member that it stands in, or "".
 */
enum ptn_err ptn_dfns_refuse_password(struct ptn_request *req,
    struct ptn_reply *rep, const char *field,
    const struct ptn_dfns_factor_new *in) PTN_MUST_USE;

/*
 * Hash it, at the gate and never inside a transaction; NULL for another kind.
 * PTN_E_BUSY.
 */
enum ptn_err ptn_dfns_password_hash(struct ptn_request *req,
    const struct ptn_dfns_factor_new *in, const char **hash) PTN_MUST_USE;

#endif
