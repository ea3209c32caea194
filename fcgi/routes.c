#include "fcgi/routes.h"

#include <string.h>

#include "fcgi/admin/admin.h"
#include "fcgi/authorizer.h"
#include "fcgi/dfns/dfns.h"
#include "fcgi/family.h"
#include "fcgi/flow/wire.h"
#include "fcgi/public/public.h"
#include "fcgi/throttle.h"
#include "lib/base/array.h"
#include "lib/base/log.h"

/* THE table of families; one of the public side has the prefix "". */
static const struct ptn_family *const families[] = { &ptn_public_family,
	&ptn_flow_family, &ptn_dfns_family, &ptn_admin_family };
static const size_t families_n = PTN_ARRAY_LEN(families);

static const struct ptn_input no_input = { NULL, 0 };

/* clang-format off */
#define PUBLIC   &ptn_public_family
#define FLOW     &ptn_flow_family
#define DFNS     &ptn_dfns_family
#define ADMIN    &ptn_admin_family
#define GET      PTN_GET
#define POST     PTN_POST
#define PUT      PTN_PUT
#define PATCH    PTN_PATCH
#define DELETE   PTN_DELETE
#define ANYBODY  &ptn_auth_anybody
#define LOGIN    &ptn_public_auth_login
#define OPTIONAL &ptn_public_auth_optional
#define SESSION  &ptn_public_auth_session
#define SESSIONS &ptn_public_auth_sessions
#define SITE     &ptn_public_auth_site
#define STARTER  &ptn_flow_auth_login
#define OWNER    &ptn_flow_auth_session
#define MEMBER   &ptn_dfns_auth_member
#define NEWCOMER &ptn_dfns_auth_newcomer
#define SIGNED   &ptn_dfns_auth_signed
#define CALLER   &ptn_dfns_auth_caller
#define SERVICE  &ptn_dfns_auth_service
#define OWNING   &ptn_dfns_auth_owner
#define MANAGING &ptn_dfns_auth_managing
#define GRANTING &ptn_dfns_auth_granting
#define RECOVERY &ptn_dfns_auth_recovery
#define READER   &ptn_admin_auth_reader
#define CHANGER  &ptn_admin_auth_changer
#define HOST     &ptn_admin_auth_host
#define HOST_CHANGER &ptn_admin_auth_host_changer
#define ENTRANT  &ptn_admin_auth_entrant
#define SCRAPER  &ptn_admin_auth_scraper
#define NONE     PTN_NEED_NOTHING
#define KEYS     PTN_NEED_KEYS
#define DB       PTN_NEED_DB
#define FREE     PTN_RATE_NONE
#define BY_RULE  PTN_RATE_RULE
#define LOOKUPS  PTN_RATE_LOOKUP
#define SIGNUPS  PTN_RATE_SIGNUP
#define SIGNING  PTN_RATE_CHALLENGE
#define HASHES   PTN_RATE_HASH
#define CODES    PTN_RATE_PASSCODE
#define GUESSES  PTN_RATE_PASSWORD
#define MAILS    PTN_RATE_CODE
#define INITS    PTN_RATE_LOGIN
#define ANSWERS  PTN_RATE_ANSWER
#define FACTORS  PTN_RATE_FACTOR
#define TYPED    PTN_RATE_TYPED
#define STEPS    PTN_RATE_STEP
#define IN(name) &ptn_in_##name
#define ON(name) ptn_feature_##name
#define NO_INPUT &no_input

const struct ptn_route ptn_routes[] = {
	/* whose  method  path                                 who may   needs limit   input                    exists if     handler */
	{ PUBLIC, GET,    "/",                                 ANYBODY,  DB,   FREE,    NO_INPUT,               ON(always),    ptn_public_status_page },
	{ PUBLIC, GET,    "/health/alive",                     ANYBODY,  NONE, FREE,    NO_INPUT,               ON(always),    ptn_public_health_alive },
	{ PUBLIC, GET,    "/health/ready",                     ANYBODY,  NONE, FREE,    NO_INPUT,               ON(always),    ptn_public_health_ready },
	{ PUBLIC, GET,    "/.well-known/jwks.json",            ANYBODY,  KEYS, FREE,    NO_INPUT,               ON(always),    ptn_public_well_known_jwks },
	{ PUBLIC, GET,    "/.well-known/config",               ANYBODY,  NONE, FREE,    NO_INPUT,               ON(always),    ptn_public_well_known_config },
	{ PUBLIC, POST,   "/doctor/{id}",                      ANYBODY,  NONE, FREE,    NO_INPUT,               ON(always),    ptn_public_doctor },

	{ PUBLIC, POST,   "/user",                             ANYBODY,  DB,   LOOKUPS, IN(email),              ON(always),    ptn_public_user_find },
	{ PUBLIC, POST,   "/users",                            ANYBODY,  DB,   SIGNUPS, IN(email),              ON(always),    ptn_public_user_create },
	{ PUBLIC, GET,    "/users/{id}",                       SESSION,  DB,   FREE,    NO_INPUT,               ON(always),    ptn_public_user_show },
	{ PUBLIC, GET,    "/me",                               SESSION,  DB,   FREE,    NO_INPUT,               ON(always),    ptn_public_user_me },
	{ PUBLIC, DELETE, "/user",                             SESSION,  DB,   FREE,    NO_INPUT,               ON(deletion),  ptn_public_user_remove },

	{ PUBLIC, POST,   "/passcode/login/initialize",        OPTIONAL, DB,   CODES,   IN(passcode_init),      ON(passcodes), ptn_public_passcode_init },
	{ PUBLIC, POST,   "/passcode/login/finalize",          OPTIONAL, DB,   ANSWERS, IN(passcode_final),     ON(passcodes), ptn_public_passcode_final },

	{ PUBLIC, POST,   "/password/login",                   LOGIN,    DB,   GUESSES, IN(password),           ON(passwords), ptn_public_password_login },
	{ PUBLIC, PUT,    "/password",                         SESSION,  DB,   HASHES,  IN(password),           ON(passwords), ptn_public_password_update },

	{ PUBLIC, GET,    "/emails",                           SESSION,  DB,   FREE,    NO_INPUT,               ON(always),    ptn_public_email_list },
	{ PUBLIC, POST,   "/emails",                           SESSION,  DB,   BY_RULE, IN(address),            ON(always),    ptn_public_email_add },
	{ PUBLIC, DELETE, "/emails/{id}",                      SESSION,  DB,   FREE,    NO_INPUT,               ON(always),    ptn_public_email_delete },
	{ PUBLIC, POST,   "/emails/{id}/set_primary",          SESSION,  DB,   FREE,    NO_INPUT,               ON(always),    ptn_public_email_primary_set },

	{ PUBLIC, POST,   "/webauthn/registration/initialize", SESSION,  DB,   SIGNING, NO_INPUT,               ON(passkeys),  ptn_public_registration_init },
	{ PUBLIC, POST,   "/webauthn/registration/finalize",   SESSION,  DB,   FREE,    IN(registration),       ON(passkeys),  ptn_public_registration_final },
	{ PUBLIC, POST,   "/webauthn/login/initialize",        ANYBODY,  DB,   SIGNING, IN(login_init),         ON(passkeys),  ptn_public_login_init },
	{ PUBLIC, POST,   "/webauthn/login/finalize",          LOGIN,    DB,   ANSWERS, IN(login_final),        ON(passkeys),  ptn_public_login_final },
	{ PUBLIC, GET,    "/webauthn/credentials",             SESSION,  DB,   FREE,    NO_INPUT,               ON(passkeys),  ptn_public_credential_list },
	{ PUBLIC, PATCH,  "/webauthn/credentials/{id}",        SESSION,  DB,   FREE,    IN(credential_name),    ON(passkeys),  ptn_public_credential_update },
	{ PUBLIC, DELETE, "/webauthn/credentials/{id}",        SESSION,  DB,   FREE,    NO_INPUT,               ON(passkeys),  ptn_public_credential_remove },

	{ PUBLIC, POST,   "/logout",                           SESSIONS, DB,   FREE,    NO_INPUT,               ON(always),    ptn_public_logout },
	{ PUBLIC, GET,    "/authorize",                        SITE,     DB,   FREE,    NO_INPUT,               ON(always),    ptn_authorizer_decide },
	{ PUBLIC, GET,    "/sessions/validate",                OPTIONAL, DB,   FREE,    NO_INPUT,               ON(always),    ptn_public_session_validate },
	{ PUBLIC, POST,   "/sessions/validate",                ANYBODY,  DB,   FREE,    IN(session_token),      ON(always),    ptn_public_token_validate },
	{ PUBLIC, GET,    "/sessions",                         SESSION,  DB,   FREE,    NO_INPUT,               ON(sessions),  ptn_public_session_list },
	{ PUBLIC, DELETE, "/sessions/{id}",                    SESSION,  DB,   FREE,    NO_INPUT,               ON(revocation), ptn_public_session_remove },
	{ PUBLIC, DELETE, "/sessions",                         SESSION,  DB,   FREE,    NO_INPUT,               ON(revocation), ptn_public_session_end_others },

	{ FLOW,   POST,   "/login",                            STARTER,  DB,   STEPS,   NO_INPUT,               ON(always),    ptn_flow_serve_login },
	{ FLOW,   POST,   "/profile",                          OWNER,    DB,   STEPS,   NO_INPUT,               ON(always),    ptn_flow_serve_profile },
	{ FLOW,   POST,   "/registration",                     ANYBODY,  DB,   STEPS,   NO_INPUT,               ON(always),    ptn_flow_serve_registration },
	{ FLOW,   POST,   "/token_exchange",                   ANYBODY,  DB,   FREE,    NO_INPUT,               ON(always),    ptn_flow_serve_token_exchange },

	{ DFNS,   POST,   "/auth/login/code",                  ANYBODY,  DB,   MAILS,   IN(dfns_code),          ON(dfns_mail), ptn_dfns_login_code },
	{ DFNS,   POST,   "/auth/login/init",                  ANYBODY,  DB,   INITS,   IN(dfns_login_init),    ON(dfns),      ptn_dfns_login_init },
	{ DFNS,   POST,   "/auth/login",                       ANYBODY,  DB,   ANSWERS, IN(dfns_answer),        ON(dfns),      ptn_dfns_login },
	{ DFNS,   POST,   "/auth/login/delegated",             SERVICE,  DB,   FREE,    IN(dfns_delegated_login), ON(dfns),    ptn_dfns_delegated_login },
	{ DFNS,   PUT,    "/auth/logout",                      MEMBER,   DB,   FREE,    IN(dfns_logout),        ON(dfns),      ptn_dfns_logout },
	{ DFNS,   POST,   "/auth/logout",                      MEMBER,   DB,   FREE,    IN(dfns_logout),        ON(dfns),      ptn_dfns_logout },
	{ DFNS,   PUT,    "/auth/registration/code",           ANYBODY,  DB,   MAILS,   IN(dfns_code),          ON(dfns_mail), ptn_dfns_registration_code },
	{ DFNS,   POST,   "/auth/registration/init",           ANYBODY,  DB,   INITS,   IN(dfns_reg_init),      ON(dfns),      ptn_dfns_registration_init },
	{ DFNS,   POST,   "/auth/registration",                NEWCOMER, DB,   FREE,    IN(dfns_registration),  ON(dfns),      ptn_dfns_registration },
	{ DFNS,   POST,   "/auth/registration/enduser",        NEWCOMER, DB,   FREE,    IN(dfns_end_user),      ON(dfns),      ptn_dfns_end_user },
	{ DFNS,   POST,   "/auth/registration/delegated",      SERVICE,  DB,   FREE,    IN(dfns_delegated),  ON(dfns),      ptn_dfns_delegated_registration },
	{ DFNS,   POST,   "/auth/registration/delegated/restart", SERVICE, DB, FREE, IN(dfns_delegated),     ON(dfns),      ptn_dfns_delegated_restart },
	{ DFNS,   GET,    "/auth/credentials",                 MEMBER,   DB,   FREE,    NO_INPUT,               ON(dfns),      ptn_dfns_credentials },
	{ DFNS,   POST,   "/auth/credentials/init",            MEMBER,   DB,   FREE,    IN(dfns_kind),          ON(dfns),      ptn_dfns_credential_init },
	{ DFNS,   POST,   "/auth/credentials",                 SIGNED,   DB,   FREE,    IN(dfns_credential),    ON(dfns),      ptn_dfns_credential_create },
	{ DFNS,   PUT,    "/auth/credentials/activate",        SIGNED,   DB,   FREE,    IN(dfns_uuid),          ON(dfns),      ptn_dfns_credential_activate },
	{ DFNS,   PUT,    "/auth/credentials/deactivate",      SIGNED,   DB,   FREE,    IN(dfns_uuid),          ON(dfns),      ptn_dfns_credential_deactivate },
	{ DFNS,   DELETE, "/auth/credentials/{id}",            SIGNED,   DB,   FREE,    NO_INPUT,               ON(dfns),      ptn_dfns_credential_delete },
	{ DFNS,   POST,   "/auth/credentials/code",            SIGNED,   DB,   FREE,    IN(dfns_expiration),    ON(dfns),      ptn_dfns_credcode },
	{ DFNS,   POST,   "/auth/credentials/code/init",       ANYBODY,  DB,   TYPED,   IN(dfns_credcode),      ON(dfns),      ptn_dfns_credcode_init },
	{ DFNS,   POST,   "/auth/credentials/code/verify",     ANYBODY,  DB,   ANSWERS, IN(dfns_credential),    ON(dfns),      ptn_dfns_credcode_verify },
	{ DFNS,   POST,   "/auth/action/init",                 CALLER,   DB,   FREE,    IN(dfns_action_init),   ON(dfns),      ptn_dfns_action_init },
	{ DFNS,   POST,   "/auth/action",                      CALLER,   DB,   FACTORS, IN(dfns_answer),        ON(dfns),      ptn_dfns_action },
	{ DFNS,   POST,   "/auth/recover/user/code",           ANYBODY,  DB,   MAILS,   IN(dfns_code),          ON(dfns_mail), ptn_dfns_recovery_code },
	{ DFNS,   PUT,    "/auth/recover/user/code",           ANYBODY,  DB,   MAILS,   IN(dfns_code),          ON(dfns_mail), ptn_dfns_recovery_code },
	{ DFNS,   POST,   "/auth/recover/user/init",           ANYBODY,  DB,   INITS,   IN(dfns_recovery_init), ON(dfns),      ptn_dfns_recovery_init },
	{ DFNS,   POST,   "/auth/recover/user/delegated",      SERVICE,  DB,   FREE,    IN(dfns_delegated_recovery), ON(dfns), ptn_dfns_delegated_recovery },
	{ DFNS,   POST,   "/auth/recover/user",                RECOVERY, DB,   FREE,    IN(dfns_recovery),      ON(dfns),      ptn_dfns_recovery },
	{ DFNS,   GET,    "/auth/users",                       OWNING,   DB,   FREE,    NO_INPUT,               ON(dfns),      ptn_dfns_users },
	{ DFNS,   POST,   "/auth/users",                       MANAGING, DB,   BY_RULE, IN(dfns_user),          ON(dfns_mail), ptn_dfns_user_create },
	{ DFNS,   GET,    "/auth/users/{id}",                  OWNING,   DB,   FREE,    NO_INPUT,               ON(dfns),      ptn_dfns_user },
	{ DFNS,   DELETE, "/auth/users/{id}",                  MANAGING, DB,   FREE,    NO_INPUT,               ON(dfns),      ptn_dfns_user_archive },
	{ DFNS,   PUT,    "/auth/users/{id}/activate",         MANAGING, DB,   FREE,    NO_INPUT,               ON(dfns),      ptn_dfns_user_activate },
	{ DFNS,   PUT,    "/auth/users/{id}/deactivate",       MANAGING, DB,   FREE,    NO_INPUT,               ON(dfns),      ptn_dfns_user_deactivate },
	{ DFNS,   GET,    "/auth/action/logs",                 OWNING,   DB,   FREE,    NO_INPUT,               ON(dfns),      ptn_dfns_logs },
	{ DFNS,   GET,    "/auth/action/logs/{id}",            OWNING,   DB,   FREE,    NO_INPUT,               ON(dfns),      ptn_dfns_log },
	{ DFNS,   GET,    "/auth/pats",                        MEMBER,   DB,   FREE,    NO_INPUT,               ON(dfns),      ptn_dfns_pats },
	{ DFNS,   POST,   "/auth/pats",                        SIGNED,   DB,   FREE,    IN(dfns_pat),           ON(dfns),      ptn_dfns_pat_create },
	{ DFNS,   GET,    "/auth/pats/{id}",                   MEMBER,   DB,   FREE,    NO_INPUT,               ON(dfns),      ptn_dfns_pat },
	{ DFNS,   PUT,    "/auth/pats/{id}",                   SIGNED,   DB,   FREE,    IN(dfns_pat_change),    ON(dfns),      ptn_dfns_pat_change },
	{ DFNS,   DELETE, "/auth/pats/{id}",                   SIGNED,   DB,   FREE,    NO_INPUT,               ON(dfns),      ptn_dfns_pat_archive },
	{ DFNS,   PUT,    "/auth/pats/{id}/activate",          SIGNED,   DB,   FREE,    NO_INPUT,               ON(dfns),      ptn_dfns_pat_activate },
	{ DFNS,   PUT,    "/auth/pats/{id}/deactivate",        SIGNED,   DB,   FREE,    NO_INPUT,               ON(dfns),      ptn_dfns_pat_deactivate },
	{ DFNS,   GET,    "/auth/service-accounts",            OWNING,   DB,   FREE,    NO_INPUT,               ON(dfns),      ptn_dfns_service_accounts },
	{ DFNS,   POST,   "/auth/service-accounts",            GRANTING, DB,   FREE,    IN(dfns_service_account), ON(dfns),    ptn_dfns_service_create },
	{ DFNS,   GET,    "/auth/service-accounts/{id}",       OWNING,   DB,   FREE,    NO_INPUT,               ON(dfns),      ptn_dfns_service_account },
	{ DFNS,   PUT,    "/auth/service-accounts/{id}",       MANAGING, DB,   FREE,    IN(dfns_service_change), ON(dfns),     ptn_dfns_service_change },
	{ DFNS,   DELETE, "/auth/service-accounts/{id}",       MANAGING, DB,   FREE,    NO_INPUT,               ON(dfns),      ptn_dfns_service_archive },
	{ DFNS,   PUT,    "/auth/service-accounts/{id}/activate", GRANTING, DB, FREE, NO_INPUT,               ON(dfns),      ptn_dfns_service_activate },
	{ DFNS,   PUT,    "/auth/service-accounts/{id}/deactivate", MANAGING, DB, FREE, NO_INPUT,             ON(dfns),      ptn_dfns_service_deactivate },

	{ ADMIN,  GET,    "/",                                 READER,   DB,   FREE,    NO_INPUT,               ON(always),    ptn_public_status_page },
	{ ADMIN,  GET,    "/health/alive",                     ANYBODY,  NONE, FREE,    NO_INPUT,               ON(always),    ptn_public_health_alive },
	{ ADMIN,  GET,    "/health/ready",                     ANYBODY,  NONE, FREE,    NO_INPUT,               ON(always),    ptn_public_health_ready },
	{ ADMIN,  GET,    "/metrics",                          SCRAPER,    DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_metrics },
	{ ADMIN,  GET,    "/audit_logs",                       READER,   DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_audit_list },
	{ ADMIN,  GET,    "/operator",                         READER,   DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_operator_show },
	{ ADMIN,  POST,   "/operator/login/initialize",        ENTRANT,  DB,   SIGNING, NO_INPUT,               ON(operators), ptn_admin_operator_login_init },
	{ ADMIN,  POST,   "/operator/login/finalize",          ENTRANT,  DB,   FREE,    IN(operator_login),     ON(operators), ptn_admin_operator_login },
	{ ADMIN,  POST,   "/operator/logout",                  READER,   DB,   FREE,    NO_INPUT,               ON(operators), ptn_admin_operator_logout },
	{ ADMIN,  GET,    "/tenants",                          HOST,     DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_tenant_list },
	{ ADMIN,  POST,   "/tenants",                          HOST_CHANGER, DB, FREE,  IN(admin_tenant),       ON(always),    ptn_admin_tenant_create },
	{ ADMIN,  GET,    "/tenants/{id}",                     HOST,     DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_tenant_show },
	{ ADMIN,  PUT,    "/tenants/{id}",                     HOST_CHANGER, DB, FREE,  IN(admin_tenant_change), ON(always),   ptn_admin_tenant_change },
	{ ADMIN,  DELETE, "/tenants/{id}",                     HOST_CHANGER, DB, FREE,  NO_INPUT,               ON(always),    ptn_admin_tenant_delete },
	{ ADMIN,  GET,    "/users",                            READER,   DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_user_list },
	{ ADMIN,  POST,   "/users",                            CHANGER,  DB,   FREE,    IN(admin_user),         ON(always),    ptn_admin_user_create },
	{ ADMIN,  GET,    "/users/{id}",                       READER,   DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_user_show },
	{ ADMIN,  PATCH,  "/users/{id}",                       CHANGER,  DB,   FREE,    IN(admin_user_edit),    ON(always),    ptn_admin_user_edit },
	{ ADMIN,  DELETE, "/users/{id}",                       CHANGER,  DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_user_delete },
	{ ADMIN,  POST,   "/users/{id}/lock",                  CHANGER,  DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_user_lock },
	{ ADMIN,  POST,   "/users/{id}/unlock",                CHANGER,  DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_user_unlock },

	{ ADMIN,  GET,    "/users/{id}/limits",                READER,   DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_limit_list },
	{ ADMIN,  DELETE, "/users/{id}/limits",                CHANGER,  DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_limit_clear },
	{ ADMIN,  GET,    "/users/{id}/emails",                READER,   DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_email_list },
	{ ADMIN,  POST,   "/users/{id}/emails",                CHANGER,  DB,   FREE,    IN(admin_email),        ON(always),    ptn_admin_email_add },
	{ ADMIN,  GET,    "/users/{id}/emails/{email_id}",     READER,   DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_email_show },
	{ ADMIN,  DELETE, "/users/{id}/emails/{email_id}",     CHANGER,  DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_email_delete },
	{ ADMIN,  POST, "/users/{id}/emails/{email_id}/set_primary",CHANGER, DB, FREE, NO_INPUT, ON(always), ptn_admin_email_set_primary },
	{ ADMIN,  GET,    "/users/{id}/password",              READER,   DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_password_show },
	{ ADMIN,  POST,   "/users/{id}/password",              CHANGER,  DB,   FREE,    IN(admin_password),     ON(always),    ptn_admin_password_create },
	{ ADMIN,  PUT,    "/users/{id}/password",              CHANGER,  DB,   FREE,    IN(admin_password),     ON(always),    ptn_admin_password_update },
	{ ADMIN,  DELETE, "/users/{id}/password",              CHANGER,  DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_password_delete },
	{ ADMIN,  GET,    "/users/{id}/otp",                   READER,   DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_otp_show },
	{ ADMIN,  DELETE, "/users/{id}/otp",                   CHANGER,  DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_otp_delete },
	{ ADMIN,  GET,    "/users/{id}/webauthn_credentials",  READER,   DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_credential_list },
	{ ADMIN,  GET, "/users/{id}/webauthn_credentials/{credential_id}",READER, DB, FREE, NO_INPUT, ON(always), ptn_admin_credential_show },
	{ ADMIN,  DELETE, "/users/{id}/webauthn_credentials/{credential_id}",CHANGER, DB, FREE, NO_INPUT, ON(always), ptn_admin_credential_delete },
	{ ADMIN,  GET,    "/users/{id}/metadata",              READER,   DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_metadata_show },
	{ ADMIN,  PATCH,  "/users/{id}/metadata",              CHANGER,  DB,   FREE,    IN(admin_metadata),     ON(always),    ptn_admin_metadata_edit },
	{ ADMIN,  GET,    "/users/{id}/sessions",              READER,   DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_session_list },
	{ ADMIN,  DELETE, "/users/{id}/sessions", CHANGER, DB, FREE, NO_INPUT, ON(always), ptn_admin_session_delete_all },
	{ ADMIN,  DELETE, "/users/{id}/sessions/{session_id}", CHANGER,  DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_session_delete },
	{ ADMIN,  GET,    "/users/{id}/access_tokens",         READER,   DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_token_list },
	{ ADMIN,  DELETE, "/users/{id}/access_tokens/{token_id}",CHANGER, DB,  FREE,    NO_INPUT,               ON(always),    ptn_admin_token_delete },
	{ ADMIN,  POST,   "/sessions",                         CHANGER,  DB,   FREE,    IN(admin_session),      ON(always),    ptn_admin_session_create },

	{ ADMIN,  GET,    "/webhooks",                         READER,   DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_hook_list },
	{ ADMIN,  POST,   "/webhooks",                         CHANGER,  DB,   FREE,    IN(admin_hook),         ON(always),    ptn_admin_hook_create },
	{ ADMIN,  GET,    "/webhooks/{id}",                    READER,   DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_hook_show },
	{ ADMIN,  PUT,    "/webhooks/{id}",                    CHANGER,  DB,   FREE,    IN(admin_hook_edit),    ON(always),    ptn_admin_hook_edit },
	{ ADMIN,  DELETE, "/webhooks/{id}",                    CHANGER,  DB,   FREE,    NO_INPUT,               ON(always),    ptn_admin_hook_delete },
};
/* clang-format on */

const size_t ptn_routes_n = PTN_ARRAY_LEN(ptn_routes);

static bool
complete(const struct ptn_route *rt)
{
	return rt->family != NULL && rt->method != PTN_METHOD_UNSET &&
	    rt->path != NULL && rt->auth != NULL &&
	    rt->need != PTN_NEED_UNSET && rt->rate != PTN_RATE_UNSET &&
	    rt->input != NULL && rt->on != NULL && rt->handler != NULL;
}

static bool
known(const struct ptn_family *f)
{
	size_t i;

	for (i = 0; i < families_n; i++)
		if (families[i] == f)
			return ptn_family_complete(f);
	return false;
}

/* Each field has a name and a type. */
static bool
readable(const struct ptn_input *in)
{
	size_t i;

	for (i = 0; i < in->n; i++)
		if (in->field[i].name == NULL ||
		    in->field[i].type == PTN_F_UNSET)
			return false;
	return true;
}

/* A session, and a limit, are rows: such a route needs the database. */
static bool
consistent(const struct ptn_route *rt)
{
	return rt->need == PTN_NEED_DB ||
	    (rt->auth == &ptn_auth_anybody && rt->rate == PTN_RATE_NONE);
}

/* What is wrong with a line by itself, or NULL. */
static const char *
wrong(const struct ptn_route *rt)
{
	if (!complete(rt))
		return "a column is unset";
	if (!known(rt->family))
		return "its family is not complete, or not in the table";
	if (rt->auth->family != NULL && rt->auth->family != rt->family)
		return "who may call is a word of another family";
	if (!rt->family->rate[rt->rate])
		return "its limit is none of its family's";
	if (!readable(rt->input))
		return "a field of its input has no name or type";
	if (!ptn_throttle_fits(rt->rate, rt->input))
		return "its input lacks the field that its limit counts";
	if (!consistent(rt))
		return "a session, and a limit, need the database";
	return NULL;
}

/* What is wrong with two lines beside each other, or NULL. */
static const char *
clash(const struct ptn_route *a, const struct ptn_route *b)
{
	if (a->family->side != b->family->side || strcmp(a->path, b->path) != 0)
		return NULL;
	if (a->family != b->family)
		return "its path is another family's, too";
	return a->method == b->method ? "it stands twice" : NULL;
}

enum ptn_err
ptn_routes_check(const struct ptn_route *table, size_t n)
{
	const char *why;
	size_t i, j;

	for (i = 0; i < n; i++) {
		why = wrong(&table[i]);
		for (j = 0; j < i && why == NULL; j++)
			why = clash(&table[i], &table[j]);
		if (why == NULL)
			continue;
		ptn_error("routes: line %zu, %s: %s", i + 1,
		    table[i].path != NULL ? table[i].path : "no path", why);
		return PTN_E_CONFIG;
	}
	return PTN_OK;
}

#define ARGS 2

/* What stands for the {id} of a pattern. */
struct args {
	const char *p[ARGS];
	size_t len[ARGS];
	size_t n;
};

/* Does path fit pattern?  Each {id} takes one non-empty segment. */
static bool
fits(const char *pattern, const char *path, struct args *args)
{
	size_t len;

	args->n = 0;
	while (*pattern != '\0' && *path != '\0') {
		if (*pattern == '{') {
			len = strcspn(path, "/");
			if (len == 0 || args->n == ARGS)
				return false;
			args->p[args->n] = path;
			args->len[args->n++] = len;
			path += len;
			pattern += strcspn(pattern, "}") + 1;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return *pattern == '\0' && *path == '\0';
}

static void
allow_add(struct ptn_buf *b, const struct ptn_route *rt)
{
	ptn_buf_printf(b, "%s%s", b->len > 0 ? ", " : "",
	    ptn_method_name(rt->method));
	if (rt->method == PTN_GET)
		ptn_buf_str(b, ", HEAD");
}

/* A fixed path wins over one with {id}: /sessions/validate. */
static const struct ptn_route *
better(const struct ptn_route *a, const struct ptn_route *b)
{
	if (a == NULL || strchr(a->path, '{') != NULL)
		return b;
	return a;
}

static bool
is_on(const struct ptn_route *rt, const struct ptn_conf *cf)
{
	return rt->family->on(cf) && rt->on(cf);
}

/* The route that fits, or what may be asked of that path instead. */
static enum ptn_err
find(const struct ptn_conf *cf, enum ptn_side side, enum ptn_method wanted,
    const char *path, const struct ptn_route **found, struct ptn_buf *allow)
{
	const struct ptn_route *rt;
	struct args args;
	bool off = false;
	size_t i;

	*found = NULL;
	for (i = 0; i < ptn_routes_n; i++) {
		rt = &ptn_routes[i];
		if (rt->family->side != side || !fits(rt->path, path, &args))
			continue;
		if (!is_on(rt, cf)) {
			off = off || rt->method == wanted;
			continue;
		}
		allow_add(allow, rt);
		if (rt->method == wanted)
			*found = better(*found, rt);
	}
	if (*found != NULL)
		return PTN_OK;
	/* What is switched off is as if it had never been there. */
	return allow->len == 0 || off ? PTN_E_NOT_FOUND : PTN_E_METHOD;
}

static enum ptn_err
copy_args(struct ptn_arena *a, const struct args *args,
    struct ptn_route_match *m)
{
	const char **out[ARGS] = { &m->arg, &m->arg2 };
	size_t i;

	for (i = 0; i < args->n; i++)
		if ((*out[i] = ptn_arena_strndup(a, args->p[i],
			 args->len[i])) == NULL)
			return PTN_E_NOMEM;
	return PTN_OK;
}

enum ptn_err
ptn_routes_match(const struct ptn_conf *cf, struct ptn_arena *a,
    enum ptn_side side, enum ptn_method method, const char *path,
    struct ptn_route_match *m)
{
	const enum ptn_method wanted = method == PTN_HEAD ? PTN_GET : method;
	struct ptn_buf allow;
	struct args args;
	enum ptn_err r;

	memset(m, 0, sizeof(*m));
	ptn_buf_init(&allow, a);
	r = find(cf, side, wanted, path, &m->route, &allow);
	if (r == PTN_E_METHOD) {
		if (side != PTN_ADMIN) /* whom no browser asks by it (cors.c) */
			ptn_buf_str(&allow, ", OPTIONS");
		m->allow = allow.p;
		return allow.bad ? PTN_E_NOMEM : r;
	}
	if (r != PTN_OK || !fits(m->route->path, path, &args))
		return r;
	return copy_args(a, &args, m);
}

static const struct ptn_family *
by_route(const struct ptn_conf *cf, enum ptn_side side, const char *path)
{
	const struct ptn_route *rt;
	struct args args;
	size_t i;

	for (i = 0; i < ptn_routes_n; i++) {
		rt = &ptn_routes[i];
		if (rt->family->side == side && fits(rt->path, path, &args) &&
		    is_on(rt, cf))
			return rt->family;
	}
	return NULL;
}

static const struct ptn_family *
by_prefix(const struct ptn_conf *cf, enum ptn_side side, const char *path)
{
	const struct ptn_family *f, *best = NULL;
	size_t i;

	for (i = 0; i < families_n; i++) {
		f = families[i];
		if (f->side != side || !f->on(cf) || f->prefix == NULL ||
		    strncmp(path, f->prefix, strlen(f->prefix)) != 0)
			continue;
		if (best == NULL || strlen(f->prefix) > strlen(best->prefix))
			best = f;
	}
	return best;
}

const struct ptn_family *
ptn_routes_family(const struct ptn_conf *cf, enum ptn_side side,
    const char *path)
{
	const struct ptn_family *f = by_route(cf, side, path);

	if (f == NULL)
		f = by_prefix(cf, side, path);
	return f != NULL ? f : by_prefix(cf, PTN_PUBLIC, path);
}

const struct ptn_family *
ptn_routes_site(void)
{
	size_t i = 0;

	while (i + 1 < families_n && families[i]->site == NULL)
		i++;
	return families[i];
}
