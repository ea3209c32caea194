#ifndef PTN_ADMIN_H
#define PTN_ADMIN_H

#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "fcgi/routes.h"
#include "lib/account/metadata.h"
#include "lib/account/operator_session.h"

/*
 * The Admin API: what an operator may do, by a key (lib/account/adminkey.h) or
 * a session of their own (lib/account/operator_session.h).
 * What each handler does stands above its definition; what it may rely on
 * stands in its line of routes.c.
 */
extern const struct ptn_family ptn_admin_family;

/* Who calls: a key, or a user who is marked as an operator. */
struct ptn_admin_caller {
	const char *name;	   /* of the key, or of the user */
	struct ptn_uuid tenant_id; /* nil: they are for all of them */
	bool read_only;
	int64_t expires_at_us;		     /* 0: never */
	struct ptn_operator_session session; /* its id is nil: it is a key */
};

/*
 * Who may call.  The request is of the tenant that they are for; or, if they
 * are for all of them, of the one that the path names, else of the default one.
 */
extern const struct ptn_auth ptn_admin_auth_reader;  /* any of them */
extern const struct ptn_auth ptn_admin_auth_changer; /* no read-only one */
extern const struct ptn_auth ptn_admin_auth_host; /* one of all organisations */
extern const struct ptn_auth ptn_admin_auth_host_changer; /* both */
/* The same, or metrics.key: then neither tenant nor database is there. */
extern const struct ptn_auth ptn_admin_auth_scraper;

/* Who is no caller yet, from a page of operators. */
extern const struct ptn_auth ptn_admin_auth_entrant;

/* It is the operator of that session. */
void ptn_admin_caller_is(struct ptn_admin_caller *who,
    const struct ptn_operator_session *s);

/*
 * Not let in: counted by network, and on record, for a reason of ours, until
 * that limit is reached.  why NULL: it is on record already.
 */
enum ptn_err ptn_admin_deny(struct ptn_request *req, struct ptn_reply *rep,
    const char *why) PTN_MUST_USE;

extern const struct ptn_input ptn_in_operator_login;
enum ptn_err ptn_admin_operator_show(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_operator_login_init(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_admin_operator_login(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_admin_operator_logout(struct ptn_request *,
    struct ptn_reply *);

/* Why there is no way to log in for one. */
#define PTN_ADMIN_SERVICE "a service account: nobody logs in as one"

enum ptn_err ptn_admin_metrics(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_audit_list(struct ptn_request *, struct ptn_reply *);

/*
 * The user that {id} of the path names: any UUID.  What happens is about them.
 * PTN_E_INPUT.
 */
enum ptn_err ptn_admin_user_named(struct ptn_request *req,
    struct ptn_reply *rep, struct ptn_uuid *id) PTN_MUST_USE;

/* The same, who exists: PTN_E_NOT_FOUND. */
enum ptn_err ptn_admin_user_found(struct ptn_request *req,
    struct ptn_reply *rep, struct ptn_uuid *id) PTN_MUST_USE;

/*
 * The user that {id} names, and what of theirs the second id of the path does,
 * which is called so: "session_id".  PTN_E_INPUT.
 */
enum ptn_err ptn_admin_user_has(struct ptn_request *req, struct ptn_reply *rep,
    const char *what, struct ptn_uuid *user, struct ptn_uuid *id) PTN_MUST_USE;

/*
 * To whom is for one tenant alone, an operator is as unknown as somebody of
 * another: PTN_E_NOT_FOUND.  Of the user whom {id} of a path names it is asked
 * before its handler is.
 */
enum ptn_err ptn_admin_user_reached(struct ptn_request *req,
    struct ptn_reply *rep, const struct ptn_uuid *id) PTN_MUST_USE;

/* Returns r; if it is PTN_E_NOT_FOUND, that it is the user who is not there. */
enum ptn_err ptn_admin_user_unknown(struct ptn_reply *rep,
    enum ptn_err r) PTN_MUST_USE;

extern const struct ptn_input ptn_in_admin_user;
extern const struct ptn_input ptn_in_admin_user_edit;
enum ptn_err ptn_admin_user_list(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_user_create(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_user_show(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_user_edit(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_user_delete(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_user_lock(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_user_unlock(struct ptn_request *, struct ptn_reply *);

enum ptn_err ptn_admin_limit_list(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_limit_clear(struct ptn_request *, struct ptn_reply *);

extern const struct ptn_input ptn_in_admin_email;
enum ptn_err ptn_admin_email_list(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_email_add(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_email_show(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_email_delete(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_email_set_primary(struct ptn_request *,
    struct ptn_reply *);

extern const struct ptn_input ptn_in_admin_password;
enum ptn_err ptn_admin_password_show(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_password_create(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_admin_password_update(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_admin_password_delete(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_admin_otp_show(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_otp_delete(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_credential_list(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_admin_credential_show(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_admin_credential_delete(struct ptn_request *,
    struct ptn_reply *);

extern const struct ptn_input ptn_in_admin_metadata;
enum ptn_err ptn_admin_metadata_show(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_metadata_edit(struct ptn_request *, struct ptn_reply *);

/*
 * What became of it, in words; wrong: which are UNFIT, or too LONG.
 * PTN_E_NOT_FOUND: there is no such user.
 */
enum ptn_err ptn_admin_metadata_settle(struct ptn_reply *rep, const bool *wrong,
    enum ptn_metadata_result what) PTN_MUST_USE;

enum ptn_err ptn_admin_token_list(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_token_delete(struct ptn_request *, struct ptn_reply *);

extern const struct ptn_input ptn_in_admin_session;
enum ptn_err ptn_admin_session_list(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_session_delete(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_session_delete_all(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_admin_session_create(struct ptn_request *, struct ptn_reply *);

extern const struct ptn_input ptn_in_admin_tenant;
extern const struct ptn_input ptn_in_admin_tenant_change;
enum ptn_err ptn_admin_tenant_list(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_tenant_create(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_tenant_show(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_tenant_change(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_tenant_delete(struct ptn_request *, struct ptn_reply *);

extern const struct ptn_input ptn_in_admin_hook;
extern const struct ptn_input ptn_in_admin_hook_edit;
enum ptn_err ptn_admin_hook_list(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_hook_create(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_hook_show(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_hook_edit(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_admin_hook_delete(struct ptn_request *, struct ptn_reply *);

#endif
