#ifndef PTN_PUBLIC_H
#define PTN_PUBLIC_H

#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "fcgi/routes.h"

/*
 * The handlers of the public API.  What each does stands above its definition;
 * what it may rely on stands in its line of routes.c.
 */
enum ptn_err ptn_public_status_page(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_public_health_alive(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_public_health_ready(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_public_well_known_jwks(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_public_well_known_config(struct ptn_request *,
    struct ptn_reply *);

enum ptn_err ptn_public_doctor(struct ptn_request *, struct ptn_reply *);

extern const struct ptn_input ptn_in_email;
enum ptn_err ptn_public_user_find(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_public_user_create(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_public_user_me(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_public_user_show(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_public_user_remove(struct ptn_request *, struct ptn_reply *);

extern const struct ptn_input ptn_in_passcode_init;
extern const struct ptn_input ptn_in_passcode_final;
enum ptn_err ptn_public_passcode_init(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_public_passcode_final(struct ptn_request *,
    struct ptn_reply *);

extern const struct ptn_input ptn_in_password;
enum ptn_err ptn_public_password_login(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_public_password_update(struct ptn_request *,
    struct ptn_reply *);

extern const struct ptn_input ptn_in_session_token;
enum ptn_err ptn_public_logout(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_public_session_validate(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_public_token_validate(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_public_session_list(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_public_session_remove(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_public_session_end_others(struct ptn_request *,
    struct ptn_reply *);

extern const struct ptn_input ptn_in_address;
enum ptn_err ptn_public_email_list(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_public_email_add(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_public_email_delete(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_public_email_primary_set(struct ptn_request *,
    struct ptn_reply *);

extern const struct ptn_input ptn_in_registration;
extern const struct ptn_input ptn_in_login_init;
extern const struct ptn_input ptn_in_login_final;
enum ptn_err ptn_public_registration_init(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_public_registration_final(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_public_login_init(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_public_login_final(struct ptn_request *, struct ptn_reply *);

extern const struct ptn_input ptn_in_credential_name;
enum ptn_err ptn_public_credential_list(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_public_credential_update(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_public_credential_remove(struct ptn_request *,
    struct ptn_reply *);

struct ptn_family;
extern const struct ptn_family ptn_public_family;

/* Who may call. */
extern const struct ptn_auth
    ptn_public_auth_login,    /* anybody; the session brought ends by it */
    ptn_public_auth_optional, /* anybody; a valid session is looked at */
    ptn_public_auth_session,  /* a valid session, 401 otherwise */
    ptn_public_auth_sessions, /* valid ones, be they of several users */
    ptn_public_auth_site;     /* the same, asked for a request of the site's:
				 its Origin is the site's business */

/* The first factor was right, which is told no one else. */
#define PTN_PUBLIC_SECOND_FACTOR                                               \
	"a second factor is asked for: log in by a flow"

/* What the result of a rule is answered with: as ptn_reply_say() takes it. */
struct ptn_public_answer {
	enum ptn_err r;
	const char *message; /* NULL: that of the status */
};

#endif
