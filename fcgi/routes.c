#include "fcgi/routes.h"

#include <string.h>

#include "fcgi/authorizer.h"
#include "fcgi/dfns/dfns.h"
#include "fcgi/family.h"
#include "fcgi/public/public.h"
#include "lib/base/array.h"
#include "lib/base/log.h"

const struct ptn_family *const ptn_families[] = { &ptn_dfns_family,
	&ptn_public_family };

const struct ptn_input ptn_no_input = { NULL, 0 };

/* clang-format off */
#define ANYBODY  PTN_AUTH_NONE
#define OPTIONAL PTN_AUTH_OPTIONAL
#define SESSION  PTN_AUTH_SESSION
#define SITE     PTN_AUTH_SITE
#define MEMBER   PTN_AUTH_MEMBER
#define NEWCOMER PTN_AUTH_REGISTRANT
#define SIGNED   PTN_AUTH_SIGNED
#define CALLER   PTN_AUTH_CALLER
#define SERVICE  PTN_AUTH_SERVICE
#define RECOVERY PTN_AUTH_RECOVERY
#define NOTHING  PTN_NEED_NOTHING
#define KEYS     PTN_NEED_KEYS
#define DB       PTN_NEED_DB
#define FREE     PTN_RATE_NONE
#define CODES    PTN_RATE_PASSCODE
#define GUESSES  PTN_RATE_PASSWORD
#define MAILS    PTN_RATE_CODE
#define INITS    PTN_RATE_LOGIN
#define ANSWERS  PTN_RATE_ANSWER
#define FACTORS  PTN_RATE_FACTOR
#define TYPED    PTN_RATE_TYPED
#define IN(name) &ptn_in_##name
#define ON(name) ptn_feature_##name
#define NO_INPUT PTN_NO_INPUT

const struct ptn_route ptn_routes[] = {
	/* method     path                                 who may   needs    limit    input                   exists if     handler */
	{ PTN_GET,    "/",                                 ANYBODY,  DB,      FREE,    NO_INPUT,               ON(always),    ptn_public_status_page },
	{ PTN_GET,    "/health/alive",                     ANYBODY,  NOTHING, FREE,    NO_INPUT,               ON(always),    ptn_public_health_alive },
	{ PTN_GET,    "/health/ready",                     ANYBODY,  NOTHING, FREE,    NO_INPUT,               ON(always),    ptn_public_health_ready },
	{ PTN_GET,    "/.well-known/jwks.json",            ANYBODY,  KEYS,    FREE,    NO_INPUT,               ON(always),    ptn_public_well_known_jwks },
	{ PTN_GET,    "/.well-known/config",               ANYBODY,  NOTHING, FREE,    NO_INPUT,               ON(always),    ptn_public_well_known_config },

	{ PTN_POST,   "/user",                             ANYBODY,  DB,      FREE,    IN(email),              ON(always),    ptn_public_user_find },
	{ PTN_POST,   "/users",                            ANYBODY,  DB,      FREE,    IN(email),              ON(always),    ptn_public_user_create },
	{ PTN_GET,    "/users/{id}",                       SESSION,  DB,      FREE,    NO_INPUT,               ON(always),    ptn_public_user_show },
	{ PTN_GET,    "/me",                               SESSION,  DB,      FREE,    NO_INPUT,               ON(always),    ptn_public_user_me },
	{ PTN_DELETE, "/user",                             SESSION,  DB,      FREE,    NO_INPUT,               ON(deletion),  ptn_public_user_remove },

	{ PTN_POST,   "/passcode/login/initialize",        OPTIONAL, DB,      CODES,   IN(passcode_init),      ON(passcodes), ptn_public_passcode_init },
	{ PTN_POST,   "/passcode/login/finalize",          OPTIONAL, DB,      FREE,    IN(passcode_final),     ON(passcodes), ptn_public_passcode_final },

	{ PTN_POST,   "/password/login",                   ANYBODY,  DB,      GUESSES, IN(password),           ON(passwords), ptn_public_password_login },
	{ PTN_PUT,    "/password",                         SESSION,  DB,      FREE,    IN(password),           ON(passwords), ptn_public_password_update },

	{ PTN_GET,    "/emails",                           SESSION,  DB,      FREE,    NO_INPUT,               ON(always),    ptn_public_email_list },
	{ PTN_POST,   "/emails",                           SESSION,  DB,      FREE,    IN(address),            ON(always),    ptn_public_email_add },
	{ PTN_DELETE, "/emails/{id}",                      SESSION,  DB,      FREE,    NO_INPUT,               ON(always),    ptn_public_email_delete },
	{ PTN_POST,   "/emails/{id}/set_primary",          SESSION,  DB,      FREE,    NO_INPUT,               ON(always),    ptn_public_email_primary_set },

	{ PTN_POST,   "/webauthn/registration/initialize", SESSION,  DB,      FREE,    NO_INPUT,               ON(passkeys),  ptn_public_registration_init },
	{ PTN_POST,   "/webauthn/registration/finalize",   SESSION,  DB,      FREE,    IN(registration),       ON(passkeys),  ptn_public_registration_final },
	{ PTN_POST,   "/webauthn/login/initialize",        ANYBODY,  DB,      FREE,    IN(login_init),         ON(passkeys),  ptn_public_login_init },
	{ PTN_POST,   "/webauthn/login/finalize",          ANYBODY,  DB,      FREE,    IN(login_final),        ON(passkeys),  ptn_public_login_final },
	{ PTN_GET,    "/webauthn/credentials",             SESSION,  DB,      FREE,    NO_INPUT,               ON(passkeys),  ptn_public_credential_list },
	{ PTN_PATCH,  "/webauthn/credentials/{id}",        SESSION,  DB,      FREE,    IN(credential_name),    ON(passkeys),  ptn_public_credential_update },
	{ PTN_DELETE, "/webauthn/credentials/{id}",        SESSION,  DB,      FREE,    NO_INPUT,               ON(passkeys),  ptn_public_credential_remove },

	{ PTN_POST,   "/logout",                           SESSION,  DB,      FREE,    NO_INPUT,               ON(always),    ptn_public_logout },
	{ PTN_GET,    "/authorize",                        SITE,     DB,      FREE,    NO_INPUT,               ON(always),    ptn_authorizer_decide },
	{ PTN_GET,    "/sessions/validate",                OPTIONAL, DB,      FREE,    NO_INPUT,               ON(always),    ptn_public_session_validate },
	{ PTN_POST,   "/sessions/validate",                ANYBODY,  DB,      FREE,    IN(session_token),      ON(always),    ptn_public_token_validate },
	{ PTN_GET,    "/sessions",                         SESSION,  DB,      FREE,    NO_INPUT,               ON(always),    ptn_public_session_list },
	{ PTN_DELETE, "/sessions/{id}",                    SESSION,  DB,      FREE,    NO_INPUT,               ON(always),    ptn_public_session_remove },
	{ PTN_DELETE, "/sessions",                         SESSION,  DB,      FREE,    NO_INPUT,               ON(always),    ptn_public_session_end_others },

	{ PTN_POST,   "/auth/login/code",                  ANYBODY,  DB,      MAILS,   IN(dfns_code),          ON(dfns_mail), ptn_dfns_login_code },
	{ PTN_POST,   "/auth/login/init",                  ANYBODY,  DB,      INITS,   IN(dfns_login_init),    ON(dfns),      ptn_dfns_login_init },
	{ PTN_POST,   "/auth/login",                       ANYBODY,  DB,      ANSWERS, IN(dfns_answer),        ON(dfns),      ptn_dfns_login },
	{ PTN_POST,   "/auth/login/delegated",             SERVICE,  DB,      FREE,    IN(dfns_delegated_login), ON(dfns),    ptn_dfns_delegated_login },
	{ PTN_PUT,    "/auth/logout",                      MEMBER,   DB,      FREE,    IN(dfns_logout),        ON(dfns),      ptn_dfns_logout },
	{ PTN_POST,   "/auth/logout",                      MEMBER,   DB,      FREE,    IN(dfns_logout),        ON(dfns),      ptn_dfns_logout },
	{ PTN_PUT,    "/auth/registration/code",           ANYBODY,  DB,      MAILS,   IN(dfns_code),          ON(dfns_mail), ptn_dfns_registration_code },
	{ PTN_POST,   "/auth/registration/init",           ANYBODY,  DB,      INITS,   IN(dfns_reg_init),      ON(dfns),      ptn_dfns_registration_init },
	{ PTN_POST,   "/auth/registration",                NEWCOMER, DB,      FREE,    IN(dfns_registration),  ON(dfns),      ptn_dfns_registration },
	{ PTN_POST,   "/auth/registration/enduser",        NEWCOMER, DB,      FREE,    IN(dfns_end_user),      ON(dfns),      ptn_dfns_end_user },
	{ PTN_POST,   "/auth/registration/delegated",      SERVICE,  DB,      FREE,    IN(dfns_delegated),     ON(dfns),      ptn_dfns_delegated_registration },
	{ PTN_POST,   "/auth/registration/delegated/restart", SERVICE, DB,    FREE,    IN(dfns_delegated),     ON(dfns),      ptn_dfns_delegated_restart },
	{ PTN_GET,    "/auth/credentials",                 MEMBER,   DB,      FREE,    NO_INPUT,               ON(dfns),      ptn_dfns_credentials },
	{ PTN_POST,   "/auth/credentials/init",            MEMBER,   DB,      FREE,    IN(dfns_kind),          ON(dfns),      ptn_dfns_credential_init },
	{ PTN_POST,   "/auth/credentials",                 SIGNED,   DB,      FREE,    IN(dfns_credential),    ON(dfns),      ptn_dfns_credential_create },
	{ PTN_PUT,    "/auth/credentials/activate",        SIGNED,   DB,      FREE,    IN(dfns_uuid),          ON(dfns),      ptn_dfns_credential_activate },
	{ PTN_PUT,    "/auth/credentials/deactivate",      SIGNED,   DB,      FREE,    IN(dfns_uuid),          ON(dfns),      ptn_dfns_credential_deactivate },
	{ PTN_POST,   "/auth/credentials/code",            SIGNED,   DB,      FREE,    IN(dfns_expiration),    ON(dfns),      ptn_dfns_credcode },
	{ PTN_POST,   "/auth/credentials/code/init",       ANYBODY,  DB,      TYPED,   IN(dfns_credcode),      ON(dfns),      ptn_dfns_credcode_init },
	{ PTN_POST,   "/auth/credentials/code/verify",     ANYBODY,  DB,      ANSWERS, IN(dfns_credential),    ON(dfns),      ptn_dfns_credcode_verify },
	{ PTN_POST,   "/auth/action/init",                 CALLER,   DB,      FREE,    IN(dfns_action_init),   ON(dfns),      ptn_dfns_action_init },
	{ PTN_POST,   "/auth/action",                      CALLER,   DB,      FACTORS, IN(dfns_answer),        ON(dfns),      ptn_dfns_action },
	{ PTN_POST,   "/auth/recover/user/code",           ANYBODY,  DB,      MAILS,   IN(dfns_code),          ON(dfns_mail), ptn_dfns_recovery_code },
	{ PTN_PUT,    "/auth/recover/user/code",           ANYBODY,  DB,      MAILS,   IN(dfns_code),          ON(dfns_mail), ptn_dfns_recovery_code },
	{ PTN_POST,   "/auth/recover/user/init",           ANYBODY,  DB,      INITS,   IN(dfns_recovery_init), ON(dfns),      ptn_dfns_recovery_init },
	{ PTN_POST,   "/auth/recover/user/delegated",      SERVICE,  DB,      FREE,    IN(dfns_delegated_recovery), ON(dfns), ptn_dfns_delegated_recovery },
	{ PTN_POST,   "/auth/recover/user",                RECOVERY, DB,      FREE,    IN(dfns_recovery),      ON(dfns),      ptn_dfns_recovery },
};
/* clang-format on */

const size_t ptn_routes_n = PTN_ARRAY_LEN(ptn_routes);

static bool
complete(const struct ptn_route *rt)
{
	return rt->method != PTN_METHOD_UNSET && rt->path != NULL &&
	    rt->auth != PTN_AUTH_UNSET && rt->need != PTN_NEED_UNSET &&
	    rt->rate != PTN_RATE_UNSET && rt->input != NULL && rt->on != NULL &&
	    rt->handler != NULL;
}

/* A session, and a limit, are rows: such a route needs the database. */
static bool
consistent(const struct ptn_route *rt)
{
	return rt->need == PTN_NEED_DB ||
	    (rt->auth == PTN_AUTH_NONE && rt->rate == PTN_RATE_NONE);
}

enum ptn_err
ptn_routes_check(void)
{
	const struct ptn_route *a, *b;
	size_t i, j;

	for (i = 0; i < ptn_routes_n; i++) {
		a = &ptn_routes[i];
		if (!complete(a) || !consistent(a)) {
			ptn_error("routes: line %zu is not complete", i + 1);
			return PTN_E_CONFIG;
		}
		for (j = 0; j < i; j++) {
			b = &ptn_routes[j];
			if (a->method != b->method ||
			    strcmp(a->path, b->path) != 0)
				continue;
			ptn_error("routes: %s stands twice", a->path);
			return PTN_E_CONFIG;
		}
	}
	return PTN_OK;
}

/* Does path fit pattern?  {id} takes one non-empty segment: arg, arg_len. */
static bool
fits(const char *pattern, const char *path, const char **arg, size_t *arg_len)
{
	*arg = NULL;
	while (*pattern != '\0' && *path != '\0') {
		if (*pattern == '{') {
			*arg = path;
			*arg_len = strcspn(path, "/");
			if (*arg_len == 0)
				return false;
			path += *arg_len;
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

enum ptn_err
ptn_routes_match(const struct ptn_conf *cf, struct ptn_arena *a,
    enum ptn_method method, const char *path, const struct ptn_route **route,
    const char **arg, const char **allow)
{
	const enum ptn_method wanted = method == PTN_HEAD ? PTN_GET : method;
	const struct ptn_route *rt, *found = NULL;
	const char *p;
	struct ptn_buf b;
	bool off = false;
	size_t i, len = 0;

	ptn_buf_init(&b, a);
	for (i = 0; i < ptn_routes_n; i++) {
		rt = &ptn_routes[i];
		if (!fits(rt->path, path, &p, &len))
			continue;
		if (!rt->on(cf)) {
			off = off || rt->method == wanted;
			continue;
		}
		allow_add(&b, rt);
		if (rt->method == wanted)
			found = better(found, rt);
	}
	if (found == NULL && (b.len == 0 || off))
		return PTN_E_NOT_FOUND; /* as if it had never been there */
	if (found == NULL) {
		ptn_buf_str(&b, ", OPTIONS");
		*allow = b.p;
		return b.bad ? PTN_E_NOMEM : PTN_E_METHOD;
	}
	*route = found;
	*arg = NULL;
	if (fits(found->path, path, &p, &len) && p != NULL &&
	    (*arg = ptn_arena_strndup(a, p, len)) == NULL)
		return PTN_E_NOMEM;
	return PTN_OK;
}
