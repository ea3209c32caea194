#ifndef PTN_EVENT_AUDIT_H
#define PTN_EVENT_AUDIT_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/conf/conf.h"
#include "lib/db/db.h"
#include "lib/db/scope.h"

/* THE list of audit events: enumerator and wire name. */
#define PTN_AUDIT_EVENTS(X)                                                    \
	X(PASSCODE_INIT_OK, "passcode_login_init_succeeded")                   \
	X(PASSCODE_INIT_FAILED, "passcode_login_init_failed")                  \
	X(PASSCODE_FINAL_OK, "passcode_login_final_succeeded")                 \
	X(PASSCODE_FINAL_FAILED, "passcode_login_final_failed")                \
	X(PASSWORD_LOGIN_OK, "password_login_succeeded")                       \
	X(PASSWORD_LOGIN_FAILED, "password_login_failed")                      \
	X(PASSWORD_SET_OK, "password_set_succeeded")                           \
	X(PASSWORD_SET_FAILED, "password_set_failed")                          \
	X(USER_CREATED, "user_created")                                        \
	X(USER_DELETED, "user_deleted")                                        \
	X(USER_LOGGED_OUT, "user_logged_out")                                  \
	X(EMAIL_VERIFIED, "email_verified")                                    \
	X(PRIMARY_EMAIL_CHANGED, "primary_email_changed")                      \
	X(EMAIL_CREATED, "email_created")                                      \
	X(EMAIL_DELETED, "email_deleted")                                      \
	X(SESSION_DELETED, "session_deleted")                                  \
	X(REGISTRATION_INIT_OK, "webauthn_registration_init_succeeded")        \
	X(REGISTRATION_INIT_FAILED, "webauthn_registration_init_failed")       \
	X(REGISTRATION_FINAL_OK, "webauthn_registration_final_succeeded")      \
	X(REGISTRATION_FINAL_FAILED, "webauthn_registration_final_failed")     \
	X(AUTHENTICATION_INIT_OK, "webauthn_authentication_init_succeeded")    \
	X(AUTHENTICATION_INIT_FAILED, "webauthn_authentication_init_failed")   \
	X(AUTHENTICATION_FINAL_OK, "webauthn_authentication_final_succeeded")  \
	X(AUTHENTICATION_FINAL_FAILED, "webauthn_authentication_final_failed") \
	X(CREDENTIAL_UPDATED, "webauthn_credential_updated")                   \
	X(CREDENTIAL_DELETED, "webauthn_credential_deleted")                   \
	X(DFNS_CODE_REQUESTED, "dfns_code_requested")                          \
	X(DFNS_REGISTRATION_OK, "dfns_registration_succeeded")                 \
	X(DFNS_REGISTRATION_FAILED, "dfns_registration_failed")                \
	X(DFNS_LOGIN_OK, "dfns_login_succeeded")                               \
	X(DFNS_LOGIN_FAILED, "dfns_login_failed")                              \
	X(DFNS_RECOVERY_OK, "dfns_recovery_succeeded")                         \
	X(DFNS_RECOVERY_FAILED, "dfns_recovery_failed")                        \
	X(DFNS_ACTION_SIGNED, "dfns_user_action_signed")                       \
	X(DFNS_ACTION_FAILED, "dfns_user_action_failed")                       \
	X(DFNS_DELEGATED_LOGIN_OK, "dfns_delegated_login_succeeded")           \
	X(DFNS_DELEGATED_LOGIN_FAILED, "dfns_delegated_login_failed")          \
	X(DFNS_DELEGATED_REGISTRATION_OK,                                      \
	    "dfns_delegated_registration_init_succeeded")                      \
	X(DFNS_DELEGATED_REGISTRATION_FAILED,                                  \
	    "dfns_delegated_registration_init_failed")                         \
	X(DFNS_DELEGATED_RECOVERY_OK,                                          \
	    "dfns_delegated_recovery_init_succeeded")                          \
	X(DFNS_DELEGATED_RECOVERY_FAILED,                                      \
	    "dfns_delegated_recovery_init_failed")                             \
	X(DFNS_CREDENTIAL_CREATED, "dfns_credential_created")                  \
	X(DFNS_CREDENTIAL_CODE, "dfns_credential_code_created")                \
	X(DFNS_CREDENTIAL_CODE_FAILED, "dfns_credential_code_failed")          \
	X(DFNS_CREDENTIAL_CHANGED, "dfns_credential_changed")                  \
	X(RATE_LIMITED, "rate_limited")

enum ptn_audit_event {
	PTN_AUDIT_NONE = 0,
#define PTN_AUDIT_ENUM(e, name) PTN_AUDIT_##e,
	PTN_AUDIT_EVENTS(PTN_AUDIT_ENUM)
#undef PTN_AUDIT_ENUM
	    PTN_AUDIT__MAX
};

#define PTN_AUDIT_MAX 4 /* events one request can raise */

/* What a request leaves behind: handlers note, the gate writes. */
struct ptn_audit {
	struct {
		enum ptn_audit_event event;
		const char *error; /* why it failed, or NULL; no input text */
	} note[PTN_AUDIT_MAX];
	size_t n;
	struct ptn_uuid user_id;
	const char *email; /* canonical, or NULL */
	/* the gate fills in: */
	const char *request_id;
	const char *ip;
	const char *user_agent;
};

void ptn_audit_note(struct ptn_audit *au, enum ptn_audit_event e,
    const char *error);

/*
 * Write every note: rows if audit_log.storage.enabled, JSON lines if
 * audit_log.console_output.enabled.  A row that cannot be written fails the
 * request (PTN_E_UNAVAILABLE).
 */
enum ptn_err ptn_audit_write(const struct ptn_scope *sc,
    const struct ptn_audit *au) PTN_MUST_USE;

const char *ptn_audit_name(enum ptn_audit_event e);

#endif
