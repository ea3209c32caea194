#ifndef PTN_DFNS_H
#define PTN_DFNS_H

#include "fcgi/family.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "fcgi/routes.h"
#include "lib/account/org.h"
#include "lib/dfns/action.h"
#include "lib/dfns/add_credential.h"
#include "lib/dfns/answer.h"
#include "lib/dfns/challenge.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/denial.h"
#include "lib/dfns/enrolment.h"
#include "lib/dfns/factor.h"
#include "lib/dfns/member.h"
#include "lib/dfns/people.h"
#include "lib/dfns/recovery.h"
#include "lib/event/event.h"
#include "lib/format/dfnsid.h"
#include "lib/format/json.h"

/*
 * The wire protocol of the Dfns API.  A handler reads its input, calls one rule
 * of lib/dfns, and writes the answer.  The comment above each handler says what
 * it does; its line in routes.c says who may call it and what it needs.
 */
extern const struct ptn_family ptn_dfns_family;

/* Who may call an endpoint: a request that carries... */
extern const struct ptn_auth ptn_dfns_auth_member, /* a user token */
    ptn_dfns_auth_signed,   /* a user token and a signed user action */
    ptn_dfns_auth_caller,   /* a user's, personal or account's token */
    ptn_dfns_auth_service,  /* a service account's token and a user action */
    ptn_dfns_auth_owner,    /* the token of an owner, or of one's account */
    ptn_dfns_auth_managing, /* the same and a signed user action */
    ptn_dfns_auth_granting, /* the same, but for a personal token */
    ptn_dfns_auth_recovery, /* the token of a recovery that was started */
    ptn_dfns_auth_newcomer; /* the token of a registration, likewise */

/* ---------------------------------------------------------------- handlers */

extern const struct ptn_input ptn_in_dfns_code;
enum ptn_err ptn_dfns_login_code(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_registration_code(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_dfns_recovery_code(struct ptn_request *, struct ptn_reply *);

extern const struct ptn_input ptn_in_dfns_login_init;
extern const struct ptn_input ptn_in_dfns_answer;
enum ptn_err ptn_dfns_login_init(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_login(struct ptn_request *, struct ptn_reply *);

extern const struct ptn_input ptn_in_dfns_logout;
enum ptn_err ptn_dfns_logout(struct ptn_request *, struct ptn_reply *);

extern const struct ptn_input ptn_in_dfns_reg_init;
extern const struct ptn_input ptn_in_dfns_registration;
extern const struct ptn_input ptn_in_dfns_end_user;
enum ptn_err ptn_dfns_registration_init(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_dfns_registration(struct ptn_request *, struct ptn_reply *);
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
enum ptn_err ptn_dfns_credential_delete(struct ptn_request *,
    struct ptn_reply *);

extern const struct ptn_input ptn_in_dfns_expiration;
extern const struct ptn_input ptn_in_dfns_credcode;
enum ptn_err ptn_dfns_credcode(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_credcode_init(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_credcode_verify(struct ptn_request *, struct ptn_reply *);

extern const struct ptn_input ptn_in_dfns_action_init;
enum ptn_err ptn_dfns_action_init(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_action(struct ptn_request *, struct ptn_reply *);

extern const struct ptn_input ptn_in_dfns_user;
enum ptn_err ptn_dfns_users(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_user(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_user_create(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_user_activate(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_user_deactivate(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_user_archive(struct ptn_request *, struct ptn_reply *);

enum ptn_err ptn_dfns_logs(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_log(struct ptn_request *, struct ptn_reply *);

extern const struct ptn_input ptn_in_dfns_service_account;
extern const struct ptn_input ptn_in_dfns_service_change;
enum ptn_err ptn_dfns_service_accounts(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_dfns_service_account(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_service_create(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_service_change(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_service_activate(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_dfns_service_deactivate(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_dfns_service_archive(struct ptn_request *, struct ptn_reply *);

extern const struct ptn_input ptn_in_dfns_pat;
extern const struct ptn_input ptn_in_dfns_pat_change;
enum ptn_err ptn_dfns_pats(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_pat(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_pat_create(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_pat_change(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_pat_activate(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_pat_deactivate(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_dfns_pat_archive(struct ptn_request *, struct ptn_reply *);

/*
 * Refuse a request that no user action approves (lib/dfns/action.h).
 * req->action is set to the one that does.
 */
enum ptn_err ptn_dfns_require_action(struct ptn_request *req,
    struct ptn_reply *rep) PTN_MUST_USE;

/* ---------------------------------------------------------------- refusals */

/* Answer with the status and text that a denial has on the wire. */
enum ptn_err ptn_dfns_refuse(struct ptn_reply *rep,
    enum ptn_dfns_denial_reason reason);

/*
 * What a rule returned: if that is PTN_E_DENIED, refuse as above, and note the
 * event (or PTN_EVENT_NONE) if the denial has a detail.  Any other r is
 * returned as it is.
 */
enum ptn_err ptn_dfns_refuse_denied(struct ptn_request *req,
    struct ptn_reply *rep, enum ptn_err r, const struct ptn_dfns_denial *d,
    enum ptn_event event);

/* 403: a caller of this kind may not use this endpoint. */
enum ptn_err ptn_dfns_refuse_kind(struct ptn_request *req,
    struct ptn_reply *rep, const char *kind);

/* ptn_dfns_refuse_denied() for what owners alone may do. */
enum ptn_err ptn_dfns_refuse_managing(struct ptn_request *req,
    struct ptn_reply *rep, enum ptn_err r, const struct ptn_dfns_denial *d);

/*
 * 400 that names a member of the body: "Invalid request: firstFactor/kind is
 * missing or malformed", or with the clause that why is.
 */
enum ptn_err ptn_dfns_malformed(struct ptn_request *req, struct ptn_reply *rep,
    const char *field, const char *why);

/* Of a new credential: the rest of the message. */
#define PTN_DFNS_ALGORITHM_UNFIT                                               \
	"credentialInfo/attestationData/algorithm does not fit the key: "      \
	"SHA-256 or SHA-512, for Ed25519 EdDSA"

/* ptn_dfns_refuse_denied() for the second step of an enrolment. */
enum ptn_err ptn_dfns_refuse_enrolment(struct ptn_request *req,
    struct ptn_reply *rep, enum ptn_err r, const struct ptn_dfns_denial *d,
    enum ptn_event event);

/*
 * 400 for a password that the rules for passwords do not allow.
 *
 * field	the member of the body that it stands in, or "" for the body
 */
enum ptn_err ptn_dfns_refuse_unfit(struct ptn_request *req,
    struct ptn_reply *rep, const char *field, const char *why);

/* Refuse the new credential that the body is, if it is such a password. */
enum ptn_err ptn_dfns_refuse_password(struct ptn_request *req,
    struct ptn_reply *rep, const struct ptn_dfns_factor_new *in) PTN_MUST_USE;

/* ------------------------------------------------------------------- input */

/* What stands for {id}; a new one for what is no id, so that nothing has it. */
struct ptn_uuid ptn_dfns_arg(const struct ptn_request *req,
    enum ptn_dfnsid_kind kind);

/*
 * A permissionId, or none: there is one permission to give, that of owners.
 * False: another one is asked for.
 */
bool ptn_dfns_read_permission(const struct ptn_request *req,
    const struct ptn_value *v, bool *owner);

/*
 * Which part of a list is asked for, by ?limit (or usual) and
 * ?paginationToken; PTN_E_INPUT is answered already.
 */
enum ptn_err ptn_dfns_page_read(struct ptn_request *req, struct ptn_reply *rep,
    int64_t usual, int64_t *max, struct ptn_member_place *place) PTN_MUST_USE;

/* End {"items": [...]}, and say how to go on if there is more. */
enum ptn_err ptn_dfns_page_write(struct ptn_request *req, struct ptn_reply *rep,
    bool more, const struct ptn_member_place *place) PTN_MUST_USE;

/*
 * Read the answer to a challenge from the input ptn_in_dfns_answer, take its
 * ceremony and check its password, if it has one.  PTN_E_DENIED, with
 * an->denial; PTN_E_INPUT and PTN_E_RATE are answered already.
 */
enum ptn_err ptn_dfns_read_answer(struct ptn_request *req,
    struct ptn_reply *rep, enum ptn_dfns_ceremony_kind kind,
    struct ptn_dfns_answer *an) PTN_MUST_USE;

/* Read the new credentials of an object; PTN_E_INPUT is answered already. */
enum ptn_err ptn_dfns_read_enrolment(struct ptn_request *req,
    struct ptn_reply *rep, const struct ptn_json *v,
    struct ptn_dfns_enrolment *n) PTN_MUST_USE;

/*
 * Read one more credential from the input ptn_in_dfns_credential; PTN_E_INPUT
 * is answered already.
 */
enum ptn_err ptn_dfns_read_add_credential(struct ptn_request *req,
    struct ptn_reply *rep, struct ptn_dfns_add_credential *k) PTN_MUST_USE;

/* ------------------------------------------------------------------ output */

/* {"message":"success"} */
enum ptn_err ptn_dfns_success(struct ptn_reply *rep);

/* {"token"}: the whole answer, or the member with this name. */
void ptn_dfns_write_session(struct ptn_reply *rep, const char *name,
    const char *token);

/* "user": {"id", "name", "displayName"} and "rp": {"id", "name"}. */
void ptn_dfns_write_user(struct ptn_jsonw *w, const struct ptn_uuid *id,
    const char *username);
void ptn_dfns_write_rp(struct ptn_jsonw *w, const struct ptn_org *org);

/* "attestation": whether new passkeys are asked for one. */
void ptn_dfns_write_attestation(struct ptn_jsonw *w,
    const struct ptn_request *req);

/* A time in ISO 8601 with exactly three digits of a second. */
void ptn_dfns_write_time(struct ptn_jsonw *w, const char *name, int64_t us);

/* A credential as its owner sees it: postern-api(7), GET /auth/credentials. */
void ptn_dfns_write_credential(struct ptn_jsonw *w, const struct ptn_org *org,
    const struct ptn_dfns_cred *c);

/* A member, as owners see them: a member with this name, or NULL. */
void ptn_dfns_write_person(struct ptn_jsonw *w, const char *name,
    const struct ptn_uuid *org, const struct ptn_dfns_people_row *p);

/* An access token as its owner sees it. */
struct ptn_dfns_shown_token {
	struct ptn_uuid id;
	struct ptn_uuid user; /* as whom it calls */
	const char *kind;
	const char *name;
	const char *cred_id;
	const char *fingerprint;
	bool active;
	int64_t created_at_us;
	struct ptn_uuid grantee; /* who has the permission: user or token */
	bool owner;
	const char *text; /* the token itself, or NULL: seen only once */
};
void ptn_dfns_write_token(struct ptn_jsonw *w, const struct ptn_uuid *org,
    const struct ptn_dfns_shown_token *t);

/* The whole answer: a challenge for existing credentials. */
void ptn_dfns_write_challenge(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_challenge *ch);

/*
 * The members of a challenge for new credentials: the challenge itself, the
 * kinds that are offered, and what navigator.credentials.create() is called
 * with.
 *
 * creds	that the user has already
 */
void ptn_dfns_write_creation(struct ptn_jsonw *w, const struct ptn_request *req,
    const char *challenge, const struct ptn_dfns_cred *creds, size_t n,
    const char *otp_url);

/*
 * The answer to the first step of an enrolment, and to the second, each in an
 * object that stays open for more members.
 */
void ptn_dfns_write_enrolment_start(struct ptn_request *req,
    struct ptn_reply *rep, const struct ptn_dfns_enrolment_start *s);
void ptn_dfns_write_enrolment(struct ptn_reply *rep, const struct ptn_member *m,
    const struct ptn_dfns_enrolment *n);

/* The whole answer to the first step of a recovery. */
void ptn_dfns_write_recovery_start(struct ptn_request *req,
    struct ptn_reply *rep, const struct ptn_dfns_recovery_start *s);

/* The whole answer to the first step for one more credential. */
void ptn_dfns_write_add_credential(struct ptn_request *req,
    struct ptn_reply *rep, const struct ptn_dfns_add_credential_start *s);

#endif
