#include <stdio.h>

#include "fcgi/ceremony.h"
#include "fcgi/flow/wire.h"
#include "fcgi/jsonval.h"
#include "fcgi/profile.h"
#include "lib/account/policy.h"
#include "lib/flow/person.h"
#include "lib/format/useragent.h"

static const char *const types[PTN_FLOW_TYPE__MAX] = {
	[PTN_FLOW_STRING] = "string",
	[PTN_FLOW_BOOLEAN] = "boolean",
	[PTN_FLOW_EMAIL] = "email",
	[PTN_FLOW_PASSWORD] = "password",
	[PTN_FLOW_USERNAME] = "string",
	[PTN_FLOW_ADDRESS] = "string",
	[PTN_FLOW_JSON] = "json",
};

static void
write_error(struct ptn_jsonw *w, const char *code, const char *message)
{
	ptn_jsonw_object(w, "error");
	ptn_jsonw_str(w, "code", code);
	ptn_jsonw_str(w, "message", message);
	ptn_jsonw_end_object(w);
}

/* Clients of Hanko are told more of some. */
static void
write_input_error(struct ptn_jsonw *w, enum ptn_flow_error e)
{
	if (e == PTN_FLOW_E_NONE)
		return;
	ptn_jsonw_object(w, "error");
	ptn_jsonw_str(w, "code", ptn_flow_error_code(e));
	ptn_jsonw_str(w, "message", ptn_flow_error_text(e));
	if (e == PTN_FLOW_E_METADATA)
		ptn_jsonw_str(w, "cause", ptn_flow_error_text(e));
	ptn_jsonw_end_object(w);
}

static void
write_flow_error(struct ptn_jsonw *w, enum ptn_flow_error e)
{
	if (e != PTN_FLOW_E_NONE)
		write_error(w, ptn_flow_error_code(e), ptn_flow_error_text(e));
}

static void
write_say(struct ptn_jsonw *w, const char *name, enum ptn_flow_say say)
{
	if (say != PTN_FLOW_UNSAID)
		ptn_jsonw_bool(w, name, say == PTN_FLOW_YES);
}

static void
write_choices(struct ptn_jsonw *w, const struct ptn_flow_choices *list)
{
	size_t i;

	if (list->n == 0)
		return;
	ptn_jsonw_array(w, "allowed_values");
	for (i = 0; i < list->n; i++) {
		ptn_jsonw_object(w, NULL);
		ptn_jsonw_str(w, "value", list->choice[i].value);
		ptn_jsonw_str(w, "name", list->choice[i].name);
		ptn_jsonw_end_object(w);
	}
	ptn_jsonw_end_array(w);
}

static void
write_input(struct ptn_jsonw *w, const struct ptn_conf *cf,
    const struct ptn_flow_offer *o, size_t i)
{
	const struct ptn_flow_input *f = &o->input[i];

	ptn_jsonw_object(w, f->name);
	ptn_jsonw_str(w, "name", f->name);
	ptn_jsonw_str(w, "type", types[f->type]);
	if (f->echoed)
		ptn_jsonw_str(w, "value", o->entered[i]);
	if (f->min != NULL)
		ptn_jsonw_int(w, "min_length", f->min(cf));
	if (f->max != NULL)
		ptn_jsonw_int(w, "max_length", f->max(cf));
	write_say(w, "required", ptn_flow_input_required(cf, f));
	write_say(w, "hidden", f->hidden);
	write_input_error(w, o->error[i]);
	write_choices(w, &o->choices[i]);
	ptn_jsonw_end_object(w);
}

static void
write_href(struct ptn_jsonw *w, const struct ptn_flow_answer *a,
    const struct ptn_flow_offer *o)
{
	char href[160], id[PTN_UUID_STR];

	ptn_uuid_format(&a->id, id);
	snprintf(href, sizeof(href), "/%s?action=%s%%40%s",
	    ptn_flow_name_text(a->name), o->name, id);
	ptn_jsonw_str(w, "href", href);
}

static void
write_offer(struct ptn_jsonw *w, const struct ptn_conf *cf,
    const struct ptn_flow_answer *a, const struct ptn_flow_offer *o)
{
	size_t i;

	ptn_jsonw_object(w, o->name);
	write_href(w, a, o);
	ptn_jsonw_object(w, "inputs");
	for (i = 0; i < o->n; i++)
		if (ptn_flow_input_asked(cf, &o->input[i]))
			write_input(w, cf, o, i);
	ptn_jsonw_end_object(w);
	ptn_jsonw_str(w, "action", o->name);
	ptn_jsonw_str(w, "description", o->text);
	ptn_jsonw_end_object(w);
}

/* Who has logged in, and by which session. */
static enum ptn_err
write_success(struct ptn_request *req, struct ptn_jsonw *w,
    const struct ptn_flow_answer *a)
{
	struct ptn_profile profile;
	enum ptn_err r;

	r = ptn_profile_load(&req->sc, &a->claims.sub, &profile);
	if (r != PTN_OK)
		return r;
	ptn_jsonw_object(w, "user");
	ptn_profile_members(w, &profile);
	ptn_jsonw_end_object(w);
	ptn_profile_claims(w, req->sc.cf, &a->claims);
	if (a->method != NULL) {
		ptn_jsonw_object(w, "last_login");
		ptn_jsonw_str(w, "login_method", a->method);
		if (a->factor != NULL)
			ptn_jsonw_str(w, "mfa_method", a->factor);
		ptn_jsonw_end_object(w);
	}
	return PTN_OK;
}

/* A browser is told by what it says it is, and by that itself. */
static void
write_session(struct ptn_jsonw *w, const struct ptn_session_row *s,
    const struct ptn_uuid *current)
{
	char digest[PTN_USERAGENT_MAX];

	ptn_jsonw_object(w, NULL);
	ptn_profile_session(w, s, current);
	if (s->user_agent != NULL) {
		ptn_jsonw_str(w, "user_agent_raw", s->user_agent);
		if (ptn_useragent_digest(s->user_agent, digest))
			ptn_jsonw_str(w, "user_agent", digest);
	}
	ptn_jsonw_end_object(w);
}

/* The owner of the account, and where they are logged in. */
static void
write_person(struct ptn_jsonw *w, const struct ptn_conf *cf,
    const struct ptn_flow_person *p)
{
	size_t i;

	ptn_jsonw_object(w, "user");
	ptn_profile_members(w, &p->profile);
	ptn_jsonw_end_object(w);
	if (!ptn_policy_session_list(cf))
		return;
	ptn_jsonw_array(w, "sessions");
	for (i = 0; i < p->sessions; i++)
		write_session(w, &p->session[i], &p->current);
	ptn_jsonw_end_array(w);
}

static enum ptn_err
write_payload(struct ptn_request *req, struct ptn_jsonw *w,
    const struct ptn_flow_answer *a)
{
	enum ptn_err r = PTN_OK;

	ptn_jsonw_object(w, "payload");
	if (a->at == PTN_FLOW_AT_SUCCESS)
		r = write_success(req, w, a);
	if (a->at == PTN_FLOW_AT_PROFILE_INIT)
		write_person(w, req->sc.cf, a->person);
	if (a->at == PTN_FLOW_AT_PASSCODE && a->again_after_s > 0)
		ptn_jsonw_int(w, "resend_after", a->again_after_s);
	if (a->otp.secret != NULL) {
		ptn_jsonw_str(w, "otp_secret", a->otp.secret);
		ptn_jsonw_str(w, "otp_image_source", a->otp.image);
	}
	if ((a->at == PTN_FLOW_AT_LOGIN_PASSWORD ||
		a->at == PTN_FLOW_AT_LOGIN_OTP) &&
	    a->again_after_s > 0)
		ptn_jsonw_int(w, "retry_after", a->again_after_s);
	if (a->creation != NULL)
		ptn_ceremony_creation(w, "creation_options", req->sc.cf,
		    a->creation);
	if (a->request != NULL)
		ptn_ceremony_request(w, "request_options", req->sc.cf,
		    a->request);
	ptn_jsonw_end_object(w);
	return r;
}

enum ptn_err
ptn_flow_envelope(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_flow_answer *a)
{
	struct ptn_jsonw *w = &rep->json;
	enum ptn_err r;
	size_t i;

	rep->no_store = true;
	ptn_jsonw_object(w, NULL);
	ptn_jsonw_str(w, "name", ptn_flow_at_text(a->at));
	ptn_jsonw_int(w, "status",
	    ptn_reply_status(ptn_flow_error_err(a->error)));
	if ((r = write_payload(req, w, a)) != PTN_OK)
		return r;
	ptn_jsonw_str(w, "csrf_token", a->token);
	ptn_jsonw_object(w, "actions");
	for (i = 0; i < a->n; i++)
		write_offer(w, req->sc.cf, a, &a->offer[i]);
	ptn_jsonw_end_object(w);
	write_flow_error(w, a->error);
	ptn_jsonw_null(w, "links");
	ptn_jsonw_end_object(w);
	return PTN_OK;
}

void
ptn_flow_envelope_refused(struct ptn_reply *rep, int status, const char *code,
    const char *message)
{
	struct ptn_jsonw *w = &rep->json;

	rep->no_store = true;
	ptn_jsonw_object(w, NULL);
	ptn_jsonw_str(w, "name", ptn_flow_at_text(PTN_FLOW_AT_ERROR));
	ptn_jsonw_int(w, "status", status);
	ptn_jsonw_str(w, "csrf_token", "");
	ptn_jsonw_object(w, "actions");
	ptn_jsonw_end_object(w);
	write_error(w, code, message);
	ptn_jsonw_null(w, "links");
	ptn_jsonw_end_object(w);
}
