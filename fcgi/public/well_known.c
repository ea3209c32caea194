#include "fcgi/public/public.h"

#include "lib/account/keysets.h"
#include "lib/account/policy.h"
#include "lib/conf/conf.h"
#include "lib/db/health.h"

/*
 * GET /.well-known/jwks.json: the published key set (RFC 7517 section 5).  A
 * new key is published longer than this answer may be cached before it signs.
 */
enum ptn_err
ptn_public_well_known_jwks(struct ptn_request *req, struct ptn_reply *rep)
{
	const char *json;
	enum ptn_err r;

	if ((r = ptn_keysets_json(&req->sc, &json)) != PTN_OK)
		return r;
	rep->routine = true;
	ptn_reply_header(rep, "Cache-Control", "max-age=600");
	ptn_reply_raw(rep, NULL, ptn_bytes_of(json));
	return PTN_OK;
}

/* GET /.well-known/config: what a client may offer. */
enum ptn_err
ptn_public_well_known_config(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_conf *cf = req->sc.cf;
	struct ptn_jsonw *w = &rep->json;

	ptn_jsonw_object(w, NULL);
	ptn_jsonw_object(w, "password");
	ptn_jsonw_bool(w, "enabled", ptn_policy_passwords(cf));
	ptn_jsonw_int(w, "min_password_length", cf->password_min);
	ptn_jsonw_end_object(w);
	ptn_jsonw_object(w, "emails");
	ptn_jsonw_bool(w, "require_verification", ptn_policy_verification(cf));
	ptn_jsonw_int(w, "max_num_of_addresses",
	    ptn_policy_addresses(cf, true));
	ptn_jsonw_end_object(w);
	ptn_jsonw_object(w, "service");
	ptn_jsonw_str(w, "name", cf->service_name);
	ptn_jsonw_end_object(w);
	ptn_jsonw_null(w, "providers");
	ptn_jsonw_object(w, "account");
	ptn_jsonw_bool(w, "allow_deletion", ptn_policy_deletion(cf));
	ptn_jsonw_bool(w, "allow_signup", ptn_policy_signup(cf));
	ptn_jsonw_end_object(w);
	ptn_jsonw_bool(w, "use_enterprise", false);
	ptn_jsonw_end_object(w);
	return PTN_OK;
}

/* GET /: a page for whoever opens the address in a browser. */
enum ptn_err
ptn_public_status_page(struct ptn_request *req, struct ptn_reply *rep)
{
	static const char page[] =
	    "<!doctype html>\n"
	    "<html lang=\"en\">\n"
	    "<head><meta charset=\"utf-8\"><title>Postern</title></head>\n"
	    "<body>\n"
	    "<h1>Postern is running</h1>\n"
	    "<p>This is the address of a login API. "
	    "There is nothing to see here.</p>\n"
	    "%s</body>\n"
	    "</html>\n";
	static const char waits[] =
	    "<p><strong>Mail waits:</strong> the mail server does not take "
	    "what this server sends. Its log says why.</p>\n";
	struct ptn_health health;
	const char *text;
	enum ptn_err r;

	r = ptn_health(req->sc.db, req->sc.arena, &health);
	if (r != PTN_OK)
		return r;
	text = ptn_arena_printf(req->sc.arena, page,
	    health.mail_refused ? waits : "");
	if (text == NULL)
		return PTN_E_NOMEM;
	ptn_reply_raw(rep, "text/html; charset=UTF-8", ptn_bytes_of(text));
	return PTN_OK;
}

/* GET /health/alive: this process answers. */
enum ptn_err
ptn_public_health_alive(struct ptn_request *req, struct ptn_reply *rep)
{
	(void)req;
	rep->routine = true;
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonw_bool(&rep->json, "alive", true);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}

/*
 * GET /health/ready: and so does the database.  Mail that waits keeps nobody
 * out who has a passkey or a password.
 */
enum ptn_err
ptn_public_health_ready(struct ptn_request *req, struct ptn_reply *rep)
{
	static const char ready[] = "{\"ready\":true}\n";
	static const char not_ready[] = "{\"ready\":false}\n";
	static const char waits[] = "{\"ready\":true,\"mail\":\"refused\"}\n";
	struct ptn_health health;

	rep->routine = true;
	if (ptn_health(req->sc.db, req->sc.arena, &health) != PTN_OK) {
		ptn_reply_raw(rep, NULL,
		    PTN_BYTES(not_ready, sizeof(not_ready) - 1));
		return PTN_E_UNAVAILABLE;
	}
	ptn_reply_raw(rep, NULL,
	    ptn_bytes_of(health.mail_refused ? waits : ready));
	return PTN_OK;
}
